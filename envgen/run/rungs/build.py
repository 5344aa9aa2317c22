"""The rung `built`: the extension's build steps, each in a private copy of the source.

A step whose outcome depends on fewer axes than the cell has is built once, and shared by the cells that agree on them.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue
from uv import find_uv_bin

from envgen.command import Command
from envgen.compat.words import listed
from envgen.environment import CondaEnvironment, CurrentEnvironment
from envgen.run.bench import Answer, Bench, failed, not_run, passed
from envgen.run.folders import remove_tree
from envgen.run.job import Job
from envgen.run.rungs.toolchain import DevicePlan, build_variables, device_plan, name_libraries
from envgen.run.sources import copy_source
from envgen.spec.matrix import BuildStep, Toolkit

OWN_BACKEND = BuildStep("package", ())


@dataclass  # not frozen: a context manager that it passes through sets its traceback
class StepFailed(Exception):  # noqa: N818 - carries a rung's answer out of the loop over steps
    answer: Answer


def built(job: Job, bench: Bench) -> Answer:
    """Builds every step and joins what they leave into the cell's artifact."""
    plan = device_plan(job)
    if plan.blocks:
        return not_run(plan.note)
    if isinstance(job.environment, CurrentEnvironment) and (
        lacking := job.environment.lacking(job.extension.build.requires)
    ):
        return not_run(_lacking(job.environment, lacking))
    in_conda = isinstance(job.environment, CondaEnvironment)
    if plan.cuda_home and not in_conda and job.extension.build.toolkit is Toolkit.WHEELS:
        name_libraries(plan.cuda_home / "lib")
    recipe = job.environment.recipe
    source = recipe.source if recipe else job.folder / "source"
    job.artifact_stamp.unlink(missing_ok=True)
    remove_tree(job.artifact)
    copy_source(job.extension, source)
    if recipe:
        return _built_by_recipe(job, bench, plan)
    facts: list[JsonValue] = []
    try:
        for step in job.steps or (OWN_BACKEND,):
            out, fact = _step(job, bench, plan, step, source)
            _join(out, job.artifact)
            facts.append(fact)
    except StepFailed as error:
        return error.answer
    job.artifact_stamp.write_text(job.key, encoding="utf-8")
    return passed(plan.note, {"steps": facts, "device_code_for": [str(arch) for arch in plan.archs]})


def _lacking(environment: CurrentEnvironment, requirements: Sequence[str]) -> str:
    """Nothing is installed into an environment that is taken as it is; its owner may."""
    names = listed([f"`{requirement}`" for requirement in requirements])
    command = shlex.join([str(environment.python), "-m", "pip", "install", *requirements])
    return f"the build requires {names}, which this interpreter lacks: `{command}`"


def _built_by_recipe(job: Job, bench: Bench, plan: DevicePlan) -> Answer:
    job.environment.prepare()
    facts = bench.facts_file()
    for command in job.environment.building(job.artifact, facts):
        ending = bench.run(command)
        if not ending.ok:
            return failed(bench.why(ending, "the image was built"))
    if not job.artifact.is_dir() or not any(job.artifact.iterdir()):
        return failed("the image was built, but the build left nothing in ENVGEN_OUT")
    job.artifact_stamp.write_text(job.key, encoding="utf-8")
    archs: list[JsonValue] = [str(arch) for arch in plan.archs]
    return passed(plan.note, {**bench.read_facts(facts), "device_code_for": archs})


def _step(job: Job, bench: Bench, plan: DevicePlan, step: BuildStep, source: Path) -> tuple[Path, dict[str, JsonValue]]:
    if step.per is None or not job.environment.uses_lock:  # without a lock nobody knows which torch exactly it is
        out = job.folder / "steps" / step.name
        seconds = _build(job, bench, plan, step, source, out)
        return out, {"step": step.name, "seconds": seconds}
    return _shared_step(job, bench, plan, step, source)


