/* The grammar in the manual (contracts/terms/README.md) is the one that the parser has: sentences that are made from it parse, and
 * what parses can be read by it. */
#include "terms_help.h"

#include <ctype.h>
#include <dirent.h>
#include <string.h>

#define RULES_MAX 128
#define NODES_MAX 4096
#define DEPTH_MAX 26     /* rules inside one another, in what is made; deeper ones take the shortest way */
#define SENTENCES 4000   /* of all kinds, some 2 s under a sanitizer */
#define LONG 4000        /* bytes of a sentence, from which it takes the shortest way too */
#define NEVER_ENDS 10000 /* the height of what is not known to end yet */

static struct buf manual;

/* ---- the grammar as a tree ---- */

enum node_kind { WORD, CALL, SEQUENCE, CHOICE, OPTION, REPEAT };
struct grammar_node {
    enum node_kind kind;
    struct slice text; /* of WORD and CALL */
    int child, next;   /* -1: none */
    int height;        /* of the shortest sentence */
};
static struct grammar_node nodes[NODES_MAX];
static int node_count;
static struct {
    struct slice name;
    int body;
} rules[RULES_MAX];
static int rule_count;
static const char *at, *end; /* of the grammar's text */

static int node(enum node_kind kind, struct slice text, int child)
{
    assert_true(node_count < NODES_MAX);
    nodes[node_count] = (struct grammar_node){kind, text, child, -1, NEVER_ENDS};
    return node_count++;
}

static bool space(void)
{
    while (at < end && isspace((unsigned char) *at))
        at++;
    return at < end;
}

static bool sign(char c)
{
    if (!space() || *at != c)
        return false;
    at++;
    return true;
}

static int choice(void);

static int part(void)
{
    const char *begin = at;
    if (sign('"')) {
        begin = at;
        at = memchr(at, '"', (size_t) (end - at));
        assert_non_null(at);
        return node(WORD, slice_of(begin, (size_t) (at++ - begin)), -1);
    }
    for (int i = 0; i < 3; i++)
        if (sign("([{"[i])) {
            int inside = choice();
            assert_true(sign(")]}"[i]));
            return i == 0 ? inside : node(i == 1 ? OPTION : REPEAT, SLICE(""), inside);
        }
    begin = at;
    while (at < end && (islower((unsigned char) *at) || *at == '_'))
        at++;
    return at == begin ? -1 : node(CALL, slice_of(begin, (size_t) (at - begin)), -1);
}

static int sequence(void)
{
    int first = part(), last = first;
    assert_true(first >= 0);
    if (!space() || strchr("|.)]}", *at) != NULL)
        return first;
    int list = node(SEQUENCE, SLICE(""), first);
    for (int one = part(); one >= 0; one = part()) {
        nodes[last].next = one;
        last = one;
        if (!space() || strchr("|.)]}", *at) != NULL)
            break;
    }
    return list;
}

static int choice(void)
{
    int first = sequence(), last = first;
    if (!space() || *at != '|')
        return first;
    int list = node(CHOICE, SLICE(""), first);
    while (sign('|')) {
        int one = sequence();
        nodes[last].next = one;
        last = one;
    }
    return list;
}

static int rule_of(struct slice name)
{
    for (int i = 0; i < rule_count; i++)
        if (slice_equal(rules[i].name, name))
            return i;
    return -1;
}

