/* Readings of a contract's text that compute: the least and the most that anybody can owe under it. */
#include "handlers.h"
#include "tally/canon.h"
#include "tally/exposure.h"
#include "tally/store.h"

MUST_CHECK static enum tally_code write_exposure(struct reading *r, struct slice source, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct terms *terms = NULL;
    struct exposure *exposure = NULL;
    struct diags diags;
    struct canon w;
    diags_init(&diags, r->request->arena);
    TRY(terms_compile(source, &diags, &terms, err));
    if (terms == NULL) { /* it checked when it was proposed */
        rc = err_set(err, TALLY_E_INTEGRITY, "the terms of %.*s do not check any more", SLICE_ARG(r->request->params[0]));
        goto done;
    }
    TRY(terms_exposure(terms, r->request->arena, &exposure, err));
    canon_init(&w, r->out);
    exposure_write(&w, terms, exposure);
done:
    terms_free(terms);
    return rc;
}

enum tally_code reading_contract_exposure(struct reading *r, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool is_found = true;
    struct buf text;
    buf_init(&text, HTTP_ANSWER_MAX);
    TRY(store_read_terms(r->pg, r->request->params[0], SLICE(""), r->reader, &text, &is_found, err));
    if (is_found) {
        TRY(write_exposure(r, buf_slice(&text), err));
    } else {
        r->refusal = refusal_new(r->request->arena, REFUSE_CONTRACT_NOT_FOUND, "there is no contract %.*s",
                                 SLICE_ARG(r->request->params[0]));
        if (r->refusal == NULL)
            rc = err_set(err, TALLY_E_NO_MEMORY, "no memory for a refusal");
    }
done:
    buf_release(&text);
    return rc;
}
