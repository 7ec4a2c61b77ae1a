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

#define TEXT_INNOVATION_FUND \
    "terms 1\n" \
    "# Reconstruction. Evidence rules: INDIGO-POJ-0166. Rates and the cap are remembered.\n" \
    "contract innovation-fund \"Innovation Fund, one intermediary\"\n" \
    "currency GBP rounded to 0.01, half even\n" \
    "clock UTC\n" \
    "runs 2012-04-01 to 2015-11-30\n" \
    "\n" \
    "party dwp outcome payer \"Department for Work and Pensions\"\n" \
    "party horizons intermediary \"New Horizons\"\n" \
    "party school_board evaluator \"Schools and colleges\"\n" \
    "\n" \
    "in force when dwp and horizons have signed\n" \
    "disputes decided by dwp within 30 days, otherwise stands\n" \
    "\n" \
    "# school holidays do not count towards thirteen weeks\n" \
    "calendar school monday to sunday except 2012-07-21 to 2012-09-03, 2012-12-22 to 2013-01-06, 2013-03-29 to 2013-04-14,\n" \
    "  2013-07-24 to 2013-09-02, 2013-12-21 to 2014-01-05\n" \
    "\n" \
    "dimension participant persons, at most 4_000\n" \
    "dimension outcome (attitude, attendance, behaviour, entry_level, level_1, level_2, level_3, job_entry, sustained_job)\n" \
    "\n" \
    "table rate in GBP by outcome\n" \
    "  attitude: 700\n" \
    "  attendance: 1_400\n" \
    "  behaviour: 1_300\n" \
    "  entry_level: 900\n" \
    "  level_1: 1_100\n" \
    "  level_2: 3_300\n" \
    "  level_3: 5_100\n" \
    "  job_entry: 3_500\n" \
    "  sustained_job: 2_000\n" \
    "\n" \
    "metric age is dwp.age-at-start version 1 in years between 0 and 30\n" \
    "  by participant\n" \
    "  reported by horizons\n" \
    "  verified by school_board\n" \
    "# one result for each participant and outcome: each outcome is paid once\n" \
    "metric achieved is dwp.if-outcome-achieved version 2 in date\n" \
    "  by participant, outcome\n" \
    "  reported by horizons\n" \
    "  verified by school_board\n" \
    "  disputes within 20 days\n" \
    "metric improved_from is dwp.if-improved-from version 1 in date\n" \
    "  by participant\n" \
    "  reported by horizons\n" \
    "  verified by school_board\n" \
    "  if missing use never\n" \
    "\n" \
    "define proven = outcome <> behaviour\n" \
    "  or (improved_from < never and days(improved_from, achieved, school) >= 91 days)\n" \
    "\n" \
    "pay card from dwp to horizons\n" \
    "  for each participant, outcome of achieved\n" \
    "  dated achieved\n" \
    "  when age >= 14 years and age <= 24 years and proven\n" \
    "  amount rate\n" \
    "  due 30 days after\n" \
    "\n" \
    "cap 11_700 per participant on card\n" \
    "cap 4_600_000 on card\n"

