/* tally terms: works on files, needs no service. */
#include <string.h>

#include "cli.h"
#include "tally/canon.h"
#include "tally/diag.h"
#include "tally/exposure.h"
#include "tally/terms.h"
#include "terms_eval.h"
#include "terms_exposure.h"
#include "terms_read.h"
#include "terms_show.h"
#include "terms_simulate.h"
#include "terms_solve.h"

MUST_CHECK static enum tally_code refused(struct err *err)
{
    return err_set(err, TALLY_E_MALFORMED, "%s", ""); /* the diagnostics have said it */
}

static void write_diag(struct canon *w, const struct diag *diag)
{
    canon_object(w);
    canon_name(w, "code");
    canon_string(w, diag->code);
    canon_name(w, "column");
    canon_i64(w, diag->span.column);
    canon_name(w, "hint");
    canon_string(w, diag->hint);
    canon_name(w, "level");
    canon_str(w, diag->level == DIAG_ERROR ? "error" : "warning");
    canon_name(w, "line");
    canon_i64(w, diag->span.line);
    canon_name(w, "message");
    canon_string(w, diag->message);
    canon_close(w);
}

/* K4: what an evaluation may cost, beside the limits. */
static void write_cost(struct canon *w, const struct terms *terms)
{
    if (terms == NULL) {
        canon_null(w);
        return;
    }
    struct terms_cost cost = terms_cost(terms);
    const struct {
        const char *name;
        uint64_t is, limit;
    } rows[] = {{"fan_out", cost.fan_out, TERMS_FAN_OUT_MAX},
                {"instances", cost.instances, TERMS_INSTANCES_MAX},
                {"instances_at_once", cost.at_once, TERMS_FAN_OUT_MAX},
                {"steps", cost.steps, TERMS_STEPS_MAX}};
    canon_object(w);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        canon_name(w, rows[i].name);
        canon_object(w);
        canon_name(w, "is");
        canon_i64(w, (int64_t) rows[i].is);
        canon_name(w, "limit");
        canon_i64(w, (int64_t) rows[i].limit);
        canon_close(w);
    }
    canon_close(w);
}

/* {"checks","cost","diagnostics":[...],"dropped"} on standard output. terms: NULL when it does not check. */
MUST_CHECK static enum tally_code print_diags(const struct diags *diags, const struct terms *terms, struct err *err)
{
    struct buf out;
    struct canon w;
    buf_init(&out, CLI_FILE_MAX);
    canon_init(&w, &out);
    canon_object(&w);
    canon_name(&w, "checks");
    canon_bool(&w, terms != NULL);
    canon_name(&w, "cost");
    write_cost(&w, terms);
    canon_name(&w, "diagnostics");
    canon_array(&w);
    for (const struct diag *diag = diags->first; diag != NULL; diag = diag->next)
        write_diag(&w, diag);
    canon_close(&w);
    canon_name(&w, "dropped");
    canon_i64(&w, diags->dropped);
    canon_close(&w);
    enum tally_code rc = buf_check(&out, err);
    if (rc == TALLY_OK)
        cli_print_json(buf_slice(&out));
    buf_release(&out);
    return rc;
}

MUST_CHECK static enum tally_code check_json(struct cli *cli, struct slice text, bool *is_good, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct terms *terms = NULL;
    struct diags diags;
    diags_init(&diags, cli->arena);
    TRY(terms_compile(text, &diags, &terms, err));
    diags_sort(&diags);
    *is_good = terms != NULL;
    TRY(print_diags(&diags, terms, err));
done:
    terms_free(terms);
    return rc;
}

MUST_CHECK static enum tally_code check(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice text = SLICE("");
    bool is_good = false;
    TRY(cli_file_read(cli, cli->args[0], &text, err));
    if (cli->is_json)
        TRY(check_json(cli, text, &is_good, err));
    else
        TRY(cli_terms_check(cli, cli->args[0], text, &is_good, err));
    if (!is_good)
        TRY(refused(err));
    if (!cli->is_json)
        cli_field(cli, cli->args[0], SLICE("checks"));
done:
    return rc;
}

/* The text of a tree; there is no file to write it back into. */
MUST_CHECK static enum tally_code fmt_json(struct cli *cli, const char *file, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice text = SLICE("");
    if (cli->arg_count > 0 || cli_flag(cli, "--write"))
        TRY(err_set(err, TALLY_E_USAGE, "--from-json stands instead of FILE.terms, and without --write"));
    TRY(terms_read_json(cli, file, &text, err));
    (void) fwrite(text.ptr, 1, text.len, stdout);
done:
    return rc;
}

