/* Each finding has an archive that gives it, and a right archive gives none. */
#include "small_ledger.h"

#include "../../../api/cli/verify_keys.h"
#include "tally/mem.h"
/* the reader of bodies lies in the program, above this layer, but is what the verifier is used with */
#include "../../../api/cli/verify_keys.c"

static void verify_whole(struct small_ledger *l, struct small_outcome *out)
{
    small_verify(buf_slice(&l->text), l->vkey, VERIFY_SIGNATURES, 1, verify_keys_read, out);
}

/* Exactly this finding and no other. */
static void assert_one(const struct small_outcome *out, enum finding_code code, uint64_t seq)
{
    for (size_t i = 0; i < out->count && i < 64; i++) {
        if (out->count != 1 || out->findings[i].code != code)
            print_error("found: %llu %s: %s\n", (unsigned long long) out->findings[i].seq,
                        finding_code_text(out->findings[i].code), out->findings[i].detail);
    }
    assert_int_equal(out->count, 1);
    assert_string_equal(finding_code_text(out->findings[0].code), finding_code_text(code));
    assert_int_equal(out->findings[0].seq, seq);
    assert_int_equal(out->report.first_bad, seq);
}

static void assert_none(const struct small_outcome *out)
{
    for (size_t i = 0; i < out->count && i < 64; i++)
        print_error("found: %llu %s: %s\n", (unsigned long long) out->findings[i].seq,
                    finding_code_text(out->findings[i].code), out->findings[i].detail);
    assert_int_equal(out->count, 0);
}

/* Replaces the n-th (from 0) occurrence of a text by another. */
static void replace(struct small_ledger *l, int n, const char *from, const char *to)
{
    struct buf text;
    const char *at = l->text.ptr - 1;
    for (int i = 0; i <= n; i++) {
        at = strstr(at + 1, from);
        assert_non_null(at);
    }
    buf_init(&text, 4u << 20);
    buf_add(&text, l->text.ptr, (size_t) (at - l->text.ptr));
    buf_add_str(&text, to);
    buf_add_str(&text, at + strlen(from));
    buf_release(&l->text);
    l->text = text;
}

static struct slice line_of(const struct small_ledger *l, int n)
{
    const char *at = l->text.ptr;
    for (int i = 0; i < n; i++)
        at = strchr(at, '\n') + 1;
    return slice_of(at, (size_t) (strchr(at, '\n') - at) + 1);
}

/* The archive's lines in this order; -1 ends it. */
static void arrange(struct small_ledger *l, const int *order)
{
    struct buf text;
    buf_init(&text, 4u << 20);
    for (; *order >= 0; order++)
        buf_add_slice(&text, line_of(l, *order));
    buf_release(&l->text);
    l->text = text;
}

static void begin_whole(struct small_ledger *l)
{
    small_begin(l, SMALL_WHOLE);
    small_rest(l);
}

static void a_right_archive_gives_no_finding(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin_whole(&l);
    for (int threads = 0; threads <= 4; threads++) {
        small_verify(buf_slice(&l.text), l.vkey, VERIFY_SIGNATURES, threads, verify_keys_read, &out);
        assert_none(&out);
        assert_int_equal(out.report.entries, SMALL_WHOLE);
        assert_int_equal(out.report.signatures, 8);
        assert_true(out.report.is_anchored);
        assert_true(digest_equal(&out.report.head, &l.hashes[SMALL_WHOLE - 1]));
    }
    small_verify(buf_slice(&l.text), NULL, VERIFY_SIGNATURES, 1, verify_keys_read, &out);
    assert_none(&out);
    assert_false(out.report.is_anchored);
    small_verify(buf_slice(&l.text), l.vkey, VERIFY_CHAIN, 1, verify_keys_read, &out);
    assert_none(&out);
    assert_true(out.report.is_anchored);
    assert_int_equal(out.report.signatures, 0);
    small_end(&l);
}

/* ---- lines ---- */

static void an_archive_without_its_first_line_is_found(void **state)
{
    static const int WITHOUT[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -1};
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin_whole(&l);
    arrange(&l, WITHOUT);
    verify_whole(&l, &out);
    assert_one(&out, FINDING_ARCHIVE_HEAD, 1);
    small_verify((struct slice){0}, l.vkey, VERIFY_SIGNATURES, 1, verify_keys_read, &out);
    assert_one(&out, FINDING_ARCHIVE_HEAD, 1);
    small_end(&l);
}

static void another_spelling_of_a_line_is_found(void **state)
{
    static const char *const SPELLINGS[][2] = {{"{\"body\":", "{ \"body\":"},
                                               {"\\\"seq\\\":3", "\\u0022seq\\\":3"},
                                               {"\"}\n{\"body\":\"{}", "\"} \n{\"body\":\"{}"},
                                               {"\\\"seq\\\":3", "\\\"seq\\\":03"}};
    static const int NTH[] = {3, 0, 0, 0};
    (void) state;
    for (size_t i = 0; i < 4; i++) {
        struct small_ledger l;
        struct small_outcome out;
        begin_whole(&l);
        replace(&l, NTH[i], SPELLINGS[i][0], SPELLINGS[i][1]);
        verify_whole(&l, &out);
        assert_one(&out, FINDING_ARCHIVE_LINE, 5); /* entry 3 */
        small_end(&l);
    }
}

static void an_archive_cut_short_is_found(void **state)
{
    static const int SHORT[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1};
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin_whole(&l);
    arrange(&l, SHORT);
    verify_whole(&l, &out);
    assert_one(&out, FINDING_ARCHIVE_SIZE, 10);
    small_end(&l);
}

