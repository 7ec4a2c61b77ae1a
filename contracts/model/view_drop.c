/* Freeing what the view holds. */
#include "view.h"

static void result_free(struct model *model, struct view_result *result)
{
    if (result == NULL)
        return;
    for (uint32_t i = 0; i < result->verification_count; i++)
        hold_free(&model->hold, (void *) (uintptr_t) result->verifications[i].actor.ptr);
    hold_free(&model->hold, result->verifications);
    hold_free(&model->hold, result->dimensions);
    hold_free(&model->hold, result->block);
    hold_free(&model->hold, result);
}

void submission_free(struct model *model, struct view_submission *submission)
{
    for (uint32_t i = 0; i < submission->count; i++)
        result_free(model, submission->items[i]);
    hold_free(&model->hold, submission->items);
    hold_free(&model->hold, submission);
}

static void free_items(struct hold *hold, struct table *table)
{
    uint32_t at = 0;
    for (void *item; (item = table_next(table, &at)) != NULL;)
        hold_free(hold, item);
    table_release(table);
}

static void text_free(struct hold *hold, struct view_text *text)
{
    for (uint32_t i = 0; i < text->party_count && text->signer_count == 0; i++)
        hold_free(hold, text->parties[i]);
    for (uint32_t i = 0; i < text->signer_count; i++) /* whose parties are parts of these */
        hold_free(hold, text->signers[i]);
    hold_free(hold, text->parties);
    hold_free(hold, text->by_name);
    hold_free(hold, text->signers);
    hold_free(hold, text->sources);
    hold_free(hold, text->block);
    hold_free(hold, text);
}

static void contract_free(struct model *model, struct view_contract *contract)
{
    struct hold *hold = &model->hold;
    followed_drop(model, contract);
    uint32_t at = 0;
    for (struct view_chain *chain; (chain = table_next(&contract->chains, &at)) != NULL;) {
        hold_free(hold, chain->replaced);
        hold_free(hold, chain);
    }
    at = 0;
    for (struct view_dispute *dispute; (dispute = table_next(&contract->disputes, &at)) != NULL;) {
        hold_free(hold, dispute->block);
        hold_free(hold, dispute);
    }
    free_items(hold, &contract->annulled);
    free_items(hold, &contract->accessions);
    free_items(hold, &contract->settlements);
    at = 0;
    for (struct view_figure *figure; (figure = table_next(&contract->figures, &at)) != NULL;) {
        hold_free(hold, figure->value);
        hold_free(hold, figure->reason);
        hold_free(hold, figure);
    }
    table_release(&contract->figures);
    free_items(hold, &contract->finals);
    at = 0;
    for (struct view_instance *instance; (instance = table_next(&contract->instances, &at)) != NULL;) {
        hold_free(hold, instance->stands);
        hold_free(hold, instance);
    }
    table_release(&contract->chains);
    table_release(&contract->disputes);
    table_release(&contract->instances);
    if (contract->text_count > 0)
        text_free(hold, contract->texts[0]);
    for (uint32_t i = 0; i < contract->amendment_count; i++)
        text_free(hold, contract->amendments[i]);
    hold_free(hold, contract->amendments);
    for (uint32_t i = 0; i < contract->fit_count; i++)
        hold_free(hold, (void *) (uintptr_t) contract->fits[i].key.ptr);
    hold_free(hold, contract->texts);
    hold_free(hold, contract->fits);
    hold_free(hold, contract->fit_heads);
    hold_free(hold, contract->fit_statements);
    hold_free(hold, contract->undecided);
    hold_free(hold, contract->waiting.items);
    hold_free(hold, contract->waiting.unplaced);
    hold_free(hold, contract->block);
    hold_free(hold, contract);
}

void contract_drop(struct model *model, struct view_contract *contract)
{
    table_remove(&model->contracts, contract->id);
    contract_free(model, contract);
}

void uses_free(struct model *model, struct view_uses *uses)
{
    for (uint32_t i = 0; i < uses->out_count; i++)
        hold_free(&model->hold, uses->out[i]);
    for (uint32_t i = 0; i < uses->in_count; i++)
        hold_free(&model->hold, uses->in[i]);
    hold_free(&model->hold, uses->out);
    hold_free(&model->hold, uses->in);
    hold_free(&model->hold, uses);
}

void version_free(struct model *model, struct view_version *version)
{
    for (uint32_t i = 0; i < version->count; i++)
        hold_free(&model->hold, (void *) (uintptr_t) version->items[i].contract.ptr);
    hold_free(&model->hold, version->items);
    hold_free(&model->hold, version);
}

static void free_lists(struct model *model)
{
    uint32_t at = 0;
    for (struct view_uses *uses; (uses = table_next(&model->uses, &at)) != NULL;)
        uses_free(model, uses);
    table_release(&model->uses);
    at = 0;
    for (struct view_version *version; (version = table_next(&model->versions, &at)) != NULL;)
        version_free(model, version);
    table_release(&model->versions);
    at = 0;
    for (struct view_indicator *indicator; (indicator = table_next(&model->indicators, &at)) != NULL;) {
        for (uint32_t i = 0; i < indicator->count; i++)
            hold_free(&model->hold, indicator->versions[i]);
        hold_free(&model->hold, indicator->versions);
    }
    at = 0;
    for (struct view_users *users; (users = table_next(&model->users, &at)) != NULL;) {
        for (uint32_t i = 0; i < users->count; i++)
            hold_free(&model->hold, (void *) (uintptr_t) users->contracts[i].ptr);
        hold_free(&model->hold, users->contracts);
    }
    at = 0;
    for (struct view_series *series; (series = table_next(&model->series, &at)) != NULL;)
        hold_free(&model->hold, series->items);
    at = 0;
    for (struct view_payment *payment; (payment = table_next(&model->payments, &at)) != NULL;)
        hold_free(&model->hold, payment->settled);
}

void view_clear(struct model *model)
{
    uint32_t at = 0;
    for (struct view_contract *contract; (contract = table_next(&model->contracts, &at)) != NULL;)
        contract_free(model, contract);
    table_release(&model->contracts);
    at = 0;
    for (struct view_submission *submission; (submission = table_next(&model->submissions, &at)) != NULL;)
        submission_free(model, submission);
    table_release(&model->submissions);
    free_lists(model);
    struct table *tables[] = {&model->actors,   &model->keys,     &model->indicators, &model->series,      &model->users,
                              &model->payments, &model->disputes, &model->erasures,   &model->result_keys, &model->known};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        free_items(&model->hold, tables[i]);
    model->has_due = false;
    model->due_until.us = INT64_MIN;
    model->later.us = INT64_MAX;
    model->next.us = INT64_MAX;
}

void view_next_again(struct model *model)
{
    model->next.us = INT64_MAX;
    uint32_t at = 0;
    for (const struct view_contract *contract; (contract = table_next(&model->contracts, &at)) != NULL;) {
        if (contract->has_row && contract->row.next_moment.us < model->next.us)
            model->next = contract->row.next_moment;
    }
}
