/* D3: when the set of `over D of M` is complete. M has `until`: the set is closed when that day has passed for the bound dimensions
 * and nothing submitted in time is undecided. What is undecided at a key that can be bound is found there (eval_is_member); what
 * names members that are none yet is kept here, by the dimensions that the aggregate does not run over. */
#include "eval.h"
#include "tally/instant.h"

static const struct node_over *over_of(const struct node *n, uint32_t dimension)
{
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++)
        if (n->u.aggregate.over[i].dimension == dimension)
            return &n->u.aggregate.over[i];
    return NULL;
}

/* Does the aggregate take that member, where `bound` is bound outside? */
static bool takes_member(const struct node_over *over, uint32_t bound, uint32_t member)
{
    if (!over->is_up_to_bound)
        return true;
    return member <= bound && (over->last == 0 || bound - member < over->last);
}

/* The last `until` among the members that it runs over; members[] has the others, and comes back as it was. */
static int32_t latest_until(const struct eval *ev, const struct node *n, const struct metric *m, uint32_t *members,
                            uint32_t at)
{
    if (at == m->until_shape.count)
        return metric_until(ev->dimensions, m, members);
    uint32_t dim = m->until_shape.dims[at], before = members[dim];
    const struct node_over *over = over_of(n, dim);
    if (over == NULL)
        return latest_until(ev, n, m, members, at + 1);
    int32_t latest = DAY_MIN;
    for (uint32_t i = 0; i < ev->dimensions[dim].shown.member_count; i++) {
        if (!takes_member(over, before, i))
            continue;
        members[dim] = i;
        int32_t day = latest_until(ev, n, m, members, at + 1);
        latest = day > latest ? day : latest;
    }
    members[dim] = before;
    return latest;
}

/* "m", or "m(2016-01-01)" with the members that are bound. */
static struct slice set_name(struct eval *ev, const struct node *n, const uint32_t *members)
{
    const struct metric *m = &ev->t->metrics[n->u.aggregate.of];
    uint32_t dims[DIMENSIONS_MAX], count = 0;
    for (uint32_t i = 0; i < m->shape.count; i++) {
        const struct node_over *over = over_of(n, m->shape.dims[i]);
        if (over == NULL || over->is_up_to_bound)
            dims[count++] = m->shape.dims[i];
    }
    struct shape shape = {.count = count, .dims = dims};
    return eval_name(ev, m->shown.name, &shape, shape_cell(ev->dimensions, &shape, members));
}

/* The first that is undecided among the members that it runs over; NULL: none. */
static const struct undecided *find_undecided(const struct eval *ev, const struct node *n, const uint32_t *members)
{
    const struct metric *m = &ev->t->metrics[n->u.aggregate.of];
    const struct slot *slot =
        !n->u.aggregate.is_open
            ? NULL
            : eval_find(ev, n->u.aggregate.open_memo, shape_cell(ev->dimensions, &n->u.aggregate.open_shape, members));
    for (const struct undecided *u = slot == NULL ? NULL : slot->u.undecided; u != NULL; u = u->next) {
        bool is_in = true;
        for (uint32_t i = 0; i < m->shape.count && is_in; i++) {
            const struct node_over *over = over_of(n, m->shape.dims[i]);
            is_in = u->members[i] == TERMS_NONE || over == NULL
                        ? over != NULL || u->members[i] == members[m->shape.dims[i]]
                        : takes_member(over, members[m->shape.dims[i]], u->members[i]);
        }
        if (is_in)
            return u;
    }
    return NULL;
}

