#include "random_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tally/buf.h"

static const char *const dim_names[] = {"arm", "n", "year", "village"};
static const char *const arms[] = {"a", "b", "c"};
static const char *const years[] = {"2016-01-01/2016-12-31", "2017-01-01/2017-12-31", "2018-01-01/2018-12-31"};
static const char *const year_starts[] = {"2016-01-01", "2017-01-01", "2018-01-01"};
static const char *const villages[] = {"m", "B", "z", "a", "K.1", "k", "0", "Z_9"};
#define N_MAX 40 /* members of n: more than a leaf of running totals has */

struct rule_drawn {
    enum random_dim dims[RANDOM_DIMS_MAX];
    uint32_t dim_count;
};

struct writer {
    struct dice *dice;
    struct buf out;
    struct random_text *made;
    uint32_t bound;          /* bit by dimension */
    uint32_t defines, rules; /* so many are written */
    uint32_t define_dims[8], define_kinds[8];
    struct rule_drawn rule[8];
    bool free_from_history;
};

static void money(struct writer *w, int depth);
static void number(struct writer *w, int depth);
static void truth(struct writer *w, int depth);
static void date(struct writer *w, int depth);

#define SAY(...) buf_printf(&w->out, __VA_ARGS__)
#define ROLL(n) dice_below(w->dice, (n))

static bool is_bound(const struct writer *w, enum random_dim dim)
{
    return (w->bound >> dim & 1) != 0;
}

static void date_text(struct writer *w)
{
    SAY("%u-%02u-%02u", 2015 + ROLL(5), 1 + ROLL(12), 1 + ROLL(28));
}

/* [arm: b, year: (2016-05-01)] for what is not bound; false: an open dimension is missing. */
static bool indexes(struct writer *w, const enum random_dim *dims, uint32_t count)
{
    bool is_first = true;
    for (uint32_t i = 0; i < count; i++)
        if (!is_bound(w, dims[i]) && dims[i] == RANDOM_VILLAGE)
            return false;
    for (uint32_t i = 0; i < count; i++) {
        if (is_bound(w, dims[i]) && ROLL(5) != 0)
            continue;
        if (dims[i] == RANDOM_VILLAGE)
            continue;
        SAY("%s%s: ", is_first ? "[" : ", ", dim_names[dims[i]]);
        is_first = false;
        if (dims[i] == RANDOM_ARM)
            SAY("%s", arms[ROLL(3)]);
        else if (dims[i] == RANDOM_N && ROLL(3) == 0 && is_bound(w, RANDOM_YEAR))
            SAY("(number of year)");
        else if (dims[i] == RANDOM_N)
            SAY("%u", 1 + ROLL(3));
        else if (ROLL(2) == 0)
            SAY("%s", year_starts[ROLL(3)]);
        else
            SAY("(2017-02-03)");
    }
    if (!is_first)
        SAY("]");
    return true;
}

/* A metric of that kind, with what it needs; false: there is none, nothing is written. */
static bool metric(struct writer *w, enum random_kind kind, const char *before, const char *behind)
{
    uint32_t start = ROLL(w->made->metric_count);
    for (uint32_t k = 0; k < w->made->metric_count; k++) {
        uint32_t m = (start + k) % w->made->metric_count;
        const struct random_metric *metric = &w->made->metrics[m];
        bool needs_village = false;
        for (uint32_t i = 0; i < metric->dim_count; i++)
            needs_village = needs_village || (metric->dims[i] == RANDOM_VILLAGE && !is_bound(w, RANDOM_VILLAGE));
        if (metric->kind != kind || needs_village)
            continue;
        SAY("%sm%u", before, m);
        (void) indexes(w, metric->dims, metric->dim_count);
        SAY("%s", behind);
        return true;
    }
    return false;
}

/* A dimension that an aggregate may run over, or RANDOM_DIM_COUNT. */
static enum random_dim free_dim(struct writer *w)
{
    enum random_dim dim = ROLL(RANDOM_DIM_COUNT);
    return is_bound(w, dim) ? RANDOM_DIM_COUNT : dim;
}

