/* tally witness: cosigns the checkpoints of logs, so that none can show two histories. */
#include <unistd.h>

#include "cli.h"
#include "tally/log.h"
#include "tally/mem.h"
#include "tally/policy.h"
#include "witness_serve.h"

MUST_CHECK static enum tally_code new_witness(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *name = NULL;
    struct witness witness = {.lock_fd = -1};
    TRY(cli_option_needed(cli, "--name", &name, err));
    TRY(witness_create(cli->args[0], slice_str(name), err));
    TRY(witness_open(cli->args[0], false, &witness, err));
    (void) puts(witness.vkey);
    (void) fprintf(
        stderr,
        "This is the witness's verifier key: give it to the ledger's operator and to everybody who shall trust it. "
        "Next: tally witness run %s --log VKEY\n",
        cli->args[0]);
done:
    witness_release(&witness);
    return rc;
}

MUST_CHECK static enum tally_code print_vkey(struct cli *cli, struct err *err)
{
    struct witness witness = {.lock_fd = -1};
    enum tally_code rc = witness_open(cli->args[0], false, &witness, err);
    if (rc == TALLY_OK)
        (void) puts(witness.vkey);
    witness_release(&witness);
    return rc;
}

MUST_CHECK static enum tally_code add_logs_of(struct cli *cli, struct witness *witness, const char *file, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct policy policy = {0};
    struct slice text;
    TRY(cli_file_read(cli, file, &text, err));
    if (policy_read(text, &policy, err) != TALLY_OK)
        TRY(err_context(err, "%s", file));
    for (size_t i = 0; i < policy.log_count; i++)
        TRY(witness_log_add(witness, policy.logs[i].vkey, err));
done:
    policy_release(&policy);
    return rc;
}

MUST_CHECK static enum tally_code run(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *listen = cli_option(cli, "--listen");
    const char *policy = cli_option(cli, "--policy");
    struct witness *witness = mem_zero(sizeof *witness);
    if (witness == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a witness");
    witness->lock_fd = -1;
    log_init(isatty(STDERR_FILENO) == 1 ? LOG_FORM_HUMAN : LOG_FORM_JSON, LOG_LEVEL_INFO);
    TRY(witness_open(cli->args[0], true, witness, err));
    for (int i = 0; cli_option_nth(cli, "--log", i) != NULL; i++)
        TRY(witness_log_add(witness, slice_str(cli_option_nth(cli, "--log", i)), err));
    if (policy != NULL)
        TRY(add_logs_of(cli, witness, policy, err));
    if (witness->log_count == 0)
        TRY(err_set(err, TALLY_E_USAGE,
                    "which logs? Give each one's verifier key with --log, or a policy file with --policy"));
    TRY(witness_serve(witness, listen == NULL ? WITNESS_LISTEN : listen, err));
done:
    witness_release(witness);
    mem_free(witness);
    return rc;
}

static const struct cli_option NEW[] = {
    {"--name", "NAME", "what it is called in every cosignature, such as witness.example/w1", false}};
static const struct cli_option RUN[] = {
    {"--log", "VKEY", "a log that it cosigns: the verifier key that its operator publishes", true},
    {"--policy", "FILE", "a trust policy (C2SP tlog-policy): all its logs", false},
    {"--listen", "ADDR:PORT", "numeric; port 0 takes a free one (" WITNESS_LISTEN ")", false}};
static const struct cli_command COMMANDS[] = {
    {"new", "DIR", "make a witness: its key, which only you can read, and the folder of its memory",
     "tally witness new ./witness --name witness.example/w1", 1, 1, new_witness, CLI_OPTIONS(NEW)},
    {"vkey", "DIR", "print its verifier key: what others trust it by", "tally witness vkey ./witness", 1, 1, print_vkey,
     CLI_NO_OPTIONS},
    {"run", "DIR",
     "serve POST /add-checkpoint (C2SP tlog-witness) until SIGTERM\n"
     "Each checkpoint is cosigned only when it continues the one before. DIR is its memory: never\n"
     "copy it, never bring an older one back. It speaks HTTP; a proxy in front of it speaks HTTPS.",
     "tally witness run ./witness --log 'example.org/outcomes+7ec98ec2+AVq8qpwi...'", 1, 1, run, CLI_OPTIONS(RUN)},
};
const struct cli_family cli_witness = {"witness", "be a witness: cosign what ledgers show, and never two histories",
                                       COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0]};
