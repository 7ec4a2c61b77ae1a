/* Caps: budgets that instances share (language.md C1 to C5). */
#include "eval.h"

#include <stdlib.h>

#include "tally/instant.h"

static uint32_t budget_memo(const struct eval *ev, uint32_t cap)
{
    return ev->t->memo_count + cap; /* budgets lie behind all that is remembered of the text */
}

/* The cell of an instance's budget under a cap, by a day; false: there is none, the day lies outside the period. */
MUST_CHECK static bool budget_by_day(const struct eval *ev, const struct cap *cap, const struct instance *instance,
                                     int32_t day, uint64_t *cell)
{
    const struct rule *r = &ev->t->rules[instance->rule];
    uint32_t members[DIMENSIONS_MAX];
    shape_bind(ev->dimensions, &r->shape, instance->cell, members);
    for (uint32_t i = 0; i < cap->per.count; i++) {
        uint32_t dim = cap->per.dims[i];
        if ((r->dims >> dim & 1) != 0)
            continue;
        members[dim] = dimension_of_day(&ev->dimensions[dim], day);
        if (members[dim] == TERMS_NONE)
            return false;
    }
    *cell = shape_cell(ev->dimensions, &cap->per, members);
    return true;
}

MUST_CHECK static bool budget_cell(const struct eval *ev, const struct cap *cap, const struct instance *instance,
                                   uint64_t *cell)
{
    return budget_by_day(ev, cap, instance, instance->own_day, cell);
}

/* Has its day moved it from one budget to another? What it was given by the one it has not been given by the other. */
static bool has_moved(const struct eval *ev, const struct instance *instance)
{
    const struct rule *r = &ev->t->rules[instance->rule];
    bool moved = false;
    if (r->dated == NULL || instance->record_day == DAY_NEVER || instance->record_day == instance->own_day)
        return false;
    for (uint32_t i = 0; i < r->cap_count; i++) {
        uint64_t here = 0, before = 0;
        const struct cap *cap = &ev->t->caps[r->caps[i]];
        bool is_there = budget_cell(ev, cap, instance, &here);
        bool was_there = budget_by_day(ev, cap, instance, instance->record_day, &before);
        moved = moved || is_there != was_there || here != before;
    }
    return moved;
}

/* Made with its whole sum at first. NULL: ev->rc is set. */
MUST_CHECK static struct budget *budget_at(struct eval *ev, uint32_t cap, uint64_t cell)
{
    const struct cap *c = &ev->t->caps[cap];
    struct slot *slot = eval_slot(ev, budget_memo(ev, cap), cell);
    if (slot == NULL || slot->u.budget != NULL)
        return slot == NULL ? NULL : slot->u.budget;
    slot->u.budget = EVAL_NEW(ev, 1, struct budget);
    if (slot->u.budget == NULL)
        return NULL;
    slot->u.budget->room = cents_of_budget(c->money != NULL ? c->money : ev->t->tables[c->table].cells[cell].number,
                                           ev->t->currencies[c->currency].places);
    return slot->u.budget;
}

struct budget *caps_budget(struct eval *ev, const struct instance *instance, uint32_t i)
{
    uint32_t cap = ev->t->rules[instance->rule].caps[i];
    uint64_t cell = 0;
    return budget_cell(ev, &ev->t->caps[cap], instance, &cell) ? budget_at(ev, cap, cell) : NULL;
}

/* Takes given out of every budget of the instance. */
MUST_CHECK static bool budget_take(struct eval *ev, const struct instance *instance, cents given)
{
    const struct rule *r = &ev->t->rules[instance->rule];
    for (uint32_t i = 0; i < r->cap_count; i++) {
        uint64_t cell = 0;
        if (!budget_cell(ev, &ev->t->caps[r->caps[i]], instance, &cell))
            continue; /* kept without a budget: never back, and its day has left the period */
        struct budget *budget = budget_at(ev, r->caps[i], cell);
        if (budget == NULL)
            return false;
        budget->room -= given;
    }
    return true;
}

