/* The inside of a key pair, shared by key.c and key_file.c; private to ledger/format. */
#ifndef TALLY_FORMAT_KEY_INTERNAL_H
#define TALLY_FORMAT_KEY_INTERNAL_H

#include <openssl/evp.h>

#include "tally/key.h"

struct key_pair {
    EVP_PKEY *pkey; /* libcrypto wipes the private part when it is freed */
    struct key_public public_key;
};

/* Takes over pkey, also when it fails. */
MUST_CHECK enum tally_code key_pair_adopt(EVP_PKEY *pkey, struct key_pair **out, struct err *err);
/* err_set with libcrypto's own reason behind what; clears libcrypto's error queue. */
enum tally_code key_crypto_error(struct err *err, const char *what);

#endif
