/* One decision on its way: what it is about, what it gives. Nothing here changes the state. */
#ifndef MODEL_DECIDE_H
#define MODEL_DECIDE_H

#include <inttypes.h>

#include "view.h"

#define EVENT_BODY_MAX (8u << 20) /* as an entry's body: a list of 100,000 instances is 6 MB */

struct deciding {
    const struct model *model;
    const struct command *command; /* NULL for a moment */
    const struct model_place *place;
    struct arena *arena;
    struct decision *out;
    struct refusal *refusal; /* set: it is refused, and everything else is dropped */
    struct err *err;
    const struct view_actor *actor; /* who signed */
    uint64_t next_seq;              /* of the next event */
    uint32_t event_cap;
};

/* Leaves through `done:` when the call fails or has refused. */
#define STEP(call)                                                                                                         \
    do {                                                                                                                   \
        rc = (call);                                                                                                       \
        if (rc != TALLY_OK || d->refusal != NULL)                                                                          \
            goto done;                                                                                                     \
    } while (0)

/* Refuses; the value is what the function returns. */
#define REFUSE(d, code, ...) refused((d), refusal_new((d)->arena, (code), __VA_ARGS__))
MUST_CHECK enum tally_code refused(struct deciding *d, struct refusal *refusal);
/* Refuses at a place of the body, or adds the place to a refusal that is there. */
#define REFUSE_AT(d, code, pointer, ...) refused_at((d), (code), (pointer), arena_printf((d)->arena, __VA_ARGS__))
MUST_CHECK enum tally_code refused_at(struct deciding *d, enum refusal_code code, struct slice pointer,
                                      struct slice detail);
/* What is named was recorded as entry seq: not after the head that the signer says to have seen. */
#define HEAD_COVERS(d, seq, ...)                                                                                           \
    ((seq) <= (d)->command->head_seq ? TALLY_OK : refused_head((d), (seq), arena_printf((d)->arena, __VA_ARGS__)))
MUST_CHECK enum tally_code refused_head(struct deciding *d, uint64_t seq, struct slice what);
#define POINTERS_MAX 20                        /* places named in one refusal: more would be read by nobody */
bool refused_enough(const struct deciding *d); /* as many places are named */

/* A state that lacks what model_needs asked for. */
MUST_CHECK enum tally_code not_loaded(struct deciding *d, const char *what, struct slice name);

/* ---- effects (effect.c); rows borrow from the arena, the command or the view, never from compiled terms ---- */
#define X(type, list) MUST_CHECK enum tally_code change_##type(struct deciding *d, const struct row_##type *row);
CHANGES_LISTS(X)
#undef X
/* *seq: the entry that it will be. The body is copied. */
MUST_CHECK enum tally_code event_add(struct deciding *d, const char *type, bool open, const struct buf *body,
                                     uint64_t *seq);
/* A copy in the arena. */
MUST_CHECK enum tally_code keep(struct deciding *d, struct slice text, struct slice *out);
MUST_CHECK enum tally_code no_arena(struct deciding *d);

/* ---- the commands, one function each ---- */
MUST_CHECK enum tally_code decide_register_actor(struct deciding *d);
MUST_CHECK enum tally_code decide_add_key(struct deciding *d);
MUST_CHECK enum tally_code decide_revoke_key(struct deciding *d);
MUST_CHECK enum tally_code decide_define_indicator(struct deciding *d);
MUST_CHECK enum tally_code decide_propose_contract(struct deciding *d);
MUST_CHECK enum tally_code decide_sign_contract(struct deciding *d);
MUST_CHECK enum tally_code decide_submit_results(struct deciding *d);
MUST_CHECK enum tally_code decide_verify_result(struct deciding *d);
MUST_CHECK enum tally_code decide_record_settlement(struct deciding *d);

/* ---- what follows (consequences.c) ---- */
struct topic { /* results of one statement that are of one version of an indicator, or of one figure */
    const struct view_result **results;
    uint32_t count;
};

struct news {
    struct view_contract *activated; /* or NULL */
    const struct topic *topics;      /* submitted; not in the view yet */
    uint32_t topic_count;
    bool is_verification;
    uint64_t verified_seq;
    const bool *is_verified; /* by item */
    uint32_t verified_count;
    struct view_contract *reached; /* a moment of this contract, or NULL */
    struct instant moment;
};

/* Finality, then evaluation and payments, of the contracts (in order of their proposals, without doubles; in force, or activated by
 * this). */
MUST_CHECK enum tally_code consequences(struct deciding *d, const struct news *news, struct view_contract *const *contracts,
                                        uint32_t count);

/* A set of contracts in the order of their proposals. */
struct contract_list {
    struct view_contract **items;
    uint32_t count, cap;
};
MUST_CHECK enum tally_code contract_list_add(struct deciding *d, struct contract_list *list,
                                             struct view_contract *contract);
void contract_list_sort(struct contract_list *list); /* and drops doubles */
/* Those with a metric of this version of an indicator, or the figure's own; all must be in the view. */
MUST_CHECK enum tally_code contract_list_users(struct deciding *d, struct contract_list *list,
                                               const struct row_result *row);

/* One contract's part of one decision. */
struct work {
    struct view_contract *contract;
    struct row_contract row; /* as it will be */
    bool is_touched;         /* something that its evaluation uses has changed */
    struct fit *fresh;       /* submitted results that fit */
    uint32_t fresh_count, fresh_cap;
    struct new_final {
        struct fit fit;
    } * finals;
    uint32_t final_count;
    uint32_t *final_slots; /* open addressing over finals by metric and key; place + 1 */
    uint32_t final_slot_count;
};

/* finality.c: what becomes final by the news (S3, S4), into work, and as result.finalised. */
MUST_CHECK enum tally_code finality(struct deciding *d, const struct news *news, struct work *work,
                                    const struct terms *terms);
const struct fit *new_final_find(const struct work *work, uint32_t metric, struct slice key);
/* payment.c: one rule's instances; records what is triggered when one of them has a difference. */
struct engine_instance;
MUST_CHECK enum tally_code payment(struct deciding *d, const struct work *work, const struct terms *terms, int32_t today,
                                   const struct engine_instance *instances, size_t count);
/* evaluation.c: evaluates, records what is triggered, moves row on. */
MUST_CHECK enum tally_code evaluation(struct deciding *d, struct work *work, const struct terms *terms, int32_t today);
/* The engine's input for a contract as it is with this work (work may be NULL: as it stands). */
struct engine_input;
MUST_CHECK enum tally_code engine_input_make(struct view_contract *contract, const struct work *work,
                                             const struct terms *terms, int32_t today, struct arena *arena,
                                             struct engine_input *out, struct err *err);
/* The first moment of a day at the contract's clock; INT64_MAX us for never. */
struct instant moment_of(const struct terms *terms, int32_t day);
/* The first moment after the long-stop day; INT64_MAX us without one. */
struct instant moment_of_close(const struct terms *terms);

#endif
