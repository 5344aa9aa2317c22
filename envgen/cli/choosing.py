"""The options by which a command is told its cells; every command that takes cells has them all."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from envgen.cell import GrammarError
from envgen.errors import EnvgenError, UsageError
from envgen.spec.choices import RESERVED
from envgen.spec.expression import ExpressionError, Where
from envgen.spec.load import load
from envgen.spec.matrix import Choice, Match
from envgen.spec.quantity import parse_budget, parse_strength

PANEL = "Which cells"
LONG = 100  # characters of a condition that an error shows
_BY_NAME = inspect.Parameter.KEYWORD_ONLY


def _option(
    *names: str,
    metavar: str | None = None,
    help: str,  # noqa: A002 - as typer has it
    complete: Callable[[str], list[str]] | None = None,
) -> Any:
    return typer.Option(*names, metavar=metavar, help=help, rich_help_panel=PANEL, autocompletion=complete)


def _selections(beginning: str) -> list[str]:
    """The selections of the matrix in this folder, for a shell."""
    try:
        own = load(Path("matrix.yaml")).selections
    except EnvgenError:
        own = {}
    return [name for name in (*own, *RESERVED) if name.startswith(beginning)]


@dataclass(frozen=True)
class Request:
    """What the command line says of the cells it wants."""

    cells: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CELL]...", help="Cell ids, or globs such as `py312-torch2.13-*`, instead of --select."
        ),
    ] = None
    select: Annotated[
        list[str] | None,
        _option(
            "--select", "-s", metavar="NAME", complete=_selections,
            help="A selection named in the matrix, or full, host, pairwise, extremes; may be repeated.",
        ),
    ] = None  # fmt: skip
    where: Annotated[
        str | None, _option("--where", "-w", metavar="CONDITION", help="Only cells such as `torch>=2.9 and cuda!=cpu`.")
    ] = None
    cover: Annotated[
        str | None,
        _option("--cover", metavar="pairs|triples|N", help="Few cells that cover every combination of N values."),
    ] = None
    budget: Annotated[
        str | None, _option("--budget", metavar="BUDGET", help="What they may cost: `40 cells`, 90m, $5 or 100GB.")
    ] = None
    must: Annotated[
        list[str] | None, _option("--must", metavar="CELL", help="A cell, or glob, that is in when few are chosen.")
    ] = None
    seed: Annotated[int, _option("--seed", help="Of choices that are as good as others.")] = 0
    solver: Annotated[
        bool, _option("--solver", help="Look for the proved fewest; needs `pip install 'envgen[solver]'`.")
    ] = False
    changed: Annotated[
        str | None, _option("--changed", metavar="RUN", help="Only cells that changed since that run; `latest`.")
    ] = None

    @classmethod
    def of_cell(cls, cell: str) -> Request:
        return cls(cells=[cell])

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said."""
        return self == Request()

    def narrowing(self) -> Choice:
        """The choice among what the cells or selections give.

        Raises:
            UsageError: an option cannot be read.
        """
        return Choice(
            where=_read("--where", _where, self.where) if self.where is not None else None,
            cover=_read("--cover", parse_strength, self.cover) if self.cover is not None else None,
            budget=_read("--budget", parse_budget, self.budget) if self.budget is not None else None,
            must=tuple(Match(cells=(_read("--must", _cell, text),)) for text in self.must or ()),
            seed=self.seed,
        )


def _cell(text: str) -> str:
    if not text:
        raise GrammarError("it is empty", "Give a cell id, or a glob such as `py312-*`.")
    return text


T = TypeVar("T")


def _read(option: str, parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text.strip())
    except GrammarError as error:
        raise UsageError(f"{option}: {error}.", error.remedy or "`--help` shows an example.") from None


def _where(text: str) -> Where:
    try:
        return Where.parse(text)
    except ExpressionError as error:
        shown = text if len(text) <= LONG else text[:LONG] + "..."
        raise GrammarError(f"{error}, at character {error.column + 1} of `{shown}`", error.remedy) from None


def chooses(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command, in place of its parameter `request`, the options of a Request."""
    hints = get_type_hints(Request, include_extras=True)
    own = get_type_hints(command, include_extras=True)
    options = [
        inspect.Parameter(f.name, _BY_NAME, default=f.default, annotation=hints[f.name]) for f in fields(Request)
    ]
    others = [
        parameter.replace(kind=_BY_NAME, annotation=own[name])
        for name, parameter in inspect.signature(command).parameters.items()
        if name != "request"
    ]

    @wraps(command)
    def with_request(**values: Any) -> None:
        request = Request(**{field.name: values.pop(field.name) for field in fields(Request)})
        command(request, **values)

    with_request.__signature__ = inspect.Signature([*options, *others])  # type: ignore[attr-defined]
    with_request.__annotations__ = {parameter.name: parameter.annotation for parameter in (*options, *others)}
    return with_request
