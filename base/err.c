#include "tally/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum err_side side;
    const char *text;
} codes[] = {
#define X(name, side, text) {#name, side, text},
    TALLY_CODES(X)
#undef X
};

#define CODE_COUNT (sizeof codes / sizeof codes[0])

/* Text that was cut in the middle of a UTF-8 character would spoil the JSON that it ends up in. */
static void cut_at_character(char *text, size_t len)
{
    size_t at = len;
    while (at > 0 && ((unsigned char) text[at - 1] & 0xC0) == 0x80)
        at--;
    if (at == 0)
        return;
    unsigned char lead = (unsigned char) text[at - 1];
    size_t want = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (len - (at - 1) < want)
        text[at - 1] = '\0';
}

/* The arguments may point into err itself, so the text is made elsewhere first. */
PRINTF_LIKE(2, 0) static void detail_format(char *out, const char *fmt, va_list args)
{
    int n = vsnprintf(out, ERR_DETAIL_MAX, fmt, args);
    if (n < 0)
        out[0] = '\0';
    else if ((size_t) n >= ERR_DETAIL_MAX)
        cut_at_character(out, ERR_DETAIL_MAX - 1);
}

enum tally_code err_set(struct err *err, enum tally_code code, const char *fmt, ...)
{
    if (err == NULL)
        return code;
    char text[ERR_DETAIL_MAX];
    va_list args;
    va_start(args, fmt);
    detail_format(text, fmt, args);
    va_end(args);
    err->code = code;
    memcpy(err->detail, text, strlen(text) + 1);
    return code;
}

enum tally_code err_context(struct err *err, const char *fmt, ...)
{
    ENSURE(err != NULL);
    char context[ERR_DETAIL_MAX], text[ERR_DETAIL_MAX];
    va_list args;
    va_start(args, fmt);
    detail_format(context, fmt, args);
    va_end(args);
    size_t used = strlen(context);
    memcpy(text, context, used);
    const char *rest[] = {": ", err->detail};
    bool is_cut = false;
    for (size_t i = 0; i < 2 && !is_cut; i++) {
        size_t len = strlen(rest[i]);
        size_t room = ERR_DETAIL_MAX - 1 - used;
        is_cut = len > room;
        memcpy(text + used, rest[i], is_cut ? room : len);
        used += is_cut ? room : len;
    }
    text[used] = '\0';
    if (is_cut)
        cut_at_character(text, used);
    memcpy(err->detail, text, strlen(text) + 1);
    return err->code;
}

const char *err_code_name(enum tally_code code)
{
    ENSURE((size_t) code < CODE_COUNT);
    return codes[code].name;
}

const char *err_code_text(enum tally_code code)
{
    ENSURE((size_t) code < CODE_COUNT);
    return codes[code].text;
}

enum err_side err_code_side(enum tally_code code)
{
    ENSURE((size_t) code < CODE_COUNT);
    return codes[code].side;
}

void err_ensure_failed(const char *condition, const char *file, int line, const char *function)
{
    (void) fprintf(stderr, "%s:%d: %s: this must hold and does not: %s\n", file, line, function, condition);
    abort();
}