static void an_archive_announced_as_another_s_is_found(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin_whole(&l);
    replace(&l, 0, "\"origin\":\"ledger.example/small\"", "\"origin\":\"ledger.example/other\"");
    verify_whole(&l, &out);
    assert_one(&out, FINDING_ARCHIVE_ORIGIN, 2);
    small_end(&l);
}

static void a_part_of_an_archive_is_checked_as_a_chain_only(void **state)
{
    static const int PART[] = {0, 4, 5, 6, 7, 8, 9, 10, -1};
    struct small_ledger l;
    struct small_outcome out;
    char range[256];
    (void) state;
    begin_whole(&l);
    arrange(&l, PART);
    (void) snprintf(range, sizeof range, "\"range\":[\"%064d\",\"%064d\"],\"size\"", 1, 2);
    replace(&l, 0, "\"size\"", range);
    replace(&l, 0, "\"from\":0", "\"from\":3");
    small_verify(buf_slice(&l.text), l.vkey, VERIFY_CHAIN, 1, verify_keys_read, &out);
    assert_none(&out);
    assert_false(out.report.is_anchored);
    assert_int_equal(out.report.entries, 7);
    assert_int_equal(out.report.first_seq, 3);
    assert_false(out.report.is_lowered);
    verify_whole(&l, &out);
    assert_none(&out);
    assert_true(out.report.is_lowered);
    assert_int_equal(out.report.signatures, 0);
    small_end(&l);
}

/* ---- the chain ---- */

static void an_entry_left_out_is_found(void **state)
{
    static const int WITHOUT_SEVENTH[] = {0, 1, 2, 3, 4, 5, 6, 8, 9, 10, -1};
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin_whole(&l);
    arrange(&l, WITHOUT_SEVENTH); /* entry 6 */
    verify_whole(&l, &out);
    assert_one(&out, FINDING_CHAIN_SEQ, 6);
    small_end(&l);
}

static void an_entry_doubled_is_found(void **state)
{
    static const int DOUBLED[] = {0, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, -1};
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin_whole(&l);
    arrange(&l, DOUBLED);
    verify_whole(&l, &out);
    assert_one(&out, FINDING_CHAIN_SEQ, 5);
    small_end(&l);
}

static void entries_out_of_order_are_found(void **state)
{
    static const int SWAPPED[] = {0, 1, 2, 3, 4, 6, 5, 7, 8, 9, 10, -1};
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin_whole(&l);
    arrange(&l, SWAPPED);
    verify_whole(&l, &out);
    assert_true(out.count >= 1);
    assert_int_equal(out.findings[0].code, FINDING_CHAIN_SEQ);
    assert_int_equal(out.findings[0].seq, 4);
    small_end(&l);
}

static void a_line_that_cannot_be_read_is_one_finding(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin_whole(&l);
    replace(&l, 3, "{\"body\":", "{\"bodi\":"); /* line 5, entry 3 */
    verify_whole(&l, &out);
    assert_one(&out, FINDING_ARCHIVE_LINE, 5);
    assert_int_equal(out.report.entries, SMALL_WHOLE - 1);
    small_end(&l);
}

static void a_header_altered_in_place_breaks_the_chain_behind_it(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin_whole(&l);
    replace(&l, 0, "2020-01-01T00:00:08.000000Z", "2020-01-01T00:00:08.500000Z");
    verify_whole(&l, &out);
    /* the settlement's head names the entry too, and so its author contradicts the archive as well */
    assert_int_equal(out.count, 2);
    assert_int_equal(out.findings[0].code, FINDING_CHAIN_PREV);
    assert_int_equal(out.findings[0].seq, 9);
    assert_string_equal(out.findings[0].detail, "prev does not match the hash of entry 8");
    assert_int_equal(out.findings[1].code, FINDING_STATEMENT_HEAD);
    small_end(&l);
}

/* Builds the three first entries and one more, and wants one finding about it. */
static void assert_entry_gives(struct small_entry e, enum finding_code code)
{
    struct small_ledger l;
    struct small_outcome out;
    small_begin(&l, 4);
    if (e.target != NULL)
        e.key = l.prov;
    small_add(&l, e);
    verify_whole(&l, &out);
    assert_one(&out, code, 3);
    small_end(&l);
}

#define ERASES(seq) .type = "body.erased", .target = "/v1/entries/" seq "/erasure", .body = "{}"
#define RESULT .actor = "prov", .type = "result.submitted", .target = "/v1/results", .body = "{}"

static void a_wrong_link_is_found(void **state)
{
    (void) state;
    assert_entry_gives((struct small_entry){RESULT, .is_other_prev = true}, FINDING_CHAIN_PREV);
}

static void a_time_before_the_last_is_found(void **state)
{
    (void) state;
    assert_entry_gives((struct small_entry){RESULT, .late_us = -1000001}, FINDING_CHAIN_TIME);
}

static int64_t clock_us;
static struct instant clock_at(void)
{
    return (struct instant){clock_us};
}

/* Told once, for the first: who puts the clock forward writes everything behind it later still. */
static void a_time_that_has_not_come_is_found(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin_whole(&l);
    small_clock = clock_at;
    clock_us = SMALL_START + (SMALL_WHOLE - 1 - VERIFY_CLOCK_SLACK_S) * INT64_C(1000000); /* the last is just in time */
    verify_whole(&l, &out);
    assert_int_equal(out.count, 0);
    clock_us = SMALL_START + (5 - VERIFY_CLOCK_SLACK_S) * INT64_C(1000000) - 1;
    verify_whole(&l, &out);
    assert_one(&out, FINDING_CHAIN_FUTURE, 5);
    assert_non_null(strstr(out.findings[0].detail, "2019-12-31T23:55:04.999999Z by the clock of this machine"));
    small_clock = NULL;
    small_end(&l);
}

