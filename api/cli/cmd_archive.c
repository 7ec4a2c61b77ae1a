/* tally archive: everything, for an auditor. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "cli_gzip.h"

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

MUST_CHECK static enum tally_code fetch_packed(struct cli *cli, FILE *out, struct err *err)
{
    FILE *packed = NULL;
    enum tally_code rc = cli_gzip_open(out, &packed, err);
    if (rc != TALLY_OK)
        return rc;
    rc = fetch(cli, packed, err);
    if (fclose(packed) != 0 && rc == TALLY_OK)
        rc = err_set(err, TALLY_E_IO, "writing the archive: %m");
    return rc;
}

static bool is_packed(const struct cli *cli, const char *path)
{
    size_t len = path == NULL ? 0 : strlen(path);
    return cli_flag(cli, "--gzip") || (len > 3 && strcmp(path + len - 3, ".gz") == 0);
}

/* Whole or not at all: what broke off is not left behind under the name of an archive. */
MUST_CHECK static enum tally_code run(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *path = cli_option(cli, "-o");
    if (path == NULL)
        return is_packed(cli, path) ? fetch_packed(cli, stdout, err) : fetch(cli, stdout, err);
    struct stat status;
    if (stat(path, &status) == 0 &&
        !S_ISREG(status.st_mode)) /* a device or a pipe would be gone, and a file in its place */
        return err_set(err, TALLY_E_USAGE, "-o %s is no ordinary file; without -o it goes to standard output", path);
    struct slice part =
        arena_printf(cli->arena, "%s.part.%ld", path, (long) getpid()); /* of two at once each has its own */
    if (part.ptr == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    FILE *out = fopen(part.ptr, "wxe");
    if (out == NULL)
        return err_set(err, TALLY_E_IO, "%s: %m", part.ptr);
    if (is_packed(cli, path))
        TRY(fetch_packed(cli, out, err));
    else
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
                                            {"--gzip", NULL, "packed by gzip, as into a FILE.gz", false},
                                            {"--from", "SEQ", "from this entry on", false}};
static const struct cli_command COMMANDS[] = {
    {NULL, "[-o FILE] [--gzip] [--from SEQ]",
     "the whole ledger as JSON Lines, which tally-verify checks without any service", "tally archive -o ledger.jsonl.gz", 0,
     0, run, CLI_OPTIONS(OPTIONS)},
};
const struct cli_family cli_archive = {"archive", "everything, for an auditor", COMMANDS, 1};
