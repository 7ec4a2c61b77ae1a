/* The read side of contracts/store: each answer parsed and compared, and pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "store_fixture.h"
#include "tally/mem.h"

/* ---- reads ---- */

static json_t *parsed(void)
{
    json_error_t error;
    struct slice text = buf_slice(&out);
    json_t *json = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        fail_msg("%s at %d in %.*s", error.text, error.position, SLICE_ARG(text));
    buf_clear(&out);
    return json;
}

/* What was read is this JSON: ' stands for ". */
static void reads(const char *expected)
{
    char *text = strdup(expected);
    assert_non_null(text);
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    json_error_t error;
    json_t *wanted_json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (wanted_json == NULL)
        fail_msg("expectation: %s at %d", error.text, error.position);
    json_t *json = parsed();
    if (!json_equal(json, wanted_json)) {
        char *shown = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);
        fail_msg("read %s\ninstead of %s", shown, text);
    }
    json_decref(json);
    json_decref(wanted_json);
    free(text);
}

static const struct store_page all = {.limit = STORE_LIMIT_MAX};

static void actors_and_keys_read_as_said(void **state)
{
    (void) state;
    bool found = false;
    record_all();
    struct row_key second = key_a;
    second.kid = SLICE(KID_B);
    second.added_seq = 8;
    second.revoked_seq = 9;
    RECORD(9, keys, key, second);
    commit();
    ok(store_read_actor(pg, SLICE("rikers-backbone"), &out, &found, &err));
    assert_true(found);
    reads("{'id':'rikers-backbone','kind':'organisation','name':'Wörk \\'&\\' Co','operator':false,"
          "'registered_by':'city-clerk','roles':['backbone'],'seq':3}");
    ok(store_read_actor(pg, SLICE("city-clerk"), &out, &found, &err));
    reads("{'id':'city-clerk','kind':'organisation','name':'','operator':true,'registered_by':null,'roles':[],'seq':0}");
    ok(store_list_keys(pg, SLICE("rikers-backbone"), &all, &out, &found, &err));
    assert_true(found);
    reads("{'items':[{'actor':'rikers-backbone','added_seq':3,'jwk':{'crv':'Ed25519','kty':'OKP','x':'" X_A
          "'},'kid':'" KID_A
          "','revoked_seq':null},{'actor':'rikers-backbone','added_seq':8,'jwk':{'crv':'Ed25519','kty':'OKP','x':'" X_A
          "'},'kid':'" KID_B "','revoked_seq':9}],'next':null}");
    ok(store_list_keys(pg, SLICE("city-clerk"), &all, &out, &found, &err));
    assert_true(found);
    reads("{'items':[],'next':null}");
    uint64_t newest = 0;
    ok(store_newest_key_change(pg, &newest, &err));
    assert_int_equal(newest, 9);
}

static void indicators_read_as_said(void **state)
{
    (void) state;
    bool found = false;
    RECORD(5, indicators, indicator, jail_days);
    commit();
    ok(store_read_indicator(pg, SLICE("jail-days"), &out, &found, &err));
    assert_true(found);
    reads("{'items':[{'defined_by':'rikers-backbone','definition':'Bed days','direction':'lower','entry':"
          "'0102030000000000000000000000000000000000000000000000000000000000','id':'jail-days','kind':'outcome',"
          "'name':'Days in jail','seq':5,'unit':'days per person','version':1}],'next':null}");
}

#define HASH_AB "ab01000000000000000000000000000000000000000000000000000000000000"
#define HASH_CD "cd02000000000000000000000000000000000000000000000000000000000000"

