"""The known traps of TensorRT, and what its flavours are judged by: of each, the verdict and the reason."""

from __future__ import annotations

import pytest

from envgen.cell import Cell, TensorRt
from envgen.compat.facts import Facts
from envgen.compat.judge import judge
from envgen.compat.pins import pins
from envgen.compat.verdict import Answer, Verdict

FACTS = Facts.bundled()
LEAN = "py312-torch2.13-cu130-trt11.1lean-ubuntu24.04-x86_64"


def asked(rule: str, cell: str) -> Verdict:
    """One rule's verdict on a cell."""
    return next(verdict for verdict in judge(Cell.parse(cell), FACTS).verdicts if verdict.rule == rule)


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("py310-torch2.2-cu121-trt8.6-debian12-x86_64", Answer.FITS),
        ("py310-torch2.2-cu121-trt8.6-fedora41-x86_64", Answer.FITS),
        ("py310-torch2.2-cu121-trt8.6-debian13-x86_64", Answer.UNSUPPORTED),
        ("py310-torch1.13-cu117-trt8.5-ubuntu26.04-x86_64", Answer.UNSUPPORTED),
        ("py311-torch2.6-cu124-trt10.7-debian13-x86_64", Answer.UNSUPPORTED),
        ("py311-torch2.6-cu124-trt10.7-windows2022-x86_64", Answer.FITS),
        ("py312-torch2.13-cu130-trt11.0-debian13-x86_64", Answer.FITS),
        ("py310-torch2.2-cu121-trt8.6lean-debian13-x86_64", Answer.FITS),
    ],
)
def test_an_executable_stack_is_refused_by_new_glibc(cell: str, answer: Answer) -> None:
    assert asked("tensorrt-stack", cell).answer is answer


def test_the_executable_stack_is_told_with_a_way_round_and_its_sources() -> None:
    verdict = asked("tensorrt-stack", "py310-torch2.2-cu121-trt8.6-debian13-x86_64")
    assert "libnvinfer_builder_resource of TensorRT 8.6.0 asks for an executable stack" in verdict.sentence
    assert "glibc refuses since 2.41, and debian13 has 2.41" in verdict.sentence
    assert "patchelf --clear-execstack" in verdict.sentence
    assert [source.kind for source in verdict.sources[:2]] == ["measured", "secondary"]
    reported = asked("tensorrt-stack", "py311-torch2.6-cu124-trt10.7-debian13-x86_64")
    assert reported.sources[0].kind == "secondary"


def test_a_patch_with_files_for_windows_alone() -> None:
    """The minor stands for the patch that has all of them."""
    for system in ("ubuntu24.04", "windows2022"):
        assert asked("tensorrt-wheel", f"py312-torch2.10-cu130-trt10.14-{system}-x86_64").answer is Answer.FITS
    linux = asked("tensorrt-wheel", "py312-torch2.10-cu130-trt10.14.1.48-ubuntu24.04-x86_64")
    assert linux.answer is Answer.MISSING
    assert "TensorRT 10.14.1.48.post1 has one: name it exactly" in linux.sentence
    windows = asked("tensorrt-wheel", "py312-torch2.10-cu130-trt10.14.1.48-windows2022-x86_64")
    assert windows.answer is Answer.FITS


def test_the_cuda_runtime_that_torch_tensorrt_2_10_asks_for_is_empty() -> None:
    """What it links to comes with torch, so torch's default build of that minor has none."""
    cell = "py312-torch2.10-{}-trt10.14-ubuntu24.04-x86_64"
    verdict = asked("torch-tensorrt-cuda", cell.format("cu128"))
    assert verdict.answer is Answer.IMPOSSIBLE
    assert "nvidia-cuda-runtime-cu13==0.0.0a0" in "; ".join(claim.says for claim in verdict.disputed)
    assert asked("torch-tensorrt-cuda", cell.format("cu130")).answer is Answer.FITS


@pytest.mark.parametrize("flavour", ["", "lean", "dispatch"])
def test_a_release_whose_setup_runs_pip_is_no_release(flavour: str) -> None:
    verdict = asked("tensorrt-release", f"py310-torch2.2-cu121-trt8.6.1{flavour}-debian12-x86_64")
    assert verdict.answer is Answer.MISSING
    assert "an installer that runs pip in its setup script" in verdict.sentence
    assert str(FACTS.newest_tensorrt(TensorRt.parse(f"8.6{flavour}"))) == "8.6.0"


