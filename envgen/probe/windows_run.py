"""Loads a program that was compiled on Linux for Windows, runs it, and compares with what was recorded there.

Usage: windows_run.py TASK ; writes JSON to the file named by ENVGEN_FACTS. Standard library, torch and torch_tensorrt
only, Python 3.8 and later.
"""

import importlib
import math
import os
import sys
import time
from typing import Any, Dict, List

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)  # not there where PYTHONSAFEPATH is set
import tensors
from windows_gates import Facts, Shut, run, said

# This script's folder comes first on the path and must not hide a module of the extension's.
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != HERE]


def run_program(task: Dict[str, Any], facts: Facts) -> None:
    program = loaded(task, facts)
    facts["cases"] = {}
    for name in task["cases"]:
        facts["cases"][name] = compared(program, name, task)


def loaded(task: Dict[str, Any], facts: Facts) -> Any:
    try:
        import torch  # noqa: F401  (the libraries of the modules find it through its folder)

        for name in task["imports"]:
            importlib.import_module(name)
        torch_tensorrt = importlib.import_module("torch_tensorrt")
    except Exception as error:
        raise Shut("program-import", said=said(error)) from error
    start = time.perf_counter()
    try:
        file = os.path.join(task["folder"], task["program"])
        program = torch_tensorrt.load_cross_compiled_exported_program(file).module()
    except Exception as error:
        # It says of whatever is wrong that the file is no program; what was wrong is the error before that.
        raise Shut("program-load", said=said(error.__context__ or error)) from error
    facts["seconds_to_load"] = round(time.perf_counter() - start, 3)
    return program


def compared(program: Any, name: str, task: Dict[str, Any]) -> Dict[str, Any]:
    """How far the outputs for a case are from the recorded ones."""
    import torch

    try:
        recorded = tensors.read(os.path.join(task["folder"], name))
        inputs, wanted = numbered(recorded, "input"), numbered(recorded, "output")
    except (OSError, ValueError) as error:
        raise Shut("program-files", file=name, said=said(error)) from error
    try:
        with torch.no_grad():
            found = program(*[value.cuda() for value in inputs])
        torch.cuda.synchronize()
    except Exception as error:
        raise Shut("program-run", said=said(error)) from error
    outputs = list(found) if isinstance(found, (tuple, list)) else [found]
    if len(outputs) != len(wanted):
        raise Shut("program-run", said="it gives %d outputs, and %d were recorded" % (len(outputs), len(wanted)))
    distance = max(map(difference, outputs, wanted))
    if distance > task["tolerance"]:
        raise Shut("program-output", case=name, found="%.3g" % distance, needed="%g" % task["tolerance"])
    return {"difference": distance, "shapes": [list(value.shape) for value in inputs]}


def numbered(recorded: Dict[str, Any], kind: str) -> List[Any]:
    """Those of a kind, in their order: `output.0`, `output.1` and so on, at least one.

    Raises:
        ValueError: there is none, or they are not counted so.
    """
    names = [name for name in recorded if name.startswith(kind + ".")]
    counted = ["%s.%d" % (kind, number) for number in range(len(names))]
    if not names or set(names) != set(counted):
        raise ValueError("it does not hold %s.0, %s.1 and so on" % (kind, kind))
    return [recorded[name] for name in counted]


def difference(found: Any, wanted: Any) -> float:
    """The largest distance, as a part of the largest value recorded, or of 1 where that is less."""
    if found.shape != wanted.shape:
        return float("inf")
    if not wanted.numel():
        return 0.0
    found, wanted = found.detach().cpu().double(), wanted.double()
    distance = float((found - wanted).abs().max() / max(1.0, float(wanted.abs().max())))
    return float("inf") if math.isnan(distance) else distance


if __name__ == "__main__":
    run(run_program)
