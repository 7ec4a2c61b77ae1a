/* The figures of a contract that others use: a metric, define or rule at every key, known or not (language.md U1). */
#include "eval.h"
#include "session.h"
#include "tally/instant.h"

bool engine_figure_find(const struct terms *terms, struct slice name, struct engine_figure *out)
{
    const struct symbol *s = symbols_find(&terms->symbols, name);
    if (s == NULL || (s->kind != SYMBOL_METRIC && s->kind != SYMBOL_DEFINE && s->kind != SYMBOL_RULE))
        return false;
    *out = (struct engine_figure){s->kind == SYMBOL_METRIC   ? ENGINE_METRIC
                                  : s->kind == SYMBOL_DEFINE ? ENGINE_DEFINE
                                                             : ENGINE_RULE,
                                  s->at, NULL};
    return true;
}

const struct shape *figure_shape(const struct terms *terms, const struct engine_figure *figure)
{
    switch (figure->kind) {
    case ENGINE_METRIC:
        ENSURE(figure->at < terms->metric_count);
        return &terms->metrics[figure->at].shape;
    case ENGINE_DEFINE:
        ENSURE(figure->at < terms->define_count);
        return &terms->defines[figure->at].shape;
    case ENGINE_RULE:
        break;
    }
    ENSURE(figure->at < terms->rule_count);
    return &terms->rules[figure->at].shape;
}

const uint32_t *engine_figure_dimensions(const struct terms *terms, const struct engine_figure *figure, uint32_t *count)
{
    const struct shape *shape = figure_shape(terms, figure);
    *count = shape->count;
    return shape->dims;
}

struct type figure_type(const struct terms *terms, const struct engine_figure *figure)
{
    if (figure->kind == ENGINE_METRIC)
        return terms->metrics[figure->at].type;
    if (figure->kind == ENGINE_DEFINE)
        return terms->defines[figure->at].type;
    return (struct type){.kind = TYPE_NUMBER, .unit = unit_of(terms->currencies[terms->rules[figure->at].currency].base)};
}

static enum node_op op_of(const struct engine_figure *figure)
{
    return figure->kind == ENGINE_METRIC ? NODE_METRIC : figure->kind == ENGINE_DEFINE ? NODE_DEFINE : NODE_RULE;
}

/* Exact, as value_read_fact reads it. */
MUST_CHECK static enum tally_code value_write(const struct eval *ev, const struct type *type, const struct value *v,
                                              struct arena *arena, struct slice *out, struct err *err)
{
    char day[DAY_TEXT_LEN + 1] = "never";
    switch (type->kind) {
    case TYPE_NUMBER:
        return number_exact(v->number, arena, out, err);
    case TYPE_DATE:
        if (v->day != DAY_NEVER)
            day_format(v->day, day);
        return arena_copy(arena, day, strlen(day), out, err);
    case TYPE_TRUTH:
        *out = v->word == 1 ? SLICE("true") : SLICE("false");
        return TALLY_OK;
    case TYPE_WORD: {
        struct slice name = ev->dimensions[type->dimension].shown.members[v->word];
        return arena_copy(arena, name.ptr, name.len, out, err);
    }
    }
    return TALLY_OK; /* not covered: every kind is above */
}

/* U2: as the text with that hash, an instance that a later text computes is unknown. Sets the cause. */
MUST_CHECK static bool is_of_later_text(struct eval *ev, const struct engine_figure *figure, uint64_t cell)
{
    struct eval *owner = ev;
    if (ev->texts == NULL || figure->terms == NULL || figure->kind != ENGINE_RULE)
        return false;
    const struct instance *instance = texts_instance(ev, figure->at, cell, &owner);
    if (instance == NULL || instance->text <= ev->text)
        return false;
    uint32_t version = ev->texts->items[instance->text].input.terms->ast->version;
    struct slice slug = ev->t->ast->slug;
    ev->cause = arena_printf(ev->arena, "version %u of %.*s computes it", version, SLICE_ARG(slug));
    ev->is_blocked = true;
    return ev->cause.ptr != NULL;
}

