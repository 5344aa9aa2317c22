"""Which environment is examined: its interpreter, and the variables that somebody works in it with."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from envgen.errors import UsageError


@dataclass(frozen=True)
class Place:
    """An interpreter, and the variables of a process in its environment."""

    python: Path
    variables: Mapping[str, str]


def place_of(
    environ: Mapping[str, str],
    python: str | None = None,
    venv: Path | None = None,
    conda_prefix: Path | None = None,
) -> Place:
    """The environment that is asked for; without any, that of the interpreter that runs envgen.

    The programs of the environment come first on PATH, as when it is activated.

    Args:
        environ: the variables of this process.
        python: path of an interpreter, or its name on PATH.

    Raises:
        UsageError: more than one was given, or there is no interpreter.
    """
    if sum(given is not None for given in (python, venv, conda_prefix)) > 1:
        raise UsageError("More than one environment was named.", "Give one of PYTHON, --venv and --conda-prefix.")
    if folder := venv or conda_prefix:
        interpreter = _inside(folder)
        kind = "VIRTUAL_ENV" if venv else "CONDA_PREFIX"
        return Place(interpreter, _activated(environ, interpreter) | {kind: str(folder.absolute())})
    interpreter = _interpreter(python, environ)
    return Place(interpreter, _activated(environ, interpreter))


def _inside(folder: Path) -> Path:
    candidates = [folder / "bin" / "python", folder / "python.exe", folder / "Scripts" / "python.exe"]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        raise UsageError(f"{folder} has no interpreter.", "Name the folder of an environment: the one above bin.")
    return found.absolute()


def _interpreter(python: str | None, environ: Mapping[str, str]) -> Path:
    if python is None:
        return Path(sys.executable)
    path = Path(python)
    if path.is_dir():
        return _inside(path)
    if path.parent == Path() and not path.is_file():
        on_path = (Path(entry) / python for entry in environ.get("PATH", "").split(os.pathsep) if entry)
        path = next((found for found in on_path if found.is_file()), path)
    if not path.is_file():
        raise UsageError(f"There is no interpreter {python}.", "Name one by its path, or an environment with --venv.")
    # Absolute but not resolved: a virtual environment's interpreter is a link, and what it links to is another place.
    return path.absolute()


def _activated(environ: Mapping[str, str], interpreter: Path) -> dict[str, str]:
    programs = [str(interpreter.parent)]
    if sys.platform == "win32":
        programs.append(str(interpreter.parent / "Scripts"))
    return dict(environ) | {"PATH": os.pathsep.join([*programs, environ.get("PATH", "")])}
