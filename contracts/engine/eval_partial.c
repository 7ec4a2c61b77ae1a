/* Parts of an aggregate, in a session (language.md K2). */
#include "eval.h"

/* What a run of neighbouring members comes to. An aggregate over many members of closed dimensions is a tree of these: a change goes
 * through one leaf and the way to the top. They are put together in the order of D2, so that the first member that is unknown or a
 * fault is the one that is told. */
struct partial {
    struct small_number sum, kept;
    int32_t kept_day;
    uint32_t kept_word;
    uint64_t count, hits;
    struct slice cause; /* the slot's known is not KNOWN */
    bool is_blocked;
    bool is_wide; /* its numbers are not small: then only the whole walk tells whether one on the way is too large (M4) */
};

#define PARTIAL_MEMO UINT32_C(0x80000000) /* above all that a text numbers */
#define PARTIAL_WIDTH 32                  /* members of a leaf, parts of a part */
#define PARTIAL_LEAST 64                  /* below, a walk is as cheap */
/* Of the denominators of parts: there are at most 31 parts at each of 6 levels, and 32 members, before any member, so that the sum up to
 * it has a denominator of less than 2^(218 * 18), within ENGINE_BITS_MAX with the numerator. */
#define PARTIAL_DENOMINATOR_MAX (UINT64_C(1) << 18)

struct tree {
    const struct node *n;
    const uint32_t *fixed;
    uint64_t members; /* combinations in all */
    uint64_t first;   /* cell of its first part */
};

static uint64_t parts_of(uint64_t below)
{
    return (below + PARTIAL_WIDTH - 1) / PARTIAL_WIDTH;
}

/* Has the aggregate parts? *tree says which. */
static bool has_parts(const struct eval *ev, const struct node *n, struct tree *tree)
{
    uint64_t parts = 0, cell = shape_cell(ev->dimensions, &n->u.aggregate.shape, ev->bound);
    tree->members = 1;
    if (ev->session == NULL || n->u.aggregate.what == AST_AGG_BEST)
        return false;
    for (uint32_t i = 0; i < n->u.aggregate.over_count; i++) {
        const struct node_over *over = &n->u.aggregate.over[i];
        if (over->is_up_to_bound || dimension_is_open(&ev->dimensions[over->dimension]))
            return false;
        tree->members *= ev->dimensions[over->dimension].shown.member_count; /* the cost of all is bounded: K4 */
    }
    for (uint64_t below = tree->members; below > 1; below = parts_of(below))
        parts += parts_of(below);
    tree->n = n;
    tree->first = cell * parts;
    return tree->members > PARTIAL_LEAST;
}

static void bind_members(struct eval *ev, const struct node *n, uint64_t place)
{
    for (uint32_t i = n->u.aggregate.over_count; i-- > 0;) {
        uint32_t dimension = n->u.aggregate.over[i].dimension, size = ev->dimensions[dimension].shown.member_count;
        ev->bound[dimension] = (uint32_t) (place % size);
        place /= size;
    }
}

static bool is_small(mpq_srcptr q)
{
    return mpz_fits_slong_p(mpq_numref(q)) && mpz_cmp_ui(mpq_denref(q), PARTIAL_DENOMINATOR_MAX) < 0;
}

static struct small_number small_of(mpq_srcptr q)
{
    return (struct small_number){mpz_get_si(mpq_numref(q)), mpz_get_ui(mpq_denref(q))};
}

static void small_to(struct small_number small, mpq_ptr q)
{
    mpz_set_si(mpq_numref(q), small.numerator);
    mpz_set_ui(mpq_denref(q), small.denominator);
}

static void keep_part(const struct node *n, const struct total *total, struct partial *p)
{
    bool is_number = n->type.kind == TYPE_NUMBER && total->count > 0 && total->kept.number != NULL;
    p->is_wide = !is_small(total->sum) || (is_number && !is_small(total->kept_number));
    if (p->is_wide)
        return;
    p->sum = small_of(total->sum);
    p->kept = is_number ? small_of(total->kept_number) : (struct small_number){0, 1};
    p->kept_day = total->kept.day;
    p->kept_word = total->kept.word;
    p->count = total->count;
    p->hits = total->hits;
}

/* As if its members were taken one after the other. */
static void take_part(const struct node *n, const struct partial *p, mpq_ptr number, struct total *total)
{
    struct value v = {.number = number, .day = p->kept_day, .word = p->kept_word};
    if (p->count == 0)
        return;
    small_to(p->sum, number);
    mpq_add(total->sum, total->sum, number);
    small_to(p->kept, number);
    enum ast_aggregate what = n->u.aggregate.what;
    bool is_of_one = what == AST_AGG_MIN || what == AST_AGG_MAX || what == AST_AGG_FIRST || what == AST_AGG_LAST;
    if (is_of_one && total_is_better(n, &v, total)) {
        total->kept = v;
        mpq_set(total->kept_number, number);
        total->kept.number = n->type.kind == TYPE_NUMBER ? total->kept_number : NULL;
    }
    total->count += p->count;
    total->hits += p->hits;
}

