#include "tally/archive.h"
#include "tally/canon.h"

void archive_write_head(const struct archive_head *head, struct buf *out)
{
    struct canon json;
    ENSURE(head->size <= ENTRY_SEQ_MAX && head->from <= head->size);
    ENSURE((head->from == 0) == (head->range.len == 0));
    canon_init(&json, out);
    canon_object(&json);
    canon_name(&json, "from");
    canon_i64(&json, (int64_t) head->from);
    canon_name(&json, "origin");
    canon_string(&json, head->origin);
    if (head->from > 0) {
        canon_name(&json, "range");
        canon_raw(&json, head->range);
    }
    canon_name(&json, "size");
    canon_i64(&json, (int64_t) head->size);
    canon_name(&json, "tally_archive");
    canon_i64(&json, 1);
    canon_name(&json, "vkey");
    canon_string(&json, head->vkey);
    canon_close(&json);
    buf_add_char(out, '\n');
}

void archive_write_entry(const struct archive_entry *entry, struct buf *out)
{
    struct canon json;
    canon_init(&json, out);
    canon_object(&json);
    if (entry->state == ARCHIVE_BODY_PRESENT) {
        canon_name(&json, "body");
        canon_string(&json, entry->body);
    } else if (entry->state == ARCHIVE_BODY_ERASED) {
        canon_name(&json, "erased");
        canon_bool(&json, true);
    }
    canon_name(&json, "header");
    canon_string(&json, entry->header);
    if (entry->state == ARCHIVE_BODY_PRESENT) {
        canon_name(&json, "jws");
        canon_string(&json, entry->jws);
        canon_name(&json, "nonce");
        canon_base64(&json, entry->nonce, ENTRY_NONCE_LEN);
    } else if (entry->state == ARCHIVE_BODY_WITHHELD) {
        canon_name(&json, "withheld");
        canon_bool(&json, true);
    }
    canon_close(&json);
    buf_add_char(out, '\n');
}

void archive_write_checkpoint(struct slice note, struct buf *out)
{
    struct canon json;
    canon_init(&json, out);
    canon_object(&json);
    canon_name(&json, "checkpoint");
    canon_string(&json, note);
    canon_close(&json);
    buf_add_char(out, '\n');
}
