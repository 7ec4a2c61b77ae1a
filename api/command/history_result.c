/* One deed of a history: which contract's, which metric's, whose, and what it leaves. It is read by every text of its contract, for
 * a result may fit one of them and not another (language.md S1, V2). */
#include "history_internal.h"

#define DIMENSIONS_READ_MAX 16 /* of one result: a text cannot ask for more */

MUST_CHECK static enum tally_code deed_decided(const struct reading *r, const json_t *result, struct history_event *event)
{
    static const struct {
        const char *name;
        enum history_deed deed;
    } rows[] = {{"stands", HISTORY_STANDS}, {"replaced", HISTORY_REPLACED}, {"annulled", HISTORY_ANNULLED}};
    const char *text = json_string_value(json_object_get(result, "decided"));
    for (size_t i = 0; text != NULL && i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, text) == 0) {
            event->deed = rows[i].deed;
            return TALLY_OK;
        }
    }
    return BAD(r, "/decided", "is none of \"stands\", \"replaced\" (with the new \"value\") and \"annulled\"");
}

/* Which one thing happened. */
MUST_CHECK static enum tally_code deed_take(const struct reading *r, const json_t *result, struct history_event *event)
{
    static const struct {
        const char *name;
        enum history_deed deed;
    } rows[] = {{"restated", HISTORY_RESTATED},
                {"withdrawn", HISTORY_WITHDRAWN},
                {"verified", HISTORY_VERIFIED},
                {"rejected", HISTORY_REJECTED},
                {"disputed", HISTORY_DISPUTED}};
    enum tally_code rc = TALLY_OK;
    const char *said = NULL;
    event->deed = HISTORY_RESULT;
    TRY(take_flag(r, result, "pending", &event->is_pending));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool is_so = false;
        TRY(take_flag(r, result, rows[i].name, &is_so));
        if (is_so && said != NULL)
            return BAD(r, "", "is both %s and %s; say each in a result of its own", said, rows[i].name);
        if (is_so) {
            said = rows[i].name;
            event->deed = rows[i].deed;
        }
    }
    if (json_object_get(result, "decided") != NULL) {
        if (said != NULL)
            return BAD(r, "", "is both %s and decided; say each in a result of its own", said);
        TRY(deed_decided(r, result, event));
    }
    if (event->is_pending && event->deed > HISTORY_WITHDRAWN)
        return BAD(r, "/pending", "only a result, a restatement or a withdrawal can be pending; take it out");
done:
    return rc;
}

static const struct history_contract *contract_of(const struct reading *r, const struct history_event *event)
{
    return &r->history->contracts[event->contract];
}

MUST_CHECK static enum tally_code contract_take(const struct reading *r, const json_t *result, struct history_event *event)
{
    const json_t *json = json_object_get(result, "contract");
    event->contract = r->history->main;
    if (json == NULL)
        return TALLY_OK;
    if (!json_is_string(json))
        return BAD(r, "/contract", "is not the name of a contract; write it in quotes");
    for (uint32_t i = 0; i < r->history->contract_count; i++)
        if (slice_is(r->history->contracts[i].slug, json_string_value(json))) {
            event->contract = i;
            return TALLY_OK;
        }
    return BAD(r, "/contract", "no text of \"texts\" is of a contract %.100s", json_string_value(json));
}

MUST_CHECK static enum tally_code metric_unknown(const struct reading *r, const struct terms *terms, struct slice name)
{
    uint32_t count = terms_metric_count(terms);
    struct slice *names = ARENA_ARRAY(r->arena, (size_t) count + 1, struct slice);
    for (uint32_t i = 0; names != NULL && i < count; i++)
        names[i] = terms_metric(terms, i)->name;
    struct slice nearest = names == NULL ? SLICE("") : ast_nearest(name, names, count);
    if (nearest.len > 0)
        return BAD(r, "/metric", "the terms have no metric `%.*s`; did you mean `%.*s`?", SLICE_ARG(name),
                   SLICE_ARG(nearest));
    return BAD(r, "/metric", "the terms have no metric `%.*s`; `tally terms show` lists them", SLICE_ARG(name));
}

