"""The rungs that need no command of the cell: planned, published, locked."""

from __future__ import annotations

from pydantic import JsonValue

from envgen.compat.verdict import Answer as RuleAnswer
from envgen.compat.verdict import Trace, Verdict
from envgen.errors import LockError
from envgen.lock import Lock
from envgen.run.bench import Answer, Bench, failed, not_run, passed
from envgen.run.job import Job

AS_IT_IS = "the environment is taken as it is"


def planned(job: Job, bench: Bench) -> Answer:
    """Passed when no rule says that the cell is impossible."""
    if job.trace is None:
        python = job.environment.command(("python",), job.folder, {}).argv[0]
        return passed(f"taken as it is: {python}")
    impossible = _first(job.trace, RuleAnswer.IMPOSSIBLE)
    return failed(impossible.sentence) if impossible else passed()


def published(job: Job, bench: Bench) -> Answer:
    """Passed when the facts have a wheel for everything the cell names."""
    if job.trace is None:
        return not_run(AS_IT_IS)
    if missing := _first(job.trace, RuleAnswer.MISSING):
        return failed(missing.sentence)
    if unknown := _first(job.trace, RuleAnswer.UNKNOWN):
        return not_run(f"newer than the facts, the index decides: {unknown.sentence}")
    return passed()


def locked(job: Job, bench: Bench) -> Answer:
    """Passed when the exact packages are known, with their hashes."""
    if job.lock is None:
        return not_run(AS_IT_IS)
    if isinstance(job.lock, LockError):
        return failed(" ".join(part for part in (job.lock.what, job.lock.remedy) if part))
    return passed(" ".join(job.lock.instead), _lock_facts(job.lock))


def _lock_facts(lock: Lock) -> dict[str, JsonValue]:
    return {"packages": len(lock.packages), "download_bytes": lock.download_bytes, "sha256": lock.sha256}


def _first(trace: Trace, answer: RuleAnswer) -> Verdict | None:
    return next((verdict for verdict in trace.verdicts if verdict.answer is answer), None)
