/* Refusals as RFC 9457 problem+json (formats.md, Errors). */
#ifndef TALLY_PROBLEM_H
#define TALLY_PROBLEM_H

#include "tally/http.h"

int problem_status(enum refusal_kind kind);
/* Fills request->answer; what was in it is dropped but for its headers. */
void problem_answer(struct http_request *request, const struct refusal *refusal);
/* The refusal for an error of a lower layer: away, too slow, no room, or our own failure, which is logged here (event is the
 * log's name for what failed). Static. */
const struct refusal *problem_of_error(const char *event, const struct err *err);

#endif
