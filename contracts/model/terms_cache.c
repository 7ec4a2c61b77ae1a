/* Compiled texts by the hash of the text, least recently used first to go. */
#include "tally/mem.h"
#include "view.h"

struct cached_terms {
    struct ident id; /* a: hash of the text */
    uint8_t hash[32];
    struct terms *terms;
    uint64_t used;
    uint32_t pins;
};

struct terms_cache {
    struct hold hold;
    struct table table;
    size_t bytes, bytes_max;
    uint64_t tick;
    uint64_t asked[2]; /* the ticks at which the last contract's texts were asked for, and those of the one before */
};

enum tally_code terms_cache_new(size_t bytes_max, struct terms_cache **out, struct err *err)
{
    struct terms_cache *cache = mem_zero(sizeof(*cache));
    if (cache == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for compiled terms");
    table_init(&cache->table, &cache->hold);
    cache->bytes_max = bytes_max;
    *out = cache;
    return TALLY_OK;
}

static void cached_free(struct terms_cache *cache, struct cached_terms *cached)
{
    cache->bytes -= terms_memory(cached->terms);
    terms_free(cached->terms);
    hold_free(&cache->hold, cached);
}

void terms_cache_free(struct terms_cache *cache)
{
    if (cache == NULL)
        return;
    uint32_t at = 0;
    for (struct cached_terms *cached; (cached = table_next(&cache->table, &at)) != NULL;)
        cached_free(cache, cached);
    table_release(&cache->table);
    mem_free(cache);
}

size_t terms_cache_bytes(const struct terms_cache *cache)
{
    return cache == NULL ? 0 : sizeof(*cache) + cache->hold.bytes + cache->bytes;
}

/* Makes room; what was asked for last and before last stays: all texts of those two contracts. */
static void evict(struct terms_cache *cache)
{
    while (cache->bytes > cache->bytes_max) {
        struct cached_terms *oldest = NULL;
        uint32_t at = 0;
        for (struct cached_terms *cached; (cached = table_next(&cache->table, &at)) != NULL;) {
            if (cached->pins == 0 && cached->used < cache->asked[1] && (oldest == NULL || cached->used < oldest->used))
                oldest = cached;
        }
        if (oldest == NULL)
            return;
        table_remove(&cache->table, oldest->id);
        cached_free(cache, oldest);
    }
}

static enum tally_code compile(const struct view_contract *contract, struct slice source, struct terms **out,
                               struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct terms *terms = NULL;
    struct diags diags;
    struct arena *arena = arena_new(1u << 20); /* for diagnostics alone, of which there are at most DIAGS_MAX */
    if (arena == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the terms of contract %.*s", SLICE_ARG(contract->row.id));
    diags_init(&diags, arena);
    TRY(terms_compile(source, &diags, &terms, err));
    if (terms == NULL) {
        rc = err_set(err, TALLY_E_INTEGRITY, "the recorded terms of contract %.*s do not check any more: %d errors",
                     SLICE_ARG(contract->row.id), diags.errors);
        goto done;
    }
    *out = terms;
done:
    arena_free(arena);
    return rc;
}

static enum tally_code text_terms(const struct model *model, const struct view_contract *contract, struct view_text *text,
                                  struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct terms_cache *cache = model->terms;
    struct slice hash = slice_of(text->terms_hash, sizeof(text->terms_hash));
    struct cached_terms *cached = table_find(&cache->table, ident_name(hash));
    if (cached == NULL) {
        struct terms *terms = NULL;
        TRY(compile(contract, text->source, &terms, err));
        cached = hold_alloc(&cache->hold, sizeof(*cached));
        if (cached == NULL) {
            terms_free(terms);
            return err_set(err, TALLY_E_NO_MEMORY, "no memory for compiled terms");
        }
        memcpy(cached->hash, hash.ptr, sizeof(cached->hash));
        cached->id = ident_name(slice_of(cached->hash, sizeof(cached->hash)));
        cached->terms = terms;
        cache->bytes += terms_memory(terms);
        rc = table_add(&cache->table, &cached->id, err);
        if (rc != TALLY_OK) {
            cached_free(cache, cached);
            return rc;
        }
    }
    cached->used = ++cache->tick;
    text->terms = cached->terms;
done:
    return rc;
}

enum tally_code terms_with(const struct model *model, const struct view_contract *contract, struct view_text *amendment,
                           const struct terms **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct terms_cache *cache = model->terms;
    cache->asked[1] = cache->asked[0];
    cache->asked[0] = cache->tick + 1;
    for (uint32_t k = 0; k < contract->text_count; k++)
        TRY(text_terms(model, contract, contract->texts[k], err));
    if (amendment != NULL)
        TRY(text_terms(model, contract, amendment, err));
    evict(cache);
    *out = text_now(contract)->terms;
done:
    return rc;
}

enum tally_code terms_of(const struct model *model, const struct view_contract *contract, const struct terms **out,
                         struct err *err)
{
    return terms_with(model, contract, NULL, out, err);
}

static struct cached_terms *cached_of(const struct model *model, const struct terms *terms)
{
    uint32_t at = 0;
    for (struct cached_terms *cached; (cached = table_next(&model->terms->table, &at)) != NULL;)
        if (cached->terms == terms)
            return cached;
    ENSURE(false); /* what is pinned was asked for just now, or is pinned already */
    return NULL;
}

void terms_pin(const struct model *model, const struct terms *terms)
{
    cached_of(model, terms)->pins++;
}

void terms_unpin(const struct model *model, const struct terms *terms)
{
    cached_of(model, terms)->pins--;
}
