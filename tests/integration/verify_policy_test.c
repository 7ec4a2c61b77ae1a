/* tally-verify with a policy: how many witnesses have seen what, when they saw it, and what a forger with every key of the ledger cannot
 * give it. */
#include "verify_help.h"

#include "../support/forge.h"
#include "tally/policy.h"
#include "tally/receipt.h"
#include "tally/witness.h"

#define WITNESSES 3
#define START (SMALL_START / 1000000) /* entry n is of START + n */

static struct key_pair *pairs[WITNESSES];
static char vkeys[WITNESSES][160], names[WITNESSES][32];

static int set_up(void **state)
{
    for (int i = 0; i < WITNESSES; i++) {
        struct key_public key;
        struct buf vkey;
        (void) snprintf(names[i], sizeof names[i], "w%d.example", i);
        pairs[i] = small_key(names[i]);
        key_pair_public(pairs[i], &key);
        buf_init(&vkey, sizeof vkeys[i] - 1);
        key_vkey_write(slice_str(names[i]), NOTE_KEY_COSIGNATURE, &key, &vkey);
        memcpy(vkeys[i], vkey.ptr, vkey.len + 1);
        buf_release(&vkey);
    }
    return find_program(state);
}

static char files[64][32]; /* to be removed */
static size_t file_count;

static int tear_down(void **state)
{
    (void) state;
    for (size_t i = 0; i < file_count; i++)
        (void) unlink(files[i]);
    for (int i = 0; i < WITNESSES; i++)
        key_pair_free(pairs[i]);
    return 0;
}

/* A file with this text; its name. */
static char *text_file(struct small_ledger *l, struct slice text)
{
    char path[] = "/tmp/tally-policy-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.ptr, text.len), (ssize_t) text.len);
    (void) close(fd);
    assert_true(file_count < sizeof files / sizeof files[0]);
    (void) snprintf(files[file_count++], sizeof files[0], "%s", path);
    return (char *) (uintptr_t) small_printf(l, "%s", path);
}

/* Two of three. */
static char *policy_file(struct small_ledger *l)
{
    const char *text = small_printf(l, "log %s\nwitness a %s\nwitness b %s\nwitness c %s\ngroup g 2 a b c\nquorum g\n",
                                    l->vkey, vkeys[0], vkeys[1], vkeys[2]);
    return text_file(l, slice_str(text));
}

/* The ledger's note over the first entries, cosigned by these (bits) so many seconds after the last of them. */
static void cosigned_note(const struct small_ledger *l, uint64_t size, unsigned witnesses, int64_t later, struct buf *out)
{
    struct buf bare;
    struct note note;
    small_note(l, size, l->ledger, &bare);
    assert_int_equal(note_read(buf_slice(&bare), &note, NULL), TALLY_OK);
    buf_init(out, NOTE_MAX);
    buf_add_slice(out, buf_slice(&bare));
    for (int i = 0; i < WITNESSES; i++)
        if ((witnesses >> i & 1) != 0)
            assert_int_equal(note_cosign(note.text, slice_str(names[i]), pairs[i],
                                         (uint64_t) (START + (int64_t) size - 1 + later), out, NULL),
                             TALLY_OK);
    buf_release(&bare);
}

static void cosigned_line(struct small_ledger *l, uint64_t size, unsigned witnesses, int64_t later)
{
    struct buf note;
    cosigned_note(l, size, witnesses, later, &note);
    archive_write_checkpoint(buf_slice(&note), &l->text);
    buf_release(&note);
}

static void verify_with(struct slice given, const char *policy, const char *option, const char *value, struct ran *ran)
{
    const char *argv[10] = {program, "-"};
    size_t n = 2;
    if (!slice_starts(given, SLICE(RECEIPT_FIRST_LINE)))
        argv[n++] = "--level", argv[n++] = "signatures";
    if (policy != NULL)
        argv[n++] = "--policy", argv[n++] = policy;
    argv[n++] = option;
    argv[n++] = value;
    run((char *const *) (uintptr_t) argv, given, ran);
}

#define EXPECT(archive, policy, wanted, ...)                                                                               \
    do {                                                                                                                   \
        struct ran ran_;                                                                                                   \
        verify_with((archive), (policy), NULL, NULL, &ran_);                                                               \
        expect(&ran_, (wanted), __VA_ARGS__);                                                                              \
    } while (0)

