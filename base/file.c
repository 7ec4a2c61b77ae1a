#include "tally/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_LEN_MAX 4096

enum tally_code file_read(const char *path, struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char block[16384];
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return err_set(err, errno == ENOENT ? TALLY_E_NOT_FOUND : TALLY_E_IO, "%s: %m", path);
    while ((n = read(fd, block, sizeof block)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            TRY(err_set(err, TALLY_E_IO, "%s: %m", path));
        buf_add(out, block, (size_t) n);
        if (out->failed == TALLY_E_LIMIT)
            TRY(err_set(err, TALLY_E_LIMIT, "%s is over %zu bytes", path, out->max));
    }
    TRY(buf_check(out, err));
done:
    (void) close(fd);
    return rc;
}

MUST_CHECK static enum tally_code write_all(int fd, const char *path, struct slice bytes, struct err *err)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, TALLY_E_IO, "%s: %m", path);
        bytes = slice_of(bytes.ptr + n, bytes.len - (size_t) n);
    }
    return fsync(fd) == 0 ? TALLY_OK : err_set(err, TALLY_E_IO, "%s: %m", path);
}

/* A new name lasts once its folder is flushed. */
MUST_CHECK static enum tally_code folder_sync(const char *path, struct err *err)
{
    char folder[PATH_LEN_MAX];
    const char *slash = strrchr(path, '/');
    int len = slash == NULL ? 1 : slash == path ? 1 : (int) (slash - path);
    (void) snprintf(folder, sizeof folder, "%.*s", len, slash == NULL ? "." : path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;
    enum tally_code rc = is_synced ? TALLY_OK : err_set(err, TALLY_E_IO, "%s: %m", folder);
    if (fd >= 0)
        (void) close(fd);
    return rc;
}

enum tally_code file_replace(const char *path, struct slice bytes, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char fresh[PATH_LEN_MAX];
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int) sizeof fresh)
        return err_set(err, TALLY_E_USAGE, "the path %s is too long", path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, TALLY_E_IO, "%s: %m", fresh);
    rc = write_all(fd, fresh, bytes, err);
    if (close(fd) != 0 && rc == TALLY_OK)
        rc = err_set(err, TALLY_E_IO, "%s: %m", fresh);
    TRY(rc);
    if (rename(fresh, path) != 0)
        TRY(err_set(err, TALLY_E_IO, "%s: %m", path));
    TRY(folder_sync(path, err));
done:
    return rc;
}

bool file_keep_streams(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", modes[fd]) != fd)
            return false;
    return true;
}
