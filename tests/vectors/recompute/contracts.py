"""What each contract of contracts/templates pays, as a formula in exact fractions. The class is named for the text."""
from datetime import timedelta
from fractions import Fraction as F

from ledger import Contract, Payment, Waits, day, linear, periods, rounded, shares, step

BY_NAME = {}


def contract(name):
    def register(cls):
        BY_NAME[name], cls.slug = cls, name
        return cls
    return register


def reduction(f, metric, control, **more):
    return 1 - f.number(metric, arm="programme", **more) / f.number(metric, arm=control, **more)


@contract("benevolent")
class Benevolent(Contract):
    rules = ["repay_p", "repay_e"]

    def payments(self, f):
        better = lambda: reduction(f, "entries_to_care", "control")
        p = lambda x: 0 if x < F(5, 100) else linear(x, (F(5, 100), F(5, 100)), (F(27, 100), F(5, 100)),
                                                     (F(40, 100), F(10, 100)))
        e = lambda x: linear(x, (F(5, 100), F(8, 100)), (F(27, 100), F(8, 100)), (F(40, 100), F(30, 100)))
        end = day("2018-10-01")
        return [Payment("repay_p", (), lambda: 7500000 * (1 + p(better())) ** 5, end),
                Payment("repay_e", (), lambda: 0 if better() < F(5, 100) else 2500000 * (1 + e(better())) ** 5, end)]


@contract("chicago-cpc")
class Chicago(Contract):
    rules = ["readiness", "reading", "special_education"]
    budgets = [(34000000, ("readiness", "reading", "special_education"), lambda p: "all")]
    domains = ("literacy", "mathematics", "language", "cognition", "social_emotional", "physical")

    def payments(self, f):
        found = []

        def is_ready(pupil):
            return sum([f.number("percentile", pupil=pupil, domain=d) >= F(1, 2) for d in self.domains]) >= 5

        for key in f.found("eligible"):
            found.append(Payment("readiness", (key["pupil"],), lambda p=key["pupil"]: 2900 if f.is_true("eligible", pupil=p)
                                 and is_ready(p) else 0))
        for key in f.found("reads"):
            found.append(Payment("reading", (key["pupil"],), lambda p=key["pupil"]: 750 if f.is_true("reads", pupil=p)
                                 and f.is_true("eligible", pupil=p) else 0))
        for c in ("c1", "c2", "c3", "c4"):
            for n, (name, _, end) in enumerate(periods("2014-09-01", "2031-08-31", 12)):
                found.append(Payment("special_education", (c, name), lambda c=c, n=n,
                                     y=name: F(101, 100) ** n * 9100 * f.number("spared", cohort=c, year=y, missing=0)))
        return found


@contract("cuyahoga")
class Cuyahoga(Contract):
    rules = ["fewer_days"]
    budgets = [(5000000, ("fewer_days",), lambda p: "all")]

    def payments(self, f):
        return [Payment("fewer_days", (), lambda: 75 * max(0,
                f.number("placed", arm="control") - f.number("placed", arm="programme")))]


@contract("denver-housing")
class DenverHousing(Contract):
    rules = ["housing"]
    budgets = [(11420000, ("housing",), lambda p: "all")]

    def payments(self, f):
        return [Payment("housing", (which,), lambda w=which: F("15.12") * f.number("days", payment=w))
                for which in ("first_four", "fifth")]


@contract("denver-sib")
class DenverSib(Contract):
    """Amended, quarters that end in 2018 or later are paid at 16.00; the day of the work decides, and not that of the report."""
    rules = ["housing", "jail"]
    budgets = [(11420000, ("housing", "jail"), lambda p: "all")]

    def payments(self, f):
        found, ends = [], {name: end for name, _, end in periods("2016-01-01", "2020-12-31", 3)}
        exits = ("death", "other_housing", "residential_care", "earlier_acts")

        def is_stable(who):
            days = sum(f.number("housed", participant=who, quarter=q, missing=0) for q in ends)
            return days >= 365 or f.text("left", participant=who, missing="stays") in exits

        for key in f.found("housed"):
            def amount(who=key["participant"], q=key["quarter"]):
                if not is_stable(who):
                    return 0
                jailed = f.number("jailed", participant=who, quarter=q, late=0, until=ends[q] + timedelta(60))
                a_day = F("16.00") if self.amended and ends[q] >= day("2018-01-01") else F("15.12")
                return a_day * max(0, f.number("housed", participant=who, quarter=q) - jailed)
            found.append(Payment("housing", (key["participant"], key["quarter"]), amount, dated=ends[key["quarter"]]))
        fewer = lambda: reduction(f, "jail_days", "comparison")
        jail = lambda: 160000 * 100 * min(fewer(), F(65, 100)) if fewer() >= F(1, 5) else 0
        return found + [Payment("jail", (), jail, day("2021-01-01"))]


