"""A folder to put first on PATH while a build is recorded: every compiler under its own name, behind the recorder."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from envgen.manual.recorder import FOLDER

RECORDER = Path(__file__).with_name("recorder.py")
PROGRAM = re.compile(
    r"(?:[\w.]+-)*(?:cc|c\+\+|gcc|g\+\+|clang|clang\+\+|nvcc|ar|ranlib|strip|patchelf|install_name_tool)(?:-\d[\d.]*)?"
)
NAMED_BY = ("CC", "CXX", "CUDACXX", "CUDAHOSTCXX", "PYTORCH_NVCC", "LDSHARED", "AR")  # variables that name a compiler


@dataclass(frozen=True)
class Shims:
    """Programs that record, under `folder`; `notes` is where they leave what they recorded."""

    folder: Path

    @property
    def notes(self) -> Path:
        return self.folder / "notes"

    @property
    def cuda_home(self) -> Path:
        """What stands in for the CUDA toolkit."""
        return self.folder / "cuda"

    def variables(self, environment: Mapping[str, str | None], cuda_home: Path | None) -> dict[str, str | None]:
        """Makes the programs, and says which variables make a build use them.

        Args:
            environment: what the build's commands run with; PATH and the variables that name compilers count.
            cuda_home: the toolkit that the build is told of.
        """
        self.notes.mkdir(parents=True)
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        path = environment.get("PATH") or os.defpath
        for program in _compilers(path):
            _write(bin_folder / program.name, program)
        changed: dict[str, str | None] = {
            FOLDER: str(self.notes),
            "PATH": os.pathsep.join([str(bin_folder), path]),
            # A compilation that a cache answers is none that could be recorded.
            "CCACHE_DISABLE": "1",
            "SCCACHE_RECACHE": "1",
            "TORCH_NO_COMPILER_WRAPPER": "1",
        }
        for name in NAMED_BY:
            if named := environment.get(name):
                changed[name] = self._behind(name, named)
        if cuda_home:
            self._stand_in_for(cuda_home)
            changed["CUDA_HOME"] = str(self.cuda_home)
        return changed

    def _behind(self, variable: str, command: str) -> str:
        """A command whose programs that are named by their path are behind the recorder."""
        return shlex.join(self._shim(variable, word) for word in shlex.split(command))

    def _shim(self, variable: str, word: str) -> str:
        program = Path(word)
        if not (program.is_absolute() and PROGRAM.fullmatch(program.name) and os.access(program, os.X_OK)):
            return word
        shim = self.folder / variable.lower() / program.name
        shim.parent.mkdir(exist_ok=True)
        _write(shim, program)
        return str(shim)

    def _stand_in_for(self, cuda_home: Path) -> None:
        """The toolkit again, by links, with a recording nvcc: builders call it by its path."""
        for folder, own in ((cuda_home, self.cuda_home), (cuda_home / "bin", self.cuda_home / "bin")):
            own.mkdir()
            for entry in folder.iterdir():
                if entry.name not in ("bin", "nvcc"):
                    (own / entry.name).symlink_to(entry)
        _write(self.cuda_home / "bin" / "nvcc", cuda_home / "bin" / "nvcc")


def _compilers(path: str) -> Iterator[Path]:
    """The compilers on PATH, the first of each name."""
    seen: set[str] = set()
    for folder in path.split(os.pathsep):
        if not folder or not Path(folder).is_dir():
            continue
        for entry in sorted(Path(folder).iterdir()):
            if entry.name not in seen and PROGRAM.fullmatch(entry.name) and os.access(entry, os.X_OK):
                seen.add(entry.name)
                yield entry.absolute()


def _write(shim: Path, program: Path) -> None:
    command = shlex.join([sys.executable, "-I", "-S", str(RECORDER), str(program)])
    shim.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
