/* api/HOWTO.md is true: its commands are run as they stand, in their order, with a service on another port. A command's comment says what
 * its answer has (`# => TEXT`), or that it is refused and how (`# refused: TEXT`); any other command has to succeed. */
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

#define FILE_MAX 262144
#define SHOWN_MAX 800      /* of what failed: cmocka cuts a message after a thousand */
#define COMMANDS_LEAST 150 /* fewer: the blocks were not found */

static struct service service;
static struct cli_place place;
static struct cli_output output;

static int set_up(void **state)
{
    char link[700];
    (void) state;
    if (service_start(&service, NULL) != 0 || service_ready(&service) != 0 || cli_place_make(&place, service.dir) != 0)
        return -1;
    (void) snprintf(link, sizeof link, "%s/tallystick-data", place.dir);
    assert_int_equal(symlink(service.data, link), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    service_stop_replayed(&service);
    return 0;
}

static void add_quoted(struct buf *out, const char *text, size_t len)
{
    buf_add_char(out, '\'');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\'')
            buf_add_str(out, "'\\''");
        else
            buf_add_char(out, text[i]);
    }
    buf_add_char(out, '\'');
}

/* "command  # => text" becomes `said 'text' 'command'`, "command  # refused: text" `refused 'text' 'command'`. True: it did. */
static bool add_expected(struct buf *script, const char *line)
{
    static const struct {
        const char *mark, *function;
    } marks[] = {{"  # => ", "said"}, {"  # refused: ", "refused"}};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        const char *at = strstr(line, marks[i].mark);
        if (at == NULL)
            continue;
        const char *text = at + strlen(marks[i].mark);
        buf_printf(script, "%s ", marks[i].function);
        add_quoted(script, text, strlen(text));
        buf_add_char(script, ' ');
        add_quoted(script, line, (size_t) (at - line));
        buf_add_char(script, '\n');
        return true;
    }
    return false;
}

static int add_commands(struct buf *script)
{
    char path[700], line[2048];
    bool is_block = false, is_text = false;
    int count = 0;
    (void) snprintf(path, sizeof path, "%s/api/HOWTO.md", project_root());
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "```", 3) == 0) {
            is_block = !is_block;
            continue;
        }
        if (!is_block || strncmp(line, "export PATH=", 12) == 0) /* the build and the port of the test */
            continue;
        count++;
        if (is_text || !add_expected(script, line)) {
            buf_add_str(script, line);
            buf_add_char(script, '\n');
        }
        is_text = is_text ? strcmp(line, ".") != 0 : strstr(line, "<<.") != NULL;
    }
    assert_int_equal(fclose(file), 0);
    return count;
}

static const char *end_of(const char *text)
{
    size_t len = strlen(text);
    return len > SHOWN_MAX ? text + len - SHOWN_MAX : text;
}

static void every_command_does_what_is_written_beside_it(void **state)
{
    static const char functions[] =
        "said() {\n"
        "  eval \"$2\" > answer 2>&1 || { echo \"FAILED: $2\"; cat answer; exit 1; }\n"
        "  grep -qF -- \"$1\" answer || { echo \"NOT SAID: $1, by: $2\"; cat answer; exit 1; }\n"
        "}\n"
        "refused() {\n"
        "  if eval \"$2\" > answer 2>&1; then echo \"NOT REFUSED: $2\"; cat answer; exit 1; fi\n"
        "  grep -qF -- \"$1\" answer || { echo \"REFUSED OTHERWISE, not $1: $2\"; cat answer; exit 1; }\n"
        "}\n"
        "trap 'echo \"ended at: $BASH_COMMAND\"' ERR\n"
        "trap '[[ -z ${restored:-} ]] || kill $restored 2>/dev/null || true' EXIT\n";
    struct buf script;
    char program[600];
    (void) state;
    buf_init(&script, FILE_MAX);
    cli_program("", program, sizeof program);
    buf_printf(&script, "exec 2>&1\nset -eEuo pipefail\nexport PATH='%s':\"$PATH\" TALLY_SERVER=http://127.0.0.1:%u\n%s",
               program, service.port, functions);
    assert_in_range(add_commands(&script), COMMANDS_LEAST, 1000);
    buf_add_str(&script, "echo the end was reached\n");
    assert_int_equal(buf_check(&script, NULL), TALLY_OK);
    const char *argv[] = {"/bin/bash", "-s", NULL};
    assert_int_equal(cli_spawn(&place, argv, script.ptr, &output), 0);
    if (output.status != 0 || strstr(output.out, "the end was reached") == NULL)
        fail_msg("status %d; it ends with: %s", output.status, end_of(output.out));
    buf_release(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_command_does_what_is_written_beside_it)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
