"""Steps of the engine check with TensorRT's real libraries and without a driver: each ending has its name."""

from __future__ import annotations

import ctypes.util
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uv
from engine.made import plan

if TYPE_CHECKING:
    from conftest import TorchCell

pytestmark = pytest.mark.e2e

CHECKS = Path(__file__).resolve().parents[2] / "csrc" / "python" / "envgen_reference" / "checks"
RUNTIMES = {
    "lean": ("tensorrt-lean-cu13-libs==11.1.0.106", "tensorrt-lean-cu13-bindings==11.1.0.106"),
    "dispatch": ("tensorrt-dispatch-cu13-libs==11.1.0.106", "tensorrt-dispatch-cu13-bindings==11.1.0.106"),
}
STEP = """
import json, pathlib, sys
from envgen_reference.checks import engine_children
name, arguments, folder = sys.argv[1:]
step = engine_children.run_step(name, name, json.loads(arguments), pathlib.Path(folder))
print(json.dumps({"outcome": step.outcome, "sentence": step.sentence, "facts": step.facts}))
"""


@pytest.fixture(params=RUNTIMES)
def flavour(request: pytest.FixtureRequest, torch_cell: TorchCell, checks: Path) -> str:
    """A flavour whose libraries and bindings are installed beside the checks: other tests share the cell."""
    command = [uv.find_uv_bin(), "pip", "install", "-q", "--no-deps", "-p", torch_cell.python, "--target", checks]
    done = subprocess.run([*command, *RUNTIMES[request.param]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return str(request.param)


@pytest.fixture
def checks(tmp_path: Path) -> Path:
    """The checks in a package without operators, which these steps do not call."""
    package = tmp_path / "site" / "envgen_reference"
    shutil.copytree(CHECKS, package / "checks", ignore=shutil.ignore_patterns("__pycache__"))
    (package / "__init__.py").touch()
    return package.parent


def run_step(cell: TorchCell, site: Path, step: str, **arguments: Any) -> dict[str, Any]:
    command = ["python", "-c", STEP, step, json.dumps(arguments), site.parent]
    done = cell.run(*command, cwd=site.parent, env={"PYTHONPATH": str(site)})
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(ctypes.util.find_library("cuda") is not None, reason="there is a CUDA driver here")
def test_the_runtime_around_a_null_pointer(torch_cell: TorchCell, flavour: str, checks: Path, tmp_path: Path) -> None:
    """It is not touched, and not destroyed: either would be a segmentation fault."""
    file = tmp_path / "model.plan"
    file.write_bytes(plan("11.0.0.114"))
    arguments = {"plan": str(file), "flavour": flavour, "host_code_allowed": False, "latency": False}
    ended = run_step(torch_cell, checks, "execute", **arguments)
    assert ended["outcome"] == "runtime-null"
    assert "CUDA initialization failure with error: 35" in ended["sentence"]
    assert ended["facts"] == {"tensorrt": "11.1.0.106"}


def test_what_is_not_installed_is_refused(torch_cell: TorchCell, checks: Path, tmp_path: Path) -> None:
    cache = str(tmp_path / "timing.cache")
    built = run_step(torch_cell, checks, "build", plan=str(tmp_path / "x"), variant="static", timing_cache=cache)
    assert built["outcome"] == "import-refused"
    assert built["sentence"] == "none of tensorrt and tensorrt_bindings is installed"
    compiled = run_step(torch_cell, checks, "compile", folder=str(tmp_path), dynamic=False)
    assert compiled["outcome"] == "import-refused"
    assert compiled["sentence"] == "import torch_tensorrt: No module named 'torch_tensorrt'"
