/* The domain, pure: what each statement means (decide) and what it changes (evolve). The state is a partial view, held in
 * memory: contracts/store loads into it what decisions need, and projects what they changed. No I/O, no clock, no hashing of
 * its own (the digest is handed in). One thread at a time. */
#ifndef TALLY_MODEL_H
#define TALLY_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/err.h"
#include "tally/instant.h"
#include "tally/refusal.h"
#include "tally/rows.h"
#include "tally/slice.h"
#include "tally/terms.h"

#define MODEL_ID_MAX 64
#define MODEL_DIMENSIONS_MAX 32 /* of one result: the most that a contract tried has is 4 */
#define MODEL_RESULTS_MAX 10000 /* under one signature: a set of 2 MB, decoded on a worker */
#define MODEL_STATEMENTS_MAX 64 /* whose results one statement restates or withdraws: each is loaded whole */

/* ---- commands: what a statement says, typed ---- */
enum command_kind {
    COMMAND_REGISTER_ACTOR,
    COMMAND_ADD_KEY,
    COMMAND_REVOKE_KEY,
    COMMAND_DEFINE_INDICATOR,
    COMMAND_PROPOSE_CONTRACT,
    COMMAND_AMEND_CONTRACT,
    COMMAND_SIGN_CONTRACT,
    COMMAND_ACCEDE_CONTRACT,
    COMMAND_SUBMIT_RESULTS,
    COMMAND_VERIFY_RESULT,
    COMMAND_CHANGE_RESULTS,
    COMMAND_DISPUTE_RESULT,
    COMMAND_RESOLVE_DISPUTE,
    COMMAND_RECORD_SETTLEMENT,
    COMMAND_ERASE_BODY
};

enum actor_kind { ACTOR_PERSON, ACTOR_ORGANISATION, ACTOR_PATCH };
enum indicator_kind { INDICATOR_OUTPUT, INDICATOR_OUTCOME };

struct command_dimension {
    struct slice name, member;
};

struct command_result {
    bool is_figure; /* a figure of one contract: contract and metric are set, otherwise indicator and version */
    struct slice indicator;
    uint32_t version;
    struct slice contract, metric;
    const struct command_dimension *dimensions; /* sorted by name, no doubles */
    uint32_t dimension_count;
    struct slice value;
};

