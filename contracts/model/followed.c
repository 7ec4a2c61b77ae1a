/* Sessions of the engine: contracts whose evaluation is kept from entry to entry, so that one costs what it changes and not what there
 * is. A cache: what is decided is the same without it. A session is fed when a decision is made, and so is ahead of the state until
 * that decision has become part of it; one that stays behind is dropped. */
#include "tally/mem.h"
#include "uses.h"

#define FOLLOWED_LEAST 8 /* results and instances: below, an evaluation from nothing is as cheap */

struct session {
    struct view_contract *contract;
    const struct terms *terms; /* pinned */
    struct engine_session *engine;
    uint32_t fit_count;    /* of the contract, with this decision's results */
    uint64_t figure_count; /* the same of figures of others: as often as any was put */
    int32_t today;         /* of the last decision */
    size_t bytes;
    uint64_t used;
};

struct followed {
    struct followed_limits limits;
    struct session *items; /* count_max */
    uint32_t count, ahead; /* the first `ahead` of them are ahead of the state */
    size_t bytes;
    uint64_t tick, decision;
};

enum tally_code followed_new(const struct followed_limits *limits, struct followed **out, struct err *err)
{
    struct followed *followed = mem_zero(sizeof(*followed));
    struct session *items = mem_zero(limits->count_max * sizeof(*items));
    if (followed == NULL || items == NULL) {
        mem_free(followed);
        mem_free(items);
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the model");
    }
    followed->limits = *limits;
    followed->items = items;
    *out = followed;
    return TALLY_OK;
}

void followed_free(const struct model *model)
{
    if (model->followed == NULL)
        return;
    followed_clear(model);
    mem_free(model->followed->items);
    mem_free(model->followed);
}

size_t followed_bytes(const struct followed *followed)
{
    return followed == NULL ? 0
                            : sizeof(*followed) + followed->limits.count_max * sizeof(*followed->items) + followed->bytes;
}

static struct session *session_at(const struct followed *followed, uint32_t at)
{
    ENSURE(followed->items != NULL && at < followed->count);
    return &followed->items[at];
}

/* The one that was used longest ago; there is one. */
static uint32_t oldest_of(const struct followed *followed)
{
    uint32_t oldest = 0;
    for (uint32_t i = 1; i < followed->count; i++)
        oldest = session_at(followed, i)->used < session_at(followed, oldest)->used ? i : oldest;
    return oldest;
}

static void put_at(struct followed *followed, uint32_t at, struct session session)
{
    *session_at(followed, at) = session;
    session.contract->session = at + 1;
}

static void drop(const struct model *model, uint32_t at)
{
    struct followed *followed = model->followed;
    struct session *session = session_at(followed, at);
    engine_session_free(session->engine);
    followed->bytes -= session->bytes;
    terms_unpin(model, session->terms);
    session->contract->session = 0;
    if (at < followed->ahead) { /* those that are ahead stay in front */
        if (at < --followed->ahead)
            put_at(followed, at, followed->items[followed->ahead]);
        at = followed->ahead;
    }
    if (at < --followed->count)
        put_at(followed, at, followed->items[followed->count]);
}

void followed_clear(const struct model *model)
{
    for (uint32_t i = 0; model->followed != NULL && i < model->followed->count;) {
        if (model->followed->items[i].contract->is_lasting)
            i++;
        else
            drop(model, i); /* another stands there now */
    }
}

void followed_drop(const struct model *model, const struct view_contract *contract)
{
    if (contract->session != 0)
        drop(model, contract->session - 1);
}

uint64_t followed_begin(const struct model *model)
{
    struct followed *followed = model->followed;
    while (followed->ahead > 0)
        drop(model, followed->ahead - 1);
    return ++followed->decision;
}

void followed_settle(const struct model *model, uint64_t decision)
{
    struct followed *followed = model->followed;
    if (decision == followed->decision)
        followed->ahead = 0;
}

/* ---- what an entry changes at which keys ---- */

struct key_now {
    struct fit fit;
    struct engine_fact fact; /* is_found */
    bool is_found, has_pending;
};

struct touched {
    struct overlay keys; /* struct key_now by metric and key */
    struct key_now **items;
    uint32_t count, cap;
};

static struct ident key_ident(const struct fit *fit)
{
    return (struct ident){0, fit->key, slice_of((const char *) &fit->metric, sizeof(fit->metric))};
}

static struct key_now *key_find(const struct touched *touched, const struct fit *fit)
{
    return (struct key_now *) (uintptr_t) overlay_find(&touched->keys, key_ident(fit));
}

