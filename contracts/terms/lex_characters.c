#include "lexer.h"

#include <inttypes.h>

#include "tally/text.h"

/* What shows otherwise than it is read. Beside the ranges that the language names, those that Unicode lets a program show
 * as nothing (Default_Ignorable_Code_Point, version 15) or as a line end: a comment must not be able to look like a
 * declaration, and no two texts may look the same. */
static const struct {
    uint32_t from, to;
    const char *what;
} forbidden[] = {
    {0x00, 0x09, "a control character"},
    {0x0B, 0x1F, "a control character"},
    {0x7F, 0x9F, "a control character"},
    {0xAD, 0xAD, "an invisible character"},
    {0x034F, 0x034F, "an invisible character"},
    {0x061C, 0x061C, "a character that turns the direction of writing"},
    {0x115F, 0x1160, "an invisible character"},
    {0x17B4, 0x17B5, "an invisible character"},
    {0x180B, 0x180F, "an invisible character"},
    {0x200B, 0x200D, "an invisible character"},
    {0x200E, 0x200F, "a character that turns the direction of writing"},
    {0x2028, 0x2029, "a line end that is no LF"},
    {0x202A, 0x202E, "a character that turns the direction of writing"},
    {0x2060, 0x2065, "an invisible character"},
    {0x2066, 0x2069, "a character that turns the direction of writing"},
    {0x206A, 0x206F, "an invisible character"},
    {0x3164, 0x3164, "an invisible character"},
    {0xFE00, 0xFE0F, "an invisible character"},
    {0xFEFF, 0xFEFF, "a byte order mark"},
    {0xFFA0, 0xFFA0, "an invisible character"},
    {0xFFF0, 0xFFFB, "an invisible character"},
    {0x1BCA0, 0x1BCA3, "an invisible character"},
    {0x1D173, 0x1D17A, "an invisible character"},
    {0xE0000, 0xE0FFF, "an invisible character"},
};

static const char *forbidden_what(uint32_t character)
{
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
        if (character >= forbidden[i].from && character <= forbidden[i].to)
            return forbidden[i].what;
    return NULL;
}

bool lex_is_forbidden(uint32_t character)
{
    return forbidden_what(character) != NULL;
}

size_t lex_character(struct slice source, size_t at, uint32_t *character)
{
    const unsigned char *p = (const unsigned char *) source.ptr + at;
    size_t left = source.len - at;
    uint32_t value = p[0];
    size_t length = 1;
    if (p[0] >= 0xF0 && left >= 4) {
        length = 4;
        value = (uint32_t) (p[0] & 7) << 18 | (uint32_t) (p[1] & 63) << 12 | (uint32_t) (p[2] & 63) << 6 | (p[3] & 63);
    } else if (p[0] >= 0xE0 && p[0] < 0xF0 && left >= 3) {
        length = 3;
        value = (uint32_t) (p[0] & 15) << 12 | (uint32_t) (p[1] & 63) << 6 | (p[2] & 63);
    } else if (p[0] >= 0xC0 && p[0] < 0xE0 && left >= 2) {
        length = 2;
        value = (uint32_t) (p[0] & 31) << 6 | (p[1] & 63);
    }
    if (character != NULL)
        *character = value;
    return length;
}

static void report_forbidden(struct diags *diags, struct span span, uint32_t character)
{
    const char *what = forbidden_what(character);
    const char *hint = "remove it";
    const char *code = "text.character";
    if (character == '\t') {
        what = "a tab";
        hint = "use spaces; the formatter indents by two";
        code = "text.tab";
    } else if (character == '\r') {
        what = "a carriage return";
        hint = "lines end with LF alone: save the text with Unix line ends";
        code = "text.cr";
    } else if (character == 0xFEFF) {
        hint = "save the text as UTF-8 without BOM";
        code = "text.bom";
    } else if (character >= 0x80) {
        hint = "remove it: what is signed must read as it looks";
        code = "text.hidden";
    }
    diags_add(diags, DIAG_ERROR, code, span, hint, "%s (U+%04" PRIX32 ") may not stand in a text", what, character);
}

static struct span place_of(struct slice source, size_t at)
{
    struct span span = {(uint32_t) at, 1, 1, 1};
    for (size_t i = 0; i < at; i += lex_character(source, i, NULL)) {
        span.column++;
        if (source.ptr[i] == '\n') {
            span.line++;
            span.column = 1;
        }
    }
    return span;
}

bool lex_check_characters(struct slice source, struct diags *diags)
{
    size_t bad_at = 0;
    /* a NUL is a character that is named below; up to it, or to the end, every character is whole */
    if (!text_is_utf8(source, &bad_at) && source.ptr[bad_at] != '\0') {
        diags_add(diags, DIAG_ERROR, "text.utf8", place_of(source, bad_at), "save the text as UTF-8",
                  "byte %02x is not UTF-8", (unsigned) (unsigned char) source.ptr[bad_at]);
        return false;
    }
    struct span span = {0, 0, 1, 1};
    bool has_tab = false;
    bool has_cr = false;
    for (size_t at = 0; at < source.len; at += span.length) {
        uint32_t character = 0;
        span.offset = (uint32_t) at;
        span.length = (uint32_t) lex_character(source, at, &character);
        /* a text indented with tabs, or from another system, has one mistake and not one on each line */
        if (lex_is_forbidden(character) && !(character == '\t' && has_tab) && !(character == '\r' && has_cr))
            report_forbidden(diags, span, character);
        has_tab = has_tab || character == '\t';
        has_cr = has_cr || character == '\r';
        span.column++;
        if (character == '\n') {
            span.line++;
            span.column = 1;
        }
        if (character == 0)
            return false;
    }
    return true;
}
