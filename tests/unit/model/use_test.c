/* Contracts that use other contracts, in the model (language.md U): what a proposal may use, what follows from what, and in which order. */
#include "texts.h"
#include "world.h"

static const char *const actors[] = {"bloomberg", "city", "goldman", "mdrc", "vera", "buyer", "seller"};

static void begin(struct world *w)
{
    world_init(w);
    world_day(w, "2012-08-01");
    for (size_t i = 0; i < sizeof actors / sizeof actors[0]; i++)
        do_register(w, "op", actors[i], false);
    do_define(w, "op", "nyc.bed-days", 1, "days per person");
    do_define(w, "op", "nyc.significant", 1, "true or false");
    do_define(w, "op", "shared.units", 1, "days");
}

static void sign_all(struct world *w, const char *id, const char *const *parties, int count)
{
    for (int i = 0; i < count; i++) {
        do_sign(w, parties[i], id, parties[i]);
        ASSERT_DONE(w);
    }
}

/* The text, in which @ stands for the hash of `used`. */
static const char *using(struct world *w, const char *text, const char *used)
{
    uint8_t hash[32];
    char hex[65];
    const char *at = strchr(text, '@');
    world_sha256("", slice_str(used), hash);
    text_hex(hash, sizeof hash, hex);
    return arena_printf(w->arena, "%.*s%s%s", (int) (at - text), text, hex, at + 1).ptr;
}

/* ---- 9.6 ---- */

#define GUARANTEE                                                                                                          \
    "terms 1\ncontract rikers-guarantee \"Guarantee of the Rikers Island loan\"\n"                                         \
    "currency USD rounded to 0.01, half even\nclock UTC-05:00\nruns 2012-09-01 to 2016-12-31\n"                            \
    "party bloomberg guarantor \"Bloomberg Philanthropies\"\nparty goldman investor \"Goldman Sachs\"\n"                   \
    "party mdrc intermediary \"MDRC\"\nin force when bloomberg and goldman have signed\n"                                  \
    "disputes decided by mdrc within 60 days, otherwise stands\nuses able is contract @\n"                                 \
    "metric city_paid is success of able where cohort = y2013 in USD between 0 and 11_712_000\n"                           \
    "metric drawn is drawn of able in USD between 0 and 9_600_000\n"                                                       \
    "metric deposited is \"Guarantee fund paid in so far\" in USD between 0 and 7_200_000\n"                               \
    "  reported by mdrc\n  verified by goldman\n  if missing use 0\n"                                                      \
    "pay guarantee from bloomberg to goldman\n  amount min(deposited, max(0, drawn - city_paid))\n"                        \
    "  not before 2016-09-30\ncap 7_200_000 on guarantee\n"
#define GUARANTEE_PARTIES "bloomberg=bloomberg goldman=goldman mdrc=mdrc"

/* The guarantee alone is proposed by its hash; both are in force. */
static void begin_rikers(struct world *w)
{
    static const char *const of_able[] = {"city", "mdrc", "goldman", "bloomberg"};
    begin(w);
    do_propose(w, "city", "able", RIKERS, RIKERS_PARTIES);
    sign_all(w, "able", of_able, 4);
    do_propose(w, "bloomberg", "guarantee", using(w, GUARANTEE, RIKERS), GUARANTEE_PARTIES);
    ASSERT_DONE(w);
    sign_all(w, "guarantee", (const char *const[]){"bloomberg", "goldman"}, 2);
}

static uint64_t report(struct world *w, const char *by, const char *result, const char *verifier)
{
    (void) world_moments(w);
    uint64_t seq = w->seq;
    do_result(w, by, result);
    ASSERT_DONE(w);
    if (verifier != NULL)
        do_verify(w, verifier, seq, 0, NULL);
    ASSERT_DONE(w);
    return seq;
}

/* The n-th event of the last decision triggers this. */
static void assert_paid(const struct world *w, uint32_t n, const char *rule, const char *amount, bool is_owed_back)
{
    char wanted[64];
    assert_event(w, n, "payment.triggered", NULL);
    const char *body = w->decision.events[n].body.ptr;
    (void) snprintf(wanted, sizeof wanted, "\"rule\":\"%s\"", rule);
    assert_non_null(strstr(body, wanted));
    (void) snprintf(wanted, sizeof wanted, "{\"amount\":\"%s\"", amount);
    assert_non_null(strstr(body, wanted));
    assert_non_null(strstr(body, is_owed_back ? "\"owed_back\":true" : "\"owed_back\":false"));
}

static const char *standing_of(const struct world *w, const char *metric)
{
    for (uint32_t i = 0; i < w->base.figures_count; i++) {
        const struct row_figure *row = &w->base.figures[i];
        if (slice_is(row->metric, metric))
            return row->standing == FIGURE_KNOWN     ? arena_printf(w->arena, "%.*s", SLICE_ARG(row->value)).ptr
                   : row->standing == FIGURE_BLOCKED ? "blocked"
                                                     : "unknown";
    }
    return "none";
}

