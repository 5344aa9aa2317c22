"""Which C runtime a DLL is bound to, told by the DLLs that it imports."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DEBUG = re.compile(r"(?:vcruntime\d+(?:_\d+)?|msvc[pr]\d+(?:_\w+)?|concrt\d+|vcomp\d+|ucrtbase|vccorlib\d+)d\.dll")
_RELEASE = re.compile(r"(?:vcruntime\d+(?:_\d+)?|msvc[pr]\d+(?:_[a-z0-9_]+)?|concrt\d+|vccorlib\d+)\.dll")
_UNIVERSAL = re.compile(r"ucrtbase\.dll|api-ms-win-crt-[a-z0-9-]+\.dll")


def crt_flavours(dlls: Iterable[str]) -> tuple[str, ...]:
    """The C runtimes: `/MDd` and `/MD` as MSVC's options choose them, `msvcrt` and `ucrt` as other compilers link them.

    None among the imports is `/MT`: the runtime is a part of the DLL, which then shares neither heap nor locale nor
    open files with others.
    """
    names = [dll.lower() for dll in dlls]
    debug = any(_DEBUG.fullmatch(name) for name in names)
    release = any(_RELEASE.fullmatch(name) and not _DEBUG.fullmatch(name) for name in names)
    universal = any(_UNIVERSAL.fullmatch(name) for name in names)
    found = (
        ("/MDd", debug),
        ("/MD", release),
        ("msvcrt", "msvcrt.dll" in names),
        ("ucrt", universal and not (debug or release)),
    )
    return tuple(flavour for flavour, there in found if there) or ("/MT",)
