#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

MUST_CHECK static enum tally_code read_all(int fd, const char *name, struct buf *out, struct err *err)
{
    char block[65536];
    ssize_t n = 0;
    while ((n = read(fd, block, sizeof block)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, TALLY_E_IO, "%s: %m", name);
        buf_add(out, block, (size_t) n);
        if (out->failed == TALLY_E_LIMIT)
            return err_set(err, TALLY_E_LIMIT, "%s is over %zu bytes, more than the service takes", name, out->max);
    }
    return buf_check(out, err);
}

enum tally_code cli_file_read(struct cli *cli, const char *path, struct slice *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool is_input = strcmp(path, "-") == 0;
    const char *name = is_input ? "standard input" : path;
    struct stat status;
    struct buf text;
    buf_init(&text, CLI_FILE_MAX);
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        TRY(err_set(err, errno == ENOENT ? TALLY_E_NOT_FOUND : TALLY_E_IO, "%s: %m", name));
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
        TRY(err_set(err, TALLY_E_MALFORMED, "%s is a folder, not a file", name));
    TRY(read_all(fd, name, &text, err));
    TRY(arena_copy(cli->arena, text.ptr, text.len, out, err));
done:
    if (fd > STDIN_FILENO)
        (void) close(fd);
    buf_release(&text);
    return rc;
}

MUST_CHECK static enum tally_code write_all(int fd, const char *name, struct slice bytes, struct err *err)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, TALLY_E_IO, "%s: %m", name);
        bytes = slice_of(bytes.ptr + n, bytes.len - (size_t) n);
    }
    return fsync(fd) == 0 ? TALLY_OK : err_set(err, TALLY_E_IO, "%s: %m", name);
}

enum tally_code cli_file_replace(struct cli *cli, const char *path, struct slice bytes, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice fresh = arena_printf(cli->arena, "%s.new.%ld", path, (long) getpid());
    struct stat status;
    if (fresh.ptr == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    bool is_there = stat(path, &status) == 0;
    if (is_there && !S_ISREG(status.st_mode)) /* a device or a pipe would be gone, and a file in its place */
        return err_set(err, TALLY_E_MALFORMED, "%s is no ordinary file and is not replaced", path);
    mode_t mode = is_there ? status.st_mode & 0777 : 0644;
    int fd = open(fresh.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return err_set(err, TALLY_E_IO, "%s: %m", fresh.ptr);
    TRY(write_all(fd, fresh.ptr, bytes, err));
    if (rename(fresh.ptr, path) != 0)
        TRY(err_set(err, TALLY_E_IO, "%s: %m", path));
done:
    (void) close(fd);
    if (rc != TALLY_OK)
        (void) unlink(fresh.ptr);
    return rc;
}
