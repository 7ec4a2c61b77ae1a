/* Readings that evaluate: a contract as it stands, and how a payment came to its amount. Each has a model of its own, filled over
 * the read connection, so that nothing that a reader asks touches the sequencer. */
#include <jansson.h>

#include "handlers.h"
#include "tally/canon.h"
#include "tally/command.h"
#include "tally/engine.h"
#include "tally/read.h"
#include "tally/store.h"
#include "tally/text.h"

/* One contract loaded whole. */
struct view {
    struct model *model;
    struct store *store;
};

static void view_release(struct view *view)
{
    store_free(view->store);
    model_free(view->model);
}

MUST_CHECK static enum tally_code view_load(struct view *view, struct reading *r, struct slice contract, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(model_new(&command_model_ports, &view->model, err));
    TRY(store_new(view->model, &view->store, err));
    TRY(store_load_contract(view->store, r->pg, r->request->arena, contract, err));
done:
    return rc;
}

MUST_CHECK static enum tally_code refuse(struct reading *r, enum refusal_code code, const char *what, struct err *err)
{
    r->refusal = refusal_new(r->request->arena, code, "there is no %s %.*s", what, SLICE_ARG(r->request->params[0]));
    return r->refusal != NULL ? TALLY_OK : err_set(err, TALLY_E_NO_MEMORY, "no memory for a refusal");
}

/* ---- state ---- */

static void write_day(struct canon *w, const char *name, int32_t day)
{
    char text[DAY_TEXT_LEN + 1];
    canon_name(w, name);
    if (day == DAY_NEVER) {
        canon_null(w);
        return;
    }
    day_format(day, text);
    canon_str(w, text);
}

static void write_text(struct canon *w, const char *name, struct slice text)
{
    canon_name(w, name);
    if (text.len > 0)
        canon_string(w, text);
    else
        canon_null(w);
}

static void write_instance(struct canon *w, const struct engine_input *input, const struct engine_instance *instance)
{
    const struct terms *terms = NULL;
    static const char *const states[] = {"computed", "waits", "fault"};
    canon_object(w);
    write_text(w, "amount", instance->amount);
    write_day(w, "day", instance->day);
    canon_name(w, "difference");
    canon_string(w, instance->difference);
    canon_name(w, "key");
    canon_string(w, instance->key);
    write_text(w, "reason", instance->reason);
    canon_name(w, "rule");
    canon_string(w, engine_rule(input, instance->rule, &terms)->name);
    canon_name(w, "stands");
    canon_string(w, instance->stands);
    canon_name(w, "state");
    canon_str(w, states[instance->state]);
    canon_name(w, "target");
    canon_string(w, instance->target);
    write_day(w, "wakes", instance->wakes);
    canon_close(w);
}

static bool names_persons(const struct engine_input *input, uint32_t rule)
{
    const struct terms *terms = NULL; /* the newest that has the rule */
    const struct terms_rule *found = engine_rule(input, rule, &terms);
    return terms_names_persons(terms, terms_find_rule(terms, found->name));
}

/* Who is no party is not told of persons, in open contracts either. */
static void write_state(struct reading *r, const struct engine_input *input, const struct engine_output *output,
                        bool is_party, struct instant at)
{
    struct canon w;
    canon_init(&w, r->out);
    canon_object(&w);
    canon_name(&w, "contract");
    canon_string(&w, r->request->params[0]);
    canon_name(&w, "instances");
    canon_array(&w);
    for (size_t i = 0; i < output->count; i++)
        if (is_party || !names_persons(input, output->instances[i].rule))
            write_instance(&w, input, &output->instances[i]);
    canon_close(&w);
    write_day(&w, "next_moment", output->next_moment);
    write_day(&w, "today", instant_day(at, terms_clock_minutes(input->terms)));
    canon_close(&w);
}

