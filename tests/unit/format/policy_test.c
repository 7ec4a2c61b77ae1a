/* Trust policies: what a file may say, on which line it is wrong, and when a quorum is met. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "tally/mem.h"
#include "tally/policy.h"

#define KEYS 70

static struct key_pair *pairs[KEYS];
static char vkeys[KEYS][2][128]; /* as a log's, as a witness's */

static int make_keys(void **state)
{
    (void) state;
    for (int i = 0; i < KEYS; i++) {
        uint8_t seed[KEY_SEED_LEN] = {(uint8_t) (i + 1)};
        struct key_public key;
        assert_int_equal(key_pair_from_seed(seed, &pairs[i], NULL), TALLY_OK);
        key_pair_public(pairs[i], &key);
        for (int type = 0; type < 2; type++) {
            struct buf vkey;
            char name[32];
            buf_init(&vkey, 127);
            (void) snprintf(name, sizeof name, type == 0 ? "log.example/%d" : "w%d.example", i);
            key_vkey_write(slice_str(name), type == 0 ? NOTE_KEY_ED25519 : NOTE_KEY_COSIGNATURE, &key, &vkey);
            assert_int_equal(buf_check(&vkey, NULL), TALLY_OK);
            memcpy(vkeys[i][type], vkey.ptr, vkey.len + 1);
            buf_release(&vkey);
        }
    }
    return 0;
}

static int free_keys(void **state)
{
    (void) state;
    for (int i = 0; i < KEYS; i++)
        key_pair_free(pairs[i]);
    return 0;
}

/* A text in which L3 stands for the third log's verifier key and W3 for the third witness's. */
static struct slice text_of(const char *pattern, struct buf *out)
{
    buf_clear(out);
    for (const char *at = pattern; *at != '\0'; at++) {
        bool is_key = (*at == 'L' || *at == 'W') && at[1] >= '0' && at[1] <= '9';
        if (is_key) {
            int type = *at++ == 'L' ? 0 : 1;
            buf_add_str(out, vkeys[*at - '0'][type]);
        } else {
            buf_add_char(out, *at);
        }
    }
    assert_int_equal(buf_check(out, NULL), TALLY_OK);
    return buf_slice(out);
}

static const char EXAMPLE[] = "# two organisations\n"
                              "log L0 https://log.example/outcomes\n"
                              "\n"
                              "witness X1 W1 https://x1.example/\n"
                              "  witness\tX2   W2  \n"
                              "witness X3 W3\n"
                              "group X-witnesses 2 X1 X2 X3\n"
                              "witness Y1 W4\n"
                              "witness Y2 W5\n"
                              "witness Y3 W6\n"
                              "group Y-witnesses any Y1 Y2 Y3\n"
                              "\t# both\n"
                              "group X-and-Y all X-witnesses Y-witnesses\n"
                              "quorum X-and-Y\n";

static void a_group_of_groups_is_met_by_enough_of_each(void **state)
{
    struct policy policy;
    struct err err = {0};
    struct buf text;
    (void) state;
    buf_init(&text, POLICY_MAX);
    assert_int_equal(policy_read(text_of(EXAMPLE, &text), &policy, &err), TALLY_OK);
    assert_int_equal(policy.log_count, 1);
    assert_int_equal(policy.witness_count, 6);
    assert_int_equal(policy.group_count, 3);
    assert_true(policy_has_quorum(&policy));
    assert_true(slice_is(policy.logs[0].url, "https://log.example/outcomes"));
    assert_true(slice_is(policy.witnesses[0].url, "https://x1.example/"));
    assert_int_equal(policy.witnesses[1].url.len, 0);
    assert_ptr_equal(policy_log_find(&policy, SLICE("log.example/0")), &policy.logs[0]);
    assert_null(policy_log_find(&policy, SLICE("log.example/00")));
    for (uint64_t signers = 0; signers < 64; signers++) {
        bool is_enough = __builtin_popcountll(signers & 7) >= 2 && (signers & 56) != 0;
        assert_int_equal(policy_is_met(&policy, signers), is_enough);
    }
    policy_release(&policy);
    buf_release(&text);
}

