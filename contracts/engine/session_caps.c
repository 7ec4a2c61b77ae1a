/* Budgets in a session (language.md C3, C4, K3). What is not touched keeps what it has, so only this changes a budget: what instances
 * that are computed again had of it and have now. What comes free goes to those that were cut, in the order of first amounts. An
 * instance that is cut lies in the list of one budget that is used up; while that has nothing free, nothing else matters to it. */
#include <string.h>

#include "session.h"
#include "tally/instant.h"

static uint32_t caps_of(const struct eval *ev, const struct instance *instance)
{
    return ev->t->rules[instance->rule].cap_count;
}

void session_release(struct eval *ev, struct instance *instance)
{
    struct group *group = &ev->session->groups[ev->t->rules[instance->rule].group];
    instance->cut_by = NULL;
    if (instance->target <= 0 || instance->is_absent)
        return;
    for (uint32_t i = 0; i < caps_of(ev, instance); i++) {
        struct budget *budget = caps_budget(ev, instance, i);
        if (budget == NULL)
            continue; /* kept without a budget */
        budget->room += instance->target;
        if (budget->is_released)
            continue;
        budget->is_released = true;
        budget->next_released = group->released;
        group->released = budget;
    }
}

/* ---- the list of a budget ---- */

MUST_CHECK static bool cut_push(struct eval *ev, struct budget *budget, struct cut cut)
{
    if (budget->cut == NULL)
        budget->cut = EVAL_NEW(ev, 1, struct cut_list);
    struct cut_list *list = budget->cut;
    if (list == NULL)
        return false;
    if (list->count == list->cap) {
        uint32_t cap = (uint32_t) grow_list(list->cap, 4);
        struct cut *grown = EVAL_NEW(ev, cap, struct cut);
        if (grown == NULL)
            return false;
        if (list->count > 0)
            memcpy(grown, list->items, list->count * sizeof(*grown));
        list->items = grown;
        list->cap = cap;
    }
    uint32_t at = list->count++;
    for (; at > 0 && cut.first < list->items[(at - 1) / 2].first; at = (at - 1) / 2)
        list->items[at] = list->items[(at - 1) / 2];
    list->items[at] = cut;
    return true;
}

/* The one with the least place that this budget still cuts, taken out; NULL: none. */
static struct instance *cut_take(struct budget *budget)
{
    struct cut_list *list = budget->cut;
    while (list != NULL && list->count > 0) {
        struct cut top = list->items[0], last = list->items[--list->count];
        uint32_t at = 0;
        for (;;) {
            uint32_t child = 2 * at + 1;
            if (child >= list->count)
                break;
            if (child + 1 < list->count && list->items[child + 1].first < list->items[child].first)
                child++;
            if (last.first <= list->items[child].first)
                break;
            list->items[at] = list->items[child];
            at = child;
        }
        list->items[at] = last;
        if (top.instance->cut_by != budget)
            continue;
        top.instance->cut_by = NULL; /* the same instance may lie there twice */
        return top.instance;
    }
    return NULL;
}

bool session_cut(struct eval *ev, struct instance *instance)
{
    for (uint32_t i = 0; i < caps_of(ev, instance); i++) {
        struct budget *budget = caps_budget(ev, instance, i);
        if (budget == NULL || budget->room > 0)
            continue;
        instance->cut_by = budget;
        return cut_push(ev, budget, (struct cut){instance->first, instance});
    }
    /* it was not given all that its budgets have: from here on everything is computed from nothing */
    ev->session->is_doubted = ev->session->is_plain = true; /* not covered: no history is known that comes here */
    return ev->rc == TALLY_OK;                              /* not covered: the same */
}

/* ---- who is given what is free ---- */

struct turn {
    struct instance *instance;
    uint64_t place;      /* of one without a place among first amounts */
    struct budget *from; /* whose list it was taken from, or NULL */
};
struct turns { /* a heap */
    struct turn *items;
    size_t count, cap;
};

static bool is_before(const struct turn *a, const struct turn *b)
{
    const struct instance *x = a->instance, *y = b->instance;
    if (x->first != 0 || y->first != 0)
        return y->first == 0 || (x->first != 0 && x->first < y->first);
    if (x->own_day != y->own_day)
        return x->own_day < y->own_day;
    return x->rule != y->rule ? x->rule < y->rule : a->place < b->place;
}

