#include "toy_ledger.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tally/mem.h"
#include "tally/migrate.h"
#include "tally/text.h"

static int failed(const char *what, const struct err *err)
{
    fprintf(stderr, "toy ledger: %s: %s\n", what, err->detail);
    return -1;
}

/* ---- the domain ---- */

static const struct pg_statement count_rows = {"toy_count", "SELECT count(*), pg_backend_pid() FROM toy.row"};
static const struct pg_statement insert_rows = {
    "toy_insert", "INSERT INTO toy.row (seq, total) SELECT * FROM unnest($1::bigint[], $2::bigint[])"};

static enum tally_code toy_queue_load(void *self, struct pg *pg, struct arena *arena, struct submission *const *batch,
                                      size_t count, struct instant now, bool is_on_trust, bool *any, struct err *err)
{
    struct toy *toy = self;
    (void) arena, (void) batch, (void) count, (void) now, (void) is_on_trust;
    *any = !toy->is_loaded;
    return toy->is_loaded ? TALLY_OK : pg_pipeline_add(pg, &count_rows, NULL, &toy->rows, err);
}

static enum tally_code toy_take_load(void *self, struct err *err)
{
    struct toy *toy = self;
    (void) err;
    toy->total = pg_get_int8(toy->rows, 0, 0);
    toy->is_loaded = true;
    pg_rows_free(toy->rows);
    toy->rows = NULL;
    return TALLY_OK;
}

/* A piece after the other, as a domain would that finds out on its way that there is not enough. */
static bool take_bytes(struct arena *arena, size_t bytes)
{
    const size_t piece = (size_t) 1 << 20;
    for (; bytes > piece; bytes -= piece)
        if (arena_alloc(arena, piece) == NULL)
            return false;
    return bytes == 0 || arena_alloc(arena, bytes) != NULL;
}

static struct instant next_moment(struct toy *toy)
{
    pthread_mutex_lock(&toy->lock);
    struct instant next =
        toy->moments_done < toy->moment_count ? toy->moments[toy->moments_done] : (struct instant){INT64_MAX};
    pthread_mutex_unlock(&toy->lock);
    return next;
}

static struct instant toy_next_moment(void *self)
{
    return next_moment(self);
}

static enum tally_code toy_next_due(void *self, struct instant by, struct instant *moment, bool *has, struct err *err)
{
    (void) err;
    *moment = next_moment(self);
    *has = moment->us <= by.us;
    return TALLY_OK;
}

static enum tally_code toy_decide_moment(void *self, const struct append_place *place, struct arena *arena,
                                         struct append_plan *plan, struct err *err)
{
    struct toy *toy = self;
    char at[INSTANT_TEXT_LEN + 1];
    (void) place;
    instant_format(next_moment(self), at);
    pthread_mutex_lock(&toy->lock);
    size_t bytes = toy->moment_bytes[toy->moments_done];
    pthread_mutex_unlock(&toy->lock);
    plan->events = ARENA_ARRAY(arena, 2, struct append_own);
    if (plan->events == NULL || !take_bytes(arena, bytes))
        return err_set(err, TALLY_E_NO_MEMORY, "toy");
    plan->events[0] = (struct append_own){ENTRY_MOMENT_REACHED, true, arena_printf(arena, "{\"at\":\"%s\"}", at)};
    plan->events[1] = (struct append_own){ENTRY_RESULT_FINALISED, true, SLICE("{}")};
    plan->event_count = 2;
    return TALLY_OK;
}

static enum tally_code toy_decide(void *self, const struct submission *submission, const struct append_place *place,
                                  struct arena *arena, struct append_plan *plan, struct err *err)
{
    struct toy *toy = self;
    const struct toy_command *command = submission->command;
    (void) place;
    if (command->kind == TOY_BREAK)
        return err_set(err, TALLY_E_BUG, "the toy breaks as asked");
    if (!take_bytes(arena, command->bytes)) {
        static const struct refusal over_limit = {.code = REFUSE_EVALUATION_LIMIT};
        plan->refusal = &over_limit;
        return TALLY_OK;
    }
    if (command->kind == TOY_REFUSE) {
        plan->refusal = refusal_new(arena, REFUSE_NOT_ALLOWED, "the toy refuses as asked");
        return TALLY_OK;
    }
    plan->open = true;
    plan->event_count = (size_t) command->events;
    plan->events = ARENA_ARRAY(arena, plan->event_count, struct append_own);
    for (size_t i = 0; i < plan->event_count; i++)
        plan->events[i] = (struct append_own){ENTRY_RESULT_FINALISED, true,
                                              arena_printf(arena, "{\"total\":%lld}", (long long) toy->total + 1)};
    return TALLY_OK;
}

