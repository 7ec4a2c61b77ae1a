#include "lexer.h"

#include "tally/ast.h"
#include "tally/instant.h"

struct lexer {
    struct slice source;
    uint32_t at, line, column;
};

struct slice token_text(struct slice source, const struct token *token)
{
    return slice_of(source.ptr + token->offset, token->length);
}

struct span token_span(const struct token *token)
{
    return (struct span){token->offset, token->length, token->line, token->column};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_small(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_word(char c)
{
    return is_digit(c) || is_small(c) || is_capital(c) || c == '_';
}

/* The character n bytes on, NUL behind the end. */
static char look(const struct lexer *l, uint32_t n)
{
    return l->at + n < l->source.len ? l->source.ptr[l->at + n] : '\0';
}

static void take(struct lexer *l, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        l->column += ((unsigned char) l->source.ptr[l->at + i] & 0xC0) != 0x80;
    l->at += bytes;
}

/* Space, comments, and the characters that were reported already. */
static void skip_space(struct lexer *l)
{
    while (l->at < l->source.len) {
        uint32_t character = 0;
        size_t length = lex_character(l->source, l->at, &character);
        if (character == '\n') {
            l->at++;
            l->line++;
            l->column = 1;
        } else if (character == '#') {
            while (l->at < l->source.len && look(l, 0) != '\n')
                take(l, 1);
        } else if (character == ' ' || lex_is_forbidden(character)) {
            take(l, (uint32_t) length);
        } else {
            return;
        }
    }
}

/* The length of digits-d-d at the cursor with at least one digit in each part and four in the first, or 0. */
static uint32_t date_shape(const struct lexer *l)
{
    uint32_t n = 4;
    for (uint32_t i = 0; i < 4; i++)
        if (!is_digit(look(l, i)))
            return 0;
    for (int part = 0; part < 2; part++) {
        if (look(l, n) != '-' || !is_digit(look(l, n + 1)))
            return 0;
        for (n++; is_digit(look(l, n)); n++)
            continue;
    }
    return n;
}

static void scan_date(struct lexer *l, uint32_t length, struct token *t)
{
    int32_t day = 0;
    t->kind = TOKEN_DATE;
    if (length != DAY_TEXT_LEN || look(l, 7) != '-' || is_word(look(l, length)))
        t->problem = PROBLEM_DATE_FORM;
    else if (day_parse(slice_of(l->source.ptr + l->at, length), &day) != TALLY_OK)
        t->problem = PROBLEM_NO_SUCH_DAY;
    take(l, length);
}

/* Groups of exactly three digits or none, no leading zero. */
static enum token_problem check_whole_part(const char *digits, uint32_t length)
{
    uint32_t group = 0;
    uint32_t groups = 0;
    for (uint32_t i = 0; i <= length; i++) {
        if (i < length && digits[i] != '_') {
            group++;
            continue;
        }
        bool is_only = i == length && groups == 0;
        if (!is_only && (group == 0 || group > 3 || (groups > 0 && group != 3)))
            return PROBLEM_GROUPS;
        groups++;
        group = 0;
    }
    return digits[0] == '0' && length > 1 ? PROBLEM_LEADING_ZERO : PROBLEM_NONE;
}

static uint32_t exponent_length(const struct lexer *l, uint32_t n)
{
    if (look(l, n) != 'e' && look(l, n) != 'E')
        return 0;
    uint32_t sign = look(l, n + 1) == '+' || look(l, n + 1) == '-' ? 1 : 0;
    uint32_t digits = 0;
    while (is_digit(look(l, n + 1 + sign + digits)))
        digits++;
    return digits == 0 ? 0 : 1 + sign + digits;
}

static void scan_number(struct lexer *l, struct token *t)
{
    uint32_t n = 0;
    uint32_t whole = 0;
    t->kind = TOKEN_NUMBER;
    while (is_digit(look(l, n)) || look(l, n) == '_')
        n++;
    whole = n;
    t->problem = whole == 0 ? PROBLEM_POINT : (uint8_t) check_whole_part(l->source.ptr + l->at, whole);
    if (look(l, n) == '.') {
        n++;
        if (!is_digit(look(l, n)))
            t->problem = PROBLEM_POINT;
        while (is_digit(look(l, n)) || look(l, n) == '_') {
            if (look(l, n) == '_')
                t->problem = PROBLEM_GROUPS;
            n++;
        }
    }
    uint32_t exponent = exponent_length(l, n);
    if (exponent != 0) {
        t->problem = PROBLEM_EXPONENT;
        n += exponent;
    }
    if (n > AST_DIGITS_MAX)
        t->problem = PROBLEM_LONG;
    if (look(l, n) == '%') {
        t->kind = TOKEN_PERCENT;
        n++;
    }
    if (is_word(look(l, n)) && t->problem == PROBLEM_NONE)
        t->problem = PROBLEM_GLUED;
    take(l, n);
}

/* "+05:30" */
static bool is_offset(const struct lexer *l, uint32_t n)
{
    return (look(l, n) == '+' || look(l, n) == '-') && is_digit(look(l, n + 1)) && is_digit(look(l, n + 2)) &&
           look(l, n + 3) == ':' && is_digit(look(l, n + 4)) && is_digit(look(l, n + 5)) && !is_word(look(l, n + 6));
}

static void scan_word(struct lexer *l, struct token *t)
{
    uint32_t n = 0;
    bool has_capital = false;
    bool is_code = true;
    for (; is_word(look(l, n)); n++) {
        has_capital = has_capital || is_capital(look(l, n));
        is_code = is_code && is_capital(look(l, n));
    }
    t->kind = TOKEN_NAME;
    if (is_code && n == 3)
        t->kind = TOKEN_CODE;
    else if (has_capital || !is_small(look(l, 0)))
        t->problem = PROBLEM_NAME;
    if (t->kind == TOKEN_CODE && slice_is(slice_of(l->source.ptr + l->at, n), "UTC") && is_offset(l, n)) {
        t->kind = TOKEN_OFFSET;
        n += 6;
    }
    take(l, n);
}

static void scan_string(struct lexer *l, struct token *t)
{
    t->kind = TOKEN_STRING;
    take(l, 1);
    while (l->at < l->source.len && look(l, 0) != '"' && look(l, 0) != '\n')
        take(l, 1);
    if (look(l, 0) == '"')
        take(l, 1);
    else
        t->problem = PROBLEM_STRING;
}

static const struct {
    const char *text;
    enum token_kind kind;
    enum token_problem problem;
} operators[] = {
    /* longer ones first */
    {"<>", TOKEN_DIFFERS, PROBLEM_NONE},      {"<=", TOKEN_AT_MOST, PROBLEM_NONE},
    {">=", TOKEN_AT_LEAST, PROBLEM_NONE},     {"==", TOKEN_EQUAL, PROBLEM_OPERATOR},
    {"!=", TOKEN_DIFFERS, PROBLEM_OPERATOR},  {"=<", TOKEN_AT_MOST, PROBLEM_OPERATOR},
    {"=>", TOKEN_AT_LEAST, PROBLEM_OPERATOR}, {"**", TOKEN_POWER, PROBLEM_OPERATOR},
    {"(", TOKEN_OPEN, PROBLEM_NONE},          {")", TOKEN_CLOSE, PROBLEM_NONE},
    {"[", TOKEN_OPEN_INDEX, PROBLEM_NONE},    {"]", TOKEN_CLOSE_INDEX, PROBLEM_NONE},
    {",", TOKEN_COMMA, PROBLEM_NONE},         {":", TOKEN_COLON, PROBLEM_NONE},
    {"+", TOKEN_PLUS, PROBLEM_NONE},          {"-", TOKEN_MINUS, PROBLEM_NONE},
    {"*", TOKEN_TIMES, PROBLEM_NONE},         {"/", TOKEN_SLASH, PROBLEM_NONE},
    {"^", TOKEN_POWER, PROBLEM_NONE},         {"=", TOKEN_EQUAL, PROBLEM_NONE},
    {"<", TOKEN_LESS, PROBLEM_NONE},          {">", TOKEN_ABOVE, PROBLEM_NONE},
    {"%", TOKEN_STRAY, PROBLEM_PERCENT},
};

static void scan_operator(struct lexer *l, struct token *t)
{
    struct slice rest = slice_of(l->source.ptr + l->at, l->source.len - l->at);
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        struct slice text = slice_str(operators[i].text);
        if (slice_starts(rest, text)) {
            t->kind = (uint8_t) operators[i].kind;
            t->problem = (uint8_t) operators[i].problem;
            take(l, (uint32_t) text.len);
            return;
        }
    }
    t->kind = TOKEN_STRAY;
    t->problem = PROBLEM_CHARACTER;
    take(l, (uint32_t) lex_character(l->source, l->at, NULL));
}

static struct token next(struct lexer *l)
{
    skip_space(l);
    struct token t = {.offset = l->at, .line = l->line, .column = l->column, .kind = TOKEN_END};
    char c = look(l, 0);
    if (l->at >= l->source.len)
        return t;
    if (is_digit(c) && date_shape(l) != 0)
        scan_date(l, date_shape(l), &t);
    else if (is_digit(c) || (c == '.' && is_digit(look(l, 1))))
        scan_number(l, &t);
    else if (is_word(c))
        scan_word(l, &t);
    else if (c == '"')
        scan_string(l, &t);
    else
        scan_operator(l, &t);
    t.length = l->at - t.offset;
    return t;
}

enum tally_code lex_tokens(struct slice source, struct arena *arena, struct token **out, uint32_t *count, struct err *err)
{
    uint32_t n = 1;
    for (struct lexer l = {source, 0, 1, 1}; next(&l).kind != TOKEN_END; n++)
        continue;
    struct token *tokens = ARENA_ARRAY(arena, n, struct token);
    if (tokens == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the %u tokens of a text", n);
    struct lexer l = {source, 0, 1, 1};
    for (uint32_t i = 0; i < n; i++)
        tokens[i] = next(&l);
    *out = tokens;
    *count = n;
    return TALLY_OK;
}

/* Takes the bytes from tokens[at] on as one token. False where they end inside one. */
static bool merge(struct token *tokens, uint32_t at, uint32_t length, enum token_kind kind)
{
    uint32_t end = tokens[at].offset + length;
    uint32_t last = at;
    while (tokens[last].offset + tokens[last].length < end)
        last++;
    if (tokens[last].offset + tokens[last].length != end)
        return false;
    for (uint32_t i = at + 1; i <= last; i++)
        tokens[i].kind = TOKEN_MERGED;
    tokens[at].length = length;
    tokens[at].kind = (uint8_t) kind;
    tokens[at].problem = PROBLEM_NONE;
    return true;
}

bool lex_merge_slug(struct slice source, struct token *tokens, uint32_t at)
{
    struct lexer l = {source, tokens[at].offset, 1, 1};
    uint32_t n = 0;
    while (is_small(look(&l, n)) || is_digit(look(&l, n))) {
        n++;
        bool goes_on = look(&l, n) == '.' || look(&l, n) == '-';
        if (goes_on && (is_small(look(&l, n + 1)) || is_digit(look(&l, n + 1))))
            n++;
    }
    return n != 0 && tokens[at].kind != TOKEN_END && merge(tokens, at, n, TOKEN_SLUG);
}

bool lex_merge_hash(struct slice source, struct token *tokens, uint32_t at)
{
    struct lexer l = {source, tokens[at].offset, 1, 1};
    uint32_t n = 0;
    while (is_digit(look(&l, n)) || (look(&l, n) >= 'a' && look(&l, n) <= 'f'))
        n++;
    return n == 64 && tokens[at].kind != TOKEN_END && !is_word(look(&l, n)) && merge(tokens, at, n, TOKEN_HASH);
}
