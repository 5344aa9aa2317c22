"""Places where a cell's commands run: `venv` made from the lock, or `current`, the running interpreter."""

from envgen.environment.current import CurrentEnvironment, current_cell
from envgen.environment.protocol import Environment, Unavailable
from envgen.environment.venv import VenvEnvironment

__all__ = ["CurrentEnvironment", "Environment", "Unavailable", "VenvEnvironment", "current_cell"]
