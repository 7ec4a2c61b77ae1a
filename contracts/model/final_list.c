/* What became final, as it is recorded: result.finalised, one entry or as many as its list takes. */
#include "decide.h"
#include "tally/canon.h"

struct list {
    struct buf body;
    struct canon json;
    uint32_t from; /* the first of work's finals in it */
};

static void begin(struct deciding *d, const struct work *work, struct list *list, uint32_t from)
{
    list->from = from;
    buf_clear(&list->body);
    canon_init(&list->json, &list->body);
    canon_object(&list->json);
    canon_name(&list->json, "cause");
    canon_i64(&list->json, (int64_t) d->place->seq);
    canon_name(&list->json, "contract");
    canon_string(&list->json, work->row.id);
    canon_name(&list->json, "results");
    canon_array(&list->json);
}

static struct slice metric_name(const struct work *work, const struct new_final *now)
{
    return terms_metric(work->contract->texts[now->fit.text]->terms, now->fit.metric)->name;
}

static void add(struct list *list, const struct work *work, const struct new_final *now)
{
    struct canon *json = &list->json;
    canon_object(json);
    if (now->end.is_none && !now->fit.result->row.is_withdrawal) {
        canon_name(json, "annulled");
        canon_bool(json, true);
    }
    canon_name(json, "item");
    canon_i64(json, now->end.item);
    canon_name(json, "key");
    canon_string(json, now->fit.key);
    canon_name(json, "metric");
    canon_string(json, metric_name(work, now));
    if (now->end.replaced.len > 0) {
        canon_name(json, "replaced");
        canon_string(json, now->end.replaced);
    }
    canon_name(json, "seq");
    canon_i64(json, (int64_t) now->end.result_seq);
    if (now->succeeds) {
        canon_name(json, "succeeds");
        canon_object(json);
        canon_name(json, "item");
        canon_i64(json, now->of_item);
        canon_name(json, "seq");
        canon_i64(json, (int64_t) now->of_seq);
        canon_close(json);
    }
    if (now->fit.text > 0) { /* of the terms that amended the first */
        canon_name(json, "version");
        canon_i64(json, (int64_t) now->fit.text + 1);
    }
    if (now->fit.result->row.is_withdrawal) {
        canon_name(json, "withdrawn");
        canon_bool(json, true);
    }
    canon_close(json);
}

static enum tally_code change(struct deciding *d, const struct work *work, const struct new_final *now)
{
    enum tally_code rc = TALLY_OK;
    struct row_final row = {.contract = work->row.id,
                            .version = now->fit.text + 1,
                            .key = now->fit.key,
                            .result_seq = now->end.result_seq,
                            .item = now->end.item,
                            .seq = now->end.seq,
                            .first_seq = now->end.first_seq,
                            .began_seq = now->end.began_seq,
                            .time = now->end.time,
                            .is_none = now->end.is_none};
    TRY(keep(d, metric_name(work, now), &row.metric));
    TRY(keep(d, now->end.replaced, &row.replaced)); /* of the chain by the text before, which lets go of it when it ends */
    TRY(change_final(d, &row));
    if (!now->succeeds)
        return TALLY_OK;
    row.first_seq = now->of_first; /* the other chain ends */
    row.is_none = true;
    row.replaced = SLICE("");
    TRY(change_final(d, &row));
done:
    return rc;
}

/* Finals `from` to before `to` are in the list. */
static enum tally_code end(struct deciding *d, const struct work *work, struct list *list, uint32_t to)
{
    enum tally_code rc = TALLY_OK;
    uint64_t seq = 0;
    bool open = work->row.open; /* it names results, so that it is no more open than they are */
    canon_close(&list->json);
    canon_close(&list->json);
    for (uint32_t i = list->from; i < to; i++)
        open = open && result_is_public(&work->finals[i]->fit.result->row);
    TRY(event_add(d, "result.finalised", open, work->row.id, &list->body, &seq));
    for (uint32_t i = list->from; i < to; i++) {
        struct new_final *now = work->finals[i];
        now->end.seq = seq;
        if (now->end.began_seq == ROW_NO_SEQ)
            now->end.began_seq = seq;
        TRY(change(d, work, now));
    }
done:
    return rc;
}

enum tally_code final_list_record(struct deciding *d, const struct work *work)
{
    enum tally_code rc = TALLY_OK;
    struct list list;
    buf_init(&list.body, EVENT_BODY_MAX);
    begin(d, work, &list, 0);
    for (uint32_t i = 0; i < work->final_count; i++) {
        if (list.body.len > EVENT_LIST_MAX) {
            TRY(end(d, work, &list, i));
            begin(d, work, &list, i);
        }
        add(&list, work, work->finals[i]);
    }
    TRY(end(d, work, &list, work->final_count));
done:
    buf_release(&list.body);
    return rc;
}
