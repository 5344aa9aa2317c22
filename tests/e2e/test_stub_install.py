"""The rung `created` of a cell whose lock has a stub: the real one with its real backend, before an index made here."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from run.handmade import handmade_lock
from run.project import TinyProject, at, here, wheel

from envgen.results import Outcome, Rung
from tests.lock.index import Index, unused_port

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="the stand-in of torch is made for Linux"),
]

PYTHON = "3.12"
NAME, VERSION = "tensorrt_cu13_libs", "11.0.0.114"
OF_IT = f"tensorrt-cu13-libs {VERSION}"
AXES = '  tensorrt: ["11.0"]'
CELL = f"py{PYTHON.replace('.', '')}-torch2.13-cu130-trt11.0-{'-'.join(here())}"


@pytest.fixture
def project(tmp_path: Path) -> TinyProject:
    """A cell with a stand-in of torch and the real stub, locked."""
    made = TinyProject.make(tmp_path / "project", tmp_path, python=f'["{PYTHON}"]', cuda="[cu130]", axes=AXES)
    # The backend comes from where this machine has its packages.
    cut = ("PIP_CONFIG_FILE", "PIP_FIND_LINKS", "PIP_NO_INDEX", "UV_OFFLINE", "UV_NO_CONFIG")
    environ = {name: value for name, value in made.environ.items() if name not in cut}
    environ |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_INDEX", "UV_DEF"))}
    own = TinyProject(made.folder, environ)
    handmade_lock(own, CELL, tmp_path, {"tensorrt-cu13-libs": f"{NAME}-{VERSION}.tar.gz"})
    return own


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[Index]:
    folder = tmp_path / "vendor"
    folder.mkdir()
    made = wheel(folder, NAME, VERSION, {"tensorrt_libs/__init__.py": "REAL = True\n"})
    made.rename(folder / f"{NAME}-{VERSION}-py2.py3-none-manylinux_2_28_x86_64.whl")
    other = wheel(folder, "other_libs", VERSION, {"other/__init__.py": ""})
    other.rename(folder / f"{NAME}-{VERSION}-py2.py3-none-win_amd64.whl")
    with Index(folder).running() as index:
        yield index


def created(project: TinyProject, index: str) -> tuple[Outcome, str, str]:
    """How the rung ended: its sentence, and the cause."""
    done = project.envgen("run", CELL, "--name", "one", WHEEL_STUB_PIP_INDEX_URL=index)
    assert "Traceback" not in done.stdout + done.stderr
    result = at(project.result(CELL, "one"), Rung.CREATED)
    return result.outcome, result.sentence, next((told.cause for told in result.diagnoses), "")


def test_the_fetched_wheel_is_installed(project: TinyProject, vendor: Index) -> None:
    outcome, sentence, _ = created(project, f"{vendor.simple}/")
    assert (outcome, sentence) == (Outcome.PASSED, "")
    log = project.log(CELL, Rung.CREATED, "one")
    assert f" + tensorrt-cu13-libs=={VERSION}" in log
    assert "--build-constraints" in log


def test_an_index_that_cannot_be_reached_is_no_failure_of_the_cell(project: TinyProject) -> None:
    outcome, sentence, _ = created(project, f"http://127.0.0.1:{unused_port()}/")
    assert outcome is Outcome.NOT_RUN
    assert sentence == f"NVIDIA's index, from which {OF_IT} is fetched while it is installed, could not be reached"


def test_an_index_that_is_out_of_order_says_as_little(project: TinyProject, vendor: Index) -> None:
    assert created(project, f"{vendor.address}/503/")[0] is Outcome.NOT_RUN


def test_no_wheel_for_this_platform_is_a_failure(project: TinyProject, vendor: Index, tmp_path: Path) -> None:
    (tmp_path / "vendor" / f"{NAME}-{VERSION}-py2.py3-none-manylinux_2_28_x86_64.whl").unlink()
    outcome, _, cause = created(project, f"{vendor.simple}/")
    assert (outcome, cause) == (Outcome.FAILED, "vendor-wheel-missing")


def test_another_content_than_its_index_tells_is_a_failure(
    project: TinyProject, vendor: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.lock.index._Handler._fragment", lambda _self, _name: f"#sha256={'0' * 64}")
    outcome, _, cause = created(project, f"{vendor.simple}/")
    assert (outcome, cause) == (Outcome.FAILED, "hash-mismatch")
