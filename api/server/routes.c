#include "routes.h"

#include <string.h>

#include "handlers.h"
#include "tally/note.h"

/* How long a body may be, for each kind of statement. */
#define BODY_SMALL (16u << 10)        /* a registration, a settlement: ids, a key, a name */
#define BODY_TEXT (64u << 10)         /* an indicator's definition */
#define BODY_TERMS (768u << 10)       /* terms of 256 KiB, escaped, and hundreds of parties */
#define BODY_ITEMS (128u << 10)       /* 10,000 numbers of results */
#define BODY_RESULTS (ENTRY_BODY_MAX) /* 10,000 results */

#define LIST "cursor limit"

/* What is open to everybody, always. */
#define READ(path, fn, query, operation)                                                                                   \
    {                                                                                                                      \
        HTTP_GET, path, ROUTE_ON_READER, ROUTE_ANYBODY, 0, ENTRY_TYPE_COUNT, handle_read, fn, query, operation, false      \
    }
/* What may not be for everybody: the reading gives r->reader on. */
#define READ_BY(path, fn, query, operation)                                                                                \
    {                                                                                                                      \
        HTTP_GET, path, ROUTE_ON_READER, ROUTE_BY_READER, 0, ENTRY_TYPE_COUNT, handle_read, fn, query, operation, false    \
    }
#define STATEMENT(path, max, type, operation)                                                                              \
    {                                                                                                                      \
        HTTP_POST, path, ROUTE_ON_WORKER, ROUTE_SIGNED, max, type, handle_statement, NULL, NULL, operation, false          \
    }
#define PREVIEW(path, max, type, operation)                                                                                \
    {                                                                                                                      \
        HTTP_POST, path, ROUTE_ON_READER, ROUTE_TOKEN, max, type, handle_preview, NULL, NULL, operation, false             \
    }
#define AT_ONCE(path, fn, operation)                                                                                       \
    {                                                                                                                      \
        HTTP_GET, path, ROUTE_ON_LOOP, ROUTE_ANYBODY, 0, ENTRY_TYPE_COUNT, fn, NULL, NULL, operation, false                \
    }

