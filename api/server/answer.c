#include <stdio.h>
#include <string.h>

#include "handlers.h"
#include "tally/digest.h"
#include "tally/text.h"

#define ETAG_HEX 16 /* 64 bits of SHA-256: enough to tell two states of one resource apart */

/* RFC 9110 section 13.1.2, by weak comparison: a list of tags, or * */
static bool has_tag(struct slice list, struct slice tag)
{
    const char *at = list.ptr;
    const char *end = list.ptr + list.len;
    if (slice_is(list, "*"))
        return true;
    while (at != NULL && at < end) {
        const char *comma = memchr(at, ',', (size_t) (end - at));
        struct slice one = slice_of(at, (size_t) ((comma == NULL ? end : comma) - at));
        while (one.len > 0 && (one.ptr[0] == ' ' || one.ptr[0] == '\t'))
            one = slice_of(one.ptr + 1, one.len - 1);
        while (one.len > 0 && (one.ptr[one.len - 1] == ' ' || one.ptr[one.len - 1] == '\t'))
            one.len--;
        if (slice_starts(one, SLICE("W/")))
            one = slice_of(one.ptr + 2, one.len - 2);
        if (slice_equal(one, tag))
            return true;
        at = comma == NULL ? NULL : comma + 1;
    }
    return false;
}

void answer_resource_for(struct http_request *request, const char *content_type, const char *cache_control)
{
    struct http_answer *answer = &request->answer;
    struct digest digest;
    char hex[ETAG_HEX + 1];
    digest_of(buf_slice(&answer->text), &digest);
    text_hex(digest.bytes, ETAG_HEX / 2, hex);
    struct slice tag = arena_printf(request->arena, "\"%s\"", hex);
    answer->status = 200;
    answer->content_type = content_type;
    http_answer_header(request, "ETag", tag);
    http_answer_header(request, "Cache-Control", slice_str(cache_control));
    if (request->headers.if_none_match.ptr != NULL && has_tag(request->headers.if_none_match, tag)) {
        answer->status = 304;
        answer->content_type = NULL;
        buf_release(&answer->text);
    }
    http_answer(request);
}

void answer_resource(struct http_request *request, const char *content_type)
{
    answer_resource_for(request, content_type, "no-cache"); /* ask again, and get a 304 */
}

void answer_plain(struct http_request *request, int status, const char *content_type, struct slice body)
{
    request->answer.status = status;
    request->answer.content_type = content_type;
    request->answer.body = body;
    http_answer(request);
}
