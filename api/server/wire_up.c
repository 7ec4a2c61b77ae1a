#include "wire_up.h"

#include "tally/command.h"
#include "tally/mem.h"
#include "tally/store.h"

#define GENESIS_BYTES_MAX 65536 /* an id and a key */
_Static_assert(MODEL_ENTRY_ROOM + 2 * MODEL_EXPLAINED_BYTES <= APPEND_PLAN_BYTES_MAX,
               "whatever a decision causes fits a batch: explanations stand in it, and once more as parameters");

struct wire {
    struct append_domain domain;
    struct model *model;
    struct store *store;
    size_t lasting_bytes; /* what the last trimming left above what it was to leave */
};

static enum tally_code queue_load(void *self, struct pg *pg, struct arena *arena, struct submission *const *batch,
                                  size_t count, struct instant now, bool is_on_trust, bool *any, struct err *err)
{
    struct wire *wire = self;
    const struct command **commands = ARENA_ARRAY(arena, count == 0 ? 1 : count, const struct command *);
    if (commands == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a batch of %zu", count);
    for (size_t i = 0; i < count; i++)
        commands[i] = batch[i]->command;
    return store_queue_load(wire->store, pg, arena, commands, count, now, is_on_trust, any, err);
}

static enum tally_code take_load(void *self, struct err *err)
{
    struct wire *wire = self;
    enum tally_code rc = store_take_load(wire->store, err);
    if (rc != TALLY_OK)
        model_forget(wire->model); /* the view may hold half of something */
    return rc;
}

static enum tally_code next_due(void *self, struct instant by, struct instant *moment, bool *has, struct err *err)
{
    const struct wire *wire = self;
    return model_next_due(wire->model, by, moment, has, err);
}

/* A decision as a plan: the domain's names of entries become types of the ledger's closed table. */
MUST_CHECK static enum tally_code plan_of(struct decision *decision, struct arena *arena, struct append_plan *plan,
                                          struct err *err)
{
    *plan = (struct append_plan){.refusal = decision->refusal, .open = decision->open, .effects = decision};
    if (decision->refusal != NULL || decision->event_count == 0)
        return TALLY_OK;
    plan->events = ARENA_ARRAY(arena, decision->event_count, struct append_own);
    if (plan->events == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for %u events", decision->event_count);
    for (uint32_t i = 0; i < decision->event_count; i++) {
        const struct model_event *event = &decision->events[i];
        if (entry_type_find(slice_str(event->type), &plan->events[i].type) != TALLY_OK)
            return err_set(err, TALLY_E_BUG, "the model made an event %s, which is no entry type", event->type);
        plan->events[i].open = event->open;
        plan->events[i].body = event->body;
    }
    plan->event_count = decision->event_count;
    return TALLY_OK;
}

static enum tally_code decide_moment(void *self, const struct append_place *place, struct arena *arena,
                                     struct append_plan *plan, struct err *err)
{
    const struct wire *wire = self;
    const struct model_place at = {place->seq, place->time};
    struct decision *decision = ARENA_NEW(arena, struct decision);
    if (decision == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a decision");
    enum tally_code rc = model_decide_moment(wire->model, &at, arena, decision, err);
    return rc != TALLY_OK ? rc : plan_of(decision, arena, plan, err);
}

static enum tally_code decide(void *self, const struct submission *submission, const struct append_place *place,
                              struct arena *arena, struct append_plan *plan, struct err *err)
{
    const struct wire *wire = self;
    const struct model_place at = {place->seq, place->time};
    struct decision *decision = ARENA_NEW(arena, struct decision);
    if (decision == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for a decision");
    enum tally_code rc = model_decide(wire->model, submission->command, &at, arena, decision, err);
    return rc != TALLY_OK ? rc : plan_of(decision, arena, plan, err);
}

static enum tally_code record(void *self, const struct submission *submission, const struct append_plan *plan,
                              const struct append_recorded *entries, size_t count, struct err *err)
{
    struct wire *wire = self;
    struct decision *decision = plan->effects;
    ENSURE(count > 0);
    const struct model_place at = {entries[0].seq, entries[0].time};
    const struct command *command = submission == NULL ? NULL : submission->command;
    enum tally_code rc = model_evolve(wire->model, command, decision, &at, entries[0].hash.bytes, err);
    return rc != TALLY_OK ? rc : store_record(wire->store, entries[0].seq, &decision->changes, err);
}

static enum tally_code project(void *self, struct pg *pg, struct arena *arena, struct err *err)
{
    struct wire *wire = self;
    return store_project(wire->store, pg, arena, err);
}

static void settle(void *self, bool is_committed)
{
    struct wire *wire = self;
    store_settle(wire->store, is_committed);
    model_forget_result_keys(wire->model);
    /* down to three quarters: trimming goes over all that is held, so it should not be for the sake of one batch */
    if (is_committed && model_memory(wire->model) > wire->lasting_bytes + WIRE_MODEL_BYTES_MAX) {
        model_trim(wire->model, WIRE_MODEL_BYTES_MAX / 4 * 3, WIRE_LASTING_BYTES_MAX);
        size_t left = model_memory(wire->model);
        wire->lasting_bytes = left > WIRE_MODEL_BYTES_MAX / 4 * 3 ? left - WIRE_MODEL_BYTES_MAX / 4 * 3 : 0;
    }
}

static struct instant next_moment(void *self)
{
    const struct wire *wire = self;
    return model_next_moment(wire->model);
}

static enum tally_code record_genesis(void *self, struct slice body, const struct append_recorded *entry, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct wire *wire = self;
    struct row_actor actor;
    struct row_key key;
    struct arena *arena = arena_new(GENESIS_BYTES_MAX);
    (void) entry; /* it is entry 0 */
    if (arena == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for entry 0");
    TRY(command_genesis(body, arena, &actor, &key, err));
    const struct changes changes = {.actors = &actor, .actors_count = 1, .keys = &key, .keys_count = 1};
    TRY(store_record(wire->store, 0, &changes, err));
done:
    arena_free(arena);
    return rc;
}

enum tally_code wire_new(struct wire **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct wire *wire = mem_zero(sizeof *wire);
    if (wire == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the domain");
    TRY(model_new(&command_model_ports, &wire->model, err));
    TRY(store_new(wire->model, &wire->store, err));
    wire->domain = (struct append_domain){.self = wire,
                                          .queue_load = queue_load,
                                          .take_load = take_load,
                                          .next_due = next_due,
                                          .decide_moment = decide_moment,
                                          .decide = decide,
                                          .record = record,
                                          .project = project,
                                          .settle = settle,
                                          .next_moment = next_moment,
                                          .record_genesis = record_genesis};
    *out = wire;
    wire = NULL;
done:
    wire_free(wire);
    return rc;
}

void wire_free(struct wire *wire)
{
    if (wire == NULL)
        return;
    store_free(wire->store);
    model_free(wire->model);
    mem_free(wire);
}

const struct append_domain *wire_domain(const struct wire *wire)
{
    return &wire->domain;
}