static void expect(struct ran *ran, int status, const char *says)
{
    if (ran->status != status || strstr(ran->out.ptr, says) == NULL)
        fail_msg("status %d, not %d; \"%s\" in: %s%s", ran->status, status, says, ran->out.ptr, ran->errors.ptr);
    ran_release(ran);
}

static void whole(struct small_ledger *l)
{
    small_begin(l, SMALL_WHOLE);
    small_rest(l);
}

static void the_quorum_is_met_or_it_is_incomplete(void **state)
{
    (void) state;
    for (unsigned witnesses = 0; witnesses < 8; witnesses++) {
        struct small_ledger l;
        bool is_met = __builtin_popcount(witnesses) >= 2;
        whole(&l);
        cosigned_line(&l, SMALL_WHOLE, witnesses, 1);
        EXPECT(buf_slice(&l.text), policy_file(&l), is_met ? 0 : 4,
               is_met ? (witnesses == 7 ? "witnessed   10 entries, by 3 witnesses of the policy"
                                        : "witnessed   10 entries, by 2 witnesses of the policy")
                      : "too few witnesses: the policy's quorum has not cosigned the entries from 0 on");
        small_end(&l);
    }
}

static void what_is_behind_the_cosigned_checkpoint_is_said(void **state)
{
    struct small_ledger l;
    (void) state;
    whole(&l);
    cosigned_line(&l, 6, 3, 1);
    small_checkpoint(&l, SMALL_WHOLE);
    EXPECT(buf_slice(&l.text), policy_file(&l), 4, "the policy's quorum has not cosigned the entries from 6 on");
    struct ran ran;
    verify_with(buf_slice(&l.text), policy_file(&l), "--json", NULL, &ran);
    expect(&ran, 4, "\"witnessed_size\":6,\"witnesses\":2");
    /* the policy's log is as good as --vkey: nothing else is missing */
    struct buf all;
    cosigned_note(&l, SMALL_WHOLE, 5, 1, &all);
    verify_with(buf_slice(&l.text), policy_file(&l), "--checkpoint", text_file(&l, buf_slice(&all)), &ran);
    expect(&ran, 0, "witnessed   10 entries, by 2 witnesses of the policy");
    buf_release(&all);
    small_end(&l);
}

static void a_policy_that_asks_for_nobody_is_a_key(void **state)
{
    struct small_ledger l;
    (void) state;
    whole(&l);
    small_checkpoint(&l, SMALL_WHOLE);
    EXPECT(buf_slice(&l.text), text_file(&l, slice_str(small_printf(&l, "log %s\nquorum none\n", l.vkey))), 0, "verdict");
    small_end(&l);
}

/* 120 seconds between the clocks are nobody's lie. */
static void a_witness_saw_the_entries_when_they_say(void **state)
{
    static const struct {
        uint64_t size;
        int64_t later;
        int status;
        const char *says;
    } cases[] = {
        {10, 0, 0, "verdict"},
        {10, -120, 0, "verdict"},
        {10, -121, 1, "cosignature.time: w0.example saw entry 9 121 s before the time that the entry states"},
        {10, 100000, 0, "verdict"}, /* there was no more for a day */
        {6, 0, 4, "from 6 on"},
        {6, 121, 4, "from 6 on"}, /* entry 6 states one second more than entry 5 */
        {6, 122, 1, "cosignature.time: w0.example saw no entry 6 121 s after the time that the entry states"},
        {6, -121, 1, "cosignature.time: w0.example saw entry 5 121 s before"},
    };
    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct small_ledger l;
        whole(&l);
        cosigned_line(&l, cases[i].size, 3, cases[i].later);
        if (cases[i].size < SMALL_WHOLE)
            small_checkpoint(&l, SMALL_WHOLE);
        EXPECT(buf_slice(&l.text), policy_file(&l), cases[i].status, cases[i].says);
        small_end(&l);
    }
}

/* A checkpoint that was kept counts for the quorum, so what its witnesses say of the time counts, too. */
static void the_times_of_a_kept_checkpoint_count(void **state)
{
    static const struct {
        uint64_t size;
        int64_t later;
        int status;
        const char *says;
    } cases[] = {
        {10, -120, 0, "continues   1"},
        {10, -121, 1, ": w0.example saw entry 9 121 s before the time that the entry states"},
        {6, 121, 0, "continues   1"},
        {6, 122, 1, ": w0.example saw no entry 6 121 s after the time that the entry states"},
    };
    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct small_ledger l;
        struct buf kept;
        struct ran ran;
        whole(&l);
        cosigned_line(&l, SMALL_WHOLE, 3, 1);
        cosigned_note(&l, cases[i].size, 3, cases[i].later, &kept);
        verify_with(buf_slice(&l.text), policy_file(&l), "--checkpoint", text_file(&l, buf_slice(&kept)), &ran);
        expect(&ran, cases[i].status, cases[i].says);
        buf_release(&kept);
        small_end(&l);
    }
}

