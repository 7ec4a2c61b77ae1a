#include <pthread.h>

#include "handlers.h"
#include "routes.h"
#include "stream.h"
#include "tally/archive.h"
#include "tally/log.h"
#include "tally/mem.h"
#include "tally/problem.h"
#include "tally/read.h"
#include "tree.h"

#define ARCHIVES_MAX 2        /* at once: each holds a connection and a snapshot */
#define ARCHIVE_MS 3600000    /* for a whole one: 100 GB at 28 MB/s */
#define ARCHIVE_SIZES_MAX 100 /* bodies that are erased between a look at the size and one at the database */
#define ARCHIVE_STACK (256u << 10)

struct archive {
    struct tallyd *tallyd;
    struct stream *stream;
    uint64_t from, size;
    char note[NOTE_MAX];     /* of that size */
    char cosigned[NOTE_MAX]; /* the newest that enough witnesses have cosigned, where that is another one; or empty */
    char actor[65];          /* who reads; empty: nobody in particular */
};

static void text_keep(const struct buf *text, char out[NOTE_MAX])
{
    if (buf_check(text, NULL) != TALLY_OK || text->len == 0 || text->len >= NOTE_MAX)
        return;
    memcpy(out, text->ptr, text->len);
    out[text->len] = '\0';
}

/* The checkpoint of its size with what has been cosigned of it, and the newest that has been cosigned, if that is an older one. */
static void notes_keep(struct cosigners *cosigners, const char *checkpoint, struct archive *wanted)
{
    struct append_root root;
    struct buf text;
    buf_init(&text, NOTE_MAX);
    buf_add_str(&text, checkpoint);
    cosigners_lines(cosigners, wanted->size, &text);
    text_keep(&text, wanted->note);
    buf_clear(&text);
    if (cosigners_newest(cosigners, &root, &text) && root.size > wanted->from && root.size < wanted->size)
        text_keep(&text, wanted->cosigned);
    buf_release(&text);
}

/* All that is signed: an archive ends with the checkpoint of its size. */
static void take_size(const struct tallyd *tallyd, struct archive *archive)
{
    struct sequencer_status status;
    sequencer_status(tallyd->sequencer, &status);
    archive->size = status.checkpoint_size;
    archive->cosigned[0] = '\0';
    notes_keep(tallyd->cosigners, status.checkpoint, archive);
}

static enum tally_code write_line(void *ctx, struct slice line, struct err *err)
{
    struct archive *archive = ctx;
    enum tally_code rc = stream_write(archive->stream, line);
    return rc == TALLY_OK ? TALLY_OK : err_set(err, rc, "the reader of the archive has left");
}

MUST_CHECK static enum tally_code archive_make(struct archive *archive, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct tallyd *tallyd = archive->tallyd;
    const struct pg_options options = {.conninfo = tallyd->database,
                                       .application_name = "tallyd-archive",
                                       .is_by_key = true,
                                       .connect_timeout_ms = TALLYD_CONNECT_TIMEOUT_MS,
                                       .statement_timeout_ms = ARCHIVE_MS};
    struct pg *pg = NULL;
    struct buf last;
    buf_init(&last, 4 * NOTE_MAX); /* line ends are escaped */
    TRY(pg_new(&options, &pg, err));
    TRY(pg_connect(pg, err));
    for (int i = 0;; i++) {
        rc = read_archive(pg, tallyd->identity.origin, tallyd->identity.vkey, archive->from, archive->size,
                          slice_str(archive->actor), write_line, archive, err);
        if (rc != TALLY_E_CONFLICT || i == ARCHIVE_SIZES_MAX)
            break;
        take_size(tallyd, archive); /* a body was erased: the archive has to go as far as the entry that says so */
    }
    TRY(rc);
    if (archive->cosigned[0] != '\0')
        archive_write_checkpoint(slice_str(archive->cosigned), &last);
    archive_write_checkpoint(slice_str(archive->note), &last);
    TRY(buf_check(&last, err));
    TRY(write_line(archive, buf_slice(&last), err));
done:
    buf_release(&last);
    pg_free(pg);
    return rc;
}

static void *archive_thread(void *arg)
{
    struct archive *archive = arg;
    atomic_int *archives = &archive->tallyd->archives;
    struct err err = {0};
    enum tally_code rc = archive_make(archive, &err);
    if (rc != TALLY_OK)
        log_err(rc == TALLY_E_INTERRUPTED ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "archive.cut", &err);
    stream_end(archive->stream, rc == TALLY_OK);
    mem_free(archive);
    atomic_fetch_sub(archives, 1); /* the last thing: the service waits for it before it goes */
    return NULL;
}

