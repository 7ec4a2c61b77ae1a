/* How much is told, and what cannot be known. */
#include "replay_internal.h"

struct spreading {
    struct replay *r;
    uint64_t seq;
    enum tally_code rc;
};

static void spread_to_user(void *ctx, struct slice contract)
{
    struct spreading *spreading = ctx;
    if (spreading->rc == TALLY_OK)
        spreading->rc = replay_unsure(spreading->r, contract, spreading->seq);
}

enum tally_code replay_unsure(struct replay *r, struct slice contract, uint64_t seq)
{
    struct model_contract known;
    if (model_find_contract(r->model, contract, &known) != TALLY_OK)
        return TALLY_OK;
    return replay_unsure_name(r, contract, seq);
}

/* And whatever uses its figures; there are no circles. */
enum tally_code replay_unsure_name(struct replay *r, struct slice contract, uint64_t seq)
{
    struct name *name = NULL;
    enum tally_code rc = names_add(&r->names, NAME_CONTRACT, contract, &name, r->err);
    if (rc != TALLY_OK || name->is_unsure)
        return rc;
    name->is_unsure = true;
    name->since = seq;
    r->report.contracts_unchecked++;
    if (r->options.on_unchecked != NULL)
        r->options.on_unchecked(r->options.ctx, name->text, seq);
    struct spreading users = {r, seq, TALLY_OK};
    model_each_use(r->model, contract, false, spread_to_user, &users);
    return users.rc;
}

/* Not open, not in force, and one of those named in it has signed what cannot be seen. *since: the first time. */
static bool is_signed_unseen(const struct replay *r, struct slice contract, uint64_t *since)
{
    size_t at = 0;
    struct model_contract known;
    if (!(r->unseen_families & FAMILY_SIGNATURES) || model_find_contract(r->model, contract, &known) != TALLY_OK ||
        known.open || known.state != CONTRACT_PROPOSED)
        return false;
    *since = UINT64_MAX;
    for (const struct name *name; (name = names_next(&r->names, &at)) != NULL;)
        if (name->kind == NAME_ACTOR && name->has_signed && model_has_party(r->model, contract, name->text))
            *since = name->signed_since < *since ? name->signed_since : *since;
    return *since != UINT64_MAX;
}

struct looking {
    struct replay *r;
    uint64_t since; /* the first time; UINT64_MAX: nothing */
    enum tally_code rc;
};

/* Results that are not open, and what is said of them, count in open contracts, too, and everybody sees only what these come to, and what
 * uses them. Who reads anything of a contract that is not open is a party of it, and reads all that counts there. */
static void look_behind_veil(void *ctx, struct slice contract)
{
    struct looking *looking = ctx;
    const struct replay *r = looking->r;
    struct model_contract known;
    struct name *name = NULL;
    uint64_t signed_since = 0;
    size_t at = 0;
    if (looking->rc != TALLY_OK || model_find_contract(r->model, contract, &known) != TALLY_OK)
        return;
    looking->rc = names_add(&looking->r->names, NAME_CONTRACT, contract, &name, r->err);
    if (looking->rc != TALLY_OK || name->looked == r->looks)
        return;
    name->looked = r->looks;
    for (const struct name *actor; known.open && (actor = names_next(&r->names, &at)) != NULL;)
        if (actor->kind == NAME_ACTOR && (actor->is_veiled || actor->has_disputed) &&
            model_has_party(r->model, contract, actor->text) && actor->since < looking->since)
            looking->since = actor->since;
    if (is_signed_unseen(r, contract, &signed_since) && signed_since < looking->since)
        looking->since = signed_since;
    model_each_use(r->model, contract, true, look_behind_veil, looking);
}

