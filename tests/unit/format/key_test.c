/* Points that are refused, key files, verifier keys, proofs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "tally/key.h"
#include "tally/text.h"

/* Every y of small order, and every y that is not below 2^255-19 (19 of them), each with both signs. */
static void weak_points_are_refused_as_keys_and_in_signatures(void **state)
{
    static const char *const SMALL[] = {"0000000000000000000000000000000000000000000000000000000000000000",
                                        "0100000000000000000000000000000000000000000000000000000000000000",
                                        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                                        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"};
    const uint8_t seed[KEY_SEED_LEN] = {1};
    struct key_pair *pair = NULL;
    struct key_verifier *good = NULL;
    struct key_public good_key;
    (void) state;
    assert_int_equal(key_pair_from_seed(seed, &pair, NULL), TALLY_OK);
    key_pair_public(pair, &good_key);
    assert_false(key_point_is_weak(good_key.bytes));
    assert_int_equal(key_verifier_new(&good_key, &good, NULL), TALLY_OK);
    for (size_t i = 0; i < 5 + 19; i++) {
        uint8_t signature[KEY_SIGNATURE_LEN] = {0};
        struct key_public key;
        struct key_verifier *verifier = NULL;
        memset(key.bytes, 0xff, sizeof key.bytes);
        key.bytes[0] = (uint8_t) (0xed + i - 5);
        key.bytes[31] = 0x7f;
        if (i < 5)
            assert_int_equal(text_unhex(slice_str(SMALL[i]), key.bytes, sizeof key.bytes), TALLY_OK);
        for (int sign = 0; sign <= 1; sign++) {
            key.bytes[31] = (uint8_t) ((key.bytes[31] & 0x7f) | (sign << 7));
            assert_true(key_point_is_weak(key.bytes));
            assert_int_equal(key_verifier_new(&key, &verifier, NULL), TALLY_E_DENIED);
            assert_null(verifier);
            memcpy(signature, key.bytes, sizeof key.bytes);
            assert_int_equal(key_verify(good, SLICE("any text"), signature), TALLY_E_SIGNATURE);
        }
    }
    key_verifier_free(good);
    key_pair_free(pair);
}

/* With R of small order whoever has the key can make a signature that does verify by the equation: here R is the neutral
 * point and s = H(R, A, "any text") a, of the seed 01 00 .. 00. */
static void a_signature_whose_first_half_is_weak_is_refused_though_it_fits(void **state)
{
    const uint8_t seed[KEY_SEED_LEN] = {1};
    uint8_t signature[KEY_SIGNATURE_LEN];
    struct key_pair *pair = NULL;
    struct key_verifier *verifier = NULL;
    struct key_public key;
    (void) state;
    assert_int_equal(text_unhex(SLICE("0100000000000000000000000000000000000000000000000000000000000000"
                                      "8251420aaaf5428530647534cc8b43ca2677772d99abadaf846431e50f8a830b"),
                                signature, sizeof signature),
                     TALLY_OK);
    assert_int_equal(key_pair_from_seed(seed, &pair, NULL), TALLY_OK);
    key_pair_public(pair, &key);
    assert_int_equal(key_verifier_new(&key, &verifier, NULL), TALLY_OK);
    assert_int_equal(key_verify(verifier, SLICE("any text"), signature), TALLY_E_SIGNATURE);
    key_verifier_free(verifier);
    key_pair_free(pair);
}

/* ---- two implementations ---- */

static bool openssl_verifies(const struct key_public *key, struct slice message, const uint8_t signature[KEY_SIGNATURE_LEN])
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->bytes, sizeof key->bytes);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_non_null(pkey);
    assert_non_null(context);
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey), 1);
    bool is_right =
        EVP_DigestVerify(context, signature, KEY_SIGNATURE_LEN, (const unsigned char *) message.ptr, message.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return is_right;
}

