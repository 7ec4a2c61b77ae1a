/* Reads members of bodies, and says to people what an entry is and where two differ. A recorded body may be any bytes. */
#include "replay_internal.h"

/* ---- a value of canonical JSON: where it ends ---- */
static size_t string_end(struct slice s, size_t at)
{
    for (at++; at < s.len && s.ptr[at] != '"'; at++)
        if (s.ptr[at] == '\\')
            at++;
    return at < s.len ? at + 1 : s.len;
}

static size_t value_end(struct slice s, size_t at)
{
    size_t depth = 0;
    while (at < s.len) {
        char c = s.ptr[at];
        if (c == '"') {
            at = string_end(s, at);
        } else if (c == '{' || c == '[') {
            depth++;
            at++;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                return at;
            depth--;
            at++;
        } else if (c == ',' && depth == 0) {
            return at;
        } else {
            at++;
        }
        if (depth == 0 && at < s.len && (s.ptr[at] == ',' || s.ptr[at] == '}' || s.ptr[at] == ']'))
            return at;
    }
    return at;
}

/* The members of an object one after the other; begin with *at = 0. False at the end, or where it is no object. */
static bool next_member(struct slice body, size_t *at, struct slice *name, struct slice *value)
{
    if (*at >= body.len || (body.ptr[*at] != '{' && body.ptr[*at] != ',') || (*at == 0) != (body.ptr[*at] == '{'))
        return false;
    size_t from = *at + 1;
    if (from >= body.len || body.ptr[from] != '"')
        return false;
    size_t end = string_end(body, from);
    if (end >= body.len || body.ptr[end] != ':')
        return false;
    *name = slice_of(body.ptr + from + 1, end - from - 2);
    *at = value_end(body, end + 1);
    *value = slice_of(body.ptr + end + 1, *at - end - 1);
    return true;
}

static bool next_item(struct slice array, size_t *at, struct slice *value)
{
    if (*at >= array.len || (array.ptr[*at] != '[' && array.ptr[*at] != ',') || (*at == 0) != (array.ptr[*at] == '['))
        return false;
    size_t from = *at + 1;
    *at = value_end(array, from);
    *value = slice_of(array.ptr + from, *at - from);
    return value->len > 0;
}

bool body_member(struct slice body, const char *name, struct slice *value)
{
    size_t at = 0;
    for (struct slice found; next_member(body, &at, &found, value);)
        if (slice_is(found, name))
            return true;
    return false;
}

struct slice body_text(struct slice body, const char *name)
{
    struct slice value = {NULL, 0};
    if (!body_member(body, name, &value) || value.len < 2 || value.ptr[0] != '"' || value.ptr[value.len - 1] != '"')
        return SLICE("");
    return slice_of(value.ptr + 1, value.len - 2);
}

/* ---- what to call an entry ---- */
#define VALUE_SHOWN 60 /* characters: two of them and a name fit into a finding */

static void add_cut(struct buf *out, struct slice text, size_t max)
{
    buf_add(out, text.ptr, text.len > max ? max : text.len);
    if (text.len > max)
        buf_add_str(out, "...");
}

static void add_member(struct buf *out, const char *before, struct slice body, const char *name)
{
    buf_add_str(out, before);
    add_cut(out, body_text(body, name), 64);
}

void words_entry(struct buf *out, struct slice type, struct slice body)
{
    if (slice_is(type, "payment.triggered")) {
        add_member(out, "payment of ", body, "currency");
        add_member(out, " ", body, "amount");
        add_member(out, " by rule ", body, "rule");
        add_member(out, " of ", body, "contract");
    } else if (slice_is(type, "payment.itemised")) {
        add_member(out, "list of instances of rule ", body, "rule");
        add_member(out, " of ", body, "contract");
    } else if (slice_is(type, "moment.reached")) {
        add_member(out, "moment ", body, "at");
        add_member(out, " of ", body, "contract");
    } else if (slice_is(type, "contract.activated")) {
        add_member(out, "activation of ", body, "contract");
    } else if (slice_is(type, "contract.amended")) {
        add_member(out, "amendment of ", body, "contract");
    } else if (slice_is(type, "result.finalised")) {
        add_member(out, "list of results final in ", body, "contract");
    } else if (slice_is(type, "residue.kept")) {
        struct slice entry = {NULL, 0};
        buf_add_str(out, "what is left of entry ");
        if (body_member(body, "entry", &entry))
            add_cut(out, entry, VALUE_SHOWN);
    } else {
        add_cut(out, type, 64);
        add_member(out, " of ", body, "contract");
    }
}

/* ---- where two bodies differ ---- */
static void add_pair(struct buf *out, struct slice recorded, struct slice wanted)
{
    add_cut(out, recorded, VALUE_SHOWN);
    buf_add_str(out, "; recomputed it is ");
    add_cut(out, wanted, VALUE_SHOWN);
}

/* The first item at which two lists part. */
static void add_items(struct buf *out, struct slice recorded, struct slice wanted)
{
    size_t at = 0, wanted_at = 0;
    for (unsigned n = 1;; n++) {
        struct slice is = {NULL, 0}, should = {NULL, 0};
        bool has = next_item(recorded, &at, &is), wants = next_item(wanted, &wanted_at, &should);
        if (has && wants && slice_equal(is, should))
            continue;
        buf_printf(out, ", item %u: ", n);
        add_pair(out, has ? is : SLICE("none"), wants ? should : SLICE("none"));
        return;
    }
}

/* The first member of wanted that recorded has otherwise, or not at all (*is empty); a hash says least, and is told when nothing else can be. */
static bool find_difference(struct slice recorded, struct slice wanted, struct slice *name, struct slice *is,
                            struct slice *should)
{
    size_t at = 0;
    bool differs = false;
    struct slice member, value;
    while (next_member(wanted, &at, &member, &value)) {
        struct slice found, other, has = SLICE("");
        for (size_t recorded_at = 0; has.len == 0 && next_member(recorded, &recorded_at, &found, &other);)
            if (slice_equal(found, member))
                has = other;
        if (slice_equal(has, value))
            continue;
        *name = member;
        *is = has;
        *should = value;
        differs = true;
        if (!slice_is(member, "explanation"))
            break;
    }
    return differs;
}

void words_difference(struct buf *out, struct slice type, struct slice recorded, struct slice wanted)
{
    struct slice name, is, should;
    words_entry(out, type, recorded);
    if (slice_is(type, "payment.triggered") && !slice_equal(body_text(recorded, "amount"), body_text(wanted, "amount"))) {
        add_member(out, "; the terms give ", wanted, "amount");
        return;
    }
    if (!find_difference(recorded, wanted, &name, &is, &should)) {
        buf_add_str(out, " says more than what is recomputed, or is spelled otherwise");
        return;
    }
    buf_add_str(out, ": its ");
    add_cut(out, name, VALUE_SHOWN);
    if (is.len > 0 && is.ptr[0] == '[' && should.len > 0 && should.ptr[0] == '[') {
        add_items(out, is, should);
    } else {
        buf_add_str(out, " is ");
        add_pair(out, is.len > 0 ? is : SLICE("not there"), should);
    }
}
