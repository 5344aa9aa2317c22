"""`envgen diagnose`: what binaries are and what is wrong with them, and what a text says went wrong.

What each kind of argument needs is imported when there is one: the facts of a library take less time than all imports.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from envgen.binary.subject import Kind, kind_of
from envgen.cli.diagnose_options import (
    AgainstOption,
    BuiltWithOption,
    CudaOption,
    DriverOption,
    GpuOption,
    JsonlOption,
    JsonOption,
    PlatformOption,
    PythonOption,
    VerboseOption,
)
from envgen.errors import UsageError

_WRONG = 1


def diagnose_command(
    subjects: Annotated[
        list[str] | None,
        typer.Argument(metavar="WHAT...", help="Libraries, folders, wheels, archives, NAME==VERSION, logs, or -."),
    ] = None,
    against: AgainstOption = None,
    python: PythonOption = None,
    platform: PlatformOption = None,
    cuda: CudaOption = None,
    driver: DriverOption = None,
    gpu: GpuOption = None,
    built_with: BuiltWithOption = None,
    jsonl: JsonlOption = False,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what libraries need and what is wrong with them; of a log, why it failed.

    Libraries of Linux, Windows and macOS are read on any machine, never loaded. Ends with 1 when something is wrong,
    with 9 when no rule knows a text; what a text tells is no error of the command.

    Examples: `envgen diagnose build/_C.so`, `envgen diagnose dist/*.whl --platform macos13-arm64`,
    `envgen diagnose xformers==0.0.28.post3 --against 'torch>=2.4'`, `envgen diagnose build.log`,
    `pip install . 2>&1 | envgen diagnose -`
    """
    if jsonl:
        raise typer.Exit(_lines(subjects or ["-"]))
    if not subjects:
        raise UsageError("Nothing was named to look at.", "Name libraries, folders, wheels, logs, or - for a text.")
    _check_against(against, {"--cuda": cuda, "--driver": driver, "--gpu": gpu, "--built-with": built_with})
    texts = [subject for subject in subjects if kind_of(subject) is Kind.TEXT]
    others = [subject for subject in subjects if subject not in texts]
    if python and against is None and not any(kind_of(subject) is Kind.RELEASE for subject in others):
        raise UsageError("--python says nothing of files without --against.", "Leave it out, or add --against 'torch'.")
    if against is not None and not others:
        raise UsageError("--against was given, and no library.", "Name the libraries that are to be tried.")
    found: list[object] = []
    wrong, unknown = False, 0
    if others:
        from envgen.cli.diagnose_binaries import diagnose_binaries  # noqa: PLC0415
        from envgen.cli.diagnose_groups import Choices  # noqa: PLC0415

        choices = Choices(against, python or [], platform or [], cuda, driver, gpu, built_with, verbose=verbose)
        wrong |= diagnose_binaries(others, choices, found if as_json else None)
    if texts:
        from envgen.cli.diagnose_text import diagnose_texts  # noqa: PLC0415

        unknown = diagnose_texts(texts, found if as_json else None, verbose=verbose)
    if as_json:
        print(json.dumps(found, indent=1))
    if wrong or unknown:
        raise typer.Exit(_WRONG if wrong else unknown)


def _check_against(against: str | None, options: Mapping[str, str | None]) -> None:
    """Raises UsageError where options would change nothing."""
    given = [name for name, value in options.items() if value is not None]
    if against is None and given:
        raise UsageError(f"{given[0]} says nothing without --against.", "Add --against 'torch>=2.4'.")
    if against is not None and not against.strip():
        raise UsageError("--against names no release.", "Write it as pip does: 'torch>=2.4,<2.10'.")


def _lines(subjects: Sequence[str]) -> int:
    from envgen.cli.diagnose_text import diagnose_lines  # noqa: PLC0415

    return diagnose_lines(subjects)
