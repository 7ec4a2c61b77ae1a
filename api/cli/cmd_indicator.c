/* tally indicator: what is measured, defined once for all contracts. */
#include <string.h>

#include "cli.h"
#include "tally/canon.h"

#define BODY_MAX 65536 /* as the service takes */

MUST_CHECK static enum tally_code write_definition(struct cli *cli, struct buf *body, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *name = NULL, *definition = NULL, *unit = NULL, *kind = NULL;
    uint64_t version = 0;
    struct canon w;
    TRY(cli_option_needed(cli, "--version", &name, err));
    TRY(cli_option_u64(cli, "--version", 1, UINT32_MAX, &version, err));
    TRY(cli_option_needed(cli, "--name", &name, err));
    TRY(cli_option_needed(cli, "--definition", &definition, err));
    TRY(cli_option_needed(cli, "--unit", &unit, err));
    TRY(cli_option_needed(cli, "--kind", &kind, err));
    if (strcmp(kind, "output") != 0 && strcmp(kind, "outcome") != 0)
        TRY(err_set(err, TALLY_E_USAGE, "--kind is output or outcome, not %s", kind));
    canon_init(&w, body);
    canon_object(&w);
    canon_name(&w, "definition");
    canon_str(&w, definition);
    canon_name(&w, "direction");
    canon_str(&w, cli_flag(cli, "--lower-is-better") ? "lower" : "higher");
    canon_name(&w, "id");
    canon_str(&w, cli->args[0]);
    canon_name(&w, "kind");
    canon_str(&w, kind);
    canon_name(&w, "name");
    canon_str(&w, name);
    canon_name(&w, "unit");
    canon_str(&w, unit);
    canon_name(&w, "version");
    canon_i64(&w, (int64_t) version);
    canon_close(&w);
    rc = cli_body_check(body, err);
done:
    return rc;
}

static bool is_file(const char *text)
{
    size_t len = strlen(text);
    return strcmp(text, "-") == 0 || (len > 5 && strcmp(text + len - 5, ".json") == 0);
}

MUST_CHECK static enum tally_code define(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf body;
    struct slice text = SLICE("");
    json_t *answer = NULL;
    buf_init(&body, BODY_MAX);
    if (is_file(cli->args[0])) {
        TRY(cli_file_read(cli, cli->args[0], &text, err));
        TRY(cli_json_read(cli, cli->args[0], text, &answer, err));
    } else {
        TRY(cli_id_check(cli->args[0], err));
        TRY(write_definition(cli, &body, err));
        text = buf_slice(&body);
    }
    TRY(cli_record(cli, SLICE("/v1/indicators"), text, &answer, err));
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
    cli_target_begin(&target, "/v1/indicators");
    enum tally_code rc = cli_ask_list(cli, &target, &items, err);
    if (rc != TALLY_OK || cli->is_json)
        return rc;
    cli_table_begin(&table, cli, "ID VERSION> KIND UNIT BETTER ENTRY> NAME");
    json_array_foreach(items, i, one)
    {
        static const char *const members[] = {"id", "version", "kind", "unit", "direction", "seq", "name"};
        for (size_t m = 0; m < sizeof members / sizeof members[0]; m++)
            cli_table_cell(&table, cli_text(cli, one, members[m]));
    }
    cli_table_end(&table);
    return TALLY_OK;
}

MUST_CHECK static enum tally_code show(struct cli *cli, struct err *err)
{
    static const char *const fields[][2] = {
        {"id", "id"},     {"version", "version"}, {"name", "name"},           {"definition", "definition"},
        {"unit", "unit"}, {"kind", "kind"},       {"direction", "direction"}, {"defined_by", "defined_by"},
        {"entry", "seq"}, {"hash", "entry"}};
    enum tally_code rc = TALLY_OK;
    struct slice raw = SLICE("");
    json_t *answer = NULL, *one = NULL;
    size_t i = 0;
    TRY(cli_id_check(cli->args[0], err));
    TRY(cli_askf(cli, &answer, &raw, err, "/v1/indicators/%s", cli->args[0]));
    if (cli->is_json) {
        cli_print_json(raw);
        goto done;
    }
    json_array_foreach(json_object_get(answer, "items"), i, one)
    {
        for (size_t m = 0; m < sizeof fields / sizeof fields[0]; m++)
            cli_field(cli, fields[m][0], cli_text(cli, one, fields[m][1]));
    }
done:
    return rc;
}

static const struct cli_option DEFINE[] = {
    {"--version", "N", "1 for a new one, otherwise the next: a version is never edited", false},
    {"--name", "TEXT", "for people", false},
    {"--definition", "TEXT", "what exactly is counted, when, by whom", false},
    {"--unit", "KIND", "as the terms write it: \"days per person\", percent, \"true or false\", USD, date", false},
    {"--kind", "KIND", "output or outcome", false},
    {"--lower-is-better", NULL, "less of it is better", false}};
static const struct cli_option LIST[] = {CLI_LIST_OPTIONS};
static const struct cli_command COMMANDS[] = {
    {"define", "SLUG --version N ... | FILE.json",
     "define an indicator or its next version; signed by the operator or a backbone organisation",
     "tally indicator define nyc.recidivism-bed-days --version 1 --kind outcome --unit \"days per person\" \\\n"
     "    --name \"Recidivism bed days\" --definition \"Days in jail within 24 months of release\" --lower-is-better",
     1, 1, define, CLI_OPTIONS(DEFINE)},
    {"list", "", "what is defined", "tally indicator list", 0, 0, list, CLI_OPTIONS(LIST)},
    {"show", "SLUG", "all versions of one indicator", "tally indicator show nyc.recidivism-bed-days", 1, 1, show,
     CLI_NO_OPTIONS},
};
const struct cli_family cli_indicator = {"indicator", "define what is measured", COMMANDS,
                                         sizeof COMMANDS / sizeof COMMANDS[0]};
