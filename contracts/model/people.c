/* Who counts of an open dimension (S7), for readers: the first `at most`, in the order in which their first result became final, and within
 * one entry by their bytes; for whom something stands comes before all. The engine finds the same from what it is given (members.c there). */
#include <stdlib.h>

#include "decide.h"
#include "tally/engine.h"

struct person {
    struct slice name;
    uint64_t order; /* the entry; 0: something stands */
};

struct crowd {
    struct person *items;
    size_t count;
};

static struct slice part_of(struct slice key, uint32_t place)
{
    for (;; place--) {
        const char *bar = key.len == 0 ? NULL : memchr(key.ptr, '|', key.len);
        size_t len = bar == NULL ? key.len : (size_t) (bar - key.ptr);
        if (place == 0)
            return slice_of(key.ptr, len);
        key = bar == NULL ? SLICE("") : slice_of(bar + 1, key.len - len - 1);
    }
}

/* The names that a key has of the dimension, by one text's places. */
static void take(struct crowd *crowd, const struct terms *terms, const uint32_t *dims, uint32_t count, struct slice name,
                 struct slice key, uint64_t order)
{
    for (uint32_t i = 0; i < count; i++)
        if (slice_equal(terms_dimension(terms, dims[i])->name, name))
            crowd->items[crowd->count++] = (struct person){part_of(key, i), order};
}

static void take_finals(struct crowd *crowd, const struct view_contract *contract, struct slice name)
{
    uint32_t at = 0;
    for (const struct view_final *final; (final = table_next(&contract->finals, &at)) != NULL;) {
        const struct terms *terms = contract->texts[final->id.number]->terms;
        uint32_t metric = terms_find_metric(terms, final->id.a);
        if (final->used != NULL && metric != TERMS_NONE)
            take(crowd, terms, terms_metric(terms, metric)->by, terms_metric(terms, metric)->by_count, name, final->id.b,
                 final->used->end.began_seq);
    }
}

static void take_standing(struct crowd *crowd, const struct view_contract *contract, struct slice name)
{
    uint32_t at = 0;
    for (const struct view_instance *instance; (instance = table_next(&contract->instances, &at)) != NULL;) {
        uint32_t rule = TERMS_NONE, text = contract->text_count;
        while (money_sign(instance->row.stands) != 0 && rule == TERMS_NONE && text-- > 0)
            rule = terms_find_rule(contract->texts[text]->terms, instance->row.rule);
        if (rule == TERMS_NONE)
            continue;
        const struct terms *terms = contract->texts[text]->terms;
        take(crowd, terms, terms_rule(terms, rule)->each, terms_rule(terms, rule)->each_count, name, instance->row.key, 0);
    }
}

static int by_name(const void *a, const void *b)
{
    const struct person *left = a, *right = b;
    int order = slice_compare(left->name, right->name);
    return order != 0 ? order : (left->order > right->order) - (left->order < right->order);
}

static int by_coming(const void *a, const void *b)
{
    const struct person *left = a, *right = b;
    return left->order != right->order ? (left->order > right->order) - (left->order < right->order)
                                       : slice_compare(left->name, right->name);
}

enum tally_code people_find(const struct view_contract *contract, uint32_t dimension, struct arena *arena,
                            struct people *out, struct err *err)
{
    const struct terms_dimension *of = terms_dimension(text_now(contract)->terms, dimension);
    struct crowd crowd = {0};
    size_t kept = 0;
    crowd.items = ARENA_ARRAY(arena, (size_t) contract->finals.count + contract->instances.count + 1, struct person);
    if (crowd.items == NULL)
        return err_set(err, TALLY_E_LIMIT, "looking for who counts takes more memory than was granted");
    take_finals(&crowd, contract, of->name);
    take_standing(&crowd, contract, of->name);
    qsort(crowd.items, crowd.count, sizeof(*crowd.items), by_name);
    for (size_t i = 0; i < crowd.count; i++)
        if (kept == 0 || !slice_equal(crowd.items[i].name, crowd.items[kept - 1].name))
            crowd.items[kept++] = crowd.items[i];
    *out = (struct people){.dimension = dimension, .is_full = kept >= of->at_most, .items = crowd.items, .count = kept};
    if (kept <= of->at_most)
        return TALLY_OK;
    qsort(crowd.items, kept, sizeof(*crowd.items), by_coming);
    while (out->count > of->at_most && crowd.items[out->count - 1].order != 0) /* fewer may count since an amendment */
        out->count--;
    qsort(crowd.items, out->count, sizeof(*crowd.items), by_name);
    return TALLY_OK;
}

bool people_have_room(const struct people *people, struct slice name)
{
    size_t low = 0, high = people->count;
    while (people->is_full && low < high) {
        size_t middle = low + (high - low) / 2;
        int order = slice_compare(people->items[middle].name, name);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return !people->is_full;
}
