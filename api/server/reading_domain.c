/* Readings of the domain's tables: each takes its path's and query's parameters and asks the store. */
#include "handlers.h"
#include "tally/entry.h"
#include "tally/store.h"
#include "tally/text.h"

static void refuse(struct reading *r, enum refusal_code code, const char *what)
{
    static const struct refusal no_memory = {.code = REFUSE_INTERNAL};
    r->refusal = refusal_new(r->request->arena, code, "there is no %s %.*s", what, SLICE_ARG(r->request->params[0]));
    if (r->refusal == NULL)
        r->refusal = &no_memory;
}

/* cursor and limit. False: refused. */
static bool page_of(struct reading *r, struct store_page *page)
{
    uint64_t limit = STORE_LIMIT_DEFAULT;
    query_u64(&r->query, "limit", 1, STORE_LIMIT_MAX, &limit, r->request->arena, &r->refusal);
    *page = (struct store_page){query_text(&r->query, "cursor"), (uint32_t) limit, r->reader};
    return r->refusal == NULL;
}

static bool as_of(struct reading *r, uint64_t *seq)
{
    *seq = STORE_NOW;
    query_u64(&r->query, "as_of", 0, ENTRY_SEQ_MAX, seq, r->request->arena, &r->refusal);
    return r->refusal == NULL;
}

/* The number in the path. A segment that is none names nothing. */
static bool seq_of(struct reading *r, uint64_t *seq, enum refusal_code absent, const char *what)
{
    if (text_u64(r->request->params[0], ENTRY_SEQ_MAX, seq) == TALLY_OK)
        return true;
    refuse(r, absent, what);
    return false;
}

static struct slice id_of(const struct reading *r)
{
    return r->request->params[0];
}

/* ---- actors, indicators ---- */

enum tally_code reading_actors(struct reading *r, struct err *err)
{
    struct store_page page;
    return page_of(r, &page) ? store_list_actors(r->pg, &page, r->out, err) : TALLY_OK;
}

enum tally_code reading_actor(struct reading *r, struct err *err)
{
    bool is_found = true;
    enum tally_code rc = store_read_actor(r->pg, id_of(r), r->out, &is_found, err);
    if (!is_found)
        refuse(r, REFUSE_ACTOR_NOT_FOUND, "actor");
    return rc;
}

enum tally_code reading_actor_keys(struct reading *r, struct err *err)
{
    struct store_page page;
    bool is_found = true;
    if (!page_of(r, &page))
        return TALLY_OK;
    enum tally_code rc = store_list_keys(r->pg, id_of(r), &page, r->out, &is_found, err);
    if (!is_found)
        refuse(r, REFUSE_ACTOR_NOT_FOUND, "actor");
    return rc;
}

enum tally_code reading_indicators(struct reading *r, struct err *err)
{
    struct store_page page;
    return page_of(r, &page) ? store_list_indicators(r->pg, &page, r->out, err) : TALLY_OK;
}

enum tally_code reading_indicator(struct reading *r, struct err *err)
{
    bool is_found = true;
    enum tally_code rc = store_read_indicator(r->pg, id_of(r), r->out, &is_found, err);
    if (!is_found)
        refuse(r, REFUSE_INDICATOR_NOT_FOUND, "indicator");
    return rc;
}

/* ---- contracts ---- */

static void no_contract(struct reading *r)
{
    refuse(r, REFUSE_CONTRACT_NOT_FOUND, "contract");
}

enum tally_code reading_contracts(struct reading *r, struct err *err)
{
    struct store_page page;
    return page_of(r, &page) ? store_list_contracts(r->pg, query_text(&r->query, "actor"), &page, r->out, err) : TALLY_OK;
}

enum tally_code reading_contract(struct reading *r, struct err *err)
{
    uint64_t seq;
    bool is_found = true;
    if (!as_of(r, &seq))
        return TALLY_OK;
    enum tally_code rc = store_read_contract(r->pg, id_of(r), seq, r->reader, r->out, &is_found, err);
    if (!is_found)
        no_contract(r);
    return rc;
}

