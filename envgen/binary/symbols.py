"""The names that a binary takes from others and those that it gives, gathered while it is read."""

from __future__ import annotations


class Symbols:
    """Gathers names; one that is defined is not asked of others."""

    def __init__(self) -> None:
        self._defined: set[str] = set()
        self._asked: set[str] = set()
        self._needed: set[str] = set()

    def define(self, name: str) -> None:
        self._defined.add(name)

    def ask_for(self, name: str, *, weak: bool = False) -> None:
        self._asked.add(name)
        if not weak:
            self._needed.add(name)

    @property
    def imports(self) -> frozenset[str]:
        return frozenset(self._asked - self._defined)

    @property
    def weak_imports(self) -> frozenset[str]:
        return frozenset(self._asked - self._needed - self._defined)

    @property
    def exports(self) -> frozenset[str]:
        return frozenset(self._defined)
