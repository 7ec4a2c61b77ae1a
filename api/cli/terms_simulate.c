/* tally terms simulate: what is owed as one figure varies and all others stay. Every amount is evaluated from nothing, as if the
 * figures were all final on one late day. */
#include "terms_simulate.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tally/history.h"
#include "tally/instant.h"
#include "tally/text.h"
#include "terms_compile.h"

#define STEPS_DEFAULT 20
#define FACTS_MAX 1000000u          /* of a history and of those set by hand */
#define EVALUATION_MAX (256u << 20) /* bytes of one evaluation's answer */
#define JUMP_HALVINGS 40            /* until two neighbours in units of the last place are found */
#define JUMP_PART 2000              /* what moves less than a two-thousandth of all is no cliff that could be seen */
#define UNITS_MAX INT64_C(1000000000000000000) /* of 10^-places: fits, also doubled */

struct job {
    struct cli *cli;
    struct simulation s;
    struct simulate_facts facts;
    struct history_run *run;
    struct arena *scratch;
};

/* ---- values ---- */

struct slice simulate_value(const struct simulation *s, int64_t at, struct arena *arena)
{
    char day[DAY_TEXT_LEN + 1], digits[40];
    if (s->is_date) {
        day_format((int32_t) at, day);
        return arena_printf(arena, "%s", day);
    }
    uint64_t size = at < 0 ? 0 - (uint64_t) at : (uint64_t) at;
    int len = snprintf(digits, sizeof digits, "%0*" PRIu64, s->places + 1, size), whole = len - s->places;
    while (len > whole && digits[len - 1] == '0') /* no more places than it needs */
        len--;
    return arena_printf(arena, "%s%.*s%s%.*s%s", at < 0 ? "-" : "", whole, digits, len > whole ? "." : "", len - whole,
                        digits + whole, s->is_percent ? "%" : "");
}

/* "12.5" in units of 10^-places. false: it does not fit. */
MUST_CHECK static bool read_units(struct slice text, int places, int64_t *out)
{
    bool is_negative = text.len > 0 && text.ptr[0] == '-';
    int64_t units = 0;
    int behind = -1;
    for (size_t i = is_negative ? 1 : 0; i < text.len; i++) {
        if (text.ptr[i] == '.') {
            behind = 0;
            continue;
        }
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || units > UNITS_MAX / 10)
            return false;
        units = units * 10 + (text.ptr[i] - '0');
        behind += behind >= 0;
    }
    for (int i = behind < 0 ? 0 : behind; i < places; i++) {
        if (units > UNITS_MAX / 10)
            return false;
        units *= 10;
    }
    *out = is_negative ? -units : units;
    return behind <= places;
}

/* a..b, with as many places behind as leave room for steps and cliffs between them. */
MUST_CHECK static enum tally_code read_range(struct simulation *s, struct slice text, struct slice *first, struct err *err)
{
    const char *dots = memmem(text.ptr, text.len, "..", 2);
    if (dots == NULL)
        return err_set(err, TALLY_E_USAGE, "--vary METRIC=a..b names two values, \"%.*s\" does not", SLICE_ARG(text));
    struct slice a = slice_of(text.ptr, (size_t) (dots - text.ptr)), b = slice_of(dots + 2, text.len - a.len - 2);
    int32_t day_a = 0, day_b = 0;
    *first = a;
    s->is_date = slice_is(terms_metric(s->terms, s->metric)->unit, "date");
    s->is_percent = a.len > 0 && a.ptr[a.len - 1] == '%';
    if (s->is_percent != (b.len > 0 && b.ptr[b.len - 1] == '%'))
        return err_set(err, TALLY_E_USAGE, "--vary: %.*s and %.*s: write %% behind both or behind neither", SLICE_ARG(a),
                       SLICE_ARG(b));
    if (s->is_date && day_parse(a, &day_a) == TALLY_OK && day_parse(b, &day_b) == TALLY_OK) {
        s->from = day_a;
        s->to = day_b;
    } else if (s->is_date || !text_is_exact(a) || !text_is_exact(b)) {
        return err_set(err, TALLY_E_USAGE, "--vary: %.*s and %.*s are no two values of the metric, as results write them",
                       SLICE_ARG(a), SLICE_ARG(b));
    } else {
        a.len -= s->is_percent;
        b.len -= s->is_percent;
        s->places = SIMULATE_PLACES_MAX;
        while (s->places >= 0 && (!read_units(a, s->places, &s->from) || !read_units(b, s->places, &s->to)))
            s->places--;
        if (s->places < 0)
            return err_set(err, TALLY_E_LIMIT, "--vary: the values have more than 18 digits");
    }
    if (s->from >= s->to)
        return err_set(err, TALLY_E_USAGE, "--vary: the first value is the smaller");
    return TALLY_OK;
}

