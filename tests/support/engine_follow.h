/* Two evaluators beside one another: a session that follows what changes, and engine_evaluate from nothing. After each step they must
 * say the same of every instance. */
#ifndef TALLY_TESTS_ENGINE_FOLLOW_H
#define TALLY_TESTS_ENGINE_FOLLOW_H

#include <stdio.h>
#include <string.h>

#include "tally/engine.h"
#include "tally/mem.h"

struct seen { /* what the session last said of an instance */
    uint32_t rule;
    char *key, *text;
};

struct follow {
    struct engine_session *session;
    struct engine_fact *facts; /* as the session knows them */
    size_t fact_count;
    struct seen *seen;
    size_t seen_count, seen_cap;
    uint64_t followed, opened; /* steps */
    uint64_t doubted;          /* sessions whose budgets did not add up */
    uint64_t explained;        /* instances */
    uint64_t values;           /* that were asked for, and followed */
    int32_t next_moment;
};

/* Everything that is answered, as one text. */
static inline char *follow_text(const struct engine_instance *i)
{
    size_t size = 200 + i->amount.len + i->target.len + i->reason.len;
    char *text = malloc(size);
    snprintf(text, size, "state %d amount %.*s target %.*s reason \"%.*s\" first %llu day %d wakes %d", (int) i->state,
             SLICE_ARG(i->amount), SLICE_ARG(i->target), SLICE_ARG(i->reason), (unsigned long long) i->first, i->day,
             i->wakes);
    return text;
}

static inline struct seen *follow_seen(struct follow *f, uint32_t rule, struct slice key)
{
    for (size_t i = 0; i < f->seen_count; i++)
        if (f->seen[i].rule == rule && slice_is(key, f->seen[i].key))
            return &f->seen[i];
    if (f->seen_count == f->seen_cap) {
        f->seen_cap = f->seen_cap == 0 ? 64 : f->seen_cap * 2;
        f->seen = realloc(f->seen, f->seen_cap * sizeof(*f->seen));
    }
    struct seen *seen = &f->seen[f->seen_count++];
    *seen = (struct seen){rule, strndup(key.ptr == NULL ? "" : key.ptr, key.len), NULL};
    return seen;
}

static inline void follow_forget(struct follow *f)
{
    for (size_t i = 0; i < f->seen_count; i++) {
        free(f->seen[i].key);
        free(f->seen[i].text);
    }
    f->seen_count = 0;
}

static inline void follow_free(struct follow *f)
{
    engine_session_free(f->session);
    follow_forget(f);
    free(f->seen);
    free(f->facts);
    *f = (struct follow){0};
}

static inline const struct engine_fact *follow_fact(const struct engine_fact *facts, size_t count, uint32_t metric,
                                                    struct slice key, bool pending)
{
    for (size_t i = 0; i < count; i++)
        if (facts[i].metric == metric && slice_equal(facts[i].key, key) && (facts[i].standing == ENGINE_PENDING) == pending)
            return &facts[i];
    return NULL;
}

static inline bool follow_is_same(const struct engine_fact *a, const struct engine_fact *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->seq == b->seq && a->standing == b->standing && slice_equal(a->value, b->value) &&
           slice_equal(a->reason, b->reason) && a->is_blocked == b->is_blocked &&
           (a->submitted == b->submitted || a->seq == 0); /* nobody asks when a figure of another contract came */
}

/* The keys at which the input is not what the session knows. */
static inline size_t follow_changes(const struct follow *f, const struct engine_input *input, struct engine_change *changes)
{
    size_t count = 0;
    for (size_t i = 0; i < input->fact_count + f->fact_count; i++) {
        const struct engine_fact *at = i < input->fact_count ? &input->facts[i] : &f->facts[i - input->fact_count];
        const struct engine_fact *now = follow_fact(input->facts, input->fact_count, at->metric, at->key, false);
        const struct engine_fact *was = follow_fact(f->facts, f->fact_count, at->metric, at->key, false);
        bool waits = follow_fact(input->facts, input->fact_count, at->metric, at->key, true) != NULL;
        bool waited = follow_fact(f->facts, f->fact_count, at->metric, at->key, true) != NULL;
        if (!follow_is_same(now, was) || waits != waited)
            changes[count++] = (struct engine_change){at->metric, at->key, now, waits};
    }
    return count;
}

static inline bool follow_compare(struct follow *f, const struct engine_output *naive, char *why, size_t size)
{
    size_t found = 0;
    for (size_t i = 0; i < naive->count; i++) {
        char *text = follow_text(&naive->instances[i]);
        const struct seen *seen = follow_seen(f, naive->instances[i].rule, naive->instances[i].key);
        bool is_same = seen->text != NULL && strcmp(seen->text, text) == 0;
        if (!is_same)
            snprintf(why, size, "rule %u (%.*s):\n  from nothing: %s\n  followed:     %s", naive->instances[i].rule,
                     SLICE_ARG(naive->instances[i].key), text, seen->text == NULL ? "nothing" : seen->text);
        free(text);
        found++;
        if (!is_same)
            return false;
    }
    for (size_t k = 0; k < f->seen_count && found < f->seen_count; k++) {
        bool is_there = false;
        for (size_t i = 0; i < naive->count && !is_there; i++)
            is_there = naive->instances[i].rule == f->seen[k].rule && slice_is(naive->instances[i].key, f->seen[k].key);
        if (!is_there && strstr(f->seen[k].text, "state 0 ") == NULL) {
            snprintf(why, size, "rule %u (%s) is no instance, and was followed: %s", f->seen[k].rule, f->seen[k].key,
                     f->seen[k].text);
            return false;
        }
    }
    return true;
}

