/* Texts that belong together: what one takes of another that it uses (language.md U1). */
#include "eval.h"
#include "tally/instant.h"

MUST_CHECK static enum tally_code say(struct slice text, bool *fits, struct slice *why, struct err *err)
{
    if (text.ptr == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left to say what does not fit");
    *fits = false;
    *why = text;
    return TALLY_OK;
}

/* The place of that dimension in the metric's key; TERMS_NONE: it has none of that name. */
static uint32_t place_of(const struct terms *terms, const struct metric *m, struct slice name)
{
    for (uint32_t i = 0; i < m->shape.count; i++)
        if (slice_equal(terms->dimensions[m->shape.dims[i]].shown.name, name))
            return i;
    return TERMS_NONE;
}

static const struct ast_where *where_of(const struct metric *m, struct slice name)
{
    for (const struct ast_where *w = m->decl->u.metric.where; w != NULL; w = w->next)
        if (slice_equal(w->dimension.text, name))
            return w;
    return NULL;
}

/* The member of the used contract's dimension that `where` names, as results write it. false: there is none. */
MUST_CHECK static bool where_member(const struct dimension *d, const struct ast_where *where, struct slice *out)
{
    if (dimension_is_open(d)) {
        *out = where->key.name;
        return where->key.kind == AST_KEY_NAME && dimension_allows(d, where->key.name);
    }
    uint32_t member = dimension_find_key(d, &where->key);
    if (member != TERMS_NONE)
        *out = d->shown.members[member];
    return member != TERMS_NONE;
}

/* Exactly the dimensions of `by` and `where`. An empty text: they are. */
MUST_CHECK static struct slice dimensions_problem(const struct terms *terms, const struct metric *m,
                                                  const struct terms *used, const struct shape *shape, struct arena *arena)
{
    for (uint32_t i = 0; i < shape->count; i++) {
        const struct dimension *d = &used->dimensions[shape->dims[i]];
        const struct ast_where *where = where_of(m, d->shown.name);
        struct slice member;
        if (where == NULL && place_of(terms, m, d->shown.name) == TERMS_NONE)
            return arena_printf(arena, "`%.*s` varies by `%.*s` there; name it after `by` or fix it by `where`",
                                SLICE_ARG(m->shown.of), SLICE_ARG(d->shown.name));
        if (where != NULL && !where_member(d, where, &member))
            return arena_printf(arena, "what `where` says of `%.*s` is not a member of it there", SLICE_ARG(d->shown.name));
    }
    uint32_t fixed = 0;
    for (const struct ast_where *w = m->decl->u.metric.where; w != NULL; w = w->next)
        fixed++;
    if (shape->count == m->shape.count + fixed)
        return SLICE("");
    return arena_printf(arena, "`%.*s` does not vary there by all dimensions of `by` and `where`", SLICE_ARG(m->shown.of));
}

MUST_CHECK static struct slice figure_problem(const struct terms *terms, const struct metric *m, const struct terms *used,
                                              struct arena *arena)
{
    struct engine_figure figure;
    if (!engine_figure_find(used, m->shown.of, &figure))
        return arena_printf(arena, "%.*s has no metric, define or rule `%.*s`", SLICE_ARG(used->ast->slug),
                            SLICE_ARG(m->shown.of));
    struct slice problem = dimensions_problem(terms, m, used, figure_shape(used, &figure), arena);
    if (problem.ptr == NULL || problem.len > 0)
        return problem;
    struct type type = figure_type(used, &figure);
    struct slice here = type_text(terms, &m->type, arena), there = type_text(used, &type, arena);
    if (slice_equal(here, there))
        return SLICE("");
    return arena_printf(arena, "`%.*s` is %.*s there, and `%.*s` is to be %.*s", SLICE_ARG(m->shown.of), SLICE_ARG(there),
                        SLICE_ARG(m->shown.name), SLICE_ARG(here));
}

enum tally_code engine_link(const struct terms *terms, uint32_t use, const struct terms *used, struct arena *arena,
                            bool *fits, struct slice *why, struct err *err)
{
    ENSURE(use < terms->use_count);
    for (uint32_t i = 0; i < terms->metric_count; i++) {
        const struct metric *m = &terms->metrics[i];
        if (m->shown.source != AST_SOURCE_USED || m->shown.use != use)
            continue;
        struct slice problem = figure_problem(terms, m, used, arena);
        if (problem.ptr == NULL || problem.len > 0)
            return say(problem, fits, why, err);
    }
    *fits = true;
    return TALLY_OK;
}

/* ---- facts from values ---- */

struct mapping { /* of the used figure's key to the metric's */
    const struct terms *terms, *used;
    const struct metric *m;
    const struct shape *shape; /* of the figure */
};

/* The metric's key of a value; false: it is one that `where` or the dimensions of the metric leave out. */
MUST_CHECK static bool map_key(const struct mapping *map, struct slice key, struct slice *parts)
{
    struct slice there[DIMENSIONS_MAX];
    bool is_key = key_parts(key, map->shape->count, there);
    ENSURE(is_key); /* it comes from an evaluation */
    for (uint32_t i = 0; i < map->shape->count; i++) {
        const struct dimension *of = &map->used->dimensions[map->shape->dims[i]];
        const struct ast_where *where = where_of(map->m, of->shown.name);
        uint32_t place = place_of(map->terms, map->m, of->shown.name);
        struct slice member = SLICE("");
        if (where != NULL && (!where_member(of, where, &member) || !slice_equal(member, there[i])))
            return false;
        if (place == TERMS_NONE)
            continue;
        const struct dimension *d = &map->terms->dimensions[map->m->shape.dims[place]];
        parts[place] = there[i];
        if (dimension_is_open(d) ? !dimension_allows(d, there[i]) : dimension_find(d, there[i]) == TERMS_NONE)
            return false;
    }
    return true;
}

enum tally_code engine_used_facts(const struct terms *terms, uint32_t metric, const struct terms *used,
                                  const struct engine_output *output, uint32_t want, int32_t today, struct arena *arena,
                                  struct engine_fact **out, size_t *count, struct err *err)
{
    struct engine_figure figure;
    struct mapping map = {.terms = terms, .used = used, .m = &terms->metrics[metric]};
    size_t most = 0, n = 0;
    ENSURE(metric < terms->metric_count && map.m->shown.source == AST_SOURCE_USED);
    if (!engine_figure_find(used, map.m->shown.of, &figure))
        return err_set(err, TALLY_E_BUG, "a figure that is used has gone"); /* not covered: engine_link has seen it */
    map.shape = figure_shape(used, &figure);
    for (size_t i = 0; i < output->value_count; i++)
        most += output->values[i].want == want;
    struct engine_fact *facts = ARENA_ARRAY(arena, most + 1, struct engine_fact);
    if (facts == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left for the figures of another contract");
    for (size_t i = 0; i < output->value_count; i++) {
        const struct engine_value *v = &output->values[i];
        struct slice parts[DIMENSIONS_MAX] = {{0}};
        if (v->want != want || !map_key(&map, v->key, parts))
            continue;
        struct slice key = key_join(parts, map.m->shape.count, arena);
        if (key.ptr == NULL)
            return err_set(err, TALLY_E_LIMIT, "no memory left for the figures of another contract");
        facts[n++] = (struct engine_fact){.metric = metric,
                                          .key = key,
                                          .value = v->value,
                                          .standing = v->is_known ? ENGINE_FINAL : ENGINE_UNKNOWN,
                                          .submitted = today,
                                          .reason = v->reason,
                                          .is_blocked = v->is_blocked};
    }
    *out = facts;
    *count = n;
    return TALLY_OK;
}
