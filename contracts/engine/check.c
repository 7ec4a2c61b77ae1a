/* terms_compile and what all parts of the checker use. */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>

#include "tally/mem.h"

void *check_alloc(struct checker *c, size_t count, size_t size)
{
    void *p = arena_alloc_array(c->arena, count, size);
    if (p == NULL)
        c->failed = true;
    return p;
}

mpq_ptr check_constant(struct checker *c)
{
    struct constant *k = CHECK_NEW(c, 1, struct constant);
    if (k == NULL)
        return NULL;
    mpq_init(k->number);
    k->next = c->t->constants;
    c->t->constants = k;
    return k->number;
}

const char *check_text(struct checker *c, const char *fmt, ...)
{
    char line[512]; /* a diagnostic is a line that somebody reads; what is longer is cut */
    va_list args;
    va_start(args, fmt);
    (void) vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    const char *copy = arena_strdup(c->diags->arena, slice_str(line));
    return copy == NULL ? "" : copy;
}

static const char *nearest_hint(struct checker *c, struct slice name, const struct slice *names, size_t count)
{
    struct slice nearest = ast_nearest(name, names, count);
    return nearest.len == 0 ? NULL : check_text(c, "did you mean `%.*s`?", SLICE_ARG(nearest));
}

/* The nearest of the declared names of a kind (SYMBOL_NONE: any). */
static const char *nearest_symbol(struct checker *c, struct slice name, enum symbol_kind kind)
{
    const struct symbols *s = &c->t->symbols;
    struct slice *names = diags_is_full(c->diags) ? NULL : ARENA_ARRAY(c->diags->arena, s->size, struct slice);
    size_t count = 0;
    if (names == NULL)
        return NULL;
    for (uint32_t i = 0; i < s->size; i++)
        if (s->slots[i].kind != SYMBOL_NONE && (kind == SYMBOL_NONE || s->slots[i].kind == kind))
            names[count++] = s->slots[i].name;
    return nearest_hint(c, name, names, count);
}

const struct symbol *check_symbol(struct checker *c, const struct ast_name *name, enum symbol_kind kind, const char *what)
{
    const struct symbol *s = symbols_find(&c->t->symbols, name->text);
    if (s != NULL && (kind == SYMBOL_NONE || s->kind == kind))
        return s;
    if (s == NULL)
        PROBLEM(c, "name.unknown", name->span, nearest_symbol(c, name->text, kind),
                "`%.*s` is not declared; %s is wanted here", SLICE_ARG(name->text), what);
    else
        PROBLEM(c, "name.kind", name->span, NULL, "`%.*s` is not %s (declared in line %u)", SLICE_ARG(name->text), what,
                s->span.line);
    return NULL;
}

const struct symbol *check_dimension_name(struct checker *c, const struct ast_name *name)
{
    return check_symbol(c, name, SYMBOL_DIMENSION, "a dimension");
}

const char *check_nearest_member(struct checker *c, uint32_t dimension, struct slice name)
{
    const struct dimension *d = &c->t->dimensions[dimension];
    return diags_is_full(c->diags) ? NULL : nearest_hint(c, name, d->spellings, d->shown.member_count);
}

bool check_member(struct checker *c, uint32_t dimension, const struct ast_key *key, uint32_t *member)
{
    const struct dimension *d = &c->t->dimensions[dimension];
    const char *hint = NULL;
    *member = key->kind == AST_KEY_EXPR ? TERMS_NONE : dimension_find_key(d, key);
    if (*member != TERMS_NONE)
        return true;
    if (key->kind == AST_KEY_NAME && d->shown.kind == TERMS_LIST)
        hint = check_nearest_member(c, dimension, key->name);
    else if (d->shown.kind == TERMS_PERIOD)
        hint = "a member of a period is written by its first day";
    else if (d->shown.kind == TERMS_RANGE)
        hint = "a member of a range is written as a number";
    else if (dimension_is_open(d))
        hint = "the members of an open dimension are those that results name, not the text";
    PROBLEM(c, "member.unknown", key->span, hint, "this is not a member of `%.*s`", SLICE_ARG(d->shown.name));
    return false;
}

