/* Help on every level, from the tables. */
#include <string.h>

#include "cli.h"

static const char GLOBAL_HELP[] = "\n"
                                  "everywhere:\n"
                                  "  --server URL   the service (TALLY_SERVER; " CLI_SERVER_DEFAULT ")\n"
                                  "  --actor ID     who you are (TALLY_ACTOR)\n"
                                  "  --key FILE     your key, a PKCS#8 PEM file (TALLY_KEY)\n"
                                  "  --json         the service's answer as it came, or one JSON object\n"
                                  "  --help         this, on every level\n";

static const char CONFIG_HELP[] =
    "\n"
    "Options come before the environment, the environment before ~/.config/tally/config (lines such as `actor = city`).\n"
    "TALLY_VKEY, or `vkey = VKEY` there, is the ledger's verifier key as you know it from elsewhere.\n"
    "The ledger's key (at its first use), its newest checkpoint and your receipts are kept in ~/.local/share/tally.\n"
    "On a terminal lists are aligned tables; piped they are one line a row with tabs between and no head.\n"
    "\n"
    "Exit status: 0 done; 1 refused, or a finding; 2 wrong usage; 3 the service cannot be reached, or is busy.\n";

static size_t first_line(const char *text)
{
    return strcspn(text, "\n");
}

static void print_all(FILE *out)
{
    (void) fputs("tally: outcome contracts in a ledger that anybody can check\n\nusage: tally COMMAND ...\n\n", out);
    for (size_t i = 0; i < cli_family_count; i++)
        (void) fprintf(out, "  %-12s %s\n", cli_families[i]->name, cli_families[i]->help);
    (void) fputs(GLOBAL_HELP, out);
    (void) fputs(CONFIG_HELP, out);
    (void) fputs("\nexample:\n  tally --server http://127.0.0.1:8420 contract list\n", out);
}

static void print_family(const struct cli_family *family, FILE *out)
{
    (void) fprintf(out, "tally %s: %s\n\n", family->name, family->help);
    for (size_t i = 0; i < family->count; i++) {
        const struct cli_command *command = &family->commands[i];
        (void) fprintf(out, "  tally %s %s %s\n      %.*s\n", family->name, command->name, command->arguments,
                       (int) first_line(command->help), command->help);
    }
    (void) fprintf(out, "%s\nexample:\n  %s\n", GLOBAL_HELP, family->commands[0].example);
}

static void print_command(const struct cli_family *family, const struct cli_command *command, FILE *out)
{
    (void) fprintf(out, "usage: tally %s%s%s %s\n\n%s\n", family->name, command->name == NULL ? "" : " ",
                   command->name == NULL ? "" : command->name, command->arguments, command->help);
    if (command->option_count > 0)
        (void) fputs("\n", out);
    for (size_t i = 0; i < command->option_count; i++) {
        const struct cli_option *option = &command->options[i];
        char left[64];
        (void) snprintf(left, sizeof left, "%s %s", option->name, option->value == NULL ? "" : option->value);
        (void) fprintf(out, "  %-24s %s%s\n", left, option->help, option->may_repeat ? " (may be repeated)" : "");
    }
    (void) fprintf(out, "%s\nexample:\n  %s\n", GLOBAL_HELP, command->example);
}

void cli_help_print(const struct cli *cli, FILE *out)
{
    if (cli->command != NULL)
        print_command(cli->family, cli->command, out);
    else if (cli->family != NULL)
        print_family(cli->family, out);
    else
        print_all(out);
}
