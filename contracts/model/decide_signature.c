/* Signing a contract's version; the signature that `in force when` needed last puts it in force. */
#include "decide.h"
#include "states.h"
#include "tally/canon.h"
#include "tally/text.h"
#include "uses.h"

#define SIGNATURE (d->command->u.sign_contract)

static bool is_signed_version(const struct deciding *d, const struct view_text *text)
{
    return memcmp(text->version_hash, SIGNATURE.version, sizeof(SIGNATURE.version)) == 0;
}

/* The amendment whose version is signed; of two with the same, the one that was proposed first. NULL: none. */
static struct view_text *signed_amendment(const struct deciding *d, const struct view_contract *contract)
{
    struct view_text *first = NULL;
    for (uint32_t i = 0; i < contract->amendment_count; i++) {
        struct view_text *text = contract->amendments[i];
        if (is_signed_version(d, text) && (first == NULL || text->seq < first->seq))
            first = text;
    }
    return first;
}

static enum tally_code refuse_version(struct deciding *d, const struct view_contract *contract, bool was_proposed)
{
    const struct view_text *now = text_now(contract);
    char hex[2 * sizeof(now->version_hash) + 1];
    text_hex(now->version_hash, sizeof(now->version_hash), hex);
    return REFUSE_AT(d, was_proposed ? REFUSE_CONTRACT_SUPERSEDED : REFUSE_CONTRACT_VERSION, SLICE("/version"),
                     "%s%.*s is %s: read its manifest at /v1/contracts/%.*s and sign that",
                     was_proposed ? "another version has come into force; the version of " : "the version of ",
                     SLICE_ARG(contract->row.id), hex, SLICE_ARG(contract->row.id));
}

static enum tally_code check_signer(struct deciding *d, const struct view_contract *contract, const struct row_party **out)
{
    const struct row_party *party = text_party(text_now(contract), SIGNATURE.as);
    if (party == NULL)
        return REFUSE_AT(d, REFUSE_CONTRACT_NOT_PARTY, SLICE("/as"), "%.*s has no party %.*s: see /v1/contracts/%.*s",
                         SLICE_ARG(contract->row.id), SLICE_ARG(SIGNATURE.as), SLICE_ARG(contract->row.id));
    if (!slice_equal(party->actor, d->command->actor))
        return REFUSE_AT(d, REFUSE_CONTRACT_NOT_PARTY, SLICE("/as"),
                         "party %.*s of %.*s is %.*s, and this was signed by %.*s", SLICE_ARG(SIGNATURE.as),
                         SLICE_ARG(contract->row.id), SLICE_ARG(party->actor), SLICE_ARG(d->command->actor));
    *out = party;
    return TALLY_OK;
}

static enum tally_code check_not_signed(struct deciding *d, const struct view_contract *contract,
                                        const struct row_party *party)
{
    if (party->signed_seq == ROW_NO_SEQ)
        return TALLY_OK;
    return REFUSE_AT(d, REFUSE_CONTRACT_SIGNED, SLICE("/as"),
                     "party %.*s signed %.*s with entry %" PRIu64 ": there is nothing left to do", SLICE_ARG(SIGNATURE.as),
                     SLICE_ARG(contract->row.id), party->signed_seq);
}

enum tally_code check_open_end(struct deciding *d, const struct view_contract *contract, const struct terms *terms)
{
    char day[DAY_TEXT_LEN + 1];
    int32_t closes = terms_closes(terms);
    if (contract_takes(contract->row.state, CONTRACT_DEED_SIGN) &&
        instant_day(d->place->time, terms_clock_minutes(terms)) <= closes)
        return TALLY_OK;
    day_format(closes, day);
    return REFUSE(d, REFUSE_CONTRACT_CLOSED, "%.*s closed after %s: it can no longer be signed",
                  SLICE_ARG(contract->row.id), day);
}

/* Who joins a class signs by that. */
static void count_joined(const struct view_contract *contract, const struct terms *terms, const struct row_accession *joins,
                         struct terms_joined *classes)
{
    for (uint32_t i = 0; i < terms_class_count(terms); i++) {
        classes[i].joined = accession_count(contract, terms_class(terms, i)->name);
        if (joins != NULL && slice_equal(joins->class_name, terms_class(terms, i)->name))
            classes[i].joined++;
        classes[i].has_signed = classes[i].joined;
    }
}

