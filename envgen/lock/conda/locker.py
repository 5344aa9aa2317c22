"""Making and keeping conda locks: many at once, in one process, and only what is not there yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

from envgen import __version__
from envgen.errors import LockError
from envgen.files import write_atomically
from envgen.lock.conda.channels import ChannelSettings
from envgen.lock.conda.document import BUILD, FILE, content_hashes, entry_of, lockfile_of, read_lockfile, text_of
from envgen.lock.conda.environment_file import environment_file, environment_text
from envgen.lock.conda.executable import CondaExecutable
from envgen.lock.conda.header import Header
from envgen.lock.conda.pip_part import PipPart
from envgen.lock.conda.request import CondaRequest, PlatformRequest
from envgen.lock.conda.solve import Solver

if TYPE_CHECKING:
    from conda_lock.lockfile.v2prelim.models import LockedDependency
    from rattler import RepoDataRecord

CONDA = "conda"  # beside the matrix's locks for pip: environments/conda/NAME/conda-lock.yml
SOLVES = 4  # locks at a time; more gain nothing

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Outcome:
    """What became of a request.

    Attributes:
        path: the lock; None when no platform could be locked.
        packages: platform to how many packages it has.
        made: the platforms that were solved now; the others were kept.
        failures: platform to why it is not in the lock.
    """

    request: CondaRequest
    path: Path | None
    packages: Mapping[str, int]
    made: frozenset[str] = frozenset()
    failures: Mapping[str, LockError] = field(default_factory=dict)


@dataclass(frozen=True)
class Solved:
    """One platform's packages; the records are what the solver knows of them beyond a lock."""

    entries: tuple[LockedDependency, ...]
    records: tuple[RepoDataRecord, ...] = ()

    @property
    def packages(self) -> int:
        """How many are installed."""
        return sum(not entry.categories & BUILD for entry in self.entries)


