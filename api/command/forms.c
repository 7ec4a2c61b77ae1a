/* The forms that texts of a body may have. */
#include "json.h"
#include "tally/instant.h"
#include "tally/text.h"

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

bool form_id(struct slice text)
{
    return text_is_id(text);
}

bool form_slug(struct slice text)
{
    bool is_part = false;
    for (size_t i = 0; i < text.len; i++) {
        bool is_joint = text.ptr[i] == '.' || text.ptr[i] == '-';
        if (is_joint ? !is_part : !is_lower(text.ptr[i]) && !is_digit(text.ptr[i]))
            return false;
        is_part = !is_joint;
    }
    return is_part;
}

bool form_name(struct slice text)
{
    if (text.len == 0 || !is_lower(text.ptr[0]))
        return false;
    for (size_t i = 1; i < text.len; i++) {
        if (!is_lower(text.ptr[i]) && !is_digit(text.ptr[i]) && text.ptr[i] != '_')
            return false;
    }
    return true;
}

bool form_member(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!is_lower(c) && !is_upper(c) && !is_digit(c) && c != '.' && c != '_' && c != ':' && c != '/' && c != '-')
            return false;
    }
    return text.len > 0;
}

bool form_kid(struct slice text)
{
    uint8_t bytes[32];
    size_t len = 0;
    return text_unbase64url(text, bytes, sizeof(bytes), &len) == TALLY_OK && len == sizeof(bytes);
}

bool form_hex256(struct slice text)
{
    uint8_t bytes[32];
    return text_unhex(text, bytes, sizeof(bytes)) == TALLY_OK;
}

static bool is_unit(struct slice text)
{
    return form_name(text) || (text.len == 3 && is_upper(text.ptr[0]) && is_upper(text.ptr[1]) && is_upper(text.ptr[2]));
}

bool form_unit(struct slice text)
{
    static const struct slice per = {" per ", 5};
    if (slice_is(text, "true or false"))
        return true;
    for (size_t i = 1; i + per.len < text.len; i++) {
        if (slice_starts(slice_of(text.ptr + i, text.len - i), per))
            return is_unit(slice_of(text.ptr, i)) && is_unit(slice_of(text.ptr + i + per.len, text.len - i - per.len));
    }
    return is_unit(text);
}

bool form_line(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char) text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return false;
    }
    return true;
}

bool form_prose(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (((unsigned char) text.ptr[i] < 0x20 && text.ptr[i] != '\n') || text.ptr[i] == 0x7f)
            return false;
    }
    return true;
}

bool form_day(struct slice text)
{
    int32_t day;
    return day_parse(text, &day) == TALLY_OK;
}
