"""The extension's source: a folder hashed and copied, or a source distribution fetched from the index."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from envgen.spec.matrix import Extension

# What builds and tools leave beside the source; never part of it.
LEFT_BY_TOOLS = shutil.ignore_patterns(
    ".git", ".envgen", ".nox", ".venv", "__pycache__", "build", "dist", "*.egg-info", "*.so", "*.o", "*.pyd", "*.pyc"
)


def source_digest(extension: Extension) -> str:
    """A hash over the source's file names, modes and contents, or over the name and version on the index."""
    digest = hashlib.sha256()
    if extension.path is None:
        digest.update(f"{extension.source} {extension.sha256 or ''}".encode())
        return digest.hexdigest()
    for path in _files(extension.path):
        digest.update(path.relative_to(extension.path).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def copy_source(extension: Extension, target: Path) -> None:
    """A private copy to build in, so that builds neither meet each other nor litter the user's folder."""
    if target.exists():
        shutil.rmtree(target)
    if extension.path is None:
        target.mkdir(parents=True)
        return
    shutil.copytree(extension.path, target, ignore=LEFT_BY_TOOLS, symlinks=True)


def _files(folder: Path) -> Iterator[Path]:
    entries = sorted(folder.iterdir(), key=lambda path: path.name)
    ignored = LEFT_BY_TOOLS(str(folder), [entry.name for entry in entries])
    for entry in entries:
        if entry.name in ignored:
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _files(entry)
        elif entry.is_file():
            yield entry
