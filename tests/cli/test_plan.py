"""`envgen plan` with nothing left and with very many cells; `envgen why` in a pipe."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Envgen

AXES = """\
version: 1
axes: {python: ["3.11", "3.12"], torch: ["2.13", "2.14"], cuda: [cpu, cu130], os: [ubuntu24.04], arch: [x86_64]}
"""
CELL = "py312-torch2.13-cu130-ubuntu24.04-x86_64"


@pytest.fixture
def axes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ENVGEN_MATRIX", raising=False)
    (tmp_path / "matrix.yaml").write_text(AXES)
    return tmp_path / "matrix.yaml"


def test_all_cells_excluded(envgen: Envgen, axes: Path) -> None:
    axes.write_text(AXES + "exclude: [{os: ubuntu24.04, reason: 'not [now]'}]\n")
    said = envgen("plan")
    assert said.code == 4
    assert "0 cells selected (full) of 0 that can be, 8 raw combinations." in said.out
    assert "       8  excluded: not [now]\n" in said.out
    assert "The matrix has no cells to select from." in said.err
    said = envgen("plan", "--json")
    assert said.code == 4
    answer = json.loads(said.out)
    assert (answer["cells"], answer["excluded"]) == ([], {"not [now]": 8})
    assert envgen("plan", "--format", "github").code == 4


def test_rules_and_reasons_are_told_apart(envgen: Envgen, axes: Path) -> None:
    axes.write_text(AXES.replace("cpu, cu130", "cpu, cu118, cu130").replace('["2.13"', '["2.2", "2.13"'))
    said = envgen("plan")
    assert said.code == 0, said.err
    assert "Combinations taken out, by rule or by the reason of an exclude entry:" in said.out
    assert "  rule torch-cuda\n" in said.out
    axes.write_text(AXES)
    assert "Combinations taken out" not in envgen("plan").out


@pytest.mark.skipif(not shutil.which("script"), reason="there is no `script`, which gives a program a terminal")
def test_very_many_cells_on_a_terminal(envgen: Envgen, axes: Path) -> None:
    values = ", ".join(f"v{number}: {{}}" for number in range(30))
    axes.write_text(AXES.replace("x86_64]}", f"x86_64], many: {{variables: {{{values}}}}}}}"))
    program = Path(sys.executable).with_name("envgen")
    for option, shown in (("", 50), ("--all", 240)):
        done = subprocess.run(
            ["script", "-qec", f"{program} plan {option}", os.devnull],
            cwd=axes.parent, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stdout.count("-ubuntu24.04-x86_64-many_v") == shown
        assert ("... and 190 more; --all lists them." in done.stdout) is (shown == 50)
        assert "240 cells selected (full) of 240" in done.stdout
    assert envgen("plan").out.count("-ubuntu24.04-x86_64-many_v") == 240


def test_one_is_one_and_includes_are_counted_beside_the_product(envgen: Envgen, axes: Path) -> None:
    one = AXES.replace('["3.11", "3.12"]', '"3.12"').replace('"2.13", "2.14"', '"2.13"').replace(", cu130", "")
    axes.write_text(one)
    assert "1 cell selected (full) of 1 that can be, 1 raw combination.\n" in envgen("plan").out
    axes.write_text(
        f"{one}include:\n"
        "  - {python: '3.11', torch: '2.13', cuda: cpu, os: ubuntu24.04, arch: x86_64, reason: asked for}\n"
    )
    said = envgen("plan").out
    assert "2 cells selected (full) of 2 that can be, 1 raw combination and 1 cell that include entries add.\n" in said
    assert json.loads(envgen("plan", "--json").out)["included"] == 1


def test_versions_of_which_nothing_is_known_are_named_once(envgen: Envgen, axes: Path) -> None:
    sentence = "Nothing is known of numpy: that {} can be had beside the other values was not checked"
    assert "Nothing is known" not in envgen("plan").out
    own = 'numpy: {package: numpy, values: [none, "1.26", "99.9"]}, mode: {variables: {a: {M: a}}}}'
    axes.write_text(AXES.replace("x86_64]}", f"x86_64], {own}"))
    said = envgen("plan")
    assert (said.code, said.out.count("Nothing is known")) == (0, 1)
    assert sentence.format("1.26 and 99.9") in said.out
    (unchecked,) = json.loads(envgen("plan", "--json").out)["unchecked"]
    assert unchecked == {"axis": "numpy", "package": "numpy", "versions": ["1.26", "99.9"]}
    assert sentence.format("99.9") in envgen("why", f"{CELL}-numpy_99.9-mode_a").out.splitlines()[0]
    assert "Nothing is known" not in envgen("why", f"{CELL}-numpy_none-mode_a").out


def test_why_says_the_conclusion_first_and_the_same_once(envgen: Envgen, axes: Path) -> None:
    said = envgen("why", CELL).out
    assert said.startswith(f"{CELL}: it exists. The matrix has it.\n")
    assert said.count("The cell has no TensorRT.") == 1
    assert all(line == line.rstrip() for line in said.splitlines())


def test_why_says_an_axis_that_the_matrix_lacks(envgen: Envgen, axes: Path) -> None:
    assert "The matrix has no axis foo." in envgen("why", f"{CELL}-foo_2").out
    said = envgen("why", f"{CELL}-foo_2".replace("py312", "py38"))
    assert said.code == 1
    assert "The matrix has no axis foo." in said.out.splitlines()[0]
