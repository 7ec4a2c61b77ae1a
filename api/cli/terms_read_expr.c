/* Expressions of the syntax tree, from their JSON into the text, with as few brackets as the grammar needs. */
#include "terms_read.h"

/* How tightly the forms of an expression hold together, loosest first. */
enum level {
    LEVEL_EXPR,
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_TEST,
    LEVEL_MOVED,
    LEVEL_SUM,
    LEVEL_TERM,
    LEVEL_FACTOR,
    LEVEL_PRIMARY
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void at_level(struct read_tree *r, const json_t *object, const char *name, enum level level);

void read_key(struct read_tree *r, const json_t *key)
{
    read_mark(r, key);
    if (json_object_get(key, "number") != NULL)
        read_put_whole(r, "", key, "number", "");
    else if (json_object_get(key, "day") != NULL)
        read_put(r, "", key, "day", "");
    else if (json_object_get(key, "expr") == NULL)
        read_put(r, "", key, "name", "");
    else {
        read_expr(r, "(", key, "expr");
        buf_add_char(&r->out, ')');
    }
}

void read_ref(struct read_tree *r, const json_t *ref)
{
    read_put(r, "", ref, "name", "");
    const json_t *indexes = read_list(r, ref, "indexes");
    for (size_t i = 0; i < json_array_size(indexes); i++) {
        const json_t *index = json_array_get(indexes, i);
        read_put(r, i == 0 ? "[" : ", ", index, "dimension", ": ");
        read_key(r, read_member(r, index, "key"));
    }
    if (json_array_size(indexes) > 0)
        buf_add_char(&r->out, ']');
}

static void code(struct read_tree *r, const json_t *e)
{
    if (read_text(r, e, "code")[0] != '\0')
        read_put(r, "", e, "code", " ");
    read_put(r, "", e, "number", "");
}

static void number(struct read_tree *r, const json_t *e)
{
    static const char *const forms[] = {"plain", "percent", "unit", "calendar"};
    size_t form = read_choice(r, e, "form", forms, COUNT(forms));
    code(r, e);
    if (form == AST_AMOUNT_PERCENT)
        buf_add_char(&r->out, '%');
    if (form == AST_AMOUNT_UNIT || form == AST_AMOUNT_CALENDAR)
        read_put(r, " ", e, "name", form == AST_AMOUNT_CALENDAR ? " days" : "");
}

static void date(struct read_tree *r, const json_t *e)
{
    read_put(r, "", e, "day", "");
}

static void truth(struct read_tree *r, const json_t *e)
{
    buf_add_str(&r->out, read_truth(r, e, "truth") ? "true" : "false");
}

static void rate(struct read_tree *r, const json_t *e)
{
    code(r, e);
    read_put(r, " per ", e, "unit", "");
    if (json_object_get(e, "a") == NULL) /* a row of bands has none */
        return;
    buf_add_str(&r->out, " of ");
    at_level(r, e, "a", LEVEL_PRIMARY);
}

static void dateof(struct read_tree *r, const json_t *e)
{
    static const char *const words[] = {"start_of", "end_of", "number_of"};
    static const char *const texts[] = {"start of ", "end of ", "number of "};
    buf_add_str(&r->out, texts[read_choice(r, e, "what", words, COUNT(words))]);
    if (read_text(r, e, "name")[0] == '\0')
        buf_add_str(&r->out, "contract");
    else
        read_put(r, "", e, "name", "");
}

static void ref(struct read_tree *r, const json_t *e)
{
    read_ref(r, read_member(r, e, "ref"));
}

static bool is_not(const json_t *e)
{
    const char *op = json_string_value(json_object_get(e, "op"));
    return op != NULL && slice_is(slice_str(op), "not");
}

static void unary(struct read_tree *r, const json_t *e)
{
    static const char *const words[] = {"negate", "not"};
    bool is_not = read_choice(r, e, "op", words, COUNT(words)) == 1;
    buf_add_str(&r->out, is_not ? "not " : "-");
    at_level(r, e, "a", is_not ? LEVEL_NOT : LEVEL_FACTOR);
}

static const char *const binary_words[] = {"add",  "subtract", "multiply", "divide",   "power", "equal", "differs",
                                           "less", "at_most",  "above",    "at_least", "and",   "or"};
static const struct {
    const char *text;
    enum level own, left, right;
} binary_ops[] = {{" + ", LEVEL_SUM, LEVEL_SUM, LEVEL_TERM},
                  {" - ", LEVEL_SUM, LEVEL_SUM, LEVEL_TERM},
                  {" * ", LEVEL_TERM, LEVEL_TERM, LEVEL_FACTOR},
                  {" / ", LEVEL_TERM, LEVEL_TERM, LEVEL_FACTOR},
                  {" ^ ", LEVEL_FACTOR, LEVEL_PRIMARY, LEVEL_FACTOR},
                  {" = ", LEVEL_TEST, LEVEL_MOVED, LEVEL_MOVED},
                  {" <> ", LEVEL_TEST, LEVEL_MOVED, LEVEL_MOVED},
                  {" < ", LEVEL_TEST, LEVEL_MOVED, LEVEL_MOVED},
                  {" <= ", LEVEL_TEST, LEVEL_MOVED, LEVEL_MOVED},
                  {" > ", LEVEL_TEST, LEVEL_MOVED, LEVEL_MOVED},
                  {" >= ", LEVEL_TEST, LEVEL_MOVED, LEVEL_MOVED},
                  {" and ", LEVEL_AND, LEVEL_AND, LEVEL_NOT},
                  {" or ", LEVEL_OR, LEVEL_OR, LEVEL_AND}};

static void binary(struct read_tree *r, const json_t *e)
{
    size_t op = read_choice(r, e, "op", binary_words, COUNT(binary_words));
    at_level(r, e, "a", binary_ops[op].left);
    buf_add_str(&r->out, binary_ops[op].text);
    at_level(r, e, "b", binary_ops[op].right);
}

static void in(struct read_tree *r, const json_t *e)
{
    at_level(r, e, "a", LEVEL_MOVED);
    buf_add_str(&r->out, " in (");
    read_put_names(r, "", e, "in", ", ");
    buf_add_char(&r->out, ')');
}

static void move(struct read_tree *r, const json_t *e)
{
    at_level(r, e, "a", LEVEL_SUM);
    buf_add_str(&r->out, read_truth(r, e, "is_before") ? " before " : " after ");
    at_level(r, e, "b", LEVEL_MOVED);
}

static void conditional(struct read_tree *r, const json_t *e)
{
    read_expr(r, "if ", e, "a");
    read_expr(r, " then ", e, "b");
    read_expr(r, " else ", e, "c");
}

static void call(struct read_tree *r, const json_t *e)
{
    const char *name = read_text(r, e, "function");
    const json_t *args = read_list(r, e, "args");
    read_put(r, "", e, "function", "(");
    for (size_t i = 0; i < json_array_size(args); i++) {
        json_t *arg = json_array_get(args, i);
        buf_add_str(&r->out, i > 0 ? ", " : "");
        at_level(r, arg, NULL, LEVEL_EXPR);
    }
    if (slice_is(slice_str(name), "round"))
        read_put(r, ", ", e, "mode", "");
    else if (slice_is(slice_str(name), "fraction"))
        read_put(r, ", ", e, "daycount", "");
    else if (slice_is(slice_str(name), "days"))
        read_put(r, ", ", e, "calendar", "");
    else if (slice_is(slice_str(name), "submitted"))
        read_ref(r, read_member(r, e, "ref"));
    buf_add_char(&r->out, ')');
}

static void table(struct read_tree *r, const json_t *e, const char *head, bool is_step, const char *before)
{
    static const char *const bounds[] = {"at_least", "above", "at_most", "below"};
    static const char *const texts[] = {"\nat least ", "\nabove ", "\nat most ", "\nbelow "};
    const json_t *rows = read_list(r, e, "rows");
    buf_add_str(&r->out, head);
    at_level(r, e, "a", LEVEL_PRIMARY);
    buf_add_char(&r->out, ':');
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        buf_add_str(&r->out, is_step ? texts[read_choice(r, row, "bound", bounds, COUNT(bounds))] : before);
        at_level(r, row, "at", LEVEL_SUM);
        buf_add_str(&r->out, ": ");
        at_level(r, row, "value", is_step ? LEVEL_OR : LEVEL_SUM);
    }
}