static enum known part_value(struct eval *ev, const struct tree *tree, uint32_t level, uint64_t index, struct slot **out);

/* The members or parts from `from` to before `to`, in order. */
static enum known take_parts(struct eval *ev, const struct tree *tree, uint32_t level, uint64_t from, uint64_t to,
                             struct total *total, bool *is_wide)
{
    enum known known = KNOWN;
    mpq_ptr number = eval_push(ev);
    if (number == NULL)
        return BROKEN;
    for (uint64_t i = from; i < to && known == KNOWN && !*is_wide; i++) {
        struct slot *part = NULL;
        if (level == 0) {
            bind_members(ev, tree->n, i);
            known = total_take(ev, tree->n, tree->fixed, total);
            *is_wide = known == KNOWN && mpz_cmp_ui(mpq_denref(total->sum), PARTIAL_DENOMINATOR_MAX) >= 0;
            continue;
        }
        known = part_value(ev, tree, level - 1, i, &part);
        if (known == BROKEN)
            return BROKEN;
        *is_wide = part->u.partial->is_wide;
        if (known == KNOWN && !*is_wide)
            take_part(tree->n, part->u.partial, number, total);
        ev->cause = part->u.partial->cause;
        ev->is_blocked = part->u.partial->is_blocked;
    }
    return known;
}

static enum known compute_part(struct eval *ev, const struct tree *tree, uint32_t level, uint64_t index, uint64_t below,
                               struct partial *p)
{
    struct total total = {.sum = eval_push(ev), .kept_number = eval_push(ev)};
    uint64_t from = index * PARTIAL_WIDTH, to = from + PARTIAL_WIDTH < below ? from + PARTIAL_WIDTH : below;
    bool is_wide = false;
    if (total.sum == NULL || total.kept_number == NULL)
        return BROKEN;
    mpq_set_ui(total.sum, 0, 1);
    mpq_set_ui(total.kept_number, 0, 1);
    enum known known = take_parts(ev, tree, level, from, to, &total, &is_wide);
    *p = (struct partial){.is_wide = is_wide};
    if (known != KNOWN) {
        p->cause = ev->cause;
        p->is_blocked = ev->is_blocked;
    } else if (!is_wide) {
        keep_part(tree->n, &total, p);
    }
    return known;
}

static enum known part_value(struct eval *ev, const struct tree *tree, uint32_t level, uint64_t index, struct slot **out)
{
    uint64_t below = tree->members, offset = 0;
    for (uint32_t i = 0; i < level; i++) {
        below = parts_of(below);
        offset += below;
    }
    struct slot *slot = eval_slot(ev, PARTIAL_MEMO + tree->n->u.aggregate.memo, tree->first + offset + index);
    *out = slot;
    if (slot == NULL)
        return BROKEN;
    if (slot->u.partial == NULL)
        slot->u.partial = EVAL_NEW(ev, 1, struct partial);
    if (slot->u.partial == NULL)
        return BROKEN;
    if (slot->state != SLOT_DONE) {
        uintptr_t reader = ev->reader;
        size_t mark = ev->sp;
        slot->state = SLOT_BUSY;
        ev->reader = track_slot(slot);
        enum known known = compute_part(ev, tree, level, index, below, slot->u.partial);
        ev->reader = reader;
        ev->sp = mark;
        if (known == BROKEN)
            return BROKEN;
        slot->known = known;
        slot->state = SLOT_DONE;
    }
    track_read(ev, &slot->readers);
    return slot->known;
}

bool partial_take_all(struct eval *ev, const struct node *n, const uint32_t *fixed, struct total *total, enum known *known)
{
    struct tree tree = {.fixed = fixed};
    uint32_t before[DIMENSIONS_MAX], level = 0;
    struct slot *top = NULL;
    if (!has_parts(ev, n, &tree))
        return false;
    for (uint64_t below = parts_of(tree.members); below > 1; below = parts_of(below))
        level++;
    memcpy(before, ev->bound, sizeof before);
    *known = part_value(ev, &tree, level, 0, &top);
    memcpy(ev->bound, before, sizeof before);
    if (*known == BROKEN)
        return true;
    const struct partial *p = top->u.partial;
    if (p->is_wide)
        return false;
    if (*known != KNOWN) {
        ev->cause = p->cause;
        ev->is_blocked = p->is_blocked;
        return true;
    }
    mpq_ptr number = eval_push(ev);
    if (number == NULL)
        *known = BROKEN; /* not covered: a place that was taken before is there */
    else
        take_part(n, p, number, total);
    return true;
}