static void a_quorum_may_be_one_witness_or_none(void **state)
{
    struct policy policy;
    struct buf text;
    (void) state;
    buf_init(&text, POLICY_MAX);
    assert_int_equal(policy_read(text_of("witness a W1\nwitness b W2\nquorum b\n", &text), &policy, NULL), TALLY_OK);
    assert_false(policy_is_met(&policy, 1));
    assert_true(policy_is_met(&policy, 2));
    policy_release(&policy);
    assert_int_equal(policy_read(SLICE("quorum none\n"), &policy, NULL), TALLY_OK);
    assert_false(policy_has_quorum(&policy));
    assert_true(policy_is_met(&policy, 0));
    policy_release(&policy);
    buf_release(&text);
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
    static const struct {
        const char *pattern, *says;
    } cases[] = {
        {"", "no quorum line"},
        {"log L0\n", "no quorum line"},
        {"quorum none", "line 1: the last line has no line end"},
        {"quorum none\nquorum none\n", "line 2: there is a quorum line already"},
        {"quorum\n", "line 1: it is to read: quorum"},
        {"quorum none none\n", "line 1: it is to read: quorum"},
        {"quorum a\nwitness a W1\n", "line 1: no line before names a witness or a group a"},
        {"\nLog L0\n", "line 2: a line begins with"},
        {"log\n", "line 1: it is to read: log"},
        {"log L0 https://a b\n", "line 1: it is to read: log"},
        {"log W0\n", "line 1: a log's verifier key is of type 1"},
        {"log nothing\n", "line 1: a verifier key has the form"},
        {"log L0\nlog L0\n", "line 2: this key stands on a line before"},
        {"witness a L1\n", "line 1: a witness's verifier key is of type 4"},
        {"witness W1\n", "line 1: it is to read: witness"},
        {"witness a W1\nwitness a W2\n", "line 2: there is a witness or a group of this name already: a"},
        {"witness a W1\nwitness b W1\n", "line 2: this key stands on a line before"},
        {"log L1\nwitness a W1\n", "line 2: this key stands on a line before"},
        {"witness a W1\nlog L1\n", "line 2: this key stands on a line before"},
        {"witness none W1\n", "line 1: the name none"},
        {"witness a W1\ngroup a any a\n", "line 2: there is a witness or a group of this name already"},
        {"group g any\n", "line 1: it is to read: group"},
        {"group g any a\n", "line 1: no line before names a witness or a group a"},
        {"group g any g\n", "line 1: no line before names a witness or a group g"},
        {"witness a W1\ngroup g any none\n", "line 2: no line before names a witness or a group none"},
        {"witness a W1\ngroup g 0 a\n", "line 2: how many of the members"},
        {"witness a W1\ngroup g 2 a\n", "line 2: how many of the members"},
        {"witness a W1\ngroup g 01 a\n", "line 2: how many of the members"},
        {"witness a W1\ngroup g some a\n", "line 2: how many of the members"},
        {"witness a W1\ngroup g any a a\n", "line 2: a member of one group already, so that it would count twice: a"},
        {"witness a W1\ngroup g any a\ngroup h any a\n", "line 3: a member of one group already"},
        {"witness a W1\nwitness b W2\ngroup g any a h\ngroup h any b g\nquorum g\n",
         "line 3: no line before names a witness or a group h"}, /* nothing goes round in circles */
        {"witness a W1\nwitness b W2\ngroup g any a\ngroup h all g b\ngroup i any g\nquorum i\n",
         "line 5: a member of one group already, so that it would count twice: g"},
        {"witness a W1\ngroup g any a\ngroup g any a\n", "line 3: there is a witness or a group of this name already: g"},
        {"witness a W1\nquorum A\n", "line 2: no line before names a witness or a group A"},
        {"witness a W1\ngroup g -1 a\n", "line 2: how many of the members"},
        {"witness a W1\ngroup g 18446744073709551617 a\n", "line 2: how many of the members"},
        {"witness a\r W1\n", "line 1: it has a control character"},
        {"witness \x7f W1\n", "line 1: it has a control character"},
    };
    struct buf text;
    (void) state;
    buf_init(&text, POLICY_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy policy;
        struct err err = {0};
        enum tally_code rc = policy_read(text_of(cases[i].pattern, &text), &policy, &err);
        if (rc != TALLY_E_MALFORMED || strstr(err.detail, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].pattern, err.detail);
        assert_int_equal(policy.log_count + policy.witness_count, 0);
    }
    assert_int_equal(policy_read(slice_of("quorum none\n\0\n", 14), &(struct policy){0}, NULL), TALLY_E_MALFORMED);
    buf_release(&text);
}

