#include "terms_help.h"

/* Whatever is given: no crash, an answer, and what parses can be formatted and then parses again. */
static void digest(struct slice source)
{
    struct sample s;
    sample_parse(&s, source);
    (void) sample_print(&s);
    if (s.diags.errors == 0) {
        struct sample again;
        assert_non_null(s.text);
        sample_format(&s);
        sample_parse(&again, buf_slice(&s.out));
        assert_parses(&again);
        sample_format(&again);
        assert_string_equal(again.out.ptr, s.out.ptr);
        sample_release(&again);
    }
    sample_release(&s);
}

/* A copy of its own for each, so that a sanitizer sees a read beyond its end. */
static void digest_copy(const char *text, size_t length)
{
    char *copy = test_malloc(length == 0 ? 1 : length);
    memcpy(copy, text, length);
    digest(slice_of(copy, length));
    test_free(copy);
}

static void digest_beginnings(const struct buf *file)
{
    for (size_t n = 0; n < file->len; n++)
        digest_copy(file->ptr, n);
}

static void every_beginning_of_a_text_is_read(void **state)
{
    struct buf file;
    (void) state;
    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        template_file(i, &file);
        digest_beginnings(&file);
        buf_release(&file);
    }
    for (size_t i = 0; i < SHARED_COUNT; i++) {
        if (shared_file(shared_names[i], &file))
            digest_beginnings(&file);
        buf_release(&file);
    }
}

static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void digest_changed(struct buf *file, uint64_t *seed)
{
    static const char bytes[] = "\n #\"()[]:,%.-+*/^<>=_09azUSD\x80\xE2\xFF\t";
    for (int n = 0; n < 400; n++) {
        size_t at = (size_t) (draw(seed) % file->len);
        char before = file->ptr[at];
        file->ptr[at] = n % 4 == 0 ? (char) draw(seed) : bytes[draw(seed) % (sizeof bytes - 1)];
        digest_copy(file->ptr, file->len);
        file->ptr[at] = before;
    }
}

static void one_changed_byte_is_no_danger(void **state)
{
    struct buf file;
    uint64_t seed = 20160101;
    (void) state;
    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        template_file(i, &file);
        digest_changed(&file, &seed);
        buf_release(&file);
    }
    for (size_t i = 0; i < SHARED_COUNT; i++) {
        if (shared_file(shared_names[i], &file))
            digest_changed(&file, &seed);
        buf_release(&file);
    }
}

static void words_in_any_order_are_no_danger(void **state)
{
    static const char *const words[] = {"step of",
                                        "at least",
                                        "otherwise",
                                        ":",
                                        "(",
                                        ")",
                                        "[",
                                        "]",
                                        "x",
                                        "5",
                                        "8.5%",
                                        "days",
                                        "per",
                                        "of",
                                        "over",
                                        "so far",
                                        "last 4 of",
                                        "where",
                                        "if",
                                        "then",
                                        "else",
                                        "in",
                                        "and",
                                        "or",
                                        "not",
                                        "sum(",
                                        "min(",
                                        "prior(",
                                        "best(",
                                        "linear of",
                                        "bands of",
                                        "from",
                                        "outside: flat",
                                        "=",
                                        "<",
                                        "+",
                                        "-",
                                        "^",
                                        ",",
                                        "\n",
                                        "# c\n",
                                        "2016-01-01",
                                        "never",
                                        "pay p from a to b",
                                        "define y =",
                                        "amount",
                                        "metric m is",
                                        "version 1",
                                        "USD",
                                        "end of",
                                        "\"s\"",
                                        "table t in days by d",
                                        "cap",
                                        "on"};
    uint64_t seed = 7;
    (void) state;
    for (int n = 0; n < 4000; n++) {
        struct buf text;
        buf_init(&text, OUT_MAX);
        buf_add_str(&text, HEADER "define x = ");
        for (uint64_t k = draw(&seed) % 24; k > 0; k--)
            buf_printf(&text, "%s ", words[draw(&seed) % (sizeof words / sizeof words[0])]);
        digest(buf_slice(&text));
        buf_release(&text);
    }
}

static void a_text_without_bytes_is_an_empty_one(void **state)
{
    struct sample s;
    (void) state;
    sample_parse(&s, slice_of(NULL, 0));
    assert_int_equal(s.diags.errors, 1);
    assert_true(slice_is(s.diags.first->message, "a text begins with the version of its language"));
    sample_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_without_bytes_is_an_empty_one),
        cmocka_unit_test(every_beginning_of_a_text_is_read),
        cmocka_unit_test(one_changed_byte_is_no_danger),
        cmocka_unit_test(words_in_any_order_are_no_danger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
