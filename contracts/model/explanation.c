/* How a payment came to its amount: the explanations of its instances as one document, which is kept and whose hash its entry names. */
#include "decide.h"

void explanation_begin(struct explanation *e, struct slice contract, size_t max)
{
    *e = (struct explanation){.max = max};
    buf_init(&e->body, EVENT_BODY_MAX);
    canon_init(&e->json, &e->body);
    canon_object(&e->json);
    canon_name(&e->json, "contract");
    canon_string(&e->json, contract);
    canon_name(&e->json, "instances");
    canon_array(&e->json);
}

enum tally_code explanation_add(struct explanation *e, struct engine_kept *kept, const struct engine_instance *told,
                                struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf one;
    buf_init(&one, EXPLANATION_BYTES_MAX);
    if (!e->is_full)
        TRY(engine_explain_kept(kept, told, &one, err));
    e->is_full = e->is_full || one.len + 1 > e->max; /* and a comma */
    if (e->is_full) {
        e->left_out++;
        goto done;
    }
    e->max -= one.len + 1;
    canon_raw(&e->json, buf_slice(&one));
done:
    buf_release(&one);
    return rc;
}

enum tally_code explanation_end(struct explanation *e, bool is_recorded, struct slice rule, int32_t triggered,
                                struct err *err)
{
    char day[DAY_TEXT_LEN + 1];
    day_format(triggered, day);
    canon_close(&e->json);
    canon_name(&e->json, "left_out");
    canon_i64(&e->json, e->left_out);
    if (!is_recorded) {
        canon_name(&e->json, "recorded");
        canon_bool(&e->json, false);
    }
    canon_name(&e->json, "rule");
    canon_string(&e->json, rule);
    canon_name(&e->json, "triggered");
    canon_str(&e->json, day);
    canon_close(&e->json);
    return buf_check(&e->body, err);
}

void explanation_release(struct explanation *e)
{
    buf_release(&e->body);
}
