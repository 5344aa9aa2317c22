"""What predictions rest on: facts, what torch releases and interpreters export, and how torch's types lie in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from envgen.cell import PythonVersion
from envgen.compat.facts import Facts
from envgen.compat.read import source_of
from envgen.compat.verdict import Source
from envgen.prediction.consequences import Consequences
from envgen.prediction.systems import Systems
from envgen.symbols import SymbolIndex

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class PythonExports:
    """Which functions and data each CPython defines for extensions.

    Attributes:
        exports: name to the Pythons that have it.
    """

    pythons: tuple[PythonVersion, ...]
    exports: Mapping[str, frozenset[PythonVersion]]
    source: Source

    @classmethod
    def read(cls, path: Path) -> Self:
        content = json.loads(path.read_text(encoding="utf-8"))
        exports = {}
        for texts, names in content["exports"].items():
            exports.update(dict.fromkeys(names, frozenset(map(PythonVersion.parse, texts.split()))))
        pythons = tuple(map(PythonVersion.parse, content["pythons"]))
        return cls(pythons, exports, source_of(content["source"], path))

    def missing(self, python: PythonVersion, names: tuple[str, ...]) -> tuple[str, ...] | None:
        """Those of the names that an interpreter does not define; None when it is not known what it defines."""
        if python not in self.pythons:
            return None
        return tuple(name for name in names if python not in self.exports.get(name, ()))


@dataclass(frozen=True, eq=False)
class Knowledge:
    """Everything that the rules look things up in."""

    facts: Facts
    symbols: SymbolIndex
    pythons: PythonExports
    consequences: Consequences
    systems: Systems

    @classmethod
    def current(cls) -> Self:
        """With the newest facts and all the symbols there are on this machine."""
        return cls.of(Facts.current(), SymbolIndex.current())

    @classmethod
    def of(cls, facts: Facts, symbols: SymbolIndex) -> Self:
        """With the data that ships beside this file."""
        return cls(facts, symbols, *_shipped())


@cache
def _shipped() -> tuple[PythonExports, Consequences, Systems]:
    return (
        PythonExports.read(DATA / "cpython.json"),
        Consequences.read(DATA / "layout.yaml"),
        Systems.read(DATA / "systems.yaml"),
    )
