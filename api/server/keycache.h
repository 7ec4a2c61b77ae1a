/* Keys made ready for verification, by kid: the edge asks the database once for each key that speaks. Which actor a key belongs
 * to never changes; whether it is revoked by now is not kept here, the sequencer decides that. Any thread. */
#ifndef TALLY_SERVER_KEYCACHE_H
#define TALLY_SERVER_KEYCACHE_H

#include <stdint.h>

#include "tally/err.h"
#include "tally/key.h"
#include "tally/pg.h"
#include "tally/slice.h"

#define KEYCACHE_MAX 4096 /* keys; some 1.5 KiB each with OpenSSL's part */

struct keycache_entry;
struct keycache;

/* The options are copied: the cache has a connection of its own, so that writes never wait behind reads. */
MUST_CHECK enum tally_code keycache_new(const struct pg_options *options, struct keycache **out, struct err *err);
void keycache_free(struct keycache *cache);

/* Held until keycache_release. TALLY_E_NOT_FOUND for a kid that is registered nowhere; otherwise the errors of pg.h. */
MUST_CHECK enum tally_code keycache_find(struct keycache *cache, struct slice kid, struct keycache_entry **out,
                                         struct err *err);
void keycache_release(struct keycache *cache, struct keycache_entry *entry); /* NULL is fine */
const struct key_verifier *keycache_verifier(const struct keycache_entry *entry);
struct slice keycache_actor(const struct keycache_entry *entry); /* while it is held */

uint64_t keycache_hits(struct keycache *cache);
uint64_t keycache_misses(struct keycache *cache);

#endif
