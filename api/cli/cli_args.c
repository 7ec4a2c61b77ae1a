/* From argv to a command, its arguments and its options. */
#include <string.h>

#include "cli.h"
#include "tally/entry.h"
#include "tally/text.h"

/* Before or behind the command; a command's own option of the same name wins behind it. */
static const struct cli_option GLOBAL[] = {
    {"--server", "URL", "the service", false}, {"--actor", "ID", "who you are", false},
    {"--key", "FILE", "your key", false},      {"--json", NULL, "the answer as it came", false},
    {"--help", NULL, "help", false},
};

static const struct cli_option *find_in(const struct cli_option *options, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(name, options[i].name))
            return &options[i];
    }
    return NULL;
}

static void take_global(struct cli *cli, const char *name, const char *value)
{
    if (strcmp(name, "--server") == 0)
        cli->server = value;
    else if (strcmp(name, "--actor") == 0)
        cli->actor = value;
    else if (strcmp(name, "--key") == 0)
        cli->key = value;
    else if (strcmp(name, "--json") == 0)
        cli->is_json = true;
    else
        cli->is_help = true;
}

MUST_CHECK static enum tally_code take(struct cli *cli, const struct cli_option *option, const char *value, bool is_global,
                                       struct err *err)
{
    if (is_global) {
        take_global(cli, option->name, value);
        return TALLY_OK;
    }
    if (!option->may_repeat &&
        (option->value == NULL ? cli_flag(cli, option->name) : cli_option(cli, option->name) != NULL))
        return err_set(err, TALLY_E_USAGE, "%s is given twice", option->name);
    cli->given[cli->given_count++] = (struct cli_given){option->name, value == NULL ? "" : value};
    return TALLY_OK;
}

/* --name VALUE, --name=VALUE, --flag. *i is advanced over the value. */
MUST_CHECK static enum tally_code read_option(struct cli *cli, int argc, char **argv, int *i, struct err *err)
{
    const char *word = argv[*i];
    const char *equals = strchr(word, '=');
    struct slice name = equals == NULL ? slice_str(word) : slice_of(word, (size_t) (equals - word));
    const struct cli_option *option = NULL;
    if (slice_is(name, "-h"))
        name = SLICE("--help");
    if (cli->command != NULL)
        option = find_in(cli->command->options, cli->command->option_count, name);
    bool is_global = option == NULL;
    if (is_global)
        option = find_in(GLOBAL, sizeof GLOBAL / sizeof GLOBAL[0], name);
    if (option == NULL)
        return err_set(err, TALLY_E_USAGE, "there is no option %.*s here; add --help to see which there are",
                       SLICE_ARG(name));
    const char *value = equals == NULL ? NULL : equals + 1;
    if (option->value == NULL && value != NULL)
        return err_set(err, TALLY_E_USAGE, "%s takes no value", option->name);
    if (option->value != NULL && value == NULL) {
        if (*i + 1 >= argc)
            return err_set(err, TALLY_E_USAGE, "%s wants a value: %s %s", option->name, option->name, option->value);
        value = argv[++*i];
    }
    return take(cli, option, value, is_global, err);
}

MUST_CHECK static enum tally_code read_family(struct cli *cli, const char *word, struct err *err)
{
    for (size_t i = 0; i < cli_family_count; i++) {
        if (strcmp(cli_families[i]->name, word) == 0) {
            cli->family = cli_families[i];
            if (cli->family->commands[0].name == NULL)
                cli->command = &cli->family->commands[0];
            return TALLY_OK;
        }
    }
    return err_set(err, TALLY_E_USAGE, "there is no command `%s`; `tally --help` lists them", word);
}

MUST_CHECK static enum tally_code read_command(struct cli *cli, const char *word, struct err *err)
{
    for (size_t i = 0; i < cli->family->count; i++) {
        if (strcmp(cli->family->commands[i].name, word) == 0) {
            cli->command = &cli->family->commands[i];
            return TALLY_OK;
        }
    }
    return err_set(err, TALLY_E_USAGE, "there is no command `%s %s`; `tally %s --help` lists them", cli->family->name, word,
                   cli->family->name);
}

