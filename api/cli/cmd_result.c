/* tally result: submit, verify, look up; what changes how a result stands is in result_standing.c. */
#include <stdlib.h>
#include <string.h>

#include "result_csv.h"
#include "result_standing.h"
#include "tally/canon.h"
#include "tally/entry.h"
#include "tally/model.h"
#include "tally/text.h"

#define SHOW_MAX 1000   /* the most that the service gives at once */
#define BODY_MAX 131072 /* one result, or 10,000 numbers of results */

struct pair {
    struct slice name, member;
};

static int by_name(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    return slice_compare(x->name, y->name);
}

MUST_CHECK static enum tally_code read_dims(struct cli *cli, struct pair list[MODEL_DIMENSIONS_MAX], int *count,
                                            struct err *err)
{
    const char *text;
    *count = 0;
    while ((text = cli_option_nth(cli, "--dim", *count)) != NULL) {
        const char *equals = strchr(text, '=');
        if (equals == NULL || equals == text || equals[1] == '\0')
            return err_set(err, TALLY_E_USAGE, "--dim wants DIMENSION=MEMBER, such as arm=programme, not %s", text);
        if (!text_is_id(slice_of(text, (size_t) (equals - text))))
            return err_set(err, TALLY_E_USAGE, "--dim %s: a dimension's name is small letters, digits and _", text);
        if (*count == MODEL_DIMENSIONS_MAX)
            return err_set(err, TALLY_E_USAGE, "a result has at most %d dimensions", MODEL_DIMENSIONS_MAX);
        list[(*count)++] = (struct pair){slice_of(text, (size_t) (equals - text)), slice_str(equals + 1)};
    }
    qsort(list, (size_t) *count, sizeof *list, by_name);
    for (int i = 1; i < *count; i++) {
        if (slice_equal(list[i].name, list[i - 1].name))
            return err_set(err, TALLY_E_USAGE, "--dim %.*s is given twice", SLICE_ARG(list[i].name));
    }
    return TALLY_OK;
}

static void write_dims(struct canon *w, const struct pair *list, int count)
{
    canon_name(w, "dimensions");
    canon_object(w);
    for (int i = 0; i < count; i++) {
        canon_name_slice(w, list[i].name);
        canon_string(w, list[i].member);
    }
    canon_close(w);
}

/* --indicator and --version, or --contract and --metric. */
MUST_CHECK static enum tally_code write_result(struct cli *cli, struct buf *body, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *indicator = cli_option(cli, "--indicator"), *contract = cli_option(cli, "--contract");
    const char *metric = NULL, *value = NULL;
    struct pair dims[MODEL_DIMENSIONS_MAX];
    uint64_t version = 0;
    int count = 0;
    struct canon w;
    if ((indicator == NULL) == (contract == NULL))
        TRY(err_set(err, TALLY_E_USAGE,
                    "give FILE.json, or --indicator SLUG --version N, or --contract ID --metric NAME for a figure of one "
                    "contract"));
    const char *no_use = indicator != NULL ? "--metric" : "--version";
    if (cli_option(cli, no_use) != NULL)
        TRY(err_set(err, TALLY_E_USAGE,
                    "--indicator goes with --version, and --contract with --metric; %s is for the other", no_use));
    TRY(cli_option_needed(cli, "--value", &value, err));
    TRY(cli_option_needed(cli, indicator != NULL ? "--version" : "--metric", &metric, err));
    TRY(cli_option_u64(cli, "--version", 1, UINT32_MAX, &version, err));
    TRY(read_dims(cli, dims, &count, err));
    canon_init(&w, body);
    canon_object(&w);
    if (contract != NULL) {
        canon_name(&w, "contract");
        canon_str(&w, contract);
    }
    write_dims(&w, dims, count);
    canon_name(&w, indicator != NULL ? "indicator" : "metric");
    canon_str(&w, indicator != NULL ? indicator : metric);
    if (cli_flag(cli, "--private")) {
        canon_name(&w, "open");
        canon_bool(&w, false);
    }
    canon_name(&w, "value");
    canon_str(&w, value);
    if (indicator != NULL) {
        canon_name(&w, "version");
        canon_i64(&w, (int64_t) version);
    }
    canon_close(&w);
    rc = cli_body_check(body, err);
done:
    return rc;
}

