/* The command line: what its files share. One run of `tally` is one struct cli; one thread.
 *
 * A function that fails fills err; an err whose detail is empty has been told already (a problem of the server's). What comes
 * from a server or a file is never printed raw: control characters are replaced (cli_table.c). */
#ifndef TALLY_CLI_H
#define TALLY_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tally/arena.h"
#include "tally/buf.h"
#include "tally/digest.h"
#include "tally/err.h"
#include "tally/key.h"
#include "tally/slice.h"

#define CLI_ARENA_MAX ((size_t) 512 << 20)  /* one run: a set of 10,000 results and its answer take some 20 MB */
#define CLI_FILE_MAX ((size_t) 8 << 20)     /* as the service takes (ENTRY_BODY_MAX) */
#define CLI_ANSWER_MAX ((size_t) 256 << 20) /* 1,000 entries with large bodies; archives are streamed */
#define CLI_SERVER_DEFAULT "http://127.0.0.1:8420"

enum cli_status { CLI_DONE = 0, CLI_REFUSED = 1, CLI_USAGE = 2, CLI_UNREACHABLE = 3 };

/* ---- the tree of commands: tables, one row for each ---- */
struct cli;

struct cli_option {
    const char *name;  /* "--party" */
    const char *value; /* what it takes, "NAME=ACTOR"; NULL: a flag */
    const char *help;
    bool may_repeat;
};

struct cli_command {
    const char *name;      /* NULL: the family is the command */
    const char *arguments; /* "FILE", "" */
    const char *help;      /* one line; more may follow after \n */
    const char *example;
    int args_least, args_most;
    enum tally_code (*run)(struct cli *cli, struct err *err);
    const struct cli_option *options;
    size_t option_count;
};
#define CLI_OPTIONS(table) (table), sizeof(table) / sizeof((table)[0])
#define CLI_NO_OPTIONS NULL, 0

struct cli_family {
    const char *name, *help;
    const struct cli_command *commands;
    size_t count;
};
extern const struct cli_family cli_key, cli_actor, cli_indicator, cli_terms, cli_contract, cli_result, cli_payment, cli_log,
    cli_archive, cli_receipt, cli_erase, cli_witness, cli_relay, cli_api;
extern const struct cli_family *const cli_families[];
extern const size_t cli_family_count;

struct cli_given {
    const char *name; /* the option's, as its table has it */
    const char *value;
};

struct cli {
    struct arena *arena;
    struct arena *lasting; /* the same, or while `arena` is that of a page what outlives it */
    json_t *kept;          /* answers that were read; released with the run */
    void *curl;
    struct key_pair *pair;
    struct slice token; /* cli_sign.c: the header line of the last reader's token, and until when it is good */
    int64_t token_until_us;
    struct cli_trust *trust; /* cli_trust.c: what is held against this ledger; NULL until the first request */
    bool is_trust_asked;
    const struct cli_family *family;
    const struct cli_command *command;
    const char **args;
    int arg_count;
    struct cli_given *given;
    int given_count;
    const char *server, *actor, *key; /* NULL until given or configured */
    const char *vkey; /* the ledger's verifier key, known from elsewhere; NULL: the first one seen is pinned */
    bool is_json, is_help;
    bool is_terminal, is_colour; /* of standard output */
};

/* ---- cli_args.c, cli_help.c, cli_config.c ---- */
MUST_CHECK enum tally_code cli_args_read(struct cli *cli, int argc, char **argv, struct err *err);
const char *cli_option(const struct cli *cli, const char *name);            /* its (first) value, or NULL */
const char *cli_option_nth(const struct cli *cli, const char *name, int n); /* n from 0; NULL behind the last */
bool cli_flag(const struct cli *cli, const char *name);
MUST_CHECK enum tally_code cli_option_needed(const struct cli *cli, const char *name, const char **out, struct err *err);
/* A number from least to most; *out stays when the option is not given. */
MUST_CHECK enum tally_code cli_option_u64(const struct cli *cli, const char *name, uint64_t least, uint64_t most,
                                          uint64_t *out, struct err *err);
