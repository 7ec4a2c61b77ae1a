/* What contracts take of each other goes into the view. */
#include "view.h"

static const size_t use_strings[] = {offsetof(struct row_use, contract), offsetof(struct row_use, used)};

static enum tally_code no_memory(struct err *err)
{
    return err_set(err, TALLY_E_NO_MEMORY, "no memory for a row of the view");
}

static enum tally_code uses_make(struct model *model, struct slice contract, struct view_uses **out, struct err *err)
{
    static const size_t strings[] = {offsetof(struct ident, a), offsetof(struct ident, b)};
    struct ident id = ident_name(contract);
    *out = view_uses(model, contract);
    if (*out != NULL)
        return TALLY_OK;
    struct view_uses *uses = hold_row(&model->hold, sizeof(*uses), 0, &id, sizeof(id), strings, 2);
    if (uses == NULL)
        return no_memory(err);
    enum tally_code rc = table_add(&model->uses, &uses->id, err);
    if (rc != TALLY_OK) {
        hold_free(&model->hold, uses);
        return rc;
    }
    *out = uses;
    return TALLY_OK;
}

static bool is_there(struct row_use *const *list, uint32_t count, const struct row_use *row)
{
    for (uint32_t i = 0; i < count; i++) {
        if (list[i]->text_seq == row->text_seq && list[i]->place == row->place)
            return true;
    }
    return false;
}

static enum tally_code list_add(struct model *model, struct row_use ***list, uint32_t *count, uint32_t *cap,
                                const struct row_use *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    if (is_there(*list, *count, row))
        return TALLY_OK;
    TRY(hold_room(&model->hold, (void **) list, sizeof(**list), *count, cap, err));
    struct row_use *copy = hold_row(&model->hold, sizeof(*copy), 0, row, sizeof(*row), use_strings, 2);
    if (copy == NULL)
        return no_memory(err);
    (*list)[(*count)++] = copy;
done:
    return rc;
}

enum tally_code model_put_use(struct model *model, const struct row_use *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_uses *from = NULL, *to = NULL;
    TRY(uses_make(model, row->contract, &from, err));
    TRY(list_add(model, &from->out, &from->out_count, &from->out_cap, row, err));
    TRY(uses_make(model, row->used, &to, err));
    TRY(list_add(model, &to->in, &to->in_count, &to->in_cap, row, err));
done:
    return rc;
}

static enum tally_code version_make(struct model *model, struct slice hex, struct view_version **out, struct err *err)
{
    static const size_t strings[] = {offsetof(struct ident, a), offsetof(struct ident, b)};
    struct ident id = ident_name(hex);
    *out = table_find(&model->versions, id);
    if (*out != NULL)
        return TALLY_OK;
    struct view_version *version = hold_row(&model->hold, sizeof(*version), 0, &id, sizeof(id), strings, 2);
    if (version == NULL)
        return no_memory(err);
    enum tally_code rc = table_add(&model->versions, &version->id, err);
    if (rc != TALLY_OK) {
        hold_free(&model->hold, version);
        return rc;
    }
    *out = version;
    return TALLY_OK;
}

enum tally_code model_put_version(struct model *model, struct slice hex, struct slice contract, uint32_t version,
                                  struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_version *found = NULL;
    TRY(version_make(model, hex, &found, err));
    ENSURE(found != NULL);
    for (uint32_t i = 0; i < found->count; i++) {
        if (slice_equal(found->items[i].contract, contract))
            return TALLY_OK;
    }
    TRY(hold_room(&model->hold, (void **) &found->items, sizeof(*found->items), found->count, &found->cap, err));
    struct slice copy = {NULL, 0};
    TRY(hold_text(&model->hold, contract, &copy, err));
    found->items[found->count++] = (struct view_versioned){copy, version};
done:
    return rc;
}

static enum tally_code figure_make(struct model *model, const struct row_figure *row, struct view_figure **out,
                                   struct err *err)
{
    static const size_t strings[] = {offsetof(struct row_figure, contract), offsetof(struct row_figure, metric),
                                     offsetof(struct row_figure, key)};
    enum tally_code rc = TALLY_OK;
    struct view_contract *contract = NULL;
    TRY(contract_make(model, row->contract, &contract, err));
    ENSURE(contract != NULL);
    contract->figure_puts++;
    *out = table_find(&contract->figures, ident_final((uint32_t) row->version - 1, row->metric, row->key));
    if (*out != NULL)
        return TALLY_OK;
    struct view_figure *figure =
        hold_row(&model->hold, sizeof(*figure), offsetof(struct view_figure, row), row, sizeof(*row), strings, 3);
    if (figure == NULL)
        return no_memory(err);
    figure->id = ident_final((uint32_t) row->version - 1, figure->row.metric, figure->row.key);
    rc = table_add(&contract->figures, &figure->id, err);
    if (rc != TALLY_OK) {
        hold_free(&model->hold, figure);
        return rc;
    }
    *out = figure;
done:
    return rc;
}

enum tally_code model_put_figure(struct model *model, const struct row_figure *row, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct view_figure *figure = NULL;
    struct slice value = {NULL, 0}, reason = {NULL, 0};
    TRY(hold_text(&model->hold, row->value, &value, err));
    TRY(hold_text(&model->hold, row->reason, &reason, err));
    TRY(figure_make(model, row, &figure, err));
    ENSURE(figure != NULL);
    hold_free(&model->hold, figure->value);
    hold_free(&model->hold, figure->reason);
    figure->value = (void *) (uintptr_t) value.ptr;
    figure->reason = (void *) (uintptr_t) reason.ptr;
    figure->row.value = value;
    figure->row.reason = reason;
    figure->row.standing = row->standing;
    figure->row.was_known = row->was_known;
    figure->row.has_closed = row->has_closed;
    value.ptr = reason.ptr = NULL;
done:
    hold_free(&model->hold, (void *) (uintptr_t) value.ptr);
    hold_free(&model->hold, (void *) (uintptr_t) reason.ptr);
    return rc;
}