/* FILE.json as it is, or FILE.csv as one statement. An option that a file has no use for is an error and not passed over. */
MUST_CHECK static enum tally_code read_file(struct cli *cli, const char *file, struct slice *out, struct err *err)
{
    static const char *const of_one[] = {"--value", "--dim"};
    static const char *const of_table[] = {"--indicator", "--version", "--contract", "--metric", "--private"};
    enum tally_code rc = TALLY_OK;
    struct slice text = SLICE("");
    json_t *json = NULL;
    for (size_t i = 0; i < sizeof of_one / sizeof of_one[0]; i++)
        if (cli_option(cli, of_one[i]) != NULL)
            TRY(err_set(err, TALLY_E_USAGE, "%s is for one result, and a file says its own", of_one[i]));
    for (size_t i = 0; i < sizeof of_table / sizeof of_table[0] && !result_is_csv(file); i++)
        if (cli_option(cli, of_table[i]) != NULL || cli_flag(cli, of_table[i]))
            TRY(err_set(err, TALLY_E_USAGE,
                        "%s: a file says it itself (that it is not open: \"open\": false beside \"results\")",
                        of_table[i]));
    TRY(cli_file_read(cli, file, &text, err));
    if (result_is_csv(file))
        TRY(result_csv(cli, file, text, &text, err));
    else
        TRY(cli_json_read(cli, file, text, &json, err));
    *out = text;
done:
    return rc;
}

MUST_CHECK static enum tally_code submit(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf body;
    struct slice text = SLICE("");
    json_t *answer = NULL, *statement = NULL;
    buf_init(&body, BODY_MAX);
    if (cli->arg_count > 0) {
        TRY(read_file(cli, cli->args[0], &text, err));
    } else {
        TRY(write_result(cli, &body, err));
        text = buf_slice(&body);
    }
    if (cli_flag(cli, "--preview")) {
        TRY(cli_preview(cli, SLICE("/v1/preview/results"), text, err));
        goto done;
    }
    TRY(cli_record(cli, SLICE("/v1/results"), text, &answer, err));
    if (cli->is_json)
        goto done;
    TRY(cli_askf(cli, &statement, NULL, err, "/v1/results/%llu?limit=%d", (unsigned long long) cli_number(answer, "seq"),
                 CLI_FITS_SHOWN));
    cli_fits_print(cli, json_object_get(statement, "items"), CLI_FITS_SHOWN, cli_number(statement, "count"));
done:
    buf_release(&body);
    return rc;
}

MUST_CHECK static enum tally_code write_verification(struct cli *cli, struct buf *body, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *note = cli_option(cli, "--note");
    uint64_t *items = NULL;
    size_t count = 0;
    struct canon w;
    TRY(result_items(cli, &items, &count, err));
    canon_init(&w, body);
    canon_object(&w);
    result_items_write(&w, items, count);
    if (note != NULL) {
        canon_name(&w, "note");
        canon_str(&w, note);
    }
    canon_close(&w);
    rc = cli_body_check(body, err);
done:
    return rc;
}

MUST_CHECK static enum tally_code verify(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint64_t seq = 0;
    struct buf body;
    buf_init(&body, BODY_MAX);
    TRY(cli_arg_seq(cli, 0, &seq, err));
    TRY(write_verification(cli, &body, err));
    TRY(cli_record_or_preview(cli, arena_printf(cli->arena, "/v1/results/%llu/verifications", (unsigned long long) seq),
                              buf_slice(&body), err));
done:
    buf_release(&body);
    return rc;
}

