/* What the events of a history leave: the facts that the engine is given (language.md S3, S5, S6, F1, F3, B1). */
#include "history_internal.h"

void facts_init(struct facts *facts, const struct terms *terms, struct arena *arena)
{
    *facts = (struct facts){.terms = terms, .places = {.arena = arena}, .decision_days = -1};
    for (const struct ast_decl *d = terms_ast(terms)->declarations; d != NULL; d = d->next) {
        if (d->kind != AST_DISPUTES)
            continue;
        facts->decision_days = (int32_t) d->u.disputes.within_days;
        facts->falls = d->u.disputes.otherwise_falls;
    }
}

/* Why this deed cannot follow; NULL: it can. */
static const char *problem_of(const struct fact *fact, const struct history_event *event)
{
    enum fact_standing standing = fact == NULL ? FACT_GONE : fact->standing;
    bool is_open = fact != NULL && fact->has_next;
    switch (event->deed) {
    case HISTORY_RESULT:
        if (standing == FACT_PENDING)
            return "was submitted and is not final; say \"verified\": true without a value when it is";
        return standing == FACT_GONE ? NULL : "has a final result already; say \"restated\": true to replace it";
    case HISTORY_RESTATED:
    case HISTORY_WITHDRAWN:
        if (standing == FACT_DISPUTED)
            return "is disputed; say how that is \"decided\" first";
        if (is_open)
            return "has an open restatement already; say \"verified\": true when it is final";
        if (standing == FACT_FINAL || (standing == FACT_PENDING && event->deed == HISTORY_WITHDRAWN && !event->is_pending))
            return NULL;
        return event->deed == HISTORY_RESTATED ? "has no final result to restate; leave \"restated\" out of its first one"
                                               : "has no final result to withdraw; check the dimensions";
    case HISTORY_VERIFIED:
        if (standing == FACT_DISPUTED || (standing == FACT_PENDING && fact->is_held))
            return "is disputed and cannot become final; say how that is \"decided\" first";
        return standing == FACT_PENDING || is_open ? NULL : "has nothing pending to verify; check the dimensions";
    case HISTORY_DISPUTED:
        if (standing == FACT_DISPUTED || (standing == FACT_PENDING && fact->is_held))
            return "is disputed already";
        return standing == FACT_GONE ? "has no result to dispute; check the dimensions" : NULL;
    case HISTORY_STANDS:
    case HISTORY_REPLACED:
    case HISTORY_ANNULLED:
        break;
    }
    if (standing == FACT_DISPUTED || (standing == FACT_PENDING && fact->is_held))
        return NULL;
    return "is not disputed, so there is nothing to decide; check the dimensions and the days for a decision";
}

static void begin(struct fact *fact, const struct history_event *event)
{
    *fact = (struct fact){.standing = event->is_pending ? FACT_PENDING : FACT_FINAL,
                          .value = event->value,
                          .submitted = event->submitted,
                          .seq = event->seq,
                          .lapses = DAY_NEVER};
}

static void replace(struct fact *fact, const struct history_event *event)
{
    bool withdraws = event->deed == HISTORY_WITHDRAWN;
    if (event->is_pending) {
        fact->has_next = true;
        fact->next_withdraws = withdraws;
        fact->next = event->value;
        fact->next_seq = event->seq;
    } else if (withdraws) {
        fact->standing = FACT_GONE;
    } else {
        fact->value = event->value;
        fact->seq = event->seq;
    }
}

static void verify(struct fact *fact)
{
    if (fact->has_next && fact->next_withdraws) {
        fact->standing = FACT_GONE;
    } else if (fact->has_next) {
        fact->value = fact->next;
        fact->seq = fact->next_seq;
    } else {
        fact->standing = FACT_FINAL;
    }
    fact->has_next = false;
}

static void dispute(struct facts *facts, struct fact *fact, int32_t day)
{
    if (fact->standing == FACT_FINAL)
        fact->standing = FACT_DISPUTED;
    else
        fact->is_held = true;
    fact->lapses = DAY_NEVER;
    if (facts->decision_days >= 0 && day <= DAY_MAX - facts->decision_days)
        fact->lapses = day + facts->decision_days;
    facts->disputed_count++;
}

