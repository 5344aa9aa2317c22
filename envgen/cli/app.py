"""The application: how it begins, and how errors and interruptions end it."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Iterable
from types import FrameType
from typing import Annotated, TypeVar

import typer

import envgen
from envgen.cli.commands import MARKUP, Commands
from envgen.errors import EnvgenError

_Error = TypeVar("_Error", bound=Exception)

app = typer.Typer(
    name="envgen",
    cls=Commands,
    help=(
        "Renders a matrix of PyTorch environments into Dockerfiles and lockfiles, builds your extension in each, runs"
        " its kernel and its TensorRT engine, and reports which combinations load and run, and why the others don't."
    ),
    no_args_is_help=True,
    rich_markup_mode=MARKUP,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"envgen {envgen.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Everything reads `matrix.yaml`; start with `envgen plan`."""


def main() -> None:
    """The program `envgen`: exit codes are those of the errors, 130 after an interruption."""
    signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an old code page has no check mark
            stream.reconfigure(errors="replace")
    try:
        app(standalone_mode=True)
    except* EnvgenError as group:
        raised = list(_flat(group))
        _complain(raised)
        sys.exit(raised[0].exit_code)
    except* OSError as group:  # a full disk, a folder that may not be written
        _complain(_flat(group))
        sys.exit(EnvgenError.exit_code)


def _complain(errors: Iterable[Exception]) -> None:
    from rich.console import Console  # noqa: PLC0415 - a command that ends well may not need it
    from rich.markup import escape  # noqa: PLC0415

    console = Console(stderr=True)
    for error in errors:
        console.print(f"[red]error:[/] {escape(_said(error))}", highlight=False, soft_wrap=True)


def _said(error: Exception) -> str:
    """What went wrong, in the system's words and not by its number."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    return f"{error.filename!r}: {error.strerror}." if error.filename else f"{error.strerror}."


def _flat(group: BaseExceptionGroup[_Error]) -> list[_Error]:
    flat: list[_Error] = []
    for error in group.exceptions:
        flat += _flat(error) if isinstance(error, BaseExceptionGroup) else [error]
    return flat


def _terminate(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
