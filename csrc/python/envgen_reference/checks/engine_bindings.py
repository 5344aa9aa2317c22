"""TensorRT's Python bindings, whichever flavour is installed, and its log."""

import importlib
import importlib.util
import os
import sys
from typing import Any, List, Sequence, Tuple

from envgen_reference.checks.engine_endings import Ended, Ending
from envgen_reference.checks.outcome import CheckError, Facts

FULL, LEAN, DISPATCH = "full", "lean", "dispatch"
# The second name is the bindings' own, where the package that lends them the first is not installed.
MODULES = {
    FULL: ("tensorrt", "tensorrt_bindings"),
    LEAN: ("tensorrt_lean", "tensorrt_lean_bindings"),
    DISPATCH: ("tensorrt_dispatch", "tensorrt_dispatch_bindings"),
}
_SILENT = ("INFO", "VERBOSE")
_ERRORS = ("ERROR", "INTERNAL_ERROR")


def flavour() -> str:
    """What $ENVGEN_TENSORRT says, or else the first flavour whose bindings are installed."""
    told = os.environ.get("ENVGEN_TENSORRT", "")
    if told in MODULES:
        return told
    if told:
        raise CheckError(f"ENVGEN_TENSORRT is {told!r}, and there are {', '.join(MODULES)}")
    for name in MODULES:
        if _installed(name):
            return name
    raise CheckError(f"no TensorRT is installed for {sys.executable}")


def load(name: str, facts: Facts) -> Tuple[Any, Any]:
    """The module of a flavour, and a log for what is made with it."""
    installed = _installed(name)
    if not installed:
        raise Ended(Ending.IMPORT_REFUSED, f"none of {' and '.join(MODULES[name])} is installed")
    try:
        trt = importlib.import_module(installed[0])
    except (ImportError, OSError, RuntimeError) as error:
        raise Ended(Ending.IMPORT_REFUSED, f"import {installed[0]}: {first_line(error)}") from error
    facts["tensorrt"] = trt.__version__
    return trt, _log(trt)


def version(trt: Any) -> Tuple[int, int]:
    major, minor = trt.__version__.split(".")[:2]
    return int(major), int(minor)


def first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _installed(name: str) -> Sequence[str]:
    return [module for module in MODULES[name] if importlib.util.find_spec(module) is not None]


def _log(trt: Any) -> Any:
    class Log(trt.ILogger):
        """Keeps the errors: TensorRT may log one and return an object around a null pointer."""

        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.errors: List[str] = []
            self.last = "it logged nothing"

        def log(self, severity: Any, message: str) -> None:
            if severity.name in _SILENT:
                return
            print(f"TensorRT {severity.name}: {message}", file=sys.stderr, flush=True)
            self.last = (message.splitlines() or [""])[0]
            if severity.name in _ERRORS:
                self.errors.append(self.last)

    return Log()
