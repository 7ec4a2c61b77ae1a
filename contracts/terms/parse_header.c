#include "parse.h"

static const char *const sections[] = {"contract", "currency", "clock", "runs", "closes"};

static bool begins_section(struct parse *p)
{
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        if (parse_is_word_at(p, 0, sections[i]))
            return true;
    return false;
}

/* After an error: to the next line that begins a section of the header or a declaration. */
static void skip_to_section(struct parse *p)
{
    if (!p->panic || p->rc != TALLY_OK)
        return;
    p->panic = false;
    while (!parse_is(p, TOKEN_END)) {
        bool is_first = p->at == 0 || p->tokens[p->at - 1].line != p->tokens[p->at].line;
        if (is_first && (begins_section(p) || parse_begins_declaration(p)))
            return;
        parse_skip(p);
    }
}

/* Accepts the word that begins a section; without it the error does not swallow the section that stands there instead. */
static bool section(struct parse *p, const char *word)
{
    if (parse_is_word(p, word)) {
        parse_line(p, 0);
        parse_next(p);
        return true;
    }
    bool is_next = begins_section(p) || parse_begins_declaration(p);
    parse_expect_word(p, word);
    if (is_next)
        p->panic = p->rc != TALLY_OK;
    return false;
}

static void first_line(struct parse *p)
{
    const struct token *t = parse_look(p, 0);
    if (!parse_is_word(p, "terms")) {
        bool is_next = begins_section(p) || parse_begins_declaration(p);
        parse_error(p, t, "text.version", "write `terms 1` above everything else",
                    "a text begins with the version of its language");
        if (is_next)
            p->panic = false;
        return;
    }
    if (t->line != 1)
        diags_add(p->diags, DIAG_ERROR, "text.version", token_span(t), "move comments and empty lines below it",
                  "`terms 1` is the first line");
    parse_line(p, 0);
    parse_next(p);
    t = parse_look(p, 0);
    uint32_t version = parse_whole(p, "`1`, the version of the language");
    if (version == 1 || p->panic || t->problem != PROBLEM_NONE)
        return;
    diags_add(p->diags, DIAG_ERROR, "text.version", token_span(t), NULL,
              "version %u of the language is not known; this program reads version 1", version);
    /* what follows is another language */
    p->at = p->count - 1;
}

static void contract(struct parse *p)
{
    struct ast_text *text = p->text;
    text->slug = parse_slug(p, "the name of the contract, such as `denver-sib`", &text->slug_span);
    text->title = parse_string(p, "the title in quotes");
    if (!parse_accept_word(p, "version"))
        return;
    text->is_amendment = true;
    text->version = parse_whole(p, "the version of the contract");
    parse_expect_word(p, "amends");
    text->amends = parse_hash(p);
    parse_expect_word(p, "effective");
    text->effective = parse_date(p, "the day from which the amendment holds");
}

static void currency(struct parse *p, struct ast_currency ***tail)
{
    struct ast_currency *c = PARSE_NEW(p, struct ast_currency);
    if (c == NULL)
        return;
    c->code = parse_code(p);
    parse_expect_word(p, "rounded");
    parse_expect_word(p, "to");
    if (parse_is(p, TOKEN_PERCENT))
        parse_expected(p, "the smallest amount, such as `0.01`");
    c->smallest = parse_number(p, "the smallest amount, such as `0.01`");
    parse_expect(p, TOKEN_COMMA, "`,` and how to round");
    c->mode = parse_mode(p);
    if (p->panic)
        return;
    **tail = c;
    *tail = &c->next;
}

static int two_digits(const char *digits)
{
    return (digits[0] - '0') * 10 + digits[1] - '0';
}

static void clock_offset(struct parse *p)
{
    const struct token *t = parse_look(p, 0);
    struct slice text = token_text(p->source, t);
    if (parse_is(p, TOKEN_CODE) && slice_is(text, "UTC")) {
        parse_next(p);
        if (parse_is(p, TOKEN_MINUS) || parse_is(p, TOKEN_PLUS))
            parse_error(p, parse_look(p, 0), "clock.form", "write it without a space, such as `UTC-05:00`",
                        "an offset from UTC has two digits for hours and two for minutes");
        return;
    }
    if (!parse_is(p, TOKEN_OFFSET)) {
        parse_expected(p, "`UTC`, or an offset such as `UTC-05:00`");
        return;
    }
    int hours = two_digits(text.ptr + 4);
    int minutes = two_digits(text.ptr + 7);
    if (hours > 14 || minutes > 59 || (hours == 14 && minutes > 0) || (hours == 0 && minutes == 0)) {
        parse_error(p, t, "clock.range", hours == 0 && minutes == 0 ? "write `UTC`" : NULL,
                    "an offset lies between 00:01 and 14:00");
        return;
    }
    p->text->clock_minutes = (text.ptr[3] == '-' ? -1 : 1) * (hours * 60 + minutes);
    parse_next(p);
}

static void runs(struct parse *p)
{
    p->text->runs_from = parse_date(p, "the first day");
    parse_expect_word(p, "to");
    p->text->runs_to = parse_date(p, "the last day");
}

void parse_header(struct parse *p)
{
    struct ast_currency **tail = &p->text->currencies;
    first_line(p);
    if (p->at == p->count - 1 && p->diags->errors != 0)
        return;
    skip_to_section(p);
    if (section(p, "contract"))
        contract(p);
    skip_to_section(p);
    if (section(p, "currency"))
        currency(p, &tail);
    skip_to_section(p);
    while (parse_is_word(p, "currency")) {
        (void) section(p, "currency");
        currency(p, &tail);
        skip_to_section(p);
    }
    if (section(p, "clock"))
        clock_offset(p);
    skip_to_section(p);
    if (section(p, "runs"))
        runs(p);
    skip_to_section(p);
    if (parse_is_word(p, "closes") && section(p, "closes")) {
        p->text->has_closes = true;
        p->text->closes = parse_date(p, "the day after which nothing is triggered");
    }
    /* the next must be a declaration: what else stands there is reported once, and skipped */
    if (!p->panic && !parse_is(p, TOKEN_END) && !parse_begins_declaration(p))
        parse_expected(p, begins_section(p)
                              ? "a declaration; the header has contract, currency, clock, runs, closes, in this order"
                              : "a declaration, such as `party`");
}
