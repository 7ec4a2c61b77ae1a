#include "verify_receipt.h"

#include <inttypes.h>
#include <string.h>

#include "tally/canon.h"
#include "tally/statement.h"
#include "tally/text.h"
#include "verify_anchor.h"

#define ARENA_MAX ((size_t) 64 << 20) /* a body of 8 MiB, and what is read of it */
#define JSON_MAX 65536

enum statement_state { STATEMENT_NOT_GIVEN, STATEMENT_RIGHT, STATEMENT_WRONG, STATEMENT_NO_NONCE };

struct result {
    const char *code; /* of the finding; NULL: none */
    char detail[ERR_DETAIL_MAX];
    struct receipt receipt;
    struct receipt_content content;
    enum statement_state statement;
    unsigned witnesses; /* of the policy, who have cosigned its checkpoint */
    bool is_witnessed;  /* they are as many as the policy asks for */
};

static void found(struct result *result, const char *code, const char *detail)
{
    result->code = code;
    (void) snprintf(result->detail, sizeof result->detail, "%s", detail);
}

static const char *code_of(enum tally_code rc)
{
    switch (rc) {
    case TALLY_E_SIGNATURE:
        return "checkpoint.signature";
    case TALLY_E_MISMATCH:
        return "receipt.proof";
    default:
        return "receipt.form";
    }
}

/* The body that its author has, against the commitment in the header. */
MUST_CHECK static enum tally_code check_statement(const struct verify_receipt_options *options, struct arena *arena,
                                                  struct result *result, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice body = SLICE(""), jws = SLICE("");
    struct digest commitment;
    if (options->body == NULL)
        return TALLY_OK;
    TRY(verify_file_read(options->body, ENTRY_BODY_MAX, arena, &body, err));
    if (options->jws != NULL)
        TRY(verify_file_read(options->jws, STATEMENT_JWS_MAX, arena, &jws, err));
    while (jws.len > 0 && jws.ptr[jws.len - 1] == '\n')
        jws.len--;
    if (!result->receipt.has_nonce) {
        result->statement = STATEMENT_NO_NONCE;
        goto done;
    }
    entry_commitment(result->receipt.nonce, jws, body, &commitment);
    result->statement = digest_equal(&commitment, &result->content.header.body) ? STATEMENT_RIGHT : STATEMENT_WRONG;
    if (result->statement == STATEMENT_WRONG)
        found(result, "body.commitment", "the receipt is for another statement than the one given");
done:
    return rc;
}

/* Who has cosigned its checkpoint. At that time the entry was there, so that it cannot state a later one. */
MUST_CHECK static enum tally_code check_witnesses(const struct verify_trust *trust, struct result *result, struct err *err)
{
    struct note note;
    struct policy_seen seen;
    struct err why = {0};
    result->is_witnessed = true;
    if (!trust->has_policy)
        return TALLY_OK;
    enum tally_code rc = note_read(result->receipt.checkpoint, &note, err);
    if (rc == TALLY_OK)
        rc = policy_look(&trust->policy, &note, &seen, &why);
    if (rc == TALLY_E_SIGNATURE) {
        found(result, "cosignature.signature", why.detail);
        return TALLY_OK;
    }
    if (rc != TALLY_OK)
        return rc;
    result->witnesses = (unsigned) __builtin_popcountll(seen.witnesses);
    result->is_witnessed = policy_is_met(&trust->policy, seen.witnesses);
    for (size_t i = 0; i < trust->policy.witness_count; i++)
        if ((seen.witnesses >> i & 1) != 0 &&
            result->content.header.time.us / 1000000 - VERIFY_COSIGNATURE_SLACK_S > (int64_t) seen.seconds[i])
            found(result, "cosignature.time", "a witness saw the entry before the time that it states");
    return TALLY_OK;
}

