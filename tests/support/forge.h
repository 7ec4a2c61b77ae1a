/* A good archive taken apart, edited, and put together again: how somebody would forge who has the database, and perhaps the ledger's
 * own key, and perhaps the keys of parties. What is asked for is made right again, and nothing else:
 *
 *   struct forge f;
 *   forge_read(&f, archive);
 *   forge_replace(&f, forge_find(&f, "payment.triggered", 0), "\"100.00\"", "\"100.01\"");
 *   forge_write(&f, FORGE_REBUILT, ledger_key, &out);
 *
 * Everything lies in the forge's arena. A mistake of the test fails it. For any test: cmocka and ledger/format alone. */
#ifndef TALLY_TESTS_FORGE_H
#define TALLY_TESTS_FORGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tally/archive.h"
#include "tally/key.h"
#include "tally/merkle.h"
#include "tally/note.h"
#include "tally/statement.h"
#include "tally/text.h"

#define FORGE_ARENA_MAX ((size_t) 1 << 30)
#define FORGE_TEXT_MAX ((size_t) 512 << 20)
#define FORGE_SIGNERS_MAX 32
#define FORGE_NEW UINT64_MAX /* the number before of an entry that was put in */

enum forge_parts {
    FORGE_COMMIT = 1, /* the commitment of each body that is there */
    FORGE_NUMBER = 2, /* seq: 0, 1, 2, ... from the archive's first entry */
    FORGE_LINK = 4,   /* prev; of the first entry as it was */
    FORGE_TREE =
        8, /* one checkpoint of all entries, signed with the given key, in place of those that were there; and size */
    FORGE_NAMES =
        16, /* numbers that bodies and paths name follow their entries: "cause", "entry", "seq", /v1/results/12/... */
    FORGE_AUTHORS = 32 /* statements of the signers that are known are signed anew, with the heads as they are now */
};
/* What somebody can do who has the ledger's key. */
#define FORGE_REBUILT (FORGE_COMMIT | FORGE_NUMBER | FORGE_LINK | FORGE_TREE)
/* A service that recorded it so from the beginning: all that parties signed afterwards, they signed upon this. */
#define FORGE_LIVED (FORGE_REBUILT | FORGE_NAMES | FORGE_AUTHORS)

struct forge_entry {
    struct entry_header header; /* texts in the arena */
    enum archive_body state;
    uint8_t nonce[ENTRY_NONCE_LEN];
    struct slice jws, body;
    uint64_t was; /* its number in the archive that was read, or FORGE_NEW */
};

struct forge {
    struct arena *arena;
    struct archive_head head;
    struct forge_entry *entries;
    size_t count, cap;
    struct slice *notes; /* the checkpoints that were read */
    size_t note_count;
    struct forge_signer {
        struct slice kid;
        const struct key_pair *key;
    } signers[FORGE_SIGNERS_MAX];
    size_t signer_count;
    struct digest *hashes; /* as forge_write made them, by place */
};

static inline struct slice forge_keep(struct forge *f, struct slice s)
{
    struct slice out;
    assert_int_equal(arena_copy(f->arena, s.ptr, s.len, &out, NULL), TALLY_OK);
    return out;
}

static inline struct forge_entry *forge_room(struct forge *f)
{
    if (f->count == f->cap) {
        size_t cap = f->cap == 0 ? 256 : f->cap * 2;
        struct forge_entry *entries = ARENA_ARRAY(f->arena, cap, struct forge_entry);
        assert_non_null(entries);
        if (f->count > 0)
            memcpy(entries, f->entries, f->count * sizeof(*entries));
        f->entries = entries;
        f->cap = cap;
    }
    return &f->entries[f->count++];
}

