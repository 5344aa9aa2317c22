"""The sixteen traps of the field: of each, the verdict and the reason that a rule gives.

What of traps 9, 11 and 15 lies in file names and in metadata is tested with the code that reads those.
"""

from __future__ import annotations

import pytest

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.judge import judge
from envgen.compat.verdict import Answer, Verdict

FACTS = Facts.bundled()


def asked(rule: str, cell: str) -> Verdict:
    """One rule's verdict on a cell."""
    return next(verdict for verdict in judge(Cell.parse(cell), FACTS).verdicts if verdict.rule == rule)


def claims(verdict: Verdict) -> str:
    return "; ".join(claim.says for claim in verdict.disputed)


@pytest.mark.parametrize("system", ["windows2022-x86_64", "macos14-aarch64"])
def test_trap_1_metadata_names_cuda_on_platforms_whose_wheels_are_for_the_cpu(system: str) -> None:
    verdict = asked("torch-cuda", f"py312-torch2.13-cpu-{system}")
    assert verdict.answer is Answer.FITS
    assert "on the default index is built for the CPU" in verdict.sentence
    assert "the metadata is the same text on every platform and names CUDA packages" in claims(verdict)
    cuda = asked("torch-cuda", f"py312-torch2.13-cu130-{system}")
    assert ("on PyTorch's own index" in cuda.sentence) is (cuda.answer is Answer.FITS) is system.startswith("windows")


@pytest.mark.parametrize(("torch", "tensorrt"), [("2.9", "10.13"), ("2.10", "10.14")])
def test_trap_2_torch_tensorrt_of_another_cuda_than_torchs_default(torch: str, tensorrt: str) -> None:
    verdict = asked("torch-tensorrt-cuda", f"py312-torch{torch}-cu128-trt{tensorrt}-ubuntu24.04-x86_64")
    assert verdict.answer is Answer.IMPOSSIBLE
    assert "one process would hold two CUDA runtimes. torch's build for cu130 fits." in verdict.sentence
    assert "its metadata takes every torch of its minor" in claims(verdict)
    safe = asked("torch-tensorrt-cuda", f"py312-torch{torch}-cu130-trt{tensorrt}-ubuntu24.04-x86_64")
    assert safe.answer is Answer.FITS


@pytest.mark.parametrize(
    ("torch", "tensorrt", "system", "floor", "answer"),
    [
        ("2.8-cu129", "10.12", "debian11", "2.33", Answer.IMPOSSIBLE),
        ("2.9-cu130", "10.13", "debian12", "2.38", Answer.IMPOSSIBLE),
        ("2.9-cu130", "10.13", "ubuntu24.04", "2.38", Answer.FITS),
    ],
)
def test_trap_3_a_tag_that_promises_an_older_glibc(
    torch: str, tensorrt: str, system: str, floor: str, answer: Answer
) -> None:
    verdict = asked("torch-tensorrt-system", f"py312-torch{torch}-trt{tensorrt}-{system}-aarch64")
    assert verdict.answer is answer
    assert f"needs glibc {floor} (measured: its file name asks for less)" in verdict.sentence
    assert "tagged manylinux_2_28 (glibc 2.28)" in claims(verdict)


def test_trap_4_a_promised_default_that_did_not_come() -> None:
    verdict = asked("torch-cuda", "py312-torch2.14-cu130-debian12-x86_64")
    assert verdict.answer is Answer.FITS
    assert "on the default index is built for CUDA 13.0" in verdict.sentence
    assert claims(verdict) == "the default index was to get CUDA 13.2"
    newer = asked("torch-cuda", "py312-torch2.15-cu132-debian12-x86_64")
    assert "on the default index is built for CUDA 13.2" in newer.sentence


def test_trap_5_documents_that_say_other_than_the_wheels() -> None:
    standard = asked("torch-standard", "py312-torch2.12-cpu-debian12-x86_64")
    assert "compiled as C++20, though its headers still take C++17" in standard.sentence
    assert claims(standard) == "C++17"
    glibc = asked("torch-system", "py312-torch2.12-cu130-centos7-x86_64")
    assert glibc.answer is Answer.IMPOSSIBLE
    assert "needs glibc 2.28" in glibc.sentence
    macos = asked("torch-system", "py312-torch2.12-cpu-macos13-aarch64")
    assert macos.answer is Answer.IMPOSSIBLE
    assert "needs macOS 14.0" in macos.sentence
    assert claims(glibc) == claims(macos) == "manylinux2014 (glibc 2.17) and macOS 11"


def test_trap_6_a_tag_below_the_real_floor() -> None:
    verdict = asked("torch-system", "py312-torch2.6-cu124-centos7-x86_64")
    assert verdict.answer is Answer.FITS
    assert "needs glibc 2.17, and centos7 has 2.17" in verdict.sentence
    assert claims(verdict) == "the file names are tagged manylinux1 (glibc 2.5)"


def test_trap_7_a_python_that_vanished_in_a_patch_release() -> None:
    assert asked("torch-python", "py313t-torch2.12.0-cu130-debian12-x86_64").answer is Answer.FITS
    verdict = asked("torch-python", "py313t-torch2.12.1-cu130-debian12-x86_64")
    assert verdict.answer is Answer.MISSING
    assert "torch 2.12.0 has one" in verdict.sentence


def test_trap_8_requires_python_is_not_the_matrix() -> None:
    verdict = asked("torch-python", "py38-torch2.5-cu124-debian12-x86_64")
    assert verdict.answer is Answer.MISSING
    assert "it has them for 3.9 to 3.13" in verdict.sentence
    assert claims(verdict) == "Requires-Python is >=3.8"


