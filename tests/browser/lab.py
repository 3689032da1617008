"""JupyterLab in Chromium: a server of its own, a page with a notebook, and the explorers in it.

Nothing in a page waits for a length of time. What is moved is moved by keys and mouse, as by a
reader, and looked at when the kernel has answered all that the page has sent: see `settled` in
page.js.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
PROBE = Path(__file__).with_name("page.js")
PROMPT = ROOT / "mcalc" / "explorers" / "jupyter_server_config.py"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# All cells are in the page, also those that are out of sight; nothing asks for news or updates.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
CONTRAST = 4.5  # of text with what is behind it, as WCAG asks for


def missing():
    """A sentence about what the browser tests need and do not find, or None."""
    if not CHROMIUM:
        return "there is no Chromium: on Debian and Ubuntu, apt install chromium"
    if not find_spec("playwright"):
        return "there is no playwright: pip install playwright"
    return None


# --- the server ------------------------------------------------------------------------------


class Server:
    """A JupyterLab on loopback, over a folder and with a configuration that it has to itself."""

    def __init__(self, folder: Path):
        self.root, self.config, self.log = folder / "root", folder / "config", folder / "log"
        self.answers = folder / "answers.sqlite"
        self.root.mkdir(parents=True)
        for name, settings in SETTINGS.items():
            path = self._settings(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings), encoding="utf-8")
        shutil.copy(PROMPT, self.config)
        with socket.socket() as free:
            free.bind((HOST, 0))
            port = free.getsockname()[1]
        self.url = f"http://{HOST}:{port}"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                self._command(port), cwd=self.root, env=self._environment(folder),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            self._wait(60)
        except BaseException:
            self.stop()
            raise

    def _settings(self, name):
        folder = self.config / "lab" / "user-settings" / "@jupyterlab"
        return folder / f"{name}.jupyterlab-settings"

    def _command(self, port):
        options = {
            "ServerApp.ip": HOST,
            "ServerApp.port": port,
            "ServerApp.port_retries": 0,
            "ServerApp.open_browser": False,
            "ServerApp.root_dir": self.root,
            "ServerApp.allow_root": True,
            "ServerApp.disable_check_xsrf": True,  # so that stop_kernels may ask from outside
            "IdentityProvider.token": "",
            "LabApp.expose_app_in_browser": True,
            "LabApp.extension_manager": "readonly",
            "LabApp.news_url": None,
            "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        }
        given = [f"--{name}={value}" for name, value in options.items()]
        return [sys.executable, "-m", "jupyterlab", *given]

    def _environment(self, folder):
        """The tests' own environment, but for all that a reader may have configured."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "JPY_"))}
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        return own | {
            "JUPYTER_CONFIG_DIR": str(self.config),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "IPYTHONDIR": str(folder / "ipython"),
            "PYTHONPATH": os.pathsep.join(paths),
            "MCALC_ANSWERS": str(self.answers),
        }

    def _wait(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                return self.ask("/api/status")
            except URLError:
                time.sleep(0.05)
        raise RuntimeError("JupyterLab does not start:\n" + self.log.read_text()[-4000:])

    def ask(self, path, method="GET"):
        here = build_opener(ProxyHandler({}))
        with here.open(Request(self.url + path, method=method), timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def write(self, name, *cells):
        """A notebook of these cells: sources, or cells as they are."""
        made = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
        return self.put(name, new_notebook(cells=made))

    def put(self, name, nb):
        """A notebook as it is, but for its outputs: what is seen later is of this run."""
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nb.metadata["kernelspec"] = {"display_name": "Python 3", "name": "python3"}
        nbformat.write(nb, self.root / name)
        return name

    def stop_kernels(self):
        for session in self.ask("/api/sessions"):
            self.ask(f"/api/sessions/{session['id']}", "DELETE")

    def forget_theme(self):
        self._settings("apputils-extension/themes").unlink(missing_ok=True)

    def stop(self):
        """First politely, so that it takes its kernels along; then all that is left."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


@contextmanager
def server(folder):
    """A server over the notebooks of the project, in copies."""
    running = Server(folder)
    try:
        notebooks = ROOT / "notebooks"
        for path in notebooks.glob("*.ipynb"):
            running.put(path.name, nbformat.read(path, 4))
        yield running
    finally:
        running.stop()


@contextmanager
def chromium():
    """Chromium without a window, and without a word to the network on its own account."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--disable-gpu", "--no-proxy-server"]
        )
        try:
            yield browser.new_context(viewport={"width": 1280, "height": 1000})
        finally:
            browser.close()


