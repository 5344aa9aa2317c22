"""Where engines load: the rules of TensorRT and torch-tensorrt against ten cells."""

from __future__ import annotations

import pytest

from envgen.cell import Cell, Flavour, SmArch
from envgen.compat.facts import Facts
from envgen.engine import Judgement, Knowledge, Place, inspect_bytes, judge
from envgen.prediction.verdict import Verdict

from .made import crossed, plan, record, torchscript

LINUX, ARM, WINDOWS = "ubuntu24.04-x86_64", "ubuntu24.04-aarch64", "windows2022-x86_64"
CELLS = (
    "py310-torch2.2-cu121-trt8.6-ubuntu22.04-x86_64",
    f"py312-torch2.3-cu121-trt10.0-{LINUX}",
    f"py312-torch2.12-cu130-trt10.16-{LINUX}",
    f"py312-torch2.13-cu130-trt11.0-{LINUX}",
    f"py312-torch2.13-cu130-trt11.0-{ARM}",
    f"py312-torch2.13-cu130-trt11.0-{WINDOWS}",
    f"py313-torch2.14-cu130-trt11.1-{LINUX}",
    f"py312-torch2.13-cu130-{LINUX}",
    f"py312-torch2.13-cu130-trt11.0-{LINUX}-gpu_7.5",
    f"py312-torch2.13-cu130-trt11.0-{LINUX}-gpu_sm90",
)
VERSION, PLATFORM, DEVICE = "trt-version-mismatch", "trt-platform-mismatch", "trt-device-mismatch"
LOADS, UNKNOWN, NO_RUNTIME = "loads", "unknown", "torchtrt-runtime-not-loaded"
NEW = torchscript(record(plan("11.0.0.114")))
OLD = torchscript(record(plan("8.6.1.6"), abi=5, gpu="0%8%0%0%NVIDIA A100"))
MIDDLE = torchscript(record(plan("10.0.1.6"), abi=5, gpu="0%8%6%0%NVIDIA A40"))
FOR_WINDOWS = crossed(record(plan("11.0.0.114"), platform="windows_x86_64"))
PLAN = plan("11.0.0.114")


def judged(
    content: bytes, cell: str, *, gpu: str = "", runtime: Flavour | None = None, told: bool = False
) -> Judgement:
    place = Place.of(Cell.parse(cell), Facts.bundled(), SmArch.parse(gpu) if gpu else None, runtime)
    inspected = inspect_bytes(content, "model").told(version_compatible=told, hardware_compatible=told)
    return judge(inspected, place, Knowledge.current())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (NEW, (*[VERSION] * 3, LOADS, PLATFORM, PLATFORM, VERSION, NO_RUNTIME, DEVICE, LOADS)),
        (MIDDLE, (VERSION, LOADS, *[VERSION] * 5, NO_RUNTIME, VERSION, VERSION)),
        (OLD, (VERSION, UNKNOWN, *[VERSION] * 5, NO_RUNTIME, VERSION, VERSION)),
        (PLAN, (VERSION, VERSION, VERSION, LOADS, UNKNOWN, PLATFORM, UNKNOWN, "trt-lib-missing", DEVICE, UNKNOWN)),
        (FOR_WINDOWS, (VERSION, VERSION, *[PLATFORM] * 3, LOADS, VERSION, NO_RUNTIME, PLATFORM, PLATFORM)),
    ],
)  # fmt: skip
def test_ten_cells(content: bytes, expected: tuple[str, ...]) -> None:
    found = [judged(content, cell) for cell in CELLS]
    said = [each.diagnoses[0].cause if each.diagnoses else each.verdict.value for each in found]
    assert said == list(expected)
    assert [each.verdict is Verdict.FAILS for each in found] == [cause not in (LOADS, UNKNOWN) for cause in expected]
    assert all(diagnosis.evidence["source"] for each in found for diagnosis in each.diagnoses)
    assert all(diagnosis.fix for each in found for diagnosis in each.diagnoses if diagnosis.cause != UNKNOWN)


