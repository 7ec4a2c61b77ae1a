/* Random commands: whatever happens, every model agrees on every decision (world_step), and what the rows say of money adds up. */
#include "../../support/random_story.h"
#include "tally/engine.h"
#include "texts.h"
#include "world.h"

#include "tally/text.h"

#define RUNS 60
#define STEPS 1000
#define SLEEPERS 12

static uint32_t previewed; /* that would have triggered something */

static const char *const contracts[] = {"a1", "b2", "c3"}, *const takers[] = {"d4", "e5"};

/* People, of whom four count, members of a class that are paid and pay, funders by a list, and what was settled as a figure. */
#define PEOPLE                                                                                                             \
    "terms 1\ncontract people \"People\"\ncurrency USD rounded to 0.01, half even\nclock UTC+02:00\n"                      \
    "runs 2012-01-01 to 2014-12-31\nparty buyer outcome payer \"Payer\"\nparty seller provider \"Maker\"\n"                \
    "party one evaluator \"One\"\nparties clinic provider \"Clinics\", at most 2 join until 2013-12-31\n"                  \
    "in force when buyer and 1/2 of clinic have signed\n"                                                                  \
    "disputes decided by one within 60 days, otherwise stands\n"                                                           \
    "dimension person persons, at most 4\ndimension funder (buyer, seller)\n"                                              \
    "period year every 1 year from 2012-01-01 to 2014-12-31\n"                                                             \
    "metric seen is shared.seen version 1 in days between 0 and 25\n  by person\n  reported by seller or buyer\n"          \
    "  verified by one or 20 days of silence\n  disputes within 40 days\n"                                                 \
    "metric acts is shared.acts version 1 in days\n  by clinic\n  reported by clinic\n  verified by one\n"                 \
    "metric paid is settlements of each_person in USD\n  by year\n"                                                        \
    "pay each_person from buyer to seller\n  for each person of seen\n  amount 0.333 per day of seen\n"                    \
    "pay each_clinic from funder to clinic\n  for each clinic, funder of acts\n  amount 0.5 per day of acts\n"             \
    "pay back from clinic to buyer\n  for each clinic of acts\n  amount 0.1 per day of acts\n"                             \
    "pay passed from seller to buyer\n  for each year\n  amount 10% * paid\n"                                              \
    "cap 9 on each_person\n"

/* What another contract pays for each place, once more; by the hash of its version. */
static void propose_user(struct world *w)
{
    char hex[65];
    if (w->base.contracts_count == 0 || w->terms_count > 200)
        return;
    const struct row_contract *used = &w->base.contracts[dice(w->base.contracts_count)];
    text_hex(used->version_hash, sizeof used->version_hash, hex);
    const char *text =
        arena_printf(w->arena,
                     "terms 1\ncontract taker \"Taker\"\ncurrency USD rounded to 0.01, half even\nclock UTC+02:00\n"
                     "runs 2012-01-01 to 2013-12-31\nparty buyer outcome payer \"Payer\"\nparty seller provider \"Maker\"\n"
                     "in force when seller have signed\nuses base is contract %s%s\ndimension place (north, south)\n"
                     "metric paid is each_place of base in USD\n  by place\n%s"
                     "pay each_place from buyer to seller\n  for each place\n  amount round(0.5 * paid, 0.01, half even)\n",
                     hex, dice(2) == 0 ? " as amended" : "", dice(2) == 0 ? "" : "  until 2013-02-01\n  if late use 3\n")
            .ptr;
    do_propose(w, "seller", takers[dice(2)], text, UNITS_PARTIES);
}

static void sign_user(struct world *w)
{
    const char *id = takers[dice(2)];
    for (uint32_t i = 0; i < w->base.contracts_count; i++) {
        if (slice_is(w->base.contracts[i].id, id))
            do_sign(w, "seller", id, "seller");
    }
}

static void propose(struct world *w)
{
    const char *id = contracts[dice(3)];
    uint32_t which = dice(4);
    if (which == 3)
        do_propose(w, "seller", id, PEOPLE, "buyer=buyer one=one seller=seller");
    else if (which == 0)
        do_propose(w, "buyer", id, UNITS("units"), UNITS_PARTIES);
    else if (which == 1)
        do_propose(w, "seller", id, SILENT, "buyer=buyer one=one seller=seller two=two");
    else
        do_propose(w, "seller", id, CHECKED, "buyer=buyer one=one seller=seller two=two");
}

