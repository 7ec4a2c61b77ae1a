/* bench_model further RESULTS | waiting RESULTS: what a statement costs the model in a contract with so many results, without a database.
 *   further   all are final; another contract takes figures of it
 *   waiting   the same, but that none is final: silence makes them so
 * Of a further result and of its verification, where the other contract takes what it changes (figure) and where not (person), the middle
 * of some; and how many moments the next 25 days bring, with what they cost together. Prints one line a figure: name value, in microseconds
 * of the processor. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "must.h"
#include "tally/diag.h"
#include "tally/digest.h"
#include "tally/model.h"
#include "tally/text.h"

#define AT_ONCE 1000 /* results in one statement, until there are enough */
#define QUARTERS 4   /* in which each participant has a result */
#define SITES 100    /* by which a figure is summed that the other contract takes */
#define ROUNDS 40
#define DAY_US (INT64_C(86400) * 1000000)

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}

static void sha256(const char *prefix, struct slice data, uint8_t out[32])
{
    struct slice parts[2] = {slice_str(prefix), data};
    struct digest digest;
    digest_parts(parts, 2, &digest);
    memcpy(out, digest.bytes, 32);
}

struct ledger {
    struct model *model;
    struct arena *arena, *kept; /* of one decision; of what is proposed */
    uint64_t seq;
    struct instant time;
    struct decision decision;
    uint8_t version[32]; /* of the last contract that was proposed */
};

static void evolve(struct ledger *l, const struct command *command, const struct model_place *place)
{
    struct err err = {0};
    uint8_t hash[32];
    sha256("entry", slice_of((const char *) &l->seq, sizeof l->seq), hash);
    must(model_evolve(l->model, command, &l->decision, place, hash, &err), &err, "evolving");
    l->seq += l->decision.event_count + (command != NULL);
}

/* All that is due by now; how many moments. */
static uint32_t moments(struct ledger *l)
{
    struct err err = {0};
    struct instant moment;
    bool has = true;
    for (uint32_t count = 0;; count++) {
        must(model_next_due(l->model, l->time, &moment, &has, &err), &err, "the clock");
        if (!has)
            return count;
        struct model_place place = {l->seq, l->time};
        must(model_decide_moment(l->model, &place, l->arena, &l->decision, &err), &err, "a moment");
        evolve(l, NULL, &place);
        arena_clear(l->arena);
    }
}

static void act(struct ledger *l, const char *actor, struct command *command)
{
    struct err err = {0};
    struct model_place place = {l->seq, l->time};
    char kid[40];
    snprintf(kid, sizeof kid, "k-%s", actor);
    command->actor = slice_str(actor);
    command->kid = slice_str(kid);
    command->head_seq = l->seq - 1;
    must(model_decide(l->model, command, &place, l->arena, &l->decision, &err), &err, "deciding");
    if (l->decision.refusal != NULL)
        die("refused", l->decision.refusal->detail.ptr);
    if (l->decision.changes.contracts_count > 0)
        memcpy(l->version, l->decision.changes.contracts[0].version_hash, 32);
    evolve(l, command, &place);
    arena_clear(l->arena);
}

/* ---- two contracts ---- */
static void register_actor(struct ledger *l, const char *id)
{
    char kid[40];
    snprintf(kid, sizeof kid, "k-%s", id);
    struct command command = {.kind = COMMAND_REGISTER_ACTOR};
    command.u.register_actor.id = slice_str(id);
    command.u.register_actor.kind = ACTOR_ORGANISATION;
    command.u.register_actor.name = SLICE("Somebody");
    command.u.register_actor.kid = command.u.register_actor.x = slice_str(kid);
    act(l, "op", &command);
}

static void propose(struct ledger *l, const char *id, struct slice text)
{
    static const struct command_party parties[] = {{SLICE("city"), SLICE("city"), SLICE("k-city")},
                                                   {SLICE("judge"), SLICE("judge"), SLICE("k-judge")},
                                                   {SLICE("prime"), SLICE("prime"), SLICE("k-prime")}};
    struct command command = {.kind = COMMAND_PROPOSE_CONTRACT};
    struct diags diags;
    struct err err = {0};
    struct terms *terms = NULL;
    diags_init(&diags, l->kept);
    must(terms_compile(text, &diags, &terms, &err), &err, "compiling");
    if (terms == NULL)
        die("compiling", diags.first->message.ptr);
    command.u.propose_contract.id = slice_str(id);
    command.u.propose_contract.text = text;
    command.u.propose_contract.terms = terms;
    command.u.propose_contract.open = true;
    command.u.propose_contract.parties = parties;
    command.u.propose_contract.party_count = 3;
    sha256("", text, command.u.propose_contract.terms_hash);
    act(l, "city", &command);
    terms_free(terms);
}

