"""A cell's own folder for temporary files: TensorRT's caches lie there, and their keys name no release and no GPU."""

from __future__ import annotations

from envgen.run.bench import Bench
from envgen.run.folders import emptied
from envgen.run.job import Job

FOLDER = "tmp"  # in the bench's scratch
_VARIABLES = ("TMPDIR", "TEMP", "TMP")


def own_temporary(job: Job, bench: Bench) -> dict[str, str]:
    """The environment variables that name it, empty; none in a container, which has its own."""
    if job.environment.recipe:
        return {}
    return dict.fromkeys(_VARIABLES, job.environment.inside(emptied(bench.scratch / FOLDER)))