# --- a page ----------------------------------------------------------------------------------


class Page:
    """A notebook in JupyterLab, and whatever went wrong in its page so far."""

    def __init__(self, context, server: Server, name: str):
        self.server, self.name, self.faults = server, name, []
        server.forget_theme()
        self.tab = context.new_page()
        self.tab.set_default_timeout(60_000)
        self.tab.add_init_script(path=PROBE)
        self.tab.on("console", self._console)
        self.tab.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        self.tab.on("request", lambda request: self._asked(request.url))
        self.tab.on("websocket", lambda socket: self._asked(socket.url))
        self.tab.goto(f"{server.url}/doc/tree/{quote(name)}?reset", wait_until="commit")
        self.until("probe.ready()")

    def close(self):
        self.tab.close()
        self.server.stop_kernels()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def _console(self, message):
        if message.type == "error":
            self.faults.append(f"console: {message.text}")

    def _asked(self, url):
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.hostname != HOST:
            self.faults.append(f"a request to {url[:200]}")

    def until(self, condition, seconds=60, every="raf"):
        """Wait until an expression of JavaScript is true, a look for every frame.

        Or after so many milliseconds each: what goes through the whole page takes longer itself.
        """
        self.tab.wait_for_function(condition, polling=every, timeout=seconds * 1000)

    def comes(self, condition, seconds, every="raf"):
        """Whether it is true in time."""
        from playwright.sync_api import TimeoutError as TooLate

        try:
            self.until(condition, seconds, every)
        except TooLate:
            return False
        return True

    def ask(self, expression, argument=None):
        return self.tab.evaluate(expression, argument)

    def settle(self, seconds=60, frames=2):
        """Wait until the kernel has answered everything, and the answers are shown."""
        return self.ask(f"probe.settled({seconds}, {frames})") or self.late(seconds)

    def late(self, seconds):
        raise TimeoutError(f"the kernel is not through after {seconds} seconds")

    def command(self, name, **options):
        self.ask("([name, options]) => probe.run(name, options)", [name, options])

    def run_all(self, seconds=30):
        """Run all cells, and wait for what they show; what does not come is among the faults."""
        self.command("notebook:run-all-cells")
        self.until("probe.ran()", 120, every=200)
        self.settle()
        self.comes("!probe.unfinished().length", seconds, every=200)

    def wrong(self):
        """What is wrong with the notebook as it is now, and what went wrong so far."""
        return self.faults + self.ask("probe.faults()")

    def cells(self):
        return self.ask("probe.cells()")

    def order(self):
        return [cell["id"] for cell in self.cells()]

    def explorers(self):
        return [Explorer(self, k) for k in range(self.ask("probe.explorers().length"))]

    def theme(self, name):
        self.command("apputils:change-theme", theme=name)
        light = "true" if name == LIGHT else "false"
        self.until(f"document.body.dataset.jpThemeLight === '{light}'")
        self.settle()


# --- an explorer -----------------------------------------------------------------------------


