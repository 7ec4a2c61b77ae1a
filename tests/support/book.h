/* A ledger kept in memory, as the service keeps it: statements are signed, read and decided, moments take effect before them, every entry
 * has its place in the chain. What comes out is an archive; what is wrong in it is done with support/forge.h.
 *
 * For tests that link the model and api/command; a mistake of the test fails it. */
#ifndef TALLY_TESTS_BOOK_H
#define TALLY_TESTS_BOOK_H

#include "forge.h"

#include <stdio.h>

#include "tally/canon.h"
#include "tally/command.h"
#include "tally/residue.h"

#define BOOK_ORIGIN "ledger.example/book"
#define BOOK_ACTORS_MAX 16
#define BOOK_CONTRACTS_MAX 64

struct book_actor {
    const char *id;
    struct key_pair *key;
    struct key_kid kid;
};

struct book {
    struct forge f; /* what is recorded: entries with the numbers they have */
    struct digest *hashes;
    size_t hash_cap;
    struct model *model;
    struct arena *arena; /* of one statement */
    struct key_pair *ledger;
    char vkey[256];
    struct book_actor actors[BOOK_ACTORS_MAX];
    size_t actor_count;
    struct instant time, statement_time; /* of the last one */
    uint64_t jti;
    struct {
        char id[MODEL_ID_MAX + 1], version[2 * DIGEST_LEN + 1]; /* the version proposed last */
        char text[2 * DIGEST_LEN + 1];                          /* the hash of the first text */
    } contracts[BOOK_CONTRACTS_MAX];
    size_t contract_count;
    char refused[64]; /* why the last statement was, or empty */
    uint64_t last;    /* the number of the last statement that was accepted */
};

static inline struct key_pair *book_key(const char *name)
{
    struct digest seed;
    struct key_pair *pair = NULL;
    digest_of(slice_str(name), &seed);
    assert_int_equal(key_pair_from_seed(seed.bytes, &pair, NULL), TALLY_OK);
    return pair;
}

static inline struct book_actor *book_actor(struct book *b, const char *id)
{
    for (size_t i = 0; i < b->actor_count; i++)
        if (strcmp(b->actors[i].id, id) == 0)
            return &b->actors[i];
    assert_true(b->actor_count < BOOK_ACTORS_MAX);
    struct book_actor *actor = &b->actors[b->actor_count++];
    struct key_public public;
    *actor = (struct book_actor){.id = id, .key = book_key(id)};
    key_pair_public(actor->key, &public);
    key_thumbprint(&public, &actor->kid);
    return actor;
}

static inline void book_append(struct book *b, struct slice actor, const char *type, struct slice jti, bool open,
                               struct slice jws, struct slice body)
{
    struct forge_entry *entry = forge_room(&b->f);
    uint64_t seq = b->f.count - 1;
    struct buf header;
    if (b->f.count > b->hash_cap) {
        size_t cap = b->hash_cap == 0 ? 1024 : b->hash_cap * 2;
        struct digest *hashes = ARENA_ARRAY(b->f.arena, cap, struct digest);
        assert_non_null(hashes);
        if (seq > 0)
            memcpy(hashes, b->hashes, seq * sizeof(*hashes));
        b->hashes = hashes;
        b->hash_cap = cap;
    }
    *entry = (struct forge_entry){.body = forge_keep(&b->f, body), .jws = forge_keep(&b->f, jws), .was = seq};
    entry->header = (struct entry_header){.seq = seq,
                                          .time = b->time,
                                          .actor = forge_keep(&b->f, actor),
                                          .type = slice_str(type),
                                          .jti = forge_keep(&b->f, jti),
                                          .ledger = SLICE(BOOK_ORIGIN),
                                          .open = open};
    memset(entry->nonce, (int) (seq % 251), sizeof(entry->nonce));
    if (seq > 0)
        entry->header.prev = b->hashes[seq - 1];
    entry_commitment(entry->nonce, entry->jws, entry->body, &entry->header.body);
    buf_init(&header, ENTRY_HEADER_MAX);
    entry_header_write(&entry->header, &header);
    entry_hash(buf_slice(&header), &b->hashes[seq]);
    buf_release(&header);
}

