/* What was settled, as the bank says (language.md section 11): read, and as the facts of metrics whose source it is. */
#include "history_run.h"

#define SETTLED_MAX 10000 /* of one step */

MUST_CHECK static enum tally_code bad(const struct reading *r, size_t i, const char *what)
{
    return err_set(r->err, TALLY_E_MALFORMED, "/history/%zu/settled/%zu%s", r->step, i, what);
}

/* The newest text of a contract that has the rule, or NULL. */
static const struct terms_rule *rule_of(const struct history_contract *contract, struct slice name)
{
    for (uint32_t k = contract->text_count; k-- > 0;) {
        uint32_t rule = terms_find_rule(contract->texts[k]->terms, name);
        if (rule != TERMS_NONE)
            return terms_rule(contract->texts[k]->terms, rule);
    }
    return NULL;
}

MUST_CHECK static enum tally_code one_take(struct reading *r, const json_t *json, size_t i, int32_t day,
                                           struct history_settlement *out)
{
    static const char *const names[] = {"contract", "rule", "amount", "paid_on", "note", NULL};
    enum tally_code rc = TALLY_OK;
    char pointer[80];
    bool fits = false;
    const char *contract = json_string_value(json_object_get(json, "contract"));
    (void) snprintf(pointer, sizeof pointer, "/history/%zu/settled/%zu", r->step, i);
    if (!json_is_object(json))
        return bad(r, i, ": is not an object, {\"rule\", \"amount\", \"paid_on\"}");
    TRY(take_members(r, json, pointer, names));
    *out = (struct history_settlement){.contract = r->history->main, .paid_on = day};
    for (uint32_t c = 0; contract != NULL && c < r->history->contract_count; c++)
        if (slice_is(r->history->contracts[c].slug, contract))
            out->contract = c;
    if (contract != NULL && !slice_is(r->history->contracts[out->contract].slug, contract))
        return bad(r, i, "/contract: no text of \"texts\" is of that contract");
    TRY(take_text(r, json_object_get(json, "rule"), pointer, &out->rule));
    TRY(take_text(r, json_object_get(json, "amount"), pointer, &out->amount));
    const struct terms_rule *rule = rule_of(&r->history->contracts[out->contract], out->rule);
    if (rule == NULL)
        return bad(r, i, "/rule: the terms have no such pay rule");
    if (money_fits(out->amount, rule->smallest, &fits, NULL) != TALLY_OK || !fits)
        return bad(r, i, "/amount: is no amount of the rule's currency, as \"4800000.00\"");
    if (json_object_get(json, "paid_on") != NULL)
        TRY(take_day(r, json_object_get(json, "paid_on"), pointer, &out->paid_on));
    if (out->paid_on > day)
        return bad(r, i, "/paid_on: is later than the day on which it is known");
done:
    return rc;
}

enum tally_code take_settled(struct reading *r, const json_t *step, struct history_step *out)
{
    enum tally_code rc = TALLY_OK;
    const json_t *list = json_object_get(step, "settled");
    size_t count = json_array_size(list);
    if (list != NULL && (!json_is_array(list) || count > SETTLED_MAX))
        return err_set(r->err, TALLY_E_MALFORMED, "/history/%zu/settled: is not a list of at most %d settlements", r->step,
                       SETTLED_MAX);
    out->settled = ARENA_ARRAY(r->arena, count + 1, struct history_settlement);
    if (out->settled == NULL)
        return take_no_memory(r);
    for (size_t i = 0; i < count; i++)
        TRY(one_take(r, json_array_get(list, i), i, out->day, &out->settled[i]));
    out->settled_count = count;
done:
    return rc;
}

/* ---- facts ---- */

MUST_CHECK static enum tally_code no_memory(struct err *err)
{
    return err_set(err, TALLY_E_LIMIT, "the evaluation takes more memory than was granted");
}

/* The key at which a settlement counts; false: its day lies in no member of the period. */
static bool key_of(const struct terms *terms, const struct terms_metric *m, int32_t day, struct slice *key)
{
    *key = SLICE("");
    if (m->by_count == 0)
        return true;
    uint32_t member = terms_member_of_day(terms, m->by[0], day);
    if (member != TERMS_NONE)
        *key = terms_dimension(terms, m->by[0])->members[member];
    return member != TERMS_NONE;
}

MUST_CHECK static enum tally_code add_to(struct engine_fact *fact, const struct history_settlement *settled, bool is_date,
                                         struct arena *arena, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char day[DAY_TEXT_LEN + 1];
    if (!is_date)
        return money_add(fact->value, settled->amount, arena, &fact->value, err);
    day_format(settled->paid_on, day);
    if (fact->value.len == 0 || slice_compare(slice_str(day), fact->value) > 0)
        TRY(arena_copy(arena, day, DAY_TEXT_LEN, &fact->value, err));
done:
    return rc;
}

enum tally_code settled_facts(const struct run_contract *c, uint32_t k, uint32_t metric, struct arena *arena,
                              struct engine_fact **out, size_t *count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = c->of->texts[k]->terms;
    const struct terms_metric *m = terms_metric(terms, metric);
    bool is_date = slice_is(m->unit, "date");
    struct places found = {.arena = arena};
    struct engine_fact *facts = ARENA_ARRAY(arena, c->settled_count + 1, struct engine_fact);
    *count = 0;
    if (facts == NULL)
        return no_memory(err);
    for (size_t i = 0; i < c->settled_count; i++) {
        const struct history_settlement *settled = c->settled[i];
        struct slice key = SLICE("");
        if (!slice_equal(settled->rule, m->of) || !key_of(terms, m, settled->paid_on, &key))
            continue;
        struct engine_fact **place = places_find(&found, 0, key);
        void *made = NULL;
        if (place == NULL) {
            TRY(places_add(&found, 0, key, sizeof *place, &made, err));
            place = made;
            *place = &facts[(*count)++];
            **place = (struct engine_fact){.metric = metric,
                                           .key = key,
                                           .value = is_date ? SLICE("") : SLICE("0"),
                                           .standing = ENGINE_FINAL,
                                           .submitted = settled->paid_on};
        }
        TRY(add_to(*place, settled, is_date, arena, err));
    }
    *out = facts;
done:
    return rc;
}
