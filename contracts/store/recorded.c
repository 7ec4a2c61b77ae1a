#include "recorded.h"

#include <string.h>

#include "tally/mem.h"

#define STRINGS_MAX 9  /* of one row: a payment has the most */
#define IDENTITY_MAX 3 /* strings of an identity: an instance's */
#define SLOTS_FIRST 64 /* of an index that is first used */
#define NO_NUMBER SIZE_MAX

/* What a kind of row is made of: offsets of its strings, and of what tells one row from another. */
struct row_form {
    size_t size, stride;
    size_t string_count, strings[STRINGS_MAX];
    size_t identity_count, identity[IDENTITY_MAX]; /* strings */
    size_t number;                                 /* a uint64_t that is part of the identity, or NO_NUMBER */
    bool is_replaced, has_changing_strings;
};

#define AT(type, member) offsetof(struct row_##type, member)
#define SIZE(type) .size = sizeof(struct row_##type), .stride = sizeof(struct row_##type), .number = NO_NUMBER

static const struct row_form forms[ROW_KIND_COUNT] = {
    [ROW_actor] = {SIZE(actor), .string_count = 4,
                   .strings = {AT(actor, id), AT(actor, kind), AT(actor, name), AT(actor, registered_by)}},
    [ROW_key] = {SIZE(key), .string_count = 3, .strings = {AT(key, kid), AT(key, actor), AT(key, x)}, .is_replaced = true,
                 .identity_count = 1, .identity = {AT(key, kid)}},
    [ROW_indicator] = {SIZE(indicator), .string_count = 6,
                       .strings = {AT(indicator, slug), AT(indicator, name), AT(indicator, definition), AT(indicator, unit),
                                   AT(indicator, kind), AT(indicator, defined_by)}},
    [ROW_contract] = {.size = sizeof(struct row_contract),
                      .stride = sizeof(struct recorded_contract),
                      .number = NO_NUMBER,
                      .string_count = 6,
                      .strings = {AT(contract, id), AT(contract, slug), AT(contract, title), AT(contract, text),
                                  AT(contract, proposed_by), AT(contract, manifest)},
                      .is_replaced = true,
                      .identity_count = 1,
                      .identity = {AT(contract, id)}},
    [ROW_party] = {SIZE(party), .string_count = 6,
                   .strings = {AT(party, contract), AT(party, party), AT(party, role), AT(party, label), AT(party, actor),
                               AT(party, kid)},
                   .is_replaced = true, .identity_count = 2, .identity = {AT(party, contract), AT(party, party)}},
    [ROW_amendment] = {.size = sizeof(struct row_amendment),
                       .stride = sizeof(struct row_amendment),
                       .string_count = 5,
                       .strings = {AT(amendment, contract), AT(amendment, title), AT(amendment, text),
                                   AT(amendment, manifest), AT(amendment, proposed_by)},
                       .is_replaced = true,
                       .number = AT(amendment, seq)},
    [ROW_signer] = {.size = sizeof(struct row_signer),
                    .stride = sizeof(struct row_signer),
                    .string_count = 6,
                    .strings = {AT(signer, party.contract), AT(signer, party.party), AT(signer, party.role),
                                AT(signer, party.label), AT(signer, party.actor), AT(signer, party.kid)},
                    .is_replaced = true,
                    .number = AT(signer, amendment_seq),
                    .identity_count = 2,
                    .identity = {AT(signer, party.party), AT(signer, party.actor)}},
    [ROW_use] = {SIZE(use), .string_count = 2, .strings = {AT(use, contract), AT(use, used)}},
    [ROW_figure] = {.size = sizeof(struct row_figure),
                    .stride = sizeof(struct row_figure),
                    .string_count = 5,
                    .strings = {AT(figure, contract), AT(figure, metric), AT(figure, key), AT(figure, value),
                                AT(figure, reason)},
                    .is_replaced = true,
                    .has_changing_strings = true,
                    .identity_count = 3,
                    .identity = {AT(figure, contract), AT(figure, metric), AT(figure, key)},
                    .number = AT(figure, version)},
    [ROW_metric] = {SIZE(metric), .string_count = 3,
                    .strings = {AT(metric, contract), AT(metric, metric), AT(metric, indicator)}},
    [ROW_result] = {SIZE(result), .string_count = 7,
                    .strings = {AT(result, indicator), AT(result, contract), AT(result, metric), AT(result, dimensions),
                                AT(result, value), AT(result, author), AT(result, only_in)}},
    [ROW_verification] = {SIZE(verification), .string_count = 1, .strings = {AT(verification, actor)}},
    [ROW_final] = {SIZE(final), .string_count = 4,
                   .strings = {AT(final, contract), AT(final, metric), AT(final, key), AT(final, replaced)}},
    [ROW_dispute] = {SIZE(dispute), .string_count = 3,
                     .strings = {AT(dispute, contract), AT(dispute, actor), AT(dispute, reason)}},
    [ROW_decision] = {SIZE(decision), .string_count = 2, .strings = {AT(decision, contract), AT(decision, value)}},
    [ROW_instance] = {SIZE(instance), .string_count = 4,
                      .strings = {AT(instance, contract), AT(instance, rule), AT(instance, key), AT(instance, stands)},
                      .is_replaced = true, .has_changing_strings = true, .identity_count = 3,
                      .identity = {AT(instance, contract), AT(instance, rule), AT(instance, key)}},
    [ROW_payment] = {.size = sizeof(struct row_payment),
                     .stride = sizeof(struct row_payment),
                     .string_count = 9,
                     .strings = {AT(payment, contract), AT(payment, rule), AT(payment, from_party), AT(payment, to_party),
                                 AT(payment, from_actor), AT(payment, to_actor), AT(payment, currency), AT(payment, amount),
                                 AT(payment, settled)},
                     .is_replaced = true,
                     .has_changing_strings = true,
                     .number = AT(payment, seq)},
    [ROW_payment_item] = {SIZE(payment_item), .string_count = 3,
                          .strings = {AT(payment_item, key), AT(payment_item, difference), AT(payment_item, stands)}},
    [ROW_explanation] = {SIZE(explanation), .string_count = 1, .strings = {AT(explanation, body)}},
    [ROW_concern] = {SIZE(concern), .string_count = 1, .strings = {AT(concern, contract)}},
    [ROW_erasure] = {SIZE(erasure)},
    [ROW_accession] = {SIZE(accession), .string_count = 4,
                       .strings = {AT(accession, contract), AT(accession, class_name), AT(accession, actor),
                                   AT(accession, kid)}},
    [ROW_settlement] = {SIZE(settlement), .string_count = 3,
                        .strings = {AT(settlement, amount), AT(settlement, reference), AT(settlement, recorded_by)}},
};

