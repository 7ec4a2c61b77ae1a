/* A statement: read and decided again as the service did it (ledger/README.md, step 4). That its head is an entry of this ledger, its time
 * and its signature are what level signatures has said. */
#include "tally/statement.h"
#include "replay_internal.h"
#include "tally/text.h"

/* The entry that its path or body names; false: it names none. */
static bool named(const struct command *command, uint64_t *seq)
{
    switch (command->kind) {
    case COMMAND_VERIFY_RESULT:
        *seq = command->u.verify_result.seq;
        return true;
    case COMMAND_CHANGE_RESULTS:
        *seq = command->u.change_results.seq;
        return true;
    case COMMAND_DISPUTE_RESULT:
        *seq = command->u.dispute_result.seq;
        return true;
    case COMMAND_RESOLVE_DISPUTE:
        *seq = command->u.resolve_dispute.seq;
        return true;
    case COMMAND_RECORD_SETTLEMENT:
        *seq = command->u.record_settlement.seq;
        return true;
    default:
        return false;
    }
}

/* The contract that it names; empty: none, or several. */
static struct slice contract_of(const struct command *command)
{
    switch (command->kind) {
    case COMMAND_PROPOSE_CONTRACT:
    case COMMAND_AMEND_CONTRACT:
        return command->u.propose_contract.id;
    case COMMAND_ACCEDE_CONTRACT:
        return command->u.accede_contract.id;
    case COMMAND_SIGN_CONTRACT:
        return command->u.sign_contract.id;
    case COMMAND_DISPUTE_RESULT:
        return command->u.dispute_result.contract;
    case COMMAND_SUBMIT_RESULTS:
        return command->u.submit_results.results[0].is_figure ? command->u.submit_results.results[0].contract : SLICE("");
    default:
        return SLICE("");
    }
}

