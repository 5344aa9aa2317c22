"""Members of wheels, read by ranges."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envgen.index import Access, File, IndexFault, Reader, RemoteWheel
from tests.index.server import Exchange, Route, Server, answer, ranged, serving

MakeReader = Callable[..., Reader]
NAME = "demo-1.0-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: torch (==2.9.0)\n"
NOISE = random.Random(3).randbytes(3 << 20)  # noqa: S311 - that does not compress
ZEROS = bytes(40 << 20)


def archive(members: dict[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as written:
        for name, content in members.items():
            written.writestr(name, content)
    return file.getvalue()


SMALL = archive({"demo/version.py": "cuda = '13.0'\n", "demo-1.0.dist-info/METADATA": METADATA})
LARGE = archive({
    "demo/version.py": "cuda = '13.0'\n",
    "demo/noise.so": NOISE,
    "demo/zeros.so": ZEROS,
    "demo-1.0.dist-info/METADATA": METADATA,
    **{f"demo/include/{number:05}.h": "" for number in range(3000)},
})  # fmt: skip


@pytest.fixture(scope="module")
def wheel_of_module() -> Iterator[Wheel]:
    """One for all the examples of a property."""
    with serving() as site, Reader(Access(), Path("unused")) as reader:
        yield Wheel(site, reader)


class Wheel:
    """A wheel on the server, and what reading it costs."""

    def __init__(self, server: Server, reader: Reader) -> None:
        self.server = server
        self.reader = reader

    def file(self, route: Route, **known: object) -> File:
        self.server.routes[f"/files/{NAME}"] = route
        return replace(File(NAME, None, "default", f"{self.server.address}/files/{NAME}"), **known)  # type: ignore[arg-type]

    def at(self, route: Route, **known: object) -> RemoteWheel:
        return self.reader.wheel(self.file(route, **known))


@pytest.fixture
def wheel(server: Server, reader: MakeReader) -> Wheel:
    return Wheel(server, reader(timeout=0.3))


@pytest.mark.parametrize("etag", ['"one"', 'W/"one"', ""])
@pytest.mark.parametrize("size", [len(LARGE), None])
def test_members_are_read_without_the_rest(wheel: Wheel, etag: str, size: int | None) -> None:
    found = wheel.at(ranged(LARGE, etag), size=size)
    assert wheel.reader.requests == 0
    assert found.read("demo/version.py") == b"cuda = '13.0'\n"
    assert found.metadata()["Requires-Dist"] == "torch (==2.9.0)"
    assert (len(found.names()), found.size("demo/noise.so")) == (3004, len(NOISE))
    assert wheel.reader.bytes_received < 500_000 < len(LARGE)
    assert wheel.reader.requests <= 5 + (size is None)


def test_a_small_wheel_takes_one_request(wheel: Wheel) -> None:
    found = wheel.at(ranged(SMALL), size=len(SMALL))
    assert found.total == len(SMALL)
    assert found.read("demo/version.py") == b"cuda = '13.0'\n"
    assert found.metadata()["Name"] == "demo"
    assert wheel.reader.requests == 1


def test_a_large_member_is_read_whole(wheel: Wheel) -> None:
    found = wheel.at(ranged(LARGE), size=len(LARGE))
    assert found.read("demo/noise.so") == NOISE
    assert found.read("demo/zeros.so") == ZEROS
    assert wheel.reader.bytes_received < 1.2 * len(LARGE)


def test_a_limit_spares_the_rest_of_a_member(wheel: Wheel) -> None:
    found = wheel.at(ranged(LARGE), size=len(LARGE))
    found.names()
    before = wheel.reader.bytes_received
    assert found.read("demo/noise.so", limit=1000) == NOISE[:1000]
    assert wheel.reader.bytes_received - before <= 64 << 10
    assert found.read("demo/version.py", limit=1 << 40) == b"cuda = '13.0'\n"
    assert found.read("demo/version.py", limit=0) == b""


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(wheel: Wheel, compression: int) -> None:
    content = archive({"a": NOISE[:100_000], "b": b"text" * 50_000}, compression)
    found = wheel.at(ranged(content), size=len(content))
    assert (found.read("a"), found.read("b"), found.read("a", 77)) == (NOISE[:100_000], b"text" * 50_000, NOISE[:77])


@given(contents=st.lists(st.binary(max_size=400), max_size=6), limit=st.integers(0, 500), stored=st.booleans())
def test_what_is_read_is_what_was_written(
    wheel_of_module: Wheel, contents: list[bytes], limit: int, stored: bool
) -> None:
    members = {f"m{number}": content for number, content in enumerate(contents)}
    written = archive(dict(members), zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
    found = wheel_of_module.at(ranged(written))
    assert found.names() == tuple(members)
    for name, content in members.items():
        assert (found.size(name), found.read(name), found.read(name, limit)) == (len(content), content, content[:limit])


def test_metadata_beside_the_wheel_is_enough(wheel: Wheel) -> None:
    wheel.server.routes[f"/files/{NAME}.metadata"] = answer(METADATA.encode())
    assert wheel.at(answer(b"", 500), metadata=True).metadata()["Version"] == "1.0"
    assert wheel.server.paths == [f"/files/{NAME}.metadata"]


def test_metadata_that_is_promised_and_missing_comes_from_inside(wheel: Wheel) -> None:
    assert wheel.at(ranged(SMALL), metadata=True).metadata()["Version"] == "1.0"


def test_a_wheel_on_disk(tmp_path: Path, reader: MakeReader) -> None:
    (tmp_path / NAME).write_bytes(SMALL)
    one = reader(folders=(str(tmp_path),), no_index=True)
    [listing] = one.listings("demo")
    with one.wheel(listing.files[0]) as found:
        assert found.read("demo/version.py") == b"cuda = '13.0'\n"
        assert found.metadata()["Name"] == "demo"
        assert found.total == len(SMALL)
    assert one.requests == 0
    (tmp_path / NAME).unlink()
    with pytest.raises(IndexFault, match="is damaged, or no wheel"):
        one.wheel(listing.files[0]).names()


def no_ranges(exchange: Exchange) -> None:
    answer(LARGE)(exchange)


def shifted(exchange: Exchange) -> None:
    exchange.head(206, {"Content-Range": f"bytes 0-9/{len(LARGE)}", "Content-Length": "10"})
    exchange.wfile.write(LARGE[:10])


def without_a_range(exchange: Exchange) -> None:
    answer(b"0", 206)(exchange)


def short(exchange: Exchange) -> None:
    first, last = exchange.headers["Range"].removeprefix("bytes=").split("-")
    exchange.head(206, {"Content-Range": f"bytes {first}-{last}/{len(LARGE)}", "Content-Length": "5000"})
    exchange.wfile.write(b"half")
    exchange.close_connection = True


def more_than_asked(exchange: Exchange) -> None:
    exchange.head(206, {"Content-Range": f"bytes 0-0/{len(LARGE)}", "Content-Length": str(len(LARGE))})
    exchange.wfile.write(LARGE)


def hanging(exchange: Exchange) -> None:
    exchange.site.stopping.wait(10)
    exchange.close_connection = True


def changing(exchange: Exchange) -> None:
    """Another file of the same name from the second request on."""
    first = len(exchange.site.asked) == 1
    ranged(LARGE if first else LARGE[:-1] + b"x", '"one"' if first else '"two"')(exchange)


def growing(exchange: Exchange) -> None:
    ranged(LARGE + b"x" * (len(exchange.site.asked) > 1), "")(exchange)


FAULTS: dict[str, tuple[Route, int | None, str]] = {
    "404": (answer(b"", 404), None, r"the answer is 404 \(Not Found\)"),
    "403": (answer(b"", 403), None, r"the answer is 403 \(Forbidden\)"),
    "500": (answer(b"", 500), None, r"the answer is 500 \(Internal Server Error\)"),
    "no ranges": (no_ranges, None, "does not serve ranges, so only names and sizes are known"),
    "no ranges, size known": (no_ranges, len(LARGE), "does not serve ranges, so only names and sizes are known"),
    "another range": (shifted, len(LARGE), "another range than the one asked for"),
    "no stated range": (without_a_range, None, "another range than the one asked for"),
    "half a range": (short, len(LARGE), "closed before the answer was whole"),
    "more than asked": (more_than_asked, None, "the answer has more than 1 bytes"),
    "no answer": (hanging, None, "no answer in time"),
    "changed in between": (changing, None, "not the file that the index listed, or changed"),
    "longer in between": (growing, None, "not the file that the index listed, or changed"),
    "shorter than listed": (ranged(SMALL), len(SMALL) + 100_000, "not the file that the index listed, or changed"),
    "longer than listed": (ranged(LARGE), len(LARGE) - 5, "not the file that the index listed, or changed"),
    "empty": (ranged(b""), 0, "is damaged, or no wheel"),
    "a page": (ranged(b"<html>please log in</html>"), None, "is damaged, or no wheel"),
    "half a wheel": (ranged(LARGE[: len(LARGE) // 2]), None, "is damaged, or no wheel"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault(wheel: Wheel, name: str) -> None:
    route, size, words = FAULTS[name]
    with pytest.raises(IndexFault, match=words) as raised:
        wheel.at(route, size=size).read("demo/noise.so")
    assert f"{NAME} on 127.0.0.1" in raised.value.what
    assert raised.value.what.endswith(".")
    assert raised.value.remedy.endswith(".")


def test_a_wheel_without_ranges_is_not_downloaded(wheel: Wheel) -> None:
    with pytest.raises(IndexFault):
        wheel.at(no_ranges).names()
    assert (wheel.reader.requests, wheel.reader.bytes_received) == (1, 0)


def test_a_member_that_is_not_there(wheel: Wheel) -> None:
    with pytest.raises(IndexFault, match=rf"There is no demo/none.py in {NAME} on 127.0.0.1"):
        wheel.at(ranged(SMALL)).read("demo/none.py")


def test_a_flipped_bit_is_seen(wheel: Wheel) -> None:
    content = bytearray(archive({"a": NOISE[:100_000]}, zipfile.ZIP_STORED))
    content[50_000] ^= 1
    found = wheel.at(ranged(bytes(content)))
    assert len(found.read("a", limit=100)) == 100
    with pytest.raises(IndexFault, match="is damaged"):
        found.read("a")


def test_a_member_beyond_bounds_needs_a_limit(wheel: Wheel) -> None:
    bomb = archive({"zeros": bytes(70 << 20)})
    found = wheel.at(ranged(bomb))
    with pytest.raises(IndexFault, match=r"zeros in .* is too large to be read at once"):
        found.read("zeros")
    assert found.read("zeros", limit=10) == bytes(10)


@pytest.mark.parametrize("claimed", [0, 10])
def test_a_member_larger_than_it_says_is_damage(wheel: Wheel, claimed: int) -> None:
    content = bytearray(archive({"zeros": bytes(1 << 20)}))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", claimed)
    with pytest.raises(IndexFault, match="is damaged"):
        wheel.at(ranged(bytes(content))).read("zeros")


def test_a_directory_beyond_bounds_is_not_fetched(wheel: Wheel) -> None:
    size = 70 << 20
    content = bytes(size) + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, size, 0, 0)
    with pytest.raises(IndexFault, match="is damaged"):
        wheel.at(ranged(content)).names()
    assert wheel.reader.bytes_received < 1 << 20


@pytest.mark.parametrize("offset", [6, 8], ids=["encrypted", "an unknown compression"])
def test_what_zipfile_cannot_read_is_a_fault(wheel: Wheel, offset: int) -> None:
    content = bytearray(archive({"a": b"text"}))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + offset + 2] = 1 if offset == 6 else 77
    content[offset] = content[directory + offset + 2]
    with pytest.raises(IndexFault, match="is damaged, or no wheel"):
        wheel.at(ranged(bytes(content))).read("a")


@pytest.mark.parametrize("members", [{"demo/version.py": ""}, {"a.dist-info/METADATA": "", "b.dist-info/METADATA": ""}])
def test_metadata_that_is_none(wheel: Wheel, members: dict[str, bytes | str]) -> None:
    with pytest.raises(IndexFault, match="is damaged, or no wheel"):
        wheel.at(ranged(archive(members))).metadata()


def test_metadata_without_a_name(wheel: Wheel) -> None:
    with pytest.raises(IndexFault, match="has no name and version"):
        wheel.at(ranged(archive({"demo-1.0.dist-info/METADATA": "\x00 nothing"}))).metadata()


@given(place=st.integers(0, len(SMALL) - 1), byte=st.integers(0, 255))
def test_no_damage_is_a_traceback(wheel_of_module: Wheel, place: int, byte: int) -> None:
    content = bytearray(SMALL)
    content[place] = byte
    found = wheel_of_module.at(ranged(bytes(content)))
    try:
        read = {name: found.read(name) for name in found.names()}
    except IndexFault:
        return
    assert {b"cuda = '13.0'\n", METADATA.encode()} >= set(read.values())
