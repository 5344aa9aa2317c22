"""Programs that are started from several threads, and ended all at once."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from envgen.errors import LockError


@dataclass
class Children:
    """Runs programs; `stop` ends all that run, with what they started, and lets nothing more begin."""

    _running: set[subprocess.Popen[str]] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _stopped: bool = False

    def run(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        timeout: float | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program to its end.

        Args:
            timeout: in seconds.

        Raises:
            LockError: `stop` was called before it began.
            subprocess.TimeoutExpired: it took longer.
        """
        process = self._start(command, environment, folder)
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            _end(process)
            process.wait()
            with self._guard:
                self._running.discard(process)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def stop(self) -> None:
        with self._guard:
            self._stopped = True
            for process in self._running:
                _end(process)

    def _start(
        self, command: Sequence[str], environment: Mapping[str, str] | None, folder: Path | None
    ) -> subprocess.Popen[str]:
        with self._guard:
            if self._stopped:
                raise LockError("it was interrupted.")
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
                cwd=folder, text=True, encoding="utf-8", errors="replace",
            )  # fmt: skip
            self._running.add(process)
            return process


def _end(process: subprocess.Popen[str]) -> None:
    """Kills it, if it still runs, and first of all finds what it started: that would keep its pipes open."""
    if process.poll() is not None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        started = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for each in started:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
