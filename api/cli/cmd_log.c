/* tally log: the entries, as they are or as they come. */
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "tally/statement.h"

#define POLL_S 1 /* as often as people look */

/* What a statement is about that its body does not name: "result 12" of one sent to /v1/results/12/verifications. */
static struct slice about(struct cli *cli, const json_t *entry)
{
    static const struct {
        const char *path, *word;
    } families[] = {{"/v1/contracts/", ""},        {"/v1/results/", "result "}, {"/v1/disputes/", "dispute "},
                    {"/v1/payments/", "payment "}, {"/v1/entries/", "entry "},  {"/v1/actors/", ""}};
    struct slice jws = cli_text(cli, entry, "jws");
    struct statement statement;
    struct refusal *refusal = NULL;
    if (jws.len == 0 || statement_read(jws, cli->arena, &statement, &refusal, NULL) != TALLY_OK || refusal != NULL)
        return SLICE("");
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        size_t len = strlen(families[i].path);
        if (!slice_starts(statement.htu, slice_str(families[i].path)))
            continue;
        struct slice id = slice_of(statement.htu.ptr + len, statement.htu.len - len);
        const char *slash = memchr(id.ptr, '/', id.len);
        id.len = slash == NULL ? id.len : (size_t) (slash - id.ptr);
        return arena_printf(cli->arena, "%s%.*s", families[i].word, SLICE_ARG(id));
    }
    return SLICE("");
}

static struct slice words(struct cli *cli, const json_t *entry)
{
    const char *text = json_string_value(json_object_get(entry, "body"));
    json_t *body = text == NULL ? NULL : json_loads(text, 0, NULL);
    if (cli_true(entry, "withheld"))
        return SLICE("(not for you)");
    if (body == NULL)
        return cli_true(entry, "erased") ? SLICE("(erased)") : SLICE("");
    (void) cli_keep(cli, body);
    struct slice what = about(cli, entry), said = cli_summary(cli, cli_text(cli, entry, "type"), body);
    return what.len == 0 || said.len == 0 ? (said.len > 0 ? said : what)
                                          : arena_printf(cli->arena, "%.*s: %.*s", SLICE_ARG(what), SLICE_ARG(said));
}

static void print_page(struct cli *cli, const json_t *items)
{
    struct cli_table table;
    json_t *one = NULL;
    size_t i = 0;
    cli_table_begin(&table, cli, "SEQ> TIME TYPE ACTOR WHAT");
    json_array_foreach((json_t *) (uintptr_t) items, i, one)
    {
        cli_table_cell(&table, cli_text(cli, one, "seq"));
        cli_table_cell(&table, cli_text(cli, one, "time"));
        cli_table_cell(&table, cli_text(cli, one, "type"));
        cli_table_cell(&table, cli_text(cli, one, "actor"));
        cli_table_cell(&table, words(cli, one));
    }
    cli_table_end(&table);
}

static void print_lines(struct cli *cli, const json_t *items)
{
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach((json_t *) (uintptr_t) items, i, one)
    {
        if (cli->is_json && json_dumpf(one, stdout, JSON_COMPACT | JSON_SORT_KEYS) == 0)
            (void) putchar('\n');
        else if (!cli->is_json)
            cli_print(arena_printf(cli->arena, "%.*s\t%.*s\t%.*s\t%.*s\n", SLICE_ARG(cli_text(cli, one, "seq")),
                                   SLICE_ARG(cli_text(cli, one, "type")), SLICE_ARG(cli_text(cli, one, "actor")),
                                   SLICE_ARG(words(cli, one))));
    }
}

