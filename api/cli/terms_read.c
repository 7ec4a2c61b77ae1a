/* tally terms fmt --from-json: the text of a syntax tree that `tally terms show --json` printed, or that a program made. */
#include "terms_read.h"

#include "tally/terms.h"
#include "terms_show.h"

MUST_CHECK static enum tally_code refuse(const char *file, const json_t *root, const struct read_problem *problem,
                                         const char *more, struct err *err)
{
    struct buf pointer;
    enum tally_code rc = TALLY_OK;
    buf_init(&pointer, CLI_FILE_MAX);
    ENSURE(read_pointer(root, problem, &pointer));
    TRY(buf_check(&pointer, err));
    rc = err_set(err, TALLY_E_MALFORMED, "%s: %s%.*s %s%s", file, pointer.len == 0 ? "the whole" : "",
                 SLICE_ARG(buf_slice(&pointer)), problem->what, more);
done:
    buf_release(&pointer);
    return rc;
}

static void currencies(struct read_tree *r, const json_t *root)
{
    const json_t *list = read_list(r, root, "currencies");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *c = json_array_get(list, i);
        read_mark(r, c);
        read_put(r, "currency ", c, "code", " rounded to ");
        read_put(r, "", c, "smallest", ", ");
        read_put(r, "", c, "mode", "\n");
    }
}

static void clock_line(struct read_tree *r, const json_t *root)
{
    const json_t *value = read_member(r, root, "clock_minutes");
    json_int_t minutes = json_integer_value(value);
    if (!json_is_integer(value) || minutes < -840 || minutes > 840)
        read_fail(r, root, "clock_minutes", "is not a whole number from -840 to 840");
    buf_add_str(&r->out, "clock UTC");
    json_int_t distance = minutes < 0 ? -minutes : minutes;
    if (minutes != 0 && r->problem.at == NULL)
        buf_printf(&r->out, "%c%02d:%02d", minutes < 0 ? '-' : '+', (int) (distance / 60), (int) (distance % 60));
}

/* Declarations of one line and one kind stand together. */
static bool is_list(const json_t *a, const json_t *b)
{
    static const char *const kinds[] = {"party", "parties", "uses", "unit", "dimension", "period", "cap"};
    const json_t *kind = json_object_get(b, "kind");
    if (!json_is_string(kind) || !json_equal(json_object_get(a, "kind"), kind))
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (slice_is(slice_str(json_string_value(kind)), kinds[i]))
            return true;
    return false;
}

static void write_text(struct read_tree *r, const json_t *root)
{
    read_mark(r, root);
    read_put(r, "terms 1\ncontract ", root, "slug", "");
    read_put(r, " \"", root, "title", "\"");
    if (read_truth(r, root, "is_amendment")) {
        read_put_whole(r, " version ", root, "version", "");
        read_put(r, " amends ", root, "amends", "");
        read_put(r, " effective ", root, "effective", "");
    }
    buf_add_char(&r->out, '\n');
    currencies(r, root);
    clock_line(r, root);
    read_put(r, "\nruns ", root, "runs_from", " to ");
    read_put(r, "", root, "runs_to", "\n");
    if (!read_is_null(r, root, "closes"))
        read_put(r, "closes ", root, "closes", "\n");
    buf_add_char(&r->out, '\n');
    const json_t *declarations = read_list(r, root, "declarations");
    for (size_t i = 0; i < json_array_size(declarations); i++) {
        const json_t *d = json_array_get(declarations, i);
        if (i > 0 && !is_list(json_array_get(declarations, i - 1), d))
            buf_add_char(&r->out, '\n');
        read_declaration(r, d);
    }
}

