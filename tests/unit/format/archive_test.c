/* A line of an archive has one spelling, whatever is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tally/archive.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static enum tally_code read_text(const char *text, struct archive_line *line, struct arena *arena)
{
    return archive_read_line(slice_str(text), arena, line, NULL);
}

static void assert_refused(const char *text)
{
    struct arena *arena = arena_new(1u << 20);
    struct archive_line line = {.kind = ARCHIVE_LINE_CHECKPOINT, .head.size = 4711};
    if (read_text(text, &line, arena) != TALLY_E_MALFORMED)
        fail_msg("read: %s", text);
    assert_int_equal(line.head.size, 4711);
    arena_free(arena);
}

/* Without the LF that every writer appends. */
static struct slice line_in(const struct buf *buf)
{
    assert_int_equal(buf_check(buf, NULL), TALLY_OK);
    assert_int_equal(buf->ptr[buf->len - 1], '\n');
    return slice_of(buf->ptr, buf->len - 1);
}

static void heads_are_written_and_read(void **state)
{
    struct arena *arena = arena_new(65536);
    struct archive_head head = {.origin = SLICE("a.example/1"), .vkey = SLICE("a.example/1+00+x"), .size = ENTRY_SEQ_MAX};
    struct archive_line line;
    struct buf out;
    (void) state;
    buf_init(&out, 4096);
    archive_write_head(&head, &out);
    assert_string_equal(out.ptr, "{\"from\":0,\"origin\":\"a.example/1\",\"size\":9007199254740991,\"tally_archive\":1,"
                                 "\"vkey\":\"a.example/1+00+x\"}\n");
    assert_int_equal(archive_read_line(line_in(&out), arena, &line, NULL), TALLY_OK);
    assert_int_equal(line.kind, ARCHIVE_LINE_HEAD);
    assert_int_equal(line.head.size, ENTRY_SEQ_MAX);
    assert_true(slice_equal(line.head.vkey, head.vkey));
    buf_clear(&out);
    head.from = 5; /* 4 + 1: two complete subtrees */
    head.range = SLICE("[\"" HASH "\",\"" HASH "\"]");
    archive_write_head(&head, &out);
    assert_int_equal(archive_read_line(line_in(&out), arena, &line, NULL), TALLY_OK);
    assert_int_equal(line.head.from, 5);
    assert_true(slice_equal(line.head.range, head.range));
    buf_release(&out);
    arena_free(arena);
}

static void other_heads_are_refused(void **state)
{
    (void) state;
    assert_refused("{\"from\":0,\"origin\":\"a\",\"size\":1,\"tally_archive\":2,\"vkey\":\"x\"}");
    assert_refused("{\"from\":0,\"origin\":\"a\",\"size\":01,\"tally_archive\":1,\"vkey\":\"x\"}");
    assert_refused("{\"from\":0,\"origin\":\"A\",\"size\":1,\"tally_archive\":1,\"vkey\":\"x\"}");
    assert_refused("{\"from\":2,\"origin\":\"a\",\"range\":[\"" HASH "\"],\"size\":1,\"tally_archive\":1,\"vkey\":\"x\"}");
    assert_refused("{\"from\":1,\"origin\":\"a\",\"size\":1,\"tally_archive\":1,\"vkey\":\"x\"}");
    assert_refused("{\"from\":1,\"origin\":\"a\",\"range\":[],\"size\":1,\"tally_archive\":1,\"vkey\":\"x\"}");
    assert_refused("{\"from\":3,\"origin\":\"a\",\"range\":[\"" HASH "\"],\"size\":3,\"tally_archive\":1,\"vkey\":\"x\"}");
    assert_refused("{\"from\":0,\"origin\":\"a\",\"range\":[],\"size\":3,\"tally_archive\":1,\"vkey\":\"x\"}");
    assert_refused("{\"origin\":\"a\",\"from\":0,\"size\":1,\"tally_archive\":1,\"vkey\":\"x\"}");
    assert_refused("{\"from\":0,\"origin\":\"a\",\"size\":9007199254740992,\"tally_archive\":1,\"vkey\":\"x\"}");
}

static void any_text_survives_a_line(void **state)
{
    /* every character that has an escape, both ends of each length of UTF-8, U+2028, and what needs none */
    char all[512];
    size_t len = 0;
    struct arena *arena = arena_new(1u << 20);
    struct archive_line line;
    struct buf out;
    (void) state;
    for (int c = 1; c < 0x80; c++)
        all[len++] = (char) c;
    static const char MORE[] =
        "\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xe2\x80\xa8/";
    memcpy(all + len, MORE, sizeof MORE - 1);
    len += sizeof MORE - 1;
    struct archive_entry entry = {.header = SLICE("{\"any\":1}"), .jws = SLICE("a..b"), .body = slice_of(all, len)};
    for (int i = 0; i < ENTRY_NONCE_LEN; i++)
        entry.nonce[i] = (uint8_t) (250 + i);
    buf_init(&out, 65536);
    archive_write_entry(&entry, &out);
    assert_int_equal(archive_read_line(line_in(&out), arena, &line, NULL), TALLY_OK);
    assert_int_equal(line.kind, ARCHIVE_LINE_ENTRY);
    assert_int_equal(line.entry.state, ARCHIVE_BODY_PRESENT);
    assert_true(slice_equal(line.entry.body, entry.body));
    assert_true(slice_equal(line.entry.header, entry.header));
    assert_true(slice_equal(line.entry.jws, entry.jws));
    assert_memory_equal(line.entry.nonce, entry.nonce, ENTRY_NONCE_LEN);
    buf_release(&out);
    arena_free(arena);
}

