"""What binaries are, read without running them, what is wrong with them, and whether they suit a cell."""

from envgen.binary.look import Looked, look_around, look_into
from envgen.inspection.diagnoses import diagnoses_of
from envgen.inspection.record import records
from envgen.inspection.suits import device_code, judge_binaries, judge_system, unasked_code

__all__ = [
    "Looked",
    "device_code",
    "diagnoses_of",
    "judge_binaries",
    "judge_system",
    "look_around",
    "look_into",
    "records",
    "unasked_code",
]
