/* From what the model lacks to statements, and from their rows to the model. */
#include "queries.h"
#include "rows_get.h"
#include "store_internal.h"

/* Rounds until nothing is lacking: key, actor, contracts of an indicator, what those need. Each round needs one more thing
 * to be known; more rounds than this say that the model and the tables do not understand each other. */
#define LOAD_ROUNDS_MAX 16

typedef enum tally_code (*take_fn)(struct model *model, const struct pg_rows *rows, int i, struct err *err);

#define TAKE_ROW(type)                                                                                                     \
    MUST_CHECK static enum tally_code take_##type(struct model *model, const struct pg_rows *rows, int i, struct err *err) \
    {                                                                                                                      \
        struct row_##type row;                                                                                             \
        rows_get_##type(rows, i, &row);                                                                                    \
        return model_put_##type(model, &row, err);                                                                         \
    }
TAKE_ROW(indicator)
TAKE_ROW(contract)
TAKE_ROW(party)
TAKE_ROW(amendment)
TAKE_ROW(signer)
TAKE_ROW(use)
TAKE_ROW(figure)
TAKE_ROW(metric)
TAKE_ROW(result)
TAKE_ROW(verification)
TAKE_ROW(final)
TAKE_ROW(dispute)
TAKE_ROW(decision)
TAKE_ROW(instance)
TAKE_ROW(payment)
TAKE_ROW(erasure)
TAKE_ROW(accession)
TAKE_ROW(settlement)

MUST_CHECK static enum tally_code take_actor(struct model *model, const struct pg_rows *rows, int i, struct err *err)
{
    struct row_actor row;
    rows_get_actor(rows, i, 0, &row);
    return model_put_actor(model, &row, err);
}

MUST_CHECK static enum tally_code take_key(struct model *model, const struct pg_rows *rows, int i, struct err *err)
{
    struct row_actor actor;
    struct row_key key;
    rows_get_key(rows, i, &key);
    rows_get_actor(rows, i, ROWS_KEY_ACTOR, &actor);
    enum tally_code rc = model_put_actor(model, &actor, err);
    return rc != TALLY_OK ? rc : model_put_key(model, &key, err);
}

MUST_CHECK static enum tally_code take_result_key(struct model *model, const struct pg_rows *rows, int i, struct err *err)
{
    return model_put_result_key(model, pg_get_bytes(rows, i, 0), (uint64_t) pg_get_int8(rows, i, 1),
                                (uint32_t) pg_get_int4(rows, i, 2), pg_get_bool(rows, i, 3), err);
}

MUST_CHECK static enum tally_code take_version(struct model *model, const struct pg_rows *rows, int i, struct err *err)
{
    return model_put_version(model, pg_get_bytes(rows, i, 0), pg_get_bytes(rows, i, 1), (uint32_t) pg_get_int4(rows, i, 2),
                             err);
}

MUST_CHECK static enum tally_code take_next_moment(struct model *model, const struct pg_rows *rows, int i, struct err *err)
{
    struct instant earliest = {INT64_MAX};
    if (!pg_is_null(rows, i, 0))
        earliest = pg_get_timestamptz(rows, i, 0);
    return model_put_next_moment(model, earliest, err);
}

/* How the needs of a kind become parameters. */
enum ask_by { ASK_NAMES, ASK_NUMBERS, ASK_PAIRS, ASK_INSTANT };