/* The text is no text: the value that was being written where the first error stands is to blame. */
MUST_CHECK static enum tally_code refuse_text(const char *file, const json_t *root, const struct read_tree *r,
                                              struct slice text, struct diags *diags, struct err *err)
{
    struct read_problem problem = {root, NULL, "cannot be written in the language: "};
    const struct read_mark *marks = (const void *) r->marks.ptr;
    char more[ERR_DETAIL_MAX / 2];
    diags_sort(diags);
    const struct diag *first = diags->first;
    size_t offset = first == NULL || first->span.offset > text.len ? 0 : first->span.offset;
    for (size_t i = 0; i < r->marks.len / sizeof *marks && marks[i].offset <= offset; i++)
        problem.at = marks[i].at;
    if (text.ptr != r->out.ptr)
        problem = (struct read_problem){root, "layout", "is not a text in the language: "};
    (void) snprintf(more, sizeof more, "%.*s", first == NULL ? 0 : (int) first->message.len,
                    first == NULL ? "" : first->message.ptr);
    return refuse(file, root, &problem, more, err);
}

/* Parses and lays out; *shown is the tree of the outcome, or NULL where it cannot be read. */
MUST_CHECK static enum tally_code lay_out(struct cli *cli, struct slice text, struct diags *diags, struct slice *out,
                                          json_t **shown, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct ast_text *ast = NULL;
    struct diags none;
    struct buf laid;
    struct arena *arena = arena_new(AST_ARENA_MAX);
    struct arena *second = arena_new(AST_ARENA_MAX);
    diags_init(&none, cli->arena);
    buf_init(&laid, READ_TEXT_MAX);
    if (arena == NULL || second == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "out of memory"));
    TRY(ast_parse(text, arena, diags, &ast, err));
    if (diags->errors > 0 || ast == NULL)
        goto done;
    TRY(ast_format(ast, &laid, err));
    TRY(cli_take(cli, &laid, out, err));
    TRY(ast_parse(*out, second, &none, &ast, err));
    *shown = none.errors > 0 || ast == NULL ? NULL : cli_keep(cli, show_tree(ast));
    if (*shown == NULL)
        TRY(err_set(err, none.errors > 0 ? TALLY_E_LIMIT : TALLY_E_NO_MEMORY, "the text is too long in its layout"));
done:
    buf_release(&laid);
    arena_free(arena);
    arena_free(second);
    return rc;
}

/* The text as it was laid out, where the tree has it; otherwise as it is written here. */
static struct slice text_of(const struct read_tree *r, const json_t *root)
{
    const json_t *layout = json_object_get(root, "layout");
    return json_is_string(layout) ? slice_of(json_string_value(layout), json_string_length(layout)) : buf_slice(&r->out);
}

MUST_CHECK static enum tally_code read_root(struct cli *cli, const char *file, const json_t *root, struct read_tree *r,
                                            struct slice *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    json_t *shown = NULL;
    struct diags diags;
    diags_init(&diags, cli->arena);
    if (read_check_items(root, &r->problem))
        write_text(r, root);
    const json_t *layout = json_object_get(root, "layout");
    if (layout != NULL && !json_is_string(layout))
        read_fail(r, root, "layout", "is not a string");
    if (r->problem.at != NULL)
        return refuse(file, root, &r->problem, "", err);
    TRY(buf_check(&r->out, err));
    TRY(buf_check(&r->marks, err));
    struct slice text = text_of(r, root);
    TRY(lay_out(cli, text, &diags, out, &shown, err));
    if (shown == NULL)
        return refuse_text(file, root, r, text, &diags, err);
    if (layout == NULL)
        (void) json_object_del(shown, "layout");
    if (!read_compare(root, shown, &r->problem))
        rc = refuse(file, root, &r->problem, layout != NULL ? " (a changed tree is read without its member `layout`)" : "",
                    err);
done:
    return rc;
}

enum tally_code terms_read_json(struct cli *cli, const char *file, struct slice *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice json = SLICE("");
    json_t *root = NULL;
    struct read_tree r = {.depth = 0};
    buf_init(&r.out, READ_TEXT_MAX);
    buf_init(&r.marks, READ_MARKS_MAX);
    TRY(cli_file_read(cli, file, &json, err));
    TRY(cli_json_read(cli, file, json, &root, err));
    TRY(read_root(cli, file, root, &r, out, err));
done:
    buf_release(&r.out);
    buf_release(&r.marks);
    return rc;
}
