/* The rows of the domain's state: one struct for each table of sql/migrations (schema outcomes). A decision changes the state
 * by a list of rows (struct changes) and in no other way: the model takes them into its view, the store writes them into the
 * tables, and loading gives the same rows back. Slices are borrowed from whoever made the row. */
#ifndef TALLY_ROWS_H
#define TALLY_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/instant.h"
#include "tally/slice.h"

#define ROW_NO_SEQ UINT64_MAX /* an entry that does not exist (yet) */

struct row_actor {
    struct slice id, kind, name; /* kind: person, organisation, patch */
    bool is_operator, is_backbone;
    struct slice registered_by; /* "" for the first operator */
    uint64_t seq;
};

struct row_key {
    struct slice kid, actor, x;
    uint64_t added_seq, revoked_seq; /* revoked_seq ROW_NO_SEQ while valid */
};

struct row_indicator {
    struct slice slug;
    uint32_t version;
    uint64_t seq;
    uint8_t entry[32];                                     /* hash of that entry */
    struct slice name, definition, unit, kind, defined_by; /* kind: output, outcome */
    bool lower_is_better;
};

enum contract_state { CONTRACT_PROPOSED, CONTRACT_IN_FORCE, CONTRACT_CLOSED };

struct row_contract {
    struct slice id, slug, title, text, proposed_by;
    uint32_t version;
    uint8_t version_hash[32], terms_hash[32];
    struct slice manifest; /* the JSON whose hash the version is */
    bool open;
    uint64_t seq, activated_seq; /* activated_seq ROW_NO_SEQ until it is in force */
    enum contract_state state;
    struct instant next_moment; /* INT64_MAX us: none */
    bool is_full;               /* an open dimension had all its members (S7) when it was evaluated last */
    uint64_t next_first;        /* the next place in the order of first amounts, from 1 */
};

struct row_party {
    struct slice contract, party, role, label, actor, kid;
    uint32_t place;      /* in the text, from 0 */
    uint64_t signed_seq; /* ROW_NO_SEQ until signed */
};

/* That an actor has joined a class of parties, under the name by which keys call it: its id. */
struct row_accession {
    struct slice contract, class_name, actor, kid;
    uint64_t seq; /* of contract.acceded */
};

/* A text that amends the one before it (language.md V); the first is in row_contract. */
struct row_amendment {
    struct slice contract;
    uint64_t seq;     /* of contract.amendment_proposed */
    uint32_t version; /* 2, 3, ...: of two that amend the same text one can come into force */
    struct slice title, text, manifest, proposed_by;
    uint8_t version_hash[32], terms_hash[32];
    uint64_t in_force_seq; /* of contract.amended; ROW_NO_SEQ until then */
};

/* Who signs an amendment: the parties of its text by their place in it, and behind them those who sign for the text that it amends alone:
 * its parties that are no longer the same, and members of its classes, once they have signed. */
struct row_signer {
    struct row_party party;
    uint64_t amendment_seq;
    bool is_leaving;
};

/* That a text uses another contract (language.md U). */
struct row_use {
    struct slice contract;
    uint64_t text_seq;     /* of the entry that proposed the text */
    uint32_t place;        /* of the declaration among those of the text */
    struct slice used;     /* the contract */
    uint32_t used_version; /* of it; as amended: the one that was in force when the text was proposed */
    bool as_amended;
};

enum figure_standing { FIGURE_KNOWN, FIGURE_UNKNOWN, FIGURE_BLOCKED }; /* blocked: for a dispute or a fault there (U6) */

/* A figure of another contract, as a metric of this one sees it at a key: what the other's last evaluation gave (U1, T5). */
struct row_figure {
    struct slice contract, metric, key;
    uint64_t version; /* of the contract's terms whose metric it is, from 1 */
    enum figure_standing standing;
    struct slice value, reason; /* known: as engine_value writes it; otherwise why not */
    bool was_known;             /* at the end of `until`, or so far (U4) */
    bool has_closed;            /* where it comes from, directly or not, results count that are not open */
};

/* Which contracts use an indicator: one for each metric that names it. */
struct row_metric {
    struct slice contract, metric;
    uint64_t text_seq; /* of the entry that proposed the text */
    uint32_t place;
    struct slice indicator; /* "" for a figure of the contract alone */
    uint32_t indicator_version;
};

struct row_result {
    uint64_t seq;
    uint32_t item; /* place in its statement, from 0 */
    struct slice indicator;
    uint32_t version;
    struct slice contract, metric; /* of a figure; then indicator is "" and version 0 */
    struct slice dimensions;       /* canonical JSON object, name to member */
    struct slice value, author;    /* a withdrawal has the value that it withdraws */
    struct instant time;
    bool is_set, is_withdrawal;
    /* The result that it restates or withdraws; ROW_NO_SEQ: none. Its author's own: the one before it of its chain (S2); one of a former
     * reporter's: it begins a chain */
    uint64_t of_seq;
    uint32_t of_item;
    uint64_t first_seq; /* the first of its chain, which gives the day of submission; itself when it is that */
    uint32_t first_item;
    struct instant first_time;
    /* Not open: the contracts that it is for, ",able,housing,"; it counts in them alone. Empty: in every contract */
    struct slice only_in;
    /* It was open until its body, or that of a result that it replaces, was erased: it counts on, and nobody reads it but its author and who has a
     * metric of it. Loaded; the tables come to it by themselves */
    bool is_erased;
    uint64_t
        prev_seq; /* the result of its key before it, replaced or withdrawn; 0: none. Of two with the same one could not be true */
};

