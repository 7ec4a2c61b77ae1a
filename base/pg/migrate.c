#include "tally/migrate.h"

#include <inttypes.h>

#include "pg_internal.h"

/* The key of the advisory lock that one migrating program holds: a number that nobody else uses. Never change it. */
#define MIGRATE_LOCK_KEY "8386103216064129383"
#define MIGRATE_DEADLINE_MS 600000                /* a migration may rewrite a large table, or wait for another program's */
#define MIGRATE_ARENA ((size_t) 16 * 1024 * 1024) /* the text of one migration, as a parameter */

static const char table_sql[] = "CREATE TABLE public.tally_migration ("
                                "number integer PRIMARY KEY CHECK (number > 0), "
                                "name text NOT NULL, "
                                "sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32), "
                                "applied timestamptz NOT NULL DEFAULT clock_timestamp()); "
                                "GRANT SELECT ON public.tally_migration TO PUBLIC";

static const struct pg_statement has_table = {"migrate_has_table",
                                              "SELECT to_regclass('public.tally_migration') IS NOT NULL"};
static const struct pg_statement newest = {
    "migrate_newest", "SELECT coalesce(max(number), 0), count(*)::integer FROM public.tally_migration"};
static const struct pg_statement is_same = {
    "migrate_is_same",
    "SELECT sha256 = sha256(convert_to($2::text, 'UTF8')) FROM public.tally_migration WHERE number = $1::integer"};
static const struct pg_statement enter = {"migrate_enter",
                                          "INSERT INTO public.tally_migration (number, name, sha256) "
                                          "VALUES ($1::integer, $2::text, sha256(convert_to($3::text, 'UTF8')))"};

MUST_CHECK static enum tally_code table_exists(struct pg *pg, bool *out, struct err *err)
{
    struct pg_rows *rows = NULL;
    enum tally_code rc = pg_exec(pg, &has_table, NULL, &rows, err);
    if (rc == TALLY_OK)
        *out = pg_get_bool(rows, 0, 0);
    pg_rows_free(rows);
    return rc;
}

MUST_CHECK static enum tally_code newest_read(struct pg *pg, int *last, int *count, struct err *err)
{
    struct pg_rows *rows = NULL;
    enum tally_code rc = pg_exec(pg, &newest, NULL, &rows, err);
    if (rc == TALLY_OK) {
        *last = pg_get_int4(rows, 0, 0);
        *count = pg_get_int4(rows, 0, 1);
    }
    pg_rows_free(rows);
    return rc;
}