/* One key under two names would make one witness count as two: the names in the file, and those in the verifier keys, make no difference. */
static void one_key_is_one_witness_whatever_it_is_called(void **state)
{
    static const struct {
        const char *first, *second;
        enum note_key_type types[2];
    } cases[] = {{"w.example", "w.example", {NOTE_KEY_COSIGNATURE, NOTE_KEY_COSIGNATURE}},
                 {"w.example", "other.example", {NOTE_KEY_COSIGNATURE, NOTE_KEY_COSIGNATURE}},
                 {"log.example", "w.example", {NOTE_KEY_ED25519, NOTE_KEY_COSIGNATURE}},
                 {"w.example", "log.example", {NOTE_KEY_COSIGNATURE, NOTE_KEY_ED25519}},
                 {"log.example", "other.example", {NOTE_KEY_ED25519, NOTE_KEY_ED25519}}};
    struct key_public key;
    struct buf text;
    (void) state;
    key_pair_public(pairs[3], &key);
    buf_init(&text, POLICY_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy policy;
        struct err err = {0};
        buf_clear(&text);
        for (int line = 0; line < 2; line++) {
            bool is_log = cases[i].types[line] == NOTE_KEY_ED25519;
            buf_printf(&text, is_log ? "log " : line == 0 ? "witness a " : "witness b ");
            key_vkey_write(slice_str(line == 0 ? cases[i].first : cases[i].second), cases[i].types[line], &key, &text);
            buf_add_char(&text, '\n');
        }
        buf_add_str(&text, "quorum none\n");
        assert_int_equal(policy_read(buf_slice(&text), &policy, &err), TALLY_E_MALFORMED);
        assert_non_null(strstr(err.detail, "line 2: this key stands on a line before"));
    }
    buf_release(&text);
}

/* Every set of signers of a three-storeyed policy, beside the rule said in C. */
static void groups_in_groups_in_groups_count_each_witness_once(void **state)
{
    struct policy policy;
    struct buf text;
    (void) state;
    buf_init(&text, POLICY_MAX);
    assert_int_equal(policy_read(text_of("witness a W1\nwitness b W2\nwitness c W3\nwitness d W4\nwitness e W5\n"
                                         "group low 2 a b\ngroup middle any low c\ngroup high 2 middle d e\nquorum high\n",
                                         &text),
                                 &policy, NULL),
                     TALLY_OK);
    for (uint64_t signers = 0; signers < 32; signers++) {
        bool is_middle = (signers & 3) == 3 || (signers & 4) != 0;
        int high = is_middle + ((signers & 8) != 0) + ((signers & 16) != 0);
        assert_int_equal(policy_is_met(&policy, signers), high >= 2);
    }
    policy_release(&policy);
    buf_release(&text);
}

static void limits_hold_where_they_are(void **state)
{
    struct policy policy;
    struct err err = {0};
    struct buf text;
    (void) state;
    buf_init(&text, 4 * POLICY_MAX);
    for (int i = 0; i < POLICY_WITNESSES_MAX; i++)
        buf_printf(&text, "witness n%d %s\n", i, vkeys[i][1]);
    buf_add_str(&text, "group all all");
    for (int i = 0; i < POLICY_WITNESSES_MAX; i++)
        buf_printf(&text, " n%d", i);
    size_t before = text.len;
    buf_add_str(&text, "\nquorum all\n");
    assert_int_equal(policy_read(buf_slice(&text), &policy, &err), TALLY_OK);
    assert_true(policy_is_met(&policy, (UINT64_C(1) << POLICY_WITNESSES_MAX) - 1));
    assert_false(policy_is_met(&policy, (UINT64_C(1) << (POLICY_WITNESSES_MAX - 1)) - 1));
    policy_release(&policy);
    text.len = before;
    buf_printf(&text, "\nwitness more %s\nquorum all\n", vkeys[POLICY_WITNESSES_MAX][1]);
    assert_int_equal(policy_read(buf_slice(&text), &policy, &err), TALLY_E_MALFORMED);
    assert_string_equal(err.detail, "line 65: more than 63 witnesses");
    buf_clear(&text);
    while (text.len <= POLICY_MAX)
        buf_add_str(&text, "# a comment\n");
    buf_add_str(&text, "quorum none\n");
    assert_int_equal(policy_read(buf_slice(&text), &policy, &err), TALLY_E_MALFORMED);
    buf_clear(&text);
    buf_printf(&text, "witness a %s https://x/", vkeys[1][1]);
    for (int i = 0; i < POLICY_URL_MAX; i++)
        buf_add_char(&text, 'a');
    buf_add_str(&text, "\nquorum a\n");
    assert_int_equal(policy_read(buf_slice(&text), &policy, &err), TALLY_E_MALFORMED);
    buf_clear(&text);
    buf_add_str(&text, "witness ");
    for (int i = 0; i <= POLICY_NAME_MAX; i++)
        buf_add_char(&text, 'a');
    buf_printf(&text, " %s\nquorum none\n", vkeys[1][1]);
    assert_int_equal(policy_read(buf_slice(&text), &policy, &err), TALLY_E_MALFORMED);
    buf_release(&text);
}

static void each_allocation_that_fails_is_said_and_leaves_nothing_behind(void **state)
{
    struct buf text;
    enum tally_code rc = TALLY_E_NO_MEMORY;
    (void) state;
    buf_init(&text, POLICY_MAX);
    struct slice example = text_of(EXAMPLE, &text);
    for (uint64_t n = 1; rc != TALLY_OK; n++) {
        struct policy policy;
        struct err err = {0};
        mem_fail_after(n);
        rc = policy_read(example, &policy, &err);
        mem_fail_after(0);
        if (rc == TALLY_OK) {
            assert_true(n > 6); /* a verifier for each key at the least */
            policy_release(&policy);
        } else {
            assert_int_equal(rc, TALLY_E_NO_MEMORY);
            assert_int_equal(policy.log_count + policy.witness_count, 0);
        }
    }
    buf_release(&text);
}