struct command {
    enum command_kind kind;
    struct slice actor; /* who signed */
    struct slice kid;
    uint64_t head_seq; /* the newest entry that the signer says to have seen */
    union {
        struct { /* key material has been checked at the edge: point, proof of possession, thumbprint */
            struct slice id;
            enum actor_kind kind;
            struct slice name; /* for people; may be empty */
            bool is_backbone;
            struct slice kid, x; /* x: base64url of the public key */
        } register_actor;
        struct {
            struct slice id, kid, x;
        } add_key;
        struct {
            struct slice id, kid;
        } revoke_key;
        struct {
            struct slice slug;
            uint32_t version;
            struct slice name, definition, unit; /* unit as the language writes a KIND */
            enum indicator_kind kind;
            bool lower_is_better;
        } define_indicator;
        struct {
            struct slice id, text;
            uint8_t terms_hash[32];
            const struct terms
                *terms; /* compiled at the edge, used during decide alone: the model compiles its own later */
            bool open;
            const struct command_party {
                struct slice name, actor, kid;
            } * parties; /* sorted by name */
            uint32_t party_count;
            bool is_in_force; /* of an amendment that is previewed: as if it had all signatures (V5) */
        } propose_contract;   /* and amend_contract: id is the contract's, open is not said */
        struct {
            struct slice id, as;
            uint8_t version[32];
        } sign_contract;
        struct {
            struct slice id, as; /* as: a class of parties */
            uint8_t version[32];
        } accede_contract;
        struct {
            const struct command_result *results;
            uint32_t count;
            bool is_set;     /* final together (S4) */
            bool is_list;    /* the body has them under "results": where pointers begin */
            bool is_private; /* not open: for the parties of the contracts that the author has signed */
        } submit_results;
        struct {
            uint64_t seq;
            const uint32_t *items; /* which of the statement's results; ascending */
            uint32_t item_count;   /* 0: all */
        } verify_result;
        struct { /* restated or withdrawn */
            uint64_t seq;
            const struct command_change {
                uint64_t seq; /* of result.submitted or result.restated */
                uint32_t item;
                struct slice value; /* empty for a withdrawal */
            } * items;              /* ascending by seq and item, no doubles, of MODEL_STATEMENTS_MAX statements at most */
            uint32_t count;         /* 0: every result of the statement (a withdrawal alone) */
            bool is_withdrawal;
            bool is_set;  /* final together (S4) */
            bool is_list; /* the body has them under "results"; otherwise the statement's only one is meant */
        } change_results;
        struct {
            uint64_t seq;
            struct slice contract, reason;
            const uint32_t *items; /* as of verify_result */
            uint32_t item_count;
        } dispute_result;
        struct {
            uint64_t seq; /* of result.disputed */
            enum decision_kind kind;
            struct slice value;    /* of DECISION_REPLACED */
            const uint32_t *items; /* ascending */
            uint32_t item_count;   /* 0: all that are not decided yet */
        } resolve_dispute;
        struct {
            uint64_t seq; /* of the payment.triggered entry */
            struct slice amount, reference;
            int32_t paid_on; /* day */
        } record_settlement;
        struct { /* what the entry is has been read at the edge: it changes by nothing but erasing */
            uint64_t seq;
            struct slice ground;
            struct slice author, type; /* of the entry */
            bool open, is_erased, is_of_results;
            struct slice why_not;     /* bodies of its type are not erased; empty: they are, and this is left: */
            struct slice residue;     /* canonical JSON */
            struct slice kid, target; /* what its signature said; of an entry of the service's own empty */
            uint64_t head_seq;
        } erase_body;
    } u;
};

struct model;

struct model_ports {
    /* SHA-256 of prefix and data, one after the other: the model links no libcrypto. */
    void (*sha256)(const char *prefix, struct slice data, uint8_t out[32]);
};

MUST_CHECK enum tally_code model_new(const struct model_ports *ports, struct model **out, struct err *err);
void model_free(struct model *model);

/* A model that holds all of a ledger's state, for who replays it from entry 0 on: nothing is asked for and nothing is loaded, what is
 * not in it does not exist, nothing leaves. It begins with what entry 0 says, by model_put_actor and model_put_key, and grows by
 * model_evolve. Its memory grows with the state; the limits below are its own. */
#define MODEL_WHOLE_TERMS_BYTES_MAX ((size_t) 256 << 20)
#define MODEL_WHOLE_SESSIONS_BYTES_MAX                                                                                     \
    ((size_t) 512 << 20) /* beyond, evaluations begin from nothing: slower, and the same */
MUST_CHECK enum tally_code model_new_whole(const struct model_ports *ports, struct model **out, struct err *err);

/* ---- decide ---- */
struct model_place {
    uint64_t seq;        /* number of the statement's own entry, or of moment.reached */
    struct instant time; /* of that entry */
};

/* One decision takes at most so much of its arena for what it makes final, triggers and hands on to other contracts; what is more is left
 * over, and due at once (contracts/model/room.c), with what commits it. */
#define MODEL_ENTRY_ROOM ((size_t) 128 << 20)
#define MODEL_EXPLAINED_BYTES ((size_t) 8 << 20) /* explanations of one decision, which are not counted in that */
/* For tests, before the first decision: less than that. Whoever is to decide the same has to be told the same. */
void model_set_entry_room(struct model *model, size_t bytes);

/* An event: an entry of the service's own; type is a name of the closed table, body canonical JSON. */
struct model_event {
    const char *type;
    bool open;
    struct slice contract; /* that it concerns; empty: none */
    struct slice body;
};

struct decision {
    const struct refusal *refusal; /* or NULL */
    bool open;
    struct model_event *events;
    uint32_t event_count;
    struct changes changes; /* what it changes; for evolve and the projections; lives in the arena */
    uint64_t number;        /* for evolve: which of the decisions asked of this model it is */
};

