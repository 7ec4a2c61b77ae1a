/* The view: what the model holds in memory of the domain's state. Objects are found by identity; rows are copies whose strings
 * stay where they are until the object is trimmed or forgotten, so that a decision may borrow them until its batch has ended. */
#ifndef MODEL_VIEW_H
#define MODEL_VIEW_H

#include "hold.h"
#include "table.h"
#include "tally/model.h"

struct view_actor {
    struct ident id; /* a: id */
    struct row_actor row;
};

struct view_key {
    struct ident id; /* a: kid */
    struct row_key row;
};

struct view_indicator { /* all loaded versions of a slug */
    struct ident id;    /* a: slug */
    struct row_indicator **versions;
    uint32_t count, cap;
};

struct view_verification {
    struct slice actor;
    uint64_t seq;
    struct instant time;
};

struct view_result {
    struct row_result row;
    bool has_row;     /* a verification may be loaded before its result */
    bool is_replaced; /* by a restatement or withdrawal, which is result by_item of statement by_seq */
    uint64_t by_seq;
    uint32_t by_item;
    struct terms_dimension_value *dimensions;
    uint32_t dimension_count;
    struct view_verification *verifications;
    uint32_t verification_count, verification_cap;
    void *block; /* the row's strings and the dimensions */
};

struct view_submission {        /* one result.submitted */
    struct ident id;            /* number: seq */
    struct view_result **items; /* by place, NULL where not loaded */
    uint32_t count, cap;
};

/* The results of one version of an indicator, or of one figure. Only grows while a loaded contract uses it. */
struct view_series {
    struct ident id; /* number: version, a: slug; or 0, contract, metric */
    struct view_result **items;
    uint32_t count, cap;
    bool in_use; /* model_trim's mark */
};

/* A contract among those that use one another. */
struct view_uses {
    struct ident id;      /* a: contract */
    struct row_use **out; /* what its texts use */
    uint32_t out_count, out_cap;
    struct row_use **in; /* whose texts use it */
    uint32_t in_count, in_cap;
    /* No part of the state: the decisions that last looked what it rests on, and whether it may have more users; a way that leads here again
     * says nothing new. */
    uint64_t measured, checked;
    uint32_t depth, depth_room;
};

struct view_version { /* contracts whose version or text has a hash */
    struct ident id;  /* a: hex */
    struct view_versioned {
        struct slice contract;
        uint32_t version;
    } * items;
    uint32_t count, cap;
};

/* What another contract's figure is for a metric at a key. */
struct view_figure {
    struct ident id; /* ident_final */
    struct row_figure row;
    void *value, *reason; /* blocks of what changes */
};

struct view_users {          /* which contracts have a metric of a version of an indicator */
    struct ident id;         /* number: version, a: slug */
    struct slice *contracts; /* sorted: who proposes contracts by the thousand must not slow down their look-up */
    uint32_t count, cap;
};

/* The last result of a chain that became final for a metric (S5), or that nothing counts of it any more. */
struct chain_end {
    uint64_t first_seq; /* the chain: one statement has one result of a key at most */
    uint64_t result_seq, seq, began_seq;
    uint32_t item;
    struct instant time; /* since when */
    bool is_none;
    struct slice replaced; /* the arbiter's value; empty: the result's own */
};

struct view_chain {
    struct ident id; /* ident_chain */
    struct chain_end end;
    void *replaced; /* the block of end.replaced, which changes */
};

struct view_final {
    struct ident id;               /* ident_final */
    const struct view_chain *used; /* the chain that gives its current value (S2), or NULL */
};

enum dispute_standing { DISPUTE_NONE, DISPUTE_OPEN, DISPUTE_STANDS, DISPUTE_REPLACED, DISPUTE_ANNULLED };

struct view_dispute {
    struct ident id; /* number: the result's statement, a: bytes of item */
    uint32_t item;
    struct row_dispute row; /* strings in block */
    bool has_row;           /* a decision may be loaded before its dispute */
    bool is_decided;
    enum decision_kind kind;
    uint64_t decided_seq;
    void *block;
};

