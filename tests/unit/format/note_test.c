/* Notes, checkpoints and tile paths: one spelling each, and which signatures count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "tally/merkle.h"
#include "tally/note.h"
#include "tally/text.h"

#define ORIGIN "example.org/log"

struct party {
    struct key_pair *pair;
    struct note_key key;
};

static struct party ledger, witness, stranger;

static void party_make(struct party *party, const char *name, enum note_key_type type, uint8_t seed_byte)
{
    uint8_t seed[KEY_SEED_LEN];
    struct key_public public_key;
    struct buf vkey;
    memset(seed, seed_byte, sizeof seed);
    assert_int_equal(key_pair_from_seed(seed, &party->pair, NULL), TALLY_OK);
    key_pair_public(party->pair, &public_key);
    buf_init(&vkey, 512);
    key_vkey_write(slice_str(name), (uint8_t) type, &public_key, &vkey);
    assert_int_equal(note_key_read(buf_slice(&vkey), &party->key, NULL), TALLY_OK);
    buf_release(&vkey);
}

static int make_parties(void **state)
{
    (void) state;
    party_make(&ledger, ORIGIN, NOTE_KEY_ED25519, 1);
    party_make(&witness, "w.example", NOTE_KEY_COSIGNATURE, 2);
    party_make(&stranger, ORIGIN, NOTE_KEY_ED25519, 3);
    return 0;
}

static int free_parties(void **state)
{
    struct party *all[] = {&ledger, &witness, &stranger};
    (void) state;
    for (size_t i = 0; i < 3; i++) {
        note_key_release(&all[i]->key);
        key_pair_free(all[i]->pair);
    }
    return 0;
}

static struct checkpoint sample(void)
{
    struct checkpoint checkpoint = {.origin = SLICE(ORIGIN), .size = 12};
    merkle_empty(&checkpoint.root);
    return checkpoint;
}

static enum tally_code open_text(const struct buf *note, const struct note_key *key, struct err *err)
{
    struct checkpoint read;
    return checkpoint_open(buf_slice(note), key, &read, NULL, err);
}

static void only_the_ledger_s_own_signature_opens_a_checkpoint(void **state)
{
    struct checkpoint checkpoint = sample();
    struct buf note, text;
    struct err err = {0};
    (void) state;
    buf_init(&note, NOTE_MAX);
    buf_init(&text, NOTE_MAX);
    checkpoint_write(&checkpoint, &text);
    /* by somebody of the same name */
    assert_int_equal(checkpoint_sign(&checkpoint, stranger.pair, &note, NULL), TALLY_OK);
    assert_int_equal(open_text(&note, &ledger.key, &err), TALLY_E_SIGNATURE);
    /* a witness's never stands in for it */
    buf_clear(&note);
    buf_add_slice(&note, buf_slice(&text));
    buf_add_char(&note, '\n');
    assert_int_equal(note_cosign(buf_slice(&text), SLICE("w.example"), witness.pair, 5, &note, NULL), TALLY_OK);
    assert_int_equal(open_text(&note, &ledger.key, &err), TALLY_E_SIGNATURE);
    /* both, and one of a stranger: unknown keys are ignored */
    assert_int_equal(note_sign(buf_slice(&text), SLICE(ORIGIN), ledger.pair, &note, NULL), TALLY_OK);
    assert_int_equal(note_sign(buf_slice(&text), SLICE(ORIGIN), stranger.pair, &note, NULL), TALLY_OK);
    assert_int_equal(open_text(&note, &ledger.key, NULL), TALLY_OK);
    buf_release(&note);
    buf_release(&text);
}

/* "a known key whose signature fails refuses the whole note" */
static void a_signature_of_a_known_key_that_fails_refuses_the_note(void **state)
{
    struct checkpoint checkpoint = sample(), other = sample();
    struct buf note, text;
    struct err err = {0};
    struct note read;
    (void) state;
    other.size = 13;
    buf_init(&note, NOTE_MAX);
    buf_init(&text, NOTE_MAX);
    checkpoint_write(&other, &text);
    assert_int_equal(checkpoint_sign(&checkpoint, ledger.pair, &note, NULL), TALLY_OK);
    assert_int_equal(open_text(&note, &ledger.key, NULL), TALLY_OK);
    assert_int_equal(note_sign(buf_slice(&text), SLICE(ORIGIN), ledger.pair, &note, NULL), TALLY_OK);
    assert_int_equal(open_text(&note, &ledger.key, &err), TALLY_E_SIGNATURE);
    buf_clear(&note);
    assert_int_equal(checkpoint_sign(&checkpoint, ledger.pair, &note, NULL), TALLY_OK);
    assert_int_equal(note_cosign(buf_slice(&text), SLICE("w.example"), witness.pair, 5, &note, NULL), TALLY_OK);
    assert_int_equal(note_read(buf_slice(&note), &read, NULL), TALLY_OK);
    assert_int_equal(note_verify(&read, &witness.key, NULL, &err), TALLY_E_SIGNATURE);
    assert_int_equal(note_verify(&read, &stranger.key, NULL, &err), TALLY_E_NOT_FOUND);
    buf_release(&note);
    buf_release(&text);
}

