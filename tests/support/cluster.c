#include "cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_TRIES 3000   /* looks, 10 ms apart, until the server says that it is ready: 30 s */
#define STOP_TRIES 1000    /* looks, 10 ms apart, until it is gone: 10 s */
#define LOG_SHOWN 2000     /* bytes of the server's log that a failure prints */
#define SOCKET_NAME_MAX 32 /* "/.s.PGSQL.5432" and room */
#define ARGS_MAX 64        /* of one command */

/* ---- small things ---- */

static void pause_10_ms(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static int fail(const char *what)
{
    fprintf(stderr, "cluster: %s: %m\n", what);
    return -1;
}

static void log_show(const struct cluster *cluster)
{
    char path[128], text[LOG_SHOWN + 1];
    snprintf(path, sizeof path, "%s/log", cluster->dir);
    FILE *log = fopen(path, "r");
    if (log == NULL)
        return;
    if (fseek(log, -LOG_SHOWN, SEEK_END) != 0)
        rewind(log);
    size_t n = fread(text, 1, LOG_SHOWN, log);
    text[n] = '\0';
    fprintf(stderr, "%s\n", text);
    fclose(log);
}

/* In a child before exec: become the account that runs PostgreSQL, and write to the cluster's log. */
static void child_prepare(const struct cluster *cluster)
{
    char path[128];
    snprintf(path, sizeof path, "%s/log", cluster->dir);
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(cluster->gid) != 0 || setuid(cluster->uid) != 0))
        _exit(126);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int null = open("/dev/null", O_RDONLY);
    if (log < 0 || null < 0 || chdir(cluster->dir) != 0)
        _exit(126);
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close_range(3, ~0U, 0);
    /* the language of messages, and sanitizers that were preloaded, are not the server's business */
    unsetenv("LD_PRELOAD");
    setenv("LC_ALL", "C", 1);
}

static pid_t spawn(const struct cluster *cluster, char *const args[])
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    child_prepare(cluster);
    signal(SIGPIPE, SIG_DFL);
    execvp(args[0], args);
    _exit(127);
}

static int run(const struct cluster *cluster, char *const args[])
{
    int status = 0;
    pid_t pid = spawn(cluster, args);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return fail(args[0]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    fprintf(stderr, "cluster: %s failed (%d)\n", args[0], status);
    log_show(cluster);
    return -1;
}

/* ---- where things are ---- */

static bool has_initdb(const char *dir)
{
    char path[512];
    snprintf(path, sizeof path, "%s/initdb", dir);
    return access(path, X_OK) == 0;
}

/* A program of PostgreSQL's; its bare name, for PATH, when nothing better is found. */
static void program_path(const char *name, char *out, size_t size)
{
    char dir[400] = "";
    FILE *config = popen("pg_config --bindir 2>/dev/null", "re");
    if (config != NULL) {
        if (fgets(dir, sizeof dir, config) == NULL)
            dir[0] = '\0';
        pclose(config);
        dir[strcspn(dir, "\n")] = '\0';
    }
    if (dir[0] == '\0' || !has_initdb(dir))
        snprintf(dir, sizeof dir, "/usr/lib/postgresql/15/bin");
    if (has_initdb(dir))
        snprintf(out, size, "%s/%s", dir, name);
    else
        snprintf(out, size, "%s", name);
}

static int account_find(struct cluster *cluster)
{
    static const char *const names[] = {"postgres", "nobody"}; /* PostgreSQL refuses to run as root */
    cluster->uid = geteuid();
    cluster->gid = getegid();
    for (size_t i = 0; cluster->uid == 0 && i < sizeof names / sizeof names[0]; i++) {
        const struct passwd *entry = getpwnam(names[i]);
        if (entry != NULL) {
            cluster->uid = entry->pw_uid;
            cluster->gid = entry->pw_gid;
        }
    }
    return cluster->uid == 0 ? fail("no account postgres or nobody to run PostgreSQL as") : 0;
}

/* Whether the account gets into a directory: root's own TMPDIR may be closed to it. */
static bool is_reachable(const struct cluster *cluster, const char *dir)
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        bool is_other = geteuid() == 0;
        if (is_other && (setgroups(0, NULL) != 0 || setgid(cluster->gid) != 0 || setuid(cluster->uid) != 0))
            _exit(1);
        _exit(chdir(dir) == 0 ? 0 : 1);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static int dir_make(struct cluster *cluster)
{
    const char *bases[] = {getenv("TMPDIR"), "/tmp"};
    for (size_t i = 0; i < 2; i++) {
        if (bases[i] == NULL || strlen(bases[i]) + SOCKET_NAME_MAX > sizeof cluster->dir ||
            !is_reachable(cluster, bases[i]))
            continue;
        snprintf(cluster->dir, sizeof cluster->dir, "%s/tally-pg.XXXXXX", bases[i]);
        if (mkdtemp(cluster->dir) == NULL)
            continue;
        if (chown(cluster->dir, cluster->uid, cluster->gid) != 0)
            return fail(cluster->dir);
        return 0;
    }
    cluster->dir[0] = '\0';
    return fail("no temporary directory (TMPDIR, /tmp) that PostgreSQL's account can reach");
}

/* ---- the watchdog ---- */

static pid_t postmaster_of(const struct cluster *cluster)
{
    char path[128], line[32] = "";
    snprintf(path, sizeof path, "%s/data/postmaster.pid", cluster->dir);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    if (fgets(line, sizeof line, file) == NULL)
        line[0] = '\0';
    fclose(file);
    long pid = strtol(line, NULL, 10);
    return pid > 1 ? (pid_t) pid : 0;
}

static void dir_remove(const struct cluster *cluster)
{
    for (int i = 0; i < 3; i++) { /* a dying backend may still write a file behind rm's back */
        pid_t pid = fork();
        if (pid == 0) {
            execlp("rm", "rm", "-rf", "--", cluster->dir, (char *) NULL);
            _exit(127);
        }
        int status = 0;
        if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0)
            return;
        pause_10_ms();
    }
}