/* By the newest text that has it. */
MUST_CHECK static enum tally_code metric_take(const struct reading *r, const json_t *result, struct history_event *event)
{
    enum tally_code rc = TALLY_OK;
    const struct history_contract *contract = contract_of(r, event);
    const char *pointer = "";
    struct slice name = SLICE("");
    TRY(take_pointer(r, "/metric", &pointer));
    if (json_object_get(result, "metric") == NULL)
        return BAD(r, "", "says no \"metric\"; name the metric of the terms that it is a result of");
    TRY(take_text(r, json_object_get(result, "metric"), pointer, &name));
    event->metric = TERMS_NONE;
    for (uint32_t k = contract->text_count; k-- > 0 && event->metric == TERMS_NONE;) {
        event->terms = contract->texts[k]->terms;
        event->metric = terms_find_metric(event->terms, name);
    }
    if (event->metric == TERMS_NONE)
        return metric_unknown(r, contract->texts[contract->text_count - 1]->terms, name);
    if (terms_metric(event->terms, event->metric)->source == AST_SOURCE_SETTLEMENTS)
        return BAD(r, "/metric", "`%.*s` is what was settled; say it as \"settled\" of the step", SLICE_ARG(name));
    if (terms_metric(event->terms, event->metric)->source == AST_SOURCE_USED)
        return BAD(r, "/metric", "`%.*s` comes from another contract; say there what is reported", SLICE_ARG(name));
done:
    return rc;
}

