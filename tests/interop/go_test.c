/* Go's checksum database library reads the ledger's tree: tests/interop/go/tree.go. */
#include "interop_help.h"

static void go_s_sumdb_reads_checkpoint_proofs_and_tiles(void **state)
{
    char vkey[256], wanted[64];
    (void) state;
    interop_need("go");
    assert_int_equal(service_vkey(&service, vkey, sizeof vkey), 0);
    (void) snprintf(wanted, sizeof wanted, "%u entries, root ", interop_published());
    const char *said = interop_run("tree", vkey);
    assert_memory_equal(said, wanted, strlen(wanted));
    assert_non_null(strstr(said, ": checkpoint, tiles, inclusion and consistency hold\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(go_s_sumdb_reads_checkpoint_proofs_and_tiles)};
    return cmocka_run_group_tests(tests, interop_start, interop_stop);
}
