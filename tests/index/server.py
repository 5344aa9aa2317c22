"""A web server of this machine that does as its routes say, well or badly, and notes what it was asked."""

from __future__ import annotations

import contextlib
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HTML = "text/html"
JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(repr=False)
class Server:
    """A running server.

    Attributes:
        routes: path to what happens there; 404 elsewhere.
        asked: paths with the headers they were asked with, in order.
        stopping: set when the test is over, for routes that wait.
    """

    address: str
    routes: dict[str, Route] = field(default_factory=dict)
    asked: list[tuple[str, Message]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


class Exchange(BaseHTTPRequestHandler):
    """One connection to the server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits for 40 ms
    site: Server

    def do_GET(self) -> None:
        self.site.asked.append((self.path, self.headers))
        route = self.site.routes.get(self.path, answer(b"", 404))
        with contextlib.suppress(ConnectionError):  # the client may well leave
            route(self)

    def log_message(self, *_: object) -> None:
        """A test's output is its own."""

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


Route = Callable[[Exchange], None]


@contextlib.contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
    listening.daemon_threads = True
    listening.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that leaves is what is tested
    if tls:
        listening.socket = tls.wrap_socket(listening.socket, server_side=True)
    port = listening.server_address[1]
    site = Server(f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}")
    listening.RequestHandlerClass = type("Bound", (Exchange,), {"site": site})
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        site.stopping.set()
        listening.shutdown()
        thread.join()
        listening.socket.close()


def answer(content: bytes, status: int = 200, kind: str = HTML, **headers: str) -> Route:
    """A plain answer; a header's underscores are hyphens."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}

    def route(exchange: Exchange) -> None:
        exchange.head(status, {"Content-Type": kind, "Content-Length": str(len(content))} | given)
        exchange.wfile.write(content)

    return route


def conditional(content: bytes, etag: str = "", modified: str = "", kind: str = HTML) -> Route:
    """Answers 304 to who names the entity tag or the date."""

    def route(exchange: Exchange) -> None:
        known = exchange.headers["If-None-Match"] == etag if etag else exchange.headers["If-Modified-Since"] == modified
        stamps = {name: value for name, value in (("ETag", etag), ("Last-Modified", modified)) if value}
        if known:
            exchange.head(304, stamps)
        else:
            answer(content, 200, kind, **stamps)(exchange)

    return route


def ranged(content: bytes, etag: str = '"one"') -> Route:
    """Serves ranges as the standard has them."""

    def route(exchange: Exchange) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", exchange.headers.get("Range", ""))
        stamps = {"ETag": etag} if etag else {}
        if not asked or exchange.headers.get("If-Range", etag) != etag:
            answer(content, **stamps)(exchange)
        elif int(asked[1]) >= len(content):
            answer(b"", 416, **{"Content-Range": f"bytes */{len(content)}"})(exchange)
        else:
            first, last = int(asked[1]), min(int(asked[2]), len(content) - 1)
            span = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
            answer(content[first : last + 1], 206, **stamps, **span)(exchange)

    return route


def links(*lines: str) -> bytes:
    return ("<!DOCTYPE html><html><body>" + "<br>\n".join(lines) + "</body></html>").encode()


def link(name: str, *, href: str = "", text: str = "", attributes: str = "") -> str:
    return f'<a href="{href or name}" {attributes}>{text or name}</a>'
