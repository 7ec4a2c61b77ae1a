/* The checker: from the syntax tree to the compiled form, and what is wrong with a text (language.md sections 3 to 5, 8).
 * A function that makes a node answers NULL when it reported a problem or memory ran out (then checker.failed is set);
 * whoever gets NULL answers NULL and reports nothing more. Private to the engine. */
#ifndef TALLY_ENGINE_CHECK_H
#define TALLY_ENGINE_CHECK_H

#include "program.h"

struct memo_node { /* aggregates and priors, whose memos need a shape once all needs are known */
    struct node *node;
    struct memo_node *next;
};

struct edge { /* one reference of a declaration to another */
    uint32_t from, to;
    dimension_set prior, rebound;
    dimension_set up_to; /* run over up to the bound member: earlier ones count too */
    struct span span;
};

struct checker {
    struct terms *t;
    struct arena *arena;                                              /* of what is compiled */
    struct diags *diags;                                              /* in the caller's arena */
    bool failed;                                                      /* no memory */
    uint32_t members;                                                 /* of closed dimensions, together */
    enum { TABLE_UNSEEN, TABLE_WHOLE, TABLE_BROKEN } * table_amounts; /* by table: what caps that name it have found */
    uint64_t table_cells;
    uint32_t nesting; /* expressions open at the moment, through declarations */
    struct memo_node *memos;
    uint32_t *define_order; /* defines in the order in which they were finished: what is used comes first */
    uint32_t define_order_count;
    struct edge *edges;
    uint32_t edge_count, edge_cap;
    bool *has_portion;                 /* by node, like edges: does its own text share out a pot? */
    const struct terms *const *others; /* texts of the same contract, whose members count by this one too */
    size_t other_count;
    const struct edge *edges_from; /* by where they begin, once circles have been looked for */
    const uint32_t *edges_start;   /* by node, and one more */
};

struct scope {           /* where an expression stands */
    dimension_set bound; /* by the declaration and by every `over` around it */
    const char *what;    /* "the amount of `success`", for messages */
};

#define PROBLEM(c, code, span, hint, ...) diags_add((c)->diags, DIAG_ERROR, (code), (span), (hint), __VA_ARGS__)
#define WARNING(c, code, span, hint, ...) diags_add((c)->diags, DIAG_WARNING, (code), (span), (hint), __VA_ARGS__)

