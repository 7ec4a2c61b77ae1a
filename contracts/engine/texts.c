/* Several texts of one contract (language.md V1 to V4). Each text has an evaluation of its own, with the results that fit it. A rule
 * belongs to the newest text that has it: there its instances stand, and there their targets come about. The amount of an instance
 * is that of one text, the newest whose `effective` is on or before the instance's day by that text. */
#include "eval.h"
#include "tally/instant.h"
#include "tally/mem.h"

/* ---- which rules there are ---- */

static const struct terms *text_of(const struct engine_input *input, size_t k)
{
    return k < input->earlier_count ? input->earlier[k].terms : input->terms;
}

/* Is this text (0 the oldest) the newest that has its rule? */
static bool owns(const struct engine_input *input, size_t k, uint32_t rule)
{
    struct slice name = terms_rule(text_of(input, k), rule)->name;
    for (size_t i = k + 1; i <= input->earlier_count; i++)
        if (terms_find_rule(text_of(input, i), name) != TERMS_NONE)
            return false;
    return true;
}

/* Goes through the rules in the order of their places; false: there are no more. */
static bool next_rule(const struct engine_input *input, size_t *k, uint32_t *rule)
{
    ++*rule;
    for (;;) {
        for (; *rule < terms_rule_count(text_of(input, *k)); ++*rule)
            if (owns(input, *k, *rule))
                return true;
        if (*k == 0)
            return false;
        --*k;
        *rule = 0;
    }
}

uint32_t engine_rule_place(const struct engine_input *input, struct slice name)
{
    size_t k = input->earlier_count;
    uint32_t rule = terms_find_rule(input->terms, name);
    if (rule != TERMS_NONE)
        return rule;
    rule = UINT32_MAX;
    for (uint32_t place = 0; next_rule(input, &k, &rule); place++)
        if (slice_equal(terms_rule(text_of(input, k), rule)->name, name))
            return place;
    return TERMS_NONE;
}

const struct terms_rule *engine_rule(const struct engine_input *input, uint32_t place, const struct terms **terms)
{
    size_t k = input->earlier_count;
    uint32_t rule = UINT32_MAX;
    *terms = input->terms;
    if (place < terms_rule_count(input->terms))
        return terms_rule(input->terms, place);
    for (uint32_t i = 0; next_rule(input, &k, &rule); i++)
        if (i == place) {
            *terms = text_of(input, k);
            return terms_rule(*terms, rule);
        }
    ENSURE(false); /* not covered: places come from engine_rule_place and from evaluations */
    return NULL;
}

/* ---- an evaluation for each text ---- */

/* Is it a key of that shape, but for members of open dimensions, which anybody may be? */
static bool is_key_of(const struct terms *t, const struct shape *shape, struct slice key)
{
    struct slice parts[DIMENSIONS_MAX];
    if (!key_parts(key, shape->count, parts))
        return false;
    for (uint32_t i = 0; i < shape->count; i++) {
        const struct dimension *d = &t->dimensions[shape->dims[i]];
        if (!dimension_is_open(d) && dimension_find(d, parts[i]) == TERMS_NONE)
            return false;
    }
    return true;
}

/* The records of rules that the text has, by its own places. */
MUST_CHECK static bool records_of(struct eval *master, const struct engine_input *input, struct text_eval *text)
{
    struct engine_record *records = EVAL_NEW(master, input->record_count + 1, struct engine_record);
    size_t n = 0;
    if (records == NULL)
        return false;
    for (size_t i = 0; i < input->record_count; i++) {
        const struct terms *terms = NULL;
        struct slice name = engine_rule(input, input->records[i].rule, &terms)->name;
        uint32_t rule = terms_find_rule(text->input.terms, name);
        if (rule == TERMS_NONE ||
            !is_key_of(text->input.terms, &text->input.terms->rules[rule].shape, input->records[i].key))
            continue;
        records[n] = input->records[i];
        records[n++].rule = rule;
    }
    text->input.records = records;
    text->input.record_count = n;
    return true;
}

