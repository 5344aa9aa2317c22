"""When locks are kept, what they rest on, and that nothing is asked twice."""

from __future__ import annotations

import os
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from run.project import wait_until

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.errors import LockError
from envgen.lock import (
    IndexConfiguration,
    Lock,
    Locker,
    LockRequest,
    SourceRequest,
    lock_request,
    moves,
    read_configuration,
    same_moves,
)
from envgen.spec.matrix import VariableAxis
from tests.lock.index import Index, sha256, wheel
from tests.lock.silent import silent_index
from tests.plan.matrices import matrix

FACTS = Facts.bundled()
SPEC = matrix(extra=(VariableAxis("simd", ("on", "off"), {}),))
CUDA = "py312-torch2.13-cu130-debian12-x86_64"
OTHER = "py312-torch2.13-cu130-ubuntu24.04-x86_64"


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    wheel(folder, "torch", "2.13.0", requires=("filelock", "sympy"))
    wheel(folder, "filelock", "3.16.0")
    wheel(folder, "sympy", "1.13.0")
    return folder


@pytest.fixture
def index(wheels: Path) -> Iterator[Index]:
    with Index(wheels).running() as running:
        yield running


def ask(cell: str) -> LockRequest:
    return lock_request(Cell.parse(cell), SPEC, FACTS)


def twins() -> list[LockRequest]:
    """Two cells that ask the resolver the same."""
    return [ask(f"{CUDA}-simd_on"), ask(f"{CUDA}-simd_off")]


def of_index(index: Index, folder: Path, **options: object) -> Locker:
    return Locker(IndexConfiguration(default_index=index.simple), folder / "locks", **options)  # type: ignore[arg-type]


def pages(index: Index) -> int:
    return index.asked["/simple/torch/"]


