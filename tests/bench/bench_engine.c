/* bench_engine WHAT ...: how fast the engine is, and how much memory it takes. Prints one line a figure: name value. bench.sh puts them
 * beside their bounds.
 *   compile TEXT...         ms of the slowest of these texts
 *   nodes                   arithmetic nodes evaluated in a second
 *   scratch PARTICIPANTS    seconds of an evaluation from nothing, and the peak of the process's memory in KiB
 *   further PARTICIPANTS    microseconds of one further result in a session
 *   solve EQUATIONS         seconds */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "must.h"
#include "tally/engine.h"
#include "tally/mem.h"
#include "tally/solve.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static struct terms *compile(struct slice text)
{
    struct err err = {0};
    struct diags diags;
    struct arena *arena = need(arena_new(1 << 22));
    struct terms *terms = NULL;
    diags_init(&diags, arena);
    must(terms_compile(text, &diags, &terms, &err), &err, "compiling");
    if (terms == NULL) {
        struct buf b;
        buf_init(&b, 1 << 16);
        diags_print(&diags, SLICE("text"), text, &b);
        die("compiling", b.ptr);
    }
    arena_free(arena);
    return terms;
}

static struct slice read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t cap = 1 << 20;
    char *text = need(malloc(cap));
    if (file == NULL)
        die(path, "cannot be opened");
    size_t len = fread(text, 1, cap, file);
    fclose(file);
    return slice_of(text, len);
}

/* ---- compile ---- */
static void bench_compile(int count, char **paths)
{
    double worst = 0;
    for (int i = 0; i < count; i++) {
        struct slice text = read_whole(paths[i]);
        double best = 1e9;
        for (int round = 0; round < 50; round++) {
            double start = now();
            terms_free(compile(text));
            double took = now() - start;
            best = took < best ? took : best;
        }
        worst = best > worst ? best : worst;
    }
    printf("compile_ms %.4f\n", worst * 1e3);
}

/* ---- a contract with many participants under caps of their own ---- */
static struct terms *participants_terms(uint32_t count)
{
    char text[4096];
    int len = snprintf(
        text, sizeof text,
        "terms 1\ncontract many \"Many\"\ncurrency GBP rounded to 0.01, half even\nclock UTC\n"
        "runs 2016-01-01 to 2020-12-31\ncloses 2022-12-31\n"
        "party city outcome payer \"City\"\nparty prime provider \"Prime\"\nparty judge evaluator \"Judge\"\n"
        "in force when city and prime have signed\ndisputes decided by judge within 30 days, otherwise stands\n"
        "dimension participant persons, at most %u\n"
        "metric started is \"Day of the start\" in date\n  by participant\n  reported by prime\n"
        "metric worked is \"Weeks in work\" in weeks between 0 and 260\n  by participant\n  reported by prime\n"
        "metric score is \"Score\" in percent between 0%% and 100%%\n  by participant\n  reported by prime\n"
        "pay begun from city to prime for each participant of started dated started amount 400\n"
        "pay job from city to prime for each participant of worked amount 9.5 per week of max(0 weeks, worked - 4 weeks)\n"
        "pay exam from city to prime for each participant of score when score >= 50%% amount GBP 700 * score\n"
        "cap 1_200 per participant on begun, job, exam\n",
        count);
    return compile(slice_of(text, (size_t) len));
}

struct many {
    struct terms *terms;
    struct engine_fact *facts;
    size_t count;
    uint32_t metrics[3];
};

