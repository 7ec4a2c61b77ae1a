/* One decision on its way: what it is about, what it gives. Nothing here changes the state. */
#ifndef MODEL_DECIDE_H
#define MODEL_DECIDE_H

#include <inttypes.h>

#include "tally/canon.h"
#include "tally/engine.h"
#include "view.h"

/* The explanation of one payment, and those of all that one entry triggers: some hundreds of instances, which somebody may read. What is
 * over is counted and left out. */
#define EXPLANATION_BYTES_MAX (1u << 20)
#define EXPLANATIONS_BYTES_MAX MODEL_EXPLAINED_BYTES

#define EVENT_BODY_MAX (8u << 20) /* as an entry's body */
/* A list of results or instances ends when it has grown to this, and goes on in an entry of its own: what one more adds is under 5 KiB (a
 * key of 32 members), so that an entry is well within what a body may be, and most lists stand in one. */
#define EVENT_LIST_MAX (4u << 20)

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
    size_t explained;               /* bytes of explanations so far */
    size_t room_taken;              /* room.c */
    bool has_written;               /* something that is counted there: every entry gets on */
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

/* ---- how much one entry may cause (room.c) ---- */
enum room_kind { ROOM_FINAL, ROOM_INSTANCE, ROOM_PAYMENT, ROOM_FIGURE, ROOM_TAKING, ROOM_LAPSE };
size_t room_size(enum room_kind kind, size_t text_len); /* text_len: of its key and what else it says */
void room_take(struct deciding *d, size_t size);
void room_take_aside(struct deciding *d, size_t size); /* for what has to be there before anything is written */
size_t room_left(const struct deciding *d);
bool room_is_full(const struct deciding *d); /* what is not written yet is left over */

/* ---- effects (effect.c); rows borrow from the arena, the command or the view, never from compiled terms ---- */
#define X(type, list) MUST_CHECK enum tally_code change_##type(struct deciding *d, const struct row_##type *row);
CHANGES_LISTS(X)
#undef X
/* *seq: the entry that it will be. The body is copied; contract is the one that it concerns, or empty. */
MUST_CHECK enum tally_code event_add(struct deciding *d, const char *type, bool open, struct slice contract,
                                     const struct buf *body, uint64_t *seq);
/* A copy in the arena. */
MUST_CHECK enum tally_code keep(struct deciding *d, struct slice text, struct slice *out);
MUST_CHECK enum tally_code no_arena(struct deciding *d);

/* ---- who may read what (reading.c; contracts/README.md) ---- */
bool reads_contract(const struct view_contract *contract, struct slice actor);
/* The contracts that it is for must be in the view as far as they are known: a contract that is not has no party here. */
bool reads_result(const struct model *model, const struct row_result *row, struct slice actor);
/* What a submitted result's only_in is (is_private: as its statement says). Empty where one of an indicator is private and there is no
 * contract that it could be for. */
MUST_CHECK enum tally_code result_only_in(struct deciding *d, const struct row_result *row, bool is_private,
                                          struct slice *out);
/* The entry is not open, and concerns this contract. */
MUST_CHECK enum tally_code concerns(struct deciding *d, uint64_t seq, struct slice contract);
/* The statement's own entry is as open as the contract, or the result, that it is about. */
MUST_CHECK enum tally_code statement_of_contract(struct deciding *d, const struct view_contract *contract);
MUST_CHECK enum tally_code statement_of_result(struct deciding *d, const struct row_result *row);

/* ---- the commands, one function each ---- */
MUST_CHECK enum tally_code decide_register_actor(struct deciding *d);
MUST_CHECK enum tally_code decide_add_key(struct deciding *d);
MUST_CHECK enum tally_code decide_revoke_key(struct deciding *d);
MUST_CHECK enum tally_code decide_define_indicator(struct deciding *d);
MUST_CHECK enum tally_code decide_propose_contract(struct deciding *d);
MUST_CHECK enum tally_code decide_amend_contract(struct deciding *d);
MUST_CHECK enum tally_code decide_sign_contract(struct deciding *d);
MUST_CHECK enum tally_code decide_accede_contract(struct deciding *d);
MUST_CHECK enum tally_code decide_submit_results(struct deciding *d);
MUST_CHECK enum tally_code decide_verify_result(struct deciding *d);
MUST_CHECK enum tally_code decide_change_results(struct deciding *d);
MUST_CHECK enum tally_code decide_dispute_result(struct deciding *d);
MUST_CHECK enum tally_code decide_resolve_dispute(struct deciding *d);
MUST_CHECK enum tally_code decide_record_settlement(struct deciding *d);
MUST_CHECK enum tally_code decide_erase_body(struct deciding *d);

