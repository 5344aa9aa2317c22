"""A refresh: every followed package surveyed, compared, guarded and written; what fails keeps its old facts."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from envgen.compat.read import FactsError
from envgen.compat.snapshot import SUFFIX, Snapshot
from envgen.compat.store import Store
from envgen.files import write_atomically
from envgen.index import IndexFault, Listing, Reader
from envgen.refresh.difference import difference
from envgen.refresh.guards import Finding, findings
from envgen.refresh.inside import Found
from envgen.refresh.look import look_into
from envgen.refresh.packages import Followed, Inside, Package
from envgen.refresh.report import Outcome, Report, State
from envgen.refresh.survey import Look, Surveyed, survey

DEFAULT = "default"
PATIENCE = 60.0
_AT_ONCE = 8  # files looked into at the same time: nearly all of a look is waiting
_PATIENCE = 4  # looks that may fail before one succeeds; then an index is not asked for more


class Observer(Protocol):
    """Is told how far a refresh is."""

    def surveys(self, package: str) -> None: ...
    def looked(self, package: str, files: int) -> None: ...


@dataclass(frozen=True)
class Target:
    """Where old snapshots are and new ones go.

    Attributes:
        store: the old ones.
        repository: the folder of bundled snapshots, when those are to be written; None for the user's own.
    """

    store: Store
    repository: Path | None = None

    def path(self, package: str, source: str) -> Path:
        if self.repository:
            return self.repository / f"{package}{SUFFIX}"
        return self.store.path(package, "" if source == DEFAULT else index_folder(source))


@dataclass
class _Survey:
    """One package on one index, while a refresh goes on."""

    package: Package
    source: str
    old: Snapshot | None
    surveyed: Surveyed | None = None
    faults: tuple[str, ...] = ()
    held: list[Finding] = field(default_factory=list)


def refresh(
    reader: Reader,
    target: Target,
    followed: Followed,
    today: date,
    observer: Observer,
    *,
    again: bool = False,
    accept: bool = False,
    patience: float = PATIENCE,
) -> Report:
    """Brings the snapshots up to date with the indexes.

    Args:
        patience: seconds for an index that answers nothing; then it is not asked for the other packages.
        again: look into every file, known or not.
        accept: take what the guards found.

    Raises:
        WriteError: a snapshot cannot be written.
    """
    started, asked, received = time.monotonic(), reader.requests, reader.bytes_received
    surveys = list(_surveys(reader, target, followed))
    silent: defaultdict[str, float] = defaultdict(float)
    for each in surveys:
        if silent[each.source] > patience:
            each.faults = (f"{each.package.name} was not asked for, as the index had answered nothing before.",)
            continue
        began = time.monotonic()
        _look_at(each, reader, today, observer, again=again)
        if each.surveyed is None and each.faults:
            silent[each.source] += time.monotonic() - began
        else:
            silent[each.source] = -math.inf
    _guard(surveys, followed, accept=accept)
    outcomes = tuple(_settle(each, target) for each in surveys if not _is_elsewhere(each, target))
    if not target.repository:
        _forget_other_indexes(target.store, reader)
    return Report(
        outcomes,
        looked=sum(each.surveyed.looked for each in surveys if each.surveyed),
        requests=reader.requests - asked,
        megabytes=(reader.bytes_received - received) / 1e6,
        seconds=time.monotonic() - started,
    )


def index_folder(source: str) -> str:
    """The name of the folder for a further index: its address may hold anything."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def _surveys(reader: Reader, target: Target, followed: Followed) -> Iterator[_Survey]:
    for package in followed.packages:
        for source in reader.sources:
            if source == DEFAULT:
                yield _Survey(package, source, _old(target, package.name))
            elif package.everywhere and not target.repository:
                yield _Survey(package, source, _old_further(target.path(package.name, source)))


def _old(target: Target, package: str) -> Snapshot | None:
    try:
        return target.store.read([package]).by_package[package].snapshot
    except FactsError:  # of a package that is followed from now on
        return None