static void a_contract_reads_as_it_stood_after_an_entry(void **state)
{
    (void) state;
    bool found = false;
    struct row_contract contract = rikers;
    struct row_party party = city;
    record_all();
    commit();
    party.signed_seq = 8;
    contract.state = CONTRACT_IN_FORCE;
    contract.activated_seq = 9;
    contract.next_moment = AT(1);
    RECORD(8, parties, party, party);
    RECORD(8, contracts, contract, contract);
    commit();
    contract.state = CONTRACT_CLOSED;
    RECORD(50, contracts, contract, contract);
    commit();
    RECORD(51, contracts, contract, contract); /* closes once */
    commit();
    ok(store_read_contract(pg, SLICE("rikers-able"), STORE_NOW, SLICE(""), &out, &found, &err));
    assert_true(found);
    reads("{'activated_seq':9,'amendments_open':0,'closed_seq':50,'id':'rikers-able','manifest':{'open':true,'version':1},'"
          "metrics':["
          "{'indicator':'jail-days','metric':'days','version':1},{'indicator':null,'metric':'served','version':null}],"
          "'next_moment':'2026-01-01T00:00:00.000001Z','open':true,'parties':[{'actor':'city-clerk','kid':'" KID_B
          "','label':'City of New York','party':'city','role':'outcome payer','signed_seq':8},{'actor':'rikers-backbone',"
          "'kid':'" KID_B "','label':'City of New York','party':'lender','role':'outcome payer','signed_seq':null}],"
          "'proposed_by':'rikers-backbone','seq':7,'slug':'rikers','state':'closed','terms':'" HASH_CD
          "','title':'Rikers ABLE','version':'" HASH_AB
          "','version_number':1,'versions':[{'in_force_seq':9,'seq':7,'terms':'" HASH_CD "','version':'" HASH_AB
          "','version_number':1}]}");
    static const struct {
        uint64_t as_of;
        const char *state;
        bool is_signed, is_active, is_closed;
    } stood[] = {{7, "proposed", false, false, false},
                 {8, "proposed", true, false, false},
                 {9, "in_force", true, true, false},
                 {49, "in_force", true, true, false},
                 {50, "closed", true, true, true}};
    for (size_t i = 0; i < sizeof(stood) / sizeof(stood[0]); i++) {
        ok(store_read_contract(pg, SLICE("rikers-able"), stood[i].as_of, SLICE(""), &out, &found, &err));
        assert_true(found);
        json_t *json = parsed(), *parties = json_object_get(json, "parties");
        assert_string_equal(json_string_value(json_object_get(json, "state")), stood[i].state);
        assert_int_equal(json_is_integer(json_object_get(json_array_get(parties, 0), "signed_seq")), stood[i].is_signed);
        assert_int_equal(json_is_integer(json_object_get(json, "activated_seq")), stood[i].is_active);
        assert_int_equal(json_is_integer(json_object_get(json, "closed_seq")), stood[i].is_closed);
        assert_true(json_is_null(json_object_get(json, "next_moment")));
        json_decref(json);
    }
    ok(store_read_contract(pg, SLICE("rikers-able"), 6, SLICE(""), &out, &found, &err));
    assert_false(found);
    assert_int_equal(out.len, 0);
    found = false;
    ok(store_has_contract(pg, SLICE("rikers-able"), SLICE(""), &found, &err));
    assert_true(found);
    found = false;
    ok(store_read_terms(pg, SLICE("rikers-able"), SLICE(""), SLICE(""), &out, &found, &err));
    assert_true(found);
    assert_true(slice_equal(buf_slice(&out), rikers.text));
}

#define HASH_AB2 "ab02000000000000000000000000000000000000000000000000000000000000"
#define HASH_CD3 "cd03000000000000000000000000000000000000000000000000000000000000"

/* A contract that was amended by another clerk of the city. */
static void record_amended(void)
{
    struct row_contract contract = rikers;
    struct row_amendment in_force = second_text, rival = second_text;
    struct row_signer signed_city = new_city;
    struct row_metric amended = days;
    record_all();
    contract.state = CONTRACT_IN_FORCE;
    contract.activated_seq = 9;
    RECORD(8, contracts, contract, contract);
    amended.text_seq = 40;
    amended.metric = SLICE("stays");
    rival.seq = 42;
    rival.version_hash[1] = 3;
    in_force.in_force_seq = 45;
    signed_city.party.signed_seq = 41;
    RECORD(40, amendments, amendment, in_force, rival);
    RECORD(40, signers, signer, signed_city, old_city);
    RECORD(40, metrics, metric, amended);
    commit();
}

static void a_contract_reads_by_the_text_in_force(void **state)
{
    (void) state;
    bool found = false;
    record_amended();
    ok(store_read_contract(pg, SLICE("rikers-able"), STORE_NOW, SLICE(""), &out, &found, &err));
    reads(
        "{'activated_seq':9,'amendments_open':0,'closed_seq':null,'id':'rikers-able','manifest':{'open':true,'version':2},"
        "'metrics':[{'indicator':'jail-days','metric':'stays','version':1}],'next_moment':null,'open':true,'parties':["
        "{'actor':'rikers-backbone','kid':'" KID_A "','label':'The City','party':'city','role':'outcome "
        "payer','signed_seq':41}],'proposed_by':'rikers-backbone','seq':7,"
        "'slug':'rikers','state':'in_force','terms':'" HASH_CD3 "','title':'Rikers ABLE, amended','version':'" HASH_AB2
        "','version_number':2,'versions':[{'in_force_seq':9,'seq':7,'terms':'" HASH_CD "','version':'" HASH_AB
        "','version_number':1},{'in_force_seq':45,'seq':40,'terms':'" HASH_CD3 "','version':'" HASH_AB2
        "','version_number':2}]}");
    ok(store_read_contract(pg, SLICE("rikers-able"), 44, SLICE(""), &out, &found, &err));
    assert_non_null(strstr(out.ptr, "\"amendments_open\":2"));
    assert_non_null(strstr(out.ptr, "\"version_number\":1,\"versions\":[{"));
    buf_clear(&out);
    ok(store_list_signatures(pg, SLICE("rikers-able"), &all, &out, &found, &err));
    reads("{'items':[{'actor':'rikers-backbone','kid':'" KID_A
          "','label':'The City','party':'city','role':'outcome payer','signed_seq':41}],'next':null}");
    ok(store_list_contracts(pg, SLICE("rikers-backbone"), &all, &out, &err));
    reads("{'items':[{'activated_seq':9,'closed_seq':null,'id':'rikers-able','open':true,'proposed_by':'rikers-backbone',"
          "'seq':7,'state':'in_force','title':'Rikers ABLE, amended','version':'" HASH_AB2 "'}],'next':null}");
}

