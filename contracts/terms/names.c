#include "names.h"

#include <stdint.h>

#include "tally/ast.h"

static const char *const reserved[] = {
    "above",    "abs",       "after",     "amended", "amount",   "and",   "as",        "at",       "bands",       "before",
    "below",    "best",      "between",   "by",      "calendar", "cap",   "clamp",     "contract", "count",       "dated",
    "define",   "dimension", "disputes",  "due",     "either",   "else",  "end",       "false",    "first",       "for",
    "fraction", "from",      "if",        "in",      "is",       "last",  "linear",    "max",      "mean",        "metric",
    "min",      "never",     "not",       "number",  "of",       "or",    "otherwise", "outside",  "over",        "parties",
    "party",    "pay",       "per",       "period",  "portion",  "prior", "reported",  "round",    "settlements", "share",
    "start",    "step",      "submitted", "sum",     "table",    "then",  "true",      "unit",     "until",       "uses",
    "verified", "when",      "where"};

bool names_is_reserved(struct slice name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (slice_is(name, reserved[i]))
            return true;
    return false;
}

#define NEAREST_MAX 48 /* longer names are not compared: bounds the rows below */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters to insert, drop, change, or swap with their neighbour. Both are at most NEAREST_MAX long. */
static unsigned distance(struct slice a, struct slice b)
{
    unsigned rows[3][NEAREST_MAX + 1];
    for (unsigned j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3];
        const unsigned *second = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned change = above[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
            row[j] = least(change, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
                row[j] = least(row[j], second[j - 2] + 1);
        }
    }
    return rows[a.len % 3][b.len];
}

struct slice ast_nearest(struct slice name, const struct slice *candidates, size_t count)
{
    struct slice nearest = {NULL, 0};
    if (name.len == 0 || name.len > NEAREST_MAX)
        return nearest;
    /* a third of the letters: more is another word, and a wrong guess is worse than none */
    unsigned best = (unsigned) (name.len < 3 ? 1 : (name.len + 2) / 3) + 1;
    for (size_t i = 0; i < count; i++) {
        if (candidates[i].len == 0 || candidates[i].len > NEAREST_MAX || slice_equal(candidates[i], name))
            continue;
        unsigned d = distance(name, candidates[i]);
        if (d < best && d < candidates[i].len) {
            best = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}
