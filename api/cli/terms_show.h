/* tally terms show: what its files share. */
#ifndef TALLY_TERMS_SHOW_H
#define TALLY_TERMS_SHOW_H

#include "cli.h"
#include "tally/ast.h"
#include "tally/terms.h"

MUST_CHECK enum tally_code cli_terms_show(struct cli *cli, struct err *err); /* the command */

/* ---- terms_show_expr.c: in the terms' own words, on one line ---- */
void show_expr(struct buf *out, const struct ast_expr *e);
void show_number(struct buf *out, const struct ast_number *number); /* 4_800_000 */
void show_day(struct buf *out, int32_t day);
void show_key(struct buf *out, const struct ast_key *key);
void show_ref(struct buf *out, const struct ast_ref *ref);
const char *show_bound(enum ast_bound bound); /* "at least" */
const char *show_mode(enum ast_round_mode mode);

/* ---- terms_show_decl.c: each declaration as English ---- */
void show_declaration(struct buf *out, const struct ast_text *text, const struct ast_decl *d);
void show_names(struct buf *out, const struct ast_names *names, const char *last); /* a, b and c */
void show_kind(struct buf *out, const struct ast_kindname *kind);
void show_expr_rows(struct buf *out, const struct ast_expr *e, const char *before); /* a table of rows as a list */

/* ---- terms_show_rule.c ---- */
void show_metric(struct buf *out, const struct ast_decl *d);
void show_pay(struct buf *out, const struct ast_decl *d);

/* ---- terms_show_json.c: the syntax tree, with the names of ast.h. NULL without memory; the caller owns it. ---- */
MUST_CHECK json_t *show_tree(const struct ast_text *text);
json_t *show_tree_layout(const struct ast_text *text);          /* terms_show_layout.c; NULL without memory */
json_t *show_tree_expr(bool *failed, const struct ast_expr *e); /* terms_show_tree.c; null for NULL */
/* Puts value (which is taken) into object; *failed without memory. */
void show_tree_put(bool *failed, json_t *object, const char *name, json_t *value);
void show_tree_add(bool *failed, json_t *array, json_t *value);
json_t *show_tree_text(struct slice text);
json_t *show_tree_day(int32_t day); /* "2016-01-01", "never" */
json_t *show_tree_key(bool *failed, const struct ast_key *key);
json_t *show_tree_names(bool *failed, const struct ast_names *names);
void show_tree_place(bool *failed, json_t *object, struct span span);

#endif
