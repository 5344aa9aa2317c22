"""Which names of symbols are torch's, and the numbers that stand for names in an index."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

HASH_BITS = 64

# What the Itanium ABI puts before a name: special names (vtable, typeinfo, thunk, guard), nesting, qualifiers.
_ITANIUM_HEAD = re.compile(
    r"_Z(?:T[VTISCHW]|T[hv]n?\d+_(?:n?\d+_)?|GV|GR|Z)*(?:N[rVK]*[RO]?)?(?:2at|3c10|4c10d|5torch|6caffe2|\d+THP)"
)
_ITANIUM_PYBIND = re.compile(r"_ZN?K?8pybind11\w*(?:2at|3c10|5torch)")
# Of an operator only its code stands before the namespace: `??6c10@@`.
_MSVC = re.compile(r"\?.*@(?:at|c10|c10d|torch|caffe2)@@|\?\?_?[0-9A-Z](?:at|c10|c10d|torch|caffe2)@@|\?\??\w*THP")
_C = re.compile(r"(?:aoti_torch_|torch_|_?THP[A-Z_]|_torch)")


def is_torch_name(name: str) -> bool:
    """Whether a symbol is torch's own: of its C++ namespaces, its C interfaces, or its Python objects.

    A name that it only mentions, as `std::vector<at::Tensor>`'s methods do, is not: whoever uses it defines it.

    Args:
        name: mangled, as the binary has it; on macOS without the leading underscore.
    """
    if name.startswith("_Z"):
        return bool(_ITANIUM_HEAD.match(name) or _ITANIUM_PYBIND.match(name))
    if name.startswith("?"):
        return bool(_MSVC.match(name))
    return bool(_C.match(name))


def hashes_of(names: Iterable[str]) -> Hashes:
    """The numbers that stand for names, in their order."""
    digests = b"".join(hashlib.blake2b(name.encode(), digest_size=HASH_BITS // 8).digest() for name in names)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)