/* What others take of it: all of it, after each entry. */
static inline bool follow_values(struct follow *f, const struct engine_output *naive, const struct engine_output *out,
                                 char *why, size_t size)
{
    if (out->value_count != naive->value_count) {
        snprintf(why, size, "%zu values from nothing and %zu followed", naive->value_count, out->value_count);
        return false;
    }
    for (size_t i = 0; i < naive->value_count; i++) {
        const struct engine_value *a = &naive->values[i], *b = &out->values[i];
        if (a->want == b->want && slice_equal(a->key, b->key) && a->is_known == b->is_known &&
            a->is_blocked == b->is_blocked && slice_equal(a->value, b->value) && slice_equal(a->reason, b->reason))
            continue;
        snprintf(why, size, "value %u (%.*s): %d %d %.*s %.*s from nothing, %d %d %.*s %.*s followed", a->want,
                 SLICE_ARG(a->key), a->is_known, a->is_blocked, SLICE_ARG(a->value), SLICE_ARG(a->reason), b->is_known,
                 b->is_blocked, SLICE_ARG(b->value), SLICE_ARG(b->reason));
        return false;
    }
    f->values += f->session == NULL ? 0 : out->value_count;
    return true;
}

/* What the session has answered is explained as an evaluation from nothing explains it, to the byte. */
static inline bool follow_explain(struct follow *f, const struct engine_input *input, const struct engine_output *out,
                                  struct arena *arena, char *why, size_t size)
{
    struct engine_output *naive = NULL;
    struct engine_kept *kept = NULL;
    struct err err = {0};
    bool is_same = f->session != NULL && engine_evaluate_kept(input, arena, &naive, &kept, &err) == TALLY_OK;
    for (size_t i = 0, k = 0, told = 0; is_same && i < out->count && told < 4; i++) {
        const struct engine_instance *one = &out->instances[i];
        struct buf a, b;
        while (k < naive->count &&
               (naive->instances[k].rule != one->rule || !slice_equal(naive->instances[k].key, one->key)))
            k++;
        if (k == naive->count) { /* it is there no more */
            k = 0;
            continue;
        }
        buf_init(&a, 1 << 20);
        buf_init(&b, 1 << 20);
        is_same = engine_explain_kept(engine_session_kept(f->session), one, &a, &err) == TALLY_OK &&
                  engine_explain_kept(kept, &naive->instances[k], &b, &err) == TALLY_OK && a.len == b.len &&
                  memcmp(a.ptr, b.ptr, a.len) == 0;
        if (!is_same)
            snprintf(why, size, "explained: %s\n  from nothing: %s\n  followed:     %s", err.detail,
                     b.ptr == NULL ? "" : b.ptr, a.ptr == NULL ? "" : a.ptr);
        f->explained++;
        told++;
        buf_release(&a);
        buf_release(&b);
    }
    engine_kept_free(kept);
    return is_same || f->session == NULL;
}

/* The same input to both; false with why: they differ, or one has failed. */
static inline bool follow_step(struct follow *f, const struct engine_input *input, const struct engine_output *naive,
                               struct arena *arena, char *why, size_t size)
{
    struct err err = {0};
    struct engine_output *out = NULL;
    bool is_stale = f->session == NULL || !engine_session_answers(f->session, input->wants, input->want_count);
    if (!is_stale) {
        struct engine_change *changes = calloc(input->fact_count + f->fact_count + 1, sizeof(*changes));
        size_t count = follow_changes(f, input, changes);
        enum tally_code rc = engine_session_apply(f->session, input->today, changes, count, arena, &is_stale, &out, &err);
        free(changes);
        if (rc != TALLY_OK) {
            snprintf(why, size, "following failed: %s", err.detail);
            return false;
        }
    }
    if (is_stale) {
        f->doubted += f->session != NULL && engine_session_is_doubted(f->session);
        engine_session_free(f->session);
        f->session = NULL;
        follow_forget(f);
        if (engine_session_open(input, arena, &out, &f->session, &err) != TALLY_OK) {
            snprintf(why, size, "opening failed: %s", err.detail);
            return false;
        }
        f->opened++;
    } else {
        f->followed++;
    }
    for (size_t i = 0; i < out->count; i++) {
        struct seen *seen = follow_seen(f, out->instances[i].rule, out->instances[i].key);
        free(seen->text);
        seen->text = follow_text(&out->instances[i]);
    }
    f->facts = realloc(f->facts, (input->fact_count + 1) * sizeof(*f->facts));
    if (input->fact_count > 0)
        memcpy(f->facts, input->facts, input->fact_count * sizeof(*f->facts));
    f->fact_count = input->fact_count;
    if (out->is_full != naive->is_full) {
        snprintf(why, size, "all members are there: %d from nothing and %d followed", naive->is_full, out->is_full);
        return false;
    }
    if (out->next_first != naive->next_first || out->next_moment != naive->next_moment) {
        snprintf(why, size, "next first %llu and %llu, next moment %d from nothing and %d followed",
                 (unsigned long long) naive->next_first, (unsigned long long) out->next_first, naive->next_moment,
                 out->next_moment);
        return false;
    }
    return follow_values(f, naive, out, why, size) && follow_compare(f, naive, why, size) &&
           follow_explain(f, input, out, arena, why, size);
}

#endif