#define TEXT_WORK_PROGRAMME \
    "terms 1\n" \
    "# Reconstruction. Claim rules: Hansard written answer 164391. Totals 3,810, 4,395 and 13,720; the splits are remembered.\n" \
    "# The latest day for a claim (120 working days) is invented.\n" \
    "contract work-programme \"Work Programme, one prime provider\"\n" \
    "currency GBP rounded to 0.01, half even\n" \
    "clock UTC\n" \
    "runs 2011-06-01 to 2017-03-31\n" \
    "\n" \
    "party dwp outcome payer \"Department for Work and Pensions\"\n" \
    "party prime provider \"Prime provider\"\n" \
    "\n" \
    "in force when dwp and prime have signed\n" \
    "disputes decided by dwp within 30 days, otherwise stands\n" \
    "\n" \
    "calendar working monday to friday except 2011-12-26 to 2011-12-27, 2012-01-02, 2012-04-06, 2012-04-09, 2012-05-07, 2012-06-04 to 2012-06-05,\n" \
    "  2012-08-27, 2012-12-25 to 2012-12-26, 2013-01-01, 2013-03-29, 2013-04-01, 2013-05-06, 2013-05-27, 2013-08-26\n" \
    "\n" \
    "dimension participant persons, at most 200_000\n" \
    "dimension payment_group (jsa_18_24, jsa_25, esa_ex_ib)\n" \
    "dimension claim 1 to 26\n" \
    "period programme_year every 1 year from 2011-04-01 to 2017-03-31\n" \
    "\n" \
    "table attachment_fee in GBP by payment_group, programme_year\n" \
    "  jsa_18_24, 2011-04-01: 400\n" \
    "  jsa_18_24, 2012-04-01: 300\n" \
    "  jsa_18_24, 2013-04-01: 200\n" \
    "  jsa_25, 2011-04-01: 400\n" \
    "  jsa_25, 2012-04-01: 300\n" \
    "  jsa_25, 2013-04-01: 200\n" \
    "  esa_ex_ib, 2011-04-01: 600\n" \
    "  esa_ex_ib, 2012-04-01: 450\n" \
    "  esa_ex_ib, 2013-04-01: 300\n" \
    "  otherwise: 0\n" \
    "table outcome_fee in GBP by payment_group\n" \
    "  jsa_18_24: 1_200\n" \
    "  jsa_25: 1_200\n" \
    "  esa_ex_ib: 3_500\n" \
    "table sustainment_fee in GBP by payment_group\n" \
    "  jsa_18_24: 170\n" \
    "  jsa_25: 215\n" \
    "  esa_ex_ib: 370\n" \
    "table claims_at_most in number by payment_group\n" \
    "  jsa_18_24: 13\n" \
    "  jsa_25: 13\n" \
    "  esa_ex_ib: 26\n" \
    "table weeks_needed in weeks by payment_group\n" \
    "  jsa_18_24: 26\n" \
    "  jsa_25: 26\n" \
    "  esa_ex_ib: 13\n" \
    "\n" \
    "metric in_group is dwp.payment-group version 1 in payment_group\n" \
    "  by participant\n" \
    "  reported by dwp\n" \
    "metric attached is dwp.attachment-date version 1 in date\n" \
    "  by participant\n" \
    "  reported by prime\n" \
    "  verified by dwp\n" \
    "metric weeks_worked is dwp.weeks-in-work version 1 in weeks between 0 and 300\n" \
    "  by participant\n" \
    "  reported by prime\n" \
    "  verified by dwp\n" \
    "metric outcome_day is dwp.job-outcome-date version 1 in date\n" \
    "  by participant\n" \
    "  reported by prime\n" \
    "  verified by dwp\n" \
    "  if missing use never\n" \
    "# the last day of a period of four continuous weeks in work and off benefit\n" \
    "metric sustained is dwp.sustainment-date version 1 in date\n" \
    "  by participant, claim\n" \
    "  reported by prime\n" \
    "  verified by dwp\n" \
    "  disputes within 60 days\n" \
    "  if missing use never\n" \
    "\n" \
    "define last_day = prior(claim, sustained, outcome_day)\n" \
    "# after 104 weeks a break ends the sequence\n" \
    "define goes_on in true or false = prior(claim, goes_on, true)\n" \
    "  and sustained >= 28 days after last_day\n" \
    "  and (sustained <= 104 weeks after attached or sustained = 28 days after last_day)\n" \
    "\n" \
    "pay attachment from dwp to prime\n" \
    "  for each participant of attached\n" \
    "  dated attached\n" \
    "  amount attachment_fee[payment_group: (in_group), programme_year: (attached)]\n" \
    "pay outcome from dwp to prime\n" \
    "  for each participant of outcome_day\n" \
    "  dated outcome_day\n" \
    "  when weeks_worked >= weeks_needed[payment_group: (in_group)]\n" \
    "  amount outcome_fee[payment_group: (in_group)]\n" \
    "pay sustainment from dwp to prime\n" \
    "  for each participant, claim of sustained\n" \
    "  dated sustained\n" \
    "  when claim <= claims_at_most[payment_group: (in_group)] and goes_on\n" \
    "    and submitted(sustained) <= 120 working days after sustained\n" \
    "  amount sustainment_fee[payment_group: (in_group)]\n" \
    "  not before 15 working days after sustained\n" \
    "\n" \
    "cap 13_720 per participant on attachment, outcome, sustainment\n"

#endif
