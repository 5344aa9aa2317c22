"""What to do where not one selected cell can be run."""

from __future__ import annotations

from envgen.container.engine import NoEngine, find_engine


def remedy(environment: str) -> str:
    """For cells of this kind of environment."""
    if environment != "docker":
        return "Select cells of this machine (`host`), or run them on theirs."
    if isinstance(find_engine(), NoEngine):
        return "Install or start a container engine (`docker info` asks it), or name another with DOCKER_HOST."
    return "Select other cells, or mend what stands in the way."