static inline void book_record(struct book *b, const struct command *command, struct decision *decision,
                               const struct model_place *place)
{
    for (uint32_t i = 0; i < decision->event_count; i++)
        book_append(b, SLICE(ENTRY_ACTOR_SERVICE), decision->events[i].type, SLICE(""), decision->events[i].open, SLICE(""),
                    decision->events[i].body);
    assert_int_equal(model_evolve(b->model, command, decision, place, b->hashes[place->seq].bytes, NULL), TALLY_OK);
}

/* What is due by now takes effect. */
static inline void book_moments(struct book *b)
{
    for (;;) {
        struct instant moment;
        struct decision decision = {0};
        bool has = false;
        assert_int_equal(model_next_due(b->model, b->time, &moment, &has, NULL), TALLY_OK);
        if (!has)
            return;
        if (b->time.us == b->statement_time.us) /* a batch begins with its moments */
            b->time.us++;
        const struct model_place place = {b->f.count, b->time};
        arena_clear(b->arena);
        assert_int_equal(model_decide_moment(b->model, &place, b->arena, &decision, NULL), TALLY_OK);
        book_record(b, NULL, &decision, &place);
    }
}

static inline void book_sign(struct book *b, const struct book_actor *actor, const char *target, struct slice body,
                             struct slice *jti, struct buf *jws)
{
    uint64_t head = b->f.count - 1;
    *jti = arena_printf(b->f.arena, "statement-%08llu", (unsigned long long) b->jti++);
    const struct statement_draft draft = {.aud = SLICE(BOOK_ORIGIN),
                                          .htm = SLICE("POST"),
                                          .htu = slice_str(target),
                                          .cty = SLICE("application/json"),
                                          .jti = *jti,
                                          .iat = b->time.us / 1000000,
                                          .head_seq = head,
                                          .head_hash = b->hashes[head]};
    assert_int_equal(statement_sign(&draft, actor->key, body, jws, NULL), TALLY_OK);
}

/* What the edge reads of the entry that is to be erased. */
static inline void book_fill_erasure(struct book *b, struct command *command)
{
    uint64_t seq = command->u.erase_body.seq;
    enum entry_type type = ENTRY_TYPE_COUNT;
    struct slice kid;
    assert_true(seq < b->f.count);
    const struct forge_entry *entry = &b->f.entries[seq];
    assert_int_equal(entry_type_find(entry->header.type, &type), TALLY_OK);
    bool is_kept = command_fill_erasure(command, type, entry->header.actor, entry->header.open);
    command->u.erase_body.is_erased = entry->state != ARCHIVE_BODY_PRESENT;
    if (!is_kept || command->u.erase_body.is_erased)
        return;
    assert_int_equal(residue_make(type, entry->body, b->arena, &command->u.erase_body.residue, NULL), TALLY_OK);
    if (entry->jws.len == 0)
        return;
    const struct statement_draft draft = forge_draft(&b->f, seq, &kid);
    command->u.erase_body.kid = kid;
    command->u.erase_body.target = draft.htu;
    command->u.erase_body.head_seq = draft.head_seq;
}

/* What is to be signed when a contract or an amendment has been proposed. */
static inline void book_note_version(struct book *b, const struct command *command, const struct decision *decision)
{
    if (command->kind == COMMAND_PROPOSE_CONTRACT) {
        const struct row_contract *row = &decision->changes.contracts[0];
        assert_true(b->contract_count < BOOK_CONTRACTS_MAX);
        (void) snprintf(b->contracts[b->contract_count].id, sizeof(b->contracts[0].id), "%.*s", SLICE_ARG(row->id));
        text_hex(row->terms_hash, DIGEST_LEN, b->contracts[b->contract_count].text);
        text_hex(row->version_hash, DIGEST_LEN, b->contracts[b->contract_count++].version);
    } else if (command->kind == COMMAND_AMEND_CONTRACT) {
        const struct row_amendment *row = &decision->changes.amendments[0];
        for (size_t i = 0; i < b->contract_count; i++)
            if (slice_is(row->contract, b->contracts[i].id))
                text_hex(row->version_hash, DIGEST_LEN, b->contracts[i].version);
    }
}

