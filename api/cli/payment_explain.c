/* How a payment came to its amount, held against the hash in the entry of its instances. */
#include "payment_explain.h"

#include "tally/entry.h"
#include "tally/text.h"

/* A step: the terms' own words with what they come to, or a result that was used. */
static void add_step(struct cli *cli, struct cli_table *table, const json_t *step)
{
    struct slice result = cli_text(cli, step, "result"), seq = cli_text(cli, step, "seq");
    struct slice exact = cli_text(cli, step, "exact"), decimal = cli_text(cli, step, "decimal");
    struct slice count = cli_text(cli, step, "count"), text = cli_text(cli, step, "text");
    cli_table_cell(table, cli_text(cli, step, "line"));
    if (result.len > 0) {
        bool is_taken = slice_is(seq, "0"); /* entry 0 makes the ledger: no result is there */
        if (seq.len > 0)
            result =
                arena_printf(cli->arena, is_taken ? "%.*s (of the contract that is used)" : "%.*s (result, entry %.*s)",
                             SLICE_ARG(result), SLICE_ARG(seq));
        cli_table_cell(table, result);
        cli_table_cell(table, cli_text(cli, step, "value"));
        cli_table_cell(table, SLICE(""));
        return;
    }
    cli_table_cell(table,
                   count.len > 0 ? arena_printf(cli->arena, "%.*s (of %.*s)", SLICE_ARG(text), SLICE_ARG(count)) : text);
    cli_table_cell(table, exact);
    cli_table_cell(table, slice_equal(exact, decimal) ? SLICE("") : decimal);
}

static void print_instance(struct cli *cli, const json_t *instance)
{
    struct cli_table table;
    json_t *step = NULL;
    size_t i = 0;
    struct slice key = cli_text(cli, instance, "key");
    cli_field(cli, "instance", key.len > 0 ? key : SLICE("(the only one)"));
    cli_table_begin(&table, cli, "LINE> STEP EXACT> DECIMAL>");
    json_array_foreach(json_object_get(instance, "steps"), i, step) add_step(cli, &table, step);
    cli_table_end(&table);
    if (cli_true(instance, "cut"))
        cli_field(cli, "steps", SLICE("there are more than an explanation tells"));
    cli_field(cli, "target", cli_money(cli, cli_text(cli, instance, "target")));
    cli_field(cli, "stood", cli_money(cli, cli_text(cli, instance, "stands")));
}

static void print_explanation(struct cli *cli, const json_t *answer)
{
    static const char *const members[] = {"contract", "rule", "triggered"};
    json_t *one = NULL;
    size_t i = 0;
    for (size_t m = 0; m < sizeof members / sizeof members[0]; m++)
        cli_field(cli, members[m], cli_text(cli, answer, members[m]));
    json_array_foreach(json_object_get(answer, "instances"), i, one) print_instance(cli, one);
    if (cli_number(answer, "left_out") > 0)
        cli_field(cli, "left out",
                  arena_printf(cli->arena, "%.*s further instances: more than an explanation tells",
                               SLICE_ARG(cli_text(cli, answer, "left_out"))));
}

MUST_CHECK static enum tally_code strange(struct err *err, uint64_t seq, const char *what)
{
    return err_set(err, TALLY_E_MISMATCH,
                   "entry %llu is not what it should be: %s; keep the answer, and ask the operator why",
                   (unsigned long long) seq, what);
}

