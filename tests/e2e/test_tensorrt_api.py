"""TensorRT's real Python bindings of many releases have what the engine check calls.

Only the bindings are read, by ranges from wheels of up to 800 MB; in the place of the libraries that they link stand
empty ones, which are never called.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from envgen.cell import PythonVersion
from envgen.index import Reader
from envgen.machine import find_interpreter
from envgen.refresh.access import configured_access

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "csrc" / "python" / "envgen_reference"
LOOK = Path(__file__).with_name("trt") / "look.py"
LIBRARIES = ("nvinfer", "nvinfer_plugin", "nvonnxparser", "nvparsers", "nvinfer_lean", "nvinfer_dispatch")
FUNCTIONS = (
    "createInferBuilder_INTERNAL", "createInferRefitter_INTERNAL", "createInferRuntime_INTERNAL",
    "createNvOnnxParser_INTERNAL", "createNvOnnxParserRefitter_INTERNAL", "getNvOnnxParserVersion",
    "initLibNvInferPlugins", "getPluginRegistry", "getBuilderPluginRegistry", "_ZN11nvuffparser15createUffParserEv",
    "_ZN11nvuffparser8FieldMapC1EPKcPKvNS_9FieldTypeEi", "_ZN14nvcaffeparser117createCaffeParserEv",
    "_ZN14nvcaffeparser123shutdownProtobufLibraryEv",
)  # fmt: skip


@dataclass(frozen=True)
class Bindings:
    """A wheel with bindings; 8.x has them for CPython up to 3.10."""

    package: str
    version: str
    module: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def __str__(self) -> str:
        return f"{self.package}-{self.version}"


FULL = [
    Bindings("tensorrt", "8.5.3.1", "tensorrt"),
    Bindings("tensorrt", "8.6.0", "tensorrt"),
    Bindings("tensorrt-cu12-bindings", "10.0.1", "tensorrt_bindings"),
    Bindings("tensorrt-cu12-bindings", "10.16.1.11", "tensorrt_bindings"),
    Bindings("tensorrt-cu13-bindings", "11.0.0.114", "tensorrt_bindings"),
    Bindings("tensorrt-cu13-bindings", "11.1.0.106", "tensorrt_bindings"),
    Bindings("tensorrt-cu13-bindings", "11.4.0.106", "tensorrt_bindings"),
]
RUN_ONLY = [
    Bindings("tensorrt-lean", "8.6.0", "tensorrt_lean"),
    Bindings("tensorrt-dispatch", "8.6.0", "tensorrt_dispatch"),
    Bindings("tensorrt-lean-cu12-bindings", "10.16.1.11", "tensorrt_lean_bindings"),
    Bindings("tensorrt-lean-cu13-bindings", "11.1.0.106", "tensorrt_lean_bindings"),
    Bindings("tensorrt-dispatch-cu13-bindings", "11.1.0.106", "tensorrt_dispatch_bindings"),
    Bindings("tensorrt-lean-cu13-bindings", "11.4.0.106", "tensorrt_lean_bindings"),
]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with Reader(configured_access(), tmp_path_factory.mktemp("pages")) as opened:
        yield opened


@pytest.fixture(scope="module")
def empty_libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Libraries with the sonames and the functions that bindings link, and nothing behind them."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler here")
    folder = tmp_path_factory.mktemp("libraries")
    source = folder / "empty.c"
    source.write_text("".join(f"void* {name}(void) {{ return 0; }}\n" for name in FUNCTIONS))
    for library in LIBRARIES:
        for major in (8, 10, 11):
            soname = f"lib{library}.so.{major}"
            command = [compiler, "-shared", "-fPIC", f"-Wl,-soname,{soname}", "-o", folder / soname, source]
            subprocess.run(command, check=True)
    return folder


@pytest.fixture(scope="module")
def python310() -> str:
    found = find_interpreter(PythonVersion.parse("3.10"))
    if found is None:
        pytest.skip("no Python 3.10 here, and TensorRT 8 has bindings for none later")
    return str(found)


def look(bindings: Bindings, request: pytest.FixtureRequest, folder: Path) -> dict[str, Any]:
    if sysconfig.get_platform() != "linux-x86_64":
        pytest.skip("the wheels are for Linux on x86-64")
    old = bindings.major == 8
    python = request.getfixturevalue("python310") if old else sys.executable
    tag = "cp310" if old else f"cp{sys.version_info.major}{sys.version_info.minor}"
    unpack(request.getfixturevalue("reader"), bindings, tag, folder)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["LD_LIBRARY_PATH"] = str(request.getfixturevalue("empty_libraries"))
    command = [python, LOOK, PACKAGE, bindings.module]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["version"].startswith(bindings.version)
    assert len(found["control"]) == 3
    return found


def unpack(reader: Reader, bindings: Bindings, tag: str, folder: Path) -> None:
    """The Python files and the extension module of a wheel, and not its libraries."""
    listing = reader.listings(bindings.package)[0]
    marks = (f"-{bindings.version}", f"-{tag}-", "x86_64.whl")
    file = next(file for file in listing.files if all(mark in file.name for mark in marks))
    with reader.wheel(file) as wheel:
        for name in wheel.names():
            if name.endswith((".py", f"/{bindings.module.removesuffix('_bindings')}.so")):
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(wheel.read(name))


@pytest.mark.parametrize("bindings", FULL, ids=str)
def test_a_builder(bindings: Bindings, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    found = look(bindings, request, tmp_path)
    assert (found["building"], found["running"]) == ([], [])
    assert found["network_flags"] == (1 if bindings.major == 8 else 0)
    variants = found["variants"]
    usual = ["WORKSPACE=67108864", "-TF32"]
    ampere = "hardware_compatibility_level=AMPERE_PLUS"
    assert variants["static"] == variants["dynamic"] == usual
    if bindings.major < 11:
        assert variants["half"] == [*usual, "FP16"]
    else:
        assert "computes in the types that the network says" in variants["half"]
    if bindings.version.startswith("8.5"):
        assert not found["host_code"]
        assert "builds no version-compatible engines" in variants["portable"]
        assert "builds no hardware-compatible engines" in variants["hardware_compatible"]
    else:
        assert found["host_code"]
        assert variants["hardware_compatible"] == [*usual, ampere]
        assert variants["version_compatible"] == [*usual, "VERSION_COMPATIBLE", "EXCLUDE_LEAN_RUNTIME"]
        assert variants["portable"] == [*usual, "VERSION_COMPATIBLE", "EXCLUDE_LEAN_RUNTIME", ampere]
        assert variants["self_contained"] == [*usual, "VERSION_COMPATIBLE"]


@pytest.mark.parametrize("bindings", RUN_ONLY, ids=str)
def test_a_runtime(bindings: Bindings, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    found = look(bindings, request, tmp_path)
    assert found["running"] == []
    assert found["host_code"]
    assert "building" not in found
