/* tally terms fmt --from-json: what `tally terms show --json` prints is the text again, over every text there is; and JSON that is no
 * such tree is refused with the place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../property/random_text.h"
#include "../support/cli_run.h"
#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/diag.h"
#include "tally/terms.h"

#define FILE_MAX ((size_t) 1 << 20)
#define RANDOM_TEXTS 60
#define MUTATIONS 400

static char parent[] = "/tmp/tally-from-json-XXXXXX";
static struct cli_place place;
static struct cli_output output;
static const char *about; /* the text that is looked at */

static int set_up(void **state)
{
    (void) state;
    return mkdtemp(parent) == NULL || cli_place_make(&place, parent) != 0 ? -1 : 0;
}

static void write_file(const char *name, const char *text)
{
    char path[700];
    (void) snprintf(path, sizeof path, "%s/%s", place.dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static char *read_path(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, FILE_MAX);
    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, FILE_MAX - 1, file) < FILE_MAX - 1);
    (void) fclose(file);
    return text;
}

static void tally(const char *words)
{
    assert_int_equal(cli_tally(&place, &output, NULL, "%s", words), 0);
}

/* ---- what holds for a text ---- */

static void strip_comments(const char *text, struct buf *out)
{
    bool is_quoted = false, is_comment = false;
    for (; *text != '\0'; text++) {
        is_quoted = *text == '\n' ? false : is_quoted != (*text == '"' && !is_comment);
        is_comment = *text != '\n' && (is_comment || (*text == '#' && !is_quoted));
        if (!is_comment)
            buf_add_char(out, *text);
    }
}

/* fmt of the text without comments. */
static void canonical(const char *text, struct buf *out)
{
    struct err err = {0};
    struct diags diags;
    struct buf plain;
    struct arena *arena = arena_new((size_t) 8 << 20);
    buf_init(&plain, FILE_MAX);
    buf_init(out, FILE_MAX);
    assert_non_null(arena);
    diags_init(&diags, arena);
    strip_comments(text, &plain);
    assert_int_equal(terms_format(buf_slice(&plain), &diags, out, &err), TALLY_OK);
    buf_release(&plain);
    arena_free(arena);
}

static json_t *loaded(const char *text)
{
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    return json;
}

/* Without what says where something stands. */
static void drop_places(json_t *json)
{
    const char *name;
    void *next;
    json_t *value;
    size_t i;
    (void) json_object_del(json, "layout");
    if (json_is_integer(json_object_get(json, "line"))) {
        (void) json_object_del(json, "line");
        (void) json_object_del(json, "column");
    }
    json_object_foreach_safe(json, next, name, value) drop_places(value);
    json_array_foreach(json, i, value) drop_places(value);
}

static void same_tree(const char *a, const char *b)
{
    json_t *left = loaded(a), *right = loaded(b);
    drop_places(left);
    drop_places(right);
    if (!json_equal(left, right))
        fail_msg("%s: another tree", about);
    json_decref(left);
    json_decref(right);
}

static void write_json(const char *name, const json_t *json)
{
    char *dump = json_dumps(json, JSON_COMPACT);
    assert_non_null(dump);
    write_file(name, dump);
    free(dump);
}

static void must_succeed(void)
{
    if (output.status != 0)
        fail_msg("%s: status %d: %s", about, output.status, output.err);
}

/* From the tree alone, and the tree of that: the same, and in the one layout. */
static void tree_alone(const char *shown)
{
    struct buf wanted;
    json_t *tree = loaded(shown);
    assert_int_equal(json_object_del(tree, "layout"), 0);
    write_json("tree.json", tree);
    json_decref(tree);
    tally("terms fmt --from-json tree.json");
    must_succeed();
    canonical(output.out, &wanted);
    assert_string_equal(output.out, wanted.ptr);
    buf_release(&wanted);
    write_file("again.terms", output.out);
    tally("terms show again.terms --json");
    must_succeed();
    same_tree(shown, output.out);
}

/* False where the text does not check, so that it has no tree. */
static bool round_trip(const char *text)
{
    struct buf wanted;
    write_file("a.terms", text);
    tally("terms show a.terms --json");
    if (output.status != 0)
        return false;
    char *shown = strdup(output.out);
    assert_non_null(shown);
    canonical(text, &wanted);
    write_file("a.json", shown);
    tally("terms fmt --from-json a.json");
    must_succeed();
    if (strcmp(output.out, wanted.ptr) != 0)
        fail_msg("%s: fmt gives\n%s\nand the tree\n%s", about, wanted.ptr, output.out);
    write_file("b.terms", output.out);
    tally("terms show b.terms --json");
    must_succeed();
    same_tree(shown, output.out);
    if (strcmp(text, wanted.ptr) == 0)
        assert_string_equal(output.out, shown); /* lines and columns too */
    tree_alone(shown);
    buf_release(&wanted);
    free(shown);
    return true;
}

