/* Archives that are none, or not quite: a clear finding each, in the words of the line, and never anything worse. */
#include "tamper_help.h"

static void begin(struct small_ledger *l)
{
    small_begin(l, SMALL_WHOLE);
    small_rest(l);
    small_checkpoint(l, SMALL_WHOLE);
}

/* The archive with the n-th occurrence (from 0) of `from` replaced. */
static void replaced(const struct small_ledger *l, const char *from, const char *to, size_t to_len, int n, struct buf *out)
{
    const char *at = l->text.ptr - 1;
    for (int i = 0; i <= n; i++) {
        at = strstr(at + 1, from);
        assert_non_null(at);
    }
    buf_init(out, 8u << 20);
    buf_add(out, l->text.ptr, (size_t) (at - l->text.ptr));
    buf_add(out, to, to_len);
    buf_add_str(out, at + strlen(from));
}

static void what_is_not_quite_an_archive_is_a_finding(void **state)
{
    /* lines: 1 the first, 2 to 11 the entries, 12 the checkpoint */
    static const struct {
        const char *from, *to;
        size_t to_len;
        int n;
        const char *said;
    } BAD[] = {
#define R(from, to, n, said) {from, to, sizeof(to) - 1, n, said}
        R("\"tally_archive\":1", "\"tally_archive\":2", 0, "archive.head@1"),
        R("\"tally_archive\":1", "\"tally_archive\":10", 0, "archive.head@1"),
        R("\"tally_archive\":1,", "", 0, "archive.head@1"),
        R("{\"from\":0", "\xef\xbb\xbf{\"from\":0", 0, "archive.head@1"),
        R("{\"from\":0", "\n{\"from\":0", 0, "archive.head@1 archive.line@2"),
        R("\"origin\":\"ledger.example/small\"", "\"origin\":\"ledger.example/other\"", 0, "archive.origin@2"),
        R("\"size\":10", "\"size\":9", 0, "archive.size@12"),
        R("\"size\":10", "\"size\":11", 0, "archive.size@12"),
        R("\"size\":10", "\"size\":9007199254740991", 0, "archive.size@12"),
        R("\"size\":10", "\"size\":9007199254740992", 0, "archive.head@1"),
        R("\"size\":10", "\"size\":010", 0, "archive.head@1"),
        R("\"size\":10", "\"size\":1e1", 0, "archive.head@1"),
        R("{\"from\":0", "{\"from\":00", 0, "archive.head@1"),
        R("{\"from\":0", "{\"from\":-1", 0, "archive.head@1"),
        R("{\"from\":0", "{\"from\":3", 0, "archive.head@1"), /* without the hashes before */
        R("{\"from\":0", "{\"from\":11", 0, "archive.head@1"),
        R("}\n", "}\r\n", 0, "archive.head@1"),
        R("}\n", "}\r\n", 4, "archive.line@5"),
        R("}\n", "} \n", 4, "archive.line@5"),
        R("}\n", "}\n\n", 4, "archive.line@6"),
        R("}\n", "}\0\n", 4, "archive.line@5"),
        R("}\n", "}{}\n", 4, "archive.line@5"),
        R("bed-days", "bed\0days", 0, "archive.line@5"),
        R("bed-days", "bed\\u0000days", 0, "archive.line@5"),
        R("bed-days", "bed\\u002ddays", 0, "archive.line@5"),
        R("bed-days",
          "bed\xc0\xad"
          "days",
          0, "archive.line@5"),
        R("bed-days",
          "bed\xed\xa0\x80"
          "days",
          0, "archive.line@5"),
        R("{\"checkpoint\":", "{\"checkpoints\":", 0, "archive.line@12"),
        R("{\"checkpoint\":", "null\n{\"checkpoint\":", 0, "archive.line@12"),
        R("{\"checkpoint\":", "[]\n{\"checkpoint\":", 0, "archive.line@12"),
#undef R
    };
    struct small_ledger l;
    struct buf text;
    (void) state;
    begin(&l);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        char said[TAMPER_SAID_MAX];
        int status = 0;
        replaced(&l, BAD[i].from, BAD[i].to, BAD[i].to_len, BAD[i].n, &text);
        tamper_verify(buf_slice(&text), l.vkey, NULL, said, &status);
        if (strcmp(said, BAD[i].said) != 0 || status != 1)
            fail_msg("%zu: %s for %s: %s, status %d", i, BAD[i].to, BAD[i].from, said, status);
        buf_release(&text);
    }
    small_end(&l);
}

