/* The syntax tree as JSON (terms_show_json.c), read back: what the files of tally terms fmt --from-json share.
 * The text is written from the JSON, parsed, shown as JSON again and compared, so that nothing is taken that `show` would not print. */
#ifndef TALLY_TERMS_READ_H
#define TALLY_TERMS_READ_H

#include "cli.h"
#include "tally/ast.h"

#define READ_TEXT_MAX                                                                                                      \
    ((size_t) 2 * AST_TEXT_MAX) /* of the text as written: before its layout it may have more white space */
#define READ_MARKS_MAX                                                                                                     \
    ((size_t) 16 << 20) /* of what was written where: 16 bytes a part, and there are no more parts than bytes */

/* The first thing that is wrong: which value, or which member of it. */
struct read_problem {
    const json_t *at;   /* NULL: nothing is wrong */
    const char *member; /* NULL: the value itself */
    const char *what;   /* "is missing" */
};

struct read_mark {
    size_t offset;
    const json_t *at; /* an object that is written from here on */
};

struct read_tree {
    struct buf out;   /* the text */
    struct buf marks; /* struct read_mark, in the order of offset */
    struct read_problem problem;
    uint32_t depth; /* of the expression being written */
};

/* ---- terms_read.c: the whole of it; *out is in the arena. A refusal names the place by its JSON pointer. ---- */
MUST_CHECK enum tally_code terms_read_json(struct cli *cli, const char *file, struct slice *out, struct err *err);

/* ---- terms_read_value.c: members; what is missing or of another kind becomes the problem, and an empty value ---- */
void read_fail(struct read_tree *r, const json_t *at, const char *member, const char *what);
void read_mark(struct read_tree *r, const json_t *at);
const json_t *read_member(struct read_tree *r, const json_t *object, const char *name);
const char *read_text(struct read_tree *r, const json_t *object, const char *name);
bool read_truth(struct read_tree *r, const json_t *object, const char *name);
json_int_t read_whole(struct read_tree *r, const json_t *object, const char *name); /* 0 .. UINT32_MAX */
const json_t *read_list(struct read_tree *r, const json_t *object, const char *name);
bool read_is_null(struct read_tree *r, const json_t *object, const char *name);
/* Which of count words the member is; 0 when it is none. */
size_t read_choice(struct read_tree *r, const json_t *object, const char *name, const char *const *words, size_t count);
/* before, the member's text, behind. */
void read_put(struct read_tree *r, const char *before, const json_t *object, const char *name, const char *behind);
void read_put_whole(struct read_tree *r, const char *before, const json_t *object, const char *name, const char *behind);
/* A list of texts, joined; before stands only before the first. */
void read_put_names(struct read_tree *r, const char *before, const json_t *object, const char *name, const char *between);

/* ---- terms_read_expr.c ---- */
void read_expr(struct read_tree *r, const char *before, const json_t *object, const char *name);
void read_bound(struct read_tree *r, const char *before, const json_t *object, const char *name); /* a sum */
void read_ref(struct read_tree *r, const json_t *ref);
void read_key(struct read_tree *r, const json_t *key);

/* ---- terms_read_decl.c, terms_read_rule.c ---- */
void read_declaration(struct read_tree *r, const json_t *d);
void read_kind(struct read_tree *r, const json_t *object, const char *name);
void read_literal(struct read_tree *r, const json_t *l);
void read_metric(struct read_tree *r, const json_t *d);
void read_pay(struct read_tree *r, const json_t *d);

/* ---- terms_read_compare.c ---- */
/* The first place where given is not what shown is; places in the text (line, column) may differ. */
bool read_compare(const json_t *given, const json_t *shown, struct read_problem *problem);
/* No array has true, false or null in it: these are one value each wherever they stand, so that no pointer could be told for them. */
bool read_check_items(const json_t *json, struct read_problem *problem);
/* "/declarations/3/amount"; false when it is not below root. */
bool read_pointer(const json_t *root, const struct read_problem *problem, struct buf *out);

#endif
