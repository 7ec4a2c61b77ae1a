/* Any bytes as the body of any type of statement: decoded or refused, and a refusal is always well-formed. The first byte picks the
 * type. Built by hand:
 *   clang -g -O1 -std=c17 -D_GNU_SOURCE -Iinclude -fsanitize=fuzzer,address,undefined tests/fuzz/fuzz_command.c \
 *         api/command/[a-z]*.c contracts/model/[a-z]*.c contracts/engine/[a-z]*.c contracts/terms/[a-z]*.c ledger/format/[a-z]*.c \
 *         base/[a-z]*.c -ljansson -lcrypto -lgmp -o fuzz_command
 */
#include <stddef.h>
#include <stdint.h>

#include "tally/command.h"
#include "tally/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    enum entry_type type;
    const char *target;
} posts[] = {
    {ENTRY_ACTOR_REGISTERED, "/v1/actors"},
    {ENTRY_KEY_ADDED, "/v1/actors/vera/keys"},
    {ENTRY_KEY_REVOKED, "/v1/actors/vera/keys/ZHjekIFhSitCSeu0okGf_Yo8vQ4h0DFEo7Bofxjm4ag/revocation"},
    {ENTRY_INDICATOR_DEFINED, "/v1/indicators"},
    {ENTRY_CONTRACT_PROPOSED, "/v1/contracts"},
    {ENTRY_CONTRACT_AMENDMENT_PROPOSED, "/v1/contracts/rikers/amendments"},
    {ENTRY_CONTRACT_SIGNED, "/v1/contracts/rikers/signatures"},
    {ENTRY_RESULT_SUBMITTED, "/v1/results"},
    {ENTRY_RESULT_VERIFIED, "/v1/results/12/verifications"},
    {ENTRY_RESULT_RESTATED, "/v1/results/12/restatements"},
    {ENTRY_RESULT_WITHDRAWN, "/v1/results/12/withdrawal"},
    {ENTRY_RESULT_DISPUTED, "/v1/results/12/disputes"},
    {ENTRY_DISPUTE_RESOLVED, "/v1/disputes/12/resolution"},
    {ENTRY_SETTLEMENT_RECORDED, "/v1/payments/12/settlements"},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || !text_is_utf8(slice_of(data + 1, size - 1), NULL)) /* the edge has checked it */
        return 0;
    struct arena *arena = arena_new(64u << 20);
    struct command command = {.kind = COMMAND_REGISTER_ACTOR};
    struct refusal *refusal = NULL;
    struct err err = {.code = TALLY_OK};
    const size_t place = data[0] % (sizeof(posts) / sizeof(posts[0]));
    const struct command_request request = {
        .type = posts[place].type,
        .target = slice_str(posts[place].target),
        .content_type = SLICE("application/json"),
        .body = slice_of(data + 1, size - 1),
        .origin = SLICE("ledger.example/1"),
        .actor = SLICE("vera"),
        .kid = SLICE("ZHjekIFhSitCSeu0okGf_Yo8vQ4h0DFEo7Bofxjm4ag"),
    };
    ENSURE(arena != NULL);
    ENSURE(command_decode(&request, arena, &command, &refusal, &err) == TALLY_OK);
    for (const struct refusal_at *at = refusal == NULL ? NULL : refusal->errors; at != NULL; at = at->next) {
        ENSURE(at->pointer.len == 0 || at->pointer.ptr[0] == '/');
        ENSURE(text_is_utf8(at->pointer, NULL) && text_is_utf8(at->detail, NULL));
    }
    ENSURE(refusal == NULL || (refusal->detail.len > 0 && text_is_utf8(refusal->detail, NULL)));
    command_release(&command);
    arena_free(arena);
    return 0;
}