static void sign(struct world *w)
{
    static const char *const parties[] = {"buyer", "seller", "one"};
    const char *id = contracts[dice(3)], *as = parties[dice(3)];
    for (uint32_t i = 0; i < w->base.contracts_count; i++) {
        if (slice_is(w->base.contracts[i].id, id))
            do_sign(w, dice(5) == 0 ? "hub" : as, id, as);
    }
}

static void accede(struct world *w)
{
    const char *id = contracts[dice(3)];
    for (uint32_t i = 0; i < w->base.contracts_count; i++) {
        if (slice_is(w->base.contracts[i].id, id))
            do_accede(w, actors[1 + dice(5)], id, dice(9) == 0 ? "buyer" : "clinic");
    }
}

/* The text in force of a contract, and its version. */
static struct slice text_in_force(const struct world *w, const struct row_contract *contract, uint32_t *version)
{
    struct slice text = contract->text;
    *version = 1;
    for (uint32_t i = 0; i < w->base.amendments_count; i++) {
        const struct row_amendment *row = &w->base.amendments[i];
        if (row->in_force_seq == ROW_NO_SEQ || row->version < *version || !slice_equal(row->contract, contract->id))
            continue;
        *version = row->version;
        text = row->text;
    }
    return text;
}

/* The next version of a text: another day, and mostly another number, cap, verifier or time to wait. */
static const char *next_text(struct world *w, struct slice text, uint32_t version)
{
    static const char *const swaps[][2] = {{"0.333", "0.5"},
                                           {"0.5", "0.25"},
                                           {"2.50", "3"},
                                           {"cap 12 ", "cap 7 "},
                                           {"cap 6 ", "cap 4 "},
                                           {"final 3 days", "final 9 days"},
                                           {"1 of (one, two)", "one and two"},
                                           {"reported by seller or buyer", "reported by seller"},
                                           {"reported by seller\n", "reported by buyer\n"},
                                           {"reported by seller\n", "reported by buyer\n"},
                                           {"within 40 days", "within 10 days"}};
    const char *from = world_keep(w, text).ptr, *header = strstr(from, "\ncurrency"), *old = strstr(from, " version ");
    const char *const *swap = swaps[dice(sizeof swaps / sizeof swaps[0])];
    uint8_t hash[32];
    char hex[65];
    world_sha256("", text, hash);
    text_hex(hash, sizeof hash, hex);
    const char *end = old != NULL && old < header ? old : header, *at = strstr(header, swap[0]);
    size_t cut = at == NULL ? strlen(header) : (size_t) (at - header);
    return arena_printf(w->arena, "%.*s version %" PRIu32 " amends %s effective 201%u-0%u-01%.*s%s%s", (int) (end - from),
                        from, version + 1, hex, 1 + dice(3), 1 + dice(9), (int) cut, header, at == NULL ? "" : swap[1],
                        at == NULL ? "" : at + strlen(swap[0]))
        .ptr;
}

/* V5: every view says the same, and nothing of it stays. */
static void preview(struct world *w, const char *by, const char *id, const char *text, const char *parties)
{
    struct command command;
    struct buf said, again;
    buf_init(&said, 32 << 20);
    buf_init(&again, 32 << 20);
    fill_proposal(w, &command, id, text, parties);
    command.kind = COMMAND_AMEND_CONTRACT;
    command.u.propose_contract.is_in_force = true;
    command.actor = slice_str(by);
    command.kid = arena_printf(w->arena, "k-%s", by);
    command.head_seq = w->seq - 1;
    (void) world_moments(w);
    for (int m = 0; m < WORLD_MODELS; m++) {
        world_fill(w, w->models[m], &command);
        struct decision decision = decide_once(w, w->models[m], &command);
        show_whole_decision(m == 0 ? &said : &again, &decision);
        if (m > 0)
            assert_string_equal(said.ptr, again.ptr);
        previewed += m == 0 && decision.changes.payments_count > 0;
    }
    buf_release(&said);
    buf_release(&again);
}

