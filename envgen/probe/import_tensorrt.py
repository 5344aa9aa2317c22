"""How far the TensorRT of a cell comes: its files, versions and imports, each step in a process of its own.

Usage: import_tensorrt.py FLAVOUR [STEP...] ; FLAVOUR is `full`, `lean` or `dispatch`. Standard library and the cell's
own packages only, Python 3.8 and later. JSON goes to the file named by ENVGEN_FACTS:

    {"no_driver": "no NVIDIA driver", "libraries": [{"file": ..., "soname": ..., ...}, ...],
     "steps": [{"step": "bindings", "outcome": "passed", "said": "", "seconds": 0.3, ...}, ...]}

An outcome is `passed`, `no-driver` (the step was left out), or what KNOWN names. Only STEPs that are named are taken
where some are: `builder` and `runtime` are not taken otherwise, as they work on the device, and without a driver they
make null objects that crash when they are touched.
"""

import ctypes
import importlib
import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
from typing import Any, Callable, Dict, List, Optional, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)  # not there where PYTHONSAFEPATH is set
import devices

Facts = Dict[str, Any]

SECONDS = 300
SHOWN = 1 << 16  # bytes of what a step printed
RESULT = "ENVGEN_STEP_RESULT"

MODULES = {
    "full": ("tensorrt", "tensorrt_bindings"),
    "lean": ("tensorrt_lean", "tensorrt_lean_bindings"),
    "dispatch": ("tensorrt_dispatch", "tensorrt_dispatch_bindings"),
}
LIBRARY = {"full": "nvinfer", "lean": "nvinfer_lean", "dispatch": "nvinfer_dispatch"}
OBJECTS = ("builder", "runtime")

# Endings that are known by what was printed, the first that fits counts; some are of certain steps only. Seen with
# TensorRT 8.6.0, 10.16, 11.1 and torch_tensorrt 2.2.0, 2.14.0 on a machine without a driver, 2026-11-20. The executable
# stack: glibc 2.41's release notes.
KNOWN: Tuple[Tuple[str, str, Tuple[str, ...]], ...] = (
    ("executable-stack", r"cannot enable executable stack", ()),
    ("registered-twice", r"Custom class with name \S+ is already registered", ()),
    ("builder-null", r"factory function returned nullptr", ("builder",)),
    ("builder-null", r"CUDA initialization failure with error", ("builder",)),
    ("runtime-null", r"CUDA initialization failure with error", ("runtime",)),
    ("import-refused", r"Found no NVIDIA driver|cudaGetDevice\(|_TensorRTProxyModule", ("torch_tensorrt",)),
    ("library-missing", r"cannot open shared object file|Could not find: |DLL load failed|Could not find lib", ()),
    ("symbol-missing", r"undefined symbol|procedure could not be found", ()),
    ("module-missing", r"ModuleNotFoundError", ()),
)


# --- the steps, in a process of their own


