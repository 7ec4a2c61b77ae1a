/* What a figure cannot be had without: otherwise the program ends, and says why. */
#ifndef TALLY_BENCH_MUST_H
#define TALLY_BENCH_MUST_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tally/err.h"

static inline void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
    exit(1);
}

static inline void must(enum tally_code code, const struct err *err, const char *what)
{
    if (code != TALLY_OK)
        die(what, err->detail);
}

static inline void *need(void *p)
{
    if (p == NULL)
        die("memory", "there is none left");
    return p;
}

#endif
