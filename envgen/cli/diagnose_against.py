"""`envgen diagnose --against`: which releases, Pythons and platforms a binary loads in."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from envgen.binary import Binary, demangle, printable
from envgen.cell import Arch, GrammarError, PythonVersion, SmArch
from envgen.compat.facts import Facts
from envgen.compat.records import Platform
from envgen.compat.toolchain import DriverVersion
from envgen.errors import UsageError
from envgen.prediction import Knowledge, Prediction, Subject, Verdict, predict_all
from envgen.prediction.bundle import together
from envgen.prediction.summary import Line, conditions, fitting, place_of, spans, summarise
from envgen.prediction.targets import Build, Place, Question, targets

_STYLES = {Verdict.LOADS: "green", Verdict.RISK: "yellow", Verdict.UNKNOWN: "dim", Verdict.FAILS: "red"}
_NONE_LOADS = 1


@dataclass(frozen=True)
class Asked:
    """The options as they were given."""

    against: str
    pythons: Sequence[str] = ()
    platforms: Sequence[str] = ()
    cuda: str | None = None
    driver: str | None = None
    gpu: str | None = None
    built_with: str | None = None


@dataclass(frozen=True)
class Tried:
    """One library, or several that fare alike, with every prediction."""

    files: tuple[str, ...]
    subject: Subject
    predictions: tuple[Prediction, ...]


def check(asked: Asked) -> None:
    """Raises UsageError for an option that cannot be understood: before anything is read or printed."""
    _options(asked, Arch.X86_64)
    if asked.built_with:
        _version(asked.built_with)


def try_against(binaries: Sequence[Binary], asked: Asked, pinned: Version | None = None) -> tuple[Tried, ...]:
    """What becomes of libraries that come together, in every target that is asked for.

    Args:
        binaries: of one file, folder or wheel.
        pinned: the torch release that the wheel's metadata asks for.

    Raises:
        UsageError: an option cannot be understood, or no target is left.
    """
    knowledge = Knowledge.current()
    built_with = _version(asked.built_with) if asked.built_with else pinned
    tried: list[Tried] = []
    for subject in together(binaries, built_with):
        question = _question(asked, subject.binary)
        predictions = predict_all(subject, targets(question, knowledge.facts), knowledge)
        tried.append(Tried((subject.binary.file,), subject, predictions))
    for notice in (*knowledge.facts.notices, *knowledge.symbols.notices):
        print(notice, file=sys.stderr)
    if not any(each.predictions for each in tried):
        raise UsageError(
            f"No published torch is {asked.against} for the Python, platform and CUDA that were asked for.",
            f"The facts know torch {min(knowledge.facts.torch)} to {max(knowledge.facts.torch)}: leave an option out.",
        )
    return _alike(tried)


def show_tried(tried: Iterable[Tried], console: Console, *, verbose: bool) -> None:
    """A table for each library, or for several that fare alike."""
    known = Facts.current().torch_versions()
    for each in tried:
        names = ", ".join(each.files)
        _line(console, f"[bold]{escape(names)}[/]: {escape(_conclusion(each, known))}")
        _table(summarise(each.predictions), console)
        for condition in conditions(each.predictions):
            _line(console, f"  [dim]where it does:[/] {escape(condition)}")
        if verbose:
            _details(each, console)
        console.print()


def as_json(tried: Iterable[Tried]) -> list[dict[str, object]]:
    """One entry for each library, or for several that fare alike."""
    return [
        {
            "files": list(each.files),
            "built_with": str(each.subject.built_with) if each.subject.built_with else None,
            "stable_abi": each.subject.stable,
            "fits": [str(version) for version in fitting(each.predictions)],
            "conditions": list(conditions(each.predictions)),
            "targets": [_prediction_json(prediction) for prediction in each.predictions],
        }
        for each in tried
    ]


def exit_code(tried: Iterable[Tried]) -> int:
    """0 when everything loads somewhere, 1 when a library loads in none of the targets."""
    return 0 if all(fitting(each.predictions) for each in tried) else _NONE_LOADS


def _question(asked: Asked, binary: Binary) -> Question:
    question = _options(asked, binary.arch)
    return question if question.places else replace(question, places=_own_place(binary))


def _options(asked: Asked, arch: Arch | None) -> Question:
    try:
        return Question(
            torch=_specifier(asked.against),
            places=tuple(Place.parse(text, arch) for text in asked.platforms),
            pythons=tuple(map(PythonVersion.parse, asked.pythons)),
            build=Build.parse(asked.cuda) if asked.cuda else None,
            driver=DriverVersion.parse(asked.driver) if asked.driver else None,
            gpu=SmArch.parse(asked.gpu) if asked.gpu else None,
        )
    except GrammarError as error:
        raise UsageError(f"{error}.", error.remedy or "`envgen diagnose --help` has examples.") from None


def _own_place(binary: Binary) -> tuple[Place, ...]:
    return (Place(Platform.of(binary.format.family, binary.arch or Arch.X86_64)),)


def _specifier(text: str) -> SpecifierSet:
    try:
        return SpecifierSet(text.strip().removeprefix("torch").strip())
    except InvalidSpecifier:
        raise UsageError(f"{text!r} says nothing about torch.", "Write it as pip does: 'torch>=2.4,<2.10'.") from None


def _version(text: str) -> Version:
    try:
        return Version(Version(text.removeprefix("torch==")).public)
    except InvalidVersion:
        raise UsageError(f"{text!r} is no release of torch.", "Write it as 2.8.0.") from None


def _alike(tried: Sequence[Tried]) -> tuple[Tried, ...]:
    """Those with the same verdicts and reasons in every target as one, in the order of the first of them."""
    groups: dict[object, list[Tried]] = {}
    for each in tried:
        fares = (tuple(map(_fares, summarise(each.predictions))), conditions(each.predictions))
        groups.setdefault(fares, []).append(each)
    return tuple(
        Tried(tuple(file for each in group for file in each.files), group[0].subject, group[0].predictions)
        for group in groups.values()
    )


def _fares(line: Line) -> tuple[object, ...]:
    """What a line says, without the name of the file."""
    reasons = tuple((each.rule, *sorted({**each.evidence, "file": ""}.items())) for each in line.diagnoses)
    return line.torch, line.place, line.verdict, line.pythons, reasons


def _conclusion(tried: Tried, known: Sequence[Version]) -> str:
    subject = tried.subject
    kind = "keeps to torch's stable ABI; " if subject.stable else ""
    if not subject.torch_names:
        kind = "takes nothing from torch; "
    if fits := spans(fitting(tried.predictions), known):
        return f"{kind}fits torch {fits}"
    risky = {each.target.torch for each in tried.predictions if each.verdict is Verdict.RISK}
    if risky and subject.built_with is None:
        names = f"its names fit torch {spans(risky, known)}, which lay out types differently"
        return f"{kind}{names}: --built-with VERSION tells in which of them it is safe"
    unknown = {each.target.torch for each in tried.predictions if each.verdict is Verdict.UNKNOWN}
    return f"{kind}fits none that is known; not known: torch {spans(unknown, known)}" if unknown else f"{kind}fits none"


def _table(lines: Sequence[Line], console: Console) -> None:
    several = len({line.place for line in lines}) > 1
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for line in lines:
        place = [line.place] if several else []
        style = _STYLES[line.verdict]
        table.add_row("", *place, f"torch {line.releases}", f"[{style}]{line.verdict}[/]", escape(_what(line)))
    console.print(table, highlight=False)


def _what(line: Line) -> str:
    pythons = ", ".join(map(str, line.pythons))
    if line.verdict is Verdict.LOADS:
        return f"on Python {pythons} only" if pythons else ""
    where = f"on Python {pythons}: " if pythons and line.verdict is not Verdict.FAILS else ""
    return where + _reason(line)


def _reason(line: Line) -> str:
    if not line.diagnoses:
        return ""
    if not line.most or line.diagnoses[0].rule != "torch-symbols":
        return line.diagnoses[0].sentence.removeprefix(f"{line.diagnoses[0].evidence['file']} ")
    number = str(line.most) if line.fewest == line.most else f"{line.fewest} to {line.most}"
    noun = "symbol" if line.most == 1 else "symbols"
    names = line.common or (line.diagnoses[0].evidence.get("symbol", ""),)
    return f"missing {number} {noun}: {printable(demangle(names[0]))}" + (", ..." if line.most > 1 else "")


def _details(tried: Tried, console: Console) -> None:
    for line in summarise(tried.predictions):
        for diagnosis in line.diagnoses:
            _line(console, f"  torch {line.releases}: {escape(diagnosis.sentence)} [dim]({diagnosis.rule})[/]")
            if diagnosis.fix:
                _line(console, f"    {escape(diagnosis.fix)}")
        for name in line.common:
            _line(console, f"    missing: {escape(printable(demangle(name)))}")


def _prediction_json(prediction: Prediction) -> dict[str, object]:
    target = prediction.target
    return {
        "torch": str(target.torch),
        "python": str(target.python),
        "platform": place_of(prediction),
        "cuda": str(target.cuda) if target.cuda else None,
        "verdict": prediction.verdict.value,
        "diagnoses": [diagnosis.model_dump(mode="json") for diagnosis in prediction.diagnoses],
        "conditions": [condition.model_dump(mode="json") for condition in prediction.conditions],
        "missing": list(prediction.missing),
    }


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)