/* A statement, sent at the book's time. False: it was refused, and b->refused says with which code. */
static inline bool book_post(struct book *b, const char *id, const char *target, struct slice body)
{
    struct book_actor *actor = book_actor(b, id);
    struct command command = {0};
    struct decision decision = {0};
    struct refusal *refusal = NULL;
    struct buf jws;
    struct slice jti;
    enum entry_type type = ENTRY_TYPE_COUNT;
    book_moments(b);
    arena_clear(b->arena);
    assert_int_equal(entry_type_of_request(SLICE("POST"), slice_str(target), &type), TALLY_OK);
    const struct model_place place = {b->f.count, b->time};
    const struct command_request request = {.type = type,
                                            .target = slice_str(target),
                                            .content_type = SLICE("application/json"),
                                            .body = body,
                                            .origin = SLICE(BOOK_ORIGIN),
                                            .actor = slice_str(actor->id),
                                            .kid = slice_of(actor->kid.text, KEY_KID_LEN),
                                            .head_seq = b->f.count - 1};
    assert_int_equal(command_decode(&request, b->arena, &command, &refusal, NULL), TALLY_OK);
    if (refusal == NULL && command.kind == COMMAND_ERASE_BODY)
        book_fill_erasure(b, &command);
    if (refusal == NULL)
        assert_int_equal(model_decide(b->model, &command, &place, b->arena, &decision, NULL), TALLY_OK);
    const struct refusal *no = refusal != NULL ? refusal : decision.refusal;
    (void) snprintf(b->refused, sizeof(b->refused), "%s", no == NULL ? "" : refusal_code_text(no->code));
    if (no == NULL)
        book_note_version(b, &command, &decision);
    if (no == NULL) {
        buf_init(&jws, STATEMENT_JWS_MAX);
        book_sign(b, actor, target, body, &jti, &jws);
        b->last = b->f.count;
        b->statement_time = b->time;
        book_append(b, slice_str(actor->id), entry_type_text(type), jti, decision.open, buf_slice(&jws), body);
        book_record(b, &command, &decision, &place);
        if (command.kind == COMMAND_ERASE_BODY)
            b->f.entries[command.u.erase_body.seq].state = ARCHIVE_BODY_ERASED;
        buf_release(&jws);
    }
    if (refusal == NULL)
        command_release(&command);
    return no == NULL;
}

static inline bool book_say(struct book *b, const char *id, const char *target, const char *fmt, ...) PRINTF_LIKE(4, 5);
static inline bool book_say(struct book *b, const char *id, const char *target, const char *fmt, ...)
{
    char body[8192];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(body, sizeof(body), fmt, args);
    va_end(args);
    assert_true(len >= 0 && (size_t) len < sizeof(body));
    return book_post(b, id, target, slice_str(body));
}

/* It must be accepted. */
#define BOOK_DONE(b, call)                                                                                                 \
    do {                                                                                                                   \
        if (!(call))                                                                                                       \
            fail_msg("refused: %s", (b)->refused);                                                                         \
    } while (0)
#define BOOK_SAID(b, ...) BOOK_DONE((b), book_say((b), __VA_ARGS__))

/* Noon of a day, or an instant later than the last entry. */
static inline void book_day(struct book *b, const char *day)
{
    int32_t number = 0;
    assert_int_equal(day_parse(slice_str(day), &number), TALLY_OK);
    b->time.us = instant_of_day(number, 0).us + INT64_C(12) * 3600 * 1000000;
}

static inline void book_proof(struct book *b, const struct book_actor *actor, struct buf *out)
{
    struct key_public public;
    struct buf x, pop;
    buf_init(&x, 128);
    buf_init(&pop, 128);
    key_pair_public(actor->key, &public);
    text_base64url(public.bytes, sizeof(public.bytes), &x);
    assert_int_equal(key_proof_make(actor->key, SLICE(BOOK_ORIGIN), slice_str(actor->id), &pop, NULL), TALLY_OK);
    buf_printf(out, "\"jwk\":{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"},\"pop\":\"%s\"", x.ptr, pop.ptr);
    buf_release(&x);
    buf_release(&pop);
    (void) b;
}

