/* tally terms show: a text as plain English, or its syntax tree. */
#include "terms_show.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tally/exposure.h"
#include "tally/instant.h"
#include "terms_compile.h"

#define MINUTES_OF_HOUR 60

static void header(struct buf *out, const struct ast_text *text)
{
    int offset = abs(text->clock_minutes);
    buf_printf(out, "%.*s (%.*s)\n\n", SLICE_ARG(text->title), SLICE_ARG(text->slug));
    if (text->is_amendment) {
        buf_printf(out, "This is version %u; it amends the version, or text, with the hash %.*s from ", text->version,
                   SLICE_ARG(text->amends));
        show_day(out, text->effective);
        buf_add_str(out, " on.\n");
    }
    for (const struct ast_currency *c = text->currencies; c != NULL; c = c->next)
        buf_printf(out, "Amounts in %.*s are rounded to %.*s, %s.\n", SLICE_ARG(c->code.text),
                   SLICE_ARG(c->smallest.digits), show_mode(c->mode));
    buf_add_str(out, "Days begin and end by UTC");
    if (text->clock_minutes != 0)
        buf_printf(out, "%c%02d:%02d", text->clock_minutes < 0 ? '-' : '+', offset / MINUTES_OF_HOUR,
                   offset % MINUTES_OF_HOUR);
    buf_add_str(out, ".\nThe contract runs from ");
    show_day(out, text->runs_from);
    buf_add_str(out, " to ");
    show_day(out, text->runs_to);
    buf_add_str(out, ".\n");
    if (text->has_closes) {
        buf_add_str(out, "After ");
        show_day(out, text->closes);
        buf_add_str(out, " nothing is triggered any more.\n");
    }
}

/* Declarations of one line that belong together stand together. */
static bool is_list(const struct ast_decl *a, const struct ast_decl *b)
{
    bool is_party = a->kind == AST_PARTY || a->kind == AST_PARTIES;
    bool is_next_party = b->kind == AST_PARTY || b->kind == AST_PARTIES;
    return (is_party && is_next_party) || (a->kind == b->kind && (a->kind == AST_UNIT || a->kind == AST_CAP));
}

static void english(struct buf *out, const struct ast_text *text)
{
    const struct ast_decl *before = NULL;
    header(out, text);
    for (const struct ast_decl *d = text->declarations; d != NULL; d = d->next) {
        if (before == NULL || !is_list(before, d))
            buf_add_char(out, '\n');
        show_declaration(out, text, d);
        before = d;
    }
}

/* K4, in words. */
static void cost(struct buf *out, const struct terms *terms)
{
    struct terms_cost c = terms_cost(terms);
    buf_printf(out,
               "\nThe rules have at most %" PRIu64 " instance%s, of which one result moves at most %" PRIu64
               "; an evaluation from nothing takes at most %" PRIu64 " steps.\n",
               c.instances, c.instances == 1 ? "" : "s", c.fan_out, c.steps);
}

static int add_bytes(const char *bytes, size_t len, void *out)
{
    buf_add(out, bytes, len);
    return 0;
}

MUST_CHECK static enum tally_code print_tree(const struct ast_text *text, struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    json_t *tree = show_tree(text);
    if (tree == NULL || json_dump_callback(tree, add_bytes, out, JSON_COMPACT | JSON_SORT_KEYS) != 0)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "out of memory"));
    TRY(buf_check(out, err));
    cli_print_json(buf_slice(out));
done:
    json_decref(tree);
    return rc;
}

enum tally_code cli_terms_show(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct terms *terms = NULL;
    struct buf out;
    buf_init(&out, CLI_ANSWER_MAX);
    TRY(terms_compile_file(cli, cli->args[0], NULL, &terms, err));
    if (cli->is_json) {
        TRY(print_tree(terms_ast(terms), &out, err));
        goto done;
    }
    english(&out, terms_ast(terms));
    cost(&out, terms);
    TRY(buf_check(&out, err));
    cli_print(buf_slice(&out));
done:
    terms_free(terms);
    buf_release(&out);
    return rc;
}
