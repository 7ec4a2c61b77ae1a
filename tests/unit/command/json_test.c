/* Which JSON is read at all; and that what is wrong is pointed at. */
#include "decode_help.h"

#define RESULTS POST(ENTRY_RESULT_SUBMITTED, "/v1/results")
#define BEFORE "{\"indicator\":\"i\",\"version\":1,\"dimensions\":{},\"value\":"

static void what_is_not_json_is_refused(void **state)
{
    (void) state;
    REFUSED(RESULTS, "", REFUSE_BODY_JSON, "");
    REFUSED(RESULTS, "{", REFUSE_BODY_JSON, "");
    REFUSED(RESULTS, BEFORE "\"90\"", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, BEFORE "\"90\"} x", REFUSE_BODY_JSON, "");
    REFUSED(RESULTS, BEFORE "\"90\",}", REFUSE_BODY_JSON, "");
    REFUSED(RESULTS, "{'value':1}", REFUSE_BODY_JSON, "");
    REFUSED(RESULTS, BEFORE "01}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, BEFORE "NaN}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, "90", REFUSE_BODY_JSON, "");
    REFUSED(RESULTS, "\"text\"", REFUSE_BODY_JSON, "");
}

static void a_member_given_twice_is_refused_where_it_is(void **state)
{
    (void) state;
    REFUSED(RESULTS, "{\"value\":\"1\",\"value\":\"2\"}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, "{\"results\":[{\"value\":\"1\"},{\"a\":{\"b\":1,\"c\":2,\"b\":3}}]}", REFUSE_BODY_JSON,
            "/results/1/a/b");
    REFUSED(RESULTS, "{\"a\":1,\"\\u0061\":2}", REFUSE_BODY_JSON, "/\\u0061"); /* the same name, written otherwise */
}

static void numbers_are_whole_and_exact(void **state)
{
    (void) state;
    REFUSED(RESULTS, BEFORE "1.0}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, BEFORE "1e2}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, BEFORE "1e400}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, BEFORE "9007199254740992}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, BEFORE "-9007199254740992}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, BEFORE "99999999999999999999}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, "{\"results\":[0,1.5,{\"x\":2.5}]}", REFUSE_BODY_JSON, "/results/1", "/results/2/x");
    REFUSED(RESULTS, BEFORE "9007199254740991}", REFUSE_BODY_SCHEMA, "/value"); /* a number for a string */
}

static void texts_are_unicode_without_nul(void **state)
{
    (void) state;
    REFUSED(RESULTS, BEFORE "\"a\\u0000b\"}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, BEFORE "\"\\ud800\"}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, BEFORE "\"\\ud800\\u0041\"}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, BEFORE "\"\\udc00\"}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, BEFORE "\"\\x41\"}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, BEFORE "\"a\nb\"}", REFUSE_BODY_JSON, "/value");
    REFUSED(RESULTS, "{\"\\u0000\":1}", REFUSE_BODY_JSON, "/\\u0000"); /* as written */
    refused_bytes(RESULTS, slice_of(BEFORE "\"a\0b\"}", sizeof(BEFORE "\"a\0b\"}") - 1), REFUSE_BODY_JSON,
                  (const char *[]){"/value", NULL});
    refused_bytes(RESULTS, SLICE(BEFORE "\"\xff\"}"), REFUSE_BODY_JSON, (const char *[]){"/value", NULL});
}

static void nesting_is_bounded_before_parsing(void **state)
{
    static char deep[400000];
    (void) state;
    memset(deep, '[', sizeof(deep));
    refused_bytes(RESULTS, slice_of(deep, sizeof(deep)), REFUSE_BODY_JSON, (const char *[]){"", NULL});
    memset(deep, '[', 33);
    memset(deep + 33, ']', 33);
    refused_bytes(RESULTS, slice_of(deep, 66), REFUSE_BODY_JSON, (const char *[]){"", NULL});
    memset(deep, '[', 32);
    memset(deep + 32, ']', 32);
    refused_bytes(RESULTS, slice_of(deep, 64), REFUSE_BODY_SCHEMA, (const char *[]){"", NULL});
    REFUSED(RESULTS, BEFORE "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\",\"x\":1}", REFUSE_BODY_SCHEMA,
            "/x"); /* not in a string */
}

