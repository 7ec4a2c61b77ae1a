/* The checkpoints of an archive, and those that were kept, are held to its entries. */
#include "small_ledger.h"

#include "../../../api/cli/verify_keys.h"
#include "../../../ledger/verify/roots.h"
/* the reader of bodies lies in the program, above this layer, but is what the verifier is used with */
#include "../../../api/cli/verify_keys.c"

static void verify_at(struct small_ledger *l, enum verify_level level, struct small_outcome *out)
{
    small_verify(buf_slice(&l->text), l->vkey, level, 1, verify_keys_read, out);
}

static void begin(struct small_ledger *l)
{
    small_begin(l, SMALL_WHOLE);
    small_rest(l);
}

static void assert_found(struct small_ledger *l, enum finding_code code)
{
    struct small_outcome out;
    for (int level = VERIFY_CHAIN; level <= VERIFY_SIGNATURES; level++) {
        verify_at(l, (enum verify_level) level, &out);
        assert_int_equal(out.count, 1);
        assert_string_equal(finding_code_text(out.findings[0].code), finding_code_text(code));
        assert_int_equal(out.findings[0].seq, SMALL_WHOLE + 2); /* the line */
    }
}

static void a_right_checkpoint_covers_the_archive(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin(&l);
    verify_at(&l, VERIFY_CHAIN, &out);
    assert_int_equal(out.count, 0);
    assert_int_equal(out.report.signed_size, 0);
    for (uint64_t size = 1; size <= SMALL_WHOLE; size++)
        small_checkpoint(&l, size);
    verify_at(&l, VERIFY_CHAIN, &out);
    assert_int_equal(out.count, 0);
    assert_int_equal(out.report.checkpoints, SMALL_WHOLE);
    assert_int_equal(out.report.checkpoints_unchecked, 0);
    assert_int_equal(out.report.signed_size, SMALL_WHOLE);
    assert_true(out.report.is_anchored);
    small_end(&l);
}

static void a_checkpoint_of_another_key_is_found(void **state)
{
    struct small_ledger l;
    struct buf note;
    (void) state;
    begin(&l);
    small_note(&l, SMALL_WHOLE, l.op, &note);
    archive_write_checkpoint(buf_slice(&note), &l.text);
    assert_found(&l, FINDING_CHECKPOINT_SIGNATURE);
    buf_release(&note);
    small_end(&l);
}

static void a_checkpoint_of_other_entries_is_found(void **state)
{
    struct small_ledger l;
    struct digest was;
    (void) state;
    begin(&l);
    was = l.hashes[2];
    l.hashes[2].bytes[0] ^= 1;
    small_checkpoint(&l, SMALL_WHOLE);
    l.hashes[2] = was;
    assert_found(&l, FINDING_CHECKPOINT_ROOT);
    small_end(&l);
}

/* Entries are missing at the end, and the announced size with them. */
static void a_checkpoint_of_more_entries_is_found(void **state)
{
    struct small_ledger l;
    (void) state;
    begin(&l);
    l.hashes[SMALL_WHOLE] = l.hashes[0];
    small_checkpoint(&l, SMALL_WHOLE + 1);
    assert_found(&l, FINDING_CHECKPOINT_SIZE);
    small_end(&l);
}

static void what_is_no_checkpoint_is_found(void **state)
{
    struct small_ledger l;
    (void) state;
    begin(&l);
    archive_write_checkpoint(SLICE("ledger.example/small\n3\nAAAA\n"), &l.text);
    assert_found(&l, FINDING_CHECKPOINT_FORM);
    small_end(&l);
}

/* With its checkpoint nothing in an archive can be altered: not even the last header, to which no entry links. */
static void every_altered_byte_is_found(void **state)
{
    static const int FLIPS[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80};
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin(&l);
    small_checkpoint(&l, SMALL_WHOLE);
    for (size_t i = 0; i < 2 * l.text.len; i++) { /* one bit of it, then another byte that is not far from text */
        size_t at = i / 2;
        char was = l.text.ptr[at];
        char other = (char) ((was * 31 + (int) at) & 0x7f);
        l.text.ptr[at] = i % 2 == 0 ? (char) (was ^ FLIPS[at % 8]) : other == was ? '0' + (was == '0') : other;
        verify_at(&l, i % 2 == 0 ? VERIFY_SIGNATURES : VERIFY_CHAIN, &out);
        if (out.count == 0)
            fail_msg("byte %zu (%c) altered to %c: nothing found", at, was, l.text.ptr[at]);
        l.text.ptr[at] = was;
    }
    small_end(&l);
}

