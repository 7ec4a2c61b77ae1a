#include "flat.h"
#include "jws.h"
#include "tally/statement.h"
#include "tally/text.h"

#define TOKEN_MAX 1024 /* an origin, an actor, a kid and a signature at their longest take 620 */

enum { TYP, ALG, KID, HEADER_COUNT };
enum { ISS, AUD, EXP, PAYLOAD_COUNT };

static const char *take_header(struct slice json, struct read_token *out)
{
    struct flat_member members[HEADER_COUNT] = {[TYP] = {.name = "typ"}, [ALG] = {.name = "alg"}, [KID] = {.name = "kid"}};
    const char *wrong = flat_read(json, members, HEADER_COUNT);
    if (members[ALG].is_seen && !jws_is_algorithm(members[ALG].text))
        return "header names an algorithm other than EdDSA";
    if (wrong != NULL)
        return "header has not exactly the members typ, alg and kid";
    if (!slice_is(members[TYP].text, "tally-read"))
        return "typ is not tally-read";
    if (!jws_is_kid(members[KID].text))
        return "kid is not a key's thumbprint";
    out->kid = members[KID].text;
    return NULL;
}

static const char *take_payload(struct slice json, struct read_token *out)
{
    struct flat_member members[PAYLOAD_COUNT] = {
        [ISS] = {.name = "iss"}, [AUD] = {.name = "aud"}, [EXP] = {.name = "exp", .kind = FLAT_INTEGER}};
    if (flat_read(json, members, PAYLOAD_COUNT) != NULL)
        return "payload has not exactly the members iss, aud and exp";
    if (!text_is_id(members[ISS].text))
        return "iss is not an actor's id";
    if (!text_is_origin(members[AUD].text))
        return "aud is not an origin";
    out->iss = members[ISS].text;
    out->aud = members[AUD].text;
    out->exp = members[EXP].integer;
    return NULL;
}

/* Three parts without any other point; false otherwise. */
static bool split(struct slice token, struct slice parts[3])
{
    if (token.len == 0)
        return false;
    const char *end = token.ptr + token.len;
    const char *first = memchr(token.ptr, '.', token.len);
    const char *second = first == NULL ? NULL : memchr(first + 1, '.', (size_t) (end - first - 1));
    if (second == NULL || memchr(second + 1, '.', (size_t) (end - second - 1)) != NULL)
        return false;
    parts[0] = slice_of(token.ptr, (size_t) (first - token.ptr));
    parts[1] = slice_of(first + 1, (size_t) (second - first - 1));
    parts[2] = slice_of(second + 1, (size_t) (end - second - 1));
    return true;
}

enum tally_code read_token_read(struct slice token, struct arena *arena, struct read_token *out, struct refusal **refusal,
                                struct err *err)
{
    struct read_token read = {0};
    struct slice parts[3];
    struct slice json[2];
    if (token.len > TOKEN_MAX || !split(token, parts))
        return jws_refuse(arena, REFUSE_TOKEN_INVALID, refusal, err,
                          "the token is not header.payload.signature of at most %d characters", TOKEN_MAX);
    for (int i = 0; i < 2; i++) {
        enum tally_code failed = TALLY_OK;
        if (!jws_decode_part(parts[i], arena, &json[i], &failed)) {
            if (failed == TALLY_E_NO_MEMORY)
                return err_set(err, failed, "no memory for a token");
            return jws_refuse(arena, REFUSE_TOKEN_INVALID, refusal, err,
                              "the token's %s is not base64url in its one spelling", i == 0 ? "header" : "payload");
        }
    }
    const char *wrong = take_header(json[0], &read);
    if (wrong == NULL)
        wrong = take_payload(json[1], &read);
    if (wrong == NULL && !jws_read_signature(parts[2], read.signature))
        wrong = "signature is not base64url of 64 bytes in its one spelling";
    if (wrong != NULL)
        return jws_refuse(arena, REFUSE_TOKEN_INVALID, refusal, err, "the token's %s", wrong);
    read.signed_part = slice_of(token.ptr, parts[0].len + 1 + parts[1].len);
    *out = read;
    return TALLY_OK;
}

/* A refusal that cannot be written for want of memory must not read as agreement. */
static struct refusal *invalid(struct arena *arena, const char *detail)
{
    static struct refusal without_memory = {.code = REFUSE_TOKEN_INVALID, .detail = {"the token is not valid", 22}};
    struct refusal *refusal = refusal_new(arena, REFUSE_TOKEN_INVALID, "%s", detail);
    return refusal == NULL ? &without_memory : refusal;
}

struct refusal *read_token_check(const struct read_token *token, struct slice origin, struct instant now,
                                 const struct key_verifier *key, struct arena *arena)
{
    int64_t now_s = now.us / 1000000;
    if (!slice_equal(token->aud, origin))
        return invalid(arena, "the token's aud is another ledger");
    if (token->exp <= now_s)
        return invalid(arena, "the token has expired: sign a new one");
    if (token->exp > now_s + READ_TOKEN_MAX_S)
        return invalid(arena, "the token's exp is more than 10 minutes ahead");
    if (key_verify(key, token->signed_part, token->signature) != TALLY_OK)
        return invalid(arena, "the token's signature does not verify with the key that it names");
    return NULL;
}

enum tally_code read_token_sign(struct slice actor, struct slice origin, struct instant expires, const struct key_pair *key,
                                struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct key_public public_key;
    struct key_kid kid;
    uint8_t signature[KEY_SIGNATURE_LEN];
    struct buf json;
    struct buf token;
    buf_init(&json, TOKEN_MAX);
    buf_init(&token, TOKEN_MAX);
    if (!text_is_id(actor) || !text_is_origin(origin)) {
        rc = err_set(err, TALLY_E_USAGE, "a reader's token needs an actor and an origin");
        goto done;
    }
    key_pair_public(key, &public_key);
    key_thumbprint(&public_key, &kid);
    buf_printf(&json, "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"tally-read\"}", kid.text);
    TRY(buf_check(&json, err));
    text_base64url(json.ptr, json.len, &token);
    buf_add_char(&token, '.');
    buf_clear(&json);
    buf_printf(&json, "{\"aud\":\"%.*s\",\"exp\":", SLICE_ARG(origin));
    buf_add_i64(&json, expires.us / 1000000);
    buf_printf(&json, ",\"iss\":\"%.*s\"}", SLICE_ARG(actor));
    TRY(buf_check(&json, err));
    text_base64url(json.ptr, json.len, &token);
    TRY(buf_check(&token, err));
    TRY(key_sign(key, buf_slice(&token), signature, err));
    buf_add_slice(out, buf_slice(&token));
    buf_add_char(out, '.');
    text_base64url(signature, sizeof signature, out);
    rc = buf_check(out, err);
done:
    buf_release(&json);
    buf_release(&token);
    return rc;
}