static enum tally_code toy_record(void *self, const struct submission *submission, const struct append_plan *plan,
                                  const struct append_recorded *entries, size_t count, struct err *err)
{
    struct toy *toy = self;
    (void) plan, (void) count;
    if (submission == NULL) {
        pthread_mutex_lock(&toy->lock);
        toy->moments_done++;
        pthread_mutex_unlock(&toy->lock);
        return TALLY_OK;
    }
    const struct toy_command *command = submission->command;
    if (toy->pending == TOY_PENDING_MAX)
        return err_set(err, TALLY_E_BUG, "the toy is full");
    if (command->leaves_over || command->leaves_over_late)
        toy_add_moment(toy, (struct instant){entries[0].time.us + command->leaves_over_late});
    toy->total++;
    toy->seqs[toy->pending] = (int64_t) entries[0].seq;
    toy->totals[toy->pending] = command->kind == TOY_SPOIL ? -1 : toy->total;
    toy->pending++;
    return TALLY_OK;
}

static enum tally_code toy_project(void *self, struct pg *pg, struct arena *arena, struct err *err)
{
    struct toy *toy = self;
    struct pg_params params;
    pg_params_init(&params, arena);
    pg_add_int8_array(&params, toy->seqs, toy->pending);
    pg_add_int8_array(&params, toy->totals, toy->pending);
    return pg_pipeline_add(pg, &insert_rows, &params, NULL, err);
}

static void toy_settle(void *self, bool is_committed)
{
    struct toy *toy = self;
    toy->pending = 0;
    toy->is_loaded = toy->is_loaded && is_committed;
    pthread_mutex_lock(&toy->lock);
    if (is_committed)
        toy->moments_settled = toy->moments_done;
    else
        toy->moments_done = toy->moments_settled;
    pthread_mutex_unlock(&toy->lock);
}

void toy_init(struct toy *toy)
{
    *toy = (struct toy){.domain = {.self = toy,
                                   .queue_load = toy_queue_load,
                                   .take_load = toy_take_load,
                                   .next_due = toy_next_due,
                                   .decide_moment = toy_decide_moment,
                                   .decide = toy_decide,
                                   .record = toy_record,
                                   .project = toy_project,
                                   .settle = toy_settle,
                                   .next_moment = toy_next_moment}};
    pthread_mutex_init(&toy->lock, NULL);
}

void toy_release(struct toy *toy)
{
    pg_rows_free(toy->rows);
    pthread_mutex_destroy(&toy->lock);
}

void toy_add_moment(struct toy *toy, struct instant moment)
{
    toy_add_large_moment(toy, moment, 0);
}

void toy_mend_moments(struct toy *toy)
{
    pthread_mutex_lock(&toy->lock);
    memset(toy->moment_bytes, 0, sizeof toy->moment_bytes);
    pthread_mutex_unlock(&toy->lock);
}

void toy_add_large_moment(struct toy *toy, struct instant moment, size_t bytes)
{
    pthread_mutex_lock(&toy->lock);
    ENSURE(toy->moment_count < TOY_MOMENTS_MAX);
    toy->moment_bytes[toy->moment_count] = bytes;
    toy->moments[toy->moment_count++] = moment;
    pthread_mutex_unlock(&toy->lock);
}

/* ---- database ---- */

static struct pg *super(const struct cluster *cluster)
{
    struct err err = {0};
    struct pg *pg = NULL;
    const struct pg_options options = {.conninfo = cluster->conninfo, .application_name = "toy"};
    if (pg_new(&options, &pg, &err) != TALLY_OK) {
        (void) failed("connection", &err);
        ENSURE(pg != NULL);
    }
    return pg;
}

void toy_exec(const struct cluster *cluster, const char *sql)
{
    struct err err = {0};
    struct pg *pg = super(cluster);
    if (pg_exec_text(pg, sql, NULL, &err) != TALLY_OK) {
        (void) failed(sql, &err);
        ENSURE(err.code == TALLY_OK);
    }
    pg_free(pg);
}

int64_t toy_int(const struct cluster *cluster, const char *sql)
{
    struct err err = {0};
    struct pg *pg = super(cluster);
    struct pg_rows *rows = NULL;
    const struct pg_statement statement = {"toy_int", sql};
    if (pg_exec(pg, &statement, NULL, &rows, &err) != TALLY_OK) {
        (void) failed(sql, &err);
        ENSURE(err.code == TALLY_OK);
    }
    ENSURE(pg_rows_count(rows) == 1 && !pg_is_null(rows, 0, 0));
    int64_t value = pg_get_int8(rows, 0, 0);
    pg_rows_free(rows);
    pg_free(pg);
    return value;
}