MUST_CHECK static enum tally_code page_target(struct cli *cli, const char *after, struct buf *target, struct err *err)
{
    uint64_t limit = 1000;
    char number[24];
    enum tally_code rc = cli_option_u64(cli, "--limit", 1, 1000, &limit, err);
    (void) snprintf(number, sizeof number, "%llu", (unsigned long long) limit);
    cli_target_begin(target, "/v1/entries");
    cli_target_add(target, "after", after);
    cli_target_add(target, "type", cli_option(cli, "--type"));
    cli_target_add(target, "actor", cli_option(cli, "--actor"));
    cli_target_add(target, "from", cli_option(cli, "--from"));
    cli_target_add(target, "to", cli_option(cli, "--to"));
    cli_target_add(target, "limit", number);
    return rc != TALLY_OK ? rc : buf_check(target, err);
}

/* Until it is stopped: what a page held is given back before the next. The first one is asked for with what lasts for the run. */
MUST_CHECK static enum tally_code follow(struct cli *cli, const char *after, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    char last[24] = "";
    struct buf target = {0};
    json_t *answer = NULL;
    struct arena *page = arena_new(CLI_ARENA_MAX);
    if (page == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    if (after != NULL)
        (void) snprintf(last, sizeof last, "%s", after);
    for (;; cli->arena = page) {
        TRY(page_target(cli, last[0] == '\0' ? NULL : last, &target, err));
        TRY(cli_ask(cli, buf_slice(&target), &answer, NULL, err));
        const json_t *items = json_object_get(answer, "items");
        size_t count = json_array_size(items);
        print_lines(cli, items);
        if (fflush(stdout) != 0)
            TRY(err_set(err, TALLY_E_IO, "writing to standard output: %m"));
        if (count > 0)
            (void) snprintf(last, sizeof last, "%llu",
                            (unsigned long long) cli_number(json_array_get(items, count - 1), "seq"));
        bool has_more = cli_member(answer, "next") != NULL;
        (void) json_array_clear(cli->kept);
        buf_release(&target);
        arena_clear(page);
        if (!has_more)
            (void) sleep(POLL_S);
    }
done:
    if (rc != TALLY_OK && last[0] != '\0' && err->detail[0] != '\0')
        (void) err_context(err, "stopped behind entry %s, go on with --after %s", last, last);
    buf_release(&target);
    cli->arena = cli->lasting;
    arena_free(page);
    return rc;
}

MUST_CHECK static enum tally_code run(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf target = {0};
    json_t *answer = NULL;
    struct slice raw = SLICE("");
    const char *after = cli_option(cli, "--after");
    uint64_t number = 0;
    TRY(cli_option_u64(cli, "--after", 0, (uint64_t) 1 << 53, &number, err));
    if (cli_flag(cli, "--follow"))
        return follow(cli, after, err);
    TRY(page_target(cli, after, &target, err));
    TRY(cli_ask(cli, buf_slice(&target), &answer, &raw, err));
    if (cli->is_json) {
        cli_print_json(raw);
        goto done;
    }
    print_page(cli, json_object_get(answer, "items"));
    struct slice next = cli_text(cli, answer, "next");
    if (next.len > 0)
        (void) fprintf(stderr, "tally: there are more: add --after %.*s\n", SLICE_ARG(next));
done:
    buf_release(&target);
    return rc;
}

static const struct cli_option OPTIONS[] = {
    {"--follow", NULL, "go on until Ctrl-C, one line for each entry as it comes", false},
    {"--type", "TYPE", "only entries of this type: payment.triggered", false},
    {"--actor", "ACTOR", "only what this actor signed (`ledger`: the service's own)", false},
    {"--from", "TIME", "YYYY-MM-DD, or YYYY-MM-DDThh:mm:ss.ffffffZ", false},
    {"--to", "TIME", "before this", false},
    {"--after", "SEQ", "only entries behind this one", false},
    {"--limit", "N", "at most so many, 1 to 1000 (1000)", false}};
static const struct cli_command COMMANDS[] = {
    {NULL, "[--follow] [--type TYPE] [--actor ACTOR] [--after SEQ] [--limit N]", "the entries of the ledger",
     "tally log --type payment.triggered", 0, 0, run, CLI_OPTIONS(OPTIONS)},
};
const struct cli_family cli_log = {"log", "the entries, as they are or as they come", COMMANDS, 1};