/* The same where the times of entries lie on disk by then: a cosigned checkpoint of long ago. */
static void times_of_long_ago_are_remembered(void **state)
{
    struct small_ledger l;
    struct forge f;
    (void) state;
    whole(&l);
    small_checkpoint(&l, SMALL_WHOLE);
    forge_read(&f, buf_slice(&l.text));
    const struct forge_entry last = f.entries[8]; /* of the service's own: no statement to sign */
    for (uint64_t i = 10; i < 20000; i++) {
        struct forge_entry *entry = forge_insert(&f, i, &last);
        entry->header.time.us = SMALL_START + (int64_t) i * 1000000;
    }
    struct buf archive;
    forge_write(&f, FORGE_REBUILT, l.ledger, &archive);
    for (int wrong = 0; wrong < 2; wrong++) {
        struct buf note, text, line;
        struct note read;
        forge_note(&f, 5000, l.ledger, &note);
        assert_int_equal(note_read(buf_slice(&note), &read, NULL), TALLY_OK);
        buf_init(&text, NOTE_MAX);
        buf_add_slice(&text, buf_slice(&note));
        assert_int_equal(note_cosign(read.text, slice_str(names[0]), pairs[0],
                                     (uint64_t) (START + 4999 + (wrong ? 500 : 0)), &text, NULL),
                         TALLY_OK);
        buf_init(&line, 2 * NOTE_MAX + archive.len);
        buf_add_slice(&line, buf_slice(&archive));
        archive_write_checkpoint(buf_slice(&text), &line);
        struct ran ran;
        const char *argv[] = {program, "-", "--level", "chain", "--policy", policy_file(&l), NULL};
        run((char *const *) (uintptr_t) argv, buf_slice(&line), &ran);
        expect(&ran, wrong ? 1 : 4, wrong ? "saw no entry 5000 499 s after" : "verdict");
        buf_release(&note);
        buf_release(&text);
        buf_release(&line);
    }
    buf_release(&archive);
    forge_release(&f);
    small_end(&l);
}

static void a_cosignature_that_does_not_verify_is_a_finding(void **state)
{
    struct small_ledger l;
    struct buf note;
    (void) state;
    whole(&l);
    cosigned_note(&l, SMALL_WHOLE, 3, 1, &note);
    char *line = strstr(note.ptr, "w1.example ");
    line[60] = line[60] == 'A' ? 'B' : 'A';
    archive_write_checkpoint(buf_slice(&note), &l.text);
    EXPECT(buf_slice(&l.text), policy_file(&l), 1, "cosignature.signature: the signature of w1.example does not verify");
    buf_release(&note);
    small_end(&l);
}

static void a_receipt_is_held_to_the_policy(void **state)
{
    (void) state;
    for (int i = 0; i < 4; i++) {
        struct small_ledger l;
        struct archive_line line;
        struct merkle_frontier before = {0};
        struct merkle_batch batch;
        struct buf note, text;
        static const struct {
            unsigned witnesses;
            int64_t later;
            int status;
            const char *says;
        } cases[] = {{3, 0, 0, "the policy's witnesses have seen it"},
                     {1, 0, 4, "too few witnesses have cosigned it"},
                     {0, 0, 4, "too few witnesses have cosigned it"},
                     {3, -500, 1, "cosignature.time"}};
        whole(&l);
        const char *at = l.text.ptr;
        for (int n = 0; n < 4; n++)
            at = strchr(at, '\n') + 1;
        assert_int_equal(archive_read_line(slice_of(at, (size_t) (strchr(at, '\n') - at)), l.arena, &line, NULL), TALLY_OK);
        assert_int_equal(merkle_batch_make(&before, l.hashes, l.seq, l.arena, &batch, NULL), TALLY_OK);
        struct receipt receipt = {.header = line.entry.header, .index = 3, .has_nonce = true};
        memset(receipt.nonce, 3, sizeof receipt.nonce);
        receipt.proof_count = merkle_batch_proof(&batch, 3, receipt.proof);
        cosigned_note(&l, SMALL_WHOLE, cases[i].witnesses, cases[i].later, &note);
        receipt.checkpoint = buf_slice(&note);
        buf_init(&text, RECEIPT_MAX);
        receipt_write(&receipt, &text);
        struct ran ran;
        const char *argv[] = {program, "-", "--policy", policy_file(&l), NULL};
        run((char *const *) (uintptr_t) argv, buf_slice(&text), &ran);
        expect(&ran, cases[i].status, cases[i].says);
        buf_release(&note);
        buf_release(&text);
        small_end(&l);
    }
}

