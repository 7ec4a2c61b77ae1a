/* Whose signatures an amendment needs (V1): those that the text which it amends asks for, and that of everybody who is a party only by
 * the new one. */
#include "decide.h"

/* What has been signed, in the words of the text in force. */
struct signatures {
    bool *parties;                /* of the text in force: it has signed */
    struct terms_joined *classes; /* of it */
    bool is_new_missing;          /* somebody who is a party only by the new text has not signed */
};

bool amendment_same_party(const struct row_party *a, const struct row_party *b)
{
    return slice_equal(a->party, b->party) && slice_equal(a->actor, b->actor);
}

/* Who signs, as a party of the text in force; NULL: it is none. */
static const struct row_party *party_now(const struct view_contract *contract, const struct row_signer *s)
{
    const struct row_party *party = text_party(text_now(contract), s->party.party);
    return party != NULL && amendment_same_party(&s->party, party) ? party : NULL;
}

/* A party of the new text and of no other. Nobody becomes a party who has not signed. */
static bool is_new(const struct view_contract *contract, const struct row_signer *s)
{
    return !s->is_leaving && party_now(contract, s) == NULL;
}

/* What this signer's signature, if there is one, counts for. A party of the new text may be called as a class of the text in force is: that
 * alone makes it no member. */
static void count_signer(const struct view_contract *contract, const struct row_signer *s, bool has,
                         struct signatures *signatures)
{
    const struct view_text *now = text_now(contract);
    const struct row_party *party = party_now(contract, s);
    if (party != NULL)
        signatures->parties[party->place] = has;
    bool is_member = has && view_accession(contract, s->party.party, s->party.actor, ROW_NO_SEQ) != NULL;
    for (uint32_t i = 0; i < terms_class_count(now->terms) && is_member; i++)
        signatures->classes[i].has_signed += slice_equal(terms_class(now->terms, i)->name, s->party.party) ? 1u : 0u;
    signatures->is_new_missing = signatures->is_new_missing || (!has && is_new(contract, s));
}

/* signer: who signs just now; NULL: nobody. */
static enum tally_code count_signatures(struct deciding *d, const struct view_contract *contract,
                                        const struct view_text *amendment, const struct row_signer *signer,
                                        struct signatures *out)
{
    const struct view_text *now = text_now(contract);
    *out = (struct signatures){.parties = ARENA_ARRAY(d->arena, (size_t) now->party_count + 1, bool),
                               .classes =
                                   ARENA_ARRAY(d->arena, (size_t) terms_class_count(now->terms) + 1, struct terms_joined)};
    if (out->parties == NULL || out->classes == NULL)
        return no_arena(d);
    for (uint32_t i = 0; i < terms_class_count(now->terms); i++)
        out->classes[i].joined = accession_count(contract, terms_class(now->terms, i)->name);
    for (uint32_t i = 0; i < amendment->signer_count; i++) {
        const struct row_signer *s = amendment->signers[i];
        bool signs_now = signer != NULL && s->party.place == signer->party.place;
        count_signer(contract, s, signs_now || s->party.signed_seq != ROW_NO_SEQ, out);
    }
    if (signer != NULL && signer->party.place >= amendment->signer_count) /* a member of a class, just now */
        count_signer(contract, signer, true, out);
    return TALLY_OK;
}

enum tally_code amendment_is_signed(struct deciding *d, const struct view_contract *contract,
                                    const struct view_text *amendment, const struct row_signer *signer, bool *yes)
{
    struct signatures signatures;
    enum tally_code rc = count_signatures(d, contract, amendment, signer, &signatures);
    if (rc == TALLY_OK)
        *yes = !signatures.is_new_missing &&
               terms_amended_with(text_now(contract)->terms, signatures.parties, signatures.classes);
    return rc;
}

/* ---- for readers ---- */

static const struct view_text *find_open(const struct view_contract *contract, uint64_t seq)
{
    for (uint32_t i = 0; contract != NULL && i < contract->amendment_count; i++)
        if (contract->amendments[i]->seq == seq && amendment_is_open(contract, contract->amendments[i]))
            return contract->amendments[i];
    return NULL;
}

static void name_lacking(const struct view_contract *contract, const struct view_text *amendment,
                         const struct signatures *signatures, struct slice *names, uint32_t *count)
{
    const struct view_text *now = text_now(contract);
    for (uint32_t k = 0; k < now->party_count; k++)
        if (terms_amendment_wants(now->terms, k, signatures->parties, signatures->classes))
            names[(*count)++] = now->parties[k]->party;
    for (uint32_t i = 0; i < terms_class_count(now->terms); i++)
        if (terms_amendment_wants_class(now->terms, i, signatures->parties, signatures->classes))
            names[(*count)++] = terms_class(now->terms, i)->name;
    for (uint32_t i = 0; i < amendment->signer_count; i++)
        if (amendment->signers[i]->party.signed_seq == ROW_NO_SEQ && is_new(contract, amendment->signers[i]))
            names[(*count)++] = amendment->signers[i]->party.party;
}

enum tally_code model_amendment_lacks(const struct model *model, struct slice contract, uint64_t seq, struct arena *arena,
                                      struct slice **out, uint32_t *count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct deciding deciding = {.model = model, .arena = arena, .err = err}, *d = &deciding;
    const struct view_contract *found = view_contract(model, contract);
    const struct view_text *amendment = find_open(found, seq);
    const struct terms *terms = NULL;
    struct signatures signatures;
    *out = NULL;
    *count = 0;
    if (amendment == NULL)
        return TALLY_OK;
    TRY(terms_of(model, found, &terms, err));
    size_t room = (size_t) text_now(found)->party_count + terms_class_count(terms) + amendment->signer_count + 1;
    *out = ARENA_ARRAY(arena, room, struct slice);
    if (*out == NULL)
        return no_arena(d);
    TRY(count_signatures(d, found, amendment, NULL, &signatures));
    name_lacking(found, amendment, &signatures, *out, count);
done:
    return rc;
}