@pytest.mark.parametrize(
    ("cell", "tag"),
    [
        ("py311-torch2.0.0-cpu-debian12-aarch64", "1"),
        ("py312-torch2.10.0-cpu-macos14-aarch64", "2"),
        ("py312-torch2.10.0-cu128-debian12-x86_64", "3"),
    ],
)
def test_trap_9_two_files_of_one_version(cell: str, tag: str) -> None:
    assert f"published again under build tag {tag}." in asked("torch-python", cell).sentence


@pytest.mark.parametrize(
    ("cell", "left_out"),
    [
        ("py312-torch2.2-cu121-debian12-x86_64", True),
        ("py312-torch2.3-cu121-debian12-x86_64", True),
        ("py313-torch2.5-cu124-debian12-x86_64", True),
        ("py311-torch2.2-cu121-debian12-x86_64", False),
        ("py312-torch2.4-cu121-debian12-x86_64", False),
    ],
)
def test_trap_10_triton_left_out_by_a_marker(cell: str, left_out: bool) -> None:
    verdict = asked("torch-triton", cell)
    assert verdict.answer is Answer.FITS  # torch works without; only torch.compile does not
    assert ("torch.compile has no GPU backend" in verdict.sentence) is left_out


def test_trap_11_wheels_for_several_pythons_are_for_each() -> None:
    """torch itself has a file for every Python, free-threaded or not; none stands for another."""
    assert asked("torch-python", "py315-torch2.15-cu132-debian12-x86_64").answer is Answer.FITS
    assert asked("torch-python", "py313t-torch2.15-cu132-debian12-x86_64").answer is Answer.MISSING
    assert "keeps triton from Python 3.15" in asked("torch-triton", "py315-torch2.15-cu132-debian12-x86_64").sentence


def test_trap_12_wheels_named_nvcc_that_have_none() -> None:
    before = asked("nvcc-wheels", "py312-torch2.8-cu128-debian12-x86_64")
    assert before.answer is Answer.FITS  # it may come from elsewhere
    assert "No wheel holds nvcc before CUDA 13.0 (nvidia-cuda-nvcc-cu12 has none)" in before.sentence
    since = asked("nvcc-wheels", "py312-torch2.13-cu130-debian12-x86_64")
    assert "nvidia-cuda-crt, nvidia-nvvm, nvidia-cuda-runtime" in since.sentence


def test_trap_13_the_newest_compilers_of_runners() -> None:
    older = asked("nvcc-compiler", "py312-torch2.13-cu130-windows2025-x86_64")
    assert older.answer is Answer.FITS  # its older toolset
    assert "has MSVC 14.44, but its default is MSVC 14.50 of Visual Studio 2026" in older.sentence
    refused = asked("nvcc-compiler", "py312-torch2.13-cu130-windows2025-x86_64-compiler_msvc2026")
    assert refused.answer is Answer.UNSUPPORTED
    assert "nvcc 13.0 takes MSVC from 14.20 and below 14.50" in refused.sentence
    newer = asked("nvcc-compiler", "py312-torch2.13-cu132-windows2025-x86_64-compiler_msvc2026")
    assert newer.answer is Answer.FITS
    ubuntu = "ubuntu26.04-x86_64-compiler_gcc15"
    assert asked("nvcc-compiler", f"py312-torch2.11-cu128-{ubuntu}").answer is Answer.UNSUPPORTED
    assert asked("nvcc-compiler", f"py312-torch2.11-cu130-{ubuntu}").answer is Answer.FITS


def test_trap_14_torchs_check_and_nvccs_are_two() -> None:
    gcc14 = "py312-torch{}-cu128-debian13-x86_64-compiler_gcc14"
    assert asked("nvcc-compiler", gcc14.format("2.11")).answer is Answer.FITS
    check = asked("torch-compiler", gcc14.format("2.11"))
    assert check.answer is Answer.UNSUPPORTED
    assert "cpp_extension of torch 2.11.0 takes gcc from 6 and below 14" in check.sentence
    assert asked("torch-compiler", gcc14.format("2.12")).answer is Answer.FITS
    gcc13 = "py312-torch2.11-cu123-debian13-x86_64-compiler_gcc13"
    nvcc = asked("nvcc-compiler", gcc13)
    assert nvcc.answer is Answer.UNSUPPORTED
    assert "nvcc 12.3 takes gcc below 13" in nvcc.sentence
    assert "gcc below 14, in torch from 2.11 on" in claims(nvcc)


def test_trap_15_torch_tensorrt_of_windows_is_known() -> None:
    """Its metadata was read in spite of its line ends: the pair and the Python are there."""
    cell = "py312-torch2.10-cu130-trt10.14-windows2022-x86_64"
    assert asked("torch-tensorrt-pair", cell).answer is Answer.FITS
    refused = asked("torch-tensorrt-pair", cell.replace("10.14", "10.13"))
    assert "needs TensorRT >=10.14.1," in refused.sentence


@pytest.mark.parametrize("python", ["py38", "py39"])
def test_trap_16_wheels_that_were_said_to_be_gone(python: str) -> None:
    verdict = asked("tensorrt-wheel", f"{python}-torch2.14-cu130-trt11.4-ubuntu24.04-x86_64")
    assert verdict.answer is Answer.FITS
    assert claims(verdict) == "bindings for Python 3.9 and older were removed in 11.0"
    assert [claim.source.kind for claim in verdict.disputed] == ["primary"]
    assert [source.kind for source in verdict.sources] == ["measured"]
