"""What a cell built, file by file, and what comes of it when one binary in it is another cell's."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_TAGS = re.compile(r"\.(?:cpython-|cp3|abi3)[^./]*(?=\.)")  # Python's and the platform's, in a module's file name
ENDINGS = (".so", ".pyd", ".dll", ".dylib")


@dataclass(frozen=True)
class Artifact:
    """A built folder.

    Attributes:
        digests: file, relative and with slashes, to the hash of its content; Python's caches are no part of it.
    """

    folder: Path
    digests: Mapping[str, str]

    @classmethod
    def read(cls, folder: Path) -> Artifact:
        """Reads every file.

        Raises:
            OSError: one cannot be read.
        """
        return cls(folder, dict(sorted(_digests(folder))))

    @property
    def binaries(self) -> tuple[str, ...]:
        """The shared libraries in it."""
        return tuple(file for file in self.digests if file.endswith(ENDINGS) or ".so." in PurePosixPath(file).name)


@dataclass(frozen=True)
class Composition:
    """The folder that is loaded: a base, without some of its files and with others from elsewhere.

    Attributes:
        added: file in the folder to where it comes from.
    """

    base: Path
    removed: tuple[str, ...] = ()
    added: tuple[tuple[str, Path], ...] = ()
    digests: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """A hash over all its files."""
        return hashlib.sha256(json.dumps(self.digests).encode()).hexdigest()


def whole(built: Artifact) -> Composition:
    """All that a cell built."""
    return Composition(built.folder, digests=tuple(built.digests.items()))


def with_binary(built: Artifact, file: str, around: Artifact) -> Composition:
    """What a cell built, with one binary from elsewhere in the place of its own.

    Args:
        built: where the binary comes from.
        around: everything else; its binary of the same name is taken out, whatever Python's tag says in the name.
    """
    removed = tuple(own for own in around.binaries if untagged(own) == untagged(file))
    digests = {name: digest for name, digest in around.digests.items() if name not in removed}
    digests[file] = built.digests[file]
    return Composition(around.folder, removed, ((file, built.folder / file),), tuple(sorted(digests.items())))


def untagged(file: str) -> str:
    """A binary's file without the tags of Python and platform in its name: `pkg/_C.so`."""
    return _TAGS.sub("", file)


def _digests(folder: Path) -> Iterator[tuple[str, str]]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            with path.open("rb") as content:
                yield path.relative_to(folder).as_posix(), hashlib.file_digest(content, "sha256").hexdigest()
