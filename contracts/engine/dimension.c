/* Members of dimensions and keys made of them. */
#include <stdlib.h>

#include "program.h"
#include "tally/instant.h"

/* Orders members by their bytes. qsort has no argument for the names, so the sort is our own (heap sort: no recursion). */
static void sift_down(uint32_t *order, const struct slice *names, size_t at, size_t count)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            return;
        if (child + 1 < count && slice_compare(names[order[child + 1]], names[order[child]]) > 0)
            child++;
        if (slice_compare(names[order[child]], names[order[at]]) <= 0)
            return;
        uint32_t swap = order[at];
        order[at] = order[child];
        order[child] = swap;
        at = child;
    }
}

bool dimension_index(struct dimension *dimension, struct arena *arena)
{
    size_t count = dimension->shown.member_count;
    uint32_t *order = ARENA_ARRAY(arena, count, uint32_t);
    if (order == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t) i;
    for (size_t i = count / 2; i-- > 0;)
        sift_down(order, dimension->shown.members, i, count);
    for (size_t end = count; end-- > 1;) {
        uint32_t swap = order[0];
        order[0] = order[end];
        order[end] = swap;
        sift_down(order, dimension->shown.members, 0, end);
    }
    dimension->by_bytes = order;
    return true;
}

uint32_t dimension_find(const struct dimension *dimension, struct slice member)
{
    uint32_t low = 0, high = dimension->shown.member_count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int order = slice_compare(dimension->shown.members[dimension->by_bytes[mid]], member);
        if (order == 0)
            return dimension->by_bytes[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return TERMS_NONE;
}

uint32_t dimension_of_day(const struct dimension *dimension, int32_t day)
{
    uint32_t low = 0, high = dimension->shown.member_count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (day < dimension->spans[mid].first)
            high = mid;
        else if (day > dimension->spans[mid].last)
            low = mid + 1;
        else
            return mid;
    }
    return TERMS_NONE;
}

uint32_t dimension_find_key(const struct dimension *dimension, const struct ast_key *key)
{
    uint32_t member = TERMS_NONE;
    switch (dimension->shown.kind) {
    case TERMS_LIST:
        if (key->kind == AST_KEY_NAME)
            member = dimension_find(dimension, key->name);
        break;
    case TERMS_RANGE:
        if (key->kind == AST_KEY_NUMBER && key->number >= dimension->from &&
            key->number - dimension->from < (int64_t) dimension->shown.member_count)
            member = (uint32_t) (key->number - dimension->from);
        break;
    case TERMS_PERIOD:
        if (key->kind == AST_KEY_DATE)
            member = dimension_of_day(dimension, key->day);
        if (member != TERMS_NONE && dimension->spans[member].first != key->day)
            member = TERMS_NONE; /* a member is written by its first day */
        break;
    case TERMS_OPEN:
    case TERMS_PERSONS:
        break;
    }
    return member;
}

static bool is_name(struct slice member, size_t least)
{
    bool ok = member.len >= least && member.len <= TERMS_PSEUDONYM_MAX;
    for (size_t i = 0; ok && i < member.len; i++) {
        char ch = member.ptr[i];
        ok = (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '.' || ch == '_' ||
             ch == ':' || ch == '-';
    }
    return ok;
}

bool dimension_allows(const struct dimension *dimension, struct slice member)
{
    size_t least = dimension->shown.kind == TERMS_PERSONS ? TERMS_PSEUDONYM_MIN : 1;
    return is_name(member, least);
}

bool terms_is_pseudonym(struct slice member)
{
    return is_name(member, TERMS_PSEUDONYM_MIN);
}

bool key_parts(struct slice key, uint32_t count, struct slice *parts)
{
    const char *p = key.ptr, *end = key.len == 0 ? key.ptr : key.ptr + key.len;
    for (uint32_t i = 0; i < count; i++) {
        const char *bar = p == end ? NULL : memchr(p, '|', (size_t) (end - p));
        bool is_last = i + 1 == count;
        if ((bar == NULL) != is_last)
            return false;
        parts[i] = slice_of(p, (size_t) ((is_last ? end : bar) - p));
        p = is_last ? end : bar + 1;
    }
    return p == end;
}

struct slice key_join(const struct slice *parts, uint32_t count, struct arena *arena)
{
    size_t len = 0;
    for (uint32_t i = 0; i < count; i++)
        len += parts[i].len + 1;
    char *text = arena_alloc(arena, len + 1);
    if (text == NULL)
        return slice_of(NULL, 0);
    len = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            text[len++] = '|';
        if (parts[i].len > 0)
            memcpy(text + len, parts[i].ptr, parts[i].len);
        len += parts[i].len;
    }
    return slice_of(text, len);
}

bool shape_read(const struct dimension *dims, const struct shape *shape, struct slice key, uint64_t *cell)
{
    struct slice parts[DIMENSIONS_MAX];
    uint64_t at = 0;
    if (!key_parts(key, shape->count, parts))
        return false;
    for (uint32_t i = 0; i < shape->count; i++) {
        const struct dimension *d = &dims[shape->dims[i]];
        uint32_t member = dimension_find(d, parts[i]);
        if (member == TERMS_NONE)
            return false;
        at = at * dimension_size(d) + member;
    }
    *cell = at;
    return true;
}

void shape_bind(const struct dimension *dims, const struct shape *shape, uint64_t cell, uint32_t *members)
{
    for (uint32_t i = shape->count; i-- > 0;) {
        uint32_t size = dimension_size(&dims[shape->dims[i]]);
        members[shape->dims[i]] = (uint32_t) (cell % size);
        cell /= size;
    }
}

uint64_t shape_cell(const struct dimension *dims, const struct shape *shape, const uint32_t *members)
{
    uint64_t cell = 0;
    for (uint32_t i = 0; i < shape->count; i++)
        cell = cell * dimension_size(&dims[shape->dims[i]]) + members[shape->dims[i]];
    return cell;
}

/* An empty slice with ptr NULL without memory. */
MUST_CHECK static struct slice shape_join(const struct dimension *dims, const struct shape *shape, uint64_t cell,
                                          const char *between, bool as_written, struct arena *arena)
{
    uint32_t members[DIMENSIONS_MAX];
    struct slice names[DIMENSIONS_MAX];
    size_t gap = strlen(between), len = 0;
    shape_bind(dims, shape, cell, members);
    for (uint32_t i = 0; i < shape->count; i++) {
        const struct dimension *d = &dims[shape->dims[i]];
        names[i] = (as_written ? d->spellings : d->shown.members)[members[shape->dims[i]]];
        len += names[i].len + (i > 0 ? gap : 0);
    }
    char *text = arena_alloc(arena, len + 1), *at = text;
    if (text == NULL)
        return slice_of(NULL, 0);
    for (uint32_t i = 0; i < shape->count; i++) {
        memcpy(at, between, i > 0 ? gap : 0);
        at += i > 0 ? gap : 0;
        memcpy(at, names[i].ptr, names[i].len);
        at += names[i].len;
    }
    return slice_of(text, len);
}

struct slice shape_key(const struct dimension *dims, const struct shape *shape, uint64_t cell, struct arena *arena)
{
    return shape_join(dims, shape, cell, "|", false, arena);
}

struct slice shape_show(const struct dimension *dims, const struct shape *shape, uint64_t cell, struct arena *arena)
{
    return shape_join(dims, shape, cell, ", ", true, arena);
}
