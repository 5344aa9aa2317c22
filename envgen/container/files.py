"""Files into a container and out of it, as archives: an engine may be on another machine, and has other users."""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from docker.models.containers import Container

IN_MEMORY = 1 << 24  # bytes of an archive, before it is kept on disk


class TooMuch(Exception):  # noqa: N818 - what came of a command, not an error here
    """More than is taken out of a container."""


def put(
    container: Container, folder: PurePosixPath, empty: Sequence[str], files: Mapping[str, Path], user: int
) -> None:
    """Makes folders in `folder`.

    Args:
        empty: folders of that user.
        files: name below `folder` to what is copied there; files and their folders are the superuser's.
    """
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as archive:
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for name in empty:
                _add_folder(tar, name, user)
            for name in sorted({str(PurePosixPath(name).parent) for name in files}):
                _add_folder(tar, name, 0)
            for name, file in files.items():
                with file.open("rb") as content:
                    entry = tarfile.TarInfo(name)
                    entry.mode, entry.size = 0o644, content.seek(0, io.SEEK_END)
                    content.seek(0)
                    tar.addfile(entry, content)
        archive.seek(0)
        container.put_archive(str(folder), archive)


def _add_folder(tar: tarfile.TarFile, name: str, owner: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.uid, entry.gid = tarfile.DIRTYPE, 0o755, owner, owner
    tar.addfile(entry)


def take_files(container: Container, path: PurePosixPath, target: Path, limit: int) -> None:
    """Copies the plain files in a folder to `target`, which is there; links and all else are left out.

    Args:
        limit: bytes.

    Raises:
        docker.errors.NotFound: there is no such path.
        TooMuch: there is more than the limit.
    """
    chunks, _ = container.get_archive(str(path))
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as archive:
        _fill(archive, chunks, limit)
        with tarfile.open(fileobj=archive) as tar:
            plain = [member for member in _below(tar, path.name) if member.isfile() or member.isdir()]
            tar.extractall(target, plain[1:], filter="data")


def _fill(archive: IO[bytes], chunks: Iterable[bytes], limit: int) -> None:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise TooMuch
        archive.write(chunk)
    archive.seek(0)


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
