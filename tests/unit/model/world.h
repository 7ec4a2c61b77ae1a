/* A world for the model's tests: a list of rows that stands for the database, and four models that must always agree: one that
 * keeps everything that was loaded, one that forgets everything before each command, one that is trimmed before each, and a whole one,
 * which is never loaded. Every decision is made twice in each, and all eight must be the same to the byte. */
#ifndef TESTS_MODEL_WORLD_H
#define TESTS_MODEL_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tally/arena.h"
#include "tally/digest.h"
#include "tally/model.h"
#include "tally/text.h"

#define WORLD_ROWS_MAX 20000
#define WORLD_MODELS 4
#define WORLD_WHOLE 3

struct world {
    struct arena *arena;
    struct changes base; /* what the database would hold */
    struct model *models[WORLD_MODELS];
    uint64_t seq;
    struct instant time;
    struct buf last;          /* the last decision as text */
    struct decision decision; /* of the first model */
    struct terms *terms[256]; /* compiled by propose */
    int terms_count;
    struct buf log; /* every event so far, a line each */
};

static inline void world_sha256(const char *prefix, struct slice data, uint8_t out[32])
{
    struct slice parts[2] = {slice_str(prefix), data};
    struct digest digest;
    digest_parts(parts, 2, &digest);
    memcpy(out, digest.bytes, 32);
}

/* ---- rows as text ---- */
static inline void put_slice(struct buf *out, struct slice s)
{
    buf_add_slice(out, s);
    buf_add_char(out, '|');
}
static inline void put_number(struct buf *out, uint64_t n)
{
    buf_add_u64(out, n);
    buf_add_char(out, '|');
}
static inline void show_actor(struct buf *out, const struct row_actor *r)
{
    put_slice(out, r->id), put_slice(out, r->kind), put_slice(out, r->name), put_slice(out, r->registered_by);
    put_number(out, r->is_operator), put_number(out, r->is_backbone), put_number(out, r->seq);
}
static inline void show_key(struct buf *out, const struct row_key *r)
{
    put_slice(out, r->kid), put_slice(out, r->actor), put_slice(out, r->x);
    put_number(out, r->added_seq), put_number(out, r->revoked_seq);
}
static inline void show_indicator(struct buf *out, const struct row_indicator *r)
{
    put_slice(out, r->slug), put_number(out, r->version), put_number(out, r->seq), put_slice(out, r->name);
    put_slice(out, r->definition), put_slice(out, r->unit), put_slice(out, r->kind), put_slice(out, r->defined_by);
    put_number(out, r->lower_is_better);
}
static inline void show_contract(struct buf *out, const struct row_contract *r)
{
    put_slice(out, r->id), put_slice(out, r->slug), put_slice(out, r->title), put_slice(out, r->proposed_by);
    put_slice(out, r->manifest), put_slice(out, r->text), put_number(out, r->version), put_number(out, r->open);
    buf_add_hex(out, r->version_hash, 32), buf_add_hex(out, r->terms_hash, 32);
    put_number(out, r->seq), put_number(out, r->activated_seq), put_number(out, r->state);
    put_number(out, (uint64_t) r->next_moment.us), put_number(out, r->next_first), put_number(out, r->is_full);
}
static inline void show_party(struct buf *out, const struct row_party *r)
{
    put_slice(out, r->contract), put_slice(out, r->party), put_slice(out, r->role), put_slice(out, r->label);
    put_slice(out, r->actor), put_slice(out, r->kid), put_number(out, r->place), put_number(out, r->signed_seq);
}
static inline void show_amendment(struct buf *out, const struct row_amendment *r)
{
    put_slice(out, r->contract), put_number(out, r->seq), put_number(out, r->version), put_slice(out, r->title);
    put_slice(out, r->text), put_slice(out, r->manifest), put_slice(out, r->proposed_by);
    buf_add_hex(out, r->version_hash, 32), buf_add_hex(out, r->terms_hash, 32), put_number(out, r->in_force_seq);
}
static inline void show_signer(struct buf *out, const struct row_signer *r)
{
    show_party(out, &r->party), put_number(out, r->amendment_seq), put_number(out, r->is_leaving);
}
static inline void show_use(struct buf *out, const struct row_use *r)
{
    put_slice(out, r->contract), put_number(out, r->text_seq), put_number(out, r->place), put_slice(out, r->used);
    put_number(out, r->used_version), put_number(out, r->as_amended);
}
static inline void show_figure(struct buf *out, const struct row_figure *r)
{
    put_slice(out, r->contract), put_slice(out, r->metric), put_slice(out, r->key), put_number(out, r->version);
    put_number(out, r->standing), put_slice(out, r->value), put_slice(out, r->reason), put_number(out, r->was_known);
    put_number(out, r->has_closed);
}
static inline void show_metric(struct buf *out, const struct row_metric *r)
{
    put_slice(out, r->contract), put_slice(out, r->metric), put_slice(out, r->indicator);
    put_number(out, r->place), put_number(out, r->indicator_version), put_number(out, r->text_seq);
}
static inline void show_result(struct buf *out, const struct row_result *r)
{
    put_number(out, r->seq), put_number(out, r->item), put_slice(out, r->indicator), put_number(out, r->version);
    put_slice(out, r->contract), put_slice(out, r->metric), put_slice(out, r->dimensions), put_slice(out, r->value);
    put_slice(out, r->author), put_number(out, (uint64_t) r->time.us), put_number(out, r->is_set);
    put_number(out, r->is_withdrawal), put_number(out, r->of_seq), put_number(out, r->of_item);
    put_number(out, r->first_seq), put_number(out, r->first_item), put_number(out, (uint64_t) r->first_time.us);
    put_number(out, r->prev_seq), put_slice(out, r->only_in);
}
static inline void show_concern(struct buf *out, const struct row_concern *r)
{
    put_number(out, r->seq), put_slice(out, r->contract);
}
static inline void show_erasure(struct buf *out, const struct row_erasure *r)
{
    put_number(out, r->entry), put_number(out, r->seq);
}
static inline void show_dispute(struct buf *out, const struct row_dispute *r)
{
    put_number(out, r->seq), put_slice(out, r->contract), put_number(out, r->result_seq), put_number(out, r->item);
    put_slice(out, r->actor), put_slice(out, r->reason), put_number(out, (uint64_t) r->time.us);
    put_number(out, (uint64_t) r->lapses.us);
}
static inline void show_decision(struct buf *out, const struct row_decision *r)
{
    put_number(out, r->dispute_seq), put_slice(out, r->contract), put_number(out, r->result_seq), put_number(out, r->item);
    put_number(out, r->kind), put_number(out, r->is_lapsed), put_slice(out, r->value), put_number(out, r->seq);
}
static inline void show_verification(struct buf *out, const struct row_verification *r)
{
    put_number(out, r->result_seq), put_number(out, r->item), put_slice(out, r->actor), put_number(out, r->seq);
    put_number(out, (uint64_t) r->time.us);
}
static inline void show_final(struct buf *out, const struct row_final *r)
{
    put_slice(out, r->contract), put_slice(out, r->metric), put_slice(out, r->key);
    put_number(out, r->result_seq), put_number(out, r->item), put_number(out, r->seq), put_number(out, r->first_seq);
    put_number(out, r->began_seq), put_number(out, (uint64_t) r->time.us), put_number(out, r->is_none);
    put_slice(out, r->replaced), put_number(out, r->version);
}
static inline void show_instance(struct buf *out, const struct row_instance *r)
{
    put_slice(out, r->contract), put_slice(out, r->rule), put_slice(out, r->key), put_slice(out, r->stands);
    put_number(out, r->first), put_number(out, (uint64_t) (int64_t) r->day);
}
static inline void show_payment(struct buf *out, const struct row_payment *r)
{
    put_number(out, r->seq), put_number(out, r->itemised_seq), put_number(out, r->cause_seq);
    put_slice(out, r->contract), put_slice(out, r->rule), put_slice(out, r->from_party), put_slice(out, r->to_party);
    put_slice(out, r->from_actor), put_slice(out, r->to_actor), put_slice(out, r->currency), put_slice(out, r->amount);
    put_number(out, r->is_owed_back), put_number(out, r->instances), put_number(out, (uint64_t) (int64_t) r->triggered_on);
    put_number(out, (uint64_t) (int64_t) r->due_on), put_slice(out, r->settled);
}
static inline void show_payment_item(struct buf *out, const struct row_payment_item *r)
{
    put_number(out, r->payment_seq), put_slice(out, r->key), put_slice(out, r->difference), put_slice(out, r->stands);
}
static inline void show_explanation(struct buf *out, const struct row_explanation *r)
{
    put_number(out, r->payment_seq), buf_add_hex(out, r->hash, 32), put_slice(out, r->body);
}
static inline void show_settlement(struct buf *out, const struct row_settlement *r)
{
    put_number(out, r->seq), put_number(out, r->payment_seq), put_slice(out, r->amount), put_slice(out, r->reference);
    put_slice(out, r->recorded_by), put_number(out, (uint64_t) (int64_t) r->paid_on), put_slice(out, r->contract);
    put_slice(out, r->rule), put_number(out, r->is_owed_back);
}

