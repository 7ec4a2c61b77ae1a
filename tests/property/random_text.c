#include "random_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const random_dim_names[] = {"arm", "n", "year", "village", "site"};
const char *const random_arms[] = {"a", "b", "c"};
static const char *const years[] = {"2016-01-01/2016-12-31", "2017-01-01/2017-12-31", "2018-01-01/2018-12-31"};
static const char *const villages[] = {"m", "B", "z", "a", "K.1", "k", "0", "Z_9"};
static const char *const sites[] = {"s3", "S", "b", "Y", "9", "s-1", "C", "a"};
#define N_MAX 40 /* members of n: more than a leaf of running totals has */

/* ---- declarations ---- */

static void dims(struct writer *w, enum random_dim *out, uint32_t *count, uint32_t most)
{
    *count = ROLL(most + 1);
    for (uint32_t i = 0; i < *count; i++) {
        bool is_new = true;
        out[i] = ROLL(RANDOM_DIM_COUNT);
        for (uint32_t k = 0; k < i; k++)
            is_new = is_new && out[k] != out[i];
        if (!is_new || (out[i] == RANDOM_N && ROLL(3) != 0)) { /* n is large */
            *count = i;
            return;
        }
    }
}

/* Both open dimensions, so that few of all keys have results; and one more, perhaps. */
static void dims_of_open(struct writer *w, enum random_dim *out, uint32_t *count)
{
    enum random_dim third = ROLL(RANDOM_DIM_COUNT);
    *count = 0;
    if (third == RANDOM_ARM || third == RANDOM_YEAR)
        out[(*count)++] = third;
    out[(*count)++] = ROLL(2) == 0 ? RANDOM_VILLAGE : RANDOM_SITE;
    out[*count] = out[*count - 1] == RANDOM_VILLAGE ? RANDOM_SITE : RANDOM_VILLAGE;
    ++*count;
}

static void names(struct writer *w, const char *before, const enum random_dim *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        SAY("%s%s", i == 0 ? before : ", ", random_dim_names[list[i]]);
    }
}

static void bind(struct writer *w, const enum random_dim *list, uint32_t count)
{
    w->bound = 0;
    for (uint32_t i = 0; i < count; i++)
        w->bound |= 1u << list[i];
}

static void a_default(struct writer *w, const struct random_metric *m)
{
    if (m->kind == RANDOM_MONEY)
        random_money(w, 0);
    else if (m->kind == RANDOM_NUMBER)
        random_number(w, 0);
    else if (m->kind == RANDOM_PERCENT)
        SAY("50%%");
    else if (m->kind == RANDOM_DATE && ROLL(2) == 0)
        SAY("never");
    else if (m->kind == RANDOM_DATE)
        random_date(w, 0);
    else
        SAY("%s", m->kind == RANDOM_TRUTH ? "false" : "b");
}

/* Figures of others at keys of open dimensions are not followed: some are enough. */
static void leave_open_out(struct writer *w, struct random_metric *m)
{
    uint32_t kept = 0;
    bool keeps_open = ROLL(12) == 0;
    for (uint32_t i = 0; i < m->dim_count; i++)
        if (keeps_open || !is_open(m->dims[i]))
            m->dims[kept++] = m->dims[i];
    m->dim_count = kept;
}

static void write_metric(struct writer *w, uint32_t at)
{
    static const char *const kinds[] = {"USD", "number", "percent", "date", "true or false", "arm"};
    static const char *const ranges[] = {
        /* of random_value */
        " between -61 and 61", " between -61 and 61", " between 0% and 61%", " between 2015-01-01 and 2019-12-28", "", ""};
    struct random_metric *m = &w->made->metrics[at];
    m->kind = ROLL(3) == 0 ? ROLL(RANDOM_KIND_COUNT) : ROLL(2);
    dims(w, m->dims, &m->dim_count, 2);
    m->is_used = w->uses_other && ROLL(3) == 0;
    bool is_sparse = !m->is_used && ROLL(4) == 0;
    if (is_sparse)
        dims_of_open(w, m->dims, &m->dim_count);
    if (m->is_used)
        leave_open_out(w, m);
    if (m->is_used)
        SAY("metric m%u is f%u of other in %s", at, at, kinds[m->kind]);
    else
        SAY("metric m%u is \"M %u\" in %s", at, at, kinds[m->kind]);
    if (ROLL(2) == 0)
        SAY("%s", ranges[m->kind]);
    names(w, "\n  by ", m->dims, m->dim_count);
    if (!m->is_used)
        SAY("\n  reported by judge");
    bind(w, m->dims, m->dim_count);
    m->has_until = is_sparse || ROLL(3) == 0;
    if (m->has_until && is_bound(w, RANDOM_YEAR) && ROLL(2) == 0) {
        SAY("\n  until 90 days after end of year");
    } else if (m->has_until) {
        SAY("\n  until ");
        random_date_text(w);
    }
    if (!m->is_used)
        SAY("\n  disputes within 60 days");
    w->made->metric_count = at; /* a default may need those before it */
    if (at > 0 && ROLL(3) == 0) {
        SAY("\n  if %s use ", m->has_until && ROLL(2) == 0 ? "late" : "missing");
        a_default(w, m);
    }
    w->made->metric_count = at + 1;
    SAY("\n");
}

