/* A statement has exactly one form; everything beside it is refused, each with its code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tally/statement.h"
#include "tally/text.h"

#define KID "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SIGNATURE "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

#define TYP "\"typ\":\"tally-statement\""
#define ALG "\"alg\":\"EdDSA\""
#define KEY "\"kid\":\"" KID "\""
#define AUD "\"aud\":\"ledger.example/1\""
#define HTM "\"htm\":\"POST\""
#define HTU "\"htu\":\"/v1/results\""
#define CTY "\"cty\":\"application/json\""
#define IAT "\"iat\":1767225600"
#define JTI "\"jti\":\"0123456789abcdef\""
#define HEAD "\"head\":\"7:" HASH "\""

/* the members around one that is tested */
#define WITH_ALG(alg) "{" TYP "," alg "," KEY "," AUD "," HTM "," HTU "," CTY "," IAT "," JTI "," HEAD "}"
#define WITH_IAT(iat) "{" TYP "," ALG "," KEY "," AUD "," HTM "," HTU "," CTY "," iat "," JTI "," HEAD "}"
#define WITH_HEAD(head) "{" TYP "," ALG "," KEY "," AUD "," HTM "," HTU "," CTY "," IAT "," JTI "," head "}"
#define WITH_JTI(jti) "{" TYP "," ALG "," KEY "," AUD "," HTM "," HTU "," CTY "," IAT "," jti "," HEAD "}"
#define WITH_HTU(htu) "{" TYP "," ALG "," KEY "," AUD "," HTM "," htu "," CTY "," IAT "," JTI "," HEAD "}"
#define WITH_KID(kid) "{" TYP "," ALG "," kid "," AUD "," HTM "," HTU "," CTY "," IAT "," JTI "," HEAD "}"
#define WITH_TYP(typ) "{" typ "," ALG "," KEY "," AUD "," HTM "," HTU "," CTY "," IAT "," JTI "," HEAD "}"
#define RIGHT WITH_ALG(ALG)

static enum tally_code read_jws(struct slice jws, enum refusal_code *refused)
{
    struct arena *arena = arena_new(65536);
    struct statement statement;
    struct refusal *refusal = NULL;
    struct err err = {0};
    enum tally_code rc = statement_read(jws, arena, &statement, &refusal, &err);
    *refused = REFUSAL_COUNT;
    if (rc == TALLY_E_MALFORMED) {
        assert_non_null(refusal);
        assert_true(refusal->detail.len > 0);
        *refused = refusal->code;
    } else {
        assert_null(refusal);
    }
    arena_free(arena);
    return rc;
}

static enum tally_code read_header(const char *json, enum refusal_code *refused)
{
    struct buf jws;
    buf_init(&jws, 65536);
    text_base64url(json, strlen(json), &jws);
    buf_add_str(&jws, ".." SIGNATURE);
    enum tally_code rc = read_jws(buf_slice(&jws), refused);
    buf_release(&jws);
    return rc;
}

static void assert_read(const char *json)
{
    enum refusal_code refused;
    assert_int_equal(read_header(json, &refused), TALLY_OK);
}

static void assert_refused(const char *json, enum refusal_code code)
{
    enum refusal_code refused;
    if (read_header(json, &refused) != TALLY_E_MALFORMED)
        fail_msg("read: %s", json);
    assert_string_equal(refusal_code_text(refused), refusal_code_text(code));
}

static void members_come_in_any_order_and_with_white_space(void **state)
{
    (void) state;
    assert_read(RIGHT);
    assert_read("{" HEAD "," JTI "," IAT "," CTY "," HTU "," HTM "," AUD "," KEY "," ALG "," TYP "}");
    assert_read(" \n{ " HEAD " ,\t" JTI "," IAT " , " CTY "," HTU "," HTM "," AUD "," KEY "," ALG
                ",\r\"typ\" : \"tally-statement\" }");
    assert_read(WITH_ALG("\"alg\":\"Ed25519\""));
}

