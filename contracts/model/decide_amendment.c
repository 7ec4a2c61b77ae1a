/* Amending a contract (V1): a text is proposed by a party, signed by those whom the text that it amends asks for, and by everybody who is
 * a party only by the new one; the last signature puts it in force. */
#include "decide.h"
#include "states.h"
#include "tally/canon.h"
#include "tally/engine.h"
#include "tally/text.h"
#include "tally/version.h"
#include "uses.h"

#define PROPOSAL (d->command->u.propose_contract)

/* Of one proposer: who may propose without end could make a contract too large to load, and nobody else is kept from proposing. */
#define AMENDMENTS_OPEN_MAX 4

struct amending {
    struct view_contract *contract;
    const struct view_text *now; /* the text that is to be amended */
};

static enum tally_code find_contract(struct deciding *d, struct amending *a)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    a->contract = view_contract(d->model, PROPOSAL.id);
    if (a->contract == NULL || !reads_contract(a->contract, d->command->actor))
        return REFUSE(d, REFUSE_CONTRACT_NOT_FOUND, "no contract is called %.*s: see /v1/contracts",
                      SLICE_ARG(PROPOSAL.id));
    a->now = text_now(a->contract);
    STEP(HEAD_COVERS(d, a->now->seq, "the text that is to be amended"));
    if (!view_is_party(a->contract, d->command->actor))
        return REFUSE(d, REFUSE_CONTRACT_NOT_PARTY, "%.*s is no party of %.*s: only its parties propose amendments",
                      SLICE_ARG(d->command->actor), SLICE_ARG(PROPOSAL.id));
    TRY(terms_of(d->model, a->contract, &terms, d->err));
    if (a->contract->row.state == CONTRACT_CLOSED)
        return REFUSE(d, REFUSE_CONTRACT_CLOSED, "%.*s has closed: what stands there, stands", SLICE_ARG(PROPOSAL.id));
    if (!contract_takes(a->contract->row.state, CONTRACT_DEED_PROPOSE_AMENDMENT))
        return REFUSE(d, REFUSE_CONTRACT_NOT_IN_FORCE,
                      "%.*s is not signed as its terms require: propose another contract instead", SLICE_ARG(PROPOSAL.id));
done:
    return rc;
}

/* ---- the text ---- */
static bool is_hash(struct slice hex, const uint8_t hash[32])
{
    uint8_t given[32];
    return text_unhex(hex, given, sizeof(given)) == TALLY_OK && memcmp(given, hash, sizeof(given)) == 0;
}

static bool names_text(struct slice hex, const struct view_text *text)
{
    return is_hash(hex, text->terms_hash) || is_hash(hex, text->version_hash);
}

static enum tally_code refuse_text(struct deciding *d, struct slice why)
{
    return REFUSE_AT(d, REFUSE_CONTRACT_TERMS, SLICE("/terms"), "line %u: the text cannot amend %.*s: %.*s",
                     terms_ast(PROPOSAL.terms)->slug_span.line, SLICE_ARG(PROPOSAL.id), SLICE_ARG(why));
}

/* By its header: the next version of the text in force. */
static enum tally_code check_header(struct deciding *d, const struct amending *a)
{
    const struct ast_text *text = terms_ast(PROPOSAL.terms);
    char hex[2 * sizeof(a->now->terms_hash) + 1];
    text_hex(a->now->terms_hash, sizeof(a->now->terms_hash), hex);
    if (!text->is_amendment)
        return refuse_text(d, arena_printf(d->arena, "its header has to say `version %" PRIu32 " amends %s effective DAY`",
                                           a->now->version + 1, hex));
    if (!names_text(text->amends, a->now)) {
        for (uint32_t k = 0; k + 1 < a->contract->text_count; k++) {
            if (names_text(text->amends, a->contract->texts[k]))
                return REFUSE_AT(d, REFUSE_CONTRACT_SUPERSEDED, SLICE("/terms"),
                                 "it amends version %" PRIu32 " of %.*s, and version %" PRIu32
                                 " is in force: propose it as version %" PRIu32 " that amends %s",
                                 k + 1, SLICE_ARG(PROPOSAL.id), a->now->version, a->now->version + 1, hex);
        }
        return refuse_text(
            d, arena_printf(d->arena, "it amends %.*s, and the text in force is %s", SLICE_ARG(text->amends), hex));
    }
    if (text->version != a->now->version + 1)
        return refuse_text(d, arena_printf(d->arena, "it is version %" PRIu32 ", and the next is version %" PRIu32,
                                           text->version, a->now->version + 1));
    if (a->contract->text_count >= CONTRACT_TEXTS_MAX)
        return refuse_text(d,
                           arena_printf(d->arena, "a contract has %u versions at most: begin another", CONTRACT_TEXTS_MAX));
    return TALLY_OK;
}

