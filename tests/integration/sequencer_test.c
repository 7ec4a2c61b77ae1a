#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "../support/toy_ledger.h"
#include "tally/archive.h"
#include "tally/read.h"

static struct cluster cluster;
static struct toy_service service;
static struct toy_author ann, ben;

static const struct toy_draft record = {0};

static int set_up(void **state)
{
    (void) state;
    const struct cluster_options options = {.is_durable = true};
    if (cluster_start_with(&cluster, &options) != 0 || toy_database(&cluster) != 0)
        return -1;
    if (toy_author_init(&ann, "ann") != 0 || toy_author_init(&ben, "ben") != 0)
        return -1;
    return toy_service_start(&service, &cluster) != 0 ? -1 : toy_wait_role(&service, SEQUENCER_LEADING);
}

static int tear_down(void **state)
{
    (void) state;
    toy_service_stop(&service, true);
    toy_author_release(&ann);
    toy_author_release(&ben);
    cluster_stop(&cluster);
    return 0;
}

static int64_t entries(void)
{
    return toy_int(&cluster, "SELECT count(*) FROM ledger.entry");
}

static void assert_chain_whole(void)
{
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM ledger.verify(0, NULL)"), 0);
    assert_int_equal(toy_int(&cluster, "SELECT max(seq) + 1 - count(*) FROM ledger.entry"), 0);
    /* the domain's projection went along with each statement, in order */
    assert_int_equal(
        toy_int(&cluster,
                "SELECT count(*) FROM (SELECT r.total - row_number() OVER (ORDER BY r.seq) AS off FROM toy.row r) x "
                "WHERE off <> 0"),
        0);
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM ledger.entry e FULL JOIN toy.row r USING (seq) "
                                       "WHERE (e.jti <> '') IS DISTINCT FROM (r.seq IS NOT NULL)"),
                     0);
}

static struct sequencer_status status(void)
{
    struct sequencer_status out;
    sequencer_status(service.sequencer, &out);
    return out;
}

static void restart(void)
{
    toy_service_stop(&service, true);
    assert_int_equal(toy_service_start(&service, &cluster), 0);
    assert_int_equal(toy_wait_role(&service, SEQUENCER_LEADING), 0);
}

/* ---- holding the sequencer still, so that what is submitted meanwhile is one batch ---- */

struct gate {
    struct toy_statement *statement;
    sem_t held, release;
};

static void hold(struct toy_statement *statement)
{
    struct gate *gate = statement->owner;
    sem_post(&gate->held);
    while (sem_wait(&gate->release) != 0)
        continue;
}

static void gate_close(struct gate *gate)
{
    sem_init(&gate->held, 0, 0);
    sem_init(&gate->release, 0, 0);
    gate->statement = toy_statement_new(&service, &ben, &record);
    assert_non_null(gate->statement);
    gate->statement->on_done = hold;
    gate->statement->owner = gate;
    toy_submit(&service, gate->statement);
    while (sem_wait(&gate->held) != 0)
        continue;
}

static void gate_open(struct gate *gate)
{
    sem_post(&gate->release);
}

static void gate_release(struct gate *gate)
{
    toy_statement_free(gate->statement);
    sem_destroy(&gate->held);
    sem_destroy(&gate->release);
}

static struct toy_statement *submitted(const struct toy_author *author, const struct toy_draft *draft)
{
    struct toy_statement *statement = toy_statement_new(&service, author, draft);
    assert_non_null(statement);
    toy_submit(&service, statement);
    return statement;
}

static struct toy_answer taken(struct toy_statement *statement)
{
    struct toy_answer answer = toy_wait(statement);
    toy_statement_free(statement);
    return answer;
}

static void assert_refused(const struct toy_answer *answer, enum refusal_code code)
{
    assert_true(answer->is_refused);
    assert_string_equal(refusal_code_text(answer->code), refusal_code_text(code));
}

/* ---- tests ---- */

static void an_empty_database_gets_entry_0_and_then_what_is_said(void **state)
{
    (void) state;
    assert_int_equal(
        toy_int(&cluster, "SELECT count(*) FROM ledger.entry WHERE seq = 0 AND type = 'ledger.created' AND open"), 1);
    struct toy_answer answer = toy_say(&service, &ann, &(struct toy_draft){.command = {.events = 2}});
    assert_false(answer.is_refused);
    assert_int_equal(answer.seq, 1);
    assert_int_equal(answer.events, 2);
    assert_int_equal(answer.event_seqs[0], 2);
    assert_int_equal(answer.event_seqs[1], 3);
    assert_int_equal(status().head_seq, 3);
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM ledger.entry WHERE seq = 1 AND actor = 'ann'"), 1);
    assert_int_equal(
        toy_int(&cluster, "SELECT count(*) FROM ledger.entry WHERE seq IN (2, 3) AND actor = 'ledger' AND jti = ''"), 2);
    assert_chain_whole();
}