static void amend(struct world *w)
{
    uint32_t version = 0;
    if (w->base.contracts_count == 0 || w->terms_count > 200)
        return;
    const struct row_contract *contract = &w->base.contracts[dice(w->base.contracts_count)];
    struct slice text = text_in_force(w, contract, &version);
    bool is_units = slice_is(contract->slug, "units") || slice_is(contract->slug, "taker");
    const char *id = world_keep(w, contract->id).ptr;
    const char *by = dice(6) == 0 ? "hub" : dice(2) == 0 ? "buyer" : "seller", *next = next_text(w, text, version);
    const char *parties = is_units       ? (dice(3) == 0 ? "buyer=buyer seller=hub" : UNITS_PARTIES)
                          : dice(3) == 0 ? "buyer=buyer one=two seller=seller two=one"
                          : dice(2) == 0 ? "buyer=buyer one=one seller=hub two=two"
                                         : "buyer=buyer one=one seller=seller two=two";
    preview(w, by, id, next, parties);
    do_amend(w, by, id, next, parties);
}

static void sign_amendment(struct world *w)
{
    if (w->base.amendments_count == 0)
        return;
    const struct row_amendment *row = &w->base.amendments[dice(w->base.amendments_count)];
    uint64_t seq = row->seq;
    const char *id = world_keep(w, row->contract).ptr;
    for (uint32_t i = 0; i < w->base.signers_count; i++) { /* mostly everybody, otherwise nothing would ever be amended */
        const struct row_signer *signer = &w->base.signers[i];
        if (signer->amendment_seq == seq && dice(6) != 0)
            do_sign_amendment(w, world_keep(w, signer->party.actor).ptr, id, world_keep(w, signer->party.party).ptr, seq);
    }
}

static void submit(struct world *w)
{
    char texts[3][80];
    const char *list[3];
    int count = 1 + (int) dice(3);
    const char *by = actors[dice(6)];
    for (int i = 0; i < count; i++) {
        uint32_t what = dice(9);
        if (what == 0)
            snprintf(texts[i], sizeof(texts[i]), "=%s/bonus - %u", contracts[dice(3)], dice(120));
        else if (what <= 3)
            snprintf(texts[i], sizeof(texts[i]), "shared.seen/1 person=p-0123456789abcdef0123-%u %u", dice(7), dice(30));
        else if (what <= 5)
            snprintf(texts[i], sizeof(texts[i]), "shared.acts/1 clinic=%s %u", dice(4) == 0 ? actors[1 + dice(5)] : by,
                     dice(30));
        else
            snprintf(texts[i], sizeof(texts[i]), "shared.units/1 place=%s %u", places[dice(3)], dice(30));
        list[i] = texts[i];
    }
    do_results(w, by, dice(2) == 0, count, list);
}

static void verify(struct world *w)
{
    uint32_t items[1] = {dice(3)};
    if (w->base.results_count == 0)
        return;
    uint64_t seq = w->base.results[dice(w->base.results_count)].seq;
    do_verify(w, actors[2 + dice(4)], seq, dice(2), items);
}

/* One or two results, mostly by their author; not always heads. */
static void change(struct world *w)
{
    char texts[2][80];
    const char *list[2] = {texts[0], texts[1]};
    uint32_t places_of[2];
    if (w->base.results_count < 2)
        return;
    bool is_withdrawal = dice(3) == 0;
    places_of[0] = dice(w->base.results_count - 1);
    places_of[1] = places_of[0] + 1 + dice(w->base.results_count - places_of[0] - 1);
    for (int i = 0; i < 2; i++) {
        const struct row_result *row = &w->base.results[places_of[i]];
        if (is_withdrawal)
            snprintf(texts[i], sizeof(texts[i]), "%" PRIu64 ".%" PRIu32, row->seq, row->item);
        else
            snprintf(texts[i], sizeof(texts[i]), "%" PRIu64 ".%" PRIu32 " %u", row->seq, row->item, dice(30));
    }
    const struct row_result *first = &w->base.results[places_of[0]];
    const char *author = arena_printf(w->arena, "%.*s", SLICE_ARG(first->author)).ptr;
    do_change(w, dice(3) == 0 ? actors[1 + dice(3)] : author, first->seq, is_withdrawal, dice(2) == 0, 1 + (int) dice(2),
              list);
}

static void dispute(struct world *w)
{
    uint32_t items[1] = {dice(3)};
    if (w->base.results_count == 0)
        return;
    uint64_t seq = w->base.results[dice(w->base.results_count)].seq;
    do_dispute(w, actors[2 + dice(4)], seq, contracts[dice(3)], dice(2), items);
}