/* What is made of characters, with examples. */
static const struct {
    const char *name;
    const char *samples[6];
} lexical[] = {
    {"name", {"a", "b2", "long_name", "visits", "person", "x_9"}},
    {"number", {"0", "1", "15.12", "4_800_000", "0.50", "12"}},
    {"whole", {"1", "2", "4", "12", "325", "2_618"}},
    {"percent", {"0%", "8.5%", "100%", "1_000%", "0.01%", "7%"}},
    {"date", {"2016-01-01", "2016-02-29", "0001-01-01", "9999-12-31", "2020-12-31", "2017-06-30"}},
    {"string", {"\"A\"", "\"\"", "\"City of New York\"", "\"Jos\xC3\xA9\"", "\"#\"", "\"of\""}},
    {"slug", {"a", "denver-sib", "nyc.recidivism-bed-days", "a1.2b", "x-9", "roca"}},
    {"code", {"USD", "GBP", "CHF", "AUD", "ZAR", "COP"}},
    {"hash",
     {"0000000000000000000000000000000000000000000000000000000000000001",
      "5e1c5e1c5e1c5e1c5e1c5e1c5e1c5e1c5e1c5e1c5e1c5e1c5e1c5e1c5e1c5e1c",
      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "1230000000000000000000000000000000000000000000000000000000000001",
      "abcdef0000000000000000000000000000000000000000000000000000000001",
      "00e1000000000000000000000000000000000000000000000000000000000001"}},
    {"offset", {"UTC", "UTC-05:00", "UTC+05:30", "UTC+14:00", "UTC+00:01", "UTC-09:30"}},
};
#define LEXICAL (int) (sizeof lexical / sizeof lexical[0])

static int lexical_of(struct slice name)
{
    for (int i = 0; i < LEXICAL; i++)
        if (slice_is(name, lexical[i].name))
            return i;
    return -1;
}

/* The height of the shortest sentence; the children's are known. */
static int height_of(int n)
{
    int most = 0, least = NEVER_ENDS;
    switch (nodes[n].kind) {
    case WORD:
    case OPTION:
    case REPEAT:
        return 1;
    case CALL:
        return lexical_of(nodes[n].text) >= 0 ? 1 : nodes[rules[rule_of(nodes[n].text)].body].height + 1;
    case SEQUENCE:
        for (int i = nodes[n].child; i >= 0; i = nodes[i].next)
            most = nodes[i].height > most ? nodes[i].height : most;
        return most;
    case CHOICE:
        for (int i = nodes[n].child; i >= 0; i = nodes[i].next)
            least = nodes[i].height < least ? nodes[i].height : least;
        return least;
    }
    return NEVER_ENDS;
}

static void grammar_read(void)
{
    static const char fence[] = "\n```ebnf\n";
    at = strstr(manual.ptr, fence);
    assert_non_null(at);
    at += strlen(fence);
    end = strstr(at, "\n```\n");
    assert_non_null(end);
    while (space()) {
        const char *begin = at;
        while (islower((unsigned char) *at))
            at++;
        assert_true(rule_count < RULES_MAX);
        rules[rule_count].name = slice_of(begin, (size_t) (at - begin));
        assert_true(sign('='));
        rules[rule_count++].body = choice();
        assert_true(sign('.'));
    }
    for (int n = 0; n < node_count; n++)
        if (nodes[n].kind == CALL && lexical_of(nodes[n].text) < 0 && rule_of(nodes[n].text) < 0)
            fail_msg("the grammar has no `%.*s`", SLICE_ARG(nodes[n].text));
    for (int round = 0; round < RULES_MAX; round++)
        for (int n = node_count - 1; n >= 0; n--)
            nodes[n].height = height_of(n);
    for (int i = 0; i < rule_count; i++)
        assert_true(nodes[rules[i].body].height < NEVER_ENDS);
}

/* ---- making sentences ---- */

static uint64_t seed = 20160101;
static struct buf made;
static bool is_in_rows; /* a table among the rows of another stands in brackets */
static bool is_used[NODES_MAX];

static unsigned draw(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned) ((seed >> 16) % below);
}

static bool is_table(int n)
{
    static const char *const tables[] = {"step", "linear", "bands"};
    for (int i = 0; i < 3; i++)
        if (nodes[n].kind == CALL && slice_is(nodes[n].text, tables[i]))
            return true;
    return false;
}

static void make(int n, int depth);

static void make_choice(int n, int depth)
{
    int taken = -1;
    unsigned count = 0;
    for (int i = nodes[n].child; i >= 0; i = nodes[i].next) {
        bool is_short =
            taken < 0 || nodes[i].height < nodes[taken].height || (nodes[i].height == nodes[taken].height && draw(2) == 0);
        if (is_in_rows && is_table(i))
            continue;
        count++;
        if (depth <= 0 ? is_short : draw(count) == 0)
            taken = i;
    }
    assert_true(taken >= 0);
    make(taken, depth);
}

