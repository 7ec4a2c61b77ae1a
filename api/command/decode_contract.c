/* Proposals of contracts and of amendments, signatures under them, and accessions to them. What the text alone decides is decided
 * here, on a worker: that it checks, and
 * that it is in its one layout. */
#include <stdlib.h>

#include "decode.h"
#include "tally/canon.h"
#include "tally/digest.h"
#include "tally/text.h"

#define PARTIES_MAX AST_DECLARATIONS_MAX     /* of one text */
#define DIAGNOSTICS_MAX (256u * 1024u)       /* twenty lines of the text with carets, or much more of odd characters */
#define EXTRA_MAX (2 * AST_TEXT_MAX + 4096u) /* a text as a JSON string */

/* ---- parties ---- */
static int by_name(const void *a, const void *b)
{
    return slice_compare(((const struct command_party *) a)->name, ((const struct command_party *) b)->name);
}

static void read_party(struct decoding *d, const struct path *at, json_t *value, struct command_party *party)
{
    const struct member members[] = {
        TEXT("actor", form_id, WANTED_ID, 1, MODEL_ID_MAX, &party->actor),
        TEXT("kid", form_kid, WANTED_KID, 1, MODEL_ID_MAX, &party->kid),
    };
    (void) READ_MEMBERS(&d->reader, at, value, members);
}

static void read_parties(struct decoding *d, json_t *parties)
{
    const struct path at = {NULL, "parties", 0};
    struct reader *r = &d->reader;
    const char *name;
    json_t *value;
    uint32_t count = 0;
    if (json_object_size(parties) > PARTIES_MAX) {
        reader_wrong(r, REFUSE_BODY_SCHEMA, &at, "has more than %u parties", PARTIES_MAX);
        return;
    }
    struct command_party *list = ARENA_ARRAY(r->arena, json_object_size(parties) + 1, struct command_party);
    if (list == NULL) {
        reader_failed(r, err_set(r->err, TALLY_E_LIMIT, "no memory for the parties of a contract"));
        return;
    }
    json_object_foreach(parties, name, value)
    {
        const struct path below = {&at, name, 0};
        if (!form_name(slice_str(name)) || strlen(name) > MODEL_ID_MAX)
            reader_wrong(r, REFUSE_BODY_SCHEMA, &below, "is not " WANTED_NAME);
        else if (arena_copy(r->arena, name, strlen(name), &list[count].name, r->err) != TALLY_OK)
            reader_failed(r, TALLY_E_LIMIT);
        read_party(d, &below, value, &list[count++]);
    }
    qsort(list, count, sizeof(*list), by_name);
    d->out->u.propose_contract.parties = list;
    d->out->u.propose_contract.party_count = count;
}

/* ---- the text ---- */
static enum tally_code add_extra(struct decoding *d, const char *name, struct slice text)
{
    enum tally_code rc = TALLY_OK;
    struct buf extra;
    buf_init(&extra, EXTRA_MAX);
    buf_printf(&extra, "\"%s\":", name);
    canon_quote(&extra, text);
    TRY(buf_check(&extra, d->reader.err));
    TRY(arena_copy(d->reader.arena, extra.ptr, extra.len, &d->reader.refusal->extra, d->reader.err));
done:
    buf_release(&extra);
    return rc;
}

static enum tally_code refuse_terms(struct decoding *d, const struct diags *diags, struct slice text)
{
    static const struct path at = {NULL, "terms", 0};
    enum tally_code rc = TALLY_OK;
    struct buf print;
    buf_init(&print, DIAGNOSTICS_MAX);
    decode_refuse(d, REFUSE_CONTRACT_TERMS,
                  "the terms have %d error%s: see errors, and diagnostics for the lines that are meant", diags->errors,
                  diags->errors == 1 ? "" : "s");
    for (const struct diag *diag = diags->first; diag != NULL && d->reader.refusal != NULL; diag = diag->next) {
        if (diag->level == DIAG_ERROR)
            reader_wrong(&d->reader, REFUSE_CONTRACT_TERMS, &at, "line %u, column %u: %.*s%s%.*s%s", diag->span.line,
                         diag->span.column, SLICE_ARG(diag->message), diag->hint.len > 0 ? " (" : "", SLICE_ARG(diag->hint),
                         diag->hint.len > 0 ? ")" : "");
    }
    diags_print(diags, SLICE("terms"), text, &print);
    if (d->reader.refusal != NULL && buf_check(&print, NULL) == TALLY_OK && text_is_utf8(buf_slice(&print), NULL))
        rc = add_extra(d, "diagnostics", buf_slice(&print));
    buf_release(&print);
    return rc;
}

