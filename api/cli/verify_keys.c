#include "verify_keys.h"

#include <jansson.h>

#include "tally/text.h"

#define TEXT_MAX 512 /* of the texts read here the longest is a verifier key, under 200 */

/* A member that is a string, copied into the arena. */
static enum tally_code take_text(const json_t *object, const char *name, struct arena *arena, struct slice *out,
                                 struct err *err)
{
    const json_t *member = json_object_get(object, name);
    if (!json_is_string(member))
        return err_set(err, TALLY_E_MALFORMED, "the member \"%s\" is not there, or no string", name);
    size_t len = json_string_length(member);
    if (len > TEXT_MAX)
        return err_set(err, TALLY_E_MALFORMED, "the member \"%s\" is longer than %d bytes", name, TEXT_MAX);
    enum tally_code rc = arena_copy(arena, json_string_value(member), len, out, err);
    return rc == TALLY_OK ? TALLY_OK : err_set(err, TALLY_E_NO_MEMORY, "no memory for the member \"%s\"", name);
}

static enum tally_code take_key(const json_t *object, struct arena *arena, struct key_public *out, struct err *err)
{
    struct slice x = {0};
    uint8_t bytes[KEY_PUBLIC_LEN];
    size_t len = 0;
    enum tally_code rc = take_text(object, "x", arena, &x, err);
    if (rc != TALLY_OK)
        return rc;
    if (text_unbase64url(x, bytes, sizeof bytes, &len) != TALLY_OK || len != sizeof bytes)
        return err_set(err, TALLY_E_MALFORMED, "the member \"x\" is not base64url of 32 bytes");
    memcpy(out->bytes, bytes, sizeof bytes);
    return TALLY_OK;
}

/* RFC 8037: {"crv":"Ed25519","kty":"OKP","x":...} */
static enum tally_code take_jwk(const json_t *body, struct arena *arena, struct key_public *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice crv = {0};
    struct slice kty = {0};
    const json_t *jwk = json_object_get(body, "jwk");
    if (!json_is_object(jwk))
        return err_set(err, TALLY_E_MALFORMED, "the member \"jwk\" is not there, or no object");
    TRY(take_text(jwk, "crv", arena, &crv, err));
    TRY(take_text(jwk, "kty", arena, &kty, err));
    if (!slice_is(crv, "Ed25519") || !slice_is(kty, "OKP")) {
        rc = err_set(err, TALLY_E_MALFORMED, "the jwk is not an Ed25519 key (kty OKP, crv Ed25519)");
        goto done;
    }
    TRY(take_key(jwk, arena, out, err));
done:
    return rc;
}

static enum tally_code read_ledger_created(const json_t *body, struct arena *arena, struct verify_key_change *out,
                                           struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const json_t *founder = json_object_get(body, "operator");
    out->kind = VERIFY_KEY_ADD;
    TRY(take_text(body, "origin", arena, &out->origin, err));
    TRY(take_text(body, "vkey", arena, &out->vkey, err));
    if (!json_is_object(founder)) {
        rc = err_set(err, TALLY_E_MALFORMED, "the member \"operator\" is not there, or no object");
        goto done;
    }
    TRY(take_text(founder, "id", arena, &out->actor, err));
    TRY(take_text(founder, "pop", arena, &out->pop, err));
    TRY(take_key(founder, arena, &out->key, err));
done:
    return rc;
}

/* "roles":["backbone"], which may be left out. */
static enum tally_code take_roles(const json_t *body, bool *is_backbone, struct err *err)
{
    const json_t *roles = json_object_get(body, "roles");
    if (roles != NULL && !json_is_array(roles))
        return err_set(err, TALLY_E_MALFORMED, "the member \"roles\" is no array");
    for (size_t i = 0; i < json_array_size(roles); i++) {
        const char *role = json_string_value(json_array_get(roles, i));
        if (role == NULL || strcmp(role, "backbone") != 0)
            return err_set(err, TALLY_E_MALFORMED, "the member \"roles\" has another role than backbone");
        *is_backbone = true;
    }
    return TALLY_OK;
}

