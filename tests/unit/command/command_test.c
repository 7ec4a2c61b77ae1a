/* Each type of statement: what a right body becomes, and what is wrong with the others. */
#include "decode_help.h"
#include "tally/digest.h"

#define ZERO_KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* ---- actors and keys ---- */
#define ACTORS POST(ENTRY_ACTOR_REGISTERED, "/v1/actors")

static void an_actor_with_its_key(void **state)
{
    char key[400], body[700];
    (void) state;
    write_key(key, sizeof(key), 7, "vera");
    snprintf(body, sizeof(body),
             "{\"id\":\"vera\",\"kind\":\"organisation\",%s,\"name\":\"Vera \\u00e9\",\"roles\":[\"backbone\"]}", key);
    struct decoded d = accepted(ACTORS, body);
    assert_int_equal(d.command.kind, COMMAND_REGISTER_ACTOR);
    assert_string_equal(d.command.u.register_actor.id.ptr, "vera");
    assert_string_equal(d.command.u.register_actor.name.ptr, "Vera \xc3\xa9");
    assert_int_equal(d.command.u.register_actor.kind, ACTOR_ORGANISATION);
    assert_true(d.command.u.register_actor.is_backbone);
    assert_int_equal(d.command.u.register_actor.kid.len, KEY_KID_LEN);
    assert_int_equal(d.command.u.register_actor.x.len, 43);
    decoded_release(&d);
    snprintf(body, sizeof(body), "{\"id\":\"vera\",\"kind\":\"patch\",%s}", key);
    d = accepted(ACTORS, body);
    assert_int_equal(d.command.u.register_actor.name.len, 0);
    assert_int_equal(d.command.u.register_actor.kind, ACTOR_PATCH);
    assert_false(d.command.u.register_actor.is_backbone);
    decoded_release(&d);
}

static void a_key_has_to_be_proven_for_this_actor(void **state)
{
    char key[400], body[700];
    (void) state;
    write_key(key, sizeof(key), 7, "vera");
    snprintf(body, sizeof(body), "{\"id\":\"mallory\",\"kind\":\"person\",%s}", key);
    REFUSED(ACTORS, body, REFUSE_KEY_PROOF, "/pop");
    REFUSED(POST(ENTRY_KEY_ADDED, "/v1/actors/vera/keys"),
            "{\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" ZERO_KEY "\"},"
            "\"pop\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
            REFUSE_KEY_WEAK, "/jwk/x");
}

static void the_form_of_an_actor(void **state)
{
    (void) state;
    REFUSED(ACTORS,
            "{\"id\":\"Vera\",\"kind\":\"firm\",\"jwk\":7,\"pop\":\"x\",\"name\":\"a\\u0007\",\"roles\":[\"operator\",1]}",
            REFUSE_BODY_SCHEMA, "/id", "/kind", "/jwk", "/pop", "/name", "/roles/0", "/roles/1");
    REFUSED(POST(ENTRY_KEY_ADDED, "/v1/actors/vera/keys"),
            "{\"jwk\":{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"!\",\"d\":\"secret\"},"
            "\"pop\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
            REFUSE_BODY_SCHEMA, "/jwk/d", "/jwk/crv", "/jwk/kty");
}

static void a_key_is_added_to_the_actor_of_the_path(void **state)
{
    char key[400], body[500];
    (void) state;
    write_key(key, sizeof(key), 9, "vera");
    snprintf(body, sizeof(body), "{%s}", key);
    struct decoded d = accepted(POST(ENTRY_KEY_ADDED, "/v1/actors/vera/keys"), body);
    assert_int_equal(d.command.kind, COMMAND_ADD_KEY);
    assert_true(slice_is(d.command.u.add_key.id, "vera"));
    decoded_release(&d);
    REFUSED(POST(ENTRY_KEY_ADDED, "/v1/actors/other/keys"), body, REFUSE_KEY_PROOF, "/pop");
    d = decode_bytes(POST(ENTRY_KEY_ADDED, "/v1/actors/VERA/keys"), slice_str(body));
    assert_int_equal(d.refusal->code, REFUSE_ACTOR_NOT_FOUND);
    decoded_release(&d);
}

