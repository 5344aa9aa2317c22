"""What to do where no selected cell can be run."""

from __future__ import annotations

from envgen.container.engine import NoEngine, find_engine

ENGINE = "Install or start a container engine (`docker info` asks it), or name another with DOCKER_HOST."


def remedy(environment: str, otherwise: str) -> str:
    """For cells of this kind of environment; `otherwise` where no engine is missing."""
    return ENGINE if environment == "docker" and isinstance(find_engine(), NoEngine) else otherwise