/* ---- looking at a note ---- */

#define TEXT "log.example/0\n3\np5vUAZS2ZU1GBZ4VgKIVezvyXn7rgzyJJDmMmt04Vuo=\n"

static void who_has_cosigned_is_seen_and_strangers_are_not(void **state)
{
    struct policy policy;
    struct policy_seen seen;
    struct note note;
    struct buf text, signed_note;
    struct err err = {0};
    (void) state;
    buf_init(&text, POLICY_MAX);
    buf_init(&signed_note, NOTE_MAX);
    assert_int_equal(policy_read(text_of("witness a W1\nwitness b W2\ngroup g all a b\nquorum g\n", &text), &policy, &err),
                     TALLY_OK);
    buf_add_str(&signed_note, TEXT "\n");
    assert_int_equal(note_sign(SLICE(TEXT), SLICE("log.example/0"), pairs[0], &signed_note, NULL), TALLY_OK);
    assert_int_equal(note_cosign(SLICE(TEXT), SLICE("w3.example"), pairs[3], 5, &signed_note, NULL), TALLY_OK);
    assert_int_equal(note_cosign(SLICE(TEXT), SLICE("w2.example"), pairs[2], 1700000000, &signed_note, NULL), TALLY_OK);
    assert_int_equal(note_read(buf_slice(&signed_note), &note, NULL), TALLY_OK);
    assert_int_equal(policy_look(&policy, &note, &seen, &err), TALLY_OK);
    assert_int_equal(seen.witnesses, 2);
    assert_int_equal(seen.seconds[1], 1700000000);
    assert_false(policy_is_met(&policy, seen.witnesses));
    /* somebody else's signature in a witness's name: the whole note is worth nothing */
    size_t good = signed_note.len;
    assert_int_equal(note_cosign(SLICE(TEXT), SLICE("w1.example"), pairs[1], 1700000001, &signed_note, NULL), TALLY_OK);
    assert_int_equal(note_read(buf_slice(&signed_note), &note, NULL), TALLY_OK);
    assert_int_equal(policy_look(&policy, &note, &seen, &err), TALLY_OK);
    assert_true(policy_is_met(&policy, seen.witnesses));
    signed_note.ptr[good + 40] ^= 1; /* in the base64 of the key's id, time or signature */
    if (note_read(buf_slice(&signed_note), &note, NULL) == TALLY_OK)
        assert_int_equal(policy_look(&policy, &note, &seen, &err), TALLY_E_SIGNATURE);
    policy_release(&policy);
    buf_release(&text);
    buf_release(&signed_note);
}

/* A cosignature of a time after the year 292 billion is none (tlog-cosignature): its bytes verify, and it does not count. */
static void a_time_over_its_range_is_no_cosignature(void **state)
{
    struct policy policy;
    struct policy_seen seen;
    struct note note;
    struct buf text, signed_note;
    (void) state;
    buf_init(&text, POLICY_MAX);
    buf_init(&signed_note, NOTE_MAX);
    assert_int_equal(policy_read(text_of("witness a W1\nquorum a\n", &text), &policy, NULL), TALLY_OK);
    for (int over = 0; over < 2; over++) {
        buf_clear(&signed_note);
        buf_add_str(&signed_note, TEXT "\n");
        assert_int_equal(note_cosign(SLICE(TEXT), SLICE("w1.example"), pairs[1], (uint64_t) INT64_MAX + (uint64_t) over,
                                     &signed_note, NULL),
                         TALLY_OK);
        assert_int_equal(note_read(buf_slice(&signed_note), &note, NULL), TALLY_OK);
        assert_int_equal(policy_look(&policy, &note, &seen, NULL), over ? TALLY_E_SIGNATURE : TALLY_OK);
    }
    policy_release(&policy);
    buf_release(&text);
    buf_release(&signed_note);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_of_groups_is_met_by_enough_of_each),
        cmocka_unit_test(a_quorum_may_be_one_witness_or_none),
        cmocka_unit_test(what_is_wrong_is_said_with_its_line),
        cmocka_unit_test(one_key_is_one_witness_whatever_it_is_called),
        cmocka_unit_test(groups_in_groups_in_groups_count_each_witness_once),
        cmocka_unit_test(limits_hold_where_they_are),
        cmocka_unit_test(each_allocation_that_fails_is_said_and_leaves_nothing_behind),
        cmocka_unit_test(who_has_cosigned_is_seen_and_strangers_are_not),
        cmocka_unit_test(a_time_over_its_range_is_no_cosignature),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
