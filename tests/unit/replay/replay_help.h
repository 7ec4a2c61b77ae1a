/* An archive goes through the verifier with replay behind it; what it finds. */
#ifndef TESTS_REPLAY_HELP_H
#define TESTS_REPLAY_HELP_H

#include "../../support/book.h"

#include "../model/texts.h"
#include "tally/replay.h"

#include "../../../api/cli/verify_keys.h"
#include "tally/mem.h"
/* the reader of bodies lies in the program, above this layer, but is what the verifier is used with */
#include "../../../api/cli/verify_keys.c"

#define FOUND_MAX 64

struct found {
    struct verify_report report;
    struct replay_report replay;
    struct finding findings[FOUND_MAX];
    size_t count;
    char unchecked[FOUND_MAX][80]; /* "contract since seq" */
    size_t unchecked_count;
};

static void note_finding(void *ctx, const struct finding *finding)
{
    struct found *found = ctx;
    if (found->count < FOUND_MAX)
        found->findings[found->count] = *finding;
    found->count++;
}

static void note_unchecked(void *ctx, struct slice contract, uint64_t seq)
{
    struct found *found = ctx;
    if (found->unchecked_count < FOUND_MAX)
        (void) snprintf(found->unchecked[found->unchecked_count], sizeof(found->unchecked[0]), "%.*s since %llu",
                        SLICE_ARG(contract), (unsigned long long) seq);
    found->unchecked_count++;
}

/* As the program reads an archive before it is replayed. */
static void find_residues(struct slice text, struct replay *replay)
{
    struct arena *arena = arena_new((size_t) 64 << 20);
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct slice line = slice_of(text.ptr, (size_t) (end - text.ptr));
        struct archive_line read;
        arena_clear(arena);
        if (memmem(line.ptr, line.len, "\\\"residue.kept\\\"", 16) != NULL &&
            archive_read_line(line, arena, &read, NULL) == TALLY_OK)
            assert_int_equal(replay_residue(replay, read.entry.body, NULL), TALLY_OK);
        text = slice_of(end + 1, text.len - line.len - 1);
    }
    arena_free(arena);
}

/* What books tell of was before. */
static struct instant long_after(void)
{
    int32_t day = 0;
    assert_int_equal(day_parse(SLICE("2100-01-01"), &day), TALLY_OK);
    return instant_of_day(day, 0);
}

static bool without_residues; /* a stream, which is read once */

static void verify_text(struct slice text, const char *vkey, int threads, struct found *found)
{
    struct verifier *verifier = NULL;
    struct replay *replay = NULL;
    *found = (struct found){.count = 0};
    const struct replay_options how = {.on_unchecked = note_unchecked, .ctx = found};
    assert_int_equal(replay_new(&how, &replay, NULL), TALLY_OK);
    if (!without_residues)
        find_residues(text, replay);
    const struct verify_options options = {.level = VERIFY_REPLAY,
                                           .vkey = slice_str(vkey),
                                           .on_finding = note_finding,
                                           .read_key_change = verify_keys_read,
                                           .follow = replay_follow,
                                           .follow_ctx = replay,
                                           .clock = long_after,
                                           .ctx = found,
                                           .threads = threads};
    assert_int_equal(verifier_new(&options, &verifier, NULL), TALLY_OK);
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct err err = {0};
        assert_non_null(end);
        if (verifier_line(verifier, slice_of(text.ptr, (size_t) (end - text.ptr)), &err) != TALLY_OK)
            fail_msg("%s", err.detail);
        text = slice_of(end + 1, text.len - (size_t) (end + 1 - text.ptr));
    }
    struct err err = {0};
    if (verifier_end(verifier, &found->report, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    replay_report(replay, &found->replay);
    assert_int_equal(found->report.findings, found->count);
    verifier_free(verifier);
    replay_free(replay);
}

static void print_found(const struct found *found)
{
    for (size_t i = 0; i < found->count && i < FOUND_MAX; i++)
        print_error("entry %llu: %s: %s\n", (unsigned long long) found->findings[i].seq,
                    finding_code_text(found->findings[i].code), found->findings[i].detail);
    for (size_t i = 0; i < found->unchecked_count && i < FOUND_MAX; i++)
        print_error("not checked: %s\n", found->unchecked[i]);
    print_error("%zu findings, %llu more, %llu unseen\n", found->count, (unsigned long long) found->replay.more,
                (unsigned long long) found->replay.unseen);
}

/* The archive, forged as it is now, with these parts made right. */
__attribute__((unused)) static void verify_forged(struct forge *f, unsigned parts, const struct book *b,
                                                  struct found *found)
{
    struct buf text;
    forge_write(f, parts, b->ledger, &text);
    verify_text(buf_slice(&text), b->vkey, 1, found);
    buf_release(&text);
}

__attribute__((unused)) static void assert_clean(const struct found *found)
{
    if (found->count != 0 || found->replay.more != 0 || found->replay.unseen != 0 || found->unchecked_count != 0)
        print_found(found);
    assert_int_equal(found->count, 0);
    assert_int_equal(found->replay.more, 0);
    assert_int_equal(found->replay.unseen, 0);
    assert_int_equal(found->unchecked_count, 0);
    assert_false(found->replay.is_ended);
}

/* The n-th finding is this, and says this. */
__attribute__((unused)) static void assert_found(const struct found *found, size_t n, enum finding_code code, uint64_t seq,
                                                 const char *says)
{
    if (n >= found->count || found->findings[n].code != code || found->findings[n].seq != seq ||
        strstr(found->findings[n].detail, says) == NULL)
        print_found(found);
    assert_true(n < found->count);
    assert_string_equal(finding_code_text(found->findings[n].code), finding_code_text(code));
    assert_int_equal(found->findings[n].seq, seq);
    if (strstr(found->findings[n].detail, says) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", says, found->findings[n].detail);
}

/* It and no other; but for the explanations of later payments: they name the entries of the results that they used, whose numbers are
 * others now, and forge.h does not make their hashes anew. */
__attribute__((unused)) static void assert_only(const struct found *found, enum finding_code code, uint64_t seq,
                                                const char *says)
{
    size_t others = 0;
    for (size_t i = 1; i < found->count && i < FOUND_MAX; i++)
        others += found->findings[i].code != FINDING_REPLAY_DIFFERS || found->findings[i].seq <= seq ||
                  strstr(found->findings[i].detail, ": its explanation is ") == NULL;
    if (others != 0 || found->count > FOUND_MAX || found->replay.more != 0)
        print_found(found);
    assert_found(found, 0, code, seq, says);
    assert_int_equal(others, 0);
    assert_true(found->count <= FOUND_MAX);
    assert_int_equal(found->replay.more, 0);
}

#endif