static void a_guarantee_pays_on_the_shortfall_of_another_contract(void **state)
{
    struct world w;
    (void) state;
    begin_rikers(&w);
    assert_string_equal(standing_of(&w, "city_paid"), "unknown");
    world_day(&w, "2013-03-01");
    report(&w, "mdrc", "=able/drawn - 7200000", "goldman");
    report(&w, "mdrc", "=guarantee/deposited - 6000000", "goldman");
    assert_string_equal(standing_of(&w, "drawn"), "7200000");
    world_day(&w, "2015-07-02");
    report(&w, "mdrc", "nyc.bed-days/1 arm=programme,cohort=y2013 91", "vera");
    uint64_t comparison = report(&w, "mdrc", "nyc.bed-days/1 arm=comparison,cohort=y2013 100", "vera");
    report(&w, "vera", "nyc.significant/1 cohort=y2013 true", NULL);
    assert_paid(&w, 2, "success", "4800000.00", false);
    assert_int_equal(w.decision.event_count, 3); /* the guarantee's day has not come */
    assert_string_equal(standing_of(&w, "city_paid"), "4800000");
    world_day(&w, "2015-07-20");
    uint64_t dispute = w.seq;
    do_dispute(&w, "city", comparison, "able", 0, NULL);
    ASSERT_DONE(&w);
    assert_int_equal(w.decision.event_count, 0);
    assert_string_equal(standing_of(&w, "city_paid"), "blocked"); /* U6 */
    world_day(&w, "2015-09-01");
    do_resolve(&w, "vera", dispute, DECISION_STANDS, "", 0, NULL);
    ASSERT_DONE(&w);
    assert_string_equal(standing_of(&w, "city_paid"), "4800000");
    world_day(&w, "2016-10-01"); /* the day comes: 2016-09-30 */
    assert_int_equal(world_moments(&w), 1);
    assert_event(&w, 0, "moment.reached", "{\"at\":\"2016-09-30T05:00:00.000000Z\",\"contract\":\"guarantee\"}");
    assert_paid(&w, 2, "guarantee", "2400000.00", false);
    world_day(&w, "2016-11-01");
    do_restate(&w, "mdrc", comparison, "95");
    ASSERT_DONE(&w);
    do_verify(&w, "vera", w.seq - 1, 0, NULL);
    ASSERT_DONE(&w);
    assert_event(&w, 0, "result.finalised", NULL); /* in one entry, in this order (U5) */
    assert_paid(&w, 2, "success", "4800000.00", true);
    assert_paid(&w, 4, "guarantee", "3600000.00", false);
    assert_int_equal(w.decision.event_count, 5);
    /* T5: able closes on 2017-08-31; what it said last holds */
    world_day(&w, "2017-10-01");
    (void) world_moments(&w);
    assert_string_equal(standing_of(&w, "city_paid"), "0");
    world_release(&w);
}

/* Who comes late is told what stands there, also of what has closed. */
static void what_has_closed_can_be_used(void **state)
{
    struct world w;
    (void) state;
    static const char *const of_able[] = {"city", "mdrc", "goldman", "bloomberg"};
    begin(&w);
    do_propose(&w, "city", "able", RIKERS, RIKERS_PARTIES);
    sign_all(&w, "able", of_able, 4);
    world_day(&w, "2013-03-01");
    report(&w, "mdrc", "=able/drawn - 7200000", "goldman");
    world_day(&w, "2017-10-01");
    (void) world_moments(&w);
    do_propose(&w, "bloomberg", "guarantee", using(&w, GUARANTEE, RIKERS), GUARANTEE_PARTIES);
    ASSERT_DONE(&w);
    sign_all(&w, "guarantee", (const char *const[]){"bloomberg", "goldman"}, 2);
    assert_string_equal(standing_of(&w, "drawn"), "7200000");
    world_release(&w);
}

/* ---- proposals ---- */

#define COPY(slug, uses)                                                                                                   \
    "terms 1\ncontract " slug " \"Copy\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                            \
    "runs 2012-01-01 to 2013-12-31\nparty buyer outcome payer \"Buyer\"\nparty seller provider \"Seller\"\n" uses          \
    "pay again from buyer to seller\n  amount paid\n"
#define COPY_ALONE                                                                                                         \
    "terms 1\ncontract copy \"Copy\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                                \
    "runs 2012-01-01 to 2013-12-31\nparty buyer outcome payer \"Buyer\"\nparty seller provider \"Seller\"\n"               \
    "in force when buyer have signed\n" OF_UNITS("") "pay again from buyer to seller\n  amount paid\n"
#define OF_UNITS(how) "uses base is contract @" how "\nmetric paid is later of base in USD\n"
#define OF_COPY(how) "uses base is contract @" how "\nmetric paid is again of base in USD\n"

static void sign_both(struct world *w, const char *id)
{
    sign_all(w, id, (const char *const[]){"buyer", "seller"}, 2);
}

static void what_cannot_be_used_is_refused(void **state)
{
    struct world w;
    (void) state;
    begin(&w);
    do_propose(&w, "buyer", "copy", using(&w, COPY("copy", OF_UNITS("")), UNITS("units")), UNITS_PARTIES);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    assert_non_null(strstr(w.decision.refusal->errors->detail.ptr, "line 8, column 1: `base` cannot be used: no contract"));
    do_propose(&w, "buyer", "units", UNITS("units"), UNITS_PARTIES);
    do_propose(&w, "buyer", "copy",
               using(&w, COPY("copy", "uses base is contract @\nmetric paid is nothing of base in USD\n"), UNITS("units")),
               UNITS_PARTIES);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    assert_non_null(strstr(w.decision.refusal->errors->detail.ptr, "units has no metric, define or rule `nothing`"));
    do_propose(&w, "buyer", "twin", UNITS("units"), UNITS_PARTIES);
    do_propose(&w, "buyer", "copy", using(&w, COPY("copy", OF_UNITS("")), UNITS("units")), UNITS_PARTIES);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms"); /* which of the two? */
    char hex[65];
    text_hex(base_find_contract(&w, "twin")->version_hash, 32, hex);
    const char *by_version =
        arena_printf(w.arena, COPY("copy", "uses base is contract %s\nmetric paid is later of base in USD\n"), hex).ptr;
    do_propose(&w, "buyer", "copy", by_version, UNITS_PARTIES);
    ASSERT_DONE(&w);
    assert_non_null(strstr(base_find_contract(&w, "copy")->manifest.ptr, "\"uses\":{\"twin\":\""));
    world_release(&w);
}

