"""The extension's source: a folder hashed and copied, or a source distribution fetched from the index."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from envgen.run.folders import remove_tree
from envgen.spec.matrix import Extension

# What builds and tools leave beside the source; never part of it.
LEFT_BY_TOOLS = shutil.ignore_patterns(
    ".git", ".envgen", ".nox", ".venv", "__pycache__", "build", "dist", "*.egg-info", "*.so", "*.o", "*.pyd", "*.pyc"
)


def source_digest(extension: Extension) -> str:
    """A hash over the source's files: names, whether they are programs, contents; or over what the index calls it."""
    digest = hashlib.sha256()
    if extension.path is None:
        digest.update(f"{extension.source} {extension.sha256 or ''}".encode())
        return digest.hexdigest()
    for path in _files(extension.path):
        digest.update(os.fsencode(path.relative_to(extension.path).as_posix()) + b"\0")
        link = os.fsencode(path.readlink()) if path.is_symlink() else b""
        content = path.read_bytes() if path.is_file() else b""
        digest.update(bytes([os.access(path, os.X_OK)]))
        digest.update(hashlib.sha256(link).digest() + hashlib.sha256(content).digest())
    return digest.hexdigest()


def copy_source(extension: Extension, target: Path) -> None:
    """A private copy to build in, so that builds neither meet each other nor litter the user's folder."""
    remove_tree(target)
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
        elif entry.is_symlink() or entry.is_file():
            yield entry
