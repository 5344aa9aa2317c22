"""Cross-loads of a stand-in's binaries, by the program itself: every fault is a result and the others go on."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest
from run.project import PYTHON, TinyProject, another_python, cell_id, processes_of, wait_until

from envgen.crossload import WHOLE, Crossing, CrossLoad, load_crossload
from envgen.results import Outcome, Rung

from .project import make

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")

SYSTEM_LIBRARY = "pkg/libops.so"


def found(project: TinyProject) -> CrossLoad:
    crossload, damaged = load_crossload(project.run_folder())
    assert crossload is not None
    assert damaged == ()
    return crossload


def at(crossload: CrossLoad, built: str, loaded: str, what: str = WHOLE) -> Crossing:
    return next(one for one in crossload.crossings if one.place == (built, loaded, what))


FAULTS = {
    "segfault": "died on SIGSEGV while loading",
    "abort": "died on SIGABRT while loading",
    "exit": "the process ended itself while loading, with code 0",
    "memory": "used more than 1.0 GB of memory while loading; ended by its memory limit",
    "parent": "died on SIGKILL (as the kernel does when memory runs out) while loading",
    "wrong": "ended with code 1 while the cpu check ran: AssertionError: the answer is 41",
}


def test_a_check_that_was_not_run_leaves_what_has_loaded(project: TinyProject) -> None:
    make(project, f'["{PYTHON}"]', axes="  baked: {variables: {none: {}, unsure: {BAKED: unsure}}}")
    done = project.envgen("crossload", seconds=300)
    assert done.returncode == 0, done.stdout + done.stderr
    crossing = at(found(project), cell_id(extra="-baked_unsure"), cell_id(extra="-baked_none"))
    said = "the cpu check was not run: no way to tell here"
    assert (crossing.outcome, crossing.rung, crossing.sentence) == (Outcome.PASSED, Rung.LOADED, said)


def test_a_fault_is_the_result_of_one_load_and_the_others_go_on(project: TinyProject) -> None:
    """All binaries are loaded by one server, which lives on, or has a successor."""
    values = ", ".join(f"{fault}: {{BAKED: {fault}}}" for fault in FAULTS)
    make(project, f'["{PYTHON}"]', axes=f"  baked: {{variables: {{none: {{}}, {values}}}}}")
    done = project.envgen("crossload", "-j", "2", seconds=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not processes_of(project.folder)
    crossload = found(project)
    names = [*FAULTS, "none"]
    cells = {name: cell_id(extra=f"-baked_{name}") for name in names}
    assert len(crossload.crossings) == len(names) ** 2
    for built in names:
        endings = {
            (one.outcome, one.rung, one.sentence)
            for one in (at(crossload, cells[built], cells[loaded]) for loaded in names)
        }
        rung = Rung.CPU if built in ("none", "wrong") else Rung.LOADED
        if built == "none":
            assert endings == {(Outcome.PASSED, rung, "")}
        else:
            assert endings == {(Outcome.FAILED, rung, FAULTS[built])}
    killed = at(crossload, cells["segfault"], cells["none"])
    assert [each.cause for each in killed.diagnoses] == ["crashed"]  # of one torch, all of them
    assert killed.log is not None
    assert (project.run_folder() / killed.log).exists()
    for file in ("report.html", "report.md", "crossload.json"):
        assert (project.run_folder() / file).is_file()


@pytest.fixture(scope="module")
def two_pythons(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> TinyProject:
    """A finished run of a module and a library in two Pythons."""
    project = TinyProject.make(tmp_path_factory.mktemp("two") / "project", wheels)
    make(project, f'["{PYTHON}", "{another_python()}"]', env='{WITH_MODULE: "1"}')
    done = project.envgen("run", "-j", "2", WITH_MODULE="1")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.mark.parametrize("options", [(), ("--fresh",)], ids=["fork", "fresh"])
def test_a_module_stays_with_its_python_and_a_library_crosses(two_pythons: TinyProject, options: tuple[str]) -> None:
    project, here, there = two_pythons, cell_id(), cell_id(another_python())
    done = project.envgen("crossload", "--json", *options, WITH_MODULE="1")
    assert done.returncode == 0, done.stderr
    assert "Not built yet" not in done.stderr  # a run has built everything
    crossload = CrossLoad.model_validate(json.loads(done.stdout))
    assert crossload == found(project)
    for built, loaded, tag in ((here, there, PYTHON), (there, here, another_python())):
        module = next(one.what for one in crossload.crossings if one.built == built and "_C" in one.what)
        assert tag.replace(".", "") in module
        assert at(crossload, built, loaded, SYSTEM_LIBRARY).outcome is Outcome.PASSED
        for what in (WHOLE, module):
            failed = at(crossload, built, loaded, what)
            assert (failed.outcome, failed.rung) == (Outcome.FAILED, Rung.LOADED)
            assert "cannot import name '_C'" in failed.sentence
            assert failed.diagnoses[0].cause == "python-abi-mismatch"
            assert failed.diagnoses[0].evidence["file"] == module
            assert failed.foreseen is not None
            assert failed.foreseen.verdict == "fails"
    assert all(one.outcome is Outcome.PASSED for one in crossload.crossings if one.at_home)
    assert not crossload.disagreements


def test_resumed_it_loads_nothing_again(two_pythons: TinyProject) -> None:
    project = two_pythons
    assert project.envgen("crossload", WITH_MODULE="1").returncode == 0
    before = found(project)
    done = project.envgen("crossload", "--resume", WITH_MODULE="1")
    assert done.returncode == 0, done.stderr
    assert found(project) == before
    assert "passed (kept)" in done.stdout
    library = next((project.folder / ".envgen" / "cells").glob(f"venv/{cell_id()}/artifact/pkg/libops.so"))
    library.write_bytes(library.read_bytes() + b"\0")  # another file, which loads as well
    assert project.envgen("crossload", "--resume", WITH_MODULE="1").returncode == 0
    now = found(project)
    again = {one.built for one in now.crossings if one not in before.crossings}
    assert cell_id() in again
    kept = at(now, cell_id(another_python()), cell_id(another_python()))
    assert kept.finished == at(before, *kept.place).finished


def test_of_one_cell_it_leaves_what_the_others_showed(two_pythons: TinyProject) -> None:
    project = two_pythons
    assert project.envgen("crossload", WITH_MODULE="1").returncode == 0
    before = found(project)
    done = project.envgen("crossload", cell_id(), WITH_MODULE="1")
    assert done.returncode == 0, done.stderr
    now = found(project)
    assert {one.place for one in now.crossings} == {one.place for one in before.crossings}
    renewed = {one.place[:2] for one in now.crossings if one not in before.crossings}
    assert renewed == {(cell_id(), cell_id())}


def test_what_hangs_is_ended_with_all_that_it_started(project: TinyProject) -> None:
    make(project, f'["{PYTHON}"]', axes="  baked: {variables: {none: {}, hang: {BAKED: hang}}}", seconds=4)
    done = project.envgen("crossload", "-j", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not processes_of(project.folder)
    good, bad = cell_id(extra="-baked_none"), cell_id(extra="-baked_hang")
    crossload = found(project)
    for loaded in (good, bad):
        assert at(crossload, bad, loaded).sentence == "still running after 8 s while loading; ended by its time limit"
        assert at(crossload, good, loaded).outcome is Outcome.PASSED


def test_interrupted_it_leaves_no_process_and_goes_on(project: TinyProject) -> None:
    make(project, f'["{PYTHON}"]', axes="  baked: {variables: {none: {}, hang: {BAKED: hang}}}", seconds=5)
    assert project.envgen("run", "-j", "2").returncode == 1
    process = project.start("crossload")
    wait_until(lambda: list((project.folder / ".envgen").glob("cells/venv/*/scratch/crossload/answers.jsonl")))
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "go on with `envgen crossload --resume`" in said
    assert "Traceback" not in said
    assert not processes_of(project.folder)
    assert project.envgen("crossload", "--resume").returncode == 0
    assert len(found(project).crossings) == 4


def test_a_check_that_is_no_module_takes_the_process(project: TinyProject) -> None:
    code = "import pkg, sys; print(pkg.__file__); sys.exit(3)"
    make(project, f'["{PYTHON}"]', check=f'[python, -c, "{code}"]')
    assert project.envgen("crossload").returncode == 0
    (one,) = found(project).crossings
    assert (one.outcome, one.rung) == (Outcome.FAILED, Rung.CPU)
    assert one.sentence.startswith("ended with code 3 while the cpu check ran: ")
    assert one.log is not None
    assert "scratch/crossload/0/pkg/__init__.py" in (project.run_folder() / one.log).read_text()


def test_what_was_not_built_is_not_run(project: TinyProject) -> None:
    make(project, f'["{PYTHON}"]', axes="  broken: {variables: {no: {}, yes: {CC: no-such-compiler}}}")
    done = project.envgen("crossload")
    assert done.returncode == 0, done.stdout + done.stderr
    good, bad = cell_id(extra="-broken_no"), cell_id(extra="-broken_yes")
    crossload = found(project)
    for loaded in (good, bad):
        missing = at(crossload, bad, loaded)
        assert missing.outcome is Outcome.NOT_RUN
        assert missing.sentence.startswith("it was not built: built failed: ")
        assert at(crossload, good, loaded).outcome is Outcome.PASSED  # its environment is there


def test_nothing_to_load_is_no_success(project: TinyProject) -> None:
    make(project, f'["{PYTHON}"]', env="{CC: no-such-compiler}")
    done = project.envgen("crossload")
    assert done.returncode == 4
    assert "Nothing could be loaded anywhere: it was not built: built failed" in done.stderr
