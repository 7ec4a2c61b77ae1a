#include "../../property/random_text.h"
#include "terms_help.h"

static void assert_formats(const char *source, const char *expected)
{
    struct sample s;
    sample_parse(&s, slice_str(source));
    assert_parses(&s);
    sample_format(&s);
    assert_string_equal(s.out.ptr, expected);
    sample_release(&s);
}

/* Formatting keeps the tree, and once formatted a text stays as it is. */
static void assert_stable(struct slice source)
{
    struct sample first;
    struct sample second;
    struct buf tree;
    buf_init(&tree, OUT_MAX);
    sample_parse(&first, source);
    assert_parses(&first);
    dump_text(&tree, first.text);
    sample_format(&first);
    sample_parse(&second, buf_slice(&first.out));
    assert_parses(&second);
    dump_text(&second.out, second.text);
    assert_string_equal(second.out.ptr, tree.ptr);
    sample_format(&second);
    assert_string_equal(second.out.ptr, first.out.ptr);
    sample_release(&first);
    sample_release(&second);
    buf_release(&tree);
}

static void the_worked_contracts_are_in_the_layout(void **state)
{
    (void) state;
    for (size_t i = 0; i < SHARED_COUNT; i++) {
        struct sample s;
        struct buf file;
        if (shared_file(shared_names[i], &file)) {
            sample_parse(&s, buf_slice(&file));
            assert_parses(&s);
            sample_format(&s);
            assert_string_equal(s.out.ptr, file.ptr);
            sample_release(&s);
        }
        buf_release(&file);
    }
}

static void templates_are_in_the_layout(void **state)
{
    (void) state;
    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        struct sample s;
        struct buf file;
        template_file(i, &file);
        sample_parse(&s, buf_slice(&file));
        assert_parses(&s);
        sample_format(&s);
        assert_string_equal(s.out.ptr, file.ptr);
        sample_release(&s);
        buf_release(&file);
    }
}

/* The text with every run of white space outside comments and quotes made one line end: all breaks lost or doubled. */
static void respace(struct slice in, const char *space, struct buf *out)
{
    bool is_quoted = false;
    for (size_t i = 0; i < in.len; i++) {
        char c = in.ptr[i];
        if (c == '#') {
            for (; i < in.len && in.ptr[i] != '\n'; i++)
                buf_add_char(out, in.ptr[i]);
            buf_add_char(out, '\n');
        } else if (!is_quoted && (c == ' ' || c == '\n')) {
            buf_add_str(out, out->len == 5 ? " " : space);
        } else {
            is_quoted = is_quoted != (c == '"');
            buf_add_char(out, c);
        }
    }
}

static void assert_stable_in_any_spacing(struct slice source)
{
    static const char *const spaces[] = {" ", "\n", "  \n\n\n ", " # note\n"};
    assert_stable(source);
    for (size_t k = 0; k < sizeof spaces / sizeof spaces[0]; k++) {
        struct buf text;
        buf_init(&text, OUT_MAX);
        respace(source, spaces[k], &text);
        assert_stable(buf_slice(&text));
        buf_release(&text);
    }
}

static void any_spacing_keeps_the_tree_and_settles(void **state)
{
    struct buf file;
    (void) state;
    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        template_file(i, &file);
        assert_stable_in_any_spacing(buf_slice(&file));
        buf_release(&file);
    }
    for (size_t i = 0; i < SHARED_COUNT; i++) {
        if (shared_file(shared_names[i], &file))
            assert_stable_in_any_spacing(buf_slice(&file));
        buf_release(&file);
    }
}

/* Also of texts that do not check: they parse. */
static void random_texts_keep_their_trees_and_settle(void **state)
{
    (void) state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct dice dice = {seed * UINT64_C(0x9E3779B97F4A7C15)};
        struct random_text random;
        random_text_make(&dice, false, &random);
        assert_stable_in_any_spacing(slice_str(random.text));
        random_text_free(&random);
    }
}

