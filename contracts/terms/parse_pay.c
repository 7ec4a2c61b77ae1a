#include "parse.h"

void parse_define(struct parse *p, struct ast_decl *d)
{
    if (parse_accept_word(p, "in")) {
        d->u.define.has_kind = true;
        d->u.define.in = parse_kind(p);
    }
    parse_expect(p, TOKEN_EQUAL, "`=` and an expression");
    d->u.define.value = parse_expr(p);
}

static void each(struct parse *p, struct ast_decl *d)
{
    if (!parse_clause(p, "for"))
        return;
    parse_expect_word(p, "each");
    d->u.pay.each = parse_names(p, "a dimension");
    if (parse_accept_word(p, "of")) {
        d->u.pay.has_of = true;
        d->u.pay.of = parse_ref(p, "a metric");
    }
}

/* due 30 days after | due 15 working days after */
static void due(struct parse *p, struct ast_decl *d)
{
    if (!parse_clause(p, "due"))
        return;
    d->u.pay.has_due = true;
    d->u.pay.due = parse_whole(p, "a number of days or months");
    bool is_unit = (parse_is_word(p, "days") || parse_is_word(p, "months")) && parse_is_word_at(p, 1, "after");
    if (!is_unit && parse_is(p, TOKEN_NAME) && parse_is_word_at(p, 1, "days"))
        d->u.pay.due_calendar = parse_name(p, "a calendar");
    d->u.pay.due_in_months = parse_accept_word(p, "months");
    if (!d->u.pay.due_in_months && !parse_accept_word(p, "days"))
        parse_expected(p, "`days after` or `months after`");
    parse_expect_word(p, "after");
}

/* The clauses behind `amount`. */
static void terms_of_payment(struct parse *p, struct ast_decl *d)
{
    if (parse_clause(p, "either")) {
        parse_expect_word(p, "way");
        d->u.pay.either_way = true;
    }
    if (parse_clause(p, "not")) {
        parse_expect_word(p, "before");
        d->u.pay.not_before = parse_expr(p);
    }
    due(p, d);
    if (parse_clause(p, "never")) {
        parse_expect_word(p, "back");
        d->u.pay.never_back = true;
    }
}

void parse_pay(struct parse *p, struct ast_decl *d)
{
    static const char *const clauses[] = {"for", "dated", "when", "amount", "either", "not", "due", "never", NULL};
    static const char order[] =
        "a rule's clauses, each at most once: for each, dated, when, amount, either way, not before, "
        "due, never back";
    parse_expect_word(p, "from");
    d->u.pay.payer = parse_name(p, "the party that pays");
    parse_expect_word(p, "to");
    d->u.pay.payee = parse_name(p, "the party that is paid");
    each(p, d);
    if (parse_clause(p, "dated"))
        d->u.pay.dated = parse_expr(p);
    if (parse_clause(p, "when"))
        d->u.pay.when = parse_expr(p);
    if (!parse_clause(p, "amount")) {
        parse_refuse_order(p, clauses, order);
        parse_expected(p, "`amount`");
    }
    d->u.pay.amount = parse_expr(p);
    terms_of_payment(p, d);
    parse_refuse_order(p, clauses, order);
}

void parse_cap(struct parse *p, struct ast_decl *d)
{
    if (parse_is(p, TOKEN_CODE))
        d->u.cap.code = parse_code(p);
    if (parse_is(p, TOKEN_NUMBER) || d->u.cap.code.text.len != 0) {
        if (parse_is(p, TOKEN_PERCENT))
            parse_expected(p, "an amount of money");
        d->u.cap.number = parse_number(p, "an amount of money");
    } else {
        d->u.cap.table = parse_name(p, "an amount of money, or a table");
    }
    if (parse_accept_word(p, "per"))
        d->u.cap.per = parse_names(p, "a dimension");
    parse_expect_word(p, "on");
    d->u.cap.on = parse_names(p, "a rule");
}
