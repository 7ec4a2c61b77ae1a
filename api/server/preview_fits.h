#ifndef PREVIEW_FITS_H
#define PREVIEW_FITS_H

#include "tally/canon.h"
#include "tally/model.h"

/* Adds "items" to the preview's object: each result that the decision would record, and which of the contracts that its author may read it
 * fits, or why not. The decision has results; the model moves on by it and is good for nothing else afterwards. */
MUST_CHECK enum tally_code preview_fits(struct model *model, const struct command *command, struct decision *decision,
                                        const struct model_place *place, struct arena *arena, struct canon *w,
                                        struct err *err);

#endif
