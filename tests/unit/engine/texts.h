/* Reconstructions of published contracts, as the specification of the language has them: its worked examples are vectors. */
#ifndef TALLY_TESTS_ENGINE_TEXTS_H
#define TALLY_TESTS_ENGINE_TEXTS_H

/* clang-format off */
#define TEXT_PETERBOROUGH \
    "terms 1\n" \
    "# Reconstruction. 10 % for a cohort, 7.5 % pooled: HMP Peterborough learning exercise. Amounts invented for the form.\n" \
    "contract peterborough \"Peterborough (One Service)\"\n" \
    "currency GBP rounded to 0.01, half even\n" \
    "clock UTC\n" \
    "runs 2010-09-01 to 2017-12-31\n" \
    "\n" \
    "party moj outcome payer \"Ministry of Justice\"\n" \
    "party investors investor \"17 charitable foundations\"\n" \
    "party social_finance intermediary \"Social Finance\"\n" \
    "party assessor evaluator \"Independent assessor\"\n" \
    "\n" \
    "in force when moj, investors and social_finance have signed\n" \
    "disputes decided by assessor within 60 days, otherwise stands\n" \
    "\n" \
    "dimension cohort (c1 \"First thousand\", c2 \"Second thousand\")\n" \
    "dimension arm (programme, comparison)\n" \
    "unit event events\n" \
    "\n" \
    "# reconviction events within 12 months of release; the comparison group is scaled to the size of the cohort\n" \
    "metric reoffences is moj.reconviction-events version 1 in events between 1 and 20_000\n" \
    "  by cohort, arm\n" \
    "  reported by social_finance\n" \
    "  verified by assessor\n" \
    "  disputes within 60 days\n" \
    "\n" \
    "define reduction = 1 - reoffences[arm: programme] / reoffences[arm: comparison]\n" \
    "define pooled = 1 - sum(reoffences[arm: programme] over cohort) / sum(reoffences[arm: comparison] over cohort)\n" \
    "\n" \
    "# paid early for a cohort that does well, or at the end for all together, never twice\n" \
    "pay early from moj to investors\n" \
    "  for each cohort\n" \
    "  when reduction >= 10%\n" \
    "  amount 1_000_000\n" \
    "\n" \
    "pay at_the_end from moj to investors\n" \
    "  when pooled >= 7.5%\n" \
    "  amount max(0, 3_000_000 - sum(early over cohort))\n"

#define TEXT_RIKERS_ABLE \
    "terms 1\n" \
    "# Reconstruction. Thresholds: Social Ventures Australia case page. Amounts: remembered, they reproduce the\n" \
    "# published returns to one decimal; not to be published as fact.\n" \
    "contract rikers-able \"Rikers Island ABLE\"\n" \
    "currency USD rounded to 0.01, half even\n" \
    "clock UTC-05:00\n" \
    "runs 2012-09-01 to 2016-08-31\n" \
    "closes 2017-08-31\n" \
    "\n" \
    "party city outcome payer \"City of New York\"\n" \
    "party mdrc intermediary \"MDRC\"\n" \
    "party goldman investor \"Goldman Sachs\"\n" \
    "party bloomberg guarantor \"Bloomberg Philanthropies\"\n" \
    "party vera evaluator \"Vera Institute of Justice\"\n" \
    "\n" \
    "in force when city, mdrc, goldman and bloomberg have signed\n" \
    "disputes decided by vera within 60 days, otherwise stands\n" \
    "\n" \
    "dimension cohort (y2013 \"Released in 2013\")\n" \
    "dimension arm (programme, comparison)\n" \
    "\n" \
    "# measured at 12 and 24 months in the community, the comparison group adjusted by the trend of 19-20 year olds\n" \
    "metric bed_days is nyc.recidivism-bed-days version 1 in days per person between 0 and 730\n" \
    "  by arm, cohort\n" \
    "  reported by mdrc\n" \
    "  verified by vera\n" \
    "  disputes within 30 days\n" \
    "\n" \
    "metric significant is nyc.recidivism-significant version 1 in true or false\n" \
    "  by cohort\n" \
    "  reported by vera\n" \
    "  disputes within 30 days\n" \
    "\n" \
    "metric drawn is \"Principal of the loan drawn so far, as notified by the borrower\" in USD between 0 and 9_600_000\n" \
    "  reported by mdrc\n" \
    "  verified by goldman\n" \
    "  if missing use 0\n" \
    "\n" \
    "define reduction = 1 - bed_days[arm: programme] / bed_days[arm: comparison]\n" \
    "\n" \
    "pay success from city to mdrc\n" \
    "  for each cohort\n" \
    "  when significant\n" \
    "  amount step of reduction:\n" \
    "    at least  8.5%:  4_800_000\n" \
    "    at least 10%:    9_600_000\n" \
    "    at least 11%:   10_080_000\n" \
    "    at least 12%:   10_176_000\n" \
    "    at least 12.5%: 10_272_000\n" \
    "    at least 13%:   10_368_000\n" \
    "    at least 16%:   10_944_000\n" \
    "    at least 20%:   11_712_000\n" \
    "    otherwise:               0\n" \
    "  due 30 days after\n" \
    "\n" \
    "cap 11_712_000 on success\n"

