/* From what was recorded to one INSERT for each table: a column of the rows becomes one array. */
#include "queries.h"
#include "rows_get.h"
#include "store_internal.h"

/* The rows of one table on their way into parameters. */
struct columns {
    struct arena *arena;
    struct pg_params params;
    const char *rows;
    size_t count, stride;
    bool is_full; /* the arena */
};

static const void *cell(const struct columns *c, size_t i, size_t offset)
{
    return c->rows + i * c->stride + offset;
}

/* An array for one column, or NULL with is_full set. */
static void *column_new(struct columns *c, size_t size)
{
    void *values = arena_alloc_array(c->arena, c->count, size);
    c->is_full = c->is_full || values == NULL;
    return values;
}

static void add_text(struct columns *c, size_t offset)
{
    struct slice *values = column_new(c, sizeof(*values));
    for (size_t i = 0; values != NULL && i < c->count; i++) {
        values[i] = *(const struct slice *) cell(c, i, offset);
        if (values[i].ptr == NULL)
            values[i] = SLICE(""); /* a NULL pointer would be SQL's NULL */
    }
    if (values != NULL)
        pg_add_text_array(&c->params, values, c->count);
}

static void add_hash(struct columns *c, size_t offset)
{
    struct slice *values = column_new(c, sizeof(*values));
    for (size_t i = 0; values != NULL && i < c->count; i++)
        values[i] = slice_of(cell(c, i, offset), 32);
    if (values != NULL)
        pg_add_bytea_array(&c->params, values, c->count);
}

/* A number of 64 bits: a seq (-1 for none) or a count. */
static void add_u64(struct columns *c, size_t offset)
{
    int64_t *values = column_new(c, sizeof(*values));
    for (size_t i = 0; values != NULL && i < c->count; i++)
        values[i] = (int64_t) * (const uint64_t *) cell(c, i, offset); /* ROW_NO_SEQ becomes -1 */
    if (values != NULL)
        pg_add_int8_array(&c->params, values, c->count);
}
_Static_assert((int64_t) ROW_NO_SEQ == -1, "what the statements take for no entry");

static void add_u32(struct columns *c, size_t offset)
{
    int64_t *values = column_new(c, sizeof(*values));
    for (size_t i = 0; values != NULL && i < c->count; i++)
        values[i] = *(const uint32_t *) cell(c, i, offset);
    if (values != NULL)
        pg_add_int8_array(&c->params, values, c->count);
}

static void add_bool(struct columns *c, size_t offset)
{
    bool *values = column_new(c, sizeof(*values));
    for (size_t i = 0; values != NULL && i < c->count; i++)
        values[i] = *(const bool *) cell(c, i, offset);
    if (values != NULL)
        pg_add_bool_array(&c->params, values, c->count);
}

static void add_day(struct columns *c, size_t offset)
{
    int32_t *values = column_new(c, sizeof(*values));
    for (size_t i = 0; values != NULL && i < c->count; i++)
        values[i] = *(const int32_t *) cell(c, i, offset);
    if (values != NULL)
        pg_add_date_array(&c->params, values, c->count);
}

static void add_instant(struct columns *c, size_t offset)
{
    struct instant *values = column_new(c, sizeof(*values));
    for (size_t i = 0; values != NULL && i < c->count; i++)
        values[i] = *(const struct instant *) cell(c, i, offset);
    if (values != NULL)
        pg_add_timestamptz_array(&c->params, values, c->count);
}

/* One call for each column, in the order of the statement's parameters. */
#define TEXT(type, member) add_text(c, offsetof(struct row_##type, member))
#define HASH(type, member) add_hash(c, offsetof(struct row_##type, member))
#define U64(type, member) add_u64(c, offsetof(struct row_##type, member))
#define U32(type, member) add_u32(c, offsetof(struct row_##type, member))
#define BOOL(type, member) add_bool(c, offsetof(struct row_##type, member))
#define DAY(type, member) add_day(c, offsetof(struct row_##type, member))
#define INSTANT(type, member) add_instant(c, offsetof(struct row_##type, member))

static void add_actors(struct columns *c)
{
    TEXT(actor, id);
    TEXT(actor, kind);
    TEXT(actor, name);
    BOOL(actor, is_operator);
    BOOL(actor, is_backbone);
    TEXT(actor, registered_by);
    U64(actor, seq);
}

static void add_keys(struct columns *c)
{
    TEXT(key, kid);
    TEXT(key, actor);
    TEXT(key, x);
    U64(key, added_seq);
    U64(key, revoked_seq);
}

static void add_indicators(struct columns *c)
{
    TEXT(indicator, slug);
    U32(indicator, version);
    U64(indicator, seq);
    HASH(indicator, entry);
    TEXT(indicator, name);
    TEXT(indicator, definition);
    TEXT(indicator, unit);
    TEXT(indicator, kind);
    BOOL(indicator, lower_is_better);
    TEXT(indicator, defined_by);
}

