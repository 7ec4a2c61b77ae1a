/* The one name space of a text: parties, dimensions, tables, metrics, defines, rules, calendars, used contracts. */
#include "program.h"

static uint32_t name_hash(struct slice name)
{
    uint32_t h = 2166136261u; /* FNV-1a: names are few and chosen by those who sign, not by an attacker of the table */
    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (uint8_t) name.ptr[i]) * 16777619u;
    return h;
}

bool symbols_init(struct symbols *symbols, uint32_t count, struct arena *arena)
{
    symbols->size = 16;
    while (symbols->size < count * 2)
        symbols->size *= 2;
    symbols->slots = ARENA_ARRAY(arena, symbols->size, struct symbol);
    return symbols->slots != NULL;
}

static struct symbol *slot_of(const struct symbols *symbols, struct slice name)
{
    uint32_t i = name_hash(name) & (symbols->size - 1);
    while (symbols->slots[i].kind != SYMBOL_NONE && !slice_equal(symbols->slots[i].name, name))
        i = (i + 1) & (symbols->size - 1);
    return &symbols->slots[i];
}

const struct symbol *symbols_find(const struct symbols *symbols, struct slice name)
{
    const struct symbol *s = slot_of(symbols, name);
    return s->kind == SYMBOL_NONE ? NULL : s;
}

bool symbols_add(struct symbols *symbols, struct symbol symbol, const struct symbol **earlier)
{
    struct symbol *s = slot_of(symbols, symbol.name);
    if (s->kind != SYMBOL_NONE) {
        *earlier = s;
        return false;
    }
    *s = symbol;
    return true;
}
