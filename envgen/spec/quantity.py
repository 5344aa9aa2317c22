"""Quantities as people write them: `90`, `10m`, `2h30m`; `512MB`, `8GB`, `8GiB`; budgets: `40 cells`, `2h`, `$5`."""

from __future__ import annotations

import re
from collections.abc import Callable

from envgen.cell import GrammarError
from envgen.spec.matrix import Budget, Unit

STRENGTHS = {"values": 1, "pairs": 2, "triples": 3} | {str(number): number for number in range(1, 7)}
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_NUMBER = r"\d{1,9}(?:\.\d{1,9})?"
_DURATION = r"\s?".join(rf"(?:({_NUMBER})\s?{unit})?" for unit in _SECONDS)
_BYTES = {"kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BYTES |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def parse_duration(text: str) -> float:
    """Seconds; without a unit, and with one or several: `90`, `10m`, `2h30m`.

    Raises:
        GrammarError: the text is not a duration above zero.
    """
    if re.fullmatch(_NUMBER, text, re.ASCII):
        seconds = float(text)
    else:
        match = re.fullmatch(_DURATION, text, re.ASCII)
        parts = match.groups() if match else ()
        seconds = sum(float(part or 0) * unit for part, unit in zip(parts, _SECONDS.values(), strict=False))
    if not seconds:
        raise GrammarError(f"{text!r} is not a duration such as 90s, 10m, 2h30m or 30d")
    return seconds


def parse_size(text: str) -> int:
    """Bytes; `GB` is 10^9 and `GiB` 2^30.

    Raises:
        GrammarError: the text is not a size above zero.
    """
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s?([A-Za-z]{2,3})", text, re.ASCII)
    if not match or match[2] not in _BYTES or not float(match[1]):
        raise GrammarError(f"{text!r} is not a size such as 512MB, 8GB or 8GiB")
    return round(float(match[1]) * _BYTES[match[2]])


def parse_budget(text: str) -> Budget:
    """What a selection may cost: a number of cells, machine time, money or disk.

    Raises:
        GrammarError: the text is none of these, or not above zero.
    """
    money = re.fullmatch(r"\$\s?(\d{1,9}(?:\.\d{1,4})?)", text, re.ASCII)
    if money and float(money[1]):
        return Budget(float(money[1]), Unit.DOLLARS)
    cells = re.fullmatch(r"([1-9]\d{0,8})(?:\s?cells?)?", text, re.ASCII)
    if cells:
        return Budget(float(cells[1]), Unit.CELLS)
    measures: tuple[tuple[Callable[[str], float], float, Unit], ...] = (
        (parse_duration, 60, Unit.MINUTES),
        (parse_size, 10**9, Unit.GIGABYTES),
    )
    for parse, per, unit in measures if text[-1:].isalpha() else ():
        try:
            return Budget(parse(text.replace("min", "m")) / per, unit)
        except GrammarError:
            continue
    raise GrammarError(f"{text!r} is not a budget such as 40 cells, 90m, 2h30m, $5 or 100GB")


def parse_strength(text: str) -> int:
    """How many values at a time are to be covered: `pairs`, `triples`, `4`.

    Raises:
        GrammarError: the text is neither such a word nor a number from 1 to 6.
    """
    if text not in STRENGTHS:
        raise GrammarError(f"{text!r} is neither values, pairs, triples, nor a number from 1 to 6")
    return STRENGTHS[text]
