"""Every command: what it prints, its exit code, and its words when something is wrong."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import jsonschema
import pytest
from run.project import PYTHON, TinyProject, cell_id, here

from .conftest import Envgen

COMMANDS = ("init", "plan", "why", "lock", "render", "run", "report", "schema", "build-commands")
CELL = cell_id()
AXES = """\
version: 1
axes:
  python: ["3.11", "3.12"]
  torch: ["2.13", "2.14"]
  cuda: [cpu, cu130]
  os: [ubuntu24.04, windows2022]
  arch: [x86_64]
"""


@pytest.fixture
def axes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A matrix without an extension, in the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ENVGEN_MATRIX", raising=False)
    (tmp_path / "matrix.yaml").write_text(AXES)
    return tmp_path / "matrix.yaml"


def test_help_lists_the_commands(envgen: Envgen) -> None:
    said = envgen("--help")
    assert said.code == 0
    assert all(re.search(rf"^\W*{command} ", said.out, re.MULTILINE) for command in COMMANDS)
    assert envgen("-h").out == said.out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(envgen: Envgen, command: str) -> None:
    said = envgen(command, "--help")
    assert said.code == 0
    assert re.search(rf"Examples?: envgen {command}", said.out)
    assert "\x1b" not in said.out


def test_version(envgen: Envgen) -> None:
    assert re.fullmatch(r"envgen \d\S+\n", envgen("--version").out)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("nonsense", 2, "'nonsense'"),
        ("plan --nonsense", 2, "--nonsense"),
        ("plan --format xml", 2, "'xml'"),
        (
            "plan --select nonsense",
            2,
            "matrix.yaml has no selection 'nonsense'.\nIt has: full, host, pair",
        ),
        ("plan nonsense", 2, "'nonsense' is not a cell id such as "),
        ("plan py312-torch2.13-cu130-ubuntu22.04-x86_64", 2, "py312-torch2.13-cu130-ubuntu22.04-x86_64 is not in the"),
        ("plan py312-*-ubuntu99.04-*", 4, "No cell is 'py312-*-ubuntu99.04-*'."),
        ("plan py312-* --select full", 2, "Cells and --select were given together."),
        ("plan --matrix nowhere.yaml", 3, "nowhere.yaml"),
        ("run", 3, "matrix.yaml:1:1: the matrix names no extension"),
        ("run -j 0", 2, "'--jobs' / '-j'"),
        ("run -e nowhere", 2, "'nowhere'"),
        ("run --base-image debian12=debian:12", 2, "--base-image was given without --environment docker."),
        ("run -e docker --base-image debian12=a:1 --base-image debian12=b:1", 2, "--base-image names debian12 twice."),
        ("run -e docker --base-image debian", 2, "--base-image 'debian' is not OS=IMAGE."),
        ("run --retry-failed", 2, "--retry-failed was given without --resume."),
        ("run --python python3", 2, "--python was given without --environment current."),
        ("run -e current py30-*", 4, "No cell is 'py30-*'"),
        ("run --resume", 2, "There is no run under "),
        ("run --resume --name no-such-run", 2, "There is no run 'no-such-run' under "),
        ("run --resume --name ../up", 2, "'../up' is not a run's name."),
        ("run --resume --name Latest", 2, "A run cannot be named 'Latest'"),
        ("why nonsense", 2, "'nonsense' is not a cell id such as "),
        ("why", 2, "CELL"),
        ("report", 2, "There is no run under "),
        ("report nowhere -o matrix.yaml", 2, "matrix.yaml is a file."),
        ("report nowhere", 2, "nowhere holds no run: run.json is missing."),
        ("render --check py311-torch2.13-cu130-*", 6, "py311-torch2.13-cu130-ubuntu24.04-x86_64"),
        ("schema -o matrix.yaml/x.json", 2, "There is no folder matrix.yaml."),
        ("schema -o nowhere/x.json", 2, "There is no folder nowhere."),
    ],
)
def test_what_is_wrong_is_said_in_words(envgen: Envgen, axes: Path, arguments: str, code: int, words: str) -> None:
    said = envgen(*arguments.split())
    assert said.code == code, said.err
    assert words in (said.err if code != 2 or said.err.startswith("error:") else _unboxed(said.err))
    assert "Traceback" not in said.err
    assert "\x1b" not in said.err
    assert said.out == "" or "--check" in arguments


def _unboxed(text: str) -> str:
    """typer's own errors stand in a box, broken over lines."""
    return " ".join(re.sub("[│╭╮╰╯─]", " ", text).split())


