"""TensorRT engines in this cell: built, saved, scanned, loaded in a new process, run, compared; and torch_tensorrt's.

Then the plans that $ENVGEN_ENGINES names are run; a cell of the lean or the dispatch flavour builds nothing, and does
only this. Every step has a process of its own, and every ending that is known has a name (engine_endings).
"""

import importlib.util
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Sequence

import torch

from envgen_reference.checks import (
    driver,
    engine_bindings,
    engine_children,
    engine_plan,
    engine_sidecar,
    engine_torch,
    engine_variants,
)
from envgen_reference.checks.engine_children import Step
from envgen_reference.checks.engine_endings import Ended, Ending
from envgen_reference.checks.engine_variants import Variant
from envgen_reference.checks.outcome import CheckError, Facts, NotRun, run


def check(facts: Facts) -> None:
    facts["torch"] = torch.__version__
    driver.require_device()
    facts["device"] = _device()
    flavour = facts["flavour"] = engine_bindings.flavour()
    elsewhere = [Path(name) for name in os.environ.get("ENVGEN_ENGINES", "").split(os.pathsep) if name]
    if flavour != engine_bindings.FULL and not elsewhere:
        raise NotRun(
            f"a cell of the {flavour} flavour runs engines that were built elsewhere, and none is named:"
            " by extension.engines in matrix.yaml, or by --engines"
        )
    with tempfile.TemporaryDirectory(prefix="engine-") as folder:
        climb = _Climb(Path(folder), facts)
        if flavour == engine_bindings.FULL:
            _through_tensorrt(climb)
            if not climb.hung:  # what hung may have left the device so that nothing else runs either
                _through_torch(climb)
        if not climb.hung:
            _plans_of_elsewhere(climb, flavour, elsewhere)
    _verdict(climb.steps)


class _Climb:
    """The steps taken so far, and the folder that they share."""

    def __init__(self, folder: Path, facts: Facts) -> None:
        self.folder, self.steps = folder, []  # type: Path, List[Step]
        self._records: Dict[str, Any] = facts.setdefault("steps", {})

    @property
    def hung(self) -> bool:
        return any(step.ending is Ending.HUNG for step in self.steps)

    def run(self, name: str, function: str, **arguments: Any) -> Step:
        return self.add(engine_children.run_step(name, function, arguments, self.folder))

    def add(self, step: Step) -> Step:
        self.steps.append(step)
        self._records[step.name] = step.record()
        return step


def _through_tensorrt(climb: _Climb) -> None:
    for variant in engine_variants.VARIANTS:
        plan = climb.folder / f"{variant.name}.plan"
        cache = str(climb.folder / "timing.cache")
        built = climb.run(f"{variant.name}.build", "build", plan=str(plan), variant=variant.name, timing_cache=cache)
        if built.ending is Ending.PASSED:
            _proven(climb, variant, plan, built.facts["tensorrt"])
        if climb.hung or built.ending in (Ending.IMPORT_REFUSED, Ending.BUILDER_NULL, Ending.INCOMPATIBLE_DEVICE):
            return  # every other one would end so


def _proven(climb: _Climb, variant: Variant, plan: Path, library: str) -> None:
    if not climb.add(_scan(f"{variant.name}.scan", plan, library)).ending.fine:
        return
    executed = climb.run(
        f"{variant.name}.run",
        "execute",
        plan=str(plan),
        flavour=engine_bindings.FULL,
        host_code_allowed=variant.runtime_inside,  # this check has just built it
        latency=not variant.keep,
    )
    keep = os.environ.get("ENVGEN_KEEP")
    if keep and variant.keep and executed.ending is Ending.PASSED:
        for file in (plan, engine_sidecar.path_of(plan)):
            shutil.copy(file, keep)


def _scan(name: str, plan: Path, library: str) -> Step:
    try:
        return Step(name, Ending.PASSED, facts=engine_plan.scan(plan, library))
    except Ended as ended:
        return Step(name, ended.ending, str(ended))


def _through_torch(climb: _Climb) -> None:
    if importlib.util.find_spec("torch_tensorrt") is None:
        climb.add(Step("torch_tensorrt", Ending.NOT_OFFERED, "torch_tensorrt is not installed"))
        return
    for shapes in ("static", "dynamic"):
        dynamic, folder = shapes == "dynamic", climb.folder / shapes
        folder.mkdir()
        name = f"torch_tensorrt.{shapes}"
        compiled = climb.run(f"{name}.compile", "compile", folder=str(folder), dynamic=dynamic)
        if climb.hung or compiled.ending is Ending.IMPORT_REFUSED:
            return
        for written, answer in compiled.facts.get("saved", {}).items():
            if answer != "saved":
                climb.add(Step(f"{name}.{written}", Ending.NOT_OFFERED, answer))
                continue
            file = str(folder / engine_torch.FORMATS[written])
            climb.run(f"{name}.{written}", "load", file=file, dynamic=dynamic)


def _plans_of_elsewhere(climb: _Climb, flavour: str, plans: Sequence[Path]) -> None:
    for number, plan in enumerate(plans):
        name = f"{number}.{plan.name}"
        try:
            allowed = _host_code_allowed(flavour, plan)
        except Ended as ended:
            climb.add(Step(name, ended.ending, str(ended)))
            continue
        climb.run(name, "execute", plan=str(plan), flavour=flavour, host_code_allowed=allowed, latency=False)
        if climb.hung:
            return


def _host_code_allowed(flavour: str, plan: Path) -> bool:
    """Whether a runtime inside the plan may be run: the matrix, or the command line, names this very file.

    Raises:
        Ended: the file is not for this flavour's runtime.
        CheckError: it is not there, or what lies beside it is not its sidecar.
    """
    if not plan.is_file():
        raise CheckError(f"{plan} is named by ENVGEN_ENGINES and is not there")
    if not engine_plan.is_plan(plan):
        raise Ended(Ending.NOT_OFFERED, f"{plan.name} is no TensorRT plan, and this check loads no other file")
    try:
        sidecar = engine_sidecar.read(plan)
    except engine_sidecar.BadSidecar as reason:
        raise CheckError(str(reason)) from reason
    if sidecar is None:
        return flavour == engine_bindings.DISPATCH
    if sidecar.runtime_inside and flavour == engine_bindings.LEAN:
        raise Ended(Ending.NOT_OFFERED, f"{plan.name} was built with a runtime inside, for full and dispatch")
    if not sidecar.runtime_inside and flavour == engine_bindings.DISPATCH:
        raise Ended(Ending.NOT_OFFERED, f"{plan.name} was built without a runtime, for lean")
    return sidecar.runtime_inside


def _device() -> Facts:
    properties = torch.cuda.get_device_properties(0)
    return {"name": properties.name, "capability": f"{properties.major}.{properties.minor}"}


def _verdict(steps: List[Step]) -> None:
    wrong = [f"{step.name}: {step.outcome} ({step.sentence})" for step in steps if not step.ending.fine]
    if wrong:
        raise CheckError("; ".join(wrong))
    if all(step.ending is Ending.NOT_OFFERED for step in steps):
        raise NotRun("; ".join(step.sentence for step in steps))


if __name__ == "__main__":
    sys.exit(run(check))
