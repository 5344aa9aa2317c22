"""Indexes and wheels on disk, and pages of links."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from envgen.index import Access, IndexFault, Reader
from tests.index.server import Server, answer, link, links

MakeReader = Callable[..., Reader]
NAME = "demo-1.0-py3-none-any.whl"


def of_folders(cache: Path, *folders: Path | str) -> Reader:
    return Reader(Access(folders=tuple(map(str, folders)), no_index=True), cache)


@pytest.mark.parametrize("by_path", [True, False])
def test_an_index_in_a_folder(tmp_path: Path, reader: MakeReader, by_path: bool) -> None:
    root = tmp_path / "with space" / "simple"
    (root / "demo").mkdir(parents=True)
    (root / "demo" / "index.html").write_bytes(links(link(NAME, href=f"../../files/{NAME}#sha256=12ab")))
    (root / "bare").mkdir()
    (root / "bare" / "bare-2.0.tar.gz").write_bytes(b"1234")
    address = str(root) if by_path else root.as_uri()
    one = reader(address)
    [listing] = one.listings("Demo")
    [file] = listing.files
    assert (file.url, file.sha256) == ((tmp_path / "with space" / "files" / NAME).as_uri(), "12ab")
    assert (listing.index, listing.changed) == ("default", True)
    [bare] = one.listing("bare", "default").files  # type: ignore[union-attr]
    assert (bare.name, bare.size, bare.sha256) == ("bare-2.0.tar.gz", 4, None)
    assert one.listing("none", "default") is None


def test_a_folder_of_wheels(tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in (NAME, "demo-0.9.tar.gz", "other-1.0-py3-none-any.whl", "notes.txt", "odd.whl"):
        (folder / name).write_bytes(b"12345")
    (folder / "demo-3.0.zip").mkdir()
    for address in (folder, folder.as_uri()):
        [listing] = of_folders(tmp_path, address).listings("demo")
        assert listing.index == str(folder)
        assert [(file.name, file.size) for file in listing.files] == [("demo-0.9.tar.gz", 5), (NAME, 5)]


def test_a_page_of_links(server: Server, tmp_path: Path) -> None:
    page = links(link(NAME), link("other-1.0-py3-none-any.whl"), link("home", href="/"))
    (tmp_path / "page.html").write_bytes(page)
    server.routes["/page?key=1"] = answer(page)
    with of_folders(tmp_path, tmp_path / "page.html", f"{server.address}/page?key=1") as one:
        local, remote = one.listings("demo")
        one.listings("other")
    assert [file.url for file in local.files] == [(tmp_path / NAME).as_uri()]
    assert [file.url for file in remote.files] == [f"{server.address}/{NAME}"]
    assert remote.index == f"{server.address}/page"
    assert len(server.asked) == 1


def test_a_folder_that_is_not_there(tmp_path: Path, reader: MakeReader) -> None:
    with pytest.raises(IndexFault, match=r"wheels is not there"):
        of_folders(tmp_path, tmp_path / "wheels").listings("demo")
    with pytest.raises(IndexFault, match=r"simple is not there"):
        reader((tmp_path / "simple").as_uri()).listings("demo")


def test_a_page_on_disk_that_is_none(tmp_path: Path, reader: MakeReader) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "index.html").write_bytes(b"\xff garbage")
    with pytest.raises(IndexFault, match=r"index.html: it is no page of a simple index"):
        reader(tmp_path.as_uri()).listings("demo")


def test_no_index_at_all(tmp_path: Path) -> None:
    with pytest.raises(IndexFault, match=r"No index has demo \(asked: none"):
        of_folders(tmp_path).listings("demo")
