/* How a dishonest operator would cheat who has the ledger's key, the database, and where it says so an accomplice's key: every archive here
 * is whole by itself, its hashes, tree and checkpoint are right, and what parties signed afterwards they have signed upon it. The first
 * finding names the entry. */
#include "replay_help.h"

#define PEOPLE "buyer=buyer one=one seller=seller two=two"
#define LONG(header, cents)                                                                                                \
    "terms 1\ncontract silent \"Silent\"" header "\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                  \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\nparty buyer outcome payer \"Payer\"\n"                              \
    "party seller provider \"Maker\"\nparty one evaluator \"One\"\nparty two evaluator \"Two\"\n"                          \
    "parties clinic provider \"Clinics\", at most 2 join until 2012-08-31\n"                                               \
    "in force when buyer and seller have signed\ndisputes decided by two within 20 days, otherwise falls\n"                \
    "period year every 1 year from 2012-01-01 to 2013-12-31\ndimension place (north, south)\n"                             \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  by place, year\n  reported by seller\n"         \
    "  verified by one or 15 days of silence final 3 days later\n  disputes within 40 days\n"                              \
    "metric seen is \"Seen\" in number between 0 and 100\n  by clinic\n  reported by clinic\n"                             \
    "pay each_place from buyer to seller\n  for each place, year\n  amount " cents " per day of units\n"                   \
    "pay visit from buyer to clinic\n  for each clinic of seen\n  amount USD 1 * seen\n"
#define UNIT(place, value)                                                                                                 \
    "{\"dimensions\":{\"place\":\"" place "\",\"year\":\"2012-01-01/2012-12-31\"},\"indicator\":\"shared.units\","         \
    "\"value\":\"" value "\",\"version\":1}"
#define SEEN(clinic, value)                                                                                                \
    "{\"contract\":\"silent\",\"dimensions\":{\"clinic\":\"" clinic "\"},\"metric\":\"seen\",\"value\":\"" value "\"}"

/* One result becomes final by silence, one lapses in a dispute; a clinic joins; the seller changes its key; an amendment halves what is paid. */
static void tell_long(struct book *b)
{
    char path[120];
    struct buf body;
    book_begin(b);
    static const char *const actors[] = {"buyer", "seller", "one", "two"};
    for (size_t i = 0; i < sizeof(actors) / sizeof(actors[0]); i++)
        book_register(b, actors[i], "");
    book_define(b, "shared.units", "days");
    BOOK_DONE(b, book_propose(b, "buyer", "silent", LONG("", "2"), PEOPLE));
    BOOK_DONE(b, book_sign_contract(b, "buyer", "silent", "buyer"));
    BOOK_DONE(b, book_sign_contract(b, "seller", "silent", "seller"));
    book_register(b, "south", "");
    book_register(b, "north", "");
    BOOK_DONE(b, book_accede(b, "north", "silent", "clinic"));
    book_day(b, "2012-07-01");
    BOOK_SAID(b, "seller", "/v1/results", UNIT("north", "10"));
    book_day(b, "2012-07-02");
    BOOK_SAID(b, "seller", "/v1/results", UNIT("south", "7"));
    uint64_t south = b->last;
    book_day(b, "2012-07-03");
    (void) snprintf(path, sizeof(path), "/v1/results/%llu/disputes", (unsigned long long) south);
    BOOK_SAID(b, "buyer", path, "{\"contract\":\"silent\",\"reason\":\"r\"}");
    book_day(b, "2012-07-20"); /* north is final since the night before */
    BOOK_SAID(b, "north", "/v1/results", SEEN("north", "3"));
    book_day(b, "2012-08-10"); /* nobody has decided */
    BOOK_DONE(b, book_amend(b, "buyer", "silent", LONG(" version 2 amends %s effective 2012-12-01", "1"), PEOPLE));
    BOOK_DONE(b, book_sign_contract(b, "buyer", "silent", "buyer"));
    book_day(b, "2012-08-11");
    BOOK_DONE(b, book_sign_contract(b, "seller", "silent", "seller"));
    book_day(b, "2012-09-01");
    struct book_actor second = *book_actor(b, "seller");
    second.key = book_key("the seller's second");
    struct key_public public;
    key_pair_public(second.key, &public);
    key_thumbprint(&public, &second.kid);
    buf_init(&body, 1024);
    buf_add_char(&body, '{');
    book_proof(b, &second, &body);
    buf_add_char(&body, '}');
    assert_true(book_post(b, "seller", "/v1/actors/seller/keys", buf_slice(&body)));
    buf_release(&body);
    key_pair_free(second.key);
    book_register(b, "last", "");
    book_day(b, "2014-08-01");
    book_register(b, "late", "");
}

