/* S1: does a result fit a metric, and if not, why, in words for its reporter. */
#include "program.h"
#include "tally/instant.h"

MUST_CHECK static enum tally_code say(struct slice text, bool *fits, struct slice *why, struct err *err)
{
    if (text.ptr == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left to say what does not fit");
    *fits = false;
    *why = text;
    return TALLY_OK;
}

static const struct terms_dimension_value *value_of(const struct terms_candidate *candidate, struct slice name)
{
    for (uint32_t i = 0; i < candidate->dimension_count; i++)
        if (slice_equal(candidate->dimensions[i].name, name))
            return &candidate->dimensions[i];
    return NULL;
}

/* Exactly the dimensions of `by` and `where`, with members that exist, and those of `where` as said. An empty text: they are. */
MUST_CHECK static struct slice dimensions_problem(const struct terms *terms, const struct metric *m,
                                                  const struct terms_candidate *candidate, struct slice *parts,
                                                  struct arena *arena)
{
    for (uint32_t i = 0; i < m->shape.count; i++) {
        const struct dimension *d = &terms->dimensions[m->shape.dims[i]];
        const struct terms_dimension_value *v = value_of(candidate, d->shown.name);
        if (v == NULL)
            return arena_printf(arena, "it does not say its `%.*s`", SLICE_ARG(d->shown.name));
        parts[i] = v->member;
        bool is_member = dimension_is_open(d) ? dimension_allows(d, v->member) : dimension_find(d, v->member) != TERMS_NONE;
        if (!is_member && d->shown.kind == TERMS_PERSONS)
            return arena_printf(arena, "its `%.*s` is not a pseudonym of %d to %d of A-Z a-z 0-9 . _ : -",
                                SLICE_ARG(d->shown.name), TERMS_PSEUDONYM_MIN, TERMS_PSEUDONYM_MAX);
        if (!is_member)
            return arena_printf(arena, "\"%.*s\" is not a member of `%.*s`", SLICE_ARG(v->member),
                                SLICE_ARG(d->shown.name));
    }
    for (uint32_t i = 0; i < m->shown.where_count; i++) {
        struct slice name = terms->dimensions[m->shown.where[i].dimension].shown.name;
        const struct terms_dimension_value *v = value_of(candidate, name);
        if (v == NULL || !slice_equal(v->member, m->shown.where[i].member))
            return arena_printf(arena, "its `%.*s` is not %.*s", SLICE_ARG(name), SLICE_ARG(m->shown.where[i].member));
    }
    for (uint32_t i = 0; i < candidate->dimension_count; i++) {
        bool is_known = false;
        for (uint32_t j = 0; j < m->shape.count; j++)
            is_known =
                is_known || slice_equal(terms->dimensions[m->shape.dims[j]].shown.name, candidate->dimensions[i].name);
        for (uint32_t j = 0; j < m->shown.where_count; j++)
            is_known = is_known || slice_equal(terms->dimensions[m->shown.where[j].dimension].shown.name,
                                               candidate->dimensions[i].name);
        bool is_again = value_of(candidate, candidate->dimensions[i].name) != &candidate->dimensions[i];
        if (!is_known || is_again)
            return arena_printf(arena, "it has the dimension `%.*s`%s", SLICE_ARG(candidate->dimensions[i].name),
                                is_again ? " twice" : ", which the metric has not");
    }
    return SLICE("");
}

MUST_CHECK static struct slice value_problem(const struct terms *terms, const struct metric *m, struct slice text,
                                             struct arena *arena)
{
    struct value value;
    mpq_t number;
    mpq_init(number);
    enum value_problem problem = value_read(terms, m, text, number, &value);
    mpq_clear(number);
    if (problem == VALUE_FITS)
        return SLICE("");
    if (problem == VALUE_OUTSIDE)
        return arena_printf(arena, "its value %.*s does not lie between %.*s", SLICE_ARG(text), SLICE_ARG(m->between));
    return arena_printf(arena, "its value \"%.*s\" is not in %.*s%s", SLICE_ARG(text), SLICE_ARG(m->shown.unit),
                        m->type.kind != TYPE_NUMBER          ? ""
                        : m->type.flavour == FLAVOUR_PERCENT ? ", which is written with its sign: 60%"
                                                             : ", which is written as a number alone");
}

static bool names_member(const struct terms_candidate *candidate, struct slice dimension)
{
    for (uint32_t i = 0; i < candidate->dimension_count; i++)
        if (slice_equal(candidate->dimensions[i].name, dimension))
            return candidate->member.len > 0 && slice_equal(candidate->member, candidate->dimensions[i].member);
    return false;
}

/* Is the author that reporter? For a class: the member that the result names. */
static bool is_reporter(const struct terms *terms, const struct metric *m, uint32_t reporter,
                        const struct terms_candidate *candidate)
{
    if (reporter < terms->party_count)
        return candidate->reporter == reporter;
    for (uint32_t i = 0; i < m->shape.count; i++)
        if (terms->dimensions[m->shape.dims[i]].party == reporter)
            return names_member(candidate, terms->dimensions[m->shape.dims[i]].shown.name);
    return false; /* not covered: a class that reports is one of the metric's dimensions */
}

bool terms_reports(const struct terms *terms, uint32_t metric, const struct terms_candidate *candidate)
{
    ENSURE(metric < terms->metric_count);
    const struct metric *m = &terms->metrics[metric];
    bool reports = candidate->is_reporter || m->shown.reporter_count == 0;
    for (uint32_t i = 0; i < m->shown.reporter_count && !reports; i++)
        reports = is_reporter(terms, m, m->shown.reporters[i], candidate);
    return reports;
}

MUST_CHECK static struct slice reporter_problem(const struct terms *terms, uint32_t metric,
                                                const struct terms_candidate *candidate, struct arena *arena)
{
    const struct metric *m = &terms->metrics[metric];
    if (terms_reports(terms, metric, candidate))
        return SLICE("");
    struct slice first = terms->parties[m->shown.reporters[0]].name;
    if (m->shown.reporter_count == 1)
        return arena_printf(arena, "it is reported by %.*s alone", SLICE_ARG(first));
    return arena_printf(arena, "it is reported by %.*s or %.*s alone", SLICE_ARG(first),
                        SLICE_ARG(terms->parties[m->shown.reporters[1]].name));
}

MUST_CHECK static struct slice time_problem(const struct terms *terms, uint32_t metric, struct slice key, int32_t submitted,
                                            struct arena *arena)
{
    int32_t until = terms_until(terms, metric, key);
    char last[DAY_TEXT_LEN + 1], day[DAY_TEXT_LEN + 1];
    if (submitted <= until)
        return SLICE("");
    day_format(until, last);
    day_format(submitted, day);
    return arena_printf(arena, "it was submitted on %s, and what comes after %s is not used", day, last);
}

enum tally_code terms_fit(const struct terms *terms, uint32_t metric, const struct terms_candidate *candidate,
                          struct arena *arena, bool *fits, struct slice *key, struct slice *why, struct err *err)
{
    ENSURE(metric < terms->metric_count);
    const struct metric *m = &terms->metrics[metric];
    struct slice parts[DIMENSIONS_MAX] = {{0}};
    struct slice problem = dimensions_problem(terms, m, candidate, parts, arena);
    if (problem.ptr == NULL || problem.len > 0)
        return say(problem, fits, why, err);
    problem = value_problem(terms, m, candidate->value, arena);
    if (problem.ptr == NULL || problem.len > 0)
        return say(problem, fits, why, err);
    problem = reporter_problem(terms, metric, candidate, arena);
    if (problem.ptr == NULL || problem.len > 0)
        return say(problem, fits, why, err);
    struct slice made = key_join(parts, m->shape.count, arena);
    if (made.ptr == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left for the key of a result");
    problem = time_problem(terms, metric, made, candidate->submitted, arena);
    if (problem.ptr == NULL || problem.len > 0)
        return say(problem, fits, why, err);
    *key = made;
    *fits = true;
    return TALLY_OK;
}
