/* The version that a party signs, recomputed from what the service shows: so that it cannot show one text and have another
 * signed. */
#include "contract_version.h"

#include <stdlib.h>
#include <string.h>

#include "tally/entry.h"
#include "tally/terms.h"
#include "tally/text.h"
#include "tally/version.h"

#define MANIFEST_MAX ((size_t) 4 << 20) /* tens of thousands of parties and indicators */

MUST_CHECK static enum tally_code strange(struct err *err, const char *id, const char *what)
{
    return err_set(err, TALLY_E_MISMATCH, "what the service shows of %s does not hold together: %s; do not sign it", id,
                   what);
}

static int by_party(const void *a, const void *b)
{
    const struct version_party *x = a, *y = b;
    return slice_compare(x->name, y->name);
}

static int by_use(const void *a, const void *b)
{
    const struct version_use *x = a, *y = b;
    return slice_compare(x->contract, y->contract);
}

static int by_indicator(const void *a, const void *b)
{
    const struct version_indicator *x = a, *y = b;
    return slice_compare(x->name, y->name);
}

MUST_CHECK static enum tally_code read_parties(struct cli *cli, const json_t *manifest, struct version_manifest *out,
                                               struct err *err)
{
    json_t *parties = json_object_get(manifest, "parties");
    struct version_party *list = ARENA_ARRAY(cli->arena, json_object_size(parties) + 1, struct version_party);
    const char *name;
    json_t *value;
    if (list == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    json_object_foreach(parties, name, value)
    {
        list[out->party_count++] =
            (struct version_party){slice_str(name), cli_text(cli, value, "actor"), cli_text(cli, value, "kid")};
    }
    qsort(list, out->party_count, sizeof *list, by_party);
    out->parties = list;
    return TALLY_OK;
}

MUST_CHECK static enum tally_code read_indicators(struct cli *cli, const json_t *manifest, struct version_manifest *out,
                                                  const char *id, struct err *err)
{
    json_t *indicators = json_object_get(manifest, "indicators");
    struct version_indicator *list = ARENA_ARRAY(cli->arena, json_object_size(indicators) + 1, struct version_indicator);
    const char *name;
    json_t *value;
    if (list == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    json_object_foreach(indicators, name, value)
    {
        struct version_indicator *one = &list[out->indicator_count++];
        *one = (struct version_indicator){.name = slice_str(name), .seq = cli_number(value, "seq")};
        if (one->seq > ENTRY_SEQ_MAX || text_unhex(cli_text(cli, value, "entry"), one->entry.bytes, DIGEST_LEN) != TALLY_OK)
            return strange(err, id, "an indicator has no entry");
    }
    qsort(list, out->indicator_count, sizeof *list, by_indicator);
    out->indicators = list;
    return TALLY_OK;
}

MUST_CHECK static enum tally_code read_uses(struct cli *cli, const json_t *manifest, struct version_manifest *out,
                                            const char *id, struct err *err)
{
    json_t *uses = json_object_get(manifest, "uses");
    struct version_use *list = ARENA_ARRAY(cli->arena, json_object_size(uses) + 1, struct version_use);
    const char *name;
    json_t *value;
    if (list == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    json_object_foreach(uses, name, value)
    {
        const char *version = json_string_value(value);
        struct version_use *one = &list[out->use_count++];
        one->contract = slice_str(name);
        if (version == NULL || text_unhex(slice_str(version), one->version.bytes, DIGEST_LEN) != TALLY_OK)
            return strange(err, id, "a contract that it uses has no version");
    }
    qsort(list, out->use_count, sizeof *list, by_use);
    out->uses = list;
    return TALLY_OK;
}

/* From the manifest's members and the text's own hash. A manifest that has others is refused by the comparison. */
MUST_CHECK static enum tally_code compute(struct cli *cli, const char *id, struct slice text, const json_t *manifest,
                                          char hex[2 * DIGEST_LEN + 1], struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct version_manifest m = {.contract = slice_str(id), .open = cli_true(manifest, "open")};
    struct digest version;
    struct buf out;
    uint64_t number = cli_number(manifest, "version");
    struct slice previous = cli_text(cli, manifest, "previous");
    buf_init(&out, MANIFEST_MAX);
    if (number == 0 || number > UINT32_MAX)
        TRY(strange(err, id, "its manifest has no number"));
    m.version = (uint32_t) number;
    m.has_previous = previous.len > 0;
    if (m.has_previous && text_unhex(previous, m.previous.bytes, DIGEST_LEN) != TALLY_OK)
        TRY(strange(err, id, "the version before is no hash"));
    digest_of(text, &m.terms);
    TRY(read_parties(cli, manifest, &m, err));
    TRY(read_indicators(cli, manifest, &m, id, err));
    TRY(read_uses(cli, manifest, &m, id, err));
    version_manifest_write(&m, &out);
    TRY(buf_check(&out, err));
    const struct slice parts[] = {SLICE(VERSION_PREFIX), buf_slice(&out)};
    digest_parts(parts, 2, &version);
    text_hex(version.bytes, DIGEST_LEN, hex);
done:
    buf_release(&out);
    return rc;
}

/* The parties shown beside the manifest are the manifest's. */
MUST_CHECK static enum tally_code check_shown(struct cli *cli, const char *id, const json_t *contract, struct err *err)
{
    json_t *one = NULL;
    size_t i = 0, count = 0;
    const json_t *parties = cli_member(contract, "manifest.parties");
    const json_t *shown = json_object_get(contract, "parties");
    json_array_foreach(shown, i, one) count += !cli_true(one, "leaving");
    if (count != json_object_size(parties))
        return strange(err, id, "its list of parties is not that of its manifest");
    json_array_foreach(shown, i, one)
    {
        if (cli_true(one, "leaving")) /* signs an amendment for the text before it alone */
            continue;
        const char *name = json_string_value(json_object_get(one, "party"));
        const json_t *meant = name == NULL ? NULL : json_object_get(parties, name);
        if (meant == NULL || !slice_equal(cli_text(cli, one, "actor"), cli_text(cli, meant, "actor")) ||
            !slice_equal(cli_text(cli, one, "kid"), cli_text(cli, meant, "kid")))
            return strange(err, id, "its list of parties is not that of its manifest");
    }
    return TALLY_OK;
}

/* The text names just the parties of the manifest. */
MUST_CHECK static enum tally_code check_text(struct cli *cli, const char *id, struct slice text, const json_t *contract,
                                             struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const json_t *parties = cli_member(contract, "manifest.parties");
    struct terms *terms = NULL;
    struct diags diags;
    diags_init(&diags, cli->arena);
    TRY(terms_compile(text, &diags, &terms, err));
    if (terms == NULL)
        TRY(strange(err, id, "its text does not check here (tally contract terms and tally terms check show where)"));
    if (terms_party_count(terms) != json_object_size(parties))
        TRY(strange(err, id, "the text has other parties than the manifest"));
    for (uint32_t i = 0; i < terms_party_count(terms); i++) {
        struct slice name = terms_party(terms, i)->name;
        if (json_object_getn(parties, name.ptr, name.len) == NULL)
            TRY(strange(err, id, "the text has other parties than the manifest"));
    }
done:
    terms_free(terms);
    return rc;
}

/* What is shown, contract or amendment, and its text hold together. */
MUST_CHECK static enum tally_code check_seen(struct cli *cli, const char *id, struct contract_seen *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct digest hash;
    char hex[2 * DIGEST_LEN + 1];
    digest_of(out->text, &hash);
    text_hex(hash.bytes, DIGEST_LEN, hex);
    if (!slice_is(cli_text(cli, out->contract, "terms"), hex) ||
        !slice_is(cli_text(cli, out->contract, "manifest.terms"), hex))
        TRY(strange(err, id, "the text's hash is not the one that the contract names"));
    TRY(check_shown(cli, id, out->contract, err));
    TRY(check_text(cli, id, out->text, out->contract, err));
    TRY(compute(cli, id, out->text, json_object_get(out->contract, "manifest"), out->version, err));
    if (!slice_is(cli_text(cli, out->contract, "version"), out->version))
        TRY(strange(err, id, "its version is not the hash of its manifest and text"));
done:
    return rc;
}

enum tally_code contract_see(struct cli *cli, const char *id, struct contract_seen *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    TRY(cli_id_check(id, err));
    TRY(cli_askf(cli, &out->contract, NULL, err, "/v1/contracts/%s", id));
    TRY(cli_ask_text(cli, arena_printf(cli->arena, "/v1/contracts/%s/terms", id), &out->text, err));
    TRY(check_seen(cli, id, out, err));
done:
    return rc;
}

/* *out stays NULL when no entry of that number proposes one. */
MUST_CHECK static enum tally_code find_amendment(struct cli *cli, const char *id, uint64_t seq, json_t **out,
                                                 struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct slice next = SLICE("");
    do {
        json_t *page = NULL, *one = NULL;
        size_t i = 0;
        TRY(cli_askf(cli, &page, NULL, err, "/v1/contracts/%s/amendments?limit=1000%s%.*s", id,
                     next.len > 0 ? "&cursor=" : "", SLICE_ARG(next)));
        json_array_foreach(json_object_get(page, "items"), i, one)
        {
            if (cli_number(one, "seq") == seq)
                *out = one;
        }
        next = cli_text(cli, page, "next");
    } while (*out == NULL && next.len > 0);
done:
    return rc;
}

enum tally_code contract_see_amendment(struct cli *cli, const char *id, uint64_t seq, struct contract_seen *out,
                                       struct err *err)
{
    enum tally_code rc = TALLY_OK;
    json_t *found = NULL;
    TRY(cli_id_check(id, err));
    TRY(find_amendment(cli, id, seq, &found, err));
    if (found == NULL)
        TRY(err_set(err, TALLY_E_NOT_FOUND,
                    "entry %llu proposes no amendment of %s; `tally contract amendments %s` lists them",
                    (unsigned long long) seq, id, id));
    (void) json_object_set(found, "parties", json_object_get(found, "signers"));
    out->contract = found;
    struct slice version = cli_text(cli, found, "version");
    TRY(cli_ask_text(cli, arena_printf(cli->arena, "/v1/contracts/%s/terms?version=%.*s", id, SLICE_ARG(version)),
                     &out->text, err));
    TRY(check_seen(cli, id, out, err));
done:
    return rc;
}
