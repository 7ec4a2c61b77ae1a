/* DATA/checkpoints: what was published is there again after a restart, whatever happened while it was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../api/server/keeper.h"
#include "tally/archive.h"
#include "tally/key.h"

#define ORIGIN "example.org/kept"

static struct key_pair *pair;
static char folder[256], path[300], vkey[256];

static int set_up(void **state)
{
    static const uint8_t seed[KEY_SEED_LEN] = {9};
    struct key_public public_key;
    struct buf text;
    const char *tmp = getenv("TMPDIR");
    (void) state;
    (void) snprintf(folder, sizeof folder, "%s/tally-keeper-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(folder) == NULL || key_pair_from_seed(seed, &pair, NULL) != TALLY_OK)
        return -1;
    (void) snprintf(path, sizeof path, "%s/checkpoints", folder);
    key_pair_public(pair, &public_key);
    buf_init(&text, sizeof vkey - 1);
    key_vkey_write(SLICE(ORIGIN), 1, &public_key, &text);
    (void) snprintf(vkey, sizeof vkey, "%s", text.ptr);
    buf_release(&text);
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    (void) unlink(path);
    (void) rmdir(folder);
    key_pair_free(pair);
    return 0;
}

static struct keeper *opened(void)
{
    struct keeper *keeper = NULL;
    struct err err = {0};
    if (keeper_new(folder, slice_str(vkey), &keeper, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    return keeper;
}

static void sample(uint64_t size, const struct key_pair *by, struct append_root *root, struct buf *note)
{
    struct checkpoint checkpoint = {
        .origin = SLICE(ORIGIN), .size = size, .root = {{(uint8_t) size, (uint8_t) (size >> 8)}}};
    *root = (struct append_root){size, checkpoint.root};
    buf_init(note, CHECKPOINT_MAX);
    assert_int_equal(checkpoint_sign(&checkpoint, by, note, NULL), TALLY_OK);
}

static void keep(struct keeper *keeper, uint64_t size)
{
    const struct append_keeper *table = keeper_table(keeper);
    struct append_root root;
    struct buf note;
    struct err err = {0};
    sample(size, pair, &root, &note);
    assert_int_equal(table->keep(table->self, &root, buf_slice(&note), &err), TALLY_OK);
    buf_release(&note);
}

static size_t known(struct keeper *keeper, const struct append_root **roots)
{
    const struct append_keeper *table = keeper_table(keeper);
    size_t count = 0;
    assert_true(table->known(table->self, roots, &count));
    return count;
}

static void assert_newest(struct keeper *keeper, uint64_t size)
{
    struct append_root root;
    char note[CHECKPOINT_MAX];
    assert_int_equal(keeper_newest(keeper, &root, note), size > 0);
    assert_int_equal(root.size, size);
}

static void append_text(const char *text)
{
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void what_is_kept_is_there_again(void **state)
{
    const struct append_root *roots;
    struct err err = {0};
    struct stat status;
    size_t count = 7;
    (void) state;
    struct keeper *keeper = opened();
    const struct append_keeper *table = keeper_table(keeper);
    assert_false(table->known(table->self, &roots, &count));
    keep(keeper, 3); /* stands by without a record: it is shown, and not recorded */
    assert_newest(keeper, 3);
    assert_int_equal(stat(path, &status), -1);
    assert_int_equal(table->begin(table->self, &err), TALLY_OK);
    assert_int_equal(known(keeper, &roots), 0);
    for (uint64_t size = 5; size < 10; size++)
        keep(keeper, size);
    keep(keeper, 7); /* is there already */
    assert_int_equal(known(keeper, &roots), 5);
    keeper_free(keeper);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    keeper = opened();
    assert_int_equal(known(keeper, &roots), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(roots[i].size, 5 + i);
        assert_int_equal(roots[i].root.bytes[0], 5 + i);
    }
    assert_newest(keeper, 9);
    keeper_free(keeper);
}

/* Cut off at every byte: what was whole is there, and the next one stands behind it. */
static void a_line_that_was_cut_off_is_left_away(void **state)
{
    const struct append_root *roots;
    static char whole[8192];
    (void) state;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(whole, 1, sizeof whole, file);
    assert_int_equal(fclose(file), 0);
    size_t line = len / 5;
    for (size_t cut = 1; cut < line; cut += 13) {
        assert_int_equal(truncate(path, (off_t) (len - cut)), 0);
        struct keeper *keeper = opened();
        assert_int_equal(known(keeper, &roots), 4);
        keep(keeper, 9);
        assert_int_equal(known(keeper, &roots), 5);
        keeper_free(keeper);
    }
}

