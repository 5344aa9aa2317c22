"""Pages of simple indexes: PEP 503 in HTML, PEP 691 in JSON, and any page that links to wheels."""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning
from bs4.exceptions import ParserRejectedMarkup
from packaging.utils import canonicalize_name
from pypi_simple import (
    DistributionPackage,
    Link,
    ProjectPage,
    RepositoryPage,
    UnexpectedRepoVersionWarning,
    UnsupportedRepoVersionError,
)

from envgen.index.access import without_credentials
from envgen.index.listing import File, is_archive, named

_JSON = "application/vnd.pypi.simple.v1+json"
_NO_MATTER = (UnexpectedRepoVersionWarning, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning)
_NO_INDEX = "Check that the address is that of a simple index; it usually ends in /simple."
_PLAIN = {"html", "head", "title", "meta", "link", "body", "h1", "hr", "pre", "br", "a"}
_HEADINGS = ("links for", "index of", "simple index")
_HTML = ("application/vnd.pypi.simple.v1+html", "text/html")


class PageError(Exception):
    """A page that is none of an index.

    Args:
        words: why, as the rest of a sentence.
        remedy: one sentence saying what to do about it.
    """

    def __init__(self, words: str, remedy: str = _NO_INDEX) -> None:
        super().__init__(words)
        self.words = words
        self.remedy = remedy


def read_page(content: bytes, content_type: str, url: str, index: str, whole: bool = True) -> list[File]:
    """The files that a page lists.

    Args:
        content_type: as the server states it.
        url: where the page came from; its links are relative to it.
        index: the label that the files get.
        whole: False where half of a page could have arrived unnoticed.

    Raises:
        PageError: it is no such page, or only half of one.
    """
    kind = content_type.partition(";")[0].strip().lower()
    try:
        with warnings.catch_warnings():
            for kind_of_warning in _NO_MATTER:
                warnings.simplefilter("ignore", kind_of_warning)
            if kind == _JSON:
                return _followable(from_json(json.loads(content), url, index), url)
            if kind in _HTML:
                return _followable(_from_html(content, url, index, whole), url)
    except UnsupportedRepoVersionError as error:
        newer = _printable(error.declared_version)
        raise PageError(f"the page is of version {newer} of the interface", "Update envgen.") from None
    except (ValueError, TypeError, AssertionError, RecursionError, ParserRejectedMarkup):
        raise PageError("it is no page of a simple index") from None
    raise PageError(f"it is no page of a simple index but {_printable(kind) or 'of no stated type'}")


def from_json(page: Mapping[str, Any], url: str, index: str) -> list[File]:
    """The files of a page as PEP 691 has it.

    Raises:
        ValueError: it is something else.
    """
    packages = ProjectPage.from_json_data(page, url).packages
    return [_file(package, package.filename, index) for package in packages if is_archive(package.filename)]


def to_json(package: str, files: Iterable[File]) -> dict[str, Any]:
    """A page as PEP 691 has it, of which `from_json` makes the same files."""
    return {"meta": {"api-version": "1.1"}, "name": package, "files": [_entry(file) for file in files]}


def of_package(files: Iterable[File], package: str) -> list[File]:
    """The files that may be of a package by their names; an odd name may."""
    wanted = canonicalize_name(package)
    return [file for file in files if named(file.name)[0] in (wanted, None)]


def _followable(files: list[File], url: str) -> list[File]:
    """Those on the network; a page on disk may list what lies beside it, one on the network may not."""
    schemes = ("http", "https", "file") if urlsplit(url).scheme == "file" else ("http", "https")
    return [file for file in files if urlsplit(file.url).scheme in schemes]


def _from_html(content: bytes, url: str, index: str, whole: bool) -> list[File]:
    head, end = content[:2000].lower(), content[-2000:].lower()
    if not whole and (b"<html" in head and b"</html" not in end):
        raise PageError("the page ends in the middle", "Try again.")
    page = RepositoryPage.from_html(content.decode("utf-8", "replace"), url)
    files = [_linked(link, index) for link in page.links if is_archive(_name(link))]
    if not files and page.repository_version is None and not _is_empty_page(content, url):
        raise PageError("it is no page of a simple index")
    return files


def _is_empty_page(content: bytes, url: str) -> bool:
    """Whether it is a whole page that says nothing but a title: so an index shows a project without files."""
    if not any(end in content[-2000:].lower() for end in (b"</html", b"</body")):
        return False
    page = BeautifulSoup(content, "html.parser")
    redirects = page.find("meta", attrs={"http-equiv": True}) is not None
    if redirects or page.body is None or not {tag.name for tag in page.find_all()} <= _PLAIN:
        return False
    heading = page.h1.extract().get_text(strip=True).lower() if page.h1 else ""
    project = urlsplit(url).path.rstrip("/").rpartition("/")[2].lower()
    is_listing = heading.startswith(_HEADINGS) or heading == project
    for link in page.find_all("a") if is_listing else ():
        link.extract()  # to the folder above, or to what is no package
    return (is_listing or not heading) and not page.body.get_text(strip=True)


def _linked(link: Link, index: str) -> File:
    package = DistributionPackage.from_link(link)
    with contextlib.suppress(ValueError):  # of JSON only by the standard; some indexes say it here too
        package.upload_time = datetime.fromisoformat(link.get_str_attrib("data-upload-time") or "")
    return _file(package, _name(link), index)


def _name(link: Link) -> str:
    """The end of the address, as pip has it: servers shorten long names in what they show."""
    return unquote(urlsplit(link.url).path.rpartition("/")[2])


def _file(package: DistributionPackage, name: str, index: str) -> File:
    return File(
        name=name,
        version=named(name)[1],
        index=index,
        url=without_credentials(package.url)[0],
        sha256=package.digests.get("sha256"),
        size=package.size,
        requires_python=package.requires_python or "",
        yanked=package.is_yanked,
        metadata=bool(package.has_metadata),
        uploaded=package.upload_time,
    )


def _entry(file: File) -> dict[str, Any]:
    return {
        "filename": file.name,
        "url": file.url,
        "hashes": {"sha256": file.sha256} if file.sha256 else {},
        "requires-python": file.requires_python or None,
        "size": file.size,
        "yanked": file.yanked,
        "core-metadata": file.metadata,
        "upload-time": file.uploaded and file.uploaded.isoformat(),
    }


def _printable(text: str) -> str:
    return "".join(letter for letter in text[:60] if letter.isprintable())