static void the_same_statement_again_gets_its_first_answer(void **state)
{
    (void) state;
    struct toy_draft draft = {.jti = "again-000000000001", .body = "{\"a\":1}", .command = {.events = 3}};
    struct toy_answer first = toy_say(&service, &ann, &draft);
    assert_false(first.is_refused);
    (void) toy_say(&service, &ann, &record); /* something behind it, which is not its own */
    int64_t before = entries();
    for (int i = 0; i < 3; i++) { /* whatever iat and head say now */
        draft.iat = i == 0 ? 0 : i == 1 ? 5 : 4000000000;
        draft.has_head = i == 2;
        draft.head_seq = 999999;
        struct toy_answer again = toy_say(&service, &ann, &draft);
        assert_false(again.is_refused);
        assert_true(again.is_replay);
        assert_int_equal(again.seq, first.seq);
        assert_int_equal(again.time.us, first.time.us);
        assert_memory_equal(&again.hash, &first.hash, sizeof first.hash);
        assert_int_equal(again.events, 3);
        for (size_t e = 0; e < 3; e++) {
            assert_int_equal(again.event_seqs[e], first.event_seqs[e]);
            assert_string_equal(again.event_bodies[e], first.event_bodies[e]);
        }
    }
    assert_int_equal(entries(), before);
}

static void a_statement_id_is_used_for_one_thing_only(void **state)
{
    (void) state;
    const char *jti = "reuse-000000000001";
    assert_false(toy_say(&service, &ann, &(struct toy_draft){.jti = jti, .body = "{\"a\":1}"}).is_refused);
    int64_t before = entries();
    const struct toy_draft others[] = {
        {.jti = jti, .body = "{\"a\":2}"},
        {.jti = jti, .body = "{\"a\":1}", .htu = "/v1/other"},
        {.jti = jti, .body = "{\"a\":1}", .cty = "text/csv"},
        {.jti = jti,
         .body = "{\"a\":2}",
         .iat = 5,
         .has_head = true,
         .head_seq = 7}, /* and before iat and head are looked at */
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct toy_answer answer = toy_say(&service, &ann, &others[i]);
        assert_refused(&answer, REFUSE_STATEMENT_REUSED);
    }
    assert_int_equal(entries(), before);
    struct toy_answer ben_too = toy_say(&service, &ben, &(struct toy_draft){.jti = jti, .body = "{\"a\":2}"});
    assert_false(ben_too.is_refused); /* another actor's ids are its own */
}

static void a_stale_statement_is_refused_before_its_head_is_looked_at(void **state)
{
    (void) state;
    int64_t now = instant_now().us / 1000000, before = entries();
    const struct toy_draft stale[] = {{.iat = now - 310},
                                      {.iat = now + 310},
                                      {.iat = 1},
                                      {.iat = now - 310, .has_head = true, .head_seq = 1, .command = {.kind = TOY_REFUSE}}};
    for (size_t i = 0; i < sizeof stale / sizeof stale[0]; i++) {
        struct toy_answer answer = toy_say(&service, &ann, &stale[i]);
        assert_refused(&answer, REFUSE_STATEMENT_STALE);
    }
    assert_int_equal(entries(), before);
    assert_false(toy_say(&service, &ann, &(struct toy_draft){.iat = now - 290}).is_refused);
    assert_false(toy_say(&service, &ann, &(struct toy_draft){.iat = now + 290}).is_refused);
}

static struct digest hash_of(uint64_t seq)
{
    struct digest out;
    struct err err = {0};
    struct pg *pg = NULL;
    struct read_entry entry;
    struct arena *arena = arena_new(1 << 20);
    const struct pg_options options = {.conninfo = service.conninfo};
    assert_int_equal(pg_new(&options, &pg, &err), TALLY_OK);
    assert_int_equal(read_entry(pg, SLICE(TOY_ORIGIN), seq, SLICE(""), arena, &entry, &err), TALLY_OK);
    out = entry.hash;
    pg_free(pg);
    arena_free(arena);
    return out;
}