/* ---- one evaluation ---- */

static void set_varied(struct job *job, int64_t at)
{
    struct slice value = simulate_value(&job->s, at, job->scratch);
    for (size_t i = 0; i < job->facts.varied_count; i++)
        job->facts.items[job->facts.varied[i]].value = value;
}

MUST_CHECK static enum tally_code add_instance(struct job *job, const struct engine_instance *instance,
                                               struct simulated *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct arena *arena = job->cli->arena;
    const struct terms_rule *rule = terms_rule(job->s.terms, instance->rule);
    out->count++;
    if (instance->state != ENGINE_COMPUTED) {
        if (out->waits++ == 0)
            out->reason =
                arena_printf(arena, "%.*s %s: %.*s", SLICE_ARG(rule->name),
                             instance->state == ENGINE_FAULT ? "is a fault" : "waits", SLICE_ARG(instance->reason));
        return TALLY_OK;
    }
    TRY(money_add(out->rules[instance->rule], instance->target, arena, &out->rules[instance->rule], err));
    for (uint32_t i = 0; i < job->s.payer_count; i++)
        if (job->s.payers[i].party == rule->payer && slice_equal(job->s.payers[i].currency, rule->currency))
            TRY(money_add(out->payers[i], instance->target, arena, &out->payers[i], err));
done:
    return rc;
}