/* K4: every text in force is evaluated, each with the members that any of them lets count. */
static enum tally_code check_memory(struct deciding *d, const struct amending *a)
{
    enum tally_code rc = TALLY_OK;
    uint64_t bytes = 0, more = 0;
    size_t count = a->contract->text_count + (size_t) 1;
    const struct terms **texts = ARENA_ARRAY(d->arena, count, const struct terms *);
    if (texts == NULL)
        return no_arena(d);
    for (size_t k = 0; k + 1 < count; k++)
        texts[k] = a->contract->texts[k]->terms;
    texts[count - 1] = PROPOSAL.terms;
    for (size_t k = count; k-- > 0 && bytes <= SCRATCH_BYTES_MAX;) {
        TRY(terms_bytes_among(texts[k], texts, count, &more, d->err));
        bytes = more > SCRATCH_BYTES_MAX ? more : bytes + more;
    }
    if (bytes <= SCRATCH_BYTES_MAX)
        return TALLY_OK;
    TRY(refuse_text(d, arena_printf(d->arena,
                                    "one evaluation of all its versions may come to take more than the %zu MiB that the "
                                    "service grants, as many members of each dimension counting as any of them says: give "
                                    "its dimensions fewer members, or begin another contract",
                                    SCRATCH_BYTES_MAX >> 20)));
done:
    return rc;
}

static enum tally_code check_text(struct deciding *d, const struct amending *a)
{
    enum tally_code rc = TALLY_OK;
    bool fits = false;
    struct slice why = {NULL, 0};
    STEP(check_header(d, a));
    STEP(check_memory(d, a));
    TRY(engine_amends(PROPOSAL.terms, a->now->terms, d->arena, &fits, &why, d->err));
    if (!fits)
        TRY(refuse_text(d, why));
done:
    return rc;
}

/* The proposal of an amendment that waits for signatures. */
static const struct row_amendment *row_of(const struct view_text *amendment)
{
    return amendment->block;
}

static enum tally_code check_open_count(struct deciding *d, const struct amending *a)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < a->contract->amendment_count; i++)
        count += amendment_is_open(a->contract, a->contract->amendments[i]) &&
                 slice_equal(row_of(a->contract->amendments[i])->proposed_by, d->command->actor);
    if (count < AMENDMENTS_OPEN_MAX)
        return TALLY_OK;
    return REFUSE(d, REFUSE_CONTRACT_AMENDMENTS,
                  "%" PRIu32 " amendments of %.*s that %.*s proposed wait for signatures: have one of them signed", count,
                  SLICE_ARG(PROPOSAL.id), SLICE_ARG(d->command->actor));
}

/* ---- who signs ---- */
static enum tally_code add_signers(struct deciding *d, const struct amending *a)
{
    enum tally_code rc = TALLY_OK;
    uint32_t count = terms_party_count(PROPOSAL.terms), place = count;
    struct row_party *parties = ARENA_ARRAY(d->arena, (size_t) count + 1, struct row_party);
    if (parties == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < count; i++) {
        TRY(proposal_party(d, i, &parties[i]));
        struct row_signer row = {.party = parties[i], .amendment_seq = d->place->seq};
        TRY(change_signer(d, &row));
    }
    for (uint32_t i = 0; i < a->now->party_count; i++) {
        struct row_signer row = {.party = *a->now->parties[i], .amendment_seq = d->place->seq, .is_leaving = true};
        uint32_t k = terms_find_party(PROPOSAL.terms, a->now->parties[i]->party);
        if (k != TERMS_NONE && amendment_same_party(&parties[k], a->now->parties[i]))
            continue;
        row.party.place = place++;
        row.party.signed_seq = ROW_NO_SEQ;
        TRY(change_signer(d, &row));
    }
done:
    return rc;
}

