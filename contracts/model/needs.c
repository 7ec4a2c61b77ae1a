/* What deciding a command needs in the view and is not there. Asked again after each loading: what was loaded may need more. */
#include "view.h"

#include <inttypes.h>
#include <string.h>

/* ---- the list, without doubles ---- */
static bool is_same(const struct need *a, const struct need *b)
{
    return a->kind == b->kind && a->number == b->number && slice_equal(a->name, b->name);
}

static uint32_t slot_of(const struct needs *needs, const struct need *need)
{
    struct ident id = {need->number << 4 | (uint64_t) need->kind, need->name, {NULL, 0}};
    uint32_t at = (uint32_t) ident_hash(needs->arena, id) & (needs->slot_count - 1);
    while (needs->slots[at] != 0 && !is_same(&needs->items[needs->slots[at] - 1], need))
        at = (at + 1) & (needs->slot_count - 1);
    return at;
}

static enum tally_code needs_room(struct needs *needs, struct err *err)
{
    if (needs->count < needs->cap && needs->slot_count != 0)
        return TALLY_OK;
    uint32_t cap = needs->cap < 16 ? 16 : needs->cap * 2;
    struct need *items = ARENA_ARRAY(needs->arena, cap, struct need);
    uint32_t *slots = ARENA_ARRAY(needs->arena, (size_t) cap * 2, uint32_t);
    if (items == NULL || slots == NULL)
        return err_set(err, TALLY_E_LIMIT, "no room for %" PRIu32 " needs of a decision", cap);
    if (needs->count > 0)
        memcpy(items, needs->items, needs->count * sizeof(*items));
    needs->items = items;
    needs->cap = cap;
    needs->slots = slots;
    needs->slot_count = cap * 2;
    for (uint32_t i = 0; i < needs->count; i++)
        needs->slots[slot_of(needs, &needs->items[i])] = i + 1;
    return TALLY_OK;
}

static enum tally_code need_add(struct needs *needs, enum need_kind kind, struct slice name, uint64_t number,
                                struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct need need = {kind, name, number};
    TRY(needs_room(needs, err));
    uint32_t at = slot_of(needs, &need);
    if (needs->slots[at] != 0)
        return TALLY_OK;
    TRY(arena_copy(needs->arena, name.ptr, name.len, &need.name, err)); /* the view's own may go while others are loaded */
    needs->items[needs->count++] = need;
    needs->slots[at] = needs->count;
done:
    return rc;
}

static enum tally_code need(const struct model *model, struct needs *needs, enum need_kind kind, struct slice name,
                            uint64_t number, struct err *err)
{
    return known_holds(model, kind, name, number) ? TALLY_OK : need_add(needs, kind, name, number, err);
}

#define NO_NAME ((struct slice){NULL, 0})

static enum tally_code need_actor(const struct model *model, struct needs *needs, struct slice id, struct err *err)
{
    bool is_marked = known_holds(model, NEED_ACTOR, id, 0);
    return is_marked || view_actor(model, id) != NULL ? TALLY_OK : need_add(needs, NEED_ACTOR, id, 0, err);
}

/* A key comes with its actor. */
static enum tally_code need_signer(const struct model *model, const struct command *command, struct needs *needs,
                                   struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(need(model, needs, NEED_KEY, command->kid, 0, err));
    TRY(need_actor(model, needs, command->actor, err));
done:
    return rc;
}

enum direction { WALK_BELOW = 1, WALK_ABOVE };

/* *is_new: this asking has not come by the contract in that direction yet; many ways may lead to it. */
static enum tally_code walk(struct needs *needs, enum direction direction, struct slice id, bool *is_new, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    if (needs->walked == NULL) {
        needs->walked = ARENA_NEW(needs->arena, struct needs);
        if (needs->walked == NULL)
            return err_set(err, TALLY_E_LIMIT, "no room for the contracts that a decision rests on");
        needs->walked->arena = needs->arena;
    }
    uint32_t before = needs->walked->count;
    TRY(need_add(needs->walked, NEED_USES, id, direction, err));
    *is_new = needs->walked->count > before;
done:
    return rc;
}

/* Longer chains are refused when they are proposed; this only keeps a walk from being endless. */
#define USES_DEPTH 8

static enum tally_code need_user_below(const struct model *model, struct needs *needs, struct slice id, uint32_t room,
                                       struct err *err);

