"""The exercises of a page, answered by keys as a reader answers them."""

from mcalc.exercises.exercise import exercise, exercise_keys
from mcalc.exercises.meaning import AboutMeaning


class Answering:
    """An exercise in a page."""

    def __init__(self, page, key):
        self.page = page
        self.root = page.tab.locator(".mcalc-exercise").filter(has_text=key).first

    def type(self, words):
        self.root.locator("input[type=text]").focus()
        self.page.tab.keyboard.press("Control+a")
        self.page.tab.keyboard.type(words)
        self.page.tab.keyboard.press("Enter")
        return self.said()

    def click(self, name):
        self.root.get_by_role("button", name=name).click()
        return self.said()

    def said(self):
        self.page.settle()
        return self.root.locator(".mcalc-reply [role=status]").inner_text()


def tried(page, name):
    """Every exercise of a chapter is answered; before it the first of each kind is tried.

    With what cannot be read, with what is wrong, and for a hint. Fields are all alike: what each
    exercise says to each line is tested without a browser.
    """
    keys, kinds = exercise_keys(name[:2]), set()
    for count, key in enumerate(keys, 1):
        one, answer, kind = Answering(page, key), exercise(key).answer, type(exercise(key))
        wrong = exercise(key).a_slip if kind is AboutMeaning else "1234"
        before = [
            (one.type, "diag(", "this cannot be read: "),
            (one.type, wrong, "not yet: "),
            (one.click, "Hint", "hint 1 of "),
        ]
        for do, did, start in [*before * (kind not in kinds), (one.type, answer, "right: ")]:
            said = do(did)
            if not said.startswith(start):
                yield f"{key}: to {did} it says {said!r}"
        kinds.add(kind)
        if f"{count} of the {len(keys)}" not in said:
            yield f"{key}: of progress it says {said!r}"
    if keys and not isinstance(exercise(keys[-1]), AboutMeaning):
        before = one.root.locator("mjx-container").count()
        one.click("Derivation")
        page.comes("!probe.unfinished().length", 20)
        if one.root.locator("mjx-container").count() <= before:
            yield f"{keys[-1]}: no derivation is shown"