/* The evaluation of the text as which a figure is used. */
static struct eval *eval_of(struct eval *ev, const struct engine_figure *figure)
{
    for (size_t k = 0; ev->texts != NULL && figure->terms != NULL && k < ev->texts->count; k++)
        if (ev->texts->items[k].input.terms == figure->terms)
            return ev->texts->items[k].ev;
    return ev;
}

MUST_CHECK static enum tally_code one_value(struct eval *ev, uint32_t want, uint64_t cell, struct arena *arena,
                                            struct engine_value *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct engine_figure *figure = &ev->in->wants[want];
    const struct shape *shape = figure_shape(ev->t, figure);
    struct value v = {0};
    struct node n = {.op = op_of(figure), .type = figure_type(ev->t, figure)};
    n.u.ref.target = figure->at;
    shape_bind(ev->dimensions, shape, cell, ev->bound);
    if (!session_want_begin(ev, figure, cell))
        return ev->rc;
    enum known known = eval_node(ev, &n, &v);
    ev->reader = 0;
    if (known == BROKEN)
        return ev->rc;
    if (is_of_later_text(ev, figure, cell))
        known = UNKNOWN;
    if (ev->rc != TALLY_OK)
        return ev->rc;
    *out = (struct engine_value){.want = want, .is_known = known == KNOWN, .value = SLICE(""), .reason = SLICE("")};
    out->key = shape_key(ev->dimensions, shape, cell, arena);
    if (out->key.ptr == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left for the answer of an evaluation");
    if (known == KNOWN) {
        TRY(value_write(ev, &n.type, &v, arena, &out->value, err));
    } else {
        out->is_blocked = ev->is_blocked;
        TRY(arena_copy(arena, ev->cause.ptr, ev->cause.len, &out->reason, err));
    }
done:
    ev->sp = 0;
    return rc;
}

/* How many keys it has in this evaluation. */
static uint64_t cells_of(const struct eval *ev, const struct shape *shape)
{
    uint64_t cells = 1;
    for (uint32_t i = 0; i < shape->count; i++)
        cells *= ev->dimensions[shape->dims[i]].shown.member_count; /* at most K4's limits */
    return cells;
}

/* The cell of its n-th key. Cells of open dimensions are counted by `at most`, of which there may be fewer members. */
static uint64_t nth_cell(const struct eval *ev, const struct shape *shape, uint64_t n)
{
    uint32_t members[DIMENSIONS_MAX];
    for (uint32_t i = shape->count; i-- > 0;) {
        uint32_t count = ev->dimensions[shape->dims[i]].shown.member_count;
        members[shape->dims[i]] = (uint32_t) (n % count);
        n /= count;
    }
    return shape_cell(ev->dimensions, shape, members);
}

enum tally_code values_write(struct eval *ev, struct arena *arena, struct engine_output *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint64_t count = 0;
    if (ev->is_closed) /* T5 */
        return TALLY_OK;
    for (uint32_t i = 0; i < ev->in->want_count; i++) {
        const struct eval *text = eval_of(ev, &ev->in->wants[i]);
        count += cells_of(text, figure_shape(text->t, &ev->in->wants[i]));
    }
    struct engine_value *values = ARENA_ARRAY(arena, count + 1, struct engine_value);
    if (values == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left for the answer of an evaluation");
    out->values = values;
    for (uint32_t i = 0; i < ev->in->want_count; i++) {
        struct eval *text = eval_of(ev, &ev->in->wants[i]);
        const struct shape *shape = figure_shape(text->t, &ev->in->wants[i]);
        uint64_t cells = cells_of(text, shape);
        for (uint64_t n = 0; n < cells; n++)
            TRY(one_value(text, i, nth_cell(text, shape, n), arena, &values[out->value_count++], err));
    }
done:
    return rc;
}
