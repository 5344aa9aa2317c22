"""The GPU: one that this TensorRT serves, and like the one that the engine was built on, or compatible with it."""

from __future__ import annotations

from collections.abc import Iterator

from envgen.compat.gpus import runs
from envgen.diagnose import Cause
from envgen.engine.facts import Engine
from envgen.engine.knowledge import Knowledge
from envgen.engine.place import Place
from envgen.engine.rules.reason import Condition, Reason, fails, not_known

_SERVED = "engine-gpu-served"
_SAME = "engine-gpu"


def gpu_served(_: Engine, place: Place, __: Knowledge) -> Iterator[Reason | Condition]:
    """Whether this TensorRT takes the GPU."""
    if place.gpu and place.oldest_gpu and place.gpu < place.oldest_gpu:
        yield fails(
            Cause.TRT_GPU_UNSUPPORTED,
            _SERVED,
            more=f"TensorRT {place.tensorrt} begins at {place.oldest_gpu}.",
            found=str(place.gpu),
            needed=str(place.oldest_gpu),
            source=place.oldest_source,
        )


def gpu_suits(engine: Engine, place: Place, knowledge: Knowledge) -> Iterator[Reason | Condition]:
    """Whether the engine was built on such a GPU, or for others too."""
    recorded = engine.module.gpu if engine.module else None
    if recorded and engine.plan.gpu and recorded != engine.plan.gpu:
        yield not_known(
            _SAME,
            f"The file contradicts itself: by its record the engine was built on {recorded}, and by its own hints on"
            f" {engine.plan.gpu}.",
        )
    if place.gpu is None:
        yield Condition(_wanted(engine, knowledge))
    elif engine.gpu is None:
        yield not_known(_SAME, "The file does not say which GPU the engine was built on.")
    elif place.gpu != engine.gpu:
        yield from _other(engine, place, knowledge)


def _other(engine: Engine, place: Place, knowledge: Knowledge) -> Iterator[Reason]:
    evidence = {"found": str(engine.gpu), "needed": str(place.gpu)}
    oldest = knowledge.oldest_gpu
    within = place.gpu is not None and engine.gpu is not None and min(place.gpu, engine.gpu) >= oldest
    if engine.hardware_compatible is False or not within:
        why = "It was not built hardware-compatible." if within else f"Hardware compatibility begins at {oldest}."
        yield fails(Cause.TRT_DEVICE_MISMATCH, _SAME, more=why, **evidence)
    elif engine.hardware_compatible is None:
        yield not_known(
            _SAME,
            f"The engine was built for compute capability {engine.gpu}, and this GPU has {place.gpu}: that goes well"
            f" only if it was built hardware-compatible, which the file does not say.{_hint(engine, place)}",
            "Ask whoever built it (then `--hardware-compatible`), or build it again on this GPU.",
            **evidence,
        )
    elif engine.plan.code and not any(runs(code, place.gpu) for code in engine.plan.code if place.gpu):
        yield not_known(
            _SAME,
            f"The engine is hardware-compatible, and no kernel that was found in it is for {place.gpu}."
            f"{_hint(engine, place)} Newer GPUs may still run it.",
            **evidence,
        )


def _hint(engine: Engine, place: Place) -> str:
    code = engine.plan.code
    if not code or place.gpu is None:
        return ""
    listed = ", ".join(map(str, code))
    return f" It holds kernels for {listed}."


def _wanted(engine: Engine, knowledge: Knowledge) -> str:
    if engine.gpu is None:
        return "the GPU is like the one it was built on, which it does not name"
    within = engine.gpu >= knowledge.oldest_gpu
    if engine.hardware_compatible and within:
        return f"a GPU of compute capability {knowledge.oldest_gpu} or newer"
    only = f"a GPU of compute capability {engine.gpu}"
    if engine.hardware_compatible is None and within:
        return f"{only}, or {knowledge.oldest_gpu} or newer if it was built hardware-compatible"
    return only
