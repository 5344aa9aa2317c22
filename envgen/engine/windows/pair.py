"""Pairs of cells: a Linux cell that makes a program for Windows, and a Windows cell that takes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.version import Version

from envgen.cell import Arch, Cell, OsFamily, TensorRt
from envgen.compat.facts import Facts
from envgen.engine.knowledge import Knowledge
from envgen.engine.windows.knowledge import WindowsKnowledge


@dataclass(frozen=True)
class Pair:
    """A Linux cell and a Windows cell.

    Attributes:
        name: short, for folders and jobs.
    """

    linux: Cell
    windows: Cell

    @property
    def name(self) -> str:
        cell = self.linux
        parts = [f"torch{cell.torch}", str(cell.cuda), f"trt{cell.tensorrt}", cell.python.id_part]
        return "-".join([*parts, *(f"{axis}_{value}" for axis, value in cell.extra)])


def pairs_of(cells: Iterable[Cell], facts: Facts, *, version_compatible: bool) -> tuple[Pair, ...]:
    """For each Linux cell that can make programs for Windows, the Windows cell that fits it best; the newest first.

    Args:
        version_compatible: whether the program will run on a newer TensorRT too.
    """
    linux, windows = list[Cell](), list[Cell]()
    for cell in cells:
        if makes(cell, facts):
            linux.append(cell)
        elif takes(cell):
            windows.append(cell)
    found: dict[str, Pair] = {}
    for cell in sorted(linux, key=_newness, reverse=True):
        fitting = [
            other for other in windows if not unfit(cell, other, facts, version_compatible=version_compatible)
        ]  # fmt: skip
        if fitting:
            pair = Pair(cell, min(fitting, key=lambda other: (_distance(cell, other), str(other))))
            found.setdefault(pair.name, pair)
    return tuple(found.values())


def makes(cell: Cell, facts: Facts) -> bool:
    """Whether a cell's releases make programs for Windows, as far as the facts know."""
    if cell.os.family is not OsFamily.LINUX or cell.arch is not Arch.X86_64 or not _full(cell):
        return False
    torch = facts.newest_patch(cell.torch)
    pair = facts.torch_tensorrt_for(torch) if torch else None
    versions = {"torch-tensorrt": str(pair.version) if pair else "", "tensorrt": str(_tensorrt(cell, facts) or "")}
    return pair is not None and WindowsKnowledge.current().of_releases(versions) is None


def takes(cell: Cell) -> bool:
    """Whether a cell is one of Windows that could take a program."""
    return cell.os.family is OsFamily.WINDOWS and cell.arch is Arch.X86_64 and _full(cell)


def unfit(linux: Cell, windows: Cell, facts: Facts, *, version_compatible: bool) -> str:
    """Why a Windows cell cannot take what a Linux cell makes, as a sentence; nothing when it can."""
    return next(_unfit(linux, windows, facts, version_compatible=version_compatible), "")


def _unfit(linux: Cell, windows: Cell, facts: Facts, *, version_compatible: bool) -> Iterator[str]:
    torches = facts.newest_patch(linux.torch), facts.newest_patch(windows.torch)
    if None in torches or torches[0] != torches[1]:
        yield f"The cells have torch {linux.torch} and {windows.torch}; a program is loaded by the torch that saved it."
    if linux.cuda != windows.cuda:
        yield f"The cells' torch is built for {linux.cuda} and {windows.cuda}."
    built, here = _tensorrt(linux, facts), _tensorrt(windows, facts)
    if built is None or here is None:
        yield "Which patch of TensorRT one of the cells has is not known."
    elif built != here and not (version_compatible and Knowledge.current().reaches(built, here)):
        must = "as new, within one major" if version_compatible else "the same, as `version_compatible` is not set"
        yield f"The program is built by TensorRT {built}, and the Windows cell has {here}: it must be {must}."


def _full(cell: Cell) -> bool:
    return isinstance(cell.tensorrt, TensorRt) and cell.tensorrt.is_full


def _tensorrt(cell: Cell, facts: Facts) -> Version | None:
    return facts.newest_tensorrt(cell.tensorrt) if cell.tensorrt else None


def _newness(cell: Cell) -> tuple[object, ...]:
    return (cell.torch, cell.cuda, cell.tensorrt, cell.python)


def _distance(linux: Cell, windows: Cell) -> tuple[bool, ...]:
    """How unlike the cells are in what need not be the same."""
    return (linux.tensorrt != windows.tensorrt, linux.python != windows.python, linux.extra != windows.extra)
