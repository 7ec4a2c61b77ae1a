#include "metrics.h"

/* Upper bounds in microseconds: a batch takes 1 to 10 ms, a queue that is full a second. */
static const int64_t bounds_us[METRICS_BUCKETS] = {250,   500,    1000,   2500,   5000,    10000,   25000,
                                                   50000, 100000, 250000, 500000, 1000000, 5000000, 30000000};
static const char *const kinds[2] = {"read", "statement"};

void metrics_count(struct metrics *metrics, enum http_method method, int status, int64_t us)
{
    int kind = method == HTTP_POST;
    int bucket = 0;
    metrics->answers[kind][status >= 100 && status < 600 ? status / 100 : 0]++;
    if (status == 0)
        return;
    while (bucket < METRICS_BUCKETS && us > bounds_us[bucket])
        bucket++;
    metrics->latency[kind][bucket]++;
    metrics->latency_sum_us[kind] += (uint64_t) us;
}

static void write_latency(const struct metrics *metrics, int kind, struct buf *out)
{
    uint64_t total = 0;
    for (int i = 0; i < METRICS_BUCKETS; i++) {
        total += metrics->latency[kind][i];
        buf_printf(out, "tally_http_request_seconds_bucket{kind=\"%s\",le=\"%g\"} %llu\n", kinds[kind],
                   (double) bounds_us[i] / 1e6, (unsigned long long) total);
    }
    total += metrics->latency[kind][METRICS_BUCKETS];
    buf_printf(out, "tally_http_request_seconds_bucket{kind=\"%s\",le=\"+Inf\"} %llu\n", kinds[kind],
               (unsigned long long) total);
    buf_printf(out, "tally_http_request_seconds_sum{kind=\"%s\"} %.6f\n", kinds[kind],
               (double) metrics->latency_sum_us[kind] / 1e6);
    buf_printf(out, "tally_http_request_seconds_count{kind=\"%s\"} %llu\n", kinds[kind], (unsigned long long) total);
}

void metrics_write(const struct metrics *metrics, struct buf *out)
{
    buf_add_str(
        out, "# HELP tally_http_answers_total Answers by kind of request and class of status; none: the connection broke.\n"
             "# TYPE tally_http_answers_total counter\n");
    for (int kind = 0; kind < 2; kind++) {
        for (int class = 0; class < 6; class ++) {
            if (class == 1)
                continue; /* no handler answers 1xx */
            buf_printf(out, "tally_http_answers_total{kind=\"%s\",class=\"%s\"} %llu\n", kinds[kind],
                       (const char *const[]){"none", "1xx", "2xx", "3xx", "4xx", "5xx"}[class],
                       (unsigned long long) metrics->answers[kind][class]);
        }
    }
    buf_add_str(out, "# HELP tally_http_request_seconds From the request line to the last byte of the answer.\n"
                     "# TYPE tally_http_request_seconds histogram\n");
    write_latency(metrics, 0, out);
    write_latency(metrics, 1, out);
}
