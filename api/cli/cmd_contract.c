/* tally contract: propose, sign, accede, look up. */
#include <string.h>

#include "cli.h"
#include "contract_version.h"
#include "tally/entry.h"

MUST_CHECK static enum tally_code list(struct cli *cli, struct err *err)
{
    static const char *const members[] = {"id", "state", "proposed_by", "seq", "activated_seq", "title"};
    struct buf target;
    struct cli_table table;
    json_t *items = NULL, *one = NULL;
    size_t i = 0;
    cli_target_begin(&target, "/v1/contracts");
    cli_target_add(&target, "actor", cli_option(cli, "--party"));
    enum tally_code rc = cli_ask_list(cli, &target, &items, err);
    if (rc != TALLY_OK || cli->is_json)
        return rc;
    cli_table_begin(&table, cli, "ID STATE PROPOSED-BY ENTRY> IN-FORCE> TITLE");
    json_array_foreach(items, i, one)
    {
        for (size_t m = 0; m < sizeof members / sizeof members[0]; m++)
            cli_table_cell(&table, cli_text(cli, one, members[m]));
    }
    cli_table_end(&table);
    return TALLY_OK;
}

void contract_print_parties(struct cli *cli, const json_t *contract)
{
    static const char *const members[] = {"party", "role", "actor", "kid", "signed_seq"};
    struct cli_table table;
    json_t *one = NULL;
    size_t i = 0;
    cli_table_begin(&table, cli, "PARTY ROLE ACTOR KID SIGNED>");
    json_array_foreach(json_object_get(contract, "parties"), i, one)
    {
        for (size_t m = 0; m < sizeof members / sizeof members[0]; m++)
            cli_table_cell(&table, cli_text(cli, one, members[m]));
    }
    cli_table_end(&table);
}

MUST_CHECK static enum tally_code show(struct cli *cli, struct err *err)
{
    static const char *const members[] = {"id",         "title",       "state", "version",       "version_number",
                                          "terms",      "proposed_by", "seq",   "activated_seq", "amendments_open",
                                          "next_moment"};
    enum tally_code rc = TALLY_OK;
    struct slice raw = SLICE("");
    json_t *answer = NULL;
    TRY(cli_id_check(cli->args[0], err));
    TRY(cli_askf(cli, &answer, &raw, err, "/v1/contracts/%s", cli->args[0]));
    if (cli->is_json) {
        cli_print_json(raw);
        goto done;
    }
    for (size_t m = 0; m < sizeof members / sizeof members[0]; m++)
        cli_field(cli, members[m], cli_text(cli, answer, members[m]));
    contract_print_parties(cli, answer);
done:
    return rc;
}

/* Whose signatures it still needs, by name. */
static struct slice lacking_of(struct cli *cli, const json_t *amendment)
{
    struct slice text = SLICE("");
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(amendment, "lacking"), i, one) text =
        arena_printf(cli->arena, "%.*s%s%s", SLICE_ARG(text), text.len == 0 ? "" : ", ",
                     json_is_string(one) ? json_string_value(one) : "?");
    return text;
}

MUST_CHECK static enum tally_code amendments(struct cli *cli, struct err *err)
{
    static const char *const members[] = {"seq", "version_number", "state", "proposed_by", "in_force_seq", "version"};
    struct buf target;
    struct cli_table table;
    json_t *items = NULL, *one = NULL;
    size_t i = 0;
    enum tally_code rc = cli_id_check(cli->args[0], err);
    if (rc != TALLY_OK)
        return rc;
    cli_target_begin(&target, "/v1/contracts/%s/amendments", cli->args[0]);
    rc = cli_ask_list(cli, &target, &items, err);
    if (rc != TALLY_OK || cli->is_json)
        return rc;
    cli_table_begin(&table, cli, "ENTRY NUMBER STATE PROPOSED-BY IN-FORCE VERSION LACKS");
    json_array_foreach(items, i, one)
    {
        for (size_t m = 0; m < sizeof members / sizeof members[0]; m++)
            cli_table_cell(&table, cli_text(cli, one, members[m]));
        cli_table_cell(&table, lacking_of(cli, one));
    }
    cli_table_end(&table);
    return TALLY_OK;
}

MUST_CHECK static enum tally_code members(struct cli *cli, struct err *err)
{
    struct buf target;
    struct cli_table table;
    json_t *items = NULL, *one = NULL;
    size_t i = 0;
    enum tally_code rc = cli_id_check(cli->args[0], err);
    if (rc != TALLY_OK)
        return rc;
    cli_target_begin(&target, "/v1/contracts/%s/accessions", cli->args[0]);
    rc = cli_ask_list(cli, &target, &items, err);
    if (rc != TALLY_OK || cli->is_json)
        return rc;
    cli_table_begin(&table, cli, "CLASS ACTOR KID ENTRY>");
    json_array_foreach(items, i, one)
    {
        cli_table_cell(&table, cli_text(cli, one, "class"));
        cli_table_cell(&table, cli_text(cli, one, "actor"));
        cli_table_cell(&table, cli_text(cli, one, "kid"));
        cli_table_cell(&table, cli_text(cli, one, "seq"));
    }
    cli_table_end(&table);
    return TALLY_OK;
}