/* A contract with all that its evaluation needs and moves: those that use it too. */
static enum tally_code need_below(const struct model *model, struct needs *needs, struct slice id, uint32_t room,
                                  struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct view_uses *uses = view_uses(model, id);
    bool is_new = uses == NULL;
    TRY(need(model, needs, NEED_CONTRACT, id, 0, err));
    TRY(need(model, needs, NEED_USES, id, 0, err));
    if (uses != NULL && uses->in_count > 0)
        TRY(walk(needs, WALK_BELOW, id, &is_new, err));
    if (!is_new)
        return TALLY_OK;
    for (uint32_t i = 0; uses != NULL && i < uses->in_count && room > 0; i++)
        TRY(need_user_below(model, needs, uses->in[i]->contract, room - 1, err));
done:
    return rc;
}

/* A contract that is not in force is not evaluated: its own rows are enough. */
static enum tally_code need_user_below(const struct model *model, struct needs *needs, struct slice id, uint32_t room,
                                       struct err *err)
{
    const struct view_contract *contract = view_contract(model, id);
    if (contract != NULL && contract->row.state != CONTRACT_IN_FORCE)
        return TALLY_OK;
    return need_below(model, needs, id, room, err);
}

static enum tally_code need_whole(const struct model *model, struct needs *needs, struct slice id, struct err *err)
{
    return need_below(model, needs, id, USES_DEPTH, err);
}

static enum tally_code need_user(const struct model *model, struct needs *needs, struct slice id, struct err *err)
{
    return need_user_below(model, needs, id, USES_DEPTH, err);
}

/* What a contract rests on, with all that is used too: enough to see circles, whose text is in force, and who is evaluated after it. */
static enum tally_code need_above(const struct model *model, struct needs *needs, struct slice id, uint32_t room,
                                  struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct view_uses *uses = view_uses(model, id);
    bool is_new = uses == NULL;
    TRY(need(model, needs, NEED_USES, id, 0, err));
    if (uses != NULL && uses->out_count > 0)
        TRY(walk(needs, WALK_ABOVE, id, &is_new, err));
    if (!is_new)
        return TALLY_OK;
    for (uint32_t i = 0; uses != NULL && i < uses->out_count && room > 0; i++) {
        TRY(need_whole(model, needs, uses->out[i]->used, err));
        TRY(need_above(model, needs, uses->out[i]->used, room - 1, err));
    }
done:
    return rc;
}

/* A contract of which a text may come into force, with those that it uses, which are asked for their figures. */
static enum tally_code need_with_used(const struct model *model, struct needs *needs, struct slice id, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct view_uses *uses = view_uses(model, id);
    TRY(need_whole(model, needs, id, err));
    TRY(need_above(model, needs, id, USES_DEPTH, err));
    for (uint32_t i = 0; uses != NULL && i < uses->out_count; i++)
        TRY(need_whole(model, needs, uses->out[i]->used, err));
done:
    return rc;
}

/* What a proposed text uses, by its hash. */
static enum tally_code need_uses(const struct model *model, struct needs *needs, const struct terms *terms, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint32_t count = terms_use_count(terms) <= CONTRACT_USES_MAX ? terms_use_count(terms) : 0; /* it is refused for them */
    for (uint32_t i = 0; i < count; i++) {
        struct slice hash = terms_use(terms, i)->hash;
        const struct view_version *version = view_version(model, hash);
        TRY(need(model, needs, NEED_VERSION, hash, 0, err));
        for (uint32_t k = 0; version != NULL && k < version->count; k++) {
            TRY(need_whole(model, needs, version->items[k].contract, err));
            TRY(need_above(model, needs, version->items[k].contract, USES_DEPTH, err));
        }
    }
done:
    return rc;
}

