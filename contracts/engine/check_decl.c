/* The name space, currencies, units, parties, dimensions, who signs. */
#include "check.h"
#include "tally/instant.h"

/* ---- what there is of each kind ---- */

MUST_CHECK static bool declare(struct checker *c, const struct ast_name *name, enum symbol_kind kind, uint32_t at)
{
    const struct symbol *earlier = NULL;
    struct symbol s = {.name = name->text, .kind = kind, .at = at, .span = name->span};
    if (symbols_add(&c->t->symbols, s, &earlier))
        return true;
    PROBLEM(c, "name.twice", name->span, NULL, "`%.*s` is declared already, in line %u", SLICE_ARG(name->text),
            earlier->span.line);
    return false;
}

MUST_CHECK static bool take_calendar(struct checker *c, const struct ast_decl *d, struct calendar *out)
{
    uint32_t count = 0;
    for (const struct ast_spans *s = d->u.calendar.except; s != NULL; s = s->next)
        count++;
    struct exception *except = CHECK_NEW(c, count, struct exception);
    if (except == NULL)
        return false;
    *out = (struct calendar){d->u.calendar.first_weekday, d->u.calendar.last_weekday, except, count};
    count = 0;
    for (const struct ast_spans *s = d->u.calendar.except; s != NULL; s = s->next, count++) {
        except[count].days = (struct day_range){s->from, s->to};
        if (s->to >= s->from && (count == 0 || s->from > except[count - 1].days.last))
            continue;
        PROBLEM(c, "calendar.order", s->span, NULL, "exceptions follow one another, each from a day to a later one");
        return false;
    }
    calendar_prepare(out, except);
    return true;
}

MUST_CHECK static bool take_declaration(struct checker *c, const struct ast_decl *d)
{
    struct terms *t = c->t;
    switch (d->kind) {
    case AST_PARTY:
        t->parties[t->party_count] = (struct terms_party){d->name.text, d->u.party.label, d->u.party.role};
        return declare(c, &d->name, SYMBOL_PARTY, t->party_count++);
    case AST_PARTIES:
        t->classes[t->class_count++] = (struct terms_class){.name = d->name.text,
                                                            .dimension = t->dimension_count,
                                                            .at_most = d->u.party.at_most,
                                                            .join_until = d->u.party.join_until};
        t->dimensions[t->dimension_count].shown.name = d->name.text;
        return declare(c, &d->name, SYMBOL_DIMENSION, t->dimension_count++);
    case AST_DIMENSION:
    case AST_PERIOD:
        t->dimensions[t->dimension_count].shown.name = d->name.text;
        return declare(c, &d->name, SYMBOL_DIMENSION, t->dimension_count++);
    case AST_CALENDAR:
        return declare(c, &d->name, SYMBOL_CALENDAR, t->calendar_count) &&
               take_calendar(c, d, &t->calendars[t->calendar_count++]);
    case AST_TABLE:
        t->tables[t->table_count].name = d->name.text;
        return declare(c, &d->name, SYMBOL_TABLE, t->table_count++);
    case AST_METRIC:
        t->metrics[t->metric_count].shown.name = d->name.text;
        t->metrics[t->metric_count].decl = d;
        return declare(c, &d->name, SYMBOL_METRIC, t->metric_count++);
    case AST_DEFINE:
        t->defines[t->define_count].name = d->name.text;
        t->defines[t->define_count].decl = d;
        return declare(c, &d->name, SYMBOL_DEFINE, t->define_count++);
    case AST_PAY:
        t->rules[t->rule_count].shown.name = d->name.text;
        t->rules[t->rule_count].decl = d;
        return declare(c, &d->name, SYMBOL_RULE, t->rule_count++);
    case AST_CAP:
        t->cap_count++;
        return true;
    case AST_USES:
        t->uses[t->use_count] = (struct terms_use){d->name.text, d->u.uses.hash, d->u.uses.as_amended};
        return declare(c, &d->name, SYMBOL_USE, t->use_count++);
    case AST_IN_FORCE:
    case AST_AMENDED:
    case AST_DISPUTES:
    case AST_UNIT:
        return true;
    }
    return true; /* not covered: every kind is above */
}

