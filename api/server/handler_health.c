#include <stdio.h>

#include "handlers.h"
#include "tally/canon.h"

void handle_healthz(struct tallyd *tallyd, struct http_request *request)
{
    (void) tallyd; /* that the loop answers is the answer */
    answer_plain(request, 200, "application/json", SLICE("{\"status\":\"live\"}"));
}

static const char *role_text(enum sequencer_role role)
{
    static const char *const texts[] = {"starting", "leading", "standby", "away", "stopped"};
    return texts[role];
}

void handle_readyz(struct tallyd *tallyd, struct http_request *request)
{
    struct sequencer_status status;
    sequencer_status(tallyd->sequencer, &status);
    bool is_ready = status.role == SEQUENCER_LEADING || status.role == SEQUENCER_STANDBY;
    if (http_is_stopping(tallyd->http) || !is_ready) {
        const struct refusal not_ready = {
            .code = http_is_stopping(tallyd->http) ? REFUSE_SERVICE_STOPPING
                    : status.is_forked             ? REFUSE_LEDGER_FORKED
                                                   : REFUSE_DATABASE_AWAY,
            .detail = slice_str(status.trouble[0] != '\0' ? status.trouble : role_text(status.role))};
        http_refuse(request, &not_ready);
        return;
    }
    struct canon w;
    canon_init(&w, &request->answer.text);
    canon_object(&w);
    canon_name(&w, "head");
    if (status.has_head)
        canon_i64(&w, (int64_t) status.head_seq);
    else
        canon_null(&w);
    canon_name(&w, "role");
    canon_str(&w, role_text(status.role));
    canon_name(&w, "status");
    canon_str(&w, "ready");
    if (status.is_stuck) {
        canon_name(&w, "stuck");
        canon_bool(&w, true);
    }
    canon_close(&w);
    answer_plain(request, 200, "application/json", SLICE(""));
}

static void gauge(struct buf *out, const char *type, const char *name, const char *help, uint64_t value)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, type, name, (unsigned long long) value);
}

static void write_sequencer(const struct sequencer_status *s, struct buf *out)
{
    gauge(out, "gauge", "tally_sequencer_leading", "1 while this process appends to the ledger.",
          s->role == SEQUENCER_LEADING);
    gauge(out, "gauge", "tally_sequencer_stuck", "1 while a moment that is due cannot be decided: nothing is recorded.",
          s->is_stuck);
    gauge(out, "gauge", "tally_ledger_entries", "Entries in the ledger.", s->has_head ? s->head_seq + 1 : 0);
    gauge(out, "gauge", "tally_ledger_checkpoint_entries", "Entries under the newest signed checkpoint.",
          s->checkpoint_size);
    gauge(out, "gauge", "tally_sequencer_queued", "Statements that wait for the sequencer.", s->queued);
    gauge(out, "counter", "tally_sequencer_batches_total", "Batches committed.", s->batches);
    gauge(out, "counter", "tally_sequencer_statements_total", "Statements recorded.", s->statements);
    gauge(out, "counter", "tally_sequencer_entries_total", "Entries appended.", s->entries);
    gauge(out, "counter", "tally_sequencer_refused_total", "Statements refused.", s->refused);
    gauge(out, "counter", "tally_sequencer_replayed_total", "Statements answered from the ledger.", s->replayed);
    gauge(out, "counter", "tally_sequencer_batches_again_total",
          "Batches decided again, since something was recorded before.", s->batches_again);
    gauge(out, "counter", "tally_sequencer_failed_batches_total", "Batches that did not commit.", s->failed_batches);
    gauge(out, "gauge", "tally_sequencer_batch_microseconds", "Time of the last batch.", s->last_batch_us);
}

static void write_http(struct tallyd *tallyd, struct buf *out)
{
    struct http_status h;
    http_status(tallyd->http, &h);
    gauge(out, "gauge", "tally_http_connections", "Connections open.", h.connections);
    gauge(out, "counter", "tally_http_requests_total", "Requests whose first line was read.", h.requests);
    gauge(out, "gauge", "tally_http_waiting", "Requests that wait for their answer.", h.waiting);
    gauge(out, "counter", "tally_http_timed_out_total", "Requests answered 503 since their time was over.", h.timed_out);
    gauge(out, "counter", "tally_http_closed_slow_total", "Connections closed at a deadline.", h.closed_slow);
    gauge(out, "gauge", "tally_http_body_bytes", "Bytes of bodies on their way.", h.body_bytes);
    gauge(out, "gauge", "tally_workers_queued", "Signed requests that wait for a worker.", crew_queued(tallyd->workers));
    gauge(out, "gauge", "tally_readers_queued", "Reads that wait for a reader.", crew_queued(tallyd->readers));
    gauge(out, "gauge", "tally_archives", "Archives being sent.", (uint64_t) atomic_load(&tallyd->archives));
    gauge(out, "counter", "tally_keys_hits_total", "Keys found in the cache.", keycache_hits(tallyd->keys));
    gauge(out, "counter", "tally_keys_misses_total", "Keys looked up in the database.", keycache_misses(tallyd->keys));
}

static void write_witnesses(struct tallyd *tallyd, struct buf *out)
{
    struct cosigners_status status;
    cosigners_status(tallyd->cosigners, &status);
    gauge(out, "gauge", "tally_witnesses", "Witnesses whose cosignatures are taken.", (uint64_t) status.witnesses);
    gauge(out, "gauge", "tally_cosigned_entries",
          "Entries under the newest checkpoint that enough witnesses have cosigned.", status.size);
    gauge(out, "gauge", "tally_cosigned_witnesses", "Witnesses that have cosigned that checkpoint.",
          (uint64_t) status.cosigned);
}

void handle_metrics(struct tallyd *tallyd, struct http_request *request)
{
    struct buf *out = &request->answer.text;
    struct sequencer_status status;
    sequencer_status(tallyd->sequencer, &status);
    write_sequencer(&status, out);
    write_witnesses(tallyd, out);
    write_http(tallyd, out);
    metrics_write(&tallyd->metrics, out);
    answer_plain(request, 200, "text/plain; version=0.0.4; charset=utf-8", SLICE(""));
}
