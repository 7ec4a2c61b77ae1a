/* The tour of README.md is true: its commands are taken from there and run as they stand, with a service on another port and the
 * numbers of entries where it says SEQ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/audit.h"
#include "../support/cli_run.h"
#include "../support/root.h"
#include "../support/service.h"
#include "tally/buf.h"

#define README_MAX 262144

static struct service service;
static struct cli_place place;
static struct cli_output output;

static void link_into_place(const char *target, const char *name)
{
    char path[700];
    (void) snprintf(path, sizeof path, "%s/%s", place.dir, name);
    assert_int_equal(symlink(target, path), 0);
}

static int set_up(void **state)
{
    char path[700];
    (void) state;
    if (service_start(&service, NULL) != 0 || service_ready(&service) != 0 || cli_place_make(&place, service.dir) != 0)
        return -1;
    (void) snprintf(path, sizeof path, "%s/contracts", project_root());
    link_into_place(path, "contracts");
    link_into_place(service.data, "tallystick-data");
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    service_stop_replayed(&service);
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
    if (strncmp(line, "export PATH=", 12) == 0) /* the build and the port of the test */
        return;
    add_replaced(script, line, "SEQ", "\"$(tally payment list | cut -f 1)\"");
    buf_add_char(script, '\n');
}

/* The fenced blocks of the tour. */
static int add_tour(struct buf *script)
{
    char path[700], line[1024];
    bool is_tour = false, is_block = false;
    int count = 0;
    (void) snprintf(path, sizeof path, "%s/README.md", project_root());
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "## ", 3) == 0)
            is_tour = strcmp(line, "## A ten-minute tour") == 0;
        else if (is_tour && strncmp(line, "```", 3) == 0)
            is_block = !is_block;
        else if (is_tour && is_block && ++count > 0)
            add_line(script, line);
    }
    assert_int_equal(fclose(file), 0);
    return count;
}

static void the_tour_of_the_readme_runs_as_it_is_written(void **state)
{
    (void) state;
    struct buf script;
    char program[600];
    buf_init(&script, README_MAX);
    cli_program("", program, sizeof program);
    buf_printf(&script,
               "set -euo pipefail\n"
               "export PATH='%s':\"$PATH\" TALLY_SERVER=http://127.0.0.1:%u\n"
               "curl() { local last=${*: -1}; tally api GET \"${last#\"$TALLY_SERVER\"}\"; echo; }\n",
               program, service.port);
    assert_in_range(add_tour(&script), 30, 200);
    buf_add_str(&script, "tally contract show rikers-able\ntally payment list\n");
    assert_int_equal(buf_check(&script, NULL), TALLY_OK);
    const char *argv[] = {"/bin/bash", "-s", NULL};
    assert_int_equal(cli_spawn(&place, argv, script.ptr, &output), 0);
    if (output.status != 0)
        fail_msg("status %d; script: %s\nout: %s\nerr: %s", output.status, script.ptr, output.out, output.err);
    assert_non_null(strstr(output.out, "state\tin_force"));
    assert_non_null(strstr(output.out, "\ngoldman\tneither owes nor receives anything\n"));
    assert_non_null(strstr(output.out, "\trikers-able\tsuccess\tcity\tmdrc\t4800000.00\tUSD\t0.00\t"));
    assert_non_null(strstr(output.out, "everything was checked and is right"));
    buf_release(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_tour_of_the_readme_runs_as_it_is_written)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