static void an_entry_of_another_ledger_is_found(void **state)
{
    (void) state;
    assert_entry_gives((struct small_entry){RESULT, .ledger = "other.example", .aud = "other.example"},
                       FINDING_CHAIN_LEDGER);
}

static void types_that_do_not_fit_are_found(void **state)
{
    (void) state;
    assert_entry_gives((struct small_entry){.actor = "ledger", .type = "result.invented", .body = "{}"},
                       FINDING_CHAIN_TYPE);
    assert_entry_gives((struct small_entry){.actor = "ledger", .type = "ledger.created", .body = "{}"}, FINDING_CHAIN_TYPE);
    assert_entry_gives((struct small_entry){.actor = "prov", .type = "payment.triggered", .body = "{}"},
                       FINDING_CHAIN_TYPE);
    assert_entry_gives((struct small_entry){.actor = "ledger", .type = "payment.triggered", .body = "{}", .jws = "x"},
                       FINDING_CHAIN_TYPE);
    assert_entry_gives((struct small_entry){.actor = "prov", .type = "result.submitted", .body = "{}"}, FINDING_CHAIN_TYPE);
    assert_entry_gives((struct small_entry){RESULT, .jws = ""}, FINDING_CHAIN_TYPE);
    assert_entry_gives(
        (struct small_entry){.actor = "ledger", .type = "result.submitted", .target = "/v1/results", .body = "{}"},
        FINDING_CHAIN_TYPE);
}

static void a_statement_id_used_twice_is_found(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    small_begin(&l, 6);
    small_add(&l, (struct small_entry){RESULT, .key = l.prov, .jti = "the-same-id-twice"});
    small_add(&l, (struct small_entry){.actor = "eva",
                                       .type = "result.submitted",
                                       .target = "/v1/results",
                                       .body = "{}",
                                       .key = l.eva,
                                       .jti = "the-same-id-twice"}); /* another actor's: right */
    small_add(&l, (struct small_entry){RESULT, .key = l.prov, .jti = "the-same-id-twice"});
    verify_whole(&l, &out);
    assert_one(&out, FINDING_CHAIN_JTI, 5);
    small_end(&l);
}

/* ---- bodies ---- */

static void a_body_altered_in_place_is_one_finding(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin_whole(&l);
    replace(&l, 0, "\\\"value\\\":\\\"90\\\"", "\\\"value\\\":\\\"99\\\"");
    verify_whole(&l, &out);
    assert_one(&out, FINDING_BODY_COMMITMENT, 3);
    assert_non_null(strstr(out.findings[0].detail, "does not fit the body either"));
    small_verify(buf_slice(&l.text), l.vkey, VERIFY_CHAIN, 2, verify_keys_read, &out);
    assert_one(&out, FINDING_BODY_COMMITMENT, 3);
    small_end(&l);
}

static void a_commitment_to_something_else_is_found(void **state)
{
    (void) state;
    assert_entry_gives((struct small_entry){RESULT, .is_other_body = true}, FINDING_BODY_COMMITMENT);
}

static void withheld_and_erased_bodies_are_counted(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    small_begin(&l, 8);
    small_add(&l, (struct small_entry){RESULT, .key = l.prov, .is_closed = true, .state = ARCHIVE_BODY_WITHHELD});
    small_add(&l, (struct small_entry){RESULT, .key = l.prov, .state = ARCHIVE_BODY_ERASED});
    small_add(&l, (struct small_entry){RESULT, .key = l.prov, .state = ARCHIVE_BODY_ERASED});
    small_add(&l, (struct small_entry){ERASES("4"), .actor = "prov", .key = l.prov});
    small_add(&l, (struct small_entry){ERASES("5"), .actor = "op", .key = l.op});
    verify_whole(&l, &out);
    assert_none(&out);
    assert_int_equal(out.report.withheld, 1);
    assert_int_equal(out.report.erased, 2);
    assert_int_equal(out.report.signatures, 4);
    small_end(&l);
}

static void a_body_that_is_gone_unsaid_is_found(void **state)
{
    static const char *const others[] = {"3", "x", "04"}; /* another entry, and what is no number */
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    for (size_t i = 0; i < 4; i++) {
        small_begin(&l, i < 3 ? 6 : 5);
        small_add(&l, (struct small_entry){RESULT, .key = l.prov});
        small_add(&l, (struct small_entry){RESULT, .key = l.prov, .state = ARCHIVE_BODY_ERASED});
        if (i < 3)
            small_add(&l, (struct small_entry){.type = "body.erased",
                                               .target = small_printf(&l, "/v1/entries/%s/erasure", others[i]),
                                               .body = "{}",
                                               .actor = "prov",
                                               .key = l.prov});
        verify_whole(&l, &out);
        assert_one(&out, FINDING_BODY_ERASED, 4);
        small_end(&l);
    }
}

static void a_body_that_somebody_else_erases_is_found(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    small_begin(&l, 5);
    small_add(&l, (struct small_entry){RESULT, .key = l.prov, .state = ARCHIVE_BODY_ERASED});
    small_add(&l, (struct small_entry){ERASES("3"), .actor = "eva", .key = l.eva});
    verify_whole(&l, &out);
    assert_one(&out, FINDING_STATEMENT_RIGHT, 4);
    small_end(&l);
}

static void an_open_body_withheld_is_found(void **state)
{
    (void) state;
    assert_entry_gives((struct small_entry){RESULT, .state = ARCHIVE_BODY_WITHHELD}, FINDING_BODY_WITHHELD_OPEN);
}