static void many_fact(struct many *m, uint32_t metric, uint32_t participant, uint32_t value)
{
    char key[40], text[24];
    uint64_t mixed = (participant + 1) * UINT64_C(0x9E3779B97F4A7C15);
    int key_len = snprintf(key, sizeof key, "p%016" PRIx64 "-%06u", mixed, participant);
    int text_len = metric == 0   ? snprintf(text, sizeof text, "2016-%02u-%02u", 1 + value % 12, 1 + value % 28)
                   : metric == 1 ? snprintf(text, sizeof text, "%u.%u", value % 100, value % 10)
                                 : snprintf(text, sizeof text, "%u.%02u%%", value % 100, value % 100);
    char *block = need(malloc((size_t) (key_len + text_len)));
    memcpy(block, key, (size_t) key_len);
    memcpy(block + key_len, text, (size_t) text_len);
    m->facts[m->count] = (struct engine_fact){.metric = m->metrics[metric],
                                              .key = slice_of(block, (size_t) key_len),
                                              .value = slice_of(block + key_len, (size_t) text_len),
                                              .standing = ENGINE_FINAL,
                                              .submitted = 16800,
                                              .seq = m->count + 1};
    m->count++;
}

static void many_init(struct many *m, uint32_t participants)
{
    *m = (struct many){.terms = participants_terms(participants)};
    m->facts = need(calloc((size_t) participants * 3, sizeof *m->facts));
    m->metrics[0] = terms_find_metric(m->terms, SLICE("started"));
    m->metrics[1] = terms_find_metric(m->terms, SLICE("worked"));
    m->metrics[2] = terms_find_metric(m->terms, SLICE("score"));
    for (uint32_t i = 0; i < participants; i++)
        for (uint32_t k = 0; k < 3; k++)
            many_fact(m, k, i, i * 7919 + k * 31);
}

static struct engine_input many_input(const struct many *m)
{
    return (struct engine_input){
        .terms = m->terms, .today = 17500, .facts = m->facts, .fact_count = m->count, .next_first = 1};
}

static void bench_scratch(uint32_t participants)
{
    struct many m;
    struct err err = {0};
    struct engine_output *output = NULL;
    struct rusage usage;
    many_init(&m, participants);
    struct engine_input input = many_input(&m);
    struct arena *arena = need(arena_new((size_t) 1 << 30));
    double start = now();
    must(engine_evaluate(&input, arena, &output, &err), &err, "evaluating");
    printf("scratch_s %.3f\n", now() - start);
    getrusage(RUSAGE_SELF, &usage);
    printf("scratch_kib %ld\nscratch_instances %zu\nscratch_steps %" PRIu64 "\nscratch_answer_bytes %zu\n", usage.ru_maxrss,
           output->count, output->steps, arena_used(arena));
}

/* ---- one further result ---- */
#define FURTHER_ROUNDS 2000

/* What the answer triggers, explained: how many instances. */
static size_t explain(struct engine_session *session, const struct engine_output *output, struct buf *json)
{
    struct err err = {0};
    size_t count = 0;
    for (size_t i = 0; i < output->count; i++) {
        if (!output->instances[i].has_difference)
            continue;
        buf_clear(json);
        must(engine_explain_kept(engine_session_kept(session), &output->instances[i], json, &err), &err, "explaining");
        count++;
    }
    return count;
}

/* Results of participants that are there, each final at once, in an order that has nothing to do with where they lie. */
static void bench_further(uint32_t participants)
{
    struct many m;
    struct err err = {0};
    struct engine_output *output = NULL;
    struct engine_session *session = NULL;
    many_init(&m, participants);
    struct engine_input input = many_input(&m);
    struct arena *arena = need(arena_new((size_t) 1 << 30));
    must(engine_session_open(&input, arena, &output, &session, &err), &err, "evaluating");
    arena_clear(arena);
    size_t first = m.count, touched = 0;
    m.facts = need(realloc(m.facts, (first + FURTHER_ROUNDS) * sizeof *m.facts));
    for (uint32_t i = 0; i < FURTHER_ROUNDS; i++)
        many_fact(&m, 1 + i % 2, i * 2654435761u % participants, i * 104729 + 7);
    struct buf json;
    buf_init(&json, 1 << 20);
    double start = 0, explaining = 0;
    size_t explained = 0;
    for (size_t i = first; i < m.count; i++) {
        if (i == first + 1) /* with the first one, what stood when the session was opened is recorded, once */
            start = now();
        const struct engine_change change = {m.facts[i].metric, m.facts[i].key, &m.facts[i], false};
        bool is_stale = false;
        must(engine_session_apply(session, 17500, &change, 1, arena, &is_stale, &output, &err), &err, "following");
        if (is_stale)
            die("following", "a result could not be followed");
        touched += output->count;
        double before = now();
        size_t count = explain(session, output, &json);
        explained += start > 0 ? count : 0;
        explaining += start > 0 ? now() - before : 0;
        arena_clear(arena);
    }
    printf("further_us_%u %.2f\nfurther_instances_%u %.2f\nfurther_kib_%u %zu\nexplain_us_%u %.2f\n", participants,
           (now() - start - explaining) / (FURTHER_ROUNDS - 1) * 1e6, participants, (double) touched / FURTHER_ROUNDS,
           participants, engine_session_memory(session) / 1024, participants,
           explaining / (double) (explained == 0 ? 1 : explained) * 1e6);
    buf_release(&json);
}