static void contracts_rest_on_so_many_others(void **state)
{
    struct world w;
    (void) state;
    begin(&w);
    const char *text = UNITS("units");
    do_propose(&w, "buyer", "units", text, UNITS_PARTIES);
    for (int i = 0; i < 5; i++) {
        const char *id = arena_printf(w.arena, "copy-%d", i).ptr;
        const char *next = arena_printf(w.arena, "%s# %d\n",
                                        using(&w, i == 0 ? COPY("copy", OF_UNITS("")) : COPY("copy", OF_COPY("")), text), i)
                               .ptr;
        do_propose(&w, "buyer", id, next, UNITS_PARTIES);
        text = next;
        if (i < 4)
            ASSERT_DONE(&w);
    }
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    assert_non_null(strstr(w.decision.refusal->errors->detail.ptr, "rests on more than 4 contracts"));
    world_release(&w);
}

/* ---- chains, and amendments ---- */

static const char *amount_of(const struct world *w, const char *contract)
{
    for (uint32_t i = 0; i < w->base.instances_count; i++) {
        const struct row_instance *row = &w->base.instances[i];
        if (slice_is(row->contract, contract) && !slice_is(row->rule, "each_place"))
            return arena_printf(w->arena, "%.*s", SLICE_ARG(row->stands)).ptr;
    }
    return "none";
}

static void differences_flow_down_a_chain_in_one_entry(void **state)
{
    struct world w;
    (void) state;
    begin(&w);
    const char *copy = using(&w, COPY("copy", OF_UNITS("")), UNITS("units"));
    do_propose(&w, "buyer", "units", UNITS("units"), UNITS_PARTIES);
    do_propose(&w, "buyer", "copy", copy, UNITS_PARTIES);
    do_propose(&w, "buyer", "again", using(&w, COPY("again", OF_COPY("")), copy), UNITS_PARTIES);
    sign_both(&w, "again"); /* before what it uses: it waits */
    sign_both(&w, "copy");
    assert_string_equal(amount_of(&w, "again"), "none");
    sign_both(&w, "units");
    world_day(&w, "2013-04-01");
    (void) world_moments(&w);
    report(&w, "seller", "=units/bonus - 40", NULL);
    assert_paid(&w, 2, "later", "40.00", false);
    assert_int_equal(w.decision.event_count, 7);
    assert_string_equal(amount_of(&w, "copy"), "40.00");
    assert_string_equal(amount_of(&w, "again"), "40.00");
    assert_paid(&w, 4, "again", "40.00", false);
    assert_non_null(strstr(w.decision.events[4].body.ptr, "\"contract\":\"copy\""));
    assert_non_null(strstr(w.decision.events[6].body.ptr, "\"contract\":\"again\""));
    world_release(&w);
}

/* Each metric gets its own, in whatever order they take what. */
static void several_metrics_take_the_same_figure(void **state)
{
    struct world w;
    (void) state;
    begin(&w);
    const char *copy =
        using(&w,
              COPY("copy", OF_UNITS("") "metric bonus is bonus of base in USD\nmetric once_more is later of base in USD\n"
                                        "metric bonus_too is bonus of base in USD between 0 and 50\n"
                                        "pay a from buyer to seller\n  amount 2 * bonus\npay b from buyer to seller\n"
                                        "  amount 3 * once_more\npay c from buyer to seller\n  amount 4 * bonus_too\n"),
              UNITS("units"));
    do_propose(&w, "buyer", "units", UNITS("units"), UNITS_PARTIES);
    do_propose(&w, "buyer", "copy", copy, UNITS_PARTIES);
    ASSERT_DONE(&w);
    sign_both(&w, "copy");
    sign_both(&w, "units");
    world_day(&w, "2013-04-01");
    (void) world_moments(&w);
    report(&w, "seller", "=units/bonus - 40", NULL);
    static const char *const paid[] = {"80.00", "120.00", "160.00"};
    uint32_t count = 0;
    for (uint32_t i = 0; i < w.base.instances_count; i++) {
        const struct row_instance *row = &w.base.instances[i];
        if (!slice_is(row->contract, "copy") || row->rule.len != 1)
            continue;
        assert_string_equal(arena_printf(w.arena, "%.*s", SLICE_ARG(row->stands)).ptr, paid[row->rule.ptr[0] - 'a']);
        count++;
    }
    assert_int_equal(count, 3);
    world_release(&w);
}

/* The units contract, amended: twice the bonus, and by another way of using. */
static const char *amended(struct world *w)
{
    const char *first = UNITS("units"), *title = "\"Units\"", *at = strstr(first, title),
               *amount = strstr(first, "amount bonus");
    uint8_t hash[32];
    char hex[65];
    world_sha256("", slice_str(first), hash);
    text_hex(hash, sizeof hash, hex);
    at += strlen(title);
    return arena_printf(w->arena, "%.*s version 2 amends %s effective 2012-01-01%.*s%s2 * bonus%s", (int) (at - first),
                        first, hex, (int) (amount - at), at, "amount ", amount + strlen("amount bonus"))
        .ptr;
}

