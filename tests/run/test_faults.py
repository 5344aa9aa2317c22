"""One run of many cells, each with its own fault: an honest row for each, and the rest untouched."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from envgen.results import LADDER, CellResult, Outcome, Rung

from .project import TinyProject, at, cell_id, outcomes, processes_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")

CASES = {
    "plain": {},
    "segfault": {"TINY_FAULT": "segfault"},
    "abort": {"TINY_FAULT": "abort"},
    "hang": {"TINY_FAULT": "hang"},
    "memory": {"TINY_FAULT": "memory"},
    "exit": {"TINY_FAULT": "exit"},
    "raise": {"TINY_FAULT": "raise"},
    "check": {"TINY_FAULT": "check"},
    "broken": {"TINY_BUILD": "fail package"},
    "nothing": {"TINY_BUILD": "nothing package"},
    "slow": {"TINY_BUILD": "slow package"},
}
SENTENCES = {
    "segfault": (Rung.LOADED, "died on SIGSEGV while loading"),
    "abort": (Rung.LOADED, "died on SIGABRT while loading"),
    "hang": (Rung.LOADED, "still running after 6 s while loading; ended by its time limit"),
    "memory": (Rung.LOADED, "used more than 0.4 GB of memory while loading; ended by its memory limit"),
    "exit": (Rung.LOADED, "the process ended itself while loading, with code 0"),
    "raise": (
        Rung.LOADED,
        "ended with code 1 while loading: ImportError: libmissing.so.7: cannot open shared object file:"
        " No such file or directory",
    ),
    "check": (Rung.CPU, "ended with code 1 while the cpu check ran: AssertionError: the answer is wrong"),
    "broken": (Rung.BUILT, r"ended with code 1 while building \(package\): broken.c:2:10: error: .undeclared_name. .+"),
    "nothing": (Rung.BUILT, "the build step package ended well but left nothing in ENVGEN_OUT"),
    "slow": (Rung.BUILT, r"still running after 8 s while building \(package\); ended by its time limit"),
}
CAUSES = {  # likeliest cause, and the evidence that must be there
    "segfault": ("crashed", {"signal": "SIGSEGV"}),
    "abort": ("crashed", {"signal": "SIGABRT"}),
    "hang": ("time-limit", {"limit": "6 s"}),
    "memory": ("out-of-memory", {"limit": "0.4 GB"}),
    "raise": ("rpath-missing", {"library": "libmissing.so.7"}),
    "slow": ("time-limit", {"limit": "8 s"}),
}


@dataclass(frozen=True)
class FaultyRun:
    project: TinyProject
    exit_code: int
    said: str
    results: dict[str, CellResult]

    def of(self, case: str) -> CellResult:
        return self.results[cell_id(extra=f"-case_{case}")]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> FaultyRun:
    cases = ", ".join(f"{name}: {{{', '.join(map(': '.join, case.items()))}}}" for name, case in CASES.items())
    project = TinyProject.make(
        tmp_path_factory.mktemp("faults"),
        wheels,
        axes=f"  case: {{variables: {{{cases}}}}}",
        timeouts="{default: 60s, built: 8s, loaded: 6s}",
        memory="400MB",
    )
    done = project.envgen("run", "-j", "4")
    assert done.stderr == ""
    return FaultyRun(project, done.returncode, done.stdout, project.results())


@pytest.mark.parametrize("case", SENTENCES)
def test_a_failed_rung_carries_its_cause(faulty: FaultyRun, case: str) -> None:
    """What no rule knows, such as an error of the extension's own, carries none."""
    failed = faulty.of(case).failed
    assert failed
    if case not in CAUSES:
        assert failed.diagnoses == ()
        return
    cause, evidence = CAUSES[case]
    best = failed.diagnoses[0]
    assert best.cause == cause
    assert best.sentence
    assert best.fix
    assert evidence.items() <= best.evidence.items()
    assert "torch-version-mismatch" not in {each.cause for each in failed.diagnoses}  # it was built in this very cell
    assert all(not rung.diagnoses for rung in faulty.of(case).rungs if rung is not failed)


@pytest.mark.parametrize("case", SENTENCES)
def test_the_failed_rung_says_why(faulty: FaultyRun, case: str) -> None:
    rung, sentence = SENTENCES[case]
    failed = faulty.of(case).failed
    assert failed is not None
    assert failed.rung is rung
    assert re.fullmatch(sentence, failed.sentence)
    assert (failed.log is not None) == (failed.seconds is not None)
    assert failed.log_tail[0].startswith("$ ")


@pytest.mark.parametrize("case", SENTENCES)
def test_below_it_all_passed_and_above_nothing_was_run(faulty: FaultyRun, case: str) -> None:
    rung, _ = SENTENCES[case]
    result = faulty.of(case)
    height = LADDER.index(rung)
    assert [entry.rung for entry in result.rungs] == list(LADDER)
    assert {entry.outcome for entry in result.rungs[:height]} == {Outcome.PASSED}
    for above in result.rungs[height + 1 :]:
        assert (above.outcome, above.sentence) == (Outcome.NOT_RUN, f"{rung} failed")
        assert above.log is None
        assert above.started is None


def test_the_healthy_cell_is_untouched(faulty: FaultyRun) -> None:
    result = faulty.of("plain")
    assert result.failed is None
    assert result.reached is Rung.CPU
    assert at(result, Rung.CPU).facts == {"answer": 42, "python": list(sys.version_info[:2])}
    assert "the cell's torch is a CPU build" in at(result, Rung.KERNEL).sentence
    assert at(result, Rung.ENGINE).sentence == "the extension has no engine check"
    assert set(outcomes(result).values()) == {"passed", "not run"}


def test_the_exit_code_says_that_cells_failed(faulty: FaultyRun) -> None:
    assert faulty.exit_code == 1
    assert len(faulty.results) == len(CASES)
    assert all(result.finished for result in faulty.results.values())


def test_nothing_is_left_running(faulty: FaultyRun) -> None:
    assert not processes_of(faulty.project.folder)


def test_cells_with_other_variables_share_no_build(faulty: FaultyRun) -> None:
    """Whatever a variable does to a compiler, its cells' binaries are their own."""
    logs = {cell: faulty.project.log(cell, Rung.BUILT) for cell in faulty.results}
    assert all(f"built library in {cell}" in log for cell, log in logs.items() if "built library" in log)
    assert sum("built library" in log for log in logs.values()) > len(logs) / 2


def test_plain_lines_where_there_is_no_terminal(faulty: FaultyRun) -> None:
    assert "\x1b" not in faulty.said
    cell = cell_id(extra="-case_segfault")
    assert f"{cell}  loaded failed" in faulty.said
    assert "died on SIGSEGV while loading" in faulty.said
    assert f"{cell}  cpu not run: loaded failed" in faulty.said


def test_the_crash_is_in_the_log(faulty: FaultyRun) -> None:
    assert "probe/load.py tiny" in faulty.project.log(cell_id(extra="-case_segfault"), Rung.LOADED)
    assert "raise ImportError" in faulty.project.log(cell_id(extra="-case_raise"), Rung.LOADED)