static enum tally_code key_touch(struct deciding *d, struct touched *touched, const struct fit *fit)
{
    enum tally_code rc = TALLY_OK;
    if (key_find(touched, fit) != NULL)
        return TALLY_OK;
    struct key_now *now = ARENA_NEW(d->arena, struct key_now);
    if (now == NULL)
        return no_arena(d);
    now->fit = *fit;
    if (touched->count == touched->cap) {
        uint32_t cap = touched->cap == 0 ? 8 : touched->cap * 2;
        struct key_now **items = ARENA_ARRAY(d->arena, cap, struct key_now *);
        if (items == NULL)
            return no_arena(d);
        if (touched->count > 0)
            memcpy(items, touched->items, touched->count * sizeof(struct key_now *));
        touched->items = items;
        touched->cap = cap;
    }
    touched->items[touched->count++] = now;
    TRY(overlay_put(d, &touched->keys, key_ident(&now->fit), now));
done:
    return rc;
}

/* A dispute acts on a result, an annulment on its whole statement. */
static bool is_disputed_now(const struct work *work, const struct view_result *result)
{
    return overlay_find(&work->disputes, ident_item(result->row.seq, &result->row.item)) != NULL ||
           overlay_find(&work->annulled, ident_number(result->row.seq)) != NULL;
}

static enum tally_code key_take(struct deciding *d, const struct work *work, struct touched *touched, const struct fit *fit)
{
    enum tally_code rc = TALLY_OK;
    struct key_now *now = key_find(touched, fit);
    struct engine_fact fact;
    bool counts = false;
    if (now == NULL)
        return TALLY_OK;
    TRY(fact_make(d->model, work->contract, work, fit, &fact, &counts, d->err));
    if (!counts)
        return TALLY_OK;
    if (fact.standing == ENGINE_PENDING) {
        now->has_pending = true;
    } else {
        now->is_found = true;
        now->fact = fact;
    }
done:
    return rc;
}

/* The keys at which something may stand otherwise than before, and how they stand. */
static enum tally_code changes_find(struct deciding *d, const struct work *work, struct touched *touched)
{
    enum tally_code rc = TALLY_OK;
    const struct view_contract *contract = work->contract;
    bool has_disputes = work->disputes.count > 0 || work->annulled.count > 0;
    for (uint32_t i = 0; i < work->fresh_count; i++)
        TRY(key_touch(d, touched, &work->fresh[i]));
    for (uint32_t i = 0; i < work->final_count; i++)
        TRY(key_touch(d, touched, &work->finals[i]->fit));
    for (uint32_t i = 0; i < contract->fit_count && has_disputes; i++)
        if (is_disputed_now(work, contract->fits[i].result))
            TRY(key_touch(d, touched, &contract->fits[i]));
    for (uint32_t i = 0; i < touched->count; i++)
        for (const struct fit *fit = fit_first(contract, &touched->items[i]->fit); fit != NULL;
             fit = fit_next(contract, fit))
            TRY(key_take(d, work, touched, fit));
    for (uint32_t i = 0; i < work->fresh_count; i++)
        TRY(key_take(d, work, touched, &work->fresh[i]));
done:
    return rc;
}

static enum tally_code apply(struct deciding *d, const struct work *work, int32_t today, struct session *session,
                             bool *is_stale, struct engine_output **out)
{
    enum tally_code rc = TALLY_OK;
    struct touched touched = {0};
    struct deciding in_scratch = *d; /* what is touched lies in the scratch, and is no part of the decision */
    in_scratch.arena = d->model->scratch;
    TRY(changes_find(&in_scratch, work, &touched));
    uint32_t settled = 0;
    size_t taken = 0, room = touched.count + terms_metric_count(session->terms) + figures_room(work->contract, work);
    struct engine_change *changes = ARENA_ARRAY(d->model->scratch, room + 1, struct engine_change);
    if (changes == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < touched.count; i++) {
        const struct key_now *now = touched.items[i];
        changes[i] =
            (struct engine_change){now->fit.metric, now->fit.key, now->is_found ? &now->fact : NULL, now->has_pending};
    }
    TRY(settled_changes(work->contract, work, d->model->scratch, changes + touched.count, &settled, d->err));
    TRY(figures_changes(work->contract, work, session->today, today, d->model->scratch, changes + touched.count + settled,
                        &taken, d->err));
    TRY(engine_session_apply(session->engine, today, changes, touched.count + settled + taken, d->model->scratch, is_stale,
                             out, d->err));
done:
    return rc;
}

/* ---- an evaluation ---- */

static struct session *session_find(const struct followed *followed, const struct view_contract *contract)
{
    return contract->session == 0 ? NULL : &followed->items[contract->session - 1];
}

