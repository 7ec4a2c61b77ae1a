/* Joins the two wings: the domain (contracts/model and contracts/store) as the table of functions that the sequencer calls. */
#ifndef TALLY_SERVER_WIRE_UP_H
#define TALLY_SERVER_WIRE_UP_H

#include "tally/append.h"
#include "tally/err.h"
#include "tally/model.h"

#define WIRE_MODEL_BYTES_MAX                                                                                               \
    ((size_t) 12 << 20) /* of state kept between batches; what is not there is loaded again in one round trip */
#define WIRE_LASTING_BYTES_MAX                                                                                             \
    ((size_t) 512                                                                                                          \
     << 20) /* with the few contracts used last, however large: 10,000 people with 16 results each take 200 MiB */

struct wire;
MUST_CHECK enum tally_code wire_new(struct wire **out, struct err *err);
void wire_free(struct wire *wire); /* after the sequencer; NULL is fine */
const struct append_domain *wire_domain(const struct wire *wire);

#endif
