"""Where snapshots lie: bundled with envgen, and newer ones in the user's cache."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import platformdirs

from envgen.compat.read import FactsError
from envgen.compat.snapshot import SUFFIX, Snapshot

VARIABLE = "ENVGEN_FACTS"
BUNDLED = Path(__file__).parent / "data" / "packages"


class Origin(StrEnum):
    BUNDLED = "bundled"
    CACHE = "cache"


@dataclass(frozen=True)
class Held:
    """A snapshot, and the file it was read from."""

    snapshot: Snapshot
    origin: Origin
    path: Path


@dataclass(frozen=True)
class Holdings:
    """What a store has.

    Attributes:
        by_package: the newer of the bundled snapshot and the user's, of each package.
        further: snapshots of the user's further indexes, in the order of their folders' names.
        notices: one sentence for each file that could not be used.
    """

    by_package: Mapping[str, Held]
    further: tuple[Held, ...]
    notices: tuple[str, ...]

    def snapshots(self) -> dict[str, Snapshot]:
        return {package: held.snapshot for package, held in self.by_package.items()}


@dataclass(frozen=True)
class Store:
    """Two folders of snapshots.

    Attributes:
        user: the user's; None when only what is bundled counts.
    """

    user: Path | None
    bundled: Path = BUNDLED

    @classmethod
    def of(cls, environ: Mapping[str, str] | None = None) -> Store:
        """The store that `ENVGEN_FACTS` names: a folder, or `bundled` for none; by default the user's cache."""
        chosen = (os.environ if environ is None else environ).get(VARIABLE)
        if chosen == Origin.BUNDLED:
            return cls(None)
        return cls(
            Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("envgen", appauthor=False) / "facts"
        )

    def packages(self) -> tuple[str, ...]:
        """The packages of which there is a bundled snapshot."""
        return tuple(sorted(path.stem for path in self.bundled.glob(f"*{SUFFIX}")))

    def read(self, packages: Iterable[str]) -> Holdings:
        """The snapshots of some packages.

        Raises:
            FactsError: neither the bundled snapshot of one nor the user's can be used.
        """
        notices: list[str] = []
        by_package = {package: self._newer(package, notices) for package in packages}
        further = tuple(held for package in by_package for held in self._further(package, notices))
        return Holdings(by_package, further, tuple(notices))

    def path(self, package: str, index: str = "") -> Path:
        """Where the user's snapshot of a package belongs.

        Args:
            index: name of the folder of a further index; empty for the default one.
        """
        if self.user is None:
            raise FactsError(
                f"{VARIABLE} says that only the bundled facts count.", "Unset it to keep others beside them."
            )
        folder = self.user / "indexes" / index if index else self.user / "packages"
        return folder / f"{package}{SUFFIX}"

    def _newer(self, package: str, notices: list[str]) -> Held:
        own = self._usable(self.path(package), notices) if self.user else None
        try:
            bundled = Snapshot.read(self.bundled / f"{package}{SUFFIX}")
        except FactsError:
            if own is None:
                raise
            return own
        # Of the same day, the user's was taken later: a refresh starts from what is bundled.
        return (
            own
            if own and own.snapshot.taken >= bundled.taken
            else Held(bundled, Origin.BUNDLED, self.bundled / f"{package}{SUFFIX}")
        )

    def _further(self, package: str, notices: list[str]) -> Iterator[Held]:
        if self.user is None:
            return
        for path in sorted(self.user.glob(f"indexes/*/{package}{SUFFIX}")):
            if held := self._usable(path, notices):
                yield held

    @staticmethod
    def _usable(path: Path, notices: list[str]) -> Held | None:
        if not path.exists():
            return None
        try:
            return Held(Snapshot.read(path), Origin.CACHE, path)
        except FactsError as error:
            notices.append(f"{error.what} It is left aside; `envgen facts refresh` writes it anew.")
            return None