static void set_ahead(struct followed *followed, uint32_t at)
{
    if (at < followed->ahead)
        return;
    struct session other = followed->items[followed->ahead], session = followed->items[at];
    put_at(followed, at, other);
    put_at(followed, followed->ahead++, session);
}

/* It is ahead of the state from now on. */
static void note(const struct model *model, struct session *session, const struct work *work, int32_t today)
{
    session->used = ++model->followed->tick;
    session->fit_count = work->contract->fit_count + work->fresh_count;
    session->figure_count = work->contract->figure_puts + work->figures.count;
    session->today = today;
    set_ahead(model->followed, work->contract->session - 1);
}

/* Its size. false: it is too large to be kept, and is dropped. */
static bool weigh(const struct model *model, struct session *session)
{
    struct followed *followed = model->followed;
    const struct view_contract *contract = session->contract;
    size_t bytes = engine_session_memory(session->engine);
    followed->bytes += bytes - session->bytes;
    session->bytes = bytes;
    while (followed->bytes > followed->limits.bytes_max) {
        uint32_t oldest = oldest_of(followed);
        bool is_this = session_at(followed, oldest)->contract == contract;
        drop(model, oldest);
        if (is_this)
            return false;
    }
    return true;
}

static uint32_t room(const struct model *model)
{
    struct followed *followed = model->followed;
    if (followed->count < followed->limits.count_max)
        return followed->count++;
    drop(model, oldest_of(followed));
    return followed->count++;
}

/* From nothing, and kept. */
static enum tally_code begin_session(struct deciding *d, struct work *work, int32_t today, struct evaluated *out)
{
    enum tally_code rc = TALLY_OK;
    struct engine_session *engine = NULL;
    TRY(engine_session_open(&out->input, d->model->scratch, &out->output, &engine, d->err));
    if (engine == NULL) /* seldom: a place of a full dimension was given up (S7) */
        return engine_evaluate_kept(&out->input, d->model->scratch, &out->output, &out->kept, d->err);
    uint32_t at = room(d->model);
    put_at(d->model->followed, at,
           (struct session){.contract = work->contract, .terms = out->input.terms, .engine = engine});
    terms_pin(d->model, out->input.terms);
    note(d->model, &d->model->followed->items[at], work, today);
    out->kept = engine_session_kept(engine);
    out->is_session = out->is_new_session = true;
done:
    return rc;
}

/* Can the session go on from where it is? */
static enum tally_code is_current(struct deciding *d, const struct work *work, int32_t today, const struct session *session,
                                  bool *yes)
{
    enum tally_code rc = TALLY_OK;
    const struct view_contract *contract = work->contract;
    struct engine_input asked;
    *yes = session != NULL && session->terms == text_now(contract)->terms && session->fit_count == contract->fit_count &&
           session->figure_count == contract->figure_puts && session->today <= today;
    if (!*yes)
        return TALLY_OK;
    TRY(figures_wants(work, d->model->scratch, &asked, d->err));
    *yes = engine_session_answers(session->engine, asked.wants, asked.want_count);
done:
    return rc;
}

enum tally_code followed_evaluate(struct deciding *d, struct work *work, int32_t today, struct evaluated *out)
{
    enum tally_code rc = TALLY_OK;
    bool is_stale = true, can_go_on = false;
    struct session *session = session_find(d->model->followed, work->contract);
    TRY(is_current(d, work, today, session, &can_go_on));
    if (can_go_on)
        rc = apply(d, work, today, session, &is_stale, &out->output);
    if (session != NULL && (is_stale || rc != TALLY_OK)) {
        followed_drop(d->model, work->contract);
        arena_clear(d->model->scratch);
    }
    if (!is_stale && rc == TALLY_OK) {
        out->kept = engine_session_kept(session->engine);
        out->is_session = true;
        note(d->model, session, work, today);
        return TALLY_OK;
    }
    TRY(engine_input_make(d->model, work->contract, work, today, d->model->scratch, &out->input, d->err));
    if (work->contract->is_too_large || out->input.fact_count + out->input.record_count < FOLLOWED_LEAST ||
        !engine_session_can_follow(&out->input))
        return engine_evaluate_kept(&out->input, d->model->scratch, &out->output, &out->kept, d->err);
    TRY(begin_session(d, work, today, out));
done:
    return rc;
}

void followed_end(const struct model *model, struct view_contract *contract, struct evaluated *evaluated)
{
    struct session *session = evaluated->is_session ? session_find(model->followed, contract) : NULL;
    if (!evaluated->is_session)
        engine_kept_free(evaluated->kept);
    evaluated->kept = NULL;
    if (session == NULL)
        return;
    bool is_kept = weigh(model, session);
    if (evaluated->is_new_session)
        contract->is_too_large = !is_kept;
}
