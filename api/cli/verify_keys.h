/* The four bodies that change keys, read for the verifier. */
#ifndef TALLY_CLI_VERIFY_KEYS_H
#define TALLY_CLI_VERIFY_KEYS_H

#include "tally/verify.h"

/* A verify_key_fn; uses no ctx. What it finds lies in the arena. */
MUST_CHECK enum tally_code verify_keys_read(void *ctx, enum entry_type type, struct slice target, struct slice body,
                                            struct arena *arena, struct verify_key_change *out, struct err *err);

#endif