/* A metric whose keys name the members, with nothing else that is not bound; the dimension is bound already. */
static uint32_t metric_of(struct writer *w, enum random_dim dim)
{
    uint32_t start = ROLL(w->made->metric_count);
    for (uint32_t k = 0; k < w->made->metric_count; k++) {
        uint32_t m = (start + k) % w->made->metric_count;
        const struct random_metric *metric = &w->made->metrics[m];
        bool has = false, ok = dim != RANDOM_VILLAGE || metric->has_until;
        for (uint32_t i = 0; i < metric->dim_count; i++) {
            has = has || metric->dims[i] == dim;
            ok = ok && is_bound(w, metric->dims[i]);
        }
        if (has && ok)
            return m;
    }
    return RANDOM_METRICS_MAX;
}

/* Something that varies by the dimension, as what is aggregated must, and " * " behind it. */
static void factor(struct writer *w, enum random_dim dim)
{
    if (dim == RANDOM_ARM)
        SAY("(if arm in (a, %s) then 1 else 2.5) * ", arms[1 + ROLL(2)]);
    else if (dim == RANDOM_N)
        SAY("n * ");
    else if (dim == RANDOM_YEAR)
        SAY("(number of year) * ");
}

/* Writes "over D [of M] [where C]"; the dimension is bound already. */
static void over(struct writer *w, enum random_dim dim, int depth)
{
    uint32_t of = dim == RANDOM_VILLAGE || ROLL(2) == 0 ? metric_of(w, dim) : RANDOM_METRICS_MAX;
    SAY(" over %s", dim_names[dim]);
    if (of < RANDOM_METRICS_MAX)
        SAY(" of m%u", of);
    if (ROLL(4) == 0) {
        SAY(" where ");
        truth(w, depth - 2);
    }
}

static bool aggregate(struct writer *w, enum random_kind kind, int depth)
{
    static const char *const sums[] = {"sum", "mean", "min", "max", "first", "last"};
    if (is_bound(w, RANDOM_YEAR) && ROLL(5) == 0 && kind != RANDOM_TRUTH) {
        SAY("%s(", sums[ROLL(6)]);
        factor(w, RANDOM_YEAR);
        (kind == RANDOM_MONEY ? money : number)(w, depth - 1);
        SAY(ROLL(2) == 0 ? " over year so far)" : " over last 2 of year)");
        return true;
    }
    enum random_dim dim = free_dim(w);
    if (dim == RANDOM_DIM_COUNT)
        return false;
    uint32_t before = w->bound;
    w->bound |= 1u << dim;
    uint32_t what = ROLL(kind == RANDOM_NUMBER ? 9 : 7), of = metric_of(w, dim);
    if (dim == RANDOM_VILLAGE && of == RANDOM_METRICS_MAX) {
        w->bound = before;
        return false;
    }
    if (what == 7) {
        SAY("count(");
    } else if (what == 8) {
        SAY("share(");
        factor(w, dim);
        number(w, 0);
        SAY(" > ");
        number(w, depth - 1);
    } else {
        if (what == 6)
            SAY("best(%u, ", 1 + ROLL(4));
        else
            SAY("%s(", sums[what]);
        factor(w, dim);
        (kind == RANDOM_MONEY ? money : number)(w, depth - 1);
    }
    over(w, dim, depth);
    SAY(")");
    w->bound = before;
    return true;
}

static bool portion(struct writer *w, int depth)
{
    enum random_dim dim = ROLL(RANDOM_DIM_COUNT);
    if (!is_bound(w, dim))
        return false;
    SAY("portion(");
    uint32_t before = w->bound;
    w->bound &= ~(1u << dim);
    money(w, depth - 1);
    w->bound = before;
    SAY(", abs(");
    factor(w, dim);
    number(w, depth - 2);
    SAY(")");
    over(w, dim, depth);
    SAY(")");
    return true;
}

