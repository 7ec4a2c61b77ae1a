/* Contracts that use one another (language.md U): which they are (uses.c), and what is taken of them (figures.c). */
#ifndef MODEL_USES_H
#define MODEL_USES_H

#include "decide.h"

struct version_manifest;
/* The uses of a proposed text: finds each by its hash, refuses what cannot be used, records them, and pins their versions in the
 * manifest. */
MUST_CHECK enum tally_code uses_take(struct deciding *d, struct version_manifest *manifest);
/* Refuses what would be a circle, too deep, or used by too many. */
MUST_CHECK enum tally_code uses_check_one(struct deciding *d, enum refusal_code code, struct slice contract,
                                          struct slice used);
/* The same for all that a recorded text uses, which is about to come into force. */
MUST_CHECK enum tally_code uses_check_text(struct deciding *d, const struct view_contract *contract, uint64_t text_seq);
/* U3 for who joins: refuses who cannot read all that this text uses. Parties are asked about when the text is proposed. */
MUST_CHECK enum tally_code uses_check_member(struct deciding *d, const struct view_contract *contract, uint64_t text_seq);
/* Contracts in force that use this one, directly or not; doubles may be among them. */
MUST_CHECK enum tally_code uses_add_users(struct deciding *d, struct slice contract, struct contract_list *users);
/* Is the text that uses it one of the user's in force? */
bool use_counts(const struct view_contract *user, const struct row_use *use);
/* What text number `text` of a contract uses as its use `place`. */
const struct row_use *use_of(const struct model *model, const struct view_contract *contract, uint32_t text,
                             uint32_t place);

/* ---- figures.c ---- */
/* What the contract's others in this decision take of it, which its evaluation is to answer. works: all of this decision. */
MUST_CHECK enum tally_code figures_ask(struct deciding *d, struct work *works, uint32_t count, struct work *used);
/* The engine's wants for them, in the arena. */
MUST_CHECK enum tally_code figures_wants(const struct work *used, struct arena *arena, struct engine_input *out,
                                         struct err *err);
/* Gives the answers to those who take them; whose figures change is touched. */
MUST_CHECK enum tally_code figures_give(struct deciding *d, struct work *used, const struct engine_output *output);
/* Does any of what it takes rest on results that are not open? Once it does, it does for good. */
bool figures_have_closed(const struct view_contract *contract, const struct work *work);
/* How many facts figures_as_facts may add. */
size_t figures_room(const struct view_contract *contract, const struct work *work);
/* The figures that text number `text` takes, as facts. */
MUST_CHECK enum tally_code figures_as_facts(const struct view_contract *contract, const struct work *work, uint32_t text,
                                            int32_t today, struct engine_fact *out, size_t *count, struct err *err);
/* The same as changes, for a session whose last day was `before`: what this work changes of the newest text's figures, and what the days
 * since then have made of them (U4). Room for figures_room; facts lie in the arena. */
MUST_CHECK enum tally_code figures_changes(const struct view_contract *contract, const struct work *work, int32_t before,
                                           int32_t today, struct arena *arena, struct engine_change *out, size_t *count,
                                           struct err *err);

#endif
