"""Texts among a binary's constants that say what it was made with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from envgen.binary.content import Content
from envgen.binary.facts import Marks

_PYBIND_CHECK = b"module was compiled for Python %"
_PYBIND_INTERNALS = b"__pybind11_internals_v"
_CUDART = b"CUDA driver version is insufficient for CUDA runtime version"  # what only the runtime itself says
_TOOLKIT = b"Cuda compilation tools, release "  # ptxas leaves it in what it compiles
_COMPILERS = (b"GCC: (", b"clang version ")
_PYTHON = re.compile(rb"(?:^|\0)(3\.\d{1,2})(?=\0)")
_NEAR = 1 << 20  # bytes around pybind11's words in which its Python stands
_SCANNED = 1 << 28  # bytes of constants that are looked through; those of the largest libraries have half of it
_MOST_COMPILERS = 16
_LINE = 200


def read_marks(constants: Iterable[Content], *, with_device_code: bool) -> Marks:
    """The texts that tell something.

    Args:
        constants: the parts of the binary in which its texts stand.
        with_device_code: whether a CUDA runtime may be in it; the words of one are not looked for otherwise.
    """
    parts = list(_bounded(constants))
    check = _first(parts, _PYBIND_CHECK)
    return Marks(
        pybind11=_text(_first(parts, _PYBIND_INTERNALS)),
        pybind11_python=_python_near(check) if check else "",
        cudart=_text(_first(parts, _CUDART)) if with_device_code else "",
        toolkit=_release(_first(parts, _TOOLKIT)) if with_device_code else "",
        compilers=tuple(dict.fromkeys(islice(_compilers(parts), _MOST_COMPILERS))),
    )


def _bounded(constants: Iterable[Content]) -> Iterator[Content]:
    left = _SCANNED
    for part in constants:
        size = min(part.size, left)
        left -= size
        if size:
            yield part.part(0, size)


def _first(parts: Iterable[Content], wanted: bytes) -> tuple[Content, int] | None:
    for part in parts:
        at = part.find(wanted)
        if at >= 0:
            return part, at
    return None


def _text(place: tuple[Content, int] | None) -> str:
    """The text at a place, to its end."""
    if place is None:
        return ""
    part, at = place
    line = part.read(at, min(_LINE, part.size - at))
    return line.split(b"\0")[0].split(b"\n")[0].decode("ascii", "backslashreplace")


def _release(place: tuple[Content, int] | None) -> str:
    match = re.search(r"release (\d+\.\d+)", _text(place))
    return match[1] if match else ""


def _python_near(place: tuple[Content, int]) -> str:
    """The one version of a Python that stands among the constants; nothing when there are several."""
    part, at = place
    start = max(0, at - _NEAR)
    near = part.read(start, min(part.size, at + _NEAR) - start)
    found = {match[1].decode() for match in _PYTHON.finditer(near)}
    return found.pop() if len(found) == 1 else ""


def _compilers(parts: Iterable[Content]) -> Iterator[str]:
    for part in parts:
        for name in _COMPILERS:
            at = part.find(name)
            while at >= 0:
                yield _text((part, at))
                at = part.find(name, at + len(name))
