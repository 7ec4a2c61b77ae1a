/* Cosignatures over HTTP: what is verified is taken, kept over a restart and shown; everything else is refused and changes nothing. */
#include "http_help.h"

#include <jansson.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../support/audit.h"
#include "tally/archive.h"
#include "tally/file.h"
#include "tally/pg.h"
#include "tally/policy.h"
#include "tally/receipt.h"
#include "tally/text.h"

struct party {
    struct key_pair *pair;
    char name[32], vkey[256];
};

static struct party w1, w2, w3, stranger;
static struct note_key ledger_key;
static struct policy policy;
static char policy_file[200], policy_text[2048];

static void party_make(struct party *party, const char *name)
{
    struct key_public key;
    struct buf vkey;
    assert_int_equal(key_pair_generate(&party->pair, NULL), TALLY_OK);
    key_pair_public(party->pair, &key);
    buf_init(&vkey, sizeof party->vkey - 1);
    key_vkey_write(slice_str(name), NOTE_KEY_COSIGNATURE, &key, &vkey);
    (void) snprintf(party->name, sizeof party->name, "%s", name);
    memcpy(party->vkey, vkey.ptr, vkey.len + 1);
    buf_release(&vkey);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    assert_int_equal(fclose(file), 0);
}

static int start(void **state)
{
    static const char *args[] = {"--policy", policy_file, NULL};
    char vkey[256];
    (void) state;
    party_make(&w1, "w1.example");
    party_make(&w2, "w2.example");
    party_make(&w3, "w3.example");
    party_make(&stranger, "w1.example"); /* in the name of the first */
    (void) snprintf(policy_file, sizeof policy_file, "/tmp/tally-policy-%d", (int) getpid());
    (void) snprintf(policy_text, sizeof policy_text,
                    "witness a %s\nwitness b %s\nwitness c %s\ngroup two 2 a b c\nquorum two\n", w1.vkey, w2.vkey, w3.vkey);
    write_file(policy_file, policy_text);
    assert_int_equal(policy_read(slice_str(policy_text), &policy, NULL), TALLY_OK);
    if (service_start(&service, args) != 0) {
        service_stop(&service);
        return -1;
    }
    assert_int_equal(service_vkey(&service, vkey, sizeof vkey), 0);
    return note_key_read(slice_str(vkey), &ledger_key, NULL) == TALLY_OK ? 0 : -1;
}

static int stop(void **state)
{
    struct party *all[] = {&w1, &w2, &w3, &stranger};
    note_key_release(&ledger_key);
    policy_release(&policy);
    for (size_t i = 0; i < 4; i++)
        key_pair_free(all[i]->pair);
    (void) unlink(policy_file);
    return stop_service(state);
}

static void get(const char *target, struct http_reply *reply)
{
    assert_int_equal(service_get(&service, target, reply), 0);
}

/* The published checkpoint of all entries, alone with the ledger's signature. */
static struct checkpoint published(struct arena *arena, struct slice *bare)
{
    struct checkpoint checkpoint = {0};
    struct head head = head_now();
    while (checkpoint.size < head.seq + 1) {
        struct http_reply reply;
        struct slice text;
        struct note note;
        arena_clear(arena);
        get("/checkpoint", &reply);
        assert_int_equal(arena_copy(arena, reply.body, reply.body_len, &text, NULL), TALLY_OK);
        http_reply_release(&reply);
        assert_int_equal(checkpoint_open(text, &ledger_key, &checkpoint, &note, NULL), TALLY_OK);
        *bare = arena_printf(arena, "%.*s\n%.*s", SLICE_ARG(note.text), SLICE_ARG(note_line(&note, &ledger_key)));
    }
    return checkpoint;
}

