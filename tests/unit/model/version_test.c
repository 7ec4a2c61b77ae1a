/* The manifest of a contract's version is the published one, and its hash is what a party signs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../vectors/ledger_vectors.h"
#include "tally/text.h"
#include "tally/version.h"

#define LITERAL(text)                                                                                                      \
    {                                                                                                                      \
        "" text, sizeof(text) - 1                                                                                          \
    } /* SLICE() is no constant */

static struct digest hash_of(const char *hex)
{
    struct digest digest;
    assert_int_equal(text_unhex(slice_str(hex), digest.bytes, DIGEST_LEN), TALLY_OK);
    return digest;
}

static const struct version_party PARTIES[] = {
    {LITERAL("city"), LITERAL("op"), LITERAL("yYTtbpIrZZXmM3GFn0Ia0gM9w0ESfrCVPplR8ROMfps")},
    {LITERAL("vera"), LITERAL("provider"), LITERAL("ZHjekIFhSitCSeu0okGf_Yo8vQ4h0DFEo7Bofxjm4ag")}};

static struct version_manifest vector_manifest(struct version_indicator *indicator)
{
    indicator->name = SLICE("nyc.recidivism-bed-days");
    indicator->seq = 1;
    indicator->entry = hash_of(VECTOR_ENTRIES[1].hash);
    return (struct version_manifest){
        .contract = SLICE("c-7f3a"),
        .open = true,
        .version = 1,
        .terms = hash_of("0dd5e2253e57cddcb2fd8adf69b15e7973989ca5500d7112fe99bd71e143c0b2"),
        .parties = PARTIES,
        .party_count = 2,
        .indicators = indicator,
        .indicator_count = 1,
    };
}

static void assert_written(const struct version_manifest *manifest, const char *expected)
{
    struct buf out;
    buf_init(&out, 65536);
    version_manifest_write(manifest, &out);
    assert_int_equal(buf_check(&out, NULL), TALLY_OK);
    assert_string_equal(out.ptr, expected);
    buf_release(&out);
}

static void the_worked_manifest_is_written(void **state)
{
    struct version_indicator indicator;
    struct version_manifest manifest = vector_manifest(&indicator);
    (void) state;
    assert_written(&manifest, VECTOR_MANIFEST);
}

static void an_amendment_names_the_version_before_and_the_contracts_it_uses(void **state)
{
    struct version_use use = {SLICE("c-other"), {{0xab}}};
    struct version_manifest manifest = {
        .contract = SLICE("c"), .version = 2, .has_previous = true, .uses = &use, .use_count = 1};
    (void) state;
    memset(manifest.previous.bytes, 0x11, DIGEST_LEN);
    assert_written(&manifest,
                   "{\"contract\":\"c\",\"indicators\":{},\"language\":1,\"open\":false,\"parties\":{},\"previous\":"
                   "\"1111111111111111111111111111111111111111111111111111111111111111\",\"terms\":"
                   "\"0000000000000000000000000000000000000000000000000000000000000000\",\"uses\":{\"c-other\":"
                   "\"ab00000000000000000000000000000000000000000000000000000000000000\"},\"version\":2}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_manifest_is_written),
        cmocka_unit_test(an_amendment_names_the_version_before_and_the_contracts_it_uses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
