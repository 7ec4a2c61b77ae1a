/* The steps of an explanation, in the terms' own words. */
#include "eval.h"
#include "tally/instant.h"

/* On one line, without comments, each run of white space one space. */
struct slice trace_text(struct eval *ev, struct span span)
{
    struct slice source = ev->t->ast->source;
    char *text = arena_alloc(ev->arena, (size_t) span.length + 1);
    size_t n = 0;
    bool in_string = false;
    if (text == NULL)
        return SLICE("");
    for (size_t i = span.offset; i < (size_t) span.offset + span.length && i < source.len; i++) {
        char c = source.ptr[i];
        in_string = c == '"' ? !in_string : in_string;
        if (c == '#' && !in_string)
            while (i + 1 < source.len && source.ptr[i + 1] != '\n')
                i++;
        else if (c != ' ' && c != '\n')
            text[n++] = c;
        else if (n > 0 && text[n - 1] != ' ')
            text[n++] = ' ';
    }
    while (n > 0 && text[n - 1] == ' ')
        n--;
    return slice_of(text, n);
}

MUST_CHECK static struct trace_step *add_step(struct eval *ev, struct span span, struct slice text)
{
    if (ev->trace->count == TRACE_STEPS_MAX)
        return NULL;
    struct trace_step *step = ARENA_NEW(ev->arena, struct trace_step);
    if (step == NULL)
        return NULL;
    step->line = span.line;
    step->text = text.ptr == NULL ? SLICE("") : text;
    if (ev->trace->last == NULL)
        ev->trace->first = step;
    else
        ev->trace->last->next = step;
    ev->trace->last = step;
    ev->trace->count++;
    return step;
}

/* Exact, and as a decimal. */
static void value_texts(struct eval *ev, const struct type *type, const struct value *value, struct slice *exact,
                        struct slice *decimal)
{
    char day[DAY_TEXT_LEN + 1];
    *exact = SLICE("");
    switch (type->kind) {
    case TYPE_NUMBER:
        if (number_exact(value->number, ev->arena, exact, NULL) != TALLY_OK ||
            number_decimal(value->number, ev->arena, decimal, NULL) != TALLY_OK)
            *decimal = SLICE("");
        return;
    case TYPE_DATE:
        day_format(value->day, day);
        if (arena_copy(ev->arena, day, strlen(day), exact, NULL) != TALLY_OK)
            *exact = SLICE("");
        break;
    case TYPE_TRUTH:
        *exact = value->word == 1 ? SLICE("true") : SLICE("false");
        break;
    case TYPE_WORD:
        *exact = ev->dimensions[type->dimension].spellings[value->word];
        break;
    }
    *decimal = *exact;
}

void trace_value(struct eval *ev, struct span span, struct slice text, const struct type *type, const struct value *value)
{
    struct trace_step *step = add_step(ev, span, text);
    if (step != NULL)
        value_texts(ev, type, value, &step->exact, &step->decimal);
}

void trace_result(struct eval *ev, const struct node *n, struct slice name, const struct engine_fact *fact)
{
    struct trace_step *step = add_step(ev, n->span, name);
    if (step == NULL)
        return;
    step->is_result = true;
    step->seq = fact->seq;
    step->exact = fact->value;
}

/* Constants, names and branches speak for themselves or through what they use. */
void trace_node(struct eval *ev, const struct node *n, const struct value *value)
{
    bool is_silent = n->op < NODE_NEGATE || n->op == NODE_IF || n->op == NODE_STEP || n->op == NODE_AND ||
                     n->op == NODE_OR || (n->op == NODE_NEGATE && n->a->op == NODE_NUMBER);
    if (!is_silent)
        trace_value(ev, n->span, trace_text(ev, n->span), &n->type, value);
}
