/* The results of one statement by what they measure: contracts are asked once for each. */
#include <stdlib.h>

#include "decide.h"

static int compare_topic(const struct row_result *a, const struct row_result *b)
{
    int order = slice_compare(a->indicator, b->indicator);
    if (order == 0)
        order = (a->version > b->version) - (a->version < b->version);
    if (order == 0)
        order = slice_compare(a->contract, b->contract);
    return order != 0 ? order : slice_compare(a->metric, b->metric);
}

static int by_topic(const void *a, const void *b)
{
    const struct view_result *left = *(const struct view_result *const *) a,
                             *right = *(const struct view_result *const *) b;
    int order = compare_topic(&left->row, &right->row);
    return order != 0 ? order : (left->row.item > right->row.item) - (left->row.item < right->row.item);
}

enum tally_code topics_make(struct deciding *d, const struct view_result *results, uint32_t count, struct topic **out,
                            uint32_t *out_count)
{
    const struct view_result **order = ARENA_ARRAY(d->arena, (size_t) count + 1, const struct view_result *);
    struct topic *topics = ARENA_ARRAY(d->arena, (size_t) count + 1, struct topic);
    uint32_t topic_count = 0;
    if (order == NULL || topics == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < count; i++)
        order[i] = &results[i];
    qsort(order, count, sizeof(*order), by_topic);
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || compare_topic(&order[i - 1]->row, &order[i]->row) != 0)
            topics[topic_count++].results = &order[i];
        topics[topic_count - 1].count++;
    }
    *out = topics;
    *out_count = topic_count;
    return TALLY_OK;
}
