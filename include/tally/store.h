/* The domain's state in PostgreSQL (schema outcomes, sql/migrations/0002_outcomes.sql): loads into a model what decisions need,
 * projects what they changed, and answers reads as JSON. The tables are projections: everything in them follows from the
 * ledger. Knows nothing of the ledger's own tables.
 *
 * Errors are those of pg.h, TALLY_E_NO_MEMORY, TALLY_E_LIMIT (arena or buffer is full) and what is said beside a function.
 */
#ifndef TALLY_STORE_H
#define TALLY_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/err.h"
#include "tally/instant.h"
#include "tally/model.h"
#include "tally/pg.h"
#include "tally/rows.h"
#include "tally/slice.h"

/* ---- the write side: one thread at a time, the sequencer's (or, for a preview, a worker's own model and store) ---- */

struct store;

/* A store in front of this model, which must outlive it. */
MUST_CHECK enum tally_code store_new(struct model *model, struct store **out, struct err *err);
void store_free(struct store *store); /* NULL is fine; the model stays */

/* Adds to the OPEN read pipeline (pg_pipeline_begin(pg, false)) one statement for each kind of thing that the model lacks for
 * deciding these commands and the moments due by `now`. *any: something was added; then run the pipeline, call store_take_load and
 * call this again, until nothing is added. What it asks for lies in the arena until store_take_load. is_on_trust: results are not looked up
 * by their key (NEED_RESULT_KEY) but taken to be new; the table's unique index refuses a second one (TALLY_E_CONFLICT). */
MUST_CHECK enum tally_code store_queue_load(struct store *store, struct pg *pg, struct arena *arena,
                                            const struct command *const *commands, size_t count, struct instant now,
                                            bool is_on_trust, bool *any, struct err *err);
/* After pg_pipeline_run said TALLY_OK: the rows go into the model, and each need is marked as looked up. Nothing to do when
 * nothing was queued. If it fails, call model_forget: the view may hold half of something. */
MUST_CHECK enum tally_code store_take_load(struct store *store, struct err *err);

/* The same, whole: opens pipelines on pg until the model holds what these commands need, as it all was at one moment. For previews. Moments
 * that are due are not looked at. pg is in no transaction; so with those below. */
MUST_CHECK enum tally_code store_load(struct store *store, struct pg *pg, struct arena *arena,
                                      const struct command *const *commands, size_t count, struct err *err);
/* Loads one contract whole (NEED_CONTRACT), for its state and for explanations. An id that does not exist is no error. */
MUST_CHECK enum tally_code store_load_contract(struct store *store, struct pg *pg, struct arena *arena, struct slice id,
                                               struct err *err);

/* Loads who is a party of one contract, and who signs its amendments: all that model_amendment_lacks asks for. */
MUST_CHECK enum tally_code store_load_parties(struct store *store, struct pg *pg, struct arena *arena, struct slice id,
                                              struct err *err);

/* Loads the results of one statement with all that model_fits asks for. */
MUST_CHECK enum tally_code store_load_result(struct store *store, struct pg *pg, struct arena *arena, uint64_t seq,
                                             struct err *err);

/* Remembers (copies) what a decision changed, for store_project. seq: of its first entry (the statement's, or moment.reached).
 * Of a row that is replaced, the last one since the last settle counts. */
MUST_CHECK enum tally_code store_record(struct store *store, uint64_t seq, const struct changes *changes, struct err *err);
/* Adds to the open transaction's pipeline one INSERT for each table that something recorded since the last settle goes to: at most
 * STORE_PROJECT_STATEMENTS_MAX statements. The parameters lie in the arena until the pipeline ran. */
#define STORE_PROJECT_STATEMENTS_MAX 23
MUST_CHECK enum tally_code store_project(struct store *store, struct pg *pg, struct arena *arena, struct err *err);
/* The batch is committed, or was dropped: forgets what was recorded; when dropped, the model forgets everything too. */
void store_settle(struct store *store, bool is_committed);

/* ---- the read side: any thread with a connection of its own ----
 *
 * `out` is appended to, with one JSON value; nothing is appended when *found is false or when the database fails. Amounts, values and days are
 * strings, seqs and versions integers, moments YYYY-MM-DDThh:mm:ss.ffffffZ; what does not exist (yet) is null.
 *
 * A list is {"items":[...],"next":CURSOR or null}. A cursor is base64url and opaque; a malformed one, or one of another list, is
 * TALLY_E_MALFORMED (400). Order: by id, (id, version), (seq, item), seq, place or key, ascending; a page never repeats or skips a row
 * that existed when the first page was read. With filters a page may hold fewer items than its limit, or none, and have a next one all the same: it ends
 * when 1,000 rows have been looked at.
 *
 * What the reader may not see does not exist for it: no row in a list, and not found (contracts/README.md, Who may read what). */
#define STORE_LIMIT_DEFAULT 100
#define STORE_LIMIT_MAX 1000 /* a page of results is then about 400 KB */
#define STORE_NOW UINT64_MAX /* as_of: everything recorded */

