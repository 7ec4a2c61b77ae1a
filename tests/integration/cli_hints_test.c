/* What tally tells people to type next exists: each command that a hint of api/cli or api/HOWTO.md names has a --help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/cli_run.h"
#include "../support/root.h"

#define SOURCE_MAX 262144
#define SEEN_MAX 256
#define COMMAND_MAX 64

static struct cli_place place;
static struct cli_output output;
static char seen[SEEN_MAX][COMMAND_MAX];
static size_t seen_count;

static int set_up(void **state)
{
    static char dir[200];
    const char *tmp = getenv("TMPDIR");
    (void) state;
    (void) snprintf(dir, sizeof dir, "%s/tally-hints.XXXXXX", tmp == NULL ? "/tmp" : tmp);
    return mkdtemp(dir) == NULL ? -1 : cli_place_make(&place, dir);
}

static int tear_down(void **state)
{
    char path[400];
    int rc = 0;
    (void) state;
    for (int i = 0; i < 3; i++) { /* what the last command read and wrote */
        (void) snprintf(path, sizeof path, "%s/.%d", place.dir, i);
        rc |= unlink(path);
    }
    rc |= rmdir(place.home) | rmdir(place.dir);
    *strrchr(place.dir, '/') = '\0';
    return rc | rmdir(place.dir);
}

static bool is_new(const char *command)
{
    for (size_t i = 0; i < seen_count; i++)
        if (strcmp(seen[i], command) == 0)
            return false;
    assert_in_range(seen_count, 0, SEEN_MAX - 1);
    (void) snprintf(seen[seen_count++], COMMAND_MAX, "%s", command);
    return true;
}

/* At most two words of small letters: "contract show" of `tally contract show ID`. */
static void command_of(const char *text, char out[COMMAND_MAX])
{
    size_t len = 0;
    for (int words = 0; words < 2; words++) {
        size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyz-");
        if (word == 0 || text[0] == '-' || len + word + 2 > COMMAND_MAX || strchr(" `\"", text[word]) == NULL)
            break;
        len += (size_t) snprintf(out + len, COMMAND_MAX - len, "%s%.*s", len > 0 ? " " : "", (int) word, text);
        text += word;
        if (*text != ' ')
            break;
        text++;
    }
    out[len] = '\0';
}

static void look_at(const char *folder, const char *name)
{
    static char text[SOURCE_MAX];
    char path[700], command[COMMAND_MAX] = "";
    (void) snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    assert_int_equal(fclose(file), 0);
    text[len] = '\0';
    for (const char *at = text; (at = strstr(at, "`tally ")) != NULL; at++) {
        command_of(at + 7, command);
        if (command[0] == '\0' || !is_new(command))
            continue;
        assert_int_equal(cli_tally(&place, &output, NULL, "%s --help", command), 0);
        if (output.status != 0)
            fail_msg("%s names `tally %s`, which is no command: %s", path, command, output.err);
    }
}

static void every_command_that_a_hint_names_exists(void **state)
{
    char folder[600];
    (void) state;
    (void) snprintf(folder, sizeof folder, "%s/api/cli", project_root());
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        size_t len = strlen(entry->d_name);
        if (len > 2 && strcmp(entry->d_name + len - 2, ".c") == 0)
            look_at(folder, entry->d_name);
    }
    assert_int_equal(closedir(dir), 0);
    look_at(project_root(), "api/HOWTO.md");
    look_at(project_root(), "README.md");
    assert_in_range(seen_count, 25, SEEN_MAX); /* fewer: the hints were not found */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_command_that_a_hint_names_exists)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
