"""Why a rung failed, told from its log, from how it ended, and from what is known of its cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

from envgen.cell import OsFamily
from envgen.compat.facts import Facts as KnownFacts
from envgen.diagnose import Cause, Facts, catalogue, diagnose_log
from envgen.results import Diagnosis, Rung
from envgen.run.job import Job

LOOKED_AT = 1 << 23  # bytes at the end of a log
_COMMAND = b"\n$ "  # what stands before each command in a log
_FAMILIES = {OsFamily.LINUX: "linux", OsFamily.WINDOWS: "windows", OsFamily.MACOS: "macos"}


def told_of(job: Job, rung: Rung, sentence: str, log: Path) -> tuple[Diagnosis, ...]:
    """The causes of a failed rung, the likeliest first; none when nothing that was printed tells one.

    Args:
        sentence: what the rung says of its failure; deaths by a signal and limits stand there and not in the log.
        log: what its commands printed; need not exist.
    """
    return diagnose_log((*_last_command(log), "\n", sentence, "\n"), facts_of(job, rung), loosely=False)


def beside_the_cell(log: Path) -> str:
    """What stopped the last command of a log, where that says nothing of the cell: a sentence, or nothing."""
    told = diagnose_log(_last_command(log), loosely=False)
    if told and catalogue()[Cause(told[0].cause)].says_nothing_of_the_cell:
        return told[0].sentence.rstrip(".")
    return ""


def facts_of(job: Job, rung: Rung) -> Facts:
    """What decides between causes that print the same text."""
    cell, machine = job.cell, job.machine
    torch = job.locked_version("torch")
    return Facts(
        platform=_FAMILIES[cell.os.family],
        python=str(cell.python),
        torch=torch or "",
        cuda=str(cell.cuda),
        cxx11_abi=_cxx11_abi(job, torch),
        glibc=machine.libc if cell.os.family is OsFamily.LINUX else "",
        nvcc=tuple(str(toolkit.version) for toolkit in machine.toolkits),
        driver_cuda=machine.driver_cuda or "",
        gpus=tuple(gpu.compute_capability for gpu in machine.gpus),
        loads_torch=rung is Rung.LOADED,  # envgen's own probe imports it before the extension
        same_torch=True,  # it was built in the cell itself
    )


def _cxx11_abi(job: Job, torch: str | None) -> bool | None:
    if torch is None or job.cell.os.family is not OsFamily.LINUX:
        return None
    known = KnownFacts.current().abi.of_torch(Version(torch), job.cell.cuda)
    return known[0] if known else None


def _last_command(log: Path) -> Iterator[str]:
    """What the last command of a log printed, of a very long one the end: those before it ended well."""
    try:
        with log.open("rb") as source:
            source.seek(max(0, log.stat().st_size - LOOKED_AT))
            text = source.read()
    except OSError:
        return
    start = max(text.rfind(_COMMAND), 0)
    yield text[text.find(b"\n", start + 1) + 1 :].decode("utf-8", "replace")
