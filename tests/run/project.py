"""A project whose cells take a second: a stand-in named torch, and a C library with a package around it.

Everything else is the real thing: uv, the interpreters found here, their virtual environments, the C compiler, and
`envgen` as a program. Nothing is asked of the network.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import pytest

from envgen.cell import PythonVersion
from envgen.machine import find_interpreter, this_machine
from envgen.results import CellResult, Rung, RungResult

PYTHON = f"3.{sys.version_info.minor}"

TORCH = """\
import ctypes, types
__version__ = {version!r}
version = types.SimpleNamespace(cuda=None, git_version="0" * 40)
cuda = types.SimpleNamespace(is_available=lambda: False)
_C = types.SimpleNamespace()
ops = types.SimpleNamespace(load_library=lambda path: ctypes.CDLL(path))
def compiled_with_cxx11_abi():
    return True
"""

BUILD = """\
import os, pathlib, shutil, subprocess, sys, time

out = pathlib.Path(os.environ["ENVGEN_OUT"])
part = sys.argv[1]
mode = os.environ.get("TINY_BUILD", "")
if mode == f"slow {part}":
    print("building slowly", flush=True)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    time.sleep(600)
if mode == f"fail {part}":
    subprocess.run([os.environ.get("CC", "cc"), "-c", "broken.c"], check=True)
if mode in (f"nothing {part}", "nothing at all"):
    sys.exit()
if part == "library":
    (out / "tiny").mkdir(parents=True)
    cc = os.environ.get("CC", "cc")
    subprocess.run([cc, "-shared", "-fPIC", "-O1", "tiny.c", "-o", out / "tiny" / "libtiny.so"], check=True)
else:
    shutil.copytree("tiny", out / "tiny")
print(f"built {part} in {os.environ['ENVGEN_CELL']}")
"""

PACKAGE = """\
import ctypes, os, pathlib, sys, time

FAULT = os.environ.get("TINY_FAULT", "")
if FAULT == "segfault":
    ctypes.string_at(0)
if FAULT == "abort":
    os.abort()
if FAULT == "hang":
    time.sleep(600)
if FAULT == "memory":
    held = [bytearray(b"x" * (1 << 20)) for _ in range(100_000)]
if FAULT == "exit":
    os._exit(0)
if FAULT == "raise":
    raise ImportError("libmissing.so.7: cannot open shared object file: No such file or directory")

answer = ctypes.CDLL(str(pathlib.Path(__file__).with_name("libtiny.so"))).answer
"""

CHECK = """\
import json, os, sys
import tiny
if os.environ.get("TINY_FAULT") == "check":
    sys.exit("AssertionError: the answer is wrong")
assert tiny.answer() == 42
with open(os.environ["ENVGEN_FACTS"], "w") as out:
    json.dump({"answer": tiny.answer(), "python": list(sys.version_info[:2])}, out)
"""

FILES = {
    "tiny/build.py": BUILD,
    "tiny/tiny.c": "int answer(void) { return 42; }\n",
    "tiny/broken.c": "int answer(void) {\n  return undeclared_name;\n}\n",
    "tiny/tiny/__init__.py": PACKAGE,
    "tiny/tiny/check.py": CHECK,
}

MATRIX = """\
version: 1
axes:
  python: {python}
  torch: ["2.13"]
  cuda: {cuda}
  os: [{os}]
  arch: [{arch}]
{axes}
{exclude}
extension:
  path: tiny
  build:
    requires: []
    steps:
      - {{name: library, run: [python, build.py, library], per: [torch, cuda, os, arch]}}
      - {{name: package, run: [python, build.py, package]}}
  checks:
    cpu: [python, -m, tiny.check]
    kernel: [python, -m, tiny.check]
limits:
  memory: {memory}
  timeouts: {timeouts}
