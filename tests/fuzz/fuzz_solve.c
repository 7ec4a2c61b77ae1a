/* Any bytes as a set of equations, one a line, name = formula: each is solved or has an error in it or in what it needs. */
#include <stddef.h>
#include <stdint.h>

#include "tally/solve.h"
#include "tally/text.h"

#define EQUATIONS_MAX 256u
#define MEMORY_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next line of what is left, without its end. */
static struct slice next_line(struct slice *left)
{
    const char *end = memchr(left->ptr, '\n', left->len);
    struct slice line = slice_of(left->ptr, end == NULL ? left->len : (size_t) (end - left->ptr));
    size_t used = line.len + (end == NULL ? 0 : 1);
    *left = slice_of(left->ptr + used, left->len - used);
    return line;
}

static size_t read_equations(struct slice left, struct solve_equation *out)
{
    size_t count = 0;
    while (left.len > 0 && count < EQUATIONS_MAX) {
        struct slice line = next_line(&left);
        const char *equal = line.len == 0 ? NULL : memchr(line.ptr, '=', line.len);
        if (equal == NULL)
            continue;
        size_t at = (size_t) (equal - line.ptr), name = at;
        while (name > 0 && line.ptr[name - 1] == ' ')
            name--;
        out[count++] = (struct solve_equation){slice_of(line.ptr, name), slice_of(equal + 1, line.len - at - 1)};
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct solve_equation equations[EQUATIONS_MAX];
    struct solve *set = NULL;
    struct slice text = {0};
    if (size == 0 || !text_is_utf8(slice_of(data, size), NULL)) /* the reader of JSON has checked it */
        return 0;
    struct arena *arena = arena_new(MEMORY_MAX);
    ENSURE(arena != NULL);
    size_t count = read_equations(slice_of(data, size), equations);
    enum tally_code rc = solve_new(equations, count, arena, &set, NULL);
    ENSURE(rc == TALLY_OK || rc == TALLY_E_LIMIT);
    uint32_t solved = 0;
    for (uint32_t i = 0; rc == TALLY_OK && i < count; i++) {
        if (!solve_is_solved(set, i))
            continue;
        solved++;
        for (uint32_t item = 0; item < solve_item_count(set, i); item++)
            ENSURE(solve_item_text(set, i, item, arena, &text, NULL) != TALLY_OK || text.len > 0);
    }
    if (rc == TALLY_OK) {
        ENSURE((solved == count) == (solve_error_count(set) == 0));
        for (const struct solve_error *e = solve_errors(set); e != NULL; e = e->next)
            ENSURE(e->equation < count && e->message.len > 0);
    }
    solve_free(set);
    arena_free(arena);
    return 0;
}
