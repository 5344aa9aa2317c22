"""The record of a cross-load: what disagrees, what merges, what is read back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envgen.crossload import Arm, Column, Crossing, Foreseen, Ledger, load_crossload, merged
from envgen.results import Diagnosis, Outcome, Rung

OLD, NEW = "py310-torch2.4-cu121-debian12-x86_64", "py312-torch2.13-cu130-debian12-x86_64"
CPU = "py311-torch2.13-cpu-debian12-x86_64"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def crossing(built: str = OLD, loaded: str = NEW, what: str = "extension", **more: object) -> Crossing:
    usual = {"arm": Arm.ORDINARY, "outcome": Outcome.PASSED, "rung": Rung.CPU, "finished": NOW}
    return Crossing.model_validate({"built": built, "loaded": loaded, "what": what, **usual, **more})


def column(*crossings: Crossing, run: str = "r", loaded: str = NEW) -> Column:
    return Column(run=run, envgen="0.1.0", loaded=loaded, crossings=crossings)


@pytest.mark.parametrize(
    ("verdict", "outcome", "disagrees"),
    [
        ("loads", Outcome.PASSED, False),
        ("loads", Outcome.FAILED, True),
        ("fails", Outcome.PASSED, True),
        ("fails", Outcome.FAILED, False),
        ("risk", Outcome.PASSED, False),
        ("risk", Outcome.FAILED, False),
        ("unknown", Outcome.FAILED, False),
        ("loads", Outcome.NOT_RUN, False),
        ("fails", Outcome.NOT_RUN, False),
        (None, Outcome.FAILED, False),
    ],
)
def test_only_what_was_said_plainly_can_be_wrong(verdict: str | None, outcome: Outcome, disagrees: bool) -> None:
    foreseen = Foreseen.model_validate({"verdict": verdict}) if verdict else None
    assert crossing(outcome=outcome, foreseen=foreseen).disagrees is disagrees


@pytest.mark.parametrize(
    ("built", "loaded", "majors"),
    [
        (OLD, NEW, (12, 13)),
        (NEW, OLD, (13, 12)),
        (NEW, "py313-torch2.15-cu132-debian12-x86_64", None),
        (OLD, CPU, None),
        (CPU, NEW, None),
        ("<script>", NEW, None),
    ],
)
def test_a_change_of_the_cuda_major(built: str, loaded: str, majors: tuple[int, int] | None) -> None:
    assert crossing(built, loaded).cuda_majors == majors


def test_of_one_crossing_the_newest_that_was_run_counts() -> None:
    older = crossing(outcome=Outcome.FAILED, sentence="older")
    newer = crossing(sentence="newer", finished=NOW + timedelta(minutes=1))
    unrun = crossing(outcome=Outcome.NOT_RUN, sentence="not here", finished=NOW + timedelta(minutes=2))
    other = crossing(CPU)
    for columns in ([older, newer, unrun, other], [unrun, other, newer, older]):
        found = merged([column(one, run=f"r{number}") for number, one in enumerate(columns)])
        assert [one.sentence for one in found.crossings] == ["newer", ""]
        assert found.run == "r0 + r1 + r2 + r3"


@given(st.permutations([(built, what) for built in (OLD, NEW, CPU) for what in ("extension", "a.so", "b.so")]))
def test_a_column_has_one_order_and_one_of_each(order: list[tuple[str, str]]) -> None:
    made = column()
    for built, what in order:
        made = made.with_crossing(crossing(built, what=what, sentence="first")).with_crossing(
            crossing(built, what=what)
        )
    assert [one.place for one in made.crossings] == sorted((built, NEW, what) for built, what in order)
    assert {one.sentence for one in made.crossings} == {""}


def test_what_is_recorded_is_read_back(tmp_path: Path) -> None:
    diagnosis = Diagnosis(
        cause="torch-version-mismatch", sentence="It lacks x.", fix="Rebuild.", evidence={"symbol": "x"}
    )
    failed = crossing(
        outcome=Outcome.FAILED, rung=Rung.LOADED, sentence="died on SIGABRT", diagnoses=(diagnosis,),
        foreseen=Foreseen(verdict="risk", diagnoses=(diagnosis,)), log_tail=("a", "b"), seconds=0.5,
    )  # fmt: skip
    ledger = Ledger(tmp_path)
    ledger.record(column(failed))
    ledger.record(column(crossing(NEW, OLD), loaded=OLD))
    assert ledger.column(NEW) == column(failed)
    found, damaged = load_crossload(tmp_path)
    assert damaged == ()
    assert found is not None
    assert found.crossings == (failed, crossing(NEW, OLD))


def test_a_run_without_a_cross_load(tmp_path: Path) -> None:
    assert load_crossload(tmp_path, tmp_path / "nowhere") == (None, ())
    assert Ledger(tmp_path).column(NEW) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "the file: Invalid JSON"),
        ("[]", "the file: "),
        ('{"schema_version": 2, "run": "r", "envgen": "9", "loaded": "x"}', "schema_version: Input should be 1"),
        ('{"run": "r", "envgen": "9", "loaded": "x", "more": 1}', "more: Extra inputs are not permitted"),
    ],
)
def test_a_damaged_file_is_named_and_the_rest_counts(tmp_path: Path, text: str, says: str) -> None:
    ledger = Ledger(tmp_path)
    ledger.record(column(crossing()))
    (ledger.folder / f"{OLD}.json").write_text(text)
    assert ledger.column(OLD) is None
    found, (error,) = load_crossload(tmp_path)
    assert found is not None
    assert found.crossings == (crossing(),)
    assert f"{OLD}.json is no cross-load of schema version 1: {says}" in str(error)
    assert "`envgen crossload` loads it again" in str(error)
