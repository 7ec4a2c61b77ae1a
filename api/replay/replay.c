#include "tally/mem.h"

#include "replay_internal.h"

/* A statement's body and what is decided of it: as much as the service grants to a batch (ledger/append), and the body once more. */
#define REPLAY_ARENA_MAX (((size_t) 256 << 20) + ENTRY_BODY_MAX)

enum tally_code replay_new(const struct replay_options *options, struct replay **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct replay *r = mem_zero(sizeof(*r));
    if (r == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a replay");
    r->options = *options;
    r->arena = arena_new(REPLAY_ARENA_MAX);
    if (r->arena == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for a replay"));
    TRY(model_new_whole(&command_model_ports, &r->model, err));
    *out = r;
    r = NULL;
done:
    replay_free(r);
    return rc;
}

void replay_free(struct replay *r)
{
    if (r == NULL)
        return;
    if (r->arena != NULL)
        cause_clear(r);
    for (size_t i = 0; i < r->late_count; i++)
        mem_free(r->late[i].text);
    mem_free(r->late);
    erasures_release(&r->erasures);
    void_list_release(&r->voids);
    names_release(&r->names);
    model_free(r->model);
    arena_free(r->arena);
    mem_free(r);
}

/* From here on nothing can be followed: what stands behind depends on what is not there. */
static void end_here(struct replay *r, uint64_t seq)
{
    r->report.is_ended = true;
    r->report.end_seq = seq;
}

/* Entry 0: the first operator. */
MUST_CHECK static enum tally_code begin(struct replay *r, const struct verify_entry *entry)
{
    enum tally_code rc = TALLY_OK;
    struct row_actor actor;
    struct row_key key;
    struct err why = {0};
    cause_clear(r);
    size_t len = entry->header->ledger.len;
    if (entry->seq != 0 || !entry->is_body_right || len > sizeof(r->origin_text) ||
        command_genesis(entry->entry->body, r->arena, &actor, &key, &why) != TALLY_OK) {
        end_here(r, entry->seq); /* why is what the levels before say */
        return TALLY_OK;
    }
    memcpy(r->origin_text, entry->header->ledger.ptr, len);
    r->origin = slice_of(r->origin_text, len);
    TRY(model_put_actor(r->model, &actor, r->err));
    TRY(model_put_key(r->model, &key, r->err));
done:
    return rc;
}

MUST_CHECK static enum tally_code take(struct replay *r, const struct verify_entry *entry)
{
    enum tally_code rc = TALLY_OK;
    bool is_service = entry->type != ENTRY_TYPE_COUNT && entry_type_method(entry->type)[0] == '\0';
    if (!r->has_batch || entry->header->time.us != r->batch_time.us)
        r->batch_has_statement = false;
    r->has_batch = true;
    r->batch_time = entry->header->time;
    TRY(erasures_pass(r, entry));
    if (is_service && entry->type != ENTRY_MOMENT_REACHED && entry->type != ENTRY_LEDGER_CREATED)
        return cause_event(r, entry);
    TRY(cause_end(r));
    if (entry->type == ENTRY_TYPE_COUNT)
        return cause_void(r, entry, VOID_WRONG);
    if (entry->type == ENTRY_LEDGER_CREATED)
        return begin(r, entry);
    return entry->type == ENTRY_MOMENT_REACHED ? moment_entry(r, entry) : statement_entry(r, entry);
done:
    return rc;
}

enum tally_code replay_follow(void *ctx, struct verifier *verifier, const struct verify_entry *entry, struct err *err)
{
    struct replay *r = ctx;
    r->verifier = verifier;
    r->err = err;
    if (r->report.is_ended)
        return TALLY_OK;
    if (entry == NULL)
        return cause_end(r);
    bool is_first = !r->has_batch;
    if (entry->has_gap || is_first != (entry->type == ENTRY_LEDGER_CREATED)) {
        end_here(r, entry->seq);
        return TALLY_OK;
    }
    return take(r, entry);
}

void replay_report(const struct replay *r, struct replay_report *out)
{
    *out = r->report;
    out->memory = model_memory(r->model);
}
