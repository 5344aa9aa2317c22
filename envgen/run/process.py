"""One command under the guard: its own process group, log, time and memory limit, and an honest ending."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from envgen.command import Command

GUARD = Path(__file__).with_name("guard.py")
CALL_EVERY = 0.5
LOOKED_AT = 1 << 18  # bytes at the end of a log
LOG_LIMIT = 64_000_000  # bytes; a large build that tells everything stays far below

Kind = Literal["exit", "timeout", "memory", "log", "abandoned", "not started", "lost"]


@dataclass(frozen=True)
class Bounds:
    """Seconds of wall time, bytes of memory of all its processes together, and bytes of its log."""

    timeout: float
    memory: int | None
    log: int = LOG_LIMIT


@dataclass(frozen=True)
class Ending:
    """How a command ended.

    Attributes:
        kind: exit (by itself or by a signal), timeout, memory, log (it wrote too much), abandoned (envgen was told to
            stop), not started, lost (its guard was ended from outside).
        returncode: as subprocess gives it: negative for a signal.
        peak: the most bytes of memory seen.
        left: the processes that could not be ended, as they hang in a driver.
    """

    kind: Kind
    returncode: int
    seconds: float
    peak: int
    why: str = ""
    left: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        return self.kind == "exit" and self.returncode == 0


class Interrupted(Exception):  # noqa: N818 - a request of the user, not an error
    """The user asked the run to stop."""


class Interrupt:
    """Set once, when the user asks to stop: every running command is ended."""

    def __init__(self) -> None:
        self._set = threading.Event()

    def set(self) -> None:
        self._set.set()

    def is_set(self) -> bool:
        return self._set.is_set()

    def check(self) -> None:
        """Raises Interrupted once it is set."""
        if self._set.is_set():
            raise Interrupted


def run_command(
    command: Command, log: Path, bounds: Bounds, interrupt: Interrupt, on_wait: Callable[[], None] | None = None
) -> Ending:
    """Runs a command to its end, appending what it prints to `log`.

    Args:
        on_wait: called now and then while the command runs.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        out.write(os.fsencode(f"$ {shlex.join(command.argv)}\n"))
    order = {
        "argv": command.argv, "cwd": str(command.cwd), "env": _environment(command), "log": str(log),
        "timeout": bounds.timeout, "memory": bounds.memory, "log_limit": bounds.log,
    }  # fmt: skip
    # The guard runs as envgen does; what a cell sets (PYTHONPATH, LD_PRELOAD) is for the command alone.
    guard = subprocess.Popen(
        [sys.executable, "-P", str(GUARD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    answer = _await(guard, json.dumps(order), interrupt, on_wait)
    fields: dict[str, Any] = json.loads(answer or '{"ended": "lost"}')
    ended: Kind = fields["ended"]
    if ended in ("abandoned", "lost"):
        ended = "abandoned" if interrupt.is_set() else "lost"
    return Ending(
        ended,
        fields.get("returncode", -1),
        fields.get("seconds", 0.0),
        fields.get("peak", 0),
        fields.get("why", ""),
        tuple(fields.get("left", ())),
    )


def _await(
    guard: subprocess.Popen[bytes], order: str, interrupt: Interrupt, on_wait: Callable[[], None] | None
) -> bytes:
    assert guard.stdin is not None
    assert guard.stdout is not None
    with suppress(BrokenPipeError):  # it is gone already, and gives no answer
        guard.stdin.write(order.encode() + b"\n")
        guard.stdin.flush()
    while guard.poll() is None:
        if interrupt.is_set() and not guard.stdin.closed:
            guard.stdin.close()
        try:
            guard.wait(CALL_EVERY)
        except subprocess.TimeoutExpired:
            if on_wait:
                on_wait()
    with guard.stdout:
        with suppress(BrokenPipeError):
            guard.stdin.close()
        return guard.stdout.read()


def _environment(command: Command) -> dict[str, str]:
    environment = dict(os.environ)
    for name, value in command.variables.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
    return environment


def tail(log: Path, lines: int = 40, width: int = 500) -> tuple[str, ...]:
    """The last lines of a log, each cut to a readable width."""
    try:
        with log.open("rb") as source:
            source.seek(max(0, log.stat().st_size - LOOKED_AT))
            text = source.read().decode("utf-8", "replace")
    except OSError:
        return ()
    return tuple(line[:width] for line in text.splitlines()[-lines:])


def last_line(log: Path) -> str:
    """The newest line that says something; progress bars count by their last state."""
    for line in reversed(tail(log, lines=5)):
        shown = line.rsplit("\r", 1)[-1].strip()
        if shown and not shown.startswith("$ "):
            return shown
    return ""


def signal_name(returncode: int) -> str | None:
    """`SIGSEGV` for a process that a signal ended; Windows' exception codes by their usual names."""
    if returncode < 0:
        try:
            return signal.Signals(-returncode).name
        except ValueError:
            return f"signal {-returncode}"
    windows = {0xC0000005: "an access violation", 0xC00000FD: "a stack overflow", 0xC0000409: "an abort"}
    return windows.get(returncode & 0xFFFFFFFF)
