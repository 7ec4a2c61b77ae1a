#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tally/pg.h"

static int complain(const char *what, const char *why)
{
    (void) fprintf(stderr, "audit: %s: %s\n", what, why);
    return -1;
}

/* The service's note of where its private database's socket is. */
static void private_conninfo(const struct service *service, char *conninfo, size_t size)
{
    char path[256], dir[128] = "";
    (void) snprintf(path, sizeof path, "%s/socket", service->data);
    FILE *file = fopen(path, "re");
    if (file == NULL || fgets(dir, sizeof dir, file) == NULL)
        dir[0] = '\0';
    if (file != NULL)
        (void) fclose(file);
    dir[strcspn(dir, "\n")] = '\0';
    (void) snprintf(conninfo, size, "host='%s' user=postgres dbname=tally", dir);
}

int service_database(const struct service *service, struct pg **out)
{
    char conninfo[256];
    struct err err = {0};
    bool is_given = service->args[0] != NULL && strcmp(service->args[0], "--database") == 0;
    if (is_given)
        (void) snprintf(conninfo, sizeof conninfo, "%s", service->args[1]);
    else
        private_conninfo(service, conninfo, sizeof conninfo);
    const struct pg_options options = {.conninfo = conninfo, .application_name = "test"};
    return pg_new(&options, out, &err) == TALLY_OK ? 0 : complain(conninfo, err.detail);
}

int service_number(const struct service *service, const char *sql, int64_t *out)
{
    struct err err = {0};
    struct pg *pg = NULL;
    struct pg_rows *rows = NULL;
    const struct pg_statement statement = {"service_number", sql};
    if (service_database(service, &pg) != 0)
        return -1;
    pg_set_deadline(pg, 600000); /* ledger.verify over hundreds of thousands of entries */
    enum tally_code rc = pg_exec(pg, &statement, NULL, &rows, &err);
    if (rc == TALLY_OK)
        *out = pg_get_int8(rows, 0, 0);
    pg_rows_free(rows);
    pg_free(pg);
    return rc == TALLY_OK ? 0 : complain(sql, err.detail);
}

static int must_be_none(const struct service *service, const char *sql)
{
    int64_t count = 0;
    if (service_number(service, sql, &count) != 0)
        return -1;
    return count == 0 ? 0 : complain("not 0", sql);
}

static int archive_save(struct service *service, const char *path, char *vkey, size_t vkey_size)
{
    struct http_reply reply;
    if (service_vkey(service, vkey, vkey_size) != 0 || service_get(service, "/v1/archive", &reply) != 0)
        return -1;
    FILE *file = fopen(path, "we");
    bool is_whole = reply.status == 200 && !reply.is_cut && file != NULL &&
                    fwrite(reply.body, 1, reply.body_len, file) == reply.body_len;
    if (file != NULL && fclose(file) != 0)
        is_whole = false;
    http_reply_release(&reply);
    return is_whole ? 0 : complain(path, "the archive was not saved whole");
}

/* What it printed, for people. */
static void show(const char *path)
{
    char line[512];
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        (void) fputs(line, stderr);
    if (file != NULL)
        (void) fclose(file);
}

/* The exit status of tally-verify at level replay, or -1; what it says is shown unless it is 0 or 4. */
static int tally_verify(const char *archive, const char *vkey)
{
    char program[600], report[300];
    int status = 0;
    const char *const argv[] = {program, archive, "--vkey", vkey, NULL};
    service_program("tally-verify", program, sizeof program);
    (void) snprintf(report, sizeof report, "%s.report", archive);
    pid_t pid = fork();
    if (pid == 0) {
        int out = open(report, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (out >= 0)
            (void) dup2(out, 1);
        execv(program, (char *const *) (uintptr_t) argv);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    status = pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (status != 0 && status != 4)
        show(report);
    return status;
}

int service_audit(struct service *service)
{
    char path[256], vkey[256];
    (void) snprintf(path, sizeof path, "%s/archive.jsonl", service->dir);
    if (service_head(service) != 0 ||
        must_be_none(service, "SELECT count(*) FROM ledger.verify(0, (SELECT max(seq) FROM ledger.entry))") != 0 ||
        must_be_none(service, "SELECT (SELECT count(*) FROM ledger.entry) - (SELECT max(seq) + 1 FROM ledger.entry)") !=
            0 ||
        must_be_none(service, "SELECT count(*) FROM ledger.entry e FULL JOIN outcomes.result r USING (seq) "
                              "WHERE (e.type = 'result.submitted') IS DISTINCT FROM (r.seq IS NOT NULL)") != 0 ||
        archive_save(service, path, vkey, sizeof vkey) != 0)
        return -1;
    return tally_verify(path, vkey) == 0 ? 0 : complain("tally-verify", "it does not say that all is good");
}

void service_stop_replayed(struct service *service)
{
    char path[256], vkey[256];
    int status = 0;
    (void) snprintf(path, sizeof path, "%s/archive.jsonl", service->dir);
    if (service->pid != 0 && archive_save(service, path, vkey, sizeof vkey) == 0)
        status = tally_verify(path, vkey);
    service_stop(service);
    if (status != 0 && status != 4)
        exit(EXIT_FAILURE); /* cmocka does not count what a group's teardown finds */
}