/* A statement of which the arbiter has annulled a result: if it is a set, none of it becomes final any more (S4). */
struct view_annulled {
    struct ident id; /* number: the statement */
};

struct view_dispute_seq { /* where a dispute belongs */
    struct ident id;      /* number: seq of result.disputed */
    struct slice contract;
};

struct view_erasure { /* that a body was erased */
    struct ident id;  /* number: the entry */
};

/* What a figure of settlements needs. */
struct view_settlement {
    struct ident id; /* number: seq */
    struct slice rule, amount;
    int32_t paid_on;
    bool is_owed_back;
};

struct view_accession {
    struct ident id; /* a: class, b: actor */
    struct row_accession row;
};

/* That an actor has joined any class. */
struct view_acceded {
    struct ident id; /* number: 1, a: actor */
};

struct view_instance {
    struct ident id; /* a: rule, b: key */
    struct row_instance row;
    void *stands; /* the block of row.stands, which changes */
};

struct view_payment {
    struct ident id; /* number: seq */
    struct row_payment row;
    void *settled; /* the block of row.settled, which changes */
};

/* That a result fits a metric of one of a contract's texts, which never changes. */
struct fit {
    const struct view_result *result;
    uint32_t text; /* of the contract's texts in force, by place */
    uint32_t metric;
    struct slice key;
    uint32_t before;  /* of the contract's: the place + 1 of the one before it at its metric and key */
    uint32_t sibling; /* of the contract's: the place + 1 of the one before it of its statement */
    int32_t day;      /* of those of a contract that are ordered by it: its entry's (waiting.c); DAY_NEVER: it has none */
};

/* Results that are not decided, by the day from which on they may be final: the clock finds the next of them, and a moment those that
 * have come, without looking at all. A cache: of what is recorded, never of a decision on its way. */
struct waiting {
    struct waiting_entry {
        int32_t day;    /* no later than it really is */
        uint32_t place; /* of the fit; old if that one's day is another */
    } * items;          /* by rising day */
    uint32_t count, cap, old;
    uint32_t *unplaced; /* places of fits whose day may have come nearer; perhaps more than once */
    uint32_t unplaced_count, unplaced_cap;
    bool is_made;
};

/* One version of a contract: the text, and who each of its parties is. */
struct view_text {
    uint64_t seq; /* of the entry that proposed it */
    uint32_t version;
    struct slice source; /* borrowed from its row */
    uint8_t terms_hash[32], version_hash[32];
    uint64_t in_force_seq;      /* since which entry; ROW_NO_SEQ: it is not (yet) */
    struct row_party **parties; /* by place */
    uint32_t party_count, party_cap;
    struct row_party **by_name; /* the same, sorted: they are looked up for each result of a statement */
    uint32_t by_name_count, by_name_cap;
    struct row_signer **signers; /* of an amendment, by place: its parties, who are the above, and those that leave */
    uint32_t signer_count, signer_cap;
    void *block;                    /* an amendment's row; NULL: it is not there yet */
    const struct terms *terms;      /* compiled, as long as terms_of says */
    struct contract_source {        /* for each metric of the terms: where its results come from */
        struct view_series *series; /* NULL: not from results */
        uint32_t done;              /* so many of the series are matched */
    } * sources;                    /* NULL until complete */
    uint32_t source_count;
};

