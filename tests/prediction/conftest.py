"""Libraries compiled on the spot, and an index of torch releases made of them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from packaging.version import Version

from envgen.binary import Binary, read_binary
from envgen.cell import Cuda, Os, PythonVersion
from envgen.compat.facts import Facts
from envgen.compat.records import Platform
from envgen.compat.verdict import Source
from envgen.prediction import Knowledge, Target
from envgen.symbols import Column, IndexStore, SymbolIndex, SymbolTable
from envgen.symbols.layout import Layouts

TODAY = date(2026, 11, 21)
HERE = Platform.LINUX_X86_64
Compile = Callable[..., Binary]

# What torch 2.8 and later define here; older releases lack the second, and 2.8 has types of another size than 2.9.
EVERYWHERE = "namespace torch { struct Library { Library& _def(int); }; Library& Library::_def(int) { return *this; } }"
SINCE_29 = 'namespace c10 { void added(int) {} } extern "C" void torch_added() {}'


@dataclass(frozen=True)
class World:
    """Facts as they ship, and an index of three releases that the tests compiled."""

    knowledge: Knowledge
    compile: Compile

    def target(self, torch: str, python: str = "3.12", os: str | None = None, cuda: str | None = "cpu") -> Target:
        return Target.make(
            Version(torch),
            PythonVersion.parse(python),
            HERE,
            self.knowledge.facts,
            cuda=Cuda.parse(cuda) if cuda else None,
            os=Os.parse(os) if os else None,
        )


@pytest.fixture(scope="session")
def compile_library(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Compiles C++ into a shared library that names torch's; what it does not define, others must."""
    compiler = shutil.which("c++")
    if compiler is None:
        pytest.skip("there is no C++ compiler")
    torch = tmp_path_factory.mktemp("torch") / "libc10.so"
    subprocess.run(
        [compiler, "-shared", "-Wl,-soname,libc10.so", "-o", torch, "-x", "c++", "/dev/null"], check=True, timeout=120
    )
    linked = ("-Wl,--no-as-needed", torch, "-Wl,--as-needed")

    def run(code: str, file: str = "lib.so", *flags: str, torch: bool = True) -> Binary:
        folder = tmp_path_factory.mktemp("library")
        source, made = folder / "unit.cpp", folder / file
        source.write_text(code)
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O1", "-o", made, source, *flags, *(linked if torch else ())],
            check=True,
            timeout=120,
        )
        (binary,) = read_binary(made)
        return binary

    return run


@pytest.fixture(scope="session")
def world(compile_library: Compile, tmp_path_factory: pytest.TempPathFactory) -> World:
    old = compile_library(EVERYWHERE).exports
    new = old | compile_library(SINCE_29).exports
    folder = tmp_path_factory.mktemp("index")
    write_index(folder, {"2.8.0": old, "2.9.0": new, "2.10.0": new})
    write_layouts(folder, {"2.8.0": 96, "2.9.0": 104, "2.10.0": 104})
    index = SymbolIndex(IndexStore(user=folder, shipped=tmp_path_factory.mktemp("none")))
    return World(Knowledge.of(Facts.bundled(), index), compile_library)


def write_index(folder: Path, releases: Mapping[str, frozenset[str]]) -> None:
    for release, names in releases.items():
        column = Column(Version(release), f"torch-{release}.whl", "", "", TODAY)
        table = SymbolTable.of(HERE, column, {"c10": (), "torch_cpu": names})
        table.write(folder / f"{HERE}-{release}.symbols")


def write_layouts(folder: Path, sizes: Mapping[str, int]) -> None:
    values = {Version(release): {"sizeof torch::CppFunction": size} for release, size in sizes.items()}
    layouts = Layouts(HERE.value, TODAY, Source("compiled by a test", TODAY, "measured"), values)
    layouts.write(folder / f"{HERE}-all.layout.json")
