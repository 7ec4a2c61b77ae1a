#include "archive_string.h"
#include "tally/archive.h"
#include "tally/text.h"

/* Twice STATEMENT_JWS_MAX: a jws that is too long is the statement's fault, and is named so by whoever reads it. */
#define JWS_TEXT_MAX 4096

/* Every line has its members in one order and one spelling, so that a reader that follows the writer step by step
 * refuses all others; at 750,000 lines a second it is ten times as fast as a general JSON reader. */

__attribute__((always_inline)) static inline enum tally_code expect(struct scan *scan, const char *literal)
{
    return scan_literal(scan, literal) ? TALLY_OK : TALLY_E_MALFORMED;
}

static enum tally_code read_number(struct scan *scan, char end, uint64_t *out)
{
    struct slice digits;
    if (!scan_until(scan, end, &digits))
        return TALLY_E_MALFORMED;
    return text_u64(digits, ENTRY_SEQ_MAX, out);
}

static enum tally_code read_text(struct scan *scan, char **to, size_t max, struct slice *out)
{
    struct slice text;
    enum tally_code rc = archive_read_string(scan, to, &text);
    if (rc != TALLY_OK)
        return rc;
    if (text.len > max)
        return TALLY_E_MALFORMED;
    *out = text;
    return TALLY_OK;
}

/* One hex hash for each bit of `from` (the complete subtrees of a tree of that size). */
static enum tally_code read_range(struct scan *scan, uint64_t from, struct slice *out)
{
    const char *begin = scan->at;
    char separator = '[';
    for (uint64_t left = from; left != 0; left &= left - 1) {
        struct slice hex;
        uint8_t hash[DIGEST_LEN];
        const char opening[] = {separator, '"', '\0'};
        if (!scan_literal(scan, opening) || !scan_take(scan, 2 * (size_t) DIGEST_LEN, &hex) ||
            text_unhex(hex, hash, DIGEST_LEN) != TALLY_OK || !scan_literal(scan, "\""))
            return TALLY_E_MALFORMED;
        separator = ',';
    }
    if (!scan_literal(scan, "]"))
        return TALLY_E_MALFORMED;
    *out = slice_of(begin, (size_t) (scan->at - begin));
    return TALLY_OK;
}

static enum tally_code read_head(struct scan *scan, char **to, struct archive_head *out)
{
    enum tally_code rc = TALLY_OK;
    TRY(read_number(scan, ',', &out->from));
    TRY(expect(scan, "\"origin\":"));
    TRY(read_text(scan, to, 128, &out->origin));
    if (!text_is_origin(out->origin))
        return TALLY_E_MALFORMED;
    if (out->from > 0) {
        TRY(expect(scan, ",\"range\":"));
        TRY(read_range(scan, out->from, &out->range));
    }
    TRY(expect(scan, ",\"size\":"));
    TRY(read_number(scan, ',', &out->size));
    TRY(expect(scan, "\"tally_archive\":1,\"vkey\":"));
    TRY(read_text(scan, to, 256, &out->vkey));
    TRY(expect(scan, "}"));
    if (out->from > out->size)
        return TALLY_E_MALFORMED;
done:
    return rc;
}

static enum tally_code read_present(struct scan *scan, char **to, struct archive_entry *out)
{
    enum tally_code rc = TALLY_OK;
    struct slice nonce;
    size_t len = 0;
    out->state = ARCHIVE_BODY_PRESENT;
    TRY(read_text(scan, to, ENTRY_BODY_MAX, &out->body));
    TRY(expect(scan, ",\"header\":"));
    TRY(read_text(scan, to, ENTRY_HEADER_MAX, &out->header));
    TRY(expect(scan, ",\"jws\":"));
    TRY(read_text(scan, to, JWS_TEXT_MAX, &out->jws));
    TRY(expect(scan, ",\"nonce\":\""));
    if (!scan_until(scan, '"', &nonce) || text_unbase64(nonce, out->nonce, ENTRY_NONCE_LEN, &len) != TALLY_OK ||
        len != ENTRY_NONCE_LEN)
        return TALLY_E_MALFORMED;
    TRY(expect(scan, "}"));
done:
    return rc;
}

static enum tally_code read_absent(struct scan *scan, char **to, enum archive_body state, const char *rest,
                                   struct archive_entry *out)
{
    enum tally_code rc = TALLY_OK;
    out->state = state;
    TRY(read_text(scan, to, ENTRY_HEADER_MAX, &out->header));
    TRY(expect(scan, rest));
done:
    return rc;
}

static enum tally_code read_any(struct scan *scan, char **to, struct archive_line *out)
{
    if (scan_literal(scan, "{\"body\":")) {
        out->kind = ARCHIVE_LINE_ENTRY;
        return read_present(scan, to, &out->entry);
    }
    if (scan_literal(scan, "{\"header\":")) {
        out->kind = ARCHIVE_LINE_ENTRY;
        return read_absent(scan, to, ARCHIVE_BODY_WITHHELD, ",\"withheld\":true}", &out->entry);
    }
    if (scan_literal(scan, "{\"erased\":true,\"header\":")) {
        out->kind = ARCHIVE_LINE_ENTRY;
        return read_absent(scan, to, ARCHIVE_BODY_ERASED, "}", &out->entry);
    }
    if (scan_literal(scan, "{\"checkpoint\":")) {
        out->kind = ARCHIVE_LINE_CHECKPOINT;
        enum tally_code rc = read_text(scan, to, ARCHIVE_LINE_MAX, &out->checkpoint);
        return rc != TALLY_OK ? rc : expect(scan, "}");
    }
    if (scan_literal(scan, "{\"from\":")) {
        out->kind = ARCHIVE_LINE_HEAD;
        return read_head(scan, to, &out->head);
    }
    return TALLY_E_MALFORMED;
}

enum tally_code archive_take_line(struct slice line, char *text, struct archive_line *out, struct err *err)
{
    struct scan scan;
    char *to = text;
    if (line.len > ARCHIVE_LINE_MAX)
        return err_set(err, TALLY_E_MALFORMED, "the line is longer than %u bytes", ARCHIVE_LINE_MAX);
    *out = (struct archive_line){0};
    scan_init(&scan, line);
    if (read_any(&scan, &to, out) != TALLY_OK || !scan_is_at_end(&scan))
        return err_set(err, TALLY_E_MALFORMED, "the line is not in its canonical form from byte %zu on",
                       line.len - scan_left(&scan) + 1);
    return TALLY_OK;
}

enum tally_code archive_read_line(struct slice line, struct arena *arena, struct archive_line *out, struct err *err)
{
    struct archive_line read = {0};
    struct slice copy = {0};
    bool is_short = line.len <= ARCHIVE_LINE_MAX;
    if (is_short && arena_copy(arena, line.ptr, line.len, &copy, NULL) != TALLY_OK)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a line of %zu bytes", line.len);
    char *text = is_short ? arena_alloc(arena, line.len + ARCHIVE_TEXT_SLACK) : NULL;
    if (is_short && text == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a line of %zu bytes", line.len);
    enum tally_code rc = archive_take_line(is_short ? copy : line, text, &read, err);
    if (rc == TALLY_OK)
        *out = read;
    return rc;
}
