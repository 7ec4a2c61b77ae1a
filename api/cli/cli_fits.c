/* Which contracts the results of a statement feed, recorded or not: whoever submits them sees a slip of the pen at once. */
#include "cli.h"

/* With the version of its text, where that is not its first. */
static struct slice contract_of(struct cli *cli, const json_t *fit)
{
    struct slice id = cli_text(cli, fit, "contract"), version = cli_text(cli, fit, "version_number");
    return version.len == 0 || slice_is(version, "1")
               ? id
               : arena_printf(cli->arena, "%.*s version %.*s", SLICE_ARG(id), SLICE_ARG(version));
}

void cli_fits_print(struct cli *cli, const json_t *items, size_t most, uint64_t all)
{
    struct cli_table table;
    json_t *item = NULL, *fit = NULL;
    size_t i = 0, k = 0, count = 0;
    cli_table_begin(&table, cli, "ITEM> RESULT VALUE> CONTRACT METRIC KEY IS");
    json_array_foreach(items, i, item)
    {
        if (i == most)
            break;
        json_array_foreach(json_object_get(item, "fits"), k, fit)
        {
            struct slice why = cli_text(cli, fit, "why");
            struct slice what = cli_text(cli, item, "indicator");
            cli_table_cell(&table, cli_text(cli, item, "item"));
            cli_table_cell(&table, arena_printf(cli->arena, "%.*s %.*s",
                                                SLICE_ARG(what.len > 0 ? what : cli_text(cli, item, "metric")),
                                                SLICE_ARG(cli_pairs(cli, json_object_get(item, "dimensions")))));
            cli_table_cell(&table, cli_text(cli, item, "value"));
            cli_table_cell(&table, contract_of(cli, fit));
            cli_table_cell(&table, cli_text(cli, fit, "metric"));
            cli_table_cell(&table, cli_text(cli, fit, "key"));
            struct slice replaced = cli_text(cli, fit, "replaced"), standing = cli_text(cli, fit, "standing");
            if (replaced.len > 0)
                standing = arena_printf(cli->arena, "%.*s, replaced by %.*s", SLICE_ARG(standing), SLICE_ARG(replaced));
            if (why.len > 0)
                standing = arena_printf(cli->arena, "not used: %.*s", SLICE_ARG(why));
            cli_table_cell(&table, standing);
            count++;
        }
    }
    cli_table_end(&table);
    if (count == 0)
        (void) fprintf(stderr, "tally: no contract that you may read has a metric for this: nothing follows from it yet\n");
    if (all > most)
        (void) fprintf(stderr, "tally: these are the first %zu of %llu results\n", most, (unsigned long long) all);
}
