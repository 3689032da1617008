"""What MathJax and KaTeX say of formulas; both come from npm, once, and stay in .venv/mathjax."""

import json
import shutil
import subprocess
from pathlib import Path

from notebooks import ROOT

HERE = Path(__file__).parent / "mathjax"
PLACE = ROOT / ".venv" / "mathjax"


def missing() -> str:
    """Why nothing can be typeset; installs what is needed if it is not there yet."""
    if not (shutil.which("npm") and shutil.which("node")):
        return "npm is missing: apt install npm"
    PLACE.mkdir(parents=True, exist_ok=True)
    wanted, kept = (folder / "package.json" for folder in (HERE, PLACE))
    (PLACE / "typeset.mjs").write_bytes((HERE / "typeset.mjs").read_bytes())
    if kept.exists() and kept.read_bytes() == wanted.read_bytes():
        return ""
    kept.write_bytes(wanted.read_bytes())
    command = "npm install --no-package-lock --no-audit --no-fund --ignore-scripts --silent"
    done = subprocess.run(command.split(), cwd=PLACE, capture_output=True, text=True)
    if done.returncode:
        kept.unlink()
        return f"npm cannot fetch MathJax: {(done.stderr.strip() or 'no reason').splitlines()[-1]}"
    return ""


def errors(formulas) -> dict:
    """The formulas that MathJax or KaTeX cannot typeset, with what they say."""
    formulas = list(dict.fromkeys(formulas))
    lines = "\n".join(map(json.dumps, formulas))
    done = subprocess.run(["node", "typeset.mjs"], cwd=PLACE, input=lines, capture_output=True,
                          text=True, check=True)  # fmt: skip
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return {f: wrong for f, wrong in zip(formulas, said, strict=True) if wrong}