@contract("denver-totals")
class DenverTotals(Contract):
    rules = ["housing", "jail", "principal", "return_above_principal"]
    budgets = [(11420000, ("housing", "jail"), lambda p: "all")]

    def payments(self, f):
        fewer = lambda: reduction(f, "jail_days", "comparison")
        paid = lambda: self.paid("housing", "first_four") + self.paid("housing", "fifth") + self.paid("jail")
        end = day("2021-01-01")
        return [Payment("housing", (which,), lambda w=which: F("15.12") * f.number("days", payment=w, missing=0))
                for which in ("first_four", "fifth")] + [
            Payment("jail", (), lambda: 160000 * 100 * min(fewer(), F(65, 100)) if fewer() >= F(1, 5) else 0),
            Payment("principal", (), lambda: min(paid(), 8600000), end),
            Payment("return_above_principal", (), lambda: max(0, paid() - 8600000), end)]


@contract("educate-girls")
class EducateGirls(Contract):
    rules = ["outcome", "bonus"]

    def achieved(self, f):
        return F(80, 100) * f.number("gained") / 5592 + F(20, 100) * f.number("enrolled") / F(79, 100)

    def payments(self, f):
        def outcome():
            if self.achieved(f) <= 0:
                return 0
            earned = max(0, F("43.16") * f.number("gained")) + F("910.14") * 100 * f.number("enrolled")
            return min(earned, 267731 * F(115, 100) ** 3)
        return [Payment("outcome", (), outcome, day("2018-06-30")),
                Payment("bonus", (), lambda: F(32, 100) * max(0, self.paid("outcome") - 267731))]


@contract("fair-chance")
class FairChance(Contract):
    rules = ["accommodation", "work"]
    budgets = [(15000, ("accommodation", "work"), lambda p: p.key.split("|")[0])]
    ladder = {0: 500, 3: 1500, 6: 1500, 12: 1500, 18: 1500}
    jobs = {"volunteering": 400, "part_time": 1500, "full_time": 3000, "qualification": 1000}

    def payments(self, f):
        found = []
        for key in f.found("held"):
            def amount(who=key["participant"], stage=key["stage"]):
                counts = int(stage) > 0 or f.text("lives_in", participant=who,
                        stage=stage) != "supported" or f.text("started_from", participant=who) != "supported"
                return self.ladder.get(int(stage), 0) if counts else 0
            found.append(Payment("accommodation", (key["participant"], key["stage"]), amount, dated=f.day("held", **key)))
        for key in f.found("worked"):
            found.append(Payment("work", (key["participant"], key["job"]), lambda j=key["job"]: self.jobs[j],
                                 dated=f.day("worked", **key)))
        return found


@contract("innovation-fund")
class InnovationFund(Contract):
    rules = ["card"]
    budgets = [(11700, ("card",), lambda p: p.key.split("|")[0]), (4600000, ["card"], lambda p: "all")]
    rates = dict(attitude=700, attendance=1400, behaviour=1300, entry_level=900, level_1=1100, level_2=3300, level_3=5100,
                 job_entry=3500, sustained_job=2000)
    holidays = [("2012-07-21", "2012-09-03"), ("2012-12-22", "2013-01-06"), ("2013-03-29", "2013-04-14"),
                ("2013-07-24", "2013-09-02"), ("2013-12-21", "2014-01-05")]

    def school_days(self, start, end):
        days = [start + timedelta(n) for n in range(1, (end - start).days + 1)]
        return sum(not any(day(a) <= d <= day(b) for a, b in self.holidays) for d in days)

    def payments(self, f):
        found = []
        for key in f.found("achieved"):
            def amount(who=key["participant"], outcome=key["outcome"]):
                age = f.number("age", participant=who)
                improved = f.text("improved_from", participant=who, missing="never")
                held = improved != "never" and self.school_days(day(improved),
                                                                f.day("achieved", participant=who, outcome=outcome)) >= 91
                return self.rates[outcome] if 14 <= age <= 24 and (outcome != "behaviour" or held) else 0
            found.append(Payment("card", (key["participant"], key["outcome"]), amount, dated=f.day("achieved", **key)))
        return found


