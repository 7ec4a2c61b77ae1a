/* contracts/store with the real model: a history told by one model that keeps its view, by one that begins anew with each
 * statement and has only the tables, and by one that trims after each, is the same history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "../support/cluster.h"
#include "tally/digest.h"
#include "tally/engine.h"
#include "tally/migrate.h"
#include "tally/model.h"
#include "tally/store.h"

#define DAY_US (INT64_C(86400) * 1000000)

static const char terms_text[] = "terms 1\n"
                                 "contract housing \"Housing\"\n"
                                 "currency USD rounded to 0.01, half even\n"
                                 "clock UTC\n"
                                 "runs 2016-01-01 to 2018-12-31\n"
                                 "closes 2019-06-30\n"
                                 "\n"
                                 "party city outcome payer \"City\"\n"
                                 "party lender investor \"Lender\"\n"
                                 "party judge evaluator \"Judge\"\n"
                                 "\n"
                                 "in force when city and lender have signed\n"
                                 "disputes decided by judge within 30 days, otherwise stands\n"
                                 "\n"
                                 "period year every 12 months from 2016-01-01 to 2018-12-31\n"
                                 "\n"
                                 "metric days is housing.days version 1 in days between 0 and 1_000_000\n"
                                 "  by year\n"
                                 "  reported by lender\n"
                                 "  verified by judge\n"
                                 "  disputes within 3 days\n"
                                 "metric bonus is \"A bonus\" in USD between 0 and 1_000\n"
                                 "  reported by judge\n"
                                 "  disputes within 3 days\n"
                                 "\n"
                                 "pay success from city to lender\n"
                                 "  for each year\n"
                                 "  amount USD 15.12 per day of days\n"
                                 "pay extra from city to lender\n"
                                 "  amount bonus\n";

/* ---- the fixture ---- */

static struct cluster cluster;
static struct pg *owner, *pg;
static struct err err;
static struct terms *terms;
static struct arena *memory;

static void ok(enum tally_code rc)
{
    if (rc != TALLY_OK)
        fail_msg("%s: %s", err_code_name(rc), err.detail);
}

static void sha256(const char *prefix, struct slice data, uint8_t out[32])
{
    struct digest digest;
    struct slice parts[2] = {slice_str(prefix), data};
    digest_parts(parts, 2, &digest);
    memcpy(out, digest.bytes, 32);
}

static const struct model_ports ports = {.sha256 = sha256};

static int start(void **state)
{
    (void) state;
    if (cluster_start(&cluster) != 0)
        return -1;
    ok(pg_new(&(struct pg_options){.conninfo = cluster.conninfo}, &owner, &err));
    ok(migrate(owner, NULL, &err));
    ok(pg_new(&(struct pg_options){.conninfo = cluster.conninfo, .set_role = "tally_service"}, &pg, &err));
    memory = arena_new(64u << 20);
    assert_non_null(memory);
    struct diags diags = {.arena = memory};
    ok(terms_compile(slice_str(terms_text), &diags, &terms, &err));
    assert_non_null(terms);
    return 0;
}

static int stop(void **state)
{
    (void) state;
    terms_free(terms);
    arena_free(memory);
    pg_free(pg);
    pg_free(owner);
    cluster_stop(&cluster);
    return 0;
}

/* ---- a ledger in small ---- */

enum memory_kind { KEEPS, BEGINS_ANEW, TRIMS };

static struct {
    enum memory_kind kind;
    struct model *model;
    struct store *store;
    uint64_t seq; /* of the next entry */
    struct instant now;
    struct buf told; /* every event and every refusal */
} ledger;

static void ledger_model(void)
{
    store_free(ledger.store);
    model_free(ledger.model);
    ledger.store = NULL;
    ledger.model = NULL;
    ok(model_new(&ports, &ledger.model, &err));
    ok(store_new(ledger.model, &ledger.store, &err));
}

static struct slice kid_of(const char *actor)
{
    return arena_printf(memory, "%.*s%s", 43 - (int) strlen(actor), "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", actor);
}

