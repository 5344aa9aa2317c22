"""Pickles, of which the instructions are looked at and none is carried out: the lists of texts that stand in them."""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from envgen.binary.content import Content, Unreadable

MOST = 1_000_000  # instructions; modules of many thousand parameters have a tenth of it
LONGEST_RUN = 64  # texts; a record of torch-tensorrt has 13
_LONGEST_LINE = 1 << 16  # bytes

_SIZES: Final = {opcode.code.encode("latin-1")[0]: opcode.arg.n if opcode.arg else 0 for opcode in pickletools.opcodes}
_NAMES: Final = {opcode.code.encode("latin-1")[0]: opcode.name for opcode in pickletools.opcodes}
_TWO_LINES = frozenset({"GLOBAL", "INST"})
_COUNTS: Final = {
    pickletools.TAKEN_FROM_ARGUMENT1: struct.Struct("<B"),
    pickletools.TAKEN_FROM_ARGUMENT4: struct.Struct("<i"),
    pickletools.TAKEN_FROM_ARGUMENT4U: struct.Struct("<I"),
    pickletools.TAKEN_FROM_ARGUMENT8U: struct.Struct("<Q"),
}
_TEXTS = frozenset({"BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"})
_PUTS: Final = {"BINPUT": struct.Struct("<B"), "LONG_BINPUT": struct.Struct("<I")}
_GETS: Final = {"BINGET": struct.Struct("<B"), "LONG_BINGET": struct.Struct("<I")}


@dataclass(frozen=True)
class Step:
    """One instruction: its name, and where its argument lies, without the count before it."""

    name: str
    at: int
    size: int


@dataclass(frozen=True)
class Text:
    """Where a text lies in the pickle."""

    at: int
    size: int


def steps(content: Content) -> Iterator[Step]:
    """The instructions up to the one that ends the pickle.

    Raises:
        Unreadable: it is cut short, is no pickle, or has too many of them.
    """
    at = 0
    for _ in range(MOST):
        code = content.read(at, 1)[0]
        if code not in _SIZES:
            raise Unreadable(f"its pickle is damaged at byte {at}")
        name = _NAMES[code]
        begin, size, after = _argument(content, at + 1, _SIZES[code], two=name in _TWO_LINES)
        if size < 0 or after > content.size:
            raise Unreadable(f"its pickle is cut short or damaged at byte {at}")
        yield Step(name, begin, size)
        if name == "STOP":
            return
        at = after
    raise Unreadable(f"its pickle has more than {MOST} instructions")


def runs(content: Content) -> Iterator[list[Text]]:
    """Texts that stand one behind the other, as those of a list do; one that stands there again is read again.

    Raises:
        Unreadable: as for `steps`; what was read before that stands.
    """
    known: dict[int, Text] = {}
    number = 0  # of what was put away without a number of its own
    run: list[Text] = []
    for step in steps(content):
        if step.name in _TEXTS:
            run.append(Text(step.at, step.size))
        elif step.name in _PUTS or step.name == "MEMOIZE":
            form = _PUTS.get(step.name)
            place = content.unpack(form, step.at)[0] if form else number
            number += 1
            if run:
                known[place] = run[-1]
            else:
                known.pop(place, None)
        elif step.name in _GETS and (again := known.get(content.unpack(_GETS[step.name], step.at)[0])):
            run.append(again)
        elif run:
            yield run[-LONGEST_RUN:]
            run = []
        if len(run) > 2 * LONGEST_RUN:
            run = run[-LONGEST_RUN:]


def switches(content: Content) -> dict[str, bool]:
    """The names that stand before a True or False.

    Raises:
        Unreadable: as for `steps`.
    """
    found: dict[str, bool] = {}
    name = ""
    for step in steps(content):
        if step.name in _TEXTS:
            name = content.read(step.at, min(step.size, 100)).decode("utf-8", "replace")
        elif step.name in ("NEWTRUE", "NEWFALSE"):
            found[name] = step.name == "NEWTRUE"
            name = ""
        elif step.name not in ("MEMOIZE", *_PUTS):
            name = ""
    return found


def _argument(content: Content, at: int, kind: int, *, two: bool) -> tuple[int, int, int]:
    """Where an argument begins, its size, and where the next instruction begins."""
    if kind >= 0:
        return at, kind, at + kind
    if kind == pickletools.UP_TO_NEWLINE:
        end = _line_end(content, at)
        after = _line_end(content, end) if two else end
        return at, after - at, after
    form = _COUNTS[kind]
    size = content.unpack(form, at)[0]
    return at + form.size, size, at + form.size + size


def _line_end(content: Content, at: int) -> int:
    end = content.find(b"\n", at, at + _LONGEST_LINE)
    if end < 0:
        raise Unreadable(f"its pickle is damaged at byte {at}")
    return end + 1
