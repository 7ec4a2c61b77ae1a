/* Instances: which there are (I1), their day (I2), state (I3) and amount (A1, A2). */
#include "eval.h"

#include <stdlib.h>

#include "tally/instant.h"

static int cell_order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;
    return (x > y) - (x < y);
}

/* ---- which there are ---- */

MUST_CHECK static bool cells_add(struct eval *ev, struct cells *cells, uint64_t cell)
{
    if (cells->count == cells->cap) {
        size_t cap = grow_list(cells->cap, 16);
        uint64_t *grown = EVAL_SCRATCH(ev, cap, uint64_t);
        if (grown == NULL)
            return false;
        if (cells->count > 0)
            memcpy(grown, cells->items, cells->count * sizeof *grown);
        cells->items = grown;
        cells->cap = cap;
    }
    cells->items[cells->count++] = cell;
    return true;
}

/* All combinations of the free dimensions of a rule, the others being as members[] says. */
MUST_CHECK static bool add_free(struct eval *ev, const struct rule *r, dimension_set free_dims, uint32_t *members,
                                struct cells *cells)
{
    for (uint32_t i = 0; i < r->shape.count; i++) {
        if ((free_dims >> r->shape.dims[i] & 1) == 0)
            continue;
        members[r->shape.dims[i]] = 0;
        if (ev->dimensions[r->shape.dims[i]].shown.member_count == 0)
            return true;
    }
    for (;;) {
        uint32_t i = r->shape.count;
        if (!cells_add(ev, cells, shape_cell(ev->dimensions, &r->shape, members)))
            return false;
        while (i-- > 0) {
            uint32_t dim = r->shape.dims[i];
            if ((free_dims >> dim & 1) == 0)
                continue;
            if (++members[dim] < ev->dimensions[dim].shown.member_count)
                break;
            members[dim] = 0;
        }
        if (i == UINT32_MAX)
            return true;
    }
}

static bool add_earlier(struct eval *ev, uint64_t cell, void *with)
{
    return cells_add(ev, with, cell);
}

bool instance_cells(struct eval *ev, uint32_t rule, uint64_t fact_cell, struct cells *cells)
{
    const struct rule *r = &ev->t->rules[rule];
    const struct metric *m = &ev->t->metrics[r->of];
    uint32_t members[DIMENSIONS_MAX];
    dimension_set fixed = 0;
    shape_bind(ev->dimensions, &m->shape, fact_cell, members);
    for (const struct node_index *i = r->of_indexes; i != NULL; i = i->next) {
        if (members[i->dimension] != i->member)
            return true;
        fixed |= (dimension_set) 1 << i->dimension;
    }
    return add_free(ev, r, r->dims & ~(m->dims & ~fixed), members, cells);
}

bool instance_cells_of_member(struct eval *ev, uint32_t rule, uint32_t dimension, uint32_t member, struct cells *cells)
{
    const struct rule *r = &ev->t->rules[rule];
    uint32_t members[DIMENSIONS_MAX];
    dimension_set bound = dimension == TERMS_NONE ? 0 : (dimension_set) 1 << dimension;
    if (dimension != TERMS_NONE)
        members[dimension] = member;
    return add_free(ev, r, r->dims & ~bound, members, cells);
}

MUST_CHECK static bool found_cells(struct eval *ev, uint32_t rule, struct cells *cells)
{
    const struct rule *r = &ev->t->rules[rule];
    for (uint32_t i = 0; i < ev->slot_used; i++) {
        const struct slot *slot = eval_slot_at(ev, i);
        if (slot->memo == r->of && slot_is_found(slot) && !instance_cells(ev, rule, slot->cell, cells))
            return false;
    }
    for (size_t i = 0; i < ev->in->record_count; i++) {
        const struct engine_record *record = &ev->in->records[i];
        uint64_t cell = 0;
        if (record->rule != rule || money_sign(record->stands) == 0 ||
            !shape_read(ev->dimensions, &r->shape, record->key, &cell))
            continue;
        if (!cells_add(ev, cells, cell))
            return false;
    }
    if (ev->texts != NULL && !texts_each_cell(ev, rule, add_earlier, cells))
        return false;
    if (cells->count > 0)
        qsort(cells->items, cells->count, sizeof *cells->items, cell_order);
    size_t kept = 0;
    for (size_t i = 0; i < cells->count; i++)
        if (i == 0 || cells->items[i] != cells->items[kept - 1])
            cells->items[kept++] = cells->items[i];
    cells->count = kept;
    return true;
}

