#include "rows_get.h"

#include <string.h>

static const char *const state_names[] = {
    [CONTRACT_PROPOSED] = "proposed",
    [CONTRACT_IN_FORCE] = "in_force",
    [CONTRACT_CLOSED] = "closed",
};

struct slice contract_state_name(enum contract_state state)
{
    ENSURE((size_t) state < sizeof(state_names) / sizeof(state_names[0]));
    return slice_str(state_names[state]);
}

static enum contract_state state_of(struct slice name)
{
    enum contract_state state = CONTRACT_PROPOSED;
    while (!slice_equal(name, contract_state_name(state))) /* the table's CHECK allows no other */
        state++;
    return state;
}

static uint64_t get_seq(const struct pg_rows *rows, int i, int column)
{
    return pg_is_null(rows, i, column) ? ROW_NO_SEQ : (uint64_t) pg_get_int8(rows, i, column);
}

static uint32_t get_u32(const struct pg_rows *rows, int i, int column)
{
    return (uint32_t) pg_get_int4(rows, i, column);
}

static void get_hash(const struct pg_rows *rows, int i, int column, uint8_t out[32])
{
    struct slice bytes = pg_get_bytes(rows, i, column);
    ENSURE(bytes.len == 32);
    memcpy(out, bytes.ptr, 32);
}

void rows_get_key(const struct pg_rows *rows, int i, struct row_key *out)
{
    *out = (struct row_key){
        .kid = pg_get_bytes(rows, i, 0),
        .actor = pg_get_bytes(rows, i, 1),
        .x = pg_get_bytes(rows, i, 2),
        .added_seq = get_seq(rows, i, 3),
        .revoked_seq = get_seq(rows, i, 4),
    };
}

void rows_get_actor(const struct pg_rows *rows, int i, int first, struct row_actor *out)
{
    *out = (struct row_actor){
        .id = pg_get_bytes(rows, i, first),
        .kind = pg_get_bytes(rows, i, first + 1),
        .name = pg_get_bytes(rows, i, first + 2),
        .is_operator = pg_get_bool(rows, i, first + 3),
        .is_backbone = pg_get_bool(rows, i, first + 4),
        .registered_by = pg_get_bytes(rows, i, first + 5),
        .seq = get_seq(rows, i, first + 6),
    };
}

void rows_get_indicator(const struct pg_rows *rows, int i, struct row_indicator *out)
{
    *out = (struct row_indicator){
        .slug = pg_get_bytes(rows, i, 0),
        .version = get_u32(rows, i, 1),
        .seq = get_seq(rows, i, 2),
        .name = pg_get_bytes(rows, i, 4),
        .definition = pg_get_bytes(rows, i, 5),
        .unit = pg_get_bytes(rows, i, 6),
        .kind = pg_get_bytes(rows, i, 7),
        .lower_is_better = pg_get_bool(rows, i, 8),
        .defined_by = pg_get_bytes(rows, i, 9),
    };
    get_hash(rows, i, 3, out->entry);
}

void rows_get_contract(const struct pg_rows *rows, int i, struct row_contract *out)
{
    *out = (struct row_contract){
        .id = pg_get_bytes(rows, i, 0),
        .slug = pg_get_bytes(rows, i, 1),
        .title = pg_get_bytes(rows, i, 2),
        .text = pg_get_bytes(rows, i, 3),
        .proposed_by = pg_get_bytes(rows, i, 4),
        .version = get_u32(rows, i, 5),
        .manifest = pg_get_bytes(rows, i, 8),
        .open = pg_get_bool(rows, i, 9),
        .seq = get_seq(rows, i, 10),
        .activated_seq = get_seq(rows, i, 11),
        .state = state_of(pg_get_bytes(rows, i, 12)),
        .next_moment = {INT64_MAX},
        .next_first = get_seq(rows, i, 14),
        .is_full = pg_get_bool(rows, i, 15),
    };
    get_hash(rows, i, 6, out->version_hash);
    get_hash(rows, i, 7, out->terms_hash);
    if (!pg_is_null(rows, i, 13))
        out->next_moment = pg_get_timestamptz(rows, i, 13);
}

void rows_get_party(const struct pg_rows *rows, int i, struct row_party *out)
{
    *out = (struct row_party){
        .contract = pg_get_bytes(rows, i, 0),
        .party = pg_get_bytes(rows, i, 1),
        .place = get_u32(rows, i, 2),
        .role = pg_get_bytes(rows, i, 3),
        .label = pg_get_bytes(rows, i, 4),
        .actor = pg_get_bytes(rows, i, 5),
        .kid = pg_get_bytes(rows, i, 6),
        .signed_seq = get_seq(rows, i, 7),
    };
}

