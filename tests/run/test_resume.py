"""Runs that are resumed and repeated: what is finished stands, and what is not what it was is done again."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from envgen.results import LADDER, CellResult, Rung

from .project import TinyProject, another_python, at, cell_id

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")

CELL = cell_id()


@pytest.fixture(scope="module")
def finished_once(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> TinyProject:
    project = TinyProject.make(tmp_path_factory.mktemp("finished"), wheels)
    assert project.envgen("run").returncode == 0
    return project


@pytest.fixture
def finished(finished_once: TinyProject, tmp_path: Path) -> TinyProject:
    """A project with a finished run."""
    return TinyProject(shutil.copytree(finished_once.folder, tmp_path / "copy", symlinks=True), finished_once.environ)


def resumed(project: TinyProject, *arguments: str, code: int = 0, **variables: str) -> str:
    done = project.envgen("run", "--resume", *arguments, **variables)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def climbed_again(before: CellResult, after: CellResult) -> list[Rung]:
    return [rung for rung in LADDER if at(after, rung).started != at(before, rung).started]


def test_what_was_deleted_is_made_again(finished: TinyProject) -> None:
    first = finished.result(CELL)
    cell = finished.folder / ".envgen" / "cells" / "venv" / CELL

    shutil.rmtree(cell / "artifact")
    resumed(finished)
    second = finished.result(CELL)
    assert climbed_again(first, second) == list(LADDER[LADDER.index(Rung.BUILT) :])

    shutil.rmtree(cell / "venv")
    resumed(finished)
    third = finished.result(CELL)
    assert climbed_again(second, third) == list(LADDER[LADDER.index(Rung.CREATED) :])
    assert third.reached is Rung.CPU


def test_what_is_finished_is_not_done_again(finished: TinyProject) -> None:
    first = finished.result(CELL)
    resumed(finished)
    assert climbed_again(first, finished.result(CELL)) == [Rung.KERNEL, Rung.ENGINE]  # a GPU may be there now
    header = json.loads((finished.run_folder() / "run.json").read_text())
    assert header["selection"] == "full"
    assert header["cells"] == [CELL]


def test_a_failure_is_kept_until_it_is_to_be_tried_again(finished: TinyProject) -> None:
    shutil.rmtree(finished.folder / ".envgen" / "cells" / "venv" / CELL / "artifact")
    resumed(finished, code=1, TINY_FAULT="raise")
    first = finished.result(CELL)
    assert "loaded failed" in resumed(finished, code=1)
    second = finished.result(CELL)
    assert second.failed == first.failed
    assert climbed_again(first, second) == []
    resumed(finished, "--retry-failed")
    third = finished.result(CELL)
    assert climbed_again(first, third)[0] is Rung.LOADED
    assert third.reached is Rung.CPU


def test_results_of_another_source_are_not_taken_over(finished: TinyProject) -> None:
    """Neither in the results nor in what was built: run `a` must not load what run `b` left."""
    source = finished.folder / "tiny" / "tiny.c"
    right, wrong = source.read_text(), source.read_text().replace("42", "41")
    a = finished.run_folder().name
    first = finished.result(CELL)
    source.write_text(wrong)
    assert finished.envgen("run", "--name", "b").returncode == 1
    source.write_text(right)
    resumed(finished, "--name", a)
    second = finished.result(CELL, a)
    assert climbed_again(first, second) == list(LADDER[LADDER.index(Rung.BUILT) :])

    source.write_text(wrong)
    marker = finished.folder / ".envgen" / "cells" / "venv" / CELL / "venv" / "made-once"
    marker.write_text("")
    said = resumed(finished, "--name", a, code=1)
    third = finished.result(CELL, a)
    assert climbed_again(second, third)[0] is Rung.BUILT
    assert f"{CELL}  built again: the source changed\n" in said
    assert marker.exists()
    assert third.failed
    assert third.failed.rung is Rung.CPU


def test_the_key_does_not_hang_on_where_it_is_called_from(finished: TinyProject, tmp_path: Path) -> None:
    done = finished.envgen("run", "--resume", "--matrix", finished.folder / "matrix.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"{CELL}  cpu passed" in done.stdout
    assert done.stdout.count("(kept)") == LADDER.index(Rung.CPU) + 1


def test_nothing_hangs_on_what_the_extensions_folder_is_called(finished: TinyProject) -> None:
    """Where a project has no name but its folder's, the clones of two machines are still of one source."""
    first = finished.result(CELL)
    (finished.folder / "tiny").rename(finished.folder / "clone")
    matrix = finished.folder / "matrix.yaml"
    matrix.write_text(matrix.read_text().replace("path: tiny", "path: clone\n  import: tiny"))
    said = resumed(finished)
    assert "again: " not in said
    assert climbed_again(first, finished.result(CELL))[0] is Rung.KERNEL  # it could not run, and is tried anew


