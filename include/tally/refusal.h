/* Refusals: what the domain answers to a statement that is well made but not accepted. Values, not errors.
 * Each has a stable code that clients may rely on; the table below is the only list of them. */
#ifndef TALLY_REFUSAL_H
#define TALLY_REFUSAL_H

#include <stdbool.h>

#include "tally/arena.h"
#include "tally/err.h"
#include "tally/slice.h"

/* What kind of no it is; the HTTP port gives each its status (api.md). */
enum refusal_kind {
    REFUSAL_MALFORMED,    /* 400 */
    REFUSAL_UNSIGNED,     /* 401 */
    REFUSAL_FORBIDDEN,    /* 403 */
    REFUSAL_NOT_FOUND,    /* 404 */
    REFUSAL_METHOD,       /* 405 */
    REFUSAL_CONFLICT,     /* 409 */
    REFUSAL_LENGTH,       /* 411 */
    REFUSAL_TOO_LARGE,    /* 413 */
    REFUSAL_MEDIA_TYPE,   /* 415 */
    REFUSAL_NOT_ACCEPTED, /* 422 */
    REFUSAL_TOO_MANY,     /* 429 */
    REFUSAL_HEADERS,      /* 431 */
    REFUSAL_INTERNAL,     /* 500 */
    REFUSAL_UNAVAILABLE   /* 503, retryable */
};