/* Pure: the same state, command and place give the same decision; the state is not changed. In order: the key is this
 * actor's and not revoked; what path and body name exists, and not after the head; the actor's rights; the effect.
 * An error is ours (memory, a state that lacks what model_needs asked for). */
MUST_CHECK enum tally_code model_decide(const struct model *model, const struct command *command,
                                        const struct model_place *place, struct arena *arena, struct decision *out,
                                        struct err *err);

/* The moments of the contracts in the view: the earliest due at or before `by`. */
MUST_CHECK enum tally_code model_next_due(const struct model *model, struct instant by, struct instant *moment, bool *has,
                                          struct err *err);
MUST_CHECK enum tally_code model_decide_moment(const struct model *model, const struct model_place *place,
                                               struct arena *arena, struct decision *out, struct err *err);

/* The decision got entries place.seq, place.seq + 1, ... ; hash is that of the first (an indicator's definition remembers it:
 * the row in decision->changes gets it too, so that it is projected). Changes the state by decision->changes. command is NULL for
 * a moment. */
MUST_CHECK enum tally_code model_evolve(struct model *model, const struct command *command, struct decision *decision,
                                        const struct model_place *place, const uint8_t hash[32], struct err *err);

/* For who replays: the decision's own entries do not have the numbers that it gave them. numbers[i] is that of event i, or
 * ROW_NO_SEQ: there is no such entry. Rows name the new numbers; a payment without an entry is left out, what else would name an
 * entry that does not exist names the first entry of the decision, place.seq. Before model_evolve. */
void model_renumber(struct decision *decision, const struct model_place *place, const uint64_t *numbers, bool is_moment);
/* Each contract of the view once, in no order: of this actor's alone (it is or was a party, would be one, or has joined), or of all (empty). moment is when
 * the clock next wakes it, INT64_MAX us for never. */
struct model_contract {
    struct slice id;
    enum contract_state state;
    struct instant moment;
    bool open;
};
typedef void (*model_contract_fn)(void *ctx, const struct model_contract *contract);
void model_each_contract(const struct model *model, struct slice actor, model_contract_fn each, void *ctx);
/* TALLY_E_NOT_FOUND: no such contract. Borrowed until the next change. */
MUST_CHECK enum tally_code model_find_contract(const struct model *model, struct slice id, struct model_contract *out);
/* Is there a contract, proposed or in force, for each hash that the terms use? */
bool model_has_used(const struct model *model, const struct terms *terms);
bool model_has_party(const struct model *model, struct slice contract, struct slice actor);
/* The contracts whose figures this one's texts use (is_user), or those whose texts use its figures; some perhaps more than once. */
typedef void (*model_use_fn)(void *ctx, struct slice contract);
void model_each_use(const struct model *model, struct slice contract, bool is_user, model_use_fn each, void *ctx);

/* ---- what a decision needs in the view ---- */
enum need_kind {
    NEED_KEY,       /* name: kid -> the key and its actor */
    NEED_ACTOR,     /* name: id */
    NEED_INDICATOR, /* name: slug -> all its versions */
    NEED_CONTRACT, /* name: id -> contract, parties, amendments and their signers, accessions, metrics, instances, finals, settlements, and the
                        results of its metrics' indicators (and figures) with their verifications, disputes and decisions: all that
                        evaluation needs */
    NEED_PARTIES,  /* name: id -> contract, parties, amendments and their signers, and accessions alone: all that S1 asks */
    NEED_STANDING, /* name: id -> beside those its finals and instances: who counts of its open dimensions (S7) */
    NEED_USERS, /* name, number: indicator and version -> which contracts have a metric of it (row_metric); then each is needed */
    NEED_RESULT, /* number: seq of a statement of results -> its results, those that restate or withdraw them, and the verifications
                        of its own */
    NEED_RESULT_KEY, /* name: see model_result_key -> the newest result of this key, if there is one */
    NEED_PAYMENT,    /* number: seq -> the payment */
    NEED_DISPUTE,    /* number: seq of result.disputed -> its disputes */
    NEED_ERASURE,    /* number: seq of an entry -> whether its body was erased */
    NEED_SERIES, /* name, number: indicator and version -> all its results with their verifications; for previews, which are decided once */
    NEED_USES,    /* name: id of a contract -> which contracts its texts use, and whose texts use it (row_use) */
    NEED_VERSION, /* name: 64 hex digits, of a version or of a text that is or was in force, or was proposed as a contract -> model_put_version */
    NEED_DUE /* number: us of an instant -> ids of the contracts whose next_moment is due by then, and the earliest later */
};

