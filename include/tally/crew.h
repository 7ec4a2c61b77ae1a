/* A crew: some threads that serve one bounded queue of requests. */
#ifndef TALLY_CREW_H
#define TALLY_CREW_H

#include <stdint.h>

#include "tally/http.h"

typedef void (*crew_fn)(void *ctx, struct http_request *request); /* answers the request, now or later */

struct crew;
/* name: of its threads, at most 15 characters. */
MUST_CHECK enum tally_code crew_start(const char *name, int threads, uint64_t queue_max, crew_fn fn, void *ctx,
                                      struct crew **out, struct err *err);
/* False: the queue is full. Any thread. */
MUST_CHECK bool crew_add(struct crew *crew, struct http_request *request);
uint64_t crew_queued(struct crew *crew);
/* Serves what is queued, then ends the threads and frees the crew. NULL is fine. */
void crew_stop(struct crew *crew);

#endif