static void sign(struct ledger *l, const char *actor, const char *contract)
{
    struct command command = {.kind = COMMAND_SIGN_CONTRACT};
    command.u.sign_contract.id = slice_str(contract);
    command.u.sign_contract.as = slice_str(actor);
    memcpy(command.u.sign_contract.version, l->version, 32);
    act(l, actor, &command);
}

static void put_in_force(struct ledger *l, const char *id, struct slice text)
{
    propose(l, id, text);
    sign(l, "city", id);
    sign(l, "prime", id);
}

#define HEAD(slug)                                                                                                         \
    "terms 1\ncontract " slug " \"Bench\"\ncurrency GBP rounded to 0.01, half even\nclock UTC\n"                           \
    "runs 2016-01-01 to 2016-12-31\ncloses 2017-12-31\nparty city outcome payer \"City\"\n"                                \
    "party prime provider \"Prime\"\nparty judge evaluator \"Judge\"\nin force when city and prime have signed\n"          \
    "disputes decided by judge within 30 days, otherwise stands\n"
#define QUARTER "period quarter every 3 months from 2016-01-01 to 2016-12-31\n"
#define VERIFIED "  reported by prime\n  verified by judge or 20 days of silence\n"

static struct slice used_text(struct ledger *l, uint32_t results)
{
    return arena_printf(
        l->kept,
        HEAD("many") QUARTER
        "dimension person persons, at most %u\ndimension site 1 to %u\n"
        "metric worked is \"Weeks\" in weeks between 0 and 13\n  by person, quarter\n" VERIFIED
        "metric placed is \"Placed\" in number between 0 and 100_000\n  by site, quarter\n" VERIFIED "  if missing use 0\n"
        "define in_work = sum(placed over site)\n"
        "pay each_one from city to prime\n  for each person, quarter of worked\n  amount 9.50 per week of worked\n"
        "pay all from city to prime\n  for each quarter\n  amount GBP 20 * in_work\n",
        results / QUARTERS + 1, SITES);
}

static struct slice user_text(struct ledger *l, struct slice used)
{
    uint8_t hash[32];
    char hex[65];
    sha256("", used, hash);
    text_hex(hash, sizeof hash, hex);
    return arena_printf(l->kept,
                        HEAD("user") "uses many is contract %s\n" QUARTER
                                     "metric in_work is in_work of many in number\n  by quarter\n  if missing use 0\n"
                                     "pay more from city to prime\n  for each quarter\n  amount GBP 5 * in_work\n",
                        hex);
}

/* ---- results ---- */
static const struct slice quarters[QUARTERS] = {SLICE("2016-01-01/2016-03-31"), SLICE("2016-04-01/2016-06-30"),
                                                SLICE("2016-07-01/2016-09-30"), SLICE("2016-10-01/2016-12-31")};

struct result {
    struct command_dimension dimensions[2];
    char text[40], value[16];
};

static void result_make(struct result *r, struct command_result *out, bool is_person, uint32_t number, uint32_t value)
{
    if (is_person)
        snprintf(r->text, sizeof r->text, "p%021u", number / QUARTERS);
    else
        snprintf(r->text, sizeof r->text, "%u", number / QUARTERS % SITES + 1);
    snprintf(r->value, sizeof r->value, "%u", value);
    r->dimensions[is_person ? 1 : 0] = (struct command_dimension){SLICE("quarter"), quarters[number % QUARTERS]};
    r->dimensions[is_person ? 0 : 1] =
        (struct command_dimension){is_person ? SLICE("person") : SLICE("site"), slice_str(r->text)};
    *out = (struct command_result){.is_figure = true,
                                   .contract = SLICE("many"),
                                   .metric = is_person ? SLICE("worked") : SLICE("placed"),
                                   .dimensions = r->dimensions,
                                   .dimension_count = 2,
                                   .value = slice_str(r->value)};
}