static int each_file(const char *folder)
{
    char path[600];
    int count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        size_t len = strlen(entry->d_name);
        if (len < 6 || strcmp(entry->d_name + len - 6, ".terms") != 0)
            continue;
        (void) snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        about = path;
        char *text = read_path(path);
        assert_true(round_trip(text));
        free(text);
        count++;
    }
    (void) closedir(dir);
    return count;
}

static void every_template_and_worked_contract(void **state)
{
    (void) state;
    assert_true(each_file("contracts/templates") >= 30);
    assert_true(each_file("tests/vectors/worked") >= 5);
}

/* The examples of the manual: whole, or behind its header; wrong ones have no tree. */
static void every_text_of_the_manual(void **state)
{
    (void) state;
    char *manual = read_path("contracts/terms/README.md");
    char header[4096] = "";
    int count = 0;
    for (char *at = manual, *end; (at = strstr(at, "\n```terms")) != NULL; at = end + 4) {
        char *info = at + strlen("\n```"), *body = strchr(info, '\n') + 1;
        struct buf text;
        end = strstr(body - 1, "\n```");
        assert_non_null(end);
        bool is_wrong = strncmp(info, "terms wrong\n", 12) == 0;
        bool is_whole = strncmp(body, "terms 1\n", 8) == 0;
        buf_init(&text, FILE_MAX);
        buf_printf(&text, "%s%s%.*s", is_whole ? "" : header, is_whole ? "" : "\n", (int) (end + 1 - body), body);
        if (strncmp(info, "terms header\n", 13) == 0)
            (void) snprintf(header, sizeof header, "%s", text.ptr);
        about = text.ptr;
        if (!is_wrong && !round_trip(text.ptr))
            fail_msg("%s: %s", text.ptr, output.err);
        count += !is_wrong;
        buf_release(&text);
    }
    assert_true(count >= 50);
    free(manual);
}

static void random_texts(void **state)
{
    (void) state;
    int count = 0;
    for (uint64_t seed = 1; seed <= RANDOM_TEXTS; seed++) {
        struct dice dice = {seed};
        struct random_text random;
        random_text_make(&dice, false, &random);
        about = random.text;
        count += round_trip(random.text);
        random_text_free(&random);
    }
    assert_true(count > RANDOM_TEXTS / 4);
}

/* What the grammar leaves to the author, and comments in places of all kinds. */
static void odd_texts(void **state)
{
    (void) state;
    about = "odd text";
    assert_true(round_trip(
        "terms 1 # first\ncontract odd \"Odd # no comment\"\ncurrency USD rounded to 0.01, half up\n"
        "clock UTC-05:30\nruns 2016-01-01 to 2018-12-31 # \"quoted\n# alone\n"
        "party a outcome payer \"A\"\nparty b investor \"B\"\nin force when a, 1 of (a, b) and b have signed\n"
        "calendar working monday to friday except 2016-12-26, 2017-12-25 to 2017-12-25\n"
        "unit meal meals\nmetric m is \"Meals # none\" in meals between 0 and (1000)\n reported by a\n"
        "define x = ((m / 1 meal)) - (2 - 1)\n  - -3 # why\n + 2 ^ 3 ^ 2\n"
        "pay p from a to b\n amount (if x > 2 ^ 2 and not x = 3 or (x < 1 or x > 90) then USD 0 else 5 per meal of m)"
        " + (step of x: at least 2: (linear of x: at 0: 0 at 1: USD 1 outside: flat)\n above 3: 7 otherwise: 0)\n"
        " due 2 working days after\n"));
}

/* ---- what is refused ---- */

static const char GOOD[] = "terms 1\ncontract good \"Good\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"
                           "runs 2016-01-01 to 2018-12-31\n\nparty a outcome payer \"A\"\nparty b investor \"B\"\n\n"
                           "in force when a and b have signed\n\nmetric m is \"M\" in number between 0 and 100\n"
                           "  reported by a\n\npay p from a to b\n  when m > 3\n  amount USD 5 * m\n";

static json_t *good_tree(void)
{
    about = "good text";
    write_file("good.terms", GOOD);
    tally("terms show good.terms --json");
    must_succeed();
    json_t *tree = loaded(output.out);
    (void) json_object_del(tree, "layout");
    return tree;
}

static json_t *at_pointer(json_t *json, const char *pointer)
{
    char step[64];
    while (*pointer == '/') {
        size_t len = strcspn(pointer + 1, "/");
        (void) snprintf(step, sizeof step, "%.*s", (int) len, pointer + 1);
        json = json_is_array(json) ? json_array_get(json, (size_t) strtoul(step, NULL, 10)) : json_object_get(json, step);
        pointer += len + 1;
    }
    return json;
}

