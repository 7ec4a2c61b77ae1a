/* Lets go of what was not used for longest. What leaves is looked up again when it is needed. */
#include <stdlib.h>
#include <string.h>

#include "view.h"

static int by_use(const void *a, const void *b)
{
    const struct view_known *left = *(const struct view_known *const *) a, *right = *(const struct view_known *const *) b;
    return (left->used > right->used) - (left->used < right->used);
}

/* No contract may be in the view by half: what its moments are stays known. */
static void let_contract_go(struct model *model, struct view_contract *contract)
{
    struct instant next = contract->has_row ? contract->row.next_moment : (struct instant){INT64_MAX};
    if (next.us <= model->due_until.us)
        model->has_due = false;
    if (next.us < model->later.us)
        model->later = next;
    contract_drop(model, contract);
}

static void free_indicator(struct model *model, struct slice slug)
{
    struct view_indicator *indicator = table_remove(&model->indicators, ident_name(slug));
    for (uint32_t i = 0; indicator != NULL && i < indicator->count; i++)
        hold_free(&model->hold, indicator->versions[i]);
    if (indicator != NULL)
        hold_free(&model->hold, indicator->versions);
    hold_free(&model->hold, indicator);
}

static void free_users(struct model *model, struct ident id)
{
    struct view_users *users = table_remove(&model->users, id);
    for (uint32_t i = 0; users != NULL && i < users->count; i++)
        hold_free(&model->hold, (void *) (uintptr_t) users->contracts[i].ptr);
    if (users != NULL)
        hold_free(&model->hold, users->contracts);
    hold_free(&model->hold, users);
}

static void free_payment(struct model *model, uint64_t seq)
{
    struct view_payment *payment = table_remove(&model->payments, ident_number(seq));
    if (payment != NULL)
        hold_free(&model->hold, payment->settled);
    hold_free(&model->hold, payment);
}

static void let_go(struct model *model, struct view_known *known)
{
    struct slice name = known->id.a;
    uint64_t number = known->id.number >> 4;
    struct view_contract *contract = NULL;
    switch ((enum need_kind)(known->id.number & 15)) {
    case NEED_KEY:
        hold_free(&model->hold, table_remove(&model->keys, ident_name(name)));
        break;
    case NEED_ACTOR:
        hold_free(&model->hold, table_remove(&model->actors, ident_name(name)));
        break;
    case NEED_INDICATOR:
        free_indicator(model, name);
        break;
    case NEED_CONTRACT:
        contract = table_find(&model->contracts, ident_name(name));
        if (contract != NULL)
            let_contract_go(model, contract);
        break;
    case NEED_USERS:
        free_users(model, ident_version(name, (uint32_t) number));
        break;
    case NEED_PAYMENT:
        free_payment(model, number);
        break;
    case NEED_DISPUTE:
        hold_free(&model->hold, table_remove(&model->disputes, ident_number(number)));
        break;
    case NEED_ERASURE:
        hold_free(&model->hold, table_remove(&model->erasures, ident_number(number)));
        break;
    case NEED_USES: {
        struct view_uses *uses = table_remove(&model->uses, ident_name(name));
        if (uses != NULL)
            uses_free(model, uses);
        break;
    }
    case NEED_VERSION: {
        struct view_version *version = table_remove(&model->versions, ident_name(name));
        if (version != NULL)
            version_free(model, version);
        break;
    }
    case NEED_STANDING:
    case NEED_SERIES:
    case NEED_PARTIES: /* below, unless all of the contract is needed */
    case NEED_RESULT:  /* below, unless a contract uses them */
    case NEED_RESULT_KEY:
    case NEED_DUE:
        break;
    }
    table_remove(&model->known, known->id);
    hold_free(&model->hold, known);
}

/* ---- what no mark holds ---- */
static bool is_known(const struct model *model, enum need_kind kind, struct slice name, uint64_t number)
{
    const struct view_known *known =
        table_find(&model->known, (struct ident){number << 4 | (uint64_t) kind, name, {NULL, 0}});
    return known != NULL && known->holds;
}

/* Contracts, actors and disputes that came in beside something else. */
static void sweep_contracts(struct model *model)
{
    uint32_t at = 0;
    for (struct view_contract *contract; (contract = table_next(&model->contracts, &at)) != NULL;) {
        if (!is_known(model, NEED_CONTRACT, contract->id.a, 0)) {
            let_contract_go(model, contract);
            at--; /* what probed past it may have moved here */
        }
    }
    at = 0;
    for (struct view_actor *actor; (actor = table_next(&model->actors, &at)) != NULL;) {
        if (!is_known(model, NEED_ACTOR, actor->id.a, 0)) {
            table_remove(&model->actors, actor->id);
            hold_free(&model->hold, actor);
            at--; /* what probed past it may have moved here */
        }
    }
    at = 0;
    for (struct view_dispute_seq *dispute; (dispute = table_next(&model->disputes, &at)) != NULL;) {
        if (!is_known(model, NEED_DISPUTE, (struct slice){NULL, 0}, dispute->id.number)) {
            table_remove(&model->disputes, dispute->id);
            hold_free(&model->hold, dispute);
            at--;
        }
    }
    view_next_again(model);
}