/* From `first` on; the statement's number. */
static uint64_t report(struct ledger *l, bool is_person, uint32_t first, uint32_t count)
{
    static struct result results[AT_ONCE];
    static struct command_result list[AT_ONCE];
    uint64_t seq = l->seq;
    for (uint32_t i = 0; i < count; i++)
        result_make(&results[i], &list[i], is_person, first + i, (first + i) % 13);
    struct command command = {.kind = COMMAND_SUBMIT_RESULTS};
    command.u.submit_results.results = list;
    command.u.submit_results.count = count;
    command.u.submit_results.is_list = true;
    act(l, "prime", &command);
    return seq;
}

static void verify(struct ledger *l, uint64_t seq)
{
    struct command command = {.kind = COMMAND_VERIFY_RESULT};
    command.u.verify_result.seq = seq;
    act(l, "judge", &command);
}

static void begin(struct ledger *l, uint32_t results, bool is_final)
{
    const struct model_ports ports = {sha256};
    struct err err = {0};
    struct row_actor op = {.id = SLICE("op"), .kind = SLICE("organisation"), .is_operator = true};
    struct row_key key = {.kid = SLICE("k-op"), .actor = SLICE("op"), .x = SLICE("x"), .revoked_seq = ROW_NO_SEQ};
    *l = (struct ledger){.seq = 1, .arena = need(arena_new((size_t) 1 << 30)), .kept = need(arena_new(1 << 22))};
    must(model_new_whole(&ports, &l->model, &err), &err, "the model");
    must(model_put_actor(l->model, &op, &err), &err, "the operator");
    must(model_put_key(l->model, &key, &err), &err, "the operator's key");
    l->time = instant_of_day(17000, 0); /* 2016-07-18 */
    register_actor(l, "city");
    register_actor(l, "prime");
    register_actor(l, "judge");
    struct slice used = used_text(l, results + ROUNDS);
    put_in_force(l, "many", used);
    put_in_force(l, "user", user_text(l, used));
    for (uint32_t first = 0; first < results; first += AT_ONCE) {
        uint64_t seq = report(l, true, first, results - first < AT_ONCE ? results - first : AT_ONCE);
        if (is_final)
            verify(l, seq);
    }
}

static double middle(double *list)
{
    for (int i = 1; i < ROUNDS; i++)
        for (int k = i; k > 0 && list[k] < list[k - 1]; k--) {
            double other = list[k];
            list[k] = list[k - 1];
            list[k - 1] = other;
        }
    return list[ROUNDS / 2];
}

/* Results of the figure that the other contract takes, and of people, which it does not. */
static void measure(struct ledger *l, const char *name, bool is_person, uint32_t first, uint32_t among)
{
    double results[ROUNDS], verifications[ROUNDS];
    for (uint32_t i = 0; i < ROUNDS; i++) {
        l->time.us += 1000000;
        double start = now();
        uint64_t seq = report(l, is_person, first + i, 1);
        double reported = now();
        verify(l, seq);
        results[i] = reported - start;
        verifications[i] = now() - reported;
    }
    const char *what = is_person ? "person" : "figure";
    printf("%s_%s_result_us_%u %.1f\n", name, what, among, middle(results));
    printf("%s_%s_verification_us_%u %.1f\n", name, what, among, middle(verifications));
}

/* Each day what waits for silence becomes final, where something does. */
static void measure_moments(struct ledger *l, const char *name, uint32_t among)
{
    double spent = 0;
    uint32_t count = 0;
    for (int i = 0; i < 25; i++) {
        l->time.us += DAY_US;
        double start = now();
        count += moments(l);
        spent += now() - start;
    }
    printf("%s_moments_%u %u\n%s_moments_us_%u %.1f\n", name, among, count, name, among, spent);
}

int main(int argc, char **argv)
{
    struct ledger l;
    bool is_final = argc == 3 && strcmp(argv[1], "further") == 0;
    if (!is_final && (argc != 3 || strcmp(argv[1], "waiting") != 0))
        die("usage", "further RESULTS | waiting RESULTS");
    uint32_t results = (uint32_t) strtoul(argv[2], NULL, 10);
    begin(&l, results, is_final);
    measure(&l, argv[1], false, 0, results);
    measure(&l, argv[1], true, results, results);
    measure_moments(&l, argv[1], results);
    model_free(l.model);
    arena_free(l.arena);
    arena_free(l.kept);
    return 0;
}
