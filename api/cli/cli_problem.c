/* Refusals of the service, for people: what was wrong, where, what to do next. */
#include <string.h>

#include "cli.h"
#include "tally/diag.h"
#include "tally/terms.h"

/* By the refusal's code: what whoever typed the command can do about it. */
static const struct {
    const char *code, *next;
} NEXT[] = {
    {"statement.key_unknown",
     "`tally key proof --actor ID` prints what a backbone organisation registers with `tally actor add`"},
    {"statement.stale", "set this machine's clock: a statement's time may be 300 s from the service's"},
    {"statement.signature", "nothing between here and the service may change a request; ask whoever runs the proxy"},
    {"statement.misdirected", "the service has another name or path than this program was told; see --server"},
    {"token.invalid", "set this machine's clock, and give a key that --actor has (`tally actor show ID` lists them)"},
    {"token.missing", "say who you are: --actor ID --key FILE"},
    {"statement.head", "try again: the ledger has grown meanwhile"},
    {"ledger.other", "this service is not the ledger that you signed for; tell its operator"},
    {"key.revoked", "use another key of yours: --key FILE"},
    {"key.already_revoked", "nothing: it is revoked; `tally actor show ID` lists the keys"},
    {"key.not_found", "`tally actor show ID` lists the keys"},
    {"key.taken", "make a new key: `tally key new FILE`"},
    {"key.proof", "make the proof again, for this ledger and this id: `tally key proof --actor ID --key FILE`"},
    {"actor.not_found", "`tally actor list` shows who is registered"},
    {"actor.unknown", "`tally actor list` shows who is registered"},
    {"actor.taken", "choose another id"},
    {"actor.not_allowed", "ask the operator or a backbone organisation (`tally actor list` shows the roles)"},
    {"indicator.not_found", "`tally indicator list` shows what is defined"},
    {"indicator.unknown", "`tally indicator list` shows what is defined; a backbone organisation defines more"},
    {"indicator.version", "`tally indicator show SLUG` shows the newest version"},
    {"contract.not_found",
     "`tally contract list` shows the contracts; one that is not open is there for its parties alone (--actor, --key)"},
    {"contract.unknown", "`tally contract list` shows the contracts"},
    {"contract.taken", "choose another --id"},
    {"contract.terms", "`tally terms check FILE` shows each place"},
    {"contract.layout", "`tally terms fmt FILE --write` brings it into the one layout"},
    {"contract.parties", "give each party of the text once: --party NAME=ACTOR"},
    {"contract.version", "`tally contract show ID` shows the version that there is to sign"},
    {"contract.not_party", "`tally contract show ID` shows which actor each party is"},
    {"contract.signed", "nothing: it is signed; `tally contract show ID` shows who is missing"},
    {"contract.private", "have one of its parties do it, with its --actor and --key"},
    {"contract.superseded", "`tally contract amendments ID` shows what is in force; propose an amendment of that"},
    {"contract.uses", "`tally contract show ID` of the contract that is used shows its version and state"},
    {"contract.not_in_force", "`tally contract show ID` shows whose signature is missing"},
    {"contract.closed", "nothing: what stands, stands; `tally payment list --contract ID` shows it"},
    {"accession.no_class", "`tally contract terms ID` shows which classes of parties there are to join"},
    {"accession.done", "nothing: you have joined; `tally contract members ID` shows who has"},
    {"accession.closed", "nothing: the terms say until when it can be joined; the parties may amend them"},
    {"accession.full", "nothing: the terms say how many may join; the parties may amend them"},
    {"result.not_found",
     "`tally result list` shows the results; one that is not open is there for some alone (--actor, --key)"},
    {"result.duplicate", "`tally result list` shows the one that is there; a second one would change what is due"},
    {"result.not_reporter", "`tally contract terms ID` says who reports it"},
    {"result.value", "`tally indicator show SLUG` says what is measured and in which unit"},
    {"result.person",
     "`head -c 16 /dev/urandom | sha256sum | cut -c 1-32` makes a pseudonym; keep who it is out of the ledger"},
    {"result.unknown", "`tally result list` shows the results"},
    {"result.not_author", "only who reported it restates or withdraws it; a party may dispute it"},
    {"result.superseded", "`tally result show SEQ` shows what replaced it"},
    {"result.withdrawn", "once the withdrawal is final, `tally result submit` reports it anew"},
    {"result.open", "`tally result show SEQ` shows where it is not final yet, and who has verified it"},
    {"dispute.not_found", "`tally result disputes --contract ID` shows the disputes in a contract"},
    {"dispute.not_used", "`tally result show SEQ` shows which contracts use it, and why others do not"},
    {"dispute.late", "nothing: its days are over; its author may restate it (`tally result restate`)"},
    {"dispute.no_arbiter", "the parties agree outside, and its author restates it; or they amend the terms"},
    {"dispute.open", "`tally result disputes --contract ID` shows it"},
    {"dispute.decided", "nothing: it is decided; `tally result show-dispute SEQ` shows how"},
    {"dispute.not_arbiter", "`tally contract terms ID` says who decides disputes"},
    {"verification.own", "another actor has to verify it"},
    {"verification.not_verifier", "`tally contract terms ID` says who verifies it"},
    {"verification.done", "nothing: it is verified; `tally result show SEQ` shows what for"},
    {"payment.not_found",
     "`tally payment list` shows the payments; what is not open is there for its parties alone (--actor, --key)"},
    {"settlement.amount", "write it as the payment is written: 4800000.00"},
    {"settlement.day", "`tally contract state ID --json` says which day it is there; record it once it was paid"},
    {"settlement.not_party", "`tally payment show SEQ` shows who pays and who is paid; one of the two records it"},
    {"settlement.exceeds", "`tally payment show SEQ` shows what is outstanding"},
    {"entry.not_found", "`tally log` shows the entries"},
    {"erasure.done", "nothing: it is erased; `tally log --type body.erased` shows by whom and why"},
    {"ledger.forked", "tell its operator; keep your receipts (~/.local/share/tally), they say what was there"},
    {"queue.full", "try again in a moment"},
    {"queue.share", "try again in a moment"},
    {"service.stopping", "try again in a moment"},
    {"database.away", "try again in a moment; its operator sees why in the log"},
    {"storage.full", "its operator has to make room"},
};

