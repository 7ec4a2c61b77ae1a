#include "value_form.h"

#include "tally/instant.h"
#include "tally/text.h"

#define WORD_MAX 64

static bool is_number(struct slice value)
{
    return text_is_exact(value) && value.ptr[value.len - 1] != '%';
}

static bool is_percent(struct slice value)
{
    return text_is_exact(value) && value.ptr[value.len - 1] == '%';
}

static bool is_date(struct slice value)
{
    int32_t day;
    return day_parse(value, &day) == TALLY_OK;
}

static bool is_truth(struct slice value)
{
    return slice_is(value, "true") || slice_is(value, "false");
}

static bool is_word(struct slice value)
{
    if (value.len == 0 || value.len > WORD_MAX || value.ptr[0] < 'a' || value.ptr[0] > 'z')
        return false;
    for (size_t i = 1; i < value.len; i++) {
        char c = value.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return true;
}

static const struct {
    const char *unit; /* NULL: every other */
    bool (*has)(struct slice value);
    const char *wanted;
} forms[] = {
    {"percent", is_percent, "a number with its sign, like \"8.5%\""},
    {"date", is_date, "a day, like \"2016-03-31\""},
    {"true or false", is_truth, "\"true\" or \"false\""},
    {"word", is_word, "a word, like \"housed\""},
    {NULL, is_number, "a number, like \"90\" or \"-1.25\", without unit, exponent or leading zero"},
};

const char *value_form_wanted(struct slice unit, struct slice value)
{
    size_t i = 0;
    while (forms[i].unit != NULL && !slice_is(unit, forms[i].unit))
        i++;
    return forms[i].has(value) ? NULL : forms[i].wanted;
}
