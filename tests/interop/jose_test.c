/* npm jose makes statements that the service accepts, and verifies those that it stored: tests/interop/node/statements.mjs. */
#include "interop_help.h"

static void jose_makes_statements_and_verifies_those_stored(void **state)
{
    char pem[256], wanted[64];
    (void) state;
    interop_need("node");
    (void) snprintf(pem, sizeof pem, "%s/operator.pem", service.data);
    uint64_t before = head_now().seq;
    const char *said = interop_run("node/statements.mjs", pem);
    /* four of its own are recorded, and none of those that were to be refused; all but entry 0 are statements */
    assert_int_equal(head_now().seq, before + 4);
    (void) snprintf(wanted, sizeof wanted, "%u statements of 3 actors verified\n", (unsigned) before + 4);
    assert_string_equal(said, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(jose_makes_statements_and_verifies_those_stored)};
    return cmocka_run_group_tests(tests, interop_start, interop_stop);
}