static void a_key_is_revoked_by_its_thumbprint(void **state)
{
    (void) state;
    struct decoded d =
        accepted(POST(ENTRY_KEY_REVOKED, "/v1/actors/vera/keys/" KID "/revocation"), "{\"reason\":\"lost\\nin a train\"}");
    assert_int_equal(d.command.kind, COMMAND_REVOKE_KEY);
    assert_true(slice_is(d.command.u.revoke_key.id, "vera") && slice_is(d.command.u.revoke_key.kid, KID));
    decoded_release(&d);
    d = decode_bytes(POST(ENTRY_KEY_REVOKED, "/v1/actors/vera/keys/k1/revocation"), SLICE("{}"));
    assert_int_equal(d.refusal->code, REFUSE_KEY_NOT_FOUND);
    decoded_release(&d);
}

/* ---- indicators ---- */
#define INDICATORS POST(ENTRY_INDICATOR_DEFINED, "/v1/indicators")
#define DEFINE(unit)                                                                                                       \
    "{\"id\":\"nyc.bed-days\",\"version\":1,\"name\":\"N\",\"definition\":\"D\",\"unit\":\"" unit "\",\"kind\":"           \
    "\"outcome\"}"

static void an_indicator(void **state)
{
    static const char *const right[] = {
        DEFINE("days per person"), DEFINE("percent"), DEFINE("true or false"), DEFINE("USD"),
        DEFINE("USD per CHF"),     DEFINE("date"),    DEFINE("word"),          DEFINE("number")};
    static const char *const wrong[] = {
        DEFINE("Days"),       DEFINE("days  per person"),       DEFINE("days per"), DEFINE("US"), DEFINE("%"),
        DEFINE("per person"), DEFINE("days per person per day")};
    (void) state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        struct decoded d = accepted(INDICATORS, right[i]);
        assert_string_equal(d.command.u.define_indicator.slug.ptr, "nyc.bed-days");
        assert_false(d.command.u.define_indicator.lower_is_better);
        decoded_release(&d);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        REFUSED(INDICATORS, wrong[i], REFUSE_BODY_SCHEMA, "/unit");
    REFUSED(INDICATORS,
            "{\"id\":\"nyc..x\",\"version\":0,\"name\":\"\",\"definition\":\"\\u007f\",\"unit\":\"days\",\"kind\":"
            "\"impact\",\"direction\":\"up\"}",
            REFUSE_BODY_SCHEMA, "/id", "/version", "/name", "/definition", "/kind", "/direction");
}

/* ---- contracts ---- */
#define CONTRACTS POST(ENTRY_CONTRACT_PROPOSED, "/v1/contracts")
#define TEXT_HEAD                                                                                                          \
    "terms 1\\ncontract tiny \\\"Tiny\\\"\\ncurrency USD rounded to 0.01, half even\\nclock UTC\\nruns 2012-01-01 to "     \
    "2013-12-31\\n"
#define TEXT_REST                                                                                                          \
    "\\nparty a outcome payer \\\"A\\\"\\nparty b provider \\\"B\\\"\\n\\nin force when a and b have signed\\n"            \
    "disputes decided by a within 60 days, otherwise stands\\n\\n"
#define PARTIES "{\"b\":{\"actor\":\"bert\",\"kid\":\"" KID "\"},\"a\":{\"actor\":\"anna\",\"kid\":\"" KID "\"}}"
#define PROPOSE(text) "{\"id\":\"tiny-1\",\"open\":true,\"parties\":" PARTIES ",\"terms\":\"" text "\"}"

/* The body with the text in the layout that a first try is told. */
static struct slice in_layout(struct arena *arena)
{
    struct diags diags;
    struct buf text, body;
    struct slice out;
    char source[] = TEXT_HEAD TEXT_REST "pay it from a to b\\n  amount 5\\n";
    size_t n = 0;
    for (size_t i = 0; source[i] != '\0'; i++) {
        if (source[i] == '\\')
            source[n++] = source[++i] == 'n' ? '\n' : source[i];
        else
            source[n++] = source[i];
    }
    diags_init(&diags, arena);
    buf_init(&text, 1 << 16);
    buf_init(&body, 1 << 16);
    assert_int_equal(terms_format(slice_of(source, n), &diags, &text, NULL), TALLY_OK);
    buf_add_str(&body, "{\"id\":\"tiny-1\",\"open\":true,\"parties\":" PARTIES ",\"terms\":\"");
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\n')
            buf_add_str(&body, "\\n");
        else
            buf_printf(&body, text.ptr[i] == '"' ? "\\%c" : "%c", text.ptr[i]);
    }
    buf_add_str(&body, "\"}");
    assert_int_equal(arena_copy(arena, body.ptr, body.len, &out, NULL), TALLY_OK);
    buf_release(&text);
    buf_release(&body);
    return out;
}

