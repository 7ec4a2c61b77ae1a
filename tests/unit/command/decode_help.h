/* Decoding a body in a test, and what was said of it. */
#ifndef TESTS_COMMAND_HELP_H
#define TESTS_COMMAND_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tally/command.h"
#include "tally/key.h"
#include "tally/text.h"

#define ORIGIN "ledger.example/1"
#define KID "ZHjekIFhSitCSeu0okGf_Yo8vQ4h0DFEo7Bofxjm4ag"

struct decoded {
    struct arena *arena;
    struct command command;
    struct refusal *refusal;
};

#define POST(type, target) ((struct post){(type), (target)})
struct post {
    enum entry_type type;
    const char *target;
};

static inline struct decoded decode_bytes(struct post post, struct slice body)
{
    struct decoded d = {.arena = arena_new((size_t) 256 << 20)};
    struct err err = {.code = TALLY_OK};
    const struct command_request request = {
        .type = post.type,
        .target = slice_str(post.target),
        .content_type = SLICE("application/json"),
        .body = body,
        .origin = SLICE(ORIGIN),
        .actor = SLICE("somebody"),
        .kid = SLICE(KID),
        .head_seq = 17,
    };
    enum tally_code rc = command_decode(&request, d.arena, &d.command, &d.refusal, &err);
    if (rc != TALLY_OK)
        fail_msg("%s: %s", err_code_name(rc), err.detail);
    return d;
}

static inline void decoded_release(struct decoded *d)
{
    command_release(&d->command);
    command_release(&d->command); /* twice is fine */
    arena_free(d->arena);
}

/* It is refused with this code, and these places, each "pointer", in this order; NULL ends them. */
static inline void refused_bytes(struct post post, struct slice body, enum refusal_code code, const char *const *pointers)
{
    struct decoded d = decode_bytes(post, body);
    if (d.refusal == NULL)
        fail_msg("accepted: %.200s", body.ptr);
    assert_string_equal(refusal_code_text(d.refusal->code), refusal_code_text(code));
    assert_true(d.refusal->detail.len > 0);
    const struct refusal_at *at = d.refusal->errors;
    for (; *pointers != NULL; pointers++, at = at->next) {
        if (at == NULL)
            fail_msg("%s is not named: %.*s", *pointers, SLICE_ARG(d.refusal->detail));
        assert_string_equal(at->pointer.ptr, *pointers);
        assert_true(at->detail.len > 0);
    }
    if (at != NULL)
        fail_msg("too much is named: %s: %s", at->pointer.ptr, at->detail.ptr);
    decoded_release(&d);
}

#define REFUSED(post, body, code, ...)                                                                                     \
    refused_bytes((post), slice_str(body), (code), (const char *const[]){__VA_ARGS__, NULL})

static inline struct decoded accepted(struct post post, const char *body)
{
    struct decoded d = decode_bytes(post, slice_str(body));
    if (d.refusal != NULL)
        fail_msg("refused: %s", d.refusal->detail.ptr);
    assert_true(slice_is(d.command.actor, "somebody") && slice_is(d.command.kid, KID) && d.command.head_seq == 17);
    return d;
}

/* ,"jwk":{...},"pop":"..." of a key made from one byte, for this actor. */
static inline void write_key(char *out, size_t cap, uint8_t seed_byte, const char *actor)
{
    uint8_t seed[KEY_SEED_LEN];
    struct key_pair *pair = NULL;
    struct key_public key;
    struct buf x, pop;
    memset(seed, seed_byte, sizeof(seed));
    buf_init(&x, 100);
    buf_init(&pop, 100);
    assert_int_equal(key_pair_from_seed(seed, &pair, NULL), TALLY_OK);
    key_pair_public(pair, &key);
    text_base64url(key.bytes, sizeof(key.bytes), &x);
    assert_int_equal(key_proof_make(pair, SLICE(ORIGIN), slice_str(actor), &pop, NULL), TALLY_OK);
    snprintf(out, cap, "\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"},\"pop\":\"%s\"", x.ptr, pop.ptr);
    key_pair_free(pair);
    buf_release(&x);
    buf_release(&pop);
}

#endif
