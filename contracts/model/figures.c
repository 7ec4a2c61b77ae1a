/* What contracts take of each other. A figure of another contract is kept for the metric that takes it, by key, as the other's last
 * evaluation gave it: so a contract is evaluated without those it uses, what they said last holds after they have closed (T5), and whether
 * a figure was known in time is known later (U4). */
#include <stdlib.h>

#include "uses.h"

#define AS_AMENDED UINT32_MAX

/* One metric of one text of a contract that takes a figure of another. */
struct taking {
    struct work *user;
    uint32_t text, metric; /* of the user */
    uint32_t used_text;    /* of the used contract, or AS_AMENDED */
    struct engine_figure figure;
    bool has_figure; /* the used text has it (no more, when it was amended) */
    uint32_t want;   /* its place among what is asked of the engine: figures_wants */
};

static enum tally_code taking_add(struct deciding *d, struct work *used, const struct taking *taking)
{
    if (used->taking_count == used->taking_cap) {
        uint32_t cap = used->taking_cap == 0 ? 4 : used->taking_cap * 2;
        struct taking *takings = ARENA_ARRAY(d->arena, cap, struct taking);
        if (takings == NULL)
            return no_arena(d);
        if (used->taking_count > 0)
            memcpy(takings, used->takings, used->taking_count * sizeof(*takings));
        used->takings = takings;
        used->taking_cap = cap;
    }
    used->takings[used->taking_count++] = *taking;
    room_take_aside(d, room_size(ROOM_TAKING, 0));
    return TALLY_OK;
}

/* The user's and the used contract's texts, compiled: of each the last or the last but one that was asked for. */
static enum tally_code compile_both(struct deciding *d, const struct work *used, const struct work *user)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    TRY(terms_of(d->model, used->contract, &terms, d->err));
    TRY(terms_of(d->model, user->contract, &terms, d->err));
done:
    return rc;
}

static const struct terms *used_terms(const struct work *used, uint32_t text)
{
    return text == AS_AMENDED ? text_now(used->contract)->terms : used->contract->texts[text]->terms;
}

static enum tally_code ask_text(struct deciding *d, struct work *user, uint32_t text, struct work *used)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = user->contract->texts[text]->terms;
    for (uint32_t m = 0; m < terms_metric_count(terms); m++) {
        const struct terms_metric *metric = terms_metric(terms, m);
        const struct row_use *use =
            metric->source == AST_SOURCE_USED ? use_of(d->model, user->contract, text, metric->use) : NULL;
        if (use == NULL || !slice_equal(use->used, used->row.id))
            continue;
        if (!user->is_given && room_left(d) < d->model->entry_room / 2) { /* the rest is for what they take */
            user->is_behind = true;
            return TALLY_OK; /* it asks by itself, when its turn comes */
        }
        struct taking taking = {
            .user = user, .text = text, .metric = m, .used_text = use->as_amended ? AS_AMENDED : use->used_version - 1};
        taking.has_figure = engine_figure_find(used_terms(used, taking.used_text), metric->of, &taking.figure);
        TRY(taking_add(d, used, &taking));
    }
done:
    return rc;
}

enum tally_code figures_ask(struct deciding *d, struct work *works, uint32_t count, struct work *used)
{
    enum tally_code rc = TALLY_OK;
    const struct view_uses *uses = view_uses(d->model, used->row.id);
    for (uint32_t i = 0; uses != NULL && uses->in_count > 0 && i < count; i++) {
        struct work *user = &works[i];
        if (user == used || user->row.state != CONTRACT_IN_FORCE)
            continue;
        TRY(compile_both(d, used, user));
        if (user->today > terms_closes(text_now(user->contract)->terms))
            continue; /* nothing is evaluated there any more */
        for (uint32_t k = 0; k < user->contract->text_count; k++)
            TRY(ask_text(d, user, k, used));
    }
done:
    return rc;
}

static int by_figure(const void *a, const void *b)
{
    const struct taking *x = *(const struct taking *const *) a, *y = *(const struct taking *const *) b;
    if (x->used_text != y->used_text)
        return x->used_text < y->used_text ? -1 : 1;
    if (x->figure.kind != y->figure.kind)
        return x->figure.kind < y->figure.kind ? -1 : 1;
    return (x->figure.at > y->figure.at) - (x->figure.at < y->figure.at);
}