/* clang-format off */
const struct route routes[] = {
    STATEMENT("/v1/actors", BODY_SMALL, ENTRY_ACTOR_REGISTERED, "registerActor"),
    STATEMENT("/v1/actors/{}/keys", BODY_SMALL, ENTRY_KEY_ADDED, "addKey"),
    STATEMENT("/v1/actors/{}/keys/{}/revocation", BODY_SMALL, ENTRY_KEY_REVOKED, "revokeKey"),
    STATEMENT("/v1/indicators", BODY_TEXT, ENTRY_INDICATOR_DEFINED, "defineIndicator"),
    STATEMENT("/v1/contracts", BODY_TERMS, ENTRY_CONTRACT_PROPOSED, "proposeContract"),
    STATEMENT("/v1/contracts/{}/amendments", BODY_TERMS, ENTRY_CONTRACT_AMENDMENT_PROPOSED, "proposeAmendment"),
    STATEMENT("/v1/contracts/{}/signatures", BODY_SMALL, ENTRY_CONTRACT_SIGNED, "signContract"),
    STATEMENT("/v1/contracts/{}/accessions", BODY_SMALL, ENTRY_CONTRACT_ACCEDED, "accedeContract"),
    STATEMENT("/v1/results", BODY_RESULTS, ENTRY_RESULT_SUBMITTED, "submitResults"),
    STATEMENT("/v1/results/{}/verifications", BODY_ITEMS, ENTRY_RESULT_VERIFIED, "verifyResult"),
    STATEMENT("/v1/results/{}/restatements", BODY_RESULTS, ENTRY_RESULT_RESTATED, "restateResult"),
    STATEMENT("/v1/results/{}/withdrawal", BODY_RESULTS, ENTRY_RESULT_WITHDRAWN, "withdrawResult"),
    STATEMENT("/v1/results/{}/disputes", BODY_ITEMS, ENTRY_RESULT_DISPUTED, "disputeResult"),
    STATEMENT("/v1/disputes/{}/resolution", BODY_ITEMS, ENTRY_DISPUTE_RESOLVED, "resolveDispute"),
    STATEMENT("/v1/payments/{}/settlements", BODY_SMALL, ENTRY_SETTLEMENT_RECORDED, "recordSettlement"),
    STATEMENT("/v1/entries/{}/erasure", BODY_SMALL, ENTRY_BODY_ERASED, "eraseBody"),
    PREVIEW("/v1/preview/contracts", BODY_TERMS, ENTRY_CONTRACT_PROPOSED, "previewContract"),
    PREVIEW("/v1/preview/contracts/{}/amendments", BODY_TERMS, ENTRY_CONTRACT_AMENDMENT_PROPOSED, "previewAmendment"),
    PREVIEW("/v1/preview/contracts/{}/signatures", BODY_SMALL, ENTRY_CONTRACT_SIGNED, "previewSignature"),
    PREVIEW("/v1/preview/contracts/{}/accessions", BODY_SMALL, ENTRY_CONTRACT_ACCEDED, "previewAccession"),
    PREVIEW("/v1/preview/results", BODY_RESULTS, ENTRY_RESULT_SUBMITTED, "previewResults"),
    PREVIEW("/v1/preview/results/{}/verifications", BODY_ITEMS, ENTRY_RESULT_VERIFIED, "previewVerification"),
    PREVIEW("/v1/preview/results/{}/restatements", BODY_RESULTS, ENTRY_RESULT_RESTATED, "previewRestatement"),
    PREVIEW("/v1/preview/results/{}/withdrawal", BODY_RESULTS, ENTRY_RESULT_WITHDRAWN, "previewWithdrawal"),
    PREVIEW("/v1/preview/results/{}/disputes", BODY_ITEMS, ENTRY_RESULT_DISPUTED, "previewDispute"),
    PREVIEW("/v1/preview/disputes/{}/resolution", BODY_ITEMS, ENTRY_DISPUTE_RESOLVED, "previewResolution"),
    PREVIEW("/v1/preview/payments/{}/settlements", BODY_SMALL, ENTRY_SETTLEMENT_RECORDED, "previewSettlement"),
    READ("/v1/ledger", reading_ledger, NULL, "getLedger"),
    READ("/v1/actors", reading_actors, LIST, "listActors"),
    READ("/v1/actors/{}", reading_actor, NULL, "getActor"),
    READ("/v1/actors/{}/keys", reading_actor_keys, LIST, "listKeys"),
    READ("/v1/indicators", reading_indicators, LIST, "listIndicators"),
    READ("/v1/indicators/{}", reading_indicator, NULL, "getIndicator"),
    READ_BY("/v1/contracts", reading_contracts, LIST " actor", "listContracts"),
    READ_BY("/v1/contracts/{}", reading_contract, "as_of", "getContract"),
    READ_BY("/v1/contracts/{}/terms", reading_contract_terms, "version", "getContractTerms"),
    READ_BY("/v1/contracts/{}/amendments", reading_contract_amendments, LIST, "listAmendments"),
    READ_BY("/v1/contracts/{}/state", reading_contract_state, LIST " rule key", "getContractState"),
    READ_BY("/v1/contracts/{}/exposure", reading_contract_exposure, NULL, "getContractExposure"),
    READ_BY("/v1/contracts/{}/payments", reading_contract_payments, LIST " party as_of", "listContractPayments"),
    READ_BY("/v1/contracts/{}/results", reading_contract_results, LIST " author", "listContractResults"),
    READ_BY("/v1/contracts/{}/signatures", reading_contract_signatures, LIST, "listSignatures"),
    READ_BY("/v1/contracts/{}/accessions", reading_contract_accessions, LIST, "listAccessions"),
    READ_BY("/v1/contracts/{}/disputes", reading_contract_disputes, LIST, "listContractDisputes"),
    READ_BY("/v1/results", reading_results, LIST " indicator version contract author", "listResults"),
    READ_BY("/v1/results/{}", reading_result, LIST, "getResult"),
    READ_BY("/v1/results/{}/verifications", reading_result_verifications, LIST, "listVerifications"),
    READ_BY("/v1/results/{}/disputes", reading_result_disputes, LIST, "listResultDisputes"),
    READ_BY("/v1/disputes/{}", reading_dispute, LIST, "getDispute"),
    READ_BY("/v1/payments", reading_payments, LIST " contract party as_of", "listPayments"),
    READ_BY("/v1/payments/{}", reading_payment, "as_of", "getPayment"),
    READ_BY("/v1/payments/{}/items", reading_payment_items, LIST, "listPaymentItems"),
    READ_BY("/v1/payments/{}/settlements", reading_payment_settlements, LIST, "listSettlements"),
    READ_BY("/v1/payments/{}/explanation", reading_payment_explanation, NULL, "explainPayment"),
    READ_BY("/v1/entries", reading_entries, "after cursor type actor from to limit", "listEntries"),
    READ_BY("/v1/entries/{}", reading_one_entry, NULL, "getEntry"),
    READ_BY("/v1/entries/{}/receipt", reading_receipt, NULL, "getReceipt"),
    READ("/v1/proofs/inclusion", reading_inclusion, "seq size", "proveInclusion"),
    READ("/v1/proofs/consistency", reading_consistency, "from to", "proveConsistency"),
    {HTTP_GET, "/tile/{}", ROUTE_ON_READER, ROUTE_ANYBODY, 0, ENTRY_TYPE_COUNT, handle_read, reading_tile, NULL, "getTile", true},
    {HTTP_GET, "/v1/archive", ROUTE_ON_READER, ROUTE_BY_READER, 0, ENTRY_TYPE_COUNT, handle_archive, NULL, "from", "getArchive", false},
    AT_ONCE("/checkpoint", handle_checkpoint, "getCheckpoint"),
    AT_ONCE("/checkpoint/cosigned", handle_cosigned, "getCosignedCheckpoint"),
    {HTTP_POST, "/checkpoint/cosignatures", ROUTE_ON_READER, ROUTE_ANYBODY, NOTE_MAX, ENTRY_TYPE_COUNT, handle_read, reading_cosignatures, NULL, "addCosignatures", false},
    AT_ONCE("/openapi.json", handle_openapi_json, "getOpenapiJson"),
    AT_ONCE("/openapi.yaml", handle_openapi_yaml, "getOpenapiYaml"),
    AT_ONCE("/healthz", handle_healthz, "getHealth"),
    AT_ONCE("/readyz", handle_readyz, "getReadiness"),
    AT_ONCE("/metrics", handle_metrics, "getMetrics"),
};
/* clang-format on */
const size_t route_count = sizeof routes / sizeof routes[0];

