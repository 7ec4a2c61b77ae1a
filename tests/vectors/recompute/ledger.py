"""What a contract owes after each step of a history, in exact fractions.

This shares nothing with the program: it knows no terms language, only how results come and go, when a payment waits, and what a
budget is. What each contract pays is a plain formula in contracts.py, written from the published figures.
"""
import datetime
from fractions import Fraction

ONE_DAY = datetime.timedelta(days=1)


class Waits(Exception):
    """A figure that is needed is not there (yet): what was paid stands."""


def day(text):
    return datetime.date.fromisoformat(text)


def number(text):
    """"60%" and "15.12", exactly."""
    return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)


def rounded(x, smallest=Fraction(1, 100)):
    """To whole smallest amounts, ties to the even one: what Python's round does with a fraction."""
    return round(Fraction(x) / smallest) * smallest


def shares(pot, weights, smallest=Fraction(1, 100)):
    """The pot in whole smallest amounts by weight: those left over go one each to the largest remainders."""
    pot, total = rounded(pot, smallest), sum(weights)
    exact = [pot * w / total / smallest for w in weights]
    units = [int(x) for x in exact]
    order = sorted(range(len(weights)), key=lambda i: (units[i] - exact[i], i))
    for i in order[:int(pot / smallest) - sum(units)]:
        units[i] += 1
    return [u * smallest for u in units]


