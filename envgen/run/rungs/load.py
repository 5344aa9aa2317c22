"""The rung `loaded`: a fresh process imports the extension beside the cell's torch; then TensorRT, if there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from envgen.probe import script
from envgen.run.bench import Answer, Bench, failed, passed
from envgen.run.job import Job
from envgen.run.rungs.tensorrt import with_tensorrt


def loaded(job: Job, bench: Bench) -> Answer:
    """A crash, an abort or a hang while loading is a result, not the end of the run."""
    file = bench.facts_file()
    inside = job.environment.inside
    variables = {"PYTHONPATH": inside(job.artifact), "ENVGEN_FACTS": inside(file), **job.variables}
    argv = ("python", inside(script("load")), *job.extension.imports)
    ending = bench.run(job.environment.command(argv, bench.scratch, variables))
    if not ending.ok:
        return failed(bench.why(ending, "loading"))
    facts = bench.read_facts(file)
    if "modules" not in facts:
        return failed("the process ended itself while loading, with code 0")
    foreign = _not_what_was_built(job, facts["modules"])
    return failed(foreign, facts) if foreign else with_tensorrt(job, bench, passed(facts=facts))


def _not_what_was_built(job: Job, modules: Any) -> str:
    """A module of the same name that is installed elsewhere proves nothing about this build."""
    built = Path(job.environment.inside(job.artifact)).resolve()
    for name, module in modules.items():
        file = module["file"]
        if not file or not Path(file).resolve().is_relative_to(built):
            return f"{name} was imported from {file or 'no file'}, and not from what was built"
    return ""
