#include "stream.h"

#include <pthread.h>
#include <string.h>

#include "tally/mem.h"

struct stream {
    pthread_mutex_t mutex;
    pthread_cond_t has_room;
    size_t at, len; /* a ring: len bytes from at */
    int holders;
    bool is_ended, is_whole, is_dropped;
    bool is_awaited; /* the reader found nothing and wants to be woken */
    void (*wake)(void *ctx);
    void *wake_ctx;
    char ring[STREAM_BUFFER];
};

struct stream *stream_new(void)
{
    struct stream *stream = mem_zero(sizeof *stream);
    if (stream == NULL)
        return NULL;
    pthread_mutex_init(&stream->mutex, NULL);
    pthread_cond_init(&stream->has_room, NULL);
    stream->holders = 2;
    return stream;
}

/* Called with the mutex held; gives it back. */
static void let_go(struct stream *stream)
{
    bool is_last = --stream->holders == 0;
    pthread_mutex_unlock(&stream->mutex);
    if (!is_last)
        return;
    pthread_cond_destroy(&stream->has_room);
    pthread_mutex_destroy(&stream->mutex);
    mem_free(stream);
}

/* Called with the mutex held, so that a reader that drops its hold is never woken afterwards. */
static void wake_reader(struct stream *stream)
{
    if (!stream->is_awaited || stream->is_dropped)
        return;
    stream->is_awaited = false;
    stream->wake(stream->wake_ctx);
}

/* Puts what fits into the ring; the number of bytes. */
static size_t ring_put(struct stream *stream, struct slice bytes)
{
    size_t put = 0;
    while (put < bytes.len && stream->len < STREAM_BUFFER) {
        size_t end = (stream->at + stream->len) % STREAM_BUFFER;
        size_t run = end < stream->at ? stream->at - end : STREAM_BUFFER - end;
        if (run > bytes.len - put)
            run = bytes.len - put;
        memcpy(stream->ring + end, bytes.ptr + put, run);
        stream->len += run;
        put += run;
    }
    return put;
}

enum tally_code stream_write(struct stream *stream, struct slice bytes)
{
    pthread_mutex_lock(&stream->mutex);
    while (bytes.len > 0 && !stream->is_dropped) {
        size_t put = ring_put(stream, bytes);
        bytes = slice_of(bytes.ptr + put, bytes.len - put);
        if (put > 0)
            wake_reader(stream);
        else
            pthread_cond_wait(&stream->has_room, &stream->mutex);
    }
    bool is_dropped = stream->is_dropped;
    pthread_mutex_unlock(&stream->mutex);
    return is_dropped ? TALLY_E_INTERRUPTED : TALLY_OK;
}

void stream_end(struct stream *stream, bool is_whole)
{
    pthread_mutex_lock(&stream->mutex);
    stream->is_ended = true;
    stream->is_whole = is_whole;
    wake_reader(stream);
    let_go(stream);
}

enum stream_state stream_read(struct stream *stream, char *out, size_t max, size_t *taken)
{
    enum stream_state state = STREAM_BYTES;
    size_t n = 0;
    pthread_mutex_lock(&stream->mutex);
    while (n < max && stream->len > 0) {
        size_t run = STREAM_BUFFER - stream->at;
        if (run > stream->len)
            run = stream->len;
        if (run > max - n)
            run = max - n;
        memcpy(out + n, stream->ring + stream->at, run);
        stream->at = (stream->at + run) % STREAM_BUFFER;
        stream->len -= run;
        n += run;
    }
    if (n > 0) {
        pthread_cond_signal(&stream->has_room);
    } else if (stream->is_ended) {
        state = stream->is_whole ? STREAM_WHOLE : STREAM_CUT;
    } else {
        stream->is_awaited = true;
        state = STREAM_EMPTY;
    }
    pthread_mutex_unlock(&stream->mutex);
    *taken = n;
    return state;
}

void stream_on_more(struct stream *stream, void (*wake)(void *ctx), void *ctx)
{
    pthread_mutex_lock(&stream->mutex);
    stream->wake = wake;
    stream->wake_ctx = ctx;
    pthread_mutex_unlock(&stream->mutex);
}

void stream_drop(struct stream *stream)
{
    pthread_mutex_lock(&stream->mutex);
    stream->is_dropped = true;
    pthread_cond_signal(&stream->has_room);
    let_go(stream);
}
