/* The last day of submission of a metric's results. It is a day of the text alone, found for every key when the text is compiled:
 * whether a result was in time must not depend on what else has been reported (B3). */
#include "program.h"
#include "tally/instant.h"

int32_t metric_until(const struct dimension *dims, const struct metric *m, const uint32_t *members)
{
    return m->until == NULL ? DAY_NEVER : m->until_days[shape_cell(dims, &m->until_shape, members)];
}

int32_t terms_until(const struct terms *terms, uint32_t metric, struct slice key)
{
    ENSURE(metric < terms->metric_count);
    const struct metric *m = &terms->metrics[metric];
    struct slice parts[DIMENSIONS_MAX];
    uint32_t members[DIMENSIONS_MAX];
    if (m->until == NULL || !key_parts(key, m->shape.count, parts))
        return DAY_NEVER;
    for (uint32_t i = 0; i < m->shape.count; i++) {
        const struct dimension *d = &terms->dimensions[m->shape.dims[i]];
        uint32_t member = dimension_is_open(d) ? 0 : dimension_find(d, parts[i]);
        if (member == TERMS_NONE)
            return DAY_NEVER;
        members[m->shape.dims[i]] = member;
    }
    return metric_until(terms->dimensions, m, members);
}
