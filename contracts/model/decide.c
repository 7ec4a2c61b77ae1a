/* The order of every decision: the signer's key, then the command's own function. */
#include "decide.h"

static enum tally_code (*const commands[])(struct deciding *d) = {
    [COMMAND_REGISTER_ACTOR] = decide_register_actor,
    [COMMAND_ADD_KEY] = decide_add_key,
    [COMMAND_REVOKE_KEY] = decide_revoke_key,
    [COMMAND_DEFINE_INDICATOR] = decide_define_indicator,
    [COMMAND_PROPOSE_CONTRACT] = decide_propose_contract,
    [COMMAND_AMEND_CONTRACT] = decide_amend_contract,
    [COMMAND_SIGN_CONTRACT] = decide_sign_contract,
    [COMMAND_ACCEDE_CONTRACT] = decide_accede_contract,
    [COMMAND_SUBMIT_RESULTS] = decide_submit_results,
    [COMMAND_VERIFY_RESULT] = decide_verify_result,
    [COMMAND_CHANGE_RESULTS] = decide_change_results,
    [COMMAND_DISPUTE_RESULT] = decide_dispute_result,
    [COMMAND_RESOLVE_DISPUTE] = decide_resolve_dispute,
    [COMMAND_RECORD_SETTLEMENT] = decide_record_settlement,
    [COMMAND_ERASE_BODY] = decide_erase_body,
};

static enum tally_code decide_signer(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    const struct command *command = d->command;
    const struct view_key *key = view_key(d->model, command->kid);
    if (key == NULL || !slice_equal(key->row.actor, command->actor))
        return REFUSE(d, REFUSE_STATEMENT_KEY_UNKNOWN,
                      "key %.*s is not registered for actor %.*s: sign with a registered key", SLICE_ARG(command->kid),
                      SLICE_ARG(command->actor));
    if (key->row.revoked_seq != ROW_NO_SEQ)
        return REFUSE(d, REFUSE_KEY_REVOKED, "key %.*s was revoked by entry %" PRIu64 ": sign with another key of %.*s",
                      SLICE_ARG(command->kid), key->row.revoked_seq, SLICE_ARG(command->actor));
    d->actor = view_actor(d->model, command->actor);
    if (d->actor == NULL)
        return not_loaded(d, "actor", command->actor);
    STEP(HEAD_COVERS(d, d->actor->row.seq, "the registration of %.*s", SLICE_ARG(command->actor)));
    STEP(HEAD_COVERS(d, key->row.added_seq, "the registration of key %.*s", SLICE_ARG(command->kid)));
done:
    return rc;
}

/* For when the arena is too small even to say so. */
static const struct refusal over_limit = {
    .code = REFUSE_EVALUATION_LIMIT,
    .detail = {"deciding this statement takes more memory than one decision is granted: send it in smaller parts", 96},
};

enum tally_code model_decide(const struct model *model, const struct command *command, const struct model_place *place,
                             struct arena *arena, struct decision *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct decision decision = {.open = true, .number = followed_begin(model)};
    struct deciding deciding = {.model = model,
                                .command = command,
                                .place = place,
                                .arena = arena,
                                .out = &decision,
                                .err = err,
                                .next_seq = place->seq + 1};
    struct deciding *d = &deciding;
    ENSURE((size_t) command->kind < sizeof(commands) / sizeof(commands[0]));
    STEP(decide_signer(d));
    STEP(commands[command->kind](d));
done:
    if (rc == TALLY_E_LIMIT) {
        *out = (struct decision){.refusal = &over_limit};
        return TALLY_OK;
    }
    if (rc == TALLY_OK)
        *out = d->refusal == NULL ? decision : (struct decision){.refusal = d->refusal};
    return rc;
}