static void write_define(struct writer *w, uint32_t at)
{
    enum random_dim list[RANDOM_DIMS_MAX];
    uint32_t count = 0;
    dims(w, list, &count, 2);
    bind(w, list, count);
    w->define_kinds[at] = ROLL(3) == 0 ? RANDOM_NUMBER : RANDOM_MONEY;
    w->define_dims[at] = w->bound;
    bool is_balance = is_bound(w, RANDOM_YEAR) && w->define_kinds[at] == RANDOM_MONEY && ROLL(3) == 0;
    SAY("define d%u%s = ", at, is_balance ? " in USD" : "");
    if (is_balance)
        SAY("prior(year, round(d%u * 1.5, 0.01, half up), USD 2) + ", at);
    (w->define_kinds[at] == RANDOM_NUMBER ? random_number : random_money)(w, 3);
    SAY("\n");
    w->defines = at + 1;
}

static void write_rule(struct writer *w, uint32_t at)
{
    struct random_rule *r = &w->made->rules[at];
    dims(w, r->dims, &r->dim_count, 2);
    SAY("pay r%u from city to lender", at);
    names(w, "\n  for each ", r->dims, r->dim_count);
    bind(w, r->dims, r->dim_count);
    for (uint32_t k = 0, m = ROLL(w->made->metric_count); r->dim_count > 0 && k < 3 && ROLL(4) != 0; k++) {
        const struct random_metric *metric = &w->made->metrics[(m + k) % w->made->metric_count];
        bool fits = metric->dim_count > 0;
        for (uint32_t i = 0; i < metric->dim_count; i++)
            fits = fits && is_bound(w, metric->dims[i]);
        if (!fits)
            continue;
        SAY(" of m%u", (m + k) % w->made->metric_count);
        break;
    }
    r->is_dated = ROLL(3) == 0;
    if (r->is_dated) {
        SAY("\n  dated ");
        random_date(w, 2);
    }
    if (ROLL(3) == 0) {
        SAY("\n  when ");
        random_truth(w, 2);
    }
    SAY("\n  amount ");
    random_money(w, 3);
    if (ROLL(4) == 0)
        SAY("\n  either way");
    if (ROLL(4) == 0) {
        SAY("\n  not before ");
        random_date(w, 1);
    }
    r->is_never_back = ROLL(4) == 0 && !w->free_from_history;
    if (r->is_never_back)
        SAY("\n  never back");
    SAY("\n");
    w->rules = at + 1;
}

static void write_cap(struct writer *w)
{
    struct random_cap *cap = &w->made->caps[w->made->cap_count++];
    uint32_t count = 1 + ROLL(3), first = ROLL(w->rules);
    const struct random_rule *r = &w->made->rules[first];
    *cap = (struct random_cap){.money = 5 + ROLL(150), .per = RANDOM_DIM_COUNT};
    SAY("cap %u", cap->money);
    if (r->dim_count > 0 && ROLL(2) == 0)
        cap->per = r->dims[ROLL(r->dim_count)];
    else if (ROLL(4) == 0)
        cap->per = RANDOM_YEAR;
    if (cap->per != RANDOM_DIM_COUNT)
        SAY(" per %s", random_dim_names[cap->per]);
    for (uint32_t i = 0; i < count && first + i < w->rules; i++) {
        SAY(i == 0 ? " on r%u" : ", r%u", first + i);
        cap->rules |= 1u << (first + i);
    }
    SAY("\n");
}