MUST_CHECK static enum tally_code list(struct cli *cli, struct err *err)
{
    struct buf target;
    struct cli_table table;
    json_t *items = NULL, *one = NULL;
    size_t i = 0;
    cli_target_begin(&target, "/v1/results");
    cli_target_add(&target, "indicator", cli_option(cli, "--indicator"));
    cli_target_add(&target, "contract", cli_option(cli, "--contract"));
    cli_target_add(&target, "author", cli_option(cli, "--author"));
    enum tally_code rc = cli_ask_list(cli, &target, &items, err);
    if (rc != TALLY_OK || cli->is_json)
        return rc;
    cli_table_begin(&table, cli, "SEQ> ITEM> AUTHOR MEASURES DIMENSIONS VALUE> IS");
    json_array_foreach(items, i, one)
    {
        struct slice indicator = cli_text(cli, one, "indicator");
        cli_table_cell(&table, cli_text(cli, one, "seq"));
        cli_table_cell(&table, cli_text(cli, one, "item"));
        cli_table_cell(&table, cli_text(cli, one, "author"));
        cli_table_cell(&table, indicator.len > 0
                                   ? indicator
                                   : arena_printf(cli->arena, "%.*s %.*s", SLICE_ARG(cli_text(cli, one, "contract")),
                                                  SLICE_ARG(cli_text(cli, one, "metric"))));
        cli_table_cell(&table, cli_pairs(cli, json_object_get(one, "dimensions")));
        cli_table_cell(&table, cli_text(cli, one, "value"));
        cli_table_cell(&table, cli_true(one, "withdrawal") ? SLICE("withdrawn") : SLICE(""));
    }
    cli_table_end(&table);
    return TALLY_OK;
}

MUST_CHECK static enum tally_code show(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint64_t seq = 0;
    struct slice raw = SLICE("");
    json_t *answer = NULL, *verifications = NULL, *one = NULL;
    size_t i = 0;
    TRY(cli_arg_seq(cli, 0, &seq, err));
    TRY(cli_askf(cli, &answer, &raw, err, "/v1/results/%llu?limit=%d", (unsigned long long) seq, SHOW_MAX));
    if (cli->is_json) {
        cli_print_json(raw);
        goto done;
    }
    TRY(cli_askf(cli, &verifications, NULL, err, "/v1/results/%llu/verifications?limit=1000", (unsigned long long) seq));
    cli_field(cli, "entry", cli_text(cli, answer, "seq"));
    cli_field(cli, "author", cli_text(cli, answer, "author"));
    cli_field(cli, "time", cli_text(cli, answer, "time"));
    cli_field(cli, "results", cli_text(cli, answer, "count"));
    json_array_foreach(json_object_get(verifications, "items"), i, one)
    {
        cli_field(cli, "verified by",
                  arena_printf(cli->arena, "%.*s, entry %.*s", SLICE_ARG(cli_text(cli, one, "actor")),
                               SLICE_ARG(cli_text(cli, one, "seq"))));
    }
    cli_fits_print(cli, json_object_get(answer, "items"), SHOW_MAX, cli_number(answer, "count"));
done:
    return rc;
}

static const struct cli_option SUBMIT[] = {
    {"--indicator", "SLUG", "what was measured", false},
    {"--version", "N", "of the indicator's definition", false},
    {"--contract", "ID", "for a figure of this contract alone", false},
    {"--metric", "NAME", "the metric of that contract", false},
    {"--dim", "DIMENSION=MEMBER", "arm=programme, cohort=y2013, a period as first/last", true},
    {"--value", "TEXT", "91, 60%, 2016-03-01, true", false},
    {"--private", NULL,
     "for the parties of the contracts that you have signed, where alone it counts; in FILE.json: \"open\": false", false},
    CLI_PREVIEW_OPTION};
static const struct cli_option VERIFY[] = {{"--item", "N", "only this result of the statement, from 0", true},
                                           {"--note", "TEXT", "read by whoever reads the result", false},
                                           CLI_PREVIEW_OPTION};
static const struct cli_option RESTATE[] = {{"--value", "TEXT", "what it becomes", false},
                                            {"--item", "N", "which result of the statement, from 0", false},
                                            {"--note", "TEXT", "read by whoever reads the result", false},
                                            CLI_PREVIEW_OPTION};
static const struct cli_option DISPUTE[] = {{"--contract", "ID", "in which contract it is disputed", false},
                                            {"--reason", "TEXT", "read by whoever reads the result", false},
                                            {"--item", "N", "only this result of the statement, from 0", true},
                                            CLI_PREVIEW_OPTION};
