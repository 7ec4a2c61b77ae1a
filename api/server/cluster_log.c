#include "private_cluster.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tally/log.h"

#define LOG_KEEP_BYTES (16 << 20) /* a longer postgres.log becomes postgres.log.1 at the next start */

static void keep_log_short(const struct private_cluster *cluster)
{
    struct stat st;
    char old[PATH_MAX];
    struct err ignored;
    if (stat(cluster->log, &st) == 0 && st.st_size > LOG_KEEP_BYTES &&
        cluster_path(old, cluster->data_dir, "postgres.log.1", &ignored) == TALLY_OK && rename(cluster->log, old) != 0)
        LOG_WARN("cluster.log_not_renamed", LOG_STR("path", cluster->log));
}

enum tally_code cluster_log_open(struct private_cluster *cluster, int *out, struct err *err)
{
    keep_log_short(cluster);
    int fd = open(cluster->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return cluster_errno(err, "the server's log", cluster->log);
    cluster->log_from = lseek(fd, 0, SEEK_END);
    *out = fd;
    return TALLY_OK;
}

/* The last line that tells of an error, without what stands before the error itself; the whole text's end otherwise. */
void cluster_log_error(char *text, char *out, size_t size)
{
    static const char *const marks[] = {"PANIC:", "FATAL:", "error:", "ERROR:"};
    const char *best = text;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0] && best == text; i++)
        for (const char *at = text; (at = strstr(at, marks[i])) != NULL; at++)
            best = at;
    (void) snprintf(out, size, "%.*s", (int) strcspn(best, "\n"), best);
}

/* Why the server did not start, from the part of its log that this start wrote. */
void cluster_log_read(const struct private_cluster *cluster, char *text)
{
    int fd = open(cluster->log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    off_t from = end - cluster->log_from > CLUSTER_TEXT_MAX - 1 ? end - (CLUSTER_TEXT_MAX - 1) : cluster->log_from;
    ssize_t n = fd < 0 ? 0 : pread(fd, text, CLUSTER_TEXT_MAX - 1, from);
    text[n < 0 ? 0 : n] = '\0';
    if (fd >= 0)
        close(fd);
}

enum tally_code cluster_failed(struct err *err, const struct private_cluster *cluster, const char *what, char *text)
{
    char why[512];
    cluster_log_error(text, why, sizeof why);
    if (strstr(text, "No space left on device") != NULL || strstr(text, "Disk quota exceeded") != NULL)
        return err_set(err, TALLY_E_LIMIT, "%s: the disk of %s is full; make room and start again (%s)", what,
                       cluster->data_dir, why);
    return err_set(err, TALLY_E_IO, "%s: %s (see %s)", what, why[0] == '\0' ? "it said nothing" : why, cluster->log);
}

void cluster_log_append(struct private_cluster *cluster, const char *text)
{
    int fd = -1;
    struct err ignored;
    if (cluster_log_open(cluster, &fd, &ignored) != TALLY_OK)
        return;
    if (write(fd, text, strlen(text)) < 0)
        LOG_WARN("cluster.log_not_written", LOG_STR("path", cluster->log));
    close(fd);
}