MUST_CHECK static bool make_room(struct checker *c)
{
    struct terms *t = c->t;
    uint32_t n = t->ast->declaration_count, units = UNIT_BUILTIN_COUNT, currencies = 0, counts[AST_CAP + 1] = {0};
    for (const struct ast_decl *d = t->ast->declarations; d != NULL; d = d->next)
        counts[d->kind]++;
    for (const struct ast_currency *k = t->ast->currencies; k != NULL; k = k->next)
        currencies++;
    units += currencies + counts[AST_UNIT];
    t->units = CHECK_NEW(c, units, struct unit_name);
    t->currencies = CHECK_NEW(c, currencies, struct currency);
    t->parties = CHECK_NEW(c, counts[AST_PARTY] + counts[AST_PARTIES] + counts[AST_DIMENSION], struct terms_party);
    t->classes = CHECK_NEW(c, counts[AST_PARTIES], struct terms_class);
    t->dimensions = CHECK_NEW(c, counts[AST_DIMENSION] + counts[AST_PERIOD] + counts[AST_PARTIES], struct dimension);
    t->calendars = CHECK_NEW(c, counts[AST_CALENDAR], struct calendar);
    t->tables = CHECK_NEW(c, counts[AST_TABLE], struct table);
    t->metrics = CHECK_NEW(c, counts[AST_METRIC], struct metric);
    t->defines = CHECK_NEW(c, counts[AST_DEFINE], struct define);
    t->rules = CHECK_NEW(c, counts[AST_PAY], struct rule);
    t->uses = CHECK_NEW(c, counts[AST_USES], struct terms_use);
    t->caps = CHECK_NEW(c, counts[AST_CAP], struct cap);
    c->define_order = CHECK_NEW(c, counts[AST_DEFINE], uint32_t);
    if (!c->failed && !symbols_init(&t->symbols, n + 1, c->arena))
        c->failed = true;
    return !c->failed;
}

/* ---- units and currencies ---- */

MUST_CHECK static bool add_unit(struct checker *c, struct slice one, struct slice many, struct span span)
{
    struct terms *t = c->t;
    static const char *const taken[] = {"number", "percent", "point", "points", "date", "true", "false"};
    bool is_taken = false;
    for (uint32_t i = 0; i < t->unit_count; i++) {
        const struct unit_name *u = &t->units[i];
        is_taken = is_taken || slice_equal(u->one, one) || slice_equal(u->many, one) || slice_equal(u->one, many) ||
                   slice_equal(u->many, many);
    }
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        is_taken = is_taken || slice_is(one, taken[i]) || slice_is(many, taken[i]);
    t->units[t->unit_count++] = (struct unit_name){one, many};
    if (is_taken)
        PROBLEM(c, "name.twice", span, NULL, "the unit `%.*s` exists already", SLICE_ARG(one));
    return !is_taken;
}

MUST_CHECK static bool add_currency(struct checker *c, const struct ast_currency *k)
{
    struct terms *t = c->t;
    struct currency *out = &t->currencies[t->currency_count++];
    out->code = k->code.text;
    out->smallest = k->smallest.digits;
    out->mode = k->mode;
    out->places = number_places(k->smallest.digits);
    out->base = (uint16_t) t->unit_count;
    out->unit = check_constant(c);
    if (out->unit == NULL || !add_unit(c, k->code.text, k->code.text, k->code.span))
        return false;
    if (out->places <= PLACES_MAX && number_parse(k->smallest.digits, out->unit) && mpq_sgn(out->unit) > 0 &&
        cents_read(k->smallest.digits, out->places, &out->each))
        return true;
    PROBLEM(c, "currency.smallest", k->smallest.span, "write the smallest amount that is paid: `0.01`",
            "money cannot be rounded to this: it is above zero and has %d places at most", PLACES_MAX);
    return false;
}

