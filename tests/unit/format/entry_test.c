/* Headers have one spelling; types belong to one request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../vectors/ledger_vectors.h"
#include "tally/entry.h"
#include "tally/text.h"

static void the_longest_header_fits(void **state)
{
    char actor[65], origin[129];
    struct entry_header header = {.seq = ENTRY_SEQ_MAX, .open = false};
    struct entry_header again;
    struct buf out;
    (void) state;
    memset(actor, 'a', 64);
    memset(origin, 'o', 128);
    header.actor = slice_of(actor, 64);
    header.type = slice_of(actor, 64);
    header.jti = slice_of(actor, 64);
    header.ledger = slice_of(origin, 128);
    buf_init(&out, ENTRY_HEADER_MAX);
    entry_header_write(&header, &out);
    assert_int_equal(buf_check(&out, NULL), TALLY_OK);
    assert_int_equal(entry_header_read(buf_slice(&out), &again, NULL), TALLY_OK);
    assert_int_equal(again.seq, ENTRY_SEQ_MAX);
    assert_false(again.open);
    buf_release(&out);
}

/* Whatever is read is written again as the same bytes: each byte of three headers replaced by each of some others,
 * left out, and doubled. */
static void what_is_read_has_one_spelling(void **state)
{
    static const char OTHERS[] = "\0 \t\n\"\\,:{}[]0129afAFzT-.+Z/_\x7f\x80\xff";
    size_t read = 0;
    (void) state;
    for (int i = 0; i < 3; i++) {
        size_t len = strlen(VECTOR_ENTRIES[i].header);
        for (size_t at = 0; at < len; at++) {
            for (size_t k = 0; k < sizeof OTHERS + 1; k++) {
                struct buf bytes, again;
                struct entry_header header;
                buf_init(&bytes, 2048);
                buf_init(&again, 2048);
                buf_add(&bytes, VECTOR_ENTRIES[i].header, at);
                if (k < sizeof OTHERS - 1)
                    buf_add_char(&bytes, OTHERS[k]);
                else if (k == sizeof OTHERS) /* doubled; otherwise left out */
                    buf_add(&bytes, (const char[]){VECTOR_ENTRIES[i].header[at], VECTOR_ENTRIES[i].header[at]}, 2);
                buf_add_str(&bytes, VECTOR_ENTRIES[i].header + at + 1);
                if (entry_header_read(buf_slice(&bytes), &header, NULL) == TALLY_OK) {
                    entry_header_write(&header, &again);
                    assert_true(slice_equal(buf_slice(&again), buf_slice(&bytes)));
                    read++;
                }
                buf_release(&bytes);
                buf_release(&again);
            }
        }
    }
    assert_true(read > 100); /* other digits and letters make other headers */
}

static void other_spellings_of_a_header_are_refused(void **state)
{
#define BODY "\"body\":\"" HASH "\""
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEADER(actor, jti, open, seq, time, rest)                                                                          \
    "{\"actor\":\"" actor "\"," BODY ",\"jti\":\"" jti "\",\"ledger\":\"l.example\",\"open\":" open ",\"prev\":\"" HASH    \
    "\",\"seq\":" seq ",\"time\":\"" time "\",\"type\":\"result.submitted\"," rest
#define TIME "2026-01-01T00:00:03.000000Z"
    static const char *const WRONG[] = {
        "",
        "{}",
        HEADER("me", "", "true", "1", TIME, "\"v\":2}"),
        HEADER("me", "", "true", "1", TIME, "\"v\":1}\n"),
        HEADER("me", "", "true", "1", TIME, "\"v\":1,\"w\":1}"),
        HEADER("me", "", "true", "1", TIME, "\"v\":1"),
        HEADER("me", "", "true", "1", TIME, "\"v\": 1}"),
        HEADER("", "", "true", "1", TIME, "\"v\":1}"),
        HEADER("Me", "", "true", "1", TIME, "\"v\":1}"),
        HEADER("m\\u0065", "", "true", "1", TIME, "\"v\":1}"),
        HEADER("me", "short", "true", "1", TIME, "\"v\":1}"),
        HEADER("me", "", "1", "1", TIME, "\"v\":1}"),
        HEADER("me", "", "null", "1", TIME, "\"v\":1}"),
        HEADER("me", "", "true", "01", TIME, "\"v\":1}"),
        HEADER("me", "", "true", "-1", TIME, "\"v\":1}"),
        HEADER("me", "", "true", "1.0", TIME, "\"v\":1}"),
        HEADER("me", "", "true", "1e0", TIME, "\"v\":1}"),
        HEADER("me", "", "true", "9007199254740992", TIME, "\"v\":1}"),
        HEADER("me", "", "true", "1", "2026-01-01T00:00:03Z", "\"v\":1}"),
        HEADER("me", "", "true", "1", "2026-02-29T00:00:03.000000Z", "\"v\":1}"),
        HEADER("me", "", "true", "1", "2026-01-01T00:00:60.000000Z", "\"v\":1}"),
        HEADER("me", "", "true", "1", "2026-01-01T00:00:03.000000+", "\"v\":1}"),
    };
    struct entry_header header;
    (void) state;
    assert_int_equal(entry_header_read(slice_str(HEADER("me", "", "true", "1", TIME, "\"v\":1}")), &header, NULL),
                     TALLY_OK);
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct entry_header unchanged = {.seq = 4711};
        assert_int_equal(entry_header_read(slice_str(WRONG[i]), &unchanged, NULL), TALLY_E_MALFORMED);
        assert_int_equal(unchanged.seq, 4711);
    }
}