/* Argument i as the number of an entry. */
MUST_CHECK enum tally_code cli_arg_seq(const struct cli *cli, int i, uint64_t *out, struct err *err);
/* Argument i, or any text, as a name that may stand in a path. */
MUST_CHECK enum tally_code cli_id_check(const char *text, struct err *err);
/* The thumbprint of a key in form. One in 64 begins with - and is no option for that. */
bool cli_is_kid(const char *text);
void cli_help_print(const struct cli *cli, FILE *out);
/* Fills server, actor and key where no option gave them: environment, then ~/.config/tally/config. */
MUST_CHECK enum tally_code cli_config_read(struct cli *cli, struct err *err);
MUST_CHECK enum tally_code cli_actor_needed(const struct cli *cli, struct err *err);
MUST_CHECK enum tally_code cli_key_load(struct cli *cli, struct err *err); /* into cli->pair, once */

/* ---- cli_file.c ---- */
/* The whole of a file, "-" for standard input; in the arena. */
MUST_CHECK enum tally_code cli_file_read(struct cli *cli, const char *path, struct slice *out, struct err *err);
/* Replaces path by these bytes, whole or not at all. */
MUST_CHECK enum tally_code cli_file_replace(struct cli *cli, const char *path, struct slice bytes, struct err *err);

/* ---- cli_http.c ---- */
struct cli_request {
    const char *method; /* "GET", "POST" */
    struct slice target;
    struct slice body;
    struct slice headers[2]; /* "name: value", further ones */
    int header_count;
    FILE *stream; /* where a body of a good answer goes as it comes; NULL: into the reply */
};
struct cli_reply {
    long status;
    struct buf body;
    bool was_lost; /* after a failure: the request may have been received */
};
/* TALLY_E_UNAVAILABLE, TALLY_E_TIMEOUT: no answer. Any status is an answer. */
MUST_CHECK enum tally_code cli_http(struct cli *cli, const struct cli_request *request, struct cli_reply *reply,
                                    struct err *err);
void cli_http_release(struct cli *cli);
void cli_trust_release(struct cli *cli);
/* A target, "/v1/results?indicator=x": begins with a path that needs no escaping; values are escaped. */
void cli_target_begin(struct buf *target, const char *fmt, ...) PRINTF_LIKE(2, 3);
void cli_target_add(struct buf *target, const char *name, const char *value); /* value NULL: nothing */

/* ---- cli_ask.c: readings ---- */
/* GET target; the answer's JSON (owned by the run) and, unless raw is NULL, its text in the arena. A problem is printed. */
MUST_CHECK enum tally_code cli_ask(struct cli *cli, struct slice target, json_t **out, struct slice *raw, struct err *err);
MUST_CHECK enum tally_code cli_askf(struct cli *cli, json_t **out, struct slice *raw, struct err *err, const char *fmt, ...)
    PRINTF_LIKE(5, 6);
/* GET a text that is no JSON. */
MUST_CHECK enum tally_code cli_ask_text(struct cli *cli, struct slice target, struct slice *out, struct err *err);
/* A list with --limit and --cursor, which every list takes, page after page until there are as many; says so when there is more. With --json
 * the first page that is not empty is printed as it came and *items is NULL. */
MUST_CHECK enum tally_code cli_ask_list(struct cli *cli, struct buf *target, json_t **items, struct err *err);
#define CLI_LIST_OPTIONS                                                                                                   \
    {"--limit", "N", "at most so many rows, 1 to 1000 (1000)", false},                                                     \
    {                                                                                                                      \
        "--cursor", "TEXT", "go on where the page before ended", false                                                     \
    }

/* ---- cli_sign.c: statements ---- */
struct cli_ledger {
    struct slice origin, vkey;
    uint64_t head_seq;
    struct digest head_hash;
};
MUST_CHECK enum tally_code cli_ledger_ask(struct cli *cli, struct cli_ledger *out, struct err *err);
/* Signs body for POST target and sends it; the same bytes once more when the answer was lost. The answer is JSON (201) or a
 * problem that is printed. */
MUST_CHECK enum tally_code cli_post(struct cli *cli, struct slice target, struct slice body, json_t **out,
                                    struct slice *raw, struct err *err);
/* "Authorization: Bearer ..." for a reading of what may not be for everybody, when there are an actor and a key; otherwise empty: only
 * what is open is read. */
MUST_CHECK enum tally_code cli_reader(struct cli *cli, struct slice target, struct slice *out, struct err *err);
/* Asks what body would cause: POST /v1/preview/... with a reader's token. */
MUST_CHECK enum tally_code cli_preview(struct cli *cli, struct slice target, struct slice body, struct err *err);

