/* A ledger of a million entries beside a small one:
 *
 *   bench_large proofs PORT ORIGIN SIZE SECONDS
 *       proofs of inclusion served, with 64 connections, all over the tree of that size
 *   bench_large append PORT OPERATOR.pem PORT OPERATOR.pem ORIGIN SECONDS ROUNDS
 *       statements appended with 64 connections to the first service and to the second, in turn, so that both see the same machine;
 *       of the rounds but the first, in which the database reads what it has on disk, the one whose ratio is in the middle
 *
 * Prints one line a figure: name value. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "ready.h"

#define CONNECTIONS 64
#define RATE_MAX 60000 /* requests made ahead for a second: more than there are cores for */
#define ROUNDS_MAX 100

static struct bench_service service_of(const char *port, const char *origin)
{
    return (struct bench_service){
        .host = "127.0.0.1", .port = (uint16_t) strtoul(port, NULL, 10), .origin = slice_str(origin)};
}

static void load(const struct bench_service *service, struct bench_requests *requests, double seconds,
                 struct bench_figures *figures)
{
    bench_load(service, requests, CONNECTIONS, seconds, figures);
    bench_requests_free(requests);
    if (figures->wrong > 0)
        bench_die("%" PRIu64 " wrong answers, the first: %s", figures->wrong, figures->first_wrong);
}

static void proofs(char **argv)
{
    struct bench_service service = service_of(argv[0], argv[1]);
    uint64_t size = strtoull(argv[2], NULL, 10);
    double seconds = strtod(argv[3], NULL);
    struct bench_figures figures;
    for (int is_warm = 0; is_warm <= 1; is_warm++) { /* the first time tiles are read; from then on the service has them */
        struct bench_requests requests;
        bench_ask(&service, size, (uint32_t) (RATE_MAX * seconds), &requests);
        load(&service, &requests, seconds, &figures);
        printf("%s %.1f\n", is_warm ? "proofs" : "proofs_first", (double) figures.answered / figures.seconds);
    }
    printf("proofs_p99 %.3f\n", figures.p99_ms);
}

struct round {
    double rates[2];
};

static int by_ratio(const void *a, const void *b)
{
    const struct round *x = a, *y = b;
    double p = x->rates[0] * y->rates[1], q = y->rates[0] * x->rates[1];
    return (p > q) - (p < q);
}

static double rate_of(const struct bench_service *service, double seconds, uint64_t *first)
{
    struct bench_requests requests;
    struct bench_figures figures;
    uint32_t count = (uint32_t) (RATE_MAX / 3 * seconds);
    bench_sign(service, *first, count, &requests);
    *first += count;
    load(service, &requests, seconds, &figures);
    return (double) figures.answered / figures.seconds;
}

static void append(char **argv)
{
    struct bench_service services[2] = {service_of(argv[0], argv[4]), service_of(argv[2], argv[4])};
    static struct round rounds[ROUNDS_MAX];
    double seconds = strtod(argv[5], NULL);
    long count = strtol(argv[6], NULL, 10);
    uint64_t first = 0;
    struct err err = {0};
    if (count < 2 || count > ROUNDS_MAX)
        bench_die("2 to %d rounds", ROUNDS_MAX);
    for (int i = 0; i < 2; i++) {
        struct key_pair *key = NULL;
        if (key_pair_load(argv[2 * i + 1], &key, &err) != TALLY_OK)
            bench_die("%s", err.detail);
        bench_ready(&services[i], key, "later");
        key_pair_free(key);
    }
    for (long round = 0; round < count; round++)
        for (int i = 0; i < 2; i++)
            rounds[round].rates[i] = rate_of(&services[i], seconds, &first);
    qsort(rounds + 1, (size_t) count - 1, sizeof rounds[0], by_ratio);
    const struct round *middle = &rounds[1 + (count - 1) / 2];
    printf("append_small %.1f\nappend_large %.1f\n", middle->rates[0], middle->rates[1]);
    for (int i = 0; i < 2; i++)
        bench_ready_free(&services[i]);
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "proofs") == 0)
        proofs(argv + 2);
    else if (argc == 9 && strcmp(argv[1], "append") == 0)
        append(argv + 2);
    else
        bench_die("usage: bench_large proofs PORT ORIGIN SIZE SECONDS | append PORT KEY PORT KEY ORIGIN SECONDS ROUNDS");
    return 0;
}
