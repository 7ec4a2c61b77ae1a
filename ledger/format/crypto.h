/* What digest.c and key.c share of libcrypto; private to ledger/format. */
#ifndef TALLY_FORMAT_CRYPTO_H
#define TALLY_FORMAT_CRYPTO_H

#include <openssl/evp.h>

/* SHA-256, fetched once for the process. */
const EVP_MD *crypto_sha256(void);
/* This thread's context for short hashes; freed when the thread ends. */
EVP_MD_CTX *crypto_thread_context(void);

#endif