int toy_database(const struct cluster *cluster)
{
    struct err err = {0};
    struct pg *pg = super(cluster);
    enum tally_code rc = migrate(pg, NULL, &err);
    if (rc == TALLY_OK)
        rc = pg_exec_text(
            pg,
            "CREATE SCHEMA toy; CREATE TABLE toy.row (seq bigint PRIMARY KEY, total bigint UNIQUE CHECK (total > 0)); "
            "GRANT USAGE ON SCHEMA toy TO tally_service; GRANT SELECT, INSERT ON toy.row TO tally_service; "
            "CREATE ROLE svc LOGIN IN ROLE tally_service; CREATE ROLE own LOGIN IN ROLE tally_owner",
            NULL, &err);
    pg_free(pg);
    return rc == TALLY_OK ? 0 : failed("migration", &err);
}

/* ---- the sequencer ---- */

static struct key_pair *ledger_key(void)
{
    static const uint8_t seed[KEY_SEED_LEN] = {1, 2, 3};
    struct key_pair *pair = NULL;
    struct err err = {0};
    ENSURE(key_pair_from_seed(seed, &pair, &err) == TALLY_OK);
    return pair;
}

/* Made once: the ledger's key is the same in every test. */
struct slice toy_vkey(void)
{
    static char text[256];
    static size_t len;
    if (len == 0) {
        struct key_pair *pair = ledger_key();
        struct key_public public_key;
        struct buf buf;
        key_pair_public(pair, &public_key);
        buf_init(&buf, sizeof text);
        key_vkey_write(SLICE(TOY_ORIGIN), 1, &public_key, &buf);
        memcpy(text, buf.ptr, buf.len);
        len = buf.len;
        buf_release(&buf);
        key_pair_free(pair);
    }
    return slice_of(text, len);
}

int toy_service_start(struct toy_service *service, const struct cluster *cluster)
{
    static char genesis[512];
    struct err err = {0};
    struct slice key = toy_vkey();
    snprintf(genesis, sizeof genesis, "{\"operator\":{\"id\":\"op\"},\"origin\":\"%s\",\"vkey\":\"%.*s\"}", TOY_ORIGIN,
             SLICE_ARG(key));
    toy_init(&service->toy);
    cluster_conninfo(cluster, "postgres", "svc", service->conninfo, sizeof service->conninfo);
    struct sequencer_options options = service->options;
    options.database.conninfo = service->conninfo;
    options.database.application_name = "sequencer";
    options.origin = SLICE(TOY_ORIGIN);
    options.vkey = options.vkey.len == 0 ? key : options.vkey;
    options.genesis = slice_str(genesis);
    service->key = ledger_key();
    options.key = service->key;
    options.domain = &service->toy.domain;
    if (sequencer_start(&options, &service->sequencer, &err) != TALLY_OK)
        return failed("sequencer", &err);
    return 0;
}

void toy_service_stop(struct toy_service *service, bool is_drained)
{
    sequencer_stop(service->sequencer, is_drained);
    sequencer_free(service->sequencer);
    service->sequencer = NULL;
    key_pair_free(service->key);
    service->key = NULL;
    toy_release(&service->toy);
}

