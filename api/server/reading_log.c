/* Readings of the log itself: who it is and where it stands, entries. */
#include "handlers.h"
#include "tally/canon.h"
#include "tally/read.h"
#include "tally/text.h"

static void write_head(struct canon *w, const struct read_head *head)
{
    char time[INSTANT_TEXT_LEN + 1];
    instant_format(head->time, time);
    canon_object(w);
    canon_name(w, "hash");
    canon_hex(w, head->hash.bytes, DIGEST_LEN);
    canon_name(w, "seq");
    canon_i64(w, (int64_t) head->seq);
    canon_name(w, "time");
    canon_str(w, time);
    canon_close(w);
}

enum tally_code reading_ledger(struct reading *r, struct err *err)
{
    struct read_head head;
    struct canon w;
    enum tally_code rc = read_head(r->pg, &head, err);
    if (rc != TALLY_OK && rc != TALLY_E_NOT_FOUND)
        return rc;
    canon_init(&w, r->out);
    canon_object(&w);
    canon_name(&w, "head");
    if (rc == TALLY_OK)
        write_head(&w, &head);
    else
        canon_null(&w); /* entry 0 is not written yet */
    canon_name(&w, "origin");
    canon_string(&w, r->tallyd->identity.origin);
    canon_name(&w, "vkey");
    canon_string(&w, r->tallyd->identity.vkey);
    canon_close(&w);
    return TALLY_OK;
}

enum tally_code reading_entries(struct reading *r, struct err *err)
{
    struct read_filter filter = {.type = query_text(&r->query, "type"), .actor = query_text(&r->query, "actor")};
    uint64_t limit = READ_LIST_DEFAULT;
    struct arena *arena = r->request->arena;
    filter.has_after = query_u64(&r->query, "after", 0, ENTRY_SEQ_MAX, &filter.after, arena, &r->refusal) ||
                       query_u64(&r->query, "cursor", 0, ENTRY_SEQ_MAX, &filter.after, arena, &r->refusal);
    filter.has_from = query_instant(&r->query, "from", &filter.from, arena, &r->refusal);
    filter.has_to = query_instant(&r->query, "to", &filter.to, arena, &r->refusal);
    query_u64(&r->query, "limit", 1, READ_LIST_MAX, &limit, arena, &r->refusal);
    filter.limit = (uint32_t) limit;
    if (r->refusal != NULL)
        return TALLY_OK;
    return read_list(r->pg, r->tallyd->identity.origin, &filter, r->reader, arena, r->out, err);
}

enum tally_code reading_one_entry(struct reading *r, struct err *err)
{
    uint64_t seq;
    struct read_entry entry;
    struct arena *arena = r->request->arena;
    struct slice number = r->request->params[0];
    enum tally_code rc = text_u64(number, ENTRY_SEQ_MAX, &seq);
    if (rc == TALLY_OK)
        rc = read_entry(r->pg, r->tallyd->identity.origin, seq, r->reader, arena, &entry, err);
    else
        rc = TALLY_E_NOT_FOUND; /* what is no number names no entry */
    if (rc == TALLY_E_NOT_FOUND) {
        r->refusal = refusal_new(arena, REFUSE_ENTRY_NOT_FOUND, "there is no entry %.*s", SLICE_ARG(number));
        return r->refusal != NULL ? TALLY_OK : err_set(err, TALLY_E_NO_MEMORY, "no memory for a refusal");
    }
    return rc != TALLY_OK ? rc : read_entry_json(&entry, r->out, err);
}
