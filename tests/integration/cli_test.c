/* tally as people use it: the real program against a real service. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/audit.h"
#include "../support/cli_run.h"
#include "../support/root.h"
#include "../support/service.h"
#include "tally/pg.h"

static struct service service;
static struct cli_place place;
static struct cli_output output;

static const char TERMS[] = "terms 1\n"
                            "contract housing \"Days housed\"\n"
                            "currency USD rounded to 0.01, half even\n"
                            "clock UTC\n"
                            "runs 2020-01-01 to 2030-12-31\n"
                            "closes 2099-12-31\n"
                            "\n"
                            "party payer outcome payer \"Payer\"\n"
                            "party provider provider \"Provider\"\n"
                            "party checker evaluator \"Checker\"\n"
                            "\n"
                            "in force when payer and provider have signed\n"
                            "disputes decided by checker within 30 days, otherwise stands\n"
                            "\n"
                            "dimension part (one, two, three, four)\n"
                            "\n"
                            "metric days is test.days version 1 in days between 0 and 1_000_000\n"
                            "  by part\n"
                            "  reported by provider\n"
                            "  verified by checker\n"
                            "  disputes within 30 days\n"
                            "\n"
                            "pay housing from payer to provider\n"
                            "  for each part\n"
                            "  amount 15.12 per day of days\n"
                            "\n"
                            "cap 100_000_000 on housing\n";

static void write_file(const char *name, const char *text)
{
    char path[700];
    (void) snprintf(path, sizeof path, "%s/%s", place.dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* Runs, and says what it printed when the status is another. */
static void expect(int status)
{
    if (output.status != status)
        fail_msg("status %d, not %d; out: %s; err: %s", output.status, status, output.out, output.err);
}

static void says(const char *text, const char *wanted)
{
    if (strstr(text, wanted) == NULL)
        fail_msg("\"%s\" is not in: %s", wanted, text);
}

#define TALLY(status, ...)                                                                                                 \
    do {                                                                                                                   \
        assert_int_equal(cli_tally(&place, &output, NULL, __VA_ARGS__), 0);                                                \
        expect(status);                                                                                                    \
    } while (0)
#define OPERATOR "--actor operator --key operator.pem"
#define PAYER "--actor payer --key payer.pem"
#define PROVIDER "--actor provider --key provider.pem"
#define CHECKER "--actor checker --key checker.pem"

/* The value behind "name TAB". */
static void value_of(const char *name, char *value, size_t size)
{
    const char *at = output.out;
    size_t len = strlen(name);
    while (at != NULL && !(strncmp(at, name, len) == 0 && at[len] == '\t')) {
        at = strchr(at, '\n');
        at = at == NULL ? NULL : at + 1;
    }
    if (at == NULL)
        fail_msg("there is no %s in: %s", name, output.out);
    (void) snprintf(value, size, "%.*s", (int) strcspn(at + len + 1, "\n"), at + len + 1);
}

