"""What becomes of a look at an index: it is guarded, written, held back, or forgotten."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from envgen.compat.published import TORCH
from envgen.compat.read import FactsError
from envgen.compat.snapshot import SUFFIX, Snapshot
from envgen.compat.store import Store
from envgen.compat.words import listed
from envgen.files import write_atomically
from envgen.refresh.difference import Difference, difference
from envgen.refresh.guards import Finding, files_of, findings, some
from envgen.refresh.packages import Followed, Package
from envgen.refresh.report import Outcome, State
from envgen.refresh.survey import Surveyed

DEFAULT = "default"


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
        return self.store.path(package, "" if source == DEFAULT else _folder(source))


@dataclass
class Visit:
    """One package on one index, while a refresh goes on.

    Attributes:
        source: label of the index.
        surveyed: None when the index could not be read.
        finished: whether the index was asked; False after an interruption.
    """

    package: Package
    source: str
    old: Snapshot | None
    surveyed: Surveyed | None = None
    faults: tuple[str, ...] = ()
    held: list[Finding] = field(default_factory=list)
    finished: bool = False

    @property
    def is_default(self) -> bool:
        return self.source == DEFAULT

    @property
    def is_elsewhere(self) -> bool:
        """Whether a further index has not the package and never had, which says nothing."""
        return bool(not self.is_default and self.surveyed and not self.surveyed.snapshot.releases and not self.old)


def settle(visits: Iterable[Visit], target: Target, followed: Followed, *, accept: bool) -> tuple[Outcome, ...]:
    """Writes what the finished visits found, unless something holds it back.

    Args:
        accept: take what the guards found.

    Raises:
        WriteError: a snapshot cannot be written.
    """
    visits = list(visits)
    _guard(visits, followed, accept=accept)
    planned = {each.package.name: _releases(each) for each in visits if each.is_default}
    outcomes = []
    for each in visits:
        if each.is_elsewhere:
            target.path(each.package.name, each.source).unlink(missing_ok=True)  # one that cannot be read
        elif each.finished:
            outcomes.append(_settle(each, target, planned.get(each.package.name, frozenset())))
    return tuple(outcomes)


def drop_other_indexes(store: Store, sources: Iterable[str]) -> tuple[str, ...]:
    """Removes what was seen on indexes that are not configured any more.

    Returns:
        A sentence for each of them.
    """
    if store.user is None:
        return ()
    configured = {_folder(source) for source in sources}
    dropped: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(store.user.glob(f"indexes/*/*{SUFFIX}")):
        if path.parent.name not in configured:
            snapshot = read_or_none(path)
            dropped[snapshot.source.text if snapshot else "An index"].append(path.stem)
            path.unlink(missing_ok=True)
    return tuple(
        f"{index} is not configured any more: what was seen there of {listed(packages)} is dropped."
        for index, packages in dropped.items()
    )


def read_or_none(path: Path) -> Snapshot | None:
    """A snapshot; None when there is none that can be read."""
    try:
        return Snapshot.read(path)
    except FactsError:
        return None


def _folder(source: str) -> str:
    """The name of the folder for a further index: its address may hold anything."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def _guard(visits: list[Visit], followed: Followed, *, accept: bool) -> None:
    ours = {each.package.name: each for each in visits if each.is_default}
    new = {name: each.surveyed.snapshot for name, each in ours.items() if each.finished and each.surveyed}
    for name in [name for name, snapshot in new.items() if not snapshot.releases]:
        ours[name].held.append(_nothing_left(name))
        del new[name]
    if accept:
        return
    old = {name: each.old for name, each in ours.items() if each.old}
    for finding in findings(old, new, followed.known):
        ours[finding.package].held.append(finding)
    for each in visits:
        if not each.is_default and each.old and each.surveyed:
            each.held += files_of(each.old, each.surveyed.snapshot)


def _nothing_left(name: str) -> Finding:
    sentence = (
        f"The default index has no file of {name} any more. Nothing could be planned then: --accept leaves it too."
    )
    return Finding("vanished", name, name, sentence)


def _settle(each: Visit, target: Target, planned: Collection[str]) -> Outcome:
    name, index = each.package.name, "" if each.is_default else each.source
    if each.surveyed is None:
        return Outcome(name, index, State.FAILED, faults=each.faults, kept=each.old is not None)
    new = each.surveyed.snapshot
    differs = difference(each.old, new)
    if each.held:
        return Outcome(name, index, State.HELD, differs, tuple(each.held), each.faults, kept=each.surveyed.kept)
    path = target.path(name, each.source)
    damaged = path.exists() and read_or_none(path) is None
    if not new.releases and not each.is_default:
        path.unlink(missing_ok=True)
    # The same facts of the same day as those bundled need no second file.
    elif differs or damaged or each.old is None or new.taken != each.old.taken:
        write_atomically(path, new.text)
    state = State.NEW if differs else State.RENEWED if damaged else State.UNCHANGED
    notes = () if each.is_default else (*_by_name_only(differs, planned), *_unlabelled(name, differs, planned))
    return Outcome(name, index, state, differs, faults=each.faults, kept=each.surveyed.kept, notes=notes)


def _releases(each: Visit) -> frozenset[str]:
    """The releases of the default index, by which a plan goes."""
    taken = each.surveyed.snapshot if each.surveyed and not each.held else each.old
    return frozenset(version.public for version in taken.releases) if taken else frozenset()


def _by_name_only(differs: Difference, planned: Collection[str]) -> tuple[str, ...]:
    unknown = [version for version in differs.added if version.public not in planned]
    if not unknown:
        return ()
    return (f"{some(unknown)}: seen by name only; the plan knows a release from the default index alone.",)


def _unlabelled(package: str, differs: Difference, planned: Collection[str]) -> tuple[str, ...]:
    """Builds of torch whose names do not tell their CUDA, as those of the default index do not."""
    found = [version for version in differs.added if version.local is None and version.public in planned]
    if package != TORCH or not found:
        return ()
    return (f"{some(found)}: without a label such as +cpu, which tells the CUDA of a build; no plan goes by it.",)
