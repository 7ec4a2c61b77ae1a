/* The description of the API and the service agree: every route, every refusal code, and the JSON made from the YAML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "../../api/server/openapi.h"
#include "../../api/server/routes.h"
#include "tally/problem.h"

static json_t *description(void)
{
    struct arena *arena = arena_new(1u << 20);
    struct slice json;
    struct err err = {0};
    assert_non_null(arena);
    assert_int_equal(openapi_json(arena, &json, &err), TALLY_OK);
    json_t *root = json_loadb(json.ptr, json.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    arena_free(arena);
    return root;
}

/* "/v1/actors/{id}" and "/v1/actors/{}" are the same path. */
static bool is_same_path(const char *described, const char *routed)
{
    while (*described != '\0' && *routed != '\0') {
        if (*described != *routed++)
            return false;
        if (*described == '{')
            described = strchr(described, '}');
        else
            described++;
    }
    return *described == *routed;
}

static const struct route *route_of(const char *path, const char *method)
{
    for (size_t i = 0; i < route_count; i++) {
        if (is_same_path(path, routes[i].path) && strcmp(method, routes[i].method == HTTP_GET ? "get" : "post") == 0)
            return &routes[i];
    }
    return NULL;
}

/* The names of an operation's query parameters, found through $ref. */
static void assert_parameters(const json_t *root, const json_t *operation, const struct route *route)
{
    const json_t *known = json_object_get(json_object_get(root, "components"), "parameters");
    size_t described = 0;
    size_t routed = route->query != NULL;
    for (const char *at = route->query; at != NULL && *at != '\0'; at++)
        routed += *at == ' ';
    const json_t *list = json_object_get(operation, "parameters");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *ref = json_string_value(json_object_get(json_array_get(list, i), "$ref"));
        const json_t *parameter = json_object_get(known, strrchr(ref, '/') + 1);
        assert_non_null(parameter);
        if (strcmp(json_string_value(json_object_get(parameter, "in")), "query") != 0)
            continue;
        described++;
        assert_non_null(
            strstr(route->query == NULL ? "" : route->query, json_string_value(json_object_get(parameter, "name"))));
    }
    assert_int_equal(described, routed);
}

static void every_path_described_is_served(void **state)
{
    json_t *root = description();
    const char *path, *method;
    json_t *item, *operation;
    (void) state;
    json_object_foreach(json_object_get(root, "paths"), path, item)
    {
        json_object_foreach(item, method, operation)
        {
            if (strcmp(method, "parameters") == 0)
                continue;
            const struct route *route = route_of(path, method);
            if (route == NULL)
                print_message("%s %s is described and not served\n", method, path);
            assert_non_null(route);
            if (route == NULL)
                break;
            assert_string_equal(json_string_value(json_object_get(operation, "operationId")), route->operation);
            assert_parameters(root, operation, route);
        }
    }
    json_decref(root);
}

static void every_route_is_described(void **state)
{
    json_t *root = description();
    (void) state;
    for (size_t i = 0; i < route_count; i++) {
        const char *path;
        json_t *item;
        bool is_described = false;
        json_object_foreach(json_object_get(root, "paths"), path, item)
        {
            const json_t *operation = json_object_get(item, routes[i].method == HTTP_GET ? "get" : "post");
            is_described |= operation != NULL && is_same_path(path, routes[i].path);
        }
        if (!is_described)
            print_message("%s is served and not described\n", routes[i].path);
        assert_true(is_described);
    }
    json_decref(root);
}

static void every_statement_has_its_entry_type(void **state)
{
    (void) state;
    for (size_t i = 0; i < route_count; i++) {
        if (routes[i].who != ROUTE_SIGNED)
            continue;
        assert_string_equal(entry_type_path(routes[i].type), routes[i].path);
        assert_string_equal(entry_type_method(routes[i].type), "POST");
    }
    for (enum entry_type type = 0; type < ENTRY_TYPE_COUNT; type++) {
        size_t found = entry_type_path(type)[0] == '\0';
        for (size_t i = 0; i < route_count; i++)
            found += routes[i].who == ROUTE_SIGNED && routes[i].type == type;
        assert_int_equal(found, 1);
    }
}

