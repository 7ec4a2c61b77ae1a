/* Random expressions of each kind, of what is bound where they stand. */
#include "random_write.h"

static const char *const year_starts[] = {"2016-01-01", "2017-01-01", "2018-01-01"};

void random_date_text(struct writer *w)
{
    SAY("%u-%02u-%02u", 2015 + ROLL(5), 1 + ROLL(12), 1 + ROLL(28));
}

/* [arm: b, year: (2016-05-01)] for what is not bound; false: a member of an open dimension is missing. */
static bool indexes(struct writer *w, const enum random_dim *dims, uint32_t count)
{
    bool is_first = true;
    for (uint32_t i = 0; i < count; i++)
        if (!is_bound(w, dims[i]) && is_open(dims[i]))
            return false;
    for (uint32_t i = 0; i < count; i++) {
        if (is_bound(w, dims[i]) && ROLL(5) != 0)
            continue;
        if (is_open(dims[i]))
            continue;
        SAY("%s%s: ", is_first ? "[" : ", ", random_dim_names[dims[i]]);
        is_first = false;
        if (dims[i] == RANDOM_ARM)
            SAY("%s", random_arms[ROLL(3)]);
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
        bool lacks_member = false;
        for (uint32_t i = 0; i < metric->dim_count; i++)
            lacks_member = lacks_member || (is_open(metric->dims[i]) && !is_bound(w, metric->dims[i]));
        if (metric->kind != kind || lacks_member)
            continue;
        SAY("%sm%u", before, m);
        (void) indexes(w, metric->dims, metric->dim_count);
        SAY("%s", behind);
        return true;
    }
    return false;
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
    for (uint32_t i = 0; i < w->made->rules[r].dim_count; i++)
        if (!is_bound(w, w->made->rules[r].dims[i]) && is_open(w->made->rules[r].dims[i]))
            return false;
    SAY("r%u", r);
    return indexes(w, w->made->rules[r].dims, w->made->rules[r].dim_count);
}

typedef void part(struct writer *w, int depth);

/* Two parts, one level less deep, and what stands before, between and behind them. */
static void two(struct writer *w, int depth, const char *before, part *a, const char *between, part *b, const char *behind)
{
    SAY("%s", before);
    a(w, depth - 1);
    SAY("%s", between);
    b(w, depth - 1);
    SAY("%s", behind);
}

static void alternatives(struct writer *w, int depth, part *of)
{
    SAY("(if ");
    random_truth(w, depth - 1);
    two(w, depth, " then ", of, " else ", of, ")");
}

static void steps(struct writer *w, int depth)
{
    SAY("(step of (");
    random_number(w, depth - 1);
    two(w, depth - 1, "):\n at least 2: ", random_money, "\n at least 20: ", random_money, "\n otherwise: USD 3)");
}

static void money_atom(struct writer *w)
{
    uint32_t what = ROLL(6);
    if ((what <= 2 && metric(w, RANDOM_MONEY, "", "")) || (what == 3 && define(w, RANDOM_MONEY)) || (what == 4 && rule(w)))
        return;
    SAY("USD %u.%u", ROLL(90), ROLL(10));
}

static void money_sum(struct writer *w, int depth)
{
    two(w, depth, "(", random_money, ROLL(2) == 0 ? " + " : " - ", random_money, ")");
}

static void money_times(struct writer *w, int depth)
{
    two(w, depth, "(", random_money, ROLL(3) == 0 ? " / " : " * ", random_number, ")");
}

static void money_least(struct writer *w, int depth)
{
    two(w, depth, ROLL(2) == 0 ? "min(" : "max(", random_money, ", ", random_money, ")");
}

static void money_if(struct writer *w, int depth)
{
    alternatives(w, depth, random_money);
}

static void money_round(struct writer *w, int depth)
{
    SAY("round(");
    random_money(w, depth - 1);
    SAY(", %s, half even)", ROLL(2) == 0 ? "0.01" : "5");
}

static void money_of_members(struct writer *w, int depth)
{
    if (!random_aggregate(w, RANDOM_MONEY, depth))
        money_atom(w);
}

static void money_part(struct writer *w, int depth)
{
    if (!random_portion(w, depth))
        money_atom(w);
}

static void money_before(struct writer *w, int depth)
{
    if (!is_bound(w, RANDOM_YEAR)) {
        money_atom(w);
        return;
    }
    SAY("prior(year, ");
    random_money(w, depth - 1);
    SAY(", USD %u)", ROLL(9));
}

static void money_line(struct writer *w, int depth)
{
    SAY("(linear of (");
    random_number(w, depth - 1);
    SAY("):\n at 0: USD 1\n at 10: USD 30\n outside: %s)", ROLL(2) == 0 ? "flat" : "extended");
}