/* Has a party of the contract, or of one that it uses, said of results, or signed, what cannot be read here? *since: the first time. */
MUST_CHECK static enum tally_code is_behind_veil(struct replay *r, struct slice contract, uint64_t *since, bool *yes)
{
    struct looking looking = {r, UINT64_MAX, TALLY_OK};
    if (r->has_veiled || (r->unseen_families & FAMILY_SIGNATURES)) {
        r->looks++;
        look_behind_veil(&looking, contract);
    }
    *since = looking.since;
    *yes = looking.since != UINT64_MAX;
    return looking.rc;
}

struct doubting {
    struct replay *r;
    bool is_any;
    enum tally_code rc;
};

static void doubt_one(void *ctx, const struct model_contract *contract)
{
    struct doubting *doubting = ctx;
    uint64_t since = 0;
    if (doubting->rc != TALLY_OK || !is_signed_unseen(doubting->r, contract->id, &since))
        return;
    doubting->is_any = true;
    doubting->rc = replay_unsure(doubting->r, contract->id, since);
}

enum tally_code replay_doubt_of_actor(struct replay *r, struct slice actor, bool *yes)
{
    struct doubting doubting = {.r = r, .rc = TALLY_OK};
    if (r->unseen_families & FAMILY_SIGNATURES)
        model_each_contract(r->model, actor, doubt_one, &doubting);
    *yes = doubting.is_any;
    return doubting.rc;
}

enum tally_code replay_doubt(struct replay *r, struct slice contract, bool *is_unsure)
{
    enum tally_code rc = TALLY_OK;
    uint64_t since = 0;
    *is_unsure = replay_is_unsure(r, contract);
    if (*is_unsure)
        goto done;
    TRY(is_behind_veil(r, contract, &since, is_unsure));
    if (*is_unsure)
        TRY(replay_unsure(r, contract, since));
done:
    return rc;
}

enum tally_code replay_doubt_recorded(struct replay *r, struct slice contract, bool *is_unsure)
{
    struct model_contract known;
    enum tally_code rc = replay_doubt(r, contract, is_unsure);
    if (rc != TALLY_OK || *is_unsure || contract.len == 0 || !(r->unseen_families & FAMILY_CONTRACTS) ||
        model_find_contract(r->model, contract, &known) == TALLY_OK)
        return rc;
    *is_unsure = true;
    return replay_unsure_name(r, contract, r->unseen_proposal);
}

enum tally_code replay_found(struct replay *r, enum finding_code code, uint64_t seq, enum name_kind kind,
                             struct slice about, const struct buf *detail)
{
    enum tally_code rc = TALLY_OK;
    struct name *name = NULL;
    bool is_unsure = false;
    if (kind == NAME_CONTRACT)
        TRY(replay_doubt(r, about, &is_unsure));
    if (is_unsure)
        goto done;
    TRY(names_add(&r->names, kind, about, &name, r->err));
    if (name->told == REPLAY_TOLD_MAX) {
        r->report.more++;
        goto done;
    }
    name->told++;
    verifier_found(r->verifier, code, seq, buf_slice(detail));
done:
    return rc;
}

bool replay_is_unsure(const struct replay *r, struct slice contract)
{
    const struct name *name = names_find(&r->names, NAME_CONTRACT, contract);
    return name != NULL && name->is_unsure;
}

static void spread(void *ctx, const struct model_contract *contract)
{
    struct spreading *spreading = ctx;
    if (spreading->rc == TALLY_OK && contract->state != CONTRACT_CLOSED)
        spreading->rc = replay_unsure(spreading->r, contract->id, spreading->seq);
}

static unsigned family_of(enum entry_type type)
{
    switch ((int) type) {
    case ENTRY_ACTOR_REGISTERED:
    case ENTRY_KEY_ADDED:
    case ENTRY_KEY_REVOKED:
        return FAMILY_KEYS;
    case ENTRY_INDICATOR_DEFINED:
        return FAMILY_INDICATORS;
    case ENTRY_CONTRACT_PROPOSED:
        return FAMILY_CONTRACTS;
    case ENTRY_CONTRACT_AMENDMENT_PROPOSED: /* of a contract that is there */
        return FAMILY_CONTRACTS | FAMILY_RESULTS;
    default:
        return FAMILY_RESULTS;
    }
}