/* ---- statements ---- */

static void statements_for_something_else_are_found(void **state)
{
    (void) state;
    assert_entry_gives((struct small_entry){RESULT, .aud = "other.example"}, FINDING_STATEMENT_REQUEST);
    assert_entry_gives((struct small_entry){RESULT, .method = "PUT"}, FINDING_STATEMENT_REQUEST);
    assert_entry_gives((struct small_entry){RESULT, .cty = "text/plain"}, FINDING_STATEMENT_REQUEST);
    assert_entry_gives(
        (struct small_entry){
            .actor = "prov", .type = "result.submitted", .target = "/v1/results/2/verifications", .body = "{}"},
        FINDING_STATEMENT_REQUEST);
}

static void a_statement_under_another_id_is_found(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    struct buf jws;
    (void) state;
    small_begin(&l, 4);
    struct small_entry e = {RESULT, .key = l.prov};
    buf_init(&jws, 4096);
    small_sign(&l, &e, SMALL_START + 3000000, "not-the-header-s-jti", &jws);
    e.jws = jws.ptr;
    small_add(&l, e);
    verify_whole(&l, &out);
    assert_one(&out, FINDING_STATEMENT_REQUEST, 3);
    buf_release(&jws);
    small_end(&l);
}

static void statements_from_another_time_are_found(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    assert_entry_gives((struct small_entry){RESULT, .iat_later = 301}, FINDING_STATEMENT_TIME);
    assert_entry_gives((struct small_entry){RESULT, .iat_later = -301}, FINDING_STATEMENT_TIME);
    /* where seconds can be written and microseconds overflow, alone or in the difference */
    for (int64_t far_s = 1000000; far_s < INT64_C(9007199254740991) - 1767225603; far_s *= 7) {
        assert_entry_gives((struct small_entry){RESULT, .iat_later = far_s}, FINDING_STATEMENT_TIME);
        assert_entry_gives((struct small_entry){RESULT, .iat_later = -far_s}, FINDING_STATEMENT_TIME);
    }
    assert_entry_gives((struct small_entry){RESULT, .iat_later = -INT64_C(9223372036854) - 1767225603},
                       FINDING_STATEMENT_TIME);
    small_begin(&l, 5);
    small_add(&l, (struct small_entry){RESULT, .key = l.prov, .iat_later = 300});
    small_add(&l, (struct small_entry){RESULT, .key = l.prov, .iat_later = -300});
    verify_whole(&l, &out);
    assert_none(&out);
    small_end(&l);
}

static void a_statement_that_saw_another_history_is_found(void **state)
{
    (void) state;
    assert_entry_gives((struct small_entry){RESULT, .is_other_head = true}, FINDING_STATEMENT_HEAD);
}

static void a_statement_that_had_not_seen_what_it_names_is_found(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    small_begin(&l, 5);
    small_add(&l, (struct small_entry){RESULT, .key = l.prov});
    small_add(&l, (struct small_entry){.actor = "eva",
                                       .type = "result.verified",
                                       .target = "/v1/results/3/verifications",
                                       .key = l.eva,
                                       .body = "{}",
                                       .head_back = 1});
    verify_whole(&l, &out);
    assert_one(&out, FINDING_STATEMENT_HEAD, 4);
    small_end(&l);
}

static void a_signature_of_the_wrong_form_is_found(void **state)
{
    (void) state;
    assert_entry_gives((struct small_entry){RESULT, .jws = "e30..e30"}, FINDING_STATEMENT_FORM);
}

static void a_signature_that_does_not_verify_is_found(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    struct buf jws;
    (void) state;
    small_begin(&l, 4);
    struct small_entry e = {RESULT, .key = l.prov};
    buf_init(&jws, 4096);
    small_sign(&l, &e, SMALL_START + 3000000, "statement-00000003", &jws);
    /* the service rewrites the body, the commitment and the chain, but cannot sign */
    e.jws = jws.ptr;
    e.body = "{\"value\":\"invented\"}";
    small_add(&l, e);
    verify_whole(&l, &out);
    assert_one(&out, FINDING_STATEMENT_SIGNATURE, 3);
    buf_release(&jws);
    small_end(&l);
}

static void another_actor_s_key_is_found(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    small_begin(&l, 4);
    small_add(&l, (struct small_entry){RESULT, .key = l.eva});
    verify_whole(&l, &out);
    assert_one(&out, FINDING_STATEMENT_ACTOR, 3);
    small_end(&l);
}

/* ---- keys ---- */

static void an_unregistered_key_is_found(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    small_begin(&l, 4);
    small_add(&l, (struct small_entry){RESULT, .key = l.prov2});
    verify_whole(&l, &out);
    assert_one(&out, FINDING_KEY_UNKNOWN, 3);
    small_end(&l);
}

static void a_revoked_key_is_found(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    small_begin(&l, 5);
    small_add(
        &l, (struct small_entry){.actor = "prov",
                                 .type = "key.revoked",
                                 .key = l.prov,
                                 .body = "{}",
                                 .target = small_printf(&l, "/v1/actors/prov/keys/%s/revocation", small_kid(&l, l.prov))});
    small_add(&l, (struct small_entry){RESULT, .key = l.prov});
    verify_whole(&l, &out);
    assert_one(&out, FINDING_KEY_REVOKED, 4);
    small_end(&l);
}

/* One entry that changes keys, signed by the operator. */
static void assert_change_gives(struct small_ledger *l, const char *type, const char *target, const char *body,
                                enum finding_code code)
{
    struct small_outcome out;
    small_add(l, (struct small_entry){.actor = "op", .type = type, .target = target, .body = body, .key = l->op});
    verify_whole(l, &out);
    assert_one(&out, code, 3);
    small_end(l);
}