static void print_json(struct verify_printer *printer, const struct result *result, bool is_trusted,
                       enum verify_status status)
{
    struct buf text;
    struct canon w;
    buf_init(&text, JSON_MAX);
    canon_init(&w, &text);
    canon_object(&w);
    canon_name(&w, "anchored");
    canon_bool(&w, is_trusted);
    canon_name(&w, "findings");
    canon_array(&w);
    if (result->code != NULL) {
        canon_object(&w);
        canon_name(&w, "code");
        canon_str(&w, result->code);
        canon_name(&w, "detail");
        canon_str(&w, result->detail);
        canon_close(&w);
    }
    canon_close(&w);
    if (result->content.header.actor.len > 0) {
        canon_name(&w, "header");
        canon_string(&w, result->receipt.header);
        canon_name(&w, "seq");
        canon_i64(&w, (int64_t) result->receipt.index);
        canon_name(&w, "size");
        canon_i64(&w, (int64_t) result->content.checkpoint.size);
    }
    canon_name(&w, "statement_checked");
    canon_bool(&w, result->statement == STATEMENT_RIGHT);
    canon_name(&w, "status");
    canon_i64(&w, status);
    canon_name(&w, "witnesses");
    canon_i64(&w, result->witnesses);
    canon_close(&w);
    (void) fprintf(printer->out, "%s\n", text.ptr == NULL ? "{}" : text.ptr);
    buf_release(&text);
}

static void print_people(struct verify_printer *printer, const struct result *result, bool is_trusted)
{
    const struct entry_header *header = &result->content.header;
    char time[INSTANT_TEXT_LEN + 1];
    if (header->actor.len > 0) {
        instant_format(header->time, time);
        (void) fprintf(printer->out, "entry       %" PRIu64 " of %.*s\n", header->seq, SLICE_ARG(header->ledger));
        (void) fprintf(printer->out, "            %.*s by %.*s at %s\n", SLICE_ARG(header->type), SLICE_ARG(header->actor),
                       time);
        (void) fprintf(printer->out, "checkpoint  of %" PRIu64 " entries\n", result->content.checkpoint.size);
    }
    if (result->statement != STATEMENT_NOT_GIVEN && result->code == NULL)
        (void) fprintf(printer->out, "statement   %s\n",
                       result->statement == STATEMENT_RIGHT ? "the one given" : "not checked: the receipt has no nonce");
    if (result->code != NULL)
        (void) fprintf(printer->out, "receipt: %s: %s\n", result->code, result->detail);
    (void) fprintf(printer->out, "verdict     %s\n",
                   result->code != NULL ? "something is wrong"
                   : !is_trusted        ? "agrees with itself only: give the ledger's own key with --vkey"
                   : !result->is_witnessed
                       ? "the ledger has signed that it holds this entry; too few witnesses have cosigned it for the policy"
                   : result->witnesses > 0
                       ? "the ledger has signed that it holds this entry, and the policy's witnesses have seen it"
                       : "the ledger has signed that it holds this entry");
}

enum tally_code verify_receipt(const struct verify_receipt_options *options, struct verify_printer *printer,
                               enum verify_status *status, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct result result = {0};
    struct note_key key = {0};
    struct err why = {0};
    struct slice vkey = options->trust->vkey;
    bool is_trusted = vkey.len > 0;
    struct arena *arena = arena_new(ARENA_MAX);
    if (arena == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory to read the receipt"));
    /* a witness's key, too, though it has a ledger's name: no cosignature stands in for the ledger's own signature */
    if (is_trusted && (note_key_read(vkey, &key, err) != TALLY_OK || key.type != NOTE_KEY_ED25519))
        TRY(err_set(err, TALLY_E_USAGE, "--vkey %.*s is not a ledger's verifier key (name+<8 hex digits>+<base64>)",
                    SLICE_ARG(vkey)));
    enum tally_code checked = receipt_read(options->text, arena, &result.receipt, &why);
    if (checked == TALLY_OK)
        checked = receipt_check(&result.receipt, is_trusted ? &key : NULL, &result.content, &why);
    if (checked == TALLY_OK)
        TRY(check_witnesses(options->trust, &result, err));
    if (checked == TALLY_OK)
        TRY(check_statement(options, arena, &result, err));
    else
        found(&result, code_of(checked), why.detail);
    *status = result.code != NULL ? VERIFY_FOUND : is_trusted ? VERIFY_RIGHT : VERIFY_INCOMPLETE;
    if (*status == VERIFY_RIGHT && (result.statement == STATEMENT_NO_NONCE || !result.is_witnessed))
        *status = VERIFY_INCOMPLETE;
    if (printer->is_json)
        print_json(printer, &result, is_trusted, *status);
    else
        print_people(printer, &result, is_trusted);
done:
    note_key_release(&key);
    arena_free(arena);
    return rc;
}