static void a_checkpoint_of_another_ledger_is_told_apart(void **state)
{
    struct checkpoint checkpoint = sample();
    struct buf note;
    struct err err = {0};
    (void) state;
    checkpoint.origin = SLICE("example.org/other");
    buf_init(&note, NOTE_MAX);
    assert_int_equal(checkpoint_sign(&checkpoint, ledger.pair, &note, NULL), TALLY_OK);
    assert_int_equal(open_text(&note, &ledger.key, &err), TALLY_E_MISMATCH);
    buf_release(&note);
}

/* signed-note: other programs refuse them, and a name that looks like another is no name. */
static void names_with_spaces_of_any_kind_are_refused(void **state)
{
    static const char *const names[] = {"a b",
                                        "a\xc2\xa0"
                                        "b",
                                        "a\xc2\x85"
                                        "b",
                                        "\xe1\x9a\x80",
                                        "a\xe2\x80\x80",
                                        "\xe2\x80\x8a"
                                        "a",
                                        "a\xe2\x80\xa8"
                                        "b",
                                        "\xe2\x80\xaf",
                                        "\xe2\x81\x9f",
                                        "\xe3\x80\x80",
                                        "a+b",
                                        ""};
    struct buf note;
    struct note read;
    (void) state;
    buf_init(&note, NOTE_MAX);
    for (size_t i = 0; i <= sizeof names / sizeof names[0]; i++) {
        bool is_good = i == sizeof names / sizeof names[0];
        buf_clear(&note);
        buf_printf(&note, "text\n\n\xe2\x80\x94 %s AAAAAAA=\n",
                   is_good ? "\xc3\xa9t\xc3\xa9.example\xe2\x80\x94" : names[i]);
        assert_int_equal(note_read(buf_slice(&note), &read, NULL), is_good ? TALLY_OK : TALLY_E_MALFORMED);
    }
    buf_release(&note);
}

/* Each byte of a signed checkpoint altered in turn to each of some others. */
static void no_altered_checkpoint_opens(void **state)
{
    static const char others[] = "\0\n A+0/=\x80\xe2z";
    struct checkpoint checkpoint = sample();
    struct buf note;
    (void) state;
    buf_init(&note, NOTE_MAX);
    assert_int_equal(checkpoint_sign(&checkpoint, ledger.pair, &note, NULL), TALLY_OK);
    for (size_t i = 0; i < note.len; i++) {
        char was = note.ptr[i];
        for (size_t j = 0; j + 1 < sizeof others; j++) {
            if (others[j] == was)
                continue;
            note.ptr[i] = others[j];
            assert_int_not_equal(open_text(&note, &ledger.key, NULL), TALLY_OK);
        }
        note.ptr[i] = was;
    }
    for (size_t len = 0; len < note.len; len++) {
        struct checkpoint read;
        assert_int_not_equal(checkpoint_open(slice_of(note.ptr, len), &ledger.key, &read, NULL, NULL), TALLY_OK);
    }
    buf_release(&note);
}

static void a_checkpoint_has_three_lines_of_one_spelling(void **state)
{
    static const char root[] = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    static const char *const bad[] = {"",
                                      "\n",
                                      "a b\n1\nR\n",
                                      "a\n01\nR\n",
                                      "a\n-1\nR\n",
                                      "a\n+1\nR\n",
                                      "a\n\nR\n",
                                      "a\n1\nR",
                                      "a\n1\nR\nmore\n",
                                      "a\n1\nR\n\n",
                                      "a\n9007199254740993\nR\n",
                                      "a\n1\n\n",
                                      "A\n1\nR\n",
                                      "a\n1 \nR\n",
                                      "a\n1\nRA==\n"};
    struct checkpoint read;
    char text[256];
    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t len = 0;
        for (const char *p = bad[i]; *p != '\0'; p++)
            len += (size_t) snprintf(text + len, sizeof text - len, *p == 'R' ? "%s" : "%.1s", *p == 'R' ? root : p);
        assert_int_equal(checkpoint_read(slice_of(text, len), &read, NULL), TALLY_E_MALFORMED);
    }
    (void) snprintf(text, sizeof text, "a\n0\n%s\n", root);
    assert_int_equal(checkpoint_read(slice_str(text), &read, NULL), TALLY_OK);
}

