"""Shared libraries: those that variables lead to, those that the environment brings, and the C++ runtimes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from packaging.version import Version

from envgen.doctor.look.files import is_library
from envgen.doctor.observed import CxxRuntime, LibraryFolder

FOLDERS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH")
FILES = ("LD_PRELOAD", "DYLD_INSERT_LIBRARIES")
RUNTIME_BYTES = 64 << 20  # no libstdc++ is larger
OPENMP = re.compile(r"(?:lib(?:gomp|iomp5|omp)\b|libgomp-|libiomp5md).*(?:\.so|\.dylib|\.dll)", re.IGNORECASE)


def folders(variables: Mapping[str, str]) -> tuple[LibraryFolder, ...]:
    """What the loader's variables name, with the libraries that are really there."""
    return (*_folders(variables), *_preloaded(variables))


def brought(places: Iterable[Path]) -> dict[str, Path]:
    """File name to path, of the libraries that torch and NVIDIA's packages have in the environment.

    Args:
        places: the folders that packages are installed in.
    """
    found: dict[str, Path] = {}
    for place in places:
        for pattern in ("torch/lib/*", "nvidia/*/lib/*", "nvidia/*/bin/*", "torch.libs/*", "tensorrt_libs/*"):
            for path in sorted(place.glob(pattern)):
                if is_library(path.name):
                    found.setdefault(path.name, path.resolve())
    return found


def openmp(places: Iterable[Path], prefix: Path) -> tuple[Path, ...]:
    """The OpenMP runtimes in an environment; links to one are not counted again."""
    found: dict[Path, None] = {}
    for root in (*places, prefix / "lib", prefix / "Library" / "bin"):
        for path in _shallow(root, deep=root.name in ("site-packages", "dist-packages")):
            if OPENMP.fullmatch(path.name):
                found.setdefault(path.resolve())
    return tuple(found)


def runtime_in(paths: Iterable[Path]) -> CxxRuntime | None:
    """The first libstdc++ among some libraries."""
    return next(
        (runtime for path in paths if path.name.startswith("libstdc++.") and (runtime := runtime_of(path))), None
    )


def runtime_of(path: Path) -> CxxRuntime | None:
    """The newest GLIBCXX_ version that a libstdc++ names; None when it cannot be read or names none."""
    try:
        with path.open("rb") as file:
            names = re.findall(rb"GLIBCXX_(\d{1,3}(?:\.\d{1,3}){1,2})\0", file.read(RUNTIME_BYTES))
    except OSError:
        return None
    versions = [Version(name.decode()) for name in names]
    return CxxRuntime(path.resolve(), max(versions)) if versions else None


def _folders(variables: Mapping[str, str]) -> Iterator[LibraryFolder]:
    for variable in FOLDERS:
        # An empty part of a list is the working directory, but an empty list is none.
        for part in variables[variable].split(os.pathsep) if variables.get(variable) else ():
            path = Path(part or ".").absolute()
            yield LibraryFolder(variable, path, path.is_dir(), _libraries(path))


def _preloaded(variables: Mapping[str, str]) -> Iterator[LibraryFolder]:
    for variable in FILES:
        for part in re.split(r"[:\s]+", variables.get(variable, "")):
            if part:
                path = Path(part)
                exists = path.is_file() or "/" not in part
                yield LibraryFolder(variable, path, exists, {path.name: path.resolve()})


def _libraries(folder: Path) -> dict[str, Path]:
    with suppress(OSError):
        return {path.name: path.resolve() for path in sorted(folder.iterdir()) if is_library(path.name)}
    return {}


def _shallow(root: Path, *, deep: bool) -> Sequence[Path]:
    patterns = ("*", "*.libs/*", "*/lib/*", "*/.dylibs/*", "*/*/lib/*") if deep else ("*",)
    with suppress(OSError):
        return [path for pattern in patterns for path in sorted(root.glob(pattern)) if is_library(path.name)]
    return []
