#include "keycache.h"

#include <pthread.h>

#include "tally/arena.h"
#include "tally/mem.h"
#include "tally/model.h"
#include "tally/store.h"
#include "tally/text.h"

#define BUCKETS 8192             /* a power of two, twice KEYCACHE_MAX */
#define LOOKUP_ARENA (64u << 10) /* one key and one actor */

struct keycache_entry {
    struct key_kid kid;
    char actor[MODEL_ID_MAX + 1];
    struct key_verifier *verifier;
    int holders; /* and one for the cache itself */
    struct keycache_entry *chain;
    struct keycache_entry *newer, *older; /* by last use */
};

struct keycache {
    pthread_mutex_t mutex; /* the table */
    struct keycache_entry *buckets[BUCKETS];
    struct keycache_entry *newest, *oldest;
    int count;
    uint64_t hits, misses;
    pthread_mutex_t lookup_mutex; /* the connection and the arena */
    struct pg *pg;
    struct arena *arena;
};

/* A kid is a SHA-256 in base64url: its characters are as random as any hash of them. */
static size_t bucket_of(struct slice kid)
{
    size_t h = 0;
    for (size_t i = 0; i < 8; i++)
        h = h * 31 + (unsigned char) kid.ptr[i];
    return h % BUCKETS;
}

