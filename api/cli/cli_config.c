/* Where the service is and who asks: options, then the environment, then ~/.config/tally/config. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

/* folder/name; NULL without memory. */
static const char *path_below(struct cli *cli, const char *folder, const char *name)
{
    return arena_printf(cli->arena, "%s/%s", folder, name).ptr;
}

static struct slice trimmed(struct slice s)
{
    while (s.len > 0 && strchr(" \t\r", s.ptr[0]) != NULL)
        s = slice_of(s.ptr + 1, s.len - 1);
    while (s.len > 0 && strchr(" \t\r", s.ptr[s.len - 1]) != NULL)
        s.len--;
    return s;
}

MUST_CHECK static enum tally_code take_line(struct cli *cli, const char *file, int line, struct slice text, struct err *err)
{
    const char *equals = memchr(text.ptr, '=', text.len);
    if (equals == NULL)
        return err_set(err, TALLY_E_USAGE, "%s:%d: a line is `server = URL`, `actor = ID`, `key = FILE` or `vkey = VKEY`",
                       file, line);
    struct slice name = trimmed(slice_of(text.ptr, (size_t) (equals - text.ptr)));
    struct slice value = trimmed(slice_of(equals + 1, text.len - (size_t) (equals - text.ptr) - 1));
    const char **at = slice_is(name, "server")  ? &cli->server
                      : slice_is(name, "actor") ? &cli->actor
                      : slice_is(name, "key")   ? &cli->key
                      : slice_is(name, "vkey")  ? &cli->vkey
                                                : NULL;
    if (at == NULL)
        return err_set(err, TALLY_E_USAGE, "%s:%d: there is no setting %.*s; there are server, actor, key and vkey", file,
                       line, SLICE_ARG(name));
    if (value.len == 0)
        return err_set(err, TALLY_E_USAGE, "%s:%d: %.*s has no value", file, line, SLICE_ARG(name));
    const char *home = environment("HOME");
    char *taken = arena_strdup(cli->arena, value);
    if (taken == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    if (*at == NULL)
        *at = strncmp(taken, "~/", 2) == 0 && home != NULL ? path_below(cli, home, taken + 2) : taken;
    return TALLY_OK;
}

MUST_CHECK static enum tally_code take_file(struct cli *cli, const char *file, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice text = {NULL, 0};
    int line = 0;
    if (file == NULL || access(file, F_OK) != 0)
        return TALLY_OK; /* nobody has to have one */
    TRY(cli_file_read(cli, file, &text, err));
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct slice one = end == NULL ? text : slice_of(text.ptr, (size_t) (end - text.ptr));
        size_t used = one.len + (end == NULL ? 0 : 1);
        text = slice_of(text.ptr + used, text.len - used);
        one = trimmed(one);
        line++;
        if (one.len > 0 && one.ptr[0] != '#')
            TRY(take_line(cli, file, line, one, err));
    }
done:
    return rc;
}

enum tally_code cli_config_read(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *config = environment("XDG_CONFIG_HOME");
    const char *home = environment("HOME");
    const char *file = NULL;
    if (cli->server == NULL)
        cli->server = environment("TALLY_SERVER");
    if (cli->actor == NULL)
        cli->actor = environment("TALLY_ACTOR");
    if (cli->key == NULL)
        cli->key = environment("TALLY_KEY");
    cli->vkey = environment("TALLY_VKEY");
    if (config != NULL)
        file = path_below(cli, config, "tally/config");
    else if (home != NULL)
        file = path_below(cli, home, ".config/tally/config");
    TRY(take_file(cli, file, err));
    if (cli->server == NULL)
        cli->server = CLI_SERVER_DEFAULT;
    if (strncmp(cli->server, "http://", 7) != 0 && strncmp(cli->server, "https://", 8) != 0)
        TRY(err_set(err, TALLY_E_USAGE, "the service is %s, and has to begin with http:// or https://", cli->server));
    if (cli->actor != NULL)
        TRY(cli_id_check(cli->actor, err));
done:
    return rc;
}

enum tally_code cli_actor_needed(const struct cli *cli, struct err *err)
{
    if (cli->actor != NULL)
        return TALLY_OK;
    return err_set(err, TALLY_E_USAGE,
                   "say who you are: --actor ID, TALLY_ACTOR, or `actor = ID` in ~/.config/tally/config");
}

enum tally_code cli_key_load(struct cli *cli, struct err *err)
{
    if (cli->pair != NULL)
        return TALLY_OK;
    if (cli->key == NULL)
        return err_set(
            err, TALLY_E_USAGE,
            "this needs your key: --key FILE, TALLY_KEY, or `key = FILE` in ~/.config/tally/config; `tally key new "
            "FILE` makes one");
    return key_pair_load(cli->key, &cli->pair, err);
}
