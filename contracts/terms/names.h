/* The reserved words (language.md section 2). Private to contracts/terms. */
#ifndef TALLY_TERMS_NAMES_H
#define TALLY_TERMS_NAMES_H

#include <stdbool.h>

#include "tally/slice.h"

bool names_is_reserved(struct slice name);

#endif