/* The body of an entry of this type, as its header commits to it; NULL: it is not for this reader. */
MUST_CHECK static enum tally_code recorded_body(struct cli *cli, uint64_t seq, const char *type, const json_t **out,
                                                struct err *err)
{
    enum tally_code rc = TALLY_OK;
    struct entry_header header;
    struct digest digest;
    uint8_t nonce[ENTRY_NONCE_LEN];
    size_t nonce_len = 0;
    json_t *entry = NULL;
    TRY(cli_askf(cli, &entry, NULL, err, "/v1/entries/%llu", (unsigned long long) seq));
    struct slice text = cli_text(cli, entry, "body");
    *out = NULL;
    if (text.len == 0)
        return TALLY_OK;
    if (entry_header_read(cli_text(cli, entry, "header"), &header, err) != TALLY_OK || header.seq != seq ||
        !slice_is(header.type, type))
        return strange(err, seq, arena_printf(cli->arena, "it is no %s", type).ptr);
    if (text_unbase64(cli_text(cli, entry, "nonce"), nonce, sizeof nonce, &nonce_len) != TALLY_OK ||
        nonce_len != sizeof nonce)
        return strange(err, seq, "its nonce is missing");
    entry_commitment(nonce, cli_text(cli, entry, "jws"), text, &digest);
    if (!digest_equal(&digest, &header.body))
        return strange(err, seq, "its body is not the one that its header commits to");
    *out = cli_keep(cli, json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL));
done:
    return rc;
}

/* The hash that the payment's first list of instances names, as hex; empty: its body is not for this reader. */
MUST_CHECK static enum tally_code recorded_hash(struct cli *cli, uint64_t seq, uint64_t *list, struct slice *out,
                                                struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const json_t *payment = NULL, *body = NULL;
    *out = SLICE("");
    *list = seq;
    TRY(recorded_body(cli, seq, "payment.triggered", &payment, err));
    if (payment == NULL)
        return TALLY_OK;
    *list = (uint64_t) cli_number(json_object_get(payment, "instances"), "seq");
    TRY(recorded_body(cli, *list, "payment.itemised", &body, err));
    if (body == NULL)
        return TALLY_OK;
    *out = cli_text(cli, body, "explanation");
    if (out->len == 0)
        return strange(err, *list, "it names no explanation");
done:
    return rc;
}

/* Only after it was compared is it said to be what was recorded. */
MUST_CHECK static enum tally_code compare(struct cli *cli, uint64_t seq, const json_t *answer, struct slice raw,
                                          struct slice *verdict, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    const struct slice parts[] = {SLICE("tally/explanation/v1\n"), raw};
    struct digest digest;
    char hex[2 * DIGEST_LEN + 1];
    struct slice recorded = {NULL, 0};
    uint64_t list = seq;
    if (json_is_false(json_object_get(answer, "recorded"))) {
        *verdict = SLICE("none was recorded: this is how the terms come to it now");
        return TALLY_OK;
    }
    TRY(recorded_hash(cli, seq, &list, &recorded, err));
    digest_parts(parts, sizeof parts / sizeof parts[0], &digest);
    text_hex(digest.bytes, DIGEST_LEN, hex);
    if (recorded.len == 0)
        *verdict = arena_printf(cli->arena, "%s, which could not be compared: the entry's body is not open to you", hex);
    else if (!slice_is(recorded, hex))
        rc = err_set(
            err, TALLY_E_MISMATCH,
            "the explanation is not the one that entry %llu names: its hash is %s, and the entry has %.*s; keep both, "
            "and ask the operator why",
            (unsigned long long) list, hex, SLICE_ARG(recorded));
    else
        *verdict = arena_printf(cli->arena, "%s, as entry %llu has it", hex, (unsigned long long) list);
done:
    return rc;
}

enum tally_code payment_explain(struct cli *cli, struct err *err)
{
    enum tally_code rc = TALLY_OK;
    uint64_t seq = 0;
    struct slice raw = SLICE(""), verdict = SLICE("");
    json_t *answer = NULL;
    TRY(cli_arg_seq(cli, 0, &seq, err));
    TRY(cli_askf(cli, &answer, &raw, err, "/v1/payments/%llu/explanation", (unsigned long long) seq));
    TRY(compare(cli, seq, answer, raw, &verdict, err));
    if (cli->is_json) {
        cli_print_json(raw);
        goto done;
    }
    cli_field(cli, "payment", arena_printf(cli->arena, "%llu", (unsigned long long) seq));
    print_explanation(cli, answer);
    cli_field(cli, "hash", verdict);
done:
    return rc;
}