/* ---- proposals, of contracts and of amendments (proposal.c) ---- */
struct version_manifest;
MUST_CHECK enum tally_code proposal_check_actors(struct deciding *d);
MUST_CHECK enum tally_code proposal_check_indicators(struct deciding *d);
MUST_CHECK enum tally_code proposal_check_names(struct deciding *d); /* exactly the parties of the text */
MUST_CHECK enum tally_code proposal_check_keys(struct deciding *d);
/* Fills in what the proposal says of the manifest, and gives its JSON and the version that it is. */
MUST_CHECK enum tally_code proposal_manifest(struct deciding *d, struct version_manifest *manifest, struct slice *text,
                                             uint8_t version_hash[32]);
MUST_CHECK enum tally_code proposal_party(struct deciding *d, uint32_t i,
                                          struct row_party *out); /* of the text, by place */
MUST_CHECK enum tally_code proposal_add_metrics(struct deciding *d);
/* decide_amendment.c: a signature under an amendment, which may put it in force. */
/* amenders.c: one party, by its name and who it is. */
bool amendment_same_party(const struct row_party *a, const struct row_party *b);
/* With this signer's signature: has everybody signed whom the text in force, which was asked for (terms_of), and the new one need? */
MUST_CHECK enum tally_code amendment_is_signed(struct deciding *d, const struct view_contract *contract,
                                               const struct view_text *amendment, const struct row_signer *signer,
                                               bool *yes);
MUST_CHECK enum tally_code sign_amendment(struct deciding *d, struct view_contract *contract, struct view_text *amendment);
/* What follows when it has all signatures; `as` is its row, and what it uses is in the view. */
MUST_CHECK enum tally_code amendment_put_in_force(struct deciding *d, struct view_contract *contract,
                                                  const struct view_text *amendment, const struct row_amendment *as);
/* preview.c: the same for what this decision proposes, whose rows are among its changes (V5). */
MUST_CHECK enum tally_code amendment_preview(struct deciding *d, struct view_contract *contract,
                                             const struct row_amendment *row);

/* ---- what follows (consequences.c) ---- */
struct topic { /* results of one statement that are of one version of an indicator, or of one figure */
    const struct view_result **results;
    uint32_t count;
};

struct news {
    struct view_contract *activated; /* or NULL */
    bool is_amended;                 /* the newest text of the one contract is in force from now on */
    const struct topic *topics;      /* submitted; not in the view yet */
    uint32_t topic_count;
    bool is_verification;
    uint64_t verified_seq;
    const bool *is_verified; /* by item */
    uint32_t verified_count;
    struct view_contract *reached; /* a moment of this contract, or NULL */
    struct instant moment;
    const struct row_dispute *disputes; /* of the one contract that it is about: raised */
    uint32_t dispute_count;
    const struct row_decision *decisions; /* decided, or lapsed by the moment */
    uint32_t decision_count;
    bool has_more;                        /* disputes that have lapsed, for the next entry */
    const struct row_settlement *settled; /* a figure of the one contract that it is about; or NULL */
};

/* Finality, then evaluation and payments, of the contracts (in order of their proposals, without doubles; in force, or activated by
 * this), and of those that use them, as far as figures that they take have changed (U5, U6). */
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
/* Those in force, in the order of their proposals. */
MUST_CHECK enum tally_code contract_list_in_force(struct deciding *d, struct contract_list *list,
                                                  const struct topic *topics, uint32_t count);
/* decide_result.c: where the body says this of a result that is submitted. */
struct slice result_pointer(struct deciding *d, uint32_t item, const char *member);
/* pseudonyms.c: refuses results that name a person otherwise in a contract that their author has signed. */
MUST_CHECK enum tally_code check_pseudonyms(struct deciding *d, const struct topic *topic);
/* A result's only_in: these contracts, in the order of their proposals, each once. */
MUST_CHECK enum tally_code result_only_in_list(struct deciding *d, const struct contract_list *list, struct slice *out);
/* successor.c: the contracts in force in which this actor reports, by an amendment, what the author of `of` reported and reports no more. */
MUST_CHECK enum tally_code successor_in(struct deciding *d, const struct view_result *of, struct contract_list *out);
/* Of the key that what restates it for this actor has. */
MUST_CHECK enum tally_code successor_key(struct deciding *d, const struct view_result *of, uint8_t sha256[32]);
/* Refuses where the actor has a chain of that key itself, or where `of` is not the last of its author's that is meant. */
MUST_CHECK enum tally_code successor_check(struct deciding *d, const struct view_result *of, struct slice pointer);
/* What row, which restates or withdraws `of`, is as the first of the actor's own chain. */
MUST_CHECK enum tally_code successor_begin(struct deciding *d, const struct view_result *of, struct row_result *row);
/* decide_result.c: refuses at `pointer` a value that is not one of the indicator's, or does not fit the figure's metric. */
MUST_CHECK enum tally_code check_result_value(struct deciding *d, const struct view_result *result, struct slice pointer);

