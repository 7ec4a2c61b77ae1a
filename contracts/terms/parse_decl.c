#include <stdio.h>

#include "parse.h"

struct declaration {
    const char *word;
    const char *then; /* the second word, or NULL where a name follows */
    enum ast_decl_kind kind;
    const char *what; /* for messages: what the name names; NULL without a name */
    void (*read)(struct parse *p, struct ast_decl *d);
};

static const struct declaration table[] = {
    {"party", NULL, AST_PARTY, "the name of the party", parse_party},
    {"parties", NULL, AST_PARTIES, "the name of the class of parties", parse_parties},
    {"in", "force", AST_IN_FORCE, NULL, parse_force},
    {"amended", "when", AST_AMENDED, NULL, parse_force},
    {"disputes", "decided", AST_DISPUTES, NULL, parse_disputes},
    {"uses", NULL, AST_USES, "a name for the contract", parse_uses},
    {"unit", NULL, AST_UNIT, "the name of the unit", parse_unit},
    {"calendar", NULL, AST_CALENDAR, "the name of the calendar", parse_calendar},
    {"dimension", NULL, AST_DIMENSION, "the name of the dimension", parse_dimension},
    {"period", NULL, AST_PERIOD, "the name of the period", parse_period},
    {"table", NULL, AST_TABLE, "the name of the table", parse_table},
    {"metric", NULL, AST_METRIC, "the name of the metric", parse_metric},
    {"define", NULL, AST_DEFINE, "the name of the define", parse_define},
    {"pay", NULL, AST_PAY, "the name of the rule", parse_pay},
    {"cap", NULL, AST_CAP, NULL, parse_cap},
};

/* NULL where the present token begins none. */
static const struct declaration *find(struct parse *p)
{
    const struct declaration *found = NULL;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (parse_is_word(p, table[i].word) && (table[i].then == NULL || parse_is_word_at(p, 1, table[i].then)))
            found = &table[i];
    return found;
}

bool parse_begins_declaration(struct parse *p)
{
    return find(p) != NULL;
}

struct ast_decl *parse_declaration(struct parse *p)
{
    const struct declaration *what = find(p);
    uint32_t first = p->at;
    struct ast_decl *d = PARSE_NEW(p, struct ast_decl);
    if (d == NULL || what == NULL)
        return NULL;
    d->kind = what->kind;
    parse_line(p, 0);
    parse_mark(p, LAYOUT_TOP);
    parse_next(p);
    if (what->then != NULL)
        parse_next(p);
    if (what->what != NULL)
        d->name = parse_name(p, what->what);
    what->read(p, d);
    d->span = parse_span(p, first);
    return p->panic ? NULL : d;
}

void parse_refuse_order(struct parse *p, const char *const *words, const char *order)
{
    for (; *words != NULL; words++)
        if (parse_is_word_at(p, 0, *words) && !parse_begins_declaration(p))
            parse_error(p, parse_look(p, 0), "syntax.order", order, "`%s` cannot stand here", *words);
}
