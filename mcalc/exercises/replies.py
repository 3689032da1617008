"""What is said to an answer."""

from __future__ import annotations

NOTHING = 'not answered yet: put your answer in the place of the dots, as {} or "{}"'
NO_TRY = ("not answered", "not read", "no formula")

# What is asked at a first miss, where the name of the mistake would be all that mends it.
FIRST = {
    "sign": "let the variable grow a little: does the function go the way that yours says?",
    "constant factor": "try it with numbers, and a small step: does the function move by so much?",
    "transpose": "how many outputs are there, and how many inputs? each output has a row",
    "transposed gradient": "of which shape is {wrt}? what comes back for it has the same",
    "diagonal as a vector": "what has output 1 to do with input 2, and where does that stand?",
    "transposed matrix": "write out one entry: does each matrix stand there as it has to?",
    "order": "read it from the right, as it meets a step: what comes first?",
    "substitution": "one step is left: a name stands there that is none of the variables",
}


class Reply:
    """What is said to an answer: true if it is right; ``mistake`` is the name of what is wrong."""

    def __init__(self, mistake: str | None, text: str):
        self.mistake, self.text = mistake, text

    def __bool__(self):
        return self.mistake is None

    def __repr__(self):
        return self.text
