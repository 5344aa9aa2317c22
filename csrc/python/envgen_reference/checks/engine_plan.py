"""The head of a TensorRT plan, read without TensorRT: the bytes that `trtexec --getPlanVersionOnly` reads."""

import struct
from pathlib import Path
from typing import Tuple

from envgen_reference.checks.engine_endings import Ended, Ending
from envgen_reference.checks.outcome import Facts

_HEAD = struct.Struct("<8sQQ4B")  # magic and a zero, layout, bytes of the file, release
_MAGIC = b"ftrt\0\0\0\0"
_SINCE = (8, 6)  # releases that write this head


def is_plan(file: Path) -> bool:
    with open(file, "rb") as content:
        return content.read(len(_MAGIC)) == _MAGIC


def scan(file: Path, library: str) -> Facts:
    """What the head says, held against the library that is to have written it.

    Args:
        library: TensorRT's own `__version__`, which may leave out the last numbers.

    Raises:
        Ended: with WRONG_PLAN; or NOT_OFFERED where plans of this release have no such head.
    """
    written = _numbers(library)
    if written[:2] < _SINCE:
        raise Ended(Ending.NOT_OFFERED, f"plans of TensorRT {library} do not begin with a release")
    with open(file, "rb") as content:
        head = content.read(_HEAD.size)
    if len(head) < _HEAD.size or not head.startswith(_MAGIC):
        raise Ended(Ending.WRONG_PLAN, f"{file.name} does not begin as a TensorRT plan does")
    _, _, announced, *release = _HEAD.unpack(head)
    dotted, size = ".".join(map(str, release)), file.stat().st_size
    if announced != size:
        raise Ended(Ending.WRONG_PLAN, f"{file.name} has {size} bytes and says that it has {announced}")
    if tuple(release[: len(written)]) != written:
        raise Ended(Ending.WRONG_PLAN, f"{file.name} says that TensorRT {dotted} wrote it, and {library} did")
    return {"plan_release": dotted, "plan_bytes": size}


def _numbers(version: str) -> Tuple[int, ...]:
    leading = []
    for part in version.split(".")[:4]:
        if not part.isdigit():
            break
        leading.append(int(part))
    return tuple(leading)