/* ---- commands ---- */
static enum tally_code need_proposal(const struct model *model, const struct command *command, struct needs *needs,
                                     struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = command->u.propose_contract.terms;
    if (command->kind == COMMAND_AMEND_CONTRACT || view_contract(model, command->u.propose_contract.id) == NULL)
        TRY(need(model, needs, NEED_CONTRACT, command->u.propose_contract.id, 0, err));
    for (uint32_t i = 0; i < command->u.propose_contract.party_count; i++) {
        TRY(need_actor(model, needs, command->u.propose_contract.parties[i].actor, err));
        TRY(need(model, needs, NEED_KEY, command->u.propose_contract.parties[i].kid, 0, err));
    }
    for (uint32_t i = 0; i < terms_metric_count(terms); i++) {
        if (terms_metric(terms, i)->source == AST_SOURCE_INDICATOR)
            TRY(need(model, needs, NEED_INDICATOR, terms_metric(terms, i)->slug, 0, err));
        if (terms_metric(terms, i)->source == AST_SOURCE_INDICATOR && command->u.propose_contract.is_in_force)
            TRY(need(model, needs, NEED_SERIES, terms_metric(terms, i)->slug, terms_metric(terms, i)->version, err));
    }
    if (command->kind == COMMAND_AMEND_CONTRACT)
        TRY(need_with_used(model, needs, command->u.propose_contract.id, err));
    TRY(need_uses(model, needs, terms, err));
done:
    return rc;
}

typedef enum tally_code (*need_contract_fn)(const struct model *model, struct needs *needs, struct slice id,
                                            struct err *err);

static enum tally_code need_users(const struct model *model, struct needs *needs, struct slice slug, uint32_t version,
                                  need_contract_fn need_contract, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct view_users *users = view_users(model, slug, version);
    TRY(need(model, needs, NEED_USERS, slug, version, err));
    for (uint32_t i = 0; users != NULL && i < users->count; i++)
        TRY(need_contract(model, needs, users->contracts[i], err));
done:
    return rc;
}

static enum tally_code need_result_key(const struct model *model, const struct command_result *result, struct slice author,
                                       struct needs *needs, struct err *err)
{
    struct slice key;
    enum tally_code rc = model_result_key(result, author, needs->arena, &key, err);
    if (rc != TALLY_OK || result_key_holds(model, key))
        return rc;
    return need_add(needs, NEED_RESULT_KEY, key, 0, err);
}

static enum tally_code need_results(const struct model *model, const struct command *command, struct needs *needs,
                                    struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < command->u.submit_results.count; i++) {
        const struct command_result *result = &command->u.submit_results.results[i];
        const struct command_result *before = i == 0 ? NULL : result - 1;
        if (!needs->is_on_trust)
            TRY(need_result_key(model, result, command->actor, needs, err));
        if (result->is_figure) {
            TRY(need_user(model, needs, result->contract, err));
        } else if (before == NULL || before->is_figure || before->version != result->version ||
                   !slice_equal(before->indicator, result->indicator)) {
            TRY(need(model, needs, NEED_INDICATOR, result->indicator, 0, err));
            TRY(need_users(model, needs, result->indicator, result->version, need_user, err));
        }
    }
done:
    return rc;
}

/* Who is whose party, and the terms. */
static enum tally_code need_parties(const struct model *model, struct needs *needs, struct slice id, struct err *err)
{
    if (view_contract(model, id) != NULL && known_holds(model, NEED_CONTRACT, id, 0))
        return TALLY_OK;
    return need(model, needs, NEED_PARTIES, id, 0, err);
}

/* A statement's results, and of each contract that uses any of them what need_contract says. */
static enum tally_code need_result(const struct model *model, uint64_t seq, need_contract_fn need_contract,
                                   struct needs *needs, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct view_submission *submission = view_submission(model, seq);
    const struct row_result *before = NULL;
    TRY(need(model, needs, NEED_RESULT, NO_NAME, seq, err));
    for (uint32_t i = 0; submission != NULL && i < submission->count; i++) {
        if (submission->items[i] == NULL || !submission->items[i]->has_row)
            continue;
        const struct row_result *row = &submission->items[i]->row;
        if (row->indicator.len == 0)
            TRY(need_contract(model, needs, row->contract, err));
        else if (before == NULL || before->version != row->version || !slice_equal(before->indicator, row->indicator))
            TRY(need_users(model, needs, row->indicator, row->version, need_contract, err));
        before = row;
    }
done:
    return rc;
}

/* Also who counts, where the results say that and not everybody may. */
static enum tally_code need_people(const struct model *model, struct needs *needs, struct slice id, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct view_contract *contract = view_contract(model, id);
    TRY(need_parties(model, needs, id, err));
    if (contract != NULL && contract->row.is_full && !known_holds(model, NEED_CONTRACT, id, 0))
        TRY(need(model, needs, NEED_STANDING, id, 0, err));
done:
    return rc;
}

