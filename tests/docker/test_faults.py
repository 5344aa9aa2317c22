"""One run of many cells, each with its own fault, in containers: the same sentences as elsewhere, and nothing left."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

import pytest

from envgen.container.engine import Engine
from envgen.results import CellResult, Rung

from .conftest import PYTHONS, DockerProject, Make

pytestmark = pytest.mark.docker
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
    "nothing": {"TINY_BUILD": "nothing at all"},
}
SENTENCES = {
    "segfault": (Rung.LOADED, "died on SIGSEGV while loading"),
    "abort": (Rung.LOADED, "died on SIGABRT while loading"),
    "hang": (Rung.LOADED, "still running after 20 s while loading; ended by its time limit"),
    "memory": (
        Rung.LOADED,
        "ended with code 1 while loading: error: used more than 0.4 GB of memory; ended by its memory limit",
    ),
    "exit": (Rung.LOADED, "the process ended itself while loading, with code 0"),
    "raise": (
        Rung.LOADED,
        "ended with code 1 while loading: ImportError: libmissing.so.7: cannot open shared object file:"
        " No such file or directory",
    ),
    "check": (Rung.CPU, "ended with code 1 while the cpu check ran: AssertionError: the answer is wrong"),
    "broken": (Rung.BUILT, "ended with code 1 while the image was built: broken.c:2:10: error: .undeclared_name. .+"),
    "nothing": (Rung.BUILT, "the image was built, but the build left nothing in ENVGEN_OUT"),
}


@dataclass(frozen=True)
class FaultyRun:
    project: DockerProject
    exit_code: int
    results: dict[str, CellResult]


@pytest.fixture(scope="module")
def faulty(make: Make, tmp_path_factory: pytest.TempPathFactory) -> FaultyRun:
    cases = ", ".join(f"{name}: {{{', '.join(map(': '.join, case.items()))}}}" for name, case in CASES.items())
    project = make(
        tmp_path_factory.mktemp("faults") / "project",
        os="debian12",
        python=f'["{PYTHONS["debian12"]}"]',
        axes=f"  case: {{variables: {{{cases}}}}}",
        timeouts="{default: 300s, loaded: 20s}",
        memory="400MB",
    )
    done = project.run("-j", "2")
    assert done.stderr == ""
    results = {result.axes["case"]: result for result in project.results().values()}
    return FaultyRun(project, done.returncode, results)


@pytest.mark.parametrize("case", SENTENCES)
def test_the_failed_rung_says_why(faulty: FaultyRun, case: str) -> None:
    rung, sentence = SENTENCES[case]
    failed = faulty.results[case].failed
    assert failed is not None, faulty.results[case]
    assert re.fullmatch(sentence, failed.sentence), failed.sentence
    assert failed.rung is rung


def test_the_healthy_cell_is_untouched(faulty: FaultyRun) -> None:
    assert faulty.results["plain"].failed is None
    assert faulty.results["plain"].reached is Rung.CPU
    assert faulty.exit_code == 1


def test_nothing_is_left(faulty: FaultyRun, engine: Engine) -> None:
    ask = [str(engine.program), "ps", "--all", "--quiet", "--filter", "label=dev.envgen.owner"]
    assert subprocess.run(ask, capture_output=True, text=True, check=True).stdout == ""
    ask = [str(engine.program), "volume", "ls", "--quiet", "--filter", "dangling=true"]
    assert subprocess.run(ask, capture_output=True, text=True, check=True).stdout == ""
