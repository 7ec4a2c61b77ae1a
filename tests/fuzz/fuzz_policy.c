/* A policy that is read decides the same however often it is asked, and more witnesses never make it less met; a request to a witness that is
 * read is written again as the same bytes. */
#include <stddef.h>
#include <stdint.h>

#include "tally/policy.h"
#include "tally/witness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_policy(struct slice bytes)
{
    struct policy policy;
    struct err err = {0};
    if (policy_read(bytes, &policy, &err) != TALLY_OK) {
        ENSURE(err.detail[0] != '\0');
        return;
    }
    bool was_met = policy_is_met(&policy, 0);
    ENSURE(was_met == !policy_has_quorum(&policy));
    for (size_t i = 0; i <= policy.witness_count; i++) {
        bool is_met = policy_is_met(&policy, (UINT64_C(1) << i) - 1);
        ENSURE(is_met || !was_met);
        was_met = is_met;
    }
    ENSURE(was_met);
    policy_release(&policy);
}

static void check_request(struct slice bytes)
{
    struct witness_request request;
    struct note note;
    struct buf again;
    if (witness_request_read(bytes, &request, NULL) != TALLY_OK)
        return;
    buf_init(&again, bytes.len + 1);
    witness_request_write(&request, &again);
    ENSURE(slice_equal(buf_slice(&again), bytes));
    buf_release(&again);
    (void) !note_read(request.note, &note, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_policy(slice_of(data, size));
    check_request(slice_of(data, size));
    return 0;
}
