"""The interpreter, and how importing torch in it goes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from envgen.doctor.look.children import Answer, ask
from envgen.doctor.place import Place
from envgen.doctor.said import Imported, Interpreter, Step
from envgen.errors import UsageError

SECONDS = 60.0


def interpreter(place: Place) -> tuple[Interpreter, str]:
    """What an interpreter says of itself, and why it could only be asked in isolation, if so.

    Raises:
        UsageError: it does not run at all, or is older than 3.8.
    """
    plain = ask(place, "interpreter", seconds=SECONDS)
    if said := _parsed(plain):
        return said, ""
    isolated = ask(place, "interpreter", seconds=SECONDS, options=("-I",))
    if said := _parsed(isolated):
        return said, f"{plain.trouble or 'it said nothing'}: {_last_line(plain)}"
    raise UsageError(
        f"{place.python} does not run as a Python from 3.8 on: {isolated.trouble or 'it said nothing'}"
        f" ({_last_line(isolated)}).",
        "Name an interpreter that does.",
    )


def imported(place: Place, order: Sequence[str], seconds: float) -> Imported:
    """How importing torch went, and then what the order to the probe asks for."""
    answer = ask(place, "import_torch", *order, seconds=seconds)
    steps = tuple(_steps(answer.facts))
    names = ("torch", "extension") if order else ("torch", "numpy", "building", "cuda")
    at = names[min(len(steps), len(names) - 1)]
    return Imported(steps, f"{answer.trouble} at the step {at}" if answer.trouble else "", answer.said)


def _parsed(answer: Answer) -> Interpreter | None:
    try:
        return Interpreter.model_validate_json(answer.facts) if answer.facts else None
    except ValidationError:
        return None


def _steps(text: str) -> Iterator[Step]:
    for line in text.splitlines():
        try:
            yield Step.model_validate(json.loads(line))
        except (ValueError, ValidationError):  # the line at which it died
            return


def _last_line(answer: Answer) -> str:
    return (answer.said.splitlines() or ["no word"])[-1].strip()