/* ---- the deeds: each changes the archive and says what entry is the first to be found ---- */
static struct book book;

static size_t find(struct forge *f, const char *type, size_t n)
{
    return forge_find(f, type, n);
}

static void sign_as(struct forge *f, size_t at, const char *actor)
{
    struct statement_draft draft = forge_draft(f, at, NULL);
    f->entries[at].header.actor = forge_keep(f, slice_str(actor));
    forge_sign(f, at, &draft, book_actor(&book, actor)->key);
}

/* The time of this entry and of those recorded with it, and the author's word for it. */
static void date(struct forge *f, size_t at, int64_t us)
{
    struct instant was = f->entries[at].header.time;
    while (at > 0 && f->entries[at - 1].header.time.us == was.us)
        at--;
    for (; at < f->count && f->entries[at].header.time.us == was.us; at++) {
        struct forge_entry *entry = &f->entries[at];
        entry->header.time.us += us;
        if (entry->jws.len == 0)
            continue;
        struct slice kid;
        struct statement_draft draft = forge_draft(f, at, &kid);
        draft.iat = entry->header.time.us / 1000000;
        for (size_t i = 0; i < f->signer_count; i++)
            if (slice_equal(f->signers[i].kid, kid))
                forge_sign(f, at, &draft, f->signers[i].key);
    }
}
#define HOUR INT64_C(3600000000)

static size_t moment_of(struct forge *f, const char *day)
{
    for (size_t i = 0; i < f->count; i++)
        if (slice_is(f->entries[i].header.type, "moment.reached") &&
            memmem(f->entries[i].body.ptr, f->entries[i].body.len, day, strlen(day)) != NULL)
            return i;
    fail_msg("there is no moment on %s", day);
    return 0;
}

/* Recorded with its moment, by time. */
static size_t behind(const struct forge *f, size_t at)
{
    size_t end = at + 1;
    while (end < f->count && f->entries[end].header.jti.len == 0)
        end++;
    return end;
}

static size_t a_result_counts_a_day_too_early(struct forge *f)
{
    size_t at = moment_of(f, "2012-07-20T");
    forge_replace(f, at, "2012-07-20T", "2012-07-19T");
    return at;
}

/* The silence was over; it is taken into account with the next statement only. */
static size_t a_result_counts_too_late(struct forge *f)
{
    size_t from = moment_of(f, "2012-07-20T"), end = behind(f, from), to = find(f, "contract.amendment_proposed", 0);
    struct instant time = f->entries[to].header.time;
    while (f->entries[to - 1].header.time.us == time.us)
        to--;
    for (size_t i = from; i < end; i++) {
        f->entries[from].header.time = time;
        forge_move(f, from, to - 1);
    }
    return from;
}

static size_t silence_is_ignored(struct forge *f)
{
    size_t from = moment_of(f, "2012-07-20T"), end = behind(f, from);
    for (size_t i = from; i < end; i++)
        forge_remove(f, from);
    return from;
}

static size_t a_dispute_lapses_the_other_way(struct forge *f)
{
    size_t at = moment_of(f, "\"lapsed\"");
    forge_replace(f, at, "\"annulled\"", "\"stands\"");
    return at;
}

static size_t a_dispute_never_lapses(struct forge *f)
{
    size_t at = moment_of(f, "\"lapsed\"");
    const char *from = memmem(f->entries[at].body.ptr, f->entries[at].body.len, ",\"lapsed\"", 9);
    f->entries[at].body = arena_printf(f->arena, "%.*s}", (int) (from - f->entries[at].body.ptr), f->entries[at].body.ptr);
    return at;
}

