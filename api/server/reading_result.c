/* The results of one statement, with which contracts they fit and why not (S1): the tables say what became final, the terms say
 * what fits. */
#include <jansson.h>

#include "handlers.h"
#include "tally/command.h"
#include "tally/entry.h"
#include "tally/store.h"
#include "tally/text.h"

/* What fits, in order of item; next is where to look first. */
struct fitting {
    const struct model_fit *items;
    uint32_t count, next;
};

static struct slice text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? slice_of(json_string_value(value), json_string_length(value)) : SLICE("");
}

/* Both lists are by item, contract, text, metric, though not in one order: the one looked for is mostly the next. */
static const struct model_fit *find(struct fitting *fitting, uint32_t item, const json_t *fit)
{
    struct slice contract = text_of(fit, "contract"), metric = text_of(fit, "metric");
    json_int_t version = json_integer_value(json_object_get(fit, "version_number"));
    for (uint32_t i = 0; i < fitting->count; i++) {
        uint32_t at = (fitting->next + i) % fitting->count;
        const struct model_fit *found = &fitting->items[at];
        if (found->item == item && slice_equal(found->contract, contract) && found->version == version &&
            slice_equal(found->metric, metric)) {
            fitting->next = at + 1;
            return found;
        }
    }
    return NULL; /* a contract that was proposed in between */
}

/* {"contract","final_seq","key","metric","state","version_number"} gets its key when it fits, and "why" when it does not. */
MUST_CHECK static bool say(json_t *fit, const struct model_fit *found)
{
    if (found == NULL)
        return true;
    struct slice text = found->fits ? found->key : found->why;
    if (!found->fits && slice_is(text_of(fit, "standing"), "final") && /* of somebody beyond `at most` (S7) */
        json_object_set_new(fit, "standing", json_string("not used")) != 0)
        return false;
    return json_object_set_new(fit, found->fits ? "key" : "why",
                               json_stringn(text.ptr == NULL ? "" : text.ptr, text.len)) == 0;
}

MUST_CHECK static enum tally_code say_all(json_t *statement, struct fitting *fitting, struct err *err)
{
    json_t *item, *fit;
    size_t i, k;
    json_array_foreach(json_object_get(statement, "items"), i, item)
    {
        uint32_t place = (uint32_t) json_integer_value(json_object_get(item, "item"));
        json_array_foreach(json_object_get(item, "fits"), k, fit)
        {
            if (!say(fit, find(fitting, place, fit)))
                return err_set(err, TALLY_E_NO_MEMORY, "no memory for an answer");
        }
    }
    return TALLY_OK;
}

/* The first and the last place of the page; false: it is empty. */
static bool places(const json_t *statement, uint32_t *from, uint32_t *to)
{
    const json_t *items = json_object_get(statement, "items");
    size_t count = json_array_size(items);
    if (count == 0)
        return false;
    *from = (uint32_t) json_integer_value(json_object_get(json_array_get(items, 0), "item"));
    *to = (uint32_t) json_integer_value(json_object_get(json_array_get(items, count - 1), "item"));
    return true;
}

/* A model of its own, with the terms and parties of the contracts in question and no more. */
MUST_CHECK static enum tally_code find_fits(struct reading *r, uint64_t seq, json_t *statement, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct model *model = NULL;
    struct store *store = NULL;
    struct model_fit *fits = NULL;
    uint32_t from = 0, to = 0, count = 0;
    if (!places(statement, &from, &to))
        return TALLY_OK;
    TRY(model_new(&command_model_ports, &model, err));
    TRY(store_new(model, &store, err));
    TRY(store_load_result(store, r->pg, r->request->arena, seq, err));
    TRY(model_fits(model, seq, from, to, r->request->arena, &fits, &count, err));
    struct fitting fitting = {.items = fits, .count = count};
    TRY(say_all(statement, &fitting, err));
done:
    store_free(store);
    model_free(model);
    return rc;
}

static int add_text(const char *text, size_t len, void *out)
{
    buf_add(out, text, len);
    return 0;
}

MUST_CHECK static enum tally_code answer(struct reading *r, uint64_t seq, const struct buf *stored, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    json_t *statement = json_loadb(stored->ptr == NULL ? "" : stored->ptr, stored->len, 0, NULL);
    if (statement == NULL)
        return err_set(err, TALLY_E_BUG, "what the tables say of a result is no JSON");
    TRY(find_fits(r, seq, statement, err));
    if (json_dump_callback(statement, add_text, r->out, JSON_COMPACT | JSON_SORT_KEYS) != 0)
        rc = err_set(err, TALLY_E_NO_MEMORY, "no memory for an answer");
done:
    json_decref(statement);
    return rc;
}

static void refuse(struct reading *r)
{
    static const struct refusal no_memory = {.code = REFUSE_INTERNAL};
    r->refusal = refusal_new(r->request->arena, REFUSE_RESULT_NOT_FOUND, "there is no result %.*s",
                             SLICE_ARG(r->request->params[0]));
    if (r->refusal == NULL)
        r->refusal = &no_memory;
}

enum tally_code reading_result(struct reading *r, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct store_page page;
    struct buf stored;
    uint64_t seq = 0, limit = STORE_LIMIT_DEFAULT;
    bool is_found = false;
    buf_init(&stored, HTTP_ANSWER_MAX);
    query_u64(&r->query, "limit", 1, STORE_LIMIT_MAX, &limit, r->request->arena, &r->refusal);
    page = (struct store_page){query_text(&r->query, "cursor"), (uint32_t) limit, r->reader};
    if (r->refusal != NULL)
        goto done;
    if (text_u64(r->request->params[0], ENTRY_SEQ_MAX, &seq) == TALLY_OK)
        TRY(store_read_result(r->pg, seq, &page, &stored, &is_found, err));
    if (!is_found) {
        refuse(r);
        goto done;
    }
    TRY(buf_check(&stored, err));
    TRY(answer(r, seq, &stored, err));
done:
    buf_release(&stored);
    return rc;
}
