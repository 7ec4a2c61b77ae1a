/* Whatever happens, the archive of it replays without a finding; with one entry of the service's own left out, changed or doubled it does
 * not. */
#include "../../support/random_story.h"
#include "replay_help.h"

#define RUNS 30 /* histories */
#define STEPS 200
#define FORGED 10 /* archives of each with one thing wrong */

static const char *const contracts[] = {"a1", "b2", "c3", "d4"};

/* The numbers of entries that may be named. */
struct seqs {
    uint64_t items[STEPS];
    uint32_t count;
};
static struct seqs results, disputes;

static uint64_t any(const struct seqs *seqs)
{
    return seqs->items[dice(seqs->count)];
}

static void note(struct book *b, struct seqs *seqs, bool is_accepted)
{
    if (is_accepted)
        seqs->items[seqs->count++] = b->last;
}

static void propose(struct book *b)
{
    const char *id = contracts[dice(4)];
    uint32_t which = dice(3);
    if (b->contract_count < 4)
        (void) book_propose(b, which == 0 ? "buyer" : "seller", id,
                            which == 0   ? UNITS("units")
                            : which == 1 ? SILENT
                                         : CHECKED,
                            which == 0 ? UNITS_PARTIES : "buyer=buyer one=one seller=seller two=two");
}

static void sign(struct book *b)
{
    static const char *const parties[] = {"buyer", "seller", "one"};
    const char *as = parties[dice(3)];
    (void) book_sign_contract(b, dice(5) == 0 ? "hub" : as, contracts[dice(4)], as);
}

static void submit(struct book *b)
{
    char list[3][160];
    int count = 1 + (int) dice(3);
    for (int i = 0; i < count; i++) {
        if (dice(6) == 0)
            (void) snprintf(list[i], sizeof(list[i]),
                            "{\"contract\":\"%s\",\"dimensions\":{},\"metric\":\"bonus\",\"value\":\"%u\"}",
                            contracts[dice(4)], dice(120));
        else
            (void) snprintf(
                list[i], sizeof(list[i]),
                "{\"dimensions\":{\"place\":\"%s\"},\"indicator\":\"shared.units\",\"value\":\"%u\",\"version\":1}",
                places[dice(3)], dice(30));
    }
    note(b, &results,
         book_say(b, actors[dice(4)], "/v1/results", "{\"results\":[%s%s%s%s%s],\"set\":%s}", list[0], count > 1 ? "," : "",
                  count > 1 ? list[1] : "", count > 2 ? "," : "", count > 2 ? list[2] : "", dice(2) ? "true" : "false"));
}

static void verify_some(struct book *b)
{
    char path[80], items[32] = "";
    if (results.count == 0)
        return;
    (void) snprintf(path, sizeof(path), "/v1/results/%llu/verifications", (unsigned long long) any(&results));
    if (dice(2) == 0)
        (void) snprintf(items, sizeof(items), "\"items\":[%u]", dice(3));
    (void) book_say(b, actors[2 + dice(4)], path, "{%s}", items);
}

static void change(struct book *b)
{
    char path[80];
    bool is_withdrawal = dice(3) == 0;
    if (results.count == 0)
        return;
    uint64_t seq = any(&results);
    (void) snprintf(path, sizeof(path), "/v1/results/%llu/%s", (unsigned long long) seq,
                    is_withdrawal ? "withdrawal" : "restatements");
    const char *actor = dice(8) == 0 ? "hub" : actors[2 + dice(2)];
    if (is_withdrawal)
        note(b, &results, book_say(b, actor, path, "{}"));
    else
        note(b, &results, book_say(b, actor, path, "{\"results\":[{\"item\":%u,\"value\":\"%u\"}]}", dice(2), dice(30)));
}

static void dispute(struct book *b)
{
    char path[80];
    if (results.count == 0)
        return;
    (void) snprintf(path, sizeof(path), "/v1/results/%llu/disputes", (unsigned long long) any(&results));
    note(b, &disputes,
         book_say(b, actors[2 + dice(4)], path, "{\"contract\":\"%s\",\"reason\":\"r\"}", contracts[dice(4)]));
}

static void resolve(struct book *b)
{
    static const char *const kinds[] = {"\"stands\"", "\"annulled\"", "\"replaced\",\"value\":\"9\""};
    char path[80];
    if (disputes.count == 0)
        return;
    (void) snprintf(path, sizeof(path), "/v1/disputes/%llu/resolution", (unsigned long long) any(&disputes));
    (void) book_say(b, actors[2 + dice(4)], path, "{\"decision\":%s}", kinds[dice(3)]);
}