static void entries_without_a_body_and_checkpoints_are_written_and_read(void **state)
{
    struct arena *arena = arena_new(65536);
    struct archive_entry entry = {.header = SLICE("h"), .state = ARCHIVE_BODY_WITHHELD};
    struct archive_line line;
    struct buf out;
    (void) state;
    buf_init(&out, 4096);
    archive_write_entry(&entry, &out);
    assert_string_equal(out.ptr, "{\"header\":\"h\",\"withheld\":true}\n");
    assert_int_equal(archive_read_line(line_in(&out), arena, &line, NULL), TALLY_OK);
    assert_int_equal(line.entry.state, ARCHIVE_BODY_WITHHELD);
    buf_clear(&out);
    entry.state = ARCHIVE_BODY_ERASED;
    archive_write_entry(&entry, &out);
    assert_string_equal(out.ptr, "{\"erased\":true,\"header\":\"h\"}\n");
    assert_int_equal(archive_read_line(line_in(&out), arena, &line, NULL), TALLY_OK);
    assert_int_equal(line.entry.state, ARCHIVE_BODY_ERASED);
    buf_clear(&out);
    archive_write_checkpoint(SLICE("a\n1\nx\n"), &out);
    assert_string_equal(out.ptr, "{\"checkpoint\":\"a\\n1\\nx\\n\"}\n");
    assert_int_equal(archive_read_line(line_in(&out), arena, &line, NULL), TALLY_OK);
    assert_int_equal(line.kind, ARCHIVE_LINE_CHECKPOINT);
    assert_true(slice_is(line.checkpoint, "a\n1\nx\n"));
    buf_release(&out);
    arena_free(arena);
}

#define NONCE "AAAAAAAAAAAAAAAAAAAAAA=="
#define LINE(body, header, jws, nonce) "{\"body\":" body ",\"header\":" header ",\"jws\":" jws ",\"nonce\":" nonce "}"
#define WITH_BODY(body) LINE(body, "\"h\"", "\"\"", "\"" NONCE "\"")

static void other_spellings_of_an_entry_are_refused(void **state)
{
    static const char *const BODIES[] = {"\"\\/\"",
                                         "\"\\u0041\"",
                                         "\"\\u000a\"",
                                         "\"\\u001F\"",
                                         "\"\\u0000\"",
                                         "\"\\u007f\"",
                                         "\"\\u2028\"",
                                         "\"\\ud83d\\ude00\"",
                                         "\"\t\"",
                                         "\"\x1f\"",
                                         "\"\\\"",
                                         "\"\\x\"",
                                         "\"\\u00\"",
                                         "\"\\\"",
                                         "\"\xc0\x80\"",
                                         "\"\xed\xa0\x80\"",
                                         "\"\xf5\x80\x80\x80\"",
                                         "\"\xff\"",
                                         "\"\xc3\"",
                                         "\"\x80\"",
                                         "null",
                                         "1",
                                         "\"a",
                                         "a\"",
                                         "''",
                                         "\"\\'\""};
    struct arena *arena = arena_new(1u << 20);
    struct archive_line line;
    (void) state;
    assert_int_equal(read_text(WITH_BODY("\"{}\""), &line, arena), TALLY_OK);
    assert_int_equal(read_text(WITH_BODY("\"\\u001f\\b\\t\\n\\f\\r\\\"\\\\/\x7f\""), &line, arena), TALLY_OK);
    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        struct buf out;
        buf_init(&out, 1024);
        buf_printf(&out, "{\"body\":%s,\"header\":\"h\",\"jws\":\"\",\"nonce\":\"" NONCE "\"}", BODIES[i]);
        assert_refused(out.ptr);
        buf_release(&out);
    }
    assert_refused("");
    assert_refused("{}");
    assert_refused(" " WITH_BODY("\"\""));
    assert_refused(WITH_BODY("\"\"") " ");
    assert_refused(WITH_BODY("\"\"") "{}");
    assert_refused(WITH_BODY(" \"\""));
    assert_refused(LINE("\"\"", "\"h\"", "\"\"", "\"AAAAAAAAAAAAAAAAAAAAAA\""));
    assert_refused(LINE("\"\"", "\"h\"", "\"\"", "\"AAAAAAAAAAAAAAAAAAAAAB==\""));
    assert_refused(LINE("\"\"", "\"h\"", "\"\"", "\"AAAA\""));
    assert_refused(LINE("\"\"", "\"h\"", "\"\"", "\"AAAAAAAAAAAAAAAAAAAAAAAA\""));
    assert_refused(LINE("\"\"", "\"h\"", "null", "\"" NONCE "\""));
    assert_refused("{\"header\":\"h\",\"body\":\"\",\"jws\":\"\",\"nonce\":\"" NONCE "\"}");
    assert_refused("{\"header\":\"h\",\"withheld\":false}");
    assert_refused("{\"header\":\"h\",\"erased\":true}");
    assert_refused("{\"erased\":true,\"header\":\"h\",\"withheld\":true}");
    assert_refused("{\"checkpoint\":\"a\",\"checkpoint\":\"a\"}");
    arena_free(arena);
}

