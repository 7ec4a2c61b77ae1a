/* The tree grows with the ledger: tiles, checkpoints and receipts agree with what two other implementations say (SQL, and the verifier's
 * formulas); and a database that is not the one of which checkpoints were published is not continued. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../support/toy_ledger.h"
#include "tally/migrate.h"
#include "tally/read.h"
#include "tally/receipt.h"
#include "tally/text.h"

#define KEPT_MAX 256

/* A keeper in memory, which may forget and lie as a file can. */
struct memory {
    struct append_keeper keeper;
    bool is_there;
    struct append_root roots[KEPT_MAX + 1]; /* room for `last` behind them */
    size_t count;
    struct append_root last; /* signed */
    char newest[CHECKPOINT_MAX];
};

static struct cluster cluster;
static struct toy_service service;
static struct toy_author ann;
static struct memory memory;
static const struct toy_draft record = {.command = {.kind = TOY_RECORD}};

static bool known(void *self, const struct append_root **roots, size_t *count)
{
    struct memory *m = self;
    *roots = m->roots;
    *count = m->count;
    if (m->last.size > (m->count == 0 ? 0 : m->roots[m->count - 1].size))
        m->roots[(*count)++] = m->last;
    return m->is_there;
}

static void signed_now(void *self, const struct append_root *root, struct slice note)
{
    struct memory *m = self;
    (void) note;
    m->last = *root;
}

static enum tally_code begin(void *self, struct err *err)
{
    struct memory *m = self;
    (void) err;
    ENSURE(!m->is_there);
    m->is_there = true;
    m->count = 0;
    return TALLY_OK;
}

static enum tally_code keep(void *self, const struct append_root *root, struct slice note, struct err *err)
{
    struct memory *m = self;
    (void) err;
    ENSURE(note.len < CHECKPOINT_MAX);
    memcpy(m->newest, note.ptr, note.len);
    m->newest[note.len] = '\0';
    if (m->is_there && (m->count == 0 || m->roots[m->count - 1].size < root->size)) {
        ENSURE(m->count < KEPT_MAX);
        m->roots[m->count++] = *root;
    }
    return TALLY_OK;
}

static struct sequencer_status status(void)
{
    struct sequencer_status now;
    sequencer_status(service.sequencer, &now);
    return now;
}

static void start(enum sequencer_role role)
{
    memory.keeper = (struct append_keeper){&memory, "the record", known, begin, keep, signed_now};
    service.options.keeper = &memory.keeper;
    assert_int_equal(toy_service_start(&service, &cluster), 0);
    assert_int_equal(toy_wait_role(&service, role), 0);
}

static void restart(enum sequencer_role role)
{
    toy_service_stop(&service, true);
    start(role);
}

static int set_up(void **state)
{
    (void) state;
    const struct cluster_options options = {.is_durable = true};
    if (cluster_start_with(&cluster, &options) != 0 || toy_database(&cluster) != 0 || toy_author_init(&ann, "ann") != 0)
        return -1;
    start(SEQUENCER_LEADING);
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    toy_service_stop(&service, false);
    toy_author_release(&ann);
    cluster_stop(&cluster);
    return 0;
}

/* The checkpoint that was signed last is the one that the database computes from the entries, and every tile agrees. */
static void assert_tree(void)
{
    char sql[256], hex[2 * DIGEST_LEN + 1];
    struct sequencer_status now = status();
    struct note_key key;
    struct checkpoint checkpoint;
    assert_int_equal(now.checkpoint_size, now.head_seq + 1);
    assert_int_equal(note_key_read(toy_vkey(), &key, NULL), TALLY_OK);
    assert_int_equal(checkpoint_open(slice_str(now.checkpoint), &key, &checkpoint, NULL, NULL), TALLY_OK);
    assert_int_equal(checkpoint.size, now.checkpoint_size);
    assert_true(digest_equal(&checkpoint.root, &now.checkpoint_root));
    note_key_release(&key);
    text_hex(now.checkpoint_root.bytes, DIGEST_LEN, hex);
    (void) snprintf(sql, sizeof sql, "SELECT (encode(ledger.tree_root(%llu), 'hex') = '%s')::int::bigint",
                    (unsigned long long) now.checkpoint_size, hex);
    assert_int_equal(toy_int(&cluster, sql), 1);
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM ledger.verify_tree()"), 0);
}

