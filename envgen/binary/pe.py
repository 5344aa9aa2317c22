"""PE: what Windows' loader reads of a DLL, and a little beside it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from envgen.binary.content import Content, Unreadable, cut_short
from envgen.binary.crt import crt_flavours
from envgen.binary.facts import Binary, Format, PeFacts
from envgen.binary.fatbin import DeviceFacts, device_facts
from envgen.binary.marks import read_marks
from envgen.binary.symbols import Symbols
from envgen.cell import Arch

MAGIC = b"MZ"
_MACHINES = {0x8664: "x86_64", 0xAA64: "arm64", 0x14C: "i386", 0x1C4: "arm", 0xA641: "arm64ec"}
_ARCHS = {"x86_64": Arch.X86_64, "arm64": Arch.AARCH64}
_IS_DLL = 0x2000
_OFFSET = struct.Struct("<I")
_COFF = struct.Struct("<HHIIIHH")  # machine, sections, -, symbols at, symbols, size of the optional header, kind
_OPTIONAL = struct.Struct("<HBB")  # magic, major and minor of the linker
_DIRECTORY = struct.Struct("<II")
_SECTION = struct.Struct("<8sIIII")  # name, size in memory, address, size in the file, offset in the file
_IMPORT = struct.Struct("<IIIII")  # names, -, -, DLL, addresses
_DELAYED = struct.Struct("<IIIIIIII")  # attributes, DLL, -, addresses, names, -, -, -
_EXPORT = struct.Struct("<IIHHIIIIIII")  # ..., own name, -, functions, names, table of functions, table of names, -
_EXPORTS, _IMPORTS, _SECURITY, _DELAY = 0, 1, 4, 13  # places of directories
_MOST_DLLS = 4096
_MOST_NAMES = 1 << 20
_MOST_SECTIONS = 96
_SECTION_SIZE = 40
_COFF_SYMBOL = 18  # bytes


@dataclass(frozen=True)
class _Section:
    name: str
    address: int
    size: int
    offset: int


@dataclass
class _Taken:
    """What is taken from DLLs: their names as they are written, and the functions."""

    names: list[str] = field(default_factory=list)
    functions: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)


def read_pe(content: Content, file: str) -> Binary:
    """The facts of a DLL.

    Raises:
        Unreadable: it is none, or damaged.
    """
    return _Reader(content).binary(file)


class _Reader:
    def __init__(self, content: Content) -> None:
        self._content = content
        (start,) = content.unpack(_OFFSET, 60)
        if content.read(start, 4) != b"PE\0\0":
            raise Unreadable("it is a program for DOS, or damaged")
        fields = content.unpack(_COFF, start + 4)
        self._machine, count, optional_size, self._characteristics = fields[0], fields[1], fields[5], fields[6]
        self._check_symbols(fields[3], fields[4])
        self._optional = start + 4 + _COFF.size
        magic, major, minor = content.unpack(_OPTIONAL, self._optional)
        if magic not in (0x10B, 0x20B):
            raise Unreadable("it begins as a PE file and goes on as none")
        if count > _MOST_SECTIONS:
            raise Unreadable("it has more sections than Windows loads")
        self._functions_left = _MOST_NAMES
        self._wide, self._linker = magic == 0x20B, f"{major}.{minor}"
        self._sections = list(self._read_sections(self._optional + optional_size, count))

    def _check_symbols(self, at: int, count: int) -> None:
        """MinGW's linker leaves debuggers a table at the end: without its end the file has been cut short."""
        if not at:
            return
        end = at + count * _COFF_SYMBOL
        (texts,) = self._content.unpack(_OFFSET, end)
        if end + texts > self._content.size:
            raise cut_short(end + texts, self._content.size)

    def binary(self, file: str) -> Binary:
        if not self._characteristics & _IS_DLL:
            raise Unreadable("it is no DLL")
        machine = _MACHINES.get(self._machine, f"machine {self._machine:#x}")
        name, exports = self._read_exports()
        taken, delayed = self._read_imports(), self._read_delayed()
        symbols = Symbols()
        for export in exports:
            symbols.define(export)
        for functions, weak in ((taken.functions, False), (delayed.functions, True)):
            for function in (each for _, names in functions for each in names if not each.startswith("#")):
                symbols.ask_for(function, weak=weak)
        device = self._device()
        return Binary(
            file=file,
            format=Format.PE,
            machine=machine,
            arch=_ARCHS.get(machine),
            bits=64 if self._wide else 32,
            name=name,
            needed=tuple(taken.names),
            imports=symbols.imports,
            weak_imports=symbols.weak_imports,
            exports=symbols.exports,
            device=device,
            marks=read_marks(self._constants(), with_device_code=device is not None),
            pe=PeFacts(
                linker=self._linker,
                crt=crt_flavours((*taken.names, *delayed.names)),
                delayed=tuple(delayed.names),
                imports=(*taken.functions, *delayed.functions),
                signed=self._signed(),
            ),
        )

    def _read_sections(self, at: int, count: int) -> Iterator[_Section]:
        for number in range(count):
            fields = self._content.unpack(_SECTION, at + number * _SECTION_SIZE)
            name, memory, address, size, offset = fields
            if size and offset + size > self._content.size:
                raise cut_short(offset + size, self._content.size)
            text = name.split(b"\0")[0].decode("ascii", "backslashreplace")
            yield _Section(text, address, min(size, max(memory, 0) or size), offset)

    def _directory(self, number: int) -> tuple[int, int]:
        """Address and size of a table; zeros when there is none."""
        count_at = self._optional + (108 if self._wide else 92)
        (count,) = self._content.unpack(_OFFSET, count_at)
        if number >= count:
            return 0, 0
        address, size = self._content.unpack(_DIRECTORY, count_at + 4 + number * _DIRECTORY.size)
        return (address, size) if address else (0, 0)

    def _offset(self, address: int) -> int:
        """Where an address of the loaded DLL stands in the file."""
        for section in self._sections:
            if section.address <= address < section.address + section.size:
                return section.offset + address - section.address
        raise Unreadable("one of its tables points to where nothing is")

    def _text(self, address: int) -> str:
        return self._content.text(self._offset(address))

    def _read_imports(self) -> _Taken:
        taken = _Taken()
        address, _ = self._directory(_IMPORTS)
        while address and len(taken.names) < _MOST_DLLS:
            names, _, _, dll, addresses = self._content.unpack(_IMPORT, self._offset(address))
            if not dll:
                break
            self._take(taken, dll, names or addresses)
            address += _IMPORT.size
        return taken

    def _read_delayed(self) -> _Taken:
        """Descriptors of old linkers hold addresses in memory, not in the file's terms; those are passed over."""
        taken = _Taken()
        address, _ = self._directory(_DELAY)
        while address and len(taken.names) < _MOST_DLLS:
            attributes, dll, _, _, names, *_ = self._content.unpack(_DELAYED, self._offset(address))
            if not dll or not attributes & 1:
                break
            self._take(taken, dll, names)
            address += _DELAYED.size
        return taken

    def _take(self, taken: _Taken, dll: int, names: int) -> None:
        name = self._text(dll)
        functions = tuple(self._functions(self._offset(names))) if names else ()
        taken.names.append(name)
        taken.functions.append((name.lower(), functions))

    def _functions(self, at: int) -> Iterator[str]:
        form = struct.Struct("<Q" if self._wide else "<I")
        by_number = 1 << (form.size * 8 - 1)
        while value := self._content.unpack(form, at)[0]:
            self._functions_left -= 1
            if not self._functions_left:
                raise Unreadable("it imports more functions than any sound DLL")
            yield f"#{value & 0xFFFF}" if value & by_number else self._text(value + 2)  # a hint goes before the name
            at += form.size

    def _read_exports(self) -> tuple[str, list[str]]:
        address, _ = self._directory(_EXPORTS)
        if not address:
            return "", []
        fields = self._content.unpack(_EXPORT, self._offset(address))
        own, count, names = fields[4], fields[7], fields[9]
        if not count:
            return self._text(own) if own else "", []
        table = self._content.records(_OFFSET, self._offset(names), count)
        return self._text(own), [self._text(each) for (each,) in table]

    def _signed(self) -> bool:
        """The table of signatures stands behind all sections; its address is an offset in the file."""
        offset, size = self._directory(_SECURITY)
        if size and offset + size > self._content.size:
            raise cut_short(offset + size, self._content.size)
        return size > 0

    def _device(self) -> DeviceFacts | None:
        parts = [self._part(section) for section in self._sections if section.name == ".nv_fatb"]  # of eight characters
        return device_facts(parts[0]) if parts else None

    def _constants(self) -> list[Content]:
        return [self._part(section) for section in self._sections if section.name in (".rdata", ".nv_fatb", ".data")]

    def _part(self, section: _Section) -> Content:
        return self._content.part(section.offset, section.size)
