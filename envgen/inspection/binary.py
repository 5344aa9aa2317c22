"""Facts of one binary (ELF, PE or Mach-O), read by LIEF on any host."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import lief
from pydantic import JsonValue

from envgen.cell import Arch, OsFamily
from envgen.binary.content import Content
from envgen.binary.fatbin import DeviceCode, device_facts

ENDINGS = (".so", ".pyd", ".dll", ".dylib")
MACHO_HEADER = 32  # bytes, of a 64-bit one


@dataclass(frozen=True)
class Binary:
    """What a shared library says of itself.

    Attributes:
        file: relative to the artifact's folder.
        arch: None when the machine is none of those a cell can have.
        needed: the libraries that its loader will look for.
        cuda: the CUDA runtime that it needs as a library, for example `libcudart.so.13`.
        unreadable: why nothing else is known.
    """

    file: str
    family: OsFamily | None = None
    arch: Arch | None = None
    needed: tuple[str, ...] = ()
    code: tuple[DeviceCode, ...] = ()
    unreadable: str = ""

    @property
    def cuda(self) -> str | None:
        return next((name for name in self.needed if name.startswith(("libcudart", "cudart64_"))), None)

    def facts(self) -> dict[str, JsonValue]:
        """As it stands in a result."""
        return {
            "file": self.file,
            "needed": list(self.needed),
            "device_code": [str(code) for code in self.code],
            **({"unreadable": self.unreadable} if self.unreadable else {}),
        }


def read_binaries(artifact: Path) -> tuple[Binary, ...]:
    """Every shared library of a built extension, in the order of its names."""
    return tuple(_read(path, artifact) for path in sorted(_libraries(artifact)))


def _libraries(artifact: Path) -> Iterator[Path]:
    for path in artifact.rglob("*"):
        if path.is_file() and (path.suffix in ENDINGS or ".so." in path.name):
            yield path


def _read(path: Path, artifact: Path) -> Binary:
    file = path.relative_to(artifact).as_posix()
    lief.logging.disable()
    parsed = lief.parse(str(path))
    if not isinstance(parsed, lief.ELF.Binary | lief.PE.Binary | lief.MachO.Binary):
        return Binary(file, unreadable="it is neither ELF nor PE nor Mach-O, or it is cut short")
    if _end(parsed) > path.stat().st_size:
        return Binary(file, unreadable="it is cut short")
    if isinstance(parsed, lief.ELF.Binary):
        return _elf(file, parsed)
    return _pe(file, parsed) if isinstance(parsed, lief.PE.Binary) else _macho(file, parsed)


def _end(parsed: lief.ELF.Binary | lief.PE.Binary | lief.MachO.Binary) -> int:
    """Where the last part that the headers speak of ends; LIEF passes over parts that are not there."""
    if isinstance(parsed, lief.PE.Binary):
        ends = (section.pointerto_raw_data + section.sizeof_raw_data for section in parsed.sections)
        return max([parsed.optional_header.sizeof_headers, *ends])
    if isinstance(parsed, lief.MachO.Binary):
        ends = (part.file_offset + part.file_size for part in parsed.segments)
        return parsed.fat_offset + max([MACHO_HEADER + parsed.header.sizeof_cmds, *ends])
    header = parsed.header
    table = header.section_header_offset + header.numberof_sections * header.section_header_size
    return max([table, *(part.file_offset + part.physical_size for part in parsed.segments)])


def device_code(section: bytes) -> tuple[DeviceCode, ...]:
    found = device_facts(Content(section))
    return found.code if found else ()


def _elf(file: str, parsed: lief.ELF.Binary) -> Binary:
    if parsed.header.file_type is not lief.ELF.Header.FILE_TYPE.DYN:
        return Binary(file, unreadable="it is no shared library")
    machines = {lief.ELF.ARCH.X86_64: Arch.X86_64, lief.ELF.ARCH.AARCH64: Arch.AARCH64}
    section = parsed.get_section(".nv_fatbin")
    return Binary(
        file=file,
        family=OsFamily.LINUX,
        arch=machines.get(parsed.header.machine_type),
        needed=tuple(str(name) for name in parsed.libraries),
        code=device_code(bytes(section.content)) if section else (),
    )


def _pe(file: str, parsed: lief.PE.Binary) -> Binary:
    types = lief.PE.Header.MACHINE_TYPES
    machines = {types.AMD64: Arch.X86_64, types.ARM64: Arch.AARCH64}
    section = parsed.get_section(".nv_fatb")  # a PE section name has eight characters
    return Binary(
        file=file,
        family=OsFamily.WINDOWS,
        arch=machines.get(parsed.header.machine),
        needed=tuple(str(entry.name) for entry in parsed.imports),
        code=device_code(bytes(section.content)) if section else (),
    )


def _macho(file: str, parsed: lief.MachO.Binary) -> Binary:
    types = lief.MachO.Header.CPU_TYPE
    machines = {types.X86_64: Arch.X86_64, types.ARM64: Arch.AARCH64}
    return Binary(
        file=file,
        family=OsFamily.MACOS,
        arch=machines.get(parsed.header.cpu_type),
        needed=tuple(str(library.name) for library in parsed.libraries),
    )