static void say_many(int count, int events)
{
    struct toy_draft draft = record;
    draft.command.events = events;
    for (int i = 0; i < count; i++)
        assert_false(toy_say(&service, &ann, &draft).is_refused);
}

/* ---- growing ---- */

static void every_commit_is_followed_by_its_checkpoint(void **state)
{
    (void) state;
    assert_int_equal(status().checkpoint_size, 1);
    assert_tree();
    for (int i = 0; i < 20; i++) {
        say_many(1, i % 3);
        assert_tree();
    }
}

static void tiles_fill_and_a_restart_finds_the_tree_again(void **state)
{
    (void) state;
    say_many(80, 7);
    assert_true(toy_int(&cluster, "SELECT count(*) FROM ledger.tile") >= 2);
    assert_tree();
    for (int i = 0; i < 5; i++) {
        restart(SEQUENCER_LEADING);
        assert_tree();
        say_many(9, i);
        assert_tree();
    }
}

/* More than one tile in one batch, and one that ends exactly with a tile. */
static void large_batches_fill_several_tiles(void **state)
{
    (void) state;
    say_many(1, 600);
    assert_tree();
    say_many(1, (int) (255 - (status().head_seq + 1) % 256));
    assert_int_equal((status().head_seq + 1) % 256, 0);
    assert_tree();
    restart(SEQUENCER_LEADING);
    assert_tree();
    say_many(1, 1023);
    assert_tree();
}

static struct pg *reader(void)
{
    struct pg *pg = NULL;
    const struct pg_options options = {.conninfo = service.conninfo};
    assert_int_equal(pg_new(&options, &pg, NULL), TALLY_OK);
    return pg;
}

static size_t slices(const struct digest *proof, size_t count, struct slice *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = slice_of(proof[i].bytes, DIGEST_LEN);
    return count;
}

/* Some pairs of sizes around every border, with tiles kept and without. */
static void proofs_of_any_sizes_verify(void **state)
{
    struct pg *pg = reader();
    struct arena *arena = arena_new(1u << 24);
    struct read_tiles *tiles = read_tiles_new();
    struct err err = {0};
    uint64_t all = status().checkpoint_size;
    static const uint64_t near[] = {1, 2, 3, 200, 255, 256, 257, 511, 512, 513, 700, 1024, 1025};
    (void) state;
    assert_true(all > 1025);
    for (size_t i = 0; i < 2 * sizeof near / sizeof near[0]; i++) {
        uint64_t from = near[i / 2], there = i % 2 == 0 ? all : from;
        struct digest old, root, proof[MERKLE_HEIGHTS];
        struct slice given[MERKLE_HEIGHTS];
        size_t count = 0;
        assert_int_equal(read_root(pg, tiles, from, there, arena, &old, &err), TALLY_OK);
        assert_int_equal(read_root(pg, NULL, all, all, arena, &root, &err), TALLY_OK);
        assert_int_equal(read_consistency(pg, i % 3 == 0 ? NULL : tiles, from, all, arena, proof, &count, &err), TALLY_OK);
        assert_true(merkle_verify_consistency(from, all, slice_of(old.bytes, DIGEST_LEN), slice_of(root.bytes, DIGEST_LEN),
                                              given, slices(proof, count, given)));
        for (uint64_t seq = from - 1; seq < from + 1; seq++) {
            struct read_entry entry;
            assert_int_equal(read_entry(pg, SLICE(TOY_ORIGIN), seq, SLICE(""), arena, &entry, &err), TALLY_OK);
            assert_int_equal(read_inclusion(pg, tiles, seq, all, arena, proof, &count, &err), TALLY_OK);
            assert_true(merkle_verify_inclusion(seq, all, slice_of(entry.hash.bytes, DIGEST_LEN), given,
                                                slices(proof, count, given), slice_of(root.bytes, DIGEST_LEN)));
        }
        struct merkle_frontier frontier;
        struct digest again;
        assert_int_equal(read_frontier(pg, from, arena, &frontier, &err), TALLY_OK);
        merkle_frontier_root(&frontier, &again);
        assert_true(digest_equal(&again, &old));
    }
    assert_int_equal(read_tile(pg, 0, all / 256, 256, arena, (struct digest[256]){{{0}}}, &err), TALLY_E_INTEGRITY);
    read_tiles_free(tiles);
    arena_free(arena);
    pg_free(pg);
}

