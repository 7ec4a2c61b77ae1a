/* Which contracts use which (language.md U): found by the hash in the text when it is proposed, without circles, and within bounds. */
#include "uses.h"

#include <stdlib.h>

#include "tally/engine.h"
#include "tally/version.h"

#define PROPOSAL (d->command->u.propose_contract)

/* One result moves every contract that uses what it moves, in one decision. */
#define USERS_MAX 64 /* contracts in force that use one, directly or not */
#define STRANGERS_MAX                                                                                                      \
    32 /* of those, that no party of it has signed: anybody can use what is open, and its parties are to find a place */
#define USES_DEPTH_MAX 4 /* contracts between one and the last that it rests on: a guarantee on a fund on a contract is 2 */

bool use_counts(const struct view_contract *user, const struct row_use *use)
{
    for (uint32_t k = 0; k < user->text_count; k++) {
        if (user->texts[k]->seq == use->text_seq)
            return true;
    }
    return false;
}

const struct row_use *use_of(const struct model *model, const struct view_contract *contract, uint32_t text, uint32_t place)
{
    const struct view_uses *uses = view_uses(model, contract->row.id);
    for (uint32_t i = 0; uses != NULL && i < uses->out_count; i++) {
        if (uses->out[i]->text_seq == contract->texts[text]->seq && uses->out[i]->place == place)
            return uses->out[i];
    }
    return NULL;
}

/* ---- circles and bounds ---- */

/* Does it count for how contracts hang together: of a text that is in force, or was proposed as a contract? */
static bool is_firm(const struct model *model, const struct row_use *use)
{
    const struct view_contract *user = view_contract(model, use->contract);
    return user == NULL || use_counts(user, use);
}

/* How many contracts there are from this one up; more than USES_DEPTH_MAX is as good as any. *is_found: `wanted` is among them. */
static uint32_t depth_of(const struct deciding *d, struct slice contract, struct slice wanted, uint32_t room,
                         bool *is_found)
{
    struct view_uses *uses = view_uses(d->model, contract);
    uint32_t most = 0;
    *is_found = *is_found || slice_equal(contract, wanted);
    if (uses != NULL && uses->measured == d->out->number && (uses->depth < uses->depth_room || uses->depth_room >= room))
        return uses->depth;
    for (uint32_t i = 0; uses != NULL && i < uses->out_count && room > 0; i++) {
        if (!is_firm(d->model, uses->out[i]))
            continue;
        uint32_t depth = 1 + depth_of(d, uses->out[i]->used, wanted, room - 1, is_found);
        most = depth > most ? depth : most;
    }
    if (uses != NULL) {
        uses->measured = d->out->number;
        uses->depth = most;
        uses->depth_room = room;
    }
    return most;
}

static enum tally_code count_users(struct deciding *d, struct slice contract, struct contract_list *users, uint32_t room)
{
    enum tally_code rc = TALLY_OK;
    const struct view_uses *uses = view_uses(d->model, contract);
    for (uint32_t i = 0; uses != NULL && i < uses->in_count && room > 0; i++) {
        struct view_contract *user = view_contract(d->model, uses->in[i]->contract);
        if (user == NULL || user->row.state != CONTRACT_IN_FORCE || !use_counts(user, uses->in[i]))
            continue;
        TRY(contract_list_add(d, users, user));
        TRY(count_users(d, user->row.id, users, room - 1));
    }
done:
    return rc;
}

enum tally_code uses_add_users(struct deciding *d, struct slice contract, struct contract_list *users)
{
    return count_users(d, contract, users, USES_DEPTH_MAX + 1);
}

/* How many contracts in force there are below this one, one on the other. */
static uint32_t depth_below(const struct model *model, struct slice contract, uint32_t room)
{
    const struct view_uses *uses = view_uses(model, contract);
    uint32_t most = 0;
    for (uint32_t i = 0; uses != NULL && i < uses->in_count && room > 0; i++) {
        const struct view_contract *user = view_contract(model, uses->in[i]->contract);
        if (user == NULL || user->row.state != CONTRACT_IN_FORCE || !use_counts(user, uses->in[i]))
            continue;
        uint32_t depth = 1 + depth_below(model, user->row.id, room - 1);
        most = depth > most ? depth : most;
    }
    return most;
}

/* What would come to use others: a contract, and those in force that use it. A new one is in no list yet. */
struct comers {
    struct contract_list list;
    uint32_t new_count;
};