static void step(struct read_tree *r, const json_t *e)
{
    table(r, e, "step of ", true, "");
    buf_add_str(&r->out, "\notherwise: ");
    at_level(r, e, "c", LEVEL_OR);
}

static void linear(struct read_tree *r, const json_t *e)
{
    table(r, e, "linear of ", false, "\nat ");
    buf_add_str(&r->out, read_truth(r, e, "is_extended") ? "\noutside: extended" : "\noutside: flat");
}

static void bands(struct read_tree *r, const json_t *e)
{
    table(r, e, "bands of ", false, "\nfrom ");
}

static void over(struct read_tree *r, const json_t *e)
{
    const json_t *list = read_list(r, e, "over");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        buf_add_str(&r->out, i == 0 ? "over " : ", ");
        if (read_whole(r, item, "last") > 0)
            read_put_whole(r, "last ", item, "last", " of ");
        read_put(r, "", item, "dimension", read_truth(r, item, "so_far") ? " so far" : "");
    }
    const json_t *of = json_object_get(e, "of");
    if (of != NULL) {
        buf_add_str(&r->out, " of ");
        read_ref(r, of);
    }
    if (json_object_get(e, "c") != NULL)
        read_expr(r, " where ", e, "c");
}

static void aggregate(struct read_tree *r, const json_t *e)
{
    read_put(r, "", e, "what", "(");
    if (slice_is(slice_str(read_text(r, e, "what")), "best"))
        read_put_whole(r, "", e, "k", ", ");
    if (json_object_get(e, "a") != NULL)
        read_expr(r, "", e, "a");
    if (json_object_get(e, "b") != NULL)
        read_expr(r, ", ", e, "b");
    buf_add_char(&r->out, ' ');
    over(r, e);
    buf_add_char(&r->out, ')');
}

