/* tally key: keys are made here and stay here. */
#include <string.h>

#include "cli.h"
#include "tally/canon.h"
#include "tally/text.h"

#define BODY_MAX 65536 /* a key, an id, a proof, a reason */

/* The key of argument 0, or of --key. */
MUST_CHECK static enum tally_code load(struct cli *cli, struct err *err)
{
    if (cli->arg_count > 0)
        cli->key = cli->args[0];
    return cli_key_load(cli, err);
}

MUST_CHECK static enum tally_code show(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct key_public key;
    struct key_kid kid;
    struct buf x;
    struct buf out;
    struct canon w;
    buf_init(&x, 64);
    buf_init(&out, BODY_MAX);
    TRY(load(cli, err));
    key_pair_public(cli->pair, &key);
    key_thumbprint(&key, &kid);
    text_base64url(key.bytes, KEY_PUBLIC_LEN, &x);
    if (!cli->is_json) {
        cli_field(cli, "kid", slice_str(kid.text));
        cli_field(cli, "x", buf_slice(&x));
        goto done;
    }
    canon_init(&w, &out);
    canon_object(&w);
    canon_name(&w, "crv");
    canon_str(&w, "Ed25519");
    canon_name(&w, "kid");
    canon_str(&w, kid.text);
    canon_name(&w, "kty");
    canon_str(&w, "OKP");
    canon_name(&w, "x");
    canon_string(&w, buf_slice(&x));
    canon_close(&w);
    cli_print_json(buf_slice(&out));
done:
    buf_release(&x);
    buf_release(&out);
    return rc;
}

MUST_CHECK static enum tally_code new_key(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(key_pair_generate(&cli->pair, err));
    rc = key_pair_save(cli->pair, cli->args[0], err);
    if (rc == TALLY_E_CONFLICT)
        rc = err_set(err, rc, "%s is there already, and a key is never overwritten; give another name", cli->args[0]);
    TRY(rc);
    TRY(show(cli, err));
    if (!cli->is_json)
        (void) fprintf(
            stderr,
            "The key is in %s; nobody else needs it, ever. Next: `tally key proof --actor ID --key %s`, and give what it "
            "prints to whoever registers you.\n",
            cli->args[0], cli->args[0]);
done:
    return rc;
}

/* jwk and pop: what a registration and an added key share. */
static void write_jwk(struct canon *w, const struct key_public *key)
{
    canon_name(w, "jwk");
    canon_object(w);
    canon_name(w, "crv");
    canon_str(w, "Ed25519");
    canon_name(w, "kty");
    canon_str(w, "OKP");
    canon_name(w, "x");
    canon_base64url(w, key->bytes, KEY_PUBLIC_LEN);
    canon_close(w);
}

/* {"id"?,"jwk","pop"} of this pair, for the ledger that the server is. */
MUST_CHECK static enum tally_code write_proof(struct cli *cli, const struct key_pair *pair, bool has_id, struct slice *out,
                                              struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct cli_ledger ledger = {.origin = SLICE("")};
    struct key_public key;
    struct buf body;
    struct buf pop;
    struct canon w;
    buf_init(&body, BODY_MAX);
    buf_init(&pop, 256);
    const char *origin = cli_option(cli, "--origin");
    if (origin == NULL)
        TRY(cli_ledger_ask(cli, &ledger, err));
    else if (text_is_origin(slice_str(origin)))
        ledger.origin = slice_str(origin);
    else
        TRY(err_set(err, TALLY_E_USAGE, "--origin %s: a ledger's name has 1 to 128 of a-z 0-9 . _ : / -", origin));
    TRY(key_proof_make(pair, ledger.origin, slice_str(cli->actor), &pop, err));
    key_pair_public(pair, &key);
    canon_init(&w, &body);
    canon_object(&w);
    if (has_id) {
        canon_name(&w, "id");
        canon_str(&w, cli->actor);
    }
    write_jwk(&w, &key);
    canon_name(&w, "pop");
    canon_string(&w, buf_slice(&pop));
    canon_close(&w);
    TRY(cli_take(cli, &body, out, err));
done:
    buf_release(&body);
    buf_release(&pop);
    return rc;
}

MUST_CHECK static enum tally_code proof(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice text = SLICE("");
    TRY(cli_actor_needed(cli, err));
    TRY(load(cli, err));
    TRY(write_proof(cli, cli->pair, true, &text, err));
    cli_print_json(text);
done:
    return rc;
}

MUST_CHECK static enum tally_code add(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct key_pair *fresh = NULL;
    struct slice body = SLICE("");
    json_t *answer = NULL;
    TRY(cli_actor_needed(cli, err));
    TRY(key_pair_load(cli->args[0], &fresh, err));
    TRY(write_proof(cli, fresh, false, &body, err));
    TRY(cli_record(cli, arena_printf(cli->arena, "/v1/actors/%s/keys", cli->actor), body, &answer, err));
done:
    key_pair_free(fresh);
    return rc;
}

MUST_CHECK static enum tally_code revoke(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *of = cli_option(cli, "--of");
    const char *reason = cli_option(cli, "--reason");
    struct buf body;
    struct canon w;
    json_t *answer = NULL;
    buf_init(&body, BODY_MAX);
    if (of == NULL)
        TRY(cli_actor_needed(cli, err));
    of = of == NULL ? cli->actor : of;
    TRY(cli_id_check(of, err));
    if (!cli_is_kid(cli->args[0]))
        TRY(err_set(err, TALLY_E_USAGE, "%s is no kid: `tally actor show %s` lists them", cli->args[0], of));
    canon_init(&w, &body);
    canon_object(&w);
    if (reason != NULL) {
        canon_name(&w, "reason");
        canon_str(&w, reason);
    }
    canon_close(&w);
    TRY(cli_body_check(&body, err));
    TRY(cli_record(cli, arena_printf(cli->arena, "/v1/actors/%s/keys/%s/revocation", of, cli->args[0]), buf_slice(&body),
                   &answer, err));
done:
    buf_release(&body);
    return rc;
}

static const struct cli_option PROOF[] = {
    {"--origin", "NAME", "the ledger's name, for one that does not run yet (tallyd init --operator)", false}};
static const struct cli_option REVOKE[] = {{"--of", "ID", "whose key it is (you)", false},
                                           {"--reason", "TEXT", "why; everybody can read it", false}};
static const struct cli_command COMMANDS[] = {
    {"new", "FILE.pem", "make a key: a PKCS#8 PEM file that only you can read; never overwrites one",
     "tally key new city.pem", 1, 1, new_key, CLI_NO_OPTIONS},
    {"show", "[FILE.pem]", "the key's public part: kid (its thumbprint, RFC 7638) and x", "tally key show city.pem", 0, 1,
     show, CLI_NO_OPTIONS},
    {"proof", "[FILE.pem]",
     "prove that you have the key: JSON to hand to whoever registers you (asks the service for its name)",
     "tally key proof --actor city --key city.pem > city.json", 0, 1, proof, CLI_OPTIONS(PROOF)},
    {"add", "NEW.pem", "add another key of yours, signed with the one you have",
     "tally --actor city --key city.pem key add new.pem", 1, 1, add, CLI_NO_OPTIONS},
    {"revoke", "KID", "revoke a key: what was recorded before stays valid",
     "tally --actor city --key new.pem key revoke kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", 1, 1, revoke,
     CLI_OPTIONS(REVOKE)},
};
const struct cli_family cli_key = {"key", "make keys, prove and revoke them", COMMANDS,
                                   sizeof COMMANDS / sizeof COMMANDS[0]};