static void a_commitment_keeps_its_parts_apart(void **state)
{
    const uint8_t nonce[ENTRY_NONCE_LEN] = {0};
    struct digest a, b;
    (void) state;
    entry_commitment(nonce, SLICE("jws"), SLICE("body"), &a);
    entry_commitment(nonce, SLICE("jwsb"), SLICE("ody"), &b);
    assert_false(digest_equal(&a, &b));
    entry_commitment(nonce, SLICE(""), SLICE("jwsbody"), &b);
    assert_false(digest_equal(&a, &b));
}

static void every_type_is_found_by_its_text_and_its_request(void **state)
{
    (void) state;
    for (unsigned i = 0; i < ENTRY_TYPE_COUNT; i++) {
        enum entry_type type = (enum entry_type) i;
        enum entry_type found = ENTRY_TYPE_COUNT;
        assert_int_equal(entry_type_find(slice_str(entry_type_text(type)), &found), TALLY_OK);
        assert_int_equal(found, type);
        if (entry_type_method(type)[0] == '\0') {
            assert_string_equal(entry_type_path(type), "");
            continue;
        }
        struct buf target;
        buf_init(&target, 256);
        for (const char *p = entry_type_path(type); *p != '\0'; p++) {
            if (*p == '{')
                buf_add_str(&target, "some-name.17");
            else if (*p != '}')
                buf_add_char(&target, *p);
        }
        found = ENTRY_TYPE_COUNT;
        assert_int_equal(entry_type_of_request(slice_str(entry_type_method(type)), buf_slice(&target), &found), TALLY_OK);
        assert_int_equal(found, type);
        assert_int_equal(entry_type_of_request(SLICE("GET"), buf_slice(&target), &found), TALLY_E_NOT_FOUND);
        buf_add_char(&target, '/');
        assert_int_equal(entry_type_of_request(SLICE("POST"), buf_slice(&target), &found), TALLY_E_NOT_FOUND);
        buf_release(&target);
    }
}

static void other_requests_and_types_are_not_found(void **state)
{
    static const char *const TARGETS[] = {"",
                                          "/",
                                          "/v1",
                                          "/v1/actors//keys",
                                          "/v1/actors/a/b/keys",
                                          "/v1/resultsx",
                                          "/v1/result",
                                          "/v1/results/1/verifications/2",
                                          "v1/results",
                                          "/v2/results"};
    static const char *const TYPES[] = {"", "result", "result.submitted ", "Result.submitted", "result.submitte"};
    enum entry_type found = ENTRY_TYPE_COUNT;
    (void) state;
    for (size_t i = 0; i < sizeof TARGETS / sizeof TARGETS[0]; i++)
        assert_int_equal(entry_type_of_request(SLICE("POST"), slice_str(TARGETS[i]), &found), TALLY_E_NOT_FOUND);
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++)
        assert_int_equal(entry_type_find(slice_str(TYPES[i]), &found), TALLY_E_NOT_FOUND);
    assert_int_equal(entry_type_of_request(SLICE(""), SLICE(""), &found), TALLY_E_NOT_FOUND);
    assert_int_equal(found, ENTRY_TYPE_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_header_fits),
        cmocka_unit_test(what_is_read_has_one_spelling),
        cmocka_unit_test(other_spellings_of_a_header_are_refused),
        cmocka_unit_test(a_commitment_keeps_its_parts_apart),
        cmocka_unit_test(every_type_is_found_by_its_text_and_its_request),
        cmocka_unit_test(other_requests_and_types_are_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