@contract("london-rough-sleepers")
class London(Contract):
    rules = ["fewer_on_street", "homes", "reconnection", "working", "health"]
    budgets = [(1250000, ("fewer_on_street",), lambda p: 0), (2000000, ("homes",), lambda p: 0),
               (1250000, ("reconnection",), lambda p: 0),
               (250000, ("working",), lambda p: 0), (250000, ("health",), lambda p: 0)]
    baseline = (280, 262, 246, 231, 217, 204, 192, 181, 170, 160, 151, 142)
    homes = dict(twelve_months=3900, eighteen_months=3000)
    work = dict(job_13_weeks=600, job_26_weeks=1200, volunteering=300, qualification=300)

    def payments(self, f):
        found = []
        for n, (quarter, _, end) in enumerate(periods("2012-11-01", "2015-10-31", 3)):
            found.append(Payment("fewer_on_street", (quarter,), lambda n=n,
                                 q=quarter: 7000 * max(0, self.baseline[n] - f.number("seen", quarter=q)), dated=end))
            found.append(Payment("health", (quarter,), lambda q=quarter: 100 * max(0, 190 - f.number("visits", quarter=q)),
                                 dated=end))
        for metric, rule, more, price in (("home", "homes", "held_for", self.homes),
                                          ("work", "working", "work_kind", self.work)):
            for key in f.found(metric):
                found.append(Payment(rule, (key["sleeper"], key[more]), lambda m=key[more], price=price: price[m],
                                     dated=f.day(metric, **key)))
        for key in f.found("reconnected"):
            found.append(Payment("reconnection", (key["sleeper"],), lambda: 5900, dated=f.day("reconnected", **key)))
        return found


@contract("peterborough")
class Peterborough(Contract):
    rules = ["early", "at_the_end"]

    def pooled(self, f):
        of = lambda arm: sum(f.number("reoffences", arm=arm, cohort=c) for c in ("c1", "c2"))
        return 1 - of("programme") / of("comparison")

    def payments(self, f):
        cohorts = ("c1", "c2")
        return [Payment("early", (c,), lambda c=c: 1000000
                        if reduction(f, "reoffences", "comparison", cohort=c) >= F(10, 100) else 0) for c in cohorts] + [
            Payment("at_the_end", (), lambda: max(0, 3000000 - sum(self.paid("early", c) for c in cohorts))
                    if self.pooled(f) >= F(75, 1000) else 0)]


@contract("rhino")
class Rhino(Contract):
    rules = ["success", "conservation"]
    budgets = [(13760000, ("success",), lambda p: 0)]

    def payments(self, f):
        per_thousand = lambda x: F("91.73") if x > F(4, 100) else F("73.38") if x > F(2, 100) else F("36.69") if x > 0 else 0
        found = [Payment("success", (), lambda: F(150000000, 1000) * per_thousand(f.number("growth")), day("2027-03-31"))]
        return found + [Payment("conservation", (name,), lambda: 15200000, end) for name, _,
                        end in periods("2022-04-01", "2027-03-31", 6)]


@contract("rikers-able")
class Rikers(Contract):
    rules = ["success"]
    budgets = [(11712000, ("success",), lambda p: 0)]
    rows = [(F("0.085"), 4800000), (F("0.10"), 9600000), (F("0.11"), 10080000), (F("0.12"), 10176000), (F("0.125"), 10272000),
            (F("0.13"), 10368000), (F("0.16"), 10944000), (F("0.20"), 11712000)]

    def payments(self, f):
        return [Payment("success", ("y2013",), lambda: step(reduction(f, "bed_days", "comparison", cohort="y2013"), 0,
                                                            *self.rows) if f.is_true("significant", cohort="y2013") else 0)]