static void a_text_is_found_by_its_number_or_its_hash(void **state)
{
    (void) state;
    bool found = false;
    record_amended();
    static const struct {
        const char *version, *text;
    } rows[] = {
        {"", "contract rikers version 2\n"},
        {"2", "contract rikers version 2\n"},
        {"1", "contract rikers\n\nparty city outcome payer\n"},
        {HASH_AB, "contract rikers\n\nparty city outcome payer\n"},
        {HASH_CD3, "contract rikers version 2\n"},
        {"3", NULL},
        {"x", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_clear(&out);
        ok(store_read_terms(pg, SLICE("rikers-able"), slice_str(rows[i].version), SLICE(""), &out, &found, &err));
        assert_int_equal(found, rows[i].text != NULL);
        if (found)
            assert_true(slice_is(buf_slice(&out), rows[i].text));
    }
    buf_clear(&out);
}

static void amendments_read_with_who_has_signed(void **state)
{
    (void) state;
    bool found = false;
    const struct store_page one = {.limit = 1};
    record_amended();
    ok(store_list_amendments(pg, SLICE("rikers-able"), &one, &out, &found, &err));
    assert_true(found);
    assert_non_null(strstr(out.ptr, "\"seq\":40,\"signers\":[{\"actor\":\"rikers-backbone\""));
    assert_non_null(strstr(out.ptr, "\"leaving\":false,\"party\":\"city\",\"role\":\"outcome payer\",\"signed_seq\":41}"));
    assert_non_null(strstr(out.ptr, "\"leaving\":true,\"party\":\"city\",\"role\":\"outcome payer\",\"signed_seq\":null}"));
    assert_non_null(strstr(out.ptr, "\"state\":\"in_force\""));
    assert_null(strstr(out.ptr, "\"next\":null"));
    buf_clear(&out);
    ok(store_list_amendments(pg, SLICE("rikers-able"), &all, &out, &found, &err));
    assert_non_null(strstr(out.ptr, "\"seq\":42,\"signers\":[],\"state\":\"superseded\""));
    buf_clear(&out);
    ok(store_list_amendments(pg, SLICE("none"), &all, &out, &found, &err));
    assert_false(found);
}

static void contracts_are_listed_whole_or_by_party(void **state)
{
    (void) state;
    record_all();
    struct row_contract other = rikers;
    other.id = SLICE("another");
    RECORD(9, contracts, contract, other);
    commit();
    ok(store_list_contracts(pg, SLICE("city-clerk"), &all, &out, &err));
    reads(
        "{'items':[{'activated_seq':null,'closed_seq':null,'id':'rikers-able','open':true,'proposed_by':'rikers-backbone',"
        "'seq':7,'state':'proposed','title':'Rikers ABLE','version':'" HASH_AB "'}],'next':null}");
    ok(store_list_contracts(pg, SLICE(""), &all, &out, &err));
    json_t *json = parsed();
    assert_int_equal(json_array_size(json_object_get(json, "items")), 2);
    json_decref(json);
    ok(store_list_contracts(pg, SLICE("nobody"), &all, &out, &err));
    reads("{'items':[],'next':null}");
}

static void results_read_as_said(void **state)
{
    (void) state;
    bool found = false;
    record_all();
    commit();
    ok(store_list_results(pg, &(struct store_result_filter){0}, &all, &out, &err));
    reads("{'items':[{'author':'rikers-backbone','contract':null,'dimensions':{'arm':'programme'},'indicator':'jail-days',"
          "'item':0,'metric':null,'seq':20,'set':false,'time':'2026-01-01T00:00:00.000001Z','value':'91','version':1,'"
          "withdrawal':false},"
          "{'author':'city-clerk','contract':'rikers-able','dimensions':{},'indicator':null,'item':2,'metric':'served',"
          "'seq':21,'set':true,'time':'2026-01-01T00:00:00.000002Z','value':'60%','version':null,'withdrawal':false}],'"
          "next':null}");
    ok(store_read_result(pg, 20, &all, &out, &found, &err));
    assert_true(found);
    reads(
        "{'author':'rikers-backbone','count':1,'items':[{'author':'rikers-backbone','contract':null,'dimensions':"
        "{'arm':'programme'},'fits':[{'contract':'rikers-able','final_seq':23,'key':'programme','metric':'days','replaced':"
        "null,'standing':'final','state':'proposed','version_number':1}],'indicator':'jail-days','item':0,'metric':null,'"
        "of':null,"
        "'replaced_by':null,'seq':20,'set':false,'time':'2026-01-01T00:00:00.000001Z','value':'91','verifications':"
        "[{'actor':'city-clerk','seq':22}],'version':1,'withdrawal':false}],"
        "'next':null,'seq':20,'set':false,'time':'2026-01-01T00:00:00.000001Z'}");
    ok(store_read_result(pg, 21, &all, &out, &found, &err));
    json_t *json = parsed();
    json_t *fits = json_object_get(json_array_get(json_object_get(json, "items"), 0), "fits");
    assert_int_equal(json_array_size(fits), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(fits, 0), "metric")), "served");
    assert_true(json_is_null(json_object_get(json_array_get(fits, 0), "key")));
    json_decref(json);
}

