"""Why it fails: causes, with evidence, a sentence and a fix, from what was printed and from what the binaries are."""

from envgen.diagnose.catalogue import CauseText, catalogue, diagnosis
from envgen.diagnose.causes import Cause
from envgen.diagnose.facts import Facts
from envgen.diagnose.messages import GIST, diagnose_log, diagnose_text

__all__ = ["GIST", "Cause", "CauseText", "Facts", "catalogue", "diagnose_log", "diagnose_text", "diagnosis"]
