"""A server, and nothing of this machine's configuration of proxies, certificates and credentials."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from envgen.index import Access, Reader
from tests.index.server import Server, serving


@pytest.fixture(autouse=True)
def _cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*os.environ,):
        if name.lower().endswith("_proxy") or name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", os.devnull)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as site:
        yield site


@pytest.fixture
def reader(server: Server, tmp_path: Path) -> Iterator[Callable[..., Reader]]:
    """Readers of the server's `/simple`, or of the addresses given; they share a cache."""
    readers: list[Reader] = []

    def make(*indexes: str, **options: object) -> Reader:
        access = Access(indexes or (f"{server.address}/simple",), **options)  # type: ignore[arg-type]
        readers.append(Reader(access, tmp_path / "cache"))
        return readers[-1]

    yield make
    for one in readers:
        one.__exit__(None, None, None)