static void a_key_of_small_order_is_found(void **state)
{
    struct small_ledger l;
    (void) state;
    small_begin(&l, 4);
    const char *body = small_printf(&l,
                                    "{\"id\":\"new\",\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":"
                                    "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"},\"pop\":\"%s\"}",
                                    small_pop(&l, l.prov2, "new"));
    assert_change_gives(&l, "actor.registered", "/v1/actors", body, FINDING_KEY_WEAK);
}

static void a_key_without_proof_is_found(void **state)
{
    struct small_ledger l;
    (void) state;
    small_begin(&l, 4);
    const char *body = small_printf(&l, "{\"id\":\"new\",%s}", small_jwk(&l, l.prov2, "another"));
    assert_change_gives(&l, "actor.registered", "/v1/actors", body, FINDING_KEY_PROOF);
}

static void a_key_registered_twice_is_found(void **state)
{
    struct small_ledger l;
    (void) state;
    small_begin(&l, 4);
    assert_change_gives(&l, "actor.registered", "/v1/actors", small_registration(&l, l.prov, "new"), FINDING_KEY_TAKEN);
    small_begin(&l, 4);
    assert_change_gives(&l, "actor.registered", "/v1/actors", small_registration(&l, l.ledger, "new"), FINDING_KEY_TAKEN);
}

static void a_second_registration_gives_nobody_a_second_key(void **state)
{
    struct small_ledger l;
    (void) state;
    small_begin(&l, 4);
    assert_change_gives(&l, "actor.registered", "/v1/actors", small_registration(&l, l.prov2, "prov"), FINDING_KEY_TAKEN);
}

static void the_operator_adds_no_key_for_others(void **state)
{
    struct small_ledger l;
    (void) state;
    small_begin(&l, 4);
    const char *body = small_printf(&l, "{%s}", small_jwk(&l, l.prov2, "prov"));
    assert_change_gives(&l, "key.added", "/v1/actors/prov/keys", body, FINDING_STATEMENT_RIGHT);
}

static void revoking_a_key_that_is_not_the_actor_s_is_found(void **state)
{
    struct small_ledger l;
    (void) state;
    small_begin(&l, 4);
    const char *target = small_printf(&l, "/v1/actors/prov/keys/%s/revocation", small_kid(&l, l.eva));
    assert_change_gives(&l, "key.revoked", target, "{}", FINDING_KEY_UNKNOWN);
}

static void the_operator_may_revoke_a_key_and_others_may_not(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    for (int by_eva = 0; by_eva <= 1; by_eva++) {
        small_begin(&l, 4);
        small_add(&l, (struct small_entry){
                          .actor = by_eva ? "eva" : "op",
                          .type = "key.revoked",
                          .body = "{}",
                          .key = by_eva ? l.eva : l.op,
                          .target = small_printf(&l, "/v1/actors/prov/keys/%s/revocation", small_kid(&l, l.prov))});
        verify_whole(&l, &out);
        if (by_eva)
            assert_one(&out, FINDING_STATEMENT_RIGHT, 3);
        else
            assert_none(&out);
        small_end(&l);
    }
}

/* Entry 3 registers "new", with these roles; entry 4 is what "new" does then. */
static void add_new_and_what_it_does(struct small_ledger *l, const char *roles, const char *type, const char *target,
                                     const char *body)
{
    small_add(l, (struct small_entry){
                     .actor = "op",
                     .type = "actor.registered",
                     .target = "/v1/actors",
                     .key = l->op,
                     .body = small_printf(l, "{\"id\":\"new\",\"roles\":%s,%s}", roles, small_jwk(l, l->prov2, "new"))});
    small_add(l, (struct small_entry){.actor = "new", .type = type, .target = target, .body = body, .key = l->prov2});
}

static void only_operator_and_backbone_register_actors_and_indicators(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    struct key_pair *key = small_key("another");
    (void) state;
    for (int is_backbone = 0; is_backbone <= 1; is_backbone++) {
        for (int is_actor = 0; is_actor <= 1; is_actor++) {
            small_begin(&l, 5);
            add_new_and_what_it_does(
                &l, is_backbone ? "[\"backbone\"]" : "[]", is_actor ? "actor.registered" : "indicator.defined",
                is_actor ? "/v1/actors" : "/v1/indicators", is_actor ? small_registration(&l, key, "another") : "{}");
            verify_whole(&l, &out);
            if (is_backbone)
                assert_none(&out);
            else
                assert_one(&out, FINDING_STATEMENT_RIGHT, 4);
            small_end(&l);
        }
    }
    key_pair_free(key);
}

static void only_the_operator_gives_roles(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    struct key_pair *key = small_key("another");
    (void) state;
    small_begin(&l, 5);
    add_new_and_what_it_does(
        &l, "[\"backbone\"]", "actor.registered", "/v1/actors",
        small_printf(&l, "{\"id\":\"another\",\"roles\":[\"backbone\"],%s}", small_jwk(&l, key, "another")));
    verify_whole(&l, &out);
    assert_one(&out, FINDING_STATEMENT_RIGHT, 4);
    small_end(&l);
    key_pair_free(key);
}

