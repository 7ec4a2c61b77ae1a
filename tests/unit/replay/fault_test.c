/* Each allocation fails in turn: that is said, no finding is made of it, and nothing leaks (the sanitizer looks). */
#include "../../support/book_story.h"
#include "replay_help.h"

/* As verify_text, but it may fail. */
static enum tally_code replay_all(struct slice text, const char *vkey, struct found *found)
{
    enum tally_code rc = TALLY_OK;
    struct verifier *verifier = NULL;
    struct replay *replay = NULL;
    const struct replay_options how = {.on_unchecked = note_unchecked, .ctx = found};
    TRY(replay_new(&how, &replay, NULL));
    const struct verify_options options = {.level = VERIFY_REPLAY,
                                           .vkey = slice_str(vkey),
                                           .on_finding = note_finding,
                                           .read_key_change = verify_keys_read,
                                           .follow = replay_follow,
                                           .follow_ctx = replay,
                                           .ctx = found,
                                           .threads = 1};
    TRY(verifier_new(&options, &verifier, NULL));
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        TRY(verifier_line(verifier, slice_of(text.ptr, (size_t) (end - text.ptr)), NULL));
        text = slice_of(end + 1, text.len - (size_t) (end + 1 - text.ptr));
    }
    TRY(verifier_end(verifier, &found->report, NULL));
done:
    verifier_free(verifier);
    replay_free(replay);
    return rc;
}

static void no_memory_is_said_and_makes_no_finding(void **state)
{
    struct book b;
    struct buf archive;
    uint64_t failures = 0;
    (void) state;
    (void) verify_text;
    tell(&b);
    book_archive(&b, &archive);
    for (uint64_t n = 1;; n += 1 + n / 150) { /* all of the first ones, then some: there are ten thousands */
        struct found found = {.count = 0};
        mem_fail_after(n);
        enum tally_code rc = replay_all(buf_slice(&archive), b.vkey, &found);
        bool is_over = mem_allocations() < n;
        mem_fail_after(0);
        if (found.count > 0)
            print_found(&found);
        assert_int_equal(found.count, 0);
        failures += rc != TALLY_OK ? 1 : 0;
        if (is_over) {
            assert_int_equal(rc, TALLY_OK);
            break;
        }
    }
    assert_true(failures > 100);
    buf_release(&archive);
    book_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_is_said_and_makes_no_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