/* state as its name, and next_moment as two columns: there is no array with NULLs of moments. */
static void add_contract_state(struct columns *c)
{
    struct slice *states = column_new(c, sizeof(*states));
    bool *has_moments = column_new(c, sizeof(*has_moments));
    struct instant *moments = column_new(c, sizeof(*moments));
    if (c->is_full)
        return;
    for (size_t i = 0; i < c->count; i++) {
        const struct row_contract *row = cell(c, i, 0);
        states[i] = contract_state_name(row->state);
        has_moments[i] = row->next_moment.us != INT64_MAX;
        moments[i] = has_moments[i] ? row->next_moment : (struct instant){0};
    }
    pg_add_text_array(&c->params, states, c->count);
    pg_add_bool_array(&c->params, has_moments, c->count);
    pg_add_timestamptz_array(&c->params, moments, c->count);
}

static void add_contracts(struct columns *c)
{
    TEXT(contract, id);
    TEXT(contract, slug);
    TEXT(contract, title);
    TEXT(contract, text);
    TEXT(contract, proposed_by);
    U32(contract, version);
    HASH(contract, version_hash);
    HASH(contract, terms_hash);
    TEXT(contract, manifest);
    BOOL(contract, open);
    U64(contract, seq);
    U64(contract, activated_seq);
    add_u64(c, offsetof(struct recorded_contract, closed_seq));
    add_contract_state(c);
    U64(contract, next_first);
    BOOL(contract, is_full);
}

static void add_parties(struct columns *c)
{
    TEXT(party, contract);
    U32(party, place);
    TEXT(party, party);
    TEXT(party, role);
    TEXT(party, label);
    TEXT(party, actor);
    TEXT(party, kid);
    U64(party, signed_seq);
}

static void add_amendments(struct columns *c)
{
    TEXT(amendment, contract);
    U64(amendment, seq);
    U32(amendment, version);
    TEXT(amendment, title);
    TEXT(amendment, text);
    TEXT(amendment, manifest);
    TEXT(amendment, proposed_by);
    HASH(amendment, version_hash);
    HASH(amendment, terms_hash);
    U64(amendment, in_force_seq);
}

static void add_signers(struct columns *c)
{
    TEXT(signer, party.contract);
    TEXT(signer, party.party);
    U32(signer, party.place);
    TEXT(signer, party.role);
    TEXT(signer, party.label);
    TEXT(signer, party.actor);
    TEXT(signer, party.kid);
    U64(signer, party.signed_seq);
    U64(signer, amendment_seq);
    BOOL(signer, is_leaving);
}

static void add_uses(struct columns *c)
{
    TEXT(use, contract);
    U64(use, text_seq);
    U32(use, place);
    TEXT(use, used);
    U32(use, used_version);
    BOOL(use, as_amended);
}

static void add_figures(struct columns *c)
{
    TEXT(figure, contract);
    TEXT(figure, metric);
    TEXT(figure, key);
    U64(figure, version);
    struct slice *standings = column_new(c, sizeof(*standings));
    for (size_t i = 0; standings != NULL && i < c->count; i++)
        standings[i] = figure_standing_name(((const struct row_figure *) cell(c, i, 0))->standing);
    if (standings != NULL)
        pg_add_text_array(&c->params, standings, c->count);
    TEXT(figure, value);
    TEXT(figure, reason);
    BOOL(figure, was_known);
    BOOL(figure, has_closed);
}

static void add_metrics(struct columns *c)
{
    TEXT(metric, contract);
    U32(metric, place);
    TEXT(metric, metric);
    TEXT(metric, indicator);
    U32(metric, indicator_version);
    U64(metric, text_seq);
}

static void add_results(struct columns *c)
{
    U64(result, seq);
    U32(result, item);
    TEXT(result, indicator);
    U32(result, version);
    TEXT(result, contract);
    TEXT(result, metric);
    TEXT(result, dimensions);
    TEXT(result, value);
    TEXT(result, author);
    INSTANT(result, time);
    BOOL(result, is_set);
}

static void add_changes(struct columns *c)
{
    add_results(c);
    U64(result, of_seq);
    U32(result, of_item);
    U64(result, first_seq);
    U32(result, first_item);
    INSTANT(result, first_time);
    BOOL(result, is_withdrawal);
    U64(result, prev_seq);
    TEXT(result, only_in);
}

static void add_verifications(struct columns *c)
{
    U64(verification, result_seq);
    U32(verification, item);
    TEXT(verification, actor);
    U64(verification, seq);
    INSTANT(verification, time);
}

static void add_finals(struct columns *c)
{
    TEXT(final, contract);
    TEXT(final, metric);
    U64(final, result_seq);
    U32(final, item);
    TEXT(final, key);
    U64(final, seq);
    U64(final, first_seq);
    U64(final, began_seq);
    INSTANT(final, time);
    BOOL(final, is_none);
    TEXT(final, replaced);
    U32(final, version);
}

