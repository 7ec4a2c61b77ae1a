/* The table in contracts/templates/README.md is about the files that are there, all of them and no others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/root.h"
#include "tally/buf.h"

#define TEXT_MAX ((size_t) 1 << 20)
#define MECHANISMS 45 /* of the list that the language was made for */
#define COLUMNS 5     /* text, contract, mechanisms, histories, sources */
#define FILES_MAX 400

static char folder[512];
static struct buf readme;
static char names[FILES_MAX][256];
static size_t name_count;

/* The names of the files with this ending, without it. */
static void find_files(const char *ending)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    assert_non_null(dir);
    name_count = 0;
    while ((entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name), tail = strlen(ending);
        if (len <= tail || strcmp(entry->d_name + len - tail, ending) != 0)
            continue;
        assert_in_range(name_count, 0, FILES_MAX - 1);
        (void) snprintf(names[name_count++], sizeof names[0], "%.*s", (int) (len - tail), entry->d_name);
    }
    assert_int_equal(closedir(dir), 0);
}

static bool is_file(struct slice name)
{
    for (size_t i = 0; i < name_count; i++)
        if (slice_is(name, names[i]))
            return true;
    return false;
}

static struct slice line_at(const char *at)
{
    return slice_of(at, strcspn(at, "\n"));
}

/* The first row of the table: the line behind its heading and its rule. */
static const char *first_row(void)
{
    const char *at = strstr(readme.ptr, "| text | contract | mechanisms | histories | sources |\n");
    assert_non_null(at);
    at += line_at(at).len + 1;
    return at + line_at(at).len + 1;
}

static const char *next_row(const char *row)
{
    const char *next = row + line_at(row).len + 1;
    return next[0] == '|' ? next : NULL;
}

static void columns_of(const char *row, struct slice columns[COLUMNS])
{
    struct slice line = line_at(row);
    const char *at = row + 1, *end = row + line.len;
    for (size_t i = 0; i < COLUMNS; i++) {
        const char *bar = memchr(at, '|', (size_t) (end - at));
        if (bar == NULL)
            fail_msg("a row without %d columns: %.*s", COLUMNS, SLICE_ARG(line));
        columns[i] = slice_of(at + 1, (size_t) (bar - at) - 2);
        at = bar + 1;
    }
    assert_ptr_equal(at, end);
}

/* Each word in back quotes of a column is a file; returns how many. */
static size_t quoted_are_files(struct slice column)
{
    size_t count = 0;
    const char *end = column.ptr + column.len;
    for (const char *at = memchr(column.ptr, '`', column.len); at != NULL;) {
        const char *close = memchr(at + 1, '`', (size_t) (end - at - 1));
        assert_non_null(close);
        struct slice name = slice_of(at + 1, (size_t) (close - at - 1));
        if (!is_file(name))
            fail_msg("the table names `%.*s`, which is not there", SLICE_ARG(name));
        count++;
        at = memchr(close + 1, '`', (size_t) (end - close - 1));
    }
    return count;
}

static void column_names_all(size_t column, const char *ending)
{
    size_t count = 0;
    find_files(ending);
    for (const char *row = first_row(); row != NULL; row = next_row(row)) {
        struct slice columns[COLUMNS];
        columns_of(row, columns);
        size_t more = quoted_are_files(columns[column]);
        assert_true(more >= 1);
        count += more;
    }
    if (count != name_count)
        fail_msg("the table names %zu of %zu files %s", count, name_count, ending);
}

static void each_text_has_a_row(void **state)
{
    (void) state;
    column_names_all(0, ".terms");
}

static void each_history_is_named_in_a_row(void **state)
{
    (void) state;
    column_names_all(3, ".results.json");
}

/* "2, 10, 16": rising numbers of mechanisms; each is marked. */
static void take_numbers(struct slice text, bool has[MECHANISMS + 1])
{
    unsigned last = 0, number = 0;
    for (size_t i = 0; i <= text.len; i++) {
        char c = i < text.len ? text.ptr[i] : ',';
        if (c >= '0' && c <= '9') {
            number = number * 10 + (unsigned) (c - '0');
        } else if (c == ',') {
            assert_in_range(number, last + 1, MECHANISMS);
            has[number] = true;
            last = number;
            number = 0;
        } else {
            assert_int_equal(c, ' ');
        }
    }
}

static void each_mechanism_has_a_template_or_is_said_to_have_none(void **state)
{
    (void) state;
    bool has[MECHANISMS + 1] = {false}, has_none[MECHANISMS + 1] = {false};
    static const char heading[] = "\nNo template yet: ";
    const char *none = strstr(readme.ptr, heading);
    for (const char *row = first_row(); row != NULL; row = next_row(row)) {
        struct slice columns[COLUMNS];
        columns_of(row, columns);
        take_numbers(columns[2], has);
    }
    if (none != NULL) {
        none += strlen(heading);
        take_numbers(slice_of(none, strcspn(none, ".")), has_none);
    }
    for (int i = 1; i <= MECHANISMS; i++)
        if (has[i] == has_none[i])
            fail_msg("mechanism %d %s", i, has[i] ? "has a template and is said to have none" : "is not in the table");
}

int main(void)
{
    char path[600], block[4096];
    size_t n;
    (void) snprintf(folder, sizeof folder, "%s/contracts/templates", project_root());
    (void) snprintf(path, sizeof path, "%s/README.md", folder);
    buf_init(&readme, TEXT_MAX);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 1;
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buf_add(&readme, block, n);
    (void) fclose(file);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_has_a_row),
        cmocka_unit_test(each_history_is_named_in_a_row),
        cmocka_unit_test(each_mechanism_has_a_template_or_is_said_to_have_none),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_release(&readme);
    return failed;
}
