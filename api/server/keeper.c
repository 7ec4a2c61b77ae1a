#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "tally/archive.h"
#include "tally/log.h"
#include "tally/mem.h"

#define PATH_LEN_MAX 1024
#define LINE_MAX_BYTES (2 * CHECKPOINT_MAX) /* line ends are escaped */
#define FILE_BYTES_MAX ((size_t) (KEEPER_ROOTS_MAX + 1) * LINE_MAX_BYTES)
#define LINE_ARENA_MAX ((size_t) 65536)

struct keeper {
    struct append_keeper table;
    char folder[PATH_LEN_MAX], path[PATH_LEN_MAX + 16], last_path[PATH_LEN_MAX + 32];
    struct note_key key;
    int lock_fd;          /* of the folder: one writer of the record */
    int fd;               /* -1: there is no record */
    int last_fd;          /* of the newest that was signed; -1: not open */
    bool has_last_failed; /* and that was told */
    bool
        is_torn; /* a line may be there in part, or more of them than are remembered: the file is written anew before it grows */
    struct append_root last;                        /* the newest that was signed; size 0: none */
    struct append_root roots[KEEPER_ROOTS_MAX + 1]; /* room for `last` behind them */
    char (*notes)[CHECKPOINT_MAX];                  /* one for each root, for when the file is written anew */
    size_t count;
    pthread_mutex_t lock; /* of what is below */
    struct append_root newest;
    char newest_note[CHECKPOINT_MAX];
};

/* ---- files ---- */

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