static void make(struct dice *dice, bool free_from_history, bool uses_other, struct random_text *out)
{
    static const char *const roundings[] = {"0.01, half even", "0.05, half up", "0.5, up", "1, down"};
    struct writer *w = calloc(1, sizeof *w);
    *out = (struct random_text){.villages = dice_in(dice, 3) && !free_from_history ? 3
                                            : dice_in(dice, 3)                     ? RANDOM_VILLAGES * 5
                                                                                   : RANDOM_VILLAGES};
    w->dice = dice;
    w->made = out;
    w->free_from_history = free_from_history;
    w->uses_other = uses_other;
    buf_init(&w->out, 1 << 20);
    const char *rounding = roundings[dice_in(dice, 2) ? 0 : ROLL(4)],
               *closes = dice_in(dice, 3) ? "closes 2020-06-30\n" : "";
    uint32_t n_most = dice_in(dice, 3) ? N_MAX * 4 : 3;
    SAY("terms 1\ncontract random \"Random\"\ncurrency USD rounded to %s\nclock UTC\n"
        "runs 2016-01-01 to 2018-12-31\n%sparty city outcome payer \"City\"\nparty lender investor \"Lender\"\n"
        "party judge evaluator \"Judge\"\nin force when city and lender have signed\n"
        "disputes decided by judge within 30 days, otherwise stands\n"
        "calendar working monday to friday except 2016-12-24 to 2017-01-02\n"
        "dimension arm (a, b, c)\ndimension n 1 to %u\nperiod year every 1 year from 2016-01-01 to 2018-12-31\n"
        "dimension village open, at most %u\ndimension site open, at most %u\n",
        rounding, closes, n_most, out->villages, out->villages);
    if (uses_other)
        SAY("uses other is contract 0000000000000000000000000000000000000000000000000000000000000001\n");
    uint32_t metrics = 2 + ROLL(4), defines = ROLL(4), rules = 1 + ROLL(5),
             caps = free_from_history ? 0 : ROLL(RANDOM_CAPS_MAX + 1);
    for (uint32_t i = 0; i < metrics; i++)
        write_metric(w, i);
    for (uint32_t i = 0; i < defines; i++)
        write_define(w, i);
    for (uint32_t i = 0; i < rules; i++)
        write_rule(w, i);
    for (uint32_t i = 0; i < caps; i++)
        write_cap(w);
    out->text = strdup(w->out.ptr);
    buf_release(&w->out);
    free(w);
}

void random_text_make(struct dice *dice, bool free_from_history, struct random_text *out)
{
    make(dice, free_from_history, false, out);
}

void random_text_make_using(struct dice *dice, struct random_text *out)
{
    make(dice, false, true, out);
}

void random_text_free(struct random_text *text)
{
    free(text->text);
    text->text = NULL;
}

void random_key(struct dice *dice, const struct random_metric *metric, char *key, size_t size)
{
    size_t n = 0;
    key[0] = '\0';
    for (uint32_t i = 0; i < metric->dim_count; i++) {
        char number_text[16];
        const char *part = number_text;
        snprintf(number_text, sizeof number_text, "%u", 1 + dice_below(dice, 3));
        if (metric->dims[i] == RANDOM_ARM)
            part = random_arms[dice_below(dice, 3)];
        else if (metric->dims[i] == RANDOM_YEAR)
            part = years[dice_below(dice, 3)];
        else if (metric->dims[i] == RANDOM_VILLAGE)
            part = villages[dice_below(dice, RANDOM_VILLAGES)];
        else if (metric->dims[i] == RANDOM_SITE)
            part = sites[dice_below(dice, RANDOM_VILLAGES)];
        n += (size_t) snprintf(key + n, size - n, "%s%s", i == 0 ? "" : "|", part);
    }
}

void random_value(struct dice *dice, const struct random_metric *metric, char *value, size_t size)
{
    uint32_t a = dice_below(dice, 60), b = dice_below(dice, 10);
    switch (metric->kind) {
    case RANDOM_MONEY:
    case RANDOM_NUMBER:
        snprintf(value, size, "%s%u.%u", dice_in(dice, 5) ? "-" : "", a + 1, b);
        break;
    case RANDOM_PERCENT:
        snprintf(value, size, "%u.%u%%", a + 1, b);
        break;
    case RANDOM_DATE:
        snprintf(value, size, "%u-%02u-%02u", 2015 + dice_below(dice, 5), 1 + dice_below(dice, 12),
                 1 + dice_below(dice, 28));
        break;
    case RANDOM_TRUTH:
        snprintf(value, size, "%s", dice_in(dice, 2) ? "true" : "false");
        break;
    default:
        snprintf(value, size, "%s", random_arms[a % 3]);
        break;
    }
}
