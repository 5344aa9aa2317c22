"""Which device code a binary holds."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envgen.binary import read_binary
from envgen.binary.content import Content
from envgen.binary.fatbin import MAGIC, DeviceCode, DeviceFacts, device_facts
from envgen.cell import Cuda
from envgen.machine import CudaToolkit, this_machine
from tests.binary.made import container, entry

KERNEL = "__global__ void fill(float* out) { out[threadIdx.x] = 1; }\nvoid run(float* out) { fill<<<1, 32>>>(out); }\n"


def device_code(section: bytes) -> tuple[DeviceCode, ...]:
    found = device_facts(Content(section))
    return found.code if found else ()


@pytest.mark.parametrize(
    ("entries", "codes"),
    [
        ([], ""),
        ([entry(90)], "sm_90"),
        ([entry(90, ptx=True)], "compute_90"),
        ([entry(90, suffix="a"), entry(100, suffix="f", ptx=True)], "sm_90a compute_100f"),
        ([entry(100), entry(75), entry(100), entry(100, ptx=True)], "sm_75 sm_100 compute_100"),
        ([entry(80, payload=MAGIC * 9), entry(86, header=112)], "sm_80 sm_86"),
    ],
)
def test_entries(entries: list[bytes], codes: str) -> None:
    assert " ".join(map(str, device_code(container(*entries)))) == codes
    one_each = b"\0" * 8 + b"\0".join(container(single) for single in entries)
    assert " ".join(map(str, device_code(one_each))) == codes


CODES = st.builds(DeviceCode, st.integers(30, 130), st.booleans(), st.sampled_from(["", "a", "f"]))


@given(st.lists(st.tuples(CODES, st.binary(max_size=40)), max_size=5), st.integers(48, 128))
def test_what_is_written_is_read(entries: list[tuple[DeviceCode, bytes]], header: int) -> None:
    written = [
        entry(code.arch, ptx=code.ptx, suffix=code.suffix, payload=payload, header=header) for code, payload in entries
    ]
    assert device_code(container(*written)) == tuple(sorted({code for code, _ in entries}))


WHOLE = container(entry(75), entry(90), entry(90, ptx=True))


@given(st.binary(max_size=400) | st.lists(st.binary(max_size=30), max_size=8).map(MAGIC.join))
def test_no_bytes_are_a_traceback(section: bytes) -> None:
    assert list(device_code(section)) == sorted(set(device_code(section)))


def test_compressed_parts_are_counted() -> None:
    facts = device_facts(Content(container(entry(75), entry(90, packed=True), entry(90, ptx=True, packed=True))))
    assert facts == DeviceFacts((DeviceCode(75, False), DeviceCode(90, False), DeviceCode(90, True)), 3, 2)


def test_damage_is_told() -> None:
    whole = device_facts(Content(WHOLE))
    cut = device_facts(Content(WHOLE[:-4]))
    assert whole
    assert not whole.damaged
    assert cut
    assert cut.damaged


@given(st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE)), st.binary(max_size=8))
def test_damage_ends_the_reading(cut: int, at: int, damage: bytes) -> None:
    device_code(WHOLE[:at] + damage + WHOLE[at + len(damage) :])
    assert set(device_code(WHOLE[:cut])) <= set(device_code(WHOLE))


@pytest.mark.parametrize(
    ("code", "gpus"),
    [
        (DeviceCode(80, ptx=False), [80, 86, 89]),
        (DeviceCode(86, ptx=False), [86, 89]),
        (DeviceCode(90, ptx=False), [90]),
        (DeviceCode(90, ptx=False, suffix="a"), [90]),
        (DeviceCode(90, ptx=True, suffix="a"), [90]),
        (DeviceCode(100, ptx=False), [100, 103]),
        (DeviceCode(100, ptx=False, suffix="a"), [100]),
        (DeviceCode(100, ptx=True, suffix="f"), [100, 103]),
        (DeviceCode(90, ptx=True), [90, 100, 103, 120, 121]),
        (DeviceCode(75, ptx=True), [75, 80, 86, 89, 90, 100, 103, 120, 121]),
    ],
)
def test_which_gpus_run_it(code: DeviceCode, gpus: list[int]) -> None:
    assert [gpu for gpu in (70, 75, 80, 86, 89, 90, 100, 103, 120, 121) if code.runs_on(gpu)] == gpus


@pytest.fixture(scope="module")
def toolkit() -> CudaToolkit:
    found = this_machine().toolkit_for(Cuda(13, 0))
    if not found:
        pytest.skip("no nvcc of CUDA 13 here")
    return found


@pytest.fixture(scope="module")
def library(toolkit: CudaToolkit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library for 7.5, 9.0, 9.0a and 10.0+PTX, made by nvcc."""
    folder = tmp_path_factory.mktemp("nvcc")
    (folder / "kernel.cu").write_text(KERNEL, encoding="utf-8")
    code = [f"-gencode=arch=compute_{arch},code=sm_{arch}" for arch in ("75", "90", "90a")]
    code.append("-gencode=arch=compute_100,code=[sm_100,compute_100]")
    nvcc = str(toolkit.home / "bin" / "nvcc")
    made = folder / "libkernel.so"
    subprocess.run([nvcc, "-shared", "-Xcompiler", "-fPIC", *code, folder / "kernel.cu", "-o", made], check=True)
    return made


def device_of(library: Path) -> DeviceFacts:
    (binary,) = read_binary(library)
    assert binary.device
    return binary.device


def test_a_library_that_nvcc_made(library: Path) -> None:
    assert " ".join(map(str, device_of(library).code)) == "sm_75 sm_90 sm_90a sm_100 compute_100"


def test_cuobjdump_agrees(library: Path, toolkit: CudaToolkit) -> None:
    cuobjdump = shutil.which("cuobjdump") or shutil.which("cuobjdump", path=str(toolkit.home / "bin"))
    if not cuobjdump:
        pytest.skip("no cuobjdump here")
    said = subprocess.run([cuobjdump, "-lelf", "-lptx", library], capture_output=True, text=True, check=True).stdout
    names = set(re.findall(r"\.sm_(\w+)\.(cubin|ptx)", said))
    codes = device_of(library).code
    assert {(f"{code.arch}{code.suffix}", "ptx" if code.ptx else "cubin") for code in codes} == names
