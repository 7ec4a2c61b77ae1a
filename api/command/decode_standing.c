/* What changes how results stand: restatement, withdrawal, dispute, resolution. */
#include "decode.h"

/* "results": which, and what they become; without seq the statement of the path is meant. */
static void read_change(struct decoding *d, const struct path *at, json_t *value, struct command_change *out)
{
    bool is_withdrawal = d->out->u.change_results.is_withdrawal;
    uint64_t item = 0;
    out->seq = d->out->u.change_results.seq;
    const struct member members[] = {
        WHOLE("item", 0, MODEL_RESULTS_MAX - 1, &item),
        WHOLE_OR_NOT("seq", 0, ENTRY_SEQ_MAX, &out->seq),
        TEXT("value", form_line, WANTED_LINE, 1, VALUE_MAX, &out->value),
    };
    (void) read_members(&d->reader, at, value, members, is_withdrawal ? 2 : 3);
    out->item = (uint32_t) item;
}

static bool is_before(const struct command_change *a, const struct command_change *b)
{
    return a->seq != b->seq ? a->seq < b->seq : a->item < b->item;
}

static void read_changes(struct decoding *d, json_t *list)
{
    const struct path at = {NULL, "results", 0};
    struct reader *r = &d->reader;
    size_t count = json_array_size(list), statements = 1;
    if (count < 1 || count > MODEL_RESULTS_MAX) {
        reader_wrong(r, REFUSE_BODY_SCHEMA, &at, "has %zu results; 1 to %d are allowed in one statement", count,
                     MODEL_RESULTS_MAX);
        return;
    }
    struct command_change *changes = ARENA_ARRAY(r->arena, count, struct command_change);
    if (changes == NULL) {
        reader_failed(r, err_set(r->err, TALLY_E_LIMIT, "no memory for %zu results", count));
        return;
    }
    for (size_t i = 0; i < count && !reader_is_full(r); i++) {
        const struct path item = {&at, NULL, i};
        read_change(d, &item, json_array_get(list, i), &changes[i]);
        if (i > 0 && reader_is_fine(r) && !is_before(&changes[i - 1], &changes[i]))
            reader_wrong(r, REFUSE_BODY_SCHEMA, &item,
                         "is not after the one before it: write each result once, in order of seq and item");
        statements += i > 0 && changes[i].seq != changes[i - 1].seq;
    }
    if (reader_is_fine(r) && statements > MODEL_STATEMENTS_MAX)
        reader_wrong(r, REFUSE_BODY_SCHEMA, &at, "names results of %zu statements; of %d are allowed at a time", statements,
                     MODEL_STATEMENTS_MAX);
    d->out->u.change_results.items = changes;
    d->out->u.change_results.count = (uint32_t) count;
}

static void read_many(struct decoding *d)
{
    json_t *list = NULL;
    struct slice note;
    const struct member members[] = {
        ARRAY("results", &list),
        FLAG_OR_NOT("set", &d->out->u.change_results.is_set),
        TEXT_OR_NOT("note", form_prose, WANTED_PROSE, 1, TEXT_PROSE_MAX, &note),
    };
    d->out->u.change_results.is_list = true;
    (void) READ_MEMBERS(&d->reader, NULL, d->body, members);
    if (list != NULL)
        read_changes(d, list);
}

void decode_restatement(struct decoding *d)
{
    struct command *out = d->out;
    struct slice note;
    out->kind = COMMAND_CHANGE_RESULTS;
    if (!decode_seq(d, 2, REFUSE_RESULT_NOT_FOUND, &out->u.change_results.seq))
        return;
    if (json_object_get(d->body, "results") != NULL) {
        read_many(d);
        return;
    }
    struct command_change *one = ARENA_NEW(d->reader.arena, struct command_change);
    if (one == NULL) {
        reader_failed(&d->reader, err_set(d->reader.err, TALLY_E_LIMIT, "no memory for a result"));
        return;
    }
    const struct member members[] = {
        TEXT("value", form_line, WANTED_LINE, 1, VALUE_MAX, &one->value),
        TEXT_OR_NOT("note", form_prose, WANTED_PROSE, 1, TEXT_PROSE_MAX, &note),
    };
    *one = (struct command_change){.seq = out->u.change_results.seq};
    out->u.change_results.items = one;
    out->u.change_results.count = 1;
    (void) READ_MEMBERS(&d->reader, NULL, d->body, members);
}

void decode_withdrawal(struct decoding *d)
{
    struct command *out = d->out;
    struct slice note;
    out->kind = COMMAND_CHANGE_RESULTS;
    out->u.change_results.is_withdrawal = true;
    if (!decode_seq(d, 2, REFUSE_RESULT_NOT_FOUND, &out->u.change_results.seq))
        return;
    if (json_object_get(d->body, "results") != NULL) {
        read_many(d);
        return;
    }
    const struct member members[] = {
        FLAG_OR_NOT("set", &out->u.change_results.is_set),
        TEXT_OR_NOT("note", form_prose, WANTED_PROSE, 1, TEXT_PROSE_MAX, &note),
    };
    (void) READ_MEMBERS(&d->reader, NULL, d->body, members);
}

/* ---- disputes ---- */
void decode_dispute(struct decoding *d)
{
    struct command *out = d->out;
    json_t *items = NULL;
    out->kind = COMMAND_DISPUTE_RESULT;
    const struct member members[] = {
        TEXT("contract", form_id, WANTED_ID, 1, MODEL_ID_MAX, &out->u.dispute_result.contract),
        ARRAY_OR_NOT("items", &items),
        TEXT("reason", form_prose, WANTED_PROSE, 1, TEXT_PROSE_MAX, &out->u.dispute_result.reason),
    };
    if (!decode_seq(d, 2, REFUSE_RESULT_NOT_FOUND, &out->u.dispute_result.seq))
        return;
    (void) READ_MEMBERS(&d->reader, NULL, d->body, members);
    if (items != NULL)
        decode_items(d, items, &out->u.dispute_result.items, &out->u.dispute_result.item_count);
}

void decode_resolution(struct decoding *d)
{
    static const struct path at = {NULL, "value", 0};
    struct command *out = d->out;
    json_t *items = NULL;
    int kind = DECISION_STANDS;
    struct slice note;
    out->kind = COMMAND_RESOLVE_DISPUTE;
    const struct member members[] = {
        CHOICE("decision", "stands|replaced|annulled", &kind), /* in the order of enum decision_kind */
        ARRAY_OR_NOT("items", &items),
        TEXT_OR_NOT("note", form_prose, WANTED_PROSE, 1, TEXT_PROSE_MAX, &note),
        TEXT_OR_NOT("value", form_line, WANTED_LINE, 1, VALUE_MAX, &out->u.resolve_dispute.value),
    };
    if (!decode_seq(d, 2, REFUSE_DISPUTE_NOT_FOUND, &out->u.resolve_dispute.seq))
        return;
    bool is_read = READ_MEMBERS(&d->reader, NULL, d->body, members);
    out->u.resolve_dispute.kind = (enum decision_kind) kind;
    bool has_value = json_object_get(d->body, "value") != NULL, is_replaced = kind == DECISION_REPLACED;
    if (is_read && has_value != is_replaced)
        reader_wrong(&d->reader, REFUSE_BODY_SCHEMA, &at,
                     has_value ? "is given only when the result is replaced by it" : "is missing: by what is it replaced?");
    if (items != NULL)
        decode_items(d, items, &out->u.resolve_dispute.items, &out->u.resolve_dispute.item_count);
}
