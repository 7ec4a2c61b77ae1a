/* How one instance comes to its amount, as canonical JSON. */
#include "eval.h"
#include "tally/canon.h"
#include "tally/mem.h"

static void write_step(struct canon *w, const struct trace_step *step)
{
    canon_object(w);
    if (!step->is_result) {
        canon_name(w, "decimal");
        canon_string(w, step->decimal);
        canon_name(w, "exact");
        canon_string(w, step->exact);
    }
    canon_name(w, "line");
    canon_i64(w, step->line);
    if (step->is_result) {
        canon_name(w, "result");
        canon_string(w, step->text);
        canon_name(w, "seq");
        canon_i64(w, (int64_t) step->seq);
        canon_name(w, "value");
        canon_string(w, step->exact);
    } else {
        canon_name(w, "text");
        canon_string(w, step->text);
    }
    canon_close(w);
}

MUST_CHECK static enum tally_code write_money(struct eval *ev, struct canon *w, const char *name, cents money,
                                              uint32_t places, struct err *err)
{
    struct slice text = {0};
    enum tally_code rc = cents_text(money, places, ev->arena, &text, err);
    if (rc != TALLY_OK)
        return rc;
    canon_name(w, name);
    canon_string(w, text);
    return TALLY_OK;
}

MUST_CHECK static enum tally_code write_explanation(struct eval *ev, const struct instance *instance, struct slice key,
                                                    const struct trace *trace, struct buf *out, struct err *err)
{
    static const char *const states[] = {"computed", "waits", "fault"};
    enum tally_code rc = TALLY_OK;
    const struct rule *r = &ev->t->rules[instance->rule];
    const struct currency *currency = &ev->t->currencies[r->currency];
    struct canon w;
    canon_init(&w, out);
    canon_object(&w);
    if (instance->state == ENGINE_COMPUTED) {
        TRY(write_money(ev, &w, "amount", instance->amount, currency->places, err));
    } else {
        canon_name(&w, "amount");
        canon_null(&w);
    }
    canon_name(&w, "currency");
    canon_string(&w, currency->code);
    canon_name(&w, "key");
    canon_string(&w, key);
    if (instance->state != ENGINE_COMPUTED) {
        canon_name(&w, "reason");
        canon_string(&w, instance->reason);
    }
    canon_name(&w, "rule");
    canon_string(&w, r->shown.name);
    TRY(write_money(ev, &w, "stands", instance->stands, currency->places, err));
    canon_name(&w, "state");
    canon_str(&w, states[instance->state]);
    canon_name(&w, "steps");
    canon_array(&w);
    for (const struct trace_step *step = trace->first; step != NULL; step = step->next)
        write_step(&w, step);
    canon_close(&w);
    TRY(write_money(ev, &w, "target", instance->target, currency->places, err));
    if (ev->texts != NULL) {
        canon_name(&w, "version"); /* of the terms, whose lines the steps name */
        canon_i64(&w, ev->texts->items[instance->text].input.terms->ast->version);
    }
    canon_close(&w);
    TRY(buf_check(out, err));
done:
    return rc;
}

/* The last steps: what the caps left of the amount. */
static void trace_caps(struct eval *ev, const struct instance *instance)
{
    const struct rule *r = &ev->t->rules[instance->rule];
    mpq_ptr target = eval_push(ev);
    struct value v = {.number = target};
    struct type money = {.kind = TYPE_NUMBER};
    if (instance->state != ENGINE_COMPUTED || instance->amount == instance->target || target == NULL)
        return;
    cents_number(instance->target, rule_places(ev->t, instance->rule), target);
    for (uint32_t i = 0; i < r->cap_count; i++) {
        struct span span = ev->t->caps[r->caps[i]].span;
        trace_value(ev, span, trace_text(ev, span), &money, &v);
    }
}

/* Computes the amount again by the text that computed it, aloud: what other rules have come to is known by then. */
MUST_CHECK static bool trace_amount(struct eval *ev, struct instance *instance, struct trace *trace)
{
    struct eval *by = ev->texts == NULL ? ev : ev->texts->items[instance->text].ev;
    const struct instance *same = by == ev ? instance : texts_same(ev, instance->rule, instance->cell, by);
    struct type money = {.kind = TYPE_NUMBER};
    mpq_ptr amount = eval_push(by);
    struct value v = {.number = amount};
    ENSURE(same != NULL);
    struct instance aloud = *same;
    if (amount == NULL)
        return false;
    cents_number(instance->amount, rule_places(ev->t, instance->rule), amount);
    eval_forget(by);
    by->trace = trace;
    if (!instance_amount_here(by, &aloud)) {
        ev->rc = by->rc;
        return false;
    }
    if (instance->state == ENGINE_COMPUTED)
        trace_value(by, by->t->rules[same->rule].decl->span, SLICE("amount"), &money, &v);
    by->trace = NULL;
    ev->trace = trace;
    trace_caps(ev, instance);
    ev->trace = NULL;
    return true;
}

/* The evaluation in which the instances of that rule stand; its own place there. NULL: there is no such rule. */
static struct eval *owner_of(struct eval *ev, uint32_t place, uint32_t *rule)
{
    *rule = place;
    if (ev->texts == NULL)
        return place < ev->t->rule_count ? ev : NULL;
    for (size_t k = ev->texts->count; k-- > 0;)
        for (uint32_t r = 0; r < ev->texts->items[k].input.terms->rule_count; r++)
            if (ev->texts->items[k].places[r] == place) {
                *rule = r;
                return ev->texts->items[k].ev;
            }
    return NULL;
}

enum tally_code engine_explain(const struct engine_input *input, uint32_t rule, struct slice key, struct arena *arena,
                               struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint64_t cell = 0;
    struct trace trace = {0};
    struct eval *ev = mem_zero(sizeof *ev);
    (void) arena; /* the answer lies in out, the working memory is the evaluation's own */
    if (ev == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for an evaluation");
    TRY(evaluate_begin(ev, input, err));
    struct eval *owner = owner_of(ev, rule, &rule);
    ENSURE(owner != NULL);
    struct instance *instance = NULL;
    if (shape_read(owner->dimensions, &owner->t->rules[rule].shape, key, &cell))
        instance = instance_find(owner, rule, cell);
    if (instance == NULL) {
        rc = err_set(err, TALLY_E_NOT_FOUND, "the rule %.*s has no instance \"%.*s\"",
                     SLICE_ARG(owner->t->rules[rule].shown.name), SLICE_ARG(key));
        goto done;
    }
    if (!evaluate_all(ev) || !trace_amount(owner, instance, &trace)) {
        rc = ev->rc == TALLY_OK ? owner->rc : ev->rc;
        goto done;
    }
    TRY(write_explanation(owner, instance, key, &trace, out, err));
done:
    evaluate_end(ev);
    mem_free(ev);
    return rc;
}
