"""Asks a compiler how torch's types lie in memory: one file of constants, compiled for a release and never run."""

from __future__ import annotations

import os
import platform
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from envgen.cell import Arch, GrammarError, OsFamily
from envgen.compat.records import Platform
from envgen.errors import EnvgenError
from envgen.index import RemoteWheel
from envgen.refresh.binaries import cxx11_abi

_SOURCE = Path(__file__).with_name("layout_probe.cpp")
_MARK = b"envgen layout 1\0"
_ROW = struct.Struct("<16s104sq")
_LARGEST_OBJECT = 1 << 26  # bytes
_SECONDS = 600.0  # for a compilation, which takes 10 on an idle machine
_HEADERS = "torch/include/"


class ProbeFault(EnvgenError):  # noqa: N818 - it says why a layout stays unknown
    """The layout of a release could not be asked for."""


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler with the options of gcc and clang.

    Attributes:
        program: its path.
        version: the first line of what it says of itself.
    """

    program: str
    version: str


def find_compiler(environ: Mapping[str, str] | None = None) -> Compiler | None:
    """`CXX` where it is set, else g++, clang++ or c++ from the path; None when there is none of them."""
    chosen = (os.environ if environ is None else environ).get("CXX")
    found = next(filter(None, map(shutil.which, [chosen] if chosen else ["g++", "clang++", "c++"])), None)
    if not found:
        return None
    said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    return Compiler(found, said.partition("\n")[0]) if re.search(r"gcc|g\+\+|clang|Free Software", said) else None


def compiles_for() -> Platform | None:
    """The platform whose layouts this machine's compiler knows: its own."""
    families = {"linux": OsFamily.LINUX, "darwin": OsFamily.MACOS}
    if sys.platform not in families:
        return None
    try:
        return Platform.of(families[sys.platform], Arch.parse(platform.machine()))
    except GrammarError:
        return None


def probe_wheel(wheel: RemoteWheel, compiler: Compiler, target: Platform, scratch: Path) -> dict[str, int]:
    """The layout of the release that a wheel for this machine's platform is of.

    Args:
        scratch: a folder with room for the headers, 100 MB.

    Raises:
        IndexFault: the wheel cannot be read.
        ProbeFault: the compiler does not take its headers.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        wheel.extract(_HEADERS, Path(folder))
        linux = target in (Platform.LINUX_X86_64, Platform.LINUX_AARCH64)
        new_strings = cxx11_abi(wheel.read("torch/lib/libc10.so")) if linux else None
        return probe_headers(Path(folder) / _HEADERS, compiler, new_strings)


def probe_headers(include: Path, compiler: Compiler, new_strings: bool | None) -> dict[str, int]:
    """The layout that some headers of torch describe.

    Args:
        new_strings: whether torch was built with libstdc++'s new strings; None where there is no such choice.

    Raises:
        ProbeFault: the compiler does not take the headers, or takes too long.
    """
    flags = [f"-std=c++{_standard(include)}", "-O0", "-w", "-fno-access-control"]
    if new_strings is not None:
        flags.append(f"-D_GLIBCXX_USE_CXX11_ABI={int(new_strings)}")
    paths = [include, include / "torch/csrc/api/include", Path(sysconfig.get_paths()["include"])]
    with tempfile.TemporaryDirectory(dir=include) as folder:
        made = Path(folder) / "probe.o"
        command = [compiler.program, *flags, *(f"-I{path}" for path in paths), "-c", str(_SOURCE), "-o", str(made)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise ProbeFault(f"{compiler.program} took more than {_SECONDS:.0f} s with torch's headers.") from None
        if done.returncode:
            first = next((line for line in done.stderr.splitlines() if "error" in line), "no message")
            raise ProbeFault(f"{compiler.program} does not take these headers of torch: {first.strip()[-200:]}.")
        with made.open("rb") as file:
            return read_rows(file.read(_LARGEST_OBJECT))


def read_rows(content: bytes) -> dict[str, int]:
    """The rows that the probe left among the constants of an object file, whatever its format."""
    values: dict[str, int] = {}
    at = content.find(_MARK)
    while 0 <= at <= len(content) - _ROW.size:
        _, key, value = _ROW.unpack_from(content, at)
        values[key.rstrip(b"\0").decode("ascii", "backslashreplace")] = value
        at = content.find(_MARK, at + 1)
    return values


def _standard(include: Path) -> int:
    """The C++ standard that the headers ask for; the one before they asked was 17 at most."""
    header = include / "ATen/ATen.h"
    text = header.read_text(encoding="utf-8", errors="replace") if header.is_file() else ""
    asked = re.search(r"#error C\+\+(\d\d)", text)
    return max(17, int(asked[1]) if asked else 0)
