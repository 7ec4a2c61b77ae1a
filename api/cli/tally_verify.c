/* tally-verify: checks an archive, trusting nobody but the key that it is given. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tally/file.h"
#include "tally/instant.h"
#include "tally/mem.h"
#include "verify_anchor.h"
#include "verify_input.h"
#include "verify_keys.h"
#include "verify_print.h"
#include "verify_receipt.h"
#include "verify_residues.h"
#include "verify_trust.h"

#define PROGRESS_EVERY_US 200000 /* five times a second is smooth enough */
#define FIRST_BYTES (sizeof RECEIPT_FIRST_LINE - 1)

static const char HELP[] = "usage: tally-verify FILE|- [--vkey VKEY] [--policy FILE] [--checkpoint FILE]...\n"
                           "                    [--level chain|signatures|replay] [--json]\n"
                           "       tally-verify RECEIPT|- [--vkey VKEY] [--policy FILE] [--body FILE [--jws FILE]]\n"
                           "                    [--json]\n"
                           "\n"
                           "Checks an archive of a ledger: that no entry was changed, left out, doubled or put in\n"
                           "another order, that the ledger has signed what is there, that each statement was signed\n"
                           "by a key that its author had then, and that what the service recorded of its own, every\n"
                           "activation, final result and payment, is what terms and results give. Or a receipt\n"
                           "(.tlog-proof) alone.\n"
                           "\n"
                           "  --vkey VKEY     the ledger's verifier key, from a source that you trust; without it\n"
                           "                  the archive can only be shown to agree with itself\n"
                           "  --policy FILE   whom you trust (C2SP tlog-policy): the log's key, witnesses, and how many\n"
                           "                  of them have to have cosigned the ledger's checkpoint (quorum)\n"
                           "  --level LEVEL   chain: order, hashes and bodies; signatures: also who signed what, with\n"
                           "                  which key; replay (the default): also what follows, recomputed from the\n"
                           "                  archive alone. Its memory grows with contracts and results\n"
                           "  --checkpoint FILE  a checkpoint, or a receipt, that you have kept: the archive has to\n"
                           "                  continue it; as often as you have some\n"
                           "  --body FILE     the statement that the receipt is for: the bytes that were sent\n"
                           "  --jws FILE      and their signature (x-jws-signature); none for the service's own\n"
                           "  --json          one JSON document on standard output\n"
                           "  --help          this text\n"
                           "\n"
                           "Findings name the entry, each class with a code of its own:\n"
                           "  entry 4711: chain.prev: prev does not match the hash of entry 4710\n"
                           "  entry 4712: replay.differs: payment of USD 100.01 by rule success of rikers-able;\n"
                           "  the terms give 100.00\n"
                           "Of one contract the first eight differences of replay are shown and the rest is counted:\n"
                           "it goes on from what terms and results give, and what follows from a wrong entry is\n"
                           "mostly wrong too.\n"
                           "\n"
                           "Exit status: 0 everything was checked and is right; 1 a finding; 2 wrong usage; 3 reading\n"
                           "or memory failed; 4 nothing wrong, but not all could be checked (no --vkey, no checkpoint\n"
                           "of all entries, or none that the policy's quorum has cosigned, bodies withheld or erased, "
                           "which are listed by number; contracts that\n"
                           "cannot be recomputed without them, by name).\n"
                           "\n"
                           "Example:\n"
                           "  tally-verify ledger.jsonl.gz --vkey 'example.org/outcomes+7ec98ec2+AVq8qpwi...'\n";

struct arguments {
    const char *file;
    struct slice vkey;
    const char *policy;
    const char *checkpoints[VERIFY_ANCHORS_MAX];
    size_t checkpoint_count;
    const char *body, *jws;
    enum verify_level level;
    bool has_level, is_json, is_help;
};

static enum tally_code wrong(struct err *err, const char *what, const char *value)
{
    return err_set(err, TALLY_E_USAGE, "%s%s; tally-verify --help says what it takes", what, value);
}

static enum tally_code read_level(const char *text, struct arguments *out, struct err *err)
{
    out->has_level = true;
    if (strcmp(text, "chain") == 0)
        out->level = VERIFY_CHAIN;
    else if (strcmp(text, "signatures") == 0)
        out->level = VERIFY_SIGNATURES;
    else if (strcmp(text, "replay") == 0)
        out->level = VERIFY_REPLAY;
    else
        return wrong(err, "--level is chain, signatures or replay, not ", text);
    return TALLY_OK;
}