@contract("roca-waterfall")
class RocaWaterfall(Contract):
    rules = ["to_senior", "to_junior", "to_roca", "success_fee", "upside"]

    def payments(self, f):
        found, quarters = [], [name for name, _, _ in periods("2014-01-01", "2021-12-31", 3)]
        owed = {}

        def balances(n):
            # quarters of 30/360 are a quarter of a year each
            if n not in owed:
                q, last = quarters[n], balances(n - 1) if n > 0 else None
                drawn = [f.number(m, quarter=q, missing=0) for m in ("senior_drawn", "junior_drawn")]
                left = [last[i] - last[i + 3] for i in range(3)] if last else [0, 0, 3760000]
                new = [drawn[0] + rounded(left[0] * (1 + F(5, 100) / 4)), drawn[1] + rounded(left[1] * (1 + F(2, 100) / 4)),
                       left[2]]
                money, paid = f.number("received", quarter=q, missing=0), []
                for amount in new:
                    paid.append(rounded(min(money, amount)))
                    money -= paid[-1]
                half = rounded(money / 2)
                owed[n] = new + paid + [half, money - half]
            return owed[n]

        for i, rule in enumerate(self.rules):
            for n, q in enumerate(quarters):
                found.append(Payment(rule, (q,), lambda n=n, i=i: balances(n)[3 + i]))
        return found


@contract("work-programme")
class WorkProgramme(Contract):
    rules = ["attachment", "outcome", "sustainment"]
    budgets = [(13720, ("attachment", "outcome", "sustainment"), lambda p: p.key.split("|")[0])]
    attach = {"jsa_18_24": (400, 300, 200), "jsa_25": (400, 300, 200), "esa_ex_ib": (600, 450, 300)}
    outcome_fee = {"jsa_18_24": 1200, "jsa_25": 1200, "esa_ex_ib": 3500}
    sustain = {"jsa_18_24": 170, "jsa_25": 215, "esa_ex_ib": 370}
    most = {"jsa_18_24": 13, "jsa_25": 13, "esa_ex_ib": 26}
    needed = {"jsa_18_24": 26, "jsa_25": 26, "esa_ex_ib": 13}
    closed = ["2011-12-26", "2011-12-27", "2012-01-02", "2012-04-06", "2012-04-09", "2012-05-07", "2012-06-04", "2012-06-05",
              "2012-08-27", "2012-12-25",
              "2012-12-26", "2013-01-01", "2013-03-29", "2013-04-01", "2013-05-06", "2013-05-27", "2013-08-26"]

    def working_day(self, n, after):
        while n > 0:
            after += timedelta(1)
            n -= after.weekday() < 5 and str(after) not in self.closed
        return after

    def payments(self, f):
        found = []
        group = lambda who: f.text("in_group", participant=who)
        for key in f.found("attached"):
            def attachment(who=key["participant"]):
                year = [n for n, (_, a, b) in enumerate(periods("2011-04-01", "2017-03-31", 12))
                        if a <= f.day("attached", participant=who) <= b][0]
                return self.attach[group(who)][year] if year < 3 else 0
            found.append(Payment("attachment", (key["participant"],), attachment, dated=f.day("attached", **key)))
        for key in f.found("outcome_day"):
            found.append(Payment("outcome", (key["participant"],), lambda who=key["participant"]: self.outcome_fee[group(who)]
                    if f.number("weeks_worked", participant=who) >= self.needed[group(who)] else 0, dated=f.day("outcome_day",
                                                                                                                **key)))
        for key in f.found("sustained"):
            def sustainment(who=key["participant"], claim=int(key["claim"])):
                on = lambda n: f.text("sustained", participant=who, claim=n,
                                      missing="never") if n > 0 else f.text("outcome_day", participant=who, missing="never")
                for n in range(1, claim + 1):
                    this, last = on(n), on(n - 1)
                    # "never" is later than every day: what has none before it does not go on
                    if last == "never" or this == "never":
                        return 0
                    gap = (day(this) - day(last)).days
                    in_time = (day(this) - f.day("attached", participant=who)).days <= 104 * 7
                    if gap < 28 or not (in_time or gap == 28):
                        return 0
                if f.submitted_on("sustained", participant=who, claim=claim) > self.working_day(120, day(on(claim))):
                    return 0
                return self.sustain[group(who)] if claim <= self.most[group(who)] else 0
            on = f.day("sustained", **key)
            found.append(Payment("sustainment", (key["participant"], key["claim"]), sustainment, self.working_day(15, on), on))
        return found


