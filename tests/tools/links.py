"""Put your own repository into the links to it: for `make links REPO=you/yours`.

    python tests/tools/links.py you/yours

It needs no git, so an unpacked archive does as well; run again, it changes the name once more.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = "README.md", "CITATION.cff", "pyproject.toml", "notebooks/*.ipynb"
NOBODY = "OWNER/REPOSITORY"  # for whom there is no badge, since it would lead nowhere
BADGE = re.compile(r"^(?:<!-- )?(\[!\[Binder\]\([^\n]*?\))(?: -->)?$", re.MULTILINE)
NAME = r"[A-Za-z0-9][\w-]*/[\w.-]+"


def present(root=ROOT):
    """The repository that the links name now, from pyproject.toml."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    (name,) = re.findall(rf'^Repository = "https://github\.com/({NAME})"$', text, re.MULTILINE)
    return name


def put(new, root=ROOT):
    """Write the new name into every file with the old one; the files that changed."""
    if not re.fullmatch(NAME, new):
        raise ValueError(f"{new!r} is no repository: write make links REPO=you/yours")
    old, changed = present(root), []
    for path in sorted(path for pattern in FILES for path in root.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        if old in text:
            text = BADGE.sub(r"<!-- \1 -->" if new == NOBODY else r"\1", text.replace(old, new))
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    return changed


if __name__ == "__main__":
    try:
        files = put(*sys.argv[1:] or [""])
    except ValueError as error:
        sys.exit(f"{error}")
    print(f"{len(files)} files name {sys.argv[1]} now")