static size_t an_amendment_is_in_force_with_one_signature(struct forge *f)
{
    size_t at = find(f, "contract.amended", 0), first = find(f, "contract.signed", 2);
    struct instant time = f->entries[first].header.time;
    forge_move(f, at, first + 1);
    f->entries[first + 1].header.time = time;
    return first + 1;
}

static size_t an_amendment_never_comes_into_force(struct forge *f)
{
    size_t at = find(f, "contract.amended", 0);
    forge_remove(f, at);
    return at - 1;
}

static size_t somebody_joins_after_the_day(struct forge *f)
{
    size_t at = find(f, "key.added", 0), from = find(f, "contract.acceded", 0);
    struct forge_entry *joins = forge_insert(f, at, &f->entries[from]);
    struct statement_draft draft = forge_draft(f, at, NULL);
    joins->header.time = f->entries[at + 1].header.time;
    joins->header.actor = SLICE("south");
    joins->header.jti = draft.jti = SLICE("statement-too-late");
    joins->body = forge_replaced(f, f->entries[find(f, "contract.signed", 3)].body, "seller", "clinic");
    draft.iat = joins->header.time.us / 1000000;
    forge_sign(f, at, &draft, book_actor(&book, "south")->key);
    return at;
}

static size_t somebody_else_speaks_for_a_clinic(struct forge *f)
{
    size_t at = find(f, "result.submitted", 2);
    sign_as(f, at, "seller");
    return at;
}

/* All of a day is said to have been ten minutes earlier, when the author's clock said otherwise. */
static size_t a_batch_is_dated_back(struct forge *f)
{
    size_t at = find(f, "result.submitted", 1);
    struct instant was = f->entries[at].header.time;
    for (; f->entries[at].header.time.us == was.us; at++)
        f->entries[at].header.time.us -= HOUR / 6;
    return find(f, "result.submitted", 1);
}

static size_t a_dispute_is_dated_forward_with_its_author(struct forge *f)
{
    date(f, find(f, "result.disputed", 0), 15 * 24 * HOUR);
    return moment_of(f, "\"lapsed\""); /* and so it lapses later */
}

static size_t a_result_is_shown_as_not_open(struct forge *f)
{
    size_t at = find(f, "result.submitted", 0);
    f->entries[at].header.open = false;
    return at;
}

static size_t a_payment_is_shown_as_not_open(struct forge *f)
{
    size_t at = find(f, "payment.triggered", 0);
    f->entries[at].header.open = false;
    return at;
}

static size_t a_payment_of_an_open_contract_is_withheld(struct forge *f)
{
    size_t at = find(f, "payment.triggered", 0);
    f->entries[at].header.open = false;
    f->entries[at].state = ARCHIVE_BODY_WITHHELD;
    while (!slice_is(f->entries[at].header.type, "moment.reached"))
        at--;
    return at;
}

static size_t a_payment_is_erased_unsaid(struct forge *f)
{
    size_t at = find(f, "payment.triggered", 0);
    f->entries[at].state = ARCHIVE_BODY_ERASED;
    return at;
}

/* By the operator, who may ask for it; but nothing of a payment can be erased. */
static size_t a_payment_is_erased(struct forge *f)
{
    size_t payment = find(f, "payment.triggered", 0), at = find(f, "actor.registered", 6);
    struct forge_entry *erasure = forge_insert(f, at, &f->entries[at]);
    struct statement_draft draft = forge_draft(f, at, NULL);
    erasure->header.type = SLICE("body.erased");
    erasure->header.jti = draft.jti = SLICE("statement-erases-it");
    erasure->body = SLICE("{\"ground\":\"asked\"}");
    draft.htu = arena_printf(f->arena, "/v1/entries/%zu/erasure", payment);
    forge_sign(f, at, &draft, book_actor(&book, "op")->key);
    f->entries[payment].state = ARCHIVE_BODY_ERASED;
    return at;
}