@contract("essex-edge-of-care")
class Essex(Contract):
    rules = ["saving"]

    def payments(self, f):
        quarters = [name for name, _, _ in periods("2013-01-01", "2020-12-31", 3)]
        found = []
        for n, q in enumerate(quarters):
            def amount(n=n, q=q):
                window = quarters[max(0, n - 9):n + 1]
                share = sum(f.number("care_days", quarter=w) for w in window) / sum(f.number("all_days", quarter=w)
                                                                                    for w in window)
                avoided = max(0, F(55, 100) * f.number("all_days", quarter=q) - f.number("care_days", quarter=q))
                return F(60, 100) * 180 * avoided if share < F(55, 100) else 0
            found.append(Payment("saving", (q,), amount))
        return found


@contract("icrc-phii")
class Icrc(Contract):
    rules = ["result"]

    def payments(self, f):
        ratio = lambda: f.number("efficiency", centres="new") / f.number("efficiency", centres="existing")
        scale = ((F(1, 2), F(-40, 100)), (F(1), F(0)), (F(140, 100), F(107, 100) ** 5 - 1))
        return [Payment("result", (), lambda: 26000000 * linear(ratio(), *scale), day("2022-09-01"), either_way=True)]


@contract("cameroon-cataract")
class Cameroon(Contract):
    rules = ["volume", "at_the_end"]
    budgets = [(144000, ("volume",), lambda p: p.key)]

    def payments(self, f):
        years = [name for name, _, _ in periods("2018-01-01", "2022-12-31", 12)]

        def volume(y):
            done = f.number("done", year=y)
            quality = f.number("good", year=y) / done if done else 0
            return 80 * done * (0 if quality < F(70, 100) else F(80, 100) if quality <= F(90, 100) else 1)

        def bonus():
            done = sum(f.number("done", year=y) for y in years)
            equity = sum(f.number("poorest", year=y) for y in years) / max(1, done)
            return 300000 if equity >= F(40, 100) and done >= 18000 else 0
        return [Payment("volume", (y,), lambda y=y: volume(y))
                for y in years] + [Payment("at_the_end", (), bonus, day("2023-01-01"))]


@contract("quality-education-india")
class QualityEducationIndia(Contract):
    rules = ["payment"]
    programmes = {"schools": (6, 300000), "teachers": (4, 180000), "remedial": (8, 240000), "technology": (6, 210000)}

    def payments(self, f):
        years = [name for name, _, _ in periods("2018-07-01", "2022-06-30", 12)]

        def earned(y):
            gain = lambda p: 100 * (f.number("score", programme=p, arm="treated", year=y) - f.number("score", programme=p,
                                                                                                     arm="comparison", year=y))
            return sum(price * min(max(gain(p) / target, 0), F(120, 100)) for p, (target, price) in self.programmes.items())

        # the balance of a year: the one before less what it paid, with 8 %; of the first: the principal with 8 %
        def balance(n):
            before = F(3000000) if n == 0 else balance(n - 1) - rounded(min(earned(years[n - 1]), balance(n - 1)))
            return rounded(before * F(108, 100))
        return [Payment("payment", (y,), lambda n=n, y=y: min(earned(y), balance(n))) for n, y in enumerate(years)]


@contract("new-york-ceo")
class NewYork(Contract):
    rules = ["employment", "recidivism", "transitional_jobs"]
    prices = {"2013-12-01/2015-11-30": (F(85), 6000, 3120), "2015-12-01/2018-05-31": (F("90.10"), 6360, 3307)}

    def payments(self, f):
        found = []
        for phase, (a_day, a_job, a_start) in self.prices.items():
            def employment(p=phase, price=a_job):
                more = f.number("employed", phase=p, arm="programme") - f.number("employed", phase=p, arm="control")
                return price * f.number("members", phase=p) * more if more >= F(5, 100) else 0

            def recidivism(p=phase, price=a_day):
                control = f.number("jailed", phase=p, arm="control")
                fewer = control - f.number("jailed", phase=p, arm="programme")
                return price * f.number("members", phase=p) * fewer if fewer / control >= F(8, 100) else 0
            found += [Payment("employment", (phase,), employment), Payment("recidivism", (phase,), recidivism),
                      Payment("transitional_jobs", (phase,), lambda p=phase,
                              price=a_start: price * f.number("started", phase=p))]
        return found


