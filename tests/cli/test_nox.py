"""nox's sessions: this repository's noxfile beside the matrix of a small project."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from run.project import TinyProject, cell_id, here, wait_until

from envgen.results import Rung

pytest.importorskip("nox")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")

NOXFILE = Path(__file__).resolve().parents[2] / "noxfile.py"
TWINS = "  twin: {variables: {good: {}, bad: {TINY_FAULT: raise}}}"
GOOD, BAD = cell_id(extra="-twin_good"), cell_id(extra="-twin_bad")


@pytest.fixture
def nox_project(project: TinyProject) -> TinyProject:
    shutil.copy(NOXFILE, project.folder)
    project.write_matrix(axes=TWINS)
    return project


def nox(project: TinyProject, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nox", *arguments], cwd=project.folder, env=dict(project.environ),
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_cell_is_listed(nox_project: TinyProject) -> None:
    done = nox(nox_project, "-l")
    assert done.returncode == 0, done.stderr
    listed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith(("- ", "* "))]
    others = ["ahead", "matrix", "gpu", "crossload", "report", "render", "tests", "lint"]
    assert listed == [f"matrix({BAD})", f"matrix({GOOD})", *others]


def test_one_cell_is_run_and_resumed(nox_project: TinyProject) -> None:
    done = nox(nox_project, "-s", f"matrix({GOOD})")
    assert done.returncode == 0, done.stderr
    assert nox_project.result(GOOD, "nox").reached is Rung.CPU
    done = nox(nox_project, "-s", f"matrix({GOOD})", "--", "--resume")
    assert done.returncode == 0, done.stderr
    assert f"{GOOD}  cpu passed" in done.stdout
    assert "(kept)" in done.stdout


def test_what_the_cells_built_is_loaded_in_each_other(nox_project: TinyProject) -> None:
    done = nox(nox_project, "-s", "crossload", "--", GOOD, BAD, "-j", "2")
    assert done.returncode == 0, done.stderr
    assert f"loaded in {GOOD}: 2 passed" in done.stdout
    assert f"loaded in {BAD}: 2 failed" in done.stdout
    done = nox(nox_project, "-s", "crossload", "--", "--resume")
    assert done.returncode == 0, done.stderr
    assert f"loaded in {GOOD}: 2 passed (kept)" in done.stdout


def test_a_failed_cell_fails_its_session_and_not_the_others(nox_project: TinyProject) -> None:
    done = nox(nox_project, "-s", "matrix")
    assert done.returncode == 1
    assert done.stdout.index("Would run: 2 cells") < done.stdout.index("created ...")
    assert f"Session matrix({BAD}) aborted: loaded: ended with code 1 while loading: ImportError" in done.stderr
    assert f"Session matrix({GOOD}) was successful" in done.stderr
    assert set(nox_project.results("nox")) == {GOOD, BAD}
    assert f". All cells so far: {nox_project.run_folder('nox') / 'report.html'}" in done.stderr
    assert "Left out" not in done.stdout
    nox_project.write_matrix(axes=TWINS.replace(", bad: {TINY_FAULT: raise}", ""))
    done = nox(nox_project, "-s", "matrix", "--", "--resume")
    assert done.returncode == 0, done.stderr
    assert set(nox_project.results("nox")) == {GOOD}
    assert "1 cell of the selection `default`.\n" in done.stderr


def test_an_interruption_ends_all_sessions(nox_project: TinyProject) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "nox", "-s", "matrix"], cwd=nox_project.folder, text=True, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, env={**nox_project.environ, "TINY_BUILD": "slow package"},
    )  # fmt: skip
    log = nox_project.run_folder("nox") / "logs" / BAD / "built.log"
    wait_until(lambda: log.exists() and "building slowly" in log.read_text())
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted with 0 of 1 cell done. Go on with `nox -s matrix -- --resume`." in said
    assert set(nox_project.results("nox")) == {BAD}


def test_what_cannot_run_here_is_skipped_and_is_not_green(nox_project: TinyProject) -> None:
    nox_project.write_matrix(os="windows2022")
    done = nox(nox_project, "-s", "matrix")
    assert done.returncode == 1
    assert "skipped: needs windows2022" in done.stderr
    assert "Session matrix aborted: Not one of 1 cell could be run here." in done.stderr


def test_a_default_selection_that_is_empty_here_leaves_the_other_sessions(nox_project: TinyProject) -> None:
    nox_project.write_matrix(os="windows2022")
    with (nox_project.folder / "matrix.yaml").open("a") as matrix:
        matrix.write("select: {default: {os: host}}\n")
    assert "* tests" in nox(nox_project, "-l").stdout
    done = nox(nox_project, "-s", "matrix")
    assert done.returncode == 1
    assert f"It asks for this machine, which is {here()[0]}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_matrix_is_said_in_words(nox_project: TinyProject) -> None:
    matrix = nox_project.folder / "matrix.yaml"
    matrix.write_text(matrix.read_text().replace("python:", "pyhton:"))
    done = nox(nox_project, "-l")
    assert done.returncode == 1
    assert done.stderr.startswith("error: matrix.yaml:")
    assert "Traceback" not in done.stderr
