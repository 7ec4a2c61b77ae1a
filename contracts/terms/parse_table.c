#include "parse.h"

/* key, key: value */
static struct ast_table_row *row(struct parse *p)
{
    uint32_t first = p->at;
    uint32_t count = 1;
    struct ast_table_row *r = PARSE_NEW(p, struct ast_table_row);
    while (parse_look(p, 2 * count - 1)->kind == TOKEN_COMMA)
        count++;
    if (r != NULL)
        r->keys = parse_alloc(p, count, sizeof(struct ast_key));
    if (r == NULL || r->keys == NULL)
        return NULL;
    r->key_count = count;
    parse_line(p, PARSE_CLAUSE_INDENT);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            parse_expect(p, TOKEN_COMMA, "`,`");
        r->keys[i] = parse_key(p, "a member: a name, a number or the first day of a period");
    }
    parse_expect(p, TOKEN_COLON, "`:` and a value");
    r->value = parse_literal(p);
    r->span = parse_span(p, first);
    return r;
}

static bool begins_row(struct parse *p)
{
    bool is_key = parse_is(p, TOKEN_NUMBER) || parse_is(p, TOKEN_DATE) || parse_is(p, TOKEN_NAME);
    enum token_kind then = (enum token_kind) parse_look(p, 1)->kind;
    return is_key && (then == TOKEN_COLON || then == TOKEN_COMMA);
}

void parse_table(struct parse *p, struct ast_decl *d)
{
    struct ast_table_row **tail = &d->u.table.rows;
    parse_expect_word(p, "in");
    d->u.table.of = parse_kind(p);
    parse_expect_word(p, "by");
    d->u.table.by = parse_names(p, "a dimension");
    while (begins_row(p) && !parse_is_word(p, "otherwise")) {
        struct ast_table_row *r = row(p);
        if (r == NULL)
            return;
        *tail = r;
        tail = &r->next;
    }
    if (parse_clause(p, "otherwise")) {
        d->u.table.has_otherwise = true;
        parse_expect(p, TOKEN_COLON, "`:` and a value");
        d->u.table.otherwise = parse_literal(p);
    }
    if (d->u.table.rows == NULL && !d->u.table.has_otherwise)
        parse_expected(p, "a row such as `education: 30%`, or `otherwise: 0`");
    else if (begins_row(p))
        parse_error(p, parse_look(p, 0), "table.otherwise", "move it above", "`otherwise` is the last row of a table");
}
