#include "tally/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lexer.h"

#define MESSAGE_MAX 512    /* bytes of a message: several lines on a screen */
#define LINE_MAX_SHOWN 140 /* characters of a line of the text that are shown around the place */
#define LINE_BEFORE 60     /* of these before the place, where the line is longer */

void diags_init(struct diags *diags, struct arena *arena)
{
    *diags = (struct diags){.arena = arena};
}

static bool has_error_at(const struct diags *diags, struct span span)
{
    for (const struct diag *d = diags->first; d != NULL; d = d->next)
        if (d->level == DIAG_ERROR && d->span.offset == span.offset && d->span.line == span.line)
            return true;
    return false;
}

static bool is_malformed(struct slice line, size_t at, size_t length)
{
    unsigned char first = (unsigned char) line.ptr[at];
    if (length == 1)
        return first >= 0x80;
    for (size_t i = 1; i < length; i++)
        if (((unsigned char) line.ptr[at + i] & 0xC0) != 0x80)
            return true;
    return first > 0xF4;
}

/* The character at a place as it may be shown: U+FFFD for what a terminal would not show as it is, so that a message about a hidden character
 * does not do what the character does. *step: its bytes in the text. */
static struct slice shown_at(struct slice text, size_t at, size_t *step)
{
    uint32_t character = 0;
    *step = lex_character(text, at, &character);
    bool is_bad = is_malformed(text, at, *step);
    *step = is_bad ? 1 : *step;
    return is_bad || lex_is_forbidden(character) ? SLICE("\xEF\xBF\xBD") : slice_of(text.ptr + at, *step);
}

/* A copy of whole characters, cut where it is too long; an empty one without memory. */
static struct slice keep(struct arena *arena, const char *text)
{
    struct slice all = slice_of(text, strnlen(text, MESSAGE_MAX - 1)), out = {NULL, 0};
    char shown[MESSAGE_MAX];
    size_t len = 0;
    if (all.len == MESSAGE_MAX - 1) { /* its last character may be half of one */
        while (all.len > 0 && ((unsigned char) all.ptr[all.len - 1] & 0xC0) == 0x80)
            all.len--;
        all.len -= all.len > 0 && (unsigned char) all.ptr[all.len - 1] >= 0xC0;
    }
    for (size_t at = 0, step = 1; at < all.len; at += step) {
        struct slice character = shown_at(all, at, &step);
        if (len + character.len >= sizeof shown)
            break;
        memcpy(shown + len, character.ptr, character.len);
        len += character.len;
    }
    if (len == 0 || arena_copy(arena, shown, len, &out, NULL) != TALLY_OK)
        return (struct slice){NULL, 0};
    return out;
}

void diags_add(struct diags *diags, enum diag_level level, const char *code, struct span span, const char *hint,
               const char *fmt, ...)
{
    if (level == DIAG_ERROR && has_error_at(diags, span))
        return;
    int *counted = level == DIAG_ERROR ? &diags->errors : &diags->warnings;
    *counted += 1;
    struct diag *d = *counted > DIAGS_MAX ? NULL : ARENA_NEW(diags->arena, struct diag);
    if (d == NULL) {
        diags->dropped++;
        return;
    }
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, fmt);
    (void) vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    d->level = level;
    d->code = slice_str(code);
    d->span = span;
    d->message = keep(diags->arena, message);
    d->hint = hint == NULL ? (struct slice){NULL, 0} : keep(diags->arena, hint);
    if (diags->last == NULL)
        diags->first = d;
    else
        diags->last->next = d;
    diags->last = d;
}

void diags_sort(struct diags *diags)
{
    struct diag *sorted = NULL;
    struct diag *next = NULL;
    for (struct diag *d = diags->first; d != NULL; d = next) {
        struct diag **at = &sorted;
        next = d->next;
        while (*at != NULL && (*at)->span.offset <= d->span.offset)
            at = &(*at)->next;
        d->next = *at;
        *at = d;
    }
    diags->first = sorted;
    diags->last = sorted;
    while (diags->last != NULL && diags->last->next != NULL)
        diags->last = diags->last->next;
}

/* The line on which the span begins, without its LF. */
static struct slice line_of(struct slice text, struct span span)
{
    size_t at = span.offset < text.len ? span.offset : text.len;
    size_t begin = at;
    size_t end = at;
    while (begin > 0 && text.ptr[begin - 1] != '\n')
        begin--;
    while (end < text.len && text.ptr[end] != '\n')
        end++;
    return slice_of(text.ptr + begin, end - begin);
}

/* Shows the line and marks the span in it. */
static void print_line(struct slice line, size_t from, size_t length, uint32_t column, struct buf *out)
{
    uint32_t first = column > LINE_BEFORE + 1 ? column - LINE_BEFORE : 1;
    uint32_t shown = 1;
    size_t carets = 0;
    buf_add_str(out, "  ");
    for (size_t at = 0, step = 1; at < line.len; at += step, shown++) {
        struct slice character = shown_at(line, at, &step);
        if (shown < first || shown >= first + LINE_MAX_SHOWN)
            continue;
        buf_add_slice(out, character);
        carets += at >= from && at < from + length;
    }
    buf_add_str(out, "\n  ");
    for (uint32_t i = first; i < column; i++)
        buf_add_char(out, ' ');
    buf_add_char(out, '^');
    for (size_t i = 1; i < carets; i++)
        buf_add_char(out, '~');
    buf_add_char(out, '\n');
}

void diags_print(const struct diags *diags, struct slice file, struct slice text, struct buf *out)
{
    for (const struct diag *d = diags->first; d != NULL; d = d->next) {
        struct slice line = line_of(text, d->span);
        size_t from = d->span.offset < text.len ? (size_t) (text.ptr + d->span.offset - line.ptr) : line.len;
        buf_printf(out, "%.*s:%u:%u: %s: %.*s\n", SLICE_ARG(file), d->span.line, d->span.column,
                   d->level == DIAG_ERROR ? "error" : "warning", SLICE_ARG(d->message));
        print_line(line, from, d->span.length, d->span.column, out);
        if (d->hint.len != 0)
            buf_printf(out, "  hint: %.*s\n", SLICE_ARG(d->hint));
    }
    if (diags->dropped != 0)
        buf_printf(out, "%.*s: %d more not shown\n", SLICE_ARG(file), diags->dropped);
}