/* What it was sent as, kept until the next cause: the decision borrows from it. *has false: nobody can know it. */
MUST_CHECK static enum tally_code keep_request(struct replay *r, const struct verify_entry *entry,
                                               struct command_request *out, bool *has)
{
    enum tally_code rc = TALLY_OK;
    const struct statement *s = entry->statement;
    struct residue residue;
    bool is_erased = entry->entry->state == ARCHIVE_BODY_ERASED;
    *has = is_erased || (entry->is_body_right && s != NULL);
    if (is_erased)
        TRY(erasures_find(r, entry->seq, entry->type, &residue, has));
    if (!*has)
        goto done;
    r->report.residues += is_erased ? 1 : 0;
    *out = (struct command_request){
        .type = entry->type, .origin = r->origin, .head_seq = is_erased ? residue.head_seq : s->head_seq};
    const struct {
        struct slice from, *to;
    } texts[] = {{is_erased ? residue.target : s->htu, &out->target},
                 {is_erased ? SLICE("application/json") : s->cty, &out->content_type},
                 {is_erased ? residue.kid : s->kid, &out->kid},
                 {entry->header->actor, &out->actor},
                 {is_erased ? residue.body : entry->entry->body, &out->body}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        TRY(arena_copy(r->arena, texts[i].from.ptr, texts[i].from.len, texts[i].to, r->err));
done:
    return rc;
}

/* The entry whose body it erases. *has false: that body is there, so that somebody has put two archives together. */
MUST_CHECK static enum tally_code fill_erasure(struct replay *r, struct command *command, bool *has)
{
    enum tally_code rc = TALLY_OK;
    struct residue residue;
    struct slice author = {NULL, 0};
    uint64_t seq = command->u.erase_body.seq;
    const struct erased_entry *erased = erasures_passed(&r->erasures, seq);
    *has = erased != NULL && erased->type != ENTRY_TYPE_COUNT;
    if (!*has)
        return TALLY_OK;
    TRY(arena_copy(r->arena, erased->author, erased->author_len, &author, r->err));
    bool is_kept = command_fill_erasure(command, erased->type, author, erased->open), is_left = false;
    if (is_kept)
        TRY(erasures_find(r, seq, erased->type, &residue, &is_left));
    if (is_left) {
        command->u.erase_body.kid = residue.kid;
        command->u.erase_body.target = residue.target;
        command->u.erase_body.head_seq = residue.head_seq;
    }
done:
    return rc;
}

/* The ledger recorded it nevertheless: told, unless the levels before have told it, or it rests on what cannot be seen. */
MUST_CHECK static enum tally_code refused(struct replay *r, const struct verify_entry *entry, const struct refusal *refusal)
{
    enum tally_code rc = TALLY_OK;
    struct buf detail;
    uint64_t seq = 0;
    enum void_kind why = VOID_WRONG;
    struct slice contract = r->cause.has_command ? contract_of(&r->cause.command) : SLICE("");
    int of = r->cause.has_command && named(&r->cause.command, &seq) ? void_list_find(&r->voids, seq) : 0;
    bool is_unsure = false, rests_on_unsure = false, is_doubtful = false;
    buf_init(&detail, WORDS_MAX);
    if (contract.len > 0)
        TRY(replay_doubt(r, contract, &is_unsure));
    TRY(replay_doubt_of_actor(r, entry->header->actor, &is_doubtful));
    if (r->cause.has_command)
        TRY(replay_rests_on_unsure(r, entry->header->actor, &r->cause.command, &rests_on_unsure));
    if (of == VOID_UNSEEN || is_unsure) { /* what it does, it does where nothing can be recomputed anyway */
        why = VOID_UNSEEN;
    } else if (r->cause.has_command && replay_uses_unseen(r, &r->cause.command)) {
        why = VOID_UNSEEN;
        TRY(replay_unseen(r, entry, entry->type));
        TRY(replay_unsure_name(r, contract, entry->seq));
    } else if (of == 0 && (rests_on_unsure || is_doubtful || replay_is_excused(r, entry->header->actor, refusal))) {
        why = VOID_UNSEEN;
        TRY(replay_unseen(r, entry, entry->type));
    } else if (of == VOID_WRONG) {
        r->report.more++;
    } else if (!entry->has_finding) {
        buf_printf(&detail, "%s by %.*s has to be refused: %s: %.*s", entry_type_text(entry->type),
                   SLICE_ARG(entry->header->actor), refusal_code_text(refusal->code), SLICE_ARG(refusal->detail));
        TRY(replay_found(r, FINDING_REPLAY_REFUSED, entry->seq, contract.len > 0 ? NAME_CONTRACT : NAME_ACTOR,
                         contract.len > 0 ? contract : entry->header->actor, &detail));
    }
    TRY(cause_void(r, entry, why));
done:
    buf_release(&detail);
    return rc;
}

MUST_CHECK static enum tally_code check_open(struct replay *r, const struct verify_entry *entry)
{
    enum tally_code rc = TALLY_OK;
    struct buf detail;
    buf_init(&detail, WORDS_MAX);
    if (entry->header->open != r->cause.decision.open) {
        struct slice contract = contract_of(&r->cause.command);
        buf_printf(&detail, "its header says open: %s, and it has to say %s", entry->header->open ? "true" : "false",
                   entry->header->open ? "false" : "true");
        TRY(replay_found(r, FINDING_REPLAY_DIFFERS, entry->seq, contract.len > 0 ? NAME_CONTRACT : NAME_ACTOR,
                         contract.len > 0 ? contract : entry->header->actor, &detail));
    }
done:
    buf_release(&detail);
    return rc;
}

/* Reads the body; *has false: what it is decided on is not to be known. */
MUST_CHECK static enum tally_code read_command(struct replay *r, const struct command_request *request,
                                               struct refusal **refusal, bool *has)
{
    enum tally_code rc = TALLY_OK;
    struct cause *cause = &r->cause;
    size_t bad_at = 0;
    *has = true;
    if (!text_is_utf8(request->body, &bad_at)) {
        *refusal = refusal_new(r->arena, REFUSE_BODY_TEXT, "byte %zu of the body is no UTF-8, or is NUL", bad_at);
        return *refusal == NULL ? err_set(r->err, TALLY_E_NO_MEMORY, "no memory for a refusal") : TALLY_OK;
    }
    TRY(command_decode(request, r->arena, &cause->command, refusal, r->err));
    cause->has_command = *refusal == NULL;
    if (cause->has_command && cause->command.kind == COMMAND_ERASE_BODY)
        TRY(fill_erasure(r, &cause->command, has));
done:
    return rc;
}

MUST_CHECK static enum tally_code unseen(struct replay *r, const struct verify_entry *entry)
{
    enum tally_code rc = replay_unseen(r, entry, entry->type);
    return rc == TALLY_OK ? cause_void(r, entry, VOID_UNSEEN) : rc;
}

MUST_CHECK static enum tally_code decide(struct replay *r, const struct verify_entry *entry)
{
    enum tally_code rc = TALLY_OK;
    struct cause *cause = &r->cause;
    const struct model_place place = {entry->seq, entry->header->time};
    struct command_request request;
    struct refusal *refusal = NULL;
    bool has = false;
    TRY(keep_request(r, entry, &request, &has));
    if (!has)
        return unseen(r, entry);
    TRY(read_command(r, &request, &refusal, &has));
    if (!has)
        return cause_void(r, entry, VOID_UNSEEN);
    if (refusal == NULL)
        TRY(model_decide(r->model, &cause->command, &place, r->arena, &cause->decision, r->err));
    if (cause->decision.refusal != NULL && cause->decision.refusal->code == REFUSE_EVALUATION_LIMIT)
        /* there is not enough here: who has recorded it had */
        return err_set(r->err, TALLY_E_NO_MEMORY, "deciding entry %" PRIu64 " takes more memory than there is", entry->seq);
    if (refusal != NULL || cause->decision.refusal != NULL)
        return refused(r, entry, refusal != NULL ? refusal : cause->decision.refusal);
    cause->hash = entry->hash;
    TRY(cause_decided(r, CAUSE_STATEMENT, &place));
    TRY(check_open(r, entry));
    r->report.statements++;
done:
    return rc;
}

enum tally_code statement_entry(struct replay *r, const struct verify_entry *entry)
{
    enum tally_code rc = TALLY_OK;
    TRY(moments_before(r, entry));
    r->batch_has_statement = true;
    cause_clear(r);
    if (command_is_decoded(entry->type)) /* otherwise it says nothing to the domain */
        TRY(decide(r, entry));
done:
    return rc;
}
