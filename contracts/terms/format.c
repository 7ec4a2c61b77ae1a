#include "format.h"

#define CONTINUED_INDENT 2 /* of a line that goes on with the one before, and of a row */

static void newline(struct format *f, uint32_t indent)
{
    buf_add_char(f->out, '\n');
    for (uint32_t i = 0; i < indent; i++)
        buf_add_char(f->out, ' ');
}

/* Without the spaces at its end. */
static void comment(struct format *f, const char *from, const char *to)
{
    while (to > from && to[-1] == ' ')
        to--;
    buf_add(f->out, from, (size_t) (to - from));
}

/* What stands between two tokens: white space and comments. */
struct gap {
    const char *at, *end;
    uint32_t lines; /* line ends passed since the last token or comment */
};

/* Passes white space; false at the end of the gap. */
static bool next_comment(struct gap *g)
{
    g->lines = 0;
    for (; g->at < g->end && *g->at != '#'; g->at++)
        g->lines += *g->at == '\n';
    return g->at < g->end;
}

static const char *comment_end(const struct gap *g)
{
    const char *to = memchr(g->at, '\n', (size_t) (g->end - g->at));
    return to == NULL ? g->end : to;
}

/* Sets the comments of a gap: the first stays behind the token that it follows on its line, others stand on lines of their
 * own, as far in as the token that follows. is_top: an empty line is kept. True where the next token begins a line for
 * that; *has_space: where there was an empty line behind the last comment. */
static bool set_comments(struct format *f, struct gap *g, bool is_start, bool is_top, bool is_spaced, uint32_t indent,
                         bool *has_space)
{
    bool has_comment = false;
    bool is_pending = is_spaced; /* an empty line that is due */
    while (next_comment(g)) {
        const char *to = comment_end(g);
        if (g->lines == 0 && !has_comment && !is_start) {
            buf_add_char(f->out, ' ');
        } else {
            if (is_pending || (is_top && g->lines > 1 && !is_start))
                buf_add_char(f->out, '\n');
            is_pending = false;
            newline(f, indent);
        }
        comment(f, g->at, to);
        g->at = to;
        has_comment = true;
    }
    *has_space = is_pending || (is_top && g->lines > 1);
    return has_comment;
}

static bool needs_space(const struct token *before, const struct token *t)
{
    switch ((enum token_kind) t->kind) {
    case TOKEN_COMMA:
    case TOKEN_COLON:
    case TOKEN_CLOSE:
    case TOKEN_CLOSE_INDEX:
        return false;
    default:
        return before->kind != TOKEN_OPEN && before->kind != TOKEN_OPEN_INDEX && (t->layout & LAYOUT_TIGHT) == 0;
    }
}

/* Whether the author put each row on a line: one that begins a line says so for all of them. */
static bool is_broken(const struct ast_layout *layout, uint32_t begin, uint32_t end)
{
    uint32_t depth = 0;
    for (uint32_t i = begin; i < end; i++) {
        const struct token *t = &layout->tokens[i];
        /* a nested group stands in brackets */
        if (t->kind == TOKEN_OPEN || t->kind == TOKEN_OPEN_INDEX)
            depth++;
        else if (t->kind == TOKEN_CLOSE || t->kind == TOKEN_CLOSE_INDEX)
            depth--;
        else if (depth == 0 && (t->layout & LAYOUT_ROW) != 0 && t->line != layout->tokens[i - 1].line)
            return true;
    }
    return false;
}

/* Ends the groups whose last row was before token i, and opens the one that begins with it. */
static void change_level(struct format *f, uint32_t i)
{
    while (f->level_count > 0 && f->levels[f->level_count - 1].end <= i) {
        f->level_count--;
        f->indent = f->levels[f->level_count].outer;
    }
    if (f->rows == NULL || f->rows->begin != i)
        return;
    ENSURE(f->level_count < sizeof f->levels / sizeof f->levels[0]);
    struct format_level *level = &f->levels[f->level_count++];
    *level = (struct format_level){.end = f->rows->end, .outer = f->indent};
    level->is_broken = is_broken(f->layout, i, level->end);
    level->indent = f->indent + CONTINUED_INDENT;
    if (level->is_broken)
        level->columns = format_columns(f, i, level->end);
    f->rows = f->rows->next;
}

/* Whether token i begins a line of its own; f->indent is then where. */
static bool begins_line(struct format *f, uint32_t i)
{
    const struct token *t = &f->layout->tokens[i];
    struct format_level *level = f->level_count > 0 ? &f->levels[f->level_count - 1] : NULL;
    if ((t->layout & LAYOUT_LINE) != 0) {
        f->indent = t->indent;
        return true;
    }
    if (level != NULL && level->is_broken && (t->layout & LAYOUT_ROW) != 0) {
        f->indent = level->indent;
        level->row = format_row(f, &level->columns, i, level->end);
        return true;
    }
    return false;
}

static void set_token(struct format *f, uint32_t i, const struct token *before)
{
    const struct token *t = &f->layout->tokens[i];
    struct gap g = {.at = f->source.ptr, .end = f->source.ptr + t->offset};
    bool is_start = before == NULL;
    bool has_space = false;
    if (!is_start)
        g.at += before->offset + before->length;
    change_level(f, i);
    bool is_end = t->kind == TOKEN_END;
    bool is_line = is_end || begins_line(f, i);
    bool is_top = is_end || (t->layout & LAYOUT_TOP) != 0;
    bool is_kept = !is_line && before != NULL && before->line != t->line &&
                   ((t->layout & LAYOUT_BREAK) != 0 || before->kind == TOKEN_COMMA);
    uint32_t indent = is_end ? 0 : is_line ? f->indent : f->indent + CONTINUED_INDENT;
    bool has_comment = set_comments(f, &g, is_start, is_top, (t->layout & LAYOUT_FIRST) != 0, indent, &has_space);
    if (is_end || is_start) {
        format_token(f->source, t, f->out);
        return;
    }
    if (is_line || is_kept || has_comment) {
        if (has_space)
            buf_add_char(f->out, '\n');
        newline(f, indent);
    } else if (needs_space(before, t)) {
        const struct format_level *level = f->level_count > 0 ? &f->levels[f->level_count - 1] : NULL;
        uint32_t pad = 0;
        if (level != NULL && i == level->row.bound)
            pad = level->row.bound_pad;
        if (level != NULL && i == level->row.value)
            pad = level->row.value_pad;
        for (uint32_t n = 0; n <= pad; n++)
            buf_add_char(f->out, ' ');
    }
    format_token(f->source, t, f->out);
}

enum tally_code ast_format(const struct ast_text *text, struct buf *out, struct err *err)
{
    ENSURE(text->layout != NULL);
    struct format f = {.source = text->source, .layout = text->layout, .out = out, .rows = text->layout->rows};
    const struct token *before = NULL;
    for (uint32_t i = 0; i < f.layout->count; i++) {
        if (f.layout->tokens[i].kind == TOKEN_MERGED)
            continue;
        set_token(&f, i, before);
        before = &f.layout->tokens[i];
    }
    buf_add_char(out, '\n');
    return buf_check(out, err);
}