static void a_proposal_is_compiled_and_its_parties_sorted(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct digest digest;
    (void) state;
    struct decoded d = accepted(CONTRACTS, in_layout(arena).ptr);
    assert_int_equal(d.command.kind, COMMAND_PROPOSE_CONTRACT);
    assert_non_null(d.command.u.propose_contract.terms);
    assert_true(d.command.u.propose_contract.open);
    assert_int_equal(d.command.u.propose_contract.party_count, 2);
    assert_string_equal(d.command.u.propose_contract.parties[0].name.ptr, "a");
    assert_string_equal(d.command.u.propose_contract.parties[1].actor.ptr, "bert");
    digest_of(d.command.u.propose_contract.text, &digest);
    assert_memory_equal(d.command.u.propose_contract.terms_hash, digest.bytes, 32);
    decoded_release(&d);
    arena_free(arena);
}

static void terms_that_do_not_check_are_shown_with_line_and_column(void **state)
{
    (void) state;
    struct decoded d =
        decode_bytes(CONTRACTS, SLICE(PROPOSE(TEXT_HEAD TEXT_REST "pay it from a to nobody\\n  amount 5\\n")));
    assert_int_equal(d.refusal->code, REFUSE_CONTRACT_TERMS);
    assert_string_equal(d.refusal->errors->pointer.ptr, "/terms");
    assert_non_null(strstr(d.refusal->errors->detail.ptr, "line 13, column "));
    assert_true(slice_starts(d.refusal->extra, SLICE("\"diagnostics\":\"terms:13:")));
    assert_null(d.command.u.propose_contract.terms);
    decoded_release(&d);
}

static void another_layout_is_refused_with_the_one_that_is_accepted(void **state)
{
    (void) state;
    struct decoded d = decode_bytes(CONTRACTS, SLICE(PROPOSE(TEXT_HEAD TEXT_REST "pay   it from a to b amount 5\\n")));
    assert_int_equal(d.refusal->code, REFUSE_CONTRACT_LAYOUT);
    assert_string_equal(d.refusal->errors->pointer.ptr, "/terms");
    assert_true(slice_starts(d.refusal->extra, SLICE("\"accepted\":\"terms 1\\n")));
    decoded_release(&d);
}

#define X16 "xxxxxxxxxxxxxxxx"
#define NAME_64 X16 X16 X16 X16

static void names_of_the_text_are_identifiers_and_bounded_like_them(void **state)
{
    static const struct {
        const char *before, *behind;
    } declarations[] = {
        {"party ", " provider \\\"C\\\""},
        {"dimension ", " (one, two)"},
        {"dimension d (one, ", ")"},
        {"dimension ", " 1 to 5"},
        {"unit child ", ""},
        {"metric ", " is \\\"Figure\\\" in USD\\n  reported by a"},
        {"define ", " = 5"},
        {"pay ", " from a to b\\n  amount 5"},
    };
    (void) state;
    for (size_t i = 0; i < sizeof(declarations) / sizeof(declarations[0]); i++) {
        for (int over = 0; over < 2; over++) {
            char body[2048];
            (void) snprintf(body, sizeof(body),
                            PROPOSE(TEXT_HEAD TEXT_REST "%s" NAME_64 "%s%s\\npay it from a to b\\n  amount 5\\n"),
                            declarations[i].before, over == 1 ? "x" : "", declarations[i].behind);
            struct decoded d = decode_bytes(CONTRACTS, slice_str(body));
            bool is_said = d.refusal != NULL && strstr(d.refusal->detail.ptr, "1 error") != NULL;
            assert_int_equal(is_said, over);
            if (over == 1) {
                assert_int_equal(d.refusal->code, REFUSE_CONTRACT_TERMS);
                assert_string_equal(d.refusal->errors->pointer.ptr, "/terms");
                assert_non_null(strstr(d.refusal->errors->detail.ptr, "line 13, column "));
                assert_non_null(strstr(d.refusal->errors->detail.ptr, "a name has 64 characters at most"));
                assert_non_null(strstr(d.refusal->extra.ptr, "^"));
            }
            decoded_release(&d);
        }
    }
}

