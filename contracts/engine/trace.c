/* The steps of an explanation, in the terms' own words. */
#include "eval.h"
#include "tally/instant.h"

/* A step could not be told without memory: the explanation fails. */
static void lacks_memory(struct eval *ev)
{
    ev->rc = err_set(ev->err, TALLY_E_LIMIT, "an explanation needs more memory than it is granted");
}

/* On one line, without comments, each run of white space one space. What is long is cut: in a span that is told only what stands in quotes
 * may have letters of several bytes, and nothing in an expression does. */
struct slice trace_text(struct eval *ev, struct span span)
{
    static const char dots[] = "...";
    struct slice source = ev->t->ast->source;
    size_t most = span.length < TRACE_TEXT_MAX ? span.length : TRACE_TEXT_MAX, n = 0;
    char *text = arena_alloc(ev->arena, most + sizeof dots);
    bool in_string = false;
    if (text == NULL)
        return slice_of(NULL, 0);
    for (size_t i = span.offset; i < (size_t) span.offset + span.length && i < source.len; i++) {
        char c = source.ptr[i];
        in_string = c == '"' ? !in_string : in_string;
        if (c == '#' && !in_string) {
            while (i + 1 < source.len && source.ptr[i + 1] != '\n')
                i++;
            continue;
        }
        bool is_space = c == ' ' || c == '\n';
        if (is_space && (n == 0 || text[n - 1] == ' '))
            continue;
        if (n == most) {
            memcpy(text + n, dots, sizeof dots - 1);
            return slice_of(text, n + sizeof dots - 1);
        }
        text[n++] = is_space ? ' ' : c;
    }
    n -= n > 0 && text[n - 1] == ' ' ? 1 : 0;
    return slice_of(text, n);
}

/* Keeps a step, unless the trace is as long as it may be. */
static void add_step(struct eval *ev, const struct trace_step *told)
{
    struct trace *trace = ev->trace;
    size_t bytes = told->text.len + told->exact.len + told->decimal.len + TRACE_STEP_BYTES;
    bool is_full = trace->is_cut || trace->count >= TRACE_STEPS_MAX || trace->bytes + bytes > TRACE_BYTES_MAX;
    if (is_full && !trace->has_end) {
        trace->is_cut = true;
        return;
    }
    struct trace_step *step = told->text.ptr == NULL ? NULL : ARENA_NEW(ev->arena, struct trace_step);
    if (step == NULL) {
        lacks_memory(ev);
        return;
    }
    *step = *told;
    *(trace->last == NULL ? &trace->first : &trace->last->next) = step;
    trace->last = step;
    trace->count++;
    trace->bytes += bytes;
}

/* Exact, and as a decimal. */
MUST_CHECK static enum tally_code value_texts(struct eval *ev, const struct type *type, const struct value *value,
                                              struct trace_step *step)
{
    enum tally_code rc = TALLY_OK;
    char day[DAY_TEXT_LEN + 1];
    switch (type->kind) {
    case TYPE_NUMBER:
        TRY(number_exact(value->number, ev->arena, &step->exact, NULL));
        return number_decimal(value->number, ev->arena, &step->decimal, NULL);
    case TYPE_DATE:
        day_format(value->day, day);
        TRY(arena_copy(ev->arena, day, strlen(day), &step->exact, NULL));
        break;
    case TYPE_TRUTH:
        step->exact = value->word == 1 ? SLICE("true") : SLICE("false");
        break;
    case TYPE_WORD:
        step->exact = ev->dimensions[type->dimension].spellings[value->word];
        break;
    }
    step->decimal = step->exact;
done:
    return rc;
}

static void tell_value(struct eval *ev, struct trace_step *step, const struct type *type, const struct value *value)
{
    if (value_texts(ev, type, value, step) != TALLY_OK)
        lacks_memory(ev);
    else
        add_step(ev, step);
}

void trace_value(struct eval *ev, struct span span, struct slice text, const struct type *type, const struct value *value)
{
    struct trace_step step = {.line = span.line, .text = text};
    tell_value(ev, &step, type, value);
}

void trace_result(struct eval *ev, const struct node *n, struct slice name, const struct engine_fact *fact)
{
    add_step(ev, &(struct trace_step){
                     .line = n->span.line, .text = name, .is_result = true, .seq = fact->seq, .exact = fact->value});
}

/* ---- aggregates ---- */

#define COUNTED_MEMO UINT32_C(0x40000000) /* above all that a text numbers, below the parts of aggregates */

bool trace_lists(const struct eval *ev, const struct node *n)
{
    uint64_t members = 1;
    for (uint32_t i = 0; i < n->u.aggregate.over_count && members <= TRACE_MEMBERS_MAX; i++) {
        const struct node_over *over = &n->u.aggregate.over[i];
        uint32_t count = dimension_size(&ev->t->dimensions[over->dimension]); /* by the text: a session has room for more */
        if (over->is_up_to_bound && !dimension_is_open(&ev->dimensions[over->dimension]))
            count = ev->bound[over->dimension] + 1;
        members *= over->last > 0 && over->last < count ? over->last : count;
    }
    return members <= TRACE_MEMBERS_MAX;
}

