"""The doctor at a real torch: healthy as it was installed, and ill by what variables lead to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envgen.compat.facts import Facts
from envgen.diagnose.causes import Cause
from envgen.doctor import Finding, Request, Severity, examine, place_of

if TYPE_CHECKING:
    from conftest import TorchCell

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform != "linux", reason="its libraries are made for Linux")]

OPENMP = "libgomp.so.1"


@pytest.fixture
def site(torch_cell: TorchCell) -> Path:
    return next(torch_cell.python.parents[1].glob("lib/python3*/site-packages"))


def found(cell: TorchCell, work: Path, **variables: str) -> dict[str, Finding]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LD_", "CUDA_"))}
    hidden = {"CUDA_VISIBLE_DEVICES": ""}  # this torch is one for the CPU
    place = place_of({**inherited, **hidden, **variables}, str(cell.python))
    findings = examine(place, Request(work), Facts.bundled()).findings
    return {each.check: each for each in findings if each.severity is not Severity.INFO}


def test_as_it_was_installed_it_is_healthy(torch_cell: TorchCell, tmp_path: Path) -> None:
    assert found(torch_cell, tmp_path) == {}


def test_a_library_of_the_same_name_is_really_taken(torch_cell: TorchCell, site: Path, tmp_path: Path) -> None:
    own = site / "torch" / "lib" / OPENMP
    decoy = tmp_path / "decoy" / OPENMP
    decoy.parent.mkdir()
    shutil.copyfile(own, decoy)
    finding = found(torch_cell, tmp_path, LD_LIBRARY_PATH=str(decoy.parent))["libraries-taken"]
    assert finding.severity is Severity.WARNING
    assert finding.where == (f"{decoy} in place of {own.resolve()}",)


def test_a_library_that_lacks_what_torch_needs(torch_cell: TorchCell, tmp_path: Path) -> None:
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(tmp_path / OPENMP), f"-Wl,-soname,{OPENMP}"]
    subprocess.run(command, input="int here;", text=True, check=True)
    said = found(torch_cell, tmp_path, LD_LIBRARY_PATH=str(tmp_path))
    assert said["libraries-taken"].severity is Severity.ERROR
    assert said["libraries-taken"].cause is Cause.VENDOR_LIB_VERSION_MIX
    assert "undefined symbol: omp_get_max_threads" in said["torch-imports"].sentence