static void what_is_none_of_the_ledger_s_is_not_taken(void **state)
{
    static const char *const bad[] = {"\n", "{}\n", "{\"checkpoint\":\"a\"}\n",
                                      "{\"from\":0,\"origin\":\"a\",\"size\":0,\"tally_archive\":1,\"vkey\":\"\"}\n"};
    struct keeper *keeper = NULL;
    struct stat status;
    struct err err = {0};
    (void) state;
    assert_int_equal(stat(path, &status), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        append_text(bad[i]);
        assert_int_not_equal(keeper_new(folder, slice_str(vkey), &keeper, &err), TALLY_OK);
        assert_non_null(strstr(err.detail, "checkpoints, line 6"));
        assert_int_equal(truncate(path, status.st_size), 0);
    }
    /* signed by somebody else; of a size that was before */
    static const uint8_t seed[KEY_SEED_LEN] = {8};
    struct key_pair *other = NULL;
    assert_int_equal(key_pair_from_seed(seed, &other, NULL), TALLY_OK);
    for (int i = 0; i < 2; i++) {
        struct append_root root;
        struct buf note, text;
        sample(i == 0 ? 20 : 9, i == 0 ? other : pair, &root, &note);
        buf_init(&text, 4096);
        archive_write_checkpoint(buf_slice(&note), &text);
        append_text(text.ptr);
        assert_int_not_equal(keeper_new(folder, slice_str(vkey), &keeper, &err), TALLY_OK);
        assert_int_equal(truncate(path, status.st_size), 0);
        buf_release(&note);
        buf_release(&text);
    }
    key_pair_free(other);
}

/* The file has a bound; what is left begins with the oldest, ends with the newest, and is in order. */
static void the_record_has_a_bound(void **state)
{
    const struct append_root *roots;
    struct stat status;
    (void) state;
    struct buf text;
    const uint64_t full = 10 + KEEPER_ROOTS_MAX - 5; /* five are there */
    buf_init(&text, (size_t) KEEPER_ROOTS_MAX * 2 * CHECKPOINT_MAX);
    for (uint64_t size = 10; size < full; size++) {
        struct append_root root;
        struct buf note;
        sample(size, pair, &root, &note);
        archive_write_checkpoint(buf_slice(&note), &text);
        buf_release(&note);
    }
    append_text(text.ptr);
    buf_release(&text);
    struct keeper *keeper = opened();
    assert_int_equal(known(keeper, &roots), KEEPER_ROOTS_MAX);
    for (uint64_t size = full; size < full + 100; size++)
        keep(keeper, size);
    size_t count = known(keeper, &roots);
    assert_true(count > KEEPER_ROOTS_MAX / 2 && count <= KEEPER_ROOTS_MAX);
    keeper_free(keeper);
    keeper = opened();
    assert_int_equal(known(keeper, &roots), count);
    assert_int_equal(roots[0].size, 5);
    assert_int_equal(roots[count - 1].size, full + 99);
    for (size_t i = 1; i < count; i++)
        assert_true(roots[i].size > roots[i - 1].size && roots[i].size - roots[i - 1].size <= 2);
    assert_int_equal(stat(path, &status), 0);
    assert_true((size_t) status.st_size < (size_t) KEEPER_ROOTS_MAX * CHECKPOINT_MAX);
    keeper_free(keeper);
}

