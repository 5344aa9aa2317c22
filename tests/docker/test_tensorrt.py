"""Images of cells with TensorRT: real wheels of a runtime, and a real stub whose vendor cannot be reached."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest
from run.handmade import handmade_lock
from run.project import at

from envgen.results import Outcome, Rung
from tests.lock.index import unused_port

from .conftest import PYTHONS, Make

pytestmark = pytest.mark.docker
PYTHON = PYTHONS["debian12"]
TAG = f"cp{PYTHON.replace('.', '')}"
STUB = {"tensorrt-cu13-libs": "tensorrt_cu13_libs-11.0.0.114.tar.gz"}
LEAN = {
    "tensorrt-lean-cu13-libs": "tensorrt_lean_cu13_libs-11.1.0.106-py3-none-manylinux_2_28_x86_64.whl",
    "tensorrt-lean-cu13-bindings": f"tensorrt_lean_cu13_bindings-11.1.0.106-{TAG}-none-manylinux_2_28_x86_64.whl",
}


@pytest.mark.parametrize(("tensorrt", "files"), [("11.1lean", LEAN), ("11.0", STUB)])
def test_an_image_of_a_cell_with_tensorrt(tensorrt: str, files: dict[str, str], make: Make, tmp_path: Path) -> None:
    axes = f'  tensorrt: ["{tensorrt}"]'
    project = make(tmp_path / "project", os="debian12", python=f'["{PYTHON}"]', cuda="[cu130]", axes=axes)
    cell = f"py{PYTHON.replace('.', '')}-torch2.13-cu130-trt{tensorrt}-debian12-x86_64"
    handmade_lock(project, cell, tmp_path, files, version("uv"))
    done = project.run(cell, WHEEL_STUB_PIP_INDEX_URL=f"http://127.0.0.1:{unused_port()}/")
    result = project.result(cell)
    created = at(result, Rung.CREATED)
    if files is LEAN:
        assert created.outcome is Outcome.PASSED, created.sentence
        assert at(result, Rung.LOADED).outcome is Outcome.PASSED, at(result, Rung.LOADED).sentence
        assert at(result, Rung.CPU).outcome is Outcome.PASSED
        return
    assert done.returncode == 4, done.stdout + done.stderr
    assert created.outcome is Outcome.NOT_RUN
    assert created.sentence.startswith("NVIDIA's index, from which tensorrt-cu13-libs 11.0.0.114 is fetched while")
    assert "--build-constraints /run/build-constraints.txt" in project.log(cell, Rung.CREATED)