void rows_get_amendment(const struct pg_rows *rows, int i, struct row_amendment *out)
{
    *out = (struct row_amendment){
        .contract = pg_get_bytes(rows, i, 0),
        .seq = get_seq(rows, i, 1),
        .version = get_u32(rows, i, 2),
        .title = pg_get_bytes(rows, i, 3),
        .text = pg_get_bytes(rows, i, 4),
        .manifest = pg_get_bytes(rows, i, 5),
        .proposed_by = pg_get_bytes(rows, i, 6),
        .in_force_seq = get_seq(rows, i, 9),
    };
    get_hash(rows, i, 7, out->version_hash);
    get_hash(rows, i, 8, out->terms_hash);
}

void rows_get_signer(const struct pg_rows *rows, int i, struct row_signer *out)
{
    rows_get_party(rows, i, &out->party);
    out->amendment_seq = get_seq(rows, i, 8);
    out->is_leaving = pg_get_bool(rows, i, 9);
}

static const char *const standing_names[] = {
    [FIGURE_KNOWN] = "known", [FIGURE_UNKNOWN] = "unknown", [FIGURE_BLOCKED] = "blocked"};

struct slice figure_standing_name(enum figure_standing standing)
{
    ENSURE((size_t) standing < sizeof(standing_names) / sizeof(standing_names[0]));
    return slice_str(standing_names[standing]);
}

void rows_get_use(const struct pg_rows *rows, int i, struct row_use *out)
{
    *out = (struct row_use){
        .contract = pg_get_bytes(rows, i, 0),
        .text_seq = get_seq(rows, i, 1),
        .place = get_u32(rows, i, 2),
        .used = pg_get_bytes(rows, i, 3),
        .used_version = get_u32(rows, i, 4),
        .as_amended = pg_get_bool(rows, i, 5),
    };
}

void rows_get_figure(const struct pg_rows *rows, int i, struct row_figure *out)
{
    *out = (struct row_figure){
        .contract = pg_get_bytes(rows, i, 0),
        .metric = pg_get_bytes(rows, i, 1),
        .key = pg_get_bytes(rows, i, 2),
        .version = get_u32(rows, i, 3),
        .value = pg_get_bytes(rows, i, 5),
        .reason = pg_get_bytes(rows, i, 6),
        .was_known = pg_get_bool(rows, i, 7),
        .has_closed = pg_get_bool(rows, i, 8),
    };
    while (
        !slice_equal(pg_get_bytes(rows, i, 4), figure_standing_name(out->standing))) /* the table's CHECK allows no other */
        out->standing++;
}

void rows_get_metric(const struct pg_rows *rows, int i, struct row_metric *out)
{
    *out = (struct row_metric){
        .contract = pg_get_bytes(rows, i, 0),
        .metric = pg_get_bytes(rows, i, 1),
        .place = get_u32(rows, i, 2),
        .indicator = pg_get_bytes(rows, i, 3),
        .indicator_version = get_u32(rows, i, 4),
        .text_seq = get_seq(rows, i, 5),
    };
}

void rows_get_result(const struct pg_rows *rows, int i, struct row_result *out)
{
    *out = (struct row_result){
        .seq = get_seq(rows, i, 0),
        .item = get_u32(rows, i, 1),
        .indicator = pg_get_bytes(rows, i, 2),
        .version = get_u32(rows, i, 3),
        .contract = pg_get_bytes(rows, i, 4),
        .metric = pg_get_bytes(rows, i, 5),
        .dimensions = pg_get_bytes(rows, i, 6),
        .value = pg_get_bytes(rows, i, 7),
        .author = pg_get_bytes(rows, i, 8),
        .time = pg_get_timestamptz(rows, i, 9),
        .is_set = pg_get_bool(rows, i, 10),
        .of_seq = get_seq(rows, i, 11),
        .of_item = get_u32(rows, i, 12),
        .first_seq = get_seq(rows, i, 13),
        .first_item = get_u32(rows, i, 14),
        .first_time = pg_get_timestamptz(rows, i, 15),
        .is_withdrawal = pg_get_bool(rows, i, 16),
        .prev_seq = get_seq(rows, i, 17),
        .only_in = pg_get_bytes(rows, i, 18),
        .is_erased = pg_get_bool(rows, i, 19),
    };
}

void rows_get_verification(const struct pg_rows *rows, int i, struct row_verification *out)
{
    *out = (struct row_verification){
        .result_seq = get_seq(rows, i, 0),
        .item = get_u32(rows, i, 1),
        .actor = pg_get_bytes(rows, i, 2),
        .seq = get_seq(rows, i, 3),
        .time = pg_get_timestamptz(rows, i, 4),
    };
}

void rows_get_final(const struct pg_rows *rows, int i, struct row_final *out)
{
    *out = (struct row_final){
        .contract = pg_get_bytes(rows, i, 0),
        .metric = pg_get_bytes(rows, i, 1),
        .key = pg_get_bytes(rows, i, 2),
        .result_seq = get_seq(rows, i, 3),
        .item = get_u32(rows, i, 4),
        .seq = get_seq(rows, i, 5),
        .first_seq = get_seq(rows, i, 6),
        .began_seq = get_seq(rows, i, 7),
        .time = pg_get_timestamptz(rows, i, 8),
        .is_none = pg_get_bool(rows, i, 9),
        .replaced = pg_get_bytes(rows, i, 10),
        .version = get_u32(rows, i, 11),
    };
}