static bool is_held(const struct model *model, const struct view_submission *submission)
{
    if (is_known(model, NEED_RESULT, (struct slice){NULL, 0}, submission->id.number))
        return true;
    for (uint32_t i = 0; i < submission->count; i++) {
        const struct view_result *result = submission->items[i];
        const struct view_series *series = result == NULL || !result->has_row ? NULL : view_series(model, &result->row);
        if (series != NULL && series->in_use)
            return true;
    }
    return false;
}

/* A list that a contract uses keeps all; others lose what is about to go. */
static void mark_text(const struct view_text *text)
{
    for (uint32_t i = 0; text->sources != NULL && i < text->source_count; i++) {
        if (text->sources[i].series != NULL)
            text->sources[i].series->in_use = true;
    }
}

static void mark_series(struct model *model)
{
    uint32_t at = 0;
    for (struct view_series *series; (series = table_next(&model->series, &at)) != NULL;)
        series->in_use = false;
    at = 0;
    for (struct view_contract *contract; (contract = table_next(&model->contracts, &at)) != NULL;) {
        mark_text(contract->texts[0]);
        for (uint32_t i = 0; i < contract->amendment_count; i++)
            mark_text(contract->amendments[i]);
    }
}

static void shrink_series(struct model *model)
{
    uint32_t at = 0;
    for (struct view_series *series; (series = table_next(&model->series, &at)) != NULL;) {
        uint32_t kept = 0;
        if (series->in_use)
            continue;
        for (uint32_t i = 0; i < series->count; i++) {
            if (is_held(model, view_submission(model, series->items[i]->row.seq)))
                series->items[kept++] = series->items[i];
        }
        series->count = kept;
        if (kept == 0) {
            table_remove(&model->series, series->id);
            hold_free(&model->hold, series->items);
            hold_free(&model->hold, series);
            at--;
        }
    }
}

static void sweep_results(struct model *model)
{
    mark_series(model);
    shrink_series(model);
    uint32_t at = 0;
    for (struct view_submission *submission; (submission = table_next(&model->submissions, &at)) != NULL;) {
        if (!is_held(model, submission)) {
            table_remove(&model->submissions, submission->id);
            submission_free(model, submission);
            at--; /* what probed past it may have moved here */
        }
    }
}

void model_forget_result_keys(struct model *model)
{
    uint32_t at = 0;
    for (void *item; (item = table_next(&model->result_keys, &at)) != NULL;)
        hold_free(&model->hold, item);
    table_release(&model->result_keys);
}

/* Puts the marks of the contracts used last behind all others, in their order; how many they are. */
static uint32_t set_lasting(struct model *model, struct view_known **marks, uint32_t count)
{
    struct view_known *lasting[MODEL_LASTING_CONTRACTS];
    uint32_t found = 0, kept = count;
    for (uint32_t i = count; i-- > 0;) {
        struct view_contract *contract = (marks[i]->id.number & 15) != NEED_CONTRACT || found == MODEL_LASTING_CONTRACTS
                                             ? NULL
                                             : table_find(&model->contracts, ident_name(marks[i]->id.a));
        if (contract == NULL) {
            marks[--kept] = marks[i];
            continue;
        }
        contract->is_lasting = true;
        lasting[found++] = marks[i];
    }
    memmove(marks, marks + found, (count - found) * sizeof(*marks));
    for (uint32_t i = 0; i < found; i++)
        marks[count - 1 - i] = lasting[i];
    return found;
}

static void unset_lasting(struct model *model)
{
    uint32_t at = 0;
    for (struct view_contract *contract; (contract = table_next(&model->contracts, &at)) != NULL;)
        contract->is_lasting = false;
}

/* Lets go of marks `from` to before `to`, until what is held is small enough. */
static void let_all_go(struct model *model, struct view_known *const *marks, uint32_t from, uint32_t to, size_t max_bytes)
{
    uint32_t step = (to - from) / 8 + 1; /* at a time: sweeping looks at everything */
    while (from < to && model_memory(model) > max_bytes) {
        for (uint32_t stop = from + step; from < stop && from < to; from++)
            let_go(model, marks[from]);
        sweep_contracts(model);
        sweep_results(model);
    }
}

void model_trim(struct model *model, size_t max_bytes, size_t lasting_bytes)
{
    if (model_memory(model) <= max_bytes)
        return;
    model_forget_result_keys(model);
    uint32_t count = model->known.count, at = 0, done = 0;
    struct view_known **marks = hold_alloc(&model->hold, ((size_t) count + 1) * sizeof(struct view_known *));
    if (marks == NULL) {
        view_clear(model);
        return;
    }
    for (struct view_known *known; (known = table_next(&model->known, &at)) != NULL;)
        marks[done++] = known;
    qsort(marks, count, sizeof(struct view_known *), by_use);
    uint32_t first = count - (lasting_bytes > max_bytes ? set_lasting(model, marks, count) : 0);
    followed_clear(model); /* but for those that last */
    let_all_go(model, marks, 0, first, max_bytes);
    unset_lasting(model);
    let_all_go(model, marks, first, count, lasting_bytes > max_bytes ? lasting_bytes : max_bytes);
    hold_free(&model->hold, marks);
}
