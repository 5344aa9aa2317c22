"""The commands by name: each is imported when it is asked for, as all together take ten times as long to import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

import typer
from typer.core import TyperGroup

from envgen.errors import Interruption

if TYPE_CHECKING:
    from click import Command

MARKUP: Final = "markdown"


@dataclass(frozen=True)
class Place:
    """Where a command is.

    Attributes:
        module: in `envgen.cli`.
        name: of the function, or of the `typer.Typer` with its own commands.
        epilog: of a function that gives what stands below its help.
    """

    module: str
    name: str
    epilog: str = ""


COMMANDS = {
    "init": Place("init", "init_command"),
    "plan": Place("plan", "plan_command"),
    "why": Place("why", "why_command"),
    "lock": Place("lock", "lock_command"),
    "render": Place("render", "render_command"),
    "run": Place("run", "run_command", epilog="usual_limits"),
    "crossload": Place("crossload", "crossload_command"),
    "diagnose": Place("diagnose", "diagnose_command"),
    "doctor": Place("doctor", "doctor_command"),
    "build-commands": Place("build_commands", "build_commands_command"),
    "verify": Place("verify", "verify_command"),
    "windows-pair": Place("windows_pair", "windows_pair_command"),
    "report": Place("report", "report_command"),
    "schema": Place("schema", "schema_command"),
    "engine": Place("engine", "app"),
    "facts": Place("facts", "app"),
    "images": Place("images", "app"),
}


class Commands(TyperGroup):
    """The commands; typer itself would import all of them, and end an interrupted one without a word."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.commands = cast("Any", _Imported(COMMANDS))

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interruption("Interrupted.") from None


class _Imported(Mapping[str, "Command"]):
    def __init__(self, places: Mapping[str, Place]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> Command:
        return _load(name, self._places[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _load(name: str, place: Place) -> Command:
    module = import_module(f"envgen.cli.{place.module}")
    found = getattr(module, place.name)
    alone = typer.Typer(add_completion=False, rich_markup_mode=MARKUP)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
        return cast("Any", typer.main.get_group(alone)).commands[name]  # type: ignore[no-any-return]
    alone.command(name, epilog=getattr(module, place.epilog)() if place.epilog else None)(found)
    return cast("Command", typer.main.get_command(alone))
