/* What stands in front of a service: a proxy that speaks TLS, as nginx does in the README, or plain bytes. A thread for each connection; the
 * service behind it may go away, come back at another port, or be another one. */
#ifndef TALLY_TESTS_FRONT_H
#define TALLY_TESTS_FRONT_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tally/err.h"

#define FRONT_CONNECTIONS_MAX 64

/* Who signs certificates, made for the test. */
struct front_authority {
    EVP_PKEY *key;
    X509 *certificate;
};
/* Writes its certificate to this file (PEM). 0, or -1. */
MUST_CHECK int front_authority_make(struct front_authority *authority, const char *file);
void front_authority_release(struct front_authority *authority);

enum front_kind {
    FRONT_PLAIN,      /* no TLS */
    FRONT_GOOD,       /* a certificate for 127.0.0.1 and localhost */
    FRONT_OTHER_HOST, /* for other.example */
    FRONT_EXPIRED,    /* for 127.0.0.1 and localhost, until yesterday */
    FRONT_NOT_YET     /* from tomorrow on */
};

struct front {
    uint16_t port;
    _Atomic uint16_t upstream; /* on 127.0.0.1; 0: whoever comes is hung up on. A change cuts what is open */
    atomic_int handshakes;     /* that were completed */
    SSL_CTX *context;
    int listener;
    pthread_t thread;
    atomic_bool is_stopping;
    struct front_connection {
        struct front *front;
        pthread_t thread;
        int fd;
        bool is_started;
        atomic_bool is_over;
    } connections[FRONT_CONNECTIONS_MAX];
};
/* authority: NULL for FRONT_PLAIN. 0, or -1. */
MUST_CHECK int front_start(struct front *front, enum front_kind kind, const struct front_authority *authority,
                           uint16_t upstream);
/* Fine on a zeroed one. */
void front_stop(struct front *front);

#endif