MUST_CHECK static bool take_units(struct checker *c)
{
    static const struct unit_name builtin[UNIT_BUILTIN_COUNT] = {[UNIT_DAY] = {SLICE("day"), SLICE("days")},
                                                                 [UNIT_WEEK] = {SLICE("week"), SLICE("weeks")},
                                                                 [UNIT_MONTH] = {SLICE("month"), SLICE("months")},
                                                                 [UNIT_YEAR] = {SLICE("year"), SLICE("years")},
                                                                 [UNIT_PERSON] = {SLICE("person"), SLICE("people")}};
    struct terms *t = c->t;
    bool ok = true;
    for (size_t i = 0; i < UNIT_BUILTIN_COUNT; i++)
        t->units[t->unit_count++] = builtin[i];
    for (const struct ast_currency *k = t->ast->currencies; k != NULL; k = k->next)
        ok = add_currency(c, k) && ok;
    for (const struct ast_decl *d = t->ast->declarations; d != NULL; d = d->next)
        if (d->kind == AST_UNIT)
            ok = add_unit(c, d->name.text, d->u.unit_plural.text, d->name.span) && ok;
    return ok;
}

/* ---- dimensions ---- */

MUST_CHECK static bool room_for_members(struct checker *c, struct dimension *d, uint64_t count, struct slice **members,
                                        struct slice **spellings)
{
    if (count == 0 || count > MEMBERS_MAX) {
        PROBLEM(c, "limit.members", d->span, NULL, "`%.*s` has %s members; 1 to %d are allowed", SLICE_ARG(d->shown.name),
                count == 0 ? "no" : "too many", MEMBERS_MAX);
        return false;
    }
    bool was_too_many = c->members > MEMBERS_ALL_MAX;
    c->members += (uint32_t) count;
    if (c->members > MEMBERS_ALL_MAX) {
        if (!was_too_many)
            PROBLEM(c, "limit.members", d->span, NULL, "the dimensions have more than %d members together",
                    MEMBERS_ALL_MAX);
        return false;
    }
    d->shown.member_count = (uint32_t) count;
    *members = CHECK_NEW(c, count, struct slice);
    *spellings = CHECK_NEW(c, count, struct slice);
    d->shown.labels = CHECK_NEW(c, count, struct slice);
    d->shown.members = *members;
    d->spellings = *spellings;
    return !c->failed;
}

MUST_CHECK static bool take_list(struct checker *c, const struct ast_decl *decl, struct dimension *d)
{
    struct slice *members = NULL, *spellings = NULL, *labels = NULL;
    uint64_t count = 0;
    bool ok = true;
    for (const struct ast_member *m = decl->u.dimension.members; m != NULL; m = m->next)
        count++;
    d->shown.kind = TERMS_LIST;
    if (!room_for_members(c, d, count, &members, &spellings))
        return false;
    labels = CHECK_NEW(c, count, struct slice);
    if (labels == NULL)
        return false;
    d->shown.labels = labels;
    uint32_t i = 0;
    for (const struct ast_member *m = decl->u.dimension.members; m != NULL; m = m->next, i++) {
        members[i] = spellings[i] = m->name.text;
        labels[i] = m->label;
    }
    if (!dimension_index(d, c->arena)) {
        c->failed = true;
        return false;
    }
    for (i = 1; i < count; i++)
        if (slice_equal(members[d->by_bytes[i]], members[d->by_bytes[i - 1]])) {
            PROBLEM(c, "member.twice", d->span, NULL, "`%.*s` stands twice in `%.*s`", SLICE_ARG(members[d->by_bytes[i]]),
                    SLICE_ARG(d->shown.name));
            ok = false;
        }
    return ok;
}

MUST_CHECK static bool take_range(struct checker *c, const struct ast_decl *decl, struct dimension *d)
{
    struct slice *members = NULL, *spellings = NULL;
    int64_t from = decl->u.dimension.from, to = decl->u.dimension.to;
    d->shown.kind = TERMS_RANGE;
    d->from = from;
    if (!room_for_members(c, d, to < from ? 0 : (uint64_t) (to - from) + 1, &members, &spellings))
        return false;
    for (uint32_t i = 0; i < d->shown.member_count; i++) {
        members[i] = arena_printf(c->arena, "%lld", (long long) from + i);
        if (members[i].ptr == NULL) {
            c->failed = true;
            return false;
        }
        spellings[i] = members[i];
    }
    if (!dimension_index(d, c->arena))
        c->failed = true;
    return !c->failed;
}

