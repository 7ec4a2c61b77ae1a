/* From a row of an outcomes_load_* statement to the domain's struct: the one place that knows the order of their columns.
 * Strings are borrowed from rows. */
#ifndef STORE_ROWS_GET_H
#define STORE_ROWS_GET_H

#include "tally/pg.h"
#include "tally/rows.h"

void rows_get_key(const struct pg_rows *rows, int i, struct row_key *out);
/* first: column of its id. */
void rows_get_actor(const struct pg_rows *rows, int i, int first, struct row_actor *out);
#define ROWS_KEY_ACTOR 5 /* column of the actor beside its key */
void rows_get_indicator(const struct pg_rows *rows, int i, struct row_indicator *out);
void rows_get_contract(const struct pg_rows *rows, int i, struct row_contract *out);
void rows_get_party(const struct pg_rows *rows, int i, struct row_party *out);
void rows_get_amendment(const struct pg_rows *rows, int i, struct row_amendment *out);
void rows_get_signer(const struct pg_rows *rows, int i, struct row_signer *out);
void rows_get_use(const struct pg_rows *rows, int i, struct row_use *out);
void rows_get_figure(const struct pg_rows *rows, int i, struct row_figure *out);
void rows_get_metric(const struct pg_rows *rows, int i, struct row_metric *out);
void rows_get_result(const struct pg_rows *rows, int i, struct row_result *out);
void rows_get_verification(const struct pg_rows *rows, int i, struct row_verification *out);
void rows_get_final(const struct pg_rows *rows, int i, struct row_final *out);
void rows_get_dispute(const struct pg_rows *rows, int i, struct row_dispute *out);
void rows_get_decision(const struct pg_rows *rows, int i, struct row_decision *out);
void rows_get_instance(const struct pg_rows *rows, int i, struct row_instance *out);
void rows_get_accession(const struct pg_rows *rows, int i, struct row_accession *out);
void rows_get_settlement(const struct pg_rows *rows, int i, struct row_settlement *out);
void rows_get_payment(const struct pg_rows *rows, int i, struct row_payment *out);
void rows_get_erasure(const struct pg_rows *rows, int i, struct row_erasure *out);

/* The names of states and decisions in the tables. */
struct slice contract_state_name(enum contract_state state);
struct slice figure_standing_name(enum figure_standing standing);
struct slice decision_name(enum decision_kind kind);

#endif