size_t recorded_size(enum row_kind kind)
{
    return forms[kind].stride;
}

enum tally_code recorded_init(struct recorded *recorded, struct err *err)
{
    *recorded = (struct recorded){.arena = arena_new(RECORDED_BYTES_MAX)};
    return recorded->arena == NULL ? err_set(err, TALLY_E_NO_MEMORY, "no memory for what decisions change") : TALLY_OK;
}

static void list_release(struct recorded_list *list)
{
    mem_free(list->rows);
    mem_free(list->slots);
    *list = (struct recorded_list){0};
}

void recorded_release(struct recorded *recorded)
{
    for (enum row_kind kind = 0; kind < ROW_KIND_COUNT; kind++)
        list_release(&recorded->lists[kind]);
    arena_free(recorded->arena);
    *recorded = (struct recorded){0};
}

void recorded_clear(struct recorded *recorded)
{
    for (enum row_kind kind = 0; kind < ROW_KIND_COUNT; kind++) {
        struct recorded_list *list = &recorded->lists[kind];
        if (list->cap > RECORDED_KEPT_MAX)
            list_release(list);
        if (list->count != 0 && list->slots != NULL)
            memset(list->slots, 0, list->slot_count * sizeof(*list->slots));
        list->count = 0;
    }
    arena_clear(recorded->arena);
}

static struct slice string_at(const void *row, size_t offset)
{
    struct slice s;
    memcpy(&s, (const char *) row + offset, sizeof(s));
    return s;
}

static uint64_t number_at(const void *row, size_t offset)
{
    uint64_t number;
    memcpy(&number, (const char *) row + offset, sizeof(number));
    return number;
}

/* FNV-1a: the strings are few and short, and a batch is bounded. */
static uint64_t hash_bytes(uint64_t hash, const void *ptr, size_t len)
{
    const unsigned char *bytes = ptr;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return (hash ^ 0xff) * UINT64_C(0x100000001b3); /* so that "a","bc" is not "ab","c" */
}

static uint64_t identity_hash(const struct row_form *form, const void *row)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    if (form->number != NO_NUMBER) {
        uint64_t number = number_at(row, form->number);
        hash = hash_bytes(hash, &number, sizeof(number));
    }
    for (size_t i = 0; i < form->identity_count; i++) {
        struct slice s = string_at(row, form->identity[i]);
        hash = hash_bytes(hash, s.ptr, s.len);
    }
    return hash;
}

static bool identity_equal(const struct row_form *form, const void *a, const void *b)
{
    if (form->number != NO_NUMBER && number_at(a, form->number) != number_at(b, form->number))
        return false;
    for (size_t i = 0; i < form->identity_count; i++)
        if (!slice_equal(string_at(a, form->identity[i]), string_at(b, form->identity[i])))
            return false;
    return true;
}

static void *element(const struct recorded_list *list, const struct row_form *form, size_t i)
{
    return (char *) list->rows + i * form->stride;
}

/* The slot of a row of this identity, or the free one where it belongs. There is always a free one. */
static uint32_t *slot_of(const struct recorded_list *list, const struct row_form *form, const void *row)
{
    size_t at = (size_t) identity_hash(form, row) & (list->slot_count - 1);
    while (list->slots[at] != 0 && !identity_equal(form, element(list, form, list->slots[at] - 1), row))
        at = (at + 1) & (list->slot_count - 1);
    return &list->slots[at];
}