static void a_batch_is_told_from_the_next_by_its_time(void **state)
{
    struct pg *pg = reader();
    struct arena *arena = arena_new(1u << 20);
    struct err err = {0};
    struct toy_draft draft = record;
    uint64_t end = 0;
    (void) state;
    draft.command.events = 4;
    struct toy_answer first = toy_say(&service, &ann, &draft), second = toy_say(&service, &ann, &record);
    assert_true(second.time.us > first.time.us);
    for (uint64_t seq = first.seq; seq < first.seq + 5; seq++) {
        assert_int_equal(read_batch_end(pg, seq, arena, &end, &err), TALLY_OK);
        assert_int_equal(end, first.seq + 5);
    }
    assert_int_equal(read_batch_end(pg, second.seq, arena, &end, &err), TALLY_OK);
    assert_int_equal(end, second.seq + 1);
    assert_int_equal(read_batch_end(pg, second.seq + 1, arena, &end, &err), TALLY_E_NOT_FOUND);
    arena_free(arena);
    pg_free(pg);
}

/* ---- publishing ---- */

static void what_is_published_is_in_the_table_first(void **state)
{
    (void) state;
    restart(SEQUENCER_LEADING); /* publishes at once */
    assert_true(memory.count > 0);
    for (size_t i = 0; i < memory.count; i++) {
        char sql[256], hex[2 * DIGEST_LEN + 1];
        text_hex(memory.roots[i].root.bytes, DIGEST_LEN, hex);
        (void) snprintf(sql, sizeof sql,
                        "SELECT count(*) FROM ledger.checkpoint WHERE size = %llu AND encode(root, 'hex') = '%s'",
                        (unsigned long long) memory.roots[i].size, hex);
        assert_int_equal(toy_int(&cluster, sql), 1);
    }
    assert_int_equal(memory.roots[memory.count - 1].size, status().head_seq + 1);
    assert_string_equal(memory.newest, status().checkpoint);
}

static void the_tables_only_grow(void **state)
{
    (void) state;
    assert_int_equal(toy_int(&cluster,
                             "SELECT count(*) FROM information_schema.table_privileges WHERE grantee = "
                             "'tally_service' AND table_schema = 'ledger' AND table_name IN ('tile', 'checkpoint') "
                             "AND privilege_type NOT IN ('SELECT', 'INSERT')"),
                     0);
    assert_int_equal(toy_int(&cluster,
                             "SELECT count(*) FROM pg_trigger WHERE tgname = 'refuse_change' AND tgenabled = 'A' AND "
                             "tgrelid IN ('ledger.tile'::regclass, 'ledger.checkpoint'::regclass)"),
                     2);
}

