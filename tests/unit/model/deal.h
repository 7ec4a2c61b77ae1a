/* A contract that is amended, for the model's tests, and what is done with it. */
#ifndef TESTS_MODEL_DEAL_H
#define TESTS_MODEL_DEAL_H

#include "world.h"

#include "tally/text.h"

/* One text with blanks: what stands behind the title, the parties, the verifiers, the amount. */
#define DEAL(header, parties, force, metric, amount)                                                                       \
    "terms 1\ncontract deal \"Deal\"" header "\ncurrency USD rounded to 0.01, half even\nclock UTC\n"                      \
    "runs 2012-01-01 to 2014-12-31\n"                                                                                      \
    "party buyer outcome payer \"Buyer\"\nparty seller provider \"Seller\"\n" parties force                                \
    "disputes decided by judge within 60 days, otherwise stands\n"                                                         \
    "period year every 1 year from 2012-01-01 to 2014-12-31\n"                                                             \
    "metric units is shared.units version 1 in days\n  by year\n" metric                                                   \
    "pay each_year from buyer to seller\n  for each year\n  amount " amount " per day of units\n"
#define JUDGE "party judge evaluator \"Judge\"\n"
#define CHECKER JUDGE "party checker auditor \"Checker\"\n"
#define ALL "in force when buyer and seller have signed\n"
#define VERIFIED "  reported by seller\n  verified by judge\n  disputes within 40 days\n"
#define FIRST DEAL("", JUDGE, ALL, VERIFIED, "2")
#define PARTIES "buyer=buyer judge=judge seller=seller"

#define Y2012 "shared.units/1 year=2012-01-01/2012-12-31 "
#define Y2013 "shared.units/1 year=2013-01-01/2013-12-31 "

/* The text, in which @ stands for the hash of the one in force, `before`. */
static inline const char *amends(struct world *w, const char *text, const char *before)
{
    uint8_t hash[32];
    char hex[65];
    const char *at = strchr(text, '@');
    world_sha256("", slice_str(before), hash);
    text_hex(hash, sizeof hash, hex);
    return arena_printf(w->arena, "%.*s%s%s", (int) (at - text), text, hex, at + 1).ptr;
}

static const char *const actors[] = {"buyer", "seller", "judge", "other", "judge2"};

static inline void begin(struct world *w, const char *text, const char *parties)
{
    world_init(w);
    for (size_t i = 0; i < sizeof actors / sizeof actors[0]; i++)
        do_register(w, "op", actors[i], false);
    do_define(w, "op", "shared.units", 1, "days");
    world_day(w, "2012-06-02");
    do_propose(w, "buyer", "deal", text, parties);
    ASSERT_DONE(w);
    do_sign(w, "buyer", "deal", "buyer");
    do_sign(w, "seller", "deal", "seller");
    ASSERT_DONE(w);
    assert_event(w, 0, "contract.activated", NULL);
}

static inline const char *stands(const struct world *w, const char *key)
{
    for (uint32_t i = 0; i < w->base.instances_count; i++) {
        if (slice_is(w->base.instances[i].key, key))
            return arena_printf(w->arena, "%.*s", SLICE_ARG(w->base.instances[i].stands)).ptr;
    }
    return "none";
}

#define KEY2012 "2012-01-01/2012-12-31"
#define KEY2013 "2013-01-01/2013-12-31"
#define SECOND_HEADER " version 2 amends @ effective 2013-06-01"

/* Proposed by the buyer; its number. */
static inline uint64_t propose(struct world *w, const char *text, const char *parties)
{
    (void) world_moments(w);
    uint64_t seq = w->seq;
    do_amend(w, "buyer", "deal", text, parties);
    ASSERT_DONE(w);
    return seq;
}

static inline void sign_both(struct world *w, uint64_t seq)
{
    do_sign_amendment(w, "buyer", "deal", "buyer", seq);
    ASSERT_DONE(w);
    assert_int_equal(w->decision.event_count, 0);
    do_sign_amendment(w, "seller", "deal", "seller", seq);
    ASSERT_DONE(w);
    assert_event(w, 0, "contract.amended", NULL);
}

/* The second text, with another seller; signed by all. */
static inline void replace_seller(struct world *w, const char *parties, const char *text)
{
    uint64_t seq = propose(w, text, parties);
    do_sign_amendment(w, "other", "deal", "seller", seq);
    ASSERT_DONE(w);
    do_sign_amendment(w, "buyer", "deal", "buyer", seq);
    do_sign_amendment(w, "seller", "deal", "seller", seq);
    ASSERT_DONE(w);
    assert_event(w, 0, "contract.amended", NULL);
}

static inline const char *second_text(struct world *w)
{
    return amends(w, DEAL(SECOND_HEADER, JUDGE, ALL, VERIFIED, "3"), FIRST);
}

#define OTHER_SELLS "buyer=buyer judge=judge seller=other"

static inline uint64_t reported(struct world *w, const char *by, const char *result)
{
    (void) world_moments(w);
    uint64_t seq = w->seq;
    do_result(w, by, result);
    ASSERT_DONE(w);
    do_verify(w, "judge", seq, 0, NULL);
    ASSERT_DONE(w);
    return seq;
}

#endif
