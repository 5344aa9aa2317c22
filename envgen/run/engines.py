"""Engine files of a cell, looked at without TensorRT: those that it is given, and those that its check left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from packaging.version import Version
from pydantic import JsonValue

from envgen.binary.content import printable
from envgen.cell import SmArch
from envgen.compat.facts import Facts
from envgen.compat.published import installed_tensorrt
from envgen.diagnose import Cause, diagnosis
from envgen.engine import Inspected, Knowledge, NoEngine, Place, inspect, judge
from envgen.engine.record import facts_json, fate_json
from envgen.engine.rules.platform import platform_of
from envgen.prediction.verdict import Verdict
from envgen.results import Diagnosis
from envgen.run.job import Job


@dataclass(frozen=True)
class Look:
    """One file, as far as it can be judged here.

    Attributes:
        record: what is told of it, for the rung's facts.
        refusal: why it surely does not load in the cell; None when nothing is sure.
    """

    file: Path
    record: dict[str, JsonValue]
    refusal: Diagnosis | None = None


def look_at_given(file: Path, place: Place) -> Look:
    """A file that somebody says holds an engine for the cell."""
    try:
        inspected = inspect(file)
    except NoEngine as error:
        name = printable(file.name)
        nothing = diagnosis(Cause.TRT_PLAN_CORRUPT, {"file": name}, "engine-given", error.what, error.remedy)
        return Look(file, {"file": name, "error": error.what}, nothing)
    return _judged(file, inspected, place)


def look_at_left(file: Path, name: str, place: Place) -> Look | None:
    """A file that a check left; None for one that holds no engine, as a picture or a log does.

    One for another system was made to be taken there: here it is only asked whether it is whole.

    Args:
        name: what it is called in the facts.
    """
    try:
        inspected = replace(inspect(file), file=name)
    except NoEngine:
        return None
    platforms = {platform_of(engine, Knowledge.current()) for engine in inspected.engines} - {None}
    if platforms and place.platform not in platforms:
        elsewhere: list[JsonValue] = [*sorted(str(platform) for platform in platforms)]
        damage = next(iter(inspected.diagnoses), None)
        return Look(file, facts_json(inspected) | {"for_platforms": elsewhere}, damage)
    return _judged(file, inspected, place)


def _judged(file: Path, inspected: Inspected, place: Place) -> Look:
    judgement = judge(inspected, place, Knowledge.current())
    refused = judgement.verdict is Verdict.FAILS
    record = facts_json(inspected) | {"in_this_cell": fate_json(judgement)}
    return Look(file, record, judgement.diagnoses[0] if refused else None)


def place_of(job: Job) -> Place:
    """The cell as an engine finds it on this machine, with the exact releases of its lock."""
    capabilities = {gpu.compute_capability for gpu in job.machine.gpus}
    gpu = SmArch.parse(capabilities.pop()) if len(capabilities) == 1 else None  # else it shows only when it is run
    place = Place.of(job.cell, Facts.current(), gpu)
    tensorrt, torch_tensorrt = exact_tensorrt(job), _locked(job, "torch-tensorrt")
    if tensorrt:
        place = replace(place, tensorrt=tensorrt, known=True)
    return replace(place, torch_tensorrt=torch_tensorrt) if torch_tensorrt else place


def exact_tensorrt(job: Job) -> Version | None:
    """The release of TensorRT that the cell surely has; None where neither its lock nor its own name says it."""
    if job.cell.tensorrt is None:
        return None
    if job.locked:
        found = installed_tensorrt(job.locked.versions)
        return Version(found[1]) if found else None
    return None if job.cell.tensorrt.release.is_minor else job.cell.tensorrt.release.version


def _locked(job: Job, package: str) -> Version | None:
    version = job.locked_version(package)
    return Version(version) if version else None
