"""Pairs of cells, and the scripts and workflow of one: their text (goldens), and that their own readers take them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from cli.conftest import Envgen, envgen

from envgen import __version__
from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.engine.windows import Pair, pairs_of
from envgen.engine.windows.pair import makes, unfit
from envgen.errors import EnvgenError
from envgen.render.files import Generated
from envgen.render.windows_pair import PairInputs, pair_files, workflow_file
from envgen.spec.matrix import WindowsProgram

from .conftest import LINUX, WINDOWS

__all__ = ["envgen"]

GOLDEN = Path(__file__).with_name("golden")
FACTS = Facts.bundled()
MATRIX = """\
version: 1
axes:
  python: ["3.12", "3.13"]
  torch: ["2.13", "2.14"]
  cuda: [cu130]
  tensorrt: ["11.0", "11.1"]
  os: [ubuntu24.04, windows2022]
  arch: [x86_64]
extension:
  path: ext
  import: mine
  windows_program: {model: "mine.models:make", version_compatible: true}
runners:
  - {os: windows2022, labels: [self-hosted, win-gpu], gpu: true}
  - {os: ubuntu24.04, labels: ubuntu-24.04}
"""


def inputs(name: str = "torch2.14-cu130-trt11.1-py312", labels: tuple[str, ...] = ("self-hosted", "gpu")) -> PairInputs:
    return PairInputs(
        name=name, linux=Cell.parse(LINUX), windows=Cell.parse(WINDOWS), folder=PurePosixPath("environments/windows"),
        matrix_name="matrix.yaml", program=WindowsProgram("mine.models:make", ("static", "dynamic"), {}, 1e-3),
        source=PurePosixPath("my ext"), linux_labels=labels, windows_labels=("self-hosted", "it's win"),
    )  # fmt: skip


def texts() -> dict[str, str]:
    files: list[Generated] = [*pair_files(inputs()), workflow_file([inputs()], "envgen", ["A note."])]
    return {file.path.name: file.text.replace(f"envgen {__version__}", "envgen VERSION") for file in files}


@pytest.mark.parametrize("name", texts())
def test_golden(name: str) -> None:
    golden = GOLDEN / name
    if os.environ.get("ENVGEN_UPDATE_GOLDENS"):
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(texts()[name], encoding="utf-8", newline="\n")
    assert texts()[name] == golden.read_bytes().decode()


def test_a_shell_reads_the_script(tmp_path: Path) -> None:
    done = subprocess.run(["bash", "-n"], input=texts()["export.sh"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    if shellcheck := shutil.which("shellcheck"):
        (tmp_path / "export.sh").write_text(texts()["export.sh"])
        found = subprocess.run([shellcheck, tmp_path / "export.sh"], capture_output=True, text=True, check=False)
        assert (found.stdout, found.returncode) == ("", 0)


@pytest.mark.parametrize("name", ["run.ps1", "build-native.ps1"])
def test_a_parser_of_powershell_reads_the_script(name: str) -> None:
    sitter = pytest.importorskip("tree_sitter", reason="the parser has no wheel for this machine")
    grammar = pytest.importorskip("tree_sitter_powershell")
    parser = sitter.Parser(sitter.Language(grammar.language()))
    assert not parser.parse(texts()[name].encode()).root_node.has_error
    assert parser.parse(texts()[name].replace("}", "", 1).encode()).root_node.has_error


def test_the_export_script_fails_where_the_cell_left_nothing(tmp_path: Path) -> None:
    script = tmp_path / "environments" / "windows" / "pair" / "export.sh"
    script.parent.mkdir(parents=True)
    script.write_text(texts()["export.sh"])
    program = tmp_path / "bin" / "envgen"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$PWD" "$@" > said\n')
    program.chmod(0o755)
    environ = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", script], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "left no program for Windows with static shapes" in done.stderr
    run = "windows-export-torch2.14-cu130-trt11.1-py312"
    said = (tmp_path / "said").read_text().splitlines()
    assert said == [str(tmp_path), "run", "--matrix", "matrix.yaml", "--name", run, LINUX]
    for shapes in ("static", "dynamic"):
        kept = tmp_path / ".envgen" / "runs" / run / "kept" / LINUX / "engine" / "windows" / shapes
        kept.mkdir(parents=True)
        (kept / "manifest.json").touch()
    done = subprocess.run(["bash", script], env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def jobs() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(texts()["windows-engine.yml"])["jobs"]
    return found


def test_the_workflow_hands_the_run_on() -> None:
    assert set(jobs()) == {"export", "native", "run", "report"}
    assert jobs()["run"]["needs"] == "export"
    assert jobs()["export"]["strategy"]["matrix"]["include"][0]["runs-on"] == ["self-hosted", "gpu"]
    assert jobs()["run"]["strategy"]["matrix"]["include"][0]["runs-on"] == ["self-hosted", "it's win"]
    uploaded = jobs()["export"]["steps"][-1]["with"]
    brought = next(step["with"] for step in jobs()["run"]["steps"] if "download" in step.get("uses", ""))
    assert uploaded["name"] == brought["name"] == "export-${{ matrix.pair }}"
    assert uploaded["path"] == ".envgen/runs/windows-export-${{ matrix.pair }}"


def test_no_value_of_the_matrix_is_code_in_the_workflow() -> None:
    """What GitHub puts in place of an expression is never in the text that a shell runs."""
    for job in jobs().values():
        assert not [step["run"] for step in job["steps"] if "${{" in step.get("run", "")]
    hostile = workflow_file([inputs(labels=('a"], x: [', "${{ secrets.A }}"))], 'x" && rm -rf "', [])
    listed = yaml.safe_load(hostile.text)
    assert listed["env"]["ENVGEN"] == 'x" && rm -rf "'
    assert listed["jobs"]["export"]["strategy"]["matrix"]["include"][0]["runs-on"][0] == 'a"], x: ['
    with pytest.raises(EnvgenError, match="newline"):
        workflow_file([inputs(labels=("a\nb",))], "envgen", [])


def test_pairs_of_cells() -> None:
    names = [
        LINUX, WINDOWS, LINUX.replace("py312", "py313"), LINUX.replace("11.1", "11.0").replace("2.14", "2.13"),
        WINDOWS.replace("11.1", "11.0").replace("2.14", "2.13"), LINUX.replace("11.1", "11.1lean"),
        LINUX.replace("x86_64", "aarch64"),
    ]  # fmt: skip
    pairs = pairs_of(map(Cell.parse, names), FACTS, version_compatible=False)
    assert [(str(pair.linux), str(pair.windows)) for pair in pairs] == [
        (names[2], WINDOWS), (LINUX, WINDOWS), (names[3], names[4]),
    ]  # fmt: skip
    assert Pair(Cell.parse(LINUX), Cell.parse(WINDOWS)).name == "torch2.14-cu130-trt11.1-py312"


@pytest.mark.parametrize(
    ("linux", "windows", "said"),
    [
        (LINUX, WINDOWS, ""),
        (LINUX, WINDOWS.replace("2.14", "2.13"), "by the torch that saved it"),
        (LINUX.replace("cu130", "cu132"), WINDOWS, "built for cu132 and cu130"),
        (LINUX.replace("trt11.1", "trt11.0"), WINDOWS, "must be the same"),
        (LINUX, WINDOWS.replace("trt11.1", "trt99.9"), "is not known"),
    ],
)
def test_cells_that_are_no_pair(linux: str, windows: str, said: str) -> None:
    found = unfit(Cell.parse(linux), Cell.parse(windows), FACTS, version_compatible=False)
    assert (said in found) if said else not found


def test_a_newer_tensorrt_takes_what_is_version_compatible() -> None:
    linux, windows = Cell.parse(LINUX.replace("trt11.1", "trt11.0")), Cell.parse(WINDOWS)
    assert not unfit(linux, windows, FACTS, version_compatible=True)
    older = unfit(Cell.parse(LINUX), Cell.parse(WINDOWS.replace("trt11.1", "trt11.0")), FACTS, version_compatible=True)
    assert "as new" in older


def test_cells_of_old_releases_make_none() -> None:
    assert makes(Cell.parse(LINUX), FACTS)
    assert not makes(Cell.parse("py310-torch2.2-cu121-trt8.6-debian12-x86_64"), FACTS)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "matrix.yaml").write_text(MATRIX)
    (tmp_path / "ext").mkdir()
    (tmp_path / "ext" / "pyproject.toml").write_text("[project]\nname = 'mine'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ENVGEN_MATRIX", raising=False)
    return tmp_path


def test_the_command_writes_and_checks(project: Path, envgen: Envgen) -> None:
    said = envgen("windows-pair", "--json")
    assert said.code == 0
    told = json.loads(said.out)
    assert told["pairs"][0]["linux"] == "py313-torch2.14-cu130-trt11.1-ubuntu24.04-x86_64"
    assert [Path(name).name for name in told["files"]] == ["export.sh", "run.ps1", "windows-engine.yml"]
    assert len(told["notes"]) == 2
    assert envgen("windows-pair", "--check").code == 0
    (project / told["files"][0]).write_text("")
    stale = envgen("windows-pair", "--check")
    assert stale.code == 6
    assert "stale: environments/windows/torch2.14-cu130-trt11.1-py313/export.sh" in stale.err
    (project / "ext" / "CMakeLists.txt").touch()
    assert "build-native.ps1" in envgen("windows-pair", "--all", "-o", "scripts").out
    assert len(list((project / "scripts").iterdir())) == 4


def test_what_cannot_be_written_is_said(project: Path, envgen: Envgen) -> None:
    linux, windows = (f"py312-torch2.14-cu130-trt11.1-{os}-x86_64" for os in ("ubuntu24.04", "windows2022"))
    assert envgen("windows-pair", linux, windows).code == 0
    for arguments, words in (
        ((linux,), "1 cell given"),
        ((windows, linux), "makes no programs for Windows"),
        ((linux, linux), "is no Windows cell"),
        ((linux, windows.replace("2.14", "2.13")), "by the torch that saved it"),
        (("-o", "..", linux, windows), "is not below the matrix"),
    ):
        said = envgen("windows-pair", *arguments)
        assert said.code == 2
        assert words in said.err
    text = MATRIX.replace("version_compatible: true", "settings: {lazy_engine_init: true}")
    (project / "matrix.yaml").write_text(text)
    said = envgen("windows-pair")
    assert said.code == 3
    assert "matrix.yaml:12:" in said.err
    assert "`lazy_engine_init` cannot be set" in said.err
    (project / "matrix.yaml").write_text("\n".join(line for line in MATRIX.splitlines() if "windows_pro" not in line))
    assert "names no program for Windows" in envgen("windows-pair").err
    (project / "matrix.yaml").write_text(MATRIX.replace(", windows2022]", "]"))
    assert envgen("windows-pair").code in (3, 4)
