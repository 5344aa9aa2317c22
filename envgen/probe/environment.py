"""What is true inside a cell's environment; writes JSON to the file named by ENVGEN_FACTS.

Standard library and the cell's own torch only, Python 3.8 and later.
"""

import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from typing import Any, Dict, List, Optional

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # not there where PYTHONSAFEPATH is set
import devices


def first_line(command: List[str]) -> Optional[str]:
    program = shutil.which(command[0])
    if not program:
        return None
    try:
        done = subprocess.run(
            [program] + command[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return "%s: %s" % (command[0], error)
    lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
    return lines[0] if lines else None


def nvcc_release() -> Optional[str]:
    home = os.environ.get("CUDA_HOME")
    nvcc = os.path.join(home, "bin", "nvcc") if home else shutil.which("nvcc")
    if not nvcc or not (os.path.exists(nvcc) or os.path.exists(nvcc + ".exe")):
        return None
    done = subprocess.run([nvcc, "--version"], stdout=subprocess.PIPE, timeout=60, check=False)
    text = done.stdout.decode("utf-8", "replace")
    return text[text.find("release ") + 8 :].split(",")[0] if "release " in text else None


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

    return {
        "version": torch.__version__,
        "cuda": torch.version.cuda,
        "git": torch.version.git_version,
        "cxx11_abi": bool(torch.compiled_with_cxx11_abi()),
        "cuda_available": torch.cuda.is_available(),
        "arch_list": torch._C._cuda_getArchFlags().split() if hasattr(torch._C, "_cuda_getArchFlags") else [],
        "file": torch.__file__,
    }


def packages() -> Dict[str, str]:
    """Every installed distribution, name to version."""
    found: Dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(name.lower().replace("_", "-"), distribution.version)
    return dict(sorted(found.items()))


def main() -> None:
    facts: Dict[str, Any] = {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "soabi": sysconfig.get_config_var("SOABI"),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "libc": "-".join(platform.libc_ver()),
        "compiler": first_line([os.environ.get("CXX", "c++"), "--version"]),
        "nvcc": nvcc_release(),
        "devices": devices.ask(),
        "packages": packages(),
    }
    facts["torch"] = torch_facts()
    facts["libraries"] = mapped_libraries()
    with open(os.environ["ENVGEN_FACTS"], "w") as out:
        json.dump(facts, out)
    print("Python %s, torch %s, CUDA %s" % (facts["python"], facts["torch"]["version"], facts["torch"]["cuda"]))


if __name__ == "__main__":
    main()