/* What a decision lays over the view: found by identity, in the arena, nothing leaves (overlay.c). */
struct overlay {
    struct overlay_slot {
        struct ident id;
        const void *value; /* NULL: free */
    } * slots;
    uint32_t slot_count, count;
};
const void *overlay_find(const struct overlay *overlay, struct ident id); /* or NULL */
/* In place of what was there. What id borrows stays as long as the overlay. */
MUST_CHECK enum tally_code overlay_put(struct deciding *d, struct overlay *overlay, struct ident id, const void *value);

/* A result that becomes final by this decision, or counts no more. */
struct new_final {
    struct fit fit;
    struct chain_end end; /* seq: set when it is recorded */
    bool succeeds;        /* it takes the place of a former reporter's chain, which ends with it: */
    uint64_t of_first, of_seq;
    uint32_t of_item;
};

/* One contract's part of one decision. */
struct work {
    struct view_contract *contract;
    struct row_contract row; /* as it will be */
    struct instant now;      /* of the entry, or of the moment */
    int32_t today;           /* its day by the contract's clock */
    bool is_given;   /* what happened concerns it; otherwise it is here for the figures that contracts take of each other */
    bool is_asked;   /* for its figures, though nothing has changed in it */
    bool is_touched; /* something that its evaluation uses has changed */
    bool
        is_behind; /* something of it is left over: it is due again at once, and not evaluated before all that it rests on is there */
    struct instant rest;    /* when what is left over of it, and of what it uses, has come; 0: nothing is */
    struct taking *takings; /* what the others take of it (figures.c) */
    uint32_t taking_count, taking_cap;
    struct overlay figures; /* struct row_figure by ident_final: what it takes, as this decision changes it */
    uint32_t figure_count;  /* those that were not there before */
    struct fit *fresh;      /* submitted results that fit, and under a new text all that do */
    uint32_t fresh_count, fresh_cap;
    bool has_closed; /* among them are results that are not open; when it is evaluated, in all that counts there */
    struct new_final **finals; /* in the order in which they came about */
    uint32_t final_count, final_cap;
    struct overlay ends, used;            /* struct new_final by chain, and by key: what holds after this decision */
    struct overlay disputes;              /* struct dispute_now by result */
    struct overlay annulled;              /* statements, as view_annulled */
    const struct row_settlement *settled; /* recorded by this; or NULL */
};

/* ---- how results stand in a contract, as this work leaves it; work may be NULL: as it is recorded (standing.c) ---- */
struct dispute_now {
    uint32_t item;
    enum dispute_standing standing;
    struct instant time, lapses; /* when it was raised, and from when on nobody has decided */
};
/* What work calls a chain of a metric and key, and (first_seq 0) the key itself: by the metric's place, since names go with the compiled
 * text. Borrows from fit. */
struct ident work_ident(uint64_t first_seq, const struct fit *fit);
/* The end of the result's chain for the metric, or NULL. */
const struct chain_end *standing_end(const struct view_contract *contract, const struct work *work, const struct fit *fit);
/* The chain that gives the key's current value, by its end; NULL: it has none. */
const struct chain_end *standing_used(const struct view_contract *contract, const struct work *work, const struct fit *fit);
struct dispute_now standing_dispute(const struct view_contract *contract, const struct work *work,
                                    const struct view_result *result);
/* It may yet become final: neither it nor a later one of its chain is, its key is free, and the arbiter has not annulled it. */
bool standing_is_pending(const struct model *model, const struct view_contract *contract, const struct work *work,
                         const struct fit *fit);
/* Takes out of contract->undecided what can become pending no more. */
void standing_sweep(struct view_contract *contract);
/* A result that became final as `end` says may still be disputed on the day of `time` (F1). */
MUST_CHECK enum tally_code standing_in_dispute_days(const struct model *model, const struct view_contract *contract,
                                                    const struct fit *fit, const struct chain_end *end, struct instant time,
                                                    bool *yes, struct err *err);