static enum tally_code check_layout(struct decoding *d, struct slice text)
{
    enum tally_code rc = TALLY_OK;
    struct diags diags;
    struct buf accepted;
    static const struct path at = {NULL, "terms", 0};
    diags_init(&diags, d->reader.arena);
    buf_init(&accepted, 2 * AST_TEXT_MAX);
    TRY(terms_format(text, &diags, &accepted, d->reader.err));
    TRY(buf_check(&accepted, d->reader.err));
    if (!slice_equal(buf_slice(&accepted), text)) {
        reader_wrong(&d->reader, REFUSE_CONTRACT_LAYOUT, &at,
                     "the text is not in the one layout that is signed: propose the text given as accepted (tally terms "
                     "fmt writes it)");
        if (d->reader.refusal != NULL)
            TRY(add_extra(d, "accepted", buf_slice(&accepted)));
    }
done:
    buf_release(&accepted);
    return rc;
}

static enum tally_code check_terms(struct decoding *d, struct slice text)
{
    enum tally_code rc = TALLY_OK;
    struct diags diags;
    struct terms *terms = NULL;
    struct digest digest;
    diags_init(&diags, d->reader.arena);
    TRY(terms_compile(text, &diags, &terms, d->reader.err));
    if (terms == NULL)
        return refuse_terms(d, &diags, text);
    d->out->u.propose_contract.terms = terms; /* command_release frees it */
    diags_init(&diags, d->reader.arena);      /* without the check's warnings */
    terms_check_accepted(terms_ast(terms), &diags);
    terms_check_memory(terms, &diags);
    if (diags.errors > 0)
        return refuse_terms(d, &diags, text);
    digest_of(text, &digest);
    memcpy(d->out->u.propose_contract.terms_hash, digest.bytes, sizeof(digest.bytes));
    TRY(check_layout(d, text));
done:
    return rc;
}

void decode_contract(struct decoding *d)
{
    struct command *out = d->out;
    json_t *parties = NULL;
    out->kind = COMMAND_PROPOSE_CONTRACT;
    const struct member members[] = {
        TEXT("id", form_id, WANTED_ID, 1, MODEL_ID_MAX, &out->u.propose_contract.id),
        FLAG("open", &out->u.propose_contract.open),
        OBJECT("parties", &parties),
        TEXT("terms", NULL, NULL, 1, AST_TEXT_MAX, &out->u.propose_contract.text),
    };
    (void) READ_MEMBERS(&d->reader, NULL, d->body, members);
    if (parties != NULL)
        read_parties(d, parties);
    if (!reader_is_fine(&d->reader))
        return;
    enum tally_code rc = check_terms(d, out->u.propose_contract.text);
    if (rc != TALLY_OK)
        reader_failed(&d->reader, rc);
}

void decode_amendment(struct decoding *d)
{
    struct command *out = d->out;
    json_t *parties = NULL;
    out->kind = COMMAND_AMEND_CONTRACT;
    const struct member members[] = {
        OBJECT("parties", &parties),
        TEXT("terms", NULL, NULL, 1, AST_TEXT_MAX, &out->u.propose_contract.text),
    };
    out->u.propose_contract.id = target_segment(d->request->target, 2);
    if (!text_is_id(out->u.propose_contract.id)) {
        decode_refuse(d, REFUSE_CONTRACT_NOT_FOUND, "the path names no contract: see /v1/contracts");
        return;
    }
    (void) READ_MEMBERS(&d->reader, NULL, d->body, members);
    if (parties != NULL)
        read_parties(d, parties);
    if (!reader_is_fine(&d->reader))
        return;
    enum tally_code rc = check_terms(d, out->u.propose_contract.text);
    if (rc != TALLY_OK)
        reader_failed(&d->reader, rc);
}

/* {"version","as"}: what is signed, and as which party or class of them. */
static void read_signed(struct decoding *d, struct slice *id, struct slice *as, uint8_t version_out[32])
{
    struct slice version = {NULL, 0};
    const struct member members[] = {
        TEXT("version", form_hex256, "the contract's version: 64 digits 0-9 a-f", 1, MODEL_ID_MAX, &version),
        TEXT("as", form_name, WANTED_NAME, 1, MODEL_ID_MAX, as),
    };
    *id = target_segment(d->request->target, 2);
    if (!text_is_id(*id)) {
        decode_refuse(d, REFUSE_CONTRACT_NOT_FOUND, "the path names no contract: see /v1/contracts");
        return;
    }
    if (READ_MEMBERS(&d->reader, NULL, d->body, members))
        ENSURE(text_unhex(version, version_out, 32) == TALLY_OK);
}

void decode_signature(struct decoding *d)
{
    struct command *out = d->out;
    out->kind = COMMAND_SIGN_CONTRACT;
    read_signed(d, &out->u.sign_contract.id, &out->u.sign_contract.as, out->u.sign_contract.version);
}

void decode_accession(struct decoding *d)
{
    struct command *out = d->out;
    out->kind = COMMAND_ACCEDE_CONTRACT;
    read_signed(d, &out->u.accede_contract.id, &out->u.accede_contract.as, out->u.accede_contract.version);
}
