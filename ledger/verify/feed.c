#include "feed.h"

_Static_assert(4 * (uint64_t) ARCHIVE_LINE_MAX < UINT32_MAX, "places in a block have 32 bits");

#define ROOM_MIN 16384                                /* bytes: less at a time would be many reads */
#define LINE_KEPT_MAX ((size_t) ARCHIVE_LINE_MAX + 1) /* a byte too many says that it was too long */

/* Hands over the whole lines of the block. */
static enum tally_code hand_over(struct feed *feed, struct err *err)
{
    size_t lines_end = feed->lines_end;
    enum tally_code rc = pool_put(feed->pool, lines_end, err);
    feed->scanned = feed->scanned > lines_end ? feed->scanned - lines_end : 0;
    feed->lines_end = 0;
    return rc;
}

enum tally_code feed_room(struct feed *feed, char **at, size_t *room, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct block *block = pool_block(feed->pool);
    if (block->job_count > 0 && block->cap - block->len < ROOM_MIN)
        TRY(hand_over(feed, err));
    TRY(pool_make_room(feed->pool, ROOM_MIN, err));
    block = pool_block(feed->pool);
    *at = block->text + block->len;
    *room = block->cap - block->len;
done:
    return rc;
}

/* A line that is too long keeps one byte too many; what follows up to its line feed is passed over. */
static void skip(struct feed *feed, struct block *block)
{
    size_t from = feed->lines_end + LINE_KEPT_MAX;
    char *feed_at = memchr(block->text + from, '\n', block->len - from);
    size_t rest = feed_at == NULL ? 0 : (size_t) (block->text + block->len - feed_at);
    if (rest > 0)
        memmove(block->text + from, feed_at, rest);
    block->len = from + rest;
    feed->is_skipping = feed_at == NULL;
    feed->scanned = from;
}

enum tally_code feed_put(struct feed *feed, size_t len, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct block *block = pool_block(feed->pool);
    ENSURE(len <= block->cap - block->len);
    block->len += len;
    for (;;) {
        if (feed->is_skipping)
            skip(feed, block);
        const char *found = memchr(block->text + feed->scanned, '\n', block->len - feed->scanned);
        size_t line_end = found == NULL ? block->len : (size_t) (found - block->text);
        if (line_end - feed->lines_end > LINE_KEPT_MAX && !feed->is_skipping) {
            feed->is_skipping = true;
            continue;
        }
        if (found == NULL)
            break;
        feed->scanned = feed->lines_end = line_end + 1;
        block->ends[block->job_count] = (uint32_t) line_end;
        if (++block->job_count == BLOCK_LINES) {
            TRY(hand_over(feed, err));
            block = pool_block(feed->pool);
        }
    }
    feed->scanned = block->len;
done:
    return rc;
}

enum tally_code feed_end(struct feed *feed, bool is_cut, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct block *block = pool_block(feed->pool);
    if (is_cut)
        block->len = feed->lines_end;
    if (block->len > feed->lines_end) {
        feed->lines_end = block->len;
        block->ends[block->job_count++] = (uint32_t) block->len;
    }
    if (block->job_count > 0)
        TRY(hand_over(feed, err));
    TRY(pool_drain(feed->pool, err));
done:
    return rc;
}
