/* tally terms: works on files, needs no service. */
#include <string.h>

#include "cli.h"
#include "tally/canon.h"
#include "tally/diag.h"
#include "tally/terms.h"
#include "terms_eval.h"
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

/* {"checks","diagnostics":[...],"dropped"} on standard output. */
MUST_CHECK static enum tally_code print_diags(const struct diags *diags, bool is_good, struct err *err)
{
    struct buf out;
    struct canon w;
    buf_init(&out, CLI_FILE_MAX);
    canon_init(&w, &out);
    canon_object(&w);
    canon_name(&w, "checks");
    canon_bool(&w, is_good);
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
    TRY(print_diags(&diags, *is_good, err));
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

MUST_CHECK static enum tally_code fmt(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice text = SLICE("");
    struct diags diags;
    struct buf out, told;
    diags_init(&diags, cli->arena);
    buf_init(&out, CLI_FILE_MAX);
    buf_init(&told, CLI_FILE_MAX);
    TRY(cli_file_read(cli, cli->args[0], &text, err));
    TRY(terms_format(text, &diags, &out, err));
    TRY(buf_check(&out, err));
    if (diags.errors > 0) {
        diags_sort(&diags);
        diags_print(&diags, slice_str(cli->args[0]), text, &told);
        (void) fwrite(told.ptr == NULL ? "" : told.ptr, 1, told.len, stderr);
        TRY(refused(err));
    }
    if (!cli_flag(cli, "--write"))
        (void) fwrite(out.ptr == NULL ? "" : out.ptr, 1, out.len, stdout);
    else if (!slice_equal(text, buf_slice(&out)))
        TRY(cli_file_replace(cli, cli->args[0], buf_slice(&out), err));
done:
    buf_release(&out);
    buf_release(&told);
    return rc;
}

static struct slice joined(struct cli *cli, struct slice a, const char *between, struct slice b)
{
    return arena_printf(cli->arena, "%.*s%s%.*s", SLICE_ARG(a), a.len > 0 ? between : "", SLICE_ARG(b));
}

static void print_parties(struct cli *cli, const struct terms *terms)
{
    struct cli_table table;
    cli_table_begin(&table, cli, "PARTY ROLE NAME");
    for (uint32_t i = 0; i < terms_party_count(terms); i++) {
        const struct terms_party *party = terms_party(terms, i);
        cli_table_cell(&table, party->name);
        cli_table_cell(&table, slice_str(terms_role_text(party->role)));
        cli_table_cell(&table, party->label);
    }
    cli_table_end(&table);
}

static void print_metrics(struct cli *cli, const struct terms *terms)
{
    struct cli_table table;
    cli_table_begin(&table, cli, "METRIC UNIT BY REPORTED VERIFIED MEASURES");
    for (uint32_t i = 0; i < terms_metric_count(terms); i++) {
        const struct terms_metric *metric = terms_metric(terms, i);
        struct slice by = SLICE(""), reporters = SLICE(""), verifiers = SLICE("");
        for (uint32_t j = 0; j < metric->by_count; j++)
            by = joined(cli, by, ", ", terms_dimension(terms, metric->by[j])->name);
        for (uint32_t j = 0; j < metric->reporter_count; j++)
            reporters = joined(cli, reporters, ", ", terms_party(terms, metric->reporters[j])->name);
        for (uint32_t j = 0; j < metric->verifier_count; j++)
            verifiers = joined(cli, verifiers, ", ", terms_party(terms, metric->verifiers[j])->name);
        cli_table_cell(&table, metric->name);
        cli_table_cell(&table, metric->unit);
        cli_table_cell(&table, by);
        cli_table_cell(&table, reporters);
        cli_table_cell(&table, verifiers);
        cli_table_cell(&table, metric->slug.len > 0
                                   ? arena_printf(cli->arena, "%.*s version %u", SLICE_ARG(metric->slug), metric->version)
                                   : metric->text);
    }
    cli_table_end(&table);
}

static void print_rules(struct cli *cli, const struct terms *terms)
{
    struct cli_table table;
    cli_table_begin(&table, cli, "RULE FROM TO FOR-EACH CURRENCY LINE>");
    for (uint32_t i = 0; i < terms_rule_count(terms); i++) {
        const struct terms_rule *rule = terms_rule(terms, i);
        struct slice each = SLICE("");
        for (uint32_t j = 0; j < rule->each_count; j++)
            each = joined(cli, each, ", ", terms_dimension(terms, rule->each[j])->name);
        cli_table_cell(&table, rule->name);
        cli_table_cell(&table, terms_party(terms, rule->payer)->name);
        cli_table_cell(&table, terms_party(terms, rule->payee)->name);
        cli_table_cell(&table, each);
        cli_table_cell(&table, rule->currency);
        cli_table_cell(&table, arena_printf(cli->arena, "%u", rule->span.line));
    }
    cli_table_end(&table);
}

static void write_names(struct canon *w, const struct terms *terms)
{
    canon_object(w);
    canon_name(w, "metrics");
    canon_array(w);
    for (uint32_t i = 0; i < terms_metric_count(terms); i++)
        canon_string(w, terms_metric(terms, i)->name);
    canon_close(w);
    canon_name(w, "parties");
    canon_array(w);
    for (uint32_t i = 0; i < terms_party_count(terms); i++)
        canon_string(w, terms_party(terms, i)->name);
    canon_close(w);
    canon_name(w, "rules");
    canon_array(w);
    for (uint32_t i = 0; i < terms_rule_count(terms); i++)
        canon_string(w, terms_rule(terms, i)->name);
    canon_close(w);
    canon_name(w, "slug");
    canon_string(w, terms_slug(terms));
    canon_name(w, "title");
    canon_string(w, terms_title(terms));
    canon_close(w);
}

MUST_CHECK static enum tally_code show(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice text = SLICE("");
    struct terms *terms = NULL;
    struct diags diags;
    struct buf out;
    struct canon w;
    diags_init(&diags, cli->arena);
    buf_init(&out, CLI_FILE_MAX);
    TRY(cli_file_read(cli, cli->args[0], &text, err));
    TRY(terms_compile(text, &diags, &terms, err));
    if (terms == NULL) {
        diags_sort(&diags);
        diags_print(&diags, slice_str(cli->args[0]), text, &out);
        (void) fwrite(out.ptr == NULL ? "" : out.ptr, 1, out.len, stderr);
        TRY(refused(err));
    }
    if (cli->is_json) {
        canon_init(&w, &out);
        write_names(&w, terms);
        cli_print_json(buf_slice(&out));
        goto done;
    }
    cli_field(cli, "contract", terms_slug(terms));
    cli_field(cli, "title", terms_title(terms));
    print_parties(cli, terms);
    print_metrics(cli, terms);
    print_rules(cli, terms);
done:
    terms_free(terms);
    buf_release(&out);
    return rc;
}

static const struct cli_option FMT[] = {{"--write", NULL, "write it back into the file", false}};
static const struct cli_option EVAL[] = {
    {"--results", "FILE.json", "what happened, day by day", false},
    {"--as-of", "DATE", "the last day that is looked at", false},
    {"--explain", "RULE[INSTANCE]", "how one amount comes about, step by step", false},
};
static const struct cli_command COMMANDS[] = {
    {"check", "FILE.terms", "errors and warnings, each with its line, a caret and a hint",
     "tally terms check rikers-able.terms", 1, 1, check, CLI_NO_OPTIONS},
    {"fmt", "FILE.terms [--write]", "the text in its one layout, which is what can be proposed",
     "tally terms fmt mine.terms --write", 1, 1, fmt, CLI_OPTIONS(FMT)},
    {"show", "FILE.terms", "parties, metrics and pay rules of a text", "tally terms show rikers-able.terms", 1, 1, show,
     CLI_NO_OPTIONS},
    {"eval", "FILE.terms --results FILE.json [--as-of DATE] [--explain RULE[INSTANCE]]",
     "what is triggered, when, and how every instance stands; needs no service",
     "tally terms eval rikers-able.terms --results rikers-able.results.json --explain 'success[y2013]'", 1, 1,
     cli_terms_eval, CLI_OPTIONS(EVAL)},
    {"solve", "EQUATIONS.json", "a set of equations, name to formula, in the order of what they need; exact values",
     "tally terms solve equations.json --json", 1, 1, cli_terms_solve, CLI_NO_OPTIONS},
};
const struct cli_family cli_terms = {"terms", "check and lay out the text of a contract", COMMANDS,
                                     sizeof COMMANDS / sizeof COMMANDS[0]};