/* C1: an amount that no budget is there for is a fault. */
bool caps_require_budgets(struct eval *ev, struct instance *instance)
{
    const struct rule *r = &ev->t->rules[instance->rule];
    uint64_t cell = 0;
    if (instance->state != ENGINE_COMPUTED || instance->amount <= 0)
        return true;
    for (uint32_t i = 0; i < r->cap_count; i++) {
        const struct cap *cap = &ev->t->caps[r->caps[i]];
        char day[DAY_TEXT_LEN + 1];
        if (budget_cell(ev, cap, instance, &cell))
            continue;
        day_format(instance->own_day, day);
        instance->state = ENGINE_FAULT;
        instance->day = instance->own_day = instance->record_day;
        if (eval_unknown(ev, arena_printf(ev->arena, "line %u, column %u: its day %s lies in no period of this cap",
                                          cap->span.line, cap->span.column, day)) == BROKEN)
            return false;
        instance->reason = ev->cause;
    }
    return true;
}

/* C3: the smaller of what stands and the amount; all that stands of one that is not computed, or never goes back. */
static void set_kept(const struct eval *ev, struct instance *instance)
{
    cents amount = instance->amount, stands = instance->stands;
    bool is_never_back = instance->is_never_back;
    if (instance->state != ENGINE_COMPUTED)
        instance->target = stands;
    else if (amount <= 0) /* C5: nothing is used or freed */
        instance->target = is_never_back && stands > amount ? stands : amount;
    else if (stands <= 0)
        instance->target = 0;
    else if (is_never_back)
        instance->target = stands;
    else if (has_moved(ev, instance))
        instance->target = 0;
    else
        instance->target = stands < amount ? stands : amount;
}

bool caps_keep(struct eval *ev, struct instance *instance)
{
    set_kept(ev, instance);
    return instance->target <= 0 || budget_take(ev, instance, instance->target);
}

/* C4: what it still lacks, or the least room of its budgets if that is smaller. */
bool caps_give(struct eval *ev, struct instance *instance)
{
    const struct rule *r = &ev->t->rules[instance->rule];
    cents given = instance->amount - instance->target;
    for (uint32_t i = 0; i < r->cap_count; i++) {
        uint64_t cell = 0;
        bool has_budget = budget_cell(ev, &ev->t->caps[r->caps[i]], instance, &cell);
        ENSURE(has_budget);
        const struct budget *budget = budget_at(ev, r->caps[i], cell);
        if (budget == NULL)
            return false;
        if (budget->room < given)
            given = budget->room;
    }
    if (given <= 0)
        return true;
    instance->target += given;
    return budget_take(ev, instance, given);
}

/* Those that had an amount before come first, in that order; then the new ones. */
static int order_of_first(const void *a, const void *b)
{
    const struct instance *x = *(struct instance *const *) a, *y = *(struct instance *const *) b;
    if ((x->first == 0) != (y->first == 0))
        return x->first == 0 ? 1 : -1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return instance_order(x, y);
}

/* Is there something that it lacks? */
bool caps_lacks(const struct instance *instance)
{
    return instance->state == ENGINE_COMPUTED && instance->amount > 0 && instance->amount > instance->target;
}

MUST_CHECK static bool group_members(struct eval *ev, uint32_t group, struct instance ***out, size_t *count)
{
    size_t n = 0;
    for (uint32_t r = 0; r < ev->t->rule_count; r++)
        n += ev->t->rules[r].group == group ? ev->rules[r].count : 0;
    struct instance **all = EVAL_SCRATCH(ev, n, struct instance *);
    if (all == NULL)
        return false;
    n = 0;
    for (uint32_t r = 0; r < ev->t->rule_count; r++)
        for (size_t i = 0; ev->t->rules[r].group == group && i < ev->rules[r].count; i++)
            all[n++] = &ev->rules[r].items[i];
    *out = all;
    *count = n;
    return true;
}

bool caps_apply(struct eval *ev, uint32_t group)
{
    struct instance **all = NULL;
    size_t count = 0;
    if (ev->group_done[group])
        return true;              /* not covered: through caps of several texts together (C2) */
    ev->group_done[group] = true; /* C2: nothing in the group depends on it */
    if (!group_members(ev, group, &all, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!instance_amount(ev, all[i]) || !caps_require_budgets(ev, all[i]))
            return false;
    for (size_t i = 0; i < count; i++)
        if (!caps_keep(ev, all[i]))
            return false;
    if (count > 1)
        qsort(all, count, sizeof *all, order_of_first);
    for (size_t i = 0; i < count; i++) {
        if (caps_lacks(all[i]) && !caps_give(ev, all[i]))
            return false;
        all[i]->phase = PHASE_DONE;
    }
    return true;
}
