"""A planted fault, found: real Pythons, real builds, an extension that cannot be imported in some cells."""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path

import pytest

from envgen.cell import PythonVersion
from envgen.machine import find_interpreter
from envgen.results import CellResult, Report, Rung
from envgen.run.further import FILE

from .project import TinyProject, cell_id, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")

PYTHONS = [text for text in ("3.10", "3.11", "3.12", "3.13") if find_interpreter(PythonVersion.parse(text))]
NEW = [text for text in PYTHONS if PythonVersion.parse(text).minor >= 12]
AXES = """\
  math: {variables: {plain: {}, fast: {TINY_MATH: fast}, exact: {TINY_MATH: exact}}}
"""
FAULT = """
if sys.version_info >= (3, 12) and os.environ.get("TINY_MATH") == "fast":
    raise ImportError(f"undefined symbol: tiny_fast_math, for {sys.executable}")
"""
ONCE = """
if not os.path.exists({marker!r}):
    open({marker!r}, "w").close()
    raise ImportError("hiccup")
"""
WAITS = """
while os.path.exists({marker!r}) and not any(cell in sys.executable for cell in {few!r}):
    time.sleep(0.1)
"""
several_pythons = pytest.mark.skipif(
    len(NEW) < 2 or len(PYTHONS) - len(NEW) < 1, reason="there are too few Pythons here"
)


@pytest.fixture
def faulty(project: TinyProject) -> TinyProject:
    """A project whose extension cannot be imported with Python 3.12 and later and fast math."""
    project.write_matrix(python=json.dumps(PYTHONS), axes=AXES)
    package = project.folder / "tiny" / "tiny" / "__init__.py"
    package.write_text(package.read_text() + FAULT)
    return project


def cell(python: str, math: str) -> str:
    return cell_id(python, extra=f"-math_{math}")


def waits(results: dict[str, CellResult]) -> bool:
    """Whether the third cell is about to be loaded."""
    inspected = [result for result in results.values() if result.rung(Rung.INSPECTED)]
    return len(inspected) == 3


def report_of(project: TinyProject) -> Report:
    return Report.model_validate_json((project.run_folder() / "report.json").read_bytes())


@several_pythons
def test_the_report_states_a_planted_fault(faulty: TinyProject) -> None:
    cells = [cell(python, math) for python in PYTHONS for math in ("plain", "fast")]
    done = faulty.envgen("run", "-j", "2", *cells)
    assert done.returncode == 1, done.stdout + done.stderr
    said = f"Every cell with python >= 3.12 and math == fast failed ({len(NEW)} of {len(NEW)}); no other cell did."
    assert said in " ".join(done.stdout.split())
    (found,) = report_of(faulty).patterns
    assert (found.sentence, found.rung, found.as_likely) == (said, Rung.LOADED, ())
    assert found.support == tuple(cell(python, "fast") for python in NEW)
    assert "undefined symbol: tiny_fast_math" in found.failure
    again = faulty.envgen("report", "--json")
    assert json.loads(again.stdout)["patterns"][0]["sentence"] == said


@several_pythons
def test_further_cells_tell_what_a_run_of_few_cannot(faulty: TinyProject, tmp_path: Path) -> None:
    """Begins with one failure and one pass, is interrupted in the first further cell, and goes on."""
    few = [cell(NEW[0], "fast"), cell(PYTHONS[0], "exact")]
    marker = tmp_path / "wait"
    marker.touch()
    package = faulty.folder / "tiny" / "tiny" / "__init__.py"
    package.write_text(package.read_text() + WAITS.format(marker=str(marker), few=few))
    first = faulty.start("run", *few, "--name", "few", "--localise", "--further", "9")
    wait_until(lambda: first.poll() is not None or waits(faulty.results("few")), 60)
    first.send_signal(signal.SIGINT)
    said, _ = first.communicate(timeout=60)
    assert first.returncode == 130, said
    assert re.search(r"Further cell 1 of at most 9: \S+; tells ", said)
    assert "Interrupted in the further cell 1 of at most 9." in said
    assert "go on with `envgen run --resume --localise`" in said

    marker.unlink()
    done = faulty.envgen("run", "--resume", "--localise")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Further cell 1 of" not in done.stdout
    assert "Further cell 2 of at most 20: " in done.stdout
    assert "Every cell with python >= 3.12 and math == fast failed (" in " ".join(done.stdout.split())

    results, asked = faulty.results(), json.loads((faulty.run_folder() / FILE).read_text())["asked"]
    assert {each["cell"] for each in asked} | {*few} == set(results)
    assert 3 < len(results) < 12
    header = json.loads((faulty.run_folder() / "run.json").read_text())
    assert set(header["cells"]) == set(results)
    assert header["selection"].endswith(" + localise")
    failed = {name for name, result in results.items() if result.failed}
    assert failed == {name for name in results if re.match("py31[23]-", name) and "-math_fast" in name}
    (found,) = report_of(faulty).patterns
    assert (found.pattern, found.localised) == ("python >= 3.12 and math == fast", True)


def test_without_a_failure_no_further_cell_is_run(project: TinyProject) -> None:
    project.write_matrix(axes=AXES)
    done = project.envgen("run", cell_id(extra="-math_plain"), "--localise")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Further cell" not in done.stdout
    assert not (project.run_folder() / FILE).exists()


def test_a_flaky_failure_is_run_again_and_said(project: TinyProject, tmp_path: Path) -> None:
    """The extension cannot be imported the first time only."""
    marker = tmp_path / "imported-once"
    project.write_matrix(axes="  math: {variables: {plain: {}, fast: {}}}\n")
    package = project.folder / "tiny" / "tiny" / "__init__.py"
    package.write_text(package.read_text() + ONCE.format(marker=str(marker)))
    cells = [cell_id(extra=f"-math_{math}") for math in ("fast", "plain")]
    done = project.envgen("run", *cells, "--localise")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{cells[0]} again; it failed, and no other cell like it." in done.stdout
    assert f"{cells[0]} is flaky: it failed once and passed once" in " ".join(done.stdout.split())
    (found,) = report_of(project).patterns
    assert (found.flaky, found.support, found.rung) == ((cells[0],), (), Rung.LOADED)
    assert {result.reached for result in project.results().values()} == {Rung.CPU}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--further", "3"), "--further was given without --localise."),
        (("--localise", "-e", "current"), "--localise runs further cells, and the environment `current` is one."),
    ],
)
def test_what_cannot_be_asked_is_said(project: TinyProject, arguments: tuple[str, ...], words: str) -> None:
    done = project.envgen("run", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
