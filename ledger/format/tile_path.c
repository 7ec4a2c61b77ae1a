/* C2SP tlog-tiles: a tile's number is in groups of three digits, all but the last with an x before them. */
#include "scan.h"
#include "tally/merkle.h"
#include "tally/note.h"
#include "tally/text.h"

#define GROUPS_MAX 6 /* 10^18 tiles: more than there are entries */
#define LEVEL_MAX 63 /* as the grammar has it */

static bool group_read(struct slice digits, uint64_t *number)
{
    if (digits.len != 3)
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t) (digits.ptr[i] - '0');
    }
    return true;
}

/* "x001/x234/067": no group is left out, and none leads with zeros alone. */
static bool number_read(struct slice text, uint64_t *out)
{
    uint64_t number = 0;
    struct scan scan;
    struct slice group;
    scan_init(&scan, text);
    for (int i = 0; scan_literal(&scan, "x"); i++) {
        if (i == GROUPS_MAX - 1 || !scan_until(&scan, '/', &group) || !group_read(group, &number) || number == 0)
            return false;
    }
    if (!scan_take(&scan, scan_left(&scan), &group) || !group_read(group, &number))
        return false;
    *out = number;
    return true;
}

static bool level_read(struct slice text, struct tile_path *out)
{
    uint64_t level = 0;
    out->is_entries = slice_is(text, "entries");
    if (!out->is_entries && text_u64(text, LEVEL_MAX, &level) != TALLY_OK)
        return false;
    out->level = (int) level;
    return true;
}

enum tally_code tile_path_read(struct slice path, struct tile_path *out)
{
    struct tile_path read = {.width = MERKLE_TILE_WIDTH};
    struct scan scan;
    struct slice level, rest;
    uint64_t width = 0;
    scan_init(&scan, path);
    if (!scan_until(&scan, '/', &level) || !level_read(level, &read) || !scan_take(&scan, scan_left(&scan), &rest))
        return TALLY_E_MALFORMED;
    const char *dot = rest.len == 0 ? NULL : memchr(rest.ptr, '.', rest.len);
    struct slice number = dot == NULL ? rest : slice_of(rest.ptr, (size_t) (dot - rest.ptr));
    if (dot != NULL) {
        scan_init(&scan, slice_of(dot, rest.len - number.len));
        if (!scan_literal(&scan, ".p/") ||
            text_u64(slice_of(scan.at, scan_left(&scan)), MERKLE_TILE_WIDTH - 1, &width) != TALLY_OK || width == 0)
            return TALLY_E_MALFORMED;
        read.width = (uint32_t) width;
    }
    if (!number_read(number, &read.number))
        return TALLY_E_MALFORMED;
    *out = read;
    return TALLY_OK;
}

void tile_path_write(const struct tile_path *path, struct buf *out)
{
    uint64_t unit = 1;
    while (path->number / unit >= 1000)
        unit *= 1000;
    if (path->is_entries)
        buf_add_str(out, "entries");
    else
        buf_add_u64(out, (uint64_t) path->level);
    for (; unit > 1; unit /= 1000)
        buf_printf(out, "/x%03u", (unsigned) (path->number / unit % 1000));
    buf_printf(out, "/%03u", (unsigned) (path->number % 1000));
    if (path->width < MERKLE_TILE_WIDTH)
        buf_printf(out, ".p/%u", (unsigned) path->width);
}
