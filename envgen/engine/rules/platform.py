"""The operating system and processor: an engine runs on those that it was built for."""

from __future__ import annotations

from collections.abc import Iterator

from envgen.compat.records import Platform
from envgen.diagnose import Cause
from envgen.engine.facts import Engine
from envgen.engine.knowledge import Knowledge
from envgen.engine.place import Place
from envgen.engine.rules.reason import Condition, Reason, fails, not_known

_RULE = "engine-platform"


def platform_of(engine: Engine, knowledge: Knowledge) -> Platform | None:
    """The system that an engine is for, by torch-tensorrt's record or by the tag in its head."""
    recorded = knowledge.platforms.get(engine.module.platform) if engine.module else None
    if recorded or (engine.module and engine.module.crossed):
        return recorded or Platform.WIN_AMD64
    return knowledge.tags.get(engine.plan.tag)


def platform_suits(engine: Engine, place: Place, knowledge: Knowledge) -> Iterator[Reason | Condition]:
    """Whether the cell's system is the engine's."""
    built, here = platform_of(engine, knowledge), place.platform
    recorded = engine.module is not None and (engine.module.platform in knowledge.platforms or engine.module.crossed)
    if built is None:
        yield _unnamed(engine)
    elif built is here:
        if engine.module and engine.module.crossed:
            yield Condition("it is loaded with torch_tensorrt.load_cross_compiled_exported_program")
    elif recorded or _family(built) != _family(here):
        yield fails(Cause.TRT_PLATFORM_MISMATCH, _RULE, found=built.words, needed=here.words)
    else:
        yield not_known(
            _RULE,
            f"The engine has the tag {engine.plan.tag!r}, which was seen on {built.words}; whether {here.words} has the"
            " same is not known.",
        )


def _unnamed(engine: Engine) -> Reason | Condition:
    if engine.plan.tag:
        return not_known(_RULE, f"Which system the tag {engine.plan.tag!r} of the engine stands for is not known.")
    return Condition("it was built on the same system, which it does not name")


def _family(platform: Platform) -> str:
    return platform.value.split("_")[0]
