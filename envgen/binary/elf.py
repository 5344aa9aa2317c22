"""ELF: what the dynamic loader reads of a library, and a little beside it."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from envgen.binary.content import Content, Unreadable, cut_short
from envgen.binary.facts import Binary, ElfFacts, Format, VersionNeed
from envgen.binary.fatbin import DeviceFacts, device_facts
from envgen.binary.marks import read_marks
from envgen.binary.symbols import Symbols
from envgen.cell import Arch

MAGIC = b"\x7fELF"
_SHARED = 3  # ET_DYN
_MACHINES = {0x3E: "x86_64", 0xB7: "aarch64", 0x03: "i386", 0x28: "arm", 0x15: "ppc64", 0x16: "s390x", 0xF3: "riscv"}
_ARCHS = {"x86_64": Arch.X86_64, "aarch64": Arch.AARCH64}
_LOAD, _DYNAMIC, _NOTE, _GNU_STACK = 1, 2, 4, 0x6474E551  # kinds of segments
_NEEDED, _HASH, _STRTAB, _SYMTAB, _STRSZ, _SONAME, _RPATH, _RUNPATH = 1, 4, 5, 6, 10, 14, 15, 29  # tags
_FLAGS, _GNU_HASH, _VERSYM, _VERNEED, _VERNEEDNUM = 30, 0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFFE, 0x6FFFFFFF
_STATIC_TLS = 0x10
_LOCAL, _WEAK = 0, 2  # how a symbol binds
_HIDDEN, _INTERNAL = 2, 1  # who may see it
_WEAK_VERSION = 2
_MOST = 1 << 16  # entries of any table but the symbols'
_NOTES = 1 << 16  # bytes of a segment with notes
_MOST_NOTES = 16  # such segments


@dataclass(frozen=True)
class _Layout:
    """The records of one width and byte order."""

    header: struct.Struct  # kind, machine, version, entry, where segments and sections are, flags, sizes and numbers
    segment: struct.Struct
    section: struct.Struct
    dynamic: struct.Struct
    symbol: struct.Struct
    wide: bool
    order: str

    @classmethod
    def of(cls, wide: bool, order: str) -> _Layout:
        word = "Q" if wide else "I"
        header, segment = f"HHI{word}{word}{word}IHHHHHH", "IIQQQQQQ" if wide else "IIIIIIII"
        section = f"II{word}{word}{word}{word}II{word}{word}"
        dynamic, symbol = ("qQ", "IBBHQQ") if wide else ("iI", "IIIBBH")
        return cls(
            header=struct.Struct(order + header),
            segment=struct.Struct(order + segment),
            section=struct.Struct(order + section),
            dynamic=struct.Struct(order + dynamic),
            symbol=struct.Struct(order + symbol),
            wide=wide,
            order=order,
        )


@dataclass(frozen=True)
class _Segment:
    kind: int
    flags: int
    offset: int
    address: int
    size: int


@dataclass(frozen=True)
class _Section:
    name: str
    kind: int
    offset: int
    size: int


def read_elf(content: Content, file: str) -> Binary:
    """The facts of an ELF library.

    Raises:
        Unreadable: it is none, or damaged.
    """
    return _Reader(content).binary(file)


class _Reader:
    def __init__(self, content: Content) -> None:
        self._content = content
        width, order = content.read(4, 1)[0], content.read(5, 1)[0]
        if width not in (1, 2) or order not in (1, 2):
            raise Unreadable("it begins as an ELF file and goes on as none")
        self._layout = _Layout.of(width == 2, "<" if order == 1 else ">")
        header = content.unpack(self._layout.header, 16)
        self._kind, self._machine, self._segments_at, self._sections_at = header[0], header[1], header[4], header[5]
        self._segment_count, self._section_count, self._names_in = header[9], header[11], header[12]
        self._segments = list(self._read_segments())
        self._sections = list(self._read_sections())
        self._check_whole()
        self._dynamic = self._read_dynamic()
        strings = self._dynamic.get(_STRTAB, [0])[0]
        self._strings = content.part(self._offset(strings), self._one(_STRSZ)) if strings else content.part(0, 0)

    def binary(self, file: str) -> Binary:
        if self._kind != _SHARED:
            raise Unreadable("it is no shared library")
        machine = _MACHINES.get(self._machine, f"machine {self._machine}")
        machine = machine if self._layout.wide or machine != "x86_64" else "x86_64 with 32-bit pointers"
        symbols, versioned = self._read_symbols()
        elf = ElfFacts(
            rpath=self._folders(_RPATH),
            runpath=self._folders(_RUNPATH),
            version_needs=tuple(sorted(need for need, _ in versioned)),
            versioned=tuple(sorted(versioned)),
            exec_stack=self._exec_stack(),
            static_tls=bool(self._one(_FLAGS) & _STATIC_TLS),
            build_id=self._build_id(),
        )
        needed = tuple(self._strings.text(at) for at in self._dynamic.get(_NEEDED, []))
        device = self._device()
        return Binary(
            file=file,
            format=Format.ELF,
            machine=machine,
            arch=_ARCHS.get(machine) if self._layout.order == "<" else None,
            bits=64 if self._layout.wide else 32,
            name=self._strings.text(self._one(_SONAME)) if self._one(_SONAME) else "",
            needed=needed,
            imports=symbols.imports,
            weak_imports=symbols.weak_imports,
            exports=symbols.exports,
            device=device,
            marks=read_marks(self._constants(), with_device_code=device is not None),
            elf=elf,
        )

    def _read_segments(self) -> Iterator[_Segment]:
        for fields in self._content.records(self._layout.segment, self._segments_at, self._segment_count):
            if self._layout.wide:
                kind, flags, offset, address, _, size = fields[:6]
            else:
                kind, offset, address, _, size, _, flags = fields[:7]
            yield _Segment(kind, flags, offset, address, size)

    def _read_sections(self) -> Iterator[_Section]:
        """Sections are not needed to load a library, and may have been stripped."""
        if not self._sections_at or not self._section_count:
            return
        rows = list(self._content.records(self._layout.section, self._sections_at, self._section_count))
        where = rows[self._names_in][4:6] if self._names_in < len(rows) else (0, 0)
        names = self._content.part(*where)
        for name, kind, _, _, offset, size, *_ in rows:
            yield _Section(names.text(name) if name < names.size else "", kind, offset, size)

    def _check_whole(self) -> None:
        end = max((segment.offset + segment.size for segment in self._segments), default=0)
        if end > self._content.size:
            raise cut_short(end, self._content.size)

    def _read_dynamic(self) -> dict[int, list[int]]:
        """The dynamic section: tag to its values."""
        found = defaultdict[int, list[int]](list)
        segment = next((each for each in self._segments if each.kind == _DYNAMIC), None)
        if segment is None:
            return found
        size = self._layout.dynamic.size
        for tag, value in self._content.records(self._layout.dynamic, segment.offset, segment.size // size):
            if tag == 0:
                break
            found[tag].append(value)
        return found

    def _one(self, tag: int) -> int:
        return self._dynamic.get(tag, [0])[0]

    def _offset(self, address: int) -> int:
        """Where an address of the loaded library stands in the file."""
        for segment in self._segments:
            if segment.kind == _LOAD and segment.address <= address < segment.address + segment.size:
                return segment.offset + address - segment.address
        raise Unreadable("its dynamic section points to where nothing is")

    def _folders(self, tag: int) -> tuple[str, ...]:
        texts = (self._strings.text(at) for at in self._dynamic.get(tag, []))
        return tuple(folder for text in texts for folder in text.split(":") if folder)

    def _exec_stack(self) -> bool | None:
        stack = next((segment for segment in self._segments if segment.kind == _GNU_STACK), None)
        return bool(stack.flags & 1) if stack else None

    def _read_symbols(self) -> tuple[Symbols, list[tuple[VersionNeed, tuple[str, ...]]]]:
        """The symbols, and which of them are asked for in a version."""
        symbols = Symbols()
        needs = self._version_needs()
        by_version = {index: set[str]() for index in needs}
        if self._one(_SYMTAB):
            count = self._symbol_count()
            table = self._content.records(self._layout.symbol, self._offset(self._one(_SYMTAB)), count)
            for fields, version in zip(table, self._symbol_versions(count), strict=True):
                if self._layout.wide:
                    name, info, other, section = fields[:4]
                else:
                    name, _, _, info, other, section = fields
                binding = info >> 4
                if binding == _LOCAL or not name:
                    continue
                text = self._strings.text(name)
                if section:
                    if other & 3 not in (_HIDDEN, _INTERNAL):
                        symbols.define(text)
                    continue
                symbols.ask_for(text, weak=binding == _WEAK)
                if version in by_version:
                    by_version[version].add(text)
        merged = defaultdict[VersionNeed, set[str]](set)
        for index, need in needs.items():
            merged[need] |= by_version[index]
        return symbols, [(need, tuple(sorted(names))) for need, names in merged.items()]

    def _symbol_count(self) -> int:
        """The dynamic section does not say it; the hash table or the section header does."""
        if section := next((each for each in self._sections if each.kind == 11), None):  # SHT_DYNSYM
            return section.size // self._layout.symbol.size
        if address := self._one(_HASH):
            return int(self._content.unpack(struct.Struct(self._layout.order + "II"), self._offset(address))[1])
        if address := self._one(_GNU_HASH):
            return self._count_by_gnu_hash(self._offset(address))
        return 0

    def _count_by_gnu_hash(self, at: int) -> int:
        """Chains end at a number that is odd; the last chain's end is the last symbol."""
        word = struct.Struct(self._layout.order + "I")
        buckets, first, bloom, _ = self._content.unpack(struct.Struct(self._layout.order + "IIII"), at)
        table = at + 16 + bloom * (8 if self._layout.wide else 4)
        last = max((row[0] for row in self._content.records(word, table, buckets)), default=0)
        if last < first:
            return int(first)
        chain = table + buckets * 4
        while not self._content.unpack(word, chain + (last - first) * 4)[0] & 1:
            last += 1
        return int(last) + 1

    def _symbol_versions(self, count: int) -> Iterator[int]:
        """The number of each symbol's version; 0 where symbols have none."""
        if not self._one(_VERSYM):
            yield from (0 for _ in range(count))
            return
        word = struct.Struct(self._layout.order + "H")
        for (version,) in self._content.records(word, self._offset(self._one(_VERSYM)), count):
            yield version & 0x7FFF

    def _version_needs(self) -> dict[int, VersionNeed]:
        """The version's number in this library to what it stands for."""
        needs: dict[int, VersionNeed] = {}
        if not self._one(_VERNEED):
            return needs
        library_form = struct.Struct(self._layout.order + "HHIII")
        version_form = struct.Struct(self._layout.order + "IHHII")
        at, left = self._offset(self._one(_VERNEED)), _MOST
        for _ in range(min(self._one(_VERNEEDNUM), _MOST)):
            _, count, library, first, following = self._content.unpack(library_form, at)
            name, inner = self._strings.text(library), at + first
            for _ in range(count):
                _, flags, index, version, next_version = self._content.unpack(version_form, inner)
                if not flags & _WEAK_VERSION:
                    needs[index] = VersionNeed(name, self._strings.text(version))
                left -= 1
                if not next_version or not left:
                    break
                inner += next_version
            if not following or not left:
                break
            at += following
        return needs

    def _build_id(self) -> str:
        note = struct.Struct(self._layout.order + "III")
        for segment in islice((each for each in self._segments if each.kind == _NOTE), _MOST_NOTES):
            at, end = segment.offset, segment.offset + min(segment.size, _NOTES)
            while at + note.size + 4 <= end:
                name, size, kind = self._content.unpack(note, at)
                if (kind, self._content.read(at + 12, 4)) == (3, b"GNU\0") and size <= 64:
                    return self._content.read(at + 16, size).hex()
                at += note.size + (name + 3 & ~3) + (size + 3 & ~3)
        return ""

    def _device(self) -> DeviceFacts | None:
        section = next((each for each in self._sections if each.name == ".nv_fatbin"), None)
        return device_facts(self._content.part(section.offset, section.size)) if section else None

    def _constants(self) -> list[Content]:
        """Where texts stand; all that is loaded when there are no sections."""
        wanted = (".rodata", ".comment", ".nv_fatbin")
        named = [each for each in self._sections if each.name.startswith(wanted) and each.kind != 8]  # SHT_NOBITS
        if named:
            return [self._content.part(section.offset, section.size) for section in named]
        return [self._content.part(each.offset, each.size) for each in self._segments if each.kind == _LOAD]
