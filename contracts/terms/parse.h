/* The parser's state and the small steps that all its files share. Private to contracts/terms.
 *
 * After an error the parser is in *panic*: every question is answered with no, every step does nothing, so that a
 * function goes to its end without asking after each step; the loop over the declarations then skips to the next one.
 * What a step returns in panic is zero, and what was made of it is dropped. */
#ifndef TALLY_TERMS_PARSE_H
#define TALLY_TERMS_PARSE_H

#include "lexer.h"
#include "tally/ast.h"

#define PARSE_TRIED_MAX 48 /* words that could have stood at a place: more than any place has */

struct parse {
    struct slice source;
    struct arena *arena;
    struct diags *diags;
    struct token *tokens;
    uint32_t count, at;
    bool panic;
    uint32_t error_line; /* of the last error that led to a panic */
    enum tally_code rc;  /* of our own: memory */
    uint32_t depth;      /* of nested expressions */
    bool is_in_rows;     /* in a row of step, linear or bands and not in brackets */
    struct ast_text *text;
    struct layout_rows *first_rows, *last_rows;
    /* the words that were asked for at token `tried_at`, for "did you mean" */
    struct slice tried[PARSE_TRIED_MAX];
    uint32_t tried_count, tried_at;
};

/* ---- steps: parse_token.c ---- */
/* The token n places on (0: the present one); the end in panic. */
const struct token *parse_look(const struct parse *p, uint32_t n);
bool parse_is(const struct parse *p, enum token_kind kind);
bool parse_is_word(struct parse *p, const char *word);
/* The present token is `word` and the one after it `then`. */
bool parse_is_words(struct parse *p, const char *word, const char *then);
bool parse_is_word_at(const struct parse *p, uint32_t n, const char *word);
void parse_next(struct parse *p);
void parse_skip(struct parse *p); /* the same while looking for a place from which to go on */
bool parse_accept(struct parse *p, enum token_kind kind);
bool parse_accept_word(struct parse *p, const char *word);
void parse_expect(struct parse *p, enum token_kind kind, const char *what);
void parse_expect_word(struct parse *p, const char *word);
/* The closing bracket of the one that stands at token `open`. */
void parse_close(struct parse *p, enum token_kind kind, uint32_t open);

/* Reports at a token and panics. hint may be NULL. */
void parse_error(struct parse *p, const struct token *at, const char *code, const char *hint, const char *fmt, ...)
    PRINTF_LIKE(5, 6);
/* "expected WHAT, found ...", with the nearest of the words that could have stood here. */
void parse_expected(struct parse *p, const char *what);
/* Notes that memory ran out. */
void parse_no_memory(struct parse *p);
/* Zeroed, or NULL in panic with the reason noted. */
void *parse_alloc(struct parse *p, size_t count, size_t size);
#define PARSE_NEW(p, type) ((type *) parse_alloc((p), 1, sizeof(type)))

/* From the token `first` to the one before the present one. */
struct span parse_span(const struct parse *p, uint32_t first);

/* ---- layout ---- */
void parse_mark(struct parse *p, enum token_layout layout);
/* The present token begins a line with so many spaces before it. */
void parse_line(struct parse *p, unsigned indent);
/* Accepts the first word of a clause, which begins a line. */
bool parse_clause(struct parse *p, const char *word);
#define PARSE_CLAUSE_INDENT 2

/* ---- words of several kinds: parse_word.c; `what` says what is expected, for messages ---- */
struct ast_name parse_name(struct parse *p, const char *what);
struct ast_names parse_names(struct parse *p, const char *what); /* a, b, c */
struct ast_name parse_code(struct parse *p);
struct slice parse_string(struct parse *p, const char *what); /* without the quotes */
uint32_t parse_whole(struct parse *p, const char *what);
int64_t parse_whole_as_key(struct parse *p);
int32_t parse_date(struct parse *p, const char *what);
struct ast_number parse_number(struct parse *p, const char *what); /* TOKEN_NUMBER or TOKEN_PERCENT */
struct slice parse_slug(struct parse *p, const char *what, struct span *span);
struct slice parse_hash(struct parse *p);
enum ast_round_mode parse_mode(struct parse *p);
struct ast_key parse_key(struct parse *p, const char *what); /* name, whole or date */
struct ast_literal parse_literal(struct parse *p);
struct ast_name parse_unitname(struct parse *p);
struct ast_kindname parse_kind(struct parse *p);

/* ---- topics ---- */
void parse_header(struct parse *p);                    /* parse_header.c */
bool parse_begins_declaration(struct parse *p);        /* parse_decl.c: the present token */
struct ast_decl *parse_declaration(struct parse *p);   /* NULL in panic */
void parse_party(struct parse *p, struct ast_decl *d); /* parse_party.c; the first word of each is passed already */
void parse_parties(struct parse *p, struct ast_decl *d);
void parse_force(struct parse *p, struct ast_decl *d);
void parse_disputes(struct parse *p, struct ast_decl *d);
void parse_uses(struct parse *p, struct ast_decl *d);
void parse_unit(struct parse *p, struct ast_decl *d); /* parse_dimension.c */
void parse_calendar(struct parse *p, struct ast_decl *d);
void parse_dimension(struct parse *p, struct ast_decl *d);
void parse_period(struct parse *p, struct ast_decl *d);
void parse_table(struct parse *p, struct ast_decl *d);  /* parse_table.c */
void parse_metric(struct parse *p, struct ast_decl *d); /* parse_metric.c */
void parse_define(struct parse *p, struct ast_decl *d); /* parse_pay.c */
void parse_pay(struct parse *p, struct ast_decl *d);
void parse_cap(struct parse *p, struct ast_decl *d);
/* Behind a declaration whose clauses have a fixed order: reports one of `words` (NULL ends them) that stands here. */
void parse_refuse_order(struct parse *p, const char *const *words, const char *order);

/* ---- expressions: NULL in panic ---- */
struct ast_expr *parse_expr(struct parse *p); /* parse_expr.c */
struct ast_expr *parse_sum(struct parse *p);
struct ast_expr *parse_factor(struct parse *p);
struct ast_expr *parse_primary(struct parse *p); /* parse_primary.c */
struct ast_ref parse_ref(struct parse *p, const char *what);
/* A rate without its `of`, for a row of bands. */
struct ast_expr *parse_rate(struct parse *p);
struct ast_expr *parse_call(struct parse *p); /* parse_call.c: the present token is a word, the next is `(` */
bool parse_begins_call(struct parse *p);
struct ast_expr *parse_aggregate(struct parse *p, enum ast_aggregate what); /* parse_aggregate.c; behind the `(` */
struct ast_expr *parse_over(struct parse *p, struct ast_expr *aggregate);   /* at `over`, to the last of its items */
struct ast_expr *parse_prior(struct parse *p);
struct ast_expr *parse_rows(struct parse *p); /* parse_rows.c: at step, linear or bands */

/* A new part of an expression; NULL in panic. */
struct ast_expr *parse_new(struct parse *p, enum ast_kind kind);
/* Ends it: its span begins at token `first`, its height follows from the parts that it has. */
struct ast_expr *parse_done(struct parse *p, struct ast_expr *e, uint32_t first);
/* One level deeper, refused at AST_DEPTH_MAX; parse_leave on every way out. */
void parse_enter(struct parse *p);
void parse_leave(struct parse *p);

#endif
