/* A set of equations, solved with the engine's exact numbers: name to formula, as results-based financing publishes them
 * (terms.md, `tally terms solve`). Pure: no input, no output, nothing kept between sets.
 *
 * A formula:
 *   numbers      12  0.35  .35  1.0e-05            exact, never binary
 *   names        another equation: [A-Za-z_][A-Za-z0-9_.]*, case counts
 *   arithmetic   + - * / ^                         ^ binds tightest and to the right and takes a whole exponent; -2 ^ 2 is -4
 *   comparisons  = == != <> < <= > >=              of numbers; = and != also of truths; they do not chain
 *   logic        and && or || not ! true false     the right side is computed only if it counts
 * Words and functions are written in any case. A function of a list takes numbers and arrays, which stand for their items:
 *   sum min max avg (list)         at least one item
 *   abs(x)
 *   round(x [, places])            half away from zero; places may be below zero: round(1250, -2) is 1300
 *   if(condition, then, else)      only the branch that is taken is computed, but names in both are needed
 *   safe_div(x, y)                 0 where y is 0; x / y there is an error
 *   access(list, i)                item i, from 0; the last item of the list is i
 *   array(list)                    several numbers; also as the value of an equation
 *
 * Each equation is solved once, after those that it names. Errors are collected, not stopped at: what cannot be read, names that
 * are not there, circles (whole), and what cannot be computed, each with its equation and column. Whatever needs an equation with
 * an error is not computed and gives no error of its own. */
#ifndef TALLY_SOLVE_H
#define TALLY_SOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/diag.h"
#include "tally/err.h"
#include "tally/slice.h"

#define SOLVE_EQUATIONS_MAX 131072         /* four times the largest national set, 32,000 */
#define SOLVE_TEXT_MAX ((size_t) 16 << 20) /* bytes of names and formulas: 128 for each equation */
#define SOLVE_DEPTH_MAX 64                 /* nesting, as in terms: the reader of formulas calls itself so deep */
#define SOLVE_VALUES_MAX 262144            /* numbers kept at once: with the largest numbers 256 MiB */
#define SOLVE_STEPS_MAX 10000000           /* numbers taken in all: arrays of arrays would double with each equation */
#define SOLVE_ROUND_PLACES_MAX 1000        /* 10^1000 is below the 4,096 bits that a number may have (ENGINE_BITS_MAX) */
#define SOLVE_ERRORS_MAX DIAGS_MAX         /* more would be read by nobody; the rest is counted */

struct solve_equation {
    struct slice name, formula; /* UTF-8; borrowed as long as the set lives */
};

struct solve_error {
    uint32_t equation;          /* its index */
    struct span span;           /* in its formula; length 0: the whole equation */
    struct slice message, hint; /* hint may be empty */
    struct solve_error *next;   /* in the order of equations and columns */
};

enum solve_kind { SOLVE_NUMBER, SOLVE_TRUTH, SOLVE_ARRAY };

struct solve;

/* Solves. Equations with errors are no failure of this function: see solve_errors. The arena outlives *out.
 * TALLY_E_LIMIT: over SOLVE_EQUATIONS_MAX, SOLVE_TEXT_MAX, SOLVE_VALUES_MAX, SOLVE_STEPS_MAX or the arena. TALLY_E_NO_MEMORY. */
MUST_CHECK enum tally_code solve_new(const struct solve_equation *equations, size_t count, struct arena *arena,
                                     struct solve **out, struct err *err);
void solve_free(struct solve *set); /* NULL is fine */

/* The first SOLVE_ERRORS_MAX errors, NULL: none; and how many there are in all. */
const struct solve_error *solve_errors(const struct solve *set);
uint32_t solve_error_count(const struct solve *set);

/* Of equation i: whether it has a value, of which kind, of how many items (1 unless it is an array). */
bool solve_is_solved(const struct solve *set, uint32_t i);
enum solve_kind solve_kind_of(const struct solve *set, uint32_t i);
uint32_t solve_item_count(const struct solve *set, uint32_t i);
/* An item of a solved equation: a decimal where it ends, otherwise "p/q"; "true" or "false". TALLY_E_LIMIT: the arena is full. */
MUST_CHECK enum tally_code solve_item_text(const struct solve *set, uint32_t i, uint32_t item, struct arena *arena,
                                           struct slice *out, struct err *err);

#endif
