/* A service made ready for the load: reporters with keys of their own, and the indicator that they report. */
#ifndef BENCH_READY_H
#define BENCH_READY_H

#include "load.h"

/* Waits until it is ready; registers the actors NAME-0, NAME-1, ... and, if it is not there yet, defines bench.days-housed. */
void bench_ready(struct bench_service *service, const struct key_pair *operator_key, const char *name);
void bench_ready_free(struct bench_service *service);

#endif
