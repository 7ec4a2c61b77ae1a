#include "solve_token.h"

static bool is_digit(struct slice text, size_t at)
{
    return at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9';
}

static bool is_word(struct slice text, size_t at)
{
    if (at >= text.len)
        return false;
    char c = text.ptr[at];
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || is_digit(text, at);
}

/* Digits, a point, an exponent; all letters and digits that follow belong to it, so that 12abc is one bad number. */
static size_t number_end(struct slice text, size_t at)
{
    while (is_word(text, at)) {
        bool is_exponent = text.ptr[at] == 'e' || text.ptr[at] == 'E';
        at++;
        if (is_exponent && at < text.len && (text.ptr[at] == '-' || text.ptr[at] == '+'))
            at++;
    }
    return at;
}

static struct solve_token word_token(struct slice text, size_t at)
{
    static const struct {
        const char *word;
        enum solve_token_kind kind;
        int code;
    } words[] = {{"and", SOLVE_T_BINARY, SOLVE_OP_AND},
                 {"or", SOLVE_T_BINARY, SOLVE_OP_OR},
                 {"not", SOLVE_T_NOT, 0},
                 {"true", SOLVE_T_TRUTH, 1},
                 {"false", SOLVE_T_TRUTH, 0}};
    size_t end = at;
    while (is_word(text, end))
        end++;
    struct slice word = slice_of(text.ptr + at, end - at);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (solve_word_is(word, slice_str(words[i].word)))
            return (struct solve_token){words[i].kind, words[i].code, at, word.len};
    return (struct solve_token){SOLVE_T_NAME, 0, at, word.len};
}

static struct solve_token sign_token(struct slice text, size_t at)
{
    /* longer ones first */
    static const struct {
        const char *sign;
        enum solve_token_kind kind;
        int code;
    } signs[] = {{"==", SOLVE_T_BINARY, SOLVE_OP_EQ},
                 {"!=", SOLVE_T_BINARY, SOLVE_OP_NE},
                 {"<>", SOLVE_T_BINARY, SOLVE_OP_NE},
                 {"<=", SOLVE_T_BINARY, SOLVE_OP_LE},
                 {">=", SOLVE_T_BINARY, SOLVE_OP_GE},
                 {"&&", SOLVE_T_BINARY, SOLVE_OP_AND},
                 {"||", SOLVE_T_BINARY, SOLVE_OP_OR},
                 {"=", SOLVE_T_BINARY, SOLVE_OP_EQ},
                 {"<", SOLVE_T_BINARY, SOLVE_OP_LT},
                 {">", SOLVE_T_BINARY, SOLVE_OP_GT},
                 {"+", SOLVE_T_BINARY, SOLVE_OP_ADD},
                 {"-", SOLVE_T_BINARY, SOLVE_OP_SUBTRACT},
                 {"*", SOLVE_T_BINARY, SOLVE_OP_MULTIPLY},
                 {"/", SOLVE_T_BINARY, SOLVE_OP_DIVIDE},
                 {"^", SOLVE_T_BINARY, SOLVE_OP_POWER},
                 {"!", SOLVE_T_BANG, 0},
                 {"(", SOLVE_T_OPEN, 0},
                 {")", SOLVE_T_CLOSE, 0},
                 {",", SOLVE_T_COMMA, 0}};
    struct slice rest = slice_of(text.ptr + at, text.len - at);
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (slice_starts(rest, slice_str(signs[i].sign)))
            return (struct solve_token){signs[i].kind, signs[i].code, at, strlen(signs[i].sign)};
    size_t end = at + 1; /* a whole character */
    while (end < text.len && ((unsigned char) text.ptr[end] & 0xC0) == 0x80)
        end++;
    return (struct solve_token){SOLVE_T_BAD, 0, at, end - at};
}

struct solve_token solve_token_at(struct slice text, size_t at)
{
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t' || text.ptr[at] == '\n' || text.ptr[at] == '\r'))
        at++;
    if (at >= text.len)
        return (struct solve_token){SOLVE_T_END, 0, text.len, 0};
    if (is_digit(text, at) || text.ptr[at] == '.')
        return (struct solve_token){SOLVE_T_NUMBER, 0, at, number_end(text, at) - at};
    return is_word(text, at) ? word_token(text, at) : sign_token(text, at);
}
