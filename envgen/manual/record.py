"""A cell's own build, done once more behind recording compilers."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from envgen import __version__
from envgen.errors import EnvgenError, LockError
from envgen.files import write_atomically
from envgen.manual.calls import Call, read_calls
from envgen.manual.compose import Composed, Step, StepRecord
from envgen.manual.needed import binaries, digest_of
from envgen.manual.places import QUESTIONS, escape
from envgen.manual.recipe import Action, Phase, Recipe, read_recipe
from envgen.manual.recorder import READ
from envgen.manual.shims import Shims
from envgen.results import Outcome, Rung
from envgen.run.bench import Answer, Bench
from envgen.run.folders import held, remove_tree
from envgen.run.job import Job
from envgen.run.process import Interrupt
from envgen.run.rungs import RUNGS
from envgen.run.rungs.toolchain import build_variables, device_plan
from envgen.run.runner import Project

SUFFIX = "EXT_SUFFIX"

OnLine = Callable[[str], None]


class NotRecorded(EnvgenError):  # noqa: N818 - reads better where it is raised
    """The cell's build could not be recorded, or holds nothing that plain commands could make."""


def recorded(project: Project, job: Job, interrupt: Interrupt, on_line: OnLine) -> Recipe:
    """The recipe of a cell of this machine: kept from an earlier call, or recorded from its build now.

    The environment is made if it is not there. The build is the one of `envgen run`, in the same folder.

    Raises:
        EnvgenError: the cell cannot be locked, made or built here.
        Interrupted: the user asked to stop.
    """
    if isinstance(job.lock, LockError):
        raise job.lock
    if sys.platform == "win32":
        raise NotRecorded(
            "A build cannot be recorded on Windows, where its compilers are not found by name.",
            "Ask for this cell on Linux or macOS: its commands are translated there.",
        )
    folder = recordings(project, job.environment.kind) / str(job.cell)
    with held(job.folder.parent / f"{job.cell}.lock", interrupt, lambda: on_line("another envgen is at this cell")):
        kept = read_recipe(folder / "recipe.json")
        if kept and kept.key == job.key and job.is_built and job.environment.exists():
            return kept
        recording = _Recording(job, folder, interrupt, on_line)
        recipe = recording.recipe()
        write_atomically(folder / "recipe.json", recipe.model_dump_json(indent=1) + "\n")
        return recipe


def recordings(project: Project, kind: str) -> Path:
    """The folder of the cells recorded in one kind of environment, each with its recipe.json."""
    return project.workspace.root / "commands" / kind


