/* Statements that wait together: a plug stands in a commit, the line behind it is sent in a known order, let go, and decided in
 * one batch. */
#ifndef TALLY_TESTS_BATCH_HELP_H
#define TALLY_TESTS_BATCH_HELP_H

#include "../support/hold.h"
#include "http_help.h"

#define LINE_MAX 12

static struct hold hold;
static struct http_client plug, line[LINE_MAX];
static size_t line_len;
static uint64_t batches; /* committed before the plug */

static inline void send_signed(struct http_client *client, const struct service_actor *actor, const char *path,
                               const char *body, const struct service_twist *twist)
{
    struct buf jws;
    buf_init(&jws, 4096);
    assert_int_equal(service_sign(&service, actor, path, slice_str(body), twist, &jws), 0);
    assert_int_equal(http_client_open(client, service.port), 0);
    assert_int_equal(service_send(client, path, buf_slice(&jws), NULL, slice_str(body)), 0);
    buf_release(&jws);
}

/* A statement stands before the lock; from here on they wait behind it. */
static inline struct head hold_with(const struct service_actor *actor, const char *path, const char *body)
{
    struct head before = head_now();
    line_len = 0;
    assert_int_equal(service_metric(&service, "tally_sequencer_batches_total", &batches), 0);
    assert_int_equal(hold_begin(&hold, &service), 0);
    send_signed(&plug, actor, path, body, NULL);
    assert_int_equal(hold_wait_blocked(&hold), 0);
    return before;
}

static inline void queue_jws(struct slice jws, const char *path, const char *body)
{
    assert_int_equal(http_client_open(&line[line_len], service.port), 0);
    assert_int_equal(service_send(&line[line_len], path, jws, NULL, slice_str(body)), 0);
    line_len++;
    assert_int_equal(hold_wait_queued(&service, line_len), 0);
}

static inline void queue(const struct service_actor *actor, const char *path, const char *body,
                         const struct service_twist *twist)
{
    struct buf jws;
    buf_init(&jws, 4096);
    assert_int_equal(service_sign(&service, actor, path, slice_str(body), twist, &jws), 0);
    queue_jws(buf_slice(&jws), path, body);
    buf_release(&jws);
}

/* The plug is recorded, and then all that wait are decided together. */
static inline void let_go(void)
{
    struct http_reply reply;
    assert_int_equal(hold_end(&hold), 0);
    assert_int_equal(http_client_reply(&plug, false, &reply), 0);
    assert_reply(&reply, 201, NULL);
    http_client_close(&plug);
}

static inline void answer(size_t i, struct http_reply *reply)
{
    assert_int_equal(http_client_reply(&line[i], false, reply), 0);
    http_client_close(&line[i]);
}

static inline void answered(size_t i, int status, const char *code)
{
    struct http_reply reply;
    answer(i, &reply);
    assert_reply(&reply, status, code);
}

/* After all answers: the ledger has grown by so many entries (the plug among them), in so many batches. */
static inline void assert_grown(struct head before, uint64_t entries, uint64_t committed)
{
    uint64_t now = 0;
    assert_int_equal(head_now().seq, before.seq + entries);
    assert_int_equal(service_metric(&service, "tally_sequencer_batches_total", &now), 0);
    assert_int_equal(now, batches + committed);
}

#endif