/* A restatement or withdrawal that is not final yet in a contract in force that its author has signed: *in is one of them, or NULL (S2:
 * only one may be open). */
MUST_CHECK enum tally_code standing_open(struct deciding *d, const struct view_result *result,
                                         const struct view_contract **in);

/* finality.c: what becomes final by the news (S3, S4), into work, and as result.finalised. */
MUST_CHECK enum tally_code finality(struct deciding *d, const struct news *news, struct work *work);
MUST_CHECK enum tally_code fresh_add(struct deciding *d, struct work *work, const struct fit *fit); /* a result that fits */
/* quorum.c: the day of the last verification that the metric asks for; DAY_NEVER: not all are there. */
MUST_CHECK enum tally_code quorum_day(struct deciding *d, const struct news *news, const struct view_contract *contract,
                                      uint32_t text, uint32_t metric, const struct view_result *result, int32_t *out);
/* A final as another text has it. */
MUST_CHECK enum tally_code finals_inherit(struct deciding *d, struct work *work, const struct fit *fit,
                                          const struct chain_end *end);
/* inherit.c: the newest text of work's contract is in force from now on. */
MUST_CHECK enum tally_code inherit(struct deciding *d, struct work *work);
/* The first moment at which the clock alone makes a result final or ends a dispute; INT64_MAX us for never. */
MUST_CHECK enum tally_code finality_next_moment(struct deciding *d, const struct news *news, const struct work *work,
                                                struct instant *out);
/* The day from which on it is final (S3), DAY_NEVER while nobody can say; an open dispute holds it back for as long as it is open. work
 * may be NULL. */
MUST_CHECK enum tally_code finality_day(struct deciding *d, const struct news *news, const struct view_contract *contract,
                                        const struct work *work, const struct fit *fit, int32_t *out);
/* Does silence, or do days after a verification, make results of the contract final? */
bool finality_has_days(const struct view_contract *contract);
/* waiting.c: results that wait, by their days. Is the contract one of those whose results are ordered? Of one text, for with several
 * another text says by whose policy; in force, for until then nobody asks. */
bool waiting_is_ordered(const struct view_contract *contract);
/* Puts in order what may have changed since. */
MUST_CHECK enum tally_code waiting_settle(struct deciding *d, struct view_contract *contract);
/* The first of contract->waiting whose day is not before this one; as many as there are: none. */
uint32_t waiting_from(const struct view_contract *contract, int32_t day);
/* The fit of an entry, by its place there; NULL: it is old. */
const struct fit *waiting_fit(const struct view_contract *contract, uint32_t at);
/* It is not as the entry says: is that recorded? Then it is out of the order, or in its place when it is settled next. */
MUST_CHECK enum tally_code waiting_look_again(struct deciding *d, struct view_contract *contract, uint32_t at);
/* It can become pending no more, whatever comes. */
bool standing_is_decided(const struct view_contract *contract, const struct fit *fit);

/* final_list.c: writes work's new finals into result.finalised, as many entries as it takes, and as rows. */
MUST_CHECK enum tally_code final_list_record(struct deciding *d, const struct work *work);

/* topics.c: results of one statement, in the arena, by what they measure. */
MUST_CHECK enum tally_code topics_make(struct deciding *d, const struct view_result *results, uint32_t count,
                                       struct topic **out, uint32_t *out_count);
/* decide_signature.c: what a signature and an accession have in common. */
/* Refuses when what was signed is not the contract's version, or when it has closed. */
MUST_CHECK enum tally_code check_signed_version(struct deciding *d, const struct view_contract *contract,
                                                const uint8_t version[32]);
MUST_CHECK enum tally_code check_open_end(struct deciding *d, const struct view_contract *contract,
                                          const struct terms *terms);
/* Puts the contract in force when `in force when` is met with this new signature, or that of who joins a class (the other is NULL). */
MUST_CHECK enum tally_code activate_when_signed(struct deciding *d, struct view_contract *contract,
                                                const struct terms *terms, const struct row_party *signer,
                                                const struct row_accession *joins);
/* named.c: what statements about results have in common. */
/* The statement of results that a path names, all of it loaded; refuses when there is none, or when it lies after the head. */
MUST_CHECK enum tally_code named_submission(struct deciding *d, uint64_t seq, const struct view_submission **out);
/* Which of `count` results the body's items mean, none: all. Refuses places that do not exist. */
MUST_CHECK enum tally_code named_items(struct deciding *d, uint64_t seq, const uint32_t *items, uint32_t item_count,
                                       uint32_t count, bool **out);
