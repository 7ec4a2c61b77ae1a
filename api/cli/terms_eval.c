/* tally terms eval: a history evaluated without a service, told as language.md section 9 tells its examples. */
#include "terms_eval.h"

#include "tally/digest.h"
#include "tally/text.h"
#include "terms_compile.h"

#define NAME_WIDTH 35 /* of an instance's name: states stand under one another */
#define KEY_WIDTH 25  /* of a key in the list of a payment */

struct slice told_grouped(struct arena *arena, struct slice amount)
{
    size_t at = amount.len > 0 && amount.ptr[0] == '-', whole = at, n = 0;
    char *text = arena_alloc(arena, amount.len * 2 + 1);
    if (text == NULL)
        return amount;
    while (whole < amount.len && amount.ptr[whole] >= '0' && amount.ptr[whole] <= '9')
        whole++;
    for (size_t i = 0; i < amount.len; i++) {
        if (i > at && i < whole && (whole - i) % 3 == 0)
            text[n++] = ',';
        text[n++] = amount.ptr[i];
    }
    return slice_of(text, n);
}

/* The party that pays or is paid by an instance: the rule's, or the member of its key that stands there. */
static struct slice party_of(const struct history_rule *rule, const struct engine_instance *instance, uint32_t party,
                             uint32_t dimension)
{
    struct slice key = instance->key;
    if (dimension == TERMS_NONE)
        return terms_party(rule->terms, party)->name;
    for (uint32_t i = 0; i < rule->rule->each_count; i++) {
        const char *bar = key.len == 0 ? NULL : memchr(key.ptr, '|', key.len);
        size_t len = bar == NULL ? key.len : (size_t) (bar - key.ptr);
        if (rule->rule->each[i] == dimension)
            return slice_of(key.ptr, len);
        key = bar == NULL ? SLICE("") : slice_of(bar + 1, key.len - len - 1);
    }
    return SLICE("");
}

static void parties_of(const struct history_state *state, size_t instance, struct slice *payer, struct slice *payee)
{
    const struct engine_instance *i = &state->output->instances[instance];
    const struct history_rule *rule = &state->rules[i->rule];
    *payer = party_of(rule, i, rule->rule->payer, rule->rule->payer_dimension);
    *payee = party_of(rule, i, rule->rule->payee, rule->rule->payee_dimension);
}

bool told_is_part(const struct history_state *state, const struct told_payment *payment, size_t instance)
{
    struct slice payer, payee;
    if (!state->output->instances[instance].has_difference)
        return false;
    parties_of(state, instance, &payer, &payee);
    return slice_equal(payer, payment->payer) && slice_equal(payee, payment->payee);
}

/* The payment among those of a rule that an instance is a part of; a new one behind them where there is none. */
MUST_CHECK static struct told_payment *payment_of(const struct history_state *state, struct told_payment *payments,
                                                  size_t first, size_t *count, size_t instance)
{
    const struct history_rule *rule = &state->rules[state->output->instances[instance].rule];
    struct told_payment made = {.terms = rule->terms, .rule = rule->rule, .net = SLICE("0")};
    parties_of(state, instance, &made.payer, &made.payee);
    for (size_t i = first; i < *count; i++)
        if (slice_equal(payments[i].payer, made.payer) && slice_equal(payments[i].payee, made.payee))
            return &payments[i];
    payments[*count] = made;
    return &payments[(*count)++];
}

enum tally_code told_payments(const struct history_state *state, struct arena *arena, struct told_payment **out,
                              size_t *count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct engine_output *output = state->output;
    size_t most = 0, n = 0;
    for (size_t i = 0; i < output->count; i++)
        most += output->instances[i].has_difference;
    struct told_payment *payments = ARENA_ARRAY(arena, most + 1, struct told_payment);
    if (payments == NULL)
        return err_set(err, TALLY_E_LIMIT, "the trace takes more memory than was granted");
    for (size_t from = 0, to = 0; from < output->count; from = to) {
        size_t first = n;
        for (; to < output->count && output->instances[to].rule == output->instances[from].rule; to++) {
            if (!output->instances[to].has_difference)
                continue;
            struct told_payment *payment = payment_of(state, payments, first, &n, to);
            payment->changed++;
            TRY(money_add(payment->net, output->instances[to].difference, arena, &payment->net, err));
        }
        for (size_t i = first; i < n; i++) {
            payments[i].from = from;
            payments[i].to = to;
            payments[i].is_owed_back = money_sign(payments[i].net) < 0;
            if (payments[i].is_owed_back)
                TRY(money_negate(payments[i].net, arena, &payments[i].net, err));
        }
    }
    *out = payments;
    *count = n;
done:
    return rc;
}

MUST_CHECK static struct slice key_text(const struct history_state *state, const struct engine_instance *instance,
                                        struct arena *arena)
{
    const struct terms *terms = state->rules[instance->rule].terms;
    const struct terms_rule *rule = state->rules[instance->rule].rule;
    return history_key_text(terms, rule->each, rule->each_count, instance->key, arena);
}