struct store_page {
    struct slice cursor; /* "next" of the page before; empty: from the beginning */
    uint32_t limit;      /* 1..STORE_LIMIT_MAX (ENSUREd); the caller has refused others */
    struct slice reader; /* who asks: an actor whose token was checked, or empty for nobody in particular */
};

/* {"id","kind","name","operator":bool,"registered_by","roles":["backbone"],"seq"} */
MUST_CHECK enum tally_code store_read_actor(struct pg *pg, struct slice id, struct buf *out, bool *found, struct err *err);
MUST_CHECK enum tally_code store_list_actors(struct pg *pg, const struct store_page *page, struct buf *out,
                                             struct err *err);
/* Items {"actor","added_seq","jwk":{"crv":"Ed25519","kty":"OKP","x"},"kid","revoked_seq"}; *found: the actor exists. */
MUST_CHECK enum tally_code store_list_keys(struct pg *pg, struct slice actor, const struct store_page *page,
                                           struct buf *out, bool *found, struct err *err);

/* Items {"defined_by","definition","direction":"higher|lower","entry":"<hex>","id","kind","name","seq","unit","version"}, each version one. */
MUST_CHECK enum tally_code store_list_indicators(struct pg *pg, const struct store_page *page, struct buf *out,
                                                 struct err *err);
/* All versions of one, ascending: {"items":[as above],"next":null}. */
MUST_CHECK enum tally_code store_read_indicator(struct pg *pg, struct slice id, struct buf *out, bool *found,
                                                struct err *err);

/* Items {"activated_seq","closed_seq","id","open","proposed_by","seq","state":"proposed|in_force|closed","title","version":"<hex>"}.
 * actor: only those that it is a party of; empty: all. */
MUST_CHECK enum tally_code store_list_contracts(struct pg *pg, struct slice actor, const struct store_page *page,
                                                struct buf *out, struct err *err);
/* {"activated_seq","amendments_open","closed_seq","id","manifest":{...},"metrics":[{"indicator","metric","version"}] (both null for a
 * figure), "next_moment","open","parties":[{"actor","kid","label","party","role","signed_seq"}],"proposed_by","seq","slug","state",
 * "terms":"<hex of the text's hash>","title","version":"<hex that a party signs>","version_number","versions":[{"in_force_seq","seq",
 * "terms","version","version_number"}]}, by the text in force; versions are all that are or were, amendments_open how many amendments may
 * still be signed.
 * as_of: as it stood after that entry (not found when proposed later; next_moment is null unless STORE_NOW). */
MUST_CHECK enum tally_code store_read_contract(struct pg *pg, struct slice id, uint64_t as_of, struct slice reader,
                                               struct buf *out, bool *found, struct err *err);
/* Is there such a contract? For lists below it that may be empty. */
MUST_CHECK enum tally_code store_has_contract(struct pg *pg, struct slice id, struct slice reader, bool *found,
                                              struct err *err);
/* The text itself, no JSON. version: the number of one that is or was in force; the hash of a version or of its text in hex, also of one that
 * waits for signatures; empty: the one in force. */
MUST_CHECK enum tally_code store_read_terms(struct pg *pg, struct slice id, struct slice version, struct slice reader,
                                            struct buf *out, bool *found, struct err *err);
/* The texts that amend it, in force or not, in the order of their proposals: items {"in_force_seq","manifest":{...},"proposed_by","seq",
 * "signers":[{"actor","kid","label","leaving":bool,"party","role","signed_seq"}],"state":"proposed|in_force|superseded","terms","title",
 * "version","version_number"}; *found: the contract exists. */
MUST_CHECK enum tally_code store_list_amendments(struct pg *pg, struct slice contract, const struct store_page *page,
                                                 struct buf *out, bool *found, struct err *err);
/* All parties of the text in force in its order, {"actor","kid","label","party","role","signed_seq"}; *found: the contract exists. */
MUST_CHECK enum tally_code store_list_signatures(struct pg *pg, struct slice contract, const struct store_page *page,
                                                 struct buf *out, bool *found, struct err *err);
/* Who joined its classes of parties, in the order of their entries, {"actor","class","kid","seq"}; *found: the contract exists. */
MUST_CHECK enum tally_code store_list_accessions(struct pg *pg, struct slice contract, const struct store_page *page,
                                                 struct buf *out, bool *found, struct err *err);

/* Empty members do not filter. contract: results of the indicators (and versions) that its metrics use, and its figures. */
struct store_result_filter {
    struct slice indicator, contract, author;
    uint32_t version; /* of indicator; 0: every version */
};
/* Items {"author","contract","dimensions":{...},"indicator","item","metric","seq","set":bool,"time","value","version","withdrawal":bool}; contract and
 * metric are null unless it is a figure, indicator and version when it is one. */
MUST_CHECK enum tally_code store_list_results(struct pg *pg, const struct store_result_filter *filter,
                                              const struct store_page *page, struct buf *out, struct err *err);
