/* tally archive: everything, for an auditor. */
#include <string.h>
#include <unistd.h>

#include "cli.h"

MUST_CHECK static enum tally_code fetch(struct cli *cli, FILE *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf target = {0};
    struct cli_reply reply = {0};
    uint64_t from = 0;
    buf_init(&reply.body, CLI_ANSWER_MAX);
    TRY(cli_option_u64(cli, "--from", 0, (uint64_t) 1 << 53, &from, err));
    cli_target_begin(&target, "/v1/archive");
    cli_target_add(&target, "from", cli_option(cli, "--from"));
    const struct cli_request request = {.method = "GET", .target = buf_slice(&target), .stream = out};
    TRY(cli_http(cli, &request, &reply, err));
    if (reply.status != 200)
        TRY(cli_problem(cli, &reply, err));
    if (fflush(out) != 0)
        TRY(err_set(err, TALLY_E_IO, "writing the archive: %m"));
done:
    buf_release(&target);
    buf_release(&reply.body);
    return rc;
}

/* Whole or not at all: what broke off is not left behind under the name of an archive. */
MUST_CHECK static enum tally_code run(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *path = cli_option(cli, "-o");
    if (path == NULL)
        return fetch(cli, stdout, err);
    struct slice part = arena_printf(cli->arena, "%s.part", path);
    FILE *out = part.ptr == NULL ? NULL : fopen(part.ptr, "we");
    if (out == NULL)
        return err_set(err, TALLY_E_IO, "%s.part: %m", path);
    TRY(fetch(cli, out, err));
    if (fsync(fileno(out)) != 0 || rename(part.ptr, path) != 0)
        TRY(err_set(err, TALLY_E_IO, "%s: %m", path));
    if (!cli->is_json)
        (void) fprintf(stderr, "Next: tally-verify %s --vkey VKEY, with the ledger's key from a source that you trust\n",
                       path);
done:
    (void) fclose(out);
    if (rc != TALLY_OK)
        (void) unlink(part.ptr);
    return rc;
}

static const struct cli_option OPTIONS[] = {{"-o", "FILE", "into this file instead of standard output", false},
                                            {"--from", "SEQ", "from this entry on", false}};
static const struct cli_command COMMANDS[] = {
    {NULL, "[-o FILE]", "the whole ledger as JSON Lines, which tally-verify checks without any service",
     "tally archive > ledger.jsonl", 0, 0, run, CLI_OPTIONS(OPTIONS)},
};
const struct cli_family cli_archive = {"archive", "everything, for an auditor", COMMANDS, 1};
