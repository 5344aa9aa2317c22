"""Which of several causes comes first: what was printed, what the binaries say, and where they agree."""

from __future__ import annotations

import pytest

from envgen.crossload.diagnosis import decided
from envgen.results import Diagnosis


def by(rule: str, *causes: str, **evidence: str) -> tuple[Diagnosis, ...]:
    return tuple(Diagnosis(cause=cause, sentence=cause, rule=rule, evidence=evidence) for cause in causes)


@pytest.mark.parametrize(
    ("told", "foreseen", "crashed", "first"),
    [
        # the loader's message fits two causes, and the binaries' facts know which
        (by("text", "cxx11", symbol="x"), by("facts", "torch"), False, ("facts", "torch")),
        (by("text", "cxx11", "torch", symbol="x"), by("facts", "python", "torch"), False, ("text", "torch")),
        (by("text", "cxx11", symbol="x"), (), False, ("text", "cxx11")),
        # what has nothing to do with symbols is as it is said
        (by("text", "numpy"), by("facts", "torch"), False, ("text", "numpy")),
        # a signal's name tells little
        (by("text", "damaged"), by("facts", "torch"), True, ("facts", "torch")),
        (by("text", "damaged"), (), True, ("text", "damaged")),
        ((), by("facts", "torch"), False, ("facts", "torch")),
    ],
)
def test_the_first(
    told: tuple[Diagnosis, ...], foreseen: tuple[Diagnosis, ...], crashed: bool, first: tuple[str, str]
) -> None:
    found = decided((), told, foreseen, crashed=crashed)
    assert (found[0].rule, found[0].cause) == first
    assert len({each.cause for each in found}) == len(found)


def test_what_is_certain_goes_before_all() -> None:
    found = decided(by("file name", "python"), by("text", "torch"), by("facts", "torch", "python"), crashed=True)
    assert [(each.rule, each.cause) for each in found] == [("file name", "python"), ("text", "torch")]


def test_nothing_known() -> None:
    assert decided((), (), (), crashed=True) == ()
