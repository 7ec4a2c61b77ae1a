/* A statement or a moment, and the entries that it causes: what follows from it is decided again, and each entry behind it is held
 * against that. The state moves on when the next cause comes, by the numbers that the entries have. */
#include "replay_internal.h"

void cause_clear(struct replay *r)
{
    if (r->cause.has_command)
        command_release(&r->cause.command);
    r->cause = (struct cause){.kind = CAUSE_NONE};
    arena_clear(r->arena);
}

static uint64_t number_given(const struct cause *cause, uint32_t i)
{
    return cause->place.seq + i + (cause->kind == CAUSE_STATEMENT ? 1 : 0);
}

enum tally_code cause_decided(struct replay *r, enum cause_kind kind, const struct model_place *place)
{
    struct cause *cause = &r->cause;
    uint32_t count = cause->decision.event_count;
    cause->kind = kind;
    cause->place = *place;
    cause->at = 0;
    cause->is_renumbered = false;
    cause->numbers = ARENA_ARRAY(r->arena, (size_t) count + 1, uint64_t);
    if (cause->numbers == NULL)
        return err_set(r->err, TALLY_E_NO_MEMORY, "no memory for what entry %" PRIu64 " causes", place->seq);
    for (uint32_t i = 0; i < count; i++)
        cause->numbers[i] = number_given(cause, i);
    return TALLY_OK;
}

enum tally_code cause_void(struct replay *r, const struct verify_entry *entry, enum void_kind why)
{
    cause_clear(r);
    r->cause.kind = CAUSE_VOID;
    r->cause.why = why;
    r->cause.place = (struct model_place){entry->seq, entry->header->time};
    if (why == VOID_UNSEEN)
        r->report.unseen++;
    return void_list_add(&r->voids, entry->seq, why, r->err);
}

/* ---- what an event is, in its number's place ---- */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The body that event i has when the events before it have other numbers than the decision gave them: it names them as "seq". */
MUST_CHECK static enum tally_code body_of(struct replay *r, uint32_t i, struct slice *out)
{
    enum tally_code rc = TALLY_OK;
    const struct cause *cause = &r->cause;
    struct slice body = cause->decision.events[i].body;
    struct buf text;
    *out = body;
    if (!cause->is_renumbered)
        return TALLY_OK;
    buf_init(&text, body.len * 2 + 64);
    for (size_t at = 0; at < body.len;) {
        static const char word[] = "\"seq\":";
        const size_t len = sizeof(word) - 1;
        if (body.len - at < len || memcmp(body.ptr + at, word, len) != 0) {
            buf_add_char(&text, body.ptr[at++]);
            continue;
        }
        uint64_t number = 0;
        buf_add_str(&text, word);
        for (at += len; at < body.len && is_digit(body.ptr[at]); at++)
            number = number * 10 + (uint64_t) (body.ptr[at] - '0');
        uint64_t first = number_given(cause, 0);
        bool is_event = number >= first && number - first < cause->at && cause->numbers[number - first] != ROW_NO_SEQ;
        buf_add_u64(&text, is_event ? cause->numbers[number - first] : number);
    }
    TRY(buf_check(&text, r->err));
    TRY(arena_copy(r->arena, text.ptr, text.len, out, r->err));
done:
    buf_release(&text);
    return rc;
}

static struct slice type_of(const struct replay *r, uint32_t i)
{
    return slice_str(r->cause.decision.events[i].type);
}

/* ---- an entry of the service's own ---- */
static enum tally_code surplus(struct replay *r, const struct verify_entry *entry, struct slice contract)
{
    enum tally_code rc = TALLY_OK;
    struct buf detail;
    buf_init(&detail, WORDS_MAX);
    words_entry(&detail, entry->header->type, entry->entry->body);
    buf_printf(&detail, " does not follow from entry %" PRIu64 ", nor from any other", r->cause.place.seq);
    TRY(void_list_add(&r->voids, entry->seq, VOID_WRONG, r->err));
    TRY(replay_found(r, FINDING_REPLAY_SURPLUS, entry->seq, NAME_CONTRACT, contract, &detail));
done:
    buf_release(&detail);
    return rc;
}