MUST_CHECK static bool make_text(struct eval *master, const struct engine_input *input, size_t k, struct text_eval *text)
{
    bool is_newest = k == input->earlier_count;
    const struct ast_text *ast = text_of(input, k)->ast;
    text->input = *input;
    text->input.terms = text_of(input, k);
    if (!is_newest) {
        text->input.facts = input->earlier[k].facts;
        text->input.fact_count = input->earlier[k].fact_count;
    }
    text->effective = ast->is_amendment ? ast->effective : DAY_MIN;
    return records_of(master, input, text);
}

MUST_CHECK static bool list_owned(struct eval *master, struct texts *texts, const struct engine_input *input)
{
    size_t k = input->earlier_count;
    uint32_t rule = UINT32_MAX, place = 0;
    for (size_t i = 0; i < texts->count; i++) {
        uint32_t count = texts->items[i].input.terms->rule_count;
        texts->items[i].places = EVAL_NEW(master, count + 1, uint32_t);
        if (texts->items[i].places == NULL)
            return false;
        for (uint32_t r = 0; r < count; r++)
            texts->items[i].places[r] = TERMS_NONE;
    }
    while (next_rule(input, &k, &rule))
        texts->items[k].places[rule] = place++;
    return true;
}

bool texts_begin(struct eval *master, const struct engine_input *input)
{
    struct texts *texts = EVAL_NEW(master, 1, struct texts);
    if (texts == NULL)
        return false;
    if (input->earlier_count >= TEXTS_MAX) {
        master->rc = err_set(master->err, TALLY_E_LIMIT, "a contract may have %d versions at most", TEXTS_MAX);
        return false;
    }
    texts->count = input->earlier_count + 1;
    texts->items = EVAL_NEW(master, texts->count, struct text_eval);
    if (texts->items == NULL)
        return false;
    for (size_t k = 0; k < texts->count; k++)
        if (!make_text(master, input, k, &texts->items[k]))
            return false;
    if (!list_owned(master, texts, input))
        return false;
    texts->items[texts->count - 1].ev = master;
    master->in = &texts->items[texts->count - 1].input;
    master->texts = texts;
    master->text = texts->count - 1;
    for (size_t k = 0; k + 1 < texts->count; k++) {
        struct eval *ev = mem_zero(sizeof *ev);
        if (ev == NULL) {
            master->rc = err_set(master->err, TALLY_E_NO_MEMORY, "no memory for an evaluation");
            return false;
        }
        texts->items[k].ev = ev;
        ev->texts = texts;
        ev->text = k;
        ev->vacated = master->vacated;
        master->rc = evaluate_begin(ev, &texts->items[k].input, master->err);
        if (master->rc != TALLY_OK)
            return false;
        ev->is_closed = input->today > terms_closes(input->terms); /* the newest text says when all of it ends */
    }
    return true;
}

void texts_end(struct eval *master)
{
    for (size_t k = 0; k + 1 < master->texts->count; k++) {
        struct eval *ev = master->texts->items[k].ev;
        if (ev == NULL)
            continue;
        eval_release(ev);
        arena_free(ev->arena);
        mem_free(ev);
    }
}

bool texts_owns(const struct eval *ev, uint32_t rule)
{
    return ev->texts->items[ev->text].places[rule] != TERMS_NONE;
}

uint32_t texts_place(const struct eval *ev, uint32_t rule)
{
    return ev->texts == NULL ? rule : ev->texts->items[ev->text].places[rule];
}

/* ---- the same instance in another text ---- */

/* The cell of that key by the other text. false: it has no such key, or ev->rc is set. */
static bool same_cell(struct eval *ev, const struct shape *shape, uint64_t cell, const struct eval *other,
                      const struct shape *other_shape, uint64_t *out)
{
    struct slice key = shape_key(ev->dimensions, shape, cell, ev->arena);
    if (key.ptr == NULL)
        ev->rc = err_set(ev->err, TALLY_E_LIMIT, "the evaluation needs more memory than it is granted");
    return key.ptr != NULL && shape_read(other->dimensions, other_shape, key, out);
}