static void as_amended_follows_the_text_in_force(void **state)
{
    struct world w;
    (void) state;
    begin(&w);
    do_propose(&w, "buyer", "units", UNITS("units"), UNITS_PARTIES);
    do_propose(&w, "buyer", "follows", using(&w, COPY("follows", OF_UNITS(" as amended")), UNITS("units")), UNITS_PARTIES);
    do_propose(&w, "buyer", "stays", using(&w, COPY("stays", OF_UNITS("")), UNITS("units")), UNITS_PARTIES);
    sign_both(&w, "units");
    sign_both(&w, "follows");
    sign_both(&w, "stays");
    world_day(&w, "2013-04-01");
    (void) world_moments(&w);
    report(&w, "seller", "=units/bonus - 40", NULL);
    assert_string_equal(amount_of(&w, "follows"), "40.00");
    uint64_t seq = w.seq;
    do_amend(&w, "buyer", "units", amended(&w), UNITS_PARTIES);
    ASSERT_DONE(&w);
    do_sign_amendment(&w, "buyer", "units", "buyer", seq);
    do_sign_amendment(&w, "seller", "units", "seller", seq);
    ASSERT_DONE(&w);
    assert_string_equal(amount_of(&w, "units"), "80.00");
    assert_string_equal(amount_of(&w, "follows"), "80.00");
    assert_string_equal(amount_of(&w, "stays"), "40.00"); /* another text computes it: unknown here (U2) */
    assert_true(w.base.figures_count == 2);
    assert_true(w.base.figures[0].standing != w.base.figures[1].standing);
    world_release(&w);
}

static void an_amendment_that_closes_a_circle_is_refused(void **state)
{
    struct world w;
    (void) state;
    begin(&w);
    const char *copy = using(&w, COPY("copy", OF_UNITS("")), UNITS("units"));
    do_propose(&w, "buyer", "units", UNITS("units"), UNITS_PARTIES);
    do_propose(&w, "buyer", "copy", copy, UNITS_PARTIES);
    sign_both(&w, "units");
    sign_both(&w, "copy");
    const char *text = amended(&w);
    const char *circle =
        using(&w,
              arena_printf(
                  w.arena, "%s%s", text,
                  "uses c is contract @\nmetric back is again of c in USD\npay more from buyer to seller\n  amount back\n")
                  .ptr,
              copy);
    do_amend(&w, "buyer", "units", circle, UNITS_PARTIES);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    assert_non_null(strstr(w.decision.refusal->errors->detail.ptr, "units cannot use copy, which uses it too"));
    world_release(&w);
}

/* The amended units contract with more: what it pays on top is that of another. */
static const char *amended_with_root(struct world *w)
{
    const char *more =
        "uses c is contract @\nmetric back is later of c in USD\npay more from buyer to seller\n  amount back\n";
    return using(w, arena_printf(w->arena, "%s%s", amended(w), more).ptr, UNITS("root"));
}

/* What is below an amended contract would else be further from the root than an entry's consequences go. */
static void an_amendment_makes_no_chain_longer_than_proposals_may(void **state)
{
    for (int copies = 3; copies <= 4; copies++) {
        struct world w;
        (void) state;
        begin(&w);
        const char *text = UNITS("units");
        do_propose(&w, "buyer", "units", text, UNITS_PARTIES);
        sign_both(&w, "units");
        for (int i = 0; i < copies; i++) {
            const char *id = arena_printf(w.arena, "copy-%d", i).ptr;
            text = using(&w, i == 0 ? COPY("copy", OF_UNITS("")) : COPY("copy", OF_COPY("")), text);
            do_propose(&w, "buyer", id, text, UNITS_PARTIES);
            sign_both(&w, id);
        }
        do_propose(&w, "buyer", "root", UNITS("root"), UNITS_PARTIES);
        ASSERT_DONE(&w);
        do_amend(&w, "buyer", "units", amended_with_root(&w), UNITS_PARTIES);
        if (copies == 3)
            ASSERT_DONE(&w);
        else
            ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
        world_release(&w);
    }
}

/* Each of them is evaluated by an entry that moves the first. */
static void who_uses_what_uses_a_contract_is_one_of_its_users(void **state)
{
    struct world w;
    (void) state;
    begin(&w);
    const char *middle = using(&w, COPY("copy", OF_UNITS("")), UNITS("units")),
               *last = using(&w, COPY("again", OF_COPY("")), middle);
    do_propose(&w, "buyer", "units", UNITS("units"), UNITS_PARTIES);
    sign_both(&w, "units");
    do_propose(&w, "buyer", "middle", middle, UNITS_PARTIES);
    sign_both(&w, "middle");
    for (int i = 0; i < 63; i++) {
        const char *id = arena_printf(w.arena, "last-%d", i).ptr;
        do_propose(&w, "buyer", id, last, UNITS_PARTIES);
        ASSERT_DONE(&w);
        sign_both(&w, id);
    }
    do_propose(&w, "buyer", "too-many", last, UNITS_PARTIES);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    assert_non_null(strstr(w.decision.refusal->errors->detail.ptr, "65 contracts would use units"));
    world_release(&w);
}

