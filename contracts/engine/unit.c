#include "unit.h"

#include <stdlib.h>

struct unit unit_of(uint16_t base)
{
    struct unit u = {.count = 1};
    u.factors[0] = (struct unit_factor){base, 1};
    return u;
}

bool unit_equal(const struct unit *a, const struct unit *b)
{
    if (a->count != b->count)
        return false;
    for (uint8_t i = 0; i < a->count; i++)
        if (a->factors[i].base != b->factors[i].base || a->factors[i].power != b->factors[i].power)
            return false;
    return true;
}

MUST_CHECK static bool unit_push(struct unit *u, uint16_t base, int power)
{
    if (power == 0)
        return true;
    if (u->count == UNIT_FACTORS_MAX || abs(power) > UNIT_POWER_MAX)
        return false;
    u->factors[u->count++] = (struct unit_factor){base, (int16_t) power};
    return true;
}

bool unit_multiply(const struct unit *a, const struct unit *b, int sign, struct unit *out)
{
    struct unit u = {0};
    uint8_t i = 0, j = 0;
    bool ok = true;
    while (ok && (i < a->count || j < b->count)) {
        const struct unit_factor *f = i < a->count ? &a->factors[i] : NULL;
        const struct unit_factor *g = j < b->count ? &b->factors[j] : NULL;
        if (g == NULL || (f != NULL && f->base < g->base)) {
            ok = unit_push(&u, f->base, f->power);
            i++;
        } else if (f == NULL || g->base < f->base) {
            ok = unit_push(&u, g->base, sign * g->power);
            j++;
        } else {
            ok = unit_push(&u, f->base, f->power + sign * g->power);
            i++;
            j++;
        }
    }
    if (ok)
        *out = u;
    return ok;
}

bool unit_power(const struct unit *a, long exponent, struct unit *out)
{
    struct unit u = {0};
    if (exponent != 0 && a->count > 0 && labs(exponent) > UNIT_POWER_MAX)
        return false;
    bool fits = true;
    for (uint8_t i = 0; i < a->count && fits; i++)
        fits = unit_push(&u, a->factors[i].base, a->factors[i].power * (int) exponent);
    if (fits)
        *out = u;
    return fits;
}

static void factor_print(struct slice name, int power, struct buf *out)
{
    buf_add_slice(out, name);
    if (power != 1)
        buf_printf(out, "^%d", power);
}

void unit_print(const struct unit *u, const struct unit_name *names, struct buf *out)
{
    bool has_any = false;
    for (uint8_t i = 0; i < u->count; i++) {
        if (u->factors[i].power < 0)
            continue;
        if (has_any)
            buf_add_str(out, " times ");
        factor_print(names[u->factors[i].base].many, u->factors[i].power, out);
        has_any = true;
    }
    if (!has_any)
        buf_add_str(out, "a plain number");
    for (uint8_t i = 0; i < u->count; i++) {
        if (u->factors[i].power > 0)
            continue;
        buf_add_str(out, " per ");
        factor_print(names[u->factors[i].base].one, -u->factors[i].power, out);
    }
}
