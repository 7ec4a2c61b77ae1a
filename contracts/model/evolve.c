/* The state moves on by the rows of a decision. */
#include "view.h"

#include <string.h>

/* What a decision made new is known from now on; but of a new contract the view lacks the results that were there before it. */
static enum tally_code mark_new(struct model *model, const struct command *command, const struct changes *changes,
                                uint64_t seq, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < changes->actors_count; i++)
        TRY(known_mark(model, NEED_ACTOR, changes->actors[i].id, 0, err));
    for (uint32_t i = 0; i < changes->keys_count; i++)
        TRY(known_mark(model, NEED_KEY, changes->keys[i].kid, 0, err));
    for (uint32_t i = 0; i < changes->payments_count; i++)
        TRY(known_mark(model, NEED_PAYMENT, (struct slice){NULL, 0}, changes->payments[i].seq, err));
    if (command != NULL && command->kind == COMMAND_SUBMIT_RESULTS)
        TRY(known_mark(model, NEED_RESULT, (struct slice){NULL, 0}, seq, err));
    if (command != NULL && command->kind == COMMAND_PROPOSE_CONTRACT)
        known_break(model, NEED_CONTRACT, command->u.propose_contract.id, 0);
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
#define X(type, list)                                                                                                      \
    for (uint32_t i = 0; i < changes->list##_count; i++)                                                                   \
        TRY(model_put_##type(model, &changes->list[i], err));
    CHANGES_LISTS(X)
#undef X
    TRY(mark_new(model, command, changes, place->seq, err));
done:
    return rc;
}