static bool define(struct writer *w, enum random_kind kind)
{
    for (uint32_t i = 0; i < w->defines; i++) {
        uint32_t d = (i + ROLL(3)) % w->defines;
        if (w->define_kinds[d] != (uint32_t) kind || (w->define_dims[d] & ~w->bound) != 0)
            continue;
        SAY("d%u", d);
        return true;
    }
    return false;
}

static bool rule(struct writer *w)
{
    if (w->rules == 0)
        return false;
    uint32_t r = ROLL(w->rules);
    for (uint32_t i = 0; i < w->rule[r].dim_count; i++)
        if (!is_bound(w, w->rule[r].dims[i]) && w->rule[r].dims[i] == RANDOM_VILLAGE)
            return false;
    SAY("r%u", r);
    return indexes(w, w->rule[r].dims, w->rule[r].dim_count);
}

static void steps(struct writer *w, int depth)
{
    SAY("(step of (");
    number(w, depth - 1);
    SAY("):\n at least 2: ");
    money(w, depth - 2);
    SAY("\n at least 20: ");
    money(w, depth - 2);
    SAY("\n otherwise: USD 3)");
}

static void money_atom(struct writer *w)
{
    uint32_t what = ROLL(6);
    if ((what <= 2 && metric(w, RANDOM_MONEY, "", "")) || (what == 3 && define(w, RANDOM_MONEY)) || (what == 4 && rule(w)))
        return;
    SAY("USD %u.%u", ROLL(90), ROLL(10));
}

static void money(struct writer *w, int depth)
{
    static const char *const calls[] = {"min", "max"};
    if (depth <= 0) {
        money_atom(w);
        return;
    }
    switch (ROLL(16)) {
    case 0:
    case 1:
        SAY("(");
        money(w, depth - 1);
        SAY(ROLL(2) == 0 ? " + " : " - ");
        money(w, depth - 1);
        SAY(")");
        return;
    case 2:
    case 3:
        SAY("(");
        money(w, depth - 1);
        SAY(ROLL(3) == 0 ? " / " : " * ");
        number(w, depth - 1);
        SAY(")");
        return;
    case 4:
        SAY("%s(", calls[ROLL(2)]);
        money(w, depth - 1);
        SAY(", ");
        money(w, depth - 1);
        SAY(")");
        return;
    case 5:
        SAY("(if ");
        truth(w, depth - 1);
        SAY(" then ");
        money(w, depth - 1);
        SAY(" else ");
        money(w, depth - 1);
        SAY(")");
        return;
    case 6:
        SAY("round(");
        money(w, depth - 1);
        SAY(", %s, half even)", ROLL(2) == 0 ? "0.01" : "5");
        return;
    case 7:
    case 8:
    case 9:
        if (aggregate(w, RANDOM_MONEY, depth))
            return;
        break;
    case 10:
        if (portion(w, depth))
            return;
        break;
    case 11:
        if (is_bound(w, RANDOM_YEAR)) {
            SAY("prior(year, ");
            money(w, depth - 1);
            SAY(", USD %u)", ROLL(9));
            return;
        }
        break;
    case 12:
        steps(w, depth);
        return;
    case 13:
        SAY("(linear of (");
        number(w, depth - 1);
        SAY("):\n at 0: USD 1\n at 10: USD 30\n outside: %s)", ROLL(2) == 0 ? "flat" : "extended");
        return;
    default:
        break;
    }
    money_atom(w);
}

static void number_atom(struct writer *w)
{
    uint32_t what = ROLL(7);
    if (what == 0 && is_bound(w, RANDOM_YEAR))
        SAY("(number of year)");
    else if (what == 1 && is_bound(w, RANDOM_N))
        SAY("n");
    else if (!(what <= 3 && metric(w, RANDOM_NUMBER, "", "")) && !(what == 4 && define(w, RANDOM_NUMBER)))
        SAY("%u.%u", ROLL(9), ROLL(10));
}

