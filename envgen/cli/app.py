"""The application: its commands, and how errors and interruptions end it."""

from __future__ import annotations

import io
import signal
import sys
from types import FrameType
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

from envgen import __version__
from envgen.cli import crossload, facts, images, init, lock, plan, render, report, run, schema, verify, why
from envgen.errors import EnvgenError, Interruption

_Error = TypeVar("_Error", bound=Exception)


class Commands(TyperGroup):
    """The commands; typer itself would end an interrupted one without a word."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interruption("Interrupted.") from None


app = typer.Typer(
    name="envgen",
    cls=Commands,
    help=(
        "Renders a matrix of PyTorch environments into Dockerfiles and lockfiles, builds your extension in each, runs"
        " its kernel and its TensorRT engine, and reports which combinations load and run, and why the others don't."
    ),
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("init")(init.init_command)
app.command("plan")(plan.plan_command)
app.command("why")(why.why_command)
app.command("lock")(lock.lock_command)
app.command("render")(render.render_command)
app.command("run", epilog=run.usual_limits())(run.run_command)
app.command("crossload")(crossload.crossload_command)
app.command("verify")(verify.verify_command)
app.command("report")(report.report_command)
app.command("schema")(schema.schema_command)
app.add_typer(facts.app, name="facts")
app.add_typer(images.app, name="images")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"envgen {__version__}")
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
    errors = Console(stderr=True)
    try:
        app(standalone_mode=True)
    except* EnvgenError as group:
        raised = list(_flat(group))
        for error in raised:
            errors.print(f"[red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(raised[0].exit_code)
    except* OSError as group:  # a full disk, a folder that may not be written
        for trouble in _flat(group):
            errors.print(f"[red]error:[/] {escape(str(trouble))}", highlight=False, soft_wrap=True)
        sys.exit(EnvgenError.exit_code)


def _flat(group: BaseExceptionGroup[_Error]) -> list[_Error]:
    flat: list[_Error] = []
    for error in group.exceptions:
        flat += _flat(error) if isinstance(error, BaseExceptionGroup) else [error]
    return flat


def _terminate(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
