"""Running uv so that whoever asked for it can end it at once."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from uv import find_uv_bin

from envgen.errors import LockError
from envgen.lock.children import Children
from envgen.lock.once import Once

TIMEOUT = 600.0


@dataclass
class Uv:
    """Starts uv, from several threads; `stop` ends all that run and lets nothing more begin."""

    _children: Children = field(default_factory=Children)
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
        try:
            return self._children.run([find_uv_bin(), *arguments], environment, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise LockError(
                f"uv did not resolve it within {TIMEOUT:.0f} s.", "Look whether an index answers slowly."
            ) from None

    def stop(self) -> None:
        self._children.stop()