class Explorer:
    """An explorer in a page, by its place among them.

    The methods that try something give sentences about what is wrong, and an empty list if nothing
    is. What has to hold for a single move is in `moved`.
    """

    def __init__(self, page: Page, number: int):
        self.page, self.number = page, number
        self.root = page.tab.locator(".mcalc-explorer").nth(number)

    def state(self):
        return self.page.ask("n => probe.state(n)", self.number)

    def handle(self, k):
        return self.root.locator(".noUi-handle").nth(k)

    def settled(self, frames=2):
        """The state when the kernel is through with what was done."""
        wait = f"n => probe.settled(60, {frames}).then((good) => good && probe.state(n))"
        return self.page.ask(wait, self.number) or self.page.late(60)

    def press(self, key):
        """A key, wherever the focus is; then wait for what comes of it."""
        self.page.tab.keyboard.press(key)
        return self.settled()

    def type(self, k, words):
        """Write into the k-th box, as by hand."""
        self.root.locator("input[type=text]").nth(k).focus()
        self.page.tab.keyboard.press("Control+a")
        self.page.tab.keyboard.insert_text(words)
        return self.press("Enter")

    def sliders(self):
        """Those that can be seen and moved."""
        sliders = enumerate(self.state()["sliders"])
        return [k for k, one in sliders if one["seen"] and one["low"] < one["high"]]

    # --- what has to hold ---

    def anatomy(self):
        """What a picture has to have for those who do not see it, and formulas in place."""
        now, found = self.state(), []
        if now["role"] != "img":
            found.append(f"the role of the picture is {now['role']}")
        found += [f"the picture has no {part}" for part in ("label", "title", "description")
                  if not now[part].strip()]  # fmt: skip
        if not now["formulas"]:
            found.append("no formula is typeset")
        if now["alert"]:
            found.append(f"it says {now['alert']!r} from the start")
        return found

    @staticmethod
    def moved(what, before, after, height=True):
        """What is wrong with a single move, whatever was moved."""
        drawn = before["drawing"] != after["drawing"]
        if after["alert"]:
            yield f"{what}: it says {after['alert']!r}"
        if drawn and before["label"] == after["label"]:
            yield f"{what}: the picture changed, and its label did not"
        if height and abs(before["height"] - after["height"]) > 1:
            yield f"{what}: the height went from {before['height']:g} to {after['height']:g}"
        for old, new in zip(before["sliders"], after["sliders"], strict=True):
            box, slider = (old[part] != new[part] for part in ("box", "at"))
            if box and before["view"] == after["view"]:
                yield f"{what}: {new['name']} is {new['box']} now, and the picture is as it was"
            if slider and not box and old["box"] is not None and old["high"] == new["high"]:
                yield f"{what}: the slider of {new['name']} moved, its box still has {new['box']}"

    def try_slider(self, k, mouse=True):
        """By keys over its whole range, and by the mouse; then back to where it was."""
        now, found, different, boxes = self.state(), [], False, []
        name, first = now["sliders"][k]["name"], now
        self.handle(k).focus()
        for key in ("ArrowRight", "ArrowLeft", "End", "Home"):
            before, now = now, self.press(key)
            found += self.moved(f"{key} on {name}", before, now)
            different |= any(before[part] != now[part] for part in ("drawing", "numbers"))
            boxes.append(now["sliders"][k]["box"])
        if not different:
            found.append(f"{name}: no key changes anything")
        if boxes[0] is not None and not float(boxes[3]) < float(boxes[2]):
            found.append(f"{name}: it is {boxes[3]} at its low end and {boxes[2]} at its high one")
        if mouse:
            found += self.try_mouse(k, now)
        return found + self.put_back(k, first)

    def try_mouse(self, k, before):
        """Drag the handle from its low end by a third of the track, or two of a single stop."""
        slider, mouse = before["sliders"][k], self.page.tab.mouse
        at = self.page.ask("([n, k]) => probe.grip(n, k)", [self.number, k])
        way = at["length"] * (2 if slider["high"] - slider["low"] == 1 else 1) / 3
        mouse.move(at["x"], at["y"])
        mouse.down()
        mouse.move(at["x"] + way, at["y"], steps=4)
        mouse.up()
        now = self.settled()
        found = list(self.moved(f"dragging {slider['name']}", before, now))
        if before["view"] == now["view"]:
            found.append(f"dragging {slider['name']}: nothing changes")
        return found

    def put_back(self, k, first):
        """The value that a slider had, by its box."""
        slider = first["sliders"][k]
        if slider["box"] is None:
            return []
        now = self.type(slider["beside"], slider["box"])
        if now["sliders"][k]["box"] == slider["box"] and not now["alert"]:
            return []
        return [f"{slider['name']}: {slider['box']} cannot be typed again: {now['alert']!r}"]

    def try_box(self, k):
        """What is no number or formula, or out of range, is refused in words and moves nothing."""
        first, found = self.state(), []
        name, value = first["boxes"][k]["name"], first["boxes"][k]["value"]
        refused = [("99999999", "out of range"), ("abc", "is not a number")]
        if k not in [slider["beside"] for slider in first["sliders"]]:  # a formula
            refused = [("99999999", "no scalar or vector variable"), ("x +", "column")]
        for words, sentence in refused:
            now = self.type(k, words)
            if sentence not in now["alert"]:
                found.append(f"{name}: to {words} it says {now['alert']!r}")
            if now["view"] != first["view"]:
                found.append(f"{name}: {words} changes the picture")
            if abs(now["height"] - first["height"]) > 1:
                heights = f"from {first['height']:g} to {now['height']:g}"
                found.append(f"{name}: the height went {heights} with the alert")
        now = self.type(k, value)
        if now["alert"]:
            found.append(f"{name}: it still says {now['alert']!r} to {value}")
        if now["view"] != first["view"]:
            found.append(f"{name}: with {value} again the picture is another one")
        return found

    def try_select(self, k, tried):
        """Every option; and the sliders that have not been there with the options before."""
        first, found = self.state(), []
        select, now, different = first["selects"][k], first, len(first["selects"][k]["options"]) < 2
        place = self.root.locator("select").nth(k)
        for index, option in enumerate(select["options"]):
            before = now
            place.select_option(index=index)
            now = self.settled()
            found += self.moved(f"{option} for {select['name']}", before, now, height=False)
            found += [f"{option} for {select['name']}: {line}" for line in self.pale()]
            different |= before["view"] != now["view"]
            found += self.try_sliders(tried)
        place.select_option(index=select["at"])
        self.page.settle()
        return found + ([] if different else [f"{select['name']}: no option changes anything"])

    def try_button(self, k):
        """A click; a button that stays down plays something, and is clicked again."""
        before = self.state()
        button, name = self.root.locator("button").nth(k), before["buttons"][k]["name"]
        button.click()
        found = []
        if before["buttons"][k]["stays"]:
            view = json.dumps(before["view"])
            if not self.page.comes(f"probe.state({self.number}).view !== {view}", 10):
                found.append(f"a click on {name} plays nothing")
            button.click()
        return found + list(self.moved(f"a click on {name}", before, self.settled(frames=12)))

    def try_sliders(self, tried):
        """All that can be seen and are not among those that were tried before."""
        new = [k for k in self.sliders() if k not in tried]
        tried.update(new)
        return [line for k in new for line in self.try_slider(k)]

    def inputs(self):
        """The names of all inputs: those of two explorers of a kind are the same."""
        now = self.state()
        return [[one["name"] for one in now[kind]] for kind in ("sliders", "selects", "buttons")]

    def try_all(self):
        """Every input, in every way that it has."""
        tried, now = set(), self.state()
        found = self.try_sliders(tried)
        if not tried:
            found.append("there is no slider")
        for kind, action in (
            ("boxes", self.try_box),
            ("selects", lambda k: self.try_select(k, tried)),
            ("buttons", self.try_button),
        ):
            for k in [k for k, one in enumerate(now[kind]) if one["seen"]]:
                found += action(k)
        return found

    def try_letters(self):
        """JupyterLab's keys for cells do nothing on a slider, but for Shift+Enter."""
        cells, found = self.page.order(), len(self.page.explorers())
        self.handle(0).focus()
        for key in "bddax":  # one by one: what b and a put in, d d and x take out again
            self.page.tab.keyboard.press(key)
            self.page.settle()
            if (now := self.page.order()) != cells:
                return [f"by the key {key} the {len(cells)} cells became {len(now)}"]
        home = self.page.ask("n => probe.home(n)", self.number)
        count = f"probe.count({home})"
        before = self.page.ask(count)
        self.page.tab.keyboard.press("Shift+Enter")
        if not self.page.comes(f"{count} !== null && {count} !== {before}", 20):
            return ["Shift+Enter does not run the cell"]
        if not self.page.comes(f"probe.explorers().length === {found}", 20):
            return ["after Shift+Enter the explorer is gone"]
        self.page.settle()
        return []

    def pale(self):
        """Which texts have too little contrast with what they stand on."""
        all_texts = self.page.ask("n => probe.contrasts(n)", self.number)
        return [f"{text[:30]!r} has a contrast of {contrast:.2f}"
                for text, contrast in all_texts if contrast < CONTRAST]  # fmt: skip

    def pale_alert(self):
        """The same while it says what is wrong with an input."""
        for k, box in enumerate(self.state()["boxes"]):
            if box["seen"]:
                self.type(k, "abc")
                found = self.pale()
                self.type(k, box["value"])
                return found
        return []


def families(explorers):
    """Explorers that are the same one in several places, in groups: one moves, and so do all."""
    while explorers:
        first, *others = explorers
        views = [one.state()["view"] for one in others]
        k, before = first.sliders()[0], first.state()
        slider = before["sliders"][k]
        first.handle(k).focus()
        first.press("ArrowRight" if slider["at"] < slider["high"] else "ArrowLeft")
        moved = [one.state()["view"] != view for one, view in zip(others, views, strict=True)]
        first.put_back(k, before)
        yield [first, *(one for one, so in zip(others, moved, strict=True) if so)]
        explorers = [one for one, so in zip(others, moved, strict=True) if not so]
