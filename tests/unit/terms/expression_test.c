#include "terms_help.h"

static void operators_bind_as_the_grammar_says(void **state)
{
    (void) state;
    assert_expression("1 + 2 * 3 - 4 / 5", "(- (+ 1 (* 2 3)) (/ 4 5))");
    assert_expression("(1 + 2) * 3", "(* (+ 1 2) 3)");
    assert_expression("-a ^ 2", "(neg (^ a 2))");
    assert_expression("2 ^ -3 ^ 2", "(^ 2 (neg (^ 3 2)))");
    assert_expression("--a", "(neg (neg a))");
    assert_expression("a or b and not c = d", "(or a (and b (not (= c d))))");
    assert_expression("not not a", "(not (not a))");
    assert_expression("a <> b", "(<> a b)");
    assert_expression("(a < b) = (c >= d)", "(= (< a b) (>= c d))");
    assert_expression("a <= b and c > d", "(and (<= a b) (> c d))");
    assert_expression("a in (b, c) or d", "(or (in a {b c}) d)");
    assert_expression("if a then b else if c then d else e + 1", "(if a b (if c d (+ e 1)))");
}

static void amounts_have_their_forms(void **state)
{
    (void) state;
    assert_expression("4_800_000", "4800000");
    assert_expression("0.5", "0.5");
    assert_expression("8.5%", "8.5%");
    assert_expression("USD 15.12", "USD 15.12");
    assert_expression("365 days", "(365 unit days)");
    assert_expression("5 points", "(5 unit points)");
    assert_expression("15 working days after d", "(after (15 cal working) d)");
    assert_expression("1 working day after d", "(after (1 cal working) d)");
    assert_expression("15.12 per day of max(0, a - b)", "(rate 15.12 per day (max 0 (- a b)))");
    assert_expression("USD 15.12 per day of x * 2", "(* (rate USD 15.12 per day x) 2)");
    assert_expression("7 per point of 8 per child of (x)", "(rate 7 per point (rate 8 per child x))");
    assert_expression("1 per USD of x", "(rate 1 per USD x)");
}

static void a_word_of_the_grammar_ends_a_number(void **state)
{
    (void) state;
    assert_expression("min(5 over d)", "(min-over 5 /d)");
    assert_expression("if 5 = a then 6 else 7", "(if (= 5 a) 6 7)");
    assert_expression("sum(1 over d where 2 < a)", "(sum-over 1 /d where (< 2 a))");
}

static void dates_move_right_to_left(void **state)
{
    (void) state;
    assert_expression("10 days after 3 months before d", "(after (10 unit days) (before (3 unit months) d))");
    assert_expression("start of q", "(start-of q)");
    assert_expression("end of contract", "(end-of CONTRACT)");
    assert_expression("number of year - 1", "(- (number-of year) 1)");
    assert_expression("2016-02-29 - 2016-01-01", "(- 2016-02-29 2016-01-01)");
    assert_expression("a < never and true or false", "(or (and (< a never) true) false)");
    assert_expression("a - 1 >= 28 days after b", "(>= (- a 1) (after (28 unit days) b))");
}

static void references_take_indexes(void **state)
{
    (void) state;
    assert_expression("x[arm: programme]", "x[arm:programme]");
    assert_expression("x[claim: 3, q: 2016-01-01, g: (in_group)]", "x[claim:3][q:2016-01-01][g:in_group]");
}

static void functions_take_their_arguments(void **state)
{
    (void) state;
    assert_expression("min(a, b, c)", "(min a b c)");
    assert_expression("max(0, a)", "(max 0 a)");
    assert_expression("abs(-a)", "(abs (neg a))");
    assert_expression("clamp(a, 0, 1)", "(clamp a 0 1)");
    assert_expression("round(x, 0.01, half even)", "(round x 0.01 half even)");
    assert_expression("round(x, 0.1%, down)", "(round x 0.1% down)");
    assert_expression("round(x, 1, half up) + round(x, 1, up)", "(+ (round x 1 half up) (round x 1 up))");
    assert_expression("years(a, b)", "(years a b)");
    assert_expression("days(a, b, school)", "(days a b school)");
    assert_expression("fraction(a, b, thirty_e_360)", "(fraction a b thirty_e_360)");
    assert_expression("submitted(m[arm: x])", "(submitted m[arm:x])");
    assert_expression("prior(quarter, x - y, 0)", "(prior quarter (- x y) 0)");
    /* days and years are names where no bracket follows */
    assert_expression("days + years", "(+ days years)");
}