MUST_CHECK static enum tally_code dimensions_take(const struct reading *r, const json_t *result,
                                                  struct terms_candidate *candidate)
{
    enum tally_code rc = TALLY_OK;
    const json_t *object = json_object_get(result, "dimensions");
    const char *name, *pointer = "";
    json_t *member;
    if (object == NULL)
        return TALLY_OK;
    if (!json_is_object(object) || json_object_size(object) > DIMENSIONS_READ_MAX)
        return BAD(r, "/dimensions", "is not an object of at most %d dimensions and members, {\"arm\": \"programme\"}",
                   DIMENSIONS_READ_MAX);
    struct terms_dimension_value *dims = ARENA_ARRAY(r->arena, json_object_size(object) + 1, struct terms_dimension_value);
    if (dims == NULL)
        return err_set(r->err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    json_object_foreach((json_t *) (uintptr_t) object, name, member)
    {
        struct terms_dimension_value *dim = &dims[candidate->dimension_count++];
        TRY(take_pointer(r, "/dimensions", &pointer));
        TRY(take_text(r, member, pointer, &dim->member));
        TRY(arena_copy(r->arena, name, strlen(name), &dim->name, r->err));
    }
    candidate->dimensions = dims;
done:
    return rc;
}

/* Is it a class that stands there in the place of a party? */
static const struct terms_class *class_of(const struct terms *terms, uint32_t party)
{
    for (uint32_t i = 0; party >= terms_party_count(terms) && party != TERMS_NONE && i < terms_class_count(terms); i++)
        if (slice_equal(terms_class(terms, i)->name, terms_party(terms, party)->name))
            return terms_class(terms, i);
    return NULL;
}

/* The class by which a metric is reported, or NULL. */
static const struct terms_class *reporting_class(const struct terms *terms, uint32_t metric)
{
    const struct terms_metric *m = terms_metric(terms, metric);
    for (uint32_t i = 0; i < m->reporter_count; i++)
        if (class_of(terms, m->reporters[i]) != NULL)
            return class_of(terms, m->reporters[i]);
    return NULL;
}

static struct slice member_said(const struct terms_candidate *candidate, struct slice dimension)
{
    for (uint32_t i = 0; i < candidate->dimension_count; i++)
        if (slice_equal(candidate->dimensions[i].name, dimension))
            return candidate->dimensions[i].member;
    return SLICE("");
}

MUST_CHECK static enum tally_code party_take(const struct reading *r, const json_t *result, const char *member,
                                             const struct history_event *event, struct slice *out)
{
    enum tally_code rc = TALLY_OK;
    const json_t *json = json_object_get(result, member);
    struct slice behind = arena_printf(r->arena, "/%s", member);
    *out = SLICE("");
    if (json == NULL)
        return TALLY_OK;
    if (behind.ptr == NULL)
        return take_no_memory(r);
    if (!json_is_string(json))
        return BAD(r, behind.ptr, "is not the name of a party; write it in quotes");
    bool is_party = terms_find_party(event->terms, slice_str(json_string_value(json))) != TERMS_NONE;
    if (!is_party && reporting_class(event->terms, event->metric) == NULL)
        return BAD(r, behind.ptr, "the terms have no party `%.100s`", json_string_value(json));
    TRY(arena_copy(r->arena, json_string_value(json), json_string_length(json), out, r->err));
done:
    return rc;
}

/* Who did it: who reports, whoever verifies or disputes; and whose result that is, where several report. */
MUST_CHECK static enum tally_code people_take(const struct reading *r, const json_t *result,
                                              const struct terms_candidate *candidate, struct history_event *event)
{
    enum tally_code rc = TALLY_OK;
    struct slice by = SLICE("");
    TRY(party_take(r, result, "by", event, &by));
    TRY(party_take(r, result, "reporter", event, &event->reporter));
    if (event->deed <= HISTORY_WITHDRAWN && event->reporter.len > 0)
        return BAD(r, "/reporter", "is whose result is verified or disputed; who reports says \"by\"");
    if (event->deed <= HISTORY_WITHDRAWN)
        event->reporter = by;
    if (event->deed == HISTORY_VERIFIED)
        event->verifier = by;
    const struct terms_metric *m = terms_metric(event->terms, event->metric);
    if (event->deed == HISTORY_RESULT && by.len == 0 && m->reporter_count > 0) {
        const struct terms_class *of = class_of(event->terms, m->reporters[0]);
        event->reporter = of == NULL ? terms_party(event->terms, m->reporters[0])->name : member_said(candidate, of->name);
    }
done:
    return rc;
}

/* The key of what carries no value: it has to be one that a result was read for. */
MUST_CHECK static enum tally_code key_take(const struct reading *r, const struct terms *terms, uint32_t metric,
                                           const struct terms_candidate *candidate, struct slice *key)
{
    const struct terms_metric *m = terms_metric(terms, metric);
    struct slice text = SLICE("");
    for (uint32_t i = 0; i < m->by_count; i++) {
        struct slice name = terms_dimension(terms, m->by[i])->name;
        const struct terms_dimension_value *found = NULL;
        for (uint32_t k = 0; k < candidate->dimension_count; k++)
            if (slice_equal(candidate->dimensions[k].name, name))
                found = &candidate->dimensions[k];
        if (found == NULL)
            return BAD(r, "/dimensions", "does not say its `%.*s`; add it", SLICE_ARG(name));
        text = arena_printf(r->arena, "%.*s%s%.*s", SLICE_ARG(text), i == 0 ? "" : "|", SLICE_ARG(found->member));
        if (text.ptr == NULL)
            return take_no_memory(r);
    }
    *key = text;
    return TALLY_OK;
}

static bool has_value(enum history_deed deed)
{
    return deed == HISTORY_RESULT || deed == HISTORY_RESTATED || deed == HISTORY_REPLACED;
}

/* Who reported it, and when its chain began: whether something was in time goes by that (S1, M2). */
MUST_CHECK static enum tally_code chain_take(const struct reading *r, const struct history_event *event, uint32_t text,
                                             uint32_t metric, struct terms_candidate *candidate)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = contract_of(r, event)->texts[text]->terms;
    const struct terms_metric *m = terms_metric(terms, metric);
    struct slice key = SLICE(""), reporter = event->reporter;
    candidate->submitted = event->submitted;
    if (event->deed != HISTORY_RESULT) {
        TRY(key_take(r, terms, metric, candidate, &key));
        const struct fact *fact = facts_find(&r->facts[event->contract][text], metric, key, reporter);
        if (fact != NULL) {
            candidate->submitted = fact->submitted;
            reporter = fact->reporter;
        }
    }
    candidate->member = reporter;
    candidate->reporter = reporter.len > 0        ? terms_find_party(terms, reporter)
                          : m->reporter_count > 0 ? m->reporters[0]
                                                  : TERMS_NONE;
done:
    return rc;
}

