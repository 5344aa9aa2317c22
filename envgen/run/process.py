"""One command under the guard: its own process group, log, time and memory limit, and an honest ending."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from envgen.command import Command

GUARD = Path(__file__).with_name("guard.py")
READ_LOG_EVERY = 0.5


@dataclass(frozen=True)
class Bounds:
    """Seconds of wall time, and resident bytes of all its processes together."""

    timeout: float
    memory: int | None


@dataclass(frozen=True)
class Ending:
    """How a command ended.

    Attributes:
        kind: exit (by itself or by a signal), timeout, memory, abandoned (envgen was told to stop), not started.
        returncode: as subprocess gives it: negative for a signal.
        peak: the most resident bytes seen.
    """

    kind: Literal["exit", "timeout", "memory", "abandoned", "not started"]
    returncode: int
    seconds: float
    peak: int
    why: str = ""

    @property
    def ok(self) -> bool:
        return self.kind == "exit" and self.returncode == 0


class Interrupt:
    """Set once, when the user asks to stop: every running command is ended."""

    def __init__(self) -> None:
        self._set = threading.Event()

    def set(self) -> None:
        self._set.set()

    def is_set(self) -> bool:
        return self._set.is_set()


def run_command(
    command: Command, log: Path, bounds: Bounds, interrupt: Interrupt, on_line: Callable[[str], None] | None = None
) -> Ending:
    """Runs a command to its end, appending what it prints to `log`.

    Args:
        on_line: told the newest line of the log now and then, for a progress display.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        out.write(f"$ {' '.join(command.argv)}\n".encode())
    order = {
        "argv": list(command.argv), "cwd": str(command.cwd), "log": str(log),
        "timeout": bounds.timeout, "memory": bounds.memory,
    }  # fmt: skip
    guard = subprocess.Popen(
        [sys.executable, str(GUARD), json.dumps(order)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment(command), start_new_session=True,
    )  # fmt: skip
    answer = _await(guard, log, interrupt, on_line)
    if not answer:
        kind: Literal["abandoned", "not started"] = "abandoned" if interrupt.is_set() else "not started"
        return Ending(kind, guard.returncode, 0.0, 0, f"its guard ended with code {guard.returncode}")
    fields = json.loads(answer)
    return Ending(
        fields["ended"], fields.get("returncode", -1), fields["seconds"], fields["peak"], fields.get("why", "")
    )


def _await(
    guard: subprocess.Popen[bytes], log: Path, interrupt: Interrupt, on_line: Callable[[str], None] | None
) -> bytes:
    assert guard.stdin is not None
    assert guard.stdout is not None
    while guard.poll() is None:
        if interrupt.is_set() and not guard.stdin.closed:
            guard.stdin.close()
        try:
            guard.wait(READ_LOG_EVERY)
        except subprocess.TimeoutExpired:
            if on_line and (line := last_line(log)):
                on_line(line)
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
            source.seek(max(0, log.stat().st_size - lines * width))
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