/* Each kind of need, in the order in which its rows go into the model. */
static const struct ask {
    enum need_kind kind;
    enum ask_by by;
    const struct pg_statement *statement;
    take_fn take;
} asks[] = {
    {NEED_KEY, ASK_NAMES, &sql_outcomes_load_keys, take_key},
    {NEED_ACTOR, ASK_NAMES, &sql_outcomes_load_actors, take_actor},
    {NEED_INDICATOR, ASK_NAMES, &sql_outcomes_load_indicators, take_indicator},
    {NEED_CONTRACT, ASK_NAMES, &sql_outcomes_load_contracts, take_contract},
    {NEED_CONTRACT, ASK_NAMES, &sql_outcomes_load_parties, take_party},
    {NEED_CONTRACT, ASK_NAMES, &sql_outcomes_load_amendments, take_amendment},
    {NEED_CONTRACT, ASK_NAMES, &sql_outcomes_load_signers, take_signer},
    {NEED_CONTRACT, ASK_NAMES, &sql_outcomes_load_metrics, take_metric},
    {NEED_CONTRACT, ASK_NAMES, &sql_outcomes_load_contract_results, take_result},
    {NEED_CONTRACT, ASK_NAMES, &sql_outcomes_load_contract_verifications, take_verification},
    {NEED_CONTRACT, ASK_NAMES, &sql_outcomes_load_finals, take_final},
    {NEED_CONTRACT, ASK_NAMES, &sql_outcomes_load_contract_disputes, take_dispute},
    {NEED_CONTRACT, ASK_NAMES, &sql_outcomes_load_contract_decisions, take_decision},
    {NEED_CONTRACT, ASK_NAMES, &sql_outcomes_load_instances, take_instance},
    {NEED_CONTRACT, ASK_NAMES, &sql_outcomes_load_accessions, take_accession},
    {NEED_CONTRACT, ASK_NAMES, &sql_outcomes_load_settlements, take_settlement},
    {NEED_CONTRACT, ASK_NAMES, &sql_outcomes_load_figures, take_figure},
    {NEED_PARTIES, ASK_NAMES, &sql_outcomes_load_contracts, take_contract},
    {NEED_PARTIES, ASK_NAMES, &sql_outcomes_load_parties, take_party},
    {NEED_PARTIES, ASK_NAMES, &sql_outcomes_load_accessions, take_accession},
    {NEED_PARTIES, ASK_NAMES, &sql_outcomes_load_amendments, take_amendment},
    {NEED_PARTIES, ASK_NAMES, &sql_outcomes_load_signers, take_signer},
    {NEED_STANDING, ASK_NAMES, &sql_outcomes_load_finals, take_final},
    {NEED_STANDING, ASK_NAMES, &sql_outcomes_load_instances, take_instance},
    {NEED_USERS, ASK_PAIRS, &sql_outcomes_load_users, take_metric},
    {NEED_RESULT, ASK_NUMBERS, &sql_outcomes_load_results, take_result},
    {NEED_RESULT, ASK_NUMBERS, &sql_outcomes_load_verifications, take_verification},
    {NEED_RESULT_KEY, ASK_NAMES, &sql_outcomes_load_result_keys, take_result_key},
    {NEED_PAYMENT, ASK_NUMBERS, &sql_outcomes_load_payments, take_payment},
    {NEED_DISPUTE, ASK_NUMBERS, &sql_outcomes_load_disputes, take_dispute},
    {NEED_ERASURE, ASK_NUMBERS, &sql_outcomes_load_erasures, take_erasure},
    {NEED_SERIES, ASK_PAIRS, &sql_outcomes_load_series, take_result},
    {NEED_SERIES, ASK_PAIRS, &sql_outcomes_load_series_verifications, take_verification},
    {NEED_USES, ASK_NAMES, &sql_outcomes_load_uses, take_use},
    {NEED_VERSION, ASK_NAMES, &sql_outcomes_load_versions, take_version},
    {NEED_DUE, ASK_INSTANT, &sql_outcomes_load_due_contracts, take_contract},
    {NEED_DUE, ASK_INSTANT, &sql_outcomes_load_next_moment, take_next_moment},
};
#define ASK_COUNT (sizeof(asks) / sizeof(asks[0]))
_Static_assert(ASK_COUNT <= LOAD_STATEMENTS_MAX, "a store has room for the rows of every statement");
_Static_assert(ASK_COUNT < PG_PIPELINE_MAX, "all of them fit into one pipeline");

void load_drop(struct store *store)
{
    for (size_t i = 0; i < ASK_COUNT; i++) {
        pg_rows_free(store->rows[i]);
        store->rows[i] = NULL;
    }
    store->asked = (struct needs){0};
}

/* The parameters for all needs of one kind; none when there is no such need. */
MUST_CHECK static enum tally_code ask_params(const struct needs *needs, enum need_kind kind, enum ask_by by,
                                             struct pg_params *params, uint32_t *count, struct err *err)
{
    struct slice *names = ARENA_ARRAY(needs->arena, needs->count, struct slice);
    int64_t *numbers = ARENA_ARRAY(needs->arena, needs->count, int64_t);
    if (names == NULL || numbers == NULL)
        return err_set(err, TALLY_E_LIMIT, "the batch's memory is full with %u needs", needs->count);
    struct instant latest = {INT64_MIN};
    uint32_t n = 0;
    for (uint32_t i = 0; i < needs->count; i++) {
        const struct need *need = &needs->items[i];
        if (need->kind != kind)
            continue;
        names[n] = need->name.ptr == NULL ? SLICE("") : need->name;
        numbers[n] = need->number > INT64_MAX ? -1 : (int64_t) need->number; /* -1 is no entry and no version */
        latest.us = latest.us < (int64_t) need->number ? (int64_t) need->number : latest.us;
        n++;
    }
    pg_params_init(params, needs->arena);
    if (by == ASK_NAMES || by == ASK_PAIRS)
        pg_add_text_array(params, names, n);
    if (by == ASK_NUMBERS || by == ASK_PAIRS)
        pg_add_int8_array(params, numbers, n);
    if (by == ASK_INSTANT && n != 0)
        pg_add_timestamptz(params, latest);
    *count = n;
    return TALLY_OK;
}

