"""How a probe of a program for Windows ends: at a gate, which it names with what was found, or with its facts.

Standard library only, Python 3.8 and later. The words of every gate are envgen's.
"""

import json
import os
import sys
import traceback
from typing import Any, Callable, Dict

NOT_RUN = 77

Facts = Dict[str, Any]


class Shut(Exception):  # noqa: N818 - where a probe stops, which need not be an error
    """A gate is shut; the evidence fills what is said of it."""

    def __init__(self, gate: str, **evidence: str) -> None:
        super().__init__(gate)
        self.gate = gate
        self.evidence = evidence


def said(error: BaseException) -> str:
    """What an error says, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return "%s: %s" % (type(error).__name__, lines[0][:300] if lines else "it says nothing")


def run(step: Callable[[Dict[str, Any], Facts], None]) -> None:
    """Does a step with the task that the first argument names, and ends the process.

    Libraries that found no driver crash when the interpreter takes their objects down, so it ends without that.
    """
    facts: Facts = {}
    status = 0
    try:
        with open(sys.argv[1], encoding="utf-8") as stream:
            task = json.load(stream)
        step(task, facts)
    except Shut as shut:
        if shut.__cause__ is not None:
            traceback.print_exception(type(shut.__cause__), shut.__cause__, shut.__cause__.__traceback__)
        facts["gate"] = {"gate": shut.gate, "evidence": shut.evidence}
        print("shut at %s: %s" % (shut.gate, json.dumps(shut.evidence)), file=sys.stderr)
        status = NOT_RUN if shut.gate in task.get("not_run", ()) else 1
    except Exception:  # noqa: BLE001  (whatever it is, the log says it, and the process ends without destructors)
        traceback.print_exc()
        status = 1
    with open(os.environ["ENVGEN_FACTS"], "w", encoding="utf-8") as out:
        json.dump(facts, out)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