/* What a result's one fit says of how it stands. */
static const char *standing(uint64_t seq)
{
    bool found = false;
    ok(store_read_result(pg, seq, &all, &out, &found, &err));
    assert_true(found);
    json_t *json = parsed(), *one = json_array_get(json_object_get(json, "items"), 0);
    const char *text = json_string_value(json_object_get(json_array_get(json_object_get(one, "fits"), 0), "standing"));
    const char *kept_text = arena_strdup(memory, slice_str(text));
    json_decref(json);
    return kept_text;
}

static void a_result_says_how_it_stands(void **state)
{
    (void) state;
    bool found = false;
    struct row_result restated = ninety_one, withdrawn = ninety_one;
    struct row_final second = final, third = final;
    restated.seq = second.result_seq = withdrawn.of_seq = withdrawn.prev_seq = 40;
    restated.of_seq = restated.prev_seq = 20;
    withdrawn.seq = third.result_seq = 44;
    withdrawn.is_withdrawal = third.is_none = true;
    second.seq = 42;
    third.seq = 46;
    struct row_dispute dispute = {.seq = 43,
                                  .contract = final.contract,
                                  .result_seq = 40,
                                  .actor = SLICE("city-clerk"),
                                  .reason = SLICE("Counted twice"),
                                  .time = {INT64_C(1767225600000005)},
                                  .lapses = {INT64_C(1772409600000000)}};
    struct row_decision decision = {.dispute_seq = 43,
                                    .contract = final.contract,
                                    .result_seq = 40,
                                    .kind = DECISION_ANNULLED,
                                    .is_lapsed = true,
                                    .value = SLICE(""),
                                    .seq = 45};
    record_all();
    RECORD(40, results, result, restated);
    commit();
    assert_string_equal(standing(20), "final");
    assert_string_equal(standing(40), "not final");
    RECORD(42, finals, final, second);
    RECORD(43, disputes, dispute, dispute);
    commit();
    assert_string_equal(standing(20), "superseded");
    assert_string_equal(standing(40), "disputed");
    ok(store_read_dispute(pg, 43, &all, &out, &found, &err));
    assert_true(found);
    reads("{'actor':'city-clerk','contract':'rikers-able','items':[{'decided_seq':null,'decision':null,'item':0,'lapsed':"
          "null,"
          "'value':null}],'lapses':'2026-03-02T00:00:00.000000Z','next':null,'reason':'Counted twice','result_seq':40,"
          "'results':1,'seq':43,'time':'2026-01-01T00:00:00.000005Z'}");
    RECORD(44, results, result, withdrawn);
    RECORD(45, decisions, decision, decision);
    RECORD(46, finals, final, third);
    commit();
    assert_string_equal(standing(20), "superseded");
    assert_string_equal(standing(40), "annulled");
    assert_string_equal(standing(44), "withdrawn");
    ok(store_list_contract_disputes(pg, SLICE("rikers-able"), &all, &out, &found, &err));
    assert_true(found);
    reads("{'items':[{'actor':'city-clerk','contract':'rikers-able','decided':1,'lapses':'2026-03-02T00:00:00.000000Z','"
          "reason':"
          "'Counted twice','result_seq':40,'results':1,'seq':43,'time':'2026-01-01T00:00:00.000005Z'}],'next':null}");
    ok(store_list_result_disputes(pg, 20, &all, &out, &found, &err));
    assert_true(found);
    reads("{'items':[],'next':null}");
    ok(store_list_result_disputes(pg, 21000, &all, &out, &found, &err));
    assert_false(found);
    ok(store_read_dispute(pg, 42, &all, &out, &found, &err));
    assert_false(found);
}

/* "20.0 21.2" of a list of results under a filter. */
static const char *listed(struct store_result_filter filter)
{
    ok(store_list_results(pg, &filter, &all, &out, &err));
    json_t *json = parsed(), *one;
    struct buf text;
    size_t i;
    buf_init(&text, 1000);
    json_array_foreach(json_object_get(json, "items"), i, one)
        buf_printf(&text, "%s%d.%d", i == 0 ? "" : " ", (int) json_integer_value(json_object_get(one, "seq")),
                   (int) json_integer_value(json_object_get(one, "item")));
    json_decref(json);
    const char *kept_text = text.len == 0 ? "" : arena_strdup(memory, buf_slice(&text));
    buf_release(&text);
    return kept_text;
}