def test_cudnn_9_beside_tensorrt_8_6() -> None:
    full, lean = "py310-torch2.2-cu121-trt8.6-debian12-x86_64", "py310-torch2.2-cu121-trt8.6lean-debian12-x86_64"
    assert "nvidia-cudnn-cu12<9" in pins(Cell.parse(full), FACTS).requirements
    assert "nvidia-cudnn-cu12<9" not in pins(Cell.parse(lean), FACTS).requirements


@pytest.mark.parametrize(
    "cell",
    [
        LEAN,
        "py312-torch2.13-cu130-trt11.1dispatch-ubuntu24.04-x86_64",
        "py312-torch2.13-cu130-trt11.1.0.106lean-windows2022-x86_64",
        "py312-torch2.13-cu130-trt10.16lean-ubuntu24.04-aarch64",
        "py314-torch2.15-cu132-trt11.4lean-debian13-x86_64",
        "py310-torch2.8-cu128-trt11.1lean-debian12-x86_64",
        "py310-torch2.2-cu121-trt8.6lean-debian12-x86_64",
        "py310-torch2.2-cu121-trt8.6dispatch-debian12-x86_64",
    ],
)
def test_a_run_only_cell_takes_any_torch_of_its_cuda_major(cell: str) -> None:
    trace = judge(Cell.parse(cell), FACTS)
    assert trace.accepted, trace.rejection
    assert not trace.unknown


@pytest.mark.parametrize(
    ("cell", "rule", "answer", "words"),
    [
        ("py312-torch2.13-cpu-trt11.1lean-ubuntu24.04-x86_64", "tensorrt-cuda", Answer.IMPOSSIBLE, "memory on the GPU"),
        ("py310-torch2.7-cu118-trt10.13lean-debian12-x86_64", "tensorrt-cuda", Answer.MISSING, "for CUDA 12 and 13"),
        ("py312-torch2.13-cu130-trt8.6lean-debian12-x86_64", "tensorrt-cuda", Answer.MISSING, "for CUDA 12."),
        ("py314t-torch2.15-cu132-trt11.4lean-debian12-x86_64", "tensorrt-wheel", Answer.MISSING, "Python 3.14t"),
        ("py312-torch2.2-cu121-trt8.6lean-debian12-x86_64", "tensorrt-wheel", Answer.MISSING, "3.6 to 3.10"),
        ("py312-torch2.7-cu128-trt11.1lean-ubuntu24.04-aarch64", "tensorrt-wheel", Answer.MISSING, "Windows on x86_64"),
        (
            "py312-torch2.13-cu130-trt11.1lean-debian11-aarch64",
            "tensorrt-system",
            Answer.IMPOSSIBLE,
            "needs glibc 2.35",
        ),
        ("py312-torch2.13-cu130-trt10.99lean-debian12-x86_64", "tensorrt-release", Answer.MISSING, "does not exist"),
        ("py312-torch2.13-cu130-trt9.2lean-debian12-x86_64", "tensorrt-release", Answer.MISSING, "placeholder"),
    ],
)
def test_a_run_only_cell_that_cannot_be(cell: str, rule: str, answer: Answer, words: str) -> None:
    rejection = judge(Cell.parse(cell), FACTS).rejection
    assert rejection is not None
    assert (rejection.rule, rejection.answer) == (rule, answer)
    assert words in rejection.sentence


def test_a_run_only_cell_is_asked_for_no_torch_tensorrt() -> None:
    for rule in ("wheel", "pair", "cuda", "system"):
        verdict = asked(f"torch-tensorrt-{rule}", LEAN)
        assert verdict.answer is Answer.FITS
        assert "a lean runtime only runs engines made elsewhere" in verdict.sentence
    assert "The lean runtime of TensorRT 11.1 stands for 11.1.0.106" in asked("tensorrt-release", LEAN).sentence


def test_a_run_only_release_newer_than_the_facts_is_unknown() -> None:
    trace = judge(Cell.parse(LEAN.replace("11.1", "12.0")), FACTS)
    assert trace.accepted
    assert asked("tensorrt-release", LEAN.replace("11.1", "12.0")).answer is Answer.UNKNOWN
