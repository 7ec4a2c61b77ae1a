/* A table of results becomes one statement. What a person reads in the spreadsheet is what is sent: cells are not interpreted, so that no
 * number is rounded and no day turned. */
#include "result_csv.h"

#include <stdlib.h>
#include <string.h>

#include "tally/canon.h"
#include "tally/entry.h"
#include "tally/model.h"
#include "tally/text.h"

#define COLUMNS_MAX (MODEL_DIMENSIONS_MAX + 5) /* each dimension a result may have, and the five below */

enum column {
    COLUMN_DIMENSION,
    COLUMN_CONTRACT,
    COLUMN_INDICATOR,
    COLUMN_METRIC,
    COLUMN_VALUE,
    COLUMN_VERSION,
    COLUMN_KINDS
};

struct csv {
    struct cli *cli;
    const char *file;
    struct slice text;
    size_t at;
    uint32_t line, row_line; /* line: of `at`; row_line: where the row in `cells` begins */
    char separator;
    struct slice cells[COLUMNS_MAX];
    size_t count;
    struct slice names[COLUMNS_MAX]; /* of the columns */
    enum column kinds[COLUMNS_MAX];
    size_t columns;
    size_t sorted[COLUMNS_MAX]; /* the columns that are dimensions, by name */
    size_t dimensions;
};

bool result_is_csv(const char *file)
{
    size_t len = strlen(file);
    return len > 4 && strcmp(file + len - 4, ".csv") == 0;
}

MUST_CHECK static enum tally_code wrong(const struct csv *csv, struct err *err, const char *what, struct slice cell)
{
    return err_set(err, TALLY_E_MALFORMED, "%s:%u: %s%s%.*s", csv->file, csv->row_line, what, cell.len > 0 ? ": " : "",
                   (int) (cell.len > 80 ? 80 : cell.len), cell.len > 0 ? cell.ptr : "");
}

static bool is_end_of_cell(const struct csv *csv, size_t at)
{
    return at == csv->text.len || csv->text.ptr[at] == csv->separator || csv->text.ptr[at] == '\n' ||
           (csv->text.ptr[at] == '\r' && at + 1 < csv->text.len && csv->text.ptr[at + 1] == '\n');
}

/* From behind its first quote to behind its last. */
MUST_CHECK static enum tally_code read_quoted(struct csv *csv, struct slice *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf cell;
    buf_init(&cell, CLI_FILE_MAX);
    for (csv->at++;; csv->at++) {
        if (csv->at == csv->text.len)
            TRY(wrong(csv, err, "a quote is not closed", SLICE("")));
        char c = csv->text.ptr[csv->at];
        if (c == '"' && csv->at + 1 < csv->text.len && csv->text.ptr[csv->at + 1] == '"')
            csv->at++; /* a quote within */
        else if (c == '"')
            break;
        csv->line += c == '\n';
        buf_add_char(&cell, c);
    }
    csv->at++;
    if (!is_end_of_cell(csv, csv->at))
        TRY(wrong(csv, err, "something stands behind a closing quote", SLICE("")));
    TRY(cli_take(csv->cli, &cell, out, err));
done:
    buf_release(&cell);
    return rc;
}

static struct slice read_plain(struct csv *csv)
{
    size_t from = csv->at;
    while (!is_end_of_cell(csv, csv->at))
        csv->at++;
    struct slice cell = slice_of(csv->text.ptr + from, csv->at - from);
    while (cell.len > 0 && cell.ptr[0] == ' ')
        cell = slice_of(cell.ptr + 1, cell.len - 1);
    while (cell.len > 0 && cell.ptr[cell.len - 1] == ' ')
        cell.len--;
    return cell;
}

/* The next line that is not empty; none: count is 0. */
MUST_CHECK static enum tally_code read_row(struct csv *csv, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    do {
        csv->count = 0;
        csv->row_line = csv->line;
        for (bool has_more = csv->at < csv->text.len; has_more;) {
            if (csv->count == COLUMNS_MAX)
                TRY(wrong(csv, err, "there are more columns than a result has dimensions", SLICE("")));
            if (csv->at < csv->text.len && csv->text.ptr[csv->at] == '"')
                TRY(read_quoted(csv, &csv->cells[csv->count++], err));
            else
                csv->cells[csv->count++] = read_plain(csv);
            has_more = csv->at < csv->text.len && csv->text.ptr[csv->at] == csv->separator;
            csv->at += has_more;
        }
        csv->at += csv->at < csv->text.len && csv->text.ptr[csv->at] == '\r';
        bool is_line = csv->at < csv->text.len;
        csv->at += is_line;
        csv->line += is_line;
    } while (csv->count == 1 && csv->cells[0].len == 0);
done:
    return rc;
}

static char separator_of(struct slice text)
{
    const char *end = memchr(text.ptr, '\n', text.len);
    size_t len = end == NULL ? text.len : (size_t) (end - text.ptr);
    for (size_t i = 0; i < len; i++)
        if (text.ptr[i] == ',' || text.ptr[i] == ';' || text.ptr[i] == '\t')
            return text.ptr[i];
    return ',';
}