enum tally_code decide_amend_contract(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    struct amending a = {NULL, NULL};
    STEP(find_contract(d, &a));
    ENSURE(a.contract != NULL && a.now != NULL);
    STEP(proposal_check_actors(d));
    STEP(proposal_check_indicators(d));
    STEP(check_text(d, &a));
    STEP(proposal_check_names(d));
    STEP(proposal_check_keys(d));
    STEP(check_open_count(d, &a));
    struct row_amendment row = {
        .contract = PROPOSAL.id,
        .seq = d->place->seq,
        .version = a.now->version + 1,
        .text = PROPOSAL.text,
        .proposed_by = d->command->actor,
        .in_force_seq = ROW_NO_SEQ,
    };
    struct version_manifest manifest = {
        .contract = PROPOSAL.id, .open = a.contract->row.open, .version = row.version, .has_previous = true};
    memcpy(row.terms_hash, PROPOSAL.terms_hash, sizeof(row.terms_hash));
    memcpy(manifest.previous.bytes, a.now->version_hash, DIGEST_LEN);
    TRY(keep(d, terms_title(PROPOSAL.terms), &row.title));
    STEP(proposal_manifest(d, &manifest, &row.manifest, row.version_hash));
    STEP(change_amendment(d, &row));
    STEP(add_signers(d, &a));
    STEP(proposal_add_metrics(d));
    STEP(statement_of_contract(d, a.contract));
    if (PROPOSAL.is_in_force)
        STEP(amendment_preview(d, a.contract, &row));
done:
    return rc;
}

/* ---- a signature ---- */
#define SIGNATURE (d->command->u.sign_contract)

static bool has_class(const struct terms *terms, struct slice name)
{
    for (uint32_t i = 0; i < terms_class_count(terms); i++) {
        if (slice_equal(terms_class(terms, i)->name, name))
            return true;
    }
    return false;
}

/* Who has joined a class of the text in force signs for itself, and is one of its signers from then on. */
static enum tally_code member_signs(struct deciding *d, const struct view_contract *contract,
                                    const struct view_text *amendment, struct row_signer *out)
{
    enum tally_code rc = TALLY_OK;
    const struct row_accession *joined = view_accession(contract, SIGNATURE.as, d->command->actor, d->place->seq);
    if (joined == NULL)
        return REFUSE_AT(d, REFUSE_CONTRACT_NOT_PARTY, SLICE("/as"), "%.*s has not joined %.*s of %.*s",
                         SLICE_ARG(d->command->actor), SLICE_ARG(SIGNATURE.as), SLICE_ARG(contract->row.id));
    STEP(uses_check_member(d, contract, amendment->seq));
    *out = (struct row_signer){.party = {.contract = contract->row.id,
                                         .party = SIGNATURE.as,
                                         .role = SLICE(""),
                                         .label = SLICE(""),
                                         .actor = d->command->actor,
                                         .kid = d->command->kid,
                                         .place = amendment->signer_count,
                                         .signed_seq = ROW_NO_SEQ},
                               .amendment_seq = amendment->seq,
                               .is_leaving = true};
done:
    return rc;
}

