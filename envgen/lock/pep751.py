"""A PEP 751 lock file as far as envgen reads it, and which of its files an installer takes."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from packaging.tags import Tag
from packaging.utils import parse_wheel_filename
from pydantic import BaseModel, Field, ValidationError

from envgen.errors import LockError

# The names that PEP 600 gives a meaning: the oldest glibc of each.
_DATED_MANYLINUX = {"manylinux1": "2_5", "manylinux2010": "2_12", "manylinux2014": "2_17"}

Size = Annotated[int, Field(ge=0)]
SHA256 = r"^[0-9a-f]{64}$"


class Hashes(BaseModel):
    sha256: str = Field(pattern=SHA256)


class File(BaseModel):
    """A wheel, a source distribution or an archive; `path` is relative to the lock."""

    url: str | None = None
    path: str = ""
    name: str = ""
    size: Size | None = None
    hashes: Hashes

    @property
    def file_name(self) -> str:
        """Its own name, or the last part of where it is."""
        return self.name or unquote(urlsplit(self.url or self.path).path.rsplit("/", 1)[-1])


class Package(BaseModel):
    """One package; without any file it is a folder or a repository."""

    name: str
    version: str = ""
    wheels: tuple[File, ...] = ()
    sdist: File | None = None
    archive: File | None = None

    @property
    def installed(self) -> File:
        """The file that is installed; a source distribution only without wheels.

        Raises:
            LockError: there is no file.
            ValueError: a wheel has a name that is none.
        """
        if self.wheels:
            return max(self.wheels, key=_specificity)  # all of them fit the cell; of equals the first is installed
        if source := self.archive or self.sdist:
            return source
        raise LockError(
            f"{self.name} is locked as a folder or a repository, which has no hash.", "Require a released file of it."
        )


class BuildRequirement(BaseModel):
    """The wheel with which source distributions are built."""

    version: str
    url: str
    sha256: str = Field(pattern=SHA256)


class Source(BaseModel):
    """A source distribution that is built in the cell."""

    name: str
    version: str
    url: str
    sha256: str


class Origin(BaseModel):
    """Where a lock comes from: addresses without user, password and query.

    Attributes:
        indexes: those that pip's or uv's configuration named.
        folders: find-links of that configuration.
        beside: indexes that were asked beside them, of the matrix or PyTorch's own.
    """

    indexes: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


class Own(BaseModel):
    """What envgen adds to a lock; see `Lock`."""

    request: str = ""
    uv: str = ""
    made_at: datetime | None = Field(default=None, alias="made-at")
    origin: Origin | None = None
    source: Source | None = None
    build: dict[str, BuildRequirement] = {}
    sizes: dict[str, Size] = {}
    content: str = ""


class Tool(BaseModel):
    envgen: Own = Own()


class Document(BaseModel):
    """A lock file; `digest` is that of its content, as it is and not as it says."""

    packages: tuple[Package, ...]
    tool: Tool = Tool()
    digest: str = ""


def parse_document(text: str) -> Document:
    """The content of a lock file.

    Raises:
        ValueError: it is not TOML, or not of that form; one line says where.
    """
    try:
        content = tomllib.loads(text)
        return Document.model_validate({**content, "digest": content_digest(content)})
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except RecursionError:
        raise ValueError("it has more arrays in each other than can be read") from None


def content_digest(content: Mapping[str, Any]) -> str:
    """A hash over everything that a lock says but this hash; layout, comments and line ends do not matter."""
    tool = content.get("tool")
    own = tool.get("envgen") if isinstance(tool, dict) else None
    if isinstance(own, dict):
        rest = {key: value for key, value in own.items() if key != "content"}
        content = {**content, "tool": {**content["tool"], "envgen": rest}}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _specificity(wheel: File) -> tuple[object, ...]:
    """The order in which an installer prefers wheels that all fit, as PyPA defines it for their tags."""
    _, _, build, tags = parse_wheel_filename(wheel.file_name)
    return max(_tag_rank(tag) for tag in tags), build


def _tag_rank(tag: Tag) -> tuple[object, ...]:
    abi = 2 if tag.abi.startswith("cp") else 1 if tag.abi == "abi3" else 0
    minor = re.match(r"(?:cp|py)3(\d+)", tag.interpreter)
    platform = _DATED_MANYLINUX.get(tag.platform.split("_")[0], tag.platform)
    floor = tuple(int(number) for number in re.findall(r"\d+", platform)[:2])
    return tag.platform != "any", abi, tag.interpreter.startswith("cp"), int(minor[1]) if minor else 0, floor
