"""How a check ends: its exit status, its last line, its facts."""

import json
import os
import sys
import traceback
from typing import Any, Callable, Dict

Facts = Dict[str, Any]
NOT_RUN = 77


class CheckError(Exception):
    """What a check found wrong, in one sentence."""


class NotRun(Exception):  # noqa: N818  (it is no error)
    """Why the check could not run here, in one sentence: neither passed nor failed."""


def require(condition: bool, sentence: str) -> None:
    if not condition:
        raise CheckError(sentence)


def run(check: Callable[[Facts], None]) -> int:
    """Run a check, write its facts also when it fails, and return the exit status: 0, 1, or 77 where it was not run."""
    facts: Facts = {}
    try:
        check(facts)
    except NotRun as reason:
        print(reason, file=sys.stderr)
        return NOT_RUN
    except CheckError as failure:
        print(failure, file=sys.stderr)
        return 1
    except Exception as error:  # noqa: BLE001  (whatever it is, the check failed and says so)
        traceback.print_exc()
        first_line = (str(error).splitlines() or [""])[0]
        print(f"{type(error).__name__}: {first_line}", file=sys.stderr)
        return 1
    finally:
        _write(facts)
    return 0


def _write(facts: Facts) -> None:
    file = os.environ.get("ENVGEN_FACTS")
    if file:
        with open(file, "w", encoding="utf-8") as out:
            json.dump(facts, out, indent=1, sort_keys=True)
