/* Any bytes: parsed, printed with their errors, and what parses is formatted and read again. Built by hand:
 *   clang -g -O1 -std=c17 -D_GNU_SOURCE -Iinclude -fsanitize=fuzzer,address,undefined tests/fuzz/fuzz_terms.c \
 *         contracts/terms/[a-z]*.c base/[a-z]*.c -o fuzz_terms
 */
#include <stddef.h>
#include <stdint.h>

#include "tally/ast.h"

#define OUT_MAX (4u << 20) /* the widest layout of a text of AST_TEXT_MAX bytes is well below */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Formats source into out if it parses; false where it has errors. */
static bool format(struct slice source, struct buf *out)
{
    struct arena *arena = arena_new(AST_ARENA_MAX);
    struct diags diags;
    struct ast_text *text = NULL;
    struct err err = {.code = TALLY_OK};
    ENSURE(arena != NULL);
    diags_init(&diags, arena);
    ENSURE(ast_parse(source, arena, &diags, &text, &err) == TALLY_OK);
    bool is_good = diags.errors == 0;
    if (is_good)
        ENSURE(ast_format(text, out, &err) == TALLY_OK);
    else
        diags_print(&diags, SLICE("fuzz"), source, out);
    arena_free(arena);
    return is_good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once;
    struct buf twice;
    buf_init(&once, OUT_MAX);
    buf_init(&twice, OUT_MAX);
    if (format(slice_of(data, size), &once) && once.len <= AST_TEXT_MAX) {
        ENSURE(format(buf_slice(&once), &twice));
        ENSURE(slice_equal(buf_slice(&once), buf_slice(&twice)));
    }
    buf_release(&once);
    buf_release(&twice);
    return 0;
}