static const struct cli_option RESOLVE[] = {{"--stands", NULL, "the result counts as it is", false},
                                            {"--replaced", "VALUE", "this value counts in its place", false},
                                            {"--annulled", NULL, "as if it had been withdrawn", false},
                                            {"--item", "N", "only this result, from 0", true},
                                            {"--note", "TEXT", "read by whoever reads the result", false},
                                            CLI_PREVIEW_OPTION};
static const struct cli_option DISPUTES[] = {{"--contract", "ID", "those in this contract", false},
                                             {"--result", "SEQ", "those of this statement's results", false},
                                             CLI_LIST_OPTIONS};
static const struct cli_option LIST[] = {{"--indicator", "SLUG", "only of this indicator", false},
                                         {"--contract", "ID", "only what this contract's metrics measure", false},
                                         {"--author", "ACTOR", "only by this actor", false},
                                         CLI_LIST_OPTIONS};
static const struct cli_command COMMANDS[] = {
    {"submit", "FILE.json | FILE.csv | --indicator SLUG --version N --dim D=M ... --value TEXT",
     "submit a result, or a file of up to 10,000: {\"results\":[{\"indicator\",\"version\",\"dimensions\",\"value\"}, "
     "...]}\n"
     "Of FILE.csv the first line names the columns: value; indicator and version, or contract and metric, where no option "
     "gives them;\n"
     "every other column is a dimension.\n"
     "It answers which contracts the result feeds, and whether it is final there.",
     "tally result submit --indicator nyc.recidivism-bed-days --version 1 --dim arm=programme --dim cohort=y2013 --value "
     "91",
     0, 1, submit, CLI_OPTIONS(SUBMIT)},
    {"verify", "SEQ [--item N ...]", "state that a result is right, as a verifier that a contract names",
     "tally --actor vera --key vera.pem result verify 12", 1, 1, verify, CLI_OPTIONS(VERIFY)},
    {"restate", "SEQ --value TEXT [--item N] | SEQ FILE.json",
     "put another value in place of a result of your own; until it is verified like any other, the earlier one counts\n"
     "FILE.json restates several, of several statements: {\"results\":[{\"seq\",\"item\",\"value\"}, ...],\"set\":true}",
     "tally --actor mdrc --key mdrc.pem result restate 12 --item 1 --value 95", 1, 2, result_restate, CLI_OPTIONS(RESTATE)},
    {"withdraw", "SEQ [--item N ...] | SEQ FILE.json",
     "withdraw results of your own; once that is verified, it is as if nothing had been reported",
     "tally --actor mdrc --key mdrc.pem result withdraw 12", 1, 2, result_withdraw, CLI_OPTIONS(VERIFY)},
    {"dispute", "SEQ --contract ID --reason TEXT [--item N ...]",
     "dispute results as a party of a contract: there what needs them waits for the arbiter, and keeps what stands",
     "tally --actor city --key city.pem result dispute 12 --contract rikers-able --reason \"Cohort 2 is counted twice.\"",
     1, 1, result_dispute, CLI_OPTIONS(DISPUTE)},
    {"resolve", "DISPUTE --stands | --replaced VALUE | --annulled", "decide a dispute, as the arbiter that the terms name",
     "tally --actor vera --key vera.pem result resolve 20 --replaced 93", 1, 1, result_resolve, CLI_OPTIONS(RESOLVE)},
    {"disputes", "--contract ID | --result SEQ", "the disputes in a contract, or of a statement's results",
     "tally result disputes --contract rikers-able", 0, 0, result_disputes, CLI_OPTIONS(DISPUTES)},
    {"show-dispute", "DISPUTE", "one dispute: why, and what was decided", "tally result show-dispute 20", 1, 1,
     result_show_dispute, CLI_NO_OPTIONS},
    {"list", "", "the results", "tally result list --contract rikers-able", 0, 0, list, CLI_OPTIONS(LIST)},
    {"show", "SEQ", "one statement's results: which contracts they feed, who verified them", "tally result show 12", 1, 1,
     show, CLI_NO_OPTIONS},
};
const struct cli_family cli_result = {"result", "submit, verify, restate, dispute and look up results", COMMANDS,
                                      sizeof COMMANDS / sizeof COMMANDS[0]};