void rows_get_dispute(const struct pg_rows *rows, int i, struct row_dispute *out)
{
    *out = (struct row_dispute){
        .seq = get_seq(rows, i, 0),
        .item = get_u32(rows, i, 1),
        .contract = pg_get_bytes(rows, i, 2),
        .result_seq = get_seq(rows, i, 3),
        .actor = pg_get_bytes(rows, i, 4),
        .reason = pg_get_bytes(rows, i, 5),
        .time = pg_get_timestamptz(rows, i, 6),
        .lapses = {INT64_MAX},
    };
    if (!pg_is_null(rows, i, 7))
        out->lapses = pg_get_timestamptz(rows, i, 7);
}

static const char *const decision_names[] = {
    [DECISION_STANDS] = "stands",
    [DECISION_REPLACED] = "replaced",
    [DECISION_ANNULLED] = "annulled",
};

struct slice decision_name(enum decision_kind kind)
{
    ENSURE((size_t) kind < sizeof(decision_names) / sizeof(decision_names[0]));
    return slice_str(decision_names[kind]);
}

static enum decision_kind decision_of(struct slice name)
{
    enum decision_kind kind = DECISION_STANDS;
    while (!slice_equal(name, decision_name(kind))) /* the table's CHECK allows no other */
        kind++;
    return kind;
}

void rows_get_decision(const struct pg_rows *rows, int i, struct row_decision *out)
{
    *out = (struct row_decision){
        .dispute_seq = get_seq(rows, i, 0),
        .item = get_u32(rows, i, 1),
        .contract = pg_get_bytes(rows, i, 2),
        .result_seq = get_seq(rows, i, 3),
        .kind = decision_of(pg_get_bytes(rows, i, 4)),
        .is_lapsed = pg_get_bool(rows, i, 5),
        .value = pg_get_bytes(rows, i, 6),
        .seq = get_seq(rows, i, 7),
    };
}

void rows_get_accession(const struct pg_rows *rows, int i, struct row_accession *out)
{
    *out = (struct row_accession){
        .contract = pg_get_bytes(rows, i, 0),
        .class_name = pg_get_bytes(rows, i, 1),
        .actor = pg_get_bytes(rows, i, 2),
        .kid = pg_get_bytes(rows, i, 3),
        .seq = get_seq(rows, i, 4),
    };
}

void rows_get_settlement(const struct pg_rows *rows, int i, struct row_settlement *out)
{
    *out = (struct row_settlement){
        .seq = get_seq(rows, i, 0),
        .payment_seq = get_seq(rows, i, 1),
        .amount = pg_get_bytes(rows, i, 2),
        .reference = pg_get_bytes(rows, i, 3),
        .recorded_by = pg_get_bytes(rows, i, 4),
        .paid_on = pg_get_date(rows, i, 5),
        .contract = pg_get_bytes(rows, i, 6),
        .rule = pg_get_bytes(rows, i, 7),
        .is_owed_back = pg_get_bool(rows, i, 8),
    };
}

void rows_get_instance(const struct pg_rows *rows, int i, struct row_instance *out)
{
    *out = (struct row_instance){
        .contract = pg_get_bytes(rows, i, 0),
        .rule = pg_get_bytes(rows, i, 1),
        .key = pg_get_bytes(rows, i, 2),
        .stands = pg_get_bytes(rows, i, 3),
        .first = get_seq(rows, i, 4),
        .day = pg_get_date(rows, i, 5),
    };
}

void rows_get_payment(const struct pg_rows *rows, int i, struct row_payment *out)
{
    *out = (struct row_payment){
        .seq = get_seq(rows, i, 0),
        .itemised_seq = get_seq(rows, i, 1),
        .cause_seq = get_seq(rows, i, 2),
        .contract = pg_get_bytes(rows, i, 3),
        .rule = pg_get_bytes(rows, i, 4),
        .from_party = pg_get_bytes(rows, i, 5),
        .to_party = pg_get_bytes(rows, i, 6),
        .from_actor = pg_get_bytes(rows, i, 7),
        .to_actor = pg_get_bytes(rows, i, 8),
        .currency = pg_get_bytes(rows, i, 9),
        .amount = pg_get_bytes(rows, i, 10),
        .is_owed_back = pg_get_bool(rows, i, 11),
        .instances = (uint32_t) pg_get_int8(rows, i, 12),
        .triggered_on = pg_get_date(rows, i, 13),
        .due_on = pg_get_date(rows, i, 14),
        .settled = pg_get_bytes(rows, i, 15),
    };
}

void rows_get_erasure(const struct pg_rows *rows, int i, struct row_erasure *out)
{
    *out = (struct row_erasure){.entry = get_seq(rows, i, 0), .seq = get_seq(rows, i, 1)};
}