/* All that a text rests on is walked through whenever it is proposed or signed. */
static void a_text_uses_so_many_others_at_most(void **state)
{
    struct world w;
    struct buf text;
    (void) state;
    begin(&w);
    do_propose(&w, "buyer", "units", UNITS("units"), UNITS_PARTIES);
    for (int count = 32; count <= 33; count++) {
        buf_init(&text, 1 << 20);
        buf_printf(&text, "terms 1\ncontract fund \"Fund\"\ncurrency USD rounded to 0.01, half even\nclock UTC\n"
                          "runs 2012-01-01 to 2013-12-31\nparty buyer outcome payer \"Buyer\"\n"
                          "party seller provider \"Seller\"\nin force when buyer and seller have signed\n");
        for (int i = 0; i < count; i++)
            buf_printf(&text, "%s\n", using(&w, arena_printf(w.arena, "uses u%d is contract @", i).ptr, UNITS("units")));
        buf_printf(&text, "pay fee from buyer to seller\n  amount 5\n");
        do_propose(&w, "buyer", arena_printf(w.arena, "fund-%d", count).ptr, world_keep(&w, buf_slice(&text)).ptr,
                   UNITS_PARTIES);
        buf_release(&text);
        if (count == 32)
            ASSERT_DONE(&w);
        else
            ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    }
    assert_non_null(strstr(w.decision.refusal->errors->detail.ptr, "`u32` cannot be used: a text uses 32 others at most"));
    world_release(&w);
}

/* Anybody may use what is open, and a party of it still finds a place. */
static void strangers_take_half_of_the_places_of_what_they_use(void **state)
{
    struct world w;
    (void) state;
    begin(&w);
    const char *copy = using(&w, COPY("copy", OF_UNITS("")), UNITS("units"));
    do_propose(&w, "buyer", "units", UNITS("units"), UNITS_PARTIES);
    sign_both(&w, "units");
    for (int i = 0; i < 32; i++) {
        const char *id = arena_printf(w.arena, "copy-%d", i).ptr;
        do_propose(&w, "city", id, copy, "buyer=city seller=vera");
        ASSERT_DONE(&w);
        do_sign(&w, "city", id, "buyer");
        do_sign(&w, "vera", id, "seller");
        ASSERT_DONE(&w);
    }
    do_propose(&w, "city", "too-many", copy, "buyer=city seller=vera");
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    assert_non_null(strstr(w.decision.refusal->errors->detail.ptr,
                           "33 contracts that no party of units has signed would use it, and there is room for 32"));
    for (int i = 0; i < 32; i++) {
        const char *id = arena_printf(w.arena, "ours-%d", i).ptr;
        do_propose(&w, "buyer", id, copy, "buyer=buyer seller=vera");
        ASSERT_DONE(&w);
        do_sign(&w, "vera", id, "seller");
        do_sign(&w, "buyer", id, "buyer");
        ASSERT_DONE(&w);
    }
    do_propose(&w, "buyer", "too-many", copy, UNITS_PARTIES);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    assert_non_null(strstr(w.decision.refusal->errors->detail.ptr, "65 contracts would use units"));
    world_release(&w);
}

/* To name a party is no way to its places: it has to sign before the contract is in force. */
static void whom_a_stranger_names_does_not_make_it_less_strange(void **state)
{
    struct world w;
    (void) state;
    begin(&w);
    const char *copy = using(&w, COPY("copy", OF_UNITS("")), UNITS("units"));
    const char *alone = using(&w, COPY_ALONE, UNITS("units"));
    do_propose(&w, "buyer", "units", UNITS("units"), UNITS_PARTIES);
    sign_both(&w, "units");
    for (int i = 0; i < 32; i++) {
        const char *id = arena_printf(w.arena, "copy-%d", i).ptr;
        do_propose(&w, "city", id, copy, "buyer=city seller=vera");
        do_sign(&w, "city", id, "buyer");
        do_sign(&w, "vera", id, "seller");
        ASSERT_DONE(&w);
    }
    do_propose(&w, "city", "named", alone, "buyer=city seller=seller");
    ASSERT_DONE(&w);
    do_sign(&w, "city", "named", "buyer");
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_USES);
    do_sign(&w, "seller", "named", "seller");
    ASSERT_DONE(&w);
    do_sign(&w, "city", "named", "buyer");
    ASSERT_DONE(&w);
    world_release(&w);
}

#define WITH_EXTRA                                                                                                         \
    "terms 1\ncontract copy \"Copy\"\ncurrency USD rounded to 0.01, half even\nclock UTC+01:00\n"                          \
    "runs 2012-01-01 to 2013-12-31\nparty buyer outcome payer \"Buyer\"\nparty seller provider \"Seller\"\n"               \
    "uses base is contract @\nmetric paid is later of base in USD\n  if missing use 0\n"                                   \
    "metric extra is \"Extra\" in USD between 0 and 100\n  reported by seller\n"                                           \
    "  verified by buyer or 10 days of silence\n  if missing use 0\n"                                                      \
    "pay again from buyer to seller\n  amount paid + extra\n"

/* What moves it is evaluated first; what is final on that day by its own clock is so by a moment of its own. */
static void a_moment_is_not_lost_to_that_of_what_is_used(void **state)
{
    struct world w;
    (void) state;
    begin(&w);
    do_propose(&w, "buyer", "units", UNITS("units"), UNITS_PARTIES);
    do_propose(&w, "buyer", "copy", using(&w, WITH_EXTRA, UNITS("units")), UNITS_PARTIES);
    ASSERT_DONE(&w);
    sign_both(&w, "units");
    sign_both(&w, "copy");
    world_day(&w, "2013-02-18");
    report(&w, "seller", "=units/bonus - 40", NULL); /* not before 2013-03-01 */
    report(&w, "seller", "=copy/extra - 3", NULL);
    world_day(&w, "2013-03-01");
    assert_int_equal(world_moments(&w), 2); /* of each, at the same moment */
    assert_string_equal(amount_of(&w, "copy"), "43.00");
    world_release(&w);
}

