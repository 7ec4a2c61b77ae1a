/* Actors and keys. */
#include "decode.h"
#include "tally/key.h"
#include "tally/text.h"

#define POP_LEN 86 /* base64url of 64 bytes */

/* The point has to be one that no other message's signature fits (formats.md, Keys). */
static bool check_point(struct decoding *d, struct slice x, struct key_public *key)
{
    static const struct path jwk = {NULL, "jwk", 0}, at = {&jwk, "x", 0};
    size_t len = 0;
    if (text_unbase64url(x, key->bytes, sizeof(key->bytes), &len) != TALLY_OK || len != sizeof(key->bytes)) {
        reader_wrong(&d->reader, REFUSE_BODY_SCHEMA, &at, "is not base64url of the 32 bytes of a public key");
        return false;
    }
    if (key_point_is_weak(key->bytes)) {
        reader_wrong(&d->reader, REFUSE_KEY_WEAK, &at,
                     "is a point of small order or in another than its one form: make a new key");
        return false;
    }
    return true;
}

static bool check_proof(struct decoding *d, const struct key_public *key, struct slice actor, struct slice pop)
{
    static const struct path at = {NULL, "pop", 0};
    enum tally_code rc = key_proof_check(key, d->request->origin, actor, pop, d->reader.err);
    if (rc == TALLY_OK)
        return true;
    if (rc == TALLY_E_SIGNATURE || rc == TALLY_E_DENIED)
        reader_wrong(&d->reader, REFUSE_KEY_PROOF, &at,
                     "does not verify: it is the new key's signature over tally/key/v1, the origin %.*s, the actor %.*s "
                     "and the key's "
                     "thumbprint, each ended by a line feed",
                     SLICE_ARG(d->request->origin), SLICE_ARG(actor));
    else
        reader_failed(&d->reader, rc);
    return false;
}

bool decode_jwk(struct decoding *d, json_t *jwk, struct slice pop, struct slice actor, struct slice *kid, struct slice *x)
{
    static const struct path at = {NULL, "jwk", 0};
    int crv = 0, kty = 0;
    struct key_public key;
    struct key_kid thumbprint;
    const struct member members[] = {
        CHOICE("crv", "Ed25519", &crv),
        CHOICE("kty", "OKP", &kty),
        TEXT("x", NULL, NULL, 1, 64, x),
    };
    if (!READ_MEMBERS(&d->reader, &at, jwk, members) || !check_point(d, *x, &key) || !check_proof(d, &key, actor, pop))
        return false;
    key_thumbprint(&key, &thumbprint);
    enum tally_code rc = arena_copy(d->reader.arena, thumbprint.text, KEY_KID_LEN, kid, d->reader.err);
    if (rc != TALLY_OK)
        reader_failed(&d->reader, rc);
    return rc == TALLY_OK;
}

static void read_roles(struct decoding *d, json_t *roles)
{
    const struct path at = {NULL, "roles", 0};
    for (size_t i = 0; i < json_array_size(roles) && !reader_is_full(&d->reader); i++) {
        int role = 0;
        const struct path item = {&at, NULL, i};
        const struct member member = CHOICE("", "backbone", &role);
        if (read_value(&d->reader, &item, json_array_get(roles, i), &member)) {
            if (i > 0)
                reader_wrong(&d->reader, REFUSE_BODY_SCHEMA, &item, "is there twice");
            d->out->u.register_actor.is_backbone = true;
        }
    }
}

void decode_actor(struct decoding *d)
{
    struct command *out = d->out;
    json_t *jwk = NULL, *roles = NULL;
    struct slice pop = {NULL, 0};
    int kind = 0;
    out->kind = COMMAND_REGISTER_ACTOR;
    out->u.register_actor.name = SLICE("");
    const struct member members[] = {
        TEXT("id", form_id, WANTED_ID, 1, MODEL_ID_MAX, &out->u.register_actor.id),
        CHOICE("kind", "person|organisation|patch", &kind),
        OBJECT("jwk", &jwk),
        TEXT("pop", NULL, NULL, POP_LEN, POP_LEN, &pop),
        TEXT_OR_NOT("name", form_line, WANTED_LINE, 1, TEXT_LINE_MAX, &out->u.register_actor.name),
        ARRAY_OR_NOT("roles", &roles),
    };
    (void) READ_MEMBERS(&d->reader, NULL, d->body, members);
    out->u.register_actor.kind = (enum actor_kind) kind;
    if (roles != NULL)
        read_roles(d, roles);
    if (reader_is_fine(&d->reader))
        (void) decode_jwk(d, jwk, pop, out->u.register_actor.id, &out->u.register_actor.kid, &out->u.register_actor.x);
}

/* The actor that the path names; one that nobody can be called is none. */
static bool read_path_actor(struct decoding *d, struct slice *id)
{
    *id = target_segment(d->request->target, 2);
    if (text_is_id(*id))
        return true;
    decode_refuse(d, REFUSE_ACTOR_NOT_FOUND, "the path names no actor: see /v1/actors");
    return false;
}

void decode_key(struct decoding *d)
{
    struct command *out = d->out;
    json_t *jwk = NULL;
    struct slice pop = {NULL, 0};
    out->kind = COMMAND_ADD_KEY;
    const struct member members[] = {
        OBJECT("jwk", &jwk),
        TEXT("pop", NULL, NULL, POP_LEN, POP_LEN, &pop),
    };
    if (read_path_actor(d, &out->u.add_key.id) && READ_MEMBERS(&d->reader, NULL, d->body, members))
        (void) decode_jwk(d, jwk, pop, out->u.add_key.id, &out->u.add_key.kid, &out->u.add_key.x);
}

void decode_revocation(struct decoding *d)
{
    struct command *out = d->out;
    struct slice reason;
    out->kind = COMMAND_REVOKE_KEY;
    const struct member members[] = {
        TEXT_OR_NOT("reason", form_prose, WANTED_PROSE, 1, TEXT_PROSE_MAX, &reason),
    };
    if (!read_path_actor(d, &out->u.revoke_key.id))
        return;
    out->u.revoke_key.kid = target_segment(d->request->target, 4);
    if (!form_kid(out->u.revoke_key.kid)) {
        decode_refuse(d, REFUSE_KEY_NOT_FOUND, "the path names no key by its thumbprint: see /v1/actors/%.*s/keys",
                      SLICE_ARG(out->u.revoke_key.id));
        return;
    }
    (void) READ_MEMBERS(&d->reader, NULL, d->body, members);
}