/* Each figure once, however many take it: its values at every key lie in the memory of one evaluation. */
enum tally_code figures_wants(const struct work *used, struct arena *arena, struct engine_input *out, struct err *err)
{
    uint32_t count = used == NULL ? 0 : used->taking_count, taken = 0, n = 0;
    struct engine_figure *wants = count == 0 ? NULL : ARENA_ARRAY(arena, count, struct engine_figure);
    struct taking **sorted = count == 0 ? NULL : ARENA_ARRAY(arena, count, struct taking *);
    if (count > 0 && (wants == NULL || sorted == NULL))
        return err_set(err, TALLY_E_LIMIT, "no memory left for the figures of another contract");
    for (uint32_t i = 0; i < count; i++)
        if (used->takings[i].has_figure)
            sorted[taken++] = &used->takings[i];
    if (taken > 1)
        qsort(sorted, taken, sizeof(*sorted), by_figure);
    for (uint32_t i = 0; i < taken; i++) {
        if (i == 0 || by_figure(&sorted[i - 1], &sorted[i]) != 0) {
            wants[n] = sorted[i]->figure;
            wants[n++].terms =
                sorted[i]->used_text == AS_AMENDED ? NULL : used->contract->texts[sorted[i]->used_text]->terms;
        }
        sorted[i]->want = n - 1;
    }
    out->wants = wants;
    out->want_count = n;
    return TALLY_OK;
}

/* ---- what is kept ---- */
static const struct row_figure *figure_now(const struct work *user, struct ident id)
{
    const struct row_figure *changed = overlay_find(&user->figures, id);
    const struct view_figure *kept = changed != NULL ? NULL : table_find(&user->contract->figures, id);
    return changed != NULL ? changed : kept == NULL ? NULL : &kept->row;
}

static bool is_same(const struct row_figure *a, const struct row_figure *b)
{
    return a->standing == b->standing && a->was_known == b->was_known && slice_equal(a->value, b->value) &&
           slice_equal(a->reason, b->reason);
}

static enum tally_code figure_change(struct deciding *d, const struct taking *taking, struct row_figure *row)
{
    enum tally_code rc = TALLY_OK;
    struct work *user = taking->user;
    const struct terms *terms = user->contract->texts[taking->text]->terms;
    int32_t until = terms_until(terms, taking->metric, row->key);
    struct slice name = terms_metric(terms, taking->metric)->name;
    const struct row_figure *before = figure_now(user, ident_final(taking->text, name, row->key));
    row->was_known = user->today <= until ? row->standing == FIGURE_KNOWN : before != NULL && before->was_known;
    row->has_closed = row->has_closed || (before != NULL && before->has_closed);
    bool is_other = before == NULL || !is_same(before, row);
    if (!is_other && before->has_closed == row->has_closed)
        return TALLY_OK;
    user->is_behind = user->is_behind || room_is_full(d);
    if (user->is_behind)
        return TALLY_OK;
    struct row_figure *kept = ARENA_NEW(d->arena, struct row_figure);
    if (kept == NULL)
        return no_arena(d);
    room_take(d, room_size(ROOM_FIGURE, row->key.len + row->value.len + row->reason.len));
    row->contract = user->row.id;
    row->version = taking->text + 1;
    TRY(keep(d, name, &row->metric));
    TRY(keep(d, row->key, &row->key));
    TRY(keep(d, row->value, &row->value));
    TRY(keep(d, row->reason, &row->reason));
    *kept = *row;
    user->figure_count += before == NULL;
    TRY(overlay_put(d, &user->figures, ident_final(taking->text, kept->metric, kept->key), kept));
    TRY(change_figure(d, row));
    user->is_touched = user->is_touched || is_other;
done:
    return rc;
}

static int by_key(const void *a, const void *b)
{
    const struct view_figure *left = *(const struct view_figure *const *) a,
                             *right = *(const struct view_figure *const *) b;
    return slice_compare(left->row.key, right->row.key);
}

static int by_fact_key(const void *a, const void *b)
{
    const struct engine_fact *left = *(const struct engine_fact *const *) a,
                             *right = *(const struct engine_fact *const *) b;
    return slice_compare(left->key, right->key);
}

/* By key; NULL: there is no memory. */
static const struct engine_fact **facts_sorted(struct arena *arena, const struct engine_fact *facts, size_t count)
{
    const struct engine_fact **list = ARENA_ARRAY(arena, count + 1, const struct engine_fact *);
    for (size_t i = 0; list != NULL && i < count; i++)
        list[i] = &facts[i];
    if (list != NULL && count > 1)
        qsort(list, count, sizeof(*list), by_fact_key);
    return list;
}

