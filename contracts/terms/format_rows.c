#include "format.h"

/* What a row looks like: words, a number, `:`, a number. */
struct shape {
    uint32_t bound, value; /* tokens; bound 0: `otherwise` */
    uint32_t left;         /* the width up to the end of the bound's whole part, unpadded */
    uint32_t tail;         /* of the bound behind its whole part, and the colon */
    uint32_t whole;        /* the width of the value's whole part */
};

static uint32_t whole_digits(struct slice text)
{
    uint32_t n = 0;
    for (size_t i = 0; i < text.len && text.ptr[i] != '.'; i++)
        n += text.ptr[i] >= '0' && text.ptr[i] <= '9';
    return n;
}

/* The width of the whole part in groups of three. */
static uint32_t whole_width(struct slice text)
{
    uint32_t digits = whole_digits(text);
    return digits + (digits - 1) / 3;
}

uint32_t format_token_width(struct slice source, const struct token *t)
{
    struct slice text = token_text(source, t);
    ENSURE(t->kind == TOKEN_NUMBER || t->kind == TOKEN_PERCENT);
    const char *point = memchr(text.ptr, '.', text.len);
    uint32_t tail = t->kind == TOKEN_PERCENT ? 1 : 0;
    if (point != NULL)
        tail = (uint32_t) (text.ptr + text.len - point);
    return whole_width(text) + tail;
}

void format_token(struct slice source, const struct token *t, struct buf *out)
{
    struct slice text = token_text(source, t);
    uint32_t left = t->kind == TOKEN_NUMBER || t->kind == TOKEN_PERCENT ? whole_digits(text) : 0;
    size_t i = 0;
    for (; left > 0; i++) {
        if (text.ptr[i] == '_')
            continue;
        buf_add_char(out, text.ptr[i]);
        left--;
        if (left > 0 && left % 3 == 0)
            buf_add_char(out, '_');
    }
    buf_add(out, text.ptr + i, text.len - i);
}

static bool is_number(const struct token *t)
{
    return t->kind == TOKEN_NUMBER || t->kind == TOKEN_PERCENT;
}

/* A number with or without a minus before it at *at, which is moved behind it; its width up to the end of its whole part. */
static bool take_number(const struct format *f, uint32_t *at, uint32_t *width)
{
    const struct token *tokens = f->layout->tokens;
    *width = 0;
    if (tokens[*at].kind == TOKEN_MINUS) {
        *width = 1;
        *at += 1;
    }
    if (!is_number(&tokens[*at]))
        return false;
    *width += whole_width(token_text(f->source, &tokens[*at]));
    *at += 1;
    return true;
}

/* False where the row is of another form. */
static bool read_shape(const struct format *f, uint32_t begin, uint32_t end, struct shape *s)
{
    const struct token *tokens = f->layout->tokens;
    uint32_t at = begin;
    uint32_t width = 0;
    *s = (struct shape){0};
    for (; at < end && tokens[at].kind == TOKEN_NAME; at++)
        s->left += tokens[at].length + (at > begin ? 1 : 0);
    if (tokens[at].kind == TOKEN_COLON) {
        s->tail = 1;
    } else {
        s->bound = at;
        if (!take_number(f, &at, &width) || tokens[at].kind != TOKEN_COLON)
            return false;
        const struct token *bound = &tokens[at - 1];
        s->left += 1 + width;
        s->tail = format_token_width(f->source, bound) - whole_width(token_text(f->source, bound)) + 1;
    }
    s->value = ++at;
    return take_number(f, &at, &s->whole) && at == end;
}

static uint32_t row_end(const struct format *f, uint32_t begin, uint32_t end)
{
    uint32_t at = begin + 1;
    while (at < end && (f->layout->tokens[at].layout & LAYOUT_ROW) == 0)
        at++;
    return at;
}

struct format_columns format_columns(const struct format *f, uint32_t begin, uint32_t end)
{
    struct format_columns columns = {true, 0, 0};
    struct shape s = {0};
    uint32_t next = 0;
    for (uint32_t at = begin; at < end && columns.is_set; at = next) {
        next = row_end(f, at, end);
        columns.is_set = read_shape(f, at, next, &s);
        if (s.bound != 0 && s.left > columns.bound_end)
            columns.bound_end = s.left;
    }
    uint32_t left = 0;
    uint32_t whole = 0;
    for (uint32_t at = begin; at < end && columns.is_set; at = next) {
        next = row_end(f, at, end);
        columns.is_set = read_shape(f, at, next, &s);
        uint32_t width = (s.bound != 0 ? columns.bound_end : s.left) + s.tail;
        left = width > left ? width : left;
        whole = s.whole > whole ? s.whole : whole;
    }
    columns.value_end = left + 1 + whole;
    return columns;
}

struct format_row format_row(const struct format *f, const struct format_columns *columns, uint32_t begin, uint32_t end)
{
    struct format_row row = {0};
    struct shape s = {0};
    if (!columns->is_set || !read_shape(f, begin, row_end(f, begin, end), &s))
        return row;
    row.bound = s.bound;
    row.value = s.value;
    row.bound_pad = s.bound != 0 ? columns->bound_end - s.left : 0;
    row.value_pad = columns->value_end - (s.left + row.bound_pad + s.tail + 1 + s.whole);
    return row;
}
