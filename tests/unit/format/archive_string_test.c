/* The fast reader of strings beside a slow one: a JSON reader and our writer. What the writer would write again is read, and says the same;
 * anything else is refused. The reader is tried as it is on this machine, and as it is where there are no steps of sixteen bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>

#include "../../../ledger/format/archive_string.h"
#include "../../support/dice.h"
#include "tally/buf.h"
#include "tally/canon.h"

#pragma push_macro("__SSE2__")
#undef __SSE2__
#define archive_read_string read_without_steps
MUST_CHECK enum tally_code read_without_steps(struct scan *scan, char **to, struct slice *out);
#include "../../../ledger/format/archive_string.c"
#undef archive_read_string
#pragma pop_macro("__SSE2__")

#define TEXT_MAX 200
#define LINE_MAX_BYTES (6 * TEXT_MAX + 64)
#define ROUNDS 60000
#define MUTATIONS 4

static uint32_t below(uint32_t bound)
{
    static struct dice state = {1};
    return dice_below(&state, bound);
}

/* What a reader should do with the bytes from the opening quote on, whatever follows the closing one: the length of the string with its
 * quotes, and what it says; 0: refused. */
static size_t judge(struct slice line, struct buf *says)
{
    size_t end = 1;
    buf_clear(says);
    if (line.len == 0 || line.ptr[0] != '"')
        return 0;
    for (; end < line.len && line.ptr[end] != '"'; end++)
        end += line.ptr[end] == '\\' ? 1 : 0;
    if (end >= line.len)
        return 0;
    json_t *json = json_loadb(line.ptr, end + 1, JSON_DECODE_ANY, NULL);
    if (json == NULL)
        return 0;
    struct buf again;
    buf_init(&again, LINE_MAX_BYTES);
    buf_add(says, json_string_value(json), json_string_length(json));
    canon_quote(&again, buf_slice(says));
    bool is_same = again.failed == TALLY_OK && slice_equal(buf_slice(&again), slice_of(line.ptr, end + 1));
    buf_release(&again);
    json_decref(json);
    return is_same ? end + 1 : 0;
}

typedef enum tally_code (*read_fn)(struct scan *scan, char **to, struct slice *out);

static void agrees(read_fn read, struct slice line, size_t taken, struct slice says)
{
    /* exact sizes, so that a byte too many is seen by the sanitizer */
    char *bytes = malloc(line.len + 1), *text = malloc(line.len + ARCHIVE_TEXT_SLACK), *to = text;
    struct slice out = {0};
    struct scan scan;
    assert_non_null(bytes);
    assert_non_null(text);
    memcpy(bytes + 1, line.ptr, line.len);
    scan_init(&scan, slice_of(bytes + 1, line.len));
    enum tally_code rc = read(&scan, &to, &out);
    if (rc != (taken > 0 ? TALLY_OK : TALLY_E_MALFORMED))
        fail_msg("%s: %.*s", rc == TALLY_OK ? "read" : "refused", SLICE_ARG(line));
    if (taken == 0) {
        assert_ptr_equal(scan.at, bytes + 1);
        assert_ptr_equal(to, text);
    } else {
        assert_int_equal(scan.at - (bytes + 1), taken);
        assert_true(slice_equal(out, says));
        assert_true(to == text || (out.ptr == text && to == text + out.len));
    }
    free(bytes);
    free(text);
}

static size_t random_text(char *text)
{
    static const char *const PIECES[] = {"\"",   "\"",   "\"",       "\":\"",        "\",\"",
                                         "\\",   "\n",   "\x01",     "\r",           "\b",
                                         "\x1f", "\x7f", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                         "/"};
    size_t len = 0, end = below(TEXT_MAX - 8);
    bool has_quotes_only = below(2) == 0;
    while (len < end) {
        for (uint32_t plain = below(4) == 0 ? below(40) : below(5); plain > 0 && len < end; plain--)
            text[len++] = (char) ('a' + below(26));
        const char *piece = PIECES[below(has_quotes_only ? 5 : sizeof PIECES / sizeof PIECES[0])];
        memcpy(text + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return len;
}

/* One byte altered, left out or put in: mostly one that means something. */
static size_t mutate(char *line, size_t len)
{
    static const char BYTES[] = "\"\"\"\\\\\\u001bnrtf/x0a\x1f\n\x80\xc3\xbf\xff";
    size_t at = below((uint32_t) len);
    char byte = BYTES[below(sizeof BYTES)];
    uint32_t what = below(4);
    if (what == 0) {
        memmove(line + at, line + at + 1, len - at - 1);
        return len - 1;
    }
    if (what == 1) {
        memmove(line + at + 1, line + at, len - at);
        len++;
    }
    line[at] = byte;
    return len;
}

static void what_the_writer_would_write_again_is_read_and_nothing_else(void **state)
{
    static char text[TEXT_MAX + 64], line[LINE_MAX_BYTES];
    struct buf written, says;
    unsigned read = 0, refused = 0;
    (void) state;
    buf_init(&written, LINE_MAX_BYTES);
    buf_init(&says, LINE_MAX_BYTES);
    for (unsigned i = 0; i < ROUNDS; i++) {
        buf_clear(&written);
        canon_quote(&written, slice_of(text, random_text(text)));
        buf_add_str(&written, below(2) == 0 ? "}" : ",\"header\":\"and so on, to the end\"}");
        assert_int_equal(buf_check(&written, NULL), TALLY_OK);
        size_t len = written.len;
        memcpy(line, written.ptr, len);
        for (unsigned k = 0; k <= MUTATIONS && len > 0; k++) {
            struct slice all = slice_of(line, len);
            size_t taken = judge(all, &says);
            agrees(archive_read_string, all, taken, buf_slice(&says));
            agrees(read_without_steps, all, taken, buf_slice(&says));
            read += taken > 0;
            refused += taken == 0;
            len = mutate(line, len);
        }
    }
    assert_in_range(read, ROUNDS, ROUNDS * (MUTATIONS + 1));
    assert_in_range(refused, ROUNDS, ROUNDS * (MUTATIONS + 1)); /* both were tried */
    buf_release(&written);
    buf_release(&says);
}

/* Cut off anywhere it is no string, and nothing is read behind the end. */
static void a_string_that_does_not_end_is_refused(void **state)
{
    static const char WHOLE[] =
        "\"{\\\"actor\\\":\\\"reporter-6\\\",\\\"body\\\":\\\"b93\\u001f80\\\\be\xe2\x82\xac\\n\\\"}\"";
    (void) state;
    for (size_t len = 1; len + 1 < sizeof WHOLE; len++) {
        agrees(archive_read_string, slice_of(WHOLE, len), 0, SLICE(""));
        agrees(read_without_steps, slice_of(WHOLE, len), 0, SLICE(""));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_writer_would_write_again_is_read_and_nothing_else),
        cmocka_unit_test(a_string_that_does_not_end_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