/* ---- bodies that are withheld ---- */
/* Whether it is one of the expected ones, or belongs to a contract of which nothing is shown, the entries behind it say. */
MUST_CHECK static enum tally_code withheld_add(struct replay *r, const struct verify_entry *entry)
{
    struct cause *cause = &r->cause;
    if (cause->withheld_count == cause->withheld_cap) {
        uint32_t cap = cause->withheld_cap == 0 ? 8 : cause->withheld_cap * 2;
        struct withheld *items = ARENA_ARRAY(r->arena, cap, struct withheld);
        if (items == NULL)
            return err_set(r->err, TALLY_E_NO_MEMORY, "no memory for what entry %" PRIu64 " causes", cause->place.seq);
        if (cause->withheld_count > 0)
            memcpy(items, cause->withheld, cause->withheld_count * sizeof(*items));
        cause->withheld = items;
        cause->withheld_cap = cap;
    }
    cause->withheld[cause->withheld_count++] = (struct withheld){entry->seq, entry->type};
    r->report.unseen++;
    return void_list_add(&r->voids, entry->seq, VOID_UNSEEN, r->err);
}

/* Event i is taken to be the first entry of its type that was withheld; false: none was. */
static bool take_withheld(struct cause *cause, uint32_t at)
{
    const struct model_event *event = &cause->decision.events[at];
    for (uint32_t i = 0; i < cause->withheld_count && !event->open; i++) {
        if (strcmp(entry_type_text(cause->withheld[i].type), event->type) != 0)
            continue;
        if (cause->numbers[at] != cause->withheld[i].seq)
            cause->is_renumbered = true;
        cause->numbers[at] = cause->withheld[i].seq;
        cause->withheld_count -= i + 1; /* those before it stood before it */
        memmove(cause->withheld, cause->withheld + i + 1, cause->withheld_count * sizeof(*cause->withheld));
        return true;
    }
    return false;
}

/* In an open contract a list, and what became final, may be for some only. Who reads anything of one that is not open reads all of this. */
static bool is_for_some(const struct replay *r, const struct model_event *event)
{
    struct model_contract known;
    struct slice contract = body_text(event->body, "contract");
    return contract.len == 0 || model_find_contract(r->model, contract, &known) != TALLY_OK || known.open;
}

/* The next event expected is one that not everybody reads who reads its contract, and an entry of its type was withheld: that is it. */
static bool was_withheld(struct replay *r)
{
    struct cause *cause = &r->cause;
    if (cause->at == cause->decision.event_count || !is_for_some(r, &cause->decision.events[cause->at]) ||
        !take_withheld(cause, cause->at))
        return false;
    cause->at++;
    return true;
}

/* ---- missing ---- */
enum tally_code cause_missing(struct replay *r, uint32_t i)
{
    enum tally_code rc = TALLY_OK;
    struct cause *cause = &r->cause;
    const struct model_event *event = &cause->decision.events[i];
    struct slice contract = body_text(event->body, "contract");
    struct buf detail;
    buf_init(&detail, WORDS_MAX);
    if (take_withheld(cause, i)) { /* perhaps it is this, and ought to be shown here: what it says is not known */
        TRY(replay_unsure(r, contract, cause->numbers[i]));
        goto done;
    }
    cause->numbers[i] = ROW_NO_SEQ;
    cause->is_renumbered = true;
    if (replay_is_unsure(r, contract))
        goto done;
    words_entry(&detail, type_of(r, i), event->body);
    buf_add_str(&detail, " follows from this entry, and is not recorded");
    TRY(replay_found(r, FINDING_REPLAY_MISSING, cause->place.seq, NAME_CONTRACT, contract, &detail));
done:
    buf_release(&detail);
    return rc;
}

/* Between the same two, whoever owes whom. */
static bool has_same_sides(struct slice a, struct slice b)
{
    struct slice from = {NULL, 0}, to = {NULL, 0}, other_from = {NULL, 0}, other_to = {NULL, 0};
    bool has = body_member(a, "from", &from) && body_member(a, "to", &to);
    bool other_has = body_member(b, "from", &other_from) && body_member(b, "to", &other_to);
    if (!has || !other_has)
        return has == other_has;
    return (slice_equal(from, other_from) && slice_equal(to, other_to)) ||
           (slice_equal(from, other_to) && slice_equal(to, other_from));
}

