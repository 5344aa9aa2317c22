"""A refresh: every followed package surveyed, compared, guarded and written; what fails keeps its old facts."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Protocol

from envgen.compat.read import FactsError
from envgen.compat.snapshot import Snapshot
from envgen.index import IndexFault, Listing, Reader
from envgen.refresh.inside import Found
from envgen.refresh.look import look_into
from envgen.refresh.packages import Followed, Inside, Package
from envgen.refresh.report import Report
from envgen.refresh.settle import DEFAULT, Target, Visit, drop_other_indexes, read_or_none, settle
from envgen.refresh.survey import Look, survey

PATIENCE = 60.0
_PATIENCE = 4  # looks that may fail before one succeeds; then an index is not asked for more


class Observer(Protocol):
    """Is told how far a refresh is."""

    def surveys(self, package: str) -> None: ...
    def looked(self, package: str, files: int) -> None: ...


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
        KeyboardInterrupt: the user stopped it; the packages that were finished are written.
    """
    started, asked, received = time.monotonic(), reader.requests, reader.bytes_received
    visits = list(_visits(reader, target, followed))
    try:
        _look_at_all(visits, reader, today, observer, patience, again=again)
    except KeyboardInterrupt:
        settle(visits, target, followed, accept=accept)  # what is finished by now
        raise
    return Report(
        settle(visits, target, followed, accept=accept),
        dropped=() if target.repository else drop_other_indexes(target.store, reader.sources),
        looked=sum(each.surveyed.looked for each in visits if each.surveyed),
        requests=reader.requests - asked,
        megabytes=(reader.bytes_received - received) / 1e6,
        seconds=time.monotonic() - started,
    )


def _visits(reader: Reader, target: Target, followed: Followed) -> Iterator[Visit]:
    for package in followed.packages:
        for source in reader.sources:
            if source == DEFAULT:
                yield Visit(package, source, _old(target, package.name))
            elif package.everywhere and not target.repository:
                yield Visit(package, source, read_or_none(target.path(package.name, source)))


def _old(target: Target, package: str) -> Snapshot | None:
    try:
        return target.store.read([package]).by_package[package].snapshot
    except FactsError:  # of a package that is followed from now on
        return None


def _look_at_all(
    visits: Iterable[Visit], reader: Reader, today: date, observer: Observer, patience: float, *, again: bool
) -> None:
    silent: defaultdict[str, float] = defaultdict(float)
    for each in visits:
        if silent[each.source] > patience:
            each.faults = (f"{each.package.name} was not asked for, as the index had answered nothing before.",)
        else:
            began = time.monotonic()
            _look_at(each, reader, today, observer, again=again)
            failed = each.surveyed is None and each.faults
            silent[each.source] = silent[each.source] + time.monotonic() - began if failed else -math.inf
        each.finished = True


def _look_at(each: Visit, reader: Reader, today: date, observer: Observer, *, again: bool) -> None:
    package = each.package
    observer.surveys(package.name)
    try:
        listing = reader.listing(package.name, each.source)
    except IndexFault as fault:
        each.faults = (fault.what,)
        return
    if each.is_default and (listing is None or not (listing.files or each.old)):
        each.faults = (f"The default index has no {package.name}.",)
        return
    if not each.is_default:  # names tell the builds there; what is inside is told by the default index's
        package = Package(package.name, package.since, Inside.NOTHING, everywhere=True)
    listing = listing or Listing.of(package.name, each.source, ())
    look = _Patient(reader, package.name, observer).look
    each.surveyed = survey(package, listing, each.old, today, look, again=again)
    each.faults = each.surveyed.faults


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
