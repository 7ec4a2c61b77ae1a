/* Results, their verification, settlements, and erasing. */
#include <stdlib.h>

#include "decode.h"
#include "tally/instant.h"

#define REFERENCE_MAX 140 /* as a bank's reference: ISO 20022 has 140 for remittance */

/* ---- one result ---- */
static int by_name(const void *a, const void *b)
{
    return slice_compare(((const struct command_dimension *) a)->name, ((const struct command_dimension *) b)->name);
}

static void read_dimensions(struct decoding *d, const struct path *up, json_t *value, struct command_result *result)
{
    const struct path at = {up, "dimensions", 0};
    struct reader *r = &d->reader;
    const char *name;
    json_t *item;
    uint32_t count = 0;
    if (json_object_size(value) > MODEL_DIMENSIONS_MAX) {
        reader_wrong(r, REFUSE_BODY_SCHEMA, &at, "has more than %d dimensions", MODEL_DIMENSIONS_MAX);
        return;
    }
    struct command_dimension *list = ARENA_ARRAY(r->arena, json_object_size(value) + 1, struct command_dimension);
    if (list == NULL) {
        reader_failed(r, err_set(r->err, TALLY_E_LIMIT, "no memory for the dimensions of a result"));
        return;
    }
    json_object_foreach(value, name, item)
    {
        const struct path below = {&at, name, 0};
        const struct member member = TEXT("", form_member, WANTED_MEMBER, 1, MODEL_ID_MAX, &list[count].member);
        if (!form_name(slice_str(name)) || strlen(name) > MODEL_ID_MAX)
            reader_wrong(r, REFUSE_BODY_SCHEMA, &below, "is not " WANTED_NAME);
        else if (arena_copy(r->arena, name, strlen(name), &list[count].name, r->err) != TALLY_OK)
            reader_failed(r, TALLY_E_LIMIT);
        else
            (void) read_value(r, &below, item, &member);
        count++;
    }
    qsort(list, count, sizeof(*list), by_name);
    result->dimensions = list;
    result->dimension_count = count;
}

/* The only result of a statement stands in the body itself, beside what the statement says of all its results; in a list open is NULL. */
static void read_result(struct decoding *d, const struct path *at, json_t *value, struct command_result *result, bool *open)
{
    json_t *dimensions = NULL;
    uint64_t version = 0;
    const struct member indicator[] = {
        TEXT("indicator", form_slug, WANTED_SLUG, 1, MODEL_ID_MAX, &result->indicator),
        WHOLE("version", 1, UINT32_MAX, &version),
        OBJECT("dimensions", &dimensions),
        TEXT("value", form_line, WANTED_LINE, 1, VALUE_MAX, &result->value),
        FLAG_OR_NOT("open", open),
    };
    const struct member figure[] = {
        TEXT("contract", form_id, WANTED_ID, 1, MODEL_ID_MAX, &result->contract),
        TEXT("metric", form_name, WANTED_NAME, 1, MODEL_ID_MAX, &result->metric),
        OBJECT("dimensions", &dimensions),
        TEXT("value", form_line, WANTED_LINE, 1, VALUE_MAX, &result->value),
        FLAG_OR_NOT("open", open),
    };
    const size_t count = sizeof figure / sizeof figure[0] - (open == NULL);
    result->is_figure = json_object_get(value, "contract") != NULL;
    (void) read_members(&d->reader, at, value, result->is_figure ? figure : indicator, count);
    result->version = (uint32_t) version;
    if (dimensions != NULL)
        read_dimensions(d, at, dimensions, result);
}

/* ---- one, or many ---- */
static struct command_result *result_room(struct decoding *d, size_t count)
{
    struct command_result *results = ARENA_ARRAY(d->reader.arena, count, struct command_result);
    if (results == NULL)
        reader_failed(&d->reader, err_set(d->reader.err, TALLY_E_LIMIT, "no memory for %zu results", count));
    d->out->u.submit_results.results = results;
    d->out->u.submit_results.count = (uint32_t) count;
    return results;
}

static void read_list(struct decoding *d, json_t *list)
{
    const struct path at = {NULL, "results", 0};
    size_t count = json_array_size(list);
    if (count < 1 || count > MODEL_RESULTS_MAX) {
        reader_wrong(&d->reader, REFUSE_BODY_SCHEMA, &at, "has %zu results; 1 to %d are allowed in one statement", count,
                     MODEL_RESULTS_MAX);
        return;
    }
    struct command_result *results = result_room(d, count);
    for (size_t i = 0; results != NULL && i < count && !reader_is_full(&d->reader); i++) {
        const struct path item = {&at, NULL, i};
        read_result(d, &item, json_array_get(list, i), &results[i], NULL);
    }
}

