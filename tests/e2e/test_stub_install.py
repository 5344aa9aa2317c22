"""The rung `created` of a cell whose lock has a stub: the real one with its real backend, before an index made here."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from run.project import TORCH, TinyProject, at, here, wheel

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.index import Reader
from envgen.lock import lock_request
from envgen.lock.header import lock_text
from envgen.lock.pep751 import BuildRequirement, Origin, parse_document
from envgen.lock.solver import Solution
from envgen.refresh.access import configured_access
from envgen.results import Outcome, Rung
from envgen.spec.load import load
from tests.lock.index import Index, unused_port

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="the stand-in of torch is made for Linux"),
]

PYTHON = "3.12"
NAME, VERSION = "tensorrt_cu13_libs", "11.0.0.114"
OF_IT = f"tensorrt-cu13-libs {VERSION}"
CUDA_TORCH = TORCH.format(version="2.13.0").replace("cuda=None", 'cuda="13.0"')
AXES = '  tensorrt: ["11.0"]'
CELL = f"py{PYTHON.replace('.', '')}-torch2.13-cu130-trt11.0-{'-'.join(here())}"
PACKAGE = """
[[packages]]
name = "{name}"
version = "{version}"
{kind} = {{ url = "{url}", hashes = {{ sha256 = "{sha256}" }} }}
"""


@pytest.fixture
def project(tmp_path: Path) -> TinyProject:
    """A cell with a stand-in of torch and the real stub, locked."""
    made = TinyProject.make(tmp_path / "project", tmp_path, python=f'["{PYTHON}"]', cuda="[cu130]", axes=AXES)
    # The backend comes from where this machine has its packages.
    cut = ("PIP_CONFIG_FILE", "PIP_FIND_LINKS", "PIP_NO_INDEX", "UV_OFFLINE", "UV_NO_CONFIG")
    environ = {name: value for name, value in made.environ.items() if name not in cut}
    environ |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_INDEX", "UV_DEF"))}
    own = TinyProject(made.folder, environ)
    _lock(own, wheel(tmp_path, "torch", "2.13.0", {"torch/__init__.py": CUDA_TORCH}), tmp_path)
    return own


def _lock(project: TinyProject, torch: Path, folder: Path) -> None:
    with Reader(configured_access(), folder / "pages") as reader:
        stub = _of_index(reader, "tensorrt-cu13-libs", f"{NAME}-{VERSION}.tar.gz")
        backend = _of_index(reader, "wheel-stub", "wheel_stub-0.5.0-py3-none-any.whl")
    of_torch = (
        PACKAGE.format(name="torch", version="2.13.0", kind="archive", url=torch.as_uri(), sha256=_sha256(torch))
        .replace("archive = {", "wheels = [{")
        .replace("} }\n", "} }]\n")
    )
    of_stub = PACKAGE.format(name="tensorrt-cu13-libs", version=VERSION, kind="sdist", url=stub[0], sha256=stub[1])
    text = f'lock-version = "1.0"\ncreated-by = "tests"\n{of_torch}{of_stub}'
    build = {"wheel-stub": BuildRequirement(version="0.5.0", url=backend[0], sha256=backend[1])}
    request = lock_request(Cell.parse(CELL), load(project.folder / "matrix.yaml"), Facts.current())
    solution = Solution(text, parse_document(text), (), None, build)
    path = project.folder / "environments" / CELL / "pylock.toml"
    path.parent.mkdir(parents=True)
    path.write_text(lock_text(request, solution, Origin(), "0.0", {}), encoding="utf-8")


def _of_index(reader: Reader, package: str, file: str) -> tuple[str, str]:
    found = [each for listing in reader.listings(package) for each in listing.files if each.name == file]
    assert found, f"no index has {file}"
    return found[0].url, found[0].sha256 or ""


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


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
