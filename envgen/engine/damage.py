"""What is wrong with an engine wherever it is loaded: it was cut, changed, or is no whole record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from envgen.diagnose import Cause, diagnosis
from envgen.engine.facts import Engine
from envgen.engine.knowledge import Knowledge
from envgen.results import Diagnosis


def with_damage(engine: Engine, knowledge: Knowledge) -> Engine:
    """The engine, with all that is wrong with it."""
    return replace(engine, damage=(*engine.damage, *_plan(engine, knowledge), *_record(engine, knowledge)))


def corrupt(sentence: str, rule: str, **evidence: str) -> Diagnosis:
    """No whole engine, in a sentence."""
    return diagnosis(Cause.TRT_PLAN_CORRUPT, evidence, rule, sentence=sentence)


def _plan(engine: Engine, knowledge: Knowledge) -> Iterator[Diagnosis]:
    plan = engine.plan
    if plan.announced != plan.present:
        cut = "It is cut short" if plan.announced > plan.present else "Something stands behind it"
        yield corrupt(
            f"{cut}: the engine's head speaks of {plan.announced} bytes, and there are {plan.present}.",
            "engine-size",
            needed=str(plan.announced),
            found=str(plan.present),
        )
    if plan.unread:
        yield corrupt(f"The engine is damaged: {plan.unread}.", "engine-content")
    if plan.body and plan.body != plan.tensorrt:
        yield corrupt(
            f"The engine is damaged: its head says TensorRT {plan.tensorrt}, and its body {plan.body}.",
            "engine-release",
            needed=str(plan.tensorrt),
            found=str(plan.body),
        )
    known = knowledge.serialization.get(plan.serialization or 0)
    head = f"{plan.tensorrt.major}.{plan.tensorrt.minor}"
    if known and known != head and head in knowledge.serialization.values():
        yield corrupt(
            f"The engine is damaged: its head says TensorRT {plan.tensorrt}, and its body has the format"
            f" {plan.serialization}, that of {known}.",
            "engine-format",
            needed=head,
            found=known,
        )


def _record(engine: Engine, knowledge: Knowledge) -> Iterator[Diagnosis]:
    module = engine.module
    abi = knowledge.abis.get(module.abi) if module else None
    if module and abi and abi.fields != module.fields:
        yield corrupt(
            f"The record around the engine is damaged: one of ABI {module.abi} has {abi.fields} fields, and it has"
            f" {module.fields}.",
            "record-fields",
            needed=str(abi.fields),
            found=str(module.fields),
        )
