"""The machines that results come from, each on one line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from envgen.compat.words import counted, listed
from envgen.results import LADDER, CellResult, Rung

RAN_ON = "ran_on"  # the fact of a rung that another machine ran than the cell's others
_GIGA = 1e9


@dataclass(frozen=True)
class MachineLine:
    """A machine in words, and what it ran.

    Attributes:
        cells: how many cells are its own.
        others: how many cells of other machines have rungs of it, and `rungs` which.
    """

    words: str
    cells: int
    others: int = 0
    rungs: tuple[Rung, ...] = ()

    @property
    def share(self) -> str:
        """Such as `2 cells; kernel and engine of 1 cell`."""
        own = [counted(self.cells, "cell")] if self.cells else []
        others = [f"{listed(self.rungs)} of {counted(self.others, 'cell')}"] if self.others else []
        return "; ".join(own + others)


def machine_lines(cells: Iterable[CellResult]) -> tuple[MachineLine, ...]:
    """The machines that some results come from, the one with the most cells first."""
    own, others, rungs = Counter[str](), Counter[str](), defaultdict[str, set[Rung]](set)
    for cell in cells:
        own[machine_words(cell.machine)] += 1
        elsewhere = _elsewhere(cell)
        others.update(set(elsewhere.values()))
        for rung, words in elsewhere.items():
            rungs[words].add(rung)
    ranked = sorted((own + others).items(), key=lambda item: (-item[1], item[0]))
    ladder = {words: tuple(rung for rung in LADDER if rung in rungs[words]) for words in others}
    return tuple(MachineLine(each, own[each], others[each], ladder.get(each, ())) for each, _ in ranked if each)


def machine_words(machine: Mapping[str, JsonValue]) -> str:
    """System, processors, memory, GPUs and driver; nothing of a machine of which nothing is recorded."""
    parts = [", ".join(_host(machine)), *_gpus(machine)]
    return "; ".join(part for part in parts if part)


def _elsewhere(cell: CellResult) -> dict[Rung, str]:
    """The machines of the rungs that another than the cell's ran."""
    return {rung.rung: words for rung in cell.rungs if isinstance(words := rung.facts.get(RAN_ON), str)}


def _host(machine: Mapping[str, JsonValue]) -> Iterator[str]:
    system = [str(machine[name]) for name in ("os", "arch") if machine.get(name)]
    if system:
        yield " ".join(system)
    if isinstance(cpus := machine.get("cpus"), int):
        yield counted(cpus, "CPU")
    if isinstance(memory := machine.get("memory_bytes"), int):
        yield f"{memory / _GIGA:.0f} GB"


def _gpus(machine: Mapping[str, JsonValue]) -> Iterator[str]:
    devices = machine.get("gpus")
    known = [_gpu(gpu) for gpu in devices if isinstance(gpu, dict)] if isinstance(devices, list) else []
    gpus = Counter(known)
    yield ", ".join(f"{number} x {words}" if number > 1 else words for words, number in gpus.items())
    if not gpus and machine.get("no_gpu"):
        yield str(machine["no_gpu"])
    driver = [f"driver {machine['driver']}"] if machine.get("driver") else []
    cuda = [f"for CUDA up to {machine['driver_cuda']}"] if machine.get("driver_cuda") else []
    yield " ".join(driver + cuda)


def _gpu(gpu: Mapping[str, JsonValue]) -> str:
    memory = gpu.get("memory_bytes")
    size = f", {memory / _GIGA:.0f} GB" if isinstance(memory, int) else ""
    return f"{gpu.get('name')} ({gpu.get('compute_capability')}{size})"
