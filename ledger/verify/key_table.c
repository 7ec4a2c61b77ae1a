#include "key_table.h"

#include "tally/digest.h"
#include "tally/mem.h"

#define CAP_FIRST 256

struct name_cell {
    const char *name; /* NULL: empty; lies in the value */
    size_t len;
    void *value;
};

struct actor_record {
    uint64_t seq;
    bool is_backbone;
    size_t len;
    char id[KEY_ACTOR_MAX];
};

/* Whoever writes the archive chooses the names, so that a hash that can be steered would make this a list. */
static size_t hash_of(struct slice name)
{
    struct digest digest;
    size_t value;
    digest_of(name, &digest);
    memcpy(&value, digest.bytes, sizeof value);
    return value;
}

static struct name_cell *find(struct name_cell *cells, size_t cap, struct slice name)
{
    size_t i = hash_of(name) & (cap - 1);
    while (cells[i].name != NULL && !slice_equal(slice_of(cells[i].name, cells[i].len), name))
        i = (i + 1) & (cap - 1);
    return &cells[i];
}

static void *map_find(const struct name_map *map, struct slice name)
{
    return map->cap == 0 ? NULL : find(map->cells, map->cap, name)->value;
}

static enum tally_code map_make_room(struct name_map *map, struct err *err)
{
    if (map->count < map->cap / 4 * 3)
        return TALLY_OK;
    size_t cap = map->cap == 0 ? CAP_FIRST : 2 * map->cap;
    struct name_cell *cells = mem_zero_array(cap, sizeof *cells);
    if (cells == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for %zu keys", map->count + 1);
    for (size_t i = 0; i < map->cap; i++) {
        if (map->cells[i].name != NULL)
            *find(cells, cap, slice_of(map->cells[i].name, map->cells[i].len)) = map->cells[i];
    }
    mem_free(map->cells);
    map->cells = cells;
    map->cap = cap;
    return TALLY_OK;
}

/* After map_make_room, and only for a name that is not there. */
static void map_put(struct name_map *map, struct slice name, void *value)
{
    *find(map->cells, map->cap, name) = (struct name_cell){name.ptr, name.len, value};
    map->count++;
}

static void map_release(struct name_map *map, void (*free_value)(void *))
{
    for (size_t i = 0; i < map->cap; i++) {
        if (map->cells[i].name != NULL)
            free_value(map->cells[i].value);
    }
    mem_free(map->cells);
    *map = (struct name_map){0};
}

static void record_free(void *value)
{
    struct key_record *record = value;
    key_verifier_free(record->verifier);
    mem_free(record);
}

void key_table_release(struct key_table *table)
{
    map_release(&table->by_kid, record_free);
    map_release(&table->actors, mem_free);
}

struct key_record *key_table_find(const struct key_table *table, struct slice kid)
{
    return map_find(&table->by_kid, kid);
}

struct slice key_record_actor(const struct key_record *record)
{
    return slice_of(record->actor, record->actor_len);
}

enum tally_code key_table_add(struct key_table *table, const struct key_public *key, struct slice actor, uint64_t seq,
                              struct err *err)
{
    enum tally_code rc = map_make_room(&table->by_kid, err);
    if (rc != TALLY_OK)
        return rc;
    struct key_record *record = mem_zero(sizeof *record);
    if (record == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a key");
    rc = key_verifier_new(key, &record->verifier, err);
    if (rc != TALLY_OK && rc != TALLY_E_DENIED) {
        record_free(record);
        return rc;
    }
    ENSURE(actor.len <= KEY_ACTOR_MAX);
    key_thumbprint(key, &record->kid);
    if (actor.len > 0)
        memcpy(record->actor, actor.ptr, actor.len);
    record->actor_len = actor.len;
    record->added_seq = seq;
    record->revoked_seq = KEY_NOT_REVOKED;
    map_put(&table->by_kid, slice_of(record->kid.text, KEY_KID_LEN), record);
    return TALLY_OK;
}

bool key_table_is_backbone(const struct key_table *table, struct slice actor)
{
    const struct actor_record *record = map_find(&table->actors, actor);
    return record != NULL && record->is_backbone;
}

enum tally_code key_table_register(struct key_table *table, struct slice actor, bool is_backbone, uint64_t seq,
                                   uint64_t *before, struct err *err)
{
    struct actor_record *record = map_find(&table->actors, actor);
    if (record != NULL) {
        *before = record->seq;
        return TALLY_OK;
    }
    enum tally_code rc = map_make_room(&table->actors, err);
    if (rc != TALLY_OK)
        return rc;
    record = mem_zero(sizeof *record);
    if (record == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for an actor");
    ENSURE(actor.len > 0 && actor.len <= KEY_ACTOR_MAX);
    record->seq = seq;
    record->is_backbone = is_backbone;
    record->len = actor.len;
    memcpy(record->id, actor.ptr, actor.len);
    map_put(&table->actors, slice_of(record->id, record->len), record);
    *before = seq;
    return TALLY_OK;
}
