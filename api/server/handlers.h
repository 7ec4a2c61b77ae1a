/* The handlers that the table of routes names. Each answers its request, now or later, exactly once. */
#ifndef TALLY_SERVER_HANDLERS_H
#define TALLY_SERVER_HANDLERS_H

#include "query.h"
#include "reader.h"
#include "tallyd.h"

void handle_statement(struct tallyd *tallyd, struct http_request *request); /* every signed POST */
void handle_preview(struct tallyd *tallyd, struct http_request *request);
void handle_read(struct tallyd *tallyd, struct http_request *request); /* every GET of a resource: reading below */
void handle_checkpoint(struct tallyd *tallyd, struct http_request *request);
void handle_cosigned(struct tallyd *tallyd, struct http_request *request);
void handle_archive(struct tallyd *tallyd, struct http_request *request);
void handle_healthz(struct tallyd *tallyd, struct http_request *request);
void handle_readyz(struct tallyd *tallyd, struct http_request *request);
void handle_metrics(struct tallyd *tallyd, struct http_request *request);
void handle_openapi_yaml(struct tallyd *tallyd, struct http_request *request);
void handle_openapi_json(struct tallyd *tallyd, struct http_request *request);

/* Sends text with an ETag over it, or 304 when the request has it already. */
void answer_resource(struct http_request *request, const char *content_type);
/* The same with a Cache-Control of its own (static). */
void answer_resource_for(struct http_request *request, const char *content_type, const char *cache_control);
/* Sends body (static, or living as long as the request). */
void answer_plain(struct http_request *request, int status, const char *content_type, struct slice body);

/* ---- one GET of a resource, on a reader with a connection ---- */
struct reading {
    struct tallyd *tallyd;
    struct http_request *request;
    struct query query;
    struct slice reader; /* an actor, or empty for nobody in particular: what it may not see does not exist */
    struct pg *pg;
    struct buf *out;               /* the answer's text */
    const struct refusal *refusal; /* set by a reading that refuses */
    const char *content_type;      /* application/json unless set */
    const char *cache_control;     /* no-cache unless set; static */
};

/* Each appends its answer to out, or sets refusal. */
enum tally_code reading_ledger(struct reading *r, struct err *err);
enum tally_code reading_actors(struct reading *r, struct err *err);
enum tally_code reading_actor(struct reading *r, struct err *err);
enum tally_code reading_actor_keys(struct reading *r, struct err *err);
enum tally_code reading_indicators(struct reading *r, struct err *err);
enum tally_code reading_indicator(struct reading *r, struct err *err);
enum tally_code reading_contracts(struct reading *r, struct err *err);
enum tally_code reading_contract(struct reading *r, struct err *err);
enum tally_code reading_contract_terms(struct reading *r, struct err *err);
enum tally_code reading_contract_state(struct reading *r, struct err *err);
enum tally_code reading_contract_exposure(struct reading *r, struct err *err);
enum tally_code reading_contract_payments(struct reading *r, struct err *err);
enum tally_code reading_contract_results(struct reading *r, struct err *err);
enum tally_code reading_contract_amendments(struct reading *r, struct err *err);
/* The page that the store made of it, with whose signatures are still needed (reading_amendments.c). */
MUST_CHECK enum tally_code amendments_answer(struct reading *r, const struct buf *stored, struct err *err);
enum tally_code reading_contract_signatures(struct reading *r, struct err *err);
enum tally_code reading_contract_accessions(struct reading *r, struct err *err);
enum tally_code reading_results(struct reading *r, struct err *err);
enum tally_code reading_result(struct reading *r, struct err *err);
enum tally_code reading_result_verifications(struct reading *r, struct err *err);
enum tally_code reading_contract_disputes(struct reading *r, struct err *err);
enum tally_code reading_result_disputes(struct reading *r, struct err *err);
enum tally_code reading_dispute(struct reading *r, struct err *err);
enum tally_code reading_payments(struct reading *r, struct err *err);
enum tally_code reading_payment(struct reading *r, struct err *err);
enum tally_code reading_payment_items(struct reading *r, struct err *err);
enum tally_code reading_payment_settlements(struct reading *r, struct err *err);
enum tally_code reading_payment_explanation(struct reading *r, struct err *err);
enum tally_code reading_entries(struct reading *r, struct err *err);
enum tally_code reading_one_entry(struct reading *r, struct err *err);
enum tally_code reading_receipt(struct reading *r, struct err *err);
enum tally_code reading_inclusion(struct reading *r, struct err *err);
enum tally_code reading_consistency(struct reading *r, struct err *err);
enum tally_code reading_tile(struct reading *r, struct err *err);
enum tally_code reading_cosignatures(struct reading *r, struct err *err); /* a POST */

#endif