static void resolve(struct world *w)
{
    uint32_t items[1] = {dice(3)};
    char value[8];
    if (w->base.disputes_count == 0)
        return;
    enum decision_kind kind = (enum decision_kind) dice(3);
    snprintf(value, sizeof(value), "%u", dice(30));
    uint64_t seq = w->base.disputes[dice(w->base.disputes_count)].seq;
    do_resolve(w, actors[2 + dice(4)], seq, kind, kind == DECISION_REPLACED ? value : "", dice(2), items);
}

static void settle(struct world *w)
{
    char amount[16], day[32];
    if (w->base.payments_count == 0)
        return;
    snprintf(amount, sizeof(amount), "%u.%02u", dice(2), dice(100));
    snprintf(day, sizeof(day), "201%u-%02u-01", 1 + dice(5), 1 + dice(12));
    do_settle_on(w, actors[1 + dice(3)], w->base.payments[dice(w->base.payments_count)].seq, amount, day);
}

static void change_keys(struct world *w)
{
    struct command command = {.kind = COMMAND_ADD_KEY};
    const char *actor = actors[dice(6)];
    char kid[16];
    snprintf(kid, sizeof(kid), "k%u", dice(8));
    if (dice(2) == 0) {
        command.u.add_key.id = slice_str(actor);
        command.u.add_key.kid = world_keep(w, slice_str(kid));
        command.u.add_key.x = SLICE("x");
    } else {
        command.kind = COMMAND_REVOKE_KEY;
        command.u.revoke_key.id = slice_str(actor);
        command.u.revoke_key.kid = world_keep(w, slice_str(kid));
    }
    world_do(w, dice(3) == 0 ? "op" : actor, &command);
}

static uint32_t days_most = 4; /* and one less pass between deeds */
static bool is_awake;          /* each hour of them is looked at */

static void pass(struct world *w, uint32_t days)
{
    for (uint32_t hour = 0; hour < 24 * days; hour++) {
        w->time.us += INT64_C(3600) * 1000000;
        if (is_awake)
            (void) world_moments(w);
    }
}

static void step(struct world *w)
{
    static void (*const deeds[])(struct world *) = {
        propose,        sign,         sign,        submit,  submit,  submit,  accede,  verify,  verify,  verify, verify,
        settle,         settle,       change_keys, change,  change,  dispute, dispute, resolve, resolve, submit, amend,
        sign_amendment, propose_user, sign_user,   dispute, resolve, resolve, change,  change,  dispute, resolve};
    pass(w, dice(days_most));
    (void) world_moments(w); /* deeds choose among what there is */
    deeds[dice(sizeof(deeds) / sizeof(deeds[0]))](w);
}

static struct slice sum(struct world *w, struct slice a, struct slice b)
{
    struct slice out;
    assert_int_equal(money_add(a, b, w->arena, &out, NULL), TALLY_OK);
    return out;
}

/* What stands of a rule is the sum of what was triggered by it, less what is owed back. */
static void assert_sums(struct world *w)
{
    for (uint32_t c = 0; c < w->base.contracts_count; c++) {
        struct slice stands = SLICE("0.00"), paid = SLICE("0.00"), id = w->base.contracts[c].id;
        int order = 0;
        for (uint32_t i = 0; i < w->base.instances_count; i++) {
            if (slice_equal(w->base.instances[i].contract, id))
                stands = sum(w, stands, w->base.instances[i].stands);
        }
        for (uint32_t i = 0; i < w->base.payments_count; i++) {
            const struct row_payment *payment = &w->base.payments[i];
            struct slice amount = payment->amount;
            if (!slice_equal(payment->contract, id))
                continue;
            if (payment->is_owed_back)
                assert_int_equal(money_negate(payment->amount, w->arena, &amount, NULL), TALLY_OK);
            paid = sum(w, paid, amount);
            assert_int_equal(money_compare(payment->settled, payment->amount, &order, NULL), TALLY_OK);
            assert_true(order <= 0);
        }
        assert_int_equal(money_compare(stands, paid, &order, NULL), TALLY_OK);
        assert_int_equal(order, 0);
    }
}

/* P1: evaluating again with nothing new triggers nothing. */
static void assert_quiet(struct world *w)
{
    struct model *model = w->models[0];
    for (uint32_t c = 0; c < w->base.contracts_count; c++) {
        struct needs needs = {.arena = w->arena};
        struct engine_input input;
        struct engine_output *output = NULL;
        if (w->base.contracts[c].state != CONTRACT_IN_FORCE)
            continue;
        assert_int_equal(model_needs_contract(model, w->base.contracts[c].id, &needs, NULL), TALLY_OK);
        for (uint32_t i = 0; i < needs.count; i++)
            load(w, model, &needs.items[i]);
        assert_int_equal(model_evaluate(model, w->base.contracts[c].id, w->time, w->arena, &input, &output, NULL),
                         TALLY_OK);
        for (size_t i = 0; i < output->count; i++)
            assert_false(output->instances[i].has_difference);
    }
}

