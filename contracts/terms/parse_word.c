#include <stdio.h>

#include "names.h"
#include "parse.h"
#include "tally/instant.h"

#define HINT_MAX 160

static struct ast_name take_name(struct parse *p)
{
    const struct token *t = parse_look(p, 0);
    struct ast_name name = {token_text(p->source, t), token_span(t)};
    parse_next(p);
    return name;
}

static void refuse_reserved(struct parse *p)
{
    char hint[HINT_MAX];
    const struct token *t = parse_look(p, 0);
    struct slice text = token_text(p->source, t);
    (void) snprintf(hint, sizeof hint, "choose another name, such as `%.*s_1`", SLICE_ARG(text));
    parse_error(p, t, "name.reserved", hint, "`%.*s` is a word of the language and cannot be a name", SLICE_ARG(text));
}

struct ast_name parse_name(struct parse *p, const char *what)
{
    struct ast_name none = {{NULL, 0}, {0, 0, 0, 0}};
    if (!parse_is(p, TOKEN_NAME)) {
        parse_expected(p, what);
        return none;
    }
    if (names_is_reserved(token_text(p->source, parse_look(p, 0)))) {
        refuse_reserved(p);
        return none;
    }
    return take_name(p);
}

struct ast_names parse_names(struct parse *p, const char *what)
{
    struct ast_names names = {NULL, 0};
    uint32_t count = 1;
    while (parse_look(p, 2 * count - 1)->kind == TOKEN_COMMA && parse_look(p, 2 * count)->kind == TOKEN_NAME)
        count++;
    names.items = parse_alloc(p, count, sizeof(struct ast_name));
    if (names.items == NULL)
        return names;
    names.count = count;
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            parse_next(p);
        names.items[i] = parse_name(p, what);
    }
    /* a comma that nothing follows is reported here and not by whoever comes next */
    if (parse_accept(p, TOKEN_COMMA))
        parse_expected(p, what);
    return names;
}

