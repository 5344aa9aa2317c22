"""The release of TensorRT: the same in all four numbers, or a newer one for a version-compatible engine."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from envgen.cell import Flavour
from envgen.diagnose import Cause
from envgen.engine.facts import Engine
from envgen.engine.knowledge import Knowledge
from envgen.engine.place import Place
from envgen.engine.rules.reason import Condition, Reason, fails, not_known

_RELEASE = "engine-tensorrt"
_RUNTIME = "engine-runtime"


def release_suits(engine: Engine, place: Place, knowledge: Knowledge) -> Iterator[Reason | Condition]:
    """Whether this TensorRT reads what that one built."""
    built, here = engine.plan.tensorrt, place.tensorrt
    if here is None:
        if engine.module is None:
            yield fails(
                Cause.TRT_LIB_MISSING,
                _RELEASE,
                "The cell has no TensorRT.",
                f"Take a cell with TensorRT {built.major}.{built.minor}.",
            )
        return
    common = min(len(here.release), len(built.release))
    if here.release[:common] == built.release[:common]:
        if not place.known:
            yield not_known(_RELEASE, f"Which patch of TensorRT {here} the cell will have is not known.")
        elif common < len(built.release):
            yield Condition(f"the cell's TensorRT {here} is {built}")
        return
    reached = knowledge.reaches(built, here)
    if engine.version_compatible is False or not reached:
        yield fails(
            Cause.TRT_VERSION_MISMATCH,
            _RELEASE,
            fix=_anew(place),
            more=_why_not(built, here, knowledge, reached=reached),
            found=str(built),
            needed=str(here),
        )
    elif engine.version_compatible is None:
        yield not_known(
            _RELEASE,
            f"The engine was built by TensorRT {built}, and this is {here}: that goes well only if it was built"
            " version-compatible, which the file does not say.",
            f"Ask whoever built it (then `--version-compatible`), or build it again with TensorRT {here}"
            f"{'' if place.runtime is Flavour.FULL else ', version-compatible'}.",
            found=str(built),
            needed=str(here),
        )
    elif built.major != here.major and not engine.plan.host_code:
        yield Condition(
            f"TensorRT {here.major} takes an engine of {built.major} without a runtime of its own inside, which its"
            " documents allow and its library has a message against"
        )


def runtime_suits(engine: Engine, place: Place, _: Knowledge) -> Iterator[Reason | Condition]:
    """Lean and dispatch runtimes run version-compatible engines alone."""
    if place.tensorrt is None:
        return
    soname = f"libnvinfer.so.{place.tensorrt.major}"
    if engine.plan.host_code:
        yield Condition("engine_host_code_allowed is set, for the engine brings a runtime of its own")
    if place.runtime is Flavour.FULL:
        return
    if engine.module:
        yield fails(
            Cause.TRT_LIB_MISSING,
            _RUNTIME,
            f"Beside the {place.runtime} runtime there is no torch-tensorrt, which needs {soname}.",
            "Take a cell with the full TensorRT.",
            library=soname,
        )
    elif engine.version_compatible is False:
        yield fails(
            Cause.TRT_VERSION_MISMATCH,
            _RUNTIME,
            f"The {place.runtime} runtime runs version-compatible engines only, and this one is none.",
        )
    elif engine.version_compatible is None:
        yield not_known(
            _RUNTIME,
            f"The {place.runtime} runtime runs version-compatible engines only, and the file does not say whether it is"
            " one.",
        )
    elif place.runtime is Flavour.DISPATCH and not engine.plan.host_code:
        yield Condition(
            "the dispatch runtime is given a lean runtime (`IRuntime.load_runtime`), as none was found in it"
        )


def _anew(place: Place) -> str:
    """What to do about another release; nothing where the catalogue's words, which ask `tensorrt` for its own, do."""
    if place.runtime is Flavour.FULL:
        return ""
    return f"Build the engine again, version-compatible, with TensorRT {place.tensorrt}, or take a cell that reads it."


def _why_not(built: Version, here: Version, knowledge: Knowledge, *, reached: bool) -> str:
    if reached:
        return "It was not built version-compatible."
    if here < built:
        return "No older TensorRT reads a newer one's engine."
    if built < knowledge.compatible_since:
        return f"Engines are version-compatible since {knowledge.compatible_since} only."
    steps = " and ".join(f"from {old} to {new}" for old, new in sorted(knowledge.majors))
    return f"Across majors, version compatibility reaches {steps} only."
