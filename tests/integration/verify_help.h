/* Runs tally-verify as an auditor does. */
#ifndef TALLY_TESTS_VERIFY_HELP_H
#define TALLY_TESTS_VERIFY_HELP_H

#include "../unit/verify/small_ledger.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char program[PATH_MAX];

/* TALLY_BIN as the test runner sets it, otherwise bin/ beside the tests/ that this program lies in. */
__attribute__((unused)) static int find_program(void **state)
{
    char self[PATH_MAX] = "";
    const char *bin = getenv("TALLY_BIN");
    (void) state;
    if (bin != NULL) {
        (void) snprintf(program, sizeof program, "%s/tally-verify", bin);
        return 0;
    }
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len <= 0)
        return -1;
    char *tests = strstr(self, "/tests/integration/");
    if (tests == NULL)
        return -1;
    (void) snprintf(program, sizeof program, "%.*s/bin/tally-verify", (int) (tests - self), self);
    return 0;
}

struct ran {
    int status;
    long peak_kib; /* of its memory */
    struct buf out, errors;
};

__attribute__((unused)) static void read_all(int fd, struct buf *out)
{
    char chunk[4096];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) > 0)
        buf_add(out, chunk, (size_t) n);
    buf_add(out, "", 0);
    (void) close(fd);
}

/* An unlinked file with these bytes, at its beginning. */
__attribute__((unused)) static int file_of(struct slice bytes)
{
    char path[] = "/tmp/tally-verify-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    for (size_t done = 0; done < bytes.len;) {
        ssize_t n = write(fd, bytes.ptr + done, bytes.len - done);
        assert_true(n > 0);
        done += (size_t) n;
    }
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* Output goes to files, so that no pipe can fill up. */
__attribute__((unused)) static void run(char *const argv[], struct slice input, struct ran *ran)
{
    int in = file_of(input);
    int out = file_of((struct slice){0});
    int errors = file_of((struct slice){0});
    buf_init(&ran->out, 1u << 20);
    buf_init(&ran->errors, 1u << 20);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(errors, 2) == 2)
            (void) execvp(argv[0], argv);
        _exit(127);
    }
    struct rusage usage;
    assert_int_equal(wait4(pid, &ran->status, 0, &usage), pid);
    ran->peak_kib = usage.ru_maxrss;
    assert_true(WIFEXITED(ran->status));
    ran->status = WEXITSTATUS(ran->status);
    assert_int_equal(lseek(out, 0, SEEK_SET), 0);
    assert_int_equal(lseek(errors, 0, SEEK_SET), 0);
    read_all(out, &ran->out);
    read_all(errors, &ran->errors);
    (void) close(in);
}

__attribute__((unused)) static void ran_release(struct ran *ran)
{
    buf_release(&ran->out);
    buf_release(&ran->errors);
}

/* tally-verify - --level signatures ARGUMENTS, with the archive on standard input: what the service recorded in a small ledger follows from
 * nothing. */
__attribute__((unused)) static void verify(struct slice archive, const char *a, const char *b, const char *c,
                                           struct ran *ran)
{
    const char *const argv[] = {program, "-", "--level", "signatures", a, b, c, NULL};
    run((char *const *) (uintptr_t) argv, archive, ran);
}

/* tally-verify - ARGUMENTS, with a receipt on standard input. */
__attribute__((unused)) static void verify_receipt(struct slice receipt, const char *a, const char *b, const char *c,
                                                   struct ran *ran)
{
    const char *const argv[] = {program, "-", a, b, c, NULL};
    run((char *const *) (uintptr_t) argv, receipt, ran);
}

__attribute__((unused)) static void assert_says(const struct buf *text, const char *what)
{
    if (text->ptr == NULL || strstr(text->ptr, what) == NULL)
        fail_msg("\"%s\" is not in: %s", what, text->ptr == NULL ? "" : text->ptr);
}

#endif