@pytest.mark.parametrize(
    ("built", "cell", "verdict", "words"),
    [
        ("11.0.0.114", CELLS[3], Verdict.LOADS, ""),
        ("11.0.0.114", CELLS[6], Verdict.LOADS, ""),
        ("11.0.0.114", CELLS[2], Verdict.FAILS, "No older TensorRT reads a newer one's engine."),
        ("10.0.1.6", CELLS[3], Verdict.LOADS, ""),
        ("8.6.1.6", CELLS[2], Verdict.LOADS, ""),
        ("8.6.1.6", CELLS[3], Verdict.FAILS, "from 8 to 10 and from 10 to 11 only."),
    ],
)
def test_version_compatible_plans(built: str, cell: str, verdict: Verdict, words: str) -> None:
    found = judged(plan(built), cell, told=True)
    assert found.verdict is verdict
    assert words in "".join(diagnosis.sentence for diagnosis in found.diagnoses)


@pytest.mark.parametrize(
    ("built", "cell", "inside", "condition"),
    [
        ("8.6.1.6", CELLS[2], False, "TensorRT 10 takes an engine of 8 without a runtime of its own inside"),
        ("10.0.1.6", CELLS[3], False, "TensorRT 11 takes an engine of 10 without a runtime of its own inside"),
        ("8.6.1.6", CELLS[2], True, "engine_host_code_allowed is set"),
        ("11.0.0.114", CELLS[6], False, ""),
    ],
)
def test_across_majors_a_runtime_inside_is_what_surely_runs(
    built: str, cell: str, inside: bool, condition: str
) -> None:
    found = judged(plan(built, host_code=inside), cell, told=True)
    assert found.verdict is Verdict.LOADS
    about = [text for text in found.conditions if "runtime of its own" in text]
    assert len(about) == bool(condition)
    assert all(text.startswith(condition) for text in about)


@pytest.mark.parametrize(
    ("gpu", "hardware", "cause"),
    [
        ("12.0", "0", LOADS),
        ("9.0", "0", DEVICE),
        ("9.0", "1", LOADS),
        ("8.0", "1", LOADS),
        ("7.5", "1", DEVICE),
        ("7.0", "1", "trt-gpu-unsupported"),
    ],
)
def test_gpus(gpu: str, hardware: str, cause: str) -> None:
    found = judged(torchscript(record(plan("11.0.0.114"), hardware=hardware)), CELLS[3], gpu=gpu)
    assert (found.diagnoses[0].cause if found.diagnoses else found.verdict.value) == cause


def test_kernels_for_other_gpus_only() -> None:
    content = torchscript(record(plan("11.0.0.114", [80, 86])))
    assert judged(content, CELLS[3], gpu="8.9").verdict is Verdict.LOADS  # runs what is for 8.6
    assert judged(content, CELLS[3], gpu="10.0").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("content", "runtime", "told", "verdict", "words"),
    [
        (PLAN, Flavour.LEAN, False, Verdict.UNKNOWN, "lean runtime runs version-compatible engines only"),
        (PLAN, Flavour.LEAN, True, Verdict.LOADS, ""),
        (PLAN, Flavour.DISPATCH, True, Verdict.LOADS, "is given a lean runtime"),
        (plan("11.0.0.114", host_code=True), Flavour.DISPATCH, False, Verdict.LOADS, "engine_host_code_allowed"),
        (NEW, Flavour.LEAN, False, Verdict.FAILS, "needs libnvinfer.so.11"),
        (
            torchscript(record(PLAN, settings={"version_compatible": False})),
            Flavour.LEAN,
            False,
            Verdict.FAILS,
            "libnvinfer",
        ),
    ],
)
def test_runtimes(content: bytes, runtime: Flavour, told: bool, verdict: Verdict, words: str) -> None:
    found = judged(content, CELLS[3], runtime=runtime, told=told)
    said = [*(diagnosis.sentence for diagnosis in found.diagnoses), *found.conditions]
    assert found.verdict is verdict
    assert words in " ".join(said)


NOT_COMPATIBLE = torchscript(record(PLAN, settings={"version_compatible": False}))