/* 1: both verify it, 0: neither does. Points that are weak are refused before, whatever libcrypto says. */
static int both_say(const struct key_public *key, struct slice message, const uint8_t signature[KEY_SIGNATURE_LEN])
{
    struct key_verifier *verifier = NULL;
    if (key_point_is_weak(key->bytes) || key_point_is_weak(signature))
        return 0;
    assert_int_equal(key_verifier_new(key, &verifier, NULL), TALLY_OK);
    bool is_right = key_verify(verifier, message, signature) == TALLY_OK;
    assert_int_equal(is_right, openssl_verifies(key, message, signature));
    key_verifier_free(verifier);
    return is_right;
}

static void what_one_library_verifies_the_other_does_too(void **state)
{
    char text[80];
    uint8_t seed[KEY_SEED_LEN] = {7}, signature[KEY_SIGNATURE_LEN];
    (void) state;
    memset(text, 'm', sizeof text);
    for (uint8_t k = 0; k < 3; k++) {
        struct key_pair *pair = NULL;
        struct key_public key;
        seed[1] = k;
        struct slice message = slice_of(text, k == 0 ? 0 : (size_t) k * 40);
        assert_int_equal(key_pair_from_seed(seed, &pair, NULL), TALLY_OK);
        key_pair_public(pair, &key);
        assert_int_equal(key_sign(pair, message, signature, NULL), TALLY_OK);
        assert_int_equal(both_say(&key, message, signature), 1);
        for (size_t bit = 0; bit < 8 * sizeof signature; bit++) {
            signature[bit / 8] ^= (uint8_t) (1u << (bit % 8));
            assert_int_equal(both_say(&key, message, signature), 0);
            signature[bit / 8] ^= (uint8_t) (1u << (bit % 8));
        }
        for (size_t bit = 0; bit < 8 * sizeof key.bytes; bit++) {
            key.bytes[bit / 8] ^= (uint8_t) (1u << (bit % 8));
            assert_int_equal(both_say(&key, message, signature), 0);
            key.bytes[bit / 8] ^= (uint8_t) (1u << (bit % 8));
        }
        for (size_t at = 0; at < message.len; at++) {
            text[at] ^= 1;
            assert_int_equal(both_say(&key, message, signature), 0);
            text[at] ^= 1;
        }
        key_pair_free(pair);
    }
}

static void points_beside_the_weak_ones_are_not_weak(void **state)
{
    uint8_t y[32];
    (void) state;
    memset(y, 0xff, sizeof y);
    y[31] = 0x7f;
    y[0] = 0xeb; /* -2 */
    assert_false(key_point_is_weak(y));
    memset(y, 0, sizeof y);
    y[0] = 2;
    assert_false(key_point_is_weak(y));
    memset(y, 0xff, sizeof y);
    y[31] = 0x7f;
    y[15] = 0xfe;
    assert_false(key_point_is_weak(y));
}

