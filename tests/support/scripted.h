/* A witness that does what a test says, right or wrong. A thread of its own; many connections, one after the other. */
#ifndef TALLY_TESTS_SCRIPTED_H
#define TALLY_TESTS_SCRIPTED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "tally/err.h"
#include "tally/key.h"

enum scripted_mode {
    SCRIPTED_COSIGN,    /* as it should be, whatever the proof says */
    SCRIPTED_SILENT,    /* takes the request and never answers */
    SCRIPTED_DRIP,      /* a byte of an answer at a time, as long as somebody listens */
    SCRIPTED_GARBAGE,   /* 200 with no lines of signatures */
    SCRIPTED_EMPTY,     /* 200 with nothing */
    SCRIPTED_STRANGER,  /* 200 with a cosignature by another key, under another name */
    SCRIPTED_IMPOSTOR,  /* 200 with a cosignature by another key, under its own name and key id */
    SCRIPTED_ENDLESS,   /* 200 and a gigabyte */
    SCRIPTED_HEADERS,   /* 200 and a megabyte of headers */
    SCRIPTED_REDIRECT,  /* 307 to the good one */
    SCRIPTED_FAILING,   /* 500 */
    SCRIPTED_BAD_SIZE,  /* 409 with a word for a size */
    SCRIPTED_ZERO_SIZE, /* 409 with 0 */
    SCRIPTED_CHASING,   /* 409 with another size each time */
    SCRIPTED_AHEAD, /* has cosigned `ahead` entries, says so to whoever names another size, and cosigns for who names that */
    SCRIPTED_STUCK,   /* 409 with the size that it was asked with */
    SCRIPTED_SHIFTED, /* an empty line, and a cosignature over what stands before that */
    SCRIPTED_HELD,    /* waits with the request until it is told what to do */
    SCRIPTED_NO_HTTP, /* bytes that are none */
    SCRIPTED_HANG_UP  /* closes at once */
};

struct scripted {
    uint16_t port;
    _Atomic enum scripted_mode mode;
    atomic_int requests; /* that were read whole */
    _Atomic uint64_t ahead;
    const struct key_pair *pair, *other;
    const char *name;
    int listener;
    atomic_bool is_stopping;
    pthread_t thread;
};
MUST_CHECK int scripted_start(struct scripted *scripted);
void scripted_stop(struct scripted *scripted);

#endif