static void pad(struct buf *out, size_t used, size_t width)
{
    do
        buf_add_char(out, ' ');
    while (++used < width);
}

static void tell_payment(const struct history_state *state, const struct told_payment *payment, struct arena *arena,
                         struct buf *out)
{
    const struct engine_output *output = state->output;
    const struct terms_rule *rule = payment->rule;
    struct slice payer = payment->payer, payee = payment->payee;
    buf_printf(out, "  => %.*s", SLICE_ARG(rule->name));
    for (size_t i = payment->from; i < payment->to && payment->changed == 1; i++)
        if (told_is_part(state, payment, i))
            buf_printf(out, "(%.*s)", SLICE_ARG(key_text(state, &output->instances[i], arena)));
    buf_printf(out, ": %.*s to %.*s%s, %.*s %.*s\n", SLICE_ARG(payment->is_owed_back ? payee : payer),
               SLICE_ARG(payment->is_owed_back ? payer : payee), payment->is_owed_back ? " (owed back)" : "",
               SLICE_ARG(rule->currency), SLICE_ARG(told_grouped(arena, payment->net)));
    for (size_t i = payment->from; i < payment->to && payment->changed > 1; i++) {
        const struct engine_instance *instance = &output->instances[i];
        if (!told_is_part(state, payment, i))
            continue;
        struct slice key = key_text(state, instance, arena);
        buf_printf(out, "       (%.*s)", SLICE_ARG(key));
        pad(out, key.len + 2, KEY_WIDTH);
        buf_printf(out, "%s%.*s\n", money_sign(instance->difference) > 0 ? "+" : "",
                   SLICE_ARG(told_grouped(arena, instance->difference)));
    }
}

static void tell_instance(const struct history_state *state, const struct engine_instance *instance, struct arena *arena,
                          struct buf *out)
{
    struct slice name = state->rules[instance->rule].rule->name, key = key_text(state, instance, arena);
    buf_printf(out, "    %.*s(%.*s)", SLICE_ARG(name), SLICE_ARG(key));
    pad(out, name.len + key.len + 2, NAME_WIDTH);
    struct slice target = told_grouped(arena, instance->target);
    if (instance->state == ENGINE_COMPUTED)
        buf_printf(out, "target %.*s\n", SLICE_ARG(target));
    else
        buf_printf(out, "%s: %.*s; stands at %.*s\n", instance->state == ENGINE_WAITS ? "waits" : "fault",
                   SLICE_ARG(instance->reason), SLICE_ARG(target));
}

MUST_CHECK static enum tally_code tell_payments(const struct history_state *state, struct arena *arena, struct buf *out,
                                                struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct told_payment *payments = NULL;
    size_t count = 0;
    TRY(told_payments(state, arena, &payments, &count, err));
    for (size_t i = 0; i < count; i++)
        tell_payment(state, &payments[i], arena, out);
done:
    return rc;
}

MUST_CHECK static enum tally_code tell_moment(const struct terms *terms, const struct history_moment *moment,
                                              struct arena *arena, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char day[DAY_TEXT_LEN + 1];
    struct slice title = SLICE("");
    struct buf out;
    buf_init(&out, CLI_ANSWER_MAX);
    TRY(history_title(terms, moment, arena, &title, err));
    day_format(moment->day, day);
    buf_printf(&out, "%s  %.*s\n", day, SLICE_ARG(title));
    for (uint32_t i = 0; i < moment->state_count; i++)
        TRY(tell_payments(&moment->states[i], arena, &out, err));
    for (uint32_t i = 0; i < moment->state_count; i++)
        for (size_t k = 0; k < moment->states[i].output->count; k++)
            tell_instance(&moment->states[i], &moment->states[i].output->instances[k], arena, &out);
    TRY(buf_check(&out, err));
    cli_print(buf_slice(&out));
done:
    buf_release(&out);
    return rc;
}

/* ---- the command ---- */
struct job {
    struct cli *cli;
    struct history_source *sources; /* the terms asked for, and what belongs to them */
    size_t source_count;
    struct history *history;
    struct history_run *run;
    struct arena *moment_arena; /* texts of one moment */
    int32_t as_of;
    const char *explain;
    const struct history_state *last; /* of the contract asked for */
    int32_t last_day;
    struct buf json;
    struct canon w;
};

/* Compiles the terms in a file; its hash is what other texts call it by. */
MUST_CHECK static enum tally_code read_terms(struct job *job, const char *path, struct slice file, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli *cli = job->cli;
    struct history_source *source = &job->sources[job->source_count];
    struct slice text = SLICE("");
    struct digest digest;
    struct terms *terms = NULL;
    char *hash = arena_alloc(cli->arena, 2 * DIGEST_LEN + 1);
    if (hash == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "out of memory"));
    TRY(terms_compile_file(cli, path, &text, &terms, err));
    digest_of(text, &digest);
    text_hex(digest.bytes, DIGEST_LEN, hash);
    *source = (struct history_source){file, slice_of(hash, (size_t) 2 * DIGEST_LEN), terms};
    job->source_count++;
done:
    return rc;
}

