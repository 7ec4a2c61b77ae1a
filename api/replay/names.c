/* Contracts and actors that something is remembered of: a hash table. */
#include "replay_internal.h"
#include "tally/mem.h"

static size_t hash_of(enum name_kind kind, struct slice text)
{
    uint64_t hash = UINT64_C(1469598103934665603) ^ (uint64_t) kind;
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (uint8_t) text.ptr[i]) * UINT64_C(1099511628211);
    return (size_t) (hash ^ hash >> 32);
}

static size_t slot_of(const struct names *names, enum name_kind kind, struct slice text)
{
    size_t at = hash_of(kind, text) & (names->cap - 1);
    while (names->slots[at] != NULL && (names->slots[at]->kind != kind || !slice_equal(names->slots[at]->text, text)))
        at = (at + 1) & (names->cap - 1);
    return at;
}

struct name *names_find(const struct names *names, enum name_kind kind, struct slice text)
{
    return names->cap == 0 ? NULL : names->slots[slot_of(names, kind, text)];
}

static enum tally_code grow(struct names *names, struct err *err)
{
    struct names larger = {.cap = names->cap == 0 ? 64 : names->cap * 2, .count = names->count};
    if (names->count < names->cap / 2)
        return TALLY_OK;
    larger.slots = mem_zero_array(larger.cap, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the names of a ledger");
    for (size_t i = 0; i < names->cap; i++)
        if (names->slots[i] != NULL)
            larger.slots[slot_of(&larger, names->slots[i]->kind, names->slots[i]->text)] = names->slots[i];
    mem_free(names->slots);
    *names = larger;
    return TALLY_OK;
}

enum tally_code names_add(struct names *names, enum name_kind kind, struct slice text, struct name **out, struct err *err)
{
    enum tally_code rc = grow(names, err);
    if (rc != TALLY_OK)
        return rc;
    size_t at = slot_of(names, kind, text);
    if (names->slots[at] == NULL) {
        struct name *name = mem_zero(sizeof(*name) + text.len);
        if (name == NULL)
            return err_set(err, TALLY_E_NO_MEMORY, "no memory for the names of a ledger");
        name->kind = kind;
        if (text.len > 0)
            memcpy(name + 1, text.ptr, text.len);
        name->text = slice_of(name + 1, text.len);
        names->slots[at] = name;
        names->count++;
    }
    *out = names->slots[at];
    return TALLY_OK;
}

struct name *names_next(const struct names *names, size_t *at)
{
    while (*at < names->cap) {
        struct name *name = names->slots[(*at)++];
        if (name != NULL)
            return name;
    }
    return NULL;
}

void names_release(struct names *names)
{
    for (size_t i = 0; i < names->cap; i++)
        mem_free(names->slots[i]);
    mem_free(names->slots);
    *names = (struct names){0};
}
