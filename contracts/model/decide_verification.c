/* Verifying results: by whom a contract in force names for it, and never by its author or whom the author registered. */
#include "decide.h"
#include "states.h"

#define VERIFICATION (d->command->u.verify_result)

struct verifying {
    const struct view_submission *submission;
    bool *is_named;                 /* by item */
    bool *is_ours;                  /* by item: a contract in force names this actor for it */
    struct contract_list users;     /* all contracts with a metric for any named result */
    struct contract_list contracts; /* those in force */
};

static struct slice item_pointer(struct deciding *d, uint32_t item)
{
    for (uint32_t i = 0; i < VERIFICATION.item_count; i++) {
        if (VERIFICATION.items[i] == item)
            return arena_printf(d->arena, "/items/%" PRIu32, i);
    }
    return SLICE("");
}

static enum tally_code find_results(struct deciding *d, struct verifying *v)
{
    enum tally_code rc = TALLY_OK;
    STEP(named_submission(d, VERIFICATION.seq, &v->submission));
    v->is_ours = ARENA_ARRAY(d->arena, v->submission->count, bool);
    if (v->is_ours == NULL)
        return no_arena(d);
    STEP(named_items(d, VERIFICATION.seq, VERIFICATION.items, VERIFICATION.item_count, v->submission->count, &v->is_named));
done:
    return rc;
}

/* Nobody verifies for themselves; and who registered an actor could be that actor. */
static enum tally_code check_independent(struct deciding *d, const struct verifying *v)
{
    struct slice author = v->submission->items[0]->row.author;
    if (slice_equal(author, d->command->actor))
        return REFUSE(d, REFUSE_VERIFICATION_OWN, "%.*s reported entry %" PRIu64 ": somebody else has to verify it",
                      SLICE_ARG(author), VERIFICATION.seq);
    if (slice_equal(author, d->actor->row.registered_by))
        return REFUSE(d, REFUSE_VERIFICATION_OWN,
                      "%.*s reported entry %" PRIu64 " and registered %.*s, which so is not independent of it",
                      SLICE_ARG(author), VERIFICATION.seq, SLICE_ARG(d->command->actor));
    return TALLY_OK;
}

/* Of those whom the text names that was in force when the result was submitted, as who they are now. */
static enum tally_code is_verifier(struct deciding *d, const struct view_contract *contract, const struct fit *fit,
                                   bool *yes)
{
    enum tally_code rc = TALLY_OK;
    uint32_t text = 0, m = 0;
    TRY(fit_policy(d->model, contract, fit, &text, &m, d->err));
    const struct terms_metric *metric = terms_metric(contract->texts[text]->terms, m);
    for (uint32_t i = 0; i < metric->verifier_count && !*yes; i++)
        *yes = slice_equal(party_at(contract, text, metric->verifiers[i], d->place->seq)->actor, d->command->actor);
done:
    return rc;
}

/* Marks the named results that this contract has this actor verify. */
static enum tally_code mark_ours(struct deciding *d, struct verifying *v, struct view_contract *contract)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    if (!view_was_party(contract, d->command->actor))
        return TALLY_OK; /* before compiling: anybody may ask this of every contract of an indicator */
    TRY(terms_of(d->model, contract, &terms, d->err));
    TRY(fits_update(d->model, contract, d->err));
    for (const struct fit *fit = fit_first_of(contract, VERIFICATION.seq); fit != NULL; fit = fit_next_of(contract, fit))
        TRY(is_verifier(d, contract, fit, &v->is_ours[fit->result->row.item]));
done:
    return rc;
}

static enum tally_code find_contracts(struct deciding *d, struct verifying *v)
{
    enum tally_code rc = TALLY_OK;
    const struct row_result *last = NULL;
    ENSURE(v->is_named != NULL);
    for (uint32_t i = 0; i < v->submission->count; i++) {
        const struct row_result *row = &v->submission->items[i]->row;
        bool is_same = last != NULL && row->version == last->version && slice_equal(row->indicator, last->indicator) &&
                       slice_equal(row->contract, last->contract);
        if (!v->is_named[i] || is_same)
            continue;
        TRY(contract_list_users(d, &v->users, row));
        last = row;
    }
    contract_list_sort(&v->users);
    for (uint32_t i = 0; i < v->users.count; i++) {
        if (!contract_takes(v->users.items[i]->row.state, CONTRACT_DEED_RESULT))
            continue;
        TRY(contract_list_add(d, &v->contracts, v->users.items[i]));
        TRY(mark_ours(d, v, v->users.items[i]));
    }
done:
    return rc;
}

static bool has_verified(const struct deciding *d, const struct view_result *result)
{
    for (uint32_t i = 0; i < result->verification_count; i++) {
        if (slice_equal(result->verifications[i].actor, d->command->actor))
            return true;
    }
    return false;
}

static enum tally_code check_items(struct deciding *d, const struct verifying *v)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < v->submission->count && !refused_enough(d); i++) {
        if (v->is_named[i] && !v->is_ours[i])
            TRY(REFUSE_AT(d, REFUSE_VERIFICATION_NOT_VERIFIER, item_pointer(d, i),
                          "no contract in force has %.*s verify result %" PRIu32 " of entry %" PRIu64
                          ": name the results that it verifies in items",
                          SLICE_ARG(d->command->actor), i, VERIFICATION.seq));
    }
    for (uint32_t i = 0; i < v->submission->count && (d->refusal == NULL || d->refusal->code == REFUSE_VERIFICATION_DONE);
         i++) {
        if (v->is_named[i] && has_verified(d, v->submission->items[i]) && !refused_enough(d))
            TRY(REFUSE_AT(d, REFUSE_VERIFICATION_DONE, item_pointer(d, i),
                          "%.*s has verified result %" PRIu32 " of entry %" PRIu64 " already: leave it out of items",
                          SLICE_ARG(d->command->actor), i, VERIFICATION.seq));
    }
done:
    return rc;
}

/* Of results that were erased: those who need it to compute read it. */
static enum tally_code statement_of_erased(struct deciding *d, const struct verifying *v)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < v->contracts.count && v->submission->items[0]->row.is_erased; i++)
        TRY(concerns(d, d->place->seq, v->contracts.items[i]->row.id));
done:
    return rc;
}

enum tally_code decide_verify_result(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    struct verifying v = {0};
    STEP(find_results(d, &v));
    STEP(check_independent(d, &v));
    STEP(find_contracts(d, &v));
    STEP(check_items(d, &v));
    for (uint32_t i = 0; i < v.submission->count; i++) {
        struct row_verification row = {.result_seq = VERIFICATION.seq,
                                       .item = i,
                                       .actor = d->command->actor,
                                       .seq = d->place->seq,
                                       .time = d->place->time};
        if (v.is_named[i])
            STEP(change_verification(d, &row));
    }
    STEP(statement_of_result(d, &v.submission->items[0]->row));
    STEP(statement_of_erased(d, &v));
    struct news news = {.is_verification = true,
                        .verified_seq = VERIFICATION.seq,
                        .is_verified = v.is_named,
                        .verified_count = v.submission->count};
    STEP(consequences(d, &news, v.contracts.items, v.contracts.count));
done:
    return rc;
}
