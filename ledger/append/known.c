#include "append_internal.h"
#include "queries.h"

#define DOUBLES_SLOTS ((size_t) 2 * APPEND_BATCH_MAX) /* a power of two, at most half full */

struct stored { /* a statement of the batch that the ledger has already */
    bool is_set, has_body;
    struct append_answer answer;
    struct slice jws;
    struct digest body_hash;
};

struct known {
    struct pg_rows *stored_rows, *head_rows;
    size_t *asked; /* places of the statements that are looked up; asked[k] is row place k + 1 of the query */
    size_t asked_count;
    struct stored *stored;   /* one for each place */
    struct ring_slot *heads; /* older than the ring */
    size_t head_count;
    uint16_t doubles[DOUBLES_SLOTS]; /* place + 1 of a statement recorded in this batch; 0: free */
};

void known_release(struct batch *batch)
{
    if (batch->known == NULL)
        return;
    pg_rows_free(batch->known->stored_rows);
    pg_rows_free(batch->known->head_rows);
    batch->known = NULL; /* the arena's */
}

/* ---- asking ---- */

/* The parameters of ledger_known for the statements at known->asked. */
MUST_CHECK static enum tally_code statement_params(struct batch *batch, struct pg_params *params, struct err *err)
{
    const struct known *known = batch->known;
    struct slice *actors = ARENA_ARRAY(batch->arena, known->asked_count, struct slice);
    struct slice *jtis = ARENA_ARRAY(batch->arena, known->asked_count, struct slice);
    if (actors == NULL || jtis == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a batch");
    for (size_t i = 0; i < known->asked_count; i++) {
        actors[i] = batch->statements[known->asked[i]]->actor;
        jtis[i] = batch->statements[known->asked[i]]->statement.jti;
    }
    pg_params_init(params, batch->arena);
    pg_add_text_array(params, actors, known->asked_count);
    pg_add_text_array(params, jtis, known->asked_count);
    return TALLY_OK;
}

MUST_CHECK static enum tally_code queue_statements(struct sequencer *s, struct batch *batch, struct err *err)
{
    struct pg_params params;
    for (size_t i = 0; i < batch->count; i++)
        batch->known->asked[batch->known->asked_count++] = i;
    enum tally_code rc = statement_params(batch, &params, err);
    if (rc != TALLY_OK)
        return rc;
    return pg_pipeline_add(s->pg, &sql_ledger_known, &params, &batch->known->stored_rows, err);
}

static bool is_in_ring(const struct sequencer *s, uint64_t seq)
{
    return seq == 0 || seq > s->head_seq || (s->ring[seq % HEAD_RING].is_set && s->ring[seq % HEAD_RING].seq == seq);
}

MUST_CHECK static enum tally_code queue_heads(struct sequencer *s, struct batch *batch, struct err *err)
{
    int64_t *seqs = ARENA_ARRAY(batch->arena, batch->count, int64_t);
    size_t count = 0;
    if (seqs == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a batch");
    for (size_t i = 0; i < batch->count; i++)
        if (!is_in_ring(s, batch->statements[i]->statement.head_seq))
            seqs[count++] = (int64_t) batch->statements[i]->statement.head_seq;
    if (count == 0)
        return TALLY_OK;
    struct pg_params params;
    pg_params_init(&params, batch->arena);
    pg_add_int8_array(&params, seqs, count);
    return pg_pipeline_add(s->pg, &sql_ledger_heads, &params, &batch->known->head_rows, err);
}

enum tally_code known_queue(struct sequencer *s, struct batch *batch, struct err *err)
{
    batch->known = ARENA_NEW(batch->arena, struct known);
    if (batch->known == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a batch");
    batch->known->stored = ARENA_ARRAY(batch->arena, batch->count, struct stored);
    batch->known->asked = ARENA_ARRAY(batch->arena, batch->count, size_t);
    if (batch->known->stored == NULL || batch->known->asked == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a batch");
    enum tally_code rc = batch->is_on_trust ? TALLY_OK : queue_statements(s, batch, err);
    return rc == TALLY_OK ? queue_heads(s, batch, err) : rc;
}

/* ---- taking in ---- */

MUST_CHECK static enum tally_code digest_get(const struct pg_rows *rows, int row, int column, struct digest *out,
                                             struct err *err)
{
    struct slice bytes = pg_get_bytes(rows, row, column);
    if (bytes.len != DIGEST_LEN)
        return err_set(err, TALLY_E_INTEGRITY, "the database holds a hash of %zu bytes", bytes.len);
    memcpy(out->bytes, bytes.ptr, DIGEST_LEN);
    return TALLY_OK;
}

MUST_CHECK static enum tally_code stored_take(struct batch *batch, int row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct pg_rows *rows = batch->known->stored_rows;
    int64_t place = pg_get_int8(rows, row, 0);
    ENSURE(place >= 1 && (size_t) place <= batch->known->asked_count);
    struct stored *stored = &batch->known->stored[batch->known->asked[place - 1]];
    stored->answer.kind = APPEND_REPLAYED;
    stored->answer.seq = (uint64_t) pg_get_int8(rows, row, 1);
    TRY(digest_get(rows, row, 2, &stored->answer.hash, err));
    stored->answer.time = pg_get_timestamptz(rows, row, 3);
    TRY(entry_type_find(pg_get_bytes(rows, row, 4), &stored->answer.type));
    stored->has_body = !pg_is_null(rows, row, 5);
    if (stored->has_body) {
        struct slice jws = pg_get_bytes(rows, row, 5);
        TRY(arena_copy(batch->arena, jws.ptr, jws.len, &stored->jws, err));
        TRY(digest_get(rows, row, 6, &stored->body_hash, err));
    }
    stored->is_set = true;
done:
    return rc;
}

MUST_CHECK static enum tally_code heads_take(struct batch *batch, struct err *err)
{
    struct known *known = batch->known;
    size_t count = (size_t) pg_rows_count(known->head_rows);
    known->heads = ARENA_ARRAY(batch->arena, count, struct ring_slot);
    if (known->heads == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a batch");
    for (size_t i = 0; i < count; i++) {
        known->heads[i].seq = (uint64_t) pg_get_int8(known->head_rows, (int) i, 0);
        enum tally_code rc = digest_get(known->head_rows, (int) i, 1, &known->heads[i].hash, err);
        if (rc != TALLY_OK)
            return rc;
        known->heads[i].is_set = true;
    }
    known->head_count = count;
    return TALLY_OK;
}

/* What the statements that are sent again had caused: asked for only then, since it is rare. */
MUST_CHECK static enum tally_code caused_take(struct batch *batch, const struct pg_rows *rows, struct err *err)
{
    size_t count = (size_t) pg_rows_count(rows);
    struct append_event *events = ARENA_ARRAY(batch->arena, count, struct append_event);
    if (events == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the answer to a statement sent again");
    for (size_t i = 0; i < count; i++) {
        enum tally_code rc = TALLY_OK;
        struct slice body = pg_get_bytes(rows, (int) i, 3);
        events[i].seq = (uint64_t) pg_get_int8(rows, (int) i, 1);
        events[i].open = pg_get_bool(rows, (int) i, 4);
        rc = entry_type_find(pg_get_bytes(rows, (int) i, 2), &events[i].type);
        if (rc == TALLY_OK)
            rc = arena_copy(batch->arena, body.ptr, body.len, &events[i].body, err);
        if (rc != TALLY_OK)
            return rc;
    }
    for (size_t i = 0; i < count;) {
        uint64_t of = (uint64_t) pg_get_int8(rows, (int) i, 0);
        size_t n = 1;
        while (i + n < count && (uint64_t) pg_get_int8(rows, (int) (i + n), 0) == of)
            n++;
        for (size_t at = 0; at < batch->count; at++) /* doubles of it in the batch, too */
            if (batch->known->stored[at].is_set && batch->known->stored[at].answer.seq == of) {
                batch->known->stored[at].answer.events = &events[i];
                batch->known->stored[at].answer.event_count = n;
            }
        i += n;
    }
    return TALLY_OK;
}

MUST_CHECK static enum tally_code caused_load(struct sequencer *s, struct batch *batch, struct err *err)
{
    int64_t *seqs = ARENA_ARRAY(batch->arena, batch->count, int64_t);
    size_t count = 0;
    if (seqs == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the answer to a statement sent again");
    for (size_t i = 0; i < batch->count; i++) {
        const struct stored *stored = &batch->known->stored[i];
        bool is_asked = !stored->is_set || !stored->has_body;
        for (size_t j = 0; j < count && !is_asked; j++)
            is_asked = seqs[j] == (int64_t) stored->answer.seq;
        if (!is_asked)
            seqs[count++] = (int64_t) stored->answer.seq;
    }
    if (count == 0)
        return TALLY_OK;
    struct pg_params params;
    struct pg_rows *rows = NULL;
    pg_params_init(&params, batch->arena);
    pg_add_int8_array(&params, seqs, count);
    enum tally_code rc = pg_exec(s->pg, &sql_ledger_caused, &params, &rows, err);
    if (rc == TALLY_OK)
        rc = caused_take(batch, rows, err);
    pg_rows_free(rows);
    return rc;
}

MUST_CHECK static enum tally_code statements_take(struct sequencer *s, struct batch *batch, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    int count = pg_rows_count(batch->known->stored_rows);
    for (int i = 0; i < count; i++)
        TRY(stored_take(batch, i, err));
    if (count > 0)
        TRY(caused_load(s, batch, err));
done:
    return rc;
}

enum tally_code known_take(struct sequencer *s, struct batch *batch, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    if (batch->known->stored_rows != NULL)
        TRY(statements_take(s, batch, err));
    if (batch->known->head_rows != NULL)
        TRY(heads_take(batch, err));
done:
    return rc;
}

/* ---- asked of the batch ---- */

bool known_is_head(const struct sequencer *s, const struct batch *batch, uint64_t seq, const struct digest *hash)
{
    if (seq > s->head_seq) /* only what is committed can have been seen */
        return false;
    if (seq == 0)
        return digest_equal(hash, &s->entry0_hash);
    const struct ring_slot *slot = &s->ring[seq % HEAD_RING];
    if (slot->is_set && slot->seq == seq)
        return digest_equal(hash, &slot->hash);
    for (size_t i = 0; i < batch->known->head_count; i++)
        if (batch->known->heads[i].seq == seq)
            return digest_equal(hash, &batch->known->heads[i].hash);
    return false;
}

/* Who signs many statements ahead names one head for all of them. A newer entry loses its place by it, and takes it back when it is
 * looked up: so not before every statement of this batch, which may name that one, is decided. */
void known_keep_heads(struct sequencer *s, const struct batch *batch)
{
    for (size_t i = 0; i < batch->known->head_count; i++)
        s->ring[batch->known->heads[i].seq % HEAD_RING] = batch->known->heads[i];
}

MUST_CHECK static enum tally_code refuse(struct batch *batch, size_t place, enum refusal_code code, const char *why,
                                         struct err *err)
{
    const struct slice jti = batch->statements[place]->statement.jti;
    const struct refusal *refusal = refusal_new(batch->arena, code, "the statement %.*s %s", SLICE_ARG(jti), why);
    if (refusal == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a refusal");
    batch->outcomes[place].answer = (struct append_answer){.kind = APPEND_REFUSED, .refusal = refusal};
    return TALLY_OK;
}

static const char reused[] = "was recorded before for another request; use a fresh jti for each statement";

MUST_CHECK static enum tally_code answer_stored(struct batch *batch, size_t place, const struct stored *stored,
                                                struct err *err)
{
    const struct submission *again = batch->statements[place];
    batch->outcomes[place].is_final = true;
    if (!stored->has_body)
        return refuse(batch, place, REFUSE_STATEMENT_ERASED, "was recorded and its body has been erased since", err);
    struct statement first;
    struct refusal *unreadable = NULL;
    enum tally_code rc = statement_read(stored->jws, batch->arena, &first, &unreadable, err);
    if (rc != TALLY_OK)
        return err_set(err, TALLY_E_INTEGRITY, "the signature stored with entry %llu cannot be read",
                       (unsigned long long) stored->answer.seq);
    struct digest body_hash;
    digest_of(again->body, &body_hash);
    if (!slice_equal(first.htu, again->statement.htu) || !slice_equal(first.cty, again->statement.cty) ||
        !digest_equal(&body_hash, &stored->body_hash))
        return refuse(batch, place, REFUSE_STATEMENT_REUSED, reused, err);
    batch->outcomes[place].answer = stored->answer;
    return TALLY_OK;
}

/* Where this statement's (actor, jti) is, or would be, among those recorded in this batch. */
static uint16_t *double_slot(const struct batch *batch, const struct submission *submission)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    const struct slice parts[] = {submission->actor, submission->statement.jti};
    for (size_t p = 0; p < 2; p++)
        for (size_t i = 0; i < parts[p].len; i++)
            hash = (hash ^ (uint8_t) parts[p].ptr[i]) * 16777619u;
    for (size_t at = hash % DOUBLES_SLOTS;; at = (at + 1) % DOUBLES_SLOTS) {
        uint16_t *slot = &batch->known->doubles[at];
        if (*slot == 0)
            return slot;
        const struct submission *other = batch->statements[*slot - 1];
        if (slice_equal(other->actor, submission->actor) && slice_equal(other->statement.jti, submission->statement.jti))
            return slot;
    }
}

enum tally_code known_check(struct batch *batch, size_t place, bool *is_known, struct err *err)
{
    const struct submission *again = batch->statements[place];
    const struct stored *stored = &batch->known->stored[place];
    *is_known = true;
    if (stored->is_set)
        return answer_stored(batch, place, stored, err);
    uint16_t slot = *double_slot(batch, again);
    *is_known = slot != 0;
    if (slot == 0)
        return TALLY_OK;
    const struct submission *first = batch->statements[slot - 1];
    if (!slice_equal(first->statement.htu, again->statement.htu) ||
        !slice_equal(first->statement.cty, again->statement.cty) || !slice_equal(first->body, again->body))
        return refuse(batch, place, REFUSE_STATEMENT_REUSED, reused, err);
    batch->outcomes[place].answer = batch->outcomes[slot - 1].answer;
    batch->outcomes[place].answer.kind = APPEND_REPLAYED;
    return TALLY_OK;
}

void known_remember(struct batch *batch, size_t place)
{
    *double_slot(batch, batch->statements[place]) = (uint16_t) (place + 1);
}

enum tally_code known_refused(struct sequencer *s, struct batch *batch, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct known *known = batch->known;
    struct pg_params params;
    ENSURE(known->asked_count == 0);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->outcomes[i].answer.kind == APPEND_REFUSED && !batch->outcomes[i].is_final)
            known->asked[known->asked_count++] = i;
    if (known->asked_count == 0)
        return TALLY_OK;
    TRY(statement_params(batch, &params, err));
    TRY(pg_exec(s->pg, &sql_ledger_known, &params, &known->stored_rows, err));
    TRY(statements_take(s, batch, err));
    for (size_t i = 0; i < known->asked_count; i++) {
        size_t place = known->asked[i];
        if (known->stored[place].is_set)
            TRY(answer_stored(batch, place, &known->stored[place], err));
    }
done:
    return rc;
}