/* ---- a sum over two open dimensions ---- */
static struct engine_fact *visits_of(uint32_t persons, uint32_t sites, uint32_t results)
{
    struct engine_fact *facts = need(calloc(results, sizeof *facts));
    for (uint32_t i = 0; i < results; i++) {
        char *key = need(malloc(32));
        uint64_t site = ((uint64_t) i * 7919 + i / persons) % sites;
        int len = snprintf(key, 32, "p%06u|s%06" PRIu64, i % persons, site);
        facts[i] = (struct engine_fact){.key = slice_of(key, (size_t) len),
                                        .value = SLICE("7.5"),
                                        .standing = ENGINE_FINAL,
                                        .submitted = 16800,
                                        .seq = i + 1};
    }
    return facts;
}

/* From nothing, for each result, of all keys that persons and sites make together. */
static void bench_keys(uint32_t persons, uint32_t sites, uint32_t results)
{
    char text[2048];
    int len = snprintf(text, sizeof text,
                       "terms 1\ncontract visits \"Visits\"\ncurrency GBP rounded to 0.01, half even\nclock UTC\n"
                       "runs 2016-01-01 to 2020-12-31\nparty city outcome payer \"City\"\n"
                       "party prime provider \"Prime\"\nparty judge evaluator \"Judge\"\n"
                       "in force when city and prime have signed\n"
                       "disputes decided by judge within 30 days, otherwise stands\n"
                       "dimension person open, at most %u\ndimension site open, at most %u\n"
                       "metric visits is \"Visits\" in number between 0 and 260\n  by person, site\n"
                       "  reported by prime\n  until 2016-12-31\n"
                       "pay all from city to prime amount GBP 1 * sum(visits over person, site of visits)\n",
                       persons, sites);
    struct err err = {0};
    struct engine_output *output = NULL;
    struct engine_input input = {.terms = compile(slice_of(text, (size_t) len)),
                                 .today = 17500,
                                 .facts = visits_of(persons, sites, results),
                                 .fact_count = results,
                                 .next_first = 1};
    struct arena *arena = need(arena_new((size_t) 1 << 28));
    double best = 1e9;
    for (int round = 0; round < 20; round++) {
        arena_clear(arena);
        double start = now();
        must(engine_evaluate(&input, arena, &output, &err), &err, "evaluating");
        double took = now() - start;
        best = took < best ? took : best;
    }
    printf("keys_us_%u %.3f\nkeys_steps_%u %.2f\n", sites, best / results * 1e6, sites, (double) output->steps / results);
}