/* The first day of member k, counted from the first one each time (N6). false: beyond the calendar. */
MUST_CHECK static bool period_start(const struct ast_decl *decl, int64_t k, int32_t *day)
{
    int64_t n = k * (int64_t) decl->u.period.count;
    int64_t days = (decl->u.period.unit == AST_WEEKS ? 7 : 1) * n + decl->u.period.from;
    if (decl->u.period.unit == AST_MONTHS || decl->u.period.unit == AST_YEARS)
        return day_add_months(decl->u.period.from, decl->u.period.unit == AST_YEARS ? 12 * n : n, day) == TALLY_OK;
    *day = days > DAY_MAX ? DAY_NEVER : (int32_t) days;
    return days <= DAY_MAX;
}

/* How many members `every` gives; the last one ends with the period, be it shorter. */
static uint64_t period_count(const struct ast_decl *decl)
{
    int32_t day = 0;
    uint64_t k = 0;
    if (decl->u.period.count == 0)
        return 0;
    while (k <= MEMBERS_MAX && period_start(decl, (int64_t) k, &day) && day <= decl->u.period.to)
        k++;
    return k;
}

MUST_CHECK static bool period_spans(struct checker *c, const struct ast_decl *decl, struct day_range *spans, uint32_t count)
{
    const struct ast_spans *listed = decl->u.period.spans;
    for (uint32_t k = 0; k < count; k++) {
        if (decl->u.period.is_every) {
            int32_t next = 0;
            bool has_next = period_start(decl, (int64_t) k + 1, &next) && next <= decl->u.period.to;
            bool has_this = period_start(decl, (int64_t) k, &spans[k].first);
            ENSURE(has_this);
            spans[k].last = has_next ? next - 1 : decl->u.period.to;
            continue;
        }
        spans[k] = (struct day_range){listed->from, listed->to};
        if (listed->to < listed->from || (k > 0 && listed->from <= spans[k - 1].last)) {
            PROBLEM(c, "period.order", listed->span, NULL,
                    "the parts of a period follow one another, each from a day to a later one");
            return false;
        }
        listed = listed->next;
    }
    return true;
}

MUST_CHECK static bool take_period(struct checker *c, const struct ast_decl *decl, struct dimension *d)
{
    struct slice *members = NULL, *spellings = NULL;
    uint64_t count = decl->u.period.is_every ? period_count(decl) : 0;
    for (const struct ast_spans *s = decl->u.period.is_every ? NULL : decl->u.period.spans; s != NULL; s = s->next)
        count++;
    d->shown.kind = TERMS_PERIOD;
    if (!room_for_members(c, d, count, &members, &spellings))
        return false;
    struct day_range *spans = CHECK_NEW(c, count, struct day_range);
    if (spans == NULL || !period_spans(c, decl, spans, (uint32_t) count))
        return false;
    d->spans = spans;
    for (uint32_t i = 0; i < count; i++) {
        char first[DAY_TEXT_LEN + 1], last[DAY_TEXT_LEN + 1];
        day_format(spans[i].first, first);
        day_format(spans[i].last, last);
        members[i] = arena_printf(c->arena, "%s/%s", first, last);
        if (members[i].ptr == NULL) {
            c->failed = true;
            return false;
        }
        spellings[i] = slice_of(members[i].ptr, DAY_TEXT_LEN);
    }
    if (!dimension_index(d, c->arena))
        c->failed = true;
    return !c->failed;
}

