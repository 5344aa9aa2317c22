"""torch-tensorrt and TensorRT as they can be had without NVIDIA's index: real wheels, three libraries that stand in.

`ENVGEN_TEST_DEAR=1` installs torch's CUDA build, torch-tensorrt, TensorRT's bindings and lean libraries (6 GB);
`ENVGEN_TEST_DEAR=PYTHON` takes an interpreter that has them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from uv import find_uv_bin

from envgen.cell import PythonVersion
from envgen.machine import find_interpreter

STAND_INS = Path(__file__).with_name("stand_ins")
PYTHONS = tuple(PythonVersion(minor) for minor in (12, 11, 13, 10))
WITH_THEIR_OWN = ("torch==2.14.0", "numpy", "dllist", "packaging", "psutil", "safetensors", "setuptools")
ALONE = (
    "torch-tensorrt==2.14.0", "tensorrt-cu13-bindings==11.1.0.106", "tensorrt-lean-cu13-libs==11.1.0.106",
    "tensorrt-lean-cu13-bindings==11.1.0.106",
)  # fmt: skip
RESOURCE = "libnvinfer_builder_resource_win.so.11.1.0"


@dataclass(frozen=True)
class Kit:
    """Where the libraries are.

    Attributes:
        interpreter: runs scripts as on a machine with a GPU, as far as torch asks for one.
        path: the folder with the packages that stand in.
    """

    python: Path
    interpreter: Path
    path: Path

    def run(self, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Some lines of Python, with the packages that stand in."""
        script = self.path / "lines" / "script.py"
        script.parent.mkdir(exist_ok=True)
        shutil.copy(Path(__file__).parents[2] / "envgen" / "probe" / "devices.py", script.parent)
        script.write_text(code)
        environ = {**os.environ, "PYTHONPATH": str(self.path), "PYTHONWARNINGS": "ignore", **variables}
        return subprocess.run([self.interpreter, script], env=environ, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def dear_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    asked = os.environ.get("ENVGEN_TEST_DEAR", "")
    if not asked:
        pytest.skip("ENVGEN_TEST_DEAR is not set: this installs 6 GB")
    if asked != "1":
        return Path(asked)
    interpreter = next(filter(None, map(find_interpreter, PYTHONS)), None)
    if interpreter is None:
        pytest.skip(f"none of Python {', '.join(map(str, PYTHONS))} is here")
    folder = tmp_path_factory.mktemp("dear") / "venv"
    uv = find_uv_bin()
    subprocess.run([uv, "venv", "--quiet", "--python", interpreter, folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *WITH_THEIR_OWN], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, "--no-deps", *ALONE], check=True)
    return python


def make_kit(folder: Path, python: Path, *, resource: bool) -> Kit:
    shutil.copytree(STAND_INS, folder)
    libraries = folder / "tensorrt_libs"
    for name in (
        "libnvinfer.so.11",
        "libnvinfer_plugin.so.11",
        "libnvonnxparser.so.11",
        *([RESOURCE] if resource else []),
    ):
        source = "/dev/null" if name == RESOURCE else STAND_INS / "libraries.c"
        options = ["-shared", "-fPIC", f"-Wl,-soname,{name}", "-o", libraries / name, "-x", "c", source]
        subprocess.run(["cc", *options], check=True)
    return Kit(python, interpreter_in(folder, python), folder)


def without_stand_ins(folder: Path, python: Path) -> Path:
    """An interpreter that finds no TensorRT."""
    folder.mkdir()
    shutil.copy(STAND_INS / "in_cell.py", folder)
    return interpreter_in(folder, python)


def interpreter_in(folder: Path, python: Path) -> Path:
    interpreter = folder / "python"
    interpreter.write_text(f'#!/bin/sh\nexec "{python}" -W ignore "{folder}/in_cell.py" "$@"\n')
    interpreter.chmod(0o755)
    return interpreter


@pytest.fixture(scope="session")
def kit(dear_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """With a builder resource for Windows by name, and nothing in it."""
    return make_kit(tmp_path_factory.mktemp("kits") / "with", dear_python, resource=True)


@pytest.fixture(scope="session")
def kit_without_resource(dear_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Kit:
    return make_kit(tmp_path_factory.mktemp("kits") / "without", dear_python, resource=False)