class _Recording:
    """One recording, in a folder of its own."""

    def __init__(self, job: Job, folder: Path, interrupt: Interrupt, on_line: OnLine) -> None:
        self._job = job
        self._folder = folder
        self._interrupt = interrupt
        self._on_line = on_line
        self._source = job.folder / "source"

    def recipe(self) -> Recipe:
        remove_tree(self._folder)
        job, shims = self._job, Shims(self._folder / "recording")
        if not job.environment.exists():
            self._climb(job, Rung.CREATED)
        places = self._places()
        self._climb(_behind(job, shims), Rung.BUILT)
        job.artifact_stamp.write_text(job.key, encoding="utf-8")  # it is this job's build, whoever watched it
        calls = read_calls(shims.notes)
        remove_tree(shims.folder)
        plan = device_plan(job)
        folders = {name: Path(path) for name, path in places.items() if name in QUESTIONS and name != SUFFIX}
        if plan.cuda_home:
            places["CUDA_HOME"] = str(plan.cuda_home)
            calls = tuple(_with_toolkit(call, shims.cuda_home, plan.cuda_home) for call in calls)
            folders["CUDA_HOME"] = plan.cuda_home
        composed, programs = self._composed(calls, folders, places[SUFFIX])
        return self._recipe(places | programs, calls, composed)

    def _composed(
        self, calls: tuple[Call, ...], folders: Mapping[str, Path], suffix: str
    ) -> tuple[list[Composed], dict[str, str]]:
        job, composed = self._job, []
        programs: dict[str, str] = {}
        source = job.extension.path.absolute() if job.extension.path else None
        copied = self._source if source else _common_folder(calls, job.folder)
        for name in [step.name for step in job.steps] or ["package"]:
            out = job.folder / "steps" / name
            own = tuple(call for call in calls if call.out == str(out))
            composed.append(Step.of(StepRecord(name, out, own), folders, source, copied, suffix).compose(programs))
            programs = composed[-1].programs
        return composed, programs

    def _recipe(self, places: dict[str, str], calls: tuple[Call, ...], composed: list[Composed]) -> Recipe:
        job = self._job
        actions = tuple(action for step in composed for action in step.actions)
        _require_links(job, actions)
        variables = {name: value for call in calls for name, value in call.variables.items()}
        source = job.extension.path.absolute() if job.extension.path else _common_folder(calls, job.folder)
        places |= {"SOURCE": str(source), "RECORDED": str(self._source), "ARTIFACT": str(job.artifact)}
        version = places.pop("torch")
        return Recipe(
            envgen=__version__,
            key=job.key,
            cell=str(job.cell),
            extension=job.extension.name,
            environment=job.environment.kind,
            lock=job.locked.sha256 if job.locked else "",
            versions=(job.locked.versions if job.locked else {}) | {"torch": version},
            places={name: escape(path) for name, path in places.items()},
            path=_path(calls),
            variables=variables,
            unset=tuple(name for name in READ if name not in variables),
            actions=actions,
            binaries={file.relative_to(job.artifact).as_posix(): digest_of(file) for file in binaries(job.artifact)},
            left_out={name: why for step in composed for name, why in step.left_out.items()},
        )

    def _places(self) -> dict[str, str]:
        """Where the cell's interpreter, its torch and its headers are, and which torch it is."""
        job, bench = self._job, self._bench(self._job, Rung.CREATED)
        questions = [f"{code.partition('; ')[0]}\na[{name!r}] = {_asked(code)}" for name, code in QUESTIONS.items()]
        code = "\n".join(
            ["import importlib.metadata, json, os, sys", "a = {'PYTHON': sys.executable}", *questions,
             "a['torch'] = importlib.metadata.version('torch')",
             "json.dump(a, open(os.environ['ENVGEN_FACTS'], 'w'))"]
        )  # fmt: skip
        file = bench.facts_file()
        command = job.environment.command(("python", "-c", code), bench.scratch, {"ENVGEN_FACTS": str(file)})
        ending = bench.run(command)
        if not ending.ok:
            raise NotRecorded(f"{job.cell}: its interpreter {bench.why(ending, 'it was asked where its torch is')}.")
        return {name: str(value) for name, value in json.loads(file.read_text(encoding="utf-8")).items()}

    def _climb(self, job: Job, rung: Rung) -> None:
        bench = self._bench(job, rung)
        answer: Answer = RUNGS[rung](job, bench)
        if answer.outcome is not Outcome.PASSED:
            log = f"Its log is {bench.log}." if bench.log.exists() else "`envgen run` says more."
            raise NotRecorded(f"{job.cell} was not {rung}: {answer.sentence.rstrip('.')}.", log)

    def _bench(self, job: Job, rung: Rung) -> Bench:
        scratch = self._folder / "scratch"
        scratch.mkdir(parents=True, exist_ok=True)
        return Bench(rung, self._folder / f"{rung}.log", scratch, job.bounds(rung), self._interrupt, self._on_line)


def _asked(code: str) -> str:
    """The expression that a question prints."""
    return code.partition("print(")[2].removesuffix(")")


def _behind(job: Job, shims: Shims) -> Job:
    """The job whose compilers record; every step is built, also one that other cells share."""
    plan = device_plan(job)
    build = job.extension.build
    own = job.environment.command(("python",), job.folder, build_variables(job, plan)).variables
    changed = shims.variables({**os.environ, **own}, plan.cuda_home)
    env = {name: value for name, value in build.env.items() if name not in changed}
    return replace(
        job,
        variables=job.variables | {name: value for name, value in changed.items() if value is not None},
        extension=replace(job.extension, build=replace(build, env=env)),
        steps=tuple(replace(step, per=None) for step in job.steps),
    )


def _path(calls: tuple[Call, ...]) -> tuple[str, ...]:
    """Where programs that compilers start by their name are found on PATH, as it was."""
    path = os.pathsep.join(calls[-1].path.split(os.pathsep)[1:])  # the first are the recording programs
    found = (shutil.which(name, path=path) for name in ("as", "ld", "cp"))
    return tuple(dict.fromkeys(str(Path(program).parent) for program in found if program))


def _with_toolkit(call: Call, stand_in: Path, home: Path) -> Call:
    """The call as it would be without the toolkit's stand-in."""
    words = tuple(word.replace(str(stand_in), str(home)) for word in call.arguments)
    inputs = tuple(word.replace(str(stand_in), str(home)) for word in call.inputs)
    return replace(call, arguments=words, inputs=inputs)


def _common_folder(calls: tuple[Call, ...], below: Path) -> Path:
    """Where the sources lie that an index gave."""
    read = [path for call in calls if call.phase is Phase.COMPILE for path in call.inputs]
    own = [str(Path(path).parent) for path in read if Path(path).is_relative_to(below)]
    return Path(os.path.commonpath(own)) if own else below


def _require_links(job: Job, actions: tuple[Action, ...]) -> None:
    if not any(action.phase is Phase.LINK for action in actions):
        raise NotRecorded(
            f"{job.cell}: no binary of {job.extension.name} was linked by a compiler that could be recorded.",
            "A build is recorded where it calls cc, gcc, clang or nvcc, through PATH, CC, CXX, CUDACXX or CUDA_HOME.",
        )