#define TEXT_RHINO \
    "terms 1\n" \
    "# Reconstruction. Table: INDIGO-POJ-0247.\n" \
    "contract rhino \"Wildlife Conservation Bond\"\n" \
    "currency USD rounded to 0.01, half even\n" \
    "currency ZAR rounded to 0.01, half even\n" \
    "clock UTC+02:00\n" \
    "runs 2022-03-31 to 2027-03-31\n" \
    "\n" \
    "party gef outcome payer \"Global Environment Facility\"\n" \
    "party bank intermediary \"World Bank\"\n" \
    "party holders investor \"Noteholders\"\n" \
    "party parks provider \"Addo Elephant and Great Fish River parks\"\n" \
    "party zsl evaluator \"Zoological Society of London\"\n" \
    "\n" \
    "in force when gef, bank and parks have signed\n" \
    "disputes decided by zsl within 60 days, otherwise stands\n" \
    "\n" \
    "period half_year every 6 months from 2022-04-01 to 2027-03-31\n" \
    "\n" \
    "metric growth is wcb.growth-rate version 1 in percent between -100% and 100%\n" \
    "  reported by zsl\n" \
    "  disputes within 60 days\n" \
    "\n" \
    "# per 1,000 of the notes; the coupons forgone go to the parks in rand\n" \
    "pay success from gef to holders\n" \
    "  amount (USD 150_000_000 / USD 1_000) * step of growth:\n" \
    "    above 0%: USD 36.69\n" \
    "    above 2%: USD 73.38\n" \
    "    above 4%: USD 91.73\n" \
    "    otherwise: USD 0\n" \
    "  not before 2027-03-31\n" \
    "pay conservation from bank to parks\n" \
    "  for each half_year\n" \
    "  amount ZAR 15_200_000\n" \
    "  not before end of half_year\n" \
    "\n" \
    "cap 13_760_000 on success\n"

#define TEXT_ROCA_WATERFALL \
    "terms 1\n" \
    "# Rows 27 and 28 in the core alone: draws, interest with a day count, a waterfall in order, whole cents.\n" \
    "# Amounts of the layers: Urban Institute fact sheet. Rates remembered. A contract of its own, fed by what the other one has paid.\n" \
    "contract roca-waterfall \"Distribution of success payments, Massachusetts Juvenile Justice\"\n" \
    "currency USD rounded to 0.01, half even\n" \
    "clock UTC-05:00\n" \
    "runs 2014-01-01 to 2021-12-31\n" \
    "\n" \
    "party ysi intermediary \"Youth Services Inc.\"\n" \
    "party senior investor \"Senior lender\"\n" \
    "party junior investor \"Junior lenders\"\n" \
    "party roca provider \"Roca Inc.\"\n" \
    "\n" \
    "in force when ysi, senior, junior and roca have signed\n" \
    "disputes decided by ysi within 30 days, otherwise stands\n" \
    "\n" \
    "period quarter every 3 months from 2014-01-01 to 2021-12-31\n" \
    "\n" \
    "metric senior_drawn is \"Senior loan drawn in the quarter\" in USD between 0 and 9_000_000\n" \
    "  by quarter\n" \
    "  reported by ysi\n" \
    "  verified by senior\n" \
    "  if missing use 0\n" \
    "metric junior_drawn is \"Junior loan drawn in the quarter\" in USD between 0 and 3_000_000\n" \
    "  by quarter\n" \
    "  reported by ysi\n" \
    "  verified by junior\n" \
    "  if missing use 0\n" \
    "metric received is \"Success payments received in the quarter, by the bank's date\" in USD between 0 and 27_000_000\n" \
    "  by quarter\n" \
    "  reported by ysi\n" \
    "  verified by senior\n" \
    "  if missing use 0\n" \
    "\n" \
    "# interest on the balance of the quarter before, 30E/360, each quarter to the cent\n" \
    "define quarter_of_year = fraction(start of quarter, 1 day after end of quarter, thirty_e_360)\n" \
    "define senior_owed in USD = senior_drawn\n" \
    "  + round(prior(quarter, senior_owed - to_senior, 0) * (1 + 5% * quarter_of_year), 0.01, half even)\n" \
    "define junior_owed in USD = junior_drawn\n" \
    "  + round(prior(quarter, junior_owed - to_junior, 0) * (1 + 2% * quarter_of_year), 0.01, half even)\n" \
    "define fee_owed in USD = prior(quarter, fee_owed - to_roca, 3_760_000)\n" \
    "\n" \
    "pay to_senior from ysi to senior\n" \
    "  for each quarter\n" \
    "  amount min(received, senior_owed)\n" \
    "pay to_junior from ysi to junior\n" \
    "  for each quarter\n" \
    "  amount min(received - to_senior, junior_owed)\n" \
    "pay to_roca from ysi to roca\n" \
    "  for each quarter\n" \
    "  amount min(received - to_senior - to_junior, fee_owed)\n" \
    "# what is left: half to the provider, half to the senior lender\n" \
    "pay success_fee from ysi to roca\n" \
    "  for each quarter\n" \
    "  amount 50% * (received - to_senior - to_junior - to_roca)\n" \
    "pay upside from ysi to senior\n" \
    "  for each quarter\n" \
    "  amount received - to_senior - to_junior - to_roca - success_fee\n"

