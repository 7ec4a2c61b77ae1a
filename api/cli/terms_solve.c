/* tally terms solve: JSON, name to formula, in; values out. The solving is contracts/engine's. */
#include "terms_solve.h"

#include <stdlib.h>
#include <string.h>

#include "tally/canon.h"
#include "tally/diag.h"
#include "tally/solve.h"

#define VALUE_SHOWN_MAX 200 /* characters of a value in the table; with --json values are whole */
#define NAME_SHOWN_MAX 200  /* bytes of a name in a message */

struct equations {
    struct solve_equation *list;
    size_t count;
};

/* A formula is a text, or a whole number as JSON has it. */
MUST_CHECK static enum tally_code formula_of(struct cli *cli, const char *name, const json_t *value, struct slice *out,
                                             struct err *err)
{
    if (json_is_string(value))
        *out = slice_of(json_string_value(value), json_string_length(value));
    else if (json_is_integer(value))
        *out = arena_printf(cli->arena, "%lld", (long long) json_integer_value(value));
    else if (json_is_real(value))
        return err_set(err, TALLY_E_MALFORMED,
                       "%s: \"%.*s\": a number with a point is not exact in JSON: write it as a text, as in \"0.35\"",
                       cli->args[0], NAME_SHOWN_MAX, name);
    else
        return err_set(err, TALLY_E_MALFORMED, "%s: \"%.*s\": a formula is a text, as in \"a + 10 * b\"", cli->args[0],
                       NAME_SHOWN_MAX, name);
    return TALLY_OK;
}

MUST_CHECK static enum tally_code equations_read(struct cli *cli, struct equations *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice text = SLICE("");
    json_t *json = NULL, *value;
    const char *name;
    TRY(cli_file_read(cli, cli->args[0], &text, err));
    TRY(cli_json_read(cli, cli->args[0], text, &json, err));
    if (!json_is_object(json))
        TRY(err_set(err, TALLY_E_MALFORMED, "%s: equations are one object, name to formula, as in {\"c\": \"a + b\", ...}",
                    cli->args[0]));
    out->list = ARENA_ARRAY(cli->arena, json_object_size(json), struct solve_equation);
    if (out->list == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "out of memory"));
    json_object_foreach(json, name, value)
    {
        struct solve_equation *equation = &out->list[out->count++];
        equation->name = slice_str(name);
        TRY(formula_of(cli, name, value, &equation->formula, err));
    }
done:
    return rc;
}

/* "equations.json: name:1:12: error: ...", the formula, a caret, the hint; as for terms. */
static void print_error(const struct cli *cli, struct slice name, struct slice formula, const struct solve_error *error)
{
    struct buf place, told, clean;
    struct diag diag = {DIAG_ERROR, SLICE("solve"), error->span, error->message, error->hint, NULL};
    struct diags diags = {.first = &diag, .last = &diag, .errors = 1};
    buf_init(&place, CLI_FILE_MAX);
    buf_init(&told, CLI_ANSWER_MAX);
    buf_init(&clean, CLI_ANSWER_MAX);
    buf_printf(&place, "%s: ", cli->args[0]);
    cli_clean(&place, name, false);
    diags_print(&diags, buf_slice(&place), formula, &told);
    cli_clean(&clean, buf_slice(&told), true);
    (void) fwrite(clean.ptr == NULL ? "" : clean.ptr, 1, clean.len, stderr);
    buf_release(&place);
    buf_release(&told);
    buf_release(&clean);
}

static void write_error(struct canon *w, struct slice name, const struct solve_error *error)
{
    canon_object(w);
    canon_name(w, "column");
    canon_i64(w, error->span.column);
    canon_name(w, "equation");
    canon_string(w, name);
    canon_name(w, "hint");
    canon_string(w, error->hint);
    canon_name(w, "line");
    canon_i64(w, error->span.line);
    canon_name(w, "message");
    canon_string(w, error->message);
    canon_close(w);
}

/* {"dropped","errors":[...],"solved":false} on standard output. */
MUST_CHECK static enum tally_code errors_json(const struct equations *equations, const struct solve *set, uint32_t dropped,
                                              struct err *err)
{
    struct buf out;
    struct canon w;
    buf_init(&out, CLI_ANSWER_MAX);
    canon_init(&w, &out);
    canon_object(&w);
    canon_name(&w, "dropped");
    canon_i64(&w, dropped);
    canon_name(&w, "errors");
    canon_array(&w);
    for (const struct solve_error *error = solve_errors(set); error != NULL; error = error->next)
        write_error(&w, equations->list[error->equation].name, error);
    canon_close(&w);
    canon_name(&w, "solved");
    canon_bool(&w, false);
    canon_close(&w);
    enum tally_code rc = buf_check(&out, err);
    if (rc == TALLY_OK)
        cli_print_json(buf_slice(&out));
    buf_release(&out);
    return rc;
}