static size_t a_statement_is_recorded_twice(struct forge *f)
{
    size_t at = find(f, "result.submitted", 2);
    (void) forge_insert(f, at + 1, &f->entries[at]);
    return at + 1;
}

static size_t there_are_two_beginnings(struct forge *f)
{
    size_t at = find(f, "result.disputed", 0);
    struct instant time = f->entries[at].header.time;
    forge_insert(f, at, &f->entries[0])->header.time = time;
    return at;
}

static size_t an_entry_is_of_another_ledger(struct forge *f)
{
    size_t at = find(f, "payment.itemised", 0);
    f->entries[at].header.ledger = SLICE("ledger.example/other");
    return at;
}

static size_t a_number_is_a_float(struct forge *f)
{
    size_t at = find(f, "result.submitted", 0);
    forge_replace(f, at, "\"version\":1", "\"version\":1.0");
    return at;
}

static size_t a_float_in_what_the_service_wrote(struct forge *f)
{
    size_t at = find(f, "payment.triggered", 0);
    forge_replace(f, at, "\"count\":1", "\"count\":1e0");
    return at;
}

static size_t an_amount_without_its_cents(struct forge *f)
{
    size_t at = find(f, "payment.triggered", 0);
    forge_replace(f, at, "\"amount\":\"20.00\"", "\"amount\":\"20.0\"");
    return at;
}

static size_t white_space_in_what_the_service_wrote(struct forge *f)
{
    size_t at = find(f, "payment.triggered", 0);
    forge_replace(f, at, "{\"amount\"", "{ \"amount\"");
    return at;
}

static size_t a_member_twice(struct forge *f)
{
    size_t at = find(f, "result.submitted", 0);
    forge_replace(f, at, "\"value\":\"10\"", "\"value\":\"10\",\"value\":\"900\"");
    return at;
}

static size_t a_member_twice_in_what_the_service_wrote(struct forge *f)
{
    size_t at = find(f, "payment.triggered", 0);
    forge_replace(f, at, "\"amount\":\"20.00\"", "\"amount\":\"20.00\",\"amount\":\"90.00\"");
    return at;
}

static size_t a_letter_that_looks_like_another(struct forge *f)
{
    size_t at = find(f, "payment.triggered", 0);
    forge_replace(f, at, "\"actor\":\"seller\"", "\"actor\":\"s\xd0\xb5ller\"");
    return at;
}

static size_t a_letter_as_an_escape(struct forge *f)
{
    size_t at = find(f, "payment.triggered", 0);
    forge_replace(f, at, "\"actor\":\"seller\"", "\"actor\":\"\\u0073eller\"");
    return at;
}

static size_t another_payee(struct forge *f)
{
    size_t at = find(f, "payment.triggered", 0);
    forge_replace(f, at, "\"actor\":\"seller\"", "\"actor\":\"two\"");
    return at;
}

static size_t a_cent_less(struct forge *f)
{
    size_t at = find(f, "payment.triggered", 0);
    forge_replace(f, at, "\"20.00\"", "\"19.99\"");
    return at;
}

static size_t a_list_for_another_instance(struct forge *f)
{
    size_t at = find(f, "payment.itemised", 0);
    forge_replace(f, at, "north", "south");
    return at;
}

static size_t another_reason(struct forge *f)
{
    size_t at = find(f, "payment.itemised", 0);
    forge_replace(f, at, "\"explanation\":\"", "\"explanation\":\"00");
    return at;
}

static size_t a_payment_due_a_day_later(struct forge *f)
{
    size_t at = find(f, "payment.triggered", 0);
    struct slice body = f->entries[at].body;
    const char *due = memmem(body.ptr, body.len, "\"due\":\"", 7);
    assert_non_null(due);
    char from[32], to[32];
    (void) snprintf(from, sizeof from, "%.17s", due);
    (void) snprintf(to, sizeof to, "%.16s9", due);
    forge_replace(f, at, from, strcmp(from, to) == 0 ? "\"due\":\"2012-07-18" : to);
    return at;
}

/* Two statements of one day in the other order: both had been seen by nobody yet. */
static size_t two_that_were_recorded_together_are_swapped(struct forge *f)
{
    size_t at = find(f, "contract.amendment_proposed", 0);
    forge_swap(f, at, at + 1);
    return at;
}

