/* Interval arithmetic. Every end is exact; one that grows beyond what a number may have becomes infinite, which stays right. */
#include "range.h"

/* ---- ends ---- */

static void end_init(struct end *e)
{
    mpq_init(e->at);
    e->infinite = 0;
}

static void end_set(struct end *out, const struct end *e)
{
    mpq_set(out->at, e->at);
    out->infinite = e->infinite;
}

static int end_sign(const struct end *e)
{
    return e->infinite != 0 ? e->infinite : mpq_sgn(e->at);
}

int end_compare(const struct end *a, const struct end *b)
{
    if (a->infinite != 0 || b->infinite != 0)
        return (a->infinite > b->infinite) - (a->infinite < b->infinite);
    return mpq_cmp(a->at, b->at);
}

/* A number too large to be evaluated is no bound either. towards: where infinity is safe. */
static void end_check(struct end *e, int towards)
{
    if (e->infinite == 0 && !number_fits(e->at))
        e->infinite = towards;
    if (e->infinite != 0)
        mpq_set_ui(e->at, 0, 1);
}

/* Zero times anything is zero, also where the other has no bound: each value of it is finite. */
static void end_multiply(struct end *out, const struct end *a, const struct end *b)
{
    int sign = end_sign(a) * end_sign(b);
    bool is_infinite = sign != 0 && (a->infinite != 0 || b->infinite != 0);
    if (!is_infinite && sign != 0)
        mpq_mul(out->at, a->at, b->at);
    else
        mpq_set_ui(out->at, 0, 1);
    out->infinite = is_infinite ? sign : 0;
}

static void range_check(struct range *r)
{
    end_check(&r->low, -1);
    end_check(&r->high, 1);
}

/* ---- ranges ---- */

void range_init(struct range *r)
{
    *r = (struct range){.first = 1, .last = 0};
    end_init(&r->low);
    end_init(&r->high);
}

void range_clear(struct range *r)
{
    mpq_clear(r->low.at);
    mpq_clear(r->high.at);
}

void range_set(struct range *out, const struct range *r)
{
    if (out == r)
        return;
    out->is_none = r->is_none;
    end_set(&out->low, &r->low);
    end_set(&out->high, &r->high);
    out->first = r->first;
    out->last = r->last;
    out->may_be_never = r->may_be_never;
    out->least = r->least;
    out->most = r->most;
}

void range_set_none(struct range *out)
{
    range_set_whole(out, 0, 0);
    out->is_none = true;
}

void range_set_between(struct range *out, mpq_srcptr low, mpq_srcptr high)
{
    out->is_none = false;
    mpq_set(out->low.at, low);
    mpq_set(out->high.at, high);
    out->low.infinite = out->high.infinite = 0;
}

void range_set_number(struct range *out, mpq_srcptr q)
{
    range_set_between(out, q, q);
}

void range_set_whole(struct range *out, uint64_t low, uint64_t high)
{
    out->is_none = false;
    mpq_set_ui(out->low.at, low, 1);
    mpq_set_ui(out->high.at, high, 1);
    out->low.infinite = out->high.infinite = 0;
}

void range_set_line(struct range *out)
{
    range_set_whole(out, 0, 0);
    out->low.infinite = -1;
    out->high.infinite = 1;
}

void range_set_days(struct range *out, int32_t first, int32_t last, bool may_be_never)
{
    out->is_none = first > last && !may_be_never;
    out->first = first;
    out->last = last;
    out->may_be_never = may_be_never;
}

void range_set_words(struct range *out, uint32_t least, uint32_t most)
{
    out->is_none = false;
    out->least = least;
    out->most = most;
}

bool range_is_point(const struct range *r)
{
    return r->low.infinite == 0 && r->high.infinite == 0 && mpq_equal(r->low.at, r->high.at) != 0;
}

static void join_days(struct range *out, const struct range *r)
{
    bool has = out->first <= out->last, other_has = r->first <= r->last;
    if (other_has && (!has || r->first < out->first))
        out->first = r->first;
    if (other_has && (!has || r->last > out->last))
        out->last = r->last;
    out->may_be_never = out->may_be_never || r->may_be_never;
}

void range_join(struct range *out, const struct range *r)
{
    if (r->is_none)
        return;
    if (out->is_none) {
        range_set(out, r);
        return;
    }
    if (end_compare(&r->low, &out->low) < 0)
        end_set(&out->low, &r->low);
    if (end_compare(&r->high, &out->high) > 0)
        end_set(&out->high, &r->high);
    join_days(out, r);
    out->least = r->least < out->least ? r->least : out->least;
    out->most = r->most > out->most ? r->most : out->most;
}

/* An operation on what has no value has none. */
static bool is_none_of(struct range *out, const struct range *a, const struct range *b)
{
    bool is_none = a->is_none || b->is_none;
    if (is_none)
        range_set_none(out);
    return is_none;
}

