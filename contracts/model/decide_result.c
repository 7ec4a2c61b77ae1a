/* Results: who may report them, that each is the first of its key, and what follows from them. */
#include <stdlib.h>

#include "decide.h"
#include "states.h"
#include "value_form.h"

#define RESULTS (d->command->u.submit_results)

struct reporting {
    struct view_result *results; /* as they will be, by item */
    struct topic *topics;
    uint32_t topic_count;
    struct contract_list contracts; /* in force, with a metric for any of them */
};

struct slice result_pointer(struct deciding *d, uint32_t item, const char *member)
{
    return RESULTS.is_list ? arena_printf(d->arena, "/results/%" PRIu32 "/%s", item, member)
                           : arena_printf(d->arena, "/%s", member);
}

/* ---- what is submitted, as rows ---- */
static enum tally_code result_read(struct deciding *d, uint32_t item, struct view_result *out)
{
    enum tally_code rc = TALLY_OK;
    const struct command_result *given = &RESULTS.results[item];
    struct buf text;
    buf_init(&text, RESULT_KEY_MAX);
    dimensions_write(given, &text);
    TRY(buf_check(&text, d->err));
    out->row = (struct row_result){
        .seq = d->place->seq,
        .item = item,
        .indicator = given->is_figure ? SLICE("") : given->indicator,
        .version = given->is_figure ? 0 : given->version,
        .contract = given->is_figure ? given->contract : SLICE(""),
        .metric = given->is_figure ? given->metric : SLICE(""),
        .value = given->value,
        .author = d->command->actor,
        .time = d->place->time,
        .is_set = RESULTS.is_set,
        .of_seq = ROW_NO_SEQ,
        .first_seq = d->place->seq,
        .first_item = item,
        .first_time = d->place->time,
    };
    TRY(keep(d, buf_slice(&text), &out->row.dimensions));
    out->has_row = true;
    out->dimension_count = given->dimension_count;
    out->dimensions = ARENA_ARRAY(d->arena, (size_t) given->dimension_count + 1, struct terms_dimension_value);
    if (out->dimensions == NULL) {
        rc = no_arena(d);
        goto done;
    }
    for (uint32_t i = 0; i < given->dimension_count; i++)
        out->dimensions[i] = (struct terms_dimension_value){given->dimensions[i].name, given->dimensions[i].member};
done:
    buf_release(&text);
    return rc;
}

static enum tally_code read_all(struct deciding *d, struct reporting *r)
{
    enum tally_code rc = TALLY_OK;
    r->results = ARENA_ARRAY(d->arena, (size_t) RESULTS.count + 1, struct view_result);
    if (r->results == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < RESULTS.count; i++)
        TRY(result_read(d, i, &r->results[i]));
    TRY(topics_make(d, r->results, RESULTS.count, &r->topics, &r->topic_count));
done:
    return rc;
}

/* ---- what they name ---- */
static enum tally_code check_named(struct deciding *d, const struct row_result *row)
{
    if (row->indicator.len == 0) {
        const struct view_contract *contract = view_contract(d->model, row->contract);
        if (contract == NULL || !reads_contract(contract, d->command->actor))
            return REFUSE_AT(d, REFUSE_CONTRACT_UNKNOWN, result_pointer(d, row->item, "contract"),
                             "no contract is called %.*s: see /v1/contracts", SLICE_ARG(row->contract));
        return HEAD_COVERS(d, contract->row.seq, "the proposal of %.*s", SLICE_ARG(row->contract));
    }
    const struct row_indicator *indicator = view_indicator(d->model, row->indicator, row->version);
    if (indicator == NULL) {
        uint32_t latest = view_indicator_latest(d->model, row->indicator);
        return REFUSE_AT(d, REFUSE_INDICATOR_UNKNOWN, result_pointer(d, row->item, latest == 0 ? "indicator" : "version"),
                         "%.*s version %" PRIu32 " is not defined (%" PRIu32 " versions are): see /v1/indicators",
                         SLICE_ARG(row->indicator), row->version, latest);
    }
    return HEAD_COVERS(d, indicator->seq, "version %" PRIu32 " of %.*s", row->version, SLICE_ARG(row->indicator));
}

/* ---- who may report ---- */
static bool is_reporter(const struct deciding *d, const struct view_contract *contract, uint32_t text,
                        const struct terms_metric *metric)
{
    const struct terms *terms = contract->texts[text]->terms;
    bool is = false;
    for (uint32_t k = 0; k < metric->reporter_count && !is; k++) {
        uint32_t party = metric->reporters[k];
        if (party < terms_party_count(terms))
            is = slice_equal(party_at(contract, text, party, d->place->seq)->actor, d->command->actor);
        else /* or as a member of a class, for which the text says so */
            is = view_accession(contract, terms_party(terms, party)->name, d->command->actor, d->place->seq) != NULL;
    }
    for (uint32_t i = 0; metric->reporter_count == 0 && i < contract->texts[text]->party_count && !is; i++)
        is = slice_equal(party_at(contract, text, i, d->place->seq)->actor, d->command->actor);
    return is;
}

