/* What came, in the words of a trace (language.md section 9). */
#include "history_internal.h"
#include "tally/buf.h"

#define TITLE_EVENTS_MAX 12 /* named in a title; the rest is counted: more would be read by nobody */
#define TITLE_BYTES_MAX ((size_t) 64 << 10)
#define PERIOD_TEXT_LEN (2 * DAY_TEXT_LEN + 1) /* 2016-01-01/2016-03-31 */

struct slice history_key_text(const struct terms *terms, const uint32_t *dims, uint32_t count, struct slice key,
                              struct arena *arena)
{
    struct slice text = SLICE("");
    const char *at = key.ptr;
    if (count == 0)
        return SLICE("one");
    for (uint32_t i = 0; i < count && text.ptr != NULL; i++) {
        size_t left = key.len - (size_t) (at - key.ptr);
        const char *end = left == 0 ? NULL : memchr(at, '|', left);
        struct slice member = slice_of(at, end == NULL ? left : (size_t) (end - at));
        at = end == NULL ? key.ptr + key.len : end + 1;
        if (terms_dimension(terms, dims[i])->kind == TERMS_PERIOD && member.len == PERIOD_TEXT_LEN)
            member.len = DAY_TEXT_LEN;
        text = arena_printf(arena, "%.*s%s%.*s", SLICE_ARG(text), i == 0 ? "" : ", ", SLICE_ARG(member));
    }
    return text;
}

struct slice history_metric_text(const struct terms *terms, uint32_t metric, struct slice key, struct arena *arena)
{
    const struct terms_metric *m = terms_metric(terms, metric);
    if (m->by_count == 0)
        return m->name;
    struct slice members = history_key_text(terms, m->by, m->by_count, key, arena);
    if (members.ptr == NULL)
        return members;
    return arena_printf(arena, "%.*s(%.*s)", SLICE_ARG(m->name), SLICE_ARG(members));
}

/* What events are told together under. */
static const char *head_of(const struct history_event *event)
{
    switch (event->deed) {
    case HISTORY_RESULT:
        return event->is_late ? "submitted too late, not used" : event->is_pending ? "submitted" : "final";
    case HISTORY_RESTATED:
    case HISTORY_WITHDRAWN:
        return event->is_pending ? "restated, not verified" : "restated, verified";
    case HISTORY_VERIFIED:
        return "verified";
    case HISTORY_REJECTED:
        return "rejected";
    case HISTORY_DISPUTED:
        return "disputed";
    case HISTORY_FINAL:
        return "final, as its days have passed";
    case HISTORY_STANDS:
    case HISTORY_REPLACED:
    case HISTORY_ANNULLED:
        break;
    }
    return event->is_lapse ? "not decided in time" : "decided";
}

MUST_CHECK static enum tally_code add_event(const struct history_event *event, const char **head, struct arena *arena,
                                            struct buf *out, struct err *err)
{
    const char *now = head_of(event);
    struct slice name = history_metric_text(event->terms, event->metric, event->key, arena);
    if (name.ptr == NULL)
        return err_set(err, TALLY_E_LIMIT, "the history takes more memory than was granted");
    if (now != *head)
        buf_printf(out, "%s%s: ", out->len == 0 ? "" : "; ", now);
    else
        buf_add_str(out, ", ");
    *head = now;
    buf_add_slice(out, name);
    switch (event->deed) {
    case HISTORY_RESULT:
    case HISTORY_RESTATED:
        buf_printf(out, " = %.*s", SLICE_ARG(event->value));
        break;
    case HISTORY_WITHDRAWN:
        buf_add_str(out, " = withdrawn");
        break;
    case HISTORY_STANDS:
        buf_add_str(out, " stands");
        break;
    case HISTORY_REPLACED:
        buf_printf(out, " is %.*s", SLICE_ARG(event->value));
        break;
    case HISTORY_ANNULLED:
        buf_add_str(out, " is annulled");
        break;
    case HISTORY_VERIFIED:
        if (event->verifier.len > 0)
            buf_printf(out, " by %.*s", SLICE_ARG(event->verifier));
        break;
    case HISTORY_FINAL:
        if (event->value.len > 0)
            buf_printf(out, " = %.*s", SLICE_ARG(event->value));
        break;
    case HISTORY_REJECTED:
    case HISTORY_DISPUTED:
        break;
    }
    return TALLY_OK;
}

MUST_CHECK static enum tally_code add_events(const struct history_event *events, size_t count, struct arena *arena,
                                             struct buf *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *head = NULL;
    for (size_t i = 0; i < count && i < TITLE_EVENTS_MAX; i++)
        TRY(add_event(&events[i], &head, arena, out, err));
    if (count > TITLE_EVENTS_MAX)
        buf_printf(out, " and %zu more", count - TITLE_EVENTS_MAX);
done:
    return rc;
}

static void add_settled(const struct history_step *step, struct buf *out)
{
    for (size_t i = 0; i < step->settled_count && i < TITLE_EVENTS_MAX; i++)
        buf_printf(out, "%s%.*s %.*s",
                   i > 0           ? ", "
                   : out->len == 0 ? "settled: "
                                   : "; settled: ",
                   SLICE_ARG(step->settled[i].rule), SLICE_ARG(step->settled[i].amount));
    if (step->settled_count > TITLE_EVENTS_MAX)
        buf_printf(out, " and %zu more", step->settled_count - TITLE_EVENTS_MAX);
}

enum tally_code history_title(const struct terms *terms, const struct history_moment *moment, struct arena *arena,
                              struct slice *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf text;
    (void) terms; /* each event knows the text that names it */
    buf_init(&text, TITLE_BYTES_MAX);
    TRY(add_events(moment->lapses, moment->lapse_count, arena, &text, err));
    if (moment->step != NULL && moment->step->title.len > 0)
        buf_printf(&text, "%s%.*s", text.len == 0 ? "" : "; ", SLICE_ARG(moment->step->title));
    else if (moment->step != NULL && moment->step->count > 0) {
        if (text.len > 0)
            buf_add_str(&text, "; ");
        struct buf events;
        buf_init(&events, TITLE_BYTES_MAX);
        rc = add_events(moment->step->events, moment->step->count, arena, &events, err);
        buf_add_slice(&text, buf_slice(&events));
        buf_release(&events);
        TRY(rc);
    }
    if (moment->step != NULL && moment->step->title.len == 0)
        add_settled(moment->step, &text);
    if (moment->step != NULL && moment->step->amended != TERMS_NONE && moment->step->title.len == 0)
        buf_printf(&text, "%sversion %u of the terms is in force", text.len == 0 ? "" : "; ", moment->step->number);
    if (text.len == 0)
        buf_add_str(&text, "the day comes");
    TRY(buf_check(&text, err));
    TRY(arena_copy(arena, text.ptr, text.len, out, err));
done:
    buf_release(&text);
    return rc;
}
