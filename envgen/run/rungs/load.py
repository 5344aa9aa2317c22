"""The rung `loaded`: the extension is imported in a fresh process beside the cell's torch."""

from __future__ import annotations

from envgen.probe import script
from envgen.run.bench import Answer, Bench, failed, passed
from envgen.run.job import Job


def loaded(job: Job, bench: Bench) -> Answer:
    """A crash, an abort or a hang while loading is a result, not the end of the run."""
    file = bench.facts_file()
    variables = {"PYTHONPATH": str(job.artifact), "ENVGEN_FACTS": str(file), **job.variables}
    argv = ("python", str(script("load")), *job.extension.imports)
    ending = bench.run(job.environment.command(argv, bench.scratch, variables))
    if not ending.ok:
        return failed(bench.why(ending, "loading"))
    facts = bench.read_facts(file)
    if "modules" not in facts:
        return failed("the process ended itself while loading, with code 0")
    return passed(facts=facts)
