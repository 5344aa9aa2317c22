"""Mach-O: what macOS's loader reads of a dylib or bundle, and a little beside it; also of universal files."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from envgen.binary.content import Content, Unreadable, cut_short
from envgen.binary.facts import Binary, Format, MachoFacts
from envgen.binary.marks import read_marks
from envgen.binary.signature import NONE, Signature, check_signature
from envgen.binary.symbols import Symbols
from envgen.cell import Arch

THIN = (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")  # 64 bits, 32 bits; little-endian
SWAPPED = (b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce")  # of PowerPC
FAT = (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
_MACHINES = {0x1000007: "x86_64", 0x100000C: "arm64", 7: "i386", 12: "arm", 18: "ppc", 0x1000012: "ppc64"}
_ARCHS = {"x86_64": Arch.X86_64, "arm64": Arch.AARCH64}
_ARM64E = 2
_LIBRARIES = (6, 8)  # MH_DYLIB, MH_BUNDLE
_PLATFORMS = {1: "", 2: "iOS", 3: "tvOS", 4: "watchOS", 6: "Mac Catalyst", 7: "iOS simulator", 11: "visionOS"}
_HEADER = struct.Struct("<IIIIIII")  # magic, processor, its kind, kind of file, commands, their bytes, flags
_COMMAND = struct.Struct("<II")
_WORD = struct.Struct("<I")
_WORDS = struct.Struct("<II")
_DYLIB, _WEAK_DYLIB, _ID = (0xC, 0x8000001F, 0x20, 0x80000023), 0x80000018, 0xD  # loaded, re-exported, lazy, upward
_RPATH, _SYMTAB, _DYSYMTAB, _SIGNATURE = 0x8000001C, 0x2, 0xB, 0x1D
_MACOS_VERSION, _BUILD_VERSION, _SEGMENT_32, _SEGMENT = 0x24, 0x32, 0x1, 0x19
_EXTERNAL, _STAB, _KIND, _UNDEFINED, _WEAK_REFERENCE, _PRIVATE = 0x01, 0xE0, 0x0E, 0x0, 0x40, 0x10
_MOST_SLICES = 32
_MOST_COMMANDS = 1 << 14


def read_macho(content: Content, file: str) -> tuple[Binary, ...]:
    """The facts of each slice of a Mach-O library.

    Raises:
        Unreadable: it is none, or damaged.
    """
    if content.read(0, 4) not in FAT:
        return (_Reader(content).binary(file, ()),)
    readers = [_Reader(part) for part in _slices(content)]
    machines = tuple(reader.machine for reader in readers)
    return tuple(reader.binary(file, machines) for reader in readers)


def _slices(content: Content) -> Iterator[Content]:
    form = struct.Struct(">IIQQII" if content.read(0, 4) == FAT[1] else ">IIIII")
    (count,) = content.unpack(struct.Struct(">I"), 4)
    if not 0 < count <= _MOST_SLICES:
        raise Unreadable("it is no universal file of macOS, or damaged")  # Java's classes begin with the same bytes
    for fields in content.records(form, 8, count):
        yield content.part(fields[2], fields[3])


@dataclass
class _Found:
    """What the load commands say."""

    name: str = ""
    needed: list[str] = field(default_factory=list)
    weak_needed: list[str] = field(default_factory=list)
    rpaths: list[str] = field(default_factory=list)
    platform: str = ""
    minimum_os: str = ""
    sdk: str = ""
    signature: tuple[int, int] | None = None
    symtab: tuple[int, int, int, int] | None = None
    ranges: tuple[tuple[int, int], ...] = ()
    constants: list[tuple[int, int]] = field(default_factory=list)


class _Reader:
    def __init__(self, content: Content) -> None:
        self._content = content
        magic = content.read(0, 4)
        if magic in SWAPPED:
            raise Unreadable("it is built for PowerPC, which macOS has left")
        if magic not in THIN:
            raise Unreadable("it is no Mach-O file, or damaged")
        self._wide = magic == THIN[0]
        _, processor, kind, self._kind, self._count, self._commands_size, _ = content.unpack(_HEADER, 0)
        machine = _MACHINES.get(processor, f"machine {processor:#x}")
        self.machine = "arm64e" if machine == "arm64" and kind & 0xFF == _ARM64E else machine

    def binary(self, file: str, slices: tuple[str, ...]) -> Binary:
        if self._kind not in _LIBRARIES:
            raise Unreadable("it is no shared library")
        found = self._read_commands()
        symbols = self._read_symbols(found)
        signature = self._signature(found)
        constants = [self._content.part(*where) for where in found.constants]
        return Binary(
            file=file,
            format=Format.MACHO,
            machine=self.machine,
            arch=_ARCHS.get(self.machine),
            bits=64 if self._wide else 32,
            name=found.name,
            needed=tuple(found.needed),
            imports=symbols.imports,
            weak_imports=symbols.weak_imports,
            exports=symbols.exports,
            marks=read_marks(constants, with_device_code=False),
            macho=MachoFacts(
                rpaths=tuple(found.rpaths),
                platform=found.platform,
                minimum_os=found.minimum_os,
                sdk=found.sdk,
                signature=signature.kind,
                signature_fault=signature.fault,
                slices=slices or (self.machine,),
                weak_needed=tuple(found.weak_needed),
            ),
        )

    def _read_commands(self) -> _Found:
        found = _Found()
        at = _HEADER.size + (4 if self._wide else 0)
        end = at + self._commands_size
        if end > self._content.size:
            raise cut_short(end, self._content.size)
        for _ in range(min(self._count, _MOST_COMMANDS)):
            kind, size = self._content.unpack(_COMMAND, at)
            if size < _COMMAND.size or at + size > end:
                raise Unreadable("its load commands are damaged")
            self._read_command(found, kind, self._content.part(at, size))
            at += size
        return found

    def _read_command(self, found: _Found, kind: int, command: Content) -> None:
        match kind:
            case _ if kind in _DYLIB or kind == _WEAK_DYLIB:
                found.needed.append(_text(command))
                if kind == _WEAK_DYLIB:
                    found.weak_needed.append(found.needed[-1])
            case _ if kind == _ID:
                found.name = _text(command)
            case _ if kind == _RPATH:
                found.rpaths.append(_text(command))
            case _ if kind in (_MACOS_VERSION, _BUILD_VERSION):
                self._read_version(found, kind, command)
            case _ if kind in (_SEGMENT, _SEGMENT_32):
                self._read_segment(found, command)
            case _ if kind == _SYMTAB:
                found.symtab = command.unpack(struct.Struct("<IIII"), 8)
            case _ if kind == _DYSYMTAB:
                _, _, first_defined, defined, first_asked, asked = command.unpack(struct.Struct("<IIIIII"), 8)
                found.ranges = ((first_defined, defined), (first_asked, asked))
            case _ if kind == _SIGNATURE:
                found.signature = command.unpack(_WORDS, 8)

    def _read_version(self, found: _Found, kind: int, command: Content) -> None:
        if kind == _BUILD_VERSION:
            platform, *versions = command.unpack(struct.Struct("<III"), 8)
            found.platform = _PLATFORMS.get(platform, f"platform {platform}")
        else:
            versions = list(command.unpack(_WORDS, 8))
        found.minimum_os, found.sdk = (_version(version) for version in versions)

    def _read_segment(self, found: _Found, command: Content) -> None:
        form = struct.Struct("<16sQQQQIIII" if self._wide else "<16sIIIIIIII")
        name, _, _, offset, size, _, _, sections, _ = command.unpack(form, 8)
        if offset + size > self._content.size:
            raise cut_short(offset + size, self._content.size)
        if name.split(b"\0")[0] != b"__TEXT":
            return
        section = struct.Struct("<16s16sQQI" if self._wide else "<16s16sIII")
        for number in range(sections):
            name, _, _, length, start = command.unpack(section, 8 + form.size + number * (80 if self._wide else 68))
            if name.split(b"\0")[0] in (b"__cstring", b"__const") and start + length <= self._content.size:
                found.constants.append((start, length))

    def _read_symbols(self, found: _Found) -> Symbols:
        symbols = Symbols()
        if found.symtab is None:
            return symbols
        table, count, texts_at, texts_size = found.symtab
        form = struct.Struct("<IBBHQ" if self._wide else "<IBBHI")
        texts = self._content.part(texts_at, texts_size)
        for first, number in found.ranges or ((0, count),):
            if first + number > count:
                raise Unreadable("its table of symbols is damaged")
            for name, kind, _, description, _ in self._content.records(form, table + first * form.size, number):
                if kind & _STAB or not kind & _EXTERNAL:
                    continue
                text = texts.text(name).removeprefix("_")
                if kind & _KIND == _UNDEFINED:
                    symbols.ask_for(text, weak=bool(description & _WEAK_REFERENCE))
                elif not kind & _PRIVATE:
                    symbols.define(text)
        return symbols

    def _signature(self, found: _Found) -> Signature:
        return check_signature(self._content, *found.signature) if found.signature else NONE


def _text(command: Content) -> str:
    """The text of a command, which says where in it the text begins."""
    (offset,) = command.unpack(_WORD, 8)
    begin = command.read(offset, command.size - offset) if offset <= command.size else b""
    return begin.split(b"\0")[0].decode("utf-8", "backslashreplace")


def _version(number: int) -> str:
    """`14.0`; the third part only where it says something."""
    patch = f".{number & 0xFF}" if number & 0xFF else ""
    return f"{number >> 16}.{number >> 8 & 0xFF}{patch}"