@contract("massachusetts-homeless")
class Massachusetts(Contract):
    rules = ["stable_year"]
    budgets = [(6000000, ("stable_year",), lambda p: 0)]

    def payments(self, f):
        found = []
        for key in f.found("days_housed"):
            def amount(key=key):
                return 3000 if f.number("days_housed", **key) >= 365 or f.text("outcome", missing="housed",
                                                                               **key) == "appropriate_exit" else 0
            end = lambda key=key: f.day("placed", participant=key["participant"]) + timedelta(365 * int(key["year_of_stay"]))
            found.append(Payment("stable_year", (key["participant"], key["year_of_stay"]), amount, end))
        return found


@contract("connecticut-family")
class Connecticut(Contract):
    rules = ["enrolment", "improvement"]
    measures = {"substance_use": (F(10, 100), 90000, 4000000), "placement": (F(15, 100), 130000, 6000000),
                "referral": (F(12, 100), 60000, 2500000)}
    budgets = [(lambda p: Connecticut.measures[p.key][2], ("improvement",), lambda p: p.key),
               (14800000, ("enrolment", "improvement"), lambda p: "all")]

    def payments(self, f):
        def improvement(m):
            threshold, price, _ = self.measures[m]
            if not f.is_true("powered", measure=m):
                return 0
            change = reduction(f, "rate", "control", measure=m)
            return price * 100 * change if change >= threshold else 0
        return [Payment("enrolment", (), lambda: step(f.number("families"), 0, (250, 500000), (400, 1000000)))] + [
            Payment("improvement", (m,), lambda m=m: improvement(m), day("2021-01-01")) for m in self.measures]


@contract("ways-to-wellness")
class WaysToWellness(Contract):
    rules = ["well_being", "lower_cost"]

    def payments(self, f):
        halves, found = [name for name, _, _ in periods("2015-04-01", "2021-03-31", 6)], []
        for n, h in enumerate(halves):
            def well_being(n=n, h=h):
                so_far = halves[:n + 1]
                average = sum(f.number("change", half_year=x) for x in so_far) / max(1,
                        sum(f.number("seen", half_year=x) for x in so_far))
                return 100 * f.number("seen", half_year=h) * step(average, F(0), (F("0.5"), F(60, 100)), (F("1.5"), F(1)),
                                                                  (F(3), F(140, 100)))
            found.append(Payment("well_being", (h,), well_being))
            found.append(Payment("lower_cost", (h,),
                    lambda h=h: F(50, 100) * f.number("seen", half_year=h) * max(0,
                            f.number("cost", half_year=h, area="comparison") - f.number("cost", half_year=h,
                                                                                        area="programme"))))
        return found


@contract("aspire")
class Aspire(Contract):
    rules = ["outcome", "fixed_coupon", "performance_coupon", "principal"]
    measures = {"hospital_days": (F("1.5"), 1200), "convictions": (F("0.25"), 2400), "accommodation": (F("1.75"), 900)}

    def payments(self, f):
        spans, found = periods("2017-07-01", "2025-03-31", 3), []
        quarters = [name for name, _, _ in spans]
        last = lambda: f.number("ends_after", missing=31)

        def outcome(n):
            if n + 1 > last():
                return 0
            people = f.number("people", quarter=quarters[n])
            saved = sum(max(0, base * people - f.number("used", measure=m, quarter=quarters[n])) * saving for m,
                        (base, saving) in self.measures.items())
            return rounded((F(1, 2) if received(n) < 5000000 else F(3, 10)) * saved)
        fixed = lambda n: 5000000 * F(2, 100) / 4 if n + 1 <= last() and n + 1 <= 19 else F(0)

        def performance(n):
            if n + 1 > last() or n + 1 <= 19:
                return F(0)
            have = assets(n)
            return min(have, max(F(0), F(10, 100) * (have - 2000000)))
        so_far, kept = {0: F(0)}, {}

        def received(n):
            if n not in so_far:
                so_far[n] = received(n - 1) + outcome(n - 1)
            return so_far[n]

        def assets(n):
            if n not in kept:
                before = assets(n - 1) - rounded(fixed(n - 1)) - rounded(performance(n - 1)) if n > 0 else F(0)
                kept[n] = before + rounded(outcome(n))
            return kept[n]
        principal = lambda n: 5000000 * step(F(n + 1), F(50, 100), (12, F(70, 100)), (20, F(85, 100)),
                                             (31, F(1))) if n + 1 == last() else 0
        for rule, amount in (("outcome", outcome), ("fixed_coupon", fixed), ("performance_coupon", performance),
                             ("principal", principal)):
            at_end = rule in ("fixed_coupon", "principal")
            found += [Payment(rule, (q,), lambda n=n, amount=amount: amount(n), end + timedelta(1) if at_end else None)
                      for n, (q, _, end) in enumerate(spans)]
        return found