/* ---- from an entry on ---- */

static void a_part_of_an_archive_is_held_to_its_checkpoint(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin(&l);
    for (uint64_t from = 1; from < SMALL_WHOLE; from++) {
        struct merkle_frontier before = {0};
        struct buf text, range;
        const char *at = l.text.ptr;
        for (uint64_t i = 0; i < from; i++)
            merkle_frontier_add(&before, &l.hashes[i]);
        buf_init(&range, 8192);
        for (int height = MERKLE_HEIGHTS - 1; height >= 0; height--) {
            if ((from >> height & 1) == 0)
                continue;
            buf_add_str(&range, range.len == 0 ? "[\"" : ",\"");
            buf_add_hex(&range, before.nodes[height].bytes, DIGEST_LEN);
            buf_add_char(&range, '"');
        }
        buf_add_char(&range, ']');
        buf_init(&text, 4u << 20);
        archive_write_head(&(struct archive_head){.origin = SLICE(SMALL_ORIGIN),
                                                  .vkey = slice_str(l.vkey),
                                                  .from = from,
                                                  .size = SMALL_WHOLE,
                                                  .range = buf_slice(&range)},
                           &text);
        for (uint64_t i = 0; i <= from; i++)
            at = strchr(at, '\n') + 1;
        buf_add_str(&text, at);
        for (int is_other = 0; is_other < 2; is_other++) {
            struct buf note, whole;
            buf_init(&whole, 4u << 20);
            buf_add_slice(&whole, buf_slice(&text));
            l.hashes[from - 1].bytes[3] ^= (uint8_t) is_other;
            small_note(&l, SMALL_WHOLE, l.ledger, &note);
            l.hashes[from - 1].bytes[3] ^= (uint8_t) is_other;
            archive_write_checkpoint(buf_slice(&note), &whole);
            small_verify(buf_slice(&whole), l.vkey, VERIFY_CHAIN, 1, verify_keys_read, &out);
            assert_int_equal(out.count, is_other);
            assert_int_equal(out.report.signed_size, is_other ? 0 : SMALL_WHOLE);
            assert_int_equal(out.report.is_anchored, !is_other);
            buf_release(&note);
            buf_release(&whole);
        }
        buf_release(&range);
        buf_release(&text);
    }
    small_end(&l);
}

/* The key that is trusted has signed these very entries, but in another ledger's name; from the first entry on entry 0 would say so. */
static void a_part_of_another_ledgers_archive_is_found(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    struct merkle_frontier tree = {0};
    struct checkpoint checkpoint = {.origin = SLICE("ledger.example/other"), .size = SMALL_WHOLE};
    struct key_public key;
    struct buf vkey, text, note;
    char hex[2 * DIGEST_LEN + 1], range[80];
    (void) state;
    begin(&l);
    key_pair_public(l.ledger, &key);
    buf_init(&vkey, 256);
    key_vkey_write(checkpoint.origin, 1, &key, &vkey);
    for (uint64_t i = 0; i < SMALL_WHOLE; i++)
        merkle_frontier_add(&tree, &l.hashes[i]);
    merkle_frontier_root(&tree, &checkpoint.root);
    text_hex(l.hashes[0].bytes, DIGEST_LEN, hex);
    (void) snprintf(range, sizeof range, "[\"%s\"]", hex);
    for (int is_head_other = 0; is_head_other < 2; is_head_other++) {
        const char *at = strchr(strchr(l.text.ptr, '\n') + 1, '\n') + 1; /* entry 1 */
        const struct archive_head head = {.origin = SLICE(SMALL_ORIGIN),
                                          .vkey = is_head_other ? buf_slice(&vkey) : slice_str(l.vkey),
                                          .from = 1,
                                          .size = SMALL_WHOLE,
                                          .range = slice_str(range)};
        buf_init(&text, 4u << 20);
        buf_init(&note, CHECKPOINT_MAX);
        archive_write_head(&head, &text);
        buf_add_str(&text, at);
        assert_int_equal(checkpoint_sign(&checkpoint, l.ledger, &note, NULL), TALLY_OK);
        archive_write_checkpoint(buf_slice(&note), &text);
        small_verify(buf_slice(&text), is_head_other ? NULL : vkey.ptr, VERIFY_CHAIN, 1, verify_keys_read, &out);
        assert_int_equal(out.count, 1);
        assert_int_equal(out.findings[0].code, FINDING_LEDGER_KEY);
        assert_int_equal(out.findings[0].seq, 1);
        assert_non_null(strstr(out.findings[0].detail, "ledger.example/other"));
        buf_release(&note);
        buf_release(&text);
    }
    buf_release(&vkey);
    small_end(&l);
}

