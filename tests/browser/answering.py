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
    """Every exercise of a chapter: what cannot be read, what is wrong, and what is right."""
    keys = exercise_keys(name[:2])
    for count, key in enumerate(keys, 1):
        one, answer = Answering(page, key), exercise(key).answer
        wrong = exercise(key).a_slip if isinstance(exercise(key), AboutMeaning) else "1234"
        for did, said, start in (
            ("diag(", one.type("diag("), "this cannot be read: "),
            (wrong, one.type(wrong), "not yet: "),
            ("Hint", one.click("Hint"), "hint 1 of "),
            (answer, one.type(answer), "right: "),
        ):
            if not said.startswith(start):
                yield f"{key}: to {did} it says {said!r}"
        if f"{count} of the {len(keys)}" not in said:
            yield f"{key}: of progress it says {said!r}"
    if keys and not isinstance(exercise(keys[-1]), AboutMeaning):
        before = one.root.locator("mjx-container").count()
        one.click("Derivation")
        page.comes("!probe.unfinished().length", 20)
        if one.root.locator("mjx-container").count() <= before:
            yield f"{keys[-1]}: no derivation is shown"