static void number(struct writer *w, int depth)
{
    if (depth <= 0) {
        number_atom(w);
        return;
    }
    switch (ROLL(10)) {
    case 0:
    case 1:
        SAY("(");
        number(w, depth - 1);
        SAY(ROLL(2) == 0 ? " + " : " * ");
        number(w, depth - 1);
        SAY(")");
        return;
    case 2:
    case 3:
        if (aggregate(w, RANDOM_NUMBER, depth))
            return;
        break;
    case 4:
        SAY("round(");
        money(w, depth - 1);
        SAY(" / max(USD 0.5, ");
        money(w, depth - 1);
        SAY("), 0.1, down)");
        return;
    case 5:
        SAY("fraction(");
        date(w, depth - 1);
        SAY(", ");
        date(w, depth - 1);
        SAY(", actual_365)");
        return;
    case 6:
        SAY("(if ");
        truth(w, depth - 1);
        SAY(" then ");
        number(w, depth - 1);
        SAY(" else ");
        number(w, depth - 1);
        SAY(")");
        return;
    case 7:
        if (metric(w, RANDOM_PERCENT, "(1 * ", ")"))
            return;
        break;
    default:
        break;
    }
    number_atom(w);
}

static void truth(struct writer *w, int depth)
{
    static const char *const compares[] = {"=", "<>", "<", "<=", ">", ">="};
    uint32_t what = ROLL(depth <= 0 ? 5 : 9);
    if (what == 0 && metric(w, RANDOM_TRUTH, "", ""))
        return;
    if (what == 1 && is_bound(w, RANDOM_ARM)) {
        SAY("arm in (a, %s)", arms[1 + ROLL(2)]);
    } else if (what == 2 && metric(w, RANDOM_WORD, "", " = b")) {
        return;
    } else if (what == 3 && metric(w, RANDOM_PERCENT, "", " >= 40%")) {
        return;
    } else if (what <= 5) {
        SAY("(");
        number(w, depth - 1);
        SAY(" %s ", compares[ROLL(6)]);
        number(w, depth - 1);
        SAY(")");
    } else if (what == 6) {
        SAY("(");
        date(w, depth - 1);
        SAY(" %s ", compares[2 + ROLL(4)]);
        date(w, depth - 1);
        SAY(")");
    } else {
        SAY("(%s", ROLL(3) == 0 ? "not " : "");
        truth(w, depth - 1);
        SAY(ROLL(2) == 0 ? " and " : " or ");
        truth(w, depth - 1);
        SAY(")");
    }
}

static void date(struct writer *w, int depth)
{
    uint32_t what = ROLL(depth <= 0 ? 3 : 5);
    if (what == 0 && metric(w, RANDOM_DATE, "", ""))
        return;
    if (what == 1 && is_bound(w, RANDOM_YEAR)) {
        SAY("%s of year", ROLL(2) == 0 ? "start" : "end");
    } else if (what == 3 && metric(w, RANDOM_MONEY, "submitted(", ")")) {
        return;
    } else if (what == 4) {
        SAY("%u days after ", ROLL(90));
        date(w, 0);
    } else {
        date_text(w);
    }
}

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

static void names(struct writer *w, const char *before, const enum random_dim *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        SAY("%s%s", i == 0 ? before : ", ", dim_names[list[i]]);
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
        money(w, 0);
    else if (m->kind == RANDOM_NUMBER)
        number(w, 0);
    else if (m->kind == RANDOM_PERCENT)
        SAY("50%%");
    else if (m->kind == RANDOM_DATE && ROLL(2) == 0)
        SAY("never");
    else if (m->kind == RANDOM_DATE)
        date(w, 0);
    else
        SAY("%s", m->kind == RANDOM_TRUTH ? "false" : "b");
}

