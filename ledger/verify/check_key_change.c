#include <inttypes.h>

#include "state.h"
#include "tally/text.h"

/* Entry 0 says which key is the ledger's; trust in it comes from outside the archive. */
static void check_ledger_key(struct verifier *v, struct job *job, const struct entry_header *header,
                             const struct verify_key_change *change)
{
    struct slice name;
    uint8_t type = 0;
    struct key_public key;
    struct err why = {0};
    if (!slice_equal(change->origin, header->ledger))
        job_found(job, FINDING_CHAIN_LEDGER, job->seq, "its body creates the ledger %.*s", SLICE_ARG(change->origin));
    if (key_vkey_read(change->vkey, &name, &type, &key, &why) != TALLY_OK) {
        job_found(job, FINDING_LEDGER_KEY, job->seq, "%s", why.detail);
        return;
    }
    key_thumbprint(&key, &v->ledger_kid);
    v->has_ledger_key = true;
    if (!slice_equal(name, header->ledger) || type != VKEY_TYPE_LEDGER)
        job_found(job, FINDING_LEDGER_KEY, job->seq, "the key in its body is not named as the ledger's");
    else if (key_point_is_weak(key.bytes))
        job_found(job, FINDING_KEY_WEAK, job->seq, "the ledger's own key: one signature fits every text");
    else if (v->trusted.len > 0 && !slice_equal(change->vkey, kept_slice(&v->trusted)))
        job_found(job, FINDING_LEDGER_KEY, job->seq, "its body names %.*s, trusted is %.*s", SLICE_ARG(change->vkey),
                  SLICE_ARG(kept_slice(&v->trusted)));
    else if (v->has_head && !slice_equal(change->vkey, kept_slice(&v->head_vkey)))
        job_found(job, FINDING_LEDGER_KEY, job->seq, "the archive's first line names another key than its body");
    else
        v->report.is_anchored = v->trusted.len > 0;
}

/* Whether this entry may give this actor a key (formats.md: only a key of the actor itself adds a key, the operator
 * never does). A second registration of an actor would be a way round that. */
static enum tally_code check_right_to_add(struct verifier *v, struct job *job, const struct entry_header *header,
                                          enum entry_type type, const struct verify_key_change *change, bool *may,
                                          struct err *err)
{
    struct slice actor = change->actor;
    uint64_t before = 0;
    *may = false;
    if (type == ENTRY_KEY_ADDED) {
        *may = slice_equal(actor, header->actor);
        if (!*may)
            job_found(job, FINDING_STATEMENT_RIGHT, job->seq, "%.*s adds a key for %.*s; only an actor's own key may",
                      SLICE_ARG(header->actor), SLICE_ARG(actor));
        return TALLY_OK;
    }
    if (!text_is_id(actor) || slice_is(actor, ENTRY_ACTOR_SERVICE)) {
        job_found(job, FINDING_BODY_FORM, job->seq, "the actor that it registers has no permitted id");
        return TALLY_OK;
    }
    if (change->is_backbone && !slice_equal(header->actor, kept_slice(&v->operator_id)))
        job_found(job, FINDING_STATEMENT_RIGHT, job->seq, "%.*s gives %.*s the role backbone; the operator alone may",
                  SLICE_ARG(header->actor), SLICE_ARG(actor));
    enum tally_code rc = key_table_register(&v->keys, actor, change->is_backbone, job->seq, &before, err);
    if (rc != TALLY_OK)
        return rc;
    *may = before == job->seq;
    if (!*may)
        job_found(job, FINDING_KEY_TAKEN, job->seq, "the actor %.*s is registered already, by entry %" PRIu64,
                  SLICE_ARG(actor), before);
    return TALLY_OK;
}

static enum tally_code add_key(struct verifier *v, struct job *job, const struct entry_header *header,
                               const struct verify_key_change *change, struct err *err)
{
    struct key_kid kid;
    key_thumbprint(&change->key, &kid);
    struct slice name = slice_of(kid.text, KEY_KID_LEN);
    const struct key_record *taken = key_table_find(&v->keys, name);
    if (taken != NULL) {
        job_found(job, FINDING_KEY_TAKEN, job->seq, "the key %s is registered already, by entry %" PRIu64, kid.text,
                  taken->added_seq);
        return TALLY_OK;
    }
    if (v->has_ledger_key && strcmp(kid.text, v->ledger_kid.text) == 0)
        job_found(job, FINDING_KEY_TAKEN, job->seq, "the key %s is the ledger's own", kid.text);
    if (key_point_is_weak(change->key.bytes)) {
        job_found(job, FINDING_KEY_WEAK, job->seq, "the key %s of %.*s", kid.text, SLICE_ARG(change->actor));
    } else {
        job->has_proof = true;
        job->proof_key = change->key;
        job->proof_origin = header->ledger;
        job->proof_actor = change->actor;
        job->proof_pop = change->pop;
    }
    return key_table_add(&v->keys, &change->key, change->actor, job->seq, err);
}

static void revoke_key(struct verifier *v, struct job *job, const struct entry_header *header,
                       const struct verify_key_change *change)
{
    struct key_record *record = key_table_find(&v->keys, change->kid);
    if (record == NULL || !slice_equal(key_record_actor(record), change->actor)) {
        job_found(job, FINDING_KEY_UNKNOWN, job->seq, "%.*s has no key %.*s to revoke", SLICE_ARG(change->actor),
                  SLICE_ARG(change->kid));
        return;
    }
    if (!slice_equal(header->actor, change->actor) && !slice_equal(header->actor, kept_slice(&v->operator_id)))
        job_found(job, FINDING_STATEMENT_RIGHT, job->seq,
                  "%.*s revokes a key of %.*s; the actor itself and the operator may", SLICE_ARG(header->actor),
                  SLICE_ARG(change->actor));
    if (record->revoked_seq != KEY_NOT_REVOKED)
        job_found(job, FINDING_KEY_REVOKED, job->seq, "the key %s was revoked by entry %" PRIu64 " already",
                  record->kid.text, record->revoked_seq);
    else
        record->revoked_seq = job->seq;
}

enum tally_code check_key_change(struct verifier *v, struct job *job, const struct entry_header *header,
                                 enum entry_type type, struct slice target, struct err *err)
{
    struct verify_key_change change = {0};
    struct err why = {0};
    bool may = false;
    enum tally_code rc =
        v->options.read_key_change(v->options.ctx, type, target, job->line.entry.body, job->arena, &change, &why);
    if (rc == TALLY_E_NO_MEMORY)
        return err_set(err, rc, "%s", why.detail);
    if (rc != TALLY_OK) {
        job_found(job, FINDING_BODY_FORM, job->seq, "%s: %s", entry_type_text(type), why.detail);
        return TALLY_OK;
    }
    if (type == ENTRY_LEDGER_CREATED) {
        check_ledger_key(v, job, header, &change);
        kept_set(&v->operator_id, change.actor);
    }
    if (v->level < VERIFY_SIGNATURES)
        return TALLY_OK;
    if (change.kind == VERIFY_KEY_REVOKE) {
        revoke_key(v, job, header, &change);
        return TALLY_OK;
    }
    rc = check_right_to_add(v, job, header, type, &change, &may, err);
    return rc == TALLY_OK && may ? add_key(v, job, header, &change, err) : rc;
}
