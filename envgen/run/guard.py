"""Runs one command, bounded and watched, and leaves nothing of it behind.

    guard.py '{"argv": [...], "cwd": ..., "log": ..., "timeout": seconds, "memory": bytes or null}'

It prints one JSON object: how the command ended. It ends the command, with every process that came from it, when time
or memory runs out, and when its own standard input closes: so a killed envgen leaves no orphans.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil

POLL = 0.1
GRACE = 3.0
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def main() -> None:
    order = json.loads(sys.argv[1])
    _adopt_orphans()
    abandoned = threading.Event()
    threading.Thread(target=_watch_parent, args=(abandoned,), daemon=True).start()
    with Path(order["log"]).open("ab") as log:
        started = time.monotonic()
        try:
            child = subprocess.Popen(
                order["argv"], cwd=order["cwd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            print(json.dumps({"ended": "not started", "why": str(error), "seconds": 0.0, "peak": 0}))
            return
        _prefer_for_the_oom_killer(child.pid)
        ended, peak = _watch(child, order, started, abandoned)
        seconds = time.monotonic() - started
        _end_all(child)
    answer = {"ended": ended, "returncode": child.wait(), "seconds": round(seconds, 3), "peak": peak}
    if ended != "abandoned":
        print(json.dumps(answer), flush=True)


def _watch(
    child: subprocess.Popen[bytes], order: dict[str, Any], started: float, abandoned: threading.Event
) -> tuple[str, int]:
    peak = 0
    while True:
        try:
            child.wait(POLL)
        except subprocess.TimeoutExpired:
            resident = _resident_bytes()
            peak = max(peak, resident)
            if order["memory"] and resident > order["memory"]:
                return "memory", peak
            if time.monotonic() - started > order["timeout"]:
                return "timeout", peak
            if abandoned.is_set():
                return "abandoned", peak
        else:
            return "exit", peak


def _family() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _resident_bytes() -> int:
    total = 0
    for process in _family():
        try:
            total += process.memory_info().rss
        except psutil.Error:  # it ended in between
            continue
    return total


def _end_all(child: subprocess.Popen[bytes]) -> None:
    family = _family()
    for process in family:
        _signal(process, signal.SIGTERM)
    _, alive = psutil.wait_procs([process for process in family if process.pid != child.pid], timeout=GRACE)
    if child.poll() is None:
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            alive.append(psutil.Process(child.pid))
    for process in {*alive, *_family()}:
        _signal(process, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)


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
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _prefer_for_the_oom_killer(pid: int) -> None:
    if sys.platform == "linux":
        try:
            Path(f"/proc/{pid}/oom_score_adj").write_text("900", encoding="ascii")
        except OSError:  # not permitted in some containers; the machine's own choice stands
            return


if __name__ == "__main__":
    main()