struct need {
    enum need_kind kind;
    struct slice name;
    uint64_t number;
};

struct needs {
    struct arena *arena;
    bool is_on_trust;   /* results are taken to be the first of their keys: NEED_RESULT_KEY is not asked for */
    struct need *items; /* without doubles */
    uint32_t count, cap;
    uint32_t *slots; /* the model's own: finds doubles; begin with all zero but the arena and is_on_trust */
    uint32_t slot_count;
    struct needs
        *walked; /* the model's own: contracts from which a walk went on to those that they use, or that use them */
};

/* Adds what deciding this command needs and the view does not hold yet. Nothing added: it may be decided. Called again after
 * loading, since what was loaded may need more. */
MUST_CHECK enum tally_code model_needs(const struct model *model, const struct command *command, struct needs *needs,
                                       struct err *err);
/* The same for readers: what model_evaluate and model_explain of a contract, and model_fits of a statement's results, need. */
MUST_CHECK enum tally_code model_needs_contract(const struct model *model, struct slice contract, struct needs *needs,
                                                struct err *err);
/* Of it, who is a party and who signs: for model_amendment_lacks. */
MUST_CHECK enum tally_code model_needs_parties(const struct model *model, struct slice contract, struct needs *needs,
                                               struct err *err);
MUST_CHECK enum tally_code model_needs_result(const struct model *model, uint64_t seq, struct needs *needs,
                                              struct err *err);
/* The same for the moments due by `by`. NEED_DUE is answered by model_put_contract of each contract that is due by then,
 * model_put_next_moment (the earliest later one; INT64_MAX us for none) and model_loaded. */
MUST_CHECK enum tally_code model_needs_due(const struct model *model, struct instant by, struct needs *needs,
                                           struct err *err);

/* Loaded rows go in by these; the model copies them. model_loaded says that a need was looked up, also when nothing was found. */
#define X(type, list)                                                                                                      \
    MUST_CHECK enum tally_code model_put_##type(struct model *model, const struct row_##type *row, struct err *err);
CHANGES_LISTS(X)
#undef X
MUST_CHECK enum tally_code model_loaded(struct model *model, const struct need *need, struct err *err);
/* For NEED_VERSION: a contract whose version, or text, has this hash; not of amendments that are not in force. */
MUST_CHECK enum tally_code model_put_version(struct model *model, struct slice hex, struct slice contract, uint32_t version,
                                             struct err *err);
/* For NEED_RESULT_KEY: which is the newest result of this key. For NEED_DUE: when the earliest later moment is. */
MUST_CHECK enum tally_code model_put_result_key(struct model *model, struct slice key, uint64_t seq, uint32_t item,
                                                bool is_withdrawal, struct err *err);
MUST_CHECK enum tally_code model_put_next_moment(struct model *model, struct instant earliest, struct err *err);

/* The identity of a result (S2): "indicator|version|dimensions|author", or "|contract|metric|dimensions|author" for a figure;
 * dimensions as canonical JSON. The table has the same text in a unique column, as its SHA-256. */
MUST_CHECK enum tally_code model_result_key(const struct command_result *result, struct slice author, struct arena *arena,
                                            struct slice *out, struct err *err);

/* Forgets everything (a batch was dropped), or what is over max_bytes, oldest use first (between batches). Compiled texts are kept
 * by the hash of their text, up to MODEL_TERMS_BYTES_MAX. */
