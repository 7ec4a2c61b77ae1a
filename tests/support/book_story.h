/* A story for who forges archives: small, and with something of everything. */
#ifndef TALLY_TESTS_BOOK_STORY_H
#define TALLY_TESTS_BOOK_STORY_H

#include "../unit/model/texts.h"
#include "book.h"

/* Two contracts on one indicator, `deal` by buyer and seller, `other` by third and seller; results, a restatement, a dispute with its
 * resolution, payments, a settlement, and what the clock alone brings. */
static inline void tell(struct book *b)
{
    book_begin(b);
    book_register(b, "buyer", "");
    book_register(b, "seller", "");
    book_register(b, "third", "");
    book_define(b, "shared.units", "days");
    BOOK_DONE(b, book_propose(b, "buyer", "deal", UNITS("units"), "buyer=buyer seller=seller"));
    BOOK_DONE(b, book_propose(b, "third", "other", UNITS("units"), "buyer=third seller=seller"));
    BOOK_DONE(b, book_sign_contract(b, "buyer", "deal", "buyer"));
    BOOK_DONE(b, book_sign_contract(b, "seller", "deal", "seller"));
    BOOK_DONE(b, book_sign_contract(b, "third", "other", "buyer"));
    BOOK_DONE(b, book_sign_contract(b, "seller", "other", "seller"));
    book_day(b, "2012-07-01");
    BOOK_SAID(b, "seller", "/v1/results",
              "{\"dimensions\":{\"place\":\"north\"},\"indicator\":\"shared.units\",\"value\":\"40\",\"version\":1}");
    uint64_t north = b->last;
    book_day(b, "2012-07-02");
    BOOK_SAID(b, "seller", "/v1/results",
              "{\"contract\":\"deal\",\"dimensions\":{},\"metric\":\"bonus\",\"value\":\"7.50\"}");
    char path[80];
    book_day(b, "2012-07-03");
    (void) snprintf(path, sizeof(path), "/v1/results/%llu/restatements", (unsigned long long) north);
    BOOK_SAID(b, "seller", path, "{\"value\":\"44\"}");
    book_day(b, "2012-08-01");
    BOOK_SAID(b, "seller", "/v1/results",
              "{\"dimensions\":{\"place\":\"south\"},\"indicator\":\"shared.units\",\"value\":\"10\",\"version\":1}");
    book_day(b, "2013-03-10"); /* the bonus was due on March 1st, by the clock */
    size_t payment = forge_find(&b->f, "payment.triggered", 0);
    (void) snprintf(path, sizeof(path), "/v1/payments/%zu/settlements", payment);
    BOOK_SAID(b, "buyer", path, "{\"amount\":\"100.00\",\"paid_on\":\"2013-03-09\",\"reference\":\"R-1\"}");
    book_day(b, "2014-08-01"); /* both have closed */
    book_register(b, "late", "");
}

#endif
