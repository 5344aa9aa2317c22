"""The rung `created`: the environment is made from the lock and holds the torch that the cell names."""

from __future__ import annotations

from typing import Any

from packaging.version import Version

from envgen.environment import Unavailable
from envgen.probe import script
from envgen.run.bench import Answer, Bench, failed, not_run, passed
from envgen.run.downloads import downloads
from envgen.run.folders import remove_tree
from envgen.run.job import Job
from envgen.run.told import beside_the_cell

ENVIRONMENT_BYTES = "environment_bytes"  # the fact by which budgets learn what a cell takes of the disk


def created(job: Job, bench: Bench) -> Answer:
    """Makes the environment, then asks its own interpreter what is in it."""
    try:
        commands = job.environment.creation()
    except Unavailable as reason:
        return not_run(str(reason))
    job.folder.mkdir(parents=True, exist_ok=True)
    remove_tree(job.made)  # uv would not touch one that was left half made
    job.environment.prepare()
    for command in commands:
        ending = bench.run(command, downloads)
        if not ending.ok:
            return _not_made(job, bench, bench.why(ending, "the environment was made"))
    file = bench.facts_file()
    variables: dict[str, str | None] = {"ENVGEN_FACTS": job.environment.inside(file)}
    if job.environment.uses_lock:  # nothing but the lock is in it
        variables["PYTHONPATH"] = None
    argv = ("python", job.environment.inside(script("environment")))
    ending = bench.run(job.environment.command(argv, bench.scratch, variables))
    if not ending.ok:
        return failed(bench.why(ending, "torch was imported"))
    facts = bench.read_facts(file)
    if wrong := _not_the_cell(job, facts):
        return failed(wrong, facts)
    if job.environment.uses_lock:
        facts[ENVIRONMENT_BYTES] = job.environment.disk_bytes()
    return passed(facts=facts)


def _not_made(job: Job, bench: Bench, why: str) -> Answer:
    """Not run where what stopped it says nothing of the cell, as a vendor's index that cannot be reached."""
    if _no_interpreter(bench):
        return not_run(_no_python(job))
    reason = beside_the_cell(bench.log)
    return not_run(reason) if reason else failed(why)


def _no_interpreter(bench: Bench) -> bool:
    said = bench.log.read_text(encoding="utf-8", errors="replace")
    return "No interpreter found" in said or ("python-build-standalone" in said and "error" in said)


def _no_python(job: Job) -> str:
    if job.environment.kind == "docker":
        return (
            f"its system has no Python {job.cell.python}, and none could be fetched for the image:"
            " UV_PYTHON_INSTALL_MIRROR in the environment names a mirror"
        )
    return f"no Python {job.cell.python} is installed here, and it could not be fetched"


def _not_the_cell(job: Job, facts: dict[str, Any]) -> str:
    """A CPU torch in a CUDA cell, or another release than the lock's, is found here and not in a bug report."""
    if "torch" not in facts:
        return "the process ended itself while torch was imported, with code 0"
    torch = facts["torch"]
    if (torch["cuda"] or "") != job.cell.cuda.dotted:
        found = f"CUDA {torch['cuda']}" if torch["cuda"] else "CPU"
        return f"torch {torch['version']} is a {found} build, the cell says {job.cell.cuda}"
    locked = job.locked_version("torch")
    if locked and Version(locked).public != Version(torch["version"]).public:
        return f"torch {torch['version']} was imported from {torch['file']}, the lock says {locked}"
    return ""