static void other_algorithms_are_never_accepted(void **state)
{
    static const char *const OTHERS[] = {WITH_ALG("\"alg\":\"none\""),
                                         WITH_ALG("\"alg\":\"HS256\""),
                                         WITH_ALG("\"alg\":\"eddsa\""),
                                         WITH_ALG("\"alg\":\"\""),
                                         WITH_ALG("\"alg\":\"Ed448\""),
                                         "{\"alg\":\"none\"}",
                                         "{\"alg\":\"ES256\",\"crit\":[\"b64\"]}"};
    enum refusal_code refused;
    struct buf jws;
    (void) state;
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++)
        assert_refused(OTHERS[i], REFUSE_STATEMENT_ALGORITHM);
    /* with the empty signature that "none" has */
    buf_init(&jws, 4096);
    text_base64url(OTHERS[0], strlen(OTHERS[0]), &jws);
    buf_add_str(&jws, "..");
    assert_int_equal(read_jws(buf_slice(&jws), &refused), TALLY_E_MALFORMED);
    assert_int_equal(refused, REFUSE_STATEMENT_ALGORITHM);
    buf_release(&jws);
}

static void other_members_are_refused(void **state)
{
    static const char *const WRONG[] = {
        "",
        "{}",
        "[]",
        "null",
        RIGHT " ",
        RIGHT "{}",
        "{" TYP "," ALG "," KEY "," AUD "," HTM "," HTU "," CTY "," IAT "," JTI "}",                        /* nine */
        "{" TYP "," ALG "," KEY "," AUD "," HTM "," HTU "," CTY "," IAT "," JTI "," HEAD ",\"b64\":\"x\"}", /* eleven */
        "{" TYP "," ALG "," KEY "," AUD "," HTM "," HTU "," CTY "," IAT "," JTI "," HEAD "," JTI "}",       /* doubled */
        "{" TYP "," ALG "," KEY "," AUD "," HTM "," HTU "," CTY "," IAT "," JTI ",\"head\":\"7:" HASH "\",}",
        "{," TYP "," ALG "," KEY "," AUD "," HTM "," HTU "," CTY "," IAT "," JTI "," HEAD "}",
        "{" TYP "," ALG "," KEY "," AUD "," HTM "," HTU "," CTY "," IAT "," JTI "," HEAD,
        "{" TYP " " ALG "," KEY "," AUD "," HTM "," HTU "," CTY "," IAT "," JTI "," HEAD "}",
        WITH_ALG("\"al\\u0067\":\"EdDSA\""),
        WITH_JTI("\"jti\":\"0123456789abcde\\u0066\""),
        WITH_JTI("\"jti\":\"0123456789\nabcdef\""),
        WITH_JTI("\"jti\":\"0123456789\xc3\xa4"
                 "bcdef\""),
        WITH_JTI("\"jti\":123456789012345678"),
        WITH_JTI("\"jti\":{}"),
        WITH_JTI("\"jti\":null"),
        "\xef\xbb\xbf" RIGHT,
    };
    (void) state;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
        assert_refused(WRONG[i], REFUSE_STATEMENT_MALFORMED);
}

static void values_of_another_form_are_refused(void **state)
{
    static const char *const WRONG[] = {
        WITH_TYP("\"typ\":\"tally-read\""),
        WITH_TYP("\"typ\":\"JWT\""),
        WITH_IAT("\"iat\":\"1767225600\""),
        WITH_IAT("\"iat\":1767225600.0"),
        WITH_IAT("\"iat\":17672256e2"),
        WITH_IAT("\"iat\":01767225600"),
        WITH_IAT("\"iat\":-0"),
        WITH_IAT("\"iat\":+1"),
        WITH_IAT("\"iat\":9007199254740992"),
        WITH_IAT("\"iat\":99999999999999999999999999"),
        WITH_IAT("\"iat\":"),
        WITH_HEAD("\"head\":\"" HASH "\""),
        WITH_HEAD("\"head\":\"07:" HASH "\""),
        WITH_HEAD("\"head\":\"-1:" HASH "\""),
        WITH_HEAD("\"head\":\":" HASH "\""),
        WITH_HEAD("\"head\":\"9007199254740992:" HASH "\""),
        WITH_HEAD("\"head\":\"7:" HASH "0\""),
        WITH_HEAD("\"head\":\"7:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\""),
        WITH_HEAD("\"head\":\"\""),
        WITH_JTI("\"jti\":\"0123456789abcde\""),
        WITH_JTI("\"jti\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0\""),
        WITH_JTI("\"jti\":\"0123456789abcde=\""),
        WITH_HTU("\"htu\":\"\""),
        WITH_HTU("\"htu\":\"v1/results\""),
        WITH_HTU("\"htu\":\"/v1/results?x=1\""),
        WITH_HTU("\"htu\":\"/v1//results\""),
        WITH_KID("\"kid\":\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4\""),
        WITH_KID("\"kid\":\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4l\""), /* unused bits */
        WITH_KID("\"kid\":\"kPrK+qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\""),
    };
    (void) state;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
        assert_refused(WRONG[i], REFUSE_STATEMENT_MALFORMED);
    assert_read(WITH_IAT("\"iat\":-5"));
    assert_read(WITH_IAT("\"iat\":0"));
    assert_read(WITH_HEAD("\"head\":\"0:" HASH "\""));
}