static void filters_of_results_hold_alone_and_together(void **state)
{
    (void) state;
    struct row_result v2 = ninety_one, other = ninety_one, by_city = ninety_one;
    v2.seq = 30;
    v2.version = 2;
    other.seq = 31;
    other.indicator = SLICE("other");
    by_city.seq = 10;
    by_city.author = SLICE("city-clerk");
    record_all();
    struct row_indicator second = jail_days, third = jail_days;
    second.version = 2;
    third.slug = SLICE("other");
    RECORD(6, indicators, indicator, second, third);
    RECORD(30, results, result, v2, other, by_city);
    commit();
#define F(...) listed((struct store_result_filter){__VA_ARGS__})
    assert_string_equal(F(.version = 0), "10.0 20.0 21.2 30.0 31.0");
    assert_string_equal(F(.author = SLICE("city-clerk")), "10.0 21.2");
    assert_string_equal(F(.indicator = SLICE("jail-days")), "10.0 20.0 30.0");
    assert_string_equal(F(.indicator = SLICE("jail-days"), .version = 2), "30.0");
    assert_string_equal(F(.indicator = SLICE("jail-days"), .author = SLICE("city-clerk")), "10.0");
    assert_string_equal(F(.contract = SLICE("rikers-able")), "10.0 20.0 21.2");
    assert_string_equal(F(.contract = SLICE("rikers-able"), .author = SLICE("rikers-backbone")), "20.0");
    assert_string_equal(F(.contract = SLICE("rikers-able"), .indicator = SLICE("jail-days")), "10.0 20.0");
    assert_string_equal(F(.contract = SLICE("rikers-able"), .indicator = SLICE("jail-days"), .version = 2), "");
    assert_string_equal(F(.contract = SLICE("rikers-able"), .indicator = SLICE("other")), "");
    assert_string_equal(F(.contract = SLICE("none")), "");
    assert_string_equal(F(.author = SLICE("\xff\xfe")), ""); /* no text, so nobody's name */
}

static void verifications_are_grouped_by_their_statement(void **state)
{
    (void) state;
    bool found = false;
    struct row_verification more[] = {verified, verified, verified};
    more[0].item = 2;
    more[1].item = 1;
    more[2].seq = 60;
    more[2].actor = SLICE("evaluator");
    record_all();
    record(22, ONE(verifications, more));
    commit();
    ok(store_list_verifications(pg, 20, &all, &out, &found, &err));
    assert_true(found);
    reads("{'items':[{'actor':'city-clerk','items':[0,1,2],'seq':22},{'actor':'evaluator','items':[0],'seq':60}],'next':"
          "null}");
}

#define PAYMENT_HEAD "{'amount':'100.00','cause_seq':22,'contract':'rikers-able','currency':'USD','due':"
#define PAYMENT_FROM                                                                                                       \
    ",'explanation':'0708090000000000000000000000000000000000000000000000000000000000'"                                    \
    ",'from':{'actor':'city-clerk','party':'city'},'instances':4294967295,'itemised_seq':24,'outstanding':"
#define PAYMENT_TAIL ",'to':{'actor':'rikers-backbone','party':'lender'},'triggered':'2026-01-01'}"

static void a_payment_reads_as_it_stood_after_an_entry(void **state)
{
    (void) state;
    bool found = false;
    struct row_payment settled = payment;
    settled.settled = SLICE("40.00");
    record_all();
    RECORD(30, payments, payment, settled);
    commit();
    ok(store_read_payment(pg, 25, STORE_NOW, SLICE(""), &out, &found, &err));
    assert_true(found);
    reads(PAYMENT_HEAD "null" PAYMENT_FROM
                       "'60.00','owed_back':false,'rule':'repay','seq':25,'settled':'40.00'" PAYMENT_TAIL);
    ok(store_read_payment(pg, 25, 29, SLICE(""), &out, &found, &err));
    assert_true(found);
    reads(PAYMENT_HEAD "null" PAYMENT_FROM
                       "'100.00','owed_back':false,'rule':'repay','seq':25,'settled':'0.00'" PAYMENT_TAIL);
    ok(store_read_payment(pg, 25, 24, SLICE(""), &out, &found, &err));
    assert_false(found);
    ok(store_list_payments(pg, &(struct store_payment_filter){.as_of = 30}, &all, &out, &err));
    reads("{'items':[" PAYMENT_HEAD "null" PAYMENT_FROM
          "'60.00','owed_back':false,'rule':'repay','seq':25,'settled':'40.00'" PAYMENT_TAIL "],'next':null}");
    ok(store_list_payment_items(pg, 25, &all, &out, &found, &err));
    assert_true(found);
    reads("{'items':[{'difference':'-5.50','key':'a|b','stands':'94.50'}],'next':null}");
    ok(store_list_settlements(pg, 25, &all, &out, &found, &err));
    assert_true(found);
    reads("{'items':[{'amount':'40.00','paid_on':'2026-01-07','payment_seq':25,'recorded_by':'city-clerk',"
          "'reference':'wire \\\\ 7','seq':30}],'next':null}");
}

static void an_explanation_reads_as_it_was_kept(void **state)
{
    (void) state;
    bool found = false;
    record_all();
    commit();
    ok(store_read_explanation(pg, 25, &out, &found, &err));
    assert_true(found);
    assert_true(slice_equal(buf_slice(&out), explanation.body));
    buf_clear(&out);
    ok(store_read_explanation(pg, 24, &out, &found, &err));
    assert_false(found);
    ok(pg_exec_text(owner, "TRUNCATE outcomes.explanation", NULL, &err)); /* as before they were kept */
    ok(store_read_payment(pg, 25, STORE_NOW, SLICE(""), &out, &found, &err));
    assert_true(found);
    assert_non_null(strstr(out.ptr, "\"explanation\":null,"));
}

