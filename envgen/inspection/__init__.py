"""What the extension's binaries are, read without running them, and whether that suits the cell."""

from envgen.inspection.binary import Binary, read_binaries
from envgen.inspection.suits import Finding, judge_binaries

__all__ = ["Binary", "Finding", "judge_binaries", "read_binaries"]