/* K4: refused when it is proposed, and never a result later. */
static void rule_K4_a_text_whose_evaluation_may_outgrow_the_service_is_not_taken(void **state)
{
    static const struct {
        int members;
        bool is_taken;
    } sizes[] = {{1000, true}, {3000, false}};
    (void) state;
    for (size_t i = 0; i < 2; i++) {
        char body[2048];
        (void) snprintf(body, sizeof(body),
                        PROPOSE(TEXT_HEAD TEXT_REST
                                "dimension many 1 to %d_000\\ndimension more 1 to 1_000\\n"
                                "metric x is a.b version 1 in number\\n  by many, more\\n  reported by a\\n"
                                "pay it from a to b\\n  for each many, more of x\\n  amount 5\\n"),
                        sizes[i].members / 1000);
        struct decoded d = decode_bytes(CONTRACTS, slice_str(body));
        bool is_refused = d.refusal != NULL && d.refusal->errors != NULL &&
                          strstr(d.refusal->errors->detail.ptr, "the service grants 512 MiB") != NULL;
        assert_int_equal(is_refused, !sizes[i].is_taken);
        decoded_release(&d);
    }
}

static void the_form_of_a_proposal(void **state)
{
    (void) state;
    REFUSED(CONTRACTS,
            "{\"id\":\"T\",\"open\":\"yes\",\"parties\":{\"A\":{\"actor\":\"anna\",\"kid\":\"" KID
            "\"},\"b\":{\"actor\":\"Bert\",\"kid\":\"short\"},"
            "\"c\":[]},\"terms\":\"\"}",
            REFUSE_BODY_SCHEMA, "/id", "/open", "/terms", "/parties/A", "/parties/b/actor", "/parties/b/kid", "/parties/c");
    static char big[300000];
    size_t at = (size_t) snprintf(big, sizeof(big), "{\"id\":\"t\",\"open\":true,\"parties\":{},\"terms\":\"");
    memset(big + at, 'x', AST_TEXT_MAX + 1);
    memcpy(big + at + AST_TEXT_MAX + 1, "\"}", 3);
    REFUSED(CONTRACTS, big, REFUSE_BODY_SCHEMA, "/terms");
}

static void a_signature(void **state)
{
    (void) state;
#define HEX "444b32834dc39f880019b6ca274f34425354acfbb9b6e7bde092e878751b8fb0"
    struct decoded d =
        accepted(POST(ENTRY_CONTRACT_SIGNED, "/v1/contracts/c-1/signatures"), "{\"version\":\"" HEX "\",\"as\":\"city\"}");
    assert_true(slice_is(d.command.u.sign_contract.id, "c-1") && slice_is(d.command.u.sign_contract.as, "city"));
    assert_int_equal(d.command.u.sign_contract.version[0], 0x44);
    assert_int_equal(d.command.u.sign_contract.version[31], 0xb0);
    decoded_release(&d);
    REFUSED(POST(ENTRY_CONTRACT_SIGNED, "/v1/contracts/c-1/signatures"), "{\"version\":\"444B\",\"as\":\"City\"}",
            REFUSE_BODY_SCHEMA, "/version", "/as");
    d = decode_bytes(POST(ENTRY_CONTRACT_SIGNED, "/v1/contracts/-/signatures"), SLICE("{}"));
    assert_int_equal(d.refusal->code, REFUSE_CONTRACT_NOT_FOUND);
    decoded_release(&d);
}

static void an_accession(void **state)
{
    (void) state;
    const struct post accessions = POST(ENTRY_CONTRACT_ACCEDED, "/v1/contracts/c-1/accessions");
    struct decoded d = accepted(accessions, "{\"version\":\"" HEX "\",\"as\":\"facility\"}");
    assert_int_equal(d.command.kind, COMMAND_ACCEDE_CONTRACT);
    assert_true(slice_is(d.command.u.accede_contract.id, "c-1") && slice_is(d.command.u.accede_contract.as, "facility"));
    assert_int_equal(d.command.u.accede_contract.version[0], 0x44);
    assert_int_equal(d.command.u.accede_contract.version[31], 0xb0);
    decoded_release(&d);
    REFUSED(accessions, "{\"version\":\"444B\",\"as\":\"Facility\"}", REFUSE_BODY_SCHEMA, "/version", "/as");
    REFUSED(accessions, "{\"version\":\"" HEX "\"}", REFUSE_BODY_SCHEMA, "/as");
    REFUSED(accessions, "{\"version\":\"" HEX "\",\"as\":\"facility\",\"name\":\"north\"}", REFUSE_BODY_SCHEMA, "/name");
    d = decode_bytes(POST(ENTRY_CONTRACT_ACCEDED, "/v1/contracts/-/accessions"), SLICE("{}"));
    assert_int_equal(d.refusal->code, REFUSE_CONTRACT_NOT_FOUND);
    decoded_release(&d);
}