enum tally_code reading_contract_terms(struct reading *r, struct err *err)
{
    bool is_found = true, exists = true;
    enum tally_code rc =
        store_read_terms(r->pg, id_of(r), query_text(&r->query, "version"), r->reader, r->out, &is_found, err);
    if (rc == TALLY_OK && !is_found)
        rc = store_has_contract(r->pg, id_of(r), r->reader, &exists, err);
    if (!is_found && exists)
        r->refusal = refusal_new(r->request->arena, REFUSE_REQUEST_NOT_FOUND,
                                 "%.*s has no such version: see /v1/contracts/%.*s and its amendments", SLICE_ARG(id_of(r)),
                                 SLICE_ARG(id_of(r)));
    else if (!is_found)
        no_contract(r);
    r->content_type = "text/plain; charset=utf-8";
    return rc;
}

/* A list below a contract is empty in two ways: nothing in it, or no contract. */
MUST_CHECK static enum tally_code contract_exists(struct reading *r, bool *exists, struct err *err)
{
    *exists = true;
    enum tally_code rc = store_has_contract(r->pg, id_of(r), r->reader, exists, err);
    if (!*exists)
        no_contract(r);
    return rc;
}

enum tally_code reading_contract_payments(struct reading *r, struct err *err)
{
    struct store_page page;
    bool exists = false;
    struct store_payment_filter filter = {.contract = id_of(r), .party = query_text(&r->query, "party")};
    if (!page_of(r, &page) || !as_of(r, &filter.as_of))
        return TALLY_OK;
    enum tally_code rc = contract_exists(r, &exists, err);
    return rc != TALLY_OK || !exists ? rc : store_list_payments(r->pg, &filter, &page, r->out, err);
}

enum tally_code reading_contract_results(struct reading *r, struct err *err)
{
    struct store_page page;
    bool exists = false;
    const struct store_result_filter filter = {.contract = id_of(r), .author = query_text(&r->query, "author")};
    if (!page_of(r, &page))
        return TALLY_OK;
    enum tally_code rc = contract_exists(r, &exists, err);
    return rc != TALLY_OK || !exists ? rc : store_list_results(r->pg, &filter, &page, r->out, err);
}

enum tally_code reading_contract_amendments(struct reading *r, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct store_page page;
    struct buf stored;
    bool is_found = true;
    if (!page_of(r, &page))
        return TALLY_OK;
    buf_init(&stored, HTTP_ANSWER_MAX);
    TRY(store_list_amendments(r->pg, id_of(r), &page, &stored, &is_found, err));
    TRY(buf_check(&stored, err));
    if (is_found)
        TRY(amendments_answer(r, &stored, err));
    else
        no_contract(r);
done:
    buf_release(&stored);
    return rc;
}

enum tally_code reading_contract_signatures(struct reading *r, struct err *err)
{
    struct store_page page;
    bool is_found = true;
    if (!page_of(r, &page))
        return TALLY_OK;
    enum tally_code rc = store_list_signatures(r->pg, id_of(r), &page, r->out, &is_found, err);
    if (!is_found)
        no_contract(r);
    return rc;
}

enum tally_code reading_contract_accessions(struct reading *r, struct err *err)
{
    struct store_page page;
    bool is_found = true;
    if (!page_of(r, &page))
        return TALLY_OK;
    enum tally_code rc = store_list_accessions(r->pg, id_of(r), &page, r->out, &is_found, err);
    if (!is_found)
        no_contract(r);
    return rc;
}

/* ---- results ---- */

enum tally_code reading_results(struct reading *r, struct err *err)
{
    struct store_page page;
    uint64_t version = 0;
    query_u64(&r->query, "version", 1, UINT32_MAX, &version, r->request->arena, &r->refusal);
    const struct store_result_filter filter = {.indicator = query_text(&r->query, "indicator"),
                                               .contract = query_text(&r->query, "contract"),
                                               .author = query_text(&r->query, "author"),
                                               .version = (uint32_t) version};
    return page_of(r, &page) ? store_list_results(r->pg, &filter, &page, r->out, err) : TALLY_OK;
}

