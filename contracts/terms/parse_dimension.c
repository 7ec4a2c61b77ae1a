#include "parse.h"

void parse_unit(struct parse *p, struct ast_decl *d)
{
    d->u.unit_plural = parse_name(p, "the unit's plural, as in `unit child children`");
}

static uint8_t weekday(struct parse *p)
{
    static const char *const days[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
    for (uint8_t i = 0; i < 7; i++)
        if (parse_accept_word(p, days[i]))
            return i;
    parse_expected(p, "a day of the week");
    return 0;
}

/* A list of days: one, or from the first to the last; is_range where both must be there. */
static struct ast_spans *spans(struct parse *p, bool is_range)
{
    struct ast_spans *list = NULL;
    struct ast_spans **tail = &list;
    do {
        uint32_t first = p->at;
        struct ast_spans *s = PARSE_NEW(p, struct ast_spans);
        if (s == NULL)
            return list;
        s->from = parse_date(p, "a date");
        s->to = s->from;
        if (is_range)
            parse_expect_word(p, "to");
        if (is_range || parse_accept_word(p, "to"))
            s->to = parse_date(p, "the last day");
        s->span = parse_span(p, first);
        *tail = s;
        tail = &s->next;
    } while (parse_accept(p, TOKEN_COMMA));
    return list;
}

void parse_calendar(struct parse *p, struct ast_decl *d)
{
    d->u.calendar.first_weekday = weekday(p);
    parse_expect_word(p, "to");
    d->u.calendar.last_weekday = weekday(p);
    if (parse_accept_word(p, "except"))
        d->u.calendar.except = spans(p, false);
}

static void members(struct parse *p, struct ast_decl *d)
{
    struct ast_member **tail = &d->u.dimension.members;
    uint32_t open = p->at;
    parse_next(p);
    do {
        struct ast_member *m = PARSE_NEW(p, struct ast_member);
        if (m == NULL)
            return;
        m->name = parse_name(p, "the name of a member");
        if (parse_is(p, TOKEN_STRING))
            m->label = parse_string(p, "a label");
        *tail = m;
        tail = &m->next;
    } while (parse_accept(p, TOKEN_COMMA));
    parse_close(p, TOKEN_CLOSE, open);
}

void parse_dimension(struct parse *p, struct ast_decl *d)
{
    if (parse_is(p, TOKEN_OPEN)) {
        d->u.dimension.kind = AST_DIM_LIST;
        members(p, d);
    } else if (parse_is(p, TOKEN_NUMBER)) {
        d->u.dimension.kind = AST_DIM_RANGE;
        d->u.dimension.from = parse_whole_as_key(p);
        parse_expect_word(p, "to");
        d->u.dimension.to = parse_whole_as_key(p);
    } else if (parse_is_word(p, "persons") || parse_is_word(p, "open")) {
        d->u.dimension.kind = parse_is_word(p, "persons") ? AST_DIM_PERSONS : AST_DIM_OPEN;
        parse_next(p);
        parse_expect(p, TOKEN_COMMA, "`, at most` and a number");
        parse_expect_word(p, "at");
        parse_expect_word(p, "most");
        d->u.dimension.at_most = parse_whole(p, "how many at most");
    } else {
        parse_expected(p, "members in `( )`, a range such as `1 to 26`, `persons` or `open`");
    }
}

static enum ast_calunit calunit(struct parse *p)
{
    static const struct {
        const char *one, *several;
        enum ast_calunit unit;
    } units[] = {{"day", "days", AST_DAYS},
                 {"week", "weeks", AST_WEEKS},
                 {"month", "months", AST_MONTHS},
                 {"year", "years", AST_YEARS}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (parse_accept_word(p, units[i].one) || parse_accept_word(p, units[i].several))
            return units[i].unit;
    parse_expected(p, "`days`, `weeks`, `months` or `years`");
    return AST_DAYS;
}

void parse_period(struct parse *p, struct ast_decl *d)
{
    if (parse_accept_word(p, "every")) {
        d->u.period.is_every = true;
        d->u.period.count = parse_whole(p, "how many months or years");
        d->u.period.unit = calunit(p);
        parse_expect_word(p, "from");
        d->u.period.from = parse_date(p, "the first day");
        parse_expect_word(p, "to");
        d->u.period.to = parse_date(p, "the last day");
    } else if (parse_accept_word(p, "is")) {
        d->u.period.spans = spans(p, true);
    } else {
        parse_expected(p, "`every 3 months from ... to ...`, or `is ... to ...`");
    }
}