/* A ledger from before there was a tree: its tiles are made when it is migrated, also those of level 1. */
static void entries_from_before_the_tree_get_their_tiles(void **state)
{
    char conninfo[192];
    struct err err = {0};
    struct pg *pg = NULL;
    struct pg_rows *rows = NULL;
    (void) state;
    toy_exec(&cluster, "CREATE DATABASE before");
    cluster_conninfo(&cluster, "before", NULL, conninfo, sizeof conninfo);
    const struct pg_options options = {.conninfo = conninfo};
    assert_int_equal(pg_new(&options, &pg, &err), TALLY_OK);
    assert_int_equal(migrate_to(pg, 4, NULL, &err), TALLY_OK);
    if (pg_exec_text(
            pg,
            "ALTER TABLE ledger.entry DISABLE TRIGGER ALL; "
            "INSERT INTO ledger.entry SELECT n, now(), 'ledger', 'result.finalised', '', true, sha256('a'), sha256('b'), "
            "sha256(int8send(n)) FROM generate_series(0, 66000) AS g (n)",
            NULL, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    assert_int_equal(migrate(pg, NULL, &err), TALLY_OK);
    assert_int_equal(pg_exec_text(pg,
                                  "SELECT (SELECT count(*) FROM ledger.tile), (SELECT count(*) FROM ledger.verify_tree())",
                                  &rows, &err),
                     TALLY_OK);
    assert_int_equal(pg_get_int8(rows, 0, 0), 257 + 1);
    assert_int_equal(pg_get_int8(rows, 0, 1), 0);
    pg_rows_free(rows);
    pg_free(pg);
}

/* ---- another history ---- */

static void a_tile_that_was_altered_is_found_and_not_built_upon(void **state)
{
    static const char alter[] =
        "ALTER TABLE ledger.tile DISABLE TRIGGER ALL; "
        "UPDATE ledger.tile SET root = set_byte(root, 0, get_byte(root, 0) # 1) WHERE level = 0 AND "
        "number = (SELECT max(number) FROM ledger.tile WHERE level = 0); "
        "ALTER TABLE ledger.tile ENABLE ALWAYS TRIGGER refuse_change";
    (void) state;
    toy_service_stop(&service, true);
    toy_exec(&cluster, alter);
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM ledger.verify_tree() WHERE code = 'tile.root'"), 1);
    start(SEQUENCER_AWAY);
    assert_true(status().is_forked);
    assert_non_null(strstr(status().trouble, "are not those that were published"));
    toy_service_stop(&service, true);
    toy_exec(&cluster, alter); /* back */
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM ledger.verify_tree()"), 0);
    start(SEQUENCER_LEADING);
    assert_tree();
}

static void assert_reads_only(const char *why)
{
    struct toy_answer answer = toy_say(&service, &ann, &record);
    assert_true(answer.is_refused);
    assert_int_equal(answer.code, REFUSE_LEDGER_FORKED);
    if (strstr(answer.detail, why) == NULL)
        print_message("%s\n", answer.detail);
    assert_non_null(strstr(answer.detail, why));
    assert_true(status().is_forked);
}

/* The newest entries are gone, as in a dump that was taken before them. */
static void restore_an_old_dump(int64_t lost)
{
    char sql[512];
    (void) snprintf(sql, sizeof sql,
                    "SET session_replication_role = replica; "
                    "ALTER TABLE ledger.entry DISABLE TRIGGER ALL; ALTER TABLE ledger.body DISABLE TRIGGER ALL; "
                    "ALTER TABLE ledger.checkpoint DISABLE TRIGGER ALL; ALTER TABLE ledger.tile DISABLE TRIGGER ALL");
    toy_exec(&cluster, sql);
    int64_t newest = toy_int(&cluster, "SELECT max(seq)::bigint FROM ledger.entry");
    (void) snprintf(sql, sizeof sql,
                    "DELETE FROM ledger.body WHERE seq > %lld; DELETE FROM ledger.checkpoint WHERE size > %lld; "
                    "DELETE FROM toy.row WHERE seq > %lld",
                    (long long) (newest - lost), (long long) (newest - lost + 1), (long long) (newest - lost));
    toy_exec(&cluster, sql);
    (void) snprintf(
        sql, sizeof sql,
        "DELETE FROM ledger.entry WHERE seq > %lld; DELETE FROM ledger.tile WHERE level = 0 AND (number + 1) * 256 > %lld",
        (long long) (newest - lost), (long long) (newest - lost + 1));
    toy_exec(&cluster, sql);
    toy_exec(&cluster, "ALTER TABLE ledger.entry ENABLE ALWAYS TRIGGER refuse_change; "
                       "ALTER TABLE ledger.entry ENABLE ALWAYS TRIGGER entry_check; "
                       "ALTER TABLE ledger.body ENABLE ALWAYS TRIGGER refuse_change; "
                       "ALTER TABLE ledger.checkpoint ENABLE ALWAYS TRIGGER refuse_change; "
                       "ALTER TABLE ledger.tile ENABLE ALWAYS TRIGGER refuse_change");
}

static void a_host_without_a_record_needs_to_be_told(void **state)
{
    struct memory kept = memory;
    (void) state;
    toy_service_stop(&service, true);
    memory.is_there = false;
    memory.count = 0;
    start(SEQUENCER_AWAY);
    assert_reads_only("--trust-database");
    toy_service_stop(&service, true);
    service.options.trusts_database = true;
    start(SEQUENCER_LEADING);
    service.options.trusts_database = false;
    assert_true(memory.is_there);
    assert_tree();
    restart(SEQUENCER_LEADING); /* once was enough */
    toy_service_stop(&service, true);
    memory = kept;
    start(SEQUENCER_LEADING);
}

static void an_old_dump_that_was_restored_is_not_continued(void **state)
{
    (void) state;
    say_many(5, 0);
    restart(SEQUENCER_LEADING); /* publishes */
    toy_service_stop(&service, true);
    restore_an_old_dump(3);
    service.options.trusts_database = true; /* is for hosts without a record, and overrules none */
    start(SEQUENCER_AWAY);
    service.options.trusts_database = false;
    assert_reads_only("entries were lost");
}

/* Receipts of a batch leave before its checkpoint is published, which may be a second later. */
static void a_batch_whose_receipts_have_left_is_not_forgotten(void **state)
{
    (void) state;
    struct memory kept = memory;
    toy_service_stop(&service, true);
    memory.is_there = false; /* the dump of the test before is what there is */
    memory.count = 0;
    memory.last.size = 0;
    service.options.trusts_database = true;
    start(SEQUENCER_LEADING);
    service.options.trusts_database = false;
    say_many(1, 0);
    struct memory published = memory;
    say_many(2, 0);
    struct append_root last = memory.last;
    assert_true(last.size > published.roots[published.count - 1].size);
    toy_service_stop(&service, true); /* publishes; a crash would not */
    memory = published;
    memory.last = last;
    restore_an_old_dump(1);
    start(SEQUENCER_AWAY);
    assert_reads_only("entries were lost");
    memory = kept;
}

static void one_that_was_restored_and_has_grown_is_not_continued(void **state)
{
    (void) state;
    struct memory kept = memory;
    toy_service_stop(&service, true);
    memory.is_there = false; /* elsewhere, by somebody who does not know */
    memory.count = 0;
    service.options.trusts_database = true;
    start(SEQUENCER_LEADING);
    service.options.trusts_database = false;
    say_many(12, 1);
    assert_true(status().checkpoint_size > kept.roots[kept.count - 1].size);
    toy_service_stop(&service, true);
    memory = kept;
    start(SEQUENCER_AWAY);
    assert_reads_only("are not those that were published");
}

static void an_empty_database_does_not_become_the_ledger_that_was(void **state)
{
    (void) state;
    toy_service_stop(&service, true);
    toy_exec(&cluster, "ALTER TABLE ledger.entry DISABLE TRIGGER ALL; ALTER TABLE ledger.body DISABLE TRIGGER ALL; "
                       "ALTER TABLE ledger.checkpoint DISABLE TRIGGER ALL; ALTER TABLE ledger.tile DISABLE TRIGGER ALL");
    toy_exec(&cluster,
             "DELETE FROM ledger.entry; DELETE FROM ledger.body; DELETE FROM ledger.tile; DELETE FROM ledger.checkpoint");
    start(SEQUENCER_AWAY);
    assert_reads_only("entries were lost");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_commit_is_followed_by_its_checkpoint),
        cmocka_unit_test(tiles_fill_and_a_restart_finds_the_tree_again),
        cmocka_unit_test(large_batches_fill_several_tiles),
        cmocka_unit_test(proofs_of_any_sizes_verify),
        cmocka_unit_test(a_batch_is_told_from_the_next_by_its_time),
        cmocka_unit_test(what_is_published_is_in_the_table_first),
        cmocka_unit_test(the_tables_only_grow),
        cmocka_unit_test(entries_from_before_the_tree_get_their_tiles),
        cmocka_unit_test(a_tile_that_was_altered_is_found_and_not_built_upon),
        cmocka_unit_test(a_host_without_a_record_needs_to_be_told),
        cmocka_unit_test(an_old_dump_that_was_restored_is_not_continued),
        cmocka_unit_test(a_batch_whose_receipts_have_left_is_not_forgotten),
        cmocka_unit_test(one_that_was_restored_and_has_grown_is_not_continued),
        cmocka_unit_test(an_empty_database_does_not_become_the_ledger_that_was),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