static void a_head_of_another_history_is_refused_before_the_domain_decides(void **state)
{
    (void) state;
    int64_t before = entries();
    struct digest wrong = hash_of(2);
    const struct toy_draft others[] = {
        {.has_head = true, .head_seq = 0, .head_hash = wrong},
        {.has_head = true, .head_seq = 1, .head_hash = wrong},
        {.has_head = true, .head_seq = (uint64_t) before + 5, .head_hash = wrong},
        {.has_head = true, .head_seq = ENTRY_SEQ_MAX, .head_hash = wrong, .command = {.kind = TOY_REFUSE}}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct toy_answer answer = toy_say(&service, &ann, &others[i]);
        assert_refused(&answer, REFUSE_LEDGER_OTHER);
    }
    struct toy_answer refused = toy_say(&service, &ann, &(struct toy_draft){.command = {.kind = TOY_REFUSE}});
    assert_refused(&refused, REFUSE_NOT_ALLOWED);
    assert_int_equal(entries(), before);
    restart(); /* then only the newest hash is in memory */
    assert_false(
        toy_say(&service, &ann, &(struct toy_draft){.has_head = true, .head_seq = 2, .head_hash = wrong}).is_refused);
    assert_false(
        toy_say(&service, &ann, &(struct toy_draft){.has_head = true, .head_seq = 0, .head_hash = hash_of(0)}).is_refused);
    struct toy_answer other = toy_say(&service, &ann, &others[1]);
    assert_refused(&other, REFUSE_LEDGER_OTHER);
}

/* The hashes kept in memory lie in a ring: an old head that is looked up takes the place of a newer one, which the same batch names. */
static void an_old_head_in_a_batch_hides_no_newer_one(void **state)
{
    (void) state;
    const uint64_t ring = 4096;
    restart();
    struct toy_answer many = toy_say(&service, &ann, &(struct toy_draft){.command = {.events = (int) ring}});
    assert_false(many.is_refused);
    restart(); /* from here on what is recorded is in memory, and what was is not */
    uint64_t newer = toy_say(&service, &ann, &record).seq;
    const struct toy_draft drafts[] = {{.has_head = true, .head_seq = newer - ring, .head_hash = hash_of(newer - ring)},
                                       {.has_head = true, .head_seq = newer, .head_hash = hash_of(newer)}};
    struct gate gate;
    struct toy_statement *statements[4];
    gate_close(&gate);
    uint64_t batches = status().batches;
    for (size_t i = 0; i < 4; i++) /* in both orders */
        statements[i] = submitted(&ann, &drafts[i == 1 || i == 2]);
    gate_open(&gate);
    for (size_t i = 0; i < 4; i++)
        assert_false(taken(statements[i]).is_refused);
    assert_int_equal(status().batches, batches + 1);
    gate_release(&gate);
    assert_chain_whole();
}

static void doubles_in_one_batch_are_recorded_once(void **state)
{
    (void) state;
    struct gate gate;
    gate_close(&gate);
    const struct toy_draft draft = {.jti = "double-00000000001", .body = "{\"d\":1}", .command = {.events = 1}};
    const struct toy_draft other = {.jti = "double-00000000001", .body = "{\"d\":2}"};
    const struct toy_draft refused = {.jti = "double-00000000002", .command = {.kind = TOY_REFUSE}};
    const struct toy_draft now_fine = {.jti = "double-00000000002"};
    struct toy_statement *statements[] = {submitted(&ann, &draft), submitted(&ann, &draft), submitted(&ann, &other),
                                          submitted(&ann, &refused), submitted(&ann, &now_fine)};
    int64_t before = entries();
    uint64_t batches = status().batches;
    gate_open(&gate);
    struct toy_answer first = taken(statements[0]), second = taken(statements[1]), third = taken(statements[2]);
    struct toy_answer fourth = taken(statements[3]), fifth = taken(statements[4]);
    assert_int_equal(status().batches, batches + 1);
    assert_false(first.is_refused || first.is_replay);
    assert_true(second.is_replay && !second.is_refused);
    assert_int_equal(second.seq, first.seq);
    assert_int_equal(second.event_seqs[0], first.event_seqs[0]);
    assert_refused(&third, REFUSE_STATEMENT_REUSED);
    assert_refused(&fourth, REFUSE_NOT_ALLOWED);
    assert_false(fifth.is_refused || fifth.is_replay); /* what was refused was not recorded */
    assert_int_equal(entries(), before + 3);
    gate_release(&gate);
    assert_chain_whole();
}

