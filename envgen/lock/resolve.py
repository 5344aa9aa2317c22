"""Locks of many cells: kept while nothing they rest on changed, otherwise resolved, equal requests once."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.requirements import Requirement

from envgen.errors import LockError
from envgen.files import write_atomically
from envgen.lock.configuration import IndexConfiguration
from envgen.lock.crew import Crew
from envgen.lock.header import lock_text
from envgen.lock.pep751 import Origin
from envgen.lock.places import asks_no_index, configured_places
from envgen.lock.pylock import DamagedLockError, Lock, read_lock
from envgen.lock.request import LockRequest
from envgen.lock.requirements import has_requirements, write_requirements
from envgen.lock.sizes import Sizes
from envgen.lock.solver import Solution, Solver

ENVIRONMENTS = "environments"  # beside the matrix: a folder for each cell, with its lock and what is rendered from it
GRACE = 3.0  # seconds in which interrupted calls put away their scratch folders


@dataclass(frozen=True)
class Kept:
    """What was found for a cell.

    Attributes:
        lock: the lock to use, if any.
        unused: why each other one that is there cannot be.
        readable: those of them that are whole and only not of this request or these indexes, the first to be used.
    """

    lock: Lock | None
    unused: Mapping[Path, str] = field(default_factory=dict)
    readable: tuple[Lock, ...] = ()

    def sentences(self, except_for: Path | None = None) -> tuple[str, ...]:
        """Says which locks are not used; not of one that is about to be replaced."""
        return tuple(f"{path} is not used: it is {why}." for path, why in self.unused.items() if path != except_for)


@dataclass
class Locker:
    """Makes and keeps locks; one object per run, safe to use from several threads.

    Attributes:
        folder: where new locks are written, a folder for each cell.
        committed: where locks may be that a maintainer made; they come first, from whichever indexes they were made.
        upgrade: resolve again although a lock of an equal request is there.
        moving: requirements, as `numpy` or `numpy<3`; locks that have one of these packages are resolved again, and no
            other package moves in them.
    """

    configuration: IndexConfiguration
    folder: Path
    committed: tuple[Path, ...] = ()
    upgrade: bool = False
    moving: tuple[str, ...] = ()
    _solver: Solver = field(init=False)
    _sizes: Sizes = field(init=False)
    _origin: Origin = field(init=False)
    _begun: dict[str, float] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._solver = Solver(self.configuration, refresh=self.upgrade, moving=self.moving)
        self._sizes = Sizes(self.configuration.variables.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_FILE"))
        self._origin = recorded_origin(self.configuration)

    def lock(self, request: LockRequest) -> Lock:
        """The lock of a cell: the kept one while its request is unchanged, otherwise a new one.

        Raises:
            LockError: no solution, or an index that cannot be reached; one sentence each.
        """
        kept = self.look(request)
        return kept.lock if kept.lock and not self._moves(kept.lock) else self._make([(request, kept)])[0]

    def look(self, request: LockRequest) -> Kept:
        """The lock that an equal request made before, and why others that are there are not used."""
        unused: dict[Path, str] = {}
        readable: list[Lock] = []
        for folder in dict.fromkeys((*self.committed, self.folder)):
            path = folder / str(request.cell) / "pylock.toml"
            if not path.is_file():
                continue
            try:
                lock = read_lock(path)
            except DamagedLockError as error:
                unused[path] = f"damaged ({error.why})"
                continue
            why = self._unusable(lock, request, committed=folder in self.committed)
            if not why:
                return Kept(replace(lock, instead=Kept(None, unused).sentences()), unused, (lock,))
            unused[path] = why
            readable.append(lock)
        return Kept(None, unused, tuple(readable))

    def kept(self, request: LockRequest) -> Lock | None:
        """The lock that an equal request made before, if it is still there."""
        return self.look(request).lock

    def lock_all(
        self, requests: Sequence[LockRequest], jobs: int = 8, on_done: Callable[[int], None] | None = None
    ) -> dict[str, Lock | LockError]:
        """Locks many cells side by side: cell id to its lock, or to why there is none.

        Args:
            jobs: how many at a time.
            on_done: told after each cell, or more that have one resolution, how many are done.

        Raises:
            EnvgenError: a lock cannot be written.
            KeyboardInterrupt: the user asked to stop; no uv runs any more, and this object locks nothing more.
        """
        outcomes: dict[str, Lock | LockError] = {}
        todo: dict[str, list[tuple[LockRequest, Kept]]] = {}
        for request in requests:
            kept = self.look(request)
            self._learn(kept.readable)
            if kept.lock and not self._moves(kept.lock):
                outcomes[str(request.cell)] = kept.lock
            else:
                todo.setdefault(self._question(request, kept), []).append((request, kept))
        if outcomes and on_done:
            on_done(len(outcomes))
        with closing(self._made(list(todo.values()), jobs)) as groups:  # also when it is `on_done` that is interrupted
            for made in groups:
                outcomes |= made
                if on_done:
                    on_done(len(outcomes))
        return {str(request.cell): outcomes[str(request.cell)] for request in requests}

    def waits_for(self) -> Mapping[str, float]:
        """Cells that are being resolved, and for how many seconds; the longest first."""
        now = time.monotonic()
        with self._guard:
            return {cell: now - since for cell, since in self._begun.items()}

    def _made(
        self, groups: list[list[tuple[LockRequest, Kept]]], jobs: int
    ) -> Generator[dict[str, Lock | LockError], None, None]:
        def one(group: list[tuple[LockRequest, Kept]]) -> dict[str, Lock | LockError]:
            cells = [str(request.cell) for request, _ in group]
            try:
                return dict(zip(cells, self._make(group), strict=True))
            except LockError as error:
                return dict.fromkeys(cells, error)

        crew = Crew(one, groups, jobs)
        try:
            for _, made in crew.results():
                yield made
        except BaseException:
            crew.dismiss()
            self._solver.stop()
            crew.join(GRACE)
            raise

    def _make(self, group: Sequence[tuple[LockRequest, Kept]]) -> list[Lock]:
        """New locks of cells that ask the same."""
        first, kept = group[0]
        with self._guard:
            self._begun[str(first.cell)] = time.monotonic()
        try:
            solution = self._solver.solve(first, self._base(kept))
            sizes = self._sizes.of(solution.document)
            return [self._write(request, kept, solution, sizes) for request, kept in group]
        finally:
            with self._guard:
                del self._begun[str(first.cell)]

    def _write(self, request: LockRequest, kept: Kept, solution: Solution, sizes: Mapping[str, int]) -> Lock:
        path = self.folder / str(request.cell) / "pylock.toml"
        text = lock_text(request, solution, self._origin, self._solver.uv_version, sizes)
        before = next((lock for lock in kept.readable if lock.path == path), None)
        if before and kept.lock and kept.lock.path == path and _same(before, solution):
            return before  # resolved again to the same: the file stays, and with it everything that was made from it
        write_atomically(path, text)
        lock = replace(read_lock(path), instead=kept.sentences(except_for=path), new=True, replaced=before)
        if has_requirements(lock):
            write_requirements(lock)
        return lock

    @property
    def moving_names(self) -> tuple[str, ...]:
        return tuple(Requirement(line).name for line in self.moving)

    def _moves(self, lock: Lock) -> bool:
        """Whether a lock that could be kept is to be resolved again."""
        return self.upgrade or any(lock.version(name) for name in self.moving_names)

    def _base(self, kept: Kept) -> str:
        """The text of the lock whose versions are to stay."""
        if not (self.moving and kept.readable):
            return ""
        return kept.readable[0].path.read_text(encoding="utf-8")

    def _question(self, request: LockRequest, kept: Kept) -> str:
        base = sorted(kept.readable[0].versions.items()) if self.moving and kept.readable else ""
        return f"{request.question} {base}"

    def _unusable(self, lock: Lock, request: LockRequest, *, committed: bool) -> str:
        if lock.request != request.digest:
            return "of another matrix, or of other facts"
        if lock.edited:
            return "not as envgen wrote it"
        if not committed and (difference := _difference(lock.origin, self._origin)):
            return f"of other indexes ({difference})"
        return ""

    def _learn(self, locks: Sequence[Lock]) -> None:
        for lock in locks:
            for package in lock.packages:
                if package.size is not None:
                    self._sizes.know(package.location, package.size)


def _same(lock: Lock, solution: Solution) -> bool:
    files = [package.installed.hashes.sha256 for package in solution.document.packages]
    same = lock.source == solution.source and lock.build == solution.build
    return same and [package.sha256 for package in lock.packages] == files


def recorded_origin(configuration: IndexConfiguration) -> Origin:
    """What a lock records of a configuration: places without user, password and query."""
    places = configured_places(configuration).shown
    return Origin(indexes=() if asks_no_index(configuration) else places.indexes, folders=places.folders)


def _difference(before: Origin | None, now: Origin) -> str:
    """How the configuration changed, in words; nothing when it did not."""
    if before is None:
        return "it does not say which"
    old, new = (*before.indexes, *before.folders), (*now.indexes, *now.folders)
    if old == new:
        return ""
    words = [f"now also {place}" for place in new if place not in old]
    words += [f"no longer {place}" for place in old if place not in new]
    return ", ".join(words) or "in another order"