static void bodies_that_change_keys_and_cannot_be_read_are_found(void **state)
{
    static const char *const BODIES[] = {
        "",
        "[]",
        "{}",
        "{\"id\":\"new\",\"id\":\"new\"}",
        "{\"id\":\"new\",\"pop\":\"x\"}",
        "{\"id\":\"new\",\"pop\":\"x\",\"jwk\":{\"crv\":\"Ed448\",\"kty\":\"OKP\",\"x\":\"AA\"}}",
        "{\"id\":\"new\",\"pop\":\"x\",\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"AA\"}}"};
    struct small_ledger l;
    (void) state;
    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        small_begin(&l, 4);
        assert_change_gives(&l, "actor.registered", "/v1/actors", BODIES[i], FINDING_BODY_FORM);
    }
    static const char *const ROLES[] = {"\"backbone\"", "[\"operator\"]", "[1]"};
    for (size_t i = 0; i < sizeof ROLES / sizeof ROLES[0]; i++) {
        small_begin(&l, 4);
        const char *body = small_printf(&l, "{\"id\":\"new\",\"roles\":%s,%s}", ROLES[i], small_jwk(&l, l.prov2, "new"));
        assert_change_gives(&l, "actor.registered", "/v1/actors", body, FINDING_BODY_FORM);
    }
    small_begin(&l, 4);
    assert_change_gives(&l, "actor.registered", "/v1/actors", small_registration(&l, l.prov2, "ledger"), FINDING_BODY_FORM);
}

/* Control characters and letters beyond ASCII in a body, where findings quote it or what a JSON library says of it. */
static void findings_are_printable_whatever_an_archive_says(void **state)
{
    static const char *const ORIGINS[] = {"\\\\u001b[2Jall is right", "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9",
                                          "\\\"\\u001b\xE2\x82\xAC"};
    (void) state;
    for (size_t i = 0; i < sizeof ORIGINS / sizeof ORIGINS[0]; i++) {
        struct small_ledger l;
        struct small_outcome out;
        bool is_quoted = false;
        begin_whole(&l);
        replace(&l, 0, "\\\"origin\\\":\\\"" SMALL_ORIGIN, small_printf(&l, "\\\"origin\\\":\\\"%s", ORIGINS[i]));
        verify_whole(&l, &out);
        assert_true(out.count > 0 && out.count < 64);
        for (size_t n = 0; n < out.count; n++) {
            is_quoted = is_quoted || strchr(out.findings[n].detail, '?') != NULL;
            for (const char *at = out.findings[n].detail; *at != '\0'; at++)
                assert_in_range(*at, ' ', '~');
        }
        assert_true(is_quoted);
        small_end(&l);
    }
}

static void another_ledger_s_key_is_found(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    struct key_public key;
    struct buf other;
    (void) state;
    begin_whole(&l);
    buf_init(&other, 256);
    key_pair_public(l.eva, &key);
    key_vkey_write(SLICE(SMALL_ORIGIN), 1, &key, &other);
    small_verify(buf_slice(&l.text), other.ptr, VERIFY_SIGNATURES, 1, verify_keys_read, &out);
    assert_one(&out, FINDING_LEDGER_KEY, 0);
    assert_false(out.report.is_anchored);
    /* the first line alone names another key */
    replace(&l, 0, l.vkey, other.ptr);
    verify_whole(&l, &out);
    assert_one(&out, FINDING_LEDGER_KEY, 0);
    buf_release(&other);
    small_end(&l);
}

static void an_archive_without_the_ledger_s_creation_is_not_anchored(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    small_begin(&l, 3);
    small_verify(line_of(&l, 0), l.vkey, VERIFY_SIGNATURES, 1, verify_keys_read, &out);
    assert_true(out.count > 0);
    assert_false(out.report.is_anchored);
    small_end(&l);
}

/* ---- all of it at once ---- */

static void findings_come_in_order_whatever_the_threads(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin_whole(&l);
    replace(&l, 0, "\\\"value\\\":\\\"90\\\"", "\\\"value\\\":\\\"99\\\""); /* entry 3 */
    replace(&l, 0, "lost", "last");                                         /* entry 7 */
    replace(&l, 0, "\\\"net\\\":\\\"9.00\\\"", "\\\"net\\\":\\\"9.01\\\""); /* entry 8 */
    for (int threads = 1; threads <= 4; threads++) {
        small_verify(buf_slice(&l.text), l.vkey, VERIFY_SIGNATURES, threads, verify_keys_read, &out);
        assert_int_equal(out.count, 3);
        assert_int_equal(out.findings[0].seq, 3);
        assert_int_equal(out.findings[1].seq, 7);
        assert_int_equal(out.findings[2].seq, 8);
        assert_int_equal(out.report.first_bad, 3);
    }
    small_end(&l);
}

/* Three times round the ring of lines under way. */
static void a_queue_that_fills_up_loses_and_swaps_nothing(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    small_begin(&l, 800);
    while (l.seq < 800) {
        bool is_wrong = l.seq % 100 == 50;
        if (l.seq % 10 == 0)
            small_add(&l, (struct small_entry){RESULT, .key = l.prov, .is_other_body = is_wrong});
        else
            small_add(&l,
                      (struct small_entry){
                          .actor = "ledger", .type = "moment.reached", .body = "{}", .is_other_body = l.seq % 100 == 51});
    }
    for (int threads = 1; threads <= 3; threads++) {
        small_verify(buf_slice(&l.text), l.vkey, VERIFY_SIGNATURES, threads, verify_keys_read, &out);
        assert_int_equal(out.report.entries, 800);
        assert_int_equal(out.count, 16);
        for (size_t i = 0; i < 16; i++) {
            assert_int_equal(out.findings[i].code, FINDING_BODY_COMMITMENT);
            assert_int_equal(out.findings[i].seq, i / 2 * 100 + 50 + i % 2);
        }
        assert_int_equal(out.report.signatures, 2 + 79 - 8);
    }
    small_end(&l);
}

