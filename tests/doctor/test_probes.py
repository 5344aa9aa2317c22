"""The doctor's probes under every Python found here; the torch that they see is a stand-in."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from envgen.cell import PythonVersion
from envgen.doctor import Place
from envgen.doctor.look.interpreter import imported, interpreter
from envgen.machine import find_interpreter
from envgen.probe import script

from .world import TORCH_FILES


@pytest.fixture(scope="module", params=range(8, 16), ids=lambda minor: f"3.{minor}")
def python(request: pytest.FixtureRequest) -> Path:
    found = find_interpreter(PythonVersion(request.param))
    if not found:
        pytest.skip(f"no Python 3.{request.param} here")
    return found


@pytest.fixture
def place(python: Path, tmp_path: Path) -> Place:
    for name, text in TORCH_FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Place(python, {**os.environ, "PYTHONPATH": str(tmp_path)})


@pytest.mark.parametrize("name", ["interpreter", "import_torch"])
def test_they_compile_without_a_warning(python: Path, name: str) -> None:
    code = "import sys\nfor path in sys.argv[1:]: compile(open(path, encoding='utf-8').read(), path, 'exec')"
    strict = ["-W", "error::DeprecationWarning", "-W", "error::SyntaxWarning"]
    done = subprocess.run([python, *strict, "-c", code, script(name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_interpreter_says_what_it_is(place: Place, tmp_path: Path, python: Path) -> None:
    said, hampered = interpreter(place)
    assert hampered == ""
    assert said.executable == str(python)
    assert said.markers["python_full_version"] == said.version
    assert str(tmp_path) in said.path
    assert {"json", "sys", "importlib"} <= said.standard_modules
    assert "site-packages" not in said.standard_modules
    assert not any(entry.endswith("probe") for entry in said.path)


def test_torch_is_imported_step_by_step(place: Place) -> None:
    outcome = imported(place, (), 60)
    assert outcome.died == ""
    assert [step.step for step in outcome.steps] == ["torch", "numpy", "building", "cuda"]
    assert outcome.torch
    assert outcome.torch.version == "2.13.0+cpu"
    extension = imported(place, ("module", "no_such_module"), 60)
    assert [step.step for step in extension.steps] == ["torch", "extension"]
    assert extension.steps[1].error == "ModuleNotFoundError: No module named 'no_such_module'"
