/* Contracts for the model's tests. */
#ifndef TESTS_MODEL_TEXTS_H
#define TESTS_MODEL_TEXTS_H

#define RIKERS_PARTIES "bloomberg=bloomberg city=city goldman=goldman mdrc=mdrc vera=vera"
#define RIKERS                                                                                                             \
    "terms 1\n"                                                                                                            \
    "contract rikers-able \"Rikers Island ABLE\"\n"                                                                        \
    "currency USD rounded to 0.01, half even\n"                                                                            \
    "clock UTC-05:00\n"                                                                                                    \
    "runs 2012-09-01 to 2016-08-31\n"                                                                                      \
    "closes 2017-08-31\n"                                                                                                  \
    "party city outcome payer \"City of New York\"\n"                                                                      \
    "party mdrc intermediary \"MDRC\"\n"                                                                                   \
    "party goldman investor \"Goldman Sachs\"\n"                                                                           \
    "party bloomberg guarantor \"Bloomberg Philanthropies\"\n"                                                             \
    "party vera evaluator \"Vera Institute of Justice\"\n"                                                                 \
    "in force when city, mdrc, goldman and bloomberg have signed\n"                                                        \
    "disputes decided by vera within 60 days, otherwise stands\n"                                                          \
    "dimension cohort (y2013 \"Released in 2013\")\n"                                                                      \
    "dimension arm (programme, comparison)\n"                                                                              \
    "metric bed_days is nyc.bed-days version 1 in days per person between 0 and 730\n"                                     \
    "  by arm, cohort\n  reported by mdrc\n  verified by vera\n  disputes within 30 days\n"                                \
    "metric significant is nyc.significant version 1 in true or false\n"                                                   \
    "  by cohort\n  reported by vera\n  disputes within 30 days\n"                                                         \
    "metric drawn is \"Principal drawn\" in USD between 0 and 9_600_000\n"                                                 \
    "  reported by mdrc\n  verified by goldman\n  if missing use 0\n"                                                      \
    "define reduction = 1 - bed_days[arm: programme] / bed_days[arm: comparison]\n"                                        \
    "pay success from city to mdrc\n  for each cohort\n  when significant\n"                                               \
    "  amount step of reduction:\n    at least 8.5%: 4_800_000\n    at least 10%: 9_600_000\n"                             \
    "    at least 20%: 11_712_000\n    otherwise: 0\n"                                                                     \
    "  due 30 days after\n"                                                                                                \
    "cap 11_712_000 on success\n"

/* One party pays another for each unit; anybody of the contract reports, nobody verifies. */
#define UNITS_PARTIES "buyer=buyer seller=seller"
#define UNITS(slug)                                                                                                        \
    "terms 1\n"                                                                                                            \
    "contract " slug " \"Units\"\n"                                                                                        \
    "currency USD rounded to 0.01, half even\n"                                                                            \
    "clock UTC+01:00\n"                                                                                                    \
    "runs 2012-01-01 to 2013-12-31\n"                                                                                      \
    "closes 2014-06-30\n"                                                                                                  \
    "party buyer outcome payer \"Buyer\"\n"                                                                                \
    "party seller provider \"Seller\"\n"                                                                                   \
    "in force when buyer and seller have signed\n"                                                                         \
    "disputes decided by buyer within 60 days, otherwise stands\n"                                                         \
    "dimension place (north, south)\n"                                                                                     \
    "metric units is shared.units version 1 in days between 0 and 1_000\n"                                                 \
    "  by place\n"                                                                                                         \
    "metric bonus is \"Bonus\" in USD between 0 and 100\n"                                                                 \
    "  reported by seller\n"                                                                                               \
    "  if missing use 0\n"                                                                                                 \
    "pay each_place from buyer to seller\n"                                                                                \
    "  for each place\n"                                                                                                   \
    "  amount 2.50 per day of units\n"                                                                                     \
    "pay later from buyer to seller\n"                                                                                     \
    "  amount bonus\n"                                                                                                     \
    "  not before 2013-03-01\n"

#endif