static void decide(struct facts *facts, struct fact *fact, const struct history_event *event)
{
    if (event->deed == HISTORY_ANNULLED) {
        fact->standing = FACT_GONE;
    } else if (event->deed == HISTORY_REPLACED) {
        fact->standing = FACT_FINAL;
        fact->value = event->value;
        fact->seq = event->seq;
    } else if (fact->standing == FACT_DISPUTED) {
        fact->standing = FACT_FINAL;
    }
    fact->is_held = false;
    fact->lapses = DAY_NEVER;
    facts->disputed_count--;
}

enum tally_code facts_apply(struct facts *facts, const struct history_event *event, int32_t day, struct slice *why,
                            struct err *err)
{
    enum tally_code rc = TALLY_OK;
    void *found = places_find(&facts->places, event->metric, event->key);
    const char *problem = problem_of(found, event);
    *why = problem == NULL ? SLICE("") : slice_str(problem);
    if (problem != NULL)
        return TALLY_OK;
    if (found == NULL)
        TRY(places_add(&facts->places, event->metric, event->key, sizeof(struct fact), &found, err));
    struct fact *fact = found;
    switch (event->deed) {
    case HISTORY_RESULT:
        begin(fact, event);
        break;
    case HISTORY_RESTATED:
    case HISTORY_WITHDRAWN:
        if (fact->is_held)
            facts->disputed_count--; /* what is withdrawn before it is final takes its dispute with it */
        fact->is_held = false;
        replace(fact, event);
        break;
    case HISTORY_VERIFIED:
        verify(fact);
        break;
    case HISTORY_DISPUTED:
        dispute(facts, fact, day);
        break;
    case HISTORY_STANDS:
    case HISTORY_REPLACED:
    case HISTORY_ANNULLED:
        decide(facts, fact, event);
        break;
    }
done:
    return rc;
}

static bool is_open_dispute(const struct fact *fact)
{
    return fact->standing == FACT_DISPUTED || (fact->standing == FACT_PENDING && fact->is_held);
}

int32_t facts_next_lapse(const struct facts *facts)
{
    int32_t first = DAY_NEVER;
    for (size_t i = 0; facts->disputed_count > 0 && i < facts->places.count; i++) {
        const struct fact *fact = facts->places.items[i].value;
        if (is_open_dispute(fact) && fact->lapses < DAY_MAX && fact->lapses + 1 < first)
            first = fact->lapses + 1;
    }
    return first;
}

enum tally_code facts_lapse(struct facts *facts, int32_t day, struct arena *arena, struct history_event **events,
                            size_t *count, struct err *err)
{
    *count = 0;
    if (facts_next_lapse(facts) > day)
        return TALLY_OK;
    struct history_event *list = ARENA_ARRAY(arena, facts->disputed_count, struct history_event);
    if (list == NULL)
        return err_set(err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    for (size_t i = 0; i < facts->places.count; i++) {
        const struct place *place = &facts->places.items[i];
        struct fact *fact = place->value;
        if (!is_open_dispute(fact) || fact->lapses >= day)
            continue;
        list[*count] = (struct history_event){.deed = facts->falls ? HISTORY_ANNULLED : HISTORY_STANDS,
                                              .is_lapse = true,
                                              .metric = place->group,
                                              .key = place->key};
        decide(facts, fact, &list[(*count)++]);
    }
    *events = list;
    return TALLY_OK;
}

enum tally_code facts_list(const struct facts *facts, struct arena *arena, struct engine_fact **out, size_t *count,
                           struct err *err)
{
    static const enum engine_standing standings[] = {
        [FACT_PENDING] = ENGINE_PENDING, [FACT_FINAL] = ENGINE_FINAL, [FACT_DISPUTED] = ENGINE_DISPUTED};
    struct engine_fact *list = ARENA_ARRAY(arena, facts->places.count + 1, struct engine_fact);
    size_t n = 0;
    if (list == NULL)
        return err_set(err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    for (size_t i = 0; i < facts->places.count; i++) {
        const struct place *place = &facts->places.items[i];
        const struct fact *fact = place->value;
        if (fact->standing == FACT_GONE)
            continue;
        list[n++] = (struct engine_fact){.metric = place->group,
                                         .key = place->key,
                                         .value = fact->value,
                                         .standing = standings[fact->standing],
                                         .submitted = fact->submitted,
                                         .seq = fact->seq};
    }
    *out = list;
    *count = n;
    return TALLY_OK;
}
