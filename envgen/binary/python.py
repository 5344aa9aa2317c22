"""What a binary has to do with Python: the ABI its name promises, and what it takes from the interpreter."""

from __future__ import annotations

import re
from dataclasses import dataclass

from envgen.binary.facts import Binary
from envgen.cell import PythonVersion

_IN_NAME = re.compile(
    r"\.cpython-(?P<unix>3(?:\d|[1-9]\d))(?P<unixflags>[a-z]*)-[\w-]+\.so"  # of Linux and macOS
    r"|\.cp(?P<windows>3(?:\d|[1-9]\d))(?P<windowsflags>[a-z]*)-[\w-]+\.pyd"
    r"|(?P<stable>\.abi3t?(?:-[\w-]+)?\.so)",
    re.ASCII,
)
_DLL = re.compile(r"python3(?P<minor>(?:\d|[1-9]\d)?)(?P<flags>t?(?:_d)?)\.dll", re.ASCII)
_LIBRARY = re.compile(r"libpython3\.(?P<minor>\d|[1-9]\d)(?P<flags>t?d?)\.(?:so|dylib)[\d.]*", re.ASCII)
_FRAMEWORK = re.compile(r"Python(?P<free>T?)\.framework/Versions/3\.(?P<minor>\d|[1-9]\d)t?/Python", re.ASCII)
_OF_PYTHON = re.compile(r"_?Py[A-Z_]\w*")
_INIT = "PyInit_"


@dataclass(frozen=True)
class PythonFacts:
    """What ties a binary to Python.

    Attributes:
        tag: as its file name has it: `cp312`, `cp313t`, `abi3`, `pypy310`...; empty when its name has none.
        version: the only Python that it says it is for; None when it does not say, or takes several.
        stable: whether it says that it keeps to Python's stable ABI.
        debug: whether it is for a debug build of Python.
        library: the library of Python that it needs by name: `python312.dll`, `libpython3.12.so.1.0`.
        library_version: the Python in that name; None when it is for all.
        imports: the functions and data of Python that it takes; sorted.
        modules: those whose `PyInit_` it defines; sorted.
        checked: the Python that its pybind11 module accepts and no other: `3.12`.
        pybind11: the id of pybind11's internals; modules share objects only where it is the same.
    """

    tag: str = ""
    version: PythonVersion | None = None
    stable: bool = False
    debug: bool = False
    library: str = ""
    library_version: PythonVersion | None = None
    imports: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    checked: str = ""
    pybind11: str = ""

    @property
    def is_module(self) -> bool:
        return bool(self.modules)


def python_facts(binary: Binary) -> PythonFacts | None:
    """What ties a binary to Python; None when nothing does."""
    tag, stable_name, debug = _tag(binary.file)
    library, minor, flags = _library(binary)
    names = frozenset(each for each in binary.imports if _OF_PYTHON.fullmatch(each))
    modules = tuple(sorted(name[len(_INIT) :] for name in binary.exports if name.startswith(_INIT)))
    checked = binary.marks.pybind11_python
    of_library = _of_library(minor, flags)
    if not (tag or library or names or modules):
        return None
    return PythonFacts(
        tag=tag,
        version=_version(tag) or of_library or _version(f"cp{checked.replace('.', '')}"),
        stable=stable_name or bool(library and not minor and library.lower().startswith("python3")),
        debug=debug or "d" in flags,
        library=library,
        library_version=of_library,
        imports=tuple(sorted(names)),
        modules=modules,
        checked=checked,
        pybind11=binary.marks.pybind11,
    )


def _tag(file: str) -> tuple[str, bool, bool]:
    """The tag in a file's name, whether it is that of the stable ABI, and whether of a debug build."""
    match = _IN_NAME.search(file.rsplit("/", 1)[-1])
    if not match:
        return "", False, False
    if match["stable"]:
        return match["stable"].split(".")[1].split("-")[0], True, False
    flags = match["unixflags"] or match["windowsflags"] or ""
    return f"cp{match['unix'] or match['windows']}{'t' if 't' in flags else ''}", False, "d" in flags


def _library(binary: Binary) -> tuple[str, str, str]:
    """The library of Python that is needed, the minor version in its name, and its flags."""
    delayed = binary.pe.delayed if binary.pe else ()
    for name in (*binary.needed, *delayed):
        base = name.rsplit("/", 1)[-1]
        if match := _DLL.fullmatch(base.lower()) or _LIBRARY.fullmatch(base):
            return base, match["minor"], match["flags"]
        if framework := _FRAMEWORK.search(name):
            return name, framework["minor"], "t" if framework["free"] else ""
    return "", "", ""


def _of_library(minor: str, flags: str) -> PythonVersion | None:
    return _version(f"cp3{minor}{'t' if 't' in flags else ''}") if minor else None


def _version(tag: str) -> PythonVersion | None:
    match = re.fullmatch(r"cp(3(?:\d|[1-9]\d))(t?)", tag, re.ASCII)
    return PythonVersion.from_tag(f"py{match[1]}{match[2]}") if match else None
