"""Solving by a conda, mamba or micromamba that the user names: conda-lock drives it, and downloads none."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import yaml

from envgen.errors import LockError, UsageError
from envgen.lock.children import Children
from envgen.lock.conda.document import FILE, read_lockfile
from envgen.lock.conda.extra import part
from envgen.lock.conda.request import PlatformRequest

if TYPE_CHECKING:
    from conda_lock.lockfile.v2prelim.models import LockedDependency


@dataclass(frozen=True)
class CondaExecutable:
    """A program that solves as conda does; it goes by its own configuration of channels and mirrors."""

    path: Path
    _children: Children = field(default_factory=Children)

    @classmethod
    def named(cls, text: str) -> Self:
        """A program by its path, or by its name on PATH.

        Raises:
            UsageError: there is none; none is ever downloaded.
        """
        found = shutil.which(text)
        if found is None:
            raise UsageError(
                f"There is no program {text}.",
                "Name a conda, mamba or micromamba that is here, or leave the option out.",
            )
        return cls(Path(found).absolute())

    def solve(self, platform: PlatformRequest, channels: Sequence[str], root: Path) -> list[LockedDependency]:
        """The entries of a platform.

        Raises:
            LockError: the program finds no solution, or fails.
        """
        part("conda_lock")
        with tempfile.TemporaryDirectory(prefix="envgen-conda-") as folder:
            lock = self._run(platform, channels, root, Path(folder))
            return list(read_lockfile(lock).package)

    def stop(self) -> None:
        """Ends what runs and begins nothing more."""
        self._children.stop()

    def _run(self, platform: PlatformRequest, channels: Sequence[str], root: Path, folder: Path) -> Path:
        asked, virtual, lock = folder / "environment.yml", folder / "virtual-packages.yml", folder / FILE
        places = [str((root / name).resolve()) if name.startswith(".") else name for name in channels]
        asked.write_text(yaml.safe_dump({"channels": places, "dependencies": list(platform.specs)}), encoding="utf-8")
        packages = {"subdirs": {platform.subdir: {"packages": dict(platform.virtual)}}}
        virtual.write_text(yaml.safe_dump(packages), encoding="utf-8")
        done = self._children.run(
            [
                sys.executable, "-P", "-m", "conda_lock", "lock", "--conda", str(self.path), "--file", str(asked),
                "--platform", platform.subdir, "--virtual-package-spec", str(virtual), "--lockfile", str(lock),
            ],
            os.environ | {"PYTHONUNBUFFERED": "1", **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))},
            folder,
        )  # fmt: skip
        if done.returncode != 0 or not lock.is_file():
            said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
            raise LockError(
                f"{self.path.name} made no conda environment for {platform.subdir}: {_why(said)}.",
                f"Run it by hand with the same specs: {', '.join(platform.specs)}.",
            )
        return lock


def _why(said: Sequence[str]) -> str:
    """The last line of what was said; of a program that failed, not the whole command."""
    last = said[-1] if said else "it said nothing"
    failed = re.fullmatch(
        r"subprocess\.CalledProcessError: Command .+ (?:returned|died) .*?(exit status \d+|<.+>)\.?", last
    )
    return f"it ended with {failed[1]} when it was asked to solve" if failed else last.rstrip(".")
