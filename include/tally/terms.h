/* A compiled text: parsed, checked, ready to be asked about and evaluated (language.md sections 3 to 5, 8). Immutable once
 * compiled; any number of threads may read it. Names, labels and members are slices that live as long as it does. */
#ifndef TALLY_TERMS_H
#define TALLY_TERMS_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/ast.h"
#include "tally/buf.h"
#include "tally/diag.h"
#include "tally/err.h"
#include "tally/slice.h"

struct terms;

/* Compiles a copy of source. With errors *out is NULL and diags tells them; warnings may stand beside a *out. TALLY_OK in
 * both cases; any other return is ours. diags lies in the caller's arena. */
MUST_CHECK enum tally_code terms_compile(struct slice source, struct diags *diags, struct terms **out, struct err *err);
void terms_free(struct terms *terms);           /* NULL is fine */
size_t terms_memory(const struct terms *terms); /* bytes held, for caches */
/* What one evaluation takes at most, when everything is reported that may be: the larger of the engine's own memory and of what it is
 * given and answers, about (numbers of more than 64 bits take more). UINT64_MAX: more than can be counted. */
uint64_t terms_evaluation_bytes(const struct terms *terms);
/* The same beside other texts of one contract: as many members of an open dimension count by each of them as any of them says, for an
 * amendment may let more count, and what stands keeps its place where it lets fewer. UINT64_MAX also when it breaks a limit of K4 then. */
MUST_CHECK enum tally_code terms_bytes_among(const struct terms *terms, const struct terms *const *others, size_t count,
                                             uint64_t *bytes, struct err *err);

/* The one layout of source (its text is what may be proposed). Needs a text without syntax errors. */
MUST_CHECK enum tally_code terms_format(struct slice source, struct diags *diags, struct buf *out, struct err *err);

const struct ast_text *terms_ast(const struct terms *terms);
struct slice terms_source(const struct terms *terms);
struct slice terms_slug(const struct terms *terms);
struct slice terms_title(const struct terms *terms);
int terms_clock_minutes(const struct terms *terms);
int32_t terms_closes(const struct terms *terms); /* DAY_NEVER without */

/* ---- parties, in the order of the text ---- */
struct terms_party {
    struct slice name, label;
    enum ast_role role;
};
uint32_t terms_party_count(const struct terms *terms);
const struct terms_party *terms_party(const struct terms *terms, uint32_t i);
const char *terms_role_text(enum ast_role role); /* "outcome payer" */
#define TERMS_NONE UINT32_MAX
/* A class of parties that others join. It is also an open dimension, whose members are its parties; where a rule pays it or a metric is
 * reported by it, it stands in the place of a party (behind terms_party_count), and the instance's or result's own member is meant. */
struct terms_class {
    struct slice name;
    uint32_t dimension;
    uint32_t at_most;
    int32_t join_until; /* DAY_NEVER without */
};
uint32_t terms_class_count(const struct terms *terms);
const struct terms_class *terms_class(const struct terms *terms, uint32_t i);
uint32_t terms_find_party(const struct terms *terms, struct slice name); /* TERMS_NONE when there is none */
/* Would the contract be in force if just these parties (by index) had signed? Of classes nobody has joined. */
bool terms_in_force(const struct terms *terms, const bool *has_signed);
struct terms_joined { /* of a class */
    uint32_t joined, has_signed;
};
/* The same with classes, by index: `2/3 of facility` are two thirds of those who have joined, one at least. */
bool terms_in_force_with(const struct terms *terms, const bool *has_signed, const struct terms_joined *classes);
/* V1: would a text that amends this one be in force, if just these of this one's parties had signed it? By `amended when`. */
bool terms_amended_with(const struct terms *terms, const bool *has_signed, const struct terms_joined *classes);
/* One more signature of this party, or of a member of this class, would bring that nearer: one of its signers has too few. No party and no class
 * is wanted exactly when terms_amended_with. */
bool terms_amendment_wants(const struct terms *terms, uint32_t party, const bool *has_signed,
                           const struct terms_joined *classes);
bool terms_amendment_wants_class(const struct terms *terms, uint32_t party_class, const bool *has_signed,
                                 const struct terms_joined *classes);

/* ---- dimensions ---- */
enum terms_dimension_kind { TERMS_LIST, TERMS_RANGE, TERMS_PERIOD, TERMS_OPEN, TERMS_PERSONS };
struct terms_dimension {
    struct slice name;
    enum terms_dimension_kind kind;
    uint32_t member_count;       /* closed ones */
    const struct slice *members; /* as results write them: name, number, "2016-01-01/2016-03-31" */
    const struct slice *labels;  /* of list members, may be empty */
    uint32_t at_most;            /* open ones */
};
uint32_t terms_dimension_count(const struct terms *terms);
const struct terms_dimension *terms_dimension(const struct terms *terms, uint32_t i);
/* A person is named by 22 (128 random bits in base64url) to 64 characters A-Z a-z 0-9 . _ : -; 64 is what a member of an open dimension may have,
 * too (section 4). */
#define TERMS_PSEUDONYM_MIN 22
#define TERMS_PSEUDONYM_MAX 64
bool terms_is_pseudonym(struct slice member);
/* The member of a period in which the day lies; TERMS_NONE outside. */
uint32_t terms_member_of_day(const struct terms *terms, uint32_t dimension, int32_t day);

