/* The tree over HTTP: checkpoint, tiles, proofs and receipts agree with each other and verify with the ledger's key; what is asked
 * wrongly gets a 4xx. */
#include "http_help.h"

#include <jansson.h>
#include <signal.h>

#include "tally/receipt.h"
#include "tally/text.h"

static struct note_key ledger_key;
static struct service_actor prov;

static void get(const char *target, struct http_reply *reply)
{
    assert_int_equal(service_get(&service, target, reply), 0);
}

static int start(void **state)
{
    char vkey[256];
    if (start_service(state) != 0)
        return -1;
    assert_int_equal(service_vkey(&service, vkey, sizeof vkey), 0);
    assert_int_equal(note_key_read(slice_str(vkey), &ledger_key, NULL), TALLY_OK);
    return service_register(&service, "prov", "backbone", &prov);
}

static int stop(void **state)
{
    note_key_release(&ledger_key);
    service_actor_release(&prov);
    return stop_service(state);
}

static const char *indicator(int n)
{
    static char body[256];
    (void) snprintf(
        body, sizeof body,
        "{\"definition\":\"n\",\"id\":\"test.n-%d\",\"kind\":\"output\",\"name\":\"n\",\"unit\":\"n\",\"version\":1}", n);
    return body;
}

/* The receipt of a 201, in the arena; it verifies. */
static struct receipt receipt_of(const struct http_reply *reply, struct arena *arena, struct receipt_content *content)
{
    struct receipt receipt;
    struct slice text;
    struct err err = {0};
    json_t *json = json_loads(reply->body, JSON_REJECT_DUPLICATES, NULL);
    const char *given = json_string_value(json_object_get(json, "receipt"));
    assert_non_null(given);
    assert_int_equal(arena_copy(arena, given, strlen(given), &text, NULL), TALLY_OK);
    json_decref(json);
    assert_int_equal(receipt_read(text, arena, &receipt, &err), TALLY_OK);
    if (receipt_check(&receipt, &ledger_key, content, &err) != TALLY_OK)
        fail_msg("%s", err.detail);
    return receipt;
}

static void every_201_carries_its_receipt(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct http_reply reply;
    (void) state;
    for (int i = 0; i < 20; i++) {
        struct receipt_content content;
        char number[32], hash[80], hex[2 * DIGEST_LEN + 1], target[64];
        assert_int_equal(service_post(&service, &prov, "/v1/indicators", indicator(i), &reply), 0);
        assert_int_equal(reply.status, 201);
        struct receipt receipt = receipt_of(&reply, arena, &content);
        assert_true(http_reply_member(&reply, "seq", number, sizeof number));
        assert_true(http_reply_member(&reply, "hash", hash, sizeof hash));
        text_hex(content.hash.bytes, DIGEST_LEN, hex);
        assert_string_equal(hash, hex);
        assert_true(slice_is(content.header.actor, "prov"));
        assert_true(receipt.has_nonce);
        json_t *json = json_loads(reply.body, 0, NULL);
        /* the same bytes, put together again from the tree */
        struct http_reply again;
        (void) snprintf(target, sizeof target, "/v1/entries/%s/receipt", number);
        get(target, &again);
        assert_int_equal(again.status, 200);
        assert_string_equal(again.body, json_string_value(json_object_get(json, "receipt")));
        json_decref(json);
        http_reply_release(&again);
        http_reply_release(&reply);
    }
    arena_free(arena);
}

static void entries_of_the_service_have_receipts_too(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct http_reply reply;
    struct receipt receipt;
    struct receipt_content content;
    (void) state;
    get("/v1/entries/0/receipt", &reply);
    assert_int_equal(reply.status, 200);
    assert_int_equal(receipt_read(slice_of(reply.body, reply.body_len), arena, &receipt, NULL), TALLY_OK);
    assert_int_equal(receipt_check(&receipt, &ledger_key, &content, NULL), TALLY_OK);
    assert_true(slice_is(content.header.type, "ledger.created"));
    http_reply_release(&reply);
    arena_free(arena);
}