/* ---- check.c ---- */
MUST_CHECK void *check_alloc(struct checker *c, size_t count, size_t size);
#define CHECK_NEW(c, count, type) ((type *) check_alloc((c), (count), sizeof(type)))
MUST_CHECK mpq_ptr check_constant(struct checker *c);
/* Formatted text that lives as long as the diagnostics; "" without memory. */
const char *check_text(struct checker *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The symbol of that name, or NULL and an error that names the nearest of the kind wanted (SYMBOL_NONE: of any). */
const struct symbol *check_symbol(struct checker *c, const struct ast_name *name, enum symbol_kind kind, const char *what);
const struct symbol *check_dimension_name(struct checker *c, const struct ast_name *name);
/* "did you mean `x`?" among the members of a dimension, or NULL. */
const char *check_nearest_member(struct checker *c, uint32_t dimension, struct slice name);
/* A member as a key of the text writes it; reports what does not exist. */
MUST_CHECK bool check_member(struct checker *c, uint32_t dimension, const struct ast_key *key, uint32_t *member);
static inline dimension_set dimension_bit(uint32_t dimension)
{
    return (dimension_set) 1 << dimension;
}
/* Cells saturate at UINT64_MAX. false: no memory. */
MUST_CHECK bool check_shape(struct checker *c, const uint32_t *dims, uint32_t count, struct shape *out);
MUST_CHECK bool check_shape_of_set(struct checker *c, dimension_set set, struct shape *out);
uint64_t saturating_multiply(uint64_t a, uint64_t b);
uint64_t saturating_add(uint64_t a, uint64_t b);

/* ---- check_type.c ---- */
const char *check_type_text(struct checker *c, const struct type *type);
bool type_is_money(const struct terms *t, const struct type *type, uint32_t *currency);
bool type_is_single(const struct type *type, uint16_t base);
struct type type_number(void); /* a plain number that is no money */
struct type type_money(const struct terms *t, uint32_t currency);
/* What both have in common; false: they do not fit. */
bool type_join(const struct terms *t, const struct type *a, const struct type *b, struct type *out);
/* type_join that reports. what: "is compared with". */
MUST_CHECK bool check_join(struct checker *c, struct span span, const char *what, const struct type *a,
                           const struct type *b, struct type *out);
/* Does `have` fit where `want` is declared? Reports. what: "`drawn` is in". */
MUST_CHECK bool check_accepts(struct checker *c, struct span span, const struct ast_name *name, const struct type *want,
                              const struct type *have);
MUST_CHECK bool check_kind(struct checker *c, const struct ast_kindname *kind, struct type *out);
/* A base unit by its name; reports. percent and point are none. */
MUST_CHECK bool check_unit(struct checker *c, const struct ast_name *name, uint16_t *base);
MUST_CHECK bool check_currency(struct checker *c, const struct ast_name *code, uint32_t *currency);
/* The type of a op b (+ - * /); reports. */
MUST_CHECK bool check_arithmetic(struct checker *c, const struct ast_expr *e, const struct type *a, const struct type *b,
                                 struct type *out);

/* ---- check_expr.c ---- */
#define NO_WORD TERMS_NONE
/* word: the dimension whose members a bare name may be, or NO_WORD. */
MUST_CHECK struct node *check_expr(struct checker *c, const struct scope *scope, const struct ast_expr *e, uint32_t word);
MUST_CHECK struct node *check_node(struct checker *c, enum node_op op, const struct ast_expr *e, const struct type *type);
MUST_CHECK bool check_indexes(struct checker *c, const struct scope *scope, const struct ast_index *list,
                              dimension_set dims, bool dims_known, struct slice of, struct node_index **out,
                              dimension_set *rebound);
/* The value of an expression of constants alone. false: it is none. */
MUST_CHECK bool check_fold(const struct node *n, mpq_ptr out);

/* Sets the parts of a new node (n may be NULL) and how deep it is with them. */
MUST_CHECK struct node *check_parts(struct node *n, struct node *a, struct node *b, struct node *d);
void check_deepen(struct node *n, uint32_t depth);
/* Is it of that type? Reports what was wanted: "a number". */
MUST_CHECK bool check_is_kind(struct checker *c, const struct node *n, enum type_kind kind, const char *what);

/* ---- check_amount.c, check_ref.c, check_call.c ---- */
MUST_CHECK struct node *check_number(struct checker *c, const struct ast_expr *e);
MUST_CHECK struct node *check_rate(struct checker *c, const struct scope *scope, const struct ast_expr *e);
/* A row of bands: the rate alone, for x. */
MUST_CHECK struct node *check_rate_of(struct checker *c, const struct ast_expr *e, const struct node *x);
MUST_CHECK struct node *check_day(struct checker *c, const struct ast_expr *e, int32_t day);
MUST_CHECK struct node *check_dateof(struct checker *c, const struct ast_expr *e);
MUST_CHECK struct node *check_move(struct checker *c, const struct scope *scope, const struct ast_expr *e);
MUST_CHECK struct node *check_ref(struct checker *c, const struct scope *scope, const struct ast_expr *e, uint32_t word);
MUST_CHECK struct node *check_submitted(struct checker *c, const struct scope *scope, const struct ast_expr *e);
MUST_CHECK struct node *check_call(struct checker *c, const struct scope *scope, const struct ast_expr *e);

/* ---- check_rows.c, check_aggregate.c ---- */
MUST_CHECK struct node *check_step(struct checker *c, const struct scope *scope, const struct ast_expr *e, uint32_t word);
MUST_CHECK struct node *check_bands(struct checker *c, const struct scope *scope, const struct ast_expr *e);
MUST_CHECK struct node *check_linear(struct checker *c, const struct scope *scope, const struct ast_expr *e);
MUST_CHECK struct node *check_aggregate(struct checker *c, const struct scope *scope, const struct ast_expr *e);
MUST_CHECK struct node *check_prior(struct checker *c, const struct scope *scope, const struct ast_expr *e, uint32_t word);

/* ---- check_decl.c, check_table.c, check_metric.c, check_rule.c ---- */
void check_names(struct checker *c); /* counts, the name space, parties, units, dimensions */
void check_tables(struct checker *c);
/* As many members as it or the open dimension of its name in any of those texts lets count: what stands for them has its instances by
 * each text of a contract (V3, S7). */
uint32_t check_most_of_all(const struct dimension *d, const struct terms *const *others, size_t count);
/* A list of dimensions, each once: `by`, `for each`, `per`. */
MUST_CHECK bool check_by(struct checker *c, const struct ast_names *names, struct shape *shape, dimension_set *set);
/* What stands for the members of a dimension in the place of a party; TERMS_NONE: they are no parties. */
uint32_t check_dimension_party(struct checker *c, uint32_t dimension);
void check_metric_heads(struct checker *c);
void check_rule_heads(struct checker *c);
void check_settlements(struct checker *c); /* in the currency of their rules */
void check_signers(struct checker *c);
void check_caps(struct checker *c);
/* The type of a define, checking it first if nobody has. */
MUST_CHECK bool check_define(struct checker *c, uint32_t define, const struct ast_name *at);
MUST_CHECK bool check_rule(struct checker *c, uint32_t rule);
MUST_CHECK bool check_metric_default(struct checker *c, uint32_t metric);

/* ---- check_needs.c, check_graph.c, check_cost.c, check_warn.c: over the compiled form ---- */
void check_needs(struct checker *c);     /* D1 */
void check_circles(struct checker *c);   /* D6, C2 */
void check_untils(struct checker *c);    /* check_until.c: the days of `until` */
void check_quotients(struct checker *c); /* K5 */
void check_cost(struct checker *c);      /* K4 */
void check_warn(struct checker *c);
void check_warn_exposure(struct checker *c); /* check_warn_exposure.c: what figures may come to */
void check_warn_rules(struct checker *c);    /* check_warn_rule.c: what a single formula or clause invites */
typedef void node_visit(struct checker *c, const struct node *n, void *with);
/* Calls f for n (which may be NULL) and all its parts, without what it refers to. */
void check_visit(struct checker *c, const struct node *n, node_visit *f, void *with);

#endif
