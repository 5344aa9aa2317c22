"""`envgen init`: a first matrix.yaml."""

from __future__ import annotations

import re
import shutil
from keyword import iskeyword
from pathlib import Path
from typing import Annotated

import typer

from envgen.assets import asset
from envgen.cli.console import output
from envgen.compat.facts import Facts
from envgen.errors import UsageError
from envgen.machine import this_machine
from envgen.render.files import write
from envgen.render.scaffold import scaffold
from envgen.spec.checks import BUILD_FILES

MATRIX = "matrix.yaml"
REFERENCE = "csrc"


def init_command(
    folder: Annotated[Path, typer.Argument(help="The project's folder.")] = Path(),
    module: Annotated[
        str | None, typer.Option("--import", metavar="MODULE", help="What is imported; the folder's name if not given.")
    ] = None,
    reference: Annotated[
        bool, typer.Option("--reference", help="Write envgen's own reference extension and its matrix instead.")
    ] = False,
) -> None:
    """Write a first matrix.yaml for your extension; nothing that is there is overwritten.

    Examples: `envgen init`, `envgen init --import my_extension`, `envgen init --reference try-envgen`
    """
    taken = [name for name in (MATRIX, *([REFERENCE] if reference else [])) if (folder / name).exists()]
    if taken:
        raise UsageError(f"{folder / taken[0]} is there already.", "Edit it, or choose another folder.")
    if reference:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(
            asset(REFERENCE), folder / REFERENCE, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
        shutil.copy(asset(MATRIX), folder / MATRIX)
    else:
        builds = any((folder / name).is_file() for name in BUILD_FILES)
        write([scaffold(_module(module, folder), this_machine().host, Facts.current(), builds=builds)], folder)
    output().print(f"{folder / MATRIX} is written. Next: envgen plan", highlight=False, soft_wrap=True)


def _module(given: str | None, folder: Path) -> str:
    """The module to import.

    Raises:
        UsageError: it is none.
    """
    module = given or re.sub(r"\W", "_", folder.absolute().name, flags=re.ASCII).lower() or "extension"
    if not (module.isascii() and all(part.isidentifier() and not iskeyword(part) for part in module.split("."))):
        raise UsageError(
            f"{module!r} is not a module to import, such as my_extension.", "Name the module with --import."
        )
    return module