MUST_CHECK static enum tally_code fmt(struct cli *cli, struct err *err)
{
    const char *json = cli_option(cli, "--from-json");
    if (json != NULL)
        return fmt_json(cli, json, err);
    if (cli->arg_count == 0)
        return err_set(err, TALLY_E_USAGE, "which text? write FILE.terms, or --from-json FILE.json");
    if (cli_flag(cli, "--write") && strcmp(cli->args[0], "-") == 0)
        return err_set(err, TALLY_E_USAGE, "standard input cannot be written back into: --write wants FILE.terms");
    enum tally_code rc = TALLY_OK;
    struct slice text = SLICE("");
    struct diags diags;
    struct buf out, told;
    diags_init(&diags, cli->arena);
    buf_init(&out, CLI_FILE_MAX);
    buf_init(&told, CLI_FILE_MAX);
    TRY(cli_file_read(cli, cli->args[0], &text, err));
    rc = terms_format(text, &diags, &out, err);
    if (rc == TALLY_OK)
        rc = buf_check(&out, err);
    if (diags.errors > 0) {
        diags_sort(&diags);
        diags_print(&diags, slice_str(cli->args[0]), text, &told);
        (void) fwrite(told.ptr == NULL ? "" : told.ptr, 1, told.len, stderr);
        rc = refused(err);
    }
    if (rc != TALLY_OK)
        goto done;
    if (!cli_flag(cli, "--write"))
        (void) fwrite(out.ptr == NULL ? "" : out.ptr, 1, out.len, stdout);
    else if (!slice_equal(text, buf_slice(&out)))
        TRY(cli_file_replace(cli, cli->args[0], buf_slice(&out), err));
done:
    buf_release(&out);
    buf_release(&told);
    return rc;
}

static const struct cli_option FMT[] = {{"--write", NULL, "write it back into the file", false},
                                        {"--from-json", "FILE.json",
                                         "the text of a syntax tree as `tally terms show --json` prints it (- for standard "
                                         "input); comments are not in the tree",
                                         false}};
static const struct cli_option EVAL[] = {
    {"--results", "FILE.json", "what happened, day by day", false},
    {"--as-of", "DATE", "the last day that is looked at", false},
    {"--explain", "RULE[INSTANCE]", "how one amount comes about, step by step", false},
};
static const struct cli_option SIMULATE[] = {
    {"--vary", "METRIC[KEY]=A..B", "the figure that varies; without [KEY] at every key alike", false},
    {"--steps", "N", "in so many steps (20)", false},
    {"--fix", "METRIC[KEY]=VALUE", "another figure", true},
    {"--results", "FILE.json", "the other figures as a history leaves them; --fix goes before", false},
    {"--as-of", "DATE", "the day that is looked at (the last of the contract)", false},
    {"--svg", "FILE.svg", "the curve as a picture into this file, - for standard output", false},
};
static const struct cli_command COMMANDS[] = {
    {"check", "FILE.terms", "errors and warnings, each with its line, a caret and a hint",
     "tally terms check rikers-able.terms", 1, 1, check, CLI_NO_OPTIONS},
    {"fmt", "FILE.terms [--write] | --from-json FILE.json",
     "the text in its one layout, which is what can be proposed; or the text of a syntax tree",
     "tally terms fmt mine.terms --write", 0, 1, fmt, CLI_OPTIONS(FMT)},
    {"show", "FILE.terms", "the text as plain English; with --json its syntax tree", "tally terms show rikers-able.terms",
     1, 1, cli_terms_show, CLI_NO_OPTIONS},
    {"eval", "FILE.terms --results FILE.json [--as-of DATE] [--explain RULE[INSTANCE]]",
     "what is triggered, when, and how every instance stands; needs no service",
     "tally terms eval rikers-able.terms --results rikers-able.results.json --explain 'success[y2013]'", 1, 1,
     cli_terms_eval, CLI_OPTIONS(EVAL)},
    {"exposure", "FILE.terms",
     "the least and the most that each rule pays, each payer owes and each payee receives, whatever is reported.\n"
     "LEAST: once everything is computed; LOWEST: at any time before. A bound holds for every result within the ranges "
     "that\n"
     "the metrics declare; where a figure is used twice it may be wider than what can come about",
     "tally terms exposure rikers-able.terms", 1, 1, cli_terms_exposure, CLI_NO_OPTIONS},
    {"simulate",
     "FILE.terms --vary METRIC[KEY]=A..B [--steps N] [--fix METRIC[KEY]=VALUE] [--results FILE.json] [--svg FILE.svg]",
     "what each rule pays and each payer owes as one figure varies, all at once and from nothing\n"
     "A figure that is not given has what its metric says for a missing one; an instance that waits all the same is left "
     "out.",
     "tally terms simulate rikers-able.terms --vary 'bed_days[programme,y2013]=70..100' --fix "
     "'bed_days[comparison,y2013]=100' "
     "--fix significant=true",
     1, 1, cli_terms_simulate, CLI_OPTIONS(SIMULATE)},
    {"solve", "EQUATIONS.json", "a set of equations, name to formula, in the order of what they need; exact values",
     "tally terms solve equations.json --json", 1, 1, cli_terms_solve, CLI_NO_OPTIONS},
};
const struct cli_family cli_terms = {"terms", "check, show, evaluate and simulate the text of a contract; its exposure",
                                     COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
