/* Proposing a contract. Its version pins the text, who each party is and which definition of each indicator is meant. */
#include "decide.h"
#include "tally/version.h"

#define PROPOSAL (d->command->u.propose_contract)

static enum tally_code add_parties(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < terms_party_count(PROPOSAL.terms); i++) {
        struct row_party row;
        TRY(proposal_party(d, i, &row));
        TRY(change_party(d, &row));
    }
done:
    return rc;
}

static bool is_party_named(const struct deciding *d)
{
    for (uint32_t i = 0; i < PROPOSAL.party_count; i++) {
        if (slice_equal(PROPOSAL.parties[i].actor, d->command->actor))
            return true;
    }
    return false;
}

static enum tally_code check_offer(struct deciding *d)
{
    const struct view_contract *taken = view_contract(d->model, PROPOSAL.id);
    const struct ast_text *text = terms_ast(PROPOSAL.terms);
    if (!PROPOSAL.open && !is_party_named(d))
        return REFUSE_AT(d, REFUSE_CONTRACT_PRIVATE, SLICE("/open"),
                         "a contract that is not open is for its parties alone, and %.*s is none of them: have a party "
                         "propose it",
                         SLICE_ARG(d->command->actor));
    if (text->is_amendment)
        return REFUSE_AT(d, REFUSE_CONTRACT_TERMS, SLICE("/terms"),
                         "line 2: the text amends another, and a proposal begins a contract: leave out version, amends and "
                         "effective, or "
                         "propose it as an amendment of that contract (POST /v1/contracts/ID/amendments)");
    if (taken != NULL)
        return REFUSE_AT(d, REFUSE_CONTRACT_TAKEN, SLICE("/id"),
                         "%.*s was proposed by entry %" PRIu64 ": choose another id", SLICE_ARG(PROPOSAL.id),
                         taken->row.seq);
    return TALLY_OK;
}

enum tally_code decide_propose_contract(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    STEP(proposal_check_actors(d));
    STEP(proposal_check_indicators(d));
    STEP(check_offer(d));
    STEP(proposal_check_names(d));
    STEP(proposal_check_keys(d));
    struct row_contract row = {
        .id = PROPOSAL.id,
        .text = PROPOSAL.text,
        .proposed_by = d->command->actor,
        .version = 1,
        .open = PROPOSAL.open,
        .seq = d->place->seq,
        .activated_seq = ROW_NO_SEQ,
        .state = CONTRACT_PROPOSED,
        .next_moment = {INT64_MAX},
        .next_first = 1,
    };
    struct version_manifest manifest = {.contract = PROPOSAL.id, .open = PROPOSAL.open, .version = 1};
    memcpy(row.terms_hash, PROPOSAL.terms_hash, sizeof(row.terms_hash));
    TRY(keep(d, terms_slug(PROPOSAL.terms), &row.slug));
    TRY(keep(d, terms_title(PROPOSAL.terms), &row.title));
    STEP(proposal_manifest(d, &manifest, &row.manifest, row.version_hash));
    STEP(change_contract(d, &row));
    STEP(add_parties(d));
    STEP(proposal_add_metrics(d));
    d->out->open = row.open;
    if (!row.open)
        STEP(concerns(d, d->place->seq, row.id));
done:
    return rc;
}
