/* tally result: restate, withdraw, dispute, resolve, and look disputes up. */
#include "result_standing.h"

#include <stdlib.h>

#include "tally/canon.h"
#include "tally/entry.h"
#include "tally/model.h"
#include "tally/text.h"

#define BODY_MAX 262144 /* 10,000 places */

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

enum tally_code result_items(struct cli *cli, uint64_t **items, size_t *count, struct err *err)
{
    uint64_t *list = ARENA_ARRAY(cli->arena, (size_t) cli->given_count + 1, uint64_t);
    const char *text;
    *count = 0;
    if (list == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    while ((text = cli_option_nth(cli, "--item", (int) *count)) != NULL) {
        if (text_u64(slice_str(text), MODEL_RESULTS_MAX - 1, &list[(*count)++]) != TALLY_OK)
            return err_set(err, TALLY_E_USAGE, "--item wants a number from 0 to %d, not %s", MODEL_RESULTS_MAX - 1, text);
    }
    qsort(list, *count, sizeof *list, by_number);
    *items = list;
    return TALLY_OK;
}

static void write_text(struct canon *w, const char *name, const char *text)
{
    if (text == NULL)
        return;
    canon_name(w, name);
    canon_str(w, text);
}

/* "results":[{"item"[,"value"]}, ...] */
static void write_results(struct canon *w, const uint64_t *items, size_t count, const char *value)
{
    canon_name(w, "results");
    canon_array(w);
    for (size_t i = 0; i < count; i++) {
        canon_object(w);
        canon_name(w, "item");
        canon_i64(w, (int64_t) items[i]);
        write_text(w, "value", value);
        canon_close(w);
    }
    canon_close(w);
}

void result_items_write(struct canon *w, const uint64_t *items, size_t count)
{
    if (count == 0)
        return;
    ENSURE(items != NULL);
    canon_name(w, "items");
    canon_array(w);
    for (size_t i = 0; i < count; i++)
        canon_i64(w, (int64_t) items[i]);
    canon_close(w);
}

/* Of the options of `restate` and `withdraw`. */
MUST_CHECK static enum tally_code write_change(struct cli *cli, const char *value, struct buf *body, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint64_t *items = NULL;
    size_t count = 0;
    struct canon w;
    TRY(result_items(cli, &items, &count, err));
    if (value != NULL && count > 1)
        TRY(err_set(err, TALLY_E_USAGE, "one --value is for one --item: several are restated by a FILE.json"));
    canon_init(&w, body);
    canon_object(&w);
    write_text(&w, "note", cli_option(cli, "--note"));
    if (count > 0)
        write_results(&w, items, count, value);
    else
        write_text(&w, "value", value);
    canon_close(&w);
    rc = cli_body_check(body, err);
done:
    return rc;
}

/* A file in place of the options: several results, of several statements. */
MUST_CHECK static enum tally_code change(struct cli *cli, const char *value, const char *path, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint64_t seq = 0;
    struct buf body;
    struct slice text = SLICE("");
    json_t *answer = NULL;
    buf_init(&body, BODY_MAX);
    TRY(cli_arg_seq(cli, 0, &seq, err));
    if (cli->arg_count > 1) {
        if (cli_option(cli, "--item") != NULL || cli_option(cli, "--note") != NULL)
            TRY(err_set(err, TALLY_E_USAGE, "--item and --note stand in the file: \"item\" of each result, and \"note\""));
        TRY(cli_file_read(cli, cli->args[1], &text, err));
        TRY(cli_json_read(cli, cli->args[1], text, &answer, err));
    } else {
        TRY(write_change(cli, value, &body, err));
        text = buf_slice(&body);
    }
    TRY(cli_record_or_preview(cli, arena_printf(cli->arena, "/v1/results/%llu/%s", (unsigned long long) seq, path), text,
                              err));
done:
    buf_release(&body);
    return rc;
}

enum tally_code result_restate(struct cli *cli, struct err *err)
{
    const char *value = cli_option(cli, "--value");
    if ((value == NULL) == (cli->arg_count < 2))
        return err_set(err, TALLY_E_USAGE, "give --value TEXT for one result, or FILE.json for several");
    return change(cli, value, "restatements", err);
}

enum tally_code result_withdraw(struct cli *cli, struct err *err)
{
    return change(cli, NULL, "withdrawal", err);
}

enum tally_code result_dispute(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *contract = NULL, *reason = NULL;
    uint64_t seq = 0, *items = NULL;
    size_t count = 0;
    struct buf body;
    struct canon w;
    buf_init(&body, BODY_MAX);
    TRY(cli_arg_seq(cli, 0, &seq, err));
    TRY(cli_option_needed(cli, "--contract", &contract, err));
    TRY(cli_option_needed(cli, "--reason", &reason, err));
    TRY(result_items(cli, &items, &count, err));
    canon_init(&w, &body);
    canon_object(&w);
    write_text(&w, "contract", contract);
    result_items_write(&w, items, count);
    write_text(&w, "reason", reason);
    canon_close(&w);
    TRY(cli_body_check(&body, err));
    TRY(cli_record_or_preview(cli, arena_printf(cli->arena, "/v1/results/%llu/disputes", (unsigned long long) seq),
                              buf_slice(&body), err));
done:
    buf_release(&body);
    return rc;
}

MUST_CHECK static enum tally_code read_decision(struct cli *cli, const char **decision, const char **value, struct err *err)
{
    bool stands = cli_flag(cli, "--stands"), annulled = cli_flag(cli, "--annulled");
    *value = cli_option(cli, "--replaced");
    if (stands + annulled + (*value != NULL) != 1)
        return err_set(err, TALLY_E_USAGE, "decide one: --stands, --annulled, or --replaced VALUE");
    *decision = stands ? "stands" : annulled ? "annulled" : "replaced";
    return TALLY_OK;
}

enum tally_code result_resolve(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *decision = NULL, *value = NULL;
    uint64_t seq = 0, *items = NULL;
    size_t count = 0;
    struct buf body;
    struct canon w;
    buf_init(&body, BODY_MAX);
    TRY(cli_arg_seq(cli, 0, &seq, err));
    TRY(read_decision(cli, &decision, &value, err));
    TRY(result_items(cli, &items, &count, err));
    canon_init(&w, &body);
    canon_object(&w);
    write_text(&w, "decision", decision);
    result_items_write(&w, items, count);
    write_text(&w, "note", cli_option(cli, "--note"));
    write_text(&w, "value", value);
    canon_close(&w);
    TRY(cli_body_check(&body, err));
    TRY(cli_record_or_preview(cli, arena_printf(cli->arena, "/v1/disputes/%llu/resolution", (unsigned long long) seq),
                              buf_slice(&body), err));
done:
    buf_release(&body);
    return rc;
}

enum tally_code result_disputes(struct cli *cli, struct err *err)
{
    const char *contract = cli_option(cli, "--contract"), *result = cli_option(cli, "--result");
    struct buf target;
    struct cli_table table;
    json_t *items = NULL, *one = NULL;
    size_t i = 0;
    uint64_t seq = 0;
    enum tally_code rc = TALLY_OK;
    if ((contract == NULL) == (result == NULL))
        return err_set(err, TALLY_E_USAGE, "give --contract ID, or --result SEQ");
    rc = contract != NULL ? cli_id_check(contract, err) : cli_option_u64(cli, "--result", 0, ENTRY_SEQ_MAX, &seq, err);
    if (rc != TALLY_OK)
        return rc;
    if (contract != NULL)
        cli_target_begin(&target, "/v1/contracts/%s/disputes", contract);
    else
        cli_target_begin(&target, "/v1/results/%llu/disputes", (unsigned long long) seq);
    rc = cli_ask_list(cli, &target, &items, err);
    if (rc != TALLY_OK || cli->is_json)
        return rc;
    cli_table_begin(&table, cli, "SEQ> CONTRACT RESULT> BY RESULTS> DECIDED> LAPSES REASON");
    json_array_foreach(items, i, one)
    {
        static const char *const columns[] = {"seq",     "contract", "result_seq", "actor",
                                              "results", "decided",  "lapses",     "reason"};
        for (size_t k = 0; k < sizeof columns / sizeof columns[0]; k++)
            cli_table_cell(&table, cli_text(cli, one, columns[k]));
    }
    cli_table_end(&table);
    return TALLY_OK;
}

enum tally_code result_show_dispute(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint64_t seq = 0;
    struct slice raw = SLICE("");
    struct cli_table table;
    json_t *answer = NULL, *one = NULL;
    size_t i = 0;
    TRY(cli_arg_seq(cli, 0, &seq, err));
    TRY(cli_askf(cli, &answer, &raw, err, "/v1/disputes/%llu?limit=1000", (unsigned long long) seq));
    if (cli->is_json) {
        cli_print_json(raw);
        goto done;
    }
    static const char *const fields[][2] = {{"entry", "seq"},          {"contract", "contract"}, {"result", "result_seq"},
                                            {"by", "actor"},           {"time", "time"},         {"reason", "reason"},
                                            {"undecided by", "lapses"}};
    for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++)
        cli_field(cli, fields[k][0], cli_text(cli, answer, fields[k][1]));
    cli_table_begin(&table, cli, "ITEM> DECISION VALUE> BY");
    json_array_foreach(json_object_get(answer, "items"), i, one)
    {
        bool has_lapsed = json_is_true(json_object_get(one, "lapsed"));
        struct slice decision = cli_text(cli, one, "decision"), by = cli_text(cli, one, "decided_seq");
        cli_table_cell(&table, cli_text(cli, one, "item"));
        cli_table_cell(&table, decision.len > 0 ? decision : SLICE("open"));
        cli_table_cell(&table, cli_text(cli, one, "value"));
        cli_table_cell(&table, has_lapsed ? arena_printf(cli->arena, "%.*s, nobody in time", SLICE_ARG(by)) : by);
    }
    cli_table_end(&table);
done:
    return rc;
}
