/* tally relay: brings a ledger's checkpoints to its witnesses, and their cosignatures back. */
#include <curl/curl.h>
#include <unistd.h>

#include "cli.h"
#include "relay.h"
#include "tally/log.h"

/* --allow NAME for each witness that may be at any address. */
MUST_CHECK static enum tally_code read_allowed(const struct cli *cli, const struct policy *policy, uint64_t *out,
                                               struct err *err)
{
    const char *name;
    for (int n = 0; (name = cli_option_nth(cli, "--allow", n)) != NULL; n++) {
        size_t at = 0;
        while (at < policy->witness_count && !slice_is(policy->witnesses[at].name, name))
            at++;
        if (at == policy->witness_count)
            return err_set(err, TALLY_E_USAGE, "--allow %s: the policy has no witness of this name", name);
        *out |= UINT64_C(1) << at;
    }
    return TALLY_OK;
}

MUST_CHECK static enum tally_code check_policy(const struct policy *policy, const char *file, struct err *err)
{
    bool has_url = false;
    if (policy->log_count == 0)
        return err_set(err, TALLY_E_USAGE, "%s has no line `log VKEY`: which ledger is it?", file);
    for (size_t i = 0; i < policy->witness_count; i++)
        has_url |= policy->witnesses[i].url.len > 0;
    if (!has_url)
        return err_set(err, TALLY_E_USAGE, "no witness in %s has an address: witness NAME VKEY https://...", file);
    return TALLY_OK;
}

/* libcurl would say at each exchange that it cannot read it. */
MUST_CHECK static enum tally_code check_cacert(struct cli *cli, const char *file, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice text = SLICE("");
    static const char begin[] = "-----BEGIN ";
    if (file == NULL)
        return TALLY_OK;
    TRY(cli_file_read(cli, file, &text, err));
    if (text.len == 0 || memmem(text.ptr, text.len, begin, sizeof begin - 1) == NULL)
        TRY(err_set(err, TALLY_E_USAGE, "--cacert: %s has no certificate in it (PEM)", file));
done:
    return rc;
}

MUST_CHECK static enum tally_code run(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *file = NULL;
    struct policy policy = {0};
    struct slice text = SLICE("");
    uint64_t deadline_ms = RELAY_DEADLINE_MS;
    struct relay_options options = {.policy = &policy, .poll_ms = RELAY_POLL_MS, .fresh_s = RELAY_FRESH_S};
    TRY(cli_option_needed(cli, "--policy", &file, err));
    TRY(cli_file_read(cli, file, &text, err));
    if (policy_read(text, &policy, err) != TALLY_OK)
        TRY(err_context(err, "%s", file));
    TRY(check_policy(&policy, file, err));
    TRY(read_allowed(cli, &policy, &options.anywhere, err));
    TRY(cli_option_u64(cli, "--deadline-ms", 1, RELAY_DEADLINE_MS, &deadline_ms, err));
    TRY(cli_option_u64(cli, "--poll-ms", 10, RELAY_POLL_MAX_MS, &options.poll_ms, err));
    TRY(cli_option_u64(cli, "--fresh-s", 1, RELAY_FRESH_S, &options.fresh_s, err));
    options.cacert = cli_option(cli, "--cacert");
    TRY(check_cacert(cli, options.cacert, err));
    options.deadline_ms = (long) deadline_ms;
    options.is_once = cli_flag(cli, "--once");
    struct slice server = slice_str(cli->server);
    while (server.len > 0 && server.ptr[server.len - 1] == '/')
        server.len--;
    options.server = arena_strdup(cli->arena, server);
    if (options.server == NULL || server.len > RELAY_URL_MAX / 2)
        TRY(err_set(err, TALLY_E_USAGE, "--server: the address is too long"));
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "libcurl does not start"));
    log_init(isatty(STDERR_FILENO) == 1 ? LOG_FORM_HUMAN : LOG_FORM_JSON, LOG_LEVEL_INFO);
    rc = relay_run(&options, err);
    curl_global_cleanup();
done:
    policy_release(&policy);
    return rc;
}

static const struct cli_option OPTIONS[] = {
    {"--policy", "FILE", "the ledger's key, and the witnesses with their addresses (C2SP tlog-policy)", false},
    {"--allow", "NAME", "this witness may be at any address, and speak http; otherwise https to a public one", true},
    {"--cacert", "FILE", "trust only the authorities whose certificates are in it (PEM), not the system's; for https",
     false},
    {"--once", NULL, "ask each witness once; exit status 1 when the policy's quorum is not met", false},
    {"--poll-ms", "N", "between looks at the ledger (1000)", false},
    {"--deadline-ms", "N", "for each exchange, at most 5000 (5000)", false},
    {"--fresh-s", "N", "after so long without a new entry the newest checkpoint is cosigned anew, at most 3600 (3600)",
     false},
};
static const struct cli_command COMMANDS[] = {
    {NULL, "",
     "have the witnesses of a policy cosign what a ledger shows, and bring it their cosignatures\n"
     "It needs no key and no database. A witness that is away is asked again, less and less often; the\n"
     "others and the ledger do not wait for it. The ledger takes what it trusts: tallyd --policy FILE.",
     "tally relay --server http://127.0.0.1:8420 --policy witnesses.policy", 0, 0, run, CLI_OPTIONS(OPTIONS)},
};
const struct cli_family cli_relay = {"relay", "bring checkpoints to witnesses, and cosignatures back", COMMANDS, 1};