"""


def wheel(folder: Path, name: str, version: str, files: Mapping[str, str]) -> Path:
    """Writes a pure wheel."""
    info = f"{name}-{version}.dist-info"
    content = dict(files) | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in content.items()]
    content[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in content.items():
            archive.writestr(file, text)
    return path


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def torch_wheels(folder: Path) -> Path:
    """A folder with stand-ins: a CPU torch, and one without a label, which a CUDA cell would take."""
    for version in ("2.13.0+cpu", "2.13.0"):
        wheel(folder, "torch", version, {"torch/__init__.py": TORCH.format(version=version)})
    return folder


@dataclass(frozen=True)
class TinyProject:
    """A folder with a matrix, its extension, and an environment in which only the stand-ins can be found."""

    folder: Path
    environ: Mapping[str, str]

    @classmethod
    def make(cls, folder: Path, wheels: Path, **matrix: str) -> TinyProject:
        for path, text in FILES.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_", "PYTHON", "TINY_"))
        }
        own = {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_FIND_LINKS": str(wheels),
            "PIP_NO_INDEX": "1",
            "UV_CACHE_DIR": str(wheels.parent / "uv-cache"),
            "UV_NO_CONFIG": "1",
            "UV_OFFLINE": "1",
            "UV_PYTHON_DOWNLOADS": "never",
        }
        project = cls(folder, inherited | own)
        project.write_matrix(**matrix)
        return project

    def write_matrix(self, **parts: str) -> None:
        system, arch = here()
        usual = {
            "os": system,
            "arch": arch,
            "python": f'["{PYTHON}"]',
            "cuda": "[cpu]",
            "axes": "",
            "exclude": "",
            "timeouts": "{default: 60s}",
            "memory": "1GB",
        }
        text = MATRIX.format(**(usual | parts))
        (self.folder / "matrix.yaml").write_text(text, encoding="utf-8")

    def envgen(
        self, *arguments: str | Path, cwd: Path | None = None, seconds: float = 120, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs the program to its end."""
        return subprocess.run(
            _command(arguments), cwd=cwd or self.folder, env={**self.environ, **variables},
            capture_output=True, text=True, check=False, timeout=seconds,
        )  # fmt: skip

    def start(self, *arguments: str | Path, **variables: str) -> subprocess.Popen[str]:
        """Starts the program; what it prints is left to read."""
        return subprocess.Popen(
            _command(arguments), cwd=self.folder, env={**self.environ, **variables}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run_folder(self, name: str | None = None) -> Path:
        runs = self.folder / ".envgen" / "runs"
        return runs / (name or (runs / "latest").read_text().strip())

    def results(self, name: str | None = None) -> dict[str, CellResult]:
        """Cell id to what is recorded of it; every file must be whole."""
        files = sorted((self.run_folder(name) / "cells").glob("*.json"))
        return {file.stem: CellResult.model_validate_json(file.read_bytes()) for file in files}

    def result(self, cell: str, name: str | None = None) -> CellResult:
        return self.results(name)[cell]

    def log(self, cell: str, rung: Rung, name: str | None = None) -> str:
        return (self.run_folder(name) / "logs" / cell / f"{rung}.log").read_text(encoding="utf-8")


@cache
def here() -> tuple[str, str]:
    """This machine's values on the axes os and arch."""
    machine = this_machine()
    return str(machine.os), str(machine.arch)


@cache
def another_python() -> str:
    """A Python that is installed here, beside the one that runs the tests."""
    for version in ("3.12", "3.11", "3.13", "3.10"):
        if version != PYTHON and find_interpreter(PythonVersion.parse(version)):
            return version
    pytest.skip("there is only one Python here")


def cell_id(python: str = PYTHON, cuda: str = "cpu", extra: str = "") -> str:
    return f"py{python.replace('.', '')}-torch2.13-{cuda}-{'-'.join(here())}{extra}"


def outcomes(result: CellResult) -> dict[str, str]:
    return {str(rung.rung): str(rung.outcome) for rung in result.rungs}


def at(result: CellResult, rung: Rung) -> RungResult:
    found = result.rung(rung)
    assert found is not None, f"{rung} is not recorded"
    return found


def wait_until(true: Callable[[], Any], seconds: float = 30.0) -> None:
    """Waits for something to become true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not become true in time"
        time.sleep(0.02)


def processes_of(folder: Path) -> list[psutil.Process]:
    """The living processes that work in a folder, or name it on their command line."""
    return list(_processes_of(str(folder)))


def _processes_of(folder: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            told = " ".join([process.cwd(), *process.cmdline()])
            alive = process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            continue
        if alive and folder in told and process.pid != os.getpid():
            yield process


def _command(arguments: tuple[str | Path, ...]) -> list[str]:
    return [str(Path(sys.executable).with_name("envgen")), *map(str, arguments)]