static void other_spellings_of_base64url_are_refused(void **state)
{
    struct buf right;
    (void) state;
    buf_init(&right, 4096);
    text_base64url(RIGHT, strlen(RIGHT), &right);
    size_t header_len = right.len;
    buf_add_str(&right, ".." SIGNATURE);
    static const struct {
        int at; /* from the header's end when positive, from the signature's end when not */
        const char *from, *to;
    } EDITS[] = {{0, "..", "."},   {0, "..", "..."}, {0, "..", "=.."}, {0, "..", ".e30."}, {0, "..", "\n.."},
                 {0, "..", " .."}, {0, "..", "A.."}, {-1, "g", "h"},   {-1, "g", "g="},    {-1, "g", "g."},
                 {-1, "g", "g\n"}, {-1, "g", ""},    {-1, "g", "g=="}};
    for (size_t i = 0; i < sizeof EDITS / sizeof EDITS[0]; i++) {
        enum refusal_code refused;
        struct buf jws;
        size_t at = EDITS[i].at == 0 ? header_len : right.len - 1;
        size_t old = strlen(EDITS[i].from);
        buf_init(&jws, 4096);
        buf_add(&jws, right.ptr, at);
        buf_add_str(&jws, EDITS[i].to);
        buf_add(&jws, right.ptr + at + old, right.len - at - old);
        assert_int_equal(read_jws(buf_slice(&jws), &refused), TALLY_E_MALFORMED);
        assert_int_equal(refused, REFUSE_STATEMENT_MALFORMED);
        buf_release(&jws);
    }
    enum refusal_code refused;
    assert_int_equal(read_jws(buf_slice(&right), &refused), TALLY_OK);
    assert_int_equal(read_jws((struct slice){0}, &refused), TALLY_E_MALFORMED);
    assert_int_equal(read_jws(SLICE("."), &refused), TALLY_E_MALFORMED);
    assert_int_equal(read_jws(SLICE(".."), &refused), TALLY_E_MALFORMED);
    buf_release(&right);
}

static void a_signature_that_is_too_long_is_refused(void **state)
{
    enum refusal_code refused;
    struct buf jws;
    (void) state;
    buf_init(&jws, 8192);
    for (int i = 0; i <= STATEMENT_JWS_MAX; i++)
        buf_add_char(&jws, 'A');
    assert_int_equal(read_jws(buf_slice(&jws), &refused), TALLY_E_MALFORMED);
    assert_int_equal(refused, REFUSE_STATEMENT_MALFORMED);
    buf_release(&jws);
}

static void want_of_memory_is_ours(void **state)
{
    struct arena *arena = arena_new(64);
    struct statement statement;
    struct refusal *refusal = NULL;
    struct buf jws;
    (void) state;
    buf_init(&jws, 4096);
    text_base64url(RIGHT, strlen(RIGHT), &jws);
    buf_add_str(&jws, ".." SIGNATURE);
    assert_int_equal(statement_read(buf_slice(&jws), arena, &statement, &refusal, NULL), TALLY_E_NO_MEMORY);
    assert_null(refusal);
    buf_release(&jws);
    arena_free(arena);
}

