#include "tally/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tally/instant.h"
#include "tally/text.h"

#define LOG_LINE_MAX 4096 /* PIPE_BUF: one write of no more is never torn apart by another one's */
#define LOG_TAIL 2        /* room kept for "}\n" */
#define LOG_ESCAPE_MAX 6  /* \u0000, the longest that one byte may become */

static atomic_int log_form = LOG_FORM_HUMAN;
static atomic_int log_least = LOG_LEVEL_INFO;

struct line {
    char text[LOG_LINE_MAX];
    size_t len;
};

void log_init(enum log_form form, enum log_level least)
{
    atomic_store(&log_form, (int) form);
    atomic_store(&log_least, (int) least);
}

static bool has_room(const struct line *line, size_t len)
{
    return len <= LOG_LINE_MAX - LOG_TAIL - line->len;
}

/* Callers have asked has_room for what they put together. */
static void put(struct line *line, const char *text, size_t len)
{
    ENSURE(len <= LOG_LINE_MAX - line->len);
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static void put_str(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* In quotes and escaped as JSON wants it, and cut where the line is full. Log lines hold what strangers send: what
 * is no UTF-8 becomes U+FFFD, so that a line stays one line and one JSON value. */
static void put_quoted(struct line *line, const char *text)
{
    const unsigned char *p = (const unsigned char *) text;
    size_t left = strlen(text);
    put(line, "\"", 1);
    while (left > 0 && has_room(line, LOG_ESCAPE_MAX + 1)) {
        size_t step = text_utf8_step(p, left);
        char escaped[LOG_ESCAPE_MAX + 1];
        if (step == 0) {
            put_str(line, "\xEF\xBF\xBD");
            step = 1;
        } else if (*p == '"' || *p == '\\') {
            put(line, (const char[]){'\\', (char) *p}, 2);
        } else if (*p < 0x20 || *p == 0x7F) {
            (void) snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned) *p);
            put_str(line, escaped);
        } else {
            put(line, (const char *) p, step);
        }
        p += step;
        left -= step;
    }
    put(line, "\"", 1);
}

/* What people can read without quotes. */
static bool is_plain(const char *text)
{
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~' || *text == '"' || *text == '\\' || *text == '=')
            return false;
    return true;
}

static void put_field(struct line *line, bool is_json, const struct log_field *field)
{
    char number[24];
    /* a name, its quotes, the separators, and the shortest value; a field that has no room is left out whole */
    if (!has_room(line, strlen(field->name) + sizeof number + LOG_ESCAPE_MAX + 6))
        return;
    put_str(line, is_json ? ",\"" : " ");
    put_str(line, field->name);
    put_str(line, is_json ? "\":" : "=");
    if (field->kind == LOG_FIELD_I64) {
        (void) snprintf(number, sizeof number, "%" PRId64, field->i64);
        put_str(line, number);
    } else if (field->str == NULL) {
        put_str(line, is_json ? "null" : "-");
    } else if (!is_json && is_plain(field->str) && has_room(line, strlen(field->str))) {
        put_str(line, field->str);
    } else {
        put_quoted(line, field->str);
    }
}

void log_line(enum log_level level, const char *event, const struct log_field *fields, int count)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if ((int) level < atomic_load(&log_least))
        return;
    bool is_json = atomic_load(&log_form) == LOG_FORM_JSON;
    char at[INSTANT_TEXT_LEN + 1];
    instant_format(instant_now(), at);
    struct line line;
    line.len = 0;
    put_str(&line, is_json ? "{\"at\":\"" : "");
    put_str(&line, at);
    put_str(&line, is_json ? "\",\"level\":\"" : " ");
    put_str(&line, names[level]);
    put_str(&line, is_json ? "\",\"event\":" : " ");
    if (is_json)
        put_quoted(&line, event);
    else
        put_str(&line, event);
    for (int i = 0; i < count; i++)
        put_field(&line, is_json, &fields[i]);
    put_str(&line, is_json ? "}\n" : "\n");
    /* one write a line; a log that cannot be written has nowhere to say so */
    int saved = errno;
    ssize_t n;
    do
        n = write(STDERR_FILENO, line.text, line.len);
    while (n < 0 && errno == EINTR);
    errno = saved;
}

void log_err(enum log_level level, const char *event, const struct err *err)
{
    static const char *const sides[] = {"none", "ours", "theirs", "soft"};
    LOG_EVENT(level, event, LOG_STR("code", err_code_name(err->code)), LOG_STR("side", sides[err_code_side(err->code)]),
              LOG_STR("detail", err->detail));
}