/* name, stable code, kind, title (one line, the same for every occurrence) */
#define REFUSALS(X)                                                                                                        \
    X(REFUSE_REQUEST_MALFORMED, "request.malformed", REFUSAL_MALFORMED, "The request is malformed")                        \
    X(REFUSE_REQUEST_HEADERS, "request.headers", REFUSAL_HEADERS, "The request's headers are too large")                   \
    X(REFUSE_REQUEST_LENGTH, "request.length", REFUSAL_LENGTH, "The request needs a Content-Length")                       \
    X(REFUSE_REQUEST_TOO_LARGE, "request.too_large", REFUSAL_TOO_LARGE, "The body is over its limit")                      \
    X(REFUSE_REQUEST_MEDIA_TYPE, "request.media_type", REFUSAL_MEDIA_TYPE, "This content type is not read")                \
    X(REFUSE_REQUEST_METHOD, "request.method", REFUSAL_METHOD, "This method is not offered here")                          \
    X(REFUSE_REQUEST_NOT_FOUND, "request.not_found", REFUSAL_NOT_FOUND, "There is nothing here")                           \
    X(REFUSE_REQUEST_TIMEOUT, "request.timeout", REFUSAL_UNAVAILABLE, "It took too long")                                  \
    X(REFUSE_BODY_JSON, "body.json", REFUSAL_MALFORMED, "The body is not the JSON that is read here")                      \
    X(REFUSE_BODY_TEXT, "body.text", REFUSAL_MALFORMED, "The body is not UTF-8 without U+0000")                            \
    X(REFUSE_BODY_SCHEMA, "body.schema", REFUSAL_NOT_ACCEPTED, "The body does not have the right form")                    \
    X(REFUSE_STATEMENT_MISSING, "statement.missing", REFUSAL_UNSIGNED, "The statement is not signed")                      \
    X(REFUSE_STATEMENT_MALFORMED, "statement.malformed", REFUSAL_UNSIGNED, "The signature's form is wrong")                \
    X(REFUSE_STATEMENT_ALGORITHM, "statement.algorithm", REFUSAL_UNSIGNED, "This algorithm is never accepted")             \
    X(REFUSE_STATEMENT_KEY_UNKNOWN, "statement.key_unknown", REFUSAL_UNSIGNED, "This key is not registered")               \
    X(REFUSE_STATEMENT_SIGNATURE, "statement.signature", REFUSAL_UNSIGNED, "The signature does not verify")                \
    X(REFUSE_STATEMENT_MISDIRECTED, "statement.misdirected", REFUSAL_UNSIGNED,                                             \
      "The statement was signed for another request")                                                                      \
    X(REFUSE_STATEMENT_STALE, "statement.stale", REFUSAL_UNSIGNED, "The statement's time is more than 300 s away")         \
    X(REFUSE_STATEMENT_REUSED, "statement.reused", REFUSAL_NOT_ACCEPTED, "This statement id was used for something else")  \
    X(REFUSE_STATEMENT_ERASED, "statement.erased", REFUSAL_CONFLICT, "This statement was recorded and its body erased")    \
    X(REFUSE_STATEMENT_IDEMPOTENCY, "statement.idempotency", REFUSAL_MALFORMED,                                            \
      "Idempotency-Key differs from the statement's jti")                                                                  \
    X(REFUSE_STATEMENT_HEAD, "statement.head", REFUSAL_CONFLICT, "The statement's head lies before what it names")         \
    X(REFUSE_LEDGER_OTHER, "ledger.other", REFUSAL_CONFLICT, "The statement's head is not an entry of this ledger")        \
    X(REFUSE_TOKEN_MISSING, "token.missing", REFUSAL_UNSIGNED, "A reader's token is needed")                               \
    X(REFUSE_TOKEN_INVALID, "token.invalid", REFUSAL_UNSIGNED, "The reader's token is not valid")                          \
    X(REFUSE_KEY_REVOKED, "key.revoked", REFUSAL_FORBIDDEN, "This key has been revoked")                                   \
    X(REFUSE_KEY_WEAK, "key.weak", REFUSAL_NOT_ACCEPTED,                                                                   \
      "This public key is of small order or not a point in canonical form")                                                \
    X(REFUSE_KEY_PROOF, "key.proof", REFUSAL_NOT_ACCEPTED, "The proof of possession does not verify")                      \
    X(REFUSE_KEY_TAKEN, "key.taken", REFUSAL_CONFLICT, "This key is registered already")                                   \
    X(REFUSE_KEY_NOT_FOUND, "key.not_found", REFUSAL_NOT_FOUND, "This actor has no such key")                              \
    X(REFUSE_KEY_ALREADY_REVOKED, "key.already_revoked", REFUSAL_CONFLICT, "This key is revoked already")                  \
    X(REFUSE_ACTOR_NOT_FOUND, "actor.not_found", REFUSAL_NOT_FOUND, "There is no such actor")                              \
    X(REFUSE_ACTOR_UNKNOWN, "actor.unknown", REFUSAL_NOT_ACCEPTED, "An actor that is named here is not registered")        \
    X(REFUSE_ACTOR_TAKEN, "actor.taken", REFUSAL_CONFLICT, "This actor id is taken")                                       \
    X(REFUSE_NOT_ALLOWED, "actor.not_allowed", REFUSAL_FORBIDDEN, "This actor may not do this")                            \
    X(REFUSE_INDICATOR_NOT_FOUND, "indicator.not_found", REFUSAL_NOT_FOUND, "There is no such indicator")                  \
    X(REFUSE_INDICATOR_UNKNOWN, "indicator.unknown", REFUSAL_NOT_ACCEPTED,                                                 \
      "An indicator or version that is named here is not defined")                                                         \
    X(REFUSE_INDICATOR_VERSION, "indicator.version", REFUSAL_CONFLICT, "A new definition must carry the next version")     \
    X(REFUSE_CONTRACT_NOT_FOUND, "contract.not_found", REFUSAL_NOT_FOUND, "There is no such contract")                     \
    X(REFUSE_CONTRACT_UNKNOWN, "contract.unknown", REFUSAL_NOT_ACCEPTED, "A contract that is named here does not exist")   \
    X(REFUSE_CONTRACT_TAKEN, "contract.taken", REFUSAL_CONFLICT, "This contract id is taken")                              \
    X(REFUSE_CONTRACT_TERMS, "contract.terms", REFUSAL_NOT_ACCEPTED, "The terms do not check")                             \
    X(REFUSE_CONTRACT_LAYOUT, "contract.layout", REFUSAL_NOT_ACCEPTED, "The terms are not in their one layout")            \
    X(REFUSE_CONTRACT_PARTIES, "contract.parties", REFUSAL_NOT_ACCEPTED, "The parties given are not those of the terms")   \
    X(REFUSE_CONTRACT_VERSION, "contract.version", REFUSAL_CONFLICT, "This is not the contract's version")                 \
    X(REFUSE_CONTRACT_NOT_PARTY, "contract.not_party", REFUSAL_FORBIDDEN, "The signer is no such party of this contract")  \
    X(REFUSE_CONTRACT_SIGNED, "contract.signed", REFUSAL_CONFLICT, "This party has signed already")                        \
    X(REFUSE_CONTRACT_NOT_IN_FORCE, "contract.not_in_force", REFUSAL_CONFLICT, "The contract is not in force")             \
    X(REFUSE_CONTRACT_CLOSED, "contract.closed", REFUSAL_CONFLICT, "The contract has closed")                              \
    X(REFUSE_CONTRACT_SUPERSEDED, "contract.superseded", REFUSAL_CONFLICT,                                                 \
      "Another version of the contract has come into force")                                                               \
    X(REFUSE_CONTRACT_AMENDMENTS, "contract.amendments", REFUSAL_CONFLICT,                                                 \
      "As many amendments wait for signatures as may")                                                                     \
    X(REFUSE_CONTRACT_USES, "contract.uses", REFUSAL_CONFLICT, "The contract cannot use what its terms use")               \
    X(REFUSE_CONTRACT_PRIVATE, "contract.private", REFUSAL_NOT_ACCEPTED,                                                   \
      "A contract that is not open is proposed by one of its parties")                                                     \
    X(REFUSE_RESULT_PRIVATE, "result.private", REFUSAL_NOT_ACCEPTED,                                                       \
      "Results of one statement are read by the same readers")                                                             \
    X(REFUSE_ACCESSION_NO_CLASS, "accession.no_class", REFUSAL_NOT_ACCEPTED, "The terms have no such class of parties")    \
    X(REFUSE_ACCESSION_DONE, "accession.done", REFUSAL_CONFLICT, "This actor has joined already")                          \
    X(REFUSE_ACCESSION_CLOSED, "accession.closed", REFUSAL_CONFLICT, "The days for joining have passed")                   \
    X(REFUSE_ACCESSION_FULL, "accession.full", REFUSAL_CONFLICT, "As many have joined as may")                             \
    X(REFUSE_RESULT_NOT_FOUND, "result.not_found", REFUSAL_NOT_FOUND, "There is no such result")                           \
    X(REFUSE_RESULT_DUPLICATE, "result.duplicate", REFUSAL_CONFLICT, "This result was submitted already")                  \
    X(REFUSE_RESULT_NOT_REPORTER, "result.not_reporter", REFUSAL_FORBIDDEN, "This actor does not report this")             \
    X(REFUSE_RESULT_VALUE, "result.value", REFUSAL_NOT_ACCEPTED, "The value is not one of this indicator")                 \
    X(REFUSE_RESULT_PERSON, "result.person", REFUSAL_NOT_ACCEPTED, "A person is named by a pseudonym alone")               \
    X(REFUSE_RESULT_UNKNOWN, "result.unknown", REFUSAL_NOT_ACCEPTED, "A result that is named here does not exist")         \
    X(REFUSE_RESULT_NOT_AUTHOR, "result.not_author", REFUSAL_FORBIDDEN, "Only its author restates or withdraws a result")  \
    X(REFUSE_RESULT_SUPERSEDED, "result.superseded", REFUSAL_CONFLICT, "This result has been replaced")                    \
    X(REFUSE_RESULT_WITHDRAWN, "result.withdrawn", REFUSAL_CONFLICT, "This result has been withdrawn")                     \
    X(REFUSE_RESULT_OPEN, "result.open", REFUSAL_CONFLICT, "A restatement or withdrawal of this is still open")            \
    X(REFUSE_DISPUTE_NOT_FOUND, "dispute.not_found", REFUSAL_NOT_FOUND, "There is no such dispute")                        \
    X(REFUSE_DISPUTE_NO_ARBITER, "dispute.no_arbiter", REFUSAL_CONFLICT, "The terms name nobody who decides disputes")     \
    X(REFUSE_DISPUTE_NOT_USED, "dispute.not_used", REFUSAL_CONFLICT, "The contract does not use this result")              \
    X(REFUSE_DISPUTE_OPEN, "dispute.open", REFUSAL_CONFLICT, "This result is disputed already")                            \
    X(REFUSE_DISPUTE_DECIDED, "dispute.decided", REFUSAL_CONFLICT, "This dispute has been decided")                        \
    X(REFUSE_DISPUTE_LATE, "dispute.late", REFUSAL_CONFLICT, "The days for a dispute have passed")                         \
    X(REFUSE_DISPUTE_NOT_ARBITER, "dispute.not_arbiter", REFUSAL_FORBIDDEN, "Only the arbiter decides a dispute")          \
    X(REFUSE_VERIFICATION_OWN, "verification.own", REFUSAL_FORBIDDEN, "Nobody verifies a result of their own")             \
    X(REFUSE_VERIFICATION_NOT_VERIFIER, "verification.not_verifier", REFUSAL_FORBIDDEN,                                    \
      "No contract names this actor as a verifier of this result")                                                         \
    X(REFUSE_VERIFICATION_DONE, "verification.done", REFUSAL_CONFLICT, "This actor has verified this result already")      \
    X(REFUSE_PAYMENT_NOT_FOUND, "payment.not_found", REFUSAL_NOT_FOUND, "There is no such payment trigger")                \
    X(REFUSE_SETTLEMENT_NOT_PARTY, "settlement.not_party", REFUSAL_FORBIDDEN,                                              \
      "Only the payer or the payee records a settlement")                                                                  \
    X(REFUSE_SETTLEMENT_EXCEEDS, "settlement.exceeds", REFUSAL_CONFLICT, "More would be settled than is due")              \
    X(REFUSE_SETTLEMENT_AMOUNT, "settlement.amount", REFUSAL_NOT_ACCEPTED,                                                 \
      "The amount is not one of the payment's currency")                                                                   \
    X(REFUSE_SETTLEMENT_DAY, "settlement.day", REFUSAL_NOT_ACCEPTED, "The day of the payment has not come")                \
    X(REFUSE_EVALUATION_LIMIT, "evaluation.limit", REFUSAL_NOT_ACCEPTED, "The evaluation is over its limit")               \
    X(REFUSE_ENTRY_NOT_FOUND, "entry.not_found", REFUSAL_NOT_FOUND, "There is no such entry")                              \
    X(REFUSE_ERASURE_REFUSED, "erasure.refused", REFUSAL_NOT_ACCEPTED, "Bodies of this type are not erased")               \
    X(REFUSE_ERASURE_DONE, "erasure.done", REFUSAL_CONFLICT, "This body has been erased already")                          \
    X(REFUSE_TREE_SIZE, "tree.size", REFUSAL_NOT_FOUND, "The tree is not so large")                                        \
    X(REFUSE_COSIGNATURE_NONE, "cosignature.none", REFUSAL_NOT_FOUND,                                                      \
      "Not enough witnesses have cosigned a checkpoint yet")                                                               \
    X(REFUSE_COSIGNATURE_LEDGER, "cosignature.ledger", REFUSAL_FORBIDDEN, "The checkpoint is not signed by this ledger")   \
    X(REFUSE_COSIGNATURE_UNKNOWN, "cosignature.unknown", REFUSAL_FORBIDDEN,                                                \
      "No witness that is trusted here has signed it")                                                                     \
    X(REFUSE_COSIGNATURE_INVALID, "cosignature.invalid", REFUSAL_NOT_ACCEPTED, "A cosignature does not verify")            \
    X(REFUSE_COSIGNATURE_TIME, "cosignature.time", REFUSAL_NOT_ACCEPTED, "A cosignature's time cannot be right")           \
    X(REFUSE_QUEUE_FULL, "queue.full", REFUSAL_UNAVAILABLE, "The queue is full")                                           \
    X(REFUSE_QUEUE_SHARE, "queue.share", REFUSAL_TOO_MANY, "This actor has as many statements waiting as it may")          \
    X(REFUSE_SERVICE_STOPPING, "service.stopping", REFUSAL_UNAVAILABLE, "The service is stopping")                         \
    X(REFUSE_DATABASE_AWAY, "database.away", REFUSAL_UNAVAILABLE, "The database cannot be reached")                        \
    X(REFUSE_LEDGER_FORKED, "ledger.forked", REFUSAL_UNAVAILABLE, "The database does not hold what this ledger published") \
    X(REFUSE_STORAGE_FULL, "storage.full", REFUSAL_UNAVAILABLE, "The database has no room left")                           \
    X(REFUSE_INTERNAL, "internal", REFUSAL_INTERNAL, "The service failed")

enum refusal_code {
#define X(name, code, kind, title) name,
    REFUSALS(X)
#undef X
        REFUSAL_COUNT
};

const char *refusal_code_text(enum refusal_code code); /* "result.duplicate" */
const char *refusal_title(enum refusal_code code);
enum refusal_kind refusal_kind_of(enum refusal_code code);

/* One place in the body that is wrong (RFC 6901 pointer, "" for the whole). */
struct refusal_at {
    struct slice pointer;
    struct slice detail;
    struct refusal_at *next;
};

struct refusal {
    enum refusal_code code;
    struct slice detail;       /* what, where, and what to do next */
    struct refusal_at *errors; /* in the order found; may be NULL */
    struct slice extra;        /* further members as canonical JSON `"name":value,...`, or empty */
};

/* A refusal in the arena, or NULL without memory. fmt gives its detail. */
MUST_CHECK struct refusal *refusal_new(struct arena *arena, enum refusal_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Appends a place; false without memory. pointer and detail are copied. */
MUST_CHECK bool refusal_add(struct arena *arena, struct refusal *refusal, struct slice pointer, struct slice detail);

#endif