static void verifier_keys_of_other_types_are_refused(void **state)
{
    struct key_public public_key;
    struct note_key key;
    struct buf vkey;
    struct err err = {0};
    (void) state;
    key_pair_public(ledger.pair, &public_key);
    for (int type = 0; type < 256; type++) {
        buf_init(&vkey, 512);
        key_vkey_write(SLICE(ORIGIN), (uint8_t) type, &public_key, &vkey);
        enum tally_code rc = note_key_read(buf_slice(&vkey), &key, &err);
        assert_int_equal(rc, type == 1 || type == 4 ? TALLY_OK : TALLY_E_MALFORMED);
        if (rc == TALLY_OK)
            note_key_release(&key);
        buf_release(&vkey);
    }
}

/* ---- tile paths ---- */

static void tile_paths_have_one_spelling(void **state)
{
    static const struct {
        const char *text;
        struct tile_path path;
    } good[] = {{"0/000", {false, 0, 0, 256}},
                {"0/x001/x234/067", {false, 0, 1234067, 256}},
                {"63/999", {false, 63, 999, 256}},
                {"1/x001/000.p/255", {false, 1, 1000, 255}},
                {"entries/000.p/3", {true, 0, 0, 3}},
                {"entries/x999/x999/x999/x999/x999/999", {true, 0, UINT64_C(999999999999999999), 256}}};
    static const char *const bad[] = {"",
                                      "0",
                                      "0/",
                                      "/000",
                                      "0/0",
                                      "0/00",
                                      "0/0000",
                                      "0/x000/001",
                                      "0/x001",
                                      "0/x001/",
                                      "0/001/001",
                                      "0/x001/x001",
                                      "64/000",
                                      "00/000",
                                      "-1/000",
                                      "+1/000",
                                      "0/000.p",
                                      "0/000.p/",
                                      "0/000.p/0",
                                      "0/000.p/256",
                                      "0/000.p/01",
                                      "0/000.p/-1",
                                      "0/000.p/1/1",
                                      "0/000.q/1",
                                      "0/x001/x01/001",
                                      "0/x1/001",
                                      "0/abc",
                                      "0/0 0",
                                      "entries/",
                                      "entries",
                                      "entries/x",
                                      "Entries/000",
                                      "0/000/",
                                      "0//000",
                                      "0/x001//001",
                                      "0/X001/001",
                                      "0/x001/x001/x001/x001/x001/x001/001",
                                      "0/x001/x999/x999/x999/x999/x999/999"};
    struct tile_path read;
    struct buf out;
    (void) state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(tile_path_read(slice_str(good[i].text), &read), TALLY_OK);
        assert_int_equal(read.is_entries, good[i].path.is_entries);
        assert_int_equal(read.level, good[i].path.level);
        assert_int_equal(read.number, good[i].path.number);
        assert_int_equal(read.width, good[i].path.width);
        buf_init(&out, 256);
        tile_path_write(&read, &out);
        assert_string_equal(out.ptr, good[i].text);
        buf_release(&out);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(tile_path_read(slice_str(bad[i]), &read), TALLY_E_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_ledger_s_own_signature_opens_a_checkpoint),
        cmocka_unit_test(a_signature_of_a_known_key_that_fails_refuses_the_note),
        cmocka_unit_test(a_checkpoint_of_another_ledger_is_told_apart),
        cmocka_unit_test(names_with_spaces_of_any_kind_are_refused),
        cmocka_unit_test(no_altered_checkpoint_opens),
        cmocka_unit_test(a_checkpoint_has_three_lines_of_one_spelling),
        cmocka_unit_test(verifier_keys_of_other_types_are_refused),
        cmocka_unit_test(tile_paths_have_one_spelling),
    };
    return cmocka_run_group_tests(tests, make_parties, free_parties);
}