static void clauses_and_rows_have_their_lines(void **state)
{
    (void) state;
    assert_formats(
        HEADER "pay p from a to b for each x,y of m[ arm :z ]dated d when c amount 1 either way not before 2016-01-01 "
               "due 15 working days after never back",
        HEADER "\npay p from a to b\n  for each x, y of m[arm: z]\n  dated d\n  when c\n  amount 1\n  either way\n"
               "  not before 2016-01-01\n  due 15 working days after\n  never back\n");
    assert_formats(
        HEADER "\nmetric m is x.y version 1 in days per person between 0 and 9 by a,b reported by x or y until d "
               "verified by 2 of(a,b)or 4 days of silence final 5 days later disputes within 3 days if missing use 0\n",
        HEADER "\nmetric m is x.y version 1 in days per person between 0 and 9\n  by a, b\n  reported by x or y until d\n"
               "  verified by 2 of (a, b) or 4 days of silence final 5 days later\n  disputes within 3 days\n"
               "  if missing use 0\n");
    assert_formats(HEADER "\nmetric m is x of y in days until 2016-01-01 if late use 0\n",
                   HEADER "\nmetric m is x of y in days\n  until 2016-01-01\n  if late use 0\n");
    assert_formats(HEADER "\ntable t in USD by a,b c,1:-2 d , 2016-01-01:3% otherwise:0 dimension d(a \"A\",b)\n", HEADER
                   "\ntable t in USD by a, b\n  c, 1: -2\n  d, 2016-01-01: 3%\n  otherwise: 0\ndimension d (a \"A\", b)\n");
    assert_formats(HEADER "\nin\nforce\nwhen 2 / 3 of f,a and 2 of(b,c)have signed\n",
                   HEADER "\nin force when 2/3 of f, a and 2 of (b, c) have signed\n");
}

static void expressions_have_their_spaces(void **state)
{
    (void) state;
    assert_formats(HEADER "\ndefine x=-(a+b)*- c^-2/min( 1 ,d )\n", HEADER "\ndefine x = -(a + b) * -c ^ -2 / min(1, d)\n");
    assert_formats(HEADER "\ndefine x=a in(b,c)or not(d)and e[q:( f )]<=1_000\n",
                   HEADER "\ndefine x = a in (b, c) or not (d) and e[q: (f)] <= 1_000\n");
    assert_formats(HEADER "\ndefine x = 4800000.123456 + 1000 + 999 days + 0.50 + 1234.5%\n",
                   HEADER "\ndefine x = 4_800_000.123456 + 1_000 + 999 days + 0.50 + 1_234.5%\n");
}

static void line_breaks_of_long_expressions_are_kept(void **state)
{
    (void) state;
    assert_formats(HEADER "\ndefine x = a\n        and b\n  or\n  c\n", HEADER "\ndefine x = a\n  and b\n  or c\n");
    assert_formats(HEADER "\npay p from a to b\n  when a\n  and b\n  amount if c then\n d\n else min(e,\nf)\n",
                   HEADER "\npay p from a to b\n  when a\n    and b\n  amount if c then d\n    else min(e,\n    f)\n");
    assert_formats(HEADER "\ncap 5\n\n\non\na,\nb\n", HEADER "\ncap 5 on a,\n  b\n");
}

static void rows_stand_in_columns_where_all_are_numbers(void **state)
{
    (void) state;
    assert_formats(HEADER "\ndefine x = step of a:\nat least 8.5%: 4800000 at least 12.5%:10_272_000 otherwise:0\n",
                   HEADER "\ndefine x = step of a:\n  at least  8.5%:  4_800_000\n  at least 12.5%: 10_272_000\n"
                          "  otherwise:               0\n");
    assert_formats(HEADER "\ndefine x = step of a:\nbelow 20%: -3000000 at most 40%: 0.5 otherwise: 3_000_000\n",
                   HEADER "\ndefine x = step of a:\n  below   20%: -3_000_000\n  at most 40%:          0.5\n"
                          "  otherwise:    3_000_000\n");
    assert_formats(HEADER "\ndefine x = step of a:\n above 0%: USD 36.69 above 10%: USD 9 otherwise: b\n",
                   HEADER "\ndefine x = step of a:\n  above 0%: USD 36.69\n  above 10%: USD 9\n  otherwise: b\n");
    assert_formats(HEADER "\ndefine x = linear of a: at 5%: 5% at 40%: 10% outside: flat\n",
                   HEADER "\ndefine x = linear of a: at 5%: 5% at 40%: 10% outside: flat\n");
    assert_formats(
        HEADER "\npay p from a to b\n  amount (bands of a:\nfrom 0: 5 per day from 9: USD 6 per day) * 2\n  either way\n",
        HEADER "\npay p from a to b\n  amount (bands of a:\n    from 0: 5 per day\n    from 9: USD 6 per day) * 2\n"
               "  either way\n");
    assert_formats(
        HEADER "\ndefine x = step of a:\nabove 1: (step of b:\n above 2: 3 otherwise: 4) + 1 otherwise: c\n\n  and d\n",
        HEADER "\ndefine x = step of a:\n  above 1: (step of b:\n    above 2:   3\n    otherwise: 4) + 1\n  otherwise: c\n"
               "    and d\n");
}

