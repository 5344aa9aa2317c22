"""The running interpreter as it is: for a GPU machine or a vendor's container, where nothing is to be installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.version import Version

from envgen.cell import Arch, Cell, Cuda, Os, PythonVersion, Release, TensorRt
from envgen.command import Command
from envgen.compat.published import installed_tensorrt
from envgen.environment.protocol import OnThisMachine
from envgen.errors import UsageError
from envgen.machine import Machine
from envgen.probe import script

IMPORTED_WITHIN = 300.0  # seconds, from a slow disk as well
VERSIONS = """\
import importlib.metadata, json, sys
def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
print(json.dumps({name: version(name) for name in sys.argv[1:]}))
"""


@dataclass(frozen=True)
class CurrentEnvironment(OnThisMachine):
    """An interpreter that is there already; it is neither made nor changed."""

    python: Path

    @classmethod
    def of(cls, python: Path | None) -> CurrentEnvironment:
        """The given interpreter, or the one that runs envgen."""
        return cls(_interpreter(python))

    @property
    def kind(self) -> str:
        return "current"

    @property
    def uses_lock(self) -> bool:
        return False

    def exists(self) -> bool:
        return True

    def creation(self) -> tuple[Command, ...]:
        return ()

    def disk_bytes(self) -> int:
        return 0

    def site_packages(self) -> Path | None:
        said = self._asked("import sysconfig; print(sysconfig.get_path('platlib'))").strip()
        return Path(said) if said else None

    def lacking(self, requirements: Sequence[str]) -> tuple[str, ...]:
        """Those of a build's requirements that are not met; a program on PATH stands for the package of its name."""
        asked = [each for each in map(Requirement, requirements) if each.marker is None or each.marker.evaluate()]
        installed = self._versions([each.name for each in asked])
        path = self.command(("python",), Path(), {}).variables["PATH"]

        def met(requirement: Requirement) -> bool:
            version = installed.get(requirement.name)
            if version is None:
                return shutil.which(requirement.name, path=path) is not None
            return requirement.specifier.contains(version, prereleases=True)

        return tuple(str(each) for each in asked if not met(each))

    def _versions(self, names: Sequence[str]) -> dict[str, str | None]:
        found: dict[str, str | None] = json.loads(self._asked(VERSIONS, *names) or "{}")
        return found

    def _asked(self, code: str, *arguments: str) -> str:
        """What the interpreter prints; nothing where it fails.

        It runs where it lies itself: what is in the folder of a program that is given as text can be imported.
        """
        command = [str(self.python), "-c", code, *arguments]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, cwd=self.python.parent, timeout=IMPORTED_WITHIN
            )
        except subprocess.TimeoutExpired:
            return ""
        return done.stdout if done.returncode == 0 else ""

    def command(self, argv: tuple[str, ...], cwd: Path, variables: Mapping[str, str | None]) -> Command:
        program = str(self.python) if argv[0] == "python" else argv[0]
        path = os.pathsep.join([str(self.python.parent), os.environ.get("PATH", "")])
        own = {"PATH": path} | dict(variables)
        if "PYTHONPATH" in own:  # torch itself may be there by the one that is inherited, as on clusters
            folders = filter(None, (own["PYTHONPATH"], os.environ.get("PYTHONPATH")))
            own["PYTHONPATH"] = os.pathsep.join(folders) or None
        return Command((program, *argv[1:]), cwd, own)


def current_cell(machine: Machine, python: Path | None = None) -> Cell:
    """The cell that an interpreter with its installed torch is.

    Raises:
        UsageError: it has no working torch, or a cell has no name for its system or one of its versions.
    """
    interpreter = _interpreter(python)
    facts = _ask(interpreter)
    if machine.os is None:
        raise UsageError(f"This system ({machine.system}) is not one that a cell can name.")
    try:
        return _cell(facts, machine.os, machine.arch)
    except ValueError as error:
        raise UsageError(f"{interpreter} cannot be taken as a cell: {error}.") from None


def _cell(facts: dict[str, Any], os_: Os, arch: Arch) -> Cell:
    torch = facts["torch"]
    cuda = torch["cuda"]
    version = Version(torch["version"])
    return Cell(
        python=PythonVersion.parse(".".join(facts["python"].split(".")[:2]) + "t" * facts["free_threaded"]),
        torch=Release.parse(f"{version.major}.{version.minor}.{version.micro}"),
        cuda=Cuda.parse(cuda) if cuda else Cuda(),
        tensorrt=_tensorrt(facts["packages"]),
        os=os_,
        arch=arch,
    )


def _tensorrt(packages: Mapping[str, str]) -> TensorRt | None:
    found = installed_tensorrt(packages)
    return TensorRt(Release.parse(found[1]), found[0]) if found else None


def _interpreter(python: Path | None) -> Path:
    # Absolute but not resolved: a virtual environment's interpreter is a link, and what it links to is another place.
    path = Path(python or sys.executable).absolute()
    if not path.is_file():
        raise UsageError(f"There is no interpreter {path}.", "Name one with --python.")
    return path


def _ask(interpreter: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="envgen-current-") as folder:
        answer = Path(folder) / "facts.json"
        try:
            done = subprocess.run(
                [interpreter, script("environment")], capture_output=True, text=True, check=False, cwd=folder,
                env=os.environ | {"ENVGEN_FACTS": str(answer)}, timeout=IMPORTED_WITHIN,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise UsageError(
                f"{interpreter} cannot be taken as a cell: it did not import torch within {IMPORTED_WITHIN:.0f} s.",
                f"See what it waits for: `{interpreter} -X importtime -c 'import torch'`.",
            ) from None
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise UsageError(
                f"{interpreter} cannot be taken as a cell: {said}.",
                "Run envgen with an interpreter that imports torch, or name one with --python.",
            )
        facts: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return facts
