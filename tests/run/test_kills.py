"""Runs that are killed, interrupted, and met by others: only the rung under way is lost, and no process is left."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

import pytest

from envgen.results import CellResult, Outcome, Rung

from .project import TinyProject, another_python, at, cell_id, outcomes, processes_of, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")

CELL = cell_id()
FINISHED = (Rung.PLANNED, Rung.PUBLISHED, Rung.LOCKED, Rung.CREATED)


def build_slowly(project: TinyProject, part: str, *arguments: str, cells: int = 1) -> subprocess.Popen[str]:
    """A run in the middle of its build."""
    process = project.start("run", *arguments, TINY_BUILD=f"slow {part}")
    wait_until(lambda: _building(project) == cells)
    return process


def _building(project: TinyProject) -> int:
    logs = (project.folder / ".envgen" / "runs").glob("*/logs/*/built.log")
    return sum("building slowly" in log.read_text() for log in logs)


def kept_logs(project: TinyProject) -> dict[Rung, bytes]:
    folder = project.run_folder() / "logs" / CELL
    return {rung: (folder / f"{rung}.log").read_bytes() for rung in FINISHED if (folder / f"{rung}.log").exists()}


@pytest.mark.parametrize("part", ["package", "library"])
def test_killed_in_the_middle_of_a_build(project: TinyProject, part: str) -> None:
    process = build_slowly(project, part)
    process.kill()
    process.wait()
    wait_until(lambda: not processes_of(project.folder))
    before, logs = project.result(CELL), kept_logs(project)
    assert outcomes(before) == dict.fromkeys(map(str, FINISHED), "passed")
    assert before.finished is None

    done = project.envgen("run", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    after = project.result(CELL)
    assert after.rungs[: len(FINISHED)] == before.rungs
    assert after.started == before.started
    assert kept_logs(project) == logs
    assert f"{CELL}  created passed" in done.stdout
    assert done.stdout.count("(kept)") == len(FINISHED)
    assert at(after, Rung.BUILT).outcome is Outcome.PASSED
    assert "building slowly" not in project.log(CELL, Rung.BUILT)
    assert after.reached is Rung.CPU
    assert after.finished is not None


@pytest.mark.parametrize(("number", "cells"), [(signal.SIGINT, 1), (signal.SIGTERM, 2)])
def test_interrupted(project: TinyProject, number: signal.Signals, cells: int) -> None:
    if cells > 1:
        project.write_matrix(axes="  twin: {variables: {one: {}, two: {}}}")
    process = build_slowly(project, "package", "-j", "2", cells=cells)
    process.send_signal(number)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert f"error: Interrupted with 0 of {cells} cell{'s' * (cells > 1)} done.\n" in said
    assert said.rstrip().endswith("go on with `envgen run --resume`.")
    assert "report.html" in said
    assert not processes_of(project.folder)
    assert [outcomes(result) for result in project.results().values()] == [
        dict.fromkeys(map(str, FINISHED), "passed")
    ] * cells

    assert project.envgen("run", "--resume", "-j", "2").returncode == 0
    assert {result.reached for result in project.results().values()} == {Rung.CPU}


def test_killed_at_any_moment(project: TinyProject) -> None:
    project.write_matrix(python=f'["{another_python()}", "{sys.version_info[0]}.{sys.version_info[1]}"]')
    moments = random.Random(7)  # noqa: S311 - not a secret
    known: dict[str, CellResult] = {}
    for attempt in range(3):
        process = project.start("run", "-j", "2", "--name", "r", *(["--resume"] if attempt else []))
        wait_until((project.run_folder("r") / "run.json").exists)
        time.sleep(moments.uniform(0.0, 1.2))
        process.kill()
        process.wait()
        wait_until(lambda: not processes_of(project.folder))
        now = project.results("r")
        for cell, earlier in known.items():
            assert all(rung in now[cell].rungs for rung in earlier.rungs if rung.outcome is Outcome.PASSED)
        known = now
    done = project.envgen("run", "--resume", "--name", "r")
    assert done.returncode == 0, done.stdout + done.stderr
    results = project.results("r")
    assert len(results) == 2
    assert {result.reached for result in results.values()} == {Rung.CPU}


def test_a_second_run_waits_for_the_cell(project: TinyProject) -> None:
    first = build_slowly(project, "package", "--name", "first")
    second = project.start("run", "--name", "second")
    assert second.stdout is not None
    line = next(line for line in second.stdout if "waits" in line)
    assert line == f"{CELL}  waits: another envgen is at this cell\n"
    assert project.results("second") == {}
    first.kill()
    first.wait()
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 0, said
    assert project.result(CELL, "second").reached is Rung.CPU


def test_a_waiting_run_can_be_interrupted(project: TinyProject) -> None:
    first = build_slowly(project, "package", "--name", "first")
    second = project.start("run", "--name", "second")
    assert second.stdout is not None
    assert any("waits" in line for line in second.stdout)
    second.send_signal(signal.SIGINT)
    assert second.wait(10) == 130
    assert first.poll() is None
    first.kill()
    first.wait()
