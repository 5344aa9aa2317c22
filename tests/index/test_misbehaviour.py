"""Each way in which an index fails is one fault that says what and where, and what to do."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from envgen.index import Access, IndexFault, Reader
from tests.index.server import HTML, JSON, Exchange, Route, Server, answer, link, links

MakeReader = Callable[..., Reader]
PAGE = links(link("torch-1.0-py3-none-any.whl"))


def cut(exchange: Exchange) -> None:
    exchange.head(200, {"Content-Type": HTML, "Content-Length": "5000"})
    exchange.wfile.write(PAGE)
    exchange.close_connection = True


def cut_without_a_length(exchange: Exchange) -> None:
    exchange.head(200, {"Content-Type": HTML})
    exchange.wfile.write(PAGE[:-10])
    exchange.close_connection = True


def cut_chunk(exchange: Exchange) -> None:
    exchange.head(200, {"Content-Type": HTML, "Transfer-Encoding": "chunked"})
    exchange.wfile.write(b"100\r\n<html>")
    exchange.close_connection = True


def no_answer(exchange: Exchange) -> None:
    exchange.site.stopping.wait(10)
    exchange.close_connection = True


def no_words(exchange: Exchange) -> None:
    exchange.close_connection = True


def dripping_body(exchange: Exchange) -> None:
    exchange.head(200, {"Content-Type": HTML, "Content-Length": "5000"})
    drip(exchange, b" ")


def dripping_head(exchange: Exchange) -> None:
    exchange.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    drip(exchange, b"s")


def drip(exchange: Exchange, drop: bytes) -> None:
    while not exchange.site.stopping.wait(0.05):
        exchange.wfile.write(drop)
        exchange.wfile.flush()


def endless(exchange: Exchange) -> None:
    exchange.head(200, {"Content-Type": HTML, "Transfer-Encoding": "chunked"})
    block = b"x" * (1 << 20)
    while not exchange.site.stopping.is_set():
        exchange.wfile.write(b"%x\r\n%s\r\n" % (len(block), block))


def no_http(exchange: Exchange) -> None:
    exchange.wfile.write(b"220 mail.example ESMTP\r\n")
    exchange.close_connection = True


def location(target: str) -> Route:
    return answer(b"", 302, Location=target)


FAULTS: dict[str, tuple[Route, str]] = {
    "401": (answer(b"", 401), r"the answer is 401 \(Unauthorized\)"),
    "403": (answer(b"", 403), r"the answer is 403 \(Forbidden\)"),
    "429": (answer(b"", 429, Retry_After="0"), r"the answer is 429 \(Too Many Requests\)"),
    "500": (answer(b"<h1>oops</h1>", 500), r"the answer is 500 \(Internal Server Error\)"),
    "299": (answer(PAGE, 299), "the answer is 299"),
    "304 unasked": (answer(b"", 304), r"the answer is 304 \(Not Modified\)"),
    "a login page": (answer(links(link("login"))), "no page of a simple index"),
    "no page": (answer(b"\x00\xff\xfe garbage <![n"), "no page of a simple index"),
    "a lone quote": (answer(b'<a href="http://[torch-1.0.whl">'), "no page of a simple index"),
    "empty": (answer(b""), "no page of a simple index"),
    "words": (answer(b"<html><body>Log in first.</body></html>"), "no page of a simple index"),
    "a script": (answer(b"<html><body><script>go()</script></body></html>"), "no page of a simple index"),
    "another place": (
        answer(b'<html><head><meta http-equiv="refresh"></head><body></body></html>'),
        "no page of a simple index",
    ),
    "garbage for JSON": (answer(b"{{{", kind=JSON), "no page of a simple index"),
    "other JSON": (answer(b'{"files": 3}', kind=JSON), "no page of a simple index"),
    "JSON without an end": (answer(b"[" * 100_000, kind=JSON), "no page of a simple index"),
    "binary JSON": (answer(b"\xff\xfe\xff", kind=JSON), "no page of a simple index"),
    "a version to come": (
        answer(b'{"meta": {"api-version": "2.0"}, "name": "torch", "files": []}', kind=JSON),
        "the page is of version 2.0 of the interface",
    ),
    "a picture": (answer(PAGE, kind="image/png"), "no page of a simple index but image/png"),
    "an odd type": (answer(PAGE, kind=";;/\x07"), "no page of a simple index but of no stated type"),
    "an odd charset": (answer(b"<html>", kind="text/html; charset=klingon"), "no page of a simple index"),
    "no gzip": (answer(PAGE, Content_Encoding="gzip"), "not compressed as it claims"),
    "half a page": (cut, "closed before the answer was whole"),
    "half a page without a length": (cut_without_a_length, "the page ends in the middle"),
    "half a chunk": (cut_chunk, "closed before the answer was whole"),
    "a closed connection": (no_words, "closed before the answer was whole"),
    "no HTTP": (no_http, "closed before the answer was whole"),
    "no answer": (no_answer, "no answer in time"),
    "a dripping body": (dripping_body, "the answer took too long"),
    "a dripping head": (dripping_head, "the answer took too long"),
    "a circle": (location("/simple/torch/"), "redirects in a circle"),
    "a redirect to nowhere": (location("http://[nowhere"), "not an address that can be asked, or leads to one"),
    "a redirect to a file": (location("file:///etc/hostname"), "not an address that can be asked, or leads to one"),
    "announced too large": (answer(b"", Content_Length=str(60 << 20)), "more than 52428800 bytes"),
    "too large": (endless, "more than 52428800 bytes"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault(server: Server, reader: MakeReader, name: str) -> None:
    route, words = FAULTS[name]
    server.routes["/simple/torch/"] = route
    with pytest.raises(IndexFault, match=words) as raised:
        reader(timeout=0.3, deadline=1.0 if "dripping" in name else 20.0).listings("torch")
    assert_is_clear(raised.value, f"torch on {server.address}/simple/")


def assert_is_clear(fault: IndexFault, where: str) -> None:
    assert fault.exit_code == 7
    assert fault.what.startswith(f"Cannot read {where}: ")
    assert fault.what.endswith(".")
    assert fault.remedy.endswith(".")
    assert fault.__cause__ is None
    assert fault.__suppress_context__ or fault.__context__ is None


def test_a_failing_server_is_asked_a_few_times_only(server: Server, reader: MakeReader) -> None:
    server.routes["/simple/torch/"] = answer(b"", 500)
    with pytest.raises(IndexFault):
        reader().listings("torch")
    assert len(server.asked) == 3


def test_what_is_too_large_is_not_loaded(server: Server, reader: MakeReader) -> None:
    server.routes["/simple/torch/"] = answer(b"", Content_Length=str(60 << 20))
    one = reader()
    with pytest.raises(IndexFault):
        one.listings("torch")
    assert (one.requests, one.bytes_received) == (1, 0)


def test_a_fault_leaves_the_cached_page_alone(server: Server, reader: MakeReader) -> None:
    server.routes["/simple/torch/"] = answer(PAGE, ETag='"one"')
    [before] = reader().listings("torch")
    server.routes["/simple/torch/"] = answer(b"garbage", ETag='"two"')
    with pytest.raises(IndexFault):
        reader().listings("torch")
    server.routes["/simple/torch/"] = answer(b"", 304)
    [after] = reader().listings("torch")
    assert (after.changed, after.files) == (False, before.files)
    assert server.asked[-1][1]["If-None-Match"] == '"one"'


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_host_that_is_silent(silent: str, reader: MakeReader) -> None:
    with pytest.raises(IndexFault, match="no answer in time") as raised:
        reader(silent, timeout=0.1).listings("torch")
    assert_is_clear(raised.value, f"torch on {silent}/")


def test_a_port_that_is_closed(reader: MakeReader) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(IndexFault, match="its host takes no connection") as raised:
        reader(f"http://127.0.0.1:{port}").listings("torch")
    assert_is_clear(raised.value, f"torch on http://127.0.0.1:{port}/")


@pytest.mark.parametrize("host", ["no-such-host.invalid", f"{'a' * 70}.invalid", "a b", "[::1", ""])
def test_a_host_that_is_none(reader: MakeReader, host: str) -> None:
    with pytest.raises(IndexFault) as raised:
        reader(f"http://{host}/simple").listings("torch")
    assert raised.value.remedy


def test_a_proxy_that_is_not_there(reader: MakeReader) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    proxy = f"http://someone:secret@127.0.0.1:{port}"
    with pytest.raises(IndexFault, match="its proxy does not let through") as raised:
        reader("http://index.example/simple", proxy=proxy).listings("torch")
    assert "secret" not in str(raised.value)


def test_a_certificate_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(IndexFault, match=r"authorities\.pem is not there"):
        Reader(Access(certificate=str(tmp_path / "authorities.pem")), tmp_path)
