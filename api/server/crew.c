#include "tally/crew.h"

#include <pthread.h>
#include <stdio.h>

#include "tally/mem.h"

#define CREW_STACK (512u << 10) /* the deepest are the parsers of terms and JSON, which limit their depth */

struct crew {
    pthread_mutex_t mutex;
    pthread_cond_t has_work;
    struct http_request *first, *last;
    uint64_t queued, queue_max;
    bool is_stopping;
    int idle;
    crew_fn fn;
    void *ctx;
    char name[16];
    int thread_count;
    pthread_t threads[];
};

static struct http_request *take(struct crew *crew)
{
    pthread_mutex_lock(&crew->mutex);
    while (crew->first == NULL && !crew->is_stopping) {
        crew->idle++;
        pthread_cond_wait(&crew->has_work, &crew->mutex);
        crew->idle--;
    }
    struct http_request *request = crew->first;
    if (request != NULL) {
        crew->first = request->next;
        if (crew->first == NULL)
            crew->last = NULL;
        crew->queued--;
    }
    pthread_mutex_unlock(&crew->mutex);
    return request;
}

static void *serve(void *arg)
{
    struct crew *crew = arg;
    struct http_request *request;
    pthread_setname_np(pthread_self(), crew->name);
    while ((request = take(crew)) != NULL)
        crew->fn(crew->ctx, request);
    return NULL;
}

MUST_CHECK static enum tally_code threads_start(struct crew *crew, int threads, struct err *err)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, CREW_STACK);
    int failed = 0;
    while (crew->thread_count < threads && failed == 0) {
        failed = pthread_create(&crew->threads[crew->thread_count], &attr, serve, crew);
        if (failed == 0)
            crew->thread_count++;
    }
    pthread_attr_destroy(&attr);
    if (failed != 0)
        return err_set(err, TALLY_E_NO_MEMORY, "no thread for %s (error %d); lower --workers or --readers", crew->name,
                       failed);
    return TALLY_OK;
}

enum tally_code crew_start(const char *name, int threads, uint64_t queue_max, crew_fn fn, void *ctx, struct crew **out,
                           struct err *err)
{
    struct crew *crew = mem_zero(sizeof *crew + (size_t) threads * sizeof crew->threads[0]);
    if (crew == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for %s", name);
    pthread_mutex_init(&crew->mutex, NULL);
    pthread_cond_init(&crew->has_work, NULL);
    crew->queue_max = queue_max;
    crew->fn = fn;
    crew->ctx = ctx;
    (void) snprintf(crew->name, sizeof crew->name, "%s", name);
    enum tally_code rc = threads_start(crew, threads, err);
    if (rc != TALLY_OK) {
        crew_stop(crew);
        return rc;
    }
    *out = crew;
    return TALLY_OK;
}

bool crew_add(struct crew *crew, struct http_request *request)
{
    pthread_mutex_lock(&crew->mutex);
    bool is_taken = crew->queued < crew->queue_max && !crew->is_stopping;
    if (is_taken) {
        request->next = NULL;
        *(crew->last != NULL ? &crew->last->next : &crew->first) = request;
        crew->last = request;
        crew->queued++;
    }
    bool is_awaited = crew->idle > 0;
    pthread_mutex_unlock(&crew->mutex);
    if (is_taken && is_awaited)
        pthread_cond_signal(&crew->has_work);
    return is_taken;
}

uint64_t crew_queued(struct crew *crew)
{
    pthread_mutex_lock(&crew->mutex);
    uint64_t queued = crew->queued;
    pthread_mutex_unlock(&crew->mutex);
    return queued;
}

void crew_stop(struct crew *crew)
{
    if (crew == NULL)
        return;
    pthread_mutex_lock(&crew->mutex);
    crew->is_stopping = true;
    pthread_cond_broadcast(&crew->has_work);
    pthread_mutex_unlock(&crew->mutex);
    for (int i = 0; i < crew->thread_count; i++)
        pthread_join(crew->threads[i], NULL);
    pthread_cond_destroy(&crew->has_work);
    pthread_mutex_destroy(&crew->mutex);
    mem_free(crew);
}
