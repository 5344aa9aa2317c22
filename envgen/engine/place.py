"""Where an engine is to load: what of a cell, and of the machine it runs on, decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from packaging.version import Version

from envgen.cell import Cell, Flavour, SmArch
from envgen.compat.facts import Facts
from envgen.compat.gpus import gpu_of
from envgen.compat.records import Platform


@dataclass(frozen=True)
class Place:
    """A cell as an engine sees it.

    Attributes:
        tensorrt: the newest patch that the cell's label stands for; None without TensorRT.
        known: whether the facts know that release.
        torch_tensorrt: the one for the cell's torch; None when it is not known, or without a full TensorRT.
        gpu: None when nobody said which.
        oldest_gpu: that this TensorRT serves; None when it is not known.
        oldest_source: where that is from.
        runtime: which of TensorRT's libraries.
    """

    cell: Cell
    platform: Platform
    tensorrt: Version | None
    known: bool
    torch_tensorrt: Version | None
    gpu: SmArch | None = None
    oldest_gpu: SmArch | None = None
    oldest_source: str = ""
    runtime: Flavour = Flavour.FULL

    @classmethod
    def of(cls, cell: Cell, facts: Facts, gpu: SmArch | None = None, runtime: Flavour | None = None) -> Self:
        """A cell as the facts know it.

        Args:
            gpu: where the cell's own axis `gpu` does not say.
            runtime: in place of the cell's own.
        """
        runtime = runtime or (cell.tensorrt.flavour if cell.tensorrt else Flavour.FULL)
        newest = facts.newest_tensorrt(cell.tensorrt) if cell.tensorrt else None
        tensorrt = newest or (cell.tensorrt.release.version if cell.tensorrt else None)
        torch = facts.newest_patch(cell.torch)
        pair = facts.torch_tensorrt_for(torch) if torch and tensorrt and runtime is Flavour.FULL else None
        named = cell.value("gpu")
        floors = [
            (floor, str(source)) for since, floor, source in facts.gpus.tensorrt if tensorrt and since <= tensorrt
        ]
        return cls(
            cell=cell,
            platform=Platform.of_cell(cell),
            tensorrt=tensorrt,
            known=newest is not None,
            torch_tensorrt=pair.version if pair else None,
            gpu=(gpu_of(str(named)) if named else None) or gpu,
            oldest_gpu=floors[-1][0] if floors else None,
            oldest_source=floors[-1][1] if floors else "",
            runtime=runtime,
        )
