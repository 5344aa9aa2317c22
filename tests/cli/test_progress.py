"""What is shown while a run goes on: on a terminal, and in a log."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console
from run.project import wait_until

from envgen.cli.progress import Board, PlainLines, locking, progress
from envgen.results import LADDER, CellResult, Outcome, Rung, RungResult

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LINES = PlainLines(Console(file=io.StringIO()))


def cell(name: str, **outcomes: tuple[Outcome, str]) -> CellResult:
    """A finished cell: passed, but for what is named."""
    rungs = tuple(
        RungResult(rung=rung, outcome=outcome, sentence=sentence)
        for rung in LADDER
        for outcome, sentence in [outcomes.get(rung.value, (Outcome.PASSED, ""))]
    )
    return CellResult(cell=name, axes={}, environment="venv", envgen="1", finished=NOW, rungs=rungs)


def shown(board: Board) -> list[str]:
    console = Console(width=160, file=io.StringIO(), force_terminal=False)
    with console.capture() as capture:
        console.print(board.render())
    return [line.rstrip() for line in capture.get().splitlines()]


def climb(board: Board, result: CellResult) -> None:
    board.cell_started(result.cell)
    for rung in result.rungs:
        board.rung_started(result.cell, rung.rung)
        board.rung_finished(result.cell, rung, kept=False)
    board.cell_finished(result)


def test_a_board_while_cells_climb() -> None:
    board = Board(["a", "b", "c"], 2, LINES)
    assert shown(board) == ["0 of 3 cells done"]
    board.cell_started("a")
    board.rung_started("a", Rung.BUILT)
    board.line("a", "[3/7] compiling [bold]x[/]")
    board.cell_started("b")
    board.cell_waits("b", "another envgen is at this cell")
    first, second, status = shown(board)
    assert first.split() == ["a", "built", "5/10", "0", "s", "[3/7]", "compiling", "[bold]x[/]"]
    assert second.split(maxsplit=1) == ["b", "waits: another envgen is at this cell"]
    assert status == "0 of 3 cells done"


def test_a_board_of_cells_that_ended() -> None:
    board = Board(["good", "bad", "foreign"], 1, LINES)
    climb(board, cell("good", kernel=(Outcome.NOT_RUN, "no GPU here"), engine=(Outcome.NOT_RUN, "no GPU here")))
    climb(board, cell("bad", loaded=(Outcome.FAILED, "undefined symbol: [red]x"), cpu=(Outcome.NOT_RUN, "")))
    assert shown(board)[-1].startswith("2 of 3 cells done, about ")
    rest = {rung.value: (Outcome.NOT_RUN, "created was not run") for rung in LADDER[4:]}
    climb(board, cell("foreign", created=(Outcome.NOT_RUN, "needs windows2022"), **rest))
    assert [" ".join(line.split()) for line in shown(board)] == [
        "good passed cpu",
        "bad failed loaded: undefined symbol: [red]x",
        "foreign not run created: needs windows2022",
        "3 cells done",
    ]


def test_plain_lines() -> None:
    console = Console(width=40, file=io.StringIO())
    with progress(console, ["a"], 1) as observer:
        assert isinstance(observer, PlainLines)
        observer.cell_started("a")
        observer.cell_waits("a", "another envgen is at this cell")
        observer.rung_started("a", Rung.LOCKED)
        observer.rung_started("a", Rung.BUILT)
        observer.line("a", "compiling")
        reason = "undefined symbol: [red]" + "x" * 60
        result = RungResult(rung=Rung.LOADED, outcome=Outcome.FAILED, seconds=1.25, sentence=reason)
        observer.rung_finished("a", result, kept=True)
        observer.cell_finished(cell("a"))
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines() == [
        "a  waits: another envgen is at this cell",
        "a  built ...",
        f"a  loaded failed 1.2 s (kept): {reason}",
    ]


def test_locking_in_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(width=80, file=io.StringIO())
    now = iter([0.0, 1.0, 11.0, 11.0, 12.0, 30.0, 30.0])
    monkeypatch.setattr("envgen.cli.progress.time.monotonic", lambda: next(now))
    with locking(console, 4) as on_locked:
        for done in range(1, 5):
            on_locked(done)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines() == ["Locking 4 cells ...", "locked 2 of 4 cells", "locked 4 of 4 cells"]


def test_locking_says_what_it_waits_for() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=200)
    with locking(console, 4, lambda: {"quick": 1.0, "slow": 40.0, "other": 2.0}) as on_locked:
        on_locked(1)
        wait_until(lambda: "locked 1 of 4 cells, waits for slow (40 s) and 2 more" in screen.getvalue())