static void the_number_of_values_is_bounded_before_parsing(void **state)
{
    static char many[900000];
    (void) state;
    memset(many, ',', sizeof(many));
    many[0] = '[';
    for (size_t i = 1; i < sizeof(many); i += 2)
        many[i] = '0';
    many[sizeof(many) - 1] = ']';
    refused_bytes(RESULTS, slice_of(many, sizeof(many)), REFUSE_BODY_JSON, (const char *[]){"", NULL});
}

static void members_are_exactly_those_of_the_form(void **state)
{
    (void) state;
    REFUSED(RESULTS, "[]", REFUSE_BODY_SCHEMA, "");
    REFUSED(RESULTS, "{}", REFUSE_BODY_SCHEMA, "/indicator", "/version", "/dimensions", "/value");
    REFUSED(RESULTS, BEFORE "\"1\",\"extra\":1,\"a/b~c\":2}", REFUSE_BODY_SCHEMA, "/extra", "/a~1b~0c");
    REFUSED(RESULTS, "{\"indicator\":1,\"version\":\"1\",\"dimensions\":[],\"value\":null}", REFUSE_BODY_SCHEMA,
            "/indicator", "/version", "/dimensions", "/value");
    REFUSED(RESULTS, BEFORE "true}", REFUSE_BODY_SCHEMA, "/value");
    REFUSED(RESULTS, BEFORE "90}", REFUSE_BODY_SCHEMA, "/value");
    REFUSED(RESULTS, BEFORE "\"\"}", REFUSE_BODY_SCHEMA, "/value");
}

static void at_most_twenty_places_are_named(void **state)
{
    char body[4000] = "{";
    size_t at = 1;
    int count = 0;
    (void) state;
    for (int i = 0; i < 40; i++)
        at += (size_t) snprintf(body + at, sizeof(body) - at, "\"x%d\":1,", i);
    snprintf(body + at - 1, sizeof(body) - at, "}");
    struct decoded d = decode_bytes(RESULTS, slice_str(body));
    assert_non_null(d.refusal);
    for (const struct refusal_at *e = d.refusal->errors; e != NULL; e = e->next)
        count++;
    assert_int_equal(count, COMMAND_ERRORS_MAX);
    decoded_release(&d);
}

static void a_very_long_name_does_not_make_a_very_long_answer(void **state)
{
    static char body[100000];
    (void) state;
    memset(body, 'x', sizeof(body));
    memcpy(body, "{\"", 2);
    memcpy(body + sizeof(body) - 4, "\":1}", 4);
    struct decoded d = decode_bytes(RESULTS, slice_of(body, sizeof(body)));
    assert_non_null(d.refusal);
    assert_string_equal(d.refusal->errors->pointer.ptr, "");
    assert_true(d.refusal->detail.len < 2000);
    decoded_release(&d);
}

static void another_content_type_is_not_read(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct command command = {.kind = COMMAND_ADD_KEY};
    struct refusal *refusal = NULL;
    const struct command_request request = {.type = ENTRY_RESULT_SUBMITTED,
                                            .target = SLICE("/v1/results"),
                                            .content_type = SLICE("text/csv"),
                                            .body = SLICE("{}")};
    (void) state;
    assert_int_equal(command_decode(&request, arena, &command, &refusal, NULL), TALLY_OK);
    assert_int_equal(refusal->code, REFUSE_REQUEST_MEDIA_TYPE);
    assert_int_equal(command.kind, COMMAND_ADD_KEY); /* unchanged */
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(a_member_given_twice_is_refused_where_it_is),
        cmocka_unit_test(numbers_are_whole_and_exact),
        cmocka_unit_test(texts_are_unicode_without_nul),
        cmocka_unit_test(nesting_is_bounded_before_parsing),
        cmocka_unit_test(the_number_of_values_is_bounded_before_parsing),
        cmocka_unit_test(members_are_exactly_those_of_the_form),
        cmocka_unit_test(at_most_twenty_places_are_named),
        cmocka_unit_test(a_very_long_name_does_not_make_a_very_long_answer),
        cmocka_unit_test(another_content_type_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