/* ---- arithmetic ---- */
static void bench_nodes(void)
{
    static const char text[] =
        "terms 1\ncontract sums \"Sums\"\ncurrency GBP rounded to 0.01, half even\nclock UTC\n"
        "runs 2016-01-01 to 2020-12-31\ncloses 2022-12-31\nparty city outcome payer \"City\"\n"
        "party prime provider \"Prime\"\nparty judge evaluator \"Judge\"\nin force when city and prime have signed\n"
        "disputes decided by judge within 30 days, otherwise stands\ndimension n 1 to 20_000\n"
        "pay sums from city to prime for each n\n"
        "  amount GBP 3 * (n * 2 + 1.5) / (n + 7) - min(GBP 40, n * GBP 0.03) + max(GBP 0, (n - 90) * GBP 0.25 / 3)\n";
    struct err err = {0};
    struct engine_output *output = NULL;
    struct engine_input input = {.terms = compile(slice_str(text)), .today = 17500, .next_first = 1};
    struct arena *arena = need(arena_new((size_t) 1 << 28));
    uint64_t steps = 0;
    double start = now();
    for (int i = 0; i < 20; i++) {
        arena_clear(arena);
        must(engine_evaluate(&input, arena, &output, &err), &err, "evaluating");
        steps += output->steps;
    }
    printf("nodes_per_s %.0f\n", (double) steps / (now() - start));
}

/* ---- a set of equations as large as a national one: sums of hundreds, ratios, conditions ---- */
static void bench_solve(uint32_t count)
{
    struct solve_equation *equations = need(calloc(count, sizeof *equations));
    struct arena *arena = need(arena_new((size_t) 1 << 30));
    struct err err = {0};
    struct solve *set = NULL;
    for (uint32_t i = 0; i < count; i++) {
        char name[32], formula[160];
        int n = snprintf(name, sizeof name, "x_%u", i), f = 0;
        if (i < 100 || i % 10 == 0)
            f = snprintf(formula, sizeof formula, "%u.%02u", i % 977, i % 100);
        else if (i % 10 < 6)
            f = snprintf(formula, sizeof formula, "round(x_%u * 0.35 + x_%u / 12, 2)", i - i % 10, i - 1);
        else if (i % 10 == 6)
            f = snprintf(formula, sizeof formula, "if(x_%u > 100, x_%u * 1.5, safe_div(x_%u, x_%u))", i - 1, i - 2, i - 3,
                         i - 4);
        else
            f = snprintf(formula, sizeof formula, "sum(x_%u, x_%u, x_%u, x_%u) - max(x_%u, 17)", i - 1, i - 2, i - 3, i - 4,
                         i - 5);
        char *block = need(malloc((size_t) (n + f)));
        memcpy(block, name, (size_t) n);
        memcpy(block + n, formula, (size_t) f);
        equations[i] = (struct solve_equation){slice_of(block, (size_t) n), slice_of(block + n, (size_t) f)};
    }
    double start = now();
    must(solve_new(equations, count, arena, &set, &err), &err, "solving");
    if (solve_error_count(set) > 0)
        die("solving", solve_errors(set)->message.ptr);
    printf("solve_s %.4f\n", now() - start);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "compile") == 0 && argc > 2)
        bench_compile(argc - 2, argv + 2);
    else if (strcmp(what, "scratch") == 0 && argc == 3)
        bench_scratch((uint32_t) strtoul(argv[2], NULL, 10));
    else if (strcmp(what, "further") == 0 && argc == 3)
        bench_further((uint32_t) strtoul(argv[2], NULL, 10));
    else if (strcmp(what, "keys") == 0 && argc == 5)
        bench_keys((uint32_t) strtoul(argv[2], NULL, 10), (uint32_t) strtoul(argv[3], NULL, 10),
                   (uint32_t) strtoul(argv[4], NULL, 10));
    else if (strcmp(what, "nodes") == 0 && argc == 2)
        bench_nodes();
    else if (strcmp(what, "solve") == 0 && argc == 3)
        bench_solve((uint32_t) strtoul(argv[2], NULL, 10));
    else
        die("usage", "compile TEXT... | nodes | scratch PARTICIPANTS | further PARTICIPANTS | keys PERSONS SITES RESULTS | "
                     "solve EQUATIONS");
    return 0;
}