static void prior(struct read_tree *r, const json_t *e)
{
    read_put(r, "prior(", e, "prior", ", ");
    read_expr(r, "", e, "a");
    read_expr(r, ", ", e, "b");
    buf_add_char(&r->out, ')');
}

static const char *const kinds[] = {"number", "date", "bool", "rate", "dateof", "ref",   "unary",     "binary", "in",
                                    "move",   "if",   "call", "step", "linear", "bands", "aggregate", "prior"};
static const struct {
    void (*write)(struct read_tree *r, const json_t *e);
    enum level level;
} forms[] = {{number, LEVEL_PRIMARY}, {date, LEVEL_PRIMARY}, {truth, LEVEL_PRIMARY},    {rate, LEVEL_FACTOR},
             {dateof, LEVEL_PRIMARY}, {ref, LEVEL_PRIMARY},  {unary, LEVEL_FACTOR},     {binary, LEVEL_TEST},
             {in, LEVEL_TEST},        {move, LEVEL_MOVED},   {conditional, LEVEL_EXPR}, {call, LEVEL_PRIMARY},
             {step, LEVEL_EXPR},      {linear, LEVEL_EXPR},  {bands, LEVEL_EXPR},       {aggregate, LEVEL_PRIMARY},
             {prior, LEVEL_PRIMARY}};

static enum level level_of(struct read_tree *r, const json_t *e, size_t kind)
{
    if (kind == AST_UNARY && is_not(e))
        return LEVEL_NOT;
    return kind == AST_BINARY ? binary_ops[read_choice(r, e, "op", binary_words, COUNT(binary_words))].own
                              : forms[kind].level;
}

/* name NULL: object itself. */
static void at_level(struct read_tree *r, const json_t *object, const char *name, enum level level)
{
    const json_t *e = name == NULL ? object : read_member(r, object, name);
    if (r->depth == AST_DEPTH_MAX)
        read_fail(r, e, NULL, "is more than 64 levels deep");
    if (e == NULL || r->problem.at != NULL)
        return;
    if (!json_is_object(e)) {
        read_fail(r, object, name, "is not an expression");
        return;
    }
    size_t kind = read_choice(r, e, "kind", kinds, COUNT(kinds));
    bool has_brackets = level_of(r, e, kind) < level;
    r->depth++;
    read_mark(r, e);
    buf_add_str(&r->out, has_brackets ? "(" : "");
    forms[kind].write(r, e);
    buf_add_str(&r->out, has_brackets ? ")" : "");
    r->depth--;
}

void read_expr(struct read_tree *r, const char *before, const json_t *object, const char *name)
{
    buf_add_str(&r->out, before);
    at_level(r, object, name, LEVEL_EXPR);
}

void read_bound(struct read_tree *r, const char *before, const json_t *object, const char *name)
{
    buf_add_str(&r->out, before);
    at_level(r, object, name, LEVEL_SUM);
}