uint32_t check_most_of_all(const struct dimension *d, const struct terms *const *others, size_t count)
{
    uint32_t most = d->shown.at_most;
    for (size_t k = 0; k < count; k++)
        for (uint32_t i = 0; i < others[k]->dimension_count; i++) {
            const struct dimension *other = &others[k]->dimensions[i];
            if (dimension_is_open(other) && other->shown.at_most > most && slice_equal(other->shown.name, d->shown.name))
                most = other->shown.at_most;
        }
    return most;
}

/* An open dimension, or a class of parties. */
MUST_CHECK static bool take_open(struct checker *c, const struct ast_decl *decl, struct dimension *d)
{
    d->is_class = decl->kind == AST_PARTIES;
    d->shown.kind = !d->is_class && decl->u.dimension.kind == AST_DIM_PERSONS ? TERMS_PERSONS : TERMS_OPEN;
    d->shown.at_most = d->is_class ? decl->u.party.at_most : decl->u.dimension.at_most;
    d->shown.at_most = check_most_of_all(d, c->others, c->other_count);
    if (d->shown.at_most >= 1 && d->shown.at_most <= INSTANCES_MAX)
        return true;
    PROBLEM(c, "limit.members", d->span, NULL, "`%.*s` may have 1 to %u members", SLICE_ARG(d->shown.name), INSTANCES_MAX);
    return false;
}

static void take_dimensions(struct checker *c)
{
    uint32_t at = 0;
    bool ok = true;
    for (const struct ast_decl *d = c->t->ast->declarations; d != NULL && !c->failed; d = d->next) {
        if (d->kind != AST_DIMENSION && d->kind != AST_PERIOD && d->kind != AST_PARTIES)
            continue;
        struct dimension *out = &c->t->dimensions[at++];
        out->span = d->name.span;
        out->party = TERMS_NONE;
        if (d->kind == AST_PARTIES)
            ok = take_open(c, d, out) && ok;
        else if (d->kind == AST_PERIOD)
            ok = take_period(c, d, out) && ok;
        else if (d->u.dimension.kind == AST_DIM_LIST)
            ok = take_list(c, d, out) && ok;
        else if (d->u.dimension.kind != AST_DIM_RANGE)
            ok = take_open(c, d, out) && ok;
        else
            ok = take_range(c, d, out) && ok;
    }
    (void) ok;
}

/* With an error among names, units or dimensions nothing after them could be trusted: what follows is not read then. */
void check_names(struct checker *c)
{
    bool ok = make_room(c);
    if (!ok)
        return;
    ok = take_units(c);
    c->t->cap_count = 0;
    for (const struct ast_decl *d = c->t->ast->declarations; d != NULL; d = d->next)
        ok = take_declaration(c, d) && ok;
    c->t->cap_count = 0;
    take_dimensions(c);
    if (c->t->dimension_count > DIMENSIONS_MAX)
        PROBLEM(c, "limit.dimensions", c->t->dimensions[DIMENSIONS_MAX].span, NULL, "a text may have %d dimensions at most",
                DIMENSIONS_MAX);
}

/* ---- dimensions whose members are parties ---- */

uint32_t check_dimension_party(struct checker *c, uint32_t dimension)
{
    struct terms *t = c->t;
    struct dimension *d = &t->dimensions[dimension];
    struct terms_party stand_in = {.name = d->shown.name};
    if (d->party != TERMS_NONE)
        return d->party;
    if (!d->is_class && d->shown.kind != TERMS_LIST)
        return TERMS_NONE;
    for (uint32_t i = 0; !d->is_class && i < d->shown.member_count; i++) {
        const struct symbol *s = symbols_find(&t->symbols, d->shown.members[i]);
        if (s == NULL || s->kind != SYMBOL_PARTY)
            return TERMS_NONE;
        stand_in.role = t->parties[s->at].role;
    }
    for (const struct ast_decl *decl = t->ast->declarations; d->is_class && decl != NULL; decl = decl->next)
        if (decl->kind == AST_PARTIES && slice_equal(decl->name.text, d->shown.name))
            stand_in = (struct terms_party){decl->name.text, decl->u.party.label, decl->u.party.role};
    d->party = t->party_count + t->stand_in_count++;
    t->parties[d->party] = stand_in;
    return d->party;
}

