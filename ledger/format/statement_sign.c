#include "statement_input.h"
#include "tally/statement.h"
#include "tally/text.h"

/* Ed25519 hashes its message twice, so that it must lie in memory as a whole. */
enum tally_code statement_input(struct slice protected_part, struct slice body, struct buf *out, struct err *err)
{
    if (body.len > ENTRY_BODY_MAX)
        return err_set(err, TALLY_E_LIMIT, "a body has at most %u bytes", ENTRY_BODY_MAX);
    buf_add_slice(out, protected_part);
    buf_add_char(out, '.');
    text_base64url(body.ptr, body.len, out);
    return buf_check(out, err);
}

static void write_protected(const struct statement_draft *draft, const struct key_pair *key, struct buf *out)
{
    struct key_public public_key;
    struct key_kid kid;
    key_pair_public(key, &public_key);
    key_thumbprint(&public_key, &kid);
    buf_printf(out,
               "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"aud\":\"%.*s\",\"htm\":\"%.*s\",\"htu\":\"%.*s\",\"iat\":", kid.text,
               SLICE_ARG(draft->aud), SLICE_ARG(draft->htm), SLICE_ARG(draft->htu));
    buf_add_i64(out, draft->iat);
    buf_printf(out, ",\"jti\":\"%.*s\",\"typ\":\"tally-statement\",\"cty\":\"%.*s\",\"head\":\"", SLICE_ARG(draft->jti),
               SLICE_ARG(draft->cty));
    buf_add_u64(out, draft->head_seq);
    buf_add_char(out, ':');
    buf_add_hex(out, draft->head_hash.bytes, DIGEST_LEN);
    buf_add_str(out, "\"}");
}

static bool is_plain_value(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < ' ' || s.ptr[i] > '~' || s.ptr[i] == '"' || s.ptr[i] == '\\')
            return false;
    }
    return s.len > 0;
}

enum tally_code statement_sign(const struct statement_draft *draft, const struct key_pair *key, struct slice body,
                               struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint8_t signature[KEY_SIGNATURE_LEN];
    struct buf json;
    struct buf encoded;
    struct buf input;
    buf_init(&json, STATEMENT_JWS_MAX);
    buf_init(&encoded, STATEMENT_JWS_MAX);
    buf_init(&input, STATEMENT_INPUT_MAX);
    if (!text_is_origin(draft->aud) || !text_is_jti(draft->jti) || !statement_target_is_plain(draft->htu) ||
        !is_plain_value(draft->htm) || !is_plain_value(draft->cty)) {
        rc = err_set(err, TALLY_E_USAGE, "a statement needs an origin, a method, a plain target, a content type and a jti");
        goto done;
    }
    write_protected(draft, key, &json);
    TRY(buf_check(&json, err));
    text_base64url(json.ptr, json.len, &encoded);
    TRY(buf_check(&encoded, err));
    TRY(statement_input(buf_slice(&encoded), body, &input, err));
    TRY(key_sign(key, buf_slice(&input), signature, err));
    buf_add_slice(out, buf_slice(&encoded));
    buf_add_str(out, "..");
    text_base64url(signature, sizeof signature, out);
    rc = buf_check(out, err);
done:
    buf_release(&json);
    buf_release(&encoded);
    buf_release(&input);
    return rc;
}

enum tally_code statement_new_jti(char out[23], struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint8_t bytes[16];
    struct buf text;
    buf_init(&text, 32);
    TRY(key_random(bytes, sizeof bytes, err));
    text_base64url(bytes, sizeof bytes, &text);
    TRY(buf_check(&text, err));
    ENSURE(text.len == 22);
    memcpy(out, text.ptr, 22);
    out[22] = '\0';
done:
    buf_release(&text);
    return rc;
}