/* "v(north, a) is not verified": members that are none yet have no numbers, and are shown as the key has them. */
static struct slice not_verified(struct eval *ev, const struct metric *m, struct slice key)
{
    struct slice parts[DIMENSIONS_MAX], shown = SLICE("");
    bool is_key = key_parts(key, m->shape.count, parts);
    ENSURE(is_key); /* or it would not have been kept */
    for (uint32_t i = 0; i < m->shape.count; i++) {
        const struct dimension *d = &ev->dimensions[m->shape.dims[i]];
        uint32_t member = dimension_find(d, parts[i]);
        struct slice part = member == TERMS_NONE ? parts[i] : d->spellings[member];
        shown = arena_printf(ev->arena, "%.*s%s%.*s", SLICE_ARG(shown), i == 0 ? "" : ", ", SLICE_ARG(part));
    }
    return arena_printf(ev->arena, "%.*s(%.*s) is not verified", SLICE_ARG(m->shown.name), SLICE_ARG(shown));
}

enum known eval_set_closed(struct eval *ev, const struct node *n, const uint32_t *fixed)
{
    uint32_t members[DIMENSIONS_MAX];
    char day[DAY_TEXT_LEN + 1];
    if (!n->u.aggregate.has_of || ev->t->metrics[n->u.aggregate.of].until == NULL)
        return KNOWN;
    const struct metric *m = &ev->t->metrics[n->u.aggregate.of];
    memcpy(members, ev->bound, sizeof members);
    for (const struct node_index *i = n->u.aggregate.of_indexes; i != NULL; i = i->next)
        members[i->dimension] = fixed[i->dimension];
    int32_t latest = latest_until(ev, n, m, members, 0);
    if (ev->in->today <= latest) {
        if (latest == DAY_NEVER)
            return eval_unknown(
                ev, arena_printf(ev->arena, "the results of %.*s never end", SLICE_ARG(set_name(ev, n, members))));
        day_format(latest, day);
        eval_wakes(ev, latest + 1);
        return eval_unknown(
            ev, arena_printf(ev->arena, "results of %.*s come until %s", SLICE_ARG(set_name(ev, n, members)), day));
    }
    const struct undecided *undecided = find_undecided(ev, n, members);
    if (undecided == NULL)
        return KNOWN;
    return eval_unknown(ev, not_verified(ev, m, undecided->fact->key));
}

MUST_CHECK static bool add_undecided(struct eval *ev, const struct node *n, const struct engine_fact *fact,
                                     const uint32_t *members)
{
    const struct shape *shape = &ev->t->metrics[fact->metric].shape, *by = &n->u.aggregate.open_shape;
    uint32_t bound[DIMENSIONS_MAX];
    bool is_somewhere = true;
    for (uint32_t i = 0; i < shape->count; i++)
        bound[shape->dims[i]] = members[i];
    for (uint32_t i = 0; i < by->count; i++)
        is_somewhere = is_somewhere && bound[by->dims[i]] != TERMS_NONE;
    if (!is_somewhere)
        return true; /* nobody can bind a member that is none */
    struct undecided *u = EVAL_NEW(ev, 1, struct undecided);
    struct slot *slot = eval_slot(ev, n->u.aggregate.open_memo, shape_cell(ev->dimensions, by, bound));
    if (u == NULL || slot == NULL)
        return false;
    *u = (struct undecided){fact, members, slot->u.undecided};
    slot->u.undecided = u;
    return true;
}

bool eval_set_undecided(struct eval *ev, const struct engine_fact *fact)
{
    const struct metric *m = &ev->t->metrics[fact->metric];
    struct slice parts[DIMENSIONS_MAX];
    if (m->sets == NULL || !key_parts(fact->key, m->shape.count, parts))
        return true;
    uint32_t *members = EVAL_NEW(ev, m->shape.count, uint32_t);
    if (members == NULL)
        return false;
    for (uint32_t i = 0; i < m->shape.count; i++) {
        const struct dimension *d = &ev->dimensions[m->shape.dims[i]];
        members[i] = dimension_find(d, parts[i]);
        bool is_full = dimension_is_open(d) && d->shown.member_count >= d->shown.at_most;
        if (members[i] == TERMS_NONE && is_full)
            return true; /* S7: it will not fit, whatever is decided */
    }
    for (const struct node_list *set = m->sets; set != NULL; set = set->next)
        if (!add_undecided(ev, set->node, fact, members))
            return false;
    return true;
}