MUST_CHECK static enum tally_code text_check(struct pg *pg, const struct migration *m, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct pg_rows *rows = NULL;
    struct arena *arena = arena_new(MIGRATE_ARENA);
    if (arena == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for migration %d", m->number);
    struct pg_params params;
    pg_params_init(&params, arena);
    pg_add_int4(&params, m->number);
    pg_add_text(&params, slice_str(m->sql));
    TRY(pg_exec(pg, &is_same, &params, &rows, err));
    if (pg_rows_count(rows) == 0)
        rc = err_set(err, TALLY_E_INTEGRITY, "migration %d (%s) is missing, though a later one is registered", m->number,
                     m->name);
    else if (!pg_get_bool(rows, 0, 0))
        rc = err_set(err, TALLY_E_INTEGRITY,
                     "migration %d (%s) was applied with another text than this program's: run the program that made this "
                     "database, or restore the migration's text",
                     m->number, m->name);
done:
    pg_rows_free(rows);
    arena_free(arena);
    return rc;
}

/* What is registered must be a beginning of what this program knows. *last: the newest number there. */
MUST_CHECK static enum tally_code history_check(struct pg *pg, int *last, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    int number = 0, count = 0, known = 0;
    int newest_known = migration_count == 0 ? 0 : migrations[migration_count - 1].number;
    TRY(newest_read(pg, &number, &count, err));
    if (number > newest_known)
        TRY(err_set(err, TALLY_E_CONFLICT, "the database is at version %d, this program knows %d: use a newer program",
                    number, newest_known));
    for (int i = 0; i < migration_count && migrations[i].number <= number; i++) {
        TRY(text_check(pg, &migrations[i], err));
        known++;
    }
    if (known != count)
        TRY(err_set(err, TALLY_E_INTEGRITY, "%d migrations are registered of which this program knows %d", count, known));
    *last = number;
done:
    return rc;
}

MUST_CHECK static enum tally_code apply(struct pg *pg, uint64_t generation, const struct migration *m, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct arena *arena = arena_new(MIGRATE_ARENA);
    if (arena == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for migration %d", m->number);
    struct pg_params params;
    pg_params_init(&params, arena);
    pg_add_int4(&params, m->number);
    pg_add_text(&params, slice_str(m->name));
    pg_add_text(&params, slice_str(m->sql));
    TRY(pg_begin(pg, err));
    if (pg_generation(pg) != generation)
        TRY(err_set(err, TALLY_E_UNAVAILABLE, "the connection that held the lock broke: run it again"));
    TRY(pg_exec_text(pg, m->sql, NULL, err));
    TRY(pg_exec(pg, &enter, &params, NULL, err));
    TRY(pg_commit(pg, err));
done:
    if (rc != TALLY_OK) {
        pg_rollback(pg);
        err_context(err, "migration %d (%s)", m->number, m->name);
    }
    arena_free(arena);
    return rc;
}

/* The first thing that a role may lack, and the one that says least of itself. */
MUST_CHECK static enum tally_code table_create(struct pg *pg, struct err *err)
{
    enum tally_code rc = pg_exec_text(pg, table_sql, NULL, err);
    if (rc != TALLY_E_DENIED)
        return rc;
    return err_set(err, TALLY_E_DENIED,
                   "this role may not create tables in the schema public, where it is registered which migrations were "
                   "applied: migrate as the role that owns the database, or let this one: GRANT CREATE ON SCHEMA public TO "
                   "it, GRANT CREATE ON DATABASE to it, and ALTER ROLE it CREATEROLE");
}

MUST_CHECK static enum tally_code migrate_locked(struct pg *pg, int last, int *ran, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool exists = false;
    int at = 0;
    uint64_t generation = pg_generation(pg); /* of the connection that holds the lock */
    TRY(table_exists(pg, &exists, err));
    if (!exists)
        TRY(table_create(pg, err));
    TRY(history_check(pg, &at, err));
    for (int i = 0; i < migration_count && migrations[i].number <= last; i++) {
        ENSURE(i == 0 || migrations[i].number > migrations[i - 1].number);
        if (migrations[i].number <= at)
            continue;
        TRY(apply(pg, generation, &migrations[i], err));
        (*ran)++;
    }
done:
    return rc;
}

enum tally_code migrate_to(struct pg *pg, int last, int *applied, struct err *err)
{
    struct err spare;
    err = err == NULL ? &spare : err;
    enum tally_code rc = TALLY_OK;
    int ran = 0;
    int deadline_ms = pg->deadline_ms;
    pg_set_deadline(pg, MIGRATE_DEADLINE_MS);
    TRY(pg_exec_text(pg, "SELECT pg_advisory_lock(" MIGRATE_LOCK_KEY ")", NULL, err));
    uint64_t generation = pg_generation(pg);
    rc = migrate_locked(pg, last, &ran, err);
    struct err ignored;
    /* a connection that broke has given the lock back already */
    if (pg_is_connected(pg) && pg_generation(pg) == generation &&
        pg_exec_text(pg, "SELECT pg_advisory_unlock(" MIGRATE_LOCK_KEY ")", NULL, &ignored) != TALLY_OK)
        pg_disconnect(pg);
    if (rc == TALLY_OK && applied != NULL)
        *applied = ran;
done:
    pg_set_deadline(pg, deadline_ms);
    return rc;
}

enum tally_code migrate(struct pg *pg, int *applied, struct err *err)
{
    return migrate_to(pg, INT32_MAX, applied, err);
}

/* *at: the newest that is registered; *want: that this program knows. */
MUST_CHECK static enum tally_code versions(struct pg *pg, int *at, int *want, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool exists = false;
    *at = 0;
    *want = migration_count == 0 ? 0 : migrations[migration_count - 1].number;
    TRY(table_exists(pg, &exists, err));
    if (exists)
        TRY(history_check(pg, at, err));
done:
    return rc;
}

enum tally_code migrate_is_needed(struct pg *pg, bool *is_needed, struct err *err)
{
    int at = 0, want = 0;
    enum tally_code rc = versions(pg, &at, &want, err);
    if (rc == TALLY_OK)
        *is_needed = at != want;
    return rc;
}

enum tally_code migrate_check(struct pg *pg, struct err *err)
{
    int at = 0, want = 0;
    enum tally_code rc = versions(pg, &at, &want, err);
    if (rc == TALLY_OK && at != want)
        rc = err_set(err, TALLY_E_CONFLICT,
                     "the database is at version %d, this program needs %d: run its migrations as the owner", at, want);
    return rc;
}
