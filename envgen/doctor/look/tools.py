"""What compiles extensions: compilers, nvcc with its toolkit, ninja, Python's headers."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

from packaging.version import Version

from envgen.cell import OsFamily
from envgen.compat.compilers import Compiler, Family
from envgen.doctor.look.children import output
from envgen.doctor.observed import CudaHome, Tool, Tools
from envgen.doctor.place import Place
from envgen.doctor.said import Interpreter

DEFAULT_HOME = Path("/usr/local/cuda")  # where torch looks when no variable and no nvcc on PATH says more


def tools(place: Place, interpreter: Interpreter, torch_home: str | None) -> Tools:
    """What compiles extensions in an environment.

    Args:
        torch_home: the CUDA_HOME that torch itself came to, where it could be asked.
    """
    on_windows = interpreter.family is OsFamily.WINDOWS
    cxx = _compiler(place, "CXX", "cl" if on_windows else "c++")
    if cxx.path is None and not cxx.variable and not on_windows:
        cxx = _compiler(place, "", "g++")
    cc = _compiler(place, "CC", "gcc")
    nvcc = _nvcc(place)
    return Tools(
        cxx=cxx,
        nvcc_host=_nvcc_host(place, cc, cxx, on_windows=on_windows),
        c_only=cc.path if cxx.path is None else None,
        ninja=_ninja(place),
        nvcc=nvcc,
        cuda_home=_cuda_home(place, torch_home, nvcc),
        true_home=_true_home(place, nvcc) if nvcc else None,
        python_h=Path(interpreter.include, "Python.h").is_file(),
    )


def runtime_path(place: Place, cxx: Tool) -> Path | None:
    """The libstdc++ that a C++ compiler links to."""
    if cxx.path is None or cxx.compiler is None or cxx.compiler.family is Family.MSVC:
        return None
    said = output(place, cxx.path, "-print-file-name=libstdc++.so.6").strip()
    path = Path(said)
    return path if path.is_absolute() and path.is_file() else None


def _which(place: Place, program: str) -> Path | None:
    found = shutil.which(program, path=place.variables.get("PATH", ""))
    return Path(found) if found else None


def _compiler(place: Place, variable: str, usual: str) -> Tool:
    named = place.variables.get(variable, "").strip() if variable else ""
    asked = named or usual
    words = _words(asked)
    # A launcher such as ccache stands before the compiler's own name.
    path = _which(place, words[0])
    compiler = _identify(place, [str(path), *words[1:]]) if path else None
    return Tool(asked, variable if named else "", path, compiler.version if compiler else None, compiler)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, posix=os.name != "nt") or [text]
    except ValueError:
        return [text]


def _identify(place: Place, command: list[str]) -> Compiler | None:
    if Path(command[0]).stem.lower() == "cl":
        match = re.search(r"Version 19\.(\d\d)", output(place, *command))
        return Compiler(Family.MSVC, Version(f"14.{match[1]}")) if match else None
    macros = output(place, *command, "-dM", "-E", "-x", "c++", os.devnull)
    for family, macro in ((Family.CLANG, "__clang_major__"), (Family.GCC, "__GNUC__")):
        if match := re.search(rf"^#define {macro} (\d{{1,4}})$", macros, re.MULTILINE):
            return Compiler(family, Version(match[1]))
    return None


def _nvcc_host(place: Place, cc: Tool, cxx: Tool, *, on_windows: bool) -> Tool:
    """The compiler that nvcc starts: of its own flags, else of CC as torch passes it on, else the usual one."""
    flags = " ".join(place.variables.get(name, "") for name in ("NVCC_PREPEND_FLAGS", "NVCC_APPEND_FLAGS"))
    chosen = re.findall(r"(?:-ccbin|--compiler-bindir)[= ]+(\S+)", flags)
    if chosen:
        return _compiler(place, "", chosen[-1])
    if cc.variable:
        return cc
    return cxx if on_windows else _compiler(place, "", "g++")


def _ninja(place: Place) -> Tool | None:
    path = _which(place, "ninja")
    if path is None:
        return None
    match = re.match(r"\d+(?:\.\d+)*", output(place, path, "--version"))
    return Tool("ninja", path=path, version=Version(match[0]) if match else None)


def _nvcc(place: Place) -> Tool | None:
    path = _which(place, "nvcc")
    return Tool("nvcc", path=path, version=_release(place, path)) if path else None


def _release(place: Place, nvcc: Path) -> Version | None:
    match = re.search(r"release (\d{1,3}\.\d{1,3})", output(place, nvcc, "--version"))
    return Version(match[1]) if match else None


def _true_home(place: Place, nvcc: Tool) -> Path | None:
    # An nvcc on PATH may be a wrapper script; nvcc itself says where it lives.
    said = output(place, nvcc.path or "nvcc", "--dryrun", "-E", "-x", "cu", os.devnull)
    match = re.search(r"^#\$ _HERE_=(.+)$", said, re.MULTILINE)
    return Path(match[1]).parent.resolve() if match else None


def _cuda_home(place: Place, torch_home: str | None, nvcc: Tool | None) -> CudaHome | None:
    variable = next((name for name in ("CUDA_HOME", "CUDA_PATH") if place.variables.get(name)), "")
    text = place.variables.get(variable, "") or torch_home or _guessed(nvcc)
    if not text:
        return None
    home = Path(text)
    inside = shutil.which("nvcc", path=str(home / "bin"))
    return CudaHome(
        text=text,
        variable=variable,
        exists=home.is_dir(),
        nvcc=_release(place, Path(inside)) if inside else None,
        has_headers=any(
            (home / folder / "cuda_runtime.h").is_file() for folder in ("include", "targets/x86_64-linux/include")
        ),
    )


def _guessed(nvcc: Tool | None) -> str:
    if nvcc and nvcc.path:
        return str(nvcc.path.parent.parent)
    return str(DEFAULT_HOME) if DEFAULT_HOME.is_dir() else ""