/* What is kept for the metric and was not answered, by key. */
static enum tally_code find_gone(struct deciding *d, const struct taking *taking, const struct engine_fact *facts,
                                 size_t fact_count, struct arena *arena, const struct view_figure ***out, size_t *out_count)
{
    const struct table *table = &taking->user->contract->figures;
    struct slice name = terms_metric(taking->user->contract->texts[taking->text]->terms, taking->metric)->name;
    const struct view_figure **list = ARENA_ARRAY(arena, (size_t) table->count + 1, const struct view_figure *);
    const struct engine_fact **answered = facts_sorted(arena, facts, fact_count);
    uint32_t at = 0;
    size_t count = 0;
    if (list == NULL || answered == NULL)
        return no_arena(d);
    for (const struct view_figure *figure; (figure = table_next(table, &at)) != NULL;) {
        const struct engine_fact like = {.key = figure->row.key}, *wanted = &like;
        bool is_there = figure->row.version != taking->text + 1 || !slice_equal(figure->row.metric, name) ||
                        (fact_count > 0 && bsearch(&wanted, answered, fact_count, sizeof(*answered), by_fact_key) != NULL);
        if (!is_there)
            list[count++] = figure;
    }
    qsort(list, count, sizeof(*list), by_key);
    *out = list;
    *out_count = count;
    return TALLY_OK;
}

/* The used contract has the figure no more, or not at this key: what was there is unknown. */
static enum tally_code forget(struct deciding *d, const struct work *used, const struct taking *taking,
                              const struct engine_fact *facts, size_t count, struct arena *arena)
{
    enum tally_code rc = TALLY_OK;
    const struct terms_metric *metric = terms_metric(taking->user->contract->texts[taking->text]->terms, taking->metric);
    struct slice why =
        arena_printf(arena, "`%.*s` of %.*s is not there any more", SLICE_ARG(metric->of), SLICE_ARG(used->row.id));
    const struct view_figure **gone = NULL;
    size_t gone_count = 0;
    if (why.ptr == NULL)
        return no_arena(d);
    TRY(find_gone(d, taking, facts, count, arena, &gone, &gone_count));
    for (size_t i = 0; i < gone_count; i++) {
        struct row_figure row = {.key = gone[i]->row.key,
                                 .standing = taking->has_figure ? FIGURE_UNKNOWN : FIGURE_BLOCKED,
                                 .value = SLICE(""),
                                 .reason = why,
                                 .has_closed = used->has_closed};
        TRY(figure_change(d, taking, &row));
    }
done:
    return rc;
}

static enum tally_code give_one(struct deciding *d, struct work *used, const struct taking *taking,
                                const struct engine_output *output, struct arena *arena)
{
    enum tally_code rc = TALLY_OK;
    struct engine_fact *facts = NULL;
    size_t count = 0;
    TRY(compile_both(d, used, taking->user));
    if (taking->has_figure)
        TRY(engine_used_facts(taking->user->contract->texts[taking->text]->terms, taking->metric,
                              used_terms(used, taking->used_text), output, taking->want, taking->user->today, arena, &facts,
                              &count, d->err));
    for (size_t i = 0; i < count; i++) {
        struct row_figure row = {.key = facts[i].key,
                                 .standing = facts[i].standing == ENGINE_FINAL ? FIGURE_KNOWN
                                             : facts[i].is_blocked             ? FIGURE_BLOCKED
                                                                               : FIGURE_UNKNOWN,
                                 .value = facts[i].standing == ENGINE_FINAL ? facts[i].value : SLICE(""),
                                 .reason = facts[i].standing == ENGINE_FINAL ? SLICE("") : facts[i].reason,
                                 .has_closed = used->has_closed};
        TRY(figure_change(d, taking, &row));
    }
    TRY(forget(d, used, taking, facts, count, arena));
done:
    return rc;
}

enum tally_code figures_give(struct deciding *d, struct work *used, const struct engine_output *output)
{
    enum tally_code rc = TALLY_OK;
    struct arena *arena = NULL; /* of one after the other: together they may be more than an evaluation */
    if (used->taking_count == 0)
        return TALLY_OK;
    arena = arena_new(SCRATCH_BYTES_MAX);
    if (arena == NULL)
        return err_set(d->err, TALLY_E_NO_MEMORY, "no memory for the figures of another contract");
    for (uint32_t i = 0; i < used->taking_count; i++) {
        TRY(give_one(d, used, &used->takings[i], output, arena));
        arena_clear(arena);
    }
done:
    arena_free(arena);
    return rc;
}