def _old_further(path: Path) -> Snapshot | None:
    try:
        return Snapshot.read(path)
    except FactsError:
        return None


def _look_at(each: _Survey, reader: Reader, today: date, observer: Observer, *, again: bool) -> None:
    observer.surveys(each.package.name)
    try:
        listing = reader.listing(each.package.name, each.source)
    except IndexFault as fault:
        each.faults = (fault.what,)
        return
    if listing is None:
        if each.source == DEFAULT:
            each.faults = (f"The default index has no {each.package.name}.",)
        return
    package = each.package
    if each.source != DEFAULT:  # names tell the builds there; what is inside is told by the default index's
        package = Package(package.name, package.since, Inside.NOTHING, everywhere=True)
    each.surveyed = _with_looks(package, listing, each.old, reader, today, observer, again=again)
    each.faults = each.surveyed.faults


def _with_looks(
    package: Package,
    listing: Listing,
    old: Snapshot | None,
    reader: Reader,
    today: date,
    observer: Observer,
    *,
    again: bool,
) -> Surveyed:
    patient = _Patient(reader, package.name, observer)
    with ThreadPoolExecutor(_AT_ONCE) as executor:
        try:
            return survey(package, listing, old, today, patient.look, executor, again=again)
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


class _Patient:
    """Looks into files until it is plain that the index gives none; for several threads."""

    def __init__(self, reader: Reader, package: str, observer: Observer) -> None:
        self._reader = reader
        self._package = package
        self._observer = observer
        self._guard = threading.Lock()
        self._read = 0
        self._failed = 0

    def look(self, look: Look) -> Found:
        with self._guard:
            given_up = self._failed >= _PATIENCE and not self._read
        if given_up:
            raise IndexFault("The rest was not tried, as nothing could be read before.")
        try:
            found = look_into(self._reader, look)
        except IndexFault:
            self._count(read=False)
            raise
        self._count(read=not found.fault)
        return found

    def _count(self, *, read: bool) -> None:
        with self._guard:
            self._read += read
            self._failed += not read
            done = self._read + self._failed
        self._observer.looked(self._package, done)


def _guard(surveys: list[_Survey], followed: Followed, *, accept: bool) -> None:
    if accept:
        return
    ours = [each for each in surveys if each.source == DEFAULT]
    old = {each.package.name: each.old for each in ours if each.old}
    new = {each.package.name: each.surveyed.snapshot for each in ours if each.surveyed}
    by_package: Mapping[str, _Survey] = {each.package.name: each for each in ours}
    for finding in findings(old, new, followed.known):
        by_package[finding.package].held.append(finding)


def _is_elsewhere(each: _Survey, target: Target) -> bool:
    """Whether a further index has not the package, which says nothing; what it had is forgotten."""
    if each.surveyed or each.faults:
        return False
    target.path(each.package.name, each.source).unlink(missing_ok=True)
    return True


def _settle(each: _Survey, target: Target) -> Outcome:
    """Writes a new snapshot unless something holds it back."""
    index = "" if each.source == DEFAULT else each.source
    if each.surveyed is None:
        return Outcome(each.package.name, index, State.FAILED, faults=each.faults)
    new = each.surveyed.snapshot
    differs = difference(each.old, new)
    if each.held:
        return Outcome(each.package.name, index, State.HELD, differs, tuple(each.held), each.faults)
    path = target.path(each.package.name, each.source)
    # The same facts of the same day as those bundled need no second file.
    if differs or each.old is None or new.taken != each.old.taken:
        write_atomically(path, new.text)
    state = State.NEW if differs else State.UNCHANGED
    return Outcome(each.package.name, index, state, differs, faults=each.faults)


def _forget_other_indexes(store: Store, reader: Reader) -> None:
    """Removes what was seen on indexes that are not configured any more."""
    if store.user is None:
        return
    configured = {index_folder(source) for source in reader.sources}
    for path in store.user.glob(f"indexes/*/*{SUFFIX}"):
        if path.parent.name not in configured:
            path.unlink(missing_ok=True)
