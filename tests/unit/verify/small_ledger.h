/* Builds small archives in memory with real keys, right or wrong in one chosen way. Shared by the verifier's tests. */
#ifndef TALLY_TESTS_SMALL_LEDGER_H
#define TALLY_TESTS_SMALL_LEDGER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tally/archive.h"
#include "tally/key.h"
#include "tally/statement.h"
#include "tally/text.h"
#include "tally/verify.h"

#define SMALL_ORIGIN "ledger.example/small"
#define SMALL_START INT64_C(1577836800000000) /* 2020-01-01T00:00:00Z: it has been, on any machine */
#define SMALL_ENTRIES_MAX 1024

struct small_ledger {
    struct buf text;
    uint64_t seq;
    struct digest hashes[SMALL_ENTRIES_MAX];
    struct arena *arena;
    struct key_pair *ledger, *op, *prov, *prov2, *eva;
    char vkey[256];
};

/* One entry; what is left 0 is as it should be. */
struct small_entry {
    const char *actor, *type, *target, *body;
    const struct key_pair *key; /* NULL: the service's own */
    const char *jti, *aud, *method, *cty, *jws, *ledger;
    int64_t late_us;    /* the entry's time, beyond a second after the one before */
    int64_t iat_later;  /* seconds */
    uint64_t head_back; /* the head is this many entries further back */
    bool is_other_head, is_closed;
    enum archive_body state;
    bool is_other_prev, is_other_body;
};

__attribute__((unused)) static struct key_pair *small_key(const char *name)
{
    struct digest seed;
    struct key_pair *pair = NULL;
    digest_of(slice_str(name), &seed);
    assert_int_equal(key_pair_from_seed(seed.bytes, &pair, NULL), TALLY_OK);
    return pair;
}

__attribute__((unused)) static const char *small_printf(struct small_ledger *l, const char *fmt, ...) PRINTF_LIKE(2, 3);
__attribute__((unused)) static const char *small_printf(struct small_ledger *l, const char *fmt, ...)
{
    struct slice out;
    char text[4096];
    va_list args;
    va_start(args, fmt);
    (void) vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    assert_int_equal(arena_copy(l->arena, text, strlen(text), &out, NULL), TALLY_OK);
    return out.ptr;
}

__attribute__((unused)) static const char *small_x(struct small_ledger *l, const struct key_pair *pair)
{
    struct key_public key;
    struct buf out;
    key_pair_public(pair, &key);
    buf_init(&out, 128);
    text_base64url(key.bytes, sizeof key.bytes, &out);
    const char *text = small_printf(l, "%.*s", SLICE_ARG(buf_slice(&out)));
    buf_release(&out);
    return text;
}

__attribute__((unused)) static const char *small_pop(struct small_ledger *l, const struct key_pair *pair, const char *actor)
{
    struct buf out;
    buf_init(&out, 128);
    assert_int_equal(key_proof_make(pair, SLICE(SMALL_ORIGIN), slice_str(actor), &out, NULL), TALLY_OK);
    const char *text = small_printf(l, "%.*s", SLICE_ARG(buf_slice(&out)));
    buf_release(&out);
    return text;
}

__attribute__((unused)) static const char *small_kid(struct small_ledger *l, const struct key_pair *pair)
{
    struct key_public key;
    struct key_kid kid;
    key_pair_public(pair, &key);
    key_thumbprint(&key, &kid);
    return small_printf(l, "%s", kid.text);
}

__attribute__((unused)) static const char *small_jwk(struct small_ledger *l, const struct key_pair *pair, const char *actor)
{
    return small_printf(l, "\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"},\"pop\":\"%s\"", small_x(l, pair),
                        small_pop(l, pair, actor));
}

__attribute__((unused)) static const char *small_registration(struct small_ledger *l, const struct key_pair *pair,
                                                              const char *actor)
{
    return small_printf(l, "{\"id\":\"%s\",\"kind\":\"organisation\",%s}", actor, small_jwk(l, pair, actor));
}

/* The jws of an entry that is to be written as seq. */
static void small_sign(struct small_ledger *l, const struct small_entry *e, int64_t time_us, const char *jti,
                       struct buf *jws)
{
    uint64_t head = l->seq - 1 - e->head_back;
    struct statement_draft draft = {
        .aud = slice_str(e->aud != NULL ? e->aud : SMALL_ORIGIN),
        .htm = slice_str(e->method != NULL ? e->method : "POST"),
        .htu = slice_str(e->target),
        .cty = slice_str(e->cty != NULL ? e->cty : "application/json"),
        .jti = slice_str(jti),
        .iat = time_us / 1000000 + e->iat_later,
        .head_seq = head,
        .head_hash = l->hashes[head],
    };
    if (e->is_other_head)
        draft.head_hash.bytes[0] ^= 1;
    assert_int_equal(statement_sign(&draft, e->key, slice_str(e->body), jws, NULL), TALLY_OK);
}