MUST_CHECK static enum tally_code read_head(struct csv *csv, struct err *err)
{
    static const char *const words[COLUMN_KINDS] = {"", "contract", "indicator", "metric", "value", "version"};
    enum tally_code rc = TALLY_OK;
    TRY(read_row(csv, err));
    bool has_value = false;
    for (size_t i = 0; i < csv->count; i++) {
        csv->names[i] = csv->cells[i];
        if (!text_is_id(csv->names[i]))
            TRY(wrong(
                csv, err,
                "the first line names the columns: value, indicator, version, contract, metric, or a dimension (a to z, "
                "0 to 9 and _)",
                csv->names[i]));
        for (size_t k = 0; k < i; k++)
            if (slice_equal(csv->names[k], csv->names[i]))
                TRY(wrong(csv, err, "there are two columns of this name", csv->names[i]));
        for (enum column kind = COLUMN_CONTRACT; kind < COLUMN_KINDS; kind++)
            if (slice_is(csv->names[i], words[kind]))
                csv->kinds[i] = kind;
        has_value = has_value || csv->kinds[i] == COLUMN_VALUE;
        if (csv->kinds[i] != COLUMN_DIMENSION)
            continue;
        size_t at = csv->dimensions++;
        for (; at > 0 && slice_compare(csv->names[csv->sorted[at - 1]], csv->names[i]) > 0; at--)
            csv->sorted[at] = csv->sorted[at - 1];
        csv->sorted[at] = i;
    }
    csv->columns = csv->count;
    if (!has_value)
        rc = wrong(csv, err, "the first line names the columns, and one of them is value", SLICE(""));
done:
    return rc;
}

/* Of the row; without such a column, of the option. */
static struct slice of_row(const struct csv *csv, enum column kind, const char *option)
{
    const char *given = option == NULL ? NULL : cli_option(csv->cli, option);
    for (size_t i = 0; i < csv->columns; i++)
        if (csv->kinds[i] == kind)
            return csv->cells[i];
    return given == NULL ? SLICE("") : slice_str(given);
}

static void write_text(struct canon *w, const char *name, struct slice text)
{
    canon_name(w, name);
    canon_string(w, text);
}

MUST_CHECK static enum tally_code write_row(const struct csv *csv, struct canon *w, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice indicator = of_row(csv, COLUMN_INDICATOR, "--indicator"), metric = of_row(csv, COLUMN_METRIC, "--metric");
    struct slice contract = of_row(csv, COLUMN_CONTRACT, "--contract"), text = of_row(csv, COLUMN_VERSION, "--version");
    struct slice value = of_row(csv, COLUMN_VALUE, NULL);
    uint64_t version = 0;
    if (csv->count != csv->columns)
        TRY(wrong(csv, err, "this row has another number of cells than the first line", SLICE("")));
    if ((indicator.len > 0) == (contract.len > 0))
        TRY(wrong(
            csv, err,
            "what is measured? a column indicator with version (or --indicator and --version), or contract with metric "
            "(--contract and --metric)",
            SLICE("")));
    if (contract.len > 0 && metric.len == 0)
        TRY(wrong(csv, err, "of which metric of the contract? a column metric, or --metric", SLICE("")));
    if (indicator.len > 0 && (text_u64(text, UINT32_MAX, &version) != TALLY_OK || version == 0))
        TRY(wrong(csv, err, "of which version of the indicator? a column version, or --version, a number from 1", text));
    if (value.len == 0)
        TRY(wrong(csv, err, "the value is empty", SLICE("")));
    canon_object(w);
    if (contract.len > 0)
        write_text(w, "contract", contract);
    canon_name(w, "dimensions");
    canon_object(w);
    for (size_t i = 0; i < csv->dimensions; i++) {
        size_t at = csv->sorted[i];
        if (csv->cells[at].len == 0)
            continue;
        canon_name_slice(w, csv->names[at]);
        canon_string(w, csv->cells[at]);
    }
    canon_close(w);
    write_text(w, contract.len > 0 ? "metric" : "indicator", contract.len > 0 ? metric : indicator);
    write_text(w, "value", value);
    if (indicator.len > 0) {
        canon_name(w, "version");
        canon_i64(w, (int64_t) version);
    }
    canon_close(w);
done:
    return rc;
}

MUST_CHECK static enum tally_code write_rows(struct csv *csv, struct buf *body, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    size_t rows = 0;
    struct canon w;
    canon_init(&w, body);
    canon_object(&w);
    if (cli_flag(csv->cli, "--private")) {
        canon_name(&w, "open");
        canon_bool(&w, false);
    }
    canon_name(&w, "results");
    canon_array(&w);
    for (;; rows++) {
        TRY(read_row(csv, err));
        if (csv->count == 0)
            break;
        if (rows == MODEL_RESULTS_MAX)
            TRY(wrong(csv, err, "a statement has at most 10,000 results: make two files of it", SLICE("")));
        TRY(write_row(csv, &w, err));
        if (buf_check(body, NULL) == TALLY_E_MALFORMED)
            TRY(wrong(csv, err, "a cell is not UTF-8: save the file as UTF-8", SLICE("")));
    }
    if (rows == 0)
        TRY(wrong(csv, err, "there is no row behind the first line", SLICE("")));
    canon_close(&w);
    canon_close(&w);
    rc = buf_check(body, err);
done:
    return rc;
}

enum tally_code result_csv(struct cli *cli, const char *file, struct slice text, struct slice *out, struct err *err)
{
    static const struct slice mark = SLICE("\xef\xbb\xbf"); /* what spreadsheets write before UTF-8 */
    enum tally_code rc = TALLY_OK;
    struct buf body;
    struct csv *csv = ARENA_ARRAY(cli->arena, 1, struct csv);
    buf_init(&body, CLI_FILE_MAX);
    if (csv == NULL)
        TRY(err_set(err, TALLY_E_NO_MEMORY, "out of memory"));
    *csv = (struct csv){.cli = cli, .file = file, .text = text, .line = 1, .separator = separator_of(text)};
    if (slice_starts(text, mark))
        csv->at = mark.len;
    TRY(read_head(csv, err));
    TRY(write_rows(csv, &body, err));
    TRY(cli_take(cli, &body, out, err));
done:
    buf_release(&body);
    return rc;
}
