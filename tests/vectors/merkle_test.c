/* The proof vectors of formats.md (data/merkle): which proofs are accepted and which, the most of them, are refused. They are not
 * part of this repository: without them the tests are skipped. The reference roots of formats.md are here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tally/merkle.h"
#include "tally/text.h"

#define PROOF_MAX 128
#define HASH_MAX 256

static int accepted, refused;

struct bytes {
    char held[HASH_MAX];
    size_t len;
};

static struct slice bytes_of(const json_t *text, struct bytes *out)
{
    const char *encoded = json_string_value(text);
    out->len = 0;
    if (encoded != NULL)
        assert_int_equal(text_unbase64(slice_str(encoded), out->held, sizeof out->held, &out->len), TALLY_OK);
    return slice_of(out->held, out->len);
}

static size_t proof_of(const json_t *file, struct bytes *held, struct slice *proof)
{
    const json_t *list = json_object_get(file, "proof");
    size_t count = json_array_size(list);
    assert_true(count <= PROOF_MAX);
    for (size_t i = 0; i < count; i++)
        proof[i] = bytes_of(json_array_get(list, i), &held[i]);
    return count;
}

/* From the text: some numbers are greater than JSON readers take. */
static uint64_t number(const char *text, const char *name)
{
    char quoted[32];
    (void) snprintf(quoted, sizeof quoted, "\"%s\": ", name);
    const char *at = strstr(text, quoted);
    assert_non_null(at);
    return strtoull(at + strlen(quoted), NULL, 10);
}

static bool verdict(const json_t *file, const char *text)
{
    struct bytes held[PROOF_MAX], a, b;
    struct slice proof[PROOF_MAX];
    size_t count = proof_of(file, held, proof);
    if (json_object_get(file, "leafIdx") != NULL)
        return merkle_verify_inclusion(number(text, "leafIdx"), number(text, "treeSize"),
                                       bytes_of(json_object_get(file, "leafHash"), &a), proof, count,
                                       bytes_of(json_object_get(file, "root"), &b));
    return merkle_verify_consistency(number(text, "size1"), number(text, "size2"),
                                     bytes_of(json_object_get(file, "root1"), &a),
                                     bytes_of(json_object_get(file, "root2"), &b), proof, count);
}

static int one_file(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    static char text[65536];
    json_error_t error;
    size_t len = strlen(path);
    (void) status;
    (void) place;
    if (kind != FTW_F || len < 5 || strcmp(path + len - 5, ".json") != 0)
        return 0;
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    assert_int_equal(fclose(stream), 0);
    json_t *file = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
    if (file == NULL)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    bool is_refused = json_is_true(json_object_get(file, "wantErr"));
    if (verdict(file, text) == is_refused)
        fail_msg("%s: %s, and that is wrong", path, is_refused ? "accepted" : "refused");
    accepted += is_refused ? 0 : 1;
    refused += is_refused ? 1 : 0;
    json_decref(file);
    return 0;
}

static void every_vector_is_accepted_or_refused_as_it_says(void **state)
{
    char path[1024];
    const char *shared = getenv("TALLY_SHARED");
    (void) state;
    (void) snprintf(path, sizeof path, "%s/data/merkle", shared == NULL ? "../shared" : shared);
    if (nftw(path, one_file, 16, FTW_PHYS) != 0) {
        print_message("skipped: %s is not there (set TALLY_SHARED)\n", path);
        return;
    }
    assert_int_equal(accepted + refused, 196);
    assert_true(accepted > 10 && refused > accepted);
}

static void the_reference_leaves_have_their_roots(void **state)
{
    static const char *const leaves[] = {
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
    static const struct {
        uint64_t size;
        const char *root;
    } roots[] = {{0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                 {3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
                 {7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
                 {8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"}};
    struct merkle_frontier frontier = {0};
    (void) state;
    for (uint64_t size = 0; size <= 8; size++) {
        for (size_t i = 0; i < 4; i++) {
            struct digest root;
            char hex[2 * DIGEST_LEN + 1];
            if (roots[i].size != size)
                continue;
            merkle_frontier_root(&frontier, &root);
            text_hex(root.bytes, DIGEST_LEN, hex);
            assert_string_equal(hex, roots[i].root);
        }
        if (size == 8)
            break;
        uint8_t data[16];
        struct digest leaf;
        assert_int_equal(text_unhex(slice_str(leaves[size]), data, strlen(leaves[size]) / 2), TALLY_OK);
        merkle_leaf(slice_of(data, strlen(leaves[size]) / 2), &leaf);
        merkle_frontier_add(&frontier, &leaf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_is_accepted_or_refused_as_it_says),
        cmocka_unit_test(the_reference_leaves_have_their_roots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