static void commit(void)
{
    struct arena *arena = arena_new(64u << 20);
    assert_non_null(arena);
    ok(pg_pipeline_begin(pg, true, &err));
    ok(store_project(ledger.store, pg, arena, &err));
    ok(pg_pipeline_run(pg, &err));
    store_settle(ledger.store, true);
    arena_free(arena);
}

/* Entry 0: the operator. */
static void ledger_begin(enum memory_kind kind)
{
    ok(pg_exec_text(owner,
                    "TRUNCATE outcomes.actor, outcomes.actor_key, outcomes.indicator, outcomes.contract, outcomes.party,"
                    " outcomes.contract_metric, outcomes.result, outcomes.verification, outcomes.final, outcomes.instance,"
                    " outcomes.payment, outcomes.payment_item, outcomes.settlement, outcomes.explanation,"
                    " outcomes.accession, outcomes.amendment, outcomes.amendment_signer,"
                    " outcomes.contract_use, outcomes.figure",
                    NULL, &err));
    struct instant first;
    ok(instant_parse(SLICE("2017-01-01T12:00:00.000000Z"), &first));
    ledger.kind = kind;
    ledger.seq = 1;
    ledger.now = first;
    buf_init(&ledger.told, 1u << 20);
    ledger_model();
    struct row_actor actor = {.id = SLICE("clerk"), .kind = SLICE("organisation"), .is_operator = true};
    struct row_key key = {.kid = kid_of("clerk"), .actor = SLICE("clerk"), .x = kid_of("x"), .revoked_seq = ROW_NO_SEQ};
    ok(store_record(ledger.store, 0, &(struct changes){.actors = &actor, .actors_count = 1, .keys = &key, .keys_count = 1},
                    &err));
    commit();
    ledger_model();
}

static void load(const struct command *command, struct arena *arena)
{
    bool any = true;
    for (int round = 0; any; round++) {
        assert_true(round < 10);
        ok(pg_pipeline_begin(pg, false, &err));
        ok(store_queue_load(ledger.store, pg, arena, &command, command == NULL ? 0 : 1, ledger.now, false, &any, &err));
        ok(pg_pipeline_run(pg, &err));
        ok(store_take_load(ledger.store, &err));
    }
}

static void tell(const struct decision *decision)
{
    for (uint32_t i = 0; i < decision->event_count; i++)
        buf_printf(&ledger.told, "  %s %.*s\n", decision->events[i].type, SLICE_ARG(decision->events[i].body));
    if (decision->refusal != NULL)
        buf_printf(&ledger.told, "  %s: %.*s\n", refusal_code_text(decision->refusal->code),
                   SLICE_ARG(decision->refusal->detail));
}

static void record(const struct command *command, struct decision *decision, const struct model_place *place)
{
    uint8_t hash[32];
    sha256("entry", slice_of(&place->seq, sizeof(place->seq)), hash);
    ok(model_evolve(ledger.model, command, decision, place, hash, &err));
    ok(store_record(ledger.store, place->seq, &decision->changes, &err));
    ledger.seq += decision->event_count + (command == NULL ? 0 : 1);
}

/* One statement, a day after the one before; the moments that fell due come first. */
static void say(const struct command *command)
{
    struct arena *arena = arena_new(64u << 20);
    struct decision decision = {0};
    struct instant moment;
    bool has = false;
    assert_non_null(arena);
    ledger.now.us += DAY_US;
    load(command, arena);
    for (ok(model_next_due(ledger.model, ledger.now, &moment, &has, &err)); has;
         ok(model_next_due(ledger.model, ledger.now, &moment, &has, &err))) {
        struct model_place place = {ledger.seq, ledger.now};
        ok(model_decide_moment(ledger.model, &place, arena, &decision, &err));
        buf_add_str(&ledger.told, "moment\n");
        tell(&decision);
        record(NULL, &decision, &place);
    }
    if (command != NULL) {
        struct model_place place = {ledger.seq, ledger.now};
        decision = (struct decision){0};
        ok(model_decide(ledger.model, command, &place, arena, &decision, &err));
        buf_printf(&ledger.told, "%" PRIu64 " %.*s\n", place.seq, SLICE_ARG(command->actor));
        tell(&decision);
        if (decision.refusal == NULL)
            record(command, &decision, &place);
    }
    commit();
    arena_free(arena);
    if (ledger.kind == BEGINS_ANEW)
        ledger_model();
    else if (ledger.kind == TRIMS)
        model_trim(ledger.model, 0, 0);
}

