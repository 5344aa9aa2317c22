"""The head of a plan, held against the library that is to have written it."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine.made import HEADS, plan

from .reference import load

engine_plan = load("engine_plan")
endings = load("engine_endings")


@pytest.fixture(params=sorted(HEADS))
def built(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    file = tmp_path / "model.plan"
    file.write_bytes(plan(request.param))
    return file, request.param


def ended(file: Path, library: str) -> tuple[str, str]:
    with pytest.raises(endings.Ended) as caught:
        engine_plan.scan(file, library)
    return caught.value.ending.value, str(caught.value)


def test_a_plan_of_the_library(built: tuple[Path, str]) -> None:
    file, release = built
    facts = {"plan_release": release, "plan_bytes": file.stat().st_size}
    assert engine_plan.is_plan(file)
    assert engine_plan.scan(file, release) == facts
    assert engine_plan.scan(file, release.rpartition(".")[0]) == facts  # 8.6 does not tell its build number


def test_a_plan_of_another_release(built: tuple[Path, str]) -> None:
    file, release = built
    ending, sentence = ended(file, "10.9.0.34")
    assert ending == "wrong-plan"
    assert sentence == f"model.plan says that TensorRT {release} wrote it, and 10.9.0.34 did"


@pytest.mark.parametrize("size", [0, 7, 27, 28, 4000])
def test_a_plan_that_is_cut_short(built: tuple[Path, str], size: int) -> None:
    file, release = built
    file.write_bytes(file.read_bytes()[:size])
    assert ended(file, release)[0] == "wrong-plan"
    assert engine_plan.is_plan(file) == (size >= 8)


def test_releases_before_the_head(built: tuple[Path, str]) -> None:
    assert ended(built[0], "8.5.3.1")[0] == "not-offered"


def test_another_file(tmp_path: Path) -> None:
    file = tmp_path / "model.ts"
    file.write_bytes(b"PK\3\4" + bytes(100))
    assert not engine_plan.is_plan(file)
    assert ended(file, "11.1.0.106") == ("wrong-plan", "model.ts does not begin as a TensorRT plan does")