MUST_CHECK static enum tally_code queue(struct store *store, struct pg *pg, const struct needs *needs, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_params params;
    uint32_t count = 0;
    pg_params_init(&params, needs->arena);
    load_drop(store);
    TRY(pg_pipeline_add(pg, &sql_outcomes_load_with_indexes, &params, NULL, err));
    for (size_t i = 0; i < ASK_COUNT; i++) {
        if (i == 0 || asks[i].kind != asks[i - 1].kind)
            TRY(ask_params(needs, asks[i].kind, asks[i].by, &params, &count, err));
        if (count != 0)
            TRY(pg_pipeline_add(pg, asks[i].statement, &params, &store->rows[i], err));
    }
    store->asked = *needs;
done:
    return rc;
}

struct batch {
    const struct command *const *commands;
    size_t count;
};

MUST_CHECK static enum tally_code batch_lacks(const struct model *model, const void *of, struct needs *needs,
                                              struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct batch *batch = of;
    for (size_t i = 0; i < batch->count; i++)
        TRY(model_needs(model, batch->commands[i], needs, err));
done:
    return rc;
}

enum tally_code store_queue_load(struct store *store, struct pg *pg, struct arena *arena,
                                 const struct command *const *commands, size_t count, struct instant now, bool is_on_trust,
                                 bool *any, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct needs needs = {.arena = arena, .is_on_trust = is_on_trust};
    const struct batch batch = {commands, count};
    load_drop(store); /* what was queued for a pipeline that failed */
    TRY(batch_lacks(store->model, &batch, &needs, err));
    TRY(model_needs_due(store->model, now, &needs, err));
    if (needs.count != 0)
        TRY(queue(store, pg, &needs, err));
    *any = needs.count != 0;
done:
    return rc;
}

enum tally_code store_take_load(struct store *store, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (size_t i = 0; i < ASK_COUNT; i++) {
        int count = store->rows[i] == NULL ? 0 : pg_rows_count(store->rows[i]);
        for (int row = 0; row < count; row++)
            TRY(asks[i].take(store->model, store->rows[i], row, err));
    }
    for (uint32_t i = 0; i < store->asked.count; i++)
        TRY(model_loaded(store->model, &store->asked.items[i], err));
done:
    load_drop(store);
    return rc;
}

/* One round trip for these needs. */
MUST_CHECK static enum tally_code fetch(struct store *store, struct pg *pg, const struct needs *needs, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(pg_pipeline_begin(pg, false, err));
    TRY(queue(store, pg, needs, err));
    TRY(pg_pipeline_run(pg, err));
    TRY(store_take_load(store, err));
done:
    load_drop(store);
    return rc;
}

/* What the model lacks of what is asked for; `of` says what that is. */
typedef enum tally_code (*lacks_fn)(const struct model *model, const void *of, struct needs *needs, struct err *err);

/* Rounds until nothing is lacking, all of one moment: what the sequencer commits meanwhile would else be in some of the rows, and others would
 * be of before it. */
MUST_CHECK static enum tally_code load(struct store *store, struct pg *pg, struct arena *arena, lacks_fn lacks,
                                       const void *of, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool is_begun = false;
    for (int round = 0; round < LOAD_ROUNDS_MAX; round++) {
        struct needs needs = {.arena = arena};
        TRY(lacks(store->model, of, &needs, err));
        if (needs.count == 0)
            goto done;
        if (!is_begun)
            TRY(pg_begin_snapshot(pg, err));
        is_begun = true;
        TRY(fetch(store, pg, &needs, err));
    }
    rc = err_set(err, TALLY_E_BUG, "after %d rounds of loading the model still lacks something", LOAD_ROUNDS_MAX);
done:
    if (is_begun)
        pg_rollback(pg);
    return rc;
}

enum tally_code store_load(struct store *store, struct pg *pg, struct arena *arena, const struct command *const *commands,
                           size_t count, struct err *err)
{
    const struct batch batch = {commands, count};
    return load(store, pg, arena, batch_lacks, &batch, err);
}

MUST_CHECK static enum tally_code contract_lacks(const struct model *model, const void *id, struct needs *needs,
                                                 struct err *err)
{
    return model_needs_contract(model, *(const struct slice *) id, needs, err);
}

enum tally_code store_load_contract(struct store *store, struct pg *pg, struct arena *arena, struct slice id,
                                    struct err *err)
{
    return load(store, pg, arena, contract_lacks, &id, err);
}

MUST_CHECK static enum tally_code parties_lack(const struct model *model, const void *id, struct needs *needs,
                                               struct err *err)
{
    return model_needs_parties(model, *(const struct slice *) id, needs, err);
}

enum tally_code store_load_parties(struct store *store, struct pg *pg, struct arena *arena, struct slice id,
                                   struct err *err)
{
    return load(store, pg, arena, parties_lack, &id, err);
}

MUST_CHECK static enum tally_code result_lacks(const struct model *model, const void *seq, struct needs *needs,
                                               struct err *err)
{
    return model_needs_result(model, *(const uint64_t *) seq, needs, err);
}

enum tally_code store_load_result(struct store *store, struct pg *pg, struct arena *arena, uint64_t seq, struct err *err)
{
    return load(store, pg, arena, result_lacks, &seq, err);
}
