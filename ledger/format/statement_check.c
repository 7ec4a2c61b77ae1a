#include "tally/statement.h"

#include "statement_input.h"

/* A refusal that cannot be written for want of memory must not read as agreement. */
static struct refusal *misdirected(struct arena *arena, const char *member, struct slice given, struct slice wanted)
{
    static struct refusal without_memory = {
        .code = REFUSE_STATEMENT_MISDIRECTED,
        .detail = {"the statement was signed for another request",
                   sizeof "the statement was signed for another request" - 1},
    };
    struct refusal *refusal = refusal_new(arena, REFUSE_STATEMENT_MISDIRECTED,
                                          "%s is \"%.*s\", but the request's is \"%.*s\": sign it again for this request",
                                          member, SLICE_ARG(given), SLICE_ARG(wanted));
    return refusal == NULL ? &without_memory : refusal;
}

struct refusal *statement_check_request(const struct statement *statement, const struct statement_request *request,
                                        struct arena *arena)
{
    if (!slice_equal(statement->aud, request->origin))
        return misdirected(arena, "aud", statement->aud, request->origin);
    if (!slice_equal(statement->htm, request->method))
        return misdirected(arena, "htm", statement->htm, request->method);
    if (!slice_equal(statement->htu, request->target))
        return misdirected(arena, "htu", statement->htu, request->target);
    if (!slice_equal(statement->cty, request->content_type))
        return misdirected(arena, "cty", statement->cty, request->content_type);
    return NULL;
}

enum tally_code statement_verify(const struct statement *statement, const struct key_verifier *key, struct slice body,
                                 struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf input;
    buf_init(&input, STATEMENT_INPUT_MAX);
    TRY(statement_input(statement->protected_part, body, &input, err));
    rc = key_verify(key, buf_slice(&input), statement->signature);
    if (rc == TALLY_E_SIGNATURE)
        (void) err_set(err, rc, "the signature does not verify with the key that it names over these bytes");
    else if (rc != TALLY_OK)
        (void) err_set(err, rc, "checking a statement's signature: %s", err_code_text(rc));
done:
    buf_release(&input);
    return rc;
}