/* ---- roots of earlier sizes ---- */

static void roots_of_all_sizes_are_in_reach(void **state)
{
    struct roots roots = {0};
    struct hash_list leaves = {0};
    struct merkle_frontier tree = {0};
    const uint64_t all = 3 * ROOTS_STEP + 17;
    const uint64_t sizes[] = {0, 1, 4711, ROOTS_STEP - 1, ROOTS_STEP, ROOTS_STEP + 1, 2 * ROOTS_STEP + 5, all - 17, all};
    enum { COUNT = sizeof sizes / sizeof sizes[0] };
    struct digest wanted[COUNT], root;
    bool is_known = true;
    (void) state;
    for (uint64_t i = 0; i <= all; i++) {
        struct digest leaf = {{(uint8_t) i, (uint8_t) (i >> 8), (uint8_t) (i >> 16)}};
        for (int k = 0; k < COUNT; k++)
            if (i == sizes[k])
                merkle_frontier_root(&tree, &wanted[k]);
        if (i == all)
            break;
        assert_int_equal(hash_list_add(&leaves, &leaf, NULL), TALLY_OK);
        assert_int_equal(roots_add(&roots, &leaf, NULL), TALLY_OK);
        merkle_frontier_add(&tree, &leaf);
    }
    for (int k = 0; k < COUNT; k++) {
        assert_int_equal(roots_at(&roots, &leaves, sizes[k], &is_known, &root, NULL), TALLY_OK);
        assert_true(is_known);
        assert_true(digest_equal(&root, &wanted[k]));
    }
    assert_int_equal(roots_at(&roots, &leaves, all + 1, &is_known, &root, NULL), TALLY_OK);
    assert_false(is_known);
    roots_release(&roots);
    hash_list_release(&leaves);
}

/* A list that begins later, as that of an archive from an entry on. */
static void roots_go_on_from_where_an_archive_begins(void **state)
{
    struct roots roots = {0};
    struct hash_list leaves = {0};
    struct merkle_frontier tree = {0};
    struct digest wanted = {{0}}, root;
    const uint64_t from = 1000003, all = from + ROOTS_STEP + 500, size = from + ROOTS_STEP + 77;
    bool is_known = true;
    (void) state;
    for (uint64_t i = 0; i < all; i++) {
        struct digest leaf = {{(uint8_t) i, (uint8_t) (i >> 8), (uint8_t) (i >> 16)}};
        if (i == from) {
            roots_begin(&roots, &tree);
            hash_list_begin(&leaves, from);
        }
        if (i >= from) {
            assert_int_equal(hash_list_add(&leaves, &leaf, NULL), TALLY_OK);
            assert_int_equal(roots_add(&roots, &leaf, NULL), TALLY_OK);
        }
        merkle_frontier_add(&tree, &leaf);
        if (i + 1 == size)
            merkle_frontier_root(&tree, &wanted);
    }
    assert_int_equal(roots_at(&roots, &leaves, size, &is_known, &root, NULL), TALLY_OK);
    assert_true(is_known && digest_equal(&root, &wanted));
    assert_int_equal(roots_at(&roots, &leaves, from - 1, &is_known, &root, NULL), TALLY_OK);
    assert_false(is_known);
    assert_int_equal(roots_at(&roots, &leaves, from, &is_known, &root, NULL), TALLY_OK);
    assert_true(is_known);
    roots_release(&roots);
    hash_list_release(&leaves);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_checkpoint_covers_the_archive),
        cmocka_unit_test(a_checkpoint_of_another_key_is_found),
        cmocka_unit_test(a_checkpoint_of_other_entries_is_found),
        cmocka_unit_test(a_checkpoint_of_more_entries_is_found),
        cmocka_unit_test(what_is_no_checkpoint_is_found),
        cmocka_unit_test(every_altered_byte_is_found),
        cmocka_unit_test(a_part_of_an_archive_is_held_to_its_checkpoint),
        cmocka_unit_test(a_part_of_another_ledgers_archive_is_found),
        cmocka_unit_test(roots_of_all_sizes_are_in_reach),
        cmocka_unit_test(roots_go_on_from_where_an_archive_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
