"""Which names are missing in which release of torch, for all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self, TypeVar

from packaging.version import Version

from envgen.compat.read import FactsError
from envgen.compat.records import Platform
from envgen.symbols.container import IndexDamaged
from envgen.symbols.layout import Groups, Layout, Layouts
from envgen.symbols.names import is_torch_name
from envgen.symbols.store import SHIPPED, IndexStore
from envgen.symbols.table import Column, Masks, SymbolTable

_T = TypeVar("_T")


@dataclass(frozen=True)
class _Part:
    """What one table says of the names."""

    table: SymbolTable
    number: int
    masks: Masks


@dataclass(frozen=True)
class Presence:
    """What the releases for one platform have of some names.

    Attributes:
        names: those asked for that are torch's, sorted; of others nothing is said.
    """

    names: tuple[str, ...]
    _parts: Mapping[Version, _Part] = field(repr=False)

    @cached_property
    def _row(self) -> Mapping[str, int]:
        return {name: row for row, name in enumerate(self.names)}

    @property
    def releases(self) -> tuple[Version, ...]:
        """Those whose symbols are known, ascending."""
        return tuple(self._parts)

    def missing(self, release: Version, *, with_cuda: bool) -> tuple[str, ...] | None:
        """The names that no library of a release exports; None when the release is not in the index.

        Args:
            with_cuda: whether it is a build with CUDA. Where only a build without was read, nothing is said of names
                that speak of CUDA.
        """
        part = self._parts.get(release)
        if part is None:
            return None
        masks = part.masks[:, part.number] & part.table.bits(with_cuda=with_cuda)
        found = (self.names[row] for row in (masks == 0).nonzero()[0])
        judged = not with_cuda or bool(part.table.columns[part.number].cuda)
        return tuple(name for name in found if judged or "cuda" not in name.lower())

    def libraries(self, release: Version, name: str) -> tuple[str, ...]:
        """The libraries of a release that export a name: `torch_cpu`, `torch_cuda`; empty when none does."""
        part, row = self._parts.get(release), self._row.get(name)
        if part is None or row is None:
            return ()
        mask = int(part.masks[row, part.number])
        return tuple(library for bit, library in enumerate(part.table.libraries) if mask >> bit & 1)

    def column(self, release: Version) -> Column | None:
        """What the symbols of a release were read from."""
        part = self._parts.get(release)
        return part.table.columns[part.number] if part else None


class SymbolIndex:
    """The symbols and layouts of releases, read when they are asked for.

    Args:
        store: where they lie.
    """

    def __init__(self, store: IndexStore) -> None:
        self._store = store
        self._tables: dict[Platform, tuple[SymbolTable, ...]] = {}
        self._layouts: dict[Platform, dict[Version, Layout]] = {}
        self._notices: list[str] = []

    @classmethod
    def current(cls) -> Self:
        """What is shipped, and what the user's cache adds to it."""
        return cls(IndexStore.of())

    @property
    def notices(self) -> tuple[str, ...]:
        """One sentence for each of the user's files that could not be used so far."""
        return tuple(self._notices)

    @cached_property
    def groups(self) -> Groups:
        """The groups of types that layouts are compared by."""
        return Groups.read(SHIPPED / "layout_groups.yaml")

    def releases(self, platform: Platform) -> tuple[Version, ...]:
        """The releases whose symbols are known on a platform, ascending.

        Raises:
            IndexDamaged: what is shipped is not what was shipped.
        """
        return tuple(column.release for column in self.columns(platform))

    def columns(self, platform: Platform) -> tuple[Column, ...]:
        """The same, each with what its symbols were read from.

        Raises:
            IndexDamaged: as for `releases`.
        """
        found = {column.release: column for table in self._of(platform) for column in table.columns}
        return tuple(found[release] for release in sorted(found))

    def look_up(self, platform: Platform, names: Iterable[str]) -> Presence:
        """What every release has of some names; those that are not torch's are left out.

        Args:
            names: mangled, such as a binary's imports.

        Raises:
            IndexDamaged: as for `releases`.
        """
        wanted = tuple(sorted({name for name in names if is_torch_name(name)}))
        parts: dict[Version, _Part] = {}
        for table in self._of(platform):
            masks = table.masks(wanted)
            parts |= {column.release: _Part(table, number, masks) for number, column in enumerate(table.columns)}
        return Presence(wanted, dict(sorted(parts.items())))

    def missing(
        self, release: Version, platform: Platform, names: Iterable[str], *, with_cuda: bool
    ) -> tuple[str, ...] | None:
        """The names that one release does not export; `look_up` answers for all releases at once.

        Returns:
            None when the release is not in the index.
        """
        return self.look_up(platform, names).missing(release, with_cuda=with_cuda)

    def layout(self, release: Version, platform: Platform) -> Layout | None:
        """How the types of a release lie in memory; None when nobody has looked."""
        return self._layouts_of(platform).get(release)

    def _of(self, platform: Platform) -> Sequence[SymbolTable]:
        if platform not in self._tables:
            read = (self._usable(path, SymbolTable.read) for path in self._store.symbols(platform))
            self._tables[platform] = tuple(table for table in read if table)
        return self._tables[platform]

    def _layouts_of(self, platform: Platform) -> Mapping[Version, Layout]:
        if platform not in self._layouts:
            read = (self._usable(path, Layouts.read) for path in self._store.layouts(platform))
            self._layouts[platform] = {
                release: Layout(release, values, self.groups)
                for layouts in read
                if layouts
                for release, values in layouts.releases.items()
            }
        return self._layouts[platform]

    def _usable(self, path: Path, read: Callable[[Path], _T]) -> _T | None:
        """What a file holds; one of the user's that is damaged is left aside, with a notice."""
        try:
            return read(path)
        except (IndexDamaged, FactsError) as error:
            if path.parent == self._store.shipped:
                raise
            self._notices.append(f"{error.what} It is left aside.")
            return None