def test_cells_that_ask_the_same_are_resolved_once(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_NO_CACHE", "1")  # so that every resolution asks
    locks = of_index(index, tmp_path).lock_all(twins())
    assert pages(index) == 1
    for cell, lock in locks.items():
        assert isinstance(lock, Lock)
        assert tomllib.loads(lock.path.read_text())["tool"]["envgen"]["cell"] == cell
    index.asked.clear()
    of_index(index, tmp_path).lock_all([ask(CUDA), ask(OTHER)])
    assert pages(index) == 2


@pytest.mark.parametrize("variable", ["", "UV_NO_CONFIG"])
def test_a_page_holds_for_the_next_cell_but_not_for_an_upgrade(
    variable: str, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable:
        monkeypatch.setenv(variable, "1")
    configuration = read_configuration({"PIP_INDEX_URL": index.simple, "PIP_CONFIG_FILE": os.devnull, variable: "1"})
    Locker(configuration, tmp_path / "locks").lock_all([ask(CUDA), ask(OTHER)], jobs=1)
    assert pages(index) == 1
    index.asked.clear()
    Locker(configuration, tmp_path / "locks", upgrade=True).lock_all([ask(CUDA)])
    assert pages(index) == 1


def test_the_size_of_a_file_is_asked_once(index: Index, wheels: Path, tmp_path: Path) -> None:
    locker = of_index(index, tmp_path)
    first = locker.lock(ask(CUDA))
    asked = sum(number for path, number in index.asked.items() if path.startswith("/files/"))
    second = locker.lock(ask(OTHER))
    assert sum(number for path, number in index.asked.items() if path.startswith("/files/")) == asked
    assert first.download_bytes == second.download_bytes == sum(path.stat().st_size for path in wheels.iterdir())


def test_unchanged_locks_start_no_uv(index: Index, tmp_path: Path) -> None:
    of_index(index, tmp_path).lock_all([ask(CUDA), ask(OTHER)])
    locker = of_index(index, tmp_path)
    locker._solver.stop()  # every start of uv is an error from now on
    outcomes = locker.lock_all([ask(CUDA), ask(OTHER), *twins()])
    assert [isinstance(outcome, Lock) for outcome in outcomes.values()] == [True, True, False, False]


def test_locks_of_other_indexes_are_made_anew_and_committed_ones_taken(index: Index, tmp_path: Path) -> None:
    made = of_index(index, tmp_path).lock(ask(CUDA))
    folder = tmp_path / "more"
    folder.mkdir()
    other = IndexConfiguration(default_index=f"{index.simple}/", find_links=(str(folder),))
    (why,) = Locker(other, tmp_path / "locks").look(ask(CUDA)).unused.values()
    assert why == f"of other indexes (now also {index.simple}/, now also {folder}, no longer {index.simple})"
    assert Locker(other, tmp_path / "own", (tmp_path / "locks",)).lock(ask(CUDA)) == made
    assert Locker(other, tmp_path / "locks").lock(ask(CUDA)).new
    assert Locker(other, tmp_path / "locks").kept(ask(CUDA))


def test_a_lock_has_no_credentials(index: Index, tmp_path: Path) -> None:
    secret = index.simple.replace("http://", "http://somebody:secret@")
    configuration = read_configuration({"PIP_INDEX_URL": secret, "PIP_CONFIG_FILE": os.devnull})
    lock = Locker(configuration, tmp_path / "locks").lock(ask(CUDA))
    assert lock.origin
    assert lock.origin.indexes == (index.simple,)
    assert "secret" not in lock.path.read_text()
    again = read_configuration({"PIP_INDEX_URL": index.simple, "PIP_CONFIG_FILE": os.devnull})
    assert Locker(again, tmp_path / "locks").kept(ask(CUDA)) == lock  # who asks is no matter


def test_an_edited_lock_is_seen(index: Index, tmp_path: Path) -> None:
    locker = of_index(index, tmp_path)
    lock = locker.lock(ask(CUDA))
    text = lock.path.read_text()
    lock.path.write_text("# a remark\n" + text, encoding="utf-8", newline="\r\n")
    assert locker.kept(ask(CUDA))
    for old, new in ((lock.packages[0].sha256, "0" * 64), ('name = "sympy"', 'name = "sympathy"'), ("uv = ", "uvx = ")):
        lock.path.write_text(text.replace(old, new, 1), encoding="utf-8")
        assert list(locker.look(ask(CUDA)).unused.values()) == ["not as envgen wrote it"]
    assert locker.lock(ask(CUDA)).packages == lock.packages


def test_an_upgrade_to_the_same_leaves_the_file(index: Index, tmp_path: Path) -> None:
    lock = of_index(index, tmp_path).lock(ask(CUDA))
    before = lock.path.stat().st_mtime_ns, lock.path.read_bytes()
    again = of_index(index, tmp_path, upgrade=True).lock(ask(CUDA))
    assert (again.path.stat().st_mtime_ns, again.path.read_bytes()) == before
    assert not again.new


def test_what_moved_is_named(index: Index, wheels: Path, tmp_path: Path) -> None:
    of_index(index, tmp_path).lock_all([ask(CUDA), ask(OTHER)])
    wheel(wheels, "filelock", "3.17.0", requires=("attrs",))
    wheel(wheels, "attrs", "25.1")
    wheel(wheels, "torch", "2.13.0", requires=("filelock",))
    upgraded = of_index(index, tmp_path, upgrade=True).lock_all([ask(CUDA), ask(OTHER)])
    locks = [lock for lock in upgraded.values() if isinstance(lock, Lock)]
    ((moved, changed),) = same_moves(locks).items()
    assert ", ".join(map(str, moved)) == ("filelock 3.16.0 -> 3.17.0, torch 2.13.0 (another file), +attrs 25.1, -sympy")
    assert [lock.path.parent.name for lock in changed] == [CUDA, OTHER]


def test_one_package_moves_alone(index: Index, wheels: Path, tmp_path: Path) -> None:
    of_index(index, tmp_path).lock(ask(CUDA))
    for name in ("filelock", "sympy"):
        wheel(wheels, name, "9.0")
    lock = of_index(index, tmp_path, moving=("SymPy",)).lock(ask(CUDA))
    assert lock.replaced
    assert [str(move) for move in moves(lock.replaced, lock)] == ["sympy 1.13.0 -> 9.0"]
    untouched = of_index(index, tmp_path, moving=("numpy",))
    untouched._solver.stop()
    assert untouched.lock(ask(CUDA)) == lock  # it has no such package, and is not resolved


def test_a_source_of_another_hash_is_refused(index: Index, wheels: Path, tmp_path: Path) -> None:
    sdist = wheels / "ext_ension-1.0.tar.gz"
    sdist.write_bytes(b"content")
    wanted = replace(ask(CUDA), source=SourceRequest("ext-ension", "1.0", sha256(sdist)))
    assert of_index(index, tmp_path).lock(wanted).source
    other = replace(wanted, source=SourceRequest("ext-ension", "1.0", "ab" * 32))
    with pytest.raises(LockError, match="is not the one that the matrix names") as caught:
        of_index(index, tmp_path).lock(other)
    assert sha256(sdist) in caught.value.what
    assert "ab" * 32 in caught.value.what


def test_an_interruption_keeps_what_is_finished(index: Index, tmp_path: Path) -> None:
    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        of_index(index, tmp_path).lock_all([ask(CUDA), ask(OTHER)], jobs=1, on_done=interrupt)
    told: list[int] = []
    outcomes = of_index(index, tmp_path).lock_all([ask(CUDA), ask(OTHER)], on_done=told.append)
    kept = outcomes[CUDA]
    assert isinstance(kept, Lock)
    assert not kept.new
    assert told[-1] == 2


def test_it_is_known_what_is_waited_for(tmp_path: Path) -> None:
    with silent_index() as address:
        locker = Locker(IndexConfiguration(default_index=address), tmp_path / "locks")
        thread = threading.Thread(target=locker.lock_all, args=([ask(CUDA)],))
        thread.start()
        wait_until(lambda: CUDA in locker.waits_for())
        locker._solver.stop()
        thread.join(20)
    assert not thread.is_alive()
    assert locker.waits_for() == {}


def test_who_is_told_may_be_interrupted_and_nothing_more_begins(index: Index, tmp_path: Path) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    locker = of_index(index, tmp_path)
    with pytest.raises(KeyboardInterrupt) as kept:  # as it is kept until the program ends, with all its frames
        locker.lock_all([ask(CUDA)], on_done=interrupted)
    assert kept
    with pytest.raises(LockError, match="it was interrupted"):
        locker.lock(ask(OTHER))
