/* tally: what people use. It signs for them. */
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "tally/file.h"

const struct cli_family *const cli_families[] = {&cli_key,    &cli_actor,   &cli_indicator, &cli_terms,   &cli_contract,
                                                 &cli_result, &cli_payment, &cli_log,       &cli_archive, &cli_receipt,
                                                 &cli_erase,  &cli_witness, &cli_relay,     &cli_api};
const size_t cli_family_count = sizeof cli_families / sizeof cli_families[0];

MUST_CHECK static enum tally_code run(struct cli *cli, int argc, char **argv, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(cli_args_read(cli, argc, argv, err));
    if (cli->is_help) {
        cli_help_print(cli, stdout);
        goto done;
    }
    if (cli->command == NULL) {
        cli_help_print(cli, stderr);
        err->detail[0] = '\0';
        rc = TALLY_E_USAGE;
        goto done;
    }
    TRY(cli_config_read(cli, err));
    TRY(cli->command->run(cli, err));
done:
    return rc;
}

static enum cli_status status_of(enum tally_code rc)
{
    switch (rc) {
    case TALLY_OK:
        return CLI_DONE;
    case TALLY_E_USAGE:
        return CLI_USAGE;
    case TALLY_E_UNAVAILABLE:
    case TALLY_E_TIMEOUT:
    case TALLY_E_OUTCOME_UNKNOWN:
        return CLI_UNREACHABLE;
    default:
        return CLI_REFUSED;
    }
}

static void release(struct cli *cli)
{
    cli_http_release(cli);
    cli_trust_release(cli);
    key_pair_free(cli->pair);
    json_decref(cli->kept);
    arena_free(cli->arena);
}

/* An error may quote a file or a server: no control characters reach a terminal. */
static void tell(const struct err *err)
{
    struct buf clean;
    buf_init(&clean, ERR_DETAIL_MAX);
    cli_clean(&clean, slice_str(err->detail), true);
    (void) fprintf(stderr, "tally: %.*s\n", SLICE_ARG(buf_slice(&clean)));
    buf_release(&clean);
}

int main(int argc, char **argv)
{
    if (!file_keep_streams())
        return (int) CLI_REFUSED;
    struct err err = {0};
    enum tally_code rc = TALLY_OK;
    const char *no_colour = getenv("NO_COLOR");
    struct cli cli = {.arena = arena_new(CLI_ARENA_MAX), .kept = json_array(), .is_terminal = isatty(STDOUT_FILENO) == 1};
    cli.lasting = cli.arena;
    cli.is_colour = cli.is_terminal && (no_colour == NULL || no_colour[0] == '\0');
    if (cli.arena == NULL || cli.kept == NULL)
        rc = err_set(&err, TALLY_E_NO_MEMORY, "out of memory");
    if (rc == TALLY_OK)
        rc = run(&cli, argc, argv, &err);
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) && rc == TALLY_OK)
        rc = err_set(&err, TALLY_E_IO, "writing to standard output: %m");
    if (rc != TALLY_OK && err.detail[0] != '\0')
        tell(&err);
    release(&cli);
    return (int) status_of(rc);
}
