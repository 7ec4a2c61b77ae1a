/* What the tests of contracts/terms share. */
#ifndef TALLY_TESTS_TERMS_HELP_H
#define TALLY_TESTS_TERMS_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tally/ast.h"
#include "tree_dump.h"

/* A header that parses; declarations follow from line 6 on. */
#define HEADER                                                                                                             \
    "terms 1\ncontract a \"A\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                      \
    "runs 2016-01-01 to 2020-12-31\n"

#define OUT_MAX (4u << 20) /* of a dump or a formatted text */

/* One parsed text. */
struct sample {
    struct arena *arena;
    struct diags diags;
    struct ast_text *text;
    struct slice source;
    struct buf out;
};

static inline void sample_parse(struct sample *s, struct slice source)
{
    struct err err = {.code = TALLY_OK};
    s->arena = arena_new(AST_ARENA_MAX);
    assert_non_null(s->arena);
    buf_init(&s->out, OUT_MAX);
    diags_init(&s->diags, s->arena);
    s->source = source;
    assert_int_equal(ast_parse(source, s->arena, &s->diags, &s->text, &err), TALLY_OK);
}

static inline void sample_release(struct sample *s)
{
    buf_release(&s->out);
    arena_free(s->arena);
}

/* The diagnostics as printed, into s->out. */
static inline const char *sample_print(struct sample *s)
{
    buf_clear(&s->out);
    buf_add_str(&s->out, "");
    diags_print(&s->diags, SLICE("t"), s->source, &s->out);
    return s->out.ptr == NULL ? "" : s->out.ptr;
}

static inline void assert_parses(struct sample *s)
{
    if (s->diags.errors != 0)
        fail_msg("%s", sample_print(s));
    assert_non_null(s->text);
}

static inline void sample_format(struct sample *s)
{
    struct err err = {.code = TALLY_OK};
    buf_clear(&s->out);
    assert_int_equal(ast_format(s->text, &s->out, &err), TALLY_OK);
}

/* The declarations behind HEADER have exactly these dumps. */
static inline void assert_declarations(const char *declarations, const char *expected)
{
    struct sample s;
    struct buf text;
    buf_init(&text, OUT_MAX);
    buf_add_str(&text, HEADER);
    buf_add_str(&text, declarations);
    sample_parse(&s, buf_slice(&text));
    assert_parses(&s);
    buf_clear(&s.out);
    buf_add_str(&s.out, "");
    for (const struct ast_decl *d = s.text->declarations; d != NULL; d = d->next)
        dump_declaration(&s.out, d);
    assert_string_equal(s.out.ptr, expected);
    sample_release(&s);
    buf_release(&text);
}

/* `define x = <expression>` has this dump. */
static inline void assert_expression(const char *expression, const char *expected)
{
    char declaration[2048];
    char dump[2048];
    (void) snprintf(declaration, sizeof declaration, "define x = %s\n", expression);
    (void) snprintf(dump, sizeof dump, "define x = %s\n", expected);
    assert_declarations(declaration, dump);
}

/* The text gives exactly these diagnostics. */
static inline void assert_diags(const char *source, const char *expected)
{
    struct sample s;
    sample_parse(&s, slice_str(source));
    assert_string_equal(sample_print(&s), expected);
    sample_release(&s);
}

/* Line 6 gives exactly these. */
static inline void assert_diags_behind_header(const char *declarations, const char *expected)
{
    struct buf text;
    buf_init(&text, OUT_MAX);
    buf_add_str(&text, HEADER);
    buf_add_str(&text, declarations);
    assert_diags(text.ptr, expected);
    buf_release(&text);
}

/* False where the file is not there; out is to be released either way. */
static inline bool read_file(const char *path, struct buf *out)
{
    char block[4096];
    size_t n = 0;
    buf_init(out, OUT_MAX);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buf_add(out, block, n);
    (void) fclose(file);
    return true;
}

/* The same for a contract of the shared data. */
static inline bool shared_file(const char *name, struct buf *out)
{
    const char *shared = getenv("TALLY_SHARED");
    char path[1024];
    (void) snprintf(path, sizeof path, "%s/data/terms/%s.terms", shared == NULL ? "../shared" : shared, name);
    bool is_there = read_file(path, out);
    if (!is_there)
        print_message("skipped: %s is not there (set TALLY_SHARED)\n", path);
    return is_there;
}

static const char *const template_names[] = {"rikers-able", "rhino", "denver-housing"};
#define TEMPLATE_COUNT (sizeof template_names / sizeof template_names[0])

/* A template of this repository, which is there wherever the tests run. */
static inline void template_file(size_t i, struct buf *out)
{
    char path[256];
    (void) snprintf(path, sizeof path, "contracts/templates/%s.terms", template_names[i]);
    assert_true(read_file(path, out));
}

static const char *const shared_names[] = {"benevolent",       "chicago",         "denver-sib", "educate-girls",
                                           "fair-chance",      "innovation-fund", "london",     "openrbf-zone",
                                           "outcome-fund",     "peterborough",    "rhino",      "rikers-able",
                                           "rikers-guarantee", "roca-waterfall",  "roca",       "work-programme"};
#define SHARED_COUNT (sizeof shared_names / sizeof shared_names[0])

#endif