enum tally_code reading_result_verifications(struct reading *r, struct err *err)
{
    struct store_page page;
    uint64_t seq;
    bool is_found = true;
    if (!page_of(r, &page) || !seq_of(r, &seq, REFUSE_RESULT_NOT_FOUND, "result"))
        return TALLY_OK;
    enum tally_code rc = store_list_verifications(r->pg, seq, &page, r->out, &is_found, err);
    if (!is_found)
        refuse(r, REFUSE_RESULT_NOT_FOUND, "result");
    return rc;
}

enum tally_code reading_result_disputes(struct reading *r, struct err *err)
{
    struct store_page page;
    uint64_t seq;
    bool is_found = true;
    if (!page_of(r, &page) || !seq_of(r, &seq, REFUSE_RESULT_NOT_FOUND, "result"))
        return TALLY_OK;
    enum tally_code rc = store_list_result_disputes(r->pg, seq, &page, r->out, &is_found, err);
    if (!is_found)
        refuse(r, REFUSE_RESULT_NOT_FOUND, "result");
    return rc;
}

enum tally_code reading_contract_disputes(struct reading *r, struct err *err)
{
    struct store_page page;
    bool is_found = true;
    if (!page_of(r, &page))
        return TALLY_OK;
    enum tally_code rc = store_list_contract_disputes(r->pg, id_of(r), &page, r->out, &is_found, err);
    if (!is_found)
        no_contract(r);
    return rc;
}

enum tally_code reading_dispute(struct reading *r, struct err *err)
{
    struct store_page page;
    uint64_t seq;
    bool is_found = true;
    if (!page_of(r, &page) || !seq_of(r, &seq, REFUSE_DISPUTE_NOT_FOUND, "dispute"))
        return TALLY_OK;
    enum tally_code rc = store_read_dispute(r->pg, seq, &page, r->out, &is_found, err);
    if (!is_found)
        refuse(r, REFUSE_DISPUTE_NOT_FOUND, "dispute");
    return rc;
}

/* ---- payments ---- */

static void no_payment(struct reading *r)
{
    refuse(r, REFUSE_PAYMENT_NOT_FOUND, "payment");
}

enum tally_code reading_payments(struct reading *r, struct err *err)
{
    struct store_page page;
    struct store_payment_filter filter = {.contract = query_text(&r->query, "contract"),
                                          .party = query_text(&r->query, "party")};
    if (!page_of(r, &page) || !as_of(r, &filter.as_of))
        return TALLY_OK;
    return store_list_payments(r->pg, &filter, &page, r->out, err);
}

enum tally_code reading_payment(struct reading *r, struct err *err)
{
    uint64_t seq, until;
    bool is_found = true;
    if (!as_of(r, &until) || !seq_of(r, &seq, REFUSE_PAYMENT_NOT_FOUND, "payment"))
        return TALLY_OK;
    enum tally_code rc = store_read_payment(r->pg, seq, until, r->reader, r->out, &is_found, err);
    if (!is_found)
        no_payment(r);
    return rc;
}

enum tally_code reading_payment_items(struct reading *r, struct err *err)
{
    struct store_page page;
    uint64_t seq;
    bool is_found = true;
    if (!page_of(r, &page) || !seq_of(r, &seq, REFUSE_PAYMENT_NOT_FOUND, "payment"))
        return TALLY_OK;
    enum tally_code rc = store_list_payment_items(r->pg, seq, &page, r->out, &is_found, err);
    if (!is_found)
        no_payment(r);
    return rc;
}

enum tally_code reading_payment_settlements(struct reading *r, struct err *err)
{
    struct store_page page;
    uint64_t seq;
    bool is_found = true;
    if (!page_of(r, &page) || !seq_of(r, &seq, REFUSE_PAYMENT_NOT_FOUND, "payment"))
        return TALLY_OK;
    enum tally_code rc = store_list_settlements(r->pg, seq, &page, r->out, &is_found, err);
    if (!is_found)
        no_payment(r);
    return rc;
}