struct view_contract {
    struct ident id; /* a: id */
    struct row_contract row;
    bool has_row;
    bool is_complete;         /* all of NEED_CONTRACT is there */
    void *block;              /* the row's strings */
    struct view_text **texts; /* the first as proposed, then those that amended it, in the order of their versions */
    uint32_t text_count, text_cap;
    struct view_text **amendments; /* all, in no order: also those that are not in force, and never may be */
    uint32_t amendment_count, amendment_cap;
    struct table chains, finals, instances, disputes, annulled;
    struct table accessions; /* view_accession, and a view_acceded for each actor */
    struct table settlements, figures;
    uint64_t figure_puts; /* how often any of the figures was put */
    struct fit *fits;     /* a cache: in no order */
    uint32_t fit_count, fit_cap;
    uint32_t closed_fit_count; /* of them, of results that are not open */
    uint32_t *fit_heads;       /* by hash of text, metric and key: the place + 1 of the last there */
    uint32_t *fit_statements;  /* by hash of the statement: the place + 1 of the last of it */
    uint32_t fit_head_count;   /* of both */
    uint32_t
        *undecided; /* places of the fits, and beyond them all are decided for good; a few that are may be among them */
    uint32_t undecided_count, undecided_cap;
    struct waiting waiting;
    uint32_t session;  /* place + 1 of its session of the engine; 0: it has none */
    bool is_too_large; /* for one */
    bool is_lasting;   /* while trimming: one of those used last */
};

struct view_result_key {
    struct ident id; /* a: SHA-256 of the key */
    uint8_t sha256[32];
    bool exists; /* then the newest result of this key is: */
    bool is_withdrawal;
    uint64_t seq;
    uint32_t item;
    uint64_t used;
};

struct view_known {  /* a need was looked up */
    struct ident id; /* number: number << 4 | kind, a: name */
    bool holds;      /* still: false when what was looked up has become incomplete */
    uint64_t used;
};

#define CONTRACT_TEXTS_BITS 6
#define CONTRACT_TEXTS_MAX                                                                                                 \
    (1u << CONTRACT_TEXTS_BITS) /* in force: each is an evaluation of its own; the longest contract that is known has 9 */

#define CONTRACT_USES_MAX                                                                                                  \
    32 /* of other contracts by one text: all that they rest on is walked through; a fund of more is a fund of funds */

struct terms_cache;

/* What one evaluation reads and answers does not stay: taken from the caller's arena, a decision would be refused for its neighbours in
 * the batch. */
#define SCRATCH_BYTES_MAX MODEL_EVALUATION_BYTES_MAX

struct model {
    struct hold hold;
    struct model_ports ports;
    bool is_whole; /* nothing is loaded: what is not here does not exist */
    uint64_t tick; /* counts uses, for the oldest use */
    struct table actors, keys, indicators, contracts, submissions, series, users, payments, disputes, erasures, result_keys,
        uses, versions, known;
    struct terms_cache *terms;
    struct followed *followed; /* sessions of the engine: no part of the state */
    struct arena *scratch;     /* of one contract's evaluation, empty in between: no part of the state */
    struct arena *aside;       /* of one question, empty behind it: no part of the state */
    size_t entry_room;         /* MODEL_ENTRY_ROOM */
    bool has_due;              /* due_until means something */
    struct instant due_until;  /* every contract due by then is in the view */
    struct instant later;      /* no contract outside the view is due before it */
    struct instant next;       /* the least next_moment of the contracts in the view */
};

static inline struct ident ident_name(struct slice name)
{
    return (struct ident){0, name, {NULL, 0}};
}
static inline struct ident ident_number(uint64_t number)
{
    return (struct ident){number, {NULL, 0}, {NULL, 0}};
}
static inline struct ident ident_pair(struct slice a, struct slice b)
{
    return (struct ident){0, a, b};
}
static inline struct ident ident_version(struct slice slug, uint32_t version)
{
    return (struct ident){version, slug, {NULL, 0}};
}

static inline struct ident ident_item(uint64_t seq, const uint32_t *item)
{
    return (struct ident){seq, slice_of((const char *) item, sizeof(*item)), {NULL, 0}};
}
/* Of a metric of the contract's text number `text`. */
static inline struct ident ident_chain(uint64_t first_seq, uint32_t text, struct slice metric, struct slice key)
{
    return (struct ident){first_seq << CONTRACT_TEXTS_BITS | text, metric, key};
}
static inline struct ident ident_final(uint32_t text, struct slice metric, struct slice key)
{
    return (struct ident){text, metric, key};
}