#define LATE_OF_UNITS "uses base is contract @\nmetric paid is later of base in USD\n  until 2013-05-01\n  if late use 7\n"

/* U4: what is unknown at the end of `until` takes the default for good; what was known then goes on. */
static void a_figure_that_was_unknown_in_time_takes_its_default(void **state)
{
    for (int known = 0; known < 2; known++) {
        struct world w;
        (void) state;
        begin(&w);
        do_propose(&w, "buyer", "units", UNITS("units"), UNITS_PARTIES);
        do_propose(&w, "buyer", "copy", using(&w, COPY("copy", LATE_OF_UNITS), UNITS("units")), UNITS_PARTIES);
        ASSERT_DONE(&w);
        sign_both(&w, "copy");
        if (known == 1)
            sign_both(&w, "units");
        world_day(&w, "2013-04-10");
        (void) world_moments(&w);
        world_day(&w, "2013-06-01");
        (void) world_moments(&w);
        assert_string_equal(amount_of(&w, "copy"), known == 1 ? "0.00" : "7.00");
        if (known == 0)
            sign_both(&w, "units");
        report(&w, "seller", "=units/bonus - 40", NULL);
        assert_string_equal(amount_of(&w, "copy"), known == 1 ? "40.00" : "7.00");
        world_release(&w);
    }
}

/* ---- U3: nobody signs what they cannot read ---- */

#define PLAIN(header, parties, uses, amount)                                                                               \
    "terms 1\ncontract plain \"Plain\"" header "\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                    \
    "runs 2012-01-01 to 2013-12-31\nparty buyer outcome payer \"Buyer\"\nparty seller provider \"Seller\"\n" parties uses  \
    "pay again from buyer to seller\n  amount " amount "\n"
#define SIGNED "in force when buyer and seller have signed\n"

/* For its parties alone. */
static void propose_private(struct world *w, const char *id, const char *text)
{
    struct command command;
    fill_proposal(w, &command, id, text, UNITS_PARTIES);
    command.u.propose_contract.open = false;
    world_do(w, "buyer", &command);
    ASSERT_DONE(w);
}

/* What is loaded of contracts with one text are two at most, whoever reads them. */
static void a_text_that_others_have_too_is_named_by_its_version(void **state)
{
    struct world w;
    (void) state;
    begin(&w);
    propose_private(&w, "units", UNITS("units"));
    do_propose(&w, "city", "twin", UNITS("units"), "buyer=city seller=city");
    ASSERT_DONE(&w);
    do_propose(&w, "city", "copy", using(&w, COPY("copy", OF_UNITS("")), UNITS("units")), "buyer=city seller=city");
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    assert_non_null(strstr(w.decision.refusal->errors->detail.ptr, "several contracts have this text"));
    world_release(&w);
}

static void who_leaves_reads_what_the_amendment_uses(void **state)
{
    static const char first[] = PLAIN("", "party city evaluator \"City\"\n", SIGNED, "5");
    static const char second[] = PLAIN(" version 2 amends @ effective 2012-06-01", "", SIGNED OF_UNITS(""), "paid");
    struct world w;
    (void) state;
    begin(&w);
    propose_private(&w, "units", UNITS("units"));
    do_propose(&w, "buyer", "plain", first, "buyer=buyer city=city seller=seller");
    ASSERT_DONE(&w);
    sign_all(&w, "plain", (const char *const[]){"buyer", "seller", "city"}, 3);
    do_amend(&w, "buyer", "plain", using(&w, using(&w, second, first), UNITS("units")), UNITS_PARTIES);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    assert_non_null(strstr(w.decision.refusal->errors->detail.ptr, "city is to sign, and cannot read units"));
    world_release(&w);
}

static void who_joins_reads_what_is_used(void **state)
{
    struct world w;
    (void) state;
    begin(&w);
    propose_private(&w, "units", UNITS("units"));
    propose_private(&w, "plain",
                    using(&w,
                          PLAIN("", "parties facility provider \"Facilities\", at most 2\n", SIGNED OF_UNITS(""), "paid"),
                          UNITS("units")));
    do_accede(&w, "city", "plain", "facility");
    ASSERT_REFUSED(&w, REFUSE_CONTRACT_USES);
    do_accede(&w, "seller", "plain", "facility");
    ASSERT_DONE(&w);
    world_release(&w);
}

/* Its manifest would name the other, and with which version one joins that; its payments what the other comes to. */
static void what_is_open_uses_nothing_that_is_not(void **state)
{
    struct world w;
    (void) state;
    begin(&w);
    propose_private(&w, "units", UNITS("units"));
    const char *copy = using(&w, COPY("copy", OF_UNITS("")), UNITS("units"));
    do_propose(&w, "buyer", "copy", copy, UNITS_PARTIES);
    ASSERT_REFUSED_AT(&w, REFUSE_CONTRACT_TERMS, "/terms");
    assert_non_null(strstr(w.decision.refusal->errors->detail.ptr, "units is not open, and what uses it would be"));
    propose_private(&w, "copy", copy);
    world_release(&w);
}

/* ---- V5: previews ---- */

