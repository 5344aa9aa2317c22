"""What environments have in common that are made of a lock in a folder of this machine."""

from __future__ import annotations

from pathlib import Path

from envgen.cell import Cell
from envgen.environment.protocol import OnThisMachine, Unavailable, folder_bytes
from envgen.files import write_atomically
from envgen.lock import BUILD_CONSTRAINTS, Lock, build_constraints
from envgen.machine import Machine


class MadeOfLock(OnThisMachine):
    """An environment under `folder` that holds exactly its lock; its maker marks it when it is complete."""

    cell: Cell
    lock: Lock | None
    folder: Path
    machine: Machine

    @property
    def uses_lock(self) -> bool:
        return True

    def exists(self) -> bool:
        marker = self._marker
        return self.lock is not None and marker.is_file() and marker.read_text(encoding="utf-8") == self.lock.sha256

    @property
    def _marker(self) -> Path:
        return self.folder / "envgen-lock.sha256"

    def _lock_for_here(self) -> Lock:
        """The lock, on a machine where it can be installed.

        Raises:
            Unavailable: there is no lock, or the cell is of another system.
        """
        here = self.machine
        if self.cell.os != here.os or self.cell.arch is not here.arch:
            raise Unavailable(
                f"needs {self.cell.os} on {self.cell.arch}; this machine is {here.os or here.system} on {here.arch}"
            )
        if self.lock is None:
            raise Unavailable("the cell has no lock")
        return self.lock

    def prepare(self) -> None:
        if self.lock and self.lock.build:
            write_atomically(self._build_constraints, build_constraints(self.lock))

    def _built_with(self, lock: Lock) -> tuple[str, ...]:
        """uv's options: what is no wheel is built in isolation, with what the lock says and nothing else."""
        return ("--build-constraints", str(self._build_constraints)) if lock.build else ()

    @property
    def _build_constraints(self) -> Path:
        return self.folder.with_name(BUILD_CONSTRAINTS)

    def disk_bytes(self) -> int:
        return folder_bytes(self.folder)
