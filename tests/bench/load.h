/* The bench's load: signed statements over many keep-alive connections, each answer checked. One thread. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdint.h>

#include "tally/digest.h"
#include "tally/key.h"
#include "tally/slice.h"

/* A reporter with a key of its own: no actor may hold more than its share of the queue. */
struct bench_actor {
    char id[32];
    struct key_pair *key;
};

struct bench_service {
    char host[64];
    uint16_t port;
    struct slice origin;
    uint64_t head_seq; /* an entry that the signers have seen */
    struct digest head_hash;
    struct bench_actor *actors;
    uint32_t actor_count;
};

/* Requests made before the clock starts, so that signing is not what is measured. */
struct bench_requests {
    char **bytes;
    uint32_t *lens;
    uint32_t count, next;
    bool are_proofs; /* what is asked for; otherwise results */
};

/* Signs count single results; first numbers them, so that no two are the same result. Uses all cores. */
void bench_sign(const struct bench_service *service, uint64_t first, uint32_t count, struct bench_requests *out);
/* Asks for the proof of inclusion of count entries, all over the first size ones, in the tree of that size. */
void bench_ask(const struct bench_service *service, uint64_t size, uint32_t count, struct bench_requests *out);
void bench_requests_free(struct bench_requests *requests);

struct bench_figures {
    uint64_t answered, wrong; /* 201 with a number of its own, or 200 with a proof; anything else */
    double seconds;
    double p50_ms, p99_ms;
    uint64_t seq_min, seq_max;
    char first_wrong[512];
};

/* Sends through `connections` connections, one request at a time on each, until `seconds` have passed or the requests are used up;
 * waits for every answer. */
void bench_load(const struct bench_service *service, struct bench_requests *requests, uint32_t connections, double seconds,
                struct bench_figures *out);

#define BENCH_ANY 0 /* any status will do: the answer is empty unless it was 200 */
/* One request at a time for the set-up; dies with a message when the answer is not the status wanted. The body of the answer, NUL-ended,
 * is the caller's to free. */
char *bench_call(const struct bench_service *service, const char *method, const char *target, const char *jws,
                 struct slice body, int want);
/* A signed POST. */
char *bench_post(const struct bench_service *service, const struct key_pair *key, const char *target, const char *body);

_Noreturn void bench_die(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