/* The results of one statement, a page of them: {"author","count","items":[{... as above,
 * "fits":[{"contract","final_seq","key","metric","replaced","standing","state"}],"of":{"item","seq"},"replaced_by":{"item","seq"},
 * "verifications":[{"actor","seq"}]}],"next","seq","set","time"}.
 * fits: each metric of each contract with that indicator and version (or the figure's own); key and final_seq are null until the result is
 * final for it. standing: not final, final (its current value, or `replaced` by the arbiter's), superseded by a later one of its chain,
 * withdrawn (of a withdrawal that is final), disputed, annulled. of: what it restates or withdraws; replaced_by: what does that to it;
 * or null. */
MUST_CHECK enum tally_code store_read_result(struct pg *pg, uint64_t seq, const struct store_page *page, struct buf *out,
                                             bool *found, struct err *err);
/* Items, one for each verifying statement: {"actor","items":[0,2],"seq"}; *found: the result exists. */
MUST_CHECK enum tally_code store_list_verifications(struct pg *pg, uint64_t result_seq, const struct store_page *page,
                                                    struct buf *out, bool *found, struct err *err);

/* Disputes in a contract, or of a statement's results, oldest first: items {"actor","contract","decided","lapses","reason","result_seq",
 * "results","seq","time"}: how many results it names, how many of them are decided, and from when on nobody has decided in time (null:
 * never). *found: the contract, or the result, exists. */
MUST_CHECK enum tally_code store_list_contract_disputes(struct pg *pg, struct slice contract, const struct store_page *page,
                                                        struct buf *out, bool *found, struct err *err);
MUST_CHECK enum tally_code store_list_result_disputes(struct pg *pg, uint64_t result_seq, const struct store_page *page,
                                                      struct buf *out, bool *found, struct err *err);
/* One dispute, a page of its results: {"actor","contract","items":[{"decided_seq","decision":"stands|replaced|annulled","item","lapsed",
 * "value"}],"lapses","next","reason","result_seq","results","seq","time"}; what is not decided yet is null. */
MUST_CHECK enum tally_code store_read_dispute(struct pg *pg, uint64_t seq, const struct store_page *page, struct buf *out,
                                              bool *found, struct err *err);

struct store_payment_filter {
    struct slice contract; /* empty: every */
    struct slice party;    /* an actor that pays or is paid, or with contract also a party's name; empty: every */
    uint64_t as_of;        /* STORE_NOW, or: only those triggered, and what was settled, up to this entry */
};
/* Items {"amount","cause_seq","contract","currency","due":"YYYY-MM-DD","explanation":"<hex of its hash, or null>","from":{"actor",
 * "party"},"instances","itemised_seq","outstanding","owed_back":bool,"rule","seq","settled","to":{"actor","party"},"triggered":"YYYY-MM-DD"}. */
MUST_CHECK enum tally_code store_list_payments(struct pg *pg, const struct store_payment_filter *filter,
                                               const struct store_page *page, struct buf *out, struct err *err);
/* One item as above. */
MUST_CHECK enum tally_code store_read_payment(struct pg *pg, uint64_t seq, uint64_t as_of, struct slice reader,
                                              struct buf *out, bool *found, struct err *err);
/* How it came to its amount: the bytes that the hash is of. Not found: none was kept. */
MUST_CHECK enum tally_code store_read_explanation(struct pg *pg, uint64_t seq, struct buf *out, bool *found,
                                                  struct err *err);
/* What a payment consists of: items {"difference","key","stands"}; *found: the payment exists, and its list is for the reader (of a rule
 * for each of persons it is for the contract's parties). */
MUST_CHECK enum tally_code store_list_payment_items(struct pg *pg, uint64_t payment_seq, const struct store_page *page,
                                                    struct buf *out, bool *found, struct err *err);
/* Items {"amount","paid_on","payment_seq","recorded_by","reference","seq"}; *found: the payment exists. */
MUST_CHECK enum tally_code store_list_settlements(struct pg *pg, uint64_t payment_seq, const struct store_page *page,
                                                  struct buf *out, bool *found, struct err *err);
/* Whether the reader may know how the payment came to its amount: who may know what it consists of, unless its contract uses a result that is
 * not open; then its parties alone. Nobody, when what it consists of has been erased. */
MUST_CHECK enum tally_code store_has_explanation(struct pg *pg, uint64_t seq, struct slice reader, bool *found,
                                                 struct err *err);
/* Of a payment, what its explanation needs: its rule, contract, and the entry that caused it. Slices in the arena. */
MUST_CHECK enum tally_code store_lookup_payment(struct pg *pg, uint64_t seq, struct arena *arena,
                                                struct row_payment *payment, bool *found, struct err *err);

/* A key and its actor, for the edge's cache; slices in the arena. */
MUST_CHECK enum tally_code store_lookup_key(struct pg *pg, struct slice kid, struct arena *arena, struct row_key *key,
                                            struct row_actor *actor, bool *found, struct err *err);
/* The newest entry that added or revoked a key; 0 when there is none. A cache that holds an older number is stale. */
MUST_CHECK enum tally_code store_newest_key_change(struct pg *pg, uint64_t *seq, struct err *err);

#endif