/* How alike an event and an entry of its type must be, to be taken for one another. */
enum likeness { LIKE_EXACTLY, LIKE_SIDES, LIKE_RULE, LIKENESS_COUNT };

static bool is_like(struct slice a, struct slice b, enum likeness likeness)
{
    return slice_equal(body_text(a, "contract"), body_text(b, "contract")) &&
           slice_equal(body_text(a, "rule"), body_text(b, "rule")) && (likeness == LIKE_RULE || has_same_sides(a, b));
}

/* The first event from where it stands on that is like this entry; the count of events: none. One whose body is not there is like any
 * of its type. */
MUST_CHECK static enum tally_code find_event(struct replay *r, const struct verify_entry *entry, enum likeness likeness,
                                             uint32_t *out)
{
    enum tally_code rc = TALLY_OK;
    const struct cause *cause = &r->cause;
    uint32_t i = cause->at;
    for (; i < cause->decision.event_count; i++) {
        struct slice wanted = cause->decision.events[i].body;
        if (!slice_equal(type_of(r, i), entry->header->type))
            continue;
        if (!entry->is_body_right || (likeness != LIKE_EXACTLY && is_like(wanted, entry->entry->body, likeness)))
            break;
        TRY(body_of(r, i, &wanted));
        if (likeness == LIKE_EXACTLY && slice_equal(wanted, entry->entry->body))
            break;
    }
    *out = i;
done:
    return rc;
}

/* What is left of a body is the ledger's word, and the decision was made with it: where it stands, and what it is about, is compared. */
static bool is_same_residue(struct slice a, struct slice b)
{
    static const char *const members[] = {"cause", "entry", "type"};
    bool is_same = true;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct slice left = {NULL, 0}, right = {NULL, 0};
        is_same =
            is_same && body_member(a, members[i], &left) && body_member(b, members[i], &right) && slice_equal(left, right);
    }
    return is_same;
}

/* Does the entry say what follows? Of an erased body, what is left of it. */
MUST_CHECK static enum tally_code says_what_follows(struct replay *r, const struct verify_entry *entry, struct slice wanted,
                                                    bool *is_right)
{
    enum tally_code rc = TALLY_OK;
    struct residue residue;
    struct slice left = {NULL, 0};
    bool has = false;
    *is_right = !entry->is_body_right || slice_equal(wanted, entry->entry->body);
    if (entry->is_body_right && entry->type == ENTRY_RESIDUE_KEPT)
        *is_right = is_same_residue(wanted, entry->entry->body);
    if (entry->entry->state != ARCHIVE_BODY_ERASED)
        return TALLY_OK;
    TRY(erasures_find(r, entry->seq, entry->type, &residue, &has));
    if (!has)
        return TALLY_OK;
    TRY(residue_make(entry->type, wanted, r->arena, &left, r->err));
    *is_right = slice_equal(left, residue.body);
done:
    return rc;
}

MUST_CHECK static enum tally_code compare(struct replay *r, const struct verify_entry *entry, uint32_t i)
{
    enum tally_code rc = TALLY_OK;
    const struct cause *cause = &r->cause;
    struct slice wanted, contract = body_text(cause->decision.events[i].body, "contract");
    bool is_right = true;
    struct buf detail;
    buf_init(&detail, WORDS_MAX);
    TRY(body_of(r, i, &wanted));
    TRY(says_what_follows(r, entry, wanted, &is_right));
    if (!is_right && entry->is_body_right) {
        words_difference(&detail, entry->header->type, entry->entry->body, wanted);
    } else if (!is_right) {
        buf_printf(&detail, "what is left of its body is not what the terms give: %s of ", entry_type_text(entry->type));
        buf_add_slice(&detail, contract);
    } else if (entry->header->time.us != cause->place.time.us) {
        buf_printf(&detail, "its time is not that of entry %" PRIu64 ", from which it follows", cause->place.seq);
    } else if (entry->header->open != cause->decision.events[i].open) {
        buf_printf(&detail, "its header says open: %s, and it has to say %s", entry->header->open ? "true" : "false",
                   entry->header->open ? "false" : "true");
    } else {
        r->report.events++;
        goto done;
    }
    if (!replay_is_unsure(r, contract))
        TRY(replay_found(r, FINDING_REPLAY_DIFFERS, entry->seq, NAME_CONTRACT, contract, &detail));
done:
    buf_release(&detail);
    return rc;
}

