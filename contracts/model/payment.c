/* What one entry triggers by one rule, for each payer and payee: the net sum of the differences, and the list of instances as a body of
 * its own (P2, P3). */
#include <stdlib.h>

#include "decide.h"
#include "tally/text.h"

/* What one payment is of: instances of one rule with a difference that the same party owes the same party. */
struct side {
    struct slice party, actor; /* as the text names it, and who that is */
};
struct part {
    const struct engine_instance *const *items;
    size_t count;
    struct side payer, payee;
};

/* The rule, by the newest text that has it. */
struct paid_rule {
    const struct terms *terms;
    const struct terms_rule *rule;
    uint32_t text, place; /* which of the contract's texts that is, and the rule's place there */
};

/* ---- who owes whom ---- */

/* The member of a dimension in an instance's key. */
static struct slice member_of(const struct terms_rule *rule, struct slice key, uint32_t dimension)
{
    for (uint32_t i = 0; i < rule->each_count; i++) {
        const char *bar = key.len == 0 ? NULL : memchr(key.ptr, '|', key.len);
        size_t len = bar == NULL ? key.len : (size_t) (bar - key.ptr);
        if (rule->each[i] == dimension)
            return slice_of(key.ptr, len);
        key = bar == NULL ? SLICE("") : slice_of(bar + 1, key.len - len - 1);
    }
    return SLICE("");
}

/* A party of the text; or the one that the instance's key names, where a dimension stands in its place. Who that is, the newest text says
 * that has such a party. */
static enum tally_code side_find(struct deciding *d, const struct work *work, const struct paid_rule *of, struct slice key,
                                 uint32_t party, uint32_t dimension, struct side *out)
{
    const struct view_text *text = work->contract->texts[of->text];
    const struct row_party *row = NULL;
    const struct terms_class *of_class = dimension == TERMS_NONE ? NULL : class_of_dimension(text->terms, dimension);
    if (of_class != NULL) {
        const struct row_accession *member =
            view_accession(work->contract, of_class->name, member_of(of->rule, key, dimension), d->next_seq);
        if (member == NULL)
            return not_loaded(d, "every member of a class of contract", work->row.id);
        *out = (struct side){member->class_name, member->actor};
        return TALLY_OK;
    }
    if (dimension != TERMS_NONE)
        row = party_named(work->contract, of->text, member_of(of->rule, key, dimension), d->next_seq);
    else if (party < text->party_count)
        row = party_at(work->contract, of->text, party, d->next_seq);
    if (row == NULL)
        return not_loaded(d, "every party of contract", work->row.id);
    *out = (struct side){row->party, row->actor};
    return TALLY_OK;
}

/* An instance with a difference, and by whom it is owed: what is owed by the same to the same is one payment. */
struct owed {
    const struct engine_instance *instance;
    struct slice payer, payee; /* members; empty where the rule says who it is */
};

static int by_sides(const void *a, const void *b)
{
    const struct owed *left = a, *right = b;
    int order = slice_compare(left->payer, right->payer);
    order = order != 0 ? order : slice_compare(left->payee, right->payee);
    return order != 0 ? order : (left->instance > right->instance) - (left->instance < right->instance);
}

static int by_first(const void *a, const void *b)
{
    const struct part *left = a, *right = b;
    return (left->items[0] > right->items[0]) - (left->items[0] < right->items[0]);
}

