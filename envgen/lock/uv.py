"""Running uv so that whoever asked for it can end it at once."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from uv import find_uv_bin

from envgen.errors import LockError
from envgen.lock.once import Once

TIMEOUT = 600.0


@dataclass
class Uv:
    """Starts uv, from several threads; `stop` ends all that run and lets nothing more begin."""

    _running: set[subprocess.Popen[str]] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _stopped: bool = False
    _version: Once[str, str] = field(default_factory=Once)

    @property
    def version(self) -> str:
        """Its version; asked once."""
        return self._version.get("", lambda: self.run(["--version"]).stdout.split()[1])

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs uv to its end.

        Raises:
            LockError: it took too long, or `stop` was called.
        """
        process = self._start([find_uv_bin(), *arguments], environment)
        try:
            out, err = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise LockError(
                f"uv did not resolve it within {TIMEOUT:.0f} s.", "Look whether an index answers slowly."
            ) from None
        finally:
            process.kill()
            process.wait()
            with self._guard:
                self._running.discard(process)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def stop(self) -> None:
        with self._guard:
            self._stopped = True
            for process in self._running:
                process.kill()

    def _start(self, command: list[str], environment: Mapping[str, str] | None) -> subprocess.Popen[str]:
        with self._guard:
            if self._stopped:
                raise LockError("it was interrupted.")
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
                text=True, encoding="utf-8", errors="replace",
            )  # fmt: skip
            self._running.add(process)
            return process
