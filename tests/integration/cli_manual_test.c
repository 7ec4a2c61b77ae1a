/* The commands that the manual of the terms language shows (contracts/terms/README.md) do what they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/cli_run.h"
#include "../support/root.h"

static char parent[] = "/tmp/tally-manual-XXXXXX";
static struct cli_place place;
static struct cli_output output;
static char root[PATH_MAX];

/* The commands name files from the root of the repository. */
static int set_up(void **state)
{
    char link[700], target[PATH_MAX + 16];
    (void) state;
    if (realpath(project_root(), root) == NULL || mkdtemp(parent) == NULL || cli_place_make(&place, parent) != 0)
        return -1;
    (void) snprintf(target, sizeof target, "%s/contracts", root);
    (void) snprintf(link, sizeof link, "%s/contracts", place.dir);
    return symlink(target, link);
}

static int tear_down(void **state)
{
    char command[400];
    (void) state;
    (void) snprintf(command, sizeof command, "rm -rf -- '%s'", parent);
    return system(command);
}

static void every_command_of_the_manual_ends_well(void **state)
{
    char path[PATH_MAX + 32], line[1024];
    int count = 0;
    (void) state;
    (void) snprintf(path, sizeof path, "%s/contracts/terms/README.md", root);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "tally terms ", 12) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        assert_int_equal(cli_tally(&place, &output, NULL, "%s", line + strlen("tally ")), 0);
        if (output.status != 0)
            fail_msg("%s: status %d; %s%s", line, output.status, output.out, output.err);
        count++;
    }
    assert_int_equal(fclose(file), 0);
    assert_true(count >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_command_of_the_manual_ends_well)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
