#include "lexer.h"

#include <stdio.h>

#include "tally/ast.h"

#define HINT_MAX 160 /* one line on a screen with some room */
#define SHOWN_MAX 40 /* of a token that is quoted in a message: longer ones are no help */

static void report(struct diags *diags, const struct token *t, const char *code, const char *hint, const char *message)
{
    diags_add(diags, DIAG_ERROR, code, token_span(t), hint, "%s", message);
}

/* "4800" as "4_800", after dropping what is wrong with the groups. */
static void regroup(struct slice text, char *out, size_t cap)
{
    char digits[SHOWN_MAX];
    size_t n = 0;
    size_t at = 0;
    for (size_t i = 0; i < text.len && n < sizeof digits; i++)
        if (text.ptr[i] >= '0' && text.ptr[i] <= '9')
            digits[n++] = text.ptr[i];
    for (size_t i = 0; i < n && at + 2 < cap; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            out[at++] = '_';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

static void report_groups(struct diags *diags, const struct token *t, struct slice text)
{
    char grouped[2 * SHOWN_MAX];
    char hint[HINT_MAX];
    bool is_whole = memchr(text.ptr, '.', text.len) == NULL;
    regroup(text, grouped, sizeof grouped);
    (void) snprintf(hint, sizeof hint, "write `%s`, or the digits without `_`", grouped);
    report(diags, t, "number.groups", is_whole && text.len < SHOWN_MAX ? hint : "behind the point there are no groups",
           "digits stand in groups of exactly three, or without `_`");
}

static void report_name(struct diags *diags, const struct token *t, struct slice text)
{
    char hint[HINT_MAX];
    char name[SHOWN_MAX + 1];
    size_t n = 0;
    for (size_t i = 0; i < text.len && n < SHOWN_MAX; i++) {
        char c = text.ptr[i];
        if (n == 0 && c == '_')
            continue;
        name[n++] = (char) (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    name[n] = '\0';
    (void) snprintf(hint, sizeof hint, "write `%s`", name);
    report(diags, t, "name.form", n == 0 || (name[0] >= '0' && name[0] <= '9') ? NULL : hint,
           "a name has small letters, digits and `_`, and begins with a letter");
}

/* The character that was probably meant. */
static const char *stray_hint(struct slice text)
{
    static const struct {
        const char *text, *hint;
    } known[] = {
        {"\xE2\x80\x9C", "write \""},
        {"\xE2\x80\x9D", "write \""},
        {"'", "texts stand in \""},
        {"\xE2\x80\x98", "texts stand in \""},
        {"\xE2\x80\x99", "texts stand in \""},
        {"\xE2\x80\x93", "write `-`"},
        {"\xE2\x80\x94", "write `-`"},
        {"\xE2\x88\x92", "write `-`"},
        {"\xC3\x97", "write `*`"},
        {"\xC3\xB7", "write `/`"},
        {"\xE2\x89\xA5", "write `>=`"},
        {"\xE2\x89\xA4", "write `<=`"},
        {"\xE2\x89\xA0", "write `<>`"},
        {"\xC2\xA0", "write a space"},
        {"\xC2\xA3", "write `GBP` before the number"},
        {"\xE2\x82\xAC", "write `EUR` before the number"},
        {"$", "write the currency, such as `USD`, before the number"},
        {"&", "write `and`"},
        {"|", "write `or`"},
        {"!", "write `not`"},
        {";", "a declaration ends where the next begins"},
        {"{", "lists stand in `( )`"},
        {"}", "lists stand in `( )`"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (slice_is(text, known[i].text))
            return known[i].hint;
    return (unsigned char) text.ptr[0] >= 0x80 ? "letters beyond ASCII stand in comments and in quotes only" : NULL;
}

static void report_operator(struct diags *diags, const struct token *t, struct slice text)
{
    static const char *const instead[][2] = {
        {"==", "write `=`"}, {"!=", "write `<>`"}, {"=<", "write `<=`"}, {"=>", "write `>=`"}, {"**", "write `^`"}};
    const char *hint = NULL;
    for (size_t i = 0; i < sizeof instead / sizeof instead[0]; i++)
        if (slice_is(text, instead[i][0]))
            hint = instead[i][1];
    diags_add(diags, DIAG_ERROR, "text.operator", token_span(t), hint, "`%.*s` is no operator", SLICE_ARG(text));
}

void lex_report(struct slice source, const struct token *t, struct diags *diags)
{
    struct slice text = token_text(source, t);
    switch ((enum token_problem) t->problem) {
    case PROBLEM_NONE: /* not covered: only problems are reported */
        break;         /* not covered: as above */
    case PROBLEM_GROUPS:
        report_groups(diags, t, text);
        break;
    case PROBLEM_LEADING_ZERO:
        report(diags, t, "number.zero", "write it without the zeros in front", "a number has no leading zero");
        break;
    case PROBLEM_EXPONENT:
        report(diags, t, "number.exponent", "write all digits, such as `1_000_000`", "a number has no exponent");
        break;
    case PROBLEM_GLUED:
        report(diags, t, "number.glued", "put a space between the number and the word", "a number is followed by a letter");
        break;
    case PROBLEM_POINT:
        report(diags, t, "number.point", "write `0.5`, or `5` without a point", "digits stand on both sides of the point");
        break;
    case PROBLEM_LONG:
        diags_add(diags, DIAG_ERROR, "number.long", token_span(t), NULL, "a number has at most %d digits", AST_DIGITS_MAX);
        break;
    case PROBLEM_DATE_FORM:
        report(diags, t, "date.form", "write it as `2016-01-01`; where a difference is meant, put spaces around `-`",
               "a date has four digits, two and two");
        break;
    case PROBLEM_NO_SUCH_DAY:
        diags_add(diags, DIAG_ERROR, "date.none", token_span(t), "days are those of the Gregorian calendar, 0001 to 9999",
                  "%.*s does not exist", SLICE_ARG(text));
        break;
    case PROBLEM_NAME:
        report_name(diags, t, text);
        break;
    case PROBLEM_STRING:
        report(diags, t, "text.unclosed", "a text ends with \" on the line on which it begins", "this text is not closed");
        break;
    case PROBLEM_OPERATOR:
        report_operator(diags, t, text);
        break;
    case PROBLEM_PERCENT:
        report(diags, t, "number.percent", "write `8.5%`: no space before the sign", "`%` belongs to the number before it");
        break;
    case PROBLEM_CHARACTER:
        diags_add(diags, DIAG_ERROR, "text.stray", token_span(t), stray_hint(text), "`%.*s` has no meaning here",
                  SLICE_ARG(text));
        break;
    }
}
