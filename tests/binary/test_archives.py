"""Wheels and other archives: every library in them, and nothing that a hostile one wants."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from envgen.binary import Unreadable
from envgen.binary.archive import read_archive
from envgen.binary.findings import findings
from envgen.binary.look import look_into
from tests.binary.made import macho, pe

LONE_DLL = pe(0x8664, ["KERNEL32.dll"])
DLL, DYLIB = pe(0x8664, ["c10.dll"]), macho(0x100000C, ["/usr/lib/libSystem.B.dylib"])


def zipped(members: Mapping[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tars(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "made"
    with tarfile.open(path, mode) as archive:
        for name, content in {"a/one.pyd": DLL, "a/README.txt": b"text", "b/two.dylib": DYLIB}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("b/three.so")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert [(one.file, len(one.binaries)) for one in look_into(path)] == [("a/one.pyd", 1), ("b/two.dylib", 1)]


def test_a_zip_in_the_order_of_names(tmp_path: Path) -> None:
    path = zipped(
        {"b/two.dylib": DYLIB, "a.dist-info/METADATA": b"", "a/one.pyd": DLL, "a/lib.so.1.2": b"none"},
        tmp_path / "w.zip",
    )
    looked = look_into(path)
    assert [one.file for one in looked] == ["a/lib.so.1.2", "a/one.pyd", "b/two.dylib"]
    assert looked[0].unreadable == "it is neither ELF nor PE nor Mach-O"


def test_names_are_no_paths_and_no_orders_to_a_terminal(tmp_path: Path) -> None:
    names = [
        "../../../etc/evil.so",
        "/abs.so",
        "\x1b[2Jred.so",
        "two\nlines.so",
        "long" * 200 + ".so",
        "\u202ereversed.so",
    ]
    looked = look_into(zipped(dict.fromkeys(names, DLL), tmp_path / "evil.zip"))
    assert len(looked) == len(names)
    assert all(one.file.isprintable() and len(one.file) < 310 for one in looked)
    assert not (tmp_path.parent / "etc").exists()


def test_a_member_that_claims_to_be_small(tmp_path: Path) -> None:
    path = zipped({"bomb.so": DLL + bytes(4 << 20)}, tmp_path / "bomb.zip")
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\1\2")
    content[at + 24 : at + 28] = (1000).to_bytes(4, "little")  # its size in the table of contents
    (member,) = read_archive(bytes(content))
    assert member.binaries == ()
    assert "damaged in the archive" in member.unreadable or "cut short" in member.unreadable


def test_a_table_of_contents_that_no_archive_has(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(600):
            archive.writestr(zipfile.ZipInfo(f"{number:04}{'x' * 60_000}"), b"")
    with pytest.raises(Unreadable, match="larger than that of any sound archive"):
        list(read_archive(path))


def test_an_encrypted_member(tmp_path: Path) -> None:
    content = bytearray(zipped({"one.pyd": DLL}, tmp_path / "secret.zip").read_bytes())
    for magic, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(magic) + offset] |= 1
    (member,) = read_archive(bytes(content))
    assert "encrypted" in member.unreadable


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0", b"text"])
def test_what_is_no_archive(content: bytes) -> None:
    with pytest.raises(Unreadable, match="damaged archive, or none"):
        list(read_archive(content))


@pytest.mark.parametrize(
    ("wheel", "member", "rules"),
    [
        ("a-1-cp312-cp312-win_amd64.whl", {"a/one.cp312-win_amd64.pyd": pe(0x8664, ["python312.dll"])}, []),
        ("a-1-cp312-cp312-win_arm64.whl", {"a/one.pyd": pe(0x8664, ["python3.dll"])}, ["wheel-other-machine"]),
        ("a-1-cp311-cp311-win_amd64.whl", {"a/one.pyd": pe(0x8664, ["python312.dll"])}, ["wheel-other-python"]),
        ("a-1-cp312-abi3-win_amd64.whl", {"a/one.pyd": pe(0x8664, ["python3.dll"])}, []),
        ("a-1-py3-none-any.whl", {"a/one.pyd": pe(0x8664, ["python312.dll"])}, []),
        (
            "a-1-cp312-cp312-win_amd64.whl",
            {"a/one.cp312-win_amd64.pyd": pe(0x8664, ["python311.dll"])},
            ["binary-two-pythons"],
        ),
        ("a-1-cp312-cp312-macosx_11_0_x86_64.whl", {"a/one.so": DYLIB}, ["binary-unsigned", "wheel-other-machine"]),
        ("a-1-cp312-cp312-win_amd64.whl", {"a/one.pyd": pe(0x8664, ["far.dll"])}, ["binary-missing-library"]),
        (
            "a-1-cp312-cp312-win_amd64.whl",
            {"a/one.pyd": pe(0x8664, ["far.dll"]), "b/far.dll": LONE_DLL},
            [],
        ),
    ],
)
def test_what_a_wheel_promises(wheel: str, member: Mapping[str, bytes], rules: list[str], tmp_path: Path) -> None:
    looked = look_into(zipped(member, tmp_path / wheel))
    assert sorted(finding.rule for one in looked for finding in findings(one)) == rules


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb.so", "w") as member:
        for _ in range(70):
            member.write(bytes(1 << 20))
    (found,) = read_archive(path)
    assert found.unreadable == "it is packed as no library can be"


def test_a_conda_package_is_told(tmp_path: Path) -> None:
    path = zipped({"metadata.json": b"{}", "pkg-one-1.0-0.tar.zst": b""}, tmp_path / "one-1.0-0.conda")
    with pytest.raises(Unreadable, match="conda package"):
        list(read_archive(path))


def test_a_link_beside_its_library_is_not_read_twice(tmp_path: Path) -> None:
    (tmp_path / "libone.so.1").write_bytes(DLL)
    (tmp_path / "libone.so").symlink_to("libone.so.1")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "one.dll").write_bytes(DLL)
    assert [one.file for one in look_into(tmp_path)] == ["libone.so", "other/one.dll"]
