"""Imports the extension's modules in a fresh process; writes JSON to the file named by ENVGEN_FACTS.

Usage: load.py MODULE... ; standard library and the cell's own torch only, Python 3.8 and later.
"""

import importlib
import json
import os
import sys
import time
from typing import Any, Dict, List, Optional

# This script's folder comes first on the path and must not hide a module of the extension's.
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != HERE]


def mapped_libraries() -> Optional[List[str]]:
    try:
        with open("/proc/self/maps") as maps:
            paths = {line.split(None, 5)[5].strip() for line in maps if len(line.split(None, 5)) == 6}
    except OSError:
        return None
    return sorted(path for path in paths if ".so" in os.path.basename(path))


def main(names: List[str]) -> None:
    import torch  # the extension's libraries find libtorch through it

    before = set(mapped_libraries() or [])
    modules: Dict[str, Any] = {}
    for name in names:
        start = time.perf_counter()
        module = importlib.import_module(name)
        modules[name] = {
            "file": getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), None),
            "seconds": round(time.perf_counter() - start, 3),
        }
        print("imported %s from %s" % (name, modules[name]["file"]))
    after = mapped_libraries()
    facts = {
        "torch": torch.__version__,
        "modules": modules,
        "new_libraries": sorted(set(after) - before) if after is not None else None,
    }
    with open(os.environ["ENVGEN_FACTS"], "w") as out:
        json.dump(facts, out)


if __name__ == "__main__":
    main(sys.argv[1:])
