"""What a program for Windows finds in this cell: the system, its GPU, packages and libraries; nothing is imported.

Usage: windows_look.py TASK ; writes JSON to the file named by ENVGEN_FACTS.
Standard library only, Python 3.8 and later.
"""

import importlib.metadata
import os
import platform
import site
import sys
import sysconfig
from typing import Any, Dict, Iterator, List

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # not there where PYTHONSAFEPATH is set
import devices
from windows_gates import Facts, Shut, run

# As the wheels are named: `tensorrt` is only a name for one of the others.
TENSORRT = ("tensorrt", "tensorrt-cu13", "tensorrt-cu12", "tensorrt-cu13-bindings", "tensorrt-cu12-bindings")


def look(task: Dict[str, Any], facts: Facts) -> None:
    if platform.system() != "Windows" or platform.machine() not in ("AMD64", "x86_64"):
        raise Shut("program-host", system=platform.system(), machine=platform.machine())
    found = devices.devices()
    if not found["devices"]:
        raise Shut("program-driver", reason=found["reason"] or "no device")
    facts["gpu"] = found["devices"][0]["compute_capability"]
    facts["driver"] = found.get("driver")
    facts["versions"] = versions()
    facts["libraries"] = {name: where(name) for name in task["libraries"]}


def versions() -> Dict[str, str]:
    known = {name: version(name) for name in ("torch", "torch-tensorrt")}
    known["tensorrt"] = next((found for found in map(version, TENSORRT) if found), "")
    return known


def version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def where(name: str) -> str:
    """The first folder with a library: of the packages, then of PATH; empty when it is in none."""
    return next((folder for folder in folders() if os.path.isfile(os.path.join(folder, name))), "")


def folders() -> Iterator[str]:
    packages: List[str] = [sysconfig.get_paths()["purelib"], *site.getsitepackages()]
    for package in packages:
        for inner in ("tensorrt_libs", "tensorrt", os.path.join("torch_tensorrt", "lib")):
            yield os.path.join(package, inner)
    yield from filter(None, os.environ.get("PATH", "").split(os.pathsep))


if __name__ == "__main__":
    run(look)
