"""The program as a shell starts it: pipes, code pages, terminals, completion, and arguments that nobody would type."""

from __future__ import annotations

import os
import shutil
import string
import subprocess
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from run.project import TinyProject, cell_id

from .conftest import Envgen

CELL = cell_id()
linux = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")
AXES = """\
version: 1
axes: {python: "3.12", torch: "2.13", cuda: [cpu, cu130], os: [ubuntu24.04, windows2022], arch: x86_64}
select: {default: {cuda: cpu}}
"""


@linux
def test_an_old_code_page(project: TinyProject) -> None:
    done = project.envgen("run", PYTHONIOENCODING="cp1252")
    assert done.returncode == 0, done.stderr
    assert f"{CELL}  cpu passed" in done.stdout
    assert "1 passed" in done.stdout


@linux
def test_a_reader_that_goes_away(project: TinyProject) -> None:
    values = ", ".join(f"v{number}: {{}}" for number in range(2000))
    project.write_matrix(axes=f"  many: {{variables: {{{values}}}}}")
    process = project.start("plan")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(30) in (0, 1)
    done = subprocess.run(
        ["bash", "-c", f"{Path(sys.executable).with_name('envgen')} plan | head -1"],
        cwd=project.folder, env=dict(project.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.startswith("cell ")
    assert done.stderr == ""


@linux
def test_on_a_terminal(project: TinyProject, tmp_path: Path) -> None:
    """A live table, in colour, gone at the end; and the lines of the result below."""
    envgen = Path(sys.executable).with_name("envgen")
    script = shutil.which("script")
    if not script:
        pytest.skip("there is no `script`, which gives a program a terminal")
    done = subprocess.run(
        [script, "-qec", f"{envgen} run", str(tmp_path / "typescript")],
        cwd=project.folder, env={**project.environ, "TERM": "xterm-256color", "COLUMNS": "160"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "\x1b[" in done.stdout
    assert "0 of 1 cell done" in done.stdout
    assert "created" in done.stdout
    assert "report.html" in done.stdout


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
def test_completion_in_bash() -> None:
    envgen = Path(sys.executable).with_name("envgen")
    script = subprocess.run(
        ["bash", "-c", f"{envgen} --show-completion; exit $?"], capture_output=True, text=True, check=False
    )
    assert script.returncode == 0, script.stderr
    assert "complete -o default -F _envgen_completion envgen" in script.stdout
    ask = (
        "COMP_WORDS=(envgen re); COMP_CWORD=1; _envgen_completion envgen; echo ${COMPREPLY[@]};"
        "COMP_WORDS=(envgen run --re); COMP_CWORD=2; _envgen_completion envgen; echo ${COMPREPLY[@]}"
    )
    path = os.pathsep.join([str(envgen.parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", f"{script.stdout}\n{ask}"], env={**os.environ, "PATH": path}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.split("\n")[:2] == ["render report", "--resume --retry-failed --require"]


WORDS = (
    "plan", "why", "lock", "render", "run", "report", "schema", "--help", "--json", "--format", "github", "table",
    "--select", "-s", "default", "full", "--matrix", "-m", "matrix.yaml", "--check", "--resume", "--retry-failed",
    "--name", "-j", "2", "-1", "--dry-run", "-e", "current", "venv", "--python", "-o", "--output", "--", "-", "",
    "py312-torch2.13-cpu-ubuntu24.04-x86_64", "py312-*", "[", "*", "..", "/", "/dev/null", "run.json", "--version",
)  # fmt: skip
ANYTHING = st.text(st.characters(exclude_characters="\0", exclude_categories=()), max_size=12).filter(
    lambda text: not any(0xD800 <= ord(c) < 0xDC80 or 0xDD00 <= ord(c) < 0xE000 for c in text)
)
ARGUMENTS = st.lists(st.sampled_from(WORDS) | ANYTHING | st.text(string.printable, max_size=6), max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=ARGUMENTS)
def test_no_arguments_end_in_a_traceback(envgen: Envgen, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("matrix.yaml").write_text(AXES, encoding="utf-8")
        said = envgen(*arguments)
    assert said.code in (0, 1, 2, 3, 4, 5, 6)
    assert "Traceback" not in said.err + said.out
    assert said.code == 0 or said.err or said.out