@pytest.mark.parametrize(
    ("content", "tensorrt", "told", "expected"),
    [
        # A plan runs in a lean cell when it is version-compatible, and nobody can tell that by its bytes.
        (PLAN, "11.1lean", False, UNKNOWN),
        (PLAN, "11.1lean", True, LOADS),
        (PLAN, "11.0.0.114lean", False, UNKNOWN),  # even of the very release
        (PLAN, "11.0.0.114lean", True, LOADS),
        (PLAN, "11.1dispatch", True, LOADS),
        (PLAN, "10.16lean", True, VERSION),  # no older one reads it
        (plan("10.0.1.6"), "11.1lean", True, LOADS),
        (plan("8.6.1.6"), "11.1lean", True, VERSION),
        (plan("8.6.1.6"), "10.16lean", True, LOADS),
        # A module needs torch-tensorrt, which is beside the full TensorRT alone.
        (NEW, "11.0.0.114lean", True, "trt-lib-missing"),
        (NEW, "11.0.0.114dispatch", True, "trt-lib-missing"),
        (NOT_COMPATIBLE, "11.0.0.114lean", False, "trt-lib-missing"),
    ],
)
def test_the_flavour_of_a_cell_decides(content: bytes, tensorrt: str, told: bool, expected: str) -> None:
    found = judged(content, f"py312-torch2.13-cu130-trt{tensorrt}-{LINUX}", told=told)
    assert (found.diagnoses[0].cause if found.diagnoses else found.verdict.value) == expected
    assert found.place.torch_tensorrt is None


def test_a_run_only_cell_builds_no_engine() -> None:
    """So the way out is another build elsewhere, and version-compatible."""
    for tensorrt in ("10.16lean", "11.1lean"):
        found = judged(PLAN, f"py312-torch2.13-cu130-trt{tensorrt}-{LINUX}")
        assert "version-compatible" in found.diagnoses[0].fix
        assert "import tensorrt" not in found.diagnoses[0].fix
    assert "import tensorrt" in judged(PLAN, CELLS[2]).diagnoses[0].fix


def test_another_runtime_than_the_cells_own() -> None:
    lean, full = f"py312-torch2.13-cu130-trt11.0lean-{LINUX}", CELLS[3]
    assert judged(NEW, lean).verdict is Verdict.FAILS
    assert judged(NEW, lean, runtime=Flavour.FULL).verdict is judged(NEW, full).verdict is Verdict.LOADS
    assert judged(NEW, full, runtime=Flavour.LEAN).verdict is Verdict.FAILS


def test_not_version_compatible_is_certain() -> None:
    found = judged(torchscript(record(plan("10.0.1.6"), settings={"version_compatible": False})), CELLS[3])
    assert found.diagnoses[0].sentence.endswith("It was not built version-compatible.")


@pytest.mark.parametrize(("cell", "crashes"), [(CELLS[0], False), (CELLS[3], True), (CELLS[6], True)])
def test_releases_that_crash_on_old_records(cell: str, crashes: bool) -> None:
    assert ("It crashes on such a module" in judged(OLD, cell).diagnoses[0].sentence) is crashes
    assert not any("crashes" in each.sentence for each in judged(NEW, cell).diagnoses)


def test_newer_than_the_facts_is_not_known() -> None:
    assert judged(NEW, f"py312-torch2.99-cu130-trt11.99-{LINUX}").verdict is Verdict.UNKNOWN


def test_a_damaged_engine_loads_nowhere() -> None:
    found = judged(PLAN[:-1], CELLS[3])
    assert (found.verdict, found.diagnoses[0].cause) == (Verdict.FAILS, "trt-plan-corrupt")


def test_every_abi_has_its_own_releases() -> None:
    knowledge = Knowledge.current()
    known = [release.version for release in Facts.bundled().torch_tensorrt.values()]
    for version in known:
        assert sum(abi.releases.contains(version) for abi in knowledge.abis.values()) == (version.release >= (1, 3))
    assert [abi.fields for abi in knowledge.abis.values()] == sorted({abi.fields for abi in knowledge.abis.values()})


def test_a_record_and_a_plan_that_contradict_each_other() -> None:
    content = torchscript(record(plan("11.0.0.114"), gpu="0%9%0%0%NVIDIA H100"))
    found = judged(content, CELLS[3], gpu="9.0")
    assert (found.verdict, "contradicts itself" in found.diagnoses[0].sentence) == (Verdict.UNKNOWN, True)
