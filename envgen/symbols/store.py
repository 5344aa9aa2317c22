"""Where indexes lie: shipped with envgen, and those of further releases in the user's cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from envgen.compat.records import Platform
from envgen.compat.store import Store

SHIPPED = Path(__file__).parent / "data"
SYMBOLS, LAYOUTS = ".symbols", ".layout.json"


@dataclass(frozen=True)
class IndexStore:
    """Two folders of indexes.

    Attributes:
        user: the user's; None when only what is shipped counts.
    """

    user: Path | None
    shipped: Path = SHIPPED

    @classmethod
    def of(cls, environ: Mapping[str, str] | None = None) -> IndexStore:
        """Beside the user's facts; `ENVGEN_FACTS` says where, as for those."""
        facts = Store.of(environ).user
        return cls(facts / "symbols" if facts else None)

    def symbols(self, platform: Platform) -> tuple[Path, ...]:
        """The files with symbols of a platform; the user's last, for they were made later."""
        own = self.user.glob(f"{platform}-*{SYMBOLS}") if self.user else ()
        return (*self.shipped.glob(f"{platform}{SYMBOLS}"), *sorted(own))

    def layouts(self, platform: Platform) -> tuple[Path, ...]:
        """The files with layouts of a platform, in the same order."""
        own = self.user.glob(f"{platform}-*{LAYOUTS}") if self.user else ()
        return (*self.shipped.glob(f"{platform}{LAYOUTS}"), *sorted(own))

    def path(self, platform: Platform, release: Version, ending: str) -> Path | None:
        """Where the user's file of one release belongs; None when there is no place for it."""
        return self.user / f"{platform}-{release}{ending}" if self.user else None
