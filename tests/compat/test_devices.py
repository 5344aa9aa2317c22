"""GPUs and drivers: what runs where, and what a cell that names one is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envgen.cell import Cell, SmArch
from envgen.compat.facts import Facts
from envgen.compat.gpus import DeviceCode, forward, gpu_of, runs
from envgen.compat.judge import judge
from envgen.compat.verdict import Answer, Verdict

FACTS = Facts.bundled()
ARCHITECTURES = st.builds(SmArch, st.integers(5, 13), st.integers(0, 9), st.sampled_from(["", "a", "f"]), st.booleans())
GPUS = st.builds(SmArch, st.integers(5, 13), st.integers(0, 9))


def asked(rule: str, cell: str) -> Verdict:
    return next(verdict for verdict in judge(Cell.parse(cell), FACTS).verdicts if verdict.rule == rule)


@pytest.mark.parametrize(
    ("text", "gpu"),
    [
        ("9.0", "9.0"),
        ("9.0a", "9.0"),
        ("sm90", "9.0"),
        ("sm_90a", "9.0"),
        ("SM120", "12.0"),
        ("12.0", "12.0"),
        ("h100", None),
        ("90", None),
        ("sm", None),
        ("", None),
    ],
)
def test_what_names_a_gpu(text: str, gpu: str | None) -> None:
    found = gpu_of(text)
    assert (str(found) if found else None) == gpu


@pytest.mark.parametrize(
    ("code", "gpu", "expected"),
    [
        ("8.0", "8.6", True),
        ("8.6", "8.0", False),
        ("8.0", "9.0", False),
        ("9.0a", "9.0", True),
        ("9.0a", "9.1", False),
        ("10.0f", "10.3", True),
        ("10.0f", "12.0", False),
    ],
)
def test_machine_code_runs_within_its_major(code: str, gpu: str, expected: bool) -> None:
    assert runs(SmArch.parse(code), SmArch.parse(gpu)) is expected


@given(code=ARCHITECTURES, gpu=GPUS)
def test_ptx_goes_wherever_machine_code_does(code: SmArch, gpu: SmArch) -> None:
    assert forward(code, gpu) or not runs(code, gpu)


@given(codes=st.lists(ARCHITECTURES, max_size=6), gpu=GPUS)
def test_device_code_is_found_exactly_where_it_runs(codes: list[SmArch], gpu: SmArch) -> None:
    source = FACTS.toolchain.wheels_source
    code = DeviceCode(tuple(codes), source)
    machine, ptx = code.machine_code(gpu), code.ptx(gpu)
    assert (machine is not None) is any(runs(arch, gpu) for arch in codes)
    assert (ptx is not None) is any(arch.ptx and forward(arch, gpu) for arch in codes)
    assert machine is None or runs(machine, gpu)


@pytest.mark.parametrize(
    ("cell", "rule", "answer", "words"),
    [
        ("torch2.13-cu130-debian12-x86_64-gpu_9.0", "gpu-torch", Answer.FITS, "machine code of 9.0, which 9.0 runs"),
        ("torch2.13-cu130-debian12-x86_64-gpu_sm89", "gpu-torch", Answer.FITS, "machine code of 8.6, which 8.9 runs"),
        # Read from the wheel: there is no PTX in it.
        ("torch2.13-cu130-debian12-x86_64-gpu_7.0", "gpu-torch", Answer.IMPOSSIBLE, "nothing that runs on 7.0"),
        ("torch2.13-cu130-debian12-x86_64-gpu_13.0", "gpu-torch", Answer.IMPOSSIBLE, "only code for 7.5, 8.0"),
        # From the build scripts.
        ("torch2.13-cu126-debian12-x86_64-gpu_7.0", "gpu-torch", Answer.FITS, "machine code of 7.0"),
        ("torch2.13-cu126-debian12-x86_64-gpu_10.0", "gpu-torch", Answer.UNSUPPORTED, "nothing that runs on 10.0"),
        ("torch2.11-cu128-debian12-x86_64-gpu_7.0", "gpu-torch", Answer.UNSUPPORTED, "only code for 7.5, 8.0"),
        ("torch2.13-cu132-debian12-x86_64-gpu_13.0", "gpu-torch", Answer.FITS, "PTX of 12.0, which the"),
        ("torch2.13-cu132-windows2022-x86_64-gpu_13.0", "gpu-torch", Answer.UNSUPPORTED, "nothing that runs on 13.0"),
        ("torch2.99-cu140-debian12-x86_64-gpu_9.0", "gpu-torch", Answer.UNKNOWN, "is not known"),
        ("torch2.13-cpu-debian12-x86_64-gpu_3.5", "gpu-torch", Answer.FITS, "beside any GPU"),
        ("torch2.13-cu130-debian12-x86_64-gpu_fast", "gpu-torch", Answer.UNKNOWN, "'fast' is no GPU architecture"),
        ("torch2.13-cu130-debian12-x86_64", "gpu-torch", Answer.FITS, "names no GPU"),
        ("torch2.13-cu130-debian12-x86_64-gpu_7.0", "gpu-nvcc", Answer.IMPOSSIBLE, "nvcc 13.0 has nothing that"),
        ("torch2.8-cu126-debian12-x86_64-gpu_12.0", "gpu-nvcc", Answer.FITS, "PTX of 9.0, which the driver compiles"),
        ("torch2.13-cu130-debian12-x86_64-gpu_8.9", "gpu-nvcc", Answer.FITS, "machine code of 8.9"),
        ("torch2.4-cu124-trt10.1-debian12-x86_64-gpu_7.0", "gpu-tensorrt", Answer.FITS, "7.0 and newer (since 10.0)"),
        ("torch2.6-cu124-trt10.7-debian12-x86_64-gpu_7.0", "gpu-tensorrt", Answer.UNSUPPORTED, "7.5 and newer (since"),
        ("torch2.13-cu130-trt11.0-debian12-x86_64-gpu_7.0", "gpu-tensorrt", Answer.UNSUPPORTED, "not 7.0"),
        ("torch2.13-cu130-trt11.0-debian12-x86_64-gpu_9.0", "gpu-tensorrt", Answer.UNKNOWN, "is not known; of 10.5"),
        ("torch2.2-cu121-trt8.6-debian12-x86_64-gpu_3.7", "gpu-tensorrt", Answer.UNSUPPORTED, "5.0 and newer (since"),
        ("torch1.13-cu117-trt8.5-debian12-x86_64-gpu_3.7", "gpu-tensorrt", Answer.UNKNOWN, "is not known"),
        ("torch2.13-cu130-debian12-x86_64-gpu_7.0", "gpu-tensorrt", Answer.FITS, "has no TensorRT"),
    ],
)  # fmt: skip
def test_a_cell_that_names_a_gpu(cell: str, rule: str, answer: Answer, words: str) -> None:
    verdict = asked(rule, f"py312-{cell}")
    assert (verdict.answer, words in verdict.sentence) == (answer, True), verdict.sentence


@pytest.mark.parametrize(
    ("cell", "answer", "words"),
    [
        ("cu130-debian12-x86_64-driver_580.65.06", Answer.FITS, "is not older than 580.65.06"),
        ("cu130-debian12-x86_64-driver_580", Answer.FITS, "Driver 580 is not older"),
        ("cu130-debian12-x86_64-driver_575.57.08", Answer.UNSUPPORTED, "CUDA 13 needs driver 580 or newer on Linux"),
        ("cu130-windows2022-x86_64-driver_576.57", Answer.UNSUPPORTED, "needs driver 580 or newer on Windows"),
        ("cu130-windows2022-x86_64-driver_581.15", Answer.FITS, "runs on driver 580 and newer"),
        ("cu128-debian12-x86_64-driver_550.54.15", Answer.FITS, "by minor-version compatibility (from 525.60.13 on)"),
        ("cu128-debian12-x86_64-driver_550.54.15", Answer.FITS, "does not compile its PTX, which takes 570.26"),
        ("cu128-debian12-x86_64-driver_525", Answer.FITS, "minor-version compatibility"),
        ("cu128-debian12-x86_64-driver_525.60.11", Answer.UNSUPPORTED, "525.60.13 or newer on Linux, not 525.60.11"),
        ("cu126-windows2022-x86_64-driver_527.41", Answer.UNSUPPORTED, "528.33 or newer on Windows"),
        ("cu140-debian12-x86_64-driver_700", Answer.UNKNOWN, "is not known"),
        ("cu130-debian12-x86_64-driver_new", Answer.UNKNOWN, "'new' is no driver version"),
        ("cpu-debian12-x86_64-driver_390", Answer.FITS, "needs no driver"),
        ("cu130-debian12-x86_64", Answer.FITS, "names no driver"),
    ],
)
def test_a_cell_that_names_a_driver(cell: str, answer: Answer, words: str) -> None:
    verdict = asked("cuda-driver", f"py312-torch2.13-{cell}")
    assert (verdict.answer, words in verdict.sentence) == (answer, True), verdict.sentence


def test_drivers_of_later_toolkits_are_newer() -> None:
    shipped = [driver.linux for _, driver in sorted(FACTS.toolchain.shipped.items())]
    known = [driver.version for driver in shipped if driver]
    assert known == sorted(known)
    assert len(known) == len(shipped) > 12


def test_every_promised_build_of_2_9_and_later_has_its_gpus() -> None:
    lacking = {
        (minor, str(arch), str(cuda))
        for (minor, arch), promise in FACTS.promised.items()
        for cuda in promise.cuda
        if (minor, arch, cuda) not in FACTS.gpus.torch and minor in ("2.12", "2.13", "2.14")
    }
    assert lacking == set()