@contract("dfn-moveforward")
class Dfn(Contract):
    rules = ["local", "top_up"]
    budgets = [(1192800, ("local",), lambda p: 0), (487200, ("top_up",), lambda p: 0)]
    price = dict(enrolled=600, activities=900, qualification=1200, work=3500)

    def payments(self, f):
        found = []
        for key in f.found("reached"):
            who, what, on = key["young_person"], key["outcome"], f.day("reached", **key)
            counts = lambda who=who, what=what: what != "work" or f.number("hours", young_person=who, missing=0) > 16
            found.append(Payment("local", (who, what), lambda c=counts, w=what: F(71, 100) * self.price[w] if c() else 0,
                                 dated=on))
            found.append(Payment("top_up", (who, what), lambda c=counts, w=what,
                                 k=who: self.price[w] - self.paid("local", k, w) if c() else 0, dated=on))
        return found


@contract("roca")
class Roca(Contract):
    rules = ["fewer_days", "readiness", "employment", "late_interest"]
    budgets = [(27000000, ("fewer_days", "readiness", "employment"), lambda p: "all")]

    def payments(self, f):
        def estimate():
            trial = lambda: f.number("trial")
            return trial() if f.is_true("powered") else F(80, 100) * trial() + F(20, 100) * f.number("did")

        steps = ((F("0.052"), 2000000), (F("0.2"), 11000000), (F("0.4"), 22000000), (F("0.55"), 26000000))
        found = [Payment("fewer_days", (), lambda: step(estimate(), 0, *steps), day("2023-01-01"))]
        for metric, rule, price in (("ready", "readiness", 789), ("employed", "employment", 750)):
            for key in f.found(metric):
                found.append(Payment(rule, (key["participant"], key["quarter"]), lambda m=metric, p=price, k=key: p
                                     if f.is_true(m, **k) else 0,
                                     dated=day(key["quarter"].split("/")[1])))
        found.append(Payment("late_interest", (),
                             lambda: F(8, 100) * f.number("late_days", missing=0) / 365 * self.paid("fewer_days")))
        return found


@contract("village-enterprise")
class VillageEnterprise(Contract):
    rules = ["outcome"]
    parts = {"usaid": F(35, 100), "fcdo": F(45, 100), "donor": F(20, 100)}

    def payments(self, f):
        def payout():
            each = [f.number("households", country=c) * (24 * f.number("consumption", country=c) + f.number("assets", country=c))
                    for c in ("kenya", "uganda")]
            return min(max(sum(each), 0), 4280000)

        def part(funder):
            return dict(zip(self.parts, shares(payout(), list(self.parts.values()))))[funder]
        return [Payment("outcome", (funder,), lambda funder=funder: part(funder), day("2021-01-01")) for funder in self.parts]


@contract("empleando-futuro")
class Empleando(Contract):
    rules = ["by_prosperidad", "by_idb_lab"]
    prices = dict(placed=1234567, three_months=1234567, six_months=246913)

    def smallest_of(self, rule):
        return F(1)

    def payments(self, f):
        found = []
        for key in f.found("reached"):
            who, stage, on = key["person_helped"], key["stage"], f.day("reached", **key)

            def eligible(who=who):
                return f.number("sisben", person_helped=who) < F("41.74") or any(f.text(m, person_helped=who,
                        missing="false") == "true" for m in ("red_unidos", "displaced"))
            first = lambda s=stage: rounded(F(55, 100) * self.prices[s], F(1))
            found.append(Payment("by_prosperidad", (who, stage), lambda e=eligible, first=first: first() if e() else 0,
                                 dated=on, smallest=F(1)))
            found.append(Payment("by_idb_lab", (who, stage), lambda e=eligible, first=first, s=stage: self.prices[s] - first()
                                 if e() else 0, dated=on, smallest=F(1)))
        return found