/* Event i is this entry; those before it that have not come are missing. */
MUST_CHECK static enum tally_code take(struct replay *r, const struct verify_entry *entry, uint32_t i)
{
    enum tally_code rc = TALLY_OK;
    struct cause *cause = &r->cause;
    for (; cause->at < i; cause->at++)
        TRY(cause_missing(r, cause->at));
    TRY(compare(r, entry, i));
    if (cause->numbers[i] != entry->seq)
        cause->is_renumbered = true;
    cause->numbers[i] = entry->seq;
    cause->at = i + 1;
done:
    return rc;
}

enum tally_code cause_event(struct replay *r, const struct verify_entry *entry)
{
    enum tally_code rc = TALLY_OK;
    const struct cause *cause = &r->cause;
    uint32_t at = 0, count = cause->decision.event_count;
    bool is_unsure = false;
    struct slice contract = entry->is_body_right ? body_text(entry->entry->body, "contract") : SLICE("");
    if (cause->kind == CAUSE_VOID) { /* told, or not to be known, as its cause is */
        r->report.more += cause->why == VOID_WRONG && !entry->has_finding ? 1 : 0;
        r->report.unseen += cause->why == VOID_UNSEEN ? 1 : 0;
        if (cause->why == VOID_UNSEEN && contract.len > 0) /* something has happened in it that cannot be recomputed */
            TRY(replay_unsure(r, contract, cause->place.seq));
        return void_list_add(&r->voids, entry->seq, cause->why, r->err);
    }
    if (entry->entry->state == ARCHIVE_BODY_WITHHELD)
        return withheld_add(r, entry);
    do {
        TRY(find_event(r, entry, LIKE_EXACTLY, &at));
    } while (at != cause->at && was_withheld(r));
    for (enum likeness like = LIKE_SIDES; at == count && like < LIKENESS_COUNT; like++)
        TRY(find_event(r, entry, like, &at));
    if (at < count && (entry->is_body_right || at == cause->at)) {
        TRY(take(r, entry, at));
        goto done;
    }
    TRY(replay_doubt_recorded(r, contract, &is_unsure));
    if (!entry->is_body_right || is_unsure) {
        r->report.unseen++;
        TRY(void_list_add(&r->voids, entry->seq, VOID_UNSEEN, r->err));
    } else {
        TRY(surplus(r, entry, contract));
    }
done:
    return rc;
}

enum tally_code cause_end(struct replay *r)
{
    enum tally_code rc = TALLY_OK;
    struct cause *cause = &r->cause;
    bool is_moment = cause->kind == CAUSE_MOMENT;
    if (cause->kind != CAUSE_STATEMENT && !is_moment)
        goto done;
    while (cause->at < cause->decision.event_count) {
        if (was_withheld(r))
            continue;
        TRY(cause_missing(r, cause->at));
        cause->at++;
    }
    if (cause->is_renumbered)
        model_renumber(&cause->decision, &cause->place, cause->numbers, is_moment);
    TRY(model_evolve(r->model, is_moment ? NULL : &cause->command, &cause->decision, &cause->place, cause->hash.bytes,
                     r->err));
    if (is_moment)
        goto done;
    r->report.contracts += cause->command.kind == COMMAND_PROPOSE_CONTRACT ? 1 : 0;
    if (cause->command.kind == COMMAND_PROPOSE_CONTRACT || cause->command.kind == COMMAND_AMEND_CONTRACT)
        TRY(replay_joined(r, cause->command.u.propose_contract.id));
    else if (cause->command.kind == COMMAND_ACCEDE_CONTRACT)
        TRY(replay_joined(r, cause->command.u.accede_contract.id));
done:
    cause_clear(r);
    return rc;
}
