"""Imports torch, then what may be used with it, and says after each step how it went.

A line of JSON for each step goes to the file named by ENVGEN_FACTS: `{"step": "torch", "error": "", ...}`. The step at
which the process dies has no line. Standard library and the environment's own torch only, Python 3.8 and later. Usage:

    import_torch.py                       what everybody does with torch
    import_torch.py module NAME           imports an extension
    import_torch.py file NAME PATH        imports one from a file
    import_torch.py library PATH          loads operators from a file
"""

import functools
import importlib
import importlib.machinery
import importlib.util
import json
import os
import sys
import traceback
from typing import Any, Callable, Dict, List, Optional

# This script's folder comes first on the path and must not hide a module of the environment's.
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != HERE]


def mapped_libraries() -> Optional[List[str]]:
    """The shared libraries that are really in this process, where the system tells."""
    try:
        with open("/proc/self/maps") as maps:
            paths = {line.split(None, 5)[5].strip() for line in maps if len(line.split(None, 5)) == 6}
    except OSError:
        return None
    return sorted(path for path in paths if ".so" in os.path.basename(path))


def torch_facts() -> Dict[str, Any]:
    import torch

    flags = getattr(torch._C, "_cuda_getArchFlags", lambda: "")() or ""
    return {
        "version": str(torch.__version__),
        "cuda": torch.version.cuda,
        "hip": getattr(torch.version, "hip", None),
        "cxx11_abi": bool(torch.compiled_with_cxx11_abi()),
        "arch_list": flags.split(),
        "file": torch.__file__,
    }


def numpy_facts() -> Dict[str, Any]:
    try:
        numpy = importlib.import_module("numpy")
    except ImportError:
        return {"version": None}
    import torch

    torch.zeros(1).numpy()
    return {"version": numpy.__version__}


def building_facts() -> Dict[str, Any]:
    return {"cuda_home": importlib.import_module("torch.utils.cpp_extension").CUDA_HOME}


def cuda_facts() -> Dict[str, Any]:
    import torch

    if not torch.cuda.is_available():
        return {"available": False}
    torch.zeros(1, device="cuda").add_(1).cpu()
    return {"available": True}


def module_facts(name: str) -> Dict[str, Any]:
    module = importlib.import_module(name)
    return {"file": getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), None)}


def file_facts(name: str, path: str) -> Dict[str, Any]:
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec
    loader.exec_module(importlib.util.module_from_spec(spec))
    return {"file": path}


def library_facts(path: str) -> Dict[str, Any]:
    import torch

    try:
        torch.ops.load_library(path)
    except OSError as error:
        # Some releases say only that it could not be loaded; the loader's own words are the cause.
        raise (error.__cause__ or error) from None
    return {"file": path}


def step(name: str, ask: Callable[[], Dict[str, Any]], out: Any) -> bool:
    said: Dict[str, Any] = {"step": name, "error": "", "trace": ""}
    try:
        said.update(ask())
    except BaseException as error:  # noqa: BLE001 - whatever an import raises is what is asked for
        said["error"] = "%s: %s" % (type(error).__name__, error)
        said["trace"] = traceback.format_exc()[-8000:]
    said["libraries"] = mapped_libraries()
    out.write(json.dumps(said) + "\n")
    out.flush()
    return not said["error"]


def main(order: List[str]) -> None:
    ways: Dict[str, Callable[..., Dict[str, Any]]] = {
        "module": module_facts,
        "file": file_facts,
        "library": library_facts,
    }
    with open(os.environ["ENVGEN_FACTS"], "w") as out:
        if not step("torch", torch_facts, out):
            return
        if order:
            step("extension", functools.partial(ways[order[0]], *order[1:]), out)
            return
        step("numpy", numpy_facts, out)
        step("building", building_facts, out)
        step("cuda", cuda_facts, out)


if __name__ == "__main__":
    main(sys.argv[1:])
