"""Which of several causes comes first: what was printed, what the binaries say, and where they agree."""

from __future__ import annotations

import pytest

from envgen.crossload.diagnosis import decided
from envgen.results import Diagnosis


def by(rule: str, *causes: str) -> tuple[Diagnosis, ...]:
    return tuple(Diagnosis(cause=cause, sentence=cause, rule=rule) for cause in causes)


@pytest.mark.parametrize(
    ("told", "foreseen", "first"),
    [
        # the loader's message fits two causes, and the binaries' facts know which
        (by("text", "cxx11"), by("facts", "torch"), ("facts", "torch")),
        (by("text", "cxx11", "torch"), by("facts", "python", "torch"), ("text", "torch")),
        # a warning on the way, a signal's name
        (by("text", "damaged"), by("facts", "torch"), ("facts", "torch")),
        # nothing was to be foreseen, as at home
        (by("text", "numpy"), (), ("text", "numpy")),
        ((), by("facts", "torch"), ("facts", "torch")),
    ],
)
def test_the_first(told: tuple[Diagnosis, ...], foreseen: tuple[Diagnosis, ...], first: tuple[str, str]) -> None:
    found = decided((), told, foreseen)
    assert (found[0].rule, found[0].cause) == first
    assert {each.cause for each in found} == {each.cause for each in (*told, *foreseen)}
    assert len({each.cause for each in found}) == len(found)


def test_what_is_certain_goes_before_all() -> None:
    found = decided(by("file name", "python"), by("text", "torch"), by("facts", "torch", "python"))
    assert [(each.rule, each.cause) for each in found] == [("file name", "python"), ("text", "torch")]


def test_nothing_known() -> None:
    assert decided((), (), ()) == ()
