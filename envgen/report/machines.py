"""The machines that results come from, each on one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from envgen.compat.words import counted
from envgen.results import CellResult

RAN_ON = "ran_on"  # the fact of a rung that another machine ran than the cell's others
_GIGA = 1e9


@dataclass(frozen=True)
class MachineLine:
    """A machine in words, and how many cells have results of it."""

    words: str
    cells: int


def machine_lines(cells: Iterable[CellResult]) -> tuple[MachineLine, ...]:
    """The machines that some results come from, the one with the most cells first."""
    count = Counter(words for cell in cells for words in dict.fromkeys(_ran_on(cell)) if words)
    ranked = sorted(count.items(), key=lambda item: (-item[1], item[0]))
    return tuple(MachineLine(words, number) for words, number in ranked)


def machine_words(machine: Mapping[str, JsonValue]) -> str:
    """System, processors, memory, GPUs and driver; nothing of a machine of which nothing is recorded."""
    parts = [", ".join(_host(machine)), *_gpus(machine)]
    return "; ".join(part for part in parts if part)


def _ran_on(cell: CellResult) -> Iterator[str]:
    yield machine_words(cell.machine)
    yield from (words for rung in cell.rungs if isinstance(words := rung.facts.get(RAN_ON), str))


def _host(machine: Mapping[str, JsonValue]) -> Iterator[str]:
    system = [str(machine[name]) for name in ("os", "arch") if machine.get(name)]
    if system:
        yield " ".join(system)
    if isinstance(cpus := machine.get("cpus"), int):
        yield counted(cpus, "CPU")
    if isinstance(memory := machine.get("memory_bytes"), int):
        yield f"{memory / _GIGA:.0f} GB"


def _gpus(machine: Mapping[str, JsonValue]) -> Iterator[str]:
    listed = machine.get("gpus")
    gpus = Counter(_gpu(gpu) for gpu in listed if isinstance(gpu, dict)) if isinstance(listed, list) else Counter[str]()
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