static void aggregates_run_over_dimensions(void **state)
{
    (void) state;
    assert_expression("sum(x over a, b so far, last 4 of c)", "(sum-over x /a /b~ /c-4)");
    assert_expression("mean(x over a of m[arm: p] where x > 1)", "(mean-over x /a of m[arm:p] where (> x 1))");
    assert_expression("count(over d where p >= 50%) >= 5", "(>= (count-over /d where (>= p 50%)) 5)");
    assert_expression("min(x over d) + max(x over d)", "(+ (min-over x /d) (max-over x /d))");
    assert_expression("first(x over d) + last(x over d)", "(+ (first-over x /d) (last-over x /d))");
    assert_expression("share(a and b over d)", "(share-over (and a b) /d)");
    assert_expression("best(3, x over d)", "(best-over 3 x /d)");
    assert_expression("portion(pot / 2, w over f of w)", "(portion-over (/ pot 2) weight w /f of w)");
}

static void tables_in_expressions_have_rows(void **state)
{
    (void) state;
    assert_expression("step of x: at least 8.5%: 1 above 10%: 2 otherwise: 0", "(step2 x >=8.5%:1 >10%:2 else:0)");
    assert_expression("step of (a + b): below 2: -3 at most 4: 0 otherwise: 3 days",
                      "(step2 (+ a b) <2:(neg 3) <=4:0 else:(3 unit days))");
    assert_expression("step of x: otherwise: 1", "(step0 x else:1)");
    assert_expression("step of x: at least a + 1: (step of y: above 1: 2 otherwise: 3) otherwise: 0",
                      "(step1 x >=(+ a 1):(step1 y >1:2 else:3) else:0)");
    assert_expression("linear of x: at 5%: 8% at 40%: 30% outside: flat", "(linear2 x at5%:8% at40%:30% flat)");
    assert_expression("linear of x: at 1: 2 at 3: 4 at 5: 6 outside: extended", "(linear3 x at1:2 at3:4 at5:6 extended)");
    assert_expression("bands of x: from 0 days: 5 per day from 10 days: USD 7 per day",
                      "(bands2 x at(0 unit days):(rate 5 per day) at(10 unit days):(rate USD 7 per day))");
}

static void parts_are_numbered_and_placed(void **state)
{
    struct sample s;
    (void) state;
    sample_parse(&s, SLICE(HEADER "define x = (a + 1) * 22\ndefine y = 3\n"));
    assert_parses(&s);
    const struct ast_expr *product = s.text->declarations->u.define.value;
    assert_int_equal(s.text->expr_count, 6);
    assert_int_equal(product->a->a->id, 0);
    assert_int_equal(product->a->b->id, 1);
    assert_int_equal(product->a->id, 2);
    assert_int_equal(product->b->id, 3);
    assert_int_equal(product->id, 4);
    assert_int_equal(s.text->declarations->next->u.define.value->id, 5);
    assert_int_equal(product->height, 3);
    assert_int_equal(product->span.line, 6);
    assert_int_equal(product->span.column, 12);
    assert_int_equal(product->span.length, 12);
    assert_int_equal(product->a->span.column, 13);
    assert_int_equal(product->a->span.length, 5);
    sample_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_bind_as_the_grammar_says),
        cmocka_unit_test(amounts_have_their_forms),
        cmocka_unit_test(a_word_of_the_grammar_ends_a_number),
        cmocka_unit_test(dates_move_right_to_left),
        cmocka_unit_test(references_take_indexes),
        cmocka_unit_test(functions_take_their_arguments),
        cmocka_unit_test(aggregates_run_over_dimensions),
        cmocka_unit_test(tables_in_expressions_have_rows),
        cmocka_unit_test(parts_are_numbered_and_placed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