/* ---- batches that are written on trust: eight statements or more ---- */

#define TRUSTED 8

/* A line of fresh statements, and these drafts behind it; all in one batch. */
static void say_together(const struct toy_draft *drafts, size_t count, struct toy_answer *answers)
{
    struct gate gate;
    struct toy_statement *fresh[TRUSTED], *statements[4];
    assert_true(count <= 4);
    gate_close(&gate);
    uint64_t batches = status().batches;
    for (size_t i = 0; i < TRUSTED; i++)
        fresh[i] = submitted(&ann, &record);
    for (size_t i = 0; i < count; i++)
        statements[i] = submitted(&ann, &drafts[i]);
    int64_t before = entries();
    gate_open(&gate);
    for (size_t i = 0; i < TRUSTED; i++) {
        struct toy_answer answer = taken(fresh[i]);
        assert_false(answer.is_refused || answer.is_replay);
        assert_int_equal(answer.seq, (uint64_t) before + i);
    }
    for (size_t i = 0; i < count; i++)
        answers[i] = taken(statements[i]);
    assert_int_equal(status().batches, batches + 1);
    gate_release(&gate);
    assert_chain_whole();
}

static void assert_same_answer(const struct toy_answer *again, const struct toy_answer *first)
{
    assert_false(again->is_refused);
    assert_true(again->is_replay);
    assert_int_equal(again->seq, first->seq);
    assert_memory_equal(&again->hash, &first->hash, sizeof first->hash);
    assert_int_equal(again->events, first->events);
    for (size_t i = 0; i < first->events; i++)
        assert_int_equal(again->event_seqs[i], first->event_seqs[i]);
}

/* Whatever would be refused now (too old, another head, a right that was lost) is looked up before it is. */
static void on_trust_what_would_be_refused_gets_its_first_answer(void **state)
{
    (void) state;
    restart();
    struct toy_draft drafts[] = {{.jti = "trust-000000000001", .body = "{\"t\":1}", .command = {.events = 2}},
                                 {.jti = "trust-000000000002", .body = "{\"t\":2}"},
                                 {.jti = "trust-000000000003", .body = "{\"t\":3}", .command = {.events = 1}}};
    struct toy_answer first[3], again[4];
    for (size_t i = 0; i < 3; i++)
        first[i] = toy_say(&service, &ann, &drafts[i]);
    drafts[0].iat = 5;
    drafts[1].has_head = true;
    drafts[1].head_seq = 999999;
    drafts[2].command.kind = TOY_REFUSE;
    const struct toy_draft said[] = {drafts[0], drafts[1], drafts[2], {.command = {.kind = TOY_REFUSE}}};
    say_together(said, 4, again);
    for (size_t i = 0; i < 3; i++)
        assert_same_answer(&again[i], &first[i]);
    assert_refused(&again[3], REFUSE_NOT_ALLOWED);
    assert_int_equal(status().batches_again, 0);
}

static void on_trust_what_is_recorded_already_makes_the_batch_be_decided_again(void **state)
{
    (void) state;
    restart();
    const struct toy_draft drafts[] = {{.jti = "trust-000000000011", .body = "{\"t\":1}", .command = {.events = 2}},
                                       {.jti = "trust-000000000012", .body = "{\"t\":2}"}};
    struct toy_draft said[] = {drafts[0], drafts[1], {.jti = "trust-000000000013"}};
    struct toy_answer first[2], again[3];
    for (size_t i = 0; i < 2; i++)
        first[i] = toy_say(&service, &ann, &drafts[i]);
    said[1].body = "{\"t\":3}";
    uint64_t failed = status().failed_batches;
    for (int round = 0; round < 2; round++) { /* the second is looked up at once: trust was lost */
        int64_t before = entries();
        say_together(said, 3, again);
        assert_same_answer(&again[0], &first[0]);
        assert_refused(&again[1], REFUSE_STATEMENT_REUSED);
        assert_int_equal(again[2].is_replay, round == 1);
        assert_int_equal(entries(), before + 1 + TRUSTED + (round == 0));
        assert_int_equal(status().batches_again, 1);
    }
    assert_int_equal(status().failed_batches, failed); /* nobody was told of it */
    assert_int_equal(status().role, SEQUENCER_LEADING);
}

