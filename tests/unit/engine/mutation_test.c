/* Texts changed at random: each is either refused with a diagnostic or compiled and evaluated; nothing else happens. Words are
 * moved between texts, so that many of the results still parse. The count can be raised: MUTATIONS=100000. */
#include "../../support/dice.h"
#include "world.h"

#include "texts.h"

static const char *const sources[] = {
    TEXT_PETERBOROUGH,
    TEXT_RIKERS_ABLE,
    TEXT_RHINO,
    TEXT_ROCA_WATERFALL,
    TEXT_BENEVOLENT,
    TEXT_EDUCATE_GIRLS,
    TEXT_INNOVATION_FUND,
    TEXT_WORK_PROGRAMME,
    SMALL(
        "calendar working monday to friday except 2016-01-01\ndimension village open, at most 9\n"
        "period year every 1 year from 2016-01-01 to 2018-12-31\n"
        "metric x is \"X\" in USD\n  by village, year\nmetric d is \"D\" in days\n  by year\n"
        "pay p from city to lender for each village, year of x dated 5 working days after start of year amount bands of d: "
        "from 0 days: 1 per day from 5 days: 2 per day due 3 working days after\n"
        "pay q from city to lender for each year amount best(2, d over last 2 of year) * USD 1 / 1 day\n"
        "pay r from city to lender for each village when submitted(x[year: 2016-01-01]) < never amount 1\n"
        "pay s from city to lender for each year amount portion(USD 100, d over year of d where d > 1 day)\n"
        "cap 9 per village, year on p\ncap 5 per village on r\n"),
    SMALL("period year every 1 year from 2016-01-01 to 2018-12-31\ndimension stage 0 to 4\ndimension arm (a, b)\n"
          "metric x is \"X\" in USD\n  by year, arm\n  if missing use prior(year, x, 0)\nmetric w is \"W\" in arm\n"
          "table t in USD by stage\n  otherwise: 5\n"
          "define so = sum(x over year so far where x > 2) + last(x over last 2 of year) - mean(x[arm: b] over year of x)\n"
          "pay p from city to lender for each year, arm of x dated end of year when w = a or not (w in (a, b)) amount "
          "t[stage: "
          "(number of year)] * so / so\n"
          "pay q from city to lender for each arm amount round(sum(x over year), 0.05, down) ^ 2 / USD 1 either way not "
          "before "
          "2 months after 2016-01-31 never back\ncap 100 per year on p\ncap 5 on q\n")};
#define SOURCES (sizeof sources / sizeof sources[0])

/* Where the n-th word begins and how long it is. */
static struct slice word_at(const char *text, uint32_t n)
{
    const char *p = text;
    for (;;) {
        p += strspn(p, " \n(),:[]");
        size_t len = strcspn(p, " \n(),:[]");
        if (*p == '\0')
            return slice_of(text, strcspn(text, " "));
        if (n-- == 0)
            return slice_of(p, len);
        p += len;
    }
}

/* One word of the text becomes another: of the same text mostly, of any other sometimes. */
static void mutate(struct dice *r, char *text, size_t cap)
{
    static char copy[1 << 16];
    const char *from = dice_below(r, 4) == 0 ? sources[dice_below(r, SOURCES)] : text;
    struct slice old = word_at(text, 20 + dice_below(r, 400)), new = word_at(from, 20 + dice_below(r, 400));
    size_t head = (size_t) (old.ptr - text);
    int len = snprintf(copy, sizeof copy, "%.*s%.*s%s", (int) head, text, SLICE_ARG(new), old.ptr + old.len);
    if (len > 0 && (size_t) len < cap)
        memcpy(text, copy, (size_t) len + 1);
}

