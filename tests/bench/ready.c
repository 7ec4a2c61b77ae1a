#include "ready.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tally/buf.h"
#include "tally/text.h"

#define ACTORS 32 /* 1,000 connections over 32 actors stay within each one's share of the queue */

static void must(enum tally_code code, const struct err *err, const char *what)
{
    if (code != TALLY_OK)
        bench_die("%s: %s", what, err->detail);
}

static void take_head(struct bench_service *service, const char *json)
{
    const char *hash = strstr(json, "\"hash\":\"");
    const char *at = strstr(json, "\"seq\":"), *last = NULL;
    for (; at != NULL; at = strstr(at + 1, "\"seq\":"))
        last = at;
    if (hash == NULL || last == NULL ||
        text_unhex(slice_of(hash + 8, 64), service->head_hash.bytes, DIGEST_LEN) != TALLY_OK)
        bench_die("an answer without hash and seq: %s", json);
    service->head_seq = strtoull(last + 6, NULL, 10);
}

static void register_actor(struct bench_service *service, const struct key_pair *operator_key, struct bench_actor *actor,
                           const char *name, uint32_t i)
{
    struct err err = {0};
    struct key_public public_key;
    struct buf x, pop, body;
    buf_init(&x, 64);
    buf_init(&pop, 128);
    buf_init(&body, 1024);
    snprintf(actor->id, sizeof actor->id, "%s-%u", name, i);
    must(key_pair_generate(&actor->key, &err), &err, "key");
    key_pair_public(actor->key, &public_key);
    text_base64url(public_key.bytes, sizeof public_key.bytes, &x);
    must(key_proof_make(actor->key, service->origin, slice_str(actor->id), &pop, &err), &err, "proof");
    buf_printf(&body,
               "{\"id\":\"%s\",\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"},\"kind\":\"organisation\","
               "\"pop\":\"%s\","
               "\"roles\":[\"backbone\"]}",
               actor->id, x.ptr, pop.ptr);
    char *answer = bench_post(service, operator_key, "/v1/actors", body.ptr);
    take_head(service, answer);
    free(answer);
    buf_release(&x);
    buf_release(&pop);
    buf_release(&body);
}

static void wait_until_ready(const struct bench_service *service)
{
    bool is_ready = false;
    for (int tries = 0; !is_ready; tries++) {
        char *answer = bench_call(service, "GET", "/readyz", NULL, SLICE(""), BENCH_ANY);
        is_ready = answer[0] != '\0';
        free(answer);
        if (!is_ready && tries == 300)
            bench_die("the service is not ready after 30 s");
        if (!is_ready)
            usleep(100000);
    }
}

void bench_ready(struct bench_service *service, const struct key_pair *operator_key, const char *name)
{
    wait_until_ready(service);
    char *zero = bench_call(service, "GET", "/v1/entries/0", NULL, SLICE(""), 200);
    take_head(service, zero);
    free(zero);
    service->actors = calloc(ACTORS, sizeof *service->actors);
    if (service->actors == NULL)
        bench_die("no memory");
    service->actor_count = ACTORS;
    for (uint32_t i = 0; i < ACTORS; i++)
        register_actor(service, operator_key, &service->actors[i], name, i);
    char *defined = bench_call(service, "GET", "/v1/indicators/bench.days-housed", NULL, SLICE(""), BENCH_ANY);
    if (defined[0] == '\0') {
        free(defined);
        defined =
            bench_post(service, operator_key, "/v1/indicators",
                       "{\"definition\":\"Days housed in the quarter, less days in jail\",\"id\":\"bench.days-housed\","
                       "\"kind\":\"outcome\",\"name\":\"Days housed\",\"unit\":\"days\",\"version\":1}");
        take_head(service, defined);
    }
    free(defined);
}

void bench_ready_free(struct bench_service *service)
{
    for (uint32_t i = 0; i < service->actor_count; i++)
        key_pair_free(service->actors[i].key);
    free(service->actors);
    service->actors = NULL;
    service->actor_count = 0;
}
