#include "spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *dir_of(const struct spill *spill)
{
    return spill->dir != NULL ? spill->dir : SPILL_DIR;
}

static enum tally_code failed(const struct spill *spill, struct err *err)
{
    return err_set(err, TALLY_E_IO, "a temporary file in %s: %m; TMPDIR names another folder, with 60 bytes for each entry",
                   dir_of(spill));
}

void spill_release(struct spill *spill)
{
    if (spill->file > 0)
        (void) close(spill->file - 1);
    spill->file = 0;
}

static enum tally_code make(struct spill *spill, struct err *err)
{
    char path[4096];
    int fd = open(dir_of(spill), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) { /* not every file system has files without a name */
        int len = snprintf(path, sizeof path, "%s/tally-verify-XXXXXX", dir_of(spill));
        if (len > 0 && (size_t) len < sizeof path)
            fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
            (void) unlink(path);
    }
    if (fd < 0)
        return failed(spill, err);
    spill->file = fd + 1;
    return TALLY_OK;
}

enum tally_code spill_write(struct spill *spill, uint64_t at, const void *ptr, size_t len, struct err *err)
{
    const char *from = ptr;
    enum tally_code rc = spill->file > 0 ? TALLY_OK : make(spill, err);
    while (rc == TALLY_OK && len > 0) {
        ssize_t n = pwrite(spill->file - 1, from, len, (off_t) at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return failed(spill, err);
        from += n;
        at += (uint64_t) n;
        len -= (size_t) n;
    }
    return rc;
}

enum tally_code spill_read(const struct spill *spill, uint64_t at, void *ptr, size_t len, struct err *err)
{
    char *to = ptr;
    while (len > 0) {
        ssize_t n = pread(spill->file - 1, to, len, (off_t) at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(spill, err);
        ENSURE(n > 0); /* what is read here has been written */
        to += n;
        at += (uint64_t) n;
        len -= (size_t) n;
    }
    return TALLY_OK;
}

enum tally_code spill_empty(struct spill *spill, struct err *err)
{
    return spill->file == 0 || ftruncate(spill->file - 1, 0) == 0 ? TALLY_OK : failed(spill, err);
}
