"""Engines as JSON: for `--json` of the command line, and for the results of runs."""

from __future__ import annotations

from pydantic import JsonValue

from envgen.engine.facts import Engine, Inspected
from envgen.engine.judge import Judgement
from envgen.engine.knowledge import Knowledge
from envgen.engine.rules.platform import platform_of


def facts_json(inspected: Inspected) -> dict[str, JsonValue]:
    """A file and its engines."""
    return {
        "file": inspected.file,
        "kind": inspected.kind.value,
        "engines": [_engine(engine, Knowledge.current()) for engine in inspected.engines],
        "notes": list(inspected.notes),
        "diagnoses": [each.model_dump(mode="json") for each in inspected.diagnoses],
    }


def fate_json(judgement: Judgement) -> dict[str, JsonValue]:
    """How a file fares in a cell."""
    return {
        "cell": str(judgement.place.cell),
        "gpu": str(judgement.place.gpu) if judgement.place.gpu else None,
        "runtime": judgement.place.runtime.value,
        "verdict": judgement.verdict.value,
        "diagnoses": [each.model_dump(mode="json") for each in judgement.diagnoses],
        "conditions": list(judgement.conditions),
    }


def _engine(engine: Engine, knowledge: Knowledge) -> dict[str, JsonValue]:
    plan, module = engine.plan, engine.module
    platform = platform_of(engine, knowledge)
    abi = knowledge.abis.get(module.abi) if module else None
    return {
        "member": engine.member,
        "at": engine.at,
        "tensorrt": str(plan.tensorrt),
        "bytes": plan.announced,
        "bytes_there": plan.present,
        "platform": platform.value if platform else None,
        "platform_tag": plan.tag,
        "serialization_version": plan.serialization,
        "compute_capability": str(engine.gpu) if engine.gpu else None,
        "gpu_name": module.gpu_name if module else "",
        "kernels_for": [str(code) for code in plan.code],
        "hardware_compatible": engine.hardware_compatible,
        "version_compatible": engine.version_compatible,
        "host_code": plan.host_code,
        "torch_tensorrt": {
            "abi": module.abi,
            "releases": str(abi.releases) if abi else None,
            "name": module.name,
            "fields": module.fields,
            "platform": module.platform,
            "cross_compiled": module.crossed,
        }
        if module
        else None,
    }