MUST_CHECK static enum tally_code terms(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice text = SLICE("");
    struct contract_seen seen = {0};
    struct buf target;
    uint64_t seq = 0;
    buf_init(&target, 0);
    TRY(cli_id_check(cli->args[0], err));
    if (cli_option(cli, "--amendment") != NULL && cli_option(cli, "--version") != NULL)
        TRY(err_set(err, TALLY_E_USAGE, "--version and --amendment are of two texts: give one of them"));
    TRY(cli_option_u64(cli, "--amendment", 1, ENTRY_SEQ_MAX, &seq, err));
    if (seq != 0) {
        TRY(contract_see_amendment(cli, cli->args[0], seq, &seen, err));
        text = seen.text;
    } else {
        cli_target_begin(&target, "/v1/contracts/%s/terms", cli->args[0]);
        cli_target_add(&target, "version", cli_option(cli, "--version"));
        TRY(buf_check(&target, err));
        TRY(cli_ask_text(cli, buf_slice(&target), &text, err));
    }
    if (cli->is_terminal)
        cli_print(text);
    else
        (void) fwrite(text.ptr, 1, text.len, stdout); /* a file, whose hash is that of the contract */
done:
    buf_release(&target);
    return rc;
}

MUST_CHECK static enum tally_code state(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf target;
    struct cli_table table;
    json_t *items = NULL, *one = NULL;
    size_t i = 0;
    TRY(cli_id_check(cli->args[0], err));
    cli_target_begin(&target, "/v1/contracts/%s/state", cli->args[0]);
    cli_target_add(&target, "rule", cli_option(cli, "--rule"));
    cli_target_add(&target, "key", cli_option(cli, "--instance"));
    TRY(cli_ask_list(cli, &target, &items, err));
    if (cli->is_json)
        goto done;
    cli_table_begin(&table, cli, "RULE INSTANCE STATE AMOUNT> TARGET> STANDS> WAITS-FOR");
    json_array_foreach(items, i, one)
    {
        cli_table_cell(&table, cli_text(cli, one, "rule"));
        cli_table_cell(&table, cli_text(cli, one, "key"));
        cli_table_cell(&table, cli_text(cli, one, "state"));
        cli_table_cell(&table, cli_money(cli, cli_text(cli, one, "amount")));
        cli_table_cell(&table, cli_money(cli, cli_text(cli, one, "target")));
        cli_table_cell(&table, cli_money(cli, cli_text(cli, one, "stands")));
        cli_table_cell(&table, cli_text(cli, one, "reason"));
    }
    cli_table_end(&table);
    if (json_array_size(items) == 0)
        (void) fprintf(stderr, "tally: there is no such instance yet%s\n",
                       cli->actor != NULL && cli->key != NULL
                           ? ", or none that you may read"
                           : ", or none that is open; a party reads what is not open with --actor and --key");
done:
    return rc;
}

MUST_CHECK static enum tally_code exposure(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice raw = SLICE("");
    struct cli_table table;
    json_t *answer = NULL, *one = NULL;
    size_t i = 0;
    TRY(cli_id_check(cli->args[0], err));
    TRY(cli_askf(cli, &answer, &raw, err, "/v1/contracts/%s/exposure", cli->args[0]));
    if (cli->is_json) {
        cli_print_json(raw);
        goto done;
    }
    cli_table_begin(&table, cli, "PARTY SIDE CURRENCY LEAST> MOST> LOWEST>");
    json_array_foreach(json_object_get(answer, "parties"), i, one)
    {
        static const char *const amounts[] = {"least", "most", "lowest"};
        cli_table_cell(&table, cli_text(cli, one, "party"));
        cli_table_cell(&table, cli_text(cli, one, "side"));
        cli_table_cell(&table, cli_text(cli, one, "currency"));
        for (size_t k = 0; k < 3; k++)
            cli_table_cell(&table, json_is_null(json_object_get(one, amounts[k]))
                                       ? SLICE("no bound")
                                       : cli_money(cli, cli_text(cli, one, amounts[k])));
    }
    cli_table_end(&table);
done:
    return rc;
}

static const struct cli_option LIST[] = {
    {"--party", "ACTOR", "only those that this actor is a party of, or has joined", false}, CLI_LIST_OPTIONS};