/* cells: room that one rule after another uses. */
MUST_CHECK static bool make_rule(struct eval *ev, uint32_t rule, struct cells *cells)
{
    const struct rule *r = &ev->t->rules[rule];
    struct rule_instances *list = &ev->rules[rule];
    cells->count = 0;
    if (r->has_of && !found_cells(ev, rule, cells))
        return false;
    list->is_dense = !r->has_of && !rule_is_open(ev->t, r);
    if (!r->has_of && !list->is_dense && !instance_cells_of_member(ev, rule, TERMS_NONE, 0, cells))
        return false;
    list->count = list->is_dense ? r->shape.cells : cells->count;
    list->items = EVAL_NEW(ev, list->count, struct instance);
    if (list->items == NULL)
        return false;
    ENSURE(list->is_dense || cells->items != NULL || list->count == 0);
    for (size_t i = 0; i < list->count; i++)
        list->items[i] = (struct instance){.rule = rule,
                                           .cell = list->is_dense ? i : cells->items[i],
                                           .own_day = DAY_NEVER,
                                           .day = DAY_NEVER,
                                           .record_day = DAY_NEVER,
                                           .wakes = DAY_NEVER,
                                           .is_never_back = r->is_never_back,
                                           .text = (uint16_t) ev->text};
    return true;
}