enum tally_code reading_contract_state(struct reading *r, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view view = {NULL, NULL};
    struct engine_input input;
    struct engine_output *output = NULL;
    struct instant now = instant_now();
    bool is_there = false;
    TRY(store_has_contract(r->pg, r->request->params[0], r->reader, &is_there, err));
    if (!is_there) {
        rc = refuse(r, REFUSE_CONTRACT_NOT_FOUND, "contract", err);
        goto done;
    }
    TRY(view_load(&view, r, r->request->params[0], err));
    rc = model_evaluate(view.model, r->request->params[0], now, r->request->arena, &input, &output, err);
    if (rc == TALLY_E_NOT_FOUND)
        rc = refuse(r, REFUSE_CONTRACT_NOT_FOUND, "contract", err);
    else if (rc == TALLY_OK)
        write_state(r, &input, output, model_is_party(view.model, r->request->params[0], r->reader), now);
done:
    view_release(&view);
    return rc;
}

/* ---- explanation ---- */

#define EXPLAINED_MAX 1000 /* instances of a payment without a recorded explanation: fewer fit into one */

/* The keys of the payment's instances, the first of them. */
MUST_CHECK static enum tally_code keys_load(struct reading *r, uint64_t seq, struct slice **out, uint32_t *count,
                                            struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct arena *arena = r->request->arena;
    struct buf text;
    bool is_found = true;
    const struct store_page page = {SLICE(""), EXPLAINED_MAX, r->reader};
    json_t *list = NULL;
    buf_init(&text, HTTP_ANSWER_MAX);
    TRY(store_list_payment_items(r->pg, seq, &page, &text, &is_found, err));
    TRY(buf_check(&text, err));
    list = json_loadb(text.ptr == NULL ? "" : text.ptr, text.len, 0, NULL);
    const json_t *items = json_object_get(list, "items");
    if (items == NULL)
        TRY(err_set(err, TALLY_E_BUG, "the list of a payment's items is no JSON"));
    size_t n = json_array_size(items);
    struct slice *keys = ARENA_ARRAY(arena, n, struct slice);
    if (keys == NULL)
        TRY(err_set(err, TALLY_E_LIMIT, "no memory for the instances of a payment"));
    for (size_t i = 0; i < n; i++) {
        const json_t *key = json_object_get(json_array_get(items, i), "key");
        TRY(arena_copy(arena, json_string_value(key), json_string_length(key), &keys[i], err));
    }
    *out = keys;
    *count = (uint32_t) n;
done:
    json_decref(list);
    buf_release(&text);
    return rc;
}

/* What the tables have no explanation of, as the terms come to it now. */
MUST_CHECK static enum tally_code explain_now(struct reading *r, const struct row_payment *payment, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view view = {NULL, NULL};
    struct read_entry entry;
    struct slice *keys = NULL;
    uint32_t count = 0;
    TRY(keys_load(r, payment->seq, &keys, &count, err));
    /* by the day of the trigger, so that the same question gets the same answer */
    TRY(read_entry(r->pg, r->tallyd->identity.origin, payment->seq, r->reader, r->request->arena, &entry, err));
    TRY(view_load(&view, r, payment->contract, err));
    TRY(model_explain(view.model, payment->contract, payment->rule, keys, count, payment->instances - count,
                      entry.header.time, r->request->arena, r->out, err));
done:
    view_release(&view);
    return rc;
}

enum tally_code reading_payment_explanation(struct reading *r, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct row_payment payment;
    uint64_t seq;
    bool is_found = false, is_recorded = false;
    if (text_u64(r->request->params[0], ENTRY_SEQ_MAX, &seq) == TALLY_OK)
        TRY(store_lookup_payment(r->pg, seq, r->request->arena, &payment, &is_found, err));
    if (is_found)
        TRY(store_has_explanation(r->pg, seq, r->reader, &is_found, err));
    if (!is_found) { /* one text for both: whether a payment exists that is not open is not told */
        r->refusal = refusal_new(r->request->arena, REFUSE_PAYMENT_NOT_FOUND,
                                 "there is no payment %.*s, or how it came to its amount is not for this reader: it names "
                                 "persons, or rests on what is not open or was erased",
                                 SLICE_ARG(r->request->params[0]));
        if (r->refusal == NULL)
            rc = err_set(err, TALLY_E_LIMIT, "no memory for a refusal");
        goto done;
    }
    TRY(store_read_explanation(r->pg, seq, r->out, &is_recorded, err));
    if (!is_recorded)
        TRY(explain_now(r, &payment, err));
done:
    return rc;
}
