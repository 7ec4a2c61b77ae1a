/* Does a result's value have the form of its indicator's unit (language.md section 3)? */
#ifndef MODEL_VALUE_FORM_H
#define MODEL_VALUE_FORM_H

#include "tally/slice.h"

/* NULL when it does; otherwise the form that is wanted, in words. */
const char *value_form_wanted(struct slice unit, struct slice value);

#endif