#define TEXT_BENEVOLENT \
    "terms 1\n" \
    "# Reconstruction. Below 5 %: P gets its principal, E loses it; up to 10 % and 30 % a year: Banking Day. The scale between is invented.\n" \
    "contract benevolent \"Benevolent Society Social Benefit Bond\"\n" \
    "currency AUD rounded to 0.01, half even\n" \
    "clock UTC+10:00\n" \
    "runs 2013-10-01 to 2018-09-30\n" \
    "\n" \
    "party nsw outcome payer \"NSW Government\"\n" \
    "party p_class investor \"Holders of class P\"\n" \
    "party e_class investor \"Holders of class E\"\n" \
    "party certifier evaluator \"Independent certifier\"\n" \
    "\n" \
    "in force when nsw, p_class and e_class have signed\n" \
    "disputes decided by certifier within 30 days, otherwise stands\n" \
    "\n" \
    "dimension arm (programme, control)\n" \
    "unit entry entries\n" \
    "metric entries_to_care is tbs.entries-per-family version 1 in entries per person between 0.0001 and 10\n" \
    "  by arm\n" \
    "  reported by certifier\n" \
    "  disputes within 30 days\n" \
    "\n" \
    "define improvement = 1 - entries_to_care[arm: programme] / entries_to_care[arm: control]\n" \
    "\n" \
    "pay repay_p from nsw to p_class\n" \
    "  amount AUD 7_500_000 * (1 + (if improvement < 5% then 0% else linear of improvement: at 5%: 5% at 40%: 10% outside: flat)) ^ 5\n" \
    "  not before 2018-10-01\n" \
    "pay repay_e from nsw to e_class\n" \
    "  amount if improvement < 5% then 0\n" \
    "    else AUD 2_500_000 * (1 + (linear of improvement: at 5%: 8% at 40%: 30% outside: flat)) ^ 5\n" \
    "  not before 2018-10-01\n"

#define TEXT_EDUCATE_GIRLS \
    "terms 1\n" \
    "# Reconstruction. 80 / 20, principal 267,731, 15 % a year at most, one payment at the end: IDinsight, PND, INDIGO, Devex. Unit prices remembered.\n" \
    "contract educate-girls \"Educate Girls Development Impact Bond\"\n" \
    "currency CHF rounded to 0.01, half even\n" \
    "clock UTC+05:30\n" \
    "runs 2015-06-01 to 2018-06-30\n" \
    "\n" \
    "party ciff outcome payer \"Children's Investment Fund Foundation\"\n" \
    "party optimus investor \"UBS Optimus Foundation\"\n" \
    "party educate_girls provider \"Educate Girls\"\n" \
    "party idinsight evaluator \"IDinsight\"\n" \
    "\n" \
    "in force when ciff, optimus and educate_girls have signed\n" \
    "disputes decided by idinsight within 60 days, otherwise stands\n" \
    "\n" \
    "unit level levels\n" \
    "metric gained is eg.aser-levels-gained version 1 in levels between -10_000 and 50_000\n" \
    "  reported by idinsight\n" \
    "  disputes within 60 days\n" \
    "metric enrolled is eg.girls-enrolled version 1 in percent between 0% and 100%\n" \
    "  reported by idinsight\n" \
    "  disputes within 60 days\n" \
    "\n" \
    "define learning_part = gained / 5_592 levels\n" \
    "define enrolment_part = enrolled / 79%\n" \
    "define achieved = 80% * learning_part + 20% * enrolment_part\n" \
    "\n" \
    "define earned = max(0, 43.16 per level of gained) + 910.14 per point of enrolled\n" \
    "define ceiling = CHF 267_731 * 115% ^ 3\n" \
    "\n" \
    "pay outcome from ciff to optimus\n" \
    "  amount min(earned, ceiling)\n" \
    "  not before 2018-06-30\n" \
    "pay bonus from optimus to educate_girls\n" \
    "  amount 32% * max(0, outcome - 267_731)\n"

#endif
