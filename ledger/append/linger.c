#include "append_internal.h"

enum tally_code linger_measure(struct sequencer *s, struct err *err)
{
    int64_t least_us = INT64_MAX;
    for (int i = 0; i < FLUSH_PROBES; i++) {
        int64_t begun_us = instant_monotonic_us();
        enum tally_code rc = lead_barrier(s, err);
        if (rc != TALLY_OK)
            return rc;
        int64_t us = instant_monotonic_us() - begun_us;
        least_us = us < least_us ? us : least_us;
    }
    s->flush_us = least_us;
    return TALLY_OK;
}

/* Those who have just been answered send their next statement in a moment. Without waiting for them, they and those who
 * wait now would take turns from then on, each half in a batch of its own. */
void linger(struct sequencer *s)
{
    size_t wanted = s->answered + queue_count(&s->queue);
    s->answered = 0;
    if (s->flush_us < LINGER_FLUSH_MIN_US || wanted < 2)
        return;
    queue_wait(&s->queue, wanted < APPEND_BATCH_MAX ? wanted : APPEND_BATCH_MAX, s->flush_us / LINGER_SHARE);
}
