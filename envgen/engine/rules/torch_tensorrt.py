"""torch-tensorrt: a module loads in the releases that have its format, and only where torch-tensorrt is."""

from __future__ import annotations

from collections.abc import Iterator

from envgen.cell import Flavour
from envgen.diagnose import Cause
from envgen.engine.facts import Engine
from envgen.engine.knowledge import Knowledge
from envgen.engine.place import Place
from envgen.engine.rules.reason import Condition, Reason, fails, not_known

_RULE = "engine-torch-tensorrt"


def module_suits(engine: Engine, place: Place, knowledge: Knowledge) -> Iterator[Reason | Condition]:
    """Whether the cell's torch-tensorrt reads the record."""
    if engine.module is None or place.runtime is not Flavour.FULL:
        return  # of a module beside another runtime the rule on runtimes speaks
    written = knowledge.abis.get(engine.module.abi)
    releases = f"torch-tensorrt {written.words}" if written else "a torch-tensorrt that is not known"
    if place.tensorrt is None:
        yield fails(
            Cause.TORCHTRT_RUNTIME_NOT_LOADED,
            _RULE,
            "The cell has no torch-tensorrt, which the module needs in the process.",
            f"Take a cell with TensorRT that has {releases}.",
        )
        return
    read = knowledge.abi_of(place.torch_tensorrt) if place.torch_tensorrt else None
    if read is None:
        yield not_known(
            _RULE, f"Which torch-tensorrt belongs to torch {place.cell.torch}, or what it reads, is not known."
        )
    elif read.number != engine.module.abi:
        crash = knowledge.crashes_on(place.torch_tensorrt, engine.module.fields) if place.torch_tensorrt else False
        yield fails(
            Cause.TRT_VERSION_MISMATCH,
            _RULE,
            f"The module has ABI {engine.module.abi}, of {releases}, and torch-tensorrt {place.torch_tensorrt}"
            f" reads ABI {read.number}." + " It crashes on such a module instead of saying so." * crash,
            f"Compile the model again with torch-tensorrt {place.torch_tensorrt}, or take a cell that has {releases}.",
            found=str(engine.module.abi),
            needed=str(read.number),
        )
