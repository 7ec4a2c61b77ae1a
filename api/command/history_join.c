/* Who joins which class of parties, step by step (language.md section 4). */
#include "history_internal.h"

MUST_CHECK static struct slice joined_key(const struct reading *r, struct slice class_name, struct slice member)
{
    return arena_printf(r->arena, "%.*s|%.*s", SLICE_ARG(class_name), SLICE_ARG(member));
}

bool has_joined(const struct reading *r, uint32_t contract, struct slice class_name, struct slice member)
{
    struct slice key = joined_key(r, class_name, member);
    return key.ptr != NULL && places_find(&r->joined, contract, key) != NULL;
}

/* The class of that name: of the contract asked for, otherwise of one that it uses. */
static const struct terms_class *class_find(const struct reading *r, struct slice name, uint32_t *contract)
{
    for (uint32_t i = 0; i <= r->history->contract_count; i++) {
        *contract = i == 0 ? r->history->main : i - 1;
        const struct history_contract *c = &r->history->contracts[*contract];
        const struct terms *terms = c->texts[c->text_count - 1]->terms;
        for (uint32_t k = 0; k < terms_class_count(terms); k++)
            if (slice_equal(terms_class(terms, k)->name, name))
                return terms_class(terms, k);
    }
    return NULL;
}

MUST_CHECK static enum tally_code join_one(struct reading *r, const struct terms_class *to, uint32_t contract,
                                           struct slice member, int32_t day)
{
    enum tally_code rc = TALLY_OK;
    struct slice key = joined_key(r, to->name, member);
    char last[DAY_TEXT_LEN + 1];
    void *ignored = NULL;
    uint32_t count = 0;
    if (key.ptr == NULL)
        return take_no_memory(r);
    if (places_find(&r->joined, contract, key) != NULL)
        return err_set(r->err, TALLY_E_MALFORMED, "/history/%zu/joined: %.*s has joined `%.*s` already", r->step,
                       SLICE_ARG(member), SLICE_ARG(to->name));
    if (day > to->join_until) {
        day_format(to->join_until, last);
        return err_set(r->err, TALLY_E_MALFORMED, "/history/%zu/joined: `%.*s` could be joined until %s", r->step,
                       SLICE_ARG(to->name), last);
    }
    for (size_t i = 0; i < r->joined.count; i++)
        count += r->joined.items[i].group == contract && slice_starts(r->joined.items[i].key, to->name) &&
                 r->joined.items[i].key.ptr[to->name.len] == '|';
    if (count >= to->at_most)
        return err_set(r->err, TALLY_E_MALFORMED, "/history/%zu/joined: `%.*s` has %u members at most", r->step,
                       SLICE_ARG(to->name), to->at_most);
    TRY(places_add(&r->joined, contract, key, 1, &ignored, r->err));
done:
    return rc;
}

enum tally_code take_joined(struct reading *r, const json_t *step, int32_t day, struct slice *out)
{
    enum tally_code rc = TALLY_OK;
    const json_t *object = json_object_get(step, "joined"), *members, *member;
    const char *name;
    struct slice said = SLICE("");
    char pointer[64];
    (void) snprintf(pointer, sizeof pointer, "/history/%zu/joined", r->step);
    if (object != NULL && !json_is_object(object))
        return err_set(r->err, TALLY_E_MALFORMED, "%s: is not an object of classes, {\"facility\": [\"a\", \"b\"]}",
                       pointer);
    json_object_foreach((json_t *) (uintptr_t) object, name, members)
    {
        uint32_t contract = 0;
        size_t i = 0;
        const struct terms_class *to = class_find(r, slice_str(name), &contract);
        if (to == NULL)
            return err_set(r->err, TALLY_E_MALFORMED, "%s: the terms have no class of parties `%.100s`", pointer, name);
        if (!json_is_array(members))
            return err_set(r->err, TALLY_E_MALFORMED, "%s/%.100s: is not a list of who joins", pointer, name);
        json_array_foreach((json_t *) (uintptr_t) members, i, member)
        {
            struct slice text = SLICE("");
            TRY(take_text(r, member, pointer, &text));
            TRY(join_one(r, to, contract, text, day));
            said =
                arena_printf(r->arena, "%.*s%s%.*s", SLICE_ARG(said), said.len == 0 ? "joined: " : ", ", SLICE_ARG(text));
            if (said.ptr == NULL)
                return take_no_memory(r);
        }
    }
    *out = said;
done:
    return rc;
}
