/* Money as text, for what is recorded: the engine's own arithmetic behind a door that needs no GMP. */
#include "number.h"
#include "tally/engine.h"

MUST_CHECK static enum tally_code money_read(struct slice s, mpq_t out, struct err *err)
{
    if (number_parse(s, out))
        return TALLY_OK;
    return err_set(err, TALLY_E_MALFORMED, "\"%.*s\" is not an amount of money", SLICE_ARG(s));
}

enum tally_code money_add(struct slice a, struct slice b, struct arena *arena, struct slice *sum, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint32_t places_a = number_places(a);
    uint32_t places_b = number_places(b);
    mpq_t x, y;
    mpq_inits(x, y, NULL);
    TRY(money_read(a, x, err));
    TRY(money_read(b, y, err));
    mpq_add(x, x, y);
    TRY(number_money(x, places_a > places_b ? places_a : places_b, arena, sum, err));
done:
    mpq_clears(x, y, NULL);
    return rc;
}

enum tally_code money_negate(struct slice a, struct arena *arena, struct slice *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    mpq_t x;
    mpq_init(x);
    TRY(money_read(a, x, err));
    mpq_neg(x, x);
    TRY(number_money(x, number_places(a), arena, out, err));
done:
    mpq_clear(x);
    return rc;
}

enum tally_code money_compare(struct slice a, struct slice b, int *order, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    mpq_t x, y;
    mpq_inits(x, y, NULL);
    TRY(money_read(a, x, err));
    TRY(money_read(b, y, err));
    *order = mpq_cmp(x, y);
done:
    mpq_clears(x, y, NULL);
    return rc;
}

int money_sign(struct slice a)
{
    bool is_negative = a.len > 0 && a.ptr[0] == '-';
    for (size_t i = 0; i < a.len; i++)
        if (a.ptr[i] >= '1' && a.ptr[i] <= '9')
            return is_negative ? -1 : 1;
    return 0;
}

enum tally_code money_fits(struct slice amount, struct slice smallest, bool *fits, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    mpq_t x, y;
    mpq_inits(x, y, NULL);
    TRY(money_read(amount, x, err));
    TRY(money_read(smallest, y, err));
    if (mpq_sgn(y) == 0) {
        rc = err_set(err, TALLY_E_MALFORMED, "a smallest amount of zero");
        goto done;
    }
    mpq_div(x, x, y);
    *fits = number_is_whole(x);
done:
    mpq_clears(x, y, NULL);
    return rc;
}
