/* A contract whose evaluation is kept from entry to entry: whatever happens, a model that keeps it, one that forgets everything before
 * each decision and one that is trimmed decide the same (world_step sees to that), each twice in turn, so that a decision that never
 * became part of the state leaves nothing behind. */
#include "../../support/dice.h"
#include "world.h"

#define PARTIES "buyer=buyer judge=judge seller=seller vera=vera"
#define TEXT                                                                                                               \
    "terms 1\ncontract deal \"Followed\"\ncurrency USD rounded to 0.01, half even\nclock UTC+01:00\n"                      \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\n"                                                                   \
    "party buyer outcome payer \"Buyer\"\nparty seller provider \"Seller\"\nparty judge evaluator \"Judge\"\n"             \
    "party vera auditor \"Vera\"\nin force when buyer and seller have signed\n"                                            \
    "disputes decided by judge within 20 days, otherwise falls\n"                                                          \
    "dimension n 1 to 24\ndimension village open, at most 9\n"                                                             \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  by n\n  reported by seller\n"                   \
    "  verified by vera or 15 days of silence\n  disputes within 30 days\n  if missing use 0\n"                            \
    "metric visits is \"Visits\" in number between 0 and 90\n  by village\n  reported by seller\n"                         \
    "pay each_one from buyer to seller\n  for each n\n  amount 2.50 per day of units\n"                                    \
    "pay all from buyer to seller\n  amount 0.10 per day of sum(units over n)\n  not before 2012-09-01\n"                  \
    "pay visit from buyer to seller\n  for each village of visits\n  amount USD 3 * visits\n"                              \
    "cap 400 per n on each_one\ncap 3_000 on each_one\ncap 250 on visit\n"

static struct world w;

static uint32_t dice(uint32_t below)
{
    static struct dice state = {4711};
    return dice_below(&state, below);
}

#define SEQS_MAX 400
static uint64_t results[SEQS_MAX], disputes[SEQS_MAX];
static uint32_t result_count, dispute_count;

static void report(void)
{
    char text[80];
    if (dice(3) == 0)
        (void) snprintf(text, sizeof(text), "=deal/visits village=v%u %u", dice(12), dice(90));
    else
        (void) snprintf(text, sizeof(text), "shared.units/1 n=%u %u", 1 + dice(24), dice(300));
    results[result_count] = w.seq;
    do_result(&w, "seller", text);
    result_count += w.decision.refusal == NULL; /* what is reported already is refused */
}

static void something_happens(void)
{
    uint64_t of = result_count == 0 ? 0 : results[dice(result_count)], seq = w.seq;
    uint32_t what = dice(12);
    if (result_count == 0 || what <= 4) {
        report();
        return;
    }
    if (what <= 6)
        do_verify(&w, "vera", of, 0, NULL);
    else if (what == 7)
        do_restate(&w, "seller", of, dice(2) == 0 ? "70" : "33");
    else if (what == 8)
        do_withdraw(&w, "seller", of);
    else if (what == 9)
        do_dispute(&w, "buyer", of, "deal", 0, NULL);
    else if (dispute_count > 0) {
        enum decision_kind kind = (enum decision_kind) dice(3);
        do_resolve(&w, "judge", disputes[dice(dispute_count)], kind, kind == DECISION_REPLACED ? "12" : "", 0, NULL);
    }
    if (w.decision.refusal != NULL)
        return;
    if (what == 7 || what == 8)
        results[result_count++] = seq;
    if (what == 9)
        disputes[dispute_count++] = seq;
}

static void what_is_kept_decides_as_what_is_computed_from_nothing(void **state)
{
    static const char *const actors[] = {"buyer", "seller", "judge", "vera"};
    uint32_t moments = 0;
    (void) state;
    world_init(&w);
    for (size_t i = 0; i < sizeof(actors) / sizeof(actors[0]); i++)
        do_register(&w, "op", actors[i], false);
    do_define(&w, "op", "shared.units", 1, "days");
    do_propose(&w, "buyer", "deal", TEXT, PARTIES);
    do_sign(&w, "buyer", "deal", "buyer");
    do_sign(&w, "seller", "deal", "seller");
    ASSERT_DONE(&w);
    for (int i = 0; i < 260; i++) {
        char day[40];
        (void) snprintf(day, sizeof(day), "2012-%02d-%02d", 6 + i / 45, 1 + i % 45 / 2);
        world_day(&w, day);
        moments += (uint32_t) world_moments(&w);
        something_happens();
    }
    assert_true(result_count > 30 && dispute_count > 2 && moments > 5 && w.base.payments_count > 30);
    world_release(&w);
}

