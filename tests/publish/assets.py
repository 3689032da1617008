"""What pages need that is no part of the project: from npm, once, and kept in build/assets."""

import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from notebooks import ROOT, Failed

CACHE = ROOT / "build" / "assets"

# A package: its version, its SHA-512, and what is taken out of it.
ASSETS = {
    "reveal.js": (
        "5.2.1",
        "afbfffea620ce69df884588332f61f5e0ca35ea191b5afbfa6c77d62dcadb204"
        "65ae947316fe116c7efa4d7776a83fbb64f6446e904385d46125a1607d0ef335",
        r"LICENSE|dist/reveal\.(js|css)|dist/theme/white\.css"
        r"|dist/theme/fonts/source-sans-pro/.*|plugin/notes/notes\.js",
    ),
    "mathjax": (
        "3.2.2",
        "06df9249553c7811b6ef30a155ec0e89c62ced7b1db78d2a9b8f94a47c97ee4d"
        "3f3bd36588f73ec7bee4d7f144b0fb2328f64626fb5164cd6f3be81e5b43a11b",
        r"LICENSE|es5/tex-svg-full\.js",
    ),
    "axe-core": (
        "4.14.1",
        "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73"
        "4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5",
        r"LICENSE|axe\.min\.js",
    ),
}


class Missing(Failed):
    """There is no npm, or npm has no way to a package."""


def npm(package, folder, who):
    """The file of a package, as npm fetches it from wherever it is set up to."""
    if not shutil.which("npm"):
        raise Missing(f"{who} needs npm, once, for {package}: apt install npm")
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), package]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    files = list(folder.glob("*.tgz"))
    if done.returncode or len(files) != 1:
        why = (done.stderr.strip() or "without a word").splitlines()[-1]
        raise Missing(f"npm cannot fetch {package}, which {who} needs, once: {why}")
    return files[0]


def asset(name, who):
    """The folder with what is taken out of a package, fetched if it is not there yet."""
    version, digest, wanted = ASSETS[name]
    kept = CACHE / f"{name}-{version}"
    if kept.exists():
        return kept
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
        file = npm(f"{name}@{version}", Path(temporary), who)
        if hashlib.sha512(file.read_bytes()).hexdigest() != digest:
            raise Failed(f"{name}@{version} from npm is not the one that {who} was made for")
        part = Path(temporary) / "part"
        with tarfile.open(file) as archive:
            for member in archive:
                path = member.name.removeprefix("package/")
                if member.isfile() and re.fullmatch(wanted, path):
                    target = part / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.extractfile(member).read())
        if not kept.exists():  # another process may have been as fast
            part.replace(kept)
    return kept


def put(to, names, who):
    """These packages, in a folder beside the pages that load them."""
    for name in names:
        shutil.copytree(asset(name, who), to / "assets" / name, dirs_exist_ok=True)
