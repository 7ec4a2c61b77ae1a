/* Restating and withdrawing results: by their author, the head of a chain, one change at a time (S2, S6). What replaces a result is a
 * result of its own, which is verified, disputed and becomes final like any other. */
#include <stdlib.h>

#include "decide.h"
#include "states.h"

#define CHANGE (d->command->u.change_results)

struct changing {
    const struct command_change *items;
    uint32_t count;
    const struct view_result **of; /* what each replaces */
    struct view_result *results;   /* as they will be */
    struct topic *topics;
    uint32_t topic_count;
    struct contract_list contracts; /* in force, with a metric for any of them */
};

static struct slice pointer(struct deciding *d, uint32_t i, const char *member)
{
    if (CHANGE.is_list)
        return arena_printf(d->arena, "/results/%" PRIu32 "%s%s", i, member[0] == '\0' ? "" : "/", member);
    return strcmp(member, "value") == 0 ? SLICE("/value") : SLICE("");
}

/* Every result of the statement, when none is named. */
static enum tally_code take_all(struct deciding *d, const struct view_submission *submission, struct changing *c)
{
    struct command_change *items = ARENA_ARRAY(d->arena, submission->count, struct command_change);
    if (items == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < submission->count; i++)
        items[i] = (struct command_change){CHANGE.seq, i, {NULL, 0}};
    c->items = items;
    c->count = submission->count;
    return TALLY_OK;
}

static enum tally_code take_named(struct deciding *d, const struct view_submission *submission, struct changing *c)
{
    c->items = CHANGE.items;
    c->count = CHANGE.count;
    if (!CHANGE.is_list && submission->count > 1)
        return REFUSE_AT(d, REFUSE_BODY_SCHEMA, pointer(d, 0, ""),
                         "entry %" PRIu64 " has %" PRIu32 " results: say in results which of them are restated", CHANGE.seq,
                         submission->count);
    return TALLY_OK;
}

static enum tally_code find_one(struct deciding *d, struct changing *c, uint32_t i)
{
    const struct command_change *item = &c->items[i];
    const struct view_result *first = view_result(d->model, item->seq, 0);
    bool is_read = first != NULL && reads_result(d->model, &first->row, d->command->actor);
    c->of[i] = is_read ? view_result(d->model, item->seq, item->item) : NULL;
    if (c->of[i] != NULL)
        return HEAD_COVERS(d, item->seq, "the result");
    if (!is_read)
        return REFUSE_AT(d, REFUSE_RESULT_UNKNOWN, pointer(d, i, "seq"),
                         "entry %" PRIu64 " reports no result: see /v1/results", item->seq);
    return REFUSE_AT(d, REFUSE_RESULT_UNKNOWN, pointer(d, i, "item"),
                     "entry %" PRIu64 " has %" PRIu32 " results, counted from 0: there is no result %" PRIu32, item->seq,
                     view_submission(d->model, item->seq)->count, item->item);
}

static enum tally_code find_all(struct deciding *d, struct changing *c)
{
    enum tally_code rc = TALLY_OK;
    const struct view_submission *submission = NULL;
    STEP(named_submission(d, CHANGE.seq, &submission));
    ENSURE(submission != NULL);
    if (CHANGE.count == 0)
        TRY(take_all(d, submission, c));
    else
        STEP(take_named(d, submission, c));
    ENSURE(c->count >= 1 && c->count <= MODEL_RESULTS_MAX);
    c->of = ARENA_ARRAY(d->arena, (size_t) c->count + 1, const struct view_result *);
    if (c->of == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < c->count && !refused_enough(d); i++) {
        TRY(find_one(d, c, i));
        if (d->refusal != NULL && d->refusal->errors == NULL)
            goto done; /* the head, which is no place of the body */
    }
done:
    return rc;
}

/* ---- who, and what of it ---- */
static bool is_own(const struct deciding *d, const struct view_result *of)
{
    return slice_equal(of->row.author, d->command->actor);
}

/* Its author; or whoever reports for that one now, by an amendment. */
static enum tally_code check_author(struct deciding *d, const struct changing *c)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < c->count && !refused_enough(d); i++) {
        struct contract_list contracts = {0};
        ENSURE(c->of[i] != NULL);
        if (is_own(d, c->of[i]))
            continue;
        TRY(successor_in(d, c->of[i], &contracts));
        if (contracts.count == 0)
            TRY(REFUSE_AT(d, REFUSE_RESULT_NOT_AUTHOR, pointer(d, i, ""),
                          "%.*s reported entry %" PRIu64 ", and this was signed by %.*s", SLICE_ARG(c->of[i]->row.author),
                          c->of[i]->row.seq, SLICE_ARG(d->command->actor)));
    }
done:
    return rc;
}

static enum tally_code check_head(struct deciding *d, const struct changing *c, uint32_t i)
{
    enum tally_code rc = TALLY_OK;
    const struct view_result *of = c->of[i];
    const struct view_contract *in = NULL;
    if (of->is_replaced && is_own(d, of))
        return REFUSE_AT(d, REFUSE_RESULT_SUPERSEDED, pointer(d, i, ""),
                         "entry %" PRIu64 " has replaced result %" PRIu32 " of entry %" PRIu64
                         ": only the newest of a chain can be restated or withdrawn",
                         of->by_seq, of->row.item, of->row.seq);
    if (of->row.is_withdrawal)
        return REFUSE_AT(d, REFUSE_RESULT_WITHDRAWN, pointer(d, i, ""),
                         "entry %" PRIu64 " withdraws a result: once that is final, report it anew", of->row.seq);
    if (!is_own(d, of))
        return successor_check(d, of, pointer(d, i, ""));
    TRY(standing_open(d, of, &in));
    if (in != NULL)
        TRY(REFUSE_AT(d, REFUSE_RESULT_OPEN, pointer(d, i, ""),
                      "entry %" PRIu64 " restates a result and is not final in %.*s yet: one restatement is open at a time",
                      of->row.seq, SLICE_ARG(in->row.id)));
done:
    return rc;
}

