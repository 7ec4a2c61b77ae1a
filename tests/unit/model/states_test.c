/* The table in contracts/README.md is the one that decisions ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "../../../contracts/model/states.h"
#include "tally/model.h"

static void the_readme_holds_the_table_as_the_program_prints_it(void **state)
{
    static char text[64 * 1024];
    struct buf printed;
    (void) state;
    FILE *file = fopen("contracts/README.md", "r");
    assert_non_null(file); /* tests run from the top of the tree */
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[len] = '\0';
    buf_init(&printed, sizeof(text));
    contract_states_print(&printed);
    assert_non_null(printed.ptr);
    assert_non_null(strstr(text, printed.ptr));
    buf_release(&printed);
}

static void a_contract_never_goes_back(void **state)
{
    (void) state;
    for (int s = 0; s < CONTRACT_STATE_COUNT; s++) {
        for (int deed = 0; deed <= CONTRACT_DEED_SETTLE; deed++) {
            if (contract_takes((enum contract_state) s, (enum contract_deed) deed))
                assert_true((int) contract_next((enum contract_state) s, (enum contract_deed) deed) >= s);
        }
    }
    assert_false(contract_takes(CONTRACT_PROPOSED, CONTRACT_DEED_RESULT));
    assert_false(contract_takes(CONTRACT_CLOSED, CONTRACT_DEED_SIGN));
    assert_int_equal(contract_next(CONTRACT_PROPOSED, CONTRACT_DEED_ACTIVATE), CONTRACT_IN_FORCE);
    assert_int_equal(contract_next(CONTRACT_IN_FORCE, CONTRACT_DEED_CLOSE), CONTRACT_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_readme_holds_the_table_as_the_program_prints_it),
        cmocka_unit_test(a_contract_never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
