"""Why a load failed: from what it printed, and from the binaries where it printed nothing that tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from envgen.crossload.plan import Pair
from envgen.crossload.record import WHOLE, Foreseen
from envgen.diagnose import Cause, diagnosis
from envgen.diagnose.facts import Facts
from envgen.diagnose.messages import diagnose_text
from envgen.lock import Lock
from envgen.results import Diagnosis

_NOT_FOUND = re.compile(r"(?:No module named|cannot import name) '(?:\w+\.)*(?P<name>\w+)'", re.ASCII)
_CRASHED = re.compile(r"^died on ", re.MULTILINE)
RULE = "crossload-module-of-another-python"


def diagnoses(pair: Pair, said: str, foreseen: Foreseen | None) -> tuple[Diagnosis, ...]:
    """The causes of a failed load, the likeliest first.

    Args:
        said: what it printed, from its end, and how it ended.
        foreseen: what the binaries' facts said before. A signal's name alone tells less than they do.
    """
    certain = tuple(_of_another_python(pair, said))
    told = diagnose_text(said, _facts(pair))
    by_binaries = foreseen.diagnoses if foreseen else ()
    if _CRASHED.search(said):
        ordered = (*certain, *by_binaries, *told)
    else:
        ordered = (*certain, *told, *(() if told else by_binaries))
    return tuple({each.cause: each for each in reversed(ordered)}.values())[::-1]


def _of_another_python(pair: Pair, said: str) -> Iterator[Diagnosis]:
    """Python does not look at a module whose file is named for another one, and says that there is none."""
    missing = {match["name"] for match in _NOT_FOUND.finditer(said)}
    needed = pair.loaded.job.cell.python
    for file, subject in pair.built.subjects.items():
        tag = subject.python.tag if subject.python else ""
        taken = pair.what in (WHOLE, file)
        if taken and tag and tag != needed.wheel_tag and PurePosixPath(file).name.partition(".")[0] in missing:
            evidence = {"file": file, "needed": str(subject.for_python), "found": str(needed)}
            yield diagnosis(Cause.PYTHON_ABI_MISMATCH, evidence, RULE)


def _facts(pair: Pair) -> Facts:
    job = pair.loaded.job
    cell = job.cell
    torch = job.lock.version("torch") if isinstance(job.lock, Lock) else None
    return Facts(
        platform=str(cell.os.family),
        python=str(cell.python),
        torch=(torch or "").partition("+")[0],
        cuda="cpu" if cell.cuda.is_cpu else cell.cuda.dotted,
        loads_torch=True,
    )
