"""Real virtual environments with a stand-in for torch, and what the doctor sees in them."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from envgen.compat.facts import Facts
from envgen.doctor import Examination, Finding, Request, Severity, examine, place_of

TORCH = """\
import types
__version__ = "2.13.0+cpu"
version = types.SimpleNamespace(cuda=None, git_version="0" * 40)
cuda = types.SimpleNamespace(is_available=lambda: False)
ops = types.SimpleNamespace(load_library=lambda path: __import__("ctypes").CDLL(path))
_C = types.SimpleNamespace(_cuda_getArchFlags=lambda: None)
def compiled_with_cxx11_abi():
    return True
"""
TORCH_FILES = {
    "torch/__init__.py": TORCH,
    "torch/version.py": "cuda: Optional[str] = None\n",
    "torch/utils/__init__.py": "",
    "torch/utils/cpp_extension.py": "CUDA_HOME = None\n",
}
# What decides about an environment and is not of it.
FORGOTTEN = ("CUDA_HOME", "CUDA_PATH", "CC", "CXX", "LD_LIBRARY_PATH", "LD_PRELOAD", "MAX_JOBS", "PYTHONPATH")


@dataclass(frozen=True)
class World:
    """A virtual environment, and an empty folder to work in."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> World:
        """An environment of this interpreter's, with torch."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
        (folder / "work").mkdir()
        world = cls(folder)
        world.install("torch", "2.13.0+cpu", TORCH_FILES)
        return world

    @property
    def python(self) -> Path:
        return self.folder / "env" / "bin" / "python"

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def site(self) -> Path:
        return next((self.folder / "env" / "lib").glob("python3*/site-packages"))

    def install(
        self, name: str, version: str, files: dict[str, str], *requires: str, folder: Path | None = None
    ) -> Path:
        """A package as pip would leave it, in this environment or elsewhere; gives its dist-info."""
        site = folder or self.site
        info = f"{name.replace('-', '_')}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        metadata += "".join(f"Requires-Dist: {need}\n" for need in requires)
        record = ""
        for path, text in {**files, f"{info}/METADATA": metadata, f"{info}/INSTALLER": "pip\n"}.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_text(text, encoding="utf-8")
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{path},sha256={digest},{len(text.encode())}\n"
        (site / info / "RECORD").write_text(record + f"{info}/RECORD,,\n", encoding="utf-8")
        return site / info

    def examine(self, request: Request | None = None, **variables: str) -> Examination:
        """What the doctor finds, with further variables."""
        environ = {name: value for name, value in os.environ.items() if name not in FORGOTTEN}
        hidden = {"CUDA_VISIBLE_DEVICES": ""}  # the stand-in is no match for a GPU of this machine
        place = place_of({**environ, **hidden, **variables}, venv=self.folder / "env")
        return examine(place, request or Request(self.work), Facts.bundled())

    def found(self, request: Request | None = None, **variables: str) -> dict[str, Finding]:
        """Errors and warnings by their checks."""
        findings = self.examine(request, **variables).findings
        return {finding.check: finding for finding in findings if finding.severity is not Severity.INFO}


def library(path: Path, source: str = "int here;", *options: str) -> Path:
    """A shared library, made by the C compiler."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(path), f"-Wl,-soname,{path.name}", *options]
    subprocess.run(command, input=source, text=True, check=True)
    return path
