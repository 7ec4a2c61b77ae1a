/* The six worked contracts of language.md section 9: `tally terms eval` tells each history as the specification does, line by line.
 * tests/vectors/worked has the texts, the histories and the lines (README.md there). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/cli_run.h"
#include "../support/root.h"

#define LINES_MAX 2000
#define LINE_MAX 300

static char parent[] = "/tmp/tally-worked-XXXXXX";
static struct cli_place place;
static struct cli_output output;
static char folder[500];

struct line {
    char text[LINE_MAX]; /* each run of blanks is one */
    bool is_moment;      /* it begins a day */
    bool is_payment;     /* or a part of one */
};
struct lines {
    struct line items[LINES_MAX];
    size_t count;
};
static struct lines wanted, told;

static int set_up(void **state)
{
    const char *here = project_root();
    (void) state;
    assert_non_null(here);
    (void) snprintf(folder, sizeof folder, "%s/tests/vectors/worked", here);
    return mkdtemp(parent) == NULL || cli_place_make(&place, parent) != 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    char line[400];
    (void) state;
    (void) snprintf(line, sizeof line, "rm -rf '%s'", parent);
    return system(line) == 0 ? 0 : -1; /* NOLINT(cert-env33-c): a folder of our own */
}

static void add_line(struct lines *lines, const char *from, const char *to)
{
    struct line *line = &lines->items[lines->count];
    size_t n = 0;
    assert_true(lines->count < LINES_MAX);
    *line = (struct line){.is_moment = isdigit((unsigned char) *from) != 0};
    for (const char *p = from; p < to; p++) {
        if (*p != ' ')
            line->text[n++] = *p;
        else if (n > 0 && line->text[n - 1] != ' ')
            line->text[n++] = ' ';
        assert_true(n < LINE_MAX);
    }
    line->is_payment = strncmp(line->text, "=>", 2) == 0 || line->text[0] == '(';
    lines->count += n > 0;
}

static void split(struct lines *lines, const char *text)
{
    lines->count = 0;
    for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1)
        add_line(lines, text, end);
}

static void load(const char *name, struct lines *lines)
{
    static char text[CLI_OUTPUT_MAX];
    char path[700];
    (void) snprintf(path, sizeof path, "%s/%s.trace", folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    assert_int_equal(fclose(file), 0);
    text[n] = '\0';
    split(lines, text);
}

/* Where the moment that begins at a line ends; how many of its lines are payments. */
static size_t end_of(const struct lines *lines, size_t from, size_t *payments)
{
    size_t at = from + 1;
    *payments = 0;
    for (; at < lines->count && !lines->items[at].is_moment; at++)
        *payments += lines->items[at].is_payment;
    return at;
}

static bool has_line(size_t from, size_t to, const char *text)
{
    for (size_t i = from; i < to; i++)
        if (strcmp(told.items[i].text, text) == 0)
            return true;
    return false;
}

/* Each line of the specification is told at its moment, and not one payment more; what is told between is no payment. */
static void expect_trace(const char *name, const char *texts)
{
    size_t at = 0, paid = 0, should = 0;
    assert_int_equal(cli_tally(&place, &output, NULL, "terms eval '%s/%s.terms' --results '%s/%s.results.json'", folder,
                               texts, folder, name),
                     0);
    if (output.status != 0)
        fail_msg("%s", output.err);
    split(&told, output.out);
    load(name, &wanted);
    assert_true(wanted.count > 5);
    for (size_t i = 0, next; i < wanted.count; i = next) {
        size_t end = 0;
        next = end_of(&wanted, i, &should);
        while (at < told.count && strcmp(told.items[at].text, wanted.items[i].text) != 0) {
            at = end_of(&told, at, &paid);
            if (paid > 0)
                fail_msg("%s: a payment before \"%s\" that nobody expects", name, wanted.items[i].text);
        }
        if (at == told.count)
            fail_msg("%s: \"%s\" is not told", name, wanted.items[i].text);
        end = end_of(&told, at, &paid);
        assert_int_equal(paid, should);
        for (size_t k = i + 1; k < next; k++)
            if (!has_line(at, end, wanted.items[k].text))
                fail_msg("%s: %s: lacks \"%s\"", name, wanted.items[i].text, wanted.items[k].text);
        at = end;
    }
    for (; at < told.count; at = end_of(&told, at, &paid))
        assert_int_equal((end_of(&told, at, &paid), paid), 0);
}

static void peterborough_pays_early_or_at_the_end(void **state)
{
    (void) state;
    expect_trace("peterborough", "peterborough");
}

static void denver_has_a_gate_a_dispute_and_an_amendment(void **state)
{
    (void) state;
    expect_trace("denver-sib", "denver-sib");
}

static void the_innovation_fund_caps_each_person(void **state)
{
    (void) state;
    expect_trace("innovation-fund", "innovation-fund");
}

static void roca_passes_on_every_cent(void **state)
{
    (void) state;
    expect_trace("roca-waterfall", "roca-waterfall");
}

static void the_work_programme_pays_a_sequence(void **state)
{
    (void) state;
    expect_trace("work-programme", "work-programme");
}

static void the_guarantee_pays_on_the_shortfall_of_another_contract(void **state)
{
    (void) state;
    expect_trace("rikers-guarantee", "rikers-guarantee");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peterborough_pays_early_or_at_the_end),
        cmocka_unit_test(denver_has_a_gate_a_dispute_and_an_amendment),
        cmocka_unit_test(the_innovation_fund_caps_each_person),
        cmocka_unit_test(roca_passes_on_every_cent),
        cmocka_unit_test(the_work_programme_pays_a_sequence),
        cmocka_unit_test(the_guarantee_pays_on_the_shortfall_of_another_contract),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