/* One plausible fact for every metric at its first key. */
static size_t make_facts(const struct terms *t, struct dice *r, struct engine_fact *facts, char (*keys)[200])
{
    static const char *const values[] = {"1", "0", "12.5", "-3", "60%", "true", "2016-05-05", "a", "programme"};
    size_t count = 0;
    for (uint32_t i = 0; i < terms_metric_count(t) && count < 16; i++) {
        const struct terms_metric *m = terms_metric(t, i);
        struct terms_dimension_value dims[8];
        uint32_t n = 0;
        keys[count][0] = '\0';
        for (; n < m->by_count && n < 8; n++)
            dims[n] = (struct terms_dimension_value){terms_dimension(t, m->by[n])->name,
                                                     terms_dimension(t, m->by[n])->member_count == 0
                                                         ? SLICE("Zq0-_Zq0-_Zq0-_Zq0-_Zq")
                                                         : terms_dimension(t, m->by[n])->members[0]};
        for (uint32_t w = 0; w < m->where_count && n < 8; w++, n++)
            dims[n] = (struct terms_dimension_value){terms_dimension(t, m->where[w].dimension)->name, m->where[w].member};
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            struct terms_candidate candidate = {.dimensions = dims,
                                                .dimension_count = n,
                                                .value = slice_str(values[v]),
                                                .reporter = m->reporter_count == 0 ? TERMS_NONE : m->reporters[0]};
            struct arena *arena = arena_new(1 << 16);
            bool fits = false;
            struct slice key = {0}, why = {0};
            assert_int_equal(terms_fit(t, i, &candidate, arena, &fits, &key, &why, NULL), TALLY_OK);
            if (fits)
                snprintf(keys[count], 200, "%.*s", SLICE_ARG(key));
            arena_free(arena);
            if (!fits || dice_below(r, 3) == 0)
                continue;
            facts[count] = (struct engine_fact){.metric = i, .key = slice_str(keys[count]), .value = slice_str(values[v])};
            count++;
            break;
        }
    }
    return count;
}

static void evaluate(const struct terms *t, struct dice *r)
{
    struct engine_fact facts[16];
    char keys[17][200];
    struct err err = {0};
    struct arena *arena = arena_new(1 << 26);
    struct engine_output *out = NULL;
    struct engine_input input = {.terms = t, .today = 17000 + (int32_t) dice_below(r, 2000), .next_first = 1};
    input.facts = facts;
    input.fact_count = make_facts(t, r, facts, keys);
    enum tally_code rc = engine_evaluate(&input, arena, &out, &err);
    if (rc != TALLY_OK)
        print_error("%s\n", err.detail);
    assert_int_equal(rc, TALLY_OK);
    if (out->count > 0) {
        struct buf b;
        buf_init(&b, 1 << 22);
        const struct engine_instance *some = &out->instances[dice_below(r, (uint32_t) out->count)];
        assert_int_equal(engine_explain(&input, some->rule, some->key, arena, &b, &err), TALLY_OK);
        buf_release(&b);
    }
    arena_free(arena);
}

static void a_changed_text_is_refused_or_works(void **state)
{
    (void) state;
    static char text[1 << 15];
    const char *wanted = getenv("MUTATIONS");
    long rounds = wanted == NULL ? 1500 : strtol(wanted, NULL, 10), compiled = 0;
    for (long i = 1; i <= rounds; i++) {
        struct dice r = {(uint64_t) i * UINT64_C(0x9E3779B97F4A7C15)};
        snprintf(text, sizeof text, "%s", sources[dice_below(&r, SOURCES)]);
        for (uint32_t n = 1 + dice_below(&r, 3); n > 0; n--)
            mutate(&r, text, sizeof text);
        struct diags diags;
        struct terms *terms = NULL;
        struct arena *arena = arena_new(1 << 22);
        diags_init(&diags, arena);
        assert_int_equal(terms_compile(slice_str(text), &diags, &terms, NULL), TALLY_OK);
        assert_int_equal(terms == NULL, diags.errors > 0);
        if (terms != NULL) {
            compiled++;
            evaluate(terms, &r);
        }
        terms_free(terms);
        arena_free(arena);
    }
    assert_true(compiled > rounds / 50); /* otherwise nothing was tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_changed_text_is_refused_or_works)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