/* Waits for the leash to end, then leaves nothing behind. */
_Noreturn static void watch(const struct cluster *cluster, int leash)
{
    char byte;
    signal(SIGINT, SIG_IGN); /* a Ctrl-C for the test is for the test: its end is what counts here */
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    while (read(leash, &byte, 1) < 0 && errno == EINTR)
        continue;
    pid_t pid = postmaster_of(cluster);
    if (pid != 0)
        kill(pid, SIGQUIT);
    /* it takes its pid file away when it ends; the process itself may stay for ever, where nobody reaps orphans */
    for (int i = 0; pid != 0 && i < STOP_TRIES && postmaster_of(cluster) == pid && kill(pid, 0) == 0; i++)
        pause_10_ms();
    if (pid != 0 && postmaster_of(cluster) == pid)
        kill(pid, SIGKILL);
    dir_remove(cluster);
    _exit(0);
}

static int watchdog_start(struct cluster *cluster)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail("pipe");
    fflush(NULL);
    cluster->watchdog = fork();
    if (cluster->watchdog < 0)
        return fail("fork");
    if (cluster->watchdog == 0) {
        dup2(ends[0], 3); /* nothing else stays open, above all no other cluster's leash */
        close_range(4, ~0U, 0);
        setsid();
        watch(cluster, 3);
    }
    close(ends[0]);
    cluster->leash = ends[1];
    return 0;
}

/* ---- initdb ---- */

static int initdb(const struct cluster *cluster, const char *data)
{
    char program[512];
    char *args[] = {program,
                    (char *) "--no-sync",
                    (char *) "-A",
                    (char *) "trust",
                    (char *) "-U",
                    (char *) "postgres",
                    (char *) "-E",
                    (char *) "UTF8",
                    (char *) "--locale=C",
                    (char *) "--no-instructions",
                    (char *) "-D",
                    (char *) (size_t) data,
                    NULL};
    program_path("initdb", program, sizeof program);
    return run(cluster, args);
}

/* data/ in the cluster's directory, as a copy of the template when there is to be one. */
static int data_make(const struct cluster *cluster)
{
    char data[96];
    snprintf(data, sizeof data, "%s/data", cluster->dir);
    const char *template = getenv("TALLY_TEST_TEMPLATE");
    if (template == NULL || template[0] == '\0')
        return initdb(cluster, data);
    if (access(template, F_OK) != 0) {
        /* made aside and renamed, so that programs that run side by side see all of it or nothing */
        char aside[512];
        snprintf(aside, sizeof aside, "%s.XXXXXX", template);
        if (mkdtemp(aside) == NULL || chown(aside, cluster->uid, cluster->gid) != 0)
            return fail(aside);
        if (initdb(cluster, aside) != 0)
            return -1;
        if (rename(aside, template) != 0) {
            char *rm[] = {(char *) "rm", (char *) "-rf", (char *) "--", aside, NULL}; /* another one was first */
            (void) !run(cluster, rm);
        }
    }
    char *cp[] = {(char *) "cp", (char *) "-a", (char *) "--", (char *) (size_t) template, data, NULL};
    return run(cluster, cp);
}

/* ---- the server ---- */

