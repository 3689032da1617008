"""A student as the hub sees one: everything that a browser with JupyterLab would ask for."""

import asyncio
import copy
import json
from http.client import HTTPException, HTTPResponse
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from nbformat.v4 import output_from_msg
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClosedError, websocket_connect

import notebooks
from notebooks import Failed

PATIENCE = 180  # seconds for an answer, while all the others ask as well
PROTOCOL = "v1.kernel.websocket.jupyter.org"

# What JupyterLab 4.6 asks its server for until a page is there, as seen in Chromium. The server
# loads for it what it would else not have: 15 MB.
PAGE = (
    "/lab", "/api/me", "/api/kernelspecs", "/api/kernels", "/api/sessions", "/api/terminals",
    "/lab/api/settings", "/lab/api/settings?ids_only=true", "/lab/api/workspaces",
    "/lab/api/translations", "/lab/api/translations/default", "/lab/api/build", "/lsp/status",
    "/lab/api/themes/@jupyterlab/theme-light-extension/index.css", "/api/contents?content=1",
    "/api/nbconvert",
)  # fmt: skip

SHOWN = ("stream", "display_data", "execute_result", "error")


class Student:
    """Somebody with a chapter; `fault` is what did not go well, and a sentence about it."""

    def __init__(self, hub, name, path):
        self.hub, self.name, self.path = hub, name, path
        self.cookies, self.fault, self.ran = CookieJar(), None, None
        self.opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.cookies))

    def __str__(self):
        return f"{self.name} with chapter {self.path.stem[:2]}"

    # --- the way in ---

    async def come(self):
        """Log in, and have a server started."""
        await self._fetch("/hub/login")
        form = {"username": self.name, "password": "any", "_xsrf": self._cookie("/hub/", "_xsrf")}
        await self._fetch("/hub/login", "POST", urlencode(form).encode())
        await self._fetch("/hub/spawn")
        progress = f"/hub/api/users/{self.name}/server/progress"
        await self._fetch(progress, read=until_ready)

    async def _fetch(self, path, method="GET", body=None, headers=None, read=HTTPResponse.read):
        request = Request(self.hub.url + path, body, headers or {}, method=method)

        def fetched():
            try:
                with self.opener.open(request, timeout=PATIENCE) as answer:
                    return read(answer)
            except (OSError, HTTPException) as error:
                raise Failed(f"{method} {path}: {error}") from None

        return await asyncio.to_thread(fetched)

    def _cookie(self, path, name):
        return next((c.value for c in self.cookies if (c.path, c.name) == (path, name)), "")

    async def ask(self, path, method="GET", body=None):
        """Something of the student's own server."""
        home = f"/user/{self.name}"
        headers = {"X-XSRFToken": self._cookie(f"{home}/", "_xsrf")}
        body = body and json.dumps(body).encode()
        answer = await self._fetch(home + path, method, body, headers)
        return json.loads(answer) if answer[:1] in (b"{", b"[") else answer

    # --- the chapter ---

    async def open(self):
        """Bring the chapter along, without outputs, open it in JupyterLab, and start its kernel."""
        for path in PAGE:
            await self.ask(path)
        self.stored = notebooks.read(self.path)
        nb = without_outputs(self.stored)
        await self._put(self.path.name, "notebook", content=nb)
        await self.ask(f"/api/contents/{self.path.name}?type=notebook&content=1&hash=1")
        await self.ask(f"/api/contents/{self.path.name}/checkpoints")
        wanted = {"path": self.path.name, "name": self.path.name, "type": "notebook"}
        session = await self.ask("/api/sessions", "POST", wanted | {"kernel": {"name": "python3"}})
        self.kernel = await Kernel.connected(self, session["kernel"]["id"])

    async def _put(self, path, kind, **more):
        await self.ask(f"/api/contents/{path}", "PUT", {"type": kind, **more})

    async def run(self):
        """Run every cell, and save; an error that the chapter does not expect ends it."""
        ran = without_outputs(self.stored)
        for number, cell in enumerate(ran.cells, 1):
            if not notebooks.runs(cell):
                continue
            reply, shown = await self.kernel.run(cell.source)
            cell.execution_count = reply["execution_count"]
            cell.outputs = [output_from_msg(message) for message in shown]
            if reply["status"] != "ok" and "raises-exception" not in cell.metadata.get("tags", []):
                why = f"{reply.get('ename')}: {reply.get('evalue')}".partition("\n")[0]
                raise Failed(f"{notebooks.name(number, cell)}: {why}")
        await self._put(self.path.name, "notebook", content=ran)
        await self.ask(f"/api/contents/{self.path.name}/checkpoints", "POST", {})
        self.ran = ran

    async def slide(self):
        if not await self.kernel.slide():
            raise Failed("a slider moves, and there is no new picture")

    async def stay(self):
        """See that the kernel is the same, and has been there all the time."""
        await self.kernel.ask("kernel_info_request", {})

    def different(self):
        """What came otherwise than it is stored."""
        return notebooks.differences(self.stored, notebooks.normalised(self.ran))