/* By one text: does it fit, and if not, why? what is too late alone is no mistake of whoever wrote the file. */
MUST_CHECK static enum tally_code fit_take(const struct reading *r, struct history_event *event, uint32_t text,
                                           const struct terms_candidate *said, struct history_fit *fit, struct slice *why)
{
    enum tally_code rc = TALLY_OK;
    const struct terms *terms = contract_of(r, event)->texts[text]->terms;
    struct terms_candidate candidate = *said;
    struct slice ignored = SLICE("");
    fit->metric = terms_find_metric(terms, terms_metric(event->terms, event->metric)->name);
    if (fit->metric == TERMS_NONE)
        return TALLY_OK;
    if (!has_value(event->deed)) {
        fit->fits = true;
        return key_take(r, terms, fit->metric, &candidate, &fit->key);
    }
    candidate.value = event->value;
    TRY(chain_take(r, event, text, fit->metric, &candidate));
    TRY(terms_fit(terms, fit->metric, &candidate, r->arena, &fit->fits, &fit->key, why, r->err));
    if (fit->fits || event->deed != HISTORY_RESULT)
        return TALLY_OK;
    candidate.submitted = DAY_MIN;
    TRY(terms_fit(terms, fit->metric, &candidate, r->arena, &event->is_late, &event->key, &ignored, r->err));
done:
    return rc;
}

/* The members of a class are those who have joined it. */
MUST_CHECK static enum tally_code members_joined(const struct reading *r, const struct history_event *event,
                                                 const struct terms_candidate *candidate)
{
    for (uint32_t i = 0; i < terms_class_count(event->terms); i++) {
        struct slice name = terms_class(event->terms, i)->name, member = member_said(candidate, name);
        if (member.len > 0 && !has_joined(r, event->contract, name, member))
            return BAD(r, "/dimensions",
                       "%.*s has not joined `%.*s`; say in a step before who has: \"joined\": {\"%.*s\": [...]}",
                       SLICE_ARG(member), SLICE_ARG(name), SLICE_ARG(name));
    }
    return TALLY_OK;
}

MUST_CHECK static enum tally_code fits_take(const struct reading *r, struct history_event *event,
                                            const struct terms_candidate *candidate)
{
    enum tally_code rc = TALLY_OK;
    const struct history_contract *contract = contract_of(r, event);
    struct history_fit *fits = ARENA_ARRAY(r->arena, contract->text_count, struct history_fit);
    struct slice why = SLICE("");
    bool is_late = false, fits_any = false;
    if (fits == NULL)
        return take_no_memory(r);
    for (uint32_t k = 0; k < contract->text_count; k++) {
        event->is_late = false;
        TRY(fit_take(r, event, k, candidate, &fits[k], &why));
        is_late = is_late || event->is_late;
        fits_any = fits_any || fits[k].fits;
        if (fits[k].fits && contract->texts[k]->terms == event->terms)
            event->key = fits[k].key;
        else if (fits[k].fits && event->key.ptr == NULL)
            event->key = fits[k].key;
    }
    event->is_late = is_late && !fits_any;
    event->fits = fits;
    if (!fits_any && !is_late)
        return BAD(r, "", "does not fit `%.*s`: %.*s", SLICE_ARG(terms_metric(event->terms, event->metric)->name),
                   SLICE_ARG(why));
done:
    return rc;
}