static void one_actor_takes_no_more_than_its_share_of_the_queue(void **state)
{
    (void) state;
    struct gate gate;
    struct toy_statement *statements[APPEND_QUEUE_PER_ACTOR];
    gate_close(&gate);
    for (size_t i = 0; i < APPEND_QUEUE_PER_ACTOR; i++)
        statements[i] = submitted(&ann, &record);
    struct toy_answer over = toy_say(&service, &ann, &record);
    assert_refused(&over, REFUSE_QUEUE_SHARE);
    struct toy_statement *bens = submitted(&ben, &record);
    gate_open(&gate);
    for (size_t i = 0; i < APPEND_QUEUE_PER_ACTOR; i++)
        assert_false(taken(statements[i]).is_refused);
    assert_false(taken(bens).is_refused);
    assert_false(toy_say(&service, &ann, &record).is_refused); /* its places are free again */
    gate_release(&gate);
}

static void a_full_queue_refuses_at_once_and_empties_whole(void **state)
{
    (void) state;
    enum { ACTORS = APPEND_QUEUE_MAX / APPEND_QUEUE_PER_ACTOR };
    static struct toy_statement *statements[APPEND_QUEUE_MAX];
    static struct toy_author authors[ACTORS];
    struct gate gate;
    int64_t before = entries();
    gate_close(&gate);
    for (size_t a = 0; a < ACTORS; a++) {
        char id[16];
        snprintf(id, sizeof id, "full-%zu", a);
        assert_int_equal(toy_author_init(&authors[a], id), 0);
        for (size_t i = 0; i < APPEND_QUEUE_PER_ACTOR; i++)
            statements[a * APPEND_QUEUE_PER_ACTOR + i] =
                submitted(&authors[a], &(struct toy_draft){.command = {.events = 20}});
    }
    assert_int_equal(status().queued, APPEND_QUEUE_MAX);
    struct toy_answer over = toy_say(&service, &ann, &record);
    assert_refused(&over, REFUSE_QUEUE_FULL);
    gate_open(&gate);
    for (size_t i = 0; i < APPEND_QUEUE_MAX; i++) {
        struct toy_answer answer = taken(statements[i]);
        assert_false(answer.is_refused);
        assert_int_equal(answer.events, 20); /* and a batch holds no more than so many entries */
    }
    for (size_t a = 0; a < ACTORS; a++)
        toy_author_release(&authors[a]);
    assert_int_equal(entries(), before + 1 + APPEND_QUEUE_MAX * 21);
    gate_release(&gate);
    assert_chain_whole();
}

static void large_bodies_go_into_several_batches(void **state)
{
    (void) state;
    struct gate gate;
    struct toy_statement *statements[4];
    static char body[7 << 20];
    memset(body, ' ', sizeof body);
    memcpy(body, "{}", 2);
    body[sizeof body - 1] = '\0';
    gate_close(&gate);
    uint64_t batches = status().batches;
    for (size_t i = 0; i < 4; i++)
        statements[i] = submitted(&ann, &(struct toy_draft){.body = body});
    gate_open(&gate);
    for (size_t i = 0; i < 4; i++)
        assert_false(taken(statements[i]).is_refused);
    assert_int_equal(status().batches, batches + 2);
    gate_release(&gate);
    assert_chain_whole();
}

static void a_statement_that_brings_out_a_bug_harms_no_other(void **state)
{
    (void) state;
    const enum toy_kind bugs[] = {TOY_BREAK, TOY_SPOIL};
    for (size_t b = 0; b < 2; b++) {
        struct gate gate;
        struct toy_statement *statements[5];
        gate_close(&gate);
        for (size_t i = 0; i < 5; i++)
            statements[i] = submitted(&ann, &(struct toy_draft){.command = {.kind = i == 2 ? bugs[b] : TOY_RECORD}});
        int64_t before = entries();
        gate_open(&gate);
        for (size_t i = 0; i < 5; i++) {
            struct toy_answer answer = taken(statements[i]);
            assert_int_equal(answer.is_refused, i == 2);
            if (i == 2)
                assert_refused(&answer, REFUSE_INTERNAL);
        }
        assert_int_equal(entries(), before + 4);
        assert_int_equal(status().role, SEQUENCER_LEADING);
        gate_release(&gate);
    }
    assert_chain_whole();
}

