"""`envgen diagnose` of libraries, folders, archives and releases: their facts, and what is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from envgen.binary import Unreadable, printable
from envgen.binary.findings import findings
from envgen.binary.look import Looked, look_into
from envgen.binary.subject import Kind, kind_of
from envgen.binary.words import in_words
from envgen.cli.console import output
from envgen.cli.diagnose_groups import Choices, Group

if TYPE_CHECKING:
    from envgen.cli.diagnose_against import Asked
    from envgen.results import Diagnosis

_ENOUGH = 3  # files of which one and the same thing is said


def diagnose_binaries(subjects: Sequence[str], choices: Choices, records_: list[object] | None) -> bool:
    """Prints the facts and what is wrong, or adds both to the records.

    Returns:
        Whether anything is wrong.
    """
    console = output()
    wrong = False
    if choices.against:
        _check(choices)
    for group in _groups(subjects, choices):
        diagnoses = [(one, _wrong_with(one, choices)) for one in group.looked]
        wrong |= any(found for _, found in diagnoses)
        if records_ is None:
            _show(group, diagnoses, choices, console)
        else:
            records_ += [_record(group, one, found, choices) for one, found in diagnoses]
        if choices.against:
            wrong |= _try(group, choices, console, records_)
    return wrong


def _groups(subjects: Sequence[str], choices: Choices) -> Iterator[Group]:
    for subject in subjects:
        if kind_of(subject) is Kind.RELEASE:
            from envgen.cli.diagnose_release import release_groups  # noqa: PLC0415 - asks an index

            yield from release_groups(subject, choices)
            continue
        path = Path(subject)
        try:
            looked = look_into(path)
        except Unreadable as reason:
            looked = (Looked(path.name, unreadable=reason.what),)
        notes = () if looked else ("No shared library is in it.",)
        alone = path.is_file() and len(looked) == 1 and looked[0].file == printable(path.name)
        yield Group("" if alone else printable(subject), looked, notes)


def _wrong_with(looked: Looked, choices: Choices) -> tuple[Diagnosis, ...]:
    """Where all is well nothing more than the facts is imported."""
    on_system = bool(choices.platform) and not choices.against and bool(looked.binaries)
    if not on_system and not findings(looked):
        return ()
    from envgen.inspection import diagnoses_of  # noqa: PLC0415

    return (*diagnoses_of(looked), *(_unsuited(looked, choices) if on_system else ()))


def _unsuited(looked: Looked, choices: Choices) -> Iterator[Diagnosis]:
    from envgen.cli.diagnose_places import places  # noqa: PLC0415
    from envgen.inspection import judge_system  # noqa: PLC0415

    for place in places(choices.platform, looked.binaries[0].arch):
        yield from judge_system(looked, *place)


def _show(
    group: Group, diagnoses: Sequence[tuple[Looked, tuple[Diagnosis, ...]]], choices: Choices, console: Console
) -> None:
    if group.title:
        _line(console, f"[bold]{escape(group.title)}[/]")
    for note in group.notes:
        _line(console, f"[dim]{escape(note)}[/]")
    told = _Told()
    for looked, found in diagnoses:
        _line(console, f"[bold]{escape(looked.file)}[/]")
        for binary in looked.binaries:
            for label, text in in_words(binary, all_names=choices.verbose):
                _line(console, f"  [dim]{label:<10}[/] {escape(text)}")
        for each in found:
            _tell(each, told, console, verbose=choices.verbose)
    for rule, count in told.rules.items():
        if count > _ENOUGH and not choices.verbose:
            _line(console, f"[dim]{rule}: likewise {count - _ENOUGH} more; --verbose names them[/]")


@dataclass
class _Told:
    """How often each rule was heard, and the remedies that were named."""

    rules: Counter[str] = field(default_factory=Counter)
    remedies: set[str] = field(default_factory=set)


def _tell(each: Diagnosis, told: _Told, console: Console, *, verbose: bool) -> None:
    """What is wrong with many files is said of some of them, and each remedy once."""
    told.rules[each.rule] += 1
    if told.rules[each.rule] > _ENOUGH and not verbose:
        return
    _line(console, f"  [red]{each.cause}[/] {escape(each.sentence)}")
    if each.fix and each.fix not in told.remedies:
        _line(console, f"    {escape(each.fix)}")
    told.remedies.add(each.fix)


def _record(group: Group, looked: Looked, found: Sequence[Diagnosis], choices: Choices) -> dict[str, object]:
    from envgen.inspection import records  # noqa: PLC0415

    return {
        "in": group.title,
        "file": looked.file,
        "binaries": records(looked, names=choices.verbose),
        "diagnoses": [each.model_dump(mode="json") for each in found],
    }


def _check(choices: Choices) -> None:
    from envgen.cli.diagnose_against import check  # noqa: PLC0415 - needs the facts of all releases

    check(_asked(choices))


def _asked(choices: Choices) -> Asked:
    from envgen.cli.diagnose_against import Asked  # noqa: PLC0415

    return Asked(
        choices.against or "", choices.python, choices.platform, choices.cuda, choices.driver, choices.gpu,
        choices.built_with,
    )  # fmt: skip


def _try(group: Group, choices: Choices, console: Console, records_: list[object] | None) -> bool:
    from envgen.cli import diagnose_against  # noqa: PLC0415 - needs the facts of all releases

    binaries = [binary for one in group.looked for binary in one.binaries]
    if not binaries:
        return False
    tried = diagnose_against.try_against(binaries, _asked(choices), group.pinned)
    if records_ is None:
        diagnose_against.show_tried(tried, console, verbose=choices.verbose)
    else:
        records_.append({"in": group.title, "against": diagnose_against.as_json(tried)})
    return diagnose_against.exit_code(tried) != 0


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)