@contract("rikers-loan")
class RikersLoan(Contract):
    rules = ["draw", "repayment", "guarantee"]
    budgets = [(9600000, ("draw",), lambda p: 0), (7200000, ("guarantee",), lambda p: 0)]

    def payments(self, f):
        years = [name for name, _, _ in periods("2012-09-01", "2016-08-31", 12)]
        drawn = lambda y: f.number("drawn", year=y, missing=0)
        principal = lambda: sum(drawn(y) for y in years)
        repaid = lambda: min(principal(), f.number("city_paid"))

        def guarantee():
            if f.text("ended", missing="false") != "true":
                return 0
            return min(f.number("deposited", missing=0), principal() - repaid())
        return [Payment("draw", (y,), lambda y=y: drawn(y)) for y in years] + [Payment("repayment", (), repaid),
                                                                               Payment("guarantee", (), guarantee)]


@contract("outcome-fund")
class OutcomeFund(Contract):
    rules = ["payout"]
    uses = (EducateGirls, Peterborough, DenverSib, Rhino)
    budgets = [(11000000, ("payout",), lambda p: 0)]

    def __init__(self):
        super().__init__()
        self.was_known = set()

    def figure(self, f, slug, until, value):
        """The other contract's figure; 0 for good if it was not known when `until` had passed."""
        f.moments.add(until + timedelta(1))
        if f.today > until and slug not in self.was_known:
            return F(0)
        known = value(self.used[slug].figures)
        self.was_known |= {slug} if f.today <= until else set()
        return known

    def payments(self, f):
        of = lambda slug, until, value: self.figure(f, slug, day(until), value)
        legs = {"education": (F(30, 100), lambda: of("educate-girls", "2019-06-30", self.used["educate-girls"].achieved)),
                "reoffending": (F(30, 100), lambda: of("peterborough", "2019-06-30", self.used["peterborough"].pooled) / F(75, 1000)),
                "homes": (F(25, 100), lambda: of("denver-sib", "2021-12-31", lambda g: reduction(g, "jail_days", "comparison")) / F(20, 100)),
                "wildlife": (F(15, 100), lambda: of("rhino", "2027-06-30", lambda g: g.number("growth")) / F(4, 100))}
        return [Payment("payout", (leg,), lambda weight=weight, ratio=ratio: 10000000 * weight * min(max(ratio(), 0), F(120, 100)))
                for leg, (weight, ratio) in legs.items()]


@contract("rikers-guarantee")
class RikersGuarantee(Contract):
    rules = ["guarantee"]
    uses = (Rikers,)
    budgets = [(7200000, ("guarantee",), lambda p: 0)]

    def payments(self, f):
        able = self.used["rikers-able"]
        short = lambda: max(0, able.figures.number("drawn", missing=0) - able.paid("success", "y2013"))
        return [Payment("guarantee", (), lambda: min(f.number("deposited", missing=0), short()), day("2016-09-30"))]


@contract("openrbf-zone")
class OpenRbfZone(Contract):
    rules = ["subsidy", "zone_bonus"]
    prices = dict(consultation=F("0.50"), delivery=F(12), vaccination=F("2.20"))

    def payments(self, f):
        found, ends = [], {name: end for name, _, end in periods("2016-01-01", "2016-12-31", 3)}
        for key in f.found("quality"):
            def subsidy(key=key):
                quality = f.number("quality", **key)
                acts = sum(price * f.number("verified_acts", service=s, missing=0, **key) for s, price in self.prices.items())
                return (0 if quality < F(50, 100) else quality) * acts
            found.append(Payment("subsidy", (key["facility"], key["quarter"]), subsidy))
        for key in f.found("population"):
            def bonus(key=key):
                q = key["quarter"]
                # who shares is known when no more can be reported
                f.moments.add(ends[q] + timedelta(46))
                if f.today <= ends[q] + timedelta(45):
                    raise Waits(key)
                who = [k["facility"] for k in f.found("population") if k["quarter"] == q]
                parts = shares(f.number("pot", quarter=q) / 2, [f.number("population", facility=w, quarter=q) for w in who])
                return parts[who.index(key["facility"])]
            found.append(Payment("zone_bonus", (key["facility"], key["quarter"]), bonus))
        return found
