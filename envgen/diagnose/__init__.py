"""Why it fails: causes, with evidence, a sentence and a fix, from what was printed and from what the binaries are."""

from envgen.diagnose.catalogue import CauseText, catalogue, diagnosis
from envgen.diagnose.causes import Cause

__all__ = ["Cause", "CauseText", "catalogue", "diagnosis"]
