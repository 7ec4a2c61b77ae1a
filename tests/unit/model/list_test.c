/* What one statement may trigger does not depend on what one entry may hold: a long list of instances stands in several. */
#include "world.h"

#define NAMES 26 /* of each of three dimensions: 17,576 instances of some 260 bytes */
#define PARTIES "buyer=buyer judge=judge seller=seller"

static struct slice text_of(struct world *w)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_add_str(&text, "terms 1\ncontract deal \"Lists\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"
                       "runs 2012-01-01 to 2013-12-31\nparty buyer outcome payer \"Buyer\"\n"
                       "party seller provider \"Seller\"\nparty judge evaluator \"Judge\"\n"
                       "in force when buyer and seller have signed\n"
                       "disputes decided by judge within 20 days, otherwise falls\n");
    for (char d = 'a'; d <= 'c'; d++) {
        buf_printf(&text, "dimension %c (", d);
        for (int i = 0; i < NAMES; i++)
            buf_printf(&text, "%s%c%c_with_a_name_that_is_as_long_as_any_may_be_to_fill_the_lists_of", i == 0 ? "" : ", ",
                       d, 'a' + i);
        buf_add_str(&text, ")\n");
    }
    buf_add_str(&text, "metric price is \"Price\" in USD between 0 and 1_000_000\n  reported by seller\n"
                       "pay each_one from buyer to seller\n  for each a, b, c\n  amount price\n");
    struct slice kept = world_keep(w, buf_slice(&text));
    buf_release(&text);
    return kept;
}

/* How many keys the list names. Not by strstr, which a thread sanitizer lets look at all the rest each time. */
static uint32_t items_in(struct slice body)
{
    static const char named[] = "\"key\":\"";
    uint32_t count = 0;
    for (size_t i = 0; i + sizeof named <= body.len; i++)
        count += memcmp(body.ptr + i, named, sizeof named - 1) == 0;
    return count;
}

static void a_long_list_of_instances_stands_in_several_entries(void **state)
{
    static const char *const actors[] = {"buyer", "seller", "judge"};
    struct world *w = calloc(1, sizeof *w);
    char part[120];
    uint32_t instances = 0, lists = 0;
    (void) state;
    assert_non_null(w);
    world_init(w);
    for (size_t i = 0; i < sizeof(actors) / sizeof(actors[0]); i++)
        do_register(w, "op", actors[i], false);
    do_propose(w, "buyer", "deal", text_of(w).ptr, PARTIES);
    do_sign(w, "buyer", "deal", "buyer");
    do_sign(w, "seller", "deal", "seller");
    ASSERT_DONE(w);
    world_day(w, "2012-06-01");
    uint64_t cause = w->seq;
    do_result(w, "seller", "=deal/price - 123456.78");
    ASSERT_DONE(w);
    const struct decision *decision = &w->decision;
    for (uint32_t i = 0; i < decision->event_count; i++) {
        assert_true(decision->events[i].body.len < 5u << 20);
        if (strcmp(decision->events[i].type, "payment.itemised") != 0)
            continue;
        assert_int_equal(strstr(decision->events[i].body.ptr, "\"explanation\":") != NULL, lists == 0); /* the first one */
        lists++;
        instances += items_in(decision->events[i].body);
    }
    assert_int_equal(instances, NAMES * NAMES * NAMES);
    assert_int_equal(lists, 2);
    assert_string_equal(decision->events[1].type, "payment.itemised"); /* behind what became final */
    assert_string_equal(decision->events[3].type, "payment.triggered");
    (void) snprintf(part, sizeof part, "\"instances\":{\"count\":17576,\"entries\":2,\"seq\":%" PRIu64 "}", cause + 2);
    assert_non_null(strstr(decision->events[3].body.ptr, part));
    assert_string_equal(w->base.payments[0].amount.ptr, "2169876365.28");
    assert_int_equal(w->base.payment_items_count, NAMES * NAMES * NAMES);
    /* and the explanation tells as many as it may */
    struct slice told = w->base.explanations[0].body;
    assert_true(told.len <= (1u << 20) + 500 && told.len > 1000000);
    assert_null(strstr(told.ptr, "\"left_out\":0,"));
    assert_non_null(strstr(told.ptr, "\"left_out\":"));
    world_release(w);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_list_of_instances_stands_in_several_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