static enum tally_code has_all_signatures(struct deciding *d, const struct view_contract *contract,
                                          const struct terms *terms, const struct row_party *signer,
                                          const struct row_accession *joins, bool *yes)
{
    const struct view_text *text = text_now(contract);
    uint32_t count = terms_party_count(terms);
    bool *has_signed = ARENA_ARRAY(d->arena, (size_t) count + 1, bool);
    struct terms_joined *classes = ARENA_ARRAY(d->arena, (size_t) terms_class_count(terms) + 1, struct terms_joined);
    if (has_signed == NULL || classes == NULL)
        return no_arena(d);
    count_joined(contract, terms, joins, classes);
    for (uint32_t i = 0; i < count; i++) {
        if (i >= text->party_count || text->parties[i] == NULL)
            return not_loaded(d, "every party of contract", contract->row.id);
        has_signed[i] = text->parties[i] == signer || text->parties[i]->signed_seq != ROW_NO_SEQ;
    }
    *yes = terms_in_force_with(terms, has_signed, classes);
    return TALLY_OK;
}

static enum tally_code activate(struct deciding *d, struct view_contract *contract)
{
    enum tally_code rc = TALLY_OK;
    struct buf body;
    struct canon json;
    uint64_t seq = 0;
    struct news news = {.activated = contract};
    buf_init(&body, EVENT_BODY_MAX);
    STEP(uses_check_text(d, contract, contract->texts[0]->seq));
    canon_init(&json, &body);
    canon_object(&json);
    canon_name(&json, "cause");
    canon_i64(&json, (int64_t) d->place->seq);
    canon_name(&json, "contract");
    canon_string(&json, contract->row.id);
    canon_name(&json, "version");
    canon_hex(&json, contract->row.version_hash, sizeof(contract->row.version_hash));
    canon_close(&json);
    TRY(event_add(d, "contract.activated", contract->row.open, contract->row.id, &body, &seq));
    TRY(consequences(d, &news, &contract, 1));
done:
    buf_release(&body);
    return rc;
}

static enum tally_code change_signed(struct deciding *d, const struct view_text *text, const struct row_party *party)
{
    struct row_party row = *party;
    row.signed_seq = d->place->seq;
    if (text->signer_count == 0)
        return change_party(d, &row);
    struct row_signer signer = *text->signers[party->place];
    signer.party = row;
    return change_signer(d, &signer);
}

enum tally_code check_signed_version(struct deciding *d, const struct view_contract *contract, const uint8_t version[32])
{
    if (memcmp(text_now(contract)->version_hash, version, sizeof(contract->row.version_hash)) == 0)
        return TALLY_OK;
    return refuse_version(d, contract, false);
}

enum tally_code activate_when_signed(struct deciding *d, struct view_contract *contract, const struct terms *terms,
                                     const struct row_party *signer, const struct row_accession *joins)
{
    enum tally_code rc = TALLY_OK;
    bool is_enough = false;
    if (contract->row.state != CONTRACT_PROPOSED)
        return TALLY_OK;
    TRY(has_all_signatures(d, contract, terms, signer, joins, &is_enough));
    if (is_enough)
        TRY(activate(d, contract));
done:
    return rc;
}

/* The version in force, or the first before it is. */
static enum tally_code sign_version(struct deciding *d, struct view_contract *contract, const struct terms *terms)
{
    enum tally_code rc = TALLY_OK;
    const struct row_party *party = NULL;
    STEP(check_signer(d, contract, &party));
    ENSURE(party != NULL);
    STEP(check_signed_version(d, contract, SIGNATURE.version)); /* first: another version may still be signed */
    STEP(check_not_signed(d, contract, party));
    STEP(check_open_end(d, contract, terms));
    STEP(change_signed(d, text_now(contract), party));
    STEP(activate_when_signed(d, contract, terms, party, NULL));
done:
    return rc;
}

enum tally_code decide_sign_contract(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    struct view_contract *contract = view_contract(d->model, SIGNATURE.id);
    if (contract == NULL || !reads_contract(contract, d->command->actor))
        return REFUSE(d, REFUSE_CONTRACT_NOT_FOUND, "no contract is called %.*s: see /v1/contracts",
                      SLICE_ARG(SIGNATURE.id));
    STEP(HEAD_COVERS(d, contract->row.seq, "the proposal of %.*s", SLICE_ARG(contract->row.id)));
    TRY(terms_of(d->model, contract, &terms, d->err));
    struct view_text *amendment = signed_amendment(d, contract);
    bool was_first = text_now(contract) != contract->texts[0] && is_signed_version(d, contract->texts[0]);
    if (was_first || (amendment != NULL && amendment != text_now(contract) && !amendment_is_open(contract, amendment)))
        return refuse_version(d, contract, true);
    if (amendment != NULL && amendment != text_now(contract)) {
        STEP(check_open_end(d, contract, terms));
        STEP(sign_amendment(d, contract, amendment));
    } else {
        STEP(sign_version(d, contract, terms));
    }
    STEP(statement_of_contract(d, contract));
done:
    return rc;
}