static void only_plain_targets_may_be_named(void **state)
{
    static const char *const PLAIN[] = {"/v1/results", "/v1/results/17/verifications", "/a", "/v1/x~y.z", "/...",
                                        "/v1/a:b@c"};
    static const char *const OTHER[] = {
        "",        "/",       "v1",      "/v1/",    "//",       "/v1//x",       "/.",     "/..",    "/v1/../x", "/v1/./x",
        "/v1/x?y", "/v1/x#y", "/v1/%41", "/v1/x y", "/v1/\x7f", "/v1/\xc3\xa4", "/v1/\"", "/v1/\\", "/v1/x/.."};
    (void) state;
    for (size_t i = 0; i < sizeof PLAIN / sizeof PLAIN[0]; i++)
        assert_true(statement_target_is_plain(slice_str(PLAIN[i])));
    for (size_t i = 0; i < sizeof OTHER / sizeof OTHER[0]; i++)
        assert_false(statement_target_is_plain(slice_str(OTHER[i])));
    assert_false(statement_target_is_plain(slice_of("/a\0b", 4)));
}

struct signed_one {
    struct key_pair *pair;
    struct key_verifier *key;
    struct arena *arena;
    struct buf jws;
    struct statement statement;
};

static void sign_one(struct signed_one *s, struct slice body)
{
    struct key_public key;
    struct refusal *refusal = NULL;
    struct statement_draft draft = {.aud = SLICE("ledger.example/1"),
                                    .htm = SLICE("POST"),
                                    .htu = SLICE("/v1/results"),
                                    .cty = SLICE("application/json"),
                                    .jti = SLICE("0123456789abcdef"),
                                    .iat = 1767225600,
                                    .head_seq = 7};
    assert_int_equal(key_pair_generate(&s->pair, NULL), TALLY_OK);
    key_pair_public(s->pair, &key);
    s->key = NULL;
    assert_int_equal(key_verifier_new(&key, &s->key, NULL), TALLY_OK);
    s->arena = arena_new(65536);
    buf_init(&s->jws, STATEMENT_JWS_MAX);
    assert_int_equal(statement_sign(&draft, s->pair, body, &s->jws, NULL), TALLY_OK);
    assert_int_equal(statement_read(buf_slice(&s->jws), s->arena, &s->statement, &refusal, NULL), TALLY_OK);
}

static void signed_release(struct signed_one *s)
{
    key_pair_free(s->pair);
    key_verifier_free(s->key);
    arena_free(s->arena);
    buf_release(&s->jws);
}

static void a_signature_is_over_every_byte_of_the_body(void **state)
{
    static const size_t SIZES[] = {0, 1, 2, 3, 1000, 3u << 20};
    (void) state;
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        struct buf body;
        struct signed_one s;
        buf_init(&body, 8u << 20);
        for (size_t k = 0; k < SIZES[i]; k++)
            buf_add_char(&body, (char) ('a' + k % 26));
        sign_one(&s, buf_slice(&body));
        assert_int_equal(statement_verify(&s.statement, s.key, buf_slice(&body), NULL), TALLY_OK);
        if (body.len > 0) {
            body.ptr[body.len - 1] ^= 1;
            assert_int_equal(statement_verify(&s.statement, s.key, buf_slice(&body), NULL), TALLY_E_SIGNATURE);
            body.ptr[body.len - 1] ^= 1;
        }
        buf_add_char(&body, ' ');
        assert_int_equal(statement_verify(&s.statement, s.key, buf_slice(&body), NULL), TALLY_E_SIGNATURE);
        s.statement.signature[0] ^= 1;
        assert_int_equal(statement_verify(&s.statement, s.key, slice_of(body.ptr, SIZES[i]), NULL), TALLY_E_SIGNATURE);
        signed_release(&s);
        buf_release(&body);
    }
}

