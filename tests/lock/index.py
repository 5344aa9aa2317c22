"""Tiny wheels, and an index of them as a web server of this machine."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import socket
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import pytest


def wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    tag: str = "py3-none-any",
    requires: tuple[str, ...] = (),
    files: Mapping[str, str] | None = None,
) -> Path:
    """Writes a wheel with one module that knows its version and its tag."""
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {line}\n" for line in requires)
    content = {
        f"{name}/__init__.py": f"__version__ = {version!r}\nTAG = {tag!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n",
    } | dict(files or {})
    record = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in content.items()]
    content[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in content.items():
            archive.writestr(file, text)
    return path


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    """`/simple/NAME/` lists the files of a name, `/files/` holds them, `/500/...` answers with that status."""

    folder: Path
    hashes: str
    asked: Counter[str]

    def do_GET(self) -> None:
        self.asked[self.path] += 1
        if status := re.match(r"/(\d{3})/", self.path):
            self._answer(b"", int(status[1]))
        elif page := re.fullmatch(r"/simple/([\w-]+)/", self.path):
            files = sorted(self.folder.glob(f"{page[1].replace('-', '_')}-*"))
            names = [path.name for path in files if path.name.endswith((".whl", ".tar.gz"))]
            links = [f'<a href="/files/{name}{self._fragment(name)}">{name}</a>' for name in names]
            self._answer("<br>".join(links).encode(), 200 if names else 404)
        else:
            file = self.folder / unquote(self.path.rsplit("/", 1)[-1])
            self._answer(file.read_bytes() if file.is_file() else b"", 200 if file.is_file() else 404)

    do_HEAD = do_GET  # noqa: N815 - as the base class looks for it

    def _fragment(self, name: str) -> str:
        content = (self.folder / name).read_bytes()
        return f"#{self.hashes}={hashlib.new(self.hashes, content).hexdigest()}" if self.hashes else ""

    def _answer(self, body: bytes, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream" if self.path.startswith("/files/") else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Says nothing."""


class Index:
    """A running index of the wheels in a folder; `asked` counts the requests by path.

    `hashes` names what the index tells of its files; empty for nothing.
    """

    def __init__(self, folder: Path, port: int = 0, *, hashes: str = "sha256") -> None:
        self.asked: Counter[str] = Counter()
        handler = type("Handler", (_Handler,), {"folder": folder, "hashes": hashes, "asked": self.asked})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.port = self._server.server_port
        self.address = f"http://127.0.0.1:{self.port}"
        self.simple = f"{self.address}/simple"

    @contextlib.contextmanager
    def running(self) -> Iterator[Index]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def unused_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def cut_off(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Leaves pip and uv no configuration, no cache and no patience but what the test gives them."""
    for name in os.environ:
        if name.startswith(("UV_", "PIP_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("UV_CACHE_DIR", str(folder / "uv-cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    for name in ("XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.chdir(folder)
