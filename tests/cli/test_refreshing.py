"""What `envgen facts refresh` shows of what was held back."""

from __future__ import annotations

import pytest

from envgen.cli.refreshing import _details
from envgen.refresh.guards import Finding
from envgen.refresh.report import Outcome, State


def held(count: int) -> Outcome:
    findings = [
        Finding("vanished", "torch", f"torch 2.{at}.0", f"torch 2.{at}.0: every file has vanished.", 2)
        for at in range(count)
    ]
    return Outcome("torch", "", State.HELD, findings=tuple(findings))


@pytest.mark.parametrize(("count", "lines"), [(1, 1), (3, 3), (4, 1), (40, 1)])
def test_much_that_vanished_is_one_line(count: int, lines: int) -> None:
    assert len(list(_details(held(count)))) == lines


def test_the_line_says_how_much() -> None:
    (line,) = _details(held(10))
    assert line.startswith(
        "vanished: torch 2.0.0: every file has vanished. So with torch 2.1.0, torch 2.2.0, torch 2.3.0"
    )
    assert line.endswith("and 6 more, 20 files in all; --json has them all")