static void who_prefers_little_gets_no_receipt(void **state)
{
    struct http_client client;
    struct http_reply reply;
    struct buf jws;
    const struct slice body = slice_str(indicator(100));
    (void) state;
    buf_init(&jws, 4096);
    (void) head_now();
    assert_int_equal(service_sign(&service, &prov, "/v1/indicators", body, NULL, &jws), 0);
    assert_int_equal(http_client_open(&client, service.port), 0);
    assert_int_equal(
        service_exchange(&client, "/v1/indicators", buf_slice(&jws), "Prefer: return=minimal\r\n", body, &reply), 0);
    assert_null(strstr(reply.body, "\"receipt\""));
    assert_reply(&reply, 201, NULL);
    http_client_close(&client);
    buf_release(&jws);
}

/* The bytes of the first answer, also from a process that did not give it. */
static void a_replay_gets_the_first_receipt_again(void **state)
{
    struct http_client client;
    struct http_reply reply;
    struct buf jws, first;
    const struct slice body = slice_str(indicator(200));
    char header[16];
    (void) state;
    buf_init(&jws, 4096);
    buf_init(&first, 65536);
    (void) head_now();
    assert_int_equal(service_sign(&service, &prov, "/v1/indicators", body, NULL, &jws), 0);
    for (int i = 0; i < 4; i++) {
        if (i == 2) {
            assert_int_equal(service_signal(&service, SIGTERM), 0);
            assert_int_equal(service_wait(&service), 0);
            assert_int_equal(service_restart(&service), 0);
        }
        assert_int_equal(http_client_open(&client, service.port), 0);
        assert_int_equal(service_exchange(&client, "/v1/indicators", buf_slice(&jws), NULL, body, &reply), 0);
        assert_int_equal(reply.status, 201);
        assert_int_equal(http_reply_header(&reply, "Idempotency-Replayed", header, sizeof header), i > 0);
        if (i == 0)
            buf_add_str(&first, reply.body);
        assert_string_equal(reply.body, first.ptr);
        assert_non_null(strstr(reply.body, "\"receipt\":\"c2sp.org/tlog-proof@v1\\n"));
        http_reply_release(&reply);
        http_client_close(&client);
        struct service_actor other; /* the tree goes on meanwhile */
        char id[32];
        (void) snprintf(id, sizeof id, "other-%d", i);
        assert_int_equal(service_register(&service, id, "", &other), 0);
        service_actor_release(&other);
    }
    buf_release(&jws);
    buf_release(&first);
}

/* ---- checkpoint, tiles, proofs ---- */

/* Waits until everything is published; the newest checkpoint, in the arena. */
static struct checkpoint published(struct arena *arena)
{
    struct checkpoint checkpoint = {0};
    struct head head = head_now();
    while (checkpoint.size < head.seq + 1) {
        struct http_reply reply;
        struct slice note;
        arena_clear(arena);
        get("/checkpoint", &reply);
        assert_int_equal(reply.status, 200);
        assert_int_equal(arena_copy(arena, reply.body, reply.body_len, &note, NULL), TALLY_OK);
        http_reply_release(&reply);
        assert_int_equal(checkpoint_open(note, &ledger_key, &checkpoint, NULL, NULL), TALLY_OK);
    }
    assert_int_equal(checkpoint.size, head.seq + 1);
    return checkpoint;
}

static void the_checkpoint_is_the_ledger_s_and_says_how_long_it_holds(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct http_reply reply;
    char header[64];
    (void) state;
    (void) published(arena);
    get("/checkpoint", &reply);
    assert_true(http_reply_header(&reply, "Content-Type", header, sizeof header));
    assert_string_equal(header, "text/plain; charset=utf-8");
    assert_true(http_reply_header(&reply, "Cache-Control", header, sizeof header));
    assert_string_equal(header, "public, max-age=1");
    struct http_reply below;
    get("/outcomes/checkpoint", &below); /* the prefix that the origin names */
    assert_string_equal(below.body, reply.body);
    http_reply_release(&below);
    http_reply_release(&reply);
    arena_free(arena);
}

