/* What falls due by the clock: it stands before every statement of its time (language.md T3). */
#include "replay_internal.h"
#include "tally/mem.h"

/* The earliest moment due by then, decided as if it began with entry->seq; *has false: none is. */
MUST_CHECK static enum tally_code decide_due(struct replay *r, const struct verify_entry *entry, bool *has)
{
    enum tally_code rc = TALLY_OK;
    struct instant moment;
    const struct model_place place = {entry->seq, entry->header->time};
    cause_clear(r);
    TRY(model_next_due(r->model, place.time, &moment, has, r->err));
    if (!*has)
        goto done;
    TRY(model_decide_moment(r->model, &place, r->arena, &r->cause.decision, r->err));
    ENSURE(r->cause.decision.refusal == NULL && r->cause.decision.event_count > 0);
    TRY(cause_decided(r, CAUSE_MOMENT, &place));
done:
    return rc;
}

static struct slice due_body(const struct replay *r)
{
    return r->cause.decision.events[0].body;
}

/* ---- moments that were told to be missing ---- */
MUST_CHECK static enum tally_code late_add(struct replay *r, struct slice contract, struct slice moment)
{
    if (r->late_count == r->late_cap) {
        size_t cap = r->late_cap == 0 ? 16 : r->late_cap * 2;
        struct late_moment *late = mem_resize(r->late, cap * sizeof(*late));
        if (late == NULL)
            return err_set(r->err, TALLY_E_NO_MEMORY, "no memory for moments that are missing");
        r->late = late;
        r->late_cap = cap;
    }
    char *text = mem_zero(contract.len + moment.len + 1);
    if (text == NULL)
        return err_set(r->err, TALLY_E_NO_MEMORY, "no memory for moments that are missing");
    memcpy(text, contract.ptr, contract.len);
    memcpy(text + contract.len, moment.ptr, moment.len);
    r->late[r->late_count++] = (struct late_moment){
        .contract = slice_of(text, contract.len), .moment = slice_of(text + contract.len, moment.len), .text = text};
    return TALLY_OK;
}

static bool late_take(struct replay *r, struct slice contract, struct slice moment)
{
    for (size_t i = 0; i < r->late_count; i++) {
        if (!slice_equal(r->late[i].contract, contract) || !slice_equal(r->late[i].moment, moment))
            continue;
        mem_free(r->late[i].text);
        r->late[i] = r->late[--r->late_count];
        return true;
    }
    return false;
}

/* It takes effect here, and is not recorded: nor is what it causes. */
MUST_CHECK static enum tally_code pass_over(struct replay *r, const struct verify_entry *entry)
{
    enum tally_code rc = TALLY_OK;
    struct cause *cause = &r->cause;
    struct slice contract = body_text(due_body(r), "contract"), at = body_text(due_body(r), "at");
    struct buf detail;
    bool is_unsure = false;
    buf_init(&detail, WORDS_MAX);
    TRY(replay_doubt(r, contract, &is_unsure));
    if (!is_unsure) {
        words_entry(&detail, SLICE("moment.reached"), due_body(r));
        buf_add_str(&detail, " was due before this entry, and is not recorded before it");
        TRY(replay_found(r, FINDING_REPLAY_MISSING, entry->seq, NAME_CONTRACT, contract, &detail));
        TRY(late_add(r, contract, at));
        r->report.more += cause->decision.event_count - 1;
    }
    for (uint32_t i = 0; i < cause->decision.event_count; i++)
        cause->numbers[i] = ROW_NO_SEQ;
    cause->at = cause->decision.event_count;
    cause->is_renumbered = true;
    TRY(cause_end(r));
done:
    buf_release(&detail);
    return rc;
}

enum tally_code moments_before(struct replay *r, const struct verify_entry *entry)
{
    enum tally_code rc = TALLY_OK;
    bool has = false;
    if (r->batch_has_statement) /* what became due since is recorded with the next ones */
        return TALLY_OK;
    for (;;) {
        TRY(decide_due(r, entry, &has));
        if (!has)
            return TALLY_OK;
        TRY(pass_over(r, entry));
    }
done:
    return rc;
}

/* ---- a moment that is recorded ---- */
enum moment_place { MOMENT_HERE, MOMENT_BEHIND, MOMENT_NOWHERE };

/* Is the recorded moment the one that is due, one that comes behind it, or none? */
static enum moment_place place_of(const struct replay *r, const struct verify_entry *entry)
{
    struct model_contract contract;
    struct slice body = entry->entry->body, due = due_body(r);
    struct slice id = body_text(body, "contract"), at = body_text(body, "at");
    if (!entry->is_body_right) /* one that is withheld is of a contract of which nothing is shown */
        return entry->entry->state != ARCHIVE_BODY_WITHHELD && entry->header->open == r->cause.decision.open
                   ? MOMENT_HERE
                   : MOMENT_NOWHERE;
    int order = slice_compare(at, body_text(due, "at")); /* one spelling each: in the order of time */
    bool is_same_contract = slice_equal(id, body_text(due, "contract"));
    if (order == 0 && is_same_contract)
        return MOMENT_HERE;
    if (order < 0 || model_find_contract(r->model, id, &contract) != TALLY_OK || contract.state != CONTRACT_IN_FORCE)
        return MOMENT_NOWHERE;
    if (order > 0)
        return MOMENT_BEHIND;
    struct instant moment;
    return instant_parse(at, &moment) == TALLY_OK && moment.us == contract.moment.us ? MOMENT_BEHIND : MOMENT_NOWHERE;
}

MUST_CHECK static enum tally_code nowhere(struct replay *r, const struct verify_entry *entry)
{
    enum tally_code rc = TALLY_OK;
    struct buf detail;
    struct slice body = entry->entry->body, contract = body_text(body, "contract");
    bool is_unsure = false;
    buf_init(&detail, WORDS_MAX);
    TRY(replay_doubt_recorded(r, contract, &is_unsure));
    if (!entry->is_body_right || is_unsure) {
        TRY(cause_void(r, entry, VOID_UNSEEN));
        goto done;
    }
    bool is_late = late_take(r, contract, body_text(body, "at"));
    words_entry(&detail, SLICE("moment.reached"), body);
    buf_add_str(&detail, is_late ? " belongs before statements that stand before it" : " is none at which anything is due");
    TRY(replay_found(r, is_late ? FINDING_REPLAY_LATE : FINDING_REPLAY_SURPLUS, entry->seq, NAME_CONTRACT, contract,
                     &detail));
    TRY(cause_void(r, entry, VOID_WRONG));
done:
    buf_release(&detail);
    return rc;
}

enum tally_code moment_entry(struct replay *r, const struct verify_entry *entry)
{
    enum tally_code rc = TALLY_OK;
    for (;;) {
        bool has = false;
        TRY(decide_due(r, entry, &has));
        /* all entries of one time were recorded together, moments first: what a statement makes due stands behind a later time */
        enum moment_place place = has && !r->batch_has_statement ? place_of(r, entry) : MOMENT_NOWHERE;
        if (place == MOMENT_NOWHERE)
            return nowhere(r, entry);
        if (place == MOMENT_HERE)
            break;
        TRY(pass_over(r, entry));
    }
    r->report.moments++;
    TRY(cause_event(r, entry));
done:
    return rc;
}