static enum tally_code find_signer(struct deciding *d, const struct view_contract *contract,
                                   const struct view_text *amendment, struct row_signer *out)
{
    const struct row_signer *named = NULL, *found = NULL;
    for (uint32_t i = 0; i < amendment->signer_count && found == NULL; i++) {
        const struct row_signer *signer = amendment->signers[i];
        if (!slice_equal(signer->party.party, SIGNATURE.as))
            continue;
        named = signer;
        found = slice_equal(signer->party.actor, d->command->actor) ? signer : NULL;
    }
    if (found == NULL && has_class(text_now(contract)->terms, SIGNATURE.as))
        return member_signs(d, contract, amendment, out);
    if (named == NULL)
        return REFUSE_AT(d, REFUSE_CONTRACT_NOT_PARTY, SLICE("/as"),
                         "no party %.*s signs this amendment of %.*s: see /v1/contracts/%.*s/amendments",
                         SLICE_ARG(SIGNATURE.as), SLICE_ARG(contract->row.id), SLICE_ARG(contract->row.id));
    if (found == NULL)
        return REFUSE_AT(d, REFUSE_CONTRACT_NOT_PARTY, SLICE("/as"),
                         "party %.*s of %.*s is %.*s, and this was signed by %.*s", SLICE_ARG(SIGNATURE.as),
                         SLICE_ARG(contract->row.id), SLICE_ARG(named->party.actor), SLICE_ARG(d->command->actor));
    if (found->party.signed_seq != ROW_NO_SEQ)
        return REFUSE_AT(d, REFUSE_CONTRACT_SIGNED, SLICE("/as"),
                         "party %.*s signed this amendment of %.*s with entry %" PRIu64 ": there is nothing left to do",
                         SLICE_ARG(SIGNATURE.as), SLICE_ARG(contract->row.id), found->party.signed_seq);
    *out = *found;
    return TALLY_OK;
}

/* The contract as it will be: what is decided here does not change the state. The new text has no fits yet: whatever fits it is new. */
static enum tally_code amended_contract(struct deciding *d, const struct view_contract *contract,
                                        const struct view_text *amendment, uint64_t seq, struct view_contract **out)
{
    struct view_contract *copy = ARENA_NEW(d->arena, struct view_contract);
    struct view_text *text = ARENA_NEW(d->arena, struct view_text);
    struct view_text **texts = ARENA_ARRAY(d->arena, (size_t) contract->text_count + 1, struct view_text *);
    if (copy == NULL || text == NULL || texts == NULL)
        return no_arena(d);
    *text = *amendment;
    text->in_force_seq = seq;
    text->sources = NULL;
    text->source_count = 0;
    memcpy(texts, contract->texts, contract->text_count * sizeof(struct view_text *));
    texts[contract->text_count] = text;
    *copy = *contract;
    copy->texts = texts;
    copy->text_count++;
    copy->session = 0;
    *out = copy;
    return TALLY_OK;
}

enum tally_code amendment_put_in_force(struct deciding *d, struct view_contract *contract,
                                       const struct view_text *amendment, const struct row_amendment *as)
{
    enum tally_code rc = TALLY_OK;
    struct buf body;
    struct canon json;
    struct row_amendment row = *as;
    struct view_contract *amended = NULL;
    struct news news = {.is_amended = true};
    buf_init(&body, EVENT_BODY_MAX);
    canon_init(&json, &body);
    canon_object(&json);
    canon_name(&json, "cause");
    canon_i64(&json, (int64_t) d->place->seq);
    canon_name(&json, "contract");
    canon_string(&json, contract->row.id);
    canon_name(&json, "previous");
    canon_hex(&json, text_now(contract)->version_hash, sizeof(amendment->version_hash));
    canon_name(&json, "version");
    canon_hex(&json, amendment->version_hash, sizeof(amendment->version_hash));
    canon_close(&json);
    STEP(uses_check_text(d, contract, amendment->seq));
    TRY(event_add(d, "contract.amended", contract->row.open, contract->row.id, &body, &row.in_force_seq));
    TRY(change_amendment(d, &row));
    TRY(fits_update(d->model, contract, d->err));
    followed_drop(d->model, contract); /* several texts are evaluated from nothing */
    TRY(amended_contract(d, contract, amendment, row.in_force_seq, &amended));
    TRY(consequences(d, &news, &amended, 1));
done:
    buf_release(&body);
    return rc;
}

enum tally_code sign_amendment(struct deciding *d, struct view_contract *contract, struct view_text *amendment)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    struct row_signer row = {0};
    bool is_enough = false;
    STEP(HEAD_COVERS(d, amendment->seq, "the amendment"));
    TRY(terms_with(d->model, contract, amendment, &terms, d->err));
    STEP(find_signer(d, contract, amendment, &row));
    row.party.signed_seq = d->place->seq;
    STEP(change_signer(d, &row));
    TRY(amendment_is_signed(d, contract, amendment, &row, &is_enough));
    if (is_enough)
        STEP(amendment_put_in_force(d, contract, amendment, row_of(amendment)));
done:
    return rc;
}