/* Has a party of `used` signed any text of this contract, or does so now? Whom it names alone may know nothing of it. */
static bool is_of_a_party(const struct deciding *d, const struct view_contract *user, const struct view_contract *used)
{
    struct slice asked = SLICE(""); /* who is many of its parties is asked about once */
    bool was = false;
    for (uint32_t k = 0; k < user->text_count && !was; k++) {
        for (uint32_t i = 0; i < user->texts[k]->party_count && !was; i++) {
            const struct row_party *party = user->texts[k]->parties[i];
            bool has_signed = party->signed_seq != ROW_NO_SEQ || slice_equal(party->actor, d->command->actor);
            if (!has_signed || slice_equal(party->actor, asked))
                continue;
            asked = party->actor;
            was = view_was_party(used, asked);
        }
    }
    return was;
}

/* What is proposed has been signed by nobody yet: it may be by a party that it names. */
static bool may_be_of_a_party(const struct deciding *d, const struct view_contract *used)
{
    struct slice asked = SLICE("");
    bool was = false;
    for (uint32_t i = 0; i < PROPOSAL.party_count && !was; i++) {
        if (slice_equal(PROPOSAL.parties[i].actor, asked))
            continue;
        asked = PROPOSAL.parties[i].actor;
        was = view_was_party(used, asked);
    }
    return was;
}

/* users: with the comers that exist already. What strangers have taken is refused to strangers alone. */
static enum tally_code check_strangers(struct deciding *d, enum refusal_code code, struct slice id,
                                       const struct contract_list *users, const struct comers *comers)
{
    const struct view_contract *used = view_contract(d->model, id);
    uint32_t strangers = 0, coming = 0;
    if (used == NULL)
        return not_loaded(d, "contract", id);
    for (uint32_t i = 0; i < users->count; i++)
        strangers += !is_of_a_party(d, users->items[i], used);
    for (uint32_t i = 0; i < comers->list.count; i++)
        coming += !is_of_a_party(d, comers->list.items[i], used);
    if (comers->new_count > 0 && !may_be_of_a_party(d, used)) {
        strangers += comers->new_count;
        coming += comers->new_count;
    }
    if (coming == 0 || strangers <= STRANGERS_MAX)
        return TALLY_OK;
    return REFUSE_AT(d, code, SLICE("/terms"),
                     "%" PRIu32
                     " contracts that no party of %.*s has signed would use it, and there is room for %d: use its "
                     "indicators instead, or have a party of it sign",
                     strangers, SLICE_ARG(id), STRANGERS_MAX);
}

/* Nothing moves more than one entry evaluates: neither what is used, nor what that rests on. */
static enum tally_code check_users(struct deciding *d, enum refusal_code code, struct slice used,
                                   const struct comers *comers, uint32_t room)
{
    enum tally_code rc = TALLY_OK;
    struct view_uses *uses = view_uses(d->model, used);
    struct contract_list users = {0};
    if (uses != NULL && uses->checked == d->out->number)
        return TALLY_OK;
    if (uses != NULL)
        uses->checked = d->out->number;
    TRY(uses_add_users(d, used, &users));
    for (uint32_t i = 0; i < comers->list.count; i++)
        TRY(contract_list_add(d, &users, comers->list.items[i]));
    contract_list_sort(&users);
    if (users.count + comers->new_count > USERS_MAX)
        return REFUSE_AT(d, code, SLICE("/terms"),
                         "%" PRIu32 " contracts would use %.*s, and one entry evaluates %d: use its indicators instead",
                         users.count + comers->new_count, SLICE_ARG(used), USERS_MAX);
    STEP(check_strangers(d, code, used, &users, comers));
    for (uint32_t i = 0; uses != NULL && i < uses->out_count && room > 0; i++)
        if (is_firm(d->model, uses->out[i]))
            STEP(check_users(d, code, uses->out[i]->used, comers, room - 1));
done:
    return rc;
}

static enum tally_code refuse_circle(struct deciding *d, enum refusal_code code, struct slice contract, struct slice used)
{
    return REFUSE_AT(d, code, SLICE("/terms"),
                     "%.*s cannot use %.*s, which uses it too: contracts are evaluated after those they use",
                     SLICE_ARG(contract), SLICE_ARG(used));
}

