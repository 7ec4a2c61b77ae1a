/* What people see: tables, fields, headings. Aligned and perhaps in colour on a terminal; plain lines with tabs when piped. */
#include <string.h>

#include "cli.h"
#include "tally/text.h"

#define CELL_MAX 4096 /* a cell of more is no table any more */

/* Columns that a text takes: its characters. Wide ones and combining ones are rare in names, and only shift a column. */
static size_t width_of(struct slice text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.len; i++)
        width += ((unsigned char) text.ptr[i] & 0xc0) != 0x80;
    return width;
}

static bool is_control(struct slice text, size_t at)
{
    unsigned char c = (unsigned char) text.ptr[at];
    if (c < 0x20 || c == 0x7f)
        return true;
    if (at + 1 < text.len && c == 0xc2 && (unsigned char) text.ptr[at + 1] < 0xa0) /* U+0080 to U+009F */
        return true;
    /* U+202A to U+202E and U+2066 to U+2069 turn the writing direction: a name could pass for another */
    if (at + 2 < text.len && c == 0xe2) {
        unsigned char second = (unsigned char) text.ptr[at + 1];
        unsigned char third = (unsigned char) text.ptr[at + 2];
        return (second == 0x80 && third >= 0xaa && third <= 0xae) || (second == 0x81 && third >= 0xa6 && third <= 0xa9);
    }
    return false;
}

void cli_clean(struct buf *out, struct slice text, bool keeps_lines)
{
    bool is_utf8 = text_is_utf8(text, NULL);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_kept = keeps_lines && (c == '\n' || c == '\t');
        bool is_bad = is_control(text, i) || (!is_utf8 && (unsigned char) c >= 0x80);
        buf_add_char(out, is_bad && !is_kept ? '?' : c);
    }
}

void cli_print(struct slice text)
{
    struct buf clean;
    buf_init(&clean, CLI_ANSWER_MAX);
    cli_clean(&clean, text, true);
    (void) fwrite(clean.ptr == NULL ? "" : clean.ptr, 1, clean.len, stdout);
    buf_release(&clean);
}

void cli_heading(struct cli *cli, const char *text)
{
    (void) printf(cli->is_colour ? "\033[1m%s\033[0m\n" : "%s\n", text);
}

static struct slice cleaned(struct cli *cli, struct slice text)
{
    struct buf clean;
    struct slice out = SLICE("?");
    buf_init(&clean, CELL_MAX);
    cli_clean(&clean, text, false);
    if (clean.failed != TALLY_OK || arena_copy(cli->arena, clean.ptr, clean.len, &out, NULL) != TALLY_OK)
        out = SLICE("?");
    buf_release(&clean);
    return out;
}

void cli_table_begin(struct cli_table *table, struct cli *cli, const char *heads)
{
    *table = (struct cli_table){.cli = cli};
    struct slice cells[CLI_COLUMNS_MAX];
    while (*heads != '\0') {
        size_t len = strcspn(heads, " ");
        ENSURE(table->columns < CLI_COLUMNS_MAX);
        bool is_right = heads[len - 1] == '>';
        table->is_right[table->columns] = is_right;
        cells[table->columns++] = slice_of(heads, is_right ? len - 1 : len);
        heads += len + (heads[len] == ' ');
    }
    for (int i = 0; i < table->columns; i++)
        cli_table_cell(table, cells[i]);
}

void cli_table_cell(struct cli_table *table, struct slice text)
{
    if (table->count == table->cap) {
        size_t cap = table->cap == 0 ? 256 : table->cap * 2;
        struct slice *cells = ARENA_ARRAY(table->cli->arena, cap, struct slice);
        if (cells == NULL)
            return; /* the arena holds a hundred times the longest page */
        if (table->count > 0)
            memcpy(cells, table->cells, table->count * sizeof *cells);
        table->cells = cells;
        table->cap = cap;
    }
    table->cells[table->count++] = cleaned(table->cli, text);
}

static void spaces(size_t n)
{
    (void) printf("%*s", (int) n, "");
}

static void print_row(const struct cli_table *table, size_t row, const size_t *widths)
{
    bool is_bold = row == 0 && table->cli->is_colour;
    (void) fputs(is_bold ? "\033[1m" : "", stdout);
    for (int i = 0; i < table->columns; i++) {
        struct slice cell = table->cells[row * (size_t) table->columns + (size_t) i];
        size_t pad = widths[i] - width_of(cell);
        bool is_last = i + 1 == table->columns;
        if (table->is_right[i])
            spaces(pad);
        (void) printf("%.*s", SLICE_ARG(cell));
        if (!table->is_right[i] && !is_last)
            spaces(pad);
        if (!is_last)
            spaces(2);
    }
    (void) fputs(is_bold ? "\033[0m\n" : "\n", stdout);
}

void cli_table_end(struct cli_table *table)
{
    size_t widths[CLI_COLUMNS_MAX] = {0};
    size_t columns = (size_t) table->columns;
    if (!table->cli->is_terminal) {
        size_t whole = table->count / columns * columns;
        for (size_t i = columns; i < whole; i++)
            (void) printf("%.*s%c", SLICE_ARG(table->cells[i]), (i + 1) % columns == 0 ? '\n' : '\t');
        return;
    }
    for (size_t i = 0; i < table->count; i++) {
        size_t width = width_of(table->cells[i]);
        if (width > widths[i % columns])
            widths[i % columns] = width;
    }
    for (size_t row = 0; (row + 1) * columns <= table->count; row++)
        print_row(table, row, widths);
}

void cli_field(struct cli *cli, const char *name, struct slice value)
{
    struct slice clean = cleaned(cli, value);
    if (cli->is_terminal)
        (void) printf("%-15s %.*s\n", name, SLICE_ARG(clean));
    else
        (void) printf("%s\t%.*s\n", name, SLICE_ARG(clean));
}

struct slice cli_money(struct cli *cli, struct slice amount)
{
    struct buf text;
    struct slice out = amount;
    size_t at = amount.len > 0 && amount.ptr[0] == '-';
    size_t whole = at;
    if (!cli->is_terminal)
        return amount;
    while (whole < amount.len && amount.ptr[whole] >= '0' && amount.ptr[whole] <= '9')
        whole++;
    buf_init(&text, CELL_MAX);
    for (size_t i = 0; i < amount.len; i++) {
        if (i > at && i < whole && (whole - i) % 3 == 0)
            buf_add_char(&text, ',');
        buf_add_char(&text, amount.ptr[i]);
    }
    if (arena_copy(cli->arena, text.ptr, text.len, &out, NULL) != TALLY_OK)
        out = amount;
    buf_release(&text);
    return out;
}
