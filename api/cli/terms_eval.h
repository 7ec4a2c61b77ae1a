/* tally terms eval: what its files share. */
#ifndef TALLY_TERMS_EVAL_H
#define TALLY_TERMS_EVAL_H

#include "cli.h"
#include "tally/canon.h"
#include "tally/history.h"

MUST_CHECK enum tally_code cli_terms_eval(struct cli *cli, struct err *err); /* the command */

/* What one rule triggers at a moment between one payer and one payee (P2). */
struct told_payment {
    struct slice payer, payee;
    const struct terms *terms; /* of the rule */
    const struct terms_rule *rule;
    size_t from, to, changed; /* instances; how many of them have a difference */
    struct slice net;         /* without sign */
    bool is_owed_back;        /* by the payee to the payer (P3) */
};
/* All that is triggered at a moment, by place of the rule, then by first instance. TALLY_E_LIMIT without memory. */
MUST_CHECK enum tally_code told_payments(const struct history_state *state, struct arena *arena, struct told_payment **out,
                                         size_t *count, struct err *err);
/* Is the instance, of those `from` to `to`, a part of the payment? */
bool told_is_part(const struct history_state *state, const struct told_payment *payment, size_t instance);
/* {"moments":[...]} : one object for a moment. */
MUST_CHECK enum tally_code told_moment_json(const struct terms *terms, const struct history_moment *moment,
                                            struct arena *arena, struct canon *w, struct err *err);
/* RULE or RULE[INSTANCE] as a person writes it, "early[c1]", among the instances of the output. */
MUST_CHECK enum tally_code told_find(const struct history_state *state, const char *text, struct arena *arena,
                                     const struct engine_instance **out, struct err *err);
/* Prints engine_explain's answer for people. */
MUST_CHECK enum tally_code told_explain_print(struct cli *cli, const struct history_rule *rule, struct slice json,
                                              const char *day, struct err *err);
struct slice told_grouped(struct arena *arena, struct slice amount); /* 4,800,000.00 */

#endif