def until_ready(events):
    """Listen to how far a server is, until it is there."""
    for line in events:
        event = json.loads(line[5:]) if line.startswith(b"data:") else {}
        if event.get("failed"):
            raise Failed(event["message"])
        if event.get("ready"):
            return
    raise Failed("the hub stops telling how far the server is")


def without_outputs(nb):
    nb = copy.deepcopy(nb)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nb


class Kernel:
    """A connection with a kernel over the student's server, in the protocol of JupyterLab."""

    def __init__(self, socket):
        self.socket, self.session, self.models = socket, Session(), {}

    @classmethod
    async def connected(cls, student, kernel_id):
        path = f"/user/{student.name}/api/kernels/{kernel_id}/channels"
        asked = Request(student.hub.url + path)
        student.cookies.add_cookie_header(asked)
        request = HTTPRequest(
            f"ws{asked.full_url.removeprefix('http')}?session_id={student.name}",
            headers={"Cookie": asked.get_header("Cookie"), "Origin": student.hub.url},
            connect_timeout=PATIENCE,
        )
        try:
            kernel = cls(await websocket_connect(request, subprotocols=[PROTOCOL]))
        except (HTTPClientError, OSError) as error:
            raise Failed(f"no connection with the kernel: {error}") from None
        await kernel.ask("kernel_info_request", {})
        await kernel.ask("comm_info_request", {"target_name": "jupyter.widget"})
        return kernel

    async def run(self, code):
        options = {"silent": False, "store_history": True, "user_expressions": {}}
        options |= {"allow_stdin": True, "stop_on_error": True}
        reply, said = await self.ask("execute_request", {"code": code, **options})
        return reply, [message for message in said if message["msg_type"] in SHOWN]

    async def ask(self, kind, content, replies=True):
        """The reply, and what else the kernel says until it is through."""
        asked = self.session.msg(kind, content)
        frame = serialize_msg_to_ws_v1(asked, "shell", self.session.pack)
        try:
            await self.socket.write_message(frame, binary=True)
        except WebSocketClosedError:
            raise Failed(f"the server has closed the connection before {kind}") from None
        reply, said, idle = None, [], False
        while not idle or (replies and not reply):
            channel, message = await self._heard(kind)
            if message["parent_header"].get("msg_id") != asked["header"]["msg_id"]:
                continue
            content = message["content"]
            if channel == "shell":
                reply = content
            elif message["msg_type"] == "status":
                idle = content["execution_state"] == "idle"
            else:
                said.append(message)
        return reply, said

    async def _heard(self, kind):
        """The next message, whatever it answers; widgets are remembered as a page does."""
        try:
            frame = await asyncio.wait_for(self.socket.read_message(), PATIENCE)
        except TimeoutError:
            raise Failed(f"the kernel does not answer {kind} in {PATIENCE} seconds") from None
        if frame is None:
            raise Failed(f"the server closes the connection during {kind}")
        channel, parts = deserialize_msg_from_ws_v1(frame)
        header, parent, metadata, content = map(json.loads, parts[:4])
        if header["msg_type"] == "status" and content["execution_state"] in ("restarting", "dead"):
            raise Failed(f"the kernel died during {kind}, or before")
        if header["msg_type"] in ("comm_open", "comm_msg"):
            model = self.models.setdefault(content["comm_id"], {})
            model |= content["data"].get("state", {})
        message = {"msg_type": header["msg_type"], "header": header, "parent_header": parent}
        return channel, message | {"metadata": metadata, "content": content}

    async def slide(self):
        """Move the first slider to its other end; the new pictures that come of it."""
        sliders = [(comm, state) for comm, state in self.models.items() if slides(state)]
        if not sliders:
            raise Failed("there is no slider in this chapter")
        comm, state = sliders[0]
        end = state["min"] if state["value"] == state["max"] else state["max"]
        update = {"method": "update", "state": {"value": end}, "buffer_paths": []}
        _, said = await self.ask("comm_msg", {"comm_id": comm, "data": update}, replies=False)
        changes = [message["content"]["data"].get("state", {}) for message in said
                   if message["msg_type"] == "comm_msg"]  # fmt: skip
        return [c["value"] for c in changes if str(c.get("value", "")).startswith("<svg")]


def slides(state):
    return state.get("_model_name") in ("FloatSliderModel", "IntSliderModel")