/* ---- metrics ---- */
struct terms_metric {
    struct slice name;
    enum ast_source_kind source;
    struct slice slug; /* indicator */
    uint32_t version;  /* of the indicator */
    struct slice text; /* a figure of this contract alone */
    struct slice unit; /* as written: "days per person", "percent", "true or false", "USD", a dimension's name */
    uint32_t by_count;
    const uint32_t *by; /* dimensions of its key, in the order of `by` */
    uint32_t where_count;
    const struct terms_where {
        uint32_t dimension;
        struct slice member;
    } * where;
    uint32_t reporters[2], reporter_count; /* parties; 0: anybody. A class: the member that the result names reports */
    uint32_t verifier_count, quorum;       /* quorum of them needed; 0 verifiers: final when submitted */
    const uint32_t *verifiers;
    struct slice of; /* AST_SOURCE_USED: the figure; AST_SOURCE_SETTLEMENTS: the rule */
    uint32_t use;    /* AST_SOURCE_USED: which contract */
    bool has_days;   /* silence, or days after a verification, may make a result final by the clock (terms_final_day) */
};

/* ---- contracts that it uses ---- */
struct terms_use {
    struct slice name, hash; /* 64 hex digits: of the text that is used */
    bool as_amended;
};
uint32_t terms_use_count(const struct terms *terms);
const struct terms_use *terms_use(const struct terms *terms, uint32_t i);
uint32_t terms_metric_count(const struct terms *terms);
const struct terms_metric *terms_metric(const struct terms *terms, uint32_t i);
uint32_t terms_find_metric(const struct terms *terms, struct slice name);

/* ---- the days by which a result's standing changes; N days after a day have passed from the first moment of the day after them ---- */
/* S3: the day from whose first moment a result is final for the metric, or with `verified` itself from that verification on.
 * submitted: its own day of submission; verified: the day of the last verification that was asked for (submitted without
 * `verified by`), DAY_NEVER when one is missing. DAY_NEVER: not by the clock. An open dispute holds it back (F1). */
int32_t terms_final_day(const struct terms *terms, uint32_t metric, int32_t submitted, int32_t verified);
/* F1: the last day on which a result that was final on `final` may be disputed; DAY_MIN: none. */
int32_t terms_dispute_day(const struct terms *terms, uint32_t metric, int32_t final);
/* F3: who decides disputes (a party); TERMS_NONE when the text names nobody. */
uint32_t terms_arbiter(const struct terms *terms);
bool terms_disputes_fall(const struct terms *terms); /* otherwise falls */
/* F3: the day from whose first moment nobody has decided in time what was disputed on `disputed`; DAY_NEVER: never. */
int32_t terms_lapse_day(const struct terms *terms, int32_t disputed);

/* ---- pay rules ---- */
struct terms_rule {
    struct slice name;
    uint32_t payer, payee; /* parties; a class, or a dimension whose members are parties, stands behind terms_party_count */
    uint32_t payer_dimension,
        payee_dimension; /* of the instance's key: the member is the party; TERMS_NONE: the party itself */
    uint32_t each_count;
    const uint32_t *each;  /* dimensions of the instance's key */
    struct slice currency; /* "USD" */
    struct slice smallest; /* "0.01" */
    bool has_due, due_in_months;
    uint32_t due;
    struct span span;          /* in the text */
    struct slice due_calendar; /* whose days `due` counts; empty: every day */
};
uint32_t terms_rule_count(const struct terms *terms);
const struct terms_rule *terms_rule(const struct terms *terms, uint32_t i);
uint32_t terms_find_rule(const struct terms *terms, struct slice name);
/* Its instances are for each of persons: what lists them names persons (P2). */
bool terms_names_persons(const struct terms *terms, uint32_t rule);
/* The day on which what was triggered on `day` is due: `due N days|months after`, or that day. */
int32_t terms_due_day(const struct terms *terms, uint32_t rule, int32_t day);

/* ---- which results count (S1) ---- */
struct terms_dimension_value {
    struct slice name, member; /* as the result writes them */
};
struct terms_candidate { /* a result as reported */
    const struct terms_dimension_value *dimensions;
    uint32_t dimension_count;
    struct slice value;  /* "90", "60%", "2016-03-01", "true", a word */
    uint32_t reporter;   /* the party that its author is, or TERMS_NONE */
    bool is_reporter;    /* its author reports the metric, whichever party it is: another text has said so */
    struct slice member; /* of a class: which member its author is; empty: of none */
    int32_t submitted;   /* day, at the contract's clock, of the first result of its chain */
};
/* The last day on which a first result of that key (as terms_fit gives it) may be submitted; DAY_NEVER: any day. */
int32_t terms_until(const struct terms *terms, uint32_t metric, struct slice key);
/* Is its author one of those who report the metric? For a class: the member that it names. */
bool terms_reports(const struct terms *terms, uint32_t metric, const struct terms_candidate *candidate);
/* Does it fit metric i, apart from indicator and version, which the caller has matched? key (members joined by "|" in the
 * order of `by`, "" without dimensions) is set when it does; otherwise why says in words what does not fit. Both in the arena. */
MUST_CHECK enum tally_code terms_fit(const struct terms *terms, uint32_t metric, const struct terms_candidate *candidate,
                                     struct arena *arena, bool *fits, struct slice *key, struct slice *why,
                                     struct err *err);

#endif