static inline void forge_take_line(struct forge *f, struct slice text, bool is_first)
{
    struct archive_line line;
    struct err err = {0};
    if (archive_read_line(text, f->arena, &line, &err) != TALLY_OK)
        fail_msg("the archive to be forged is not right: %s", err.detail);
    assert_int_equal(is_first, line.kind == ARCHIVE_LINE_HEAD);
    if (line.kind == ARCHIVE_LINE_HEAD) {
        f->head = line.head;
        f->head.origin = forge_keep(f, line.head.origin);
        f->head.vkey = forge_keep(f, line.head.vkey);
        f->head.range = forge_keep(f, line.head.range);
    } else if (line.kind == ARCHIVE_LINE_CHECKPOINT) {
        struct slice *notes = ARENA_ARRAY(f->arena, f->note_count + 1, struct slice);
        assert_non_null(notes);
        if (f->note_count > 0)
            memcpy(notes, f->notes, f->note_count * sizeof(*notes));
        f->notes = notes;
        f->notes[f->note_count++] = forge_keep(f, line.checkpoint);
    } else {
        struct forge_entry *entry = forge_room(f);
        entry->state = line.entry.state;
        memcpy(entry->nonce, line.entry.nonce, sizeof(entry->nonce));
        entry->jws = forge_keep(f, line.entry.jws);
        entry->body = forge_keep(f, line.entry.body);
        assert_int_equal(entry_header_read(forge_keep(f, line.entry.header), &entry->header, NULL), TALLY_OK);
        entry->was = entry->header.seq;
    }
}

static inline void forge_read(struct forge *f, struct slice archive)
{
    *f = (struct forge){.arena = arena_new(FORGE_ARENA_MAX)};
    assert_non_null(f->arena);
    for (bool is_first = true; archive.len > 0; is_first = false) {
        const char *end = memchr(archive.ptr, '\n', archive.len);
        assert_non_null(end);
        forge_take_line(f, slice_of(archive.ptr, (size_t) (end - archive.ptr)), is_first);
        archive = slice_of(end + 1, archive.len - (size_t) (end + 1 - archive.ptr));
    }
}

static inline void forge_release(struct forge *f)
{
    arena_free(f->arena);
    *f = (struct forge){0};
}

/* The place of the n-th entry (from 0) of this type; fails the test when there is none. */
static inline size_t forge_find(const struct forge *f, const char *type, size_t n)
{
    for (size_t i = 0; i < f->count; i++)
        if (slice_is(f->entries[i].header.type, type) && n-- == 0)
            return i;
    fail_msg("the archive has no such %s", type);
    return 0;
}

static inline size_t forge_number_of(const struct forge *f, const char *type)
{
    size_t n = 0;
    for (size_t i = 0; i < f->count; i++)
        n += slice_is(f->entries[i].header.type, type) ? 1 : 0;
    return n;
}

static inline void forge_remove(struct forge *f, size_t at)
{
    assert_true(at < f->count);
    memmove(f->entries + at, f->entries + at + 1, (f->count - at - 1) * sizeof(*f->entries));
    f->count--;
}

/* Everything from this place on goes. */
static inline void forge_cut(struct forge *f, size_t at)
{
    assert_true(at <= f->count);
    f->count = at;
}

/* Puts a copy of an entry in before `at`; what is FORGE_NEW about it: its number before. */
static inline struct forge_entry *forge_insert(struct forge *f, size_t at, const struct forge_entry *entry)
{
    struct forge_entry copy = *entry;
    assert_true(at <= f->count);
    (void) forge_room(f);
    memmove(f->entries + at + 1, f->entries + at, (f->count - 1 - at) * sizeof(*f->entries));
    copy.was = FORGE_NEW;
    f->entries[at] = copy;
    return &f->entries[at];
}

static inline void forge_swap(struct forge *f, size_t a, size_t b)
{
    struct forge_entry entry = f->entries[a];
    f->entries[a] = f->entries[b];
    f->entries[b] = entry;
}

/* Takes the entry out and puts it back so that it stands at place `to`. */
static inline void forge_move(struct forge *f, size_t from, size_t to)
{
    struct forge_entry entry = f->entries[from];
    forge_remove(f, from);
    forge_insert(f, to, &entry)->was = entry.was;
}

