"""A Linux cell compiles the matrix's model for Windows, and keeps it with its manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import JsonValue, ValidationError

from envgen import __version__
from envgen.cell import Arch, OsFamily
from envgen.engine import NoEngine, inspect
from envgen.engine.windows import MANIFEST, PROGRAM, FileRecord, Manifest, WindowsKnowledge, manifest_text
from envgen.results import Outcome
from envgen.run.bench import Answer, Bench, failed
from envgen.run.folders import emptied, remove_tree
from envgen.run.job import Job
from envgen.run.kept import keep
from envgen.run.rungs.device import on_device
from envgen.run.rungs.windows.steps import NAMES, TEXTS, Stopped, each, joined, probe, shut
from envgen.spec.matrix import WindowsProgram


def exported(job: Job, bench: Bench, answer: Answer) -> Answer:
    """Compiles the matrix's model for Windows where the cell can, and keeps it with its manifest."""
    program, cell = job.extension.windows_program, job.cell
    here = cell.os.family is OsFamily.LINUX and cell.arch is Arch.X86_64
    full = cell.tensorrt is not None and cell.tensorrt.is_full
    if program is None or not here or not full or answer.outcome is not Outcome.PASSED:
        return answer
    known = WindowsKnowledge.current()
    if wrong := known.of_releases(_locked(job)):
        return replace(answer, sentence=joined(answer.sentence, f"no program for Windows: {wrong.sentence}"))
    if wrong := known.of_settings(program.settings):
        return each(answer, {"settings": lambda: shut(wrong, {})})
    return each(answer, {shapes: _exporting(job, bench, program, shapes) for shapes in program.shapes})


def _exporting(job: Job, bench: Bench, program: WindowsProgram, shapes: str) -> Callable[[], Answer]:
    def step() -> Answer:
        folder = emptied(bench.scratch / "windows" / shapes)
        known = WindowsKnowledge.current()
        settings = {**known.usual, **program.settings}
        task = {
            "model": program.model,
            "imports": job.extension.imports,
            "shapes": shapes,
            "settings": settings,
            "folder": job.environment.inside(folder),
            "program": PROGRAM,
            "needed": str(known.makers["torch-tensorrt"]),
        }
        answer = on_device(job, bench, lambda more: probe(job, bench, "windows_export", task, more))
        if answer.outcome is not Outcome.PASSED:
            return answer
        facts = answer.facts or {}
        manifest = _manifest(job, program, shapes, settings, folder, facts)
        (folder / MANIFEST).write_text(manifest_text(manifest), encoding="utf-8")
        target = bench.kept / "windows" / shapes if bench.kept else None
        if target:
            remove_tree(target)
            left_out = keep(folder, target).left_out
            if left_out:
                return failed(f"not all of it could be kept: {left_out[0]}", facts)
            facts = {**facts, "kept": "/".join(target.parts[-5:])}
        remove_tree(folder)
        return replace(answer, facts=facts)

    return step


def _manifest(
    job: Job, program: WindowsProgram, shapes: str, settings: Mapping[str, bool | int | float | str], folder: Path,
    facts: Mapping[str, JsonValue],
) -> Manifest:  # fmt: skip
    """What was made, as the files themselves say it: that the builder's resource was there proves nothing.

    Raises:
        Stopped: there is an engine in it that is not for Windows, or none.
    """
    known = WindowsKnowledge.current()
    try:
        inspected = inspect(folder / PROGRAM)
        cases, versions = NAMES.validate_python(facts.get("cases")), TEXTS.validate_python(facts.get("versions"))
    except NoEngine as error:
        raise Stopped(shut(known.shut("export-save", said=error.what), facts)) from None
    except ValidationError:
        raise Stopped(failed("the export ended well, and said nothing of its files", dict(facts))) from None
    for engine in inspected.engines:
        found = engine.module.platform if engine.module else ""
        if found != known.runs_on:
            raise Stopped(shut(known.shut("export-platform", found=found or "?", needed=known.runs_on), facts))
    if inspected.diagnoses:
        raise Stopped(shut(inspected.diagnoses[0], facts))
    names = sorted(path.name for path in folder.iterdir())
    return Manifest(
        envgen=__version__,
        cell=str(job.cell),
        shapes="dynamic" if shapes == "dynamic" else "static",
        runs_on=known.runs_on,
        model=program.model,
        imports=job.extension.imports,
        versions=versions,
        abi=next(engine.module.abi for engine in inspected.engines if engine.module),
        gpu=str(facts.get("gpu")),
        settings=dict(settings),
        tolerance=program.tolerance,
        saved_by=str(facts.get("saved_by")),
        cases=cases,
        files={name: FileRecord.of(folder / name) for name in names},
    )


def _locked(job: Job) -> dict[str, str]:
    if job.locked is None:
        return {}
    return {name: job.locked_version(name) or "" for name in WindowsKnowledge.current().makers}