struct row_verification {
    uint64_t result_seq;
    uint32_t item;
    struct slice actor;
    uint64_t seq;
    struct instant time;
};

/* That a result became final for a metric of a contract (S3), or no longer counts there: of those of one chain the newest says
 * what its value is (S5). */
struct row_final {
    struct slice contract, metric, key;
    uint32_t version; /* of the contract's terms whose metric it is, from 1 */
    uint64_t result_seq;
    uint32_t item;
    uint64_t seq;          /* of the result.finalised entry */
    uint64_t first_seq;    /* of the result's chain */
    uint64_t began_seq;    /* the entry in which the first result of the key became final (S7) */
    struct instant time;   /* from when on: of that entry, or of the moment that was reached */
    bool is_none;          /* withdrawn, or annulled by the arbiter: as if nothing had been reported */
    struct slice replaced; /* the arbiter's value in place of the result's; empty: the result's own */
};

/* A party's dispute of one result in one contract (F1), and what became of it (F3). */
struct row_dispute {
    uint64_t seq; /* of result.disputed, which may name several results */
    struct slice contract;
    uint64_t result_seq;
    uint32_t item;
    struct slice actor, reason;  /* the reason stands with the first result of the statement alone */
    struct instant time, lapses; /* lapses: decided by nobody from this moment on; INT64_MAX us: never */
};

enum decision_kind { DECISION_STANDS, DECISION_REPLACED, DECISION_ANNULLED };

struct row_decision {
    uint64_t dispute_seq;
    struct slice contract;
    uint64_t result_seq;
    uint32_t item;
    enum decision_kind kind;
    bool is_lapsed;     /* by nobody: the days for it have passed */
    struct slice value; /* of DECISION_REPLACED, otherwise empty */
    uint64_t seq;       /* of dispute.resolved or moment.reached */
};

/* What is recorded about an instance of a rule (P1, C4, I2). */
struct row_instance {
    struct slice contract, rule, key, stands;
    uint64_t first;
    int32_t day; /* first computed; DAY_NEVER */
};

/* A payment trigger: amount is above zero, from who owes to whom. */
struct row_payment {
    uint64_t seq, itemised_seq,
        cause_seq; /* cause: the statement or moment.reached; the lists are itemised_seq to seq - 1 */
    struct slice contract, rule, from_party, to_party, from_actor, to_actor, currency, amount;
    bool is_owed_back; /* the payee owes the payer */
    uint32_t instances;
    int32_t triggered_on, due_on; /* days */
    struct slice settled;         /* so far: what is settled of it */
};

struct row_payment_item {
    uint64_t payment_seq;
    struct slice key, difference, stands; /* stands: after it */
};

/* How a payment came to its amount, as it was when it was triggered: the bytes whose hash the entry payment.triggered names. */
struct row_explanation {
    uint64_t payment_seq;
    uint8_t hash[32];
    struct slice body;
};

struct row_settlement {
    uint64_t seq, payment_seq;
    struct slice amount, reference, recorded_by;
    int32_t paid_on;
    struct slice contract, rule; /* of the payment, */
    bool is_owed_back;           /* and whether it goes back: found there, and no columns of the settlement's table */
};

/* An entry that is not open, and a contract that it concerns: its parties read the entry's body. */
struct row_concern {
    uint64_t seq;
    struct slice contract;
};

/* That the body of an entry was erased. */
struct row_erasure {
    uint64_t entry;
    uint64_t seq; /* of body.erased; residue.kept is the next */
};

/* What a decision changes. Rows of the first group are new; rows of the second replace the row of the same identity. */
/* clang-format off */
#define CHANGES_LISTS(X)                                                                                    \
    X(actor, actors) X(key, keys) X(indicator, indicators) X(contract, contracts) X(party, parties)         \
    X(metric, metrics) X(result, results) X(concern, concerns) X(verification, verifications) X(final, finals) \
    X(instance, instances) X(payment, payments) X(payment_item, payment_items) X(settlement, settlements) \
    X(dispute, disputes) X(decision, decisions) X(explanation, explanations)                              \
    X(erasure, erasures) X(accession, accessions) X(amendment, amendments) X(signer, signers)  \
    X(use, uses) X(figure, figures)
/* clang-format on */
/* identities: actor id; key kid; indicator (slug, version); contract id; party (contract, party); instance (contract, rule, key);
 * payment seq; amendment seq; signer (amendment_seq, place); figure (contract, version, metric, key). A key, contract, party, instance,
 * payment, amendment, signer or figure may occur
 * again to be replaced; all others only once. */

struct changes {
#define X(type, list)                                                                                                      \
    struct row_##type *list;                                                                                               \
    uint32_t list##_count;
    CHANGES_LISTS(X)
#undef X
};

#endif
