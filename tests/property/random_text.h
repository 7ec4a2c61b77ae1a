/* Random texts over the constructs of the language, and random results for them: what the checker refuses is thrown away, so a text
 * may be written without regard for what is allowed together. */
#ifndef TALLY_TESTS_RANDOM_TEXT_H
#define TALLY_TESTS_RANDOM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../support/dice.h"

#define RANDOM_METRICS_MAX 8
#define RANDOM_DIMS_MAX 3
#define RANDOM_RULES_MAX 8
#define RANDOM_CAPS_MAX 2
#define RANDOM_VILLAGES 8 /* that results name, and as many sites */
enum random_dim { RANDOM_ARM, RANDOM_N, RANDOM_YEAR, RANDOM_VILLAGE, RANDOM_SITE, RANDOM_DIM_COUNT };
enum random_kind { RANDOM_MONEY, RANDOM_NUMBER, RANDOM_PERCENT, RANDOM_DATE, RANDOM_TRUTH, RANDOM_WORD, RANDOM_KIND_COUNT };

struct random_metric {
    enum random_kind kind;
    enum random_dim dims[RANDOM_DIMS_MAX];
    uint32_t dim_count;
    bool has_until;
    bool is_used; /* a figure of another contract, which the text calls `other` */
};

struct random_rule {
    enum random_dim dims[RANDOM_DIMS_MAX];
    uint32_t dim_count;
    bool is_dated, is_never_back;
};

struct random_cap {
    uint32_t money;
    uint32_t rules;      /* bit by rule */
    enum random_dim per; /* RANDOM_DIM_COUNT: one budget for all */
};

struct random_text {
    char *text; /* malloc */
    struct random_metric metrics[RANDOM_METRICS_MAX];
    uint32_t metric_count;
    uint32_t villages; /* at most, and sites */
    struct random_rule rules[RANDOM_RULES_MAX];
    struct random_cap caps[RANDOM_CAPS_MAX];
    uint32_t cap_count;
};

/* free_from_history: what is computed depends on nothing but the results: no caps, never back. */
void random_text_make(struct dice *dice, bool free_from_history, struct random_text *out);
/* The same, with history and with figures of another contract. */
void random_text_make_using(struct dice *dice, struct random_text *out);
void random_text_free(struct random_text *text);

/* A key and a value that fit a metric. */
void random_key(struct dice *dice, const struct random_metric *metric, char *key, size_t size);
void random_value(struct dice *dice, const struct random_metric *metric, char *value, size_t size);

#endif
