"""What the rung `inspected` says before anything is loaded: only what is certain."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from packaging.version import Version

from envgen.binary.look import look_around
from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.diagnose import Cause
from envgen.inspection.foreseen import foresee

CELL = Cell.parse("py312-torch2.13-cpu-debian12-x86_64")
TORCH = Version("2.13.0+cpu")
CALLS = "namespace c10 {{ void {name}(); }} void f() {{ c10::{name}(); }}"


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    if shutil.which("c++") is None:
        pytest.skip("there is no C++ compiler")
    return tmp_path


def compile_into(folder: Path, code: str, file: str, *flags: str) -> None:
    source = folder / "unit.cpp"
    source.write_text(code)
    subprocess.run(["c++", "-shared", "-fPIC", *flags, "-o", folder / file, source], check=True, timeout=120)


def test_a_name_that_the_cells_torch_never_had(artifact: Path) -> None:
    compile_into(artifact, CALLS.format(name="never_there"), "libops.so")
    sure = foresee(CELL, TORCH, look_around(artifact), Facts.bundled())
    assert [each.cause for each in sure.failures] == [Cause.TORCH_VERSION_MISMATCH]
    assert "c10::never_there()" in sure.failures[0].sentence


def test_one_that_another_library_of_the_build_has(artifact: Path) -> None:
    compile_into(artifact, CALLS.format(name="own"), "libops.so")
    compile_into(artifact, "namespace c10 { void own() {} }", "libown.so")
    assert foresee(CELL, TORCH, look_around(artifact), Facts.bundled()).failures == ()


def test_another_cuda_may_come_from_the_machine(artifact: Path) -> None:
    """A toolkit on the machine may have the library: what is not certain is left to the loader."""
    compile_into(artifact, "void runtime() {}", "libcudart.so", "-Wl,-soname,libcudart.so.12")
    compile_into(artifact, "void runtime(); void f() { runtime(); }", "libops.so", f"-L{artifact}", "-lcudart")
    (artifact / "libcudart.so").unlink()
    assert foresee(CELL, TORCH, look_around(artifact), Facts.bundled()).failures == ()


def test_a_torch_that_nobody_looked_into_is_not_judged(artifact: Path) -> None:
    compile_into(artifact, CALLS.format(name="never_there"), "libops.so")
    sure = foresee(CELL, Version("99.0"), look_around(artifact), Facts.bundled())
    assert sure.failures == ()
    assert any("newer than the facts" in sentence for sentence in sure.not_judged)
