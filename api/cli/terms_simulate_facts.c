/* tally terms simulate: the figures that are set by hand. */
#include <inttypes.h>

#include "terms_simulate.h"

#define KEYS_MAX 100000u /* that one --fix without a key stands for */

enum tally_code simulate_split(struct cli *cli, const char *text, struct slice *name, struct slice *value, struct err *err)
{
    struct slice all = slice_str(text);
    const char *sign = memchr(all.ptr, '=', all.len);
    (void) cli;
    if (sign == NULL || sign == all.ptr)
        return err_set(err, TALLY_E_USAGE, "\"%s\" is not of the form METRIC=VALUE or METRIC[KEY]=VALUE", text);
    *name = slice_of(all.ptr, (size_t) (sign - all.ptr));
    *value = slice_of(sign + 1, all.len - name->len - 1);
    return TALLY_OK;
}

/* "a[b,c]", or "a(b,c)" as traces write it, to "a" and "b,c". */
MUST_CHECK static enum tally_code split_key(struct slice text, struct slice *name, struct slice *key, bool *has_key,
                                            struct err *err)
{
    const char *square = memchr(text.ptr, '[', text.len), *round = memchr(text.ptr, '(', text.len);
    const char *open = square != NULL ? square : round;
    *has_key = open != NULL;
    *name = text;
    if (open == NULL)
        return TALLY_OK;
    char close = square != NULL ? ']' : ')';
    if (text.ptr[text.len - 1] != close)
        return err_set(err, TALLY_E_USAGE, "\"%.*s\" has no %c at its end", SLICE_ARG(text), close);
    *name = slice_of(text.ptr, (size_t) (open - text.ptr));
    *key = slice_of(open + 1, text.len - name->len - 2);
    return TALLY_OK;
}

/* The next part before a comma, without spaces around it. */
static struct slice next_part(struct slice *left)
{
    const char *comma = left->len == 0 ? NULL : memchr(left->ptr, ',', left->len);
    struct slice part = comma == NULL ? *left : slice_of(left->ptr, (size_t) (comma - left->ptr));
    size_t used = part.len + (comma == NULL ? 0 : 1);
    *left = slice_of(left->ptr + used, left->len - used);
    while (part.len > 0 && part.ptr[0] == ' ')
        part = slice_of(part.ptr + 1, part.len - 1);
    while (part.len > 0 && part.ptr[part.len - 1] == ' ')
        part.len--;
    return part;
}

/* A period's member may be written by its first day, as in the text. */
static struct slice member_named(const struct terms_dimension *d, struct slice part)
{
    for (uint32_t i = 0; d->kind == TERMS_PERIOD && i < d->member_count; i++)
        if (slice_starts(d->members[i], part) && part.len == DAY_TEXT_LEN)
            return d->members[i];
    return part;
}

MUST_CHECK static enum tally_code add(struct cli *cli, const struct terms *terms, uint32_t metric,
                                      const struct terms_dimension_value *dims, uint32_t count, struct slice value,
                                      struct simulate_facts *facts, bool varies, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct terms_metric *m = terms_metric(terms, metric);
    bool fits = false;
    struct slice key = {0}, why = {0};
    struct terms_candidate candidate = {.dimensions = dims,
                                        .dimension_count = count,
                                        .value = value,
                                        .reporter = m->reporter_count == 0 ? TERMS_NONE : m->reporters[0],
                                        .submitted = DAY_MIN};
    for (uint32_t i = 0; m->reporter_count > 0 && i < count; i++) /* of a class: the member reports its own */
        if (slice_equal(dims[i].name, terms_party(terms, m->reporters[0])->name))
            candidate.member = dims[i].member;
    size_t at = 0;
    TRY(terms_fit(terms, metric, &candidate, cli->arena, &fits, &key, &why, err));
    if (!fits)
        TRY(err_set(err, TALLY_E_MALFORMED, "%.*s = %.*s does not fit: %.*s", SLICE_ARG(m->name), SLICE_ARG(value),
                    SLICE_ARG(why)));
    while (at < facts->count && (facts->items[at].metric != metric || !slice_equal(facts->items[at].key, key) ||
                                 facts->items[at].standing == ENGINE_PENDING))
        at++;
    if (at == facts->cap)
        TRY(err_set(err, TALLY_E_LIMIT, "more than %zu figures are set", facts->cap));
    facts->items[at] = (struct engine_fact){
        .metric = metric, .key = key, .value = value, .standing = ENGINE_FINAL, .submitted = DAY_MIN, .seq = at + 1};
    facts->count += at == facts->count;
    if (varies)
        facts->varied[facts->varied_count++] = at;
done:
    return rc;
}