struct instance *instance_find(struct eval *ev, uint32_t rule, uint64_t cell)
{
    struct rule_instances *list = &ev->rules[rule];
    size_t low = 0, high = list->count;
    if (list->is_dense)
        return cell < list->count ? &list->items[cell] : NULL;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (list->items[mid].cell == cell)
            return &list->items[mid];
        if (list->items[mid].cell < cell)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

MUST_CHECK static bool read_records(struct eval *ev)
{
    for (size_t i = 0; i < ev->in->record_count; i++) {
        const struct engine_record *record = &ev->in->records[i];
        uint64_t cell = 0;
        bool ok = record->rule < ev->t->rule_count &&
                  shape_read(ev->dimensions, &ev->t->rules[record->rule].shape, record->key, &cell);
        struct instance *instance = !ok                   ? NULL
                                    : ev->session == NULL ? instance_find(ev, record->rule, cell)
                                                          : session_instance(ev, record->rule, cell);
        if (ev->rc != TALLY_OK)
            return false;
        if (!ok && record->rule < ev->t->rule_count && money_sign(record->stands) == 0)
            ok = members_are_strangers(ev, &ev->t->rules[record->rule].shape, record->key);
        if (ok && instance == NULL)
            continue; /* nothing stands, and its key is no longer found */
        if (!ok || instance->has_record ||
            !cents_read(record->stands, rule_places(ev->t, record->rule), &instance->stands)) {
            ev->rc = err_set(ev->err, TALLY_E_INTEGRITY, "the record of the instance \"%.*s\" of rule %u %s",
                             SLICE_ARG(record->key), record->rule,
                             !ok ? "has a key that does not exist" : "stands there twice or is not money");
            return false;
        }
        instance->has_record = true;
        instance->first = record->first;
        instance->day = instance->record_day = record->day;
    }
    return true;
}

bool instances_make(struct eval *ev)
{
    struct cells cells = {0};
    ev->rules = EVAL_NEW(ev, ev->t->rule_count, struct rule_instances);
    if (ev->rules == NULL)
        return false;
    for (uint32_t i = 0; i < ev->t->rule_count; i++)
        if (!make_rule(ev, i, &cells))
            return false;
    return read_records(ev);
}

/* ---- the amount ---- */

/* KNOWN with *is_found: the instance's key in M; UNKNOWN: it is disputed. */
static enum known key_in_metric(struct eval *ev, const struct rule *r, bool *is_found)
{
    *is_found = true;
    if (!r->has_of)
        return KNOWN;
    const struct metric *m = &ev->t->metrics[r->of];
    uint32_t members[DIMENSIONS_MAX];
    memcpy(members, ev->bound, sizeof members);
    for (const struct node_index *i = r->of_indexes; i != NULL; i = i->next)
        members[i->dimension] = i->member;
    uint64_t cell = shape_cell(ev->dimensions, &m->shape, members);
    const struct slot *slot = eval_fact(ev, r->of, cell);
    *is_found = slot_is_found(slot);
    if (*is_found && slot_is_disputed(slot))
        return eval_disputed(ev, m, cell, slot->fact);
    return KNOWN;
}

/* `dated`. KNOWN when the day is; the day of other rules is always known, or set when they are first computed (I2). */
static enum known dated_day(struct eval *ev, const struct rule *r, struct instance *instance)
{
    struct value day;
    if (r->dated == NULL)
        return KNOWN;
    enum known known = eval_node(ev, r->dated, &day);
    if (known == KNOWN)
        instance->own_day = day.day;
    return known;
}

/* Has `not before` come? UNKNOWN with its day in instance->wakes while it has not. */
static enum known is_time(struct eval *ev, const struct rule *r, struct instance *instance)
{
    struct value day;
    char text[DAY_TEXT_LEN + 1];
    if (r->not_before == NULL)
        return KNOWN;
    enum known known = eval_node(ev, r->not_before, &day);
    if (known != KNOWN || ev->in->today >= day.day)
        return known;
    eval_wakes(ev, day.day);
    instance->wakes = day.day;
    day_format(day.day, text);
    return eval_unknown(ev, arena_printf(ev->arena, "not before %s", text));
}

/* A trigger is the sum of the differences of a rule's instances, each of at most twice its largest amount: whatever comes, the
 * ledger can write it. */
static enum known take_amount(struct eval *ev, const struct rule *r, struct instance *instance, mpq_srcptr q)
{
    const struct currency *currency = &ev->t->currencies[r->currency];
    unsigned long most = MONEY_MAX / (2 * (r->shape.cells == 0 ? 1 : r->shape.cells));
    cents amount = 0;
    bool is_taken_back = !r->is_either_way && mpq_sgn(q) < 0; /* A2 */
    bool fits = is_taken_back || cents_round(q, currency, &amount);
    cents size = amount < 0 ? -amount : amount;
    if (fits && (unsigned __int128) size / cents_scale(currency->places) < most) {
        instance->amount = amount;
        return KNOWN;
    }
    mpq_ptr rounded = eval_push(ev);
    if (rounded == NULL)
        return BROKEN;
    number_round(rounded, q, currency->unit, currency->mode);
    return eval_fault(ev, r->amount, "an amount of %.*s, which is not below %lu", SLICE_ARG(eval_number_text(ev, rounded)),
                      most);
}

/* A1 in its order, then A2. */
static enum known amount_value(struct eval *ev, const struct rule *r, struct instance *instance)
{
    struct value v;
    bool is_found = false;
    instance->amount = 0;
    if (members_have_gone(ev, &r->shape, ev->bound) || (ev->session != NULL && !session_has_members(ev, instance)))
        return KNOWN;
    enum known known = key_in_metric(ev, r, &is_found);
    instance->is_absent = ev->session != NULL && known == KNOWN && !is_found && instance->stands == 0;
    if (known != KNOWN || !is_found)
        return known;
    known = dated_day(ev, r, instance);
    if (known == KNOWN)
        known = is_time(ev, r, instance);
    if (known == KNOWN && r->when != NULL) {
        known = eval_node(ev, r->when, &v);
        if (known == KNOWN && v.word == 0)
            return KNOWN;
    }
    if (known == KNOWN)
        known = eval_node(ev, r->amount, &v);
    return known == KNOWN ? take_amount(ev, r, instance, v.number) : known;
}

/* I2. What is not computed keeps what it was given by the day that it had then, so that budgets by that day stay used. */
static void set_day(struct eval *ev, struct instance *instance)
{
    const struct rule *r = &ev->t->rules[instance->rule];
    bool is_computed = instance->state == ENGINE_COMPUTED;
    if (r->dated != NULL && is_computed && instance->own_day != DAY_NEVER)
        instance->day = instance->own_day;
    else if (is_computed && instance->day == DAY_NEVER && r->dated == NULL)
        instance->day = ev->in->today;
    if (r->dated == NULL && r->day_period != TERMS_NONE) {
        uint32_t members[DIMENSIONS_MAX];
        shape_bind(ev->dimensions, &r->shape, instance->cell, members);
        instance->own_day = ev->dimensions[r->day_period].spans[members[r->day_period]].last;
    } else if (r->dated == NULL || !is_computed || instance->amount <= 0) {
        instance->own_day = instance->day;
    }
}

MUST_CHECK static bool set_state(struct eval *ev, struct instance *instance, enum known known)
{
    instance->state = known == KNOWN ? ENGINE_COMPUTED : known == FAULTY ? ENGINE_FAULT : ENGINE_WAITS;
    instance->phase = PHASE_AMOUNT;
    if (known == BROKEN)
        return false;
    if (known != KNOWN) {
        instance->reason = ev->cause;
        instance->is_blocked = ev->is_blocked;
    }
    if (!instance->is_absent)
        set_day(ev, instance);
    return true;
}

enum known instance_text_day(struct eval *ev, const struct instance *instance, int32_t *day)
{
    const struct rule *r = &ev->t->rules[instance->rule];
    uint32_t before[DIMENSIONS_MAX];
    struct value v = {.day = DAY_NEVER};
    bool is_found = true;
    enum known known = KNOWN;
    size_t mark = ev->sp;
    memcpy(before, ev->bound, sizeof before);
    shape_bind(ev->dimensions, &r->shape, instance->cell, ev->bound);
    if (r->dated != NULL)
        known = key_in_metric(ev, r, &is_found);
    if (known == KNOWN && !is_found)
        v.day = instance->record_day;
    else if (known == KNOWN && r->dated != NULL)
        known = eval_node(ev, r->dated, &v);
    else if (known == KNOWN && r->day_period != TERMS_NONE)
        v.day = ev->dimensions[r->day_period].spans[ev->bound[r->day_period]].last;
    else if (known == KNOWN)
        v.day = instance->record_day == DAY_NEVER ? ev->in->today : instance->record_day;
    memcpy(ev->bound, before, sizeof before);
    ev->sp = mark;
    *day = v.day;
    return known;
}

/* By this text alone. */
static enum known amount_here(struct eval *ev, struct instance *instance)
{
    const struct rule *r = &ev->t->rules[instance->rule];
    uint32_t before[DIMENSIONS_MAX];
    size_t mark = ev->sp;
    memcpy(before, ev->bound, sizeof before);
    shape_bind(ev->dimensions, &r->shape, instance->cell, ev->bound);
    uintptr_t reader = ev->reader;
    int32_t wakes = ev->wakes;
    ev->reader = ev->trace == NULL ? track_instance(instance) : 0; /* aloud, everything that it needs is known */
    ev->wakes = DAY_NEVER;
    ev->depth += RULE_NESTING;
    enum known known = amount_value(ev, r, instance);
    ev->depth -= RULE_NESTING;
    ev->moment = ev->wakes < ev->moment ? ev->wakes : ev->moment;
    ev->wakes = wakes;
    ev->reader = reader;
    memcpy(ev->bound, before, sizeof before);
    ev->sp = mark;
    return known;
}

bool instance_amount_here(struct eval *ev, struct instance *instance)
{
    instance->phase = PHASE_BUSY;
    return set_state(ev, instance, ev->is_closed ? eval_unknown(ev, instance->reason) : amount_here(ev, instance));
}

bool instance_amount(struct eval *ev, struct instance *instance)
{
    enum known known = KNOWN;
    if (instance->phase != PHASE_NEW)
        return true; /* not covered: several texts ask once each */
    instance->phase = PHASE_BUSY;
    if (ev->is_closed) { /* T5 */
        char day[DAY_TEXT_LEN + 1];
        day_format(terms_closes(ev->texts == NULL ? ev->t : ev->texts->items[ev->texts->count - 1].input.terms), day);
        return set_state(ev, instance,
                         eval_unknown(ev, arena_printf(ev->arena, "the contract closed at the end of %s", day)));
    }
    if (ev->texts != NULL && texts_owns(ev, instance->rule) && /* who has gone has no day, by whichever text */
        !members_of_cell_have_gone(ev, &ev->t->rules[instance->rule].shape, instance->cell) &&
        texts_amount(ev, instance, &known)) {
        instance->phase = PHASE_AMOUNT;
        return true;
    }
    if (known == KNOWN)
        known = amount_here(ev, instance);
    return set_state(ev, instance, known);
}

/* A rule under no cap: A3 is all that is left. */
static void set_target(struct instance *instance)
{
    bool keeps = instance->state != ENGINE_COMPUTED || (instance->is_never_back && instance->amount < instance->stands);
    instance->target = keeps ? instance->stands : instance->amount;
    instance->phase = PHASE_DONE;
}

bool instance_target(struct eval *ev, struct instance *instance)
{
    uint32_t group = ev->t->rules[instance->rule].group;
    if (instance->phase == PHASE_DONE)
        return true;
    if (group != TERMS_NONE && ev->session != NULL)
        return session_group(ev, group);
    if (group != TERMS_NONE &&
        (ev->texts == NULL || ev->text + 1 == ev->texts->count)) /* V4: caps are those of the newest text */
        return caps_apply(ev, group);
    if (!instance_amount(ev, instance))
        return false;
    if (instance->phase == PHASE_AMOUNT)
        set_target(instance);
    return true;
}

int instance_order(const struct instance *a, const struct instance *b)
{
    if (a->own_day != b->own_day)
        return a->own_day < b->own_day ? -1 : 1;
    if (a->rule != b->rule)
        return a->rule < b->rule ? -1 : 1;
    return (a->cell > b->cell) - (a->cell < b->cell);
}