static enum tally_code verify_while_memory_lasts(const struct small_ledger *l, struct small_outcome *out)
{
    struct verify_options options = {.level = VERIFY_SIGNATURES,
                                     .vkey = slice_str(l->vkey),
                                     .on_finding = small_on_finding,
                                     .read_key_change = verify_keys_read,
                                     .ctx = out,
                                     .threads = 1};
    struct verifier *verifier = NULL;
    struct slice text = buf_slice(&l->text);
    *out = (struct small_outcome){0};
    enum tally_code rc = verifier_new(&options, &verifier, NULL);
    while (rc == TALLY_OK && text.len > 0) {
        size_t len = (size_t) ((const char *) memchr(text.ptr, '\n', text.len) - text.ptr);
        rc = verifier_line(verifier, slice_of(text.ptr, len), NULL);
        text = slice_of(text.ptr + len + 1, text.len - len - 1);
    }
    if (rc == TALLY_OK)
        rc = verifier_end(verifier, &out->report, NULL);
    verifier_free(verifier);
    return rc;
}

static void want_of_memory_is_an_error_and_never_a_finding(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    enum tally_code rc = TALLY_E_NO_MEMORY;
    uint64_t n = 0;
    (void) state;
    begin_whole(&l);
    while (rc != TALLY_OK) {
        /* the first 1024 are the queue's, all alike */
        n += n > 40 && n < 900 ? 97 : 1;
        mem_fail_after(n);
        rc = verify_while_memory_lasts(&l, &out);
        mem_fail_after(0);
        assert_true(rc == TALLY_OK || rc == TALLY_E_NO_MEMORY);
        assert_int_equal(out.count, 0);
    }
    assert_true(n > 100);
    assert_int_equal(out.report.entries, SMALL_WHOLE);
    small_end(&l);
}

/* Entries 3, 1000003, 2000003, ...: what is not there takes room in the list of hashes only so often. */
static void gaps_without_end_take_no_memory_without_end(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    uint64_t made[2];
    (void) state;
    for (int has_gaps = 0; has_gaps <= 1; has_gaps++) {
        small_begin(&l, 3);
        for (uint64_t i = 0; i < 20; i++) {
            struct buf header;
            struct entry_header h = {.seq = 3 + i * (has_gaps ? 1000000 : 1),
                                     .time = {SMALL_START + 3000000},
                                     .actor = SLICE("ledger"),
                                     .type = SLICE("moment.reached"),
                                     .ledger = SLICE(SMALL_ORIGIN)};
            buf_init(&header, 4096);
            entry_header_write(&h, &header);
            archive_write_entry(&(struct archive_entry){.header = buf_slice(&header), .state = ARCHIVE_BODY_ERASED},
                                &l.text);
            buf_release(&header);
        }
        mem_fail_after(0);
        verify_whole(&l, &out);
        made[has_gaps] = mem_allocations();
        assert_true(out.count >= 20);
        small_end(&l);
    }
    assert_true(made[1] < made[0] + 100); /* a block of the list holds 32,768 hashes */
}

/* One finding each, and no want of memory, however many there are. */
static void as_many_bodies_as_one_likes_may_be_gone(void **state)
{
    enum { MANY = 6000 };
    struct small_ledger l;
    struct small_outcome out;
    struct digest before;
    struct buf header;
    (void) state;
    small_begin(&l, 3 + MANY);
    before = l.hashes[2];
    buf_init(&header, 4096);
    for (uint64_t i = 0; i < MANY; i++) {
        const struct entry_header h = {.seq = 3 + i,
                                       .time = {SMALL_START + 3000000},
                                       .actor = SLICE("ledger"),
                                       .type = SLICE("moment.reached"),
                                       .ledger = SLICE(SMALL_ORIGIN),
                                       .prev = before};
        buf_clear(&header);
        entry_header_write(&h, &header);
        entry_hash(buf_slice(&header), &before);
        archive_write_entry(&(struct archive_entry){.header = buf_slice(&header), .state = ARCHIVE_BODY_ERASED}, &l.text);
    }
    buf_release(&header);
    verify_whole(&l, &out);
    assert_int_equal(out.count, MANY);
    assert_int_equal(out.findings[0].code, FINDING_BODY_ERASED);
    assert_int_equal(out.findings[63].seq, 3 + 63);
    small_end(&l);
}

/* What nothing in the archive speaks for is the header of the last entry (no entry links to it, no checkpoint covers
 * it yet): there the head differs from the one that a receipt names. */
static void every_altered_byte_is_found(void **state)
{
    static const int FLIPS[] = {0x01, 0x20, 0x80};
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin_whole(&l);
    size_t last_line = l.text.len - line_of(&l, SMALL_WHOLE).len;
    for (size_t i = 0; i < l.text.len; i++) {
        char was = l.text.ptr[i];
        l.text.ptr[i] = (char) (was ^ FLIPS[i % 3]);
        small_verify(buf_slice(&l.text), l.vkey, VERIFY_SIGNATURES, 1, verify_keys_read, &out);
        bool is_other_head = !digest_equal(&out.report.head, &l.hashes[SMALL_WHOLE - 1]);
        if (out.count == 0 && (i < last_line || !is_other_head))
            fail_msg("byte %zu (%c) altered to %c: nothing found", i, was, l.text.ptr[i]);
        l.text.ptr[i] = was;
    }
    small_verify(buf_slice(&l.text), l.vkey, VERIFY_SIGNATURES, 1, verify_keys_read, &out);
    assert_none(&out);
    small_end(&l);
}

