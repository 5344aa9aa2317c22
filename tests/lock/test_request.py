"""What is asked of the resolver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.pins import StaticMetadata
from envgen.lock import LockRequest, SourceRequest, lock_request
from envgen.spec.matrix import Build, Extension, Indexes, Matrix, PackageAxis, Toolkit, VariableAxis
from tests.plan.matrices import matrix

FACTS = Facts.bundled()
MIRROR = "https://mirror.example/whl"
AXES = (
    PackageAxis("numpy", ("none", "latest", "1.26", "2.0rc1"), "numpy"),
    VariableAxis("blas", ("mkl",), {"mkl": {"BLAS": "mkl"}}),
)
MATRIX = replace(matrix(extra=AXES), indexes=Indexes(MIRROR))
EXTENSION = Extension(
    name="mine",
    path=Path("csrc"),
    source=None,
    sha256=None,
    requires=("typing-extensions", "einops>=0.8"),
    build=Build(requires=("setuptools>=77", "ninja", "typing-extensions"), toolkit=Toolkit.WHEELS),
    imports=("mine",),
    checks=(),
)


def ask(cell: str, spec: Matrix = MATRIX) -> LockRequest:
    return lock_request(Cell.parse(cell), spec, FACTS)


@pytest.mark.parametrize(
    ("cell", "torch", "folder"),
    [
        ("py312-torch2.13-cu130-debian12-x86_64", "torch===2.13.0", ""),
        ("py312-torch2.13.0-cu130-debian12-x86_64", "torch===2.13.0", ""),
        ("py312-torch2.13-cpu-debian12-x86_64", "torch==2.13.0+cpu", "cpu"),
        ("py312-torch2.13-cu126-debian12-x86_64", "torch==2.13.0+cu126", "cu126"),
        ("py312-torch2.13-cpu-windows2022-x86_64", "torch===2.13.0", ""),
        ("py312-torch2.13-cu130-windows2022-x86_64", "torch==2.13.0+cu130", "cu130"),
        ("py312-torch2.13-cpu-macos14-aarch64", "torch===2.13.0", ""),
        ("py312-torch2.99-cu140-debian12-x86_64", "torch==2.99.*", "cu140"),
        ("py312-torch2.99-cpu-macos14-aarch64", "torch==2.99.*", ""),
        ("py312-torch2.99.1-cu140-debian12-x86_64", "torch==2.99.1+cu140", "cu140"),
    ],
)
def test_torch_is_exactly_the_build_of_the_cell(cell: str, torch: str, folder: str) -> None:
    request = ask(cell)
    assert (request.torch, request.torch_folder) == (torch, folder)
    assert request.pytorch_index == (MIRROR if folder else "")
    assert request.only_pytorch == (cell == "py312-torch2.99-cu140-debian12-x86_64")


@pytest.mark.parametrize(
    ("cell", "platform", "macos"),
    [
        ("py312-torch2.13-cu130-ubuntu22.04-aarch64", "aarch64-manylinux_2_35", None),
        ("py312-torch2.13-cpu-macos14-aarch64", "aarch64-apple-darwin", "14.0"),
        ("py312-torch2.13-cpu-windows2022-x86_64", "x86_64-pc-windows-msvc", None),
    ],
)
def test_platform(cell: str, platform: str, macos: str | None) -> None:
    request = ask(cell)
    assert (request.platform, request.macos_target) == (platform, macos)


@pytest.mark.parametrize(
    ("value", "requirements"),
    [
        ("numpy_1.26", ("numpy==1.26.*",)),
        ("numpy_2.0rc1", ("numpy==2.0rc1",)),  # the grammar of requirements has no 2.0rc1.*
        ("numpy_1.26.4.post1", ("numpy==1.26.4.post1",)),
        ("numpy_latest", ("numpy",)),
        ("numpy_none", ()),
        ("blas_mkl", ()),
    ],
)
def test_a_package_axis_pins_its_package(value: str, requirements: tuple[str, ...]) -> None:
    assert ask(f"py312-torch2.13-cu130-debian12-x86_64-{value}").others == requirements


def test_tensorrt_brings_its_pair_and_the_metadata_of_its_stubs() -> None:
    request = ask("py312-torch2.13-cu130-trt11.0-debian12-x86_64")
    assert request.others == ("tensorrt==11.0.0.114", "torch-tensorrt==2.13.0")
    assert [stub.name for stub in request.metadata] == ["tensorrt", "tensorrt-cu13", "tensorrt-cu13-libs"]


def test_an_extension_brings_its_own_requirements_once_and_the_compiler_wheels() -> None:
    spec = replace(MATRIX, extension=EXTENSION)
    own = ("einops>=0.8", "ninja", "setuptools>=77", "typing-extensions")
    assert ask("py312-torch2.13-cpu-debian12-x86_64", spec).others == own
    with_compiler = ask("py312-torch2.13-cu130-debian12-x86_64", spec).others
    assert "nvidia-cuda-nvcc==13.0.88.*" in with_compiler
    assert set(own) < set(with_compiler)
    on_the_machine = replace(EXTENSION, build=replace(EXTENSION.build, toolkit=Toolkit.MACHINE))
    assert ask("py312-torch2.13-cu130-debian12-x86_64", replace(MATRIX, extension=on_the_machine)).others == own


def test_equal_requests_have_equal_digests() -> None:
    first, second = (ask("py312-torch2.13-cu130-trt11.0-debian12-x86_64-numpy_1.26") for _ in range(2))
    assert first is not second
    assert first == second
    assert first.digest == second.digest
    # What does not change what is asked leaves kept locks alone.
    more = replace(MATRIX, python=("3.11", "3.12"), indexes=Indexes("https://other.example"))
    assert ask("py312-torch2.13-cu130-trt11.0-debian12-x86_64-numpy_1.26", more).digest == first.digest


CHANGES: dict[str, Callable[[LockRequest], LockRequest]] = {
    "cell": lambda request: replace(request, cell=Cell.parse("py313-torch2.13-cpu-debian12-x86_64")),
    "torch": lambda request: replace(request, torch="torch==2.13.1+cpu"),
    "others": lambda request: replace(request, others=("numpy",)),
    "platform": lambda request: replace(request, platform="aarch64-manylinux_2_36"),
    "macos_target": lambda request: replace(request, macos_target="14.0"),
    "torch_folder": lambda request: replace(request, torch_folder=""),
    "pytorch_index": lambda request: replace(request, pytorch_index="https://another.example"),
    "extra_indexes": lambda request: replace(request, extra_indexes=("https://more.example",)),
    "source": lambda request: replace(request, source=SourceRequest("extension", "1.0")),
    "metadata": lambda request: replace(request, metadata=(StaticMetadata("stub", "", ("real",)),)),
}


@pytest.mark.parametrize("changed", CHANGES)
def test_different_requests_have_different_digests(changed: str) -> None:
    request = ask("py312-torch2.13-cpu-debian12-x86_64")
    assert CHANGES[changed](request).digest != request.digest


def test_every_part_of_a_request_is_in_its_digest() -> None:
    assert set(CHANGES) == set(LockRequest.__dataclass_fields__)


def test_a_source_is_asked_for_by_name_and_version() -> None:
    extension = Extension("e", None, "torch-scatter==2.1.2", None, (), Build(), ("e",), ())
    cell = Cell.parse("py312-torch2.13-cpu-debian12-x86_64")
    assert lock_request(cell, replace(matrix(), extension=extension), Facts.bundled()).source == SourceRequest(
        "torch-scatter", "2.1.2"
    )
    pinned = replace(extension, sha256="AB" * 32)
    wanted = lock_request(cell, replace(matrix(), extension=pinned), Facts.bundled()).source
    assert wanted == SourceRequest("torch-scatter", "2.1.2", "ab" * 32)
    folder = replace(extension, path=Path("csrc"), source=None)
    assert lock_request(cell, replace(matrix(), extension=folder), Facts.bundled()).source is None


def test_cells_that_ask_the_same_have_one_question() -> None:
    spec = replace(MATRIX, extra=(*MATRIX.extra, VariableAxis("simd", ("avx", "sse"), {})))
    first, second = (
        ask(f"py312-torch2.13-cpu-debian12-x86_64-numpy_1.26-simd_{simd}", spec) for simd in ("avx", "sse")
    )
    assert first.question == second.question
    assert first.digest != second.digest
    for changed, change in CHANGES.items():
        assert change(first).question != first.question, changed