static enum tally_code read_arguments(int argc, char **argv, struct arguments *out, struct err *err)
{
    static const struct option OPTIONS[] = {{"vkey", required_argument, NULL, 'k'},
                                            {"policy", required_argument, NULL, 'p'},
                                            {"level", required_argument, NULL, 'l'},
                                            {"checkpoint", required_argument, NULL, 'c'},
                                            {"body", required_argument, NULL, 'b'},
                                            {"jws", required_argument, NULL, 's'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    enum tally_code rc = TALLY_OK;
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1) {
        if (option == 'k')
            out->vkey = slice_str(optarg);
        else if (option == 'p')
            out->policy = optarg;
        else if (option == 'l')
            TRY(read_level(optarg, out, err));
        else if (option == 'c' && out->checkpoint_count < VERIFY_ANCHORS_MAX)
            out->checkpoints[out->checkpoint_count++] = optarg;
        else if (option == 'b')
            out->body = optarg;
        else if (option == 's')
            out->jws = optarg;
        else if (option == 'j')
            out->is_json = true;
        else if (option == 'h')
            out->is_help = true;
        else
            return wrong(err, "unknown option, or one without its value: ", argv[optind - 1]);
    }
    if (out->is_help)
        goto done;
    if (argc - optind != 1)
        return wrong(err, "one archive is needed, a file or - for standard input", "");
    if (out->checkpoint_count > 0 && out->vkey.len == 0 && out->policy == NULL)
        return wrong(err, "--checkpoint needs --vkey or --policy, to tell whose it is", "");
    out->file = argv[optind];
done:
    return rc;
}

struct run {
    struct verify_printer printer;
    struct verifier *verifier;
    struct verify_input *input;
    struct replay *replay; /* at level replay */
    struct verify_trust trust;
    struct verify_anchors anchors;
    uint64_t size; /* of the file; 0: not known */
    int64_t begun_us, next_progress_us;
    bool is_terminal;
};

static void on_finding(void *ctx, const struct finding *finding)
{
    struct run *run = ctx;
    verify_print_finding(&run->printer, finding);
}

static void on_absent(void *ctx, uint64_t seq, enum archive_body state)
{
    struct run *run = ctx;
    verify_print_absent(&run->printer, seq, state);
}

static void on_unchecked(void *ctx, struct slice contract, uint64_t seq)
{
    struct run *run = ctx;
    verify_print_unchecked(&run->printer, contract, seq);
}

static void show_progress(struct run *run)
{
    int64_t now = run->is_terminal ? instant_monotonic_us() : 0;
    if (now < run->next_progress_us || !run->is_terminal)
        return;
    run->next_progress_us = now + PROGRESS_EVERY_US;
    const struct verify_progress progress = {.entries = verifier_entries(run->verifier),
                                             .bytes = run->input->bytes,
                                             .bytes_all = run->size,
                                             .elapsed_us = now - run->begun_us};
    verify_print_progress(&run->printer, &progress);
}

/* The archive behind its first bytes. */
static enum tally_code verify_all(struct run *run, struct slice first, struct verify_report *report, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct verify_input *input = run->input;
    while (first.len > 0 || (!input->is_at_end && input->damage == NULL)) {
        char *at = NULL;
        size_t room = 0, len = first.len;
        TRY(verifier_room(run->verifier, &at, &room, err));
        if (len > 0) {
            ENSURE(len <= room); /* there is always room for more than that */
            memcpy(at, first.ptr, len);
            first.len = 0;
        } else {
            TRY(verify_input_next(input, at, room, &len, err));
        }
        TRY(verifier_put(run->verifier, len, err));
        show_progress(run);
    }
    if (input->damage != NULL)
        verifier_damaged(run->verifier, input->damage);
    TRY(verifier_end(run->verifier, report, err));
done:
    return rc;
}

/* Enough of the beginning to tell a receipt from an archive. */
static enum tally_code read_first(struct verify_input *input, char first[FIRST_BYTES], size_t *have, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    ENSURE(input != NULL);
    while (*have < FIRST_BYTES && !input->is_at_end && input->damage == NULL) {
        size_t len = 0;
        TRY(verify_input_next(input, first + *have, FIRST_BYTES - *have, &len, err));
        *have += len;
    }
done:
    return rc;
}

static enum tally_code receipt_rest(struct run *run, struct slice first, struct buf *text, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char block[4096];
    size_t len = 0;
    buf_add_slice(text, first);
    while (!run->input->is_at_end && text->failed == TALLY_OK) {
        TRY(verify_input_next(run->input, block, sizeof block, &len, err));
        if (run->input->damage != NULL)
            TRY(err_set(err, TALLY_E_MISMATCH, "a receipt that cannot be read: %s", run->input->damage));
        buf_add(text, block, len);
    }
    if (text->failed == TALLY_E_LIMIT)
        TRY(err_set(err, TALLY_E_USAGE, "it begins like a receipt and is longer than %u bytes", RECEIPT_MAX));
    TRY(buf_check(text, err));
done:
    return rc;
}

static enum tally_code run_receipt(const struct arguments *arguments, struct run *run, struct slice first,
                                   enum verify_status *status, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf text;
    buf_init(&text, RECEIPT_MAX);
    if (arguments->checkpoint_count > 0) /* to pass over it would be to call right what was not compared */
        TRY(wrong(err, "--checkpoint is for an archive, and this is a receipt", ""));
    if (arguments->has_level) /* the same: of a receipt nothing is replayed */
        TRY(wrong(err, "--level is for an archive, and this is a receipt", ""));
    if (arguments->jws != NULL && arguments->body == NULL)
        TRY(wrong(err, "--jws needs --body, the statement that it signs", ""));
    TRY(receipt_rest(run, first, &text, err));
    const struct verify_receipt_options options = {
        .text = buf_slice(&text), .trust = &run->trust, .body = arguments->body, .jws = arguments->jws};
    TRY(verify_receipt(&options, &run->printer, status, err));
done:
    buf_release(&text);
    return rc;
}

static enum tally_code load_anchors(const struct arguments *arguments, const struct verify_trust *trust,
                                    struct verify_anchors *anchors, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct note_key key = {0};
    if (arguments->checkpoint_count == 0)
        return TALLY_OK;
    anchors->arena = arena_new((size_t) 2 * VERIFY_ANCHORS_MAX * RECEIPT_MAX);
    if (anchors->arena == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for the checkpoints"));
    if (trust->vkey.len == 0)
        TRY(wrong(err, "--checkpoint needs --vkey, or a log in the policy, to tell whose it is", ""));
    if (note_key_read(trust->vkey, &key, err) != TALLY_OK ||
        key.type != NOTE_KEY_ED25519) /* the verifier says so, too, and better */
        goto done;
    for (size_t i = 0; i < arguments->checkpoint_count; i++)
        TRY(verify_anchor_add(anchors, arguments->checkpoints[i], &key, trust->has_policy ? &trust->policy : NULL, err));
done:
    note_key_release(&key);
    return rc;
}

static enum tally_code new_verifier(const struct arguments *arguments, struct run *run, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct replay_options replay = {.on_unchecked = on_unchecked, .ctx = run};
    if (arguments->level == VERIFY_REPLAY)
        TRY(replay_new(&replay, &run->replay, err));
    const struct verify_options options = {.level = arguments->level,
                                           .vkey = run->trust.vkey,
                                           .policy = run->trust.has_policy ? &run->trust.policy : NULL,
                                           .on_finding = on_finding,
                                           .on_absent = on_absent,
                                           .read_key_change = verify_keys_read,
                                           .follow = replay_follow,
                                           .follow_ctx = run->replay,
                                           .anchors = run->anchors.list,
                                           .anchor_count = run->anchors.count,
                                           .clock = instant_now,
                                           .temporary_dir = getenv("TMPDIR"),
                                           .ctx = run};
    rc = verifier_new(&options, &run->verifier, err);
    if (rc == TALLY_E_MALFORMED || rc == TALLY_E_MISMATCH)
        rc = err_set(err, TALLY_E_USAGE, "--vkey %.*s is not a ledger's verifier key (name+<8 hex digits>+<base64>)",
                     SLICE_ARG(run->trust.vkey));
done:
    return rc;
}

static enum tally_code run_archive(const struct arguments *arguments, struct run *run, struct slice first,
                                   enum verify_status *status, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct verify_summary summary = {.elapsed_us = -instant_monotonic_us(),
                                     .has_quorum = run->trust.has_policy && policy_has_quorum(&run->trust.policy)};
    if (arguments->body != NULL || arguments->jws != NULL)
        TRY(wrong(err, "--body and --jws are for a receipt, and this is an archive", ""));
    TRY(load_anchors(arguments, &run->trust, &run->anchors, err));
    TRY(new_verifier(arguments, run, err));
    if (run->replay != NULL && run->size > 0) /* a file: a stream is read once */
        TRY(verify_residues_read(run->input->fd, run->input->bytes, run->replay, err));
    TRY(verify_all(run, first, &summary.report, err));
    summary.level = verifier_level(run->verifier);
    if (run->replay != NULL)
        replay_report(run->replay, &summary.replay);
    summary.elapsed_us += instant_monotonic_us();
    *status = verify_status_of(&summary);
    verify_print_report(&run->printer, &summary, *status);
done:
    return rc;
}

static enum tally_code open_archive(const char *file, int *fd, uint64_t *size, struct err *err)
{
    struct stat status;
    *fd = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    if (*fd < 0)
        return err_set(err, TALLY_E_USAGE, "%s: %m", file);
    if (fstat(*fd, &status) != 0)
        return err_set(err, TALLY_E_IO, "%s: %m", file);
    if (S_ISDIR(status.st_mode))
        return err_set(err, TALLY_E_USAGE, "%s is a folder, not an archive", file);
    *size = S_ISREG(status.st_mode) ? (uint64_t) status.st_size : 0;
    return TALLY_OK;
}

static enum tally_code run_verifier(const struct arguments *arguments, struct run *run, enum verify_status *status,
                                    struct err *err)
{
    enum tally_code rc = TALLY_OK;
    int fd = -1;
    char first[FIRST_BYTES];
    size_t have = 0;
    ENSURE(arguments->file != NULL);
    TRY(verify_trust_read(arguments->vkey, arguments->policy, &run->trust, err));
    TRY(open_archive(arguments->file, &fd, &run->size, err));
    run->input = mem_zero(sizeof *run->input);
    if (run->input == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory to read the archive"));
    run->begun_us = instant_monotonic_us();
    TRY(verify_input_begin(run->input, fd, err));
    TRY(read_first(run->input, first, &have, err));
    if (slice_is(slice_of(first, have), RECEIPT_FIRST_LINE))
        TRY(run_receipt(arguments, run, slice_of(first, have), status, err));
    else
        TRY(run_archive(arguments, run, slice_of(first, have), status, err));
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
        rc = err_set(err, TALLY_E_IO, "writing the report: %m");
done:
    verifier_free(run->verifier);
    replay_free(run->replay);
    arena_free(run->anchors.arena);
    verify_trust_release(&run->trust);
    if (run->input != NULL)
        verify_input_end(run->input);
    mem_free(run->input);
    if (fd > STDIN_FILENO)
        (void) close(fd);
    return rc;
}

int main(int argc, char **argv)
{
    if (!file_keep_streams())
        return VERIFY_FAILED;
    struct err err = {0};
    struct arguments arguments = {.level = VERIFY_REPLAY};
    enum verify_status status = VERIFY_FAILED;
    enum tally_code rc = read_arguments(argc, argv, &arguments, &err);
    if (rc == TALLY_OK && arguments.is_help) {
        (void) fputs(HELP, stdout);
        return fflush(stdout) == 0 ? VERIFY_RIGHT : VERIFY_FAILED;
    }
    struct run run = {.is_terminal = isatty(STDERR_FILENO) == 1};
    verify_printer_init(&run.printer, stdout, arguments.is_json);
    if (rc == TALLY_OK)
        rc = run_verifier(&arguments, &run, &status, &err);
    verify_printer_release(&run.printer);
    if (rc == TALLY_OK)
        return (int) status;
    verify_print_progress_end(&run.printer);
    (void) fprintf(stderr, "tally-verify: %s\n", err.detail);
    if (rc == TALLY_E_SIGNATURE || rc == TALLY_E_MISMATCH) /* a checkpoint that was given is not what it claims to be */
        return VERIFY_FOUND;
    return rc == TALLY_E_USAGE ? VERIFY_USAGE : VERIFY_FAILED;
}
