/* tally actor: who may speak. */
#include <string.h>

#include "cli.h"
#include "tally/canon.h"
#include "tally/text.h"

#define BODY_MAX 65536 /* an id, a name, a key */

/* What `tally key proof` printed, with what whoever registers says about it. */
static void write_registration(struct canon *w, struct cli *cli, const json_t *proof, const char *kind)
{
    const char *name = cli_option(cli, "--name");
    canon_object(w);
    canon_name(w, "id");
    canon_string(w, cli_text(cli, proof, "id"));
    canon_name(w, "jwk");
    canon_object(w);
    canon_name(w, "crv");
    canon_string(w, cli_text(cli, proof, "jwk.crv"));
    canon_name(w, "kty");
    canon_string(w, cli_text(cli, proof, "jwk.kty"));
    canon_name(w, "x");
    canon_string(w, cli_text(cli, proof, "jwk.x"));
    canon_close(w);
    canon_name(w, "kind");
    canon_str(w, kind);
    if (name != NULL) {
        canon_name(w, "name");
        canon_str(w, name);
    }
    canon_name(w, "pop");
    canon_string(w, cli_text(cli, proof, "pop"));
    if (cli_flag(cli, "--backbone")) {
        canon_name(w, "roles");
        canon_array(w);
        canon_str(w, "backbone");
        canon_close(w);
    }
    canon_close(w);
}

MUST_CHECK static enum tally_code add(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *kind = NULL;
    struct slice text = SLICE("");
    struct buf body;
    struct canon w;
    json_t *proof = NULL, *answer = NULL;
    buf_init(&body, BODY_MAX);
    TRY(cli_option_needed(cli, "--kind", &kind, err));
    if (strcmp(kind, "person") != 0 && strcmp(kind, "organisation") != 0 && strcmp(kind, "patch") != 0)
        TRY(err_set(err, TALLY_E_USAGE, "--kind is person, organisation or patch, not %s", kind));
    TRY(cli_file_read(cli, cli->args[0], &text, err));
    TRY(cli_json_read(cli, cli->args[0], text, &proof, err));
    if (cli_text(cli, proof, "id").len == 0 || cli_text(cli, proof, "jwk.x").len == 0 ||
        cli_text(cli, proof, "pop").len == 0)
        TRY(err_set(err, TALLY_E_MALFORMED, "%s is not what `tally key proof` prints: {\"id\",\"jwk\",\"pop\"}",
                    cli->args[0]));
    canon_init(&w, &body);
    write_registration(&w, cli, proof, kind);
    TRY(cli_body_check(&body, err));
    TRY(cli_record(cli, SLICE("/v1/actors"), buf_slice(&body), &answer, err));
done:
    buf_release(&body);
    return rc;
}

static struct slice roles(const json_t *actor)
{
    const json_t *role = json_array_get(json_object_get(actor, "roles"), 0);
    if (cli_true(actor, "operator"))
        return SLICE("operator");
    return role == NULL ? SLICE("") : slice_str(json_string_value(role) == NULL ? "" : json_string_value(role));
}

MUST_CHECK static enum tally_code list(struct cli *cli, struct err *err)
{
    struct buf target;
    struct cli_table table;
    json_t *items = NULL, *one = NULL;
    size_t i = 0;
    cli_target_begin(&target, "/v1/actors");
    enum tally_code rc = cli_ask_list(cli, &target, &items, err);
    if (rc != TALLY_OK || cli->is_json)
        return rc;
    cli_table_begin(&table, cli, "ID KIND ROLE ENTRY> NAME");
    json_array_foreach(items, i, one)
    {
        cli_table_cell(&table, cli_text(cli, one, "id"));
        cli_table_cell(&table, cli_text(cli, one, "kind"));
        cli_table_cell(&table, roles(one));
        cli_table_cell(&table, cli_text(cli, one, "seq"));
        cli_table_cell(&table, cli_text(cli, one, "name"));
    }
    cli_table_end(&table);
    return TALLY_OK;
}

MUST_CHECK static enum tally_code show(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice raw = SLICE("");
    struct cli_table table;
    json_t *actor = NULL, *keys = NULL, *one = NULL;
    size_t i = 0;
    TRY(cli_id_check(cli->args[0], err));
    TRY(cli_askf(cli, &actor, &raw, err, "/v1/actors/%s", cli->args[0]));
    if (cli->is_json) {
        cli_print_json(raw);
        goto done;
    }
    TRY(cli_askf(cli, &keys, NULL, err, "/v1/actors/%s/keys?limit=1000", cli->args[0]));
    cli_field(cli, "id", cli_text(cli, actor, "id"));
    cli_field(cli, "kind", cli_text(cli, actor, "kind"));
    cli_field(cli, "name", cli_text(cli, actor, "name"));
    cli_field(cli, "role", roles(actor));
    cli_field(cli, "registered by", cli_text(cli, actor, "registered_by"));
    cli_field(cli, "entry", cli_text(cli, actor, "seq"));
    cli_table_begin(&table, cli, "KID ADDED> REVOKED>");
    json_array_foreach(json_object_get(keys, "items"), i, one)
    {
        cli_table_cell(&table, cli_text(cli, one, "kid"));
        cli_table_cell(&table, cli_text(cli, one, "added_seq"));
        cli_table_cell(&table, cli_text(cli, one, "revoked_seq"));
    }
    cli_table_end(&table);
done:
    return rc;
}

static const struct cli_option ADD[] = {
    {"--kind", "KIND", "person, organisation or patch", false},
    {"--name", "TEXT", "for people; everybody can read it", false},
    {"--backbone", NULL, "may register actors and define indicators (the operator gives this)", false}};
static const struct cli_option LIST[] = {CLI_LIST_OPTIONS};
static const struct cli_command COMMANDS[] = {
    {"add", "FILE.json --kind KIND [--name TEXT] [--backbone]",
     "register an actor with what `tally key proof` printed (- for standard input); signed by the operator or a backbone "
     "organisation",
     "tally --actor operator --key operator.pem actor add city.json --kind organisation --name \"City of New York\"", 1, 1,
     add, CLI_OPTIONS(ADD)},
    {"list", "", "who is registered", "tally actor list", 0, 0, list, CLI_OPTIONS(LIST)},
    {"show", "ID", "one actor and its keys", "tally actor show city", 1, 1, show, CLI_NO_OPTIONS},
};
const struct cli_family cli_actor = {"actor", "register actors and look them up", COMMANDS,
                                     sizeof COMMANDS / sizeof COMMANDS[0]};
