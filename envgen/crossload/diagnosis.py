"""Why a load failed: from what it printed, and from the binaries where it printed nothing that tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from envgen.crossload.plan import Built, Pair
from envgen.crossload.record import WHOLE, Foreseen
from envgen.diagnose import Cause, diagnosis
from envgen.diagnose.facts import Facts
from envgen.diagnose.messages import diagnose_text
from envgen.results import Diagnosis

_NOT_FOUND = re.compile(r"(?:No module named|cannot import name) '(?:\w+\.)*(?P<name>\w+)'", re.ASCII)
RULE = "crossload-module-of-another-python"


def diagnoses(pair: Pair, said: str, foreseen: Foreseen | None) -> tuple[Diagnosis, ...]:
    """The causes of a failed load, the likeliest first.

    Args:
        said: what it printed, from its end, and how it ended.
        foreseen: what the binaries' facts said before.
    """
    certain = tuple(_of_another_python(pair, said))
    return decided(certain, diagnose_text(said, _facts(pair)), foreseen.diagnoses if foreseen else ())


def decided(
    certain: Sequence[Diagnosis], told: Sequence[Diagnosis], by_binaries: Sequence[Diagnosis]
) -> tuple[Diagnosis, ...]:
    """One of each cause: where a text fits several causes, or another one, the binaries' facts decide.

    What is wrong with the cell itself shows where its own build is loaded, and nothing speaks against that.

    Args:
        told: what the text says.
    """
    foreseen = {each.cause for each in by_binaries}
    agreed = (each for each in told if each.cause in foreseen)
    first: dict[str, Diagnosis] = {}
    for each in (*certain, *agreed, *by_binaries, *told):
        first.setdefault(each.cause, each)
    return tuple(first.values())


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
    cell = pair.loaded.job.cell
    torch = _torch(pair.loaded)
    return Facts(
        platform=str(cell.os.family),
        python=str(cell.python),
        torch=torch.partition("+")[0],
        cuda="cpu" if cell.cuda.is_cpu else cell.cuda.dotted,
        loads_torch=True,
        same_torch=torch != "" and torch == _torch(pair.built),
    )


def _torch(cell: Built) -> str:
    """The version in its lock; nothing where it has none."""
    return cell.job.locked_version("torch") or ""
