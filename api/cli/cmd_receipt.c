/* tally receipt: what proves, without any service, that the ledger holds an entry. */
#include <inttypes.h>
#include <string.h>

#include "cli_trust.h"

static void print_people(const struct receipt_content *content)
{
    char time[INSTANT_TEXT_LEN + 1];
    instant_format(content->header.time, time);
    (void) fprintf(stderr, "entry %" PRIu64 ", %.*s by %.*s at %s, under a checkpoint of %" PRIu64 " entries\n",
                   content->header.seq, SLICE_ARG(content->header.type), SLICE_ARG(content->header.actor), time,
                   content->checkpoint.size);
}

MUST_CHECK static enum tally_code run(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli_reply reply = {0};
    struct receipt_content content;
    struct slice text = SLICE("");
    uint64_t seq = 0;
    buf_init(&reply.body, CLI_ANSWER_MAX);
    TRY(cli_arg_seq(cli, 0, &seq, err));
    const struct cli_request request = {.method = "GET",
                                        .target = arena_printf(cli->arena, "/v1/entries/%" PRIu64 "/receipt", seq)};
    TRY(cli_http(cli, &request, &reply, err));
    if (reply.status == 404)
        TRY(cli_trust_missing(cli, seq, err));
    if (reply.status != 200)
        TRY(cli_problem(cli, &reply, err));
    TRY(cli_take(cli, &reply.body, &text, err));
    TRY(cli_trust_receipt(cli, seq, text, &content, err));
    if (fwrite(text.ptr, 1, text.len, stdout) != text.len)
        TRY(err_set(err, TALLY_E_IO, "writing the receipt: %m"));
    if (!cli->is_json)
        print_people(&content);
done:
    buf_release(&reply.body);
    return rc;
}

static const struct cli_command COMMANDS[] = {
    {NULL, "SEQ",
     "the receipt of an entry, verified: tally-verify checks it again without any service\n"
     "Receipts of your own statements are kept in ~/.local/share/tally as they come.",
     "tally receipt 12 > 12.tlog-proof", 1, 1, run, CLI_NO_OPTIONS},
};
const struct cli_family cli_receipt = {"receipt", "what proves that the ledger holds an entry", COMMANDS, 1};
