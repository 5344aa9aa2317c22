"""Files into a container and out of it, as archives: an engine may be on another machine, and has other users."""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docker.models.containers import Container

IN_MEMORY = 1 << 24  # bytes of an archive, before it is kept on disk


def put(container: Container, folder: PurePosixPath, own: str, copies: str, files: Iterable[Path], user: int) -> None:
    """Makes two folders in `folder`: `own`, empty, of that user; `copies`, with copies of files, of the superuser."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, owner in ((own, user), (copies, 0)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.uid, entry.gid = tarfile.DIRTYPE, 0o755, owner, owner
            tar.addfile(entry)
        for file in files:
            content = file.read_bytes()
            entry = tarfile.TarInfo(f"{copies}/{file.name}")
            entry.mode, entry.size = 0o644, len(content)
            tar.addfile(entry, io.BytesIO(content))
    container.put_archive(str(folder), archive.getvalue())


def take(container: Container, path: PurePosixPath, target: Path) -> None:
    """Copies a file, or what is in a folder, to `target`.

    Raises:
        docker.errors.NotFound: there is no such path.
    """
    chunks, _ = container.get_archive(str(path))
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as archive:
        for chunk in chunks:
            archive.write(chunk)
        archive.seek(0)
        with tarfile.open(fileobj=archive) as tar:
            members = [*_below(tar, path.name)]
            if members and members[0].isdir():
                target.mkdir(parents=True, exist_ok=True)
                tar.extractall(target, members[1:], filter="data")
            else:
                _write(tar, members, target)


def _write(tar: tarfile.TarFile, members: list[tarfile.TarInfo], target: Path) -> None:
    """One file; a link or a device in its place is not followed."""
    content = tar.extractfile(members[0]) if members and members[0].isfile() else None
    if content:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.read())


def _below(tar: tarfile.TarFile, top: str) -> Iterator[tarfile.TarInfo]:
    """The members, named as seen from the folder they are asked by; a hard link's target as well."""
    for member in tar:
        member.name = str(PurePosixPath(member.name).relative_to(top))
        if member.islnk():
            member.linkname = str(PurePosixPath(member.linkname).relative_to(top))
        yield member