static enum tally_code read_actor_registered(const json_t *body, struct arena *arena, struct verify_key_change *out,
                                             struct err *err)
{
    enum tally_code rc = TALLY_OK;
    out->kind = VERIFY_KEY_ADD;
    TRY(take_text(body, "id", arena, &out->actor, err));
    TRY(take_text(body, "pop", arena, &out->pop, err));
    TRY(take_jwk(body, arena, &out->key, err));
    TRY(take_roles(body, &out->is_backbone, err));
done:
    return rc;
}

static enum tally_code read_key_added(const json_t *body, struct arena *arena, struct verify_key_change *out,
                                      struct err *err)
{
    enum tally_code rc = TALLY_OK;
    out->kind = VERIFY_KEY_ADD;
    TRY(take_text(body, "pop", arena, &out->pop, err));
    TRY(take_jwk(body, arena, &out->key, err));
done:
    return rc;
}

/* Segment n (from 0) of /v1/actors/{id}/keys/{kid}/revocation. */
static bool take_segment(struct slice target, int n, struct slice *out)
{
    const char *end = target.ptr + target.len;
    const char *from = target.ptr;
    for (int i = 0; i <= n; i++) {
        const char *slash = from < end ? memchr(from, '/', (size_t) (end - from)) : NULL;
        if (slash == NULL)
            return false;
        from = slash + 1;
    }
    const char *next = from < end ? memchr(from, '/', (size_t) (end - from)) : NULL;
    *out = slice_of(from, (size_t) ((next == NULL ? end : next) - from));
    return out->len > 0;
}

static enum tally_code read_target(enum entry_type type, struct slice target, struct arena *arena,
                                   struct verify_key_change *out, struct err *err)
{
    struct slice actor = {0};
    struct slice kid = {0};
    if (target.len == 0 || !take_segment(target, 2, &actor) ||
        (type == ENTRY_KEY_REVOKED && !take_segment(target, 4, &kid)) || actor.len > TEXT_MAX)
        return err_set(err, TALLY_E_MALFORMED, "it was signed for a path without actor or key");
    if (!text_is_id(actor))
        return err_set(err, TALLY_E_MALFORMED, "the path's actor is no id");
    if (arena_copy(arena, actor.ptr, actor.len, &out->actor, NULL) != TALLY_OK ||
        arena_copy(arena, kid.ptr, kid.len, &out->kid, NULL) != TALLY_OK)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a path");
    return TALLY_OK;
}

static enum tally_code read_body(enum entry_type type, const json_t *body, struct arena *arena,
                                 struct verify_key_change *out, struct err *err)
{
    if (!json_is_object(body))
        return err_set(err, TALLY_E_MALFORMED, "it is no JSON object");
    switch (type) {
    case ENTRY_LEDGER_CREATED:
        return read_ledger_created(body, arena, out, err);
    case ENTRY_ACTOR_REGISTERED:
        return read_actor_registered(body, arena, out, err);
    case ENTRY_KEY_ADDED:
        return read_key_added(body, arena, out, err);
    case ENTRY_KEY_REVOKED:
        out->kind = VERIFY_KEY_REVOKE;
        return TALLY_OK;
    default:
        return err_set(err, TALLY_E_BUG, "this type changes no keys");
    }
}

enum tally_code verify_keys_read(void *ctx, enum entry_type type, struct slice target, struct slice body,
                                 struct arena *arena, struct verify_key_change *out, struct err *err)
{
    struct verify_key_change change = {0};
    json_error_t why;
    (void) ctx;
    json_t *json = json_loadb(body.len == 0 ? "" : body.ptr, body.len, JSON_REJECT_DUPLICATES, &why);
    if (json == NULL && json_error_code(&why) == json_error_out_of_memory)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a body");
    if (json == NULL)
        return err_set(err, TALLY_E_MALFORMED, "it is not JSON: %s at byte %d", why.text, why.position);
    enum tally_code rc = read_body(type, json, arena, &change, err);
    if (rc == TALLY_OK && (type == ENTRY_KEY_ADDED || type == ENTRY_KEY_REVOKED))
        rc = read_target(type, target, arena, &change, err);
    json_decref(json);
    if (rc == TALLY_OK)
        *out = change;
    return rc;
}
