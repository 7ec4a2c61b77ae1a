/* The state moves on by the rows of a decision. */
#include "view.h"

#include <string.h>

#include "tally/text.h"

#define NO_NAME ((struct slice){NULL, 0})

/* What a decision made new is known from now on; but of a new contract, or a text that amends one, the view lacks the results
 * that were there before it. */
static enum tally_code mark_new(struct model *model, const struct changes *changes, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    if (model->is_whole)
        return TALLY_OK;
    for (uint32_t i = 0; i < changes->actors_count; i++)
        TRY(known_mark(model, NEED_ACTOR, changes->actors[i].id, 0, err));
    for (uint32_t i = 0; i < changes->keys_count; i++)
        TRY(known_mark(model, NEED_KEY, changes->keys[i].kid, 0, err));
    for (uint32_t i = 0; i < changes->payments_count; i++)
        TRY(known_mark(model, NEED_PAYMENT, NO_NAME, changes->payments[i].seq, err));
    for (uint32_t i = 0; i < changes->disputes_count; i++)
        TRY(known_mark(model, NEED_DISPUTE, NO_NAME, changes->disputes[i].seq, err));
    for (uint32_t i = 0; i < changes->erasures_count; i++)
        TRY(known_mark(model, NEED_ERASURE, NO_NAME, changes->erasures[i].entry, err));
done:
    return rc;
}

/* As outcomes.erase has it in the tables: of what was open, the results are no longer everybody's. */
static void hide_erased(struct model *model, const struct changes *changes)
{
    for (uint32_t i = 0; i < changes->erasures_count; i++) {
        const struct view_submission *submission = view_submission(model, changes->erasures[i].entry);
        for (uint32_t k = 0; submission != NULL && k < submission->count; k++) {
            struct view_result *result = submission->items[k];
            if (result != NULL && result->has_row && result_is_open(&result->row))
                result->row.is_erased = true;
        }
    }
}

/* A new contract: what the view lacks of it, or that it lacks nothing. */
static enum tally_code take_proposal(struct model *model, struct slice id, struct err *err)
{
    struct view_contract *contract = view_contract(model, id);
    if (model->is_whole && contract != NULL)
        return contract_complete(model, contract, err);
    known_break(model, NEED_CONTRACT, id, 0);
    return TALLY_OK;
}

static enum tally_code note_version(struct model *model, const uint8_t hash[32], struct slice contract, uint32_t version,
                                    struct err *err)
{
    char hex[65];
    text_hex(hash, 32, hex);
    return model_put_version(model, slice_str(hex), contract, version, err);
}

/* What may be used by its hash from now on. */
static enum tally_code take_versions(struct model *model, const struct changes *changes, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < changes->contracts_count; i++) {
        const struct row_contract *row = &changes->contracts[i];
        if (row->state != CONTRACT_PROPOSED)
            continue;
        TRY(note_version(model, row->version_hash, row->id, 1, err));
        TRY(note_version(model, row->terms_hash, row->id, 1, err));
    }
    for (uint32_t i = 0; i < changes->amendments_count; i++) {
        const struct row_amendment *row = &changes->amendments[i];
        if (row->in_force_seq == ROW_NO_SEQ)
            continue;
        TRY(note_version(model, row->version_hash, row->contract, row->version, err));
        TRY(note_version(model, row->terms_hash, row->contract, row->version, err));
    }
done:
    return rc;
}

/* Of results that no contract in the view follows and nobody in the batch names, only that they exist is held: a ledger may have many
 * that nobody looks at. */
static enum tally_code take_results(struct model *model, const struct changes *changes, uint64_t seq, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool has_all = changes->results_count > 0, is_named = known_holds(model, NEED_RESULT, NO_NAME, seq);
    for (uint32_t i = 0; i < changes->results_count; i++) {
        bool is_followed = model->is_whole || is_named || view_series(model, &changes->results[i]) != NULL;
        has_all = has_all && is_followed;
        if (is_followed)
            TRY(model_put_result(model, &changes->results[i], err));
        else
            TRY(result_note(model, &changes->results[i], err));
    }
    if (model->is_whole)
        return TALLY_OK;
    if (has_all)
        TRY(known_mark(model, NEED_RESULT, NO_NAME, seq, err));
    else
        known_break(model, NEED_RESULT, NO_NAME, seq);
done:
    return rc;
}

enum tally_code model_evolve(struct model *model, const struct command *command, struct decision *decision,
                             const struct model_place *place, const uint8_t hash[32], struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct changes *changes = &decision->changes;
    ENSURE(decision->refusal == NULL);
    for (uint32_t i = 0; i < changes->indicators_count; i++)
        memcpy(changes->indicators[i].entry, hash, sizeof(changes->indicators[i].entry));
    TRY(take_results(model, changes, place->seq, err));
    struct changes rest = *changes;
    rest.results_count = 0;
#define X(type, list)                                                                                                      \
    for (uint32_t i = 0; i < rest.list##_count; i++)                                                                       \
        TRY(model_put_##type(model, &rest.list[i], err));
    CHANGES_LISTS(X)
#undef X
    TRY(take_versions(model, changes, err));
    TRY(mark_new(model, changes, err));
    hide_erased(model, changes);
    followed_settle(model, decision->number);
    if (command != NULL && (command->kind == COMMAND_PROPOSE_CONTRACT || command->kind == COMMAND_AMEND_CONTRACT))
        TRY(take_proposal(model, command->u.propose_contract.id, err));
done:
    return rc;
}