static void the_two_points_of_order_eight_are_each_other_s_negative(void **state)
{
    uint8_t a[32], b[32];
    unsigned carry = 0;
    (void) state;
    assert_int_equal(text_unhex(SLICE("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), a, 32),
                     TALLY_OK);
    assert_int_equal(text_unhex(SLICE("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), b, 32),
                     TALLY_OK);
    for (int i = 0; i < 32; i++) { /* the sum is 2^255 - 19 */
        carry += (unsigned) a[i] + b[i];
        assert_int_equal(carry & 0xff, i == 0 ? 0xed : (i == 31 ? 0x7f : 0xff));
        carry >>= 8;
    }
}

/* OpenSSL 3.0 takes s >= L as invalid; without that a second signature could be made from any first. */
static void a_second_signature_made_from_the_first_is_refused(void **state)
{
    static const uint8_t ORDER[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                      0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
    const uint8_t seed[KEY_SEED_LEN] = {7};
    uint8_t signature[KEY_SIGNATURE_LEN];
    struct key_pair *pair = NULL;
    struct key_verifier *verifier = NULL;
    struct key_public key;
    unsigned carry = 0;
    (void) state;
    assert_int_equal(key_pair_from_seed(seed, &pair, NULL), TALLY_OK);
    key_pair_public(pair, &key);
    assert_int_equal(key_verifier_new(&key, &verifier, NULL), TALLY_OK);
    assert_int_equal(key_sign(pair, SLICE("text"), signature, NULL), TALLY_OK);
    assert_int_equal(key_verify(verifier, SLICE("text"), signature), TALLY_OK);
    for (int i = 0; i < 32; i++) {
        carry += (unsigned) signature[32 + i] + ORDER[i];
        signature[32 + i] = (uint8_t) carry;
        carry >>= 8;
    }
    assert_int_equal(key_verify(verifier, SLICE("text"), signature), TALLY_E_SIGNATURE);
    key_verifier_free(verifier);
    key_pair_free(pair);
}

static void a_key_file_is_written_once_and_read_again(void **state)
{
    char folder[] = "/tmp/tally-key-XXXXXX";
    char path[128];
    struct stat status;
    struct key_pair *pair = NULL;
    struct key_pair *again = NULL;
    struct key_public a, b;
    struct err err = {0};
    (void) state;
    assert_non_null(mkdtemp(folder));
    (void) snprintf(path, sizeof path, "%s/op.pem", folder);
    assert_int_equal(key_pair_load(path, &again, &err), TALLY_E_NOT_FOUND);
    assert_int_equal(key_pair_generate(&pair, &err), TALLY_OK);
    assert_int_equal(key_pair_save(pair, path, &err), TALLY_OK);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(key_pair_save(pair, path, &err), TALLY_E_CONFLICT);
    assert_int_equal(key_pair_load(path, &again, &err), TALLY_OK);
    key_pair_public(pair, &a);
    key_pair_public(again, &b);
    assert_memory_equal(a.bytes, b.bytes, sizeof a.bytes);
    key_pair_free(again);
    again = NULL;
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(key_pair_load(path, &again, &err), TALLY_E_DENIED);
    assert_non_null(strstr(err.detail, "chmod 600"));
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, 40), 0);
    assert_int_equal(key_pair_load(path, &again, &err), TALLY_E_MALFORMED);
    assert_int_equal(key_pair_load(folder, &again, &err), TALLY_E_MALFORMED);
    assert_null(again);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    key_pair_free(pair);
}

static void a_key_that_openssl_wrote_is_read(void **state)
{
    /* RFC 8410 section 10.3 */
    static const char PEM[] =
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
        "-----END PRIVATE KEY-----\n";
    char path[] = "/tmp/tally-key-XXXXXX";
    char hex[65];
    struct key_pair *pair = NULL;
    struct key_public key;
    int fd = mkstemp(path);
    (void) state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, PEM, sizeof PEM - 1), sizeof PEM - 1);
    assert_int_equal(close(fd), 0);
    assert_int_equal(key_pair_load(path, &pair, NULL), TALLY_OK);
    key_pair_public(pair, &key);
    text_hex(key.bytes, sizeof key.bytes, hex);
    assert_string_equal(hex, "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
    key_pair_free(pair);
    assert_int_equal(unlink(path), 0);
}

static void verifier_keys_of_another_form_are_refused(void **state)
{
    static const char *const WRONG[] = {"",
                                        "+",
                                        "++",
                                        "name",
                                        "ledger.example/outcomes/1+7ec98ec2",
                                        "+7ec98ec2+AVq8qpwiIgHPGU8aR0wNcaeaPXqNwWrklGKjsYCQsSlp",
                                        "ledger.example/outcomes/2+7ec98ec2+AVq8qpwiIgHPGU8aR0wNcaeaPXqNwWrklGKjsYCQsSlp",
                                        "ledger.example/outcomes/1+7ec98ec3+AVq8qpwiIgHPGU8aR0wNcaeaPXqNwWrklGKjsYCQsSlp",
                                        "ledger.example/outcomes/1+7EC98EC2+AVq8qpwiIgHPGU8aR0wNcaeaPXqNwWrklGKjsYCQsSlp",
                                        "ledger.example/outcomes/1+7ec98ec2+AVq8qpwiIgHPGU8aR0wNcaeaPXqNwWrklGKjsYCQsSlq",
                                        "ledger.example/outcomes/1+7ec98ec2+AVq8qpwiIgHPGU8aR0wNcaeaPXqNwWrklGKjsYCQsS==",
                                        "ledger.example/outcomes/1+7ec98ec2+AVq8qpwiIgHPGU8aR0wNcaeaPXqNwWrklGKjsYCQsSlp+",
                                        "ledger.example/outcomes/1 +7ec98ec2+AVq8qpwiIgHPGU8aR0wNcaeaPXqNwWrklGKjsYCQsSlp"};
    (void) state;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct slice name = SLICE("unchanged");
        uint8_t type = 77;
        struct key_public key;
        assert_int_not_equal(key_vkey_read(slice_str(WRONG[i]), &name, &type, &key, NULL), TALLY_OK);
        assert_int_equal(type, 77);
        assert_true(slice_is(name, "unchanged"));
    }
}

static void a_proof_in_another_spelling_is_refused(void **state)
{
    struct key_pair *pair = NULL;
    struct key_public key;
    struct buf pop;
    (void) state;
    assert_int_equal(key_pair_generate(&pair, NULL), TALLY_OK);
    key_pair_public(pair, &key);
    buf_init(&pop, 256);
    assert_int_equal(key_proof_make(pair, SLICE("a.example"), SLICE("me"), &pop, NULL), TALLY_OK);
    assert_int_equal(pop.len, 86);
    assert_int_equal(key_proof_check(&key, SLICE("a.example"), SLICE("me"), buf_slice(&pop), NULL), TALLY_OK);
    buf_add_str(&pop, "==");
    assert_int_equal(key_proof_check(&key, SLICE("a.example"), SLICE("me"), buf_slice(&pop), NULL), TALLY_E_SIGNATURE);
    assert_int_equal(key_proof_check(&key, SLICE("a.example"), SLICE("me"), (struct slice){0}, NULL), TALLY_E_SIGNATURE);
    pop.ptr[85] = (char) (pop.ptr[85] + 1); /* the unused bits */
    assert_int_equal(key_proof_check(&key, SLICE("a.example"), SLICE("me"), slice_of(pop.ptr, 86), NULL),
                     TALLY_E_SIGNATURE);
    buf_release(&pop);
    key_pair_free(pair);
}

static void streams_hash_like_whole_texts(void **state)
{
    struct digest whole, parts;
    char hex[65];
    struct digest_stream *stream = digest_stream_new();
    (void) state;
    assert_non_null(stream);
    digest_of(SLICE("abc"), &whole);
    text_hex(whole.bytes, DIGEST_LEN, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); /* FIPS 180-4 */
    for (int round = 0; round < 2; round++) {
        digest_stream_add(stream, SLICE("a"));
        digest_stream_add(stream, (struct slice){0});
        digest_stream_add(stream, SLICE("bc"));
        digest_stream_end(stream, &parts);
        assert_true(digest_equal(&whole, &parts));
    }
    digest_stream_free(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weak_points_are_refused_as_keys_and_in_signatures),
        cmocka_unit_test(a_signature_whose_first_half_is_weak_is_refused_though_it_fits),
        cmocka_unit_test(what_one_library_verifies_the_other_does_too),
        cmocka_unit_test(points_beside_the_weak_ones_are_not_weak),
        cmocka_unit_test(the_two_points_of_order_eight_are_each_other_s_negative),
        cmocka_unit_test(a_second_signature_made_from_the_first_is_refused),
        cmocka_unit_test(a_key_file_is_written_once_and_read_again),
        cmocka_unit_test(a_key_that_openssl_wrote_is_read),
        cmocka_unit_test(verifier_keys_of_another_form_are_refused),
        cmocka_unit_test(a_proof_in_another_spelling_is_refused),
        cmocka_unit_test(streams_hash_like_whole_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