static void make_call(int n, int depth)
{
    int word = lexical_of(nodes[n].text);
    if (word >= 0) {
        buf_printf(&made, "%s%s", lexical[word].samples[draw(6)], draw(8) == 0 ? "\n" : " ");
        return;
    }
    if (slice_is(nodes[n].text, "declaration"))
        is_in_rows = false;
    /* what follows a table belongs to its last row, as far as it goes */
    is_in_rows = is_in_rows || is_table(n);
    make(rules[rule_of(nodes[n].text)].body, depth - 1);
}

static void make_sequence(int n, int depth)
{
    bool before = is_in_rows;
    for (int i = nodes[n].child; i >= 0; i = nodes[i].next) {
        make(i, depth);
        /* what stands in brackets is in none */
        if (nodes[i].kind == WORD && slice_is(nodes[i].text, "("))
            is_in_rows = false;
        if (nodes[i].kind == WORD && slice_is(nodes[i].text, ")"))
            is_in_rows = before;
    }
}

static void make(int n, int depth)
{
    depth = made.len > LONG ? 0 : depth;
    is_used[n] = true;
    switch (nodes[n].kind) {
    case WORD:
        /* a last row would take the `and` of `between a and b` */
        is_in_rows = is_in_rows || slice_is(nodes[n].text, "between");
        buf_printf(&made, "%.*s%s", SLICE_ARG(nodes[n].text), draw(16) == 0 ? "\n" : " ");
        break;
    case CALL:
        make_call(n, depth);
        break;
    case SEQUENCE:
        make_sequence(n, depth);
        break;
    case CHOICE:
        make_choice(n, depth);
        break;
    case OPTION:
        if (depth > 0 && draw(2) == 0)
            make(nodes[n].child, depth);
        break;
    case REPEAT:
        for (unsigned i = draw(4) / 2; depth > 0 && i > 0; i--)
            make(nodes[n].child, depth);
        break;
    }
}

static void what_the_grammar_makes_is_read(void **state)
{
    (void) state;
    int deep = 0;
    buf_init(&made, OUT_MAX);
    for (int i = 0; i < SENTENCES; i++) {
        struct sample s;
        buf_clear(&made);
        make(rules[rule_of(SLICE("text"))].body, 2 + i % DEPTH_MAX);
        /* the version's line is the first */
        assert_int_equal(strncmp(made.ptr, "terms", 5), 0);
        char *one = memchr(made.ptr, '1', made.len);
        made.ptr[5] = ' ';
        one[1] = '\n';
        sample_parse(&s, buf_slice(&made));
        /* a limit is no question of the grammar */
        bool is_deep = s.diags.errors != 0 && slice_is(s.diags.first->code, "expression.depth");
        if (s.diags.errors != 0 && !is_deep)
            fail_msg("%.*s\n%s", SLICE_ARG(s.diags.first->message), made.ptr);
        deep += is_deep;
        sample_release(&s);
    }
    assert_true(deep < SENTENCES / 10);
    for (int n = 0; n < node_count; n++)
        if (!is_used[n])
            fail_msg("no sentence has the part %d, `%.*s`", n, SLICE_ARG(nodes[n].text));
    buf_release(&made);
}

/* ---- reading by the grammar: of alternatives the first that fits ---- */

static struct slice source;
static size_t furthest;
static bool is_read[NODES_MAX]; /* words that stand in what was read */

static size_t behind_space(size_t i)
{
    for (; i < source.len && (isspace((unsigned char) source.ptr[i]) || source.ptr[i] == '#'); i++)
        if (source.ptr[i] == '#')
            while (i + 1 < source.len && source.ptr[i + 1] != '\n')
                i++;
    if (i > furthest)
        furthest = i;
    return i;
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char) c) || c == '_';
}

static char look(size_t i)
{
    return i < source.len ? source.ptr[i] : '\0';
}