static const struct cli_option PROPOSE[] = {
    {"--id", "ID", "what the contract is called in this ledger", false},
    {"--party", "NAME=ACTOR", "which actor a party of the text is, by its newest key; NAME=ACTOR:KID for another key",
     true},
    {"--private", NULL, "for its parties alone, of whom you are one; everybody sees that there are entries, and by whom",
     false},
    CLI_PREVIEW_OPTION};
static const struct cli_option AMEND[] = {
    {"--contract", "ID", "the contract that is to be amended, of which you are a party", false},
    {"--party", "NAME=ACTOR", "which actor a party of the text is, by its newest key; NAME=ACTOR:KID for another key",
     true},
    CLI_PREVIEW_OPTION};
static const struct cli_option SIGN[] = {
    {"--as", "PARTY", "the party of the text that you are", false},
    {"--amendment", "SEQ", "sign the amendment that this entry proposes, and not the version in force", false},
    CLI_PREVIEW_OPTION};
static const struct cli_option ACCEDE[] = {{"--as", "CLASS", "the class of parties of the text that you join", false},
                                           CLI_PREVIEW_OPTION};
static const struct cli_option LISTED[] = {CLI_LIST_OPTIONS};
static const struct cli_option STATE[] = {
    {"--rule", "NAME", "only the instances of this pay rule", false},
    {"--instance", "KEY", "only those of this key: its members in the order of `for each`, joined by |", false},
    CLI_LIST_OPTIONS};
static const struct cli_option TERMS[] = {
    {"--version", "NUMBER|HASH",
     "a text that is or was in force: its number, its version or its own hash; without, the newest", false},
    {"--amendment", "SEQ", "the text of the amendment that this entry proposes, in force or not", false}};
static const struct cli_command COMMANDS[] = {
    {"propose", "FILE.terms --id ID --party NAME=ACTOR ...",
     "propose terms, with an actor for each party of the text; prints the version to compare before anybody signs",
     "tally contract propose rikers-able.terms --id rikers-able --party city=city --party mdrc=mdrc \\\n"
     "    --party goldman=goldman --party bloomberg=bloomberg --party vera=vera",
     1, 1, contract_propose, CLI_OPTIONS(PROPOSE)},
    {"amend", "FILE.terms --contract ID --party NAME=ACTOR ...",
     "propose a text that amends the one in force (version n amends HASH effective DAY); --preview shows every difference "
     "that it would trigger if it were in force now",
     "tally contract amend denver-sib-2.terms --contract denver-sib --party denver=denver --party lenders=lenders \\\n"
     "    --party csh=csh --party urban=urban --preview",
     1, 1, contract_amend, CLI_OPTIONS(AMEND)},
    {"amendments", "ID",
     "the texts that amend a contract, and whose signatures they still lack; of `2 of (a, b, c)` all who may be the next",
     "tally contract amendments denver-sib", 1, 1, amendments, CLI_OPTIONS(LISTED)},
    {"sign", "ID --as PARTY",
     "sign a contract's version, which is first recomputed here from its text, its parties and its indicators\n"
     "It says what the party can owe and receive by that text.",
     "tally --actor city --key city.pem contract sign rikers-able --as city", 1, 1, contract_sign, CLI_OPTIONS(SIGN)},
    {"accede", "ID --as CLASS",
     "join a class of parties, by signing the contract's version, which is first recomputed here; its members are called "
     "by their "
     "actors' ids in results",
     "tally --actor north --key north.pem contract accede zone-1 --as facility", 1, 1, contract_accede,
     CLI_OPTIONS(ACCEDE)},
    {"members", "ID", "who has joined the classes of parties of a contract", "tally contract members zone-1", 1, 1, members,
     CLI_OPTIONS(LISTED)},
    {"list", "", "the contracts", "tally contract list", 0, 0, list, CLI_OPTIONS(LIST)},
    {"show", "ID", "a contract: its version, parties and signatures", "tally contract show rikers-able", 1, 1, show,
     CLI_NO_OPTIONS},
    {"terms", "ID", "a contract's text, as it is in force, as it was, or as an amendment proposes it",
     "tally contract terms denver-sib --version 1", 1, 1, terms, CLI_OPTIONS(TERMS)},
    {"state", "ID", "each instance of each pay rule: its amount, what stands, what it waits for",
     "tally contract state rikers-able --rule success", 1, 1, state, CLI_OPTIONS(STATE)},
    {"exposure", "ID", "the least and the most that each payer can owe and each payee receive, whatever is reported",
     "tally contract exposure rikers-able", 1, 1, exposure, CLI_NO_OPTIONS},
};
const struct cli_family cli_contract = {"contract", "propose, sign and look up contracts", COMMANDS,
                                        sizeof COMMANDS / sizeof COMMANDS[0]};