def _shared_step(
    job: Job, bench: Bench, plan: DevicePlan, step: BuildStep, source: Path
) -> tuple[Path, dict[str, JsonValue]]:
    kept = job.builds / _shared_key(job, plan, step)
    note = kept / "envgen-step.json"
    scratch = job.builds / f"{kept.name}.building"
    with bench.held(job.builds / f"{kept.name}.lock", f"waiting for the step {step.name}, which another cell builds"):
        if note.is_file() and (kept / "out").is_dir():
            built_in = json.loads(note.read_text(encoding="utf-8"))["cell"]
            return kept / "out", {"step": step.name, "seconds": 0.0, "shared_from": built_in}
        seconds = _build(job, bench, plan, step, source, scratch / "out")
        (scratch / note.name).write_text(json.dumps({"cell": str(job.cell), "step": step.name}), encoding="utf-8")
        remove_tree(kept)
        scratch.replace(kept)
    return kept / "out", {"step": step.name, "seconds": seconds}


def _shared_key(job: Job, plan: DevicePlan, step: BuildStep) -> str:
    assert step.per is not None
    axes = job.cell.axes()
    content: list[object] = [job.source, step.name, step.run, {axis: axes[axis] for axis in step.per}]
    content += [dict(job.extension.build.env), job.environment.kind, job.machine.libc, job.machine.compiler]
    if "torch" in step.per and job.locked:
        content.append(job.locked_version("torch"))
    if isinstance(job.environment, CondaEnvironment):
        content.append(job.environment.tools)
    content += [str(plan.cuda_home), [str(arch) for arch in plan.archs]]
    content += [job.variables, dict(job.machine.build_flags), job.build_requirements]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=list).encode()).hexdigest()[:32]


def _build(job: Job, bench: Bench, plan: DevicePlan, step: BuildStep, source: Path, out: Path) -> float:
    remove_tree(out)
    out.mkdir(parents=True)
    seconds = 0.0
    for command in _commands(job, plan, step, source, out):
        ending = bench.run(command)
        seconds += ending.seconds
        if not ending.ok:
            raise StepFailed(failed(bench.why(ending, f"building ({step.name})")))
    if not any(out.iterdir()):
        raise StepFailed(failed(f"the build step {step.name} ended well but left nothing in ENVGEN_OUT"))
    return round(seconds, 3)


def _commands(job: Job, plan: DevicePlan, step: BuildStep, source: Path, out: Path) -> Iterator[Command]:
    variables = build_variables(job, plan) | {"ENVGEN_OUT": str(out)}
    if step is not OWN_BACKEND:
        yield job.environment.command(step.run, source, variables)
        return
    # A cache of its own: uv would take the binary that another cell's torch built for this one's.
    cache = job.folder / "uv-cache"
    remove_tree(cache)
    argv = [
        find_uv_bin(), "pip", "install", "--python", job.environment.command(("python",), source, {}).argv[0],
        "--no-deps", "--no-build-isolation", "--target", str(out), "--cache-dir", str(cache), "--verbose",
    ]  # fmt: skip
    argv += _what_to_build(job, source)
    yield job.environment.command(tuple(argv), source, variables | dict(job.configuration.variables))


def _what_to_build(job: Job, source: Path) -> list[str]:
    extension = job.extension
    if extension.source is None:
        return [str(source)]
    name = extension.source.split("==")[0]
    hashed = f" --hash=sha256:{extension.sha256}" if extension.sha256 else ""
    wanted = source / "envgen-requirement.txt"
    wanted.write_text(f"{extension.source}{hashed}\n", encoding="utf-8")
    options = ["--require-hashes"] if hashed else []
    return [*options, "--no-binary", name, *job.configuration.arguments(), "--requirement", str(wanted)]


def _join(out: Path, artifact: Path) -> None:
    # Copies, not links: what a check does to its artifact must not reach the build that other cells share.
    shutil.copytree(out, artifact, dirs_exist_ok=True, symlinks=True)
