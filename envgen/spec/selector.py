"""What may stand for one or many values of an axis: an exact value, a range, `latest`, a glob or an os family.

Here they are only parsed. What they stand for depends on the axis and on what is published; `plan` resolves that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Self, TypeVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from envgen.cell import Cuda, Flavour, GrammarError, Os, OsFamily, PythonVersion, Release, TensorRt

NONE = "none"
HOST = "host"
T = TypeVar("T")


@dataclass(frozen=True)
class Latest:
    """The newest release, or the one so many minors before it: `latest`, `latest-2`."""

    back: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        match = re.fullmatch(r"latest(?:-([1-9]\d?))?", text, re.ASCII)
        if not match:
            raise GrammarError(f"{text!r} is neither latest nor latest-1, latest-2 and so on")
        return cls(int(match[1] or 0))

    def __str__(self) -> str:
        return f"latest-{self.back}" if self.back else "latest"


@dataclass(frozen=True)
class Glob:
    """Every value whose text matches a shell pattern: `ubuntu*`, `cu12*`; upper and lower case differ."""

    pattern: str

    @classmethod
    def parse(cls, text: str) -> Self:
        if not re.fullmatch(r"[A-Za-z0-9._*?\[\]-]*[*?\[][A-Za-z0-9._*?\[\]-]*", text, re.ASCII):
            raise GrammarError(f"{text!r} is not a pattern such as ubuntu* or cu12*")
        return cls(text)

    def matches(self, text: str) -> bool:
        return fnmatchcase(text, self.pattern)

    def __str__(self) -> str:
        return self.pattern


def parse_release_selector(text: str) -> Release | SpecifierSet | Latest:
    """What stands on the torch axis: `2.13`, `2.13.0`, `>=2.9,<2.12`, `latest`, `latest-2`.

    Raises:
        GrammarError: it is none of these.
    """
    return _several_or(Release.parse, text, "a release such as 2.13 or 2.13.0, a range such as >=2.9, or latest")


def parse_tensorrt_value(text: str) -> TensorRt | SpecifierSet | Latest:
    """What stands on the tensorrt axis, but for `none`: `11.1`, `11.1lean`, `>=10.15`, `latest`; both last are full.

    Raises:
        GrammarError: it is none of these.
    """
    words = "a TensorRT such as 11.1, 11.1.0.106, 11.1lean or 11.1dispatch, a range such as >=10, or latest"
    return _several_or(TensorRt.parse, text, words)


def parse_tensorrt_selector(text: str) -> TensorRt | Flavour | SpecifierSet | Latest:
    """What a match says of TensorRT, but for `none`: what stands on the axis, or a flavour (`lean`) with any release.

    A release without a flavour is full, and `latest` too; a range takes every flavour.

    Raises:
        GrammarError: it is none of these.
    """
    return Flavour(text) if text in tuple(Flavour) else parse_tensorrt_value(text)


def _several_or(parse: Callable[[str], T], text: str, words: str) -> T | SpecifierSet | Latest:
    """A range, or `latest`; else one release.

    Args:
        words: for what it is not, where it is none of these.
    """
    if text.startswith("latest"):
        return Latest.parse(text)
    if is_range(text):
        return parse_range(text)
    try:
        return parse(text)
    except GrammarError:
        raise GrammarError(f"{text!r} is not {words}") from None


def parse_python_selector(text: str) -> PythonVersion | SpecifierSet:
    """What a match says of Python: `3.12`, `3.14t`, or a range over minors such as `>=3.10`.

    Raises:
        GrammarError: it is neither.
    """
    return parse_range(text) if is_range(text) else PythonVersion.parse(text)


def parse_cuda_selector(text: str) -> Cuda | SpecifierSet | Glob:
    """What a match says of CUDA: `cpu`, `cu130`, `13.0`, a glob `cu12*`, or a range `>=12.6` (which leaves out cpu).

    Raises:
        GrammarError: it is none of these.
    """
    if is_range(text):
        return parse_range(text)
    return Glob.parse(text) if is_glob(text) else Cuda.parse(text)


def parse_os_selector(text: str) -> Os | OsFamily | Glob:
    """What a match says of the os: `debian12`, a family (`linux`, `windows`, `macos`), or a glob `ubuntu*`.

    Raises:
        GrammarError: it is none of these.
    """
    if is_glob(text):
        return Glob.parse(text)
    try:
        return OsFamily(text)
    except ValueError:
        return Os.parse(text)


def parse_range(text: str) -> SpecifierSet:
    """A range of versions such as `>=2.9,<2.12`, `~=2.9` or `!=2.10`.

    Raises:
        GrammarError: it is not one, or it compares strings (`===`).
    """
    try:
        specifiers = SpecifierSet(text)
    except InvalidSpecifier:
        raise GrammarError(f"{text!r} is not a range of versions such as >=2.9 or >=2.9,<2.12") from None
    if not len(specifiers) or "===" in text:
        raise GrammarError(f"{text!r} is not a range of versions such as >=2.9 or >=2.9,<2.12")
    return specifiers


def is_range(text: str) -> bool:
    return text.lstrip()[:1] in tuple("<>=!~")


def is_glob(text: str) -> bool:
    return any(character in text for character in "*?[")
