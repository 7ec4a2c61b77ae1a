/* An entry of the ledger: header bytes, hash, body commitment (formats.md, Entry). */
#ifndef TALLY_ENTRY_H
#define TALLY_ENTRY_H

#include <stdint.h>

#include "tally/buf.h"
#include "tally/digest.h"
#include "tally/err.h"
#include "tally/instant.h"
#include "tally/slice.h"

#define ENTRY_NONCE_LEN 16
#define ENTRY_HEADER_MAX 1024 /* every member at its longest is under 700 bytes */
#define ENTRY_SEQ_MAX UINT64_C(9007199254740991)
#define ENTRY_BODY_MAX (8u << 20)    /* a set of 10,000 results is 2 MB; terms are at most 256 KiB */
#define ENTRY_ACTOR_SERVICE "ledger" /* the actor of the service's own entries; nobody else is called so */

struct entry_header {
    uint64_t seq;
    struct instant time;
    struct slice actor, type, jti, ledger;
    bool open;
    struct digest prev;
    struct digest body; /* the commitment */
};

/* The header's one canonical spelling, appended to out. The values are valid (ENSUREd). */
void entry_header_write(const struct entry_header *header, struct buf *out);
/* Reads it, rebuilds it, and refuses any other spelling (TALLY_E_MALFORMED). Slices are borrowed from bytes. */
MUST_CHECK enum tally_code entry_header_read(struct slice bytes, struct entry_header *out, struct err *err);
/* SHA-256(0x00 || header bytes): the entry's hash and its RFC 6962 leaf hash. */
void entry_hash(struct slice header_bytes, struct digest *out);
/* SHA-256("tally/body/v1\n" || nonce || u32be(len(jws)) || jws || body). */
void entry_commitment(const uint8_t nonce[ENTRY_NONCE_LEN], struct slice jws, struct slice body, struct digest *out);

/* The entry types that exist: who writes each, and by which request (api.md). method and path are "" for the
 * service's own; {} stands for one path segment. */
#define ENTRY_TYPES(X)                                                                                                     \
    X(ENTRY_LEDGER_CREATED, "ledger.created", "", "")                                                                      \
    X(ENTRY_ACTOR_REGISTERED, "actor.registered", "POST", "/v1/actors")                                                    \
    X(ENTRY_KEY_ADDED, "key.added", "POST", "/v1/actors/{}/keys")                                                          \
    X(ENTRY_KEY_REVOKED, "key.revoked", "POST", "/v1/actors/{}/keys/{}/revocation")                                        \
    X(ENTRY_INDICATOR_DEFINED, "indicator.defined", "POST", "/v1/indicators")                                              \
    X(ENTRY_CONTRACT_PROPOSED, "contract.proposed", "POST", "/v1/contracts")                                               \
    X(ENTRY_CONTRACT_AMENDMENT_PROPOSED, "contract.amendment_proposed", "POST", "/v1/contracts/{}/amendments")             \
    X(ENTRY_CONTRACT_SIGNED, "contract.signed", "POST", "/v1/contracts/{}/signatures")                                     \
    X(ENTRY_CONTRACT_ACCEDED, "contract.acceded", "POST", "/v1/contracts/{}/accessions")                                   \
    X(ENTRY_CONTRACT_ACTIVATED, "contract.activated", "", "")                                                              \
    X(ENTRY_CONTRACT_AMENDED, "contract.amended", "", "")                                                                  \
    X(ENTRY_RESULT_SUBMITTED, "result.submitted", "POST", "/v1/results")                                                   \
    X(ENTRY_RESULT_VERIFIED, "result.verified", "POST", "/v1/results/{}/verifications")                                    \
    X(ENTRY_RESULT_RESTATED, "result.restated", "POST", "/v1/results/{}/restatements")                                     \
    X(ENTRY_RESULT_WITHDRAWN, "result.withdrawn", "POST", "/v1/results/{}/withdrawal")                                     \
    X(ENTRY_RESULT_DISPUTED, "result.disputed", "POST", "/v1/results/{}/disputes")                                         \
    X(ENTRY_DISPUTE_RESOLVED, "dispute.resolved", "POST", "/v1/disputes/{}/resolution")                                    \
    X(ENTRY_RESULT_FINALISED, "result.finalised", "", "")                                                                  \
    X(ENTRY_MOMENT_REACHED, "moment.reached", "", "")                                                                      \
    X(ENTRY_PAYMENT_ITEMISED, "payment.itemised", "", "")                                                                  \
    X(ENTRY_PAYMENT_TRIGGERED, "payment.triggered", "", "")                                                                \
    X(ENTRY_SETTLEMENT_RECORDED, "settlement.recorded", "POST", "/v1/payments/{}/settlements")                             \
    X(ENTRY_BODY_ERASED, "body.erased", "POST", "/v1/entries/{}/erasure")                                                  \
    X(ENTRY_RESIDUE_KEPT, "residue.kept", "", "")

enum entry_type {
#define X(name, text, method, path) name,
    ENTRY_TYPES(X)
#undef X
        ENTRY_TYPE_COUNT
};

const char *entry_type_text(enum entry_type type);
const char *entry_type_method(enum entry_type type);
const char *entry_type_path(enum entry_type type);
/* TALLY_E_NOT_FOUND for a type that does not exist. */
MUST_CHECK enum tally_code entry_type_find(struct slice text, enum entry_type *out);
/* The type whose method and path template match; TALLY_E_NOT_FOUND otherwise. */
MUST_CHECK enum tally_code entry_type_of_request(struct slice method, struct slice target, enum entry_type *out);

/* The entry that a body.erased was signed for, from its target; TALLY_E_MALFORMED when it is no such target. */
MUST_CHECK enum tally_code entry_erased_seq(struct slice target, uint64_t *out);

#endif
