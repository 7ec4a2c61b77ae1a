/* What the indicators of a contract mean: a version names the hash of each definition's entry, and whoever signs should have read
 * the definition behind that hash and no other. */
#include <string.h>

#include "contract_version.h"
#include "tally/entry.h"
#include "tally/terms.h"
#include "tally/text.h"

MUST_CHECK static enum tally_code strange(struct err *err, const char *slug, uint64_t seq, const char *what)
{
    return err_set(err, TALLY_E_MISMATCH,
                   "entry %llu is not the definition of %s that the contract names: %s; do not sign it",
                   (unsigned long long) seq, slug, what);
}

/* Header, commitment and body of one entry, from the hash that the manifest has down to the text. */
MUST_CHECK static enum tally_code check_entry(struct cli *cli, const char *slug, uint64_t seq, struct slice wanted,
                                              const json_t *entry, json_t **body, struct err *err)
{
    struct entry_header header;
    struct digest digest;
    char hex[2 * DIGEST_LEN + 1];
    uint8_t nonce[ENTRY_NONCE_LEN];
    size_t nonce_len = 0;
    struct slice bytes = cli_text(cli, entry, "header"), text = cli_text(cli, entry, "body");
    entry_hash(bytes, &digest);
    text_hex(digest.bytes, DIGEST_LEN, hex);
    if (!slice_is(wanted, hex))
        return strange(err, slug, seq, "its hash is another");
    if (entry_header_read(bytes, &header, err) != TALLY_OK || header.seq != seq ||
        !slice_is(header.type, "indicator.defined"))
        return strange(err, slug, seq, "it defines nothing");
    if (text_unbase64(cli_text(cli, entry, "nonce"), nonce, sizeof nonce, &nonce_len) != TALLY_OK ||
        nonce_len != sizeof nonce)
        return strange(err, slug, seq, "its nonce is missing");
    entry_commitment(nonce, cli_text(cli, entry, "jws"), text, &digest);
    if (!digest_equal(&digest, &header.body))
        return strange(err, slug, seq, "its text is not the one that was signed");
    *body = cli_keep(cli, json_loadb(text.ptr == NULL ? "" : text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL));
    if (!slice_is(cli_text(cli, *body, "id"), slug))
        return strange(err, slug, seq, "it defines another indicator");
    return TALLY_OK;
}

/* The text's version of each indicator is the one that was defined there, and none is left out. */
MUST_CHECK static enum tally_code check_metrics(struct cli *cli, const struct terms *terms, const json_t *bodies,
                                                struct err *err)
{
    for (uint32_t i = 0; i < terms_metric_count(terms); i++) {
        const struct terms_metric *metric = terms_metric(terms, i);
        if (metric->slug.len == 0)
            continue;
        const json_t *body = json_object_getn(bodies, metric->slug.ptr, metric->slug.len);
        if (body == NULL || cli_number(body, "version") != metric->version)
            return err_set(err, TALLY_E_MISMATCH,
                           "the text uses version %u of %.*s, and the contract's version names %s%.*s; do not sign it",
                           metric->version, SLICE_ARG(metric->slug), body == NULL ? "none" : "version ",
                           SLICE_ARG(cli_text(cli, body, "version")));
    }
    return TALLY_OK;
}

MUST_CHECK static enum tally_code check_text(struct cli *cli, struct slice text, const json_t *bodies, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct terms *terms = NULL;
    struct diags diags;
    diags_init(&diags, cli->arena);
    TRY(terms_compile(text, &diags, &terms, err));
    if (terms == NULL)
        TRY(err_set(err, TALLY_E_MISMATCH, "the contract's text does not check here; do not sign it"));
    TRY(check_metrics(cli, terms, bodies, err));
done:
    terms_free(terms);
    return rc;
}

enum tally_code contract_check_indicators(struct cli *cli, const struct contract_seen *seen, struct err *err)
{
    static const char *const members[] = {"id", "version", "unit", "kind", "definition"};
    enum tally_code rc = TALLY_OK;
    struct cli_table table;
    const char *slug;
    json_t *pin, *bodies = cli_keep(cli, json_object());
    cli_table_begin(&table, cli, "INDICATOR VERSION> UNIT KIND DEFINITION");
    json_object_foreach((json_t *) (uintptr_t) cli_member(seen->contract, "manifest.indicators"), slug, pin)
    {
        json_t *entry = NULL, *body = NULL;
        uint64_t seq = cli_number(pin, "seq");
        TRY(cli_askf(cli, &entry, NULL, err, "/v1/entries/%llu", (unsigned long long) seq));
        TRY(check_entry(cli, slug, seq, cli_text(cli, pin, "entry"), entry, &body, err));
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
            cli_table_cell(&table, cli_text(cli, body, members[i]));
        if (json_object_set(bodies, slug, body) != 0)
            TRY(err_set(err, TALLY_E_NO_MEMORY, "out of memory"));
    }
    TRY(check_text(cli, seen->text, bodies, err));
    if (!cli->is_json && json_object_size(bodies) > 0)
        cli_table_end(&table);
done:
    return rc;
}