MUST_CHECK static enum tally_code folder_sync(const struct keeper *keeper, struct err *err)
{
    int fd = open(keeper->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;
    enum tally_code rc = is_synced ? TALLY_OK : err_set(err, TALLY_E_IO, "%s: %m", keeper->folder);
    if (fd >= 0)
        (void) close(fd);
    return rc;
}

MUST_CHECK static enum tally_code line_add(struct slice note, struct buf *out, struct err *err)
{
    archive_write_checkpoint(note, out);
    return buf_check(out, err);
}

/* ---- in memory ---- */

static void show(struct keeper *keeper, const struct append_root *root, struct slice note)
{
    ENSURE(note.len < CHECKPOINT_MAX);
    pthread_mutex_lock(&keeper->lock);
    keeper->newest = *root;
    memcpy(keeper->newest_note, note.ptr, note.len);
    keeper->newest_note[note.len] = '\0';
    pthread_mutex_unlock(&keeper->lock);
}

static void remember(struct keeper *keeper, const struct append_root *root, struct slice note)
{
    ENSURE(keeper->count < KEEPER_ROOTS_MAX && note.len < CHECKPOINT_MAX);
    keeper->roots[keeper->count] = *root;
    memcpy(keeper->notes[keeper->count], note.ptr, note.len);
    keeper->notes[keeper->count][note.len] = '\0';
    keeper->count++;
    show(keeper, root, note);
}

/* Every second one of the older half goes. */
static void thin_out(struct keeper *keeper)
{
    size_t kept = 0;
    for (size_t i = 0; i < keeper->count; i++) {
        if (i < keeper->count / 2 && i % 2 == 1)
            continue;
        if (kept != i) {
            keeper->roots[kept] = keeper->roots[i];
            memcpy(keeper->notes[kept], keeper->notes[i], CHECKPOINT_MAX);
        }
        kept++;
    }
    keeper->count = kept;
}

/* The file as it should be now takes the place of the one that is there, whole or not at all. */
MUST_CHECK static enum tally_code write_anew(struct keeper *keeper, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char fresh[PATH_LEN_MAX + 32];
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    (void) snprintf(fresh, sizeof fresh, "%s.new", keeper->path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        TRY(err_set(err, TALLY_E_IO, "%s: %m", fresh));
    for (size_t i = 0; i < keeper->count; i++)
        TRY(line_add(slice_str(keeper->notes[i]), &text, err));
    TRY(write_all(fd, fresh, buf_slice(&text), err));
    if (rename(fresh, keeper->path) != 0)
        TRY(err_set(err, TALLY_E_IO, "%s: %m", keeper->path));
    TRY(folder_sync(keeper, err));
    if (keeper->fd >= 0)
        (void) close(keeper->fd);
    keeper->fd = fd;
    fd = -1;
    keeper->is_torn = false;
done:
    if (fd >= 0)
        (void) close(fd);
    buf_release(&text);
    return rc;
}

/* ---- for the sequencer ---- */

static bool known(void *self, const struct append_root **roots, size_t *count)
{
    struct keeper *keeper = self;
    *roots = keeper->roots;
    *count = keeper->count;
    uint64_t newest = keeper->count == 0 ? 0 : keeper->roots[keeper->count - 1].size;
    if (keeper->fd >= 0 && keeper->last.size > newest)
        keeper->roots[(*count)++] = keeper->last;
    return keeper->fd >= 0;
}

static enum tally_code begin(void *self, struct err *err)
{
    struct keeper *keeper = self;
    ENSURE(keeper->fd < 0 && keeper->count == 0);
    return write_anew(keeper, err);
}

static enum tally_code keep(void *self, const struct append_root *root, struct slice note, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct keeper *keeper = self;
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    if (keeper->fd < 0) { /* a host that stands by: what it has never compared does not become its record */
        show(keeper, root, note);
        goto done;
    }
    if (keeper->count > 0 && root->size <= keeper->roots[keeper->count - 1].size)
        goto done;
    TRY(line_add(note, &line, err));
    if (keeper->count == KEEPER_ROOTS_MAX) {
        thin_out(keeper);
        keeper->is_torn = true;
    }
    if (keeper->is_torn)
        TRY(write_anew(keeper, err));
    /* on a full disk a part of the line may stay; after a flush that failed nobody knows what did, and the next one says nothing of it */
    keeper->is_torn = true;
    TRY(write_all(keeper->fd, keeper->path, buf_slice(&line), err));
    keeper->is_torn = false;
    remember(keeper, root, note);
done:
    buf_release(&line);
    return rc;
}

static void signed_now(void *self, const struct append_root *root, struct slice note)
{
    struct keeper *keeper = self;
    struct buf line;
    struct err err = {0};
    if (keeper->fd < 0)
        return;
    keeper->last = *root;
    buf_init(&line, LINE_MAX_BYTES);
    enum tally_code rc = line_add(note, &line, &err);
    if (rc == TALLY_OK && keeper->last_fd < 0)
        keeper->last_fd = open(keeper->last_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    /* never shorter than the line before: sizes grow */
    if (rc == TALLY_OK && (keeper->last_fd < 0 || pwrite(keeper->last_fd, line.ptr, line.len, 0) != (ssize_t) line.len))
        rc = err_set(&err, TALLY_E_IO, "%s: %m", keeper->last_path);
    if (rc != TALLY_OK && !keeper->has_last_failed)
        log_err(LOG_LEVEL_ERROR, "checkpoint.not_remembered", &err);
    keeper->has_last_failed = rc != TALLY_OK;
    buf_release(&line);
}

/* ---- reading the record ---- */

MUST_CHECK static enum tally_code line_take(struct keeper *keeper, struct slice line, struct arena *arena, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct archive_line read;
    struct checkpoint checkpoint;
    arena_clear(arena);
    TRY(archive_read_line(line, arena, &read, err));
    if (read.kind != ARCHIVE_LINE_CHECKPOINT || read.checkpoint.len >= CHECKPOINT_MAX)
        TRY(err_set(err, TALLY_E_MALFORMED, "it is no checkpoint"));
    TRY(checkpoint_open(read.checkpoint, &keeper->key, &checkpoint, NULL, err));
    if (keeper->count > 0 && checkpoint.size <= keeper->roots[keeper->count - 1].size)
        TRY(err_set(err, TALLY_E_MALFORMED, "its size is not greater than that of the line before"));
    if (keeper->count == KEEPER_ROOTS_MAX)
        TRY(err_set(err, TALLY_E_MALFORMED, "the file is longer than it is ever written"));
    const struct append_root root = {checkpoint.size, checkpoint.root};
    remember(keeper, &root, read.checkpoint);
done:
    return rc;
}

MUST_CHECK static enum tally_code text_take(struct keeper *keeper, struct slice text, size_t *whole, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct arena *arena = arena_new(LINE_ARENA_MAX);
    const char *begin = text.ptr;
    if (arena == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for %s", keeper->path));
    for (size_t number = 1; text.len > 0; number++) {
        const char *end = memchr(text.ptr, '\n', text.len);
        if (end == NULL)
            break;
        rc = line_take(keeper, slice_of(text.ptr, (size_t) (end - text.ptr)), arena, err);
        if (rc != TALLY_OK)
            TRY(err_context(err, "%s, line %zu", keeper->path, number));
        text = slice_of(end + 1, text.len - (size_t) (end + 1 - text.ptr));
    }
    *whole = begin == NULL ? 0 : (size_t) (text.ptr - begin);
done:
    arena_free(arena);
    return rc;
}

MUST_CHECK static enum tally_code record_read(struct keeper *keeper, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf text;
    char block[65536];
    ssize_t n = 0;
    size_t whole = 0;
    buf_init(&text, FILE_BYTES_MAX);
    keeper->fd = open(keeper->path, O_RDWR | O_APPEND | O_CLOEXEC);
    if (keeper->fd < 0 && errno == ENOENT)
        goto done;
    if (keeper->fd < 0)
        TRY(err_set(err, TALLY_E_IO, "%s: %m", keeper->path));
    while ((n = read(keeper->fd, block, sizeof block)) > 0)
        buf_add(&text, block, (size_t) n);
    if (n < 0)
        TRY(err_set(err, TALLY_E_IO, "%s: %m", keeper->path));
    TRY(buf_check(&text, err));
    TRY(text_take(keeper, buf_slice(&text), &whole, err));
    if (whole < text.len &&
        ftruncate(keeper->fd, (off_t) whole) != 0) /* it was cut off while it was written, and never shown */
        TRY(err_set(err, TALLY_E_IO, "%s: %m", keeper->path));
done:
    buf_release(&text);
    return rc;
}

/* Something else than a whole line of the ledger's is what a crash has left, and is written over. */
static void last_read(struct keeper *keeper)
{
    char text[LINE_MAX_BYTES];
    struct archive_line read_line;
    struct checkpoint checkpoint;
    struct arena *arena = arena_new(LINE_ARENA_MAX);
    if (keeper->fd >= 0)
        keeper->last_fd = open(keeper->last_path, O_RDWR | O_CLOEXEC);
    ssize_t n = keeper->last_fd < 0 ? 0 : pread(keeper->last_fd, text, sizeof text, 0);
    const char *end = n > 0 ? memchr(text, '\n', (size_t) n) : NULL;
    if (arena != NULL && end != NULL &&
        archive_read_line(slice_of(text, (size_t) (end - text)), arena, &read_line, NULL) == TALLY_OK &&
        read_line.kind == ARCHIVE_LINE_CHECKPOINT &&
        checkpoint_open(read_line.checkpoint, &keeper->key, &checkpoint, NULL, NULL) == TALLY_OK)
        keeper->last = (struct append_root){checkpoint.size, checkpoint.root};
    else if (n > 0)
        LOG_WARN("checkpoint.last_unreadable", LOG_STR("place", keeper->last_path));
    arena_free(arena);
}

/* Two that write one record would put every line into it twice, which the next start refuses. */
MUST_CHECK static enum tally_code lock_take(struct keeper *keeper, struct err *err)
{
    keeper->lock_fd = open(keeper->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (keeper->lock_fd < 0)
        return err_set(err, TALLY_E_IO, "%s: %m", keeper->folder);
    if (flock(keeper->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return TALLY_OK;
    if (errno == EWOULDBLOCK)
        return err_set(err, TALLY_E_CONFLICT, "another tallyd runs in %s: stop it first, or choose another data directory",
                       keeper->folder);
    return err_set(err, TALLY_E_IO, "%s cannot be locked: %m", keeper->folder);
}

enum tally_code keeper_new(const char *data, struct slice vkey, struct keeper **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct keeper *keeper = mem_zero(sizeof *keeper);
    if (keeper == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the record of checkpoints");
    keeper->lock_fd = -1;
    keeper->fd = -1;
    keeper->last_fd = -1;
    ENSURE(pthread_mutex_init(&keeper->lock, NULL) == 0);
    keeper->notes = mem_zero_array(KEEPER_ROOTS_MAX, sizeof *keeper->notes); /* 2.5 MB, touched as far as it is used */
    if (keeper->notes == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for the record of checkpoints"));
    if (snprintf(keeper->folder, sizeof keeper->folder, "%s", data) >= (int) sizeof keeper->folder)
        TRY(err_set(err, TALLY_E_USAGE, "the path %s is too long", data));
    (void) snprintf(keeper->path, sizeof keeper->path, "%s/checkpoints", data);
    (void) snprintf(keeper->last_path, sizeof keeper->last_path, "%s.last", keeper->path);
    keeper->table = (struct append_keeper){keeper, keeper->path, known, begin, keep, signed_now};
    TRY(note_key_read(vkey, &keeper->key, err));
    TRY(lock_take(keeper, err));
    TRY(record_read(keeper, err));
    last_read(keeper);
    *out = keeper;
    keeper = NULL;
done:
    keeper_free(keeper);
    return rc;
}

void keeper_free(struct keeper *keeper)
{
    if (keeper == NULL)
        return;
    if (keeper->fd >= 0)
        (void) close(keeper->fd);
    if (keeper->last_fd >= 0)
        (void) close(keeper->last_fd);
    if (keeper->lock_fd >= 0)
        (void) close(keeper->lock_fd);
    note_key_release(&keeper->key);
    pthread_mutex_destroy(&keeper->lock);
    mem_free(keeper->notes);
    mem_free(keeper);
}

const struct append_keeper *keeper_table(struct keeper *keeper)
{
    return &keeper->table;
}

bool keeper_newest(struct keeper *keeper, struct append_root *root, char note[CHECKPOINT_MAX])
{
    pthread_mutex_lock(&keeper->lock);
    *root = keeper->newest;
    memcpy(note, keeper->newest_note, CHECKPOINT_MAX);
    pthread_mutex_unlock(&keeper->lock);
    return root->size > 0;
}