/* ---- results ---- */
#define RESULTS POST(ENTRY_RESULT_SUBMITTED, "/v1/results")

static void one_result_a_figure_and_many(void **state)
{
    (void) state;
    struct decoded d = accepted(RESULTS, "{\"indicator\":\"i\",\"version\":2,\"dimensions\":{\"zone\":\"a\",\"arm\":\"2016-"
                                         "01-01/2016-03-31\"},\"value\":\"8.5%\"}");
    const struct command_result *result = d.command.u.submit_results.results;
    assert_int_equal(d.command.u.submit_results.count, 1);
    assert_false(d.command.u.submit_results.is_list || d.command.u.submit_results.is_set || result->is_figure);
    assert_int_equal(result->version, 2);
    assert_int_equal(result->dimension_count, 2);
    assert_string_equal(result->dimensions[0].name.ptr, "arm"); /* sorted */
    assert_string_equal(result->dimensions[1].member.ptr, "a");
    assert_string_equal(result->value.ptr, "8.5%");
    decoded_release(&d);
    d = accepted(
        RESULTS,
        "{\"set\":true,\"results\":[{\"contract\":\"c\",\"metric\":\"drawn\",\"dimensions\":{},\"value\":\"5\"}]}");
    assert_true(d.command.u.submit_results.is_list && d.command.u.submit_results.is_set);
    assert_true(d.command.u.submit_results.results[0].is_figure);
    assert_string_equal(d.command.u.submit_results.results[0].metric.ptr, "drawn");
    decoded_release(&d);
}

static void the_form_of_results(void **state)
{
    (void) state;
    REFUSED(RESULTS, "{\"results\":[]}", REFUSE_BODY_SCHEMA, "/results");
    REFUSED(RESULTS, "{\"results\":{},\"set\":1}", REFUSE_BODY_SCHEMA, "/results", "/set");
    REFUSED(RESULTS, "{\"results\":[7],\"value\":\"1\"}", REFUSE_BODY_SCHEMA, "/value", "/results/0");
    REFUSED(
        RESULTS,
        "{\"results\":[{\"indicator\":\"i\",\"version\":1,\"dimensions\":{},\"value\":\"1\"},"
        "{\"indicator\":\"i\",\"version\":1,\"dimensions\":{\"Arm\":\"x\",\"b\":\"\",\"c\":\"a b\",\"d\":4},\"value\":5}]}",
        REFUSE_BODY_SCHEMA, "/results/1/value", "/results/1/dimensions/Arm", "/results/1/dimensions/b",
        "/results/1/dimensions/c", "/results/1/dimensions/d");
    REFUSED(RESULTS, "{\"contract\":\"c\",\"metric\":\"m\",\"indicator\":\"i\",\"dimensions\":{},\"value\":\"1\"}",
            REFUSE_BODY_SCHEMA, "/indicator");
}

static void ten_thousand_results_and_no_more(void **state)
{
    static const char one[] = "{\"indicator\":\"i\",\"version\":1,\"dimensions\":{\"n\":\"%05d\"},\"value\":\"1\"},";
    struct buf body;
    (void) state;
    buf_init(&body, 4 << 20);
    for (int count = MODEL_RESULTS_MAX; count <= MODEL_RESULTS_MAX + 1; count++) {
        buf_clear(&body);
        buf_add_str(&body, "{\"results\":[");
        for (int i = 0; i < count; i++)
            buf_printf(&body, one, i);
        body.len--;
        buf_add_str(&body, "]}");
        if (count == MODEL_RESULTS_MAX) {
            struct decoded d = accepted(RESULTS, body.ptr);
            assert_int_equal(d.command.u.submit_results.count, MODEL_RESULTS_MAX);
            assert_string_equal(d.command.u.submit_results.results[9999].dimensions[0].member.ptr, "09999");
            decoded_release(&d);
        } else {
            REFUSED(RESULTS, body.ptr, REFUSE_BODY_SCHEMA, "/results");
        }
    }
    buf_release(&body);
}