MUST_CHECK static bool turn_add(struct eval *ev, struct turns *turns, struct instance *instance, struct budget *from)
{
    struct turn turn = {instance, instance->first == 0 ? session_place(ev, instance) : 0, from};
    if (turns->count == turns->cap) {
        size_t cap = grow_list(turns->cap, 16);
        struct turn *grown = EVAL_SCRATCH(ev, cap, struct turn);
        if (grown == NULL)
            return false;
        if (turns->count > 0)
            memcpy(grown, turns->items, turns->count * sizeof(*grown));
        turns->items = grown;
        turns->cap = cap;
    }
    size_t at = turns->count++;
    for (; at > 0 && is_before(&turn, &turns->items[(at - 1) / 2]); at = (at - 1) / 2)
        turns->items[at] = turns->items[(at - 1) / 2];
    turns->items[at] = turn;
    return true;
}

static struct turn turn_take(struct turns *turns)
{
    struct turn top = turns->items[0], last = turns->items[--turns->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= turns->count)
            break;
        if (child + 1 < turns->count && is_before(&turns->items[child + 1], &turns->items[child]))
            child++;
        if (is_before(&last, &turns->items[child]))
            break;
        turns->items[at] = turns->items[child];
        at = child;
    }
    if (turns->count > 0)
        turns->items[at] = last;
    return top;
}

/* The next that the budget cuts, as long as something of it is free. */
MUST_CHECK static bool next_of(struct eval *ev, struct turns *turns, struct budget *budget)
{
    struct instance *next = budget->room > 0 ? cut_take(budget) : NULL;
    return next == NULL || turn_add(ev, turns, next, budget);
}

MUST_CHECK static bool touch(struct eval *ev, struct instance *instance)
{
    if (!instance->is_touched && !list_add(ev, &ev->session->touched, instance))
        return false;
    instance->is_touched = true;
    return true;
}

MUST_CHECK static bool take_turn(struct eval *ev, struct turns *turns)
{
    struct turn turn = turn_take(turns);
    struct instance *instance = turn.instance;
    cents before = instance->target;
    if (!caps_give(ev, instance))
        return false;
    if (instance->target != before && !touch(ev, instance))
        return false;
    if (caps_lacks(instance) && instance->first == 0) {
        if (!list_add(ev, &ev->session->fresh_cut, instance))
            return false;
    } else if (caps_lacks(instance) && !session_cut(ev, instance)) {
        return false;
    }
    if (turn.from != NULL && instance->target != before)
        track_changed(ev, &instance->readers);
    return turn.from == NULL || next_of(ev, turns, turn.from);
}

/* ---- a group ---- */

bool session_note_dayless(struct eval *ev, struct instance *instance)
{
    bool is_dayless =
        instance->state == ENGINE_FAULT && instance->day == DAY_NEVER && ev->t->rules[instance->rule].dated == NULL;
    return !is_dayless || list_add(ev, &ev->session->dayless, instance);
}

/* Computes what is dirty; what it needs may make more of the group dirty. */
MUST_CHECK static bool compute_dirty(struct eval *ev, struct group *group)
{
    for (size_t i = 0; i < group->dirty.count; i++) {
        struct instance *instance = group->dirty.items[i];
        if (!instance_amount(ev, instance) || !caps_require_budgets(ev, instance) || !session_note_dayless(ev, instance) ||
            !touch(ev, instance))
            return false;
    }
    for (size_t i = 0; i < group->dirty.count; i++)
        if (!caps_keep(ev, group->dirty.items[i]))
            return false;
    return true;
}

bool session_group(struct eval *ev, uint32_t number)
{
    struct engine_session *s = ev->session;
    struct group *group = &s->groups[number];
    struct turns turns = {0};
    if (s->is_opening)
        return caps_apply(ev, number);
    if (group->dirty.count > 0 && group->entry == s->entries)
        s->is_doubted = s->is_plain = true; /* not covered: shared out twice, which the order of groups prevents */
    if (group->dirty.count > 0)
        group->entry = s->entries;
    if (!compute_dirty(ev, group))
        return false;
    for (size_t i = 0; i < group->dirty.count; i++)
        if (caps_lacks(group->dirty.items[i]) && !turn_add(ev, &turns, group->dirty.items[i], NULL))
            return false;
    for (struct budget *b = group->released; b != NULL; b = b->next_released) {
        b->is_released = false;
        if (!next_of(ev, &turns, b))
            return false;
    }
    group->released = NULL;
    while (turns.count > 0)
        if (!take_turn(ev, &turns))
            return false;
    for (size_t i = 0; i < group->dirty.count; i++) {
        struct instance *instance = group->dirty.items[i];
        instance->phase = PHASE_DONE;
        instance->is_dirty = false;
        track_changed(ev, &instance->readers);
    }
    group->dirty.count = 0;
    return true;
}