static size_t a_pair_of_moments_is_swapped(struct forge *f)
{
    size_t lapse = moment_of(f, "\"lapsed\""), first = moment_of(f, "2012-07-20T");
    struct instant time = f->entries[lapse].header.time;
    size_t end = behind(f, first), count = end - first;
    for (size_t i = 0; i < count; i++) { /* both behind their days, in the wrong order */
        f->entries[first].header.time = time;
        forge_move(f, first, lapse);
    }
    return first;
}

/* A statement of the same time comes first: as if it had been recorded before the silence was over. */
static size_t a_moment_stands_behind_a_statement_of_its_time(struct forge *f)
{
    size_t at = moment_of(f, "2012-07-20T"), statement = find(f, "result.submitted", 2);
    forge_move(f, statement, at);
    return at;
}

/* A key that was revoked signs again. */
static size_t a_revoked_key_signs(struct forge *f)
{
    size_t added = find(f, "key.added", 0), at = added + 1;
    const struct book_actor *one = book_actor(&book, "one");
    struct forge_entry *revokes = forge_insert(f, at, &f->entries[added]);
    struct statement_draft draft = forge_draft(f, at, NULL);
    revokes->header.type = SLICE("key.revoked");
    revokes->header.actor = SLICE("one");
    revokes->header.jti = draft.jti = SLICE("statement-revokes");
    revokes->body = SLICE("{\"reason\":\"lost\"}");
    draft.htu = arena_printf(f->arena, "/v1/actors/one/keys/%s/revocation", one->kid.text);
    forge_sign(f, at, &draft, one->key);
    struct forge_entry *again = forge_insert(f, at + 1, &f->entries[at]);
    again->header.type = SLICE("result.submitted");
    again->header.jti = draft.jti = SLICE("statement-afterwards");
    again->body = SLICE(UNIT("north", "11"));
    draft.htu = SLICE("/v1/results");
    forge_sign(f, at + 1, &draft, one->key);
    return at + 1;
}

static size_t an_actor_is_registered_after_it_spoke(struct forge *f)
{
    size_t at = find(f, "contract.acceded", 0);
    forge_swap(f, at - 1, at);
    return at - 1;
}

static size_t a_contract_is_in_force_by_nobody(struct forge *f)
{
    size_t at = find(f, "contract.signed", 1);
    forge_remove(f, at);
    return at;
}

/* The service's own word where an actor's should be. */
static size_t the_service_speaks_for_an_actor(struct forge *f)
{
    size_t at = find(f, "result.submitted", 0);
    f->entries[at].header.actor = SLICE("ledger");
    f->entries[at].header.jti = SLICE("");
    f->entries[at].jws = SLICE("");
    return at;
}

static size_t entries_of_one_cause_have_two_times(struct forge *f)
{
    size_t at = find(f, "payment.triggered", 0);
    for (size_t i = at; f->entries[i].header.time.us == f->entries[at].header.time.us; i--)
        if (slice_is(f->entries[i].header.type, "moment.reached"))
            break;
    f->entries[at].header.time.us++;
    for (size_t i = at + 1; f->entries[i].header.time.us < f->entries[at].header.time.us; i++)
        f->entries[i].header.time.us++;
    return at;
}

/* The list of instances behind the payment that names it. */
static size_t what_follows_stands_in_another_order(struct forge *f)
{
    size_t at = find(f, "payment.triggered", 0);
    forge_swap(f, at - 1, at);
    return moment_of(f, "2012-07-20T");
}

/* Registered by the operator under a name that its owner has not signed. */
static size_t a_key_is_given_to_another(struct forge *f)
{
    size_t at = find(f, "actor.registered", 6);
    struct book_actor other = {.id = "lost", .key = book_key("lost")};
    struct buf body;
    buf_init(&body, 1024);
    buf_add_str(&body, "{\"id\":\"last\",\"kind\":\"organisation\",");
    book_proof(&book, &other, &body);
    buf_add_char(&body, '}');
    f->entries[at].body = forge_keep(f, buf_slice(&body));
    buf_release(&body);
    key_pair_free(other.key);
    return at;
}

