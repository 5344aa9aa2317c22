"""Places where a cell's commands run: `venv` and `conda` made from locks, `docker` from a Dockerfile, or `current`."""

from envgen.environment.conda import CondaEnvironment
from envgen.environment.current import CurrentEnvironment, current_cell
from envgen.environment.docker import DockerEnvironment
from envgen.environment.protocol import Environment, Unavailable
from envgen.environment.venv import VenvEnvironment

__all__ = [
    "CondaEnvironment",
    "CurrentEnvironment",
    "DockerEnvironment",
    "Environment",
    "Unavailable",
    "VenvEnvironment",
    "current_cell",
]
