/* The tour of README.md is true: its commands are taken from there and run as they stand, with a service on another port and the
 * numbers of entries where it says SEQ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../support/doc_run.h"

static struct doc_run doc;

static int set_up(void **state)
{
    (void) state;
    return doc_start(&doc);
}

static int tear_down(void **state)
{
    (void) state;
    doc_stop(&doc);
    return 0;
}

/* Replaces every `from` of a line. */
static void add_replaced(struct buf *out, const char *line, const char *from, const char *to)
{
    const char *at;
    while ((at = strstr(line, from)) != NULL) {
        buf_add(out, line, (size_t) (at - line));
        buf_add_str(out, to);
        line = at + strlen(from);
    }
    buf_add_str(out, line);
}

static void add_line(struct buf *script, const char *line)
{
    if (strstr(line, "result verify SEQ") != NULL) { /* "twice, with the numbers of the first two" */
        char command[512];
        (void) snprintf(command, sizeof command, "%.*s", (int) strcspn(line, "#"), line);
        buf_add_str(script, "for seq in $(tally result list | cut -f 1 | head -n 2); do ");
        add_replaced(script, command, "SEQ", "\"$seq\"");
        buf_add_str(script, "; done\n");
        return;
    }
    add_replaced(script, line, "SEQ", "\"$(tally payment list | cut -f 1)\"");
    buf_add_char(script, '\n');
}

static void the_tour_of_the_readme_runs_as_it_is_written(void **state)
{
    (void) state;
    /* not everybody who builds has curl */
    buf_add_str(&doc.script, "curl() { local last=${*: -1}; tally api GET \"${last#\"$TALLY_SERVER\"}\"; echo; }\n");
    assert_in_range(doc_lines(&doc, "README.md", "A ten-minute tour", add_line), 30, 200);
    buf_add_str(&doc.script, "tally contract show rikers-able\ntally payment list\n");
    doc_execute(&doc);
    const char *out = doc.output.out;
    if (doc.output.status != 0)
        fail_msg("status %d; script: %s\nout: %s\nerr: %s", doc.output.status, doc.script.ptr, out, doc.output.err);
    assert_non_null(strstr(out, "state\tin_force"));
    assert_non_null(strstr(out, "\ngoldman\tneither owes nor receives anything\n"));
    assert_non_null(strstr(out, "\trikers-able\tsuccess\tcity\tmdrc\t4800000.00\tUSD\t0.00\t"));
    assert_non_null(strstr(out, "everything was checked and is right"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_tour_of_the_readme_runs_as_it_is_written)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
