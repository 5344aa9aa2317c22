"""`envgen doctor`: what is wrong with an environment, and what to do about it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from envgen.binary import printable
from envgen.cli.console import output
from envgen.cli.context import JsonOption
from envgen.compat.facts import Facts
from envgen.compat.words import counted, listed
from envgen.doctor import Examination, Finding, Request, Severity, examine, place_of

UNWELL = 10
LONGEST = 4_000  # characters of a line
STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def doctor_command(
    python: Annotated[
        str | None, typer.Argument(metavar="PYTHON", help="An interpreter; the one that runs envgen if not given.")
    ] = None,
    *,
    venv: Annotated[
        Path | None, typer.Option("--venv", metavar="DIR", help="A virtual environment in place of an interpreter.")
    ] = None,
    conda_prefix: Annotated[
        Path | None, typer.Option("--conda-prefix", metavar="DIR", help="A conda environment's folder.")
    ] = None,
    module: Annotated[
        list[str] | None,
        typer.Option("--module", metavar="NAME", help="An installed extension to import."),
    ] = None,
    binary: Annotated[
        list[Path] | None,
        typer.Option("--binary", metavar="FILE", help="A library of an extension to load."),
    ] = None,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Also compare the hashes of torch's and NVIDIA's files.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors for the exit code.")] = False,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds that importing torch may take.")] = 300,
    as_json: JsonOption = False,
) -> None:
    """Look for what is wrong with an environment in which torch is installed.

    It looks at the packages, the files and the libraries that torch's process really loads, at the driver and the GPUs,
    and at the compilers of this machine; torch is imported in a process of its own. Nothing is changed. Each finding
    says what is wrong, where, and what to do. An extension is loaded after torch, and its libraries are judged against
    this very environment. The exit code is 10 when there are errors.

    Examples: `envgen doctor`, `envgen doctor --venv .venv --strict`,
    `envgen doctor python3.12 --module my_extension --json`
    """
    place = place_of(os.environ, python, venv, conda_prefix)
    facts = Facts.current()
    for notice in facts.notices:
        print(notice, file=sys.stderr)
    examination = examine(
        place, Request(Path.cwd(), tuple(module or ()), tuple(binary or ()), thorough, timeout), facts
    )
    if as_json:
        print(json.dumps(examination.as_json(), indent=2))
    else:
        _tell(examination, output())
    if examination.number(Severity.ERROR) or (strict and not examination.healthy):
        raise typer.Exit(UNWELL)


def _tell(examination: Examination, console: Console) -> None:
    for finding in examination.findings:
        _tell_finding(finding, console)
    observed = examination.observed
    torch = f"torch {observed.torch_version}" if observed.torch_version else "no torch"
    cuda = f" for {observed.torch_cuda}" if observed.torch_cuda else ""
    _line(console, f"{observed.interpreter.executable}: {observed.interpreter.short}, {torch}{cuda}")
    numbers = [counted(n, severity.value) for severity in Severity if (n := examination.number(severity))]
    said = listed(numbers) if numbers else "nothing found"
    _line(console, f"{counted(examination.checks, 'check')}: {said}", "green" if examination.healthy else "bold")


def _tell_finding(finding: Finding, console: Console) -> None:
    mark = f"[{STYLE[finding.severity]}]{finding.severity.value}[/]"
    console.print(f"{mark} {_plain(f'{finding.sentence}  [{finding.check}]')}", highlight=False, soft_wrap=True)
    for where in finding.where:
        _line(console, f"    {where}")
    if finding.remedy:
        _line(console, f"  {finding.remedy}")
    if finding.command:
        _line(console, f"    $ {finding.command}")
    _line(console, "")


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(_plain(text), highlight=False, soft_wrap=True, style=style)


def _plain(text: str) -> str:
    """What a file name or a message says, with nothing in it that a terminal or rich obeys."""
    return escape(printable(text, most=LONGEST))
