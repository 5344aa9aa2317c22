"""A virtual environment that holds exactly the lock, by hard links from one cache that all cells share."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from envgen.cell import Cell
from envgen.command import Command
from envgen.environment.locked import MadeOfLock
from envgen.lock import IndexConfiguration, Lock
from envgen.machine import Machine, find_interpreter

BIN = "Scripts" if sys.platform == "win32" else "bin"
EXE = ".exe" if sys.platform == "win32" else ""


@dataclass(frozen=True)
class VenvEnvironment(MadeOfLock):
    """The cell's environment under `folder`; it can be made where the cell's system is this machine's."""

    cell: Cell
    lock: Lock | None
    folder: Path
    machine: Machine
    configuration: IndexConfiguration

    @property
    def kind(self) -> str:
        return "venv"

    @property
    def _python(self) -> Path:
        return self.folder / BIN / f"python{EXE}"

    def creation(self) -> tuple[Command, ...]:
        lock = self._lock_for_here()
        uv = find_uv_bin()
        variables = dict(self.configuration.variables) | {
            "UV_LINK_MODE": "hardlink",
            "UV_NO_PROGRESS": "1",
            "VIRTUAL_ENV": None,
        }
        cwd = self.folder.parent
        # The interpreter is named by its path when it is here; otherwise uv is asked to fetch it.
        interpreter = str(find_interpreter(self.cell.python) or self.cell.python)
        make = (uv, "venv", "--no-project", "--clear", "--python", interpreter, str(self.folder))
        # The lock says where its files are; the indexes are for the tools of what has to be built.
        indexes = self.configuration.arguments()
        into = ("--python", str(self._python), "--preview-features", "pylock", *indexes)
        sync = (uv, "pip", "sync", *into, "--require-hashes", *self._built_with(lock), str(lock.path))
        mark = (
            str(self._python),
            "-c",
            "import sys; open(sys.argv[1], 'w').write(sys.argv[2])",
            str(self._marker),
            lock.sha256,
        )
        return tuple(Command(argv, cwd, variables) for argv in (make, sync, mark))

    def site_packages(self) -> Path | None:
        pattern = "Lib/site-packages" if sys.platform == "win32" else "lib/python3*/site-packages"
        return next(self.folder.glob(pattern), None)

    def command(self, argv: tuple[str, ...], cwd: Path, variables: Mapping[str, str | None]) -> Command:
        program = str(self._python) if argv[0] == "python" else argv[0]
        path = os.pathsep.join([str(self.folder / BIN), os.environ.get("PATH", "")])
        own: dict[str, str | None] = {"VIRTUAL_ENV": str(self.folder), "PATH": path, "PYTHONHOME": None}
        return Command((program, *argv[1:]), cwd, own | dict(variables))
