/* bench PORT PID ORIGIN OPERATOR.pem SECONDS [CONNECTIONS]: sets up reporters and an indicator over HTTP, then loads the service at several numbers of
 * connections. Prints one line a figure: name value. bench.sh puts them beside their bounds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "tally/buf.h"
#include "tally/text.h"

#define ACTORS 32 /* 1,000 connections over 32 actors stay within each one's share of the queue */

static void must(enum tally_code code, const struct err *err, const char *what)
{
    if (code != TALLY_OK)
        bench_die("%s: %s", what, err->detail);
}

static void take_head(struct bench_service *service, const char *json)
{
    const char *hash = strstr(json, "\"hash\":\"");
    const char *at = strstr(json, "\"seq\":"), *last = NULL;
    for (; at != NULL; at = strstr(at + 1, "\"seq\":"))
        last = at;
    if (hash == NULL || last == NULL ||
        text_unhex(slice_of(hash + 8, 64), service->head_hash.bytes, DIGEST_LEN) != TALLY_OK)
        bench_die("an answer without hash and seq: %s", json);
    service->head_seq = strtoull(last + 6, NULL, 10);
}

static void register_actor(struct bench_service *service, const struct key_pair *operator_key, struct bench_actor *actor,
                           uint32_t i)
{
    struct err err = {0};
    struct key_public public_key;
    struct buf x, pop, body;
    buf_init(&x, 64);
    buf_init(&pop, 128);
    buf_init(&body, 1024);
    snprintf(actor->id, sizeof actor->id, "reporter-%u", i);
    must(key_pair_generate(&actor->key, &err), &err, "key");
    key_pair_public(actor->key, &public_key);
    text_base64url(public_key.bytes, sizeof public_key.bytes, &x);
    must(key_proof_make(actor->key, service->origin, slice_str(actor->id), &pop, &err), &err, "proof");
    buf_printf(&body,
               "{\"id\":\"%s\",\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"},\"kind\":\"organisation\","
               "\"pop\":\"%s\","
               "\"roles\":[\"backbone\"]}",
               actor->id, x.ptr, pop.ptr);
    char *answer = bench_post(service, operator_key, "/v1/actors", body.ptr);
    take_head(service, answer);
    free(answer);
    buf_release(&x);
    buf_release(&pop);
    buf_release(&body);
}

static void wait_until_ready(const struct bench_service *service)
{
    bool is_ready = false;
    for (int tries = 0; !is_ready; tries++) {
        char *answer = bench_call(service, "GET", "/readyz", NULL, SLICE(""), BENCH_ANY);
        is_ready = answer[0] != '\0';
        free(answer);
        if (!is_ready && tries == 300)
            bench_die("the service is not ready after 30 s");
        if (!is_ready)
            usleep(100000);
    }
}

static void set_up(struct bench_service *service, const struct key_pair *operator_key)
{
    wait_until_ready(service);
    char *zero = bench_call(service, "GET", "/v1/entries/0", NULL, SLICE(""), 200);
    take_head(service, zero);
    free(zero);
    service->actors = calloc(ACTORS, sizeof *service->actors);
    if (service->actors == NULL)
        bench_die("no memory");
    service->actor_count = ACTORS;
    for (uint32_t i = 0; i < ACTORS; i++)
        register_actor(service, operator_key, &service->actors[i], i);
    char *defined = bench_post(service, operator_key, "/v1/indicators",
                               "{\"definition\":\"Days housed in the quarter, less days in "
                               "jail\",\"id\":\"bench.days-housed\",\"kind\":\"outcome\","
                               "\"name\":\"Days housed\",\"unit\":\"days\",\"version\":1}");
    take_head(service, defined);
    free(defined);
}

/* In KiB, from /proc. */
static long memory_of(const char *pid, const char *field)
{
    char path[64], line[256];
    long kib = -1;
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        bench_die("%s: %m", path);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, field, strlen(field)) == 0)
            kib = strtol(line + strlen(field) + 1, NULL, 10);
    fclose(file);
    return kib;
}

int main(int argc, char **argv)
{
    if (argc != 6 && argc != 7)
        bench_die("usage: bench PORT PID ORIGIN OPERATOR.pem SECONDS [CONNECTIONS]");
    struct err err = {0};
    struct bench_service service = {
        .host = "127.0.0.1", .port = (uint16_t) strtoul(argv[1], NULL, 10), .origin = slice_str(argv[3])};
    double seconds = strtod(argv[5], NULL);
    struct key_pair *operator_key = NULL;
    must(key_pair_load(argv[4], &operator_key, &err), &err, argv[4]);
    set_up(&service, operator_key);

    static const uint32_t connections[] = {64, 64, 128, 256, 1000};
    uint64_t first = 0, total = 0;
    double rate = 30000; /* signed ahead for the first run; later runs sign for what was seen, and a third more */
    uint32_t only = argc == 7 ? (uint32_t) strtoul(argv[6], NULL, 10) : 0; /* one measurement, for profiling */
    for (size_t i = 0; i < sizeof connections / sizeof connections[0]; i++) {
        if (only != 0 && i > 0 && connections[i] != only)
            continue;
        bool is_warm_up = i == 0;
        double length = is_warm_up ? seconds / 2 : seconds;
        struct bench_requests requests;
        struct bench_figures figures;
        uint32_t count = (uint32_t) (rate * length);
        bench_sign(&service, first, count, &requests);
        first += count;
        bench_load(&service, &requests, connections[i], length, &figures);
        bench_requests_free(&requests);
        if (figures.wrong > 0)
            bench_die("%" PRIu64 " wrong answers at %u connections, the first: %s", figures.wrong, connections[i],
                      figures.first_wrong);
        total += figures.answered;
        rate = (double) figures.answered / figures.seconds * 1.33;
        if (is_warm_up) {
            printf("rss_early_kib %ld\nentries_early %" PRIu64 "\n", memory_of(argv[2], "VmRSS:"), total);
            continue;
        }
        printf("rate_%u %.1f\np50_%u %.3f\np99_%u %.3f\n", connections[i], (double) figures.answered / figures.seconds,
               connections[i], figures.p50_ms, connections[i], figures.p99_ms);
        if (connections[i] == 64)
            printf("rss_late_kib %ld\nentries_late %" PRIu64 "\n", memory_of(argv[2], "VmRSS:"), total);
        fflush(stdout);
    }
    printf("rss_peak_kib %ld\n", memory_of(argv[2], "VmHWM:"));

    /* every statement that was answered is in the ledger: what the head counts */
    char *head = bench_call(&service, "GET", "/readyz", NULL, SLICE(""), 200);
    const char *at = strstr(head, "\"head\":");
    uint64_t expected = service.head_seq + total;
    if (at == NULL || strtoull(at + 7, NULL, 10) != expected)
        bench_die("the head is not at %" PRIu64 ": %s", expected, head);
    free(head);
    for (uint32_t i = 0; i < service.actor_count; i++)
        key_pair_free(service.actors[i].key);
    free(service.actors);
    key_pair_free(operator_key);
    return 0;
}