/* S2: of the chains of a key one counts at most, and what counts is the newest final of its chain, which nobody has annulled. */
static void assert_one_chain_counts(const struct world *w)
{
    for (uint32_t i = 0; i < w->base.finals_count; i++) {
        const struct row_final *a = &w->base.finals[i];
        const struct row_final *newest = a;
        for (uint32_t k = 0; k < w->base.finals_count; k++) {
            const struct row_final *b = &w->base.finals[k];
            if (slice_equal(a->contract, b->contract) && a->version == b->version && slice_equal(a->metric, b->metric) &&
                slice_equal(a->key, b->key)) {
                if (b->seq > newest->seq)
                    newest = b;
                /* a value of another chain comes only after the end of this one */
                if (b->seq > a->seq && b->first_seq != a->first_seq && !a->is_none) {
                    bool has_ended = false;
                    for (uint32_t e = 0; e < w->base.finals_count; e++) {
                        const struct row_final *end = &w->base.finals[e];
                        has_ended = has_ended || (end->is_none && end->first_seq == a->first_seq && end->seq > a->seq - 1 &&
                                                  end->seq <= b->seq && end->version == a->version &&
                                                  slice_equal(end->contract, a->contract) && slice_equal(end->key, a->key));
                    }
                    assert_true(has_ended);
                }
            }
        }
        for (uint32_t k = 0; k < w->base.decisions_count; k++) {
            const struct row_decision *decision = &w->base.decisions[k];
            if (decision->kind == DECISION_ANNULLED && decision->result_seq == newest->result_seq &&
                decision->item == newest->item && slice_equal(decision->contract, newest->contract))
                assert_true(newest->is_none || newest->seq < decision->seq);
        }
    }
}

/* Every finalised result was verified as its contract says, by another than its author. */
static void assert_nobody_verified_themselves(const struct world *w)
{
    for (uint32_t i = 0; i < w->base.verifications_count; i++) {
        for (uint32_t k = 0; k < w->base.results_count; k++) {
            if (w->base.results[k].seq == w->base.verifications[i].result_seq)
                assert_false(slice_equal(w->base.results[k].author, w->base.verifications[i].actor));
        }
    }
}

static bool has_word(struct slice text, const char *word)
{
    return memmem(text.ptr, text.len, word, strlen(word)) != NULL;
}

/* Whoever is paid or pays as a member of a class had joined it, and as many as may. */
static void assert_members_joined(const struct world *w)
{
    for (uint32_t i = 0; i < w->base.payments_count; i++) {
        const struct row_payment *payment = &w->base.payments[i];
        bool is_from = slice_is(payment->from_party, "clinic"), is_to = slice_is(payment->to_party, "clinic");
        bool has_joined = !is_from && !is_to;
        for (uint32_t k = 0; k < w->base.accessions_count && !has_joined; k++) {
            const struct row_accession *row = &w->base.accessions[k];
            has_joined = slice_equal(row->contract, payment->contract) && row->seq < payment->seq &&
                         slice_equal(row->actor, is_from ? payment->from_actor : payment->to_actor);
        }
        assert_true(has_joined);
    }
    for (uint32_t c = 0; c < w->base.contracts_count; c++) {
        uint32_t count = 0;
        for (uint32_t k = 0; k < w->base.accessions_count; k++)
            count += slice_equal(w->base.accessions[k].contract, w->base.contracts[c].id);
        assert_true(count <= 2);
    }
}

/* P2, S7 */
static void assert_only_lists_of_persons_are_closed(const struct world *w)
{
    for (uint32_t i = 0; i < w->decision.event_count; i++) {
        const struct model_event *event = &w->decision.events[i];
        assert_int_equal(!event->open,
                         strcmp(event->type, "payment.itemised") == 0 && has_word(event->body, "each_person"));
    }
    for (uint32_t c = 0; c < w->base.contracts_count; c++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < w->base.instances_count; i++)
            count += slice_equal(w->base.instances[i].contract, w->base.contracts[c].id) &&
                     slice_is(w->base.instances[i].rule, "each_person") && money_sign(w->base.instances[i].stands) != 0;
        assert_true(count <= 4);
    }
}

