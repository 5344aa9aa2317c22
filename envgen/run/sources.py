"""The extension's source: a folder hashed and copied, or a source distribution fetched from the index."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from pathlib import Path

from envgen.run.folders import remove_tree
from envgen.source import source_entries
from envgen.spec.matrix import Extension


def source_digest(extension: Extension) -> str:
    """A hash over the source's files: names, whether they are programs, contents; or over what the index calls it.

    What cannot be read is no obstacle yet: it is said by the cell that copies it.
    """
    digest = hashlib.sha256()
    if extension.path is None:
        digest.update(f"{extension.source} {extension.sha256 or ''}".encode())
        return digest.hexdigest()
    try:
        for path in source_entries(extension.path):
            if path.is_symlink() or not path.is_dir():  # whether there is an empty folder decides nothing
                _add(digest, path, path.relative_to(extension.path))
    except OSError as error:
        digest.update(f"{error}".encode())
    return digest.hexdigest()


def _add(digest: hashlib._Hash, path: Path, name: Path) -> None:
    digest.update(os.fsencode(name.as_posix()) + b"\0")
    link = os.fsencode(path.readlink()) if path.is_symlink() else b""
    content = path.read_bytes() if path.is_file() else b""
    digest.update(bytes([os.access(path, os.X_OK)]))
    digest.update(hashlib.sha256(link).digest() + hashlib.sha256(content).digest())


def copy_source(extension: Extension, target: Path) -> None:
    """A private copy to build in, so that builds neither meet each other nor litter the user's folder.

    Raises:
        OSError: a part of the source cannot be read, or is nothing that can be copied.
    """
    remove_tree(target)
    target.mkdir(parents=True)
    if extension.path is None:
        return
    for path in source_entries(extension.path):
        copy = target / path.relative_to(extension.path)
        if path.is_symlink():
            copy.symlink_to(path.readlink(), target_is_directory=path.is_dir())
        elif path.is_dir():
            copy.mkdir()
        elif path.is_file():
            shutil.copy2(path, copy)
        else:
            raise OSError(errno.EINVAL, "the source holds a pipe, a socket or a device", str(path))