static void moments_come_before_the_statements_of_their_time_and_without_any(void **state)
{
    (void) state;
    struct gate gate;
    gate_close(&gate);
    struct toy_statement *statement = submitted(&ann, &record);
    struct instant now = instant_now();
    toy_add_moment(&service.toy, (struct instant){now.us - 2000000});
    toy_add_moment(&service.toy, (struct instant){now.us - 1000000});
    uint64_t head = status().head_seq;
    gate_open(&gate);
    struct toy_answer answer = taken(statement);
    assert_int_equal(answer.seq, head + 5); /* two moments with one entry each of their own before it */
    gate_release(&gate);
    toy_add_moment(&service.toy, instant_now());
    while (status().head_seq < answer.seq + 2) /* nobody says anything; the service looks by itself */
        assert_int_equal(status().role, SEQUENCER_LEADING);
    assert_int_equal(toy_int(&cluster, "SELECT count(*) FROM ledger.entry WHERE type = 'moment.reached'"), 3);
    assert_chain_whole();
}

#define MIB ((size_t) 1 << 20)

/* Each may take nearly what one batch has, and together they take more than any has: whichever come first. */
static void many_large_moments_of_one_time_find_room(void **state)
{
    (void) state;
    static const size_t mib[] = {90, 90, 60, 200, 30, 30, 220, 10};
    enum { MOMENTS = sizeof mib / sizeof mib[0] };
    struct gate gate;
    uint64_t head = status().head_seq;
    gate_close(&gate);
    struct toy_statement *statement = submitted(&ann, &record);
    struct instant due = {instant_now().us - 1000000};
    for (int i = 0; i < MOMENTS; i++)
        toy_add_large_moment(&service.toy, due, mib[i] * MIB);
    gate_open(&gate);
    struct toy_answer answer = taken(statement);
    assert_false(answer.is_refused);
    assert_true(answer.seq > head + 2 * MOMENTS); /* they came first, each with an entry of its own */
    gate_release(&gate);
    assert_chain_whole();
}

/* One that takes all memory there is is refused; those that came with it, before it and behind, have no part in that. */
static void a_statement_over_the_limit_takes_no_room_from_others(void **state)
{
    (void) state;
    static const struct toy_command commands[] = {
        {.kind = TOY_RECORD, .bytes = 300 * MIB}, {.kind = TOY_RECORD, .bytes = 5 * MIB},
        {.kind = TOY_RECORD, .bytes = 60 * MIB},  {.kind = TOY_RECORD, .bytes = 200 * MIB},
        {.kind = TOY_REFUSE, .bytes = 200 * MIB}, {.kind = TOY_RECORD, .bytes = 200 * MIB},
        {.kind = TOY_RECORD, .bytes = 300 * MIB}, {.kind = TOY_RECORD, .bytes = 5 * MIB}};
    enum { STATEMENTS = sizeof commands / sizeof commands[0] };
    struct toy_statement *statements[STATEMENTS];
    struct gate gate;
    gate_close(&gate);
    int64_t before = entries();
    for (size_t i = 0; i < STATEMENTS; i++)
        statements[i] = submitted(&ann, &(struct toy_draft){.command = commands[i]});
    gate_open(&gate);
    for (size_t i = 0; i < STATEMENTS; i++) {
        struct toy_answer answer = taken(statements[i]);
        bool is_over = commands[i].bytes == 300 * MIB;
        assert_int_equal(answer.is_refused, is_over || commands[i].kind == TOY_REFUSE);
        if (answer.is_refused)
            assert_refused(&answer, is_over ? REFUSE_EVALUATION_LIMIT : REFUSE_NOT_ALLOWED);
    }
    assert_int_equal(entries(), before + 5);
    gate_release(&gate);
    assert_chain_whole();
}

/* What it does not do itself comes first in the next batch, before what was said behind it. */
static void assert_left_over_comes_before_the_next(const struct toy_command *command)
{
    struct gate gate;
    gate_close(&gate);
    uint64_t head = status().head_seq, batches = status().batches;
    struct toy_statement *first = submitted(&ann, &(struct toy_draft){.command = *command});
    struct toy_statement *second = submitted(&ann, &record);
    gate_open(&gate);
    struct toy_answer answers[] = {taken(first), taken(second)};
    assert_int_equal(answers[0].seq, head + 1);
    assert_int_equal(answers[1].seq, head + 4); /* behind the moment, and the entry that it causes */
    assert_int_equal(status().batches, batches + 2);
    gate_release(&gate);
    assert_chain_whole();
}

static void what_a_statement_leaves_over_comes_before_the_next(void **state)
{
    (void) state;
    assert_left_over_comes_before_the_next(&(struct toy_command){.leaves_over = true});
    assert_left_over_comes_before_the_next(&(struct toy_command){.leaves_over_late = true});
}