/* Says what is wrong; fails. */
MUST_CHECK static enum tally_code refuse(const struct cli *cli, const struct equations *equations, const struct solve *set,
                                         struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint32_t shown = 0;
    for (const struct solve_error *error = solve_errors(set); error != NULL; error = error->next) {
        const struct solve_equation *equation = &equations->list[error->equation];
        if (!cli->is_json)
            print_error(cli, equation->name, equation->formula, error);
        shown++;
    }
    uint32_t dropped = solve_error_count(set) - shown;
    if (cli->is_json)
        TRY(errors_json(equations, set, dropped, err));
    else if (dropped > 0)
        (void) fprintf(stderr, "%u more errors are not shown\n", dropped);
    TRY(err_set(err, TALLY_E_MALFORMED, "%s", "")); /* it has been said */
done:
    return rc;
}

/* By name, as published solutions are. */
static int by_name(const void *a, const void *b)
{
    const struct solve_equation *const *x = a, *const *y = b;
    return slice_compare((*x)->name, (*y)->name);
}

MUST_CHECK static enum tally_code write_value(struct cli *cli, const struct solve *set, uint32_t i, struct canon *w,
                                              struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool is_array = solve_kind_of(set, i) == SOLVE_ARRAY;
    if (is_array)
        canon_array(w);
    for (uint32_t item = 0; item < solve_item_count(set, i); item++) {
        struct slice text = SLICE("");
        TRY(solve_item_text(set, i, item, cli->arena, &text, err));
        canon_string(w, text);
    }
    if (is_array)
        canon_close(w);
done:
    return rc;
}

MUST_CHECK static enum tally_code values_json(struct cli *cli, const struct equations *equations, const struct solve *set,
                                              struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf out;
    struct canon w;
    buf_init(&out, CLI_ANSWER_MAX);
    const struct solve_equation **order = ARENA_ARRAY(cli->arena, equations->count, const struct solve_equation *);
    if (order == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "out of memory"));
    for (size_t i = 0; i < equations->count; i++)
        order[i] = &equations->list[i];
    qsort(order, equations->count, sizeof *order, by_name);
    canon_init(&w, &out);
    canon_object(&w);
    for (size_t i = 0; i < equations->count; i++) {
        canon_name_slice(&w, order[i]->name);
        TRY(write_value(cli, set, (uint32_t) (order[i] - equations->list), &w, err));
    }
    canon_close(&w);
    TRY(buf_check(&out, err));
    cli_print_json(buf_slice(&out));
done:
    buf_release(&out);
    return rc;
}

/* "12", "1/3", "[1, 2]"; what is too long for a table says so. */
MUST_CHECK static enum tally_code value_shown(struct cli *cli, const struct solve *set, uint32_t i, struct slice *out,
                                              struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool is_array = solve_kind_of(set, i) == SOLVE_ARRAY;
    struct buf text;
    buf_init(&text, CLI_ANSWER_MAX);
    buf_add_str(&text, is_array ? "[" : "");
    for (uint32_t item = 0; item < solve_item_count(set, i) && text.len <= VALUE_SHOWN_MAX; item++) {
        struct slice one = SLICE("");
        TRY(solve_item_text(set, i, item, cli->arena, &one, err));
        buf_add_str(&text, item > 0 ? ", " : "");
        buf_add_slice(&text, one);
    }
    buf_add_str(&text, is_array ? "]" : "");
    TRY(buf_check(&text, err));
    if (text.len > VALUE_SHOWN_MAX)
        *out = arena_printf(cli->arena, "%.*s... (whole with --json)", VALUE_SHOWN_MAX, text.ptr);
    else
        TRY(arena_copy(cli->arena, text.ptr, text.len, out, err));
done:
    buf_release(&text);
    return rc;
}

/* In the order of the file. */
MUST_CHECK static enum tally_code values_table(struct cli *cli, const struct equations *equations, const struct solve *set,
                                               struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli_table table;
    cli_table_begin(&table, cli, "NAME VALUE>");
    for (size_t i = 0; i < equations->count; i++) {
        struct slice text = SLICE("");
        TRY(value_shown(cli, set, (uint32_t) i, &text, err));
        cli_table_cell(&table, equations->list[i].name);
        cli_table_cell(&table, text);
    }
    cli_table_end(&table);
done:
    return rc;
}

enum tally_code cli_terms_solve(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct equations equations = {NULL, 0};
    struct solve *set = NULL;
    TRY(equations_read(cli, &equations, err));
    rc = solve_new(equations.list, equations.count, cli->arena, &set, err);
    if (rc == TALLY_E_LIMIT)
        (void) err_context(err, "%s", cli->args[0]);
    if (rc != TALLY_OK)
        goto done;
    if (solve_error_count(set) > 0)
        TRY(refuse(cli, &equations, set, err));
    else if (cli->is_json)
        TRY(values_json(cli, &equations, set, err));
    else
        TRY(values_table(cli, &equations, set, err));
done:
    solve_free(set);
    return rc;
}