/* RFC 3986 unreserved: ids, numbers and kids need no other, and nothing has two spellings */
static bool is_segment(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool is_alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_alnum && c != '-' && c != '.' && c != '_' && c != '~')
            return false;
    }
    return s.len > 0 && !slice_is(s, ".") && !slice_is(s, "..");
}

static struct slice segment_take(struct slice *rest)
{
    const char *slash = memchr(rest->ptr, '/', rest->len);
    struct slice segment = slash == NULL ? *rest : slice_of(rest->ptr, (size_t) (slash - rest->ptr));
    *rest = slash == NULL ? SLICE("") : slice_of(slash + 1, rest->len - segment.len - 1);
    return segment;
}

static bool matches(const struct route *route, struct slice path, struct slice params[ROUTE_PARAMS_MAX])
{
    struct slice wanted = slice_str(route->path);
    int count = 0;
    while (wanted.len > 0 && path.len > 0) {
        bool is_last = memchr(path.ptr, '/', path.len) == NULL;
        bool is_last_wanted = memchr(wanted.ptr, '/', wanted.len) == NULL;
        if (route->has_rest && is_last_wanted) { /* whoever reads it knows its grammar */
            params[count] = path;
            return true;
        }
        struct slice want = segment_take(&wanted);
        struct slice have = segment_take(&path);
        if (is_last != is_last_wanted)
            return false;
        if (slice_is(want, "{}")) {
            if (!is_segment(have))
                return false;
            params[count++] = have;
        } else if (!slice_equal(want, have)) {
            return false;
        }
        if (is_last)
            return true;
    }
    return false;
}

static void allow_add(char allow[32], enum http_method method)
{
    const char *names = method == HTTP_GET ? "GET, HEAD" : "POST";
    if (strstr(allow, names) != NULL)
        return;
    size_t len = strlen(allow);
    (void) snprintf(allow + len, 32 - len, "%s%s", len > 0 ? ", " : "", names);
}

const struct refusal *route_find(enum http_method method, struct slice path, struct arena *arena, const struct route **out,
                                 struct slice params[ROUTE_PARAMS_MAX], char allow[32])
{
    enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
    allow[0] = '\0';
    for (size_t i = 0; i < route_count; i++) {
        struct slice found[ROUTE_PARAMS_MAX] = {{NULL, 0}};
        if (!matches(&routes[i], path, found))
            continue;
        if (routes[i].method == wanted) {
            memcpy(params, found, sizeof found);
            *out = &routes[i];
            return NULL;
        }
        allow_add(allow, routes[i].method);
    }
    if (allow[0] != '\0')
        return refusal_new(arena, REFUSE_REQUEST_METHOD, "this path takes %s", allow);
    return refusal_new(arena, REFUSE_REQUEST_NOT_FOUND, "no resource has this path; /openapi.yaml lists all");
}
