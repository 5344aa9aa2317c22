"""One step of the engine check in a process of its own: `STEP ARGUMENTS`, the arguments as a JSON object.

How it ended is written to the file that $ENVGEN_STEP_RESULT names. The process ends without destructors: those of
TensorRT crash on what it made around null pointers.
"""

import faulthandler
import importlib
import json
import os
import sys
import traceback
from typing import Any, Dict, Optional

from envgen_reference.checks.engine_bindings import first_line
from envgen_reference.checks.engine_children import LIMIT, RESULT
from envgen_reference.checks.engine_endings import Ended, Ending
from envgen_reference.checks.outcome import Facts

STEPS = {
    "build": "engine_build.build",
    "execute": "engine_execute.execute",
    "compile": "engine_torch.compile_model",
    "load": "engine_torch.load_model",
}


def main(step: str, arguments: Dict[str, Any]) -> Optional[BaseException]:
    """Take the step and write its ending.

    Returns:
        The error that ended it. With it live the frames that it came through, and so what TensorRT made in them.
    """
    facts: Facts = {}
    ending, sentence, failure = Ending.PASSED, "", None
    module, _, function = STEPS[step].partition(".")
    try:
        getattr(importlib.import_module(f"envgen_reference.checks.{module}"), function)(facts, **arguments)
    except Ended as ended:
        ending, sentence, failure = ended.ending, str(ended), ended
    except Exception as error:  # noqa: BLE001  (whatever it is, the step failed and says so)
        traceback.print_exc()
        ending, sentence, failure = Ending.FAILED, f"{type(error).__name__}: {first_line(error)}", error
    record = {"ending": ending.value, "sentence": sentence, "facts": facts}
    with open(os.environ[RESULT], "w", encoding="utf-8") as out:
        json.dump(record, out)
    return failure


if __name__ == "__main__":
    faulthandler.enable()
    # Shortly before the parent ends it, it says where it hangs.
    faulthandler.dump_traceback_later(0.95 * float(os.environ[LIMIT]))
    kept = main(sys.argv[1], json.loads(sys.argv[2]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
