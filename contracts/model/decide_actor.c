/* Actors and their keys (formats.md, Keys). */
#include "decide.h"

static bool is_operator(const struct deciding *d)
{
    return d->actor->row.is_operator;
}

static const char *kind_text(enum actor_kind kind)
{
    static const char *const texts[] = {
        [ACTOR_PERSON] = "person", [ACTOR_ORGANISATION] = "organisation", [ACTOR_PATCH] = "patch"};
    return texts[kind];
}

static enum tally_code key_is_free(struct deciding *d, struct slice kid)
{
    const struct view_key *taken = view_key(d->model, kid);
    if (taken == NULL)
        return TALLY_OK;
    return REFUSE_AT(d, REFUSE_KEY_TAKEN, SLICE("/jwk"),
                     "key %.*s was registered by entry %" PRIu64 " and belongs to one actor for ever: make a new key",
                     SLICE_ARG(kid), taken->row.added_seq);
}

static enum tally_code may_register(struct deciding *d)
{
    if (!is_operator(d) && !d->actor->row.is_backbone)
        return REFUSE(d, REFUSE_NOT_ALLOWED,
                      "%.*s may not register actors: the operator or an actor with the role backbone does",
                      SLICE_ARG(d->actor->row.id));
    if (d->command->u.register_actor.is_backbone && !is_operator(d))
        return REFUSE_AT(d, REFUSE_NOT_ALLOWED, SLICE("/roles"),
                         "only the operator gives roles: leave roles out, or ask the operator to register this actor");
    return TALLY_OK;
}

enum tally_code decide_register_actor(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    struct slice id = d->command->u.register_actor.id;
    STEP(may_register(d));
    const struct view_actor *taken = view_actor(d->model, id);
    if (taken != NULL)
        return REFUSE_AT(d, REFUSE_ACTOR_TAKEN, SLICE("/id"), "%.*s was registered by entry %" PRIu64 ": choose another id",
                         SLICE_ARG(id), taken->row.seq);
    if (slice_is(id, "ledger"))
        return REFUSE_AT(d, REFUSE_ACTOR_TAKEN, SLICE("/id"), "ledger is the service's own name: choose another id");
    STEP(key_is_free(d, d->command->u.register_actor.kid));
    struct row_actor actor = {
        .id = id,
        .kind = slice_str(kind_text(d->command->u.register_actor.kind)),
        .name = d->command->u.register_actor.name,
        .is_backbone = d->command->u.register_actor.is_backbone,
        .registered_by = d->command->actor,
        .seq = d->place->seq,
    };
    struct row_key key = {
        .kid = d->command->u.register_actor.kid,
        .actor = id,
        .x = d->command->u.register_actor.x,
        .added_seq = d->place->seq,
        .revoked_seq = ROW_NO_SEQ,
    };
    STEP(change_actor(d, &actor));
    STEP(change_key(d, &key));
done:
    return rc;
}

/* The actor that the path names. */
static enum tally_code named_actor(struct deciding *d, struct slice id)
{
    const struct view_actor *actor = view_actor(d->model, id);
    if (actor == NULL)
        return REFUSE(d, REFUSE_ACTOR_NOT_FOUND, "no actor is called %.*s: see /v1/actors", SLICE_ARG(id));
    return HEAD_COVERS(d, actor->row.seq, "the registration of %.*s", SLICE_ARG(id));
}

enum tally_code decide_add_key(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    struct slice id = d->command->u.add_key.id;
    STEP(named_actor(d, id));
    if (!slice_equal(id, d->command->actor))
        return REFUSE(d, REFUSE_NOT_ALLOWED, "only a key of %.*s itself adds a key to it; this was signed by %.*s",
                      SLICE_ARG(id), SLICE_ARG(d->command->actor));
    STEP(key_is_free(d, d->command->u.add_key.kid));
    struct row_key key = {
        .kid = d->command->u.add_key.kid,
        .actor = id,
        .x = d->command->u.add_key.x,
        .added_seq = d->place->seq,
        .revoked_seq = ROW_NO_SEQ,
    };
    STEP(change_key(d, &key));
done:
    return rc;
}

enum tally_code decide_revoke_key(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    struct slice id = d->command->u.revoke_key.id, kid = d->command->u.revoke_key.kid;
    STEP(named_actor(d, id));
    const struct view_key *key = view_key(d->model, kid);
    if (key == NULL || !slice_equal(key->row.actor, id))
        return REFUSE(d, REFUSE_KEY_NOT_FOUND, "%.*s has no key %.*s: see /v1/actors/%.*s/keys", SLICE_ARG(id),
                      SLICE_ARG(kid), SLICE_ARG(id));
    STEP(HEAD_COVERS(d, key->row.added_seq, "the registration of key %.*s", SLICE_ARG(kid)));
    if (!slice_equal(id, d->command->actor) && !is_operator(d))
        return REFUSE(d, REFUSE_NOT_ALLOWED, "a key of %.*s is revoked by %.*s or the operator, not by %.*s", SLICE_ARG(id),
                      SLICE_ARG(id), SLICE_ARG(d->command->actor));
    if (key->row.revoked_seq != ROW_NO_SEQ)
        return REFUSE(d, REFUSE_KEY_ALREADY_REVOKED,
                      "key %.*s was revoked by entry %" PRIu64 ": there is nothing left to do", SLICE_ARG(kid),
                      key->row.revoked_seq);
    struct row_key revoked = key->row;
    revoked.revoked_seq = d->place->seq;
    STEP(change_key(d, &revoked));
done:
    return rc;
}