static void settle(struct book *b)
{
    char path[80];
    size_t count = forge_number_of(&b->f, "payment.triggered");
    if (count == 0)
        return;
    (void) snprintf(path, sizeof(path), "/v1/payments/%zu/settlements",
                    forge_find(&b->f, "payment.triggered", dice((uint32_t) count)));
    (void) book_say(b, actors[1 + dice(3)], path, "{\"amount\":\"%u.%02u\",\"paid_on\":\"2012-06-01\",\"reference\":\"r\"}",
                    dice(4), dice(100));
}

static void step(struct book *b)
{
    static void (*const deeds[])(struct book *) = {propose, sign,   sign,        submit,      submit,      submit,
                                                   submit,  submit, verify_some, verify_some, verify_some, settle,
                                                   change,  change, dispute,     dispute,     resolve,     resolve};
    if (dice(3) != 0) /* otherwise recorded together with the one before */
        b->time.us += 1 + (int64_t) dice(6) * 24 * 3600 * 1000000;
    deeds[dice(sizeof(deeds) / sizeof(deeds[0]))](b);
}

static void live(struct book *b, uint64_t seed)
{
    random_state = seed * UINT64_C(0x9e3779b97f4a7c15);
    results.count = disputes.count = 0;
    book_begin(b);
    for (size_t i = 1; i < sizeof(actors) / sizeof(actors[0]); i++)
        book_register(b, actors[i], i == 1 ? ",\"roles\":[\"backbone\"]" : "");
    book_define(b, "shared.units", "days");
    propose(b);
    propose(b);
    for (int i = 0; i < STEPS; i++)
        step(b);
    book_day(b, "2016-02-01"); /* all is over */
    book_register(b, "last", "");
}

static bool is_own(const struct forge_entry *entry)
{
    static const char *const own[] = {"contract.activated", "result.finalised", "payment.itemised", "payment.triggered",
                                      "moment.reached"};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (slice_is(entry->header.type, own[i]))
            return true;
    return false;
}

/* A digit of its body becomes another one; what stays is a number. */
static void change_digit(struct forge *f, size_t at)
{
    struct slice body = forge_keep(f, f->entries[at].body);
    char *text = (char *) (uintptr_t) body.ptr;
    size_t from = dice((uint32_t) body.len);
    for (size_t i = 0; i < body.len; i++) {
        char *c = &text[(from + i) % body.len];
        if (*c >= '1' && *c <= '8') {
            (*c)++;
            break;
        }
    }
    f->entries[at].body = body;
}

static void forge_one(const struct buf *archive, const struct book *b)
{
    struct forge f;
    struct found found;
    size_t at, deed = dice(3);
    forge_read(&f, buf_slice(archive));
    for (size_t i = 0; i < b->actor_count; i++)
        forge_signer(&f, b->actors[i].key);
    do
        at = dice((uint32_t) f.count);
    while (!is_own(&f.entries[at]));
    if (deed == 0)
        forge_remove(&f, at);
    else if (deed == 1)
        change_digit(&f, at);
    else
        (void) forge_insert(&f, at + 1, &f.entries[at]);
    verify_forged(&f, deed == 1 ? FORGE_REBUILT | FORGE_AUTHORS : FORGE_LIVED, b, &found);
    if (found.count == 0)
        print_error("%s of %.*s at %zu was not found\n",
                    deed == 0   ? "removal"
                    : deed == 1 ? "change"
                                : "doubling",
                    SLICE_ARG(f.entries[deed == 0 ? at - 1 : at].header.type), at);
    assert_true(found.count > 0);
    assert_true(found.findings[0].code >= FINDING_REPLAY_REFUSED); /* all keys were at hand */
    forge_release(&f);
}

static void any_history_replays_and_none_with_one_thing_wrong_does(void **state)
{
    size_t payments = 0, moments = 0, finals = 0;
    (void) state;
    for (uint64_t run = 1; run <= RUNS; run++) {
        struct book b;
        struct buf archive;
        struct found found;
        live(&b, run);
        book_archive(&b, &archive);
        verify_text(buf_slice(&archive), b.vkey, run % 2 == 0 ? 2 : 1, &found);
        assert_clean(&found);
        bool has_own = forge_number_of(&b.f, "contract.activated") > 0; /* without, there is nothing of the service's own */
        for (int i = 0; i < FORGED && has_own; i++)
            forge_one(&archive, &b);
        payments += forge_number_of(&b.f, "payment.triggered");
        moments += forge_number_of(&b.f, "moment.reached");
        finals += forge_number_of(&b.f, "result.finalised");
        buf_release(&archive);
        book_end(&b);
    }
    assert_true(payments > RUNS && moments > RUNS && finals > RUNS); /* the dice do reach what matters */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_history_replays_and_none_with_one_thing_wrong_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
