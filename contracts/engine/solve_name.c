/* Names of equations: found by hash, and the nearest to one that is not there. */
#include "solve_set.h"

#define NEAREST_CHANGES 3 /* letters that differ: more is another name, and a wrong guess is worse than none */
#define BAND (2 * NEAREST_CHANGES + 1)

static const char *const words[] = {"and", "or", "not", "true", "false"};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

bool solve_word_is(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

bool solve_name_is_good(struct slice name)
{
    if (name.len == 0 || !is_letter(name.ptr[0]))
        return false;
    for (size_t i = 1; i < name.len; i++)
        if (!is_letter(name.ptr[i]) && (name.ptr[i] < '0' || name.ptr[i] > '9') && name.ptr[i] != '.')
            return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (solve_word_is(name, slice_str(words[i])))
            return false;
    return true;
}

static uint64_t hash_of(struct slice name)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (uint8_t) name.ptr[i]) * UINT64_C(1099511628211);
    return h ^ (h >> 32); /* the low bits choose the slot */
}

/* The slot that has the name, or the free one where it would be. */
static uint32_t *slot_of(const struct solve *set, struct slice name, uint64_t hash)
{
    uint32_t i = (uint32_t) hash & (set->slot_count - 1);
    for (;; i = (i + 1) & (set->slot_count - 1)) {
        uint32_t *slot = &set->slots[i];
        if (*slot == 0 || (set->rows[*slot - 1].hash == hash && slice_equal(set->rows[*slot - 1].name, name)))
            return slot;
    }
}

enum tally_code solve_names(struct solve *set, struct err *err)
{
    set->slot_count = 16;
    while (set->slot_count < set->count * 2)
        set->slot_count *= 2;
    set->slots = ARENA_ARRAY(set->arena, set->slot_count, uint32_t);
    if (set->slots == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left for %u names", set->count);
    for (uint32_t i = 0; i < set->count; i++) {
        struct solve_row *row = &set->rows[i];
        row->hash = hash_of(row->name);
        uint32_t *slot = slot_of(set, row->name, row->hash);
        if (!solve_name_is_good(row->name))
            (void) solve_problem(set, i, 0, 0, SLICE("letters, digits, _ and . after a letter, and no word of logic"),
                                 SLICE("no formula could say this name"));
        else if (*slot != 0)
            (void) solve_problem(set, i, 0, 0, SLICE("keep one of them"), SLICE("this name is given twice"));
        else
            *slot = i + 1;
    }
    return TALLY_OK;
}

uint32_t solve_find(const struct solve *set, struct slice name)
{
    uint32_t row = *slot_of(set, name, hash_of(name));
    return row == 0 ? SOLVE_NONE : row - 1;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Letters to insert, drop or change, as far as they are at most NEAREST_CHANGES; more otherwise. Names are long and many, and
 * differ in few letters: what both begin and end with is left out, and only a band around the diagonal is computed. */
static unsigned distance(struct slice a, struct slice b)
{
    unsigned before[BAND + 2], row[BAND + 2];
    while (a.len > 0 && b.len > 0 && a.ptr[0] == b.ptr[0]) {
        a = slice_of(a.ptr + 1, a.len - 1);
        b = slice_of(b.ptr + 1, b.len - 1);
    }
    while (a.len > 0 && b.len > 0 && a.ptr[a.len - 1] == b.ptr[b.len - 1]) {
        a.len--;
        b.len--;
    }
    /* place k of a row is column i + k - NEAREST_CHANGES - 1; the places at both ends are out of the band */
    for (unsigned k = 0; k < BAND + 2; k++)
        before[k] = k >= NEAREST_CHANGES + 1 && k <= BAND ? k - NEAREST_CHANGES - 1 : NEAREST_CHANGES + 1;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned nearest = NEAREST_CHANGES + 1;
        row[0] = row[BAND + 1] = NEAREST_CHANGES + 1;
        for (unsigned k = 1; k <= BAND; k++) {
            row[k] = NEAREST_CHANGES + 1;
            if (i + k < NEAREST_CHANGES + 1 || i + k - NEAREST_CHANGES - 1 > b.len)
                continue;
            size_t j = i + k - NEAREST_CHANGES - 1;
            unsigned across = j == 0 ? (unsigned) i : before[k] + (a.ptr[i - 1] != b.ptr[j - 1]);
            row[k] = least(across, least(before[k + 1], j == 0 ? NEAREST_CHANGES : row[k - 1]) + 1);
            nearest = least(nearest, row[k]);
        }
        if (nearest > NEAREST_CHANGES)
            return nearest;
        memcpy(before, row, sizeof before);
    }
    size_t end = b.len + NEAREST_CHANGES + 1;
    return end < a.len + 1 || end - a.len > BAND ? NEAREST_CHANGES + 1 : before[end - a.len];
}

struct slice solve_hint(struct solve *set, struct slice name)
{
    unsigned best = least((unsigned) least((unsigned) name.len, 64) / 3 + 1, NEAREST_CHANGES) + 1;
    struct slice nearest = SLICE("");
    for (uint32_t i = 0; i < set->count; i++) {
        struct slice other = set->rows[i].name;
        size_t apart = other.len > name.len ? other.len - name.len : name.len - other.len;
        if (apart >= best || !solve_name_is_good(other))
            continue;
        unsigned d = solve_word_is(other, name) ? 0 : distance(name, other);
        if (d < best && d < other.len) {
            best = d;
            nearest = other;
        }
    }
    return nearest.len == 0 ? nearest : arena_printf(set->arena, "did you mean `%.*s`?", SLICE_ARG(nearest));
}