/* Room for one more element, and for its slot: at most half of the slots are taken. */
MUST_CHECK static enum tally_code list_room(struct recorded_list *list, const struct row_form *form, struct err *err)
{
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        if (cap > UINT32_MAX / 2 || cap > SIZE_MAX / form->stride)
            return err_set(err, TALLY_E_LIMIT, "more than %zu rows of one table in one batch", list->count);
        void *rows = mem_resize(list->rows, cap * form->stride);
        if (rows == NULL)
            return err_set(err, TALLY_E_NO_MEMORY, "no memory for %zu rows", cap);
        list->rows = rows;
        list->cap = cap;
    }
    if (!form->is_replaced || (list->count + 1) * 2 <= list->slot_count)
        return TALLY_OK;
    size_t slot_count = list->slot_count == 0 ? SLOTS_FIRST : list->slot_count * 2;
    uint32_t *slots = mem_zero_array(slot_count, sizeof(*slots));
    if (slots == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory for an index of %zu rows", slot_count);
    mem_free(list->slots);
    list->slots = slots;
    list->slot_count = slot_count;
    for (size_t i = 0; i < list->count; i++)
        *slot_of(list, form, element(list, form, i)) = (uint32_t) (i + 1);
    return TALLY_OK;
}

/* The row with its strings in the arena, side by side. */
MUST_CHECK static enum tally_code row_copy(struct arena *arena, const struct row_form *form, const void *row, void *out,
                                           struct err *err)
{
    size_t len = 0;
    for (size_t i = 0; i < form->string_count; i++)
        len += string_at(row, form->strings[i]).len;
    char *bytes = arena_alloc(arena, len + 1);
    if (bytes == NULL)
        return err_set(err, TALLY_E_LIMIT, "what one batch changes is over %zu bytes", RECORDED_BYTES_MAX);
    memcpy(out, row, form->size);
    for (size_t i = 0; i < form->string_count; i++) {
        struct slice s = string_at(row, form->strings[i]);
        if (s.len != 0)
            memcpy(bytes, s.ptr, s.len);
        s.ptr = bytes;
        bytes += s.len;
        memcpy((char *) out + form->strings[i], &s, sizeof(s));
    }
    return TALLY_OK;
}

/* Of a row that is there already, strings that cannot change stay: a contract's text is not copied again and again. */
MUST_CHECK static enum tally_code row_replace(struct arena *arena, const struct row_form *form, const void *row, void *old,
                                              struct err *err)
{
    if (form->has_changing_strings)
        return row_copy(arena, form, row, old, err);
    struct slice strings[STRINGS_MAX];
    for (size_t i = 0; i < form->string_count; i++)
        strings[i] = string_at(old, form->strings[i]);
    memcpy(old, row, form->size);
    for (size_t i = 0; i < form->string_count; i++)
        memcpy((char *) old + form->strings[i], &strings[i], sizeof(strings[i]));
    return TALLY_OK;
}

/* *out: the element that holds the row now; *is_new: it was not there before. */
MUST_CHECK static enum tally_code list_add(struct recorded *recorded, enum row_kind kind, const void *row, void **out,
                                           bool *is_new, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct row_form *form = &forms[kind];
    struct recorded_list *list = &recorded->lists[kind];
    uint32_t *slot = NULL;
    TRY(list_room(list, form, err));
    if (form->is_replaced)
        slot = slot_of(list, form, row);
    *is_new = slot == NULL || *slot == 0;
    *out = element(list, form, *is_new ? list->count : *slot - 1);
    if (!*is_new)
        return row_replace(recorded->arena, form, row, *out, err);
    TRY(row_copy(recorded->arena, form, row, *out, err));
    list->count++;
    if (slot != NULL)
        *slot = (uint32_t) list->count;
done:
    return rc;
}

MUST_CHECK static enum tally_code list_add_all(struct recorded *recorded, enum row_kind kind, uint64_t seq,
                                               const void *rows, uint32_t count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    for (uint32_t i = 0; i < count; i++) {
        void *at = NULL;
        bool is_new = false;
        TRY(list_add(recorded, kind, (const char *) rows + i * forms[kind].size, &at, &is_new, err));
        if (kind != ROW_contract)
            continue;
        struct recorded_contract *contract = at;
        if (is_new)
            contract->closed_seq = ROW_NO_SEQ;
        if (contract->row.state == CONTRACT_CLOSED && contract->closed_seq == ROW_NO_SEQ)
            contract->closed_seq = seq;
    }
done:
    return rc;
}

enum tally_code recorded_add(struct recorded *recorded, uint64_t seq, const struct changes *changes, struct err *err)
{
    enum tally_code rc = TALLY_OK;
#define X(type, list) TRY(list_add_all(recorded, ROW_##type, seq, changes->list, changes->list##_count, err));
    CHANGES_LISTS(X)
#undef X
done:
    return rc;
}
