"""The axes `compiler`, `gpu` and `driver`: what surrounds a cell, which rules read and a matrix may name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from envgen.cell import GrammarError, SmArch

COMPILER = "compiler"
GPU = "gpu"
DRIVER = "driver"


@dataclass(frozen=True)
class Compiler:
    """A host compiler and its version, or the year of a Visual Studio: `gcc13`, `clang17`, `msvc2022`, `msvc14.38`."""

    family: str
    version: str

    @classmethod
    def parse(cls, text: str) -> Self:
        match = re.fullmatch(r"(gcc|clang|msvc)(\d{1,4}(?:\.\d{1,4}){0,2})", text, re.ASCII)
        if not match:
            raise GrammarError(f"{text!r} is not a compiler such as gcc13, clang17 or msvc2022")
        return cls(match[1], match[2])

    def __str__(self) -> str:
        return f"{self.family}{self.version}"

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment variables that make builds use it; Visual Studio is chosen by its own prompt."""
        if self.family == "gcc":
            return {"CC": f"gcc-{self.version}", "CXX": f"g++-{self.version}"}
        if self.family == "clang":
            return {"CC": f"clang-{self.version}", "CXX": f"clang++-{self.version}"}
        return {}


def parse_driver(text: str) -> str:
    """A version of NVIDIA's driver: `580`, `550.54.15`.

    Raises:
        GrammarError: it is none.
    """
    if not re.fullmatch(r"\d{3}(\.\d{1,3}){0,2}", text, re.ASCII):
        raise GrammarError(f"{text!r} is not a driver version such as 580 or 550.54.15")
    return text


LABELS: Mapping[str, Callable[[str], object]] = {COMPILER: Compiler.parse, GPU: SmArch.parse, DRIVER: parse_driver}
