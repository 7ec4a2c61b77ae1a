/* Values as results write them, and the names of types. */
#include "program.h"
#include "tally/instant.h"
#include "tally/text.h"

MUST_CHECK static bool number_read(const struct metric *m, struct slice text, mpq_ptr number)
{
    bool has_sign = text.len > 0 && text.ptr[text.len - 1] == '%';
    /* S1: with its sign in percent, without in any other unit, so that 60 and 0.6 cannot be mistaken for each other */
    if (!text_is_exact(text) || has_sign != (m->type.flavour == FLAVOUR_PERCENT) ||
        !number_parse(slice_of(text.ptr, text.len - (has_sign ? 1 : 0)), number))
        return false;
    if (m->type.flavour != FLAVOUR_PLAIN) {
        mpz_mul_ui(mpq_denref(number), mpq_denref(number), 100);
        mpq_canonicalize(number);
    }
    return true;
}

static enum value_problem read_number(const struct metric *m, struct slice text, mpq_ptr number, struct value *out)
{
    if (!number_read(m, text, number))
        return VALUE_WRONG_TYPE;
    out->number = number;
    if (m->has_between && (mpq_cmp(number, m->low) < 0 || mpq_cmp(number, m->high) > 0))
        return VALUE_OUTSIDE;
    return VALUE_FITS;
}

static enum value_problem read_date(const struct metric *m, struct slice text, struct value *out)
{
    if (day_parse(text, &out->day) != TALLY_OK)
        return VALUE_WRONG_TYPE;
    if (m->has_between && (out->day < m->low_day || out->day > m->high_day))
        return VALUE_OUTSIDE;
    return VALUE_FITS;
}

enum value_problem value_read(const struct terms *terms, const struct metric *m, struct slice text, mpq_ptr number,
                              struct value *out)
{
    *out = (struct value){0};
    switch (m->type.kind) {
    case TYPE_NUMBER:
        return read_number(m, text, number, out);
    case TYPE_DATE:
        return read_date(m, text, out);
    case TYPE_TRUTH:
        out->word = slice_is(text, "true") ? 1 : 0;
        return out->word == 1 || slice_is(text, "false") ? VALUE_FITS : VALUE_WRONG_TYPE;
    case TYPE_WORD:
        out->word = dimension_find(&terms->dimensions[m->type.dimension], text);
        return out->word == TERMS_NONE ? VALUE_WRONG_TYPE : VALUE_FITS;
    }
    return VALUE_WRONG_TYPE; /* not covered: every kind is above */
}

enum value_problem value_read_fact(const struct terms *terms, const struct metric *m, struct slice text, mpq_ptr number,
                                   struct value *out)
{
    if (m->shown.source == AST_SOURCE_USED && m->type.kind == TYPE_DATE && slice_is(text, "never")) {
        *out = (struct value){.day = DAY_NEVER};
        return VALUE_FITS;
    }
    if (m->shown.source != AST_SOURCE_USED || m->type.kind != TYPE_NUMBER)
        return value_read(terms, m, text, number, out);
    *out = (struct value){.number = number};
    if (!number_read_exact(text, number))
        return VALUE_WRONG_TYPE; /* not covered: it was written by an evaluation, or is of a kind that engine_link refuses */
    return m->has_between && (mpq_cmp(number, m->low) < 0 || mpq_cmp(number, m->high) > 0) ? VALUE_OUTSIDE : VALUE_FITS;
}

struct slice type_text(const struct terms *terms, const struct type *type, struct arena *arena)
{
    struct buf b;
    struct slice out = SLICE("");
    buf_init(&b, 1024);
    switch (type->kind) {
    case TYPE_DATE:
        return SLICE("a date");
    case TYPE_TRUTH:
        return SLICE("true or false");
    case TYPE_WORD:
        out = arena_printf(arena, "a word of `%.*s`", SLICE_ARG(terms->dimensions[type->dimension].shown.name));
        return out.ptr == NULL ? SLICE("") : out;
    case TYPE_NUMBER:
        break;
    }
    if (type->flavour == FLAVOUR_PERCENT)
        return SLICE("percent");
    if (type->flavour == FLAVOUR_POINTS)
        return SLICE("points");
    unit_print(&type->unit, terms->units, &b);
    if (buf_check(&b, NULL) != TALLY_OK || arena_copy(arena, b.ptr, b.len, &out, NULL) != TALLY_OK)
        out = SLICE("");
    buf_release(&b);
    return out;
}
