"""The project in the working directory: what its build asks for, and what lies beside it."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

from envgen.doctor.look.packages import modules_in
from envgen.doctor.observed import Project

SETUP_BYTES = 1_000_000


def project(folder: Path) -> Project:
    """What the folder holds, read and not run."""
    requires, unreadable = _build_requires(folder / "pyproject.toml")
    return Project(folder, requires, unreadable, _imports_torch(folder / "setup.py"), modules_in(folder))


def _build_requires(path: Path) -> tuple[tuple[str, ...] | None, str]:
    try:
        system = tomllib.loads(path.read_text(encoding="utf-8")).get("build-system")
    except FileNotFoundError:
        return None, ""
    except (OSError, ValueError, RecursionError) as error:
        return None, str(error)
    requires = system.get("requires", ()) if isinstance(system, dict) else ()
    return tuple(entry for entry in requires if isinstance(entry, str)), ""


def _imports_torch(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            tree = ast.parse(file.read(SETUP_BYTES))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return False
    # Within a function it may be meant for later; at the top it runs before any requirement of the build is asked for.
    names = [name for node in _top(tree) for name in _imported(node)]
    return any(name.split(".")[0] == "torch" for name in names)


def _top(tree: ast.Module) -> list[ast.stmt]:
    found = []
    for node in tree.body:
        found.append(node)
        if isinstance(node, ast.If):
            found += node.body
    return found


def _imported(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [node.module or ""]
    return []
