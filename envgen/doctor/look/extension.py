"""An extension: its libraries as they lie there, and how loading it after torch goes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from envgen.binary import Binary, Unreadable, read_binary
from envgen.binary.python import python_facts
from envgen.doctor.look.files import is_library
from envgen.doctor.look.interpreter import imported
from envgen.doctor.look.packages import places_of
from envgen.doctor.observed import Extension
from envgen.doctor.place import Place
from envgen.errors import UsageError

MOST = 50  # libraries of one package that are read


def module(place: Place, name: str, folders: Sequence[Path], seconds: float) -> Extension:
    """An installed module, imported by its name."""
    if not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(f"{name!r} is not the name of a module.", "Name it as `import` does; a file goes to --binary.")
    places = places_of(name.split(".", maxsplit=1)[0], folders)
    binaries, unreadable = _read(_libraries(places[0]) if places else ())
    return Extension(name, binaries, unreadable, places, imported(place, ("module", name), seconds))


def file(place: Place, path: Path, seconds: float) -> Extension:
    """A library: a module of Python's or, where it is none, operators for torch.

    Raises:
        UsageError: there is no such file.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}.", "Name the extension's shared library.")
    binaries, unreadable = _read([path])
    own = path.name.split(".")[0]
    modules = [name for binary in binaries if (facts := python_facts(binary)) for name in facts.modules]
    name = own if own in modules or not modules else modules[0]
    order = ("file", name, str(path)) if modules else ("library", str(path))
    return Extension(str(path), binaries, unreadable, (), imported(place, order, seconds))


def _libraries(place: Path) -> Iterator[Path]:
    if place.is_file():
        if is_library(place.name):
            yield place
        return
    for folder, _, files in os.walk(place):
        yield from (Path(folder, name) for name in sorted(files) if is_library(name))


def _read(paths: Iterable[Path]) -> tuple[tuple[Binary, ...], dict[str, str]]:
    binaries: list[Binary] = []
    unreadable = {}
    for _, path in zip(range(MOST), paths, strict=False):
        try:
            binaries += read_binary(path, str(path))
        except Unreadable as error:
            unreadable[str(path)] = str(error)
    return tuple(binaries), unreadable
