/* The words of a formula. Private to solve_token.c and solve_parse.c. */
#ifndef TALLY_ENGINE_SOLVE_TOKEN_H
#define TALLY_ENGINE_SOLVE_TOKEN_H

#include "solve_set.h"

enum solve_token_kind {
    SOLVE_T_END,
    SOLVE_T_BAD, /* a character that means nothing here */
    SOLVE_T_NUMBER,
    SOLVE_T_NAME,
    SOLVE_T_TRUTH, /* code: 0 or 1 */
    SOLVE_T_OPEN,
    SOLVE_T_CLOSE,
    SOLVE_T_COMMA,
    SOLVE_T_NOT,    /* not */
    SOLVE_T_BANG,   /* ! */
    SOLVE_T_BINARY, /* code: enum solve_code */
};

struct solve_token {
    enum solve_token_kind kind;
    int code;
    size_t at, len;
};

/* The first token from byte `at` on. */
struct solve_token solve_token_at(struct slice text, size_t at);

#endif