static void write_metric(struct writer *w, uint32_t at)
{
    static const char *const kinds[] = {"USD", "number", "percent", "date", "true or false", "arm"};
    struct random_metric *m = &w->made->metrics[at];
    m->kind = ROLL(3) == 0 ? ROLL(RANDOM_KIND_COUNT) : ROLL(2);
    dims(w, m->dims, &m->dim_count, 2);
    SAY("metric m%u is \"M %u\" in %s", at, at, kinds[m->kind]);
    names(w, "\n  by ", m->dims, m->dim_count);
    SAY("\n  reported by judge");
    bind(w, m->dims, m->dim_count);
    m->has_until = ROLL(3) == 0;
    if (m->has_until && is_bound(w, RANDOM_YEAR) && ROLL(2) == 0) {
        SAY("\n  until 90 days after end of year");
    } else if (m->has_until) {
        SAY("\n  until ");
        date_text(w);
    }
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
    (w->define_kinds[at] == RANDOM_NUMBER ? number : money)(w, 3);
    SAY("\n");
    w->defines = at + 1;
}

static void write_rule(struct writer *w, uint32_t at)
{
    struct rule_drawn *r = &w->rule[at];
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
    if (ROLL(3) == 0) {
        SAY("\n  dated ");
        date(w, 2);
    }
    if (ROLL(3) == 0) {
        SAY("\n  when ");
        truth(w, 2);
    }
    SAY("\n  amount ");
    money(w, 3);
    if (ROLL(4) == 0)
        SAY("\n  either way");
    if (ROLL(4) == 0) {
        SAY("\n  not before ");
        date(w, 1);
    }
    if (ROLL(4) == 0 && !w->free_from_history)
        SAY("\n  never back");
    SAY("\n");
    w->rules = at + 1;
}

static void write_cap(struct writer *w)
{
    uint32_t count = 1 + ROLL(3), first = ROLL(w->rules);
    const struct rule_drawn *r = &w->rule[first];
    SAY("cap %u", 5 + ROLL(150));
    if (r->dim_count > 0 && ROLL(2) == 0)
        SAY(" per %s", dim_names[r->dims[ROLL(r->dim_count)]]);
    else if (ROLL(4) == 0)
        SAY(" per year");
    SAY(" on r%u", first);
    for (uint32_t i = 1; i < count && first + i < w->rules; i++)
        SAY(", r%u", first + i);
    SAY("\n");
    w->made->has_caps = true;
}

void random_text_make(struct dice *dice, bool free_from_history, struct random_text *out)
{
    struct writer *w = calloc(1, sizeof *w);
    *out = (struct random_text){.villages = dice_in(dice, 3) && !free_from_history ? 3
                                            : dice_in(dice, 3)                     ? RANDOM_VILLAGES * 5
                                                                                   : RANDOM_VILLAGES};
    w->dice = dice;
    w->made = out;
    w->free_from_history = free_from_history;
    buf_init(&w->out, 1 << 20);
    SAY("terms 1\ncontract random \"Random\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"
        "runs 2016-01-01 to 2018-12-31\n%sparty city outcome payer \"City\"\nparty lender investor \"Lender\"\n"
        "party judge evaluator \"Judge\"\nin force when city and lender have signed\n"
        "disputes decided by judge within 30 days, otherwise stands\n"
        "dimension arm (a, b, c)\ndimension n 1 to %u\nperiod year every 1 year from 2016-01-01 to 2018-12-31\n"
        "dimension village open, at most %u\n",
        dice_in(dice, 3) ? "closes 2020-06-30\n" : "", dice_in(dice, 3) ? N_MAX * 4 : 3, out->villages);
    uint32_t metrics = 2 + ROLL(4), defines = ROLL(4), rules = 1 + ROLL(5), caps = free_from_history ? 0 : ROLL(3);
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
            part = arms[dice_below(dice, 3)];
        else if (metric->dims[i] == RANDOM_YEAR)
            part = years[dice_below(dice, 3)];
        else if (metric->dims[i] == RANDOM_VILLAGE)
            part = villages[dice_below(dice, RANDOM_VILLAGES)];
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
        snprintf(value, size, "%s", arms[a % 3]);
        break;
    }
}
