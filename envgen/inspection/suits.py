"""Whether the binaries suit the cell: machine, system, and the device code it must hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from envgen.cell import Cell, SmArch
from envgen.inspection.binary import Binary


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a binary, as a sentence."""

    sentence: str


def judge_binaries(
    cell: Cell, binaries: Sequence[Binary], *, expected_archs: Sequence[SmArch] = (), gpus: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """What keeps the binaries from running in the cell; nothing when they suit it.

    Args:
        expected_archs: the architectures that the build was told to compile for; empty when there were none.
        gpus: compute capabilities (`9.0`) of the GPUs that are to run the device code.
    """
    return (*_findings(cell, binaries, expected_archs), *_uncovered(binaries, gpus))


def _findings(cell: Cell, binaries: Sequence[Binary], archs: Sequence[SmArch]) -> Iterator[Finding]:
    if not binaries:
        yield Finding("the build left no binary")
    for binary in binaries:
        if binary.unreadable:
            yield Finding(f"{binary.file} cannot be read: {binary.unreadable}")
        elif binary.family is not cell.os.family:
            yield Finding(f"{binary.file} is built for {binary.family}, the cell is {cell.os.family}")
        elif binary.arch is not cell.arch:
            yield Finding(f"{binary.file} is built for {binary.arch or 'another machine'}, the cell is {cell.arch}")
    missing = [code for code in _wanted(archs) if code not in _held(binaries)]
    if missing:
        held = ", ".join(sorted(_held(binaries))) or "none"
        yield Finding(f"device code for {', '.join(missing)} is missing from the binaries; they hold {held}")


def _uncovered(binaries: Sequence[Binary], gpus: Sequence[str]) -> Iterator[Finding]:
    codes = {code for binary in binaries for code in binary.code}
    for gpu in gpus:
        wanted = int(gpu.replace(".", ""))
        if not any(code.runs_on(wanted) for code in codes):
            yield Finding(f"no device code runs on this machine's GPU (sm_{wanted})")


def _wanted(archs: Sequence[SmArch]) -> list[str]:
    wanted = []
    for arch in archs:
        wanted.append(arch.sm)
        if arch.ptx:
            wanted.append(arch.sm.replace("sm_", "compute_"))
    return wanted


def _held(binaries: Sequence[Binary]) -> set[str]:
    return {str(code) for binary in binaries for code in binary.code}
