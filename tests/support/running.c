#include "running.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TURNS 6000 /* of 10 ms: a minute, on a machine that builds beside it */
#define LOG_SEEN (1u << 20)

int running_start(struct running *running, const char *log, const char *const *argv)
{
    (void) snprintf(running->log, sizeof running->log, "%s", log);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
            _exit(126);
        /* exec takes the arguments as not const, and does not change them */
        execv(argv[0], (char *const *) (uintptr_t) argv);
        _exit(127);
    }
    running->pid = pid < 0 ? 0 : pid;
    return pid > 0 ? 0 : -1;
}

static size_t read_file(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t len = file == NULL ? 0 : fread(out, 1, size - 1, file);
    out[len] = '\0';
    if (file != NULL)
        (void) fclose(file);
    return len;
}

static void pause_briefly(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static bool has_ended(const struct running *running)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t) running->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

int running_count(const struct running *running, const char *text)
{
    int count = 0;
    char *seen = malloc(LOG_SEEN);
    if (seen == NULL)
        return 0;
    (void) read_file(running->log, seen, LOG_SEEN);
    for (const char *at = seen; (at = strstr(at, text)) != NULL; at++)
        count++;
    free(seen);
    return count;
}

int running_says(const struct running *running, const char *text)
{
    for (int turn = 0; turn < TURNS; turn++) {
        bool is_over = has_ended(running); /* before the look: its last words count */
        if (running_count(running, text) > 0)
            return 0;
        if (is_over)
            break;
        pause_briefly();
    }
    char *seen = malloc(LOG_SEEN);
    if (seen != NULL) {
        (void) read_file(running->log, seen, LOG_SEEN);
        (void) fprintf(stderr, "\"%s\" is not in:\n%s\n", text, seen);
    }
    free(seen);
    return -1;
}

int running_end(struct running *running, int number)
{
    int status = 0;
    pid_t pid = running->pid;
    running->pid = 0;
    if (pid <= 0 || kill(pid, number) != 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

uint16_t running_port(const struct running *running, const char *file)
{
    char text[128];
    for (int turn = 0; turn < TURNS && !has_ended(running); turn++) {
        size_t len = read_file(file, text, sizeof text);
        const char *colon = strrchr(text, ':');
        if (len > 0 && text[len - 1] == '\n' && colon != NULL)
            return (uint16_t) strtoul(colon + 1, NULL, 10);
        pause_briefly();
    }
    (void) !running_says(running, "(an address)"); /* prints its log */
    return 0;
}