static void ledger_end(void)
{
    store_free(ledger.store);
    model_free(ledger.model);
    ledger.store = NULL;
    ledger.model = NULL;
    buf_release(&ledger.told);
}

/* ---- what is said ---- */

static struct command by(const char *actor, enum command_kind kind)
{
    return (struct command){.kind = kind, .actor = slice_str(actor), .kid = kid_of(actor), .head_seq = ledger.seq - 1};
}

static void register_actor(const char *id, bool is_backbone)
{
    struct command command = by("clerk", COMMAND_REGISTER_ACTOR);
    command.u.register_actor.id = slice_str(id);
    command.u.register_actor.kind = ACTOR_ORGANISATION;
    command.u.register_actor.name = slice_str(id);
    command.u.register_actor.is_backbone = is_backbone;
    command.u.register_actor.kid = kid_of(id);
    command.u.register_actor.x = kid_of("x");
    say(&command);
}

static void propose(void)
{
    static struct command_party parties[3];
    static const char *const names[3] = {"city", "judge", "lender"};
    for (int i = 0; i < 3; i++)
        parties[i] = (struct command_party){slice_str(names[i]), slice_str(names[i]), kid_of(names[i])};
    struct command command = by("lender", COMMAND_PROPOSE_CONTRACT);
    command.u.propose_contract.id = SLICE("housing-1");
    command.u.propose_contract.text = slice_str(terms_text);
    sha256("", slice_str(terms_text), command.u.propose_contract.terms_hash);
    command.u.propose_contract.terms = terms;
    command.u.propose_contract.open = true;
    command.u.propose_contract.parties = parties;
    command.u.propose_contract.party_count = 3;
    say(&command);
}

static void sign(const char *party)
{
    struct pg_rows *rows = NULL;
    struct command command = by(party, COMMAND_SIGN_CONTRACT);
    ok(pg_exec_text(owner, "SELECT version_hash FROM outcomes.contract", &rows, &err));
    command.u.sign_contract.id = SLICE("housing-1");
    command.u.sign_contract.as = slice_str(party);
    assert_int_equal(pg_get_bytes(rows, 0, 0).len, 32);
    memcpy(command.u.sign_contract.version, pg_get_bytes(rows, 0, 0).ptr, 32);
    pg_rows_free(rows);
    say(&command);
}

static uint64_t submit(const char *actor, const char *year, const char *value)
{
    struct command_dimension dimension = {SLICE("year"), slice_str(year == NULL ? "" : year)};
    struct command_result result = {.is_figure = year == NULL,
                                    .indicator = year == NULL ? SLICE("") : SLICE("housing.days"),
                                    .version = year == NULL ? 0 : 1,
                                    .contract = year == NULL ? SLICE("housing-1") : SLICE(""),
                                    .metric = year == NULL ? SLICE("bonus") : SLICE(""),
                                    .dimensions = &dimension,
                                    .dimension_count = year == NULL ? 0 : 1,
                                    .value = slice_str(value)};
    uint64_t seq = ledger.seq;
    struct command command = by(actor, COMMAND_SUBMIT_RESULTS);
    command.u.submit_results.results = &result;
    command.u.submit_results.count = 1;
    say(&command);
    return seq;
}

static void verify(const char *actor, uint64_t seq)
{
    struct command command = by(actor, COMMAND_VERIFY_RESULT);
    command.u.verify_result.seq = seq;
    say(&command);
}

static void settle(uint64_t seq, const char *amount)
{
    struct command command = by("city", COMMAND_RECORD_SETTLEMENT);
    command.u.record_settlement.seq = seq;
    command.u.record_settlement.amount = slice_str(amount);
    command.u.record_settlement.reference = SLICE("wire");
    command.u.record_settlement.paid_on = instant_day(ledger.now, 0);
    say(&command);
}

#define Y16 "2016-01-01/2016-12-31"
#define Y17 "2017-01-01/2017-12-31"

