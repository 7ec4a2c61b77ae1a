/* bench PORT PID ORIGIN OPERATOR.pem SECONDS [CONNECTIONS]: sets up reporters and an indicator over HTTP, then loads the service at several numbers of
 * connections. Prints one line a figure: name value. bench.sh puts them beside their bounds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "ready.h"
#include "tally/buf.h"

static void must(enum tally_code code, const struct err *err, const char *what)
{
    if (code != TALLY_OK)
        bench_die("%s: %s", what, err->detail);
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
    bench_ready(&service, operator_key, "reporter");

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
    bench_ready_free(&service);
    key_pair_free(operator_key);
    return 0;
}