static void comments_keep_their_place(void **state)
{
    (void) state;
    assert_formats(
        "terms 1  # first   \n\n   # second\ncontract a \"A # no comment\"\ncurrency USD rounded to 0.01, half even\n"
        "clock UTC\nruns 2016-01-01 to 2020-12-31\n# before\nparty a investor \"A\"# after\n\n\n\n# one\n\n# two\n"
        "pay p from a to b # head\n    # own\n\n  amount 1 # one\n    + 2\n# last\n\n\n# end",
        "terms 1 # first\n# second\ncontract a \"A # no comment\"\ncurrency USD rounded to 0.01, half even\n"
        "clock UTC\nruns 2016-01-01 to 2020-12-31\n\n# before\nparty a investor \"A\" # after\n\n# one\n\n# two\n"
        "pay p from a to b # head\n  # own\n  amount 1 # one\n    + 2\n# last\n\n# end\n");
    assert_formats(HEADER "# of the runs\n\ndefine x = # why\n1\n", HEADER "\n# of the runs\n\ndefine x = # why\n  1\n");
    assert_formats(HEADER "define x = step of a: # rows\n above 1: # one\n 2 otherwise: 3 # end\n",
                   HEADER "\ndefine x = step of a: # rows\n  above 1: # one\n    2\n  otherwise: 3 # end\n");
}

static void a_header_alone_is_a_text(void **state)
{
    (void) state;
    assert_formats(HEADER, HEADER);
    assert_formats(HEADER "\n\n# only this\n\n", HEADER "\n# only this\n");
    assert_formats("  terms   1 contract a \"A\" currency USD rounded to 0.01,half even clock UTC+05:30 runs 2016-01-01 to "
                   "2020-12-31 closes 2022-12-31 unit a b",
                   "terms 1\ncontract a \"A\"\ncurrency USD rounded to 0.01, half even\nclock UTC+05:30\n"
                   "runs 2016-01-01 to 2020-12-31\ncloses 2022-12-31\n\nunit a b\n");
}

static void a_buffer_that_is_too_small_is_an_error(void **state)
{
    struct sample s;
    struct err err = {.code = TALLY_OK};
    (void) state;
    sample_parse(&s, SLICE(HEADER));
    assert_parses(&s);
    buf_release(&s.out);
    buf_init(&s.out, 20);
    assert_int_equal(ast_format(s.text, &s.out, &err), TALLY_E_LIMIT);
    sample_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_contracts_are_in_the_layout),
        cmocka_unit_test(templates_are_in_the_layout),
        cmocka_unit_test(any_spacing_keeps_the_tree_and_settles),
        cmocka_unit_test(random_texts_keep_their_trees_and_settle),
        cmocka_unit_test(clauses_and_rows_have_their_lines),
        cmocka_unit_test(expressions_have_their_spaces),
        cmocka_unit_test(line_breaks_of_long_expressions_are_kept),
        cmocka_unit_test(rows_stand_in_columns_where_all_are_numbers),
        cmocka_unit_test(comments_keep_their_place),
        cmocka_unit_test(a_header_alone_is_a_text),
        cmocka_unit_test(a_buffer_that_is_too_small_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