static uint32_t members, paid_members, persons, passed_on;

static void count_new(const struct world *w)
{
    members += w->base.accessions_count;
    for (uint32_t i = 0; i < w->base.payments_count; i++) {
        paid_members += slice_is(w->base.payments[i].to_party, "clinic");
        persons += slice_is(w->base.payments[i].rule, "each_person");
        passed_on += slice_is(w->base.payments[i].rule, "passed");
    }
}

/* Chains that took the place of a former reporter's. */
static uint32_t count_successions(const struct world *w)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < w->base.finals_count; i++) {
        const struct row_final *end = &w->base.finals[i];
        bool is_of_chain = false;
        for (uint32_t k = 0; k < w->base.results_count && !is_of_chain; k++)
            is_of_chain = w->base.results[k].seq == end->result_seq && w->base.results[k].item == end->item &&
                          w->base.results[k].first_seq == end->first_seq;
        count += !is_of_chain;
    }
    return count;
}

/* Restatements and withdrawals that became final. */
static uint32_t count_changes(const struct world *w)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < w->base.finals_count; i++)
        count += w->base.finals[i].first_seq != w->base.finals[i].result_seq;
    return count;
}

/* Of three runs one has room for one thing in each entry, and one for a few: everything comes about all the same. */
static void begin_run(struct world *w, uint64_t run)
{
    static const size_t rooms[] = {MODEL_ENTRY_ROOM, 1, 20000};
    random_state = run * UINT64_C(0x9e3779b97f4a7c15);
    world_init(w);
    for (int m = 0; m < WORLD_MODELS; m++)
        model_set_entry_room(w->models[m], rooms[run % 3]);
    for (size_t i = 1; i < sizeof(actors) / sizeof(actors[0]); i++)
        do_register(w, "op", actors[i], i == 1);
    do_define(w, "hub", "shared.units", 1, "days");
    do_define(w, "hub", "shared.seen", 1, "days");
    do_define(w, "hub", "shared.acts", 1, "days");
}

static void any_history_gives_the_same_decisions_from_any_view(void **state)
{
    uint32_t payments = 0, finals = 0, changed = 0, decided = 0, amended = 0, taken = 0, succeeded = 0;
    (void) state;
    for (uint64_t run = 1; run <= RUNS; run++) {
        struct world w;
        begin_run(&w, run);
        for (int i = 0; i < STEPS; i++)
            step(&w);
        (void) world_moments(&w);
        assert_sums(&w);
        assert_quiet(&w);
        assert_one_chain_counts(&w);
        changed += count_changes(&w);
        succeeded += count_successions(&w);
        decided += w.base.decisions_count;
        for (uint32_t i = 0; i < w.base.amendments_count; i++)
            amended += w.base.amendments[i].in_force_seq != ROW_NO_SEQ;
        for (uint32_t i = 0; i < w.base.payments_count; i++)
            taken += slice_is(w.base.payments[i].contract, "d4") || slice_is(w.base.payments[i].contract, "e5");
        assert_nobody_verified_themselves(&w);
        assert_members_joined(&w);
        assert_only_lists_of_persons_are_closed(&w);
        payments += w.base.payments_count;
        finals += w.base.finals_count;
        count_new(&w);
        world_release(&w);
    }
    assert_true(payments > RUNS && finals > RUNS && changed > RUNS && decided > RUNS && amended > RUNS &&
                taken > RUNS / 2); /* the dice do reach what matters */
    assert_true(succeeded > RUNS / 6 && previewed > RUNS / 4);
    assert_true(members > RUNS && paid_members > RUNS / 2 && persons > RUNS && passed_on > RUNS / 2);
}

/* T3: silence, disputes that lapse, days that are reached and ends of contracts, many at one moment, come about in the same order whether
 * anybody looked at the clock when they did or only weeks later. */
