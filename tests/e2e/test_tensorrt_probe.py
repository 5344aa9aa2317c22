"""The probe of TensorRT with TensorRT itself, on a machine without a driver: what loads does, and what dies has a name.

The run-only runtimes are 45 MB. The full TensorRT that every index has is 8.6.0: with the torch and the libraries that
it needs it takes 3 GB, so that its tests are marked `dear`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uv
from packaging.version import Version

from envgen.cell import Flavour, PythonVersion
from envgen.diagnose import diagnose_text
from envgen.inspection.tensorrt import Seen, disagreements, proved
from envgen.machine import find_interpreter, this_machine
from envgen.probe import script

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="the wheels that are installed are Linux's"),
    pytest.mark.skipif(not this_machine().no_gpu, reason="the endings are those of a machine without a driver"),
]
SIGSEGV = 11


@dataclass(frozen=True)
class Installed:
    """An environment with a TensorRT."""

    folder: Path
    flavour: Flavour

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def probe(self, *steps: str, flavour: Flavour | None = None) -> Mapping[str, Any]:
        """What the probe writes; it must end well itself, whatever its steps do."""
        facts = self.folder / "facts.json"
        command = [self.python, script("import_tensorrt"), flavour or self.flavour, *steps]
        environment = {**os.environ, "ENVGEN_FACTS": str(facts)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        said: dict[str, Any] = json.loads(facts.read_text())
        return said

    def says(self, code: str) -> str:
        """What a process of its own prints."""
        done = subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr


def install(folder: Path, flavour: Flavour, python: Path, *packages: str) -> Installed:
    made = Installed(folder, flavour)
    _uv("venv", "-q", "-p", str(python), str(folder))
    _uv("pip", "install", "-q", "-p", str(made.python), *packages)
    return made


def _uv(*arguments: str) -> None:
    done = subprocess.run([uv.find_uv_bin(), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def wrong(said: Mapping[str, Any], flavour: Flavour, wanted: str) -> list[str]:
    return [found.sentence for found in disagreements(Seen.of(flavour, said), Version(wanted))]


@pytest.fixture(scope="module")
def run_only(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Lean and dispatch of one release, side by side."""
    names = [f"tensorrt-{flavour}-cu13-{part}" for flavour in ("lean", "dispatch") for part in ("libs", "bindings")]
    packages = ["--no-deps", *(f"{name}==11.1.0.106" for name in names)]
    return install(tmp_path_factory.mktemp("run-only") / "env", Flavour.LEAN, Path(sys.executable), *packages)


@pytest.mark.parametrize("flavour", [Flavour.LEAN, Flavour.DISPATCH])
def test_a_run_only_tensorrt_is_loaded_and_imported(run_only: Installed, flavour: Flavour) -> None:
    said = run_only.probe(flavour=flavour)
    assert said["no_driver"]
    assert {step["outcome"] for step in said["steps"]} == {"passed"}
    assert wrong(said, flavour, "11.1.0.106") == []
    assert proved(Seen.of(flavour, said)) == f"TensorRT 11.1.0.106 {flavour} imported"
    assert f"libnvinfer_{flavour}.so.11" in Seen.of(flavour, said).sonames


@pytest.mark.parametrize("flavour", [Flavour.LEAN, Flavour.DISPATCH])
def test_its_runtime_without_a_driver_is_a_null_object(run_only: Installed, flavour: Flavour) -> None:
    (step,) = run_only.probe("runtime", flavour=flavour)["steps"]
    assert step["outcome"] == "runtime-null"
    assert diagnose_text(step["said"])[0].cause == "driver-missing-or-too-old"


def test_another_release_of_the_bindings_is_told(run_only: Installed, tmp_path: Path) -> None:
    packages = ["tensorrt-lean-cu13-libs==11.1.0.106", "tensorrt-lean-cu13-bindings==11.0.0.114"]
    mixed = install(tmp_path / "env", Flavour.LEAN, Path(sys.executable), "--no-deps", *packages)
    said = mixed.probe()
    assert wrong(said, Flavour.LEAN, "11.1.0.106") == [
        "TensorRT's Python module is 11.0.0.114, and its library is 11.1.0.106"
    ]


def test_a_library_that_is_not_there(run_only: Installed) -> None:
    said = run_only.probe(flavour=Flavour.FULL)
    assert wrong(said, Flavour.FULL, "11.1.0.106")[0] == (
        "libnvinfer is in no package of TensorRT and in no folder of the loader"
    )
    assert {step["step"]: step["outcome"] for step in said["steps"]} == {"bindings": "module-missing"}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The one full TensorRT that needs no index of NVIDIA's, with the torch that torch-tensorrt pairs it with."""
    python = find_interpreter(PythonVersion.parse("3.10"))
    if python is None:
        pytest.skip("there is no Python 3.10, which TensorRT 8.6.0 is for")
    packages = ["torch==2.2.2", "torch-tensorrt==2.2.0", "tensorrt==8.6.0", "nvidia-cudnn-cu12<9", "numpy<2"]
    return install(tmp_path_factory.mktemp("full") / "env", Flavour.FULL, python, *packages)


@pytest.mark.dear
def test_torch_tensorrts_library_is_loaded_into_torch(full: Installed) -> None:
    said = full.probe()
    assert wrong(said, Flavour.FULL, "8.6.0") == []
    assert proved(Seen.of(Flavour.FULL, said)) == (
        "libtorchtrt 2.2.0 (ABI 4) loaded into torch 2.2.2; TensorRT 8.6.0.12 imported;"
        f" torch_tensorrt itself not imported: {said['no_driver']}"
    )
    assert [each["kind"] for each in said["libraries"] if each["executable_stack"]] == ["nvinfer_builder_resource"]


@pytest.mark.dear
def test_what_dies_without_a_driver_has_a_name(full: Installed) -> None:
    said = full.probe("builder", "runtime", "torch_tensorrt")
    steps = {step["step"]: step for step in said["steps"]}
    assert {name: step["outcome"] for name, step in steps.items()} == {
        "builder": "builder-null",
        "runtime": "runtime-null",
        "torch_tensorrt": "import-refused",
    }
    assert steps["runtime"]["signal"] == SIGSEGV
    for step in steps.values():
        assert diagnose_text(step["said"])[0].cause == "driver-missing-or-too-old"


@pytest.mark.dear
def test_two_libraries_of_torch_tensorrt_in_one_process_abort_in_known_words(full: Installed) -> None:
    folder = "os.path.join(os.path.dirname(torch.__file__), '..', 'torch_tensorrt', 'lib', name)"
    printed = full.says(
        "import os, torch, tensorrt\n"
        f"for name in ('libtorchtrt.so', 'libtorchtrt_runtime.so'): torch.ops.load_library({folder})"
    )
    assert diagnose_text(printed)[0].cause == "duplicate-registration"