/* The lists of a payment are the entries from itemised_seq to before it. */
static void an_erased_list_takes_the_keys_of_its_payment_and_of_no_other(void **state)
{
    (void) state;
    struct row_payment several = payment;
    struct row_payment_item part = item;
    struct row_explanation told = explanation;
    struct pg_rows *rows = NULL;
    several.itemised_seq = 40;
    several.seq = part.payment_seq = told.payment_seq = 43;
    record_all();
    RECORD(39, payments, payment, several);
    RECORD(39, payment_items, payment_item, part);
    RECORD(39, explanations, explanation, told);
    commit();
    ok(pg_exec_text(pg, "SELECT outcomes.erase(23, 49), outcomes.erase(41, 50), outcomes.erase(44, 51)", NULL, &err));
    ok(pg_exec_text(owner,
                    "SELECT count(*) FILTER (WHERE i.payment_seq = 25 AND i.key = 'a|b'), "
                    "       count(*) FILTER (WHERE i.payment_seq = 43 AND i.key = ''), "
                    "       (SELECT string_agg(x.payment_seq::text, ' ') FROM outcomes.explanation AS x "
                    "         WHERE x.body = '' AND x.hash IS NULL) "
                    "  FROM outcomes.payment_item AS i",
                    &rows, &err));
    assert_int_equal(pg_get_int8(rows, 0, 0), 1);
    assert_int_equal(pg_get_int8(rows, 0, 1), 1);
    assert_true(slice_is(pg_get_bytes(rows, 0, 2), "43"));
    pg_rows_free(rows);
}

static int payments_listed(const char *contract, const char *party)
{
    ok(store_list_payments(
        pg, &(struct store_payment_filter){.contract = slice_str(contract), .party = slice_str(party), .as_of = STORE_NOW},
        &all, &out, &err));
    json_t *json = parsed();
    int count = (int) json_array_size(json_object_get(json, "items"));
    json_decref(json);
    return count;
}

static void payments_are_found_by_contract_and_by_who_pays_or_is_paid(void **state)
{
    (void) state;
    struct row_payment back = payment, other = payment, to_self = payment;
    back.seq = 26;
    back.from_actor = payment.to_actor;
    back.to_actor = payment.from_actor;
    other.seq = 27;
    other.contract = SLICE("other");
    other.to_actor = SLICE("somebody");
    to_self.seq = 28;
    to_self.to_actor = to_self.from_actor;
    RECORD(7, contracts, contract, rikers);
    RECORD(25, payments, payment, payment, back, other, to_self);
    commit();
    assert_int_equal(payments_listed("", ""), 4);
    assert_int_equal(payments_listed("rikers-able", ""), 3);
    assert_int_equal(payments_listed("", "city-clerk"), 4); /* each once, also the one to itself */
    assert_int_equal(payments_listed("", "somebody"), 1);
    assert_int_equal(payments_listed("rikers-able", "somebody"), 0);
    assert_int_equal(payments_listed("rikers-able", "lender"), 3);
    assert_int_equal(payments_listed("", "lender"), 0); /* a party's name says nothing without its contract */
}

static void what_does_not_exist_is_not_found(void **state)
{
    (void) state;
    bool found = true;
#define NOT_FOUND(call)                                                                                                    \
    found = true;                                                                                                          \
    ok(call);                                                                                                              \
    assert_false(found);                                                                                                   \
    assert_int_equal(out.len, 0)
    NOT_FOUND(store_read_actor(pg, SLICE("nobody"), &out, &found, &err));
    NOT_FOUND(store_read_actor(pg, SLICE("\xff"), &out, &found, &err));
    NOT_FOUND(store_list_keys(pg, SLICE("nobody"), &all, &out, &found, &err));
    NOT_FOUND(store_read_indicator(pg, SLICE("nothing"), &out, &found, &err));
    NOT_FOUND(store_read_contract(pg, SLICE("none"), STORE_NOW, SLICE(""), &out, &found, &err));
    NOT_FOUND(store_read_terms(pg, SLICE("none"), SLICE(""), SLICE(""), &out, &found, &err));
    NOT_FOUND(store_has_contract(pg, SLICE("none"), SLICE(""), &found, &err));
    NOT_FOUND(store_list_signatures(pg, SLICE("none"), &all, &out, &found, &err));
    NOT_FOUND(store_list_accessions(pg, SLICE("none"), &all, &out, &found, &err));
    NOT_FOUND(store_read_result(pg, UINT64_MAX, &all, &out, &found, &err));
    NOT_FOUND(store_list_verifications(pg, 1, &all, &out, &found, &err));
    NOT_FOUND(store_read_payment(pg, 1, STORE_NOW, SLICE(""), &out, &found, &err));
    NOT_FOUND(store_list_payment_items(pg, 1, &all, &out, &found, &err));
    NOT_FOUND(store_list_settlements(pg, UINT64_MAX, &all, &out, &found, &err));
    struct row_key key;
    struct row_actor actor;
    struct row_payment row;
    NOT_FOUND(store_lookup_key(pg, SLICE(KID_C), memory, &key, &actor, &found, &err));
    NOT_FOUND(store_lookup_key(pg, SLICE(""), memory, &key, &actor, &found, &err));
    NOT_FOUND(store_lookup_payment(pg, 1, memory, &row, &found, &err));
    uint64_t newest = 7;
    ok(store_newest_key_change(pg, &newest, &err));
    assert_int_equal(newest, 0);
}