/* ---- verifications and settlements ---- */
static void a_verification(void **state)
{
    (void) state;
#define VERIFY POST(ENTRY_RESULT_VERIFIED, "/v1/results/12/verifications")
    struct decoded d = accepted(VERIFY, "{}");
    assert_true(d.command.u.verify_result.seq == 12 && d.command.u.verify_result.item_count == 0);
    decoded_release(&d);
    d = accepted(VERIFY, "{\"items\":[0,2],\"note\":\"seen\"}");
    assert_int_equal(d.command.u.verify_result.item_count, 2);
    assert_int_equal(d.command.u.verify_result.items[1], 2);
    decoded_release(&d);
    REFUSED(VERIFY, "{\"items\":[]}", REFUSE_BODY_SCHEMA, "/items");
    REFUSED(VERIFY, "{\"items\":[1,1]}", REFUSE_BODY_SCHEMA, "/items/1");
    REFUSED(VERIFY, "{\"items\":[2,0]}", REFUSE_BODY_SCHEMA, "/items/1");
    REFUSED(VERIFY, "{\"items\":[-1,\"0\",10000]}", REFUSE_BODY_SCHEMA, "/items/0", "/items/1", "/items/2");
    static const char *const targets[] = {"/v1/results/x/verifications", "/v1/results/012/verifications",
                                          "/v1/results/-1/verifications", "/v1/results/9007199254740992/verifications",
                                          "/v1/results"};
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        d = decode_bytes(POST(ENTRY_RESULT_VERIFIED, targets[i]), SLICE("{}"));
        assert_int_equal(d.refusal->code, REFUSE_RESULT_NOT_FOUND);
        decoded_release(&d);
    }
}

static void a_settlement(void **state)
{
    (void) state;
#define SETTLE POST(ENTRY_SETTLEMENT_RECORDED, "/v1/payments/31/settlements")
    struct decoded d = accepted(SETTLE, "{\"amount\":\"4800000.00\",\"reference\":\"wire 7\",\"paid_on\":\"1970-01-02\"}");
    assert_true(d.command.u.record_settlement.seq == 31 && d.command.u.record_settlement.paid_on == 1);
    assert_string_equal(d.command.u.record_settlement.amount.ptr, "4800000.00");
    decoded_release(&d);
    REFUSED(SETTLE, "{\"amount\":4800000,\"reference\":\"\",\"paid_on\":\"2015-02-29\"}", REFUSE_BODY_SCHEMA, "/amount",
            "/reference", "/paid_on");
    d = decode_bytes(POST(ENTRY_SETTLEMENT_RECORDED, "/v1/payments/none/settlements"), SLICE("{}"));
    assert_int_equal(d.refusal->code, REFUSE_PAYMENT_NOT_FOUND);
    decoded_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_actor_with_its_key),
        cmocka_unit_test(a_key_has_to_be_proven_for_this_actor),
        cmocka_unit_test(the_form_of_an_actor),
        cmocka_unit_test(a_key_is_added_to_the_actor_of_the_path),
        cmocka_unit_test(a_key_is_revoked_by_its_thumbprint),
        cmocka_unit_test(an_indicator),
        cmocka_unit_test(a_proposal_is_compiled_and_its_parties_sorted),
        cmocka_unit_test(terms_that_do_not_check_are_shown_with_line_and_column),
        cmocka_unit_test(another_layout_is_refused_with_the_one_that_is_accepted),
        cmocka_unit_test(names_of_the_text_are_identifiers_and_bounded_like_them),
        cmocka_unit_test(rule_K4_a_text_whose_evaluation_may_outgrow_the_service_is_not_taken),
        cmocka_unit_test(the_form_of_a_proposal),
        cmocka_unit_test(a_signature),
        cmocka_unit_test(an_accession),
        cmocka_unit_test(one_result_a_figure_and_many),
        cmocka_unit_test(the_form_of_results),
        cmocka_unit_test(ten_thousand_results_and_no_more),
        cmocka_unit_test(a_verification),
        cmocka_unit_test(a_settlement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