static void a_moment_that_cannot_be_decided_is_told(void **state)
{
    (void) state;
    assert_false(status().is_stuck);
    uint64_t head = status().head_seq;
    toy_add_large_moment(&service.toy, instant_now(), 300 * MIB);
    struct toy_answer answer = taken(submitted(&ann, &record));
    assert_refused(&answer, REFUSE_INTERNAL);
    assert_true(status().is_stuck);
    assert_int_equal(status().role, SEQUENCER_LEADING);
    assert_int_equal(status().head_seq, head);
    toy_mend_moments(&service.toy);
    answer = taken(submitted(&ann, &record));
    assert_int_equal(answer.seq, head + 3);
    assert_false(status().is_stuck);
    assert_chain_whole();
}

/* What a moment caused is not part of the answer to the statement before it. */
static void a_replay_ends_where_a_moment_begins(void **state)
{
    (void) state;
    const struct toy_draft draft = {.jti = "moment-00000000001", .command = {.events = 1}};
    struct toy_answer first = toy_say(&service, &ann, &draft);
    toy_add_moment(&service.toy, instant_now());
    while (status().head_seq < first.seq + 3)
        assert_int_equal(status().role, SEQUENCER_LEADING);
    struct toy_answer again = toy_say(&service, &ann, &draft);
    assert_true(again.is_replay);
    assert_int_equal(again.events, 1);
}

static struct instant an_hour_ago(void)
{
    return (struct instant){instant_now().us - INT64_C(3600000000)};
}

static void time_never_goes_back(void **state)
{
    (void) state;
    struct toy_answer before = toy_say(&service, &ann, &record);
    service.options.clock = an_hour_ago;
    restart();
    struct toy_answer after = toy_say(&service, &ann, &record);
    assert_false(after.is_refused);
    assert_true(after.time.us >= before.time.us);
    service.options.clock = NULL;
    restart();
    assert_chain_whole();
}

static void a_drained_stop_records_what_waits_and_another_refuses_it(void **state)
{
    (void) state;
    for (int is_drained = 0; is_drained < 2; is_drained++) {
        struct toy_statement *statements[32];
        int64_t before = entries();
        size_t recorded = 0;
        for (size_t i = 0; i < 32; i++)
            statements[i] = submitted(&ann, &record);
        sequencer_stop(service.sequencer, is_drained != 0);
        for (size_t i = 0; i < 32; i++) {
            struct toy_answer answer = taken(statements[i]);
            recorded += !answer.is_refused;
            if (answer.is_refused)
                assert_refused(&answer, REFUSE_SERVICE_STOPPING);
        }
        assert_int_equal(entries(), before + (int64_t) recorded);
        if (is_drained)
            assert_int_equal(recorded, 32);
        struct toy_answer late = toy_say(&service, &ann, &record);
        assert_refused(&late, REFUSE_SERVICE_STOPPING);
        toy_service_stop(&service, false);
        assert_int_equal(toy_service_start(&service, &cluster), 0);
        assert_int_equal(toy_wait_role(&service, SEQUENCER_LEADING), 0);
    }
}

static void another_ledgers_database_is_not_written_to(void **state)
{
    (void) state;
    int64_t before = entries();
    toy_service_stop(&service, true);
    service.options.vkey = SLICE("toy.example/ledger+00000000+AQ==");
    assert_int_equal(toy_service_start(&service, &cluster), 0);
    assert_int_equal(toy_wait_role(&service, SEQUENCER_AWAY), 0);
    assert_non_null(strstr(status().trouble, "verifier key"));
    struct toy_answer answer = toy_say(&service, &ann, &(struct toy_draft){.has_head = true});
    assert_refused(&answer, REFUSE_DATABASE_AWAY);
    service.options.vkey = (struct slice){0};
    restart();
    assert_int_equal(entries(), before);
}

/* ---- many at once, and the chain recomputed by the format's own code ---- */

enum { THREADS = 8, EACH = 500 };

struct talker {
    struct toy_author author;
    pthread_t thread;
    size_t recorded, events;
};

static void *talk(void *argument)
{
    struct talker *talker = argument;
    for (int i = 0; i < EACH; i++) {
        const struct toy_draft draft = {.command = {.events = i % 3}};
        struct toy_answer answer = toy_say(&service, &talker->author, &draft);
        talker->recorded += !answer.is_refused;
        talker->events += answer.events;
    }
    return NULL;
}

struct chain {
    uint64_t next;
    struct digest prev;
    struct instant time;
    struct arena *arena;
};

