"""All problems of one file together, so that a user mends them in one go."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from envgen.errors import MatrixError

_FEW = 3  # so many are shown at once instead of guessing
_SHOWN = 20  # problems; whoever mends these sees the others
_HEAD, _TAIL = 160, 240  # characters of a sentence that a very long value blows up


class MatrixFileError(MatrixError):
    """The problems of one file, in the order of their places; `str()` shows the first of them.

    Args:
        errors: the problems, at least one.
    """

    def __init__(self, errors: Iterable[MatrixError]) -> None:
        cut = [MatrixError(_cut(error.what), _cut(error.remedy), error.place) for error in errors]
        self.errors = tuple(sorted({str(error): error for error in cut}.values(), key=_order))
        first = self.errors[0]
        super().__init__(first.what, first.remedy, first.place)

    def __str__(self) -> str:
        shown = list(map(str, self.errors[:_SHOWN]))
        left = len(self.errors) - len(shown)
        return "\n\n".join([*shown, f"... and {left} more."] if left else shown)


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A remedy for a name that is not known: the nearest known one, or all that are."""
    near = nearest(name, known)
    if near and len(known) > _FEW:
        return f"Did you mean `{near}`?"
    return f"Known here: {', '.join(f'`{word}`' for word in known)}." if known else ""


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that one may have meant by another."""
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.6)), None)


def _cut(sentence: str) -> str:
    long = len(sentence) > _HEAD + _TAIL
    return f"{sentence[:_HEAD]} ... {sentence[-_TAIL:]}" if long else sentence


def _order(error: MatrixError) -> tuple[int, int]:
    return (error.place.line, error.place.column) if error.place else (0, 0)
