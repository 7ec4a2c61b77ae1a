/* Golden bytes of formats.md: every figure of the worked ledger that belongs to entries, statements and keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger_vectors.h"
#include "tally/archive.h"
#include "tally/entry.h"
#include "tally/key.h"
#include "tally/statement.h"
#include "tally/text.h"

#define OP_KID "yYTtbpIrZZXmM3GFn0Ia0gM9w0ESfrCVPplR8ROMfps"
#define PROV_KID "ZHjekIFhSitCSeu0okGf_Yo8vQ4h0DFEo7Bofxjm4ag"

static struct key_pair *pair_named(const char *name)
{
    struct digest seed;
    struct key_pair *pair = NULL;
    digest_of(slice_str(name), &seed);
    assert_int_equal(key_pair_from_seed(seed.bytes, &pair, NULL), TALLY_OK);
    return pair;
}

static void assert_hex(const void *bytes, size_t len, const char *hex)
{
    char text[2 * 64 + 1];
    assert_true(len <= 64);
    text_hex(bytes, len, text);
    assert_string_equal(text, hex);
}

static void assert_slice(struct slice s, const char *text)
{
    assert_int_equal(s.len, strlen(text));
    assert_memory_equal(s.ptr, text, s.len);
}

static struct entry_header header_of(int i)
{
    struct entry_header header;
    assert_int_equal(entry_header_read(slice_str(VECTOR_ENTRIES[i].header), &header, NULL), TALLY_OK);
    return header;
}

static void headers_are_read_and_written_again(void **state)
{
    (void) state;
    for (int i = 0; i < 3; i++) {
        struct buf out;
        struct entry_header header = header_of(i);
        assert_int_equal(header.seq, i);
        assert_true(header.open);
        buf_init(&out, ENTRY_HEADER_MAX);
        entry_header_write(&header, &out);
        assert_slice(buf_slice(&out), VECTOR_ENTRIES[i].header);
        buf_release(&out);
    }
}

static void hashes_link(void **state)
{
    struct digest previous = {{0}};
    (void) state;
    for (int i = 0; i < 3; i++) {
        struct entry_header header = header_of(i);
        assert_true(digest_equal(&header.prev, &previous));
        entry_hash(slice_str(VECTOR_ENTRIES[i].header), &previous);
        assert_hex(previous.bytes, DIGEST_LEN, VECTOR_ENTRIES[i].hash);
    }
}

static void commitments_are_those_of_the_bodies(void **state)
{
    (void) state;
    for (int i = 0; i < 3; i++) {
        uint8_t nonce[ENTRY_NONCE_LEN];
        size_t len = 0;
        struct digest commitment;
        struct entry_header header = header_of(i);
        assert_int_equal(text_unbase64(slice_str(VECTOR_ENTRIES[i].nonce), nonce, sizeof nonce, &len), TALLY_OK);
        assert_int_equal(len, sizeof nonce);
        for (int k = 0; k < ENTRY_NONCE_LEN; k++)
            assert_int_equal(nonce[k], i);
        entry_commitment(nonce, slice_str(VECTOR_ENTRIES[i].jws), slice_str(VECTOR_ENTRIES[i].body), &commitment);
        assert_true(digest_equal(&commitment, &header.body));
    }
}

static void statements_verify_and_say_what_they_say(void **state)
{
    static const char *const SIGNER[] = {NULL, "op", "prov"};
    static const char *const KID[] = {NULL, OP_KID, PROV_KID};
    static const char *const TARGET[] = {NULL, "/v1/actors", "/v1/results"};
    (void) state;
    for (int i = 1; i < 3; i++) {
        struct arena *arena = arena_new(65536);
        struct key_pair *pair = pair_named(SIGNER[i]);
        struct key_public public_key;
        struct key_verifier *verifier = NULL;
        struct statement statement;
        struct refusal *refusal = NULL;
        struct err err = {0};
        struct digest head;
        struct entry_header header = header_of(i);
        key_pair_public(pair, &public_key);
        assert_int_equal(key_verifier_new(&public_key, &verifier, &err), TALLY_OK);
        assert_int_equal(statement_read(slice_str(VECTOR_ENTRIES[i].jws), arena, &statement, &refusal, &err), TALLY_OK);
        assert_null(refusal);
        assert_slice(statement.kid, KID[i]);
        assert_slice(statement.aud, VECTOR_ORIGIN);
        assert_slice(statement.htm, "POST");
        assert_slice(statement.htu, TARGET[i]);
        assert_slice(statement.cty, "application/json");
        assert_true(slice_equal(statement.jti, header.jti));
        assert_int_equal(statement.iat * 1000000, header.time.us);
        assert_int_equal(statement.head_seq, i - 1);
        entry_hash(slice_str(VECTOR_ENTRIES[i - 1].header), &head);
        assert_true(digest_equal(&statement.head_hash, &head));
        assert_int_equal(statement_verify(&statement, verifier, slice_str(VECTOR_ENTRIES[i].body), &err), TALLY_OK);
        key_verifier_free(verifier);
        key_pair_free(pair);
        arena_free(arena);
    }
}

static void signing_again_gives_the_same_statement(void **state)
{
    static const char *const SIGNER[] = {NULL, "op", "prov"};
    static const char *const TARGET[] = {NULL, "/v1/actors", "/v1/results"};
    (void) state;
    for (int i = 1; i < 3; i++) {
        struct key_pair *pair = pair_named(SIGNER[i]);
        struct entry_header header = header_of(i);
        struct statement_draft draft = {.aud = SLICE(VECTOR_ORIGIN),
                                        .htm = SLICE("POST"),
                                        .htu = slice_str(TARGET[i]),
                                        .cty = SLICE("application/json"),
                                        .jti = header.jti,
                                        .iat = header.time.us / 1000000,
                                        .head_seq = (uint64_t) i - 1,
                                        .head_hash = header.prev};
        struct buf out;
        buf_init(&out, STATEMENT_JWS_MAX);
        assert_int_equal(statement_sign(&draft, pair, slice_str(VECTOR_ENTRIES[i].body), &out, NULL), TALLY_OK);
        assert_slice(buf_slice(&out), VECTOR_ENTRIES[i].jws);
        buf_release(&out);
        key_pair_free(pair);
    }
}

static void the_protected_header_is_the_published_one(void **state)
{
    char json[1024];
    size_t len = 0;
    const char *jws = VECTOR_ENTRIES[2].jws;
    (void) state;
    assert_int_equal(text_unbase64url(slice_of(jws, (size_t) (strchr(jws, '.') - jws)), json, sizeof json, &len), TALLY_OK);
    assert_slice(
        slice_of(json, len),
        "{\"alg\":\"EdDSA\",\"kid\":\"" PROV_KID "\",\"aud\":\"" VECTOR_ORIGIN
        "\",\"htm\":\"POST\",\"htu\":\"/v1/results\","
        "\"iat\":1767225603,\"jti\":\"res-0000000000001\",\"typ\":\"tally-statement\",\"cty\":\"application/json\","
        "\"head\":\"1:68b0d542705eab6b2c978b9f197ef725043f692a908b8a2a533f5c842e3ffeb4\"}");
}

static void verifier_keys_are_written_and_read(void **state)
{
    static const struct {
        const char *vkey, *name;
        uint8_t type;
    } KEYS[] = {{VECTOR_VKEY, VECTOR_ORIGIN, 1},
                {"ledger.example/outcomes/1+6f144c0c+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea", VECTOR_ORIGIN, 1},
                {"witness.example/w1+04d2d833+BD1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM", "witness.example/w1", 4}};
    (void) state;
    for (size_t i = 0; i < 3; i++) {
        struct slice name;
        uint8_t type = 0;
        struct key_public key;
        struct buf out;
        assert_int_equal(key_vkey_read(slice_str(KEYS[i].vkey), &name, &type, &key, NULL), TALLY_OK);
        assert_slice(name, KEYS[i].name);
        assert_int_equal(type, KEYS[i].type);
        buf_init(&out, 256);
        key_vkey_write(name, type, &key, &out);
        assert_slice(buf_slice(&out), KEYS[i].vkey);
        buf_release(&out);
    }
}

static void the_ledger_s_verifier_key_comes_from_its_seed(void **state)
{
    struct key_pair *pair = pair_named("ledger");
    struct key_public key;
    struct buf out;
    (void) state;
    key_pair_public(pair, &key);
    buf_init(&out, 256);
    key_vkey_write(SLICE(VECTOR_ORIGIN), 1, &key, &out);
    assert_slice(buf_slice(&out), VECTOR_VKEY);
    buf_release(&out);
    key_pair_free(pair);
}

static void keys_prove_possession(void **state)
{
    static const struct {
        const char *seed, *actor, *kid, *x, *pop;
    } ACTORS[] = {{"op", "op", OP_KID, "dnTUMa27IMZpcIVYQMy2dtWq40yCdv-_qX53WAQeJQQ",
                   "IUs8X7K2vlDBRql-Dns5NxEfPCC1SE1mg8yMHfkMtzN2jDqZuwysrbxddjRqb0Lr0npBEnj5jcAa7BlTbZ_GDw"},
                  {"prov", "provider", PROV_KID, "wjwSxcM5FtAffpZG-VIn8IoK5QyhJXxR3OsvrcvEFGc",
                   "ti1IWg5md885M1xy5IOIKdNQDGFoI0meOdrkh9HmwOkZTGK_ihgqiJ9O445UMrHivY2harSZel3RJg9Noun4BA"}};
    (void) state;
    for (size_t i = 0; i < 2; i++) {
        struct key_pair *pair = pair_named(ACTORS[i].seed);
        struct key_public key;
        struct key_kid kid;
        struct buf out;
        struct slice pop = slice_str(ACTORS[i].pop);
        key_pair_public(pair, &key);
        buf_init(&out, 256);
        text_base64url(key.bytes, sizeof key.bytes, &out);
        assert_slice(buf_slice(&out), ACTORS[i].x);
        key_thumbprint(&key, &kid);
        assert_string_equal(kid.text, ACTORS[i].kid);
        buf_clear(&out);
        assert_int_equal(key_proof_make(pair, SLICE(VECTOR_ORIGIN), slice_str(ACTORS[i].actor), &out, NULL), TALLY_OK);
        assert_slice(buf_slice(&out), ACTORS[i].pop);
        assert_int_equal(key_proof_check(&key, SLICE(VECTOR_ORIGIN), slice_str(ACTORS[i].actor), pop, NULL), TALLY_OK);
        assert_int_equal(key_proof_check(&key, SLICE(VECTOR_ORIGIN), SLICE("another"), pop, NULL), TALLY_E_SIGNATURE);
        assert_int_equal(key_proof_check(&key, SLICE("other.example"), slice_str(ACTORS[i].actor), pop, NULL),
                         TALLY_E_SIGNATURE);
        buf_release(&out);
        key_pair_free(pair);
    }
}

/* RFC 8037 appendix A: seed, thumbprint, signature of a JWS with an attached payload. */
static void rfc_8037_is_reproduced(void **state)
{
    uint8_t seed[KEY_SEED_LEN];
    uint8_t signature[KEY_SIGNATURE_LEN];
    size_t len = 0;
    struct key_pair *pair = NULL;
    struct key_verifier *verifier = NULL;
    struct key_public key;
    struct key_kid kid;
    struct buf input;
    struct buf out;
    (void) state;
    assert_int_equal(text_unbase64url(SLICE("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"), seed, sizeof seed, &len),
                     TALLY_OK);
    assert_int_equal(key_pair_from_seed(seed, &pair, NULL), TALLY_OK);
    key_pair_public(pair, &key);
    key_thumbprint(&key, &kid);
    assert_string_equal(kid.text, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    buf_init(&input, 256);
    buf_init(&out, 256);
    text_base64url("{\"alg\":\"EdDSA\"}", 15, &input);
    buf_add_char(&input, '.');
    text_base64url("Example of Ed25519 signing", 26, &input);
    assert_int_equal(key_sign(pair, buf_slice(&input), signature, NULL), TALLY_OK);
    text_base64url(signature, sizeof signature, &out);
    assert_slice(buf_slice(&out), "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    assert_int_equal(key_verifier_new(&key, &verifier, NULL), TALLY_OK);
    assert_int_equal(key_verify(verifier, buf_slice(&input), signature), TALLY_OK);
    key_verifier_free(verifier);
    key_pair_free(pair);
    buf_release(&input);
    buf_release(&out);
}

/* RFC 8032 section 7.1, TEST 1 to 3 and TEST SHA(abc). */
static void rfc_8032_is_reproduced(void **state)
{
    static const struct {
        const char *seed, *key, *message, *signature;
    } TESTS[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe246"
         "55141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb"
         "00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc"
         "027beceea1ec40a"},
        {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
         "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2"
         "a9ac94fa54ca49f",
         "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad"
         "9bef1177331a704"},
    };
    (void) state;
    for (size_t i = 0; i < sizeof TESTS / sizeof TESTS[0]; i++) {
        uint8_t seed[32];
        uint8_t message[64];
        uint8_t signature[KEY_SIGNATURE_LEN];
        size_t len = strlen(TESTS[i].message) / 2;
        struct key_pair *pair = NULL;
        struct key_verifier *verifier = NULL;
        struct key_public key;
        assert_int_equal(text_unhex(slice_str(TESTS[i].seed), seed, sizeof seed), TALLY_OK);
        assert_int_equal(text_unhex(slice_str(TESTS[i].message), message, len), TALLY_OK);
        assert_int_equal(key_pair_from_seed(seed, &pair, NULL), TALLY_OK);
        key_pair_public(pair, &key);
        assert_hex(key.bytes, sizeof key.bytes, TESTS[i].key);
        assert_int_equal(key_sign(pair, slice_of(message, len), signature, NULL), TALLY_OK);
        assert_hex(signature, sizeof signature, TESTS[i].signature);
        assert_int_equal(key_verifier_new(&key, &verifier, NULL), TALLY_OK);
        assert_int_equal(key_verify(verifier, slice_of(message, len), signature), TALLY_OK);
        signature[40] ^= 1;
        assert_int_equal(key_verify(verifier, slice_of(message, len), signature), TALLY_E_SIGNATURE);
        key_verifier_free(verifier);
        key_pair_free(pair);
    }
}

static void the_contract_version_is_the_hash_of_prefix_and_manifest(void **state)
{
    const struct slice parts[] = {SLICE("tally/contract/v1\n"), slice_str(VECTOR_MANIFEST)};
    struct digest version;
    (void) state;
    digest_parts(parts, 2, &version);
    assert_hex(version.bytes, DIGEST_LEN, "444b32834dc39f880019b6ca274f34425354acfbb9b6e7bde092e878751b8fb0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read_and_written_again),
        cmocka_unit_test(hashes_link),
        cmocka_unit_test(commitments_are_those_of_the_bodies),
        cmocka_unit_test(statements_verify_and_say_what_they_say),
        cmocka_unit_test(signing_again_gives_the_same_statement),
        cmocka_unit_test(the_protected_header_is_the_published_one),
        cmocka_unit_test(verifier_keys_are_written_and_read),
        cmocka_unit_test(the_ledger_s_verifier_key_comes_from_its_seed),
        cmocka_unit_test(keys_prove_possession),
        cmocka_unit_test(rfc_8037_is_reproduced),
        cmocka_unit_test(rfc_8032_is_reproduced),
        cmocka_unit_test(the_contract_version_is_the_hash_of_prefix_and_manifest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