static enum tally_code reports_for(struct deciding *d, const struct view_contract *contract, const struct row_result *row,
                                   bool *yes)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    *yes = false;
    if (!view_was_party(contract, d->command->actor) && !view_has_acceded(contract, d->command->actor))
        return TALLY_OK; /* before compiling: anybody may ask this of every contract of an indicator */
    TRY(terms_of(d->model, contract, &terms, d->err));
    for (uint32_t k = contract->text_count; k-- > 0;) {
        terms = contract->texts[k]->terms;
        for (uint32_t i = 0; i < terms_metric_count(terms) && !*yes; i++)
            *yes = fit_is_source(contract, terms_metric(terms, i), row) && fit_governs(contract, k, i, d->place->seq) &&
                   is_reporter(d, contract, k, terms_metric(terms, i));
    }
done:
    return rc;
}

/* Of a contract that takes no results: whether it will, once it is signed, or never again. */
static enum refusal_code closed_or_waiting(const struct view_contract *contract)
{
    return contract->row.state == CONTRACT_CLOSED ? REFUSE_CONTRACT_CLOSED : REFUSE_CONTRACT_NOT_IN_FORCE;
}

static const char *state_text(const struct view_contract *contract)
{
    return contract->row.state == CONTRACT_CLOSED ? "closed" : "not signed as its terms require";
}

/* An indicator's results come from the backbone, or from a reporter of a contract in force that uses it. */
static enum tally_code check_reporter(struct deciding *d, const struct row_result *row)
{
    enum tally_code rc = TALLY_OK;
    struct contract_list users = {0};
    const struct view_contract *waiting = NULL;
    if (d->actor->row.is_backbone)
        return TALLY_OK;
    TRY(contract_list_users(d, &users, row));
    contract_list_sort(&users); /* the one that is named does not depend on how they were loaded */
    for (uint32_t i = 0; i < users.count; i++) {
        bool reports = false;
        if (waiting != NULL && !contract_takes(users.items[i]->row.state, CONTRACT_DEED_RESULT))
            continue;
        TRY(reports_for(d, users.items[i], row, &reports));
        if (reports && contract_takes(users.items[i]->row.state, CONTRACT_DEED_RESULT))
            return TALLY_OK;
        waiting = reports ? users.items[i] : waiting;
    }
    if (waiting != NULL)
        return REFUSE_AT(d, closed_or_waiting(waiting), result_pointer(d, row->item, "indicator"),
                         "%.*s reports %.*s for %.*s alone, which is %s", SLICE_ARG(d->command->actor),
                         SLICE_ARG(row->indicator), SLICE_ARG(waiting->row.id), state_text(waiting));
    return REFUSE_AT(d, REFUSE_RESULT_NOT_REPORTER, result_pointer(d, row->item, "indicator"),
                     "%.*s reports %.*s version %" PRIu32 " in no contract and has not the role backbone",
                     SLICE_ARG(d->command->actor), SLICE_ARG(row->indicator), row->version);
done:
    return rc;
}

/* The newest text that has a figure of its own of that name; TERMS_NONE: none has. */
static uint32_t figure_text(const struct view_contract *contract, struct slice name)
{
    for (uint32_t k = contract->text_count; k-- > 0;) {
        uint32_t i = terms_find_metric(contract->texts[k]->terms, name);
        if (i != TERMS_NONE && terms_metric(contract->texts[k]->terms, i)->source == AST_SOURCE_TEXT)
            return k;
    }
    return TERMS_NONE;
}

