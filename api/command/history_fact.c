/* What the events of a history leave by one text: the facts that the engine is given (language.md S2 to S7, F1, F3, B1). */
#include "history_internal.h"

void facts_init(struct facts *facts, const struct terms *terms, uint32_t contract, struct arena *arena)
{
    *facts = (struct facts){.terms = terms, .contract = contract, .places = {.arena = arena}, .sets = {.arena = arena}};
}

void facts_moment(struct facts *facts)
{
    facts->moment++;
    facts->sets = (struct places){.arena = facts->places.arena};
}

MUST_CHECK static enum tally_code no_memory(struct err *err)
{
    return err_set(err, TALLY_E_LIMIT, "the history takes more memory than was granted; evaluate it in parts");
}

/* ---- the clock: a heap of days ---- */

static bool is_before(const struct tick *a, const struct tick *b)
{
    return a->day < b->day;
}

static void swap(struct tick *a, struct tick *b)
{
    struct tick t = *a;
    *a = *b;
    *b = t;
}

MUST_CHECK static enum tally_code tick_add(struct facts *facts, struct fact *fact, struct err *err)
{
    if (facts->tick_count == facts->tick_cap) {
        size_t cap = facts->tick_cap == 0 ? 64 : facts->tick_cap * 2;
        struct tick *grown = ARENA_ARRAY(facts->places.arena, cap, struct tick);
        if (grown == NULL)
            return no_memory(err);
        if (facts->tick_count > 0)
            memcpy(grown, facts->ticks, facts->tick_count * sizeof *grown);
        facts->ticks = grown;
        facts->tick_cap = cap;
    }
    size_t at = facts->tick_count++;
    facts->ticks[at] = (struct tick){fact->clock, fact};
    for (; at > 0 && is_before(&facts->ticks[at], &facts->ticks[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&facts->ticks[at], &facts->ticks[(at - 1) / 2]);
    return TALLY_OK;
}

static void tick_drop(struct facts *facts)
{
    facts->ticks[0] = facts->ticks[--facts->tick_count];
    for (size_t at = 0, child; (child = 2 * at + 1) < facts->tick_count; at = child) {
        if (child + 1 < facts->tick_count && is_before(&facts->ticks[child + 1], &facts->ticks[child]))
            child++;
        if (!is_before(&facts->ticks[child], &facts->ticks[at]))
            return;
        swap(&facts->ticks[child], &facts->ticks[at]);
    }
}

static bool is_open_dispute(const struct fact *fact)
{
    return fact->standing == FACT_DISPUTED || fact->next.is_held;
}

/* The day from which on what is pending is final by what has been verified and by silence (S3); an open dispute holds it back. */
static int32_t ready_day(const struct facts *facts, const struct fact *fact)
{
    const struct fact_next *next = &fact->next;
    if (!next->is_there || next->is_ready || is_open_dispute(fact))
        return DAY_NEVER;
    return terms_final_day(facts->terms, fact->place->group, next->submitted, next->verified);
}

/* When the clock changes it next. */
MUST_CHECK static enum tally_code set_clock(struct facts *facts, struct fact *fact, struct err *err)
{
    int32_t before = fact->clock, ready = ready_day(facts, fact);
    fact->clock = is_open_dispute(fact) ? fact->lapses : ready;
    return fact->clock == DAY_NEVER || fact->clock == before ? TALLY_OK : tick_add(facts, fact, err);
}

/* ---- becoming final ---- */

static void make_final(const struct facts *facts, struct fact *fact, int32_t day)
{
    struct fact_next *next = &fact->next;
    if (next->withdraws) {
        fact->standing = FACT_GONE;
    } else {
        if (fact->standing == FACT_GONE)
            fact->became_final = facts->moment;
        fact->standing = FACT_FINAL;
        fact->value = next->value;
        fact->seq = next->seq;
        fact->final = day;
    }
    *next = (struct fact_next){.is_there = false};
}

/* It is ready: final at once, or with its set (S4). */
static void get_ready(const struct facts *facts, struct fact *fact, int32_t day)
{
    struct fact_set *set = fact->next.set;
    fact->next.is_ready = true;
    if (set == NULL) {
        make_final(facts, fact, day);
        return;
    }
    if (++set->ready < set->count)
        return;
    for (struct fact *member = set->members, *after; member != NULL; member = after) {
        after = member->next.in_set;
        make_final(facts, member, day);
    }
}

/* What is pending has gone: the others of its set need not wait for it. */
static void drop_next(const struct facts *facts, struct fact *fact, int32_t day)
{
    struct fact_set *set = fact->next.set;
    struct fact **link = set == NULL ? NULL : &set->members;
    bool was_ready = fact->next.is_ready;
    struct fact *after = fact->next.in_set;
    fact->next = (struct fact_next){.is_there = false};
    if (set == NULL)
        return;
    while (*link != fact)
        link = &(*link)->next.in_set;
    *link = after;
    set->count--;
    set->ready -= was_ready;
    if (set->count == 0 || set->ready < set->count)
        return;
    for (struct fact *member = set->members; member != NULL; member = after) {
        after = member->next.in_set;
        make_final(facts, member, day);
    }
}

/* Ready by now? */
static void settle(const struct facts *facts, struct fact *fact, int32_t day)
{
    if (ready_day(facts, fact) <= day)
        get_ready(facts, fact, day);
}

/* ---- what can follow what ---- */

static struct slice said(const char *text)
{
    return slice_str(text);
}

MUST_CHECK static struct slice late_dispute(const struct facts *facts, const struct fact *fact, uint32_t metric,
                                            int32_t day)
{
    int32_t last = terms_dispute_day(facts->terms, metric, fact->final);
    char text[DAY_TEXT_LEN + 1];
    if (last == DAY_MIN)
        return said("is final, and its metric says no `disputes within`");
    if (day <= last)
        return SLICE("");
    day_format(last, text);
    return arena_printf(facts->places.arena, "could be disputed until %s", text);
}

MUST_CHECK static struct slice problem_of_next(const struct fact *fact, const struct history_event *event)
{
    bool is_pending = fact != NULL && fact->next.is_there;
    if (is_pending && fact->standing == FACT_GONE && event->deed == HISTORY_RESULT)
        return said("was submitted and is not final; say \"verified\": true without a value when it is");
    if (event->deed == HISTORY_RESULT)
        return fact == NULL || fact->standing == FACT_GONE
                   ? SLICE("")
                   : said("has a final result already; say \"restated\": true to replace it");
    if (fact != NULL && (fact->standing == FACT_DISPUTED || (fact->next.is_held && event->deed == HISTORY_RESTATED)))
        return said("is disputed; say how that is \"decided\" first");
    if (is_pending && fact->standing == FACT_FINAL)
        return said("has an open restatement already; say \"verified\": true when it is final");
    if (fact != NULL && fact->standing == FACT_FINAL)
        return SLICE("");
    if (is_pending && event->deed == HISTORY_WITHDRAWN && !event->is_pending)
        return SLICE("");
    return said(event->deed == HISTORY_RESTATED ? "has no final result to restate; leave \"restated\" out of its first one"
                                                : "has no final result to withdraw; check the dimensions");
}

MUST_CHECK static struct slice problem_of_verification(const struct facts *facts, const struct fact *fact, uint32_t metric,
                                                       const struct history_event *event, uint64_t *bit)
{
    const struct terms_metric *m = terms_metric(facts->terms, metric);
    *bit = 0;
    if (fact != NULL && is_open_dispute(fact))
        return said("is disputed and cannot become final; say how that is \"decided\" first");
    if (fact == NULL || !fact->next.is_there)
        return said("has nothing pending to verify; check the dimensions");
    for (uint32_t i = 0; i < m->verifier_count && i < 64; i++)
        if (slice_equal(terms_party(facts->terms, m->verifiers[i])->name, event->verifier))
            *bit = UINT64_C(1) << i;
    if (event->verifier.len == 0 || *bit != 0)
        return SLICE("");
    return said("is not verified by that party; the terms say by whom");
}

MUST_CHECK static struct slice problem_of(const struct facts *facts, const struct fact *fact, uint32_t metric,
                                          const struct history_event *event, int32_t day, uint64_t *bit)
{
    bool is_disputed = fact != NULL && is_open_dispute(fact);
    switch (event->deed) {
    case HISTORY_RESULT:
    case HISTORY_RESTATED:
    case HISTORY_WITHDRAWN:
        return problem_of_next(fact, event);
    case HISTORY_VERIFIED:
        return problem_of_verification(facts, fact, metric, event, bit);
    case HISTORY_REJECTED:
        return fact != NULL && fact->next.is_there ? SLICE("")
                                                   : said("has nothing pending to reject; check the dimensions");
    case HISTORY_DISPUTED:
        if (is_disputed)
            return said("is disputed already");
        if (fact == NULL || (fact->standing == FACT_GONE && !fact->next.is_there))
            return said("has no result to dispute; check the dimensions");
        return fact->next.is_there ? SLICE("") : late_dispute(facts, fact, metric, day);
    case HISTORY_STANDS:
    case HISTORY_REPLACED:
    case HISTORY_ANNULLED:
    case HISTORY_FINAL:
        break;
    }
    return is_disputed ? SLICE("")
                       : said("is not disputed, so there is nothing to decide; check the dimensions and the days for a "
                              "decision");
}

/* ---- deeds ---- */

MUST_CHECK static enum tally_code join_set(struct facts *facts, struct fact *fact, struct slice name, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    void *found = places_find(&facts->sets, 0, name);
    if (found == NULL)
        TRY(places_add(&facts->sets, 0, name, sizeof(struct fact_set), &found, err));
    struct fact_set *set = found;
    fact->next.set = set;
    fact->next.in_set = set->members;
    set->members = fact;
    set->count++;
done:
    return rc;
}

/* A result, restatement or withdrawal: pending, or final at once. */
MUST_CHECK static enum tally_code submit(struct facts *facts, struct fact *fact, const struct history_event *event,
                                         int32_t day, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool was_pending = fact->next.is_there;
    if (was_pending)
        drop_next(facts, fact, day); /* withdrawn before it was final; its dispute goes with it */
    if (event->deed == HISTORY_RESULT)
        fact->submitted = event->submitted;
    if (was_pending && fact->standing == FACT_GONE)
        return TALLY_OK;
    fact->next = (struct fact_next){.is_there = true,
                                    .withdraws = event->deed == HISTORY_WITHDRAWN,
                                    .value = event->value,
                                    .seq = event->seq,
                                    .submitted = event->deed == HISTORY_RESULT ? event->submitted : day,
                                    .verified = DAY_NEVER};
    if (!event->is_pending)
        make_final(facts, fact, day);
    else if (event->set.len > 0)
        TRY(join_set(facts, fact, event->set, err));
done:
    return rc;
}

static uint32_t bits(uint64_t set)
{
    return (uint32_t) __builtin_popcountll(set);
}

static void verify(const struct facts *facts, struct fact *fact, uint32_t metric, uint64_t bit, int32_t day)
{
    fact->next.verifiers |= bit;
    if (bit == 0 || bits(fact->next.verifiers) >= terms_metric(facts->terms, metric)->quorum)
        fact->next.verified = day;
    bool has_policy = terms_metric(facts->terms, metric)->verifier_count > 0;
    if (!has_policy && fact->next.verified == day)
        get_ready(facts, fact, day); /* whoever says that it is verified says that it is final */
    else
        settle(facts, fact, day);
}

static void dispute(const struct facts *facts, struct fact *fact, int32_t day)
{
    if (fact->next.is_there) {
        if (fact->next.is_ready)
            fact->next.set->ready--; /* only what waits for its set is ready and not final */
        fact->next.is_ready = false;
        fact->next.is_held = true;
    } else {
        fact->standing = FACT_DISPUTED;
    }
    fact->lapses = terms_lapse_day(facts->terms, day);
}

static void decide(const struct facts *facts, struct fact *fact, const struct history_event *event, int32_t day)
{
    bool was_held = fact->next.is_held;
    fact->next.is_held = false;
    fact->lapses = DAY_NEVER;
    if (fact->standing == FACT_DISPUTED)
        fact->standing = FACT_FINAL;
    if (event->deed == HISTORY_ANNULLED && was_held) {
        drop_next(facts, fact, day);
    } else if (event->deed == HISTORY_ANNULLED) {
        fact->standing = FACT_GONE;
    } else if (event->deed == HISTORY_REPLACED) { /* final at once */
        if (was_held)
            drop_next(facts, fact, day);
        fact->next = (struct fact_next){.is_there = true, .value = event->value, .seq = event->seq};
        make_final(facts, fact, day);
    } else {
        settle(facts, fact, day);
    }
}

/* ---- which chain ---- */

static bool is_used_before(const struct fact *a, const struct fact *b)
{
    bool has_a = a->standing != FACT_GONE, has_b = b->standing != FACT_GONE;
    if (has_a != has_b)
        return has_a;
    if (has_a)
        return a->became_final < b->became_final;
    return a->next.is_there && !b->next.is_there;
}

/* S2: the chain that was first final; without one, one that is pending. */
static struct fact *used_of(const struct fact_keys *keys)
{
    struct fact *used = keys->first;
    for (struct fact *fact = keys->first; fact != NULL; fact = fact->other)
        if (is_used_before(fact, used))
            used = fact;
    return used;
}

const struct fact *facts_find(const struct facts *facts, uint32_t metric, struct slice key, struct slice reporter)
{
    const struct fact_keys *keys = places_find(&facts->places, metric, key);
    if (keys == NULL)
        return NULL;
    for (const struct fact *fact = keys->first; fact != NULL && reporter.len > 0; fact = fact->other)
        if (slice_equal(fact->reporter, reporter))
            return fact;
    return reporter.len > 0 ? NULL : used_of(keys);
}

MUST_CHECK static enum tally_code chain_make(struct facts *facts, uint32_t metric, struct slice key, struct slice reporter,
                                             struct fact **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    void *found = places_find(&facts->places, metric, key);
    struct fact *fact = ARENA_NEW(facts->places.arena, struct fact);
    if (fact == NULL)
        return no_memory(err);
    if (found == NULL)
        TRY(places_add(&facts->places, metric, key, sizeof(struct fact_keys), &found, err));
    struct fact_keys *keys = found;
    struct place *place = ARENA_NEW(facts->places.arena, struct place);
    if (place == NULL)
        return no_memory(err);
    *place = (struct place){metric, key, keys};
    *fact =
        (struct fact){.reporter = reporter, .lapses = DAY_NEVER, .clock = DAY_NEVER, .place = place, .other = keys->first};
    keys->first = fact;
    *out = fact;
done:
    return rc;
}

enum tally_code facts_apply(struct facts *facts, const struct history_event *event, uint32_t metric, struct slice key,
                            int32_t day, struct slice *why, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint64_t bit = 0;
    struct fact *fact = (struct fact *) (uintptr_t) facts_find(facts, metric, key, event->reporter);
    *why = problem_of(facts, fact, metric, event, day, &bit);
    if (why->ptr == NULL)
        return no_memory(err);
    if (why->len > 0)
        return TALLY_OK;
    if (fact == NULL)
        TRY(chain_make(facts, metric, key, event->reporter, &fact, err));
    ENSURE(fact != NULL);
    switch (event->deed) {
    case HISTORY_RESULT:
    case HISTORY_RESTATED:
    case HISTORY_WITHDRAWN:
        TRY(submit(facts, fact, event, day, err));
        break;
    case HISTORY_VERIFIED:
        verify(facts, fact, metric, bit, day);
        break;
    case HISTORY_REJECTED:
        drop_next(facts, fact, day);
        break;
    case HISTORY_DISPUTED:
        dispute(facts, fact, day);
        break;
    case HISTORY_STANDS:
    case HISTORY_REPLACED:
    case HISTORY_ANNULLED:
    case HISTORY_FINAL:
        decide(facts, fact, event, day);
        break;
    }
    TRY(set_clock(facts, fact, err));
done:
    return rc;
}

/* ---- what the clock does ---- */

int32_t facts_next_tick(struct facts *facts)
{
    while (facts->tick_count > 0 && facts->ticks[0].fact->clock != facts->ticks[0].day)
        tick_drop(facts);
    return facts->tick_count == 0 ? DAY_NEVER : facts->ticks[0].day;
}

static struct history_event tick_event(const struct facts *facts, struct fact *fact, int32_t day)
{
    struct history_event event = {.deed = HISTORY_FINAL,
                                  .is_lapse = true,
                                  .contract = facts->contract,
                                  .terms = facts->terms,
                                  .metric = fact->place->group,
                                  .key = fact->place->key,
                                  .value = fact->next.value};
    if (is_open_dispute(fact)) {
        event.deed = terms_disputes_fall(facts->terms) ? HISTORY_ANNULLED : HISTORY_STANDS;
        decide(facts, fact, &event, day);
    } else {
        settle(facts, fact, day);
    }
    return event;
}

enum tally_code facts_tick(struct facts *facts, int32_t day, struct arena *arena, struct history_event **events,
                           size_t *count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    size_t cap = 0;
    struct history_event *list = NULL;
    *count = 0;
    while (facts_next_tick(facts) <= day) {
        struct fact *fact = facts->ticks[0].fact;
        if (*count == cap) {
            cap = cap == 0 ? 16 : cap * 2;
            struct history_event *grown = ARENA_ARRAY(arena, cap, struct history_event);
            if (grown == NULL)
                return no_memory(err);
            if (list != NULL)
                memcpy(grown, list, *count * sizeof *grown);
            list = grown;
        }
        list[(*count)++] = tick_event(facts, fact, facts->ticks[0].day);
        tick_drop(facts);
        fact->clock = DAY_NEVER;
        TRY(set_clock(facts, fact, err));
    }
    *events = list;
done:
    return rc;
}

enum tally_code facts_list(const struct facts *facts, struct arena *arena, struct engine_fact **out, size_t *count,
                           struct err *err)
{
    static const enum engine_standing standings[] = {
        [FACT_GONE] = ENGINE_PENDING, [FACT_FINAL] = ENGINE_FINAL, [FACT_DISPUTED] = ENGINE_DISPUTED};
    struct engine_fact *list = ARENA_ARRAY(arena, facts->places.count + 1, struct engine_fact);
    size_t n = 0;
    if (list == NULL)
        return no_memory(err);
    for (size_t i = 0; i < facts->places.count; i++) {
        const struct place *place = &facts->places.items[i];
        const struct fact *fact = used_of(place->value);
        if (fact->standing == FACT_GONE && !fact->next.is_there)
            continue;
        bool is_pending = fact->standing == FACT_GONE;
        list[n++] = (struct engine_fact){.metric = place->group,
                                         .key = place->key,
                                         .value = is_pending ? fact->next.value : fact->value,
                                         .standing = standings[fact->standing],
                                         .submitted = fact->submitted,
                                         .seq = is_pending ? fact->next.seq : fact->seq,
                                         .became_final = fact->became_final};
    }
    *out = list;
    *count = n;
    return TALLY_OK;
}