/* Two columns, as a contract's next moment. */
static void add_lapses(struct columns *c)
{
    bool *has = column_new(c, sizeof(*has));
    struct instant *moments = column_new(c, sizeof(*moments));
    if (c->is_full)
        return;
    for (size_t i = 0; i < c->count; i++) {
        const struct row_dispute *row = cell(c, i, 0);
        has[i] = row->lapses.us != INT64_MAX;
        moments[i] = has[i] ? row->lapses : (struct instant){0};
    }
    pg_add_bool_array(&c->params, has, c->count);
    pg_add_timestamptz_array(&c->params, moments, c->count);
}

static void add_disputes(struct columns *c)
{
    U64(dispute, seq);
    U32(dispute, item);
    TEXT(dispute, contract);
    U64(dispute, result_seq);
    TEXT(dispute, actor);
    TEXT(dispute, reason);
    INSTANT(dispute, time);
    add_lapses(c);
}

static void add_kinds(struct columns *c)
{
    struct slice *kinds = column_new(c, sizeof(*kinds));
    for (size_t i = 0; kinds != NULL && i < c->count; i++)
        kinds[i] = decision_name(((const struct row_decision *) cell(c, i, 0))->kind);
    if (kinds != NULL)
        pg_add_text_array(&c->params, kinds, c->count);
}

static void add_decisions(struct columns *c)
{
    U64(decision, dispute_seq);
    U32(decision, item);
    TEXT(decision, contract);
    U64(decision, result_seq);
    add_kinds(c);
    BOOL(decision, is_lapsed);
    TEXT(decision, value);
    U64(decision, seq);
}

static void add_instances(struct columns *c)
{
    TEXT(instance, contract);
    TEXT(instance, rule);
    TEXT(instance, key);
    TEXT(instance, stands);
    U64(instance, first);
    DAY(instance, day);
}

static void add_payments(struct columns *c)
{
    U64(payment, seq);
    U64(payment, itemised_seq);
    U64(payment, cause_seq);
    TEXT(payment, contract);
    TEXT(payment, rule);
    TEXT(payment, from_party);
    TEXT(payment, to_party);
    TEXT(payment, from_actor);
    TEXT(payment, to_actor);
    TEXT(payment, currency);
    TEXT(payment, amount);
    BOOL(payment, is_owed_back);
    U32(payment, instances);
    DAY(payment, triggered_on);
    DAY(payment, due_on);
    TEXT(payment, settled);
}

static void add_payment_items(struct columns *c)
{
    U64(payment_item, payment_seq);
    TEXT(payment_item, key);
    TEXT(payment_item, difference);
    TEXT(payment_item, stands);
}

static void add_explanations(struct columns *c)
{
    U64(explanation, payment_seq);
    HASH(explanation, hash);
    TEXT(explanation, body);
}

static void add_settlements(struct columns *c)
{
    U64(settlement, seq);
    U64(settlement, payment_seq);
    TEXT(settlement, amount);
    TEXT(settlement, reference);
    TEXT(settlement, recorded_by);
    DAY(settlement, paid_on);
}

static void add_concerns(struct columns *c)
{
    U64(concern, seq);
    TEXT(concern, contract);
}

static void add_erasures(struct columns *c)
{
    U64(erasure, entry);
    U64(erasure, seq);
}

static void add_accessions(struct columns *c)
{
    TEXT(accession, contract);
    TEXT(accession, class_name);
    TEXT(accession, actor);
    TEXT(accession, kid);
    U64(accession, seq);
}

static const struct projection {
    const struct pg_statement *statement;
    void (*add)(struct columns *c);
} projections[ROW_KIND_COUNT] = {
#define X(type, list) [ROW_##type] = {&sql_outcomes_project_##list, add_##list},
    CHANGES_LISTS(X)
#undef X
};
_Static_assert(ROW_KIND_COUNT == STORE_PROJECT_STATEMENTS_MAX, "one statement for each table");

/* Most results follow no other, and are open: eight columns more would cost each of them. */
static const struct projection changes = {&sql_outcomes_project_changes, add_changes};

static const struct projection *projection_of(enum row_kind kind, const struct recorded_list *list)
{
    const struct row_result *rows = list->rows;
    for (size_t i = 0; kind == ROW_result && i < list->count; i++) {
        if (rows[i].prev_seq != 0 || rows[i].of_seq != ROW_NO_SEQ || rows[i].only_in.len > 0)
            return &changes;
    }
    return &projections[kind];
}

enum tally_code store_project(struct store *store, struct pg *pg, struct arena *arena, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (enum row_kind kind = 0; kind < ROW_KIND_COUNT; kind++) {
        const struct recorded_list *list = &store->recorded.lists[kind];
        if (list->count == 0)
            continue;
        const struct projection *projection = projection_of(kind, list);
        struct columns c = {.arena = arena, .rows = list->rows, .count = list->count, .stride = recorded_size(kind)};
        pg_params_init(&c.params, arena);
        projection->add(&c);
        if (c.is_full)
            TRY(err_set(err, TALLY_E_LIMIT, "the batch's memory is full: %zu rows for %s", list->count,
                        projection->statement->name));
        TRY(pg_pipeline_add(pg, projection->statement, &c.params, NULL, err));
    }
done:
    return rc;
}
