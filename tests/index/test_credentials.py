"""Credentials reach the host they are for, and nothing else."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from envgen.index import IndexFault, Reader
from tests.index.server import Exchange, Route, Server, answer, conditional, link, links, ranged, serving
from tests.index.test_wheels import NAME, SMALL

MakeReader = Callable[..., Reader]
SECRET = "s3cr%20t"  # noqa: S105 - of nobody
ENCODED = "Basic " + base64.b64encode(b"someone:s3cr t").decode()


@pytest.fixture
def other() -> Iterator[Server]:
    with serving() as site:
        yield site


def private(route: Route, wanted: str = ENCODED) -> Route:
    def guarded(exchange: Exchange) -> None:
        (route if exchange.headers["Authorization"] == wanted else answer(b"", 401))(exchange)

    return guarded


def with_user(server: Server, path: str = "/simple") -> str:
    return server.address.replace("//", f"//someone:{SECRET}@") + path


@pytest.mark.parametrize("host", ["127.0.0.1", "LocalHost"])
def test_they_are_sent_for_the_index_and_for_files_beside_it(server: Server, reader: MakeReader, host: str) -> None:
    server.routes["/simple/demo/"] = private(answer(links(link(NAME))))
    server.routes[f"/simple/demo/{NAME}"] = private(ranged(SMALL))
    one = reader(with_user(server).replace("127.0.0.1", host))
    [listing] = one.listings("demo")
    assert listing.files[0].url == f"{server.address}/simple/demo/{NAME}".replace("127.0.0.1", host.lower())
    assert one.wheel(listing.files[0]).metadata()["Name"] == "demo"


def test_they_are_neither_shown_nor_kept(server: Server, reader: MakeReader, tmp_path: Path) -> None:
    server.routes["/private/demo/"] = conditional(links(link(NAME, href=with_user(server, f"/{NAME}"))), '"one"')
    server.routes["/private/broken/"] = answer(b"garbage")
    one = reader(f"{server.address}/simple", with_user(server, "/private"), folders=(with_user(server, "/page"),))
    assert one.sources == ("default", f"{server.address}/private", f"{server.address}/page")
    listing = one.listing("demo", f"{server.address}/private")
    told = [repr(listing), *(file.read_text() for file in (tmp_path / "cache").iterdir())]
    for package, source in (("broken", one.sources[1]), ("demo", one.sources[2])):
        with pytest.raises(IndexFault) as raised:
            one.listing(package, source)
        told.append(str(raised.value))
    assert len(told) == 4
    assert not [text for text in told if "s3cr" in text or "someone" in text]


def test_a_page_with_queries_is_not_kept(server: Server, reader: MakeReader, tmp_path: Path) -> None:
    server.routes["/simple/demo/"] = answer(links(link(NAME, href=f"{NAME}?token=s3cret")), ETag='"one"')
    one = reader()
    [listing] = one.listings("demo")
    server.routes[f"/simple/demo/{NAME}?token=s3cret"] = ranged(SMALL)
    assert one.wheel(listing.files[0]).metadata()["Name"] == "demo"
    assert not (tmp_path / "cache").exists()


def test_another_host_does_not_get_them(server: Server, other: Server, reader: MakeReader) -> None:
    server.routes["/simple/demo/"] = answer(links(link(NAME, href=f"{other.address}/{NAME}")))
    server.routes["/simple/moved/"] = answer(b"", 302, Location=f"{other.address.replace('127.0.0.1', 'localhost')}/")
    other.routes |= {f"/{NAME}": ranged(SMALL), "/": answer(links(link("moved-1.0.zip")))}
    one = reader(with_user(server))
    [listing] = one.listings("demo")
    one.wheel(listing.files[0]).names()
    one.listings("moved")
    assert set(other.paths) == {f"/{NAME}", "/"}
    assert not [headers for _, headers in other.asked if headers["Authorization"]]


def test_those_of_netrc_are_used(
    server: Server, reader: MakeReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password s3cret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    wanted = "Basic " + base64.b64encode(b"someone:s3cret").decode()
    server.routes["/simple/demo/"] = private(answer(links(link(NAME))), wanted)
    assert len(reader().listings("demo")) == 1


def test_a_refusal_with_credentials_is_a_refusal(server: Server, reader: MakeReader) -> None:
    server.routes |= {"/simple/": answer(links()), "/simple/demo/": answer(b"", 403)}
    with pytest.raises(IndexFault, match=r"403 \(Forbidden\)"):
        reader(with_user(server)).listings("demo")


@pytest.mark.parametrize("by_variable", [True, False])
def test_a_proxy_is_used(
    server: Server, reader: MakeReader, monkeypatch: pytest.MonkeyPatch, by_variable: bool
) -> None:
    server.routes["http://index.example/simple/demo/"] = answer(links(link(NAME)))
    proxy = server.address
    if by_variable:
        monkeypatch.setenv("http_proxy", proxy)
    else:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # the user's own configuration wins
    one = reader("http://index.example/simple", proxy=None if by_variable else proxy)
    assert len(one.listings("demo")) == 1