/* ---- who signs ---- */

/* 2/3 of a class */
MUST_CHECK static bool take_share(struct checker *c, const struct ast_signer *s, struct signer *out)
{
    const struct ast_name *name = &s->names.items[0];
    const struct symbol *symbol = check_symbol(c, name, SYMBOL_DIMENSION, "a class of parties");
    if (symbol == NULL)
        return false;
    out->kind = SIGNER_SHARE;
    out->needed = s->of;
    out->count = s->in;
    for (out->party_class = 0; out->party_class < c->t->class_count; out->party_class++)
        if (c->t->classes[out->party_class].dimension == symbol->at)
            break;
    if (out->party_class == c->t->class_count) {
        PROBLEM(c, "name.kind", name->span, "`parties ... at most N` declares one", "`%.*s` is no class of parties",
                SLICE_ARG(name->text));
        return false;
    }
    if (s->of >= 1 && s->of <= s->in)
        return true;
    PROBLEM(c, "signers.count", name->span, NULL, "%u/%u of a class cannot sign", s->of, s->in);
    return false;
}

MUST_CHECK static bool take_signer(struct checker *c, const struct ast_signer *s, struct signer *out)
{
    uint32_t *parties = CHECK_NEW(c, s->names.count, uint32_t);
    if (parties == NULL)
        return false;
    out->parties = parties;
    if (s->kind == AST_SIGNER_SHARE)
        return take_share(c, s, out);
    for (uint32_t i = 0; i < s->names.count; i++) {
        const struct symbol *p = check_symbol(c, &s->names.items[i], SYMBOL_PARTY, "a party");
        if (p == NULL)
            return false;
        parties[out->count++] = p->at;
        for (uint32_t j = 0; j < i; j++)
            if (parties[j] == p->at) {
                PROBLEM(c, "name.twice", s->names.items[i].span, NULL, "`%.*s` is named twice", SLICE_ARG(p->name));
                return false;
            }
    }
    out->kind = s->kind == AST_SIGNER_ONE ? SIGNER_ONE : SIGNER_COUNT;
    out->needed = s->kind == AST_SIGNER_ONE ? 1 : s->of;
    if (out->needed >= 1 && out->needed <= out->count)
        return true;
    PROBLEM(c, "signers.count", s->names.items[0].span, NULL, "%u of %u parties cannot sign", out->needed, out->count);
    return false;
}

MUST_CHECK static bool take_signers(struct checker *c, const struct ast_decl *d, struct signer **out, uint32_t *count)
{
    uint32_t n = 0;
    for (const struct ast_signer *s = d->u.signers; s != NULL; s = s->next)
        n++;
    struct signer *signers = CHECK_NEW(c, n, struct signer);
    if (signers == NULL)
        return false;
    n = 0;
    for (const struct ast_signer *s = d->u.signers; s != NULL; s = s->next)
        if (!take_signer(c, s, &signers[n++]))
            return false;
    *out = signers;
    *count = n;
    return true;
}

void check_signers(struct checker *c)
{
    struct terms *t = c->t;
    const struct ast_decl *seen[AST_CAP + 1] = {NULL};
    bool ok = true;
    for (const struct ast_decl *d = t->ast->declarations; d != NULL; d = d->next) {
        if (d->kind != AST_IN_FORCE && d->kind != AST_AMENDED && d->kind != AST_DISPUTES)
            continue;
        if (seen[d->kind] != NULL)
            PROBLEM(c, "name.twice", d->span, NULL, "this is said already in line %u", seen[d->kind]->span.line);
        seen[d->kind] = d;
        if (d->kind == AST_DISPUTES)
            ok = check_symbol(c, &d->u.disputes.by, SYMBOL_PARTY, "a party") != NULL && ok;
        else if (d->kind == AST_IN_FORCE)
            ok = take_signers(c, d, &t->signers, &t->signer_count) && ok;
        else
            ok = take_signers(c, d, &t->amenders, &t->amender_count) && ok;
    }
    (void) ok;
}