/* A body that is withheld belongs to contracts of which nothing is shown, since who is a party sees everything that its amounts are computed
 * from; but a result that is not open may also count in an open contract of its author, and be disputed there: that is seen when something there
 * differs. */
enum tally_code replay_unseen(struct replay *r, const struct verify_entry *entry, enum entry_type type)
{
    enum tally_code rc = TALLY_OK;
    unsigned family = family_of(type);
    struct name *name = NULL;
    bool is_withheld = entry->entry->state == ARCHIVE_BODY_WITHHELD;
    if ((family & FAMILY_CONTRACTS) && !(r->unseen_families & FAMILY_CONTRACTS))
        r->unseen_proposal = entry->seq;
    r->unseen_families |= family;
    bool is_of_dispute = type == ENTRY_RESULT_DISPUTED || type == ENTRY_DISPUTE_RESOLVED;
    bool is_result = type == ENTRY_RESULT_SUBMITTED || type == ENTRY_RESULT_RESTATED || type == ENTRY_RESULT_WITHDRAWN;
    if (is_withheld && type == ENTRY_CONTRACT_SIGNED) {
        TRY(names_add(&r->names, NAME_ACTOR, entry->header->actor, &name, r->err));
        name->signed_since = name->has_signed ? name->signed_since : entry->seq;
        name->has_signed = true;
        r->unseen_families |= FAMILY_SIGNATURES;
    }
    if (!(family & FAMILY_RESULTS) || (is_withheld && !is_result && !is_of_dispute))
        goto done;
    TRY(names_add(&r->names, NAME_ACTOR, entry->header->actor, &name, r->err));
    if (!name->is_unsure && !name->is_veiled && !name->has_disputed)
        name->since = entry->seq;
    name->is_veiled = name->is_veiled || (is_withheld && is_result);
    name->has_disputed = name->has_disputed || (is_withheld && is_of_dispute);
    r->has_veiled = r->has_veiled || is_withheld;
    if (is_withheld)
        goto done;
    name->is_unsure = true;
    struct spreading spreading = {r, entry->seq, TALLY_OK};
    model_each_contract(r->model, entry->header->actor, spread, &spreading);
    rc = spreading.rc;
done:
    return rc;
}

/* The first contract used that cannot be recomputed, or NULL. */
struct using
{
    const struct replay *r;
    const struct name *unsure;
};

static void note_unsure(void *ctx, struct slice contract)
{
    struct using *using = ctx;
    const struct name *name = names_find(&using->r->names, NAME_CONTRACT, contract);
    if (using->unsure == NULL && name != NULL && name->is_unsure)
        using->unsure = name;
}

enum tally_code replay_joined(struct replay *r, struct slice contract)
{
    enum tally_code rc = TALLY_OK;
    size_t at = 0;
    struct using using = {.r = r};
    model_each_use(r->model, contract, true, note_unsure, &using);
    if (using.unsure != NULL)
        TRY(replay_unsure(r, contract, using.unsure->since));
    if (!(r->unseen_families & FAMILY_RESULTS))
        return TALLY_OK;
    /* replay_unsure adds to the table that is walked: the first such actor is enough */
    for (const struct name *name; (name = names_next(&r->names, &at)) != NULL;) {
        if (name->kind == NAME_ACTOR && name->is_unsure && model_has_party(r->model, contract, name->text)) {
            TRY(replay_unsure(r, contract, name->since));
            break;
        }
    }
done:
    return rc;
}

bool replay_uses_unseen(const struct replay *r, const struct command *command)
{
    bool proposes = command->kind == COMMAND_PROPOSE_CONTRACT || command->kind == COMMAND_AMEND_CONTRACT;
    return proposes && (r->unseen_families & FAMILY_CONTRACTS) != 0 &&
           !model_has_used(r->model, command->u.propose_contract.terms);
}

