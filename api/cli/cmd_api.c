/* tally api: any request of the API, signed where it has to be. */
#include <string.h>

#include "cli.h"
#include "tally/statement.h"

MUST_CHECK static enum tally_code get(struct cli *cli, const char *target, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli_reply reply = {0};
    const struct cli_request request = {.method = "GET", .target = slice_str(target), .stream = stdout};
    buf_init(&reply.body, CLI_ANSWER_MAX);
    TRY(cli_http(cli, &request, &reply, err));
    if (reply.status != 200)
        TRY(cli_problem(cli, &reply, err));
    if (cli->is_terminal)
        (void) putchar('\n');
done:
    buf_release(&reply.body);
    return rc;
}

MUST_CHECK static enum tally_code post(struct cli *cli, struct slice target, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice body = SLICE(""), raw = SLICE("");
    json_t *answer = NULL;
    TRY(cli_file_read(cli, "-", &body, err));
    if (slice_starts(target, SLICE("/v1/preview/"))) {
        cli->is_json = true;
        TRY(cli_preview(cli, target, body, err));
        goto done;
    }
    if (!statement_target_is_plain(target))
        TRY(err_set(err, TALLY_E_USAGE,
                    "%.*s cannot be signed: a path begins with / and has no query, no %% and no empty segment",
                    SLICE_ARG(target)));
    TRY(cli_post(cli, target, body, &answer, &raw, err));
    cli_print_json(raw);
done:
    return rc;
}

MUST_CHECK static enum tally_code run(struct cli *cli, struct err *err)
{
    const char *method = cli->args[0], *target = cli->args[1];
    if (target[0] != '/')
        return err_set(err, TALLY_E_USAGE, "%s is no path: it begins with /, such as /v1/contracts", target);
    if (strcmp(method, "GET") == 0)
        return get(cli, target, err);
    if (strcmp(method, "POST") == 0)
        return post(cli, slice_str(target), err);
    return err_set(err, TALLY_E_USAGE, "the method is GET or POST, not %s", method);
}

static const struct cli_command COMMANDS[] = {
    {NULL, "GET|POST PATH",
     "send a request as it is; a POST is signed with your key, its body comes from standard input\n"
     "GET /openapi.yaml is the API's contract.",
     "tally api POST /v1/results < result.json", 2, 2, run, CLI_NO_OPTIONS},
};
const struct cli_family cli_api = {"api", "any request, signed", COMMANDS, 1};