bool figures_have_closed(const struct view_contract *contract, const struct work *work)
{
    uint32_t at = 0;
    bool has = false;
    for (const struct view_figure *figure; !has && (figure = table_next(&contract->figures, &at)) != NULL;)
        has = figure->row.has_closed;
    for (uint32_t i = 0; i < work->figures.slot_count && !has; i++) {
        const struct row_figure *row = work->figures.slots[i].value;
        has = row != NULL && row->has_closed;
    }
    return has;
}

/* ---- as facts ---- */
size_t figures_room(const struct view_contract *contract, const struct work *work)
{
    return (size_t) contract->figures.count + (work == NULL ? 0 : work->figure_count);
}

/* Which metric takes it; TERMS_NONE: the text has no such metric. */
static uint32_t metric_of(const struct terms *terms, const struct row_figure *row)
{
    uint32_t metric = terms_find_metric(terms, row->metric);
    bool is_used = metric != TERMS_NONE && terms_metric(terms, metric)->source == AST_SOURCE_USED;
    return is_used ? metric : TERMS_NONE;
}

/* U4: what was unknown at the end of `until` takes the default for good. */
static void fact_add(const struct terms *terms, const struct row_figure *row, int32_t today, struct engine_fact *out,
                     size_t *count)
{
    uint32_t metric = metric_of(terms, row);
    if (metric == TERMS_NONE || (today > terms_until(terms, metric, row->key) && !row->was_known))
        return;
    out[(*count)++] = (struct engine_fact){.metric = metric,
                                           .key = row->key,
                                           .value = row->value,
                                           .standing = row->standing == FIGURE_KNOWN ? ENGINE_FINAL : ENGINE_UNKNOWN,
                                           .submitted = today,
                                           .reason = row->reason,
                                           .is_blocked = row->standing == FIGURE_BLOCKED};
}

enum tally_code figures_as_facts(const struct view_contract *contract, const struct work *work, uint32_t text,
                                 int32_t today, struct engine_fact *out, size_t *count, struct err *err)
{
    const struct terms *terms = contract->texts[text]->terms;
    uint32_t at = 0;
    (void) err;
    *count = 0;
    for (const struct view_figure *figure; (figure = table_next(&contract->figures, &at)) != NULL;) {
        bool is_changed = work != NULL && overlay_find(&work->figures, figure->id) != NULL;
        if (figure->row.version == text + 1 && !is_changed)
            fact_add(terms, &figure->row, today, out, count);
    }
    for (uint32_t i = 0; work != NULL && i < work->figures.slot_count; i++) {
        const struct row_figure *row = work->figures.slots[i].value;
        if (row != NULL && row->version == text + 1)
            fact_add(terms, row, today, out, count);
    }
    return TALLY_OK;
}

static void change_add(const struct terms *terms, const struct row_figure *row, int32_t today, struct engine_fact *room,
                       struct engine_change *out, size_t *count)
{
    size_t facts = 0;
    uint32_t metric = metric_of(terms, row);
    if (metric == TERMS_NONE)
        return;
    fact_add(terms, row, today, room, &facts);
    out[(*count)++] = (struct engine_change){metric, row->key, facts > 0 ? room : NULL, false};
}

enum tally_code figures_changes(const struct view_contract *contract, const struct work *work, int32_t before,
                                int32_t today, struct arena *arena, struct engine_change *out, size_t *count,
                                struct err *err)
{
    const struct terms *terms = text_now(contract)->terms;
    struct engine_fact *facts = ARENA_ARRAY(arena, (size_t) work->figures.count + 1, struct engine_fact);
    uint32_t at = 0;
    *count = 0;
    if (facts == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left for the figures of another contract");
    for (uint32_t i = 0; i < work->figures.slot_count; i++) {
        const struct row_figure *row = work->figures.slots[i].value;
        if (row != NULL && row->version == contract->text_count)
            change_add(terms, row, today, &facts[*count], out, count);
    }
    if (before == today)
        return TALLY_OK;
    for (const struct view_figure *figure; (figure = table_next(&contract->figures, &at)) != NULL;) {
        const struct row_figure *row = &figure->row;
        uint32_t metric = row->version == contract->text_count ? metric_of(terms, row) : TERMS_NONE;
        int32_t until = metric == TERMS_NONE || row->was_known ? DAY_NEVER : terms_until(terms, metric, row->key);
        if (until >= before && until < today && overlay_find(&work->figures, figure->id) == NULL)
            out[(*count)++] = (struct engine_change){metric, row->key, NULL, false}; /* U4, from today on */
    }
    return TALLY_OK;
}