static void tiles_and_bundles_give_the_root(void **state)
{
    struct arena *arena = arena_new(1u << 20);
    struct checkpoint checkpoint = published(arena);
    struct merkle_frontier from_tile = {0}, from_bundle = {0};
    struct http_reply tile, bundle;
    struct digest root;
    char target[64], header[64];
    (void) state;
    assert_true(checkpoint.size > 20 && checkpoint.size < 256);
    (void) snprintf(target, sizeof target, "/tile/0/000.p/%u", (unsigned) checkpoint.size);
    get(target, &tile);
    assert_int_equal(tile.status, 200);
    assert_true(http_reply_header(&tile, "Content-Type", header, sizeof header));
    assert_string_equal(header, "application/octet-stream");
    assert_int_equal(tile.body_len, checkpoint.size * DIGEST_LEN);
    (void) snprintf(target, sizeof target, "/outcomes/tile/entries/000.p/%u", (unsigned) checkpoint.size);
    get(target, &bundle);
    assert_int_equal(bundle.status, 200);
    const unsigned char *at = (const unsigned char *) bundle.body;
    for (uint64_t i = 0; i < checkpoint.size; i++) {
        struct digest leaf;
        memcpy(leaf.bytes, tile.body + i * DIGEST_LEN, DIGEST_LEN);
        merkle_frontier_add(&from_tile, &leaf);
        size_t len = (size_t) at[0] << 8 | at[1];
        merkle_leaf(slice_of(at + 2, len), &leaf);
        merkle_frontier_add(&from_bundle, &leaf);
        at += 2 + len;
    }
    assert_ptr_equal(at, bundle.body + bundle.body_len);
    merkle_frontier_root(&from_tile, &root);
    assert_true(digest_equal(&root, &checkpoint.root));
    merkle_frontier_root(&from_bundle, &root);
    assert_true(digest_equal(&root, &checkpoint.root));
    http_reply_release(&tile);
    http_reply_release(&bundle);
    arena_free(arena);
}

static size_t proof_of(const struct http_reply *reply, struct digest *held, struct slice *proof)
{
    json_t *json = json_loads(reply->body, JSON_REJECT_DUPLICATES, NULL);
    const json_t *list = json_object_get(json, "proof");
    size_t count = json_array_size(list), len = 0;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(
            text_unbase64(slice_str(json_string_value(json_array_get(list, i))), held[i].bytes, DIGEST_LEN, &len),
            TALLY_OK);
        proof[i] = slice_of(held[i].bytes, DIGEST_LEN);
    }
    json_decref(json);
    return count;
}

static void proofs_lead_to_the_checkpoint(void **state)
{
    struct arena *arena = arena_new(1u << 22);
    struct checkpoint checkpoint = published(arena);
    const struct slice root = slice_of(checkpoint.root.bytes, DIGEST_LEN);
    struct digest held[MERKLE_PROOF_MAX], leaf;
    struct slice proof[MERKLE_PROOF_MAX];
    struct merkle_frontier tree = {0};
    struct http_reply reply, tile;
    char target[96];
    (void) state;
    (void) snprintf(target, sizeof target, "/tile/0/000.p/%u", (unsigned) checkpoint.size);
    get(target, &tile);
    for (uint64_t i = 0; i < checkpoint.size; i++) {
        struct digest old;
        memcpy(leaf.bytes, tile.body + i * DIGEST_LEN, DIGEST_LEN);
        merkle_frontier_add(&tree, &leaf);
        merkle_frontier_root(&tree, &old);
        (void) snprintf(target, sizeof target,
                        i % 2 == 0 ? "/v1/proofs/inclusion?seq=%u&size=%u" : "/v1/proofs/inclusion?seq=%u", (unsigned) i,
                        (unsigned) checkpoint.size);
        get(target, &reply);
        assert_int_equal(reply.status, 200);
        size_t count = proof_of(&reply, held, proof);
        assert_true(merkle_verify_inclusion(i, checkpoint.size, slice_of(leaf.bytes, DIGEST_LEN), proof, count, root));
        http_reply_release(&reply);
        (void) snprintf(target, sizeof target, "/v1/proofs/consistency?from=%u&to=%u", (unsigned) i + 1,
                        (unsigned) checkpoint.size);
        get(target, &reply);
        assert_int_equal(reply.status, 200);
        count = proof_of(&reply, held, proof);
        assert_true(merkle_verify_consistency(i + 1, checkpoint.size, slice_of(old.bytes, DIGEST_LEN), root, proof, count));
        http_reply_release(&reply);
    }
    http_reply_release(&tile);
    arena_free(arena);
}