static const char *next_of(struct slice code)
{
    for (size_t i = 0; i < sizeof NEXT / sizeof NEXT[0]; i++) {
        if (slice_is(code, NEXT[i].code))
            return NEXT[i].next;
    }
    return NULL;
}

static void say(const char *what, struct slice text)
{
    struct buf clean;
    buf_init(&clean, CLI_FILE_MAX);
    cli_clean(&clean, text, true);
    (void) fprintf(stderr, "%s%.*s\n", what, SLICE_ARG(buf_slice(&clean)));
    buf_release(&clean);
}

static void tell(struct cli *cli, const json_t *problem, struct slice code)
{
    json_t *one = NULL;
    size_t i = 0;
    struct slice title = cli_text(cli, problem, "title");
    struct slice detail = cli_text(cli, problem, "detail");
    say("tally: ", arena_printf(cli->arena, "%.*s (%.*s %.*s)", SLICE_ARG(title),
                                SLICE_ARG(cli_text(cli, problem, "status")), SLICE_ARG(code)));
    struct slice first = cli_text(cli, json_array_get(json_object_get(problem, "errors"), 0), "detail");
    bool is_said_below = first.len > 0 && detail.len > 0 && memmem(detail.ptr, detail.len, first.ptr, first.len) != NULL;
    if (detail.len > 0 && !slice_equal(detail, title) && !is_said_below)
        say("  ", detail);
    json_array_foreach(json_object_get(problem, "errors"), i, one)
    {
        struct slice pointer = cli_text(cli, one, "pointer");
        say("  at ", arena_printf(cli->arena, "%.*s: %.*s", SLICE_ARG(pointer.len == 0 ? SLICE("the whole") : pointer),
                                  SLICE_ARG(cli_text(cli, one, "detail"))));
    }
    const char *next = next_of(code);
    if (next != NULL)
        say("  next: ", slice_str(next));
}

enum tally_code cli_problem(struct cli *cli, const struct cli_reply *reply, struct err *err)
{
    bool is_busy = reply->status == 502 || reply->status == 503 || reply->status == 504;
    enum tally_code rc = is_busy ? TALLY_E_UNAVAILABLE : TALLY_E_DENIED;
    const json_t *problem =
        cli_keep(cli, json_loadb(reply->body.ptr == NULL ? "" : reply->body.ptr, reply->body.len, 0, NULL));
    struct slice code = cli_text(cli, problem, "code");
    if (code.len == 0)
        return err_set(err, is_busy ? rc : TALLY_E_MISMATCH,
                       "%s answers with status %ld and no explanation: is it a Tallystick service?", cli->server,
                       reply->status);
    if (cli->is_json)
        cli_print_json(buf_slice(&reply->body));
    else
        tell(cli, problem, code);
    (void) err_set(err, rc, "%s", "");
    return rc;
}

enum tally_code cli_terms_check(struct cli *cli, const char *file, struct slice text, bool *is_good, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct terms *terms = NULL;
    struct diags diags;
    struct buf out;
    diags_init(&diags, cli->arena);
    buf_init(&out, CLI_FILE_MAX);
    TRY(terms_compile(text, &diags, &terms, err));
    diags_sort(&diags);
    diags_print(&diags, slice_str(file), text, &out);
    (void) fwrite(out.ptr == NULL ? "" : out.ptr, 1, out.len, stderr);
    *is_good = terms != NULL;
done:
    buf_release(&out);
    terms_free(terms);
    return rc;
}
