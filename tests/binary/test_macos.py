"""Dylibs made by clang and lld, and what is wrong with each of them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from envgen.binary import Binary, MachoFacts, read_binary
from envgen.binary.findings import findings
from envgen.binary.look import look_into
from envgen.cell import Arch, Os, OsFamily
from envgen.inspection import judge_system
from tests.binary.foreign import MacCompiler

pytestmark = pytest.mark.cross


def read(path: Path) -> Binary:
    (binary,) = read_binary(path)
    return binary


def facts(path: Path) -> MachoFacts:
    found = read(path).macho
    assert found
    return found


def causes(path: Path) -> list[tuple[str, str]]:
    (looked,) = look_into(path)
    return [(finding.cause, finding.rule) for finding in findings(looked)]


def on(system: str, path: Path) -> list[tuple[str, str]]:
    (looked,) = look_into(path)
    found = judge_system(looked, OsFamily.MACOS, Arch.AARCH64, Os.parse(system))
    return [(each.cause, each.sentence) for each in found]


def test_a_sound_one(macos: MacCompiler) -> None:
    made = macos.dylib("sound.dylib", "-rpath", "@loader_path/lib", install_name="@rpath/sound.dylib")
    binary, macho = read(made), facts(made)
    assert (binary.machine, binary.arch, binary.bits) == ("arm64", Arch.AARCH64, 64)
    assert binary.name == "@rpath/sound.dylib"
    assert "other" in binary.imports
    assert "run" in binary.exports
    assert (macho.rpaths, macho.minimum_os, macho.sdk) == (("@loader_path/lib",), "11.0", "15.0")
    assert (macho.signature, macho.slices) == ("ad hoc", ("arm64",))
    assert causes(made) == []
    assert on("macos14", made) == []


def test_another_processor(macos: MacCompiler) -> None:
    made = macos.dylib("intel.dylib", arch="x86_64")
    assert on("macos14", made) == [
        ("machine-arch-mismatch", "intel.dylib is built for x86_64, and arm64 is needed"),
    ]


def test_a_newer_system(macos: MacCompiler) -> None:
    made = macos.dylib("newer.dylib", minimum="15.2")
    assert on("macos13", made) == [
        ("mac-deployment-target", "newer.dylib was built for macOS 15.2, and this is 13."),
    ]
    assert on("macos15", made) == []


def test_no_signature(macos: MacCompiler) -> None:
    made = macos.dylib("unsigned.dylib", "-no_adhoc_codesign")
    assert facts(made).signature == "none"
    assert causes(made) == [("mac-code-signing", "binary-unsigned")]
    assert causes(macos.dylib("intel.dylib", arch="x86_64")) == []  # which loads without one


@pytest.mark.parametrize("text", [b"constant", b"@rpath/altered.dylib"])
def test_a_file_that_was_changed_after_it_was_signed(text: bytes, macos: MacCompiler) -> None:
    made = macos.dylib("altered.dylib", install_name="@rpath/altered.dylib")
    content = bytearray(made.read_bytes())
    content[content.index(text)] ^= 1
    made.write_bytes(content)
    macho = facts(made)
    assert macho.signature == "damaged"
    assert "not what was signed" in macho.signature_fault
    assert causes(made) == [("mac-code-signing", "binary-signature-damaged")]


def _signature_at(content: bytes) -> tuple[int, int, int]:
    """Where the command that names the signature stands, where the signature does, and its bytes."""
    at = 32
    for _ in range(struct.unpack_from("<I", content, 16)[0]):
        kind, size = struct.unpack_from("<II", content, at)
        if kind == 0x1D:
            return at, *struct.unpack_from("<II", content, at + 8)
        at += size
    raise AssertionError("no signature")


@pytest.mark.parametrize(
    ("offset", "value", "fault"),
    [
        (0, 0xFADE0CC1, "what stands in its place is no signature"),
        (4, 0xFFFFFF, "what stands in its place is no signature"),
        (8, 0, "it has no parts"),
        (16, 0xFFFFFF, "the file ends before its signature does"),
    ],
)
def test_a_signature_that_is_none(offset: int, value: int, fault: str, macos: MacCompiler) -> None:
    made = macos.dylib("damaged.dylib")
    content = bytearray(made.read_bytes())
    _, at, _ = _signature_at(content)
    struct.pack_into(">I", content, at + offset, value)
    made.write_bytes(content)
    assert (facts(made).signature, facts(made).signature_fault) == ("damaged", fault)


def test_a_signature_that_was_stripped_with_its_bytes(macos: MacCompiler) -> None:
    made = macos.dylib("stripped.dylib")
    content = bytearray(made.read_bytes())
    command, at, size = _signature_at(content)
    content[at : at + size] = bytes(size)
    made.write_bytes(content)
    assert facts(made).signature == "damaged"
    struct.pack_into("<I", content, command, 0x2A)  # the command itself is gone: another that says nothing
    made.write_bytes(content)
    assert facts(made).signature == "none"


def test_no_rpath(macos: MacCompiler) -> None:
    torch = macos.dylib("libc10.dylib", install_name="@rpath/libc10.dylib")
    made = macos.dylib("lost.dylib", needs=[torch])
    assert read(made).needed == ("@rpath/libc10.dylib",)
    assert causes(made) == [("rpath-missing", "binary-no-rpath")]
    assert causes(macos.dylib("found.dylib", "-rpath", "/opt/torch/lib", needs=[torch])) == []


def test_a_universal_file(macos: MacCompiler) -> None:
    parts = [(0x1000007, macos.dylib("a.dylib", arch="x86_64")), (0x100000C, macos.dylib("b.dylib"))]
    content, table = b"", b""
    for cpu, path in parts:
        offset = 0x4000 + len(content)
        part = path.read_bytes()
        table += struct.pack(">IIIII", cpu, 0, offset, len(part), 14)
        content += part.ljust(-(-len(part) // 0x4000) * 0x4000, b"\0")
    both = macos.folder / "both.dylib"
    both.write_bytes((struct.pack(">II", 0xCAFEBABE, 2) + table).ljust(0x4000, b"\0") + content)
    intel, arm = read_binary(both)
    assert (intel.machine, arm.machine) == ("x86_64", "arm64")
    assert intel.macho
    assert arm.macho
    assert arm.macho.slices == ("x86_64", "arm64")
    assert arm.macho.signature == "ad hoc"  # which counts from the start of its slice
    assert causes(both) == []
    assert on("macos14", both) == []