static void checkpoints_are_where_and_as_often_as_they_may_be(void **state)
{
    struct small_ledger l;
    struct buf text;
    char said[TAMPER_SAID_MAX];
    int status = 0;
    (void) state;
    begin(&l);
    size_t line = (size_t) (strstr(l.text.ptr, "{\"checkpoint\"") - l.text.ptr);
    /* none: nothing is wrong, and not all could be checked */
    tamper_verify(slice_of(l.text.ptr, line), l.vkey, NULL, said, &status);
    assert_string_equal(said, "");
    assert_int_equal(status, 4);
    /* twice: right */
    buf_init(&text, 8u << 20);
    buf_add_slice(&text, buf_slice(&l.text));
    buf_add_str(&text, l.text.ptr + line);
    assert_tampered(buf_slice(&text), l.vkey, NULL, "");
    /* an entry, and a first line, behind it */
    buf_add_slice(&text, slice_of(l.text.ptr, (size_t) (strchr(l.text.ptr, '\n') + 1 - l.text.ptr)));
    assert_tampered(buf_slice(&text), l.vkey, NULL, "archive.line@14");
    /* before the entries that it covers */
    buf_clear(&text);
    size_t first = (size_t) (strchr(l.text.ptr, '\n') + 1 - l.text.ptr);
    buf_add(&text, l.text.ptr, first);
    buf_add_str(&text, l.text.ptr + line);
    buf_add(&text, l.text.ptr + first, line - first);
    tamper_verify(buf_slice(&text), l.vkey, NULL, said, &status);
    assert_int_equal(strncmp(said, "checkpoint.size@2 archive.line@3 archive.line@4", 47), 0);
    assert_int_equal(status, 1);
    buf_release(&text);
    small_end(&l);
}

static void what_is_no_archive_at_all_is_a_finding(void **state)
{
    static const struct {
        struct slice text;
        const char *said;
    } NONE[] = {
        {{"", 0}, "archive.head@1"},
        {{"\n", 1}, "archive.head@1"},
        {{"\0", 1}, "archive.head@1"},
        {{"hello\n", 6}, "archive.head@1"},
        {{"{}\n{}\n", 6}, "archive.head@1 archive.line@2"},
        {{"\xff\xfe{\0", 4}, "archive.head@1"},
    };
    struct small_ledger l;
    (void) state;
    begin(&l);
    for (size_t i = 0; i < sizeof NONE / sizeof NONE[0]; i++) {
        char said[TAMPER_SAID_MAX];
        int status = 0;
        tamper_verify(NONE[i].text, l.vkey, NULL, said, &status);
        /* and that no entry says that the key is the ledger's is not said again */
        assert_string_equal(said, NONE[i].said);
        assert_int_equal(status, 1);
    }
    small_end(&l);
}

/* Six times as long as a line may be, and one of line feeds alone: memory is that of the longest line. */
static void lines_of_100_mib_are_passed_over(void **state)
{
    struct small_ledger l;
    struct buf text;
    struct ran ran;
    char said[TAMPER_SAID_MAX];
    (void) state;
    begin(&l);
    buf_init(&text, 128u << 20);
    size_t line = (size_t) (strstr(l.text.ptr, "{\"checkpoint\"") - l.text.ptr);
    buf_add(&text, l.text.ptr, line);
    while (text.len < 100u << 20)
        buf_add_str(&text, "{\"body\":\"{\\\"indicator\\\":\\\"bed-days\\\",\\\"value\\\":\\\"90\\\"}");
    buf_add_char(&text, '\n');
    buf_add_str(&text, l.text.ptr + line);
    char *argv[] = {program,
                    (char *) (uintptr_t) "-",
                    (char *) (uintptr_t) "--json",
                    (char *) (uintptr_t) "--level",
                    (char *) (uintptr_t) "signatures",
                    (char *) (uintptr_t) "--vkey",
                    l.vkey,
                    NULL};
    run(argv, buf_slice(&text), &ran);
    tamper_said(&ran, said);
    assert_string_equal(said, "archive.line@12");
    assert_int_equal(ran.status, 1);
#ifndef __SANITIZE_THREAD__                 /* which keeps several words for each of ours */
    assert_true(ran.peak_kib < 400 * 1024); /* the test's own 100 MiB count as its child's until it runs */
#endif
    ran_release(&ran);
    buf_release(&text);
    small_end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_quite_an_archive_is_a_finding),
        cmocka_unit_test(checkpoints_are_where_and_as_often_as_they_may_be),
        cmocka_unit_test(what_is_no_archive_at_all_is_a_finding),
        cmocka_unit_test(lines_of_100_mib_are_passed_over),
    };
    return cmocka_run_group_tests(tests, find_program, NULL);
}
