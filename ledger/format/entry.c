#include "tally/entry.h"

#include "scan.h"
#include "tally/text.h"

void entry_header_write(const struct entry_header *header, struct buf *out)
{
    char time[INSTANT_TEXT_LEN + 1];
    ENSURE(text_is_id(header->actor) && text_is_id(header->type) && text_is_origin(header->ledger));
    ENSURE(header->jti.len == 0 || text_is_jti(header->jti));
    ENSURE(header->seq <= ENTRY_SEQ_MAX);
    instant_format(header->time, time);
    buf_add_str(out, "{\"actor\":\"");
    buf_add_slice(out, header->actor);
    buf_add_str(out, "\",\"body\":\"");
    buf_add_hex(out, header->body.bytes, DIGEST_LEN);
    buf_add_str(out, "\",\"jti\":\"");
    buf_add_slice(out, header->jti);
    buf_add_str(out, "\",\"ledger\":\"");
    buf_add_slice(out, header->ledger);
    buf_add_str(out, header->open ? "\",\"open\":true,\"prev\":\"" : "\",\"open\":false,\"prev\":\"");
    buf_add_hex(out, header->prev.bytes, DIGEST_LEN);
    buf_add_str(out, "\",\"seq\":");
    buf_add_u64(out, header->seq);
    buf_add_str(out, ",\"time\":\"");
    buf_add(out, time, INSTANT_TEXT_LEN);
    buf_add_str(out, "\",\"type\":\"");
    buf_add_slice(out, header->type);
    buf_add_str(out, "\",\"v\":1}");
}

static bool read_hash(struct scan *scan, struct digest *out)
{
    struct slice hex;
    return scan_take(scan, 2 * (size_t) DIGEST_LEN, &hex) && text_unhex(hex, out->bytes, DIGEST_LEN) == TALLY_OK;
}

static bool read_time(struct scan *scan, struct instant *out)
{
    struct slice text;
    return scan_take(scan, INSTANT_TEXT_LEN, &text) && instant_parse(text, out) == TALLY_OK;
}

static bool read_seq(struct scan *scan, uint64_t *out)
{
    struct slice digits;
    return scan_until(scan, ',', &digits) && text_u64(digits, ENTRY_SEQ_MAX, out) == TALLY_OK;
}

static bool read_open(struct scan *scan, bool *out)
{
    *out = scan_literal(scan, "true");
    return *out || scan_literal(scan, "false");
}

/* The name of the first member that is not as entry_header_write writes it, or NULL. Every member has one spelling
 * and one place, so that what is read here is what would be written again: no rebuilding is needed. None of the
 * values can hold a quote, so that the next quote ends them. */
static const char *read_members(struct scan *scan, struct entry_header *out)
{
    if (!scan_literal(scan, "{\"actor\":\"") || !scan_until(scan, '"', &out->actor) || !text_is_id(out->actor))
        return "actor";
    if (!scan_literal(scan, ",\"body\":\"") || !read_hash(scan, &out->body))
        return "body";
    if (!scan_literal(scan, "\",\"jti\":\"") || !scan_until(scan, '"', &out->jti) ||
        (out->jti.len > 0 && !text_is_jti(out->jti)))
        return "jti";
    if (!scan_literal(scan, ",\"ledger\":\"") || !scan_until(scan, '"', &out->ledger) || !text_is_origin(out->ledger))
        return "ledger";
    if (!scan_literal(scan, ",\"open\":") || !read_open(scan, &out->open))
        return "open";
    if (!scan_literal(scan, ",\"prev\":\"") || !read_hash(scan, &out->prev))
        return "prev";
    if (!scan_literal(scan, "\",\"seq\":") || !read_seq(scan, &out->seq))
        return "seq";
    if (!scan_literal(scan, "\"time\":\"") || !read_time(scan, &out->time))
        return "time";
    if (!scan_literal(scan, "\",\"type\":\"") || !scan_until(scan, '"', &out->type) || !text_is_id(out->type))
        return "type";
    if (!scan_literal(scan, ",\"v\":1}") || !scan_is_at_end(scan))
        return "v";
    return NULL;
}

enum tally_code entry_header_read(struct slice bytes, struct entry_header *out, struct err *err)
{
    struct entry_header header = {0};
    struct scan scan;
    if (bytes.len > ENTRY_HEADER_MAX)
        return err_set(err, TALLY_E_MALFORMED, "an entry's header is longer than %d bytes", ENTRY_HEADER_MAX);
    scan_init(&scan, bytes);
    const char *bad = read_members(&scan, &header);
    if (bad != NULL)
        return err_set(err, TALLY_E_MALFORMED, "the entry's header is not in its canonical form at member \"%s\"", bad);
    *out = header;
    return TALLY_OK;
}

void entry_hash(struct slice header_bytes, struct digest *out)
{
    const struct slice parts[] = {slice_of("\0", 1), header_bytes};
    digest_parts(parts, 2, out);
}

void entry_commitment(const uint8_t nonce[ENTRY_NONCE_LEN], struct slice jws, struct slice body, struct digest *out)
{
    ENSURE(jws.len <= UINT32_MAX);
    const uint8_t jws_len[4] = {(uint8_t) (jws.len >> 24), (uint8_t) (jws.len >> 16), (uint8_t) (jws.len >> 8),
                                (uint8_t) jws.len};
    const struct slice parts[] = {SLICE("tally/body/v1\n"), slice_of(nonce, ENTRY_NONCE_LEN),
                                  slice_of(jws_len, sizeof jws_len), jws, body};
    digest_parts(parts, 5, out);
}