static enum tally_code check_heads(struct deciding *d, const struct changing *c)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < c->count && !refused_enough(d); i++)
        TRY(check_head(d, c, i));
done:
    return rc;
}

struct hashed_key {
    uint8_t sha256[32];
    uint32_t item;
};

static int by_hash(const void *a, const void *b)
{
    const struct hashed_key *left = a, *right = b;
    int order = memcmp(left->sha256, right->sha256, sizeof(left->sha256));
    return order != 0 ? order : (left->item > right->item) - (left->item < right->item);
}

/* Results of several authors may be of one key of this actor, and begin one chain of it. */
static enum tally_code check_keys(struct deciding *d, const struct changing *c)
{
    enum tally_code rc = TALLY_OK;
    uint32_t count = 0;
    struct hashed_key *keys = ARENA_ARRAY(d->arena, (size_t) c->count + 1, struct hashed_key);
    if (keys == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < c->count; i++) {
        if (is_own(d, c->of[i]))
            continue;
        keys[count].item = i;
        TRY(successor_key(d, c->of[i], keys[count++].sha256));
    }
    qsort(keys, count, sizeof(*keys), by_hash);
    for (uint32_t i = 1; i < count && !refused_enough(d); i++) {
        if (memcmp(keys[i - 1].sha256, keys[i].sha256, sizeof(keys[i].sha256)) == 0)
            TRY(REFUSE_AT(
                d, REFUSE_RESULT_DUPLICATE, pointer(d, keys[i].item, ""),
                "the same statement restates or withdraws what was reported for these dimensions as /results/%" PRIu32
                ": send one",
                keys[i - 1].item));
    }
done:
    return rc;
}

/* A figure belongs to one contract, which has to be there to take it. */
static enum tally_code check_taken(struct deciding *d, const struct changing *c)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < c->count && !refused_enough(d); i++) {
        ENSURE(c->of[i] != NULL);
        const struct row_result *row = &c->of[i]->row;
        const struct view_contract *contract = row->indicator.len > 0 ? NULL : view_contract(d->model, row->contract);
        if (row->indicator.len > 0 || (contract != NULL && contract_takes(contract->row.state, CONTRACT_DEED_FIGURE)))
            continue;
        TRY(REFUSE_AT(d, REFUSE_CONTRACT_CLOSED, pointer(d, i, ""), "%.*s has closed: what stands there, stands",
                      SLICE_ARG(row->contract)));
    }
done:
    return rc;
}

/* One entry is read by the same readers, whatever it restates. */
static enum tally_code check_readers(struct deciding *d, const struct changing *c)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 1; i < c->count && !refused_enough(d); i++) {
        if (!slice_equal(c->of[i]->row.only_in, c->of[0]->row.only_in))
            TRY(REFUSE_AT(d, REFUSE_RESULT_PRIVATE, pointer(d, i, ""),
                          "entry %" PRIu64 " is open, or not, for others than entry %" PRIu64
                          " is: send one statement for each",
                          c->of[i]->row.seq, c->of[0]->row.seq));
    }
done:
    return rc;
}

/* ---- as results ---- */
static enum tally_code make_one(struct deciding *d, struct changing *c, uint32_t i)
{
    const struct view_result *of = c->of[i];
    struct view_result *result = &c->results[i];
    *result = (struct view_result){
        .row = of->row, .has_row = true, .dimensions = of->dimensions, .dimension_count = of->dimension_count};
    result->row.seq = d->place->seq;
    result->row.item = i;
    result->row.time = d->place->time;
    result->row.is_set = CHANGE.is_set;
    result->row.is_withdrawal = CHANGE.is_withdrawal;
    result->row.of_seq = of->row.seq;
    result->row.of_item = of->row.item;
    result->row.prev_seq = of->row.seq;
    if (!CHANGE.is_withdrawal)
        result->row.value = c->items[i].value;
    return is_own(d, of) ? TALLY_OK : successor_begin(d, of, &result->row);
}

static enum tally_code make_all(struct deciding *d, struct changing *c)
{
    enum tally_code rc = TALLY_OK;
    c->results = ARENA_ARRAY(d->arena, (size_t) c->count + 1, struct view_result);
    if (c->results == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < c->count; i++)
        TRY(make_one(d, c, i));
    for (uint32_t i = 0; i < c->count && !CHANGE.is_withdrawal && !refused_enough(d); i++)
        TRY(check_result_value(d, &c->results[i], pointer(d, i, "value")));
    TRY(topics_make(d, c->results, c->count, &c->topics, &c->topic_count));
done:
    return rc;
}

enum tally_code decide_change_results(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    struct changing c = {0};
    STEP(find_all(d, &c));
    STEP(check_author(d, &c));
    STEP(check_taken(d, &c));
    STEP(check_heads(d, &c));
    STEP(check_keys(d, &c));
    STEP(check_readers(d, &c));
    STEP(make_all(d, &c));
    for (uint32_t i = 0; i < c.count; i++)
        STEP(change_result(d, &c.results[i].row));
    STEP(contract_list_in_force(d, &c.contracts, c.topics, c.topic_count));
    STEP(statement_of_result(d, &c.results[0].row));
    struct news news = {.topics = c.topics, .topic_count = c.topic_count};
    STEP(consequences(d, &news, c.contracts.items, c.contracts.count));
done:
    return rc;
}
