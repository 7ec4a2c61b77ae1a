/* tally erase: the body of an entry, on a stated ground. */
#include "cli.h"
#include "tally/canon.h"

#define BODY_MAX 4096

MUST_CHECK static enum tally_code run(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf body;
    struct canon w;
    json_t *answer = NULL;
    const char *ground = NULL;
    uint64_t seq = 0;
    buf_init(&body, BODY_MAX);
    TRY(cli_arg_seq(cli, 0, &seq, err));
    TRY(cli_option_needed(cli, "--ground", &ground, err));
    canon_init(&w, &body);
    canon_object(&w);
    canon_name(&w, "ground");
    canon_str(&w, ground);
    canon_close(&w);
    rc = buf_check(&body, err);
    if (rc != TALLY_OK)
        TRY(err_set(err, TALLY_E_USAGE, "--ground is not UTF-8, or too long"));
    TRY(cli_record(cli, arena_printf(cli->arena, "/v1/entries/%llu/erasure", (unsigned long long) seq), buf_slice(&body),
                   &answer, err));
done:
    buf_release(&body);
    return rc;
}

static const struct cli_option OPTIONS[] = {
    {"--ground", "TEXT", "why; it is public for ever, so that it names nobody", false}};
static const struct cli_command COMMANDS[] = {
    {NULL, "SEQ --ground TEXT",
     "erase the body of an entry that you signed, or as the operator of any: text, signature and nonce go for good\n"
     "Header, chain and tree stay; what calculations need stays as residue, of a result its dimensions and value. Copies "
     "that others took, and backups until they expire, are not reached.",
     "tally erase 12 --ground \"asked for by the person concerned\"", 1, 1, run, CLI_OPTIONS(OPTIONS)},
};
const struct cli_family cli_erase = {"erase", "the body of an entry, on a stated ground", COMMANDS, 1};