static void a_policy_that_is_wrong_is_explained(void **state)
{
    struct small_ledger l;
    struct ran ran;
    (void) state;
    whole(&l);
    small_checkpoint(&l, SMALL_WHOLE);
    const struct {
        const char *text, *vkey, *says;
    } cases[] = {
        {"nonsense\n", NULL, "line 1: a line begins with"},
        {small_printf(&l, "log %s\nlog other.example+fdd21a8a+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea\nquorum none\n",
                      l.vkey),
         NULL, ""},
        {small_printf(&l, "log %s\nquorum none\n", l.vkey),
         "ledger.example/outcomes/1+6f144c0c+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea", "is none of the logs of"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        verify_with(buf_slice(&l.text), text_file(&l, slice_str(cases[i].text)), cases[i].vkey == NULL ? NULL : "--vkey",
                    cases[i].vkey, &ran);
        assert_int_equal(ran.status, 2);
        if (strstr(ran.errors.ptr, cases[i].says) == NULL)
            fail_msg("%s", ran.errors.ptr);
        ran_release(&ran);
    }
    verify_with(buf_slice(&l.text), "/nonexistent", NULL, NULL, &ran);
    assert_int_equal(ran.status, 2);
    ran_release(&ran);
    small_end(&l);
}

static void the_ledger_is_no_witness_to_itself(void **state)
{
    struct small_ledger l;
    struct ran ran;
    struct key_public key;
    struct buf vkey;
    (void) state;
    whole(&l);
    small_checkpoint(&l, SMALL_WHOLE);
    key_pair_public(l.ledger, &key);
    buf_init(&vkey, 256);
    key_vkey_write(SLICE("w.example"), NOTE_KEY_COSIGNATURE, &key, &vkey);
    const char *policy = small_printf(&l, "witness w %s\nquorum w\n", vkey.ptr);
    verify_with(buf_slice(&l.text), text_file(&l, slice_str(policy)), "--vkey", l.vkey, &ran);
    assert_int_equal(ran.status, 2);
    assert_non_null(strstr(ran.errors.ptr, "the witness w has the ledger's own key"));
    ran_release(&ran);
    /* nor where the archive alone says whose it is */
    EXPECT(buf_slice(&l.text), text_file(&l, slice_str(policy)), 1,
           "ledger.key: it is that of the witness w.example: nobody is a witness to itself");
    buf_release(&vkey);
    small_end(&l);
}

/* By the same key: each word that it signs says what it is. */
static void a_party_may_be_a_witness(void **state)
{
    struct small_ledger l;
    struct key_public key;
    struct buf vkey, bare, note;
    struct note read;
    (void) state;
    whole(&l);
    key_pair_public(l.prov, &key);
    buf_init(&vkey, 256);
    key_vkey_write(SLICE("prov.example"), NOTE_KEY_COSIGNATURE, &key, &vkey);
    small_note(&l, SMALL_WHOLE, l.ledger, &bare);
    buf_init(&note, NOTE_MAX);
    buf_add_slice(&note, buf_slice(&bare));
    assert_int_equal(note_read(buf_slice(&bare), &read, NULL), TALLY_OK);
    assert_int_equal(note_cosign(read.text, SLICE("prov.example"), l.prov, START + SMALL_WHOLE, &note, NULL), TALLY_OK);
    archive_write_checkpoint(buf_slice(&note), &l.text);
    const char *policy = small_printf(&l, "log %s\nwitness w %s\nquorum w\n", l.vkey, vkey.ptr);
    EXPECT(buf_slice(&l.text), text_file(&l, slice_str(policy)), 0, "by 1 witness of the policy");
    buf_release(&note);
    buf_release(&bare);
    buf_release(&vkey);
    small_end(&l);
}

/* What would not be looked at is refused, not passed over. */
static void a_receipt_takes_no_option_of_an_archive(void **state)
{
    static const struct {
        const char *option, *says;
    } cases[] = {{"--checkpoint", "--checkpoint is for an archive"},
                 {"--level", "--level is for an archive"},
                 {"--jws", "--jws needs --body"}};
    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct small_ledger l;
        struct ran ran;
        struct buf note;
        whole(&l);
        small_note(&l, SMALL_WHOLE, l.ledger, &note);
        const char *receipt = small_printf(&l, RECEIPT_FIRST_LINE "index 0\n\n%s", note.ptr);
        const char *argv[] = {program, "-", "--vkey", l.vkey, cases[i].option, text_file(&l, buf_slice(&note)), NULL};
        if (strcmp(cases[i].option, "--level") == 0)
            argv[5] = "replay";
        run((char *const *) (uintptr_t) argv, slice_str(receipt), &ran);
        assert_int_equal(ran.status, 2);
        assert_non_null(strstr(ran.errors.ptr, cases[i].says));
        ran_release(&ran);
        buf_release(&note);
        small_end(&l);
    }
}

