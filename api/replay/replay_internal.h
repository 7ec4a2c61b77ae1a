/* Private to api/replay. */
#ifndef TALLY_REPLAY_INTERNAL_H
#define TALLY_REPLAY_INTERNAL_H

#include <inttypes.h>

#include "tally/buf.h"
#include "tally/command.h"
#include "tally/model.h"
#include "tally/replay.h"
#include "tally/residue.h"
#include "tally/text.h"

/* ---- names.c: what is remembered of contracts and actors ---- */
enum name_kind { NAME_CONTRACT, NAME_ACTOR };

struct name {
    enum name_kind kind;
    struct slice text; /* of its own */
    uint32_t told;     /* findings about it */
    bool is_unsure;    /* a contract that cannot be recomputed; an actor who said what cannot be seen */
    bool is_veiled;    /* an actor some of whose results are for others only */
    bool has_disputed; /* an actor: results that are not open, or has decided on them, where that cannot be seen */
    uint32_t looked;   /* a contract: last in this look behind veils */
    bool has_signed;   /* an actor: contracts, and which ones cannot be seen */
    uint64_t since;    /* of what entry on */
    uint64_t signed_since;
};

struct names {
    struct name **slots;
    size_t cap, count;
};

void names_release(struct names *names); /* zeroed: empty */
struct name *names_find(const struct names *names, enum name_kind kind, struct slice text);
MUST_CHECK enum tally_code names_add(struct names *names, enum name_kind kind, struct slice text, struct name **out,
                                     struct err *err);
struct name *names_next(const struct names *names, size_t *at); /* begin with 0; NULL at the end */

/* ---- voids.c: entries that have no effect here, in rising order ---- */
enum void_kind { VOID_WRONG = 1, VOID_UNSEEN = 2 };
struct void_entry {
    uint64_t seq;
    enum void_kind kind;
};
struct void_list {
    struct void_entry *items;
    size_t count, cap;
};
void void_list_release(struct void_list *list);
MUST_CHECK enum tally_code void_list_add(struct void_list *list, uint64_t seq, enum void_kind kind, struct err *err);
/* 0: it is none of them. */
int void_list_find(const struct void_list *list, uint64_t seq);

/* ---- erased.c ---- */
struct kept_residue { /* a body of residue.kept */
    uint64_t entry;
    char *text;
    size_t len;
};
struct erased_entry { /* as its header says */
    uint64_t seq;
    enum entry_type type;
    bool open;
    char author[65];
    size_t author_len;
};
struct erasures {
    struct kept_residue *residues; /* of the whole archive */
    size_t residue_count, residue_cap;
    bool is_sorted;
    struct erased_entry *passed; /* so far, in rising order */
    size_t passed_count, passed_cap;
};
void erasures_release(struct erasures *erasures);

/* ---- the cause of the entries that follow it: a statement or a moment ---- */
enum cause_kind { CAUSE_NONE, CAUSE_STATEMENT, CAUSE_MOMENT, CAUSE_VOID };
struct withheld {
    uint64_t seq;
    enum entry_type type;
};

struct cause {
    enum cause_kind kind;
    enum void_kind why; /* CAUSE_VOID */
    struct model_place place;
    struct digest hash;
    struct command command;
    bool has_command;
    struct decision decision;
    uint64_t *numbers;         /* of the decision's events: at first those that it gave them */
    uint32_t at;               /* events before this one have been found, or told to be missing */
    bool is_renumbered;        /* some do not have the number that the decision gave them */
    struct withheld *withheld; /* entries among them whose bodies are; whose they are is not known yet */
    uint32_t withheld_count, withheld_cap;
};

struct late_moment { /* told to be missing; it may stand further behind */
    struct slice contract, moment;
    char *text; /* both */
};

enum family { FAMILY_KEYS = 1, FAMILY_INDICATORS = 2, FAMILY_CONTRACTS = 4, FAMILY_RESULTS = 8, FAMILY_SIGNATURES = 16 };

struct replay {
    struct replay_options options;
    struct replay_report report;
    struct model *model;
    struct arena *arena; /* of the cause */
    struct cause cause;
    struct names names;
    struct void_list voids;
    struct erasures erasures;
    struct late_moment *late;
    size_t late_count, late_cap;
    bool has_veiled;
    uint32_t looks;           /* behind veils, so far */
    uint64_t unseen_proposal; /* the first, when there is one among unseen_families */
    unsigned unseen_families; /* of statements whose bodies are not there */
    bool has_batch, batch_has_statement;
    struct instant batch_time; /* all entries that were recorded together have one time */
    struct slice origin;
    char origin_text[128];

    /* for the call */
    struct verifier *verifier;
    struct err *err;
};

