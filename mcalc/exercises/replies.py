"""What is said to an answer."""

from __future__ import annotations

NOTHING = 'not answered yet: put your answer in the place of the dots, as {} or "{}"'
NO_TRY = ("not answered", "not read", "no formula")


class Reply:
    """What is said to an answer: true if it is right; ``mistake`` is the name of what is wrong."""

    def __init__(self, mistake: str | None, text: str):
        self.mistake, self.text = mistake, text

    def __bool__(self):
        return self.mistake is None

    def __repr__(self):
        return self.text