@dataclass(frozen=True)
class Earlier:
    """What a lock has already, of platforms that stay as they are."""

    header: Header = field(default_factory=Header)
    entries: tuple[LockedDependency, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CondaLocker:
    """Makes and keeps conda locks.

    Attributes:
        settings: what a channel's name stands for.
        folder: where the locks are, a folder for each name.
        root: what a channel that is a relative folder is relative to.
        upgrade: solve again although a lock of an equal request is there.
        pip: locks what no channel has, given the packages that conda has.
        executable: what solves in place of this process.
        also: told of every lock, and of what was solved for it now, to write further files of it.
    """

    settings: ChannelSettings
    folder: Path
    root: Path
    upgrade: bool = False
    pip: PipPart | None = None
    executable: CondaExecutable | None = None
    also: Callable[[CondaRequest, Path, Mapping[str, Solved]], None] | None = None

    def path(self, request: CondaRequest) -> Path:
        return self.folder / request.name / FILE

    def kept(self, request: CondaRequest) -> Mapping[str, int]:
        """The platforms that an equal request locked before, with the number of their packages."""
        header = self._header(request)
        if header is None:
            return {}
        return {
            platform.subdir: header.packages[platform.subdir]
            for platform in request.platforms
            if header.requests.get(platform.subdir) == platform.digest(request.channels)
        }

    def is_current(self, request: CondaRequest) -> bool:
        """Whether the lock has each platform of this request; others that it has are somebody else's matter."""
        return len(self.kept(request)) == len(request.platforms)

    def why_stale(self, request: CondaRequest) -> str:
        """Why its lock would not be kept as it is; nothing when it would."""
        if not self.path(request).is_file():
            return "there is no lock"
        header = self._header(request)
        if header is None:
            return "its lock is not as envgen wrote it"
        kept = self.kept(request)
        lacking = [platform.subdir for platform in request.platforms if platform.subdir not in kept]
        missing = [subdir for subdir in lacking if subdir not in header.requests]
        other = [subdir for subdir in lacking if subdir in header.requests]
        words = [f"its lock has no {', '.join(missing)}"] * bool(missing)
        words += [f"its lock of {', '.join(other)} is of another matrix, or of other facts"] * bool(other)
        return "; ".join(words)

    def lock_all(
        self, requests: Sequence[CondaRequest], on_done: Callable[[int], None] | None = None
    ) -> tuple[Outcome, ...]:
        """Locks many requests, what each has in common with another fetched once.

        Args:
            on_done: told after each request how many are done.

        Raises:
            EnvgenError: the extra `conda` is not installed, or a lock cannot be written.
            KeyboardInterrupt: the user asked to stop; the locks that are written are whole.
        """
        return asyncio.run(self._lock_all(requests, on_done))

    async def _lock_all(
        self, requests: Sequence[CondaRequest], on_done: Callable[[int], None] | None
    ) -> tuple[Outcome, ...]:
        turns = asyncio.Semaphore(SOLVES)
        solver: list[Solver] = []
        done = 0

        async def one(request: CondaRequest) -> Outcome:
            nonlocal done
            async with turns:
                if self.is_current(request) and not self.upgrade:
                    outcome = Outcome(request, self.path(request), self.kept(request))
                    self._complete(request)
                else:
                    solver[:] = solver or [Solver(self.settings, self.root)]  # not made where nothing is to be solved
                    outcome = await self._lock(solver[0], request)
            done += 1
            if on_done:
                on_done(done)
            return outcome

        return tuple(await asyncio.gather(*map(one, requests)))

    async def _lock(self, solver: Solver, request: CondaRequest) -> Outcome:
        kept = {} if self.upgrade else self.kept(request)
        solved: dict[str, Solved] = {}
        failures: dict[str, LockError] = {}
        for platform in request.platforms:
            if platform.subdir in kept:
                continue
            try:
                solved[platform.subdir] = await self._solve(solver, request, platform)
            except LockError as error:
                failures[platform.subdir] = error
        packages = {**kept, **{subdir: found.packages for subdir, found in solved.items()}}
        if solved:
            self._write(request, solved)
        return Outcome(request, self.path(request) if packages else None, packages, frozenset(solved), failures)

    async def _solve(self, solver: Solver, request: CondaRequest, platform: PlatformRequest) -> Solved:
        records: list[RepoDataRecord] = []
        if self.executable:
            entries = await _beside(self.executable, self.executable.solve, platform, request.channels, self.root)
        else:
            records = await solver.solve(platform, request.channels)
            entries = [entry_of(record, platform.subdir, request.channels) for record in records]
        if platform.pip and self.pip:
            entries += await _beside(self.pip, self.pip, platform, [entry.name for entry in entries])
        return Solved(tuple(entries), tuple(records))

    def _write(self, request: CondaRequest, solved: Mapping[str, Solved]) -> None:
        path = self.path(request)
        platforms = [platform for platform in request.platforms if platform.subdir in solved]
        earlier = self._earlier(request, solved)
        hashes = {**earlier.hashes, **content_hashes(platforms, request.channels)}
        header = Header(
            subject=f"{request.name} on {', '.join(sorted(hashes))}",
            command=f"envgen lock --manager conda --upgrade '{request.pattern}'",
            made=self._made(request),
            requests={**earlier.header.requests, **_digests(request, platforms)},
            packages={**earlier.header.packages, **{subdir: found.packages for subdir, found in solved.items()}},
        )
        entries = [*earlier.entries, *(entry for found in solved.values() for entry in found.entries)]
        write_atomically(path, header.above(text_of(lockfile_of(entries, request.channels, hashes))))
        for platform in platforms:
            write_atomically(path.with_name(environment_file(platform.subdir)), environment_text(request, platform))
        if self.also:
            self.also(request, path, solved)

    def _complete(self, request: CondaRequest) -> None:
        """Writes what should lie beside a lock that is kept."""
        for platform in request.platforms:
            beside = self.path(request).with_name(environment_file(platform.subdir))
            if not beside.exists():
                write_atomically(beside, environment_text(request, platform))
        if self.also:
            self.also(request, self.path(request), {})

    def _earlier(self, request: CondaRequest, solved: Mapping[str, Solved]) -> Earlier:
        """What the lock has of other platforms, those not asked for now among them; nothing of other channels."""
        header = self._header(request)
        if header is None or set(header.requests) <= set(solved):
            return Earlier()
        lockfile = read_lockfile(self.path(request))
        if lockfile.metadata.channels != lockfile_of((), request.channels, {}).metadata.channels:
            return Earlier()
        hashes = {name: text for name, text in lockfile.metadata.content_hash.items() if name not in solved}
        of_others = replace(
            header,
            requests={name: digest for name, digest in header.requests.items() if name in hashes},
            packages={name: count for name, count in header.packages.items() if name in hashes},
        )
        return Earlier(of_others, tuple(entry for entry in lockfile.package if entry.platform in hashes), hashes)

    def _made(self, request: CondaRequest) -> str:
        when = datetime.now(UTC).replace(microsecond=0).isoformat()
        solver = self.executable.path.name if self.executable else f"py-rattler {version('py-rattler')}"
        return f"made {when} by envgen {__version__}, {solver}, from {', '.join(request.channels)}"

    def _header(self, request: CondaRequest) -> Header | None:
        try:
            return Header.read(self.path(request).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None


class _Stoppable(Protocol):
    def stop(self) -> None: ...


async def _beside(who: _Stoppable, call: Callable[P, R], /, *arguments: P.args, **options: P.kwargs) -> R:
    """Calls in a thread. An event loop that ends waits for its threads, so an interruption ends what they wait for."""
    try:
        return await asyncio.to_thread(call, *arguments, **options)
    except asyncio.CancelledError:
        who.stop()
        raise


def _digests(request: CondaRequest, platforms: Sequence[PlatformRequest]) -> dict[str, str]:
    return {platform.subdir: platform.digest(request.channels) for platform in platforms}
