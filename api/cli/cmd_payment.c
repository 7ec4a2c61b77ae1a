/* tally payment: what became due, why, and that it was paid. */
#include <string.h>

#include "payment_explain.h"
#include "tally/canon.h"
#include "tally/instant.h"

#define BODY_MAX 16384 /* as the service takes */

MUST_CHECK static enum tally_code list(struct cli *cli, struct err *err)
{
    struct buf target;
    struct cli_table table;
    json_t *items = NULL, *one = NULL;
    size_t i = 0;
    cli_target_begin(&target, "/v1/payments");
    cli_target_add(&target, "contract", cli_option(cli, "--contract"));
    cli_target_add(&target, "party", cli_option(cli, "--party"));
    enum tally_code rc = cli_ask_list(cli, &target, &items, err);
    if (rc != TALLY_OK || cli->is_json)
        return rc;
    cli_table_begin(&table, cli, "SEQ> CONTRACT RULE FROM TO AMOUNT> CURRENCY OUTSTANDING> DUE");
    json_array_foreach(items, i, one)
    {
        cli_table_cell(&table, cli_text(cli, one, "seq"));
        cli_table_cell(&table, cli_text(cli, one, "contract"));
        cli_table_cell(&table, cli_text(cli, one, "rule"));
        cli_table_cell(&table, cli_text(cli, one, "from.actor"));
        cli_table_cell(&table, cli_text(cli, one, "to.actor"));
        cli_table_cell(&table, cli_money(cli, cli_text(cli, one, "amount")));
        cli_table_cell(&table, cli_text(cli, one, "currency"));
        cli_table_cell(&table, cli_money(cli, cli_text(cli, one, "outstanding")));
        cli_table_cell(&table, cli_text(cli, one, "due"));
    }
    cli_table_end(&table);
    return TALLY_OK;
}

static void print_settlements(struct cli *cli, const json_t *answer)
{
    struct cli_table table;
    json_t *one = NULL;
    size_t i = 0;
    cli_table_begin(&table, cli, "SETTLED> AMOUNT> PAID-ON RECORDED-BY REFERENCE");
    json_array_foreach(json_object_get(answer, "items"), i, one)
    {
        cli_table_cell(&table, cli_text(cli, one, "seq"));
        cli_table_cell(&table, cli_money(cli, cli_text(cli, one, "amount")));
        cli_table_cell(&table, cli_text(cli, one, "paid_on"));
        cli_table_cell(&table, cli_text(cli, one, "recorded_by"));
        cli_table_cell(&table, cli_text(cli, one, "reference"));
    }
    cli_table_end(&table);
}

MUST_CHECK static enum tally_code show(struct cli *cli, struct err *err)
{
    static const struct {
        const char *member;
        bool is_money;
    } fields[] = {{"seq", false},        {"contract", false},   {"rule", false},      {"from.actor", false},
                  {"to.actor", false},   {"amount", true},      {"currency", false},  {"settled", true},
                  {"outstanding", true}, {"due", false},        {"triggered", false}, {"cause_seq", false},
                  {"owed_back", false},  {"explanation", false}};
    enum tally_code rc = TALLY_OK;
    uint64_t seq = 0;
    struct slice raw = SLICE("");
    json_t *answer = NULL, *settlements = NULL;
    TRY(cli_arg_seq(cli, 0, &seq, err));
    TRY(cli_askf(cli, &answer, &raw, err, "/v1/payments/%llu", (unsigned long long) seq));
    if (cli->is_json) {
        cli_print_json(raw);
        goto done;
    }
    TRY(cli_askf(cli, &settlements, NULL, err, "/v1/payments/%llu/settlements?limit=1000", (unsigned long long) seq));
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct slice text = cli_text(cli, answer, fields[i].member);
        cli_field(cli, fields[i].member, fields[i].is_money ? cli_money(cli, text) : text);
    }
    print_settlements(cli, settlements);
done:
    return rc;
}

MUST_CHECK static enum tally_code settle(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *amount = NULL, *reference = NULL, *paid_on = NULL;
    uint64_t seq = 0;
    int32_t day = 0;
    struct buf body;
    struct canon w;
    buf_init(&body, BODY_MAX);
    TRY(cli_arg_seq(cli, 0, &seq, err));
    TRY(cli_option_needed(cli, "--amount", &amount, err));
    TRY(cli_option_needed(cli, "--reference", &reference, err));
    TRY(cli_option_needed(cli, "--paid-on", &paid_on, err));
    if (day_parse(slice_str(paid_on), &day) != TALLY_OK)
        TRY(err_set(err, TALLY_E_USAGE, "--paid-on wants a day that exists, YYYY-MM-DD, not %s", paid_on));
    canon_init(&w, &body);
    canon_object(&w);
    canon_name(&w, "amount");
    canon_str(&w, amount);
    canon_name(&w, "paid_on");
    canon_str(&w, paid_on);
    canon_name(&w, "reference");
    canon_str(&w, reference);
    canon_close(&w);
    TRY(cli_body_check(&body, err));
    TRY(cli_record_or_preview(cli, arena_printf(cli->arena, "/v1/payments/%llu/settlements", (unsigned long long) seq),
                              buf_slice(&body), err));
done:
    buf_release(&body);
    return rc;
}

static const struct cli_option LIST[] = {{"--contract", "ID", "only of this contract", false},
                                         {"--party", "ACTOR", "only from or to this actor", false},
                                         CLI_LIST_OPTIONS};
static const struct cli_option SETTLE[] = {{"--amount", "MONEY", "what was paid: 4800000.00", false},
                                           {"--reference", "TEXT", "the bank's", false},
                                           {"--paid-on", "YYYY-MM-DD", "the day", false},
                                           CLI_PREVIEW_OPTION};
static const struct cli_command COMMANDS[] = {
    {"list", "", "what became due, from whom to whom", "tally payment list --contract rikers-able", 0, 0, list,
     CLI_OPTIONS(LIST)},
    {"show", "SEQ", "one payment and its settlements", "tally payment show 21", 1, 1, show, CLI_NO_OPTIONS},
    {"explain", "SEQ",
     "how it came to its amount: the terms' own words, the results used, each step.\n"
     "It is held against the hash in the ledger's entry with the payment's instances",
     "tally payment explain 21", 1, 1, payment_explain, CLI_NO_OPTIONS},
    {"settle", "SEQ --amount MONEY --reference TEXT --paid-on DAY", "record that it was paid; the payer or the payee does",
     "tally --actor city --key city.pem payment settle 21 --amount 4800000.00 --reference \"wire 1\" --paid-on 2026-01-15",
     1, 1, settle, CLI_OPTIONS(SETTLE)},
};
const struct cli_family cli_payment = {"payment", "what became due, why, and what was paid", COMMANDS,
                                       sizeof COMMANDS / sizeof COMMANDS[0]};