static inline struct slice forge_replaced(struct forge *f, struct slice text, const char *from, const char *to)
{
    struct buf out;
    const char *at = text.len == 0 ? NULL : memmem(text.ptr, text.len, from, strlen(from));
    if (at == NULL)
        fail_msg("\"%s\" is not in %.*s", from, SLICE_ARG(text));
    buf_init(&out, text.len + strlen(to) + 1);
    buf_add(&out, text.ptr, (size_t) (at - text.ptr));
    buf_add_str(&out, to);
    buf_add(&out, at + strlen(from), text.len - (size_t) (at - text.ptr) - strlen(from));
    struct slice copy = forge_keep(f, buf_slice(&out));
    buf_release(&out);
    return copy;
}

/* Replaces the first occurrence in the entry's body. */
static inline void forge_replace(struct forge *f, size_t at, const char *from, const char *to)
{
    f->entries[at].body = forge_replaced(f, f->entries[at].body, from, to);
}

/* From now on FORGE_AUTHORS signs for this key. */
static inline void forge_signer(struct forge *f, const struct key_pair *key)
{
    struct key_public public;
    struct key_kid kid;
    assert_true(f->signer_count < FORGE_SIGNERS_MAX);
    key_pair_public(key, &public);
    key_thumbprint(&public, &kid);
    f->signers[f->signer_count].kid = forge_keep(f, slice_of(kid.text, KEY_KID_LEN));
    f->signers[f->signer_count++].key = key;
}

/* ---- signing ---- */

/* The statement's parts as a draft, to be changed and signed. */
static inline struct statement_draft forge_draft(struct forge *f, size_t at, struct slice *kid)
{
    struct statement s;
    struct refusal *refusal = NULL;
    assert_int_equal(statement_read(f->entries[at].jws, f->arena, &s, &refusal, NULL), TALLY_OK);
    if (kid != NULL)
        *kid = s.kid;
    return (struct statement_draft){.aud = s.aud,
                                    .htm = s.htm,
                                    .htu = s.htu,
                                    .cty = s.cty,
                                    .jti = s.jti,
                                    .iat = s.iat,
                                    .head_seq = s.head_seq,
                                    .head_hash = s.head_hash};
}

static inline void forge_sign(struct forge *f, size_t at, const struct statement_draft *draft, const struct key_pair *key)
{
    struct buf jws;
    buf_init(&jws, STATEMENT_JWS_MAX);
    assert_int_equal(statement_sign(draft, key, f->entries[at].body, &jws, NULL), TALLY_OK);
    f->entries[at].jws = forge_keep(f, buf_slice(&jws));
    buf_release(&jws);
}

/* ---- putting together ---- */

/* Where the entry now stands that had this number; one that is gone: the one before it. */
static inline uint64_t forge_now(const struct forge *f, uint64_t was)
{
    uint64_t best = 0, before = 0;
    for (size_t i = 0; i < f->count; i++) {
        uint64_t n = f->entries[i].was;
        if (n == FORGE_NEW || n > was || n < before)
            continue;
        before = n;
        best = f->head.from + i;
        if (n == was)
            break;
    }
    return was < f->head.from ? was : best;
}

/* Numbers behind these words, in a body or a path. */
static inline struct slice forge_renamed(struct forge *f, struct slice text)
{
    static const char *const WORDS[] = {
        "\"cause\":", "\"dispute\":", "\"entry\":", "\"seq\":", "/entries/", "/results/", "/disputes/", "/payments/"};
    struct buf out;
    buf_init(&out, text.len * 2 + 64);
    for (size_t i = 0; i < text.len;) {
        size_t word = 0;
        for (size_t k = 0; k < sizeof(WORDS) / sizeof(WORDS[0]) && word == 0; k++)
            if (slice_starts(slice_of(text.ptr + i, text.len - i), slice_str(WORDS[k])))
                word = strlen(WORDS[k]);
        if (word == 0) {
            buf_add_char(&out, text.ptr[i++]);
            continue;
        }
        buf_add(&out, text.ptr + i, word);
        i += word;
        size_t end = i;
        uint64_t number = 0;
        while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
            end++;
        if (text_u64(slice_of(text.ptr + i, end - i), ENTRY_SEQ_MAX, &number) == TALLY_OK)
            buf_add_u64(&out, forge_now(f, number));
        else
            buf_add(&out, text.ptr + i, end - i);
        i = end;
    }
    assert_int_equal(buf_check(&out, NULL), TALLY_OK);
    struct slice copy = forge_keep(f, buf_slice(&out));
    buf_release(&out);
    return copy;
}

