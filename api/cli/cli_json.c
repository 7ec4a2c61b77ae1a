#include <string.h>

#include "cli.h"

json_t *cli_keep(struct cli *cli, json_t *json)
{
    return json != NULL && json_array_append_new(cli->kept, json) == 0 ? json : NULL;
}

enum tally_code cli_take(struct cli *cli, const struct buf *buf, struct slice *out, struct err *err)
{
    enum tally_code rc = buf_check(buf, err);
    return rc != TALLY_OK ? rc : arena_copy(cli->arena, buf->ptr, buf->len, out, err);
}

const json_t *cli_member(const json_t *object, const char *path)
{
    while (object != NULL && path != NULL) {
        size_t len = strcspn(path, ".");
        object = json_object_getn(object, path, len);
        path = path[len] == '.' ? path + len + 1 : NULL;
    }
    return json_is_null(object) ? NULL : object;
}

struct slice cli_text(struct cli *cli, const json_t *object, const char *path)
{
    const json_t *value = cli_member(object, path);
    if (json_is_string(value))
        return slice_of(json_string_value(value), json_string_length(value));
    if (json_is_integer(value))
        return arena_printf(cli->arena, "%lld", (long long) json_integer_value(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? SLICE("yes") : SLICE("no");
    return SLICE("");
}

uint64_t cli_number(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));
    return value < 0 ? 0 : (uint64_t) value;
}

bool cli_true(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

struct slice cli_pairs(struct cli *cli, const json_t *object)
{
    struct buf text;
    struct slice out = SLICE("");
    const char *name;
    json_t *value;
    buf_init(&text, 65536); /* more dimensions than a result may have */
    json_object_foreach((json_t *) (uintptr_t) object, name, value)
        buf_printf(&text, "%s%s=%s", text.len > 0 ? " " : "", name, json_is_string(value) ? json_string_value(value) : "?");
    if (buf_check(&text, NULL) != TALLY_OK || arena_copy(cli->arena, text.ptr, text.len, &out, NULL) != TALLY_OK)
        out = SLICE("");
    buf_release(&text);
    return out;
}

enum tally_code cli_body_check(const struct buf *body, struct err *err)
{
    enum tally_code rc = buf_check(body, err);
    return rc == TALLY_E_MALFORMED ? err_set(err, TALLY_E_USAGE, "a text given here is not UTF-8") : rc;
}

void cli_print_json(struct slice raw)
{
    (void) fwrite(raw.ptr, 1, raw.len, stdout);
    if (raw.len == 0 || raw.ptr[raw.len - 1] != '\n')
        (void) fputc('\n', stdout);
}

enum tally_code cli_json_read(struct cli *cli, const char *file, struct slice text, json_t **out, struct err *err)
{
    json_error_t error;
    const char *name = strcmp(file, "-") == 0 ? "standard input" : file;
    json_t *json = json_loadb(text.ptr == NULL ? "" : text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        return err_set(err, TALLY_E_MALFORMED, "%s:%d:%d: this is not the JSON that is read here: %s", name, error.line,
                       error.column, error.text);
    *out = cli_keep(cli, json);
    return *out != NULL ? TALLY_OK : err_set(err, TALLY_E_NO_MEMORY, "out of memory");
}
