#include "guard.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "tally/log.h"
#include "tally/mem.h"

struct guard {
    struct private_cluster *cluster;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t is_told;
    bool is_stopping;
};

/* True: stop. */
static bool pause_ms(struct guard *guard, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long) (ms % 1000) * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&guard->mutex);
    while (!guard->is_stopping && pthread_cond_timedwait(&guard->is_told, &guard->mutex, &until) != ETIMEDOUT)
        continue;
    bool is_stopping = guard->is_stopping;
    pthread_mutex_unlock(&guard->mutex);
    return is_stopping;
}

static void *watch(void *arg)
{
    struct guard *guard = arg;
    int wait = GUARD_LOOK_MS;
    pthread_setname_np(pthread_self(), "tally-guard");
    while (!pause_ms(guard, wait)) {
        struct err err = {0};
        wait = GUARD_LOOK_MS;
        if (private_cluster_is_running(guard->cluster, &err))
            continue;
        log_err(LOG_LEVEL_ERROR, "cluster.ended", &err);
        if (private_cluster_restart(guard->cluster, &err) == TALLY_OK) {
            LOG_WARN("cluster.restarted", LOG_I64("pid", private_cluster_pid(guard->cluster)));
            continue;
        }
        log_err(LOG_LEVEL_ERROR, "cluster.restart", &err);
        wait = GUARD_RETRY_MS;
    }
    return NULL;
}

enum tally_code guard_start(struct private_cluster *cluster, struct guard **out, struct err *err)
{
    struct guard *guard = mem_zero(sizeof *guard);
    pthread_condattr_t attr;
    if (guard == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for the guard of the private PostgreSQL");
    guard->cluster = cluster;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&guard->is_told, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&guard->mutex, NULL);
    if (pthread_create(&guard->thread, NULL, watch, guard) != 0) {
        pthread_cond_destroy(&guard->is_told);
        pthread_mutex_destroy(&guard->mutex);
        mem_free(guard);
        return err_set(err, TALLY_E_NO_MEMORY, "no thread for the guard of the private PostgreSQL");
    }
    *out = guard;
    return TALLY_OK;
}

void guard_stop(struct guard *guard)
{
    if (guard == NULL)
        return;
    pthread_mutex_lock(&guard->mutex);
    guard->is_stopping = true;
    pthread_cond_signal(&guard->is_told);
    pthread_mutex_unlock(&guard->mutex);
    pthread_join(guard->thread, NULL);
    pthread_cond_destroy(&guard->is_told);
    pthread_mutex_destroy(&guard->mutex);
    mem_free(guard);
}