static inline void show_accession(struct buf *out, const struct row_accession *r)
{
    put_slice(out, r->contract), put_slice(out, r->class_name), put_slice(out, r->actor), put_slice(out, r->kid);
    put_number(out, r->seq);
}

static inline void show_whole_decision(struct buf *out, const struct decision *decision)
{
    buf_clear(out);
    if (decision->refusal != NULL) {
        buf_printf(out, "refused %s: %.*s\n", refusal_code_text(decision->refusal->code),
                   SLICE_ARG(decision->refusal->detail));
        for (const struct refusal_at *at = decision->refusal->errors; at != NULL; at = at->next)
            buf_printf(out, "  %.*s: %.*s\n", SLICE_ARG(at->pointer), SLICE_ARG(at->detail));
    }
    for (uint32_t i = 0; i < decision->event_count; i++)
        buf_printf(out, "%s %.*s\n", decision->events[i].type, SLICE_ARG(decision->events[i].body));
#define X(type, list)                                                                                                      \
    for (uint32_t i = 0; i < decision->changes.list##_count; i++) {                                                        \
        buf_add_str(out, #type " ");                                                                                       \
        show_##type(out, &decision->changes.list[i]);                                                                      \
        buf_add_char(out, '\n');                                                                                           \
    }
    CHANGES_LISTS(X)
#undef X
}

/* ---- the base ---- */
static inline struct slice world_keep(struct world *w, struct slice s)
{
    struct slice copy;
    assert_int_equal(arena_copy(w->arena, s.ptr, s.len, &copy, NULL), TALLY_OK);
    return copy;
}

/* Rows that replace are found by what identifies them. */
static inline bool same_actor(const struct row_actor *a, const struct row_actor *b)
{
    return slice_equal(a->id, b->id);
}
static inline bool same_key(const struct row_key *a, const struct row_key *b)
{
    return slice_equal(a->kid, b->kid);
}
static inline bool same_indicator(const struct row_indicator *a, const struct row_indicator *b)
{
    return a->version == b->version && slice_equal(a->slug, b->slug);
}
static inline bool same_contract(const struct row_contract *a, const struct row_contract *b)
{
    return slice_equal(a->id, b->id);
}
static inline bool same_party(const struct row_party *a, const struct row_party *b)
{
    return slice_equal(a->contract, b->contract) && slice_equal(a->party, b->party);
}
static inline bool same_metric(const struct row_metric *a, const struct row_metric *b)
{
    return slice_equal(a->contract, b->contract) && slice_equal(a->metric, b->metric) && a->text_seq == b->text_seq;
}
static inline bool same_amendment(const struct row_amendment *a, const struct row_amendment *b)
{
    return a->seq == b->seq;
}
static inline bool same_use(const struct row_use *a, const struct row_use *b)
{
    return a->text_seq == b->text_seq && a->place == b->place;
}
static inline bool same_figure(const struct row_figure *a, const struct row_figure *b)
{
    return slice_equal(a->contract, b->contract) && slice_equal(a->metric, b->metric) && slice_equal(a->key, b->key) &&
           a->version == b->version;
}
static inline bool same_signer(const struct row_signer *a, const struct row_signer *b)
{
    return a->amendment_seq == b->amendment_seq && a->party.place == b->party.place;
}
static inline bool same_result(const struct row_result *a, const struct row_result *b)
{
    return a->seq == b->seq && a->item == b->item;
}
static inline bool same_verification(const struct row_verification *a, const struct row_verification *b)
{
    return a->seq == b->seq && a->item == b->item;
}
static inline bool same_final(const struct row_final *a, const struct row_final *b)
{
    return slice_equal(a->contract, b->contract) && slice_equal(a->metric, b->metric) && slice_equal(a->key, b->key) &&
           a->seq == b->seq && a->result_seq == b->result_seq && a->item == b->item && a->version == b->version &&
           a->first_seq == b->first_seq;
}
static inline bool same_dispute(const struct row_dispute *a, const struct row_dispute *b)
{
    return slice_equal(a->contract, b->contract) && a->result_seq == b->result_seq && a->item == b->item;
}
static inline bool same_decision(const struct row_decision *a, const struct row_decision *b)
{
    return slice_equal(a->contract, b->contract) && a->result_seq == b->result_seq && a->item == b->item;
}
static inline bool same_instance(const struct row_instance *a, const struct row_instance *b)
{
    return slice_equal(a->contract, b->contract) && slice_equal(a->rule, b->rule) && slice_equal(a->key, b->key);
}
static inline bool same_payment(const struct row_payment *a, const struct row_payment *b)
{
    return a->seq == b->seq;
}
static inline bool same_payment_item(const struct row_payment_item *a, const struct row_payment_item *b)
{
    return a->payment_seq == b->payment_seq && slice_equal(a->key, b->key);
}
static inline bool same_explanation(const struct row_explanation *a, const struct row_explanation *b)
{
    return a->payment_seq == b->payment_seq;
}
static inline bool same_concern(const struct row_concern *a, const struct row_concern *b)
{
    return a->seq == b->seq && slice_equal(a->contract, b->contract);
}
static inline bool same_erasure(const struct row_erasure *a, const struct row_erasure *b)
{
    return a->entry == b->entry;
}
static inline bool same_settlement(const struct row_settlement *a, const struct row_settlement *b)
{
    return a->seq == b->seq;
}

static inline bool same_accession(const struct row_accession *a, const struct row_accession *b)
{
    return slice_equal(a->contract, b->contract) && slice_equal(a->class_name, b->class_name) &&
           slice_equal(a->actor, b->actor);
}

#define X(type, list)                                                                                                      \
    static inline void base_##type(struct world *w, const struct row_##type *row, bool may_replace)                        \
    {                                                                                                                      \
        uint32_t at = 0;                                                                                                   \
        while (at < w->base.list##_count && !same_##type(&w->base.list[at], row))                                          \
            at++;                                                                                                          \
        assert_true(at < WORLD_ROWS_MAX);                                                                                  \
        if (!may_replace)                                                                                                  \
            assert_int_equal(at, w->base.list##_count); /* recorded once */                                                \
        w->base.list[at] = *row;                                                                                           \
        if (at == w->base.list##_count)                                                                                    \
            w->base.list##_count++;                                                                                        \
    }
CHANGES_LISTS(X)
#undef X

static inline bool replaces(const char *type)
{
    return strcmp(type, "key") == 0 || strcmp(type, "contract") == 0 || strcmp(type, "party") == 0 ||
           strcmp(type, "instance") == 0 || strcmp(type, "payment") == 0 || strcmp(type, "amendment") == 0 ||
           strcmp(type, "signer") == 0 || strcmp(type, "figure") == 0;
}

/* ---- loading, as contracts/store does ---- */
static inline bool is_of_contract(const struct world *w, struct slice contract, const struct row_result *row)
{
    if (row->indicator.len == 0)
        return slice_equal(row->contract, contract);
    for (uint32_t i = 0; i < w->base.metrics_count; i++) {
        const struct row_metric *metric = &w->base.metrics[i];
        if (slice_equal(metric->contract, contract) && slice_equal(metric->indicator, row->indicator) &&
            metric->indicator_version == row->version)
            return true;
    }
    return false;
}

#define PUT_WHERE(type, list, condition)                                                                                   \
    for (uint32_t i = w->base.list##_count; i-- > 0;) {                                                                    \
        const struct row_##type *row = &w->base.list[i];                                                                   \
        if (condition)                                                                                                     \
            assert_int_equal(model_put_##type(model, row, NULL), TALLY_OK);                                                \
    }

static inline void load_contract(const struct world *w, struct model *model, struct slice id)
{
    PUT_WHERE(verification, verifications, true) /* before their results: the order must not matter */
    PUT_WHERE(decision, decisions, slice_equal(row->contract, id))
    PUT_WHERE(dispute, disputes, slice_equal(row->contract, id))
    PUT_WHERE(figure, figures, slice_equal(row->contract, id))
    PUT_WHERE(signer, signers, slice_equal(row->party.contract, id))
    PUT_WHERE(amendment, amendments, slice_equal(row->contract, id))
    PUT_WHERE(party, parties, slice_equal(row->contract, id))
    PUT_WHERE(accession, accessions, slice_equal(row->contract, id))
    PUT_WHERE(settlement, settlements, slice_equal(row->contract, id))
    PUT_WHERE(instance, instances, slice_equal(row->contract, id))
    PUT_WHERE(final, finals, slice_equal(row->contract, id))
    PUT_WHERE(result, results, is_of_contract(w, id, row))
    PUT_WHERE(metric, metrics, slice_equal(row->contract, id))
    PUT_WHERE(contract, contracts, slice_equal(row->id, id))
}

static inline void load_due(const struct world *w, struct model *model, int64_t by)
{
    struct instant later = {INT64_MAX};
    PUT_WHERE(contract, contracts, row->next_moment.us <= by)
    for (uint32_t i = 0; i < w->base.contracts_count; i++) {
        int64_t us = w->base.contracts[i].next_moment.us;
        later.us = us > by && us < later.us ? us : later.us;
    }
    assert_int_equal(model_put_next_moment(model, later, NULL), TALLY_OK);
}

static inline void load_result_key(const struct world *w, struct model *model, struct slice key)
{
    for (uint32_t i = 0; i < w->base.results_count; i++) {
        const struct row_result *row = &w->base.results[i];
        char text[2048];
        if (row->indicator.len > 0)
            snprintf(text, sizeof(text), "%.*s|%" PRIu32 "|%.*s|%.*s", SLICE_ARG(row->indicator), row->version,
                     SLICE_ARG(row->dimensions), SLICE_ARG(row->author));
        else
            snprintf(text, sizeof(text), "|%.*s|%.*s|%.*s|%.*s", SLICE_ARG(row->contract), SLICE_ARG(row->metric),
                     SLICE_ARG(row->dimensions), SLICE_ARG(row->author));
        if (slice_is(key, text))
            assert_int_equal(model_put_result_key(model, key, row->seq, row->item, row->is_withdrawal, NULL), TALLY_OK);
    }
}

static inline void load_actor(const struct world *w, struct model *model, struct slice id)
{
    PUT_WHERE(actor, actors, slice_equal(row->id, id))
}

static inline bool is_hex(struct slice hex, const uint8_t hash[32])
{
    char text[65];
    text_hex(hash, 32, text);
    return slice_is(hex, text);
}

static inline void load_version(const struct world *w, struct model *model, struct slice hex)
{
    for (uint32_t i = 0; i < w->base.contracts_count; i++) {
        const struct row_contract *row = &w->base.contracts[i];
        if (is_hex(hex, row->version_hash) || is_hex(hex, row->terms_hash))
            assert_int_equal(model_put_version(model, hex, row->id, 1, NULL), TALLY_OK);
    }
    for (uint32_t i = 0; i < w->base.amendments_count; i++) {
        const struct row_amendment *row = &w->base.amendments[i];
        if (row->in_force_seq != ROW_NO_SEQ && (is_hex(hex, row->version_hash) || is_hex(hex, row->terms_hash)))
            assert_int_equal(model_put_version(model, hex, row->contract, row->version, NULL), TALLY_OK);
    }
}

static inline void load(const struct world *w, struct model *model, const struct need *need)
{
    switch (need->kind) {
    case NEED_KEY:
        PUT_WHERE(key, keys, slice_equal(row->kid, need->name))
        for (uint32_t i = 0; i < w->base.keys_count; i++) {
            if (slice_equal(w->base.keys[i].kid, need->name))
                load_actor(w, model, w->base.keys[i].actor);
        }
        break;
    case NEED_ACTOR:
        load_actor(w, model, need->name);
        break;
    case NEED_INDICATOR:
        PUT_WHERE(indicator, indicators, slice_equal(row->slug, need->name))
        break;
    case NEED_CONTRACT:
        load_contract(w, model, need->name);
        break;
    case NEED_PARTIES:
        PUT_WHERE(signer, signers, slice_equal(row->party.contract, need->name))
        PUT_WHERE(amendment, amendments, slice_equal(row->contract, need->name))
        PUT_WHERE(party, parties, slice_equal(row->contract, need->name))
        PUT_WHERE(accession, accessions, slice_equal(row->contract, need->name))
        PUT_WHERE(contract, contracts, slice_equal(row->id, need->name))
        break;
    case NEED_STANDING:
        PUT_WHERE(instance, instances, slice_equal(row->contract, need->name))
        PUT_WHERE(final, finals, slice_equal(row->contract, need->name))
        break;
    case NEED_USERS:
        PUT_WHERE(metric, metrics, slice_equal(row->indicator, need->name) && row->indicator_version == need->number)
        break;
    case NEED_RESULT:
        PUT_WHERE(result, results, row->seq == need->number || row->of_seq == need->number)
        PUT_WHERE(verification, verifications, row->result_seq == need->number)
        break;
    case NEED_RESULT_KEY:
        load_result_key(w, model, need->name);
        break;
    case NEED_PAYMENT:
        PUT_WHERE(payment, payments, row->seq == need->number)
        break;
    case NEED_DISPUTE:
        PUT_WHERE(dispute, disputes, row->seq == need->number)
        break;
    case NEED_ERASURE:
        PUT_WHERE(erasure, erasures, row->entry == need->number)
        break;
    case NEED_SERIES:
        PUT_WHERE(result, results, slice_equal(row->indicator, need->name) && row->version == need->number)
        PUT_WHERE(verification, verifications, true)
        break;
    case NEED_USES:
        PUT_WHERE(use, uses, slice_equal(row->contract, need->name) || slice_equal(row->used, need->name))
        break;
    case NEED_VERSION:
        load_version(w, model, need->name);
        break;
    case NEED_DUE:
        load_due(w, model, (int64_t) need->number);
        break;
    }
    assert_int_equal(model_loaded(model, need, NULL), TALLY_OK);
}

/* command NULL: the moments due by now. */
static inline void world_fill(struct world *w, struct model *model, const struct command *command)
{
    struct err err = {.code = TALLY_OK};
    if (model == w->models[WORLD_WHOLE])
        return;
    for (int round = 0;; round++) {
        struct needs needs = {.arena = w->arena};
        enum tally_code rc =
            command != NULL ? model_needs(model, command, &needs, &err) : model_needs_due(model, w->time, &needs, &err);
        if (rc != TALLY_OK)
            fail_msg("needs: %s", err.detail);
        assert_true(round < 10);
        if (needs.count == 0)
            return;
        for (uint32_t i = 0; i < needs.count; i++) {
            for (uint32_t k = 0; k < i; k++)
                assert_false(needs.items[k].kind == needs.items[i].kind && needs.items[k].number == needs.items[i].number &&
                             slice_equal(needs.items[k].name, needs.items[i].name));
            load(w, model, &needs.items[i]);
        }
    }
}

static inline void prepare_models(struct world *w)
{
    model_forget(w->models[1]);
    model_trim(w->models[2], 12000, w->seq % 3 == 0 ? 30000 : 0);
}

/* ---- doing something ---- */
static inline struct decision decide_once(struct world *w, struct model *model, const struct command *command)
{
    struct decision decision = {0};
    struct model_place place = {w->seq, w->time};
    struct err err = {.code = TALLY_OK};
    enum tally_code rc = command != NULL ? model_decide(model, command, &place, w->arena, &decision, &err)
                                         : model_decide_moment(model, &place, w->arena, &decision, &err);
    if (rc != TALLY_OK)
        fail_msg("decide: %s: %s", err_code_name(rc), err.detail);
    return decision;
}

static inline void world_apply(struct world *w, const struct decision *decision)
{
#define X(type, list)                                                                                                      \
    for (uint32_t i = 0; i < decision->changes.list##_count; i++)                                                          \
        base_##type(w, &decision->changes.list[i], replaces(#type));
    CHANGES_LISTS(X)
#undef X
    for (uint32_t i = 0; i < decision->event_count; i++)
        buf_printf(&w->log, "%s %.*s\n", decision->events[i].type, SLICE_ARG(decision->events[i].body));
}

static inline void world_step(struct world *w, const struct command *command)
{
    struct buf text;
    struct decision decisions[WORLD_MODELS];
    uint8_t hash[32];
    buf_init(&text, 32 << 20);
    for (int m = 0; m < WORLD_MODELS; m++) {
        world_fill(w, w->models[m], command);
        for (int again = 0; again < 2; again++) {
            decisions[m] = decide_once(w, w->models[m], command);
            show_whole_decision(m == 0 && again == 0 ? &w->last : &text, &decisions[m]);
            if (m != 0 || again != 0)
                assert_string_equal(text.ptr, w->last.ptr);
        }
    }
    w->decision = decisions[0];
    if (w->decision.refusal == NULL) {
        uint64_t first = w->seq;
        world_sha256("entry", slice_of(&first, sizeof(first)), hash);
        struct model_place place = {w->seq, w->time};
        for (int m = 0; m < WORLD_MODELS; m++)
            assert_int_equal(model_evolve(w->models[m], command, &decisions[m], &place, hash, NULL), TALLY_OK);
        world_apply(w, &decisions[0]);
        w->seq += w->decision.event_count + (command == NULL ? 0u : 1u);
    } else {
        assert_int_equal(w->decision.event_count, 0);
#define X(type, list) assert_int_equal(w->decision.changes.list##_count, 0);
        CHANGES_LISTS(X)
#undef X
    }
    buf_release(&text);
}

/* Everything due by now takes effect; how many moments that were. */
static inline int world_moments(struct world *w)
{
    for (int count = 0;; count++) {
        struct instant moment[WORLD_MODELS];
        bool has[WORLD_MODELS];
        prepare_models(w);
        for (int m = 0; m < WORLD_MODELS; m++) {
            world_fill(w, w->models[m], NULL);
            assert_int_equal(model_next_due(w->models[m], w->time, &moment[m], &has[m], NULL), TALLY_OK);
            assert_int_equal(has[m], has[0]);
            if (has[0])
                assert_true(moment[m].us == moment[0].us);
        }
        if (!has[0])
            return count;
        assert_true(count < 1000);
        world_step(w, NULL);
        assert_null(w->decision.refusal);
    }
}

/* Signed by `actor` with its key "k-<actor>" and a head that has seen everything, unless the command says otherwise. */
static inline const struct decision *world_do(struct world *w, const char *actor, struct command *command)
{
    if (actor != NULL) {
        command->actor = slice_str(actor);
        command->kid = arena_printf(w->arena, "k-%s", actor);
        command->head_seq = w->seq - 1;
    }
    (void) world_moments(w);
    prepare_models(w);
    world_step(w, command);
    return &w->decision;
}

static inline void world_day(struct world *w, const char *day)
{
    int32_t number;
    assert_int_equal(day_parse(slice_str(day), &number), TALLY_OK);
    struct instant noon = instant_of_day(number, 0);
    w->time.us = noon.us + INT64_C(12) * 3600 * 1000000;
}

static inline void world_init(struct world *w)
{
    const struct model_ports ports = {world_sha256};
    *w = (struct world){.arena = arena_new((size_t) 2 << 30), .seq = 1};
    assert_non_null(w->arena);
    buf_init(&w->last, 32 << 20);
    buf_init(&w->log, 64 << 20);
    for (int m = 0; m < WORLD_MODELS; m++)
        assert_int_equal((m == WORLD_WHOLE ? model_new_whole : model_new)(&ports, &w->models[m], NULL), TALLY_OK);
#define X(type, list) w->base.list = ARENA_ARRAY(w->arena, WORLD_ROWS_MAX, struct row_##type);
    CHANGES_LISTS(X)
#undef X
    struct row_actor op = {.id = SLICE("op"), .kind = SLICE("organisation"), .is_operator = true, .seq = 0};
    struct row_key key = {
        .kid = SLICE("k-op"), .actor = SLICE("op"), .x = SLICE("x"), .added_seq = 0, .revoked_seq = ROW_NO_SEQ};
    base_actor(w, &op, false);
    base_key(w, &key, false);
    assert_int_equal(model_put_actor(w->models[WORLD_WHOLE], &op, NULL), TALLY_OK);
    assert_int_equal(model_put_key(w->models[WORLD_WHOLE], &key, NULL), TALLY_OK);
    world_day(w, "2012-06-01");
}

static inline void world_release(struct world *w)
{
    for (int m = 0; m < WORLD_MODELS; m++)
        model_free(w->models[m]);
    for (int i = 0; i < w->terms_count; i++)
        terms_free(w->terms[i]);
    buf_release(&w->last);
    buf_release(&w->log);
    arena_free(w->arena);
}

/* ---- what happened ---- */
#define ASSERT_DONE(w)                                                                                                     \
    do {                                                                                                                   \
        if ((w)->decision.refusal != NULL)                                                                                 \
            fail_msg("refused: %s", (w)->last.ptr);                                                                        \
    } while (0)
#define ASSERT_REFUSED(w, wanted)                                                                                          \
    do {                                                                                                                   \
        if ((w)->decision.refusal == NULL)                                                                                 \
            fail_msg("not refused, wanted %s", refusal_code_text(wanted));                                                 \
        assert_string_equal(refusal_code_text((w)->decision.refusal->code), refusal_code_text(wanted));                    \
    } while (0)
#define ASSERT_REFUSED_AT(w, wanted, place)                                                                                \
    do {                                                                                                                   \
        ASSERT_REFUSED(w, wanted);                                                                                         \
        assert_non_null((w)->decision.refusal->errors);                                                                    \
        assert_string_equal((w)->decision.refusal->errors->pointer.ptr, (place));                                          \
    } while (0)

/* The n-th event of the last decision is this. */
static inline void assert_event(const struct world *w, uint32_t n, const char *type, const char *body)
{
    if (n >= w->decision.event_count)
        fail_msg("there are %" PRIu32 " events: %s", w->decision.event_count, w->last.ptr);
    assert_string_equal(w->decision.events[n].type, type);
    if (body != NULL)
        assert_string_equal(w->decision.events[n].body.ptr, body);
}

/* ---- commands ---- */
static inline const struct decision *do_register(struct world *w, const char *by, const char *id, bool is_backbone)
{
    struct command command = {.kind = COMMAND_REGISTER_ACTOR};
    command.u.register_actor.id = world_keep(w, slice_str(id));
    command.u.register_actor.kind = ACTOR_ORGANISATION;
    command.u.register_actor.name = SLICE("Somebody");
    command.u.register_actor.is_backbone = is_backbone;
    command.u.register_actor.kid = arena_printf(w->arena, "k-%s", id);
    command.u.register_actor.x = arena_printf(w->arena, "x-%s", id);
    return world_do(w, by, &command);
}

static inline const struct decision *do_define(struct world *w, const char *by, const char *slug, uint32_t version,
                                               const char *unit)
{
    struct command command = {.kind = COMMAND_DEFINE_INDICATOR};
    command.u.define_indicator.slug = slice_str(slug);
    command.u.define_indicator.version = version;
    command.u.define_indicator.name = SLICE("Name");
    command.u.define_indicator.definition = SLICE("What is measured.");
    command.u.define_indicator.unit = slice_str(unit);
    command.u.define_indicator.kind = INDICATOR_OUTCOME;
    return world_do(w, by, &command);
}

/* parties: "city=city mdrc=mdrc", sorted by name; each signs with "k-<actor>". */
static inline void fill_proposal(struct world *w, struct command *command, const char *id, const char *text,
                                 const char *parties)
{
    struct diags diags;
    struct command_party *list = ARENA_ARRAY(w->arena, strlen(parties) + 1, struct command_party);
    uint32_t count = 0;
    *command = (struct command){.kind = COMMAND_PROPOSE_CONTRACT};
    diags_init(&diags, w->arena);
    assert_true(w->terms_count < 256);
    assert_int_equal(terms_compile(slice_str(text), &diags, &w->terms[w->terms_count], NULL), TALLY_OK);
    for (const struct diag *diag = diags.first; diag != NULL && w->terms[w->terms_count] == NULL; diag = diag->next)
        print_message("%u:%u: %.*s\n", diag->span.line, diag->span.column, SLICE_ARG(diag->message));
    assert_non_null(w->terms[w->terms_count]);
    for (const char *at = parties; *at != '\0';) {
        size_t name = strcspn(at, "="), actor = strcspn(at + name + 1, " ");
        list[count].name = slice_of(at, name);
        list[count].actor = slice_of(at + name + 1, actor);
        list[count].kid = arena_printf(w->arena, "k-%.*s", (int) actor, at + name + 1);
        count++;
        at += name + 1 + actor;
        at += *at == ' ';
    }
    command->u.propose_contract.id = slice_str(id);
    command->u.propose_contract.text = slice_str(text);
    command->u.propose_contract.terms = w->terms[w->terms_count++];
    command->u.propose_contract.open = true;
    command->u.propose_contract.parties = list;
    command->u.propose_contract.party_count = count;
    world_sha256("", slice_str(text), command->u.propose_contract.terms_hash);
}

static inline const struct decision *do_propose(struct world *w, const char *by, const char *id, const char *text,
                                                const char *parties)
{
    struct command command;
    fill_proposal(w, &command, id, text, parties);
    return world_do(w, by, &command);
}

static inline const struct decision *do_amend(struct world *w, const char *by, const char *id, const char *text,
                                              const char *parties)
{
    struct command command;
    fill_proposal(w, &command, id, text, parties);
    command.kind = COMMAND_AMEND_CONTRACT;
    return world_do(w, by, &command);
}

/* Signs the amendment that was proposed by that entry. */
static inline const struct decision *do_sign_amendment(struct world *w, const char *by, const char *contract,
                                                       const char *as, uint64_t seq)
{
    struct command command = {.kind = COMMAND_SIGN_CONTRACT};
    command.u.sign_contract.id = slice_str(contract);
    command.u.sign_contract.as = slice_str(as);
    for (uint32_t i = 0; i < w->base.amendments_count; i++) {
        if (w->base.amendments[i].seq == seq)
            memcpy(command.u.sign_contract.version, w->base.amendments[i].version_hash, 32);
    }
    return world_do(w, by, &command);
}

static inline const struct row_contract *base_find_contract(const struct world *w, const char *id)
{
    for (uint32_t i = 0; i < w->base.contracts_count; i++) {
        if (slice_is(w->base.contracts[i].id, id))
            return &w->base.contracts[i];
    }
    fail_msg("no contract %s", id);
    abort(); /* fail_msg does not come back, which the analyzer does not know */
}

static inline const struct decision *do_sign(struct world *w, const char *by, const char *contract, const char *as)
{
    struct command command = {.kind = COMMAND_SIGN_CONTRACT};
    command.u.sign_contract.id = slice_str(contract);
    command.u.sign_contract.as = slice_str(as);
    memcpy(command.u.sign_contract.version, base_find_contract(w, contract)->version_hash, 32);
    return world_do(w, by, &command);
}

static inline const struct decision *do_accede(struct world *w, const char *by, const char *contract, const char *as)
{
    struct command command = {.kind = COMMAND_ACCEDE_CONTRACT};
    command.u.accede_contract.id = slice_str(contract);
    command.u.accede_contract.as = slice_str(as);
    memcpy(command.u.accede_contract.version, base_find_contract(w, contract)->version_hash, 32);
    return world_do(w, by, &command);
}

/* "bed-days/1 arm=programme,cohort=y2013 91", or a figure "=contract/metric - 5"; dimensions sorted. */
static inline struct command_result read_result(struct world *w, const char *given)
{
    const char *text = world_keep(w, slice_str(given)).ptr;
    struct command_result result = {.is_figure = text[0] == '='};
    const char *at = text + (result.is_figure ? 1 : 0);
    size_t slug = strcspn(at, "/"), version = strcspn(at + slug + 1, " ");
    struct command_dimension *list = ARENA_ARRAY(w->arena, 8, struct command_dimension);
    if (result.is_figure) {
        result.contract = slice_of(at, slug);
        result.metric = slice_of(at + slug + 1, version);
    } else {
        result.indicator = slice_of(at, slug);
        result.version = (uint32_t) (at[slug + 1] - '0');
    }
    at += slug + 1 + version + 1;
    while (*at != ' ' && *at != '-') {
        size_t name = strcspn(at, "="), member = strcspn(at + name + 1, ", ");
        list[result.dimension_count].name = slice_of(at, name);
        list[result.dimension_count++].member = slice_of(at + name + 1, member);
        at += name + 1 + member;
        at += *at == ',';
    }
    at += *at == '-';
    result.dimensions = list;
    result.value = slice_str(at + 1);
    return result;
}

static inline const struct decision *do_results(struct world *w, const char *by, bool is_set, int count,
                                                const char *const *texts)
{
    struct command command = {.kind = COMMAND_SUBMIT_RESULTS};
    struct command_result *results = ARENA_ARRAY(w->arena, (size_t) count, struct command_result);
    for (int i = 0; i < count; i++)
        results[i] = read_result(w, texts[i]);
    command.u.submit_results.results = results;
    command.u.submit_results.count = (uint32_t) count;
    command.u.submit_results.is_set = is_set;
    command.u.submit_results.is_list = is_set || count > 1;
    return world_do(w, by, &command);
}

static inline const struct decision *do_result(struct world *w, const char *by, const char *text)
{
    return do_results(w, by, false, 1, &text);
}

static inline const struct decision *do_verify(struct world *w, const char *by, uint64_t seq, uint32_t count,
                                               const uint32_t *items)
{
    struct command command = {.kind = COMMAND_VERIFY_RESULT};
    command.u.verify_result.seq = seq;
    command.u.verify_result.items = items;
    command.u.verify_result.item_count = count;
    return world_do(w, by, &command);
}

/* "12.0 95": result 0 of entry 12 becomes 95; "12.0" alone for a withdrawal. NULL: the only result of the statement. */
static inline const struct decision *do_change(struct world *w, const char *by, uint64_t seq, bool is_withdrawal,
                                               bool is_set, int count, const char *const *texts)
{
    struct command command = {.kind = COMMAND_CHANGE_RESULTS};
    struct command_change *items = ARENA_ARRAY(w->arena, (size_t) count + 1, struct command_change);
    for (int i = 0; i < count; i++) {
        const char *text = world_keep(w, slice_str(texts[i])).ptr, *space = strchr(text, ' ');
        char *end = NULL;
        items[i].seq = strtoull(text, &end, 10);
        items[i].item = (uint32_t) strtoul(end + 1, NULL, 10);
        items[i].value = space == NULL ? SLICE("") : slice_str(space + 1);
    }
    command.u.change_results.seq = seq;
    command.u.change_results.items = items;
    command.u.change_results.count = (uint32_t) count;
    command.u.change_results.is_withdrawal = is_withdrawal;
    command.u.change_results.is_set = is_set;
    command.u.change_results.is_list = count > 0;
    return world_do(w, by, &command);
}

static inline const struct decision *do_restate(struct world *w, const char *by, uint64_t seq, const char *value)
{
    struct command command = {.kind = COMMAND_CHANGE_RESULTS};
    struct command_change *item = ARENA_NEW(w->arena, struct command_change);
    *item = (struct command_change){seq, 0, world_keep(w, slice_str(value))};
    command.u.change_results.seq = seq;
    command.u.change_results.items = item;
    command.u.change_results.count = 1;
    return world_do(w, by, &command);
}

static inline const struct decision *do_withdraw(struct world *w, const char *by, uint64_t seq)
{
    return do_change(w, by, seq, true, false, 0, NULL);
}

static inline const struct decision *do_dispute(struct world *w, const char *by, uint64_t seq, const char *contract,
                                                uint32_t count, const uint32_t *items)
{
    struct command command = {.kind = COMMAND_DISPUTE_RESULT};
    command.u.dispute_result.seq = seq;
    command.u.dispute_result.contract = slice_str(contract);
    command.u.dispute_result.reason = SLICE("The count is wrong.");
    command.u.dispute_result.items = items;
    command.u.dispute_result.item_count = count;
    return world_do(w, by, &command);
}

static inline const struct decision *do_resolve(struct world *w, const char *by, uint64_t seq, enum decision_kind kind,
                                                const char *value, uint32_t count, const uint32_t *items)
{
    struct command command = {.kind = COMMAND_RESOLVE_DISPUTE};
    command.u.resolve_dispute.seq = seq;
    command.u.resolve_dispute.kind = kind;
    command.u.resolve_dispute.value = world_keep(w, slice_str(value));
    command.u.resolve_dispute.items = items;
    command.u.resolve_dispute.item_count = count;
    return world_do(w, by, &command);
}

static inline const struct decision *do_settle_on(struct world *w, const char *by, uint64_t seq, const char *amount,
                                                  const char *day)
{
    struct command command = {.kind = COMMAND_RECORD_SETTLEMENT};
    command.u.record_settlement.seq = seq;
    command.u.record_settlement.amount = world_keep(w, slice_str(amount));
    command.u.record_settlement.reference = SLICE("wire 7");
    assert_int_equal(day_parse(slice_str(day), &command.u.record_settlement.paid_on), TALLY_OK);
    return world_do(w, by, &command);
}

static inline const struct decision *do_settle(struct world *w, const char *by, uint64_t seq, const char *amount)
{
    return do_settle_on(w, by, seq, amount, "2012-06-01"); /* the first day of this world */
}

#endif
