"""The `--platform`s of `envgen diagnose`, where they are not tried against torch."""

from __future__ import annotations

from collections.abc import Sequence

from envgen.cell import Arch, GrammarError, Os, OsFamily, PythonVersion
from envgen.compat.records import Platform
from envgen.errors import UsageError
from envgen.prediction.targets import Place


def places(texts: Sequence[str], default: Arch | None) -> tuple[tuple[OsFamily, Arch, Os | None], ...]:
    """System, architecture and, where one is named, its release.

    Raises:
        UsageError: a text names none.
    """
    try:
        found = [Place.parse(text, default or Arch.X86_64) for text in texts]
    except GrammarError as error:
        raise UsageError(f"{error}.", error.remedy or "Write it as macos14-arm64 or linux-x86_64.") from None
    return tuple((*_of(place.platform), place.os) for place in found)


def pythons(texts: Sequence[str]) -> tuple[PythonVersion, ...]:
    """The `--python`s.

    Raises:
        UsageError: a text is none.
    """
    try:
        return tuple(map(PythonVersion.parse, texts))
    except GrammarError as error:
        raise UsageError(f"{error}.") from None


def _of(platform: Platform) -> tuple[OsFamily, Arch]:
    return next((family, arch) for family in OsFamily for arch in Arch if Platform.of(family, arch) is platform)