#define FORMER_MAX                                                                                                         \
    3 /* reporters one after another that are looked at for who reads: whether it was in time goes back so far */

/* Where its chain began, and what that restates of a former reporter's. */
static enum tally_code need_former(const struct model *model, const struct row_result *row, struct needs *needs,
                                   struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t n = 0; n < FORMER_MAX && row != NULL; n++) {
        const struct view_result *first = view_result(model, row->first_seq, row->first_item), *of = NULL;
        if (first == NULL)
            return need(model, needs, NEED_RESULT, NO_NAME, row->first_seq, err);
        if (first->row.of_seq != ROW_NO_SEQ) {
            of = view_result(model, first->row.of_seq, first->row.of_item);
            TRY(need(model, needs, NEED_RESULT, NO_NAME, first->row.of_seq, err));
        }
        row = of == NULL ? NULL : &of->row;
    }
done:
    return rc;
}

enum tally_code model_needs_result(const struct model *model, uint64_t seq, struct needs *needs, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct view_submission *submission = view_submission(model, seq);
    TRY(need_result(model, seq, need_people, needs, err));
    for (uint32_t i = 0; submission != NULL && i < submission->count; i++) {
        if (view_result(model, seq, i) != NULL)
            TRY(need_former(model, &submission->items[i]->row, needs, err));
    }
done:
    return rc;
}

/* Of another's, what it begins with: a chain of this actor's own. */
static enum tally_code need_successor_keys(const struct model *model, const struct command *command, uint64_t seq,
                                           struct needs *needs, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct view_submission *submission = view_submission(model, seq);
    struct buf text;
    buf_init(&text, RESULT_KEY_MAX);
    for (uint32_t i = 0; submission != NULL && i < submission->count; i++) {
        const struct view_result *of = view_result(model, seq, i);
        if (of == NULL || slice_equal(of->row.author, command->actor))
            continue;
        buf_clear(&text);
        result_key_write(of->row.indicator, of->row.version, of->row.contract, of->row.metric, of->row.dimensions,
                         command->actor, &text);
        TRY(buf_check(&text, err));
        if (!result_key_holds(model, buf_slice(&text)))
            TRY(need_add(needs, NEED_RESULT_KEY, buf_slice(&text), 0, err));
    }
done:
    buf_release(&text);
    return rc;
}

static enum tally_code need_change(const struct model *model, const struct command *command, struct needs *needs,
                                   struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(need_result(model, command->u.change_results.seq, need_user, needs, err));
    TRY(need_successor_keys(model, command, command->u.change_results.seq, needs, err));
    for (uint32_t i = 0; i < command->u.change_results.count; i++) {
        const struct command_change *item = &command->u.change_results.items[i];
        if (item->seq != command->u.change_results.seq && (i == 0 || item->seq != item[-1].seq)) {
            TRY(need_result(model, item->seq, need_user, needs, err));
            TRY(need_successor_keys(model, command, item->seq, needs, err));
        }
        const struct view_result *of = view_result(model, item->seq, item->item);
        if (of != NULL && of->row.indicator.len > 0)
            TRY(need(model, needs, NEED_INDICATOR, of->row.indicator, 0, err)); /* its unit */
    }
done:
    return rc;
}

static enum tally_code need_no_contract(const struct model *model, struct needs *needs, struct slice id, struct err *err)
{
    (void) model;
    (void) needs;
    (void) id;
    (void) err;
    return TALLY_OK;
}

/* A dispute acts in one contract, whoever else uses the result. */
static enum tally_code need_dispute(const struct model *model, const struct command *command, struct needs *needs,
                                    struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(need_result(model, command->u.dispute_result.seq, need_no_contract, needs, err));
    TRY(need_whole(model, needs, command->u.dispute_result.contract, err));
done:
    return rc;
}

static enum tally_code need_resolution(const struct model *model, const struct command *command, struct needs *needs,
                                       struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint64_t seq = command->u.resolve_dispute.seq;
    const struct view_dispute_seq *dispute = table_find(&model->disputes, ident_number(seq));
    TRY(need(model, needs, NEED_DISPUTE, NO_NAME, seq, err));
    if (dispute != NULL)
        TRY(need_whole(model, needs, dispute->contract, err));
done:
    return rc;
}