/* A result counts in the contracts that have a metric of it: something differs in each of them. */
MUST_CHECK static enum tally_code is_of_unsure(struct replay *r, uint64_t seq, bool *yes)
{
    enum tally_code rc = TALLY_OK;
    struct model_fit *fits = NULL;
    uint32_t count = 0;
    TRY(model_fits(r->model, seq, 0, UINT32_MAX, r->arena, &fits, &count, r->err));
    for (uint32_t i = 0; i < count; i++) {
        bool is_unsure = false;
        if (fits[i].fits)
            TRY(replay_doubt(r, fits[i].contract, &is_unsure));
        *yes = *yes || is_unsure || replay_is_unsure(r, fits[i].contract);
    }
done:
    return rc;
}

/* A dispute or a payment is of a contract that its author is a party of. */
static bool is_party_of_unsure(const struct replay *r, struct slice actor)
{
    size_t at = 0;
    for (const struct name *name; (name = names_next(&r->names, &at)) != NULL;)
        if (name->kind == NAME_CONTRACT && name->is_unsure && model_has_party(r->model, name->text, actor))
            return true;
    return false;
}

enum tally_code replay_rests_on_unsure(struct replay *r, struct slice actor, const struct command *command, bool *yes)
{
    *yes = false;
    if (r->report.contracts_unchecked == 0 && !r->has_veiled)
        return TALLY_OK;
    switch (command->kind) {
    case COMMAND_VERIFY_RESULT:
        return is_of_unsure(r, command->u.verify_result.seq, yes);
    case COMMAND_CHANGE_RESULTS:
        return is_of_unsure(r, command->u.change_results.seq, yes);
    case COMMAND_RESOLVE_DISPUTE:
    case COMMAND_RECORD_SETTLEMENT:
        *yes = is_party_of_unsure(r, actor);
        return TALLY_OK;
    default:
        return TALLY_OK;
    }
}

bool replay_is_excused(const struct replay *r, struct slice actor, const struct refusal *refusal)
{
    static const struct {
        enum refusal_code code;
        unsigned family;
    } excuses[] = {
        {REFUSE_STATEMENT_KEY_UNKNOWN, FAMILY_KEYS},
        {REFUSE_KEY_NOT_FOUND, FAMILY_KEYS},
        {REFUSE_ACTOR_NOT_FOUND, FAMILY_KEYS},
        {REFUSE_ACTOR_UNKNOWN, FAMILY_KEYS},
        {REFUSE_CONTRACT_PARTIES, FAMILY_KEYS},
        {REFUSE_INDICATOR_NOT_FOUND, FAMILY_INDICATORS},
        {REFUSE_INDICATOR_UNKNOWN, FAMILY_INDICATORS},
        {REFUSE_INDICATOR_VERSION, FAMILY_INDICATORS},
        {REFUSE_CONTRACT_NOT_FOUND, FAMILY_CONTRACTS},
        {REFUSE_CONTRACT_UNKNOWN, FAMILY_CONTRACTS},
        {REFUSE_VERIFICATION_NOT_VERIFIER, FAMILY_CONTRACTS},
        {REFUSE_RESULT_NOT_REPORTER, FAMILY_CONTRACTS},
        {REFUSE_RESULT_PRIVATE, FAMILY_CONTRACTS},
        {REFUSE_RESULT_NOT_FOUND, FAMILY_RESULTS},
        {REFUSE_RESULT_UNKNOWN, FAMILY_RESULTS},
        {REFUSE_DISPUTE_NOT_FOUND, FAMILY_RESULTS},
        {REFUSE_PAYMENT_NOT_FOUND, FAMILY_RESULTS | FAMILY_CONTRACTS},
    };
    const struct name *author = names_find(&r->names, NAME_ACTOR, actor);
    if (author != NULL && (author->is_unsure || author->is_veiled))
        return true;
    for (size_t i = 0; i < sizeof(excuses) / sizeof(excuses[0]); i++)
        if (excuses[i].code == refusal->code)
            return (r->unseen_families & excuses[i].family) != 0;
    return false;
}