/* A file of "texts" lies beside the results. NULL: no memory. */
static const char *path_beside(struct cli *cli, const char *results, struct slice file)
{
    const char *slash = strrchr(results, '/');
    bool is_absolute = file.len > 0 && file.ptr[0] == '/';
    int folder = slash == NULL || is_absolute ? 0 : (int) (slash - results) + 1;
    return arena_printf(cli->arena, "%.*s%.*s", folder, results, SLICE_ARG(file)).ptr;
}

MUST_CHECK static enum tally_code read_history(struct job *job, const char *file, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli *cli = job->cli;
    struct slice text = SLICE(""), *files = NULL;
    size_t count = 0;
    TRY(cli_file_read(cli, file, &text, err));
    rc = history_files(text, cli->arena, &files, &count, err);
    if (rc != TALLY_OK)
        return err_context(err, "%s", file);
    job->sources = ARENA_ARRAY(cli->arena, count + 1, struct history_source);
    if (job->sources == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    TRY(read_terms(job, cli->args[0], SLICE(""), err));
    for (size_t i = 0; i < count; i++) {
        const char *path = path_beside(cli, file, files[i]);
        if (path == NULL)
            return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
        TRY(read_terms(job, path, files[i], err));
    }
    rc = history_read_texts(job->sources, job->source_count, text, cli->arena, &job->history, err);
    if (rc != TALLY_OK)
        rc = err_context(err, "%s", file);
done:
    return rc;
}

MUST_CHECK static enum tally_code read_all(struct job *job, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli *cli = job->cli;
    const char *file = NULL, *as_of = cli_option(cli, "--as-of");
    TRY(cli_option_needed(cli, "--results", &file, err));
    job->explain = cli_option(cli, "--explain");
    job->as_of = DAY_NEVER;
    if (as_of != NULL && day_parse(slice_str(as_of), &job->as_of) != TALLY_OK)
        TRY(err_set(err, TALLY_E_USAGE, "--as-of %s is no day; write one that exists as 2016-01-31", as_of));
    TRY(read_history(job, file, err));
done:
    return rc;
}

MUST_CHECK static enum tally_code run_all(struct job *job, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool has = false, tells = job->explain == NULL;
    TRY(history_begin(job->sources[0].terms, job->history, job->as_of, &job->run, err));
    for (;;) {
        struct history_moment moment;
        TRY(history_next(job->run, &moment, &has, err));
        if (!has)
            break;
        job->last = &moment.states[job->history->main];
        job->last_day = moment.day;
        arena_clear(job->moment_arena);
        if (tells && job->cli->is_json)
            TRY(told_moment_json(job->sources[0].terms, &moment, job->moment_arena, &job->w, err));
        else if (tells)
            TRY(tell_moment(job->sources[0].terms, &moment, job->moment_arena, err));
    }
done:
    return rc;
}

MUST_CHECK static enum tally_code explain(struct job *job, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct engine_instance *instance = NULL;
    struct engine_input input;
    char day[DAY_TEXT_LEN + 1];
    if (job->last == NULL)
        return err_set(err, TALLY_E_NOT_FOUND,
                       "nothing has happened by then, so there is nothing to explain; give a later "
                       "--as-of");
    TRY(told_find(job->last, job->explain, job->cli->arena, &instance, err));
    TRY(history_input(job->run, &input, err));
    TRY(engine_explain(&input, instance->rule, instance->key, job->moment_arena, &job->json, err));
    day_format(job->last_day, day);
    if (job->cli->is_json)
        cli_print_json(buf_slice(&job->json));
    else
        TRY(told_explain_print(job->cli, &job->last->rules[instance->rule], buf_slice(&job->json), day, err));
done:
    return rc;
}

MUST_CHECK static enum tally_code trace(struct job *job, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool is_json = job->cli->is_json;
    if (is_json) {
        canon_init(&job->w, &job->json);
        canon_object(&job->w);
        canon_name(&job->w, "contract");
        canon_string(&job->w, job->history->contract);
        canon_name(&job->w, "moments");
        canon_array(&job->w);
    }
    TRY(run_all(job, err));
    if (is_json) {
        canon_close(&job->w);
        canon_close(&job->w);
        TRY(buf_check(&job->json, err));
        cli_print_json(buf_slice(&job->json));
    } else if (job->last == NULL) {
        cli_print(SLICE("nothing has happened by then\n"));
    }
done:
    return rc;
}

enum tally_code cli_terms_eval(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct job job = {.cli = cli, .moment_arena = arena_new(CLI_ARENA_MAX)};
    buf_init(&job.json, CLI_ANSWER_MAX);
    if (job.moment_arena == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "out of memory"));
    TRY(read_all(&job, err));
    if (job.explain == NULL) {
        TRY(trace(&job, err));
    } else {
        TRY(run_all(&job, err));
        TRY(explain(&job, err));
    }
done:
    history_end(job.run);
    for (size_t i = 0; i < job.source_count; i++)
        terms_free((struct terms *) (uintptr_t) job.sources[i].terms);
    arena_free(job.moment_arena);
    buf_release(&job.json);
    return rc;
}
