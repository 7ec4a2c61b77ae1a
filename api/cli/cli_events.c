/* Entries in a few words, and what a statement caused. */
#include <string.h>

#include "cli.h"

static struct slice sum(struct cli *cli, const json_t *body, const char *path)
{
    return cli_text(cli, body, path);
}

static struct slice of_payment(struct cli *cli, const json_t *body)
{
    return arena_printf(cli->arena, "%.*s %.*s from %.*s to %.*s, %.*s %.*s, due %.*s",
                        SLICE_ARG(cli_money(cli, sum(cli, body, "amount"))), SLICE_ARG(sum(cli, body, "currency")),
                        SLICE_ARG(sum(cli, body, "from.actor")), SLICE_ARG(sum(cli, body, "to.actor")),
                        SLICE_ARG(sum(cli, body, "contract")), SLICE_ARG(sum(cli, body, "rule")),
                        SLICE_ARG(sum(cli, body, "due")));
}

static struct slice of_result(struct cli *cli, const json_t *body)
{
    const json_t *results = json_object_get(body, "results");
    if (json_is_array(results))
        return arena_printf(cli->arena, "%zu result%s", json_array_size(results), json_array_size(results) == 1 ? "" : "s");
    bool is_figure = json_object_get(body, "metric") != NULL;
    struct slice what = sum(cli, body, is_figure ? "metric" : "indicator");
    return arena_printf(cli->arena, "%.*s %.*s = %.*s", SLICE_ARG(what),
                        SLICE_ARG(cli_pairs(cli, json_object_get(body, "dimensions"))), SLICE_ARG(sum(cli, body, "value")));
}

static struct slice of_finals(struct cli *cli, const json_t *body)
{
    return arena_printf(cli->arena, "%.*s: %zu final", SLICE_ARG(sum(cli, body, "contract")),
                        json_array_size(json_object_get(body, "results")));
}

static struct slice of_items(struct cli *cli, const json_t *body)
{
    size_t count = json_array_size(json_object_get(body, "items"));
    return arena_printf(cli->arena, "%.*s %.*s: %zu instance%s", SLICE_ARG(sum(cli, body, "contract")),
                        SLICE_ARG(sum(cli, body, "rule")), count, count == 1 ? "" : "s");
}

static struct slice of_settlement(struct cli *cli, const json_t *body)
{
    return arena_printf(cli->arena, "%.*s, %.*s, paid on %.*s", SLICE_ARG(cli_money(cli, sum(cli, body, "amount"))),
                        SLICE_ARG(sum(cli, body, "reference")), SLICE_ARG(sum(cli, body, "paid_on")));
}

static struct slice of_signature(struct cli *cli, const json_t *body)
{
    return arena_printf(cli->arena, "as %.*s, version %.12s", SLICE_ARG(sum(cli, body, "as")),
                        json_string_value(json_object_get(body, "version")) == NULL
                            ? ""
                            : json_string_value(json_object_get(body, "version")));
}

/* Of an entry whose body the path names, the ground alone; what is left of a body, of which entry it is. */
static struct slice of_erasure(struct cli *cli, const json_t *body)
{
    return sum(cli, body, "ground");
}

static struct slice of_residue(struct cli *cli, const json_t *body)
{
    return arena_printf(cli->arena, "what is left of entry %.*s, a %.*s", SLICE_ARG(sum(cli, body, "entry")),
                        SLICE_ARG(sum(cli, body, "type")));
}

static struct slice of_id(struct cli *cli, const json_t *body)
{
    static const char *const paths[] = {"contract", "id", "origin", "jwk.x", "note", "reason"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct slice text = sum(cli, body, paths[i]);
        if (text.len > 0)
            return text;
    }
    return SLICE("");
}

struct slice cli_summary(struct cli *cli, struct slice type, const json_t *body)
{
    static const struct {
        const char *type;
        struct slice (*words)(struct cli *cli, const json_t *body);
    } words[] = {{"payment.triggered", of_payment},
                 {"result.submitted", of_result},
                 {"result.finalised", of_finals},
                 {"payment.itemised", of_items},
                 {"settlement.recorded", of_settlement},
                 {"contract.signed", of_signature},
                 {"contract.acceded", of_signature},
                 {"body.erased", of_erasure},
                 {"residue.kept", of_residue}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (slice_is(type, words[i].type))
            return words[i].words(cli, body);
    }
    return of_id(cli, body);
}

void cli_events_print(struct cli *cli, const json_t *events)
{
    struct cli_table table;
    json_t *one = NULL;
    size_t i = 0;
    if (json_array_size(events) == 0)
        return;
    cli_table_begin(&table, cli, "SEQ> FOLLOWED WHAT");
    json_array_foreach(events, i, one)
    {
        struct slice type = cli_text(cli, one, "type");
        cli_table_cell(&table, cli_text(cli, one, "seq"));
        cli_table_cell(&table, type);
        cli_table_cell(&table, cli_summary(cli, type, json_object_get(one, "body")));
    }
    cli_table_end(&table);
}

void cli_receipt_print(struct cli *cli, const json_t *answer)
{
    cli_field(cli, "recorded", cli_text(cli, answer, "type"));
    cli_field(cli, "entry", cli_text(cli, answer, "seq"));
    cli_field(cli, "hash", cli_text(cli, answer, "hash"));
    cli_field(cli, "at", cli_text(cli, answer, "resource"));
    cli_events_print(cli, json_object_get(answer, "events"));
}

enum tally_code cli_record(struct cli *cli, struct slice target, struct slice body, json_t **out, struct err *err)
{
    struct slice raw = SLICE("");
    enum tally_code rc = cli_post(cli, target, body, out, cli->is_json ? &raw : NULL, err);
    if (rc != TALLY_OK)
        return rc;
    if (cli->is_json)
        cli_print_json(raw);
    else
        cli_receipt_print(cli, *out);
    return TALLY_OK;
}

enum tally_code cli_record_or_preview(struct cli *cli, struct slice target, struct slice body, struct err *err)
{
    const struct slice begin = SLICE("/v1");
    json_t *answer = NULL;
    if (!cli_flag(cli, "--preview"))
        return cli_record(cli, target, body, &answer, err);
    ENSURE(slice_starts(target, begin));
    return cli_preview(cli,
                       arena_printf(cli->arena, "/v1/preview%.*s", (int) (target.len - begin.len), target.ptr + begin.len),
                       body, err);
}