/* ---- erased.c, again ---- */
/* What is left of the entry's body; in the arena. */
MUST_CHECK enum tally_code erasures_find(struct replay *r, uint64_t seq, enum entry_type type, struct residue *out,
                                         bool *has);
/* Remembers the entry if its body was erased. */
MUST_CHECK enum tally_code erasures_pass(struct replay *r, const struct verify_entry *entry);
const struct erased_entry *erasures_passed(const struct erasures *erasures, uint64_t seq); /* NULL: its body is there */

/* ---- doubt.c ---- */
/* A finding about a contract or, where none is named, an actor: told, or counted when enough was told. */
MUST_CHECK enum tally_code replay_found(struct replay *r, enum finding_code code, uint64_t seq, enum name_kind kind,
                                        struct slice about, const struct buf *detail);
bool replay_is_unsure(const struct replay *r, struct slice contract);
/* The same where something differs in the contract: it may be for what cannot be seen, and then it is not checked from here on. */
MUST_CHECK enum tally_code replay_doubt(struct replay *r, struct slice contract, bool *is_unsure);
/* The same of what is recorded of a contract: it may be one whose proposal could not be seen. */
MUST_CHECK enum tally_code replay_doubt_recorded(struct replay *r, struct slice contract, bool *is_unsure);
/* Who has joined a contract, or is to be a party by an amendment, sees its text and not who signed it before: it is not in force here. This looks
 * whether it is so of the actor's contracts that are not open, which are not checked then. *yes: of any. */
MUST_CHECK enum tally_code replay_doubt_of_actor(struct replay *r, struct slice actor, bool *yes);
/* From this entry on the contract, if there is one, cannot be recomputed. */
MUST_CHECK enum tally_code replay_unsure(struct replay *r, struct slice contract, uint64_t seq);
/* The same for one whose proposal cannot be checked, and that the model does not have. */
MUST_CHECK enum tally_code replay_unsure_name(struct replay *r, struct slice contract, uint64_t seq);
/* Does it propose a text that uses what is not known, when proposals of contracts could not be seen? */
bool replay_uses_unseen(const struct replay *r, const struct command *command);
/* The statement has an effect that cannot be seen: whatever its author is a party of cannot be recomputed. */
MUST_CHECK enum tally_code replay_unseen(struct replay *r, const struct verify_entry *entry, enum entry_type type);
/* A contract has been proposed, or has new parties. */
MUST_CHECK enum tally_code replay_joined(struct replay *r, struct slice contract);
/* Does what the statement names stand in a contract that cannot be recomputed? How it stands there is not known either. */
MUST_CHECK enum tally_code replay_rests_on_unsure(struct replay *r, struct slice actor, const struct command *command,
                                                  bool *yes);
/* Is this the refusal of a statement that names what could not be seen, or builds on what its author said before? */
bool replay_is_excused(const struct replay *r, struct slice actor, const struct refusal *refusal);

/* ---- cause.c ---- */
void cause_clear(struct replay *r);
/* The statement's decision, or that of the earliest moment that is due. */
MUST_CHECK enum tally_code cause_decided(struct replay *r, enum cause_kind kind, const struct model_place *place);
MUST_CHECK enum tally_code cause_void(struct replay *r, const struct verify_entry *entry, enum void_kind why);
/* Event i is not recorded. */
MUST_CHECK enum tally_code cause_missing(struct replay *r, uint32_t i);
/* An entry of the service's own, moments aside. */
MUST_CHECK enum tally_code cause_event(struct replay *r, const struct verify_entry *entry);
/* What has not come is missing; the state moves on. */
MUST_CHECK enum tally_code cause_end(struct replay *r);

/* ---- moment.c ---- */
/* Before the first statement of its time nothing may be due. */
MUST_CHECK enum tally_code moments_before(struct replay *r, const struct verify_entry *entry);
MUST_CHECK enum tally_code moment_entry(struct replay *r, const struct verify_entry *entry);

/* ---- statement.c ---- */
MUST_CHECK enum tally_code statement_entry(struct replay *r, const struct verify_entry *entry);

/* ---- words.c: members of bodies, and what to call an entry ---- */
/* A member at the top of a JSON object, as it is written; false when it is not there. For any bytes. */
bool body_member(struct slice body, const char *name, struct slice *value);
/* A string's inside, with its escapes; empty when it is not there or no string. */
struct slice body_text(struct slice body, const char *name);
/* "payment of USD 100.00 by rule success of rikers-able" */
void words_entry(struct buf *out, struct slice type, struct slice body);
/* How the recorded body differs from the recomputed one. */
void words_difference(struct buf *out, struct slice type, struct slice recorded, struct slice wanted);
#define WORDS_MAX 1024 /* more than a finding shows */

#endif