def test_a_broken_matrix_is_said_with_every_place(envgen: Envgen, axes: Path) -> None:
    axes.write_text(AXES.replace("cuda: [cpu, cu130]", "cuda: [cpu, cu1300]").replace("arch: [x86_64]", "arch: [vax]"))
    for command in ("plan", "run", "lock", "render"):
        said = envgen(command)
        assert (said.code, said.out) == (3, "")
        assert re.findall(r"matrix\.yaml:(\d+):(\d+): ", said.err) == [("5", "15"), ("7", "10")]
        assert said.err.splitlines()[1:3] == ["      cuda: [cpu, cu1300]", "                  ^"]


def test_why_a_cell_exists(envgen: Envgen, axes: Path) -> None:
    said = envgen("why", "py312-torch2.13-cu130-ubuntu24.04-x86_64")
    assert said.code == 0
    assert "py312-torch2.13-cu130-ubuntu24.04-x86_64: it exists. The matrix has it." in said.out
    assert said.out.count("fits") > 3
    assert re.search(r"20\d\d-\d\d-\d\d", said.out)


def test_why_a_cell_cannot_be(envgen: Envgen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where there is no matrix at all."""
    monkeypatch.chdir(tmp_path)
    cell = "py313-torch2.4-cu121-ubuntu24.04-x86_64"
    said = envgen("why", cell)
    assert said.code == 1
    conclusion = next(line for line in said.out.splitlines() if line.startswith(cell))
    assert "3.13" in conclusion
    assert "2.4" in conclusion
    said = envgen("why", cell, "--json")
    answer = json.loads(said.out)
    assert (said.code, answer["accepted"], answer["in_matrix"]) == (1, False, None)
    rejecting = [verdict for verdict in answer["verdicts"] if verdict["answer"] not in ("fits", "unknown")]
    assert rejecting
    assert rejecting[0]["sentence"] in conclusion
    assert all(source["as_of"] for verdict in rejecting for source in verdict["sources"])


def test_why_a_cell_is_not_known(envgen: Envgen, axes: Path) -> None:
    said = envgen("why", "py312-torch2.99-cu130-ubuntu24.04-x86_64")
    assert said.code == 0
    assert "not known yet: it is newer than the facts; a run finds out. The matrix does not have it." in said.out
    answer = json.loads(envgen("why", "py312-torch2.99-cu130-ubuntu24.04-x86_64", "--json").out)
    assert (answer["accepted"], answer["unknown"], answer["in_matrix"]) == (True, True, False)


def test_plan(envgen: Envgen, axes: Path) -> None:
    said = envgen("plan", "--json")
    assert said.code == 0
    plan = json.loads(said.out)
    assert plan["raw_combinations"] == 16
    assert len(plan["cells"]) + sum(plan["rejected"].values()) + sum(plan["excluded"].values()) == 16
    assert json.loads(envgen("plan", "--format", "json").out) == plan
    table = envgen("plan").out
    assert all(cell["cell"] in table for cell in plan["cells"])
    assert f"{len(plan['cells'])} cells selected (full) of {len(plan['cells'])} that can be, 16 raw" in table
    chosen = json.loads(envgen("plan", "py312-torch2.13-*", "--json").out)
    assert {cell["axes"]["python"] for cell in chosen["cells"]} == {"3.12"}


def test_plan_for_a_workflow(envgen: Envgen, axes: Path) -> None:
    said = envgen("plan", "--format", "github", "py312-torch2.13-*-ubuntu24.04-*")
    assert said.code == 2
    assert "No runner of matrix.yaml takes the cell py312-torch2.13-cpu-ubuntu24.04-x86_64." in said.err
    axes.write_text(
        AXES
        + "runners:\n  - {cuda: 'cu*', labels: [self-hosted, gpu], gpu: true}\n  - {os: linux, labels: ubuntu-24.04}\n"
    )
    said = envgen("plan", "--format", "github", "py312-torch2.13-*-ubuntu24.04-*")
    assert json.loads(said.out) == {
        "include": [
            {"cell": "py312-torch2.13-cpu-ubuntu24.04-x86_64", "runs-on": ["ubuntu-24.04"], "gpu": False},
            {"cell": "py312-torch2.13-cu130-ubuntu24.04-x86_64", "runs-on": ["self-hosted", "gpu"], "gpu": True},
        ]
    }
    assert said.out.count("\n") == 1


def test_more_cells_than_a_workflow_may_have_are_refused(envgen: Envgen, axes: Path) -> None:
    values = ", ".join(f"v{number}: {{}}" for number in range(200))
    axes.write_text(AXES + f"  many: {{variables: {{{values}}}}}\nrunners: [{{labels: any}}]\n")
    said = envgen("plan", "--format", "github")
    assert (said.code, said.out) == (2, "")
    assert "in 1 shard are more than the 256 that one may have." in said.err


def test_a_matrix_elsewhere(envgen: Envgen, axes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here_said = envgen("plan").out
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert envgen("plan").code == 3
    assert envgen("plan", "--matrix", "../matrix.yaml").out == here_said
    monkeypatch.setenv("ENVGEN_MATRIX", str(axes))
    assert envgen("plan").out == here_said


def test_schema(envgen: Envgen, tmp_path: Path) -> None:
    schema = json.loads(envgen("schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert envgen("schema", "-o", tmp_path / "schema.json").out == f"{tmp_path / 'schema.json'} is written.\n"
    assert json.loads((tmp_path / "schema.json").read_text()) == schema


def test_a_first_matrix_plans(envgen: Envgen, tmp_path: Path) -> None:
    said = envgen("init", tmp_path / "my-ext")
    assert said.code == 0, said.err
    matrix = tmp_path / "my-ext" / "matrix.yaml"
    plan = json.loads(envgen("plan", "-m", matrix, "--json").out)
    assert plan["cells"]
    before = matrix.read_text()
    said = envgen("init", tmp_path / "my-ext")
    assert said.code == 2
    assert f"{matrix} is there already." in said.err
    assert matrix.read_text() == before


linux = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")


@linux
def test_lock(envgen: Envgen, inside: TinyProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = envgen("lock", "--json", "-o", tmp_path / "locks")
    assert said.code == 0, said.err
    lock = json.loads(said.out)[CELL]
    assert lock["locked"]
    assert lock["versions"] == {"torch": "2.13.0+cpu"}
    assert Path(lock["file"]) == tmp_path / "locks" / CELL / "pylock.toml"
    assert Path(lock["file"]).is_file()
    assert f"locked {CELL}  1 package," in envgen("lock", "-o", tmp_path / "locks").out

    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    said = envgen("lock", "-U", "--json", "-o", tmp_path / "locks")
    assert said.code == 5
    assert json.loads(said.out)[CELL]["error"]
    assert "Traceback" not in said.err


@linux
def test_a_dry_run_makes_nothing(envgen: Envgen, inside: TinyProject) -> None:
    said = envgen("run", "--dry-run")
    assert said.code == 0, said.err
    assert "Would run: 1 cell (full) of tiny." in said.out
    assert "kernel not run in 1 of 1 cell: " in said.out
    assert ".." not in said.out.replace("...", "")
    assert not (inside.folder / ".envgen" / "runs").exists()
    assert not (inside.folder / ".envgen" / "cells").exists()


@linux
def test_a_dry_run_for_programs(
    envgen: Envgen, inside: TinyProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = envgen("run", "--dry-run", "--json")
    assert said.code == 0
    ahead = json.loads(said.out)
    assert [(cell["cell"], cell["locked"]) for cell in ahead["cells"]] == [(CELL, True)]
    assert ahead["download_bytes"] == ahead["cells"][0]["download_bytes"]
    assert [(obstacle["rung"], obstacle["outcome"]) for obstacle in ahead["obstacles"]] == [
        ("kernel", "not run"), ("engine", "not run"),
    ]  # fmt: skip

    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    (inside.folder / ".envgen" / "locks" / CELL / "pylock.toml").unlink()
    said = envgen("run", "--dry-run", "--json")
    assert said.code == 5
    ahead = json.loads(said.out)
    assert [cell["locked"] for cell in ahead["cells"]] == [False]
    assert [(obstacle["rung"], obstacle["outcome"]) for obstacle in ahead["obstacles"]] == [("locked", "failed")]
    said = envgen("run", "--dry-run")
    assert said.code == 5
    assert "locked failed in 1 of 1 cell: " in said.out


@linux
def test_damaged_results_do_not_hide_the_others(envgen: Envgen, inside: TinyProject) -> None:
    inside.write_matrix(axes="  twin: {variables: {good: {}, bad: {}}}")
    good, bad = cell_id(extra="-twin_good"), cell_id(extra="-twin_bad")
    assert envgen("run").code == 0
    file = inside.run_folder() / "cells" / f"{bad}.json"
    file.write_text("{")
    said = envgen("report")
    assert said.code == 1
    assert re.search(rf"{good} .*passed", said.out)
    assert re.search(rf"{bad} .*not run", said.out)
    assert "planned: its result cannot be read: " in said.out
    assert said.err.startswith(f"error: {file} is damaged")
    assert said.err.count("\n") == 1
    assert "`envgen run --resume` runs the cell again." in said.err
    assert envgen("run", "--resume").code == 0
    assert envgen("report").code == 0


@linux
def test_the_running_interpreter_shares_the_row_of_its_cell(envgen: Envgen, inside: TinyProject) -> None:
    assert envgen("run", "--name", "made").code == 0
    python = inside.folder / ".envgen" / "cells" / "venv" / CELL / "venv" / "bin" / "python"
    said = envgen("run", "-e", "current", "--python", python, "--name", "taken")
    assert said.code == 0, said.out + said.err
    assert f"{CELL}  planned passed: taken as it is: {python}" in said.out
    assert list(inside.results("taken")) == [CELL]
    runs = inside.folder / ".envgen" / "runs"
    assert [
        cell["cell"] for cell in json.loads(envgen("report", runs / "made", runs / "taken", "--json").out)["cells"]
    ] == [CELL]


@linux
def test_a_run_and_the_reports_of_two(envgen: Envgen, inside: TinyProject, tmp_path: Path) -> None:
    inside.write_matrix(axes="  twin: {variables: {good: {}, bad: {TINY_FAULT: raise}}}")
    good, bad = cell_id(extra="-twin_good"), cell_id(extra="-twin_bad")
    said = envgen("run", good, "--name", "one", "--json")
    assert said.code == 0, said.err
    assert [cell["cell"] for cell in json.loads(said.out)["cells"]] == [good]
    assert f"{good}  cpu passed" in said.err
    said = envgen("run", bad, "--name", "two")
    assert said.code == 1
    assert "report.html" in said.out
    assert said.err == ""

    runs = inside.folder / ".envgen" / "runs"
    said = envgen("report", "--json")
    assert [cell["cell"] for cell in json.loads(said.out)["cells"]] == [bad]
    said = envgen("report", runs / "one", runs / "two", "-o", tmp_path / "public")
    assert said.code == 0
    assert good in said.out
    assert bad in said.out
    report = json.loads((tmp_path / "public" / "report.json").read_text())
    assert sorted(cell["cell"] for cell in report["cells"]) == sorted((good, bad))
    assert report["run"]["run"] == "one + two"
    assert good in (tmp_path / "public" / "report.md").read_text()
    assert bad in (tmp_path / "public" / "report.html").read_text()


@linux
def test_a_selection_of_this_machine(envgen: Envgen, inside: TinyProject) -> None:
    inside.write_matrix(os=f"{here()[0]}, windows2022", python=f'["{PYTHON}"]')
    with (inside.folder / "matrix.yaml").open("a") as matrix:
        matrix.write("select: {mine: {os: host}, default: {os: windows2022}}\n")
    assert [cell["cell"] for cell in json.loads(envgen("plan", "-s", "mine", "--json").out)["cells"]] == [CELL]
    said = envgen("run", "-s", "mine", "--dry-run")
    assert "1 cell (mine) of tiny" in said.out
    assert "Left out: 1 cell, not selected." in said.out
    assert "All 2 cells: envgen run --select full" in said.out
    assert "2 cells (default + mine) of tiny" in envgen("run", "-s", "default", "-s", "mine", "--dry-run").out
