"""A Windows cell runs programs that came from a Linux cell, each after it was found whole and fit for this cell."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from packaging.version import Version
from pydantic import JsonValue, ValidationError

from envgen.cell import OsFamily, SmArch
from envgen.engine import Knowledge, NoEngine, Place, inspect, judge
from envgen.engine.windows import (
    MANIFEST,
    PROGRAM,
    Manifest,
    ManifestError,
    WindowsKnowledge,
    read_manifest,
    whole,
)
from envgen.prediction.verdict import Verdict
from envgen.results import Diagnosis, Outcome
from envgen.run.bench import Answer, Bench
from envgen.run.engines import place_of
from envgen.run.folders import emptied
from envgen.run.job import Job
from envgen.run.rungs.device import on_device
from envgen.run.rungs.windows.steps import TEXTS, Stopped, each, joined, probe, shut


def is_program(file: Path) -> bool:
    """Whether a file that a cell is given is a program for Windows, which this rung runs by itself."""
    return file.name == PROGRAM and (file.parent / MANIFEST).is_file()


def ran(job: Job, bench: Bench, answer: Answer) -> Answer:
    """Runs programs that came from a Linux cell, after each was found fit for this one."""
    programs = [file.parent for file in job.engines if is_program(file)]
    if not programs or answer.outcome is not Outcome.PASSED:
        return answer
    if job.cell.os.family is not OsFamily.WINDOWS:
        note = f"{len(programs)} for Windows not run here"
        return replace(answer, sentence=joined(answer.sentence, note))
    return each(answer, {str(folder): _running(job, bench, folder, n) for n, folder in enumerate(programs)})


def _running(job: Job, bench: Bench, folder: Path, number: int) -> Callable[[], Answer]:
    def step() -> Answer:
        here = emptied(bench.scratch / "windows" / str(number))
        manifest = _brought(folder, here)
        known = WindowsKnowledge.current()
        libraries = known.library_names(manifest.versions["tensorrt"])
        looked = probe(job, bench, "windows_look", {"libraries": sorted(libraries)}, {})
        if looked.outcome is not Outcome.PASSED:
            return looked
        facts = looked.facts or {}
        if wrong := next(unfit(place_of(job), here, manifest, facts), None):
            return shut(wrong, facts)
        task = {
            "folder": job.environment.inside(here),
            "program": PROGRAM,
            "imports": manifest.imports,
            "cases": manifest.cases,
            "tolerance": manifest.tolerance,
        }
        answer = on_device(job, bench, lambda more: probe(job, bench, "windows_run", task, more))
        made: dict[str, JsonValue] = {
            "cell": manifest.cell,
            "shapes": manifest.shapes,
            "made_with": {**manifest.versions},
        }
        return replace(answer, facts={**facts, **(answer.facts or {}), "program": made})

    return step


def _brought(folder: Path, here: Path) -> Manifest:
    """The program copied into the cell's folder; of the copy the hashes are those of the manifest.

    Raises:
        Stopped: a file is missing, or another one.
    """
    known = WindowsKnowledge.current()
    try:
        manifest = read_manifest(folder / MANIFEST)
    except ManifestError as error:
        raise Stopped(shut(known.shut("program-manifest", file=error.file, said=str(error)), {})) from None
    try:
        for path in whole(manifest, folder):
            shutil.copyfile(path, here / path.name)
        for _ in whole(manifest, here):  # what is run is what was found whole, whatever became of the first since
            pass
    except ManifestError as error:
        raise Stopped(shut(known.shut("program-files", file=error.file, said=str(error)), {})) from None
    return manifest


def unfit(place: Place, here: Path, manifest: Manifest, facts: Mapping[str, JsonValue]) -> Iterator[Diagnosis]:
    """Why a program surely does not load in what was found here: by the rules that judge engines offline.

    Args:
        place: the cell as its lock has it.
        here: the program's folder.
        facts: what was found in the cell.
    """
    known = WindowsKnowledge.current()
    try:
        found, versions = TEXTS.validate_python(facts.get("libraries")), TEXTS.validate_python(facts.get("versions"))
        inspected = inspect(here / PROGRAM)
    except ValidationError:
        return
    except NoEngine as error:
        yield known.shut("program-files", file=PROGRAM, said=error.what.rstrip("."))
        return
    place = _measured(place, versions, str(facts.get("gpu") or ""))
    judgement = judge(inspected, place, Knowledge.current())
    if judgement.verdict is Verdict.FAILS:
        yield judgement.diagnoses[0]
    for library, package in known.library_names(versions.get("tensorrt") or manifest.versions["tensorrt"]).items():
        if library in found and not found[library]:
            yield known.shut("program-library", library=library, package=package)


def _measured(place: Place, versions: Mapping[str, str], gpu: str) -> Place:
    """The cell as it was found, in place of what its lock says."""
    tensorrt, torch_tensorrt = (_version(versions.get(name)) for name in ("tensorrt", "torch-tensorrt"))
    if tensorrt:
        place = replace(place, tensorrt=tensorrt, known=True)
    if torch_tensorrt:
        place = replace(place, torch_tensorrt=torch_tensorrt)
    return replace(place, gpu=SmArch.parse(gpu)) if gpu else place


def _version(text: str | None) -> Version | None:
    """What an installed package says of itself, where it is a release."""
    try:
        return Version(text) if text else None
    except ValueError:
        return None
