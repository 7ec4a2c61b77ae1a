/* One evaluation from beginning to end: facts to their keys, all targets, the order of first amounts, the answer as text. */
#include <stdlib.h>
#include <string.h>

#include "eval.h"
#include "session.h"
#include "tally/instant.h"
#include "tally/mem.h"

MUST_CHECK static bool read_fact(struct eval *ev, const struct engine_fact *fact)
{
    uint64_t cell = 0;
    bool has_metric = fact->metric < ev->t->metric_count;
    if (!has_metric || !shape_read(ev->dimensions, &ev->t->metrics[fact->metric].shape, fact->key, &cell)) {
        if (has_metric && members_are_strangers(ev, &ev->t->metrics[fact->metric].shape, fact->key)) /* S7 */
            return fact->standing != ENGINE_PENDING || eval_set_undecided(ev, fact);
        ev->rc = err_set(ev->err, TALLY_E_INTEGRITY, "a result of metric %u has the key \"%.*s\", which does not exist",
                         fact->metric, SLICE_ARG(fact->key));
        return false;
    }
    if (ev->session != NULL && fact->standing != ENGINE_PENDING && /* S7, of whom something else has given a number to */
        names_are_not_chosen(ev, &ev->t->metrics[fact->metric].shape, cell))
        return true;
    if (members_of_cell_have_gone(ev, &ev->t->metrics[fact->metric].shape, cell)) /* also what is not decided yet */
        return true;
    struct slot *slot = eval_slot(ev, fact->metric, cell);
    if (slot == NULL)
        return false;
    slot->state = SLOT_FACT;
    if (fact->standing == ENGINE_PENDING) {
        slot->has_pending = true;
        return true;
    }
    if (slot->fact != NULL) {
        ev->rc = err_set(ev->err, TALLY_E_INTEGRITY, "two results are final at the key \"%.*s\" of `%.*s`",
                         SLICE_ARG(fact->key), SLICE_ARG(ev->t->metrics[fact->metric].shown.name));
        return false;
    }
    slot->fact = fact;
    return true;
}

bool evaluate_load(struct eval *ev, const struct engine_input *input, struct err *err)
{
    ev->in = input;
    ev->t = input->terms;
    ev->err = err;
    ev->wakes = ev->moment = DAY_NEVER;
    if (input->earlier_count > 0 && ev->texts == NULL && !texts_begin(ev, input))
        return false;
    ev->is_closed = input->today > terms_closes(input->terms);
    ev->group_done = EVAL_NEW(ev, ev->t->rule_count, bool);
    if (ev->group_done == NULL || !members_find(ev) || (ev->session != NULL && !session_names(ev)))
        return false;
    for (size_t i = 0; i < ev->in->fact_count; i++)
        if (!read_fact(ev, &ev->in->facts[i]))
            return false;
    return instances_make(ev);
}

