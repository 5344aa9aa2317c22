"""The facts of this machine, and of drivers, toolkits and interpreters put before it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from gpu.stand_in import UUIDS, StandInDriver
from packaging.version import Version

from envgen.cell import Cuda, Os, PythonVersion
from envgen.machine import CudaToolkit, Gpu, Machine, find_interpreter, linux_os, loader_cache, this_machine

posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts and ELF libraries")
HERE = PythonVersion(sys.version_info.minor)


def test_this_machine_is_as_its_tools_say() -> None:
    machine = this_machine()
    assert machine.cpus == os.cpu_count()
    assert machine.memory_bytes > 1 << 28
    assert platform.machine().lower() in {"x86_64", "amd64"} if machine.arch == "x86_64" else {"aarch64", "arm64"}
    assert machine.host.os == machine.os
    assert bool(machine.gpus) != bool(machine.no_gpu)
    facts = json.loads(json.dumps(machine.facts()))
    assert facts["arch"] == str(machine.arch)
    assert facts["cuda_toolkits"] == [str(toolkit.version) for toolkit in machine.toolkits]


@pytest.mark.skipif(not shutil.which("nvcc"), reason="no nvcc on PATH")
def test_the_nvcc_on_path_is_found_where_it_lives() -> None:
    said = subprocess.run(["nvcc", "--version"], capture_output=True, text=True, check=True).stdout
    toolkits = this_machine().toolkits
    on_path = [toolkit for toolkit in toolkits if f"release {toolkit.version}," in said]
    assert on_path
    assert (on_path[0].home / "include" / "cuda_runtime.h").is_file()
    assert "90" in on_path[0].architectures
    assert len({toolkit.home for toolkit in toolkits}) == len(toolkits)


@pytest.mark.parametrize(
    ("release", "named"),
    [
        ({"ID": "debian", "VERSION_ID": "12"}, Os("debian", "12")),
        ({"ID": "ubuntu", "VERSION_ID": "24.04"}, Os("ubuntu", "24.04")),
        ({"ID": "rocky", "VERSION_ID": "9.4"}, Os("rocky", "9")),
        ({"ID": "rhel", "VERSION_ID": "10.0"}, Os("rhel", "10")),
        ({"ID": "amzn", "VERSION_ID": "2023"}, Os("amazonlinux", "2023")),
        ({"ID": "debian"}, None),  # unstable has no number
        ({"ID": "opensuse-leap", "VERSION_ID": "15.6"}, None),
        ({}, None),
    ],
)
def test_linux_is_named_as_a_matrix_names_it(release: dict[str, str], named: Os | None) -> None:
    assert linux_os(release) == named


@pytest.mark.parametrize(
    ("cuda", "found"),
    [("cu126", "12.8"), ("cu128", "12.8"), ("cu130", "13.0"), ("cu132", "13.3"), ("cu118", None), ("cpu", None)],
)
def test_the_nearest_toolkit_of_the_same_major(cuda: str, found: str | None) -> None:
    toolkits = tuple(CudaToolkit(Path(f"/cuda-{text}"), Version(text)) for text in ("12.1", "12.8", "13.0", "13.3"))
    toolkit = replace(this_machine(), toolkits=toolkits).toolkit_for(Cuda.parse(cuda))
    assert (str(toolkit.version) if toolkit else None) == found


def write_script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@posix
def test_a_toolkit_that_is_named_comes_first_and_a_broken_one_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = 'echo "Cuda compilation tools, release 14.2, V14.2.1"'
    says = f'case "$1" in --version) {version};; *) echo sm_90; echo sm_140a;; esac'
    write_script(tmp_path / "good" / "bin" / "nvcc", says)
    write_script(tmp_path / "broken" / "bin" / "nvcc", "exit 1")
    monkeypatch.setenv("CUDA_HOME", str(tmp_path / "broken"))
    monkeypatch.setenv("CUDA_PATH", str(tmp_path / "good"))
    first = this_machine().toolkits[0]
    assert first == CudaToolkit(tmp_path / "good", Version("14.2"), frozenset({"90", "140a"}))


@pytest.fixture
def stood_in(driver: StandInDriver, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Machine]:
    """This machine as it is with a driver that is broken in some way."""

    def broken(mode: str, **variables: str) -> Machine:
        for name, value in {**driver.variables, "STAND_IN_DRIVER": mode, **variables}.items():
            monkeypatch.setenv(name, value)
        return this_machine()

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return broken


def stand_in(device: int, index: int = 0, **more: str) -> Gpu:
    return Gpu(f"Stand-in {device}", f"{8 + device}.0", (device + 1) << 33, index, **{"uuid": UUIDS[device], **more})


@pytest.mark.parametrize("mode", ["", "noisy"])
def test_gpus_are_asked_of_the_driver(mode: str, stood_in: Callable[..., Machine]) -> None:
    machine = stood_in(mode)
    assert machine.gpus == (stand_in(0), stand_in(1, 1))
    assert (machine.driver, machine.driver_cuda, machine.no_gpu) == ("580.95.05", "13.2", "")
    facts = machine.facts()
    assert facts["driver"] == "580.95.05"
    assert facts["gpus"][0]["uuid"] == UUIDS[0]


@pytest.mark.parametrize("visible", ["1", UUIDS[1]])
def test_only_the_visible_gpus_are_there(visible: str, stood_in: Callable[..., Machine]) -> None:
    assert stood_in("", CUDA_VISIBLE_DEVICES=visible).gpus == (stand_in(1),)


def test_parts_of_a_gpu_and_what_nobody_may_use(stood_in: Callable[..., Machine]) -> None:
    assert stood_in("mig").gpus[0].uuid == UUIDS[0].replace("GPU", "MIG")
    assert [gpu.compute_mode for gpu in stood_in("prohibited").gpus] == ["prohibited", "default"]


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("none", "no GPU here: the CUDA driver lists no device"),
        ("empty", "no GPU here: the CUDA driver lists no device"),
        ("mismatch", "no GPU here: cuInit returned 803 (CUDA_ERROR_SYSTEM_DRIVER_MISMATCH)"),
        ("abort", "no GPU here: asking the CUDA driver ended with code -6"),
    ],
)
def test_why_there_is_no_gpu(mode: str, reason: str, stood_in: Callable[..., Machine]) -> None:
    machine = stood_in(mode)
    assert (machine.gpus, machine.no_gpu) == ((), reason)


def test_devices_that_are_hidden(stood_in: Callable[..., Machine]) -> None:
    machine = stood_in("", CUDA_VISIBLE_DEVICES="")
    assert machine.no_gpu == "no GPU here: the CUDA driver lists no device, and CUDA_VISIBLE_DEVICES is ''"


@pytest.fixture
def _forgetful() -> Iterator[None]:
    find_interpreter.cache_clear()
    yield
    find_interpreter.cache_clear()


def test_the_running_interpreter_is_the_first() -> None:
    assert find_interpreter(HERE) == Path(sys.executable)


@pytest.mark.parametrize("minor", range(8, 16))
def test_an_interpreter_that_is_found_is_one(minor: int) -> None:
    found = find_interpreter(PythonVersion(minor))
    if not found:
        pytest.skip(f"no Python 3.{minor} here")
    said = subprocess.run([found, "-V"], capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"Python 3.{minor}.")


@posix
@pytest.mark.usefixtures("_forgetful")
def test_where_interpreters_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = PythonVersion(77)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("RUNNER_TOOL_CACHE", str(tmp_path / "tools"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'pyenv' / 'shims'}:{tmp_path / 'path'}:{os.environ['PATH']}")
    says = "echo cpython 3 77 False"
    shim = tmp_path / "pyenv" / "shims" / "python3.77"
    places = [
        tmp_path / "pyenv" / "versions" / "3.77.10" / "bin" / "python3.77",
        tmp_path / "pyenv" / "versions" / "3.77.9" / "bin" / "python3.77",
        tmp_path / "tools" / "Python" / "3.77.1" / "x64" / "bin" / "python3.77",
        tmp_path / "path" / "python3.77",
    ]
    for place in (*places, shim):
        write_script(place, says)
    write_script(tmp_path / "pyenv" / "versions" / "3.77.11" / "bin" / "python3.77", "exit 127")  # a broken one
    for place in places:
        assert find_interpreter(wanted) == place
        place.unlink()
        find_interpreter.cache_clear()
    assert find_interpreter(wanted) is None  # a shim of pyenv is no interpreter


@posix
@pytest.mark.usefixtures("_forgetful")
def test_a_free_threaded_interpreter_is_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    write_script(tmp_path / "versions" / "3.77.1" / "bin" / "python3.77", "echo cpython 3 77 False")
    write_script(tmp_path / "versions" / "3.77.1t" / "bin" / "python3.77t", "echo cpython 3 77 True")
    assert find_interpreter(PythonVersion(77)) == tmp_path / "versions" / "3.77.1" / "bin" / "python3.77"
    threaded = find_interpreter(PythonVersion(77, free_threaded=True))
    assert threaded == tmp_path / "versions" / "3.77.1t" / "bin" / "python3.77t"


@pytest.mark.skipif(sys.platform != "linux", reason="the cache is the Linux loader's")
def test_the_loader_has_the_libraries_of_the_system() -> None:
    found = loader_cache()
    assert found
    assert all("/" not in name for name in found)
    assert any(name.startswith("libstdc++.so.6") for name in found)