def after_months(date, months):
    """The same day of the month, or its last."""
    index = date.year * 12 + date.month - 1 + months
    last = (datetime.date(index // 12 + (index % 12 == 11), (index + 1) % 12 + 1, 1) - ONE_DAY).day
    return datetime.date(index // 12, index % 12 + 1, min(date.day, last))


def periods(first, last, months):
    """("2016-01-01/2016-03-31", its first and its last day), in order."""
    found, begin, n = [], day(first), 0
    while begin <= day(last):
        n += 1
        end = min(after_months(day(first), months * n) - ONE_DAY, day(last))
        found.append((f"{begin}/{end}", begin, end))
        begin = end + ONE_DAY
    return found


def step(x, otherwise, *rows):
    """rows: (bound, value), rising, each reached from its bound on."""
    value = otherwise
    for bound, reached in rows:
        if x >= bound:
            value = reached
    return value


def linear(x, *points):
    """Straight lines between the points, flat outside them."""
    if x <= points[0][0]:
        return points[0][1]
    for (a, from_a), (b, to_b) in zip(points, points[1:]):
        if x <= b:
            return from_a + (to_b - from_a) * (x - a) / (b - a)
    return points[-1][1]


class Figures:
    """The results that count on one day."""

    def __init__(self):
        self.final, self.pending, self.disputed, self.submitted, self.today = {}, {}, set(), {}, None
        self.moments = set()  # days on which the clock alone may change something

    def apply(self, result, today):
        key = (result["metric"], tuple(sorted(result.get("dimensions", {}).items())))
        if result.get("disputed"):
            self.disputed.add(key)
        elif "decided" in result:
            self.disputed.discard(key)
            if result["decided"] == "replaced":
                self.final[key] = result["value"]
            elif result["decided"] == "annulled":
                self.final.pop(key, None)
        elif result.get("verified"):
            value = self.pending.pop(key)
            if value is None:
                self.final.pop(key, None)
            else:
                self.final[key] = value
        elif result.get("pending"):
            self.pending[key] = result.get("value")
            self.submitted.setdefault(key, today)
        elif result.get("withdrawn"):
            self.final.pop(key, None)
            self.submitted.pop(key, None)
        else:
            self.final[key] = result["value"]
            self.submitted.setdefault(key, day(result["submitted"]) if "submitted" in result else today)

    def text(self, metric, missing=None, late=None, until=None, **dimensions):
        """The value; in its place `missing`, or once the day `until` has passed, `late`."""
        key = (metric, tuple(sorted((name, str(member)) for name, member in dimensions.items())))
        if key in self.disputed:
            raise Waits(key)
        if key in self.final:
            return self.final[key]
        if until is not None:
            self.moments.add(until + ONE_DAY)
            if self.today > until and key not in self.pending:
                return late
        if missing is None:
            raise Waits(key)
        return missing

    def number(self, metric, **more):
        return number(str(self.text(metric, **more)))

    def is_true(self, metric, **more):
        return self.text(metric, **more) == "true"

    def day(self, metric, **more):
        value = self.text(metric, **more)
        return value if isinstance(value, datetime.date) else day(value)

    def found(self, metric):
        """The keys of what is final, as dictionaries."""
        return [dict(key) for name, key in sorted(self.final) if name == metric]

    def submitted_on(self, metric, **dimensions):
        return self.submitted[(metric, tuple(sorted((n, str(m)) for n, m in dimensions.items())))]


class Payment:
    """One instance of a rule: its key, how its amount is computed, and from which day on."""

    def __init__(self, rule, key, amount, not_before=None, dated=None, either_way=False, smallest=Fraction(1, 100)):
        self.rule, self.key, self.amount, self.not_before, self.dated = rule, "|".join(key), amount, not_before, dated
        self.either_way, self.smallest = either_way, smallest

    def compute(self, figures):
        """The amount before budgets, or None while it waits."""
        if self.not_before is not None:
            not_before = self.not_before() if callable(self.not_before) else self.not_before
            if figures.today < not_before:
                figures.moments.add(not_before)
                raise Waits(not_before)
        amount = rounded(self.amount(), self.smallest)
        return amount if self.either_way or amount > 0 else Fraction(0)


class Contract:
    """payments(figures) lists instances, a rule's after those of the rules that it looks at; budgets: [(limit, rules, which)],
    which(payment) names the budget of an instance. `paid(rule, key)` is what an instance comes to, budgets included."""

    budgets = ()
    uses = ()  # classes of the contracts whose figures it takes
    slug = ""

    def __init__(self):
        self.used, self.amended = {cls.slug: cls() for cls in self.uses}, False
        self.figures, self.stands, self.first, self.targets, self.next = Figures(), {}, {}, {}, 1

    def paid(self, rule, *key):
        target = self.targets.get((rule, "|".join(key)))
        if target is None:
            raise Waits(rule)
        return target

    def share_out(self, payments, amounts):
        """Who has something keeps it as long as its amount supports it; what is free goes in the order of first amounts."""
        rooms = {}
        for limit, rules, which in self.budgets:
            for p in payments:
                if p.rule in rules:
                    rooms.setdefault((id(rules), which(p)), Fraction(limit(p) if callable(limit) else limit))
        mine = {p: [(id(rules), which(p)) for _, rules, which in self.budgets if p.rule in rules] for p in payments}
        kept = {}
        for p in payments:
            stands = self.stands.get((p.rule, p.key), Fraction(0))
            kept[p] = stands if amounts[p] is None else max(Fraction(0), min(stands, amounts[p]))
            for budget in mine[p]:
                rooms[budget] -= kept[p]
        new = [p for p in payments if amounts[p] and amounts[p] > 0 and (p.rule, p.key) not in self.first]
        for p in sorted(new, key=lambda p: (p.dated or self.figures.today, self.rules.index(p.rule), p.key)):
            self.first[(p.rule, p.key)] = self.next
            self.next += 1
        for p in sorted((p for p in payments if amounts[p] is not None), key=lambda p: self.first.get((p.rule, p.key), 0)):
            more = amounts[p] - kept[p]
            for budget in mine[p]:
                more = min(more, max(rooms[budget], Fraction(0))) if more > 0 else more
            for budget in mine[p]:
                rooms[budget] -= max(more, 0)
            self.targets[(p.rule, p.key)] = kept[p] + more

    def evaluate(self):
        """What is triggered now: [(rule, key, difference)]."""
        self.targets, differences, done = {}, [], set()
        payments = self.payments(self.figures)
        for group in self.groups():
            mine = [p for p in payments if p.rule in group]
            amounts = {}
            for p in mine:
                try:
                    amounts[p] = p.compute(self.figures)
                except Waits:
                    amounts[p] = None
                if not any(p.rule in rules for _, rules, _ in self.budgets) and amounts[p] is not None:
                    self.targets[(p.rule, p.key)] = amounts[p]
            if any(p.rule in rules for _, rules, _ in self.budgets for p in mine):
                self.share_out(mine, amounts)
            for p in mine:
                done.add((p.rule, p.key))
        for gone in set(self.stands) - done:  # its key is no longer found: nothing is owed for it
            if self.stands[gone] != 0:
                self.targets[gone] = Fraction(0)
        for where, target in self.targets.items():
            difference = target - self.stands.get(where, Fraction(0))
            if difference != 0:
                self.stands[where] = target
                differences.append((*where, difference))
        return differences

    def groups(self):
        """Rules one after another; those that share a budget together, where the last of them stands."""
        groups = [{rule} for rule in self.rules]
        for _, rules, _ in self.budgets:
            joined = set().union(*(g for g in groups if g & set(rules)))
            at = max(i for i, g in enumerate(groups) if g & set(rules))
            groups = [joined if i == at else g for i, g in enumerate(groups) if i == at or not g & set(rules)]
        return groups

    def run(self, history):
        """The payments of a whole history: [{"after", "rule", "key", "amount"}]."""
        found = []

        everybody = [*self.used.values(), self]  # what is used comes first

        def look(on):
            moments = set()
            for one in everybody:
                one.figures.today, one.figures.moments = on, set()
                for rule, key, difference in one.evaluate():
                    places = 0 if one.smallest_of(rule) == 1 else 2
                    payment = {"after": str(on), "rule": rule, "key": key, "amount": format_amount(difference, places)}
                    found.append(payment if one is self else {"contract": one.slug, **payment})
                moments |= {m for m in one.figures.moments if m > on}
            return moments

        waiting = set()
        for stop in history:
            on = day(stop["on"])
            while any(m <= on for m in waiting):
                # before what comes on the same day
                waiting = look(min(waiting))
            self.amended = self.amended or "amended" in stop
            for result in stop.get("results", []):
                self.used.get(result.get("contract"), self).figures.apply(result, on)
            waiting = look(on)
        return found

    def smallest_of(self, rule):
        return Fraction(1, 100)


def format_amount(x, places):
    units = x * 10 ** places
    assert units.denominator == 1
    digits = str(abs(units.numerator)).rjust(places + 1, "0")
    text = digits if places == 0 else digits[:-places] + "." + digits[-places:]
    return ("-" if units < 0 else "") + text