static void every_cut_is_found(void **state)
{
    struct small_ledger l;
    struct small_outcome out;
    (void) state;
    begin_whole(&l);
    small_checkpoint(&l, SMALL_WHOLE);
    size_t checkpoint = line_of(&l, SMALL_WHOLE + 1).len;
    for (size_t len = 0; len + 1 < l.text.len; len++) {
        small_verify(slice_of(l.text.ptr, len), l.vkey, len % 8 == 0 ? VERIFY_SIGNATURES : VERIFY_CHAIN, 1,
                     verify_keys_read, &out);
        /* all entries and no checkpoint: nothing is wrong with them, and nothing signed says that there are no more */
        bool is_without = len + checkpoint == l.text.len || len + checkpoint + 1 == l.text.len;
        if ((out.count == 0) != is_without)
            fail_msg("cut after %zu of %zu bytes: %zu findings", len, l.text.len, out.count);
        assert_true(out.count > 0 || out.report.signed_size == 0);
    }
    small_end(&l);
}

/* ---- the table of codes ---- */

static void every_code_has_a_row_in_the_table_and_one_text(void **state)
{
    static char text[65536];
    FILE *file = fopen("ledger/verify/README.md", "re");
    (void) state;
    if (file == NULL) { /* from where the tests are run, the repository's root */
        print_message("skipped: ledger/verify/README.md is not below this folder\n");
        skip();
    }
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void) fclose(file);
    for (int code = 0; code < FINDING_COUNT; code++) {
        char row[64];
        (void) snprintf(row, sizeof row, "\n| `%s` ", finding_code_text((enum finding_code) code));
        const char *at = strstr(text, row);
        if (at == NULL)
            fail_msg("%s has no row in ledger/verify/README.md", finding_code_text((enum finding_code) code));
        assert_null(strstr(at + 1, row));
        for (int other = 0; other < code; other++)
            assert_string_not_equal(finding_code_text((enum finding_code) code),
                                    finding_code_text((enum finding_code) other));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_archive_gives_no_finding),
        cmocka_unit_test(an_archive_without_its_first_line_is_found),
        cmocka_unit_test(another_spelling_of_a_line_is_found),
        cmocka_unit_test(an_archive_cut_short_is_found),
        cmocka_unit_test(an_archive_announced_as_another_s_is_found),
        cmocka_unit_test(a_part_of_an_archive_is_checked_as_a_chain_only),
        cmocka_unit_test(an_entry_left_out_is_found),
        cmocka_unit_test(an_entry_doubled_is_found),
        cmocka_unit_test(entries_out_of_order_are_found),
        cmocka_unit_test(a_line_that_cannot_be_read_is_one_finding),
        cmocka_unit_test(a_header_altered_in_place_breaks_the_chain_behind_it),
        cmocka_unit_test(a_wrong_link_is_found),
        cmocka_unit_test(a_time_before_the_last_is_found),
        cmocka_unit_test(a_time_that_has_not_come_is_found),
        cmocka_unit_test(an_entry_of_another_ledger_is_found),
        cmocka_unit_test(types_that_do_not_fit_are_found),
        cmocka_unit_test(a_statement_id_used_twice_is_found),
        cmocka_unit_test(a_body_altered_in_place_is_one_finding),
        cmocka_unit_test(a_commitment_to_something_else_is_found),
        cmocka_unit_test(withheld_and_erased_bodies_are_counted),
        cmocka_unit_test(a_body_that_is_gone_unsaid_is_found),
        cmocka_unit_test(a_body_that_somebody_else_erases_is_found),
        cmocka_unit_test(an_open_body_withheld_is_found),
        cmocka_unit_test(statements_for_something_else_are_found),
        cmocka_unit_test(a_statement_under_another_id_is_found),
        cmocka_unit_test(statements_from_another_time_are_found),
        cmocka_unit_test(a_statement_that_saw_another_history_is_found),
        cmocka_unit_test(a_statement_that_had_not_seen_what_it_names_is_found),
        cmocka_unit_test(a_signature_of_the_wrong_form_is_found),
        cmocka_unit_test(a_signature_that_does_not_verify_is_found),
        cmocka_unit_test(another_actor_s_key_is_found),
        cmocka_unit_test(an_unregistered_key_is_found),
        cmocka_unit_test(a_revoked_key_is_found),
        cmocka_unit_test(a_key_of_small_order_is_found),
        cmocka_unit_test(a_key_without_proof_is_found),
        cmocka_unit_test(a_key_registered_twice_is_found),
        cmocka_unit_test(a_second_registration_gives_nobody_a_second_key),
        cmocka_unit_test(the_operator_adds_no_key_for_others),
        cmocka_unit_test(revoking_a_key_that_is_not_the_actor_s_is_found),
        cmocka_unit_test(the_operator_may_revoke_a_key_and_others_may_not),
        cmocka_unit_test(only_operator_and_backbone_register_actors_and_indicators),
        cmocka_unit_test(only_the_operator_gives_roles),
        cmocka_unit_test(bodies_that_change_keys_and_cannot_be_read_are_found),
        cmocka_unit_test(findings_are_printable_whatever_an_archive_says),
        cmocka_unit_test(another_ledger_s_key_is_found),
        cmocka_unit_test(an_archive_without_the_ledger_s_creation_is_not_anchored),
        cmocka_unit_test(findings_come_in_order_whatever_the_threads),
        cmocka_unit_test(a_queue_that_fills_up_loses_and_swaps_nothing),
        cmocka_unit_test(want_of_memory_is_an_error_and_never_a_finding),
        cmocka_unit_test(every_code_has_a_row_in_the_table_and_one_text),
        cmocka_unit_test(as_many_bodies_as_one_likes_may_be_gone),
        cmocka_unit_test(gaps_without_end_take_no_memory_without_end),
        cmocka_unit_test(every_altered_byte_is_found),
        cmocka_unit_test(every_cut_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
