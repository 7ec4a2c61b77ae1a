/* What the service counts about its requests. All on the loop's thread. */
#ifndef TALLY_SERVER_METRICS_H
#define TALLY_SERVER_METRICS_H

#include <stdint.h>

#include "tally/http.h"

#define METRICS_BUCKETS 14

struct metrics {
    uint64_t answers[2][6];                   /* reads, statements; by hundred of the status; 0: no answer was sent */
    uint64_t latency[2][METRICS_BUCKETS + 1]; /* by upper bound; the last without */
    uint64_t latency_sum_us[2];
};

void metrics_count(struct metrics *metrics, enum http_method method, int status, int64_t us);
/* Prometheus text. */
void metrics_write(const struct metrics *metrics, struct buf *out);

#endif
