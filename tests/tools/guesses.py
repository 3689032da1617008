"""How far one comes at the exercises without any mathematics, by obeying the replies.

A mechanical student types the names of the variables and coefficients in turn, and does whatever a
reply says: changes a sign, transposes, puts a factor or a term in that is named. What is solved
so was handed over and not found. The table says how many exercises that were, and which replies
it took after the first miss.
"""

import argparse
import re
import sys
import tomllib
from collections import Counter, deque
from pathlib import Path

from mcalc.exercises.exercise import Exercise
from mcalc.exercises.questions import ROWS, Row

TABLE = Path(__file__).parents[1] / "exercises" / "typed.toml"
TRIES = 6
COEFFICIENTS = ("1", "-1", "2", "1/2")
_END = r"(?=;| of the chain|, in |$)"
NAMED = {  # what a reply says, and what is done; {0} is the answer, {1} and {2} what is named
    rf"the sign is wrong{_END}|the sign is wrong: ": ("-({0})",),
    rf"the sign of one term is wrong: (.+?){_END}": ("{0} - 2({1})", "{0} + 2({1})"),
    r"this is the transpose|this is the gradient": ("({0})^T",),
    r"in the right layout, which is the transpose": ("({0})^T",),
    r"diagonal as a (?:vector|row)": ("diag({0})",),
    r"in each of its places": ("({0}) 1", "({0}) 1^T"),
    r"on its diagonal": ("({0}) I",),
    r"yours is (\S+) times what": ("({0})/({1})",),
    r"yours has (\S+) times (.+?)(?=;|$)": ("{0} + (1 - {1})({2})",),
    rf"a factor is missing: (?!the deriv)(.+?){_END}": ("({1}) ({0})", "({0}) ({1})",
                                                        "diag({1}) ({0})", "({0}) ⊗ ({1})"),
    rf"a term is missing: (.+?){_END}": ("{0} + {1}", "{0} + ({1})^T"),
    r"put in (\w+) = (.+?)(?=;|$)": ("replace",),
    r"(\S.*) has to stand where yours has (\S+) inside": ("replace",),
    r"the factors are in the wrong order: (?:from .*?, |they are )(.+?)(?=;|$)": ("{1}",),
    r"has to be the row (.+?)(?=;|$)": ("{1}",),
}  # fmt: skip


class Student:
    """One try after the other at an exercise: what the replies say first, then what is next."""

    def __init__(self, ex, first):
        self.ex, self.tried, self.replies = ex, [], []
        inputs = {str(v.name) for v in ex.derivation.inputs}
        variables = [name for name in ex.names if name in inputs]
        forms = [first, *variables, *COEFFICIENTS]
        self.next = deque(forms)

    def solved(self, most=TRIES):
        """After how many tries it is right; None if it is not by then."""
        while self.next and len(self.tried) < most:
            guess = self.next.popleft()
            if guess in self.tried:
                continue
            self.tried.append(guess)
            self.ex.misses = len(self.tried) - 1
            reply = self.ex.why(guess)
            if reply:
                return len(self.tried)
            self.replies.append(f"{reply}".removeprefix("not yet: "))
            obeyed = list(self.obey(guess, self.replies[-1]))
            self.next.extendleft(reversed(obeyed))
        return None

    def obey(self, guess, said):
        for pattern, ways in NAMED.items():
            if not (match := re.search(pattern, said)):
                continue
            named = (*match.groups(), "", "")
            for way in ways:
                if way == "replace":
                    new, old = named[:2] if "stand" in pattern else named[1::-1]
                    yield re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda m: f"({new})", guess)  # noqa: B023
                else:
                    yield way.format(guess, *named[:2])
        if "a number in front is wrong" in said:
            yield from (f"{c} ({guess})" for c in COEFFICIENTS[1:])


def kind(said):
    """A reply without its formulas."""
    return re.sub(r":? ?(?<=: ).*", "", said.partition(";")[0])[:60]


def by_names(keys):
    """After how many tries each exercise is solved that begins with the variable's name."""
    found = {}
    for key in keys:
        ex = Exercise(key)
        student = Student(ex, next(iter(ex.names)))
        found[key] = student.solved(), student
    return found


def after_one_miss(lines):
    """Which typed wrong answers are right at the second try, by the reply to the first."""
    handed = []
    for key, text in lines:
        ex = Exercise(key)
        student = Student(ex, text)
        student.next = deque([text])
        first = ex.why(text)
        if first or first.mistake in ("not read", "not answered"):
            continue
        said = f"{first}".removeprefix("not yet: ")
        if any(ex.why(guess) for guess in student.obey(text, said)):
            handed.append((key, text, said))
    return handed


def wrong_lines(every=1):
    """Wrong answers with their exercises, from what is typed in the table of the tests."""
    table = tomllib.loads(TABLE.read_text("utf-8"))
    wrong = [(key, text) for key in DERIVED for text, reply in table[key].items()
             if reply != "right" and not reply.startswith("not read")]  # fmt: skip
    return wrong[::every]


DERIVED = [key for key, row in ROWS.items() if isinstance(row, Row)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every so many of typed lines")
    args = parser.parse_args()
    found = by_names(DERIVED)
    tries = Counter(n for n, _ in found.values() if n)
    print(f"{'exercises with a derivation':<44}{len(found):>6}")
    print(f"{'solved at once, by a name':<44}{tries[1]:>6}")
    print(f"{'at the second try, by obeying one reply':<44}{tries[2]:>6}")
    print(f"{f'within {TRIES} tries':<44}{sum(tries.values()):>6}")
    for key, (n, student) in found.items():
        if n and n > 1:
            print(f"  {key:<18}{n}  {student.tried[-1]:<28}{student.replies[-1][:70]}")
    wrong = wrong_lines(args.every)
    handed = after_one_miss(wrong)
    print(f"{'wrong lines of the table, as a first try':<44}{len(wrong):>6}")
    print(f"{'  right after one reply that was obeyed':<44}{len(handed):>6}")
    for said, n in Counter(kind(said) for *_, said in handed).most_common():
        print(f"    {said:<60}{n:>6}")


if __name__ == "__main__":
    sys.exit(main())