MUST_CHECK static enum tally_code submitted_take(const struct reading *r, const json_t *result, int32_t day,
                                                 struct history_event *event)
{
    enum tally_code rc = TALLY_OK;
    const json_t *json = json_object_get(result, "submitted");
    const char *pointer = "";
    event->submitted = day;
    if (json == NULL)
        return TALLY_OK;
    TRY(take_pointer(r, "/submitted", &pointer));
    if (event->deed != HISTORY_RESULT)
        return BAD(r, "/submitted", "only the first result of its key has a day of submission; take it out");
    TRY(take_day(r, json, pointer, &event->submitted));
    if (event->submitted > day)
        return BAD(r, "/submitted", "is later than the day on which it is final");
done:
    return rc;
}

MUST_CHECK static enum tally_code value_take(const struct reading *r, const json_t *result, struct history_event *event)
{
    enum tally_code rc = TALLY_OK;
    const char *pointer = "";
    const json_t *set = json_object_get(result, "set");
    if (has_value(event->deed) && json_object_get(result, "value") == NULL)
        return BAD(r, "", "says no \"value\"");
    if (!has_value(event->deed) && json_object_get(result, "value") != NULL)
        return BAD(r, "/value", "what is withdrawn, verified, disputed, or stands has no value; take it out");
    if (set != NULL && !event->is_pending)
        return BAD(r, "/set", "only what is pending waits for its set; take it out, or add \"pending\": true");
    TRY(take_pointer(r, "/value", &pointer));
    if (has_value(event->deed))
        TRY(take_text(r, json_object_get(result, "value"), pointer, &event->value));
    TRY(take_pointer(r, "/set", &pointer));
    if (set != NULL)
        TRY(take_text(r, set, pointer, &event->set));
done:
    return rc;
}

/* What the deed leaves, by each text that it fits; refused when it can follow by none. */
MUST_CHECK static enum tally_code apply(const struct reading *r, const struct history_event *event, int32_t day)
{
    enum tally_code rc = TALLY_OK;
    const struct history_contract *contract = contract_of(r, event);
    struct slice first = SLICE("");
    bool is_applied = event->is_late;
    for (uint32_t k = 0; k < contract->text_count; k++) {
        struct slice why = SLICE("");
        if (!event->fits[k].fits)
            continue;
        TRY(facts_apply(&r->facts[event->contract][k], event, event->fits[k].metric, event->fits[k].key, day, &why,
                        r->err));
        is_applied = is_applied || why.len == 0;
        first = first.len == 0 ? why : first;
    }
    if (is_applied)
        return TALLY_OK;
    struct slice name = history_metric_text(event->terms, event->metric, event->key, r->arena);
    return BAD(r, "", "%.*s %.*s", SLICE_ARG(name), SLICE_ARG(first));
done:
    return rc;
}

enum tally_code take_result(struct reading *r, const json_t *result, int32_t day, struct history_event *event)
{
    static const char *const names[] = {"metric",    "dimensions", "value",    "by",        "reporter", "contract",
                                        "submitted", "pending",    "restated", "withdrawn", "verified", "rejected",
                                        "disputed",  "decided",    "set",      "note",      NULL};
    enum tally_code rc = TALLY_OK;
    const char *pointer = "";
    struct terms_candidate candidate = {0};
    if (!json_is_object(result))
        return BAD(r, "", "is not an object, {\"metric\", \"dimensions\", \"value\"}");
    TRY(take_pointer(r, "", &pointer));
    TRY(take_members(r, result, pointer, names));
    TRY(deed_take(r, result, event));
    TRY(contract_take(r, result, event));
    TRY(metric_take(r, result, event));
    TRY(dimensions_take(r, result, &candidate));
    TRY(submitted_take(r, result, day, event));
    event->seq = ++r->history->event_count;
    TRY(value_take(r, result, event));
    TRY(people_take(r, result, &candidate, event));
    TRY(members_joined(r, event, &candidate));
    TRY(fits_take(r, event, &candidate));
    TRY(apply(r, event, day));
done:
    return rc;
}
