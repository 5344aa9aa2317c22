"""Only what changed since a run, budgets that earlier runs teach, and the record that both come from."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from envgen.results import Rung

from .project import TinyProject

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")

AXES = "  math: {variables: {plain: {}, fast: {TINY_MATH: fast}}}\n"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> TinyProject:
    project = TinyProject.make(tmp_path_factory.mktemp("changed"), wheels, axes=AXES)
    assert project.envgen("run", "--name", "first").returncode == 0
    return project


def changed(project: TinyProject, *arguments: str) -> tuple[int, list[str], str]:
    said = project.envgen("plan", "--changed", "first", "--json", *arguments)
    cells = [cell["axes"]["math"] for cell in json.loads(said.stdout)["cells"]] if said.returncode == 0 else []
    return said.returncode, cells, said.stderr


def test_what_changed_is_found_and_nothing_else(finished: TinyProject) -> None:
    """One after the other on one project: nothing, one cell without a result, the matrix, the source."""
    code, _, said = changed(finished)
    assert code == 4
    assert "Nothing changed since the run first: 2 cells would give the same again." in said

    file = next((finished.run_folder("first") / "cells").glob("*math_fast.json"))
    kept = file.read_bytes()
    file.unlink()
    assert changed(finished)[:2] == (0, ["fast"])
    file.write_bytes(kept)

    matrix = finished.folder / "matrix.yaml"
    before = matrix.read_text(encoding="utf-8")
    matrix.write_text(before.replace("TINY_MATH: fast", "TINY_MATH: faster"), encoding="utf-8")
    assert changed(finished)[:2] == (0, ["fast"])
    matrix.write_text(before, encoding="utf-8")

    source = finished.folder / "tiny" / "tiny.c"
    text = source.read_text(encoding="utf-8")
    source.write_text(text + "/* newer */\n", encoding="utf-8")
    assert changed(finished)[:2] == (0, ["fast", "plain"])
    assert changed(finished, "--where", "math==plain")[:2] == (0, ["plain"])
    source.write_text(text, encoding="utf-8")
    assert changed(finished)[0] == 4


def test_a_run_of_what_changed_runs_only_that(finished: TinyProject) -> None:
    file = next((finished.run_folder("first") / "cells").glob("*math_plain.json"))
    kept = file.read_bytes()
    file.unlink()
    done = finished.envgen("run", "--changed", "first", "--name", "second")
    file.write_bytes(kept)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [cell.partition("math_")[2] for cell in finished.results("second")] == ["plain"]
    assert "1 cell changed since the run first, 1 cell did not." in done.stdout


def test_a_budget_is_learned_from_the_run(finished: TinyProject) -> None:
    results = finished.results("first").values()
    minutes = [sum(rung.seconds or 0 for rung in result.rungs) / 60 for result in results]
    sizes = [result.rung(Rung.CREATED).facts["environment_bytes"] for result in results]  # type: ignore[union-attr]
    assert all(isinstance(size, int) and size > 1000 for size in sizes)
    enough = finished.envgen("plan", "--budget", f"{sum(minutes) * 60 + 1:.3f}s", "--json")
    assert len(json.loads(enough.stdout)["cells"]) == 2
    little = finished.envgen("plan", "--budget", f"{(sum(minutes) + min(minutes)) * 30:.3f}s", "--json")
    assert len(json.loads(little.stdout)["cells"]) == 1