void range_negate(struct range *out, const struct range *a)
{
    range_set(out, a);
    mpq_swap(out->low.at, out->high.at);
    int infinite = out->low.infinite;
    out->low.infinite = -out->high.infinite;
    out->high.infinite = -infinite;
    mpq_neg(out->low.at, out->low.at);
    mpq_neg(out->high.at, out->high.at);
}

static void end_add(struct end *out, const struct end *a, const struct end *b)
{
    int infinite = a->infinite != 0 ? a->infinite : b->infinite;
    if (infinite == 0)
        mpq_add(out->at, a->at, b->at);
    out->infinite = infinite;
}

void range_add(struct range *out, const struct range *a, const struct range *b)
{
    if (is_none_of(out, a, b))
        return;
    end_add(&out->low, &a->low, &b->low);
    end_add(&out->high, &a->high, &b->high);
    out->is_none = false;
    range_check(out);
}

void range_subtract(struct range *out, const struct range *a, const struct range *b)
{
    struct range other;
    range_init(&other);
    range_negate(&other, b);
    range_add(out, a, &other);
    range_clear(&other);
}

/* The products of the ends contain all products between. */
void range_multiply(struct range *out, const struct range *a, const struct range *b)
{
    if (is_none_of(out, a, b))
        return;
    const struct end *ends[][2] = {{&a->low, &b->low}, {&a->low, &b->high}, {&a->high, &b->low}, {&a->high, &b->high}};
    struct range all;
    struct end product;
    range_init(&all);
    end_init(&product);
    for (size_t i = 0; i < 4; i++) {
        end_multiply(&product, ends[i][0], ends[i][1]);
        if (i == 0 || end_compare(&product, &all.low) < 0)
            end_set(&all.low, &product);
        if (i == 0 || end_compare(&product, &all.high) > 0)
            end_set(&all.high, &product);
    }
    range_check(&all);
    range_set(out, &all);
    mpq_clear(product.at);
    range_clear(&all);
}

static void end_invert(struct end *e)
{
    if (e->infinite != 0) {
        mpq_set_ui(e->at, 0, 1);
        e->infinite = 0;
        return;
    }
    mpq_inv(e->at, e->at);
}

/* 1 / b, b not zero. false: b is zero alone. */
MUST_CHECK static bool invert(struct range *out, const struct range *b)
{
    int low = end_sign(&b->low), high = end_sign(&b->high);
    if (low == 0 && high == 0)
        return false;
    if (low < 0 && high > 0) {
        range_set_line(out);
        return true;
    }
    range_set(out, b);
    struct end swap = out->low;
    out->low = out->high;
    out->high = swap;
    if (high == 0) /* below zero, and as near to it as may be */
        out->low.infinite = -1;
    else
        end_invert(&out->low);
    if (low == 0)
        out->high.infinite = 1;
    else
        end_invert(&out->high);
    range_check(out);
    return true;
}

void range_divide(struct range *out, const struct range *a, const struct range *b)
{
    struct range inverse;
    if (is_none_of(out, a, b))
        return; /* not covered: whoever divides has looked */
    range_init(&inverse);
    if (invert(&inverse, b))
        range_multiply(out, a, &inverse);
    else
        range_set_none(out);
    range_clear(&inverse);
}

/* ---- powers ---- */

/* e ^ n, n above zero. One that is too large to be written is none, towards -1 or 1, or for 0 the zero below it. */
static void end_power(struct end *out, const struct end *e, long n, int towards)
{
    mpq_t power;
    mpq_init(power);
    if (e->infinite != 0)
        out->infinite = e->infinite < 0 && n % 2 == 0 ? 1 : e->infinite;
    else
        out->infinite = number_power(power, e->at, n) ? 0 : towards;
    if (out->infinite == 0 && !number_fits(power))
        mpq_set_ui(power, 0, 1);
    mpq_set(out->at, power);
    mpq_clear(power);
    end_check(out, towards);
}

/* a ^ n for one n above zero: rising, or for even ones falling and then rising. */
static void power_of(struct range *out, const struct range *a, long n)
{
    struct range base;
    range_init(&base);
    if (n % 2 == 0)
        range_abs(&base, a);
    else
        range_set(&base, a);
    end_power(&out->low, &base.low, n, end_sign(&base.low) < 0 ? -1 : 0);
    end_power(&out->high, &base.high, n, 1);
    out->is_none = false;
    range_check(out);
    range_clear(&base);
}

static void power_point(struct range *out, const struct range *a, long n)
{
    struct range power, one;
    if (n == 0) {
        range_set_whole(out, 1, 1);
        return;
    }
    range_init(&power);
    range_init(&one);
    power_of(&power, a, n < 0 ? -n : n);
    range_set_whole(&one, 1, 1);
    if (n < 0)
        range_divide(out, &one, &power);
    else
        range_set(out, &power);
    range_clear(&power);
    range_clear(&one);
}

#define EXPONENT_MAX 100000 /* beyond it every power but of 0, 1 and -1 is too large a number */