MUST_CHECK static enum tally_code evaluate(struct job *job, int64_t at, struct simulated *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct engine_output *output = NULL;
    const struct terms *terms = job->s.terms;
    arena_clear(job->scratch);
    set_varied(job, at);
    *out = (struct simulated){.at = at,
                              .rules = ARENA_ARRAY(job->cli->arena, terms_rule_count(terms), struct slice),
                              .payers = ARENA_ARRAY(job->cli->arena, job->s.payer_count, struct slice)};
    if (out->rules == NULL || out->payers == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left for the table");
    for (uint32_t i = 0; i < terms_rule_count(terms); i++)
        out->rules[i] = SLICE("0.00");
    for (uint32_t i = 0; i < job->s.payer_count; i++)
        out->payers[i] = SLICE("0.00");
    struct engine_input input = {
        .terms = terms, .today = job->s.day, .facts = job->facts.items, .fact_count = job->facts.count, .next_first = 1};
    TRY(engine_evaluate(&input, job->scratch, &output, err));
    for (size_t i = 0; i < output->count; i++)
        TRY(add_instance(job, &output->instances[i], out, err));
done:
    return rc;
}

/* ---- cliffs ---- */

struct stretch {
    struct simulated left, right;
    int depth;
};

static double amount_of(struct slice text)
{
    char digits[80];
    (void) snprintf(digits, sizeof digits, "%.*s", SLICE_ARG(text));
    return strtod(digits, NULL);
}

static double distance(const struct simulated *a, const struct simulated *b, uint32_t payer)
{
    double d = amount_of(b->payers[payer]) - amount_of(a->payers[payer]);
    return d < 0 ? -d : d;
}

/* All that a payer's total moves between its smallest and its largest in the table. */
static double spread_of(const struct simulation *s, uint32_t payer)
{
    double low = 0, high = 0;
    for (size_t i = 0; i < s->count; i++) {
        double at = amount_of(s->points[i].payers[payer]);
        low = i == 0 || at < low ? at : low;
        high = i == 0 || at > high ? at : high;
    }
    return high - low;
}

/* Halves the stretch as long as it moves much: a slope moves ever less, a cliff as much between neighbours. */
MUST_CHECK static enum tally_code find_jumps(struct job *job, struct stretch stretch, uint32_t payer, double least,
                                             struct err *err)
{
    struct stretch stack[2 * JUMP_HALVINGS + 2];
    int depth = 0;
    stack[depth++] = stretch;
    while (depth > 0 && job->s.jump_count < SIMULATE_JUMPS_MAX) {
        struct stretch now = stack[--depth];
        struct simulated middle;
        if (distance(&now.left, &now.right, payer) <= least)
            continue;
        if (now.right.at - now.left.at <= 1 || now.depth == JUMP_HALVINGS) {
            job->s.jumps[job->s.jump_count++] =
                (struct simulate_jump){now.left.at, now.right.at, payer, now.left.payers[payer], now.right.payers[payer]};
            continue;
        }
        enum tally_code rc = evaluate(job, now.left.at + (now.right.at - now.left.at) / 2, &middle, err);
        if (rc != TALLY_OK)
            return rc;
        stack[depth++] = (struct stretch){middle, now.right, now.depth + 1};
        stack[depth++] = (struct stretch){now.left, middle, now.depth + 1};
    }
    return TALLY_OK;
}

MUST_CHECK static enum tally_code find_all_jumps(struct job *job, struct err *err)
{
    job->s.jumps = ARENA_ARRAY(job->cli->arena, SIMULATE_JUMPS_MAX, struct simulate_jump);
    if (job->s.jumps == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left for the table");
    for (uint32_t payer = 0; payer < job->s.payer_count; payer++) {
        double least = spread_of(&job->s, payer) / JUMP_PART;
        for (size_t i = 0; i + 1 < job->s.count && least > 0; i++) {
            enum tally_code rc =
                find_jumps(job, (struct stretch){job->s.points[i], job->s.points[i + 1], 0}, payer, least, err);
            if (rc != TALLY_OK)
                return rc;
        }
    }
    return TALLY_OK;
}

/* ---- what is told ---- */

static void print_table(struct job *job)
{
    struct cli *cli = job->cli;
    const struct simulation *s = &job->s;
    struct cli_table table;
    struct buf heads;
    uint32_t rules = terms_rule_count(s->terms);
    bool has_rules = rules + s->payer_count + 1 <= CLI_COLUMNS_MAX;
    buf_init(&heads, 4096);
    buf_add_str(&heads, "VALUE>");
    for (uint32_t i = 0; has_rules && i < rules; i++)
        buf_printf(&heads, " %.*s>", SLICE_ARG(terms_rule(s->terms, i)->name));
    for (uint32_t i = 0; i < s->payer_count && i + 1 < CLI_COLUMNS_MAX; i++)
        buf_printf(&heads, " %.*s:%.*s>", SLICE_ARG(terms_party(s->terms, s->payers[i].party)->name),
                   SLICE_ARG(s->payers[i].currency));
    cli_table_begin(&table, cli, heads.ptr == NULL ? "VALUE>" : heads.ptr);
    for (size_t p = 0; p < s->count; p++) {
        cli_table_cell(&table, simulate_value(s, s->points[p].at, cli->arena));
        for (uint32_t i = 0; has_rules && i < rules; i++)
            cli_table_cell(&table, cli_money(cli, s->points[p].rules[i]));
        for (uint32_t i = 0; i < s->payer_count && i + 1 < CLI_COLUMNS_MAX; i++)
            cli_table_cell(&table, cli_money(cli, s->points[p].payers[i]));
    }
    cli_table_end(&table);
    for (size_t i = 0; cli->is_terminal && i < s->jump_count; i++)
        cli_field(cli, "cliff",
                  arena_printf(cli->arena, "%.*s from %.*s to %.*s at %.*s",
                               SLICE_ARG(terms_party(s->terms, s->payers[s->jumps[i].payer].party)->name),
                               SLICE_ARG(cli_money(cli, s->jumps[i].before)), SLICE_ARG(cli_money(cli, s->jumps[i].after)),
                               SLICE_ARG(simulate_value(s, s->jumps[i].right, cli->arena))));
    if (s->points[0].waits > 0)
        (void) fprintf(stderr, "left out: %u of %u instances; %.*s\n", s->points[0].waits, s->points[0].count,
                       SLICE_ARG(s->points[0].reason));
    buf_release(&heads);
}

static void write_payer(struct canon *w, const struct simulation *s, uint32_t payer)
{
    canon_name(w, "currency");
    canon_string(w, s->payers[payer].currency);
    canon_name(w, "party");
    canon_string(w, terms_party(s->terms, s->payers[payer].party)->name);
}

static void write_point(struct canon *w, struct job *job, const struct simulated *point)
{
    const struct simulation *s = &job->s;
    canon_object(w);
    canon_name(w, "payers");
    canon_array(w);
    for (uint32_t i = 0; i < s->payer_count; i++) {
        canon_object(w);
        canon_name(w, "amount");
        canon_string(w, point->payers[i]);
        write_payer(w, s, i);
        canon_close(w);
    }
    canon_close(w);
    canon_name(w, "rules");
    canon_array(w);
    for (uint32_t i = 0; i < terms_rule_count(s->terms); i++) {
        canon_object(w);
        canon_name(w, "amount");
        canon_string(w, point->rules[i]);
        canon_name(w, "rule");
        canon_string(w, terms_rule(s->terms, i)->name);
        canon_close(w);
    }
    canon_close(w);
    canon_name(w, "value");
    canon_string(w, simulate_value(s, point->at, job->cli->arena));
    canon_name(w, "waiting");
    canon_i64(w, point->waits);
    canon_close(w);
}

MUST_CHECK static enum tally_code print_json(struct job *job, struct buf *out, struct err *err)
{
    const struct simulation *s = &job->s;
    struct canon w;
    char day[DAY_TEXT_LEN + 1];
    day_format(s->day, day);
    canon_init(&w, out);
    canon_object(&w);
    canon_name(&w, "contract");
    canon_string(&w, terms_slug(s->terms));
    canon_name(&w, "day");
    canon_str(&w, day);
    canon_name(&w, "jumps");
    canon_array(&w);
    for (size_t i = 0; i < s->jump_count; i++) {
        canon_object(&w);
        canon_name(&w, "after");
        canon_string(&w, s->jumps[i].after);
        canon_name(&w, "before");
        canon_string(&w, s->jumps[i].before);
        write_payer(&w, s, s->jumps[i].payer);
        canon_name(&w, "value");
        canon_string(&w, simulate_value(s, s->jumps[i].right, job->cli->arena));
        canon_close(&w);
    }
    canon_close(&w);
    canon_name(&w, "points");
    canon_array(&w);
    for (size_t i = 0; i < s->count; i++)
        write_point(&w, job, &s->points[i]);
    canon_close(&w);
    canon_name(&w, "vary");
    canon_string(&w, s->label);
    canon_close(&w);
    enum tally_code rc = buf_check(out, err);
    if (rc == TALLY_OK)
        cli_print_json(buf_slice(out));
    return rc;
}

/* ---- the command ---- */

MUST_CHECK static enum tally_code find_payers(struct job *job, struct err *err)
{
    struct simulation *s = &job->s;
    s->payers = ARENA_ARRAY(job->cli->arena, terms_rule_count(s->terms), struct simulate_payer);
    if (s->payers == NULL)
        return err_set(err, TALLY_E_LIMIT, "no memory left for the table");
    for (uint32_t i = 0; i < terms_rule_count(s->terms); i++) {
        const struct terms_rule *rule = terms_rule(s->terms, i);
        uint32_t at = 0;
        while (at < s->payer_count &&
               (s->payers[at].party != rule->payer || !slice_equal(s->payers[at].currency, rule->currency)))
            at++;
        if (at == s->payer_count)
            s->payers[s->payer_count++] = (struct simulate_payer){rule->payer, rule->currency};
    }
    return TALLY_OK;
}

/* The figures of a history at its end. What was paid on the way does not count. */
MUST_CHECK static enum tally_code read_history(struct job *job, const char *file, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice text = SLICE("");
    struct history *history = NULL;
    struct history_moment moment;
    struct engine_input input;
    bool has = true;
    TRY(cli_file_read(job->cli, file, &text, err));
    rc = history_read(job->s.terms, text, job->cli->arena, &history, err);
    if (rc != TALLY_OK) {
        rc = err_context(err, "%s", file);
        goto done;
    }
    TRY(history_begin(job->s.terms, history, job->s.day, &job->run, err));
    while (has)
        TRY(history_next(job->run, &moment, &has, err));
    TRY(history_input(job->run, &input, err));
    for (size_t i = 0; i < input.fact_count && i < job->facts.cap; i++)
        job->facts.items[job->facts.count++] = input.facts[i];
done:
    return rc;
}

MUST_CHECK static enum tally_code read_figures(struct job *job, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli *cli = job->cli;
    const char *vary = NULL, *results = cli_option(cli, "--results");
    struct slice name = {0}, value = {0}, first = {0};
    TRY(cli_option_needed(cli, "--vary", &vary, err));
    job->facts.cap = FACTS_MAX;
    job->facts.items = ARENA_ARRAY(cli->arena, FACTS_MAX, struct engine_fact);
    job->facts.varied = ARENA_ARRAY(cli->arena, FACTS_MAX, size_t);
    if (job->facts.items == NULL || job->facts.varied == NULL)
        TRY(err_set(err, TALLY_E_LIMIT, "no memory left for the figures"));
    if (results != NULL)
        TRY(read_history(job, results, err));
    for (int i = 0; cli_option_nth(cli, "--fix", i) != NULL; i++) {
        TRY(simulate_split(cli, cli_option_nth(cli, "--fix", i), &name, &value, err));
        TRY(simulate_set(cli, job->s.terms, name, value, &job->facts, false, err));
    }
    TRY(simulate_split(cli, vary, &name, &value, err));
    job->s.label = name;
    struct slice metric = slice_of(name.ptr, 0);
    while (metric.len < name.len && name.ptr[metric.len] != '[' && name.ptr[metric.len] != '(')
        metric.len++;
    job->s.metric = terms_find_metric(job->s.terms, metric);
    if (job->s.metric == TERMS_NONE)
        TRY(err_set(err, TALLY_E_USAGE, "the terms have no metric `%.*s`", SLICE_ARG(metric)));
    TRY(read_range(&job->s, value, &first, err));
    TRY(simulate_set(cli, job->s.terms, name, simulate_value(&job->s, job->s.to, cli->arena), &job->facts, true, err));
    job->facts.varied_count = 0;
    TRY(simulate_set(cli, job->s.terms, name, first, &job->facts, true, err));
done:
    return rc;
}

MUST_CHECK static enum tally_code run_points(struct job *job, uint64_t steps, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct simulation *s = &job->s;
    uint64_t width = (uint64_t) (s->to - s->from);
    steps = steps > width ? width : steps;
    s->points = ARENA_ARRAY(job->cli->arena, steps + 1, struct simulated);
    if (s->points == NULL)
        TRY(err_set(err, TALLY_E_LIMIT, "no memory left for the table"));
    for (uint64_t i = 0; i <= steps; i++) {
        __extension__ typedef unsigned __int128 wide; /* width * steps */
        TRY(evaluate(job, s->from + (int64_t) ((wide) width * i / steps), &s->points[s->count], err));
        s->count++;
    }
    if (s->points[0].count > 0 && s->points[0].waits == s->points[0].count)
        TRY(err_set(err, TALLY_E_MALFORMED,
                    "nothing can be computed: %.*s. Give what is missing by --fix 'METRIC[KEY]=VALUE' or --results FILE",
                    SLICE_ARG(s->points[0].reason)));
    TRY(find_all_jumps(job, err));
done:
    return rc;
}

MUST_CHECK static enum tally_code write_svg(struct job *job, struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *file = cli_option(job->cli, "--svg");
    TRY(simulate_svg(&job->s, job->cli->arena, out, err));
    if (strcmp(file, "-") == 0)
        (void) fwrite(out->ptr, 1, out->len, stdout);
    else
        TRY(cli_file_replace(job->cli, file, buf_slice(out), err));
done:
    return rc;
}

MUST_CHECK static enum tally_code read_job(struct job *job, uint64_t *steps, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct terms *terms = NULL;
    const char *as_of = cli_option(job->cli, "--as-of");
    TRY(cli_option_u64(job->cli, "--steps", 1, SIMULATE_STEPS_MAX, steps, err));
    TRY(terms_compile_file(job->cli, job->cli->args[0], NULL, &terms, err));
    job->s.terms = terms;
    job->s.day = terms_closes(terms) == DAY_NEVER ? DAY_MAX : terms_closes(terms);
    if (as_of != NULL && day_parse(slice_str(as_of), &job->s.day) != TALLY_OK)
        TRY(err_set(err, TALLY_E_USAGE, "--as-of %s is no day; write one that exists as 2016-01-31", as_of));
    job->scratch = arena_new(EVALUATION_MAX);
    if (job->scratch == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "out of memory"));
    TRY(find_payers(job, err));
    TRY(read_figures(job, err));
done:
    return rc;
}

enum tally_code cli_terms_simulate(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct job job = {.cli = cli};
    struct buf out;
    uint64_t steps = STEPS_DEFAULT;
    buf_init(&out, CLI_ANSWER_MAX);
    TRY(read_job(&job, &steps, err));
    TRY(run_points(&job, steps, err));
    if (cli_option(cli, "--svg") != NULL)
        TRY(write_svg(&job, &out, err));
    else if (cli->is_json)
        TRY(print_json(&job, &out, err));
    else
        print_table(&job);
done:
    history_end(job.run);
    terms_free((struct terms *) job.s.terms);
    arena_free(job.scratch);
    buf_release(&out);
    return rc;
}