struct instance *texts_same(struct eval *ev, uint32_t rule, uint64_t cell, struct eval *other)
{
    uint64_t there = 0;
    if (other == ev)
        return instance_find(ev, rule, cell);
    uint32_t r = terms_find_rule(other->t, ev->t->rules[rule].shown.name);
    if (r == TERMS_NONE || !same_cell(ev, &ev->t->rules[rule].shape, cell, other, &other->t->rules[r].shape, &there))
        return NULL;
    return instance_find(other, r, there);
}

struct instance *texts_instance(struct eval *ev, uint32_t rule, uint64_t cell, struct eval **owner)
{
    size_t k = ev->text;
    for (size_t i = ev->text + 1; i < ev->texts->count; i++)
        if (terms_find_rule(ev->texts->items[i].input.terms, ev->t->rules[rule].shown.name) != TERMS_NONE)
            k = i;
    *owner = ev->texts->items[k].ev;
    return texts_same(ev, rule, cell, *owner);
}

bool texts_each_cell(struct eval *ev, uint32_t rule, bool (*add)(struct eval *ev, uint64_t cell, void *with), void *with)
{
    const struct rule *r = &ev->t->rules[rule];
    for (size_t k = 0; k < ev->text; k++) {
        struct eval *earlier = ev->texts->items[k].ev;
        uint32_t there = terms_find_rule(earlier->t, r->shown.name);
        for (size_t i = 0; there != TERMS_NONE && i < earlier->rules[there].count; i++) {
            uint64_t cell = 0;
            if (same_cell(earlier, &earlier->t->rules[there].shape, earlier->rules[there].items[i].cell, ev, &r->shape,
                          &cell) &&
                !add(ev, cell, with))
                return false;
            if (earlier->rc != TALLY_OK) {
                ev->rc = earlier->rc;
                return false;
            }
        }
    }
    return true;
}

/* ---- V2: whose instance is it? ---- */

/* Sets the cause; the first version is 1. */
static enum known has_no_rule(struct eval *ev, uint32_t version, struct slice name)
{
    return eval_unknown(
        ev, arena_printf(ev->arena, "version %u of the terms has no rule `%.*s` any more", version, SLICE_ARG(name)));
}

/* Chooses the text; *out is NULL when none computes it (then the cause is set), or when its day is not known. */
static enum known choose(struct eval *ev, const struct instance *instance, struct eval **out, struct instance **as)
{
    struct texts *texts = ev->texts;
    struct slice name = ev->t->rules[instance->rule].shown.name;
    bool is_later = ev->text + 1 < texts->count; /* a later text has it no more */
    for (size_t k = ev->text + 1; k-- > 0;) {
        struct eval *text = texts->items[k].ev;
        struct instance *same = texts_same(ev, instance->rule, instance->cell, text);
        int32_t day = DAY_NEVER;
        if (same == NULL && ev->rc != TALLY_OK)
            return BROKEN;
        if (same == NULL)
            continue;
        same->day = instance->day;
        same->record_day = instance->record_day;
        same->has_record = instance->has_record;
        enum known known = instance_text_day(text, same, &day);
        if (known != KNOWN) {
            ev->cause = text->cause;
            ev->is_blocked = text->is_blocked;
            ev->rc = known == BROKEN ? text->rc : ev->rc;
            return known;
        }
        if (day == DAY_NEVER || texts->items[k].effective > day)
            continue;
        if (is_later && texts->items[ev->text + 1].effective <= day) /* V3 */
            return has_no_rule(ev, texts->items[ev->text + 1].input.terms->ast->version, name);
        *out = text;
        *as = same;
        return KNOWN;
    }
    return eval_unknown(ev, SLICE("its day lies before the text that has this rule takes effect"));
}

