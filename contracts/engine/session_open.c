/* How a session begins: an evaluation from nothing, in which everybody notes what they look at, and whose results it then keeps. */
#include "session.h"
#include "tally/mem.h"

/* Uses of the members, before anything is computed. */
static void count_uses(struct eval *ev)
{
    if (ev->session->dimensions == NULL)
        return;
    for (uint32_t i = 0; i < ev->slot_used; i++) {
        const struct slot *slot = eval_slot_at(ev, i);
        if (slot->memo < ev->t->metric_count && slot->fact != NULL)
            names_use(ev, &ev->t->metrics[slot->memo].shape, slot->cell, 1);
    }
    for (uint32_t r = 0; r < ev->t->rule_count; r++)
        for (size_t i = 0; i < ev->rules[r].count; i++)
            if (ev->rules[r].items[i].stands != 0)
                names_use(ev, &ev->t->rules[r].shape, ev->rules[r].items[i].cell, 1);
}

/* The input's results become the session's own. */
MUST_CHECK static bool settle(struct eval *ev)
{
    for (uint32_t i = 0; i < ev->slot_used; i++) {
        struct slot *slot = eval_slot_at(ev, i);
        const struct engine_fact *fact = slot->fact;
        slot->fact = NULL;
        if (fact != NULL && !session_fact_copy(ev, slot, fact)) {
            for (uint32_t k = i + 1; k < ev->slot_used; k++)
                eval_slot_at(ev, k)->fact = NULL; /* not the session's to free */
            return false;
        }
    }
    for (uint32_t r = 0; r < ev->t->rule_count; r++)
        for (size_t i = 0; ev->t->rules[r].group != TERMS_NONE && i < ev->rules[r].count; i++) {
            struct instance *instance = &ev->rules[r].items[i];
            if ((caps_lacks(instance) && !session_cut(ev, instance)) || !session_note_dayless(ev, instance))
                return false;
        }
    return ev->rc == TALLY_OK;
}

static void forget_borrowed(struct eval *ev)
{
    for (uint32_t i = 0; i < ev->slot_used; i++)
        eval_slot_at(ev, i)->fact = NULL;
}

/* As engine_evaluate_kept answers. */
MUST_CHECK static enum tally_code answer(struct eval *ev, struct arena *arena, struct engine_output **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(evaluate_answer(ev, arena, out, err));
    TRY(values_write(ev, arena, *out, err));
    evaluate_count(ev, *out);
done:
    return rc;
}

/* *out NULL: all of it is to be evaluated from nothing: a place of a full dimension was given up on the way, or somebody is a member whom
 * only results name that are passed over (S7). */
MUST_CHECK static enum tally_code open_all(struct engine_session *s, struct arena *arena, struct engine_output **out,
                                           struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct eval *ev = &s->ev;
    const struct vacated *vacated = NULL;
    bool is_again = false;
    ev->err = err;
    bool ok = session_take_wants(ev) && evaluate_load(ev, &s->in, err);
    s->groups = ok ? EVAL_NEW(ev, ev->t->rule_count, struct group) : NULL;
    s->group_order = s->groups == NULL ? NULL : session_group_order(ev, &s->group_count);
    ok = s->group_order != NULL;
    if (ok && s->is_crossed) {
        forget_borrowed(ev);
        return TALLY_OK;
    }
    if (ok)
        count_uses(ev);
    ok = ok && ev->rc == TALLY_OK && evaluate_all(ev) && evaluate_first(ev, &s->next_first) && ev->rc == TALLY_OK &&
         members_vacate(ev, ev->arena, &vacated, &is_again);
    if (ok && !is_again)
        rc = answer(ev, arena, out, err);
    if (!ok || rc != TALLY_OK || is_again) {
        forget_borrowed(ev);
        return ok ? rc : ev->rc;
    }
    (*out)->next_first = s->next_first;
    s->is_opening = false;
    if (!settle(ev))
        return ev->rc;
    s->in.facts = NULL;
    s->in.records = NULL;
    return TALLY_OK;
}

/* Figures of others at keys of open dimensions have no order in which their members come. */
static bool can_use(const struct terms *t, const struct metric *m)
{
    return m->shown.source != AST_SOURCE_USED || !shape_is_open(t->dimensions, &m->shape);
}

/* Several texts are evaluated from nothing; after `closes` there is nothing to follow (T5). */
bool engine_session_can_follow(const struct engine_input *input)
{
    bool can = input->earlier_count == 0 && input->today <= terms_closes(input->terms);
    for (uint32_t i = 0; i < input->terms->metric_count; i++)
        can = can && can_use(input->terms, &input->terms->metrics[i]);
    for (size_t i = 0; can && i < input->want_count; i++)
        can = session_can_want(input->terms, &input->wants[i]);
    return can;
}

enum tally_code engine_session_open(const struct engine_input *input, struct arena *arena, struct engine_output **out,
                                    struct engine_session **session, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct engine_session *s = NULL;
    struct engine_output *answered = NULL;
    if (!engine_session_can_follow(input)) {
        TRY(engine_evaluate(input, arena, out, err));
        *session = NULL;
        return TALLY_OK;
    }
    s = mem_zero(sizeof(*s));
    if (s == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for an evaluation");
    s->in = *input;
    s->next_first = input->next_first;
    s->is_opening = true;
    s->ev.session = s;
    s->kept.ev = &s->ev;
    s->ev.arena = arena_new(EVALUATION_BYTES_MAX);
    s->ev.store = arena_new(EVALUATION_BYTES_MAX);
    if (s->ev.arena == NULL || s->ev.store == NULL) {
        rc = err_set(err, TALLY_E_NO_MEMORY, "no memory for an evaluation");
        goto done;
    }
    TRY(open_all(s, arena, &answered, err));
    if (answered == NULL) {
        *session = NULL;
        TRY(engine_evaluate(input, arena, out, err));
        goto done;
    }
    session_stop_reading(&s->ev);
    s->store_at_open = arena_used(s->ev.store);
    s->edges_kept = s->edges_made; /* none of them is old */
    s->edges_made = 0;
    *out = answered;
    *session = s;
    s = NULL;
done:
    engine_session_free(s);
    return rc;
}