#define MODEL_TERMS_BYTES_MAX (8u << 20)
#define MODEL_SESSIONS_BYTES_MAX                                                                                           \
    ((size_t) 256 << 20) /* of evaluations that are kept from entry to entry: some two hundred thousand results */
void model_forget(struct model *model);
/* The MODEL_LASTING_CONTRACTS contracts used last stay, with all that they are evaluated from, as long as everything takes lasting_bytes
 * at most: one of ten thousand people is not loaded anew for each of its results. lasting_bytes 0: none lasts. */
#define MODEL_LASTING_CONTRACTS 4
void model_trim(struct model *model, size_t max_bytes, size_t lasting_bytes);
/* Forgets which results were looked up (NEED_RESULT_KEY), between batches: each is asked for once, and kept they would make the view
 * grow with the ledger. */
void model_forget_result_keys(struct model *model);
size_t model_memory(const struct model *model);
struct instant model_next_moment(const struct model *model); /* as far as is known; INT64_MAX us: none */

/* Whether the actor is or was any of the contract's parties (in the view). */
bool model_is_party(const struct model *model, struct slice contract, struct slice actor);
/* Whether this contract (of the view) is open, or the actor is or was one of its parties. */
bool model_reads_contract(const struct model *model, struct slice contract, struct slice actor);
/* Whether this actor may read an event of a decision on this model: the parties of its contract may, and everybody what is open. */
bool model_reads_event(const struct model *model, const struct model_event *event, struct slice actor);

/* Of an arena for what one evaluation reads and answers: as much as the engine takes for itself. A text that may need more is refused
 * when it is proposed. */
#define MODEL_EVALUATION_BYTES_MAX ((size_t) 512 << 20)

/* The whole contract evaluated as of `at` (NEED_CONTRACT loaded): every instance with state, target, what stands and reason, by the
 * places of their rules. *input is what the engine was given: its terms are borrowed from the model until its next call.
 * TALLY_E_NOT_FOUND: no such contract. */
struct engine_input;
struct engine_output;
MUST_CHECK enum tally_code model_evaluate(const struct model *model, struct slice contract, struct instant at,
                                          struct arena *arena, struct engine_input *input, struct engine_output **out,
                                          struct err *err);

/* Which metrics of which contracts the results `from` to `to` (included) of one statement fit, in order of item, contract (proposal),
 * metric; for the contracts that have a metric of the result's indicator and version, or whose figure it is. */
struct model_fit {
    uint32_t item;
    struct slice contract, metric;
    uint32_t version; /* of the contract: the metric is of that text, which is or was the newest in force */
    bool fits;
    struct slice key; /* when it fits */
    struct slice why; /* when it does not */
};
MUST_CHECK enum tally_code model_fits(const struct model *model, uint64_t seq, uint32_t from, uint32_t to,
                                      struct arena *arena, struct model_fit **out, uint32_t *count, struct err *err);

/* Whose signatures an amendment that was proposed still needs (V1; NEED_PARTIES or more of the contract is loaded): parties of the text in force
 * of whom it wants one more, its classes likewise, and who is a party only by the new text; by name. None: it needs nobody, or is no open amendment.
 * Of `2 of (a, b, c)` all are named who may be the second. */
MUST_CHECK enum tally_code model_amendment_lacks(const struct model *model, struct slice contract, uint64_t seq,
                                                 struct arena *arena, struct slice **out, uint32_t *count, struct err *err);

/* The life cycle of a contract as a table for people (contracts/README.md holds it). */
void contract_states_print(struct buf *out);

/* How instances of a rule come to their amounts as things stand (NEED_CONTRACT loaded): as the explanation of a payment, with
 * "recorded":false. `today` is the day of `at`. Left out, and counted as that: keys that are there no more, and `more` others. */
MUST_CHECK enum tally_code model_explain(const struct model *model, struct slice contract, struct slice rule,
                                         const struct slice *keys, uint32_t count, uint32_t more, struct instant at,
                                         struct arena *arena, struct buf *out, struct err *err);

#endif