/* Plain bytes are looked at sixteen together: whatever is special, wherever it stands, comes back, or is refused. */
static void what_is_special_is_seen_at_every_place(void **state)
{
    static const char *const SPECIAL[] = {
        "\"", "\\", "\n", "\x01", "\x1f", "\x7f", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\\\"\n\xc3\xa9\"\""};
    struct arena *arena = arena_new(1u << 20);
    struct archive_line line;
    struct buf out;
    char body[128];
    (void) state;
    buf_init(&out, 65536);
    for (size_t k = 0; k < sizeof SPECIAL / sizeof SPECIAL[0]; k++)
        for (size_t at = 0; at < 40; at++)
            for (size_t behind = 0; behind < 20; behind++) {
                memset(body, 'a', sizeof body);
                memcpy(body + at, SPECIAL[k], strlen(SPECIAL[k]));
                const struct archive_entry entry = {.header = SLICE("{\"h\"}"),
                                                    .jws = SLICE("x..y"),
                                                    .body = slice_of(body, at + strlen(SPECIAL[k]) + behind)};
                buf_clear(&out);
                archive_write_entry(&entry, &out);
                arena_clear(arena);
                assert_int_equal(archive_read_line(line_in(&out), arena, &line, NULL), TALLY_OK);
                assert_true(slice_equal(line.entry.body, entry.body));
                assert_true(slice_equal(line.entry.header, entry.header));
                assert_true(slice_equal(line.entry.jws, entry.jws));
                /* the same with a byte that may not stand there */
                char *a = memchr(out.ptr + strlen("{\"body\":\"") + (at == 0 ? strlen(SPECIAL[k]) : 0), 'a', out.len);
                for (int bad = 0; bad < 3 && a != NULL && a < out.ptr + 60 + at && (at > 0 || behind > 0); bad++) {
                    *a = "\x1f\x80\xff"[bad];
                    arena_clear(arena);
                    assert_int_equal(archive_read_line(line_in(&out), arena, &line, NULL), TALLY_E_MALFORMED);
                }
            }
    buf_release(&out);
    arena_free(arena);
}

static void the_longest_body_fits_and_no_longer_one(void **state)
{
    struct arena *arena = arena_new((size_t) 2 * ARCHIVE_LINE_MAX + 65536);
    struct archive_line line;
    struct buf body, out;
    (void) state;
    buf_init(&body, (size_t) ENTRY_BODY_MAX + 1);
    buf_init(&out, (size_t) ARCHIVE_LINE_MAX + 65536);
    for (uint32_t i = 0; i < ENTRY_BODY_MAX; i++)
        buf_add_char(&body, '"'); /* each takes two bytes in the line */
    struct archive_entry entry = {.header = SLICE("h"), .body = buf_slice(&body)};
    archive_write_entry(&entry, &out);
    assert_int_equal(archive_read_line(line_in(&out), arena, &line, NULL), TALLY_OK);
    assert_true(slice_equal(line.entry.body, entry.body));
    arena_clear(arena);
    buf_add_char(&body, '"');
    entry.body = buf_slice(&body);
    buf_clear(&out);
    archive_write_entry(&entry, &out);
    assert_int_equal(archive_read_line(line_in(&out), arena, &line, NULL), TALLY_E_MALFORMED);
    buf_clear(&out);
    while (out.len <= ARCHIVE_LINE_MAX)
        buf_add_str(&out, "{\"body\":\"0123456789012345678901234567890123456789");
    assert_int_equal(archive_read_line(buf_slice(&out), arena, &line, NULL), TALLY_E_MALFORMED);
    buf_release(&body);
    buf_release(&out);
    arena_free(arena);
}

static void want_of_memory_is_ours(void **state)
{
    struct arena *arena = arena_new(64);
    struct archive_line line;
    (void) state;
    assert_int_equal(read_text("{\"header\":\"0123456789012345678901234567890123456789012345678901234567890123456789"
                               "0123456789012345678901234567890123456789\",\"withheld\":true}",
                               &line, arena),
                     TALLY_E_NO_MEMORY);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_written_and_read),
        cmocka_unit_test(other_heads_are_refused),
        cmocka_unit_test(any_text_survives_a_line),
        cmocka_unit_test(entries_without_a_body_and_checkpoints_are_written_and_read),
        cmocka_unit_test(other_spellings_of_an_entry_are_refused),
        cmocka_unit_test(what_is_special_is_seen_at_every_place),
        cmocka_unit_test(the_longest_body_fits_and_no_longer_one),
        cmocka_unit_test(want_of_memory_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