static void the_edge_finds_a_key_with_its_actor_and_a_payment(void **state)
{
    (void) state;
    bool found = false;
    struct row_key key;
    struct row_actor actor;
    struct row_payment row;
    record_all();
    commit();
    ok(store_lookup_key(pg, SLICE(KID_A), memory, &key, &actor, &found, &err));
    assert_true(found);
    SAME(key, key_a, x);
    assert_true(key.revoked_seq == ROW_NO_SEQ);
    SAME(actor, backbone, id);
    SAME(actor, backbone, name);
    assert_true(actor.is_backbone);
    ok(store_lookup_payment(pg, 25, memory, &row, &found, &err));
    assert_true(found);
    SAME(row, payment, rule);
    SAME(row, payment, settled);
    EQUAL(row, payment, cause_seq);
}

/* ---- pages ---- */

enum list {
    ACTORS,
    KEYS,
    INDICATORS,
    CONTRACTS,
    PARTIES,
    RESULTS,
    ITEMS,
    VERIFICATIONS,
    PAYMENTS,
    PAYMENT_ITEMS,
    SETTLEMENTS,
    ACCESSIONS
};

static enum tally_code list_page(enum list list, const struct store_page *page)
{
    bool found = false;
    switch (list) {
    case ACTORS:
        return store_list_actors(pg, page, &out, &err);
    case KEYS:
        return store_list_keys(pg, SLICE("a"), page, &out, &found, &err);
    case INDICATORS:
        return store_list_indicators(pg, page, &out, &err);
    case CONTRACTS:
        return store_list_contracts(pg, SLICE("a"), page, &out, &err);
    case PARTIES:
        return store_list_signatures(pg, SLICE("c-00"), page, &out, &found, &err);
    case RESULTS:
        return store_list_results(pg, &(struct store_result_filter){.indicator = SLICE("i")}, page, &out, &err);
    case ITEMS:
        return store_read_result(pg, 100, page, &out, &found, &err);
    case VERIFICATIONS:
        return store_list_verifications(pg, 100, page, &out, &found, &err);
    case PAYMENTS:
        return store_list_payments(pg, &(struct store_payment_filter){.as_of = STORE_NOW}, page, &out, &err);
    case PAYMENT_ITEMS:
        return store_list_payment_items(pg, 200, page, &out, &found, &err);
    case SETTLEMENTS:
        return store_list_settlements(pg, 200, page, &out, &found, &err);
    case ACCESSIONS:
        return store_list_accessions(pg, SLICE("c-00"), page, &out, &found, &err);
    }
    return TALLY_E_BUG;
}

#define MANY 11

static struct slice numbered(const char *prefix, int i)
{
    return arena_printf(memory, "%s%02d", prefix, i);
}

/* Eleven of each, in an order that is not that of the list. */
static void record_many(void)
{
    for (int n = 0; n < MANY; n++) {
        int i = (n * 7) % MANY;
        uint64_t u = (uint64_t) i;
        struct row_actor actor = backbone;
        actor.id = numbered("a-", i);
        struct row_key key = key_a;
        key.actor = SLICE("a");
        key.kid = arena_printf(memory, "%043d", i);
        key.added_seq = 10 + u / 2; /* two at a time: the kid decides */
        struct row_indicator indicator = jail_days;
        indicator.slug = i < 5 ? SLICE("i") : SLICE("i.i");
        indicator.version = (uint32_t) i + 1;
        struct row_contract contract = rikers;
        contract.id = numbered("c-", i);
        struct row_party in_each = city, in_one = city;
        in_each.contract = contract.id;
        in_each.actor = SLICE("a");
        in_each.place = 100;
        in_one.contract = SLICE("c-00");
        in_one.party = numbered("p-", i);
        in_one.place = (uint32_t) i;
        struct row_result result = ninety_one;
        result.seq = 100;
        result.item = (uint32_t) i;
        result.indicator = SLICE("i");
        result.dimensions = arena_printf(memory, "{\"n\":\"%d\"}", i);
        struct row_verification verification = {.result_seq = 100, .item = 0, .actor = actor.id, .seq = 150 + u};
        struct row_payment pay = payment;
        pay.seq = 200 + u;
        struct row_payment_item part = {
            .payment_seq = 200, .key = numbered("k-", i), .difference = SLICE("1"), .stands = SLICE("1")};
        struct row_settlement settle = settlement;
        settle.seq = 300 + u;
        settle.payment_seq = 200;
        RECORD(1, actors, actor, actor);
        RECORD(1, keys, key, key);
        RECORD(1, indicators, indicator, indicator);
        RECORD(1, contracts, contract, contract);
        RECORD(1, parties, party, in_each, in_one);
        RECORD(1, results, result, result);
        RECORD(1, verifications, verification, verification);
        RECORD(1, payments, payment, pay);
        RECORD(1, payment_items, payment_item, part);
        RECORD(1, settlements, settlement, settle);
        struct row_accession joined = {.contract = SLICE("c-00"),
                                       .class_name = SLICE("clinic"),
                                       .actor = numbered("m-", i),
                                       .kid = SLICE(KID_A),
                                       .seq = 400 + u};
        struct row_accession elsewhere = joined;
        elsewhere.contract = numbered("c-", i);
        elsewhere.actor = SLICE("joiner");
        elsewhere.seq = 500 + u;
        RECORD(1, accessions, accession, joined, elsewhere);
    }
    commit();
}

