/* A script in another language, tests/interop/archive.py, checks chain and root of an archive: what is written is what formats.md says,
 * not what this program's own reader takes. Skipped without python3. */
#include "../support/root.h"
#include "../unit/verify/small_ledger.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/cli_run.h"

static void need_python(void)
{
    if (system("command -v python3 >/dev/null 2>&1") == 0) // NOLINT: a test looks what there is
        return;
    print_message("skipped: python3 is not there\n");
    skip();
}

/* Runs it on this text; its exit status. */
static int check(struct slice text, struct cli_output *output)
{
    char path[] = "/tmp/tally-interop-XXXXXX", script[700];
    struct cli_place place = {.dir = "/tmp", .home = "/tmp"};
    (void) snprintf(script, sizeof script, "%s/tests/interop/archive.py", project_root());
    char real[4096]; /* PATH_MAX, which realpath wants */
    assert_non_null(realpath(script, real));

    const char *const argv[] = {"/usr/bin/env", "python3", real, path, NULL};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.ptr, text.len), text.len);
    (void) close(fd);
    assert_int_equal(cli_spawn(&place, argv, NULL, output), 0);
    (void) unlink(path);
    return output->status;
}

static void another_language_finds_the_same_root(void **state)
{
    static struct cli_output output;
    struct small_ledger l;
    (void) state;
    need_python();
    small_begin(&l, SMALL_WHOLE);
    small_rest(&l);
    small_checkpoint(&l, 5);
    small_checkpoint(&l, SMALL_WHOLE);
    int status = check(buf_slice(&l.text), &output);
    if (status != 0)
        fail_msg("%s", output.err);
    struct merkle_frontier tree = {0};
    struct digest root;
    char hex[2 * DIGEST_LEN + 1], wanted[128];
    for (size_t i = 0; i < SMALL_WHOLE; i++)
        merkle_frontier_add(&tree, &l.hashes[i]);
    merkle_frontier_root(&tree, &root);
    text_hex(root.bytes, DIGEST_LEN, hex);
    (void) snprintf(wanted, sizeof wanted, "10 entries, root %s\n", hex);
    assert_string_equal(output.out, wanted);
    small_end(&l);
}

static void another_language_finds_what_was_altered(void **state)
{
    static struct cli_output output;
    static const struct {
        const char *from, *to;
    } altered[] = {{"\\\"type\\\":\\\"result.submitted\\\"", "\\\"type\\\":\\\"result.submittes\\\""},
                   {"\"nonce\":\"AwMD", "\"nonce\":\"AwME"},
                   {"\\n10\\n", "\\n11\\n"}};
    (void) state;
    need_python();
    for (size_t i = 0; i < sizeof altered / sizeof altered[0]; i++) {
        struct small_ledger l;
        small_begin(&l, SMALL_WHOLE);
        small_rest(&l);
        small_checkpoint(&l, SMALL_WHOLE);
        char *at = strstr(l.text.ptr, altered[i].from);
        assert_non_null(at);
        memcpy(at, altered[i].to, strlen(altered[i].to));
        assert_int_equal(check(buf_slice(&l.text), &output), 1);
        small_end(&l);
    }
}

/* What the README prints is the script that is tested here. */
static void the_readme_prints_the_script(void **state)
{
    static char readme[1u << 18], script[1u << 14];
    const char *const names[] = {"README.md", "tests/interop/archive.py"};
    char *const texts[] = {readme, script};
    const size_t sizes[] = {sizeof readme, sizeof script};
    (void) state;
    for (size_t i = 0; i < 2; i++) {
        char path[700];
        (void) snprintf(path, sizeof path, "%s/%s", project_root(), names[i]);
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        texts[i][fread(texts[i], 1, sizes[i] - 1, file)] = '\0';
        assert_int_equal(fclose(file), 0);
    }
    assert_non_null(strstr(readme, script));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_language_finds_the_same_root),
        cmocka_unit_test(another_language_finds_what_was_altered),
        cmocka_unit_test(the_readme_prints_the_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
