/* Migrations of the database: forward only, each registered, run under the owner's role. */
#ifndef TALLY_MIGRATE_H
#define TALLY_MIGRATE_H

#include "tally/err.h"
#include "tally/pg.h"

/* sql/migrations/NNNN_name.sql, embedded at build, in order of their numbers. */
struct migration {
    int number;
    const char *name;
    const char *sql;
};
extern const struct migration migrations[];
extern const int migration_count;

/* Brings the database to the newest version, each migration in its own transaction and registered with the
 * SHA-256 of its text; takes an advisory lock so that two programs do not do it at once. Refuses a database
 * whose registered text differs (TALLY_E_INTEGRITY) or that is newer than this program (TALLY_E_CONFLICT).
 * pg is the owner's connection. applied (may be NULL) gets how many ran. */
MUST_CHECK enum tally_code migrate(struct pg *pg, int *applied, struct err *err);
/* As migrate, but stops after the migration with this number: tests of upgrades. */
MUST_CHECK enum tally_code migrate_to(struct pg *pg, int last, int *applied, struct err *err);
/* Whether migrate would run any. Refuses the same databases. Any role. */
MUST_CHECK enum tally_code migrate_is_needed(struct pg *pg, bool *is_needed, struct err *err);
/* TALLY_OK when the database is exactly at the newest version; otherwise says what to run. Any role. */
MUST_CHECK enum tally_code migrate_check(struct pg *pg, struct err *err);

#endif
