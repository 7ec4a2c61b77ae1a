/* Files read and written whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tally/file.h"

static char dir[64], path[128], fresh[160];

static int set_up(void **state)
{
    (void) state;
    (void) snprintf(dir, sizeof dir, "/tmp/tally-file-XXXXXX");
    if (mkdtemp(dir) == NULL)
        return -1;
    (void) snprintf(path, sizeof path, "%s/f", dir);
    (void) snprintf(fresh, sizeof fresh, "%s.new", path);
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    (void) unlink(path);
    return rmdir(dir);
}

static void a_file_is_replaced_whole_and_only_its_owner_reads_it(void **state)
{
    struct stat status;
    struct buf read;
    (void) state;
    buf_init(&read, 100);
    assert_int_equal(file_read(path, &read, NULL), TALLY_E_NOT_FOUND);
    assert_int_equal(file_replace(path, SLICE("one"), NULL), TALLY_OK);
    assert_int_equal(file_replace(path, SLICE("another"), NULL), TALLY_OK);
    assert_int_equal(file_read(path, &read, NULL), TALLY_OK);
    assert_string_equal(read.ptr, "another");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(access(fresh, F_OK), -1);
    buf_release(&read);
}

static void what_was_left_half_written_is_no_hindrance(void **state)
{
    struct buf read;
    (void) state;
    buf_init(&read, 100);
    FILE *file = fopen(fresh, "w");
    assert_non_null(file);
    assert_true(fputs("half of something that was long, and longer than the rest", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(file_replace(path, SLICE("whole"), NULL), TALLY_OK);
    assert_int_equal(file_read(path, &read, NULL), TALLY_OK);
    assert_string_equal(read.ptr, "whole");
    buf_release(&read);
}

static void a_file_over_the_limit_is_said_to_be(void **state)
{
    struct err err = {0};
    struct buf read;
    (void) state;
    buf_init(&read, 4);
    assert_int_equal(file_replace(path, SLICE("12345"), NULL), TALLY_OK);
    assert_int_equal(file_read(path, &read, &err), TALLY_E_LIMIT);
    buf_release(&read);
}

static void a_folder_that_is_not_there_is_said(void **state)
{
    struct err err = {0};
    (void) state;
    assert_int_equal(file_replace("/nonexistent/folder/f", SLICE("x"), &err), TALLY_E_IO);
    assert_true(err.detail[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_replaced_whole_and_only_its_owner_reads_it),
        cmocka_unit_test(what_was_left_half_written_is_no_hindrance),
        cmocka_unit_test(a_file_over_the_limit_is_said_to_be),
        cmocka_unit_test(a_folder_that_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
