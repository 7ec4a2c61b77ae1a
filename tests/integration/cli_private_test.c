/* tally and what is not for everybody: proposing, reading with a key and without one, the archive of each, erasing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/cli_run.h"
#include "../support/service.h"

#define TERMS                                                                                                              \
    "terms 1\ncontract deal \"Hushed title\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                        \
    "runs 2020-01-01 to 2090-12-31\ncloses 2091-12-31\n\nparty buyer outcome payer \"Buyer\"\n"                            \
    "party seller provider \"Seller\"\nin force when buyer and seller have signed\n\n"                                     \
    "metric units is shared.units version 1 in days between 0 and 1_000\n  reported by seller\n  if missing use 0\n\n"     \
    "pay units_paid from buyer to seller\n  amount 2.50 per day of units\n"

static struct service service;
static struct cli_place place;
static struct cli_output ran;

static void tally(int status, const char *words)
{
    assert_int_equal(cli_tally(&place, &ran, NULL, "%s", words), 0);
    if (ran.status != status)
        fail_msg("tally %s: %d: %s%s", words, ran.status, ran.out, ran.err);
}

static void says(const char *what)
{
    if (strstr(ran.out, what) == NULL && strstr(ran.err, what) == NULL)
        fail_msg("%s is not in %s%s", what, ran.out, ran.err);
}

static void says_not(const char *what)
{
    if (strstr(ran.out, what) != NULL)
        fail_msg("%s is in %s", what, ran.out);
}

static void file_write(const char *name, const char *text)
{
    char path[600];
    (void) snprintf(path, sizeof path, "%s/%s", place.dir, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int start(void **state)
{
    (void) state;
    if (service_start(&service, NULL) != 0 || cli_place_make(&place, service.dir) != 0)
        return -1;
    (void) snprintf(place.server, sizeof place.server, "http://127.0.0.1:%u", service.port);
    return 0;
}

static int stop(void **state)
{
    (void) state;
    service_stop(&service);
    return 0;
}

static void a_contract_that_is_not_open_is_read_with_the_key_of_a_party(void **state)
{
    static const char *const names[] = {"buyer", "seller", "third"};
    char words[700];
    (void) state;
    for (size_t i = 0; i < 3; i++) {
        (void) snprintf(words, sizeof words, "key new %s.pem", names[i]);
        tally(0, words);
        (void) snprintf(words, sizeof words, "key proof --actor %s --key %s.pem", names[i], names[i]);
        tally(0, words);
        file_write("proof.json", ran.out);
        (void) snprintf(words, sizeof words,
                        "--actor operator --key '%s/operator.pem' actor add proof.json --kind organisation", service.data);
        tally(0, words);
    }
    (void) snprintf(words, sizeof words,
                    "--actor operator --key '%s/operator.pem' indicator define shared.units --version 1 --kind outcome "
                    "--unit days --name Units --definition Days",
                    service.data);
    tally(0, words);
    file_write("deal.terms", TERMS);
    tally(0, "--actor buyer --key buyer.pem contract propose deal.terms --id deal --private --party buyer=buyer "
             "--party seller=seller");
    tally(0, "--actor buyer --key buyer.pem contract sign deal --as buyer");
    tally(0, "--actor seller --key seller.pem contract sign deal --as seller");
    tally(0, "--actor seller --key seller.pem result submit --indicator shared.units --version 1 --value 10 --private");
    tally(0, "--actor seller --key seller.pem contract show deal");
    says("Hushed title");
    tally(0, "--actor buyer --key buyer.pem payment list");
    says("25.00");
    tally(1, "contract show deal");
    says("contract.not_found");
    tally(1, "--actor third --key third.pem contract show deal");
    says("contract.not_found");
    tally(0, "--actor third --key third.pem payment list");
    says_not("25.00");
    tally(0, "log");
    says("contract.proposed");
    says("(not for you)");
    says_not("Hushed");
    tally(0, "--actor buyer --key buyer.pem log");
    says_not("(not for you)");
    tally(1, "--actor buyer --key third.pem log");
    says("third.pem is no key of buyer");
}

static void each_gets_an_archive_of_what_it_may_read(void **state)
{
    char program[600], path[600];
    const char *argv[] = {program, path, NULL};
    (void) state;
    cli_program("tally-verify", program, sizeof program);
    (void) snprintf(path, sizeof path, "%s/archive.jsonl", place.dir);
    tally(0, "archive -o archive.jsonl");
    assert_int_equal(cli_spawn(&place, argv, NULL, &ran), 0);
    assert_int_equal(ran.status, 4);
    says("bodies withheld");
    tally(0, "--actor seller --key seller.pem archive -o archive.jsonl");
    assert_int_equal(cli_spawn(&place, argv, NULL, &ran), 0);
    says_not("withheld");
}

static void a_body_is_erased_on_a_ground(void **state)
{
    (void) state;
    tally(0, "--actor buyer --key buyer.pem payment list --json");
    const char *at = strstr(ran.out, "\"seq\":");
    assert_non_null(at);
    char words[200];
    (void) snprintf(words, sizeof words,
                    "--actor buyer --key buyer.pem payment settle %d --amount 1.00 --reference Anna --paid-on 2026-01-15",
                    (int) strtol(at + 6, NULL, 10));
    tally(0, words);
    tally(0, "--actor buyer --key buyer.pem log --type settlement.recorded --json");
    says("Anna");
    at = strstr(ran.out, "\"seq\":");
    assert_non_null(at);
    int seq = (int) strtol(at + 6, NULL, 10);
    (void) snprintf(words, sizeof words, "--actor buyer --key buyer.pem erase %d", seq);
    tally(2, words);
    says("--ground");
    (void) snprintf(words, sizeof words, "--actor third --key third.pem erase %d --ground 'asked for'", seq);
    tally(1, words);
    says("actor.not_allowed");
    (void) snprintf(words, sizeof words, "--actor buyer --key buyer.pem erase %d --ground 'asked for'", seq);
    tally(0, words);
    says("residue.kept");
    tally(1, words);
    says("erasure.done");
    tally(0, "--actor buyer --key buyer.pem log --type settlement.recorded");
    says("(erased)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_contract_that_is_not_open_is_read_with_the_key_of_a_party),
        cmocka_unit_test(each_gets_an_archive_of_what_it_may_read),
        cmocka_unit_test(a_body_is_erased_on_a_ground),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