enum tally_code uses_check_one(struct deciding *d, enum refusal_code code, struct slice contract, struct slice used)
{
    enum tally_code rc = TALLY_OK;
    struct view_contract *user = view_contract(d->model, contract);
    struct comers comers = {.new_count = user == NULL};
    bool is_found = false;
    uint32_t depth = 1 + depth_of(d, used, contract, USES_DEPTH_MAX + 1, &is_found);
    if (is_found)
        return refuse_circle(d, code, contract, used);
    if (depth > USES_DEPTH_MAX)
        return REFUSE_AT(d, code, SLICE("/terms"),
                         "%.*s rests on more than %d contracts, one on the other: use what they rest on directly",
                         SLICE_ARG(used), USES_DEPTH_MAX);
    if (depth + depth_below(d->model, contract, USES_DEPTH_MAX + 1) > USES_DEPTH_MAX)
        return REFUSE_AT(d, code, SLICE("/terms"),
                         "with %.*s, what uses %.*s would rest on more than %d contracts, one on the other: use what they "
                         "rest on directly",
                         SLICE_ARG(used), SLICE_ARG(contract), USES_DEPTH_MAX);
    TRY(uses_add_users(d, contract, &comers.list));
    if (user != NULL)
        TRY(contract_list_add(d, &comers.list, user));
    STEP(check_users(d, code, used, &comers, USES_DEPTH_MAX));
done:
    return rc;
}

enum tally_code uses_check_text(struct deciding *d, const struct view_contract *contract, uint64_t text_seq)
{
    enum tally_code rc = TALLY_OK;
    const struct view_uses *uses = view_uses(d->model, contract->row.id);
    for (uint32_t i = 0; uses != NULL && i < uses->out_count; i++) {
        if (uses->out[i]->text_seq == text_seq)
            STEP(uses_check_one(d, REFUSE_CONTRACT_USES, contract->row.id, uses->out[i]->used));
    }
done:
    return rc;
}

enum tally_code uses_check_member(struct deciding *d, const struct view_contract *contract, uint64_t text_seq)
{
    const struct view_uses *uses = view_uses(d->model, contract->row.id);
    for (uint32_t i = 0; uses != NULL && i < uses->out_count; i++) {
        if (uses->out[i]->text_seq != text_seq)
            continue;
        const struct view_contract *used = view_contract(d->model, uses->out[i]->used);
        if (used == NULL)
            return not_loaded(d, "contract", uses->out[i]->used);
        if (!reads_contract(used, d->command->actor))
            return REFUSE(
                d, REFUSE_CONTRACT_USES,
                "%.*s uses a contract that is not open and that %.*s cannot read: nobody signs what they cannot read",
                SLICE_ARG(contract->row.id), SLICE_ARG(d->command->actor));
    }
    return TALLY_OK;
}

/* ---- what a proposed text uses ---- */

struct found_use {
    const struct view_contract *contract;
    const struct view_text *text;
};

static enum tally_code refuse_use(struct deciding *d, uint32_t use, struct slice why)
{
    const struct terms_use *u = terms_use(PROPOSAL.terms, use);
    for (const struct ast_decl *decl = terms_ast(PROPOSAL.terms)->declarations; decl != NULL; decl = decl->next) {
        if (decl->kind == AST_USES && slice_equal(decl->name.text, u->name))
            return REFUSE_AT(d, REFUSE_CONTRACT_TERMS, SLICE("/terms"), "line %u, column %u: `%.*s` cannot be used: %.*s",
                             decl->span.line, decl->span.column, SLICE_ARG(u->name), SLICE_ARG(why));
    }
    return TALLY_OK;
}

/* By the hash of its version; or by that of its text, where one contract alone has it: of those that cannot be read, too, since what is
 * loaded are two of them at most, and what is decided must not depend on which. */
static enum tally_code find_use(struct deciding *d, uint32_t use, struct found_use *out)
{
    const struct terms_use *u = terms_use(PROPOSAL.terms, use);
    const struct view_version *version = view_version(d->model, u->hash);
    uint32_t readable = 0, found = 0;
    *out = (struct found_use){NULL, NULL};
    for (uint32_t i = 0; version != NULL && i < version->count; i++) {
        const struct view_contract *contract = view_contract(d->model, version->items[i].contract);
        if (contract == NULL)
            return not_loaded(d, "contract", version->items[i].contract);
        if (version->items[i].version > contract->text_count)
            continue;
        found++;
        if (!reads_contract(contract, d->command->actor))
            continue;
        readable++;
        *out = (struct found_use){contract, contract->texts[version->items[i].version - 1]};
    }
    if (readable == 0)
        return refuse_use(
            d, use,
            arena_printf(d->arena,
                         "no contract has the version %.*s, nor a text with that hash: write `version` or `terms` as GET "
                         "/v1/contracts/{id}, or `tally contract show`, says them",
                         SLICE_ARG(u->hash)));
    if (found > 1)
        return refuse_use(d, use,
                          SLICE("several contracts have this text: write `version` of the one that is meant, as GET "
                                "/v1/contracts/{id}, or `tally contract show`, says it"));
    return TALLY_OK;
}

