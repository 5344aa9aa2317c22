"""A conda environment that holds exactly one platform of a conda-lock.yml, made by rattler in a process of its own.

No conda, mamba or micromamba is there. Commands see what an activation would set: PATH, CONDA_PREFIX, and what the
packages' own activation scripts say (CC, CXX, CFLAGS, ... of conda's compilers).
"""

from __future__ import annotations

import json
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
from envgen.machine import Machine

ACTIVATION = "envgen-activation.json"  # in the environment: variables that its activation sets, or null to remove
BY_PIP = "envgen-pip.txt"  # in the environment: what pip installs into it, with hashes
PATH_ENTRIES = "PATH"
CONDA_FILES = (".conda", ".tar.bz2")
TOOLS = ("binutils_impl_", "clang", "cuda-nvcc", "gcc_impl_", "gxx_impl_", "ld_impl_", "sysroot_", "vs20")


@dataclass(frozen=True)
class CondaEnvironment(MadeOfLock):
    """The cell's environment under `folder`; it can be made where the cell's system is this machine's.

    Attributes:
        platform: the cell's platform as a channel's folder names it.
    """

    cell: Cell
    lock: Lock | None
    platform: str
    folder: Path
    machine: Machine
    configuration: IndexConfiguration

    @property
    def kind(self) -> str:
        return "conda"

    @property
    def python(self) -> Path:
        return self.folder / "python.exe" if self.platform.startswith("win") else self.folder / "bin" / "python"

    @property
    def cuda_home(self) -> Path | None:
        """Where its own nvcc is; None without one."""
        home = self.folder / "Library" if self.platform.startswith("win") else self.folder
        return home if any((home / "bin").glob("nvcc*")) else None

    @property
    def tools(self) -> tuple[str, ...]:
        """What compiles in it, with versions: builds of environments that agree on these may be shared."""
        packages = self.lock.packages if self.lock else ()
        return tuple(package.file for package in packages if package.file.startswith(TOOLS))

    def creation(self) -> tuple[Command, ...]:
        lock = self._lock_for_here()
        prefix = str(self.folder)
        commands = [self._own("install", str(lock.path), self.platform, prefix), self._own("activate", prefix)]
        if any(not package.file.endswith(CONDA_FILES) for package in lock.packages):
            commands.append(self._pip(lock))
        commands.append(self._own("mark", str(self._marker), lock.sha256))
        return tuple(commands)

    def _own(self, *arguments: str) -> Command:
        # From envgen's interpreter, and from a folder where nothing can stand in for one of its modules.
        program = (sys.executable, "-P", "-m", "envgen.environment.conda_make")
        variables = {name: None for name in os.environ if name.startswith("CONDA_") and name != "CONDA_OVERRIDE_CUDA"}
        return Command((*program, *arguments), self.folder.parent, {**variables, "PYTHONPATH": None})

    def _pip(self, lock: Lock) -> Command:
        install = (
            find_uv_bin(), "pip", "install", "--python", str(self.python), "--no-deps", "--require-hashes",
            "--break-system-packages", *self.configuration.arguments(), *self._built_with(lock),
            "--requirement", str(self.folder / BY_PIP),
        )  # fmt: skip
        return Command(install, self.folder.parent, dict(self.configuration.variables) | {"UV_NO_PROGRESS": "1"})

    def site_packages(self) -> Path | None:
        pattern = "Lib/site-packages" if self.platform.startswith("win") else "lib/python3*/site-packages"
        return next(self.folder.glob(pattern), None)

    def command(self, argv: tuple[str, ...], cwd: Path, variables: Mapping[str, str | None]) -> Command:
        program = str(self.python) if argv[0] == "python" else argv[0]
        own = self._activation()
        path = os.pathsep.join([own.pop(PATH_ENTRIES, None) or str(self.python.parent), os.environ.get("PATH", "")])
        settled: dict[str, str | None] = {"CONDA_PREFIX": str(self.folder), "VIRTUAL_ENV": None, "PYTHONHOME": None}
        return Command((program, *argv[1:]), cwd, settled | own | {"PATH": path} | dict(variables))

    def _activation(self) -> dict[str, str | None]:
        file = self.folder / ACTIVATION
        found: dict[str, str | None] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        return found