def version(file: str) -> Facts:
    """The release that the library itself names: it is loaded, and nothing of it made."""
    library = ctypes.CDLL(file)
    number = library.getInferLibVersion()
    parts = ("Major", "Minor", "Patch", "Build")
    if hasattr(library, "getInferLibBuildVersion"):
        return {"version": ".".join(str(getattr(library, "getInferLib%sVersion" % part)()) for part in parts)}
    # Before TensorRT 10 a thousand stood for a major, since then ten thousand do.
    major, rest = divmod(number, 1000 if number < 10000 else 10000)
    return {"version": "%d.%d.%d" % (major, rest // 100, rest % 100)}


def builder_resource(file: str) -> Facts:
    """The largest library, which a builder opens when it is made."""
    ctypes.CDLL(file)
    return {}


def bindings(flavour: str) -> Facts:
    module = imported(flavour)
    return {"module": module.__name__, "version": module.__version__, "file": module.__file__}


def imported(flavour: str) -> Any:
    """TensorRT's Python module, under whichever of its names is installed."""
    names = [name for name in MODULES[flavour] if importlib.util.find_spec(name)]
    return importlib.import_module((names or MODULES[flavour])[0])


def torchtrt(file: str) -> Facts:
    """A library of torch-tensorrt's in torch; never two of them in one process, which aborts."""
    import torch

    imported("full")  # its libraries are found by those that need them once they are in the process
    torch.ops.load_library(file)
    return {
        "abi": int(torch.ops.tensorrt.ABI_VERSION()),
        "abi_of_headers": abi_of_headers(os.path.dirname(os.path.dirname(file))),
        "torch": str(torch.__version__),
        "version": importlib.metadata.version("torch-tensorrt"),
    }


def abi_of_headers(package: str) -> Optional[int]:
    """The format of modules that torch-tensorrt's own headers name, which tell it without anything being loaded."""
    header = os.path.join(package, "include", "torch_tensorrt", "core", "runtime", "runtime.h")
    try:
        with open(header, encoding="utf-8", errors="replace") as source:
            found = re.search(r'ABI_VERSION\s*=\s*"(\d+)"', source.read())
    except OSError:
        return None
    return int(found[1]) if found else None


def torch_tensorrt(_: str) -> Facts:
    return {"version": importlib.import_module("torch_tensorrt").__version__}


def builder(flavour: str) -> Facts:
    trt = imported(flavour)
    return made(trt, trt.Builder)


def runtime(flavour: str) -> Facts:
    trt = imported(flavour)
    return made(trt, trt.Runtime)


def made(trt: Any, make: Callable[[Any], Any]) -> Facts:
    """An object of TensorRT's; where its logger was told an error, there is a null pointer in it, whatever it says."""

    class Log(trt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.errors: List[str] = []

        def log(self, severity: Any, message: str) -> None:
            print("%s: %s" % (severity, message), flush=True)
            if str(severity).endswith("ERROR"):
                self.errors.append(message)

    log = Log()
    kept.append((log, make(log)))
    if log.errors:
        raise RuntimeError(log.errors[0])
    return {}


kept: List[Any] = []  # what must not be destroyed before the process ends without destructors

STEPS: Dict[str, Callable[[str], Facts]] = {
    "version": version,
    "builder_resource": builder_resource,
    "bindings": bindings,
    "torchtrt": torchtrt,
    "torchtrt_runtime": torchtrt,
    "torch_tensorrt": torch_tensorrt,
    "builder": builder,
    "runtime": runtime,
}


def take(name: str, argument: str) -> None:
    """A step, in the process that is its own."""
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != HERE]
    said: Facts = {"error": ""}
    try:
        said.update(STEPS[name](argument))
    except BaseException as error:  # noqa: BLE001 - whatever an import raises is what is asked for
        traceback.print_exc()
        said["error"] = "%s: %s" % (type(error).__name__, error)
    with open(os.environ[RESULT], "w", encoding="utf-8") as out:
        json.dump(said, out)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


# --- the process that starts them


def ask(name: str, argument: str) -> Facts:
    """What became of a step."""
    with tempfile.TemporaryDirectory(prefix="envgen-step-") as folder:
        result, log = os.path.join(folder, "result.json"), os.path.join(folder, "log")
        command = [sys.executable, "-X", "faulthandler", os.path.abspath(__file__), "--take", name, argument]
        start = time.monotonic()
        with open(log, "wb") as out:
            code = ended(command, dict(os.environ, **{RESULT: result}), out)
        seconds = round(time.monotonic() - start, 3)
        printed, said = tail(log), told(result)
    print("--- %s\n%s" % (name, printed.rstrip()), flush=True)
    error = said.pop("error", None)
    how = outcome(name, code, error, printed)
    words = "" if how == "passed" else (error or last_words(printed)).strip()
    died = {"signal": -code} if code is not None and code < 0 else {}
    return dict(said, step=name, outcome=how, said=words, seconds=seconds, **died)


def ended(command: List[str], environment: Dict[str, str], out: Any) -> Optional[int]:
    """The exit code; None where the time was over."""
    child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        return child.wait(SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            pass  # it waits inside the driver, and nobody can end it
        return None


def told(result: str) -> Facts:
    try:
        with open(result, encoding="utf-8") as source:
            said: Facts = json.load(source)
    except (OSError, ValueError):
        return {}
    return said


def tail(log: str) -> str:
    with open(log, "rb") as source:
        source.seek(max(0, os.path.getsize(log) - SHOWN))
        return source.read().decode("utf-8", "replace")


def outcome(step: str, code: Optional[int], error: Optional[str], printed: str) -> str:
    """The name of an ending.

    Args:
        code: the exit code; None where the time was over.
        error: what was raised, empty where nothing was; None where the process died before it could say.
    """
    if code is None:
        return "hung"
    if code == 0 and error == "":
        return "passed"
    for name, pattern, steps in KNOWN:
        if re.search(pattern, error or printed) and (not steps or step in steps):
            return name
    return "failed" if error else "crashed"


def last_words(said: str) -> str:
    """The last line before Python told where it was when it died."""
    lines = [line.strip() for line in re.split(r"Fatal Python error: |Windows fatal exception: ", said)[0].splitlines()]
    return ([line for line in lines if line] or ["it said nothing"])[-1]


def no_driver() -> str:
    """Why there is no device; empty where there is one."""
    answer = devices.ask()
    return "" if answer.get("devices") else str(answer["reason"])


def libraries(flavour: str) -> List[Facts]:
    command = [sys.executable, os.path.join(HERE, "tensorrt_files.py"), flavour]
    found: List[Facts] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode("utf-8"))
    return found


def usual(flavour: str, files: List[Facts]) -> List[Tuple[str, str]]:
    """The steps of a flavour with what each is about, in order."""
    first = {file["kind"]: file["file"] for file in reversed(files)}
    steps = [("version", first[LIBRARY[flavour]])] if LIBRARY[flavour] in first else []
    steps.append(("bindings", flavour))
    if flavour == "full":
        steps += [("builder_resource", first[kind]) for kind in sorted(first) if kind.startswith("nvinfer_builder_res")]
        steps += [(name, first[name]) for name in ("torchtrt", "torchtrt_runtime") if name in first]
        steps += [("torch_tensorrt", "")] * ("torchtrt" in first)
    return steps


def main(flavour: str, named: List[str]) -> None:
    reason, files = no_driver(), libraries(flavour)
    order = usual(flavour, files)
    if named:
        order = [step for step in [*order, *((name, flavour) for name in OBJECTS)] if step[0] in named]
    steps = []
    for name, argument in order:
        if reason and name == "torch_tensorrt" and not named:
            steps.append({"step": name, "outcome": "no-driver", "said": reason, "seconds": 0.0})
        else:
            steps.append(ask(name, argument))
    with open(os.environ["ENVGEN_FACTS"], "w", encoding="utf-8") as out:
        json.dump({"no_driver": reason, "libraries": files, "steps": steps}, out)


if __name__ == "__main__":
    if sys.argv[1] == "--take":
        take(sys.argv[2], sys.argv[3])
    main(sys.argv[1], sys.argv[2:])
