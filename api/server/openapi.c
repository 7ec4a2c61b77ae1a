#include "openapi.h"

/* The file's bytes as they are: the path is relative to where make runs. */
__asm__(".section .rodata\n"
        ".global tally_openapi_yaml_begin\n"
        ".global tally_openapi_yaml_end\n"
        "tally_openapi_yaml_begin:\n"
        ".incbin \"api/openapi.yaml\"\n"
        "tally_openapi_yaml_end:\n"
        ".byte 0\n"
        ".previous\n");
extern const char tally_openapi_yaml_begin[];
extern const char tally_openapi_yaml_end[];

#define JSON_MAX (1u << 20) /* the YAML has some 60 KB */

struct slice openapi_yaml(void)
{
    return slice_of(tally_openapi_yaml_begin, (size_t) (tally_openapi_yaml_end - tally_openapi_yaml_begin));
}

enum tally_code openapi_json(struct arena *arena, struct slice *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf json;
    buf_init(&json, JSON_MAX);
    TRY(yaml_to_json(openapi_yaml(), &json, err));
    TRY(arena_copy(arena, json.ptr, json.len, out, err));
done:
    buf_release(&json);
    return rc;
}
