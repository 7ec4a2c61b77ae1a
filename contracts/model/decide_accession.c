/* Joining a class of parties: whoever its terms let join signs the version that the parties have signed (language.md section 4). Who joins
 * reports, pays and is paid for itself where the text says so, and neither verifies nor disputes. */
#include "decide.h"
#include "states.h"
#include "uses.h"

#define ACCESSION (d->command->u.accede_contract)

static const struct terms_class *class_find(const struct terms *terms, struct slice name)
{
    for (uint32_t i = 0; i < terms_class_count(terms); i++)
        if (slice_equal(terms_class(terms, i)->name, name))
            return terms_class(terms, i);
    return NULL;
}

static enum tally_code check_class(struct deciding *d, const struct view_contract *contract, const struct terms_class *of)
{
    const struct row_accession *before = NULL;
    if (of == NULL)
        return REFUSE_AT(d, REFUSE_ACCESSION_NO_CLASS, SLICE("/as"),
                         "%.*s has no class of parties %.*s that others join: see /v1/contracts/%.*s/terms",
                         SLICE_ARG(contract->row.id), SLICE_ARG(ACCESSION.as), SLICE_ARG(contract->row.id));
    before = view_accession(contract, of->name, d->command->actor, d->place->seq);
    if (before != NULL)
        return REFUSE_AT(d, REFUSE_ACCESSION_DONE, SLICE("/as"),
                         "%.*s joined %.*s of %.*s with entry %" PRIu64 ": there is nothing left to do",
                         SLICE_ARG(d->command->actor), SLICE_ARG(of->name), SLICE_ARG(contract->row.id), before->seq);
    return TALLY_OK;
}

/* It is open until a day, and for so many. */
static enum tally_code check_room(struct deciding *d, const struct view_contract *contract, const struct terms *terms,
                                  const struct terms_class *of)
{
    char day[DAY_TEXT_LEN + 1];
    if (instant_day(d->place->time, terms_clock_minutes(terms)) > of->join_until) {
        day_format(of->join_until, day);
        return REFUSE(d, REFUSE_ACCESSION_CLOSED, "%.*s of %.*s could be joined until %s", SLICE_ARG(of->name),
                      SLICE_ARG(contract->row.id), day);
    }
    if (accession_count(contract, of->name) >= of->at_most)
        return REFUSE(d, REFUSE_ACCESSION_FULL, "%.*s of %.*s has %" PRIu32 " members, as many as its terms allow",
                      SLICE_ARG(of->name), SLICE_ARG(contract->row.id), of->at_most);
    return TALLY_OK;
}

/* A contract that is not open is joined by whom a party has told the version of any of its texts: nobody else can name one. */
static bool is_told(const struct deciding *d, const struct view_contract *contract)
{
    bool is = reads_contract(contract, d->command->actor);
    for (uint32_t k = 0; k < contract->text_count && !is; k++)
        is = memcmp(contract->texts[k]->version_hash, ACCESSION.version, sizeof(ACCESSION.version)) == 0;
    return is;
}

enum tally_code decide_accede_contract(struct deciding *d)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    struct view_contract *contract = view_contract(d->model, ACCESSION.id);
    if (contract == NULL || !is_told(d, contract))
        return REFUSE(d, REFUSE_CONTRACT_NOT_FOUND, "no contract is called %.*s: see /v1/contracts",
                      SLICE_ARG(ACCESSION.id));
    STEP(HEAD_COVERS(d, contract->row.seq, "the proposal of %.*s", SLICE_ARG(contract->row.id)));
    TRY(terms_of(d->model, contract, &terms, d->err));
    const struct terms_class *of = class_find(terms, ACCESSION.as);
    STEP(check_class(d, contract, of));
    STEP(check_signed_version(d, contract, ACCESSION.version));
    STEP(uses_check_member(d, contract, text_now(contract)->seq));
    STEP(check_open_end(d, contract, terms));
    STEP(check_room(d, contract, terms, of));
    struct row_accession row = {.contract = ACCESSION.id,
                                .class_name = ACCESSION.as,
                                .actor = d->command->actor,
                                .kid = d->command->kid,
                                .seq = d->place->seq};
    STEP(change_accession(d, &row));
    STEP(activate_when_signed(d, contract, terms, NULL, &row));
    STEP(statement_of_contract(d, contract));
done:
    return rc;
}
