#include <stdlib.h>
#include <string.h>

#include "contract_version.h"
#include "tally/canon.h"
#include "tally/terms.h"
#include "tally/text.h"

#define BODY_MAX ((size_t) 768 << 10) /* as the service takes: terms of 256 KiB, escaped, and hundreds of parties */

struct party {
    struct slice name, actor, kid;
};

static int by_name(const void *a, const void *b)
{
    const struct party *x = a, *y = b;
    return slice_compare(x->name, y->name);
}

/* NAME=ACTOR, NAME=ACTOR:KID */
MUST_CHECK static enum tally_code read_party(const char *text, struct party *out, struct err *err)
{
    const char *equals = strchr(text, '=');
    const char *colon = equals == NULL ? NULL : strchr(equals, ':');
    const char *end = colon == NULL ? text + strlen(text) : colon;
    if (equals == NULL || equals == text || equals + 1 == end)
        return err_set(err, TALLY_E_USAGE, "--party wants NAME=ACTOR, such as city=new-york, not %s", text);
    *out = (struct party){slice_of(text, (size_t) (equals - text)), slice_of(equals + 1, (size_t) (end - equals - 1)),
                          colon == NULL ? SLICE("") : slice_str(colon + 1)};
    if (!text_is_id(out->name))
        return err_set(err, TALLY_E_USAGE, "--party %s: %.*s is no party of a text", text, SLICE_ARG(out->name));
    if (!text_is_id(out->actor))
        return err_set(err, TALLY_E_USAGE, "--party %s: %.*s is no id of an actor", text, SLICE_ARG(out->actor));
    return TALLY_OK;
}

MUST_CHECK static enum tally_code read_parties(struct cli *cli, struct party **out, size_t *count, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    size_t n = 0;
    const char *text;
    struct party *list = ARENA_ARRAY(cli->arena, (size_t) cli->given_count + 1, struct party);
    if (list == NULL)
        return err_set(err, TALLY_E_NO_MEMORY, "out of memory");
    while ((text = cli_option_nth(cli, "--party", (int) n)) != NULL)
        TRY(read_party(text, &list[n++], err));
    qsort(list, n, sizeof *list, by_name);
    for (size_t i = 1; i < n; i++) {
        if (slice_equal(list[i].name, list[i - 1].name))
            TRY(err_set(err, TALLY_E_USAGE, "--party %.*s is given twice", SLICE_ARG(list[i].name)));
    }
    *out = list;
    *count = n;
done:
    return rc;
}

/* Each party of the text, and no other. */
MUST_CHECK static enum tally_code check_parties(const struct terms *terms, const struct party *list, size_t count,
                                                struct err *err)
{
    for (uint32_t i = 0; i < terms_party_count(terms); i++) {
        bool is_given = false;
        struct slice name = terms_party(terms, i)->name;
        for (size_t k = 0; k < count; k++)
            is_given = is_given || slice_equal(list[k].name, name);
        if (!is_given)
            return err_set(err, TALLY_E_USAGE, "the text's party %.*s (%.*s) is missing: --party %.*s=ACTOR",
                           SLICE_ARG(name), SLICE_ARG(terms_party(terms, i)->label), SLICE_ARG(name));
    }
    for (size_t k = 0; k < count; k++) {
        if (terms_find_party(terms, list[k].name) == TERMS_NONE)
            return err_set(err, TALLY_E_USAGE, "--party %.*s: the text has no such party", SLICE_ARG(list[k].name));
    }
    return TALLY_OK;
}

/* Its newest key that is valid. */
MUST_CHECK static enum tally_code find_kid(struct cli *cli, struct party *party, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    json_t *answer = NULL, *one = NULL;
    size_t i = 0;
    if (party->kid.len > 0)
        return TALLY_OK;
    TRY(cli_askf(cli, &answer, NULL, err, "/v1/actors/%.*s/keys?limit=1000", SLICE_ARG(party->actor)));
    json_array_foreach(json_object_get(answer, "items"), i, one)
    {
        if (cli_member(one, "revoked_seq") == NULL)
            party->kid = cli_text(cli, one, "kid");
    }
    if (party->kid.len == 0)
        TRY(err_set(err, TALLY_E_DENIED, "%.*s has no key that is valid", SLICE_ARG(party->actor)));
done:
    return rc;
}

MUST_CHECK static enum tally_code check_layout(struct cli *cli, const char *file, struct slice text, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct diags diags;
    struct buf out;
    diags_init(&diags, cli->arena);
    buf_init(&out, CLI_FILE_MAX);
    TRY(terms_format(text, &diags, &out, err));
    TRY(buf_check(&out, err));
    if (!slice_equal(text, buf_slice(&out)))
        rc = err_set(err, TALLY_E_MALFORMED,
                     "%s is not in the one layout that can be proposed; type: tally terms fmt %s --write", file, file);
done:
    buf_release(&out);
    return rc;
}

