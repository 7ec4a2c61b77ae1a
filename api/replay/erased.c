/* Bodies that were erased, and what is left of them: residue.kept stands behind what it is about, so that whoever has the whole archive at
 * hand looks for them first (replay_residue). */
#include <stdlib.h>

#include "replay_internal.h"
#include "tally/mem.h"

void erasures_release(struct erasures *e)
{
    for (size_t i = 0; i < e->residue_count; i++)
        mem_free(e->residues[i].text);
    mem_free(e->residues);
    mem_free(e->passed);
    *e = (struct erasures){0};
}

static enum tally_code room(void **items, size_t item_size, size_t count, size_t *cap, struct err *err)
{
    if (count < *cap)
        return TALLY_OK;
    size_t larger = *cap == 0 ? 64 : *cap * 2;
    void *grown = mem_resize(*items, larger * item_size);
    if (grown == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for %zu erased bodies", larger);
    *items = grown;
    *cap = larger;
    return TALLY_OK;
}

static int by_entry(const void *a, const void *b)
{
    const struct kept_residue *left = a, *right = b;
    return (left->entry > right->entry) - (left->entry < right->entry);
}

/* The number in front of it is all that is read here: the rest when it is needed, and then it has been looked at by the levels before. */
enum tally_code replay_residue(struct replay *r, struct slice body, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct erasures *e = &r->erasures;
    struct slice number = {NULL, 0};
    uint64_t entry = 0;
    if (!body_member(body, "entry", &number) || text_u64(number, ENTRY_SEQ_MAX, &entry) != TALLY_OK)
        return TALLY_OK;
    TRY(room((void **) &e->residues, sizeof(*e->residues), e->residue_count, &e->residue_cap, err));
    char *text = mem_zero(body.len + 1);
    if (text == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for what is left of erased bodies");
    memcpy(text, body.ptr, body.len);
    e->residues[e->residue_count++] = (struct kept_residue){.entry = entry, .text = text, .len = body.len};
    e->is_sorted = false;
done:
    return rc;
}

enum tally_code erasures_find(struct replay *r, uint64_t seq, enum entry_type type, struct residue *out, bool *has)
{
    struct erasures *e = &r->erasures;
    const struct kept_residue key = {.entry = seq};
    *has = false;
    if (!e->is_sorted && e->residue_count > 0)
        qsort(e->residues, e->residue_count, sizeof(*e->residues), by_entry);
    e->is_sorted = true;
    const struct kept_residue *found =
        e->residue_count == 0 ? NULL : bsearch(&key, e->residues, e->residue_count, sizeof(*e->residues), by_entry);
    if (found == NULL)
        return TALLY_OK;
    enum tally_code rc = residue_read(slice_of(found->text, found->len), r->arena, out, r->err);
    if (rc == TALLY_E_MALFORMED)
        return TALLY_OK; /* it is none: told where it stands, and the body is not there */
    *has = rc == TALLY_OK && out->type == type;
    return rc;
}

enum tally_code erasures_pass(struct replay *r, const struct verify_entry *entry)
{
    enum tally_code rc = TALLY_OK;
    struct erasures *e = &r->erasures;
    if (entry->entry->state != ARCHIVE_BODY_ERASED)
        return TALLY_OK;
    TRY(room((void **) &e->passed, sizeof(*e->passed), e->passed_count, &e->passed_cap, r->err));
    struct erased_entry *passed = &e->passed[e->passed_count++];
    *passed = (struct erased_entry){.seq = entry->seq, .type = entry->type, .open = entry->header->open};
    passed->author_len = entry->header->actor.len < sizeof(passed->author) ? entry->header->actor.len : 0;
    memcpy(passed->author, entry->header->actor.ptr, passed->author_len);
done:
    return rc;
}

const struct erased_entry *erasures_passed(const struct erasures *e, uint64_t seq)
{
    size_t low = 0, high = e->passed_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (e->passed[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < e->passed_count && e->passed[low].seq == seq ? &e->passed[low] : NULL;
}