enum tally_code keycache_new(const struct pg_options *options, struct keycache **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct keycache *cache = mem_zero(sizeof *cache);
    if (cache == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the key cache");
    pthread_mutex_init(&cache->mutex, NULL);
    pthread_mutex_init(&cache->lookup_mutex, NULL);
    cache->arena = arena_new(LOOKUP_ARENA);
    if (cache->arena == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for the key cache"));
    TRY(pg_new(options, &cache->pg, err));
    *out = cache;
    cache = NULL;
done:
    keycache_free(cache);
    return rc;
}

static void entry_drop(struct keycache_entry *entry)
{
    if (--entry->holders > 0)
        return;
    key_verifier_free(entry->verifier);
    mem_free(entry);
}

void keycache_free(struct keycache *cache)
{
    if (cache == NULL)
        return;
    while (cache->newest != NULL) {
        struct keycache_entry *entry = cache->newest;
        cache->newest = entry->older;
        entry_drop(entry);
    }
    pg_free(cache->pg);
    arena_free(cache->arena);
    pthread_mutex_destroy(&cache->mutex);
    pthread_mutex_destroy(&cache->lookup_mutex);
    mem_free(cache);
}

/* ---- the table; the mutex is held ---- */

static void use_unlink(struct keycache *cache, struct keycache_entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
    entry->newer = entry->older = NULL;
}

static void use_link(struct keycache *cache, struct keycache_entry *entry)
{
    entry->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static struct keycache_entry *table_find(struct keycache *cache, struct slice kid)
{
    struct keycache_entry *entry = cache->buckets[bucket_of(kid)];
    while (entry != NULL && !slice_is(kid, entry->kid.text))
        entry = entry->chain;
    if (entry == NULL)
        return NULL;
    use_unlink(cache, entry);
    use_link(cache, entry);
    entry->holders++;
    return entry;
}

static void evict_oldest(struct keycache *cache)
{
    struct keycache_entry *entry = cache->oldest;
    ENSURE(entry != NULL);
    struct keycache_entry **at = &cache->buckets[bucket_of(slice_str(entry->kid.text))];
    while (*at != entry)
        at = &(*at)->chain;
    *at = entry->chain;
    use_unlink(cache, entry);
    cache->count--;
    entry_drop(entry);
}

static void table_add(struct keycache *cache, struct keycache_entry *entry)
{
    if (cache->count == KEYCACHE_MAX)
        evict_oldest(cache);
    struct keycache_entry **bucket = &cache->buckets[bucket_of(slice_str(entry->kid.text))];
    entry->chain = *bucket;
    *bucket = entry;
    use_link(cache, entry);
    entry->holders++;
    cache->count++;
}

/* ---- looking up ---- */

MUST_CHECK static enum tally_code entry_new(struct slice kid, const struct row_key *key, struct keycache_entry **out,
                                            struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct key_public public;
    size_t len = 0;
    struct keycache_entry *entry = mem_zero(sizeof *entry);
    if (entry == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a key");
    entry->holders = 1;
    memcpy(entry->kid.text, kid.ptr, kid.len);
    if (key->actor.len > MODEL_ID_MAX || text_unbase64url(key->x, public.bytes, sizeof public.bytes, &len) != TALLY_OK ||
        len != sizeof public.bytes)
        TRY(err_set(err, TALLY_E_INTEGRITY, "the stored key %.*s cannot be read", SLICE_ARG(kid)));
    memcpy(entry->actor, key->actor.ptr, key->actor.len);
    TRY(key_verifier_new(&public, &entry->verifier, err));
    *out = entry;
    entry = NULL;
done:
    if (entry != NULL)
        entry_drop(entry);
    return rc;
}

MUST_CHECK static enum tally_code look_up(struct keycache *cache, struct slice kid, struct keycache_entry **out,
                                          struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct row_key key;
    struct row_actor actor;
    bool is_found = false;
    pthread_mutex_lock(&cache->lookup_mutex);
    arena_clear(cache->arena);
    TRY(pg_connect(cache->pg, err));
    rc = store_lookup_key(cache->pg, kid, cache->arena, &key, &actor, &is_found, err);
    if (rc == TALLY_E_UNAVAILABLE && pg_connect(cache->pg, err) == TALLY_OK) /* the connection had died unnoticed */
        rc = store_lookup_key(cache->pg, kid, cache->arena, &key, &actor, &is_found, err);
    TRY(rc);
    if (!is_found)
        TRY(err_set(err, TALLY_E_NOT_FOUND, "the key %.*s is not registered", SLICE_ARG(kid)));
    TRY(entry_new(kid, &key, out, err));
done:
    pthread_mutex_unlock(&cache->lookup_mutex);
    return rc;
}

enum tally_code keycache_find(struct keycache *cache, struct slice kid, struct keycache_entry **out, struct err *err)
{
    if (kid.len != KEY_KID_LEN)
        return err_set(err, TALLY_E_NOT_FOUND, "a kid has %d characters", KEY_KID_LEN);
    pthread_mutex_lock(&cache->mutex);
    struct keycache_entry *entry = table_find(cache, kid);
    *(entry != NULL ? &cache->hits : &cache->misses) += 1;
    pthread_mutex_unlock(&cache->mutex);
    if (entry == NULL) {
        struct keycache_entry *fresh = NULL;
        enum tally_code rc = look_up(cache, kid, &fresh, err);
        if (rc != TALLY_OK)
            return rc;
        ENSURE(fresh != NULL);
        pthread_mutex_lock(&cache->mutex);
        entry = table_find(cache, kid); /* another thread may have been quicker */
        if (entry == NULL) {
            table_add(cache, fresh);
            entry = fresh;
        } else {
            entry_drop(fresh);
        }
        pthread_mutex_unlock(&cache->mutex);
    }
    *out = entry;
    return TALLY_OK;
}

void keycache_release(struct keycache *cache, struct keycache_entry *entry)
{
    if (entry == NULL)
        return;
    pthread_mutex_lock(&cache->mutex);
    entry_drop(entry);
    pthread_mutex_unlock(&cache->mutex);
}

const struct key_verifier *keycache_verifier(const struct keycache_entry *entry)
{
    return entry->verifier;
}

struct slice keycache_actor(const struct keycache_entry *entry)
{
    return slice_str(entry->actor);
}

uint64_t keycache_hits(struct keycache *cache)
{
    pthread_mutex_lock(&cache->mutex);
    uint64_t hits = cache->hits;
    pthread_mutex_unlock(&cache->mutex);
    return hits;
}

uint64_t keycache_misses(struct keycache *cache)
{
    pthread_mutex_lock(&cache->mutex);
    uint64_t misses = cache->misses;
    pthread_mutex_unlock(&cache->mutex);
    return misses;
}
