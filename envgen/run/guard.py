"""Runs one command, bounded and watched, and leaves nothing of it behind.

Its order is one line of JSON on standard input: {"argv": [...], "cwd": ..., "env": {...}, "log": ...,
"timeout": seconds, "memory": bytes or null, "log_limit": bytes}. It writes one JSON object to standard output: how the
command ended. It ends the command, with every process that came from it, when time or memory runs out, when its log
grows too large, and when its standard input closes: so a killed envgen leaves no orphans. On Linux it is two processes:
one is the command's parent and watches it, the other ends what is left where the command killed its parent. A process
that hangs in a driver cannot be ended by anybody: it is named in the answer, and not waited for.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

import psutil

POLL = 0.1
GRACE = 3.0
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def main() -> None:
    order = json.loads(sys.stdin.buffer.readline())
    if sys.platform == "linux":
        _adopt_orphans()
        if watcher := os.fork():
            _outlive(watcher)
            return
        _adopt_orphans()
    _run(order)


def _outlive(watcher: int) -> None:
    _, status = os.waitpid(watcher, 0)
    if status:  # what came from the command is this process's to end now
        _end_all()


def _run(order: dict[str, Any]) -> None:
    abandoned = threading.Event()
    threading.Thread(target=_watch_parent, args=(abandoned,), daemon=True).start()

    def end(number: int, frame: FrameType | None) -> None:
        abandoned.set()

    signal.signal(signal.SIGTERM, end)
    if sys.platform == "win32":  # it looks for programs on the guard's PATH, others on the command's
        order["argv"][0] = shutil.which(order["argv"][0], path=order["env"].get("PATH")) or order["argv"][0]
    with Path(order["log"]).open("ab") as log:
        started = time.monotonic()
        try:
            child = subprocess.Popen(
                order["argv"], cwd=order["cwd"], env=order["env"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            _answer({"ended": "not started", "why": str(error), "seconds": 0.0, "peak": 0})
            return
        _prefer_for_the_oom_killer(child.pid)
        ended, peak = _watch(child, log, order, started, abandoned)
        seconds = time.monotonic() - started
        _end_all(child)
        if ended == "log":
            log.truncate(order["log_limit"])  # it went on until it was ended
    code, left = child.poll(), [process.pid for process in _alive(child)]
    returncode = -signal.SIGTERM if code is None else code  # it was told to end, and did not
    _answer({"ended": ended, "returncode": returncode, "seconds": round(seconds, 3), "peak": peak, "left": left})


def _answer(ending: dict[str, Any]) -> None:
    try:
        os.write(1, json.dumps(ending).encode())
    except BrokenPipeError:  # envgen is gone, and nobody asks any more
        return


def _watch(
    child: subprocess.Popen[bytes], log: BinaryIO, order: dict[str, Any], started: float, abandoned: threading.Event
) -> tuple[str, int]:
    peak = 0
    while True:
        try:
            child.wait(POLL)
        except subprocess.TimeoutExpired:
            held = _held_bytes(child, order["memory"])
            peak = max(peak, held)
            if order["memory"] and held > order["memory"]:
                return "memory", peak
            if time.monotonic() - started > order["timeout"]:
                return "timeout", peak
            if os.fstat(log.fileno()).st_size > order["log_limit"]:
                return "log", peak
            if abandoned.is_set():
                return "abandoned", peak
        else:
            return "exit", peak


def _held_bytes(child: subprocess.Popen[bytes], limit: int | None) -> int:
    """The bytes of all processes; past the limit, pages that they share count once: forked workers hold their parent's.

    That is asked only then, as it takes longer.
    """
    alive = _alive(child)
    resident = sum(map(_resident, alive))
    return sum(map(_share, alive)) if limit and resident > limit else resident


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it ended in between
        return 0


def _share(process: psutil.Process) -> int:
    if sys.platform != "linux":
        return _resident(process)
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:  # it hides what it shares, or ended in between
        return _resident(process)


def _end_all(child: subprocess.Popen[bytes] | None = None) -> None:
    """Asks what is left to end, then kills, again while new ones appear."""
    for process in _alive(child):
        _signal(process, signal.SIGTERM)
    started = time.monotonic()
    while (waited := time.monotonic() - started) < 2 * GRACE and (left := _alive(child)):
        if waited > GRACE and sys.platform != "win32":
            for process in left:
                _signal(process, signal.SIGKILL)
        time.sleep(POLL / 4)


def _alive(child: subprocess.Popen[bytes] | None) -> list[psutil.Process]:
    """The processes that came from the command and still run; adopted ones that ended are reaped."""
    if child:
        child.poll()
    alive = []
    for process in psutil.Process().children(recursive=True):
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process)
            elif child is None or process.pid != child.pid:
                os.waitpid(process.pid, os.WNOHANG)
        except (psutil.Error, ChildProcessError):  # it ended in between, or its own parent reaps it
            continue
    return alive


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:  # it ended in between
        return


def _watch_parent(abandoned: threading.Event) -> None:
    # Standard input is a pipe that only envgen holds open: its end is envgen's end.
    while os.read(0, 1024):
        continue
    abandoned.set()


def _adopt_orphans() -> None:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # a fork does not inherit it


def _prefer_for_the_oom_killer(pid: int) -> None:
    if sys.platform == "linux":
        try:
            Path(f"/proc/{pid}/oom_score_adj").write_text("900", encoding="ascii")
        except OSError:  # not permitted in some containers; the machine's own choice stands
            return


if __name__ == "__main__":
    main()