/* The words that cannot be names, as the manual lists them. */
static bool is_reserved(struct slice word)
{
    char quoted[80];
    const char *list = strstr(manual.ptr, "cannot be names: `");
    assert_non_null(list);
    list = strchr(list, '`') + 1;
    const char *stop = strchr(list, '`');
    size_t len = (size_t) snprintf(quoted, sizeof quoted, "%.*s", SLICE_ARG(word));
    for (const char *i = list; i < stop; i += strspn(i, " \n")) {
        size_t n = strcspn(i, " \n`");
        if (n == len && memcmp(i, quoted, n) == 0)
            return true;
        i += n;
    }
    return false;
}

static size_t digits(size_t i)
{
    while (isdigit((unsigned char) look(i)) || look(i) == '_')
        i++;
    return i;
}

static size_t is_date(size_t i)
{
    static const char form[] = "dddd-dd-dd";
    for (size_t k = 0; k < 10; k++)
        if (form[k] == 'd' ? !isdigit((unsigned char) look(i + k)) : look(i + k) != '-')
            return 0;
    return i + 10;
}

/* Behind what the lexical rule takes at i, or 0. */
static size_t take_lexical(const char *name, size_t i)
{
    size_t stop = i;
    if (strcmp(name, "string") == 0) {
        const char *close = look(i) == '"' ? memchr(source.ptr + i + 1, '"', source.len - i - 1) : NULL;
        return close == NULL ? 0 : (size_t) (close - source.ptr) + 1;
    }
    if (strcmp(name, "date") == 0)
        return is_date(i);
    if (strcmp(name, "slug") == 0 || strcmp(name, "hash") == 0 || strcmp(name, "offset") == 0) {
        const char *more = name[0] == 's' ? ".-" : name[0] == 'h' ? "" : "+-:";
        while (isalnum((unsigned char) look(stop)) || (look(stop) != '\0' && strchr(more, look(stop)) != NULL))
            stop++;
        if (name[0] == 'h')
            return stop == i + 64 ? stop : 0;
        return stop > i && (name[0] == 's' ? !isupper((unsigned char) look(i)) : look(i) == 'U') ? stop : 0;
    }
    if (strcmp(name, "name") == 0 || strcmp(name, "code") == 0) {
        while (is_word_char(look(stop)))
            stop++;
        bool is_code = stop == i + 3 && isupper((unsigned char) look(i));
        if (name[0] == 'c')
            return is_code ? stop : 0;
        return islower((unsigned char) look(i)) && !is_reserved(slice_of(source.ptr + i, stop - i)) ? stop : 0;
    }
    if (!isdigit((unsigned char) look(i)) || is_date(i) != 0)
        return 0;
    stop = digits(i);
    if (strcmp(name, "whole") != 0 && look(stop) == '.')
        stop = digits(stop + 1);
    bool is_percent = look(stop) == '%';
    if (strcmp(name, "percent") == 0)
        return is_percent ? stop + 1 : 0;
    return is_percent ? 0 : stop;
}

static bool take_word(struct slice word, size_t *i)
{
    size_t begin = behind_space(*i);
    if (source.len - begin < word.len || memcmp(source.ptr + begin, word.ptr, word.len) != 0)
        return false;
    if (is_word_char(word.ptr[0]) && is_word_char(look(begin + word.len)))
        return false;
    *i = begin + word.len;
    return true;
}

static bool match(int n, size_t *i)
{
    size_t before = *i;
    switch (nodes[n].kind) {
    case WORD:
        if (!take_word(nodes[n].text, i))
            return false;
        is_read[n] = true;
        return true;
    case CALL: {
        int word = lexical_of(nodes[n].text);
        if (word < 0)
            return match(rules[rule_of(nodes[n].text)].body, i);
        size_t stop = take_lexical(lexical[word].name, behind_space(*i));
        *i = stop == 0 ? *i : stop;
        return stop != 0;
    }
    case SEQUENCE:
        for (int k = nodes[n].child; k >= 0; k = nodes[k].next)
            if (!match(k, i)) {
                *i = before;
                return false;
            }
        return true;
    case CHOICE:
        for (int k = nodes[n].child; k >= 0; k = nodes[k].next)
            if (match(k, i))
                return true;
        return false;
    case OPTION:
        (void) match(nodes[n].child, i);
        return true;
    case REPEAT:
        while (match(nodes[n].child, i) && *i > before)
            before = *i;
        return true;
    }
    return false;
}

