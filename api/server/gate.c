#include "gate.h"

#include <strings.h>

#include "tally/text.h"

static bool is_name(struct slice a, const char *name)
{
    return a.len == strlen(name) && strncasecmp(a.ptr, name, a.len) == 0;
}

static bool begins_with(struct slice a, const char *name)
{
    size_t len = strlen(name);
    return a.len >= len && strncasecmp(a.ptr, name, len) == 0;
}

/* RFC 9110 section 5.6.2: token */
static bool is_token(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool is_alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_alnum && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
            return false;
    }
    return s.len > 0;
}

/* No control characters but tab (RFC 9110 section 5.5). */
static bool is_value(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char) s.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* origin-form in visible ASCII: "/path?query". No fragment, no absolute form, nothing to decode twice. */
static bool is_target(struct slice s)
{
    if (s.len == 0 || s.ptr[0] != '/')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char) s.ptr[i];
        if (c <= 0x20 || c >= 0x7f || c == '#' || c == '"' || c == '<' || c == '>' || c == '\\')
            return false;
    }
    return true;
}

static void refuse(struct gate *gate, enum refusal_code code, const char *detail)
{
    if (gate->refusal == NULL)
        gate->refusal = refusal_new(gate->arena, code, "%s", detail);
    if (gate->refusal == NULL) {
        static const struct refusal no_memory = {.code = REFUSE_INTERNAL};
        gate->refusal = &no_memory;
    }
}

void gate_begin(struct gate *gate, struct arena *arena, struct http_headers *out, struct slice version, struct slice target)
{
    *gate = (struct gate){.arena = arena, .out = out};
    *out = (struct http_headers){0};
    if (!slice_is(version, "HTTP/1.1"))
        refuse(gate, REFUSE_REQUEST_MALFORMED, "only HTTP/1.1 is spoken here; a front proxy may speak others for you");
    else if (!is_target(target))
        refuse(gate, REFUSE_REQUEST_MALFORMED,
               "the request target must begin with / and hold visible ASCII without \" # < > \\; encode others as %XX");
}

/* Keeps the only value of a header; a second one is refused, since two readers could take different ones. */
static void keep_once(struct gate *gate, struct slice *kept, struct slice value, const char *repeated)
{
    if (kept->ptr != NULL)
        refuse(gate, REFUSE_REQUEST_MALFORMED, repeated);
    else if (arena_copy(gate->arena, value.ptr, value.len, kept, NULL) != TALLY_OK)
        refuse(gate, REFUSE_INTERNAL, "out of memory");
}

/* If-None-Match and Prefer are lists: several lines are one list (RFC 9110 section 5.3). */
static void keep_list(struct gate *gate, struct slice *kept, struct slice value)
{
    struct slice whole =
        kept->ptr == NULL ? value : arena_printf(gate->arena, "%.*s, %.*s", SLICE_ARG(*kept), SLICE_ARG(value));
    if (whole.ptr != NULL && arena_copy(gate->arena, whole.ptr, whole.len, kept, NULL) != TALLY_OK)
        refuse(gate, REFUSE_INTERNAL, "out of memory");
}

static void take_length(struct gate *gate, struct slice value)
{
    gate->lengths++;
    if (gate->lengths > 1)
        refuse(gate, REFUSE_REQUEST_MALFORMED, "Content-Length is given more than once");
    else if (text_u64(value, UINT64_C(1) << 53, &gate->out->content_length) != TALLY_OK)
        refuse(gate, REFUSE_REQUEST_MALFORMED, "Content-Length must be a plain decimal number");
    else
        gate->out->has_content_length = true;
}

/* The headers about the body's framing, where a proxy and this service must never differ. True: it was one. */
static bool take_framing(struct gate *gate, struct slice name, struct slice value)
{
    if (begins_with(name, "transfer-encoding")) {
        gate->has_transfer_encoding = true;
        if (!is_name(name, "transfer-encoding"))
            refuse(gate, REFUSE_REQUEST_MALFORMED, "a header name begins with Transfer-Encoding without being it");
        else
            refuse(gate, REFUSE_REQUEST_LENGTH, "Transfer-Encoding is not read here: send the body with a Content-Length");
        return true;
    }
    if (begins_with(name, "content-length")) {
        if (is_name(name, "content-length"))
            take_length(gate, value);
        else
            refuse(gate, REFUSE_REQUEST_MALFORMED, "a header name begins with Content-Length without being it");
        return true;
    }
    return false;
}

void gate_header(struct gate *gate, struct slice name, struct slice value)
{
    if (++gate->count > GATE_HEADERS_MAX || value.len > GATE_HEADER_VALUE_MAX) {
        refuse(gate, REFUSE_REQUEST_HEADERS, "more than 64 headers, or a header of more than 8,192 bytes");
        return;
    }
    if (take_framing(gate, name, value))
        return;
    if (!is_token(name) || !is_value(value)) {
        refuse(gate, REFUSE_REQUEST_MALFORMED, "a header's name is not a token, or its value holds a control character");
        return;
    }
    struct http_headers *out = gate->out;
    if (is_name(name, "host"))
        gate->hosts++;
    else if (is_name(name, "content-type"))
        keep_once(gate, &out->content_type, value, "Content-Type is given more than once");
    else if (is_name(name, "x-jws-signature"))
        keep_once(gate, &out->jws, value, "x-jws-signature is given more than once");
    else if (is_name(name, "idempotency-key"))
        keep_once(gate, &out->idempotency_key, value, "Idempotency-Key is given more than once");
    else if (is_name(name, "authorization"))
        keep_once(gate, &out->authorization, value, "Authorization is given more than once");
    else if (is_name(name, "if-none-match"))
        keep_list(gate, &out->if_none_match, value);
    else if (is_name(name, "prefer"))
        keep_list(gate, &out->prefer, value);
    else if (is_name(name, "content-encoding"))
        refuse(gate, REFUSE_REQUEST_MEDIA_TYPE, "Content-Encoding is not read here: what is signed is what is sent");
    else if (is_name(name, "expect") && !is_name(value, "100-continue"))
        refuse(gate, REFUSE_REQUEST_MALFORMED, "the only expectation that is met here is 100-continue");
    else if (is_name(name, "expect"))
        out->has_expect = true;
}

const struct refusal *gate_end(struct gate *gate)
{
    if (gate->hosts != 1)
        refuse(gate, REFUSE_REQUEST_MALFORMED,
               gate->hosts == 0 ? "a request needs a Host header" : "Host is given more than once");
    return gate->refusal;
}
