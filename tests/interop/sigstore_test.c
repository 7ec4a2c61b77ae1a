/* npm @sigstore/verify accepts checkpoint and inclusion proofs: tests/interop/node/checkpoint.mjs. */
#include "interop_help.h"

static void sigstore_accepts_checkpoint_and_inclusion(void **state)
{
    char vkey[256], wanted[64];
    (void) state;
    interop_need("node");
    assert_int_equal(service_vkey(&service, vkey, sizeof vkey), 0);
    (void) snprintf(wanted, sizeof wanted, "%u entries, root ", interop_published());
    const char *said = interop_run("node/checkpoint.mjs", vkey);
    assert_memory_equal(said, wanted, strlen(wanted));
    assert_non_null(strstr(said, ": checkpoint and inclusion hold\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sigstore_accepts_checkpoint_and_inclusion)};
    return cmocka_run_group_tests(tests, interop_start, interop_stop);
}
