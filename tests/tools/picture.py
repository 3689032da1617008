"""The picture in the README: an explorer as a reader sees it, for `make picture`."""

import sys
import tempfile
from pathlib import Path

from browser import lab
from PIL import Image

TO = lab.ROOT / "notebooks" / "images" / "explorer.png"
CELL = """\
import numpy as np
import mcalc as mc

w, x = mc.vectors("w x")
mc.explore.jacobian(w**2 * x, wrt=w)"""


def main():
    if missing := lab.missing():
        sys.exit(f"There is no picture without a browser: {missing}")
    TO.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        with lab.server(Path(folder)) as server, lab.chromium() as context:
            with lab.Page(context, server, server.write("picture.ipynb", CELL)) as page:
                page.run_all()
                if wrong := page.wrong():
                    sys.exit("\n".join(wrong))
                page.tab.locator(".jp-Notebook .jp-Cell").first.screenshot(path=TO)
    # the colours that it has, in a third of the bytes
    Image.open(TO).convert("P", palette=Image.Palette.ADAPTIVE, colors=255).save(TO, optimize=True)
    print(f"{TO.relative_to(lab.ROOT)}: {TO.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