static enum tally_code check_line(void *ctx, struct slice line, struct err *err)
{
    struct chain *chain = ctx;
    struct archive_line parsed;
    struct entry_header header;
    struct digest hash, commitment;
    arena_clear(chain->arena);
    line.len--; /* LF */
    enum tally_code rc = archive_read_line(line, chain->arena, &parsed, err);
    if (rc != TALLY_OK || parsed.kind != ARCHIVE_LINE_ENTRY)
        return rc;
    rc = entry_header_read(parsed.entry.header, &header, err);
    if (rc != TALLY_OK)
        return rc;
    entry_commitment(parsed.entry.nonce, parsed.entry.jws, parsed.entry.body, &commitment);
    assert_int_equal(header.seq, chain->next++);
    assert_true(digest_equal(&header.prev, &chain->prev));
    assert_true(digest_equal(&header.body, &commitment));
    assert_true(header.time.us >= chain->time.us);
    entry_hash(parsed.entry.header, &hash);
    chain->prev = hash;
    chain->time = header.time;
    return TALLY_OK;
}

static void many_at_once_are_one_chain(void **state)
{
    (void) state;
    static struct talker talkers[THREADS];
    int64_t before = entries();
    size_t events = 0;
    for (size_t i = 0; i < THREADS; i++) {
        char id[16];
        snprintf(id, sizeof id, "talker-%zu", i);
        assert_int_equal(toy_author_init(&talkers[i].author, id), 0);
        assert_int_equal(pthread_create(&talkers[i].thread, NULL, talk, &talkers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(talkers[i].thread, NULL), 0);
        assert_int_equal(talkers[i].recorded, EACH);
        events += talkers[i].events;
        toy_author_release(&talkers[i].author);
    }
    assert_int_equal(entries(), before + THREADS * EACH + (int64_t) events);
    assert_chain_whole();
    struct err err = {0};
    struct pg *pg = NULL;
    struct chain chain = {.arena = arena_new(ARCHIVE_LINE_MAX), .time = {INT64_MIN}};
    const struct pg_options options = {.conninfo = service.conninfo};
    assert_int_equal(pg_new(&options, &pg, &err), TALLY_OK);
    if (read_archive(pg, SLICE(TOY_ORIGIN), SLICE("toy.example/ledger+00000000+AQ=="), 0, status().head_seq + 1, SLICE(""),
                     check_line, &chain, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    assert_int_equal(chain.next, status().head_seq + 1);
    struct sequencer_status at_end = status();
    assert_true(digest_equal(&chain.prev, &at_end.head_hash));
    pg_free(pg);
    arena_free(chain.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_database_gets_entry_0_and_then_what_is_said),
        cmocka_unit_test(the_same_statement_again_gets_its_first_answer),
        cmocka_unit_test(a_statement_id_is_used_for_one_thing_only),
        cmocka_unit_test(a_stale_statement_is_refused_before_its_head_is_looked_at),
        cmocka_unit_test(a_head_of_another_history_is_refused_before_the_domain_decides),
        cmocka_unit_test(an_old_head_in_a_batch_hides_no_newer_one),
        cmocka_unit_test(doubles_in_one_batch_are_recorded_once),
        cmocka_unit_test(on_trust_what_would_be_refused_gets_its_first_answer),
        cmocka_unit_test(on_trust_what_is_recorded_already_makes_the_batch_be_decided_again),
        cmocka_unit_test(one_actor_takes_no_more_than_its_share_of_the_queue),
        cmocka_unit_test(a_full_queue_refuses_at_once_and_empties_whole),
        cmocka_unit_test(large_bodies_go_into_several_batches),
        cmocka_unit_test(a_statement_that_brings_out_a_bug_harms_no_other),
        cmocka_unit_test(moments_come_before_the_statements_of_their_time_and_without_any),
        cmocka_unit_test(many_large_moments_of_one_time_find_room),
        cmocka_unit_test(a_statement_over_the_limit_takes_no_room_from_others),
        cmocka_unit_test(what_a_statement_leaves_over_comes_before_the_next),
        cmocka_unit_test(a_moment_that_cannot_be_decided_is_told),
        cmocka_unit_test(a_replay_ends_where_a_moment_begins),
        cmocka_unit_test(time_never_goes_back),
        cmocka_unit_test(a_drained_stop_records_what_waits_and_another_refuses_it),
        cmocka_unit_test(another_ledgers_database_is_not_written_to),
        cmocka_unit_test(many_at_once_are_one_chain),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