/* The present token is a name that would be a currency in capitals. */
static void refuse_small_code(struct parse *p)
{
    char hint[HINT_MAX];
    char code[4] = "";
    const struct token *t = parse_look(p, 0);
    for (size_t i = 0; i < 3; i++) {
        char c = p->source.ptr[t->offset + i];
        code[i] = (char) (c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    (void) snprintf(hint, sizeof hint, "write `%s`", code);
    /* not the token's own problem: capitals are right here */
    p->tokens[p->at].problem = PROBLEM_NONE;
    parse_error(p, t, "currency.case", hint, "a currency has three capital letters");
}

struct ast_name parse_code(struct parse *p)
{
    struct ast_name none = {{NULL, 0}, {0, 0, 0, 0}};
    if (parse_is(p, TOKEN_CODE))
        return take_name(p);
    if (parse_is(p, TOKEN_NAME) && parse_look(p, 0)->length == 3)
        refuse_small_code(p);
    else
        parse_expected(p, "a currency such as `USD`");
    return none;
}

struct slice parse_string(struct parse *p, const char *what)
{
    if (!parse_is(p, TOKEN_STRING)) {
        parse_expected(p, what);
        return (struct slice){NULL, 0};
    }
    const struct token *t = parse_look(p, 0);
    struct slice text = token_text(p->source, t);
    bool is_closed = t->problem == PROBLEM_NONE;
    parse_next(p);
    return slice_of(text.ptr + 1, text.len - (is_closed ? 2 : 1));
}

struct ast_number parse_number(struct parse *p, const char *what)
{
    struct ast_number number = {{NULL, 0}, {0, 0, 0, 0}};
    if (!parse_is(p, TOKEN_NUMBER) && !parse_is(p, TOKEN_PERCENT)) {
        parse_expected(p, what);
        return number;
    }
    const struct token *t = parse_look(p, 0);
    struct slice text = token_text(p->source, t);
    size_t length = text.len - (t->kind == TOKEN_PERCENT ? 1 : 0);
    number.span = token_span(t);
    number.digits = slice_of(text.ptr, length);
    if (t->problem != PROBLEM_NONE) {
        number.digits = SLICE("0");
    } else if (memchr(text.ptr, '_', length) != NULL) {
        char *digits = parse_alloc(p, length, 1);
        size_t n = 0;
        for (size_t i = 0; digits != NULL && i < length; i++)
            if (text.ptr[i] != '_')
                digits[n++] = text.ptr[i];
        number.digits = slice_of(digits, n);
    }
    parse_next(p);
    return number;
}

/* The present number is whole and at most max; its value. */
static uint64_t take_whole(struct parse *p, const char *what, uint64_t max)
{
    const struct token *t = parse_look(p, 0);
    uint64_t value = 0;
    if (!parse_is(p, TOKEN_NUMBER)) {
        parse_expected(p, what);
        return 0;
    }
    struct slice text = token_text(p->source, t);
    for (size_t i = 0; i < text.len && t->problem == PROBLEM_NONE; i++) {
        if (text.ptr[i] == '.') {
            parse_error(p, t, "number.whole", NULL, "expected %s, a whole number", what);
            return 0;
        }
        if (text.ptr[i] != '_')
            value = value * 10 + (uint64_t) (text.ptr[i] - '0');
        if (value > max) {
            parse_error(p, t, "number.large", NULL, "a whole number may be at most %llu here", (unsigned long long) max);
            return 0;
        }
    }
    parse_next(p);
    return value;
}

uint32_t parse_whole(struct parse *p, const char *what)
{
    return (uint32_t) take_whole(p, what, UINT32_MAX);
}

int64_t parse_whole_as_key(struct parse *p)
{
    return (int64_t) take_whole(p, "a number", UINT32_MAX);
}

int32_t parse_date(struct parse *p, const char *what)
{
    int32_t day = 0;
    if (!parse_is(p, TOKEN_DATE)) {
        parse_expected(p, what);
        return 0;
    }
    /* a malformed one is reported by parse_next */
    if (day_parse(token_text(p->source, parse_look(p, 0)), &day) != TALLY_OK)
        day = 0;
    parse_next(p);
    return day;
}

struct slice parse_slug(struct parse *p, const char *what, struct span *span)
{
    if (p->panic)
        return (struct slice){NULL, 0};
    /* where it is missing, the declaration on the next line is not it */
    bool is_missing = p->at > 0 && p->tokens[p->at - 1].line != p->tokens[p->at].line && parse_begins_declaration(p);
    if (is_missing || !lex_merge_slug(p->source, p->tokens, p->at)) {
        parse_expected(p, what);
        return (struct slice){NULL, 0};
    }
    struct ast_name name = take_name(p);
    if (span != NULL)
        *span = name.span;
    return name.text;
}

struct slice parse_hash(struct parse *p)
{
    if (p->panic)
        return (struct slice){NULL, 0};
    if (lex_merge_hash(p->source, p->tokens, p->at))
        return take_name(p).text;
    /* its first piece may look like a number with zeros in front: that is not what is wrong */
    p->tokens[p->at].problem = PROBLEM_NONE;
    parse_error(p, parse_look(p, 0), "hash.form", NULL, "expected the hash of a text: 64 digits of 0-9 a-f");
    return (struct slice){NULL, 0};
}

enum ast_round_mode parse_mode(struct parse *p)
{
    if (parse_accept_word(p, "up"))
        return AST_UP;
    if (parse_accept_word(p, "down"))
        return AST_DOWN;
    if (parse_accept_word(p, "half")) {
        if (parse_accept_word(p, "even"))
            return AST_HALF_EVEN;
        if (parse_accept_word(p, "up"))
            return AST_HALF_UP;
    }
    parse_expected(p, "how to round: `half even`, `half up`, `up` or `down`");
    return AST_HALF_EVEN;
}

struct ast_key parse_key(struct parse *p, const char *what)
{
    struct ast_key key = {.kind = AST_KEY_NAME};
    uint32_t first = p->at;
    if (parse_is(p, TOKEN_NUMBER)) {
        key.kind = AST_KEY_NUMBER;
        key.number = parse_whole_as_key(p);
    } else if (parse_is(p, TOKEN_DATE)) {
        key.kind = AST_KEY_DATE;
        key.day = parse_date(p, what);
    } else {
        key.name = parse_name(p, what).text;
    }
    key.span = parse_span(p, first);
    return key;
}

struct ast_literal parse_literal(struct parse *p)
{
    struct ast_literal l = {.kind = AST_LITERAL_NUMBER};
    uint32_t first = p->at;
    if (parse_accept(p, TOKEN_MINUS)) {
        l.is_negative = true;
        parse_mark(p, LAYOUT_TIGHT);
    }
    if (parse_is(p, TOKEN_NUMBER) || parse_is(p, TOKEN_PERCENT) || l.is_negative) {
        l.kind = parse_is(p, TOKEN_PERCENT) ? AST_LITERAL_PERCENT : AST_LITERAL_NUMBER;
        l.number = parse_number(p, "a number");
    } else if (parse_is(p, TOKEN_DATE)) {
        l.kind = AST_LITERAL_DATE;
        l.day = parse_date(p, "a date");
    } else if (parse_is_word(p, "true") || parse_is_word(p, "false")) {
        l.kind = AST_LITERAL_BOOL;
        l.truth = parse_is_word(p, "true");
        parse_next(p);
    } else {
        l.kind = AST_LITERAL_NAME;
        l.name = parse_name(p, "a number, a date, `true`, `false` or a member").text;
    }
    l.span = parse_span(p, first);
    return l;
}

struct ast_name parse_unitname(struct parse *p)
{
    return parse_is(p, TOKEN_CODE) ? take_name(p) : parse_name(p, "a unit, such as `days` or `USD`");
}

struct ast_kindname parse_kind(struct parse *p)
{
    struct ast_kindname kind = {.is_number = false};
    uint32_t first = p->at;
    if (parse_accept_word(p, "number")) {
        kind.is_number = true;
    } else if (parse_accept_word(p, "true")) {
        kind.is_truth = true;
        parse_expect_word(p, "or");
        parse_expect_word(p, "false");
    } else {
        kind.unit = parse_is(p, TOKEN_CODE)
                        ? take_name(p)
                        : parse_name(p, "`number`, `percent`, `points`, `date`, `true or false`, a unit or a dimension");
        if (parse_accept_word(p, "per"))
            kind.per = parse_unitname(p);
    }
    kind.span = parse_span(p, first);
    return kind;
}
