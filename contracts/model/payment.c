/* What one entry triggers by one rule: the net sum of the differences, and the list of instances as a body of its own (P2, P3). */
#include "decide.h"
#include "tally/canon.h"
#include "tally/engine.h"
#include "tally/text.h"

static enum tally_code net_sum(struct deciding *d, const struct engine_instance *instances, size_t count, struct slice *net,
                               uint32_t *with_difference)
{
    enum tally_code rc = TALLY_OK;
    *with_difference = 0;
    for (size_t i = 0; i < count; i++) {
        if (!instances[i].has_difference)
            continue;
        if (*with_difference == 0)
            *net = instances[i].difference;
        else
            TRY(money_add(*net, instances[i].difference, d->model->scratch, net, d->err));
        (*with_difference)++;
    }
done:
    return rc;
}

static enum tally_code itemise(struct deciding *d, const struct work *work, struct slice rule,
                               const struct engine_instance *instances, size_t count, uint64_t *seq)
{
    enum tally_code rc = TALLY_OK;
    struct buf body;
    struct canon json;
    buf_init(&body, EVENT_BODY_MAX);
    canon_init(&json, &body);
    canon_object(&json);
    canon_name(&json, "contract");
    canon_string(&json, work->row.id);
    canon_name(&json, "items");
    canon_array(&json);
    for (size_t i = 0; i < count; i++) {
        if (!instances[i].has_difference)
            continue;
        canon_object(&json);
        canon_name(&json, "difference");
        canon_string(&json, instances[i].difference);
        canon_name(&json, "key");
        canon_string(&json, instances[i].key);
        canon_name(&json, "stands");
        canon_string(&json, instances[i].target);
        canon_close(&json);
    }
    canon_close(&json);
    canon_name(&json, "rule");
    canon_string(&json, rule);
    canon_close(&json);
    TRY(event_add(d, "payment.itemised", work->row.open, &body, seq));
done:
    buf_release(&body);
    return rc;
}

static void write_party(struct canon *json, const char *name, struct slice actor, struct slice party)
{
    canon_name(json, name);
    canon_object(json);
    canon_name(json, "actor");
    canon_string(json, actor);
    canon_name(json, "party");
    canon_string(json, party);
    canon_close(json);
}

static void write_day(struct canon *json, const char *name, int32_t day)
{
    char text[DAY_TEXT_LEN + 1];
    day_format(day, text);
    canon_name(json, name);
    canon_str(json, text);
}

static enum tally_code trigger(struct deciding *d, const struct work *work, struct row_payment *row)
{
    enum tally_code rc = TALLY_OK;
    struct buf body;
    struct canon json;
    buf_init(&body, EVENT_BODY_MAX);
    canon_init(&json, &body);
    canon_object(&json);
    canon_name(&json, "amount");
    canon_string(&json, row->amount);
    canon_name(&json, "cause");
    canon_i64(&json, (int64_t) row->cause_seq);
    canon_name(&json, "contract");
    canon_string(&json, row->contract);
    canon_name(&json, "currency");
    canon_string(&json, row->currency);
    write_day(&json, "due", row->due_on);
    write_party(&json, "from", row->from_actor, row->from_party);
    canon_name(&json, "instances");
    canon_object(&json);
    canon_name(&json, "count");
    canon_i64(&json, row->instances);
    canon_name(&json, "seq");
    canon_i64(&json, (int64_t) row->itemised_seq);
    canon_close(&json);
    canon_name(&json, "owed_back");
    canon_bool(&json, row->is_owed_back);
    canon_name(&json, "rule");
    canon_string(&json, row->rule);
    canon_name(&json, "terms");
    canon_hex(&json, work->row.terms_hash, sizeof(work->row.terms_hash));
    write_party(&json, "to", row->to_actor, row->to_party);
    write_day(&json, "triggered", row->triggered_on);
    canon_close(&json);
    TRY(event_add(d, "payment.triggered", work->row.open, &body, &row->seq));
done:
    buf_release(&body);
    return rc;
}

/* Who owes, the amount without sign, and nothing settled yet. */
static enum tally_code direct(struct deciding *d, const struct work *work, const struct terms_rule *rule, struct slice net,
                              struct row_payment *row)
{
    enum tally_code rc = TALLY_OK;
    struct slice negated = {NULL, 0};
    row->is_owed_back = money_sign(net) < 0;
    const struct row_party *from = work->contract->parties[row->is_owed_back ? rule->payee : rule->payer];
    const struct row_party *to = work->contract->parties[row->is_owed_back ? rule->payer : rule->payee];
    row->from_party = from->party;
    row->from_actor = from->actor;
    row->to_party = to->party;
    row->to_actor = to->actor;
    TRY(money_negate(net, d->arena, &negated, d->err));
    TRY(money_add(net, negated, d->arena, &row->settled, d->err));
    if (money_sign(net) == 0)
        row->amount = row->settled;
    else
        TRY(keep(d, row->is_owed_back ? negated : net, &row->amount));
done:
    return rc;
}

enum tally_code payment(struct deciding *d, const struct work *work, const struct terms *terms, int32_t today,
                        const struct engine_instance *instances, size_t count)
{
    enum tally_code rc = TALLY_OK;
    const struct terms_rule *rule = terms_rule(terms, instances[0].rule);
    struct slice net = {NULL, 0};
    struct row_payment row = {
        .contract = work->row.id,
        .cause_seq = d->place->seq,
        .triggered_on = today,
        .due_on = terms_due_day(terms, instances[0].rule, today),
    };
    TRY(net_sum(d, instances, count, &net, &row.instances));
    if (row.instances == 0)
        return TALLY_OK;
    TRY(keep(d, rule->name, &row.rule));
    TRY(keep(d, rule->currency, &row.currency));
    TRY(direct(d, work, rule, net, &row));
    TRY(itemise(d, work, row.rule, instances, count, &row.itemised_seq));
    TRY(trigger(d, work, &row));
    TRY(change_payment(d, &row));
    for (size_t i = 0; i < count; i++) {
        struct row_payment_item item = {.payment_seq = row.seq};
        if (!instances[i].has_difference)
            continue;
        TRY(keep(d, instances[i].key, &item.key));
        TRY(keep(d, instances[i].difference, &item.difference));
        TRY(keep(d, instances[i].target, &item.stands));
        TRY(change_payment_item(d, &item));
    }
done:
    return rc;
}
