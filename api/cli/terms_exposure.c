/* tally terms exposure: the least and the most that anybody can owe under a text. */
#include "terms_exposure.h"

#include "tally/canon.h"
#include "tally/diag.h"
#include "tally/exposure.h"
#include "terms_compile.h"

static struct slice bound(struct cli *cli, struct slice amount)
{
    return amount.ptr == NULL ? SLICE("no bound") : cli_money(cli, amount);
}

static void print_rules(struct cli *cli, const struct terms *terms, const struct exposure *exposure)
{
    struct cli_table table;
    cli_heading(cli, "Rules");
    cli_table_begin(&table, cli, "RULE INSTANCES> CURRENCY EACH-LEAST> EACH-MOST> ALL-LEAST> ALL-MOST>");
    for (uint32_t i = 0; i < exposure->rule_count; i++) {
        const struct exposure_rule *rule = &exposure->rules[i];
        const struct terms_rule *shown = terms_rule(terms, rule->rule);
        cli_table_cell(&table, shown->name);
        cli_table_cell(&table, arena_printf(cli->arena, "%llu", (unsigned long long) rule->instances));
        cli_table_cell(&table, shown->currency);
        cli_table_cell(&table, rule->is_never ? SLICE("never") : bound(cli, rule->one.least));
        cli_table_cell(&table, rule->is_never ? SLICE("never") : bound(cli, rule->one.most));
        cli_table_cell(&table, bound(cli, rule->all.least));
        cli_table_cell(&table, bound(cli, rule->all.most));
    }
    cli_table_end(&table);
}

/* only: NULL, or the one party that is printed. */
static void print_parties(struct cli *cli, const struct terms *terms, const struct exposure *exposure, const char *only)
{
    struct cli_table table;
    bool has_row = false;
    cli_table_begin(&table, cli, "PARTY SIDE CURRENCY LEAST> MOST> LOWEST>");
    for (uint32_t i = 0; i < exposure->party_count; i++) {
        const struct exposure_party *party = &exposure->parties[i];
        if (only != NULL && !slice_is(terms_party(terms, party->party)->name, only))
            continue;
        has_row = true;
        cli_table_cell(&table, terms_party(terms, party->party)->name);
        cli_table_cell(&table, party->is_payer ? SLICE("owes") : SLICE("receives"));
        cli_table_cell(&table, party->currency);
        cli_table_cell(&table, bound(cli, party->all.least));
        cli_table_cell(&table, bound(cli, party->all.most));
        cli_table_cell(&table, bound(cli, party->all.lowest));
    }
    if (has_row || only == NULL)
        cli_table_end(&table);
    else
        cli_field(cli, only, SLICE("neither owes nor receives anything"));
}

enum tally_code cli_terms_exposure(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct terms *terms = NULL;
    struct exposure *exposure = NULL;
    struct buf out;
    struct canon w;
    buf_init(&out, CLI_ANSWER_MAX);
    TRY(terms_compile_file(cli, cli->args[0], NULL, &terms, err));
    TRY(terms_exposure(terms, cli->arena, &exposure, err));
    if (cli->is_json) {
        canon_init(&w, &out);
        exposure_write(&w, terms, exposure);
        TRY(buf_check(&out, err));
        cli_print_json(buf_slice(&out));
    } else {
        print_rules(cli, terms, exposure);
        cli_heading(cli, "Parties");
        print_parties(cli, terms, exposure, NULL);
    }
done:
    terms_free(terms);
    buf_release(&out);
    return rc;
}

enum tally_code cli_exposure_print(struct cli *cli, struct slice text, const char *party, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct terms *terms = NULL;
    struct exposure *exposure = NULL;
    struct diags diags;
    diags_init(&diags, cli->arena);
    TRY(terms_compile(text, &diags, &terms, err));
    if (terms == NULL)
        goto done;
    TRY(terms_exposure(terms, cli->arena, &exposure, err));
    print_parties(cli, terms, exposure, party);
done:
    terms_free(terms);
    return rc;
}