enum tally_code evaluate_begin(struct eval *ev, const struct engine_input *input, struct err *err)
{
    ev->arena = ev->store = arena_new(EVALUATION_BYTES_MAX);
    if (ev->arena == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for an evaluation");
    return evaluate_load(ev, input, err) ? TALLY_OK : ev->rc;
}

void evaluate_end(struct eval *ev)
{
    if (ev->texts != NULL)
        texts_end(ev);
    eval_release(ev);
    arena_free(ev->arena);
}

/* The rules by their places among all texts: r goes through those of *of, the newest first. false: there are no more. */
static bool next_rule(struct eval *ev, struct eval **of, uint32_t *r)
{
    for (++*r;;) {
        for (; *r < (*of)->t->rule_count; ++*r)
            if (ev->texts == NULL || texts_owns(*of, *r))
                return true;
        if (ev->texts == NULL || (*of)->text == 0)
            return false;
        *of = ev->texts->items[(*of)->text - 1].ev;
        *r = 0;
    }
}

bool evaluate_all(struct eval *ev)
{
    struct eval *of = ev;
    for (uint32_t r = UINT32_MAX; next_rule(ev, &of, &r);)
        for (size_t i = 0; i < of->rules[r].count; i++)
            if (!instance_target(of, &of->rules[r].items[i])) {
                ev->rc = of->rc;
                return false;
            }
    return true;
}

static int order_of_new(const void *a, const void *b)
{
    return instance_order(*(struct instance *const *) a, *(struct instance *const *) b);
}

/* C4: places for those that have an amount above zero for the first time. */
bool evaluate_first(struct eval *ev, uint64_t *next)
{
    size_t count = 0;
    for (int round = 0; round < 2; round++) {
        struct instance **fresh = round == 0 ? NULL : EVAL_SCRATCH(ev, count, struct instance *);
        if (round == 1 && fresh == NULL)
            return false;
        struct eval *of = ev;
        count = 0;
        for (uint32_t r = UINT32_MAX; next_rule(ev, &of, &r);)
            for (size_t i = 0; i < of->rules[r].count; i++) {
                struct instance *instance = &of->rules[r].items[i];
                if (instance->state != ENGINE_COMPUTED || instance->first != 0 || instance->amount <= 0)
                    continue;
                if (fresh != NULL)
                    fresh[count] = instance;
                count++;
            }
        if (round == 1 && count > 1)
            qsort(fresh, count, sizeof *fresh, order_of_new);
        for (size_t i = 0; round == 1 && i < count; i++)
            fresh[i]->first = (*next)++;
    }
    return true;
}

MUST_CHECK static enum tally_code write_key(struct eval *ev, struct answer_writer *w, const struct shape *shape,
                                            uint64_t cell, struct slice *out, struct err *err)
{
    struct slice *known = NULL;
    if (shape->count == 1 && w->keys != NULL && (ev->texts == NULL || ev->text + 1 == ev->texts->count)) {
        struct slice **keys = &w->keys[shape->dims[0]];
        if (*keys == NULL)
            *keys = EVAL_SCRATCH(ev, ev->dimensions[shape->dims[0]].shown.member_count, struct slice);
        if (*keys == NULL)
            return ev->rc;
        known = &(*keys)[cell];
    }
    *out = known != NULL && known->ptr != NULL ? *known : shape_key(ev->dimensions, shape, cell, w->arena);
    if (out->ptr == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left for the answer of an evaluation");
    if (known != NULL)
        *known = *out;
    return TALLY_OK;
}

MUST_CHECK static enum tally_code write_money(struct answer_writer *w, cents money, uint32_t places, struct slice *out,
                                              struct err *err)
{
    bool is_known = money == 0 && w->zero.ptr != NULL && w->zero_places == places;
    enum tally_code rc = TALLY_OK;
    if (is_known)
        *out = w->zero;
    else
        rc = cents_text(money, places, w->arena, out, err);
    if (money == 0 && rc == TALLY_OK) {
        w->zero = *out;
        w->zero_places = places;
    }
    return rc;
}

enum tally_code evaluate_write(struct eval *ev, const struct instance *instance, struct answer_writer *w,
                               struct engine_instance *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct rule *r = &ev->t->rules[instance->rule];
    uint32_t places = ev->t->currencies[r->currency].places;
    cents target = instance->target, difference = target - instance->stands;
    out->rule = texts_place(ev, instance->rule);
    out->state = instance->state;
    out->first = instance->first;
    out->day = instance->day;
    out->wakes = instance->wakes;
    out->has_difference = difference != 0;
    out->amount = SLICE("");
    out->reason = SLICE("");
    TRY(write_key(ev, w, &r->shape, instance->cell, &out->key, err));
    TRY(write_money(w, target, places, &out->target, err));
    out->stands = out->difference = out->target;
    if (instance->stands != target)
        TRY(write_money(w, instance->stands, places, &out->stands, err));
    if (difference != target)
        TRY(write_money(w, difference, places, &out->difference, err));
    if (instance->state != ENGINE_COMPUTED)
        TRY(arena_copy(w->arena, instance->reason.ptr, instance->reason.len, &out->reason, err));
    else if (instance->amount == target)
        out->amount = out->target;
    else
        TRY(write_money(w, instance->amount, places, &out->amount, err));
done:
    return rc;
}

void evaluate_count(const struct eval *ev, struct engine_output *out)
{
    out->steps = 0;
    for (size_t k = 0; k < (ev->texts == NULL ? 1 : ev->texts->count); k++) {
        const struct eval *text = ev->texts == NULL ? ev : ev->texts->items[k].ev;
        out->steps += text->steps;
        int32_t moment = text->wakes < text->moment ? text->wakes : text->moment;
        out->next_moment = moment < out->next_moment ? moment : out->next_moment;
    }
}

enum tally_code evaluate_answer(struct eval *ev, struct arena *arena, struct engine_output **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct engine_output *o = ARENA_NEW(arena, struct engine_output);
    size_t count = 0;
    struct eval *of = ev;
    for (uint32_t r = UINT32_MAX; next_rule(ev, &of, &r);)
        count += of->rules[r].count;
    struct engine_instance *instances = ARENA_ARRAY(arena, count, struct engine_instance);
    struct answer_writer w = {.arena = arena, .keys = EVAL_SCRATCH(ev, ev->t->dimension_count, struct slice *)};
    if (o == NULL || instances == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left for the answer of an evaluation");
    if (w.keys == NULL)
        return ev->rc;
    o->instances = instances;
    o->is_full = ev->is_full;
    o->next_moment = ev->is_closed || terms_closes(ev->t) == DAY_NEVER ? DAY_NEVER : terms_closes(ev->t) + 1;
    of = ev;
    for (uint32_t r = UINT32_MAX; next_rule(ev, &of, &r);)
        for (size_t i = 0; i < of->rules[r].count; i++) {
            struct engine_instance *written = &instances[o->count];
            if (of->rules[r].items[i].is_absent)
                continue;
            o->count++;
            TRY(evaluate_write(of, &of->rules[r].items[i], &w, written, err));
            if (written->wakes < o->next_moment)
                o->next_moment = written->wakes;
        }
    evaluate_count(ev, o);
    *out = o;
done:
    return rc;
}

/* Rounds of giving up places: as many as it takes. Each one but the last finds somebody whom only what stands gives a place
 * (SEAT_STANDS). Whoever is among the vacated comes by its results alone in all rounds afterwards, and is not found again: so there is
 * at most one round for each member for whom something stands, and one more. A text that makes a chain of them on purpose could take
 * as many whole evaluations: beyond so many results, records and instances in all rounds together, which take seconds, the rest of the
 * chain goes on at the next entry. They are counted by what is reported and stands, never by how it is computed, so that it stops at
 * the same place for ever. A chain of 2,000 comes to its end in one entry. */
#define VACATE_WORK_MAX 30000000u
#define VACATE_ROUNDS_LEAST 16 /* of contracts of any size */

static uint64_t work_of(const struct eval *ev)
{
    uint64_t work = 0;
    for (size_t k = 0; k < (ev->texts == NULL ? 1 : ev->texts->count); k++) {
        const struct eval *text = ev->texts == NULL ? ev : ev->texts->items[k].ev;
        work += text->in->fact_count + text->in->record_count;
        for (uint32_t r = 0; r < text->t->rule_count; r++)
            work += text->rules[r].count;
    }
    return work;
}

/* All of it, as often as places of full dimensions are given up on the way (S7): so that evaluating again with nothing new, when what was
 * taken back does not stand any more, triggers nothing (P1). */
MUST_CHECK static enum tally_code evaluate_places(struct eval *ev, const struct engine_input *input, struct arena *arena,
                                                  uint64_t *next, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct vacated *vacated = NULL;
    bool is_again = true;
    uint64_t work = 0;
    for (int round = 0; is_again; round++) {
        if (round > 0)
            evaluate_end(ev);
        memset(ev, 0, sizeof *ev); /* it is large: no other lies on the stack meanwhile */
        ev->vacated = vacated;
        *next = input->next_first;
        TRY(evaluate_begin(ev, input, err));
        ENSURE(ev->t != NULL);
        is_again = false;
        if (!evaluate_all(ev) || !evaluate_first(ev, next))
            return ev->rc;
        work += work_of(ev);
        if ((round < VACATE_ROUNDS_LEAST || work < VACATE_WORK_MAX) && !members_vacate(ev, arena, &vacated, &is_again))
            return ev->rc;
    }
done:
    return rc;
}

enum tally_code engine_evaluate_kept(const struct engine_input *input, struct arena *arena, struct engine_output **out,
                                     struct engine_kept **kept, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint64_t next = input->next_first;
    struct engine_output *answer = NULL;
    struct engine_kept *k = mem_zero(sizeof *k);
    struct eval *ev = mem_zero(sizeof *ev);
    if (k == NULL || ev == NULL) {
        mem_free(k);
        mem_free(ev);
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for an evaluation");
    }
    k->ev = ev;
    TRY(evaluate_places(ev, input, arena, &next, err));
    TRY(evaluate_answer(ev, arena, &answer, err));
    ENSURE(answer != NULL);
    TRY(values_write(ev, arena, answer, err));
    evaluate_count(ev, answer); /* once more: what only another contract needs may wait for a day too */
    answer->next_first = next;
    *out = answer;
    *kept = k;
    k = NULL;
done:
    engine_kept_free(k);
    return rc;
}

enum tally_code engine_evaluate(const struct engine_input *input, struct arena *arena, struct engine_output **out,
                                struct err *err)
{
    struct engine_kept *kept = NULL;
    enum tally_code rc = engine_evaluate_kept(input, arena, out, &kept, err);
    engine_kept_free(kept);
    return rc;
}
