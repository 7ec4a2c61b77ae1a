#include "tally/statement.h"

#include "flat.h"
#include "jws.h"
#include "tally/entry.h"
#include "tally/text.h"

#define CTY_MAX 100

enum member { TYP, ALG, KID, AUD, HTM, HTU, CTY, IAT, JTI, HEAD, MEMBER_COUNT };

/* pchar of RFC 3986 without '%', and '/' */
static bool is_target_char(char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c != '\0' && strchr("-._~!$&'()*+,;=:@/", c) != NULL;
}

bool statement_target_is_plain(struct slice target)
{
    size_t segment = 1; /* where the current segment begins */
    if (target.len < 2 || target.len > STATEMENT_TARGET_MAX || target.ptr[0] != '/')
        return false;
    for (size_t i = 1; i <= target.len; i++) {
        if (i < target.len && target.ptr[i] != '/') {
            if (!is_target_char(target.ptr[i]))
                return false;
            continue;
        }
        struct slice name = slice_of(target.ptr + segment, i - segment);
        if (name.len == 0 || slice_is(name, ".") || slice_is(name, ".."))
            return false;
        segment = i + 1;
    }
    return true;
}

static bool is_method(struct slice htm)
{
    for (size_t i = 0; i < htm.len; i++) {
        if (htm.ptr[i] < 'A' || htm.ptr[i] > 'Z')
            return false;
    }
    return htm.len > 0 && htm.len <= 16;
}

/* "<seq>:<hex hash>" */
static bool read_head(struct slice head, uint64_t *seq, struct digest *hash)
{
    const char *colon = head.len == 0 ? NULL : memchr(head.ptr, ':', head.len);
    if (colon == NULL)
        return false;
    size_t digits = (size_t) (colon - head.ptr);
    return text_u64(slice_of(head.ptr, digits), ENTRY_SEQ_MAX, seq) == TALLY_OK &&
           text_unhex(slice_of(colon + 1, head.len - digits - 1), hash->bytes, DIGEST_LEN) == TALLY_OK;
}

/* NULL, or the first member whose value cannot be one. */
static const char *take_members(const struct flat_member *members, struct statement *out)
{
    if (!slice_is(members[TYP].text, "tally-statement"))
        return "typ";
    if (!jws_is_kid(members[KID].text))
        return "kid";
    if (!text_is_origin(members[AUD].text))
        return "aud";
    if (!is_method(members[HTM].text))
        return "htm";
    if (!statement_target_is_plain(members[HTU].text))
        return "htu";
    if (members[CTY].text.len == 0 || members[CTY].text.len > CTY_MAX)
        return "cty";
    if (!text_is_jti(members[JTI].text))
        return "jti";
    if (!read_head(members[HEAD].text, &out->head_seq, &out->head_hash))
        return "head";
    out->kid = members[KID].text;
    out->aud = members[AUD].text;
    out->htm = members[HTM].text;
    out->htu = members[HTU].text;
    out->cty = members[CTY].text;
    out->jti = members[JTI].text;
    out->iat = members[IAT].integer;
    return NULL;
}

static enum tally_code read_protected(struct slice json, struct arena *arena, struct statement *out,
                                      struct refusal **refusal, struct err *err)
{
    struct flat_member members[MEMBER_COUNT] = {
        [TYP] = {.name = "typ"}, [ALG] = {.name = "alg"},
        [KID] = {.name = "kid"}, [AUD] = {.name = "aud"},
        [HTM] = {.name = "htm"}, [HTU] = {.name = "htu"},
        [CTY] = {.name = "cty"}, [IAT] = {.name = "iat", .kind = FLAT_INTEGER},
        [JTI] = {.name = "jti"}, [HEAD] = {.name = "head"},
    };
    const char *wrong = flat_read(json, members, MEMBER_COUNT);
    if (members[ALG].is_seen && !jws_is_algorithm(members[ALG].text))
        return jws_refuse(
            arena, REFUSE_STATEMENT_ALGORITHM, refusal, err,
            "alg is \"%.*s\"; a statement is signed with \"EdDSA\" (Ed25519) and nothing else",
            SLICE_ARG(slice_of(members[ALG].text.ptr, members[ALG].text.len > 40 ? 40 : members[ALG].text.len)));
    if (wrong != NULL)
        return jws_refuse(arena, REFUSE_STATEMENT_MALFORMED, refusal, err,
                          "the protected header %s; it has exactly typ, alg, kid, aud, htm, htu, cty, iat, jti and head",
                          wrong);
    wrong = take_members(members, out);
    if (wrong != NULL)
        return jws_refuse(arena, REFUSE_STATEMENT_MALFORMED, refusal, err,
                          "the protected header's %s has not the right form", wrong);
    return TALLY_OK;
}

enum tally_code statement_read(struct slice jws, struct arena *arena, struct statement *out, struct refusal **refusal,
                               struct err *err)
{
    struct statement statement = {0};
    struct slice json;
    enum tally_code failed = TALLY_OK;
    if (jws.len > STATEMENT_JWS_MAX)
        return jws_refuse(arena, REFUSE_STATEMENT_MALFORMED, refusal, err, "the signature is longer than %d characters",
                          STATEMENT_JWS_MAX);
    const char *dot = jws.len == 0 ? NULL : memchr(jws.ptr, '.', jws.len);
    size_t first = dot == NULL ? 0 : (size_t) (dot - jws.ptr);
    if (dot == NULL || first + 2 > jws.len || dot[1] != '.')
        return jws_refuse(arena, REFUSE_STATEMENT_MALFORMED, refusal, err,
                          "the signature is not BASE64URL(protected)..BASE64URL(signature)");
    statement.protected_part = slice_of(jws.ptr, first);
    if (!jws_decode_part(statement.protected_part, arena, &json, &failed)) {
        if (failed == TALLY_E_NO_MEMORY)
            return err_set(err, failed, "no memory for a protected header");
        return jws_refuse(arena, REFUSE_STATEMENT_MALFORMED, refusal, err,
                          "the protected header is not base64url in its one spelling (no padding, unused bits zero)");
    }
    enum tally_code rc = read_protected(json, arena, &statement, refusal, err);
    if (rc != TALLY_OK)
        return rc;
    if (!jws_read_signature(slice_of(dot + 2, jws.len - first - 2), statement.signature))
        return jws_refuse(arena, REFUSE_STATEMENT_MALFORMED, refusal, err,
                          "the signature's last part is not base64url of 64 bytes in its one spelling");
    *out = statement;
    return TALLY_OK;
}