/* ---- forgers who have the ledger's own key ---- */

/* A service's own entry is taken out, everything after it gets new numbers and new hashes, and the ledger's key signs the new tree. The chain
 * is right. What it cannot have is a cosignature of the new tree; and the old cosigned checkpoint, wherever it is kept, speaks against it. */
static void a_renumbered_ledger_has_no_witness(void **state)
{
    struct small_ledger l;
    struct forge f;
    struct buf forged, kept;
    struct ran ran;
    (void) state;
    whole(&l);
    cosigned_note(&l, SMALL_WHOLE, 3, 1, &kept);
    archive_write_checkpoint(buf_slice(&kept), &l.text);
    EXPECT(buf_slice(&l.text), policy_file(&l), 0, "witnessed   10 entries");
    forge_read(&f, buf_slice(&l.text));
    forge_remove(&f, forge_find(&f, "payment.triggered", 0));
    forge_cut(&f, f.count - 1); /* the settlement of that payment */
    forge_write(&f, FORGE_REBUILT, l.ledger, &forged);
    const char *argv[] = {program, "-", "--vkey", l.vkey, "--level", "signatures", NULL};
    run((char *const *) (uintptr_t) argv, buf_slice(&forged), &ran);
    expect(&ran, 0, "verdict"); /* the ledger's key alone does not find it */
    EXPECT(buf_slice(&forged), policy_file(&l), 4, "too few witnesses");
    verify_with(buf_slice(&forged), policy_file(&l), "--checkpoint", text_file(&l, buf_slice(&kept)), &ran);
    expect(&ran, 1, "ledger.forked: ");
    archive_write_checkpoint(buf_slice(&kept), &forged); /* its own words against it */
    EXPECT(buf_slice(&forged), policy_file(&l), 1, "checkpoint.size: ");
    buf_release(&forged);
    buf_release(&kept);
    forge_release(&f);
    small_end(&l);
}

/* All who ever signed help the forger: their statements name the new history. */
static void all_sign_again(struct forge *f, const struct small_ledger *l)
{
    forge_signer(f, l->op);
    forge_signer(f, l->prov);
    forge_signer(f, l->prov2);
    forge_signer(f, l->eva);
}

/* The same with as many entries as before, and all who signed conspire: the size agrees, the root does not, and only a witness knows. */
static void another_entry_in_its_place_has_none_either(void **state)
{
    struct small_ledger l;
    struct forge f;
    struct buf forged, kept;
    (void) state;
    whole(&l);
    cosigned_note(&l, SMALL_WHOLE, 3, 1, &kept);
    archive_write_checkpoint(buf_slice(&kept), &l.text);
    forge_read(&f, buf_slice(&l.text));
    forge_replace(&f, forge_find(&f, "payment.triggered", 0), "9.00", "9.01");
    all_sign_again(&f, &l);
    forge_write(&f, FORGE_REBUILT | FORGE_AUTHORS, l.ledger, &forged);
    EXPECT(buf_slice(&forged), policy_file(&l), 4, "too few witnesses");
    archive_write_checkpoint(buf_slice(&kept), &forged);
    EXPECT(buf_slice(&forged), policy_file(&l), 1, "checkpoint.root: ");
    buf_release(&forged);
    buf_release(&kept);
    forge_release(&f);
    small_end(&l);
}

/* Two parties are shown two continuations of what they both know. Each alone looks right; either's checkpoint speaks against the other's
 * archive; and a witness cosigns only the one that it was shown first, so that with a policy the other is not even believed alone. */
