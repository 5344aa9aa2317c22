"""The grammar of a cell's id and of the values on its axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from envgen.cell import (
    Arch,
    Cell,
    Cuda,
    Flavour,
    GrammarError,
    Os,
    OsFamily,
    PythonVersion,
    Release,
    SmArch,
    TensorRt,
)

CELL = Cell.parse("py312-torch2.13-cu130-trt10.16-ubuntu24.04-x86_64-numpy_2.3-blas_mkl")

NUMBERS = st.integers(0, 99)
PYTHONS = st.builds(PythonVersion, NUMBERS, st.booleans())
RELEASES = st.builds(
    lambda numbers, end: Release(".".join(map(str, numbers)) + end),
    st.lists(st.integers(0, 999), min_size=2, max_size=5),
    st.sampled_from(["", ".post1", ".0rc1", ".dev3"]),
)
TENSORRTS = st.builds(TensorRt, RELEASES, st.sampled_from(Flavour))
CUDAS = st.just(Cuda()) | st.builds(Cuda, st.integers(10, 99), st.integers(0, 9))
NAMES = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
SYSTEMS = st.builds(Os, NAMES, st.from_regex(r"[1-9][0-9]{0,3}(\.[0-9]{1,2})?", fullmatch=True))
SMS = st.builds(SmArch, st.integers(1, 99), st.integers(0, 9), st.sampled_from(["", "a", "f"]), st.booleans())
EXTRAS = st.lists(
    st.tuples(
        st.from_regex(r"x[a-z0-9]{0,8}", fullmatch=True),
        st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._]{0,8}", fullmatch=True),
    ),
    max_size=3,
    unique_by=lambda pair: pair[0],
).map(tuple)
CELLS = st.builds(Cell, PYTHONS, RELEASES, CUDAS, st.none() | TENSORRTS, SYSTEMS, st.sampled_from(Arch), EXTRAS)


@given(CELLS)
def test_a_cell_round_trips(cell: Cell) -> None:
    text = str(cell)
    assert Cell.parse(text) == cell
    assert str(Cell.parse(text)) == text


@given(
    st.text(max_size=60) | st.from_regex(r"py3\d+t?-torch[\w.]+-(cpu|cu\d+)-[a-z0-9.]+-x86_64(-\w+)?", fullmatch=True)
)
def test_every_text_is_refused_or_is_the_id_of_its_cell(text: str) -> None:
    try:
        cell = Cell.parse(text)
    except GrammarError:
        return
    assert str(cell) == text


@given(PYTHONS)
def test_a_python_round_trips(python: PythonVersion) -> None:
    assert PythonVersion.parse(str(python)) == python
    assert PythonVersion.from_tag(python.wheel_tag) == PythonVersion.from_tag(python.id_part) == python


@given(RELEASES)
def test_a_release_round_trips(release: Release) -> None:
    assert Release.parse(str(release)) == release
    assert release.covers(release.version)


@given(TENSORRTS)
def test_a_tensorrt_round_trips(tensorrt: TensorRt) -> None:
    assert TensorRt.parse(str(tensorrt)) == tensorrt
    assert tensorrt.is_full is (str(tensorrt) == str(tensorrt.release))


@given(CUDAS)
def test_a_cuda_round_trips(cuda: Cuda) -> None:
    assert Cuda.parse(str(cuda)) == cuda
    assert cuda.is_cpu or Cuda.parse(cuda.dotted) == cuda


@given(SYSTEMS)
def test_a_system_round_trips(system: Os) -> None:
    assert Os.parse(str(system)) == system


@given(SMS)
def test_a_gpu_architecture_round_trips(sm: SmArch) -> None:
    assert SmArch.parse(str(sm)) == sm


@given(CELLS, RELEASES, TENSORRTS, st.sampled_from(["12", "12.0", "012", "9"]), st.randoms())
def test_different_cells_have_one_order(
    cell: Cell, torch: Release, tensorrt: TensorRt, release: str, dice: Random
) -> None:
    cells = [
        cell,
        replace(cell, torch=torch),
        replace(cell, tensorrt=tensorrt),
        replace(cell, os=Os("debian", release)),
    ]
    cells += [replace(cells[1], os=Os("debian", "12")), replace(cell, tensorrt=TensorRt.parse("8.6.0"))]
    cells += [replace(cell, tensorrt=TensorRt.parse(text)) for text in ("8.6", "8.6lean", "8.6dispatch", "8.6.0lean")]
    shuffled = dice.sample(cells, len(cells))
    assert sorted(shuffled) == sorted(cells)


def test_the_values_of_a_cell() -> None:
    assert (CELL.python, CELL.torch, CELL.cuda) == (PythonVersion(12), Release("2.13"), Cuda(13, 0))
    assert (CELL.tensorrt, CELL.os, CELL.arch) == (TensorRt(Release("10.16")), Os("ubuntu", "24.04"), Arch.X86_64)
    assert CELL.extra == (("numpy", "2.3"), ("blas", "mkl"))
    assert list(CELL.axes().items()) == [
        ("python", "3.12"), ("torch", "2.13"), ("cuda", "cu130"), ("tensorrt", "10.16"), ("os", "ubuntu24.04"),
        ("arch", "x86_64"), ("numpy", "2.3"), ("blas", "mkl"),
    ]  # fmt: skip
    plain = replace(CELL, tensorrt=None, cuda=Cuda(), extra=())
    assert str(plain) == "py312-torch2.13-cpu-ubuntu24.04-x86_64"
    assert plain.axes()["tensorrt"] == "none"
    assert plain.axes()["cuda"] == "cpu"


HOSTILE = [
    "",
    " ",
    "\n",
    "\0",
    "..",
    "/",
    "$(reboot)",
    "`id`",
    "'; DROP",
    "\u0661\u0662",
    "\U0001d7db",
    "9" * 5000,
    "-",
    "_",
    "+",
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda text: ascii(text)[:12])
def test_hostile_texts_are_refused_everywhere(hostile: str) -> None:
    parsers: list[Callable[[str], object]] = [
        PythonVersion.parse, PythonVersion.from_tag, Release.parse, TensorRt.parse, Cuda.parse, Os.parse, Arch.parse,
        SmArch.parse, Cell.parse,
    ]  # fmt: skip
    for parse in parsers:
        with pytest.raises(GrammarError):
            parse(hostile)
    for part in str(CELL).split("-")[:6]:
        for bad in (part + hostile, hostile + part, hostile) if hostile else (hostile,):
            text = str(CELL).replace(part, bad, 1)
            with pytest.raises(GrammarError):
                Cell.parse(text)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (PythonVersion.parse, "3"),
        (PythonVersion.parse, "2.7"),
        (PythonVersion.parse, "3.012"),
        (PythonVersion.parse, "3.08"),
        (PythonVersion.parse, "3.12.1"),
        (PythonVersion.parse, "3.12T"),
        (PythonVersion.from_tag, "cp27"),
        (PythonVersion.from_tag, "cp308"),
        (PythonVersion.from_tag, "pp310"),
        (Release.parse, "2"),
        (Release.parse, "2.13+cpu"),
        (Release.parse, "2.13.0+cpu"),
        (Release.parse, "2.13.x"),
        (Release.parse, "1!2.13"),
        (Release.parse, "latest"),
        (TensorRt.parse, "lean"),
        (TensorRt.parse, "11lean"),
        (TensorRt.parse, "11.1.lean"),
        (TensorRt.parse, "11.1full"),
        (TensorRt.parse, "11.1Lean"),
        (TensorRt.parse, "11.1leanlean"),
        (TensorRt.parse, "11.1leandispatch"),
        (TensorRt.parse, "11.1dispatchlean"),
        (Cuda.parse, "cu13"),
        (Cuda.parse, "cu000"),
        (Cuda.parse, "cu090"),
        (Cuda.parse, "00.0"),
        (Cuda.parse, "13"),
        (Cuda.parse, "CPU"),
        (Cuda.parse, "rocm6.4"),
        (Os.parse, "ubuntu"),
        (Os.parse, "24.04"),
        (Os.parse, "Ubuntu24.04"),
        (Os.parse, "ubuntu24.04.1"),
        (Arch.parse, "riscv64"),
        (SmArch.parse, "90"),
        (SmArch.parse, "9.0b"),
        (SmArch.parse, "9.0+ptx"),
        (SmArch.parse, "9.0a+PTX "),
        (Cell.parse, "py312-torch2.13-cu130-none-ubuntu24.04-x86_64"),
        (Cell.parse, "py312-torch2.13-cu130-ubuntu24.04-amd64"),
        (Cell.parse, "py312-torch2.13-13.0-ubuntu24.04-x86_64"),
        (Cell.parse, "py312-torch2.13lean-cpu-ubuntu24.04-x86_64"),
        (Cell.parse, "py312-torch2.13-cu130-trtlean-ubuntu24.04-x86_64"),
        (Cell.parse, "py312-torch2.13-cpu-ubuntu24.04-x86_64-"),
        (Cell.parse, "py312-torch2.13-cpu-ubuntu24.04-x86_64-numpy"),
        (Cell.parse, "py312-torch2.13-cpu-ubuntu24.04-x86_64-numpy_1-numpy_2"),
        (Cell.parse, "py312-torch2.13-cpu-ubuntu24.04-x86_64-python_3"),
    ],
)
def test_refused(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(GrammarError, match=r"is not|two values"):
        parse(text)


@pytest.mark.parametrize(("text", "cuda"), [("cpu", Cuda()), ("cu118", Cuda(11, 8)), ("13.0", Cuda(13, 0))])
def test_cuda(text: str, cuda: Cuda) -> None:
    assert Cuda.parse(text) == cuda


@pytest.mark.parametrize(
    ("text", "flavour"),
    [
        ("11.1", Flavour.FULL),
        ("11.1.0.106", Flavour.FULL),
        ("11.1lean", Flavour.LEAN),
        ("11.1.0.106lean", Flavour.LEAN),
        ("8.6.0dispatch", Flavour.DISPATCH),
    ],
)
def test_flavours(text: str, flavour: Flavour) -> None:
    tensorrt = TensorRt.parse(text)
    assert tensorrt.flavour is flavour
    assert str(replace(CELL, tensorrt=tensorrt)).split("-")[3] == f"trt{text}"


@pytest.mark.parametrize(
    ("text", "arch"), [("x86_64", Arch.X86_64), ("AMD64", Arch.X86_64), ("x64", Arch.X86_64), ("arm64", Arch.AARCH64)]
)
def test_architectures_have_other_names(text: str, arch: Arch) -> None:
    assert Arch.parse(text) is arch


@pytest.mark.parametrize(
    ("text", "family"),
    [("debian12", OsFamily.LINUX), ("windows2022", OsFamily.WINDOWS), ("macos14", OsFamily.MACOS)],
)
def test_families(text: str, family: OsFamily) -> None:
    assert Os.parse(text).family is family


@pytest.mark.parametrize(
    ("release", "version", "covered"),
    [
        ("2.13", "2.13.0", True),
        ("2.13", "2.13.4", True),
        ("2.13", "2.1.3", False),
        ("2.13.0", "2.13", True),
        ("2.13.0", "2.13.1", False),
        ("10.14.1.48.post1", "10.14.1.48", False),
    ],
)
def test_what_a_release_covers(release: str, version: str, covered: bool) -> None:
    assert Release.parse(release).covers(Version(version)) is covered


def test_orders() -> None:
    assert sorted(map(PythonVersion.parse, ["3.14t", "3.9", "3.14", "3.10"])) == [
        PythonVersion(9), PythonVersion(10), PythonVersion(14), PythonVersion(14, free_threaded=True),
    ]  # fmt: skip
    assert sorted(map(Release.parse, ["2.10", "2.9", "2.9.1"])) == [Release("2.9"), Release("2.9.1"), Release("2.10")]
    flavours = ["11.1dispatch", "10.16lean", "11.1lean", "11.1.0.106", "11.1", "10.16"]
    assert [str(each) for each in sorted(map(TensorRt.parse, flavours))] == [
        "10.16lean", "10.16", "11.1dispatch", "11.1lean", "11.1", "11.1.0.106",
    ]  # fmt: skip
    assert sorted(map(Cuda.parse, ["cu130", "cpu", "cu118"])) == [Cuda(), Cuda(11, 8), Cuda(13, 0)]
    assert sorted(map(Os.parse, ["ubuntu24.04", "debian12", "debian9"])) == [
        Os("debian", "9"), Os("debian", "12"), Os("ubuntu", "24.04"),
    ]  # fmt: skip
    assert sorted(map(SmArch.parse, ["10.0", "9.0a", "9.0", "9.0+PTX"])) == [
        SmArch(9, 0), SmArch(9, 0, ptx=True), SmArch(9, 0, "a"), SmArch(10, 0),
    ]  # fmt: skip
    assert str(SmArch(9, 0, "a", ptx=True)) == "9.0a+PTX"
    assert SmArch(9, 0, "a").sm == "sm_90a"
