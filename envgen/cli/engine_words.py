"""Engines in words, for `envgen engine inspect`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from envgen.engine import Engine, Judgement, Knowledge
from envgen.engine.rules.platform import platform_of
from envgen.prediction.verdict import Verdict

_SHOWN = 3  # cells that are named
_YES_NO = {True: "yes", False: "no", None: "not said"}


@dataclass(frozen=True)
class Fate:
    """Cells in which a file fares alike.

    Attributes:
        cells: them, in words.
        said: the reasons and remedies, or the conditions.
    """

    verdict: Verdict
    cells: str
    said: tuple[str, ...]


def in_words(engine: Engine, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """What an engine is: a name and a text for each line."""
    plan, module = engine.plan, engine.module
    where = " in ".join(text for text in (module.name if module else "", engine.member) if text)
    if where or engine.at:
        yield "engine", f"{where} at byte {engine.at}".strip() if engine.at else where
    whole = "all there" if plan.announced == plan.present else f"{plan.present} of them are there"
    yield "TensorRT", f"{plan.tensorrt}; {plan.announced} bytes, {whole}"
    if module:
        abi = knowledge.abis.get(module.abi)
        releases = f"for torch-tensorrt {abi.words}" if abi else "of no release that is known"
        yield "torch-tensorrt", f"ABI {module.abi}, {releases}{', compiled for Windows elsewhere' * module.crossed}"
    platform = platform_of(engine, knowledge)
    tagged = "" if module and module.platform else f" (by its tag {plan.tag!r})"
    yield "platform", f"{platform.words}{tagged}" if platform else "not said"
    name = f" ({module.gpu_name})" if module and module.gpu_name else ""
    kernels = f"; kernels for {', '.join(map(str, plan.code))}" if plan.code else ""
    yield "GPU", f"{engine.gpu or 'not said'}{name}{kernels}"
    yield (
        "compatible",
        f"hardware: {_YES_NO[engine.hardware_compatible]}; version: {_YES_NO[engine.version_compatible]}",
    )


def fates(judged: Sequence[Judgement]) -> tuple[Fate, ...]:
    """The cells by what is said of them, those where it loads first; of many cells, only the weightiest reason."""
    groups: dict[tuple[Verdict, tuple[str, ...]], list[str]] = {}
    most = 1 if len(judged) > 1 else None
    for each in judged:
        groups.setdefault((each.verdict, tuple(_said(each, most))), []).append(str(each.place.cell))
    ordered = sorted(groups.items(), key=lambda group: group[0][0].weight)
    return tuple(Fate(verdict, _listed(cells), said) for (verdict, said), cells in ordered)


def _said(judgement: Judgement, most: int | None) -> Iterator[str]:
    for diagnosis in judgement.diagnoses[:most]:
        cause = f" [{diagnosis.cause}]" if judgement.verdict is Verdict.FAILS else ""
        yield f"{diagnosis.sentence}{cause}"
        if diagnosis.fix:
            yield f"  {diagnosis.fix}"
        if most is None and "source" in diagnosis.evidence:
            yield f"  Source: {diagnosis.evidence['source']}"
    if judgement.verdict is not Verdict.FAILS:
        for condition in judgement.conditions:
            yield f"where {condition}"


def _listed(cells: Sequence[str]) -> str:
    more = f" and {len(cells) - _SHOWN} more" if len(cells) > _SHOWN else ""
    return ", ".join(cells[:_SHOWN]) + more