static enum tally_code check_figure(struct deciding *d, const struct row_result *row)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    const struct view_contract *contract = view_contract(d->model, row->contract);
    if (!contract_takes(contract->row.state, CONTRACT_DEED_FIGURE))
        return REFUSE_AT(d, closed_or_waiting(contract), result_pointer(d, row->item, "contract"),
                         "%.*s is %s: it takes no figures", SLICE_ARG(row->contract), state_text(contract));
    TRY(terms_of(d->model, contract, &terms, d->err));
    uint32_t text = figure_text(contract, row->metric), i = TERMS_NONE;
    if (text != TERMS_NONE)
        i = terms_find_metric(contract->texts[text]->terms, row->metric);
    if (i == TERMS_NONE)
        return REFUSE_AT(d, REFUSE_BODY_SCHEMA, result_pointer(d, row->item, "metric"),
                         "%.*s has no metric %.*s that is a figure of its own: see /v1/contracts/%.*s/terms",
                         SLICE_ARG(row->contract), SLICE_ARG(row->metric), SLICE_ARG(row->contract));
    if (!is_reporter(d, contract, text, terms_metric(contract->texts[text]->terms, i)))
        return REFUSE_AT(d, REFUSE_RESULT_NOT_REPORTER, result_pointer(d, row->item, "metric"),
                         "%.*s does not report %.*s of %.*s", SLICE_ARG(d->command->actor), SLICE_ARG(row->metric),
                         SLICE_ARG(row->contract));
done:
    return rc;
}

/* ---- what they say ---- */
static enum tally_code check_figure_fits(struct deciding *d, const struct view_result *result, struct slice pointer)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    struct slice key, why = {NULL, 0}, first = {NULL, 0};
    bool fits = false;
    const struct view_contract *contract = view_contract(d->model, result->row.contract);
    TRY(terms_of(d->model, contract, &terms, d->err));
    for (uint32_t k = contract->text_count; k-- > 0 && !fits;) { /* why not is what the newest says */
        uint32_t metric = terms_find_metric(contract->texts[k]->terms, result->row.metric);
        if (metric == TERMS_NONE || terms_metric(contract->texts[k]->terms, metric)->source != AST_SOURCE_TEXT)
            continue;
        TRY(fit_one(d->model, contract, k, metric, result, d->arena, &fits, &key, &why, d->err));
        first = first.ptr == NULL ? why : first;
    }
    if (!fits)
        return REFUSE_AT(d, REFUSE_RESULT_VALUE, pointer, "%.*s of %.*s: %.*s", SLICE_ARG(result->row.metric),
                         SLICE_ARG(result->row.contract), SLICE_ARG(first));
done:
    return rc;
}

enum tally_code check_result_value(struct deciding *d, const struct view_result *result, struct slice pointer)
{
    const struct row_result *row = &result->row;
    if (row->indicator.len == 0)
        return check_figure_fits(d, result, pointer);
    struct slice unit = view_indicator(d->model, row->indicator, row->version)->unit;
    const char *wanted = value_form_wanted(unit, row->value);
    if (wanted == NULL)
        return TALLY_OK;
    return REFUSE_AT(d, REFUSE_RESULT_VALUE, pointer, "\"%.*s\" is no value in %.*s, as %.*s is defined: write %s",
                     SLICE_ARG(row->value), SLICE_ARG(unit), SLICE_ARG(row->indicator), wanted);
}

/* ---- that they are new ---- */
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

static enum tally_code hash_keys(struct deciding *d, const struct reporting *r, struct hashed_key *keys)
{
    enum tally_code rc = TALLY_OK;
    struct buf text;
    buf_init(&text, RESULT_KEY_MAX);
    for (uint32_t i = 0; i < RESULTS.count; i++) {
        const struct row_result *row = &r->results[i].row;
        buf_clear(&text);
        result_key_write(row->indicator, row->version, row->contract, row->metric, row->dimensions, row->author, &text);
        TRY(buf_check(&text, d->err));
        d->model->ports.sha256("", buf_slice(&text), keys[i].sha256);
        keys[i].item = i;
    }
done:
    buf_release(&text);
    return rc;
}

static struct slice whole_pointer(struct deciding *d, uint32_t item)
{
    return RESULTS.is_list ? arena_printf(d->arena, "/results/%" PRIu32, item) : SLICE("");
}

/* A key is reported once, and anew when it has been withdrawn (S6). */
static enum tally_code check_begins(struct deciding *d, struct view_result *result, const struct view_result_key *newest)
{
    enum tally_code rc = TALLY_OK;
    const struct view_contract *in = NULL;
    if (newest == NULL)
        return TALLY_OK;
    if (!newest->is_withdrawal)
        return REFUSE_AT(d, REFUSE_RESULT_DUPLICATE, whole_pointer(d, result->row.item),
                         "%.*s has reported this for these dimensions before, last with entry %" PRIu64
                         ": what is recorded stays; a correction is a restatement of it",
                         SLICE_ARG(d->command->actor), newest->seq);
    result->row.prev_seq = newest->seq;
    const struct view_result *withdrawal = view_result(d->model, newest->seq, newest->item);
    if (withdrawal != NULL) /* otherwise no contract in force follows it */
        TRY(standing_open(d, withdrawal, &in));
    if (in != NULL)
        TRY(REFUSE_AT(d, REFUSE_RESULT_OPEN, whole_pointer(d, result->row.item),
                      "entry %" PRIu64 " withdraws what was reported for these dimensions, and is not final in %.*s yet: "
                      "report it anew when it is",
                      newest->seq, SLICE_ARG(in->row.id)));
done:
    return rc;
}