static void a_statement_is_for_one_request(void **state)
{
    const struct statement_request right = {SLICE("ledger.example/1"), SLICE("POST"), SLICE("/v1/results"),
                                            SLICE("application/json")};
    struct statement_request request = right;
    struct signed_one s;
    (void) state;
    sign_one(&s, SLICE("{}"));
    assert_null(statement_check_request(&s.statement, &right, s.arena));
    for (int i = 0; i < 4; i++) {
        request = right;
        struct slice *members[] = {&request.origin, &request.method, &request.target, &request.content_type};
        *members[i] = SLICE("other");
        struct refusal *refusal = statement_check_request(&s.statement, &request, s.arena);
        assert_non_null(refusal);
        assert_int_equal(refusal->code, REFUSE_STATEMENT_MISDIRECTED);
        struct arena *empty = arena_new(0);
        refusal = statement_check_request(&s.statement, &request, empty);
        assert_non_null(refusal); /* no memory is no agreement */
        assert_int_equal(refusal->code, REFUSE_STATEMENT_MISDIRECTED);
        arena_free(empty);
    }
    signed_release(&s);
}

static void what_cannot_be_read_is_not_signed(void **state)
{
    struct key_pair *pair = NULL;
    struct buf out;
    struct statement_draft draft = {.aud = SLICE("ledger.example/1"),
                                    .htm = SLICE("POST"),
                                    .htu = SLICE("/v1/results?x"),
                                    .cty = SLICE("application/json"),
                                    .jti = SLICE("0123456789abcdef")};
    (void) state;
    assert_int_equal(key_pair_generate(&pair, NULL), TALLY_OK);
    buf_init(&out, STATEMENT_JWS_MAX);
    assert_int_equal(statement_sign(&draft, pair, SLICE("{}"), &out, NULL), TALLY_E_USAGE);
    assert_int_equal(out.len, 0);
    buf_release(&out);
    key_pair_free(pair);
}

static void fresh_ids_differ_and_are_ids(void **state)
{
    char a[23], b[23];
    (void) state;
    assert_int_equal(statement_new_jti(a, NULL), TALLY_OK);
    assert_int_equal(statement_new_jti(b, NULL), TALLY_OK);
    assert_true(text_is_jti(slice_str(a)) && text_is_jti(slice_str(b)));
    assert_string_not_equal(a, b);
}

/* ---- readers' tokens ---- */

static void a_reader_s_token_holds_for_ten_minutes(void **state)
{
    const struct instant now = {INT64_C(1767225600000000)};
    struct arena *arena = arena_new(65536);
    struct key_pair *pair = NULL;
    struct key_verifier *key = NULL, *other_key = NULL;
    struct key_public public_key;
    const uint8_t seed[KEY_SEED_LEN] = {3};
    struct key_pair *other = NULL;
    (void) state;
    assert_int_equal(key_pair_generate(&pair, NULL), TALLY_OK);
    assert_int_equal(key_pair_from_seed(seed, &other, NULL), TALLY_OK);
    key_pair_public(pair, &public_key);
    assert_int_equal(key_verifier_new(&public_key, &key, NULL), TALLY_OK);
    key_pair_public(other, &public_key);
    assert_int_equal(key_verifier_new(&public_key, &other_key, NULL), TALLY_OK);
    static const struct {
        int ahead_s;
        bool is_right;
    } CASES[] = {{600, true}, {1, true}, {0, false}, {-1, false}, {601, false}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct buf token;
        struct read_token read;
        struct refusal *refusal = NULL;
        buf_init(&token, 2048);
        assert_int_equal(read_token_sign(SLICE("prov"), SLICE("ledger.example/1"),
                                         (struct instant){now.us + CASES[i].ahead_s * INT64_C(1000000)}, pair, &token,
                                         NULL),
                         TALLY_OK);
        assert_int_equal(read_token_read(buf_slice(&token), arena, &read, &refusal, NULL), TALLY_OK);
        assert_true(slice_is(read.iss, "prov"));
        refusal = read_token_check(&read, SLICE("ledger.example/1"), now, key, arena);
        assert_int_equal(refusal == NULL, CASES[i].is_right);
        assert_non_null(read_token_check(&read, SLICE("ledger.example/2"), now, key, arena));
        assert_non_null(read_token_check(&read, SLICE("ledger.example/1"), now, other_key, arena));
        /* neither is taken for the other */
        enum refusal_code refused;
        assert_int_equal(read_jws(buf_slice(&token), &refused), TALLY_E_MALFORMED);
        buf_release(&token);
    }
    key_verifier_free(key);
    key_verifier_free(other_key);
    key_pair_free(pair);
    key_pair_free(other);
    arena_free(arena);
}

