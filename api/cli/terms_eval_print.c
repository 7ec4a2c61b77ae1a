/* The trace as JSON, and the derivation of one amount for people. */
#include <inttypes.h>

#include "terms_eval.h"

static const char *const STATES[] = {[ENGINE_COMPUTED] = "computed", [ENGINE_WAITS] = "waits", [ENGINE_FAULT] = "fault"};

/* Which contract, where there are several. */
static void write_contract(const struct history_state *state, bool is_one_of_many, struct canon *w)
{
    if (!is_one_of_many)
        return;
    canon_name(w, "contract");
    canon_string(w, state->slug);
}

static void write_payment(const struct history_state *state, bool is_one_of_many, const struct told_payment *payment,
                          struct canon *w)
{
    const struct engine_output *output = state->output;
    struct slice payer = payment->payer, payee = payment->payee;
    canon_object(w);
    canon_name(w, "amount");
    canon_string(w, payment->net);
    write_contract(state, is_one_of_many, w);
    canon_name(w, "currency");
    canon_string(w, payment->rule->currency);
    canon_name(w, "from");
    canon_string(w, payment->is_owed_back ? payee : payer);
    canon_name(w, "instances");
    canon_array(w);
    for (size_t i = payment->from; i < payment->to; i++) {
        if (!told_is_part(state, payment, i))
            continue;
        canon_object(w);
        canon_name(w, "difference");
        canon_string(w, output->instances[i].difference);
        canon_name(w, "key");
        canon_string(w, output->instances[i].key);
        canon_close(w);
    }
    canon_close(w);
    canon_name(w, "owed_back");
    canon_bool(w, payment->is_owed_back);
    canon_name(w, "rule");
    canon_string(w, payment->rule->name);
    canon_name(w, "to");
    canon_string(w, payment->is_owed_back ? payer : payee);
    canon_close(w);
}

static void write_instance(const struct history_state *state, bool is_one_of_many, const struct engine_instance *instance,
                           struct canon *w)
{
    canon_object(w);
    canon_name(w, "amount");
    if (instance->state == ENGINE_COMPUTED)
        canon_string(w, instance->amount);
    else
        canon_null(w);
    write_contract(state, is_one_of_many, w);
    canon_name(w, "difference");
    canon_string(w, instance->difference);
    canon_name(w, "key");
    canon_string(w, instance->key);
    canon_name(w, "reason");
    if (instance->state == ENGINE_COMPUTED)
        canon_null(w);
    else
        canon_string(w, instance->reason);
    canon_name(w, "rule");
    canon_string(w, state->rules[instance->rule].rule->name);
    canon_name(w, "state");
    canon_str(w, STATES[instance->state]);
    canon_name(w, "stood");
    canon_string(w, instance->stands);
    canon_name(w, "target");
    canon_string(w, instance->target);
    canon_close(w);
}

MUST_CHECK static enum tally_code write_payments(const struct history_state *state, bool is_one_of_many,
                                                 struct arena *arena, struct canon *w, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct told_payment *payments = NULL;
    size_t count = 0;
    TRY(told_payments(state, arena, &payments, &count, err));
    for (size_t i = 0; i < count; i++)
        write_payment(state, is_one_of_many, &payments[i], w);
done:
    return rc;
}

enum tally_code told_moment_json(const struct terms *terms, const struct history_moment *moment, struct arena *arena,
                                 struct canon *w, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char day[DAY_TEXT_LEN + 1];
    struct slice title = SLICE("");
    bool is_many = moment->state_count > 1;
    TRY(history_title(terms, moment, arena, &title, err));
    day_format(moment->day, day);
    canon_object(w);
    canon_name(w, "instances");
    canon_array(w);
    for (uint32_t i = 0; i < moment->state_count; i++)
        for (size_t k = 0; k < moment->states[i].output->count; k++)
            write_instance(&moment->states[i], is_many, &moment->states[i].output->instances[k], w);
    canon_close(w);
    canon_name(w, "on");
    canon_str(w, day);
    canon_name(w, "payments");
    canon_array(w);
    for (uint32_t i = 0; i < moment->state_count; i++)
        TRY(write_payments(&moment->states[i], is_many, arena, w, err));
    canon_close(w);
    canon_name(w, "what");
    canon_string(w, title);
    canon_close(w);
done:
    return rc;
}

/* ---- which instance ---- */
/* Equal but for blanks: "c1,programme" is "c1, programme". */
static bool is_same_key(struct slice a, struct slice b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.len && a.ptr[i] == ' ')
            i++;
        while (k < b.len && b.ptr[k] == ' ')
            k++;
        if (i == a.len || k == b.len)
            return i == a.len && k == b.len;
        if (a.ptr[i++] != b.ptr[k++])
            return false;
    }
}

MUST_CHECK static enum tally_code find_rule(const struct history_state *state, struct slice name, struct arena *arena,
                                            uint32_t *out, struct err *err)
{
    uint32_t count = state->rule_count;
    struct slice *names = ARENA_ARRAY(arena, (size_t) count + 1, struct slice);
    for (*out = 0; *out < count; ++*out)
        if (slice_equal(state->rules[*out].rule->name, name))
            return TALLY_OK;
    for (uint32_t i = 0; names != NULL && i < count; i++)
        names[i] = state->rules[i].rule->name;
    struct slice nearest = names == NULL ? SLICE("") : ast_nearest(name, names, count);
    return err_set(err, TALLY_E_NOT_FOUND, "--explain: the terms have no pay rule %.*s%s%.*s%s", SLICE_ARG(name),
                   nearest.len > 0 ? "; did you mean " : "", SLICE_ARG(nearest), nearest.len > 0 ? "?" : "");
}

