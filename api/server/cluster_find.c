#include "private_cluster.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tally/pg.h"
#include "tally/text.h"

#define MAJOR_MIN 15 /* what the migrations are written for: who may create in schema public is 15's */
#define CANDIDATES_MAX 16

/* The major version of DIR/postgres with initdb beside it; 0 if there is none. */
static int major_of(const char *dir)
{
    char path[PATH_MAX], out[CLUSTER_TEXT_MAX];
    int status = 0;
    struct err ignored;
    if (cluster_path(path, dir, "initdb", &ignored) != TALLY_OK || access(path, X_OK) != 0)
        return 0;
    if (cluster_path(path, dir, "postgres", &ignored) != TALLY_OK || access(path, X_OK) != 0)
        return 0;
    char *argv[] = {path, (char[]){"--version"}, NULL};
    if (cluster_run(NULL, argv, out, &status, &ignored) != TALLY_OK || status != 0)
        return 0;
    const char *digits = out + strcspn(out, "0123456789"); /* "postgres (PostgreSQL) 15.14 (Debian ...)" */
    uint64_t major = 0;
    if (text_u64(slice_of(digits, strspn(digits, "0123456789")), 1000, &major) != TALLY_OK)
        return 0;
    return (int) major;
}

struct search {
    int wanted; /* 0: any from MAJOR_MIN on */
    int found;
    char dir[PATH_MAX];
};

static bool try_dir(struct search *search, const char *dir)
{
    int major = dir[0] == '/' ? major_of(dir) : 0;
    if (major == 0 || (search->wanted != 0 ? major != search->wanted : major < MAJOR_MIN))
        return false;
    search->found = major;
    (void) snprintf(search->dir, sizeof search->dir, "%s", dir);
    return true;
}

static bool try_pg_config(struct search *search)
{
    char out[CLUSTER_TEXT_MAX];
    int status = 0;
    struct err ignored;
    char *argv[] = {(char[]){"pg_config"}, (char[]){"--bindir"}, NULL};
    if (cluster_run(NULL, argv, out, &status, &ignored) != TALLY_OK || status != 0)
        return false;
    out[strcspn(out, "\n")] = '\0';
    return try_dir(search, out);
}

static int by_number_falling(const void *a, const void *b)
{
    int x = *(const int *) a, y = *(const int *) b;
    return (x < y) - (x > y);
}

static bool try_debian(struct search *search)
{
    int majors[CANDIDATES_MAX], count = 0;
    DIR *dir = opendir("/usr/lib/postgresql");
    if (dir == NULL)
        return false;
    for (const struct dirent *e; (e = readdir(dir)) != NULL && count < CANDIDATES_MAX;) {
        uint64_t major = 0;
        if (text_u64(slice_str(e->d_name), 1000, &major) == TALLY_OK)
            majors[count++] = (int) major;
    }
    closedir(dir);
    qsort(majors, (size_t) count, sizeof majors[0], by_number_falling);
    for (int i = 0; i < count; i++) {
        char path[64];
        (void) snprintf(path, sizeof path, "/usr/lib/postgresql/%d/bin", majors[i]);
        if (try_dir(search, path))
            return true;
    }
    return false;
}

static bool try_path(struct search *search)
{
    const char *path = getenv("PATH");
    while (path != NULL && *path != '\0') {
        size_t len = strcspn(path, ":");
        char dir[PATH_MAX];
        (void) snprintf(dir, sizeof dir, "%.*s", (int) (len < PATH_MAX ? len : 0), path);
        if (try_dir(search, dir))
            return true;
        path += len + (path[len] == ':');
    }
    return false;
}

/* The major version that the cluster's files are of; 0 if there is no cluster. */
static int cluster_major(const struct private_cluster *cluster)
{
    char path[PATH_MAX], text[16];
    struct err ignored;
    uint64_t major = 0;
    if (cluster_path(path, cluster->pgdata, "PG_VERSION", &ignored) != TALLY_OK)
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    size_t len = 0;
    while (len < (size_t) (n < 0 ? 0 : n) && text[len] >= '0' && text[len] <= '9')
        len++;
    return text_u64(slice_of(text, len), 1000, &major) == TALLY_OK ? (int) major : 0;
}

enum tally_code cluster_find_programs(struct private_cluster *cluster, struct err *err)
{
    struct search search = {.wanted = cluster_major(cluster)};
    const char *given = cluster->options.bin_dir;
    bool is_found =
        given != NULL ? try_dir(&search, given) : try_pg_config(&search) || try_debian(&search) || try_path(&search);
    if (is_found) {
        (void) snprintf(cluster->bin_dir, sizeof cluster->bin_dir, "%s", search.dir);
        return TALLY_OK;
    }
    if (search.wanted != 0)
        return err_set(err, TALLY_E_NOT_FOUND,
                       "%s was made by PostgreSQL %d, whose programs are not found%s%s: install postgresql-%d, or move the "
                       "cluster to the new version with pg_upgrade",
                       cluster->pgdata, search.wanted, given != NULL ? " in " : "", given != NULL ? given : "",
                       search.wanted);
    return err_set(
        err, TALLY_E_NOT_FOUND,
        "no PostgreSQL %d or newer (initdb and postgres) is found%s%s: install it (Debian: apt-get install postgresql), or "
        "give a server with --database",
        MAJOR_MIN, given != NULL ? " in " : "", given != NULL ? given : "");
}
