"""Commands that a remedy names, as they are typed for an environment."""

from __future__ import annotations

import shlex

from envgen.doctor.observed import Observed


def pip(observed: Observed, verb: str, *arguments: str) -> str:
    """pip in the environment; uv where the environment has none, as those have that uv makes."""
    given = " ".join(map(shlex.quote, arguments))
    python = shlex.quote(observed.interpreter.executable)
    if observed.distribution("pip"):
        return f"{python} -m pip {verb} {given}"
    return f"uv pip {verb} --python {python} {given}"
