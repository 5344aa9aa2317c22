"""`envgen why`: the sources of a verdict, what others claim, and what the matrix loses of a value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Envgen

MATRIX = """\
version: 1
axes:
  python: ["3.9", "3.12"]
  torch: ["2.8", "2.13"]
  cuda: [cpu, cu130]
  tensorrt: [none]
  os: [ubuntu24.04]
  arch: [x86_64]
exclude:
  - {python: "3.9", cuda: cpu, reason: nobody uses it}
"""


@pytest.fixture
def matrix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "matrix.yaml"
    file.write_text(MATRIX)
    return file


def test_a_disputed_fact_is_said_with_the_kind_of_each_source(envgen: Envgen, matrix: Path) -> None:
    cell = "py312-torch2.12-cpu-ubuntu24.04-x86_64"
    said = envgen("why", cell)
    assert said.code == 0
    assert "also claimed: C++17; https://github.com/pytorch/pytorch/blob/main/RELEASE.md (secondary, " in said.out
    verdicts = {verdict["rule"]: verdict for verdict in json.loads(envgen("why", cell, "--json").out)["verdicts"]}
    assert verdicts["torch-standard"]["disputed"][0]["says"] == "C++17"
    assert verdicts["torch-standard"]["disputed"][0]["source"]["kind"] == "secondary"
    assert verdicts["torch-standard"]["sources"][0]["kind"] == "measured"
    assert verdicts["torch-release"]["disputed"] == []


def test_what_is_unsupported_is_no_cell(envgen: Envgen, matrix: Path) -> None:
    said = envgen("why", "py310-torch2.2-cu118-debian13-x86_64")
    assert said.code == 1
    assert "unsupported upstream: nvcc 11.8 takes gcc below 12 and clang below 15, and debian13 has" in said.out


def test_what_the_matrix_loses_of_a_value(envgen: Envgen, matrix: Path) -> None:
    said = envgen("why", "--not-in-matrix", "python=3.9")
    assert said.code == 1
    assert "python=3.9: 0 cells left of 4 combinations; the rules take out 3, exclude entries 1." in said.out
    assert "torch-python: 2 combinations, for instance" in said.out
    assert "has no wheel for Python 3.9" in said.out
    assert "nobody uses it" in said.out
    answer = json.loads(envgen("why", "--not-in-matrix", "python=3.9", "--json").out)
    assert (answer["left"], answer["raw_combinations"], answer["excluded"]) == (0, 4, {"nobody uses it": 1})
    assert [rule["cells"] for rule in answer["rules"]] == [2, 1]
    assert all(rule["example"]["sentence"] for rule in answer["rules"])


def test_what_it_would_lose_of_a_value_that_it_does_not_have(envgen: Envgen, matrix: Path) -> None:
    said = envgen("why", "--not-in-matrix", "python=3.13", "--not-in-matrix", "cuda=cu126")
    assert said.code == 0
    assert "python=3.13 and cuda=cu126: 2 cells left of 2 combinations" in said.out
    assert "The matrix does not have python=3.13 and cuda=cu126: this is what it would lose." in said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--not-in-matrix", "python"], "'python' is not AXIS=VALUE"),
        (["--not-in-matrix", "cuda=cpu", "--not-in-matrix", "cuda=cu130"], "cuda was given two values"),
        (["--not-in-matrix", "colour=red"], "no axis 'colour'"),
        (["--not-in-matrix", "cuda=cpu", "py312-torch2.13-cpu-ubuntu24.04-x86_64"], "takes a CELL, or --not-in-matrix"),
        ([], "takes a CELL, or --not-in-matrix"),
    ],
)
def test_wrong_usage(envgen: Envgen, matrix: Path, arguments: list[str], words: str) -> None:
    said = envgen("why", *arguments)
    assert (said.code, said.out) == (2, "")
    assert words in said.err