static void assert_matches(struct slice text, const char *name)
{
    size_t i = 0;
    source = text;
    furthest = 0;
    bool has = match(rules[rule_of(SLICE("text"))].body, &i);
    if (!has || behind_space(i) != source.len)
        fail_msg("%s is not of the grammar at: %.60s", name, source.ptr + furthest);
}

static void every_template_is_of_the_grammar(void **state)
{
    (void) state;
    DIR *dir = opendir("contracts/templates");
    const struct dirent *entry;
    int count = 0;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        char path[400];
        struct buf file;
        if (strstr(entry->d_name, ".terms") == NULL)
            continue;
        (void) snprintf(path, sizeof path, "contracts/templates/%.255s", entry->d_name);
        assert_true(read_file(path, &file));
        assert_matches(buf_slice(&file), path);
        buf_release(&file);
        count++;
    }
    assert_int_equal(closedir(dir), 0);
    assert_true(count >= 25);
}

static void excuse(int n)
{
    is_read[n] = true;
    for (int i = nodes[n].child; i >= 0; i = nodes[i].next)
        excuse(i);
}

/* What the program reads and does not evaluate yet has no example: the sequences with these words. */
static void excuse_what_is_not_evaluated(void)
{
    static const char *const words[] = {"settlements"};
    for (int n = 0; n < node_count; n++)
        for (int i = nodes[n].kind == SEQUENCE ? nodes[n].child : -1; i >= 0; i = nodes[i].next)
            for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
                if (nodes[i].kind == WORD && slice_is(nodes[i].text, words[k]))
                    excuse(n);
}

/* Each word of the grammar stands in an example, too. Behind the header of the manual, unless an example has its own. */
static void every_example_is_of_the_grammar(void **state)
{
    (void) state;
    memset(is_read, 0, sizeof is_read);
    static const char fence[] = "\n```terms";
    const char *example = strstr(manual.ptr, fence);
    for (; example != NULL; example = strstr(example, fence)) {
        struct buf text;
        example += strlen(fence);
        const char *info = example;
        example += strcspn(info, "\n") + 1;
        /* some have a name, "terms a.terms"; what is wrong need not be of the grammar */
        if (info[0] != '\n' && memmem(info, (size_t) (example - info), ".terms\n", 7) == NULL)
            continue;
        size_t len = (size_t) (strstr(example, "\n```\n") - example) + 1;
        buf_init(&text, OUT_MAX);
        if (!slice_starts(slice_of(example, len), SLICE("terms 1\n")))
            buf_add_str(&text, HEADER);
        buf_add(&text, example, len);
        assert_matches(buf_slice(&text), "an example of the manual");
        buf_release(&text);
    }
    excuse_what_is_not_evaluated();
    for (int n = 0; n < node_count; n++)
        if (nodes[n].kind == WORD && !is_read[n])
            fail_msg("no example of the manual has the word `%.*s` (part %d)", SLICE_ARG(nodes[n].text), n);
}

/* A word of the grammar can be a name just when the manual does not list it as one that cannot. */
static void the_words_that_cannot_be_names_are_those_of_the_manual(void **state)
{
    (void) state;
    for (int n = 0; n < node_count; n++) {
        char text[300];
        struct sample s;
        if (nodes[n].kind != WORD || !islower((unsigned char) nodes[n].text.ptr[0]))
            continue;
        (void) snprintf(text, sizeof text, HEADER "define %.*s = 1\n", SLICE_ARG(nodes[n].text));
        sample_parse(&s, slice_str(text));
        if ((s.diags.errors != 0) != is_reserved(nodes[n].text))
            fail_msg("`%.*s` %s a name", SLICE_ARG(nodes[n].text), s.diags.errors != 0 ? "cannot be" : "can be");
        sample_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_grammar_makes_is_read),
        cmocka_unit_test(every_template_is_of_the_grammar),
        cmocka_unit_test(every_example_is_of_the_grammar),
        cmocka_unit_test(the_words_that_cannot_be_names_are_those_of_the_manual),
    };
    if (!read_file("contracts/terms/README.md", &manual))
        return 1;
    grammar_read();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_release(&manual);
    return failed;
}