MUST_CHECK static enum tally_code read_text(struct cli *cli, const struct party *list, size_t count, struct slice *text,
                                            struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct terms *terms = NULL;
    struct diags diags;
    const char *file = cli->args[0];
    bool is_good = false;
    diags_init(&diags, cli->arena);
    TRY(cli_file_read(cli, file, text, err));
    TRY(cli_terms_check(cli, file, *text, &is_good, err));
    if (!is_good)
        TRY(err_set(err, TALLY_E_MALFORMED, "%s does not check; nothing was proposed", file));
    TRY(check_layout(cli, file, *text, err));
    TRY(terms_compile(*text, &diags, &terms, err));
    TRY(check_parties(terms, list, count, err));
done:
    terms_free(terms);
    return rc;
}

MUST_CHECK static enum tally_code write_body(struct cli *cli, const char *id, const struct party *list, size_t count,
                                             struct slice text, struct slice *out, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct buf body;
    struct canon w;
    buf_init(&body, BODY_MAX);
    canon_init(&w, &body);
    canon_object(&w);
    if (id != NULL) {
        canon_name(&w, "id");
        canon_str(&w, id);
        canon_name(&w, "open");
        canon_bool(&w, !cli_flag(cli, "--private"));
    }
    canon_name(&w, "parties");
    canon_object(&w);
    for (size_t i = 0; i < count; i++) {
        canon_name_slice(&w, list[i].name);
        canon_object(&w);
        canon_name(&w, "actor");
        canon_string(&w, list[i].actor);
        canon_name(&w, "kid");
        canon_string(&w, list[i].kid);
        canon_close(&w);
    }
    canon_close(&w);
    canon_name(&w, "terms");
    canon_string(&w, text);
    canon_close(&w);
    TRY(cli_take(cli, &body, out, err));
done:
    buf_release(&body);
    return rc;
}

MUST_CHECK static enum tally_code record(struct cli *cli, const char *id, struct slice body, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    json_t *answer = NULL;
    struct contract_seen seen = {0};
    TRY(cli_record(cli, SLICE("/v1/contracts"), body, &answer, err));
    if (cli->is_json)
        goto done;
    TRY(contract_see(cli, id, &seen, err));
    cli_field(cli, "version", slice_str(seen.version));
    contract_print_parties(cli, seen.contract);
    (void) fprintf(stderr,
                   "Compare the version and the kids with the other parties before anybody signs. Next, each party: "
                   "tally contract sign %s --as PARTY\n",
                   id);
done:
    return rc;
}

enum tally_code contract_propose(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *id = NULL;
    struct party *list = NULL;
    size_t count = 0;
    struct slice text = SLICE(""), body = SLICE("");
    TRY(cli_option_needed(cli, "--id", &id, err));
    TRY(cli_id_check(id, err));
    TRY(read_parties(cli, &list, &count, err));
    TRY(read_text(cli, list, count, &text, err));
    for (size_t i = 0; i < count; i++)
        TRY(find_kid(cli, &list[i], err));
    TRY(write_body(cli, id, list, count, text, &body, err));
    if (cli_flag(cli, "--preview"))
        TRY(cli_preview(cli, SLICE("/v1/preview/contracts"), body, err));
    else
        TRY(record(cli, id, body, err));
done:
    return rc;
}

MUST_CHECK static enum tally_code record_amendment(struct cli *cli, const char *id, struct slice target, struct slice body,
                                                   struct err *err)
{
    enum tally_code rc = TALLY_OK;
    json_t *answer = NULL;
    struct contract_seen seen = {0};
    TRY(cli_record(cli, target, body, &answer, err));
    if (cli->is_json)
        goto done;
    uint64_t seq = cli_number(answer, "seq");
    TRY(contract_see_amendment(cli, id, seq, &seen, err));
    cli_field(cli, "version", slice_str(seen.version));
    contract_print_parties(cli, seen.contract);
    (void) fprintf(stderr,
                   "Compare the version and the kids with the other parties before anybody signs. Next, each of them: "
                   "tally contract sign %s --as PARTY --amendment %llu\n",
                   id, (unsigned long long) seq);
done:
    return rc;
}

enum tally_code contract_amend(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *id = NULL;
    struct party *list = NULL;
    size_t count = 0;
    struct slice text = SLICE(""), body = SLICE("");
    TRY(cli_option_needed(cli, "--contract", &id, err));
    TRY(cli_id_check(id, err));
    TRY(read_parties(cli, &list, &count, err));
    TRY(read_text(cli, list, count, &text, err));
    for (size_t i = 0; i < count; i++)
        TRY(find_kid(cli, &list[i], err));
    TRY(write_body(cli, NULL, list, count, text, &body, err));
    if (cli_flag(cli, "--preview"))
        TRY(cli_preview(cli, arena_printf(cli->arena, "/v1/preview/contracts/%s/amendments", id), body, err));
    else
        TRY(record_amendment(cli, id, arena_printf(cli->arena, "/v1/contracts/%s/amendments", id), body, err));
done:
    return rc;
}