static inline void book_register(struct book *b, const char *id, const char *more)
{
    struct buf body;
    buf_init(&body, 4096);
    buf_printf(&body, "{\"id\":\"%s\",\"kind\":\"organisation\",", id);
    book_proof(b, book_actor(b, id), &body);
    buf_printf(&body, "%s}", more);
    if (!book_post(b, "op", "/v1/actors", buf_slice(&body)))
        fail_msg("refused: %s", b->refused);
    buf_release(&body);
}

static inline void book_define(struct book *b, const char *slug, const char *unit)
{
    BOOK_SAID(b, "op", "/v1/indicators",
              "{\"definition\":\"d\",\"id\":\"%s\",\"kind\":\"outcome\",\"name\":\"n\",\"unit\":\"%s\",\"version\":1}",
              slug, unit);
}

/* "parties":{..},"terms":".."}; parties: "buyer=actor seller=actor" */
static inline void book_write_version(struct book *b, const char *terms, const char *parties, struct buf *body)
{
    char list[512];
    (void) snprintf(list, sizeof(list), "%s", parties);
    buf_add_str(body, "\"parties\":{");
    bool is_first = true;
    for (char *at = list; at != NULL && *at != '\0'; is_first = false) {
        char *blank = strchr(at, ' '), *is = strchr(at, '=');
        *is = '\0';
        if (blank != NULL)
            *blank = '\0';
        const struct book_actor *party = NULL;
        for (size_t i = 0; i < b->actor_count; i++)
            if (strcmp(b->actors[i].id, is + 1) == 0)
                party = &b->actors[i];
        assert_non_null(party);
        buf_printf(body, "%s\"%s\":{\"actor\":\"%s\",\"kid\":\"%s\"}", is_first ? "" : ",", at, party->id, party->kid.text);
        at = blank == NULL ? NULL : blank + 1;
    }
    buf_add_str(body, "},\"terms\":");
    struct buf accepted; /* tests write texts in fewer lines */
    struct diags diags;
    buf_init(&accepted, 1u << 20);
    diags_init(&diags, b->f.arena);
    assert_int_equal(terms_format(slice_str(terms), &diags, &accepted, NULL), TALLY_OK);
    canon_quote(body, buf_slice(&accepted));
    buf_release(&accepted);
    buf_add_char(body, '}');
}

static inline bool book_propose_for(struct book *b, const char *actor, const char *id, const char *terms,
                                    const char *parties, bool open)
{
    struct buf body;
    buf_init(&body, 1u << 20);
    buf_printf(&body, "{\"id\":\"%s\",\"open\":%s,", id, open ? "true" : "false");
    book_write_version(b, terms, parties, &body);
    bool is_accepted = book_post(b, actor, "/v1/contracts", buf_slice(&body));
    buf_release(&body);
    return is_accepted;
}

/* In the text %s stands for the hash of the first one. */
static inline bool book_amend(struct book *b, const char *actor, const char *id, const char *terms, const char *parties)
{
    struct buf body;
    char path[200];
    const char *text = "", *at = strstr(terms, "%s");
    for (size_t i = 0; i < b->contract_count; i++)
        if (strcmp(b->contracts[i].id, id) == 0)
            text = b->contracts[i].text;
    assert_non_null(at);
    buf_init(&body, 1u << 20);
    buf_add_char(&body, '{');
    book_write_version(b, arena_printf(b->f.arena, "%.*s%s%s", (int) (at - terms), terms, text, at + 2).ptr, parties,
                       &body);
    (void) snprintf(path, sizeof(path), "/v1/contracts/%s/amendments", id);
    bool is_accepted = book_post(b, actor, path, buf_slice(&body));
    buf_release(&body);
    return is_accepted;
}

static inline bool book_propose(struct book *b, const char *actor, const char *id, const char *terms, const char *parties)
{
    return book_propose_for(b, actor, id, terms, parties, true);
}