def test_an_environment_hangs_on_its_lock_alone(finished: TinyProject) -> None:
    """Not on the compiler, the toolkits or the extension's description: it may be gigabytes."""
    first = finished.result(CELL)
    matrix = finished.folder / "matrix.yaml"
    matrix.write_text(matrix.read_text().replace("requires: []", "requires: []\n    env: {NEW: '1'}"))
    assert f"{CELL}  built again: the extension's description changed\n" in resumed(finished)
    second = finished.result(CELL)
    assert climbed_again(first, second)[0] is Rung.BUILT
    lock = finished.folder / ".envgen" / "locks" / CELL / "pylock.toml"
    lock.write_text(lock.read_text() + "# touched by hand\n")
    assert f"{CELL}  planned again: the lock changed\n" in resumed(finished)


def test_a_damaged_result_is_done_again(finished: TinyProject) -> None:
    (finished.run_folder() / "cells" / f"{CELL}.json").write_text('{"cell": ')
    said = resumed(finished)
    assert "(kept)" not in said
    assert f"{CELL}  planned again: what was recorded is damaged\n" in said
    assert finished.result(CELL).reached is Rung.CPU


def test_a_damaged_header_is_said_so(finished: TinyProject) -> None:
    (finished.run_folder() / "run.json").write_text("{")
    done = finished.envgen("run", "--resume")
    assert done.returncode == 1
    assert "run.json is damaged" in done.stderr
    assert "(kept)" in resumed(finished, CELL)


def test_a_cell_that_the_matrix_no_longer_has(finished: TinyProject) -> None:
    finished.write_matrix(python=f'["{another_python()}"]')
    done = finished.envgen("run", "--resume")
    assert done.returncode == 2
    assert f"cannot go on as it was: {CELL} is not in the matrix" in done.stderr
    assert "Name the cells to go on with, or start a new run." in done.stderr


def test_two_processes_add_cells_to_one_run(project: TinyProject) -> None:
    project.write_matrix(axes="  twin: {variables: {one: {}, two: {}}}")
    cells = [cell_id(extra=f"-twin_{twin}") for twin in ("one", "two")]
    running = [project.start("run", cell, "--name", "both") for cell in cells]
    for process in running:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert {cell: result.reached for cell, result in project.results("both").items()} == dict.fromkeys(cells, Rung.CPU)
    header = json.loads((project.run_folder("both") / "run.json").read_text())
    assert sorted(header["cells"]) == cells
    assert sorted(header["selection"].split(" + ")) == cells
    assert header["left_out"] == []
    assert header["finished"]
    logs = [project.log(cell, Rung.BUILT, "both") for cell in cells]
    assert sum("built library in" in log for log in logs) == 1


def test_what_a_build_made_read_only_is_no_hindrance(project: TinyProject) -> None:
    """A killed build may leave anything behind: files for folders, folders that nobody may write to."""
    cell = project.folder / ".envgen" / "cells" / "venv" / CELL
    (cell / "artifact" / "tiny").mkdir(parents=True)
    (cell / "artifact" / "tiny" / "old.py").write_text("")
    (cell / "artifact" / "tiny").chmod(0o500)
    (cell / "steps" / "package").mkdir(parents=True)
    (cell / "steps" / "package" / "left-over.py").write_text("")
    (cell / "source").mkdir()
    (cell / "source" / "broken").symlink_to("nowhere")
    (cell / "venv").mkdir()
    (cell / "venv" / "half").write_text("")
    assert project.envgen("run").returncode == 0
    assert not (cell / "artifact" / "tiny" / "old.py").exists()
    assert not (cell / "artifact" / "left-over.py").exists()