uint64_t saturating_multiply(uint64_t a, uint64_t b)
{
    return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

uint64_t saturating_add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

bool check_shape(struct checker *c, const uint32_t *dims, uint32_t count, struct shape *out)
{
    out->count = count;
    out->dims = dims;
    out->cells = 1;
    for (uint32_t i = 0; i < count; i++)
        out->cells = saturating_multiply(out->cells, dimension_size(&c->t->dimensions[dims[i]]));
    return true;
}

bool check_shape_of_set(struct checker *c, dimension_set set, struct shape *out)
{
    uint32_t *dims = CHECK_NEW(c, (size_t) __builtin_popcountll(set), uint32_t);
    uint32_t count = 0;
    if (dims == NULL)
        return false;
    for (uint32_t i = 0; i < c->t->dimension_count; i++)
        if ((set & dimension_bit(i)) != 0)
            dims[count++] = i;
    return check_shape(c, dims, count, out);
}

/* The declarations whose expressions have a meaning of their own, in the order of the text. */
static void check_bodies(struct checker *c)
{
    struct terms *t = c->t;
    bool ok = true;
    for (uint32_t i = 0; i < t->metric_count && !c->failed; i++)
        ok = check_metric_default(c, i) && ok;
    for (uint32_t i = 0; i < t->define_count && !c->failed; i++)
        ok = check_define(c, i, NULL) && ok;
    for (uint32_t i = 0; i < t->rule_count && !c->failed; i++)
        ok = check_rule(c, i) && ok;
    (void) ok; /* what is wrong has been reported */
}

/* Each pass trusts what the passes before it have found to be right. */
static void check_all(struct checker *c)
{
    check_names(c);
    if (c->diags->errors > 0)
        return; /* without its names and dimensions, everything else would only seem wrong */
    void (*const passes[])(struct checker *) = {check_tables,      check_metric_heads, check_rule_heads, check_bodies,
                                                check_settlements, check_signers,      check_caps};
    for (size_t i = 0; i < sizeof passes / sizeof passes[0] && !c->failed; i++)
        passes[i](c);
    void (*const later[])(struct checker *) = {check_needs, check_circles,   check_untils,
                                               check_cost,  check_quotients, check_warn};
    for (size_t i = 0; i < sizeof later / sizeof later[0] && !c->failed && c->diags->errors == 0; i++)
        later[i](c);
}

static size_t constants_size(const struct terms *t)
{
    size_t size = 0;
    for (const struct constant *k = t->constants; k != NULL; k = k->next)
        size += (mpz_size(mpq_numref(k->number)) + mpz_size(mpq_denref(k->number))) * sizeof(mp_limb_t);
    return size;
}

MUST_CHECK static enum tally_code compile(struct slice source, const struct terms *const *others, size_t other_count,
                                          struct diags *diags, struct terms **out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct terms *t = NULL;
    struct slice copy = {0};
    struct arena *arena = arena_new(PROGRAM_BYTES_MAX);
    *out = NULL;
    if (arena == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory to compile a text");
    t = ARENA_NEW(arena, struct terms);
    if (t == NULL) {
        rc = err_set(err, TALLY_E_NO_MEMORY, "no memory to compile a text");
        goto done;
    }
    t->arena = arena;
    struct checker c = {.t = t, .arena = arena, .diags = diags, .others = others, .other_count = other_count};
    TRY(arena_copy(arena, source.ptr, source.len, &copy, err));
    TRY(ast_parse(copy, arena, diags, &t->ast, err));
    if (diags->errors == 0)
        check_all(&c);
    if (c.failed)
        rc = err_set(err, TALLY_E_NO_MEMORY, "no memory to check a text of %zu bytes", source.len);
done:
    diags_sort(diags);
    if (rc == TALLY_OK && diags->errors == 0) {
        t->number_bytes = constants_size(t);
        *out = t;
        return TALLY_OK;
    }
    if (t != NULL)
        terms_free(t);
    else
        arena_free(arena);
    return rc;
}

enum tally_code terms_compile(struct slice source, struct diags *diags, struct terms **out, struct err *err)
{
    return compile(source, NULL, 0, diags, out, err);
}

/* Does one of them let more members of some open dimension count? */
static bool some_let_more_count(const struct terms *terms, const struct terms *const *others, size_t count)
{
    bool is_more = false;
    for (uint32_t i = 0; i < terms->dimension_count; i++) {
        const struct dimension *d = &terms->dimensions[i];
        is_more = is_more || (dimension_is_open(d) && check_most_of_all(d, others, count) > d->shown.at_most);
    }
    return is_more;
}

enum tally_code terms_bytes_among(const struct terms *terms, const struct terms *const *others, size_t count,
                                  uint64_t *bytes, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct diags diags;
    struct terms *as = NULL;
    struct arena *arena = NULL;
    *bytes = terms_evaluation_bytes(terms);
    if (!some_let_more_count(terms, others, count))
        return TALLY_OK;
    arena = arena_new(PROGRAM_BYTES_MAX);
    if (arena == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "no memory to check a text");
    diags_init(&diags, arena);
    TRY(compile(terms->ast->source, others, count, &diags, &as, err));
    *bytes = as == NULL ? UINT64_MAX : terms_evaluation_bytes(as);
done:
    terms_free(as);
    arena_free(arena);
    return rc;
}
