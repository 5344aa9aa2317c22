"""C++ names for people: Itanium's mangling and Microsoft's, by LLVM's demanglers."""

from __future__ import annotations

import re

_LONGEST = 2000  # characters; a demangler recurses into a name, and a hostile one would exhaust the stack
_MOST_REFERENCES = 48  # each may double what a hostile name unfolds to
_REFERENCE = re.compile(r"[ST][0-9A-Z]*_", re.ASCII)


def demangle(name: str) -> str:
    """A C++ name as a programmer writes it; the name itself when it is none, or too long to be taken apart safely."""
    plain = name.removeprefix("_") if name.startswith("__Z") else name
    if not plain.startswith(("_Z", "?")) or len(plain) > _LONGEST:
        return name
    if len(_REFERENCE.findall(plain)) > _MOST_REFERENCES:
        return name
    try:
        import pycxxfilt  # noqa: PLC0415 - not on every platform, and names are not always shown
    except ImportError:
        return name
    try:
        return pycxxfilt.demangle(plain) or name
    except ValueError:
        return name