static enum tally_code check_new(struct deciding *d, const struct reporting *r)
{
    enum tally_code rc = TALLY_OK;
    struct hashed_key *keys = ARENA_ARRAY(d->arena, (size_t) RESULTS.count + 1, struct hashed_key);
    if (keys == NULL)
        return no_arena(d);
    TRY(hash_keys(d, r, keys));
    for (uint32_t i = 0; i < RESULTS.count && !refused_enough(d); i++)
        TRY(check_begins(d, &r->results[i], view_newest(d->model, keys[i].sha256)));
    qsort(keys, RESULTS.count, sizeof(*keys), by_hash);
    for (uint32_t i = 1; i < RESULTS.count && !refused_enough(d); i++) {
        if (memcmp(keys[i - 1].sha256, keys[i].sha256, sizeof(keys[i].sha256)) == 0)
            TRY(REFUSE_AT(d, REFUSE_RESULT_DUPLICATE, whole_pointer(d, keys[i].item),
                          "the same statement has a result for these dimensions as /results/%" PRIu32 ": send one",
                          keys[i - 1].item));
    }
done:
    return rc;
}

/* Who may read each result is asked once for what is measured; one entry is read by the same readers. */
static enum tally_code check_readers(struct deciding *d, const struct reporting *r)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < r->topic_count && !refused_enough(d); i++) {
        const struct row_result *row = &r->topics[i].results[0]->row;
        struct slice only_in = SLICE("");
        TRY(result_only_in(d, row, RESULTS.is_private, &only_in));
        if (RESULTS.is_private && only_in.len == 0)
            TRY(REFUSE_AT(d, REFUSE_RESULT_PRIVATE, SLICE("/open"),
                          "%.*s has signed no contract with a metric of %.*s version %" PRIu32
                          ": a result that is not open would be for nobody",
                          SLICE_ARG(d->command->actor), SLICE_ARG(row->indicator), row->version));
        for (uint32_t k = 0; k < r->topics[i].count; k++)
            r->results[r->topics[i].results[k]->row.item].row.only_in = only_in;
    }
    for (uint32_t i = 1; i < RESULTS.count && !refused_enough(d); i++) {
        if (!slice_equal(r->results[i].row.only_in, r->results[0].row.only_in))
            TRY(REFUSE_AT(d, REFUSE_RESULT_PRIVATE, whole_pointer(d, i),
                          "is open, or not, for others than the first: send one statement for each"));
    }
done:
    return rc;
}

static enum tally_code check_all(struct deciding *d, const struct reporting *r)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < r->topic_count && !refused_enough(d); i++) {
        TRY(check_named(d, &r->topics[i].results[0]->row));
        if (d->refusal != NULL && d->refusal->errors == NULL)
            goto done; /* the head, which is no place of the body */
    }
    if (d->refusal != NULL)
        goto done;
    for (uint32_t i = 0; i < r->topic_count; i++) {
        const struct row_result *row = &r->topics[i].results[0]->row;
        STEP(row->indicator.len == 0 ? check_figure(d, row) : check_reporter(d, row));
    }
    for (uint32_t i = 0; i < r->topic_count && !refused_enough(d); i++)
        TRY(check_pseudonyms(d, &r->topics[i]));
    if (d->refusal != NULL)
        goto done;
    for (uint32_t i = 0; i < RESULTS.count && !refused_enough(d); i++)
        TRY(check_result_value(d, &r->results[i], result_pointer(d, i, "value")));
    if (d->refusal == NULL)
        TRY(check_new(d, r));
    if (d->refusal == NULL)
        TRY(check_readers(d, r));
done:
    return rc;
}

enum tally_code decide_submit_results(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    struct reporting r = {0};
    ENSURE(RESULTS.count >= 1 && RESULTS.count <= MODEL_RESULTS_MAX);
    STEP(read_all(d, &r));
    STEP(check_all(d, &r));
    for (uint32_t i = 0; i < RESULTS.count; i++)
        STEP(change_result(d, &r.results[i].row));
    STEP(contract_list_in_force(d, &r.contracts, r.topics, r.topic_count));
    STEP(statement_of_result(d, &r.results[0].row));
    struct news news = {.topics = r.topics, .topic_count = r.topic_count};
    STEP(consequences(d, &news, r.contracts.items, r.contracts.count));
done:
    return rc;
}