/* The eighth line of postmaster.pid says how far the server is. */
static bool is_ready(const struct cluster *cluster)
{
    char path[128], line[256];
    snprintf(path, sizeof path, "%s/data/postmaster.pid", cluster->dir);
    FILE *file = fopen(path, "r");
    bool is_there = false;
    long pid = 0;
    for (int i = 1; file != NULL && fgets(line, sizeof line, file) != NULL; i++) {
        if (i == 1)
            pid = strtol(line, NULL, 10);
        if (i == 8)
            is_there = pid == cluster->postmaster && strncmp(line, "ready", 5) == 0;
    }
    if (file != NULL)
        fclose(file);
    return is_there;
}

static pid_t postgres_spawn(const struct cluster *cluster)
{
    char program[512], data[96], sockets[128];
    program_path("postgres", program, sizeof program);
    snprintf(data, sizeof data, "%s/data", cluster->dir);
    snprintf(sockets, sizeof sockets, "unix_socket_directories=%s", cluster->dir);
    const char *common[] = {program, "-D", data, "-c", sockets, "-c", "listen_addresses="};
    const char *loose[] = {"-c", "fsync=off", "-c", "full_page_writes=off"};
    char *args[ARGS_MAX];
    int count = 0;
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        args[count++] = (char *) (size_t) common[i];
    for (size_t i = 0; !cluster->options.is_durable && i < sizeof loose / sizeof loose[0]; i++)
        args[count++] = (char *) (size_t) loose[i];
    const char *const *settings = cluster->options.settings;
    for (int i = 0; settings != NULL && settings[i] != NULL && i < CLUSTER_SETTINGS_MAX; i++) {
        args[count++] = (char *) "-c";
        args[count++] = (char *) (size_t) settings[i];
    }
    args[count] = NULL;
    return spawn(cluster, args);
}

static int server_start(struct cluster *cluster)
{
    for (int i = 0; i < START_TRIES; i++) {
        int status;
        if (cluster->postmaster == 0)
            cluster->postmaster = postgres_spawn(cluster);
        if (cluster->postmaster < 0) {
            cluster->postmaster = 0;
            return fail("postgres");
        }
        if (is_ready(cluster))
            return 0;
        pause_10_ms();
        /* after a crash, processes of the old server may hold its shared memory for a moment: try again */
        if (waitpid(cluster->postmaster, &status, WNOHANG) == cluster->postmaster) {
            cluster->postmaster = 0;
            i += START_TRIES / 20;
        }
    }
    fprintf(stderr, "cluster: the server did not start\n");
    log_show(cluster);
    return -1;
}

static int server_end(struct cluster *cluster, int signal_number)
{
    int status;
    if (cluster->postmaster == 0)
        return 0;
    pid_t pid = cluster->postmaster;
    cluster->postmaster = 0;
    if (kill(pid, signal_number) != 0)
        return fail("kill");
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return fail("waitpid");
    return 0;
}

/* ---- what tests call ---- */

int cluster_start_with(struct cluster *cluster, const struct cluster_options *options)
{
    *cluster = (struct cluster){.options = *options, .leash = -1};
    if (account_find(cluster) != 0 || dir_make(cluster) != 0)
        return -1;
    cluster_conninfo(cluster, NULL, NULL, cluster->conninfo, sizeof cluster->conninfo);
    if (watchdog_start(cluster) != 0 || data_make(cluster) != 0 || server_start(cluster) != 0) {
        cluster_stop(cluster);
        return -1;
    }
    return 0;
}

int cluster_start(struct cluster *cluster)
{
    return cluster_start_with(cluster, &(struct cluster_options){0});
}

void cluster_stop(struct cluster *cluster)
{
    (void) !server_end(cluster, SIGQUIT); /* nobody needs the data any more */
    if (cluster->leash >= 0)
        close(cluster->leash);
    cluster->leash = -1;
    if (cluster->watchdog > 0) {
        int status;
        while (waitpid(cluster->watchdog, &status, 0) < 0 && errno == EINTR)
            continue;
    } else if (cluster->dir[0] != '\0') {
        dir_remove(cluster);
    }
    cluster->watchdog = 0;
    cluster->dir[0] = '\0';
}

int cluster_kill9(struct cluster *cluster)
{
    return server_end(cluster, SIGKILL); /* its backends see the postmaster gone and end at once */
}

int cluster_halt(struct cluster *cluster)
{
    return server_end(cluster, SIGINT);
}

int cluster_restart(struct cluster *cluster)
{
    return cluster_halt(cluster) != 0 ? -1 : server_start(cluster);
}

void cluster_conninfo(const struct cluster *cluster, const char *dbname, const char *user, char *out, size_t size)
{
    snprintf(out, size, "host=%s user=%s dbname=%s", cluster->dir, user == NULL ? "postgres" : user,
             dbname == NULL ? "postgres" : dbname);
}
