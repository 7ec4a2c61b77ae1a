#include <string.h>

#include "contract_version.h"
#include "tally/canon.h"
#include "tally/entry.h"
#include "tally/text.h"
#include "terms_exposure.h"

#define BODY_MAX 65536 /* a hash and a name */

MUST_CHECK static enum tally_code check_party(struct cli *cli, const json_t *contract, const char *as, struct err *err)
{
    json_t *one = NULL;
    size_t i = 0;
    struct slice actor = SLICE("");
    json_array_foreach(json_object_get(contract, "parties"), i, one)
    {
        if (!slice_is(cli_text(cli, one, "party"), as))
            continue;
        actor = cli_text(cli, one, "actor");
        if (cli->actor == NULL || slice_is(actor, cli->actor))
            return TALLY_OK;
    }
    if (actor.len > 0)
        return err_set(err, TALLY_E_DENIED, "%s of this contract is %.*s, and you are %s", as, SLICE_ARG(actor),
                       cli->actor);
    return err_set(err, TALLY_E_NOT_FOUND, "this contract has no party %s; `tally contract show %s` lists them", as,
                   cli->args[0]);
}

MUST_CHECK static enum tally_code body_of(struct cli *cli, const char *version, const char *as, struct slice *out,
                                          struct err *err)
{
    struct buf body;
    struct canon w;
    buf_init(&body, BODY_MAX);
    canon_init(&w, &body);
    canon_object(&w);
    canon_name(&w, "as");
    canon_str(&w, as);
    canon_name(&w, "version");
    canon_str(&w, version);
    canon_close(&w);
    enum tally_code rc = cli_take(cli, &body, out, err);
    buf_release(&body);
    return rc;
}

/* What is signed is recomputed here, shown, and sent to the contract's `family`, or to its preview. is_party: as a party of the text, otherwise
 * as a member of one of its classes. */
MUST_CHECK static enum tally_code sign(struct cli *cli, const char *family, bool is_party, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const char *as = NULL;
    struct contract_seen seen = {0};
    struct slice body = SLICE("");
    TRY(cli_option_needed(cli, "--as", &as, err));
    TRY(cli_key_load(cli, err)); /* before much is shown */
    const char *amendment = is_party ? cli_option(cli, "--amendment") : NULL;
    uint64_t seq = 0;
    if (amendment != NULL && text_u64(slice_str(amendment), ENTRY_SEQ_MAX, &seq) != TALLY_OK)
        TRY(err_set(err, TALLY_E_USAGE, "--amendment wants the number of an entry, not %s", amendment));
    if (amendment == NULL)
        TRY(contract_see(cli, cli->args[0], &seen, err));
    else
        TRY(contract_see_amendment(cli, cli->args[0], seq, &seen, err));
    if (is_party && amendment == NULL) /* members of classes sign amendments too */
        TRY(check_party(cli, seen.contract, as, err));
    if (!cli->is_json) {
        cli_field(cli, "contract", slice_str(cli->args[0]));
        cli_field(cli, "version", slice_str(seen.version));
        contract_print_parties(cli, seen.contract);
    }
    TRY(contract_check_indicators(cli, &seen, err));
    if (!cli->is_json && amendment == NULL) /* of an amendment alone it would count what earlier texts pay for, too */
        TRY(cli_exposure_print(cli, seen.text, as, err));
    TRY(body_of(cli, seen.version, as, &body, err));
    TRY(cli_record_or_preview(cli, arena_printf(cli->arena, "/v1/contracts/%s/%s", cli->args[0], family), body, err));
done:
    return rc;
}

enum tally_code contract_sign(struct cli *cli, struct err *err)
{
    return sign(cli, "signatures", true, err);
}

enum tally_code contract_accede(struct cli *cli, struct err *err)
{
    return sign(cli, "accessions", false, err);
}
