/* Tables: constants by closed dimensions, every combination once (language.md section 4). */
#include "check.h"

bool check_by(struct checker *c, const struct ast_names *names, struct shape *shape, dimension_set *set)
{
    uint32_t *dims = CHECK_NEW(c, names->count, uint32_t);
    if (dims == NULL)
        return false;
    for (uint32_t i = 0; i < names->count; i++) {
        const struct symbol *s = check_dimension_name(c, &names->items[i]);
        if (s == NULL)
            return false;
        if ((*set & dimension_bit(s->at)) != 0) {
            PROBLEM(c, "dimension.twice", names->items[i].span, NULL, "`%.*s` is named twice", SLICE_ARG(s->name));
            return false;
        }
        *set |= dimension_bit(s->at);
        dims[i] = s->at;
    }
    return check_shape(c, dims, names->count, shape);
}

MUST_CHECK static bool literal_number(struct checker *c, const struct ast_literal *l, const struct type *type,
                                      struct value *out)
{
    bool is_percent = type->flavour == FLAVOUR_PERCENT;
    if (l->kind != (is_percent ? AST_LITERAL_PERCENT : AST_LITERAL_NUMBER)) {
        PROBLEM(c, "table.value", l->span, is_percent ? "write it with its sign: `60%`" : NULL,
                "the table is in %s, this is not", check_type_text(c, type));
        return false;
    }
    mpq_ptr q = check_constant(c);
    if (q == NULL)
        return false;
    bool is_read = number_parse(l->number.digits, q) && number_fits(q); /* the lexer takes no more digits than these take */
    ENSURE(is_read);
    if (l->is_negative)
        mpq_neg(q, q);
    if (type->flavour != FLAVOUR_PLAIN) {
        mpz_mul_ui(mpq_denref(q), mpq_denref(q), 100);
        mpq_canonicalize(q);
    }
    out->number = q;
    return true;
}

MUST_CHECK static bool take_literal(struct checker *c, const struct ast_literal *l, const struct type *type,
                                    struct value *out)
{
    *out = (struct value){0};
    switch (type->kind) {
    case TYPE_NUMBER:
        return literal_number(c, l, type, out);
    case TYPE_DATE:
        out->day = l->day;
        if (l->kind == AST_LITERAL_DATE)
            return true;
        break;
    case TYPE_TRUTH:
        out->word = l->truth ? 1 : 0;
        if (l->kind == AST_LITERAL_BOOL)
            return true;
        break;
    case TYPE_WORD:
        if (l->kind != AST_LITERAL_NAME)
            break;
        struct ast_key key = {.kind = AST_KEY_NAME, .name = l->name, .span = l->span};
        return check_member(c, type->dimension, &key, &out->word);
    }
    PROBLEM(c, "table.value", l->span, NULL, "the table is in %s, this is not", check_type_text(c, type));
    return false;
}

MUST_CHECK static bool take_row(struct checker *c, const struct table *table, const struct ast_table_row *row,
                                struct value *cells, uint32_t *lines)
{
    uint32_t members[DIMENSIONS_MAX] = {0};
    if (row->key_count != table->shape.count) {
        PROBLEM(c, "table.keys", row->span, NULL, "a row of `%.*s` has %u keys, this has %u", SLICE_ARG(table->name),
                table->shape.count, row->key_count);
        return false;
    }
    for (uint32_t i = 0; i < row->key_count; i++)
        if (!check_member(c, table->shape.dims[i], &row->keys[i], &members[table->shape.dims[i]]))
            return false;
    uint64_t cell = shape_cell(c->t->dimensions, &table->shape, members);
    if (lines[cell] != 0) {
        PROBLEM(c, "table.twice", row->span, NULL, "this row stands already in line %u", lines[cell]);
        return false;
    }
    lines[cell] = row->span.line;
    return take_literal(c, &row->value, &table->type, &cells[cell]);
}

MUST_CHECK static bool take_rows(struct checker *c, const struct ast_decl *d, struct table *table)
{
    struct value otherwise = {0};
    struct value *cells = CHECK_NEW(c, table->shape.cells, struct value);
    uint32_t *lines = CHECK_NEW(c, table->shape.cells, uint32_t); /* where each cell is filled in; 0: nowhere yet */
    bool ok = cells != NULL && lines != NULL;
    for (const struct ast_table_row *r = d->u.table.rows; ok && r != NULL; r = r->next)
        ok = take_row(c, table, r, cells, lines);
    if (ok && d->u.table.has_otherwise)
        ok = take_literal(c, &d->u.table.otherwise, &table->type, &otherwise);
    for (uint64_t i = 0; ok && i < table->shape.cells; i++) {
        if (lines[i] != 0)
            continue;
        if (d->u.table.has_otherwise) {
            cells[i] = otherwise;
            continue;
        }
        struct slice key = shape_show(c->t->dimensions, &table->shape, i, c->diags->arena);
        PROBLEM(c, "table.missing", d->name.span, "give every combination a row, or add `otherwise: ...`",
                "`%.*s` has no row for %.*s", SLICE_ARG(table->name), SLICE_ARG(key));
        ok = false;
    }
    if (ok)
        table->cells = cells;
    return ok;
}

MUST_CHECK static bool table_is_closed(struct checker *c, const struct ast_decl *d, const struct table *table)
{
    for (uint32_t i = 0; i < table->shape.count; i++) {
        if (!dimension_is_open(&c->t->dimensions[table->shape.dims[i]]))
            continue;
        PROBLEM(c, "table.open", d->u.table.by.items[i].span, "a figure for each member is a metric",
                "a table has closed dimensions alone: the text does not know the members of an open one");
        return false;
    }
    return true;
}

void check_tables(struct checker *c)
{
    struct terms *t = c->t;
    uint32_t at = 0;
    bool ok = true;
    for (const struct ast_decl *d = t->ast->declarations; d != NULL && !c->failed; d = d->next) {
        if (d->kind != AST_TABLE)
            continue;
        struct table *table = &t->tables[at++];
        table->span = d->name.span;
        if (!check_kind(c, &d->u.table.of, &table->type) || !check_by(c, &d->u.table.by, &table->shape, &table->dims)) {
            ok = false;
            continue;
        }
        if (!table_is_closed(c, d, table)) {
            ok = false;
            continue;
        }
        if (table->shape.cells > TABLE_CELLS_MAX) {
            PROBLEM(c, "limit.table", d->name.span, NULL, "a table may have %d cells at most", TABLE_CELLS_MAX);
            continue;
        }
        c->table_cells += table->shape.cells;
        if (c->table_cells > TABLE_CELLS_ALL_MAX) {
            PROBLEM(c, "limit.table", d->name.span, NULL, "the tables have more than %d cells together",
                    TABLE_CELLS_ALL_MAX);
            return;
        }
        ok = take_rows(c, d, table) && ok;
    }
    (void) ok;
}