/* Walks a list page by page and compares it with the list in one page. */
static void walk(enum list list, uint32_t limit)
{
    ok(list_page(list, &all));
    json_t *whole = parsed(), *items = json_object_get(whole, "items");
    struct slice cursor = {NULL, 0};
    size_t seen = 0;
    assert_true(json_array_size(items) >= 5);
    assert_true(json_is_null(json_object_get(whole, "next")));
    do {
        ok(list_page(list, &(struct store_page){.cursor = cursor, .limit = limit}));
        json_t *page = parsed(), *next = json_object_get(page, "next"), *one;
        size_t i;
        assert_true(json_array_size(json_object_get(page, "items")) <= limit);
        json_array_foreach(json_object_get(page, "items"), i, one)
            assert_true(json_equal(one, json_array_get(items, seen + i)));
        seen += json_array_size(json_object_get(page, "items"));
        cursor = json_is_string(next) ? kept(slice_str(json_string_value(next))) : (struct slice){NULL, 0};
        json_decref(page);
    } while (cursor.len != 0);
    assert_int_equal(seen, json_array_size(items));
    json_decref(whole);
}

static void pages_follow_each_other_without_gap_or_double(void **state)
{
    (void) state;
    record_many();
    for (enum list list = ACTORS; list <= ACCESSIONS; list++)
        for (uint32_t limit = 1; limit <= MANY + 1; limit += list == INDICATORS ? 1 : 5)
            walk(list, limit);
}

static void a_cursor_of_another_list_or_of_nobody_is_malformed(void **state)
{
    (void) state;
    record_many();
    static const struct slice bad[] = {SLICE("="),
                                       SLICE("!"),
                                       SLICE("YQ"),                  /* a */
                                       SLICE("eg"),                  /* z */
                                       SLICE("ejEuMQ"),              /* z1.1: no list has this letter */
                                       SLICE("ci0xLjA"),             /* r-1.0 */
                                       SLICE("cjEuOTk5OTk5OTk5OTk"), /* r1.99999999999 */
                                       SLICE("YXRw_w")};             /* atp and a byte that is no text */
    for (enum list list = ACTORS; list <= ACCESSIONS; list++)
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
            is_code(list_page(list, &(struct store_page){.cursor = bad[i], .limit = 10}), TALLY_E_MALFORMED);
    for (enum list from = ACTORS; from <= ACCESSIONS; from++) {
        ok(list_page(from, &(struct store_page){.limit = 1}));
        json_t *page = parsed();
        struct slice cursor = slice_str(json_string_value(json_object_get(page, "next")));
        for (enum list to = ACTORS; to <= ACCESSIONS; to++)
            if (to != from)
                is_code(list_page(to, &(struct store_page){.cursor = cursor, .limit = 1}), TALLY_E_MALFORMED);
        json_decref(page);
    }
    assert_int_equal(out.len, 0);
}

static void every_allocation_may_fail_while_a_page_is_read(void **state)
{
    (void) state;
    record_many();
    for (enum list list = ACTORS; list <= ACCESSIONS; list++) {
        enum tally_code rc = TALLY_E_BUG;
        for (uint64_t n = 1; rc != TALLY_OK; n++) {
            assert_true(n < 100);
            buf_release(&out); /* so that it has to grow */
            mem_fail_after(n);
            rc = list_page(list, &(struct store_page){.limit = 2});
            mem_fail_after(0);
            if (rc != TALLY_OK && rc != TALLY_E_NO_MEMORY && rc != TALLY_E_LIMIT)
                fail_msg("list %d, allocation %d: %s: %s", (int) list, (int) n, err_code_name(rc), err.detail);
        }
        json_decref(parsed());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(actors_and_keys_read_as_said),
        T(indicators_read_as_said),
        T(a_contract_reads_as_it_stood_after_an_entry),
        T(a_contract_reads_by_the_text_in_force),
        T(a_text_is_found_by_its_number_or_its_hash),
        T(amendments_read_with_who_has_signed),
        T(contracts_are_listed_whole_or_by_party),
        T(results_read_as_said),
        T(a_result_says_how_it_stands),
        T(filters_of_results_hold_alone_and_together),
        T(verifications_are_grouped_by_their_statement),
        T(a_payment_reads_as_it_stood_after_an_entry),
        T(an_explanation_reads_as_it_was_kept),
        T(an_erased_list_takes_the_keys_of_its_payment_and_of_no_other),
        T(payments_are_found_by_contract_and_by_who_pays_or_is_paid),
        T(what_does_not_exist_is_not_found),
        T(the_edge_finds_a_key_with_its_actor_and_a_payment),
        T(pages_follow_each_other_without_gap_or_double),
        T(every_allocation_may_fail_while_a_page_is_read),
        T(a_cursor_of_another_list_or_of_nobody_is_malformed),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
