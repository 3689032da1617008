"""A JupyterHub on loopback, with all that it starts, and the memory that each of them takes."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import load

from notebooks import ROOT, Failed

HOST = "127.0.0.1"
HERE = Path(__file__).parent
CONFIG = HERE / "jupyterhub_config.py"
PYTHON = ROOT / ".venv" / "hub" / "bin" / "python"
CACHE = ROOT / "build" / "hub"

# Where a kernel's sockets are, from the home of its user; no system takes longer paths than this.
SOCKET = ".local/share/jupyter/runtime/kernel-00000000-0000-0000-0000-000000000000-ipc-1"
LONGEST = 107

ERROR = re.compile(r"\w*Error\b|Fatal|\[C ")  # how a line in a log begins that tells of one


def proxy():
    """The program that a hub puts before its servers, from npm if it is not there yet."""
    command = CACHE / "node_modules" / ".bin" / "configurable-http-proxy"
    if command.exists():
        return command
    if not shutil.which("npm"):
        raise Failed("a hub needs npm, once, for its proxy: apt install npm")
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in "package.json", "package-lock.json":
        shutil.copy(HERE / name, CACHE)
    options = ["--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(["npm", "ci", *options], cwd=CACHE, capture_output=True, text=True)
    if done.returncode:
        why = (done.stderr.strip() or "without a word").splitlines()[-1]
        raise Failed(f"npm cannot fetch the proxy that a hub needs, once: {why}")
    return command


def free_port():
    with socket.socket() as free:
        free.bind((HOST, 0))
        return free.getsockname()[1]


class Hub:
    """A hub that lets in everybody, over a folder that it has to itself."""

    def __init__(self, folder: Path):
        self.folder, self.log = folder, folder / "log"
        if (length := len(f"{folder}/s00/{SOCKET}")) > LONGEST:
            raise Failed(
                f"{folder} has too long a name: a kernel's socket in it would take {length} "
                f"characters, and {LONGEST} is the most; set TMPDIR to a shorter one"
            )
        if not PYTHON.exists():
            raise Failed("there is no JupyterHub in .venv/hub: make test-hub puts it there")
        self.url = f"http://{HOST}:{free_port()}"
        command = self._command(proxy())
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=self._environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            self._wait(60)
        except BaseException:
            self.stop()
            raise

    def _command(self, proxy):
        """What is particular to the test comes on top of the configuration for a class."""
        server = [PYTHON, "-m", "jupyterhub.singleuser", "--allow-root"]
        options = [
            f"--JupyterHub.bind_url={self.url}",
            f"--JupyterHub.hub_bind_url=http://{HOST}:{free_port()}",
            f"--JupyterHub.db_url=sqlite:///{self.folder}/hub.sqlite",
            f"--JupyterHub.cookie_secret_file={self.folder}/secret",
            "--JupyterHub.authenticator_class=dummy",
            "--Authenticator.allow_all=True",
            "--JupyterHub.spawner_class=simple",
            f"--SimpleLocalProcessSpawner.home_dir_template={self.folder}/{{username}}",
            *(f"--Spawner.cmd={word}" for word in server),
            f"--ConfigurableHTTPProxy.command={proxy}",
            f"--ConfigurableHTTPProxy.api_url=http://{HOST}:{free_port()}",
        ]
        return [PYTHON, "-m", "jupyterhub", "--config", CONFIG, *options]

    def _environment(self):
        """The tests' own environment, but for what a reader may have configured.

        Python may write bytecode, as on a hub: without it, all of them would take more memory.
        """
        left = ("JUPYTER", "JPY_", "PYTHONDONTWRITEBYTECODE")
        own = {k: v for k, v in os.environ.items() if not k.startswith(left)}
        return own | {"PYTHONPATH": str(ROOT)}

    def _wait(self, seconds):
        here, end = build_opener(ProxyHandler({})), time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                return here.open(f"{self.url}/hub/health", timeout=10).close()
            except URLError:
                time.sleep(0.5)
        said = [line.strip() for line in self._log() if line.strip()] or ["it says nothing"]
        raise Failed(f"the hub does not start: {said[-1]}")

    def _log(self):
        return self.log.read_text(errors="replace").splitlines()

    def errors(self):
        """What the hub and its servers have complained about, each once."""
        return list(dict.fromkeys(line for line in self._log() if ERROR.match(line)))

    def stop(self):
        """First politely, so that it takes its servers along; then all that is left."""
        family = [(pid, born(pid)) for pid in (self.process.pid, *descendants(self.process.pid))]
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            pass
        for pid, when in family:
            if when and born(pid) == when:  # else another process has that number now
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def memory(self):
        """Of the hub with its proxy, and of all the students."""
        servers = [pid for pid in load.children(self.process.pid) if user(pid)]
        everything = sum(map(memory, [self.process.pid, *descendants(self.process.pid)]))
        students = sum(map(memory, [*servers, *(k for s in servers for k in descendants(s))]))
        return everything - students, students

    def memory_of(self, name):
        """Of a student's server, and of the kernels."""
        servers = [pid for pid in load.children(self.process.pid) if user(pid) == name]
        kernels = [kernel for server in servers for kernel in descendants(server)]
        return sum(map(memory, servers)), sum(map(memory, kernels))


def descendants(pid):
    below = load.children(pid)
    return below + [deeper for child in below for deeper in descendants(child)]


def about(pid, what):
    """What the system tells about a process; nothing if it has ended."""
    try:
        return Path(f"/proc/{pid}/{what}").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def memory(pid):
    """Bytes of PSS, as `make measure` counts them."""
    return load.about(pid)[0] if about(pid, "smaps_rollup") else 0


def born(pid):
    return about(pid, "stat").rpartition(")")[2].split()[19:20]


def user(pid):
    """The name of the student whose server this is, if it is one."""
    given = dict(line.partition("=")[::2] for line in about(pid, "environ").split("\0"))
    return given.get("JUPYTERHUB_USER")


@contextmanager
def hub():
    """A hub whose folder is removed with it."""
    with TemporaryDirectory(prefix="hub-", ignore_cleanup_errors=True) as folder:
        running = Hub(Path(folder))
        try:
            yield running
        finally:
            running.stop()