/* One for all parts of a pot. */
static uint64_t counted_cell(const struct eval *ev, const struct node *n)
{
    uint32_t members[DIMENSIONS_MAX];
    memcpy(members, ev->bound, sizeof members);
    for (uint32_t i = 0; n->op == NODE_PORTION && i < n->u.aggregate.over_count; i++)
        members[n->u.aggregate.over[i].dimension] = 0;
    return shape_cell(ev->dimensions, &n->u.aggregate.shape, members);
}

bool trace_keep_count(struct eval *ev, const struct node *n, uint64_t count)
{
    if (trace_lists(ev, n))
        return true;
    struct slot *slot = eval_slot(ev, COUNTED_MEMO + n->u.aggregate.memo, counted_cell(ev, n));
    if (slot == NULL)
        return false;
    slot->u.count = count;
    return true;
}

static void tell_count(const struct eval *ev, const struct node *n, struct trace_step *step)
{
    if ((n->op != NODE_AGGREGATE && n->op != NODE_PORTION) || trace_lists(ev, n))
        return;
    const struct slot *slot = eval_find(ev, COUNTED_MEMO + n->u.aggregate.memo, counted_cell(ev, n));
    step->has_count = slot != NULL;
    step->count = slot == NULL ? 0 : slot->u.count;
}

/* Constants, names and branches speak for themselves or through what they use. */
void trace_node(struct eval *ev, const struct node *n, const struct value *value)
{
    bool is_silent = n->op < NODE_NEGATE || n->op == NODE_IF || n->op == NODE_STEP || n->op == NODE_AND ||
                     n->op == NODE_OR || (n->op == NODE_NEGATE && n->a->op == NODE_NUMBER);
    if (is_silent || ev->trace->is_cut)
        return;
    struct trace_step step = {.line = n->span.line, .text = trace_text(ev, n->span)};
    tell_count(ev, n, &step);
    tell_value(ev, &step, &n->type, value);
}

/* ---- what is told once ---- */

MUST_CHECK static bool seen_grow(struct eval *ev)
{
    struct trace *trace = ev->trace;
    size_t size = trace->seen_size == 0 ? 64 : trace->seen_size * 2, old_size = trace->seen_size;
    struct trace_seen *old = trace->seen, *seen = ARENA_ARRAY(ev->arena, size, struct trace_seen);
    if (seen == NULL) {
        lacks_memory(ev);
        return false;
    }
    trace->seen = seen;
    trace->seen_size = size;
    trace->seen_count = 0;
    for (size_t i = 0; i < old_size; i++)
        if (old[i].memo_after != 0)
            (void) trace_enters(ev, old[i].memo_after - 1, old[i].cell);
    return true;
}

bool trace_enters(struct eval *ev, uint32_t memo, uint64_t cell)
{
    struct trace *trace = ev->trace;
    if (trace->is_cut || (trace->seen_count >= trace->seen_size / 2 && !seen_grow(ev)))
        return false;
    uint64_t h = (cell + 1) * UINT64_C(0x9E3779B97F4A7C15) ^ ((uint64_t) memo + 1) * UINT64_C(0xC2B2AE3D27D4EB4F);
    size_t i = (size_t) (h ^ h >> 29) & (trace->seen_size - 1);
    for (; trace->seen[i].memo_after != 0; i = (i + 1) & (trace->seen_size - 1))
        if (trace->seen[i].memo_after == memo + 1 && trace->seen[i].cell == cell)
            return false;
    trace->seen[i] = (struct trace_seen){cell, memo + 1};
    trace->seen_count++;
    return true;
}

struct trace *trace_pause(struct eval *ev)
{
    struct trace *trace = ev->trace;
    struct arena *aloud = ev->arena;
    ev->trace = NULL;
    ev->arena = trace->quiet;
    trace->quiet = aloud;
    return trace;
}

void trace_resume(struct eval *ev, struct trace *trace)
{
    struct arena *quiet = ev->arena;
    ev->trace = trace;
    ev->arena = trace->quiet;
    trace->quiet = quiet;
}

enum known trace_once(struct eval *ev, uint32_t memo, uint64_t cell, const struct node *n, struct value *out,
                      enum known (*aloud)(struct eval *ev, const struct node *n, uint64_t cell, struct value *out),
                      enum known (*kept)(struct eval *ev, const struct node *n, struct value *out))
{
    if (trace_enters(ev, memo, cell))
        return aloud(ev, n, cell, out);
    struct trace *trace = trace_pause(ev);
    enum known known = kept(ev, n, out);
    trace_resume(ev, trace);
    return known;
}