/* ---- room.c: what an entry leaves over ---- */
/* When what an entry of `now` has left over is due: at once, and of the same day; and whether a moment is such a one: then nothing else
 * of its contract begins with it. */
struct instant moment_left_over(struct instant now);
bool moment_is_left_over(struct instant moment);

/* ---- waiting.c: what is recorded ---- */
/* The day of this fit may have come nearer, or it is new: it is looked at again. */
MUST_CHECK enum tally_code waiting_note(struct view_contract *contract, uint32_t place, struct err *err);
/* The same of all fits of a statement of results. */
MUST_CHECK enum tally_code waiting_note_statement(struct view_contract *contract, uint64_t seq, struct err *err);

/* ---- finding; NULL when it is not in the view ---- */
struct view_actor *view_actor(const struct model *model, struct slice id);
struct view_key *view_key(const struct model *model, struct slice kid);
const struct row_indicator *view_indicator(const struct model *model, struct slice slug, uint32_t version);
uint32_t view_indicator_latest(const struct model *model, struct slice slug);    /* 0: none */
struct view_contract *view_contract(const struct model *model, struct slice id); /* with its row */
struct view_submission *view_submission(const struct model *model, uint64_t seq);
struct view_result *view_result(const struct model *model, uint64_t seq, uint32_t item); /* with its row */
struct view_contract *view_disputed_contract(const struct model *model, uint64_t dispute_seq);
struct view_series *view_series(const struct model *model, const struct row_result *row);
MUST_CHECK enum tally_code series_make(struct model *model, struct ident id, struct view_series **out, struct err *err);
struct view_uses *view_uses(const struct model *model, struct slice contract); /* or NULL: none is known */
const struct view_version *view_version(const struct model *model, struct slice hex);
struct view_users *view_users(const struct model *model, struct slice slug, uint32_t version);
struct view_payment *view_payment(const struct model *model, uint64_t seq);
/* The newest text in force; before it is in force, the first. */
struct view_text *text_now(const struct view_contract *contract);
/* The place of the newest text that was in force at an entry; of an entry before that, the first. */
uint32_t text_at(const struct view_contract *contract, uint64_t seq);
const struct row_party *text_party(const struct view_text *text, struct slice name); /* or NULL */
/* Takes its place, and that by name; there is room for both. */
void text_add_party(struct view_text *text, struct row_party *party);
/* The amendment that was proposed by that entry, or NULL. */
struct view_text *view_amendment(const struct view_contract *contract, uint64_t seq);
/* An amendment that may still come into force: no other of the text that it amends has. */
bool amendment_is_open(const struct view_contract *contract, const struct view_text *amendment);
/* Who a party of text number `text` was at an entry: texts name parties, and the text in force at the time says which actor that is. One
 * that it does not name is who it was when last named. NULL: the text has no such party. */
const struct row_party *party_named(const struct view_contract *contract, uint32_t text, struct slice name, uint64_t seq);
/* The same of the party at a place of the text. */
const struct row_party *party_at(const struct view_contract *contract, uint32_t text, uint32_t place, uint64_t seq);
bool view_is_party(const struct view_contract *contract, struct slice actor);   /* of the newest text in force */
bool view_was_party(const struct view_contract *contract, struct slice actor);  /* of any that is or was in force */
bool view_has_signed(const struct view_contract *contract, struct slice actor); /* any of its texts, or joined */
/* Or of an amendment that waits for signatures. */
bool view_may_be_party(const struct view_contract *contract, struct slice actor);
/* Who joined a class of parties before entry seq; NULL: the actor did not. */
const struct row_accession *view_accession(const struct view_contract *contract, struct slice class_name,
                                           struct slice actor, uint64_t seq);