static bool archive_start(struct tallyd *tallyd, struct http_request *request, const struct archive *wanted)
{
    pthread_t thread;
    pthread_attr_t attr;
    struct archive *archive = mem_zero(sizeof *archive);
    struct stream *stream = archive == NULL ? NULL : stream_new();
    if (stream == NULL) {
        mem_free(archive);
        return false;
    }
    *archive = *wanted;
    archive->tallyd = tallyd;
    archive->stream = stream;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, ARCHIVE_STACK);
    bool is_started = pthread_create(&thread, &attr, archive_thread, archive) == 0;
    pthread_attr_destroy(&attr);
    if (is_started) {
        request->answer.stream = stream;
        return true;
    }
    stream_end(stream, false);
    stream_drop(stream);
    mem_free(archive);
    return false;
}

static const struct refusal *check_size(struct tallyd *tallyd, struct http_request *request, struct archive *wanted)
{
    uint64_t size = 0;
    const struct refusal *refusal = tree_size(tallyd, request->arena, &size);
    if (refusal != NULL)
        return refusal;
    take_size(tallyd, wanted);
    if (wanted->from >= wanted->size)
        return refusal_new(request->arena, REFUSE_ENTRY_NOT_FOUND, "there is no entry %llu yet",
                           (unsigned long long) wanted->from);
    return NULL;
}

/* Is there an entry `from`, and a database? Once the first line is on its way it is too late to say no. */
static const struct refusal *check(struct tallyd *tallyd, struct http_request *request, struct archive *wanted)
{
    struct query query;
    struct err err = {0};
    struct pg *pg = NULL;
    struct read_head head = {0};
    struct reader reader;
    const struct route *route = request->route;
    const struct refusal *refusal = query_read(request->query, route->query, request->arena, &query);
    query_u64(&query, "from", 0, ENTRY_SEQ_MAX, &wanted->from, request->arena, &refusal);
    if (refusal == NULL)
        refusal = check_size(tallyd, request, wanted);
    if (refusal != NULL)
        return refusal;
    enum tally_code rc = reader_find(tallyd, request, &reader, &refusal, &err);
    if (rc == TALLY_OK && refusal == NULL)
        rc = pgpool_take(tallyd->reads, &pg, &err);
    if (pg != NULL) {
        rc = reader_check(&reader, pg, request->arena, &refusal, &err);
        if (rc == TALLY_OK)
            rc = read_head(pg, &head, &err);
        pgpool_give(tallyd->reads, pg);
    }
    err.code = rc;
    if (rc != TALLY_OK)
        return problem_of_error("archive.failed", &err);
    if (refusal != NULL)
        return refusal;
    (void) snprintf(wanted->actor, sizeof wanted->actor, "%.*s", SLICE_ARG(reader.actor));
    return NULL;
}

/* The archive begins to be made, on a thread that gives its place back. Looked at and taken at once, since several readers do so. */
static const struct refusal *begin(struct tallyd *tallyd, struct http_request *request, const struct archive *wanted)
{
    static const struct refusal no_memory = {.code = REFUSE_INTERNAL};
    static const struct refusal full = {.code = REFUSE_QUEUE_FULL};
    int before = atomic_fetch_add(&tallyd->archives, 1);
    if (before < ARCHIVES_MAX && archive_start(tallyd, request, wanted))
        return NULL;
    atomic_fetch_sub(&tallyd->archives, 1);
    if (before < ARCHIVES_MAX)
        return &no_memory;
    const struct refusal *refusal =
        refusal_new(request->arena, REFUSE_QUEUE_FULL, "%d archives are being sent already; try again later", ARCHIVES_MAX);
    return refusal == NULL ? &full : refusal;
}

void handle_archive(struct tallyd *tallyd, struct http_request *request)
{
    struct archive wanted = {0};
    const struct refusal *refusal = check(tallyd, request, &wanted);
    reader_mark(request);
    if (refusal == NULL) /* never from a cache: bodies are erased */
        http_answer_header(request, "Cache-Control",
                           wanted.actor[0] != '\0' ? SLICE("private, no-cache") : SLICE("no-cache"));
    if (refusal == NULL && request->method != HTTP_HEAD)
        refusal = begin(tallyd, request, &wanted);
    if (refusal != NULL)
        http_refuse(request, refusal);
    else
        answer_plain(request, 200, "application/x-ndjson", SLICE(""));
}
