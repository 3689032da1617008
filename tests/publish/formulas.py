r"""Formulas of the text in letters, for pages that nothing typesets: ``\frac{1}{2}`` is 1/2.

The outputs of cells need no such thing: each carries its own plain text.
"""

import re

SIGNS = {
    "partial": "∂", "nabla": "∇", "cdot": "·", "otimes": "⊗", "oslash": "⊘", "odot": "⊙",
    "circ": "∘", "bigcirc": "○", "times": "×", "le": "≤", "ge": "≥", "ne": "≠", "approx": "≈",
    "to": "→", "in": "∈", "infty": "∞", "dots": "...", "ldots": "...", "cdots": "...",
    "vdots": "⋮", "ddots": "⋱", "lvert": "|", "rvert": "|", "\\": "; ",
    "langle": "⟨", "rangle": "⟩", "mapsto": "↦",
    "sum": "sum", "prod": "prod", "|": "||", "{": "{", "}": "}", ",": " ", ";": " ", ":": " ",
    " ": " ", "quad": "  ", "qquad": "  ", "!": "", "%": "%",
    **dict.fromkeys(["left", "right", "displaystyle", "textstyle", "limits", "big", "Big"], ""),
}  # fmt: skip
GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon varepsilon eta theta kappa lambda mu pi rho sigma tau phi "
        "varphi psi omega Delta Sigma Phi".split(),
        "α β γ δ ε ε η θ κ λ μ π ρ σ τ φ φ ψ ω Δ Σ Φ".split(),
        strict=True,
    )
)
STYLES = {"mathbf", "boldsymbol", "mathrm", "mathit", "operatorname", "text", "vec", "mathbb"}
MARKS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}
APART = STYLES | {"frac"}  # a space before them, where a letter stands there
STROKE = "\0"  # behind a fraction, until what comes next is known
FUNCTIONS = set("sin cos tan sinh cosh tanh exp log ln max min det arg lim".split())
ONE = re.compile(r"[∂∇]|[∂∇]?(?:\d+|[^\W\d][\w.^'\u0302-\u0304]*)(\([^()]*\))?")
PART = re.compile(r"\\([a-zA-Z]+|.)|([{}])|([^\\{}])", re.DOTALL)


def readable(tex):
    """A formula as letters in a line. Raises ValueError for a command that it does not know."""
    parts = PART.findall(tex.replace("$", ""))
    text, rest = _until_brace(parts, 0)
    if rest < len(parts):
        raise ValueError(f"a brace too many: {tex}")
    text = re.sub(r"([∂∇]) +", r"\1", text.replace(STROKE, ""))
    return " ".join(text.split())


def _until_brace(parts, k):
    text = ""
    while k < len(parts) and parts[k][1] != "}":
        apart = parts[k][0] in APART and re.search(r"[\w)\0]$", text)
        after = text.endswith(STROKE) and (
            parts[k][0] == "left" or parts[k][2] == "(" or parts[k][2].isalpha()
        )
        piece, k = _piece(parts, k)
        text += f" {piece}" if apart or after else piece
    return text, k


def _group(parts, k):
    """What stands in the next braces, or the next single thing."""
    while k < len(parts) and parts[k][2].isspace():
        k += 1
    if k < len(parts) and parts[k][1] == "{":
        text, k = _until_brace(parts, k + 1)
        return text.strip(), k + 1
    return _piece(parts, k)


def _piece(parts, k):
    command, brace, sign = parts[k]
    if brace:
        return _group(parts, k)
    if sign in ("^", "_"):
        text, k = _group(parts, k + 1)
        return sign + (text if re.fullmatch(r"[\w′']+|-?\d+", text) else f"({text})"), k
    if sign:
        return sign, k + 1
    if command == "frac":
        above, k = _group(parts, k + 1)
        below, k = _group(parts, k)
        return f"{_alone(above)}/{_alone(below)}{STROKE}", k
    if command == "sqrt":
        text, k = _group(parts, k + 1)
        return f"sqrt({text})", k
    if command == "begin":
        return _matrix(parts, k + 1)
    if command in STYLES:
        return _group(parts, k + 1)
    if command in MARKS:
        text, k = _group(parts, k + 1)
        return text + MARKS[command], k
    if command in FUNCTIONS:
        return command, k + 1
    if command in SIGNS or command in GREEK:
        return SIGNS.get(command, GREEK.get(command)), k + 1
    raise ValueError(f"there is no way to write \\{command} in letters")


def _matrix(parts, k):
    """Entries with a space between them, rows with a semicolon: ``[1 2; 3 4]``."""
    _, k = _group(parts, k)  # which brackets it has
    text = ""
    while k < len(parts) and parts[k][0] != "end":
        piece, k = (" ", k + 1) if parts[k][2] == "&" else _piece(parts, k)
        text += piece
    _, k = _group(parts, k + 1)
    return f"[{re.sub(' *; *', '; ', ' '.join(text.split()))}]", k


def _alone(text):
    """What may stand above or below a stroke: one thing, or a sum or product in brackets."""
    one = re.sub(r"(?<=[∂∇]) +", "", text.replace(STROKE, ""))
    return one if ONE.fullmatch(one) else f"({one})"
