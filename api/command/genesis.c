/* What the model needs of the ledger itself: a hash, and what entry 0 says. The model knows statements only, and nobody has stated the
 * first operator. */
#include <jansson.h>

#include "tally/command.h"
#include "tally/digest.h"
#include "tally/key.h"
#include "tally/text.h"

static void sha256(const char *prefix, struct slice data, uint8_t out[32])
{
    struct slice parts[2] = {slice_str(prefix), data};
    struct digest digest;
    digest_parts(parts, 2, &digest);
    memcpy(out, digest.bytes, DIGEST_LEN);
}

const struct model_ports command_model_ports = {.sha256 = sha256};

MUST_CHECK static enum tally_code read_operator(const json_t *operator, struct arena * arena, struct row_actor *actor,
                                                struct row_key *key, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *id = json_string_value(json_object_get(operator, "id"));
    const char *x = json_string_value(json_object_get(operator, "x"));
    struct key_public public;
    struct key_kid kid;
    size_t len = 0;
    if (id == NULL || x == NULL || text_unbase64url(slice_str(x), public.bytes, sizeof public.bytes, &len) != TALLY_OK ||
        len != sizeof public.bytes)
        return err_set(err, TALLY_E_INTEGRITY, "the body of entry 0 names no operator with a key");
    key_thumbprint(&public, &kid);
    *actor = (struct row_actor){
        .kind = SLICE("organisation"), .name = SLICE(""), .is_operator = true, .registered_by = SLICE("")};
    *key = (struct row_key){.added_seq = 0, .revoked_seq = ROW_NO_SEQ};
    TRY(arena_copy(arena, id, strlen(id), &actor->id, err));
    TRY(arena_copy(arena, x, strlen(x), &key->x, err));
    TRY(arena_copy(arena, kid.text, KEY_KID_LEN, &key->kid, err));
    key->actor = actor->id;
done:
    return rc;
}

enum tally_code command_genesis(struct slice body, struct arena *arena, struct row_actor *actor, struct row_key *key,
                                struct err *err)
{
    json_t *root = json_loadb(body.ptr == NULL ? "" : body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL);
    enum tally_code rc = read_operator(json_object_get(root, "operator"), arena, actor, key, err);
    json_decref(root);
    return rc;
}
