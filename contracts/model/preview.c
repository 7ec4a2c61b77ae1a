/* V5: what an amendment would trigger if it came into force now. It is decided as the last signature would have it be, over a view to
 * which the proposal's own rows are added: its text, who its parties are, and what it uses of other contracts. */
#include "decide.h"

/* Who uses what, with rows more than the view has. */
static enum tally_code uses_with(struct deciding *d, struct table *table, struct slice contract, struct row_use *row,
                                 bool is_used)
{
    struct view_uses *found = table_find(table, ident_name(contract)),
                     *uses = found != NULL ? found : ARENA_NEW(d->arena, struct view_uses);
    if (uses == NULL)
        return no_arena(d);
    struct row_use ***list = is_used ? &uses->in : &uses->out;
    uint32_t *count = is_used ? &uses->in_count : &uses->out_count;
    struct row_use **more = ARENA_ARRAY(d->arena, (size_t) *count + 1, struct row_use *);
    if (more == NULL)
        return no_arena(d);
    if (*count > 0)
        memcpy(more, *list, *count * sizeof(struct row_use *));
    more[(*count)++] = row;
    *list = more;
    if (found != NULL)
        return TALLY_OK;
    uses->id = ident_name(contract);
    return table_add(table, &uses->id, d->err);
}

/* The view's own entries stay as they are: those that get rows are copied. */
static enum tally_code uses_copy(struct deciding *d, struct table *table)
{
    enum tally_code rc = TALLY_OK;
    uint32_t at = 0;
    for (const struct view_uses *uses; (uses = table_next(&d->model->uses, &at)) != NULL;) {
        struct view_uses *copy = ARENA_NEW(d->arena, struct view_uses);
        if (copy == NULL)
            return no_arena(d);
        *copy = *uses;
        copy->measured = copy->checked = 0; /* of other rows */
        TRY(table_add(table, &copy->id, d->err));
    }
    for (uint32_t i = 0; i < d->out->changes.uses_count; i++) {
        struct row_use *row = &d->out->changes.uses[i];
        TRY(uses_with(d, table, row->contract, row, false));
        TRY(uses_with(d, table, row->used, row, true));
    }
done:
    return rc;
}

static enum tally_code proposed_text(struct deciding *d, const struct row_amendment *row, struct view_text **out)
{
    uint32_t count = d->out->changes.signers_count;
    struct view_text *text = ARENA_NEW(d->arena, struct view_text);
    struct row_party **parties = ARENA_ARRAY(d->arena, (size_t) count + 1, struct row_party *);
    struct row_party **by_name = ARENA_ARRAY(d->arena, (size_t) count + 1, struct row_party *);
    if (text == NULL || parties == NULL || by_name == NULL)
        return no_arena(d);
    *text = (struct view_text){
        .seq = row->seq, .version = row->version, .source = row->text, .parties = parties, .by_name = by_name};
    memcpy(text->terms_hash, row->terms_hash, sizeof(row->terms_hash));
    memcpy(text->version_hash, row->version_hash, sizeof(row->version_hash));
    for (uint32_t i = 0; i < count; i++) {
        if (d->out->changes.signers[i].is_leaving)
            continue;
        text->party_count++;
        text_add_party(text, &d->out->changes.signers[i].party);
    }
    *out = text;
    return TALLY_OK;
}

enum tally_code amendment_preview(struct deciding *d, struct view_contract *contract, const struct row_amendment *row)
{
    enum tally_code rc = TALLY_OK;
    const struct model *model = d->model;
    const struct terms *terms = NULL;
    struct view_text *text = NULL;
    struct hold hold = {0}; /* the table's slots, for as long as this takes */
    struct model with = *model;
    table_init(&with.uses, &hold);
    TRY(uses_copy(d, &with.uses));
    TRY(proposed_text(d, row, &text));
    d->model = &with;
    TRY(terms_with(d->model, contract, text, &terms, d->err));
    STEP(amendment_put_in_force(d, contract, text, row));
done:
    d->model = model;
    table_release(&with.uses);
    return rc;
}