/* Below its version, by "signatures" or "accessions". */
static inline bool book_sign_by(struct book *b, const char *actor, const char *id, const char *as, const char *how)
{
    char path[200];
    const char *version = "";
    (void) snprintf(path, sizeof(path), "/v1/contracts/%s/%s", id, how);
    for (size_t i = 0; i < b->contract_count; i++)
        if (strcmp(b->contracts[i].id, id) == 0)
            version = b->contracts[i].version;
    return book_say(b, actor, path, "{\"as\":\"%s\",\"version\":\"%s\"}", as, version);
}

static inline bool book_sign_contract(struct book *b, const char *actor, const char *id, const char *as)
{
    return book_sign_by(b, actor, id, as, "signatures");
}

static inline bool book_accede(struct book *b, const char *actor, const char *id, const char *as)
{
    return book_sign_by(b, actor, id, as, "accessions");
}

static inline void book_begin(struct book *b)
{
    struct buf vkey, body, pop, x;
    struct key_public public;
    struct row_actor actor;
    struct row_key key;
    *b = (struct book){.f = {.arena = arena_new(FORGE_ARENA_MAX)}, .arena = arena_new((size_t) 512 << 20)};
    assert_true(b->f.arena != NULL && b->arena != NULL);
    b->ledger = book_key("ledger");
    book_day(b, "2012-06-01");
    buf_init(&vkey, sizeof(b->vkey));
    buf_init(&body, 4096);
    buf_init(&pop, 128);
    buf_init(&x, 128);
    key_pair_public(b->ledger, &public);
    key_vkey_write(SLICE(BOOK_ORIGIN), 1, &public, &vkey);
    (void) snprintf(b->vkey, sizeof(b->vkey), "%s", vkey.ptr);
    b->f.head = (struct archive_head){.origin = SLICE(BOOK_ORIGIN), .vkey = slice_str(b->vkey)};
    const struct book_actor *op = book_actor(b, "op");
    key_pair_public(op->key, &public);
    text_base64url(public.bytes, sizeof(public.bytes), &x);
    assert_int_equal(key_proof_make(op->key, SLICE(BOOK_ORIGIN), SLICE("op"), &pop, NULL), TALLY_OK);
    buf_printf(&body, "{\"operator\":{\"id\":\"op\",\"pop\":\"%s\",\"x\":\"%s\"},\"origin\":\"%s\",\"vkey\":\"%s\"}",
               pop.ptr, x.ptr, BOOK_ORIGIN, b->vkey);
    assert_int_equal(model_new_whole(&command_model_ports, &b->model, NULL), TALLY_OK);
    assert_int_equal(command_genesis(buf_slice(&body), b->arena, &actor, &key, NULL), TALLY_OK);
    assert_int_equal(model_put_actor(b->model, &actor, NULL), TALLY_OK);
    assert_int_equal(model_put_key(b->model, &key, NULL), TALLY_OK);
    book_append(b, SLICE(ENTRY_ACTOR_SERVICE), "ledger.created", SLICE(""), true, SLICE(""), buf_slice(&body));
    buf_release(&vkey);
    buf_release(&body);
    buf_release(&pop);
    buf_release(&x);
}

/* The archive of what is recorded, with a checkpoint; to be released. */
static inline void book_archive(struct book *b, struct buf *out)
{
    forge_write(&b->f, FORGE_TREE, b->ledger, out);
}

/* Somebody who takes it apart has everybody's keys at hand. */
static inline void book_forge(struct book *b, struct forge *f)
{
    struct buf archive;
    book_archive(b, &archive);
    forge_read(f, buf_slice(&archive));
    buf_release(&archive);
    for (size_t i = 0; i < b->actor_count; i++)
        forge_signer(f, b->actors[i].key);
}

static inline void book_end(struct book *b)
{
    model_free(b->model);
    arena_free(b->arena);
    key_pair_free(b->ledger);
    for (size_t i = 0; i < b->actor_count; i++)
        key_pair_free(b->actors[i].key);
    forge_release(&b->f);
}

#endif
