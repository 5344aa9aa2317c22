"""Which snapshots count, how old they are, and what `envgen facts` says of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from packaging.version import Version
from typer.testing import CliRunner

from envgen.cell import Cell, Cuda, PythonVersion
from envgen.cli.facts import app
from envgen.compat.facts import Facts
from envgen.compat.judge import judge
from envgen.compat.pins import IndexChoice, pins
from envgen.compat.published import BY_NAME, judged_by
from envgen.compat.read import KINDS, FactsError
from envgen.compat.records import Platform, SeenBuild
from envgen.compat.snapshot import Snapshot
from envgen.compat.store import BUNDLED, Origin, Store
from envgen.compat.verdict import Answer, Source
from envgen.errors import StaleError, UsageError
from envgen.refresh.ages import ages, staleness
from envgen.refresh.packages import Limits, followed

FACTS = Facts.bundled()
LIMITS = Limits(timedelta(days=30), timedelta(days=90))


def put(store: Store, snapshot: Snapshot, index: str = "") -> Path:
    path = store.path(snapshot.package, index)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(snapshot.text)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def torch() -> Snapshot:
    return Snapshot.read(BUNDLED / "torch.json")


def test_every_followed_package_is_bundled_as_it_would_be_written() -> None:
    assert {package.name for package in followed().packages} == set(Store(None).packages())
    for package in Store(None).packages():
        text = (BUNDLED / f"{package}.json").read_text()
        assert Snapshot.parse(text, Path(package)).text == text


@pytest.mark.parametrize(("days", "origin"), [(-1, Origin.BUNDLED), (0, Origin.CACHE), (1, Origin.CACHE)])
def test_the_newer_snapshot_counts(store: Store, torch: Snapshot, days: int, origin: Origin) -> None:
    put(store, replace(torch, taken=torch.taken + timedelta(days=days)))
    held = store.read(["torch"]).by_package["torch"]
    assert (held.origin, held.snapshot.taken >= torch.taken) == (origin, True)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "\x00", '{"schema": 99}', '{"schema": 2}', '{"schema": 2, "releases": {"x": 1}}'],
)
def test_a_snapshot_that_cannot_be_used_is_left_aside_with_a_word(store: Store, torch: Snapshot, text: str) -> None:
    put(store, torch).write_text(text)
    holdings = store.read(["torch"])
    assert holdings.by_package["torch"].origin is Origin.BUNDLED
    (notice,) = holdings.notices
    assert "envgen facts refresh" in notice
    assert Facts.read(BUNDLED.parent, store).notices == (notice,)


def test_a_package_without_any_snapshot_is_an_error(store: Store) -> None:
    with pytest.raises(FactsError, match="cannot be read"):
        store.read(["no-such-package"])


def test_the_variable_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Store.of({"ENVGEN_FACTS": "bundled"}) == Store(None)
    assert Store.of({"ENVGEN_FACTS": str(tmp_path)}) == Store(tmp_path)
    assert Store.of({}).user is not None
    monkeypatch.setenv("ENVGEN_FACTS", str(tmp_path))
    torch = Snapshot.read(BUNDLED / "torch.json")
    put(Store(tmp_path), replace(torch, releases={v: e for v, e in torch.releases.items() if v < Version("2.15")}))
    assert max(Facts.current().torch) == Version("2.14.1")
    assert max(Facts.bundled().torch) == Version("2.15.0")


def test_a_build_that_was_seen_goes_before_one_that_is_promised() -> None:
    source = Source("https://mirror.example/simple", date(2026, 11, 20), "measured")
    build = SeenBuild((PythonVersion(12),), source)
    facts = replace(FACTS, seen={(Version("2.13.0"), Platform.LINUX_X86_64): {Cuda(12, 6): build, Cuda(12, 4): build}})

    def cuda_verdict(cell: str) -> tuple[Answer, bool]:
        verdict = next(each for each in judge(Cell.parse(cell), facts).verdicts if each.rule == "torch-cuda")
        return verdict.answer, source in verdict.sources

    assert cuda_verdict("py312-torch2.13-cu126-debian12-x86_64") == (Answer.FITS, True)
    assert cuda_verdict("py312-torch2.13-cu124-debian12-x86_64") == (Answer.FITS, True)  # in no promise
    assert cuda_verdict("py313-torch2.13-cu126-debian12-x86_64") == (Answer.FITS, False)  # the promise still stands
    assert cuda_verdict("py313-torch2.13-cu124-debian12-x86_64") == (Answer.MISSING, False)
    pinned = pins(Cell.parse("py312-torch2.13-cu126-debian12-x86_64"), facts)
    assert (pinned.index, pinned.torch_local) == (IndexChoice("default"), "cu126")


def test_what_could_not_be_read_is_unknown_and_not_missing() -> None:
    version = Version("2.13.0")
    release = FACTS.torch[version]
    wheels = {platform: replace(each, cuda=None, sm=(), cxx11_abi=None) for platform, each in release.wheels.items()}
    facts = replace(FACTS, torch={**FACTS.torch, version: replace(release, wheels=wheels)})
    trace = judge(Cell.parse("py312-torch2.13-cu128-debian12-x86_64"), facts)
    assert trace.accepted
    assert trace.unknown


@pytest.mark.parametrize(("age", "failing"), [(0, None), (29, None), (30, False), (89, False), (90, True), (900, True)])
def test_facts_grow_stale(age: int, failing: bool | None) -> None:
    found = staleness(FACTS, FACTS.taken + timedelta(days=age), LIMITS)
    assert (found.failing if found else None) is failing
    assert not found or f"{age} days ago" in found.sentence


def test_facts_are_as_old_as_the_oldest_that_counts(store: Store, torch: Snapshot) -> None:
    for package in judged_by(Store(None).packages()):
        if package != "torch-tensorrt":
            snapshot = Snapshot.read(BUNDLED / f"{package}.json")
            put(store, replace(snapshot, taken=torch.taken + timedelta(days=9)))
    assert Facts.read(BUNDLED.parent, store).taken == Snapshot.read(BUNDLED / "torch-tensorrt.json").taken


def test_status_fails_past_an_age() -> None:
    run = CliRunner()
    assert run.invoke(app, ["status", "--max-age", "36500d"]).exit_code == 0
    shown = run.invoke(app, ["status", "--max-age", "1s", "--json"])
    assert isinstance(shown.exception, StaleError)
    said = json.loads(shown.output)
    assert {each["origin"] for each in said["snapshots"]} == {"bundled"}
    assert next(each for each in said["snapshots"] if each["package"] == "torch")["releases"] >= 30
    assert next(each for each in said["tables"] if each["name"] == "toolkit.yaml")["kinds"].keys() <= set(KINDS)
    assert max(each["days"] for key in ("snapshots", "tables") for each in said[key]) == said["oldest_days"]
    assert {each["kind"] for each in said["snapshots"]} == {"measured", BY_NAME}


def test_what_is_too_old_is_named(store: Store, torch: Snapshot) -> None:
    put(store, torch)
    found = ages(store)
    later = max(each.taken for each in (*found.snapshots, *found.tables)) + timedelta(days=9)
    first, *_ = older = found.older(later, timedelta(days=8))
    assert first.taken == later - found.oldest(later)
    assert len(older) == len(found.snapshots) + len(found.tables)
    assert not found.older(later, found.oldest(later))
    shown = CliRunner().invoke(app, ["status", "--max-age", "1s"])
    assert isinstance(shown.exception, StaleError)
    assert f"{first.name}, as of {first.taken}" in shown.exception.what
    assert shown.exception.remedy


@pytest.mark.parametrize("age", ["", "0d", "0s", "-3d", "soon"])
def test_an_age_is_above_zero(age: str) -> None:
    shown = CliRunner().invoke(app, ["status", f"--max-age={age}"])
    assert isinstance(shown.exception, UsageError)
    assert "30d" in shown.exception.remedy


def test_a_status_in_a_pipe_has_no_blanks_at_its_ends() -> None:
    lines = CliRunner().invoke(app, ["status"]).output.splitlines()
    assert len(lines) > 10
    assert lines == [line.rstrip() for line in lines]


@pytest.mark.parametrize("options", [["--accept"], ["--from-scratch"], ["--update-repo", "."]])
def test_nothing_that_asks_goes_with_offline(options: list[str]) -> None:
    shown = CliRunner().invoke(app, ["refresh", "--offline", *options])
    assert isinstance(shown.exception, UsageError)
    assert options[0] in shown.exception.what


def test_offline_asks_nobody_and_says_so() -> None:
    shown = CliRunner().invoke(app, ["refresh", "--offline"])
    assert shown.exit_code == 0
    assert "No index was asked" in shown.output


def test_update_repo_wants_a_checkout(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["refresh", "--update-repo", str(tmp_path)])
    assert "no checkout" in str(shown.exception)
    assert not list(tmp_path.iterdir())