bool texts_amount(struct eval *ev, struct instance *instance, enum known *known)
{
    struct eval *text = NULL;
    struct instance *same = NULL;
    *known = choose(ev, instance, &text, &same);
    if (*known != KNOWN || text == ev)
        return false;
    ENSURE(text != NULL && same != NULL);
    uint32_t depth = text->depth;
    text->depth = ev->depth > depth ? ev->depth : depth;
    bool ok = instance_amount(text, same);
    text->depth = depth;
    if (!ok) {
        ev->rc = text->rc;
        *known = BROKEN;
        return false;
    }
    instance->state = same->state;
    instance->reason = same->reason;
    instance->is_blocked = same->is_blocked;
    instance->amount = same->amount;
    instance->own_day = same->own_day;
    instance->day = same->day;
    instance->wakes = same->wakes;
    instance->is_never_back = text->t->rules[same->rule].is_never_back;
    instance->text = (uint16_t) text->text;
    return true;
}

/* ---- V4: can it amend? ---- */

MUST_CHECK static struct slice rule_problem(const struct terms *next, const struct rule *r, const struct terms *before,
                                            const struct rule *b, struct arena *arena)
{
    struct slice code = next->currencies[r->currency].code, was = before->currencies[b->currency].code;
    bool is_same = r->shape.count == b->shape.count;
    if (!slice_equal(code, was) ||
        rule_places(next, (uint32_t) (r - next->rules)) != rule_places(before, (uint32_t) (b - before->rules)))
        return arena_printf(arena, "`%.*s` pays in %.*s, and paid in %.*s rounded to %.*s", SLICE_ARG(r->shown.name),
                            SLICE_ARG(code), SLICE_ARG(was), SLICE_ARG(before->currencies[b->currency].smallest));
    for (uint32_t i = 0; i < r->shape.count && is_same; i++)
        is_same =
            slice_equal(next->dimensions[r->shape.dims[i]].shown.name, before->dimensions[b->shape.dims[i]].shown.name);
    if (!is_same)
        return arena_printf(arena, "`%.*s` has other dimensions after `for each` than before; give it another name",
                            SLICE_ARG(r->shown.name));
    for (uint32_t i = 0; i < r->shape.count; i++) {
        const struct dimension *d = &next->dimensions[r->shape.dims[i]], *was_d = &before->dimensions[b->shape.dims[i]];
        bool has_all = dimension_is_open(d) == dimension_is_open(was_d);
        for (uint32_t m = 0; has_all && !dimension_is_open(was_d) && m < was_d->shown.member_count; m++)
            has_all = dimension_find(d, was_d->shown.members[m]) != TERMS_NONE;
        if (!has_all)
            return arena_printf(arena, "`%.*s` has instances for members of `%.*s` that are no longer there",
                                SLICE_ARG(r->shown.name), SLICE_ARG(d->shown.name));
    }
    return SLICE("");
}

enum tally_code engine_amends(const struct terms *next, const struct terms *before, struct arena *arena, bool *fits,
                              struct slice *why, struct err *err)
{
    struct slice problem = SLICE("");
    if (!next->ast->is_amendment || next->ast->version <= before->ast->version)
        problem =
            arena_printf(arena, "it is no version after %u: its first line says `version %u amends ... effective ...`",
                         before->ast->version, before->ast->version + 1);
    else if (!slice_equal(next->ast->slug, before->ast->slug))
        problem = arena_printf(arena, "it is of the contract %.*s", SLICE_ARG(next->ast->slug));
    for (uint32_t i = 0; i < next->rule_count && problem.ptr != NULL && problem.len == 0; i++) {
        uint32_t rule = terms_find_rule(before, next->rules[i].shown.name);
        if (rule != TERMS_NONE)
            problem = rule_problem(next, &next->rules[i], before, &before->rules[rule], arena);
    }
    if (problem.ptr == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left to say what does not fit");
    *fits = problem.len == 0;
    *why = problem;
    return TALLY_OK;
}
