/* The texts that amend a contract: the tables say who has signed, the text in force says whose signatures are still needed (V1). */
#include <jansson.h>
#include <string.h>

#include "handlers.h"
#include "tally/command.h"
#include "tally/entry.h"
#include "tally/store.h"

static bool is_proposed(const json_t *amendment)
{
    const char *state = json_string_value(json_object_get(amendment, "state"));
    return state != NULL && strcmp(state, "proposed") == 0;
}

/* "lacking":["fund","clinic"] */
MUST_CHECK static enum tally_code say_lacking(struct reading *r, const struct model *model, json_t *amendment,
                                              struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice *names = NULL;
    uint32_t count = 0;
    json_t *list = json_array();
    uint64_t seq = (uint64_t) json_integer_value(json_object_get(amendment, "seq"));
    if (is_proposed(amendment))
        TRY(model_amendment_lacks(model, r->request->params[0], seq, r->request->arena, &names, &count, err));
    for (uint32_t i = 0; i < count; i++)
        if (json_array_append_new(list, json_stringn(names[i].ptr, names[i].len)) != 0)
            TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for an answer"));
    if (json_object_set(amendment, "lacking", list) != 0)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for an answer"));
done:
    json_decref(list);
    return rc;
}

MUST_CHECK static enum tally_code say_all(struct reading *r, const json_t *answer, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct model *model = NULL;
    struct store *store = NULL;
    json_t *one = NULL;
    size_t i = 0;
    TRY(model_new(&command_model_ports, &model, err));
    TRY(store_new(model, &store, err));
    TRY(store_load_parties(store, r->pg, r->request->arena, r->request->params[0], err));
    json_array_foreach(json_object_get(answer, "items"), i, one) TRY(say_lacking(r, model, one, err));
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

enum tally_code amendments_answer(struct reading *r, const struct buf *stored, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    json_t *list = json_loadb(stored->ptr == NULL ? "" : stored->ptr, stored->len, 0, NULL);
    if (list == NULL)
        return err_set(err, TALLY_E_BUG, "what the tables say of amendments is no JSON");
    TRY(say_all(r, list, err));
    if (json_dump_callback(list, add_text, r->out, JSON_COMPACT | JSON_SORT_KEYS) != 0)
        rc = err_set(err, TALLY_E_NO_MEMORY, "no memory for an answer");
done:
    json_decref(list);
    return rc;
}
