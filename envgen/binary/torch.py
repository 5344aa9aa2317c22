"""What a binary takes of torch: C++ of one release, or only the stable ABI; and with which C++11 ABI."""

from __future__ import annotations

import re
from dataclasses import dataclass

from envgen.binary.facts import Binary, Format

_OWN = re.compile(
    r"_Z(?:Z|G[VR]|T[VTISWHhvcC](?:[hv]n?\d+_(?:n?\d+_)?)*)*N[rVKRO]*(?:3c10|2at|5torch|6caffe2)", re.ASCII
)
_C_SHIM = re.compile(r"aoti_torch_\w+|torch_\w+", re.ASCII)
_PYTHON_SIDE = re.compile(r"THP\w+", re.ASCII)
_DLLS = ("c10", "torch", "caffe2", "aoti_custom_ops")
_TOKEN = re.compile(r"[ST][0-9A-Z]*_|L[a-z]n?\d+E|(\d+)|.", re.ASCII | re.DOTALL)


@dataclass(frozen=True)
class TorchFacts:
    """What ties a binary to torch.

    Attributes:
        imports: the names of torch, c10, at and caffe2 that it takes; sorted.
        shim: those of them that belong to the stable C interface, which later releases keep.
        libraries: torch's libraries that it needs by name.
        stable: whether it takes nothing but the stable C interface.
        cxx11: whether the C++ strings in what it takes are of the new ABI; None when it takes none that tells.
        old_strings, new_strings: the names that tell so; sorted.
    """

    imports: tuple[str, ...]
    shim: tuple[str, ...]
    libraries: tuple[str, ...]
    old_strings: tuple[str, ...] = ()
    new_strings: tuple[str, ...] = ()

    @property
    def stable(self) -> bool:
        return bool(self.imports) and len(self.shim) == len(self.imports)

    @property
    def cxx11(self) -> bool | None:
        if self.new_strings:
            return True
        return False if self.old_strings else None


def torch_facts(binary: Binary) -> TorchFacts | None:
    """What ties a binary to torch; None when nothing does."""
    libraries = tuple(name for name in binary.needed if _is_torch_library(name))
    names = sorted(_imports(binary))
    if not (names or libraries):
        return None
    linux = binary.format is Format.ELF
    return TorchFacts(
        imports=tuple(names),
        shim=tuple(name for name in names if _C_SHIM.fullmatch(name)),
        libraries=libraries,
        old_strings=tuple(name for name in names if linux and takes_old_string(name)),
        new_strings=tuple(name for name in names if linux and "cxx11" in name),
    )


def takes_old_string(name: str) -> bool:
    """Whether a mangled name speaks of libstdc++'s old string (`Ss`), outside identifiers."""
    return "Ss" in name and name.startswith("_Z") and "Ss" in _without_identifiers(name)


def _without_identifiers(name: str) -> str:
    kept, at = [], 0
    while match := _TOKEN.match(name, at):
        at = match.end()
        if match[1]:
            at += int(match[1][:6])  # the identifier that follows its length
            kept.append("#")
        else:
            kept.append(match[0] if match[0][0] != "L" else "#")
    return "".join(kept)


def _imports(binary: Binary) -> set[str]:
    """On Windows the DLL says whose a name is, elsewhere the name itself."""
    if binary.pe:
        by_dll = (names for dll, names in binary.pe.imports if _is_torch_library(dll))
        return {name for names in by_dll for name in names}
    return {name for name in binary.imports if _is_of_torch(name)}


def _is_of_torch(name: str) -> bool:
    return bool(_OWN.match(name) or _C_SHIM.fullmatch(name) or _PYTHON_SIDE.fullmatch(name))


def _is_torch_library(name: str) -> bool:
    base = name.rsplit("/", 1)[-1].lower().removeprefix("lib")
    stem = re.split(r"\.(?:so|dylib|dll)\b", base)[0].split("-")[0]  # auditwheel adds a hash behind a hyphen
    return any(stem == start or stem.startswith(f"{start}_") for start in _DLLS)
