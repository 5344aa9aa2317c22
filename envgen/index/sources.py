"""Where listings come from: a simple index or a page of links on the network, an index or wheels in a folder."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Protocol

from packaging.utils import canonicalize_name
from pypi_simple import ACCEPT_JSON_PREFERRED

from envgen.index.access import IndexFault, shown, without_credentials
from envgen.index.cache import CachedPage, PageCache
from envgen.index.client import Answer, Client
from envgen.index.listing import File, Listing, is_archive, named
from envgen.index.page import PageError, of_package, read_page
from envgen.index.reasons import refused

_PAGE_LIMIT = 50 << 20  # bytes, unpacked; the longest pages of real indexes have a tenth of it


class Source(Protocol):
    """One place that lists packages."""

    @property
    def label(self) -> str:
        """`default`, or its address without credentials."""

    def listing(self, package: str) -> Listing | None:
        """What it says of a package; None when it has not the package.

        Raises:
            IndexFault: it cannot be read.
        """


class WebIndex:
    """A simple index on the network."""

    def __init__(self, address: str, label: str, client: Client, cache: PageCache) -> None:
        self.label = label
        self._address = without_credentials(address)[0].rstrip("/") + "/"
        self._client = client
        self._cache = cache

    def listing(self, package: str) -> Listing | None:
        url = f"{self._address}{canonicalize_name(package)}/"
        subject = f"{package} on {shown(self._address)}"
        kept = self._cache.load(url, self.label)
        headers = {"Accept": ACCEPT_JSON_PREFERRED} | (kept.conditions if kept else {})
        answer = self._client.get(url, subject, _PAGE_LIMIT, headers, body_of=(200, 304))
        if answer.status == 304 and kept:
            return Listing.of(package, self.label, kept.files, kept.etag, kept.last_modified, changed=False)
        if answer.status in (404, 410) or (answer.status == 403 and self._hides_what_it_has_not(url)):
            return None
        files = tuple(of_package(_files(answer, subject, self.label), package))
        page = CachedPage(files, answer.headers.get("etag"), answer.headers.get("last-modified"))
        self._cache.store(url, package, page)
        return Listing.of(package, self.label, files, page.etag, page.last_modified)

    def _hides_what_it_has_not(self, url: str) -> bool:
        """An object store says 403 for what is not there; an index that refuses us does so at its root too."""
        return not self._client.knows_credentials(url) and self._root_is_open

    @cached_property
    def _root_is_open(self) -> bool:
        return self._client.get(self._address, shown(self._address), 0, body_of=()).status == 200


class WebPage:
    """A page on the network that links to wheels of any packages; read once."""

    def __init__(self, address: str, client: Client) -> None:
        self.label = shown(address)
        self._address = without_credentials(address)[0]
        self._client = client

    def listing(self, package: str) -> Listing | None:
        return _only_named(package, self.label, self._files)

    @cached_property
    def _files(self) -> list[File]:
        answer = self._client.get(self._address, self.label, _PAGE_LIMIT, {"Accept": "text/html"})
        return _files(answer, self.label, self.label)


class FolderIndex:
    """A simple index as a folder: below it a folder per package, with index.html or with the files."""

    def __init__(self, root: Path, label: str) -> None:
        self.label = label
        self._root = root

    def listing(self, package: str) -> Listing | None:
        if not self._root.is_dir():
            raise _missing(self._root)
        folder = self._root / canonicalize_name(package)
        page = folder / "index.html"
        if page.is_file():
            return Listing.of(package, self.label, of_package(_files_of_html(page, self.label), package))
        files = of_package(_files_in(folder, self.label), package) if folder.is_dir() else []
        return Listing.of(package, self.label, files) if files else None


class Folder:
    """A folder of wheels of any packages, or a page on disk that links to them."""

    def __init__(self, path: Path) -> None:
        self.label = str(path)
        self._path = path

    def listing(self, package: str) -> Listing | None:
        if self._path.is_dir():
            return _only_named(package, self.label, _files_in(self._path, self.label))
        if not self._path.is_file():
            raise _missing(self._path)
        return _only_named(package, self.label, _files_of_html(self._path, self.label))


def _files(answer: Answer, subject: str, label: str) -> list[File]:
    if answer.status != 200:
        raise refused(subject, answer.status)
    try:
        return read_page(answer.content, answer.headers.get("content-type", ""), answer.url, label, answer.whole)
    except PageError as error:
        raise IndexFault(f"Cannot read {subject}: {error.words}.", error.remedy) from None


def _files_of_html(page: Path, label: str) -> list[File]:
    try:
        return read_page(page.read_bytes(), "text/html", page.absolute().as_uri(), label, whole=False)
    except OSError as error:
        raise _unreadable(page, error) from None
    except PageError as error:
        raise IndexFault(f"Cannot read {page}: {error.words}.", error.remedy) from None


def _files_in(folder: Path, label: str) -> list[File]:
    try:
        return [_file(path, label) for path in folder.iterdir() if is_archive(path.name) and path.is_file()]
    except OSError as error:
        raise _unreadable(folder, error) from None


def _file(path: Path, label: str) -> File:
    return File(path.name, named(path.name)[1], label, path.absolute().as_uri(), size=path.stat().st_size)


def _only_named(package: str, label: str, files: list[File]) -> Listing | None:
    wanted = canonicalize_name(package)
    own = [file for file in files if named(file.name)[0] == wanted]
    return Listing.of(package, label, own) if own else None


def _missing(path: Path) -> IndexFault:
    return IndexFault(f"{path} is not there, where packages are to be.", "Correct it in pip's configuration.")


def _unreadable(path: Path, error: OSError) -> IndexFault:
    return IndexFault(f"Cannot read {path}: {error.strerror or error}.", "Check its permissions.")