static uint64_t last_payment(void)
{
    struct pg_rows *rows = NULL;
    ok(pg_exec_text(owner, "SELECT max(seq) FROM outcomes.payment", &rows, &err));
    uint64_t seq = pg_is_null(rows, 0, 0) ? 0 : (uint64_t) pg_get_int8(rows, 0, 0);
    pg_rows_free(rows);
    return seq;
}

static void history(void)
{
    register_actor("backbone", true);
    register_actor("city", false);
    register_actor("lender", false);
    register_actor("judge", false);
    register_actor("judge", false); /* refused: taken */
    struct command define = by("backbone", COMMAND_DEFINE_INDICATOR);
    define.u.define_indicator.slug = SLICE("housing.days");
    define.u.define_indicator.version = 1;
    define.u.define_indicator.name = SLICE("Days housed");
    define.u.define_indicator.definition = SLICE("Nights in a flat of one's own");
    define.u.define_indicator.unit = SLICE("days");
    define.u.define_indicator.kind = INDICATOR_OUTCOME;
    say(&define);
    uint64_t early = submit("backbone", Y16, "1"); /* of another author, before the contract */
    propose();
    submit("lender", Y16, "5"); /* refused: not in force */
    sign("city");
    sign("city"); /* refused: signed */
    sign("lender");
    uint64_t first = submit("lender", Y16, "258858");
    submit("lender", Y16, "258859"); /* refused: a second result of its key */
    verify("lender", first);         /* refused: its own */
    verify("judge", first);
    verify("judge", first); /* refused: done */
    verify("judge", early); /* refused: fits nothing */
    settle(last_payment(), "1000.00");
    settle(last_payment(), "3912932.97"); /* refused: a cent too much */
    settle(last_payment(), "3912932.96");
    uint64_t second = submit("lender", Y17, "41070");
    verify("judge", second);
    submit("judge", NULL, "12.50");
    struct command revoke = by("lender", COMMAND_REVOKE_KEY);
    revoke.u.revoke_key.id = SLICE("lender");
    revoke.u.revoke_key.kid = kid_of("lender");
    say(&revoke);
    submit("lender", "2018-01-01/2018-12-31", "1"); /* refused: a revoked key */
    ok(instant_parse(SLICE("2019-08-01T00:00:00.000000Z"), &ledger.now));
    submit("judge", NULL, "13.00"); /* refused: closed meanwhile */
}

static char *told_by(enum memory_kind kind)
{
    ledger_begin(kind);
    history();
    char *told = arena_strdup(memory, buf_slice(&ledger.told));
    assert_non_null(told);
    ledger_end();
    return told;
}

static void same(const char *a, const char *b)
{
    if (strcmp(a, b) != 0)
        fail_msg("two tellings:\n%s\n----\n%s", a, b);
}

static void a_model_that_has_only_the_tables_tells_the_same_history(void **state)
{
    (void) state;
    const char *kept = told_by(KEEPS);
    same(kept, told_by(BEGINS_ANEW));
    same(kept, told_by(TRIMS));
}

static bool is_true(const char *sql)
{
    struct pg_rows *rows = NULL;
    ok(pg_exec_text(owner, sql, &rows, &err));
    bool value = !pg_is_null(rows, 0, 0) && pg_get_bool(rows, 0, 0);
    pg_rows_free(rows);
    return value;
}

static void the_history_ends_in_the_published_payments(void **state)
{
    (void) state;
    const char *told = told_by(BEGINS_ANEW);
    static const char *const codes[] = {"actor.taken",      "contract.closed",   "result.duplicate",
                                        "verification.own", "verification.done", "key.revoked"};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (strstr(told, codes[i]) == NULL)
            fail_msg("nothing was refused as %s:\n%s", codes[i], told);
    assert_true(
        is_true("SELECT array_agg(amount::text ORDER BY seq) = '{3913932.96,620978.40,12.50}' FROM outcomes.payment"));
    assert_true(is_true("SELECT settled = amount FROM outcomes.payment ORDER BY seq LIMIT 1"));
    assert_true(is_true("SELECT count(*) = 2 FROM outcomes.settlement"));
    assert_true(
        is_true("SELECT state = 'closed' AND closed_seq > activated_seq AND next_moment IS NULL FROM outcomes.contract"));
    assert_true(is_true("SELECT count(*) = 2 FROM outcomes.party WHERE signed_seq IS NOT NULL"));
    assert_true(is_true("SELECT count(*) = 3 FROM outcomes.final"));
    /* the key that the model looks for is the one that the table has */
    assert_true(
        is_true("SELECT bool_and(key = outcomes.result_key(indicator, version, contract, metric, dimensions, author))"
                " FROM outcomes.result"));
}

