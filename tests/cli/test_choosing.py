"""The options by which cells are chosen, as a user gives them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Envgen

MATRIX = """\
version: 1
axes:
  python: ["3.10", "3.11", "3.12", "3.13"]
  torch: ["2.11", "2.12", "2.13"]
  cuda: [cpu, cu126, cu130]
  os: [debian12, ubuntu24.04, windows2022]
  arch: [x86_64, aarch64]
select:
  default: [{python: "3.12", torch: "2.13"}]
  nightly: {where: "torch>=2.12 and cuda!=cpu", cover: pairs, weights: {python: {"3.12": 3}}, seed: 7}
  cheap: {among: {os: linux}, budget: 5 cells}
runners:
  - {labels: any, price: 0.01}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "matrix.yaml").write_text(MATRIX, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("project")
def test_a_named_selection_and_what_it_covers(envgen: Envgen) -> None:
    said = json.loads(envgen("plan", "--select", "nightly", "--json").out)
    assert said["selection"] == "nightly"
    assert "fewer" in said["remarks"][0]
    assert all(cell["axes"]["cuda"] != "cpu" for cell in said["cells"])
    assert said["pairs"]["covered"] + len(said["pairs"]["missing"]) == said["pairs"]["feasible"]
    assert json.loads(envgen("plan", "--select", "nightly", "--json").out) == said


@pytest.mark.usefixtures("project")
def test_options_narrow_the_whole_matrix(envgen: Envgen) -> None:
    said = envgen("plan", "--where", "os==linux and not cuda==cpu", "--cover", "pairs")
    assert said.code == 0, said.err
    assert "(full where os==linux and not cuda==cpu covering pairs)" in said.out
    five = json.loads(envgen("plan", "--budget", "5", "--must", "py310-torch2.11-cpu-debian12-x86_64", "--json").out)
    assert len(five["cells"]) == 5
    assert five["cells"][0]["cell"] == "py310-torch2.11-cpu-debian12-x86_64"
    dollars = json.loads(envgen("plan", "--budget", "$0.5", "--json").out)
    assert "within $0.50" in dollars["remarks"][0]


def test_a_budget_says_what_each_cell_may_cost(envgen: Envgen, project: Path) -> None:
    cells = json.loads(envgen("plan", "--budget", "0h30m", "--json").out)["cells"]
    assert {tuple(cell["cost"]) for cell in cells} == {("seconds", "bytes", "dollars")}
    assert sum(cell["cost"]["seconds"] for cell in cells) <= 1800
    assert all(cell["cost"]["dollars"] == round(cell["cost"]["seconds"] / 60 * 0.01, 4) for cell in cells)
    assert "cost" not in json.loads(envgen("plan", "--json").out)["cells"][0]
    (project / "matrix.yaml").write_text(MATRIX.replace(", price: 0.01", ""), encoding="utf-8")
    cells = json.loads(envgen("plan", "--budget", "10 cells", "--json").out)["cells"]
    assert {cell["cost"]["dollars"] for cell in cells} == {None}


@pytest.mark.usefixtures("project")
def test_shards_are_the_whole(envgen: Envgen) -> None:
    every = [cell["cell"] for cell in json.loads(envgen("plan", "--json").out)["cells"]]
    refused = envgen("plan", "--format", "github", "--max-cells", "20")
    assert (refused.code, refused.out) == (2, "")
    count = -(-len(every) // 20)
    assert f"Take {count} shards (--shard 1/{count} to {count}/{count})" in refused.err
    found = []
    for number in range(1, count + 1):
        said = envgen("plan", "--format", "github", "--max-cells", "20", "--shard", f"{number}/{count}")
        found += [job["cell"] for job in json.loads(said.out)["include"]]
    assert sorted(found) == sorted(every)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--where", "torch=2.12"), 2, "--where: `=` is no comparison, at character 6 of `torch=2.12`.\nWrite `==`."),
        (("--where", "pyhton==3.12"), 2, "The condition `pyhton==3.12` names the axis 'pyhton'"),
        (("--where", "python==3.9"), 2, "no value of the python axis"),
        (("--where", "cuda==cpu and cuda==cu130"), 4, "No cell that is left meets the condition"),
        (("--cover", "quads"), 2, "--cover: 'quads' is neither values, pairs, triples, nor a number"),
        (("--cover", "6"), 0, ""),
        (("--budget", "lots"), 2, "--budget: 'lots' is not a budget such as 40 cells"),
        (("--budget", "1", "--must", "py310-*"), 2, "budget"),
        (("--cover", "pairs", "--must", "py27-*"), 2, "The plan has no cell py27-*, which must be chosen."),
        (("--cover", "pairs", "--must", "py310-torch2.13-*-windows2022-aarch64"), 2, "The nearest:"),
        (("--cover", "pairs", "--must", "py314-torch2.13-cpu-debian12-x86_64"), 2, "The python axis has 3.10"),
        (("--cover", "pairs", "--must", "py27"), 2, "'py27' is not a cell id"),
        (("--cover", "pairs", "--must", ""), 2, "--must: it is empty.\nGive a cell id"),
        (("--shard", "4/3"), 2, "'4/3' is not a shard such as 2/3"),
        (("--changed", "nowhere"), 2, "nowhere"),
        (("--changed", ""), 2, "There is no run under"),
        (("--budget", ""), 2, "'' is not a budget such as 40 cells"),
        (("--budget", "1.5"), 2, "'1.5' is not a budget such as 40 cells"),
        (("--budget", "1s"), 4, "The budget of 0.0167 minutes buys no cell: the cheapest costs about 2 minutes."),
        (("--budget", "1", "--must", "py310-*"), 2, "must be chosen cost"),
        (("--must", "py310-*"), 2, "--must was given without --cover or --budget."),
        (("--where", "(" * 300), 2, "the condition nests too deeply, at character 42"),
        (("--where", "not " * 5000), 2, "the condition is longer than 4000 characters"),
        (("--impossible", "--cover", "pairs"), 2, "--impossible is about the whole matrix"),
        (("--json", "--format", "github"), 2, "--json and --format github were given together."),
        (("py312-*", "py99-*"), 4, "No cell is 'py99-*'."),
    ],
)
def test_what_is_wrong_is_said_in_words(envgen: Envgen, arguments: tuple[str, ...], code: int, words: str) -> None:
    said = envgen("plan", *arguments)
    assert (said.code, "Traceback" in said.err) == (code, False), said.err
    assert words in said.err


@pytest.mark.usefixtures("project")
def test_every_command_that_takes_cells_has_the_options(envgen: Envgen) -> None:
    for command in ("plan", "lock", "render", "run"):
        text = envgen(command, "--help").out
        assert all(option in text for option in ("--where", "--cover", "--budget", "--changed")), command
