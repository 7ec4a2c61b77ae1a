/* tally as parties use it when they amend: the text proposed, its preview, who has signed, each version of the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../support/audit.h"
#include "../support/cli_run.h"
#include "../support/service.h"
#include "tally/digest.h"
#include "tally/text.h"

static struct service service;
static struct cli_place place;
static struct cli_output output;

#define TERMS(header, amount)                                                                                              \
    "terms 1\ncontract deal \"Deal\"" header "\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                      \
    "runs 2020-01-01 to 2024-12-31\ncloses 2091-12-31\n\nparty buyer outcome payer \"Buyer\"\n"                            \
    "party seller provider \"Seller\"\nin force when buyer and seller have signed\n"                                       \
    "disputes decided by buyer within 60 days, otherwise stands\n"                                                         \
    "period year every 1 year from 2020-01-01 to 2024-12-31\n"                                                             \
    "metric units is \"Units\" in days between 0 and 1_000\n  by year\n  reported by seller\n"                             \
    "pay each_year from buyer to seller\n  for each year\n  amount " amount " per day of units\n"
static const char FIRST[] = TERMS("", "2"), SECOND[] = TERMS(" version 2 amends @ effective 2022-07-01", "3");
static char amended[4096]; /* SECOND with the hash of FIRST */

static void write_file(const char *name, const char *text)
{
    char path[700];
    (void) snprintf(path, sizeof path, "%s/%s", place.dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void says(const char *text, const char *wanted)
{
    if (strstr(text, wanted) == NULL)
        fail_msg("\"%s\" is not in: %s", wanted, text);
}

#define TALLY(wanted, ...)                                                                                                 \
    do {                                                                                                                   \
        assert_int_equal(cli_tally(&place, &output, NULL, __VA_ARGS__), 0);                                                \
        if (output.status != (wanted))                                                                                     \
            fail_msg("status %d, not %d; out: %s; err: %s", output.status, (wanted), output.out, output.err);              \
    } while (0)
#define BUYER "--actor buyer --key buyer.pem "
#define SELLER "--actor seller --key seller.pem "
#define AMEND "contract amend second.terms --contract deal --party buyer=buyer --party seller=seller"

static void register_actor(const char *id)
{
    char file[64];
    TALLY(0, "key new %s.pem", id);
    TALLY(0, "key proof --actor %s --key %s.pem", id, id);
    (void) snprintf(file, sizeof file, "%s.json", id);
    write_file(file, output.out);
    TALLY(0, "--actor operator --key operator.pem actor add %s.json --kind organisation --name 'The %s'", id, id);
}

static int set_up(void **state)
{
    struct digest digest;
    char path[700], hex[65];
    const char *at = strchr(SECOND, '@');
    (void) state;
    if (service_start(&service, NULL) != 0 || service_ready(&service) != 0 || cli_place_make(&place, service.dir) != 0)
        return -1;
    (void) snprintf(place.server, sizeof place.server, "http://127.0.0.1:%u", service.port);
    (void) snprintf(path, sizeof path, "%s/operator.pem", place.dir);
    if (key_pair_save(service.operator.key, path, NULL) != TALLY_OK)
        return -1;
    digest_of(slice_str(FIRST), &digest);
    text_hex(digest.bytes, DIGEST_LEN, hex);
    (void) snprintf(amended, sizeof amended, "%.*s%s%s", (int) (at - SECOND), SECOND, hex, at + 1);
    register_actor("buyer");
    register_actor("seller");
    write_file("first.terms", FIRST);
    write_file("second.terms", amended);
    TALLY(0, BUYER "contract propose first.terms --id deal --party buyer=buyer --party seller=seller");
    TALLY(0, BUYER "contract sign deal --as buyer");
    TALLY(0, SELLER "contract sign deal --as seller");
    says(output.out, "contract.activated");
    TALLY(0, SELLER "result submit --contract deal --metric units --dim year=2022-01-01/2022-12-31 --value 10");
    says(output.out, "20.00");
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    service_stop_replayed(&service);
    return 0;
}

static void an_amendment_is_previewed_signed_and_read(void **state)
{
    char seq[24];
    (void) state;
    TALLY(0, BUYER AMEND " --preview");
    says(output.out, "contract.amended");
    says(output.out, "10.00");
    TALLY(0, "contract amendments deal");
    assert_null(strstr(output.out, "proposed"));
    TALLY(0, "--json " BUYER AMEND);
    const char *at = strstr(output.out, "\"seq\":");
    assert_non_null(at);
    (void) snprintf(seq, sizeof seq, "%.*s", (int) strspn(at + 6, " 0123456789"), at + 6);
    TALLY(0, "contract amendments deal");
    says(output.out, "proposed\tbuyer");
    says(output.out, "\tbuyer, seller\n");
    TALLY(0, BUYER "contract sign deal --as buyer --amendment %s", seq);
    TALLY(0, "contract amendments deal --limit 5");
    says(output.out, "\tseller\n"); /* the buyer's is there */
    TALLY(0, "contract show deal");
    says(output.out, "version_number\t1\n");
    says(output.out, "amendments_open\t1\n");
    TALLY(0, "contract terms deal --version 1");
    assert_string_equal(output.out, FIRST);
    TALLY(2, BUYER "contract sign deal --as buyer --amendment none");
    TALLY(0, "contract terms deal --amendment %s", seq);
    assert_string_equal(output.out, amended);
    TALLY(2, "contract terms deal --amendment %s --version 1", seq);
    TALLY(1, "contract terms deal --amendment 1");
    says(output.err, "entry 1 proposes no amendment of deal");
    TALLY(0, SELLER "contract sign deal --as seller --amendment %s --preview", seq);
    says(output.out, "nothing was recorded");
    says(output.out, "contract.amended");
    says(output.out, "10.00");
    TALLY(0, "contract show deal");
    says(output.out, "version_number\t1\n");
    TALLY(0, "--json " SELLER "contract sign deal --as seller --amendment %s --preview", seq);
    assert_int_equal(strncmp(output.out, "{\"events\":[", 11), 0); /* one document */
    TALLY(0, SELLER "contract sign deal --as seller --amendment %s", seq);
    says(output.out, "contract.amended");
    says(output.out, "10.00");
    TALLY(0, "contract amendments deal");
    says(output.out, "in_force\tbuyer");
    TALLY(0, "contract show deal");
    says(output.out, "version_number\t2\n");
    TALLY(0, "contract terms deal");
    assert_string_equal(output.out, amended);
    TALLY(0, "contract terms deal --version 2");
    assert_string_equal(output.out, amended);
    TALLY(0, "contract terms deal --version 1");
    assert_string_equal(output.out, FIRST);
    TALLY(0, "contract state deal");
    says(output.out, "30.00");
}

static void what_a_settlement_would_cause_is_asked_first(void **state)
{
    char seq[24];
    (void) state;
    TALLY(0, "payment list --contract deal");
    (void) snprintf(seq, sizeof seq, "%.*s", (int) strspn(output.out, "0123456789"), output.out);
    TALLY(1, BUYER "payment settle %s --amount 20.01 --reference wire --paid-on 2023-01-31 --preview", seq);
    says(output.err, "settlement.exceeds");
    TALLY(0, BUYER "payment settle %s --amount 20.00 --reference wire --paid-on 2023-01-31 --preview", seq);
    says(output.out, "nothing was recorded");
    TALLY(0, "payment show %s", seq);
    says(output.out, "settled\t0.00\n");
    TALLY(1, BUYER "payment settle %s --amount 20.00 --reference wire --paid-on 9999-01-31 --preview", seq);
    says(output.err, "settlement.day");
    says(output.err, "9999-01-31 has not come yet");
}

static void the_log_says_what_each_statement_is_about(void **state)
{
    (void) state;
    TALLY(0, "log --type contract.signed");
    says(output.out, "\tbuyer\tdeal: as buyer, version ");
    TALLY(0, "log --type contract.amendment_proposed");
    says(output.out, "\tbuyer\tdeal\n");
    TALLY(0, "log --type actor.registered");
    says(output.out, "\toperator\tbuyer\n");
}

static void a_key_that_is_missing_is_said_before_anything_else(void **state)
{
    (void) state;
    TALLY(2, "--actor buyer contract sign deal --as buyer");
    says(output.err, "this needs your key");
    assert_string_equal(output.out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_amendment_is_previewed_signed_and_read),
        cmocka_unit_test(what_a_settlement_would_cause_is_asked_first),
        cmocka_unit_test(the_log_says_what_each_statement_is_about),
        cmocka_unit_test(a_key_that_is_missing_is_said_before_anything_else),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