static void every_refusal_code_is_described_and_the_reverse(void **state)
{
    json_t *root = description();
    const json_t *schemas = json_object_get(json_object_get(root, "components"), "schemas");
    const json_t *codes = json_object_get(json_object_get(schemas, "RefusalCode"), "enum");
    (void) state;
    for (enum refusal_code code = 0; code < REFUSAL_COUNT; code++) {
        size_t found = 0;
        for (size_t i = 0; i < json_array_size(codes); i++)
            found += strcmp(json_string_value(json_array_get(codes, i)), refusal_code_text(code)) == 0;
        if (found != 1)
            print_message("%s is in openapi.yaml %zu times\n", refusal_code_text(code), found);
        assert_int_equal(found, 1);
        assert_in_range(problem_status(refusal_kind_of(code)), 400, 503);
    }
    assert_int_equal(json_array_size(codes), REFUSAL_COUNT);
    json_decref(root);
}

static void assert_refs(const json_t *root, const json_t *value)
{
    const char *name;
    json_t *member;
    for (size_t i = 0; i < json_array_size(value); i++)
        assert_refs(root, json_array_get(value, i));
    if (!json_is_object(value))
        return;
    const char *ref = json_string_value(json_object_get(value, "$ref"));
    if (ref != NULL) {
        char path[128];
        const json_t *at = root;
        (void) snprintf(path, sizeof path, "%s", ref + 2);
        for (char *rest = path, *part; (part = strsep(&rest, "/")) != NULL;)
            at = json_object_get(at, part);
        if (at == NULL)
            print_message("%s leads nowhere\n", ref);
        assert_non_null(at);
    }
    /* jansson's loop wants an object that is not const, and does not change it */
    json_object_foreach((json_t *) (uintptr_t) value, name, member) assert_refs(root, member);
}

static void every_reference_leads_somewhere(void **state)
{
    json_t *root = description();
    (void) state;
    assert_refs(root, root);
    json_decref(root);
}

static void yaml_that_is_read_in_two_ways_is_refused(void **state)
{
    static const char *const texts[] = {"a: b: c\n",   "a:\n",           "a: [1, 2\n",        "a: {b, c}\n",
                                        "- a\nb: c\n", "a: \"x\n",       "a: b #c\n",         "a: 1\n  b: 2\n",
                                        "a: &x 1\n",   "a: |\n  text\n", "a: [b: c, d: e]\n", "a: 'single'\n"};
    struct err err = {0};
    (void) state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct buf out;
        buf_init(&out, 4096);
        assert_int_equal(yaml_to_json(slice_str(texts[i]), &out, &err), TALLY_E_MALFORMED);
        buf_release(&out);
    }
}

static void yaml_becomes_json(void **state)
{
    struct buf out;
    struct err err = {0};
    (void) state;
    buf_init(&out, 4096);
    assert_int_equal(
        yaml_to_json(
            SLICE("# a comment\na: b c\n\"200\": {x: [1, \"2\", true], y: {}}\nlist:\n  - one\n  - k: v\n    l: null\n"
                  "  - [a, b]\nz:\n  deep: \"a: \\\"b\\\"\"\n"),
            &out, &err),
        TALLY_OK);
    assert_string_equal(out.ptr,
                        "{\"a\":\"b c\",\"200\":{\"x\":[1,\"2\",true],\"y\":{}},\"list\":[\"one\",{\"k\":\"v\",\"l\":null},"
                        "[\"a\",\"b\"]],\"z\":{\"deep\":\"a: \\\"b\\\"\"}}");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_described_is_served),
        cmocka_unit_test(every_route_is_described),
        cmocka_unit_test(every_statement_has_its_entry_type),
        cmocka_unit_test(every_refusal_code_is_described_and_the_reverse),
        cmocka_unit_test(every_reference_leads_somewhere),
        cmocka_unit_test(yaml_that_is_read_in_two_ways_is_refused),
        cmocka_unit_test(yaml_becomes_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