__attribute__((unused)) static void small_add(struct small_ledger *l, struct small_entry e)
{
    struct buf jws, header;
    bool is_service = e.key == NULL;
    int64_t time_us = SMALL_START + (int64_t) l->seq * 1000000 + e.late_us;
    const char *jti = is_service ? "" : small_printf(l, "statement-%08u", (unsigned) l->seq);
    struct archive_entry line = {.state = e.state, .body = slice_str(e.body)};
    assert_true(l->seq < SMALL_ENTRIES_MAX);
    buf_init(&jws, 4096);
    buf_init(&header, 4096);
    memset(line.nonce, (int) l->seq, sizeof line.nonce);
    if (e.jti != NULL)
        jti = e.jti;
    if (!is_service)
        small_sign(l, &e, time_us, jti, &jws);
    if (e.jws != NULL) {
        buf_clear(&jws);
        buf_add_str(&jws, e.jws);
    }
    line.jws = buf_slice(&jws);
    struct entry_header h = {.seq = l->seq,
                             .time = {time_us},
                             .actor = slice_str(e.actor),
                             .type = slice_str(e.type),
                             .jti = slice_str(jti),
                             .ledger = slice_str(e.ledger != NULL ? e.ledger : SMALL_ORIGIN),
                             .open = !e.is_closed};
    if (l->seq > 0)
        h.prev = l->hashes[l->seq - 1];
    if (e.is_other_prev)
        h.prev.bytes[0] ^= 1;
    entry_commitment(line.nonce, line.jws, line.body, &h.body);
    if (e.is_other_body)
        h.body.bytes[0] ^= 1;
    entry_header_write(&h, &header);
    line.header = buf_slice(&header);
    entry_hash(line.header, &l->hashes[l->seq]);
    archive_write_entry(&line, &l->text);
    l->seq++;
    buf_release(&jws);
    buf_release(&header);
}

__attribute__((unused)) static const char *small_created(struct small_ledger *l)
{
    return small_printf(l, "{\"operator\":{\"id\":\"op\",\"pop\":\"%s\",\"x\":\"%s\"},\"origin\":\"%s\",\"vkey\":\"%s\"}",
                        small_pop(l, l->op, "op"), small_x(l, l->op), SMALL_ORIGIN, l->vkey);
}

/* The first line and the first three entries: the ledger, the actors prov and eva. */
__attribute__((unused)) static void small_begin(struct small_ledger *l, uint64_t size)
{
    struct key_public key;
    struct buf vkey;
    *l = (struct small_ledger){.arena = arena_new(1u << 20)};
    buf_init(&l->text, 4u << 20);
    l->ledger = small_key("ledger");
    l->op = small_key("op");
    l->prov = small_key("prov");
    l->prov2 = small_key("prov2");
    l->eva = small_key("eva");
    buf_init(&vkey, 256);
    key_pair_public(l->ledger, &key);
    key_vkey_write(SLICE(SMALL_ORIGIN), 1, &key, &vkey);
    assert_true(vkey.len < sizeof l->vkey);
    memcpy(l->vkey, vkey.ptr, vkey.len + 1);
    buf_release(&vkey);
    archive_write_head(&(struct archive_head){.origin = SLICE(SMALL_ORIGIN), .vkey = slice_str(l->vkey), .size = size},
                       &l->text);
    small_add(l, (struct small_entry){.actor = "ledger", .type = "ledger.created", .body = small_created(l)});
    small_add(l, (struct small_entry){.actor = "op",
                                      .type = "actor.registered",
                                      .target = "/v1/actors",
                                      .key = l->op,
                                      .body = small_registration(l, l->prov, "prov")});
    small_add(l, (struct small_entry){.actor = "op",
                                      .type = "actor.registered",
                                      .target = "/v1/actors",
                                      .key = l->op,
                                      .body = small_registration(l, l->eva, "eva")});
}

