"""Places where a cell's commands run: `venv` made from the lock, `docker` from its Dockerfile, or `current`."""

from envgen.environment.current import CurrentEnvironment, current_cell
from envgen.environment.docker import DockerEnvironment
from envgen.environment.protocol import Environment, Unavailable
from envgen.environment.venv import VenvEnvironment

__all__ = ["CurrentEnvironment", "DockerEnvironment", "Environment", "Unavailable", "VenvEnvironment", "current_cell"]