/* What is triggered, by which rows of figures: what a preview must say, and the last signature must do. */
static void show_triggered(struct buf *out, const struct decision *decision)
{
    buf_clear(out);
    for (uint32_t i = 0; i < decision->event_count; i++)
        buf_printf(out, "%s\n", decision->events[i].type);
    for (uint32_t i = 0; i < decision->changes.payments_count; i++) {
        const struct row_payment *row = &decision->changes.payments[i];
        put_slice(out, row->contract), put_slice(out, row->rule), put_slice(out, row->from_actor);
        put_slice(out, row->to_actor), put_slice(out, row->amount), put_number(out, row->is_owed_back);
        put_number(out, row->instances), put_number(out, (uint64_t) (int64_t) row->due_on);
        buf_add_char(out, '\n');
    }
    for (uint32_t i = 0; i < decision->changes.payment_items_count; i++) {
        const struct row_payment_item *row = &decision->changes.payment_items[i];
        put_slice(out, row->key), put_slice(out, row->difference), put_slice(out, row->stands);
    }
    for (uint32_t i = 0; i < decision->changes.figures_count; i++)
        show_figure(out, &decision->changes.figures[i]);
}

static struct decision preview(struct world *w, const char *by, const char *id, const char *text, const char *parties)
{
    struct command command;
    struct decision decision = {0};
    struct buf said, again;
    buf_init(&said, 1 << 20);
    buf_init(&again, 1 << 20);
    (void) world_moments(w);
    fill_proposal(w, &command, id, text, parties);
    command.kind = COMMAND_AMEND_CONTRACT;
    command.u.propose_contract.is_in_force = true;
    command.actor = slice_str(by);
    command.kid = arena_printf(w->arena, "k-%s", by);
    command.head_seq = w->seq - 1;
    for (int m = 0; m < WORLD_MODELS; m++) {
        world_fill(w, w->models[m], &command);
        decision = decide_once(w, w->models[m], &command);
        show_whole_decision(m == 0 ? &said : &again, &decision);
        if (m > 0)
            assert_string_equal(said.ptr, again.ptr);
    }
    buf_release(&said);
    buf_release(&again);
    return decision;
}

/* Previews the amendment, then proposes and signs it; it must trigger what the preview said. Returns that. */
static const char *previewed(struct world *w, const char *id, const char *text)
{
    struct buf said, done;
    buf_init(&said, 1 << 20);
    buf_init(&done, 1 << 20);
    struct decision decision = preview(w, "buyer", id, text, UNITS_PARTIES);
    assert_null(decision.refusal);
    show_triggered(&said, &decision);
    uint64_t seq = w->seq;
    do_amend(w, "buyer", id, text, UNITS_PARTIES);
    ASSERT_DONE(w);
    do_sign_amendment(w, "buyer", id, "buyer", seq);
    ASSERT_DONE(w);
    do_sign_amendment(w, "seller", id, "seller", seq);
    ASSERT_DONE(w);
    show_triggered(&done, &w->decision);
    assert_string_equal(said.ptr, done.ptr);
    const char *out = world_keep(w, buf_slice(&said)).ptr;
    out = arena_printf(w->arena, "%.*s", (int) said.len, out).ptr;
    buf_release(&said);
    buf_release(&done);
    return out;
}

/* Of what is not open, too: its parties read what it says. */
static void rule_V5_a_preview_takes_the_figures_that_its_text_would(void **state)
{
    static const char first[] = PLAIN("", "", SIGNED, "5");
    static const char second[] = PLAIN(" version 2 amends @ effective 2012-01-01", "", SIGNED OF_UNITS(""), "paid");
    static const char third[] =
        PLAIN(" version 2 amends @ effective 2012-01-01", "", SIGNED OF_UNITS(" as amended"), "paid");
    for (int as_amended = 0; as_amended < 2; as_amended++) {
        struct world w;
        (void) state;
        begin(&w);
        propose_private(&w, "units", UNITS("units"));
        sign_both(&w, "units");
        propose_private(&w, "plain", first);
        sign_both(&w, "plain");
        world_day(&w, "2013-04-01");
        report(&w, "seller", "=units/bonus - 40", NULL);
        assert_string_equal(amount_of(&w, "plain"), "5.00");
        if (as_amended == 1) {
            uint64_t seq = w.seq;
            do_amend(&w, "buyer", "units", amended(&w), UNITS_PARTIES);
            ASSERT_DONE(&w);
            do_sign_amendment(&w, "buyer", "units", "buyer", seq);
            do_sign_amendment(&w, "seller", "units", "seller", seq);
            ASSERT_DONE(&w);
        }
        const char *text = using(&w, using(&w, as_amended == 1 ? third : second, first), UNITS("units"));
        assert_non_null(strstr(previewed(&w, "plain", text),
                               as_amended == 1 ? "again|buyer|seller|75.00|0" : "again|buyer|seller|35.00|0"));
        assert_string_equal(amount_of(&w, "plain"), as_amended == 1 ? "80.00" : "40.00");
        world_release(&w);
    }
}

/* A used contract that was never signed, one whose figure an amendment took away, and one that has closed. */
static void rule_V5_a_preview_knows_what_is_unknown(void **state)
{
    static const char first[] = PLAIN("", "", SIGNED, "5");
    static const char second[] =
        PLAIN(" version 2 amends @ effective 2012-01-01", "", SIGNED OF_UNITS("") "  if missing use 3\n", "paid");
    struct world w;
    (void) state;
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        begin(&w);
        do_propose(&w, "buyer", "units", UNITS("units"), UNITS_PARTIES);
        if (is_signed == 1)
            sign_both(&w, "units");
        do_propose(&w, "buyer", "plain", first, UNITS_PARTIES);
        sign_both(&w, "plain");
        world_day(&w, "2014-10-01"); /* units, if signed, has closed: nothing was reported there */
        const char *text = using(&w, using(&w, second, first), UNITS("units"));
        const char *said = previewed(&w, "plain", text);
        assert_non_null(strstr(said, is_signed == 1 ? "again|seller|buyer|5.00|1" : "again|seller|buyer|2.00|1"));
        world_release(&w);
    }
}

