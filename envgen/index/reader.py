"""Package indexes, read."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from pypi_simple import PYPI_SIMPLE_ENDPOINT

from envgen.index.access import Access, IndexFault, local_path, shown
from envgen.index.cache import PageCache
from envgen.index.client import Client
from envgen.index.listing import File, Listing
from envgen.index.ranges import LocalFile, RangeFile
from envgen.index.reasons import refused
from envgen.index.sources import Folder, FolderIndex, Source, WebIndex, WebPage
from envgen.index.wheel import RemoteWheel

_METADATA_LIMIT = 4 << 20  # bytes; a long description is a part of it


class Reader:
    """Reads indexes and counts what that costs; one for several threads.

    Args:
        access: how the indexes are reached.
        cache_folder: where pages are kept for conditional requests; made when it is not there.

    Raises:
        IndexFault: a certificate file is not there.
    """

    def __init__(self, access: Access, cache_folder: Path) -> None:
        self._client = Client(access)
        cache = PageCache(cache_folder)
        indexes = () if access.no_index else access.indexes or (PYPI_SIMPLE_ENDPOINT,)
        labels = ("default", *map(shown, indexes[1:]))
        sources = [self._index(address, label, cache) for address, label in zip(indexes, labels, strict=False)]
        sources += [self._links(address) for address in access.folders]
        self._sources = {source.label: source for source in sources}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    @property
    def requests(self) -> int:
        """How many were answered, redirects among them."""
        return self._client.requests

    @property
    def bytes_received(self) -> int:
        """Of answers' bodies, as they went over the wire."""
        return self._client.bytes_received

    @property
    def seconds(self) -> float:
        """In requests, added up over threads."""
        return self._client.seconds

    @property
    def sources(self) -> tuple[str, ...]:
        """The labels of the indexes and folders, in order."""
        return tuple(self._sources)

    def listings(self, package: str) -> tuple[Listing, ...]:
        """What each index and folder says that has the package.

        Raises:
            IndexFault: one of them cannot be read, or none has the package.
        """
        every = (self.listing(package, source) for source in self.sources)
        found = [listing for listing in every if listing and listing.files]
        if not found:
            raise IndexFault(
                f"No index has {package} (asked: {', '.join(self.sources) or 'none, as none is configured'}).",
                "Check the name, or add the index that has it.",
            )
        return tuple(found)

    def listing(self, package: str, source: str) -> Listing | None:
        """What one index or folder says; None when it has not the package.

        Args:
            source: its label.

        Raises:
            IndexFault: it cannot be read.
        """
        return self._sources[source].listing(package)

    def wheel(self, file: File) -> RemoteWheel:
        """A wheel's inside; whatever is wrong with it is raised when it is read."""
        subject = f"{file.name} on {_host(file.url)}"
        path = local_path(file.url)
        if path is not None:
            return RemoteWheel(str(path), lambda: LocalFile(path), lambda: None)
        return RemoteWheel(
            subject,
            lambda: RangeFile(self._client, file.url, subject, file.size),
            lambda: self._metadata_beside(file, subject) if file.metadata else None,
        )

    def content(self, file: File, limit: int) -> bytes:
        """All of a small file, such as a source distribution.

        Args:
            limit: bytes.

        Raises:
            IndexFault: it cannot be read, has more bytes, or is not the file that the index listed.
        """
        subject = f"{file.name} on {_host(file.url)}"
        path = local_path(file.url)
        content = _local_content(path, limit) if path is not None else self._remote_content(file.url, subject, limit)
        if file.sha256 and hashlib.sha256(content).hexdigest() != file.sha256.lower():
            raise IndexFault(f"{subject} is not the file that the index listed: its hash is another.", "Try again.")
        return content

    def _remote_content(self, url: str, subject: str, limit: int) -> bytes:
        answer = self._client.get(url, subject, limit)
        if answer.status != 200:
            raise refused(subject, answer.status)
        return answer.content

    def _metadata_beside(self, file: File, subject: str) -> bytes | None:
        parts = urlsplit(file.url)
        url = urlunsplit(parts._replace(path=f"{parts.path}.metadata"))
        answer = self._client.get(url, f"the METADATA of {subject}", _METADATA_LIMIT)
        return answer.content if answer.status == 200 else None

    def _index(self, address: str, label: str, cache: PageCache) -> Source:
        path = local_path(address)
        return WebIndex(address, label, self._client, cache) if path is None else FolderIndex(path, label)

    def _links(self, address: str) -> Source:
        path = local_path(address)
        return WebPage(address, self._client) if path is None else Folder(path)


def _local_content(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise IndexFault(f"Cannot read {path}: {error.strerror or error}.", "Check its permissions.") from None
    if len(content) > limit:
        raise IndexFault(f"Cannot read {path}: it has more than {limit} bytes.", "Look whether it is what it says.")
    return content


def _host(url: str) -> str:
    return urlsplit(url).hostname or "no host"
