"""The ladder with a real torch: libraries that crash, hang or eat memory when loaded, beside one that works."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from run.project import here, processes_of

from envgen.results import LADDER, CellResult, Outcome, Report, Rung

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="constructors and signals are those of Linux"),
]

LIBRARY = """\
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void at_load(void) {
  const char *fault = getenv("FAULT");
  if (!fault) return;
  if (!strcmp(fault, "segfault")) *(volatile int *)0 = 1;
  if (!strcmp(fault, "hang")) for (;;) pause();
  if (!strcmp(fault, "memory"))
    for (;;) memset(malloc(1 << 24), 1, 1 << 24);
}
"""
BUILD = """\
import os, pathlib, subprocess

package = pathlib.Path(os.environ["ENVGEN_OUT"]) / "faulty"
package.mkdir()
subprocess.run(["cc", "-shared", "-fPIC", "faulty.c", "-o", package / "libfaulty.so"], check=True)
(package / "__init__.py").write_text(
    "import pathlib, torch\\n"
    "torch.ops.load_library(str(pathlib.Path(__file__).with_name('libfaulty.so')))\\n"
)
"""
MATRIX = """\
version: 1
axes:
  python: ["3.{python}"]
  torch: ["{torch}"]
  cuda: [cpu]
  os: [{os}]
  arch: [{arch}]
  fault:
    variables: {{none: {{}}, segfault: {{FAULT: segfault}}, hang: {{FAULT: hang}}, memory: {{FAULT: memory}}}}
extension:
  path: faulty
  build:
    requires: []
    steps: [{{name: library, run: [python, build.py]}}]
  checks:
    cpu: [python, -c, "import faulty, torch; assert torch.arange(4).sum().item() == 6"]
limits: {{memory: 3GB, timeouts: {{loaded: 40s}}}}
"""


@pytest.fixture(scope="module")
def torch_version(find_links: list[str]) -> str:
    """Of the CPU torch that pip's configuration finds for this Python."""
    pattern = re.compile(rf"torch-(\d+\.\d+\.\d+)\+cpu-cp3{sys.version_info.minor}-")
    files = [file.name for folder in find_links if Path(folder).is_dir() for file in Path(folder).glob("torch-*.whl")]
    versions = [match[1] for name in files if (match := pattern.match(name))]
    if not versions:
        pytest.skip(f"pip's configured find-links hold no CPU torch for CPython 3.{sys.version_info.minor}")
    return max(versions)


@pytest.fixture(scope="module")
def report(torch_version: str, tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("faulty")
    (folder / "faulty").mkdir()
    (folder / "faulty" / "faulty.c").write_text(LIBRARY)
    (folder / "faulty" / "build.py").write_text(BUILD)
    system, arch = here()
    (folder / "matrix.yaml").write_text(
        MATRIX.format(python=sys.version_info.minor, torch=torch_version, os=system, arch=arch)
    )
    done = subprocess.run(
        [Path(sys.executable).with_name("envgen"), "run", "-j", "2", "--json"],
        cwd=folder, env={**os.environ, "CI": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert not processes_of(folder)
    return Report.model_validate(json.loads(done.stdout))


def of(report: Report, fault: str) -> CellResult:
    return next(cell for cell in report.cells if cell.axes["fault"] == fault)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("segfault", "died on SIGSEGV while loading"),
        ("hang", "still running after 40 s while loading; ended by its time limit"),
        ("memory", "used more than 3.0 GB of memory while loading; ended by its memory limit"),
    ],
)
def test_an_honest_row(report: Report, fault: str, sentence: str) -> None:
    result = of(report, fault)
    assert [rung.rung for rung in result.rungs] == list(LADDER)
    height = LADDER.index(Rung.LOADED)
    assert {rung.outcome for rung in result.rungs[:height]} == {Outcome.PASSED}
    assert (result.rungs[height].outcome, result.rungs[height].sentence) == (Outcome.FAILED, sentence)
    assert {(rung.outcome, rung.sentence) for rung in result.rungs[height + 1 :]} == {
        (Outcome.NOT_RUN, "loaded failed")
    }


def test_the_rest_is_untouched(report: Report, torch_version: str) -> None:
    assert len(report.cells) == 4
    result = of(report, "none")
    assert result.failed is None
    assert result.reached is Rung.CPU
    assert result.versions["torch"] == f"{torch_version}+cpu"
    loaded = result.rung(Rung.LOADED)
    assert loaded is not None
    assert [Path(str(path)).name for path in loaded.facts["new_libraries"] if "faulty" in str(path)] == ["libfaulty.so"]
