"""What pages say, and when they are asked for."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from packaging.version import Version

from envgen.index import File, IndexFault, Reader
from tests.index.server import JSON, Exchange, Server, answer, conditional, link, links

MakeReader = Callable[..., Reader]
WHEEL = "torch-2.9.0-1-cp312-cp312-manylinux_2_28_x86_64.whl"
UPLOADED = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
PAGE = links(link(WHEEL))


def torch(reader: Reader) -> tuple[File, ...]:
    [listing] = reader.listings("torch")
    return listing.files


def test_everything_that_html_says(server: Server, reader: MakeReader) -> None:
    attributes = (
        'data-requires-python="&gt;=3.10" data-yanked="broken" data-core-metadata="sha256=00ff"'
        ' data-upload-time="2026-01-02T03:04:05.678901Z"'
    )
    server.routes["/simple/torch/"] = answer(
        links(link(WHEEL, href=f"../../files/{WHEEL}#sha256=12ab", attributes=attributes))
    )
    assert torch(reader()) == (
        File(
            name=WHEEL,
            version=Version("2.9.0"),
            index="default",
            url=f"{server.address}/files/{WHEEL}",
            sha256="12ab",
            requires_python=">=3.10",
            yanked=True,
            metadata=True,
            uploaded=UPLOADED,
        ),
    )


def test_everything_that_json_says(server: Server, reader: MakeReader) -> None:
    entry = {
        "filename": WHEEL,
        "url": f"/files/{WHEEL}",
        "hashes": {"sha256": "12ab"},
        "requires-python": ">=3.10",
        "size": 7,
        "yanked": False,
        "core-metadata": {"sha256": "00ff"},
        "upload-time": "2026-01-02T03:04:05.678901Z",
    }
    page = {"meta": {"api-version": "1.9"}, "name": "torch", "files": [entry]}
    server.routes["/simple/torch/"] = answer(json.dumps(page).encode(), kind=JSON)
    [file] = torch(reader())
    assert (file.url, file.sha256, file.size) == (f"{server.address}/files/{WHEEL}", "12ab", 7)
    assert (file.requires_python, file.yanked, file.metadata, file.uploaded) == (">=3.10", False, True, UPLOADED)
    assert "json" in server.asked[0][1]["Accept"]
    assert server.asked[0][1]["User-Agent"].startswith("envgen/")


def test_a_wheel_has_tags_and_a_build(server: Server, reader: MakeReader) -> None:
    server.routes["/simple/torch/"] = answer(links(link(WHEEL), link("torch-2.9.0.tar.gz"), link("torch-odd.whl")))
    files = {file.name: file for file in torch(reader())}
    wheel, source, odd = files[WHEEL], files["torch-2.9.0.tar.gz"], files["torch-odd.whl"]
    assert [str(tag) for tag in wheel.tags] == ["cp312-cp312-manylinux_2_28_x86_64"]
    assert wheel.build == (1, "")
    assert (source.is_wheel, source.version, source.tags) == (False, Version("2.9.0"), frozenset())
    assert (odd.is_wheel, odd.version, odd.tags, odd.build) == (True, None, frozenset(), ())


def test_files_are_sorted_each_once_and_of_the_package(server: Server, reader: MakeReader) -> None:
    names = [f"torch-{version}-py3-none-any.whl" for version in ("2.10.0", "2.9.1", "2.9.0", "2.9.1")]
    others = ["torchvision-1.0-py3-none-any.whl", "../", "README.txt"]
    server.routes["/simple/torch/"] = answer(links(*map(link, [*names, *others])))
    assert [str(file.version) for file in torch(reader())] == ["2.9.0", "2.9.1", "2.10.0"]


def test_names_come_from_addresses_where_servers_shorten_what_they_show(server: Server, reader: MakeReader) -> None:
    name = "torch-2.9.0+cu130-cp312-cp312-manylinux_2_28_x86_64.whl"
    server.routes["/simple/torch/"] = answer(links(link(name, href=name.replace("+", "%2B"), text=f"{name[:30]}..>")))
    [file] = torch(reader())
    assert (file.name, str(file.version)) == (name, "2.9.0+cu130")


def test_the_hash_tells_contents_and_not_orders_or_addresses(server: Server, reader: MakeReader) -> None:
    def page_hash(*lines: str) -> str:
        server.routes["/simple/torch/"] = answer(links(*lines))
        return reader().listings("torch")[0].sha256

    other = "torch-1.0-py3-none-any.whl"
    assert page_hash(link(WHEEL), link(other)) == page_hash(link(other, href=f"/elsewhere/{other}"), link(WHEEL))
    assert page_hash(link(WHEEL)) != page_hash(link(WHEEL, attributes="data-yanked"))


def test_compressed_pages_count_as_they_came(server: Server, reader: MakeReader) -> None:
    page = links(*[link(f"torch-{n}.0-py3-none-any.whl") for n in range(200)])
    packed = gzip.compress(page)
    server.routes["/simple/torch/"] = answer(packed, Content_Encoding="gzip")
    one = reader()
    assert len(torch(one)) == 200
    assert (one.requests, one.bytes_received) == (1, len(packed))
    assert one.seconds > 0


@pytest.mark.parametrize("stamps", [{"etag": '"one"'}, {"modified": "Sat, 21 Nov 2026 10:00:00 GMT"}])
def test_an_unchanged_page_is_not_sent_again(server: Server, reader: MakeReader, stamps: dict[str, str]) -> None:
    server.routes["/simple/torch/"] = conditional(PAGE, **stamps)
    [first] = reader().listings("torch")
    later = reader()
    [second] = later.listings("torch")
    assert (first.changed, second.changed) == (True, False)
    assert (first.files, first.sha256, first.etag) == (second.files, second.sha256, second.etag)
    assert (later.requests, later.bytes_received) == (1, 0)

    server.routes["/simple/torch/"] = conditional(links(link("torch-3.0-py3-none-any.whl")), etag='"two"')
    [third] = reader().listings("torch")
    assert third.changed
    assert [str(file.version) for file in third.files] == ["3.0"]


@pytest.mark.parametrize("damage", ["", "null", "[]", '{"sha256": 1}', "\udc80", "[" * 100_000])
def test_a_damaged_cache_is_as_none(server: Server, reader: MakeReader, tmp_path: Path, damage: str) -> None:
    server.routes["/simple/torch/"] = conditional(PAGE, '"one"')
    torch(reader())
    [kept] = (tmp_path / "cache").iterdir()
    kept.write_bytes(damage.encode(errors="surrogateescape"))
    [listing] = reader().listings("torch")
    assert listing.changed
    assert len(listing.files) == 1


def test_a_cached_page_that_was_altered_is_not_believed(server: Server, reader: MakeReader, tmp_path: Path) -> None:
    server.routes["/simple/torch/"] = conditional(PAGE, '"one"')
    torch(reader())
    [kept] = (tmp_path / "cache").iterdir()
    kept.write_text(kept.read_text().replace("2.9.0", "2.9.9"))
    assert [str(file.version) for file in torch(reader())] == ["2.9.0"]


def test_a_cache_that_cannot_be_written_is_no_fault(server: Server, reader: MakeReader, tmp_path: Path) -> None:
    server.routes["/simple/torch/"] = conditional(PAGE, '"one"')
    (tmp_path / "cache").write_text("a file where the folder is to be")
    assert len(torch(reader())) == 1


def test_threads_may_share_a_reader(server: Server, reader: MakeReader) -> None:
    names = [f"p{number}" for number in range(8)]
    for name in names:
        server.routes[f"/simple/{name}/"] = answer(links(link(f"{name}-1.0-py3-none-any.whl")))
    one, found = reader(), []
    threads = [threading.Thread(target=lambda name=name: found.extend(one.listings(name))) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(listing.package for listing in found) == names
    assert one.requests == len(names)


def test_every_index_that_has_the_package_is_listed(server: Server, reader: MakeReader) -> None:
    for index in ("b", "c"):
        server.routes[f"/{index}/torch/"] = answer(PAGE)
    addresses = [f"{server.address}/{index}" for index in ("a", "b", "c")]
    one = reader(*addresses)
    assert one.sources == ("default", *addresses[1:])
    assert [listing.index for listing in one.listings("torch")] == addresses[1:]
    assert one.listing("torch", "default") is None


def test_a_package_that_no_index_has(server: Server, reader: MakeReader) -> None:
    with pytest.raises(IndexFault, match=r"No index has torch \(asked: default, .*/b\)") as raised:
        reader(f"{server.address}/a", f"{server.address}/b").listings("torch")
    assert raised.value.remedy


def test_names_are_asked_for_as_the_standard_has_them(server: Server, reader: MakeReader) -> None:
    server.routes["/simple/torch-tensorrt/"] = answer(links(link("torch_tensorrt-2.9.0-py3-none-any.whl")))
    [listing] = reader(f"{server.address}/simple/").listings("Torch_TensorRT")
    assert [str(file.version) for file in listing.files] == ["2.9.0"]


def test_an_object_store_says_403_for_what_it_has_not(server: Server, reader: MakeReader) -> None:
    server.routes["/simple/torch/"] = answer(PAGE)
    server.routes |= {"/store/": answer(PAGE), "/store/torch/": answer(b"", 403), "/shut/": answer(b"", 403)}
    server.routes["/shut/torch/"] = answer(b"", 403)
    store = reader(f"{server.address}/simple", f"{server.address}/store")
    assert [listing.index for listing in store.listings("torch")] == ["default"]
    with pytest.raises(IndexFault, match=r"torch on .*/shut/: the answer is 403 \(Forbidden\)"):
        reader(f"{server.address}/simple", f"{server.address}/shut").listings("torch")


def test_a_redirect_is_followed_and_links_are_relative_to_its_end(server: Server, reader: MakeReader) -> None:
    server.routes["/simple/torch/"] = answer(b"", 301, Location="/mirror/torch/")
    server.routes["/mirror/torch/"] = answer(PAGE)
    one = reader()
    [file] = torch(one)
    assert file.url == f"{server.address}/mirror/torch/{WHEEL}"
    assert one.requests == 2


def test_a_server_that_is_busy_for_a_moment_is_asked_again(server: Server, reader: MakeReader) -> None:
    def route(exchange: Exchange) -> None:
        busy = len(server.asked) == 1
        (answer(b"", 503, Retry_After="0") if busy else answer(PAGE))(exchange)

    server.routes["/simple/torch/"] = route
    assert len(torch(reader())) == 1
    assert len(server.asked) == 2


def test_an_answer_that_breaks_off_once_is_asked_for_again(server: Server, reader: MakeReader) -> None:
    def route(exchange: Exchange) -> None:
        first = len(server.asked) == 1
        answer(PAGE, Content_Length=str(len(PAGE) + first))(exchange)
        exchange.close_connection = True

    server.routes["/simple/torch/"] = route
    assert len(torch(reader())) == 1
    assert len(server.asked) == 2


def test_a_small_file_is_read_whole(server: Server, reader: MakeReader, tmp_path: Path) -> None:
    content = b"a source distribution"
    known = hashlib.sha256(content).hexdigest()
    (tmp_path / "demo-1.0.tar.gz").write_bytes(content)
    server.routes |= {"/demo-1.0.tar.gz": answer(content), "/away": answer(b"", 404)}
    one = reader()
    for url in (f"{server.address}/demo-1.0.tar.gz", (tmp_path / "demo-1.0.tar.gz").as_uri()):
        file = File("demo-1.0.tar.gz", Version("1.0"), "default", url, sha256=known)
        assert one.content(file, limit=100) == content
        with pytest.raises(IndexFault, match="has more than 20 bytes"):
            one.content(file, limit=20)
        with pytest.raises(IndexFault, match="is not the file that the index listed: its hash is another"):
            one.content(replace(file, sha256="00"), limit=100)
    for url in (f"{server.address}/away", (tmp_path / "away").as_uri()):
        with pytest.raises(IndexFault, match=r"Cannot read .*: (the answer is 404|No such file)"):
            one.content(replace(file, url=url), limit=100)


def test_a_page_on_the_network_cannot_point_into_this_machine(server: Server, reader: MakeReader) -> None:
    server.routes["/simple/torch/"] = answer(links(link(WHEEL, href=f"file:///srv/{WHEEL}"), link("torch-1.0.zip")))
    assert [file.name for file in torch(reader())] == ["torch-1.0.zip"]