/* Every key of the metric's closed dimensions. */
MUST_CHECK static enum tally_code add_all(struct cli *cli, const struct terms *terms, uint32_t metric,
                                          struct terms_dimension_value *dims, uint32_t count, struct slice value,
                                          struct simulate_facts *facts, bool varies, struct err *err)
{
    const struct terms_metric *m = terms_metric(terms, metric);
    uint32_t members[64] = {0}, i = m->by_count;
    size_t keys = 0;
    for (uint32_t k = 0; k < m->by_count; k++)
        if (terms_dimension(terms, m->by[k])->member_count == 0)
            return err_set(err, TALLY_E_USAGE,
                           "%.*s varies by `%.*s`, whose members the text does not know: write %.*s[...]",
                           SLICE_ARG(m->name), SLICE_ARG(terms_dimension(terms, m->by[k])->name), SLICE_ARG(m->name));
    while (i != UINT32_MAX) {
        for (uint32_t k = 0; k < m->by_count; k++)
            dims[k].member = terms_dimension(terms, m->by[k])->members[members[k]];
        if (keys++ == KEYS_MAX)
            return err_set(err, TALLY_E_LIMIT, "%.*s has more than %u keys: write %.*s[...]", SLICE_ARG(m->name), KEYS_MAX,
                           SLICE_ARG(m->name));
        enum tally_code rc = add(cli, terms, metric, dims, count, value, facts, varies, err);
        if (rc != TALLY_OK)
            return rc;
        for (i = m->by_count; i-- > 0;) {
            if (++members[i] < terms_dimension(terms, m->by[i])->member_count)
                break;
            members[i] = 0;
        }
    }
    return TALLY_OK;
}

enum tally_code simulate_set(struct cli *cli, const struct terms *terms, struct slice name, struct slice value,
                             struct simulate_facts *facts, bool varies, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct terms_dimension_value dims[64];
    struct slice key = {0};
    bool has_key = false;
    uint32_t count = 0;
    TRY(split_key(name, &name, &key, &has_key, err));
    uint32_t metric = terms_find_metric(terms, name);
    if (metric == TERMS_NONE)
        TRY(err_set(err, TALLY_E_USAGE, "the terms have no metric `%.*s`", SLICE_ARG(name)));
    const struct terms_metric *m = terms_metric(terms, metric);
    for (; count < m->by_count; count++)
        dims[count] = (struct terms_dimension_value){terms_dimension(terms, m->by[count])->name,
                                                     member_named(terms_dimension(terms, m->by[count]), next_part(&key))};
    for (uint32_t i = 0; i < m->where_count; i++)
        dims[count++] =
            (struct terms_dimension_value){terms_dimension(terms, m->where[i].dimension)->name, m->where[i].member};
    if (has_key && key.len > 0)
        TRY(err_set(err, TALLY_E_USAGE, "`%.*s` has %u members in its key", SLICE_ARG(name), m->by_count));
    if (has_key || m->by_count == 0)
        TRY(add(cli, terms, metric, dims, count, value, facts, varies, err));
    else
        TRY(add_all(cli, terms, metric, dims, count, value, facts, varies, err));
done:
    return rc;
}