static enum tally_code check_reader(struct deciding *d, uint32_t use, const struct found_use *found, struct slice actor)
{
    if (reads_contract(found->contract, actor))
        return TALLY_OK;
    return refuse_use(d, use,
                      arena_printf(d->arena, "%.*s is to sign, and cannot read %.*s, which is not open", SLICE_ARG(actor),
                                   SLICE_ARG(found->contract->row.id)));
}

/* U3: whoever signs must be able to read it: also who is a party of the text that is amended, and leaves. */
static enum tally_code check_readers(struct deciding *d, uint32_t use, const struct found_use *found)
{
    enum tally_code rc = TALLY_OK;
    const struct view_contract *amended = view_contract(d->model, PROPOSAL.id);
    for (uint32_t i = 0; i < PROPOSAL.party_count; i++)
        STEP(check_reader(d, use, found, PROPOSAL.parties[i].actor));
    for (uint32_t i = 0; amended != NULL && i < text_now(amended)->party_count; i++)
        STEP(check_reader(d, use, found, text_now(amended)->parties[i]->actor));
done:
    return rc;
}

/* The manifest of what is open names it for everybody, with its version, which would let strangers join it; what it comes to would be in
 * everybody's payments. */
static enum tally_code check_open(struct deciding *d, uint32_t use, const struct found_use *found, bool is_open)
{
    if (!is_open || found->contract->row.open)
        return TALLY_OK;
    return refuse_use(d, use,
                      arena_printf(d->arena, "%.*s is not open, and what uses it would be: propose it with \"open\":false",
                                   SLICE_ARG(found->contract->row.id)));
}

static enum tally_code check_use(struct deciding *d, uint32_t use, bool is_open, struct found_use *found)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = NULL;
    bool fits = false;
    struct slice why = {NULL, 0};
    STEP(find_use(d, use, found));
    if (found->contract == NULL)
        return TALLY_OK;
    STEP(HEAD_COVERS(d, found->text->seq, "the text of %.*s", SLICE_ARG(found->contract->row.id)));
    STEP(check_readers(d, use, found));
    STEP(check_open(d, use, found, is_open));
    TRY(terms_of(d->model, found->contract, &terms, d->err));
    TRY(engine_link(PROPOSAL.terms, use, found->text->terms, d->arena, &fits, &why, d->err));
    if (!fits)
        return refuse_use(d, use, why);
    STEP(uses_check_one(d, REFUSE_CONTRACT_TERMS, PROPOSAL.id, found->contract->row.id));
done:
    return rc;
}

static int by_contract(const void *a, const void *b)
{
    return slice_compare(((const struct version_use *) a)->contract, ((const struct version_use *) b)->contract);
}

enum tally_code uses_take(struct deciding *d, struct version_manifest *manifest)
{
    enum tally_code rc = TALLY_OK;
    uint32_t count = terms_use_count(PROPOSAL.terms);
    size_t unique = 0;
    struct version_use *list = ARENA_ARRAY(d->arena, (size_t) count + 1, struct version_use);
    if (list == NULL)
        return no_arena(d);
    if (count > CONTRACT_USES_MAX)
        return refuse_use(
            d, CONTRACT_USES_MAX,
            arena_printf(d->arena, "a text uses %d others at most: use one that uses some of them", CONTRACT_USES_MAX));
    for (uint32_t i = 0; i < count; i++) {
        struct found_use found = {NULL, NULL};
        STEP(check_use(d, i, manifest->open, &found));
        ENSURE(found.contract != NULL && found.text != NULL);
        struct row_use row = {.contract = PROPOSAL.id,
                              .text_seq = d->place->seq,
                              .place = i,
                              .used = found.contract->row.id,
                              .used_version = found.text->version,
                              .as_amended = terms_use(PROPOSAL.terms, i)->as_amended};
        TRY(change_use(d, &row));
        list[i].contract = row.used;
        memcpy(list[i].version.bytes, found.text->version_hash, DIGEST_LEN);
    }
    qsort(list, count, sizeof(*list), by_contract);
    for (uint32_t i = 0; i < count; i++) {
        if (unique > 0 && slice_equal(list[unique - 1].contract, list[i].contract)) {
            if (memcmp(list[unique - 1].version.bytes, list[i].version.bytes, DIGEST_LEN) != 0)
                return REFUSE_AT(d, REFUSE_CONTRACT_TERMS, SLICE("/terms"),
                                 "the terms use two versions of %.*s: a contract uses one of each other",
                                 SLICE_ARG(list[i].contract));
            continue;
        }
        list[unique++] = list[i];
    }
    manifest->uses = list;
    manifest->use_count = unique;
done:
    return rc;
}