static int line_count(const char *text)
{
    int count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

static int entries(void)
{
    TALLY(0, "log");
    return line_count(output.out);
}

static void register_actor(const char *id)
{
    char file[64];
    TALLY(0, "key new %s.pem", id);
    TALLY(0, "key proof --actor %s --key %s.pem", id, id);
    (void) snprintf(file, sizeof file, "%s.json", id);
    write_file(file, output.out);
    TALLY(0, OPERATOR " actor add %s.json --kind organisation --name 'The %s'", id, id);
}

static int set_up(void **state)
{
    (void) state;
    struct err err = {0};
    char path[700];
    if (service_start(&service, NULL) != 0 || service_ready(&service) != 0 || cli_place_make(&place, service.dir) != 0)
        return -1;
    (void) snprintf(place.server, sizeof place.server, "http://127.0.0.1:%u", service.port);
    (void) snprintf(path, sizeof path, "%s/operator.pem", place.dir);
    if (key_pair_save(service.operator.key, path, &err) != TALLY_OK)
        return -1;
    register_actor("payer");
    register_actor("provider");
    register_actor("checker");
    TALLY(0, OPERATOR
          " indicator define test.days --version 1 --kind outcome --unit days --name Days --definition 'Days housed'");
    write_file("housing.terms", TERMS);
    TALLY(0, "--actor payer --key payer.pem contract propose housing.terms --id housing --party payer=payer --party "
             "provider=provider --party checker=checker");
    TALLY(0, "--actor payer --key payer.pem contract sign housing --as payer");
    TALLY(0, "--actor provider --key provider.pem contract sign housing --as provider");
    says(output.out, "contract.activated");
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    service_stop_replayed(&service);
    return 0;
}

/* As the superuser of the ledger's own database, past all that keeps the service from it. */
static void sql(const char *text)
{
    char path[256], socket[256], conninfo[600];
    struct err err = {0};
    struct pg *pg = NULL;
    FILE *file;
    (void) snprintf(path, sizeof path, "%s/socket", service.data);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(socket, sizeof socket, file));
    (void) fclose(file);
    socket[strcspn(socket, "\n")] = '\0';
    (void) snprintf(conninfo, sizeof conninfo, "host='%s' user=postgres dbname=tally", socket);
    const struct pg_options options = {.conninfo = conninfo, .application_name = "test"};
    assert_int_equal(pg_new(&options, &pg, &err), TALLY_OK);
    if (pg_exec_text(pg, text, NULL, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    pg_free(pg);
}

static void submit(const char *part, const char *days, char seq[24])
{
    TALLY(0, "--actor provider --key provider.pem result submit --indicator test.days --version 1 --dim part=%s --value %s",
          part, days);
    value_of("entry", seq, 24);
}

/* ---- the main job ---- */

static void a_verified_result_is_paid_explained_and_settled_to_the_cent(void **state)
{
    (void) state;
    char seq[24], payment[24], left[64], recorded[64];
    submit("one", "258858", seq);
    says(output.out, "not final");
    TALLY(0, "--actor checker --key checker.pem result verify %s", seq);
    says(output.out, "payment.triggered");
    TALLY(0, "payment list --contract housing");
    (void) snprintf(payment, sizeof payment, "%.*s", (int) strcspn(output.out, "\t"), output.out);
    says(output.out, "\t3913932.96\tUSD\t3913932.96\t");
    TALLY(0, "payment explain %s", payment);
    says(output.out, "15.12 per day of days");
    says(output.out, "258858");
    (void) snprintf(recorded, sizeof recorded, ", as entry %llu has it", strtoull(payment, NULL, 10) - 1);
    says(output.out, recorded);
    sql("UPDATE outcomes.explanation SET body = replace(body, '15.12', '15.13')");
    TALLY(1, "payment explain %s", payment);
    says(output.err, "the explanation is not the one that entry ");
    TALLY(1, "payment explain %s --json", payment);
    sql("DELETE FROM outcomes.explanation"); /* as before they were kept */
    TALLY(0, "payment explain %s", payment);
    says(output.out, "15.12 per day of days");
    says(output.out, "none was recorded: this is how the terms come to it now");
    TALLY(0,
          "--actor payer --key payer.pem payment settle %s --amount 3913932.96 --reference 'wire 1' --paid-on 2026-01-15",
          payment);
    TALLY(0, "payment show %s", payment);
    value_of("outstanding", left, sizeof left);
    assert_string_equal(left, "0.00");
    TALLY(0, "log --type payment.itemised");
    says(output.out, ": 1 instance\n");
    TALLY(0, "indicator show test.days");
    says(output.out, "\nhash\t");
    TALLY(1, "--actor payer --key payer.pem payment settle %s --amount 0.01 --reference x --paid-on 2026-01-15", payment);
    says(output.err, "settlement.exceeds");
    TALLY(0, "result show %s", seq);
    says(output.out, "verified by\tchecker, entry ");
}

static bool is_gzip(const char *name)
{
    char path[512], first[2] = "";
    (void) snprintf(path, sizeof path, "%s/%s", place.dir, name);
    FILE *file = fopen(path, "re");
    bool is = file != NULL && fread(first, 1, 2, file) == 2 && memcmp(first, "\x1f\x8b", 2) == 0;
    if (file != NULL)
        (void) fclose(file);
    return is;
}

static void the_archive_is_verified_without_the_service(void **state)
{
    (void) state;
    char program[600], vkey[512], wrong[512];
    struct cli_output verified;
    cli_program("tallyd", program, sizeof program);
    const char *ask[] = {program, "vkey", "--data", service.data, NULL};
    assert_int_equal(cli_spawn(&place, ask, NULL, &output), 0);
    expect(0);
    (void) snprintf(vkey, sizeof vkey, "%.*s", (int) strcspn(output.out, "\n"), output.out);
    TALLY(0, "archive -o ledger.jsonl");
    cli_program("tally-verify", program, sizeof program);
    const char *verify[] = {program, "ledger.jsonl", "--vkey", vkey, NULL};
    assert_int_equal(cli_spawn(&place, verify, NULL, &verified), 0);
    assert_int_equal(verified.status, 0);
    TALLY(0, "archive -o ledger.jsonl.gz"); /* packed by its name */
    assert_true(is_gzip("ledger.jsonl.gz"));
    assert_false(is_gzip("ledger.jsonl"));
    const char *verify_packed[] = {program, "ledger.jsonl.gz", "--vkey", vkey, NULL};
    assert_int_equal(cli_spawn(&place, verify_packed, NULL, &verified), 0);
    assert_int_equal(verified.status, 0);
    TALLY(0, "archive --from 5 -o part.jsonl"); /* the keys of its authors were registered before */
    const char *verify_part[] = {program, "part.jsonl", "--vkey", vkey, "--level", "chain", NULL};
    assert_int_equal(cli_spawn(&place, verify_part, NULL, &verified), 0);
    assert_int_equal(verified.status, 0);
    verify_part[4] = NULL;
    assert_int_equal(cli_spawn(&place, verify_part, NULL, &verified), 0);
    assert_int_equal(verified.status, 4);
    says(verified.out, "the archive begins at entry 5: signatures and amounts need what comes before");
    TALLY(0, "archive --gzip -o packed");
    assert_true(is_gzip("packed"));
    TALLY(0, "archive --gzip");
    assert_memory_equal(output.out, "\x1f\x8b", 2);
    TALLY(2, "archive -o");
    TALLY(1, "archive -o no/such/folder/ledger.jsonl");
    (void) snprintf(wrong, sizeof wrong, "%s/broken.jsonl", place.dir);
    TALLY(3, "--server http://127.0.0.1:1 archive -o broken.jsonl");
    assert_int_not_equal(access(wrong, F_OK), 0); /* what broke off is not left behind */
}

/* ---- what is refused ---- */

static void a_refusal_says_what_where_and_what_next_and_records_nothing(void **state)
{
    (void) state;
    int before = entries();
    TALLY(1, "--actor provider --key provider.pem result submit --indicator test.nothing --version 1 --value 1");
    says(output.err, "tally: An indicator or version that is named here is not defined (422 indicator.unknown)");
    says(output.err, "at /");
    says(output.err, "next: `tally indicator list`");
    TALLY(1, "--json --actor provider --key provider.pem result submit --indicator test.nothing --version 1 --value 1");
    says(output.out, "\"code\":\"indicator.unknown\"");
    TALLY(1, "contract show nothing");
    says(output.err, "404 contract.not_found");
    TALLY(1, "--actor payer --key payer.pem actor add payer.json --kind organisation");
    assert_int_equal(entries(), before);
}

static void nobody_speaks_with_the_key_of_another(void **state)
{
    (void) state;
    int before = entries();
    TALLY(1, "--actor payer --key provider.pem contract sign housing --as payer");
    says(output.err, "provider.pem is no key of payer");
    TALLY(1, "--actor checker --key checker.pem contract sign housing --as payer");
    says(output.err, "payer of this contract is payer, and you are checker");
    TALLY(0, "key new stranger.pem");
    TALLY(1, "--key stranger.pem result verify 1");
    says(output.err, "401 statement.key_unknown");
    assert_int_equal(entries(), before);
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    (void) state;
    char path[700];
    TALLY(0, "key new loose.pem");
    (void) snprintf(path, sizeof path, "%s/loose.pem", place.dir);
    assert_int_equal(chmod(path, 0644), 0);
    TALLY(1, "key show loose.pem");
    assert_int_equal(chmod(path, 0600), 0);
    TALLY(0, "--server http://127.0.0.1:1 --actor x --key loose.pem key proof --origin example.org/x"); /* before it runs */
    TALLY(2, "--actor x --key loose.pem key proof --origin EXAMPLE");
    TALLY(1, "key new loose.pem"); /* and one that is there is never overwritten */
    says(output.err, "never overwritten");
}

static void an_actor_adds_and_revokes_its_keys(void **state)
{
    (void) state;
    char kid[64];
    register_actor("turner");
    TALLY(0, "key new second.pem");
    value_of("kid", kid, sizeof kid);
    TALLY(0, "--actor turner --key turner.pem key add second.pem");
    TALLY(0, "actor show turner");
    says(output.out, kid);
    TALLY(0, "--actor turner --key turner.pem key revoke %s --reason lost", kid);
    /* one thumbprint in 64 begins with -, and is no option for that */
    TALLY(1, "--actor turner --key turner.pem key revoke -N_xHo2yM8RaIuH4z4THs-R2-gJ4YbyH0Mm9JRQi_X4");
    says(output.err, "key.not_found");
    TALLY(1, "--actor turner --key second.pem result verify 1");
    says(output.err, "key.revoked");
}

/* ---- usage, configuration, files ---- */

static void exit_status_2_means_wrong_usage_and_3_that_nobody_answers(void **state)
{
    (void) state;
    TALLY(2, "frobnicate");
    TALLY(2, "key");
    TALLY(2, "key frobnicate");
    TALLY(2, "contract propose");
    TALLY(2, "contract list --nothing");
    says(output.err, "--nothing");
    TALLY(2, "contract list --limit 0");
    TALLY(2, "contract list --limit");
    TALLY(2, "payment show x");
    TALLY(2, "result submit --indicator test.days --value 1");
    TALLY(2, "--actor payer --key payer.pem result submit --indicator test.days --version 1 --value 1 --dim \xc3\xa9=1");
    says(output.err, "--dim");
    TALLY(2, "--actor payer --key payer.pem payment settle 1 --amount 1.00 --reference x --paid-on 2026-02-30");
    says(output.err, "2026-02-30");
    TALLY(2, "--server gopher://x contract list");
    TALLY(3, "--server http://127.0.0.1:1 contract list");
    says(output.err, "http://127.0.0.1:1 cannot be reached");
    TALLY(3, "--server http://nobody.invalid contract list");
    TALLY(0, "--help");
    says(output.out, "Exit status");
    TALLY(0, "contract --help");
    TALLY(0, "contract sign --help");
    says(output.out, "example:\n  tally ");
    char program[600];
    cli_program("tallyd", program, sizeof program);
    const char *init_help[] = {program, "init", "--help", NULL};
    assert_int_equal(cli_spawn(&place, init_help, NULL, &output), 0);
    expect(0);
    says(output.out, "tallyd init --data DIR");
}

static void settings_come_from_options_then_environment_then_the_file(void **state)
{
    (void) state;
    struct cli_place bare = place;
    char path[700];
    bare.server[0] = '\0';
    (void) snprintf(path, sizeof path, "%s/.config", place.home);
    assert_int_equal(mkdir(path, 0755), 0);
    (void) snprintf(path, sizeof path, "%s/.config/tally", place.home);
    assert_int_equal(mkdir(path, 0755), 0);
    char text[256];
    (void) snprintf(text, sizeof text, "# where it is\nserver = http://127.0.0.1:%u\n\nactor = payer\n", service.port);
    write_file("home/.config/tally/config", text);
    assert_int_equal(cli_tally(&bare, &output, NULL, "actor list"), 0);
    expect(0);
    assert_int_equal(cli_tally(&bare, &output, NULL, "key proof --key payer.pem"), 0);
    expect(0);
    says(output.out, "\"id\":\"payer\"");
    (void) snprintf(bare.server, sizeof bare.server, "http://127.0.0.1:1");
    assert_int_equal(cli_tally(&bare, &output, NULL, "actor list"), 0);
    expect(3);
    assert_int_equal(cli_tally(&bare, &output, NULL, "--server http://127.0.0.1:%u actor list", service.port), 0);
    expect(0);
    write_file("home/.config/tally/config", "serfer = x\n");
    TALLY(2, "actor list");
    says(output.err, "config:1: there is no setting serfer");
    write_file("home/.config/tally/config", "");
}

static void terms_are_diagnosed_as_a_compiler_does_and_laid_out(void **state)
{
    (void) state;
    int before = entries();
    write_file("bad.terms", "terms 1\ncontract x \"X\"\nfrobnicate\n");
    TALLY(1, "terms check bad.terms");
    says(output.err, "bad.terms:3:1: error:");
    says(output.err, "^");
    TALLY(1, "terms check bad.terms --json");
    says(output.out, "{\"checks\":false,\"cost\":null,\"diagnostics\":[{\"code\":\"");
    says(output.out, "\"line\":3");
    TALLY(0, "terms check housing.terms --json");
    says(output.out, "{\"checks\":true,");
    TALLY(1, "--actor payer --key payer.pem contract propose bad.terms --id bad --party payer=payer");
    says(output.err, "bad.terms:3:1: error:");
    TALLY(1, "terms check .");
    TALLY(1, "terms check nothing.terms");
    char loose[sizeof TERMS + 8];
    (void) snprintf(loose, sizeof loose, "terms 1\n\n\n%s", TERMS + 8);
    write_file("loose.terms", loose);
    TALLY(0, "terms check loose.terms");
    TALLY(1, "--actor payer --key payer.pem contract propose loose.terms --id loose --party payer=payer --party "
             "provider=provider "
             "--party checker=checker");
    says(output.err, "tally terms fmt loose.terms --write");
    assert_int_equal(entries(), before);
    TALLY(2, "terms fmt - --write");
    TALLY(0, "terms fmt loose.terms --write");
    TALLY(0, "terms fmt loose.terms");
    assert_string_equal(output.out, TERMS);
    TALLY(2, "--actor payer --key payer.pem contract propose loose.terms --id loose --party payer=payer");
    says(output.err, "is missing: --party");
    TALLY(0, "--actor payer --key payer.pem contract propose loose.terms --id loose --party payer=payer --party "
             "provider=provider "
             "--party checker=checker --preview");
    assert_int_equal(entries(), before);
}

static void a_preview_says_what_would_follow_and_records_nothing(void **state)
{
    (void) state;
    int before = entries();
    TALLY(0, "--actor provider --key provider.pem result submit --preview --indicator test.days --version 1 --dim "
             "part=four --value 10");
    says(output.out, "nothing was recorded");
    TALLY(1, "--actor provider --key provider.pem result submit --preview --indicator test.days --version 1 --dim "
             "part=four --value ten");
    assert_int_equal(entries(), before);
}

/* The entry that the last statement was recorded as. */
static void entry_of(char seq[24])
{
    value_of("entry", seq, 24);
}

/* Restated, disputed, decided, withdrawn: each asked for first, and what it would cause is what it causes. */
static void what_a_result_stands_as_changes_as_a_preview_said(void **state)
{
    char seq[24], restated[24], dispute[24], withdrawal[24];
    (void) state;
    TALLY(2, PROVIDER " result submit --contract housing --metric days --version 1 --dim part=four --value 100");
    says(output.err, "--version is for the other");
    TALLY(2, PROVIDER " result submit --indicator test.days --version 1 --metric days --dim part=four --value 100");
    TALLY(0, PROVIDER " result submit --indicator test.days --version 1 --dim part=four --value 100");
    entry_of(seq);
    int before = entries();
    TALLY(0, CHECKER " result verify %s --preview", seq);
    says(output.out, "1512.00");
    assert_int_equal(entries(), before);
    TALLY(0, CHECKER " result verify %s", seq);
    says(output.out, "1512.00");

    TALLY(2, PROVIDER " result restate %s", seq);
    TALLY(2, PROVIDER " result restate %s set.json --note late", seq);
    TALLY(2, PROVIDER " result withdraw %s set.json --item 0", seq);
    says(output.err, "--item and --note stand in the file");
    TALLY(1, CHECKER " result restate %s --value 90 --preview", seq);
    says(output.err, "result.not_author");
    before = entries();
    TALLY(0, PROVIDER " result restate %s --value 90 --preview", seq);
    says(output.out, "nothing further"); /* it waits for its verifier */
    assert_int_equal(entries(), before);
    TALLY(0, PROVIDER " result restate %s --value 90 --note 'Ten were counted twice.'", seq);
    entry_of(restated);
    TALLY(0, CHECKER " result verify %s --preview", restated);
    says(output.out, "151.20");
    TALLY(0, CHECKER " result verify %s", restated);
    says(output.out, "151.20");
    TALLY(0, "result show %s", seq);
    says(output.out, "superseded");

    TALLY(2, PAYER " result dispute %s --contract housing", restated);
    TALLY(1, PAYER " result dispute %s --contract housing --reason old --preview", seq);
    says(output.err, "result.superseded");
    before = entries();
    TALLY(0, PAYER " result dispute %s --contract housing --reason 'Far too many.' --preview", restated);
    assert_int_equal(entries(), before);
    TALLY(0, PAYER " result dispute %s --contract housing --reason 'Far too many.'", restated);
    entry_of(dispute);
    TALLY(0, "result disputes --contract housing");
    says(output.out, dispute);
    TALLY(0, "result show-dispute %s", dispute);
    says(output.out, "Far too many.");

    TALLY(2, CHECKER " result resolve %s --stands --annulled", dispute);
    TALLY(1, PAYER " result resolve %s --replaced 80 --preview", dispute);
    says(output.err, "dispute.not_arbiter");
    before = entries();
    TALLY(0, CHECKER " result resolve %s --replaced 80 --preview", dispute);
    says(output.out, "151.20");
    assert_int_equal(entries(), before);
    TALLY(0, CHECKER " result resolve %s --replaced 80", dispute);
    says(output.out, "151.20");
    TALLY(0, "result show-dispute %s", dispute);
    says(output.out, "replaced");

    before = entries();
    TALLY(0, PROVIDER " result withdraw %s --preview", restated);
    assert_int_equal(entries(), before);
    TALLY(0, PROVIDER " result withdraw %s --note 'Reported by mistake.'", restated);
    entry_of(withdrawal);
    TALLY(0, CHECKER " result verify %s", withdrawal);
    says(output.out, "housing: 1 final");
    TALLY(0, "contract state housing"); /* the terms say nothing of what is missing: what stands, stands */
    says(output.out, "days(four) is missing");
    TALLY(1, PROVIDER " result withdraw %s", restated);
    says(output.err, "result.");
}

static void many_results_go_under_one_signature(void **state)
{
    (void) state;
    char seq[24];
    write_file(
        "set.json",
        "{\"results\":[{\"dimensions\":{\"part\":\"two\"},\"indicator\":\"test.days\",\"value\":\"1\",\"version\":1},"
        "{\"dimensions\":{\"part\":\"three\"},\"indicator\":\"test.days\",\"value\":\"2\",\"version\":1}]}");
    TALLY(0, "--actor provider --key provider.pem result submit set.json");
    value_of("entry", seq, sizeof seq);
    TALLY(0, "--actor checker --key checker.pem result verify %s --item 1 --note right", seq);
    says(output.out, "30.24");
    TALLY(0, "contract state housing");
    says(output.out, "housing\ttwo\twaits");
    TALLY(0, "contract exposure housing");
    says(output.out, "payer\towes\t");
    says(output.out, "provider\treceives\t");
    TALLY(0, "--actor checker --key checker.pem result verify %s --item 0", seq);
    write_file("broken.json", "{\"results\":[}");
    TALLY(1, "--actor provider --key provider.pem result submit broken.json");
    says(output.err, "broken.json:1:");
}

static void any_request_can_be_signed_and_sent(void **state)
{
    (void) state;
    TALLY(0, "api GET /v1/ledger");
    says(output.out, "\"origin\":\"" SERVICE_ORIGIN "\"");
    assert_int_equal(
        cli_tally(&place, &output, "{\"note\":\"checked\"}", "--key checker.pem api POST /v1/results/0/verifications"), 0);
    expect(1);
    says(output.err, "404 result.not_found");
    TALLY(2, "api GET ledger");
    TALLY(2, "api PUT /v1/ledger");
    TALLY(2, "--key checker.pem api POST /v1/results?x=1");
}

static void what_a_server_says_does_not_reach_the_terminal_raw(void **state)
{
    (void) state;
    struct proxy proxy;
    struct cli_place beyond = place;
    assert_int_equal(proxy_start(&proxy, service.port), 0);
    (void) snprintf(beyond.server, sizeof beyond.server, "http://127.0.0.1:%u", proxy.port);
    proxy.from = "The payer"; /* a name that moves the cursor, one that turns the writing direction */
    proxy.to = "\\u001b[31";
    assert_int_equal(cli_tally(&beyond, &output, NULL, "actor list"), 0);
    expect(0);
    says(output.out, "?[31");
    assert_null(strchr(output.out, '\033'));
    proxy.to = "red\xe2\x80\xaered";
    assert_int_equal(cli_tally(&beyond, &output, NULL, "actor show payer"), 0);
    expect(0);
    assert_null(strstr(output.out, "\xe2\x80\xae"));
    proxy_stop(&proxy);
}

static void on_a_terminal_lists_are_aligned_under_heads_and_piped_they_are_plain(void **state)
{
    (void) state;
    char program[600], payment[24];
    cli_program("tally", program, sizeof program);
    const char *argv[] = {program, "actor", "list", NULL};
    unsetenv("NO_COLOR");
    assert_int_equal(cli_spawn_on_terminal(&place, argv, &output), 0);
    expect(0);
    says(output.out, "\033[1mID ");
    says(output.out, "\r\nchecker   organisation ");
    setenv("NO_COLOR", "1", 1);
    assert_int_equal(cli_spawn_on_terminal(&place, argv, &output), 0);
    expect(0);
    says(output.out, "ID        KIND ");
    assert_null(strchr(output.out, '\033'));
    unsetenv("NO_COLOR");
    TALLY(0, "payment list --contract housing");
    (void) snprintf(payment, sizeof payment, "%.*s", (int) strcspn(output.out, "\t"), output.out);
    const char *show[] = {program, "payment", "show", payment, NULL};
    assert_int_equal(cli_spawn_on_terminal(&place, show, &output), 0);
    says(output.out, "settled         3,913,932.96\r\n");
    assert_int_equal(cli_spawn(&place, argv, NULL, &output), 0);
    assert_int_equal(strncmp(output.out, "checker\torganisation\t", 21), 0);
    assert_null(strchr(output.out, '\033'));
}

/* ---- an answer that is lost, a service that lies ---- */

/* The same signature over the same body. What else goes along is no part of it: asked for again, who asks is told by a token. */
static void assert_same_statement(const char *one, const char *other)
{
    const char *parts[] = {"x-jws-signature: ", "\r\n\r\n"}, *ends[] = {"\r\n", ""};
    for (size_t i = 0; i < 2; i++) {
        const char *a = strstr(one, parts[i]), *b = strstr(other, parts[i]);
        assert_non_null(a);
        assert_non_null(b);
        a += strlen(parts[i]);
        b += strlen(parts[i]);
        size_t len = ends[i][0] == '\0' ? strlen(a) : (size_t) (strstr(a, ends[i]) - a);
        assert_true(len > 0);
        assert_memory_equal(a, b, len + strlen(ends[i]) + (ends[i][0] == '\0'));
    }
}

static void a_lost_answer_is_asked_for_again_with_the_same_bytes_and_doubles_nothing(void **state)
{
    (void) state;
    struct proxy proxy;
    struct cli_place beyond = place;
    int before = entries();
    assert_int_equal(proxy_start(&proxy, service.port), 0);
    (void) snprintf(beyond.server, sizeof beyond.server, "http://127.0.0.1:%u", proxy.port);
    proxy.posts_lost = 1;
    assert_int_equal(cli_tally(&beyond, &output, NULL,
                               OPERATOR
                               " indicator define test.lost --version 1 --kind output --unit days --name L --definition L"),
                     0);
    expect(0);
    assert_int_equal(proxy.post_count, 2);
    assert_same_statement(proxy.posts[0], proxy.posts[1]);
    assert_int_equal(entries(), before + 1);

    proxy.post_count = 0;
    proxy.posts_busy = 1;
    assert_int_equal(cli_tally(&beyond, &output, NULL,
                               OPERATOR
                               " indicator define test.busy --version 1 --kind output --unit days --name L --definition L"),
                     0);
    expect(0);
    assert_int_equal(proxy.post_count, 2);
    assert_same_statement(proxy.posts[0], proxy.posts[1]);
    assert_int_equal(entries(), before + 2);

    proxy.posts_lost = 2;
    assert_int_equal(cli_tally(&beyond, &output, NULL,
                               OPERATOR
                               " indicator define test.gone --version 1 --kind output --unit days --name L --definition L"),
                     0);
    expect(3);
    says(output.err, "not known whether it was recorded");
    assert_int_equal(entries(), before + 3);
    proxy_stop(&proxy);
}

static void a_text_other_than_the_versions_is_not_signed(void **state)
{
    (void) state;
    static const char *const lies[][2] = {
        {"amount 15.12 per", "amount 95.12 per"},           /* another text than the one that is hashed */
        {"\"actor\":\"checker\"", "\"actor\":\"checked\""}, /* another party */
        {"Days housed\\\"", "Days huised\\\""},             /* another definition of what is counted */
        {"\"version\":\"", "\"versioN\":\""},               /* no version at all */
    };
    struct proxy proxy;
    struct cli_place beyond = place;
    TALLY(0, "--actor payer --key payer.pem contract propose housing.terms --id second --party payer=payer --party "
             "provider=provider --party checker=checker");
    int before = entries();
    assert_int_equal(proxy_start(&proxy, service.port), 0);
    (void) snprintf(beyond.server, sizeof beyond.server, "http://127.0.0.1:%u", proxy.port);
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        proxy.to = lies[i][1];
        proxy.from = lies[i][0];
        assert_int_equal(cli_tally(&beyond, &output, NULL, "--actor payer --key payer.pem contract sign second --as payer"),
                         0);
        expect(1);
        says(output.err, "do not sign it");
    }
    proxy.from = NULL;
    assert_int_equal(proxy.post_count, 0);
    assert_int_equal(entries(), before);
    assert_int_equal(cli_tally(&beyond, &output, NULL, "--actor payer --key payer.pem contract sign second --as payer"), 0);
    expect(0);
    proxy_stop(&proxy);
}

#define ZONE                                                                                                               \
    "terms 1\ncontract zone \"Zone\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2020-01-01 to 2090-12-31\ncloses 2091-12-31\n\nparty agency outcome payer \"Agency\"\n"                          \
    "parties facility provider \"Facilities\", at most 1\n\nin force when agency have signed\n\n"                          \
    "metric acts is \"Acts\" in number between 0 and 1_000\n  by facility\n  reported by facility\n\n"                     \
    "pay act from agency to facility\n  for each facility of acts\n  amount USD 2 * acts\n"

static void an_actor_joins_a_class_of_parties(void **state)
{
    (void) state;
    write_file("zone.terms", ZONE);
    TALLY(0, "terms fmt zone.terms --write");
    TALLY(0, PAYER " contract propose zone.terms --id zone --party agency=payer");
    TALLY(0, PAYER " contract sign zone --as agency");
    says(output.out, "contract.activated");
    TALLY(2, PROVIDER " contract accede zone");
    says(output.err, "--as");
    TALLY(1, PROVIDER " contract accede zone --as agency");
    says(output.err, "422 accession.no_class");
    says(output.err, "which classes of parties there are to join");
    TALLY(0, PROVIDER " contract accede zone --as facility");
    says(output.out, "version");
    TALLY(1, CHECKER " contract accede zone --as facility");
    says(output.err, "409 accession.full");
    TALLY(0, "contract members zone");
    says(output.out, "facility\tprovider\t");
    TALLY(0, "contract list --party provider");
    says(output.out, "zone\t");
    TALLY(0, "contract accede --help");
    says(output.out, "example:\n  tally ");
    TALLY(0, PROVIDER " result submit --contract zone --metric acts --dim facility=provider --value 4");
    says(output.out, "8.00 USD from payer to provider");
}

static void following_shows_each_entry_once_and_says_where_it_stopped(void **state)
{
    (void) state;
    struct proxy proxy;
    struct cli_place beyond = place;
    char hint[64];
    int count = entries();
    assert_int_equal(proxy_start(&proxy, service.port), 0);
    (void) snprintf(beyond.server, sizeof beyond.server, "http://127.0.0.1:%u", proxy.port);
    proxy.requests_left = 6; /* two or three for the checkpoint, and then pages */
    assert_int_equal(cli_tally(&beyond, &output, NULL, "log --follow --limit 1000"), 0);
    expect(3);
    assert_int_equal(line_count(output.out), count);
    (void) snprintf(hint, sizeof hint, "go on with --after %d", count - 1);
    says(output.err, hint);
    proxy_stop(&proxy);
}

static void a_server_that_is_none_of_ours_is_called_that(void **state)
{
    (void) state;
    struct proxy proxy;
    struct cli_place beyond = place;
    assert_int_equal(proxy_start(&proxy, service.port), 0);
    (void) snprintf(beyond.server, sizeof beyond.server, "http://127.0.0.1:%u", proxy.port);
    proxy.from = "{";
    proxy.to = "<";
    assert_int_equal(cli_tally(&beyond, &output, NULL, "contract list"), 0);
    expect(1);
    says(output.err, "no JSON");
    proxy_stop(&proxy);
}

/* By a shell, which is told where tally is. */
static void shell(const char *script)
{
    char program[600];
    cli_program("tally", program, sizeof program);
    const char *argv[] = {"/bin/sh", "-c", script, program, NULL};
    assert_int_equal(cli_spawn(&place, argv, NULL, &output), 0);
}

static void a_closed_stream_is_no_file_and_no_connection(void **state)
{
    (void) state;
    shell("\"$0\" log >&-");
    expect(1);
    says(output.err, "writing to standard output: ");
    shell("\"$0\" log --limit 1 2>&- </dev/null");
    expect(0);
    says(output.out, "ledger.created");
    shell("\"$0\" contract propose - --id closed <&-");
    expect(1);
    says(output.err, "standard input: ");
}

static void what_is_no_ordinary_file_is_not_replaced(void **state)
{
    (void) state;
    shell("mkfifo pipe && \"$0\" archive -o pipe");
    expect(2);
    says(output.err, "pipe is no ordinary file");
    shell("test -p pipe && (sed 's/^pay /pay  /' housing.terms > pipe & exec \"$0\" terms fmt pipe --write)");
    expect(1);
    says(output.err, "pipe is no ordinary file");
    shell("test -p pipe && rm pipe");
    expect(0);
}

static void where_nothing_can_be_kept_it_says_what_to_do(void **state)
{
    (void) state;
    shell("HOME=/proc exec \"$0\" log");
    expect(1);
    says(output.err, "name another folder by XDG_DATA_HOME");
    shell("XDG_DATA_HOME=\"$PWD/elsewhere\" HOME=/proc exec \"$0\" log");
    expect(0);
    assert_string_equal(output.err, "");
    shell("unset HOME; exec \"$0\" log");
    expect(0);
    static const char told[] = "tally: neither HOME nor XDG_DATA_HOME is set: nothing is kept";
    says(output.err, told);
    assert_null(strstr(strstr(output.err, told) + 1, told)); /* once */
}

static void two_archives_of_one_name_do_not_disturb_each_other(void **state)
{
    (void) state;
    shell("echo mine > twice.part; \"$0\" archive -o twice & \"$0\" archive -o twice && wait $! && cat twice.part && ls "
          "twice*");
    expect(0);
    assert_string_equal(output.out, "mine\ntwice\ntwice.part\n");
    shell("\"$0\" archive | cmp - twice");
    expect(0);
}

/* How many services this home has pinned the key of. */
static int pinned(void)
{
    char path[700];
    int count = 0;
    (void) snprintf(path, sizeof path, "%s/.local/share/tally/servers", place.home);
    DIR *folder = opendir(path);
    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        (void) closedir(folder);
    return count;
}

static void the_demonstration_comes_out_as_it_says(void **state)
{
    (void) state;
    char script[700], program[600];
    int before = pinned();
    (void) snprintf(script, sizeof script, "%s/api/cli/demo.sh", project_root());
    cli_program("", program, sizeof program);
    const char *argv[] = {"/bin/bash", script, program, NULL};
    assert_int_equal(cli_spawn(&place, argv, NULL, &output), 0);
    expect(0);
    says(output.out, "3913932.96");
    says(output.out, "620978.40");
    says(output.out, "All of it was so.");
    assert_int_equal(pinned(),
                     before); /* the key of a ledger that is gone would be held against the next one at that port */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verified_result_is_paid_explained_and_settled_to_the_cent),
        cmocka_unit_test(the_archive_is_verified_without_the_service),
        cmocka_unit_test(a_refusal_says_what_where_and_what_next_and_records_nothing),
        cmocka_unit_test(nobody_speaks_with_the_key_of_another),
        cmocka_unit_test(a_key_that_others_may_read_is_refused),
        cmocka_unit_test(an_actor_adds_and_revokes_its_keys),
        cmocka_unit_test(exit_status_2_means_wrong_usage_and_3_that_nobody_answers),
        cmocka_unit_test(settings_come_from_options_then_environment_then_the_file),
        cmocka_unit_test(terms_are_diagnosed_as_a_compiler_does_and_laid_out),
        cmocka_unit_test(a_preview_says_what_would_follow_and_records_nothing),
        cmocka_unit_test(what_a_result_stands_as_changes_as_a_preview_said),
        cmocka_unit_test(many_results_go_under_one_signature),
        cmocka_unit_test(any_request_can_be_signed_and_sent),
        cmocka_unit_test(what_a_server_says_does_not_reach_the_terminal_raw),
        cmocka_unit_test(on_a_terminal_lists_are_aligned_under_heads_and_piped_they_are_plain),
        cmocka_unit_test(a_lost_answer_is_asked_for_again_with_the_same_bytes_and_doubles_nothing),
        cmocka_unit_test(a_text_other_than_the_versions_is_not_signed),
        cmocka_unit_test(an_actor_joins_a_class_of_parties),
        cmocka_unit_test(following_shows_each_entry_once_and_says_where_it_stopped),
        cmocka_unit_test(a_server_that_is_none_of_ours_is_called_that),
        cmocka_unit_test(a_closed_stream_is_no_file_and_no_connection),
        cmocka_unit_test(what_is_no_ordinary_file_is_not_replaced),
        cmocka_unit_test(where_nothing_can_be_kept_it_says_what_to_do),
        cmocka_unit_test(two_archives_of_one_name_do_not_disturb_each_other),
        cmocka_unit_test(the_demonstration_comes_out_as_it_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