/* ---- contracts that use one another ---- */

#define USED                                                                                                               \
    TEXT "metric bonus is \"Bonus\" in USD between 0 and 500\n  by n\n  reported by seller\n"                              \
         "define total = sum(units over n)\ndefine owing = bonus * 2\n"

/* What units come to for each n, rules and a figure that is not there in time; by its hash, or as amended. */
static const char *user_of(const char *used, const char *slug, const char *how, const char *rule)
{
    uint8_t hash[32];
    char hex[65];
    world_sha256("", slice_str(used), hash);
    text_hex(hash, sizeof hash, hex);
    return arena_printf(
               w.arena,
               "terms 1\ncontract %s \"User\"\ncurrency USD rounded to 0.01, half even\nclock UTC+02:00\n"
               "runs 2012-01-01 to 2013-12-31\ncloses 2014-03-31\n"
               "party buyer outcome payer \"Buyer\"\nparty seller provider \"Seller\"\n"
               "party judge evaluator \"Judge\"\nparty vera auditor \"Vera\"\n"
               "in force when buyer and seller have signed\ndisputes decided by judge within 20 days, otherwise falls\n"
               "uses base is contract %s%s\ndimension n 1 to 24\n"
               "metric each is %s of base in USD\n  by n\n  if missing use 3\n"
               "metric owed is %s of base in USD between 0 and 700\n  by n\n  until 2012-09-0%d\n"
               "  if late use 5\n"
               "metric own is shared.units version 1 in days\n  by n\n  reported by seller\n  if missing use 0\n"
               "pay %s from buyer to seller\n  for each n\n  amount each + owed\n"
               "pay some from buyer to seller\n  amount sum(each over n of each) + 0.10 per day of sum(own over n)\n"
               "cap 900 on %s\n",
               slug, hex, how, strcmp(slug, "user") == 0 ? "each_one" : "more", rule, (int) dice(9) + 1,
               strcmp(slug, "user") == 0 ? "more" : "again", strcmp(slug, "user") == 0 ? "more" : "again")
        .ptr;
}

static void report_for_users(void)
{
    char text[80];
    (void) snprintf(text, sizeof(text), "=deal/bonus n=%u %u", 1 + dice(24), dice(500));
    results[result_count] = w.seq;
    do_result(&w, "seller", text);
    result_count += w.decision.refusal == NULL;
}

static void so_it_is_with_contracts_that_use_others(void **state)
{
    static const char *const actors[] = {"buyer", "seller", "judge", "vera"};
    const char *first = NULL;
    uint32_t moments = 0, figures = 0;
    (void) state;
    result_count = dispute_count = 0;
    world_init(&w);
    for (size_t i = 0; i < sizeof(actors) / sizeof(actors[0]); i++)
        do_register(&w, "op", actors[i], false);
    do_define(&w, "op", "shared.units", 1, "days");
    do_propose(&w, "buyer", "deal", USED, PARTIES);
    ASSERT_DONE(&w);
    first = user_of(USED, "user", "", "owing");
    do_propose(&w, "buyer", "user", first, PARTIES);
    ASSERT_DONE(&w);
    do_propose(&w, "buyer", "last", user_of(first, "last", " as amended", "more"), PARTIES);
    ASSERT_DONE(&w);
    do_sign(&w, "buyer", "user", "buyer");
    do_sign(&w, "seller", "user", "seller");
    for (int i = 0; i < 260; i++) {
        char day[40];
        (void) snprintf(day, sizeof(day), "2012-%02d-%02d", 6 + i / 45, 1 + i % 45 / 2);
        world_day(&w, day);
        moments += (uint32_t) world_moments(&w);
        if (i == 20 || i == 80) { /* what is used comes into force, then a user of the user */
            do_sign(&w, "buyer", i == 20 ? "deal" : "last", "buyer");
            do_sign(&w, "seller", i == 20 ? "deal" : "last", "seller");
            ASSERT_DONE(&w);
        }
        if (dice(4) == 0 && i > 20)
            report_for_users();
        something_happens();
        figures = w.base.figures_count;
    }
    world_day(&w, "2014-04-02"); /* the users close before what they use */
    moments += (uint32_t) world_moments(&w);
    something_happens();
    assert_true(result_count > 30 && dispute_count > 2 && moments > 5 && w.base.payments_count > 80 && figures >= 96);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_decides_as_what_is_computed_from_nothing),
        cmocka_unit_test(so_it_is_with_contracts_that_use_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
