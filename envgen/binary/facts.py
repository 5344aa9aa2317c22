"""What a compiled file says of itself, in the same words for all three formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from envgen.binary.fatbin import DeviceFacts
from envgen.cell import Arch, OsFamily


class Format(StrEnum):
    """The formats of shared libraries."""

    ELF = "ELF"
    PE = "PE"
    MACHO = "Mach-O"

    @property
    def family(self) -> OsFamily:
        return {Format.ELF: OsFamily.LINUX, Format.PE: OsFamily.WINDOWS, Format.MACHO: OsFamily.MACOS}[self]


@dataclass(frozen=True, order=True)
class VersionNeed:
    """A version of symbols that a library must define: `GLIBC_2.32` of `libc.so.6`."""

    library: str
    version: str


@dataclass(frozen=True)
class ElfFacts:
    """What only ELF has.

    Attributes:
        rpath: DT_RPATH, one entry a folder; searched before the environment's LD_LIBRARY_PATH.
        runpath: DT_RUNPATH, searched after it.
        version_needs: sorted; those that may be missing (weak ones) are left out.
        versioned: the symbols that are asked for in a version, sorted by version.
        exec_stack: whether it asks for an executable stack; None without PT_GNU_STACK, which loaders take as a yes.
        static_tls: whether it needs room in the static TLS block (DF_STATIC_TLS).
        build_id: in hexadecimal; empty when it has none.
    """

    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    version_needs: tuple[VersionNeed, ...] = ()
    versioned: tuple[tuple[VersionNeed, tuple[str, ...]], ...] = field(default=(), repr=False)
    exec_stack: bool | None = False
    static_tls: bool = False
    build_id: str = ""

    def symbols_of(self, need: VersionNeed) -> tuple[str, ...]:
        """The symbols because of which a version is needed; sorted."""
        return dict(self.versioned).get(need, ())


@dataclass(frozen=True)
class PeFacts:
    """What only PE has.

    Attributes:
        linker: version of the linker that made it: `14.42`; MinGW's say `2.40`.
        crt: the C runtimes it imports: some of `/MD`, `/MDd`, `msvcrt`, `ucrt`; `/MT` when it imports none.
        delayed: DLLs that are looked for at their first use.
        imports: by DLL, in lower case, the functions taken from it; `#12` for one that is taken by its number.
        signed: whether it carries an Authenticode signature.
    """

    linker: str = ""
    crt: tuple[str, ...] = ()
    delayed: tuple[str, ...] = ()
    imports: tuple[tuple[str, tuple[str, ...]], ...] = ()
    signed: bool = False


@dataclass(frozen=True)
class MachoFacts:
    """What only Mach-O has.

    Attributes:
        rpaths: LC_RPATH, in order.
        platform: what it is for when that is not macOS, for example `iOS`; empty for macOS.
        minimum_os: the oldest macOS it loads on: `14.0`; empty when it does not say.
        signature: `none`, `ad hoc`, `signed`, or `damaged` when it cannot be valid.
        signature_fault: why it cannot.
        slices: every machine of a universal file; this one's alone otherwise.
        weak_needed: those of the needed libraries that may be missing.
    """

    rpaths: tuple[str, ...] = ()
    platform: str = ""
    minimum_os: str = ""
    sdk: str = ""
    signature: str = "none"
    signature_fault: str = ""
    slices: tuple[str, ...] = ()
    weak_needed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Marks:
    """Texts in a binary's constants that say what it was made with; empty where there is none.

    Attributes:
        pybind11: the id of the internals that pybind11 modules share: `__pybind11_internals_v4_gcc_libstdcpp_...`.
        pybind11_python: the Python that a pybind11 module accepts and no other: `3.12`.
        cudart: words of a CUDA runtime that is a part of the binary.
        toolkit: the CUDA toolkit that compiled its device code: `13.0`.
        compilers: those that left their name, for example `GCC: (Debian 12.2.0-14) 12.2.0`.
    """

    pybind11: str = ""
    pybind11_python: str = ""
    cudart: str = ""
    toolkit: str = ""
    compilers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Binary:
    """One shared library, or one machine's slice of it.

    Attributes:
        file: its name, for people: relative to the folder or the archive it came from.
        machine: as the format names it in the field's words: `x86_64`, `aarch64`, `i386`, `arm64`.
        arch: the same as a cell has it; None when it is no machine of a cell.
        name: SONAME, install name, or the DLL's own name; empty when it has none.
        needed: the libraries its loader will look for, in order.
        imports: names of the functions and data that others must define; on macOS without the leading underscore.
        weak_imports: those of them that may stay undefined.
        exports: names that it defines for others.
        device: None without device code.
    """

    file: str
    format: Format
    machine: str
    arch: Arch | None
    bits: int
    name: str = ""
    needed: tuple[str, ...] = ()
    imports: frozenset[str] = field(default=frozenset(), repr=False)
    weak_imports: frozenset[str] = field(default=frozenset(), repr=False)
    exports: frozenset[str] = field(default=frozenset(), repr=False)
    device: DeviceFacts | None = None
    marks: Marks = field(default=Marks(), repr=False)
    elf: ElfFacts | None = None
    pe: PeFacts | None = None
    macho: MachoFacts | None = None
