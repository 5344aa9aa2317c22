"""What binaries are, read without running them, what is wrong with them, and whether they suit a cell."""

from envgen.inspection.findings import findings
from envgen.inspection.look import Looked, look_around, look_into, of_members
from envgen.inspection.record import records
from envgen.inspection.suits import device_code, judge_binaries, judge_system
from envgen.inspection.wheel import broken_promises

__all__ = [
    "Looked",
    "broken_promises",
    "device_code",
    "findings",
    "judge_binaries",
    "judge_system",
    "look_around",
    "look_into",
    "of_members",
    "records",
]