static void other_tokens_are_refused(void **state)
{
#define TOKEN_HEADER "{\"alg\":\"EdDSA\",\"kid\":\"" KID "\",\"typ\":\"tally-read\"}"
#define TOKEN_PAYLOAD "{\"aud\":\"ledger.example/1\",\"exp\":1767225600,\"iss\":\"prov\"}"
    static const char *const TOKENS[][2] = {
        {"{\"alg\":\"none\",\"kid\":\"" KID "\",\"typ\":\"tally-read\"}", TOKEN_PAYLOAD},
        {"{\"alg\":\"EdDSA\",\"kid\":\"" KID "\",\"typ\":\"tally-statement\"}", TOKEN_PAYLOAD},
        {"{\"alg\":\"EdDSA\",\"kid\":\"" KID "\",\"typ\":\"tally-read\",\"crit\":\"x\"}", TOKEN_PAYLOAD},
        {"{\"alg\":\"EdDSA\",\"kid\":\"" KID "\"}", TOKEN_PAYLOAD},
        {TOKEN_HEADER, "{\"aud\":\"ledger.example/1\",\"exp\":1767225600}"},
        {TOKEN_HEADER, "{\"aud\":\"ledger.example/1\",\"exp\":\"1767225600\",\"iss\":\"prov\"}"},
        {TOKEN_HEADER, "{\"aud\":\"ledger.example/1\",\"exp\":1767225600,\"iss\":\"Prov\"}"},
        {TOKEN_HEADER, "{\"aud\":\"ledger.example/1\",\"exp\":1767225600,\"iss\":\"prov\",\"iss\":\"prov\"}"},
        {TOKEN_HEADER, ""},
        {"", TOKEN_PAYLOAD},
    };
    (void) state;
    for (size_t i = 0; i <= sizeof TOKENS / sizeof TOKENS[0]; i++) {
        struct arena *arena = arena_new(65536);
        struct read_token read;
        struct refusal *refusal = NULL;
        struct buf token;
        bool is_right = i == sizeof TOKENS / sizeof TOKENS[0];
        const char *header = is_right ? TOKEN_HEADER : TOKENS[i][0];
        const char *payload = is_right ? TOKEN_PAYLOAD : TOKENS[i][1];
        buf_init(&token, 4096);
        text_base64url(header, strlen(header), &token);
        buf_add_char(&token, '.');
        text_base64url(payload, strlen(payload), &token);
        buf_add_str(&token, "." SIGNATURE);
        assert_int_equal(read_token_read(buf_slice(&token), arena, &read, &refusal, NULL),
                         is_right ? TALLY_OK : TALLY_E_MALFORMED);
        if (!is_right) {
            assert_non_null(refusal);
            assert_int_equal(refusal->code, REFUSE_TOKEN_INVALID);
        }
        buf_release(&token);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_in_any_order_and_with_white_space),
        cmocka_unit_test(other_algorithms_are_never_accepted),
        cmocka_unit_test(other_members_are_refused),
        cmocka_unit_test(values_of_another_form_are_refused),
        cmocka_unit_test(other_spellings_of_base64url_are_refused),
        cmocka_unit_test(a_signature_that_is_too_long_is_refused),
        cmocka_unit_test(want_of_memory_is_ours),
        cmocka_unit_test(only_plain_targets_may_be_named),
        cmocka_unit_test(a_signature_is_over_every_byte_of_the_body),
        cmocka_unit_test(a_statement_is_for_one_request),
        cmocka_unit_test(what_cannot_be_read_is_not_signed),
        cmocka_unit_test(fresh_ids_differ_and_are_ids),
        cmocka_unit_test(a_reader_s_token_holds_for_ten_minutes),
        cmocka_unit_test(other_tokens_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
