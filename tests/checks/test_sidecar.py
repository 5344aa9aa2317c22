"""What is written beside a plan for machines that did not build it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .reference import load

sidecar = load("engine_sidecar")
CASE = sidecar.Case({"x": (3, 64), "gate": (64, 128)}, {"y": [0.5, -1.25, 3e-9]})
KNOWN = sidecar.Sidecar("11.1.0.106", False, 1e-4, (CASE, CASE))


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    file = tmp_path / "portable.plan"
    file.write_bytes(b"ftrt" + bytes(1000))
    return file


def test_round_trip(plan: Path) -> None:
    assert sidecar.read(plan) is None
    sidecar.write(plan, KNOWN)
    assert sidecar.path_of(plan) == plan.with_name("portable.plan.json")
    assert sidecar.read(plan) == KNOWN


def test_it_belongs_to_one_plan(plan: Path) -> None:
    sidecar.write(plan, KNOWN)
    plan.write_bytes(plan.read_bytes() + b"\0")
    with pytest.raises(
        sidecar.BadSidecar, match=r"portable\.plan\.json was written for another plan than portable\.plan"
    ):
        sidecar.read(plan)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"cases": []},
        {"cases": [{"inputs": {}, "outputs": {}}]},
        {"cases": [{"inputs": {"x": 3}, "outputs": {"y": [1]}}]},
        {"cases": [{"inputs": {"x": [3]}, "outputs": {"y": ["one"]}}]},
        {"cases": None},
        {"tolerance": None},
        {"tolerance": "far"},
    ],
)
def test_what_is_no_sidecar_is_said(plan: Path, change: dict[str, Any]) -> None:
    sidecar.write(plan, KNOWN)
    file = sidecar.path_of(plan)
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(sidecar.BadSidecar, match="is not what this check writes"):
        sidecar.read(plan)


@pytest.mark.parametrize("content", ["", "[", "[]", "null", "7", '"text"', "[" * 100000, "\0"])
def test_no_record_at_all(plan: Path, content: str) -> None:
    sidecar.path_of(plan).write_text(content)
    with pytest.raises(sidecar.BadSidecar, match="is not what this check writes"):
        sidecar.read(plan)


def test_a_large_one_is_not_read(plan: Path) -> None:
    with sidecar.path_of(plan).open("wb") as file:
        file.truncate((32 << 20) + 1)
    with pytest.raises(sidecar.BadSidecar, match="more than 32 MiB"):
        sidecar.read(plan)
