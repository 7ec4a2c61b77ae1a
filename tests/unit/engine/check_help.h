/* What the tests of the checker share: a text around some figures, compiled, and what is said of it. */
#ifndef TALLY_TESTS_ENGINE_CHECK_HELP_H
#define TALLY_TESTS_ENGINE_CHECK_HELP_H

#include "world.h"

#include "texts.h"

#define FIGURES                                                                                                            \
    "dimension arm (programme, comparison)\nperiod year every 1 year from 2016-01-01 to 2018-12-31\nunit child children\n" \
    "metric money is \"Money\" in USD\n  reported by judge\n  disputes within 9 days\n"                                    \
    "metric rand is \"Money\" in ZAR\n  reported by judge\n  disputes within 9 days\n"                                     \
    "metric stay is \"Days\" in days\n  reported by judge\n  disputes within 9 days\n"                                     \
    "metric ratio is \"A number\" in number\n  reported by judge\n  disputes within 9 days\n"                              \
    "metric level is \"A level\" in percent\n  reported by judge\n  disputes within 9 days\n"                              \
    "metric gap is \"A difference\" in points\n  reported by judge\n  disputes within 9 days\n"                            \
    "metric kids is \"Children\" in children\n  reported by judge\n  disputes within 9 days\n"                             \
    "metric born is \"A day\" in date\n  reported by judge\n  disputes within 9 days\n"                                    \
    "metric yes is \"Is it so\" in true or false\n  reported by judge\n  disputes within 9 days\n"                         \
    "metric side is \"Which arm\" in arm\n  reported by judge\n  disputes within 9 days\n"                                 \
    "metric cells is \"By both\" in USD\n  by arm, year\n  reported by judge\n  disputes within 9 days\n"

struct checked {
    struct arena *arena;
    struct diags diags;
    struct terms *terms;
};

static inline struct checked check(const char *text)
{
#ifdef WORLD_FAILS
    world_try_compile(text);
#endif
    struct checked c = {.arena = arena_new(1 << 22)};
    diags_init(&c.diags, c.arena);
    assert_int_equal(terms_compile(slice_str(text), &c.diags, &c.terms, NULL), TALLY_OK);
    return c;
}

static inline void checked_free(struct checked *c)
{
    terms_free(c->terms);
    arena_free(c->arena);
}

/* The first diagnostic of that level has that code. A part of its message or hint may be asked for. */
static inline void expect_diag(const char *text, enum diag_level level, const char *code, const char *part)
{
    struct checked c = check(text);
    const struct diag *d = c.diags.first;
    while (d != NULL && (d->level != level || (level == DIAG_WARNING && !slice_is(d->code, code))))
        d = d->next;
    if (d == NULL || !slice_is(d->code, code))
        print_diags(&c.diags, text);
    assert_non_null(d);
    expect_slice(d->code, code);
    assert_int_equal(c.terms == NULL, level == DIAG_ERROR);
    assert_true(d->span.line > 0 && d->span.length > 0);
    char all[1500];
    snprintf(all, sizeof all, "%.*s | %.*s", SLICE_ARG(d->message), SLICE_ARG(d->hint));
    if (part != NULL && strstr(all, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, all);
    checked_free(&c);
}

static inline void expect_error(const char *declarations, const char *code, const char *part)
{
    char text[12000];
    snprintf(text, sizeof text, "%s%s\n", SMALL(FIGURES), declarations);
    expect_diag(text, DIAG_ERROR, code, part);
}

static inline void expect_warning(const char *declarations, const char *code, const char *part)
{
    char text[12000];
    snprintf(text, sizeof text, "%s%s\n", SMALL(FIGURES), declarations);
    expect_diag(text, DIAG_WARNING, code, part);
}

static inline void expect_no_warning(const char *declarations, const char *code)
{
    char text[12000];
    snprintf(text, sizeof text, "%s%s\n", SMALL(FIGURES), declarations);
    struct checked c = check(text);
    assert_int_equal(c.diags.errors, 0);
    for (const struct diag *d = c.diags.first; d != NULL; d = d->next)
        assert_false(slice_is(d->code, code));
    checked_free(&c);
}

static inline void expect_fine(const char *declarations)
{
    char text[12000];
    snprintf(text, sizeof text, "%s%s\n", SMALL(FIGURES), declarations);
    struct checked c = check(text);
    if (c.terms == NULL)
        print_diags(&c.diags, text);
    assert_non_null(c.terms);
    checked_free(&c);
}

#define AMOUNT(e) "pay p from city to lender amount " e
#define WHEN(e) "pay p from city to lender when " e " amount 1"

#endif
