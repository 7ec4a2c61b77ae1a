/* How one instance comes to its amount, as canonical JSON. */
#include "session.h"
#include "tally/canon.h"
#include "tally/mem.h"

#define ALOUD_BYTES_MAX (64u << 20) /* working memory of one explanation: some KiB a step at most */

static void write_step(struct canon *w, const struct trace_step *step)
{
    canon_object(w);
    if (step->has_count) {
        canon_name(w, "count");
        canon_i64(w, (int64_t) step->count);
    }
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

/* by: the text that computed it; `told` is what the evaluation answered. */
MUST_CHECK static enum tally_code write_explanation(const struct eval *by, const struct rule *r,
                                                    const struct engine_instance *told, const struct trace *trace,
                                                    struct buf *out, struct err *err)
{
    static const char *const states[] = {"computed", "waits", "fault"};
    struct canon w;
    canon_init(&w, out);
    canon_object(&w);
    canon_name(&w, "amount");
    if (told->state == ENGINE_COMPUTED)
        canon_string(&w, told->amount);
    else
        canon_null(&w);
    canon_name(&w, "currency");
    canon_string(&w, by->t->currencies[r->currency].code);
    if (trace->is_cut) {
        canon_name(&w, "cut");
        canon_bool(&w, true);
    }
    canon_name(&w, "key");
    canon_string(&w, told->key);
    if (told->state != ENGINE_COMPUTED) {
        canon_name(&w, "reason");
        canon_string(&w, told->reason);
    }
    canon_name(&w, "rule");
    canon_string(&w, r->shown.name);
    canon_name(&w, "stands");
    canon_string(&w, told->stands);
    canon_name(&w, "state");
    canon_str(&w, states[told->state]);
    canon_name(&w, "steps");
    canon_array(&w);
    for (const struct trace_step *step = trace->first; step != NULL; step = step->next)
        write_step(&w, step);
    canon_close(&w);
    canon_name(&w, "target");
    canon_string(&w, told->target);
    if (by->texts != NULL) {
        canon_name(&w, "version"); /* of the terms, whose lines the steps name */
        canon_i64(&w, by->t->ast->version);
    }
    canon_close(&w);
    return buf_check(out, err);
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

/* The amount once more, by the text that computed it: what everything else has come to is known by then. false: by->rc is set. */
MUST_CHECK static bool trace_amount(struct eval *by, const struct instance *same, const struct instance *instance,
                                    struct trace *trace)
{
    struct type money = {.kind = TYPE_NUMBER};
    struct instance aloud = *same;
    mpq_ptr amount = eval_push(by);
    struct value v = {.number = amount};
    if (amount == NULL)
        return false; /* not covered: a place that was taken before is there */
    cents_number(instance->amount, rule_places(by->t, same->rule), amount);
    if (!instance_amount_here(by, &aloud))
        return false;
    trace->has_end = true;
    if (instance->state == ENGINE_COMPUTED)
        trace_value(by, by->t->rules[same->rule].decl->span, SLICE("amount"), &money, &v);
    return by->rc == TALLY_OK;
}

/* The same with the explanation's own memory, in which all that is told lies. */
MUST_CHECK static enum tally_code trace_all(struct engine_kept *kept, struct eval *owner, const struct instance *instance,
                                            struct eval *by, struct trace *trace, struct err *err)
{
    owner->err = err;
    const struct instance *same = by == owner ? instance : texts_same(owner, instance->rule, instance->cell, by);
    struct arena *by_arena = by->arena, *owner_arena = owner->arena;
    size_t by_sp = by->sp, owner_sp = owner->sp;
    if (same == NULL) { /* it was found when it was computed */
        ENSURE(owner->rc != TALLY_OK);
        return owner->rc;
    }
    trace->quiet = by_arena;
    by->err = owner->err = err;
    by->arena = kept->aloud;
    by->trace = trace;
    bool ok = trace_amount(by, same, instance, trace);
    by->arena = by_arena;
    by->trace = NULL;
    by->sp = by_sp;
    owner->arena = kept->aloud;
    owner->trace = trace;
    if (ok)
        trace_caps(owner, instance);
    owner->arena = owner_arena;
    owner->trace = NULL;
    owner->sp = owner_sp;
    return ok ? owner->rc : by->rc;
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
    return NULL; /* not covered: engine_rule has found it */
}

enum tally_code engine_explain_kept(struct engine_kept *kept, const struct engine_instance *told, struct buf *out,
                                    struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint64_t cell = 0;
    uint32_t rule = 0;
    struct trace trace = {0};
    struct eval *owner = owner_of(kept->ev, told->rule, &rule);
    ENSURE(owner != NULL && shape_read(owner->dimensions, &owner->t->rules[rule].shape, told->key, &cell));
    const struct instance *instance =
        owner->session == NULL ? instance_find(owner, rule, cell) : session_instance(owner, rule, cell);
    ENSURE(instance != NULL);
    struct eval *by = owner->texts == NULL ? owner : owner->texts->items[instance->text].ev;
    if (kept->aloud == NULL)
        kept->aloud = arena_new(ALOUD_BYTES_MAX);
    if (kept->aloud == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for an explanation");
    TRY(trace_all(kept, owner, instance, by, &trace, err));
    TRY(write_explanation(by, &owner->t->rules[rule], told, &trace, out, err));
done:
    arena_clear(kept->aloud);
    if (rc != TALLY_OK && owner->session != NULL)
        owner->session->is_broken = true;
    return rc;
}

void engine_kept_free(struct engine_kept *kept)
{
    if (kept == NULL)
        return;
    if (kept->ev != NULL)
        evaluate_end(kept->ev);
    mem_free(kept->ev);
    arena_free(kept->aloud);
    mem_free(kept);
}

enum tally_code engine_explain(const struct engine_input *input, uint32_t rule, struct slice key, struct arena *arena,
                               struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct engine_output *output = NULL;
    struct engine_kept *kept = NULL;
    const struct engine_instance *told = NULL;
    TRY(engine_evaluate_kept(input, arena, &output, &kept, err));
    for (size_t i = 0; i < output->count && told == NULL; i++)
        if (output->instances[i].rule == rule && slice_equal(output->instances[i].key, key))
            told = &output->instances[i];
    if (told == NULL) {
        const struct terms *terms = NULL;
        rc = err_set(err, TALLY_E_NOT_FOUND, "the rule %.*s has no instance \"%.*s\"",
                     SLICE_ARG(engine_rule(input, rule, &terms)->name), SLICE_ARG(key));
        goto done;
    }
    TRY(engine_explain_kept(kept, told, out, err));
done:
    engine_kept_free(kept);
    return rc;
}
