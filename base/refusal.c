#include "tally/refusal.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *code;
    enum refusal_kind kind;
    const char *title;
} refusals[] = {
#define X(name, code, kind, title) {code, kind, title},
    REFUSALS(X)
#undef X
};

const char *refusal_code_text(enum refusal_code code)
{
    ENSURE((size_t) code < REFUSAL_COUNT);
    return refusals[code].code;
}

const char *refusal_title(enum refusal_code code)
{
    ENSURE((size_t) code < REFUSAL_COUNT);
    return refusals[code].title;
}

enum refusal_kind refusal_kind_of(enum refusal_code code)
{
    ENSURE((size_t) code < REFUSAL_COUNT);
    return refusals[code].kind;
}

struct refusal *refusal_new(struct arena *arena, enum refusal_code code, const char *fmt, ...)
{
    ENSURE((size_t) code < REFUSAL_COUNT);
    struct refusal *refusal = ARENA_NEW(arena, struct refusal);
    if (refusal == NULL)
        return NULL;
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    char *detail = len < 0 ? NULL : arena_alloc(arena, (size_t) len + 1);
    if (detail != NULL)
        (void) vsnprintf(detail, (size_t) len + 1, fmt, again);
    va_end(again);
    va_end(args);
    if (detail == NULL)
        return NULL;
    refusal->code = code;
    refusal->detail = slice_of(detail, (size_t) len);
    return refusal;
}

bool refusal_add(struct arena *arena, struct refusal *refusal, struct slice pointer, struct slice detail)
{
    struct refusal_at *at = ARENA_NEW(arena, struct refusal_at);
    if (at == NULL || arena_copy(arena, pointer.ptr, pointer.len, &at->pointer, NULL) != TALLY_OK ||
        arena_copy(arena, detail.ptr, detail.len, &at->detail, NULL) != TALLY_OK)
        return false;
    struct refusal_at **end = &refusal->errors;
    while (*end != NULL)
        end = &(*end)->next;
    *end = at;
    return true;
}