void range_power(struct range *out, const struct range *a, const struct range *b)
{
    long low = 0, high = 0;
    if (is_none_of(out, a, b))
        return;
    bool is_small = b->low.infinite == 0 && b->high.infinite == 0 &&
                    mpz_cmpabs_ui(mpq_numref(b->low.at), EXPONENT_MAX) < 0 &&
                    mpz_cmpabs_ui(mpq_numref(b->high.at), EXPONENT_MAX) < 0 && number_is_whole(b->low.at) &&
                    number_is_whole(b->high.at);
    if (is_small) {
        low = mpz_get_si(mpq_numref(b->low.at));
        high = mpz_get_si(mpq_numref(b->high.at));
    }
    struct range first, last;
    range_init(&first);
    range_init(&last);
    if (is_small && (low == high || end_sign(&a->low) > 0)) { /* above zero the power rises or falls with the exponent */
        power_point(&first, a, low);
        power_point(&last, a, high);
        range_join(&first, &last);
        range_set(out, &first);
    } else {
        range_set_line(out);
    }
    range_clear(&first);
    range_clear(&last);
}

/* ---- the smaller, the larger, without sign, rounded ---- */

void range_min(struct range *out, const struct range *a)
{
    if (is_none_of(out, out, a))
        return;
    if (end_compare(&a->low, &out->low) < 0)
        end_set(&out->low, &a->low);
    if (end_compare(&a->high, &out->high) < 0)
        end_set(&out->high, &a->high);
}

void range_max(struct range *out, const struct range *a)
{
    if (is_none_of(out, out, a))
        return;
    if (end_compare(&a->low, &out->low) > 0)
        end_set(&out->low, &a->low);
    if (end_compare(&a->high, &out->high) > 0)
        end_set(&out->high, &a->high);
}

void range_abs(struct range *out, const struct range *a)
{
    struct range negative;
    range_init(&negative);
    range_negate(&negative, a);
    if (end_sign(&a->high) <= 0) {
        range_set(out, &negative);
    } else if (end_sign(&a->low) >= 0) {
        range_set(out, a);
    } else {
        range_set(out, a);
        range_max(out, &negative);
        mpq_set_ui(out->low.at, 0, 1);
        out->low.infinite = 0;
    }
    range_clear(&negative);
}

void range_round(struct range *out, const struct range *a, const struct range *step, enum ast_round_mode mode)
{
    struct range width;
    if (is_none_of(out, a, step))
        return;
    range_init(&width);
    range_abs(&width, step);
    range_set(out, a);
    if (end_sign(&width.high) == 0) {
        range_set_none(out);
    } else if (range_is_point(&width)) { /* rounding never turns an order round */
        if (out->low.infinite == 0)
            number_round(out->low.at, out->low.at, width.low.at, mode);
        if (out->high.infinite == 0)
            number_round(out->high.at, out->high.at, width.low.at, mode);
        range_check(out);
    } else { /* it moves a number by less than the step */
        end_set(&width.low, &width.high);
        mpq_neg(width.low.at, width.low.at);
        width.low.infinite = -width.high.infinite;
        range_add(out, a, &width);
    }
    range_clear(&width);
}

void range_times(struct range *out, const struct range *a, uint64_t least, uint64_t most)
{
    struct range count;
    range_init(&count);
    range_set_whole(&count, least, most);
    range_multiply(out, a, &count);
    range_clear(&count);
}

/* ---- order ---- */

static unsigned orders(int low_to_high, int high_to_low, bool are_points)
{
    unsigned may = 0;
    if (low_to_high < 0)
        may |= RANGE_BELOW;
    if (high_to_low > 0)
        may |= RANGE_ABOVE;
    if (low_to_high <= 0 && high_to_low >= 0)
        may |= RANGE_EQUAL;
    return are_points && low_to_high == 0 ? RANGE_EQUAL : may;
}

unsigned range_orders(const struct range *a, const struct range *b)
{
    return orders(end_compare(&a->low, &b->high), end_compare(&a->high, &b->low), range_is_point(a) && range_is_point(b));
}

static int compare_days(int32_t a, int32_t b)
{
    return (a > b) - (a < b);
}

unsigned range_day_orders(const struct range *a, const struct range *b)
{
    bool a_has = a->first <= a->last, b_has = b->first <= b->last;
    unsigned may = a->may_be_never && b->may_be_never ? RANGE_EQUAL : 0;
    if (a_has && b->may_be_never)
        may |= RANGE_BELOW;
    if (a->may_be_never && b_has)
        may |= RANGE_ABOVE;
    if (a_has && b_has)
        may |= orders(compare_days(a->first, b->last), compare_days(a->last, b->first),
                      a->first == a->last && b->first == b->last);
    return may;
}

unsigned range_word_orders(const struct range *a, const struct range *b)
{
    return orders((a->least > b->most) - (a->least < b->most), (a->most > b->least) - (a->most < b->least),
                  a->least == a->most && b->least == b->most);
}