uint32_t accession_count(const struct view_contract *contract, struct slice class_name);
bool view_has_acceded(const struct view_contract *contract, struct slice actor); /* to any class */
/* The class whose members are those of the dimension; NULL: it is of none. */
const struct terms_class *class_of_dimension(const struct terms *terms, uint32_t dimension);
/* The newest result of the key with this hash; NULL: there is none. */
const struct view_result_key *view_newest(const struct model *model, const uint8_t sha256[32]);

bool view_is_erased(const struct model *model, uint64_t seq); /* the body of this entry */

/* ---- results that are not open (reading.c) ---- */
bool result_is_open(const struct row_result *row);
bool result_is_public(
    const struct row_result *row); /* it is open, and has not been erased: what is said of it is for everybody */
/* It is open, or for this contract. */
bool result_counts_in(const struct row_result *row, struct slice contract);

/* ---- what was looked up ---- */
bool known_holds(const struct model *model, enum need_kind kind, struct slice name, uint64_t number); /* counts as a use */
MUST_CHECK enum tally_code known_mark(struct model *model, enum need_kind kind, struct slice name, uint64_t number,
                                      struct err *err);
void known_break(struct model *model, enum need_kind kind, struct slice name, uint64_t number);
#define RESULT_KEY_MAX (16u * 1024u) /* 32 dimensions of two times 64 characters and two identities are under 5 KiB */
/* The text of model_result_key. */
void result_key_write(struct slice indicator, uint32_t version, struct slice contract, struct slice metric,
                      struct slice dimensions, struct slice author, struct buf *out);
MUST_CHECK enum tally_code result_key_mark(struct model *model, struct slice key, struct view_result_key **out,
                                           struct err *err);
/* That it exists and replaces what it replaces, and no more. */
MUST_CHECK enum tally_code result_note(struct model *model, const struct row_result *row, struct err *err);
bool result_key_holds(const struct model *model, struct slice key);

/* The contract's object, made empty when it is not there, with its first text: its parts may be loaded before its row. */
MUST_CHECK enum tally_code contract_make(struct model *model, struct slice id, struct view_contract **out, struct err *err);

/* ---- letting go ---- */
void contract_drop(struct model *model, struct view_contract *contract); /* removes and frees */
void uses_free(struct model *model, struct view_uses *uses);
void version_free(struct model *model, struct view_version *version);
void submission_free(struct model *model, struct view_submission *submission);
void view_clear(struct model *model);
void view_next_again(struct model *model); /* model->next anew */

/* ---- compiled terms (terms_cache.c) ---- */
MUST_CHECK enum tally_code terms_cache_new(size_t bytes_max, struct terms_cache **out, struct err *err);
void terms_cache_free(struct terms_cache *cache);
size_t terms_cache_bytes(const struct terms_cache *cache);
/* Compiles the contract's texts, into texts[].terms; *out is that of the newest in force. Valid until the second next call. A text that
 * does not compile any more is TALLY_E_INTEGRITY. */
MUST_CHECK enum tally_code terms_of(const struct model *model, const struct view_contract *contract,
                                    const struct terms **out, struct err *err);
/* The same, and that of an amendment, into amendment->terms. */
MUST_CHECK enum tally_code terms_with(const struct model *model, const struct view_contract *contract,
                                      struct view_text *amendment, const struct terms **out, struct err *err);

/* A text that is pinned stays, as often as it is pinned. */
void terms_pin(const struct model *model, const struct terms *terms);
void terms_unpin(const struct model *model, const struct terms *terms);

/* ---- sessions of the engine (followed.c) ---- */
struct followed;
struct followed_limits {
    uint32_t count_max; /* the least recently used goes: each takes some ten KiB at least */
    size_t bytes_max;
};
MUST_CHECK enum tally_code followed_new(const struct followed_limits *limits, struct followed **out, struct err *err);
void followed_free(const struct model *model);
size_t followed_bytes(const struct followed *followed);
void followed_clear(const struct model *model); /* but those of contracts that last */
void followed_drop(const struct model *model, const struct view_contract *contract);
/* A decision begins; what an earlier one that never became part of the state was fed with is dropped. Its number. */
uint64_t followed_begin(const struct model *model);
void followed_settle(const struct model *model, uint64_t decision); /* it has become part of the state */

