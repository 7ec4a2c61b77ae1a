/* Persons are named by pseudonyms: who is refused otherwise, by which text of a contract, and what a refusal says. */
#include "deal.h"

#define PERSON "k3v9a7q2m5x8c1z4b6n0p7"

/* One text with blanks: its id, what stands behind the title, and what its participants are. */
#define WATCHED(id, header, kind)                                                                                          \
    "terms 1\ncontract " id " \"Watched\"" header "\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                 \
    "runs 2012-01-01 to 2013-12-31\nparty city outcome payer \"City\"\nparty maker provider \"Maker\"\n"                   \
    "in force when city have signed\namended when city have signed\ndimension participant " kind ", at most 2\n"           \
    "metric days is zone.stays version 1 in days between 0 and 1_000\n  by participant\n"                                  \
    "pay each_one from city to maker\n  for each participant of days\n  amount 2 per day of days\n"
#define FIRST_WATCHED(kind) WATCHED("watched", "", kind)
#define SECOND_WATCHED(kind) WATCHED("watched", " version 2 amends @ effective 2012-01-01", kind)
#define WHO "city=city maker=maker"

static struct world w;

static void begin_watched(const char *text)
{
    world_init(&w);
    do_register(&w, "op", "city", false);
    do_register(&w, "op", "maker", true);
    do_define(&w, "op", "zone.stays", 1, "days");
    do_propose(&w, "city", "watched", text, WHO);
    ASSERT_DONE(&w);
}

static void sign_watched(void)
{
    do_sign(&w, "city", "watched", "city"); /* in force */
    do_sign(&w, "maker", "watched", "maker");
    ASSERT_DONE(&w);
}

/* What is recorded stays, its dimensions after an erasure too. Only a contract that the author has signed says who is a person: anybody may make one. */
static void who_has_signed_names_persons_by_pseudonyms_alone(void **state)
{
    (void) state;
    begin_watched(FIRST_WATCHED("persons"));
    do_result(&w, "maker", "zone.stays/1 participant=anna 5");
    ASSERT_DONE(&w);
    do_sign(&w, "city", "watched", "city"); /* in force, and maker has not signed */
    do_result(&w, "maker", "zone.stays/1 participant=berta 5");
    ASSERT_DONE(&w);
    do_sign(&w, "maker", "watched", "maker");
    const char *two[] = {"zone.stays/1 participant=" PERSON "-b 5", "zone.stays/1 participant=clara 6"};
    do_results(&w, "maker", false, 2, two);
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_PERSON, "/results/1/dimensions");
    do_result(&w, "maker", "zone.stays/1 site=clara 6"); /* no person */
    ASSERT_DONE(&w);
    do_result(&w, "maker", "zone.stays/1 participant=" PERSON "-c 6");
    ASSERT_DONE(&w);
    world_release(&w);
}

static void each_result_that_names_a_person_is_told_once(void **state)
{
    (void) state;
    begin_watched(FIRST_WATCHED("persons"));
    sign_watched();
    do_propose(&w, "city", "other", WATCHED("other", "", "persons"), WHO);
    do_sign(&w, "maker", "other", "maker"); /* not in force: what is reported is used when it is */
    ASSERT_DONE(&w);
    const char *three[] = {"zone.stays/1 participant=clara 6", "zone.stays/1 participant=" PERSON " 5",
                           "zone.stays/1 participant=dora 6"};
    do_results(&w, "maker", false, 3, three);
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_PERSON, "/results/0/dimensions");
    const struct refusal_at *errors = w.decision.refusal->errors;
    assert_non_null(strstr(errors->detail.ptr, "its `participant` is a person in watched,"));
    assert_non_null(errors->next);
    assert_string_equal(errors->next->pointer.ptr, "/results/2/dimensions");
    assert_null(errors->next->next);
    world_release(&w);
}

static void amend_watched(const char *from, const char *to)
{
    uint64_t seq = w.seq;
    do_amend(&w, "city", "watched", amends(&w, to, from), WHO);
    ASSERT_DONE(&w);
    do_result(&w, "maker", "zone.stays/1 participant=berta 5"); /* the text in force says it as before */
    bool is_refused = w.decision.refusal != NULL;
    assert_int_equal(is_refused, strstr(from, "persons") != NULL);
    do_sign_amendment(&w, "city", "watched", "city", seq);
    ASSERT_DONE(&w);
    assert_event(&w, 0, "contract.amended", NULL);
}

/* Otherwise a text that calls sites persons by mistake could never be mended. */
static void an_amendment_says_who_is_a_person(void **state)
{
    (void) state;
    begin_watched(FIRST_WATCHED("persons"));
    sign_watched();
    amend_watched(FIRST_WATCHED("persons"), SECOND_WATCHED("open"));
    do_result(&w, "maker", "zone.stays/1 participant=clara 5");
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.changes.payments_count, 1);
    world_release(&w);
    begin_watched(FIRST_WATCHED("open"));
    sign_watched();
    amend_watched(FIRST_WATCHED("open"), SECOND_WATCHED("persons"));
    do_result(&w, "maker", "zone.stays/1 participant=clara 5");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_PERSON, "/dimensions");
    world_release(&w);
}

#define CLOSES                                                                                                             \
    "terms 1\ncontract watched \"Watched\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                          \
    "runs 2012-01-01 to 2013-12-31\ncloses 2014-06-30\nparty city outcome payer \"City\"\n"                                \
    "party maker provider \"Maker\"\nin force when city have signed\ndimension participant persons, at most 2\n"           \
    "metric days is zone.stays version 1 in days between 0 and 1_000\n  by participant\n"                                  \
    "metric visits is \"Visits\" in days between 0 and 1_000\n  by participant\n  reported by maker\n"                     \
    "pay each_one from city to maker\n  for each participant of days\n  amount 2 per day of days\n"                        \
    "pay each_visit from city to maker\n  for each participant of visits\n  amount 2 per day of visits\n"

/* A figure is of one contract, which its reporter knows, signed or not. One that has closed says nothing any more. */
static void a_figure_names_persons_by_pseudonyms_and_a_closed_contract_asks_for_none(void **state)
{
    (void) state;
    begin_watched(CLOSES);
    do_sign(&w, "city", "watched", "city"); /* in force */
    do_result(&w, "maker", "=watched/visits participant=clara 5");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_PERSON, "/dimensions");
    do_result(&w, "maker", "=watched/visits participant=" PERSON " 5");
    ASSERT_DONE(&w);
    do_sign(&w, "maker", "watched", "maker");
    do_result(&w, "maker", "zone.stays/1 participant=clara 5");
    ASSERT_REFUSED_AT(&w, REFUSE_RESULT_PERSON, "/dimensions");
    world_day(&w, "2014-07-02");
    (void) world_moments(&w);
    do_result(&w, "maker", "zone.stays/1 participant=clara 5");
    ASSERT_DONE(&w);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_signed_names_persons_by_pseudonyms_alone),
        cmocka_unit_test(each_result_that_names_a_person_is_told_once),
        cmocka_unit_test(an_amendment_says_who_is_a_person),
        cmocka_unit_test(a_figure_names_persons_by_pseudonyms_and_a_closed_contract_asks_for_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