static inline void forge_author(struct forge *f, size_t at, unsigned parts)
{
    struct slice kid;
    struct statement_draft draft = forge_draft(f, at, &kid);
    for (size_t i = 0; i < f->signer_count; i++) {
        if (!slice_equal(f->signers[i].kid, kid))
            continue;
        if (parts & FORGE_NAMES)
            draft.htu = forge_renamed(f, draft.htu);
        draft.head_seq = forge_now(f, draft.head_seq);
        if (at > 0 && draft.head_seq >= f->head.from + at) /* what it has seen stands behind it now */
            draft.head_seq = f->head.from + at - 1;
        if (draft.head_seq >= f->head.from && draft.head_seq - f->head.from < at)
            draft.head_hash = f->hashes[draft.head_seq - f->head.from];
        forge_sign(f, at, &draft, f->signers[i].key);
    }
}

static inline void forge_entry_write(struct forge *f, size_t at, unsigned parts, struct buf *out)
{
    struct forge_entry *entry = &f->entries[at];
    struct buf header;
    bool is_present = entry->state == ARCHIVE_BODY_PRESENT;
    if ((parts & FORGE_NAMES) && is_present)
        entry->body = forge_renamed(f, entry->body);
    if ((parts & FORGE_AUTHORS) && is_present && entry->jws.len > 0)
        forge_author(f, at, parts);
    if ((parts & FORGE_COMMIT) && is_present)
        entry_commitment(entry->nonce, entry->jws, entry->body, &entry->header.body);
    if (parts & FORGE_NUMBER)
        entry->header.seq = f->head.from + at;
    if ((parts & FORGE_LINK) && at > 0)
        entry->header.prev = f->hashes[at - 1];
    buf_init(&header, ENTRY_HEADER_MAX);
    entry_header_write(&entry->header, &header);
    entry_hash(buf_slice(&header), &f->hashes[at]);
    struct archive_entry line = {
        .header = buf_slice(&header), .state = entry->state, .jws = entry->jws, .body = entry->body};
    memcpy(line.nonce, entry->nonce, sizeof(line.nonce));
    archive_write_entry(&line, out);
    buf_release(&header);
}

/* The ledger's note over the first `size` entries, with the hashes that forge_write made; to be released. The archive begins at 0. */
static inline void forge_note(const struct forge *f, uint64_t size, const struct key_pair *ledger, struct buf *note)
{
    struct merkle_frontier tree = {0};
    struct checkpoint checkpoint = {.origin = f->head.origin, .size = size};
    assert_int_equal(f->head.from, 0);
    for (uint64_t i = 0; i < size; i++)
        merkle_frontier_add(&tree, &f->hashes[i]);
    merkle_frontier_root(&tree, &checkpoint.root);
    buf_init(note, CHECKPOINT_MAX);
    assert_int_equal(checkpoint_sign(&checkpoint, ledger, note, NULL), TALLY_OK);
}

/* The archive as it is now, into out (to be released), with these parts made right again. ledger: for FORGE_TREE. */
static inline void forge_write(struct forge *f, unsigned parts, const struct key_pair *ledger, struct buf *out)
{
    struct archive_head head = f->head;
    struct buf note;
    buf_init(out, FORGE_TEXT_MAX);
    f->hashes = ARENA_ARRAY(f->arena, f->count + 1, struct digest);
    assert_non_null(f->hashes);
    if (parts & FORGE_TREE)
        head.size = head.from + f->count;
    archive_write_head(&head, out);
    for (size_t i = 0; i < f->count; i++)
        forge_entry_write(f, i, parts, out);
    if (parts & FORGE_TREE) {
        forge_note(f, f->count, ledger, &note);
        archive_write_checkpoint(buf_slice(&note), out);
        buf_release(&note);
    }
    for (size_t i = 0; i < f->note_count && !(parts & FORGE_TREE); i++)
        archive_write_checkpoint(f->notes[i], out);
    assert_int_equal(buf_check(out, NULL), TALLY_OK);
}

#endif