/* The payments of a rule, in the order of their first instances; in the scratch. */
static enum tally_code parts_make(struct deciding *d, const struct work *work, const struct paid_rule *of,
                                  const struct engine_instance *instances, size_t count, struct part **out,
                                  size_t *out_count)
{
    enum tally_code rc = TALLY_OK;
    const struct terms_rule *rule = of->rule;
    struct arena *scratch = d->model->scratch;
    struct owed *owed = ARENA_ARRAY(scratch, count + 1, struct owed);
    const struct engine_instance **items = ARENA_ARRAY(scratch, count + 1, const struct engine_instance *);
    struct part *parts = ARENA_ARRAY(scratch, count + 1, struct part);
    size_t n = 0, made = 0;
    if (owed == NULL || items == NULL || parts == NULL)
        return no_arena(d);
    for (size_t i = 0; i < count; i++)
        if (instances[i].has_difference)
            owed[n++] = (struct owed){&instances[i], member_of(rule, instances[i].key, rule->payer_dimension),
                                      member_of(rule, instances[i].key, rule->payee_dimension)};
    qsort(owed, n, sizeof(*owed), by_sides);
    for (size_t i = 0; i < n; i++) {
        items[i] = owed[i].instance;
        if (i > 0 && slice_equal(owed[i].payer, owed[i - 1].payer) && slice_equal(owed[i].payee, owed[i - 1].payee)) {
            parts[made - 1].count++;
            continue;
        }
        struct part *part = &parts[made++];
        *part = (struct part){.items = &items[i], .count = 1};
        TRY(side_find(d, work, of, items[i]->key, rule->payer, rule->payer_dimension, &part->payer));
        TRY(side_find(d, work, of, items[i]->key, rule->payee, rule->payee_dimension, &part->payee));
    }
    qsort(parts, made, sizeof(*parts), by_first);
    *out = parts;
    *out_count = made;
done:
    return rc;
}

/* ---- one payment ---- */

static enum tally_code net_sum(struct deciding *d, const struct part *part, struct slice *net)
{
    enum tally_code rc = TALLY_OK;
    *net = part->items[0]->difference;
    for (size_t i = 1; i < part->count; i++)
        TRY(money_add(*net, part->items[i]->difference, d->model->scratch, net, d->err));
done:
    return rc;
}

/* The instances from `from` on, as many as one list takes; *to is the first that is not in it. The first list names the explanation. */
static void write_list(struct canon *json, const struct row_payment *row, const uint8_t explanation[32],
                       const struct part *part, size_t from, size_t *to)
{
    size_t i = from;
    canon_object(json);
    canon_name(json, "contract");
    canon_string(json, row->contract);
    if (from == 0) {
        canon_name(json, "explanation");
        canon_hex(json, explanation, 32);
    }
    canon_name(json, "items");
    canon_array(json);
    for (; i < part->count && json->out->len <= EVENT_LIST_MAX; i++) {
        canon_object(json);
        canon_name(json, "difference");
        canon_string(json, part->items[i]->difference);
        canon_name(json, "key");
        canon_string(json, part->items[i]->key);
        canon_name(json, "stands");
        canon_string(json, part->items[i]->target);
        canon_close(json);
    }
    canon_close(json);
    canon_name(json, "rule");
    canon_string(json, row->rule);
    canon_close(json);
    *to = i;
}

/* Whatever of an instance is told takes more than it does in a list, which says its key and two amounts: so all that is told is in the
 * first, and none of the others needs the hash to go with it when it is erased. */
_Static_assert(EXPLANATION_BYTES_MAX <= EVENT_LIST_MAX, "the first list has every instance that the explanation tells of");

/* One entry, or as many as the instances take, one after the other; the row gets the number of the first. The hash of how they came about is
 * of words and figures that may be guessed: it stands where nobody reads it who may not read those. */
static enum tally_code itemise(struct deciding *d, bool open, const struct part *part, const uint8_t explanation[32],
                               struct row_payment *row)
{
    enum tally_code rc = TALLY_OK;
    struct buf body;
    struct canon json;
    uint64_t seq = 0;
    buf_init(&body, EVENT_BODY_MAX);
    row->itemised_seq = d->next_seq;
    for (size_t from = 0; from < part->count;) {
        buf_clear(&body);
        canon_init(&json, &body);
        write_list(&json, row, explanation, part, from, &from);
        TRY(event_add(d, "payment.itemised", open, row->contract, &body, &seq));
    }
done:
    buf_release(&body);
    return rc;
}

