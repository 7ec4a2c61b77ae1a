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

static void write_instance(struct canon *w, const struct terms *terms, const struct engine_instance *instance)
{
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
    canon_string(w, terms_rule(terms, instance->rule)->name);
    canon_name(w, "stands");
    canon_string(w, instance->stands);
    canon_name(w, "state");
    canon_str(w, states[instance->state]);
    canon_name(w, "target");
    canon_string(w, instance->target);
    write_day(w, "wakes", instance->wakes);
    canon_close(w);
}

static void write_state(struct reading *r, const struct terms *terms, const struct engine_output *output, struct instant at)
{
    struct canon w;
    canon_init(&w, r->out);
    canon_object(&w);
    canon_name(&w, "contract");
    canon_string(&w, r->request->params[0]);
    canon_name(&w, "instances");
    canon_array(&w);
    for (size_t i = 0; i < output->count; i++)
        write_instance(&w, terms, &output->instances[i]);
    canon_close(&w);
    write_day(&w, "next_moment", output->next_moment);
    write_day(&w, "today", instant_day(at, terms_clock_minutes(terms)));
    canon_close(&w);
}

enum tally_code reading_contract_state(struct reading *r, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view view = {NULL, NULL};
    const struct terms *terms = NULL;
    struct engine_output *output = NULL;
    struct instant now = instant_now();
    TRY(view_load(&view, r, r->request->params[0], err));
    rc = model_evaluate(view.model, r->request->params[0], now, r->request->arena, &terms, &output, err);
    if (rc == TALLY_E_NOT_FOUND)
        rc = refuse(r, REFUSE_CONTRACT_NOT_FOUND, "contract", err);
    else if (rc == TALLY_OK)
        write_state(r, terms, output, now);
done:
    view_release(&view);
    return rc;
}

/* ---- explanation ---- */

static struct slice text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? slice_of(json_string_value(value), json_string_length(value)) : SLICE("");
}

/* One instance of the payment: what was recorded, and how the terms come to it. */
MUST_CHECK static enum tally_code explain_one(struct reading *r, const struct model *model,
                                              const struct row_payment *payment, struct instant at, const json_t *item,
                                              struct canon *w, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf one;
    struct slice key = text_of(item, "key");
    buf_init(&one, HTTP_ANSWER_MAX);
    TRY(model_explain(model, payment->contract, payment->rule, key, at, r->request->arena, &one, err));
    TRY(buf_check(&one, err));
    canon_object(w);
    canon_name(w, "difference");
    canon_string(w, text_of(item, "difference"));
    canon_name(w, "explanation");
    canon_raw(w, buf_slice(&one));
    canon_name(w, "key");
    canon_string(w, key);
    canon_name(w, "stands");
    canon_string(w, text_of(item, "stands"));
    canon_close(w);
done:
    buf_release(&one);
    return rc;
}

MUST_CHECK static enum tally_code explain_all(struct reading *r, const struct model *model,
                                              const struct row_payment *payment, struct instant at, const json_t *page,
                                              struct err *err)
{
    const json_t *items = json_object_get(page, "items");
    enum tally_code rc = TALLY_OK;
    struct canon w;
    canon_init(&w, r->out);
    canon_object(&w);
    canon_name(&w, "amount");
    canon_string(&w, payment->amount);
    canon_name(&w, "contract");
    canon_string(&w, payment->contract);
    canon_name(&w, "currency");
    canon_string(&w, payment->currency);
    canon_name(&w, "instances");
    canon_array(&w);
    for (size_t i = 0; i < json_array_size(items); i++)
        TRY(explain_one(r, model, payment, at, json_array_get(items, i), &w, err));
    canon_close(&w);
    write_text(&w, "next", text_of(page, "next"));
    canon_name(&w, "payment");
    canon_i64(&w, (int64_t) payment->seq);
    canon_name(&w, "rule");
    canon_string(&w, payment->rule);
    canon_close(&w);
done:
    return rc;
}

#define EXPLAINED_DEFAULT 20 /* instances in one answer; each takes some kilobytes */
#define EXPLAINED_MAX 100

/* The instances of the payment, as a page of the store's list. */
MUST_CHECK static enum tally_code items_load(struct reading *r, uint64_t seq, json_t **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf text;
    bool is_found = true;
    uint64_t limit = EXPLAINED_DEFAULT;
    query_u64(&r->query, "limit", 1, EXPLAINED_MAX, &limit, r->request->arena, &r->refusal);
    if (r->refusal != NULL)
        return TALLY_OK;
    const struct store_page page = {query_text(&r->query, "cursor"), (uint32_t) limit};
    buf_init(&text, HTTP_ANSWER_MAX);
    TRY(store_list_payment_items(r->pg, seq, &page, &text, &is_found, err));
    TRY(buf_check(&text, err));
    *out = json_loadb(text.ptr == NULL ? "" : text.ptr, text.len, 0, NULL);
    if (*out == NULL)
        rc = err_set(err, TALLY_E_BUG, "the list of a payment's items is no JSON");
done:
    buf_release(&text);
    return rc;
}

enum tally_code reading_payment_explanation(struct reading *r, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view view = {NULL, NULL};
    struct arena *arena = r->request->arena;
    struct row_payment payment;
    struct read_entry entry;
    json_t *page = NULL;
    uint64_t seq;
    bool is_found = false;
    if (text_u64(r->request->params[0], ENTRY_SEQ_MAX, &seq) == TALLY_OK)
        TRY(store_lookup_payment(r->pg, seq, arena, &payment, &is_found, err));
    if (!is_found) {
        rc = refuse(r, REFUSE_PAYMENT_NOT_FOUND, "payment", err);
        goto done;
    }
    TRY(items_load(r, seq, &page, err));
    if (r->refusal != NULL)
        goto done;
    /* by the day of the trigger, so that the same question gets the same answer */
    TRY(read_entry(r->pg, r->tallyd->identity.origin, seq, arena, &entry, err));
    TRY(view_load(&view, r, payment.contract, err));
    TRY(explain_all(r, view.model, &payment, entry.header.time, page, err));
done:
    json_decref(page);
    view_release(&view);
    return rc;
}
