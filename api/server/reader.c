#include "reader.h"

#include <strings.h>

#include "tally/store.h"
#include "tally/text.h"

MUST_CHECK static enum tally_code of_token(struct tallyd *tallyd, struct arena *arena, struct slice text,
                                           struct reader *out, const struct refusal **refusal, struct err *err)
{
    struct read_token token;
    struct refusal *made = NULL;
    struct keycache_entry *key = NULL;
    enum tally_code rc = read_token_read(text, arena, &token, &made, err);
    *refusal = made;
    if (rc != TALLY_OK || made != NULL)
        return made != NULL ? TALLY_OK : rc;
    rc = keycache_find(tallyd->keys, token.kid, &key, err);
    if (rc == TALLY_OK && !slice_equal(keycache_actor(key), token.iss))
        rc = TALLY_E_NOT_FOUND; /* to the reader, another actor's key is as good as none */
    if (rc == TALLY_OK)
        *refusal = read_token_check(&token, tallyd->identity.origin, instant_now(), keycache_verifier(key), arena);
    keycache_release(tallyd->keys, key);
    if (rc == TALLY_E_NOT_FOUND) {
        *refusal =
            refusal_new(arena, REFUSE_TOKEN_INVALID, "%.*s has no key %.*s", SLICE_ARG(token.iss), SLICE_ARG(token.kid));
        rc = *refusal == NULL ? err_set(err, TALLY_E_NO_MEMORY, "no memory for a refusal") : TALLY_OK;
    }
    *out = (struct reader){token.iss, token.kid};
    return rc;
}

enum tally_code reader_find(struct tallyd *tallyd, struct http_request *request, struct reader *out,
                            const struct refusal **refusal, struct err *err)
{
    struct slice header = request->headers.authorization;
    const struct slice scheme = SLICE("Bearer ");
    *out = (struct reader){SLICE(""), SLICE("")};
    *refusal = NULL;
    if (header.ptr == NULL)
        return TALLY_OK;
    if (header.len > scheme.len && strncasecmp(header.ptr, scheme.ptr, scheme.len) == 0) /* RFC 9110: in any case */
        return of_token(tallyd, request->arena, slice_of(header.ptr + scheme.len, header.len - scheme.len), out, refusal,
                        err);
    *refusal = refusal_new(request->arena, REFUSE_TOKEN_INVALID,
                           "Authorization is not Bearer and a tally-read token; leave it out to read what is open");
    return *refusal == NULL ? err_set(err, TALLY_E_NO_MEMORY, "no memory for a refusal") : TALLY_OK;
}

enum tally_code reader_check(const struct reader *reader, struct pg *pg, struct arena *arena,
                             const struct refusal **refusal, struct err *err)
{
    struct row_key key;
    struct row_actor actor;
    bool is_found = false;
    *refusal = NULL;
    if (reader->actor.len == 0)
        return TALLY_OK;
    enum tally_code rc = store_lookup_key(pg, reader->kid, arena, &key, &actor, &is_found, err);
    if (rc != TALLY_OK || (is_found && key.revoked_seq == ROW_NO_SEQ))
        return rc;
    *refusal = refusal_new(arena, REFUSE_TOKEN_INVALID, "key %.*s of %.*s has been revoked: sign with another",
                           SLICE_ARG(reader->kid), SLICE_ARG(reader->actor));
    return *refusal == NULL ? err_set(err, TALLY_E_NO_MEMORY, "no memory for a refusal") : TALLY_OK;
}

void reader_mark(struct http_request *request)
{
    http_answer_header(request, "Vary", SLICE("Authorization"));
}