/* The traces as of this evaluation, kept beside the log; their hash is in it. */
static enum tally_code explain(struct deciding *d, struct engine_kept *kept, const struct part *part,
                               const struct row_payment *payment, struct row_explanation *row)
{
    enum tally_code rc = TALLY_OK;
    struct explanation e;
    size_t left = EXPLANATIONS_BYTES_MAX - d->explained;
    explanation_begin(&e, payment->contract, left < EXPLANATION_BYTES_MAX ? left : EXPLANATION_BYTES_MAX);
    size_t most = e.max;
    for (size_t i = 0; i < part->count; i++)
        TRY(explanation_add(&e, kept, part->items[i], d->err));
    TRY(explanation_end(&e, true, payment->rule, payment->triggered_on, d->err));
    d->explained += most - e.max;
    d->model->ports.sha256("tally/explanation/v1\n", buf_slice(&e.body), row->hash);
    TRY(keep(d, buf_slice(&e.body), &row->body));
done:
    explanation_release(&e);
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
    if (d->next_seq - row->itemised_seq > 1) {
        canon_name(&json, "entries");
        canon_i64(&json, (int64_t) (d->next_seq - row->itemised_seq));
    }
    canon_name(&json, "seq");
    canon_i64(&json, (int64_t) row->itemised_seq);
    canon_close(&json);
    canon_name(&json, "owed_back");
    canon_bool(&json, row->is_owed_back);
    canon_name(&json, "rule");
    canon_string(&json, row->rule);
    canon_name(&json, "terms");
    canon_hex(&json, text_now(work->contract)->terms_hash, sizeof(work->row.terms_hash));
    write_party(&json, "to", row->to_actor, row->to_party);
    write_day(&json, "triggered", row->triggered_on);
    canon_close(&json);
    TRY(event_add(d, "payment.triggered", work->row.open, work->row.id, &body, &row->seq));
done:
    buf_release(&body);
    return rc;
}

/* Who owes, the amount without sign, and nothing settled yet. */
static enum tally_code direct(struct deciding *d, const struct part *part, struct slice net, struct row_payment *row)
{
    enum tally_code rc = TALLY_OK;
    struct slice negated = {NULL, 0};
    row->is_owed_back = money_sign(net) < 0;
    const struct side *from = row->is_owed_back ? &part->payee : &part->payer;
    const struct side *to = row->is_owed_back ? &part->payer : &part->payee;
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

static enum tally_code record_items(struct deciding *d, const struct part *part, uint64_t payment_seq)
{
    enum tally_code rc = TALLY_OK;
    for (size_t i = 0; i < part->count; i++) {
        struct row_payment_item item = {.payment_seq = payment_seq};
        TRY(keep(d, part->items[i]->key, &item.key));
        TRY(keep(d, part->items[i]->difference, &item.difference));
        TRY(keep(d, part->items[i]->target, &item.stands));
        TRY(change_payment_item(d, &item));
    }
done:
    return rc;
}

static enum tally_code pay(struct deciding *d, const struct work *work, const struct paid_rule *of, int32_t today,
                           struct engine_kept *kept, const struct part *part)
{
    enum tally_code rc = TALLY_OK;
    const struct terms_rule *rule = of->rule;
    struct slice net = {NULL, 0};
    struct row_explanation explanation = {0};
    struct row_payment row = {
        .contract = work->row.id,
        .cause_seq = d->place->seq,
        .instances = (uint32_t) part->count,
        .triggered_on = today,
        .due_on = terms_due_day(of->terms, of->place, today),
    };
    TRY(net_sum(d, part, &net));
    TRY(keep(d, rule->name, &row.rule));
    TRY(keep(d, rule->currency, &row.currency));
    TRY(direct(d, part, net, &row));
    TRY(explain(d, kept, part, &row, &explanation));
    bool is_list_open = work->row.open && !work->has_closed && !terms_names_persons(of->terms, of->place);
    TRY(itemise(d, is_list_open, part, explanation.hash, &row));
    TRY(trigger(d, work, &row));
    TRY(change_payment(d, &row));
    explanation.payment_seq = row.seq;
    TRY(change_explanation(d, &explanation));
    TRY(record_items(d, part, row.seq));
done:
    return rc;
}

enum tally_code payment(struct deciding *d, const struct work *work, const struct engine_input *input,
                        struct engine_kept *kept, const struct engine_instance *instances, size_t count)
{
    enum tally_code rc = TALLY_OK;
    struct part *parts = NULL;
    size_t part_count = 0;
    struct paid_rule of = {.text = 0};
    of.rule = engine_rule(input, instances[0].rule, &of.terms);
    while (work->contract->texts[of.text]->terms != of.terms)
        of.text++;
    of.place = terms_find_rule(of.terms, of.rule->name);
    TRY(parts_make(d, work, &of, instances, count, &parts, &part_count));
    for (size_t i = 0; i < part_count; i++)
        TRY(pay(d, work, &of, input->today, kept, &parts[i]));
done:
    return rc;
}
