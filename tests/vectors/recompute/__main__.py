"""python3 tests/vectors/recompute FOLDER [--print NAME]: every history of FOLDER by the formulas, against its expected payments.

Ends with status 1 and says what differs when something does; a text without a formula here is a difference.
"""
import json
import pathlib
import sys

from contracts import BY_NAME


def payments_of(folder, name):
    told = json.loads((folder / f"{name}.results.json").read_text())
    if told["contract"] not in BY_NAME:
        raise SystemExit(f"{name}: there is no formula for {told['contract']} in contracts.py")
    return BY_NAME[told["contract"]]().run(told["history"])


def main(arguments):
    folder = pathlib.Path(arguments[0])
    if "--print" in arguments:
        for payment in payments_of(folder, arguments[2]):
            print(json.dumps(payment))
        return 0
    differ, count, total = 0, 0, 0
    for file in sorted(folder.glob("*.results.json")):
        name = file.name[:-len(".results.json")]
        order = lambda p: (p["after"], p["rule"], p["key"], p["amount"])
        ours = sorted(payments_of(folder, name), key=order)
        theirs = sorted(json.loads((folder / f"{name}.expected.json").read_text())["payments"], key=order)
        count, total = count + 1, total + len(theirs)
        for payment in ours:
            if payment not in theirs:
                differ += 1
                print(f"{name}: by the formula, and not expected: {json.dumps(payment)}")
        for payment in theirs:
            if payment not in ours:
                differ += 1
                print(f"{name}: expected, and not by the formula: {json.dumps(payment)}")
    print(f"{count} histories, {total} payments, {differ} differences")
    return 1 if differ or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
