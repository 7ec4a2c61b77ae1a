#include "tally/problem.h"

#include <stdio.h>

#include "tally/canon.h"
#include "tally/log.h"

int problem_status(enum refusal_kind kind)
{
    switch (kind) {
    case REFUSAL_MALFORMED:
        return 400;
    case REFUSAL_UNSIGNED:
        return 401;
    case REFUSAL_FORBIDDEN:
        return 403;
    case REFUSAL_NOT_FOUND:
        return 404;
    case REFUSAL_METHOD:
        return 405;
    case REFUSAL_CONFLICT:
        return 409;
    case REFUSAL_LENGTH:
        return 411;
    case REFUSAL_TOO_LARGE:
        return 413;
    case REFUSAL_MEDIA_TYPE:
        return 415;
    case REFUSAL_NOT_ACCEPTED:
        return 422;
    case REFUSAL_TOO_MANY:
        return 429;
    case REFUSAL_HEADERS:
        return 431;
    case REFUSAL_UNAVAILABLE:
        return 503;
    case REFUSAL_INTERNAL:
        break;
    }
    return 500;
}

static bool is_retryable(enum refusal_kind kind)
{
    return kind == REFUSAL_TOO_MANY || kind == REFUSAL_UNAVAILABLE;
}

static void write_errors(struct canon *w, const struct refusal_at *at)
{
    canon_name(w, "errors");
    canon_array(w);
    for (; at != NULL; at = at->next) {
        canon_object(w);
        canon_name(w, "detail");
        canon_string(w, at->detail);
        canon_name(w, "pointer");
        canon_string(w, at->pointer);
        canon_close(w);
    }
    canon_close(w);
}

/* Members in order of their names; the refusal's own further ones stand behind them. */
static void write_problem(const struct refusal *refusal, struct slice instance, struct buf *out)
{
    enum refusal_kind kind = refusal_kind_of(refusal->code);
    char urn[80];
    struct canon w;
    (void) snprintf(urn, sizeof urn, "urn:tallystick:refusal:%s", refusal_code_text(refusal->code));
    canon_init(&w, out);
    canon_object(&w);
    canon_name(&w, "code");
    canon_str(&w, refusal_code_text(refusal->code));
    canon_name(&w, "detail");
    canon_string(&w, refusal->detail.len > 0 ? refusal->detail : slice_str(refusal_title(refusal->code)));
    if (refusal->errors != NULL)
        write_errors(&w, refusal->errors);
    canon_name(&w, "instance");
    canon_string(&w, instance);
    canon_name(&w, "retryable");
    canon_bool(&w, is_retryable(kind));
    canon_name(&w, "status");
    canon_i64(&w, problem_status(kind));
    canon_name(&w, "title");
    canon_str(&w, refusal_title(refusal->code));
    canon_name(&w, "type");
    canon_str(&w, urn);
    canon_close(&w);
    if (refusal->extra.len > 0 && out->len > 0 && buf_check(out, NULL) == TALLY_OK) {
        out->len--; /* the closing brace */
        buf_add_char(out, ',');
        buf_add_slice(out, refusal->extra);
        buf_add_char(out, '}');
    }
}

void problem_answer(struct http_request *request, const struct refusal *refusal)
{
    struct http_answer *answer = &request->answer;
    enum refusal_kind kind = refusal_kind_of(refusal->code);
    buf_clear(&answer->text);
    write_problem(refusal, request->path, &answer->text);
    if (buf_check(&answer->text, NULL) != TALLY_OK) { /* a detail that is no UTF-8, or no memory: the code is what counts */
        const struct refusal bare = {.code = refusal->code};
        buf_clear(&answer->text);
        write_problem(&bare, SLICE("/"), &answer->text);
    }
    answer->status = problem_status(kind);
    answer->content_type = "application/problem+json";
    if (is_retryable(kind))
        http_answer_header(request, "Retry-After", SLICE("1"));
    if (kind == REFUSAL_UNSIGNED)
        http_answer_header(request, "WWW-Authenticate",
                           refusal->code == REFUSE_TOKEN_MISSING || refusal->code == REFUSE_TOKEN_INVALID
                               ? SLICE("Bearer")
                               : SLICE("Tally-Statement"));
}

#define FAILURE(name, refusal_code, text)                                                                                  \
    static const struct refusal name = {.code = (refusal_code), .detail = {(text), sizeof(text) - 1}}
FAILURE(away, REFUSE_DATABASE_AWAY, "the database cannot be reached at the moment; try again");
FAILURE(slow, REFUSE_REQUEST_TIMEOUT, "the database took too long; try again, or ask for less");
FAILURE(full, REFUSE_STORAGE_FULL, "the database has no room left; the operator has to make some");
FAILURE(failed, REFUSE_INTERNAL, "the service failed; its log says why, under the same time");

const struct refusal *problem_of_error(const char *event, const struct err *err)
{
    bool is_soft = err_code_side(err->code) == ERR_SOFT;
    log_err(is_soft ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR, event, err);
    switch (err->code) {
    case TALLY_E_UNAVAILABLE:
    case TALLY_E_INTERRUPTED:
        return &away;
    case TALLY_E_TIMEOUT:
    case TALLY_E_OUTCOME_UNKNOWN:
        return &slow;
    case TALLY_E_LIMIT:
        return &full;
    default:
        return &failed;
    }
}