void decode_results(struct decoding *d)
{
    json_t *list = NULL;
    bool open = true;
    struct command *out = d->out;
    out->kind = COMMAND_SUBMIT_RESULTS;
    const struct member members[] = {
        ARRAY("results", &list),
        FLAG_OR_NOT("set", &out->u.submit_results.is_set),
        FLAG_OR_NOT("open", &open),
    };
    out->u.submit_results.is_list = json_object_get(d->body, "results") != NULL;
    if (out->u.submit_results.is_list) {
        (void) READ_MEMBERS(&d->reader, NULL, d->body, members);
        if (list != NULL)
            read_list(d, list);
    } else {
        struct command_result *result = result_room(d, 1);
        if (result != NULL)
            read_result(d, NULL, d->body, result, &open);
    }
    out->u.submit_results.is_private = !open;
}

/* ---- verification ---- */
void decode_items(struct decoding *d, json_t *list, const uint32_t **out, uint32_t *out_count)
{
    const struct path at = {NULL, "items", 0};
    struct reader *r = &d->reader;
    size_t count = json_array_size(list);
    if (count < 1 || count > MODEL_RESULTS_MAX) {
        reader_wrong(r, REFUSE_BODY_SCHEMA, &at, "has %zu places; 1 to %d are allowed, and leaving it out means all", count,
                     MODEL_RESULTS_MAX);
        return;
    }
    uint32_t *items = ARENA_ARRAY(r->arena, count, uint32_t);
    if (items == NULL) {
        reader_failed(r, err_set(r->err, TALLY_E_LIMIT, "no memory for %zu places", count));
        return;
    }
    for (size_t i = 0; i < count && !reader_is_full(r); i++) {
        const struct path item = {&at, NULL, i};
        uint64_t number = 0;
        const struct member member = WHOLE("", 0, MODEL_RESULTS_MAX - 1, &number);
        (void) read_value(r, &item, json_array_get(list, i), &member);
        items[i] = (uint32_t) number;
        if (i > 0 && reader_is_fine(r) && items[i] <= items[i - 1])
            reader_wrong(r, REFUSE_BODY_SCHEMA, &item, "is not above the one before it: write each place once, in order");
    }
    *out = items;
    *out_count = (uint32_t) count;
}

void decode_verification(struct decoding *d)
{
    json_t *items = NULL;
    struct slice note;
    d->out->kind = COMMAND_VERIFY_RESULT;
    const struct member members[] = {
        ARRAY_OR_NOT("items", &items),
        TEXT_OR_NOT("note", form_prose, WANTED_PROSE, 1, TEXT_PROSE_MAX, &note),
    };
    if (!decode_seq(d, 2, REFUSE_RESULT_NOT_FOUND, &d->out->u.verify_result.seq))
        return;
    (void) READ_MEMBERS(&d->reader, NULL, d->body, members);
    if (items != NULL)
        decode_items(d, items, &d->out->u.verify_result.items, &d->out->u.verify_result.item_count);
}

/* ---- erasure ---- */
#define GROUND_MAX 500 /* a sentence: it is public for ever */

/* What the entry is, the edge adds: it is not in the body. */
void decode_erasure(struct decoding *d)
{
    struct command *out = d->out;
    out->kind = COMMAND_ERASE_BODY;
    const struct member members[] = {
        TEXT("ground", form_line, WANTED_LINE, 1, GROUND_MAX, &out->u.erase_body.ground),
    };
    if (decode_seq(d, 2, REFUSE_ENTRY_NOT_FOUND, &out->u.erase_body.seq))
        (void) READ_MEMBERS(&d->reader, NULL, d->body, members);
}

/* ---- settlement ---- */
void decode_settlement(struct decoding *d)
{
    struct command *out = d->out;
    struct slice day = {NULL, 0};
    out->kind = COMMAND_RECORD_SETTLEMENT;
    const struct member members[] = {
        TEXT("amount", form_line, WANTED_LINE, 1, VALUE_MAX, &out->u.record_settlement.amount),
        TEXT("reference", form_line, WANTED_LINE, 1, REFERENCE_MAX, &out->u.record_settlement.reference),
        TEXT("paid_on", form_day, "a day, like \"2016-03-31\"", 1, VALUE_MAX, &day),
    };
    if (!decode_seq(d, 2, REFUSE_PAYMENT_NOT_FOUND, &out->u.record_settlement.seq))
        return;
    if (READ_MEMBERS(&d->reader, NULL, d->body, members))
        ENSURE(day_parse(day, &out->u.record_settlement.paid_on) == TALLY_OK);
}
