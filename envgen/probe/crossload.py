"""Loads what was built elsewhere and runs its check, each trial in a process of its own.

Usage: crossload.py ORDER.json ; standard library and the cell's own torch only, Python 3.8 and later. The order is

    {"fork": bool, "answers": FILE, "timeout": seconds, "log_limit": bytes, "trials": [TRIAL, ...]}

and a trial

    {"id": TEXT, "base": FOLDER, "without": [FILE, ...], "with": [[FROM, FILE], ...], "folder": FOLDER,
     "library": FILE or null, "modules": [NAME, ...], "check": [ARGUMENT, ...] or null, "log": FILE, "stage": FILE,
     "facts": FILE}

The trial's folder becomes a copy of its base, without some files and with others in their place. Then its library is
loaded by torch, its modules are imported and its check is run; the stage file says how far that came. With "fork",
torch is imported once and every trial is a fork of this process; each line of the answers is a JSON object: {"id"}
when a trial begins, {"id", "ended", "returncode", "seconds"} when it has ended. Without, this process is the one trial.
"""

import importlib
import json
import os
import runpy
import shutil
import signal
import sys
import time
from typing import Any, Dict, List, Optional, Tuple

Trial = Dict[str, Any]
POLL = 0.01  # seconds

# This script's folder comes first on the path and must not hide a module of the extension's.
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != HERE]


def main(file: str) -> None:
    with open(file, encoding="utf-8") as source:
        order = json.load(source)
    forbid_core_files()
    import torch  # noqa: F401  (what is loaded finds libtorch through it, and a fork has it already)

    trial: Optional[Trial] = serve(order) if order["fork"] else order["trials"][0]
    if trial:
        attempt(trial)


def serve(order: Dict[str, Any]) -> Optional[Trial]:
    """Forks for one trial after the other; a fork returns with its trial, the server with none when all have ended."""
    for trial in order["trials"]:
        answer(order, {"id": trial["id"]})
        start = time.monotonic()
        child = os.fork()
        if child == 0:
            os.setsid()
            redirect(trial["log"])
            return dict(trial)
        ended, returncode = watch(child, trial["log"], order)
        seconds = round(time.monotonic() - start, 3)
        shutil.rmtree(trial["folder"], ignore_errors=True)
        answer(order, {"id": trial["id"], "ended": ended, "returncode": returncode, "seconds": seconds})
    return None


def answer(order: Dict[str, Any], line: Dict[str, Any]) -> None:
    with open(order["answers"], "a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


def watch(child: int, log: str, order: Dict[str, Any]) -> Tuple[str, int]:
    """Waits for a fork, ends it where it goes over a limit, and ends what it leaves running."""
    end = time.monotonic() + order["timeout"]
    ended = ""
    pid = status = 0
    while not pid and not ended:
        time.sleep(POLL)
        pid, status = os.waitpid(child, os.WNOHANG)
        if time.monotonic() > end:
            ended = "timeout"
        elif os.path.getsize(log) > order["log_limit"]:
            ended = "log"
    kill(child)
    if not pid:
        os.waitpid(child, 0)
        return ended, -signal.SIGKILL
    return "exit", -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def kill(child: int) -> None:
    """Ends a fork, and its process group once it has one."""
    for end in (os.killpg, os.kill):
        try:
            end(child, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def redirect(log: str) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    nothing = os.open(os.devnull, os.O_RDONLY)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for source, target in ((nothing, 0), (out, 1), (out, 2)):
        os.dup2(source, target)


def forbid_core_files() -> None:
    """Crashes are expected here, and each would leave its memory on the disk."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        return


def attempt(trial: Trial) -> None:
    compose(trial)
    folder = trial["folder"]
    sys.dont_write_bytecode = True
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    os.environ["PYTHONPATH"] = folder
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.environ["ENVGEN_FACTS"] = trial["facts"]
    if trial["library"]:
        reached(trial, "library")
        load_library(os.path.join(folder, trial["library"]))
    reached(trial, "modules")
    for name in trial["modules"]:
        import_from(name, folder)
    if trial["check"]:
        reached(trial, "check")
        check(trial, trial["check"])
    reached(trial, "done")


def compose(trial: Trial) -> None:
    folder = trial["folder"]
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(trial["base"], folder, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in trial["without"]:
        os.remove(os.path.join(folder, name))
    for source, name in trial["with"]:
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        shutil.copy2(source, os.path.join(folder, name))


def reached(trial: Trial, stage: str) -> None:
    with open(trial["stage"], "w", encoding="utf-8") as out:
        out.write(stage)


def load_library(path: str) -> None:
    import torch

    try:
        torch.ops.load_library(path)
    except OSError as error:
        # Some releases say only that it could not be loaded; the loader's own words are the cause.
        sys.exit("%s: %s" % (type(error).__name__, error.__cause__ or error))


def import_from(name: str, folder: str) -> None:
    """A module of that name that is installed elsewhere would prove nothing about what was built."""
    module = importlib.import_module(name)
    file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), None)
    if not file or not os.path.realpath(file).startswith(os.path.realpath(folder) + os.sep):
        sys.exit("ImportError: %s was imported from %s, and not from what was built" % (name, file or "no file"))


def check(trial: Trial, argv: List[str]) -> None:
    """Runs `python -m MODULE ...` here, where torch is already; any other command takes the place of this process."""
    if len(argv) < 3 or argv[0] != "python" or argv[1] != "-m":
        reached(trial, "command")
        sys.stdout.flush()
        program = sys.executable if argv[0] == "python" else argv[0]
        os.execvp(program, [program] + argv[1:])  # noqa: S606 - the check that the extension names
    sys.path.insert(0, os.getcwd())
    sys.argv[:] = argv[2:]
    try:
        runpy.run_module(argv[2], run_name="__main__", alter_sys=True)
    except SystemExit:
        reached(trial, "done")
        raise


if __name__ == "__main__":
    main(sys.argv[1])
