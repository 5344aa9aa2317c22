"""A strict reader of the Dockerfiles that envgen writes: what Docker would take each value for."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME_VALUE = re.compile(r'([\w.]+)=(?:"((?:[^"\\]|\\.)*)"|([\w./:${}-]*))(?:\s+|$)', re.ASCII)


@dataclass(frozen=True)
class Instruction:
    keyword: str
    rest: str


def instructions(text: str) -> list[Instruction]:
    """Comments dropped and continued lines joined, as Docker does before it reads an instruction."""
    lines = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\[ \t]*\n", "", "\n".join(lines))
    found = [Instruction(*line.split(None, 1)) for line in joined.split("\n")]
    assert all(instruction.keyword.isupper() for instruction in found)
    return found


def assignments(text: str, keyword: str) -> dict[str, str]:
    """What ENV or LABEL sets, with Docker's escapes undone; an unescaped `$` is left as it stands."""
    values: dict[str, str] = {}
    for instruction in instructions(text):
        if instruction.keyword != keyword:
            continue
        end = 0
        for match in _NAME_VALUE.finditer(instruction.rest):
            assert match.start() == end, instruction
            end = match.end()
            quoted = match[2]
            values[match[1]] = match[3] if quoted is None else _unescaped(quoted)
        assert end == len(instruction.rest), instruction
    return values


def _unescaped(quoted: str) -> str:
    bare = re.sub(r"\\.", "", quoted)
    assert "$" not in bare or re.fullmatch(r"\$\{\w+\}", quoted), quoted
    return re.sub(r'\\([\\"$])', r"\1", quoted)
