"""Facts that are old: a word in a plan, a failure in CI past a limit."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from envgen.compat.facts import Facts
from tests.cli.conftest import Envgen

MATRIX = """\
version: 1
axes: {python: "3.12", torch: "2.13", cuda: cpu, os: debian12, arch: x86_64}
"""


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A matrix, on a day that is 100 days after the facts were taken."""
    day = Facts.bundled().taken + timedelta(days=100)

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(day.year, day.month, day.day, tzinfo=UTC)

    monkeypatch.setattr("envgen.cli.context.datetime", Later)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "matrix.yaml").write_text(MATRIX, encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("old")
def test_a_plan_says_so_and_goes_on(envgen: Envgen) -> None:
    said = envgen("plan", "--json")
    assert said.code == 0
    assert "100 days ago: `envgen facts refresh` brings newer ones." in said.err
    assert json.loads(said.out)["cells"]


@pytest.mark.usefixtures("old")
@pytest.mark.parametrize("command", ["plan", "run"])
def test_ci_fails(envgen: Envgen, monkeypatch: pytest.MonkeyPatch, command: str, old: Path) -> None:
    monkeypatch.setenv("CI", "true")
    said = envgen(command)
    assert (said.code, said.out) == (6, "")
    assert "100 days ago" in said.err
    (old / "matrix.yaml").write_text(MATRIX + "limits: {facts: 365d}\n", encoding="utf-8")
    assert envgen("plan").code == 0


def test_young_facts_are_not_spoken_of(envgen: Envgen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "matrix.yaml").write_text(MATRIX, encoding="utf-8")
    day = Facts.bundled().taken

    class Then(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(day.year, day.month, day.day, tzinfo=UTC)

    monkeypatch.setattr("envgen.cli.context.datetime", Then)
    assert envgen("plan").err == ""
