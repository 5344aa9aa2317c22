"""A file of arrays that is what was written, or is refused: magic, SHA-256, and a compressed body."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envgen.errors import EnvgenError
from envgen.files import write_bytes_atomically

_MAGIC = b"envgen symbols 1\n"
_REMEDY = "`envgen facts index torch==VERSION --again` writes the index of a release anew."
_LARGEST = 1 << 28  # bytes, unpacked; all releases of one platform take a twentieth of it


class IndexDamaged(EnvgenError):  # noqa: N818 - it says what a file is
    """A file of an index is not what was written."""


def write_arrays(path: Path, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Writes arrays and a JSON header; the same content gives the same bytes.

    Raises:
        WriteError: the system refuses.
    """
    ordered = sorted(arrays.items())
    shapes = {name: [str(array.dtype), list(array.shape)] for name, array in ordered}
    head = json.dumps({"header": header, "arrays": shapes}, sort_keys=True, separators=(",", ":")).encode()
    body = zlib.compress(b"\n".join([head, b"".join(_planes(array) for _, array in ordered)]), 9)
    write_bytes_atomically(path, _MAGIC + hashlib.sha256(body).digest() + body)


def read_arrays(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The header and the arrays of a file.

    Raises:
        IndexDamaged: it cannot be read, or is not what was written.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise IndexDamaged(f"{path} cannot be read: {error.strerror}.", _REMEDY) from None
    start = len(_MAGIC) + 32
    body = memoryview(content)[start:]
    if content[: len(_MAGIC)] != _MAGIC or hashlib.sha256(body).digest() != content[len(_MAGIC) : start]:
        raise IndexDamaged(f"{path} is damaged, or no index of symbols that this envgen reads.", _REMEDY)
    unpack = zlib.decompressobj()
    plain = unpack.decompress(body, _LARGEST)
    head, _, data = plain.partition(b"\n")
    said = json.loads(head)
    return said["header"], _arrays(said["arrays"], data)


def _planes(array: NDArray[Any]) -> bytes:
    """All lowest bytes first, then the next: what is alike stands together."""
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(-1, array.dtype.itemsize)
    return flat.T.tobytes()


def _arrays(shapes: Mapping[str, Any], data: bytes) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    at = 0
    for name, (dtype, shape) in shapes.items():
        kind = np.dtype(dtype)
        size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
        planes = np.frombuffer(data, np.uint8, size, at).reshape(kind.itemsize, -1)
        found[name] = np.ascontiguousarray(planes.T).view(kind).reshape(shape)
        at += size
    return found