static void money_clamp(struct writer *w, int depth)
{
    two(w, depth, "clamp(", random_money, ", -5, ", random_money, ")");
}

static void money_bands(struct writer *w, int depth)
{
    SAY("(bands of ");
    two(w, depth, "(", random_date, " - ", random_date, "):\n from 0 days: 0 per day\n from 30 days: 0.5 per day)");
}

static void money_per_point(struct writer *w, int depth)
{
    (void) depth;
    SAY("(7 per point of (");
    if (!metric(w, RANDOM_PERCENT, "", ""))
        SAY("30%%");
    SAY(" - 12%%))");
}

static void money_name(struct writer *w, int depth)
{
    (void) depth;
    money_atom(w);
}

void random_money(struct writer *w, int depth)
{
    static part *const forms[] = {
        money_sum,  money_sum,    money_times,      money_times,      money_least,
        money_if,   money_round,  money_of_members, money_of_members, money_of_members,
        money_part, money_before, money_clamp,      money_bands,      money_per_point,
        steps,      money_line,   money_name,       money_name,
    };
    if (depth <= 0)
        money_atom(w);
    else
        forms[ROLL(sizeof forms / sizeof forms[0])](w, depth);
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

void random_number(struct writer *w, int depth)
{
    if (depth <= 0) {
        number_atom(w);
        return;
    }
    switch (ROLL(16)) {
    case 0:
    case 1:
        two(w, depth, "(", random_number, ROLL(2) == 0 ? " + " : " * ", random_number, ")");
        return;
    case 2:
    case 3:
        if (random_aggregate(w, RANDOM_NUMBER, depth))
            return;
        break;
    case 4:
        two(w, depth, "round(", random_money, " / max(USD 0.5, ", random_money, "), 0.1, down)");
        return;
    case 5:
        two(w, depth, "fraction(", random_date, ", ", random_date, ", actual_365)");
        return;
    case 6:
        alternatives(w, depth, random_number);
        return;
    case 10:
        two(w, depth, "clamp(", random_number, ", -3, abs(", random_number, "))");
        return;
    case 11:
        SAY("((");
        random_number(w, depth - 1);
        SAY(") ^ %u)", ROLL(4));
        return;
    case 12:
        SAY("(- ");
        random_number(w, depth - 1);
        SAY(")");
        return;
    case 13:
        two(w, depth, "(years(", random_date, ", ", random_date, ") / 1 years)");
        return;
    case 14:
        two(w, depth, "(days(", random_date, ", ", random_date, ", working) / 1 days)");
        return;
    case 15:
        two(w, depth, "round(", random_number, " / (abs(", random_number, ") + 0.1), 0.1, up)");
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

void random_truth(struct writer *w, int depth)
{
    static const char *const compares[] = {" = ", " <> ", " < ", " <= ", " > ", " >= "};
    uint32_t what = ROLL(depth <= 0 ? 5 : 9);
    if (what == 0 && metric(w, RANDOM_TRUTH, "", ""))
        return;
    if (what == 1 && is_bound(w, RANDOM_ARM)) {
        SAY("arm in (a, %s)", random_arms[1 + ROLL(2)]);
    } else if (what == 2 && metric(w, RANDOM_WORD, "", " = b")) {
        return;
    } else if (what == 3 && metric(w, RANDOM_PERCENT, "", " >= 40%")) {
        return;
    } else if (what <= 5) {
        two(w, depth, "(", random_number, compares[ROLL(6)], random_number, ")");
    } else if (what == 6) {
        two(w, depth, "(", random_date, compares[2 + ROLL(4)], random_date, ")");
    } else {
        SAY("(%s", ROLL(3) == 0 ? "not " : "");
        two(w, depth, "", random_truth, ROLL(2) == 0 ? " and " : " or ", random_truth, ")");
    }
}

void random_date(struct writer *w, int depth)
{
    uint32_t what = ROLL(depth <= 0 ? 3 : 5);
    if (what == 0 && metric(w, RANDOM_DATE, "", ""))
        return;
    if (what == 1 && is_bound(w, RANDOM_YEAR)) {
        SAY("%s of year", ROLL(2) == 0 ? "start" : "end");
    } else if (what == 3 && metric(w, RANDOM_MONEY, "submitted(", ")")) {
        return;
    } else if (what == 4) {
        static const char *const units[] = {"days", "weeks", "months", "years", "working days"};
        SAY("(%u %s %s ", ROLL(90) / 3, units[ROLL(5)], ROLL(2) == 0 ? "after" : "before");
        random_date(w, 0);
        SAY(")");
    } else {
        random_date_text(w);
    }
}