static void of_a_fork_one_side_alone_has_witnesses(void **state)
{
    struct small_ledger l;
    struct forge f;
    struct buf mine, theirs, kept, note;
    struct ran ran;
    struct note_key ledger_key;
    struct checkpoint seen, shown;
    struct err err = {0};
    (void) state;
    whole(&l);
    cosigned_note(&l, SMALL_WHOLE, 3, 1, &kept);
    buf_init(&mine, l.text.len + 2 * NOTE_MAX);
    buf_add_slice(&mine, buf_slice(&l.text));
    archive_write_checkpoint(buf_slice(&kept), &mine);
    EXPECT(buf_slice(&mine), policy_file(&l), 0, "witnessed   10 entries");
    forge_read(&f, buf_slice(&mine));
    struct forge_entry other = f.entries[8];
    forge_replace(&f, 8, "9.00", "8.00"); /* what the other party is to see */
    (void) forge_insert(&f, f.count, &other);
    f.entries[f.count - 1].header.time.us = SMALL_START + 10 * INT64_C(1000000);
    all_sign_again(&f, &l);
    forge_write(&f, FORGE_REBUILT | FORGE_AUTHORS, l.ledger, &theirs);
    const char *argv[] = {program, "-", "--vkey", l.vkey, "--level", "signatures", NULL};
    run((char *const *) (uintptr_t) argv, buf_slice(&theirs), &ran);
    expect(&ran, 0, "chain and signatures are right");
    /* consistency: either's checkpoint beside the other's archive */
    verify_with(buf_slice(&theirs), policy_file(&l), "--checkpoint", text_file(&l, buf_slice(&kept)), &ran);
    expect(&ran, 1, "ledger.forked: the first 10 entries are not those that");
    forge_note(&f, 9, l.ledger, &note);
    verify_with(buf_slice(&mine), policy_file(&l), "--checkpoint", text_file(&l, buf_slice(&note)), &ran);
    expect(&ran, 1, "ledger.forked: the first 9 entries are not those that");
    buf_release(&note);
    /* the witness that has cosigned mine is asked to go on with theirs, with the best proof that there is */
    assert_int_equal(note_key_read(slice_str(l.vkey), &ledger_key, NULL), TALLY_OK);
    assert_int_equal(checkpoint_open(buf_slice(&kept), &ledger_key, &seen, NULL, NULL), TALLY_OK);
    const struct witness_state memory = {seen.size, seen.root};
    forge_note(&f, 11, l.ledger, &note);
    struct witness_request request = {.old = 10, .note = buf_slice(&note)};
    struct merkle_span spans[MERKLE_HEIGHTS];
    request.proof_count = merkle_consistency_spans(10, 11, spans);
    for (size_t i = 0; i < request.proof_count; i++) {
        struct merkle_frontier frontier = {0};
        for (uint64_t at = spans[i].first; at < spans[i].end; at++)
            merkle_frontier_add(&frontier, &f.hashes[at]);
        merkle_frontier_root(&frontier, &request.proof[i]);
    }
    assert_int_equal(witness_judge(&memory, &ledger_key, &request, &shown, &err), WITNESS_NOT_CONTINUED);
    EXPECT(buf_slice(&theirs), policy_file(&l), 4, "too few witnesses");
    note_key_release(&ledger_key);
    buf_release(&note);
    buf_release(&mine);
    buf_release(&theirs);
    buf_release(&kept);
    forge_release(&f);
    small_end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_quorum_is_met_or_it_is_incomplete),
        cmocka_unit_test(what_is_behind_the_cosigned_checkpoint_is_said),
        cmocka_unit_test(a_policy_that_asks_for_nobody_is_a_key),
        cmocka_unit_test(a_witness_saw_the_entries_when_they_say),
        cmocka_unit_test(the_times_of_a_kept_checkpoint_count),
        cmocka_unit_test(the_ledger_is_no_witness_to_itself),
        cmocka_unit_test(a_party_may_be_a_witness),
        cmocka_unit_test(times_of_long_ago_are_remembered),
        cmocka_unit_test(a_cosignature_that_does_not_verify_is_a_finding),
        cmocka_unit_test(a_receipt_is_held_to_the_policy),
        cmocka_unit_test(a_receipt_takes_no_option_of_an_archive),
        cmocka_unit_test(a_policy_that_is_wrong_is_explained),
        cmocka_unit_test(a_renumbered_ledger_has_no_witness),
        cmocka_unit_test(another_entry_in_its_place_has_none_either),
        cmocka_unit_test(of_a_fork_one_side_alone_has_witnesses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