static void what_is_asked_wrongly_is_refused(void **state)
{
    static const struct {
        const char *target;
        int status;
        const char *code;
    } asked[] = {
        {"/v1/proofs/inclusion", 400, "request.malformed"},
        {"/v1/proofs/inclusion?seq=-1", 400, "request.malformed"},
        {"/v1/proofs/inclusion?seq=0&size=-1", 400, "request.malformed"},
        {"/v1/proofs/inclusion?seq=0&size=x", 400, "request.malformed"},
        {"/v1/proofs/inclusion?seq=0&size=0", 404, "tree.size"},
        {"/v1/proofs/inclusion?seq=5&size=5", 404, "tree.size"},
        {"/v1/proofs/inclusion?seq=0&size=9007199254740991", 404, "tree.size"},
        {"/v1/proofs/inclusion?seq=0&size=18446744073709551616", 400, "request.malformed"},
        {"/v1/proofs/inclusion?seq=99999", 404, "tree.size"},
        {"/v1/proofs/inclusion?seq=0&seq=1", 400, "request.malformed"},
        {"/v1/proofs/inclusion?seq=0&other=1", 400, "request.malformed"},
        {"/v1/proofs/consistency", 400, "request.malformed"},
        {"/v1/proofs/consistency?to=3", 400, "request.malformed"},
        {"/v1/proofs/consistency?from=0&to=3", 400, "request.malformed"},
        {"/v1/proofs/consistency?from=4&to=3", 400, "request.malformed"},
        {"/v1/proofs/consistency?from=-4&to=3", 400, "request.malformed"},
        {"/v1/proofs/consistency?from=1&to=9007199254740991", 404, "tree.size"},
        {"/v1/entries/99999/receipt", 404, "entry.not_found"},
        {"/v1/entries/-1/receipt", 404, "entry.not_found"},
        {"/v1/entries/x/receipt", 404, "entry.not_found"},
        {"/tile/0/000", 404, "tree.size"},
        {"/tile/1/000.p/1", 404, "tree.size"},
        {"/tile/63/000.p/1", 404, "tree.size"},
        {"/tile/0/x999/x999/x999/x999/x999/999", 404, "tree.size"},
        {"/tile/entries/000", 404, "tree.size"},
        {"/tile/0/000.p/0", 404, "request.not_found"},
        {"/tile/0/000.p/256", 404, "request.not_found"},
        {"/tile/64/000", 404, "request.not_found"},
        {"/tile/0/0", 404, "request.not_found"},
        {"/tile/-1/000", 404, "request.not_found"},
        {"/tile/0/../000", 404, "request.not_found"},
        {"/tile/0/x000/000", 404, "request.not_found"},
        {"/tile/entries/%30%30%30", 404, "request.not_found"},
        {"/tile/", 404, "request.not_found"},
        {"/tile", 404, "request.not_found"},
        {"/checkpoint/", 404, "request.not_found"},
        {"/checkpoint?x=1", 200, NULL},
    };
    struct http_reply reply;
    (void) state;
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        get(asked[i].target, &reply);
        if (reply.status != asked[i].status)
            print_message("%s: %s\n", asked[i].target, reply.body);
        assert_reply(&reply, asked[i].status, asked[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_201_carries_its_receipt),
        cmocka_unit_test(entries_of_the_service_have_receipts_too),
        cmocka_unit_test(who_prefers_little_gets_no_receipt),
        cmocka_unit_test(a_replay_gets_the_first_receipt_again),
        cmocka_unit_test(the_checkpoint_is_the_ledger_s_and_says_how_long_it_holds),
        cmocka_unit_test(tiles_and_bundles_give_the_root),
        cmocka_unit_test(proofs_lead_to_the_checkpoint),
        cmocka_unit_test(what_is_asked_wrongly_is_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