enum tally_code told_find(const struct history_state *state, const char *text, struct arena *arena,
                          const struct engine_instance **out, struct err *err)
{
    const struct engine_output *output = state->output;
    enum tally_code rc = TALLY_OK;
    const char *open = strpbrk(text, "[("); /* `early(c1)` is how a trace writes it */
    size_t len = strlen(text);
    struct slice name = open == NULL ? slice_str(text) : slice_of(text, (size_t) (open - text)), key = SLICE("one");
    struct slice example = SLICE("");
    uint32_t rule = TERMS_NONE;
    if (open != NULL && text[len - 1] != (*open == '[' ? ']' : ')'))
        return err_set(err, TALLY_E_USAGE, "--explain %s: an instance ends with %c, as in early[c1]", text,
                       *open == '[' ? ']' : ')');
    if (open != NULL && (size_t) (open - text) + 2 < len)
        key = slice_of(open + 1, len - (size_t) (open - text) - 2);
    TRY(find_rule(state, name, arena, &rule, err));
    for (size_t i = 0; i < output->count; i++) {
        const struct engine_instance *instance = &output->instances[i];
        const struct terms_rule *r = state->rules[rule].rule;
        if (instance->rule != rule)
            continue;
        struct slice shown = history_key_text(state->rules[rule].terms, r->each, r->each_count, instance->key, arena);
        if (is_same_key(shown, key) || (instance->key.len > 0 && slice_equal(instance->key, key))) {
            *out = instance;
            return TALLY_OK;
        }
        if (example.len == 0)
            example = shown;
    }
    rc = err_set(err, TALLY_E_NOT_FOUND, "--explain: %.*s has no instance %.*s%s%.*s%s%.*s%s", SLICE_ARG(name),
                 SLICE_ARG(key), example.len > 0 ? "; write one as " : "", SLICE_ARG(example.len > 0 ? name : example),
                 example.len > 0 ? "[" : "", SLICE_ARG(example), example.len > 0 ? "]" : "");
done:
    return rc;
}

/* ---- a derivation ---- */
static void tell_step(struct cli *cli, const json_t *step, struct buf *out)
{
    struct slice result = cli_text(cli, step, "result");
    struct slice exact = cli_text(cli, step, "exact"), decimal = cli_text(cli, step, "decimal");
    buf_printf(out, "  line %-4" PRIu64 " ", cli_number(step, "line"));
    if (result.len > 0) {
        buf_printf(out, "%.*s = %.*s, result %" PRIu64 " of the history\n", SLICE_ARG(result),
                   SLICE_ARG(cli_text(cli, step, "value")), cli_number(step, "seq"));
        return;
    }
    buf_printf(out, "%.*s = %.*s", SLICE_ARG(cli_text(cli, step, "text")), SLICE_ARG(decimal.len > 0 ? decimal : exact));
    if (decimal.len > 0 && !slice_equal(decimal, exact))
        buf_printf(out, ", exactly %.*s", SLICE_ARG(exact));
    buf_add_char(out, '\n');
}

enum tally_code told_explain_print(struct cli *cli, const struct history_rule *of, struct slice json, const char *day,
                                   struct err *err)
{
    enum tally_code rc = TALLY_OK;
    json_t *root = NULL;
    const json_t *step;
    size_t i = 0;
    struct buf out;
    buf_init(&out, CLI_ANSWER_MAX);
    TRY(cli_json_read(cli, "the explanation", json, &root, err));
    struct slice name = cli_text(cli, root, "rule"), state = cli_text(cli, root, "state");
    const struct terms_rule *rule = of->rule;
    struct slice key = history_key_text(of->terms, rule->each, rule->each_count, cli_text(cli, root, "key"), cli->arena);
    buf_printf(&out, "%.*s(%.*s) on %s: ", SLICE_ARG(name), SLICE_ARG(key), day);
    if (slice_is(state, "computed"))
        buf_printf(&out, "amount %.*s %.*s\n", SLICE_ARG(rule->currency),
                   SLICE_ARG(told_grouped(cli->arena, cli_text(cli, root, "amount"))));
    else
        buf_printf(&out, "%.*s: %.*s\n", SLICE_ARG(state), SLICE_ARG(cli_text(cli, root, "reason")));
    if (json_object_get(root, "version") != NULL)
        buf_printf(&out, "by version %" PRIu64 " of the terms:\n", cli_number(root, "version"));
    json_array_foreach(json_object_get(root, "steps"), i, step) tell_step(cli, step, &out);
    buf_printf(&out, "target %.*s %.*s, stands at %.*s\n", SLICE_ARG(rule->currency),
               SLICE_ARG(told_grouped(cli->arena, cli_text(cli, root, "target"))),
               SLICE_ARG(told_grouped(cli->arena, cli_text(cli, root, "stands"))));
    TRY(buf_check(&out, err));
    cli_print(buf_slice(&out));
done:
    buf_release(&out);
    return rc;
}