static void must_refuse(const char *wanted)
{
    if (output.status != 1 || strstr(output.err, wanted) == NULL || output.out[0] != '\0')
        fail_msg("wanted \"%s\", status %d, said \"%s\", printed \"%s\"", wanted, output.status, output.err, output.out);
}

static void a_bad_member_is_named(void **state)
{
    (void) state;
    static const struct {
        const char *object, *member, *value, *wanted; /* value NULL: the member is taken away */
    } rows[] = {
        {"", "slug", NULL, "/slug is missing"},
        {"", "extra", "1", "/extra is no member"},
        {"", "a/b~", "1", "/a~1b~0 is no member"},
        {"", "title", "5", "/title is not a string"},
        {"", "title", "\"a\\\"b\"", "the whole cannot be written"},
        {"", "version", "2", "/version is not what"},
        {"", "layout", "5", "/layout is not a string"},
        {"", "layout", "\"terms 2\"", "/layout is not a text"},
        {"", "clock_minutes", "841", "/clock_minutes is not a whole number"},
        {"", "declarations", "{}", "/declarations is not an array"},
        {"", "declarations", "[true]", "/declarations has true, false or null in it"},
        {"/declarations/3", "by", "[null]", "/declarations/3/by has true, false or null in it"},
        {"/declarations/3", "by", "[5]", "/declarations/3/by has something that is not a string"},
        {"", "declarations", "[7]", "/declarations/0 is not an object"},
        {"", "currencies", "[]", "cannot be written"},
        {"/declarations/0", "kind", "\"guild\"", "/declarations/0/kind is none of the words"},
        {"/declarations/0", "line", "\"7\"", "/declarations/0/line is not what"},
        {"/declarations/0", "name", "\"if\"", "/declarations/0 cannot be written"},
        {"/declarations/0", "name", "\"a # b\"", "/declarations/"},
        {"/declarations/3", "dispute_days", "-1", "/declarations/3/dispute_days is not a whole number"},
        {"/declarations/3", "quorum", "1", "/declarations/3/quorum is not what"},
        {"/declarations/3", "between_low", "null", "/declarations/3/between_high is not what"},
        {"/declarations/4", "amount", "null", "/declarations/4/amount is not an expression"},
        {"/declarations/4/amount", "op", "\"adds\"", "/declarations/4/amount/op is none"},
        {"/declarations/4/amount", "c", "{}", "/declarations/4/amount/c is no member"},
        {"/declarations/4/amount/a", "number", "\"5x\"", "/declarations/4/amount/a"},
        {"/declarations/4/amount/a", "number", "\"5_0\"", "/declarations/4/amount/a"},
        {"/declarations/4/amount/a", "number", "\"5 * 2\"", "/declarations/4/amount/"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *tree = good_tree();
        json_t *object = at_pointer(tree, rows[i].object);
        assert_true(json_is_object(object));
        if (rows[i].value == NULL)
            assert_int_equal(json_object_del(object, rows[i].member), 0);
        else
            assert_int_equal(json_object_set_new(object, rows[i].member, json_loads(rows[i].value, JSON_DECODE_ANY, NULL)),
                             0);
        write_json("bad.json", tree);
        json_decref(tree);
        tally("terms fmt --from-json bad.json");
        must_refuse(rows[i].wanted);
    }
}

static void places_may_be_left_out_and_standard_input_be_read(void **state)
{
    (void) state;
    json_t *tree = good_tree();
    drop_places(tree);
    char *dump = json_dumps(tree, JSON_COMPACT);
    assert_int_equal(cli_tally(&place, &output, dump, "terms fmt --from-json -"), 0);
    must_succeed();
    assert_string_equal(output.out, GOOD);
    free(dump);
    json_decref(tree);
}

static void a_changed_tree_beside_its_layout_is_refused(void **state)
{
    (void) state;
    json_t *tree = good_tree();
    assert_int_equal(json_object_set_new(tree, "layout", json_string(GOOD)), 0);
    assert_int_equal(json_object_set_new(tree, "slug", json_string("other")), 0);
    write_json("bad.json", tree);
    json_decref(tree);
    tally("terms fmt --from-json bad.json");
    must_refuse("/slug is not what the text that it makes has there (a changed tree is read without its member `layout`)");
}

static void nesting_past_the_limit_is_refused(void **state)
{
    (void) state;
    json_t *tree = good_tree();
    json_t *deep = json_deep_copy(at_pointer(tree, "/declarations/4/amount/b"));
    for (int i = 0; i < 200; i++)
        deep = json_pack("{s:s,s:i,s:i,s:s,s:o}", "kind", "unary", "line", 1, "column", 1, "op", "negate", "a", deep);
    assert_int_equal(json_object_set_new(at_pointer(tree, "/declarations/4"), "amount", deep), 0);
    write_json("bad.json", tree);
    json_decref(tree);
    tally("terms fmt --from-json bad.json");
    must_refuse("/declarations/4/amount/a/a/a");
    must_refuse("is more than 64 levels deep");
}

static void what_is_no_tree_is_refused(void **state)
{
    (void) state;
    static const struct {
        const char *json, *wanted;
    } rows[] = {{"", "not the JSON"},
                {"{", "bad.json:1:"},
                {"{\"slug\":\"a\",\"slug\":\"b\"}", "duplicate"},
                {"[]", "the whole is not an object"},
                {"{}", "/slug is missing"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_file("bad.json", rows[i].json);
        tally("terms fmt --from-json bad.json");
        must_refuse(rows[i].wanted);
    }
    char *big = malloc((size_t) 10 << 20);
    assert_non_null(big);
    memset(big, ' ', ((size_t) 10 << 20) - 1);
    big[((size_t) 10 << 20) - 1] = '\0';
    write_file("bad.json", big);
    free(big);
    tally("terms fmt --from-json bad.json");
    must_refuse("is over");
    tally("terms fmt --from-json good.json good.terms");
    assert_int_equal(output.status, 2);
    tally("terms fmt");
    assert_int_equal(output.status, 2);
}

/* ---- random changes ---- */

static json_t *another(struct dice *dice)
{
    static const char *const words[] = {"",     "a",  "never", "number", "2016-02-30", "0.5",
                                        "call", "\"", "#",     "\n",     "(",          "ref"};
    switch (dice_below(dice, 6)) {
    case 0:
        return json_integer((json_int_t) dice_below(dice, 100) - 2);
    case 1:
        return json_object();
    case 2:
        return json_array();
    case 3:
        return dice_in(dice, 2) ? json_null() : json_boolean(dice_in(dice, 2));
    default:
        return json_string(words[dice_below(dice, sizeof words / sizeof words[0])]);
    }
}

/* Changes one value somewhere below. */
static void mutate(struct dice *dice, json_t *json)
{
    const char *name = NULL;
    json_t *value = NULL;
    bool is_object = json_is_object(json);
    size_t size = is_object ? json_object_size(json) : json_array_size(json);
    if (size == 0)
        return;
    uint32_t at = dice_below(dice, (uint32_t) size);
    if (is_object) {
        void *iter = json_object_iter(json);
        while (at-- > 0)
            iter = json_object_iter_next(json, iter);
        name = json_object_iter_key(iter);
        value = json_object_iter_value(iter);
    } else {
        value = json_array_get(json, at);
    }
    if ((json_is_object(value) || json_is_array(value)) && !dice_in(dice, 8))
        mutate(dice, value);
    else if (is_object && dice_in(dice, 5))
        (void) json_object_del(json, name);
    else if (is_object)
        (void) json_object_set_new(json, name, another(dice));
    else
        (void) json_array_set_new(json, at, another(dice));
}

static void random_changes_are_read_or_refused(void **state)
{
    (void) state;
    struct dice dice = {7};
    int refused = 0;
    about = "contracts/templates/peterborough.terms";
    char *text = read_path(about);
    write_file("a.terms", text);
    free(text);
    tally("terms show a.terms --json");
    must_succeed();
    json_t *tree = loaded(output.out);
    (void) json_object_del(tree, "layout");
    for (int i = 0; i < MUTATIONS; i++) {
        json_t *changed = json_deep_copy(tree);
        for (uint32_t n = 1 + dice_below(&dice, 2); n > 0; n--)
            mutate(&dice, changed);
        write_json("bad.json", changed);
        json_decref(changed);
        tally("terms fmt --from-json bad.json");
        if (output.status != 0 && (output.status != 1 || strstr(output.err, "bad.json: ") == NULL))
            fail_msg("change %d: status %d: %s", i, output.status, output.err);
        refused += output.status == 1;
    }
    assert_in_range(refused, MUTATIONS / 2, MUTATIONS);
    json_decref(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_template_and_worked_contract),
        cmocka_unit_test(every_text_of_the_manual),
        cmocka_unit_test(random_texts),
        cmocka_unit_test(odd_texts),
        cmocka_unit_test(a_bad_member_is_named),
        cmocka_unit_test(places_may_be_left_out_and_standard_input_be_read),
        cmocka_unit_test(a_changed_tree_beside_its_layout_is_refused),
        cmocka_unit_test(nesting_past_the_limit_is_refused),
        cmocka_unit_test(what_is_no_tree_is_refused),
        cmocka_unit_test(random_changes_are_read_or_refused),
    };
    return cmocka_run_group_tests_name("tally terms fmt --from-json", tests, set_up, NULL);
}