MUST_CHECK static enum tally_code read_word(struct cli *cli, const char *word, struct err *err)
{
    if (cli->family == NULL && strcmp(word, "help") == 0) {
        cli->is_help = true;
        return TALLY_OK;
    }
    if (cli->family == NULL)
        return read_family(cli, word, err);
    if (cli->command == NULL)
        return read_command(cli, word, err);
    cli->args[cli->arg_count++] = word;
    return TALLY_OK;
}

MUST_CHECK static enum tally_code check_count(const struct cli *cli, struct err *err)
{
    const struct cli_command *command = cli->command;
    if (command == NULL || cli->is_help || (cli->arg_count >= command->args_least && cli->arg_count <= command->args_most))
        return TALLY_OK;
    return err_set(err, TALLY_E_USAGE, "%s: usage: tally %s%s%s %s; add --help for more",
                   cli->arg_count < command->args_least ? "something is missing" : "one word too many", cli->family->name,
                   command->name == NULL ? "" : " ", command->name == NULL ? "" : command->name, command->arguments);
}

bool cli_is_kid(const char *text)
{
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    return len == KEY_KID_LEN && text[len] == '\0';
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && !cli_is_kid(word);
}

enum tally_code cli_args_read(struct cli *cli, int argc, char **argv, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    bool is_words_only = false;
    size_t room = argc < 1 ? 1 : (size_t) argc;
    cli->args = ARENA_ARRAY(cli->arena, room, const char *);
    cli->given = ARENA_ARRAY(cli->arena, room, struct cli_given);
    if (cli->args == NULL || cli->given == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    for (int i = 1; i < argc; i++) {
        if (!is_words_only && strcmp(argv[i], "--") == 0)
            is_words_only = true;
        else if (!is_words_only && is_option(argv[i]))
            TRY(read_option(cli, argc, argv, &i, err));
        else
            TRY(read_word(cli, argv[i], err));
    }
    TRY(check_count(cli, err));
done:
    return rc;
}

const char *cli_option_nth(const struct cli *cli, const char *name, int n)
{
    for (int i = 0; i < cli->given_count; i++) {
        if (strcmp(cli->given[i].name, name) == 0 && n-- == 0)
            return cli->given[i].value;
    }
    return NULL;
}

const char *cli_option(const struct cli *cli, const char *name)
{
    return cli_option_nth(cli, name, 0);
}

bool cli_flag(const struct cli *cli, const char *name)
{
    return cli_option(cli, name) != NULL;
}

enum tally_code cli_option_needed(const struct cli *cli, const char *name, const char **out, struct err *err)
{
    const char *value = cli_option(cli, name);
    if (value == NULL)
        return err_set(err, TALLY_E_USAGE, "%s is needed here; add --help for an example", name);
    *out = value;
    return TALLY_OK;
}

enum tally_code cli_option_u64(const struct cli *cli, const char *name, uint64_t least, uint64_t most, uint64_t *out,
                               struct err *err)
{
    const char *text = cli_option(cli, name);
    uint64_t value = 0;
    if (text == NULL)
        return TALLY_OK;
    if (text_u64(slice_str(text), most, &value) != TALLY_OK || value < least)
        return err_set(err, TALLY_E_USAGE, "%s wants a number from %llu to %llu, not %s", name, (unsigned long long) least,
                       (unsigned long long) most, text);
    *out = value;
    return TALLY_OK;
}

enum tally_code cli_arg_seq(const struct cli *cli, int i, uint64_t *out, struct err *err)
{
    if (text_u64(slice_str(cli->args[i]), ENTRY_SEQ_MAX, out) == TALLY_OK)
        return TALLY_OK;
    return err_set(err, TALLY_E_USAGE, "%s is no number of an entry; lists show it in the column SEQ", cli->args[i]);
}

enum tally_code cli_id_check(const char *text, struct err *err)
{
    if (text_is_id(slice_str(text)))
        return TALLY_OK;
    return err_set(err, TALLY_E_USAGE, "%s is no id: a-z first, then a-z 0-9 . _ -, at most 64 in all", text);
}
