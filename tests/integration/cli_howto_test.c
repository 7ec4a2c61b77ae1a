/* api/HOWTO.md is true: its commands are run as they stand, in their order, with a service on another port. A command's comment says what
 * its answer has (`# => TEXT`), or that it is refused and how (`# refused: TEXT`); any other command has to succeed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "../support/doc_run.h"

#define SHOWN_MAX 800      /* of what failed: cmocka cuts a message after a thousand */
#define COMMANDS_LEAST 150 /* fewer: the blocks were not found */

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

static void add_line(struct buf *script, const char *line)
{
    static bool is_text; /* between `<<.` and its end */
    if (is_text || !add_expected(script, line)) {
        buf_add_str(script, line);
        buf_add_char(script, '\n');
    }
    is_text = is_text ? strcmp(line, ".") != 0 : strstr(line, "<<.") != NULL;
}

static const char *end_of(const char *text)
{
    size_t len = strlen(text);
    return len > SHOWN_MAX ? text + len - SHOWN_MAX : text;
}

static void every_command_does_what_is_written_beside_it(void **state)
{
    static const char functions[] =
        "exec 2>&1\n"
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
    (void) state;
    buf_add_str(&doc.script, functions);
    assert_in_range(doc_lines(&doc, "api/HOWTO.md", NULL, add_line), COMMANDS_LEAST, 1000);
    buf_add_str(&doc.script, "echo the end was reached\n");
    doc_execute(&doc);
    if (doc.output.status != 0 || strstr(doc.output.out, "the end was reached") == NULL)
        fail_msg("status %d; it ends with: %s", doc.output.status, end_of(doc.output.out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_command_does_what_is_written_beside_it)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
