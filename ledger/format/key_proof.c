#include "tally/key.h"
#include "tally/text.h"

/* the fixed text, an origin of 128, an actor of 64, a kid of 43, four line feeds */
#define PROOF_MESSAGE_MAX 512

void key_proof_message(struct slice origin, struct slice actor, const struct key_kid *kid, struct buf *out)
{
    buf_add_str(out, "tally/key/v1\n");
    buf_add_slice(out, origin);
    buf_add_char(out, '\n');
    buf_add_slice(out, actor);
    buf_add_char(out, '\n');
    buf_add_str(out, kid->text);
    buf_add_char(out, '\n');
}

enum tally_code key_proof_check(const struct key_public *key, struct slice origin, struct slice actor, struct slice pop,
                                struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct key_verifier *verifier = NULL;
    struct key_kid kid;
    struct buf message;
    uint8_t signature[KEY_SIGNATURE_LEN];
    size_t len = 0;
    buf_init(&message, PROOF_MESSAGE_MAX);
    if (text_unbase64url(pop, signature, sizeof signature, &len) != TALLY_OK || len != sizeof signature) {
        rc = err_set(err, TALLY_E_SIGNATURE, "the proof of possession is not base64url of 64 bytes");
        goto done;
    }
    TRY(key_verifier_new(key, &verifier, err));
    key_thumbprint(key, &kid);
    key_proof_message(origin, actor, &kid, &message);
    TRY(buf_check(&message, err));
    rc = key_verify(verifier, buf_slice(&message), signature);
    if (rc == TALLY_E_SIGNATURE)
        (void) err_set(err, rc, "the proof of possession is not the key's signature over origin, actor and thumbprint");
    else if (rc != TALLY_OK)
        (void) err_set(err, rc, "checking a proof of possession");
done:
    key_verifier_free(verifier);
    buf_release(&message);
    return rc;
}

enum tally_code key_proof_make(const struct key_pair *pair, struct slice origin, struct slice actor, struct buf *pop,
                               struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct key_public key;
    struct key_kid kid;
    struct buf message;
    uint8_t signature[KEY_SIGNATURE_LEN];
    buf_init(&message, PROOF_MESSAGE_MAX);
    key_pair_public(pair, &key);
    key_thumbprint(&key, &kid);
    key_proof_message(origin, actor, &kid, &message);
    TRY(buf_check(&message, err));
    TRY(key_sign(pair, buf_slice(&message), signature, err));
    text_base64url(signature, sizeof signature, pop);
done:
    buf_release(&message);
    return rc;
}
