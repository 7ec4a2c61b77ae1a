#include "flat.h"

#include "scan.h"

#define FLAT_INT_MAX INT64_C(9007199254740991) /* 2^53-1: every JSON reader agrees on integers up to here */

static void skip_space(struct scan *scan)
{
    while (!scan_is_at_end(scan) && (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
        scan->at++;
}

/* An escape would be a second spelling of the same text: none of the values that occur needs one. */
static bool read_string(struct scan *scan, struct slice *out)
{
    if (!scan_literal(scan, "\"") || !scan_until(scan, '"', out))
        return false;
    for (size_t i = 0; i < out->len; i++) {
        if (out->ptr[i] < ' ' || out->ptr[i] > '~' || out->ptr[i] == '\\')
            return false;
    }
    return true;
}

static bool is_digit(const struct scan *scan)
{
    return !scan_is_at_end(scan) && *scan->at >= '0' && *scan->at <= '9';
}

/* RFC 8259 int without frac and exp, and no -0. */
static bool read_integer(struct scan *scan, int64_t *out)
{
    bool is_negative = scan_literal(scan, "-");
    int64_t value = 0;
    if (!is_digit(scan))
        return false;
    bool is_zero = *scan->at == '0';
    while (is_digit(scan)) {
        value = 10 * value + (*scan->at++ - '0');
        if (value > FLAT_INT_MAX || (is_zero && value > 0))
            return false;
        if (is_zero && is_digit(scan))
            return false;
    }
    if (is_negative && value == 0)
        return false;
    *out = is_negative ? -value : value;
    return true;
}

static struct flat_member *find(struct flat_member *members, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(name, members[i].name))
            return &members[i];
    }
    return NULL;
}

static const char *read_member(struct scan *scan, struct flat_member *members, size_t count)
{
    struct slice name;
    if (!read_string(scan, &name))
        return "is not a JSON object without escapes";
    struct flat_member *member = find(members, count, name);
    if (member == NULL)
        return "has a member that may not be there";
    if (member->is_seen)
        return "has a member twice";
    skip_space(scan);
    if (!scan_literal(scan, ":"))
        return "is not a JSON object";
    skip_space(scan);
    if (member->kind == FLAT_STRING ? !read_string(scan, &member->text) : !read_integer(scan, &member->integer))
        return "has a member of the wrong type, or a string with an escape";
    member->is_seen = true;
    skip_space(scan);
    return NULL;
}

const char *flat_read(struct slice json, struct flat_member *members, size_t count)
{
    struct scan scan;
    size_t seen = 0;
    scan_init(&scan, json);
    skip_space(&scan);
    if (!scan_literal(&scan, "{"))
        return "is not a JSON object";
    skip_space(&scan);
    do {
        skip_space(&scan);
        const char *wrong = read_member(&scan, members, count);
        if (wrong != NULL)
            return wrong;
        seen++;
    } while (scan_literal(&scan, ","));
    if (!scan_literal(&scan, "}"))
        return "is not a JSON object";
    if (!scan_is_at_end(&scan))
        return "has something after its closing brace";
    return seen == count ? NULL : "lacks a member";
}
