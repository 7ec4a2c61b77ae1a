/* Readings: targets, answers as JSON, lists. */
#include <stdarg.h>
#include <string.h>

#include "cli.h"

#define TARGET_MAX 8192 /* longer than the service takes */
#define LIST_LIMIT 1000 /* the most that the service gives at once */

void cli_target_begin(struct buf *target, const char *fmt, ...)
{
    char path[1024];
    va_list args;
    buf_init(target, TARGET_MAX);
    va_start(args, fmt);
    int len = vsnprintf(path, sizeof path, fmt, args);
    va_end(args);
    ENSURE(len >= 0 && (size_t) len < sizeof path);
    buf_add_str(target, path);
}

void cli_target_add(struct buf *target, const char *name, const char *value)
{
    static const char hex[] = "0123456789ABCDEF";
    if (value == NULL)
        return;
    buf_add_char(target, memchr(target->ptr, '?', target->len) == NULL ? '?' : '&');
    buf_add_str(target, name);
    buf_add_char(target, '=');
    for (const unsigned char *p = (const unsigned char *) value; *p != '\0'; p++) {
        bool is_plain =
            (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || strchr("-._~", *p) != NULL;
        if (is_plain) {
            buf_add_char(target, (char) *p);
            continue;
        }
        buf_add_char(target, '%');
        buf_add_char(target, hex[*p >> 4]);
        buf_add_char(target, hex[*p & 15]);
    }
}

MUST_CHECK static enum tally_code get(struct cli *cli, struct slice target, struct cli_reply *reply, struct err *err)
{
    const struct cli_request request = {.method = "GET", .target = target};
    buf_init(&reply->body, CLI_ANSWER_MAX);
    enum tally_code rc = cli_http(cli, &request, reply, err);
    if (rc == TALLY_OK && reply->status != 200)
        rc = cli_problem(cli, reply, err);
    return rc;
}

enum tally_code cli_ask(struct cli *cli, struct slice target, json_t **out, struct slice *raw, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli_reply reply = {0};
    TRY(get(cli, target, &reply, err));
    json_t *json = json_loadb(reply.body.ptr == NULL ? "" : reply.body.ptr, reply.body.len, JSON_REJECT_DUPLICATES, NULL);
    *out = cli_keep(cli, json);
    if (*out == NULL)
        TRY(err_set(err, TALLY_E_MISMATCH, "%s answers %.*s with something that is no JSON: is a Tallystick service there?",
                    cli->server, SLICE_ARG(target)));
    if (raw != NULL)
        TRY(cli_take(cli, &reply.body, raw, err));
done:
    buf_release(&reply.body);
    return rc;
}

enum tally_code cli_askf(struct cli *cli, json_t **out, struct slice *raw, struct err *err, const char *fmt, ...)
{
    char target[1024];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(target, sizeof target, fmt, args);
    va_end(args);
    ENSURE(len >= 0 && (size_t) len < sizeof target);
    return cli_ask(cli, slice_of(target, (size_t) len), out, raw, err);
}

enum tally_code cli_ask_text(struct cli *cli, struct slice target, struct slice *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli_reply reply = {0};
    TRY(get(cli, target, &reply, err));
    TRY(cli_take(cli, &reply.body, out, err));
done:
    buf_release(&reply.body);
    return rc;
}

/* One page of at most `limit` items behind the cursor. */
MUST_CHECK static enum tally_code ask_page(struct cli *cli, struct slice list, size_t limit, const char *cursor,
                                           json_t **answer, struct slice *raw, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char number[24];
    struct buf target;
    buf_init(&target, TARGET_MAX);
    buf_add_slice(&target, list);
    (void) snprintf(number, sizeof number, "%zu", limit);
    cli_target_add(&target, "limit", number);
    cli_target_add(&target, "cursor", cursor);
    TRY(buf_check(&target, err));
    TRY(cli_ask(cli, buf_slice(&target), answer, raw, err));
done:
    buf_release(&target);
    return rc;
}

enum tally_code cli_ask_list(struct cli *cli, struct buf *target, json_t **items, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint64_t limit = LIST_LIMIT;
    const char *cursor = cli_option(cli, "--cursor");
    json_t *all = NULL, *answer = NULL;
    struct slice raw = SLICE("");
    *items = NULL;
    TRY(cli_option_u64(cli, "--limit", 1, LIST_LIMIT, &limit, err));
    TRY(buf_check(target, err));
    do { /* a page of what seldom fits is short, and goes on */
        size_t had = json_array_size(all);
        TRY(ask_page(cli, buf_slice(target), limit - had, cursor, &answer, cli->is_json ? &raw : NULL, err));
        json_t *page = json_object_get(answer, "items");
        if (all == NULL)
            all = page;
        else if (json_array_extend(all, page) != 0)
            TRY(err_set(err, TALLY_E_NO_MEMORY, "no memory for a list"));
        cursor = json_string_value(json_object_get(answer, "next"));
    } while (cursor != NULL && json_array_size(all) < limit && !(cli->is_json && json_array_size(all) > 0));
    if (cli->is_json) {
        cli_print_json(raw);
        goto done;
    }
    *items = all;
    if (cursor != NULL)
        (void) fprintf(stderr, "tally: there is more: add --cursor %s\n", cursor);
done:
    buf_release(target);
    return rc;
}