/* The note that the ledger signs for its first entries; to be released. */
__attribute__((unused)) static void small_note(const struct small_ledger *l, uint64_t size, const struct key_pair *key,
                                               struct buf *note)
{
    struct merkle_frontier tree = {0};
    struct checkpoint checkpoint = {.origin = SLICE(SMALL_ORIGIN), .size = size};
    for (uint64_t i = 0; i < size; i++)
        merkle_frontier_add(&tree, &l->hashes[i]);
    merkle_frontier_root(&tree, &checkpoint.root);
    buf_init(note, CHECKPOINT_MAX);
    assert_int_equal(checkpoint_sign(&checkpoint, key, note, NULL), TALLY_OK);
}

/* Its line, behind the entries. */
__attribute__((unused)) static void small_checkpoint(struct small_ledger *l, uint64_t size)
{
    struct buf note;
    small_note(l, size, l->ledger, &note);
    archive_write_checkpoint(buf_slice(&note), &l->text);
    buf_release(&note);
}

__attribute__((unused)) static void small_end(struct small_ledger *l)
{
    key_pair_free(l->ledger);
    key_pair_free(l->op);
    key_pair_free(l->prov);
    key_pair_free(l->prov2);
    key_pair_free(l->eva);
    buf_release(&l->text);
    arena_free(l->arena);
}

/* Entries 3 to 9 of a ledger in which everything happens that the verifier looks at. */
#define SMALL_WHOLE 10
__attribute__((unused)) static void small_rest(struct small_ledger *l)
{
    small_add(l, (struct small_entry){.actor = "prov",
                                      .type = "result.submitted",
                                      .target = "/v1/results",
                                      .key = l->prov,
                                      .body = "{\"indicator\":\"bed-days\",\"value\":\"90\"}"});
    small_add(l, (struct small_entry){.actor = "eva",
                                      .type = "result.verified",
                                      .target = "/v1/results/3/verifications",
                                      .key = l->eva,
                                      .body = "{}"});
    small_add(l, (struct small_entry){.actor = "prov",
                                      .type = "key.added",
                                      .target = "/v1/actors/prov/keys",
                                      .key = l->prov,
                                      .body = small_printf(l, "{%s}", small_jwk(l, l->prov2, "prov"))});
    small_add(l, (struct small_entry){.actor = "prov",
                                      .type = "result.submitted",
                                      .target = "/v1/results",
                                      .key = l->prov2,
                                      .body = "{\"indicator\":\"bed-days\",\"value\":\"91\"}"});
    small_add(l,
              (struct small_entry){.actor = "prov",
                                   .type = "key.revoked",
                                   .key = l->prov2,
                                   .body = "{\"reason\":\"lost\"}",
                                   .target = small_printf(l, "/v1/actors/prov/keys/%s/revocation", small_kid(l, l->prov))});
    small_add(l, (struct small_entry){.actor = "ledger", .type = "payment.triggered", .body = "{\"net\":\"9.00\"}"});
    small_add(l, (struct small_entry){.actor = "prov",
                                      .type = "settlement.recorded",
                                      .target = "/v1/payments/8/settlements",
                                      .key = l->prov2,
                                      .body = "{\"amount\":\"9.00\"}",
                                      .is_closed = true});
}

/* ---- running the verifier ---- */

struct small_outcome {
    struct verify_report report;
    struct finding findings[64];
    size_t count;
};

static void small_on_finding(void *ctx, const struct finding *finding)
{
    struct small_outcome *outcome = ctx;
    if (outcome->count < 64)
        outcome->findings[outcome->count] = *finding;
    outcome->count++;
}

static struct instant (*small_clock)(void); /* NULL: times are not compared with it */

__attribute__((unused)) static void small_verify(struct slice text, const char *vkey, enum verify_level level, int threads,
                                                 verify_key_fn read_keys, struct small_outcome *out)
{
    struct verifier *verifier = NULL;
    struct verify_options options = {
        .level = level, .on_finding = small_on_finding, .read_key_change = read_keys, .ctx = out, .threads = threads};
    *out = (struct small_outcome){0};
    options.clock = small_clock;
    if (vkey != NULL)
        options.vkey = slice_str(vkey);
    assert_int_equal(verifier_new(&options, &verifier, NULL), TALLY_OK);
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t) (end - text.ptr);
        /* a copy of its own, so that reading beyond the line is seen by the sanitizers */
        char *line = test_malloc(len == 0 ? 1 : len);
        memcpy(line, text.ptr, len);
        assert_int_equal(verifier_line(verifier, slice_of(line, len), NULL), TALLY_OK);
        test_free(line);
        len += end == NULL ? 0 : 1;
        text = slice_of(text.ptr + len, text.len - len);
    }
    assert_int_equal(verifier_end(verifier, &out->report, NULL), TALLY_OK);
    assert_int_equal(out->report.findings, out->count);
    verifier_free(verifier);
}

#endif