/* ---- which results fit (fit.c) ---- */
/* The contract's fits at the metric and key of another; NULL: there is none, or no more. */
const struct fit *fit_first(const struct view_contract *contract, const struct fit *like);
const struct fit *fit_next(const struct view_contract *contract, const struct fit *fit);
/* Those of one statement; NULL: there is none, or no more. */
const struct fit *fit_first_of(const struct view_contract *contract, uint64_t seq);
const struct fit *fit_next_of(const struct view_contract *contract, const struct fit *fit);
/* All of NEED_CONTRACT is there: finds the series of its metrics. */
MUST_CHECK enum tally_code contract_complete(struct model *model, struct view_contract *contract, struct err *err);
/* The contract is complete, and terms_of was called: contract->fits holds all of the view's results that fit. How many of them were new
 * leaves no trace in a decision: what it takes is the model's scratch, which must be empty. */
MUST_CHECK enum tally_code fits_update(const struct model *model, struct view_contract *contract, struct err *err);
/* Does it fit a metric of text number `text`, for any party that its author was? The caller has matched indicator and version, or
 * contract and metric. */
MUST_CHECK enum tally_code fit_one(const struct model *model, const struct view_contract *contract, uint32_t text,
                                   uint32_t metric, const struct view_result *result, struct arena *arena, bool *fits,
                                   struct slice *key, struct slice *why, struct err *err);
/* Is it this text that says who reports its metric, at an entry? A later one that has the metric does from when it is in force. */
bool fit_governs(const struct view_contract *contract, uint32_t text, uint32_t metric, uint64_t seq);
/* Does the actor report what the result is of, for that metric, at an entry? */
bool fit_reports(const struct view_contract *contract, uint32_t text, uint32_t metric, const struct view_result *result,
                 struct slice actor, uint64_t seq);
/* Who reported `of` was its reporter then, and is so no more at the entry: the actor `to` is. */
bool fit_handed_over(const struct view_contract *contract, uint32_t text, uint32_t metric, const struct view_result *of,
                     struct slice to, uint64_t seq);
/* When its chain began, which says whether it was in time; what restates a former reporter's goes back to when that began. */
struct instant fit_submitted(const struct model *model, const struct view_contract *contract, uint32_t text,
                             uint32_t metric, const struct view_result *result);
/* The same for a result of the view, or of the decision on its way. A withdrawal says no value of its own: it fits where a result of its
 * chain does. */
MUST_CHECK enum tally_code fit_chain(const struct model *model, const struct view_contract *contract, uint32_t text,
                                     uint32_t metric, const struct view_result *result, struct arena *arena, bool *fits,
                                     struct slice *key, struct slice *why, struct err *err);
/* The metric by whose policy a result becomes final wherever it fits in the contract (who verifies, how many days): of the newest text that
 * was in force when it was submitted and that it fits; of those of one text, the one of the fit's name, otherwise the first. */
MUST_CHECK enum tally_code fit_policy(const struct model *model, const struct view_contract *contract,
                                      const struct fit *fit, uint32_t *text, uint32_t *metric, struct err *err);
/* Is the result one of this metric's indicator and version, or of this figure? */
bool fit_is_source(const struct view_contract *contract, const struct terms_metric *metric, const struct row_result *row);
void dimensions_write(const struct command_result *result, struct buf *out); /* as canonical JSON */
/* The dimensions of a canonical JSON object of strings, borrowed from it; TALLY_E_INTEGRITY when it is not one. */
MUST_CHECK enum tally_code dimensions_count(struct slice json, uint32_t *count, struct err *err);
void dimensions_read(struct slice json, struct terms_dimension_value *out); /* counted before */

#endif