static void post(struct slice body, const char *type, struct http_reply *reply)
{
    struct http_client client;
    char head[256];
    (void) snprintf(head, sizeof head,
                    "POST /checkpoint/cosignatures HTTP/1.1\r\nHost: t\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                    type, body.len);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(http_client_send_text(&client, head), 0);
    assert_int_equal(http_client_send(&client, body.ptr, body.len), 0);
    assert_int_equal(http_client_reply(&client, false, reply), 0);
    http_client_close(&client);
}

static uint64_t now(void)
{
    return (uint64_t) time(NULL);
}

/* bare with a cosignature by this party at this time. */
static void cosign(struct slice bare, const struct party *party, uint64_t seconds, struct buf *out)
{
    struct note note;
    if (out->len == 0)
        buf_add_slice(out, bare);
    assert_int_equal(note_read(bare, &note, NULL), TALLY_OK);
    assert_int_equal(note_cosign(note.text, slice_str(party->name), party->pair, seconds, out, NULL), TALLY_OK);
}

static void take(struct slice bare, const struct party *party, uint64_t seconds)
{
    struct http_reply reply;
    struct buf text;
    buf_init(&text, NOTE_MAX);
    cosign(bare, party, seconds, &text);
    post(buf_slice(&text), "text/plain; charset=utf-8", &reply);
    if (reply.status != 200)
        fail_msg("%d: %s", reply.status, reply.body);
    http_reply_release(&reply);
    buf_release(&text);
}

/* Who has cosigned what this path shows (bits of the policy); its size. */
static uint64_t shown(const char *target, uint64_t *size, uint64_t *seconds)
{
    struct http_reply reply;
    struct checkpoint checkpoint;
    struct note note;
    struct policy_seen seen;
    get(target, &reply);
    assert_int_equal(reply.status, 200);
    assert_int_equal(checkpoint_open(slice_of(reply.body, reply.body_len), &ledger_key, &checkpoint, &note, NULL),
                     TALLY_OK);
    assert_int_equal(policy_look(&policy, &note, &seen, NULL), TALLY_OK);
    assert_int_equal(note.count, (size_t) (1 + __builtin_popcountll(seen.witnesses)));
    if (size != NULL)
        *size = checkpoint.size;
    if (seconds != NULL)
        *seconds = seen.seconds[0];
    http_reply_release(&reply);
    return seen.witnesses;
}

static void grow(void)
{
    assert_int_equal(service_grow(&service), 0);
}

static void restart(void)
{
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    assert_int_equal(service_restart(&service), 0);
}

static void a_cosignature_is_shown_and_enough_of_them_make_the_cosigned_checkpoint(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct slice bare;
    struct http_reply reply;
    uint64_t size = 0, seconds = 0;
    (void) state;
    get("/checkpoint/cosigned", &reply);
    assert_reply(&reply, 404, "cosignature.none");
    struct checkpoint checkpoint = published(arena, &bare);
    take(bare, &w1, now());
    assert_int_equal(shown("/checkpoint", &size, NULL), 1);
    assert_int_equal(size, checkpoint.size);
    get("/metrics", &reply);
    assert_non_null(strstr(reply.body, "\ntally_witnesses 3\n"));
    assert_non_null(strstr(reply.body, "\ntally_cosigned_entries 0\n"));
    http_reply_release(&reply);
    get("/checkpoint/cosigned", &reply); /* one is not two */
    assert_reply(&reply, 404, "cosignature.none");
    take(bare, &w3, now());
    assert_int_equal(shown("/checkpoint", NULL, NULL), 5);
    get("/metrics", &reply);
    assert_non_null(strstr(reply.body, "\ntally_cosigned_witnesses 2\n"));
    http_reply_release(&reply);
    assert_int_equal(shown("/checkpoint/cosigned", &size, NULL), 5);
    assert_int_equal(size, checkpoint.size);
    assert_int_equal(shown("/outcomes/checkpoint/cosigned", NULL, NULL), 5); /* the prefix that the origin names */
    take(bare, &w1, now() + 60); /* a newer one of the same takes its place, an older one does not */
    (void) shown("/checkpoint/cosigned", NULL, &seconds);
    assert_true(seconds >= now() + 50);
    take(bare, &w1, now() - 1);
    uint64_t after = 0;
    (void) shown("/checkpoint/cosigned", NULL, &after);
    assert_int_equal(after, seconds);
    /* the tree goes on: the newest has none yet, the cosigned one stays */
    grow();
    checkpoint = published(arena, &bare);
    assert_int_equal(shown("/checkpoint", NULL, NULL), 0);
    take(bare, &w2, now());
    assert_int_equal(shown("/checkpoint", NULL, NULL), 2);
    assert_int_equal(shown("/checkpoint/cosigned", &size, NULL), 5);
    assert_int_equal(size, checkpoint.size - 1);
    restart();
    assert_int_equal(shown("/checkpoint/cosigned", &size, NULL), 5);
    assert_int_equal(size, checkpoint.size - 1);
    assert_int_equal(shown("/checkpoint", NULL, NULL), 2);
    take(bare, &w1, now());
    assert_int_equal(shown("/checkpoint/cosigned", &size, NULL), 3);
    assert_int_equal(size, checkpoint.size);
    arena_free(arena);
}

/* Each is refused, and what is shown stays as it is. */
static void what_is_not_a_trusted_cosignature_of_this_ledger_is_refused(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct slice bare;
    struct http_reply reply;
    struct buf text;
    (void) state;
    buf_init(&text, 2 * NOTE_MAX);
    grow();
    const struct checkpoint checkpoint = published(arena, &bare);
    struct {
        const struct party *party;
        int64_t seconds;
        int status;
        const char *code;
    } cases[] = {{&stranger, 0, 403, "cosignature.unknown"}, /* another key's id under a known name */
                 {&w1, 10000, 422, "cosignature.time"},
                 {&w1, -10000, 422, "cosignature.time"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_clear(&text);
        cosign(bare, cases[i].party, (uint64_t) ((int64_t) now() + cases[i].seconds), &text);
        post(buf_slice(&text), "text/plain", &reply);
        assert_reply(&reply, cases[i].status, cases[i].code);
    }
    /* a good one beside one that does not verify: the whole note is worth nothing */
    buf_clear(&text);
    cosign(bare, &w2, now(), &text);
    size_t good = text.len;
    cosign(bare, &w1, now(), &text);
    size_t at = good + strlen("\xe2\x80\x94 w1.example ") + 60;
    text.ptr[at] = text.ptr[at] == 'A' ? 'B' : 'A';
    post(buf_slice(&text), "text/plain", &reply);
    assert_reply(&reply, 422, "cosignature.invalid");
    /* the ledger's own signature: missing, and of another */
    struct note note;
    assert_int_equal(note_read(bare, &note, NULL), TALLY_OK);
    buf_clear(&text);
    buf_add_slice(&text, note.text);
    buf_add_char(&text, '\n');
    assert_int_equal(note_cosign(note.text, slice_str(w1.name), w1.pair, now(), &text, NULL), TALLY_OK);
    post(buf_slice(&text), "text/plain", &reply);
    assert_reply(&reply, 403, "cosignature.ledger");
    struct checkpoint other = checkpoint;
    other.origin = SLICE("ledger.test/others");
    buf_clear(&text);
    assert_int_equal(checkpoint_sign(&other, w1.pair, &text, NULL), TALLY_OK);
    post(buf_slice(&text), "text/plain", &reply);
    assert_reply(&reply, 403, "cosignature.ledger");
    post(SLICE("garbage"), "text/plain", &reply);
    assert_reply(&reply, 400, "request.malformed");
    post(SLICE(""), "text/plain", &reply);
    assert_reply(&reply, 400, "request.malformed");
    post(bare, "text/plain", &reply); /* no cosignature at all */
    assert_reply(&reply, 403, "cosignature.unknown");
    post(bare, "application/json", &reply);
    assert_reply(&reply, 415, "request.media_type");
    buf_clear(&text);
    while (text.len <= NOTE_MAX)
        buf_add_str(&text, "garbage ");
    post(buf_slice(&text), "text/plain", &reply);
    assert_reply(&reply, 413, "request.too_large");
    assert_int_equal(shown("/checkpoint", NULL, NULL), 0);
    buf_release(&text);
    arena_free(arena);
}

/* The newest version of each row of what is kept, in one line. */
static void rows_now(char out[4096])
{
    struct pg *pg = NULL;
    struct pg_rows *rows = NULL;
    struct err err = {0};
    assert_int_equal(service_database(&service, &pg), 0);
    assert_int_equal(
        pg_exec_text(pg,
                     "SELECT string_agg(witness || is_quorum || size || xmin::text || ctid::text, ' ' ORDER BY "
                     "witness, is_quorum) FROM ledger.cosignature",
                     &rows, &err),
        TALLY_OK);
    struct slice text = pg_get_bytes(rows, 0, 0);
    (void) snprintf(out, 4096, "%.*s", SLICE_ARG(text));
    pg_rows_free(rows);
    pg_free(pg);
}

/* Anybody may post what a witness has given, as often as it likes, and as much of it as a note holds: it is read, and nothing is written. */
static void what_is_known_already_is_taken_and_writes_nothing(void **state)
{
    struct arena *arena = arena_new(1u << 20), *old_arena = arena_new(1u << 20);
    struct slice bare, old;
    struct http_reply reply;
    struct buf text, older;
    char before[4096], after[4096];
    (void) state;
    buf_init(&text, 2 * NOTE_MAX);
    buf_init(&older, 2 * NOTE_MAX);
    grow();
    (void) published(old_arena, &old);
    cosign(old, &w1, now(), &older);
    grow();
    (void) published(arena, &bare);
    take(bare, &w1, now());
    take(bare, &w2, now());
    cosign(bare, &w1, now() - 5, &text);
    for (int i = 0; i < 60; i++) /* one witness's, as often as a note holds it */
        cosign(bare, &w1, now() - 5, &text);
    rows_now(before);
    for (int i = 0; i < 50; i++) {
        post(i % 2 == 0 ? buf_slice(&text) : buf_slice(&older), "text/plain", &reply);
        assert_int_equal(reply.status, 200);
        http_reply_release(&reply);
    }
    rows_now(after);
    assert_string_equal(before, after);
    assert_int_equal(shown("/checkpoint/cosigned", NULL, NULL), 3);
    buf_release(&text);
    buf_release(&older);
    arena_free(arena);
    arena_free(old_arena);
}

/* The size of the checkpoint in DATA/cosigned. */
static uint64_t filed(void)
{
    char path[256];
    struct checkpoint checkpoint = {0};
    struct buf text;
    buf_init(&text, NOTE_MAX);
    (void) snprintf(path, sizeof path, "%s/cosigned", service.data);
    assert_int_equal(file_read(path, &text, NULL), TALLY_OK);
    assert_int_equal(checkpoint_open(buf_slice(&text), &ledger_key, &checkpoint, NULL, NULL), TALLY_OK);
    buf_release(&text);
    return checkpoint.size;
}

/* Nothing else than the same note may ever come again: a ledger that rests is cosigned no more often than each hour. */
static void a_file_that_could_not_be_written_is_written_when_the_same_note_comes_again(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct slice bare;
    struct http_reply reply;
    struct buf text;
    char fresh[256];
    uint64_t size = 0;
    (void) state;
    buf_init(&text, NOTE_MAX);
    grow();
    struct checkpoint checkpoint = published(arena, &bare);
    cosign(bare, &w1, now(), &text);
    cosign(bare, &w2, now(), &text);
    (void) snprintf(fresh, sizeof fresh, "%s/cosigned.new", service.data); /* what is written first, and cannot be */
    assert_int_equal(mkdir(fresh, 0700), 0);
    post(buf_slice(&text), "text/plain", &reply);
    assert_reply(&reply, 500, "internal");
    assert_true(filed() < checkpoint.size);
    assert_int_equal(shown("/checkpoint/cosigned", &size, NULL), 3); /* it is in the database */
    assert_int_equal(size, checkpoint.size);
    post(buf_slice(&text), "text/plain", &reply);
    assert_reply(&reply, 500, "internal");
    assert_int_equal(rmdir(fresh), 0);
    post(buf_slice(&text), "text/plain", &reply);
    assert_reply(&reply, 200, NULL);
    assert_int_equal(filed(), checkpoint.size);
    buf_release(&text);
    arena_free(arena);
}

/* The ledger's key in wrong hands, or a database that lost entries: its own signature over a tree that the database does not have. */
static void another_tree_under_the_ledger_s_key_is_called_a_fork(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct slice bare;
    struct http_reply reply;
    struct key_pair *pair = NULL;
    char path[300];
    struct buf text;
    (void) state;
    buf_init(&text, NOTE_MAX);
    (void) snprintf(path, sizeof path, "%s/ledger.pem", service.data);
    assert_int_equal(key_pair_load(path, &pair, NULL), TALLY_OK);
    struct checkpoint checkpoint = published(arena, &bare);
    checkpoint.origin = SLICE(SERVICE_ORIGIN);
    checkpoint.root.bytes[0] ^= 1;
    assert_int_equal(checkpoint_sign(&checkpoint, pair, &text, NULL), TALLY_OK);
    struct note note;
    assert_int_equal(note_read(buf_slice(&text), &note, NULL), TALLY_OK);
    assert_int_equal(note_cosign(note.text, slice_str(w1.name), w1.pair, now(), &text, NULL), TALLY_OK);
    post(buf_slice(&text), "text/plain", &reply);
    assert_reply(&reply, 503, "ledger.forked");
    buf_clear(&text);
    checkpoint.size += 1000;
    assert_int_equal(checkpoint_sign(&checkpoint, pair, &text, NULL), TALLY_OK);
    assert_int_equal(note_read(buf_slice(&text), &note, NULL), TALLY_OK);
    assert_int_equal(note_cosign(note.text, slice_str(w1.name), w1.pair, now(), &text, NULL), TALLY_OK);
    post(buf_slice(&text), "text/plain", &reply);
    assert_reply(&reply, 404, "tree.size");
    key_pair_free(pair);
    buf_release(&text);
    arena_free(arena);
}

/* ---- where they are used ---- */

static void a_receipt_rests_on_the_cosigned_checkpoint_that_covers_it(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct slice bare;
    struct http_reply reply;
    struct receipt receipt;
    struct receipt_content content;
    struct note note;
    struct policy_seen seen;
    (void) state;
    grow();
    const struct checkpoint checkpoint = published(arena, &bare);
    take(bare, &w1, now());
    take(bare, &w2, now());
    grow(); /* this one is not covered */
    for (uint64_t seq = 0; seq <= checkpoint.size; seq++) {
        char target[64];
        struct arena *own = arena_new(1u << 20);
        (void) snprintf(target, sizeof target, "/v1/entries/%u/receipt", (unsigned) seq);
        get(target, &reply);
        assert_int_equal(reply.status, 200);
        assert_int_equal(receipt_read(slice_of(reply.body, reply.body_len), own, &receipt, NULL), TALLY_OK);
        assert_int_equal(receipt_check(&receipt, &ledger_key, &content, NULL), TALLY_OK);
        assert_int_equal(note_read(receipt.checkpoint, &note, NULL), TALLY_OK);
        assert_int_equal(policy_look(&policy, &note, &seen, NULL), TALLY_OK);
        assert_int_equal(policy_is_met(&policy, seen.witnesses), seq < checkpoint.size);
        http_reply_release(&reply);
        arena_free(own);
    }
    arena_free(arena);
}

/* The archive's checkpoint lines, in the order in which they stand: their sizes and who cosigned. */
static size_t archive_checkpoints(const char *target, uint64_t sizes[8], uint64_t witnesses[8])
{
    struct http_reply reply;
    size_t count = 0;
    struct arena *arena = arena_new(1u << 22);
    get(target, &reply);
    assert_int_equal(reply.status, 200);
    for (char *line = reply.body, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        struct archive_line read;
        struct checkpoint checkpoint;
        struct note note;
        struct policy_seen seen;
        assert_int_equal(archive_read_line(slice_of(line, (size_t) (end - line)), arena, &read, NULL), TALLY_OK);
        if (read.kind != ARCHIVE_LINE_CHECKPOINT)
            continue;
        assert_true(count < 8);
        assert_int_equal(checkpoint_open(read.checkpoint, &ledger_key, &checkpoint, &note, NULL), TALLY_OK);
        assert_int_equal(policy_look(&policy, &note, &seen, NULL), TALLY_OK);
        sizes[count] = checkpoint.size;
        witnesses[count++] = seen.witnesses;
    }
    http_reply_release(&reply);
    arena_free(arena);
    return count;
}

static void an_archive_carries_what_was_cosigned(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct slice bare;
    uint64_t sizes[8], witnesses[8];
    char target[64];
    (void) state;
    grow();
    const struct checkpoint checkpoint = published(arena, &bare);
    take(bare, &w1, now());
    take(bare, &w2, now());
    assert_int_equal(archive_checkpoints("/v1/archive", sizes, witnesses), 1);
    assert_int_equal(sizes[0], checkpoint.size);
    assert_int_equal(witnesses[0], 3);
    grow();
    assert_int_equal(archive_checkpoints("/v1/archive", sizes, witnesses), 2);
    assert_int_equal(sizes[0], checkpoint.size);
    assert_int_equal(witnesses[0], 3);
    assert_int_equal(sizes[1], checkpoint.size + 1);
    assert_int_equal(witnesses[1], 0);
    (void) snprintf(target, sizeof target, "/v1/archive?from=%u", (unsigned) checkpoint.size);
    assert_int_equal(archive_checkpoints(target, sizes, witnesses), 1); /* it has nothing that the other would speak of */
    assert_int_equal(sizes[0], checkpoint.size + 1);
    arena_free(arena);
}

/* ---- keys that are somebody else's ---- */

static void nobody_registers_a_key_of_the_ledger_or_of_a_witness(void **state)
{
    struct service_actor thief = {.id = "thief"};
    struct http_reply reply;
    char path[300];
    struct buf body;
    (void) state;
    buf_init(&body, 4096);
    (void) snprintf(path, sizeof path, "%s/ledger.pem", service.data);
    for (int i = 0; i < 2; i++) {
        struct key_pair *pair = NULL;
        struct key_public key;
        if (i == 0)
            assert_int_equal(key_pair_load(path, &pair, NULL), TALLY_OK);
        thief.key = i == 0 ? pair : w2.pair;
        key_pair_public(thief.key, &key);
        key_thumbprint(&key, &thief.kid);
        buf_clear(&body);
        service_registration(&thief, "organisation", "", &body);
        assert_int_equal(service_post(&service, &service.operator, "/v1/actors", body.ptr, &reply), 0);
        assert_reply(&reply, 409, "key.taken");
        key_pair_free(pair);
    }
    buf_release(&body);
}

/* The service says what is wrong with its policy, and does not start. */
static void a_policy_that_cannot_be_this_ledger_s_stops_the_start(void **state)
{
    char text[2048], vkey[256];
    struct key_public key;
    struct buf own;
    struct party fake;
    (void) state;
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    key_pair_public(service.operator.key, &key);
    buf_init(&own, sizeof vkey - 1);
    key_vkey_write(SLICE("w.example"), NOTE_KEY_COSIGNATURE, &key, &own);
    memcpy(vkey, own.ptr, own.len + 1);
    buf_release(&own);
    party_make(&fake, "w9.example");
    const char *const texts[] = {"nonsense\n", "witness op %s\nquorum op\n", "log %s\nquorum none\n"};
    for (size_t i = 0; i < 3; i++) {
        struct buf other;
        buf_init(&other, 256);
        key_pair_public(fake.pair, &key);
        key_vkey_write(SLICE("ledger.test/outcomes"), NOTE_KEY_ED25519, &key, &other);
        (void) snprintf(text, sizeof text, "%s", texts[i]);
        char *hole = strstr(text, "%s");
        if (hole != NULL) {
            char rest[64];
            (void) snprintf(rest, sizeof rest, "%s", hole + 2);
            (void) snprintf(hole, sizeof text - (size_t) (hole - text), "%s%s", i == 1 ? vkey : other.ptr, rest);
        }
        write_file(policy_file, text);
        assert_int_equal(service_restart(&service), -1);
        buf_release(&other);
    }
    key_pair_free(fake.pair);
    write_file(policy_file, policy_text);
    assert_int_equal(service_restart(&service), 0);
}

/* ---- what is cosigned is known at the next start ---- */

static void a_host_without_a_record_starts_on_what_witnesses_have_cosigned(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct slice bare;
    char path[300], kept[300];
    struct http_reply reply;
    (void) state;
    grow();
    (void) published(arena, &bare);
    take(bare, &w1, now());
    take(bare, &w2, now());
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    (void) snprintf(path, sizeof path, "%s/checkpoints", service.data);
    (void) snprintf(kept, sizeof kept, "%s/cosigned", service.data);
    assert_int_equal(access(kept, R_OK), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(service_restart(&service), 0); /* it was compared, and a new record begins */
    assert_int_equal(access(path, R_OK), 0);
    grow();
    /* now that file speaks of more entries than there are */
    struct key_pair *pair = NULL;
    char pem[300], damaged[NOTE_MAX];
    struct buf text;
    buf_init(&text, NOTE_MAX);
    (void) snprintf(pem, sizeof pem, "%s/ledger.pem", service.data);
    assert_int_equal(key_pair_load(pem, &pair, NULL), TALLY_OK);
    struct checkpoint more = {.origin = SLICE(SERVICE_ORIGIN), .size = 100000};
    assert_int_equal(checkpoint_sign(&more, pair, &text, NULL), TALLY_OK);
    struct note note;
    assert_int_equal(note_read(buf_slice(&text), &note, NULL), TALLY_OK);
    assert_int_equal(note_cosign(note.text, slice_str(w1.name), w1.pair, now(), &text, NULL), TALLY_OK);
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    FILE *file = fopen(kept, "r");
    assert_non_null(file);
    damaged[fread(damaged, 1, sizeof damaged - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    write_file(kept, text.ptr);
    assert_int_equal(service_restart_forked(&service), 0);
    get("/readyz", &reply);
    assert_non_null(strstr(reply.body, "cosigned by witnesses"));
    http_reply_release(&reply);
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    write_file(kept, damaged);
    assert_int_equal(service_restart(&service), 0);
    key_pair_free(pair);
    buf_release(&text);
    arena_free(arena);
}

/* The old host is gone with its files; somebody has kept a checkpoint with its cosignatures. */
static void a_new_host_takes_a_cosigned_checkpoint_for_its_record(void **state)
{
    char checkpoints[300], cosigned[300], kept[300], note_text[NOTE_MAX];
    struct note note;
    struct buf text;
    (void) state;
    buf_init(&text, NOTE_MAX);
    (void) snprintf(checkpoints, sizeof checkpoints, "%s/checkpoints", service.data);
    (void) snprintf(cosigned, sizeof cosigned, "%s/cosigned", service.data);
    (void) snprintf(kept, sizeof kept, "%s/kept", service.dir);
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    assert_int_equal(rename(cosigned, kept), 0);
    assert_int_equal(unlink(checkpoints), 0);
    assert_int_equal(service_restart_forked(&service), 0);
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    service.args[2] = "--witnessed";
    service.args[3] = kept;
    assert_int_equal(service_restart(&service), 0);
    grow();
    assert_int_equal(service_signal(&service, SIGTERM), 0);
    assert_int_equal(service_wait(&service), 0);
    /* one cosignature is not two */
    FILE *file = fopen(kept, "r");
    assert_non_null(file);
    note_text[fread(note_text, 1, sizeof note_text - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    assert_int_equal(note_read(slice_str(note_text), &note, NULL), TALLY_OK);
    buf_printf(&text, "%.*s\n%.*s%.*s", SLICE_ARG(note.text), SLICE_ARG(note.signatures[0].line),
               SLICE_ARG(note.signatures[1].line));
    write_file(kept, text.ptr);
    assert_int_equal(service_restart(&service), -1);
    service.args[2] = NULL;
    assert_int_equal(service_restart(&service), 0);
    buf_release(&text);
}

/* Cosignatures are brought to one service; another one on the same database shows them, too. */
static void a_service_that_stands_by_shows_them(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct service second = {0};
    struct slice bare;
    struct http_reply reply;
    char command[1024], conninfo[300];
    bool is_shown = false;
    (void) state;
    (void) snprintf(second.data, sizeof second.data, "%.120s/second", service.dir);
    (void) snprintf(second.log, sizeof second.log, "%.120s/second.log", service.dir);
    (void) snprintf(command, sizeof command, "mkdir '%s' && cp '%s'/ledger.* '%s'/checkpoints* '%s'", second.data,
                    service.data, service.data, second.data);
    assert_int_equal(system(command), 0);
    (void) snprintf(conninfo, sizeof conninfo, "host='%.200s/run' user=tally_service_login dbname=tally", service.data);
    second.args[0] = "--database";
    second.args[1] = conninfo;
    second.args[2] = "--policy";
    second.args[3] = policy_file;
    assert_int_equal(service_restart(&second), 0);
    grow();
    const struct checkpoint checkpoint = published(arena, &bare);
    take(bare, &w1, now());
    take(bare, &w2, now());
    while (!is_shown) {
        char line[64];
        (void) snprintf(line, sizeof line, "\n%u\n", (unsigned) checkpoint.size);
        assert_int_equal(service_get(&second, "/checkpoint/cosigned", &reply), 0);
        is_shown = reply.status == 200 && strstr(reply.body, line) != NULL;
        http_reply_release(&reply);
    }
    assert_int_equal(service_signal(&second, SIGTERM), 0);
    assert_int_equal(service_wait(&second), 0);
    arena_free(arena);
}

static void the_database_refuses_to_forget_them(void **state)
{
    struct pg *pg = NULL;
    struct err err = {0};
    (void) state;
    assert_int_equal(service_database(&service, &pg), 0);
    assert_int_not_equal(pg_exec_text(pg, "DELETE FROM ledger.cosignature", NULL, &err), TALLY_OK);
    assert_int_not_equal(pg_exec_text(pg, "TRUNCATE ledger.cosignature", NULL, &err), TALLY_OK);
    assert_int_not_equal(pg_exec_text(pg, "SET ROLE tally_service; DELETE FROM ledger.cosignature", NULL, &err), TALLY_OK);
    pg_free(pg);
    assert_int_equal(service_audit(&service), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cosignature_is_shown_and_enough_of_them_make_the_cosigned_checkpoint),
        cmocka_unit_test(what_is_not_a_trusted_cosignature_of_this_ledger_is_refused),
        cmocka_unit_test(what_is_known_already_is_taken_and_writes_nothing),
        cmocka_unit_test(a_file_that_could_not_be_written_is_written_when_the_same_note_comes_again),
        cmocka_unit_test(another_tree_under_the_ledger_s_key_is_called_a_fork),
        cmocka_unit_test(a_receipt_rests_on_the_cosigned_checkpoint_that_covers_it),
        cmocka_unit_test(an_archive_carries_what_was_cosigned),
        cmocka_unit_test(nobody_registers_a_key_of_the_ledger_or_of_a_witness),
        cmocka_unit_test(a_policy_that_cannot_be_this_ledger_s_stops_the_start),
        cmocka_unit_test(a_host_without_a_record_starts_on_what_witnesses_have_cosigned),
        cmocka_unit_test(a_new_host_takes_a_cosigned_checkpoint_for_its_record),
        cmocka_unit_test(a_service_that_stands_by_shows_them),
        cmocka_unit_test(the_database_refuses_to_forget_them),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
