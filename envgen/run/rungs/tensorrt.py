"""The part of the rung `loaded` that cells with TensorRT have: what is installed is one release, and it loads."""

from __future__ import annotations

from envgen.inspection.tensorrt import Seen, disagreements, proved
from envgen.probe import script
from envgen.run.bench import Answer, Bench, failed, passed
from envgen.run.engines import exact_tensorrt
from envgen.run.job import Job


def with_tensorrt(job: Job, bench: Bench, loaded: Answer) -> Answer:
    """The answer of the rung after TensorRT was looked at; as it is in a cell without."""
    if job.cell.tensorrt is None:
        return loaded
    file = bench.facts_file()
    inside = job.environment.inside
    variables: dict[str, str | None] = {"ENVGEN_FACTS": inside(file), **job.variables}
    if job.environment.uses_lock:  # nothing but the lock is in it
        variables["PYTHONPATH"] = None
    argv = ("python", inside(script("import_tensorrt")), str(job.cell.tensorrt.flavour))
    ending = bench.run(job.environment.command(argv, bench.scratch, variables))
    if not ending.ok:
        return failed(bench.why(ending, "TensorRT was looked at"), loaded.facts)
    said = bench.read_facts(file)
    facts = {**(loaded.facts or {}), "tensorrt": said}
    if "steps" not in said:
        return failed("the process ended itself while TensorRT was looked at, with code 0", facts)
    seen = Seen.of(job.cell.tensorrt.flavour, said)
    wrong = next(disagreements(seen, exact_tensorrt(job)), None)
    if wrong:
        return failed(wrong.sentence, facts, wrong.diagnoses)
    return passed("; ".join(filter(None, (loaded.sentence, proved(seen)))), facts)
