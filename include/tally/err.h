/* Errors: what a function that can fail returns, and the detail that goes with it.
 *
 * A function that can fail returns enum tally_code, is marked MUST_CHECK, and leaves its outputs
 * unchanged when it fails. Where detail helps, its last parameter is a struct err *, filled where the
 * error is born and nowhere else; err may be NULL. A refusal (what the domain answers to a statement
 * that is well made but not accepted) is no error: see refusal.h.
 */
#ifndef TALLY_ERR_H
#define TALLY_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt_at, args_at) __attribute__((format(printf, fmt_at, args_at)))

/* Whose fault an error is, and so who has to act. */
enum err_side {
    ERR_NONE,   /* success */
    ERR_OURS,   /* a bug, or a resource of this machine: an operator acts */
    ERR_THEIRS, /* what was given is wrong: whoever gave it acts */
    ERR_SOFT    /* nobody's: trying again may succeed */
};

/* name, side, one line for people */
#define TALLY_CODES(X)                                                                                                     \
    X(TALLY_OK, ERR_NONE, "done")                                                                                          \
    X(TALLY_E_NO_MEMORY, ERR_OURS, "out of memory")                                                                        \
    X(TALLY_E_LIMIT, ERR_THEIRS, "over a limit")                                                                           \
    X(TALLY_E_MALFORMED, ERR_THEIRS, "malformed input")                                                                    \
    X(TALLY_E_TRUNCATED, ERR_THEIRS, "the input ends too early")                                                           \
    X(TALLY_E_MISMATCH, ERR_THEIRS, "does not agree with what it claims to be")                                            \
    X(TALLY_E_SIGNATURE, ERR_THEIRS, "a signature does not verify")                                                        \
    X(TALLY_E_NOT_FOUND, ERR_THEIRS, "not found")                                                                          \
    X(TALLY_E_CONFLICT, ERR_THEIRS, "in conflict with what is recorded")                                                   \
    X(TALLY_E_DENIED, ERR_THEIRS, "not allowed")                                                                           \
    X(TALLY_E_USAGE, ERR_THEIRS, "wrong usage")                                                                            \
    X(TALLY_E_IO, ERR_OURS, "input or output failed")                                                                      \
    X(TALLY_E_CRYPTO, ERR_OURS, "the cryptographic library failed")                                                        \
    X(TALLY_E_DATABASE, ERR_OURS, "the database refused")                                                                  \
    X(TALLY_E_INTEGRITY, ERR_OURS, "what is stored contradicts itself")                                                    \
    X(TALLY_E_UNAVAILABLE, ERR_SOFT, "not available now")                                                                  \
    X(TALLY_E_TIMEOUT, ERR_SOFT, "took too long")                                                                          \
    X(TALLY_E_OUTCOME_UNKNOWN, ERR_SOFT, "it is not known whether the commit took place")                                  \
    X(TALLY_E_INTERRUPTED, ERR_SOFT, "stopped on request")                                                                 \
    X(TALLY_E_BUG, ERR_OURS, "a bug in this program")

enum tally_code {
#define X(name, side, text) name,
    TALLY_CODES(X)
#undef X
};

#define ERR_DETAIL_MAX 768 /* one screen line of context, a path and a database message */

struct err {
    enum tally_code code;
    char detail[ERR_DETAIL_MAX];
};

/* Fills err (which may be NULL; longer text is cut) and returns code, so that a failing function can
 * `return err_set(err, ...)`. */
enum tally_code err_set(struct err *err, enum tally_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "<context>: " before the detail that err already has; returns err->code. err is not NULL. */
enum tally_code err_context(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

const char *err_code_name(enum tally_code code); /* "TALLY_E_LIMIT" */
const char *err_code_text(enum tally_code code); /* "over a limit" */
enum err_side err_code_side(enum tally_code code);

/* Leaves through `done:` with rc set when the call fails. The function has `enum tally_code rc`. */
#define TRY(call)                                                                                                          \
    do {                                                                                                                   \
        rc = (call);                                                                                                       \
        if (rc != TALLY_OK)                                                                                                \
            goto done;                                                                                                     \
    } while (0)

/* An assertion about our own code. Stays on in every build; prints the place and aborts. */
#define ENSURE(condition)                                                                                                  \
    do {                                                                                                                   \
        if (!(condition))                                                                                                  \
            err_ensure_failed(#condition, __FILE__, __LINE__, __func__);                                                   \
    } while (0)
_Noreturn void err_ensure_failed(const char *condition, const char *file, int line, const char *function);

#endif
