/* Readings that evaluate: a contract as it stands, and how a payment came to its amount. Each has a model and an arena of its own, filled
 * over the read connection, so that nothing that a reader asks touches the sequencer. */
#include <jansson.h>
#include <string.h>

#include "handlers.h"
#include "tally/canon.h"
#include "tally/command.h"
#include "tally/digest.h"
#include "tally/engine.h"
#include "tally/read.h"
#include "tally/store.h"
#include "tally/text.h"

/* One contract loaded whole. */
struct view {
    struct model *model;
    struct store *store;
    struct arena *arena; /* of its evaluation */
};

static void view_release(struct view *view)
{
    arena_free(view->arena);
    store_free(view->store);
    model_free(view->model);
}

MUST_CHECK static enum tally_code view_load(struct view *view, struct reading *r, struct slice contract, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    view->arena = arena_new(MODEL_EVALUATION_BYTES_MAX);
    if (view->arena == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for the evaluation of a contract"));
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

/* A page of the instances: of one rule, of one key, behind the instance that the page before ended with. Rules by their places;
 * TERMS_NONE and key.ptr NULL: all. */
struct state_page {
    uint32_t rule, after_rule;
    struct slice key;
    struct digest after_key; /* a key may be longer than a request's target */
    uint64_t limit;
    bool is_party; /* who is none is not told of persons, in open contracts either */
};

#define CURSOR_LETTER 'w' /* no list of the store has it: struct read_list */

/* base64url of the letter, the key's hash, and the rule. */
static void write_next(struct canon *w, const struct engine_input *input, const struct engine_instance *last)
{
    const struct terms *terms = NULL;
    canon_name(w, "next");
    if (last == NULL) {
        canon_null(w);
        return;
    }
    struct slice rule = engine_rule(input, last->rule, &terms)->name;
    struct digest digest;
    struct buf plain;
    digest_of(last->key, &digest);
    buf_init(&plain, HTTP_TARGET_MAX);
    buf_add_char(&plain, CURSOR_LETTER);
    buf_add(&plain, digest.bytes, DIGEST_LEN);
    buf_add_slice(&plain, rule);
    canon_base64url(w, plain.ptr, plain.len);
    buf_release(&plain);
}

/* False: it is no cursor of this list, or names a rule that the contract has not. */
static bool read_cursor(struct slice text, const struct engine_input *input, struct arena *arena, struct state_page *page)
{
    size_t len = 0;
    char *plain = arena_alloc(arena, text.len + 1);
    if (plain == NULL || text_unbase64url(text, plain, text.len, &len) != TALLY_OK || len < 1 + DIGEST_LEN ||
        plain[0] != CURSOR_LETTER)
        return false;
    memcpy(page->after_key.bytes, plain + 1, DIGEST_LEN);
    page->after_rule = engine_rule_place(input, slice_of(plain + 1 + DIGEST_LEN, len - 1 - DIGEST_LEN));
    return page->after_rule != TERMS_NONE;
}

/* Refused: *page is not to be used. */
MUST_CHECK static enum tally_code page_read(struct reading *r, const struct engine_input *input, struct state_page *page,
                                            struct err *err)
{
    struct arena *arena = r->request->arena;
    struct slice rule = query_text(&r->query, "rule"), cursor = query_text(&r->query, "cursor");
    bool is_known = true;
    *page = (struct state_page){
        .rule = TERMS_NONE, .after_rule = TERMS_NONE, .key = query_text(&r->query, "key"), .limit = STORE_LIMIT_DEFAULT};
    query_u64(&r->query, "limit", 1, STORE_LIMIT_MAX, &page->limit, arena, &r->refusal);
    if (r->refusal != NULL)
        return TALLY_OK;
    if (rule.ptr != NULL) {
        page->rule = engine_rule_place(input, rule);
        is_known = page->rule != TERMS_NONE;
    }
    if (!is_known)
        r->refusal = refusal_new(arena, REFUSE_REQUEST_MALFORMED, "contract %.*s has no pay rule %.*s",
                                 SLICE_ARG(r->request->params[0]), SLICE_ARG(rule));
    else if (cursor.ptr != NULL && !read_cursor(cursor, input, arena, page))
        r->refusal = refusal_new(arena, REFUSE_REQUEST_MALFORMED,
                                 "this is not the cursor of a page of this list: take it from \"next\"");
    else
        return TALLY_OK;
    return r->refusal != NULL ? TALLY_OK : err_set(err, TALLY_E_NO_MEMORY, "no memory for a refusal");
}

static bool is_told(const struct state_page *page, const struct engine_input *input, const struct engine_instance *instance)
{
    return (page->rule == TERMS_NONE || page->rule == instance->rule) &&
           (page->key.ptr == NULL || slice_equal(page->key, instance->key)) &&
           (page->is_party || !names_persons(input, instance->rule));
}

/* The first instance behind the page before. The one with which it ended may be there no more, its member having given up its place:
 * then nothing says where it was, and its rule is begun again. */
static size_t first_of(const struct state_page *page, const struct engine_output *output)
{
    struct digest digest;
    size_t begin = output->count;
    if (page->after_rule == TERMS_NONE)
        return 0;
    for (size_t i = output->count; i-- > 0;) {
        if (output->instances[i].rule != page->after_rule)
            continue;
        digest_of(output->instances[i].key, &digest);
        if (digest_equal(&digest, &page->after_key))
            return i + 1;
        begin = i;
    }
    return begin;
}

static void write_state(struct reading *r, const struct engine_input *input, const struct engine_output *output,
                        const struct state_page *page, struct instant at)
{
    struct canon w;
    const struct engine_instance *last = NULL;
    uint64_t count = 0;
    size_t i = first_of(page, output);
    canon_init(&w, r->out);
    canon_object(&w);
    canon_name(&w, "contract");
    canon_string(&w, r->request->params[0]);
    canon_name(&w, "items");
    canon_array(&w);
    for (; i < output->count && count < page->limit; i++) {
        if (!is_told(page, input, &output->instances[i]))
            continue;
        last = &output->instances[i];
        write_instance(&w, input, last);
        count++;
    }
    canon_close(&w);
    while (i < output->count && !is_told(page, input, &output->instances[i]))
        i++;
    write_next(&w, input, i < output->count ? last : NULL);
    write_day(&w, "next_moment", output->next_moment);
    write_day(&w, "today", instant_day(at, terms_clock_minutes(input->terms)));
    canon_close(&w);
}

MUST_CHECK static enum tally_code answer_state(struct reading *r, struct view *view, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice contract = r->request->params[0];
    struct engine_input input;
    struct engine_output *output = NULL;
    struct state_page page;
    struct instant now = instant_now();
    TRY(view_load(view, r, contract, err));
    rc = model_evaluate(view->model, contract, now, view->arena, &input, &output, err);
    if (rc == TALLY_E_NOT_FOUND) {
        rc = refuse(r, REFUSE_CONTRACT_NOT_FOUND, "contract", err);
        goto done;
    }
    TRY(rc);
    TRY(page_read(r, &input, &page, err));
    page.is_party = model_is_party(view->model, contract, r->reader);
    if (r->refusal == NULL)
        write_state(r, &input, output, &page, now);
done:
    return rc;
}

enum tally_code reading_contract_state(struct reading *r, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view view = {NULL, NULL, NULL};
    bool is_there = false;
    TRY(store_has_contract(r->pg, r->request->params[0], r->reader, &is_there, err));
    if (is_there)
        TRY(answer_state(r, &view, err));
    else
        TRY(refuse(r, REFUSE_CONTRACT_NOT_FOUND, "contract", err));
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
    struct view view = {NULL, NULL, NULL};
    struct read_entry entry;
    struct slice *keys = NULL;
    uint32_t count = 0;
    TRY(keys_load(r, payment->seq, &keys, &count, err));
    /* by the day of the trigger, so that the same question gets the same answer */
    TRY(read_entry(r->pg, r->tallyd->identity.origin, payment->seq, r->reader, r->request->arena, &entry, err));
    TRY(view_load(&view, r, payment->contract, err));
    TRY(model_explain(view.model, payment->contract, payment->rule, keys, count, payment->instances - count,
                      entry.header.time, view.arena, r->out, err));
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
