"""Host compilers: what a name stands for, what a system has, and what takes which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from envgen.cell import Cell, Cuda, OsFamily
from envgen.compat.compilers import Compiler, Family, names
from envgen.compat.facts import Facts
from envgen.compat.judge import judge
from envgen.compat.verdict import Answer, Verdict

FACTS = Facts.bundled()
COMPILERS = FACTS.compilers


def asked(rule: str, cell: str) -> Verdict:
    return next(verdict for verdict in judge(Cell.parse(cell), FACTS).verdicts if verdict.rule == rule)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gcc12", "gcc 12"),
        ("gcc12.3", "gcc 12.3"),
        ("clang17", "clang 17"),
        ("msvc14.38", "MSVC 14.38"),
        ("msvc2022", "MSVC 14.30, 14.38 and 14.44"),
        ("msvc2031", ""),
        ("icx2025", ""),
        ("gcc", ""),
        ("", ""),
    ],
)
def test_what_a_name_stands_for(text: str, expected: str) -> None:
    assert names(COMPILERS.named(text)) == expected


@given(st.integers(4, 30))
def test_a_limit_holds_for_a_minor_as_for_its_major(major: int) -> None:
    """`gcc13.3` is refused where gcc 13 is, and taken where it is."""
    for demand in FACTS.toolchain.host.values():
        answers = {demand.takes(found) for text in (f"gcc{major}", f"gcc{major}.3") for found in COMPILERS.named(text)}
        assert len(answers) == 1


def test_many_versions_in_a_row_are_a_span() -> None:
    found = [Compiler(Family.GCC, Version(str(major))) for major in (13, 9, 10, 11, 12)]
    assert names(found) == "gcc 9 to 13"
    assert names([*found[:2], Compiler(Family.CLANG, Version("17"))]) == "gcc 9 and 13 and clang 17"


def test_every_system_has_compilers_and_every_linux_a_libstdcxx() -> None:
    assert set(FACTS.systems) == set(COMPILERS.systems)
    assert {os for os in FACTS.systems if os.family is OsFamily.LINUX} == set(FACTS.abi.systems)


def test_every_torch_has_a_standard_and_they_only_grow() -> None:
    standards = [COMPILERS.standard(version) for version in FACTS.torch_versions()]
    found = [standard for standard in standards if standard]
    assert len(found) == len(standards)
    assert [standard.flag for standard in found] == sorted(standard.flag for standard in found)
    assert all(standard.headers <= standard.flag for standard in found)
    measured = [release.cpp_flag for release in FACTS.torch.values()]
    assert [standard.flag for standard in found] == measured


@pytest.mark.parametrize(
    ("cell", "answer", "words"),
    [
        # The system's own: one that fits is enough.
        (
            "py310-torch2.2-cu118-debian12-x86_64",
            Answer.FITS,
            "debian12 has gcc 11 and clang 13 and 14, but its default is gcc 12",
        ),
        ("py310-torch2.2-cu118-ubuntu24.04-x86_64", Answer.FITS, "gcc 9 to 11 and clang 14, but its default is gcc 13"),
        ("py310-torch2.2-cu118-debian13-x86_64", Answer.UNSUPPORTED, "nvcc 11.8 takes gcc below 12 and clang below 15"),
        ("py312-torch2.13-cu130-debian13-x86_64", Answer.FITS, "debian13 has gcc 12 to 14 and clang 17 to 19"),
        ("py310-torch2.2-cu121-windows2022-x86_64", Answer.FITS, "its default is MSVC 14.44 of Visual Studio 2022"),
        ("py310-torch2.2-cu121-windows2025-x86_64", Answer.UNSUPPORTED, "MSVC from 14.10 and below 14.40"),
        # The one that the cell names.
        ("py312-torch2.13-cu130-debian12-x86_64-compiler_gcc15", Answer.FITS, "the cell names gcc 15"),
        ("py312-torch2.13-cu130-debian12-x86_64-compiler_gcc16", Answer.UNSUPPORTED, "the cell names gcc 16"),
        ("py312-torch2.13-cu130-debian12-x86_64-compiler_clang21", Answer.UNSUPPORTED, "clang below 21"),
        ("py312-torch2.13-cu130-windows2022-x86_64-compiler_clang19", Answer.UNSUPPORTED, "takes MSVC alone"),
        ("py312-torch2.13-cu130-debian12-x86_64-compiler_icx", Answer.UNKNOWN, "no facts about a compiler 'icx'"),
        # Nothing to ask, nothing known.
        ("py312-torch2.13-cpu-debian13-x86_64-compiler_gcc99", Answer.FITS, "needs no nvcc"),
        ("py312-torch2.99-cu140-debian12-x86_64", Answer.UNKNOWN, "nvcc 14.0"),
        ("py312-torch2.13-cu130-debian99-x86_64", Answer.UNKNOWN, "compilers are not known"),
    ],
)
def test_nvcc(cell: str, answer: Answer, words: str) -> None:
    verdict = asked("nvcc-compiler", cell)
    assert (verdict.answer, words in verdict.sentence) == (answer, True), verdict.sentence


@pytest.mark.parametrize(
    ("cell", "answer", "words"),
    [
        ("py312-torch2.14-cpu-ubuntu20.04-x86_64", Answer.FITS, "gcc 10 and clang 10 to 12, but its default is gcc 9"),
        (
            "py312-torch2.14-cpu-debian12-x86_64-compiler_gcc9",
            Answer.UNSUPPORTED,
            "its headers take no less. C++20 needs",
        ),
        (
            "py312-torch2.13-cpu-debian12-x86_64-compiler_gcc9",
            Answer.UNSUPPORTED,
            "though its headers still take C++17",
        ),
        ("py312-torch2.11-cpu-debian12-x86_64-compiler_gcc9", Answer.FITS, "its own files take gcc from 9"),
        ("py312-torch2.11-cpu-debian12-x86_64-compiler_gcc8", Answer.UNSUPPORTED, "its own files take gcc from 9"),
        ("py310-torch2.2.0-cpu-debian12-x86_64-compiler_gcc8", Answer.FITS, "C++17 needs gcc from 7"),
        ("py312-torch2.14-cpu-windows2022-x86_64-compiler_msvc2017", Answer.UNSUPPORTED, "MSVC from 14.29"),
        ("py312-torch2.14-cpu-macos14-aarch64", Answer.FITS, "macos14 has clang 15"),
        ("py312-torch2.99-cpu-debian12-x86_64", Answer.UNKNOWN, "Nothing is known of torch 2.99"),
    ],
)
def test_the_cxx_standard(cell: str, answer: Answer, words: str) -> None:
    verdict = asked("torch-standard", cell)
    assert (verdict.answer, words in verdict.sentence) == (answer, True), verdict.sentence


@pytest.mark.parametrize(
    ("cell", "answer", "words"),
    [
        ("py312-torch2.11-cu128-debian13-x86_64", Answer.FITS, "debian13 has gcc 12 and 13"),
        (
            "py312-torch2.11-cu126-fedora43-x86_64",
            Answer.UNSUPPORTED,
            "clang from 7 and below 18, and fedora43 has clang 18",
        ),
        ("py312-torch2.9-cu128-debian13-x86_64", Answer.FITS, "checks no compiler"),
        ("py312-torch2.13-cu132-debian12-x86_64", Answer.FITS, "checks no compiler"),
        ("py312-torch2.13-cu130-windows2022-x86_64", Answer.FITS, "checks no compiler"),
        ("py312-torch2.11-cu128-debian13-x86_64-compiler_gcc16", Answer.FITS, "none left to judge"),
    ],
)
def test_torchs_own_check(cell: str, answer: Answer, words: str) -> None:
    verdict = asked("torch-compiler", cell)
    assert (verdict.answer, words in verdict.sentence) == (answer, True), verdict.sentence


@pytest.mark.parametrize(
    ("cell", "answer", "words"),
    [
        ("py312-torch2.13-cpu-debian12-x86_64-compiler_gcc12", Answer.FITS, "debian12 has gcc 12 of its own"),
        ("py312-torch2.13-cpu-debian12-x86_64-compiler_gcc14", Answer.FITS, "it comes from elsewhere"),
        ("py312-torch2.13-cpu-debian12-x86_64-compiler_msvc2022", Answer.IMPOSSIBLE, "compiles for Windows"),
        ("py312-torch2.13-cpu-windows2022-x86_64-compiler_gcc14", Answer.IMPOSSIBLE, "whose C++ ABI gcc does not have"),
        ("py312-torch2.13-cpu-debian12-x86_64-compiler_tcc", Answer.UNKNOWN, "no facts about a compiler 'tcc'"),
    ],
)
def test_a_compiler_and_its_system(cell: str, answer: Answer, words: str) -> None:
    verdict = asked("compiler-system", cell)
    assert (verdict.answer, words in verdict.sentence) == (answer, True), verdict.sentence


def test_every_build_of_torch_has_a_compiler_limit_of_its_nvcc() -> None:
    promised = {cuda for promise in FACTS.promised.values() for cuda in promise.cuda}
    assert promised - set(FACTS.toolchain.host) == {Cuda(11, 6)}
