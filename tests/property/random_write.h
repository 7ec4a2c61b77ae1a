/* How a random text is written: what is drawn so far, and the expressions that may stand there. Of random_*.c alone. */
#ifndef TALLY_TESTS_RANDOM_WRITE_H
#define TALLY_TESTS_RANDOM_WRITE_H

#include "random_text.h"
#include "tally/buf.h"

struct writer {
    struct dice *dice;
    struct buf out;
    struct random_text *made;
    uint32_t bound;          /* bit by dimension */
    uint32_t defines, rules; /* so many are written */
    uint32_t define_dims[8], define_kinds[8];
    bool free_from_history, uses_other;
};

#define SAY(...) buf_printf(&w->out, __VA_ARGS__)
#define ROLL(n) dice_below(w->dice, (n))

/* ---- random_text.c ---- */
extern const char *const random_dim_names[];
extern const char *const random_arms[];
static inline bool is_bound(const struct writer *w, enum random_dim dim)
{
    return (w->bound >> dim & 1) != 0;
}
static inline bool is_open(enum random_dim dim)
{
    return dim == RANDOM_VILLAGE || dim == RANDOM_SITE;
}

/* ---- random_expr.c: an expression of each kind, at most so deep; 0: a name or a constant ---- */
void random_money(struct writer *w, int depth);
void random_number(struct writer *w, int depth);
void random_truth(struct writer *w, int depth);
void random_date(struct writer *w, int depth);
void random_date_text(struct writer *w);

/* ---- random_sets.c: what runs over members; false: there is nothing to run over, and nothing is written ---- */
bool random_aggregate(struct writer *w, enum random_kind kind, int depth);
bool random_portion(struct writer *w, int depth);

#endif