/* ---- cli_problem.c, cli_events.c, cli_fits.c ---- */
/* What a problem+json says: what was wrong, where, what to do next. With --json it goes to standard output as it is. */
MUST_CHECK enum tally_code cli_problem(struct cli *cli, const struct cli_reply *reply, struct err *err);
/* Compiles terms and prints what is wrong or doubtful with them to standard error. *is_good: no errors. */
MUST_CHECK enum tally_code cli_terms_check(struct cli *cli, const char *file, struct slice text, bool *is_good,
                                           struct err *err);
/* How the items of a statement of `all` results stand in each contract that they could be for, or why they do not fit; at most so
 * many items, and that there are more. */
#define CLI_FITS_SHOWN 20
void cli_fits_print(struct cli *cli, const json_t *items, size_t most, uint64_t all);
/* "recorded as entry 12", and the service's own entries that followed. */
void cli_receipt_print(struct cli *cli, const json_t *answer);
void cli_events_print(struct cli *cli, const json_t *events);
/* An entry's body in a few words. */
struct slice cli_summary(struct cli *cli, struct slice type, const json_t *body);
/* POSTs body and prints the receipt, or the answer with --json. */
MUST_CHECK enum tally_code cli_record(struct cli *cli, struct slice target, struct slice body, json_t **out,
                                      struct err *err);

/* The same, or with --preview what it would cause, and nothing is recorded. */
MUST_CHECK enum tally_code cli_record_or_preview(struct cli *cli, struct slice target, struct slice body, struct err *err);
#define CLI_PREVIEW_OPTION                                                                                                 \
    {                                                                                                                      \
        "--preview", NULL, "ask what would follow; nothing is recorded", false                                             \
    }

/* ---- cli_json.c ---- */
/* A member by its path ("from.actor") as text: strings as they are, numbers and booleans in words, otherwise "". */
struct slice cli_text(struct cli *cli, const json_t *object, const char *path);
const json_t *cli_member(const json_t *object, const char *path); /* NULL when it is not there, or null */
uint64_t cli_number(const json_t *object, const char *name);      /* 0 when it is none */
bool cli_true(const json_t *object, const char *name);
/* {"arm":"programme","cohort":"y2013"} as "arm=programme cohort=y2013". */
struct slice cli_pairs(struct cli *cli, const json_t *object);
/* Of a statement's body that was written from arguments: TALLY_E_USAGE when one is not UTF-8. */
MUST_CHECK enum tally_code cli_body_check(const struct buf *body, struct err *err);
void cli_print_json(struct slice raw); /* and a newline */
/* Reads JSON of a person's: TALLY_E_MALFORMED with line and column. Owned by the run. */
MUST_CHECK enum tally_code cli_json_read(struct cli *cli, const char *file, struct slice text, json_t **out,
                                         struct err *err);
json_t *cli_keep(struct cli *cli, json_t *json); /* the run owns it now */
MUST_CHECK enum tally_code cli_take(struct cli *cli, const struct buf *buf, struct slice *out,
                                    struct err *err); /* a copy */

/* ---- cli_table.c ---- */
#define CLI_COLUMNS_MAX 10
struct cli_table {
    struct cli *cli;
    int columns;
    bool is_right[CLI_COLUMNS_MAX]; /* numbers */
    struct slice *cells;
    size_t count, cap;
};
/* heads: "SEQ> TIME TYPE", `>` after a name for a column of numbers; "" for a table without a head. */
void cli_table_begin(struct cli_table *table, struct cli *cli, const char *heads);
void cli_table_cell(struct cli_table *table, struct slice text);
/* Aligned under its head on a terminal; one line a row, tabs between, without a head when piped. */
void cli_table_end(struct cli_table *table);
/* "name   value"; "name TAB value" when piped. */
void cli_field(struct cli *cli, const char *name, struct slice value);
struct slice cli_money(struct cli *cli, struct slice amount);         /* 4,800,000.00 on a terminal, as it is when piped */
void cli_clean(struct buf *out, struct slice text, bool keeps_lines); /* without control characters */
void cli_print(struct slice text);                                    /* cleaned, several lines */
void cli_heading(struct cli *cli, const char *text);

#endif