/* The end of the contract is said to have come, with all that falls due by then. */
static size_t the_last_day_is_said_to_have_come(struct forge *f)
{
    size_t at = f->count - 1;
    date(f, at, 100 * 366 * 24 * HOUR);
    while (f->entries[at - 1].header.time.us == f->entries[at].header.time.us)
        at--;
    return at;
}

static const struct deed {
    const char *name;
    size_t (*cheat)(struct forge *f);
    unsigned parts;
    enum finding_code code;
    const char *says;
} deeds[] = {
#define DEED(cheat, parts, code, says)                                                                                     \
    {                                                                                                                      \
#cheat, cheat, parts, code, says                                                                                   \
    }
#define WITH_NUMBERS FORGE_LIVED
#define AS_IT_IS (FORGE_REBUILT | FORGE_AUTHORS)
    DEED(a_result_counts_a_day_too_early, AS_IT_IS, FINDING_REPLAY_SURPLUS, "is none at which anything is due"),
    DEED(a_result_counts_too_late, WITH_NUMBERS, FINDING_REPLAY_MISSING, "was due before this entry"),
    DEED(silence_is_ignored, WITH_NUMBERS, FINDING_REPLAY_MISSING, "was due before this entry"),
    DEED(a_dispute_lapses_the_other_way, AS_IT_IS, FINDING_REPLAY_DIFFERS, "its lapsed"),
    DEED(a_dispute_never_lapses, AS_IT_IS, FINDING_REPLAY_DIFFERS, "its lapsed is not there"),
    DEED(an_amendment_is_in_force_with_one_signature, WITH_NUMBERS, FINDING_REPLAY_SURPLUS, "amendment of silent"),
    DEED(an_amendment_never_comes_into_force, WITH_NUMBERS, FINDING_REPLAY_MISSING, "amendment of silent"),
    DEED(somebody_joins_after_the_day, WITH_NUMBERS, FINDING_REPLAY_REFUSED, "accession.closed"),
    DEED(somebody_else_speaks_for_a_clinic, AS_IT_IS, FINDING_REPLAY_REFUSED, "result.not_reporter"),
    DEED(a_batch_is_dated_back, AS_IT_IS, FINDING_STATEMENT_TIME, "iat"),
    DEED(a_dispute_is_dated_forward_with_its_author, AS_IT_IS, FINDING_REPLAY_SURPLUS, "is none at which anything is due"),
    DEED(a_result_is_shown_as_not_open, AS_IT_IS, FINDING_REPLAY_DIFFERS, "open: false"),
    DEED(a_payment_is_shown_as_not_open, AS_IT_IS, FINDING_REPLAY_DIFFERS, "open: false"),
    DEED(a_payment_of_an_open_contract_is_withheld, AS_IT_IS, FINDING_REPLAY_MISSING, "payment of USD 20.00"),
    DEED(a_payment_is_erased_unsaid, AS_IT_IS, FINDING_BODY_ERASED, "no body.erased"),
    DEED(a_payment_is_erased, WITH_NUMBERS, FINDING_REPLAY_REFUSED, "body.erased by op has to be refused"),
    DEED(a_statement_is_recorded_twice, WITH_NUMBERS, FINDING_CHAIN_JTI, "its actor and jti"),
    DEED(there_are_two_beginnings, WITH_NUMBERS, FINDING_CHAIN_TYPE, "entry 0"),
    DEED(an_entry_is_of_another_ledger, AS_IT_IS, FINDING_CHAIN_LEDGER, "ledger.example/other"),
    DEED(a_number_is_a_float, AS_IT_IS, FINDING_REPLAY_REFUSED, "result.submitted by seller"),
    DEED(a_float_in_what_the_service_wrote, AS_IT_IS, FINDING_REPLAY_DIFFERS, "its instances"),
    DEED(an_amount_without_its_cents, AS_IT_IS, FINDING_REPLAY_DIFFERS, "the terms give 20.00"),
    DEED(white_space_in_what_the_service_wrote, AS_IT_IS, FINDING_REPLAY_SURPLUS, "does not follow from entry"),
    DEED(a_member_twice, AS_IT_IS, FINDING_REPLAY_REFUSED, "result.submitted by seller"),
    DEED(a_member_twice_in_what_the_service_wrote, AS_IT_IS, FINDING_REPLAY_DIFFERS, ""),
    DEED(a_letter_that_looks_like_another, AS_IT_IS, FINDING_REPLAY_DIFFERS, "its to is"),
    DEED(a_letter_as_an_escape, AS_IT_IS, FINDING_REPLAY_DIFFERS, "its to is"),
    DEED(another_payee, AS_IT_IS, FINDING_REPLAY_DIFFERS, "its to is"),
    DEED(a_cent_less, AS_IT_IS, FINDING_REPLAY_DIFFERS, "the terms give 20.00"),
    DEED(a_list_for_another_instance, AS_IT_IS, FINDING_REPLAY_DIFFERS, "its items, item 1"),
    DEED(another_reason, AS_IT_IS, FINDING_REPLAY_DIFFERS, "its explanation is"),
    DEED(a_payment_due_a_day_later, AS_IT_IS, FINDING_REPLAY_DIFFERS, "its due is"),
    DEED(two_that_were_recorded_together_are_swapped, WITH_NUMBERS, FINDING_REPLAY_REFUSED, "contract.signed by buyer"),
    DEED(a_pair_of_moments_is_swapped, WITH_NUMBERS, FINDING_REPLAY_MISSING, "was due before this entry"),
    DEED(a_moment_stands_behind_a_statement_of_its_time, WITH_NUMBERS, FINDING_REPLAY_MISSING, "was due before this entry"),
    DEED(a_revoked_key_signs, WITH_NUMBERS, FINDING_KEY_REVOKED, "was revoked by entry"),
    DEED(an_actor_is_registered_after_it_spoke, WITH_NUMBERS, FINDING_KEY_UNKNOWN, "no entry before it registers"),
    DEED(a_contract_is_in_force_by_nobody, WITH_NUMBERS, FINDING_REPLAY_SURPLUS, "activation of silent"),
    DEED(the_service_speaks_for_an_actor, AS_IT_IS, FINDING_CHAIN_TYPE, "an actor writes this type"),
    DEED(what_follows_stands_in_another_order, WITH_NUMBERS, FINDING_REPLAY_MISSING,
         "list of instances of rule each_place"),
    DEED(a_key_is_given_to_another, AS_IT_IS, FINDING_KEY_PROOF, "of actor last"),
    DEED(the_last_day_is_said_to_have_come, AS_IT_IS, FINDING_CHAIN_FUTURE, "its time has not come"),
    DEED(entries_of_one_cause_have_two_times, AS_IT_IS, FINDING_REPLAY_DIFFERS, "its time is not that of entry"),
};

static void each_cheat_is_found_at_its_entry(void **state)
{
    struct buf archive;
    struct found found;
    size_t failed = 0;
    (void) state;
    tell_long(&book);
    book_archive(&book, &archive);
    verify_text(buf_slice(&archive), book.vkey, 1, &found);
    assert_clean(&found);
    for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
        const struct deed *deed = &deeds[i];
        struct forge f;
        forge_read(&f, buf_slice(&archive));
        for (size_t k = 0; k < book.actor_count; k++)
            forge_signer(&f, book.actors[k].key);
        size_t at = deed->cheat(&f);
        verify_forged(&f, deed->parts, &book, &found);
        size_t n = 0; /* those about bodies that are gone come last */
        while (n < found.count && n < FOUND_MAX && found.findings[n].seq != at)
            n++;
        if (n == found.count || found.findings[n].code != deed->code ||
            strstr(found.findings[n].detail, deed->says) == NULL || found.report.first_bad != at) {
            print_error("%s, entry %zu: not as wanted (%s: %s)\n", deed->name, at, finding_code_text(deed->code),
                        deed->says);
            print_found(&found);
            failed++;
        }
        forge_release(&f);
    }
    buf_release(&archive);
    book_end(&book);
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cheat_is_found_at_its_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
