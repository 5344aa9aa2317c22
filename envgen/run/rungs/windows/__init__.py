"""Programs for Windows on the rung `engine`: compiled in a Linux cell, run in a Windows cell."""

from envgen.run.rungs.windows.export import exported
from envgen.run.rungs.windows.program import is_program, ran

__all__ = ["exported", "is_program", "ran"]
