"""What builders give to the compilers of other systems, from the dated data file beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import yaml

FILE = Path(__file__).with_name("toolchains.yaml")


@dataclass(frozen=True)
class Toolchains:
    """Options of compilers and linkers.

    Attributes:
        msvc_compile: of every unit, by setuptools.
        msvc_torch: of every unit, by torch.
        cudafe: warnings that torch silences.
        msvc_same: an option of gcc to the one that means the same.
        msvc_meaningless, macos_meaningless: options of gcc that say nothing there.
    """

    msvc_compile: tuple[str, ...]
    msvc_torch: tuple[str, ...]
    cudafe: tuple[str, ...]
    msvc_link: tuple[str, ...]
    msvc_same: Mapping[str, str]
    msvc_meaningless: frozenset[str]
    macos_meaningless: frozenset[str]

    @classmethod
    @cache
    def load(cls) -> Self:
        """The shipped file."""
        document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
        msvc = document["msvc"]
        return cls(
            msvc_compile=tuple(msvc["compile"]["options"]),
            msvc_torch=tuple(msvc["torch"]["options"]),
            cudafe=tuple(msvc["cudafe"]["options"]),
            msvc_link=tuple(msvc["link"]["options"]),
            msvc_same=msvc["same"]["options"],
            msvc_meaningless=frozenset(msvc["meaningless"]["options"]),
            macos_meaningless=frozenset(document["macos"]["meaningless"]["options"]),
        )