static enum tally_code need_settlement(const struct model *model, const struct command *command, struct needs *needs,
                                       struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct view_payment *payment = view_payment(model, command->u.record_settlement.seq);
    if (payment == NULL)
        return need(model, needs, NEED_PAYMENT, NO_NAME, command->u.record_settlement.seq, err);
    (void) known_holds(model, NEED_PAYMENT, NO_NAME, payment->row.seq); /* it is in use */
    TRY(need_user(model, needs, payment->row.contract, err));           /* it may be a figure there */
done:
    return rc;
}

enum tally_code model_needs(const struct model *model, const struct command *command, struct needs *needs, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    needs->walked = NULL; /* since the last time more was loaded */
    TRY(need_signer(model, command, needs, err));
    switch (command->kind) {
    case COMMAND_REGISTER_ACTOR:
        TRY(need_actor(model, needs, command->u.register_actor.id, err));
        TRY(need(model, needs, NEED_KEY, command->u.register_actor.kid, 0, err));
        break;
    case COMMAND_ADD_KEY:
        TRY(need_actor(model, needs, command->u.add_key.id, err));
        TRY(need(model, needs, NEED_KEY, command->u.add_key.kid, 0, err));
        break;
    case COMMAND_REVOKE_KEY:
        TRY(need_actor(model, needs, command->u.revoke_key.id, err));
        TRY(need(model, needs, NEED_KEY, command->u.revoke_key.kid, 0, err));
        break;
    case COMMAND_DEFINE_INDICATOR:
        TRY(need(model, needs, NEED_INDICATOR, command->u.define_indicator.slug, 0, err));
        break;
    case COMMAND_PROPOSE_CONTRACT:
    case COMMAND_AMEND_CONTRACT:
        TRY(need_proposal(model, command, needs, err));
        break;
    case COMMAND_SIGN_CONTRACT:
        TRY(need_with_used(model, needs, command->u.sign_contract.id, err));
        break;
    case COMMAND_ACCEDE_CONTRACT:
        TRY(need_with_used(model, needs, command->u.accede_contract.id, err));
        break;
    case COMMAND_SUBMIT_RESULTS:
        TRY(need_results(model, command, needs, err));
        break;
    case COMMAND_VERIFY_RESULT:
        TRY(need_result(model, command->u.verify_result.seq, need_user, needs, err));
        break;
    case COMMAND_CHANGE_RESULTS:
        TRY(need_change(model, command, needs, err));
        break;
    case COMMAND_DISPUTE_RESULT:
        TRY(need_dispute(model, command, needs, err));
        break;
    case COMMAND_RESOLVE_DISPUTE:
        TRY(need_resolution(model, command, needs, err));
        break;
    case COMMAND_RECORD_SETTLEMENT:
        TRY(need_settlement(model, command, needs, err));
        break;
    case COMMAND_ERASE_BODY:
        TRY(need(model, needs, NEED_ERASURE, NO_NAME, command->u.erase_body.seq, err));
        break;
    }
done:
    return rc;
}

enum tally_code model_needs_contract(const struct model *model, struct slice contract, struct needs *needs, struct err *err)
{
    return need(model, needs, NEED_CONTRACT, contract, 0, err);
}

enum tally_code model_needs_parties(const struct model *model, struct slice contract, struct needs *needs, struct err *err)
{
    return need_parties(model, needs, contract, err);
}

/* ---- moments ---- */
enum tally_code model_needs_due(const struct model *model, struct instant by, struct needs *needs, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint32_t at = 0;
    needs->walked = NULL;
    if (!model->has_due || (model->later.us <= by.us && model->due_until.us < by.us))
        TRY(need_add(needs, NEED_DUE, NO_NAME, (uint64_t) by.us, err));
    if (model->next.us > by.us)
        return TALLY_OK;
    for (const struct view_contract *contract; (contract = table_next(&model->contracts, &at)) != NULL;) {
        if (!contract->has_row || contract->row.next_moment.us > by.us)
            continue;
        if (moment_is_left_over(contract->row.next_moment)) /* figures of others among it, perhaps */
            TRY(need_with_used(model, needs, contract->row.id, err));
        else
            TRY(need_whole(model, needs, contract->row.id, err));
    }
done:
    return rc;
}
