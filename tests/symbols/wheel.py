"""A wheel of a torch that is three small libraries, compiled here."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from packaging.version import Version

from envgen.compat.records import Platform
from envgen.index import Access, Reader
from envgen.symbols import SymbolTable
from envgen.symbols.build import index_wheel, wheels_of
from envgen.symbols.probe import compiles_for

TODAY = date(2026, 11, 21)
SOURCES = {
    "libc10.so": 'namespace c10 { int sum(int a) { return a; } } extern "C" int torch_list_size() { return 0; }',
    "libtorch_cpu.so": "namespace at { struct Tensor { int size() const; virtual ~Tensor(); };"
    " int Tensor::size() const { return 1; } Tensor::~Tensor() {} } namespace other { int none() { return 0; } }",
    "libtorch_cuda.so": "namespace at { namespace cuda { int warp() { return 32; } } }",
    "libtorchbind_test.so": "namespace at { int only_in_a_test() { return 0; } }",
}
TENSOR_SIZE, WARP, SUM = "_ZNK2at6Tensor4sizeEv", "_ZN2at4cuda4warpEv", "_ZN3c103sumEi"


@dataclass(frozen=True)
class SmallTorch:
    """A folder with one wheel, for find-links."""

    folder: Path
    version: str
    platform: Platform

    @property
    def wheel(self) -> Path:
        (found,) = self.folder.glob("*.whl")
        return found

    def reader(self) -> Reader:
        return Reader(Access(folders=(str(self.folder),), no_index=True), self.folder / "pages")

    def index(self, scratch: Path) -> SymbolTable:
        with self.reader() as reader:
            (listing,) = reader.listings("torch")
            file = wheels_of(listing)[Version(self.version), self.platform]
            with reader.wheel(file) as wheel:
                return index_wheel(wheel, file, self.platform, TODAY, scratch)


def small_torch(folder: Path, version: str = "9.1.0", *, headers: str = "") -> SmallTorch:
    """Compiles and packs it for this machine; skipped where that is not Linux with a compiler."""
    compiler, platform = shutil.which("g++"), compiles_for()
    if compiler is None or platform not in (Platform.LINUX_X86_64, Platform.LINUX_AARCH64):
        pytest.skip("needs g++ on Linux")
    folder.mkdir(parents=True, exist_ok=True)
    tag = platform.removeprefix("linux_")
    with zipfile.ZipFile(folder / f"torch-{version}-cp312-cp312-manylinux_2_28_{tag}.whl", "w") as wheel:
        wheel.writestr("torch/version.py", f"__version__ = '{version}+cu130'\ncuda: Optional[str] = '13.0'\n")
        wheel.writestr("torch/include/ATen/ATen.h", headers or "#error C++17 or later is required\n")
        for name, source in SOURCES.items():
            made = folder / name
            command = [compiler, "-shared", "-fPIC", "-x", "c++", "-", "-o", str(made)]
            subprocess.run(command, input=source, text=True, check=True)
            wheel.write(made, f"torch/lib/{name}")
            made.unlink()
    return SmallTorch(folder, version, platform)
