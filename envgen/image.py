"""References to container images: `debian:bookworm-slim`, `host:5000/team/base:1@sha256:...`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from envgen.cell import GrammarError

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?"
_REFERENCE = re.compile(
    rf"(?:(?P<registry>{_HOST})/)?(?P<repository>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.ASCII,
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class ImageReference:
    """An image by its name.

    Attributes:
        registry: host and port; empty for the default one.
        tag: empty where none is written, which means `latest`.
        digest: `sha256:` and 64 digits; empty where it is not pinned.
    """

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The image that a text names.

        Raises:
            GrammarError: it is no reference.
        """
        match = _REFERENCE.fullmatch(text)
        if not match:
            raise GrammarError(f"{text!r} is not an image reference such as ubuntu:24.04")
        registry, repository = match["registry"] or "", match["repository"]
        # As Docker tells a host from the first part of a path.
        if registry and not (set(registry) & {".", ":"} or registry == "localhost" or registry != registry.lower()):
            registry, repository = "", f"{registry}/{repository}"
            if not re.fullmatch(_PART, repository.partition("/")[0], re.ASCII):
                raise GrammarError(f"{text!r} is not an image reference such as ubuntu:24.04")
        return cls(registry, repository, match["tag"] or "", match["digest"] or "")

    def __str__(self) -> str:
        name = f"{self.registry}/{self.repository}" if self.registry else self.repository
        return f"{name}{self.tag and f':{self.tag}'}{self.digest and f'@{self.digest}'}"

    def at(self, digest: str) -> Self:
        """The same image, pinned.

        Raises:
            GrammarError: the text is no digest.
        """
        if not _DIGEST.fullmatch(digest):
            raise GrammarError(f"{digest!r} is not a digest")
        return replace(self, digest=digest)


@dataclass(frozen=True)
class LockedImage:
    """What a registry said of an image.

    Attributes:
        digest: of the index over all its platforms, or of its one manifest.
        platforms: what it is for, such as `linux/arm64`; empty where the registry did not say.
        as_of: the day on which this digest was first read.
        source: the address it was read from.
    """

    digest: str
    platforms: tuple[str, ...]
    as_of: date
    source: str