int toy_wait_role(struct toy_service *service, enum sequencer_role role)
{
    struct sequencer_status status;
    for (int i = 0; i < 6000; i++) {
        sequencer_status(service->sequencer, &status);
        if (status.role == role)
            return 0;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    fprintf(stderr, "toy ledger: the role is %d, not %d: %s\n", (int) status.role, (int) role, status.trouble);
    return -1;
}

int toy_wait_trouble(struct toy_service *service, const char *text)
{
    struct sequencer_status status;
    for (int i = 0; i < 6000; i++) {
        sequencer_status(service->sequencer, &status);
        if (status.role == SEQUENCER_AWAY && strstr(status.trouble, text) != NULL)
            return 0;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    fprintf(stderr, "toy ledger: it does not say \"%s\", but: %s\n", text, status.trouble);
    return -1;
}

/* ---- statements ---- */

int toy_author_init(struct toy_author *author, const char *id)
{
    struct err err = {0};
    snprintf(author->id, sizeof author->id, "%s", id);
    return key_pair_generate(&author->key, &err) == TALLY_OK ? 0 : failed("key", &err);
}

void toy_author_release(struct toy_author *author)
{
    key_pair_free(author->key);
}

static void done(struct submission *submission, const struct append_answer *answer)
{
    struct toy_statement *statement = submission->owner;
    struct toy_answer *out = &statement->answer;
    pthread_mutex_lock(&statement->lock);
    ENSURE(!out->is_there); /* answered once */
    out->is_there = true;
    out->is_replay = answer->kind == APPEND_REPLAYED;
    out->is_refused = answer->kind == APPEND_REFUSED;
    if (out->is_refused) {
        out->code = answer->refusal->code;
        snprintf(out->detail, sizeof out->detail, "%.*s", SLICE_ARG(answer->refusal->detail));
    } else {
        out->seq = answer->seq;
        out->hash = answer->hash;
        out->time = answer->time;
        out->events = answer->event_count;
        for (size_t i = 0; i < answer->event_count && i < TOY_ANSWER_EVENTS; i++) {
            out->event_seqs[i] = answer->events[i].seq;
            snprintf(out->event_bodies[i], sizeof out->event_bodies[i], "%.*s", SLICE_ARG(answer->events[i].body));
        }
    }
    void (*on_done)(struct toy_statement *) = statement->on_done;
    if (on_done == NULL)
        pthread_cond_signal(&statement->answered);
    pthread_mutex_unlock(&statement->lock);
    if (on_done != NULL)
        on_done(statement);
}

static enum tally_code sign(struct toy_service *service, const struct toy_author *author, const struct toy_draft *draft,
                            struct toy_statement *statement, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct refusal *refusal = NULL;
    struct statement_draft text = {.aud = SLICE(TOY_ORIGIN),
                                   .htm = SLICE("POST"),
                                   .htu = draft->htu == NULL ? SLICE("/v1/results") : slice_str(draft->htu),
                                   .cty = draft->cty == NULL ? SLICE("application/json") : slice_str(draft->cty),
                                   .jti = slice_str(statement->jti),
                                   .iat = draft->iat == 0 ? instant_now().us / 1000000 : draft->iat,
                                   .head_seq = draft->head_seq,
                                   .head_hash = draft->head_hash};
    if (!draft->has_head) {
        struct sequencer_status status;
        sequencer_status(service->sequencer, &status);
        text.head_seq = status.head_seq;
        text.head_hash = status.head_hash;
    }
    TRY(statement_sign(&text, author->key, buf_slice(&statement->body), &statement->jws, err));
    struct submission *submission = &statement->submission;
    submission->jws = buf_slice(&statement->jws);
    TRY(statement_read(submission->jws, statement->arena, &submission->statement, &refusal, err));
done:
    return rc;
}

struct toy_statement *toy_statement_new(struct toy_service *service, const struct toy_author *author,
                                        const struct toy_draft *draft)
{
    struct err err = {0};
    struct toy_statement *statement = mem_zero(sizeof *statement);
    if (statement == NULL)
        return NULL;
    pthread_mutex_init(&statement->lock, NULL);
    pthread_cond_init(&statement->answered, NULL);
    buf_init(&statement->jws, STATEMENT_JWS_MAX);
    buf_init(&statement->body, ENTRY_BODY_MAX);
    buf_add_str(&statement->body, draft->body == NULL ? "{}" : draft->body);
    statement->arena = arena_new(1 << 16);
    statement->command = draft->command;
    char fresh[23];
    bool is_made = statement->arena != NULL && (draft->jti != NULL || statement_new_jti(fresh, &err) == TALLY_OK);
    snprintf(statement->jti, sizeof statement->jti, "%s", draft->jti != NULL ? draft->jti : is_made ? fresh : "");
    if (!is_made || sign(service, author, draft, statement, &err) != TALLY_OK) {
        (void) failed("statement", &err);
        toy_statement_free(statement);
        return NULL;
    }
    struct submission *submission = &statement->submission;
    submission->actor = slice_str(author->id);
    submission->body = buf_slice(&statement->body);
    submission->type = ENTRY_RESULT_SUBMITTED;
    submission->command = &statement->command;
    submission->done = done;
    submission->owner = statement;
    return statement;
}

void toy_statement_free(struct toy_statement *statement)
{
    if (statement == NULL)
        return;
    pthread_mutex_destroy(&statement->lock);
    pthread_cond_destroy(&statement->answered);
    buf_release(&statement->jws);
    buf_release(&statement->body);
    arena_free(statement->arena);
    mem_free(statement);
}

void toy_submit(struct toy_service *service, struct toy_statement *statement)
{
    const struct refusal *refusal = sequencer_submit(service->sequencer, &statement->submission, statement->arena);
    if (refusal == NULL)
        return;
    const struct append_answer answer = {.kind = APPEND_REFUSED, .refusal = refusal};
    done(&statement->submission, &answer);
}

struct toy_answer toy_wait(struct toy_statement *statement)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    pthread_mutex_lock(&statement->lock);
    while (!statement->answer.is_there)
        if (pthread_cond_timedwait(&statement->answered, &statement->lock, &until) == ETIMEDOUT)
            break;
    struct toy_answer answer = statement->answer;
    pthread_mutex_unlock(&statement->lock);
    ENSURE(answer.is_there);
    return answer;
}

struct toy_answer toy_say(struct toy_service *service, const struct toy_author *author, const struct toy_draft *draft)
{
    struct toy_statement *statement = toy_statement_new(service, author, draft);
    ENSURE(statement != NULL);
    toy_submit(service, statement);
    struct toy_answer answer = toy_wait(statement);
    toy_statement_free(statement);
    return answer;
}
