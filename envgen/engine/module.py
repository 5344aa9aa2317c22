"""Records of torch-tensorrt: the texts that stand around a plan in a module or an exported program."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from envgen.binary.content import Content, Unreadable, printable
from envgen.cell import SmArch
from envgen.engine.facts import Engine, Module
from envgen.engine.passage import BASE64, RAW, Passage, Recoded
from envgen.engine.pickled import runs, switches
from envgen.engine.plan import read_plan

PLAN_AT = 3  # the place of the plan in a record
_SHORT = 4096  # bytes of a field that is looked at
_SETTINGS = 1 << 18  # bytes of the settings, of which the pickle is not loaded
_MOST_FIELDS = 32
_CROSSED = re.compile(rb'"target"\s*:\s*"[\w.]{0,80}no_op_placeholder_for_execute_engine')
_ANY_TARGET = re.compile(rb'"target"\s*:')
_QUOTED = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_TEXT_ARGUMENT = re.compile(rb'"as_string"\s*:\s*"')


def engines_in_pickle(content: Content, member: str) -> Iterator[tuple[int, Engine]]:
    """The engines of a TorchScript module's or a constant's pickle: where the plan's text begins, and the engine.

    Raises:
        Unreadable: the pickle is damaged behind them, or one of the engines is.
    """
    seen: set[int] = set()
    for run in runs(content):
        for place, text in enumerate(run):
            begin = content.read(text.at, min(text.size, len(BASE64)))
            if text.at in seen:
                continue
            if begin.startswith(RAW):
                seen.add(text.at)
                plan = read_plan(Recoded(content.part(text.at, text.size)), alone=False)
                yield text.at, Engine(member, plan, at=text.at)
            elif begin == BASE64:
                seen.add(text.at)
                parts = [content.part(each.at, each.size) for each in run[max(place - PLAN_AT, 0) :]]
                yield text.at, _engine(parts, min(place, PLAN_AT), member, crossed=False)
                break


def engines_in_program(content: Content, member: str) -> Iterator[tuple[int, Engine]]:
    """The engines in the graph of a program that was compiled for Windows: likewise.

    Raises:
        Unreadable: one of them is damaged.
    """
    for node in content.matches(_CROSSED):
        parts = list(_arguments(content, node))
        if len(parts) > PLAN_AT:
            yield parts[PLAN_AT].start - content.start, _engine(parts, PLAN_AT, member, crossed=True)


def _arguments(content: Content, at: int) -> Iterator[Content]:
    """The arguments of a node that are texts, in their order."""
    end = next(content.matches(_ANY_TARGET, at + 1), content.size)
    for number, begin in enumerate(content.matches(_TEXT_ARGUMENT, at, ends=True)):
        close = next(content.matches(_QUOTED, begin, ends=True), 0) - 1
        if begin > end or close < 0 or number == _MOST_FIELDS:
            return
        yield content.part(begin, close - begin)


def _unescaped(text: str) -> str:
    """A text of JSON as it was before."""
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def _engine(parts: Sequence[Content], place: int, member: str, *, crossed: bool) -> Engine:
    plan = read_plan(Passage(parts[place]))
    before = [_text(part) for part in parts[:place]]
    if place < PLAN_AT or not before[0].isascii() or not before[0].isdigit() or len(before[0]) > 4:
        return Engine(member, plan, at=parts[place].start)
    texts = [*before, "", *(_text(part) for part in parts[place + 1 :])]
    gpu, gpu_name = _device(texts[2])
    module = Module(
        abi=int(texts[0]),
        name=printable(_unescaped(texts[1]) if crossed else texts[1]),
        fields=len(parts),
        gpu=gpu,
        gpu_name=printable(gpu_name),
        hardware_compatible={"0": False, "1": True}.get(texts[6]) if len(parts) > 6 else None,
        version_compatible=_settings(parts[7]).get("version_compatible") if len(parts) > 7 else None,
        platform=printable(texts[8]) if len(parts) > 8 else "",
        crossed=crossed,
    )
    return Engine(member, plan, module)


def _text(part: Content) -> str:
    return part.read(0, min(part.size, _SHORT)).decode("utf-8", "backslashreplace")


def _device(text: str) -> tuple[SmArch | None, str]:
    """From `id%major%minor%kind%name`."""
    match = re.fullmatch(r"\d{1,9}%(\d{1,2})%(\d)%\d{1,9}%(.*)", text, re.ASCII | re.DOTALL)
    return (SmArch(int(match[1]), int(match[2])), match[3]) if match else (None, "")


def _settings(part: Content) -> dict[str, bool]:
    """What torch-tensorrt was asked to build; nothing when it cannot be told."""
    passage = Passage(part)
    if not 0 < passage.size <= _SETTINGS:
        return {}
    try:
        return switches(Content(passage.read(0, passage.size)))
    except Unreadable:
        return {}
