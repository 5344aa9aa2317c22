"""`envgen engine inspect`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.engine.made import plan, record, torchscript

from .conftest import Envgen

CELL = "py312-torch2.13-cu130-trt11.0-ubuntu24.04-x86_64"
MATRIX = """\
version: 1
axes:
  python: ["3.12"]
  torch: ["2.12", "2.13"]
  cuda: [cu130]
  tensorrt: [none, "10.16", "11.0"]
  os: [ubuntu24.04]
  arch: [x86_64]
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ENVGEN_MATRIX", raising=False)
    (tmp_path / "matrix.yaml").write_text(MATRIX)
    (tmp_path / "model.plan").write_bytes(plan("11.0.0.114", [80, 90, 120]))
    (tmp_path / "model.ts").write_bytes(torchscript(record(plan("11.0.0.114"))))
    (tmp_path / "cut.plan").write_bytes(plan("11.0.0.114")[:5000])
    (tmp_path / "none.plan").write_bytes(b"nothing")
    return tmp_path


def test_facts(envgen: Envgen, files: Path) -> None:
    said = envgen("engine", "inspect", "model.plan", "model.ts")
    assert said.code == 0
    assert "model.plan: TensorRT plan" in said.out
    assert "11.0.0.114; 383204 bytes, all there" in said.out
    assert "12.0; kernels for 8.0, 9.0, 12.0" in said.out
    assert "ABI 9, for torch-tensorrt 2.12 to 2.13" in said.out


def test_one_cell(envgen: Envgen, files: Path) -> None:
    said = envgen("engine", "inspect", "model.ts", "--against", CELL, "--gpu", "7.5")
    assert said.code == 1
    assert "[trt-device-mismatch]" in said.out
    assert envgen("engine", "inspect", "model.ts", "--against", CELL, "--gpu", "9.0").code == 0


def test_all_cells_of_the_matrix(envgen: Envgen, files: Path) -> None:
    said = envgen("engine", "inspect", "model.ts", "--against", "all")
    assert said.code == 0
    assert f"loads in {CELL}" in said.out
    assert "fails in py312-torch2.12-cu130-trt10.16" in said.out


def test_cells_of_every_flavour(envgen: Envgen, files: Path) -> None:
    (files / "matrix.yaml").write_text(MATRIX.replace('"11.0"', '"11.0", "11.1lean", "11.1dispatch"'))
    said = envgen("engine", "inspect", "model.plan", "--against", "all", "--version-compatible")
    assert said.code == 0
    lean, loads = "py312-torch2.12-cu130-trt11.1lean-ubuntu24.04-x86_64", said.out.split("fails in")[0]
    assert CELL in loads
    assert lean in loads
    assert "the dispatch runtime is given a lean runtime" in loads
    unsaid = envgen("engine", "inspect", "model.plan", "--against", lean)
    assert "The lean runtime runs version-compatible engines only" in unsaid.out
    module = envgen("engine", "inspect", "model.ts", "--against", lean)
    assert module.code == 1
    assert "Beside the lean runtime there is no torch-tensorrt" in module.out
    assert envgen("engine", "inspect", "model.plan", "--against", lean, "--runtime", "dispatch", "--json").code == 0


def test_what_is_no_engine_does_not_end_the_command(envgen: Envgen, files: Path) -> None:
    said = envgen("engine", "inspect", "none.plan", "cut.plan", "model.plan")
    assert said.code == 1
    assert "none.plan holds no TensorRT engine." in said.err
    assert "trt-plan-corrupt: It is cut short" in said.out
    assert "model.plan: TensorRT plan" in said.out


def test_json(envgen: Envgen, files: Path) -> None:
    said = envgen("engine", "inspect", "model.ts", "none.plan", "--against", CELL, "--json")
    first, second = json.loads(said.out)
    assert first["engines"][0]["tensorrt"] == "11.0.0.114"
    assert first["engines"][0]["torch_tensorrt"]["abi"] == 9
    assert first["cells"][0]["verdict"] == "loads"
    assert second == {"file": "none.plan", "error": "none.plan holds no TensorRT engine."}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--against", "nonsense"], 2, "'nonsense' is not a cell id"),
        (["--gpu", "hopper"], 2, "'hopper' is not a GPU architecture"),
        (["--against", "all", "--matrix", "missing.yaml"], 3, "missing.yaml"),
    ],
)
def test_wrong_usage(envgen: Envgen, files: Path, arguments: list[str], code: int, words: str) -> None:
    said = envgen("engine", "inspect", "model.plan", *arguments)
    assert said.code == code
    assert words in said.err


def test_help_has_an_example(envgen: Envgen) -> None:
    assert "Examples: envgen engine inspect" in envgen("engine", "inspect", "--help").out