static void a_reader_evaluates_and_finds_what_fits_from_the_tables_alone(void **state)
{
    (void) state;
    struct buf explained;
    struct model_fit *fits = NULL;
    uint32_t count = 0;
    uint64_t seq = 0;
    struct row_payment payment;
    bool found = false;
    ledger_begin(KEEPS);
    history();
    struct pg_rows *rows = NULL;
    ok(pg_exec_text(owner, "SELECT seq::bigint FROM outcomes.result WHERE value = '258858'", &rows, &err));
    seq = (uint64_t) pg_get_int8(rows, 0, 0);
    pg_rows_free(rows);
    ledger_model();
    struct arena *arena = arena_new(64u << 20);
    assert_non_null(arena);
    ok(store_load_result(ledger.store, pg, arena, seq, &err));
    ok(model_fits(ledger.model, seq, 0, 0, arena, &fits, &count, &err));
    assert_int_equal(count, 1);
    assert_true(fits[0].fits);
    assert_true(slice_is(fits[0].key, Y16));
    ledger_model();
    ok(store_lookup_payment(pg, last_payment(), arena, &payment, &found, &err));
    assert_true(found);
    ok(store_load_contract(ledger.store, pg, arena, payment.contract, &err));
    buf_init(&explained, 1u << 20);
    ok(model_explain(ledger.model, payment.contract, payment.rule, &SLICE(""), 1, 0, ledger.now, arena, &explained, &err));
    assert_non_null(strstr(explained.ptr, "12.50"));
    buf_release(&explained);
    arena_free(arena);
    ledger_end();
}

/* ---- a reader while the sequencer commits ---- */

static struct err reader_err; /* of its thread */

static void *load_contract(void *arena)
{
    reader_err.code = store_load_contract(ledger.store, pg, arena, SLICE("housing-1"), &reader_err);
    return NULL;
}

static bool stands(struct arena *arena, const char *amount)
{
    struct engine_input input;
    struct engine_output *output = NULL;
    bool has = false;
    ok(model_evaluate(ledger.model, SLICE("housing-1"), ledger.now, arena, &input, &output, &err));
    assert_true(output->count > 0);
    for (size_t i = 0; i < output->count; i++)
        has = has || slice_is(output->instances[i].stands, amount);
    return has;
}

/* Held up between the first rows of a contract and its last, a reader has none of what was committed in between. */
static void what_a_reader_loads_is_of_one_moment(void **state)
{
    (void) state;
    pthread_t reader;
    ledger_begin(KEEPS);
    history();
    ledger_model();
    struct arena *arena = arena_new(64u << 20);
    assert_non_null(arena);
    ok(pg_exec_text(owner, "BEGIN; LOCK TABLE outcomes.instance IN ACCESS EXCLUSIVE MODE", NULL, &err));
    assert_int_equal(pthread_create(&reader, NULL, load_contract, arena), 0);
    while (!is_true("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'outcomes.instance'::regclass)"))
        continue;
    assert_true(is_true("UPDATE outcomes.instance SET stands = '1234.56' RETURNING true"));
    ok(pg_exec_text(owner, "COMMIT", NULL, &err));
    assert_int_equal(pthread_join(reader, NULL), 0);
    assert_int_equal(reader_err.code, TALLY_OK);
    assert_false(stands(arena, "1234.56"));
    ledger_model();
    (void) load_contract(arena);
    assert_true(stands(arena, "1234.56"));
    arena_free(arena);
    ledger_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_that_has_only_the_tables_tells_the_same_history),
        cmocka_unit_test(the_history_ends_in_the_published_payments),
        cmocka_unit_test(a_reader_evaluates_and_finds_what_fits_from_the_tables_alone),
        cmocka_unit_test(what_a_reader_loads_is_of_one_moment),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