/* Files of this process may have no more than so many bytes: as on a full disk, the part that has room is written. */
static void room_for(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void keep_in_vain(struct keeper *keeper, uint64_t size, rlim_t bytes)
{
    const struct append_keeper *table = keeper_table(keeper);
    struct append_root root;
    struct buf note;
    struct err err = {0};
    sample(size, pair, &root, &note);
    room_for(bytes);
    enum tally_code rc = table->keep(table->self, &root, buf_slice(&note), &err);
    room_for(RLIM_INFINITY);
    assert_int_equal(rc, TALLY_E_IO);
    buf_release(&note);
}

/* Half a line, and a whole one that could not be flushed, are in nobody's way: neither the next line's nor the next start's. */
static void a_full_disk_spoils_no_record(void **state)
{
    const struct append_root *roots;
    struct stat status;
    (void) state;
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    struct keeper *keeper = opened();
    assert_int_equal(stat(path, &status), 0);
    for (uint64_t size = 20; size < 23; size++)
        keep_in_vain(keeper, size, (rlim_t) status.st_size + 40);
    assert_int_equal(known(keeper, &roots), 5);
    assert_newest(keeper, 9);
    keep(keeper, 23);
    assert_newest(keeper, 23);
    keep(keeper, 24);
    keeper_free(keeper);
    keeper = opened();
    assert_int_equal(known(keeper, &roots), 7);
    assert_int_equal(roots[5].size, 23);
    assert_int_equal(roots[6].size, 24);
    keeper_free(keeper);
    assert_int_equal(truncate(path, status.st_size), 0);
}

/* Thinned out in memory, and not in the file: nothing is put behind more lines than are ever read. */
static void a_full_disk_at_the_bound_spoils_no_record(void **state)
{
    const struct append_root *roots;
    (void) state;
    struct keeper *keeper = opened();
    uint64_t size = 100000;
    while (known(keeper, &roots) < KEEPER_ROOTS_MAX)
        keep(keeper, size++);
    keep_in_vain(keeper, size++, 1000);
    for (int i = 0; i < 3; i++)
        keep(keeper, size++);
    size_t count = known(keeper, &roots);
    keeper_free(keeper);
    keeper = opened();
    assert_int_equal(known(keeper, &roots), count);
    assert_newest(keeper, size - 1);
    keeper_free(keeper);
}

/* A second service in the same folder, as when the first is not quite gone. */
static void a_record_has_one_writer(void **state)
{
    struct keeper *second = NULL;
    struct err err = {0};
    (void) state;
    struct keeper *first = opened();
    assert_int_equal(keeper_new(folder, slice_str(vkey), &second, &err), TALLY_E_CONFLICT);
    assert_non_null(strstr(err.detail, "another tallyd runs in"));
    assert_null(second);
    keeper_free(first);
    keeper_free(opened());
}

static void sign(struct keeper *keeper, uint64_t size)
{
    const struct append_keeper *table = keeper_table(keeper);
    struct append_root root;
    struct buf note;
    sample(size, pair, &root, &note);
    table->signed_now(table->self, &root, buf_slice(&note));
    buf_release(&note);
}

/* What receipts have said is known to the next start, whether it was published or not; torn by a crash, it says nothing. */
static void what_was_signed_last_is_known_though_never_shown(void **state)
{
    const struct append_root *roots;
    char last[600];
    (void) state;
    (void) snprintf(last, sizeof last, "%s.last", path);
    struct keeper *keeper = opened();
    size_t count = known(keeper, &roots);
    uint64_t newest = roots[count - 1].size;
    for (uint64_t more = 1; more <= 3; more++)
        sign(keeper, newest + more);
    assert_int_equal(known(keeper, &roots), count + 1);
    assert_newest(keeper, newest);
    keeper_free(keeper);
    keeper = opened();
    assert_int_equal(known(keeper, &roots), count + 1);
    assert_int_equal(roots[count].size, newest + 3);
    assert_newest(keeper, newest);
    keep(keeper, newest + 3);
    assert_int_equal(known(keeper, &roots), count + 1);
    sign(keeper, newest + 4);
    keeper_free(keeper);
    assert_int_equal(truncate(last, 100), 0);
    keeper = opened();
    assert_int_equal(known(keeper, &roots), count + 1);
    sign(keeper, newest + 5);
    keeper_free(keeper);
    keeper = opened();
    assert_int_equal(known(keeper, &roots), count + 2);
    keeper_free(keeper);
    assert_int_equal(unlink(last), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_there_again),
        cmocka_unit_test(a_line_that_was_cut_off_is_left_away),
        cmocka_unit_test(what_is_none_of_the_ledger_s_is_not_taken),
        cmocka_unit_test(a_full_disk_spoils_no_record),
        cmocka_unit_test(the_record_has_a_bound),
        cmocka_unit_test(a_full_disk_at_the_bound_spoils_no_record),
        cmocka_unit_test(a_record_has_one_writer),
        cmocka_unit_test(what_was_signed_last_is_known_though_never_shown),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