static void who_slept_wakes_to_what_who_was_awake_saw(void **state)
{
    uint32_t moments = 0;
    (void) state;
    for (uint64_t run = 1; run <= SLEEPERS; run++) {
        struct world worlds[2];
        for (int i = 0; i < 2; i++) {
            is_awake = i == 0;
            begin_run(&worlds[i], 1000 + run);
            for (int k = 0; k < STEPS; k++) {
                days_most = k < STEPS / 2 ? 1 : 4; /* many contracts have come into force, and many results wait */
                step(&worlds[i]);
            }
            (void) world_moments(&worlds[i]);
        }
        assert_string_equal(worlds[0].log.ptr, worlds[1].log.ptr);
        for (const char *at = worlds[0].log.ptr; (at = strstr(at, "moment.reached")) != NULL; at++)
            moments++;
        for (int i = 0; i < 2; i++)
            world_release(&worlds[i]);
    }
    days_most = 4;
    is_awake = false;
    assert_true(moments > 5 * SLEEPERS);
}

static void trimming_gives_memory_back_and_forgets_no_moment(void **state)
{
    struct world w;
    (void) state;
    world_init(&w);
    do_register(&w, "op", "buyer", false);
    do_register(&w, "op", "seller", false);
    do_define(&w, "op", "shared.units", 1, "days");
    do_propose(&w, "buyer", "deal", UNITS("units"), UNITS_PARTIES);
    do_sign(&w, "buyer", "deal", "buyer");
    do_sign(&w, "seller", "deal", "seller");
    ASSERT_DONE(&w);
    struct model *model = w.models[2]; /* not the first, from which the rows of the base are borrowed */
    world_fill(&w, model, NULL);
    size_t before = model_memory(model);
    int64_t moment = model_next_moment(model).us;
    assert_true(moment < INT64_MAX);
    model_trim(model, before, 0);
    assert_int_equal(model_memory(model), before);
    model_trim(model, 0, 0);
    assert_true(model_memory(model) < before);
    assert_true(model_next_moment(model).us <= moment);
    world_day(&w, "2013-03-02");
    assert_int_equal(world_moments(&w), 1);
    world_release(&w);
}

static bool needs_contract(struct world *w, const struct model *model, const char *contract)
{
    struct needs needs = {.arena = w->arena};
    assert_int_equal(model_needs_contract(model, slice_str(contract), &needs, NULL), TALLY_OK);
    return needs.count > 0;
}

static void the_contracts_used_last_stay_however_large_they_are(void **state)
{
    struct world w;
    (void) state;
    world_init(&w);
    do_register(&w, "op", "buyer", false);
    do_register(&w, "op", "seller", false);
    do_define(&w, "op", "shared.units", 1, "days");
    const char *const ids[] = {"c0", "c1", "c2", "c3", "c4"};
    for (size_t i = 0; i <= MODEL_LASTING_CONTRACTS; i++) {
        do_propose(&w, "buyer", ids[i], UNITS("units"), UNITS_PARTIES);
        do_sign(&w, "buyer", ids[i], "buyer");
        do_sign(&w, "seller", ids[i], "seller");
        ASSERT_DONE(&w);
    }
    struct model *model = w.models[2]; /* not the first, from which the rows of the base are borrowed */
    model_forget(model);
    for (size_t i = 0; i <= MODEL_LASTING_CONTRACTS; i++) {
        struct needs needs = {.arena = w.arena};
        assert_int_equal(model_needs_contract(model, slice_str(ids[i]), &needs, NULL), TALLY_OK);
        for (uint32_t k = 0; k < needs.count; k++)
            load(&w, model, &needs.items[k]);
    }
    size_t before = model_memory(model);
    model_trim(model, 1, before);
    assert_true(model_memory(model) < before);
    assert_true(needs_contract(&w, model, "c0"));
    for (size_t i = 1; i <= MODEL_LASTING_CONTRACTS; i++)
        assert_false(needs_contract(&w, model, ids[i]));
    do_result(&w, "buyer", "shared.units/1 place=north 3"); /* all of them, from what stayed and what is loaded */
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.changes.payments_count, MODEL_LASTING_CONTRACTS + 1);
    model_trim(model, 1, 2); /* more than may last */
    for (size_t i = 0; i <= MODEL_LASTING_CONTRACTS; i++)
        assert_true(needs_contract(&w, model, ids[i]));
    do_result(&w, "buyer", "shared.units/1 place=south 3");
    assert_int_equal(w.decision.changes.payments_count, MODEL_LASTING_CONTRACTS + 1);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_history_gives_the_same_decisions_from_any_view),
        cmocka_unit_test(who_slept_wakes_to_what_who_was_awake_saw),
        cmocka_unit_test(trimming_gives_memory_back_and_forgets_no_moment),
        cmocka_unit_test(the_contracts_used_last_stay_however_large_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