/* U5: what follows in the contracts that use the amended one; and each reader is told of its own. */
static void rule_V5_a_preview_goes_down_to_what_uses_the_amended(void **state)
{
    struct world w;
    struct command command;
    (void) state;
    begin(&w);
    do_propose(&w, "buyer", "units", UNITS("units"), UNITS_PARTIES);
    do_propose(&w, "buyer", "follows", using(&w, COPY("follows", OF_UNITS(" as amended")), UNITS("units")), UNITS_PARTIES);
    fill_proposal(&w, &command, "secret", using(&w, COPY("secret", OF_UNITS(" as amended")), UNITS("units")),
                  "buyer=city seller=goldman");
    command.u.propose_contract.open = false;
    world_do(&w, "city", &command);
    ASSERT_DONE(&w);
    sign_both(&w, "units");
    sign_both(&w, "follows");
    do_sign(&w, "city", "secret", "buyer");
    do_sign(&w, "goldman", "secret", "seller");
    ASSERT_DONE(&w);
    world_day(&w, "2013-04-01");
    report(&w, "seller", "=units/bonus - 40", NULL);
    assert_string_equal(amount_of(&w, "secret"), "40.00");
    const char *text = amended(&w);
    struct decision decision = preview(&w, "buyer", "units", text, UNITS_PARTIES);
    uint32_t hidden = 0;
    for (uint32_t i = 0; i < decision.event_count; i++) {
        bool is_secret = slice_is(decision.events[i].contract, "secret");
        hidden += is_secret;
        assert_int_equal(model_reads_event(w.models[0], &decision.events[i], SLICE("buyer")), !is_secret);
        assert_true(model_reads_event(w.models[0], &decision.events[i], SLICE("goldman")));
    }
    assert_int_equal(hidden, 2); /* its list and its payment */
    const char *said = previewed(&w, "units", text);
    assert_non_null(strstr(said, "follows|again|buyer|seller|40.00|0"));
    assert_non_null(strstr(said, "secret|again|city|goldman|40.00|0"));
    world_release(&w);
}

/* Whoever cannot read the used contract is told no more than that there is none; and nothing of a preview stays. */
static void rule_V5_a_preview_of_what_cannot_be_read_is_refused(void **state)
{
    static const char first[] = PLAIN("", "", SIGNED, "5");
    static const char second[] = PLAIN(" version 2 amends @ effective 2012-01-01", "", SIGNED OF_UNITS(""), "paid");
    struct world w;
    struct command command;
    (void) state;
    begin(&w);
    propose_private(&w, "units", UNITS("units"));
    sign_both(&w, "units");
    fill_proposal(&w, &command, "plain", first, "buyer=city seller=goldman");
    command.u.propose_contract.open = false;
    world_do(&w, "city", &command);
    do_sign(&w, "city", "plain", "buyer");
    do_sign(&w, "goldman", "plain", "seller");
    ASSERT_DONE(&w);
    const char *text = using(&w, using(&w, second, first), UNITS("units"));
    struct decision decision = preview(&w, "city", "plain", text, "buyer=city seller=goldman");
    assert_non_null(decision.refusal);
    assert_int_equal(decision.refusal->code, REFUSE_CONTRACT_TERMS);
    assert_non_null(strstr(decision.refusal->errors->detail.ptr, "no contract has the version"));
    world_day(&w, "2013-04-01");
    report(&w, "seller", "=units/bonus - 40", NULL);
    assert_string_equal(amount_of(&w, "plain"), "5.00");
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guarantee_pays_on_the_shortfall_of_another_contract),
        cmocka_unit_test(what_has_closed_can_be_used),
        cmocka_unit_test(what_cannot_be_used_is_refused),
        cmocka_unit_test(contracts_rest_on_so_many_others),
        cmocka_unit_test(what_is_open_uses_nothing_that_is_not),
        cmocka_unit_test(differences_flow_down_a_chain_in_one_entry),
        cmocka_unit_test(several_metrics_take_the_same_figure),
        cmocka_unit_test(as_amended_follows_the_text_in_force),
        cmocka_unit_test(an_amendment_that_closes_a_circle_is_refused),
        cmocka_unit_test(an_amendment_makes_no_chain_longer_than_proposals_may),
        cmocka_unit_test(who_uses_what_uses_a_contract_is_one_of_its_users),
        cmocka_unit_test(a_text_uses_so_many_others_at_most),
        cmocka_unit_test(strangers_take_half_of_the_places_of_what_they_use),
        cmocka_unit_test(whom_a_stranger_names_does_not_make_it_less_strange),
        cmocka_unit_test(a_moment_is_not_lost_to_that_of_what_is_used),
        cmocka_unit_test(a_figure_that_was_unknown_in_time_takes_its_default),
        cmocka_unit_test(a_text_that_others_have_too_is_named_by_its_version),
        cmocka_unit_test(who_leaves_reads_what_the_amendment_uses),
        cmocka_unit_test(who_joins_reads_what_is_used),
        cmocka_unit_test(rule_V5_a_preview_takes_the_figures_that_its_text_would),
        cmocka_unit_test(rule_V5_a_preview_knows_what_is_unknown),
        cmocka_unit_test(rule_V5_a_preview_goes_down_to_what_uses_the_amended),
        cmocka_unit_test(rule_V5_a_preview_of_what_cannot_be_read_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
