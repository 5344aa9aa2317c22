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
from envgen.environment.protocol import OnThisMachine, Unavailable, folder_bytes
from envgen.files import write_atomically
from envgen.lock import BUILD_CONSTRAINTS, IndexConfiguration, Lock, build_constraints
from envgen.machine import Machine, find_interpreter

BIN = "Scripts" if sys.platform == "win32" else "bin"
EXE = ".exe" if sys.platform == "win32" else ""


@dataclass(frozen=True)
class VenvEnvironment(OnThisMachine):
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
    def uses_lock(self) -> bool:
        return True

    @property
    def _python(self) -> Path:
        return self.folder / BIN / f"python{EXE}"

    def exists(self) -> bool:
        marker = self._marker
        return self.lock is not None and marker.is_file() and marker.read_text(encoding="utf-8") == self.lock.sha256

    @property
    def _marker(self) -> Path:
        return self.folder / "envgen-lock.sha256"

    def creation(self) -> tuple[Command, ...]:
        self._require_this_system()
        if self.lock is None:
            raise Unavailable("the cell has no lock")
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
        # What is no wheel is built in isolation, with what the lock says and nothing else.
        built_with = ("--build-constraints", str(self._build_constraints)) if self.lock.build else ()
        sync = (uv, "pip", "sync", *into, "--require-hashes", *built_with, str(self.lock.path))
        mark = (
            str(self._python),
            "-c",
            "import sys; open(sys.argv[1], 'w').write(sys.argv[2])",
            str(self._marker),
            self.lock.sha256,
        )
        return tuple(Command(argv, cwd, variables) for argv in (make, sync, mark))

    def prepare(self) -> None:
        if self.lock and self.lock.build:
            write_atomically(self._build_constraints, build_constraints(self.lock))

    @property
    def _build_constraints(self) -> Path:
        return self.folder.with_name(BUILD_CONSTRAINTS)

    def _require_this_system(self) -> None:
        here = self.machine
        if self.cell.os != here.os or self.cell.arch is not here.arch:
            raise Unavailable(
                f"needs {self.cell.os} on {self.cell.arch}; this machine is {here.os or here.system} on {here.arch}"
            )

    def disk_bytes(self) -> int:
        return folder_bytes(self.folder)

    def site_packages(self) -> Path | None:
        pattern = "Lib/site-packages" if sys.platform == "win32" else "lib/python3*/site-packages"
        return next(self.folder.glob(pattern), None)

    def command(self, argv: tuple[str, ...], cwd: Path, variables: Mapping[str, str | None]) -> Command:
        program = str(self._python) if argv[0] == "python" else argv[0]
        path = os.pathsep.join([str(self.folder / BIN), os.environ.get("PATH", "")])
        own: dict[str, str | None] = {"VIRTUAL_ENV": str(self.folder), "PATH": path, "PYTHONHOME": None}
        return Command((program, *argv[1:]), cwd, own | dict(variables))