/* explanation.c: how instances of one rule came to their amounts, in the order in which they are added. */
struct explanation {
    struct buf body;
    struct canon json;
    size_t max;   /* bytes of instances that it may still take */
    bool is_full; /* one did not fit: it, and all after it, are left out */
    uint32_t left_out;
};
void explanation_begin(struct explanation *e, struct slice contract, size_t max);
MUST_CHECK enum tally_code explanation_add(struct explanation *e, struct engine_kept *kept,
                                           const struct engine_instance *told, struct err *err);
/* is_recorded: as of the trigger; otherwise as things stand now, which it says. */
MUST_CHECK enum tally_code explanation_end(struct explanation *e, bool is_recorded, struct slice rule, int32_t triggered,
                                           struct err *err);
void explanation_release(struct explanation *e);
/* payment.c: one rule's instances; records what is triggered when one of them has a difference. kept explains them. */
MUST_CHECK enum tally_code payment(struct deciding *d, const struct work *work, const struct engine_input *input,
                                   struct engine_kept *kept, const struct engine_instance *instances, size_t count);

/* evaluation.c: evaluates, records what is triggered, moves row on. */
MUST_CHECK enum tally_code evaluation(struct deciding *d, struct work *work, int32_t today);
/* Of a contract that has closed: the figures that others take, as they were at the end (T5). Nothing of it changes. */
MUST_CHECK enum tally_code evaluation_closed(struct deciding *d, struct work *work);
/* The engine's input for a contract as it is with this work (work may be NULL: as it stands). */
MUST_CHECK enum tally_code engine_input_make(const struct model *model, struct view_contract *contract,
                                             const struct work *work, int32_t today, struct arena *arena,
                                             struct engine_input *out, struct err *err);
/* Its texts alone, which is what places of rules go by. */
MUST_CHECK enum tally_code engine_input_texts(const struct view_contract *contract, struct arena *arena,
                                              struct engine_input *out, struct err *err);
/* What the engine is told of a result; *counts false: another one counts for its key, or it counts no more. */
MUST_CHECK enum tally_code fact_make(const struct model *model, const struct view_contract *contract,
                                     const struct work *work, const struct fit *fit, struct engine_fact *out, bool *counts,
                                     struct err *err);
/* people.c: who counts of an open dimension of the newest text (S7), for readers. terms_of was called; in the arena. */
struct people {
    uint32_t dimension;
    bool is_full; /* as many as may */
    const struct person *items;
    size_t count;
};
MUST_CHECK enum tally_code people_find(const struct view_contract *contract, uint32_t dimension, struct arena *arena,
                                       struct people *out, struct err *err);
bool people_have_room(const struct people *people, struct slice name); /* it counts, or would */
/* settled.c: settlements as figures. terms_of was called. */
/* Does any of the contract's texts have a metric of what was settled on this rule? */
bool settled_is_used(const struct view_contract *contract, struct slice rule);
uint32_t settled_room(const struct terms *terms); /* how many facts there are at most */
struct engine_fact;
struct engine_change;
/* The facts of one text, into room for so many; and those that this work's settlement changes by the newest text, one for each metric at
 * most. In the arena. */
MUST_CHECK enum tally_code settled_as_facts(const struct view_contract *contract, const struct work *work, uint32_t text,
                                            struct arena *arena, struct engine_fact *out, size_t *count, struct err *err);
MUST_CHECK enum tally_code settled_changes(const struct view_contract *contract, const struct work *work,
                                           struct arena *arena, struct engine_change *out, uint32_t *count,
                                           struct err *err);
/* followed.c: the contract's evaluation by its session if it has one, otherwise from nothing. */
struct evaluated {
    struct engine_output *output; /* in the scratch; at least all instances in which something has changed */
    struct engine_kept *kept;     /* explains them, until followed_end */
    struct engine_input input;
    bool is_session, is_new_session;
};
MUST_CHECK enum tally_code followed_evaluate(struct deciding *d, struct work *work, int32_t today, struct evaluated *out);
/* After all that is asked of it, also when something has failed. */
void followed_end(const struct model *model, struct view_contract *contract, struct evaluated *evaluated);
/* The first moment of a day at the contract's clock; INT64_MAX us for never. */
struct instant moment_of(const struct terms *terms, int32_t day);
/* The first moment after the long-stop day; INT64_MAX us without one. */
struct instant moment_of_close(const struct terms *terms);

#endif
