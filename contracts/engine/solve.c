/* A set of equations from its texts to its values; each step in a file of its own. */
#include "tally/solve.h"

#include <stdarg.h>
#include <stdio.h>

#include "number.h"
#include "solve_set.h"
#include "tally/mem.h"

#define MESSAGE_MAX 512 /* bytes: several lines on a screen; circles are told whole and do not pass through here */

enum tally_code solve_grow(void **items, uint32_t *cap, uint32_t needed, size_t size, struct err *err)
{
    if (needed <= *cap)
        return TALLY_OK;
    uint32_t grown = *cap < 64 ? 64 : *cap;
    while (grown < needed)
        grown *= 2;
    void *moved = mem_resize(*items, grown * size);
    if (moved == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    *items = moved;
    *cap = grown;
    return TALLY_OK;
}

enum tally_code solve_pool_push(struct solve_pool *pool, struct err *err)
{
    void *items = pool->items;
    if (pool->count == SOLVE_VALUES_MAX)
        return err_set(err, TALLY_E_LIMIT, "the equations keep more than %d numbers at once", SOLVE_VALUES_MAX);
    enum tally_code rc = solve_grow(&items, &pool->cap, pool->count + 1, sizeof(mpq_t), err);
    pool->items = items;
    if (rc != TALLY_OK)
        return rc;
    if (pool->count == pool->ready)
        mpq_init(pool->items[pool->ready++]);
    pool->count++;
    return TALLY_OK;
}

void solve_pool_release(struct solve_pool *pool)
{
    for (uint32_t i = 0; i < pool->ready; i++)
        mpq_clear(pool->items[i]);
    mem_free(pool->items);
    *pool = (struct solve_pool){0};
}

/* Lines and columns count from 1, columns in characters. */
static struct span span_of(struct slice text, size_t at, size_t length)
{
    struct span span = {(uint32_t) at, (uint32_t) length, 1, 1};
    for (size_t i = 0; i < at && i < text.len; i++) {
        span.column += ((unsigned char) text.ptr[i] & 0xC0) != 0x80;
        if (text.ptr[i] == '\n') {
            span.line++;
            span.column = 1;
        }
    }
    return span;
}

static bool is_before(const struct solve_error *a, const struct solve_error *b)
{
    return a->equation != b->equation ? a->equation < b->equation : a->span.offset < b->span.offset;
}

enum tally_code solve_problem(struct solve *set, uint32_t row, size_t at, size_t length, struct slice hint,
                              struct slice message)
{
    set->rows[row].is_bad = true;
    struct solve_error *error = ++set->error_count > SOLVE_ERRORS_MAX ? NULL : ARENA_NEW(set->arena, struct solve_error);
    if (error == NULL) /* counted all the same */
        return TALLY_E_MALFORMED;
    *error = (struct solve_error){row, span_of(set->rows[row].formula, at, length), message, hint, NULL};
    struct solve_error **place = &set->errors;
    while (*place != NULL && !is_before(error, *place))
        place = &(*place)->next;
    error->next = *place;
    *place = error;
    return TALLY_E_MALFORMED;
}

enum tally_code solve_problemf(struct solve *set, uint32_t row, size_t at, size_t length, struct slice hint,
                               const char *fmt, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, fmt);
    (void) vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    return solve_problem(set, row, at, length, hint, arena_printf(set->arena, "%s", message));
}

MUST_CHECK static enum tally_code fill(struct solve *set, const struct solve_equation *equations, struct err *err)
{
    size_t bytes = 0;
    set->rows = ARENA_ARRAY(set->arena, set->count, struct solve_row);
    if (set->rows == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left for %u equations", set->count);
    for (uint32_t i = 0; i < set->count; i++) {
        bytes += equations[i].name.len + equations[i].formula.len;
        if (bytes > SOLVE_TEXT_MAX)
            return err_set(err, TALLY_E_LIMIT, "the equations have more than %zu bytes; solve them in several sets",
                           SOLVE_TEXT_MAX);
        set->rows[i].name = equations[i].name;
        set->rows[i].formula = equations[i].formula;
    }
    return TALLY_OK;
}

MUST_CHECK static enum tally_code run(struct solve *set, const struct solve_equation *equations, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(fill(set, equations, err));
    TRY(solve_names(set, err));
    for (uint32_t i = 0; i < set->count; i++) {
        rc = solve_parse(set, i, err);
        if (rc != TALLY_OK && rc != TALLY_E_MALFORMED)
            goto done;
    }
    uint32_t *order = ARENA_ARRAY(set->arena, set->count, uint32_t);
    if (order == NULL)
        TRY(err_set(err, TALLY_E_LIMIT, "no memory left to order %u equations", set->count));
    TRY(solve_order(set, order, err));
    TRY(solve_eval_all(set, order, err));
done:
    return rc;
}

enum tally_code solve_new(const struct solve_equation *equations, size_t count, struct arena *arena, struct solve **out,
                          struct err *err)
{
    if (count > SOLVE_EQUATIONS_MAX)
        return err_set(err, TALLY_E_LIMIT, "%zu equations are more than %d; solve them in several sets", count,
                       SOLVE_EQUATIONS_MAX);
    struct solve *set = mem_zero(sizeof *set);
    if (set == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    set->arena = arena;
    set->count = (uint32_t) count;
    enum tally_code rc = run(set, equations, err);
    if (rc == TALLY_OK)
        *out = set;
    else
        solve_free(set);
    return rc;
}

void solve_free(struct solve *set)
{
    if (set == NULL)
        return;
    solve_pool_release(&set->constants);
    solve_pool_release(&set->values);
    mem_free(set->ops);
    mem_free(set);
}

const struct solve_error *solve_errors(const struct solve *set)
{
    return set->errors;
}

uint32_t solve_error_count(const struct solve *set)
{
    return set->error_count;
}

bool solve_is_solved(const struct solve *set, uint32_t i)
{
    ENSURE(i < set->count);
    return set->rows[i].is_solved;
}

enum solve_kind solve_kind_of(const struct solve *set, uint32_t i)
{
    ENSURE(solve_is_solved(set, i));
    return set->rows[i].kind;
}

uint32_t solve_item_count(const struct solve *set, uint32_t i)
{
    ENSURE(solve_is_solved(set, i));
    return set->rows[i].value_count;
}

enum tally_code solve_item_text(const struct solve *set, uint32_t i, uint32_t item, struct arena *arena, struct slice *out,
                                struct err *err)
{
    ENSURE(item < solve_item_count(set, i));
    mpq_srcptr value = set->values.items[set->rows[i].value_first + item];
    if (set->rows[i].kind != SOLVE_TRUTH)
        return number_exact(value, arena, out, err);
    *out = mpq_sgn(value) != 0 ? SLICE("true") : SLICE("false");
    return TALLY_OK;
}
